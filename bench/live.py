"""200 staff with an open list while residents write: when they see what is new, and what they cost the webhook.

python bench/live.py [--rate 10] [--phase 30] [--rounds 3]

The staff are a process of their own (`live.py --staff PORT`): each asks every two seconds on an own connection, as the
page does. Messages come one by one at a steady rate; phases with and without staff take turns on one `huying run`
with the demo street, where every community's desk has its share of the 200.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from servers import (
    busy_seconds,
    free_port,
    huying,
    launch,
    official,
    python,
    running,
    scratch,
    settle,
    start,
    write_config,
)
from sqlalchemy import select
from wire import Account, Answer, Line, Said, opened, percentile, say
from words import reports

from console import sessions
from console.gate import COOKIE
from models import people
from models.area import Area, AreaKind
from models.db import Database
from models.lifecycle import Action
from models.person import Login, Person, RoleKind
from models.ticket import Ticket, TicketEvent

STAFF, EVERY = 200, 2.0
PATH = "/wechat/official"
BARS = {"seen_seconds": 3.0, "webhook_ratio": 1.2}
NUMBER = re.compile(r"\d{6}-\d{4}")


# ---------------------------------------------------------------- the staff


@dataclass
class Watched:
    """What the staff have seen: when each number was first on each screen, how many answers of each status, and how
    many of them have their page.
    """

    first: list[dict[str, float]]
    statuses: dict[int, int] = field(default_factory=dict)
    seated: int = 0


async def watch(port: int, cookie: str, seen: dict[str, float], watched: Watched, over: asyncio.Event) -> None:
    """One colleague: asks what changed, as console/static/desk.js does; the first answer is their page."""
    await asyncio.sleep(random.random() * EVERY)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    version, loop = "0", asyncio.get_running_loop()
    due, is_first = loop.time(), True
    while not over.is_set():
        writer.write(
            f"GET /console/tickets/changes?since={version} HTTP/1.1\r\nHost: 127.0.0.1\r\nHX-Request: true\r\n"
            f"Cookie: {COOKIE}={cookie}\r\n\r\n".encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        status, size = int(head[9:12]), re.search(r"content-length: (\d+)", head)
        body = await reader.readexactly(int(size[1])) if size else b""
        found = re.search(r"x-version: (\d+)", head)
        version = found[1] if found else version
        now = time.time()
        for number in NUMBER.findall(body.decode()):
            seen.setdefault(number, now)
        watched.statuses[status] = watched.statuses.get(status, 0) + 1
        watched.seated += is_first
        is_first = False
        due += EVERY
        await asyncio.sleep(max(0.0, due - loop.time()))
    writer.close()


async def staff(port: int, cookies: Sequence[str]) -> Watched:
    """All of them: a line on the standard output once everybody has their page; they go when the input is closed, after
    the time in which the last change has to be seen.
    """
    watched, over = Watched([{} for _ in cookies]), asyncio.Event()
    watching = asyncio.gather(
        *(watch(port, each, seen, watched, over) for each, seen in zip(cookies, watched.first, strict=True))
    )
    while watched.seated < len(cookies):
        await asyncio.sleep(EVERY / 10)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await asyncio.sleep(BARS["seen_seconds"] + EVERY)
    over.set()
    await watching
    return watched


@contextmanager
def at_work(port: int, cookies: Sequence[str], into: list[Watched]) -> Iterator[None]:
    """The staff in a process of their own while the block lasts; then what they have seen stands in `into`."""
    child = subprocess.Popen(
        [*python("live.py"), "--staff", str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(json.dumps(cookies) + "\n")
    child.stdin.flush()
    assert child.stdout.readline() == "ready\n", "the staff got no page"
    try:
        yield
        said = json.loads(child.communicate()[0])
    finally:
        child.kill()
    into.append(Watched(said["first"], said["statuses"]))


# ---------------------------------------------------------------- the residents


def write_in(port: int, messages: Sequence[Said], *, rate: float) -> list[tuple[float, Answer]]:
    """Messages at a steady rate, each answer with the time at which it came."""
    answers: list[tuple[float, Answer]] = []
    begun = time.perf_counter()
    lanes = 8

    def drive(lane: int) -> None:
        line = Line(port)
        for number in range(lane, len(messages), lanes):
            time.sleep(max(0.0, begun + number / rate - time.perf_counter()))
            sent = time.perf_counter()
            status, body = line.exchange(messages[number].request)
            answers.append((time.time(), Answer(messages[number], status, body, time.perf_counter() - sent)))
        line.close()

    threads = [threading.Thread(target=drive, args=(lane,)) for lane in range(lanes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def hire(database: Database, count: int) -> dict[str, int]:
    """Signs in `count` colleagues, spread over the communities; gives the community by their cookie."""
    now, desk_of = datetime.now(UTC), {}
    with database.transaction() as session:
        places = session.scalars(select(Area).where(Area.kind == AreaKind.COMMUNITY)).all()
        for number in range(count):
            person = Person(name=f"colleague {number}", created_at=now)
            session.add(person)
            session.flush()
            place = places[number % len(places)]
            people.grant(session, person, RoleKind.STAFF, place.id, now=now)
            # Nobody signs in with a password here.
            login = Login(
                name=f"staff{number}", person_id=person.id, password_hash="", created_at=now, must_change=False
            )
            session.add(login)
            session.flush()
            desk_of[sessions.begin(session, login.id, sessions.NOWHERE, now=now)] = place.id
    return desk_of


def led(database: Database) -> dict[tuple[str, int | None], float]:
    """When a ticket on the border of two communities came to the desk of the other one, which leads in those days."""
    lines = (
        select(Ticket, TicketEvent.at)
        .join(TicketEvent, TicketEvent.ticket_id == Ticket.id)
        .where(TicketEvent.action == Action.LEAD, Ticket.lead_id != Ticket.community_id)
    )
    with database.reading() as session:
        return {(ticket.number, ticket.lead_id): at.timestamp() for ticket, at in session.execute(lines)}


@dataclass
class Phases:
    """All phases of one kind."""

    seconds: list[float] = field(default_factory=list)
    """Of each message."""
    work: list[float] = field(default_factory=list)
    """Of one core, in each phase."""


def told(account: Account, answers: Sequence[tuple[float, Answer]]) -> dict[str, float]:
    """When each number was told to whoever had written. Raises ValueError for an answer that takes nothing up."""
    numbers = {}
    for at, answer in answers:
        words = opened(account, answer.said, answer.body) if answer.status == 200 else ""
        found = NUMBER.search(words)
        if found is None:
            raise ValueError(f"{answer.said.text!r} was answered {answer.status} {words!r}")
        numbers[found[0]] = at
    return numbers


def measure(given: argparse.Namespace) -> int:
    """Prints what was seen; 1 when a bar is missed."""
    account, port, api = Account(), free_port(), free_port()
    alone, beside, watched = Phases(), Phases(), list[Watched]()
    delays: list[float] = []
    with scratch() as folder, ExitStack() as stack:
        stub = python("stub.py", str(api), str(folder / "sends.jsonl"))
        stack.enter_context(running(start("stub", stub, folder=folder, port=api, ready="")))
        config = write_config(folder, {"official": official(account, api_port=api)})
        loading = launch("load", huying("demo", "load", "--config", str(config)), folder=folder)
        assert loading.process.wait(120) == 0, loading.said.read_text()[-500:]
        database = Database(f"sqlite:///{folder}/var/huying.db")
        stack.callback(database.dispose)
        desk_of = hire(database, STAFF)
        command = huying("run", "--config", str(config), "--port", str(port))
        program = stack.enter_context(running(start("huying", command, folder=folder, port=port, ready="/readyz")))
        for turn in range(2 * given.rounds + 1):
            with_staff = turn % 2 == 0
            settle()
            messages = [
                say(account, f"o-{turn}-{number}", text, path=PATH)
                for number, text in enumerate(reports(int(given.rate * given.phase), seed=turn))
            ]
            with at_work(port, list(desk_of), watched) if with_staff else nullcontext():
                before = busy_seconds(program.process.pid)
                answers = write_in(port, messages, rate=given.rate)
                used = busy_seconds(program.process.pid) - before
            numbers = told(account, answers)
            if turn == 0:  # warms up
                watched.clear()
                continue
            phases = beside if with_staff else alone
            phases.seconds += [answer.seconds for _, answer in answers]
            phases.work.append(used / given.phase)
            if with_staff:
                later = led(database)
                delays += [
                    at - later.get((number, desk), numbers[number])
                    for desk, first in zip(desk_of.values(), watched[-1].first, strict=True)
                    for number, at in first.items()
                    if number in numbers
                ]
    p99 = [percentile(phases.seconds, 0.99) * 1000 for phases in (alone, beside)]
    for count, phases, slow in zip((0, STAFF), (alone, beside), p99, strict=True):
        middle, share = statistics.median(phases.seconds) * 1000, statistics.mean(phases.work)
        print(f"{count} staff: webhook p50 {middle:.1f} ms, p99 {slow:.1f} ms, {share:.0%} of a core")
    ratio, slowest = p99[1] / p99[0], max(delays)
    statuses = sum((Counter(each.statuses) for each in watched), Counter[Any]())
    print(f"p99 with the staff {ratio:.2f} times that without (bar {BARS['webhook_ratio']})")
    print(
        f"seen after p50 {statistics.median(delays):.2f} s, p99 {percentile(delays, 0.99):.2f} s, "
        f"at most {slowest:.2f} s (bar {BARS['seen_seconds']}); {len(delays)} times, answers {dict(statuses)}"
    )
    return 0 if ratio <= BARS["webhook_ratio"] and slowest <= BARS["seen_seconds"] else 1


def main() -> int:
    """The measurement, or its staff."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=10, help="messages a second")
    parser.add_argument("--phase", type=float, default=30, help="seconds of each phase")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--staff", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.staff is None:
        return measure(given)
    print(json.dumps(asdict(asyncio.run(staff(given.staff, json.loads(sys.stdin.readline()))))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
