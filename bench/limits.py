"""1,000 limits that are over at the same moment: how many a second one worker notes and passes on, and how many two do.

Half of the tickets nobody has taken, so that each goes up a level; half are with a member who is late, so that the
member is asked and the level above looks on. Each worker is a process of its own on one PostgreSQL.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from servers import scratch
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from stores import NotHere, postgres

from bot.app import create_app, prepare
from bot.settings import Settings
from models import demo, opening
from models.area import Area
from models.category import Category
from models.db import Database
from models.lifecycle import Action
from models.person import Identity, Person
from models.ticket import Limit, Ticket, TicketEvent, TicketState
from scheduler.jobs import watch_limits

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""A Monday, ten in the morning in Shanghai."""

COUNT = 1000
A_SECOND = 200
TWICE = 1.3


def settings(url: str, folder: Path) -> Settings:
    """An installation on that database, everything else inside the process."""
    return Settings.model_validate({"data_dir": str(folder), "database": {"url": url}})


def furnish(url: str) -> None:
    """The demo street."""
    database = Database(url)
    with database.transaction() as session:
        demo.load(session, now=NOW)
    database.dispose()


def lay_out(url: str) -> list[int]:
    """1,000 tickets whose limit is over at NOW."""
    database = Database(url)
    with database.transaction() as session:
        noise = session.get_one(Category, "noise")
        buildings = session.scalars(select(Area).where(Area.code.is_not(None)).order_by(Area.id)).all()
        reporter = _person(session, "demo-resident-1")
        member = _person(session, "demo-member-1")
        ids: list[int] = []
        for first in range(0, COUNT, 50):
            news = [
                opening.New(
                    opening.Report("楼上太吵", category="noise", area_id=building.id, place=building.name),
                    category=noise,
                    community_id=int(building.path.strip("/").split("/")[2]),
                    reporter_id=reporter.id,
                    channel="official",
                )
                for building in (buildings[(first + at) % len(buildings)] for at in range(50))
            ]
            opened = opening.insert_tickets(session.connection(), news, now=NOW - timedelta(hours=2))
            ids += [each.id for each in opened]
        session.execute(update(Ticket).where(Ticket.id.in_(ids)).values(dispatch_at=None))
        session.execute(
            update(Ticket)
            .where(Ticket.id.in_(ids[::2]))
            .values(
                state=TicketState.ACCEPTED,
                assignee_id=member.id,
                answered_at=NOW - timedelta(hours=1),
                finish_by=NOW,
                due_at=NOW,
                limit=Limit.FINISH,
            )
        )
    database.dispose()
    return ids


def _person(session: Session, account: str) -> Person:
    return session.scalars(select(Identity).where(Identity.account == account).limit(1)).one().person


def work(url: str, folder: Path) -> None:
    """One worker: says that it is ready, begins when it is told to, and prints how many it did."""
    huying = create_app(settings(url, folder), clock=lambda: NOW)
    huying.database.ping()
    print("ready", flush=True)
    sys.stdin.readline()
    before = time.process_time()
    print(watch_limits(huying, NOW), time.process_time() - before, flush=True)
    huying.close()


@dataclass(frozen=True)
class Run:
    """One measurement: limits a second, how many each worker did, processor time of one, and how many went wrong."""

    speed: float
    did: list[int]
    processor_ms: float
    wrong: int


def measure(url: str, folder: Path, workers: int) -> Run:
    """So many workers on 1,000 limits; wrong is what was not noted exactly once."""
    ids = lay_out(url)
    started = [
        subprocess.Popen(
            [sys.executable, __file__, "--work", url, "--folder", str(folder / f"worker-{number}")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(workers)
    ]
    try:
        for each in started:
            assert each.stdout is not None
            if each.stdout.readline().strip() != "ready":
                raise SystemExit("a worker did not start")
        begin = time.perf_counter()
        for each in started:
            assert each.stdin is not None
            each.stdin.write("\n")
            each.stdin.flush()
        said = [each.stdout.readline().split() for each in started if each.stdout is not None]
        took = time.perf_counter() - begin
    finally:
        for each in started:
            each.communicate(timeout=30)
    database = Database(url)
    with database.reading() as session:
        noted = session.scalars(
            select(func.count())
            .select_from(TicketEvent)
            .where(TicketEvent.ticket_id.in_(ids), TicketEvent.action == Action.MISS_LIMIT.value)
            .group_by(TicketEvent.ticket_id)
        ).all()
    database.dispose()
    wrong = sum(count != 1 for count in noted) + COUNT - len(noted)
    did = [int(count) for count, _ in said]
    processor = sum(float(seconds) for _, seconds in said) / COUNT * 1000
    return Run(COUNT / took, did, processor, wrong + abs(sum(did) - COUNT))


def main() -> int:
    """Prints the figures; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", metavar="URL", help="be one worker (used by this script itself)")
    parser.add_argument("--rounds", type=int, default=3, help="so often in turns; the middle counts")
    parser.add_argument("--folder", type=Path, default=Path("var"))
    given = parser.parse_args()
    if given.work:
        work(given.work, given.folder)
        return 0
    try:
        with scratch() as folder, postgres(folder) as (url, _):
            prepare(settings(url, folder / "var"))
            furnish(url)
            measure(url, folder, 1)  # the first run also warms the server
            alone, together, faults = [], [], 0
            for _ in range(given.rounds):
                for workers, into in ((1, alone), (2, together)):
                    run = measure(url, folder, workers)
                    into.append(run.speed)
                    faults += run.wrong
                    print(
                        f"{workers} worker{'s' if workers > 1 else ''}: {run.speed:.0f} a second {run.did}, "
                        f"{run.processor_ms:.1f} ms of processor time each, {run.wrong} wrong",
                        flush=True,
                    )
    except NotHere as missing:
        print(f"nothing measured: {missing}")
        return 0
    one, two = sorted(alone)[given.rounds // 2], sorted(together)[given.rounds // 2]
    print(f"one worker {one:.0f} a second (bar {A_SECOND}), two {two / one:.2f} times as many (bar {TWICE})")
    print(f"noted twice or not at all: {faults} (bar 0)")
    return int(one < A_SECOND or two < TWICE * one or faults > 0)


if __name__ == "__main__":
    sys.exit(main())
