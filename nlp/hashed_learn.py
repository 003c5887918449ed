"""Learning the tables of nlp/hashed.py: rarity times presence, length one, a linear machine, whole numbers of one byte."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import log, sqrt
from typing import Any

try:
    from scipy.sparse import csr_matrix
except ModuleNotFoundError:  # the product runs without it
    csr_matrix = None

from nlp.hashed import SQUARE, Learned, Scale, signs

# A sign seen in one or two messages only is chance.
_SEEN = 3
_CLAUSE = re.compile(r"[,。!?;:\s]")
_SHORTEST = 3


def clauses(said: str) -> Iterator[str]:
    """The parts of a message that its writer set apart, but for mere syllables: in a chat people say as little."""
    return (clause for clause in _CLAUSE.split(said) if len(clause) >= _SHORTEST)


class Matrix:
    """The texts as rows of numbers for a learner of scikit-learn."""

    def __init__(self, texts: Sequence[str], buckets: int) -> None:
        found = [_buckets(each, buckets) for each in texts]
        self._rarity = _rarity(found, buckets)
        self.rows = _matrix(found, self._rarity)

    def learned(self, machine: Any) -> Learned:
        """What a fitted linear machine has learned from these rows, as it is written."""
        scaled = [float(weight) * rare for weight, rare in zip(machine.coef_[0], self._rarity, strict=True)]
        step = max(map(abs, scaled)) / 127
        return (
            Scale(round(step * sqrt(SQUARE), 8), round(float(machine.intercept_[0]), 6)),
            [round(each / step) for each in scaled],
            [min(255, round(SQUARE * rare * rare)) for rare in self._rarity],
        )


def _buckets(said: str, size: int) -> list[int]:
    """The buckets of a message's signs; two signs in one bucket count twice."""
    return sorted(sign % size for sign in signs(said))


def _rarity(several: Iterable[Sequence[int]], size: int) -> list[float]:
    """For each bucket how rare it is (inverse document frequency); 0 for those that are not used."""
    number = 0
    seen: Counter[int] = Counter()
    for each in several:
        number += 1
        seen.update(each)
    return [log((1 + number) / (1 + seen[b])) + 1 if seen[b] >= _SEEN else 0.0 for b in range(size)]


def _matrix(several: Sequence[Sequence[int]], rarity: Sequence[float]) -> Any:
    values: list[float] = []
    columns: list[int] = []
    ends = [0]
    for each in several:
        known = [bucket for bucket in each if rarity[bucket]]
        length = sqrt(sum(rarity[bucket] ** 2 for bucket in known)) or 1.0
        columns += known
        values += [rarity[bucket] / length for bucket in known]
        ends.append(len(columns))
    return csr_matrix((values, columns, ends), shape=(len(several), len(rarity)))
