"""The console's map over a year of tickets, a third of them with a position: statements and processor time of what the
page asks for, from the whole city down to one street corner.

python bench/map.py [postgres|sqlite] …      both without a word; 1,000,000 tickets on PostgreSQL, 50,000 on SQLite
"""

from __future__ import annotations

import re
import statistics as averages
import sys
import time
from pathlib import Path
from typing import Any

from desk import COMMUNITIES, NOW, ROUNDS, console, enter, fill, processor
from servers import scratch
from sqlalchemy import event, select, text
from stores import NotHere, postgres

from models import outlines
from models.area import Area, AreaKind
from models.db import Database, upgrade

SIDE = 0.02
"""Degrees from the middle of one community to the next; ten stand in a row."""
BAR = 150
"""Milliseconds."""

POSITIONS = """
UPDATE tickets SET lat = (SELECT a.lat FROM areas a WHERE a.id = community_id) + ((id * 7919) % 1000 - 500) * 0.00002,
  lng = (SELECT a.lng FROM areas a WHERE a.id = community_id) + ((id * 104729) % 1000 - 500) * 0.00002
WHERE id % 3 = 0
"""

FRAMES = {
    "the city": ("30.4,113.9,30.7,114.3", 11),
    "a district": ("30.5,114.0,30.56,114.1", 13),
    "a community": ("30.49,113.99,30.51,114.01", 16),
    "a corner": ("30.4995,113.9995,30.5005,114.0005", 18),
}
FILTERS = {"open": "", "of 30 days, all": "&tab=all&days=30", "a season, all": "&tab=all", "noise": "&category=noise"}


def place(database: Database) -> None:
    """Where the communities are, their outlines, and a third of the tickets."""
    with database.transaction() as session:
        for number, area in enumerate(session.scalars(select(Area).where(Area.kind == AreaKind.COMMUNITY))):
            area.lat, area.lng = 30.5 + number // 10 * SIDE, 114.0 + number % 10 * SIDE
            low, high = (area.lat - SIDE / 2, area.lng - SIDE / 2), (area.lat + SIDE / 2, area.lng + SIDE / 2)
            ring = [low, (low[0], high[1]), high, (high[0], low[1]), low]
            outlines.draw(session, area, [[ring]], by=None, now=NOW)
        assert number == COMMUNITIES - 1
    with database.engine.connect() as connection:
        if not database.is_sqlite:
            connection.execute(text("SET statement_timeout = 0"))
        connection.exec_driver_sql(POSITIONS if database.is_sqlite else POSITIONS.replace("%", "%%"))
        connection.commit()
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE")


def measure(database: Database) -> bool:
    """Prints what the page and each frame cost each viewer."""
    app, good = console(database), True
    asked: list[str] = []

    def note(_1: Any, _2: Any, statement: str, *_3: Any) -> None:
        asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    for name in ("staff", "city"):
        client = enter(app, name)
        paths = {f"page, {kind}": f"/map?{more}" for kind, more in FILTERS.items()}
        paths |= {
            f"{frame}, {kind}": f"/map/data?box={box}&zoom={zoom}{more}"
            for frame, (box, zoom) in FRAMES.items()
            for kind, more in FILTERS.items()
        }
        for what, path in paths.items():
            client.get(f"/console{path}")
            asked.clear()
            answer = client.get(f"/console{path}")
            count, size = len(asked), len(answer.data)
            assert answer.status_code == 200, path
            squares = len(re.findall(r'"alarms"', answer.text))
            walls = []
            before = processor(database)
            for _ in range(ROUNDS):
                begin = time.perf_counter()
                client.get(f"/console{path}")
                walls.append((time.perf_counter() - begin) * 1000)
            spent = (processor(database) - before) * 1000 / ROUNDS
            good &= spent <= BAR
            print(
                f"  {name:6} {what:28} {count:3} statements, processor {spent:5.0f} ms, wall middle "
                f"{averages.median(walls):5.0f} ms, {squares:4} squares, {size // 1024:4} KB",
                flush=True,
            )
    return good


def run(name: str, url: str, total: int) -> bool:
    upgrade(url)
    database = Database(url)
    begin = time.perf_counter()
    fill(database, total)
    place(database)
    print(f"{name}: {total} tickets written in {time.perf_counter() - begin:.0f} s", flush=True)
    good = measure(database)
    database.dispose()
    return good


def main(stores: list[str]) -> int:
    """Both databases, one after the other."""
    good = True
    with scratch() as folder:
        if "sqlite" in stores:
            good &= run("SQLite", f"sqlite:///{Path(folder) / 'map.db'}", 50_000)
        if "postgres" in stores:
            try:
                with postgres(folder) as (url, _):
                    good &= run("PostgreSQL", url, 1_000_000)
            except NotHere as missing:
                print(f"PostgreSQL: {missing}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["sqlite", "postgres"]))
