"""A service for a time: it is said back, settled before it, seen by whoever is asked, and left in peace until then."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models.ticket import Limit, TicketState
from tests.handlers.conftest import Street, both_platforms
from tests.handlers.test_limits import china

RESIDENT, NEIGHBOUR = "demo-resident-1", "demo-resident-2"
LI, WANG, ZHAO, SUN, STAFF = "demo-member-1", "demo-member-2", "demo-member-3", "demo-member-4", "demo-staff-1"
ESCORT = "香樟花园6栋，明天早上八点去医院，想请人陪诊"


def heard(street: Street, who: str) -> str:
    return "\n".join(street.told(who))


@pytest.mark.parametrize(
    ("words", "service", "time", "helper"),
    [
        ("明天下午能不能来个人帮我修下灯，香樟花园6栋", "修灯", "明天下午", ZHAO),
        ("今晚6点前想请人帮我送药到香樟花园6栋2单元", "取药", "今天下午 6 点前", LI),
        ("我妈一个人在家闷得慌，周六下午想找人陪聊，香樟花园6栋", "陪伴", "周六下午", LI),
        ("香樟花园6栋，老人腿脚不便，想请人周三上午上门理发", "理发", "后天上午", LI),
        ("香樟花园6栋洗衣机坏了，下周二下午3点到5点想请师傅来看看", "修家电", "12 月 1 日下午 3 点到 5 点", LI),
    ],
)
def test_a_service_for_a_time_goes_round_with_it(
    street: Street, words: str, service: str, time: str, helper: str
) -> None:
    reply = street.say(RESIDENT, words).text
    assert f"点单：{service} · 香樟花园6栋" in reply
    assert f"，{time}\n" in reply
    assert f"居民方便的时间：{time}。" in heard(street, helper)
    assert f"，{time}" in street.say(helper, "待接单").text or street.say(helper, "待接单").choices[0].label.endswith(
        time
    )
    assert f"约的时间：{time}\n" in street.say(RESIDENT, "进度").text
    assert f"居民方便的时间：{time}。" in street.say(helper, "接单 0001").text
    assert f"有人接了：下沉党员 {'赵' if helper == ZHAO else '李'}师傅。\n约的时间：{time}。" in heard(street, RESIDENT)
    assert f"（已接，{time}）" in street.say(helper, "我的任务").text
    street.say(helper, "办结 0001 都弄好了")
    assert f"您点的{service}（编号 0001）办完了：都弄好了" in heard(street, RESIDENT)
    street.say(RESIDENT, "1")
    assert f"您办的{service} · 香樟花园6栋" in heard(street, helper)
    assert "约的时间" not in street.say(RESIDENT, "进度 0001").text


@both_platforms
def test_an_answer_is_promised_before_the_time_that_is_wished_for(street: Street, on: str) -> None:
    assert "有没有人来，今天下午 6 点前给您准信" in street.say(RESIDENT, ESCORT, on=on).text
    ticket = street.ticket("0001")
    assert ticket.promised_at == china(11, 23, 18)
    assert ticket.accept_by is not None
    assert ticket.accept_by <= ticket.promised_at
    # It is not late before it was to take place, and not left for days after.
    assert ticket.finish_by == china(11, 24, 21)


def test_a_time_in_an_hour_leaves_no_whole_limit_to_find_somebody(street: Street) -> None:
    street.say(RESIDENT, "香樟花园6栋，今天上午11点想请人陪诊")
    ticket = street.ticket("0001")
    assert (ticket.accept_by, ticket.promised_at) == (china(11, 23, 10, 30), china(11, 23, 10, 30))


def test_a_task_that_comes_back_is_taken_before_the_time_too(street: Street) -> None:
    street.say(RESIDENT, ESCORT)
    street.drain()
    street.say(LI, "接单 0001")
    street.at(china(11, 24, 7))
    street.say(LI, "退单 0001 发烧了")
    assert street.ticket("0001").accept_by == china(11, 24, 7, 30)


def test_a_time_that_is_told_later_counts_as_well(street: Street) -> None:
    street.say(RESIDENT, "香樟花园6栋想找人帮忙修下灯")
    assert street.ticket("0001").promised_at == china(11, 24, 18)
    assert "方便的时间记下了：明天上午（编号 0001）" in street.say(RESIDENT, "明天上午").text
    assert street.ticket("0001").promised_at == china(11, 23, 18)
    assert "约的时间：明天上午" in street.say(RESIDENT, "进度").text
    street.say(RESIDENT, "改到周六下午吧")
    assert street.ticket("0001").wished_from == china(11, 28, 13)


def test_the_place_may_bring_the_time_with_it(street: Street) -> None:
    street.say(NEIGHBOUR, "想请人理发")
    assert "香樟花园3栋，明天上午。" in street.say(NEIGHBOUR, "香樟花园3栋，明天上午").text
    assert "明天上午，" not in street.say(NEIGHBOUR, "进度").text.splitlines()[0]


def test_nobody_is_asked_how_it_goes_before_the_time(street: Street) -> None:
    street.say(RESIDENT, "香樟花园6栋，下周二下午想请人理发")
    street.drain()
    street.say(LI, "接单 0001")
    street.told(LI)
    street.at(china(11, 27, 10))
    street.advance(hours=1)
    assert "办得怎么样了" not in heard(street, LI)
    assert street.ticket("0001").state is TicketState.ACCEPTED
    street.at(china(12, 2, 10))
    street.advance(hours=1)
    assert "办得怎么样了" in heard(street, LI)


def test_nobody_is_warned_as_soon_as_it_was_asked(street: Street) -> None:
    street.at(china(11, 23, 16))
    street.say(RESIDENT, ESCORT)
    ticket = street.ticket("0001")
    assert ticket.warn_at is not None
    assert ticket.warn_at > street.now + timedelta(hours=1)
    assert ticket.limit is Limit.ACCEPT


@both_platforms
def test_without_a_place_it_is_said_what_is_missing_and_how_to_give_it(street: Street, on: str) -> None:
    street.say(NEIGHBOUR, "想请人理发", on=on)
    street.advance(hours=1)
    progress = street.say(NEIGHBOUR, "进度", on=on).text
    assert "还不知道在哪里，没法请人去" in progress
    assert "正在找人" not in progress
    street.advance(minutes=45)
    urged = street.say(NEIGHBOUR, "催办", on=on).text
    assert "请回一句小区名和几栋" in urged
    assert "我催过了" not in urged
    # What was just asked for is understood, long after the report.
    assert "0001 记在香樟花园3栋" in street.say(NEIGHBOUR, "香樟花园3栋", on=on).text
    street.drain()
    assert "正在等人接单" in street.say(NEIGHBOUR, "进度", on=on).text


def test_in_the_night_it_is_said_when_the_looking_begins(street: Street) -> None:
    street.at(china(11, 23, 23))
    reply = street.say(RESIDENT, ESCORT).text
    assert "现在是夜里，天亮我就去请人，有没有人来，明天早上 7 点半前给您准信" in reply
