"""How fast and how small the understanding is: everything one message costs, when it is ready, what it keeps in memory.

python -m bench.understand [FILE.tsv …]     columns title text; default: the corpus
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from pathlib import Path

from nlp.categories import load
from nlp.understand import Understander

CORPUS = Path(__file__).parents[1] / "nlp" / "corpus"
ROUNDS = 3
BARS = {"messages_per_second": 4000.0, "ready_seconds": 0.5, "memory_mb": 60.0}

# A process of its own, so that nothing else is in its memory.
_CHILD = """
import sys, time
begin = time.perf_counter()
from nlp.categories import load
from nlp.understand import Understander
understander = Understander(load(), [])
understander.understand("香樟花园6栋楼上漏水")
ready = time.perf_counter() - begin
for line in sys.stdin:
    understander.understand(line)
with open("/proc/self/status") as status:
    kept = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
print(ready, kept / 1024)
"""


def _texts(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    return ["\n".join(row[name] for name in ("title", "text") if row.get(name)) for row in rows]


def process(texts: list[str]) -> dict[str, float]:
    """Until the first answer, imports included, and resident memory after all messages; the better of three starts."""
    said = "\n".join(text.replace("\n", " ") for text in texts)
    runs = []
    for _ in range(ROUNDS):
        child = subprocess.run([sys.executable, "-c", _CHILD], input=said, text=True, capture_output=True, check=True)
        ready, memory = child.stdout.split()
        runs.append((float(ready), float(memory)))
    return {"ready_seconds": round(min(runs)[0], 3), "memory_mb": round(min(memory for _, memory in runs), 1)}


def speed(texts: list[str]) -> dict[str, float]:
    """Messages a second on one core in the best of several rounds, since other programs only slow it down."""
    understander = Understander(load(), [])
    best = float("inf")
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        for text in texts:
            understander.understand(text)
        best = min(best, time.perf_counter() - begin)
    return {
        "messages": len(texts),
        "characters": round(sum(map(len, texts)) / len(texts), 1),
        "messages_per_second": round(len(texts) / best),
    }


def main() -> None:
    """Prints one JSON object a file and ends with 1 when a bar is missed."""
    paths = [Path(each) for each in sys.argv[1:]]
    together = [text for path in sorted(CORPUS.glob("*.tsv")) for text in _texts(path)]
    figures = {"process": process(together), "corpus": speed(together)}
    figures.update({path.name: speed(_texts(path)) for path in paths})
    print(json.dumps(figures, indent=1))
    missed = figures["process"]["ready_seconds"] > BARS["ready_seconds"]
    missed |= figures["process"]["memory_mb"] > BARS["memory_mb"]
    missed |= any(
        each.get("messages_per_second", BARS["messages_per_second"]) < BARS["messages_per_second"]
        for each in figures.values()
    )
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
