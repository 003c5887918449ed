"""How the installation is, as the street reads it: what is red says what to do; and an account being connected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, replace
from datetime import date, datetime, time, timedelta

import pytest
from flask import Flask

from bot import state
from console import blueprint
from console.health import ChannelState, State
from console.means import Means
from models import health
from models.audit import JobRun
from models.calendar import known_until
from models.clock import CHINA
from models.health import Ran
from models.outbox import NoticeKind
from models.outboxes import tell
from tests.console.conftest import Place
from tests.console.test_accounts import admin
from texts import health as words

GOOD = ChannelState("official", "official_account", "service", 3600, "https://bot.example/wechat/official")


def show(place: Place, *channels: ChannelState, means: Means | None = None, **more: object) -> None:
    """A console whose bot is in this state."""
    known = State(channels=channels, **more)  # type: ignore[arg-type]
    app = Flask("console-in-some-state")
    pages = blueprint(
        place.database,
        lambda: place.now,
        site_name="演示街道",
        secure=False,
        state=lambda: known,
        means=means or Means(),
    )
    app.register_blueprint(pages, url_prefix="/console")
    place.app = app


def page(place: Place, path: str = "/health", *, who: str = "boss") -> str:
    if who not in place.people:
        admin(place)
    answer = place.sign_in(who).get(path)
    assert answer.status_code == 200
    return answer.text


def test_what_is_well_is_not_red(place: Place) -> None:
    schemas = state.schemas()
    heard = replace(GOOD, message_at=place.now - timedelta(minutes=5))
    show(place, heard, versions={"huying": "0.1.0"}, schemas=schemas)
    with place.database.transaction() as session:
        health.note_runs(session, {"sweep": Ran(place.now, 0.2, 3, 15)})
    shown = page(place)
    assert "hy-red" not in shown
    assert "都正常。" in shown
    sweep = words.job("sweep")
    newest = f"第 {len(schemas)} 版，最新"
    for told in ("认证服务号", "5 分钟前收到过消息", "凭证还有 60 分钟", *astuple(sweep), "做了 3 件", "0.1.0", newest):
        assert told in shown
    assert schemas[-1] not in words.schema(schemas[-1], schemas)
    show(place, heard, schemas=(*schemas, "next"))
    assert words.SCHEMA_ADVICE in page(place)


def test_an_account_that_was_never_heard_says_where_to_go(place: Place) -> None:
    show(place, GOOD)
    assert words.NEVER_HEARD in page(place)


def test_an_account_that_is_silent_or_turned_away_is_red(place: Place) -> None:
    show(place, replace(GOOD, message_at=place.now - timedelta(days=4)))
    assert words.SILENT_ADVICE in page(place)
    refused = replace(GOOD, message_at=place.now - timedelta(hours=1), refused_at=place.now, refused_status="403")
    show(place, refused)
    assert words.REFUSED_ADVICE in page(place)


def test_what_waits_too_long_and_what_is_away_is_red(place: Place) -> None:
    show(place, spooled=2, redis=False, queue=False)
    with place.database.transaction() as session:
        tell(session, NoticeKind.REGISTERED, place.people["member"].id, now=place.now)
    place.later(minutes=3)
    shown = page(place)
    for todo in (words.QUEUE_ADVICE, words.SPOOL_ADVICE, words.REDIS_ADVICE, words.NO_CHANNEL[2]):
        assert todo in shown
    assert "最早的等了 3 分钟" in shown


def test_the_end_of_the_calendar_is_a_hint_then_a_warning_and_red_when_it_has_come(place: Place) -> None:
    told = {
        date(2026, 11, 23): ("soft", words.CALENDAR_HINT, "都正常。"),
        date(2026, 11, 30): ("soft", words.CALENDAR_HINT, "都正常。"),
        date(2026, 12, 1): ("warm", words.CALENDAR_SOON, "有 1 处要留意"),
        date(2026, 12, 30): ("warm", words.CALENDAR_SOON, "有 1 处要留意"),
        # Tomorrow is not known any more.
        date(2026, 12, 31): ("red", words.CALENDAR_OVER, "有 1 处要看一下"),
        date(2027, 1, 4): ("red", words.CALENDAR_OVER, "有 1 处要看一下"),
    }
    assert known_until() == date(2026, 12, 31)
    for day, (looks, advice, head) in told.items():
        place.times[0] = datetime.combine(day, time(10), CHINA)
        show(place, replace(GOOD, message_at=place.now))
        with place.database.transaction() as session:
            health.note_runs(session, {"sweep": Ran(place.now, 0.2, 3, 15)})
        shown = page(place)
        assert f'<span class="hy-{looks}">{advice}' in shown, day
        assert head in shown, day


def test_a_job_that_failed_or_stands_still_is_red(both_places: Place) -> None:
    place = both_places
    with place.database.transaction() as session:
        health.note_runs(session, {"sweep": Ran(place.now, 0.1, 1, 15), "warn": Ran(place.now, 0.1, 1, 60)})
    place.later(minutes=1)
    with place.database.transaction() as session:
        health.note_runs(session, {"sweep": Ran(place.now, 0.0, 0, 15, fault="OperationalError")})
    sweep, warn = seen(place)
    assert (sweep.fault, sweep.well_at) == ("OperationalError", place.now - timedelta(minutes=1))
    assert not health.is_late(warn, now=place.now)
    shown = page(place)
    assert "没做成：数据库没有回应（OperationalError）" in shown
    assert words.JOB_FAILED in shown
    assert words.JOB_LATE not in shown
    place.later(minutes=10)
    assert words.JOB_LATE in page(place)


def test_a_job_that_never_ran_is_seen_after_its_time_and_one_that_is_no_more_is_forgotten(both_places: Place) -> None:
    place = both_places
    with place.database.transaction() as session:
        health.note_runs(session, {"old": Ran(place.now, 0.1, 1, 15), "warn": Ran(place.now, 0.1, 1, 60)})
        health.expect(session, {"warn": 60, "credit": 600}, now=place.now)
    begun = place.now
    shown = page(place)
    assert words.job("credit").purpose in shown
    assert words.never_ran(begun, now=place.now) in shown
    assert "old" not in [run.name for run in seen(place)]
    place.later(minutes=14)
    with place.database.transaction() as session:
        health.expect(session, {"warn": 60, "credit": 600}, now=place.now)
    assert words.JOB_NEVER not in page(place)
    place.later(minutes=2)
    assert words.JOB_NEVER in page(place)
    with place.database.transaction() as session:
        health.note_runs(session, {"credit": Ran(place.now, 0.1, 0, 600)})
    assert words.JOB_NEVER not in page(place)


def seen(place: Place) -> Sequence[JobRun]:
    with place.database.reading() as session:
        return health.runs(session)


def test_who_has_chosen_no_account_yet_reads_what_choosing_leads_to(place: Place) -> None:
    show(place, GOOD)
    assert "选要接通的账号" in page(place, "/connect")
    assert "选要接通的账号" not in page(place, "/connect?channel=official")


def test_connecting_shows_what_to_copy_and_turns_green_when_the_platform_knocked(place: Place) -> None:
    show(place, GOOD)
    shown = page(place, "/connect?channel=official")
    assert "https://bot.example/wechat/official" in shown
    assert "EncodingAESKey" in shown or "消息加解密密钥" in shown
    assert "在等平台来敲门" in shown
    show(place, replace(GOOD, refused_at=place.now, refused_status="403"))
    assert "签名没对上" in page(place, "/connect/live?channel=official")
    show(place, replace(GOOD, greeting_at=place.now, refused_at=place.now - timedelta(minutes=1), refused_status="403"))
    live = page(place, "/connect/live?channel=official")
    assert "通了" in live
    assert "签名没对上" not in live
    assert "hx-trigger" not in live


@pytest.mark.parametrize("path", ["/connect?channel=nothing", "/connect/live", "/connect/live?channel=x"])
def test_an_account_that_is_not_configured_is_not_there(place: Place, path: str) -> None:
    show(place, GOOD)
    assert admin(place).get(path).status_code == 404


def test_the_street_sees_what_runs_and_the_administrator_what_to_do(place: Place) -> None:
    show(place, GOOD, spooled=2, versions={"huying": "0.1.0"})
    shown = page(place, who="street")
    assert words.TELL_THE_ADMINISTRATOR in shown
    for not_theirs in (words.NEVER_HEARD, words.SPOOL_ADVICE, words.JOBS, words.SYSTEM, "0.1.0", "/connect"):
        assert not_theirs not in shown
    assert place.sign_in("street").get("/connect?channel=official").status_code == 404
    assert words.SPOOL_ADVICE in page(place)


def test_the_community_does_not_look_after_the_installation(place: Place) -> None:
    show(place, GOOD)
    assert place.sign_in("staff").get("/health").status_code == 404
    assert place.sign_in("staff").get("/connect").status_code == 404
