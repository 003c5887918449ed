"""One matter told several times: proposing, merging and undoing it, and what becomes of it when its reporter leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from models import followers, helpers, outboxes, parties, transitions
from models.conversation import Question, QuestionKind
from models.errors import Refusal, Refused
from models.lifecycle import OPEN_STATES, Action, Actor
from models.outbox import NoticeKind
from models.person import Person
from models.proposal import Proposal, ProposalState
from models.ticket import Ending, Evaluation, Ticket, TicketState, Urgency

SURELY = 0.65
"""From this score on the reporter is asked; a pair less sure only lies on the desk."""

ANSWERS_WITHIN = timedelta(days=1)
"""How long a bare answer of the reporter counts; the desk may decide any time."""

HOLD = timedelta(minutes=5)
"""How long the first wave waits for the reporter's answer: most who answer do so at once."""

_TASK = aliased(Ticket)


def has_tasks() -> ColumnElement[bool]:
    """The condition for tickets that were split into tasks."""
    return exists().where(_TASK.parent_id == Ticket.id)


def check_tasks_done(session: Session, ticket: Ticket) -> None:
    """The whole is done when its tasks are: only then its reporter is asked. Raises Refused(TASKS_OPEN)."""
    tasks = select(Ticket).where(Ticket.parent_id == ticket.id, Ticket.state.in_(OPEN_STATES)).order_by(Ticket.id)
    left = [task.short for task in session.scalars(tasks)]
    if left:
        raise Refused(Refusal.TASKS_OPEN, number=ticket.short, tasks=left)


# ---------------------------------------------------------------- the question whether it is the same event


def may_be_compared(ticket: Ticket) -> bool:
    """Whether a ticket that comes to dispatch may be the same event as an earlier one.

    Tasks are not: people made them. Nor is a service: it is for whoever asked. What nobody understood, or what has no
    place, has nothing to compare.
    """
    return (
        ticket.state is TicketState.NEW
        and ticket.understood
        and ticket.area_id is not None
        and ticket.parent_id is None
        and ticket.service is None
        and not ticket.reopened
    )


def propose(
    session: Session, ticket: Ticket, into: Ticket, *, score: float, reasons: Sequence[str], now: datetime
) -> bool:
    """Puts a pair before the desk and asks the later ticket's reporter, once; False for a pair that was proposed.

    `ticket` must be locked. Nobody is asked in an emergency, nor less than `SURELY`: the desk alone decides. What is
    ordinary is not offered for `HOLD`, which costs one value that dispatch reads anyway: most of those asked answer at
    once, and then no volunteer is called for what another already does. Whoever does not answer loses five minutes.
    """
    pair = (Proposal.ticket_id == ticket.id, Proposal.into_id == into.id)
    if session.scalar(select(Proposal.id).where(*pair)) is not None:
        return False
    proposal = Proposal(
        ticket_id=ticket.id,
        into_id=into.id,
        score=score,
        reasons=list(reasons),
        state=ProposalState.OPEN,
        proposed_at=now,
    )
    session.add(proposal)
    session.flush()
    if score < SURELY or Urgency.EMERGENCY in (ticket.urgency, into.urgency):
        return True
    outboxes.tell(
        session,
        NoticeKind.SAME_EVENT,
        ticket.reporter_id,
        now=now,
        ticket_id=ticket.id,
        data={"proposal": proposal.id},
    )
    if ticket.urgency is Urgency.NORMAL and ticket.dispatch_at is not None:
        ticket.dispatch_at = now + HOLD
    return True


def is_open(session: Session, proposal: Proposal) -> bool:
    """Whether a proposal still has to be decided: both tickets are open, the earlier one perhaps in another."""
    if proposal.state is not ProposalState.OPEN:
        return False
    ticket = session.get_one(Ticket, proposal.ticket_id)
    into = followers.head_of(session, session.get_one(Ticket, proposal.into_id))
    return ticket is not into and ticket.state in OPEN_STATES and into.state in OPEN_STATES


@cache
def open_pairs() -> ColumnElement[bool]:
    """The condition for proposals that still have to be decided, for a query over `Proposal`.

    Made once: two further names for so wide a table took SQLAlchemy a fifth of what a list of the desk costs.
    """
    one, other = aliased(Ticket), aliased(Ticket)
    return (
        (Proposal.state == ProposalState.OPEN)
        & exists().where(one.id == Proposal.ticket_id, one.state.in_(OPEN_STATES))
        & exists().where(other.id == Proposal.into_id, other.state.in_(OPEN_STATES))
    )


def proposals_of(session: Session, ticket: Ticket) -> Sequence[Proposal]:
    """The open proposals about a ticket, whichever side it is on, the surest first."""
    return session.scalars(
        select(Proposal)
        .where(or_(Proposal.ticket_id == ticket.id, Proposal.into_id == ticket.id), open_pairs())
        .order_by(Proposal.score.desc(), Proposal.id)
        .limit(9)
    ).all()


def say_same(session: Session, proposal: Proposal, *, by: Person, now: datetime) -> Ticket:
    """The reporter of the later ticket, or the desk, says it is one event; gives the ticket that was merged.

    Raises Refused(SAME_OVER) when the question, or the earlier matter, is over.
    """
    ticket, into = _pair(session, proposal)
    if not is_open(session, proposal):
        raise Refused(Refusal.SAME_OVER, number=ticket.short)
    if ticket.reporter_id == by.id:
        # Whoever was asked may join their matter to one they are nothing to.
        _join(session, ticket, into, by=by, now=now, actor=Actor.REPORTER)
    else:
        merge(session, ticket, into, by=by, now=now)
    if proposal.state is ProposalState.OPEN:
        # The earlier one lives on in another, of which nobody was asked.
        _decide(session, proposal, ProposalState.SAME, by=by, now=now)
    return ticket


def say_different(session: Session, proposal: Proposal, *, by: Person, now: datetime) -> Ticket:
    """Two events: both go on, and nobody is asked about the pair again. Raises Refused(SAME_OVER)."""
    ticket, into = _pair(session, proposal)
    if not is_open(session, proposal):
        raise Refused(Refusal.SAME_OVER, number=ticket.short)
    if ticket.reporter_id != by.id:
        for each in (ticket, into):
            transitions.check(session, each, Action.MERGE, by=by)
    _decide(session, proposal, ProposalState.DIFFERENT, by=by, now=now)
    if ticket.state is TicketState.NEW and ticket.dispatch_at is not None:
        ticket.dispatch_at = now
        outboxes.to_dispatch(session, ticket.id)
    return ticket


def _pair(session: Session, proposal: Proposal) -> tuple[Ticket, Ticket]:
    """The later ticket and the one in which the earlier lives on, locked."""
    head_id = followers.head_of(session, session.get_one(Ticket, proposal.into_id)).id
    found = followers.lock_all(session, proposal.ticket_id, proposal.into_id, head_id)
    session.refresh(proposal)
    if (found[proposal.into_id].merged_into_id or proposal.into_id) != head_id:
        # Merged, or taken apart, in this very moment.
        raise Refused(Refusal.CHANGED, number=found[proposal.ticket_id].short)
    return found[proposal.ticket_id], found[head_id]


def _decide(session: Session, proposal: Proposal, state: ProposalState, *, by: Person, now: datetime) -> None:
    proposal.state, proposal.answered_at, proposal.answered_by_id = state, now, by.id
    session.flush()
    session.execute(
        delete(Question).where(Question.ticket_id == proposal.ticket_id, Question.kind == QuestionKind.SAME_EVENT)
    )
    outboxes.drop(session, ticket_id=proposal.ticket_id, kind=NoticeKind.SAME_EVENT)


# ---------------------------------------------------------------- merging and its undoing


def merge(session: Session, ticket: Ticket, into: Ticket, *, by: Person, now: datetime) -> Ticket:
    """Staff put a ticket, with everything merged into it, into another; gives the one in which it lives on.

    What was itself merged stands for its head. Raises Refused: WRONG_STATE for one that is over, and for a result that
    waits for its judgement (a fresh report of it says that it is not solved); MORE_URGENT; HAS_TASKS.
    """
    found = followers.lock_all(session, ticket.id, into.merged_into_id or into.id)
    ticket, into = found[ticket.id], found[into.merged_into_id or into.id]
    if ticket.id == into.id or into.state not in OPEN_STATES:
        raise Refused(Refusal.WRONG_STATE, number=into.short, state=into.state)
    transitions.check(session, into, Action.MERGE, by=by)
    actor = transitions.check(session, ticket, Action.MERGE, by=by)
    _join(session, ticket, into, by=by, now=now, actor=actor)
    return into


def _join(session: Session, ticket: Ticket, into: Ticket, *, by: Person, now: datetime, actor: Actor) -> None:
    """Both are locked, with everything merged into them."""
    if ticket.urgency is Urgency.EMERGENCY and into.urgency is not Urgency.EMERGENCY:
        raise Refused(Refusal.MORE_URGENT, number=ticket.short)
    if session.scalar(select(Ticket.id).where(Ticket.id == ticket.id, has_tasks())) is not None:
        raise Refused(Refusal.HAS_TASKS, number=ticket.short)
    if into.parent_id is not None:
        # A resident's matter would be judged no more: it belongs to the whole.
        raise Refused(Refusal.HAS_TASKS, number=into.short)
    _repoint(session, ticket, into)
    transitions.perform(
        session,
        ticket,
        Action.MERGE,
        by=by,
        now=now,
        facts={"into": into.id, "number": into.number},
        changes={
            "merged_into_id": into.id,
            "assignee_id": None,
            "held_from": None,
            "hold_until": None,
            "dispatch_at": None,
            "closed_at": now,
        },
        checked=actor,
    )
    transitions.perform(
        session,
        into,
        Action.GATHER,
        by=by,
        now=now,
        facts={"ticket": ticket.id, "number": ticket.number},
        checked=actor,
    )
    transitions.forget_questions(session, ticket)
    same = session.scalar(select(Proposal).where(Proposal.ticket_id == ticket.id, Proposal.into_id == into.id))
    if same is not None:
        _decide(session, same, ProposalState.SAME, by=by, now=now)


def _repoint(session: Session, ticket: Ticket, head: Ticket) -> None:
    """Everything merged into `ticket` lives on in `head`, so that a head is never more than one step away."""
    for each in followers.of(session, ticket):
        each.merged_into_id = head.id
    session.flush()


def unmerge(session: Session, ticket: Ticket, *, by: Person, now: datetime) -> None:
    """A merged ticket goes its own way again: it waits to be dispatched, with a limit that begins now."""
    found = followers.lock_all(session, ticket.id, ticket.merged_into_id or ticket.id)
    ticket = found[ticket.id]
    actor = transitions.check(session, ticket, Action.UNMERGE, by=by)
    head = found.get(ticket.merged_into_id or 0)
    if head is None:
        # Merged elsewhere in this very moment.
        raise Refused(Refusal.CHANGED, number=ticket.short)
    transitions.forget_questions(session, head, of=ticket.reporter_id)
    transitions.perform(
        session,
        ticket,
        Action.UNMERGE,
        by=by,
        now=now,
        facts={"from": head.id, "number": head.number},
        changes={
            "merged_into_id": None,
            "dispatch_at": now,
            "closed_at": None,
        },
        checked=actor,
    )
    transitions.perform(
        session,
        head,
        Action.PART,
        by=by,
        now=now,
        facts={"ticket": ticket.id, "number": ticket.number},
        checked=actor,
    )
    _never_again(session, ticket, head, by=by, now=now)
    close_if_judged(session, head, now=now)


def _never_again(session: Session, ticket: Ticket, other: Ticket, *, by: Person, now: datetime) -> None:
    """Two that were taken apart are not proposed again."""
    later, earlier = max(ticket.id, other.id), min(ticket.id, other.id)
    pair = session.scalar(select(Proposal).where(Proposal.ticket_id == later, Proposal.into_id == earlier))
    if pair is None:
        pair = Proposal(ticket_id=later, into_id=earlier, score=0.0, reasons=[], proposed_at=now)
        session.add(pair)
    _decide(session, pair, ProposalState.DIFFERENT, by=by, now=now)


# ---------------------------------------------------------------- when somebody leaves


INHERITED = (
    "state",
    "level",
    "assignee_id",
    "department",
    "returned_by",
    "lead_id",
    "reopened",
    "needs",
    "wished_from",
    "wished_until",
    "held_from",
    "hold_until",
    "accept_by",
    "finish_by",
    "held_at",
    "warned_at",
    "missed_at",
    "dispatch_at",
    "answered_at",
    "urged_at",
    "resolved_at",
    "reminded_at",
)
"""What goes with a matter that goes on under another number."""


def leave(session: Session, ticket: Ticket, head: Ticket, *, by: Person, now: datetime) -> None:
    """After a follower took their own ticket back: nothing of `head` waits for them any more."""
    transitions.perform(
        session,
        head,
        Action.PART,
        by=by,
        now=now,
        facts={"ticket": ticket.id, "number": ticket.number},
        checked=Actor.FOLLOWER,
    )
    close_if_judged(session, head, now=now)


def take_over(session: Session, head: Ticket, *, now: datetime) -> Ticket | None:
    """Before the reporter takes `head` back: the matter goes on as the oldest follower's ticket, with all the others.

    That one keeps its own number, words, place and door, and takes the state, the task in somebody's hands, the tasks
    the matter was split into and the judgements. None when nobody follows. `head` and what is merged into it must be
    locked.
    """
    others = followers.of(session, head)
    if not others:
        return None
    heir, *rest = others
    helping = helpers.move(session, head, heir)
    team = [*([head.assignee_id] if head.assignee_id is not None else []), *helping]
    for each in rest:
        each.merged_into_id = heir.id
    # The heir has none of its own: what has tasks is not merged into another.
    tasks = session.scalars(select(Ticket).where(Ticket.parent_id == head.id).order_by(Ticket.id)).all()
    for each in tasks:
        each.parent_id = heir.id
    changes = {name: getattr(head, name) for name in INHERITED}
    parties.move(session, head, heir)
    if head.state is TicketState.OFFERED:
        # The offers name the other ticket: they are withdrawn with it.
        changes |= {"state": TicketState.NEW, "dispatch_at": now}
    transitions.perform(
        session,
        heir,
        Action.TAKE_OVER,
        by=None,
        now=now,
        facts={"from": head.id, "number": head.number, **({"tasks": [each.short for each in tasks]} if tasks else {})},
        changes={**changes, "merged_into_id": None, "closed_at": None},
    )
    session.execute(
        update(Evaluation)
        .where(Evaluation.ticket_id == head.id, Evaluation.person_id != head.reporter_id)
        .values(ticket_id=heir.id)
        .execution_options(synchronize_session=False)
    )
    if head.state is not TicketState.RESOLVED:
        data = {each: {"number": head.short} for each in team}
        outboxes.tell_each(session, NoticeKind.TAKES_OVER, data, now=now, ticket_id=heir.id)
    close_if_judged(session, heir, now=now)
    return heir


def close_if_judged(session: Session, head: Ticket, *, now: datetime) -> None:
    """Ends a result for which nobody's judgement is waited for any more, after somebody left it."""
    if head.state is not TicketState.RESOLVED or followers.to_judge(session, head):
        return
    if not followers.judged(session, head):
        return
    transitions.perform(
        session,
        head,
        Action.EVALUATE,
        by=None,
        now=now,
        changes={"closed_at": now, "ending": Ending.EVALUATED},
        checked=Actor.SYSTEM,
    )
    transitions.forget_questions(session, head)
