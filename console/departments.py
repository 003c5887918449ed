"""Departments and partners, joint areas, the admitted list, and the links for those who have no account."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from console.house import House, field
from console.sight import Sight
from models import areas, departments, joints, links, parties, pushing, transitions
from models.area import Area, AreaKind
from models.category import Category
from models.clock import local
from models.departments import Draft
from models.errors import Refusal, Refused
from models.joint import JointArea, Turn
from models.party import Party, PartyKind
from models.person import RoleKind
from models.pushed import Admitted
from models.ticket import Ticket
from texts import console as words
from texts import parties as said

MOST_AREAS = 1500
NODES = (AreaKind.COMMUNITY, AreaKind.ESTATE, AreaKind.BUILDING)


class FormMisfit(Exception):
    """A form that cannot be carried out as it is; texts/parties.py has the sentence."""


def add_departments(blueprint: Blueprint, house: House) -> None:
    """The pages, and what their buttons do."""

    def press(path: str, name: str, done: str, do: Callable[..., None]) -> None:
        """One button of the page: what is wrong with its form is said there."""

        def pressed(**ids: int) -> ResponseReturnValue:
            try:
                with house.doing() as sight:
                    do(sight, **ids)
            except (FormMisfit, Refused) as fault:
                with house.looking() as sight:
                    return house.page("departments.html", sight, **_page(sight, fault=_sentence(fault))), 409
            return redirect(url_for(".departments", done=done), 303)

        blueprint.post(path, endpoint=name)(pressed)

    @blueprint.get("/departments", endpoint="departments")
    def department_list() -> str:
        with house.looking() as sight:
            return house.page("departments.html", sight, **_page(sight))

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
                return house.page("push_down.html", sight, **_pushing(sight, fault=_sentence(fault))), 409
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


def _sentence(fault: FormMisfit | Refused) -> str:
    return words.refusal(fault) if isinstance(fault, Refused) else said.FAULTS[str(fault)]


def _street_paths(sight: Sight) -> list[str]:
    """Where the viewer is of the street: only the street changes the list that protects communities, and the rota."""
    kinds = (RoleKind.STREET, RoleKind.ADMIN)
    mine = [role.area_id for role in sight.person.roles if role.kind in kinds and role.status == "active"]
    return list(sight.session.scalars(select(Area.path).where(Area.id.in_(mine))))


def _number(name: str) -> int:
    given = field(name, most=12)
    return int(given) if given.isascii() and given.isdigit() else 0


def _area(sight: Sight, given: int, paths: Sequence[str]) -> Area:
    area = sight.session.get(Area, given) if given else None
    if area is None or not any(areas.covers(path, area.path) for path in paths):
        raise FormMisfit("area")
    return area


# ---------------------------------------------------------------- the list of parties


def _categories(sight: Sight) -> dict[str, str]:
    return dict(sight.session.execute(select(Category.code, Category.name)).all())


def _draft(sight: Sight, name: str, area: Area) -> Draft:
    kind = field("kind", most=20)
    if kind not in list(PartyKind):
        raise FormMisfit("kind")
    if not name:
        raise FormMisfit("name")
    known = _categories(sight)
    chosen = [each for each in request.form.getlist("category") if each in known]
    return Draft(
        name, PartyKind(kind), area.id, chosen, contact=field("contact", most=40), phone=field("phone", most=20)
    )


def _enter(sight: Sight) -> None:
    # A name with a blank in it could not be said in chat.
    name = "".join(field("name", most=40).split())
    departments.enter(sight.session, _draft(sight, name, _area(sight, _number("area"), sight.desk_paths)))


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
    if turn not in list(Turn):
        raise FormMisfit("turn")
    given = [int(each) for each in request.form.getlist("node") if each.isascii() and each.isdigit()]
    nodes = [_area(sight, each, _street_paths(sight)) for each in dict.fromkeys(given)]
    try:
        joints.add(sight.session, name, nodes, turn=Turn(turn), begins=begins)
    except Refused as refused:
        raise FormMisfit("joint") from refused


def _part(sight: Sight, joint_id: int) -> None:
    joint = sight.session.get(JointArea, joint_id)
    if joint is None:
        raise NotFound
    for node in joint.nodes:
        _area(sight, node.area_id, _street_paths(sight))
    joints.remove(sight.session, joint)


# ---------------------------------------------------------------- the admitted list


def _admit(sight: Sight) -> None:
    name = field("name", most=60)
    category = sight.session.get(Category, field("category", most=40))
    if not name:
        raise FormMisfit("name")
    if category is None:
        raise FormMisfit("category")
    pushing.add_entry(sight.session, _area(sight, _number("area"), _street_paths(sight)), name, category)


def _strike(sight: Sight, entry_id: int) -> None:
    entry = sight.session.get(Admitted, entry_id)
    if entry is None:
        raise NotFound
    _area(sight, entry.area_id, _street_paths(sight))
    sight.session.delete(entry)


def _decider(yes: bool) -> Callable[..., None]:
    def decide(sight: Sight, wish_id: int) -> None:
        pushing.decide(sight.session, wish_id, yes=yes, by=sight.person, now=sight.now)

    return decide


def _push(sight: Sight) -> str:
    """Pushes down, or asks the street where the department wants it; gives the word for what was done."""
    mine = {area.id: (area, party) for area, party in pushing.communities_of(sight.session, sight.person)}
    chosen = mine.get(_number("community"))
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


def _tree(nodes: Sequence[Area]) -> list[tuple[int, str]]:
    ordered = sorted(nodes, key=lambda each: areas.ids_on(each.path))
    least = min((len(areas.ids_on(each.path)) for each in ordered), default=0)
    return [(each.id, "\u3000" * (len(areas.ids_on(each.path)) - least) + each.name) for each in ordered[:MOST_AREAS]]


def _page(sight: Sight, *, fault: str = "") -> dict[str, Any]:
    if not sight.is_desk:
        raise NotFound
    session, street = sight.session, _street_paths(sight)
    everything = areas.all_areas(session)
    by_id = {each.id: each for each in everything}

    def covered(paths: Sequence[str]) -> list[Area]:
        return [each for each in everything if any(areas.covers(path, each.path) for path in paths)]

    mine = {each.id for each in covered(sight.desk_paths)}
    above = {each for path in sight.desk_paths for each in areas.ids_on(path)}
    listed = session.scalars(
        select(Party).where(Party.active.is_(True), Party.area_id.in_(mine | above)).order_by(Party.kind, Party.name)
    ).all()
    today = local(sight.now).date()
    shown = [each for each in joints.every(session) if {node.area_id for node in each.nodes} & mine]
    return {
        "fault": fault,
        "draft": {name: field(name) for name in request.form} if fault else {},
        "said": said,
        "area_names": {each.id: each.name for each in everything},
        "categories": _categories(sight),
        "parties": [
            (
                each,
                [one.name for one in parties.people_of(session, each, place=by_id[each.area_id])],
                each.area_id in mine,
            )
            for each in listed
        ],
        "places": _tree(covered(sight.desk_paths)),
        "street_places": _tree([each for each in covered(street) if each.kind is not AreaKind.BUILDING]),
        "nodes": _tree([each for each in covered(street) if each.kind in NODES]),
        "is_street": bool(street),
        "joints": [
            (
                each,
                [areas.full_name(session, by_id[node.area_id]) for node in each.nodes],
                by_id[joints.lead(session, each, today)].name,
            )
            for each in shown
        ],
        "entries": session.scalars(
            select(Admitted).where(Admitted.area_id.in_(mine | above)).order_by(Admitted.id)
        ).all(),
        "wishes": [
            (each, session.get_one(Party, each.party_id).name, by_id[each.community_id].name)
            for each in pushing.waiting(session, sight.person)
        ],
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
