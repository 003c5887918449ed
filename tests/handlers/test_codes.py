"""The code at a door: what is said after a scan is about that place, and nobody is taken to live where they scanned."""

from __future__ import annotations

import pytest

from handlers.turn import EventKind
from models import areas
from models.area import Area
from tests.handlers.conftest import Street

RESIDENT, NEIGHBOUR, STRANGER = "demo-resident-1", "demo-resident-2", "never-seen"


def scan(street: Street, who: str, scene: str = "A6") -> str:
    return street.event(who, EventKind.SCAN, scene=scene).text


def place_of(street: Street) -> str:
    ticket = street.tickets()[-1]
    with street.huying.database.reading() as session:
        assert ticket.area_id is not None
        return areas.full_name(session, session.get_one(Area, ticket.area_id))


def test_what_is_said_after_a_scan_is_about_that_building(street: Street) -> None:
    assert scan(street, NEIGHBOUR).startswith("这里是香樟花园6栋")
    reply = street.say(NEIGHBOUR, "路灯坏了好几天了").text
    assert "香樟花园6栋" in reply
    assert "在哪个小区" not in reply
    assert place_of(street) == "香樟花园6栋"
    # Only the next matter: afterwards people say where they are, as always.
    assert "在哪个小区" in street.say(NEIGHBOUR, "垃圾堆了三天没人清").text


def test_a_first_follow_by_a_door_code_tells_the_place_too(street: Street) -> None:
    reply = street.event(STRANGER, EventKind.FOLLOW, scene="A6").text
    assert reply.startswith("您好，我是小应")
    assert "这里是香樟花园6栋" in reply
    street.photo(STRANGER)
    assert "香樟花园6栋" in street.say(STRANGER, "3楼楼道灯不亮").text
    [ticket] = street.tickets()
    assert place_of(street) == "香樟花园6栋"
    assert len(street.attachments(ticket.short)) == 1


def test_a_visitor_does_not_live_where_they_scanned_unless_they_say_so(street: Street) -> None:
    home = street.person(RESIDENT).home_area_id
    scan(street, RESIDENT, "A3")
    street.say(RESIDENT, "路灯坏了好几天了")
    assert street.person(RESIDENT).home_area_id == home
    asked = street.event(STRANGER, EventKind.SCAN, scene="A3")
    assert street.person(STRANGER).home_area_id is None
    assert asked.choices[0].label == "我住这里，记下来"
    assert "记住了，您住香樟花园3栋" in street.say(STRANGER, "1").text
    assert street.person(STRANGER).home_area_id is not None
    # Whoever lives there is not asked again.
    assert street.event(STRANGER, EventKind.SCAN, scene="A3").choices == ()


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("滨江雅苑2栋漏水", "滨江雅苑2栋"),
        ("3楼漏水", "香樟花园6栋"),
        ("2栋楼下太吵了", "香樟花园2栋"),
    ],
)
def test_a_place_that_is_named_counts_more_than_the_one_that_was_scanned(street: Street, said: str, place: str) -> None:
    scan(street, NEIGHBOUR)
    street.say(NEIGHBOUR, said)
    assert place_of(street) == place


def test_the_scan_is_forgotten_after_half_an_hour_and_by_a_no(street: Street) -> None:
    scan(street, NEIGHBOUR)
    street.advance(minutes=31)
    assert "在哪个小区" in street.say(NEIGHBOUR, "路灯坏了好几天了").text
    scan(street, STRANGER)
    street.say(STRANGER, "取消")
    assert "在哪个小区" in street.say(STRANGER, "路灯坏了好几天了").text


def test_a_scan_answers_where_it_is(street: Street) -> None:
    street.say(NEIGHBOUR, "路灯坏了好几天了")
    assert "香樟花园6栋" in scan(street, NEIGHBOUR)
    assert place_of(street) == "香樟花园6栋"
    assert street.state(NEIGHBOUR) == "idle"
    assert len(street.tickets()) == 1
    street.say(STRANGER, "我家")
    assert "记住了，您住香樟花园6栋" in scan(street, STRANGER)


def test_danger_and_voices_have_the_place_that_was_scanned(street: Street) -> None:
    scan(street, STRANGER)
    reply = street.say(STRANGER, "着火了").text
    assert reply.startswith("请马上拨打 119")
    assert place_of(street) == "香樟花园6栋"
    scan(street, NEIGHBOUR)
    assert "香樟花园6栋" in street.voice(NEIGHBOUR).text
    assert place_of(street) == "香樟花园6栋"


def test_what_is_going_on_is_not_lost_by_a_scan_and_nonsense_is_greeted(street: Street) -> None:
    street.say(STRANGER, "报到")
    state = street.state(STRANGER)
    assert "刚才问您的还等着您回" in scan(street, STRANGER)
    assert street.state(STRANGER) == state
    for scene in ("", "area-999999", "nothing", "area-1; DROP TABLE areas", "x" * 64):
        assert street.event(NEIGHBOUR, EventKind.SCAN, scene=scene).text.startswith("您好")


def test_an_area_without_a_door_code_has_a_code_of_its_own(street: Street) -> None:
    with street.huying.database.reading() as session:
        estate = session.query(Area).filter_by(name="银杏里").one()
    assert scan(street, NEIGHBOUR, f"area-{estate.id}").startswith("这里是银杏里")
    street.say(NEIGHBOUR, "路灯坏了好几天了")
    assert place_of(street) == "银杏里"
