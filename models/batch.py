"""A transaction that works on many rows: what they all ask for is looked up once, what they say is written together."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.orm import Session

T = TypeVar("T")

_MEMO, _KEPT, _AREAS = "batch_memo", "batch_kept", "batch_areas"


def begin(session: Session) -> None:
    """Makes a session such a one. Not for one that changes roles or sends notices."""
    session.info[_MEMO] = {}
    kept: list[object] = session.info.setdefault(_KEPT, [])
    # Rows that nobody holds would be forgotten and loaded again for the next ticket.
    event.listen(session, "loaded_as_persistent", lambda _, row: kept.append(row))


def at(session: Session, area_ids: frozenset[int]) -> None:
    """Names the areas that the rows of such a transaction lie in, with everything above them."""
    session.info[_AREAS] = area_ids


def areas_of(session: Session) -> frozenset[int]:
    """The areas named by `at`; none in an ordinary session."""
    found: frozenset[int] = session.info.get(_AREAS, frozenset())
    return found


def memo(session: Session) -> dict[Any, Any] | None:
    """What is remembered until the end of the transaction; None in an ordinary session."""
    found: dict[Any, Any] | None = session.info.get(_MEMO)
    return found


def once(session: Session, what: Hashable, ask: Callable[[], T]) -> T:
    """What `ask` gives, for all rows of such a transaction together; only for what the work itself does not change."""
    known = memo(session)
    if known is None:
        return ask()
    if what not in known:
        known[what] = ask()
    found: T = known[what]
    return found
