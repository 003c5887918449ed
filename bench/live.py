"""200 staff with an open list while residents write: when they see what is new, and what they cost the webhook.

python bench/live.py [--rate 10] [--phase 30] [--rounds 3]

The staff are a process of their own (`live.py --staff FILE`): each asks every two seconds on an own connection, as the
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
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from servers import busy_seconds, free_port, huying, launch, official, python, running, scratch, start, write_config
from sqlalchemy import select
from wire import Account, Answer, Line, Said, opened, percentile, say
from words import reports

from console import login, sessions
from models import people
from models.area import Area, AreaKind
from models.db import Database
from models.person import Login, Person, RoleKind

STAFF, EVERY = 200, 2.0
PATH = "/wechat/official"
BARS = {"seen_seconds": 3.0, "webhook_ratio": 1.2}
NUMBER = re.compile(r"\d{6}-\d{4}")


# ---------------------------------------------------------------- the staff


@dataclass
class Watched:
    """What the staff have seen: when each number was first on each screen, how many answers of each status."""

    first: list[dict[str, float]] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)


async def watch(port: int, cookie: str, seen: dict[str, float], watched: Watched, until: float) -> None:
    """One colleague: asks what changed, as console/static/desk.js does."""
    await asyncio.sleep(random.random() * EVERY)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    version, line = "0", asyncio.get_running_loop().time()
    while time.time() < until:
        writer.write(
            f"GET /console/tickets/changes?since={version} HTTP/1.1\r\nHost: 127.0.0.1\r\nHX-Request: true\r\n"
            f"Cookie: huying_console={cookie}\r\n\r\n".encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        status = int(head[9:12])
        size = re.search(r"content-length: (\d+)", head)
        body = await reader.readexactly(int(size[1])) if size else b""
        found = re.search(r"x-version: (\d+)", head)
        version = found[1] if found else version
        now = time.time()
        for number in NUMBER.findall(body.decode()):
            seen.setdefault(number, now)
        watched.statuses[status] = watched.statuses.get(status, 0) + 1
        line += EVERY
        await asyncio.sleep(max(0.0, line - asyncio.get_running_loop().time()))
    writer.close()


async def staff(port: int, cookies: Sequence[str], until: float) -> Watched:
    """All of them, until that time."""
    watched = Watched(first=[{} for _ in cookies])
    await asyncio.gather(
        *(watch(port, each, seen, watched, until) for each, seen in zip(cookies, watched.first, strict=True))
    )
    return watched


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


def hire(database: Database, count: int) -> list[str]:
    """Signs in `count` colleagues, spread over the communities; gives their cookies."""
    now, cookies = datetime.now(UTC), []
    with database.transaction() as session:
        places = session.scalars(select(Area).where(Area.kind == AreaKind.COMMUNITY)).all()
        hashed = ""
        for number in range(count):
            person = Person(name=f"同事{number}", created_at=now)
            session.add(person)
            session.flush()
            people.grant(session, person, RoleKind.STAFF, places[number % len(places)].id, now=now)
            if not hashed:
                login.create_login(
                    session, f"staff{number}", "a bench has a password", person, now=now, must_change=False
                )
                hashed = session.scalars(select(Login.password_hash).where(Login.person_id == person.id)).one()
            else:
                session.add(
                    Login(
                        name=f"staff{number}",
                        person_id=person.id,
                        password_hash=hashed,
                        created_at=now,
                        must_change=False,
                    )
                )
            session.flush()
            own = session.scalars(select(Login.id).where(Login.person_id == person.id)).one()
            cookies.append(sessions.begin(session, own, sessions.NOWHERE, now=now))
    return cookies


def main() -> int:
    """Prints the table; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=10, help="messages a second")
    parser.add_argument("--phase", type=float, default=30, help="seconds of each phase")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--staff", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.staff:
        wanted: dict[str, Any] = json.loads(given.staff.read_text())
        watched = asyncio.run(staff(wanted["port"], wanted["cookies"], wanted["until"]))
        sys.stdout.write(json.dumps({"first": watched.first, "statuses": watched.statuses}))
        return 0
    account, port, api = Account(), free_port(), free_port()
    times: dict[bool, list[float]] = {False: [], True: []}
    delays: list[float] = []
    statuses: dict[str, int] = {}
    work: dict[bool, list[float]] = {False: [], True: []}
    with scratch() as folder, ExitStack() as stack:
        stub = python("stub.py", str(api), str(folder / "sends.jsonl"))
        stack.enter_context(running(start("stub", stub, folder=folder, port=api, ready="")))
        config = write_config(folder, {"official": official(account, api_port=api)})
        loading = launch("load", huying("demo", "load", "--config", str(config)), folder=folder)
        assert loading.process.wait(120) == 0, loading.said.read_text()[-500:]
        database = Database(f"sqlite:///{folder}/var/huying.db")
        cookies = hire(database, STAFF)
        database.dispose()
        command = huying("run", "--config", str(config), "--port", str(port))
        program = stack.enter_context(running(start("huying", command, folder=folder, port=port, ready="/readyz")))
        for turn in range(2 * given.rounds + 1):
            with_staff = turn % 2 == 0  # the first is thrown away
            count = int(given.rate * given.phase)
            messages = [
                say(account, f"o-{turn}-{number}", text, path=PATH)
                for number, text in enumerate(reports(count, seed=turn))
            ]
            helper = None
            if with_staff:
                file = folder / "staff.json"
                file.write_text(
                    json.dumps({"port": port, "cookies": cookies, "until": time.time() + given.phase + 4 * EVERY})
                )
                helper = subprocess.Popen([*python("live.py"), "--staff", str(file)], stdout=subprocess.PIPE)
                time.sleep(3 * EVERY)
            before = busy_seconds(program.process.pid)
            answers = write_in(port, messages, rate=given.rate)
            used = busy_seconds(program.process.pid) - before
            bad = [
                answer
                for _, answer in answers
                if answer.status != 200 or "已受理" not in opened(account, answer.said, answer.body)
            ]
            assert not bad, bad[0]
            seen = json.loads(helper.communicate()[0]) if helper else {"first": [], "statuses": {}}
            if turn:
                times[with_staff] += [answer.seconds for _, answer in answers]
                work[with_staff].append(used / given.phase)
                told = {NUMBER.search(opened(account, each.said, each.body))[0]: at for at, each in answers}  # type: ignore[index]
                delays += [
                    at - told[number] for first in seen["first"] for number, at in first.items() if number in told
                ]
                for status, many in seen["statuses"].items():
                    statuses[status] = statuses.get(status, 0) + many
            time.sleep(3)
    p99 = {each: percentile(values, 0.99) * 1000 for each, values in times.items()}
    ratio, slowest = p99[True] / p99[False], max(delays)
    for each in (False, True):
        middle, share = statistics.median(times[each]) * 1000, statistics.mean(work[each])
        print(
            f"{STAFF if each else 0} staff: webhook p50 {middle:.1f} ms, p99 {p99[each]:.1f} ms, {share:.0%} of a core"
        )
    print(f"p99 with the staff {ratio:.2f} times that without (bar {BARS['webhook_ratio']})")
    print(
        f"seen after p50 {statistics.median(delays):.2f} s, p99 {percentile(delays, 0.99):.2f} s, "
        f"at most {slowest:.2f} s "
        f"(bar {BARS['seen_seconds']}); {len(delays)} times, answers {statuses}"
    )
    return 0 if ratio <= BARS["webhook_ratio"] and slowest <= BARS["seen_seconds"] else 1


if __name__ == "__main__":
    sys.exit(main())
