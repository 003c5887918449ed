"""Lists of stations (驿站名单): how they are written, what a row makes of one, and what is wrong with one in a form too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import open_hours, stations
from models.open_hours import Hours
from models.slips import Slip, Slipped
from models.station import Station, Use
from models.stations import Draft
from nlp import lists
from nlp.lists import Cell, Column, OneARow, Places, Row
from nlp.riders import hours, use_named, uses_of

_CHINA = ((3.0, 54.0), (73.0, 136.0))
_LENGTHS = {"name": 60, "address": 120, "services": 120}
_LONGEST_HOURS = 200


class StationList(OneARow[Station]):
    """The stations of areas; what has the name and address of one is that one, also of one that was taken off.

    `otherwise` is the area of a row that names none; kinds and hours are called as on the pages.
    """

    columns = (
        Column("id", "编号", re.compile("^编号|^id$", re.IGNORECASE), is_told=False),
        Column("kind", "类型", re.compile("类型|类别|种类")),
        Column("name", "名称", re.compile("名称|驿站|名字|站点"), needed=True),
        Column("address", "地址", re.compile("地址|位置|地点")),
        # Without a name and a point nobody finds a station.
        Column("lat", "纬度", re.compile("纬度|lat", re.IGNORECASE), needed=True),
        Column("lng", "经度", re.compile("经度|lng|lon", re.IGNORECASE), needed=True),
        Column("hours", "开放时间", re.compile("时间|营业|开放")),
        Column("services", "服务", re.compile("服务|设施|优惠|内容")),
        Column("area", "哪里", re.compile("哪里|社区|街道|所属|辖区")),
        Column("until", "到期", re.compile("到期|截止|有效")),
    )
    holds = (Station,)

    def __init__(
        self,
        session: Session,
        among: set[int] | None,
        *,
        otherwise: int | None,
        kinds: Mapping[Use, str],
        in_words: Callable[[Sequence[Hours]], str],
        now: datetime,
    ) -> None:
        super().__init__(session)
        self._among, self._otherwise, self._kinds = among, otherwise, kinds
        self._in_words, self._now = in_words, now

    @cached_property
    def _places(self) -> Places:
        return Places(self._session, self._among)

    @cached_property
    def _stations(self) -> dict[int, Station]:
        query = select(Station).where(Station.area_id.in_(self._places.ids)).order_by(Station.name, Station.id)
        return {each.id: each for each in self._session.scalars(query)}

    @cached_property
    def _named(self) -> dict[str, list[Station]]:
        found: dict[str, list[Station]] = {}
        for each in self._stations.values():
            found.setdefault(each.name, []).append(each)
        return found

    def everything(self) -> Iterable[Station]:
        return (each for each in self._stations.values() if each.active)

    def cells(self, thing: Station) -> dict[str, Cell]:
        if not thing.active:
            return {}
        return {
            "id": thing.id,
            "kind": self._kinds[thing.kind],
            "name": thing.name,
            "address": thing.address,
            "lat": thing.lat,
            "lng": thing.lng,
            "hours": self._in_words(open_hours.read(thing.hours)),
            "services": thing.services,
            "area": self._places.said(thing.area_id),
            "until": thing.until.isoformat() if thing.until else "",
        }

    def find(self, row: Row) -> Station | None:
        if found := lists.numbered(self._stations, row):
            return found
        same = [each for each in self._named.get(row["name"], ()) if row.get("address", each.address) == each.address]
        # One in use comes before one that was taken off.
        return max(same, key=lambda each: each.active, default=None)

    def put(self, row: Row, thing: Station | None) -> Station:
        said = draft({**self.as_read(thing), **row}, self._area_id(row, thing))
        made = stations.enter(self._session, said, now=self._now, station=thing)
        if thing is None:
            self._stations[made.id] = made
            self._named.setdefault(made.name, []).append(made)
        return made

    def _area_id(self, row: Row, thing: Station | None) -> int:
        if row.get("area"):
            return self._places.one(row["area"]).id
        is_left_out = thing is not None and "area" not in row
        area_id = thing.area_id if thing is not None and is_left_out else self._otherwise
        if area_id is None:
            raise Slipped(Slip.AREA, "area")
        return area_id


def draft(row: Row, area_id: int) -> Draft:
    """A station as a row or a form has it. Raises Slipped."""
    name, services = row["name"], row.get("services", "")
    if not name:
        raise Slipped(Slip.MISSING, "name")
    for column, most in _LENGTHS.items():
        if len(row.get(column, "")) > most:
            raise Slipped(Slip.LONG, column, most=most)
    kind = use_named(row.get("kind") or name)
    if kind is None:
        raise Slipped(Slip.USE, "kind")
    lat, lng = _point(row)
    return Draft(
        kind=kind,
        name=name,
        address=row.get("address", ""),
        lat=lat,
        lng=lng,
        hours=_hours(row.get("hours", "")),
        services=services,
        area_id=area_id,
        until=_until(row.get("until", "")),
        uses=uses_of(services),
    )


def _point(row: Row) -> tuple[float, float]:
    try:
        lat, lng = float(row["lat"]), float(row["lng"])
    except ValueError:
        raise Slipped(Slip.POINT, "lat") from None
    (south, north), (west, east) = _CHINA
    if south <= lng <= north and west <= lat <= east:
        raise Slipped(Slip.POINT_TURNED, "lat")
    if not (south <= lat <= north and west <= lng <= east):
        raise Slipped(Slip.POINT, "lat")
    return lat, lng


def _hours(said: str) -> str:
    spans = hours(said)
    written = open_hours.write(spans) if spans is not None else None
    if written is None or len(written) > _LONGEST_HOURS:
        raise Slipped(Slip.HOURS, "hours")
    return written


def _until(said: str) -> date | None:
    return lists.day(said, "until") if said else None
