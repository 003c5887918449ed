"""What an installation learns by itself: its corrections written out, its own weights read, and its rates counted."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.logs import logger
from bot.metrics import CORRECTED, OPENED
from models import corrections
from models.clock import Clock
from models.db import Database
from nlp import weights
from nlp.extract import mask
from nlp.weights import Weights

log = logger(__name__)

COLUMNS = ("title", "text", "kind", "before", "after", "role", "at", "model", "confidence")
"""Of an exported file; `huying train` reads the first five."""

_MOST = 2000
"""So many characters of a message are understood."""

_FRESH = timedelta(minutes=5)
"""Counting is worth a look at every ticket of a month, so it is not done at every look at /metrics."""


def write_corrections(session: Session, path: Path) -> int:
    """Writes what can be learned from corrections, private numbers masked; gives how many reports."""
    lines = ["\t".join(COLUMNS)]
    for lesson in corrections.lessons(session):
        # Without its place, as it is understood; numbers are masked before, because what stands before them tells them.
        words = mask(lesson.words[:_MOST])
        first, _, rest = (words.replace(lesson.place, "", 1) if lesson.place else words).strip().partition("\n")
        # A headline stands on a line of its own, here as in the message.
        title, text = (_flat(first), _flat(rest)) if _flat(rest) else ("", _flat(first))
        facts = (lesson.kind.value, lesson.before, lesson.after, lesson.role, lesson.at.isoformat(), lesson.model)
        sure = "" if lesson.confidence is None else str(lesson.confidence)
        lines.append("\t".join((title, text, *facts, sure)))
    # What residents wrote is nobody else's on this machine.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
        stream.write("\n".join(lines) + "\n")
    return len(lines) - 1


def _flat(words: str) -> str:
    return " ".join(words.split())


def own_weights(folder: Path) -> Weights:
    """The weights this installation has trained for itself, or the shipped ones where there are none it can read."""
    try:
        return weights.read(folder / weights.FILE)
    except FileNotFoundError:
        return weights.shipped()
    except weights.Broken as broken:
        log.error("the trained model cannot be read, the shipped one is used", file=weights.FILE, why=str(broken))
        return weights.shipped()


class Rates:
    """Keeps the gauges of how often categories are corrected, counted anew every few minutes at most."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._counted: datetime | None = None

    def refresh(self) -> None:
        """Brings the gauges up to date; with the database away they stay as they are."""
        now = self._clock()
        if self._counted is not None and now - self._counted < _FRESH:
            return
        try:
            with self._database.reading() as session:
                rates = corrections.rates(session, now=now)
        except SQLAlchemyError as failure:
            log.warning("the correction rates were not counted", error=type(failure).__name__)
            return
        self._counted = now
        OPENED.clear()
        CORRECTED.clear()
        for rate in rates:
            OPENED.labels(rate.category or "not_understood").set(rate.tickets)
            CORRECTED.labels(rate.category or "not_understood").set(rate.corrected)
