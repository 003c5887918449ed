"""Telling every process that the settings in the database were changed."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import insert
from models.edition import Edition

_THE_ONE = 1
_BUMPED = "edition bumped in"


def bump(session: Session) -> None:
    """Notes a change, once a transaction; whoever changes something at the same time waits, so that what is committed
    later has a higher number.
    """
    transaction = session.get_transaction() or session.begin()
    if session.info.get(_BUMPED) is transaction:
        return
    session.info[_BUMPED] = transaction
    statement = insert(session, Edition).values(id=_THE_ONE, number=1)
    session.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_={"number": Edition.number + 1}),
    )


def number(session: Session) -> int:
    """How often something was changed."""
    return session.scalar(select(Edition.number).where(Edition.id == _THE_ONE)) or 0
