"""Sums of days that have come to rest, and of their months, so that the figures of a year count no ticket again.

A sum is never trusted over what happened: a day whose tickets were touched since is counted anew (docs/decisions/0023
and 0026).
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Date, and_, delete, func, insert, literal, or_, select
from sqlalchemy.orm import Session

from models import areas, measures
from models.area import Area, AreaKind
from models.base import table
from models.clock import local, midnight
from models.entry import FIGURES, Feed
from models.figure import COLUMNS, SUMS, SummedMonth, SummedPlace
from models.measures import Key
from models.result import Result, SummedDay
from models.ticket import Ticket, TicketEvent

AT_REST = timedelta(days=35)
"""Judgements, their being set aside and the ends of waiting come sooner; what comes later leaves a line of history."""

COMMITTED = timedelta(minutes=2)
"""Lines younger than this may still be followed by one with a smaller number: no transaction lasts so long."""

MOST_UNREAD = 3000
"""With more lines unread than this the sums are not used."""

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Settled:
    """A period cut into the months and other days whose sums are true, the stretches of both, and the stretches that
    must be counted.
    """

    months: Collection[date]
    days: Collection[date]
    stretches: list[tuple[datetime, datetime]]
    gaps: list[tuple[datetime, datetime]]


def sums(
    session: Session, months: Collection[date], days: Collection[date], here: ColumnElement[bool]
) -> Iterator[tuple[Key, Counter[str]]]:
    """What these months and days come to, as far as `here` (of the sums) lets them through."""
    spans = or_(
        and_(SUMS.c.month.is_(True), SUMS.c.start.in_(months)), and_(SUMS.c.month.is_(False), SUMS.c.start.in_(days))
    )
    keys = (SUMS.c.area_id, SUMS.c.category, SUMS.c.party_id)
    totals = (func.sum(SUMS.c[name]) for name in COLUMNS)
    for area_id, category, party_id, *numbers in session.execute(
        select(*keys, *totals).where(spans, here).group_by(*keys)
    ):
        counted = {name: int(number) for name, number in zip(COLUMNS, numbers, strict=True) if number}
        yield (area_id, category, party_id), Counter(counted)


def settled(session: Session, *, since: datetime, until: datetime) -> Settled:
    """What of a period needs no counting."""
    everything = Settled([], [], [], [(since, until)])
    first, last = local(since).date(), local(until).date()
    whole = since == midnight(first) and until == midnight(last)
    days = (
        {*session.scalars(select(SummedDay.day).where(SummedDay.day >= first, SummedDay.day < last))}
        if whole
        else set()
    )
    if not days or _has_moved(session):
        return everything
    read = select(Feed.event_id).where(Feed.name == FIGURES).scalar_subquery()
    lines = select(TicketEvent.ticket_id).where(TicketEvent.id > read).limit(MOST_UNREAD + 1)
    touched = session.scalars(lines).all()
    if len(touched) > MOST_UNREAD:
        return everything
    days -= _days_of(session, set(touched)) if touched else set()
    known = session.scalars(select(SummedMonth.month).where(SummedMonth.month >= first, SummedMonth.month < last))
    months = [month for month in known if days.issuperset(days_of_month(month))]
    within = {day for month in months for day in days_of_month(month)}
    return Settled(
        months,
        days - within,
        list(_stretches(first, last, days, wanted=True)),
        list(_stretches(first, last, days, wanted=False)),
    )


def days_of_month(first: date) -> list[date]:
    """All days of the month that begins on `first`."""
    return [first + number * A_DAY for number in range(monthrange(first.year, first.month)[1])]


def _stretches(first: date, last: date, days: Collection[date], *, wanted: bool) -> Iterator[tuple[datetime, datetime]]:
    """The runs of days that are among `days`, or are not."""
    begin: date | None = None
    day = first
    while day <= last:
        inside = day < last and (day in days) is wanted
        if inside and begin is None:
            begin = day
        elif not inside and begin is not None:
            yield midnight(begin), midnight(day)
            begin = None
        day += A_DAY


def _days_of(session: Session, ticket_ids: Collection[int]) -> set[date]:
    """The days on which anything about these tickets may be counted: whatever is counted has left a line."""
    lines = session.scalars(select(TicketEvent.at).where(TicketEvent.ticket_id.in_(ticket_ids)))
    finished = session.scalars(select(Result.finished_at).where(Result.ticket_id.in_(ticket_ids)))
    opened = session.scalars(select(Ticket.opened_at).where(Ticket.id.in_(ticket_ids)))
    return {local(each).date() for each in (*lines, *finished, *opened)}


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
    earliest = session.scalar(select(func.min(Ticket.day)))
    if earliest is None:
        return []
    known = {*session.scalars(select(SummedDay.day))}
    # From the first of its month on, so that the first month is summed as well.
    first, day = earliest.replace(day=1), local(now - AT_REST).date()
    found: list[date] = []
    while day >= first and len(found) < most:
        if day not in known:
            found.append(day)
        day -= A_DAY
    return found


def sum_up(session: Session, day: date) -> None:
    """Writes the sums of one day anew. Whatever happens to its tickets meanwhile takes them away again."""
    if not _held(session):
        return
    _forget(session, {day})
    above = _keep_tree(session)
    found = measures.of_day(session, midnight(day), midnight(day + A_DAY), above)
    whole = {"start": day, "month": False, **dict.fromkeys(COLUMNS, 0)}
    rows = [
        {**whole, "area_id": area_id, "category": category, "party_id": party_id, **counts}
        for (area_id, category, party_id), counts in found.items()
    ]
    if rows:
        session.execute(insert(SUMS), rows)
    session.add(SummedDay(day=day))


def months_to_sum(session: Session) -> list[date]:
    """Months without a sum of which every day has one, the latest first."""
    days, known = {*session.scalars(select(SummedDay.day))}, {*session.scalars(select(SummedMonth.month))}
    firsts = {day for day in days if day.day == 1} - known
    return sorted((first for first in firsts if days.issuperset(days_of_month(first))), reverse=True)


def sum_up_month(session: Session, first: date) -> None:
    """Adds the sums of a month's days; nothing where one of them has been touched meanwhile."""
    days = days_of_month(first)
    if not _held(session):
        return
    summed = session.scalar(select(func.count()).select_from(SummedDay).where(SummedDay.day.in_(days)))
    if summed != len(days):
        return
    _forget_months(session, {first})
    keys = (SUMS.c.area_id, SUMS.c.category, SUMS.c.party_id)
    totals = [func.sum(SUMS.c[name]) for name in COLUMNS]
    rows = select(literal(first, Date), literal(value=True), *keys, *totals)
    rows = rows.where(SUMS.c.month.is_(False), SUMS.c.start.in_(days)).group_by(*keys)
    names = ["start", "month", "area_id", "category", "party_id", *COLUMNS]
    session.execute(insert(SUMS).from_select(names, rows))
    session.add(SummedMonth(month=first))


def _keep_tree(session: Session) -> dict[int, list[int]]:
    """The areas above each community. When one of them lies elsewhere than before, every sum is forgotten."""
    known = dict(session.execute(select(SummedPlace.community_id, SummedPlace.path)).all())
    rows = session.execute(select(Area.id, Area.path).where(Area.kind == AreaKind.COMMUNITY)).all()
    if any(known.get(area_id, path) != path for area_id, path in rows):
        for each in (SUMS, table(SummedDay), table(SummedMonth), table(SummedPlace)):
            session.execute(delete(each))
        known = {}
    session.add_all(SummedPlace(community_id=area_id, path=path) for area_id, path in rows if area_id not in known)
    return {area_id: areas.ids_on(path)[:-1] for area_id, path in rows}


def _has_moved(session: Session) -> bool:
    """Whether a community lies elsewhere than when the sums were made."""
    moved = select(Area.id).join(SummedPlace, SummedPlace.community_id == Area.id).where(Area.path != SummedPlace.path)
    return session.scalar(moved.limit(1)) is not None


def _held(session: Session) -> bool:
    """Whether there is a reader of history, held until the end of the transaction: sums are written one at a time."""
    return session.scalar(select(Feed).where(Feed.name == FIGURES).with_for_update()) is not None


def _forget(session: Session, days: Collection[date]) -> None:
    session.execute(delete(SUMS).where(SUMS.c.month.is_(False), SUMS.c.start.in_(days)))
    session.execute(delete(SummedDay).where(SummedDay.day.in_(days)))
    _forget_months(session, {day.replace(day=1) for day in days})


def _forget_months(session: Session, firsts: Collection[date]) -> None:
    session.execute(delete(SUMS).where(SUMS.c.month.is_(True), SUMS.c.start.in_(firsts)))
    session.execute(delete(SummedMonth).where(SummedMonth.month.in_(firsts)))
