"""Problems that come again and again (高频问题): what, where, how often, and since when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from models import areas, measures, results
from models.area import Area, AreaKind
from models.clock import local
from models.ticket import Ticket, TicketState

WINDOW = timedelta(days=30)
"""The last so many days of a period are looked at: a problem of last winter is none of today."""

LEAST = 3
"""Matters of one kind at one place, that make a problem."""

BACK = timedelta(days=366)
MOST_READ = 2000
"""How far, and through how many reports, it is looked back for the beginning."""

NO_MATTER = (TicketState.MERGED, TicketState.WITHDRAWN, TicketState.REJECTED)
"""A report of the same event, or of none, is no matter of its own."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of matter at one place; `since` is the first report after the last quiet `WINDOW`."""

    area_id: int
    place: str
    category: str
    matters: int
    reports: int
    """Those of one and the same event too."""
    since: date


def problems(
    session: Session,
    *,
    since: datetime,
    until: datetime,
    communities: Collection[int],
    category: str = "",
    most: int = 10,
) -> Sequence[Problem]:
    """What came most often in the last `WINDOW` of a period; buildings count to their estate."""
    begin = max(since, until - WINDOW)
    is_matter = case((Ticket.state.in_(NO_MATTER), 0), else_=1)
    here = (
        select(Ticket.area_id, Ticket.category, func.sum(is_matter).label("matters"), func.count().label("reports"))
        .where(measures.opened(begin, until), Ticket.community_id.in_(communities))
        .group_by(Ticket.area_id, Ticket.category)
    )
    # Counted where it was told, and only then asked which estate that is.
    told = (here.where(Ticket.category == category) if category else here).subquery()
    place = case((Area.kind == AreaKind.BUILDING, Area.parent_id), else_=Area.id).label("place")
    matters = func.sum(told.c.matters).label("matters")
    query = (
        select(place, told.c.category, matters, func.sum(told.c.reports))
        .join(Area, Area.id == told.c.area_id)
        .group_by(place, told.c.category)
        .having(matters >= LEAST)
        .order_by(matters.desc(), place, told.c.category)
        .limit(most)
    )
    rows = session.execute(query).all()
    inside = {place_id: [place_id] for place_id, *_ in rows}
    names = areas.full_names(session, inside)
    buildings = select(Area.id, Area.parent_id).where(Area.parent_id.in_(inside), Area.kind == AreaKind.BUILDING)
    for building_id, place_id in session.execute(buildings):
        inside[place_id].append(building_id)
    return [
        Problem(
            place_id, names[place_id], code, int(many), int(reports), _since(session, inside[place_id], code, until)
        )
        for place_id, code, many, reports in rows
    ]


def _since(session: Session, area_ids: Collection[int], category: str, until: datetime) -> date:
    """The day of the first report before which a whole `WINDOW` was quiet."""
    found = session.scalars(
        select(Ticket.opened_at)
        .where(
            Ticket.area_id.in_(area_ids),
            Ticket.category == category,
            Ticket.opened_at >= until - BACK,
            Ticket.opened_at < until,
            Ticket.state.not_in(NO_MATTER),
            results.is_residents(),
        )
        .order_by(Ticket.opened_at.desc())
        .limit(MOST_READ)
    )
    first = until
    for moment in found:
        if first - moment > WINDOW:
            break
        first = moment
    return local(first).date()
