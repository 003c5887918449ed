"""Lists of areas (区域名单): how they are written, and what a row makes of one, by the same rules as the forms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import area_edits, areas
from models.area import Area, AreaKind
from models.area_edits import Draft
from models.person import Person
from models.slips import Slip, Slipped
from nlp import lists
from nlp.lists import Cell, Column, OneARow, Row, several

KINDS = {
    AreaKind.CITY: "市",
    AreaKind.DISTRICT: "区",
    AreaKind.STREET: "街道",
    AreaKind.COMMUNITY: "社区",
    AreaKind.ESTATE: "小区",
    AreaKind.BUILDING: "楼栋",
}
_CALLED = {name: kind for kind, name in KINDS.items()} | {
    "区县": AreaKind.DISTRICT,
    "镇": AreaKind.STREET,
    "乡": AreaKind.STREET,
    "居委会": AreaKind.COMMUNITY,
    "村": AreaKind.COMMUNITY,
    "网格": AreaKind.ESTATE,
    "院落": AreaKind.ESTATE,
    "楼": AreaKind.BUILDING,
    "栋": AreaKind.BUILDING,
    "幢": AreaKind.BUILDING,
}

BETWEEN = "/"
"""Between the names of what an area lies in, from above."""

GENERAL = frozenset(
    (
        "小区",
        "社区",
        "街道",
        "楼上",
        "楼下",
        "门口",
        "我家",
        "家里",
        "这里",
        "那里",
        "隔壁",
        "楼道",
        "附近",
        "院子",
        "马路",
        "路边",
    )
)
"""What everybody says of every place: no name of one."""


def aliases(said: str) -> list[str]:
    """The other names in a cell or a field. Raises Slipped for what is no name of a place."""
    found = several(said)
    if any(each in GENERAL for each in found):
        raise Slipped(Slip.ALIAS, "aliases")
    return found


def code(said: str) -> str:
    """A door code as it is kept."""
    return said.strip().upper()


def degrees(said: str, column: str) -> float | None:
    """Latitude or longitude of a cell or a field. Raises Slipped."""
    try:
        return round(float(said), 6) if said else None
    except ValueError:
        raise Slipped(Slip.POINT, column) from None


class AreaList(OneARow[Area]):
    """The open areas in those of `tops`: a row may lie in what an earlier row has added."""

    columns = (
        Column("id", "编号", re.compile("^编号|^序号|^id$", re.IGNORECASE), is_told=False),
        Column("kind", "层级", re.compile("层级|类型|级别")),
        Column("parent", "上级", re.compile("上级|所属"), needed=True),
        Column("name", "名称", re.compile("名称|名字"), needed=True),
        Column("aliases", "别名", re.compile("别名|俗称|又叫")),
        Column("code", "门牌码", re.compile("门牌|楼栋码|代码")),
        Column("grid_worker", "网格员", re.compile("网格员|楼栋长")),
        Column("secretary", "书记", re.compile("书记|党小组")),
        Column("lat", "纬度", re.compile("纬度|lat", re.IGNORECASE)),
        Column("lng", "经度", re.compile("经度|lng|lon", re.IGNORECASE)),
    )

    def __init__(self, session: Session, tops: Sequence[Area]) -> None:
        super().__init__(session)
        self._tops = tops

    def begin(self) -> None:
        """Nobody else changes the tree meanwhile."""
        area_edits.hold(self._session)

    @cached_property
    def _all(self) -> dict[int, Area]:
        return {each.id: each for each in areas.all_areas(self._session)}

    @cached_property
    def _mine(self) -> set[int]:
        return lists.inside(self._all.values(), self._tops)

    @cached_property
    def _places(self) -> dict[tuple[str, str], Area]:
        return {(path_name(each, self._all), each.name): each for each in reversed(self._all.values())}

    @cached_property
    def _before(self) -> dict[int, str]:
        return {each.id: path_name(each, self._all) for each in self._all.values()}

    @cached_property
    def _people(self) -> dict[int, str]:
        responsible = select(Area.grid_worker_id).union(select(Area.secretary_id))
        return dict(self._session.execute(select(Person.id, Person.name).where(Person.id.in_(responsible))).all())

    def everything(self) -> Iterable[Area]:
        opened = (each for each in self._all.values() if each.id in self._mine and each.closed_at is None)
        return sorted(opened, key=lambda each: areas.ids_on(each.path))

    def cells(self, thing: Area) -> dict[str, Cell]:
        return {
            "id": thing.id,
            "kind": KINDS[thing.kind],
            "parent": path_name(thing, self._all),
            "name": thing.name,
            "aliases": "、".join(alias.name for alias in thing.aliases),
            "code": thing.code or "",
            "grid_worker": self._people.get(thing.grid_worker_id or 0, ""),
            "secretary": self._people.get(thing.secretary_id or 0, ""),
            "lat": thing.lat,
            "lng": thing.lng,
        }

    def find(self, row: Row) -> Area | None:
        if row.get("id"):
            area = self._all.get(lists.number(row["id"]))
            if area is None or area.id not in self._mine:
                raise Slipped(Slip.NUMBER, "id")
            return area
        area = self._places.get((row["parent"], row["name"]))
        return area if area is not None and area.id in self._mine else None

    def put(self, row: Row, thing: Area | None) -> Area:
        return self._add(row) if thing is None else self._change(row, thing)

    def _change(self, row: Row, area: Area) -> Area:
        if row.get("kind") and _kind(row["kind"]) is not area.kind:
            raise Slipped(Slip.KIND_STAYS, "kind")
        # The rows that follow still say what an area was called that an earlier row renamed.
        if row["parent"] not in (self._before.get(area.id), path_name(area, self._all)):
            raise Slipped(Slip.PARENT_STAYS, "parent")
        before = area_edits.draft_of(area)
        draft = self._draft(row, area, before)
        if draft != before:
            area_edits.change(self._session, area, draft)
        if draft.name != before.name:
            for each in self._all.values():
                if areas.covers(area.path, each.path):
                    self._places[path_name(each, self._all), each.name] = each
        return area

    def _add(self, row: Row) -> Area:
        above, _, last = row["parent"].rpartition(BETWEEN)
        parent = self._places.get((above, last))
        if parent is None or parent.id not in self._mine:
            raise Slipped(Slip.PARENT, "parent")
        area = area_edits.add(self._session, parent, _kind(row.get("kind", "")), self._draft(row, parent, Draft("")))
        self._all[area.id] = area
        self._mine.add(area.id)
        self._places[row["parent"], area.name] = area
        return area

    def _draft(self, row: Row, near: Area, before: Draft) -> Draft:
        draft = replace(before, name=row["name"])
        if "aliases" in row:
            draft = replace(draft, aliases=tuple(aliases(row["aliases"])))
        if "code" in row:
            draft = replace(draft, code=code(row["code"]))
        if "lat" in row and "lng" in row:
            draft = replace(draft, lat=degrees(row["lat"], "lat"), lng=degrees(row["lng"], "lng"))
        if "grid_worker" in row:
            draft = replace(draft, grid_worker_id=self._person(row, "grid_worker", near, before.grid_worker_id))
        if "secretary" in row:
            draft = replace(draft, secretary_id=self._person(row, "secretary", near, before.secretary_id))
        return draft

    def _person(self, row: Row, column: str, near: Area, was: int | None) -> int | None:
        name = row[column]
        if not name:
            return None
        if was is not None and self._people.get(was) == name:
            return was
        found = area_edits.responsible(self._session, near, name=name)
        if len(found) != 1:
            raise Slipped(Slip.NAMESAKES if found else Slip.PERSON, column)
        self._people[found[0].id] = name
        return found[0].id


def path_name(area: Area, everything: Mapping[int, Area]) -> str:
    """The names of all that an area lies in."""
    return BETWEEN.join(everything[each].name for each in areas.ids_on(area.path)[:-1])


def _kind(said: str) -> AreaKind:
    kind = _CALLED.get(said)
    if kind is None:
        raise Slipped(Slip.KIND, "kind")
    return kind
