"""430 real messages from 430 people through the encrypted webhook: is there a ticket for every report, word for word?

The messages are not part of this repository; without them there is nothing to measure, which is said and is no fault.
They are spoken on the pretend platform, which signs, seals, delivers and opens as the real one does.
"""

from __future__ import annotations

import argparse
import csv
import json
import queue
import sqlite3
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from servers import BENCH, free_port, huying, running, scratch, start
from wire import percentile

DATA = BENCH.parent.parent / "shared" / "data" / "requests_dev.tsv"
P95_SECONDS = 0.3
CONNECTIONS = 8


@dataclass
class Row:
    """One message, what is known of it, and what came of it."""

    person: str
    text: str
    category: str
    kind: str
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    reply: str = ""


def read(file: Path) -> list[Row]:
    """The messages as people would send them: the title, and the text on the next line."""
    with file.open(encoding="utf-8", newline="") as lines:
        table = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [
            Row(f"replay-{number}", f"{row['title']}\n{row['text']}", row["category"], row["kind"])
            for number, row in enumerate(table)
        ]


def post(connection: HTTPConnection, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """One call of the control interface. Raises OSError."""
    connection.request("POST", path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    response = connection.getresponse()
    data = response.read()
    if response.status >= 400:
        raise OSError(f"{path}: {response.status} {data[:200]!r}")
    found: dict[str, Any] = json.loads(data)
    return found


def replay(rows: list[Row], port: int) -> None:
    """Says every message, `CONNECTIONS` at a time."""
    waiting: queue.SimpleQueue[Row] = queue.SimpleQueue()
    for row in rows:
        waiting.put(row)

    def speak() -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            try:
                row = waiting.get_nowait()
            except queue.Empty:
                break
            answer = post(connection, f"/api/people/{row.person}/say", {"channel": "official", "text": row.text})
            row.deliveries = answer["deliveries"]
            row.reply = (answer["reply"] or {}).get("text", "")
        connection.close()

    threads = [threading.Thread(target=speak) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def stored(database: Path) -> dict[str, list[tuple[str, str]]]:
    """Sender → (category, verbatim words) of every ticket."""
    found: dict[str, list[tuple[str, str]]] = {}
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        rows = connection.execute(
            "SELECT identities.account, tickets.category, ticket_words.text FROM tickets"
            " JOIN identities ON identities.person_id = tickets.reporter_id AND identities.channel = 'official'"
            " JOIN ticket_words ON ticket_words.ticket_id = tickets.id AND ticket_words.kind = 'report'"
        )
        for account, category, words in rows:
            found.setdefault(account, []).append((category, words))
    return found


def report(rows: list[Row], tickets: dict[str, list[tuple[str, str]]]) -> int:
    """Prints what was found; 1 when a bar is missed."""
    faults: Counter[str] = Counter()
    examples: dict[str, str] = {}

    def fault(name: str, row: Row) -> None:
        faults[name] += 1
        examples.setdefault(name, f"{row.person}: {row.text[:60]!r} → {row.reply[:60]!r}")

    right = 0
    reports = [row for row in rows if row.kind == "report"]
    for row in rows:
        own = tickets.get(row.person, [])
        if any(each["error"] or each["status"] != 200 for each in row.deliveries) or len(row.deliveries) != 1:
            fault("not answered at the first delivery", row)
        if row.kind == "report" and len(own) != 1:
            fault(f"a report with {len(own)} tickets", row)
        elif not own and not row.reply:
            fault("neither a ticket nor an answer", row)
        if any(words != row.text for _, words in own):
            fault("words not verbatim", row)
        right += any(category == row.category for category, _ in own)
    seconds = [each["seconds"] for row in rows for each in row.deliveries]
    p95 = percentile(seconds, 0.95)
    if p95 > P95_SECONDS:
        faults["p95 over the bar"] += 1
    whole = sum(len(own) for own in tickets.values())
    print(f"{len(rows)} messages, {len(reports)} of them reports, {whole} tickets")
    print(
        f"answered in p50 {percentile(seconds, 0.5) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms, "
        f"p99 {percentile(seconds, 0.99) * 1000:.0f} ms, {CONNECTIONS} at a time (bar: p95 {P95_SECONDS * 1000:.0f} ms)"
    )
    print(f"categories right: {right} of {len(rows)} ({right / len(rows):.1%})")
    for name, count in faults.items():
        print(f"MISSED: {name}: {count}{'  ' + examples[name] if name in examples else ''}")
    return 1 if faults else 0


def main() -> int:
    """Prints the figures; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    given = parser.parse_args()
    if not given.data.is_file():
        print(f"nothing to replay: {given.data} is not there (--data FILE.tsv with title, text, category and kind)")
        return 0
    rows = read(given.data)
    with scratch() as folder:
        port, sandbox_port = free_port(), free_port()
        command = huying("run", "--demo", "--sandbox", "--port", str(port), "--sandbox-port", str(sandbox_port))
        env = {"HUYING_DATA_DIR": str(folder / "var")}
        program = start("huying", command, folder=folder, port=port, ready="/readyz", env=env)
        with running(program):
            replace(program, port=sandbox_port).wait_ready("/healthz")
            connection = HTTPConnection("127.0.0.1", sandbox_port, timeout=60)
            for row in rows:
                post(connection, "/api/people", {"key": row.person, "channel": "official", "name": row.person})
            replay(rows, sandbox_port)
            return report(rows, stored(folder / "var" / "huying.db"))


if __name__ == "__main__":
    sys.exit(main())
