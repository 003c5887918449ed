"""The tests' own ground: nothing leaves this machine, and every database is fresh and real."""

from __future__ import annotations

import os
import socket
import urllib.request

import psycopg
import pytest
import redis
from playwright.sync_api import Page
from sqlalchemy import create_engine, text


def test_a_test_that_calls_out_is_stopped() -> None:
    with pytest.raises(Exception, match="192.0.2.1"), socket.socket() as outside:
        outside.connect(("192.0.2.1", 80))
    with pytest.raises(Exception, match="example.org"):
        urllib.request.urlopen("http://example.org/")


@pytest.mark.parametrize("visit", ["first", "second"])
def test_every_test_gets_an_empty_postgresql_that_sorts_chinese_by_code_point(postgres_url: str, visit: str) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        assert connection.execute(text("SHOW server_version")).scalar_one().startswith("18.")
        assert connection.execute(text("SHOW server_encoding")).scalar_one() == "UTF8"
        assert connection.execute(text("SELECT '居民' < '网格'")).scalar_one()
        connection.execute(text("CREATE TABLE visited (word text)"))
    engine.dispose()


def test_no_database_outlives_its_test(postgres: str) -> None:
    with psycopg.connect(postgres, dbname="postgres") as connection:
        left = connection.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'test_%'").fetchone()
    # Another worker may hold one of its own at this moment.
    assert left is not None and left[0] <= int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))


@pytest.mark.parametrize("visit", ["first", "second"])
def test_both_databases_come_with_the_newest_schema(database_url: str, visit: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        connection.execute(text("CREATE TABLE visited (word text)"))
    engine.dispose()


@pytest.mark.parametrize("visit", ["first", "second"])
def test_every_test_gets_an_empty_valkey(valkey_url: str, visit: str) -> None:
    with redis.Redis.from_url(valkey_url) as client:
        assert client.keys("*") == []
        assert client.info()["server_name"] == "valkey"
        client.set("visited", "yes")


@pytest.mark.browser
def test_a_page_is_shown_as_in_shanghai(page: Page) -> None:
    page.set_content("<h1>您好</h1>")
    assert page.inner_text("h1") == "您好"
    assert page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone") == "Asia/Shanghai"
