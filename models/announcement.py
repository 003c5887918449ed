"""One answer for many: an announcement (公告), and the tickets it answers."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Boolean, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Word


class Outcome(StrEnum):
    """What becomes of the tickets that are answered."""

    HOLD = "hold"
    """They wait until the announcement's end, and go on then if nobody has finished them."""
    RESOLVE = "resolve"
    """The announcement is the answer: the residents are asked to judge."""


class Announcement(Base):
    """The words for everybody who is struck by one event, in an area and for a time."""

    __tablename__ = "announcements"
    __table_args__ = (Index("ix_announcements_until", "until"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(60))
    words: Mapped[str] = mapped_column(Text)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    category: Mapped[str] = mapped_column(ForeignKey("categories.code"))
    place: Mapped[str] = mapped_column(String(80), default="")
    """Only what is reported from here, when set; as people call it, such as 6栋."""
    outcome: Mapped[Outcome] = mapped_column(Word(Outcome))
    since: Mapped[datetime]
    until: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Todo(StrEnum):
    """What a worker still has to do to an answered ticket; one row at a time, so that 300 tickets block nobody."""

    ANSWER = "answer"
    RENEW = "renew"
    """The announcement was changed: the new words are told."""
    FINISH = "finish"
    RELEASE = "release"
    """The announcement was withdrawn: the ticket goes on."""


_WAITING = "todo IS NOT NULL"


class Answered(Base):
    """One ticket under an announcement."""

    __tablename__ = "announcement_tickets"
    __table_args__ = (
        UniqueConstraint("ticket_id", "announcement_id"),
        Index("ix_announcement_tickets_announcement", "announcement_id"),
        Index("ix_announcement_tickets_todo", "todo", sqlite_where=text(_WAITING), postgresql_where=text(_WAITING)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    announcement_id: Mapped[int] = mapped_column(ForeignKey("announcements.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    todo: Mapped[Todo | None] = mapped_column(Word(Todo))
    later: Mapped[bool] = mapped_column(Boolean, default=False)
    """Reported after the announcement, and answered without anybody's choosing it."""
    apart: Mapped[bool] = mapped_column(Boolean, default=False)
    """Not this event, or more than this event: the announcement has nothing to do with it any more."""
    answered_at: Mapped[datetime | None]
