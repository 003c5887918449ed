"""Reading and growing the area tree."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.util import identity_key

from models.area import Area, AreaAlias, AreaKind


def add_area(
    session: Session,
    kind: AreaKind,
    name: str,
    *,
    parent: Area | None = None,
    aliases: Sequence[str] = (),
    code: str | None = None,
    lat: float | None = None,
    lng: float | None = None,
) -> Area:
    """A new node under `parent`, with its path."""
    area = Area(kind=kind, name=name, parent_id=parent.id if parent else None, code=code, lat=lat, lng=lng)
    area.aliases = [AreaAlias(name=alias) for alias in aliases]
    session.add(area)
    session.flush()
    area.path = f"{parent.path if parent else '/'}{area.id}/"
    session.flush()
    return area


def all_areas(session: Session) -> Sequence[Area]:
    """Every node with its aliases, parents before children."""
    return session.scalars(
        select(Area).order_by(func.length(Area.path), Area.id).options(selectinload(Area.aliases))
    ).all()


def ancestors(session: Session, area: Area) -> Sequence[Area]:
    """The node itself and everything above it, nearest first."""
    ids = ids_on(area.path)
    here = {each: session.identity_map.get(identity_key(Area, each)) for each in ids}
    found = {each: known for each, known in here.items() if known is not None}
    missing = [each for each in ids if each not in found]
    if missing:
        found |= {each.id: each for each in session.scalars(select(Area).where(Area.id.in_(missing)))}
    return [found[each] for each in reversed(ids)]


def look_up(session: Session, area_ids: Collection[int]) -> frozenset[int]:
    """Loads areas and everything above them in two statements, for a transaction that keeps them (models/batch.py);
    gives the ids of all.
    """
    found = session.scalars(select(Area).where(Area.id.in_(area_ids))).all()
    ids = frozenset(each for area in found for each in ids_on(area.path))
    above = ids - {area.id for area in found}
    if above:
        session.scalars(select(Area).where(Area.id.in_(above))).all()
    return ids


def ids_on(path: str) -> list[int]:
    """The ids on a path, from the root down."""
    return [int(step) for step in path.strip("/").split("/")]


def community_of(session: Session, area_id: int | None) -> int | None:
    """The id of the community an area lies in, or None above that level."""
    area = session.get(Area, area_id) if area_id else None
    if area is None:
        return None
    return next((each.id for each in ancestors(session, area) if each.kind is AreaKind.COMMUNITY), None)


def covers(path: str, other: str) -> bool:
    """Whether the area with `path` contains the one with `other` (or is it)."""
    return other.startswith(path)


def by_code(session: Session, code: str) -> Area | None:
    """The building whose door shows `code`, whatever the case it was typed in."""
    typed = code.strip().upper()
    if not typed.isprintable():
        return None  # no door shows it, and PostgreSQL takes no NUL
    return session.scalar(select(Area).where(func.upper(Area.code) == typed, Area.closed_at.is_(None)))


_SCENE = re.compile(r"area-(\d{1,12})")


def scene_of(area: Area) -> str:
    """What a scan of the area's printed code tells us; it outlives every name and door code."""
    return f"area-{area.id}"


def by_scene(session: Session, scene: str) -> Area | None:
    """The place whose code was scanned."""
    numbered = _SCENE.fullmatch(scene.strip())
    area = session.get(Area, int(numbered[1])) if numbered else by_code(session, scene) if scene.strip() else None
    return area if area is not None and area.closed_at is None else None


def full_name(session: Session, area: Area) -> str:
    """The name people use: from the estate down, such as 香樟花园6栋, or the area's own name above that."""
    return name_of(ancestors(session, area))


def full_names(session: Session, area_ids: Collection[int]) -> dict[int, str]:
    """The same of many at once."""
    asked = session.scalars(select(Area).where(Area.id.in_(area_ids))).all()
    above = {each for area in asked for each in ids_on(area.path)}
    by_id = {each.id: each for each in session.scalars(select(Area).where(Area.id.in_(above)))}
    return {area.id: name_of([by_id[each] for each in reversed(ids_on(area.path))]) for area in asked}


def name_of(path: Sequence[Area]) -> str:
    """The same from an area and everything above it, nearest first."""
    inside = [each.name for each in path if each.kind in (AreaKind.ESTATE, AreaKind.BUILDING)]
    return "".join(reversed(inside)) or path[0].name
