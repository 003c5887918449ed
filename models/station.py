"""Places for riders and others (驿站, 小哥食堂, 充电, 饮水, 暖新商户), and what people say is wrong with them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Boolean, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Word


class Use(StrEnum):
    """What a place is for. A station of one kind may do for others: most rest stations have water."""

    ANY = "any"
    """Every place but merchants' offers; the answer to a bare 驿站. No station is of this kind."""
    REST = "rest"
    MEAL = "meal"
    CHARGING = "charging"
    WATER = "water"
    OFFER = "offer"
    """What a merchant gives riders (暖新商户)."""


class Fault(StrEnum):
    """What somebody who stood before it says."""

    CLOSED = "closed"
    MOVED = "moved"
    WRONG = "wrong"
    """Something else that is written of it."""


class Station(Base):
    """One place; its point is GCJ-02, as WeChat gives locations."""

    __tablename__ = "stations"
    __table_args__ = (Index("ix_stations_name", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Use] = mapped_column(Word(Use))
    name: Mapped[str] = mapped_column(String(60))
    address: Mapped[str] = mapped_column(String(120), default="")
    lat: Mapped[float]
    lng: Mapped[float]
    hours: Mapped[str] = mapped_column(String(200), default="")
    """Opening hours as models/open_hours.py writes them; empty where nobody wrote any."""
    services: Mapped[str] = mapped_column(String(120), default="")
    """In the words of whoever entered it; of an offer what riders get."""
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    until: Mapped[date | None] = mapped_column(Date)
    """The last day on which it is there; None for as long as nobody says otherwise."""
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    changed_at: Mapped[datetime]


class StationUse(Base):
    """One use of a station in force, where the search for the nearest finds it without looking at anything else."""

    __tablename__ = "station_uses"
    __table_args__ = (Index("ix_station_uses_cell", "use", "cell"),)

    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id", ondelete="CASCADE"), primary_key=True)
    use: Mapped[Use] = mapped_column(Word(Use), primary_key=True)
    cell: Mapped[int]
    """The square it lies in (models/stations.py)."""
    lat: Mapped[float]
    lng: Mapped[float]
    until: Mapped[date | None] = mapped_column(Date)


class StationFault(Base):
    """Somebody says that a station is not as it is written; staff look into it."""

    __tablename__ = "station_faults"
    __table_args__ = (Index("ix_station_faults_station_id", "station_id", "settled_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    fault: Mapped[Fault] = mapped_column(Word(Fault))
    words: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
