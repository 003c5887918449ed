"""The duty roster (值班表) of a week: who, with whom, where nobody is, and one turn more, changed or less."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from console.house import House, argument, as_id, field
from console.lists import add_list
from console.sight import Sight
from models import duty, rosters
from models.area import Area
from models.calendar import monday_of
from models.clock import local
from models.rosters import Trouble, Turn, TurnRefused
from models.upload import UploadKind
from nlp.duty_list import DutyList
from texts import roster as words

FARTHEST = timedelta(days=400)
"""How far from today a week may be looked at."""


def add_roster(blueprint: Blueprint, house: House) -> None:
    """The page of the roster."""

    @blueprint.get("/roster")
    def roster_page() -> str:
        with house.looking() as sight:
            return page(sight)

    def page(sight: Sight, fault: str = "") -> str:
        return house.page("roster.html", sight, **_page(sight), fault=fault)

    add_list(blueprint, house, UploadKind.ROSTER, _listed, show=page, home="roster_page", is_personal=True)

    def write(name: str, act: Callable[[Sight, Area, date], None]) -> None:
        def pressed() -> ResponseReturnValue:
            area_id, day = field("area", most=12), field("day", most=10)
            try:
                with house.doing() as sight:
                    area = sight.roster_area(area_id)
                    act(sight, area, _day(day, sight))
            except TurnRefused as refused:
                with house.looking() as sight:
                    return house.page("roster.html", sight, **_page(sight, refused.trouble)), 409
            return redirect(url_for(".roster_page", area=area_id, day=day, done=f"roster_{name}"), 303)

        blueprint.post(f"/roster/{name}", endpoint=f"roster_{name}")(pressed)

    write("add", _add)
    write(
        "change",
        lambda sight, area, day: rosters.change(
            sight.session, area, day, as_id(field("duty")), _turn(), every_week=_every_week()
        ),
    )
    write(
        "remove",
        lambda sight, area, day: rosters.remove(
            sight.session, area, day, as_id(field("duty")), every_week=_every_week()
        ),
    )
    write("weekly", lambda sight, area, day: rosters.as_every_week(sight.session, area, day))


def _listed(sight: Sight) -> DutyList:
    return DutyList(sight.session, [each.id for each in sight.roster_areas()], today=local(sight.now).date())


def _day(given: str, sight: Sight) -> date:
    try:
        found = date.fromisoformat(given)
    except ValueError as error:
        raise TurnRefused(Trouble.TIMES) from error
    if abs(found - local(sight.now).date()) > FARTHEST:
        raise TurnRefused(Trouble.TIMES)
    return found


def _every_week() -> bool:
    return field("how", most=10) == "weekly"


def _add(sight: Sight, area: Area, day: date) -> None:
    every_day = field("how", most=10) == "daily"
    for each in [day + timedelta(days=number) for number in range(7 if every_day else 1)]:
        rosters.add(sight.session, area, each, _turn(), every_week=every_day or _every_week())


def _turn() -> Turn:
    try:
        begins, ends = time.fromisoformat(field("begins", most=5)), time.fromisoformat(field("ends", most=5))
    except ValueError as error:
        raise TurnRefused(Trouble.TIMES) from error
    return Turn(begins, ends, as_id(field("first")), as_id(field("second")) or None)


def _page(sight: Sight, trouble: Trouble | None = None) -> dict[str, Any]:
    places = sight.roster_areas()
    wanted = field("area", most=12) if trouble else argument("area", most=12)
    area = sight.roster_area(wanted) if wanted else places[0] if places else None
    today = local(sight.now).date()
    try:
        day = _day((field("day", most=10) if trouble else argument("day", most=10)) or today.isoformat(), sight)
    except TurnRefused:
        day = today
    monday = monday_of(day)
    return {
        "area": area,
        "places": [(each.id, each.name) for each in places],
        "days": rosters.week(sight.session, area, monday) if area else [],
        "people": duty.candidates(sight.session, area) if area else [],
        "is_away": rosters.is_away,
        "today": today,
        "monday": monday,
        "before": monday - timedelta(days=7),
        "after": monday + timedelta(days=7),
        "running": duty.shift_at(sight.session, area, now=sight.now) if area else None,
        "says": words,
        "trouble": words.TROUBLES[trouble] if trouble else "",
        "draft": {name: field(name) for name in request.form} if trouble else {},
        "pressed": request.endpoint.rpartition("_")[2] if trouble and request.endpoint else "",
    }
