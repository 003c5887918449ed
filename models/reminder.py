"""What riders are reminded of, each thing once, and the look-outs that staff ask for on a day."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Word
from models.rider import TitleKind


class About(StrEnum):
    """What somebody was reminded of about a ticket."""

    UNFINISHED = "unfinished"
    """Their own report lacks words or a place."""
    OUTCOME = "outcome"
    """Their own report is over, and they could not be told."""
    RECHECK = "recheck"
    """Somebody else's matter near them is said to be mended: is it?"""


class Seen(StrEnum):
    """What somebody who passed by says of a mended matter."""

    MENDED = "mended"
    NOT_YET = "not_yet"
    NOT_PASSED = "not_passed"


class Reminder(Base):
    """One person was reminded of one ticket; `answer` is what they said to a re-check."""

    __tablename__ = "reminders"
    __table_args__ = (UniqueConstraint("ticket_id", "person_id", "about"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    about: Mapped[About] = mapped_column(Word(About))
    reminded_at: Mapped[datetime]
    answer: Mapped[Seen | None] = mapped_column(Word(Seen))
    answered_at: Mapped[datetime | None]


class Lookout(Base):
    """What riders may keep an eye on in an area on one day, if they like."""

    __tablename__ = "lookouts"
    __table_args__ = (Index("ix_lookouts_day", "day", "area_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    day: Mapped[date] = mapped_column(Date)
    topic: Mapped[str] = mapped_column(String(80))
    title: Mapped[TitleKind | None] = mapped_column(Word(TitleKind))
    """Only for those who have this title, when set."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime]
