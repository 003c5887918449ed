"""Rows written many at a time past the unit of work: the SQL made once from the table, the values by its own types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, CursorResult, Dialect, Table

from models.base import Moment

Processor = Callable[[Any], Any]


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
            last = self._execute(connection, rows, "").lastrowid
            return {row[by] if by else at: last - len(rows) + at + 1 for at, row in enumerate(rows)}
        found = self._execute(connection, rows, f" RETURNING id{f', {by}' if by else ''}")
        return {row[-1] if by else at: row[0] for at, row in enumerate(found.all())}

    def _execute(self, connection: Connection, rows: Sequence[Mapping[str, Any]], end: str) -> CursorResult[Any]:
        prepared = self._prepared.get(connection.dialect.name) or self._prepare(connection.dialect)
        values: list[Any] = []
        for row in rows:
            values += [row[name] if process is None else process(row[name]) for name, process in prepared.given]
            values += prepared.constant
        return connection.exec_driver_sql(self._sql(connection.dialect.name, len(rows)) + end, tuple(values))

    def _sql(self, dialect: str, count: int) -> str:
        if (dialect, count) not in self._made:
            marks = ", ".join(["?" if dialect == "sqlite" else "%s"] * (len(self._given) + len(self._constant)))
            self._made[dialect, count] = self._head + ", ".join([f"({marks})"] * count) + self._tail
        return self._made[dialect, count]

    def _prepare(self, dialect: Dialect) -> _Prepared:
        constant = []
        for column in self._constant:
            process, value = _processor(column, dialect), getattr(column.default, "arg", None)
            constant.append(value if process is None else process(value))
        given = [(column.name, _remembering(_processor(column, dialect), column)) for column in self._given]
        self._prepared[dialect.name] = _Prepared(given, constant)
        return self._prepared[dialect.name]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What one driver gets: how each given value is turned into its own, and the values that are always the same."""

    given: list[tuple[str, Processor | None]]
    constant: list[Any]


def _processor(column: Column[Any], dialect: Dialect) -> Processor | None:
    return column.type.dialect_impl(dialect).bind_processor(dialect)


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
