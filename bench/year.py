"""A year of a made-up street, from as many seeds and with as many reports as wanted: what the independent checker of
tests/year finds, and how much there was. `python -m bench.year --seeds 3 --reports 100`
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from bot.logs import configure
from bot.settings import Log
from models.db import upgrade
from tests.year import checker
from tests.year.living import Life, live


def one(life: Life) -> list[checker.Finding]:
    """Lives through one year and prints what it was."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'huying.db'}"
        upgrade(url)
        begun = time.process_time()
        history = live(url, Path(folder), life)
        lived = time.process_time() - begun
        checking = checker.Checker(history)
        found = checking.findings()
    print(
        f"seed {life.seed}: {len(history.of('tickets'))} tickets, {len(history.of('ticket_events'))} lines of history, "
        f"{len(history.of('outbox'))} notices, {len(checking.due)} of them derived one by one, "
        f"{sum(map(len, history.runs.values()))} runs of jobs, {lived:.0f} s of one core; {len(found)} findings"
    )
    for each in found:
        print(f"  {each}")
    return found


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--reports", type=int, default=100)
    parser.add_argument("--days", type=int, default=365)
    given = parser.parse_args()
    configure(Log(level="error"))
    seeds = range(given.first, given.first + given.seeds)
    found = [one(Life(seed=seed, reports=given.reports, days=given.days)) for seed in seeds]
    return int(any(found))


if __name__ == "__main__":
    sys.exit(main())
