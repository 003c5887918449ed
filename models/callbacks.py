"""Call-backs (回访): which results are asked about by telephone, and what was said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import Session

from models import judging, results, transitions
from models.base import insert
from models.calendar import monday_of
from models.clock import CHINA, local
from models.errors import Refusal, Refused
from models.lifecycle import Action
from models.outbox import Notice, NoticeKind, NoticeState
from models.person import Person
from models.result import CallBack, CallState, Result
from models.ticket import Ending, Evaluation, EvaluationSource, Ticket, TicketState, TicketWords, WordsKind

TRIES = 3
LOOK_BACK_WEEKS = 4
"""So many finished weeks are looked at, in case the scheduler stood still."""

TO_ASK = (TicketState.RESOLVED, TicketState.CLOSED)


def draw(session: Session, *, now: datetime, share: float, at_least: int) -> int:
    """Draws who is called back about the weeks that are over, once for a week and community; gives how many.

    The lots were drawn when the matters were finished: the same rows always give the same sample.
    """
    this_week = monday_of(local(now).date())
    return sum(
        _draw_week(session, this_week - timedelta(weeks=back), now=now, share=share, at_least=at_least)
        for back in range(LOOK_BACK_WEEKS, 0, -1)
    )


def _draw_week(session: Session, week: date, *, now: datetime, share: float, at_least: int) -> int:
    start, end = (datetime.combine(day, time(), CHINA) for day in (week, week + timedelta(days=7)))
    # A place that is not known is one of its own.
    community = func.coalesce(Result.community_id, 0)
    drawn_before = select(func.coalesce(CallBack.community_id, 0)).where(
        CallBack.week == week, CallBack.on_wish.is_(False)
    )
    rows = session.scalars(
        select(Result)
        .join(Ticket, results.of_round())
        .join(Person, Person.id == Ticket.reporter_id)
        .where(
            Result.lapsed_at >= start,
            Result.lapsed_at < end,
            Ticket.state.in_(TO_ASK),
            results.is_residents(),
            Person.erased_at.is_(None),
            ~exists().where(results.judgement()),
            community.not_in(drawn_before),
        )
        .order_by(Result.lot)
    ).all()
    by_community: dict[int | None, list[Result]] = {}
    for row in rows:
        by_community.setdefault(row.community_id, []).append(row)
    chosen: list[Result] = []
    for here in by_community.values():
        others = [row for row in here if not row.own_work and not row.announced]
        count = max(at_least, math.ceil(share * len(others)))
        chosen += [row for row in here if row.own_work] + others[:count]
        # One answer for hundreds is asked about by a few calls, beside the others and not instead of them.
        announced = [row for row in here if row.announced and not row.own_work]
        chosen += announced[: at_least or math.ceil(share)]
    if chosen:
        session.execute(
            insert(session, CallBack).on_conflict_do_nothing(),
            [
                {
                    "result_id": row.id,
                    "ticket_id": row.ticket_id,
                    "community_id": row.community_id,
                    "week": week,
                    "state": CallState.OPEN,
                    "tries": 0,
                    "drawn_at": now,
                    "on_wish": False,
                }
                for row in chosen
            ],
        )
    return len(chosen)


def told_by_call(session: Session, notice: Notice, *, by: Person, now: datetime) -> CallBack | None:
    """Notes that somebody heard their news by telephone; of a result they are asked what they think in the same call,
    which is given. Raises Refused(CHANGED) when a colleague has just told it.
    """
    session.refresh(notice, with_for_update=True)
    if notice.state is not NoticeState.TO_CALL:
        raise Refused(Refusal.CHANGED)
    notice.state, notice.sent_at, notice.sent_by = NoticeState.SENT, now, f"phone:{by.id}"
    ticket = session.get(Ticket, notice.ticket_id) if notice.ticket_id else None
    if ticket is None or notice.kind not in (NoticeKind.FINISHED, NoticeKind.REMINDER):
        return None
    results.asked(session, ticket.id, notice.person_id, now=now)
    result = results.current(session, ticket)
    if result is None:
        return None
    found = session.scalar(select(CallBack).where(CallBack.result_id == result.id))
    if found is None:
        found = CallBack(
            result_id=result.id,
            ticket_id=ticket.id,
            community_id=result.community_id,
            week=monday_of(local(now).date()),
            on_wish=True,
            drawn_at=now,
        )
        session.add(found)
        session.flush()
    return found if _is_open(session, found) else None


def still_to_ask() -> ColumnElement[bool]:
    """The condition for call-backs that still make sense; needs the ticket and the result."""
    return and_(
        CallBack.state == CallState.OPEN,
        Ticket.state.in_(TO_ASK),
        Result.round == Ticket.reopened,
        results.is_residents(),
        ~exists().where(results.judgement()),
    )


def _is_open(session: Session, call_back: CallBack) -> bool:
    asked = select(CallBack.id).join(Ticket, Ticket.id == CallBack.ticket_id)
    asked = asked.join(Result, Result.id == CallBack.result_id)
    return session.scalar(asked.where(CallBack.id == call_back.id, still_to_ask())) is not None


def waiting(session: Session, sight: ColumnElement[bool], *, skip: int, most: int) -> Sequence[tuple[CallBack, Ticket]]:
    """The call-backs to make, oldest week first; `sight` narrows the tickets."""
    rows = session.execute(
        select(CallBack, Ticket)
        .join(Ticket, Ticket.id == CallBack.ticket_id)
        .join(Result, Result.id == CallBack.result_id)
        .where(still_to_ask(), sight)
        .order_by(CallBack.week, CallBack.id)
        .offset(skip)
        .limit(most)
    )
    return [(call_back, ticket) for call_back, ticket in rows]


def counting(sight: ColumnElement[bool]) -> Select[int]:
    """The question how many call-backs there are to make; `sight` narrows the tickets."""
    return (
        select(func.count())
        .select_from(CallBack)
        .join(Ticket, Ticket.id == CallBack.ticket_id)
        .join(Result, Result.id == CallBack.result_id)
        .where(still_to_ask(), sight)
    )


def not_reached(session: Session, call_back: CallBack, *, by: Person, now: datetime) -> None:
    """Nobody answered; after three tries it is left."""
    ticket = _lock(session, call_back, by)
    call_back.tries += 1
    call_back.tried_at, call_back.by_id = now, by.id
    if call_back.tries >= TRIES:
        call_back.state = CallState.NOT_REACHED
    transitions.perform(session, ticket, Action.NOT_REACHED, by=by, now=now, facts={"try": call_back.tries})


def record(session: Session, call_back: CallBack, answer: int, text: str, *, by: Person, now: datetime) -> Ticket:
    """What the resident said on the telephone, as a call-back; 3 reopens the ticket."""
    ticket = _lock(session, call_back, by)
    call_back.tries += 1
    call_back.state, call_back.tried_at, call_back.by_id = CallState.ANSWERED, now, by.id
    session.add(
        Evaluation(
            ticket_id=ticket.id,
            person_id=ticket.reporter_id,
            round=ticket.reopened,
            answer=answer,
            at=now,
            source=EvaluationSource.CALL_BACK,
        )
    )
    session.flush()
    if answer == 3:
        event = judging.reopen(session, ticket, text, by=by, now=now, action=Action.CALL_REOPEN)
    else:
        event = transitions.perform(
            session,
            ticket,
            Action.CALL_BACK,
            by=by,
            now=now,
            why=text,
            words_kind=WordsKind.EVALUATION,
            facts={"answer": answer},
            changes={"closed_at": ticket.closed_at or now, "ending": Ending.CALLED_BACK},
        )
    words = session.get(TicketWords, event.words_id) if event.words_id else None
    if words is not None:
        # They are the resident's, whoever wrote them down: erasing the resident's words finds them.
        words.person_id = ticket.reporter_id
    transitions.forget_questions(session, ticket)
    return ticket


def see_phone(session: Session, call_back: CallBack, *, by: Person, now: datetime) -> None:
    """Notes in the history that somebody looked at the resident's number."""
    transitions.perform(session, _lock(session, call_back, by), Action.SEE_PHONE, by=by, now=now)


def _lock(session: Session, call_back: CallBack, by: Person) -> Ticket:
    """The ticket, held. Raises Refused: CHANGED when it was judged or called meanwhile, OWN_WORK to whoever did it or
    reported it themselves.
    """
    ticket = transitions.lock(session, call_back.ticket_id)
    session.refresh(call_back, with_for_update=True)
    if not _is_open(session, call_back):
        raise Refused(Refusal.CHANGED, number=ticket.short)
    if by.id == ticket.reporter_id or by.id in results.workers(session, ticket):
        raise Refused(Refusal.OWN_WORK, number=ticket.short)
    return ticket
