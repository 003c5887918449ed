"""What every message asks and writes, past the unit of work: SQL made once, values turned by the table's own types."""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, CursorResult, Dialect, Insert, Select, Table
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from models.base import Moment
from models.db import run

Processor = Callable[[Any], Any]
Statement = Select[Any] | Insert

NO_LIST = -1


class BulkInsert:
    """INSERT of rows of one table, all with the same columns; the table's plain defaults are added.

    SQLAlchemy's own bulk insert prepares every value of every row anew: on the way that each message takes that is most
    of the time (docs/decisions/0010). `replace` names a unique key: a row that has it already takes the new values.
    Raises TypeError for a column that would be left without a value.
    """

    def __init__(self, table: Table, *columns: str, replace: Sequence[str] = ()) -> None:
        rest = [column for column in table.columns if column.name not in columns]
        self._given = [table.columns[name] for name in columns]
        self._constant = [column for column in rest if column.default is not None and column.default.is_scalar]
        missing = [column.name for column in rest if column not in self._constant and not _may_be_missing(column)]
        if missing:
            raise TypeError(f"{table.name} needs {', '.join(missing)}")
        names = [f'"{column.name}"' for column in [*self._given, *self._constant]]  # one is a word of SQL
        self._head = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES "  # noqa: S608  (names of the table itself)
        self._tail = ""
        if replace:
            changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in replace)
            self._tail = f" ON CONFLICT ({', '.join(replace)}) DO UPDATE SET {changes}"
        self._made: dict[tuple[str, int], str] = {}
        self._prepared: dict[str, _Prepared] = {}

    def execute(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Writes the rows."""
        self._execute(connection, rows, "")

    def keys(self, connection: Connection, rows: Sequence[Mapping[str, Any]], *, by: str = "") -> dict[Any, int]:
        """Writes the rows; gives the keys of the new rows by their values of column `by`, which all differ.

        Without `by` the rows are all alike, and the keys are given by number from 0.
        """
        if connection.dialect.name == "sqlite":
            # One statement's keys follow one another there: each is one more than the largest before it.
            last = self._execute(connection, rows, "").lastrowid or 0
            return {row[by] if by else at: last - len(rows) + at + 1 for at, row in enumerate(rows)}
        found = self._execute(connection, rows, f" RETURNING id{f', {by}' if by else ''}")
        return {row[-1] if by else at: row[0] for at, row in enumerate(found.fetchall())}

    def _execute(
        self, connection: Connection, rows: Sequence[Mapping[str, Any]], end: str
    ) -> CursorResult[Any] | sqlite3.Cursor:
        prepared = self._prepared.get(connection.dialect.name) or self._prepare(connection.dialect)
        values: list[Any] = []
        for row in rows:
            values += [row[name] if process is None else process(row[name]) for name, process in prepared.given]
            values += prepared.constant
        return run(connection, self._sql(connection.dialect.name, len(rows)) + end, tuple(values))

    def _sql(self, dialect: str, count: int) -> str:
        if (dialect, count) not in self._made:
            marks = ", ".join(["?" if dialect == "sqlite" else "%s"] * (len(self._given) + len(self._constant)))
            self._made[dialect, count] = self._head + ", ".join([f"({marks})"] * count) + self._tail
        return self._made[dialect, count]

    def _prepare(self, dialect: Dialect) -> _Prepared:
        constant = []
        for column in self._constant:
            process, value = _processor(column.type, dialect), getattr(column.default, "arg", None)
            constant.append(value if process is None else process(value))
        given = [(column.name, _remembering(_processor(column.type, dialect), column)) for column in self._given]
        self._prepared[dialect.name] = _Prepared(given, constant)
        return self._prepared[dialect.name]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What one driver gets: how each given value is turned into its own, and the values that are always the same."""

    given: list[tuple[str, Processor | None]]
    constant: list[Any]


class Prepared:
    """A statement whose SQL is made once for the driver, for each length of its lists (parameters that expand)."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._made: dict[tuple[int, ...], _Question] = {}

    def all(self, connection: Connection, **values: Any) -> Sequence[Any]:
        """Every row it gives; `values` has every named parameter, the lists are not empty."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self._statement, values).all()
        shape = tuple(len(value) for value in values.values() if isinstance(value, list))
        asked = self._made.get(shape) or self._make(connection.dialect, shape, values)
        given = []
        for name, at, process in asked.given:
            value = name if at is None else values[name] if at == NO_LIST else values[name][at]
            given.append(value if process is None else process(value))
        rows = run(connection, asked.sql, given).fetchall()
        return [
            asked.row._make(
                [
                    value if process is None else process(value)
                    for process, value in zip(asked.results, row, strict=True)
                ]
            )
            for row in rows
        ]

    def _make(self, dialect: Dialect, shape: tuple[int, ...], values: Mapping[str, Any]) -> _Question:
        compiled = self._statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        state = compiled.construct_expanded_state(values)
        places = {
            each: (name, at) for name, all_of in state.parameter_expansion.items() for at, each in enumerate(all_of)
        }
        given: list[tuple[Any, int | None, Processor | None]] = []
        for name in state.positiontup or ():
            process: Any = state.processors.get(name)
            if name in places:
                given.append((*places[name], process))
            elif name in values:
                given.append((name, NO_LIST, process))
            else:
                constant = state.parameters[name]
                given.append((constant if process is None else process(constant), None, None))
        columns = getattr(self._statement, "exported_columns", ())
        results = [each.type.dialect_impl(dialect).result_processor(dialect, None) for each in columns]
        row = namedtuple("Row", [each.key for each in columns])  # type: ignore[misc]
        self._made[shape] = _Question(state.statement, given, row, results)
        return self._made[shape]


@dataclass(frozen=True, slots=True)
class _Question:
    """A statement for one driver."""

    sql: str
    given: list[tuple[Any, int | None, Processor | None]]
    """By place: a constant and None, or the name of a parameter and where in its list."""
    row: Any
    results: list[Processor | None]


def _processor(of: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    return of.dialect_impl(dialect).bind_processor(dialect)


def _remembering(process: Processor | None, column: Column[Any]) -> Processor | None:
    """For moments: most rows of one statement have the same one, and turning it into words is slow."""
    if process is None or not isinstance(column.type, Moment):
        return process
    last: tuple[Any, Any] = (None, process(None))

    def convert(value: Any) -> Any:
        nonlocal last
        known = last  # one look: another thread may put in another pair at any time
        if known[0] is not value:
            last = known = (value, process(value))
        return known[1]

    return convert


def _may_be_missing(column: Column[Any]) -> bool:
    return bool(column.nullable) or column.server_default is not None or column is column.table.autoincrement_column
