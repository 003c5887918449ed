"""驿站 in the chat: by a place before or after, by the usual area, in words, and telling that one is wrong."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.attachment import Attachment
from models.station import Fault, StationFault
from tests.handlers.conftest import Street

RIDER, RESIDENT, STRANGER = "demo-rider-1", "demo-resident-1", "never-seen-before"


def nearest(text: str) -> list[str]:
    """The stations of an answer, in order."""
    return [line.partition("，")[0] for line in text.splitlines()[1:] if not line.startswith("　") and "，" in line]


def test_a_stranger_is_asked_where_they_are_and_answered(street: Street) -> None:
    assert "发个位置" in street.say(STRANGER, "驿站").text
    reply = street.locate(STRANGER, "江湾路")
    assert nearest(reply.text) == ["江湾口袋公园饮水点", "江湾路驿站", "香樟小哥食堂"]
    assert "约 410 米，现在开着，到晚上 10 点" in reply.text
    assert "江湾路 8 号 · 饮水、充电、微波炉、空调" in reply.text
    assert street.attachments() == []
    # The next question is asked from the same place; what is said after that is about something else.
    assert "发个位置" not in street.say(STRANGER, "优惠").text


def test_the_place_may_come_first(street: Street) -> None:
    street.locate(STRANGER, "江湾路")
    assert nearest(street.say(STRANGER, "驿站").text)[0] == "江湾口袋公园饮水点"
    street.advance(minutes=31)
    assert "发个位置" in street.say(STRANGER, "驿站").text


def test_a_rider_is_answered_by_where_they_usually_ride_and_better_by_a_point(street: Street) -> None:
    first = street.say(RIDER, "驿站")
    assert first.text.startswith("离江湾街道最近的驿站（发个位置会更准）")
    assert street.locate(RIDER, "").text.startswith("离您最近的驿站")


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ("附近哪里能充电？", "江湾路驿站"),
        ("这附近有没有吃饭的地方", "香樟小哥食堂"),
        ("哪里可以喝口水", "江湾口袋公园饮水点"),
        ("驿站 充电", "江湾路驿站"),
        ("驿站 滨江雅苑", "滨江换电柜"),
        ("优惠", "老周面馆"),
    ],
)
def test_what_is_looked_for_may_be_said_in_words(street: Street, said: str, first: str) -> None:
    assert nearest(street.say(RIDER, said).text)[0] == first
    assert street.tickets(RIDER) == []


@pytest.mark.parametrize(
    "said", ["小区哪里能充电都被汽车占了", "楼道里有人给电动车充电", "附近的食堂油烟太大", "哪里漏水了"]
)
def test_a_report_that_names_such_a_place_stays_a_report(street: Street, said: str) -> None:
    assert "已受理" in street.say(RESIDENT, said).text


def test_while_a_place_is_waited_for_a_report_is_a_report_and_thanks_are_thanks(street: Street) -> None:
    street.say(STRANGER, "驿站")
    assert "已受理" in street.say(STRANGER, "香樟花园6栋楼道灯坏了").text
    street.say("another", "驿站")
    assert "香樟花园" in street.say("another", "香樟花园").text
    street.say("third", "驿站")
    assert street.say("third", "谢谢").text.startswith("不客气")
    assert street.state("third") == "idle"


def test_with_nothing_in_reach_there_is_another_way(street: Street) -> None:
    street.say(STRANGER, "驿站")
    street.change(lambda session, now: session.connection().exec_driver_sql("DELETE FROM station_uses"))
    reply = street.locate(STRANGER, "")
    assert "还没有登记" in reply.text
    assert "人工" in reply.text


def test_a_wrong_one_is_told_of_by_taps_or_in_a_sentence(street: Street) -> None:
    found = street.say(RIDER, "驿站")
    how = street.choose(RIDER, found, 1)
    assert [choice.label for choice in how.choices] == ["没开门", "搬走了", "别的不对"]
    assert "社区会去核实" in street.choose(RIDER, how, 1).text
    assert "有人说没开门，社区在核实" in street.say(RIDER, "驿站").text
    street.say(RIDER, "驿站")
    street.say(RIDER, "2")
    street.say(RIDER, "3")
    # A sentence that sounds like a report is still about the station.
    assert "社区会去核实" in street.say(RIDER, "门口路灯坏了，晚上找不到").text
    with street.huying.database.reading() as session:
        rows = session.execute(select(StationFault.fault, StationFault.words).order_by(StationFault.id)).all()
    assert [tuple(row) for row in rows] == [(Fault.CLOSED, ""), (Fault.WRONG, "门口路灯坏了，晚上找不到")]
    assert street.tickets(RIDER) == []


def test_a_tap_on_a_station_that_is_gone_changes_nothing(street: Street) -> None:
    assert "不在名单上" in street.tap(RIDER, "!station closed 99999").text
    assert "不在名单上" in street.tap(RIDER, "!station nonsense 1").text


def test_a_place_that_was_asked_for_is_no_part_of_a_report(street: Street) -> None:
    street.say(RIDER, "驿站")
    street.locate(RIDER, "江湾路")
    street.say(RIDER, "香樟花园6栋楼道灯坏了")
    with street.huying.database.reading() as session:
        assert session.scalars(select(Attachment)).all() == []
