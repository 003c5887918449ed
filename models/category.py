"""The live categories: seeded from nlp/categories.yaml, edited in the console; the database wins."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Word


class First(StrEnum):
    """Who is tried first with a ticket of a category."""

    VOLUNTEER = "volunteer"
    GRID = "grid"
    PROPERTY = "property"
    STAFF = "staff"
    DEPARTMENT = "department"
    POOL = "pool"
    """Open to every fitting member of the community; whoever takes it first has it (抢单)."""
    POST = "post"
    """Whoever holds a standing post for it nearby (认岗); without one, volunteers."""


class Level(StrEnum):
    """The four levels of handling, from below."""

    ESTATE = "estate"
    COMMUNITY = "community"
    STREET = "street"
    DEPARTMENT = "department"

    @property
    def above(self) -> Level | None:
        """The next level up, or None at the top."""
        levels = list(Level)
        index = levels.index(self) + 1
        return levels[index] if index < len(levels) else None


class Category(Base):
    """One kind of matter. Limits are texts such as "2h" (wall clock) and "7wd" (working days)."""

    __tablename__ = "categories"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    words: Mapped[dict[str, Any]] = mapped_column(default=dict)
    first: Mapped[First] = mapped_column(Word(First))
    level: Mapped[Level] = mapped_column(Word(Level))
    first_answer_limit: Mapped[str] = mapped_column(String(10))
    accept_limit: Mapped[str] = mapped_column(String(10))
    finish_limit: Mapped[str] = mapped_column(String(10))
    limits_by: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Other limits for an urgency or a level, such as {"urgent": {"finish": "24h"}, "street": {"accept": "1wd"}}."""
    department: Mapped[str] = mapped_column(String(40), default="")
    skills: Mapped[list[str]] = mapped_column(default=list)
    offerable: Mapped[bool] = mapped_column(Boolean, default=True)
    needs: Mapped[int] = mapped_column(default=1, server_default="1")
    """How many volunteers go together; two where somebody's home is entered."""
    waves: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """Its own waves by urgency, such as {"normal": {"sizes": [2, 4], "minutes": 60}}; otherwise the settings'."""
