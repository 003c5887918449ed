"""Guides and the working calendar on pages: written by those whose areas they hold in, refused in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from models import calendar
from models.guide import Guide
from models.own_day import OwnDay
from nlp.guide_list import GuideList
from nlp.lists import heads
from tests.console.conftest import Desk, Place
from tests.console.test_areas import administrator, last_upload, upload

HEAD = tuple(heads(GuideList).values())


def form(place: Place, **other: Any) -> dict[str, Any]:
    return {
        "title": "老年证怎么办",
        "words": "老年证、老人+证",
        "text": "带身份证到社区。\n当天能办。",
        "links": "网上申请 https://example.gov.cn/lnz\n要带什么： https://example.gov.cn/d?a=1",
        "area": place.street.community.id,
    } | other


def stored(place: Place) -> list[Guide]:
    with place.database.reading() as session:
        return list(session.scalars(select(Guide).order_by(Guide.id)))


def test_a_guide_is_written_changed_and_taken_off(place: Place) -> None:
    staff = place.sign_in("staff")
    assert staff.post("/guides", form(place)).status_code == 303
    [made] = stored(place)
    assert made.words == ["老年证", "老人+证"]
    assert made.links == ["网上申请|https://example.gov.cn/lnz", "要带什么|https://example.gov.cn/d?a=1"]
    page = staff.get("/guides").text
    assert "问到：老年证、老人+证" in page
    assert staff.post(f"/guides/{made.id}/change", form(place, text="改了", links="")).status_code == 303
    assert [(each.text, each.links) for each in stored(place)] == [("改了", [])]
    assert "正文 带身份证到社区" in place.sign_in("street").get("/audit?kind=did").text
    assert staff.post(f"/guides/{made.id}/close").status_code == 303
    assert "不用了" in staff.get("/guides").text


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"title": ""}, "不能空着"),
    ({"title": "题" * 21}, "最多 20 个字"),
    ({"words": ""}, "不能空着"),
    ({"words": "证"}, "2 到 12 个字"),
    ({"text": ""}, "不能空着"),
    ({"text": "长" * 301}, "最多 300 个字"),
    ({"links": "https://example.gov.cn"}, "链接写成"),
    ({"links": "点我 javascript:alert(1)"}, "链接写成"),
    ({"links": "点我 https://user@evil.example"}, "链接写成"),
    ({"links": "\n".join(f"第{n}个 https://example.gov.cn/{n}" for n in range(4))}, "链接写成"),
    ({"area": "999"}, "请选一处归您管的地方"),
]


def test_what_is_no_guide_is_said_beside_the_field_and_what_was_typed_stays(place: Place) -> None:
    staff = place.sign_in("staff")
    for wrong, sentence in WRONG:
        refused = staff.post("/guides", form(place, **wrong))
        assert refused.status_code == 409, wrong
        assert sentence in refused.text, wrong
        assert "老年证" in refused.text
    assert stored(place) == []


def test_only_the_desk_it_holds_for_may_touch_a_guide(place: Place) -> None:
    place.sign_in("staff").post("/guides", form(place))
    [made] = stored(place)
    elsewhere = place.sign_in("elsewhere")
    assert "老年证怎么办" not in elsewhere.get("/guides").text
    assert elsewhere.post(f"/guides/{made.id}/change", form(place)).status_code == 404
    assert elsewhere.post("/guides", form(place)).status_code == 409
    assert place.sign_in("clerk").get("/guides").status_code == 404


# ---------------------------------------------------------------- the calendar


@pytest.fixture
def admin(place: Place) -> Desk:
    return administrator(place)


@pytest.fixture
def own_calendar() -> Iterator[None]:
    """The calendar of this process is put back afterwards."""
    yield
    calendar.adopt(calendar.OwnDays())


def own(place: Place) -> dict[date, bool]:
    with place.database.reading() as session:
        return {each.day: each.working for each in session.scalars(select(OwnDay))}


def test_days_off_are_named_and_taken_back(place: Place, admin: Desk) -> None:
    monday = place.now.date() + timedelta(days=7)
    given = {"first": monday.isoformat(), "last": (monday + timedelta(days=1)).isoformat(), "working": "0"}
    assert admin.post("/calendar", {**given, "name": "泼水节"}).status_code == 303
    assert own(place) == {monday: False, monday + timedelta(days=1): False}
    assert "泼水节" in admin.get("/calendar").text
    assert admin.post("/calendar", {"first": monday.isoformat(), "working": "1"}).status_code == 303
    assert own(place)[monday]
    assert admin.post(f"/calendar/{monday.isoformat()}/take-back").status_code == 303
    assert list(own(place)) == [monday + timedelta(days=1)]


def test_days_that_are_past_or_too_many_are_refused(place: Place, admin: Desk) -> None:
    today = place.now.date()
    for first, last in (
        ("", ""),
        ("很快", ""),
        ((today - timedelta(days=1)).isoformat(), ""),
        (today.isoformat(), (today - timedelta(days=1)).isoformat()),
        ("2099-01-01", "2099-01-01"),
        ("9999-12-31", "9999-12-31"),
        (today.isoformat(), "9999-12-31"),
        ("0001-01-01", today.isoformat()),
        (today.isoformat(), (today + timedelta(days=31)).isoformat()),
    ):
        refused = admin.post("/calendar", {"first": first, "last": last, "working": "0"})
        assert refused.status_code == 409, (first, last)
        assert "日子要从今天起" in refused.text or "一次最多 31 天" in refused.text
    assert admin.post(f"/calendar/{(today - timedelta(days=3)).isoformat()}/take-back").status_code == 409
    assert own(place) == {}


def test_the_page_says_when_the_known_holidays_end(place: Place, admin: Desk, own_calendar: None) -> None:
    # Nobody has published the year after the last one that is known here.
    place.times[0] = place.now.replace(year=calendar.known_until().year, month=12, day=1)
    admin = place.sign_in("street")
    page = admin.get("/calendar").text
    assert f"{calendar.known_until().year + 1} 年的节假日还没有" in page
    calendar.adopt(calendar.OwnDays(free=frozenset({date(calendar.known_until().year + 1, 1, 1)})))
    assert "年的节假日还没有" not in admin.get("/calendar").text


def row(**cells: str) -> list[str]:
    names = ("id", "title", "words", "text", "links", "area")
    given = {
        "title": "居住证怎么办",
        "words": "居住证、办证+租房",
        "text": "带身份证。\n当天能办。",
        "area": "香樟社区",
    } | cells
    return [given.get(name, "") for name in names]


def brought(desk: Desk, rows: list[list[str]]) -> str:
    return upload(desk, rows, HEAD, "guides").text


def test_a_list_of_guides_is_looked_at_and_then_taken(place: Place) -> None:
    staff = place.sign_in("staff")
    staff.post("/guides", form(place))
    [old] = stored(place)
    staff.post(f"/guides/{old.id}/close")
    links = "网上申请 https://example.gov.cn/a\n地图 https://example.gov.cn/b"
    shown = brought(staff, [row(links=links), row(title="老年证怎么办", words="老年证", text="改了")])
    assert "会新添 1 条，改 1 条" in shown
    assert len(stored(place)) == 1
    assert staff.post(f"/guides/sheet/{last_upload(place)}/take").status_code == 303
    again, made = stored(place)
    assert (again.id, again.text, again.active, len(again.links)) == (old.id, "改了", True, 2)
    assert (made.title, made.text) == ("居住证怎么办", "带身份证。\n当天能办。")
    assert made.links == ["网上申请|https://example.gov.cn/a", "地图|https://example.gov.cn/b"]
