"""Photos, videos, voices and places that people sent."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Word


class AttachmentKind(StrEnum):
    """What was sent."""

    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    LOCATION = "location"


class AttachmentUse(StrEnum):
    """What it shows of a ticket."""

    BEFORE = "before"
    AFTER = "after"


class Attachment(Base):
    """One thing somebody sent; without a ticket it waits for words. `stored` is its name in the media store."""

    __tablename__ = "attachments"
    __table_args__ = (Index("ix_attachments_held", "person_id", "ticket_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    channel: Mapped[str] = mapped_column(String(40))
    kind: Mapped[AttachmentKind] = mapped_column(Word(AttachmentKind))
    use: Mapped[AttachmentUse] = mapped_column(Word(AttachmentUse), default=AttachmentUse.BEFORE)
    media_id: Mapped[str] = mapped_column(String(300), default="")
    media_url: Mapped[str] = mapped_column(Text, default="")
    stored: Mapped[str | None] = mapped_column(String(200))
    fetch_failures: Mapped[int] = mapped_column(default=0)
    lat: Mapped[float | None]
    lng: Mapped[float | None]
    label: Mapped[str] = mapped_column(String(200), default="")
    sent_at: Mapped[datetime]
