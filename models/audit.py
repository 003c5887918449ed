"""What staff saw and did in the console: rows that are only added to; and when each job last ran."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Word


class AuditKind(StrEnum):
    """What was done: seeing personal data, pressing a button, or coming in."""

    SAW_CONTACT = "saw_contact"
    """A resident's number or door, on the page of a matter."""
    SAW_PHONE = "saw_phone"
    SAW_PHOTO = "saw_photo"
    SAW_CHAT = "saw_chat"
    SAW_LEDGER = "saw_ledger"
    SAW_REGISTRATION = "saw_registration"
    SAW_PEOPLE = "saw_people"
    """Who serves, with what they are or can: one of them, or a list."""
    SAW_FILE = "saw_file"
    """A table to take along."""
    SAW_AUDIT = "saw_audit"
    DID = "did"
    """A button; `about` names its address."""
    SIGNED_IN = "signed_in"
    SIGNED_IN_WECOM = "signed_in_wecom"
    SIGN_IN_FAILED = "sign_in_failed"
    LOCKED = "locked"
    SIGNED_OUT = "signed_out"
    SESSION_ENDED = "session_ended"
    PASSWORD_CHANGED = "password_changed"
    PASSWORD_RESET = "password_reset"
    LOGIN_MADE = "login_made"
    SECOND_STEP_ON = "second_step_on"
    SECOND_STEP_OFF = "second_step_off"
    RECOVERY_USED = "recovery_used"
    ROLE_GRANTED = "role_granted"
    ROLE_ENDED = "role_ended"


class Audit(Base):
    """One row. The database refuses every change, and every deletion of the newest six months."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_by_at", "by_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[AuditKind] = mapped_column(Word(AuditKind))
    about: Mapped[str] = mapped_column(String(120))
    """What it was done to: an address inside the console, or an account's name."""
    address: Mapped[str] = mapped_column(String(45))
    """Where the browser was: an IPv4 or IPv6 address."""
    facts: Mapped[dict[str, Any]]
    """The difference it made; never a name, a number or anybody's words."""


class JobRun(Base):
    """The last run of one job, whichever process it was in; or that it has not run yet."""

    __tablename__ = "job_runs"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    at: Mapped[datetime]
    """When it ran; of one that has not run yet, when it was first expected."""
    seconds: Mapped[float]
    touched: Mapped[int]
    every: Mapped[int]
    """Seconds between two runs."""
    fault: Mapped[str] = mapped_column(String(200), default="")
    """The kind of error it ended with; empty: it ended well."""
    well_at: Mapped[datetime | None]
    """When it last ended well."""
