"""Lists on their way in: what a row does, what is wrong with one, and the yes to exactly what was shown."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.person import Person
from models.slips import Slip, Slipped
from models.upload import Upload, UploadKind

KEPT = timedelta(hours=2)
"""How long an uploaded list waits for its yes."""

MOST_ROWS = 1_000
"""Of a list that changes the settings: while it goes in nobody else writes on SQLite."""


class NotTheSame(Exception):
    """What a list would do is no longer what was shown: somebody changed something meanwhile, or it is gone."""


@dataclass(frozen=True, slots=True)
class Change:
    """One cell that becomes another."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    """What one row does: something new, changes, or something gone; nothing when everything is so already."""

    row: int
    name: str
    is_new: bool
    changes: Sequence[Change] = ()
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Wrong:
    """A row that cannot be taken, by its number as a spreadsheet shows it; `column` is empty for the whole row."""

    row: int
    name: str
    slip: Slip
    column: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, row: int, name: str, slipped: Slipped) -> Wrong:
        """What a row slipped on."""
        return cls(row, name, slipped.slip, slipped.column, slipped.facts)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a list does as a whole; while one row is wrong it does nothing."""

    lines: Sequence[Line]
    wrong: Sequence[Wrong]

    @property
    def new(self) -> list[Line]:
        """What is added."""
        return [each for each in self.lines if each.is_new and not each.is_gone]

    @property
    def changed(self) -> list[Line]:
        """What becomes different."""
        return [each for each in self.lines if each.changes and not each.is_new and not each.is_gone]

    @property
    def gone(self) -> list[Line]:
        """What is not there any more."""
        return [each for each in self.lines if each.is_gone and not each.is_new]

    @property
    def does_something(self) -> bool:
        """Whether there is anything to say yes to."""
        return not self.wrong and bool(self.new or self.changed or self.gone)

    @property
    def digest(self) -> str:
        """The same for two lists that do the same."""
        told = json.dumps([asdict(each) for each in self.lines], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()


def keep(
    session: Session, kind: UploadKind, rows: Sequence[Sequence[str]], outcome: Outcome, *, by: Person, now: datetime
) -> Upload:
    """Keeps a list until its yes; of whoever uploads another only the last is kept."""
    session.execute(delete(Upload).where(Upload.by_id == by.id, Upload.kind == kind))
    upload = Upload(
        by_id=by.id, kind=kind, made_at=now, rows={"list": [list(row) for row in rows]}, digest=outcome.digest
    )
    session.add(upload)
    session.flush()
    return upload


def take(session: Session, upload_id: int, kind: UploadKind, *, by: Person, now: datetime) -> Upload:
    """A list somebody uploaded, once; those of a kind go in one after the other. Raises NotTheSame when it is gone."""
    waiting = select(Upload).where(Upload.kind == kind).order_by(Upload.id).with_for_update()
    upload = next((each for each in session.scalars(waiting) if each.id == upload_id), None)
    if upload is None or upload.by_id != by.id or upload.made_at < now - KEPT:
        raise NotTheSame
    session.delete(upload)
    session.flush()
    return upload


def forget(session: Session, *, now: datetime) -> int:
    """Deletes the lists that nobody said yes to in time: names and numbers stand in them. Gives how many."""
    done = session.execute(delete(Upload).where(Upload.made_at < now - KEPT))
    count: int = done.rowcount  # type: ignore[attr-defined]  # a DELETE gives a CursorResult
    return count


def check(upload: Upload, outcome: Outcome) -> None:
    """Raises NotTheSame unless the list did just what was shown."""
    if outcome.wrong or outcome.digest != upload.digest:
        raise NotTheSame
