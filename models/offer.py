"""One ticket offered to one person."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index
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
    HELP = "help"
    """To come along as the second person; somebody has the task already."""
    HANDOVER = "handover"
    """To take the task over from a colleague, who keeps it until then."""


class Offer(Base):
    """A question to one person whether they take a ticket; `reasons` says why they were asked."""

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
