"""What members bring of their own accord: an activity that neighbours join (创单), a household to be there for (认亲)."""

from __future__ import annotations

import re

import pytest

from models.ticket import TicketKind, TicketState
from tests.handlers.conftest import Street, both_platforms
from tests.handlers.test_limits import china
from texts import initiatives

NEIGHBOUR, MEMBER, STAFF = "demo-resident-2", "demo-member-1", "demo-staff-1"
WANG, ZHAO, SUN = "demo-member-2", "demo-member-3", "demo-member-4"
PRESSURE = "周六上午给 3 栋老人量血压，要 2 个人"
WISH = "一位独居老人，周末去坐坐"


def heard(street: Street, who: str) -> str:
    return "\n".join(street.told(who))


# ---------------------------------------------------------------- an activity


@both_platforms
def test_the_example_of_the_bot_is_understood_as_it_is_printed(street: Street, on: str) -> None:
    asked = street.say(MEMBER, "创单", on=on).text
    example = re.search("比如“(.+)”", asked)
    assert example is not None
    reply = street.say(MEMBER, example[1], on=on).text
    assert "已受理，编号 261123-0001" in reply
    assert "香樟花园3栋，周六上午。我去请 2 位邻居搭手，连您 3 位" in reply
    ticket = street.ticket("0001")
    assert (ticket.kind, ticket.understood, ticket.needs) == (TicketKind.ACTIVITY, True, 3)
    assert (ticket.wished_from, ticket.wished_until) == (china(11, 28, 8), china(11, 28, 12))
    assert street.words("0001") == [example[1]]


def test_neighbours_join_until_they_are_enough_and_whoever_brought_it_hears_of_each_once(street: Street) -> None:
    street.say(MEMBER, f"创单 {PRESSURE}")
    offer = heard(street, WANG)
    assert "【想请您一起来】创单 · 香樟花园3栋" in offer
    assert f"下沉党员 李师傅想张罗：\n“{PRESSURE}”\n时间：周六上午。" in offer
    details = street.say(WANG, "进度 0001").text
    assert f"下沉党员 李师傅想张罗：“{PRESSURE}”" in details
    assert "居民" not in details
    assert "接单成功，编号 0001，您和李师傅一起去" in street.say(WANG, "接单 0001").text
    assert heard(street, MEMBER).count("下沉党员 王师傅也来，现在连您 2 位") == 1
    street.say(ZHAO, "接单 0001")
    assert "现在连您 3 位" in heard(street, MEMBER)
    assert "人凑齐了" in heard(street, SUN)
    street.say(WANG, "留言 0001 我带血压计")
    assert heard(street, MEMBER).count("我带血压计") == 1
    assert "我带血压计" in heard(street, ZHAO)


def test_an_activity_is_finished_by_whoever_brought_it_and_judged_by_nobody_who_took_part(street: Street) -> None:
    street.say(MEMBER, f"创单 {PRESSURE}")
    street.drain()
    street.say(WANG, "接单 0001")
    street.told(MEMBER)
    assert "社区会去问问大家" in street.say(MEMBER, "办结 0001 量了 12 位").text
    assert street.ticket("0001").state is TicketState.RESOLVED
    assert "谢谢您搭这把手" in heard(street, WANG)
    assert "请评价" not in heard(street, MEMBER)
    progress = street.say(MEMBER, "进度 0001")
    assert "11-23 10:00 您想张罗这件事" in progress.text
    assert not progress.choices


def test_whoever_calls_it_off_tells_those_who_wanted_to_come(street: Street) -> None:
    street.say(MEMBER, f"创单 {PRESSURE}")
    street.drain()
    street.say(WANG, "接单 0001")
    street.told(WANG)
    street.say(MEMBER, "撤单 0001")
    assert "张罗的人这次不办了" in heard(street, WANG)
    assert "张罗的人说这次不办了" in heard(street, ZHAO)


def test_the_day_may_come_later_and_those_who_come_are_told(street: Street) -> None:
    assert "是哪天、几点" in street.say(MEMBER, "创单 给香樟花园6栋清楼道，要两个人").text
    street.drain()
    street.say(WANG, "接单 0001")
    street.told(WANG)
    assert "周日上午" in street.say(MEMBER, "周日上午").text
    assert "时间定了：周日上午" in heard(street, WANG)


def test_alone_it_is_in_hand_and_nobody_is_asked(street: Street) -> None:
    assert "记在您手上了" in street.say(MEMBER, "创单 周日带孩子们种花").text
    assert "0001 创单 · 香樟社区（已接，周日）" in street.say(MEMBER, "我的任务").text
    assert not street.told(WANG)
    # Said again it is the same one.
    street.say(MEMBER, "创单 周日带孩子们种花")
    assert len(street.tickets()) == 1


def test_where_too_few_come_the_desk_is_asked_to_find_more(street: Street) -> None:
    street.say(MEMBER, "创单 周六上午清香樟花园6栋的楼道，要 9 个人")
    for _ in range(3):
        street.advance(minutes=35)
    assert "搭手的邻居还没凑齐" in heard(street, MEMBER)
    assert "想要个帮手" in heard(street, STAFF)


# ---------------------------------------------------------------- a household


@both_platforms
def test_what_household_somebody_means_may_be_said_after_the_word(street: Street, on: str) -> None:
    assert initiatives.PAIR_EXAMPLE in street.say(MEMBER, "认亲", on=on).text
    assert street.tickets() == []
    assert "谢谢您有心" in street.say(MEMBER, WISH, on=on).text
    assert "已受理，编号 0001" in street.say(MEMBER, f"认亲 {WISH}", on=on).text
    [ticket] = street.tickets()
    assert (ticket.kind, ticket.place, ticket.understood) == (TicketKind.PAIRING, "香樟社区", True)
    assert street.words("0001") == [WISH]
    assert street.told(WANG) == []
    assert any("1 件待派" in told for told in street.told(STAFF))
    desk = street.say(STAFF, "待派").text
    assert f"0001 认亲 · 香樟社区 {WISH}\n　先问人家愿不愿意" in desk
    assert "要登记以后" in street.say(NEIGHBOUR, "认亲").text


def test_the_member_hears_of_a_household_and_says_whether_they_came_together(street: Street) -> None:
    street.say(MEMBER, f"认亲 {WISH}")
    assert "社区在问人家愿不愿意" in street.say(MEMBER, "进度").text
    assert "见过面以后会回一句" in street.say(STAFF, "办结 0001 张奶奶愿意，周六下午三点去").text
    told = heard(street, MEMBER)
    assert "您想认的亲（编号 0001）有回音了：张奶奶愿意，周六下午三点去" in told
    assert "结上了，合得来" in told
    assert "满意" not in told
    assert "常走动就好" in street.say(MEMBER, "1").text
    assert street.ticket("0001").state is TicketState.CLOSED


def test_where_they_did_not_come_together_the_desk_asks_another_household(street: Street) -> None:
    street.say(MEMBER, f"认亲 {WISH}")
    street.say(STAFF, "办结 0001 张奶奶愿意，周六下午三点去")
    street.drain()
    assert "社区再去问问别的人家（待派）" in street.say(MEMBER, "3").text
    assert "没结成" in heard(street, STAFF)
    street.say(MEMBER, "奶奶搬去儿子家了")
    assert street.ticket("0001").state is TicketState.NEW
    assert "0001 认亲" in street.say(STAFF, "待派").text


def test_a_wish_of_a_member_hurries_nobody(street: Street) -> None:
    street.say(MEMBER, f"认亲 {WISH}")
    street.advance(hours=5)
    assert "escalate" not in street.history("0001")
    assert street.ticket("0001").promised_at == china(11, 26, 18)


@pytest.mark.parametrize("word", ["创单", "认亲"])
def test_whoever_leaves_it_leaves_nothing_behind(street: Street, word: str) -> None:
    street.say(MEMBER, word)
    street.say(MEMBER, "取消")
    assert street.state(MEMBER) == "idle"
    assert street.tickets() == []
