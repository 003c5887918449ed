"""Lists of departments and partners (部门和单位): how they are written, and what a row makes of one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import departments
from models.departments import Draft
from models.party import Party, PartyKind
from models.slips import Slip, Slipped
from nlp import lists, phones
from nlp.lists import Cell, Column, OneARow, Places, Row, several

LONGEST = 40
_HIDDEN = "*"
"""Of a number that was hidden when the list was written out: it stays as it is."""


class PartyList(OneARow[Party]):
    """Those of areas, known by name and area, which stand in roles and histories and stay. `kinds` are called as on the
    page, `categories` by their codes; `hide` gives a number as it may be shown.
    """

    columns = (
        Column("name", "名称", re.compile("名称|名字|叫"), needed=True),
        Column("area", "管哪里", re.compile("哪里|地方|区域|社区"), needed=True),
        Column("kind", "什么单位", re.compile("什么单位|类型|性质")),
        Column("categories", "只给这几类事", re.compile("几类|分类|事项")),
        Column("contact", "没有账号时转给谁", re.compile("转给谁|联系人")),
        Column("phone", "联系电话", re.compile("电话|手机")),
    )
    holds = (Party,)

    def __init__(
        self,
        session: Session,
        among: set[int],
        *,
        kinds: Mapping[PartyKind, str],
        categories: Mapping[str, str],
        hide: Callable[[str], str],
    ) -> None:
        super().__init__(session)
        self._among, self._kinds, self._categories, self._hide = among, kinds, categories, hide

    @cached_property
    def _places(self) -> Places:
        return Places(self._session, self._among)

    @cached_property
    def _parties(self) -> dict[tuple[str, int], Party]:
        found = select(Party).where(Party.area_id.in_(self._places.ids)).order_by(Party.kind, Party.name, Party.id)
        return {(each.name, each.area_id): each for each in self._session.scalars(found)}

    def everything(self) -> Iterable[Party]:
        return (each for each in self._parties.values() if each.active)

    def cells(self, thing: Party) -> dict[str, Cell]:
        if not thing.active:
            return {}
        return {
            "name": thing.name,
            "area": self._places.said(thing.area_id),
            "kind": self._kinds[thing.kind],
            "categories": "、".join(self._categories.get(each, each) for each in thing.categories),
            "contact": thing.contact,
            "phone": self._hide(thing.phone) if thing.phone else "",
        }

    def find(self, row: Row) -> Party | None:
        return self._parties.get((_name(row), self._places.one(row["area"]).id))

    def put(self, row: Row, thing: Party | None) -> Party:
        name, area = _name(row), self._places.one(row["area"])
        if not name:
            raise Slipped(Slip.MISSING, "name")
        kind = thing.kind if thing is not None else PartyKind.DEPARTMENT
        if row.get("kind"):
            kind = lists.chosen(self._kinds, row["kind"], Slip.PARTY_KIND, "kind")
        draft = Draft(
            name,
            kind,
            area.id,
            self._wanted(row["categories"]) if "categories" in row else thing.categories if thing else [],
            contact=row.get("contact", thing.contact if thing else ""),
            phone=self._phone(row, thing.phone if thing else ""),
        )
        for column in ("name", "contact"):
            if len(getattr(draft, column)) > LONGEST:
                raise Slipped(Slip.LONG, column, most=LONGEST)
        made = departments.enter(self._session, draft, party=thing)
        self._parties[made.name, made.area_id] = made
        return made

    def _wanted(self, said: str) -> list[str]:
        codes = {name: code for code, name in self._categories.items()}
        found = several(said)
        for each in found:
            if each not in codes:
                raise Slipped(Slip.CATEGORY, "categories", name=each)
        return [codes[each] for each in found]

    def _phone(self, row: Row, was: str) -> str:
        said = row.get("phone", _HIDDEN)
        if _HIDDEN in said:
            return was
        phone = phones.number(said, of_this_town=True)
        if phone is None:
            raise Slipped(Slip.PHONE, "phone")
        return phone


def _name(row: Row) -> str:
    # A name with a blank in it could not be said in chat.
    return "".join(row["name"].split())
