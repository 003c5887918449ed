"""Photos, videos, voices and places that people sent."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, text
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


class Failure(StrEnum):
    """Why something that was sent is not there."""

    NOT_A_PHOTO = "not_a_photo"
    TOO_BIG = "too_big"
    BROKEN = "broken"
    HEIC = "heic"
    """A telephone's own format, which nothing here opens."""
    LOST = "lost"
    """The platform did not give it, or had forgotten it."""
    OVER = "over"
    """It was there, and has been kept long enough, or its sender wants to be forgotten."""


class Attachment(Base):
    """One thing somebody sent; without a ticket it waits for words. `stored` is its name in the media store, `small`
    that of its thumbnail.
    """

    __tablename__ = "attachments"
    __table_args__ = (
        Index("ix_attachments_held", "person_id", "ticket_id"),
        Index("ix_attachments_fetch_at", "fetch_at"),
        # The oldest that are still there.
        Index(
            "ix_attachments_stored",
            "kind",
            "sent_at",
            sqlite_where=text("stored IS NOT NULL"),
            postgresql_where=text("stored IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    channel: Mapped[str] = mapped_column(String(40))
    kind: Mapped[AttachmentKind] = mapped_column(Word(AttachmentKind))
    use: Mapped[AttachmentUse] = mapped_column(Word(AttachmentUse), default=AttachmentUse.BEFORE)
    media_id: Mapped[str] = mapped_column(String(300), default="")
    media_url: Mapped[str] = mapped_column(Text, default="")
    stored: Mapped[str | None] = mapped_column(String(200))
    small: Mapped[str] = mapped_column(String(200), default="")
    blurred: Mapped[str | None] = mapped_column(String(200))
    """The name of the same photo without faces and number plates, which is `stored` where none were found; empty where
    it could not be made, None where nobody looks for any.
    """
    digest: Mapped[str] = mapped_column(String(64), default="")
    """SHA-256 of the file that was sent."""
    fetch_at: Mapped[datetime | None]
    """When a worker has to fetch it; None when there is nothing to fetch, or no use in it."""
    fetch_failures: Mapped[int] = mapped_column(default=0)
    failure: Mapped[Failure | None] = mapped_column(Word(Failure))
    taken_at: Mapped[datetime | None]
    """When the photo was taken, as the file itself says, like `taken_lat` and `taken_lng`: a claim that nobody checked
    and that is never shown to others. Cameras write WGS-84; here it is GCJ-02 as everywhere.
    """
    taken_lat: Mapped[float | None]
    taken_lng: Mapped[float | None]
    lat: Mapped[float | None]
    lng: Mapped[float | None]
    label: Mapped[str] = mapped_column(String(200), default="")
    sent_at: Mapped[datetime]

    @property
    def for_others(self) -> str | None:
        """The name of what anybody but staff is shown; None where there is nothing."""
        return (self.stored if self.blurred is None else self.blurred) or None


class Fingerprint(Base):
    """How a stored photo looks, in 64 bits, and the three parts of them by which others like it are found."""

    __tablename__ = "fingerprints"
    __table_args__ = (
        Index("ix_fingerprints_first", "first", "bits"),
        Index("ix_fingerprints_second", "second", "bits"),
        Index("ix_fingerprints_third", "third", "bits"),
    )

    attachment_id: Mapped[int] = mapped_column(ForeignKey("attachments.id"), primary_key=True, autoincrement=False)
    bits: Mapped[int] = mapped_column(BigInteger)
    """As a signed number: databases have no other."""
    first: Mapped[int] = mapped_column(Integer)
    second: Mapped[int] = mapped_column(Integer)
    third: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime]
    copy_of_id: Mapped[int | None] = mapped_column(ForeignKey("attachments.id"), index=True)
    """The same or nearly the same photo, which was there before; nothing is given for it a second time."""


class LooseFile(Base):
    """A file of the media store that no attachment names: not yet, or no more. It is removed when its time has come.

    A row stands here before its file is written, and goes with the commit that gives the file to an attachment: whoever
    dies in between leaves nothing behind that nobody knows of.
    """

    __tablename__ = "loose_files"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    remove_at: Mapped[datetime] = mapped_column(index=True)
