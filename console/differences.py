"""What a button changed, for the audit: which rows of the settings, and their values where these are nobody's words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from enum import Enum
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session, UOWTransaction

from models.base import Base

MOST = 20
"""Rows that one button's line in the audit names."""

HIDDEN = "…"
"""For what may be a name, a number or somebody's words: that it changed, and not into what."""

WITH_A_HISTORY = frozenset(
    {
        "tickets",
        "ticket_events",
        "ticket_words",
        "ticket_helpers",
        "inbox",
        "outbox",
        "audit",
        "login_sessions",
        "ledger_accounts",
        "ledger_entries",
        "ledger_postings",
    }
)
"""Changes here have a history of their own, where they are told better."""

FOLLOWING = frozenset({"editions", "search_entries", "station_uses", "uploads"})
"""Changes here follow from others, or are only on their way."""

NOBODYS_WORDS = frozenset(
    {"areas", "area_aliases", "categories", "guides", "own_days", "posts", "stations", "templates"}
)
"""The settings that everybody may know: their words are shown as they were and as they are."""
LONGEST = 80


class Differences:
    """Listens to one transaction."""

    def __init__(self, session: Session) -> None:
        self._found: list[dict[str, Any]] = []
        event.listen(session, "before_flush", self._note)

    def facts(self) -> dict[str, Any]:
        """What was found, for Audit.facts."""
        return {"changed": self._found} if self._found else {}

    def _note(self, session: Session, _: UOWTransaction, __: object) -> None:
        for how, rows in (("new", session.new), ("gone", session.deleted)):
            for row in rows:
                self._keep(row, {"how": how})
        for row in session.dirty:
            changes = _changes(row)
            if changes:
                self._keep(row, {"to": changes})

    def _keep(self, row: Any, what: dict[str, Any]) -> None:
        name = row.__tablename__
        if name not in WITH_A_HISTORY | FOLLOWING and len(self._found) < MOST:
            key = inspect(row).identity
            called = getattr(row, "name", None) or getattr(row, "title", None) if name in NOBODYS_WORDS else None
            named = {"name": str(called)[:LONGEST]} if called else {}
            self._found.append({"table": name, "id": [_key(each) for each in key] if key else None, **named, **what})


def _key(part: Any) -> int | str:
    return part if isinstance(part, int) else str(part)


def _changes(row: Base) -> dict[str, list[Any]]:
    state = inspect(row)
    shown = _in_words if row.__tablename__ in NOBODYS_WORDS else _shown
    found = {}
    for column in state.mapper.column_attrs:
        history = state.attrs[column.key].history
        if history.has_changes():
            before = history.deleted[0] if history.deleted else None
            after = history.added[0] if history.added else None
            if isinstance(before, dict) and isinstance(after, dict) and shown is _in_words:
                before, after = _apart(before, after), _apart(after, before)
            found[column.key] = [shown(before), shown(after)]
    return found


def _apart(these: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    """What of these the others do not have, or have otherwise."""
    return {key: value for key, value in these.items() if others.get(key) != value}


def _in_words(value: Any) -> Any:
    if isinstance(value, dict):
        value = list(_lines(value))
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    return value[:LONGEST] if isinstance(value, str) and not isinstance(value, Enum) else _shown(value)


def _lines(value: dict[str, Any]) -> Iterator[str]:
    """One for each value, with the words that lead to it."""
    for key, told in value.items():
        if isinstance(told, dict):
            yield from (f"{key} {line}" for line in _lines(told))
        else:
            yield f"{key} {told}"


def _shown(value: Any) -> Any:
    if value is None or value == "" or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date | datetime | time) else HIDDEN
