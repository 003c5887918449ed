"""Guides (办事指南): what somebody is answered who asks how something is done."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Guide(Base):
    """One guide of an area; it holds for everybody who lives there."""

    __tablename__ = "guides"

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    title: Mapped[str] = mapped_column(String(40))
    words: Mapped[list[str]] = mapped_column(default=list)
    """What people ask for it with; words joined by "+" must all occur."""
    text: Mapped[str] = mapped_column(Text)
    links: Mapped[list[str]] = mapped_column(default=list)
    """"what it opens|https://…", as many as a reply has room for."""
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    changed_at: Mapped[datetime]
