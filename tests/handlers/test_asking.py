"""Asking how a matter stands: the one that the words fit is shown, also where it was finished today."""

from __future__ import annotations

import pytest

from models.ticket import TicketState
from tests.handlers.conftest import Street

RESIDENT, MEMBER = "demo-resident-1", "demo-member-1"
NOISE, LAMP, LEAK = "香樟花园6栋2单元半夜装修太吵", "香樟花园6栋楼道灯不亮了", "香樟花园3栋2单元楼上漏水"


def mended(street: Street, *, after: str) -> None:
    """A lamp that was mended and judged six hours ago, told after something that is still open."""
    street.say(RESIDENT, after)
    street.advance(hours=1)
    street.say(RESIDENT, LAMP)
    street.drain()
    street.say(MEMBER, "接单 0002")
    street.say(MEMBER, "办结 0002 换了灯泡")
    street.drain()
    street.say(RESIDENT, "评价 0002 1")
    street.advance(hours=6)


@pytest.mark.parametrize("said", ["修好了没", "灯修好了没", "什么时候来修"])
def test_what_was_mended_is_meant_and_not_what_is_open(street: Street, said: str) -> None:
    mended(street, after=NOISE)
    text = street.say(RESIDENT, said).text
    assert text.startswith("编号 261123-0002：公共设施 · 香樟花园6栋\n")
    assert "现在：已结，11-23 11:" in text
    assert "要是没好，回复“改评 0002 3”，我退回重办。" in text
    assert len(street.tickets()) == 2
    street.say(RESIDENT, "改评 0002 3")
    assert street.ticket("0002").state is not TicketState.CLOSED


def test_where_both_are_mended_it_is_asked_which(street: Street) -> None:
    mended(street, after=LEAK)
    reply = street.say(RESIDENT, "修好了没")
    assert [choice.label for choice in reply.choices] == [
        "0001 房屋漏水渗水 · 香樟花园3栋2单元（待派）",
        "0002 公共设施 · 香樟花园6栋（已结）",
    ]
    assert street.say(RESIDENT, "2").text.startswith("编号 261123-0002")


def test_with_nothing_open_what_was_finished_today_is_meant(street: Street) -> None:
    mended(street, after=NOISE)
    street.say(RESIDENT, "撤单 0001")
    assert "现在：已结" in street.say(RESIDENT, "怎么样了").text
    assert "现在：已结" in street.say(RESIDENT, "0002修好没有").text
    assert len(street.tickets()) == 2


@pytest.mark.parametrize("said", ["怎么样了", "噪音的事怎么样了"])
def test_words_that_do_not_fit_it_mean_what_is_open(street: Street, said: str) -> None:
    mended(street, after=NOISE)
    assert street.say(RESIDENT, said).text.startswith("编号 261123-0001：噪音扰民")


def test_later_than_a_day_it_is_not_meant_any_more(street: Street) -> None:
    mended(street, after=NOISE)
    street.advance(hours=20)
    assert street.say(RESIDENT, "修好了没").text.startswith("编号 261123-0001：噪音扰民")
    text = street.say(RESIDENT, "进度 261123-0002").text
    assert "要是没好，直接再说一次，我重新登记。" in text


def test_who_asks_why_nobody_comes_is_not_told_of_what_is_over(street: Street) -> None:
    mended(street, after=NOISE)
    street.say(RESIDENT, "撤单 0001")
    assert "已受理" in street.say(RESIDENT, "怎么还没人来").text
