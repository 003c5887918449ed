"""Joint areas (联合区域): places of several communities whose border matters are led in turns."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Word


class Turn(StrEnum):
    """How long one community leads."""

    DAY = "day"
    WEEK = "week"


class JointArea(Base):
    """Nodes of the area tree that share a border; the communities they lie in lead in the order of the nodes."""

    __tablename__ = "joint_areas"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    turn: Mapped[Turn] = mapped_column(Word(Turn), default=Turn.WEEK)
    begins: Mapped[date] = mapped_column(Date)
    """The first day of the first one's turn; the calendar alone says whose turn a day is."""

    nodes: Mapped[list[JointNode]] = relationship(order_by="JointNode.position", cascade="all, delete-orphan")


class JointNode(Base):
    """One node of a joint area; a node belongs to one joint area only."""

    __tablename__ = "joint_nodes"
    __table_args__ = (UniqueConstraint("joint_id", "position"),)

    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), primary_key=True)
    joint_id: Mapped[int] = mapped_column(ForeignKey("joint_areas.id"))
    position: Mapped[int]
