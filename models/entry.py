"""What search looks into, kept beside the tickets: the character pairs of each, and how far history has been read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Dialect, ForeignKey, Index, String, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeEngine

from models.base import Base

SEARCH = "search"
"""The name of the reader that keeps the entries."""

FIGURES = "figures"
"""And of the one that keeps the sums of days."""


class Grams(TypeDecorator[list[str]]):
    """Words of a list: an array on PostgreSQL, one line with spaces between on SQLite, as FTS5 reads it."""

    impl = ARRAY(Text)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column as each database has it."""
        return dialect.type_descriptor(Text()) if dialect.name == "sqlite" else dialect.type_descriptor(ARRAY(Text))

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> Any:
        """The stored value."""
        return " ".join(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> list[str] | None:
        """The list again."""
        return value.split() if isinstance(value, str) else value


class SearchEntry(Base):
    """The character pairs of one ticket's place and words as they were at its `version`, and marks of who may see it.

    On SQLite triggers keep the FTS5 table `ticket_grams` in step (migrations/versions/0012_desk.py).
    """

    __tablename__ = "search_entries"
    __table_args__ = (Index("ix_search_entries_grams", "grams", postgresql_using="gin").ddl_if(dialect="postgresql"),)

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), primary_key=True, autoincrement=False)
    version: Mapped[int]
    grams: Mapped[list[str]] = mapped_column(Grams)


class Feed(Base):
    """How far somebody has read the lines of history, for work that follows them."""

    __tablename__ = "feeds"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    event_id: Mapped[int]
