"""What people here call a matter (本地说法): words of the deployment that point to one category, beside the shipped ones."""

from __future__ import annotations

import csv
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

from models.category import Category
from models.slips import Slip, Slipped
from nlp.categories import CategorySeed, load
from nlp.lists import several
from nlp.normal import normal

STRONG, LIKELY = 7.0, 4.0
"""With one of the first a short sentence passes the gate by itself, with one of the second its category comes first."""

MOST = 60
"""Of one category."""

_PART = re.compile(r"[\u4e00-\u9fffA-Za-z0-9]{2,12}")
_CORPUS = Path(__file__).with_name("corpus")
_SEEN = 3
"""In so many examples a word must stand before they tell anything of it."""
_ITS_OWN = 0.5
"""Of the examples with a word this share must be of its category; otherwise it says nothing of what it is about."""
_SPEAKS = 2.0
"""A shipped word of this weight is known to speak for its category."""


def shipped(code: str) -> CategorySeed | None:
    """The category as it is shipped."""
    return next((each for each in load() if each.code == code), None)


def own(category: Category) -> dict[str, float]:
    """The words that staff here have added."""
    seed = shipped(category.code)
    known = seed.words if seed is not None else {}
    return {word: float(weight) for word, weight in category.words.items() if word not in known}


def with_own(category: Category, words: Mapping[str, float]) -> dict[str, float]:
    """All words of a category when `words` are those of the deployment: the shipped ones stay as they are."""
    mine = own(category)
    return {word: weight for word, weight in category.words.items() if word not in mine} | dict(words)


def read(category: Category, others: Iterable[Category], strong: str, likely: str) -> dict[str, float]:
    """The words of two fields with their weights. Raises Slipped for a word that would take matters from others."""
    found = dict.fromkeys(words(likely), LIKELY) | dict.fromkeys(words(strong), STRONG)
    if len(found) > MOST:
        raise Slipped(Slip.WORDS_MANY, "strong", most=MOST)
    known, held, examples = own(category), _held_by(others), Examples()
    for word, weight in found.items():
        column = "strong" if weight == STRONG else "likely"
        check(category, word, held.get(word, ""), examples, is_known=word in known, column=column)
    return found


def check(category: Category, word: str, holder: str, examples: Examples, *, is_known: bool, column: str) -> None:
    """Raises Slipped for a word that would take matters from others; `holder` is the name of one that has it."""
    seed = shipped(category.code)
    if seed is not None and word in seed.words:
        raise Slipped(Slip.WORD_TAKEN, column, word=word, name=category.name)
    if holder:
        raise Slipped(Slip.WORD_TAKEN, column, word=word, name=holder)
    if not is_known and examples.are_mostly_others(word, category.code):
        raise Slipped(Slip.WORD_GENERAL, column, word=word)


def may_be_offered(code: str) -> bool:
    """Whether a category is one of those that volunteers are ever asked for."""
    seed = shipped(code)
    return seed is None or seed.offerable


def strong_ones(words: Mapping[str, float]) -> list[str]:
    """Those of shipped words that are known to speak for their category."""
    return [word for word, weight in words.items() if weight >= _SPEAKS]


def _held_by(others: Iterable[Category]) -> dict[str, str]:
    """Which category has a word that speaks for it: the deployment's own ones, and shipped ones of some weight."""
    return {word: each.name for each in others for word in (*own(each), *strong_ones(each.words))}


def words(said: str) -> list[str]:
    """The words of a cell or a field as they are kept. Raises Slipped."""
    found = []
    for word in several(said):
        parts = [normal(part) for part in word.split("+")]
        if len(parts) > 3 or not all(_PART.fullmatch(part) for part in parts):
            raise Slipped(Slip.WORD)
        found.append("+".join(parts))
    return found


class Examples:
    """The examples that the learner knows, read once for all words that somebody asks about."""

    @cached_property
    def _said(self) -> tuple[str, list[int], list[str]]:
        """All of them as one text, where each begins in it, and its category."""
        said, begins, codes, length = [], [], [], 0
        for path in sorted(_CORPUS.glob("*.tsv")):
            with path.open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                    said.append(f"{row['title'] or ''} {row['text'] or ''}\n".lower())
                    begins.append(length)
                    codes.append(row["category"] or "")
                    length += len(said[-1])
        return "".join(said), begins, codes

    def are_mostly_others(self, word: str, code: str) -> bool:
        """Whether they have a word mostly in other matters than those of the category."""
        found = set.intersection(*(self._with(part) for part in word.lower().split("+")))
        seen = Counter(self._said[2][each] for each in found)
        return len(found) >= _SEEN and seen[code] < _ITS_OWN * len(found)

    def _with(self, part: str) -> set[int]:
        """Those that have it."""
        said, begins, _ = self._said
        found, at = set(), said.find(part)
        while at >= 0:
            number = bisect_right(begins, at)
            found.add(number - 1)
            at = said.find(part, begins[number]) if number < len(begins) else -1
        return found
