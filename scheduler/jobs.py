"""Jobs by the clock: each is a function with its schedule beside it, finds its rows by itself, and may run twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from bot.app import Huying
from models import announcements, callbacks, desk, outboxes, results, tickets, transitions
from models import dispatch as dispatching
from models.attachment import Attachment
from models.lifecycle import OPEN_STATES
from models.outbox import NoticeKind
from models.person import Person
from models.result import Result
from models.ticket import Ticket, TicketState, Urgency

BATCH = 100


@dataclass(frozen=True, slots=True)
class Job:
    """A function of the installation and the moment, and when it runs (APScheduler's trigger and its fields)."""

    name: str
    run: Callable[[Huying, datetime], int]
    trigger: str
    fields: dict[str, Any]


JOBS: list[Job] = []


def job(
    trigger: str, **fields: Any
) -> Callable[[Callable[[Huying, datetime], int]], Callable[[Huying, datetime], int]]:
    """Marks a job; it gives how many rows it touched."""

    def mark(run: Callable[[Huying, datetime], int]) -> Callable[[Huying, datetime], int]:
        JOBS.append(Job(run.__name__, run, trigger, fields))
        return run

    return mark


@job("interval", seconds=15)
def sweep(huying: Huying, now: datetime) -> int:
    """Queues again what the queue lost: notices, tickets to dispatch, cards that are over, files to fetch."""
    with huying.database.reading() as session:
        notices = outboxes.due(session, now=now)
        waiting = dispatching.due_tickets(session, now=now)
    fetches = huying.fetcher.due()
    if not huying.tasks.queue(notices=notices, tickets=waiting, files=fetches, cards=True):
        # The queue is away: slower, but here. Every row is claimed before anything is done with it.
        huying.tasks.dispatch.fn(list(waiting))
        for tasks, ids in ((huying.tasks.deliver, notices), (huying.tasks.fetch, fetches)):
            for row_id in ids:
                tasks.fn(row_id)
        huying.tasks.update_cards.fn()
    return len(notices) + len(waiting) + len(fetches)


@job("interval", seconds=60)
def watch_limits(huying: Huying, now: datetime) -> int:
    """Notes limits that ran out and tells the desk."""
    late = select(Ticket.id).where(Ticket.state.in_(OPEN_STATES), Ticket.due_at <= now).limit(BATCH)
    return _each(huying, late, lambda session, ticket_id: tickets.miss_limit(session, ticket_id, now=now))


@job("interval", seconds=60)
def answer_announced(huying: Huying, now: datetime) -> int:
    """Queues again the tickets that an announcement still has to answer, when the queue lost them."""
    with huying.database.reading() as session:
        waiting = announcements.due(session, most=BATCH)
    if waiting and not huying.tasks.queue(tickets=waiting):
        huying.tasks.dispatch.fn(list(waiting))
    return len(waiting)


@job("interval", minutes=10)
def remind(huying: Huying, now: datetime) -> int:
    """Asks once more for a judgement."""
    after = timedelta(hours=huying.settings.limits.evaluation_reminder_hours)
    silent = select(Ticket.id).join(Result, results.of_round()).where(results.to_remind(now, after)).limit(BATCH)
    return _each(huying, silent, lambda session, ticket_id: tickets.remind(session, ticket_id, now=now, after=after))


@job("interval", minutes=10)
def close_silent(huying: Huying, now: datetime) -> int:
    """Closes results that nobody judged; they count as not evaluated."""
    days = huying.settings.limits.evaluation_days
    silent = (
        select(Ticket.id)
        .outerjoin(Result, results.of_round())
        .where(
            Ticket.state == TicketState.RESOLVED,
            results.late_judgement(now, days),
            # Emergencies are closed by people only, and must not fill the batch for ever.
            Ticket.urgency != Urgency.EMERGENCY,
        )
        .limit(BATCH)
    )
    return _each(huying, silent, lambda session, ticket_id: tickets.auto_close(session, ticket_id, now=now, days=days))


@job("interval", minutes=10)
def set_aside_bursts(huying: Huying, now: datetime) -> int:
    """Takes judgements that came in bursts out of the figures."""
    limits = huying.settings.evaluation
    with huying.database.transaction() as session:
        return results.set_aside_bursts(
            session, now=now, an_hour=limits.judgements_an_hour, of_one_a_day=limits.judgements_of_one_a_day
        )


@job("interval", hours=1)
def draw_call_backs(huying: Huying, now: datetime) -> int:
    """Draws who is called back about the weeks that are over."""
    how = huying.settings.evaluation
    with huying.database.transaction() as session:
        results.lapse_emergencies(session, now=now, days=huying.settings.limits.evaluation_days)
        return callbacks.draw(session, now=now, share=how.call_back_share, at_least=how.call_back_at_least)


@job("interval", minutes=5)
def resume_held(huying: Huying, now: datetime) -> int:
    """Brings tickets on hold back on their day."""

    def resume(session: Any, ticket_id: int) -> bool:
        ticket = transitions.lock(session, ticket_id)
        if ticket.state is not TicketState.HELD or ticket.hold_until is None or ticket.hold_until > now:
            return False
        desk.resume(session, ticket, by=None, now=now)
        return True

    held = select(Ticket.id).where(Ticket.state == TicketState.HELD, Ticket.hold_until <= now).limit(BATCH)
    return _each(huying, held, resume)


@job("interval", minutes=1)
def keep_photos(huying: Huying, now: datetime) -> int:
    """Photos, videos and places that stayed without words for half an hour become a ticket for triage."""
    old = now - timedelta(minutes=huying.settings.limits.recent_minutes)
    held = (
        select(Attachment.person_id)
        .where(Attachment.ticket_id.is_(None))
        .group_by(Attachment.person_id)
        .having(func.max(Attachment.sent_at) <= old)
        .limit(BATCH)
    )

    def keep(session: Any, person_id: int) -> bool:
        rows = session.scalars(
            select(Attachment)
            .where(Attachment.person_id == person_id, Attachment.ticket_id.is_(None), Attachment.sent_at <= old)
            .with_for_update(skip_locked=True)
        ).all()
        if not rows:
            return False
        person = session.get_one(Person, person_id)
        ticket = tickets.open_ticket(session, tickets.Report(words=""), by=person, channel=rows[0].channel, now=now)
        for row in rows:
            tickets.attach(session, ticket, row, now=now)
        outboxes.tell(session, NoticeKind.PHOTO_KEPT, person_id, now=now, ticket_id=ticket.id)
        return True

    return _each(huying, held, keep)


@job("interval", hours=1)
def forget_replies(huying: Huying, now: datetime) -> int:
    """Empties replies that no re-delivery can ask for any more: they may repeat what a resident told."""
    with huying.database.transaction() as session:
        return outboxes.forget_replies(session, before=now - timedelta(hours=1))


@job("interval", seconds=5)
def replay_spool(huying: Huying, now: datetime) -> int:
    """Answers what came while the database was away."""
    return huying.answerer.replay()


def _each(huying: Huying, query: Any, act: Callable[[Any, int], bool]) -> int:
    """Does `act` to each row in a transaction of its own, so that one bad row stops no other."""
    with huying.database.reading() as session:
        ids = session.scalars(query).all()
    done = 0
    for each in ids:
        with huying.database.transaction() as session:
            done += act(session, each)
        huying.tasks.wake(session)
    return done
