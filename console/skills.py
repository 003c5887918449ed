"""Skills (特长): who has which, which category asks for it, another name, and two that become one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from console.editing import beside
from console.house import House, argument, as_id, clean, field
from console.lists import add_list
from console.sight import Sight
from models import skills
from models.area import Area
from models.person import RoleStatus
from models.slips import Slip, Slipped
from models.upload import UploadKind
from nlp.lists import several
from nlp.services import KINDRED
from nlp.skill_list import SkillList, is_service

PAGE_SIZE = 50


def add_skills(blueprint: Blueprint, house: House) -> None:
    """The pages, and what the button does."""

    @blueprint.get("/skills", endpoint="skill_list")
    def skill_list() -> str:
        with house.looking() as sight:
            return listed(sight)

    def listed(sight: Sight, fault: str = "") -> str:
        rows = [(each, is_service(each.name)) for each in _known(sight)]
        return house.page("skills.html", sight, rows=rows, fault=fault)

    def opened(sight: Sight) -> SkillList:
        sight.for_everything()
        return SkillList(sight.session)

    add_list(blueprint, house, UploadKind.SKILLS, opened, show=listed, home="skill_list", here="categories")

    @blueprint.get("/skills/<path:skill>")
    def skill_page(skill: str) -> str:
        with house.looking() as sight:
            return house.page("skill.html", sight, **_page(sight, skill))

    @blueprint.post("/skills/<path:skill>/rename")
    def skill_renamed(skill: str) -> ResponseReturnValue:
        new = field("new", most=40)

        def rename(sight: Sight) -> None:
            each, may_join = _one(_known(sight), skill), bool(field("join", most=1))
            if new and several(new) != [new]:
                raise Slipped(Slip.SKILL, "new")
            services = {name for name in (each.name, new) if is_service(name)}
            skills.rename(sight.session, each.name, new, services=services, may_join=may_join)

        def shown(sight: Sight, slipped: Slipped) -> str:
            return house.page("skill.html", sight, **_page(sight, skill, slipped=slipped))

        back = url_for(".skill_list", done="skill")
        return house.carry_out(rename, shown=shown, back=back, but=(Slipped,))


def _known(sight: Sight) -> list[skills.Known]:
    """Every one, first what a category asks for."""
    sight.for_everything()
    return sorted(skills.known(sight.session), key=lambda each: (not each.categories, each.name))


def _one(everything: Sequence[skills.Known], given: str) -> skills.Known:
    name = clean(given, most=40)
    found = next((each for each in everything if each.name == name), None)
    if found is None:
        raise NotFound
    return found


def _page(sight: Sight, given: str, *, slipped: Slipped | None = None) -> dict[str, Any]:
    everything = _known(sight)
    each = _one(everything, given)
    after = as_id(argument("after", most=12))
    found = skills.people_with(sight.session, each.name, after=after, most=PAGE_SIZE + 1)
    people = found[:PAGE_SIZE]
    roles = {person.id: [role for role in person.roles if role.status is RoleStatus.ACTIVE] for person in people}
    ids = {role.area_id for listed in roles.values() for role in listed}
    return {
        "skill": each,
        "is_service": is_service(each.name),
        "kindred": [service for service, names in KINDRED.items() if each.name in names],
        "people": people,
        "roles": roles,
        "areas": dict(sight.session.execute(select(Area.id, Area.name).where(Area.id.in_(ids))).all()),
        "more": people[-1].id if len(found) > PAGE_SIZE else 0,
        "others": [other.name for other in everything if other.name != each.name],
        **beside("rename", slipped),
    }
