"""Rows of a list of stations (驿站名单): which column is what, and what is wrong with a row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from models import open_hours
from models.slips import Slipped
from models.stations import Draft
from nlp import lists
from nlp.lists import Column
from nlp.riders import hours, use_named, uses_of

COLUMNS = (
    Column("kind", "类型", re.compile("类型|类别|种类")),
    Column("name", "名称", re.compile("名称|驿站|名字|站点"), needed=True),
    Column("address", "地址", re.compile("地址|位置|地点")),
    # Without a name and a point nobody finds a station.
    Column("lat", "纬度", re.compile("纬度|lat", re.IGNORECASE), needed=True),
    Column("lng", "经度", re.compile("经度|lng|lon", re.IGNORECASE), needed=True),
    Column("hours", "开放时间", re.compile("时间|营业|开放")),
    Column("services", "服务", re.compile("服务|设施|优惠|内容")),
    Column("area", "社区", re.compile("社区|街道|所属|辖区")),
    Column("until", "到期", re.compile("到期|截止|有效")),
)
HEAD = tuple(column.head for column in COLUMNS)
"""The columns, in the order in which lists are written."""

_CHINA = ((3.0, 54.0), (73.0, 136.0))
_LENGTHS = {1: 60, 2: 120, 6: 120}


class RowFault(StrEnum):
    """Why a row is not taken; each has a sentence in texts/stations.py."""

    HEAD = "head"
    KIND = "kind"
    NAME = "name"
    LONG = "long"
    POINT = "point"
    TURNED = "turned"
    """Latitude and longitude stand in each other's place."""
    HOURS = "hours"
    AREA = "area"
    UNTIL = "until"


class RowMisfit(Exception):
    """A row that is no station."""

    def __init__(self, fault: RowFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list as it was read: the rows that are right, in the order of `HEAD`, and the others with their numbers as a
    spreadsheet shows them.
    """

    rows: Sequence[Sequence[str]]
    drafts: Sequence[Draft]
    faults: Sequence[tuple[int, str, RowFault]]
    """(row, its name, why not)."""


def read(table: Sequence[Sequence[str]], places: Mapping[str, int], *, otherwise: int | None) -> Sheet:
    """A list with its head in the first row. `places` are the areas that may be named; `otherwise` is that of a row
    that names none.
    """
    found = lists.rows(table, COLUMNS)
    if found is None:
        return Sheet((), (), ((1, "", RowFault.HEAD),))
    rows, drafts, faults = [], [], []
    for number, cells in found:
        row = [cells.get(column.key, "") for column in COLUMNS]
        try:
            drafts.append(draft(row, places, otherwise=otherwise))
            rows.append(row)
        except RowMisfit as misfit:
            faults.append((number, row[1], misfit.fault))
    return Sheet(rows, drafts, faults)


def draft(row: Sequence[str], places: Mapping[str, int], *, otherwise: int | None) -> Draft:
    """One row in the order of `HEAD`. Raises RowMisfit."""
    kind_said, name, address, lat_said, lng_said, hours_said, services, area_said, until_said = row
    if not name:
        raise RowMisfit(RowFault.NAME)
    if any(len(row[at]) > most for at, most in _LENGTHS.items()):
        raise RowMisfit(RowFault.LONG)
    kind = use_named(kind_said) if kind_said else use_named(name)
    if kind is None:
        raise RowMisfit(RowFault.KIND)
    lat, lng = _point(lat_said, lng_said)
    spans = hours(hours_said)
    if spans is None or len(open_hours.write(spans)) > 200:
        raise RowMisfit(RowFault.HOURS)
    area_id = places.get(area_said) if area_said else otherwise
    if area_id is None:
        raise RowMisfit(RowFault.AREA)
    return Draft(
        kind=kind,
        name=name,
        address=address,
        lat=lat,
        lng=lng,
        hours=open_hours.write(spans),
        services=services,
        area_id=area_id,
        until=_until(until_said),
        uses=uses_of(services),
    )


def _point(lat_said: str, lng_said: str) -> tuple[float, float]:
    try:
        lat, lng = float(lat_said), float(lng_said)
    except ValueError:
        raise RowMisfit(RowFault.POINT) from None
    (south, north), (west, east) = _CHINA
    if south <= lng <= north and west <= lat <= east:
        raise RowMisfit(RowFault.TURNED)
    if not (south <= lat <= north and west <= lng <= east):
        raise RowMisfit(RowFault.POINT)
    return lat, lng


def _until(said: str) -> date | None:
    if not said:
        return None
    try:
        return lists.day(said, "until")
    except Slipped:
        raise RowMisfit(RowFault.UNTIL) from None
