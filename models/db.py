"""The database: how it is opened, and the only place where anything is committed."""

from __future__ import annotations

import bisect
import itertools
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, CursorResult, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

LOCK_TIMEOUT_MS = 4000  # under the platform's five seconds, so that a stuck row becomes a re-send and not a silence


class Database:
    """One engine and its transactions.

    On SQLite every write transaction begins with BEGIN IMMEDIATE, one at a time in the process: Python's driver begins
    nothing before a SELECT, so that two writers would both read before either wrote, and one update would be lost.
    """

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._turns = _Turns()
        self._writer: Connection | None = None
        self._log = _WriteAheadLog(self.url.database or "") if self.is_sqlite else None
        if self.is_sqlite:
            if self.url.database and self.url.database != ":memory:":
                Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            self.engine = create_engine(
                self.url,
                pool_size=pool_size,
                max_overflow=32,
                pool_use_lifo=True,  # the connection that wrote last still has the pages in its cache
                hide_parameters=True,
            )
            _teach_sqlite(self.engine)
        else:
            self.engine = create_engine(
                self.url,
                pool_size=pool_size,
                max_overflow=8,
                hide_parameters=True,  # a fault in the log never shows what somebody wrote
                pool_timeout=3,
                connect_args={
                    "connect_timeout": 3,
                    "options": f"-c lock_timeout={LOCK_TIMEOUT_MS} -c timezone=UTC -c statement_timeout=30000",
                },
            )
        self._reading = self.engine.execution_options(readonly=True)

    @contextmanager
    def transaction(self, *, first: bool = False) -> Iterator[Session]:
        """A session whose work is committed on leaving the block, or rolled back if it raises.

        On SQLite those who come `first` write before all others who wait: somebody is being answered.
        """
        if self._log is not None:
            with self._turns.take(first=first), self._session(self.engine) as session:
                yield session
                session.commit()
                written = self._log.wrote()
            self._log.keep(written)
        else:
            with self._session(self.engine) as session:
                yield session
                session.commit()

    def write(self, act: Callable[[Connection], None]) -> None:
        """Commits what `act` does past the unit of work; comes first like an answer, since it is one."""
        if self._log is None:
            with self.engine.begin() as connection:
                act(connection)
            return
        with self._turns.take(first=True):
            # Always the same connection: fetching one and giving it back takes as long as a statement or two.
            writer, self._writer = self._writer or self.engine.connect(), None
            try:
                with writer.begin():
                    act(writer)
                self._writer = writer
            finally:
                if self._writer is None:
                    writer.close()  # rolled back whatever happened: a commit that fails leaves its transaction open
            written = self._log.wrote()
        self._log.keep(written)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for looking only; nothing it does is kept."""
        with self._session(self._reading) as session:
            yield session

    def before_looking(self, act: Callable[[], None]) -> None:
        """Has `act` called before every statement of sessions for looking only, which keep nobody else waiting."""
        event.listen(self._reading, "before_cursor_execute", lambda *_: act())

    def ping(self) -> None:
        """Raises sqlalchemy's OperationalError when the database does not answer."""
        with self._reading.connect() as connection:
            connection.execute(text("SELECT 1"))

    def dispose(self) -> None:
        """Closes every connection."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self.engine.dispose()

    @staticmethod
    def _session(bind: Engine) -> Session:
        return Session(bind, expire_on_commit=False)


class _Turns:
    """One writer at a time, in order, those who answer somebody before all others. A plain lock goes to whoever asks in
    the right moment, which is nearly always the one who has just given it back: a worker with hundreds of notices kept
    everybody else out for as long as it had any.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_taken = False
        self._numbers = itertools.count()
        self._waiting: list[tuple[bool, int]] = []

    @contextmanager
    def take(self, *, first: bool) -> Iterator[None]:
        """Waits for a turn."""
        with self._changed:
            mine = (not first, next(self._numbers))
            bisect.insort(self._waiting, mine)
            try:
                while self._is_taken or self._waiting[0] != mine:
                    self._changed.wait()
            finally:
                self._waiting.remove(mine)
            self._is_taken = True
        try:
            yield
        finally:
            with self._changed:
                self._is_taken = False
                self._changed.notify_all()


class _WriteAheadLog:
    """SQLite's log on its way to the disk: one fdatasync serves everybody who committed before it began.

    An acknowledged message survives a power cut, not only a killed process, and nobody waits for the disk while
    holding the lock that all writers need.
    """

    def __init__(self, database: str) -> None:
        self._path = f"{database}-wal"
        self._count = itertools.count(1)
        self._syncing = threading.Lock()
        self._written = self._kept = 0

    def wrote(self) -> int:
        """Notes a commit; called under the writers' lock."""
        self._written = next(self._count)
        return self._written

    def keep(self, commit: int) -> None:
        """Returns when `commit` is on the disk."""
        with self._syncing:
            if self._kept >= commit:
                return
            reached = self._written
            try:
                file = os.open(self._path, os.O_RDONLY)
            except FileNotFoundError:
                # In memory, or the last connection has just folded the log into the database, synced.
                return
            try:
                os.fdatasync(file)
            finally:
                os.close(file)
            self._kept = reached


def run(connection: Connection, sql: str, values: Sequence[Any] = ()) -> CursorResult[Any] | sqlite3.Cursor:
    """A statement in the driver's own form; on SQLite past SQLAlchemy, which takes longer to pass a short one on than
    the database to carry it out. Raises what SQLAlchemy raises.
    """
    if connection.dialect.name != "sqlite":
        return connection.exec_driver_sql(sql, tuple(values))
    driver: Any = connection.connection.dbapi_connection
    try:
        cursor: sqlite3.Cursor = driver.execute(sql, values)
    except sqlite3.Error as error:
        raise DBAPIError.instance(sql, None, error, sqlite3.Error, hide_parameters=True) from error
    return cursor


def is_contention(fault: DBAPIError) -> bool:
    """Whether PostgreSQL gave up waiting for somebody else's row (55P03) or broke a deadlock (40P01)."""
    return getattr(fault.orig, "sqlstate", "") in ("55P03", "40P01")


def _teach_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _: ConnectionPoolEntry) -> None:
        # Our own BEGIN below, not the driver's: the driver's own begins too late and ends savepoints by itself.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA busy_timeout=4000")
        # The log is brought to the disk by ourselves, after the lock and before anybody is answered (_WriteAheadLog).
        cursor.execute("PRAGMA synchronous=NORMAL")
        # Pages: folding the log into the database waits for the disk several times, so not after every 4 MB.
        cursor.execute("PRAGMA wal_autocheckpoint=4000")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        readonly = connection.get_execution_options().get("readonly", False)
        run(connection, "BEGIN DEFERRED" if readonly else "BEGIN IMMEDIATE")


def alembic_config(url: str) -> Config:
    """Alembic's configuration for one database; there is no alembic.ini to keep true."""
    config = Config()
    config.set_main_option("script_location", "migrations:.")
    config.attributes["url"] = url
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Brings the schema up to `revision`."""
    command.upgrade(alembic_config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Takes the schema back to `revision`."""
    command.downgrade(alembic_config(url), revision)
