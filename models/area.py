"""Areas: the tree of city, district, street, community, estate and building, and who looks after each node."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Word


class AreaKind(StrEnum):
    """The levels of the tree, from above."""

    CITY = "city"
    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    ESTATE = "estate"
    BUILDING = "building"


class Area(Base):
    """One node; `path` is "/1/4/9/" with the ids from the root to this node, so that a subtree is a prefix."""

    __tablename__ = "areas"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[AreaKind] = mapped_column(Word(AreaKind))
    name: Mapped[str] = mapped_column(String(80))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), index=True)
    path: Mapped[str] = mapped_column(String(200), default="", index=True)
    code: Mapped[str | None] = mapped_column(String(20), unique=True)
    """What is printed on a building's door, so that a resident can type it."""
    lat: Mapped[float | None]
    lng: Mapped[float | None]
    grid_worker_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", use_alter=True))
    secretary_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", use_alter=True))
    closed_at: Mapped[datetime | None]
    """Since when nobody is understood to mean it; what happened there stays where it is."""

    aliases: Mapped[list[AreaAlias]] = relationship(cascade="all, delete-orphan")


class AreaAlias(Base):
    """Another name people use for an area."""

    __tablename__ = "area_aliases"
    __table_args__ = (UniqueConstraint("area_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
