"""What lies where: tickets counted in squares of a frame and in areas, never more rows read than a page can bear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, and_, case, cast, func, or_, select
from sqlalchemy.orm import aliased

from console.desk import Asked, asked_tickets
from console.sight import Sight
from models import coordinates, geojson, outlines
from models.area import Area, AreaKind
from models.coordinates import System
from models.geojson import Box
from models.outline import Outline
from models.person import Role, RoleKind, RoleStatus
from models.ticket import Ticket, TicketState, Urgency, number_of

MOST_READ = 20_000
"""So many of the newest tickets that fit are counted; the page says when there are more."""
MOST_SUMMED = 50_000
"""The same of whole areas, where nothing is drawn and a row costs less."""
MOST_SINGLE = 400
"""Up to so many are told one by one, so that each can be opened from the map."""
MOST_NAMED = 12
"""In one place; whoever has more opens the list."""
MOST_CELLS = 4_000
"""Squares and areas of one answer; the largest screen has some two thousand squares."""

ACROSS = 64
"""Pixels of a screen across a square: what is nearer to each other cannot be told apart by a finger."""
NEAR = 14
"""From this zoom on buildings and estates stand for themselves, before it all of a community stand in its middle."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What of the map is on the screen, in the stored system, and how near it is looked at (0 to 20)."""

    box: Box
    zoom: int

    @property
    def step(self) -> float:
        """The side of a square in degrees."""
        return 360 / float(1 << self.zoom) * ACROSS / 256


@dataclass(frozen=True, slots=True)
class One:
    """A ticket as it is named in a place."""

    number: str
    category: str
    service: str | None
    threat: str
    state: TicketState
    urgency: Urgency


@dataclass(slots=True)
class Cell:
    """What lies in one square, or in one area where only that is known; the point is the middle of all of it."""

    lat: float = 0.0
    lng: float = 0.0
    matters: int = 0
    """Of everybody but riders."""
    riders: int = 0
    alarms: int = 0
    named: list[One] = field(default_factory=list)

    @property
    def count(self) -> int:
        """All of them."""
        return self.matters + self.riders

    def add(self, lat: float, lng: float, count: int, *, by_rider: bool, alarms: int) -> None:
        """So many more at a point."""
        whole = self.count + count
        self.lat += (lat - self.lat) * count / whole
        self.lng += (lng - self.lng) * count / whole
        self.alarms += alarms
        if by_rider:
            self.riders += count
        else:
            self.matters += count


@dataclass(frozen=True, slots=True)
class Spots:
    """What a frame holds; `capped` when there is more than was counted."""

    cells: Sequence[Cell]
    capped: bool


@dataclass(frozen=True, slots=True)
class Places:
    """How many tickets lie in which area (the deepest that is told apart), and how many the map cannot show."""

    counts: Mapping[int, int]
    unplaced: int
    capped: bool


def _keys(*, deep: bool) -> tuple[Any, Any]:
    """By which column a ticket without a position is placed, and by which one where that is empty."""
    if deep:
        return Ticket.area_id, Ticket.community_id
    return Ticket.community_id, Ticket.area_id


def _by_rider() -> ColumnElement[bool]:
    riders = select(Role.person_id).where(Role.kind == RoleKind.RIDER, Role.status == RoleStatus.ACTIVE)
    return Ticket.reporter_id.in_(riders)


def _centres() -> tuple[ColumnElement[float], ColumnElement[float], FromClause]:
    """Where an area is: its own point, the middle of its outline, or the same of what it lies in, two steps up."""
    levels = [(aliased(Area), aliased(Outline)) for _ in range(2)]
    lats: list[Any] = [Area.lat, (Outline.south + Outline.north) / 2]
    lngs: list[Any] = [Area.lng, (Outline.west + Outline.east) / 2]
    joined: Any = Area.__table__.outerjoin(Outline, Outline.area_id == Area.id)
    below: Any = Area
    for above, drawn in levels:
        joined = joined.outerjoin(above, above.id == below.parent_id).outerjoin(drawn, drawn.area_id == above.id)
        lats += [above.lat, (drawn.south + drawn.north) / 2]
        lngs += [above.lng, (drawn.west + drawn.east) / 2]
        below = above
    return func.coalesce(*lats), func.coalesce(*lngs), joined


def centres(sight: Sight, where: ColumnElement[bool]) -> dict[int, tuple[float, float]]:
    """The points that stand for areas; those of which nothing is known are missing."""
    lat, lng, joined = _centres()
    rows = sight.session.execute(select(Area.id, lat, lng).select_from(joined).where(where, lat.is_not(None)))
    return {area_id: (north, east) for area_id, north, east in rows}


# ---------------------------------------------------------------- squares


def spots(sight: Sight, asked: Asked, frame: Frame) -> Spots:
    """The tickets within a frame: those with a position by it, the others by their area's middle."""
    near = frame.zoom >= NEAR
    around = _areas_in(sight, frame, near=near)
    if len(around) > MOST_CELLS:
        near = False
        around = _areas_in(sight, frame, near=False)
    first, otherwise = _keys(deep=near)
    key = func.coalesce(first, otherwise)
    in_areas = or_(first.in_(around), and_(first.is_(None), otherwise.in_(around)))
    box, wanted = frame.box, asked_tickets(sight, asked)
    placed = and_(wanted, Ticket.lat.between(box.south, box.north), Ticket.lng.between(box.west, box.east))
    told = and_(wanted, Ticket.lat.is_(None), in_areas)
    few = _one_by_one(sight, placed, told, key, around, frame)
    if few is not None:
        return few
    cells: dict[tuple[int, int], Cell] = {}
    read = 0
    for condition, place in ((placed, None), (told, key)):
        for row in sight.session.execute(_counted(sight, condition, place, frame)):
            lat, lng = (row.lat, row.lng) if place is None else around[row.place]
            cell = cells.setdefault(_square(lat, lng, frame), Cell())
            cell.add(lat, lng, row.together, by_rider=bool(row.by_rider), alarms=row.alarms)
            read += row.together
    return Spots(list(cells.values())[:MOST_CELLS], read >= MOST_READ)


def _areas_in(sight: Sight, frame: Frame, *, near: bool) -> dict[int, tuple[float, float]]:
    lat, lng, joined = _centres()
    kinds = [each for each in AreaKind if near or each not in (AreaKind.ESTATE, AreaKind.BUILDING)]
    box = frame.box
    query = (
        select(Area.id, lat, lng)
        .select_from(joined)
        .where(Area.kind.in_(kinds), lat.between(box.south, box.north), lng.between(box.west, box.east))
        .limit(MOST_CELLS + 1)
    )
    return {area_id: (north, east) for area_id, north, east in sight.session.execute(query)}


def _square(lat: float, lng: float, frame: Frame) -> tuple[int, int]:
    return int((lat + 90) // frame.step), int((lng + 180) // frame.step)


def _counted(sight: Sight, condition: ColumnElement[bool], place: Any, frame: Frame) -> Any:
    """One row for each square, or for each area: the newest that fit, and no more than can be counted at once."""
    columns: list[Any] = [
        case((Ticket.urgency == Urgency.EMERGENCY, 1), else_=0).label("alarm"),
        case((_by_rider(), 1), else_=0).label("by_rider"),
    ]
    columns += [Ticket.lat, Ticket.lng] if place is None else [place.label("place")]
    newest = (Ticket.day.desc(), Ticket.serial.desc())
    rows = select(*columns).where(condition).order_by(*newest).limit(MOST_READ).subquery()
    sums: list[Any] = [rows.c.by_rider, func.count().label("together"), func.sum(rows.c.alarm).label("alarms")]
    if place is not None:
        return select(rows.c.place, *sums).group_by(rows.c.place, rows.c.by_rider)
    # PostgreSQL rounds where SQLite cuts off, and not every SQLite knows floor.
    whole = (lambda each: cast(each, Integer)) if _is_sqlite(sight) else func.floor
    square = [whole((rows.c.lat + 90) / frame.step), whole((rows.c.lng + 180) / frame.step)]
    middle = [func.avg(rows.c.lat).label("lat"), func.avg(rows.c.lng).label("lng")]
    return select(*middle, *sums).group_by(*square, rows.c.by_rider)


def _is_sqlite(sight: Sight) -> bool:
    return sight.session.get_bind().dialect.name == "sqlite"


def _one_by_one(
    sight: Sight,
    placed: ColumnElement[bool],
    told: ColumnElement[bool],
    key: Any,
    around: Mapping[int, tuple[float, float]],
    frame: Frame,
) -> Spots | None:
    """The squares with the tickets in them by name; None where there are too many."""
    query = (
        select(
            Ticket.day,
            Ticket.serial,
            Ticket.category,
            Ticket.service,
            Ticket.danger,
            Ticket.state,
            Ticket.urgency,
            Ticket.lat,
            Ticket.lng,
            key.label("place"),
            case((_by_rider(), 1), else_=0).label("by_rider"),
        )
        .where(or_(placed, told))
        .order_by(Ticket.day.desc(), Ticket.serial.desc())
        .limit(MOST_SINGLE + 1)
    )
    rows = sight.session.execute(query).all()
    if len(rows) > MOST_SINGLE:
        return None
    cells: dict[tuple[int, int], Cell] = {}
    for row in rows:
        lat, lng = (row.lat, row.lng) if row.lat is not None else around[row.place]
        cell = cells.setdefault(_square(lat, lng, frame), Cell())
        alarms = int(row.urgency is Urgency.EMERGENCY)
        threat = row.danger if alarms else ""
        cell.add(lat, lng, 1, by_rider=bool(row.by_rider), alarms=alarms)
        if len(cell.named) < MOST_NAMED:
            number = number_of(row.day, row.serial)
            cell.named.append(One(number, row.category, row.service, threat, row.state, row.urgency))
    return Spots(list(cells.values()), capped=False)


# ---------------------------------------------------------------- areas


def places(sight: Sight, asked: Asked, *, deep: bool) -> Places:
    """How many tickets lie in each area, of estates and buildings too where `deep`."""
    key = func.coalesce(*_keys(deep=deep))
    newest = (Ticket.day.desc(), Ticket.serial.desc())
    wanted = select(key.label("place"), case((Ticket.lat.is_(None), 1), else_=0).label("told"))
    rows = wanted.where(asked_tickets(sight, asked)).order_by(*newest).limit(MOST_SUMMED).subquery()
    found = sight.session.execute(
        select(rows.c.place, func.count(), func.sum(rows.c.told)).group_by(rows.c.place)
    ).all()
    counts = {place: count for place, count, _ in found if place is not None}
    known = centres(sight, Area.id.in_(counts)) if counts else {}
    unplaced = sum(told for place, _, told in found if place not in known)
    return Places(counts, unplaced, sum(count for _, count, _ in found) >= MOST_SUMMED)


# ---------------------------------------------------------------- one ticket


def told_in(lat: float, lng: float, system: System) -> list[float]:
    """A stored point as the map takes it."""
    return [round(each, 6) for each in coordinates.convert(lat, lng, System.GCJ02, system)]


def of_ticket(sight: Sight, ticket: Ticket, system: System) -> dict[str, Any] | None:
    """What the small map on a ticket's page draws: its point and the outline around it."""
    if ticket.lat is None or ticket.lng is None:
        return None
    area = outlines.area_at(sight.session, ticket.lat, ticket.lng)
    drawn = sight.session.get(Outline, area.id) if area is not None else None
    shape = geojson.restored(drawn.geometry) if drawn is not None else None
    return {
        "point": told_in(ticket.lat, ticket.lng, system),
        "area": area.name if area is not None else "",
        "geometry": geojson.geometry(shape, system) if shape else None,
    }
