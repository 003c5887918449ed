"""The codes (二维码) of places that were made on a channel: each place has one there, which never changes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class PlaceCode(Base):
    """What the code of a place leads to on a channel; an account may have 100,000 lasting ones, none is made twice."""

    __tablename__ = "place_codes"

    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(40), primary_key=True)
    address: Mapped[str] = mapped_column(String(200))
    made_at: Mapped[datetime]
