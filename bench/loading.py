"""Filling a PostgreSQL of one run fast: no foreign keys asked, indexes made at the end, entries of search by COPY.

Nothing of this is how the product writes; what is measured afterwards reads what the product would have written.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, func, select, text
from sqlalchemy.orm import Session

from models import search
from models.db import Database
from models.ticket import Ticket

BATCH = 5000
HELPERS = 2

OWN_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE schemaname = 'public' AND tablename = ANY(%s)
  AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE contype IN ('p', 'u'))
"""

READ_ALL = "UPDATE feeds SET event_id = (SELECT max(id) FROM ticket_events) WHERE name = 'search'"


@contextmanager
def loading(connection: Connection, tables: list[str]) -> Iterator[None]:
    """While something is written into these tables of PostgreSQL: no index but those of keys, no foreign keys."""
    run = connection.exec_driver_sql
    for setting in ("statement_timeout = 0", "session_replication_role = replica", "maintenance_work_mem = '1GB'"):
        run(f"SET {setting}")
    indexes = run(OWN_INDEXES, (tables,)).all()
    for name, _ in indexes:
        run(f'DROP INDEX "{name}"')
    yield
    for _, made_by in indexes:
        run(made_by)


def write_entries(database: Database) -> None:
    """All entries of search, made by some processes at once."""
    with database.engine.connect() as connection:
        last = connection.scalar(select(func.max(Ticket.id))) or 0
        url = database.url.render_as_string(hide_password=False)
        connection.rollback()
        with loading(connection, ["search_entries"]):
            connection.commit()
            stretches = [(url, first, min(first + BATCH, last + 1)) for first in range(1, last + 1, BATCH)]
            with multiprocessing.get_context("spawn").Pool(HELPERS) as pool:
                for _ in pool.imap_unordered(_copy_entries, stretches):
                    pass
        connection.execute(text(READ_ALL))
        connection.commit()


def _copy_entries(stretch: tuple[str, int, int]) -> None:
    url, first, end = stretch
    database = Database(url, pool_size=1)
    with database.engine.connect() as connection, Session(connection) as session:
        rows = search.entries(session, range(first, end))
        connection.exec_driver_sql("SET session_replication_role = replica")
        connection.exec_driver_sql("SET synchronous_commit = off")
        driver = connection.connection.cursor()
        with driver.copy("COPY search_entries (ticket_id, version, grams) FROM STDIN") as copy:
            for row in rows:
                copy.write_row((row["ticket_id"], row["version"], row["grams"]))
        connection.commit()
    database.dispose()
