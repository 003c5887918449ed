"""Pages step aside for replies, a moment only, and never while they keep anybody else waiting."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.pace import Pace
from models.db import Database


@pytest.fixture
def page() -> Iterator[ThreadPoolExecutor]:
    """A thread that makes pages, once a test has marked it."""
    with ThreadPoolExecutor(1) as thread:
        yield thread


def test_a_page_waits_for_the_reply_and_goes_on_when_it_is_made(page: ThreadPoolExecutor) -> None:
    pace = Pace(aside=60)
    page.submit(pace.courteous).result()
    page.submit(pace.step_aside).result()
    with pace:
        waits = page.submit(pace.step_aside)
        assert wait([waits], timeout=0.05).done == set()
    waits.result(timeout=30)


def test_it_does_not_wait_for_ever(page: ThreadPoolExecutor) -> None:
    pace = Pace(aside=0.01)
    page.submit(pace.courteous).result()
    with pace:
        page.submit(pace.step_aside).result(timeout=30)


def test_who_answers_does_not_wait_for_himself(page: ThreadPoolExecutor) -> None:
    pace = Pace(aside=60)
    with pace:
        page.submit(pace.step_aside).result(timeout=30)


def test_only_those_who_look_are_stopped_not_those_who_write(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'pace.db'}")
    asked: list[int] = []
    database.before_looking(lambda: asked.append(1))
    with database.transaction() as session:
        session.execute(text("SELECT 1"))
    assert not asked
    with database.reading() as session:
        session.execute(text("SELECT 1"))
        session.execute(text("SELECT 2"))
    assert len(asked) == 2
    database.dispose()
