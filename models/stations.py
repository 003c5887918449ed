"""Stations: entered, found by distance, and said to be wrong."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, union_all
from sqlalchemy.orm import Session

from models.area import Area
from models.clock import local
from models.errors import Refusal, Refused
from models.person import Person
from models.station import Fault, Station, StationFault, StationUse, Use

STEP = 0.002
"""The side of the smallest square in degrees, some 200 metres."""
FARTHEST = 30_000
"""Metres; a place beyond that is of no use to anybody who stands here."""
METRES = math.radians(1) * 6_371_000
"""A degree of latitude."""
BITS = 18
"""180,000 squares of `STEP` go round the earth."""

KINDS = (Use.REST, Use.MEAL, Use.CHARGING, Use.WATER, Use.OFFER)


@dataclass(frozen=True, slots=True)
class Draft:
    """A station as it is written down; `uses` are what else than its kind it does for."""

    kind: Use
    name: str
    address: str
    lat: float
    lng: float
    hours: str
    services: str
    area_id: int
    until: date | None = None
    uses: frozenset[Use] = frozenset()


@dataclass(frozen=True, slots=True)
class Near:
    """A station and how far it is; `said` are the faults of it that nobody has looked into yet."""

    station: Station
    metres: float
    said: frozenset[Fault] = frozenset()


# ---------------------------------------------------------------- entering


def enter(session: Session, draft: Draft, *, now: datetime, station: Station | None = None) -> Station:
    """A new station, or another state of one that is there; one that was taken off is in use again."""
    if station is None:
        station = Station()
        session.add(station)
    station.active = True
    station.kind, station.name, station.address = draft.kind, draft.name, draft.address
    station.lat, station.lng, station.hours, station.services = draft.lat, draft.lng, draft.hours, draft.services
    station.area_id, station.until, station.changed_at = draft.area_id, draft.until, now
    session.flush()
    _place(session, station, draft.uses)
    return station


def close(session: Session, station: Station, *, now: datetime) -> None:
    """Nobody is sent there any more."""
    station.active, station.changed_at = False, now
    session.execute(delete(StationUse).where(StationUse.station_id == station.id))


def _place(session: Session, station: Station, uses: Collection[Use]) -> None:
    session.execute(delete(StationUse).where(StationUse.station_id == station.id))
    wanted = {station.kind, *uses} if station.kind is Use.OFFER else {station.kind, Use.ANY, *uses}
    cell = cell_of(station.lat, station.lng)
    session.add_all(
        StationUse(station_id=station.id, use=each, cell=cell, lat=station.lat, lng=station.lng, until=station.until)
        for each in sorted(wanted)
    )
    session.flush()


# ---------------------------------------------------------------- the nearest


def cell_of(lat: float, lng: float) -> int:
    """The smallest square of a point. The bits of its column and row take turns, so that the squares of every larger
    square are one range of numbers.
    """
    return _interleave(int((lng + 180) // STEP), int((lat + 90) // STEP))


def _interleave(column: int, row: int) -> int:
    number = 0
    for bit in range(BITS):
        number |= (column >> bit & 1) << (2 * bit) | (row >> bit & 1) << (2 * bit + 1)
    return number


def nearest(session: Session, lat: float, lng: float, use: Use, *, now: datetime, most: int = 3) -> Sequence[Near]:
    """The stations of a use that are nearest to a point, the nearest first, none beyond `FARTHEST`.

    The nine squares around the point are looked through, of a size that doubles until surely none that is nearer lies
    outside of them: where stations stand close together few are read, and where there are few the squares grow fast.
    """
    narrow = math.cos(math.radians(lat))
    north, east = StationUse.lat - lat, (StationUse.lng - lng) * narrow
    today = local(now).date()
    every = select(StationUse.station_id, (north * north + east * east).label("apart")).where(
        StationUse.use == use, or_(StationUse.until.is_(None), StationUse.until >= today)
    )
    found: list[tuple[int, float]] = []
    for level in range(BITS):
        side = STEP * 2**level
        column, row = int((lng + 180) // side), int((lat + 90) // side)
        # One part for each range: of many ranges in one condition a database makes a look at everything.
        squares = union_all(
            *(
                every.where(StationUse.cell >= begin, StationUse.cell < end)
                for begin, end in _around(column, row, level)
            )
        ).subquery()
        found = [
            (station_id, math.sqrt(square))
            for station_id, square in session.execute(
                select(squares.c.station_id, squares.c.apart)
                .order_by(squares.c.apart, squares.c.station_id)
                .limit(most)
            )
        ]
        # How far the point is from where the nine squares end.
        edge = min(
            lat + 90 - (row - 1) * side,
            (row + 2) * side - lat - 90,
            (lng + 180 - (column - 1) * side) * narrow,
            ((column + 2) * side - lng - 180) * narrow,
        )
        if (len(found) == most and found[-1][1] <= edge) or edge * METRES >= FARTHEST:
            break
    near = [(station_id, far * METRES) for station_id, far in found if far * METRES <= FARTHEST]
    return _with_faults(session, near)


def _around(column: int, row: int, level: int) -> Sequence[tuple[int, int]]:
    """The nine squares of a size around one of them as ranges of the smallest; neighbouring ranges are joined."""
    size = 4**level
    begins = sorted(
        _interleave(each, other) * size
        for each in range(max(column - 1, 0), column + 2)
        for other in range(max(row - 1, 0), row + 2)
    )
    spans: list[tuple[int, int]] = []
    for begin in begins:
        if spans and spans[-1][1] == begin:
            spans[-1] = (spans[-1][0], begin + size)
        else:
            spans.append((begin, begin + size))
    return spans


def _with_faults(session: Session, near: Sequence[tuple[int, float]]) -> Sequence[Near]:
    ids = [station_id for station_id, _ in near]
    rows = session.execute(
        select(Station, StationFault.fault)
        .outerjoin(StationFault, and_(StationFault.station_id == Station.id, StationFault.settled_at.is_(None)))
        .where(Station.id.in_(ids))
    ).all()
    stations = {station.id: station for station, _ in rows}
    said: dict[int, set[Fault]] = {}
    for station, fault in rows:
        if fault is not None:
            said.setdefault(station.id, set()).add(fault)
    return [Near(stations[each], metres, frozenset(said.get(each, ()))) for each, metres in near]


# ---------------------------------------------------------------- what is wrong


def report_fault(
    session: Session, station_id: int, fault: Fault, words: str = "", *, by: Person, now: datetime
) -> Station:
    """Somebody stood before it and it is not so; said twice it is one. Raises Refused(NO_SUCH_STATION)."""
    station = session.get(Station, station_id, with_for_update=True)
    if station is None or not station.active:
        raise Refused(Refusal.NO_SUCH_STATION)
    same = session.scalar(
        select(StationFault).where(
            StationFault.station_id == station_id,
            StationFault.person_id == by.id,
            StationFault.fault == fault,
            StationFault.settled_at.is_(None),
        )
    )
    if same is None:
        session.add(StationFault(station_id=station_id, person_id=by.id, fault=fault, words=words[:200], at=now))
    else:
        same.words, same.at = words[:200] or same.words, now
    session.flush()
    return station


def settle(session: Session, station: Station, *, by: Person, now: datetime) -> int:
    """Somebody of the desk has looked into everything that was said of a station; gives how much that was."""
    open_faults = session.scalars(
        select(StationFault)
        .where(StationFault.station_id == station.id, StationFault.settled_at.is_(None))
        .with_for_update()
    ).all()
    for each in open_faults:
        each.settled_at, each.settled_by_id = now, by.id
    return len(open_faults)


def faults_in(session: Session, areas: ColumnElement[bool]) -> Sequence[tuple[StationFault, Station]]:
    """What nobody has looked into yet in areas, the oldest first."""
    rows = session.execute(
        select(StationFault, Station)
        .join(Station, Station.id == StationFault.station_id)
        .join(Area, Area.id == Station.area_id)
        .where(StationFault.settled_at.is_(None), areas)
        .order_by(StationFault.id)
        .limit(100)
    )
    return [(fault, station) for fault, station in rows]


# ---------------------------------------------------------------- lists


def listed(
    session: Session, areas: ColumnElement[bool], *, kind: Use | None = None, name: str = "", most: int, skip: int = 0
) -> Sequence[tuple[Station, int]]:
    """The stations of areas with how many faults of each wait, those with the most first, then by name."""
    open_faults = (
        select(func.count())
        .select_from(StationFault)
        .where(StationFault.station_id == Station.id, StationFault.settled_at.is_(None))
        .scalar_subquery()
    )
    query = select(Station, open_faults.label("faults")).join(Area, Area.id == Station.area_id).where(areas)
    if kind is not None:
        query = query.where(Station.kind == kind)
    if name:
        query = query.where(Station.name.contains(name, autoescape=True))
    rows = session.execute(
        query.order_by(Station.active.desc(), open_faults.desc(), Station.name, Station.id).offset(skip).limit(most)
    )
    return [(station, count) for station, count in rows]
