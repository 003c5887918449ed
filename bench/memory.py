"""Memory: 10,000 deliveries that fail leave no trace in it, and everything together idles under 200 MB.

The failing deliveries run in a process of their own (`memory.py --child`) with the product's worker, queue, channels
and database, first against a platform that refuses connections, then against one that answers 502, and beside them as
many tasks that fail outright, which the queue must not keep for ever.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from servers import children, free_port, huying, memory_mb, official, python, running, scratch, start, write_config
from sqlalchemy import func, select, update
from wire import Account

from bot import logs
from bot.app import Huying, create_app, prepare
from bot.settings import load
from models import outboxes, people
from models.clock import utc_now
from models.outbox import Notice, NoticeKind, NoticeState

FAILURES = 10_000
WARM_UP = 2_000
GROWTH_MB = 8.0
"""More than this after the warm-up is growth: the allocator alone moves by a few MB."""
IDLE_MB = 200.0
BATCH = 500


def own_rss_mb() -> float:
    """Resident memory of this process, after a collection."""
    gc.collect()
    return memory_mb(os.getpid())[0]


def fail_deliveries(huying: Huying, ids: list[int]) -> None:
    """Every notice is due again and tried once more, with as many tasks that raise; returns when all have failed."""
    for at in range(0, len(ids), BATCH):
        batch = ids[at : at + BATCH]
        with huying.database.transaction() as session:
            session.execute(
                update(Notice)
                .where(Notice.id.in_(batch))
                .values(state=NoticeState.PENDING, not_before=utc_now() - timedelta(seconds=1), attempts=1)
            )
        for notice_id in batch:
            huying.tasks.deliver.send(notice_id)
            huying.tasks.dispatch.send([-notice_id])  # there is no such ticket: it raises
        huying.tasks.join(failures=True)


def child(config: Path) -> None:
    """Prints memory before and after each round of failures as a JSON line."""
    settings = load(config)
    logs.configure(settings.log)
    prepare(settings)
    huying = create_app(settings)
    now = utc_now()
    ids = []
    with huying.database.transaction() as session:
        for number in range(BATCH):
            identity = people.meet(session, "official", f"nobody-{number}", now=now)
            people.open_window(identity, count=1_000_000, seconds=864_000, now=now)
            kind = NoticeKind.REGISTERED
            ids.append(outboxes.tell(session, kind, identity.person_id, now=now).id)
    workers = huying.tasks.workers(threads=2)
    workers.start()
    fail_deliveries(huying, ids * (WARM_UP // BATCH))
    before, begun = own_rss_mb(), time.monotonic()
    fail_deliveries(huying, ids * (FAILURES // BATCH))
    with huying.database.reading() as session:
        kept = session.scalar(select(func.count()).where(Notice.error != ""))
    took = time.monotonic() - begun
    print(json.dumps({"before": before, "after": own_rss_mb(), "kept": kept, "seconds": took}), flush=True)
    workers.stop(seconds=10)
    huying.close()


def failing(folder: Path, name: str, api_port: int) -> int:
    """One round of failures against the platform at a port; 1 when memory grew or the failures did not happen."""
    home = folder / name
    home.mkdir()
    config = write_config(home, {"official": official(Account(), api_port=api_port)}, log={"level": "error"})
    with (home / "child.log").open("wb") as log:
        command = python("memory.py", "--child", str(config))
        done = subprocess.run(command, cwd=home, stdout=subprocess.PIPE, stderr=log, timeout=900, check=False)
    if done.returncode != 0:
        print(f"MISSED: {name}: {(home / 'child.log').read_text(errors='replace')[-1500:]}")
        return 1
    found = json.loads(done.stdout.splitlines()[-1])
    growth = found["after"] - found["before"]
    print(
        f"{FAILURES} failing deliveries and {FAILURES} failing tasks ({name}): {found['before']:.1f} MB before, "
        f"{found['after']:.1f} MB after, {growth:+.1f} MB (bar: {GROWTH_MB:.0f}), {found['seconds']:.0f} s"
    )
    raised = (home / "child.log").read_text(errors="replace").count("Failed to process message dispatch")
    if found["kept"] != BATCH or raised != WARM_UP + FAILURES:
        print(f"MISSED: {found['kept']} of {BATCH} notices say why they failed, {raised} tasks raised")
        return 1
    if growth > GROWTH_MB:
        print(f"MISSED: memory grew by {growth:.1f} MB")
    return int(growth > GROWTH_MB)


def idle(folder: Path, *, seconds: float) -> int:
    """`huying run` with the sandbox and the demo street, asked once and left alone; 1 when it takes too much."""
    home = folder / "idle"
    home.mkdir()
    port, sandbox_port = free_port(), free_port()
    command = huying("run", "--demo", "--sandbox", "--port", str(port), "--sandbox-port", str(sandbox_port))
    env = {"HUYING_DATA_DIR": str(home / "var")}
    with running(start("huying", command, folder=home, port=port, ready="/readyz", env=env)) as program:
        replace(program, port=sandbox_port).wait_ready("/healthz")
        time.sleep(seconds)
        pids = [program.process.pid, *children(program.process.pid)]
        figures = [memory_mb(pid) for pid in pids]
    rss, pss = sum(each[0] for each in figures), sum(each[1] for each in figures)
    parts = ", ".join(f"{each[0]:.0f}" for each in figures)
    print(f"idle, {len(pids)} processes: RSS {rss:.0f} MB ({parts}), PSS {pss:.0f} MB (bar: RSS {IDLE_MB:.0f})")
    if len(pids) < 2:
        print("MISSED: the sandbox was not running")
        return 1
    if rss >= IDLE_MB:
        print("MISSED: too much memory while idle")
    return int(rss >= IDLE_MB)


def main() -> int:
    """Prints the figures; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--idle-seconds", type=float, default=20.0)
    given = parser.parse_args()
    if given.child is not None:
        child(given.child)
        return 0
    with scratch() as folder:
        missed = idle(folder, seconds=given.idle_seconds)
        missed += failing(folder, "connections refused", free_port())
        api_port = free_port()
        stub = python("stub.py", str(api_port), str(folder / "sends.jsonl"), "--broken")
        with running(start("stub", stub, folder=folder, port=api_port, ready="")):
            missed += failing(folder, "answered 502", api_port)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
