"""One ticket's matter as several tasks (子任务): each is a ticket of its own, and people say when the whole is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import opening, transitions
from models.category import Category
from models.errors import Refusal, Refused
from models.lifecycle import Action
from models.person import Person
from models.ticket import Ticket, TicketState, Urgency

MOST = 5


@dataclass(frozen=True, slots=True)
class Task:
    """One part: what is to be done, in the words of whoever splits the ticket, and its category."""

    words: str
    category: str


def tasks_of(session: Session, ticket: Ticket) -> Sequence[Ticket]:
    """The tasks a ticket was split into, in order."""
    return session.scalars(select(Ticket).where(Ticket.parent_id == ticket.id).order_by(Ticket.id)).all()


def split(
    session: Session, ticket: Ticket, tasks: Sequence[Task], *, by: Person, channel: str, now: datetime
) -> list[Ticket]:
    """Makes up to five tasks of a ticket, each dispatched by itself; whoever splits it judges them.

    The ticket itself is offered to nobody any more: people resolve it. Raises Refused: HAS_TASKS beyond five and for
    a task of another ticket; REASON_MISSING for none.
    """
    ticket = transitions.lock(session, ticket.id)
    actor = transitions.check(session, ticket, Action.SPLIT, by=by)
    told = [task for task in tasks if task.words.strip()]
    if not told:
        raise Refused(Refusal.REASON_MISSING, number=ticket.short)
    if ticket.parent_id is not None or len(told) + len(tasks_of(session, ticket)) > MOST:
        raise Refused(Refusal.HAS_TASKS, number=ticket.short)
    made = []
    for task in told:
        category = session.get(Category, task.category)
        report = opening.Report(
            words=task.words.strip(),
            category=category.code if category else None,
            # The alarm of an emergency has rung.
            urgency=Urgency.URGENT if ticket.urgency is Urgency.EMERGENCY else ticket.urgency,
            area_id=ticket.area_id,
            place=ticket.place,
            room=ticket.room,
            lat=ticket.lat,
            lng=ticket.lng,
        )
        child = opening.open_ticket(session, report, by=by, channel=channel, now=now)
        child.parent_id = ticket.id
        made.append(child)
    transitions.perform(
        session,
        ticket,
        Action.SPLIT,
        by=by,
        now=now,
        facts={"tickets": [child.id for child in made], "numbers": [child.short for child in made]},
        changes={
            "state": TicketState.NEW if ticket.state is TicketState.OFFERED else ticket.state,
            "dispatch_at": None,
        },
        checked=actor,
    )
    return made
