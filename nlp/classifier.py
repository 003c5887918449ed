"""Which category words speak for: weights per word, added up and turned into confidences."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from nlp.categories import CategorySeed

# The headline of a message says what is wanted, the rest tells the story.
_HEAD_CHARACTERS = 40
_BODY_SHARE = 0.3
# A word said again counts less each time, and not at all after a while.
_REPEATS = (1.0, 0.5, 0.25)
_TEMPERATURE = 2.2
_SILENCE = 2.0
# "学校门口堵车" is about traffic: what stands before a word of position says where, not what.
_SETTING_SHARE = 0.3
_SETTING = re.compile(r"\S{0,2}?(?:附近|旁|门口|对面|周边|周围|隔壁|楼下|里面|门前|[东南西北]门|宿舍)")


@dataclass(frozen=True, slots=True)
class Scored:
    """The categories by confidence, best first, and the words that spoke for the best, strongest first."""

    ranked: tuple[tuple[str, float], ...]
    score: float
    reasons: tuple[str, ...]


class Classifier:
    """Scores normalised text against the words of the categories; built once, read by many threads."""

    def __init__(self, categories: Sequence[CategorySeed]) -> None:
        self._codes = tuple(seed.code for seed in categories)
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

    def hits(self, text: str, head: int) -> dict[str, float]:
        """How strongly each known word occurs: the longest word at each place, the first `head` characters fully."""
        found: dict[str, float] = {}
        seen: dict[str, int] = {}
        index, end = 0, len(text)
        while index < end:
            word = self._word_at(text, index)
            if word is None:
                index += 1
                continue
            times = seen.get(word, 0)
            seen[word] = times + 1
            if times < len(_REPEATS):
                if index >= head:
                    share = _BODY_SHARE
                else:
                    share = _SETTING_SHARE if _SETTING.match(text, index + len(word)) else 1.0
                found[word] = found.get(word, 0.0) + share * _REPEATS[times]
            index += len(word)
        return found

    def _word_at(self, text: str, index: int) -> str | None:
        """The longest known word that begins at `index`."""
        for length in self._lengths.get(text[index : index + 2], ()):
            word = text[index : index + length]
            if word in self._words:
                return word
        single = text[index]
        return single if single in self._singles else None

    def score(self, text: str, *, best: int = 5) -> Scored:
        """The best categories of `text`, which `normal` has been through; empty when no word is known."""
        text = text.lower()
        head = text.find("\n")
        if not 0 < head <= 80:
            head = _HEAD_CHARACTERS
        found = self.hits(text, head)
        scores = [0.0] * len(self._codes)
        for word, strength in found.items():
            for category, weight in self._words[word]:
                scores[category] += weight * strength
        for word in found:
            for parts, category, weight in self._joint.get(word, ()):
                if all(part in found for part in parts):
                    scores[category] += weight * min(found[part] for part in parts)
        top = max(scores, default=0.0)
        if top <= 0:
            return Scored((), 0.0, ())
        powers = [math.exp((score - top) / _TEMPERATURE) if score > 0 else 0.0 for score in scores]
        # A lone weak word must not look certain: silence competes like one more category with this score.
        total = sum(powers) + math.exp((_SILENCE - top) / _TEMPERATURE)
        order = sorted(range(len(scores)), key=lambda index: -scores[index])[:best]
        winner = order[0]
        spoke = sorted(
            (
                (weight * strength, word)
                for word, strength in found.items()
                for category, weight in self._words[word]
                if category == winner
            ),
            reverse=True,
        )
        return Scored(
            ranked=tuple((self._codes[index], powers[index] / total) for index in order if scores[index] > 0),
            score=top,
            reasons=tuple(word for weight, word in spoke[:5] if weight > 0),
        )
