"""Lists as people fill them in: which column is what, and cells as they were meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
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
    """One column: the name it is written with, how else people call it, whether a list is none without it, and whether
    its cells keep their lines.
    """

    key: str
    head: str
    pattern: re.Pattern[str]
    needed: bool = False
    in_lines: bool = False


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


def by_path(nodes: Mapping[int, Area], among: Collection[int]) -> dict[str, list[Area]]:
    """The open areas `among` the nodes by what people may write: their name, with as much of what they lie in as it
    takes.
    """
    found: dict[str, list[Area]] = {}
    for each in nodes.values():
        if each.id in among and each.closed_at is None:
            steps = [nodes[step].name for step in areas.ids_on(each.path)]
            for begin in range(len(steps)):
                found.setdefault("/".join(steps[begin:]), []).append(each)
    return found


def only(found: Mapping[str, Sequence[Area]], said: str) -> Area:
    """The one area that is written so. Raises Slipped."""
    here = found.get("/".join(step.strip() for step in said.split("/")), [])
    if len(here) != 1:
        raise Slipped(Slip.AREA_AMBIGUOUS if here else Slip.AREA, "area")
    return here[0]


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
            column.key: _cell(cells[places[column.key]], in_lines=column.in_lines)
            if places[column.key] < len(cells)
            else ""
            for column in columns
            if column.key in places
        }
        if any(row.values()):
            yield number, row


def several(cell: str) -> list[str]:
    """The words of a cell or a field that holds several, each once."""
    return list(dict.fromkeys(each for each in _BETWEEN.split(cell) if each))


def _cell(text: str, *, in_lines: bool) -> str:
    text = normalize("NFC", text)
    lines = text.splitlines() if in_lines else [text]
    # What nobody sees turns the line round that they look at before they say yes.
    lines = ["".join(each for each in line if each.isprintable() or each.isspace()) for line in lines]
    return _QUOTED.sub("", "\n".join(" ".join(line.split()) for line in lines), count=1).strip()
