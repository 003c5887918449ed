"""The three rates (三率) on a page and as a table to take along."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypedDict

from flask import Blueprint, Response
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from console.house import House, argument, as_id
from console.places import lie_in, tree
from console.sight import Sight
from console.tables import csv_file
from models import areas, statistics
from models.area import Area, AreaKind
from models.calendar import monday_of
from models.clock import CHINA, local
from models.result import Figure
from models.statistics import FIRST_LEFT_OUT, LEFT_OUT, NEVER_FINISHED, NOT_RESIDENTS, Key, Rates
from texts import figures, parties

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

    @property
    def since(self) -> datetime:
        """The first moment."""
        return datetime.combine(self.first, time(), CHINA)

    @property
    def until(self) -> datetime:
        """The first moment that does not count any more."""
        return datetime.combine(self.last + timedelta(days=1), time(), CHINA)


@dataclass(frozen=True, slots=True)
class Row:
    """One line: a place or a category with its rates."""

    name: str
    rates: Rates
    area_id: int | None = None


class Scope(TypedDict):
    """When and where figures are counted."""

    since: datetime
    until: datetime
    communities: list[int]
    nowhere: bool


def add_figures(blueprint: Blueprint, house: House) -> None:
    """The page and the file."""

    @blueprint.get("/figures")
    def figures_page() -> str:
        with house.looking() as sight:
            asked = _asked(sight)
            scope = _scope(sight, asked)
            found = statistics.figures(sight.session, **scope)
            first = statistics.first_given(sight.session, **scope)
            names = sight.categories()
            return house.page(
                "figures.html",
                sight,
                asked=asked,
                total=statistics.total(found),
                places=_places(sight, asked, found),
                categories=[Row(names.get(code, code), rates) for code, rates in statistics.by_category(found).items()],
                first_rows=[(name, counts, statistics.first_share(counts)) for name, counts in first.items()],
                first_total=(all_first := sum(first.values(), Counter())),
                first_share=statistics.first_share(all_first),
                first_left_out=FIRST_LEFT_OUT,
                parties=parties,
                tree=_tree(sight),
                left_out=LEFT_OUT,
                never_finished=NEVER_FINISHED,
                not_residents=NOT_RESIDENTS,
                figures=figures,
                query={
                    "period": asked.period,
                    "from": asked.first.isoformat(),
                    "to": asked.last.isoformat(),
                    "area": asked.area.id if asked.area else None,
                },
            )

    @blueprint.get("/figures.csv")
    def figures_file() -> Response:
        with house.looking() as sight:
            asked = _asked(sight)
            found = statistics.figures(sight.session, **_scope(sight, asked))
            name = f"{figures.CSV_NAME}-{asked.first:%Y%m%d}-{asked.last:%Y%m%d}.csv"
            head = [*figures.CSV_HEAD, *(figures.FIGURES[each] for each in Figure)]
            return csv_file(name, head, _rows(sight, asked, found))


def _asked(sight: Sight) -> Asked:
    if not sight.is_desk:
        raise NotFound
    area = sight.session.get(Area, as_id(argument("area")))
    if area is not None and not lie_in([area], sight.desk_paths):
        raise NotFound
    period = argument("period", most=20)
    first, last = _days(period, local(sight.now).date())
    if period == "days":
        first, last = _chosen_days(first, last)
    return Asked(period if period in figures.PERIODS else "this_month", first, last, area)


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


def _scope(sight: Sight, asked: Asked) -> Scope:
    return {
        "since": asked.since,
        "until": asked.until,
        "communities": [
            each
            for each, (path, _) in _communities(sight).items()
            if any(areas.covers(root, path) for root in ([asked.area.path] if asked.area else sight.desk_paths))
        ],
        "nowhere": asked.area is None,
    }


def _communities(sight: Sight) -> dict[int, tuple[str, str]]:
    """The paths and names of all communities."""
    rows = sight.session.execute(select(Area.id, Area.path, Area.name).where(Area.kind == AreaKind.COMMUNITY))
    return {area_id: (path, name) for area_id, path, name in rows}


def _tree(sight: Sight) -> list[tuple[int, str]]:
    """What can be chosen."""
    nodes = sight.session.scalars(select(Area).where(Area.kind.in_(SHOWN_KINDS))).all()
    return tree(lie_in(nodes, sight.desk_paths))


def _places(sight: Sight, asked: Asked, found: dict[Key, Counter[Figure]]) -> list[Row]:
    """One line for each place below the chosen one, in the order of the tree."""
    session = sight.session
    if asked.area is not None:
        below = session.scalars(select(Area).where(Area.parent_id == asked.area.id, Area.kind.in_(SHOWN_KINDS))).all()
    else:
        roots = session.scalars(select(Area).where(Area.path.in_(sight.desk_paths))).all()
        below = session.scalars(
            select(Area).where(Area.parent_id.in_([each.id for each in roots]), Area.kind.in_(SHOWN_KINDS))
        ).all() or [each for each in roots if each.kind in SHOWN_KINDS]
    communities, rows = _communities(sight), []
    for area in sorted(below, key=lambda each: areas.ids_on(each.path)):
        inside = {each for each, (path, _) in communities.items() if areas.covers(area.path, path)}
        here = statistics.within(found, inside)
        rows.append(Row(area.name, statistics.total(here), area.id))
    nowhere = statistics.within(found, {None})
    if nowhere:
        rows.append(Row(figures.NOWHERE, statistics.total(nowhere)))
    return rows


def _rows(sight: Sight, asked: Asked, found: dict[Key, Counter[Figure]]) -> Iterator[list[str | int]]:
    """One line for each community and category: numbers, and no percentages that would have to be hidden."""
    places = {each: (areas.ids_on(path), name) for each, (path, name) in _communities(sight).items()}
    names = sight.categories()
    for (community_id, category), counts in sorted(
        found.items(), key=lambda item: (places.get(item[0][0] or 0, ([10**12], ""))[0], item[0][1])
    ):
        name = places[community_id][1] if community_id in places else figures.NOWHERE
        yield [
            asked.first.isoformat(),
            asked.last.isoformat(),
            name,
            names.get(category, category),
            Rates(counts).finished,
            *(counts[each] for each in Figure),
        ]
