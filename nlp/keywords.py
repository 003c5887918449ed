"""Which category words speak for: the weights of the table that staff edit, added up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import sqrt
from operator import add

from nlp.categories import CategorySeed
from nlp.features import HEADLINE_MOST

# The headline of a message says what is wanted, the rest tells the story.
_HEAD_CHARACTERS = 40
_BODY_SHARE = 0.3
# A long message names many words; their number alone must not make it look certain.
_LOUD = 8.0
# A word said again counts less each time, and not at all after a while.
_REPEATS = (1.0, 0.5, 0.25)
# "学校门口堵车" is about traffic: what stands before a word of position says where, not what.
_SETTING_SHARE = 0.3
_POSITION = re.compile(r"附近|旁|门口|对面|周边|周围|隔壁|楼下|里面|门前|[东南西北]门|宿舍")
_SETTING = re.compile(rf"\S{{0,2}}?(?:{_POSITION.pattern})")


class Keywords:
    """Scores normalised text against the words of the categories; built once, read by many threads."""

    def __init__(self, categories: Sequence[CategorySeed]) -> None:
        self._categories = len(categories)
        self._words: dict[str, list[tuple[int, float]]] = {}
        joint: list[tuple[tuple[str, ...], int, float]] = []
        for index, seed in enumerate(categories):
            for word, weight in seed.words.items():
                parts = tuple(word.lower().split("+"))
                if len(parts) > 1:
                    joint.append((parts, index, weight))
                else:
                    self._words.setdefault(parts[0], []).append((index, weight))
        for parts, _, _ in joint:
            for part in parts:
                self._words.setdefault(part, [])
        # By one of their words, so that only those are looked at of which something was said.
        self._joint: dict[str, list[tuple[tuple[str, ...], int, float]]] = {}
        for each in joint:
            self._joint.setdefault(each[0][0], []).append(each)
        # Words are looked up by their first two characters, and single characters where no longer word stands.
        lengths: dict[str, set[int]] = {}
        for word in self._words:
            lengths.setdefault(word[:2], set()).add(len(word))
        self._lengths = {start: tuple(sorted(several, reverse=True)) for start, several in lengths.items()}
        self._singles = frozenset(word for word in self._words if len(word) == 1)
        self._single = re.compile(f"[{re.escape(''.join(sorted(self._singles)))}]" if self._singles else r"(?!)")

    def hits(self, text: str, head: int) -> dict[str, float]:
        """How strongly each known word occurs: the longest word at each place, the first `head` characters fully."""
        found: dict[str, float] = {}
        seen: dict[str, int] = {}
        starts = self._lengths
        # Most places begin no word: they are passed over without a call for each.
        places = [index for index, pair in enumerate(map(add, text, text[1:])) if pair in starts]
        if singles := [single.start() for single in self._single.finditer(text)]:
            places = sorted({*places, *singles})
        setting = _POSITION.search(text) is not None
        free = 0
        for index in places:
            word = self._word_at(text, index) if index >= free else None
            if word is None:
                continue
            times = seen.get(word, 0)
            seen[word] = times + 1
            if times < len(_REPEATS):
                if index >= head:
                    share = _BODY_SHARE
                else:
                    share = _SETTING_SHARE if setting and _SETTING.match(text, index + len(word)) else 1.0
                found[word] = found.get(word, 0.0) + share * _REPEATS[times]
            free = index + len(word)
        return found

    def _word_at(self, text: str, index: int) -> str | None:
        """The longest known word that begins at `index`."""
        for length in self._lengths.get(text[index : index + 2], ()):
            word = text[index : index + length]
            if word in self._words:
                return word
        single = text[index]
        return single if single in self._singles else None

    def score(self, text: str) -> tuple[list[float], dict[str, float]]:
        """The score of each category for `text`, which `normal` has been through, and how strongly words occur."""
        text = text.lower()
        head = text.find("\n")
        if not 0 < head <= HEADLINE_MOST:
            head = _HEAD_CHARACTERS
        found = self.hits(text, head)
        scores = [0.0] * self._categories
        for word, strength in found.items():
            for category, weight in self._words[word]:
                scores[category] += weight * strength
        for word in found:
            for parts, category, weight in self._joint.get(word, ()):
                if all(part in found for part in parts):
                    scores[category] += weight * min(found[part] for part in parts)
        total = sum(score for score in scores if score > 0)
        if total > _LOUD:
            quiet = sqrt(_LOUD / total)
            scores = [score * quiet for score in scores]
        return scores, found

    def spoke(self, found: dict[str, float], category: int) -> list[tuple[float, str]]:
        """Of the words in `found`, those that speak for a category, strongest first, each with its share."""
        return sorted(
            (
                (weight * strength, word)
                for word, strength in found.items()
                for owner, weight in self._words[word]
                if owner == category and weight > 0
            ),
            reverse=True,
        )
