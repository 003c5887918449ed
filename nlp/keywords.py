"""Which category words speak for: the weights of the table that staff edit, added up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import sqrt

import zhconv_rs

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

# In a text each known word is replaced by a mark of its own, a character that nobody writes.
_FIRST_MARK = 0xF0000
_MARK = re.compile("[\U000f0000-\U0010ffff]")


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
        self._by_mark = {chr(_FIRST_MARK + number): word for number, word in enumerate(filter(None, self._words))}
        # A machine that puts the mark of the longest known word in its place, in one pass over the text.
        self._mark = zhconv_rs.make_converter(None, [(word, mark) for mark, word in self._by_mark.items()])

    def hits(self, text: str, head: int) -> dict[str, float]:
        """How strongly each known word occurs: the longest word at each place, the first `head` characters fully."""
        found: dict[str, float] = {}
        seen: dict[str, int] = {}
        setting = _POSITION.search(text) is not None
        longer = 0
        for mark in _MARK.finditer(self._mark(_MARK.sub(" ", text))):
            word = self._by_mark[mark[0]]
            index = mark.start() + longer
            longer += len(word) - 1
            times = seen.get(word, 0)
            seen[word] = times + 1
            if times < len(_REPEATS):
                if index >= head:
                    share = _BODY_SHARE
                else:
                    share = _SETTING_SHARE if setting and _SETTING.match(text, index + len(word)) else 1.0
                found[word] = found.get(word, 0.0) + share * _REPEATS[times]
        return found

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
