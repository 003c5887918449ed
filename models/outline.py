"""Where an area ends, for those of which somebody has drawn it or read it in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Outline(Base):
    """The outline of one area: a polygon or several as GeoJSON (models/geojson.py), in GCJ-02 like every position."""

    __tablename__ = "outlines"
    __table_args__ = (Index("ix_outlines_box", "south", "north", "west", "east"),)

    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id", ondelete="CASCADE"), primary_key=True)
    geometry: Mapped[str] = mapped_column(Text)
    south: Mapped[float]
    west: Mapped[float]
    north: Mapped[float]
    east: Mapped[float]
    size: Mapped[float]
    """Square metres: of several that hold a point the smallest is meant."""
    changed_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
