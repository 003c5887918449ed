"""Learning nlp/danger.tsv, the second opinion on danger, from messages written for it; the same file every time.

`python -m nlp.danger_learn tests/data nlp/corpus nlp/danger.tsv`
"""

from __future__ import annotations

import csv
import math
import random
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from nlp.danger import KINDS, LONGEST, SCALE, Danger
from nlp.danger_scenes import plainly, possible, signs
from nlp.normal import normal

_EPOCHS = 16
_RATE = 0.5
_DECAY = 2e-5
# Of what only looks like danger there are few examples; each counts as if there were more.
_ALIKE = 3.0
# What people write is short, the corpus seldom: each clause of an ordinary message is an ordinary message too.
_PIECE = 0.3
_SHORTEST = 5
# A sign seen in one message only is chance; one that hardly matters is not kept.
_SEEN = 2
_KEPT = 6

# Numbers and letters belong to addresses and commands.
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")
_CLAUSE = re.compile(r"[,。!?;:\s]")

Example = tuple[list[str], float, float]
"""The signs of a message, 1.0 for danger or 0.0, and how much the message counts."""


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))


def _signs(text: str) -> list[str]:
    """In one order, so that the same weights come out every time."""
    return sorted(signs(plainly(normal(text))))


def _pieces(text: str) -> list[str]:
    """The message, where it is short enough to be judged, and its clauses, where no danger word makes them doubtful."""
    said = plainly(normal(text))
    pieces = [said] if len(said) <= LONGEST else []
    clauses = [clause for clause in _CLAUSE.split(said) if len(clause) >= _SHORTEST]
    return pieces + [
        clause
        for clause in clauses
        if clause != said and not any(scene.pattern.search(clause) for scene in possible(signs(clause)))
    ]


def _learn(examples: Sequence[Example], known: frozenset[str]) -> dict[str, float]:
    """Logistic regression, one message at a time (AdaGrad); the empty sign is the constant."""
    weights: dict[str, float] = {"": 0.0}
    squares: dict[str, float] = {}
    draw = random.Random(0)
    order = list(range(len(examples)))
    kept = [([sign for sign in found if sign in known], truth, counts) for found, truth, counts in examples]
    for _ in range(_EPOCHS):
        draw.shuffle(order)
        for index in order:
            found, truth, counts = kept[index]
            if not found:
                continue
            share = 1 / math.sqrt(len(found))
            total = weights[""] + share * sum(weights.get(sign, 0.0) for sign in found)
            wrong = counts * (1 / (1 + math.exp(-max(-30.0, min(30.0, total)))) - truth)
            for sign, step in [("", wrong), *((sign, wrong * share) for sign in found)]:
                weight = weights.get(sign, 0.0)
                step += _DECAY * weight
                squares[sign] = squares.get(sign, 1e-3) + step * step
                weights[sign] = weight - _RATE * step / math.sqrt(squares[sign])
    return weights


def learn(
    danger: Iterable[dict[str, str]], alike: Iterable[str], plain: Iterable[tuple[str, bool]]
) -> dict[str, list[int]]:
    """The weights of every sign: for danger, then for each of `KINDS`, in `SCALE`ths.

    `danger` has rows with `kind` and `text`; `plain` are other messages and whether they tell of danger.
    """
    told = [(_signs(row["text"]), Danger(row["kind"])) for row in danger]
    examples: list[Example] = [(found, 1.0, 1.0) for found, _ in told]
    examples += [(_signs(text), 0.0, _ALIKE) for text in alike]
    for text, truth in plain:
        if truth:
            examples.append((_signs(text), 1.0, 1.0))
        else:
            examples += [(_signs(piece), 0.0, _PIECE) for piece in _pieces(text)]
    seen = Counter(sign for found, _, _ in examples for sign in found)
    known = frozenset(sign for sign, times in seen.items() if times >= _SEEN and _CHINESE.fullmatch(sign))
    columns = [_learn(examples, known)]
    columns += [_learn([(found, float(kind is one), 1.0) for found, kind in told], known) for one in KINDS]
    table = {sign: [round(column.get(sign, 0.0) * SCALE) for column in columns] for sign in ("", *sorted(known))}
    of_kinds = {sign for sign, times in Counter(sign for found, _ in told for sign in found).items() if times >= _SEEN}
    return {
        sign: row if sign in of_kinds or not sign else row[:1]
        for sign, row in table.items()
        if not sign or abs(row[0]) >= _KEPT
    }


def rebuild(examples: Path, corpus: Path) -> dict[str, list[int]]:
    """The weights learned from danger.tsv and lookalikes.tsv in `examples` and from every file of `corpus`."""
    plain = [
        (" ".join(filter(None, (row["title"], row["text"]))), row["emergency"] == "1")
        for path in sorted(corpus.glob("*.tsv"))
        for row in _rows(path)
    ]
    alike = [row["text"] for row in _rows(examples / "lookalikes.tsv")]
    return learn(_rows(examples / "danger.tsv"), alike, plain)


def write(path: Path, weights: dict[str, list[int]]) -> None:
    """One line for each sign."""
    path.write_text("".join(f"{sign}\t{' '.join(map(str, row))}\n" for sign, row in sorted(weights.items())), "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[3]), rebuild(Path(sys.argv[1]), Path(sys.argv[2])))
