"""Limits that run out: a warning at 80 %, one level up at the end, and nobody's ticket forgotten at the top."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models import desk, dispatch, limits, outboxes, responsible, transitions
from models.category import Category, Level
from models.lifecycle import OPEN_STATES, Action
from models.outbox import NoticeKind
from models.person import Person
from models.ticket import Limit, Ticket, TicketEvent, TicketState, Urgency

_WEIGHT = [Limit.FINISH, Limit.ACCEPT, Limit.LATE, Limit.ANSWER]
"""Of several limits that are over at once the first of these counts."""

_RUNNING = OPEN_STATES - {TicketState.HELD}


def overdue(now: datetime) -> Select[Ticket]:
    """The tickets whose limit is over and not noted, the earliest first."""
    return select(Ticket).where(Ticket.state.in_(_RUNNING), Ticket.due_at <= now).order_by(Ticket.due_at, Ticket.id)


def soon_overdue(now: datetime) -> Select[Ticket]:
    """The tickets of which somebody has to be warned, the earliest first."""
    return select(Ticket).where(Ticket.state.in_(_RUNNING), Ticket.warn_at <= now).order_by(Ticket.warn_at, Ticket.id)


def warn(session: Session, ticket: Ticket, *, now: datetime) -> bool:
    """Tells whoever has a locked ticket, and who is responsible, that a limit will soon be over; once a limit."""
    if ticket.warn_at is None or ticket.warn_at > now:
        return False
    category = session.get_one(Category, ticket.category)
    found = limits.to_warn(ticket, category, now=now)
    ticket.warned_at = now
    limits.run(ticket, category)
    if not found:
        # It is over already: what follows is more than a warning.
        return False
    whom = [*_assignee(session, ticket), *responsible.at(session, ticket, ticket.level, now=now)]
    _remind(session, NoticeKind.WARNED, ticket, whom, found[0], now=now)
    if limits.waits_for_somebody(ticket):
        transitions.tell_desk(session, ticket, now=now, but=[person.id for person in whom])
    return True


def miss(session: Session, ticket: Ticket, *, now: datetime) -> bool:
    """Notes a limit of a locked ticket that ran out, once, and brings the ticket to who can help.

    What nobody has goes up a level. What somebody has stays with them: they are asked, and the level above looks on. An
    emergency never goes up by hours, it is alarmed (models/alarms.py). At the top the street is reminded once a working
    day for as long as it lasts.
    """
    category = session.get_one(Category, ticket.category)
    found = limits.missed(ticket, category, now=now)
    if not found:
        return False
    over = min(found, key=lambda each: _WEIGHT.index(each.limit))
    limit = over.limit
    goes_up = (
        limit is not Limit.ANSWER
        and limits.waits_for_somebody(ticket)
        and ticket.urgency is not Urgency.EMERGENCY
        and ticket.level.above is not None
    )
    looks_on = ticket.level if limit is Limit.ANSWER else _above(session, ticket, limit)
    transitions.perform(
        session,
        ticket,
        Action.MISS_LIMIT,
        by=None,
        now=now,
        facts={
            "limit": limit.value,
            "due": over.ends.isoformat(),
            "level": ticket.level.value,
            **({} if goes_up else {"told": looks_on.value}),
        },
        changes={"missed_at": now},
    )
    if goes_up:
        _go_up(session, ticket, category, limit, now=now)
        return True
    if limit is Limit.FINISH:
        _remind(session, NoticeKind.LATE, ticket, _assignee(session, ticket), over, now=now)
    _remind(session, NoticeKind.LATE, ticket, responsible.at(session, ticket, looks_on, now=now), over, now=now)
    return True


def _go_up(session: Session, ticket: Ticket, category: Category, limit: Limit, *, now: datetime) -> None:
    if ticket.level is not category.level:
        # The resident hears of the newest step only, and not at night.
        outboxes.drop(session, ticket_id=ticket.id, kind=NoticeKind.PASSED_ON)
    desk.escalate(session, ticket, "", by=None, now=now, missed=limit)
    department = dispatch.department_for(session, ticket, category) if ticket.level is Level.DEPARTMENT else None
    if department is not None:
        outboxes.drop(session, ticket_id=ticket.id, kind=NoticeKind.PASSED_ON)
        desk.assign(session, ticket, department, "", by=None, now=now)
    told = {person.id for person in transitions.desk_of(session, ticket)}
    whom = [each for each in responsible.at(session, ticket, ticket.level, now=now) if each.id not in told]
    for person in whom:
        outboxes.tell(
            session,
            NoticeKind.ESCALATED,
            person.id,
            now=now,
            ticket_id=ticket.id,
            data={"level": ticket.level.value, "missed": limit.value},
            can_wait=True,
        )


def _above(session: Session, ticket: Ticket, limit: Limit) -> Level:
    """The level that looks on: the one above, and for each reminder one more, until the street and who is above it."""
    last = ticket.level
    if limit is Limit.LATE:
        told = session.scalars(
            select(TicketEvent.facts)
            .where(TicketEvent.ticket_id == ticket.id, TicketEvent.action == Action.MISS_LIMIT.value)
            .order_by(TicketEvent.version.desc())
            .limit(1)
        ).first()
        last = Level((told or {}).get("told", last))
    if last in (Level.STREET, Level.DEPARTMENT):
        return Level.STREET
    return last.above or Level.STREET


def _assignee(session: Session, ticket: Ticket) -> list[Person]:
    return [session.get_one(Person, ticket.assignee_id)] if ticket.assignee_id is not None else []


def _remind(
    session: Session, kind: NoticeKind, ticket: Ticket, whom: Iterable[Person], about: limits.Running, *, now: datetime
) -> None:
    for person in {each.id: each for each in whom}.values():
        outboxes.tell(
            session,
            kind,
            person.id,
            now=now,
            ticket_id=ticket.id,
            data={"limit": about.limit.value, "ends": about.ends.isoformat()},
            can_wait=ticket.urgency is not Urgency.EMERGENCY,
        )
