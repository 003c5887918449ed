"""Chinese text cut into words; the only place that knows which segmenter does it."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import Any

WORDS = Path(__file__).with_name("words.txt")
"""The words the corpus is made of; by line a frequency and its words. Written by nlp/segment_words.py."""


def _without_dictionary() -> Any:
    """A segmenter that knows no word; importing rjieba the usual way makes one that knows 349,000, of 33 MB."""
    package = find_spec("rjieba")
    found = package and PathFinder.find_spec("rjieba", package.submodule_search_locations)
    if found is None or found.loader is None:
        raise ModuleNotFoundError("rjieba is not installed", name="rjieba")
    module: Any = module_from_spec(found)
    found.loader.exec_module(module)
    return module.Jieba.empty()


def _read(path: Path) -> Any:
    jieba = _without_dictionary()
    add = jieba.add_word
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            said, *several = line.split()
            frequency = int(said)
            for word in several:
                add(word, frequency, None)
    return jieba


_jieba = _read(WORDS)


def words(text: str) -> list[str]:
    """The words of `text` in order, without blanks."""
    return [word for word in _jieba.cut(text) if not word.isspace()]


def pieces(text: str) -> list[str]:
    """All of `text` in order, blanks too."""
    cut: list[str] = _jieba.cut(text)
    return cut


def add_word(word: str) -> None:
    """Keep `word` (an estate's name, say) in one piece from now on, in this process."""
    _jieba.add_word(word, None, None)


def add_words(new: Iterable[str]) -> None:
    """`add_word` for many."""
    for word in new:
        add_word(word)
