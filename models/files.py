"""Which files of the media store belong to nobody: not kept yet, or let go. A job removes them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.attachment import Attachment, Failure, Fingerprint, LooseFile
from models.base import insert

ABANDONED = timedelta(days=1)
"""After so long a file that was written and that nobody took is nobody's."""


def write_down(session: Session, names: Iterable[str], *, now: datetime) -> None:
    """Before files are written: what nobody takes is removed again."""
    session.add_all(LooseFile(name=name, remove_at=now + ABANDONED) for name in names)


def take(session: Session, names: Collection[str]) -> int:
    """These files belong to somebody now, or are gone: they are loose no more. Gives how many were."""
    done = session.execute(delete(LooseFile).where(LooseFile.name.in_(names)))
    count: int = done.rowcount  # type: ignore[attr-defined]  # a DELETE gives a CursorResult
    return count


def let_go(session: Session, rows: Sequence[Attachment], *, now: datetime) -> None:
    """What is stored of some attachments is nobody's from this commit on; the rows stay and say so.

    First the rows, then the files: whoever dies in between leaves names to remove, never a name without its file.
    """
    names = {name for row in rows for name in (row.stored, row.small, row.blurred) if name}
    if names:
        loose = [{"name": name, "remove_at": now} for name in sorted(names)]
        session.execute(insert(session, LooseFile).on_conflict_do_nothing(), loose)
    session.execute(delete(Fingerprint).where(Fingerprint.attachment_id.in_([row.id for row in rows])))
    for row in rows:
        row.stored, row.small, row.blurred, row.digest, row.fetch_at = None, "", None, "", None
        row.failure = row.failure or Failure.OVER
    session.flush()


def due(session: Session, *, now: datetime, most: int) -> Sequence[str]:
    """The names of files that are to be removed, the longest waiting first."""
    query = select(LooseFile.name).where(LooseFile.remove_at <= now).order_by(LooseFile.remove_at)
    return session.scalars(query.limit(most)).all()
