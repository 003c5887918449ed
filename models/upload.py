"""What was read of an uploaded list, until whoever uploaded it has looked at what it would do and says yes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Word


class UploadKind(StrEnum):
    """What the list is of."""

    AREAS = "areas"
    PEOPLE = "people"
    GUIDES = "guides"
    CATEGORIES = "categories"
    WORDS = "words"
    """What people here call a matter."""
    LIMITS = "limits"
    DEPARTMENTS = "departments"
    CALENDAR = "calendar"
    POSTS = "posts"
    READY = "ready"
    ROSTER = "roster"
    SKILLS = "skills"
    STATIONS = "stations"
    TEAMS = "teams"
    TEMPLATES = "templates"


class Upload(Base):
    """One list that waits for its yes."""

    __tablename__ = "uploads"

    id: Mapped[int] = mapped_column(primary_key=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    kind: Mapped[UploadKind] = mapped_column(Word(UploadKind))
    made_at: Mapped[datetime]
    rows: Mapped[dict[str, Any]]
    """{"list": [[a cell, …], …]} with the head, as it was read."""
    digest: Mapped[str] = mapped_column(String(64))
    """Of what was shown that it would do: it is done only if it would still do the same."""
