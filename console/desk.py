"""The desk's list: what is asked for by tab and search, in which order, and how much stands in every tab."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select, true

from console.sight import Sight
from models import merging, tickets
from models.lifecycle import LIVE_STATES, OPEN_STATES
from models.proposal import Proposal
from models.ticket import Limit, Ticket, TicketState, Urgency

PAGE_SIZE = 25


class Tab(StrEnum):
    """One pile on the desk."""

    NEW = "new"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    ASSIGNED = "assigned"
    RESOLVED = "resolved"
    OVERDUE = "overdue"
    HELD = "held"
    SAME = "same"
    """May be the same event as an earlier one: the desk decides."""
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list; `more` says whether there is another."""

    rows: Sequence[Ticket]
    more: bool


def overdue(sight: Sight) -> ColumnElement[bool]:
    """The tickets whose limit ran out, noted already or not."""
    return and_(
        Ticket.state.in_(OPEN_STATES - {TicketState.HELD}),
        or_(Ticket.due_at <= sight.now, Ticket.limit == Limit.LATE),
    )


def is_overdue(ticket: Ticket, sight: Sight) -> bool:
    """The same question about a ticket at hand."""
    if ticket.state not in OPEN_STATES - {TicketState.HELD}:
        return False
    return ticket.limit is Limit.LATE or (ticket.due_at is not None and ticket.due_at <= sight.now)


def proposed(sight: Sight) -> ColumnElement[bool]:
    """The later tickets of the pairs that may be one event."""
    if not sight.is_desk:
        return false()
    return Ticket.id.in_(select(Proposal.ticket_id).where(merging.open_pairs()))


def _in_tab(tab: Tab, sight: Sight) -> ColumnElement[bool]:
    match tab:
        case Tab.ALL:
            return true()
        case Tab.OVERDUE:
            return overdue(sight)
        case Tab.SAME:
            return proposed(sight)
        case _:
            return Ticket.state == TicketState(tab.value)


def _matching(search: str) -> ColumnElement[bool]:
    """A number, or a part of the place."""
    if not search:
        return true()
    found = Ticket.place.contains(search, autoescape=True)
    try:
        day, serial = tickets.parse_number(search)
    except ValueError:
        return found
    if day is None:
        return or_(found, Ticket.serial == serial)
    try:
        on = datetime.strptime(f"{day}+0000", "%y%m%d%z").date()
    except ValueError:
        return found
    return or_(found, and_(Ticket.serial == serial, Ticket.day == on))


def listing(sight: Sight, tab: Tab, search: str, *, page: int) -> Listing:
    """The tickets of a tab: live emergencies first, then what is overdue, then the newest."""
    alarming = and_(Ticket.urgency == Urgency.EMERGENCY, Ticket.state.in_(LIVE_STATES))
    rows = sight.session.scalars(
        select(Ticket)
        .where(sight.tickets(), _in_tab(tab, sight), _matching(search))
        .order_by(
            case((alarming, 0), (overdue(sight), 1), else_=2),
            Ticket.id.desc(),
        )
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE + 1)
    ).all()
    return Listing(rows[:PAGE_SIZE], len(rows) > PAGE_SIZE)


def counts(sight: Sight, search: str) -> dict[Tab, int]:
    """How many tickets every tab holds under the same search."""
    condition = and_(sight.tickets(), _matching(search))
    by_state = dict(
        sight.session.execute(select(Ticket.state, func.count()).where(condition).group_by(Ticket.state)).all()
    )
    late = sight.session.scalar(select(func.count()).select_from(Ticket).where(condition, overdue(sight))) or 0
    pairs = sight.session.scalar(select(func.count()).select_from(Ticket).where(condition, proposed(sight))) or 0
    held = {Tab(state.value): count for state, count in by_state.items() if state.value in list(Tab)}
    return {tab: held.get(tab, 0) for tab in Tab} | {
        Tab.OVERDUE: late,
        Tab.SAME: pairs,
        Tab.ALL: sum(by_state.values()),
    }
