"""Judgements that were set aside as a burst: what lies before staff, and counting one after all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from models import results, transitions
from models.errors import Refusal, Refused
from models.lifecycle import Action
from models.person import Person
from models.result import Result
from models.ticket import Evaluation, Ticket, TicketHelper


def left_out(
    session: Session, sight: ColumnElement[bool], *, skip: int = 0, most: int = 50
) -> Sequence[tuple[Evaluation, Ticket]]:
    """Those of the tickets in `sight`, each burst together: by who judged, then by time."""
    rows = session.execute(
        select(Evaluation, Ticket)
        .join(Ticket, Ticket.id == Evaluation.ticket_id)
        .where(results.is_left_out(), results.is_residents(), sight)
        .order_by(Evaluation.person_id, Evaluation.at, Evaluation.id)
        .offset(skip)
        .limit(most)
    )
    return [(evaluation, ticket) for evaluation, ticket in rows]


def count_after_all(session: Session, evaluation_ids: Collection[int], why: str, *, by: Person, now: datetime) -> int:
    """Takes judgements into the figures after all, each with the reason in its ticket's history; all or none. Gives how
    many. Those that somebody has taken in meanwhile are passed over.

    Raises Refused: REASON_MISSING, NOT_YOURS to whoever is not the street's, OWN_WORK to whoever did the work or
    judged it.
    """
    found = session.execute(
        select(Evaluation, Ticket, Result.worker_id)
        .join(Ticket, Ticket.id == Evaluation.ticket_id)
        .outerjoin(Result, and_(Result.ticket_id == Evaluation.ticket_id, Result.round == Evaluation.round))
        .where(Evaluation.id.in_(evaluation_ids))
        .order_by(Ticket.id, Evaluation.id)
        .with_for_update(of=(Ticket, Evaluation))
        .execution_options(populate_existing=True)
    ).all()
    went_along = _went_along(session, by, [ticket.id for _, ticket, _ in found])
    done = 0
    for evaluation, ticket, worker_id in found:
        if evaluation.set_aside is None or evaluation.counted_at is not None:
            continue
        if (
            by.id in (ticket.reporter_id, evaluation.person_id, worker_id, ticket.assignee_id)
            or ticket.id in went_along
        ):
            raise Refused(Refusal.OWN_WORK, number=ticket.short)
        facts = {"answer": evaluation.answer, "round": evaluation.round, "was": evaluation.set_aside.value}
        transitions.perform(session, ticket, Action.COUNT_AFTER_ALL, by=by, now=now, why=why, facts=facts)
        evaluation.counted_at = now
        done += 1
    session.flush()
    return done


def _went_along(session: Session, person: Person, ticket_ids: Collection[int]) -> Collection[int]:
    """Those of the tickets on which somebody goes along with whoever has it."""
    mine = select(TicketHelper.ticket_id).where(
        TicketHelper.ticket_id.in_(ticket_ids),
        TicketHelper.person_id == person.id,
        TicketHelper.joined_at.is_not(None),
        TicketHelper.left_at.is_(None),
    )
    return frozenset(session.scalars(mine))
