"""Drawing where areas end, and finding the area around a point."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from models import areas, geojson
from models.area import Area
from models.geojson import Feature, Misfit, Shape, Unfit
from models.outline import Outline
from models.person import Person

MOST_AROUND = 50
"""Outlines whose frames hold one point: each level of the tree has one or two."""


@dataclass(frozen=True, slots=True)
class Row:
    """One outline of a file: the area that is meant, or what is wrong; `number` counts from 1."""

    number: int
    name: str
    area: Area | None = None
    shape: Shape = ()
    misfit: Misfit | None = None


def state(found: Iterable[Outline | None]) -> str:
    """What some outlines are just now, in a word: another one as soon as somebody draws one of them anew."""
    told = sorted((each.area_id, each.geometry) for each in found if each is not None)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16] if told else ""


def hold(session: Session, area_ids: Collection[int], *, seen: str) -> None:
    """Nobody else draws these areas until the end of the transaction. Raises Unfit(CHANGED) unless they are still what
    was `seen` of them (`state`).
    """
    session.execute(select(Area.id).where(Area.id.in_(area_ids)).order_by(Area.id).with_for_update())
    if state(of(session, area_ids).values()) != seen:
        raise Unfit(Misfit.CHANGED)


def draw(session: Session, area: Area, shape: Shape, *, by: Person | None, now: datetime) -> Outline:
    """The area ends here from now on."""
    outline = session.get(Outline, area.id, with_for_update=True)
    if outline is None:
        outline = Outline(area_id=area.id)
        session.add(outline)
    frame = geojson.box(shape)
    outline.geometry, outline.size = geojson.stored(shape), geojson.size(shape)
    outline.south, outline.west, outline.north, outline.east = frame.south, frame.west, frame.north, frame.east
    outline.changed_at, outline.by_id = now, by.id if by else None
    session.flush()
    return outline


def remove(session: Session, area: Area) -> None:
    """Nobody knows any more where the area ends."""
    outline = session.get(Outline, area.id, with_for_update=True)
    if outline is not None:
        session.delete(outline)
        session.flush()


def match(features: Sequence[Feature], among: Sequence[Area], names: Sequence[str]) -> list[Row]:
    """Which of some areas each entry of a file means: by the key that our own files carry (`area`), otherwise by its
    name, which files call by one of `names`.
    """
    by_id = {str(each.id): each for each in among}
    by_name: dict[str, list[Area]] = {}
    for each in among:
        by_name.setdefault(each.name, []).append(each)
    rows: list[Row] = []
    taken: set[int] = set()
    for number, feature in enumerate(features, 1):
        name = next((feature.said[each] for each in names if feature.said.get(each)), "")
        known = by_id.get(feature.said.get("area", ""))
        meant = [known] if known is not None and known.name == name else by_name.get(name, [])
        misfit = feature.misfit
        if misfit is None and len(meant) != 1:
            misfit = Misfit.TWO_AREAS if meant else Misfit.NO_AREA
        if misfit is None and meant[0].id in taken:
            misfit = Misfit.TWICE
        if misfit is not None:
            rows.append(Row(number, name, misfit=misfit))
            continue
        taken.add(meant[0].id)
        rows.append(Row(number, name, meant[0], feature.shape))
    return rows


def of(session: Session, area_ids: Collection[int]) -> Mapping[int, Outline]:
    """The outlines of some areas, as far as there are any."""
    found = session.scalars(select(Outline).where(Outline.area_id.in_(area_ids)))
    return {each.area_id: each for each in found}


def listed(session: Session, where: ColumnElement[bool], *, most: int) -> Sequence[tuple[Outline, Area]]:
    """The outlines of areas, from above."""
    query = select(Outline, Area).join(Area, Area.id == Outline.area_id).where(where)
    return [(outline, area) for outline, area in session.execute(query.order_by(Area.path).limit(most))]


def area_at(session: Session, lat: float, lng: float) -> Area | None:
    """The smallest area whose outline holds a point."""
    near = session.scalars(
        select(Outline)
        .where(Outline.south <= lat, Outline.north >= lat, Outline.west <= lng, Outline.east >= lng)
        .order_by(Outline.size, Outline.area_id)
        .limit(MOST_AROUND)
    )
    for each in near:
        if geojson.contains(geojson.restored(each.geometry), lat, lng):
            return session.get(Area, each.area_id)
    return None


def community_at(session: Session, lat: float, lng: float) -> Area | None:
    """The community in whose outline, or in that of an estate of which, a point lies."""
    area = area_at(session, lat, lng)
    community_id = areas.community_of(session, area.id) if area is not None else None
    return session.get(Area, community_id) if community_id is not None else None
