"""The history of a ticket: lines that are only ever added, each covering the one before, and the words kept apart."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from models import batch, outboxes
from models.lifecycle import Action, Actor
from models.person import Person
from models.ticket import (
    Ticket,
    TicketEvent,
    TicketWords,
    WordsKind,
)


def keep_words(
    session: Session, ticket: Ticket, text: str, kind: WordsKind, *, by: Person | None, now: datetime
) -> TicketWords:
    """Keeps somebody's own words in a row that can be erased."""
    words = TicketWords(
        ticket_id=ticket.id,
        person_id=by.id if by else None,
        kind=kind,
        text=text,
        salt=secrets.token_hex(16),
        said_at=now,
    )
    session.add(words)
    ticket.forgotten_at = None  # there are words again
    session.flush()
    return words


def record(
    session: Session,
    ticket: Ticket,
    action: Action,
    *,
    actor: Actor,
    by: Person | None,
    now: datetime,
    before: str,
    words: TicketWords | None,
    facts: dict[str, Any],
) -> TicketEvent:
    """Adds a line to the history of a locked ticket and counts its version up."""
    lines = batch.memo(session)
    line = (TicketEvent, ticket.id, ticket.version)
    previous = lines.get(line) if lines is not None else None
    if previous is None:
        with session.no_autoflush:  # the ticket's changes are written once, with its new version
            previous = session.scalar(
                select(TicketEvent.hash).where(
                    TicketEvent.ticket_id == ticket.id, TicketEvent.version == ticket.version
                )
            )
    ticket.version += 1
    event = TicketEvent(
        ticket_id=ticket.id,
        version=ticket.version,
        at=now,
        action=action.value,
        actor=actor.value,
        by_id=by.id if by else None,
        before=before,
        after=ticket.state.value,
        facts=facts,
        words_id=words.id if words else None,
        words_digest=digest_of(words.salt or "", words.text or "") if words else "",
        previous=previous or "",
        hash="",
    )
    event.hash = hash_of(event)
    session.add(event)
    if lines is None:
        session.flush()
    else:
        lines[TicketEvent, ticket.id, ticket.version] = event.hash
    if ticket.dispatch_at is not None and ticket.dispatch_at <= now:
        outboxes.to_dispatch(session, ticket.id)
    return event


def look_up(session: Session, ticket_ids: Collection[int]) -> None:
    """The last lines of many tickets at once, for a transaction that adds to all of them."""
    lines = batch.memo(session)
    if lines is None or not ticket_ids:
        return
    last = (
        select(TicketEvent.ticket_id, TicketEvent.version, TicketEvent.hash)
        .join(Ticket, and_(Ticket.id == TicketEvent.ticket_id, Ticket.version == TicketEvent.version))
        .where(Ticket.id.in_(ticket_ids))
    )
    for ticket_id, version, line in session.execute(last):
        lines[TicketEvent, ticket_id, version] = line


def digest_of(salt: str, text: str) -> str:
    """What the history keeps of somebody's words: it shows whether they were changed, and nothing once erased."""
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def hash_of(event: TicketEvent) -> str:
    """The fingerprint of a line of history, which covers the line before it."""
    return fingerprint(
        ticket_id=event.ticket_id,
        version=event.version,
        at=event.at,
        action=event.action,
        actor=event.actor,
        by_id=event.by_id,
        before=event.before,
        after=event.after,
        facts=event.facts,
        words_digest=event.words_digest,
        previous=event.previous,
    )


def fingerprint(
    *,
    ticket_id: int,
    version: int,
    at: datetime,
    action: str,
    actor: str,
    by_id: int | None,
    before: str,
    after: str,
    facts: dict[str, Any],
    words_digest: str,
    previous: str,
    words_id: int | None = None,
) -> str:
    """`words_id` is left out on purpose: the digest stands for the words, whatever row they are kept in."""
    line = [
        ticket_id,
        version,
        at.astimezone(UTC).isoformat(timespec="microseconds"),
        action,
        actor,
        by_id,
        before,
        after,
        facts,
        words_digest,
        previous,
    ]
    return hashlib.sha256(json.dumps(line, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def verify_history(session: Session) -> TicketEvent | None:
    """The first line of history whose fingerprint, order or words do not fit, or None when all do."""
    previous: dict[int, tuple[int, str]] = {}
    for event in session.scalars(select(TicketEvent).order_by(TicketEvent.id).execution_options(yield_per=500)):
        version, last = previous.get(event.ticket_id, (0, ""))
        if event.version != version + 1 or event.previous != last or event.hash != hash_of(event):
            return event
        if event.words_digest or event.words_id is not None:
            words = session.get(TicketWords, event.words_id) if event.words_id is not None else None
            if words is None:
                return event
            if words.text is not None and digest_of(words.salt or "", words.text) != event.words_digest:
                return event
        previous[event.ticket_id] = (event.version, event.hash)
    # A ticket's version counts its lines: the newest cannot be taken away unseen.
    ends = (
        select(
            TicketEvent.ticket_id,
            func.max(TicketEvent.id).label("newest"),
            func.max(TicketEvent.version).label("lines"),
        )
        .group_by(TicketEvent.ticket_id)
        .subquery()
    )
    return session.scalar(
        select(TicketEvent)
        .join(ends, ends.c.newest == TicketEvent.id)
        .join(Ticket, Ticket.id == ends.c.ticket_id)
        .where(Ticket.version != ends.c.lines)
        .limit(1)
    )
