"""Departments and partners: who they are, what was given to them, and the links of those without an account."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Boolean, ForeignKey, Index, String, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Word


class PartyKind(StrEnum):
    """What sort of body a party is."""

    DEPARTMENT = "department"
    PROPERTY = "property"
    OWNERS = "owners"
    """An owners' committee (业委会)."""
    UTILITY = "utility"
    """Power, water, gas."""
    OTHER = "other"


class Party(Base):
    """A body that is given tickets and answers them. Its people here are those whose `Role.department` names it."""

    __tablename__ = "parties"
    __table_args__ = (UniqueConstraint("name", "area_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    kind: Mapped[PartyKind] = mapped_column(Word(PartyKind), default=PartyKind.DEPARTMENT)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    """It serves this area and everything in it."""
    categories: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'"))
    """What it may be given; anything when empty."""
    contact: Mapped[str] = mapped_column(String(40), default="", server_default="")
    """Somebody there without an account, to whom staff send a link."""
    phone: Mapped[str] = mapped_column(String(20), default="", server_default="")
    active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())


class End(StrEnum):
    """How a ticket left a party."""

    FINISHED = "finished"
    MOVED = "moved"
    """Somebody else does it: a return was agreed to, or it was given on."""
    OVER = "over"
    """Withdrawn, merged, rejected, answered for everybody by an announcement, or reopened by a slip."""


class Assignment(Base):
    """One ticket given to one party, until it is over; a return that is not agreed to does not end it."""

    __tablename__ = "assignments"
    __table_args__ = (
        Index(
            "uq_assignments_open",
            "ticket_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_assignments_given", "given_at"),
        Index("ix_assignments_ended", "ended_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    first: Mapped[bool] = mapped_column(Boolean)
    """Whether the ticket was never given to a party before."""
    given_at: Mapped[datetime]
    returned_at: Mapped[datetime | None]
    """When the party said that it is not theirs; it can say so once."""
    kept_at: Mapped[datetime | None]
    """When the street decided that it stays with them all the same."""
    ended_at: Mapped[datetime | None]
    end: Mapped[End | None] = mapped_column(Word(End))

    party: Mapped[Party] = relationship()


class Link(Base):
    """One address that answers one assignment once; of the secret in it only the hash is kept."""

    __tablename__ = "links"

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    assignment: Mapped[Assignment] = relationship()
