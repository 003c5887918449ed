"""Who follows a matter: the tickets that were merged into one, and the people who hear of it and judge it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import batch, results
from models.errors import Refused
from models.ticket import Evaluation, Ticket

P = ParamSpec("P")
R = TypeVar("R")


def head_of(session: Session, ticket: Ticket) -> Ticket:
    """The ticket a merged one lives on in; every other ticket is its own head. Heads are never merged themselves."""
    return ticket if ticket.merged_into_id is None else session.get_one(Ticket, ticket.merged_into_id)


def of(session: Session, ticket: Ticket) -> Sequence[Ticket]:
    """The tickets merged into this one, the oldest first."""
    return session.scalars(select(Ticket).where(Ticket.merged_into_id == ticket.id).order_by(Ticket.id)).all()


def look_up(session: Session, ticket_ids: Collection[int]) -> None:
    """Who follows many tickets, at once, for a transaction that changes all of them and merges none."""
    known = batch.memo(session)
    if known is None or not ticket_ids:
        return
    known |= {(numbers, ticket_id): {} for ticket_id in ticket_ids}
    merged = select(Ticket.merged_into_id, Ticket.reporter_id, Ticket.id).where(Ticket.merged_into_id.in_(ticket_ids))
    for head_id, reporter_id, ticket_id in session.execute(merged.order_by(Ticket.id.desc())):
        known[numbers, head_id][reporter_id] = ticket_id


def numbers(session: Session, ticket: Ticket) -> Mapping[int, int]:
    """Everybody who hears of a ticket, with the id of the ticket whose number they know it by."""
    followed = (batch.memo(session) or {}).get((numbers, ticket.id))
    if followed is None:
        merged = select(Ticket.reporter_id, Ticket.id).where(Ticket.merged_into_id == ticket.id)
        followed = dict(session.execute(merged.order_by(Ticket.id.desc())).all())
    return {**followed, ticket.reporter_id: ticket.id}


def follows(session: Session, ticket: Ticket, person_id: int) -> bool:
    """Whether a person's own ticket was merged into this one."""
    query = select(Ticket.id).where(Ticket.merged_into_id == ticket.id, Ticket.reporter_id == person_id).limit(1)
    return session.scalar(query) is not None


def own_of(session: Session, head: Ticket, person_id: int) -> Ticket:
    """The ticket by whose number a person knows a matter."""
    own = numbers(session, head).get(person_id)
    return head if own is None else session.get_one(Ticket, own)


def judged(session: Session, ticket: Ticket) -> Collection[int]:
    """Who has judged the present result."""
    return set(
        session.scalars(
            select(Evaluation.person_id).where(Evaluation.ticket_id == ticket.id, Evaluation.round == ticket.reopened)
        )
    )


def to_judge(session: Session, ticket: Ticket) -> Mapping[int, int]:
    """Who has not judged the present result yet, as `numbers` gives them; nobody judges what they did themselves."""
    done = {*judged(session, ticket), *results.workers(session, ticket)}
    return {person_id: own_id for person_id, own_id in numbers(session, ticket).items() if person_id not in done}


def lock_all(session: Session, *ticket_ids: int) -> dict[int, Ticket]:
    """These tickets and those merged into them, as they are now and held until the end of the transaction.

    Always in the order of their ids, so that two who change the same tickets do not wait for each other for ever.
    """
    merged = select(Ticket.id).where(Ticket.merged_into_id.in_(ticket_ids))
    found = session.scalars(
        select(Ticket)
        .where(Ticket.id.in_(ticket_ids) | Ticket.id.in_(merged))
        .order_by(Ticket.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {each.id: each for each in found}


def lock_head(session: Session, ticket: Ticket) -> Ticket:
    """The ticket in which this one lives on, as it is now, held until the end of the transaction."""
    while True:
        head = session.get_one(Ticket, ticket.merged_into_id or ticket.id, with_for_update=True, populate_existing=True)
        if head is not ticket:
            # Merging and its undoing hold the head: under its lock this stays true.
            session.refresh(ticket, ["merged_into_id", "state"])
        if head.id == (ticket.merged_into_id or ticket.id):
            return head


def on_head(act: Callable[Concatenate[Session, Ticket, P], R]) -> Callable[Concatenate[Session, Ticket, P], R]:
    """Does something to the ticket in which the given one lives on, locked; a refusal names the given number."""

    @wraps(act)
    def run(session: Session, ticket: Ticket, /, *args: P.args, **kwargs: P.kwargs) -> R:
        head = lock_head(session, ticket)
        try:
            return act(session, head, *args, **kwargs)
        except Refused as refused:
            if "number" in refused.facts:
                refused.facts["number"] = ticket.short
            raise

    return run
