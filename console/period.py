"""Which figures somebody asks for: the address says when, where and of what, and may say nothing beyond their desk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypedDict

from sqlalchemy import select
from werkzeug.exceptions import NotFound

from console.house import argument, as_id
from console.places import lie_in, tree
from console.sight import Sight
from models import areas
from models.area import Area, AreaKind
from models.calendar import monday_of
from models.clock import local, midnight
from texts import figures

LONGEST = 366
"""Days of one period: more is another question, and another load."""

SHOWN_KINDS = (AreaKind.CITY, AreaKind.DISTRICT, AreaKind.STREET, AreaKind.COMMUNITY)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which figures somebody wants to see. `last` is the last day that counts."""

    period: str
    first: date
    last: date
    area: Area | None
    """None: everything the viewer's desk looks after, places unknown included."""
    category: str = ""

    @property
    def since(self) -> datetime:
        """The first moment."""
        return midnight(self.first)

    @property
    def until(self) -> datetime:
        """The first moment that does not count any more."""
        return midnight(self.last + timedelta(days=1))

    @property
    def query(self) -> dict[str, Any]:
        """The question part of the address that asks for the same now."""
        asked = {"period": self.period, "from": self.first.isoformat(), "to": self.last.isoformat()}
        return asked | {"area": self.area.id if self.area else None, "category": self.category or None}

    @property
    def always(self) -> dict[str, Any]:
        """The same for an address that is passed on: tomorrow it still means these days."""
        return self.query | {"period": "days"}


Below = Sequence[tuple[Area, set[int]]]
"""Places with their communities."""


class Scope(TypedDict):
    """When and where figures are counted."""

    since: datetime
    until: datetime
    communities: list[int]
    nowhere: bool


class Grouped(Scope):
    """The same, places below the chosen one taken together."""

    places: dict[int, set[int]]


def asked_for(sight: Sight) -> Asked:
    """What the address asks for. Raises NotFound for what the viewer's desk does not have."""
    sight.at_desk()
    area = None
    if argument("area"):
        area = sight.session.get(Area, as_id(argument("area")))
        if area is None or area.kind not in SHOWN_KINDS or not lie_in([area], sight.desk_paths):
            raise NotFound
    category = argument("category")
    if category and category not in sight.categories():
        raise NotFound
    period = argument("period", most=20)
    first, last = _days(period, local(sight.now).date())
    if period == "days":
        first, last = _chosen_days(first, last)
    return Asked(period if period in figures.PERIODS else "this_month", first, last, area, category)


def _days(period: str, today: date) -> tuple[date, date]:
    monday = monday_of(today)
    month = today.replace(day=1)
    match period:
        case "this_week":
            return monday, today
        case "last_week":
            return monday - timedelta(days=7), monday - timedelta(days=1)
        case "last_month":
            end = month - timedelta(days=1)
            return end.replace(day=1), end
        case "this_quarter":
            return today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1), today
        case "year":
            return today - timedelta(days=364), today
        case _:
            return month, today


def _chosen_days(first: date, last: date) -> tuple[date, date]:
    """The days in the address; nonsense and periods that are too long become something near that is shown."""
    try:
        chosen_first, chosen_last = (date.fromisoformat(argument(name, most=10)) for name in ("from", "to"))
    except ValueError:
        return first, last
    if chosen_last < chosen_first:
        chosen_first, chosen_last = chosen_last, chosen_first
    earliest = date(2000, 1, 1)
    chosen_last = min(max(chosen_last, earliest), date(9000, 1, 1))
    return max(chosen_first, earliest, chosen_last - timedelta(days=LONGEST - 1)), chosen_last


def scope(sight: Sight, asked: Asked) -> Scope:
    """The same for what counts."""
    return {
        "since": asked.since,
        "until": asked.until,
        "communities": [
            each
            for each, (path, _) in communities(sight).items()
            if any(areas.covers(root, path) for root in ([asked.area.path] if asked.area else sight.desk_paths))
        ],
        "nowhere": asked.area is None,
    }


def grouped(sight: Sight, asked: Asked, below: Below) -> Grouped:
    """The same with the places that a page has a line for."""
    return {**scope(sight, asked), "places": {area.id: inside for area, inside in below}}


def communities(sight: Sight) -> dict[int, tuple[str, str]]:
    """The paths and names of all communities."""
    rows = sight.session.execute(select(Area.id, Area.path, Area.name).where(Area.kind == AreaKind.COMMUNITY))
    return {area_id: (path, name) for area_id, path, name in rows}


def choices(sight: Sight) -> list[tuple[int, str]]:
    """The areas that can be chosen."""
    nodes = sight.session.scalars(select(Area).where(Area.kind.in_(SHOWN_KINDS))).all()
    return tree(lie_in(nodes, sight.desk_paths))


def _outermost(paths: Sequence[str]) -> list[str]:
    """Those that lie in no other one: somebody may sit at the desk of a street and of one of its communities."""
    return [each for each in paths if not any(areas.covers(other, each) and other != each for other in paths)]


def places(sight: Sight, asked: Asked) -> Below:
    """The places below the chosen one, in the order of the tree."""
    session = sight.session
    if asked.area is not None:
        below = [*session.scalars(select(Area).where(Area.parent_id == asked.area.id, Area.kind.in_(SHOWN_KINDS)))]
    else:
        roots = session.scalars(select(Area).where(Area.path.in_(_outermost(sight.desk_paths)))).all()
        below = []
        for root in roots:
            inside = select(Area).where(Area.parent_id == root.id, Area.kind.in_(SHOWN_KINDS))
            below += session.scalars(inside).all() or [root]
    known = communities(sight)
    return [
        (area, {each for each, (path, _) in known.items() if areas.covers(area.path, path)})
        for area in sorted(below, key=lambda each: areas.ids_on(each.path))
    ]
