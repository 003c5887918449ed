"""How Alembic reaches the database: all steps in one transaction, on SQLite as on PostgreSQL."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON, Connection, text

# Importing a module of tables puts them into the metadata; nothing else is wanted of these.
from models import (  # noqa: F401
    announcement,
    appointment,
    area,
    attachment,
    audit,
    broadcast,
    category,
    conversation,
    correction,
    desktop,
    edition,
    entry,
    figure,
    guide,
    honour,
    inbox,
    joint,
    ledger,
    offer,
    outbox,
    outline,
    own_day,
    party,
    person,
    place_code,
    post,
    proposal,
    pushed,
    reminder,
    result,
    rider,
    roster,
    station,
    template,
    ticket,
    upload,
)
from models.base import Base, Moment, Word
from models.db import Database

ONE_AT_A_TIME = 7_253_011
"""The key of an advisory lock: of two processes that start together, one migrates and the other finds it done."""


class DanglingRows(Exception):
    """A migration left rows that point to nothing; it was rolled back."""


def render_item(kind: str, item: Any, autogen_context: AutogenContext) -> str | Literal[False]:
    """Writes our own types into a new migration as plain ones: what is migrated must not change with models."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Word):
        return "sa.String(40)"
    if kind == "type" and isinstance(item, JSON):
        autogen_context.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


def run() -> None:
    """Takes the steps Alembic has chosen, on the database named by the configuration's attribute `url`."""
    database = Database(context.config.attributes["url"])
    try:
        with database.engine.connect() as connection:
            if database.is_sqlite:
                # Changing a table there means copying it and dropping the old one, which must not drop its rows'
                # children. SQLite ignores this inside a transaction, so the driver is told before one begins.
                connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
            migrate(connection, is_sqlite=database.is_sqlite)
    finally:
        database.dispose()


def migrate(connection: Connection, *, is_sqlite: bool) -> None:
    """Everything or nothing: a step that fails leaves the schema as it was."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=is_sqlite,
        render_item=render_item,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        if not is_sqlite:
            # A copy of a large table may take longer than any answer to a resident.
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SET LOCAL lock_timeout = '60s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
        context.run_migrations()
        if is_sqlite:
            dangling = connection.execute(text("PRAGMA foreign_key_check")).first()
            if dangling is not None:
                raise DanglingRows(f"{dangling[0]}, row {dangling[1]}, points to a missing row of {dangling[2]}")


run()
