"""Lists of skills (特长): other names for them, and two that become one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from models import skills
from models.skills import Known
from models.slips import Slip, Slipped
from nlp import lists
from nlp.lists import Cell, Column, OneARow, Row, several
from nlp.services import services_named


def is_service(name: str) -> bool:
    """Whether residents ask for it by this name."""
    return name in services_named(name)


class SkillList(OneARow[Known]):
    """Who has one stands in the list of people, what asks for one in that of categories; here both are only looked at."""

    columns = (
        Column("name", "特长", re.compile("^特长|^技能"), needed=True),
        Column("new", "改成", re.compile("改成|新名"), needed=True),
        Column("join", "并到一起", re.compile("并")),
        Column("people", "多少人会（只看）", is_told=False),
        Column("categories", "哪些分类要（只看）", is_told=False),
    )

    @cached_property
    def _known(self) -> dict[str, Known]:
        found = sorted(skills.known(self._session), key=lambda each: (not each.categories, each.name))
        return {each.name: each for each in found}

    def everything(self) -> Iterable[Known]:
        return self._known.values()

    def cells(self, thing: Known) -> dict[str, Cell]:
        return {
            "name": thing.name,
            "new": "",
            "join": "",
            "people": str(thing.people),
            "categories": "、".join(thing.categories),
        }

    def find(self, row: Row) -> Known:
        found = self._known.get(row["name"])
        if found is None:
            raise Slipped(Slip.SKILL_GONE, "name", word=row["name"])
        return found

    def put(self, row: Row, thing: Known | None) -> Known | None:
        new = row["new"]
        if thing is None or not new:
            return thing
        if several(new) != [new]:
            raise Slipped(Slip.SKILL, "new")
        may_join = bool(row.get("join")) and lists.yes(row["join"], "join")
        services = {name for name in (thing.name, new) if is_service(name)}
        skills.rename(self._session, thing.name, new, services=services, may_join=may_join)
        made = Known(new, thing.people, thing.categories)
        del self._known[thing.name]
        self._known.setdefault(new, made)
        return made
