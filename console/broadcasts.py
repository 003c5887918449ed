"""Messages to everybody of an area (群发): seen before they go, confirmed by the number of people, watched, stopped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from console.house import FormMisfit, House, as_id, field, page_number, sentence
from console.means import Reach
from console.places import MOST_AREAS, lie_in, tree
from console.sight import Sight
from models import areas, broadcasts
from models.area import Area, AreaKind
from models.broadcast import Broadcast, By
from models.errors import Refusal, Refused
from models.person import RoleKind
from texts import console as words
from texts import counter as said

PAGE_SIZE = 30
PLACES = (AreaKind.STREET, AreaKind.COMMUNITY, AreaKind.ESTATE, AreaKind.BUILDING)
ROLES = (RoleKind.MEMBER, RoleKind.RIDER, RoleKind.GRID, RoleKind.PROPERTY, RoleKind.STAFF, RoleKind.DEPARTMENT)
ID = "<int(max=999999999999):broadcast_id>"

ON_QUOTA = {By.WINDOW: "customer", By.TEMPLATE: "template"}
"""Which of a platform's quotas a way uses."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be sent, and to whom."""

    area: Area
    role: RoleKind | None
    words: str
    emergency: bool


def add_broadcasts(blueprint: Blueprint, house: House) -> None:
    """The pages."""

    def shown(sight: Sight, fault: FormMisfit | Refused) -> str:
        return house.page("broadcasts.html", sight, **_list(house, sight, fault=sentence(fault, said.FAULTS)))

    @blueprint.get("/broadcasts")
    def broadcast_list() -> str:
        with house.looking() as sight:
            return house.page("broadcasts.html", sight, **_list(house, sight))

    @blueprint.post("/broadcasts/preview")
    def broadcast_preview() -> ResponseReturnValue:
        try:
            with house.looking() as sight:
                return house.page("broadcast_preview.html", sight, **_preview(house, sight))
        except FormMisfit as fault:
            with house.looking() as sight:
                return shown(sight, fault), 409

    @blueprint.post("/broadcasts")
    def broadcast_made() -> ResponseReturnValue:
        try:
            with house.doing() as sight:
                made_id = _confirm(house, sight).id
        except FormMisfit as fault:
            with house.looking() as sight:
                return shown(sight, fault), 409
        except Refused as fault:
            with house.looking() as sight:
                values = _preview(house, sight)
                return house.page("broadcast_preview.html", sight, **values, fault=sentence(fault, said.FAULTS)), 409
        return redirect(url_for(".broadcast_page", broadcast_id=made_id, done="broadcast"), 303)

    @blueprint.get(f"/broadcasts/{ID}")
    def broadcast_page(broadcast_id: int) -> str:
        with house.looking() as sight:
            values = _page(sight, sight.broadcast(broadcast_id))
            if request.headers.get("HX-Request"):
                return render_template("_broadcast_progress.html", **house.frame(), **values)
            return house.page("broadcast.html", sight, **values)

    @blueprint.post(f"/broadcasts/{ID}/stop")
    def broadcast_stopped(broadcast_id: int) -> ResponseReturnValue:
        with house.doing() as sight:
            broadcasts.stop(sight.session, sight.broadcast(broadcast_id), by=sight.person, now=sight.now)
        return redirect(url_for(".broadcast_page", broadcast_id=broadcast_id, done="broadcast_stopped"), 303)


def _draft(sight: Sight) -> Draft:
    """The form. Raises FormMisfit; an emergency is for the street alone, in its own area."""
    sight.at_desk()
    area = sight.session.get(Area, as_id(field("area", most=12)))
    if area is None or area.kind not in PLACES or not lie_in([area], sight.desk_paths):
        raise FormMisfit("area")
    role = field("role", most=20)
    if role and role not in ROLES:
        raise FormMisfit("role")
    text = field("words", most=broadcasts.LONGEST + 1)
    if not text or len(text) > broadcasts.LONGEST:
        raise FormMisfit("broadcast_words")
    emergency = bool(field("emergency", most=1))
    if emergency and not lie_in([area], sight.street_paths):
        raise FormMisfit("street_only")
    return Draft(area, RoleKind(role) if role else None, text, emergency)


def _counts(house: House, sight: Sight, draft: Draft) -> tuple[dict[By, int], Refused | None]:
    """How many by which way, and what the platform's quotas of the day say to it."""
    reach = house.means.reach(broadcasts.kind_of(emergency=draft.emergency))
    counts = broadcasts.count(
        sight.session,
        draft.area,
        draft.role,
        emergency=draft.emergency,
        ways={key: each.ways for key, each in reach.items()},
        now=sight.now,
    )
    for by, way in ON_QUOTA.items():
        left = _left(reach.values(), way)
        if left is not None and counts[by] > left:
            return counts, Refused(Refusal.QUOTA_SHORT, left=left, need=counts[by])
    return counts, None


def _left(reach: Any, way: str) -> int | None:
    """What all accounts together may still send on a way today; None where nobody knows."""
    known: list[Reach] = [each for each in reach if way in each.left_today]
    return sum(each.left_today[way] for each in known) if known else None


def _preview(house: House, sight: Sight) -> dict[str, Any]:
    draft = _draft(sight)
    counts, short = _counts(house, sight, draft)
    arrives = said.emergency_broadcast if draft.emergency else said.broadcast
    lately = broadcasts.lately(sight.session, draft.area, now=sight.now)
    too_often = not draft.emergency and lately >= house.means.broadcasts_a_week
    often = Refused(Refusal.BROADCAST_OFTEN, most=house.means.broadcasts_a_week) if too_often else None
    return {
        "draft": draft,
        "arrives": arrives(draft.area.name, draft.words),
        "counts": [(said.WAYS[by], number) for by, number in counts.items() if number],
        "people": sum(counts.values()),
        "lately": lately,
        "most_a_week": house.means.broadcasts_a_week,
        "said": said,
        "refusal": short or often,
    }


def _confirm(house: House, sight: Sight) -> Broadcast:
    draft = _draft(sight)
    _, short = _counts(house, sight, draft)
    if short is not None:
        raise short
    return broadcasts.confirm(
        sight.session,
        draft.area,
        draft.role,
        draft.words,
        emergency=draft.emergency,
        people=as_id(field("people", most=9)),
        most_a_week=house.means.broadcasts_a_week,
        by=sight.person,
        now=sight.now,
    )


def _list(house: House, sight: Sight, *, fault: str = "") -> dict[str, Any]:
    sight.at_desk()
    number = page_number()
    found = sight.session.scalars(
        select(Broadcast)
        .where(sight.broadcasts())
        .order_by(Broadcast.id.desc())
        .offset((number - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE + 1)
    ).all()
    nodes = [each for each in areas.all_areas(sight.session) if each.kind in PLACES]
    return {
        "rows": found[:PAGE_SIZE],
        "names": sight.names({each.by_id for each in found}),
        "area_names": areas.full_names(sight.session, {each.area_id for each in found}),
        "places": tree(lie_in(nodes, sight.desk_paths))[:MOST_AREAS],
        "roles": ROLES,
        "may_alarm": bool(sight.street_paths),
        "most_a_week": house.means.broadcasts_a_week,
        "draft": {name: field(name) for name in request.form},
        "fault": fault,
        "said": said,
        "page": number,
        "more": len(found) > PAGE_SIZE,
    }


def _page(sight: Sight, broadcast: Broadcast) -> dict[str, Any]:
    area = sight.session.get_one(Area, broadcast.area_id)
    arrives = said.emergency_broadcast if broadcast.emergency else said.broadcast
    found = broadcasts.progress(sight.session, broadcast)
    shares: dict[str, int] = {}
    for state, number in found.items():
        name = words.DELIVERIES[state]
        shares[name] = shares.get(name, 0) + number
    return {
        "broadcast": broadcast,
        "area": area,
        "arrives": arrives(area.name, broadcast.words),
        "shares": shares,
        "names": sight.names({broadcast.by_id, broadcast.stopped_by_id}),
        "said": said,
    }
