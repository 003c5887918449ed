"""Stations (驿站): the list with what people say is wrong, one more, changed or closed, and lists from and to Excel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from console.house import House, argument, as_id, field, page_number
from console.lists import add_list
from console.places import held, lie_in, tree
from console.sight import Sight
from models import areas, open_hours, stations
from models.area import Area, AreaKind
from models.clock import local
from models.slips import Slip, Slipped
from models.station import Station, Use
from models.stations import KINDS, Draft
from models.upload import UploadKind
from nlp import station_list
from nlp.station_list import StationList
from texts import editing
from texts import stations as said

PAGE_SIZE = 50
PLACES = (AreaKind.STREET, AreaKind.COMMUNITY)
FIELDS = ("kind", "name", "address", "lat", "lng", "hours", "services", "until")


def add_stations(blueprint: Blueprint, house: House) -> None:
    """The pages, and what their buttons do."""

    @blueprint.get("/stations", endpoint="stations")
    def station_list_page() -> str:
        with house.looking() as sight:
            return house.page("stations.html", sight, **_page(sight))

    def listed(sight: Sight, why: str) -> str:
        return house.page("stations.html", sight, **_page(sight, fault=why))

    add_list(blueprint, house, UploadKind.STATIONS, _listed, show=listed, home="stations")

    def press(path: str, name: str, done: str, do: Callable[..., None]) -> None:
        """One button: what is wrong with its form is said on the page."""

        def shown(sight: Sight, slipped: Slipped) -> str:
            fault, entering = editing.slip(slipped), name == "station_entered"
            return house.page("stations.html", sight, **_page(sight, fault=fault, entering=entering))

        def pressed(**ids: int) -> ResponseReturnValue:
            back = url_for(".stations", done=done)
            return house.carry_out(lambda sight: do(sight, **ids), shown=shown, back=back, but=(Slipped,))

        blueprint.post(path, endpoint=name)(pressed)

    press("/stations/enter", "station_entered", "station", _enter)
    press("/stations/<int(max=999999999999):station_id>/change", "station_changed", "station", _change)
    press("/stations/<int(max=999999999999):station_id>/close", "station_closed", "station", _close)
    press("/stations/<int(max=999999999999):station_id>/settle", "station_settled", "station_settled", _settle)


def _areas(sight: Sight) -> list[Area]:
    if not sight.is_desk:
        raise NotFound
    mine = lie_in(areas.all_areas(sight.session), sight.desk_paths)
    return [each for each in mine if each.kind in PLACES] or mine[:1]


def _listed(sight: Sight) -> StationList:
    places = _areas(sight)
    among = {each.id for each in lie_in(areas.all_areas(sight.session), sight.desk_paths)}
    otherwise = places[0].id if len(places) == 1 else None
    return StationList(sight.session, among, otherwise=otherwise, kinds=said.KINDS, in_words=said.hours, now=sight.now)


def _draft(sight: Sight) -> Draft:
    """What a form says, by the same rules as a row of a list."""
    wanted = as_id(field("area", most=12))
    if wanted not in {each.id for each in _areas(sight)}:
        raise Slipped(Slip.AREA, "area")
    return station_list.draft({name: field(name, most=200) for name in FIELDS}, wanted)


def _enter(sight: Sight) -> None:
    stations.enter(sight.session, _draft(sight), now=sight.now)


def _change(sight: Sight, station_id: int) -> None:
    station = held(sight, Station, station_id)
    stations.enter(sight.session, _draft(sight), now=sight.now, station=station)


def _close(sight: Sight, station_id: int) -> None:
    station = held(sight, Station, station_id)
    stations.close(sight.session, station, now=sight.now)
    stations.settle(sight.session, station, by=sight.person, now=sight.now)


def _settle(sight: Sight, station_id: int) -> None:
    stations.settle(sight.session, held(sight, Station, station_id), by=sight.person, now=sight.now)


def _page(sight: Sight, *, fault: str = "", entering: bool = False) -> dict[str, Any]:
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
