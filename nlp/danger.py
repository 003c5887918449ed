"""Danger to life recognised in plain words, without a database: what learned it has read thousands of calls for help."""

from __future__ import annotations

import json
import re
import struct
import sys
import zlib
from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from math import sqrt

from nlp.normal import normal


class Danger(StrEnum):
    """What threatens; whom to call follows from it."""

    FIRE = "fire"
    GAS = "gas"
    SUICIDE = "suicide"
    SHOCK = "shock"
    ASSAULT = "assault"
    DROWNING = "drowning"
    TRAPPED = "trapped"
    COLLAPSE = "collapse"
    MEDICAL = "medical"
    FALLING = "falling"
    MISSING = "missing"


CATEGORIES: Mapping[Danger, str] = {
    Danger.FIRE: "fire_safety",
    Danger.GAS: "utilities",
    Danger.SUICIDE: "public_security",
    Danger.SHOCK: "utilities",
    Danger.ASSAULT: "public_security",
    Danger.DROWNING: "public_security",
    Danger.TRAPPED: "fire_safety",
    Danger.COLLAPSE: "property_service",
    Danger.MEDICAL: "medical",
    Danger.FALLING: "falling_object",
    Danger.MISSING: "public_security",
}
"""Where a danger is filed of which the words say nothing else."""

_MOST = 2000
# Real alarms are short. In a longer text each passage is judged by itself, and more strictly: it tells a story.
LONGEST = 120
_PASSAGE = 60
_LEAST = 10
# Under so many characters hardly anything is said: it has to sound more like danger.
_SCANT = 8
_SCANT_LEAST = 0.0
# How one is called and nothing else: what was learned has mostly heard of 王嫂子 when something had happened to her.
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付"
    "方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温施翟涂喻柳鲁倪岳"
)
_TITLES = "大妈|大爷|阿姨|叔叔?|奶奶|爷爷|师傅|婆婆|嫂子?|大?姐|大?哥|老师|[大阿]?伯|大娘|先生|女士|太太|医生|主任|书记|经理|爹爹|太婆"
_ONLY_A_NAME = re.compile(rf"\W*[{_SURNAMES}](?:{_TITLES})\W*")
# Where one is and nothing else: "在6栋" was learned from those who meant to jump there.
_ONLY_A_BUILDING = re.compile(
    r"\W*(?:我们?)?就?住?在?[0-9]{1,3}(?:栋|幢|座|号楼)(?:[0-9]{1,2}单元)?(?:[0-9]{1,2}[楼层])?(?:[0-9]{3,4}[室号]?)?"
    r"(?:楼下|门口)?\W*"
)
_SENTENCE = re.compile(r"[^。!?;\n]+[。!?;\n]*")
_NUMBER = re.compile(r"[0-9]+")

# Log odds from which a short message is danger, and a passage of a long one. Chosen on messages of writers whose
# other messages were not learned from (docs/decisions/0012): a needless alarm costs less than a missed one.
SOUNDS_SO = -0.5
INSISTS = 1.75


def danger(text: str, *, least: float = SOUNDS_SO) -> Danger | None:
    """The danger to life that is there now; None for past, feared, asked-about, rehearsed or figurative danger.

    When in doubt about a short message the answer is a danger, unless `least` asks for more.
    """
    return danger_in(normal(text[:_MOST]), least=least)


def danger_in(said: str, *, least: float = SOUNDS_SO) -> Danger | None:
    """`danger` of text that has been through `normal`."""
    if _ONLY_A_NAME.fullmatch(said) or _ONLY_A_BUILDING.fullmatch(said):
        return None
    weights = shipped()
    if len(said) < _SCANT:
        least = max(least, _SCANT_LEAST)
    if len(said) <= _PASSAGE:
        return weights.kind(said) if weights.danger.odds(signs(said)) >= least else None
    together: set[int] = set()
    for passage in passages(said):
        found = signs(passage)
        if weights.danger.odds(found) >= INSISTS:
            return weights.kind(passage)
        together |= found
    if len(said) <= LONGEST and weights.danger.odds(together) >= least:
        return weights.kind(said)
    return None


def passages(said: str) -> Iterator[str]:
    """A text in pieces that are short enough to be judged, cut where its sentences end."""
    gathered = ""
    for sentence in _SENTENCE.findall(said[:_MOST]):
        for start in range(0, len(sentence), LONGEST):
            piece = sentence[start : start + LONGEST]
            if gathered and len(gathered) + len(piece) > _PASSAGE and len(piece) >= _LEAST:
                yield gathered
                gathered = ""
            gathered += piece
    if gathered:
        yield gathered


# ---------------------------------------------------------------- signs


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


# ---------------------------------------------------------------- weights

_MAGIC = b"huying-danger-2\n"
# Feature hashing: no table of strings has to be kept, and two signs that share a bucket do little harm. Primes, so that
# neighbouring numbers are spread.
BUCKETS = 1_048_573
KIND_BUCKETS = 16_381
# A bucket's entry in the table: its squared rarity above, its weight below, raised so that it is never negative. One
# addition a sign adds up both.
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
    """The weights of one question, danger or not, or one kind or the others."""

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


class Weights:
    """Everything that was learned; read once, shared by all threads."""

    def __init__(self, data: bytes) -> None:
        if not data.startswith(_MAGIC):
            raise ValueError("these are no weights of ours")
        start = len(_MAGIC) + 4
        (length,) = struct.unpack_from("<I", data, len(_MAGIC))
        header: dict[str, dict[str, float]] = json.loads(data[start : start + length])
        raw = zlib.decompress(data[start + length :])
        tables: dict[str, Table] = {}
        end = 0
        for name, scale in header.items():
            size = (KIND_BUCKETS if tables else BUCKETS) * array("I").itemsize
            entries = array("I", raw[end : end + size])
            if sys.byteorder == "big":
                entries.byteswap()
            tables[name] = Table(Scale(**scale), entries)
            end += size
        self.danger = tables.pop(DANGER)
        self._kinds = {Danger(name): table for name, table in tables.items()}

    def kind(self, said: str) -> Danger:
        """Which danger it is, if it is one."""
        found = signs(said)
        return max(self._kinds, key=lambda kind: self._kinds[kind].odds(found))


DANGER = "danger"


def write(learned: Mapping[str, tuple[Scale, Sequence[int], Sequence[int]]]) -> bytes:
    """The file that `Weights` reads, from the scale, the weights and the squared rarities of danger and of each kind;
    the same values give the same bytes.
    """
    header = json.dumps({name: asdict(scale) for name, (scale, _, _) in learned.items()}).encode()
    raw = b"".join(
        struct.pack(
            f"<{len(said)}I",
            *(square << _RARITY_AT | weight + _RAISED for weight, square in zip(said, rare, strict=True)),
        )
        for _, said, rare in learned.values()
    )
    return _MAGIC + struct.pack("<I", len(header)) + header + zlib.compress(raw, 9)


@cache
def shipped() -> Weights:
    """The weights of this version, read once."""
    return Weights(files("nlp").joinpath("danger.bin").read_bytes())
