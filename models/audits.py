"""Writing the audit, looking into it, and letting go of what is older than it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from models.audit import Audit, AuditKind

ONCE_IN = timedelta(hours=1)
"""Looking at the same thing again within this time is one look: pages freshen by themselves."""

LONGEST_ADDRESS = 45


def write(
    session: Session,
    kind: AuditKind,
    *,
    about: str,
    by_id: int | None,
    address: str,
    now: datetime,
    facts: dict[str, Any] | None = None,
) -> Audit:
    """One more row, in the transaction of what it tells of."""
    row = Audit(
        at=now,
        by_id=by_id,
        kind=kind,
        about=about[:120],
        address=address[:LONGEST_ADDRESS],
        facts=facts or {},
    )
    session.add(row)
    return row


def unseen(
    session: Session, looks: Sequence[tuple[AuditKind, str]], *, by_id: int, now: datetime
) -> list[tuple[AuditKind, str]]:
    """Those of some looks that were not written down within the hour."""
    known = {
        (kind, about)
        for kind, about in session.execute(
            select(Audit.kind, Audit.about).where(
                Audit.by_id == by_id, Audit.at > now - ONCE_IN, Audit.about.in_({about for _, about in looks})
            )
        )
    }
    return [each for each in looks if each not in known]


def found(session: Session, *where: ColumnElement[bool], skip: int, most: int) -> Sequence[Audit]:
    """What was written down, the newest first."""
    return session.scalars(select(Audit).where(*where).order_by(Audit.id.desc()).offset(skip).limit(most)).all()


def forget(session: Session, *, before: datetime, most: int) -> int:
    """Deletes the oldest rows; the database keeps the newest six months whatever is asked. Gives how many went."""
    old = session.scalars(select(Audit.id).where(Audit.at < before).order_by(Audit.at).limit(most)).all()
    session.execute(delete(Audit).where(Audit.id.in_(old)))
    return len(old)
