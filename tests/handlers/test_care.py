"""What riders are and get: registration, titles, getting in, guides, and warnings that staff confirm twice."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from models import alerts, people, riders
from models.area import Area
from models.outbox import Notice, NoticeKind
from models.person import Person, RoleKind, RoleStatus
from models.reminder import Lookout
from models.rider import Alert, AlertKind, RiderProfile, TeamMember, Title, TitleKind
from scheduler import jobs
from tests.handlers.conftest import MONDAY, OFFICIAL, WECOM, Street

RIDER, OTHER, STAFF, OFFICE, NEW = "demo-rider-1", "demo-rider-2", "demo-staff-1", "demo-street-1", "never-seen-before"
STORM = "预警 今天下午3点到6点雷暴大雨，高架和涵洞先别走"
HEAT = "预警 明天最高38度，高温天中午多歇歇"

PEAK = MONDAY + timedelta(hours=1)
"""Eleven in the morning in Shanghai."""


def area(session: Any, name: str) -> Area:
    found: Area = session.scalars(select(Area).where(Area.name == name)).one()
    return found


def give(street: Street, who: str = RIDER, *, kind: TitleKind = TitleKind.FOOD, until: date) -> None:
    def act(session: Any, now: datetime) -> None:
        staff = session.get_one(Person, street.person(STAFF).id)
        person = session.get_one(Person, street.person(who).id)
        riders.give_title(
            session, person, kind, area(session, "香樟社区"), date(2026, 11, 23), until, by=staff, now=now
        )

    street.change(act)


def awake(street: Street, *who: str) -> None:
    """They have just written, so that they can be written to."""
    for each in who or (RIDER, OTHER):
        street.say(each, "谢谢")


# ---------------------------------------------------------------- registration


def register(street: Street, *said: str) -> Any:
    reply = street.say(NEW, "骑手报到")
    for each in said:
        reply = street.say(NEW, each)
    return reply


def profile(street: Street, who: str = NEW) -> tuple[float | None, float | None, str]:
    with street.huying.database.reading() as session:
        found = session.get_one(RiderProfile, street.person(who).id)
        return found.lat, found.lng, found.busy


def rides_in(street: Street, who: str = NEW) -> list[str]:
    with street.huying.database.reading() as session:
        return [
            session.get_one(Area, role.area_id).name
            for role in street.person(who).roles
            if role.kind is RoleKind.RIDER and role.status is RoleStatus.ACTIVE
        ]


def test_a_name_is_enough_to_be_a_rider(street: Street) -> None:
    reply = register(street, "小周", "跳过", "跳过", "跳过", "跳过")
    assert reply.text.startswith("小周，欢迎您")
    assert "驿站" in reply.text
    assert rides_in(street) == ["演示区"]
    assert profile(street) == (None, None, "")


def test_where_and_when_may_be_told_by_a_point_and_by_hours(street: Street) -> None:
    register(street, "小周", "跳过", "演示外卖")
    assert "跑单" in street.locate(NEW, "江湾路").text
    assert "没对上" in street.say(NEW, "看心情").text
    assert "欢迎" in street.say(NEW, "下午2点到4点、21-22").text
    assert rides_in(street) == ["香樟社区"]
    assert profile(street) == (30.5, 114.0, "14-16,21-22")
    # Who has told where they are is answered from there.
    assert "发个位置会更准" in street.say(NEW, "驿站").text


def test_where_may_be_told_by_the_name_of_an_estate_and_changed(street: Street) -> None:
    register(street, "小周", "跳过", "跳过", "银杏里", "跳过")
    assert rides_in(street) == ["银杏社区"]
    assert "常在香樟社区跑" in street.say(NEW, "常跑 香樟花园").text
    assert rides_in(street) == ["香樟社区"]
    assert "没对上" in street.say(NEW, "常跑 火星").text
    assert rides_in(street) == ["香樟社区"]
    assert "登记过了" in street.say(NEW, "骑手报到").text


def test_nothing_but_alarms_reaches_a_rider_in_their_own_hours_either(street: Street) -> None:
    awake(street)
    assert "14 点到 16 点" in street.say(RIDER, "跑单时间 14-16").text
    street.told(RIDER)
    street.at(MONDAY + timedelta(hours=4, minutes=30))  # half past two
    awake(street)
    give(street, until=date(2026, 12, 31))
    assert street.told(RIDER, on=OFFICIAL) == []
    street.change(_storm)
    assert "天气提醒" in street.told(RIDER, on=OFFICIAL)[0]
    street.at(MONDAY + timedelta(hours=6, minutes=5))
    assert "食品安全监督员" in street.told(RIDER, on=OFFICIAL)[0]
    street.say(RIDER, "跑单时间 不用")
    assert profile(street, RIDER)[2] == ""


def _storm(session: Any, now: datetime) -> Alert:
    where = area(session, "江湾街道")
    by = session.scalars(select(Person).where(Person.name == "沈主任")).one()
    count = alerts.reached(session, AlertKind.STORM, where)
    return alerts.send(session, AlertKind.STORM, where, "雷暴大雨", people=count, by=by, now=now)


# ---------------------------------------------------------------- titles and teams


def test_a_title_is_told_shown_and_ends_by_itself(street: Street) -> None:
    awake(street)
    give(street, until=date(2026, 11, 30))
    [told] = street.told(RIDER, on=OFFICIAL)
    assert "到 11 月 30 日" in told
    assert "不打分" in told
    shown = street.say(RIDER, "我的角色")
    assert "食品安全监督员，香樟社区，到 11 月 30 日" in shown.text
    street.advance(days=8)
    assert "食品安全监督员" not in street.say(RIDER, "我的角色").text


def test_a_title_is_given_back_by_one_tap_and_only_by_whoever_has_it(street: Street) -> None:
    give(street, until=date(2026, 11, 30))
    shown = street.say(RIDER, "我的角色")
    street.tap(OTHER, shown.choices[0].command)
    assert "食品安全监督员" in street.say(RIDER, "我的角色").text
    assert "谢谢" in street.choose(RIDER, shown, 1).text
    assert "食品安全监督员" not in street.say(RIDER, "我的角色").text


def test_a_team_is_seen_by_its_riders(street: Street) -> None:
    def make(session: Any, now: datetime) -> None:
        team = riders.make_team(session, "骑士小巷管家团", area(session, "香樟社区"), now=now)
        riders.join_team(session, team, session.get_one(Person, street.person(RIDER).id), now=now)

    street.change(make)
    assert "队伍：骑士小巷管家团" in street.say(RIDER, "我的角色").text
    assert "队伍" not in street.say(OTHER, "我的角色").text


def test_food_is_looked_at_by_those_who_have_the_title_and_by_nobody_else(street: Street) -> None:
    assert "现在没有" in street.say(STAFF, "巡查重点 今天 江湾路餐馆的后厨").text
    give(street, until=date(2026, 11, 30))
    assert "这一带有 1 位" in street.say(STAFF, "巡查重点 今天 奶茶店的封签").text
    assert "后厨" in street.say(RIDER, "巡查").text
    assert "后厨" not in street.say(OTHER, "巡查").text
    awake(street)
    jobs.remind_riders(street.huying, MONDAY)
    with street.huying.database.reading() as session:
        reminded = session.scalars(select(Notice.person_id).where(Notice.kind == NoticeKind.RIDER_REMINDER)).all()
        assert session.scalars(select(Lookout.title)).all() == [TitleKind.FOOD] * 2
    assert list(reminded) == [street.person(RIDER).id]
    # The day the title is over it is nobody's again.
    street.change(lambda session, now: riders.end_title(session, session.scalars(select(Title)).one(), now=now))
    assert "后厨" not in street.say(RIDER, "巡查").text


def test_staff_ask_those_who_have_a_title_by_its_name(street: Street) -> None:
    assert "现在没有" in street.say(STAFF, "巡查重点 明天 请平安骑士看看银杏里的消防通道").text
    give(street, kind=TitleKind.SAFETY, until=date(2026, 11, 30))
    give(street, OTHER, kind=TitleKind.MOBILE_GRID, until=date(2026, 11, 30))
    assert "只请平安骑士看，这一带有 1 位" in street.say(STAFF, "巡查重点 今天 平安骑士 飞线充电").text
    assert "只请流动网格员看" in street.say(STAFF, "巡查重点 今天 流动网格员：沿江路的井盖").text
    assert "飞线充电" in street.say(RIDER, "巡查").text
    shown = street.say(OTHER, "巡查").text
    assert "井盖" in shown
    assert "充电" not in shown


def test_whoever_has_a_title_is_asked_where_it_was_given_though_they_ride_elsewhere(street: Street) -> None:
    def elsewhere(session: Any, now: datetime) -> None:
        riders.ride_in(session, session.get_one(Person, street.person(RIDER).id), area(session, "银杏社区"), now=now)

    street.change(elsewhere)
    street.say(STAFF, "巡查重点 今天 江湾路的井盖")
    street.say(STAFF, "巡查重点 今天 奶茶店的封签")
    awake(street)
    assert "没有要留意" in street.say(RIDER, "巡查").text
    give(street, kind=TitleKind.SAFETY, until=date(2026, 11, 30))
    seen = street.say(RIDER, "巡查").text
    assert "井盖" in seen
    assert "封签" not in seen
    give(street, until=date(2026, 11, 30))
    assert "封签" in street.say(RIDER, "巡查").text
    jobs.remind_riders(street.huying, PEAK)
    with street.huying.database.reading() as session:
        assert reminded(session) == []  # in peace at rush hour
    jobs.remind_riders(street.huying, MONDAY + timedelta(hours=4))
    with street.huying.database.reading() as session:
        assert street.person(RIDER).id in reminded(session)


def reminded(session: Any) -> list[int]:
    return list(session.scalars(select(Notice.person_id).where(Notice.kind == NoticeKind.RIDER_REMINDER)))


def test_what_is_for_everybody_stays_for_everybody(street: Street) -> None:
    street.say(STAFF, "巡查重点 今天 江湾路的井盖")
    assert "井盖" in street.say(OTHER, "巡查").text


# ---------------------------------------------------------------- getting in, and rights


def test_a_rider_is_told_how_to_get_into_an_estate(street: Street) -> None:
    assert "北门的非机动车道" in street.say(RIDER, "进小区 香樟花园6栋").text
    assert "到了找北门门岗" in street.say(RIDER, "进小区 香樟花园").text
    none = street.say(RIDER, "进小区 银杏里").text
    assert "银杏里进小区难" in none
    assert "没对上" in street.say(RIDER, "进小区 火星").text
    assert "写上名字" in street.say(RIDER, "进小区").text
    assert street.tickets(RIDER) == []


def test_whoever_cannot_get_in_has_a_ticket_and_the_note(street: Street) -> None:
    reply = street.say(RIDER, "香樟花园保安不让外卖进")
    assert "已受理" in reply.text
    assert "北门的非机动车道" in reply.text
    assert "北门" not in street.say("demo-resident-2", "香樟花园保安不让外卖进").text
    assert "已受理" in street.say(RIDER, "银杏里进小区难，门岗登记要半天").text
    assert len(street.tickets(RIDER)) == 2


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("平台拖欠我工资三个月了", "12333"),
        ("上个月送单摔了，平台说不算工伤", "12333"),
        ("平台乱扣款封了我的号", "申诉"),
        ("放在楼下的外卖被偷了", "110"),
        ("滨江大道这一带中午没地方歇脚，也没处充电", "驿站"),
    ],
)
def test_a_riders_own_matter_is_a_ticket_with_what_to_do_at_once(street: Street, said: str, line: str) -> None:
    reply = street.say(RIDER, said)
    assert "编号" in reply.text
    assert line in reply.text
    [ticket] = street.tickets(RIDER)
    assert ticket.matter is not None


def test_guides_say_whom_to_call_and_always_name_a_person(street: Street) -> None:
    menu = street.say(RIDER, "维权")
    for number in range(1, len(menu.choices) + 1):
        guide = street.choose(RIDER, menu, number).text
        assert "人工" in guide
        assert len(guide.splitlines()) <= 5
    assert street.tickets(RIDER) == []
    assert "登记" not in street.say("demo-resident-2", "维权").text


# ---------------------------------------------------------------- warnings


def sent(street: Street, kind: NoticeKind) -> int:
    with street.huying.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Notice).where(Notice.kind == kind)) or 0


def test_a_storm_is_sent_after_a_yes_and_the_number_at_once_and_in_the_peak_too(street: Street) -> None:
    street.at(PEAK)
    awake(street)
    shown = street.say(STAFF, STORM)
    assert "香樟社区，2 位骑手会收到" in shown.text
    assert "午晚高峰也发" in shown.text
    assert "回复人数 2" in street.choose(STAFF, shown, 1).text
    assert "数没对上" in street.say(STAFF, "3").text
    assert sent(street, NoticeKind.STORM_ALERT) == 0
    assert "2 位骑手马上收到" in street.say(STAFF, "2").text
    for who in (RIDER, OTHER):
        [told] = street.told(who, on=OFFICIAL)
        assert "雷暴大雨" in told
    # The same again is not sent again, however it is confirmed.
    street.choose(STAFF, street.say(STAFF, STORM), 1)
    assert "刚刚已经发过" in street.say(STAFF, "2").text
    assert sent(street, NoticeKind.STORM_ALERT) == 2


def test_heat_waits_for_the_end_of_the_peak_and_for_those_who_want_no_reminders_for_ever(street: Street) -> None:
    street.at(PEAK)
    awake(street)
    shown = street.say(STAFF, HEAT)
    assert "2 位骑手" in shown.text
    assert "避开高峰" in shown.text
    street.say(STAFF, "1")
    street.say(STAFF, "2")
    assert street.told(RIDER, on=OFFICIAL) == []
    # Off from the next second on, also for what is on its way.
    street.say(OTHER, "不提醒")
    street.at(PEAK + timedelta(hours=3))
    assert "惦记您" in street.told(RIDER, on=OFFICIAL)[0]
    assert street.told(OTHER, on=OFFICIAL) == []
    assert "1 位骑手" in street.say(STAFF, "预警 高温橙色预警，下午更热").text


def test_the_number_of_people_judges_nothing(street: Street) -> None:
    street.at(PEAK)
    awake(street)
    street.say(STAFF, "香樟花园6栋2单元半夜装修太吵")
    street.drain()
    street.say("demo-member-1", "接单 0001")
    street.say("demo-member-1", "办结 0001 说好了")
    street.choose(STAFF, street.say(STAFF, STORM), 1)
    assert "2 位骑手马上收到" in street.say(STAFF, "2").text
    assert street.rows()["evaluations"] == []


def test_a_no_and_other_words_send_nothing(street: Street) -> None:
    assert "没有发" in street.choose(STAFF, street.say(STAFF, STORM), 2).text
    street.say(STAFF, STORM)
    assert "没有发" in street.say(STAFF, "不发").text
    street.choose(STAFF, street.say(STAFF, STORM), 1)
    reply = street.say(STAFF, "香樟花园6栋楼道灯坏了")
    assert "已受理" in reply.text
    assert "预警没有发" in reply.text
    street.choose(STAFF, street.say(STAFF, STORM), 1)
    assert "取消" in street.say(STAFF, "5").text
    street.say(STAFF, "取消")
    assert street.state(STAFF) == "idle"
    street.choose(STAFF, street.say(STAFF, STORM), 1)
    street.advance(minutes=40)
    street.say(STAFF, "2")
    assert sent(street, NoticeKind.STORM_ALERT) == 0


def test_if_a_rider_comes_in_between_the_new_number_is_asked_for(street: Street) -> None:
    street.choose(STAFF, street.say(STAFF, STORM), 1)
    register(street, "小周", "跳过", "跳过", "跳过", "跳过")
    assert "回复 3" in street.say(STAFF, "2").text
    assert "3 位骑手马上收到" in street.say(STAFF, "3").text
    assert sent(street, NoticeKind.STORM_ALERT) == 3


def test_an_alert_goes_where_it_is_named_and_only_on_ones_own_desk(street: Street) -> None:
    register(street, "小周", "跳过", "跳过", "银杏社区", "跳过")
    assert "银杏社区，3 位" in street.say(OFFICE, "预警 银杏社区下午暴雨，涵洞别走").text
    assert "香樟社区，2 位" in street.say(STAFF, "预警 银杏社区下午暴雨，涵洞别走").text
    assert "江湾街道，3 位" in street.say(OFFICE, STORM).text
    assert "没对上是恶劣天气还是高温" in street.say(STAFF, "预警 明天有检查").text
    assert "太长" in street.say(STAFF, "预警 暴雨" + "注意安全" * 60).text
    # For everybody else it is no command.
    street.say(RIDER, STORM)
    assert sent(street, NoticeKind.STORM_ALERT) == 0


# ---------------------------------------------------------------- one person, two accounts, none


def test_two_accounts_that_become_one_keep_one_of_each(street: Street) -> None:
    street.say(RIDER, "你好", on=WECOM)

    def make(session: Any, now: datetime) -> None:
        one, two = (session.get_one(Person, street.person(RIDER, on=on).id) for on in (OFFICIAL, WECOM))
        assert one.id != two.id
        team = riders.make_team(session, "骑士小巷管家团", area(session, "香樟社区"), now=now)
        for each in (one, two):
            riders.profile(session, each).busy = "14-16"
            riders.join_team(session, team, each, now=now)
        people.grant(session, two, RoleKind.RIDER, area(session, "香樟社区").id, now=now)

    street.change(make)
    code = street.say(RIDER, "绑定").text
    found = next(
        word
        for word in code.replace("，", " ").replace("。", " ").split()
        if len(word) == 6 and word.isalnum() and word.isascii()
    )
    street.say(RIDER, f"绑定 {found}", on=WECOM)
    with street.huying.database.reading() as session:
        assert len(session.scalars(select(TeamMember)).all()) == 1
        assert len(session.scalars(select(RiderProfile)).all()) == 1


def test_who_is_erased_leaves_no_place_team_or_title(street: Street) -> None:
    street.say(RIDER, "跑单时间 14-16")
    give(street, until=date(2026, 11, 30))
    reply = street.say(RIDER, "删除我的信息")
    street.say(RIDER, "1") if reply.choices else None
    with street.huying.database.reading() as session:
        assert session.scalars(select(RiderProfile)).all() == []
        assert all(each.ended_at is not None for each in session.scalars(select(Title)))
