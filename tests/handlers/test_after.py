"""What happens after accepting: contact details, a second person, handing on, giving back, and silence."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from handlers.turn import EventKind
from models import tickets
from models.offer import Offer, OfferState, Purpose
from models.person import Person
from models.ticket import Ticket, TicketHelper, TicketState, Urgency
from tests.handlers.conftest import OFFICIAL, WECOM, Street

RESIDENT, MEMBER, SECOND, THIRD, STAFF = (
    "demo-resident-1",
    "demo-member-1",
    "demo-member-2",
    "demo-member-4",
    "demo-staff-1",
)
NAMES = {"demo-member-1": "李建国", "demo-member-2": "王秀兰", "demo-member-3": "赵明", "demo-member-4": "孙丽"}
NOISE = "香樟花园6栋2单元半夜装修太吵"


def quiet_home(street: Street, *, asks: str = MEMBER) -> str:
    """张阿姨's noise, taken by one member while the others were not asked: they are free to be asked later."""
    street.say(RESIDENT, NOISE)
    short = street.tickets(RESIDENT)[-1].short
    street.drain()
    street.say(asks, f"接单 {short}")

    def forget_the_others(session: Any, now: datetime) -> None:
        rows = session.scalars(select(Offer).where(Offer.state == OfferState.WITHDRAWN)).all()
        for row in rows:
            session.delete(row)

    street.change(forget_the_others)
    street.drain()
    for who in (RESIDENT, *NAMES, STAFF):
        street.told(who)
    return short


def give_phone(street: Street) -> None:
    def act(session: Any, now: datetime) -> None:
        person = session.get_one(Person, street.person(RESIDENT).id)
        person.phone, person.consented_at = "13912340000", now

    street.change(act)


def asked_to_help(street: Street) -> list[str]:
    """Who holds an open question whether they come along."""
    street.drain()
    with street.huying.database.reading() as session:
        open_ones = (
            select(Offer.person_id)
            .join(Ticket, Ticket.id == Offer.ticket_id)
            .where(Ticket.state == TicketState.ACCEPTED, Offer.state == OfferState.OPEN, Offer.purpose == Purpose.TASK)
            .order_by(Offer.id)
        )
        ids = set(session.scalars(open_ones))
    return [who for who in (*NAMES, "demo-member-5", "demo-member-6", "demo-grid-1") if street.person(who).id in ids]


def with_help(street: Street, *, asks: str = MEMBER) -> tuple[str, str]:
    """A task and the one who came along; everything told so far counts as read."""
    short = quiet_home(street, asks=asks)
    street.say(asks, f"求助 {short} 要两个人才搬得动")
    helper = asked_to_help(street)[0]
    street.say(helper, f"接单 {short}")
    for who in (RESIDENT, *NAMES, STAFF):
        street.told(who)
    return short, helper


# ---------------------------------------------------------------- contact details


@pytest.mark.parametrize("on", [OFFICIAL, WECOM])
def test_the_phone_and_the_door_are_shown_only_after_accepting(street: Street, on: str) -> None:
    give_phone(street)
    street.say(RESIDENT, "香樟花园6栋2单元301室半夜装修太吵")
    offer = "\n".join(street.told(MEMBER))
    assert "13912340000" not in offer
    assert "301" not in offer
    reply = street.say(MEMBER, "接单 0001", on=on).text
    assert "13912340000" in reply
    assert "301" in reply


def test_a_matter_in_the_street_needs_nobodys_number(street: Street) -> None:
    give_phone(street)
    street.say(RESIDENT, "香樟花园门口流浪狗乱叫扰民太吵")
    street.drain()
    [ticket] = street.tickets(RESIDENT)
    for who in NAMES:
        reply = street.say(who, f"接单 {ticket.short}").text
        if "接单成功" in reply:
            assert "13912340000" not in reply
            return
    pytest.fail("nobody could take it")


def test_a_number_nobody_agreed_to_keep_is_not_shown(street: Street) -> None:
    give_phone(street)
    street.change(lambda session, now: session.execute(update(Person).values(consented_at=None)))
    assert "13912340000" not in street.say(MEMBER, f"接单 {street.accepted(by=SECOND)}").text
    street.say(RESIDENT, "香樟花园6栋2单元301室半夜装修太吵")
    street.drain()
    assert "13912340000" not in street.say(MEMBER, "接单 0002").text


# ---------------------------------------------------------------- a second person


@pytest.mark.parametrize("on", [OFFICIAL, WECOM])
def test_a_second_person_comes_along_and_the_resident_hears_that_two_come(street: Street, on: str) -> None:
    short = quiet_home(street)
    assert "我请附近的人" in street.say(MEMBER, f"求助 {short} 要抬柜子，电话 13912345678", on=on).text
    helper = asked_to_help(street)[0]
    offer = street.told(helper)[0]
    assert "搭个伴" in offer
    assert "要抬柜子" in offer
    assert "13912345678" not in offer
    assert "接单成功" in street.say(helper, f"接单 {short}", on=on).text
    assert "会有两位到" in street.told(RESIDENT)[0]
    assert "和您一起去" in street.told(MEMBER)[0]
    assert street.ticket(short).assignee_id == street.person(MEMBER).id
    assert street.history(short)[-3:] == ["ask_help", "seek", "join"]
    assert f"{short} " in street.say(helper, "我的任务").text
    assert street.history_is_whole()


def test_the_pressed_button_of_a_helpers_card_joins_too(street: Street) -> None:
    short = quiet_home(street)
    street.say(MEMBER, f"求助 {short} 要两个人")
    helper = asked_to_help(street)[0]
    street.told(helper)
    assert street.press(helper, f"接单 {street.ticket(short).number}").card_caption == "已接单"
    assert any("您和李师傅一起去" in told for told in street.told(helper))


def test_helpers_are_asked_in_waves_and_at_last_the_desk(street: Street) -> None:
    short = quiet_home(street)
    street.say(MEMBER, f"求助 {short} 要两个人")
    asked: list[str] = []
    while now_asked := asked_to_help(street):
        asked += now_asked
        if len(asked) == len(now_asked):
            for each in now_asked:
                assert "谢谢您" in street.say(each, f"婉拒 {short}").text
        else:
            street.advance(minutes=31)
    assert len(asked) == len(set(asked)) >= 2
    assert MEMBER not in asked
    assert any("想要个帮手" in told and "派单" in told for told in street.told(STAFF))
    street.say(STAFF, f"派单 {short} 刘敏")
    assert asked_to_help(street) == ["demo-grid-1"]
    assert "接单成功" in street.say("demo-grid-1", f"接单 {short}").text


def test_help_is_wanted_for_something_and_asked_once(street: Street) -> None:
    short = quiet_home(street)
    assert "什么样的帮手" in street.say(MEMBER, "求助").text
    assert "我请附近的人" in street.say(MEMBER, "楼道灯坏了太黑，一个人不敢上去").text
    assert street.words(short)[-1] == "楼道灯坏了太黑，一个人不敢上去"
    assert "已经在请人" in street.say(MEMBER, f"求助 {short} 快点").text
    asked = asked_to_help(street)
    assert len(asked) == len(set(asked)) > 0
    assert street.history(short).count("ask_help") == 1


def test_a_resident_who_calls_for_help_reports_something(street: Street) -> None:
    assert "已受理" in street.say("demo-resident-2", "求助").text


def test_a_helper_arrives_and_speaks_but_does_not_finish_alone(street: Street) -> None:
    short, helper = with_help(street)
    assert "您到了" in street.say(helper, f"到场 {short}").text
    assert "到现场了" in street.told(RESIDENT)[0]
    assert "话带到了" in street.say(helper, f"留言 {short} 我在单元门口").text
    assert any("我在单元门口" in told for told in street.told(RESIDENT))
    assert any("我在单元门口" in told for told in street.told(MEMBER))
    street.say(RESIDENT, f"留言 {short} 马上下来")
    for who in (MEMBER, helper):
        assert any("居民带话" in told and "马上下来" in told for told in street.told(who))
    assert "您搭档接的" in street.say(helper, f"办结 {short} 弄好了").text
    assert street.ticket(short).state is TicketState.ACCEPTED
    street.say(MEMBER, f"办结 {short} 弄好了")
    assert any("谢谢您搭这把手" in told for told in street.told(helper))


def test_a_helper_finishes_when_the_other_is_gone(street: Street) -> None:
    short, helper = with_help(street)
    street.say(MEMBER, f"退单 {short} 家里有急事")
    assert any("先别一个人去" in told for told in street.told(helper))
    assert "辛苦了" in street.say(helper, f"办结 {short} 已经和楼上说好了").text
    assert street.ticket(short).state is TicketState.RESOLVED
    assert street.ticket(short).assignee_id == street.person(helper).id


def test_a_helper_stays_for_whoever_takes_the_task_next(street: Street) -> None:
    short, helper = with_help(street)
    street.say(MEMBER, f"退单 {short} 家里有急事")
    following = next(who for who in NAMES if who not in (MEMBER, helper))
    street.say(STAFF, f"派单 {short} {NAMES[following]}")
    partner = f"{NAMES[helper][0]}师傅"
    assert f"{partner}会和您一起去" in street.say(following, f"接单 {short}").text
    street.say(RESIDENT, f"留言 {short} 谢谢两位")
    for who in (following, helper):
        assert any("谢谢两位" in told for told in street.told(who))


def test_a_helper_who_stayed_hears_who_goes_with_them_now(street: Street) -> None:
    short, helper = with_help(street)
    street.say(MEMBER, f"退单 {short} 家里有急事")
    assert any("先别一个人去" in told for told in street.told(helper))
    following = next(who for who in NAMES if who not in (MEMBER, helper))
    street.say(STAFF, f"派单 {short} {NAMES[following]}")
    street.say(following, f"接单 {short}")
    [told] = set(street.told(helper))
    assert f"{NAMES[following][0]}师傅和您一起去" in told
    assert not any("和您一起去" in told for told in street.told(following))
    third = next(who for who in NAMES if who not in (MEMBER, helper, following))
    street.say(following, f"转派 {short} {NAMES[third]}")
    street.drain()
    street.say(third, f"接单 {short}")
    assert any(f"{NAMES[third][0]}师傅和您一起去" in told for told in street.told(helper))


def test_a_helper_may_leave_and_the_other_is_told(street: Street) -> None:
    short, helper = with_help(street)
    assert "我告诉搭档" in street.say(helper, f"退单 {short} 孩子发烧").text
    assert street.ticket(short).state is TicketState.ACCEPTED
    assert any("临时去不了" in told for told in street.told(MEMBER))
    assert "没有在办" in street.say(helper, "我的任务").text
    assert "不在您手上" in street.say(helper, f"到场 {short}").text


def test_a_helper_who_unfollows_everywhere_has_left(street: Street) -> None:
    short, helper = with_help(street)
    for on in (OFFICIAL, WECOM):
        street.event(helper, EventKind.UNFOLLOW, on=on)
    with street.huying.database.reading() as session:
        [row] = session.scalars(select(TicketHelper))
    assert row.left_at is not None
    assert street.ticket(short).state is TicketState.ACCEPTED


def test_going_up_a_level_ends_the_help(street: Street) -> None:
    short, helper = with_help(street)
    street.say(STAFF, f"上报 {short} 要街道协调")
    assert any("另外安排" in told for told in street.told(helper))
    assert "不在您手上" in street.say(helper, f"办结 {short} 好了").text


def test_a_helper_reads_what_the_task_needs(street: Street) -> None:
    give_phone(street)
    street.say(RESIDENT, "香樟花园6栋2单元301室半夜装修太吵")
    street.drain()
    street.say(MEMBER, "接单 0001")
    street.change(
        lambda session, now: [
            session.delete(each) for each in session.scalars(select(Offer)) if each.state != "accepted"
        ]
    )
    street.say(MEMBER, "求助 0001 要两个人")
    helper = asked_to_help(street)[0]
    offer = "\n".join(street.told(helper))
    assert "13912340000" not in offer
    assert "301" not in offer
    reply = street.say(helper, "接单 0001").text
    assert "13912340000" in reply
    assert "301" in reply


def test_both_photos_show_how_it_is_now(street: Street) -> None:
    short, helper = with_help(street)
    for who in (MEMBER, helper):
        street.say(who, f"到场 {short}")
        street.photo(who)
    assert [each.use.value for each in street.attachments(short)] == ["after", "after"]


# ---------------------------------------------------------------- handing on


def test_a_colleague_takes_over_and_everybody_hears(street: Street) -> None:
    short = street.accepted()
    for who in (RESIDENT, MEMBER):
        street.told(who)
    assert "我去问王秀兰" in street.say(MEMBER, f"转派 {short} 王秀兰").text
    assert street.ticket(short).assignee_id == street.person(MEMBER).id
    assert any("李师傅想托给您" in told for told in street.told(SECOND))
    assert "接单成功" in street.say(SECOND, f"接单 {short}").text
    assert street.ticket(short).assignee_id == street.person(SECOND).id
    assert any("接过去了" in told for told in street.told(MEMBER))
    assert any("王师傅" in told for told in street.told(RESIDENT))
    assert "不在您手上" in street.say(MEMBER, f"办结 {short} 好了").text
    assert street.history(short)[-2:] == ["hand_on", "take_on"]


def test_the_task_stays_when_the_colleague_cannot_or_does_not_answer(street: Street) -> None:
    short = street.accepted()
    street.told(MEMBER)
    street.say(MEMBER, f"转派 {short} 王秀兰")
    street.drain()
    street.say(SECOND, f"婉拒 {short}")
    assert any("这次不方便，还在您手上" in told for told in street.told(MEMBER))
    assert "没找到" in street.say(MEMBER, f"转派 {short} 王秀兰").text  # a no is a no
    street.say(MEMBER, f"转派 {short} 孙丽")
    street.drain()
    street.advance(hours=3)
    assert any("没顾上回，还在您手上" in told for told in street.told(MEMBER))
    assert "已经过了" in street.say(THIRD, f"接单 {short}").text
    assert street.ticket(short).assignee_id == street.person(MEMBER).id
    assert "辛苦了" in street.say(MEMBER, f"办结 {short} 说好了").text


def test_only_colleagues_are_proposed_and_one_at_a_time(street: Street) -> None:
    short = street.accepted()
    assert "没找到" in street.say(MEMBER, f"转派 {short} 吴志强").text  # of another community
    assert "没找到" in street.say(MEMBER, f"转派 {short} 张阿姨").text
    listed = street.say(MEMBER, "转派")
    assert "王秀兰" in [choice.label for choice in listed.choices]
    assert "李建国" not in [choice.label for choice in listed.choices]
    street.choose(MEMBER, listed, 1)
    street.say(MEMBER, f"转派 {short} 孙丽")
    with street.huying.database.reading() as session:
        open_ones = session.scalars(select(Offer.person_id).where(Offer.state == OfferState.OPEN)).all()
    assert open_ones == [street.person(THIRD).id]


def test_people_of_the_same_unit_are_colleagues_wherever_they_serve(street: Street) -> None:
    unit = street.person(MEMBER).unit
    elsewhere = street.person("demo-member-5").id
    street.change(lambda session, now: setattr(session.get_one(Person, elsewhere), "unit", unit))
    short = street.accepted()
    assert "我去问吴志强" in street.say(MEMBER, f"转派 {short} 吴志强").text


# ---------------------------------------------------------------- giving back


def give_back(street: Street, short: str, *, times: int) -> None:
    for _ in range(times):

        def ask(session: Any, now: datetime) -> None:
            member = session.get_one(Person, street.person(MEMBER).id)
            session.add(
                Offer(
                    ticket_id=street.ticket(short).id,
                    person_id=member.id,
                    offered_at=now,
                    expires_at=now + timedelta(hours=1),
                )
            )
            ticket = session.get_one(Ticket, street.ticket(short).id)
            ticket.state, ticket.dispatch_at = TicketState.OFFERED, None
            session.flush()
            tickets.accept(session, ticket, by=member, now=now)

        street.change(ask)
        street.say(MEMBER, f"退单 {short} 临时有事")


def test_the_third_return_goes_to_people_instead_of_another_round(street: Street) -> None:
    short = street.accepted()
    street.say(MEMBER, f"退单 {short} 临时有事")
    give_back(street, short, times=1)
    street.change(lambda session, now: [session.delete(each) for each in session.scalars(select(Offer))])
    street.change(lambda session, now: setattr(session.get_one(Ticket, street.ticket(short).id), "dispatch_at", now))
    street.drain()
    assert street.ticket(short).state is TicketState.OFFERED  # after the second there is one more round
    give_back(street, short, times=1)
    street.change(lambda session, now: [session.delete(each) for each in session.scalars(select(Offer))])
    street.drain()
    assert street.history(short).count("release") == 3
    assert street.ticket(short).state is TicketState.NEW
    assert any("待派" in told for told in street.told(STAFF))
    assert street.person(MEMBER).roles[0].status == "active"


# ---------------------------------------------------------------- words right after accepting


@pytest.mark.parametrize("on", [OFFICIAL, WECOM])
def test_a_sentence_right_after_accepting_reaches_the_resident_if_meant_so(street: Street, on: str) -> None:
    short = street.accepted()
    street.say(MEMBER, f"到场 {short}", on=on)
    street.told(RESIDENT)
    asked = street.say(MEMBER, "我大概十分钟到您家", on=on)
    assert "转给居民吗" in asked.text
    assert len(street.tickets()) == 1
    assert "话带到了" in street.say(MEMBER, "1", on=on).text
    assert any("我大概十分钟到您家" in told for told in street.told(RESIDENT))
    assert street.words(short).count("我大概十分钟到您家") == 1


def test_the_same_sentence_may_be_another_matter(street: Street) -> None:
    short = street.accepted()
    asked = street.say(MEMBER, "这边有个东西坏了没人管")
    assert "已受理" in street.choose(MEMBER, asked, 2).text
    assert len(street.tickets(MEMBER)) == 1
    assert "这边有个东西坏了没人管" not in street.words(short)


def test_a_sentence_without_an_answer_stays_with_the_task(street: Street) -> None:
    short = street.accepted()
    street.say(MEMBER, "我大概十分钟到您家")
    street.advance(hours=1)
    assert street.words(short)[-1] == "我大概十分钟到您家"
    assert len(street.tickets()) == 1


def test_a_sure_report_from_another_place_is_a_report_even_then(street: Street) -> None:
    street.accepted()
    assert "已受理" in street.say(MEMBER, "滨江雅苑3栋楼道的路灯坏了").text


def test_half_an_hour_later_a_sentence_is_a_report_again(street: Street) -> None:
    street.accepted()
    street.advance(minutes=31)
    assert "已受理" in street.say(MEMBER, "这边有个东西坏了没人管").text


def test_danger_is_never_asked_about(street: Street) -> None:
    street.accepted()
    assert street.say(MEMBER, "楼道着火了").text.startswith("请")
    assert street.tickets()[-1].urgency is Urgency.EMERGENCY


# ---------------------------------------------------------------- silence


def until_asked(street: Street, short: str, *, most_days: int = 7) -> None:
    for _ in range(most_days * 24):
        street.advance(hours=1)
        if street.ticket(short).asked_at is not None:
            return
    pytest.fail("never asked")


def test_a_silent_assignee_is_asked_once_and_then_relieved_without_blame(street: Street) -> None:
    short = street.accepted()
    begun = street.now
    for who in (MEMBER, RESIDENT, STAFF):
        street.told(who)
    until_asked(street, short)
    assert timedelta(days=1, hours=12) < street.now - begun < timedelta(days=3)
    [asked] = street.told(MEMBER, on=WECOM)
    assert "办得怎么样了" in asked
    assert all(label in asked for label in ("1 我到现场了", "2 办好了", "3 想要个帮手", "4 这次去不了"))
    street.advance(hours=2)
    assert street.told(MEMBER) == []
    for _ in range(5 * 24):
        street.advance(hours=1)
    assert street.history(short).count("check_in") == 1
    assert street.history(short).count("release") == 1
    assert street.ticket(short).assignee_id is None
    [relieved] = street.told(MEMBER)
    assert "谢谢您接过" in relieved
    assert not any(word in relieved for word in ("没有", "超时", "未"))
    assert "正在另外安排" in street.say(RESIDENT, "进度").text  # nobody may write to her after two days


@pytest.mark.parametrize(("number", "action"), [("1", "arrive"), ("4", "release")])
def test_one_number_answers_the_question_how_it_goes(street: Street, number: str, action: str) -> None:
    short = street.accepted()
    until_asked(street, short)
    street.told(MEMBER)
    street.say(MEMBER, number, on=WECOM)
    assert street.history(short)[-1] == action
    assert street.ticket(short).asked_at is None


@pytest.mark.parametrize("said", ["留言 {} 约了周末", "到场 {}", "求助 {} 搬不动"])
def test_whoever_is_heard_of_is_not_asked(street: Street, said: str) -> None:
    short = street.accepted()
    for _ in range(4):
        street.advance(days=1)
        street.say(MEMBER, said.format(short))
    assert "check_in" not in street.history(short)


def test_what_is_urgent_is_asked_about_after_two_hours_but_not_at_night(street: Street) -> None:
    short = street.accepted()
    street.change(lambda session, now: session.execute(update(Ticket).values(urgency=Urgency.URGENT)))
    street.advance(hours=1, minutes=50)
    assert "check_in" not in street.history(short)
    street.advance(minutes=10)
    assert "check_in" in street.history(short)


def test_nobody_is_asked_at_night(street: Street) -> None:
    street.advance(hours=9)  # seven in the evening
    short = street.accepted()
    street.change(lambda session, now: session.execute(update(Ticket).values(urgency=Urgency.URGENT)))
    street.told(MEMBER)
    for _ in range(12):
        street.advance(hours=1)
        assert "check_in" not in street.history(short)
    street.advance(hours=1, minutes=1)
    assert "check_in" in street.history(short)


def test_over_the_weekend_nobody_is_asked_about_ordinary_tasks(street: Street) -> None:
    street.advance(days=2)  # Wednesday
    short = street.accepted()
    for _ in range(2):
        street.advance(days=3 if street.now.weekday() == 2 else 1)
        assert street.now.weekday() in (5, 6)
        assert "check_in" not in street.history(short)
    street.advance(days=1)
    assert "check_in" in street.history(short)


def test_emergencies_are_followed_by_people(street: Street) -> None:
    short = street.accepted()
    street.change(lambda session, now: session.execute(update(Ticket).values(urgency=Urgency.EMERGENCY)))
    for _ in range(6):
        street.advance(days=1)
    assert "check_in" not in street.history(short)
