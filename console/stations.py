"""Stations (驿站): the list with what people say is wrong, one more, changed or closed, and lists from and to Excel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from console.house import House, argument, as_id, field, page_number
from console.places import held, lie_in, tree
from console.sight import Sight
from console.tables import xlsx_file
from models import areas, open_hours, sheets, stations
from models.area import Area, AreaKind
from models.clock import local
from models.station import Station, Use
from models.stations import KINDS, Draft
from nlp import station_list
from nlp.station_list import HEAD, RowMisfit
from texts import stations as said

PAGE_SIZE = 50
SHOWN_ROWS = 50
"""Of an uploaded list, right ones and wrong ones."""

PLACES = (AreaKind.STREET, AreaKind.COMMUNITY)
FIELDS = ("kind", "name", "address", "lat", "lng", "hours", "services")


def add_stations(blueprint: Blueprint, house: House) -> None:
    """The pages, and what their buttons do."""

    @blueprint.get("/stations", endpoint="stations")
    def station_list_page() -> str:
        with house.looking() as sight:
            return house.page("stations.html", sight, **_page(sight))

    def press(path: str, name: str, done: str, do: Callable[..., None]) -> None:
        """One button: what is wrong with its form is said on the page."""

        def shown(sight: Sight, misfit: RowMisfit) -> str:
            fault, entering = said.ROW_FAULTS[misfit.fault], name == "station_entered"
            return house.page("stations.html", sight, **_page(sight, fault=fault, entering=entering))

        def pressed(**ids: int) -> ResponseReturnValue:
            back = url_for(".stations", done=done)
            return house.carry_out(lambda sight: do(sight, **ids), shown=shown, back=back, but=(RowMisfit,))

        blueprint.post(path, endpoint=name)(pressed)

    press("/stations/enter", "station_entered", "station", _enter)
    press("/stations/<int(max=999999999999):station_id>/change", "station_changed", "station", _change)
    press("/stations/<int(max=999999999999):station_id>/close", "station_closed", "station", _close)
    press("/stations/<int(max=999999999999):station_id>/settle", "station_settled", "station_settled", _settle)

    @blueprint.post("/stations/sheet")
    def station_sheet() -> ResponseReturnValue:
        given = request.files.get("file")
        data = given.stream.read(sheets.LARGEST + 1) if given else b""
        with house.looking() as sight:
            places = _places(sight)  # whoever has no desk uploads nothing
        try:
            table = sheets.read(data)
        except sheets.Unreadable:
            with house.looking() as sight:
                return house.page("stations.html", sight, **_page(sight, fault=said.UNREADABLE)), 409
        found = station_list.read(table, places, otherwise=None if len(places) != 1 else next(iter(places.values())))
        with house.doing() as sight:
            kept = (
                stations.keep_sheet(sight.session, found.rows, by=sight.person, now=sight.now) if found.rows else None
            )
            values = {"rows": found.rows[:SHOWN_ROWS], "faults": found.faults[:SHOWN_ROWS], "head": HEAD, "said": said}
            counts = {"right": len(found.rows), "wrong": len(found.faults), "sheet_id": kept.id if kept else None}
            return house.page("station_sheet.html", sight, **values, **counts)

    @blueprint.post("/stations/sheet/<int(max=999999999999):sheet_id>/take")
    def station_sheet_taken(sheet_id: int) -> ResponseReturnValue:
        with house.doing() as sight:
            places = _places(sight)
            rows = stations.take_sheet(sight.session, sheet_id, by=sight.person, now=sight.now)
            otherwise = None if len(places) != 1 else next(iter(places.values()))
            # Checked again: rights and areas may have changed since it was shown.
            drafts = station_list.read([HEAD, *rows], places, otherwise=otherwise).drafts
            added, changed = stations.enter_all(sight.session, drafts, now=sight.now)
        with house.looking() as sight:
            note = said.imported(added, changed) if drafts else said.SHEET_GONE
            return house.page("stations.html", sight, **_page(sight, note=note)), 200 if drafts else 409

    @blueprint.get("/stations.xlsx")
    def stations_xlsx() -> Response:
        with house.looking() as sight:
            names = {area_id: name for name, area_id in _places(sight).items()}
            listed = stations.listed(sight.session, sight.desk_areas, most=sheets.MOST_ROWS)
            return xlsx_file("stations.xlsx", [sheets.Table("", HEAD, said.rows(listed, names))], now=sight.now)


def _areas(sight: Sight) -> list[Area]:
    if not sight.is_desk:
        raise NotFound
    mine = lie_in(areas.all_areas(sight.session), sight.desk_paths)
    return [each for each in mine if each.kind in PLACES] or mine[:1]


def _places(sight: Sight) -> dict[str, int]:
    """The areas of the desk that a list may name."""
    return {each.name: each.id for each in _areas(sight)}


def _draft(sight: Sight) -> Draft:
    """What a form says, by the same rules as a row of a list."""
    wanted = as_id(field("area", most=12))
    names = {each.id: each.name for each in _areas(sight)}
    row = [field(name, most=200) for name in FIELDS]
    until = field("until", most=10)
    return station_list.draft([*row, names.get(wanted, "-"), until], _places(sight), otherwise=None)


def _enter(sight: Sight) -> None:
    stations.enter(sight.session, _draft(sight), now=sight.now)


def _change(sight: Sight, station_id: int) -> None:
    station = held(sight, Station, station_id)
    stations.enter(sight.session, _draft(sight), now=sight.now, station=station)
    station.active = True


def _close(sight: Sight, station_id: int) -> None:
    station = held(sight, Station, station_id)
    stations.close(sight.session, station, now=sight.now)
    stations.settle(sight.session, station, by=sight.person, now=sight.now)


def _settle(sight: Sight, station_id: int) -> None:
    stations.settle(sight.session, held(sight, Station, station_id), by=sight.person, now=sight.now)


def _page(sight: Sight, *, fault: str = "", note: str = "", entering: bool = False) -> dict[str, Any]:
    places = _areas(sight)
    page, kind, name = page_number(), argument("kind", most=20), argument("name")
    chosen = Use(kind) if kind in KINDS else None
    found = stations.listed(
        sight.session,
        sight.desk_areas,
        kind=chosen,
        name=name,
        most=PAGE_SIZE + 1,
        skip=(page - 1) * PAGE_SIZE,
    )
    wrong: dict[int, tuple[Station, list[Any]]] = {}
    for each, station in stations.faults_in(sight.session, sight.desk_areas):
        wrong.setdefault(station.id, (station, []))[1].append(each)
    return {
        "fault": fault,
        "note": note,
        "draft": {each: field(each) for each in request.form} if fault and entering else {},
        "said": said,
        "kinds": KINDS,
        "kind": kind,
        "name": name,
        "rows": [(each, said.hours(open_hours.read(each.hours)), count) for each, count in found[:PAGE_SIZE]],
        "wrong": list(wrong.values()),
        "names": {each.id: each.name for each in places},
        "places": tree(places),
        "page": page,
        "more": len(found) > PAGE_SIZE,
        "today": local(sight.now).date(),
    }
