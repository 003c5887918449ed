"""The dispatch desk, departments and emergencies in chat, and chats that staff take over."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from models.category import Level
from models.ticket import TicketState, Urgency
from tests.handlers.conftest import OFFICIAL, WECOM, Street

RESIDENT, NEIGHBOUR, MEMBER, GRID = "demo-resident-1", "demo-resident-2", "demo-member-1", "demo-grid-1"
STAFF, ELSEWHERE, STREET, DEPARTMENT = "demo-staff-1", "demo-staff-2", "demo-street-1", "demo-dept-1"
NOISE = "香樟花园6栋2单元半夜装修太吵"
UNCLEAR = "香樟花园6栋 有事情要和你们讲"
STALL = "香樟花园门口占道经营严重"


# ---------------------------------------------------------------- the desk


def test_the_desk_shows_what_waits_emergencies_first(street: Street) -> None:
    street.say(RESIDENT, UNCLEAR)
    street.say(NEIGHBOUR, "香樟花园2栋着火了")
    street.drain()
    lines = street.say(STAFF, "待派").text.splitlines()
    assert lines[1].startswith("【紧急】0002")
    assert lines[2].startswith("0001")
    assert "都安排好了" in street.say(ELSEWHERE, "待派").text


def test_a_grid_worker_reads_what_waits_around_them(street: Street) -> None:
    assert "您这一片现在没有待派的事" in street.say(GRID, "待派").text
    street.say(RESIDENT, UNCLEAR)
    street.say(RESIDENT, "银杏里5栋 有事情要和你们讲")
    street.say(NEIGHBOUR, "香樟花园2栋着火了，电话13800001234")
    street.drain()
    said = street.say(GRID, "待派").text
    assert said.splitlines()[:3] == [
        "您这一片待派的事：",
        "【紧急】0003 着火 · 香樟花园2栋",
        "0001 其他 · 香樟花园6栋",
    ]
    assert "别的由社区来派" in said
    assert "13800001234" not in said
    assert "0002" not in said, "that is another community"
    assert "0002" in street.say("demo-grid-3", "待派").text
    street.say(STAFF, "派单 0001 刘敏")
    street.drain()
    assert "0001 其他 · 香樟花园6栋，等您回话" in street.say(GRID, "待派").text
    street.say(GRID, "接单 0001")
    assert "0001" not in street.say(GRID, "待派").text


def test_whoever_is_nobody_at_a_desk_is_not_told_that_all_is_well(street: Street) -> None:
    assert "要登记以后才能用" in street.tap(NEIGHBOUR, "待派").text


def test_dispatching_by_name(street: Street) -> None:
    street.say(RESIDENT, UNCLEAR)
    street.drain()
    assert "刘敏" in street.say(STAFF, "派单 0001").text
    assert "已派给刘敏" in street.say(STAFF, "派单 0001 刘敏").text
    assert "社区想请您来办" in street.told(GRID)[0]
    assert street.say(GRID, "接单 0001").text.startswith("接单成功")
    assert "网格员 刘老师" in street.told(RESIDENT)[0]


def test_staff_of_another_community_may_not(street: Street) -> None:
    street.say(RESIDENT, UNCLEAR)
    street.drain()
    for words in ("派单 0001 刘敏", "上报 0001 原因", "不予受理 0001 原因", "督办 0001", "办结 0001 好了"):
        assert "没有编号 0001" in street.say(ELSEWHERE, words).text
    assert street.ticket("0001").state is TicketState.NEW


def test_going_up_needs_a_reason_and_tells_both(street: Street) -> None:
    street.say(RESIDENT, UNCLEAR)
    street.drain()
    assert "原因" in street.say(STAFF, "上报 0001").text
    assert "街道" in street.say(STAFF, "上报 0001 要协调几家单位").text
    assert street.ticket("0001").level is Level.STREET
    assert any("要协调几家单位" in told for told in street.told(STREET))
    assert any("街道" in told for told in street.told(RESIDENT))


def test_a_department_claims_and_answers(street: Street) -> None:
    street.say(RESIDENT, UNCLEAR)
    street.drain()
    assert "城管" in street.say(STAFF, "转部门 0001").text
    assert "已转给城管" in street.say(STAFF, "转部门 0001 城管 属于占道").text
    assert "认领 0001" in street.told(DEPARTMENT)[0]
    assert "已认领" in street.say(DEPARTMENT, "认领 0001").text
    assert "原因" in street.say(DEPARTMENT, "答复 0001").text
    assert "待评" in street.say(DEPARTMENT, "答复 0001 已清走，每天巡查两次").text
    told = street.told(RESIDENT)
    assert any("城管" in each for each in told)
    assert "已清走，每天巡查两次" in told[-1]
    assert "请评价" in told[-1]


def test_a_department_sends_back_with_a_reason_and_the_street_decides(street: Street) -> None:
    street.say(RESIDENT, STALL)
    street.drain()
    assert street.ticket("0001").state is TicketState.ASSIGNED
    assert "原因" in street.say(DEPARTMENT, "退回 0001").text
    assert "已退回" in street.say(DEPARTMENT, "退回 0001 属于交警").text
    assert (street.ticket("0001").state, street.ticket("0001").level) == (TicketState.NEW, Level.STREET)
    assert any("属于交警" in told for told in street.told(STREET))


def test_supervising_reaches_whoever_has_it(street: Street) -> None:
    short = street.accepted()
    street.told(MEMBER)
    assert "已督办" in street.say(STAFF, f"督办 {short} 今天能办吗").text
    assert "今天能办吗" in street.told(MEMBER)[0]


def test_rejecting_says_why_and_where_to_turn(street: Street) -> None:
    street.say(RESIDENT, UNCLEAR)
    street.drain()
    assert "原因" in street.say(STAFF, "不予受理 0001").text
    assert "不予受理" in street.say(STAFF, "不予受理 0001 这是合同纠纷，可以找司法所").text
    assert street.ticket("0001").state is TicketState.REJECTED
    assert "可以找司法所" in street.told(RESIDENT)[0]


def test_on_hold_until_a_day_and_back_by_itself(street: Street) -> None:
    street.say(RESIDENT, UNCLEAR)
    street.drain()
    assert "挂到哪天" in street.say(STAFF, "挂起 0001 等等再说").text
    assert "11 月 30 日" in street.say(STAFF, "挂起 0001 到 11-30 等物业画线").text
    assert street.ticket("0001").state is TicketState.HELD
    assert "等物业画线" in street.told(RESIDENT)[0]
    street.advance(days=8)
    assert street.ticket("0001").state is TicketState.NEW
    news = street.say(RESIDENT, "你好").text
    assert "接着办了" in news
    assert news.endswith("。")


def test_two_reports_of_one_matter_are_merged(street: Street) -> None:
    street.say(RESIDENT, UNCLEAR)
    street.say(NEIGHBOUR, "香樟花园6栋那个事情你们知道吧")
    street.drain()
    assert "并到哪一件" in street.say(STAFF, "合并 0002").text
    assert "已并入 0001" in street.say(STAFF, "合并 0002 0001").text
    assert street.ticket("0002").state is TicketState.MERGED
    assert "（编号 0002）和邻居说的是同一件事，合在一起办了" in street.told(NEIGHBOUR)[0]


def test_staff_finish_what_they_did_themselves(street: Street) -> None:
    street.say(RESIDENT, UNCLEAR)
    street.drain()
    street.say(STAFF, "办结 0001 上门看过了")
    assert "请评价" in street.told(RESIDENT)[-1]


@pytest.mark.parametrize(
    "said", ["认领 0001", "答复 0001 办好了", "转部门 0001 城管", "合并 0001 0002", "挂起 0001 到 12-01 等"]
)
def test_a_member_is_not_the_desk(street: Street, said: str) -> None:
    short = street.accepted()
    before = street.rows()
    street.say(MEMBER, said)
    assert street.rows()["ticket_events"] == before["ticket_events"]
    assert street.ticket(short).state is TicketState.ACCEPTED


# ---------------------------------------------------------------- emergencies


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ("香樟花园2栋着火了", "请马上拨打 119"),
        ("家里煤气泄漏了", "请先离开屋子"),
        ("电梯里困人了", "请马上拨打 119"),
        ("有人要跳楼", "请马上拨打 110 和 120"),
        ("老人晕倒了叫不醒", "请马上拨打 120"),
        ("楼下有人持刀打人", "请马上拨打 110"),
        ("孩子掉河里了", "请马上拨打 119 和 120"),
    ],
)
def test_the_first_words_say_whom_to_call(street: Street, said: str, first: str) -> None:
    lines = street.say(NEIGHBOUR, said).text.splitlines()
    assert lines[0].startswith(first)
    assert "编号 261123-0001" in lines[2]
    assert street.ticket("0001").urgency is Urgency.EMERGENCY


def test_whoever_cried_for_help_without_a_place_is_asked_for_it_and_those_on_duty_are_told(street: Street) -> None:
    street.say(STAFF, "待派", on=OFFICIAL)
    assert "哪个小区、几栋" in street.say(NEIGHBOUR, "家里煤气泄漏了").text
    assert "已经转给" in street.say(NEIGHBOUR, "味道好大怎么办").text
    assert "转给" not in street.say(NEIGHBOUR, "谢谢").text
    assert "香樟花园2栋" in street.say(NEIGHBOUR, "香樟花园2栋1单元302").text
    assert [ticket.short for ticket in street.tickets()] == ["0001"]
    assert street.ticket("0001").place.startswith("香樟花园2栋")
    first, more, where = [told for told in street.told(STAFF, on=OFFICIAL) if "【紧急】" in told]
    assert "味道好大怎么办" not in first
    assert "味道好大怎么办" in more
    assert "香樟花园2栋" in where


def test_whoever_named_the_place_in_the_cry_is_not_asked_for_it(street: Street) -> None:
    assert "哪个小区" not in street.say(NEIGHBOUR, "滨江雅苑3栋着火了").text


def test_staff_on_duty_are_alarmed_on_every_channel_at_once(street_on_both: Street) -> None:
    street = street_on_both
    street.say(STAFF, "待派", on=OFFICIAL)
    street.say(NEIGHBOUR, "香樟花园2栋着火了")
    for channel in (OFFICIAL, WECOM):
        assert any("【紧急】" in told for told in street.told(STAFF, on=channel))


def test_an_emergency_is_never_offered_to_volunteers_and_never_closes_by_itself(street: Street) -> None:
    street.say(RESIDENT, "香樟花园6栋2单元半夜吵得打起来了，有人拿刀")
    street.drain()
    assert all(street.told(f"demo-member-{number}") == [] for number in range(1, 7))
    assert "不能派给这位" in street.say(STAFF, "派单 0001 李建国").text
    street.say(STAFF, "办结 0001 民警到场，人已分开")
    street.drain()
    street.advance(days=30)
    assert street.ticket("0001").state is TicketState.RESOLVED


def test_calling_again_adds_to_the_same_emergency_and_alarms_again(street: Street) -> None:
    street.say(NEIGHBOUR, "香樟花园2栋着火了")
    street.told(STAFF)
    assert street.say(NEIGHBOUR, "火越来越大，着火的是三楼").text.startswith("请马上拨打 119")
    assert len(street.tickets()) == 1
    assert any("【紧急】" in told for told in street.told(STAFF))


def test_danger_at_night_alarms_just_as_at_noon(street: Street) -> None:
    street.advance(hours=15)
    assert street.say(NEIGHBOUR, "香樟花园2栋着火了").text.startswith("请马上拨打 119")
    assert any("【紧急】" in told for told in street.told(STAFF))


# ---------------------------------------------------------------- handed over


def test_a_human_answers_and_the_bot_is_silent_until_handed_back(street_on_both: Street) -> None:
    street = street_on_both
    assert "已请社区值班的同志接手" in street.say(RESIDENT, "人工").text
    chat = street.chat(RESIDENT)
    assert any(f"【人工{chat}】张阿姨" in told for told in street.told(STAFF))
    assert street.say(RESIDENT, "低保怎么申请").text == ""
    assert any("低保怎么申请" in told for told in street.told(STAFF))
    assert street.tickets() == []
    street.say(STAFF, f"回复 {chat} 请带身份证来一趟", on=WECOM)
    assert street.told(RESIDENT) == ["社区的徐静：请带身份证来一趟"]
    street.say(STAFF, f"交回 {chat}", on=WECOM)
    assert "小应回来了" in street.told(RESIDENT)[0]
    assert "没有正在办的事" in street.say(RESIDENT, "进度").text


def test_once_somebody_answered_the_words_go_to_them_alone(street: Street) -> None:
    street.say(NEIGHBOUR, "人工")
    chat = street.chat(NEIGHBOUR)
    street.say(STAFF, f"回复 {chat} 您说", on=WECOM)
    for who in (STAFF, ELSEWHERE):
        street.told(who)
    street.say(NEIGHBOUR, "想问问低保")
    assert street.told(STAFF)
    assert street.told(ELSEWHERE) == []


def test_the_person_may_go_back_to_the_bot(street: Street) -> None:
    street.say(RESIDENT, "人工")
    assert "小应回来了" in street.say(RESIDENT, "取消").text
    assert "已受理" in street.say(RESIDENT, NOISE).text


def test_half_an_hour_of_silence_ends_it(street: Street) -> None:
    street.say(RESIDENT, "人工")
    street.advance(minutes=31)
    assert "已受理" in street.say(RESIDENT, NOISE).text
    assert "已经结束" in street.say(STAFF, f"回复 {street.chat(RESIDENT)} 在吗").text


def test_off_hours_a_ticket_waits_and_the_next_words_join_it(street: Street) -> None:
    street.advance(hours=12)
    reply = street.say(RESIDENT, "人工").text
    assert "明天早上 8 点" in reply
    assert "已受理，编号 261123-0001" in reply
    street.say(RESIDENT, "我想问问低保")
    assert street.words("0001") == ["人工", "我想问问低保"]


def test_who_is_not_on_duty_cannot_answer_a_chat(street: Street) -> None:
    street.say(RESIDENT, "人工")
    for who in (ELSEWHERE, GRID):
        assert "您这里没有对话" in street.say(who, f"回复 {street.chat(RESIDENT)} 你好").text
    assert street.told(RESIDENT) == []


def test_the_working_day_is_shanghais(street: Street) -> None:
    assert street.now == datetime(2026, 11, 23, 2, tzinfo=UTC)
    street.advance(hours=9, minutes=50)
    assert "接手" in street.say(RESIDENT, "人工").text
