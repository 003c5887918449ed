"""A transaction that works on many rows: what they all ask for is looked up once, what they say is written together."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

_MEMO, _KEPT = "batch_memo", "batch_kept"


def begin(session: Session) -> None:
    """Makes a session such a one. Not for one that changes roles or sends notices."""
    session.info[_MEMO] = {}
    kept: list[object] = session.info.setdefault(_KEPT, [])
    # Rows that nobody holds would be forgotten and loaded again for the next ticket.
    event.listen(session, "loaded_as_persistent", lambda _, row: kept.append(row))


def memo(session: Session) -> dict[Any, Any] | None:
    """What is remembered until the end of the transaction; None in an ordinary session."""
    found: dict[Any, Any] | None = session.info.get(_MEMO)
    return found
