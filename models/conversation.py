"""Where a conversation stands: its state, and the questions that a bare digit may answer."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Word


class State(StrEnum):
    """What the bot waits for from one person on one channel."""

    IDLE = "idle"
    PLACE = "place"
    """The place of the ticket just opened."""
    ADDITION = "addition"
    """Words for a ticket named in `data`."""
    FINISH = "finish"
    """How a task was done, for the resident to read."""
    HELP = "help"
    """What a second person is needed for."""
    NOT_SOLVED = "not_solved"
    """Why a result was not good."""
    HOME = "home"
    FOR_OTHERS = "for_others"
    INITIATIVE = "initiative"
    """What a member would like to do of their own accord: the intent in `data`."""
    ERASE = "erase"
    NAME = "name"
    PHONE = "phone"
    UNIT = "unit"
    COMMUNITY = "community"
    SKILLS = "skills"
    PLATFORM = "platform"
    RHYTHM = "rhythm"
    """At which hours a rider rides."""
    STATION = "station"
    """Where somebody is who looks for a station."""
    STATION_FAULT = "station_fault"
    """What is wrong with the station in `data`."""
    ALERT = "alert"
    """Whether the alert in `data` goes out: a yes, then the number of people."""
    ANNOUNCEMENT = "announcement"
    """Whether the announcement in `data` goes out."""
    HANDED_OVER = "handed_over"
    """Staff answer; the bot is silent."""


class Conversation(Base):
    """One person on one channel."""

    __tablename__ = "conversations"
    __table_args__ = (UniqueConstraint("person_id", "channel"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    channel: Mapped[str] = mapped_column(String(40))
    state: Mapped[State] = mapped_column(Word(State), default=State.IDLE)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    expires_at: Mapped[datetime | None]
    informed_at: Mapped[datetime | None]
    """When the privacy notice was shown here."""
    pushed_at: Mapped[datetime | None]
    """When something was last pushed to this person here; a digit never answers past it."""
    recent_ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    recent_until: Mapped[datetime | None]
    """Until when a photo or a location goes to the recent ticket."""


class QuestionKind(StrEnum):
    """What kind of choice was shown."""

    MENU = "menu"
    EVALUATION = "evaluation"
    OFFER = "offer"
    SAME_EVENT = "same_event"
    WHICH = "which"
    """Which of several open questions a digit was meant for."""


class Question(Base):
    """A numbered choice that was shown and is still open; it is deleted when answered or replaced."""

    __tablename__ = "questions"
    __table_args__ = (Index("ix_questions_person_channel", "person_id", "channel"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    channel: Mapped[str] = mapped_column(String(40))
    kind: Mapped[QuestionKind] = mapped_column(Word(QuestionKind))
    choices: Mapped[dict[str, Any]]
    """{"list": [[label, command], …]} in the order of their numbers."""
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
