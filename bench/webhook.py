"""Messages a second and waiting times of the whole pipeline, beside two echoes without one, in the same run.

Huying: AES in, understood, ticket committed, AES out, `huying run` on SQLite (and `huying web` with `huying worker` on
PostgreSQL where its wheel is installed). WeRoBot: an echo in AES mode with the session it keeps by default, on the
server it chooses and on one thread. Flask with wechatpy: an echo in AES mode that keeps nothing. One client, one
machine, in turns. Only right replies count: the bar is the better of WeRoBot's two figures.
"""

from __future__ import annotations

import argparse
import gc
import json
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from servers import (
    Program,
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
from stores import NotHere, postgres, valkey
from wire import Account, Answer, opened, percentile, say, storm
from words import reports

TAKEN = "已受理"
PATH = "/wechat/official"


@dataclass
class Contender:
    """One program that is measured; `good` judges a reply against the words that were sent."""

    name: str
    program: Program
    good: Callable[[str, str], bool]
    count: Callable[[], int] | None = None
    rates: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    work: list[float] = field(default_factory=list)
    sent: int = 0
    bad: list[str] = field(default_factory=list)


def echoed(said: str, reply: str) -> bool:
    """An echo is what was said."""
    return reply == said


def taken(said: str, reply: str) -> bool:
    """A report was taken up."""
    return TAKEN in reply


def measure(contender: Contender, account: Account, *, count: int, connections: int, round_: int) -> None:
    """One round: everything sealed ahead, sent, and every reply opened and judged afterwards."""
    people = f"{contender.name.split()[0].lower()}-{round_}"
    messages = [
        say(account, f"o-{people}-{number}", text, path=PATH) for number, text in enumerate(reports(count, seed=round_))
    ]
    settle()
    gc.collect()
    gc.disable()
    begun = busy_seconds(contender.program.process.pid)
    took, answers = storm(contender.program.port, messages, connections=connections)
    worked = busy_seconds(contender.program.process.pid) - begun
    gc.enable()
    contender.sent += count
    bad = [fault for fault in (judge(contender, account, answer) for answer in answers) if fault]
    contender.bad += bad
    if round_ > 0:  # the first round warms up
        contender.rates.append((count - len(bad)) / took)
        contender.seconds += [answer.seconds for answer in answers]
        contender.work.append(worked / count)


def judge(contender: Contender, account: Account, answer: Answer) -> str:
    """What is wrong with an answer; empty for a good one."""
    if answer.status != 200:
        return f"status {answer.status}"
    try:
        words = opened(account, answer.said, answer.body)
    except ValueError as fault:
        return str(fault)
    return "" if contender.good(answer.said.text, words) else f"{answer.said.text!r} was answered {words!r}"


def on_sqlite(stack: ExitStack, folder: Path, account: Account, api_port: int) -> Contender:
    """`huying run` with the demo street's people on the embedded database."""
    home = folder / "sqlite"
    home.mkdir()
    port = free_port()
    config = write_config(home, {"official": official(account, api_port=api_port)})
    command = huying("run", "--config", str(config), "--demo", "--port", str(port))
    program = stack.enter_context(running(start("huying", command, folder=home, port=port, ready="/readyz")))

    def count() -> int:
        with sqlite3.connect(f"file:{home}/var/huying.db?mode=ro", uri=True) as database:
            return int(database.execute("SELECT count(*) FROM tickets").fetchone()[0])

    return Contender("Huying, SQLite", program, taken, count)


def on_postgres(stack: ExitStack, folder: Path, account: Account, api_port: int) -> Contender:
    """`huying web` and `huying worker` on a PostgreSQL that really writes, and a Valkey. Raises NotHere."""
    home = folder / "postgres"
    home.mkdir()
    url, dsn = stack.enter_context(postgres(home))
    store = stack.enter_context(valkey(home))
    config = write_config(
        home,
        {"official": official(account, api_port=api_port)},
        database={"url": url},
        redis={"url": store},
        queue={"url": store},
        site={"secret_key": account.secret * 2},
    )
    loading = launch("load", huying("demo", "load", "--config", str(config)), folder=home)
    if loading.process.wait(120):
        raise NotHere(loading.said.read_text()[-500:])
    port = free_port()
    web = huying("web", "--config", str(config), "--port", str(port), "--processes", "2")
    program = stack.enter_context(running(start("web", web, folder=home, port=port, ready="/readyz")))
    worker = huying("worker", "--config", str(config))
    stack.enter_context(running(launch("worker", worker, folder=home)))

    def count() -> int:
        with psycopg.connect(dsn) as database:
            row = database.execute("SELECT count(*) FROM tickets").fetchone()
            return int(row[0]) if row else 0

    return Contender("Huying, PostgreSQL", program, taken, count)


def peer(stack: ExitStack, folder: Path, account: Account, kind: str, name: str) -> Contender:
    """One of the two echoes."""
    home = folder / kind
    home.mkdir()
    port = free_port()
    env = {"BENCH_TOKEN": account.token, "BENCH_AES_KEY": account.aes_key, "BENCH_APP_ID": account.app_id}
    program = start(kind, python("peers.py", kind, str(port)), folder=home, port=port, ready="", env=env)
    return Contender(name, stack.enter_context(running(program)), echoed)


def main() -> int:
    """Prints the table; 1 when the bar is missed or anything was answered wrongly."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=600, help="of each program in each round")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-postgres", action="store_true")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    given = parser.parse_args()
    account = Account()
    with scratch() as folder, ExitStack() as stack:
        api_port = free_port()
        stub = python("stub.py", str(api_port), str(folder / "sends.jsonl"))
        stack.enter_context(running(start("stub", stub, folder=folder, port=api_port, ready="")))
        contenders = [
            on_sqlite(stack, folder, account, api_port),
            peer(stack, folder, account, "werobot", "WeRoBot 1.13.1 echo, its own run()"),
            peer(stack, folder, account, "werobot_alone", "WeRoBot 1.13.1 echo, one thread"),
            peer(stack, folder, account, "wechatpy", "Flask + wechatpy echo, nothing kept"),
        ]
        if not given.no_postgres:
            try:
                contenders.append(on_postgres(stack, folder, account, api_port))
            except NotHere as missing:
                print(f"PostgreSQL is left out: {missing}")
        disk = []
        for round_ in range(given.rounds + 1):
            disk += commits(folder)
            for contender in contenders:
                measure(contender, account, count=given.messages, connections=given.connections, round_=round_)
        return report(contenders, given.json, disk=disk)


def commits(folder: Path, *, count: int = 50) -> list[float]:
    """How long a SQLite commit of one row takes on this disk: WeRoBot's session and our database both wait for it."""
    seconds = []
    with sqlite3.connect(folder / "commits.db", isolation_level=None) as database:
        database.execute("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY)")
        for _ in range(count):
            begun = time.perf_counter()
            database.execute("INSERT INTO rows DEFAULT VALUES")
            seconds.append(time.perf_counter() - begun)
    return seconds


def report(contenders: list[Contender], file: Path | None, *, disk: list[float]) -> int:
    """The table, the faults, and whether the bar holds."""
    base = max(statistics.median(each.rates) for each in contenders if each.name.startswith("WeRoBot"))
    print(f"one commit to the disk takes {statistics.median(disk) * 1000:.1f} ms here (median of {len(disk)})")
    print(f"{'':<38}{'msg/s':>8}{'spread':>14}{'p50 ms':>9}{'p99 ms':>9}{'cpu ms':>9}{'ratio':>8}")
    figures = []
    for each in contenders:
        rate, p50, p99 = statistics.median(each.rates), percentile(each.seconds, 0.5), percentile(each.seconds, 0.99)
        work = statistics.median(each.work)
        spread = f"{min(each.rates):.0f}-{max(each.rates):.0f}"
        times = "".join(f"{seconds * 1000:>9.1f}" for seconds in (p50, p99, work))
        print(f"{each.name:<38}{rate:>8.0f}{spread:>14}{times}{rate / base:>8.2f}")
        figures.append({"name": each.name, "rate": rate, "p50": p50, "p99": p99, "cpu": work, "ratio": rate / base})
    failed = 0
    for each in contenders:
        if each.bad:
            failed = failed or int(each.count is not None)
            print(f"{each.name}: {len(each.bad)} of {each.sent} replies were wrong, such as {each.bad[0]}")
        if each.count is not None:
            found = each.count()
            print(f"{each.name}: {found} tickets in the database for {each.sent} messages")
            failed = failed or int(found != each.sent)
    if statistics.median(contenders[0].rates) < base:
        failed = 1
        print("The bar is missed: Huying on SQLite is slower than WeRoBot's echo with its default session.")
    if file is not None:
        file.write_text(json.dumps(figures, ensure_ascii=False, indent=1), encoding="utf-8")
    return failed


if __name__ == "__main__":
    sys.exit(main())
