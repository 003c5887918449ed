"""A message to an area: seen first, confirmed by the number of people, watched, stopped; an emergency is the street's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from console.means import Reach
from models import broadcasts
from models.audit import Audit
from models.broadcast import Broadcast
from models.outbox import Notice, NoticeKind, NoticeState
from models.person import Person
from tests.console.conftest import Place

LEFT: dict[str, int] = {}
"""What the platform still carries today."""


def reach(_: NoticeKind) -> Mapping[str, Reach]:
    return {"official": Reach(("customer", "template"), dict(LEFT))}


@pytest.fixture
def place(place: Place) -> Place:
    LEFT.clear()
    place.means = replace(place.means, reach=reach, broadcasts_a_week=1)
    with place.database.transaction() as session:
        for name in ("resident", "newcomer"):
            session.get_one(Person, place.people[name].id).home_area_id = place.street.estate.id
    return place


def message(place: Place, **other: Any) -> dict[str, Any]:
    return {"area": place.street.estate.id, "words": "明早八点停水", **other}


def sent(place: Place) -> list[Broadcast]:
    with place.database.reading() as session:
        return list(session.scalars(select(Broadcast).order_by(Broadcast.id)))


def test_it_is_seen_as_it_arrives_and_goes_only_by_the_right_number(place: Place) -> None:
    staff = place.sign_in("staff")
    seen = staff.post("/broadcasts/preview", message(place)).text
    assert "【香樟花园】明早八点停水\n不想收这类消息，回复“不接收群发”。" in seen
    assert "所有人：3 位" in seen  # the two, and the grid worker of the estate
    assert "<dt>模板消息</dt><dd>3 位</dd>" in seen
    wrong = staff.post("/broadcasts", message(place, people="2"))
    assert wrong.status_code == 409
    assert "现在是 3 位" in wrong.text
    answer = staff.post("/broadcasts", message(place, people="3"))
    assert answer.status_code == 303
    page = staff.get(answer.headers["Location"].removeprefix("/console")).text
    assert "正在发：0 / 3 位" in page
    again = staff.post("/broadcasts", message(place, people="3"))
    assert "刚刚已经发过" in again.text
    assert len(sent(place)) == 1
    with place.database.reading() as session:
        assert "broadcasts" in {each.about.strip("/") for each in session.scalars(select(Audit))}


def test_an_area_that_had_its_message_of_the_week_is_left_alone(place: Place) -> None:
    staff = place.sign_in("staff")
    staff.post("/broadcasts", message(place, people="3"))
    page = staff.post("/broadcasts/preview", message(place, words="还有一件")).text
    assert "七天里最多群发 1 次" in page
    assert 'name="people"' not in page
    assert staff.post("/broadcasts", message(place, words="还有一件", people="3")).status_code == 409
    assert len(sent(place)) == 1


def test_progress_is_watched_and_a_message_is_stopped_once(place: Place) -> None:
    staff = place.sign_in("staff")
    staff.post("/broadcasts", message(place, people="3"))
    with place.database.transaction() as session:
        broadcasts.send_on(session, 1, now=place.now)
    page = staff.get("/broadcasts/1").text
    assert "3 位都安排发了" in page
    assert "<dt>正在送</dt><dd>3 位</dd>" in page
    for _ in range(2):
        assert staff.post("/broadcasts/1/stop").status_code == 303
    page = staff.get("/broadcasts/1").text
    assert "停在第 3 位（刘敏" in page
    assert "<dt>没有送</dt><dd>3 位</dd>" in page
    assert place.sign_in("elsewhere").get("/broadcasts/1").status_code == 404


def test_an_emergency_is_the_streets_and_says_so(place: Place) -> None:
    with place.database.transaction() as session:
        session.get_one(Person, place.people["newcomer"].id).no_broadcasts = True
    staff, street = place.sign_in("staff"), place.sign_in("street")
    alarm = message(place, words="马上转移", emergency="1")
    refused = staff.post("/broadcasts/preview", alarm)
    assert refused.status_code == 409
    assert "紧急群发由街道来发" in refused.text
    assert staff.post("/broadcasts", {**alarm, "people": "3"}).status_code == 409
    assert 'name="emergency"' not in staff.get("/broadcasts").text
    page = street.post("/broadcasts/preview", alarm).text
    assert "这是紧急群发" in page
    assert "【香樟花园 紧急通知】马上转移" in page
    assert "所有人：3 位" in page
    assert "所有人：2 位" in street.post("/broadcasts/preview", message(place)).text
    assert street.post("/broadcasts", {**alarm, "people": "3"}).status_code == 303


def test_more_than_the_platform_carries_today_is_not_begun(place: Place) -> None:
    LEFT["template"] = 2
    staff = place.sign_in("staff")
    page = staff.post("/broadcasts/preview", message(place)).text
    assert "今天还能发 2 条，要发 3 条" in page
    assert 'name="people"' not in page
    assert staff.post("/broadcasts", message(place, people="3")).status_code == 409
    assert sent(place) == []


def test_what_is_wrong_with_the_form_is_said_and_what_was_written_stays(place: Place) -> None:
    staff = place.sign_in("staff")
    wrongs: list[tuple[dict[str, Any], str]] = [
        ({"words": ""}, "请写要说的话"),
        ({"words": "雨" * 401}, "最多 400 字"),
        ({"area": place.street.other_estate.id}, "请从名单里选一处"),
        ({"role": "boss"}, "请从名单里选发给谁"),
    ]
    for wrong, why in wrongs:
        answer = staff.post("/broadcasts/preview", message(place, **wrong))
        assert answer.status_code == 409, wrong
        assert why in answer.text, wrong
        assert f"{wrong.get('words', '明早八点停水')}"[:400] in answer.text


def test_nobody_is_called_about_what_everybody_was_written(place: Place) -> None:
    staff = place.sign_in("staff")
    staff.post("/broadcasts", message(place, people="3"))
    with place.database.transaction() as session:
        broadcasts.send_on(session, 1, now=place.now)
        session.execute(update(Notice).where(Notice.broadcast_id == 1).values(state=NoticeState.WAITING))
    place.later(days=2)
    assert "群发的通知" not in staff.get("/unreached").text
