"""What is earned by a matter that is over: points and minutes by rules, once a person, under a day's most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from models import accounts, photos, results, transitions
from models.accounts import ISSUED, of_person
from models.base import insert
from models.clock import local
from models.ledger import EARNED, Account, AccountKind, Entry, LedgerMember, Look, Posting, Unit, Why
from models.lifecycle import Action
from models.person import Person
from models.result import Result
from models.ticket import Ending, Ticket, TicketEvent, TicketHelper, TicketKind, TicketState

LOOK_BACK = timedelta(days=60)
"""How old a finishing may be that is looked at: more than judging and any stop of the scheduler take together."""

TOOK = (Action.ACCEPT.value, Action.JOIN.value, Action.TAKE_ON.value)


@dataclass(frozen=True, slots=True)
class Rules:
    """What earns how much, from the settings; 0 points for what earns none."""

    task_points: int = 10
    report_points: int = 2
    points_a_day: int = 30
    minutes_of_a_task: int = 240
    minutes_without_arrival: int = 60
    """Where nobody said that they have arrived, a task may have lain for days."""
    minutes_a_day: int = 480
    wait_hours: int = 24
    """A judgement may be changed for so long; afterwards it earns."""
    expires_months: int = 12
    notice_days: int = 30
    code_days: int = 7


def due(session: Session, *, now: datetime, rules: Rules, most: int) -> Sequence[int]:
    """The ids of results that somebody who takes part may have earned by, and that nobody has looked at."""
    members = select(LedgerMember.person_id)
    helps = exists().where(TicketHelper.ticket_id == Ticket.id, TicketHelper.person_id.in_(members))
    set_aside = exists().where(results.judgement(), results.is_left_out())
    return session.scalars(
        select(Result.id)
        .join(Ticket, results.of_round())
        .where(
            Result.finished_at > now - LOOK_BACK,
            Ticket.state == TicketState.CLOSED,
            Ticket.closed_at <= now - timedelta(hours=rules.wait_hours),
            or_(Result.worker_id.in_(members), Ticket.reporter_id.in_(members), helps),
            # Nobody but they themselves has said of their own work that it is done, until somebody calls.
            or_(Result.own_work.is_(False), Ticket.ending == Ending.CALLED_BACK),
            ~exists().where(Look.result_id == Result.id),
            ~set_aside,
        )
        .order_by(Result.id)
        .limit(most)
    ).all()


def earn(session: Session, result_id: int, *, now: datetime, rules: Rules) -> bool:
    """Credits everybody who takes part for one result, once; gives whether this was the time."""
    # A day and more after the judgement every photo has long been looked at.
    result, copied = session.execute(
        select(Result, photos.only_copies(Result.ticket_id)).where(Result.id == result_id)
    ).one()
    ticket = transitions.lock(session, result.ticket_id)
    if ticket.state is not TicketState.CLOSED or ticket.reopened != result.round:
        return False
    if result.own_work and ticket.ending is not Ending.CALLED_BACK:
        return False
    if not _first_look(session, result_id, now=now):
        return False
    workers = results.workers(session, ticket)
    useful = (
        ticket.kind is TicketKind.REPORT
        and ticket.service is None
        and ticket.reporter_id not in workers
        and not result.announced
        and not copied
    )
    for person_id in sorted(workers | ({ticket.reporter_id} if useful else set())):
        member = session.get(LedgerMember, person_id)
        if member is None or member.since > result.finished_at:
            continue
        if person_id in workers:
            _credit(session, ticket, person_id, Why.TASK, rules.task_points, result, now=now, rules=rules)
            minutes = served(session, ticket.id, person_id, result.finished_at, rules)
            _credit(session, ticket, person_id, Why.SERVICE, minutes, result, now=now, rules=rules)
        else:
            _credit(session, ticket, person_id, Why.REPORT, rules.report_points, result, now=now, rules=rules)
    return True


def _first_look(session: Session, result_id: int, *, now: datetime) -> bool:
    new = insert(session, Look).values(result_id=result_id, at=now).on_conflict_do_nothing().returning(Look.result_id)
    return session.scalar(new) is not None


def _credit(
    session: Session,
    ticket: Ticket,
    person_id: int,
    why: Why,
    amount: int,
    result: Result,
    *,
    now: datetime,
    rules: Rules,
) -> None:
    unit = Unit.MINUTES if why is Why.SERVICE else Unit.POINTS
    most = rules.minutes_a_day if unit is Unit.MINUTES else rules.points_a_day
    day = local(result.finished_at).date()
    # Held first, so that two matters of one day never go beyond its most together.
    accounts.hold(session, unit, of_person(person_id))
    amount = min(amount, most - earned_on(session, person_id, unit, day))
    if amount > 0:
        accounts.post(
            session,
            why,
            unit,
            {of_person(person_id): amount, ISSUED: -amount},
            source=f"{why}:{ticket.id}:{person_id}",
            now=now,
            day=day,
            ticket_id=ticket.id,
        )


def earned_on(session: Session, person_id: int, unit: Unit, day: date) -> int:
    """What somebody has earned on a day; what was taken back later still counts, or mistakes would pay."""
    return (
        session.scalar(
            select(func.sum(Entry.amount))
            .join(Account, Account.id == Entry.account_id)
            .join(Posting, Posting.id == Entry.posting_id)
            .where(
                Account.kind == AccountKind.PERSON,
                Account.owner_id == person_id,
                Account.unit == unit,
                Posting.day == day,
                Posting.why.in_(EARNED),
            )
        )
        or 0
    )


def served(session: Session, ticket_id: int, person_id: int, finished_at: datetime, rules: Rules) -> int:
    """The minutes from somebody's arrival, or from their taking the task, to its finish, as the rules allow them."""
    query = (
        select(TicketEvent)
        .where(
            and_(TicketEvent.ticket_id == ticket_id, TicketEvent.by_id == person_id, TicketEvent.at <= finished_at),
            TicketEvent.action.in_([*TOOK, Action.ARRIVE.value]),
        )
        .order_by(TicketEvent.version.desc())
    )
    found = session.scalars(query).all()
    taken = next((each for each in found if each.action in TOOK), None)
    if taken is None:
        return 0
    # The first arrival since they took it, should they have said it twice.
    arrived = [each for each in found if each.action == Action.ARRIVE and each.version > taken.version]
    since, most = (arrived[-1].at, rules.minutes_of_a_task) if arrived else (taken.at, rules.minutes_without_arrival)
    return min(int((finished_at - since).total_seconds()) // 60, most)


def open_account(session: Session, person: Person, amounts: dict[Unit, int], *, now: datetime) -> None:
    """What somebody begins with, once; they take part from then on, until they say otherwise."""
    begun = select(Posting.id).where(Posting.source.in_([f"opening:{person.id}:{unit}" for unit in amounts]))
    if session.scalar(begun.limit(1)) is not None:
        return
    accounts.switch_on(session, person, now=now)
    for unit, amount in amounts.items():
        moves = {of_person(person.id): amount, ISSUED: -amount}
        accounts.post(session, Why.OPENING, unit, moves, source=f"opening:{person.id}:{unit}", now=now)
