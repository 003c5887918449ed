"""Messages to everybody of an area (群发)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Boolean, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Word
from models.person import RoleKind


class By(StrEnum):
    """The way on which somebody would get it now."""

    CALL = "call"
    """Wants to be called."""
    WINDOW = "window"
    """Wrote lately: their window is open."""
    APP = "app"
    TEMPLATE = "template"
    WAITS = "waits"
    """No way to push it: it comes with the answer to their next word."""


class Broadcast(Base):
    """One message, confirmed by the number of people; a job puts it into the outbox, person by person in order."""

    __tablename__ = "broadcasts"
    __table_args__ = (Index("ix_broadcasts_made_at", "made_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    role: Mapped[RoleKind | None] = mapped_column(Word(RoleKind))
    """Only who is this; None: everybody who lives, serves or reported there."""
    emergency: Mapped[bool] = mapped_column(Boolean)
    words: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime]
    people: Mapped[int]
    """How many it was confirmed for."""
    told: Mapped[int] = mapped_column(default=0)
    """How many are in the outbox."""
    after_id: Mapped[int] = mapped_column(default=0)
    """Everybody up to this person is."""
    done_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    stopped_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
