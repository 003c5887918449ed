"""Who was asked last: whoever is asked goes to the end of the queue by rest, in every area."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from models import batch
from models.person import Role, RoleKind


def note(session: Session, person_ids: Collection[int], *, now: datetime) -> None:
    """They were asked; where many tickets are dispatched together it is written for all of them at once."""
    waiting = batch.memo(session)
    if waiting is None:
        _write(session, person_ids, now=now)
    else:
        waiting.setdefault(note, {}).update(dict.fromkeys(person_ids, now))


def write(session: Session) -> None:
    """What was noted and not written yet: before anybody else is looked for, and at the end."""
    asked: dict[int, datetime] = (batch.memo(session) or {}).pop(note, {})
    for now in set(asked.values()):
        _write(session, [each for each, at in asked.items() if at == now], now=now)


def _write(session: Session, person_ids: Collection[int], *, now: datetime) -> None:
    session.execute(
        update(Role)
        .where(Role.person_id.in_(person_ids), Role.kind == RoleKind.MEMBER)
        .values(asked_at=now)
        .execution_options(synchronize_session=False)
    )
