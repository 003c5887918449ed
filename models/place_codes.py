"""The codes of places: which are made on a channel, and which are wanted for a sheet."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import areas
from models.area import Area, AreaKind
from models.base import insert
from models.place_code import PlaceCode

MOST = 300
"""Of one sheet."""


def wanted(session: Session, area: Area) -> Sequence[Area]:
    """The places of an area that get a code: itself, the estates in it and their buildings, as the tree has them."""
    inside = Area.path.startswith(area.path, autoescape=True)
    kinds = [AreaKind.ESTATE, AreaKind.BUILDING]
    query = select(Area).where(inside, (Area.kind.in_(kinds)) | (Area.id == area.id), Area.closed_at.is_(None))
    found = session.scalars(query.limit(MOST * 20)).all()
    return sorted(found, key=lambda each: areas.ids_on(each.path))


def made(session: Session, channel: str, ids: Collection[int]) -> dict[int, str]:
    """What the codes lead to that are made already, by area."""
    query = select(PlaceCode.area_id, PlaceCode.address)
    return dict(session.execute(query.where(PlaceCode.channel == channel, PlaceCode.area_id.in_(ids))).all())


def keep(session: Session, channel: str, addresses: Mapping[int, str], *, now: datetime) -> None:
    """Keeps codes that were just made; of two made at once for one place the first is kept, and both work."""
    for area_id, address in addresses.items():
        session.execute(
            insert(session, PlaceCode)
            .values(area_id=area_id, channel=channel, address=address, made_at=now)
            .on_conflict_do_nothing()
        )
