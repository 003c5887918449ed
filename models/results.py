"""What a finishing leaves for the figures: the result, whether the reporter was asked, and bursts of judgements."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, select, update
from sqlalchemy.orm import Session

from models.result import Result
from models.ticket import Evaluation, EvaluationSource, SetAside, Ticket, TicketHelper, TicketState, Urgency

LOOK_BACK = timedelta(days=8)
"""Bursts are looked for so far back: more than any stop of the scheduler."""

AN_HOUR, A_DAY = timedelta(hours=1), timedelta(days=1)


def workers(session: Session, ticket: Ticket) -> frozenset[int]:
    """The ids of the people who did a ticket's work: whoever has it, and who goes along with them.

    Who gave it back, or did it before it was reopened, may judge what others have done since.
    """
    along = session.scalars(
        select(TicketHelper.person_id).where(
            TicketHelper.ticket_id == ticket.id, TicketHelper.joined_at.is_not(None), TicketHelper.left_at.is_(None)
        )
    )
    return frozenset({*along, *([ticket.assignee_id] if ticket.assignee_id else [])})


def note(session: Session, ticket: Ticket, *, now: datetime, announced: bool = False) -> frozenset[int]:
    """Takes a ticket that is being finished into the figures; gives the ids of those who did its work."""
    done_by = workers(session, ticket)
    session.add(
        Result(
            ticket_id=ticket.id,
            round=ticket.reopened,
            finished_at=now,
            community_id=ticket.community_id,
            category=ticket.category,
            worker_id=ticket.assignee_id,
            in_time=(ticket.answered_at or now) <= ticket.promised_at,
            own_work=ticket.reporter_id in done_by,
            finish_in_time=None if ticket.finish_by is None else now <= ticket.finish_by,
            announced=announced,
            lot=secrets.token_hex(16),
        )
    )
    return done_by


def current(session: Session, ticket: Ticket) -> Result | None:
    """The result that is being judged, or was judged last."""
    return session.scalar(select(Result).where(Result.ticket_id == ticket.id, Result.round == ticket.reopened))


def of_round() -> ColumnElement[bool]:
    """The condition that joins a ticket to the result of its present round."""
    return and_(Result.ticket_id == Ticket.id, Result.round == Ticket.reopened)


def is_residents() -> ColumnElement[bool]:
    """The condition for tickets that a resident judges: neither a task of one that was split nor a department's own."""
    return and_(Ticket.parent_id.is_(None), Ticket.origin == "")


def judgement() -> ColumnElement[bool]:
    """The condition that joins a result to what its reporter said of it; needs the ticket."""
    return and_(
        Evaluation.ticket_id == Result.ticket_id,
        Evaluation.round == Result.round,
        Evaluation.person_id == Ticket.reporter_id,
    )


def asked(session: Session, ticket_id: int, person_id: int, *, now: datetime) -> None:
    """Notes that the question is in front of the reporter, the first time."""
    present = select(Ticket.reopened).where(Ticket.id == ticket_id, Ticket.reporter_id == person_id).scalar_subquery()
    session.execute(
        update(Result)
        .where(Result.ticket_id == ticket_id, Result.round == present, Result.asked_at.is_(None))
        .values(asked_at=now)
        .execution_options(synchronize_session="fetch")
    )


def may_still_be_judged(session: Session, ticket: Ticket, *, now: datetime, days: int) -> bool:
    """Whether the time to judge runs: `days` from the finish, or from the moment the question came through."""
    result = current(session, ticket)
    since = (result.asked_at if result else None) or ticket.resolved_at
    return since is not None and now - since < timedelta(days=days)


def lapse(session: Session, ticket: Ticket, *, now: datetime) -> None:
    """Notes that nobody judged in time."""
    result = current(session, ticket)
    if result is not None and result.lapsed_at is None:
        result.lapsed_at = now


def lapse_emergencies(session: Session, *, now: datetime, days: int) -> int:
    """The same for emergencies, which stay open until somebody has spoken; gives how many."""
    over = (
        select(Result.id)
        .join(Ticket, of_round())
        .where(
            Ticket.state == TicketState.RESOLVED,
            Ticket.urgency == Urgency.EMERGENCY,
            Result.lapsed_at.is_(None),
            func.coalesce(Result.asked_at, Result.finished_at) <= now - timedelta(days=days),
            ~exists().where(judgement()),
        )
    )
    ids = session.scalars(over).all()
    if ids:
        session.execute(update(Result).where(Result.id.in_(ids)).values(lapsed_at=now))
    return len(ids)


def late_judgement(now: datetime, days: int) -> ColumnElement[bool]:
    """The condition for results whose time to judge is over."""
    return func.coalesce(Result.asked_at, Ticket.resolved_at) <= now - timedelta(days=days)


def to_remind(now: datetime, after: timedelta) -> ColumnElement[bool]:
    """The condition for results to be asked about once more: only where the first question came through, because a
    second one that waits behind the first is no reminder.
    """
    return and_(
        Ticket.state == TicketState.RESOLVED,
        Ticket.reminded_at.is_(None),
        Result.asked_at <= now - after,
        Result.own_work.is_(False),
    )


# ---------------------------------------------------------------- bursts


def is_left_out() -> ColumnElement[bool]:
    """The condition for judgements that are set aside and that nobody has taken back in."""
    return and_(Evaluation.set_aside.is_not(None), Evaluation.counted_at.is_(None))


def set_aside_bursts(session: Session, *, now: datetime, an_hour: int, of_one_a_day: int) -> int:
    """Flags every judgement of a burst: more than `an_hour` of one person within an hour, or more than `of_one_a_day`
    by one person of one person's work within a day. Gives how many were flagged; call-backs and what staff say of their
    own tasks never are.
    """
    recent = and_(Evaluation.at > now - LOOK_BACK, Evaluation.source == EvaluationSource.CHAT)
    many = select(Evaluation.person_id).where(recent).group_by(Evaluation.person_id)
    many = many.having(func.count() > min(an_hour, of_one_a_day))
    rows = session.execute(
        select(Evaluation, Result.worker_id)
        .join(Ticket, Ticket.id == Evaluation.ticket_id)
        .outerjoin(Result, and_(Result.ticket_id == Evaluation.ticket_id, Result.round == Evaluation.round))
        .where(recent, Evaluation.person_id.in_(many), is_residents())
        .order_by(Evaluation.person_id, Evaluation.at, Evaluation.id)
    ).all()
    by_person: dict[int, list[Evaluation]] = {}
    by_pair: dict[tuple[int, int], list[Evaluation]] = {}
    for evaluation, worker_id in rows:
        by_person.setdefault(evaluation.person_id, []).append(evaluation)
        if worker_id is not None:
            by_pair.setdefault((evaluation.person_id, worker_id), []).append(evaluation)
    flagged = 0
    for groups, most, window, why in (
        (by_person.values(), an_hour, AN_HOUR, SetAside.MANY_AT_ONCE),
        (by_pair.values(), of_one_a_day, A_DAY, SetAside.MANY_OF_ONE),
    ):
        for group in groups:
            for evaluation in _burst(group, most, window):
                if evaluation.set_aside is None:
                    evaluation.set_aside = why
                    flagged += 1
    return flagged


def _burst(group: Sequence[Evaluation], most: int, window: timedelta) -> list[Evaluation]:
    """Those of `group`, in the order of time, that lie in any window with more than `most` of them."""
    found: dict[int, Evaluation] = {}
    first = 0
    for last, evaluation in enumerate(group):
        while evaluation.at - group[first].at >= window:
            first += 1
        if last - first + 1 > most:
            found.update({each.id: each for each in group[first : last + 1]})
    return list(found.values())
