"""That two open tickets may tell of the same event: found by dispatch, decided once by the reporter or by the desk."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Float, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Word


class ProposalState(StrEnum):
    """What became of the question."""

    OPEN = "open"
    SAME = "same"
    DIFFERENT = "different"


class Proposal(Base):
    """A pair of tickets, proposed once: whatever was said of it, nobody is asked about the pair again."""

    __tablename__ = "proposals"
    __table_args__ = (
        UniqueConstraint("ticket_id", "into_id"),
        Index("ix_proposals_into", "into_id"),
        Index("ix_proposals_state", "state", "ticket_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    """The later one, whose reporter is asked."""
    into_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    """The earlier one."""
    score: Mapped[float] = mapped_column(Float)
    """How surely, 0 to 1."""
    reasons: Mapped[list[str]]
    state: Mapped[ProposalState] = mapped_column(Word(ProposalState), default=ProposalState.OPEN)
    proposed_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
