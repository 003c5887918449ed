"""Stations: what finding the five nearest costs among 1,000 and among 100,000 of one city.

`python -m bench.stations [URL]` fills a new database (a temporary SQLite file, or an empty PostgreSQL one).
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime

from sqlalchemy import insert, text

from models import areas, stations
from models.area import AreaKind
from models.db import Database, upgrade
from models.station import Station, StationUse, Use

FEW, MANY = 1_000, 100_000
LOOKS = 300
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
SOUTH, WEST, SIDE = 30.4, 114.1, 0.4
"""A city of some 40 kilometres a side."""


def measure(url: str | None) -> dict[str, object]:
    """Milliseconds of a look (median; work of this process apart) at both sizes in one database.

    Nine in ten stations stand close to one of forty centres, as they do in a city, the others anywhere in it; so do
    those who look.
    """
    with tempfile.TemporaryDirectory() as folder:
        address = url or f"sqlite:///{folder}/huying.db"
        upgrade(address)
        database = Database(address)
        try:
            chance = random.Random(26)
            centres = [_anywhere(chance) for _ in range(40)]
            there: list[tuple[float, float]] = []
            found: dict[str, dict[str, float]] = {}
            for size in (FEW, MANY):
                _fill(database, there, size, chance, centres)
                found[str(size)] = _looks(database, there, centres)
            few, many = (found[str(size)] for size in (FEW, MANY))
            ratios = {f"ratio_{unit}": round(many[unit] / few[unit], 2) for unit in ("median_ms", "mean_ms", "cpu_ms")}
            return {"database": database.engine.dialect.name, **found, **ratios}
        finally:
            database.dispose()


def _anywhere(chance: random.Random) -> tuple[float, float]:
    return SOUTH + chance.random() * SIDE, WEST + chance.random() * SIDE


def _point(chance: random.Random, centres: list[tuple[float, float]]) -> tuple[float, float]:
    if chance.random() < 0.1:
        return _anywhere(chance)
    lat, lng = chance.choice(centres)
    return lat + chance.gauss(0, 0.01), lng + chance.gauss(0, 0.01)


def _fill(
    database: Database,
    there: list[tuple[float, float]],
    size: int,
    chance: random.Random,
    centres: list[tuple[float, float]],
) -> None:
    if not there:
        with database.transaction() as session:
            areas.add_area(session, AreaKind.STREET, "street")
    while len(there) < size:
        rows, uses = [], []
        for _ in range(min(10_000, size - len(there))):
            lat, lng = _point(chance, centres)
            there.append((lat, lng))
            number = len(there)
            rows.append(
                {
                    "id": number,
                    "kind": Use.REST,
                    "name": f"{number}",
                    "lat": lat,
                    "lng": lng,
                    "area_id": 1,
                    "changed_at": NOW,
                }
            )
            uses += [
                {"station_id": number, "use": use, "cell": stations.cell_of(lat, lng), "lat": lat, "lng": lng}
                for use in (Use.ANY, Use.REST, Use.WATER)
            ]
        with database.transaction() as session:
            session.execute(insert(Station), rows)
            session.execute(insert(StationUse), uses)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE"))
    # A hundred thousand stations do not come in one moment: closing brings what was written to its place.
    database.engine.dispose()


def _looks(
    database: Database, there: list[tuple[float, float]], centres: list[tuple[float, float]]
) -> dict[str, float]:
    chance = random.Random(7)
    took, worked = [], []
    for _ in range(LOOKS):
        lat, lng = _point(chance, centres)
        with database.reading() as session:
            session.connection()
            begin, began = time.perf_counter(), time.thread_time()
            found = stations.nearest(session, lat, lng, Use.ANY, now=NOW, most=5)
            took.append((time.perf_counter() - begin) * 1000)
            worked.append((time.thread_time() - began) * 1000)
        assert len(found) == 5, "too few stations"
    took, worked = took[LOOKS // 10 :], worked[LOOKS // 10 :]
    return {
        "median_ms": round(statistics.median(took), 2),
        "mean_ms": round(statistics.mean(took), 2),
        "cpu_ms": round(statistics.median(worked), 2),
        "p95_ms": round(sorted(took)[int(len(took) * 0.95)], 2),
    }


def main(arguments: list[str]) -> int:
    """Prints one JSON object."""
    if len(arguments) > 1:
        print(__doc__, file=sys.stderr)
        return 2
    print(json.dumps(measure(arguments[0] if arguments else None)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
