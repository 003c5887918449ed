"""The three rates (三率), and how often the first party asked was the right one, with all that is left out beside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import and_, exists, or_, select, text
from sqlalchemy.orm import Session, aliased

from models import measures, summaries
from models.figure import SUMS, Measure
from models.measures import Found, Ground
from models.party import Party
from models.result import Figure, Result

LEAST = 5
"""A share of fewer than this says more about people than about the work: it is not shown as a percentage."""


JUDGED = (Figure.SATISFIED, Figure.SOLVED_ONLY, Figure.UNSOLVED)
LEFT_OUT = (
    Figure.NOT_ASKED,
    Figure.WAITING,
    Figure.SILENT,
    Figure.UNREACHABLE,
    Figure.SET_ASIDE,
    Figure.OWN_WORK,
    Figure.ANNOUNCED,
    Figure.WITHDRAWN_AFTER,
)
"""Finished, and in neither "solved" nor "satisfied"."""
NEVER_FINISHED = (Figure.MERGED, Figure.WITHDRAWN, Figure.REJECTED)
"""Ended in the period without a result: in none of the three."""
ON_POSTGRESQL = ("enable_seqscan = off", "random_page_cost = 1.1", "jit = off")
"""For the rest of the transaction: what has no sum yet is a few in a hundred of the rows, the newest. Left to guess,
PostgreSQL reads the whole of the tickets for each of eight statements.
"""

Counts = Counter[Figure]


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many; `percent` is None for too few to tell."""

    part: int
    whole: int

    @property
    def percent(self) -> float | None:
        """One decimal place."""
        return round(100 * self.part / self.whole, 1) if self.whole >= LEAST else None


@dataclass(frozen=True, slots=True)
class Rates:
    """The three rates of one place, category and period, with what they are made from."""

    counts: Counts

    @property
    def finished(self) -> int:
        """Tickets finished in the period."""
        return sum(self.counts[each] for each in (*JUDGED, *LEFT_OUT))

    @property
    def judged(self) -> int:
        """Those of which the resident said something that counts."""
        return sum(self.counts[each] for each in JUDGED)

    @property
    def answered(self) -> Share:
        """First human answer within its limit, among the finished."""
        return Share(self.counts[Figure.IN_TIME], self.finished)

    @property
    def solved(self) -> Share:
        """1 or 2, in the chat or on the telephone, among the judged."""
        return Share(self.counts[Figure.SATISFIED] + self.counts[Figure.SOLVED_ONLY], self.judged)

    @property
    def satisfied(self) -> Share:
        """1, among the same."""
        return Share(self.counts[Figure.SATISFIED], self.judged)


Key = tuple[int | None, str]
"""The place, None where it is not known, and the category."""

AnyKey = TypeVar("AnyKey", Key, measures.Key)
Numbers = TypeVar("Numbers")


def collect(
    session: Session,
    *,
    since: datetime,
    until: datetime,
    communities: Collection[int],
    nowhere: bool,
    places: Mapping[int, Collection[int]] | None = None,
) -> Found:
    """Everything that the figures count, from `since` until before `until` in these communities, and with `nowhere`
    in none. A ticket that was finished several times counts once, by its last result of the period.

    `places` are areas with all of their communities: those are given together, under the area.
    """
    shown_as = {each: each for each in communities}
    shown_as |= {each: place for place, inside in (places or {}).items() for each in inside}
    ground = Ground(shown_as, nowhere=nowhere)
    settled = summaries.settled(session, since=since, until=until)
    if session.get_bind().dialect.name == "postgresql":
        for setting in ON_POSTGRESQL:
            session.execute(text(f"SET LOCAL {setting}"))
    found: Found = {}
    later = aliased(Result)
    # Nearly every ticket is finished once, and an index holds all others: only those are looked at.
    is_one_of_several = measures.is_one_of_several()
    finished_again = exists().where(
        later.ticket_id == Result.ticket_id,
        later.round > Result.round,
        later.round > 0,
        later.finished_at >= since,
        later.finished_at < until,
    )
    is_the_last = or_(~is_one_of_several, ~finished_again)
    for begin, end in settled.gaps:
        measures.of_results(session, found, begin, end, ground, is_the_last)
        measures.of_the_rest(session, found, begin, end, ground)
    # What was finished several times stands in no sum: which of its results counts depends on the period.
    for begin, end in settled.stretches:
        again = and_(is_one_of_several, ~finished_again)
        measures.of_results(session, found, begin, end, ground, again)
    if settled.days or settled.months:
        for key, counts in summaries.sums(session, settled.months, settled.days, ground.covers(SUMS.c.area_id)):
            found.setdefault(key, Counter()).update(counts)
    return found


def figures(
    session: Session, *, since: datetime, until: datetime, communities: Collection[int], nowhere: bool
) -> dict[Key, Counts]:
    """Only how things came out, by community and category (models/result.py)."""
    return of_residents(collect(session, since=since, until=until, communities=communities, nowhere=nowhere))


def of_residents(found: Found) -> dict[Key, Counts]:
    """The figures of results in what was collected."""
    lines: dict[Key, Counts] = {}
    for (place_id, category, party_id), counts in found.items():
        known = Counter({each: counts[each.value] for each in Figure if counts[each.value]})
        if party_id is None and known:
            lines[place_id, category] = known
    return lines


def total(found: Mapping[Key, Counts]) -> Rates:
    """Everything together."""
    return Rates(sum(found.values(), Counter()))


def by_category(found: Mapping[Key, Counts]) -> dict[str, Rates]:
    """The same for each category, in the order of their codes: never in the order of their rates."""
    codes = sorted({category for _, category in found})
    return {code: total({key: counts for key, counts in found.items() if key[1] == code}) for code in codes}


def within(found: Mapping[AnyKey, Numbers], communities: Collection[int | None]) -> dict[AnyKey, Numbers]:
    """Only what happened in these communities."""
    return {key: counts for key, counts in found.items() if key[0] in communities}


# ---------------------------------------------------------------- the first party asked


class FirstGiven(StrEnum):
    """What became of a ticket with the first department or partner it was given to; each ticket is in exactly one."""

    RIGHT = "right"
    """Finished while it was with them."""
    WRONG = "wrong"
    """Somebody else had to do it: a return was agreed to, or it was given on or went up."""
    STILL = "still"
    DISPUTED = "disputed"
    """Returned, and the street has not decided."""
    OVER = "over"
    """Ended otherwise: withdrawn, merged, rejected, answered by an announcement."""


FIRST_LEFT_OUT = (FirstGiven.STILL, FirstGiven.DISPUTED, FirstGiven.OVER)
"""In neither part of the share."""

FirstCounts = Counter[FirstGiven]


FIRST = {
    FirstGiven.RIGHT: Measure.FIRST_RIGHT,
    FirstGiven.WRONG: Measure.FIRST_WRONG,
    FirstGiven.STILL: Measure.FIRST_STILL,
    FirstGiven.DISPUTED: Measure.FIRST_DISPUTED,
    FirstGiven.OVER: Measure.FIRST_OVER,
}


def first_given(
    session: Session, *, since: datetime, until: datetime, communities: Collection[int], nowhere: bool
) -> dict[str, FirstCounts]:
    """The tickets given to a party for the first time in a period, see `of_first_given`."""
    found = collect(session, since=since, until=until, communities=communities, nowhere=nowhere)
    return of_first_given(session, found)


def of_first_given(session: Session, found: Found) -> dict[str, FirstCounts]:
    """What became of the tickets first given to a party, by the party's name, in the order of the names: never in the
    order of the shares.
    """
    names = names_of_parties(session, found)
    given: dict[str, FirstCounts] = {}
    for (_, _, party_id), counts in found.items():
        known = Counter({each: counts[name] for each, name in FIRST.items() if counts[name]})
        if party_id is not None and known:
            given.setdefault(names[party_id], Counter()).update(known)
    return dict(sorted(given.items()))


def names_of_parties(session: Session, found: Found) -> dict[int, str]:
    """The names of the parties in what was collected."""
    ids = {party_id for _, _, party_id in found if party_id is not None}
    return dict(session.execute(select(Party.id, Party.name).where(Party.id.in_(ids))).all()) if ids else {}


def first_share(counts: FirstCounts) -> Share:
    """How many the first one asked has finished, among those of which that is known."""
    return Share(counts[FirstGiven.RIGHT], counts[FirstGiven.RIGHT] + counts[FirstGiven.WRONG])
