"""Where people are looked for around a ticket: rings of areas, nearest first, and how far it is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from enum import StrEnum

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from models import batch
from models.area import Area, AreaKind
from models.attachment import Attachment
from models.person import Role, RoleKind, RoleStatus
from models.rider import RiderProfile
from models.ticket import Ticket

MOST_AREAS = 24


class Ring(StrEnum):
    """How far around the ticket people are looked for, nearest first."""

    HERE = "here"
    """Whose area covers the place, or lies in it."""
    COMMUNITY = "community"
    """The other estates of the community."""
    NEIGHBOURS = "neighbours"
    """The two nearest communities of the street."""
    STREET = "street"


def place_of(ticket: Ticket, above: Sequence[Area]) -> tuple[float, float] | None:
    """Where the ticket lies: what was sent with it, or the nearest area with a position."""
    return position_of(ticket) or next((position for each in above if (position := position_of(each))), None)


def around(session: Session, above: Sequence[Area]) -> Iterable[tuple[Ring, Area, list[int]]]:
    """The rings around an area, given it and everything above it: each with its root and the ids of its areas, nearest
    first where that matters.
    """
    yield Ring.HERE, above[0], [*(each.id for each in above), *inside(session, above[0])]
    community = next((each for each in above if each.kind is AreaKind.COMMUNITY), None)
    if community is not None:
        yield Ring.COMMUNITY, community, inside(session, community)
    street = next((each for each in above if each.kind is AreaKind.STREET), None)
    if street is None:
        return
    if community is not None:
        others = session.scalars(
            select(Area).where(
                Area.parent_id == community.parent_id, Area.id != community.id, Area.kind == AreaKind.COMMUNITY
            )
        ).all()
        nearest = sorted(
            others, key=lambda each: (metres_between(position_of(community), position_of(each)) or 0.0, each.id)
        )[:2]
        yield Ring.NEIGHBOURS, street, [each for near in nearest for each in inside(session, near)]
    yield Ring.STREET, street, inside(session, street)


def inside(session: Session, area: Area) -> list[int]:
    below = select(Area.id).where(Area.path.startswith(area.path)).order_by(Area.path)
    return batch.once(session, (inside, area.id), lambda: list(session.scalars(below)))


def with_members(session: Session, ids: Sequence[int]) -> list[int]:
    """Those of the areas that members belong to, by one look into the index each."""
    here = exists().where(Role.area_id == Area.id, Role.kind == RoleKind.MEMBER, Role.status == RoleStatus.ACTIVE)
    query = select(Area.id).where(Area.id.in_(ids), here)
    found = batch.once(session, (with_members, tuple(ids)), lambda: set(session.scalars(query)))
    return [each for each in dict.fromkeys(ids) if each in found][:MOST_AREAS]


def position_of(what: Area | Attachment | RiderProfile | Ticket) -> tuple[float, float] | None:
    """The (latitude, longitude) of something, if it has one."""
    return (what.lat, what.lng) if what.lat is not None and what.lng is not None else None


def metres_between(one: tuple[float, float] | None, other: tuple[float, float] | None) -> float | None:
    """The distance of two (latitude, longitude) on the great circle."""
    if one is None or other is None:
        return None
    (lat, lng), (to_lat, to_lng) = ((math.radians(degree) for degree in each) for each in (one, other))
    half = math.sin((to_lat - lat) / 2) ** 2 + math.cos(lat) * math.cos(to_lat) * math.sin((to_lng - lng) / 2) ** 2
    return 2 * 6_371_000 * math.asin(min(1.0, math.sqrt(half)))
