"""One ticket offered to one person, and the waves in which people were looked for."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Word


class OfferState(StrEnum):
    """What became of an offer."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    """Somebody else has it, or the ticket went another way."""


class Purpose(StrEnum):
    """What is asked of somebody."""

    TASK = "task"
    """To take it; to go along, where somebody has it already."""
    HANDOVER = "handover"
    """To take the task over from a colleague, who keeps it until then."""


class Offer(Base):
    """A question to one person whether they take a ticket or go along; `reasons` says why they were asked."""

    __tablename__ = "offers"
    __table_args__ = (
        Index("ix_offers_ticket", "ticket_id", "state"),
        Index("ix_offers_person", "person_id", "state"),
        Index("ix_offers_expiry", "state", "expires_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    purpose: Mapped[Purpose] = mapped_column(Word(Purpose), default=Purpose.TASK)
    wave: Mapped[int] = mapped_column(default=1)
    state: Mapped[OfferState] = mapped_column(Word(OfferState), default=OfferState.OPEN)
    reasons: Mapped[dict[str, Any]] = mapped_column(default=dict)
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


class WaveMode(StrEnum):
    """How people were looked for."""

    VOLUNTEERS = "volunteers"
    HELPER = "helper"
    """One more to go along with whoever accepted."""
    POOL = "pool"
    STANDING = "standing"
    """Whoever looks after the place: the grid worker, the property company."""
    POST = "post"
    """Whoever holds a standing post for such matters."""
    BY_HAND = "by_hand"
    """Staff chose."""


class Shortfall(StrEnum):
    """Why somebody who was looked at cannot be asked, or why nobody was looked for."""

    NO_PLACE = "no_place"
    DESK_OF_HOME = "desk_of_home"
    """Without a place: the desk where the reporter lives asks where it is …"""
    DESK_OF_STREET = "desk_of_street"
    """… or, where nobody knows that either, the street's."""
    NO_MEMBERS = "no_members"
    NO_WORKER = "no_worker"
    """Nobody is entered who looks after the place, or they are away."""
    NO_POST = "no_post"
    """Nobody holds a standing post for such matters around here."""
    SKILL = "skill"
    AWAY = "away"
    HOURS = "hours"
    """Not at this hour."""
    BUSY = "busy"
    """As many offers are open as they want at a time."""
    ASKED = "asked"
    RIDING = "riding"
    """A rider who is left in peace now, and would read it too late."""
    CONFLICT = "conflict"
    MINOR = "minor"


class Wave(Base):
    """One search for people and all of its result: who was asked and why, and for everybody else only how many for
    which reason. A wave without picks says why nobody was asked.
    """

    __tablename__ = "waves"
    __table_args__ = (UniqueConstraint("ticket_id", "number"), Index("ix_waves_at", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    number: Mapped[int]
    mode: Mapped[WaveMode] = mapped_column(Word(WaveMode))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    """The widest area that was looked at."""
    picks: Mapped[dict[str, Any]] = mapped_column(default=dict)
    shortfalls: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Reason → how many could not be asked for it, counted among those who were looked at."""
    at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    """When it is over, or when it is tried again."""
