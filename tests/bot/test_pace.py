"""Pages step aside for replies, a moment only, and never while they keep anybody else waiting."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.pace import ASIDE_SECONDS, Pace
from models.db import Database


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was slept; time passes by it alone."""
    nights: list[float] = []
    monkeypatch.setattr("bot.pace.time.sleep", nights.append)
    monkeypatch.setattr("bot.pace.time.monotonic", lambda: sum(nights))
    return nights


def test_a_page_waits_for_the_reply_that_is_being_made_but_not_for_ever(slept: list[float]) -> None:
    pace = Pace()
    pace.courteous()
    pace.step_aside()
    assert not slept
    with pace:
        pace.step_aside()
    assert sum(slept) == pytest.approx(ASIDE_SECONDS, abs=0.002)


def test_it_goes_on_as_soon_as_the_reply_is_made(slept: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    pace = Pace()
    pace.courteous()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        pace.__exit__(None, None, None)

    monkeypatch.setattr("bot.pace.time.sleep", sleep)
    pace.__enter__()
    pace.step_aside()
    assert len(slept) == 1


def test_who_answers_does_not_wait_for_himself(slept: list[float]) -> None:
    pace = Pace()
    with pace, ThreadPoolExecutor(1) as another:
        another.submit(pace.step_aside).result()
    assert not slept


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
