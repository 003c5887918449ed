"""The desk's piles as a list and as a board: what is asked for, in which order, how much there is, what has changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    cast,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    text,
    true,
    union_all,
)

from console import masks
from console.sight import Sight
from models import finding, measures, merging, search
from models.area import Area, AreaKind
from models.clock import CHINA, local
from models.lifecycle import OPEN_STATES
from models.proposal import Proposal
from models.ticket import ALARMING, URGENT, Limit, Ticket, TicketEvent, TicketState, TicketWords, Urgency, WordsKind

PAGE_SIZE = 25
COLUMN_SIZE = 8
GIST, READ = 60, 400
"""Characters of what was told that a row shows, and that are read for it: a number that is cut stands far behind."""
MOST_COUNTED = 1000
"""No pile is counted further: whoever has more wants to know that it is more, and counting costs."""


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


DAYS = (1, 7, 30, 90, 365)
"""How far back a list or the map may be told to look."""

Hours = tuple[int, int]
"""A part of the day by the clock of China: from which hour to before which other, over midnight too."""


def hours_in(part: Hours) -> list[int]:
    """Every hour of a part of the day."""
    first, end = part
    return [at % 24 for at in range(first, end if end > first else end + 24)]


BOARD = (Tab.NEW, Tab.OFFERED, Tab.ACCEPTED, Tab.ASSIGNED, Tab.RESOLVED, Tab.OVERDUE, Tab.HELD)
COUNTED = (*BOARD, Tab.SAME)


class View(StrEnum):
    """How the piles are looked at."""

    LIST = "list"
    BOARD = "board"


class Due(StrEnum):
    """What is asked of the limit that runs."""

    LATE = "late"
    TODAY = "today"


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see, as the address says it. `after` is where the page before ended."""

    tab: Tab | None = None
    view: View = View.LIST
    search: str = ""
    category: str = ""
    area_id: int = 0
    urgency: Urgency | None = None
    due: Due | None = None
    mine: bool = False
    days: int = 0
    """Only what came within so many days, today among them; 0 for all."""
    first: date | None = None
    last: date | None = None
    """Only what came on these days and between them."""
    hours: Hours | None = None
    """Only what came in this part of a day."""
    after: str = ""

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter is set."""
        plain = Asked(self.tab, self.view, self.search, after=self.after)
        return self.query != plain.query

    @property
    def query(self) -> dict[str, str]:
        """The question part of the address that asks for the same, from the beginning."""
        given = {
            "view": "" if self.view is View.LIST else self.view.value,
            "tab": self.tab.value if self.tab else "",
            "q": self.search,
            "category": self.category,
            "area": str(self.area_id or ""),
            "urgency": self.urgency.value if self.urgency else "",
            "due": self.due.value if self.due else "",
            "mine": "1" if self.mine else "",
            "days": str(self.days or ""),
            "from": self.first.isoformat() if self.first else "",
            "to": self.last.isoformat() if self.last else "",
            "hours": "{}-{}".format(*self.hours) if self.hours else "",
        }
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list; `after` is where the next begins, empty when there is none."""

    rows: Sequence[Ticket]
    after: str


def overdue(sight: Sight) -> ColumnElement[bool]:
    """The tickets whose limit ran out, noted already or not."""
    return and_(
        Ticket.state.in_(OPEN_STATES - {TicketState.HELD}),
        or_(Ticket.due_at <= sight.now, Ticket.limit == Limit.LATE),
    )


def _in_time(sight: Sight) -> ColumnElement[bool]:
    """All others, said without a NOT: a limit that does not run is neither over nor to come."""
    return or_(
        Ticket.state.not_in(OPEN_STATES - {TicketState.HELD}),
        and_(
            or_(Ticket.due_at.is_(None), Ticket.due_at > sight.now),
            or_(Ticket.limit.is_(None), Ticket.limit != Limit.LATE),
        ),
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


def asked_tickets(sight: Sight, asked: Asked) -> ColumnElement[bool]:
    """What the viewer may see of what is asked for, without a search; of no pile in particular what is not done yet."""
    pile = Ticket.state.in_(OPEN_STATES) if asked.tab is None else _in_tab(asked.tab, sight)
    return and_(_narrowed(sight, asked), pile)


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


def _narrowed(sight: Sight, asked: Asked) -> ColumnElement[bool]:
    """What the viewer may see and the filters let through."""
    conditions = [sight.tickets()]
    if asked.category:
        conditions.append(Ticket.category == asked.category)
    if asked.area_id:
        conditions.append(_inside(sight, asked.area_id))
    if asked.urgency is Urgency.NORMAL:
        conditions.append(Ticket.urgency == asked.urgency)
    elif asked.urgency is not None:
        # In the very words of an index too.
        conditions.append(and_(Ticket.urgency == asked.urgency, text(URGENT)))
    if asked.days:
        conditions.append(Ticket.day > local(sight.now).date() - timedelta(days=asked.days))
    if asked.first:
        conditions.append(Ticket.day >= asked.first)
    if asked.last:
        conditions.append(Ticket.day <= asked.last)
    if asked.hours:
        conditions.append(cast(measures.hour(sight.session), Integer).in_(hours_in(asked.hours)))
    if asked.mine:
        conditions.append(Ticket.assignee_id == sight.person.id)
    if asked.due is Due.LATE:
        conditions.append(overdue(sight))
    elif asked.due is Due.TODAY:
        tonight = datetime.combine(local(sight.now).date() + timedelta(days=1), time(), CHINA)
        conditions += [Ticket.state.in_(OPEN_STATES - {TicketState.HELD}), Ticket.due_at < tonight]
    return and_(*conditions)


def _inside(sight: Sight, area_id: int) -> ColumnElement[bool]:
    """An estate, building or community, or everything above that; only narrows what the viewer sees anyway."""
    area = sight.session.get(Area, area_id)
    if area is None:
        return false()
    below = select(Area.id).where(Area.path.startswith(area.path))
    if area.kind in (AreaKind.ESTATE, AreaKind.BUILDING):
        return Ticket.area_id.in_(sight.session.scalars(below).all())
    return Ticket.community_id.in_(sight.session.scalars(below.where(Area.kind == AreaKind.COMMUNITY)).all())


def _numbered(given: str) -> ColumnElement[bool] | None:
    try:
        day, serial = finding.parse_number(given)
        on = datetime.strptime(f"{day}+0000", "%y%m%d%z").date() if day is not None else None
    except ValueError:
        return None
    return Ticket.serial == serial if on is None else and_(Ticket.serial == serial, Ticket.day == on)


# ---------------------------------------------------------------- rows


def listing(sight: Sight, asked: Asked, tab: Tab) -> Listing:
    """The tickets of a tab: live emergencies first, then what is overdue, then the newest. What is looked for comes
    newest first.
    """
    if not asked.search:
        return _piles(sight, asked, [tab], PAGE_SIZE)[tab]
    found = search.find(
        sight.session,
        asked.search,
        numbered=_numbered(asked.search),
        seen=and_(_narrowed(sight, asked), _in_tab(tab, sight)),
        scope=sight.scope,
        before=_place(asked.after)[1],
        most=PAGE_SIZE + 1,
    )
    rows = _load(sight, found[:PAGE_SIZE])
    return Listing(
        [rows[each] for each in found[:PAGE_SIZE]], f"0.{found[PAGE_SIZE - 1]}" if len(found) > PAGE_SIZE else ""
    )


def board(sight: Sight, asked: Asked) -> dict[Tab, Listing]:
    """The beginning of every column."""
    return _piles(sight, replace(asked, after=""), BOARD, COLUMN_SIZE)


def _piles(sight: Sight, asked: Asked, tabs: Sequence[Tab], size: int) -> dict[Tab, Listing]:
    """A page of every one of these tabs. Each third of each pile by itself runs along an index and stops when the page
    is full; ordered by all at once, every database would sort the whole pile.
    """
    here, (begin, before) = _narrowed(sight, asked), _place(asked.after)
    late = and_(overdue(sight), Ticket.urgency != Urgency.EMERGENCY)
    thirds: list[Any] = [text(ALARMING), late, and_(_in_time(sight), text(f"NOT ({ALARMING})"))]
    parts = []
    for column, tab in enumerate(tabs):
        for third, condition in enumerate(thirds[: 2 if tab is Tab.OVERDUE else 3]):
            if third < begin:
                continue
            query = select(literal(column).label("pile"), literal(third).label("third"), Ticket.id)
            query = query.where(here, _in_tab(tab, sight), condition)
            if third == begin and before is not None:
                query = query.where(Ticket.id < before)
            parts.append(select(query.order_by(Ticket.id.desc()).limit(size + 1).subquery()))
    found: dict[int, list[tuple[int, int]]] = {}
    for column, third, ticket_id in sight.session.execute(union_all(*parts)):
        found.setdefault(column, []).append((third, -ticket_id))
    pages = [sorted(found.get(column, []))[: size + 1] for column in range(len(tabs))]
    rows = _load(sight, [-each for page in pages for _, each in page[:size]])
    return {
        tab: Listing(
            [rows[-each] for _, each in page[:size]],
            f"{page[size - 1][0]}.{-page[size - 1][1]}" if len(page) > size else "",
        )
        for tab, page in zip(tabs, pages, strict=True)
    }


def _load(sight: Sight, ids: Collection[int]) -> dict[int, Ticket]:
    return {each.id: each for each in sight.session.scalars(select(Ticket).where(Ticket.id.in_(ids)))}


def gists(sight: Sight, rows: Sequence[Ticket]) -> dict[int, str]:
    """The beginning of what was told of each, where it was told in words."""
    told = (
        select(TicketWords.ticket_id, func.substr(TicketWords.text, 1, READ))
        .where(TicketWords.ticket_id.in_([row.id for row in rows]), TicketWords.kind == WordsKind.REPORT)
        .where(TicketWords.text != "")
        .order_by(TicketWords.id.desc())
    )
    # The first one stays.
    first: dict[int, str] = dict(sight.session.execute(told).all())
    return {ticket_id: masks.gist(text, GIST) for ticket_id, text in first.items()}


def _place(after: str) -> tuple[int, int | None]:
    """Where the page before ended: the part, and the last ticket of it."""
    part, _, last = after.partition(".")
    if part in ("0", "1", "2") and last.isascii() and last.isdigit() and len(last) < 13:
        return int(part), int(last)
    return 0, None


def counts(sight: Sight, asked: Asked, tabs: Collection[Tab] = COUNTED) -> dict[Tab, int]:
    """How many tickets these tabs hold under the same filters, up to a thousand. Nothing is counted while searching."""
    if asked.search:
        return {}
    here = _narrowed(sight, asked)
    order = list(tabs)
    piles = [select(Ticket.id).where(here, _in_tab(tab, sight)).limit(MOST_COUNTED).subquery() for tab in order]
    numbers = sight.session.execute(
        select(*(select(func.count()).select_from(pile).scalar_subquery() for pile in piles))
    ).one()
    return dict(zip(order, numbers, strict=True))


# ---------------------------------------------------------------- what has changed


def version(sight: Sight) -> int:
    """The last line of all history: while it is the same, nothing has changed anywhere."""
    return sight.session.scalar(select(func.max(TicketEvent.id))) or 0


def has_changed(sight: Sight, since: int) -> bool:
    """Whether anything the viewer sees was touched after this line of history."""
    lines = select(TicketEvent.ticket_id).where(TicketEvent.id > since).order_by(TicketEvent.id).limit(MOST_COUNTED)
    found = sight.session.scalars(lines).all()
    if len(found) == MOST_COUNTED:
        return True  # so much that nobody looks through the rest
    touched = set(found)
    if not touched:
        return False
    return bool(sight.session.scalar(select(exists().where(Ticket.id.in_(touched), sight.tickets()))))
