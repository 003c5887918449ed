"""What a new ticket is made from, and how it is written with its words and the first line of its history."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models import (
    alarms,
    areas,
    history,
    limits,
    outboxes,
)
from models.base import table
from models.bulk import BulkInsert, Prepared
from models.category import Category
from models.clock import local
from models.lifecycle import Action, Actor
from models.person import Person
from models.ticket import (
    OF_MEMBERS,
    Serial,
    Ticket,
    TicketEvent,
    TicketKind,
    TicketState,
    TicketWords,
    Urgency,
    WordsKind,
    number_of,
)
from models.windows import Window

OTHER = "other"


@dataclass(frozen=True, slots=True)
class Report:
    """What a new ticket is made from; everything but the words may be unknown."""

    words: str
    category: str | None = None
    kind: TicketKind = TicketKind.REPORT
    urgency: Urgency = Urgency.NORMAL
    danger: str = ""
    area_id: int | None = None
    place: str = ""
    room: str = ""
    lat: float | None = None
    lng: float | None = None
    for_other: str = ""
    service: str | None = None
    wished: Window | None = None
    confidence: float | None = None
    """How sure the model was of the best category; None where no model was asked."""
    model: str = ""
    """Its version."""


def open_ticket(session: Session, report: Report, *, by: Person, channel: str, now: datetime) -> Ticket:
    """A new ticket with the reporter's words verbatim; whom to ask is decided afterwards by dispatch."""
    session.flush()
    new = New(
        report,
        category=session.get(Category, report.category or OTHER) or session.get_one(Category, OTHER),
        community_id=areas.community_of(session, report.area_id),
        reporter_id=by.id,
        channel=channel,
    )
    made = insert_tickets(session.connection(), [new], now=now)[0]
    ticket = session.get_one(Ticket, made.id)
    outboxes.to_dispatch(session, ticket.id)
    if ticket.urgency is Urgency.EMERGENCY:
        alarms.alarm(session, ticket, now=now)
    return ticket


@dataclass(frozen=True, slots=True)
class New:
    """A ticket to be written: the report and where it belongs."""

    report: Report
    category: Category
    community_id: int | None
    reporter_id: int
    channel: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A ticket just written, as far as its first sentence needs it."""

    id: int
    number: str
    category: str
    kind: TicketKind
    service: str | None
    area_id: int | None
    place: str
    lat: float | None
    promised_at: datetime
    wished: Window | None = None


_OPEN = BulkInsert(
    table(Ticket),
    "day",
    "serial",
    "state",
    "version",
    "kind",
    "category",
    "understood",
    "service",
    "wished_from",
    "wished_until",
    "urgency",
    "danger",
    "level",
    "reporter_id",
    "channel",
    "for_other",
    "area_id",
    "community_id",
    "place",
    "room",
    "lat",
    "lng",
    "opened_at",
    "promised_at",
    "accept_by",
    "finish_by",
    "due_at",
    "limit",
    "warn_at",
    "held_at",
    "dispatch_at",
)


_SAY = BulkInsert(table(TicketWords), "ticket_id", "person_id", "kind", "text", "salt", "said_at")


_NOTE = BulkInsert(
    table(TicketEvent),
    "ticket_id",
    "version",
    "at",
    "action",
    "actor",
    "by_id",
    "before",
    "after",
    "facts",
    "words_id",
    "words_digest",
    "previous",
    "hash",
)


def insert_tickets(connection: Connection, news: Sequence[New], *, now: datetime) -> list[Opened]:
    """Writes new tickets, their words and the first lines of their histories, past the unit of work."""
    today = local(now).date()
    count = {"day": today, "last": len(news), "more": len(news)}
    ((last,),) = _SERIAL[connection.dialect.name].all(connection, **count)
    serials = range(last - len(news) + 1, last + 1)
    rows = [_row(new, today, serial, now=now) for new, serial in zip(news, serials, strict=True)]
    by_serial = _OPEN.keys(connection, rows, by="serial")
    ids = [by_serial[serial] for serial in serials]
    said = [
        {
            "ticket_id": ticket_id,
            "person_id": new.reporter_id,
            "kind": WordsKind.REPORT,
            "text": new.report.words,
            "salt": secrets.token_hex(16),
            "said_at": now,
        }
        for new, ticket_id in zip(news, ids, strict=True)
    ]
    words = _SAY.keys(connection, said, by="ticket_id")
    _NOTE.execute(
        connection,
        [_first_line(new, each, words[each["ticket_id"]], now=now) for new, each in zip(news, said, strict=True)],
    )
    return [
        Opened(
            id=ticket_id,
            number=number_of(today, serial),
            category=new.category.code,
            kind=new.report.kind,
            service=new.report.service,
            area_id=new.report.area_id,
            place=row["place"],
            lat=new.report.lat,
            promised_at=row["promised_at"],
            wished=new.report.wished,
        )
        for new, ticket_id, serial, row in zip(news, ids, serials, rows, strict=True)
    ]


def _row(new: New, today: date, serial: int, *, now: datetime) -> dict[str, Any]:
    report, category = new.report, new.category
    is_nowhere = report.area_id is None and report.lat is None and not report.place
    lacks_place = is_nowhere and limits.asks_for_somebody(report.kind, report.urgency, report.service)
    return {
        "day": today,
        "serial": serial,
        "state": TicketState.NEW,
        "version": 1,
        "kind": report.kind,
        "category": category.code,
        "understood": report.category is not None or report.service is not None or report.kind in OF_MEMBERS,
        "service": report.service,
        "wished_from": report.wished.begins if report.wished else None,
        "wished_until": report.wished.ends if report.wished else None,
        "urgency": report.urgency,
        "danger": report.danger,
        "level": category.level,
        "reporter_id": new.reporter_id,
        "channel": new.channel,
        "for_other": report.for_other[:40],
        "area_id": report.area_id,
        "community_id": new.community_id,
        "place": report.place[:200],
        "room": report.room[:40],
        "lat": report.lat,
        "lng": report.lng,
        "opened_at": now,
        "dispatch_at": now,
        **limits.at_opening(
            category, report.urgency, kind=report.kind, wished=report.wished, lacks_place=lacks_place, now=now
        ),
    }


def _first_line(new: New, said: dict[str, Any], words_id: int, *, now: datetime) -> dict[str, Any]:
    report, category = new.report, new.category
    event: dict[str, Any] = {
        "ticket_id": said["ticket_id"],
        "version": 1,
        "at": now,
        "action": Action.OPEN.value,
        "actor": Actor.REPORTER.value,
        "by_id": new.reporter_id,
        "before": "",
        "after": TicketState.NEW.value,
        "facts": {
            "category": category.code,
            "kind": report.kind.value,
            "understood": report.category is not None,
            "confidence": report.confidence,
            "model": report.model,
            **({"service": report.service} if report.service else {}),
        },
        "words_id": words_id,
        "words_digest": history.digest_of(said["salt"], report.words),
        "previous": "",
    }
    return {**event, "hash": history.fingerprint(**event)}


def _count_up(dialect: Any) -> Any:
    statement = dialect.insert(table(Serial)).values(day=bindparam("day"), last=bindparam("last"))
    statement = statement.on_conflict_do_update(
        index_elements=["day"], set_={"last": table(Serial).c.last + bindparam("more")}
    )
    return statement.returning(table(Serial).c.last)


_SERIAL = {"sqlite": Prepared(_count_up(sqlite)), "postgresql": Prepared(_count_up(postgresql))}
