"""What a year has left behind, as plain rows: the history, the outbox, and what only the simulation could see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.announcement import Announcement, Answered
from models.area import Area
from models.attachment import Attachment
from models.category import Category
from models.offer import Offer, Wave
from models.outbox import Notice
from models.person import Identity, Person, Role
from models.reminder import Lookout, Reminder
from models.roster import Duty
from models.ticket import Evaluation, Ticket, TicketEvent, TicketWords


@dataclass(frozen=True, slots=True)
class Wire:
    """Something a platform has taken for somebody's phone."""

    at: datetime
    channel: str
    account: str
    notice_id: int
    card: bool


@dataclass(frozen=True, slots=True)
class PersonAt:
    """What was true of a person from a moment on."""

    at: datetime
    person_id: int
    away_until: datetime | None
    reminders: bool
    free_from: int | None
    free_until: int | None
    most_offers: int
    reachable: int
    """At how many accounts."""


TABLES = (
    Announcement, Answered, Area, Attachment, Category, Duty, Evaluation, Identity, Lookout, Notice, Offer, Person, Reminder, Role, Ticket,
    TicketEvent, TicketWords, Wave,
)  # fmt: skip


class Row(SimpleNamespace):
    """One row; its columns are attributes."""


@dataclass
class History:
    """All of it, between two moments."""

    begins: datetime
    ends: datetime
    rows: Mapping[str, list[Row]]
    runs: Mapping[str, Sequence[datetime]]
    people: Sequence[PersonAt]
    wire: Sequence[Wire]

    def of(self, table: str) -> list[Row]:
        return self.rows[table]


def read(session: Session) -> dict[str, list[Row]]:
    """Every row of the tables the checker reads, in the order of their keys."""
    found: dict[str, list[Row]] = {}
    for model in TABLES:
        columns = model.__table__.columns
        result = session.execute(select(*columns).order_by(*model.__table__.primary_key))
        found[model.__tablename__] = [Row(**dict(zip(columns.keys(), each, strict=True))) for each in result]
    return found
