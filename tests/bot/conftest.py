"""A bot with the demo street, on SQLite or on both databases; and its log kept short."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import structlog

from models import calendar
from tests.bot.support import Street, Town, build, build_town


@pytest.fixture(autouse=True)
def plain_log() -> Iterator[None]:
    """Without this, structlog prints the variables of every frame of an exception: slow, and with people's words."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(),
    )
    yield
    structlog.reset_defaults()


@pytest.fixture
def own_calendar() -> Iterator[None]:
    """The calendar of this process is put back afterwards."""
    yield
    calendar.adopt(calendar.OwnDays())


@pytest.fixture
def street(sqlite_url: str, tmp_path: Path) -> Iterator[Street]:
    with build(sqlite_url, tmp_path) as street:
        yield street


@pytest.fixture
def both(database_url: str, tmp_path: Path) -> Iterator[Street]:
    """The test runs twice, on SQLite and on PostgreSQL."""
    with build(database_url, tmp_path) as street:
        yield street


@pytest.fixture
def open_town(sqlite_url: str, tmp_path: Path) -> Iterator[Callable[..., Town]]:
    """A street and the platforms its people are on, with an account of certain abilities."""
    with ExitStack() as stack:
        yield lambda **values: stack.enter_context(build_town(sqlite_url, tmp_path, **values))


@pytest.fixture
def town(open_town: Callable[..., Town]) -> Town:
    return open_town()


@pytest.fixture
def both_towns(database_url: str, tmp_path: Path) -> Iterator[Town]:
    """The test runs twice, on SQLite and on PostgreSQL."""
    with build_town(database_url, tmp_path) as town:
        yield town
