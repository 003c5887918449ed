"""Sums of what is counted for the figures: for days and for whole months, each place and category, each party."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key
from models.result import Figure


class Measure(StrEnum):
    """What is counted beside the figures of results (models/result.py) and the hours of the reports."""

    FINISH_KEPT = "finish_kept"
    """Of the finished: within the limit for finishing."""
    FINISH_LATE = "finish_late"

    UNCLEAR = "unclear"
    """Reported and not understood until now."""
    CORRECTED = "corrected"
    """Reported; somebody said that it was of another category than this one, as which it had been understood. The
    category is empty where nothing had been understood.
    """
    ARRIVED = "arrived"
    """The same tickets under what they are now."""

    WAVE_1_ASKED = "wave_1_asked"
    WAVE_1_TAKEN = "wave_1_taken"
    WAVE_2_ASKED = "wave_2_asked"
    WAVE_2_TAKEN = "wave_2_taken"
    WAVE_3_ASKED = "wave_3_asked"
    """The third and every later one."""
    WAVE_3_TAKEN = "wave_3_taken"

    MINUTES = "minutes"
    """Credited to volunteers, less what was taken back."""
    SERVED = "served"
    """How often somebody was credited minutes."""

    FIRST_RIGHT = "first_right"
    FIRST_WRONG = "first_wrong"
    FIRST_STILL = "first_still"
    FIRST_DISPUTED = "first_disputed"
    FIRST_OVER = "first_over"
    """Of one party: models/statistics.py says what these five are."""

    PARTY_FINISHED = "party_finished"
    """By one party; a matter that came back and was finished again counts twice."""
    PARTY_KEPT = "party_kept"
    """Of these: within the limit for finishing."""
    PARTY_LATE = "party_late"
    PARTY_JUDGED = "party_judged"
    """Of these: the resident said something that counts."""
    PARTY_RETURNED = "party_returned"
    """And that was: not mended."""


HOURS = tuple(f"hour_{hour:02}" for hour in range(24))
"""Reports that came in the hour that begins then, by the clock of China."""

COLUMNS = (*(each.value for each in Figure), *(each.value for each in Measure), *HOURS)

SUMS = Table(
    "figure_sums",
    Base.metadata,
    Column("id", Key, primary_key=True),
    Column("start", Date, nullable=False),
    Column("month", Boolean, nullable=False),
    Column("area_id", Key, ForeignKey("areas.id")),
    Column("category", String(40), nullable=False),
    Column("party_id", Key, ForeignKey("parties.id")),
    *(Column(name, Integer, nullable=False, server_default="0") for name in COLUMNS),
    Index("ix_figure_sums_start", "month", "start"),
    Index("ix_figure_sums_area", "area_id", "month", "start"),
)
"""One line for each community, each area above one, and nowhere, by category and party, of a day or of a month: `start`
is the day, or the first of the month. Results of tickets that were finished several times stand in none.
"""


class SummedPlace(Base):
    """Where a community lay when the sums of the areas above it were made."""

    __tablename__ = "summed_places"

    community_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), primary_key=True, autoincrement=False)
    path: Mapped[str] = mapped_column(String(200))


class SummedMonth(Base):
    """A month whose sums stand in `SUMS` and are true; `month` is its first day."""

    __tablename__ = "summed_months"

    month: Mapped[date] = mapped_column(Date, primary_key=True)
