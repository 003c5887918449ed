"""Appointments (预约) at a counter."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Appointment(Base):
    """One person at one desk or room of an area, for a time; it is never deleted, only cancelled."""

    __tablename__ = "appointments"
    __table_args__ = (
        Index("ix_appointments_area_id_begins", "area_id", "begins"),
        Index("ix_appointments_person_id", "person_id"),
        Index("ix_appointments_begins", "begins"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    desk: Mapped[str] = mapped_column(String(40))
    purpose: Mapped[str] = mapped_column(String(200))
    begins: Mapped[datetime]
    ends: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    """Whoever made it at the counter."""
    told_at: Mapped[datetime]
    """When the person was last told of it."""
    cancelled_at: Mapped[datetime | None]
    cancelled_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
