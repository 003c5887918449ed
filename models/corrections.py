"""Noting corrections, counting how often a category was wrong, and collecting what can be learned from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, not_, or_, select
from sqlalchemy.orm import Session

from models import transitions
from models.clock import local
from models.correction import Correction
from models.lifecycle import Action
from models.person import Person
from models.ticket import OF_MEMBERS, Ticket, TicketEvent, TicketKind, TicketWords, Urgency, WordsKind

DAYS = 30
"""How far the rates look back."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a ticket is taken for at one moment."""

    category: str
    kind: TicketKind
    urgency: Urgency


def standing(ticket: Ticket) -> Standing:
    """What a ticket is taken for now."""
    return Standing(ticket.category, ticket.kind, ticket.urgency)


def perform(
    session: Session,
    ticket: Ticket,
    text: str,
    *,
    facts: dict[str, Any],
    changes: dict[str, Any],
    by: Person | None,
    now: datetime,
) -> None:
    """Changes what a locked ticket is taken for, and keeps it for learning where a person did."""
    before = standing(ticket)
    event = transitions.perform(
        session,
        ticket,
        Action.CORRECT,
        by=by,
        now=now,
        why=text,
        words_kind=WordsKind.CORRECTION,
        facts=facts,
        changes=changes,
    )
    if by is not None:
        note(session, ticket, before, role=event.actor, now=now)


def note(session: Session, ticket: Ticket, before: Standing, *, role: str, now: datetime) -> None:
    """Keeps that somebody understood a ticket otherwise; nothing when it says the same as before."""
    opening = session.scalars(
        select(TicketEvent.facts).where(TicketEvent.ticket_id == ticket.id, TicketEvent.version == 1)
    ).first()
    first = opening or {}
    if ticket.kind in OF_MEMBERS:
        # What a member brings teaches nothing about what residents mean.
        return
    understood = bool(first.get("understood", True))
    after = standing(ticket)
    if understood and after == before:
        return
    session.add(
        Correction(
            ticket_id=ticket.id,
            words_id=session.scalar(
                select(func.min(TicketWords.id)).where(
                    TicketWords.ticket_id == ticket.id, TicketWords.kind == WordsKind.REPORT
                )
            ),
            before_category=before.category,
            after_category=after.category,
            before_kind=before.kind,
            after_kind=after.kind,
            before_urgency=before.urgency,
            after_urgency=after.urgency,
            understood=understood,
            role=role,
            at=now,
            model=first.get("model") or "",
            confidence=first.get("confidence"),
        )
    )
    session.flush()


# ---------------------------------------------------------------- figures


@dataclass(frozen=True, slots=True)
class Rate:
    """Of the tickets first understood as a category, how many were corrected; the category is empty for those that
    were not understood.
    """

    category: str
    tickets: int
    corrected: int


def rates(session: Session, *, now: datetime, days: int = DAYS) -> Sequence[Rate]:
    """By category as first understood, the most frequent first, over the tickets of the last days."""
    opening = TicketEvent.facts
    corrected = (
        select(Correction.ticket_id)
        .where(
            Correction.at >= now - timedelta(days=days + 1),
            or_(not_(Correction.understood), Correction.before_category != Correction.after_category),
        )
        .distinct()
        .subquery()
    )
    first = case((opening["understood"].as_boolean(), opening["category"].as_string()), else_="")
    tickets = func.count()
    rows = session.execute(
        select(first, tickets, func.count(corrected.c.ticket_id))
        .select_from(Ticket)
        .join(TicketEvent, (TicketEvent.ticket_id == Ticket.id) & (TicketEvent.version == 1))
        .outerjoin(corrected, corrected.c.ticket_id == Ticket.id)
        .where(Ticket.day > local(now).date() - timedelta(days=days))
        .group_by(first)
        .order_by(tickets.desc(), first)
    )
    return [Rate(*row) for row in rows]


# ---------------------------------------------------------------- learning


@dataclass(frozen=True, slots=True)
class Lesson:
    """A report as it was told, and what it was in the end; `before` is empty when it had not been understood.

    `place` is what its place is called, where the area tree knows it.
    """

    words: str
    place: str
    kind: TicketKind
    before: str
    after: str
    role: str
    at: datetime
    model: str
    confidence: float | None


def lessons(session: Session) -> Iterator[Lesson]:
    """One for each corrected ticket, in order; those whose words are erased or empty are left out."""
    found: list[tuple[Correction, str | None, str]] = []
    rows = session.execute(
        select(Correction, TicketWords.text, Ticket.place, Ticket.area_id)
        .join(TicketWords, TicketWords.id == Correction.words_id)
        .join(Ticket, Ticket.id == Correction.ticket_id)
        .where(TicketWords.text.is_not(None), TicketWords.text != "")
        .order_by(Correction.ticket_id, Correction.id)
        .execution_options(yield_per=500)
    )
    for correction, words, place, area_id in rows:
        if found and found[-1][0].ticket_id != correction.ticket_id:
            yield _lesson(found)
            found.clear()
        found.append((correction, words, place if area_id is not None else ""))
    if found:
        yield _lesson(found)


def _lesson(found: Sequence[tuple[Correction, str | None, str]]) -> Lesson:
    (first, words, place), (last, *_) = found[0], found[-1]
    return Lesson(
        words=words or "",
        place=place,
        kind=last.after_kind,
        before=first.before_category if first.understood else "",
        after=last.after_category,
        role=last.role,
        at=last.at,
        model=first.model,
        confidence=first.confidence,
    )
