"""What the sums say beside the three rates: how much and when, limits kept, waves, corrections, hours, who did well."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.figure import HOURS, Measure
from models.measures import WAVES, Found
from models.party import Party, PartyKind
from models.statistics import LEAST, Share

LEAST_FINISHED = 10
"""A property company that finished fewer matters than this in the period has no colour."""

LEAST_JUDGED = 5
"""And none is praised of whose work fewer residents said anything: nobody asked is nobody content."""

RED_KEPT, RED_RETURNED = 90, 10
"""Praised: at least so many in a hundred in time, and at most so many in a hundred of the judged given back."""

BLACK_KEPT, BLACK_RETURNED = 60, 30
"""Named: fewer than so many in time, or more than so many given back."""


def only(found: Found, category: str) -> Found:
    """What was collected of one category; everything for none."""
    return {key: counts for key, counts in found.items() if not category or key[1] == category}


def together(found: Found) -> Counter[str]:
    """Everything in one line."""
    counts: Counter[str] = Counter()
    for each in found.values():
        counts.update(each)
    return counts


def told(counts: Counter[str]) -> int:
    """How many reports came in."""
    return sum(counts[hour] for hour in HOURS)


def by_category(found: Found) -> dict[str, Counter[str]]:
    """One line for each category, in the order of their codes."""
    lines: dict[str, Counter[str]] = {}
    for (_, category, _), counts in found.items():
        lines.setdefault(category, Counter()).update(counts)
    return dict(sorted(lines.items()))


# ---------------------------------------------------------------- limits and waves


def finished_in_time(counts: Counter[str]) -> Share:
    """Finished within the limit, among those whose limit is known."""
    return Share(counts[Measure.FINISH_KEPT], counts[Measure.FINISH_KEPT] + counts[Measure.FINISH_LATE])


def waves(counts: Counter[str]) -> list[Share]:
    """Of the first, the second and all later waves in which volunteers were asked: how many found somebody."""
    return [Share(counts[taken], counts[asked]) for asked, taken in WAVES]


# ---------------------------------------------------------------- corrections


@dataclass(frozen=True, slots=True)
class Understood:
    """Of the reports first understood as a category, how many were corrected; the category is empty for those that were
    not understood at all.
    """

    category: str
    share: Share


def understood(found: Found) -> list[Understood]:
    """In the order of the codes, those not understood last."""
    lines = []
    for category, counts in by_category(found).items():
        now_is = told(counts) - counts[Measure.ARRIVED] - counts[Measure.UNCLEAR]
        if category and (now_is or counts[Measure.CORRECTED]):
            share = Share(counts[Measure.CORRECTED], now_is + counts[Measure.CORRECTED])
            lines.append(Understood(category, share))
    everything = together(found)
    unclear = together({key: counts for key, counts in found.items() if not key[1]})[Measure.CORRECTED]
    missed = everything[Measure.UNCLEAR] + unclear
    return [*lines, Understood("", Share(unclear, missed))] if missed else lines


# ---------------------------------------------------------------- property companies


class Colour(StrEnum):
    """What the board (红黑榜) says of a property company."""

    RED = "red"
    BLACK = "black"
    NEITHER = "neither"
    FEW = "few"
    """Too little was finished or said to tell."""


@dataclass(frozen=True, slots=True)
class Company:
    """What one property company did with what it was given."""

    name: str
    finished: int
    in_time: Share
    returned: Share
    """Given back by residents, among those they said anything of."""

    @property
    def colour(self) -> Colour:
        """From real outcomes only."""
        kept, back = self.in_time, self.returned
        if self.finished < LEAST_FINISHED or kept.whole < LEAST:
            return Colour.FEW
        is_judged = back.whole >= LEAST_JUDGED
        if 100 * kept.part < BLACK_KEPT * kept.whole or (is_judged and 100 * back.part > BLACK_RETURNED * back.whole):
            return Colour.BLACK
        if not is_judged:
            return Colour.FEW
        is_good = 100 * kept.part >= RED_KEPT * kept.whole and 100 * back.part <= RED_RETURNED * back.whole
        return Colour.RED if is_good else Colour.NEITHER


def companies(session: Session, found: Found) -> list[Company]:
    """The property companies that finished anything: by colour, and by name within one."""
    names = dict(session.execute(select(Party.id, Party.name).where(Party.kind == PartyKind.PROPERTY)).all())
    lines: dict[str, Counter[str]] = {}
    for (_, _, party_id), counts in found.items():
        if party_id in names and counts[Measure.PARTY_FINISHED]:
            lines.setdefault(names[party_id], Counter()).update(counts)
    made = [
        Company(
            name,
            counts[Measure.PARTY_FINISHED],
            Share(counts[Measure.PARTY_KEPT], counts[Measure.PARTY_KEPT] + counts[Measure.PARTY_LATE]),
            Share(counts[Measure.PARTY_RETURNED], counts[Measure.PARTY_JUDGED]),
        )
        for name, counts in lines.items()
    ]
    order = [Colour.RED, Colour.BLACK, Colour.NEITHER, Colour.FEW]
    return sorted(made, key=lambda each: (order.index(each.colour), each.name))
