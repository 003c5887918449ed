"""Rounds in which people honour somebody (最美小哥 …): who was named, who agreed to it, and the secret votes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Word


class Group(StrEnum):
    """Of whom an area has many, for who may be named and who may vote."""

    EVERYBODY = "everybody"
    RESIDENTS = "residents"
    """Who has a home there, or has reported something there."""
    MEMBERS = "members"
    RIDERS = "riders"


class HonourRound(Base):
    """One round of an area: people are named until `votes_from`, voted for until `ends_at`, and then counted once."""

    __tablename__ = "honour_rounds"
    __table_args__ = (Index("ix_honour_rounds_end", "counted_at", "ends_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    title: Mapped[str] = mapped_column(String(30))
    nominees: Mapped[Group] = mapped_column(Word(Group))
    voters: Mapped[Group] = mapped_column(Word(Group))
    places: Mapped[int]
    """How many are honoured; more where several have as many votes as the last of them."""
    opened_at: Mapped[datetime]
    """Whoever was known before may vote."""
    votes_from: Mapped[datetime]
    ends_at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    key_check: Mapped[str] = mapped_column(String(64), default="")
    """Tells at every vote whether the installation's key is still that of the first: with another one somebody could
    vote twice.
    """
    counted_at: Mapped[datetime | None]
    votes: Mapped[int | None]
    """How many votes there were, once they are counted."""
    called_off_at: Mapped[datetime | None]


class NomineeState(StrEnum):
    """What somebody says to being named."""

    ASKED = "asked"
    AGREED = "agreed"
    DECLINED = "declined"
    WITHDREW = "withdrew"
    """They agreed, and thought better of it."""


class Nominee(Base):
    """Somebody staff would put on the ballot; nobody else hears of it before they have agreed."""

    __tablename__ = "honour_nominees"
    __table_args__ = (UniqueConstraint("round_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("honour_rounds.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    about: Mapped[str] = mapped_column(String(120))
    """What will stand beside their name, which they have read before they agree."""
    state: Mapped[NomineeState] = mapped_column(Word(NomineeState), default=NomineeState.ASKED)
    asked_at: Mapped[datetime]
    agreed_at: Mapped[datetime | None]
    """Whoever ever agreed keeps their number on the ballot."""
    votes: Mapped[int | None]
    """The tally, which exists once nobody's vote does any more."""
    honoured: Mapped[bool] = mapped_column(default=False)


class Nomination(Base):
    """Whom somebody names and why, in their own words, which can be erased."""

    __tablename__ = "honour_nominations"
    __table_args__ = (Index("ix_honour_nominations_round", "round_id", "by_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("honour_rounds.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    words: Mapped[str] = mapped_column(Text)
    said_at: Mapped[datetime]
    nominee_id: Mapped[int | None] = mapped_column(ForeignKey("honour_nominees.id"), index=True)
    """Whom staff understood it to mean."""
    put_aside_at: Mapped[datetime | None]


class Vote(Base):
    """One person's vote while a round runs, without saying whose: `voter` is a keyed hash, and the key is not here.

    No moment and no number of its own, either of which would tell whose message it came with; gone after the count.
    """

    __tablename__ = "honour_votes"
    # SQLite would number the rows in the order in which people voted.
    __table_args__ = ({"sqlite_with_rowid": False},)

    round_id: Mapped[int] = mapped_column(ForeignKey("honour_rounds.id"), primary_key=True)
    voter: Mapped[str] = mapped_column(String(64), primary_key=True)
    nominee_id: Mapped[int] = mapped_column(ForeignKey("honour_nominees.id"))
    times: Mapped[int]
    """How often it was cast: a first time, and the changes."""
