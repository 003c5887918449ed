"""Appointments (预约): the day of a counter, making one, moving it, calling it off."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from console import callers
from console.house import FormMisfit, House, argument, as_id, field, sentence
from console.places import lie_in, tree
from console.sight import Sight
from models import appointments
from models.appointment import Appointment
from models.area import Area, AreaKind
from models.clock import CHINA, local
from models.errors import Refused
from models.person import Person
from texts import console as words
from texts import counter as said

COUNTERS = (AreaKind.STREET, AreaKind.COMMUNITY)
FARTHEST = timedelta(days=3653)
"""A day that lies further from today is not shown: the calendar has an end."""

ID = "<int(max=999999999999):appointment_id>"


def add_appointments(blueprint: Blueprint, house: House) -> None:
    """The pages."""

    def shown(sight: Sight, fault: FormMisfit | Refused) -> str:
        return house.page("appointments.html", sight, **_page(sight, fault=sentence(fault, said.FAULTS)))

    @blueprint.get("/appointments")
    def appointment_day() -> str:
        with house.looking() as sight:
            return house.page("appointments.html", sight, **_page(sight))

    def pressed(path: str, name: str, done: str, act: Any) -> None:
        def do(**ids: int) -> ResponseReturnValue:
            try:
                with house.doing() as sight:
                    day = act(sight, **ids)
            except (FormMisfit, Refused) as fault:
                with house.looking() as sight:
                    return shown(sight, fault), 409
            return redirect(url_for(".appointment_day", day=day.isoformat(), done=done), 303)

        blueprint.post(path, endpoint=name)(do)

    pressed("/appointments", "appointment_made", "booked", _make)
    pressed(f"/appointments/{ID}/move", "appointment_moved", "moved", _move)
    pressed(f"/appointments/{ID}/cancel", "appointment_cancelled", "called_off", _cancel)


def _times() -> tuple[datetime, datetime]:
    try:
        day = date.fromisoformat(field("day", most=10))
        begins, ends = (time.fromisoformat(field(name, most=5)) for name in ("begins", "ends"))
    except ValueError as error:
        raise FormMisfit("time") from error
    return datetime.combine(day, begins, CHINA), datetime.combine(day, ends, CHINA)


def _desk() -> str:
    desk = " ".join(field("desk", most=40).split())
    if not desk:
        raise FormMisfit("desk")
    return desk


def _make(sight: Sight) -> date:
    sight.at_desk()
    area = sight.session.get(Area, as_id(field("area", most=12)))
    if area is None or area.kind not in COUNTERS or not lie_in([area], sight.desk_paths):
        raise FormMisfit("area")
    begins, ends = _times()
    purpose = field("purpose", most=200)
    if not purpose:
        raise FormMisfit("words")
    desk = _desk()
    appointments.make(
        sight.session, callers.caller(sight), area, desk, purpose, begins, ends, by=sight.person, now=sight.now
    )
    return begins.date()


def _move(sight: Sight, appointment_id: int) -> date:
    found = sight.appointment(appointment_id)
    begins, ends = _times()
    appointments.move(sight.session, found, _desk(), begins, ends, now=sight.now)
    return begins.date()


def _cancel(sight: Sight, appointment_id: int) -> date:
    found = sight.appointment(appointment_id)
    appointments.cancel(sight.session, found, by=sight.person, now=sight.now)
    return local(found.begins).date()


def _day(sight: Sight) -> date:
    today = local(sight.now).date()
    try:
        found = date.fromisoformat(argument("day") or field("day", most=10))
    except ValueError:
        return today
    return found if abs(found - today) <= FARTHEST else today


def _page(sight: Sight, *, fault: str = "") -> dict[str, Any]:
    sight.at_desk()
    day = _day(sight)
    rows = appointments.of_day(sight.session, day, sight.appointments())
    areas_here = list(sight.roster_areas())
    people = sight.session.scalars(select(Person).where(Person.id.in_({each.person_id for each in rows}))).all()
    desks = sight.session.scalars(
        select(Appointment.desk)
        .where(sight.appointments())
        .group_by(Appointment.desk)
        .order_by(Appointment.desk)
        .limit(30)
    ).all()
    draft = {name: field(name) for name in request.form} if fault else {}
    draft.setdefault("day", day.isoformat())
    return {
        "fault": fault,
        "draft": draft,
        "rows": rows,
        "people": {each.id: each for each in people},
        "callers": callers.known(sight, _number()) if fault else [],
        "areas": tree(areas_here),
        "area_names": {each.id: each.name for each in areas_here},
        "desks": desks,
        "day": day,
        "before": (day - timedelta(days=1)).isoformat(),
        "after": (day + timedelta(days=1)).isoformat(),
        "day_name": words.day_of(day),
    }


def _number() -> str:
    try:
        return callers.phone()
    except FormMisfit:
        return ""
