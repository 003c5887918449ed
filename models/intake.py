"""Taking a plain report from somebody in no conversation: one look, then one statement a table.

Nearly every message is one, so nothing here goes through the unit of work; every other message takes the long way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from models.attachment import Attachment
from models.base import new_key, table
from models.conversation import Conversation, Question, State
from models.outbox import Notice, NoticeState
from models.person import Identity, Person

_PEOPLE, _IDENTITIES, _CHATS = table(Person), table(Identity), table(Conversation)

_LOOK = (
    select(
        _IDENTITIES.c.id,
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
        exists().where(Attachment.person_id == _IDENTITIES.c.person_id, Attachment.ticket_id.is_(None)).label("held"),
    )
    .join_from(_IDENTITIES, _PEOPLE, _PEOPLE.c.id == _IDENTITIES.c.person_id)
    .outerjoin(_CHATS, (_CHATS.c.person_id == _IDENTITIES.c.person_id) & (_CHATS.c.channel == _IDENTITIES.c.channel))
    .where(_IDENTITIES.c.channel == bindparam("on"), _IDENTITIES.c.account == bindparam("who"))
    # Two messages of one account are answered one after the other.
    .with_for_update(of=_IDENTITIES)
)

_MEET = insert(_PEOPLE)
_KNOW = insert(_IDENTITIES)
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


def _keep(dialect: Any) -> Any:
    fresh = dialect.insert(_CHATS)
    columns = ("state", "data", "expires_at", "informed_at", "recent_ticket_id", "recent_until")
    return fresh.on_conflict_do_update(
        index_elements=["person_id", "channel"], set_={name: fresh.excluded[name] for name in columns}
    )


_KEEP = {"sqlite": _keep(sqlite), "postgresql": _keep(postgresql)}


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
    """Nothing is waited for, asked, held or waiting: free words can only be a new matter."""


def look(connection: Connection, channel: str, account: str, *, now: datetime) -> Known:
    """The account as it stands, held until the end of the transaction."""
    row = connection.execute(_LOOK, {"on": channel, "who": account}).first()
    if row is None:
        return Known()
    idle = row.state in (None, State.IDLE) or (row.expires_at is not None and row.expires_at <= now)
    return Known(
        identity_id=row.id,
        person_id=row.person_id,
        home_area_id=row.home_area_id,
        informed_at=row.informed_at,
        window_until=row.window_until,
        window_left=row.window_left,
        quiet=idle and not row.asked and not row.waiting and not row.held,
    )


def meet(
    connection: Connection,
    channel: str,
    account: str,
    *,
    window_until: datetime | None,
    window_left: int,
    now: datetime,
) -> int:
    """Adds somebody never met; gives their person's id. Raises IntegrityError when a second message was quicker."""
    person_id = new_key(connection.execute(_MEET, {"created_at": now}))
    connection.execute(
        _KNOW,
        {
            "person_id": person_id,
            "channel": channel,
            "account": account,
            "seen_at": now,
            "window_until": window_until,
            "window_left": window_left,
        },
    )
    return person_id


def see(
    connection: Connection, identity_id: int, *, window_until: datetime | None, window_left: int, now: datetime
) -> None:
    """Notes that an account spoke."""
    connection.execute(_SEE, {"of": identity_id, "at": now, "until": window_until, "left": window_left})


def keep_conversation(
    connection: Connection,
    person_id: int,
    channel: str,
    *,
    state: State,
    data: dict[str, Any],
    expires_at: datetime | None,
    informed_at: datetime,
    recent_ticket_id: int,
    recent_until: datetime,
) -> None:
    """How the conversation stands after the report."""
    connection.execute(
        _KEEP[connection.dialect.name],
        {
            "person_id": person_id,
            "channel": channel,
            "state": state,
            "data": data,
            "expires_at": expires_at,
            "informed_at": informed_at,
            "recent_ticket_id": recent_ticket_id,
            "recent_until": recent_until,
        },
    )
