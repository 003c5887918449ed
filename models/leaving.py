"""Giving back what somebody has in hand: when they leave, and when a role of theirs ends."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import areas, finding, posts, tickets, transitions
from models.area import Area
from models.person import Person, Role, RoleStatus
from models.ticket import Ticket, TicketState


def give_back(session: Session, person: Person, *, now: datetime) -> None:
    """Everything in somebody's hands goes back to the desk, and what they are asked is declined."""
    for ticket in finding.tasks_of(session, person):
        if ticket.state is not TicketState.ASSIGNED:
            tickets.release(session, ticket, "", by=person, now=now)
    for ticket in finding.open_offers(session, person):
        tickets.decline(session, ticket, "", by=person, now=now)


def after_role(session: Session, role: Role, *, now: datetime) -> None:
    """The same after a role has ended, as far as it lies where the role was and no other role of theirs reaches. A
    department keeps what it has: it is its colleagues' as well.
    """
    person = session.get_one(Person, role.person_id)
    others = select(Area.path).join(Role, Role.area_id == Area.id)
    kept = session.scalars(
        others.where(Role.person_id == person.id, Role.status == RoleStatus.ACTIVE, Role.id != role.id)
    ).all()
    if not kept:
        posts.leave_all(session, person, now=now)
    ended = session.get_one(Area, role.area_id).path

    def is_over(ticket: Ticket) -> bool:
        at = ticket.area_id or ticket.community_id
        if not at:
            return not kept
        path = session.get_one(Area, at).path
        return areas.covers(ended, path) and not any(areas.covers(each, path) for each in kept)

    for ticket in finding.tasks_of(session, person):
        if ticket.state is not TicketState.ASSIGNED and is_over(ticket):
            # A task of their own is taken back by the bot: they have not said no. Who went along leaves it.
            is_own = ticket.assignee_id == person.id
            transitions.lock(session, ticket.id)
            tickets.release(session, ticket, "", by=None if is_own else person, now=now)
    for ticket in finding.open_offers(session, person):
        if is_over(ticket):
            tickets.decline(session, ticket, "", by=person, now=now)
