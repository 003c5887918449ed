"""Whether two people tell of the same event: what they say, where, and which category it is.

The name of an estate alone is never enough: what is told besides the place must agree too, in words or in category.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path

from nlp.normal import normal
from nlp.spans import DISTRICT

SAME = 0.5
"""From this score on it is the same event. Chosen on 26 marked groups (docs/measurements.md)."""

WINDOW = timedelta(days=14)

_READ = 400
_HEADLINE = 60
_TOPIC_WEIGHT = 4.0
_UNPLACED_WEIGHT = 1.5
_RELATED_SHARE = 0.2
_PLACED = 0.65
_OTHER_BUILDING = 0.7
_LIKELY = 0.4
_LEAST_TOPIC = 0.03
_HALF = 0.5
"""The evidence that makes a score of one half."""

# One event is put into either of these by the people who tell it: a fault next to its harm.
RELATED = (
    frozenset({"noise", "fumes", "street_vendor"}),
    frozenset({"fumes", "sanitation", "drainage"}),
    frozenset({"parking", "housing"}),
    frozenset({"parking", "fire_safety", "charging"}),
    frozenset({"street_vendor", "sanitation", "fire_safety"}),
    frozenset({"illegal_construction", "greening", "public_facility"}),
    frozenset({"public_security", "consumer"}),
    frozenset({"housing", "consumer"}),
    frozenset({"elevator_fault", "property_service"}),
    frozenset({"drainage", "water_leak", "utilities"}),
    frozenset({"traffic", "public_facility"}),
)


def compatible(category: str) -> frozenset[str]:
    """The categories under which the same event may have been reported."""
    return frozenset({category}).union(*(group for group in RELATED if category in group))


@dataclass(frozen=True, slots=True)
class Told:
    """One report as it is compared. `areas` are the ids of the estate and, where known, the building below it.

    `categories` are the likely ones with their confidence, or the one of a ticket with 1. `place` is as said.
    """

    text: str
    place: str = ""
    areas: tuple[int, ...] = ()
    categories: Mapping[str, float] = field(default_factory=dict)
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Alike:
    """Which of the others it is, how surely (0 to 1), and why: shared place, shared rare words, the category."""

    index: int
    score: float
    reasons: tuple[str, ...]


_LETTERS = re.compile(r"[^\u4e00-\u9fffA-Za-z0-9]+")
_BUILDING = re.compile(r"([A-Za-z]?\d{1,3}|[一二三四五六七八九十]{1,3}|[A-Za-z])(?:栋|幢|座|号楼|#)")
_WITHIN = re.compile(
    r"([A-Za-z]?\d{1,4}|[一二三四五六七八九十]{1,3}|[A-Za-z])(?:栋|幢|座|号楼|#|单元|楼(?!上|下|道|梯|顶)|层|室|号)"
)
_PLAIN = re.compile(r"小区|附近|旁边?|门口|下面|周边|对面|楼下|隔壁")

Vector = dict[str, float]


@dataclass(frozen=True, slots=True)
class Sketch:
    """A report taken to pieces, once for all comparisons."""

    told: Told
    letters: str
    words: Vector
    topic: Vector
    place: frozenset[str]
    buildings: frozenset[str]


def sketch(told: Told) -> Sketch:
    """Takes a report to pieces."""
    return Sketch(told, *_taken_apart(told.text[:_READ], told.place, in_the_tree=bool(told.areas)))


@lru_cache(maxsize=256)  # the last reports of a place are compared with every new one there
def _taken_apart(
    text: str, named: str, *, in_the_tree: bool
) -> tuple[str, Vector, Vector, frozenset[str], frozenset[str]]:
    """What a sketch has beside the report, in its order."""
    said = DISTRICT.sub(" ", "\n".join(normal(line) for line in text.split("\n", 1)))
    place = normal(named)
    name = _PLAIN.sub("", _BUILDING.sub("", place))
    # Where the tree knows the place, the same building, unit and floor say where, not what.
    elsewhere = _WITHIN.sub(" ", said) if in_the_tree else said
    for length in {len(name), 4, 3}:
        if 2 <= length <= len(name):
            elsewhere = elsewhere.replace(name[:length], " ").replace(name[-length:], " ")
    return (
        _LETTERS.sub("", said),
        _vector(said),
        _vector(elsewhere),
        frozenset(_pairs(name)),
        frozenset(_BUILDING.findall(place)),
    )


def _pairs(text: str) -> list[str]:
    """Two neighbouring characters each; nothing reaches over punctuation."""
    return [run[index : index + 2] for run in _LETTERS.split(text) for index in range(len(run) - 1)]


def _vector(text: str) -> Vector:
    """The pairs of a text, rare ones heavy, the headline's twice, of length one."""
    headline, newline, body = text.partition("\n")
    if not newline:
        headline, body = text[:_HEADLINE], text[_HEADLINE:]
    counts = Counter(_pairs(headline))
    counts.update(counts)
    counts.update(_pairs(body))
    rarity = rarities()
    weights = {pair: (1 + math.log(count)) * rarity.get(pair, 1.0) ** 2 for pair, count in counts.items()}
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {pair: weight / length for pair, weight in weights.items()}


def _shared(one: Vector, other: Vector, without: Set[str] = frozenset()) -> float:
    if len(one) > len(other):
        one, other = other, one
    return sum(weight * other[pair] for pair, weight in one.items() if pair in other and pair not in without)


def _place(one: Sketch, other: Sketch) -> float:
    """How much of the place of either is named by the other; by the area tree where it knows both."""
    if one.told.areas and other.told.areas:
        agrees = 1.0 if set(one.told.areas) & set(other.told.areas) else 0.0
    else:
        agrees = max(_named(one, other), _named(other, one))
    if one.buildings and other.buildings and not one.buildings & other.buildings:
        agrees *= _OTHER_BUILDING
    return agrees


def _named(one: Sketch, other: Sketch) -> float:
    rarity = rarities()
    total = found = 0.0
    for pair in one.place:
        weight = rarity.get(pair, 1.0)
        total += weight
        if pair in other.place or pair in other.letters:
            found += weight
    return found / total * (1.0 if other.place else 0.9) if total else 0.0


def _category(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """How much both may be of one category; a related one counts less."""
    same = sum(min(share, other.get(code, 0.0)) for code, share in one.items())
    near = max(
        (
            min(share, other[second])
            for first, share in one.items()
            for second in compatible(first)
            if second != first and second in other
        ),
        default=0.0,
    )
    return max(same, _RELATED_SHARE * near)


def score(one: Sketch, other: Sketch) -> float:
    """How surely two reports tell of the same event, 0 to 1; from SAME on they do."""
    place = _place(one, other)
    category = _category(one.told.categories, other.told.categories)
    topic = _shared(one.topic, other.topic, one.place | other.place)
    known = (one.told.areas or one.place) and (other.told.areas or other.place)
    if place >= _PLACED:
        found = place * (category + _TOPIC_WEIGHT * topic) * min(1.0, topic / _LEAST_TOPIC)
    elif known:
        # Two named places that differ are two events, however alike they sound.
        return 0.0
    else:
        found = _UNPLACED_WEIGHT * (_shared(one.words, other.words) + topic) * category
    return found / (found + _HALF)


def _reasons(one: Sketch, other: Sketch) -> tuple[str, ...]:
    shared = {pair: weight * other.words[pair] for pair, weight in one.words.items() if pair in other.words}
    best = sorted(shared, key=lambda pair: (-shared[pair], pair))[:3]
    where = ("place",) if _place(one, other) >= _PLACED else ()
    both = ("category",) if _category(one.told.categories, other.told.categories) >= _LIKELY else ()
    return (*where, *both, *best)


def alike(new: Told, others: Sequence[Told], *, window: timedelta | None = WINDOW, least: float = SAME) -> list[Alike]:
    """Those of `others` that tell of the same event as `new`, the surest first; outside the window none is."""
    mine = sketch(new)
    found = []
    for index, other in enumerate(others):
        if window is not None and new.at and other.at and abs(new.at - other.at) > window:
            continue
        theirs = sketch(other)
        how = score(mine, theirs)
        if how >= least:
            found.append(Alike(index, round(how, 4), _reasons(mine, theirs)))
    return sorted(found, key=lambda each: (-each.score, each.index))


# ---------------------------------------------------------------- how rare two neighbouring characters are

_LEVELS = 16
_KNOWN_FROM = 3


@cache
def rarities() -> dict[str, float]:
    """How rare pairs of characters are among residents' messages, 0 to 1; the unknown are rarest."""
    table: dict[str, float] = {}
    for line in Path(__file__).with_name("rarity.txt").read_text(encoding="utf-8").splitlines():
        level, _, pairs = line.partition(" ")
        table |= dict.fromkeys((pairs[start : start + 2] for start in range(0, len(pairs), 2)), int(level) / _LEVELS)
    return table


def count_rarities(messages: Iterable[str], path: Path) -> None:
    """Writes nlp/rarity.txt from messages: by level of rarity, the pairs that stand in three or more of them."""
    among: Counter[str] = Counter()
    number = 0
    for message in messages:
        number += 1
        among.update(set(_pairs(normal(message))))
    levels: dict[int, list[str]] = {}
    for pair, count in among.items():
        if count >= _KNOWN_FROM:
            levels.setdefault(round(math.log((number + 1) / count) / math.log(number + 1) * _LEVELS), []).append(pair)
    lines = (f"{level} {''.join(sorted(levels[level]))}\n" for level in sorted(levels))
    path.write_text("".join(lines), encoding="utf-8", newline="")
