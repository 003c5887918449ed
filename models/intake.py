"""Taking plain reports from people in no conversation: one look, then one statement a table for all of them.

Nearly every message is one, so nothing here goes through the unit of work; every other message takes the long way.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, exists, select, update

from models.attachment import Attachment
from models.base import table
from models.bulk import BulkInsert, Prepared
from models.conversation import Conversation, Question, State
from models.outbox import Notice, NoticeState
from models.person import Identity, Person, Role, RoleKind, RoleStatus
from models.ticket import Ticket, TicketState

_PEOPLE, _IDENTITIES, _CHATS = table(Person), table(Identity), table(Conversation)

_LOOK = Prepared(
    select(
        _IDENTITIES.c.id,
        _IDENTITIES.c.account,
        _IDENTITIES.c.person_id,
        _IDENTITIES.c.window_until,
        _IDENTITIES.c.window_left,
        _PEOPLE.c.home_area_id,
        _CHATS.c.state,
        _CHATS.c.expires_at,
        _CHATS.c.informed_at,
        exists().where(Question.person_id == _IDENTITIES.c.person_id).label("asked"),
        exists()
        .where(Notice.person_id == _IDENTITIES.c.person_id, Notice.state == NoticeState.WAITING)
        .label("waiting"),
        exists()
        .where(
            Ticket.id == _CHATS.c.recent_ticket_id,
            Ticket.state == TicketState.ACCEPTED,
            Ticket.reporter_id != _IDENTITIES.c.person_id,
        )
        .label("doing"),
        exists().where(Attachment.person_id == _IDENTITIES.c.person_id, Attachment.ticket_id.is_(None)).label("held"),
        exists()
        .where(Role.person_id == _IDENTITIES.c.person_id, Role.kind == RoleKind.RIDER, Role.status == RoleStatus.ACTIVE)
        .label("rides"),
    )
    .join_from(_IDENTITIES, _PEOPLE, _PEOPLE.c.id == _IDENTITIES.c.person_id)
    .outerjoin(_CHATS, (_CHATS.c.person_id == _IDENTITIES.c.person_id) & (_CHATS.c.channel == _IDENTITIES.c.channel))
    .where(_IDENTITIES.c.channel == bindparam("on"), _IDENTITIES.c.account.in_(bindparam("who", expanding=True)))
    # Two messages of one account are answered one after the other; in one order, so that two processes never wait for
    # each other.
    .order_by(_IDENTITIES.c.id)
    .with_for_update(of=_IDENTITIES)
)

_MEET = BulkInsert(_PEOPLE, "created_at")
_KNOW = BulkInsert(_IDENTITIES, "person_id", "channel", "account", "seen_at", "window_until", "window_left")
_SEE = (
    update(_IDENTITIES)
    .where(_IDENTITIES.c.id == bindparam("of"))
    .values(
        reachable=True,
        seen_at=bindparam("at"),
        window_until=bindparam("until"),
        window_left=bindparam("left"),
    )
)
_KEEP = BulkInsert(
    _CHATS,
    "person_id",
    "channel",
    "state",
    "data",
    "expires_at",
    "informed_at",
    "recent_ticket_id",
    "recent_until",
    replace=["person_id", "channel"],
)


@dataclass(frozen=True, slots=True)
class Known:
    """What one look tells of an account; everything is None for somebody never met."""

    identity_id: int | None = None
    person_id: int | None = None
    home_area_id: int | None = None
    informed_at: datetime | None = None
    window_until: datetime | None = None
    window_left: int = 0
    quiet: bool = True
    """Nothing is waited for, asked, held, waiting or in hand, and no rider speaks: free words can only be a new matter
    for whoever looks after such matters.
    """


STRANGER = Known()


def look(connection: Connection, channel: str, accounts: Collection[str], *, now: datetime) -> dict[str, Known]:
    """The accounts of a channel as they stand, held until the end of the transaction; strangers are missing."""
    known = {}
    for row in _LOOK.all(connection, on=channel, who=list(accounts)):
        # Idle with an end: a place's code was scanned, which the next words are about.
        over = row.expires_at is not None and row.expires_at <= now
        idle = row.state is None or over or (row.state == State.IDLE and row.expires_at is None)
        known[row.account] = Known(
            identity_id=row.id,
            person_id=row.person_id,
            home_area_id=row.home_area_id,
            informed_at=row.informed_at,
            window_until=row.window_until,
            window_left=row.window_left,
            quiet=idle and not (row.asked or row.waiting or row.held or row.doing or row.rides),
        )
    return known


@dataclass(frozen=True, slots=True)
class Speaker:
    """An account that speaks, and how its customer-service window stands after that."""

    account: str
    known: Known
    window_until: datetime | None
    window_left: int


def see(connection: Connection, channel: str, speakers: Sequence[Speaker], *, now: datetime) -> list[int]:
    """Notes that accounts spoke, and adds those never met; gives the ids of their people.

    Raises IntegrityError when a stranger's other message was quicker.
    """
    strangers = [speaker for speaker in speakers if speaker.known.person_id is None]
    met: dict[str, int] = {}
    if strangers:
        people = _MEET.keys(connection, [{"created_at": now}] * len(strangers))
        met = {speaker.account: people[number] for number, speaker in enumerate(strangers)}
        _KNOW.execute(
            connection,
            [
                {
                    "person_id": met[speaker.account],
                    "channel": channel,
                    "account": speaker.account,
                    "seen_at": now,
                    "window_until": speaker.window_until,
                    "window_left": speaker.window_left,
                }
                for speaker in strangers
            ],
        )
    seen = [
        {"of": speaker.known.identity_id, "at": now, "until": speaker.window_until, "left": speaker.window_left}
        for speaker in speakers
        if speaker.known.person_id is not None
    ]
    if seen:
        connection.execute(_SEE, seen)
    return [met.get(speaker.account, speaker.known.person_id or 0) for speaker in speakers]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a conversation stands after a report."""

    person_id: int
    channel: str
    state: State
    data: dict[str, Any]
    expires_at: datetime | None
    informed_at: datetime
    recent_ticket_id: int
    recent_until: datetime


def keep_conversations(connection: Connection, standings: Sequence[Standing]) -> None:
    """Keeps how conversations stand, new ones too."""
    _KEEP.execute(
        connection, [{name: getattr(standing, name) for name in Standing.__slots__} for standing in standings]
    )
