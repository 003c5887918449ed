"""The page of figures for everybody: only where it is switched on, only whole months, and nothing of which there is
little.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import fakeredis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from bot.app import create_app
from bot.figures import LEAST, FigurePages, by_category, months, said_by_residents
from bot.limiter import Limiter
from bot.settings import Settings
from models import judging, tickets
from models.db import Database
from models.statistics import Share
from tests import factories
from tests.factories import NOW
from tests.models.conftest import World, build_world

MADE = datetime.fromisoformat("2026-10-12T10:00:00+08:00")


Now = list[datetime]


@pytest.fixture
def now() -> Now:
    """What the clock shows; a test may set it."""
    return [NOW]


@pytest.fixture
def town(sqlite_url: str, now: Now) -> Iterator[tuple[FlaskClient, World]]:
    """October: 22 noises, of which 21 are finished and twenty judged, and a lamp."""
    database = Database(sqlite_url)
    with database.transaction() as session:
        world = build_world(session)
        for number in range(22):
            ticket = factories.ticket(session, world.resident, area=world.street.building, now=MADE)
            if number:
                tickets.finish(session, ticket, "好了", by=world.staff, now=MADE + timedelta(hours=1))
            if number > 1:
                judging.evaluate(session, ticket, 1 if number > 7 else 3, "", by=world.resident, now=MADE)
        factories.ticket(session, world.stranger, category="lamp", area=world.street.building, now=MADE)
    web = Flask("public-under-test")
    limiter = Limiter(fakeredis.FakeRedis(), clock=lambda: NOW)
    web.register_blueprint(
        FigurePages(database, site_name="演示街道", clock=lambda: now[0], limiter=limiter).blueprint()
    )
    yield web.test_client(), world
    database.dispose()


def test_everybody_reads_the_rates_of_a_month_and_no_small_number(town: tuple[FlaskClient, World]) -> None:
    client, world = town
    answer = client.get(f"/public/figures/{world.street.street.id}")
    assert answer.status_code == 200
    page = answer.text
    assert "江湾街道 2026 年 10 月" in page
    assert "70%" in page, "fourteen of twenty said that it is mended"
    assert "<strong>23 件</strong>" in page
    assert "<strong>不到 20 件</strong>" in page, "one is finished and not judged"
    assert "lamp" not in page, "a single lamp would be somebody"
    assert "noise" not in page, "and by what is left of all it would be told apart"
    assert not any(each in page for each in ("张阿姨", "路人", "香樟花园", "<script"))


def test_how_few_said_something_is_not_left_between_two_numbers(
    town: tuple[FlaskClient, World], sqlite_url: str
) -> None:
    client, world = town
    database = Database(sqlite_url)
    with database.transaction() as session:
        resident, staff = session.merge(world.resident), session.merge(world.staff)
        for number in range(25):
            made = MADE - timedelta(days=30)
            ticket = factories.ticket(session, resident, area=world.street.building, now=made)
            tickets.finish(session, ticket, "好了", by=staff, now=made + timedelta(hours=1))
            if number < 3:
                judging.evaluate(session, ticket, 1, "", by=resident, now=made)
    database.dispose()
    page = client.get(f"/public/figures/{world.street.street.id}?month=2026-09").text
    assert "<strong>25 件</strong>" in page, "so many are finished"
    assert "<strong>22 件</strong>" not in page, "and with this one everybody knows of the three"


def test_where_nearly_all_say_the_same_only_a_bound_is_told() -> None:
    told = {part: said_by_residents(Share(part, 20)) for part in range(21)}
    assert {told[0], told[1], told[2]} == {"不到 15%"}
    assert (told[3], told[17]) == ("15%", "85%")
    assert {told[18], told[19], told[20]} == {"85% 以上"}
    assert said_by_residents(Share(1000, 1000)) == "99% 以上"
    assert said_by_residents(Share(10, 19)) == "太少，不公布"


def test_a_month_is_shown_once_its_last_results_have_come_to_rest(town: tuple[FlaskClient, World], now: Now) -> None:
    client, world = town
    for day, month in ((15, 9), (16, 10)):
        now[0] = datetime(2026, 11, day, 12, tzinfo=UTC)
        assert (
            f"2026 年 {month} 月" in client.get(f"/public/figures/{world.street.street.id}").text.partition("</h1>")[0]
        )


def test_browsers_may_keep_the_page_and_it_may_load_nothing(town: tuple[FlaskClient, World]) -> None:
    client, world = town
    answer = client.get(f"/public/figures/{world.street.street.id}?month=2026-09")
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers
    assert "<strong>太少，不公布</strong>" in answer.text, "nothing happened in September"
    assert "这个月的事很少" in answer.text
    assert "江湾街道" in client.get("/public/figures").text
    refused = client.get(f"/public/figures/{world.street.street.id}?month=2026-11")
    assert refused.headers["Cache-Control"] == "private, no-store"


def test_only_streets_and_months_that_are_over_can_be_asked_for(town: tuple[FlaskClient, World]) -> None:
    client, world = town
    street = world.street.street.id
    for path in (
        str(world.street.community.id), str(world.street.building.id), "999999", "x", f"{street}?month=2026-11",
        f"{street}?month=2025-10", f"{street}?month=x", f"{street}?month=2026-10-12", f"{street}?month='%20OR%201",
    ):  # fmt: skip
        assert client.get(f"/public/figures/{path}").status_code == 404, path
    assert (
        client.get(f"/public/figures/{street}?month=2026-10&from=2026-10-12&to=2026-10-12").text
        == client.get(f"/public/figures/{street}").text
    )


def test_nobody_calls_the_page_by_the_thousand(town: tuple[FlaskClient, World]) -> None:
    client, _ = town
    assert 429 in [client.get("/public/figures").status_code for _ in range(40)]


@pytest.mark.parametrize(("public", "status"), [(False, 404), (True, 200)])
def test_it_is_shown_only_where_somebody_switched_it_on(
    sqlite_url: str, tmp_path: object, public: bool, status: int
) -> None:
    settings = Settings.model_validate(
        {"data_dir": str(tmp_path), "database": {"url": sqlite_url}, "site": {"public_figures": public}}
    )
    huying = create_app(settings)
    with huying.database.transaction() as session:
        build_world(session)
    assert huying.web.test_client().get("/public/figures").status_code == status
    huying.close()


def test_the_months_are_the_last_twelve_that_are_over() -> None:
    assert months(date(2026, 1, 31))[:2] == [date(2025, 12, 1), date(2025, 11, 1)]
    assert len(months(date(2026, 3, 1))) == 12
    assert months(date(2026, 3, 1))[-1] == date(2025, 3, 1)


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 40)))
def test_no_category_of_few_can_be_worked_out(told: dict[str, int]) -> None:
    shown = by_category(told)
    assert all(number >= LEAST for _, number in shown)
    rest = sum(told.values()) - sum(number for _, number in shown)
    assert rest == 0 or (rest < LEAST and not shown), "what is missing is told apart by nobody"
