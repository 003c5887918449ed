"""What members and riders say and hear: registering, taking tasks, giving them back, being away, leaving."""

from __future__ import annotations

import itertools

import pytest

from handlers.turn import EventKind
from models import people
from models.person import CodeKind, RoleKind, RoleStatus
from models.ticket import TicketState
from tests.handlers.conftest import OFFICIAL, WECOM, Street

RESIDENT, NEIGHBOUR, MEMBER, OTHER, STAFF = (
    "demo-resident-1",
    "demo-resident-2",
    "demo-member-1",
    "demo-member-2",
    "demo-staff-1",
)
NOISE = "香樟花园6栋2单元半夜装修太吵"


def test_registering_step_by_step_is_confirmed_by_staff(street: Street) -> None:
    said = ["报到", "林小明", "13900000000", "演示区图书馆", "1", "1 3"]
    asked = [street.say(NEIGHBOUR, words).text for words in said]
    assert "怎么称呼您" in asked[0]
    assert "手机号" in asked[1]
    assert "同意" in asked[1]
    assert "哪个单位" in asked[2]
    assert "哪个社区" in asked[3]
    assert "哪些忙" in asked[4]
    assert "核对后我告诉您" in asked[5]
    person = street.person(NEIGHBOUR)
    assert (person.name, person.phone, person.unit) == ("林小明", "13900000000", "演示区图书馆")
    assert person.consented_at is not None
    assert [(role.kind, role.status) for role in person.roles] == [(RoleKind.MEMBER, RoleStatus.PENDING)]
    assert len(person.skills) == 2
    assert any("林小明想在香樟社区报到" in told for told in street.told(STAFF))
    assert "登记" in street.say(NEIGHBOUR, "待接单").text


def test_the_phone_may_be_left_out_and_a_wrong_one_is_asked_again(street: Street) -> None:
    for words in ("报到", "林小明"):
        street.say(NEIGHBOUR, words)
    assert "11 位" in street.say(NEIGHBOUR, "12345").text
    street.say(NEIGHBOUR, "跳过")
    street.say(NEIGHBOUR, "跳过")
    street.say(NEIGHBOUR, "银杏社区")
    street.say(NEIGHBOUR, "都行")
    person = street.person(NEIGHBOUR)
    assert (person.phone, person.consented_at) == ("", None)
    assert len(person.skills) > 5


def test_an_invitation_makes_a_member_at_once_and_only_once(street: Street) -> None:
    area_id = street.person(MEMBER).roles[0].area_id
    code = street.change(
        lambda session, now: people.new_code(session, CodeKind.INVITE, now=now, minutes=60, area_id=area_id)
    )
    assert "报到成功" in street.say(NEIGHBOUR, f"报到 {code.lower()}").text
    assert "现在没有等您接的单" in street.say(NEIGHBOUR, "待接单").text
    assert "不对，或者过期了" in street.say("demo-resident-3", f"报到 {code}").text
    assert street.person("demo-resident-3").roles == []
    assert "已经在香樟社区报到过了" in street.say(NEIGHBOUR, "报到").text


def test_a_rider_registers_and_is_one_at_once(street: Street) -> None:
    replies = [
        street.say(NEIGHBOUR, words).text for words in ("骑手报到", "周强", "跳过", "演示外卖", "香樟社区", "跳过")
    ]
    assert replies[-1].startswith("周强，欢迎您")
    person = street.person(NEIGHBOUR)
    assert person.platform == "演示外卖"
    assert [(role.kind, role.status) for role in person.roles] == [(RoleKind.RIDER, RoleStatus.ACTIVE)]
    street.say(NEIGHBOUR, "不提醒")
    assert not street.person(NEIGHBOUR).reminders
    street.say(NEIGHBOUR, "提醒")
    assert street.person(NEIGHBOUR).reminders


@pytest.mark.parametrize("order", list(itertools.permutations(["photo", "place", "words"])), ids="-".join)
def test_a_riders_photo_place_and_words_are_one_ticket_in_any_order(street: Street, order: tuple[str, ...]) -> None:
    rider = "demo-rider-1"
    for what in order:
        if what == "photo":
            street.photo(rider)
        elif what == "place":
            street.locate(rider, "香樟花园3栋")
        else:
            street.say(rider, "井盖坏了")
    assert len(street.tickets()) == 1
    assert len(street.attachments("0001")) == 2
    assert street.ticket("0001").place == "香樟花园3栋"


def test_only_one_of_two_members_gets_the_task_and_the_other_is_told_kindly(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    for who in (MEMBER, OTHER):
        street.told(who)
    assert street.say(MEMBER, "接单 0001").text.startswith("接单成功")
    assert "已被接走" in street.told(OTHER)[0]
    assert "已被接走" in street.press(OTHER, "接单 261123-0001").card_caption
    assert "已被接走" in street.told(OTHER)[0]
    assert "已经在您手上" in street.say(MEMBER, "接单 0001").text
    assert street.history("0001").count("accept") == 1


def test_somebody_never_offered_a_task_cannot_take_it(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.drain()
    assert "没有编号 0001" in street.say("demo-member-6", "接单 0001").text
    assert street.ticket("0001").state is TicketState.OFFERED


def test_the_offer_hides_the_room_and_the_phone_until_it_is_taken(street: Street) -> None:
    street.say(RESIDENT, "香樟花园6栋2单元301室半夜装修太吵，我电话13912345678")
    offer = street.told(MEMBER)[0]
    assert "13912345678" not in offer
    assert "301" not in offer
    assert "301" in street.say(MEMBER, "接单 0001").text


def test_an_offer_promises_no_more_time_than_there_is(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    assert "半小时内回我就行" in street.told(MEMBER)[0]


def test_offers_and_tasks_are_listed(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.drain()
    listed = street.say(MEMBER, "待接单")
    assert [choice.command for choice in listed.choices] == ["接单 261123-0001"]
    street.say(MEMBER, "1")
    assert "0001 噪音扰民" in street.say(MEMBER, "我的任务").text
    assert "没有等您接的单" in street.say(MEMBER, "待接单").text


def test_declining_is_easy_and_when_all_decline_the_desk_is_told(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    asked = [who for who in ("demo-member-1", "demo-member-2", "demo-member-3", "demo-member-4") if street.told(who)]
    for who in asked:
        assert "谢谢您" in street.say(who, "婉拒 0001 今天加班").text
    # Then the neighbouring community is asked.
    assert street.told("demo-member-5")
    street.say("demo-member-5", "婉拒 0001")
    assert any("待派" in told for told in street.told(STAFF))
    assert street.ticket("0001").state is TicketState.NEW


def test_nobody_in_time_and_the_desk_is_told(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.drain()
    street.advance(minutes=31)
    assert street.told("demo-member-5")
    assert street.told(STAFF) == []
    street.advance(minutes=31)
    assert street.ticket("0001").state is TicketState.NEW
    assert any("1 件待派" in told for told in street.told(STAFF))
    assert "4 位问过了，没接上" in street.say(STAFF, "待派").text
    assert "已经过了" in street.say(MEMBER, "接单 0001").text


def test_arriving_and_finishing_are_told_and_finishing_needs_a_word(street: Street) -> None:
    short = street.accepted()
    street.told(RESIDENT)
    street.say(MEMBER, f"到场 {short}")
    assert "到现场了" in street.told(RESIDENT)[0]
    assert "说一句给居民听" in street.say(MEMBER, "办结").text
    assert street.ticket(short).state is TicketState.ACCEPTED
    street.say(MEMBER, "办结 说好了")
    assert "请评价" in street.told(RESIDENT)[0]


def test_a_task_is_given_back_and_the_resident_hears_a_whole_sentence(street: Street) -> None:
    short = street.accepted()
    street.told(RESIDENT)
    assert "不要紧" in street.say(MEMBER, f"退单 {short} 临时开会").text
    assert street.ticket(short).state is TicketState.NEW
    told = street.told(RESIDENT)[0]
    assert "去不了" in told
    assert told.endswith("。")
    assert any("想请您帮忙" in told for told in street.told("demo-member-5"))
    assert not any("想请您帮忙" in told for who in (MEMBER, OTHER) for told in street.told(who)[2:])


def test_the_assignee_cannot_judge_and_the_resident_cannot_finish(street: Street) -> None:
    short = street.accepted()
    assert "登记" in street.say(RESIDENT, f"办结 {short} 好了").text
    assert "不在您手上" in street.say(MEMBER, f"评价 {short} 1").text
    assert "不在您手上" in street.say(MEMBER, f"撤单 {short}").text
    assert street.ticket(short).state is TicketState.ACCEPTED


def test_who_is_away_is_not_asked_until_back(street: Street) -> None:
    assert "12 月 2 日之前" in street.say(MEMBER, "请假 到 12-01").text
    street.say(RESIDENT, NOISE)
    assert street.told(MEMBER) == []
    assert street.told(OTHER)
    street.say(MEMBER, "上线")
    street.say(RESIDENT, "滨江雅苑3栋楼上每天打麻将太吵")
    assert street.told(MEMBER)


def test_leaving_hands_the_tasks_on(street: Street) -> None:
    short = street.accepted()
    street.say(RESIDENT, "滨江雅苑3栋楼上每天打麻将太吵")
    street.drain()
    assert "已经退出" in street.say(MEMBER, "退出").text
    assert street.ticket(short).assignee_id is None
    assert {role.status for role in street.person(MEMBER).roles} == {RoleStatus.ENDED}
    assert "登记" in street.say(MEMBER, "接单 0002").text
    assert street.told("demo-member-5")
    for who in (OTHER, "demo-member-4"):
        street.say(who, "婉拒 0002")
    street.say("demo-member-5", f"婉拒 {short}")
    assert any("待派" in told for told in street.told(STAFF))


def test_unfollowing_everywhere_hands_the_tasks_on(street: Street) -> None:
    short = street.accepted()
    street.event(MEMBER, EventKind.UNFOLLOW, on=OFFICIAL)
    assert street.ticket(short).state is TicketState.ACCEPTED  # WeCom still reaches them
    street.event(MEMBER, EventKind.UNFOLLOW, on=WECOM)
    assert street.ticket(short).state is TicketState.NEW


def test_two_accounts_become_one_person_by_a_code(street_on_both: Street) -> None:
    street = street_on_both
    code = street.say(NEIGHBOUR, "绑定", on=OFFICIAL).text.split("绑定码是 ")[1][:6]
    street.say(NEIGHBOUR, "香樟花园2栋路灯坏了", on=OFFICIAL)
    street.say("neighbour-at-work", "滨江雅苑1栋楼上漏水", on=WECOM)
    assert "才有用" in street.say(NEIGHBOUR, f"绑定 {code}", on=OFFICIAL).text
    assert "绑定好了" in street.say("neighbour-at-work", f"绑定{code}", on=WECOM).text
    assert street.person(NEIGHBOUR).id == street.person("neighbour-at-work", on=WECOM).id
    assert len(street.say("neighbour-at-work", "进度", on=WECOM).choices) == 2
    assert "不对，或者过期了" in street.say("demo-resident-3", f"绑定 {code}").text


def test_a_code_is_over_after_ten_minutes(street: Street) -> None:
    code = street.say(NEIGHBOUR, "绑定").text.split("绑定码是 ")[1][:6]
    street.advance(minutes=11)
    assert "过期" in street.say("neighbour-at-work", f"绑定 {code}", on=WECOM).text


def test_a_pressed_card_ends_and_the_words_come_by_themselves(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.told(MEMBER)
    pressed = street.press(MEMBER, "接单 261123-0001")
    assert (pressed.text, pressed.card_caption) == ("", "已接单")
    assert any(told.startswith("接单成功") for told in street.told(MEMBER))
    assert any(caption == "已被接走" for _, caption in street.wecom.captions)


def test_how_it_was_done_can_be_told_in_a_sentence_of_its_own(street: Street) -> None:
    number = street.accepted()
    assert "怎么办好的" in street.say("demo-member-1", f"办结 {number}").text
    assert "辛苦了" in street.say("demo-member-1", "楼上的音响搬走了，半夜不再放了").text
    assert street.ticket(number).state is TicketState.RESOLVED
