"""The working calendar, for whoever runs everything: days off and make-up days of the deployment, and when it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from console.editing import beside
from console.house import House, field
from console.lists import add_list
from console.sight import Sight
from models import calendar, days
from models.clock import local
from models.slips import Slip, Slipped
from models.upload import UploadKind
from nlp.day_list import DayList
from texts.common import WEEKDAYS

SHOWN = timedelta(days=120)
"""How far ahead the days are named on which it is not as on every other such day of the week."""


def add_calendar(blueprint: Blueprint, house: House) -> None:
    """The page, and what its buttons do."""

    def page(sight: Sight, fault: str = "") -> str:
        return house.page("calendar.html", sight, **_page(sight), fault=fault)

    @blueprint.get("/calendar")
    def calendar_page() -> str:
        with house.looking() as sight:
            return page(sight)

    add_list(blueprint, house, UploadKind.CALENDAR, _listed, show=page, home="calendar_page")

    def carry_out(do: Callable[[Sight], object], done: str) -> ResponseReturnValue:
        def act(sight: Sight) -> None:
            sight.for_everything()
            do(sight)

        def shown(sight: Sight, slipped: Slipped) -> str:
            return house.page("calendar.html", sight, **_page(sight, slipped=slipped))

        return house.carry_out(act, shown=shown, back=url_for(".calendar_page", done=done), but=(Slipped,))

    @blueprint.post("/calendar")
    def day_entered() -> ResponseReturnValue:
        return carry_out(_enter, "day")

    @blueprint.post("/calendar/<day>/take-back")
    def day_taken_back(day: str) -> ResponseReturnValue:
        return carry_out(
            lambda sight: days.take_back(sight.session, _date(day, ""), today=local(sight.now).date()), "day_back"
        )


def _listed(sight: Sight) -> DayList:
    sight.for_everything()
    return DayList(sight.session, today=local(sight.now).date())


def _date(given: str, column: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise Slipped(Slip.DAY, column) from None


def _enter(sight: Sight) -> None:
    first = _date(field("first", most=10), "first")
    last = _date(field("last", most=10) or first.isoformat(), "last")
    working = field("working", most=1) == "1"
    name = field("name", most=60)
    days.enter(sight.session, first, last, working=working, name=name, today=local(sight.now).date())


def _page(sight: Sight, *, slipped: Slipped | None = None) -> dict[str, Any]:
    sight.for_everything()
    today = local(sight.now).date()
    own = days.listed(sight.session, since=today)
    named = {each.day for each in own}
    official = [
        (day, calendar.holiday(day), calendar.is_working_day(day))
        for day in (today + timedelta(days=number) for number in range(SHOWN.days))
        if day not in named and calendar.is_working_day(day) != (day.weekday() < 5)
    ]
    return {
        "own": own,
        "official": official,
        "today": today,
        "until": calendar.known_until(),
        "ends_soon": calendar.ends_soon(today),
        "has_ended": calendar.has_ended(today),
        "weekdays": WEEKDAYS,
        **beside("day", slipped),
    }
