"""What nobody means: crooked arguments of taps and days at the ends of time are answered, and change nothing."""

from __future__ import annotations

import pytest

from handlers.meaning import INNER_MEANINGS
from tests.handlers.conftest import Street

RESIDENT, RIDER = "demo-resident-1", "demo-rider-1"

ODD = ("", "²", "①", "๓", "Ⅷ", "-1", "0", "9" * 30, "² yes", "ask ²", "off ①", "1 ²", "② not_yet", "9" * 30 + " mended")
"""What str.isdigit takes for a number and int() does not, what no database can hold, and nothing at all."""


@pytest.mark.parametrize("who", [RESIDENT, RIDER])
def test_a_tap_with_an_odd_number_is_answered(street: Street, who: str) -> None:
    if who == RIDER:
        street.advance(hours=4, minutes=10)  # after the rush
    for meaning in sorted(INNER_MEANINGS):
        for argument in ODD:
            assert street.tap(who, f"!{meaning} {argument}".strip()) is not None


def test_staff_who_take_a_chat_by_an_odd_number_are_answered(street: Street) -> None:
    for number in ("²", "①", "๓", "9" * 30):
        for command in ("交回", "回复"):
            assert street.say("demo-staff-1", f"{command} {number} 您好").text


@pytest.mark.parametrize(
    "day", ["9999-12-31", "0001-01-01", "9999年12月31日", "1970-01-01", "2999-01-01", "999个月", "02-30"]
)
def test_a_day_at_the_ends_of_time_is_asked_for_again(street: Street, day: str) -> None:
    assert "请假到哪天" in street.say("demo-member-1", f"请假 到 {day}").text
    assert street.person("demo-member-1").away_until is None
    street.say(RESIDENT, "香樟花园6栋路灯不亮")
    street.drain()
    number = street.tickets(RESIDENT)[-1].short
    assert "挂到哪天" in street.say("demo-staff-1", f"挂起 {number} 到 {day} 等配件").text
    assert street.ticket(number).hold_until is None


@pytest.mark.parametrize(
    "said",
    ["停水到9999年12月31日", "停水到12月31日99点", "停水到0月0日", "停水到明天25:61", "停水到2月30日", "停水到²月①日"],
)
def test_an_announcement_until_no_day_there_is_is_answered(street: Street, said: str) -> None:
    assert street.say("demo-staff-1", f"公告 香樟社区{said}").text
    assert street.say("demo-staff-1", f"巡查重点 {said}").text
    assert street.say("demo-staff-1", f"预警 {said}").text


@pytest.mark.parametrize("hours", ["99-100", "²-①", "24-25", "9999999999-1", "-1到3"])
def test_hours_that_no_day_has_are_asked_for_again(street: Street, hours: str) -> None:
    for who, command in (("demo-member-1", "接单时间"), (RIDER, "跑单时间")):
        assert street.say(who, f"{command} {hours}").text
        assert "99" not in street.say(who, "我的角色").text
