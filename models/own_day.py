"""The deployment's own days off and make-up days, beside the official calendar."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Boolean, Date, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class OwnDay(Base):
    """One day that is worked, or not worked, whatever the official calendar says."""

    __tablename__ = "own_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    working: Mapped[bool] = mapped_column(Boolean)
    name: Mapped[str] = mapped_column(String(20), default="")
