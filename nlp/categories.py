"""The 29 categories as shipped: their words, limits, level and who is tried first (nlp/categories.yaml)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

try:  # in C where PyYAML has it: a twentieth of a second sooner
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]


class First(StrEnum):
    """Who is tried first for a category."""

    VOLUNTEER = "volunteer"
    GRID = "grid"
    PROPERTY = "property"
    STAFF = "staff"
    DEPARTMENT = "department"
    POOL = "pool"
    POST = "post"


class Level(StrEnum):
    """The lowest of the four levels of handling that can solve a category."""

    ESTATE = "estate"
    COMMUNITY = "community"
    STREET = "street"
    DEPARTMENT = "department"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long each step may take: `2h` is wall-clock hours, `7wd` is working days.

    `by` has other ones for an urgency or a level: `{"urgent": {"finish": "24h"}}`.
    """

    first_answer: str
    accept: str
    finish: str
    by: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CategorySeed:
    """One category. `words` maps a word to its weight; a `+` joins words that must all occur, in any order."""

    code: str
    name: str
    words: dict[str, float]
    first: First
    level: Level
    limits: Limits
    department: str
    skills: tuple[str, ...]
    offerable: bool
    needs: int = 1
    """How many volunteers go together."""
    waves: dict[str, Any] = field(default_factory=dict)
    """Its own waves by urgency, each with `sizes` and `minutes`."""


def _limits(row: dict[str, Any]) -> Limits:
    return Limits(
        first_answer=row["first_answer"],
        accept=row["accept"],
        finish=row["finish"],
        by={name: dict(other) for name, other in row.items() if isinstance(other, dict)},
    )


def _seed(code: str, row: dict[str, Any]) -> CategorySeed:
    return CategorySeed(
        code=code,
        name=row["name"],
        words={word: float(weight) for weight, several in row["words"].items() for word in str(several).split()},
        first=First(row["first"]),
        level=Level(row["level"]),
        limits=_limits(row["limits"]),
        department=row["department"],
        skills=tuple(row.get("skills", ())),
        offerable=row.get("offerable", True),
        needs=row.get("needs", 1),
        waves=row.get("waves", {}),
    )


@cache
def load() -> tuple[CategorySeed, ...]:
    """The categories in the order of the file, which is the order people see."""
    rows = yaml.load(Path(__file__).with_name("categories.yaml").read_text(encoding="utf-8"), Loader=SafeLoader)
    return tuple(_seed(code, row) for code, row in rows.items())
