"""A small linear machine over the characters of a text and their pairs: one yes-or-no question, answered in log odds."""

from __future__ import annotations

import json
import re
import struct
import sys
import zlib
from array import array
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import sqrt

_NUMBER = re.compile(r"[0-9]+")


def signs(said: str) -> set[int]:
    """A text's characters and pairs of neighbours as numbers, each once; digits are alike.

    In UTF-16 a character is a number, and so are two that stand together.
    """
    data = _NUMBER.sub("0", said.lower()).encode("utf-16-le")
    count = len(data) // 2
    return {
        *struct.unpack_from(f"<{count}H", data),
        *struct.unpack_from(f"<{count // 2}I", data),
        *(struct.unpack_from(f"<{(count - 1) // 2}I", data, 2) if count > 2 else ()),
    }


# Feature hashing: no table of strings has to be kept, and two signs that share a bucket do little harm. A bucket's entry
# in the table: its squared rarity above, its weight below, raised so that it is never negative. One addition a sign adds
# up both.
_RAISED = 128
_RARITY_AT = 20
SQUARE = 2
"""Of a squared rarity so many parts are kept; it is below 128."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What turns whole numbers into log odds: one step of a weight, and the constant."""

    step: float
    bias: float


class Table:
    """The weights of one question."""

    def __init__(self, scale: Scale, entries: array[int]) -> None:
        self._scale = scale
        self._entries = entries

    def odds(self, found: Collection[int]) -> float:
        """How much a text with these signs sounds like it: above 0 rather so, below rather not (log odds)."""
        entries, size = self._entries, len(self._entries)
        total = sum([entries[sign % size] for sign in found])
        squares = total >> _RARITY_AT
        if not squares:
            return float("-inf")
        weights = (total & (1 << _RARITY_AT) - 1) - _RAISED * len(found)
        return self._scale.bias + self._scale.step * weights / sqrt(squares)


Learned = tuple[Scale, Sequence[int], Sequence[int]]
"""Of one question: the scale, and for each bucket the weight and the squared rarity."""

_MAGIC = b"huying-hashed-1\n"


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
        size = buckets * array("I").itemsize
        entries = array("I", raw[end : end + size])
        if sys.byteorder == "big":
            entries.byteswap()
        tables[name] = Table(Scale(**scale), entries)
        end += size
    return tables


def write(learned: Mapping[str, Learned]) -> bytes:
    """The file that `read` reads; the same values give the same bytes."""
    header = json.dumps({name: [len(said), asdict(scale)] for name, (scale, said, _) in learned.items()}).encode()
    raw = b"".join(
        struct.pack(
            f"<{len(said)}I",
            *(square << _RARITY_AT | weight + _RAISED for weight, square in zip(said, rare, strict=True)),
        )
        for _, said, rare in learned.values()
    )
    return _MAGIC + struct.pack("<I", len(header)) + header + zlib.compress(raw, 9)
