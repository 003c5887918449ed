"""Sums of the days whose results have come to rest, so that the figures of a year need not count every ticket again.

A sum is never trusted over what happened: a day whose tickets were touched since is counted anew (docs/decisions/0023).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, and_, case, delete, exists, false, func, insert, select
from sqlalchemy.orm import Session, aliased

from models import results
from models.clock import CHINA, local
from models.entry import FIGURES, Feed
from models.result import Figure, Result, ResultDay, SummedDay
from models.ticket import Evaluation, EvaluationSource, Ticket, TicketEvent, TicketState

AT_REST = timedelta(days=35)
"""Judgements, their being set aside and the ends of waiting come sooner; what comes later leaves a line of history."""

COMMITTED = timedelta(minutes=2)
"""Lines younger than this may still be followed by one with a smaller number: no transaction lasts so long."""

MOST_UNREAD = 3000
"""With more lines unread than this the sums are not used."""

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Settled:
    """A period cut into the days whose sums are true, their stretches, and the stretches that must be counted."""

    days: Collection[date]
    stretches: list[tuple[datetime, datetime]]
    gaps: list[tuple[datetime, datetime]]


def counted(since: datetime, until: datetime) -> Select[int | None, str, Figure, bool, bool, int]:
    """How the results from `since` until before `until` came out: community, category, figure, in time, told on the
    telephone, and how many.
    """
    gone = and_(Ticket.state == TicketState.WITHDRAWN, Ticket.reopened == Result.round)
    outcome = case(
        (Ticket.parent_id.is_not(None), Figure.PART),
        (Ticket.origin != "", Figure.PUSHED_DOWN),
        (results.is_left_out(), Figure.SET_ASIDE),
        (Evaluation.answer == 1, Figure.SATISFIED),
        (Evaluation.answer == 2, Figure.SOLVED_ONLY),
        (Evaluation.answer == 3, Figure.UNSOLVED),
        (gone, Figure.WITHDRAWN_AFTER),
        (Result.own_work, Figure.OWN_WORK),
        (Result.announced, Figure.ANNOUNCED),
        (and_(Result.lapsed_at.is_not(None), Result.asked_at.is_not(None)), Figure.SILENT),
        (Result.lapsed_at.is_not(None), Figure.UNREACHABLE),
        (Result.asked_at.is_not(None), Figure.WAITING),
        else_=Figure.NOT_ASKED,
    )
    by_call = func.coalesce(Evaluation.source == EvaluationSource.CALL_BACK, false())
    return (
        select(Result.community_id, Result.category, outcome, Result.in_time, by_call, func.count())
        .join(Ticket, Ticket.id == Result.ticket_id)
        .outerjoin(Evaluation, results.judgement())
        .where(Result.finished_at >= since, Result.finished_at < until)
        .group_by(Result.community_id, Result.category, outcome, Result.in_time, by_call)
    )


def is_one_of_several() -> ColumnElement[bool]:
    """The results of tickets that were finished more than once."""
    other = aliased(Result)
    return Result.ticket_id.in_(select(other.ticket_id).where(other.round > 0))


def sums(days: Collection[date]) -> Select[int | None, str, Figure, bool, bool, int]:
    """The same columns as `counted`, from the sums of these days."""
    columns = (ResultDay.community_id, ResultDay.category, ResultDay.figure, ResultDay.in_time, ResultDay.by_call)
    return select(*columns, func.sum(ResultDay.count)).where(ResultDay.day.in_(days)).group_by(*columns)


def settled(session: Session, *, since: datetime, until: datetime) -> Settled:
    """What of a period needs no counting."""
    everything = Settled([], [], [(since, until)])
    first, last = local(since).date(), local(until).date()
    whole = since == _midnight(first) and until == _midnight(last)
    days = (
        {*session.scalars(select(SummedDay.day).where(SummedDay.day >= first, SummedDay.day < last))}
        if whole
        else set()
    )
    if not days:
        return everything
    read = select(Feed.event_id).where(Feed.name == FIGURES).scalar_subquery()
    lines = select(TicketEvent.ticket_id).where(TicketEvent.id > read).limit(MOST_UNREAD + 1)
    touched = session.scalars(lines).all()
    if len(touched) > MOST_UNREAD:
        return everything
    days -= _days_of(session, set(touched))
    return Settled(
        days, list(_stretches(first, last, days, wanted=True)), list(_stretches(first, last, days, wanted=False))
    )


def _stretches(first: date, last: date, days: Collection[date], *, wanted: bool) -> Iterator[tuple[datetime, datetime]]:
    """The runs of days that are among `days`, or are not."""
    begin: date | None = None
    day = first
    while day <= last:
        inside = day < last and (day in days) is wanted
        if inside and begin is None:
            begin = day
        elif not inside and begin is not None:
            yield _midnight(begin), _midnight(day)
            begin = None
        day += A_DAY


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CHINA)


def _days_of(session: Session, ticket_ids: Collection[int]) -> set[date]:
    """The days on which these tickets were ever finished."""
    finished = session.scalars(select(Result.finished_at).where(Result.ticket_id.in_(ticket_ids)))
    return {local(each).date() for each in finished}


# ---------------------------------------------------------------- keeping them


def follow(session: Session, *, now: datetime, most: int) -> int:
    """Takes away the sums of days whose tickets were touched since the last time; gives how many lines it read."""
    feed = session.scalar(select(Feed).where(Feed.name == FIGURES).with_for_update(skip_locked=True))
    if feed is None:
        return 0
    lines = session.execute(
        select(TicketEvent.id, TicketEvent.ticket_id)
        .where(TicketEvent.id > feed.event_id, TicketEvent.at <= now - COMMITTED)
        .order_by(TicketEvent.id)
        .limit(most)
    ).all()
    if lines:
        _forget(session, _days_of(session, {ticket_id for _, ticket_id in lines}))
        feed.event_id = lines[-1][0]
    return len(lines)


def to_sum(session: Session, *, now: datetime, most: int) -> list[date]:
    """Days at rest without a sum, the latest first."""
    earliest = session.scalar(select(func.min(Result.finished_at)))
    if earliest is None:
        return []
    known = {*session.scalars(select(SummedDay.day))}
    first, day = local(earliest).date(), local(now - AT_REST).date()
    found: list[date] = []
    while day >= first and len(found) < most:
        if day not in known:
            found.append(day)
        day -= A_DAY
    return found


def sum_up(session: Session, day: date) -> None:
    """Writes the sums of one day anew. Whatever happens to its tickets meanwhile takes them away again."""
    if session.scalar(select(Feed).where(Feed.name == FIGURES).with_for_update()) is None:
        return
    _forget(session, {day})
    other = aliased(Result)
    several = exists().where(other.ticket_id == Result.ticket_id, other.round > 0)
    rows = session.execute(counted(_midnight(day), _midnight(day + A_DAY)).where(~several)).all()
    names = ("community_id", "category", "figure", "in_time", "by_call", "count")
    if rows:
        session.execute(insert(ResultDay), [{"day": day, **dict(zip(names, row, strict=True))} for row in rows])
    session.add(SummedDay(day=day))


def _forget(session: Session, days: Collection[date]) -> None:
    session.execute(delete(ResultDay).where(ResultDay.day.in_(days)))
    session.execute(delete(SummedDay).where(SummedDay.day.in_(days)))
