"""The tickets that may tell of the same event as another: open ones for a new one, all of a season for the desk."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, select
from sqlalchemy.orm import Session

from models import batch
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


_Row = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ticket, as far as it is compared, with the reporter's words; empty where they were erased."""

    ticket_id: int
    area_id: int
    category: str
    place: str
    opened_at: datetime
    words: str


def estate_of(area: Area) -> int:
    """The id of the area whose tickets are looked at for one in `area`: a building's estate, otherwise itself."""
    return area.parent_id if area.kind is AreaKind.BUILDING and area.parent_id else area.id


def candidates(
    session: Session,
    estate: int,
    categories: Collection[str],
    *,
    now: datetime,
    window: timedelta = WINDOW,
    most: int = MOST,
    before: int = sys.maxsize,
    finished: bool = False,
) -> Sequence[Candidate]:
    """Open tickets of an estate and its buildings (see `estate_of`), of one of `categories`, opened within `window`,
    newest first.

    A community gives the tickets that are placed no nearer than itself. Tasks that staff made of a ticket and services
    are left out. `before` is the id of a ticket of which only earlier ones are wanted;
    `finished` asks for what is over too.
    """
    places = batch.once(session, (candidates, estate), lambda: _places(session, estate))
    rows: Sequence[_Row] = ()
    # An estate in which much happens is read for a few days only: what is read stays the same, however much is told.
    for back in (window / RECENT, window):
        wanted = {"places": places, "categories": sorted(categories), "since": now - back}
        rows = session.execute(
            _NEWEST_OF_ALL if finished else _NEWEST, {**wanted, "before": before, "most": most}
        ).all()
        if len(rows) >= most:
            break
    return [Candidate(row[0], row[1], row[2], row[3], row[4], row[5] or "") for row in rows]


def _places(session: Session, estate: int) -> list[int]:
    buildings = select(Area.id).where(Area.parent_id == estate, Area.kind == AreaKind.BUILDING)
    return [estate, *session.scalars(buildings)]


def _newest(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    newest = (
        select(Ticket.id, Ticket.area_id, Ticket.category, Ticket.place, Ticket.opened_at)
        .where(
            # One index has these three: what is read grows with what this estate tells since then, nothing else.
            Ticket.area_id.in_(bindparam("places", expanding=True)),
            Ticket.category.in_(bindparam("categories", expanding=True)),
            Ticket.opened_at >= bindparam("since"),
            Ticket.parent_id.is_(None),
            Ticket.service.is_(None),
            Ticket.id < bindparam("before"),
            *conditions,
        )
        .order_by(Ticket.opened_at.desc(), Ticket.id.desc())
        .limit(bindparam("most"))
        .subquery()
    )
    said = (TicketWords.ticket_id == newest.c.id) & (TicketWords.kind == WordsKind.REPORT)
    return (
        select(*newest.c, TicketWords.text)
        .outerjoin_from(newest, TicketWords, said)
        .order_by(newest.c.opened_at.desc(), newest.c.id.desc())
    )


# Not "in the open states": SQLite would take that for a reason to read everything that is open.
_NEWEST = _newest(Ticket.state.not_in(OVER_STATES))
_NEWEST_OF_ALL = _newest()
"""Made once: making them costs as much as what they find."""
