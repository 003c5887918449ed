"""How well the same event is recognised: marked groups against all other pairs, and one estate's year of complaints.

python -m bench.similar pairs FILE.tsv           columns id title text group
python -m bench.similar gather FILE.tsv WORD     columns id title text; ids only are printed
"""

from __future__ import annotations

import csv
import json
import sys
import time
from itertools import combinations
from pathlib import Path

from nlp import categories
from nlp.similar import SAME, Sketch, Told, score, sketch
from nlp.understand import Understander

Row = dict[str, str]

_OF_A_GROUP = 0.5
"""A row belongs to the group that starts with the row most others are like, when it is like so many of it."""


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))


def _sketches(rows: list[Row]) -> list[Sketch]:
    understander = Understander(categories.load(), [])
    found = []
    for row in rows:
        text = f"{row['title']}\n{row['text']}"
        understood = understander.understand(text)
        place = understood.place.text if understood.place else ""
        found.append(sketch(Told(text, place, (), dict(understood.candidates))))
    return found


def pairs(path: Path) -> dict[str, float]:
    """Recall and precision over all pairs of rows, no window; pairs of one group are to be found."""
    rows = _rows(path)
    sketches = _sketches(rows)
    begin = time.perf_counter()
    number = true = found = right = 0
    for one, other in combinations(range(len(rows)), 2):
        same = rows[one]["group"] not in ("", "-") and rows[one]["group"] == rows[other]["group"]
        said = score(sketches[one], sketches[other]) >= SAME
        number, true, found, right = number + 1, true + same, found + said, right + (same and said)
    return {
        "pairs": number,
        "same": true,
        "found": found,
        "recall": round(right / max(1, true), 4),
        "precision": round(right / max(1, found), 4),
        "microseconds_per_pair": round((time.perf_counter() - begin) / max(1, number) * 1e6, 1),
    }


def gather(path: Path, word: str) -> dict[str, object]:
    """The ids of the rows that name `word`, gathered into events, largest first."""
    rows = [row for row in _rows(path) if word in row["title"] or word in row["text"]]
    sketches = _sketches(rows)
    like: list[set[int]] = [{index} for index in range(len(rows))]
    for one, other in combinations(range(len(rows)), 2):
        if score(sketches[one], sketches[other]) >= SAME:
            like[one].add(other)
            like[other].add(one)
    left = set(range(len(rows)))
    groups: list[list[str]] = []
    while left:
        middle = max(left, key=lambda index: (len(like[index] & left), -index))
        group = like[middle] & left
        group |= {index for index in left if len(like[index] & group) > _OF_A_GROUP * len(group)}
        group = {index for index in group if len(like[index] & group) > _OF_A_GROUP * len(group)} or {middle}
        left -= group
        groups.append(sorted(rows[index]["id"] for index in group))
    groups.sort(key=len, reverse=True)
    return {
        "rows": len(rows),
        "groups": [group for group in groups if len(group) > 1],
        "alone": sorted(group[0] for group in groups if len(group) == 1),
    }


def main(arguments: list[str]) -> int:
    """Prints one JSON object."""
    if len(arguments) == 2 and arguments[0] == "pairs":
        found: object = pairs(Path(arguments[1]))
    elif len(arguments) == 3 and arguments[0] == "gather":
        found = gather(Path(arguments[1]), arguments[2])
    else:
        print(__doc__, file=sys.stderr)
        return 2
    print(json.dumps(found, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
