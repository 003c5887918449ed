"""`huying train`: makes again every learned file from what it is made of, or a model with an installation's corrections.

A program of its own, because learning needs scikit-learn, which no other command should load.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nlp import asking, asking_learn, danger_learn, segment_words, similar, spans_learn, train, weights
from nlp.categories import load
from nlp.segment import WORDS
from nlp.tables import rows
from nlp.train import CORPUS, Figures, Refused, Trained

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "tests" / "data"
"""The emergencies and look-alikes that danger is learned from; they are not installed with the program."""

Report = dict[str, Any]


def _model(path: Path) -> Report:
    trained = train.train(load())
    path.write_bytes(trained.data)
    return _told(trained)


def _danger(path: Path) -> Report:
    path.write_bytes(danger_learn.rebuild(EXAMPLES, CORPUS))
    return {}


def _asking(path: Path) -> Report:
    path.write_bytes(asking_learn.rebuild(CORPUS))
    return {}


def _spans(path: Path) -> Report:
    spans_learn.rebuild(CORPUS, path)
    return {}


def _rarity(path: Path) -> Report:
    told = [row for part in sorted(CORPUS.glob("*.tsv")) for row in rows(part)]
    similar.count_rarities([f"{row['title']}\n{row['text']}" for row in told], path)
    return {}


# The slowest first, after the words that all of them cut messages into: each is made in a process of its own, as many at a time as there are cores.
PARTS: dict[str, Callable[[Path], Report]] = {
    "spans.tsv": _spans,
    "danger.bin": _danger,
    weights.FILE: _model,
    asking.FILE: _asking,
    "rarity.txt": _rarity,
}
"""Every learned file and how it is made; the same inputs give the same bytes."""


def rebuild(folder: Path) -> Report:
    """Makes every learned file again in `folder`; gives the model's figures and what became of each file.

    Raises Refused when the model is worse than the one that stands there; nothing is changed then.
    """
    parts = {name: make for name, make in PARTS.items() if make is not _danger or EXAMPLES.is_dir()}
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as name:
        fresh = Path(name)
        (fresh / WORDS.name).write_text(segment_words.rebuild(CORPUS), encoding="utf-8", newline="")
        files = {WORDS.name: _put(fresh / WORDS.name, folder / WORDS.name)}
        # New processes, which read the new words.
        with ProcessPoolExecutor(min(len(parts), os.cpu_count() or 1), get_context("spawn")) as pool:
            made = {part: pool.submit(make, fresh / part) for part, make in parts.items()}
            told = made[weights.FILE].result()
            before = _refuse_worse_than(folder / weights.FILE, Figures(**told["after"]))
            for each in made.values():
                each.result()
        files |= {part: _put(fresh / part, folder / part) for part in sorted(parts)}
    files |= {part: "left as it is: tests/data is not here" for part in sorted(PARTS) if part not in parts}
    return {**told, "before": before, "files": files}


def with_corrections(corrections: Path, folder: Path, *, corpus: Path = CORPUS) -> Report:
    """A model that has seen staff's corrections too, in `folder`.

    Raises Refused when there are none, or when it is worse than without them or than the one that stands there; that
    one is kept then.
    """
    if not train.read([corrections]):
        raise Refused(f"{corrections.name} holds no corrections")
    trained = train.train(load(), corrections=corrections, corpus=corpus)
    _refuse_worse_than(folder / weights.FILE, trained.after)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as name:
        fresh = Path(name) / weights.FILE
        fresh.write_bytes(trained.data)
        done = _put(fresh, folder / weights.FILE)
    return {**_told(trained), "files": {str(folder / weights.FILE): done}}


def _refuse_worse_than(old: Path, figures: Figures) -> Report | None:
    """The figures of the model that stands there. Raises Refused when `figures` are worse."""
    try:
        before = Figures(**weights.read(old).model.figures)
    except (FileNotFoundError, weights.Broken, TypeError):
        # Nothing there, or of a version that measured otherwise.
        return None
    train.refuse_worse(before, figures)
    return asdict(before)


def _put(fresh: Path, place: Path) -> str:
    """Moves a finished file to its place at once, so that nobody ever reads half of one; says what changed."""
    new, old = fresh.read_bytes(), place.read_bytes() if place.exists() else None
    fresh.replace(place)
    if old is None:
        return f"new, {len(new)} bytes"
    return "the same" if new == old else f"changed, {len(old)} to {len(new)} bytes"


def _told(trained: Trained) -> Report:
    return {
        "rows": trained.rows,
        "corrections": trained.corrections,
        "near_duplicates": trained.near_duplicates,
        "distinct_trigrams": trained.distinct_trigrams,
        "before": asdict(trained.before),
        "after": asdict(trained.after),
    }


def measure(titles: Path) -> Report:
    """The same learner cross-validated on titles with other labels."""
    told = rows(titles)
    several = train.cross_validate([row["title"] for row in told], [row["label"] for row in told])
    return {"n": len(told), "learner_cv": round(sum(several) / len(several), 4), "seeds": several}


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="huying train", description="Makes every learned file again.")
    parser.add_argument("--corrections", type=Path, help="only the model, and from staff's corrections too")
    parser.add_argument("--output", type=Path, default=HERE, help="the folder of the files; default: nlp itself")
    parser.add_argument("--learner-cv", type=Path, help="only measure the same learner on titles with other labels")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> None:
    """Prints what was measured and done as one JSON object; exit code 1 and a sentence when it could not."""
    arguments = _arguments(given)
    if train.MISSING:
        sys.exit(
            f"Learning needs scikit-learn ({train.MISSING} is missing here). `make train` brings it, or: "
            "python -m pip install --require-hashes -r requirements/train.txt"
        )
    try:
        if arguments.learner_cv:
            told = measure(arguments.learner_cv)
        elif arguments.corrections:
            told = with_corrections(arguments.corrections, arguments.output)
        else:
            told = rebuild(arguments.output)
    except (Refused, OSError, UnicodeDecodeError) as refused:
        sys.exit(f"nothing was written: {refused}")
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
