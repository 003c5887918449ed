"""What staff, street and departments do with a ticket, and what lies in their sight."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Select, false, func, or_, select
from sqlalchemy.orm import Session

from models import departments, outboxes, parties, people, transitions
from models.area import Area
from models.category import Level
from models.errors import Refusal, Refused
from models.lifecycle import Action, Actor
from models.outbox import NoticeKind
from models.person import Person, RoleKind, RoleStatus
from models.ticket import (
    OF_MEMBERS,
    Limit,
    Ticket,
    TicketState,
    Urgency,
)

LONGEST_HOLD = timedelta(days=366)
"""What waits longer is asked to give a nearer day: somebody looks at it again then."""


def in_sight(session: Session, person: Person, *, states: Collection[TicketState], most: int = 20) -> Sequence[Ticket]:
    """What lies on a person's desk, emergencies first, then the oldest."""
    if not people.has_role(person, *people.STAFF_KINDS):
        return []
    return session.scalars(
        select(Ticket)
        .where(Ticket.state.in_(states), transitions.sight(session, person))
        .order_by((Ticket.urgency != Urgency.EMERGENCY), Ticket.opened_at, Ticket.id)
        .limit(most)
    ).all()


def count_in_sight(session: Session, person: Person, *, states: Collection[TicketState]) -> int:
    """How many tickets in `states` lie on a person's desk."""
    return (
        session.scalar(
            select(func.count()).select_from(Ticket).where(Ticket.state.in_(states), transitions.sight(session, person))
        )
        or 0
    )


def around(session: Session, person: Person) -> Select[Ticket]:
    """What waits where somebody is the grid worker, emergencies first: what residents reported there and nobody has
    been asked to take. People at the desk dispatch it.
    """
    roles = [role for role in person.roles if role.kind is RoleKind.GRID and role.status is RoleStatus.ACTIVE]
    theirs = or_(Area.id.in_([role.area_id for role in roles]), Area.grid_worker_id == person.id)
    paths = session.scalars(select(Area.path).where(theirs)).all()
    inside = select(Area.id).where(or_(false(), *(Area.path.startswith(path) for path in paths)))
    return (
        select(Ticket)
        .where(Ticket.state == TicketState.NEW, Ticket.area_id.in_(inside), Ticket.kind.not_in(OF_MEMBERS))
        .order_by((Ticket.urgency != Urgency.EMERGENCY), Ticket.opened_at, Ticket.id)
    )


def escalate(
    session: Session, ticket: Ticket, text: str, *, by: Person | None, now: datetime, missed: Limit | None = None
) -> None:
    """One level up, by decision or because a limit was `missed`. Raises Refused(TOP_LEVEL)."""
    if by is not None:  # the clock has locked it already
        ticket = transitions.lock(session, ticket.id)
    actor = transitions.check(session, ticket, Action.ESCALATE, by=by, why=text)
    above = ticket.level.above
    if actor is Actor.STAFF and ticket.level is Level.ESTATE:
        # The community itself passes it on: its own level is no step up.
        above = Level.STREET
    if above is None:
        raise Refused(Refusal.TOP_LEVEL, number=ticket.short)
    transitions.perform(
        session,
        ticket,
        Action.ESCALATE,
        by=by,
        now=now,
        why=text,
        facts={"level": above.value} | ({"missed": missed.value} if missed else {}),
        changes={
            "level": above,
            "assignee_id": None,
            "held_from": None,
            "hold_until": None,
            # Whom to ask there is for people to decide; where the clock sent it up, dispatch looks first.
            "dispatch_at": now if by is None else None,
        },
        checked=actor,
    )


def assign(session: Session, ticket: Ticket, department: str, text: str, *, by: Person | None, now: datetime) -> str:
    """Hands the ticket to a department or partner; gives its full name. Where a party has no account the desk is told
    that a link has to be sent, unless a person does this, who is told at once.

    Raises Refused: NO_SUCH_DEPARTMENT, NOT_THEIR_KIND.
    """
    ticket = transitions.lock(session, ticket.id)
    actor = transitions.check(session, ticket, Action.ASSIGN, by=by)
    place = parties.place_of(session, ticket)
    found = parties.named(session, department, place=place)
    if len(found) != 1:
        raise Refused(Refusal.NO_SUCH_DEPARTMENT, name=department, names=[each.name for each in found])
    party = found[0]
    if not parties.takes(party, ticket.category):
        raise Refused(Refusal.NOT_THEIR_KIND, number=ticket.short, name=party.name)
    if by is not None and ticket.returned_by == party.name:
        return departments.keep(session, ticket, text, by=by, now=now)
    had_it = transitions.desk_of(session, ticket)
    transitions.perform(
        session,
        ticket,
        Action.ASSIGN,
        by=by,
        now=now,
        why=text,
        facts={"department": party.name},
        changes={
            "department": party.name,
            "returned_by": "",
            "level": Level.DEPARTMENT,
            "assignee_id": None,
            "dispatch_at": None,
        },
        checked=actor,
    )
    if by is None and not parties.people_of(session, party, place=place):
        facts = {"department": party.name, "contact": party.contact}
        can_wait = ticket.urgency is not Urgency.EMERGENCY
        for person in had_it:
            outboxes.tell(
                session, NoticeKind.LINK_WANTED, person.id, now=now, ticket_id=ticket.id, data=facts, can_wait=can_wait
            )
    return party.name


def claim(session: Session, ticket: Ticket, *, by: Person, now: datetime) -> None:
    """Somebody of the department takes it on; one of them at a time. Raises Refused(TAKEN or ALREADY_YOURS)."""
    ticket = transitions.lock(session, ticket.id)
    transitions.check(session, ticket, Action.CLAIM, by=by)
    if ticket.assignee_id is not None:
        reason = Refusal.ALREADY_YOURS if ticket.assignee_id == by.id else Refusal.TAKEN
        raise Refused(reason, number=ticket.short)
    transitions.perform(
        session,
        ticket,
        Action.CLAIM,
        by=by,
        now=now,
        facts={"department": ticket.department},
        changes={"assignee_id": by.id, "answered_at": ticket.answered_at or now},
    )


def send_back(
    session: Session, ticket: Ticket, text: str, *, by: Person | None, now: datetime, link: int | None = None
) -> None:
    """The department says it is not theirs, by its people or by a `link`; the street decides. Where the street has
    nobody, the desk looks for somebody else.

    Raises Refused(STREET_DECIDED) for a second time.
    """
    ticket = transitions.lock(session, ticket.id)
    actor = transitions.check(session, ticket, Action.RETURN, by=by, why=text) if link is None else Actor.DEPARTMENT
    if parties.has_returned(session, ticket):
        raise Refused(Refusal.STREET_DECIDED, number=ticket.short)
    transitions.perform(
        session,
        ticket,
        Action.RETURN,
        by=by,
        now=now,
        why=text,
        facts={"department": ticket.department} | ({"link": link} if link is not None else {}),
        changes={
            "level": Level.STREET,
            "assignee_id": None,
            "department": "",
            "returned_by": ticket.department if parties.decided_by_street(session, ticket) else "",
            "dispatch_at": None,
        },
        checked=actor,
    )


def hold(
    session: Session,
    ticket: Ticket,
    text: str,
    *,
    until: datetime,
    by: Person | None,
    now: datetime,
    facts: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Nothing can be done before `until`; the reason is told. `facts` says more of it in the history."""
    ticket = transitions.lock(session, ticket.id)
    transitions.perform(
        session,
        ticket,
        Action.HOLD,
        by=by,
        now=now,
        why=text,
        facts={**facts, "until": until.isoformat()},
        changes={
            "held_from": TicketState.NEW if ticket.state is TicketState.OFFERED else ticket.state,
            "hold_until": until,
            "dispatch_at": None,
            # The reason is told: that is an answer.
            "answered_at": ticket.answered_at or now,
        },
    )


def resume(session: Session, ticket: Ticket, *, by: Person | None, now: datetime) -> None:
    """Back to where it was held from."""
    ticket = transitions.lock(session, ticket.id)
    back = ticket.held_from or TicketState.NEW
    transitions.perform(
        session,
        ticket,
        Action.RESUME,
        by=by,
        now=now,
        changes={
            "state": back,
            "held_from": None,
            "hold_until": None,
            "dispatch_at": now if back is TicketState.NEW else None,
        },
    )


def reject(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """Not ours; the reason says where to turn instead."""
    transitions.perform(
        session,
        transitions.lock(session, ticket.id),
        Action.REJECT,
        by=by,
        now=now,
        why=text,
        changes={"dispatch_at": None, "closed_at": now, "answered_at": ticket.answered_at or now},
    )
    transitions.forget_questions(session, ticket)


def supervise(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """The desk asks what keeps a ticket."""
    transitions.perform(session, transitions.lock(session, ticket.id), Action.SUPERVISE, by=by, now=now, why=text)
