"""What is due, in one message: every week to who is responsible for an area, every working morning to staff."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from models import outboxes, people, transitions
from models.area import Area
from models.calendar import is_working_day, monday_of
from models.category import Category
from models.clock import local, midnight
from models.lifecycle import OPEN_STATES
from models.outbox import Notice, NoticeKind
from models.person import Person, Role, RoleStatus
from models.ticket import Limit, Ticket, TicketState, Urgency

FROM, UNTIL = time(8, 30), time(9, 30)
"""Between these the digests are sent: early enough for the day, and not in the middle of it after a standstill."""

LINES = 4
"""How many tickets a digest names."""


def is_morning(now: datetime) -> bool:
    """Whether it is the time of the daily digests."""
    here = local(now)
    return is_working_day(here.date()) and FROM <= here.time() < UNTIL


def is_first_morning(now: datetime) -> bool:
    """Whether it is the time of the weekly digests: the morning of a week's first working day."""
    today = local(now).date()
    before = (monday_of(today) + timedelta(days=number) for number in range(today.weekday()))
    return is_morning(now) and not any(is_working_day(day) for day in before)


def of_the_week(now: datetime) -> Select[Person]:
    """Those responsible for an area who had no weekly digest this week."""
    is_named = exists().where(or_(Area.grid_worker_id == Person.id, Area.secretary_id == Person.id))
    return _without(NoticeKind.WEEK, since=midnight(monday_of(local(now).date()))).where(is_named)


def of_the_day(now: datetime) -> Select[Person]:
    """The people at the desks who had no daily digest today."""
    desks = select(Role.person_id).where(Role.kind.in_(people.STAFF_KINDS), Role.status == RoleStatus.ACTIVE)
    return _without(NoticeKind.DAY, since=midnight(local(now).date())).where(Person.id.in_(desks))


def _without(kind: NoticeKind, *, since: datetime) -> Select[Person]:
    told = select(Notice.person_id).where(Notice.kind == kind, Notice.created_at >= since)
    return select(Person).where(Person.erased_at.is_(None), Person.id.not_in(told)).order_by(Person.id)


def send_week(session: Session, person: Person, *, now: datetime) -> bool:
    """The weekly digest of a locked person: what is late, and what is due by Sunday night; nothing, nothing sent."""
    own = session.scalars(
        select(Area.path).where(or_(Area.grid_worker_id == person.id, Area.secretary_id == person.id))
    ).all()
    inside = select(Area.id).where(or_(*(Area.path.startswith(path) for path in own)))
    where = or_(Ticket.area_id.in_(inside), Ticket.community_id.in_(inside))
    end = midnight(monday_of(local(now).date()) + timedelta(days=7))
    last = (monday_of(local(now).date()) - timedelta(days=7)).isoformat()
    return _send(session, NoticeKind.WEEK, person, and_(where, _due(end)), now=now, more={"week": last})


def send_day(session: Session, person: Person, *, now: datetime) -> bool:
    """The daily digest of a locked person at a desk: what is late, waits, or is due today. Nothing, nothing sent."""
    end = midnight(local(now).date() + timedelta(days=1))
    waits = Ticket.state == TicketState.NEW
    return _send(
        session, NoticeKind.DAY, person, and_(transitions.sight(session, person), or_(waits, _due(end))), now=now
    )


def _due(end: datetime) -> ColumnElement[bool]:
    """Late, or due before `end`; what is on hold comes back by itself and is due then."""
    comes_back = and_(Ticket.state == TicketState.HELD, Ticket.hold_until < end)
    return and_(Ticket.state.in_(OPEN_STATES), or_(Ticket.limit == Limit.LATE, Ticket.due_at < end, comes_back))


def _send(
    session: Session,
    kind: NoticeKind,
    person: Person,
    due: ColumnElement[bool],
    *,
    now: datetime,
    more: Mapping[str, str] = MappingProxyType({}),
) -> bool:
    is_late = or_(Ticket.limit == Limit.LATE, Ticket.due_at <= now)
    count = session.scalar(select(func.count()).select_from(Ticket).where(due)) or 0
    if not count:
        return False
    late = session.scalar(select(func.count()).select_from(Ticket).where(due, is_late)) or 0
    first = session.execute(
        select(Ticket, Category.name)
        .join(Category, Category.code == Ticket.category)
        .where(due)
        .order_by(Ticket.urgency != Urgency.EMERGENCY, is_late.desc(), Ticket.due_at, Ticket.id)
        .limit(LINES)
    ).all()
    data = {"due": count, "late": late, "first": [_line(ticket, name, now=now) for ticket, name in first], **more}
    outboxes.tell(session, kind, person.id, now=now, data=data)
    return True


def _line(ticket: Ticket, category: str, *, now: datetime) -> dict[str, Any]:
    ends = ticket.expected_at or ticket.hold_until
    return {
        "short": ticket.short,
        "category": ticket.service or category,
        "kind": ticket.kind.value,
        "place": ticket.place,
        "due": ends.isoformat() if ends is not None and ends > now else None,
    }
