"""Who is on duty and when, and the emergencies that are alarmed until a human answered."""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import Boolean, Date, ForeignKey, Index, Time
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Duty(Base):
    """One shift of an area with a first and a second person, every week (`weekday`, Monday is 0) or on one `day`.

    A day that has rows of its own is not read from the weekly pattern. A shift whose end is not later than its begin
    goes on past midnight and belongs to the day on which it begins.
    """

    __tablename__ = "duties"
    __table_args__ = (Index("ix_duties_area", "area_id", "weekday", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    weekday: Mapped[int | None]
    day: Mapped[date | None] = mapped_column(Date)
    begins: Mapped[time] = mapped_column(Time)
    """By the clock on the wall in China, like `ends`."""
    ends: Mapped[time] = mapped_column(Time)
    first_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    second_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class Alarm(Base):
    """How far the alarm of one emergency has got."""

    __tablename__ = "alarms"
    __table_args__ = (Index("ix_alarms_next", "next_at"),)

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    began_at: Mapped[datetime]
    stage: Mapped[int] = mapped_column(default=0)
    """Whose duty it is: 0 the community's, 1 the street's, 2 everybody's."""
    rounds: Mapped[int] = mapped_column(default=0)
    """How often this stage was alarmed."""
    second_told: Mapped[bool] = mapped_column(Boolean, default=False)
    next_at: Mapped[datetime | None]
    """When it is looked at again; None once a human answered or everybody was told."""
