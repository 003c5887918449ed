"""Going in twos: who goes along with the assignee, how many are still missing, and leaving again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import outboxes, transitions
from models.errors import Refusal, Refused
from models.lifecycle import Action, Actor
from models.offer import Offer, OfferState
from models.person import Person
from models.ticket import Ticket, TicketHelper, TicketState


def joined(session: Session, ticket: Ticket) -> Sequence[TicketHelper]:
    """Those who go along now, in the order in which they joined."""
    return session.scalars(
        select(TicketHelper)
        .where(
            TicketHelper.ticket_id == ticket.id,
            TicketHelper.joined_at.is_not(None),
            TicketHelper.left_at.is_(None),
        )
        .order_by(TicketHelper.id)
    ).all()


def lacking(session: Session, ticket: Ticket) -> int:
    """How many volunteers are still missing beside the assignee."""
    return max(0, ticket.needs - 1 - len(joined(session, ticket))) if ticket.needs > 1 else 0


def is_helper(session: Session, ticket: Ticket, person: Person) -> bool:
    """Whether somebody goes along with the assignee now."""
    return any(each.person_id == person.id for each in joined(session, ticket))


def join(session: Session, ticket: Ticket, offer: Offer, *, by: Person, now: datetime) -> None:
    """Somebody who was asked goes along. `ticket` must be locked. Raises Refused(TAKEN) when nobody is missing."""
    if lacking(session, ticket) == 0:
        raise Refused(Refusal.TAKEN, number=ticket.short)
    row = session.scalar(
        select(TicketHelper).where(TicketHelper.ticket_id == ticket.id, TicketHelper.person_id == by.id)
    )
    if row is None:
        row = TicketHelper(ticket_id=ticket.id, person_id=by.id, asked_at=offer.offered_at)
        session.add(row)
    row.joined_at, row.left_at = now, None
    offer.state, offer.answered_at = OfferState.ACCEPTED, now
    session.flush()
    complete = lacking(session, ticket) == 0
    transitions.perform(
        session,
        ticket,
        Action.JOIN,
        by=by,
        now=now,
        changes={"dispatch_at": None} if complete else {},
        checked=Actor.OFFERED,
        others_stay=not complete,
    )
    outboxes.retire_cards(session, ticket_id=ticket.id, caption=OfferState.ACCEPTED.value, only_person=by.id)


def leave(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """Somebody who went along cannot; another is looked for. `ticket` must be locked."""
    for row in joined(session, ticket):
        if row.person_id == by.id:
            row.left_at = now
    session.flush()
    if ticket.state is TicketState.ACCEPTED:
        transitions.perform(
            session,
            ticket,
            Action.LEAVE,
            by=by,
            now=now,
            why=text,
            changes={"dispatch_at": now},
            checked=Actor.HELPER,
        )


def end(session: Session, ticket: Ticket, *, now: datetime) -> None:
    """The assignee has given the ticket back: whoever went along is free again and told so."""
    from_now_on = joined(session, ticket)
    for row in from_now_on:
        row.left_at = now
    transitions.tell_taken_back(session, ticket, [row.person_id for row in from_now_on], now=now)
    session.flush()


def tasks(session: Session, person: Person, *, most: int) -> Sequence[Ticket]:
    """The tickets on which a person goes along and that are not finished."""
    return session.scalars(
        select(Ticket)
        .join(TicketHelper, TicketHelper.ticket_id == Ticket.id)
        .where(
            TicketHelper.person_id == person.id,
            TicketHelper.joined_at.is_not(None),
            TicketHelper.left_at.is_(None),
            Ticket.state == TicketState.ACCEPTED,
        )
        .order_by(Ticket.id)
        .limit(most)
    ).all()


def open_offers(session: Session, ticket: Ticket) -> int:
    """How many have been asked and not answered yet."""
    return (
        session.scalar(
            select(func.count()).select_from(Offer).where(Offer.ticket_id == ticket.id, Offer.state == OfferState.OPEN)
        )
        or 0
    )
