"""What riders are beside their role: where and when they ride, the teams they belong to, and titles for a time."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Boolean, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Word


class RiderProfile(Base):
    """Where a rider usually is (GCJ-02) and at which hours they ride, beside the installation's peaks."""

    __tablename__ = "rider_profiles"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, autoincrement=False)
    lat: Mapped[float | None]
    lng: Mapped[float | None]
    busy: Mapped[str] = mapped_column(String(40), default="")
    """Full hours such as `11-14,17-21` (models/quiet.py); empty for the installation's peaks alone."""


class Team(Base):
    """A team of riders (骑士小巷管家团 …), which staff make."""

    __tablename__ = "teams"
    __table_args__ = (UniqueConstraint("area_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    made_at: Mapped[datetime]


class TeamMember(Base):
    """Somebody belongs to a team."""

    __tablename__ = "team_members"

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    since: Mapped[datetime]


class TitleKind(StrEnum):
    """What somebody is asked to look at, if they like."""

    MOBILE_GRID = "mobile_grid"
    """流动网格员: everything on the road."""
    SAFETY = "safety"
    """平安骑士: safety of the streets."""
    FOOD = "food"
    """食品安全监督员: food, seen where it is fetched."""
    POST = "post"
    """Holds a standing post, which says what it is about (models/post.py); members too."""


class Title(Base):
    """A title for an area and a time, which ends by itself. It says what one is asked to look at and counts nothing."""

    __tablename__ = "titles"
    __table_args__ = (
        Index("ix_titles_person_id", "person_id", "until"),
        Index("ix_titles_post_id", "post_id", "until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[TitleKind] = mapped_column(Word(TitleKind))
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date] = mapped_column(Date)
    """The last day."""
    warned_for: Mapped[date | None] = mapped_column(Date)
    """The last day of which whoever has it was told that it comes."""
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    given_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """Before its time, by staff or by whoever has it."""


class AccessNote(Base):
    """How riders get into an estate and whom they find there, as staff wrote it down with the property company."""

    __tablename__ = "access_notes"

    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), primary_key=True, autoincrement=False)
    words: Mapped[str] = mapped_column(String(300))
    contact: Mapped[str] = mapped_column(String(40), default="")
    phone: Mapped[str] = mapped_column(String(20), default="")
    """A number that the property company left for riders."""
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    changed_at: Mapped[datetime]


class Matter(StrEnum):
    """What a rider brings for themselves; each has a short guide in texts/care.py."""

    ACCESS = "access"
    """进小区难."""
    WAGES = "wages"
    INJURY = "injury"
    INSURANCE = "insurance"
    PENALTY = "penalty"
    """Blocked accounts and fines of a platform."""
    PARCEL = "parcel"
    REST = "rest"
    """Nowhere to sit down, to charge, to wash one's hands."""


class AlertKind(StrEnum):
    """What riders are warned of."""

    STORM = "storm"
    """An alarm: it goes out at once, in peaks too."""
    HEAT = "heat"
    """Care: it waits for the end of the peak, and for riders who want reminders."""


class Alert(Base):
    """One warning to the riders of an area, as it went out."""

    __tablename__ = "alerts"
    __table_args__ = (Index("ix_alerts_area_id", "area_id", "sent_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[AlertKind] = mapped_column(Word(AlertKind))
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    words: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    sent_at: Mapped[datetime]
    people: Mapped[int]
