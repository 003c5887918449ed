"""Departments and partners, joint areas, the admitted list, and the links for those who have no account."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from console import masks
from console.house import FormMisfit, House, as_id, field, sentence, ticked
from console.lists import add_list
from console.places import MOST_AREAS, lie_in, tree
from console.sight import Sight
from models import areas, departments, joints, links, parties, pushing, transitions
from models.area import Area, AreaKind
from models.category import Category
from models.clock import local
from models.departments import Draft
from models.errors import Refusal, Refused
from models.joint import JointArea, Turn
from models.party import Party, PartyKind
from models.pushed import Admitted
from models.ticket import Ticket
from models.upload import UploadKind
from nlp.party_list import PartyList
from texts import console as words
from texts import parties as said

NODES = (AreaKind.COMMUNITY, AreaKind.ESTATE, AreaKind.BUILDING)
FARTHEST = timedelta(days=3653)
"""How far the day may lie from which turns are counted."""


def add_departments(blueprint: Blueprint, house: House) -> None:
    """The pages, and what their buttons do."""

    def show(sight: Sight, why: str) -> str:
        return house.page("departments.html", sight, **_page(sight, fault=why))

    press = house.buttons(blueprint, show=show, faults=said.FAULTS, home="departments")

    @blueprint.get("/departments", endpoint="departments")
    def department_list() -> str:
        with house.looking() as sight:
            return house.page("departments.html", sight, **_page(sight))

    add_list(
        blueprint,
        house,
        UploadKind.DEPARTMENTS,
        _listed,
        show=show,
        home="departments",
        is_personal=True,
    )
    press("/departments/party", "party_entered", "party", _enter)
    press("/departments/<int(max=999999999999):party_id>/change", "party_changed", "party", _change)
    press("/departments/<int(max=999999999999):party_id>/end", "party_ended", "party", _end)
    press("/joint-areas", "joint_added", "joint", _join)
    press("/joint-areas/<int(max=999999999999):joint_id>/remove", "joint_removed", "joint", _part)
    press("/admitted", "entry_added", "entry", _admit)
    press("/admitted/<int(max=999999999999):entry_id>/remove", "entry_removed", "entry", _strike)
    for answer, done in (("grant", "granted"), ("deny", "denied")):
        press(f"/wishes/<int(max=999999999999):wish_id>/{answer}", f"wish_{answer}", done, _decider(answer == "grant"))

    @blueprint.get("/push-down")
    def push_down() -> str:
        with house.looking() as sight:
            return house.page("push_down.html", sight, **_pushing(sight))

    @blueprint.post("/push-down")
    def pushed_down() -> ResponseReturnValue:
        try:
            with house.doing() as sight:
                done = _push(sight)
        except (FormMisfit, Refused) as fault:
            with house.looking() as sight:
                return house.page("push_down.html", sight, **_pushing(sight, fault=sentence(fault, said.FAULTS))), 409
        return redirect(url_for(".push_down", done=done), 303)

    @blueprint.post("/tickets/<number>/link")
    def ticket_link(number: str) -> ResponseReturnValue:
        try:
            with house.doing() as sight:
                ticket = transitions.lock(sight.session, sight.ticket(number).id)
                if str(ticket.version) != field("version", most=12):
                    # Sent again by a reload: the link that is on its way goes on working.
                    raise Refused(Refusal.CHANGED, number=ticket.short)
                token, party = links.make(sight.session, ticket, by=sight.person, now=sight.now, hours=house.link_hours)
                address = f"{house.public_url or request.url_root.rstrip('/')}/answer/{token}"
                values = {"number": number, "address": address, "party": party, "hours": house.link_hours}
                return house.page("link.html", sight, ticket=ticket, said=said, **values)
        except Refused as refused:
            with house.looking() as sight:
                sight.ticket(number)
                return house.page("link.html", sight, number=number, said=said, fault=words.refusal(refused)), 409


def may_link(sight: Sight, ticket: Ticket) -> bool:
    """Whether whoever has the ticket has no account, so that a link is what reaches them."""
    given = parties.current(sight.session, ticket)
    place = parties.place_of(sight.session, ticket)
    return given is not None and not parties.people_of(sight.session, given.party, place=place)


def _area(sight: Sight, given: int, paths: Sequence[str]) -> Area:
    area = sight.session.get(Area, given)
    if area is None or not lie_in([area], paths):
        raise FormMisfit("area")
    return area


# ---------------------------------------------------------------- the list of parties


def _listed(sight: Sight) -> PartyList:
    sight.at_desk()
    mine = {each.id for each in lie_in(areas.all_areas(sight.session), sight.desk_paths)}
    categories = sight.categories()
    return PartyList(sight.session, mine, kinds=said.KINDS, categories=categories, hide=masks.phone)


def _draft(sight: Sight, name: str, area: Area) -> Draft:
    kind = field("kind", most=20)
    if kind not in list(PartyKind):
        raise FormMisfit("kind")
    if not name:
        raise FormMisfit("name")
    known = sight.categories()
    chosen = [each for each in request.form.getlist("category") if each in known]
    return Draft(
        name, PartyKind(kind), area.id, chosen, contact=field("contact", most=40), phone=field("phone", most=20)
    )


def _enter(sight: Sight) -> None:
    # A name with a blank in it could not be said in chat.
    name = "".join(field("name", most=40).split())
    departments.enter(sight.session, _draft(sight, name, _area(sight, as_id(field("area")), sight.desk_paths)))


def _party(sight: Sight, party_id: int) -> Party:
    found = sight.session.get(Party, party_id, with_for_update=True)
    if found is None:
        raise NotFound
    _area(sight, found.area_id, sight.desk_paths)
    return found


def _change(sight: Sight, party_id: int) -> None:
    party = _party(sight, party_id)
    area = sight.session.get_one(Area, party.area_id)
    departments.enter(sight.session, _draft(sight, party.name, area), party=party)


def _end(sight: Sight, party_id: int) -> None:
    _party(sight, party_id).active = False


# ---------------------------------------------------------------- joint areas


def _join(sight: Sight) -> None:
    name, turn = field("name", most=80), field("turn", most=10)
    if not name:
        raise FormMisfit("name")
    try:
        begins = date.fromisoformat(field("begins", most=10))
    except ValueError as error:
        raise FormMisfit("date") from error
    if abs(begins - local(sight.now).date()) > FARTHEST:
        raise FormMisfit("date")
    if turn not in list(Turn):
        raise FormMisfit("turn")
    nodes = [_area(sight, each, sight.street_paths) for each in ticked("node")]
    try:
        joints.add(sight.session, name, nodes, turn=Turn(turn), begins=begins)
    except Refused as refused:
        raise FormMisfit("joint") from refused


def _part(sight: Sight, joint_id: int) -> None:
    joint = sight.session.get(JointArea, joint_id)
    if joint is None:
        raise NotFound
    for node in joint.nodes:
        _area(sight, node.area_id, sight.street_paths)
    joints.remove(sight.session, joint)


# ---------------------------------------------------------------- the admitted list


def _admit(sight: Sight) -> None:
    name = field("name", most=60)
    category = sight.session.get(Category, field("category", most=40))
    if not name:
        raise FormMisfit("name")
    if category is None:
        raise FormMisfit("category")
    pushing.add_entry(sight.session, _area(sight, as_id(field("area")), sight.street_paths), name, category)


def _strike(sight: Sight, entry_id: int) -> None:
    entry = sight.session.get(Admitted, entry_id)
    if entry is None:
        raise NotFound
    _area(sight, entry.area_id, sight.street_paths)
    sight.session.delete(entry)


def _decider(yes: bool) -> Callable[..., None]:
    def decide(sight: Sight, wish_id: int) -> None:
        pushing.decide(sight.session, wish_id, yes=yes, by=sight.person, now=sight.now)

    return decide


def _push(sight: Sight) -> str:
    """Pushes down, or asks the street where the department wants it; gives the word for what was done."""
    mine = {area.id: (area, party) for area, party in pushing.communities_of(sight.session, sight.person)}
    chosen = mine.get(as_id(field("community")))
    if chosen is None:
        raise FormMisfit("area")
    task = field("words", most=pushing.LONGEST)
    if not task:
        raise FormMisfit("words")
    made = pushing.push_down(sight.session, *chosen, task, by=sight.person, channel="console", now=sight.now)
    if isinstance(made, Ticket):
        return "pushed"
    if not field("ask", most=3):
        raise FormMisfit("off_list")
    pushing.ask_street(sight.session, made.id, by=sight.person, now=sight.now)
    return "wish"


# ---------------------------------------------------------------- what the pages show


def _page(sight: Sight, *, fault: str = "") -> dict[str, Any]:
    if not sight.is_desk:
        raise NotFound
    session = sight.session
    everything = areas.all_areas(session)
    by_id = {each.id: each for each in everything}

    own, of_street = lie_in(everything, sight.desk_paths), lie_in(everything, sight.street_paths)
    mine = {each.id for each in own}
    above = {each for path in sight.desk_paths for each in areas.ids_on(path)}
    listed = session.scalars(
        select(Party).where(Party.active.is_(True), Party.area_id.in_(mine | above)).order_by(Party.kind, Party.name)
    ).all()
    today = local(sight.now).date()
    shown = [each for each in joints.every(session) if {node.area_id for node in each.nodes} & mine]
    wishes = pushing.waiting(session, sight.person)
    parties_asking = select(Party.id, Party.name).where(Party.id.in_({each.party_id for each in wishes}))
    asking = dict(session.execute(parties_asking).all())
    answering = parties.names_of(session, listed, [by_id[each.area_id] for each in listed])

    def path_of(area_id: int) -> list[Area]:
        return [by_id[each] for each in reversed(areas.ids_on(by_id[area_id].path))]

    def led_by(joint: JointArea) -> str:
        communities = [
            each.id for node in joint.nodes for each in path_of(node.area_id) if each.kind is AreaKind.COMMUNITY
        ]
        return by_id[joints.turn_of(joint, today, list(dict.fromkeys(communities)))].name

    return {
        "fault": fault,
        "draft": {name: field(name) for name in request.form} if fault else {},
        "said": said,
        "area_names": {each.id: each.name for each in everything},
        "categories": sight.categories(),
        "parties": [(each, answering.get(each.id, []), each.area_id in mine) for each in listed],
        "places": tree(own)[:MOST_AREAS],
        "street_places": tree([each for each in of_street if each.kind is not AreaKind.BUILDING])[:MOST_AREAS],
        "nodes": tree([each for each in of_street if each.kind in NODES])[:MOST_AREAS],
        "is_street": bool(sight.street_paths),
        "joints": [
            (each, [areas.name_of(path_of(node.area_id)) for node in each.nodes], led_by(each)) for each in shown
        ],
        "entries": session.scalars(
            select(Admitted).where(Admitted.area_id.in_(mine | above)).order_by(Admitted.id)
        ).all(),
        "wishes": [(each, asking[each.party_id], by_id[each.community_id].name) for each in wishes],
        "today": today.isoformat(),
    }


def _pushing(sight: Sight, *, fault: str = "") -> dict[str, Any]:
    mine = pushing.communities_of(sight.session, sight.person)
    if not mine:
        raise NotFound
    return {
        "fault": fault,
        "draft": {name: field(name) for name in request.form} if fault else {},
        "said": said,
        "communities": [(area.id, area.name) for area, _ in mine],
        "entries": pushing.admitted(sight.session, [area for area, _ in mine]),
        "is_off_list": fault == said.FAULTS["off_list"],
    }
