"""One year lived through from one seed, and what it leaves behind for the checker."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from models.clock import CHINA
from tests.year.history import History, read
from tests.year.neighbours import Neighbours
from tests.year.town import Town

BEGINS = datetime(2026, 1, 1, tzinfo=CHINA)
"""A year whose holidays and make-up days are published."""

RUNS_OUT = timedelta(days=20)
"""So long before the end nobody begins anything, so that what was begun is seen to its end."""


@dataclass(frozen=True)
class Life:
    """How much happens: `reports` of residents, from `begins` for so many `days`."""

    seed: int
    reports: int
    days: int = 365
    begins: datetime = BEGINS
    stops: int = 6
    """How often the scheduler stands still for hours."""


def live(url: str, folder: Path, life: Life) -> History:
    """Lives through it on a migrated, empty database."""
    ends = life.begins + timedelta(days=life.days)
    town = Town(url, folder, seed=life.seed, begins=life.begins)
    chance, lots = random.Random(life.seed), random.Random(life.seed)
    for _ in range(life.stops):
        stops = life.begins + (ends - life.begins - RUNS_OUT) * chance.random()
        town.down.append((stops, stops + timedelta(hours=chance.uniform(0.5, 12))))
    try:
        Neighbours(town, reports=life.reports, until=ends - min(RUNS_OUT, (ends - life.begins) / 3))
        # Who is called back is drawn by lots nobody can foresee; here the seed draws them too.
        with patch("secrets.token_hex", lambda size: lots.randbytes(size).hex()):
            town.live(ends)
        with town.huying.database.reading() as session:
            rows = read(session)
    finally:
        town.huying.close()
    return History(life.begins, ends, rows, town.runs, town.people, town.wire)
