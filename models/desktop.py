"""What belongs to the desks themselves: filters kept by name, notes that only staff read, ready answers …"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class SavedFilter(Base):
    """A list as somebody wants to see it again, kept for everybody at the same desk."""

    __tablename__ = "saved_filters"
    __table_args__ = (UniqueConstraint("area_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    """The area whose desk it belongs to."""
    name: Mapped[str] = mapped_column(String(40))
    query: Mapped[str] = mapped_column(String(300))
    """The question part of the list's address, as the console itself wrote it."""
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]


class DeskNote(Base):
    """A line of a ticket for colleagues at the desk: neither the resident nor whoever does the work ever reads it."""

    __tablename__ = "desk_notes"
    __table_args__ = (Index("ix_desk_notes_ticket_id", "ticket_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]


class Presence(Base):
    """Somebody has a ticket open just now; stale after a minute, whatever is still written here."""

    __tablename__ = "presences"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), primary_key=True, autoincrement=False)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, autoincrement=False)
    seen_at: Mapped[datetime]


class ReadyAnswer(Base):
    """Words for handed-over chats that a desk says often; everybody at the same desk uses and changes them."""

    __tablename__ = "ready_answers"
    __table_args__ = (Index("ix_ready_answers_area_id", "area_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    text: Mapped[str] = mapped_column(String(600))
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    changed_at: Mapped[datetime]


class Menu(Base):
    """The menu under the chat of one account: as it is being written, and as the platform last had it."""

    __tablename__ = "menus"

    channel: Mapped[str] = mapped_column(String(40), primary_key=True)
    draft: Mapped[dict[str, Any]]
    """{"button": […]} as the platform takes it."""
    version: Mapped[int]
    """Counts the changes, so that none is lost."""
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    changed_at: Mapped[datetime]
    there: Mapped[dict[str, Any] | None]
    """The same as the platform gave or took it last; None: nobody looked."""
    looked_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
