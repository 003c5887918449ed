"""Lists as people fill them in: which column is what, cells as they were meant, and what a row does.

A kind of list is a class of `OneARow`: its columns, what there is, how that is written, which one a row means, and what
the row makes of it. The rest is here: what stands in a list as it is already does nothing, whatever else holds.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any, ClassVar, Generic, TypeVar
from unicodedata import category, normalize

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from models import areas
from models.area import Area, AreaKind
from models.base import Base
from models.person import Person
from models.slips import Slip, Slipped
from models.uploads import MOST_ROWS, Change, Line, Outcome, Wrong

LONGEST = 800
"""Characters that are read of a cell."""

_GUARDED = re.compile(r"'+[=+\-@]")
"""What was put before a cell so that no program carries it out is taken off again, once."""

_BETWEEN = re.compile(r"[、,，;；\s]+")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: 0{1,2}:00(?::00)?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the name it is written with, how else people call it, whether a list is none without it, and whether
    its cells keep their lines.
    """

    key: str
    head: str
    pattern: re.Pattern[str] | None = None
    needed: bool = False
    in_lines: bool = False
    is_told: bool = True
    """Whether it belongs to what a row changes: numbers and what is only to be looked at do not."""
    empty: str = ""
    """What an empty cell means, where it means something."""


Cell = str | float | None
Row = Mapping[str, str]
Thing = TypeVar("Thing")


class Listed(ABC, Generic[Thing]):
    """One kind of list, for one person and one transaction."""

    columns: ClassVar[Sequence[Column]]
    named_by: ClassVar[Sequence[str]] = ("name",)
    """The columns by which people know a row."""
    holds: ClassVar[Sequence[type[Base]]] = ()
    """The tables of which nobody else changes a row while a list goes in."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @abstractmethod
    def everything(self) -> Iterable[Thing]:
        """What there is, in the order of a list."""

    @abstractmethod
    def cells(self, thing: Thing) -> Mapping[str, Cell]:
        """How it is written, by column; empty for what is out of use and would come back."""

    @abstractmethod
    def take(self, number: int, row: Row) -> Line:
        """Carries out one row. Raises Slipped."""

    def begin(self) -> None:
        """Before the first row, and before anything is read."""
        for table in self.holds:
            key = inspect(table).primary_key
            self._session.execute(select(*key).order_by(*key).with_for_update())

    def rest(self) -> Iterable[Line]:
        """After the last row, while none is wrong: what becomes of that which stands in no row."""
        return ()

    def written(self, most: int) -> list[list[Cell]]:
        """The rows of a list of everything."""
        things = islice(self.everything(), most)
        return [[_guarded(cells.get(each.key)) for each in self.columns] for cells in map(self.cells, things)]

    def called(self, row: Row) -> str:
        """What a sentence about the row calls it."""
        return " ".join(filter(None, (row.get(each, "")[:30] for each in self.named_by)))


def numbered(known: Mapping[int, Thing], row: Row) -> Thing | None:
    """The one whose number a row has; None for a row without a number. Raises Slipped."""
    if not row.get("id"):
        return None
    found = known.get(number(row["id"]))
    if found is None:
        raise Slipped(Slip.NUMBER, "id")
    return found


class OneARow(Listed[Thing]):
    """A list of which a row is one thing."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._done: dict[int, Thing] = {}

    @abstractmethod
    def find(self, row: Row) -> Thing | None:
        """Which one a row means, the same object each time; None: a new one. Raises Slipped."""

    @abstractmethod
    def put(self, row: Row, thing: Thing | None) -> Thing | None:
        """Makes of it what the row says; None: it is gone. Raises Slipped."""

    def take(self, number: int, row: Row) -> Line:
        """Does nothing where everything is so already, and what `put` says otherwise."""
        thing = self.find(row)
        if thing is not None and id(thing) in self._done:
            raise Slipped(Slip.TWICE)
        before = self.as_read(thing)
        is_so = bool(before) and all(before[key] == row[key] for key in self._told if key in row)
        after = thing if is_so else self.put(row, thing)
        self._done |= {id(each): each for each in (thing, after) if each is not None}
        now = before if is_so else self.as_read(after)
        both = [Change(key, before.get(key, ""), now.get(key, "")) for key in self._told]
        changes = [each for each in both if each.before != each.after]
        return Line(number, self.called(row), is_new=thing is None, changes=changes, is_gone=after is None)

    def as_read(self, thing: Thing | None) -> dict[str, str]:
        """A thing's cells as they would be read of its own list."""
        cells = self.cells(thing) if thing is not None else {}
        return {each.key: _cell(_text(_guarded(cells.get(each.key))), each) for each in self.columns} if cells else {}

    @property
    def _told(self) -> list[str]:
        return [column.key for column in self.columns if column.is_told]


def heads(listed: type[Listed[Any]]) -> dict[str, str]:
    """What the columns of a list are called."""
    return {column.key: column.head for column in listed.columns}


def empty(listed: type[Listed[Any]]) -> dict[str, str]:
    """What an empty cell of a column means, where it means something."""
    return {column.key: column.empty for column in listed.columns if column.empty}


def bring(listed: Listed[Any], given: Sequence[Sequence[str]], *, most: int = MOST_ROWS) -> Outcome:
    """Carries a list of so many rows out row by row, once it is one; what is wrong is collected, and then nothing may be
    kept. What does not stand in a list stays, unless `rest` says otherwise.
    """
    found = rows(given, listed.columns)
    if found is None:
        return Outcome((), (Wrong(1, "", Slip.HEAD),))
    if sum(map(bool, given)) > most + 1:
        return Outcome((), (Wrong(1, "", Slip.MANY),))
    listed.begin()
    lines, wrong = [], []
    for number, row in found:
        try:
            lines.append(listed.take(number, row))
        except Slipped as slipped:
            wrong.append(Wrong.of(number, listed.called(row), slipped))
    if not wrong:
        lines += listed.rest()
    return Outcome(lines, wrong)


def rows(table: Sequence[Sequence[str]], columns: Sequence[Column]) -> Iterator[tuple[int, dict[str, str]]] | None:
    """The rows by column with their numbers as a spreadsheet shows them, without the columns that the list does not have:
    what it does not name stays as it is. None when the first row is no head.
    """
    at_head = next((at for at, cells in enumerate(table) if any(cells)), 0)
    head = table[at_head] if table else ()
    places: dict[str, int] = {}
    for exact in (True, False):
        for column in columns:
            for at, cell in enumerate(head):
                fits = cell.strip() == column.head if exact else column.pattern and column.pattern.search(cell)
                if fits and column.key not in places and at not in places.values():
                    places[column.key] = at
    if any(column.needed and column.key not in places for column in columns):
        return None
    return _rows(table[at_head + 1 :], columns, places, first=at_head + 2)


def _rows(
    table: Sequence[Sequence[str]], columns: Sequence[Column], places: dict[str, int], *, first: int
) -> Iterator[tuple[int, dict[str, str]]]:
    for number, cells in enumerate(table, first):
        row = {
            column.key: _cell(cells[places[column.key]], column) if places[column.key] < len(cells) else ""
            for column in columns
            if column.key in places
        }
        if any(row.values()):
            yield number, row


# ---------------------------------------------------------------- cells


def several(cell: str) -> list[str]:
    """The words of a cell or a field that holds several, each once."""
    return list(dict.fromkeys(each for each in _BETWEEN.split(cell) if each))


def day(said: str, column: str) -> date:
    """A day of a cell, as people write it and as spreadsheets do. Raises Slipped."""
    found = _DAY.fullmatch(said)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else date.fromisoformat(said)
    except ValueError:
        raise Slipped(Slip.DATE, column) from None


Choice = TypeVar("Choice")


def chosen(names: Mapping[Choice, str], said: str, slip: Slip, column: str) -> Choice:
    """Which of some choices a cell names. Raises Slipped."""
    for choice, name in names.items():
        if _plain(name) == _plain(said):
            return choice
    raise Slipped(slip, column)


YES, NO = "是", "否"


def yes(said: str, column: str) -> bool:
    """A cell that says yes or no. Raises Slipped."""
    return chosen({True: YES, False: NO}, said, Slip.YES_OR_NO, column)


def as_yes(is_so: bool) -> str:
    """The other way round."""
    return YES if is_so else NO


def number(said: str) -> int:
    """The row that a cell names, 0 for nonsense."""
    return int(said) if said.isascii() and said.isdigit() and len(said) <= 12 else 0


def _plain(said: str) -> str:
    return "".join(normalize("NFKC", said).split())


def _text(cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def _guarded(cell: Cell) -> Cell:
    """A text that begins with a mark that is taken off when it is read gets one more."""
    return f"'{cell}" if isinstance(cell, str) and _GUARDED.match(cell) else cell


def _cell(text: str, column: Column) -> str:
    # What no keyboard types: some databases refuse it, and nobody would see why; and what turns a line round that
    # somebody looks at before they say yes.
    text = "".join(each for each in text[:LONGEST] if each in "\n\t\r" or category(each) not in ("Cc", "Cf", "Cs"))
    lines = normalize("NFC", text).splitlines() if column.in_lines else [normalize("NFC", text)]
    said = "\n".join(" ".join(line.split()) for line in lines).strip()
    return said[1:] if _GUARDED.match(said) else said


# ---------------------------------------------------------------- places and people


def inside(nodes: Iterable[Area], tops: Sequence[Area]) -> set[int]:
    """The ids of those areas that lie in one of `tops`."""
    return {each.id for each in nodes if any(areas.covers(top.path, each.path) for top in tops)}


class Places:
    """The open areas that a list may name, and how it writes them: the name, with as much of what they lie in as it
    takes.
    """

    def __init__(self, session: Session, among: Collection[int] | None = None) -> None:
        self._nodes = {each.id: each for each in areas.all_areas(session)}
        self.all: Collection[Area] = self._nodes.values()
        self.ids = {each.id for each in self.all if each.closed_at is None and (among is None or each.id in among)}
        self._said: dict[str, list[Area]] = {}
        for area_id in sorted(self.ids):
            steps = self._steps(area_id)
            for begin in range(len(steps)):
                self._said.setdefault("/".join(each.name for each in steps[begin:]), []).append(steps[-1])

    def one(self, said: str, column: str = "area") -> Area:
        """The one area that is written so. Raises Slipped."""
        here = self._said.get("/".join(step.strip() for step in said.split("/")), [])
        if len(here) != 1:
            raise Slipped(Slip.AREA_AMBIGUOUS if here else Slip.AREA, column)
        return here[0]

    def said(self, area_id: int) -> str:
        """An area from the street down, or from the very top where that would be two."""
        steps = self._steps(area_id)
        below = [each.name for each in steps if each.kind not in (AreaKind.CITY, AreaKind.DISTRICT)]
        short = "/".join(below) or steps[-1].name
        return short if len(self._said.get(short, ())) < 2 else "/".join(each.name for each in steps)

    def _steps(self, area_id: int) -> list[Area]:
        return [self._nodes[each] for each in areas.ids_on(self._nodes[area_id].path)]


class Names:
    """The people whom a list may name: by name, with their number where there are two or none."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._said: dict[str, list[Person]] = {}
        self._known: dict[int, str] = {}
        for each in {person.id: person for person in people}.values():
            self._said.setdefault(each.name, []).append(each)
        for same in list(self._said.values()):
            for each in same:
                numbered = f"{each.name}#{each.id}"
                self._known[each.id] = each.name if each.name and len(same) == 1 else numbered
                self._said.setdefault(numbered, [each])

    def one(self, said: str, column: str, slip: Slip) -> Person:
        """The one person who is written so. Raises Slipped."""
        found = self._said.get(said, []) if said else []
        if len(found) != 1:
            raise Slipped(Slip.SAME_NAME if found else slip, column, name=said)
        return found[0]

    def said(self, person_id: int | None) -> str:
        """How they are written; nothing for nobody."""
        return self._known.get(person_id, "") if person_id is not None else ""
