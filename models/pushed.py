"""The list of what may be pushed down to communities (社区事项准入清单), and what departments asked to push down."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Word


class Admitted(Base):
    """One kind of task that the street lets departments push down to the communities of an area."""

    __tablename__ = "admitted_tasks"
    __table_args__ = (UniqueConstraint("area_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    name: Mapped[str] = mapped_column(String(60))
    category: Mapped[str] = mapped_column(ForeignKey("categories.code"))
    """What the ticket of such a task is."""


class Wish(StrEnum):
    """Where a task stands that is not on the list."""

    REFUSED = "refused"
    ASKED = "asked"
    """The street was asked to let it through."""
    GRANTED = "granted"
    DENIED = "denied"


class PushDown(Base):
    """A task off the list that a department wanted to push down, and what became of it."""

    __tablename__ = "push_downs"
    __table_args__ = (Index("ix_push_downs_state", "state", "community_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    community_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    words: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    channel: Mapped[str] = mapped_column(String(40))
    asked_at: Mapped[datetime]
    state: Mapped[Wish] = mapped_column(Word(Wish), default=Wish.REFUSED)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
