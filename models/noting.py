"""What a desk keeps for itself: filters by name, private notes on tickets, and who has a ticket open just now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.base import insert
from models.desktop import DeskNote, Presence, SavedFilter
from models.person import Person
from models.ticket import Ticket

STALE = timedelta(seconds=40)
"""A page that tells nothing of itself for so long is closed, or lies in the background."""

AGAIN = timedelta(seconds=12)
"""How often an open page tells of itself: each time is a row that is written."""

MOST_FILTERS = 30
MOST_NOTES = 100


def filters_of(session: Session, area_ids: Collection[int]) -> Sequence[SavedFilter]:
    """What the desks of these areas have kept, by name."""
    query = select(SavedFilter).where(SavedFilter.area_id.in_(area_ids)).order_by(SavedFilter.name, SavedFilter.id)
    return session.scalars(query.limit(MOST_FILTERS)).all()


def keep_filter(session: Session, area_id: int, name: str, query: str, *, by: Person, now: datetime) -> None:
    """Keeps a filter for everybody at a desk; one of the same name is replaced."""
    values = {"query": query, "by_id": by.id, "created_at": now}
    statement = insert(session, SavedFilter).values(area_id=area_id, name=name, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["area_id", "name"], set_=values))


def forget_filter(session: Session, filter_id: int, area_ids: Collection[int]) -> bool:
    """Takes a filter of these desks away; False where there is none."""
    found = session.get(SavedFilter, filter_id)
    if found is None or found.area_id not in area_ids:
        return False
    session.delete(found)
    return True


def notes_on(session: Session, ticket: Ticket) -> Sequence[DeskNote]:
    """The desk's own lines on a ticket, in order."""
    query = select(DeskNote).where(DeskNote.ticket_id == ticket.id).order_by(DeskNote.id)
    return session.scalars(query.limit(MOST_NOTES)).all()


def note(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """Adds such a line. It changes nothing about the ticket: nobody is told, no limit ends."""
    session.add(DeskNote(ticket_id=ticket.id, person_id=by.id, text=text, written_at=now))


def look_at(session: Session, ticket: Ticket, *, by: Person, now: datetime) -> None:
    """Says that somebody has the ticket open, and forgets who had it long ago."""
    session.execute(delete(Presence).where(Presence.ticket_id == ticket.id, Presence.seen_at < now - STALE))
    statement = insert(session, Presence).values(ticket_id=ticket.id, person_id=by.id, seen_at=now)
    session.execute(statement.on_conflict_do_update(index_elements=["ticket_id", "person_id"], set_={"seen_at": now}))


def lookers(session: Session, ticket: Ticket, *, but: Person, now: datetime) -> Sequence[str]:
    """The names of the others who have it open."""
    query = (
        select(Person.name)
        .join(Presence, Presence.person_id == Person.id)
        .where(Presence.ticket_id == ticket.id, Presence.seen_at >= now - STALE, Person.id != but.id)
        .order_by(Person.name)
    )
    return session.scalars(query).all()
