"""Going along: who helps the assignee, how many are missing, asking for one more (求助), and leaving again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from models import transitions
from models.errors import Refusal, Refused
from models.lifecycle import Action, Actor
from models.offer import Offer, OfferState, Purpose
from models.person import Person
from models.ticket import Ticket, TicketEvent, TicketHelper, TicketState

TASK_STATES = (TicketState.NEW, TicketState.OFFERED, TicketState.ACCEPTED)
"""In which somebody has a part in a ticket; they stay when the assignee gives it back, for whoever takes it next."""


def lacking(session: Session, ticket: Ticket) -> int:
    """How many volunteers are still missing beside the assignee."""
    return max(0, ticket.needs - 1 - len(transitions.helpers_of(session, ticket))) if ticket.needs > 1 else 0


def refuse_more(session: Session, ticket: Ticket) -> None:
    """Raises Refused(HELP_IS_COMING) when somebody helps already, or is being looked for."""
    on_the_way = lacking(session, ticket) and (ticket.dispatch_at is not None or open_offers(session, ticket))
    if on_the_way or transitions.helpers_of(session, ticket):
        raise Refused(Refusal.HELP_IS_COMING, number=ticket.short)


def call(session: Session, ticket: Ticket, why: str, *, by: Person, now: datetime) -> None:
    """One more person is wanted: dispatch looks for somebody who goes along, and tells the desk when there is nobody.

    Raises Refused(REASON_MISSING, HELP_IS_COMING).
    """
    ticket = transitions.lock(session, ticket.id)
    actor = transitions.check(session, ticket, Action.ASK_HELP, by=by)
    if not why.strip():
        raise Refused(Refusal.REASON_MISSING, number=ticket.short)
    refuse_more(session, ticket)
    transitions.perform(
        session,
        ticket,
        Action.ASK_HELP,
        by=by,
        now=now,
        why=why,
        changes={"needs": max(ticket.needs, 2), "dispatch_at": now},
        checked=actor,
    )


def asked_for(session: Session, ticket: Ticket) -> int | None:
    """The words with which help was called for, since the ticket was given back last."""
    last = session.execute(
        select(TicketEvent.action, TicketEvent.words_id)
        .where(
            TicketEvent.ticket_id == ticket.id,
            TicketEvent.action.in_([Action.ASK_HELP.value, Action.RELEASE.value, Action.TAKE_ON.value]),
        )
        .order_by(TicketEvent.version.desc())
        .limit(1)
    ).first()
    return last.words_id if last is not None and last.action == Action.ASK_HELP else None


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
    transitions.close_offer(session, ticket, offer, OfferState.ACCEPTED, now=now)
    complete = lacking(session, ticket) == 0
    transitions.perform(
        session,
        ticket,
        Action.JOIN,
        by=by,
        now=now,
        facts={"together": 1 + len(transitions.helpers_of(session, ticket))},
        changes={"dispatch_at": None} if complete else {},
        checked=Actor.OFFERED,
        others_stay=not complete,
    )


def leave(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """Somebody who went along cannot; another is looked for. `ticket` must be locked. Raises Refused."""
    transitions.check(session, ticket, Action.LEAVE, by=by)
    transitions.end_help(session, ticket, now=now, only_person=by.id)
    transitions.perform(
        session,
        ticket,
        Action.LEAVE,
        by=by,
        now=now,
        why=text,
        changes={"dispatch_at": now} if ticket.state is TicketState.ACCEPTED else {},
        checked=Actor.HELPER,
    )


def move(session: Session, ticket: Ticket, heir: Ticket) -> Sequence[int]:
    """Those who go along, when a matter goes on under another number; gives their ids."""
    going = transitions.helpers_of(session, ticket)
    here = TicketHelper.person_id.in_(going)
    session.execute(delete(TicketHelper).where(TicketHelper.ticket_id == heir.id, here))
    session.execute(update(TicketHelper).where(TicketHelper.ticket_id == ticket.id, here).values(ticket_id=heir.id))
    return going


def tasks(session: Session, person: Person, *, most: int) -> Sequence[Ticket]:
    """The tickets on which a person goes along and that are not finished."""
    return session.scalars(
        select(Ticket)
        .join(TicketHelper, TicketHelper.ticket_id == Ticket.id)
        .where(
            TicketHelper.person_id == person.id,
            TicketHelper.joined_at.is_not(None),
            TicketHelper.left_at.is_(None),
            Ticket.state.in_(TASK_STATES),
        )
        .order_by(Ticket.id)
        .limit(most)
    ).all()


def open_offers(session: Session, ticket: Ticket) -> int:
    """How many have been asked to take it, or to go along, and not answered yet."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Offer)
            .where(Offer.ticket_id == ticket.id, Offer.state == OfferState.OPEN, Offer.purpose == Purpose.TASK)
        )
        or 0
    )
