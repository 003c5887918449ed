"""A small linear machine over the characters of a text and their pairs: one yes-or-no question, answered in log odds."""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import sqrt

_NUMBER = re.compile(r"[0-9]+")
_EDGE = ord("\n")


def signs(said: str) -> set[int]:
    """A text's characters and pairs of neighbours as numbers, each once; digits are alike. With what it begins and ends
    is a pair with the edge.

    In UTF-16 a character is a number, and so are two that stand together.
    """
    data = _NUMBER.sub("0", said.lower()).encode("utf-16-le")
    found: set[int] = set()
    before = _EDGE
    for index in range(0, len(data), 2):
        sign = data[index] | data[index + 1] << 8
        found.add(sign)
        found.add(before | sign << 16)
        before = sign
    if found:
        found.add(before | _EDGE << 16)
    return found


# Feature hashing: no table of strings has to be kept, and two signs that share a bucket do little harm.
_RAISED = 128
"""A weight is kept with so much added, so that it is never negative."""
SQUARE = 1.875
"""Of a squared rarity so many parts are kept: those of 170,000 messages fit into a byte."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What turns whole numbers into log odds: one step of a weight, and the constant."""

    step: float
    bias: float


class Table:
    """The weights of one question."""

    def __init__(self, scale: Scale, said: bytes, rare: bytes) -> None:
        self._scale = scale
        self._said = said
        self._rare = rare

    def odds(self, found: set[int]) -> float:
        """How much a text with these signs sounds like it: above 0 rather so, below rather not (log odds)."""
        said, rare, size = self._said, self._rare, len(self._said)
        weights = squares = 0
        for sign in found:
            bucket = sign % size
            weights += said[bucket]
            squares += rare[bucket]
        if not squares:
            return float("-inf")
        return self._scale.bias + self._scale.step * (weights - _RAISED * len(found)) / sqrt(squares)


Learned = tuple[Scale, Sequence[int], Sequence[int]]
"""Of one question: the scale, and for each bucket the weight and the squared rarity."""

_MAGIC = b"huying-hashed-2\n"


def read(data: bytes) -> dict[str, Table]:
    """The tables of a file by their names. Raises ValueError for what is no such file."""
    if not data.startswith(_MAGIC):
        raise ValueError("these are no weights of ours")
    start = len(_MAGIC) + 4
    (length,) = struct.unpack_from("<I", data, len(_MAGIC))
    header = json.loads(data[start : start + length])
    raw = zlib.decompress(data[start + length :])
    tables: dict[str, Table] = {}
    end = 0
    for name, (buckets, scale) in header.items():
        tables[name] = Table(Scale(**scale), raw[end : end + buckets], raw[end + buckets : end + 2 * buckets])
        end += 2 * buckets
    return tables


def write(learned: Mapping[str, Learned]) -> bytes:
    """The file that `read` reads; the same values give the same bytes."""
    header = json.dumps({name: [len(said), asdict(scale)] for name, (scale, said, _) in learned.items()}).encode()
    raw = b"".join(bytes(weight + _RAISED for weight in said) + bytes(rare) for _, said, rare in learned.values())
    return _MAGIC + struct.pack("<I", len(header)) + header + zlib.compress(raw, 9)
