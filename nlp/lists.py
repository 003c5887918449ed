"""Lists as people fill them in: which column is what, and cells as they were meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from unicodedata import normalize

from models import areas
from models.area import Area
from models.slips import Slip, Slipped
from models.uploads import MOST_ROWS, Line, Outcome, Wrong

_QUOTED = re.compile(r"'(?=[=+\-@])")
"""What was put before a cell so that no program carries it out."""

_BETWEEN = re.compile(r"[、,，;；\s]+")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the name it is written with, how else people call it, and whether a list is none without it."""

    key: str
    head: str
    pattern: re.Pattern[str]
    needed: bool = False


Take = Callable[[int, Mapping[str, str]], Line]
"""Carries out one row, by its number and its columns. Raises Slipped."""


def bring(given: Sequence[Sequence[str]], columns: Sequence[Column], begin: Callable[[], Take]) -> Outcome:
    """Carries out a list row by row, once it is one; what is wrong is collected, and then nothing may be kept."""
    found = rows(given, columns)
    if found is None:
        return Outcome((), (Wrong(1, "", Slip.HEAD),))
    if len(given) > MOST_ROWS + 1:
        return Outcome((), (Wrong(1, "", Slip.MANY),))
    take = begin()
    lines, wrong = [], []
    for number, row in found:
        try:
            lines.append(take(number, row))
        except Slipped as slipped:
            wrong.append(Wrong.of(number, row["name"], slipped))
    return Outcome(lines, wrong)


def inside(nodes: Iterable[Area], tops: Sequence[Area]) -> set[int]:
    """The ids of those areas that lie in one of `tops`."""
    return {each.id for each in nodes if any(areas.covers(top.path, each.path) for top in tops)}


def rows(table: Sequence[Sequence[str]], columns: Sequence[Column]) -> Iterator[tuple[int, dict[str, str]]] | None:
    """The rows by column with their numbers as a spreadsheet shows them, without the columns that the list does not have:
    what it does not name stays as it is. None when the first row is no head.
    """
    head = table[0] if table else ()
    places: dict[str, int] = {}
    for exact in (True, False):
        for column in columns:
            for at, cell in enumerate(head):
                fits = cell.strip() == column.head if exact else column.pattern.search(cell) is not None
                if fits and column.key not in places and at not in places.values():
                    places[column.key] = at
    if any(column.needed and column.key not in places for column in columns):
        return None
    return _rows(table, columns, places)


def _rows(
    table: Sequence[Sequence[str]], columns: Sequence[Column], places: dict[str, int]
) -> Iterator[tuple[int, dict[str, str]]]:
    for number, cells in enumerate(table[1:], 2):
        row = {
            column.key: _cell(cells[places[column.key]]) if places[column.key] < len(cells) else ""
            for column in columns
            if column.key in places
        }
        if any(row.values()):
            yield number, row


def several(cell: str) -> list[str]:
    """The words of a cell or a field that holds several, each once."""
    return list(dict.fromkeys(each for each in _BETWEEN.split(cell) if each))


def _cell(text: str) -> str:
    return _QUOTED.sub("", " ".join(normalize("NFC", text).split()), count=1)
