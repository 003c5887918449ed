"""Standing posts (岗位): a matter of a place that somebody has taken on for good, such as the lamps of a stairwell."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Post(Base):
    """A post and the area it serves. Whoever holds it has a title that names it (models/rider.py)."""

    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    categories: Mapped[list[str]]
    """The codes of what comes to its holders."""
    wanted: Mapped[int]
    """How many may hold it at a time."""
    words: Mapped[str] = mapped_column(String(120))
    """What one does, as people read it before they take it on."""
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    made_at: Mapped[datetime]
