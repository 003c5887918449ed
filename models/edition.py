"""Which state of areas, categories, guides and days off the database has, for those who keep them in memory."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Edition(Base):
    """One row; whoever keeps something of the settings in memory compares its number now and then."""

    __tablename__ = "editions"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
