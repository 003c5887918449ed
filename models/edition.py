"""How often what every process keeps in memory was changed: areas, categories, guides, days off."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Edition(Base):
    """One row; whoever keeps something of the settings in memory compares its number now and then."""

    __tablename__ = "editions"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
