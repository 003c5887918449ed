"""The open tickets that may tell of the same event as a new one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models import areas
from models.area import Area, AreaKind
from models.clock import local
from models.lifecycle import OPEN_STATES
from models.ticket import Ticket, TicketWords, WordsKind

WINDOW = timedelta(days=14)
MOST = 50
"""The newest so many are looked at: the work does not grow with the number of tickets."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An open ticket with the reporter's words; empty where they were erased."""

    ticket: Ticket
    words: str


def candidates(
    session: Session,
    area: Area,
    categories: Collection[str],
    *,
    now: datetime,
    window: timedelta = WINDOW,
    most: int = MOST,
    but: int | None = None,
) -> Sequence[Candidate]:
    """Open tickets of the estate `area` belongs to, of one of `categories`, opened within `window`, newest first.

    A community gives the tickets that are placed no nearer than itself; what lies above has none. `but` is the id of a
    ticket to leave out.
    """
    community = areas.community_of(session, area.id)
    if community is None:
        return []
    around = area.parent_id if area.kind is AreaKind.BUILDING and area.parent_id else area.id
    buildings = select(Area.id).where(Area.parent_id == around, Area.kind == AreaKind.BUILDING)
    rows = session.execute(
        select(Ticket, TicketWords.text)
        .outerjoin(TicketWords, (TicketWords.ticket_id == Ticket.id) & (TicketWords.kind == WordsKind.REPORT))
        .where(
            # The index stands on these three; the rest only narrows what one community told in the window.
            Ticket.community_id == community,
            Ticket.state.in_(OPEN_STATES),
            Ticket.day >= local(now - window).date(),
            Ticket.opened_at >= now - window,
            or_(Ticket.area_id == around, Ticket.area_id.in_(buildings)),
            Ticket.category.in_(categories),
            Ticket.id != (but or 0),
        )
        .order_by(Ticket.opened_at.desc(), Ticket.id.desc())
        .limit(most)
    )
    return [Candidate(ticket, text or "") for ticket, text in rows]
