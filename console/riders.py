"""Riders (骑手): their teams, titles for a time, how they get into estates, and warnings to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from console.house import FormMisfit, House, as_id, field, sentence
from console.lists import add_list
from console.places import MOST_AREAS, held, lie_in, tree
from console.sight import Sight
from models import alerts, areas, riders
from models.area import Area, AreaKind
from models.audit import AuditKind
from models.clock import local
from models.errors import Refused
from models.person import Person
from models.rider import AccessNote, Alert, AlertKind, Matter, Team, Title, TitleKind
from models.ticket import Ticket
from models.upload import UploadKind
from nlp.team_list import TeamList
from texts import care as said

LONGEST_TITLE = timedelta(days=366)
MOST_ALERTS = 10
MOST_RIDERS = 5000
"""Whom a list of teams may name."""
LATELY, MOST_MATTERS = timedelta(days=30), 100

PLACES = (AreaKind.STREET, AreaKind.COMMUNITY, AreaKind.ESTATE)
ID = "<int(max=999999999999):{}>"


def add_riders(blueprint: Blueprint, house: House) -> None:
    """The pages, and what their buttons do."""

    @blueprint.get("/riders", endpoint="riders")
    def riders_page() -> str:
        with house.looking() as sight:
            return house.page("riders.html", sight, **_page(sight))

    def show(sight: Sight, why: str) -> str:
        return house.page("riders.html", sight, **_page(sight, fault=why))

    add_list(
        blueprint,
        house,
        UploadKind.TEAMS,
        _listed,
        show=show,
        home="riders",
        here="riders",
        is_personal=True,
    )

    press = house.buttons(blueprint, show=show, faults=said.FAULTS, home="riders")

    press("/riders/team", "team_made", "team", _make_team)
    press(f"/riders/team/{ID.format('team_id')}/join", "team_joined", "team", _join)
    press(f"/riders/team/{ID.format('team_id')}/leave", "team_left", "team", _leave)
    press(f"/riders/team/{ID.format('team_id')}/rename", "team_renamed", "team", _rename_team)
    press(f"/riders/team/{ID.format('team_id')}/end", "team_ended", "team", _end_team)
    press("/riders/title", "title_given", "title", _give)
    press(f"/riders/title/{ID.format('title_id')}/end", "title_ended", "title_ended", _end_title)
    press("/riders/access", "access_written", "access", _write_note)

    @blueprint.post("/riders/alert")
    def alert_shown() -> ResponseReturnValue:
        try:
            with house.looking() as sight:
                return house.page("rider_alert.html", sight, **_alert(sight))
        except FormMisfit as fault:
            with house.looking() as sight:
                return house.page("riders.html", sight, **_page(sight, fault=sentence(fault, said.FAULTS))), 409

    @blueprint.post("/riders/alert/send")
    def alert_sent() -> ResponseReturnValue:
        try:
            with house.doing() as sight:
                drawn = _alert(sight)
                people = as_id(field("people", most=9))
                alerts.send(
                    sight.session,
                    drawn["kind"],
                    drawn["area"],
                    drawn["words_sent"],
                    people=people,
                    by=sight.person,
                    now=sight.now,
                )
        except FormMisfit as fault:
            with house.looking() as sight:
                return house.page("riders.html", sight, **_page(sight, fault=sentence(fault, said.FAULTS))), 409
        except Refused as fault:
            with house.looking() as sight:
                return house.page("rider_alert.html", sight, **_alert(sight), fault=sentence(fault, said.FAULTS)), 409
        return redirect(url_for(".riders", done="alert"), 303)


def _area(sight: Sight, name: str = "area") -> Area:
    area = sight.session.get(Area, as_id(field(name, most=12)))
    if area is None or not lie_in([area], sight.desk_paths):
        raise FormMisfit("area")
    return area


def _rider(sight: Sight) -> Person:
    """A rider of the desk's areas."""
    wanted = as_id(field("person", most=12))
    found = next((person for person, _ in riders.of_areas(sight.session, _around(sight)) if person.id == wanted), None)
    if found is None:
        raise FormMisfit("person")
    return found


def _around(sight: Sight) -> Any:
    """The condition for where riders of the desk ride: in its areas, or in something larger around them."""
    if not sight.is_desk:
        raise NotFound
    above = {each for path in sight.desk_paths for each in areas.ids_on(path)}
    return sight.desk_areas | Area.id.in_(above)


# ---------------------------------------------------------------- teams


def _listed(sight: Sight) -> TeamList:
    around = [person for person, _ in riders.of_areas(sight.session, _around(sight), most=MOST_RIDERS)]
    among = {each.id for each in lie_in(areas.all_areas(sight.session), sight.desk_paths)}
    return TeamList(sight.session, among, around=around, now=sight.now)


def _make_team(sight: Sight) -> None:
    name = field("name", most=40)
    if not name:
        raise FormMisfit("name")
    riders.make_team(sight.session, name, _area(sight), now=sight.now)


def _rename_team(sight: Sight, team_id: int) -> None:
    name = field("name", most=40)
    if not name:
        raise FormMisfit("name")
    riders.rename_team(sight.session, held(sight, Team, team_id), name)


def _join(sight: Sight, team_id: int) -> None:
    riders.join_team(sight.session, held(sight, Team, team_id), _rider(sight), now=sight.now)


def _leave(sight: Sight, team_id: int) -> None:
    riders.leave_team(sight.session, held(sight, Team, team_id), as_id(field("person", most=12)))


def _end_team(sight: Sight, team_id: int) -> None:
    held(sight, Team, team_id).active = False


# ---------------------------------------------------------------- titles


def _give(sight: Sight) -> None:
    kind, today = field("kind", most=20), local(sight.now).date()
    if kind not in said.TITLES:
        raise FormMisfit("title")
    try:
        since = date.fromisoformat(field("since", most=10) or today.isoformat())
        until = date.fromisoformat(field("until", most=10))
    except ValueError as error:
        raise FormMisfit("days") from error
    if not today <= until <= today + LONGEST_TITLE or since > until:
        raise FormMisfit("days")
    riders.give_title(
        sight.session, _rider(sight), TitleKind(kind), _area(sight), since, until, by=sight.person, now=sight.now
    )


def _end_title(sight: Sight, title_id: int) -> None:
    riders.end_title(sight.session, held(sight, Title, title_id), now=sight.now)


# ---------------------------------------------------------------- into an estate


def _write_note(sight: Sight) -> None:
    area = _area(sight)
    if area.kind is not AreaKind.ESTATE:
        raise FormMisfit("estate")
    riders.write_note(
        sight.session,
        area,
        field("words", most=300),
        field("contact", most=40),
        field("phone", most=20),
        by=sight.person,
        now=sight.now,
    )


# ---------------------------------------------------------------- warnings


def _alert(sight: Sight) -> dict[str, Any]:
    """What would go out, where, and to how many."""
    kind, text = field("kind", most=20), " ".join(field("words", most=400).split())
    if not sight.is_desk:
        raise NotFound
    if kind not in list(AlertKind):
        raise FormMisfit("alert")
    if not text or len(text) > alerts.LONGEST:
        raise FormMisfit("words")
    area = _area(sight)
    which = AlertKind(kind)
    people = alerts.reached(sight.session, which, area)
    shown = said.storm(area.name, text) if which is AlertKind.STORM else said.heat(area.name, text)
    return {"kind": which, "words_sent": text, "area": area, "people": people, "shown": shown, "said": said}


# ---------------------------------------------------------------- what the page shows


def _matters(sight: Sight) -> dict[Matter, list[Ticket]]:
    """What riders brought for themselves lately, the newest first."""
    found: dict[Matter, list[Ticket]] = {}
    for ticket in sight.session.scalars(
        select(Ticket)
        .where(Ticket.matter.is_not(None), Ticket.opened_at >= sight.now - LATELY, sight.tickets())
        .order_by(Ticket.id.desc())
        .limit(MOST_MATTERS)
    ):
        if ticket.matter is not None:
            found.setdefault(ticket.matter, []).append(ticket)
    return found


def _page(sight: Sight, *, fault: str = "") -> dict[str, Any]:
    around = _around(sight)
    sight.note(AuditKind.SAW_PEOPLE, "riders")
    session, today = sight.session, local(sight.now).date()
    mine = lie_in(areas.all_areas(session), sight.desk_paths)
    by_id = {each.id: each.name for each in mine}
    teams: Sequence[Team] = session.scalars(
        select(Team).where(Team.area_id.in_(by_id), Team.active.is_(True)).order_by(Team.name)
    ).all()
    notes = session.scalars(select(AccessNote).where(AccessNote.area_id.in_(by_id)).order_by(AccessNote.area_id)).all()
    sent = session.scalars(
        select(Alert).where(Alert.area_id.in_(by_id)).order_by(Alert.id.desc()).limit(MOST_ALERTS)
    ).all()
    return {
        "fault": fault,
        "draft": {each: field(each) for each in request.form} if fault else {},
        "said": said,
        "riders": [(person, area.name) for person, area in riders.of_areas(session, around)],
        "teams": teams,
        "members": riders.members_of(session, teams),
        "titles": riders.titles_in(session, sight.desk_areas, now=sight.now),
        "notes": notes,
        "alerts": sent,
        "matters": _matters(sight),
        "categories": sight.categories(),
        "area_names": by_id,
        "names": sight.names([each.by_id for each in sent]),
        "places": tree([each for each in mine if each.kind in PLACES])[:MOST_AREAS],
        "estates": tree([each for each in mine if each.kind is AreaKind.ESTATE])[:MOST_AREAS],
        "today": today,
    }
