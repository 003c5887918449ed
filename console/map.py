"""The map: tickets, riders' reports, stations and areas, for whatever the viewer may see; the same as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select
from werkzeug.exceptions import BadRequest

from console import spots
from console.desk import Asked, Tab
from console.house import House
from console.places import MOST_AREAS, tree
from console.sight import Sight
from console.spots import Cell, Frame
from console.tickets import MOST_WITH_ESTATES, asked_for
from models import areas, coordinates, geojson, noting, open_hours
from models.area import Area, AreaKind
from models.clock import local
from models.coordinates import System
from models.geojson import Box
from models.outline import Outline
from models.station import Station
from texts import console as words
from texts import map as said
from texts import stations as station_words

STATES = (Tab.NEW, Tab.OFFERED, Tab.ACCEPTED, Tab.ASSIGNED, Tab.RESOLVED, Tab.OVERDUE, Tab.HELD, Tab.ALL)
LONGEST = 90
"""Days that the map looks back on what is done."""
MOST_STATIONS = 300
MOST_OUTLINES = 200
MOST_LETTERS = 1_000_000
"""Of all outlines of one answer together."""

SEEN_FROM = {AreaKind.DISTRICT: 0, AreaKind.STREET: 8, AreaKind.COMMUNITY: 11, AreaKind.ESTATE: spots.NEAR}
"""From which zoom on the outlines of each level are told apart."""

CHINA = Box(18.0, 73.0, 54.0, 135.0)
MARGIN = 0.002
"""Degrees around a place that is a point."""


def add_map(blueprint: Blueprint, house: House) -> None:
    """The page, and what it asks for as it is moved."""

    @blueprint.get("/map", endpoint="map_page")
    def map_page() -> str:
        with house.looking() as sight:
            return house.page("map.html", sight, **house.map_frame(), **_page(sight, house.tiles.system))

    @blueprint.get("/map/data")
    def map_data() -> ResponseReturnValue:
        system, frame = house.tiles.system, _frame(house.tiles.system)
        with house.looking() as sight:
            found = spots.spots(sight, _asked(), frame)
            names = sight.categories()
            return jsonify(
                cells=[_cell(each, names, system) for each in found.cells],
                capped=said.CAPPED.format(most=spots.MOST_READ) if found.capped else "",
                stations=_stations(sight, frame, system),
                areas=_outlines(sight, frame, system),
            )


# ---------------------------------------------------------------- the page


def _page(sight: Sight, system: System) -> dict[str, Any]:
    asked, deep = _asked(), len(sight.communities) <= MOST_WITH_ESTATES
    found = spots.places(sight, asked, deep=deep)
    nodes = _nodes(sight, deep=deep)
    counts = _rolled_up(sight, nodes, found.counts)
    return {
        "said": said,
        "asked": asked,
        "address": {name: value for name, value in asked.query.items() if name not in ("view", "q")},
        "filtered": "map_page",
        "tab_choices": [each.value for each in STATES],
        "categories": sight.categories(),
        "tree": tree([each for each in nodes if each.kind is not AreaKind.BUILDING]) if sight.is_desk else [],
        "saved": noting.filters_of(sight.session, sight.desk_area_ids),
        "rows": [(area_id, name, counts.get(area_id, 0)) for area_id, name in tree(nodes)],
        "counts": counts,
        "shades": shades(max((counts.get(each.id, 0) for each in nodes if each.kind is AreaKind.COMMUNITY), default=0)),
        "unplaced": said.UNPLACED.format(count=found.unplaced) if found.unplaced else "",
        "capped": said.CAPPED.format(most=spots.MOST_SUMMED) if found.capped else "",
        "frame": view(sight, asked, nodes, system),
        "may_draw": bool(sight.street_paths),
    }


def _asked() -> Asked:
    """What the address asks for; of what is done too no more than a season, which no town has room for on one map."""
    asked = asked_for()
    if asked.tab is Tab.ALL and not 0 < asked.days <= LONGEST:
        return replace(asked, days=LONGEST)
    return asked


def _nodes(sight: Sight, *, deep: bool) -> Sequence[Area]:
    kinds = [AreaKind.DISTRICT, AreaKind.STREET, AreaKind.COMMUNITY] + ([AreaKind.ESTATE] if deep else [])
    query = select(Area).where(Area.kind.in_(kinds), sight.map_areas)
    return sight.session.scalars(query.order_by(Area.path).limit(MOST_AREAS)).all()


def _rolled_up(sight: Sight, nodes: Sequence[Area], counts: Any) -> dict[int, int]:
    """What lies in each area, with everything below it."""
    shown = {each.id for each in nodes}
    summed: dict[int, int] = {}
    paths = sight.session.execute(select(Area.id, Area.path).where(Area.id.in_(counts))).all() if counts else []
    for area_id, path in paths:
        for step in areas.ids_on(path):
            if step in shown:
                summed[step] = summed.get(step, 0) + counts[area_id]
    return summed


def shades(most: int) -> list[int]:
    """From how many on an area is drawn darker, four steps up to the most that any community has."""
    steps = [1, *(max(most * part // 4, part + 1) for part in (1, 2, 3))]
    return list(dict.fromkeys(each for each in steps if each <= max(most, 1)))


def view(sight: Sight, asked: Asked, nodes: Sequence[Area], system: System) -> list[float]:
    """What the map shows first: the area that is asked for, otherwise all of the viewer's; told in `system`."""
    chosen = sight.session.get(Area, asked.area_id) if asked.area_id else None
    ids = [chosen.id] if chosen is not None else [each.id for each in nodes]
    drawn = sight.session.execute(
        select(Outline.south, Outline.west, Outline.north, Outline.east).where(Outline.area_id.in_(ids))
    ).all()
    points = [(lat, lng) for south, west, north, east in drawn for lat, lng in ((south, west), (north, east))]
    known = [] if points else list(spots.centres(sight, Area.id.in_(ids)).values())
    points += [(lat + side, lng + side) for lat, lng in known for side in (-MARGIN, MARGIN)]
    box = geojson.frame(points) if points else CHINA
    return [
        *coordinates.convert(box.south, box.west, System.GCJ02, system),
        *coordinates.convert(box.north, box.east, System.GCJ02, system),
    ]


# ---------------------------------------------------------------- what the page asks for


def _frame(system: System) -> Frame:
    """What is on the screen, as the address says it. Raises BadRequest for anything that no screen shows."""
    try:
        south, west, north, east = (float(each) for each in request.args.get("box", "")[:200].split(","))
        zoom = int(request.args.get("zoom", "")[:2])
    except ValueError:
        raise BadRequest("box") from None
    if not (-90 <= south < north <= 90 and -180 <= west < east <= 180 and 0 <= zoom <= 20):
        raise BadRequest("box")
    low, high = (
        coordinates.convert(south, west, system, System.GCJ02),
        coordinates.convert(north, east, system, System.GCJ02),
    )
    return Frame(Box(*low, *high), zoom)


def _cell(cell: Cell, names: dict[str, str], system: System) -> dict[str, Any]:
    named = [
        {
            "number": each.number,
            "matter": words.matter(names.get(each.category, each.category), each.service, each.threat),
            "state": words.STATES[each.state],
            "urgency": words.URGENCIES[each.urgency],
            "href": url_for(".ticket_page", number=each.number),
        }
        for each in cell.named
    ]
    at = spots.told_in(cell.lat, cell.lng, system)
    return {"at": at, "matters": cell.matters, "riders": cell.riders, "alarms": cell.alarms, "named": named}


def _stations(sight: Sight, frame: Frame, system: System) -> list[dict[str, Any]]:
    box, today = frame.box, local(sight.now).date()
    query = (
        select(Station)
        .join(Area, Area.id == Station.area_id)
        .where(
            Station.active.is_(True),
            Station.lat.between(box.south, box.north),
            Station.lng.between(box.west, box.east),
            or_(Station.until.is_(None), Station.until >= today),
            sight.map_areas,
        )
        .order_by(Station.id)
        .limit(MOST_STATIONS)
    )
    return [
        {
            "at": spots.told_in(each.lat, each.lng, system),
            "name": each.name,
            "kind": station_words.KINDS[each.kind],
            "sign": said.SIGNS[each.kind],
            "address": each.address,
            "hours": station_words.hours(spans := open_hours.read(each.hours)),
            "now": station_words.now_open(spans, now=sight.now) if spans else "",
            "services": each.services,
        }
        for each in sight.session.scalars(query)
    ]


def _outlines(sight: Sight, frame: Frame, system: System) -> list[dict[str, Any]]:
    """The outlines within the frame, of as many levels as can be told apart at this distance."""
    kinds = [kind for kind, zoom in SEEN_FROM.items() if frame.zoom >= zoom]
    box = frame.box
    query = (
        select(Outline, Area)
        .join(Area, Area.id == Outline.area_id)
        .where(
            Outline.south <= box.north,
            Outline.north >= box.south,
            Outline.west <= box.east,
            Outline.east >= box.west,
            Area.kind.in_(kinds),
            sight.map_areas,
        )
        .order_by(Outline.size.desc())
        .limit(MOST_OUTLINES)
    )
    found, letters = [], 0
    for outline, area in sight.session.execute(query):
        letters += len(outline.geometry)
        if letters > MOST_LETTERS:
            break
        shape = geojson.restored(outline.geometry)
        found.append(
            {
                "id": area.id,
                "name": area.name,
                "kind": area.kind.value,
                "geometry": geojson.geometry(shape, system),
                "href": url_for(".ticket_list", area=area.id),
            }
        )
    return found
