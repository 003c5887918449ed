"""How well the same event is recognised: marked groups against all other pairs, one estate's year of complaints, and
what one look costs among many open tickets.

python -m bench.similar pairs FILE.tsv           columns id title text group
python -m bench.similar gather FILE.tsv WORD     columns id title text; ids only are printed
python -m bench.similar cost [DATABASE_URL]      20,000 open tickets, then 200,000; a new SQLite file unless an empty
                                                 database is named
"""

from __future__ import annotations

import csv
import json
import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

from sqlalchemy import insert, select, text

from handlers import same
from models import areas, opening, seed
from models.area import AreaKind
from models.clock import local
from models.db import Database, upgrade
from models.person import Person
from models.proposal import Proposal
from models.ticket import Ticket, TicketState, TicketWords, WordsKind
from nlp import categories
from nlp.similar import SAME, Sketch, Told, score, sketch
from nlp.understand import Understander

Row = dict[str, str]

_OF_A_GROUP = 0.5
"""A row belongs to the group that starts with the row most others are like, when it is like so many of it."""


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))


def _sketches(rows: list[Row]) -> list[Sketch]:
    understander = Understander(categories.load(), [])
    found = []
    for row in rows:
        text = f"{row['title']}\n{row['text']}"
        understood = understander.understand(text)
        place = understood.place.text if understood.place else ""
        found.append(sketch(Told(text, place, (), dict(understood.candidates))))
    return found


def pairs(path: Path) -> dict[str, float]:
    """Recall and precision over all pairs of rows, no window; pairs of one group are to be found."""
    rows = _rows(path)
    sketches = _sketches(rows)
    begin = time.perf_counter()
    number = true = found = right = 0
    for one, other in combinations(range(len(rows)), 2):
        same = rows[one]["group"] not in ("", "-") and rows[one]["group"] == rows[other]["group"]
        said = score(sketches[one], sketches[other]) >= SAME
        number, true, found, right = number + 1, true + same, found + said, right + (same and said)
    return {
        "pairs": number,
        "same": true,
        "found": found,
        "recall": round(right / max(1, true), 4),
        "precision": round(right / max(1, found), 4),
        "microseconds_per_pair": round((time.perf_counter() - begin) / max(1, number) * 1e6, 1),
    }


def gather(path: Path, word: str) -> dict[str, object]:
    """The ids of the rows that name `word`, gathered into events, largest first."""
    rows = [row for row in _rows(path) if word in row["title"] or word in row["text"]]
    sketches = _sketches(rows)
    like: list[set[int]] = [{index} for index in range(len(rows))]
    for one, other in combinations(range(len(rows)), 2):
        if score(sketches[one], sketches[other]) >= SAME:
            like[one].add(other)
            like[other].add(one)
    left = set(range(len(rows)))
    groups: list[list[str]] = []
    while left:
        middle = max(left, key=lambda index: (len(like[index] & left), -index))
        group = like[middle] & left
        group |= {index for index in left if len(like[index] & group) > _OF_A_GROUP * len(group)}
        group = {index for index in group if len(like[index] & group) > _OF_A_GROUP * len(group)} or {middle}
        left -= group
        groups.append(sorted(rows[index]["id"] for index in group))
    groups.sort(key=len, reverse=True)
    return {
        "rows": len(rows),
        "groups": [group for group in groups if len(group) > 1],
        "alone": sorted(group[0] for group in groups if len(group) == 1),
    }


NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ESTATES, BUILDINGS = 100, 6
FEW, MANY = 20_000, 200_000
LOOKS = 300
SAID = (
    "楼上半夜装修，电钻响到十二点",
    "广场舞音响太大，孩子没法写作业",
    "楼下烧烤摊喝酒划拳吵到凌晨",
    "空调外机嗡嗡响，整夜睡不着",
)
NEW = "半夜楼上装修，电钻声太吵了睡不着"


def cost(url: str | None) -> dict[str, object]:
    """Milliseconds of one look, median, at both sizes in one database; those of our own work apart, which a busy
    machine does not lengthen (on SQLite that is everything).

    The estates stay the same and are crowded at both sizes: every look reads as many earlier tickets as it ever reads,
    so that only the number around them differs.
    """
    with tempfile.TemporaryDirectory() as folder:
        address = url or f"sqlite:///{folder}/huying.db"
        upgrade(address)
        database = Database(address)
        try:
            buildings, resident_id = _city(database)
            found: dict[str, dict[str, float]] = {}
            stored = 0
            for size in (FEW, MANY):
                _fill(database, buildings, resident_id, size - stored)
                stored = size
                found[str(size)] = _looks(database, buildings, resident_id)
            few, many = (found[str(size)] for size in (FEW, MANY))
            ratios = {f"ratio_{unit}": round(many[unit] / few[unit], 2) for unit in ("median_ms", "cpu_ms")}
            return {"database": database.engine.dialect.name, **found, **ratios}
        finally:
            database.dispose()


def _city(database: Database) -> tuple[list[tuple[int, int]], int]:
    """Every building with its community, and one resident."""
    found = []
    with database.transaction() as session:
        seed.seed_categories(session, categories.load())
        street = areas.add_area(session, AreaKind.STREET, "江湾街道")
        for number in range(ESTATES):
            community = areas.add_area(session, AreaKind.COMMUNITY, f"第{number}社区", parent=street)
            estate = areas.add_area(session, AreaKind.ESTATE, f"第{number}小区", parent=community)
            for building in range(BUILDINGS):
                node = areas.add_area(session, AreaKind.BUILDING, f"{building + 1}栋", parent=estate)
                found.append((node.id, community.id))
        resident = Person(created_at=NOW, roles=[], identities=[])
        session.add(resident)
        session.flush()
        return found, resident.id


def _fill(database: Database, buildings: list[tuple[int, int]], resident_id: int, count: int) -> None:
    """So many open tickets more, of the last fortnight; four of ten about noise."""
    chance = random.Random(7)
    with database.transaction() as session:
        first = session.scalar(select(Ticket.serial).order_by(Ticket.serial.desc()).limit(1)) or 0
        for start in range(0, count, 5000):
            rows, said = [], []
            for serial in range(first + start + 1, first + min(start + 5000, count) + 1):
                area_id, community_id = chance.choice(buildings)
                at = NOW - timedelta(minutes=chance.randrange(1, 14 * 24 * 60 - 60))
                rows.append(
                    {
                        "id": serial,
                        "day": local(at).date(),
                        "serial": serial,
                        "category": "noise" if chance.random() < 0.4 else chance.choice(("parking", "greening")),
                        "state": TicketState.NEW,
                        "reporter_id": resident_id,
                        "channel": "official",
                        "area_id": area_id,
                        "community_id": community_id,
                        "place": "小区里",
                        "opened_at": at,
                        "promised_at": at,
                    }
                )
                words = {"ticket_id": serial, "kind": WordsKind.REPORT, "text": chance.choice(SAID), "said_at": at}
                said.append(words)
            session.execute(insert(Ticket), rows)
            session.execute(insert(TicketWords), said)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
        if not database.is_sqlite:
            # The ids above were given by hand.
            for name in ("tickets", "ticket_words"):
                last = f"(SELECT max(id) FROM {name})"
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {last})"))


def _looks(database: Database, buildings: list[tuple[int, int]], resident_id: int) -> dict[str, float]:
    """New reports in buildings taken at random, each looked at once; nothing is kept."""
    chance, took, worked, proposed = random.Random(11), [], [], 0
    for _ in range(LOOKS):
        with database.reading() as session:
            by = session.get_one(Person, resident_id)
            report = opening.Report(NEW, category="noise", area_id=chance.choice(buildings)[0], place="小区里")
            ticket = opening.open_ticket(session, report, by=by, channel="official", now=NOW)
            begin, began = time.perf_counter(), time.thread_time()
            same.look(session, [ticket], now=NOW)
            session.flush()
            took.append((time.perf_counter() - begin) * 1000)
            worked.append((time.thread_time() - began) * 1000)
            proposed += session.scalar(select(Proposal.id).where(Proposal.ticket_id == ticket.id)) is not None
    took.sort()
    return {
        "median_ms": round(statistics.median(took), 2),
        "cpu_ms": round(statistics.median(worked), 2),
        "p95_ms": round(took[int(len(took) * 0.95)], 2),
        "proposed": proposed,
    }


def main(arguments: list[str]) -> int:
    """Prints one JSON object."""
    if len(arguments) == 2 and arguments[0] == "pairs":
        found: object = pairs(Path(arguments[1]))
    elif len(arguments) == 3 and arguments[0] == "gather":
        found = gather(Path(arguments[1]), arguments[2])
    elif arguments[:1] == ["cost"] and len(arguments) <= 2:
        found = cost(arguments[1] if len(arguments) == 2 else None)
    else:
        print(__doc__, file=sys.stderr)
        return 2
    print(json.dumps(found, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
