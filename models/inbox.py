"""Every message that was taken, once, with the answer it got."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class InboxMessage(Base):
    """One message; `deliveries` counts how often the platform brought it. The text is a person's and can be erased."""

    __tablename__ = "inbox"
    __table_args__ = (
        Index("ix_inbox_person_at", "person_id", "received_at"),
        # The oldest, which are let go; new rows only ever come to its end.
        Index("ix_inbox_received_at", "received_at"),
    )

    key: Mapped[str] = mapped_column(String(250), primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    channel: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text, default="")
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    reply: Mapped[dict[str, Any] | None]
    deliveries: Mapped[int] = mapped_column(default=1)
    received_at: Mapped[datetime]
