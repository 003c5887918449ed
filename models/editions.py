"""Telling every process that the settings in the database were changed."""

from __future__ import annotations

import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import insert
from models.edition import Edition

_THE_ONE = 1
_BUMPED = "edition bumped in"


def bump(session: Session) -> None:
    """Notes a change, once a transaction: the number is another one. Nothing is counted, so that a database that was
    brought back from a copy never has the number of another state.
    """
    transaction = session.get_transaction() or session.begin()
    if session.info.get(_BUMPED) is transaction:
        return
    session.info[_BUMPED] = transaction
    statement = insert(session, Edition).values(id=_THE_ONE, number=secrets.randbits(62))
    session.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_={"number": statement.excluded.number}),
    )


def number(session: Session) -> int:
    """What it is now; 0 before the first change."""
    return session.scalar(select(Edition.number).where(Edition.id == _THE_ONE)) or 0
