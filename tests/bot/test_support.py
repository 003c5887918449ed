"""The tests' own installation: people move in once, and nobody's request is forgotten."""

from __future__ import annotations

import gc
import socket

import pytest
from sqlalchemy import func, select
from werkzeug.test import EnvironBuilder, run_wsgi_app

from models.base import Base
from models.db import Database
from tests.bot import support
from tests.bot.program import free_ports
from tests.bot.support import PATIENCE, REQUESTS, Street, as_wsgi, end_requests
from tests.channels.support import NOW


def rows(url: str) -> dict[str, int]:
    """How many each table has."""
    database = Database(url)
    with database.reading() as session:
        tables = Base.metadata.tables.items()
        found = {name: session.scalar(select(func.count()).select_from(table)) or 0 for name, table in tables}
    database.dispose()
    return found


def test_a_street_is_the_same_whether_people_move_in_or_it_is_copied(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(support, "_furnished_files", {})
    monkeypatch.setattr(support, "_furnished_databases", {})
    support.furnish(database_url, now=NOW)
    moved_in = rows(database_url)
    assert moved_in["people"] > 20
    support.furnish(database_url, now=NOW)
    assert rows(database_url) == moved_in


def test_a_request_whose_client_left_is_held_until_it_is_ended(street: Street) -> None:
    before = set(REQUESTS)
    environ = EnvironBuilder(path="/healthz").get_environ()
    chunks, _, _ = run_wsgi_app(as_wsgi(street.huying.door), environ)
    chunks.close()  # type: ignore[attr-defined]
    del chunks
    gc.collect()
    (left,) = REQUESTS - before
    assert not left.done()
    end_requests()
    assert left.cancelled()
    assert not REQUESTS


def test_a_port_that_is_kept_is_given_to_nobody_else_and_a_server_listens_beside() -> None:
    with free_ports(1) as (port,):
        with socket.socket() as somebody, pytest.raises(OSError, match="in use"):
            somebody.bind(("127.0.0.1", port))
        with socket.create_server(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port), PATIENCE):
            pass
