"""Which template of a platform a notice goes by, as staff entered it in the console."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Word


class TemplateWay(StrEnum):
    """The ways of an Official Account that go by templates."""

    TEMPLATE = "template"
    SUBSCRIPTION = "subscription"


class Template(Base):
    """One notice's template on one account, in place of what the configuration names."""

    __tablename__ = "templates"

    channel: Mapped[str] = mapped_column(String(40), primary_key=True)
    way: Mapped[TemplateWay] = mapped_column(Word(TemplateWay), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    """Of the notice."""
    setting: Mapped[str] = mapped_column(String(400))
    """As it would stand in the configuration (models/templates.py reads it); empty: by no template."""
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    changed_at: Mapped[datetime]
