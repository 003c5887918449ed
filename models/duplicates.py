"""The open tickets that may tell of the same event as a new one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models.area import Area, AreaKind
from models.lifecycle import OPEN_STATES
from models.ticket import Ticket, TicketState, TicketWords, WordsKind

WINDOW = timedelta(days=14)
MOST = 50
"""The newest so many are looked at: the work does not grow with the number of tickets."""

RECENT = 7
"""This part of the window is looked at first, and suffices where so many were told in it."""

OVER_STATES = frozenset(TicketState) - OPEN_STATES

ABOVE = frozenset({AreaKind.CITY, AreaKind.DISTRICT, AreaKind.STREET})
"""Too wide for one event."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An open ticket with the reporter's words; empty where they were erased."""

    ticket: Ticket
    words: str


def estate_of(area: Area) -> int:
    """The id of the area whose tickets are looked at for one in `area`: a building's estate, otherwise itself."""
    return area.parent_id if area.kind is AreaKind.BUILDING and area.parent_id else area.id


def candidates(
    session: Session,
    area: Area,
    categories: Collection[str],
    *,
    now: datetime,
    window: timedelta = WINDOW,
    most: int = MOST,
    before: int | None = None,
) -> Sequence[Candidate]:
    """Open tickets of the estate `area` belongs to, of one of `categories`, opened within `window`, newest first.

    A community gives the tickets that are placed no nearer than itself; what lies above has none. Tasks that staff made
    of a ticket and services are left out. `before` is the id of a ticket of which only earlier ones are wanted.
    """
    if area.kind in ABOVE:
        return []
    around = estate_of(area)
    buildings = session.scalars(select(Area.id).where(Area.parent_id == around, Area.kind == AreaKind.BUILDING))
    places = [around, *buildings]
    found: Sequence[int] = []
    # An estate in which much happens is read for a few days only: what is read stays the same, however much is told.
    for back in (window / RECENT, window):
        found = session.scalars(_newest(places, categories, since=now - back, most=most, before=before)).all()
        if len(found) >= most:
            break
    rows = session.execute(
        select(Ticket, TicketWords.text)
        .outerjoin(TicketWords, (TicketWords.ticket_id == Ticket.id) & (TicketWords.kind == WordsKind.REPORT))
        .where(Ticket.id.in_(found))
        .order_by(Ticket.opened_at.desc(), Ticket.id.desc())
    )
    return [Candidate(ticket, text or "") for ticket, text in rows]


def _newest(
    places: Sequence[int], categories: Collection[str], *, since: datetime, most: int, before: int | None
) -> Select[int]:
    query = (
        select(Ticket.id)
        .where(
            # One index has these three: what is read grows with what this estate tells since then, nothing else.
            Ticket.area_id.in_(places),
            Ticket.category.in_(categories),
            Ticket.opened_at >= since,
            # Not "in the open states": SQLite would take that for a reason to read everything that is open.
            Ticket.state.not_in(OVER_STATES),
            Ticket.parent_id.is_(None),
            Ticket.service.is_(None),
        )
        .order_by(Ticket.opened_at.desc(), Ticket.id.desc())
        .limit(most)
    )
    return query if before is None else query.where(Ticket.id < before)
