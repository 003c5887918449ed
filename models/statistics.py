"""The three rates (三率), and how often the first party asked was the right one, with all that is left out beside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, false, func, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from models import results, summaries
from models.party import Assignment, End, Party
from models.result import Figure, Result, ResultDay
from models.ticket import ENDED, Ticket, TicketState

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
NOT_RESIDENTS = (Figure.PART, Figure.PUSHED_DOWN)
"""Finished in the period, but no resident's matter: in none of the three either."""

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
"""The community, None where the place is not known, and the category."""


def figures(
    session: Session, *, since: datetime, until: datetime, communities: Collection[int], nowhere: bool
) -> dict[Key, Counts]:
    """What happened from `since` until before `until` in these communities, and with `nowhere` in none.

    A ticket that was finished several times counts once, by its last result of the period.
    """
    found: dict[Key, Counts] = {}
    _count_results(session, found, since, until, communities, nowhere=nowhere)
    _count_the_rest(session, found, since, until, communities, nowhere=nowhere)
    return found


def _place(
    column: InstrumentedAttribute[int | None], communities: Collection[int], *, nowhere: bool
) -> ColumnElement[bool]:
    return or_(column.in_(communities) if communities else false(), column.is_(None) if nowhere else false())


def _count_results(
    session: Session,
    found: dict[Key, Counts],
    since: datetime,
    until: datetime,
    communities: Collection[int],
    *,
    nowhere: bool,
) -> None:
    settled = summaries.settled(session, since=since, until=until)
    later = aliased(Result)
    # Nearly every ticket is finished once, and an index holds all others: only those are looked at.
    finished_again = exists().where(
        later.ticket_id == Result.ticket_id,
        later.round > Result.round,
        later.round > 0,
        later.finished_at >= since,
        later.finished_at < until,
    )
    here = _place(Result.community_id, communities, nowhere=nowhere)
    for begin, end in settled.gaps:
        _add(found, session.execute(summaries.counted(begin, end).where(here, ~finished_again)))
    if settled.days:
        # What was finished several times stands in no sum: which of its results counts depends on the period.
        for begin, end in settled.stretches:
            again = summaries.counted(begin, end).where(here, summaries.is_one_of_several(), ~finished_again)
            _add(found, session.execute(again))
        summed = _place(ResultDay.community_id, communities, nowhere=nowhere)
        _add(found, session.execute(summaries.sums(settled.days).where(summed)))


def _add(found: dict[Key, Counts], rows: Iterable[Any]) -> None:
    for community_id, category, name, in_time, called, count in rows:
        counts = found.setdefault((community_id, category), Counter())
        counts[Figure(name)] += count
        if name in NOT_RESIDENTS:
            continue
        counts[Figure.IN_TIME] += count if in_time else 0
        counts[Figure.BY_CALL] += count if called else 0


def _count_the_rest(
    session: Session,
    found: dict[Key, Counts],
    since: datetime,
    until: datetime,
    communities: Collection[int],
    *,
    nowhere: bool,
) -> None:
    ended = {
        TicketState.MERGED: Figure.MERGED,
        TicketState.WITHDRAWN: Figure.WITHDRAWN,
        TicketState.REJECTED: Figure.REJECTED,
    }
    rows = session.execute(
        select(Ticket.community_id, Ticket.category, Ticket.state, func.count())
        .where(
            text(ENDED),
            Ticket.closed_at >= since,
            Ticket.closed_at < until,
            Ticket.resolved_at.is_(None),
            results.is_residents(),
            _place(Ticket.community_id, communities, nowhere=nowhere),
        )
        .group_by(Ticket.community_id, Ticket.category, Ticket.state)
    )
    for community_id, category, state, count in rows:
        found.setdefault((community_id, category), Counter())[ended[state]] += count


def total(found: Mapping[Key, Counts]) -> Rates:
    """Everything together."""
    return Rates(sum(found.values(), Counter()))


def by_category(found: Mapping[Key, Counts]) -> dict[str, Rates]:
    """The same for each category, in the order of their codes: never in the order of their rates."""
    codes = sorted({category for _, category in found})
    return {code: total({key: counts for key, counts in found.items() if key[1] == code}) for code in codes}


def within(found: Mapping[Key, Counts], communities: Collection[int | None]) -> dict[Key, Counts]:
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


def first_given(
    session: Session, *, since: datetime, until: datetime, communities: Collection[int], nowhere: bool
) -> dict[str, FirstCounts]:
    """The tickets given to a party for the first time from `since` until before `until`, by the party's name, in the
    order of the names: never in the order of the shares.
    """
    is_disputed = and_(Assignment.returned_at.is_not(None), Assignment.kept_at.is_(None))
    outcome = case(
        (Assignment.end == End.FINISHED, FirstGiven.RIGHT),
        (Assignment.end == End.MOVED, FirstGiven.WRONG),
        (Assignment.end == End.OVER, FirstGiven.OVER),
        (is_disputed, FirstGiven.DISPUTED),
        else_=FirstGiven.STILL,
    )
    rows = session.execute(
        select(Party.name, outcome, func.count())
        .select_from(Assignment)
        .join(Party, Party.id == Assignment.party_id)
        .join(Ticket, Ticket.id == Assignment.ticket_id)
        .where(
            Assignment.first.is_(True),
            Assignment.given_at >= since,
            Assignment.given_at < until,
            _place(Ticket.community_id, communities, nowhere=nowhere),
        )
        .group_by(Party.name, outcome)
        .order_by(Party.name)
    )
    found: dict[str, FirstCounts] = {}
    for name, what, count in rows:
        found.setdefault(name, Counter())[FirstGiven(what)] += count
    return found


def first_share(counts: FirstCounts) -> Share:
    """How many the first one asked has finished, among those of which that is known."""
    return Share(counts[FirstGiven.RIGHT], counts[FirstGiven.RIGHT] + counts[FirstGiven.WRONG])
