"""What residents say of a result, how it comes back to the desk, and what the clock does where nobody speaks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    followers,
    history,
    limits,
    outboxes,
    parties,
    results,
    transitions,
)
from models.category import Category, Level
from models.errors import Refusal, Refused
from models.lifecycle import OPEN_STATES, Action, Actor
from models.offer import OfferState
from models.outbox import NoticeKind
from models.person import Person
from models.result import Result
from models.ticket import (
    Ending,
    Evaluation,
    EvaluationSource,
    Ticket,
    TicketEvent,
    TicketState,
    Urgency,
    WordsKind,
)


@followers.on_head
def evaluate(
    session: Session, ticket: Ticket, answer: int, text: str, *, by: Person, now: datetime, days: int = 7
) -> Ticket:
    """One resident's judgement: 1 solved and satisfied, 2 solved, 3 not solved, which reopens the ticket at once.

    The ticket ends when everybody whose matter it is has judged. Raises Refused: EVALUATED for a second answer to the
    same result, OWN_WORK for whoever did it themselves.
    """
    called = ticket.state is TicketState.CLOSED and ticket.ending is Ending.CALLED_BACK
    if ticket.state in (TicketState.RESOLVED, TicketState.CLOSED) and (
        by.id in followers.judged(session, ticket) or (called and by.id == ticket.reporter_id)
    ):
        raise Refused(Refusal.EVALUATED, number=ticket.short)
    if ticket.state is TicketState.CLOSED and by.id in followers.numbers(session, ticket):
        raise Refused(Refusal.TOO_LATE, number=ticket.short, days=days)
    transitions.check(session, ticket, Action.EVALUATE, by=by)
    if by.id in results.workers(session, ticket):
        raise Refused(Refusal.OWN_WORK, number=ticket.short)
    waiting = followers.to_judge(session, ticket)
    if by.id not in waiting:
        raise Refused(Refusal.NOT_YOURS, number=ticket.short)
    session.add(Evaluation(ticket_id=ticket.id, person_id=by.id, round=ticket.reopened, answer=answer, at=now))
    session.flush()
    is_last = len(waiting) == 1
    if answer == 3:
        reopen(session, ticket, text, by=by, now=now)
    else:
        transitions.perform(
            session,
            ticket,
            Action.EVALUATE,
            by=by,
            now=now,
            why=text,
            words_kind=WordsKind.EVALUATION,
            facts={"answer": answer},
            changes={"closed_at": now, "ending": Ending.EVALUATED} if is_last else {"state": TicketState.RESOLVED},
        )
        if len(followers.judged(session, ticket)) == 1:
            _tell_workers(session, ticket, answer, now=now)
    transitions.forget_questions(session, ticket, of=None if answer == 3 or is_last else by.id)
    return ticket


def _tell_workers(session: Session, ticket: Ticket, answer: int, *, now: datetime) -> None:
    """Whoever did it hears how it was taken, once a result: by the first who judges it. Not solved they hear by its
    coming back; what an announcement or the desk answered was nobody's task.
    """
    result = results.current(session, ticket)
    finished = select(TicketEvent.before).where(
        TicketEvent.ticket_id == ticket.id, TicketEvent.action == Action.FINISH.value
    )
    was = session.scalar(finished.order_by(TicketEvent.version.desc()).limit(1))
    if was not in (TicketState.ACCEPTED, TicketState.ASSIGNED) or (result is not None and result.announced):
        return
    can_wait = transitions.waits_for_day(ticket, NoticeKind.JUDGED)
    for person_id in sorted(results.workers(session, ticket)):
        outboxes.tell(
            session,
            NoticeKind.JUDGED,
            person_id,
            now=now,
            ticket_id=ticket.id,
            data={"answer": answer},
            can_wait=can_wait,
        )


@followers.on_head
def explain(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> int | None:
    """Why a result was not good, said after the answer itself: to whoever can do something about it now; of a result
    that stands it is a part of the judgement. Gives the key of the words. Raises Refused.
    """
    if ticket.state not in OPEN_STATES:
        last = _last(session, ticket, by)
        return transitions.perform(
            session,
            ticket,
            Action.REEVALUATE,
            by=by,
            now=now,
            why=text,
            words_kind=WordsKind.EVALUATION,
            facts={"answer": last.answer} if last is not None else {},
        ).words_id
    facts = {"unsolved": True}
    event = transitions.perform(
        session, ticket, Action.ADD, by=by, now=now, why=text, words_kind=WordsKind.EVALUATION, facts=facts
    )
    told = {ticket.assignee_id, *transitions.helpers_of(session, ticket), by.id}
    for person_id in transitions.able(session, ticket):
        if person_id not in told:
            outboxes.tell(
                session,
                NoticeKind.ADDED,
                person_id,
                now=now,
                ticket_id=ticket.id,
                data=facts,
                words_id=event.words_id,
                can_wait=ticket.urgency is Urgency.NORMAL,
            )
    return event.words_id


def reopen(
    session: Session,
    ticket: Ticket,
    text: str,
    *,
    by: Person,
    now: datetime,
    action: Action = Action.REOPEN,
    checked: Actor | None = None,
    facts: dict[str, Any] | None = None,
) -> TicketEvent:
    """Back to the desk with the reason; the second time one level up. `action` says who told that it is not solved;
    `facts` what they said, where it was not the answer 3.
    """
    above = ticket.level.above if ticket.reopened else None
    return transitions.perform(
        session,
        ticket,
        action,
        by=by,
        now=now,
        why=text,
        words_kind=WordsKind.EVALUATION,
        checked=checked,
        facts={
            **(facts or {"answer": 3}),
            "level": (above or ticket.level).value,
            # What taking the answer back restores.
            "was": {
                "level": ticket.level.value,
                "assignee": ticket.assignee_id,
                "resolved": ticket.resolved_at.isoformat() if ticket.resolved_at else None,
            },
        },
        changes={
            "reopened": ticket.reopened + 1,
            "level": above or ticket.level,
            "assignee_id": None,
            "closed_at": None,
            "ending": None,
            "resolved_at": None,
            "reminded_at": None,
            "dispatch_at": now,
        },
    )


@followers.on_head
def reevaluate(
    session: Session, ticket: Ticket, answer: int, text: str, *, by: Person, now: datetime, hours: int
) -> Ticket:
    """Another answer to the same result, within `hours` of the first. Raises Refused(TOO_LATE)."""
    last = _last(session, ticket, by)
    if last is None:
        raise Refused(Refusal.NOT_YOURS, number=ticket.short)
    if now - last.at > timedelta(hours=hours):
        raise Refused(Refusal.TOO_LATE, number=ticket.short, hours=hours)
    if last.answer == 3:
        return _take_back_reopening(session, ticket, last, answer, text, by=by, now=now)
    transitions.check(session, ticket, Action.REEVALUATE, by=by)
    if last.round != ticket.reopened:
        # A neighbour found that result not solved: the next one is judged anew.
        raise Refused(Refusal.WRONG_STATE, number=ticket.short, state=ticket.state)
    last.answer, last.changed_at, last.source = answer, now, EvaluationSource.CHAT
    if answer == 3:
        outboxes.drop(session, ticket_id=ticket.id, kind=NoticeKind.JUDGED)
        reopen(session, ticket, text, by=by, now=now)
        transitions.forget_questions(session, ticket)
    else:
        transitions.perform(
            session,
            ticket,
            Action.REEVALUATE,
            by=by,
            now=now,
            why=text,
            words_kind=WordsKind.EVALUATION,
            facts={"answer": answer},
        )
    return ticket


def _last(session: Session, ticket: Ticket, by: Person) -> Evaluation | None:
    mine = select(Evaluation).where(Evaluation.ticket_id == ticket.id, Evaluation.person_id == by.id)
    return session.scalar(mine.order_by(Evaluation.round.desc()))


def _take_back_reopening(
    session: Session, ticket: Ticket, last: Evaluation, answer: int, text: str, *, by: Person, now: datetime
) -> Ticket:
    """A slip: as long as nobody took the reopened ticket it is as it was before the answer, or closed again when
    nobody else is still to judge.
    """
    if answer == 3:
        return ticket
    if ticket.state not in (TicketState.NEW, TicketState.OFFERED) or last.round != ticket.reopened - 1:
        raise Refused(Refusal.WRONG_STATE, number=ticket.short, state=ticket.state)
    last.answer, last.changed_at, last.source = answer, now, EvaluationSource.CHAT
    before = ticket.state
    transitions.close_offers(session, ticket, OfferState.WITHDRAWN, now=now)
    was = session.scalars(
        select(TicketEvent.facts)
        .where(
            TicketEvent.ticket_id == ticket.id,
            TicketEvent.action.in_([Action.REOPEN.value, Action.CALL_REOPEN.value]),
        )
        .order_by(TicketEvent.version.desc())
    ).first()
    if was is not None:
        ticket.level = Level(was["was"]["level"])
        ticket.assignee_id = was["was"]["assignee"]
        ticket.resolved_at = datetime.fromisoformat(was["was"]["resolved"]) if was["was"]["resolved"] else None
    outboxes.drop(session, ticket_id=ticket.id, kind=NoticeKind.REOPENED)
    for own_id in followers.numbers(session, ticket).values():
        outboxes.drop(session, ticket_id=own_id, kind=NoticeKind.REDONE)
    ticket.reopened -= 1
    session.flush()
    if followers.to_judge(session, ticket):
        ticket.state = TicketState.RESOLVED
    else:
        ticket.state = TicketState.CLOSED
        ticket.closed_at, ticket.ending = now, Ending.EVALUATED
    ticket.dispatch_at = None
    if ticket.returned_by:
        # Given away and given back since: with the slip the street has nothing left to decide.
        ticket.returned_by = ""
        parties.follow(session, ticket, Action.REEVALUATE, was_theirs=True, announced=False, now=now)
    limits.run(ticket, session.get_one(Category, ticket.category))
    history.record(
        session,
        ticket,
        Action.REEVALUATE,
        actor=Actor.REPORTER if ticket.reporter_id == by.id else Actor.FOLLOWER,
        by=by,
        now=now,
        before=before.value,
        words=history.keep_words(session, ticket, text, WordsKind.EVALUATION, by=by, now=now) if text.strip() else None,
        facts={"answer": answer},
    )
    return ticket


def auto_close(session: Session, ticket_id: int, *, now: datetime, days: int) -> bool:
    """Closes a result whose judgement was waited for `days`, counted from the moment the question came through where it
    came late; what nobody judged counts as not evaluated, never as solved, and of several people each who did not
    answer counts so.
    """
    ticket = transitions.lock(session, ticket_id)
    if ticket.state is not TicketState.RESOLVED or ticket.resolved_at is None:
        return False
    if ticket.urgency is Urgency.EMERGENCY or results.may_still_be_judged(session, ticket, now=now, days=days):
        return False
    judged = followers.judged(session, ticket)
    results.lapse(session, ticket, now=now)
    transitions.perform(
        session,
        ticket,
        Action.AUTO_CLOSE,
        by=None,
        now=now,
        facts={"judged": len(judged)} if judged else {},
        changes={"closed_at": now, "ending": Ending.EVALUATED if judged else Ending.NOT_EVALUATED},
        untold=judged,
    )
    transitions.forget_questions(session, ticket)
    return True


def remind(session: Session, ticket_id: int, *, now: datetime, after: timedelta) -> bool:
    """Asks everybody who has not judged once more, `after` the first question came through, and never again for this
    result.
    """
    ticket = transitions.lock(session, ticket_id)
    if (
        session.scalar(
            select(Ticket.id)
            .join(Result, results.of_round())
            .where(Ticket.id == ticket.id, results.to_remind(now, after))
        )
        is None
    ):
        return False
    ticket.reminded_at = now
    for person_id, own_id in followers.to_judge(session, ticket).items():
        outboxes.tell(session, NoticeKind.REMINDER, person_id, now=now, ticket_id=own_id)
    return True
