"""How well messages are understood, measured on a labelled file, and one message as `huying classify` prints it."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from nlp import tables
from nlp.normal import normal
from nlp.understand import Understander, Understanding, Urgency

_WORST_PAIRS = 20


def classify_line(understander: Understander, text: str) -> dict[str, Any]:
    """The JSON object `huying classify` prints for one text; confidences are rounded to four places."""
    found = understander.understand(text)
    line: dict[str, Any] = {
        "text": text,
        "category": found.category,
        "name": understander.name(found.category) if found.category else None,
        "confidence": round(found.confidence, 4),
        "candidates": [{"category": code, "confidence": round(confidence, 4)} for code, confidence in found.candidates],
        "kind": found.kind.value,
        "urgency": found.urgency.value,
        "place": found.place.text if found.place else None,
        "reasons": list(found.reasons),
    }
    if found.abstained:
        line["abstained"] = True
    return line


def _macro_f1(pairs: Iterable[tuple[str, str]], *, least: int = 0) -> float:
    """The mean F1 over the labels that occur in truth or answer, `least` times in truth; pairs are (truth, answer)."""
    right: Counter[str] = Counter()
    true: Counter[str] = Counter()
    said: Counter[str] = Counter()
    for truth, answer in pairs:
        true[truth] += 1
        said[answer] += 1
        right[truth] += truth == answer
    labels = set(true) | set(said)
    labels = {label for label in labels if true[label] >= least}
    return sum(2 * right[label] / (true[label] + said[label]) for label in labels) / len(labels) if labels else 0.0


def _overlap(truth: str, answer: str) -> float:
    """Character F1 of two strings, as bags."""
    common = (Counter(truth) & Counter(answer)).total()
    return 2 * common / (len(truth) + len(answer)) if common else 0.0


def _share(part: float, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _top(found: Understanding) -> str:
    return found.candidates[0][0] if found.candidates else ""


def evaluate(understander: Understander, path: Path, *, confusions: bool = False) -> dict[str, Any]:
    """The figures `huying eval` prints for a tab-separated file with a header.

    Accuracies count the best candidate, whether or not it passes the gate; `coverage` is the share that passes and
    `precision_covered` the accuracy among those. Figures whose column is missing are left out.
    """
    rows = tables.rows(path)
    columns = set(rows[0]) if rows else set()
    texts = ["\n".join(row[name] for name in ("title", "text") if row.get(name)) for row in rows]
    begin = time.perf_counter()
    answers = [understander.understand(text) for text in texts]
    took = time.perf_counter() - begin

    result: dict[str, Any] = {"n": len(rows)}
    if "category" in columns:
        result.update(_category_figures(rows, answers))
    if "kind" in columns:
        kinds = [(row["kind"], found.kind.value) for row, found in zip(rows, answers, strict=True)]
        result["kind_accuracy"] = _share(sum(truth == answer for truth, answer in kinds), len(kinds))
        result["kind_macro_f1"] = round(_macro_f1(kinds), 4)
    if "location" in columns:
        result.update(_place_figures(rows, answers))
    if "emergency" in columns:
        alarms = [found.urgency is Urgency.EMERGENCY for found in answers]
        real = [row["emergency"] == "1" for row in rows]
        result["emergency_recall"] = _share(sum(a and r for a, r in zip(alarms, real, strict=True)), sum(real))
        result["emergency_false"] = sum(a and not r for a, r in zip(alarms, real, strict=True))
    result["seconds_per_1000"] = round(took / len(rows) * 1000, 4) if rows else 0.0
    if confusions and "category" in columns:
        result["confusions"] = _confusions(rows, answers)
    return result


def _category_figures(rows: Sequence[dict[str, str]], answers: Sequence[Understanding]) -> dict[str, Any]:
    pairs = [(row["category"], _top(found)) for row, found in zip(rows, answers, strict=True)]
    covered = [pair for pair, found in zip(pairs, answers, strict=True) if not found.abstained]
    near = sum(
        row["category"] in [code for code, _ in found.candidates[:3]] for row, found in zip(rows, answers, strict=True)
    )
    return {
        "accuracy": _share(sum(truth == answer for truth, answer in pairs), len(pairs)),
        "accuracy_top3": _share(near, len(pairs)),
        "macro_f1": round(_macro_f1(pairs), 4),
        # A single row of a rare category moves the mean over all of them by as much as ten of a frequent one.
        "macro_f1_of_5_rows": round(_macro_f1(pairs, least=5), 4),
        "coverage": _share(len(covered), len(pairs)),
        "precision_covered": _share(sum(truth == answer for truth, answer in covered), len(covered)),
    }


def _place_figures(rows: Sequence[dict[str, str]], answers: Sequence[Understanding]) -> dict[str, Any]:
    overlaps: list[float] = []
    invented: list[bool] = []
    for row, found in zip(rows, answers, strict=True):
        said = found.place.text if found.place else ""
        if row["location"] in ("", "-"):
            invented.append(bool(said))
        else:
            overlaps.append(_overlap(normal(row["location"]), said))
    return {
        "place_overlap": _share(sum(overlaps), len(overlaps)),
        "place_invented": _share(sum(invented), len(invented)),
    }


def _confusions(rows: Sequence[dict[str, str]], answers: Sequence[Understanding]) -> list[dict[str, Any]]:
    pairs: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row, found in zip(rows, answers, strict=True):
        if row["category"] != _top(found):
            pairs[row["category"], _top(found)] += 1
    worst = sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))[:_WORST_PAIRS]
    return [{"truth": truth, "answer": answer, "count": count} for (truth, answer), count in worst]
