"""Learning nlp/asking.bin from messages that ask after a matter and from all others; the same file every time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

try:
    from sklearn.linear_model import LogisticRegression
except ModuleNotFoundError:  # the product runs without it
    LogisticRegression = None

from nlp.asking import ASKS, BUCKETS, HURRIES, HURRY_BUCKETS, LONGEST, After
from nlp.hashed import write
from nlp.hashed_learn import Matrix, clauses
from nlp.normal import normal
from nlp.tables import rows

_C = 10.0
_IN_A_STORY = 0.2
"""What a clause of another message counts, and what nobody has read with this question: somebody who asks may say it."""


@dataclass(frozen=True, slots=True)
class Example:
    """One message; `after` is None where it asks after nothing, `counts` is its weight."""

    said: str
    after: After | None
    counts: float = 1.0


def written(folder: Path) -> list[Example]:
    """The messages of asks.tsv (after, text) and others.tsv (text) in a folder."""
    told = [Example(normal(row["text"]), After(row["after"])) for row in rows(folder / "asks.tsv")]
    return [*told, *(Example(normal(row["text"]), None) for row in rows(folder / "others.tsv"))]


def ordinary(corpus: Path) -> list[Example]:
    """What the corpus and the examples of danger tell: matters, whole and by their clauses, and calls for help."""
    whole = [" ".join(filter(None, (row["title"], row["text"]))) for each in _tables(corpus) for row in rows(each)]
    whole += [row["title"] for each in _tables(corpus) for row in rows(each) if row["title"]]
    whole += [row["text"] for row in rows(corpus / "danger" / "danger.tsv")]
    said = dict.fromkeys(normal(each) for each in whole)
    parts = dict.fromkeys(clause for each in said for clause in clauses(each))
    # Among these a few do ask.
    parts |= dict.fromkeys(normal(row["text"]) for row in rows(corpus / "danger" / "lookalikes.tsv"))
    return [
        *(Example(each, None) for each in said if len(each) <= LONGEST),
        *(Example(each, None, _IN_A_STORY) for each in parts if len(each) <= LONGEST and each not in said),
    ]


def rebuild(corpus: Path) -> bytes:
    """The file learned from `corpus`/asks and everything else that is told there."""
    return learn([*written(corpus / "asks"), *ordinary(corpus)])


def learn(several: Sequence[Example]) -> bytes:
    """The file learned from examples of both sorts of asking and of neither."""
    machine = LogisticRegression(C=_C, solver="liblinear", dual=True, random_state=0, max_iter=3000)
    matrix = Matrix([each.said for each in several], BUCKETS)
    asks = [each.after is not None for each in several]
    machine.fit(matrix.rows, asks, sample_weight=[each.counts for each in several])
    learned = {ASKS: matrix.learned(machine)}
    asking = [each for each in several if each.after is not None]
    matrix = Matrix([each.said for each in asking], HURRY_BUCKETS)
    machine.fit(matrix.rows, [each.after is After.HURRY for each in asking])
    learned[HURRIES] = matrix.learned(machine)
    return write(learned)


def _tables(corpus: Path) -> list[Path]:
    return sorted(corpus.glob("*.tsv"))
