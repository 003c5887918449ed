"""`huying run` is killed ten times while 50 messages a second arrive: is anything lost, and how much is said twice?

The platform's side is played here: it brings a message up to three times, five seconds apart, until it is answered. A
small API in another process takes every notice and writes it down before it answers, so it survives the kills and is
the witness: a notice counts as sent when the witness has it.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
import sqlite3
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from servers import Program, free_port, huying, official, python, running, scratch, start, wecom, write_config
from wire import Account, Line, Stamp, opened, percentile, say
from words import reports

PATH = "/wechat/official"
DELIVERIES, RETRY_SECONDS, PATIENCE_SECONDS = 3, 5.0, 5.0
LEASE_SECONDS = 2
API_MILLISECONDS = 20
"""How long the platform takes to answer a send: without it hardly a kill would meet one."""


@dataclass
class Message:
    """One message of one person, and its reply once there is one."""

    person: str
    text: str
    stamp: Stamp
    tries: int = 0
    reply: str | None = None
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)


class Arrivals:
    """Brings messages at an even rate, whatever becomes of them, and again when nobody answered."""

    def __init__(self, account: Account, port: int, texts: list[str], *, rate: float) -> None:
        self._account, self._port = account, port
        self._texts, self._rate = texts, rate
        self._again: list[tuple[float, int, Message]] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(400)
        self.messages: list[Message] = []
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def finish(self) -> None:
        """No new messages; returns when the last try of every one is over."""
        self._stop.set()
        self._thread.join()
        self._pool.shutdown()

    def _run(self) -> None:
        begun = time.monotonic()
        while True:
            now = time.monotonic()
            with self._lock:
                due = []
                while self._again and self._again[0][0] <= now:
                    due.append(heapq.heappop(self._again)[2])
            for message in due:
                self._pool.submit(self._bring, message)
            new = len(self.messages)
            if not self._stop.is_set() and new < len(self._texts) and new < (now - begun) * self._rate:
                message = Message(f"crash-{new}", self._texts[new], Stamp())
                self.messages.append(message)
                self._pool.submit(self._bring, message)
                continue
            if self._stop.is_set() and all(m.reply is not None or m.tries >= DELIVERIES for m in self.messages):
                return
            time.sleep(0.004)

    def _bring(self, message: Message) -> None:
        begun = time.monotonic()
        said = say(self._account, message.person, message.text, path=PATH, stamp=message.stamp)
        line = Line(self._port, timeout=PATIENCE_SECONDS)
        try:
            status, body = line.exchange(said.request)
            if status == 200:
                message.reply, message.seconds = opened(self._account, said, body), time.monotonic() - begun
            else:
                message.faults.append(f"status {status}")
        except OSError as error:
            message.faults.append(type(error).__name__)
        except ValueError as error:
            message.faults.append(str(error))
        finally:
            line.close()
        message.tries += 1
        if message.reply is None and message.tries < DELIVERIES:
            with self._lock:
                heapq.heappush(self._again, (begun + RETRY_SECONDS, id(message), message))


def rows(database: Path, query: str) -> list[tuple[Any, ...]]:
    """What a query gives."""
    with sqlite3.connect(database, timeout=20) as connection:
        return connection.execute(query).fetchall()


def kill_and_look(program: Program, database: Path) -> set[tuple[int, int]]:
    """(notice, attempt) of every send that was in flight at the kill."""
    program.kill()
    return set(rows(database, "SELECT id, attempts FROM outbox WHERE state = 'sending'"))


def drain(database: Path, *, most: float) -> int:
    """Waits until no notice is due or in flight, at most so many seconds; how many are left."""
    deadline = time.monotonic() + most
    # News for the desk waits for the morning, if this runs at night.
    query = "SELECT count(*) FROM outbox WHERE state = 'sending' OR state = 'pending' AND not_before <= datetime('now')"
    while (left := rows(database, query)[0][0]) and time.monotonic() < deadline:
        time.sleep(1)
    return int(left)


def check(messages: list[Message], database: Path, record: Path, flights: set[tuple[int, int]], left: int) -> int:
    """Prints what was found; 1 when a bar is missed."""
    faults = []
    tickets: dict[str, list[str]] = {}
    for account, words in rows(
        database,
        "SELECT i.account, w.text FROM tickets t JOIN identities i ON i.person_id = t.reporter_id"
        " JOIN ticket_words w ON w.ticket_id = t.id AND w.kind = 'report'",
    ):
        tickets.setdefault(account, []).append(words)
    answered = [message for message in messages if message.reply is not None]
    lost = [message for message in answered if tickets.get(message.person, []) != [message.text]]
    twice = [person for person, words in tickets.items() if len(words) > 1]
    again = sum(message.tries > 1 for message in answered)
    seconds = [message.seconds for message in answered]
    print(f"{len(messages)} messages, {len(answered)} got a reply ({again} of them at a later delivery)")
    print(f"replies in p50 {percentile(seconds, 0.5) * 1000:.0f} ms, p99 {percentile(seconds, 0.99) * 1000:.0f} ms")
    if lost:
        faults.append(f"{len(lost)} answered messages without exactly their ticket, such as {lost[0]}")
    if twice:
        faults.append(f"{len(twice)} messages with two tickets")

    cards, texts = witnessed(record)
    due = rows(
        database,
        "SELECT o.id, o.kind, i.account FROM outbox o JOIN identities i ON i.person_id = o.person_id"
        " AND i.channel = substr(o.sent_by, 1, instr(o.sent_by, ':') - 1) WHERE o.state = 'sent'"
        " AND o.sent_by NOT LIKE '%:passive'",
    )
    with_card = {notice for notice, kind, _ in due if kind == "offer"}
    unseen = [notice for notice in with_card if notice not in cards]
    by_person = Counter(account for _, _, account in due)
    silent = {person: (count, texts[person]) for person, count in by_person.items() if texts[person] < count}
    # The words go before the card, so a notice that was begun twice has its words twice.
    repeated = sum(max(0, texts[person] - by_person[person]) for person in texts)
    states = dict(rows(database, "SELECT state, count(*) FROM outbox GROUP BY state"))
    print(f"notices: {len(due)} sent, {repeated} of them twice; {len(flights)} sends were in flight at the kills")
    print(f"outbox at the end: {states}")
    if left:
        faults.append(f"{left} notices were still not sent when the waiting ended")
    if unseen or silent:
        faults.append(f"notices recorded as sent that the platform never saw: {unseen[:5]} {silent}")
    if repeated > len(flights):
        faults.append(f"{repeated} sent twice, but only {len(flights)} were in flight at a kill")
    for fault in faults:
        print(f"MISSED: {fault}")
    return 1 if faults else 0


def witnessed(record: Path) -> tuple[Counter[int], Counter[str]]:
    """How often each notice's card was taken, and how many texts each person was sent."""
    cards: Counter[int] = Counter()
    texts: Counter[str] = Counter()
    for line in record.read_text(encoding="utf-8").splitlines():
        body = json.loads(line)["body"]
        if body.get("msgtype") == "template_card":
            cards[int(body["template_card"]["task_id"].removeprefix("n").partition("-")[0])] += 1
        elif "touser" in body:
            texts[body["touser"]] += 1
    return cards, texts


def main() -> int:
    """Prints the figures; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--rate", type=float, default=50.0, help="messages a second")
    parser.add_argument("--drain", type=float, default=240.0, help="seconds the notices may take after the last kill")
    given = parser.parse_args()
    account = Account()
    moments = random.Random(7)
    with scratch() as folder:
        api_port, port = free_port(), free_port()
        record, database = folder / "sends.jsonl", folder / "var" / "huying.db"
        channels = {
            "official": official(account, api_port=api_port),
            "wecom": wecom(api_port=api_port, account=Account()),
        }
        config = write_config(folder, channels, delivery={"lease_seconds": LEASE_SECONDS}, log={"level": "warning"})
        command = huying("run", "--config", str(config), "--demo", "--port", str(port))
        stub = python("stub.py", str(api_port), str(record), "--slow", str(API_MILLISECONDS))
        flights: set[tuple[int, int]] = set()
        with running(start("stub", stub, folder=folder, port=api_port, ready="")):
            program = start("huying", command, folder=folder, port=port, ready="/readyz")
            arrivals = Arrivals(account, port, reports(5000, seed=11), rate=given.rate)
            arrivals.start()
            try:
                for _ in range(given.kills):
                    time.sleep(moments.uniform(1.5, 3.5))
                    flights |= kill_and_look(program, database)
                    program = start("huying", command, folder=folder, port=port, ready="/readyz")
                time.sleep(2)
                arrivals.finish()
                left = drain(database, most=given.drain)
            finally:
                arrivals.finish()
                program.stop()
        return check(arrivals.messages, database, record, flights, left)


if __name__ == "__main__":
    sys.exit(main())
