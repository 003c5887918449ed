"""Jobs by the clock: each is a function with its schedule beside it, finds its rows by itself, and may run twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any, Self, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from bot.app import Huying, ledger_rules
from bot.logs import logger
from models import (
    accounts,
    alarms,
    announcements,
    appointments,
    areas,
    audits,
    ballots,
    batch,
    broadcasts,
    callbacks,
    desk,
    digests,
    earning,
    escalation,
    files,
    handing_on,
    judging,
    opening,
    outboxes,
    people,
    posts,
    redeeming,
    reminders,
    results,
    retention,
    rights,
    search,
    summaries,
    tickets,
    transitions,
    uploads,
)
from models import dispatch as dispatching
from models import silence as silences
from models.attachment import Attachment, Failure
from models.calendar import in_office_hours
from models.outbox import NoticeKind
from models.person import Person, RoleKind
from models.quiet import by_day
from models.result import Result
from models.ticket import Ticket, TicketState, Urgency

BATCH = 100
"""How many rows one run of a job takes up, where another run follows soon."""

TOGETHER = 50
"""How many rows are claimed and worked on in one transaction."""

MOST = 5000
"""How many rows one run works on before the scheduler has the next job's turn."""

PARTS = 5
"""So many parts of one message to an area one run puts into the outbox."""

log = logger(__name__)

Row = TypeVar("Row", Ticket, Person)


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
        for ticket_id in waiting:
            huying.tasks.dispatch.fn([ticket_id])
        for tasks, ids in ((huying.tasks.deliver, notices), (huying.tasks.fetch, fetches)):
            for row_id in ids:
                tasks.fn(row_id)
        huying.tasks.update_cards.fn()
    return len(notices) + len(waiting) + len(fetches)


@job("interval", seconds=15)
def ask_assistant(huying: Huying, now: datetime) -> int:
    """Queues the tickets about which the assistant is asked, where there is one."""
    waiting = huying.assistant.waiting() if huying.assistant else []
    huying.tasks.queue(asks=waiting)
    return len(waiting)


@job("interval", seconds=60)
def watch_limits(huying: Huying, now: datetime) -> int:
    """Notes limits that ran out and brings the tickets to who can help."""
    over = escalation.overdue(now)
    return _claimed(huying, over, lambda session, ticket: escalation.miss(session, ticket, now=now), now=now)


@job("interval", seconds=60)
def warn(huying: Huying, now: datetime) -> int:
    """Warns whoever has a ticket, and who is responsible, that a limit will soon be over."""
    soon = escalation.soon_overdue(now)
    return _claimed(huying, soon, lambda session, ticket: escalation.warn(session, ticket, now=now), now=now)


@job("interval", seconds=30)
def alarm_again(huying: Huying, now: datetime) -> int:
    """Alarms the second person on duty, and everybody again, until a human answered an emergency."""
    waiting = alarms.waiting(now).limit(BATCH)
    return _each(huying, waiting, lambda session, ticket_id: alarms.go_on(session, ticket_id, now=now))


@job("interval", minutes=10)
def weekly_digest(huying: Huying, now: datetime) -> int:
    """Tells those responsible for an area what is due this week; once, on its first working morning."""
    if not digests.is_first_morning(now):
        return 0
    whom = digests.of_the_week(now)
    return _claimed(huying, whom, lambda session, who: digests.send_week(session, who, now=now), now=now)


@job("interval", minutes=10)
def daily_digest(huying: Huying, now: datetime) -> int:
    """Tells staff what waits, on working mornings."""
    if not digests.is_morning(now):
        return 0
    whom = digests.of_the_day(now)
    return _claimed(huying, whom, lambda session, who: digests.send_day(session, who, now=now), now=now)


@job("interval", seconds=60)
def answer_announced(huying: Huying, now: datetime) -> int:
    """Queues again the tickets that an announcement still has to answer, when the queue lost them."""
    with huying.database.reading() as session:
        waiting = announcements.due(session, most=BATCH)
    if waiting and not huying.tasks.queue(tickets=waiting):
        for ticket_id in waiting:
            huying.tasks.dispatch.fn([ticket_id])
    return len(waiting)


@job("interval", minutes=10)
def remind(huying: Huying, now: datetime) -> int:
    """Asks once more for a judgement, by day."""
    if by_day(now) > now:
        return 0
    after = timedelta(hours=huying.settings.limits.evaluation_reminder_hours)
    silent = select(Ticket.id).join(Result, results.of_round()).where(results.to_remind(now, after)).limit(BATCH)
    return _each(huying, silent, lambda session, ticket_id: judging.remind(session, ticket_id, now=now, after=after))


@job("interval", minutes=10)
def remind_appointments(huying: Huying, now: datetime) -> int:
    """Reminds of tomorrow's appointments, by day."""
    if by_day(now) > now:
        return 0
    coming = appointments.to_remind(now).limit(BATCH)
    return _each(huying, coming, lambda session, row_id: appointments.remind(session, row_id, now=now))


@job("interval", seconds=15)
def send_broadcasts(huying: Huying, now: datetime) -> int:
    """Puts the next part of each message to an area into the outbox; workers send it."""
    with huying.database.reading() as session:
        ids = session.scalars(broadcasts.to_send().limit(BATCH)).all()
    # One transaction a part; what is over is passed over.
    parts = [each for each in ids for _ in range(PARTS)]
    return _all(huying, parts, lambda session, row_id: broadcasts.send_on(session, row_id, now=now))


@job("interval", minutes=10)
def close_silent(huying: Huying, now: datetime) -> int:
    """Closes results that nobody judged, by day; they count as not evaluated."""
    if by_day(now) > now:
        return 0
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
    return _each(huying, silent, lambda session, ticket_id: judging.auto_close(session, ticket_id, now=now, days=days))


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

    def resume(session: Session, ticket: Ticket) -> bool:
        desk.resume(session, ticket, by=None, now=now)
        return True

    held = select(Ticket).where(Ticket.state == TicketState.HELD, Ticket.hold_until <= now).order_by(Ticket.hold_until)
    return _claimed(huying, held, resume, now=now)


@job("interval", minutes=1)
def keep_photos(huying: Huying, now: datetime) -> int:
    """Photos, videos and places that stayed without words for half an hour become a ticket for triage."""
    old = now - timedelta(minutes=huying.settings.limits.recent_minutes)
    still_there = func.coalesce(Attachment.failure, Failure.LOST) != Failure.OVER
    held = (
        select(Attachment.person_id)
        .where(Attachment.ticket_id.is_(None), still_there)
        .group_by(Attachment.person_id)
        .having(func.max(Attachment.sent_at) <= old)
        .limit(BATCH)
    )

    def keep(session: Session, person_id: int) -> bool:
        rows = session.scalars(
            select(Attachment)
            .where(
                Attachment.person_id == person_id,
                Attachment.ticket_id.is_(None),
                Attachment.sent_at <= old,
                still_there,
            )
            .with_for_update(skip_locked=True)
        ).all()
        if not rows:
            return False
        kept = [row for row in rows if row.failure is None]
        for row in rows:
            if row.failure is not None:
                session.delete(row)  # who sent it was told that it is not there
        if not kept:
            return True
        person = session.get_one(Person, person_id)
        ticket = opening.open_ticket(session, opening.Report(words=""), by=person, channel=kept[0].channel, now=now)
        for row in kept:
            tickets.attach(session, ticket, row, now=now)
        # Riders are asked about it once, with their next reminder.
        data = {"rider": True} if people.has_role(person, RoleKind.RIDER) else {}
        outboxes.tell(session, NoticeKind.PHOTO_KEPT, person_id, now=now, ticket_id=ticket.id, data=data)
        return True

    return _each(huying, held, keep)


@job("interval", minutes=1)
def end_handovers(huying: Huying, now: datetime) -> int:
    """Tells people whose colleague has not answered in time that the task stays with them."""
    with huying.database.reading() as session:
        ids = handing_on.unanswered(session, now=now, most=BATCH)
    return _all(huying, ids, lambda session, ticket_id: handing_on.expire(session, ticket_id, now=now))


@job("interval", minutes=5)
def ask_silent(huying: Huying, now: datetime) -> int:
    """Asks people of whom nothing was heard how their task goes, in office hours, and relieves them later."""
    limits, silence = huying.settings.limits, huying.settings.silence
    if not in_office_hours(now, time.fromisoformat(limits.office_open), time.fromisoformat(limits.office_close)):
        return 0
    patience = silences.Patience(silence.urgent, silence.normal)
    with huying.database.reading() as session:
        ids = silences.silent(session, now=now, patience=patience, most=BATCH)
    return _all(huying, ids, lambda session, ticket_id: silences.look(session, ticket_id, now=now, patience=patience))


@job("interval", minutes=10)
def remind_riders(huying: Huying, now: datetime) -> int:
    """Makes one reminder a day for riders for whom there is something, outside their peaks and nights."""
    if huying.settings.riders.quiet.until(now) is not None:
        return 0
    with huying.database.reading() as session:
        ids = reminders.to_remind(session, now=now, most=BATCH)
    return _all(huying, ids, lambda session, person_id: reminders.remind(session, person_id, now=now))


@job("interval", minutes=10)
def credit(huying: Huying, now: datetime) -> int:
    """Credits what was earned by matters whose judgement stands, to those who want it."""
    rules = ledger_rules(huying.settings)
    with huying.database.reading() as session:
        ids = earning.due(session, now=now, rules=rules, most=BATCH)
    return _all(huying, ids, lambda session, result_id: earning.earn(session, result_id, now=now, rules=rules))


@job("interval", hours=6)
def expire_points(huying: Huying, now: datetime) -> int:
    """Ends old points, and tells their owners of the next that end, once and by day."""
    rules = ledger_rules(huying.settings)
    with huying.database.reading() as session:
        over = [*accounts.expiring(session, accounts.expiry(now, rules.expires_months))]
        soon = accounts.to_warn(session, now=now, months=rules.expires_months, days=rules.notice_days)
    done = _all(
        huying,
        over,
        lambda session, account_id: accounts.expire(session, account_id, now=now, months=rules.expires_months),
    )
    if by_day(now) > now:
        return done
    return done + _all(
        huying,
        soon,
        lambda session, account_id: accounts.warn(session, account_id, now=now, months=rules.expires_months),
    )


@job("interval", hours=6)
def warn_posts(huying: Huying, now: datetime) -> int:
    """Tells holders of standing posts and their desks that a last day comes, once and by day; it ends by itself."""
    if by_day(now) > now:
        return 0
    with huying.database.reading() as session:
        ids = posts.to_warn(session, now=now, most=BATCH)
    return _all(huying, ids, lambda session, area_id: posts.warn(session, area_id, now=now))


@job("interval", minutes=10)
def end_reservations(huying: Huying, now: datetime) -> int:
    """Gives points back for what was reserved and not fetched, by day."""
    if by_day(now) > now:
        return 0
    with huying.database.reading() as session:
        ids = redeeming.due(session, now=now, most=BATCH)
    return _all(huying, ids, lambda session, redemption_id: redeeming.run_out(session, redemption_id, now=now))


@job("interval", minutes=10)
def count_votes(huying: Huying, now: datetime) -> int:
    """Counts the votes of rounds that are over (最美小哥 …), and forgets whose they were."""
    with huying.database.reading() as session:
        ids = ballots.due(session, now=now, most=BATCH)
    return _all(huying, ids, lambda session, round_id: ballots.count(session, round_id, now=now))


@job("interval", hours=1)
def forget_replies(huying: Huying, now: datetime) -> int:
    """Empties replies that no re-delivery can ask for any more: they may repeat what a resident told."""
    with huying.database.transaction() as session:
        return outboxes.forget_replies(session, before=now - timedelta(hours=1))


@job("interval", hours=3)
def forget(huying: Huying, now: datetime) -> int:
    """Lets go of what has been kept long enough (docs/keeping.md), a few rows at a time."""
    done = 0
    with _Attempts(huying) as attempts:
        for step in retention.steps(huying.settings.keep.periods, now=now):
            for _ in range(4 * MOST // retention.STEP):
                count = attempts.make(step, rows=[]) or 0
                done += count
                if count < retention.STEP:
                    break
    return done


@job("interval", minutes=5)
def remove_files(huying: Huying, now: datetime) -> int:
    """Removes files that belong to nobody any more; a name is forgotten only once its file is gone."""
    with huying.database.reading() as session:
        names = files.due(session, now=now, most=MOST // TOGETHER)
    with _Attempts(huying) as attempts:
        gone = [name for name in names if attempts.succeed(partial(huying.fetcher.store.remove, name), rows=[name])]
    with huying.database.transaction() as session:
        return files.take(session, gone) if gone else 0


@job("interval", hours=6)
def forget_audit(huying: Huying, now: datetime) -> int:
    """Lets go of what staff saw and did longer ago than it is kept."""
    before = now - timedelta(days=31 * huying.settings.audit.keep_months)
    with huying.database.transaction() as session:
        return audits.forget(session, before=before, most=MOST)


@job("interval", hours=1)
def forget_lists(huying: Huying, now: datetime) -> int:
    """Lets go of uploaded lists that wait for no yes any more: they are full of names and numbers."""
    with huying.database.transaction() as session:
        return uploads.forget(session, now=now)


@job("interval", minutes=1)
def end_roles(huying: Huying, now: datetime) -> int:
    """Ends roles that were given for a time, when it is over."""
    with huying.database.transaction() as session:
        return rights.end_run_out(session, now=now, most=BATCH)


@job("interval", seconds=5)
def keep_search(huying: Huying, now: datetime) -> int:
    """Makes what happened to tickets findable; after an upgrade, what happened before it."""
    read = 0
    for _ in range(MOST // search.STEP * 4):
        with huying.database.transaction() as session:
            step = search.catch_up(session)
        read += step
        if step < search.STEP:
            break
    return read


@job("interval", minutes=5)
def sum_days(huying: Huying, now: datetime) -> int:
    """Keeps the sums of days whose results have come to rest, from which the figures of a year are made."""
    step = TOGETHER * BATCH
    while step == TOGETHER * BATCH:
        with huying.database.transaction() as session:
            step = summaries.follow(session, now=now, most=TOGETHER * BATCH)
    with huying.database.reading() as session:
        days = summaries.to_sum(session, now=now, most=BATCH)
    for day in days:
        with huying.database.transaction() as session:
            summaries.sum_up(session, day)
    with huying.database.reading() as session:
        months = summaries.months_to_sum(session)
    for month in months:
        with huying.database.transaction() as session:
            summaries.sum_up_month(session, month)
    return len(days) + len(months)


@job("interval", seconds=5)
def replay_spool(huying: Huying, now: datetime) -> int:
    """Answers what came while the database was away."""
    return huying.answerer.replay()


def _each(huying: Huying, query: Any, act: Callable[[Session, int], bool]) -> int:
    """Does `act` to each row in a transaction of its own, so that one bad row stops no other."""
    with huying.database.reading() as session:
        ids = session.scalars(query).all()
    return _all(huying, ids, act)


def _all(huying: Huying, ids: Sequence[int], act: Callable[[Session, int], bool]) -> int:
    with _Attempts(huying) as attempts:
        return sum(attempts.make(partial(_act_on, act, each), rows=[each]) or 0 for each in ids)


def _act_on(act: Callable[[Session, int], bool], row_id: int, session: Session) -> int:
    return act(session, row_id)


def _claimed(huying: Huying, query: Select[Row], act: Callable[[Session, Row], bool], *, now: datetime) -> int:
    """Does `act` to every row of `query`, a few together in one transaction; gives how many it was true for.

    On PostgreSQL each is claimed with SKIP LOCKED, so that two machines share the work and never wait for each other.
    Where one of the few is at fault they are done one by one; what fails stays as it is, for a later run.
    """
    table = query.column_descriptions[0]["entity"]
    untouched: set[int] = set()
    taken: list[int] = []

    def some(session: Session, *, only: int | None = None) -> int:
        batch.begin(session)
        these = table.id == only if only is not None else table.id.not_in(untouched)
        rows = session.scalars(query.where(these).limit(TOGETHER).with_for_update(skip_locked=True, of=table)).all()
        if only is None:
            taken[:] = [row.id for row in rows]
        _look_up(session, rows)
        acted = {row.id for row in rows if act(session, row)}
        outboxes.write_gathered(session, now=now)
        # What stays as it is would be found again and again.
        untouched.update(row.id for row in rows if row.id not in acted)
        return len(acted)

    done = worked_on = 0
    with _Attempts(huying) as attempts:
        while worked_on < MOST:
            taken.clear()
            count = attempts.make(some, rows=taken)
            if count is None:
                each = {row_id: attempts.make(partial(some, only=row_id), rows=[row_id]) for row_id in [*taken]}
                untouched.update(row_id for row_id, found in each.items() if found is None)
                count = sum(found or 0 for found in each.values())
            done += count
            worked_on += len(taken)
            if len(taken) < TOGETHER:
                break
    return done


def _look_up(session: Session, rows: Sequence[Ticket | Person]) -> None:
    """What is asked of every ticket of a transaction, at once."""
    found = [row for row in rows if isinstance(row, Ticket)]
    if found:
        transitions.look_up(session, [ticket.id for ticket in found])
        here = {ticket.area_id for ticket in found if ticket.area_id is not None}
        batch.at(session, areas.look_up(session, here))


class _Attempts:
    """Transactions of which one that fails is written down and stops no other: a future keeps what its work raised."""

    def __init__(self, huying: Huying) -> None:
        self._huying = huying
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="job")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def make(self, act: Callable[[Session], int], *, rows: Sequence[int]) -> int | None:
        """What `act` gave in a transaction of its own; None where it failed, and the log names the `rows`."""
        future = self._pool.submit(self._transaction, act)
        return None if _failed(future, rows) else future.result()

    def succeed(self, act: Callable[[], None], *, rows: Sequence[str]) -> bool:
        """Whether `act`, which needs no transaction, did what it should."""
        return not _failed(self._pool.submit(act), rows)

    def _transaction(self, act: Callable[[Session], int]) -> int:
        with self._huying.database.transaction() as session:
            done = act(session)
        self._huying.tasks.wake(session)
        return done


def _failed(future: Future[Any], rows: Sequence[int] | Sequence[str]) -> bool:
    fault = future.exception()
    if fault is not None:
        log.error("left for later", rows=[*rows], exc_info=fault)
    return fault is not None
