"""Which messages were taken already, and what was answered: the same for every delivery of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from handlers.intake import Taken
from handlers.turn import Message, Reply
from models.base import table
from models.bulk import BulkInsert, Prepared
from models.inbox import InboxMessage

_INBOX = table(InboxMessage)


def _count_delivery(dialect: Any) -> Any:
    # DO UPDATE and not DO NOTHING: only an update sees the row that a concurrent delivery has just committed.
    statement = dialect.insert(_INBOX)
    statement = statement.on_conflict_do_update(index_elements=["key"], set_={"deliveries": _INBOX.c.deliveries + 1})
    return statement.returning(_INBOX.c.reply, _INBOX.c.deliveries)


_SEEN = {"sqlite": _count_delivery(sqlite), "postgresql": _count_delivery(postgresql)}
_ANSWERED = (
    update(_INBOX)
    .where(_INBOX.c.key == bindparam("of"))
    .values(person_id=bindparam("person"), ticket_id=bindparam("ticket"), reply=bindparam("said"))
)
_FORGOTTEN = update(_INBOX).where(_INBOX.c.key == bindparam("of")).values(text="")
_KNOWN = Prepared(select(_INBOX.c.key, _INBOX.c.reply).where(_INBOX.c.key.in_(bindparam("keys", expanding=True))))
_AGAIN = (
    update(_INBOX).where(_INBOX.c.key.in_(bindparam("keys", expanding=True))).values(deliveries=_INBOX.c.deliveries + 1)
)
_KEEP = BulkInsert(_INBOX, "key", "channel", "kind", "text", "received_at", "person_id", "ticket_id", "reply")


def seen(session: Session, message: Message, *, now: datetime) -> Reply | None:
    """Counts a delivery of the message; the stored reply of a repeat, or None for a new one, which is kept."""
    connection = session.connection()
    row = {**_row(message, now=now), "deliveries": 1}
    reply, deliveries = connection.execute(_SEEN[connection.dialect.name], row).one()
    return None if deliveries == 1 else _reply(reply)


def remember(session: Session, message: Message, taken: Taken) -> None:
    """Keeps the reply beside a message that was kept before, for its repeats."""
    values = {"of": message.key, "person": taken.person_id, "ticket": taken.ticket_id, "said": taken.reply.to_json()}
    session.connection().execute(_ANSWERED, values)
    if taken.forget:
        session.connection().execute(_FORGOTTEN, {"of": message.key})


def repeats(connection: Connection, messages: Sequence[Message]) -> dict[str, Reply]:
    """Counts a delivery of those messages that were taken before; gives their stored replies by key."""
    found = _KNOWN.all(connection, keys=[message.key for message in messages])
    if found:
        connection.execute(_AGAIN, {"keys": [row.key for row in found]})
    return {row.key: _reply(row.reply) for row in found}


def keep(connection: Connection, answered: Sequence[tuple[Message, Taken]], *, now: datetime) -> None:
    """Keeps new messages with their replies. Raises IntegrityError when a concurrent delivery of one was quicker."""
    _KEEP.execute(
        connection,
        [
            {
                **_row(message, now=now),
                "person_id": taken.person_id,
                "ticket_id": taken.ticket_id,
                "reply": taken.reply.to_json(),
            }
            for message, taken in answered
        ],
    )


def _row(message: Message, *, now: datetime) -> dict[str, Any]:
    return {
        "key": message.key,
        "channel": message.channel,
        "kind": message.kind.value,
        "text": message.tap or message.text,
        "received_at": now,
    }


def _reply(stored: dict[str, Any] | None) -> Reply:
    return Reply.from_json(stored) if stored else Reply()
