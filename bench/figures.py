"""The three rates over 200,000 tickets of a year: what one page of a month, a quarter and the year costs.

python bench/figures.py                     on SQLite, and on PostgreSQL where its wheel is installed
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import Any

from servers import scratch
from sqlalchemy import insert, text
from stores import NotHere, postgres

from models import areas, seed, statistics
from models.area import AreaKind
from models.base import table
from models.category import Level
from models.db import Database, upgrade
from models.person import Person
from models.result import Result
from models.ticket import Evaluation, Ticket, TicketState
from nlp import categories

TICKETS = 200_000
COMMUNITIES = 40
BATCH = 5_000
ROUNDS = 3
START = datetime(2026, 1, 1, tzinfo=UTC)
PERIODS = {"month": (300, 330), "quarter": (240, 330), "year": (0, 400)}
"""Days after the start."""
BAR_SECONDS = 1.0
"""For a month; a page nobody waits for longer than this."""

Row = dict[str, Any]


def fill(database: Database) -> list[int]:
    """A year of tickets, two in five of them judged; gives the communities."""
    with database.transaction() as session:
        seed.seed_categories(session, categories.load())
        street = areas.add_area(session, AreaKind.STREET, "street")
        communities = [
            areas.add_area(session, AreaKind.COMMUNITY, f"community {number}", parent=street).id
            for number in range(COMMUNITIES)
        ]
        people = [Person(created_at=START) for _ in range(100)]
        session.add_all(people)
        session.flush()
        reporters = [person.id for person in people]
    rows = _rows(communities, reporters)
    for _ in range(TICKETS // BATCH):
        batch = list(islice(rows, BATCH))
        with database.transaction() as session:
            connection = session.connection()
            connection.execute(insert(table(Ticket)), [ticket for ticket, _, _ in batch])
            connection.execute(insert(table(Result)), [result for _, result, _ in batch if result])
            connection.execute(insert(table(Evaluation)), [said for _, _, said in batch if said])
    with database.transaction() as session:
        session.execute(text("ANALYZE"))
    return communities


def _rows(communities: list[int], reporters: list[int]) -> Iterator[tuple[Row, Row | None, Row | None]]:
    rng = random.Random(1)
    codes = [each.code for each in categories.load()]
    for number in count(1):
        opened = START + timedelta(minutes=2.6 * number)
        where, code, by = rng.choice(communities), rng.choice(codes), rng.choice(reporters)
        state = rng.choices([TicketState.CLOSED, TicketState.WITHDRAWN, TicketState.NEW], [90, 5, 5])[0]
        finished = opened + timedelta(days=2) if state is TicketState.CLOSED else None
        ticket = {
            "id": number,
            "day": opened.date(),
            "serial": number,
            "state": state,
            "category": code,
            "level": Level.ESTATE,
            "reporter_id": by,
            "channel": "official",
            "area_id": where,
            "community_id": where,
            "opened_at": opened,
            "promised_at": opened + timedelta(days=1),
            "resolved_at": finished,
            "closed_at": None if state is TicketState.NEW else opened + timedelta(days=3),
        }
        if finished is None:
            yield ticket, None, None
            continue
        result = {
            "ticket_id": number,
            "round": 0,
            "finished_at": finished,
            "community_id": where,
            "category": code,
            "in_time": rng.random() < 0.9,
            "asked_at": finished,
            "lot": f"{rng.getrandbits(128):032x}",
        }
        said = {"ticket_id": number, "person_id": by, "round": 0, "answer": rng.choice([1, 1, 2, 3]), "at": finished}
        yield ticket, result, said if rng.random() < 0.4 else None


def measure(name: str, url: str) -> bool:
    """Prints the best of some rounds for each period; whether the month is under the bar."""
    upgrade(url)
    database = Database(url)
    communities = fill(database)
    good = True
    for period, (first, last) in PERIODS.items():
        best = float("inf")
        for _ in range(ROUNDS):
            with database.reading() as session:
                begin = time.perf_counter()
                found = statistics.figures(
                    session,
                    since=START + timedelta(days=first),
                    until=START + timedelta(days=last),
                    communities=communities,
                    nowhere=True,
                )
                best = min(best, time.perf_counter() - begin)
        print(f"{name:12} {period:8} {statistics.total(found).finished:7} finished  {best * 1000:6.0f} ms", flush=True)
        good &= period != "month" or best <= BAR_SECONDS
    database.dispose()
    return good


def main() -> int:
    """Both databases, one after the other."""
    with scratch() as folder:
        good = measure("SQLite", f"sqlite:///{folder / 'figures.db'}")
        try:
            with postgres(folder) as (url, _):
                good &= measure("PostgreSQL", url)
        except NotHere as missing:
            print(f"PostgreSQL: {missing}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
