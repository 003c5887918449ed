"""Lists of areas (区域名单): written out, and brought in row by row by the same rules as the forms."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import area_edits, areas
from models.area import Area, AreaKind
from models.area_edits import Draft
from models.person import Person
from models.slips import Slip, Slipped
from models.uploads import Change, Line, Outcome
from nlp import lists
from nlp.lists import Column, several

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

COLUMNS = (
    Column("id", "编号", re.compile("^编号|^序号|^id$", re.IGNORECASE)),
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
HEAD = tuple(column.head for column in COLUMNS)
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


def table(session: Session, tops: Sequence[Area], *, most: int) -> list[list[str | float | None]]:
    """The open areas in those of `tops` in the columns of a list, each below what it lies in."""
    everything = {each.id: each for each in areas.all_areas(session)}
    mine = lists.inside(everything.values(), tops)
    opened = (each for each in everything.values() if each.id in mine and each.closed_at is None)
    listed = sorted(opened, key=lambda each: areas.ids_on(each.path))[:most]
    responsible = select(Area.grid_worker_id).union(select(Area.secretary_id))
    names = dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(responsible))).all())
    return [
        [
            area.id,
            KINDS[area.kind],
            path_name(area, everything),
            area.name,
            "、".join(alias.name for alias in area.aliases),
            area.code or "",
            names.get(area.grid_worker_id or 0, ""),
            names.get(area.secretary_id or 0, ""),
            area.lat,
            area.lng,
        ]
        for area in listed
    ]


def path_name(area: Area, everything: Mapping[int, Area]) -> str:
    """The names of all that an area lies in."""
    return BETWEEN.join(everything[each].name for each in areas.ids_on(area.path)[:-1])


def bring(session: Session, given: Sequence[Sequence[str]], tops: Sequence[Area]) -> Outcome:
    """Carries a list out, for areas in those of `tops`; what is wrong is collected, and then nothing may be kept."""

    def begin() -> lists.Take:
        area_edits.hold(session)
        return _Bringing(session, tops).take

    return lists.bring(given, COLUMNS, begin)


class _Bringing:
    """The tree while a list goes in: a row may lie in what an earlier row has added."""

    def __init__(self, session: Session, tops: Sequence[Area]) -> None:
        self._session = session
        everything = areas.all_areas(session)
        self._all = {each.id: each for each in everything}
        self._mine = lists.inside(everything, tops)
        self._places = {(path_name(each, self._all), each.name): each for each in reversed(everything)}
        self._before = {each.id: path_name(each, self._all) for each in everything}
        self._done: set[int] = set()

    def take(self, number: int, row: Mapping[str, str]) -> Line:
        area = self._named(row)
        if area is None:
            return self._add(number, row)
        if area.id in self._done:
            raise Slipped(Slip.TWICE)
        self._done.add(area.id)
        if row.get("kind") and _kind(row["kind"]) is not area.kind:
            raise Slipped(Slip.KIND_STAYS, "kind")
        if row["parent"] not in (self._before[area.id], path_name(area, self._all)):
            raise Slipped(Slip.PARENT_STAYS, "parent")
        before = area_edits.draft_of(area)
        draft = self._draft(row, area, before)
        changes = self._changes(before, draft)
        if changes:
            area_edits.change(self._session, area, draft)
            if draft.name != before.name:
                self._renamed(area)
        return Line(number, area.name, is_new=False, changes=changes)

    def _named(self, row: Mapping[str, str]) -> Area | None:
        if row.get("id"):
            area = self._all.get(int(row["id"])) if row["id"].isascii() and row["id"].isdigit() else None
            if area is None or area.id not in self._mine:
                raise Slipped(Slip.NUMBER, "id")
            return area
        area = self._places.get((row["parent"], row["name"]))
        return area if area is not None and area.id in self._mine else None

    def _add(self, number: int, row: Mapping[str, str]) -> Line:
        above, _, last = row["parent"].rpartition(BETWEEN)
        parent = self._places.get((above, last))
        if parent is None or parent.id not in self._mine:
            raise Slipped(Slip.PARENT, "parent")
        draft = self._draft(row, parent, Draft(""))
        area = area_edits.add(self._session, parent, _kind(row.get("kind", "")), draft)
        self._all[area.id] = area
        self._mine.add(area.id)
        self._done.add(area.id)
        self._places[row["parent"], area.name] = area
        return Line(number, area.name, is_new=True, changes=self._changes(Draft(""), draft))

    def _draft(self, row: Mapping[str, str], near: Area, before: Draft) -> Draft:
        draft = replace(before, name=row["name"])
        if "aliases" in row:
            draft = replace(draft, aliases=tuple(aliases(row["aliases"])))
        if "code" in row:
            draft = replace(draft, code=code(row["code"]))
        if "lat" in row and "lng" in row:
            draft = replace(draft, lat=degrees(row["lat"], "lat"), lng=degrees(row["lng"], "lng"))
        if "grid_worker" in row:
            draft = replace(draft, grid_worker_id=self._person(row, "grid_worker", near, before))
        if "secretary" in row:
            draft = replace(draft, secretary_id=self._person(row, "secretary", near, before))
        return draft

    def _person(self, row: Mapping[str, str], column: str, near: Area, before: Draft) -> int | None:
        name, was = row[column], getattr(before, _SHOWN[column])
        if not name:
            return None
        if was is not None and self._session.get_one(Person, was).name == name:
            return int(was)
        several = area_edits.responsible(self._session, near, name=name)
        if len(several) != 1:
            raise Slipped(Slip.NAMESAKES if several else Slip.PERSON, column)
        return several[0].id

    def _changes(self, before: Draft, after: Draft) -> list[Change]:
        shown = [(column, self._shown(before, column), self._shown(after, column)) for column in _SHOWN]
        return [Change(column, was, will) for column, was, will in shown if was != will]

    def _shown(self, draft: Draft, column: str) -> str:
        value = getattr(draft, _SHOWN[column])
        if column in ("grid_worker", "secretary"):
            return self._session.get_one(Person, value).name if value else ""
        if column == "aliases":
            return "、".join(value)
        return "" if value is None else str(value)

    def _renamed(self, area: Area) -> None:
        """What lies in it is found by its new name too from now on; the old one stands in the rows that follow."""
        for each in self._all.values():
            if areas.covers(area.path, each.path):
                self._places[path_name(each, self._all), each.name] = each


_SHOWN = {
    "name": "name",
    "aliases": "aliases",
    "code": "code",
    "grid_worker": "grid_worker_id",
    "secretary": "secretary_id",
    "lat": "lat",
    "lng": "lng",
}


def _kind(said: str) -> AreaKind:
    kind = _CALLED.get(said)
    if kind is None:
        raise Slipped(Slip.KIND, "kind")
    return kind
