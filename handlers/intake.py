"""The short way of a plain report: the same ticket and the same words as the long way, in a third of the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from handlers import report
from handlers.turn import Message, Opens, Reply, World
from models import intake, outboxes, people, tickets
from models.area import AreaKind
from models.conversation import State
from nlp.understand import Understanding
from texts import residents


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a message: the reply, who spoke, and the ticket it was about."""

    reply: Reply
    person_id: int
    ticket_id: int | None


def is_quiet(session: Session, message: Message, *, now: datetime) -> intake.Known | None:
    """Who is speaking, if nothing is waited for, asked, held or waiting for them; None otherwise."""
    known = intake.look(session.connection(), message.channel, message.sender, now=now)
    return known if known.quiet else None


def take(
    session: Session, message: Message, found: Understanding, known: intake.Known, world: World, *, now: datetime
) -> Taken:
    """Takes plain words (see handlers.meaning.plain) from somebody for whom nothing is open (see `is_quiet`)."""
    connection = session.connection()
    until, left = _window(known, message, world, now=now)
    if known.person_id is None or known.identity_id is None:
        person_id = intake.meet(
            connection, message.channel, message.sender, window_until=until, window_left=left, now=now
        )
    else:
        person_id = known.person_id
        intake.see(connection, known.identity_id, window_until=until, window_left=left, now=now)
        if known.home_area_id is not None:
            found = world.understander.understand(message.text, near=known.home_area_id)
    made = report.report_of(world, found, message.text)
    path = world.path(made.area_id)
    ticket = tickets.insert_ticket(
        connection,
        made,
        category=world.categories[made.category or tickets.OTHER],
        community_id=next((area.id for area in path if area.kind is AreaKind.COMMUNITY), None),
        reporter_id=person_id,
        channel=message.channel,
        now=now,
    )
    outboxes.to_dispatch(session, ticket.id)
    asks = report.place_is_missing(ticket, found)
    text = report.received(world, ticket, found, now=now)
    intake.keep_conversation(
        connection,
        person_id,
        message.channel,
        state=State.PLACE if asks else State.IDLE,
        data={"ticket": ticket.id} if asks else {},
        expires_at=now + timedelta(minutes=world.limits.menu_minutes) if asks else None,
        informed_at=known.informed_at or now,
        recent_ticket_id=ticket.id,
        recent_until=now + timedelta(minutes=world.limits.recent_minutes),
    )
    if known.informed_at is None:
        text = f"{text}\n{residents.PRIVACY}"
    return Taken(Reply(text), person_id, ticket.id)


def _window(known: intake.Known, message: Message, world: World, *, now: datetime) -> tuple[datetime | None, int]:
    window = world.windows.get(message.channel)
    if window is None or message.opens is not Opens.MESSAGE:
        return known.window_until, known.window_left
    return people.next_window(
        known.window_until, known.window_left, count=window.message_count, seconds=window.message_seconds, now=now
    )
