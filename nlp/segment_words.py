"""Which words nlp/segment.py knows: those that the corpus is made of, as jieba's whole dictionary cuts it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import rjieba

from nlp.normal import normal
from nlp.segment import WORDS
from nlp.tables import rows

_CORPUS = Path(__file__).with_name("corpus")
_LINE = 500


def messages(corpus: Path) -> Iterator[str]:
    """Headlines and texts of every file in a folder; danger is heard without words, so that its messages do not count."""
    for path in sorted(corpus.glob("*.tsv")):
        for row in rows(path):
            yield from (normal(row[name]) for name in ("title", "text") if row.get(name))


def counted(said: Iterable[str]) -> Counter[str]:
    """How often each word stands in messages; numbers and marks are none."""
    return Counter(word for each in said for word in rjieba.cut(each) if any(map(str.isalpha, word)))


def lines(words: Counter[str]) -> Iterator[str]:
    """By line a frequency and its words. Frequent words first: added in this order they take the least memory."""
    by_count: defaultdict[int, list[str]] = defaultdict(list)
    for word, count in words.items():
        by_count[count].append(word)
    for count in sorted(by_count, reverse=True):
        several = sorted(by_count[count])
        for start in range(0, len(several), _LINE):
            yield f"{count} {' '.join(several[start : start + _LINE])}\n"


def rebuild(corpus: Path) -> str:
    """The content of nlp/words.txt for a corpus."""
    return "".join(lines(counted(messages(corpus))))


if __name__ == "__main__":
    WORDS.write_text(rebuild(_CORPUS), encoding="utf-8", newline="")
