"""Tickets that people look at because no model understood them: what staff change, and what the assistant proposes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from models import alarms, corrections, opening, tickets, transitions
from models.category import Category
from models.correction import AssistantAnswer
from models.offer import OfferState
from models.person import Person
from models.ticket import Ticket, TicketKind, TicketState, TicketWords, Urgency, WordsKind

ASSISTANT = "assistant"
"""The source of a category that nobody but the assistant has chosen."""

TRIES = 3
"""How often the assistant is asked about one ticket before it is left to people alone."""


def correct_manner(
    session: Session, ticket: Ticket, kind: TicketKind, urgency: Urgency, text: str, *, by: Person, now: datetime
) -> None:
    """Another kind or urgency, by staff's word. What becomes an emergency goes to everybody on duty at once, and
    volunteers are no longer asked.
    """
    ticket = transitions.lock(session, ticket.id)
    facts: dict[str, list[str]] = {}
    if kind is not ticket.kind:
        facts["kind"] = [ticket.kind.value, kind.value]
    if urgency is not ticket.urgency:
        facts["urgency"] = [ticket.urgency.value, urgency.value]
    alarming = urgency is Urgency.EMERGENCY and ticket.urgency is not Urgency.EMERGENCY
    changes: dict[str, Any] = {"kind": kind, "urgency": urgency}
    asked = ticket.state is TicketState.OFFERED
    if ticket.state is TicketState.NEW or (asked and alarming):
        changes |= {"state": TicketState.NEW, "dispatch_at": now}
    corrections.perform(session, ticket, text, facts=facts, changes=changes, by=by, now=now)
    if alarming:
        if asked:
            transitions.tell_withdrawn(session, ticket, except_person=0, now=now)
            transitions.close_offers(session, ticket, OfferState.WITHDRAWN, now=now)
        alarms.alarm(session, ticket, now=now)


def no_service(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """No service was asked for, by staff's word; what was understood as nothing else waits for triage."""
    ticket = transitions.lock(session, ticket.id)
    changes: dict[str, Any] = {"service": None, "understood": ticket.category != opening.OTHER}
    if ticket.state is TicketState.NEW:
        changes["dispatch_at"] = now
    facts = {"service": [ticket.service, None]}
    corrections.perform(session, ticket, text, facts=facts, changes=changes, by=by, now=now)


# ---------------------------------------------------------------- the assistant


def to_ask(session: Session, *, most: int = 20) -> Sequence[int]:
    """The ids of tickets that wait for triage and about which the assistant may still be asked, newest first."""
    done = exists().where(
        AssistantAnswer.ticket_id == Ticket.id, or_(AssistantAnswer.answered, AssistantAnswer.tries >= TRIES)
    )
    # A photo or a voice without words would be looked at again and again.
    told = exists().where(
        TicketWords.ticket_id == Ticket.id, TicketWords.kind == WordsKind.REPORT, TicketWords.text != ""
    )
    return session.scalars(
        select(Ticket.id)
        .where(Ticket.state == TicketState.NEW, Ticket.understood.is_(False), ~done, told)
        .order_by(Ticket.id.desc())
        .limit(most)
    ).all()


def question(session: Session, ticket_id: int) -> str | None:
    """The words to ask about; None for a ticket that is understood by now, was asked about, or has no words."""
    ticket = session.get(Ticket, ticket_id)
    if ticket is None or not _waits(session, ticket):
        return None
    words = session.scalars(
        select(TicketWords.text)
        .where(TicketWords.ticket_id == ticket_id, TicketWords.kind == WordsKind.REPORT)
        .order_by(TicketWords.id)
        .limit(1)
    ).first()
    return words or None


def _waits(session: Session, ticket: Ticket) -> bool:
    answer = session.get(AssistantAnswer, ticket.id)
    open_still = answer is None or (not answer.answered and answer.tries < TRIES)
    return ticket.state is TicketState.NEW and not ticket.understood and open_still


def note_failure(session: Session, ticket_id: int, *, now: datetime) -> None:
    """The assistant did not answer; after a few times it is not asked about this ticket again."""
    _note(session, transitions.lock(session, ticket_id), answered=False, category=None, now=now)


def note_answer(session: Session, ticket_id: int, category: str | None, *, apply: bool, now: datetime) -> None:
    """Keeps what the assistant proposes, None for nothing of use; with `apply` the ticket is taken for it at once.

    Whatever people decided while it was thinking stays.
    """
    ticket = transitions.lock(session, ticket_id)
    if not _waits(session, ticket):
        return
    meant = session.get(Category, category) if category else None
    _note(session, ticket, answered=True, category=meant.code if meant else None, now=now)
    if meant is not None and apply:
        tickets.correct_category(session, ticket, meant, "", by=None, now=now, source=ASSISTANT)


def _note(session: Session, ticket: Ticket, *, answered: bool, category: str | None, now: datetime) -> None:
    answer = session.get(AssistantAnswer, ticket.id)
    if answer is None:
        answer = AssistantAnswer(ticket_id=ticket.id, tries=0)
        session.add(answer)
    answer.tries += 1
    answer.answered, answer.category, answer.at = answered, category, now
    session.flush()


def proposal(session: Session, ticket: Ticket) -> str | None:
    """What the assistant proposes for a ticket that nobody understood yet."""
    if ticket.understood:
        return None
    answer = session.get(AssistantAnswer, ticket.id)
    return answer.category if answer else None
