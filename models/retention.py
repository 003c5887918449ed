"""Letting go of what people told once it has been kept long enough: docs/keeping.md has every period in one table.

Each step takes up a few rows, oldest first, in a transaction of its own. It finds them by an index: what it costs
depends on what is due and not on how much there is. All may run twice, on many machines, and be ended anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from models import files, search
from models.appointment import Appointment
from models.attachment import Attachment, AttachmentKind, Failure
from models.base import Base
from models.conversation import Question
from models.desktop import DeskNote, Presence
from models.inbox import InboxMessage
from models.lifecycle import LIVE_STATES
from models.outbox import Notice, NoticeState
from models.party import Link
from models.person import Code, LoginSession
from models.ticket import Ticket, TicketWords

STEP = 200
"""So many rows go in one transaction."""

UNDER_WAY = (NoticeState.PENDING, NoticeState.SENDING)

Step = Callable[[Session], int]
"""Lets go of at most `STEP` rows; gives how many."""


@dataclass(frozen=True, slots=True)
class Periods:
    """How long things are kept: those of a matter after its end, all others after they came or ran out."""

    words: timedelta
    photos: timedelta
    voices: timedelta
    messages: timedelta
    notices: timedelta
    run_out: timedelta


def steps(periods: Periods, *, now: datetime) -> list[Step]:
    """Everything there is to do, each to be repeated until it finds less than `STEP` rows."""
    run_out = now - periods.run_out
    media = (
        ([AttachmentKind.IMAGE], now - periods.photos),
        ([AttachmentKind.VOICE, AttachmentKind.VIDEO], now - periods.voices),
    )
    return [
        partial(forget_messages, now=now, before=now - periods.messages),
        partial(forget_notices, now=now, before=now - periods.notices),
        *(partial(forget_files, kinds=kinds, now=now, before=before) for kinds, before in media),
        partial(forget_words, now=now, before=now - periods.words),
        partial(_delete, Appointment, Appointment.id, Appointment.begins, now - periods.words),
        partial(_delete, Code, Code.code, Code.expires_at, run_out),
        partial(_delete, Link, Link.id, Link.expires_at, run_out),
        partial(_delete, LoginSession, LoginSession.token_hash, LoginSession.expires_at, run_out),
        partial(_delete, Question, Question.id, Question.expires_at, run_out),
        partial(forget_presences, before=run_out),
    ]


def forget_words(session: Session, *, now: datetime, before: datetime) -> int:
    """What was said in matters that ended before a moment, with doors, exact positions and the desk's notes. The facts
    stay: what happened when, where in the tree of areas, by whom, and how it was judged.
    """
    query = select(Ticket.id).where(Ticket.forgotten_at.is_(None), _is_over(before)).order_by(Ticket.closed_at)
    ids = session.scalars(query.limit(STEP).with_for_update(of=Ticket, skip_locked=True)).all()
    if not ids:
        return 0
    search.hold(session)
    session.execute(update(TicketWords).where(TicketWords.ticket_id.in_(ids)).values(text=None, salt=None))
    session.execute(delete(DeskNote).where(DeskNote.ticket_id.in_(ids)))
    session.execute(
        update(Attachment)
        .where(Attachment.ticket_id.in_(ids))
        .values(label="", lat=None, lng=None, taken_at=None, taken_lat=None, taken_lng=None, media_id="", media_url="")
    )
    places = (Attachment.ticket_id.in_(ids), Attachment.kind == AttachmentKind.LOCATION)
    session.execute(update(Attachment).where(*places).values(failure=Failure.OVER))
    session.execute(
        update(Ticket)
        .where(Ticket.id.in_(ids))
        .values(forgotten_at=now, for_other="", room="", lat=None, lng=None)
        .execution_options(synchronize_session=False)
    )
    search.write(session, ids)
    return len(ids)


def forget_files(session: Session, *, kinds: Collection[AttachmentKind], now: datetime, before: datetime) -> int:
    """Photos, voices or videos of matters that ended before a moment. The rows let them go first; a job removes the
    files afterwards, and whoever looks meanwhile reads that they are not kept any more.
    """
    rows = session.scalars(
        select(Attachment)
        .outerjoin(Ticket, Ticket.id == Attachment.ticket_id)
        .where(
            Attachment.stored.is_not(None),
            Attachment.kind.in_(kinds),
            Attachment.sent_at < before,
            or_(Attachment.ticket_id.is_(None), _is_over(before)),
        )
        .order_by(Attachment.sent_at)
        .limit(STEP)
        .with_for_update(of=Attachment, skip_locked=True)
    ).all()
    files.let_go(session, rows, now=now)
    return len(rows)


def forget_messages(session: Session, *, now: datetime, before: datetime) -> int:
    """Messages as they came, but for those that belong to an open matter."""
    query = (
        select(InboxMessage.key)
        .outerjoin(Ticket, Ticket.id == InboxMessage.ticket_id)
        .where(InboxMessage.received_at < before, or_(InboxMessage.ticket_id.is_(None), _is_over(now)))
        .order_by(InboxMessage.received_at)
    )
    keys = session.scalars(query.limit(STEP).with_for_update(of=InboxMessage, skip_locked=True)).all()
    return _gone(session, InboxMessage, InboxMessage.key, keys)


def forget_notices(session: Session, *, now: datetime, before: datetime) -> int:
    """What people were told, or could not be told for so long, but for what belongs to an open matter."""
    query = (
        select(Notice.id)
        .outerjoin(Ticket, Ticket.id == Notice.ticket_id)
        .where(
            Notice.created_at < before,
            Notice.state.not_in(UNDER_WAY),
            or_(Notice.ticket_id.is_(None), _is_over(now)),
        )
        .order_by(Notice.created_at)
    )
    ids = session.scalars(query.limit(STEP).with_for_update(of=Notice, skip_locked=True)).all()
    return _gone(session, Notice, Notice.id, ids)


def forget_presences(session: Session, *, before: datetime) -> int:
    """Who had which ticket open."""
    ids = session.scalars(select(Presence.ticket_id).where(Presence.seen_at < before).distinct().limit(STEP)).all()
    session.execute(delete(Presence).where(Presence.ticket_id.in_(ids), Presence.seen_at < before))
    return len(ids)


def _delete(
    table: type[Base],
    key: InstrumentedAttribute[int] | InstrumentedAttribute[str],
    at: InstrumentedAttribute[datetime],
    before: datetime,
    session: Session,
) -> int:
    """The oldest rows of a table that ran out before a moment."""
    query = select(key).where(at < before).order_by(at).limit(STEP).with_for_update(skip_locked=True)
    return _gone(session, table, key, session.scalars(query).all())


def _gone(
    session: Session,
    table: type[Base],
    key: InstrumentedAttribute[int] | InstrumentedAttribute[str],
    keys: Sequence[Any],
) -> int:
    session.execute(delete(table).where(key.in_(keys)).execution_options(synchronize_session=False))
    return len(keys)


def _is_over(before: datetime) -> ColumnElement[bool]:
    """The condition for tickets that ended before a moment, as did what they were merged into or are a task of."""
    other = aliased(Ticket)
    waits = select(other.id).where(
        other.id.in_([Ticket.merged_into_id, Ticket.parent_id]),
        or_(other.closed_at.is_(None), other.closed_at >= before),
    )
    ended = Ticket.state.not_in(LIVE_STATES)
    return ended & (Ticket.closed_at < before) & ~waits.correlate(Ticket).exists()
