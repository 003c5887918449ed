"""What somebody corrected of what was understood, and what the assistant made of words that were not understood."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Word
from models.ticket import TicketKind, Urgency


class Correction(Base):
    """One correction: before and after, and who understood it otherwise. The words are named, never repeated here."""

    __tablename__ = "corrections"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    words_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_words.id"))
    """The report that was understood; its words may have been erased since."""
    before_category: Mapped[str] = mapped_column(ForeignKey("categories.code"))
    after_category: Mapped[str] = mapped_column(ForeignKey("categories.code"))
    before_kind: Mapped[TicketKind] = mapped_column(Word(TicketKind))
    after_kind: Mapped[TicketKind] = mapped_column(Word(TicketKind))
    before_urgency: Mapped[Urgency] = mapped_column(Word(Urgency))
    after_urgency: Mapped[Urgency] = mapped_column(Word(Urgency))
    understood: Mapped[bool] = mapped_column(Boolean)
    """False when nothing had been understood: then this says what it was, not that something was wrong."""
    role: Mapped[str] = mapped_column(String(20))
    """What whoever corrected it is to the ticket (models/lifecycle.py)."""
    at: Mapped[datetime] = mapped_column(index=True)
    model: Mapped[str] = mapped_column(String(20), default="")
    """The version of the weights that understood the report; empty when nobody noted it."""
    confidence: Mapped[float | None]


class AssistantAnswer(Base):
    """What the assistant was asked about one ticket, at most a few times."""

    __tablename__ = "assistant_answers"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), primary_key=True, autoincrement=False)
    tries: Mapped[int]
    answered: Mapped[bool] = mapped_column(Boolean)
    category: Mapped[str | None] = mapped_column(ForeignKey("categories.code"))
    """What it proposes; None while it has not answered, and when it said nothing of use."""
    at: Mapped[datetime]
