"""Limits as people hear of them: warned in time, one level up when it is over, on hold and going on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from models import duty, finding, tickets
from models.category import Category, First, Level
from models.clock import CHINA
from models.ticket import Limit, TicketState
from tests.handlers.conftest import WECOM, Street

RESIDENT, MEMBER, GRID = "demo-resident-1", "demo-member-1", "demo-grid-1"
RESIDENT_ELSEWHERE = "demo-resident-2"
STAFF, STREET, DEPARTMENT = "demo-staff-1", "demo-street-1", "demo-dept-1"
EVERYBODY = (RESIDENT, MEMBER, GRID, STAFF, STREET, DEPARTMENT)
NOISE = "香樟花园6栋2单元半夜装修太吵"
FIRE = "香樟花园6栋2单元着火了"


def china(month: int, day: int, hour: int, minute: int = 0, *, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=CHINA)


def a_day_above_the_estate(session: Any, _: datetime) -> None:
    """Community, street and department have a working day each to find somebody."""
    session.get_one(Category, "noise").limits_by = {
        level: {"accept": "1wd"} for level in ("community", "street", "department")
    }


def heard(street: Street, *who: str) -> str:
    return "\n".join(words for each in who for words in street.told(each))


def test_up_all_four_levels_over_national_day_with_its_make_up_saturday(street_on_both: Street) -> None:
    street = street_on_both
    street.change(a_day_above_the_estate)
    # In 2026 the first to the seventh of October are free, and Saturday the tenth is worked.
    street.at(china(9, 30, 10))
    street.say(RESIDENT, NOISE)
    street.drain()
    ticket = street.ticket("0001")
    assert (ticket.due_at, ticket.limit) == (china(9, 30, 12), Limit.ACCEPT)
    assert ticket.finish_by == china(10, 15, 18)
    heard(street, *EVERYBODY)

    street.at(china(9, 30, 11, 36))
    assert "今天中午 12 点前要有人接" in heard(street, GRID)
    street.at(china(9, 30, 11, 50))
    assert "要有人接" not in heard(street, GRID, STAFF)  # once

    street.at(china(9, 30, 12))
    assert street.ticket("0001").level is Level.COMMUNITY
    assert "转到社区这一级" in heard(street, STAFF)
    assert "转给社区办了" in heard(street, RESIDENT)
    assert street.ticket("0001").accept_by == china(10, 8, 18)
    heard(street, *EVERYBODY)

    for day in range(1, 8):
        street.at(china(10, day, 18, 1))
    assert street.ticket("0001").level is Level.COMMUNITY
    assert heard(street, GRID, STAFF, STREET) == ""

    street.at(china(10, 8, 16))
    assert "要有人接" in heard(street, GRID)
    street.at(china(10, 8, 18))
    assert "转到街道这一级" in heard(street, STREET)
    assert street.ticket("0001").accept_by == china(10, 9, 18)

    street.at(china(10, 9, 18))
    ticket = street.ticket("0001")
    assert (ticket.state, ticket.level, ticket.department) == (TicketState.ASSIGNED, Level.DEPARTMENT, "城管")
    assert "转给您这里了" in heard(street, DEPARTMENT)
    assert ticket.accept_by == china(10, 10, 18)  # the Saturday
    heard(street, *EVERYBODY)

    street.at(china(10, 10, 18))
    assert "过了时间，部门还没办好" in heard(street, STREET, DEPARTMENT)
    street.at(china(10, 11, 12))
    assert "过了时间" not in heard(street, STREET, DEPARTMENT)
    street.at(china(10, 12, 9))
    assert "过了时间，部门还没办好" in heard(street, STREET, DEPARTMENT)

    street.at(china(10, 12, 10))
    assert "已认领" in street.say(DEPARTMENT, "认领 0001", on=WECOM).text
    ticket = street.ticket("0001")
    # Passed on three times, and the time for finishing is the one it had on the first day.
    assert (ticket.due_at, ticket.limit) == (china(10, 15, 18), Limit.FINISH)
    street.say(DEPARTMENT, "挂起 0001 到 10-15 等配件", on=WECOM)
    assert street.ticket("0001").due_at is None
    for day in (13, 14):
        street.at(china(10, day, 18))
    street.at(china(10, 15, 8))
    ticket = street.ticket("0001")
    # 38 working hours were left: Thursday, Friday, Monday, and eight hours of Tuesday.
    assert (ticket.state, ticket.due_at) == (TicketState.ASSIGNED, china(10, 20, 16))
    assert "待评" in street.say(DEPARTMENT, "答复 0001 已劝停", on=WECOM).text
    assert street.ticket("0001").due_at is None
    assert " ".join(street.history("0001")) == (
        "open offer expire offer miss_limit escalate miss_limit escalate miss_limit escalate assign "
        "miss_limit miss_limit claim hold resume finish"
    )
    assert street.history_is_whole()


def test_a_neighbour_who_is_late_keeps_the_task_and_is_asked_kindly(street: Street) -> None:
    street.at(china(11, 23, 10))
    short = street.accepted()
    heard(street, *EVERYBODY)
    ends = street.ticket(short).finish_by
    assert ends == china(12, 2, 18)
    street.at(china(12, 1, 14))
    assert "前要办好，辛苦您记着" in heard(street, MEMBER)
    assert "要办好，现在有人接了，还没办好" in heard(street, GRID)
    street.at(china(12, 1, 15))
    assert "要办好" not in heard(street, MEMBER, GRID)
    street.at(ends)
    assert "说好的时间到了，您辛苦了" in heard(street, MEMBER)
    # 刘敏 looks after the community's node too; above it is the street.
    assert "过了时间" in heard(street, GRID)
    ticket = street.ticket(short)
    assert (ticket.state, ticket.level, ticket.limit) == (TicketState.ACCEPTED, Level.ESTATE, Limit.LATE)
    street.at(china(12, 3, 9))
    assert "过了时间" in heard(street, STREET)
    assert "说好的时间" not in heard(street, MEMBER)
    street.at(china(12, 4, 9))
    assert "过了时间" in heard(street, STREET)
    assert street.say(MEMBER, f"办结 {short} 劝好了").text
    street.at(china(12, 7, 9))
    assert "过了时间" not in heard(street, STREET, GRID)


def test_at_night_nobody_is_reminded_before_the_morning(street: Street) -> None:
    street.change(lambda session, _: setattr(session.get_one(Category, "noise"), "first", First.STAFF))
    street.at(china(11, 23, 22))
    street.say(RESIDENT, NOISE)
    street.drain()
    for moment in (china(11, 23, 23, 36), china(11, 24, 0), china(11, 24, 2), china(11, 24, 4)):
        street.at(moment)
    assert street.ticket("0001").level is Level.DEPARTMENT
    assert heard(street, *EVERYBODY) == ""
    street.at(china(11, 24, 8))
    # Of three steps everybody hears the last one: those it has left hear nothing.
    assert "转给城管办了" in (said := heard(street, RESIDENT))
    assert said.count("转给") == 1
    assert "转给您这里了" in heard(street, DEPARTMENT)
    assert "转到职能部门这一级" in (said := heard(street, STREET))
    assert "转到街道这一级" not in said
    assert heard(street, GRID, STAFF) == ""


def test_what_waited_for_the_morning_is_not_told_when_somebody_has_taken_it(street: Street) -> None:
    street.change(lambda session, _: setattr(session.get_one(Category, "noise"), "first", First.STAFF))
    street.at(china(11, 23, 21, 30))
    street.say(RESIDENT, NOISE)
    for moment in (china(11, 23, 23, 6), china(11, 23, 23, 30)):
        street.at(moment)
    street.say(STREET, "派单 0001 李建国", on=WECOM)
    street.say(MEMBER, "接单 0001")
    heard(street, *EVERYBODY)
    street.at(china(11, 24, 8))
    assert heard(street, GRID, STAFF, STREET) == ""


def test_something_urgent_at_night_brings_the_message_to_the_desk_that_waits(street: Street) -> None:
    street.change(lambda session, _: setattr(session.get_one(Category, "public_facility"), "first", First.STAFF))
    street.at(china(11, 23, 22))
    street.say(RESIDENT, "香樟花园6栋 有事情要和你们讲")
    street.drain()
    assert heard(street, STAFF) == ""
    street.say(RESIDENT, "香樟花园6栋门口井盖丢了，急需处理")
    street.drain()
    assert heard(street, STAFF).count("有 2 件待派") == 1


def test_what_comes_back_from_hold_late_is_asked_about_on_the_next_working_day(street: Street) -> None:
    street.at(china(11, 23, 10))
    short = street.accepted()
    ends = street.ticket(short).finish_by
    assert ends is not None
    street.at(ends)
    street.say(STAFF, f"挂起 {short} 到 12-12 等配件", on=WECOM)
    street.at(china(12, 12, 8))  # a Saturday
    street.say(STREET, f"派单 {short} 孙丽", on=WECOM)
    street.say("demo-member-4", f"接单 {short}")
    heard(street, *EVERYBODY)
    for moment in (china(12, 12, 8, 30), china(12, 13, 9)):
        street.at(moment)
    assert "过了时间" not in heard(street, GRID, STAFF, STREET)
    street.at(china(12, 14, 9))
    assert "过了时间" in heard(street, GRID, STAFF, STREET)


def test_words_passed_on_to_the_resident_are_the_first_answer(street: Street) -> None:
    street.at(china(11, 24, 1))
    street.say(RESIDENT, FIRE)
    street.drain()
    assert street.ticket("0001").answered_at is None
    street.say(RESIDENT, "留言 0001 还在冒烟")
    assert street.ticket("0001").answered_at is None
    street.say(STAFF, "留言 0001 马上到", on=WECOM)
    assert street.ticket("0001").answered_at == street.now


def test_nobody_is_late_for_what_waits_for_the_morning(street: Street) -> None:
    street.at(china(11, 23, 22))
    street.say(RESIDENT, NOISE)
    street.drain()
    assert street.ticket("0001").accept_by == china(11, 24, 9)
    street.at(china(11, 24, 4))
    assert street.ticket("0001").level is Level.ESTATE


@pytest.mark.parametrize("department_is_there", [True, False])
def test_a_department_that_is_not_there_leaves_it_with_the_street(street: Street, department_is_there: bool) -> None:
    if not department_is_there:
        street.say(DEPARTMENT, "退出 全部")
        street.change(lambda session, _: setattr(session.get_one(Category, "noise"), "department", "水务"))
    street.at(china(11, 23, 10))
    street.say(RESIDENT, NOISE)
    street.drain()
    for hour in (12, 14, 16):
        street.at(china(11, 23, hour))
    ticket = street.ticket("0001")
    assert ticket.level is Level.DEPARTMENT
    assert ticket.state is (TicketState.ASSIGNED if department_is_there else TicketState.NEW)
    street.at(china(11, 23, 18))
    assert street.ticket("0001").limit is Limit.LATE
    street.told(STREET)
    street.at(china(11, 24, 9))
    assert "过了时间" in heard(street, STREET)


# ---------------------------------------------------------------- while the resident is waited for

LAMP = "想找人帮忙修下灯"


def test_a_help_in_person_goes_up_to_nobody_while_its_place_is_waited_for(street_on_both: Street) -> None:
    street = street_on_both
    street.at(china(11, 23, 10))
    assert "请问在哪个小区" in street.say(RESIDENT_ELSEWHERE, LAMP).text
    street.drain()
    for hour in (12, 14, 16, 18):
        street.at(china(11, 23, hour))
    ticket = street.ticket("0001")
    assert "escalate" not in street.history("0001")
    assert (ticket.due_at, ticket.limit) == (china(11, 24, 18), Limit.ANSWER)
    # Nobody forgets it: it waits at the desk, is named every morning, and somebody has to answer in time.
    assert "0001 点单：修灯（地方不清）" in street.say(STAFF, "待派").text
    heard(street, *EVERYBODY)
    street.at(china(11, 24, 8, 30))
    assert "0001 修灯，今天下午 6 点前" in heard(street, STAFF)
    street.say(STAFF, "留言 0001 您好，请问住哪个小区", on=WECOM)
    for day in (24, 25, 26):
        street.at(china(11, day, 19))
    ticket = street.ticket("0001")
    assert (ticket.due_at, ticket.level) == (None, Level.COMMUNITY)
    street.at(china(11, 27, 9))
    assert "还不知道在哪里" in street.say(RESIDENT_ELSEWHERE, "进度").text
    assert "今天上午 11 点前会有人联系处理" in street.say(RESIDENT_ELSEWHERE, "香樟花园3栋").text
    ticket = street.ticket("0001")
    assert (ticket.accept_by, ticket.limit) == (china(11, 27, 11), Limit.ACCEPT)
    # It stood still for four working days less an hour.
    assert ticket.finish_by == china(12, 8, 17)


def test_where_nobody_answers_either_it_goes_up_as_everything_does(street: Street) -> None:
    street.at(china(11, 23, 10))
    street.say(RESIDENT_ELSEWHERE, LAMP)
    street.at(china(11, 24, 18))
    assert (street.ticket("0001").limit, street.ticket("0001").accept_by) == (Limit.ACCEPT, china(11, 24, 20))
    assert "过了时间" in heard(street, STAFF)
    street.at(china(11, 24, 20))
    assert street.ticket("0001").level is Level.STREET


def test_a_point_on_the_map_ends_the_waiting_too(street: Street) -> None:
    street.at(china(11, 23, 10))
    street.say(RESIDENT_ELSEWHERE, LAMP)
    street.at(china(11, 23, 10, 20))
    street.locate(RESIDENT_ELSEWHERE, "香樟花园3栋")
    ticket = street.ticket("0001")
    assert ticket.held_at is None
    assert ticket.accept_by == china(11, 23, 12, 20)


def test_a_place_that_people_have_to_make_out_ends_the_waiting_too(street: Street) -> None:
    street.at(china(11, 23, 10))
    street.say(RESIDENT_ELSEWHERE, LAMP)
    street.at(china(11, 23, 10, 20))
    assert "社区的同志会核对地方" in street.say(RESIDENT_ELSEWHERE, "就在老地方").text
    ticket = street.ticket("0001")
    assert (ticket.place, ticket.held_at, ticket.accept_by) == ("就在老地方", None, china(11, 23, 12, 20))


def test_what_is_said_to_be_something_else_waits_no_longer(street: Street) -> None:
    street.at(china(11, 23, 10))
    street.say(RESIDENT_ELSEWHERE, LAMP)
    street.say(RESIDENT_ELSEWHERE, "不是修灯，是漏水")
    ticket = street.ticket("0001")
    assert (ticket.service, ticket.held_at, ticket.limit) == (None, None, Limit.ACCEPT)


# ---------------------------------------------------------------- on duty


def roster(street: Street, **shift: Any) -> None:
    written = {"area": "香樟社区", "weekly": [{"days": [1, 2, 3, 4, 5, 6, 7], **shift}]}
    street.change(lambda session, _: duty.enter(session, written))


def test_at_night_the_one_on_duty_is_alarmed_then_the_second_then_the_street(street: Street) -> None:
    roster(street, **{"from": "18:00", "to": "08:00", "first": "徐静", "second": "刘敏"})
    start = china(11, 24, 1)
    street.at(start)
    reply = street.say(RESIDENT, FIRE).text
    assert reply.startswith("请马上拨打 119")
    assert "值班的同志" in reply

    def alarmed(*who: str) -> list[str]:
        return [each for each in who if "【紧急】" in heard(street, each)]

    assert alarmed(STAFF, GRID, STREET) == [STAFF]
    street.at(start + timedelta(minutes=5))
    assert alarmed(STAFF, GRID, STREET) == [GRID]
    for minutes in (10, 20):
        street.at(start + timedelta(minutes=minutes))
        assert alarmed(STAFF, GRID, STREET) == [STAFF, GRID], minutes
    street.at(start + timedelta(minutes=30))
    assert alarmed(STAFF, GRID, STREET) == [STREET]
    for minutes in range(40, 300, 10):
        street.at(start + timedelta(minutes=minutes))
    assert sum(words.count("【紧急】") for words in street.told(STREET)) == 2 + 1
    assert street.ticket("0001").level is not Level.DEPARTMENT


def test_once_somebody_answered_nobody_is_alarmed_again(street: Street) -> None:
    street.at(china(11, 24, 1))
    street.say(RESIDENT, FIRE)
    street.drain()
    assert "留言 0001 马上到" in heard(street, STAFF)
    assert "【紧急】" in heard(street, STREET)  # nobody is entered: everybody is told
    street.say(STAFF, "留言 0001 马上到", on=WECOM)
    assert "马上到" in heard(street, RESIDENT)
    for minutes in (5, 10, 20, 30, 40):
        street.at(china(11, 24, 1, minutes))
    assert "【紧急】" not in heard(street, STAFF, STREET)


def test_staff_see_who_is_on_duty_and_change_one_shift(street: Street) -> None:
    street.at(china(11, 23, 20))
    assert "还没有排值班" in street.say(STAFF, "值班").text
    assert "现在没有排值班" in street.say(STAFF, "值班 换 徐静").text
    roster(street, **{"from": "18:00", "to": "08:00", "first": "徐静", "second": "沈主任"})
    said = street.say(STAFF, "值班").text
    assert "香樟社区现在值班：徐静，沈主任备勤，到 11-24 08:00" in said
    assert "11-24 18:00 起：徐静、沈主任" in said
    assert "换成刘敏，徐静备勤，到 11-24 08:00" in street.say(STAFF, "值班 换 刘敏", on=WECOM).text
    assert "现在值班：刘敏，徐静备勤" in street.say(STAFF, "值班").text
    street.at(china(11, 24, 20))
    assert "现在值班：徐静，沈主任备勤" in street.say(STAFF, "值班").text
    assert "张三" in street.say(STAFF, "值班 换 张三").text
    # To residents these are words like any others.
    assert street.say(RESIDENT, "值班").text
    assert "现在值班" not in street.say(RESIDENT, "值班").text


# ---------------------------------------------------------------- digests


def test_on_the_first_working_morning_of_a_week_the_responsible_hear_what_is_due(street: Street) -> None:
    street.at(china(11, 23, 7))
    street.accepted()
    heard(street, *EVERYBODY)
    street.at(china(11, 23, 8, 30))
    assert "这一周" not in heard(street, GRID)  # due next week
    street.at(china(11, 30, 8, 30))
    assert "这一周到时间的事有 1 件" in (said := heard(street, GRID))
    assert "0001 噪音扰民 · 香樟花园6栋2单元，后天下午 6 点前" in said
    for moment in (china(11, 30, 8, 40), china(11, 30, 9, 20), china(12, 1, 8, 30)):
        street.at(moment)
        assert "这一周" not in heard(street, GRID)
    assert "这一周" not in heard(street, "demo-grid-3")


def test_after_a_holiday_the_weekly_digest_comes_on_the_first_working_day(street: Street) -> None:
    street.at(china(9, 30, 7))
    street.accepted()
    for day in range(1, 8):
        street.at(china(10, day, 8, 30))
    heard(street, *EVERYBODY)
    street.at(china(10, 8, 8, 30))  # a Thursday
    assert "这一周" not in heard(street, GRID)  # due on the fifteenth
    street.at(china(10, 12, 8, 30))
    assert "这一周到时间的事有 1 件" in heard(street, GRID)


def test_on_working_mornings_the_desk_hears_what_waits_and_nothing_when_nothing_does(street: Street) -> None:
    street.at(china(11, 27, 8, 30))
    assert heard(street, STAFF) == ""
    street.say(RESIDENT, "香樟花园6栋 有事情要和你们讲")
    street.drain()
    heard(street, STAFF, STREET)
    street.at(china(11, 28, 8, 30))  # a Saturday
    assert "早上好" not in heard(street, STAFF)
    street.at(china(11, 30, 8, 30))
    assert "早上好，今天要办的事有 1 件" in heard(street, STAFF)
    street.at(china(11, 30, 8, 40))
    assert "早上好" not in heard(street, STAFF)
    assert "早上好" not in heard(street, "demo-member-1", GRID)


def test_a_wrong_guess_makes_nobody_late(street: Street) -> None:
    street.at(china(11, 23, 10))
    street.say(RESIDENT, NOISE)
    street.at(china(11, 25, 10))
    street.change(
        lambda session, now: tickets.correct_category(
            session,
            finding.find(session, "0001", by=session.get_one(type(street.person(STREET)), street.person(STREET).id)),
            session.get_one(Category, "elevator_fault"),
            "",
            by=street.person(STREET),
            now=now,
        )
    )
    assert street.ticket("0001").finish_by == china(11, 26, 10)  # 24 hours from now
