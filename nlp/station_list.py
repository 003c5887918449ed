"""Rows of a list of stations (驿站名单): which column is what, and what is wrong with a row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from models import open_hours
from models.stations import Draft
from nlp.riders import hours, use_named, uses_of

HEAD = ("类型", "名称", "地址", "纬度", "经度", "开放时间", "服务", "社区", "到期")
"""The columns, in the order in which lists are written."""

_HEADS = (
    re.compile("类型|类别|种类"),
    re.compile("名称|驿站|名字|站点"),
    re.compile("地址|位置|地点"),
    re.compile("纬度|lat", re.IGNORECASE),
    re.compile("经度|lng|lon", re.IGNORECASE),
    re.compile("时间|营业|开放"),
    re.compile("服务|设施|优惠|内容"),
    re.compile("社区|街道|所属|辖区"),
    re.compile("到期|截止|有效"),
)
_NEEDED = (1, 3, 4)
"""Without a name and a point nobody finds a station."""

_CHINA = ((3.0, 54.0), (73.0, 136.0))
_LENGTHS = {1: 60, 2: 120, 6: 120}
_QUOTED = re.compile(r"'(?=[=+\-@])")
"""What was put before a cell so that no program carries it out."""


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
    at_head = next((at for at, cells in enumerate(table) if any(cells)), 0)
    columns = _columns(table[at_head]) if table else None
    if columns is None:
        return Sheet((), (), ((1, "", RowFault.HEAD),))
    rows, drafts, faults = [], [], []
    for number, cells in enumerate(table[at_head + 1 :], at_head + 2):
        row = [_cell(cells[at]) if at is not None and at < len(cells) else "" for at in columns]
        if not any(row):
            continue
        try:
            drafts.append(draft(row, places, otherwise=otherwise))
            rows.append(row)
        except RowMisfit as misfit:
            faults.append((number, row[1], misfit.fault))
    return Sheet(rows, drafts, faults)


def _columns(head: Sequence[str]) -> list[int | None] | None:
    found: list[int | None] = []
    for pattern in _HEADS:
        free = (at for at, cell in enumerate(head) if at not in found and pattern.search(cell))
        found.append(next(free, None))
    return None if any(found[each] is None for each in _NEEDED) else found


def _cell(text: str) -> str:
    return _QUOTED.sub("", " ".join(text.split()), count=1)


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
    found = re.match(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})", said)
    if found is None:
        raise RowMisfit(RowFault.UNTIL)
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise RowMisfit(RowFault.UNTIL) from None
