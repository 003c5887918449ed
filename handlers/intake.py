"""The short way of plain reports: the same tickets and the same words as the long way, in a fraction of the time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from handlers import dialogue, report
from handlers.turn import Message, Opens, Reply, World
from models import intake, opening, people
from models.area import AreaKind
from models.conversation import State
from models.intake import Known, Speaker, Standing
from nlp.understand import Understanding
from texts import residents


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a message: the reply, who spoke, and the ticket it was about."""

    reply: Reply
    person_id: int
    ticket_id: int | None
    forget: bool = False
    """What was said is not kept, such as for whom somebody votes."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A message of plain words (see handlers.meaning.plain), understood."""

    message: Message
    found: Understanding


def quiet(connection: Connection, group: Sequence[Plain], *, now: datetime) -> dict[str, Known]:
    """Those of the speakers for whom nothing is waited for, asked, held or waiting, by account.

    The messages are of one channel and each of another account.
    """
    accounts = [plain.message.sender for plain in group]
    known = intake.look(connection, group[0].message.channel, accounts, now=now)
    return {account: found for account in accounts if (found := known.get(account, intake.STRANGER)).quiet}


def take(
    connection: Connection, group: Sequence[Plain], known: Mapping[str, Known], world: World, *, now: datetime
) -> list[Taken]:
    """Takes plain words of one channel, each from another account for which nothing is open (see `quiet`).

    Whom to ask is decided afterwards by dispatch, which the caller wakes.
    """
    channel = group[0].message.channel
    speakers = [_speaker(plain.message, known[plain.message.sender], world, now=now) for plain in group]
    person_ids = intake.see(connection, channel, speakers, now=now)
    founds = [_near_home(plain, speaker.known, world) for plain, speaker in zip(group, speakers, strict=True)]
    opened = opening.insert_tickets(
        connection,
        [
            _new(world, found, plain.message, person_id, now=now)
            for plain, found, person_id in zip(group, founds, person_ids, strict=True)
        ],
        now=now,
    )
    taken, standings = [], []
    for found, ticket, speaker, person_id in zip(founds, opened, speakers, person_ids, strict=True):
        asks = dialogue.lacks_place(ticket)
        informed_at = speaker.known.informed_at
        standings.append(
            Standing(
                person_id=person_id,
                channel=channel,
                state=State.PLACE if asks else State.IDLE,
                data={"ticket": ticket.id} if asks else {},
                expires_at=now + timedelta(minutes=world.limits.menu_minutes) if asks else None,
                informed_at=informed_at or now,
                recent_ticket_id=ticket.id,
                recent_until=now + timedelta(minutes=world.limits.recent_minutes),
            )
        )
        text = report.received(world, ticket, found, now=now)
        if informed_at is None:
            text = f"{text}\n{residents.PRIVACY}"
        taken.append(Taken(Reply(text), person_id, ticket.id))
    intake.keep_conversations(connection, standings)
    return taken


def _near_home(plain: Plain, known: Known, world: World) -> Understanding:
    if known.home_area_id is None:
        return plain.found
    return world.understander.understand(plain.message.text, near=known.home_area_id)


def _new(world: World, found: Understanding, message: Message, person_id: int, *, now: datetime) -> opening.New:
    made = report.report_of(world, found, message.text, now=now)
    path = world.path(made.area_id)
    return opening.New(
        made,
        category=world.categories[made.category or opening.OTHER],
        community_id=next((area.id for area in path if area.kind is AreaKind.COMMUNITY), None),
        reporter_id=person_id,
        channel=message.channel,
    )


def _speaker(message: Message, known: Known, world: World, *, now: datetime) -> Speaker:
    until, left = known.window_until, known.window_left
    window = world.windows.get(message.channel)
    if window is not None and message.opens is Opens.MESSAGE:
        until, left = people.next_window(
            until, left, count=window.message_count, seconds=window.message_seconds, now=now
        )
    return Speaker(message.sender, known, until, left)
