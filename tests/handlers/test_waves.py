"""Stories of an offer as people live them, each once on the Official Account and once in WeCom."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

from sqlalchemy import select, update

from models.category import Category
from models.offer import Wave
from models.person import Person
from models.ticket import TicketState
from tests.handlers.conftest import OFFICIAL, WECOM, Street, both_platforms

RESIDENT, NEIGHBOUR = "demo-resident-1", "demo-resident-2"
MEMBER, OTHER, THIRD, ELSEWHERE, STAFF = (
    "demo-member-1",
    "demo-member-2",
    "demo-member-4",
    "demo-member-5",
    "demo-staff-1",
)
NOISE = "香樟花园6栋2单元半夜装修太吵"
GREEN = "香樟花园3栋的树枝太长了，挡住阳光，请修剪"
ELDER = "香樟花园2栋的独居老人腿脚不便，想请人陪诊"


def answer(street: Street, who: str, command: str, on: str) -> str:
    """A tap in the Official Account, a pressed card in WeCom; gives everything the person then reads, the button too."""
    if on == OFFICIAL:
        return street.tap(who, command).text
    street.told(who)
    caption = street.press(who, command).card_caption
    return "\n".join([caption, *street.told(who)])


def reached(street: Street, on: str, *people: str) -> None:
    """Everybody is best reached on one platform: by the window of the Official Account, or in WeCom."""
    if on == OFFICIAL:
        for who in people:
            street.say(who, "待接单")


@both_platforms
def test_taken_in_the_first_wave(street: Street, on: str) -> None:
    reached(street, on, MEMBER, OTHER, THIRD)
    street.say(RESIDENT, NOISE)
    for who in (MEMBER, OTHER, THIRD):
        assert any("想请您帮忙" in told for told in street.told(who, on=on))
    assert street.told(ELSEWHERE) == []
    assert "接单成功" in answer(street, MEMBER, "接单 261123-0001", on)
    assert any("有人接了" in told for told in street.told(RESIDENT))
    for who in (OTHER, THIRD):
        assert any("已被接走" in told for told in street.told(who))
    if on == WECOM:
        assert {caption for accounts, caption in street.wecom.captions if MEMBER not in accounts} == {"已被接走"}


@both_platforms
def test_whoever_is_asked_may_read_the_whole_of_it_before_they_answer(street: Street, on: str) -> None:
    reached(street, on, MEMBER)
    often = "跟他们好好说过好几回都不听，" * 4
    street.say(RESIDENT, f"香樟花园6栋楼上每天半夜拖椅子太吵，{often}物业来过一次也没用。我家602室，电话13800001234")
    asked, *_ = [each for each in street.told(MEMBER, on=on) if "想请您帮忙" in each]
    assert "物业来过" not in asked
    if on == OFFICIAL:
        assert "3 看详情" in asked
        read = street.say(MEMBER, "3")
        assert [each.command for each in read.choices] == ["接单 261123-0001", "婉拒 261123-0001"]
        text = read.text
    else:
        text = answer(street, MEMBER, "进度 261123-0001", on)
    assert "物业来过一次也没用" in text
    assert "13800001234" not in text
    assert "602" not in text
    assert "您说了这件事" not in text
    assert "接单成功" in answer(street, MEMBER, "接单 261123-0001", on)


@both_platforms
def test_taken_in_the_third_wave(street: Street, on: str) -> None:
    reached(street, on, THIRD, ELSEWHERE)
    street.change(
        lambda session, _: session.execute(
            update(Person).where(Person.name == "孙丽").values(free_from=11, free_until=22)
        )
    )
    street.say(RESIDENT, NOISE)
    street.drain()
    street.advance(minutes=31)  # the second wave goes to the neighbouring community
    assert any("想请您帮忙" in told for told in street.told(ELSEWHERE, on=on))
    assert street.told(THIRD) == []
    street.advance(minutes=31)  # after eleven she may be asked
    assert any("想请您帮忙" in told for told in street.told(THIRD, on=on))
    assert street.told(STAFF) == []
    assert "接单成功" in answer(street, THIRD, "接单 261123-0001", on)
    assert street.ticket("0001").state is TicketState.ACCEPTED
    with street.huying.database.reading() as session:
        assert [len(wave.picks["list"]) for wave in session.scalars(select(Wave).order_by(Wave.number))] == [2, 1, 1]


@both_platforms
def test_nobody_in_time_and_staff_read_why(street: Street, on: str) -> None:
    street.say(MEMBER, "请假 到 12-01", on=on)
    street.say(RESIDENT, NOISE)
    street.drain()
    street.advance(minutes=31)
    street.advance(minutes=31)
    assert any("1 件待派" in told for told in street.told(STAFF))
    desk = street.say(STAFF, "待派", on=on).text
    assert "没找到人：3 位问过了，没接上" in desk
    assert "1 位请假" in desk
    assert "李建国" not in desk


@both_platforms
def test_an_expired_offer_answered_late_is_thanked(street: Street, on: str) -> None:
    street.say(RESIDENT, NOISE)
    street.drain()
    street.advance(minutes=31)
    read = answer(street, MEMBER, "接单 261123-0001", on)
    assert "已经过了" in read
    assert "谢谢您" in read
    assert street.ticket("0001").assignee_id is None
    if on == WECOM:
        assert "已失效" in read
        assert all(caption == "已失效" for _, caption in street.wecom.captions)


@both_platforms
def test_an_offer_of_what_the_resident_took_back_ends_kindly(street: Street, on: str) -> None:
    street.say(RESIDENT, NOISE)
    street.told(MEMBER)
    street.say(RESIDENT, "撤单 0001")
    assert any("不用跑了" in told for told in street.told(MEMBER))
    assert "居民自己撤回了" in answer(street, MEMBER, "接单 261123-0001", on)
    assert {caption for _, caption in street.wecom.captions} == {"居民撤回了"}


@both_platforms
def test_two_press_at_once_and_one_of_them_has_it(street_on_both: Street, on: str) -> None:
    street = street_on_both
    street.say(RESIDENT, NOISE)
    street.drain()
    barrier = Barrier(2)

    def take(who: str) -> str:
        barrier.wait()
        act = street.tap if on == OFFICIAL else street.press
        reply = act(who, "接单 261123-0001", on=on)
        return reply.card_caption

    with ThreadPoolExecutor(2) as pool:
        captions = list(pool.map(take, (MEMBER, OTHER)))
    assert sorted(captions) == ["已接单", "已被接走"]
    assert street.history("0001").count("accept") == 1


# ---------------------------------------------------------------- the hour, and one's own wishes


def test_what_is_told_at_night_is_asked_in_the_morning(street: Street) -> None:
    street.advance(hours=13)
    street.say(RESIDENT, NOISE)
    street.drain()
    assert street.told(MEMBER) == []
    street.advance(hours=7.9)
    assert street.told(MEMBER) == []
    street.advance(minutes=10)
    assert any("想请您帮忙" in told for told in street.told(MEMBER))
    assert not any("想请您帮忙" in told for told in street.told(STAFF))


def test_members_say_when_they_like_to_be_asked(street: Street) -> None:
    assert "18 点到 21 点之间" in street.say(MEMBER, "接单时间 18-21").text
    street.say(RESIDENT, NOISE)
    assert street.told(MEMBER) == []
    assert "22 点到次日 6 点" in street.say(MEMBER, "接单时间 22到6点").text
    assert "几点到几点" in street.say(MEMBER, "接单时间").text
    assert "都来问您" in street.say(MEMBER, "接单时间 全天").text
    person = street.person(MEMBER)
    assert (person.free_from, person.free_until) == (None, None)


def test_members_say_how_many_they_look_at_at_a_time(street: Street) -> None:
    assert "最多 1 件" in street.say(MEMBER, "接单上限 1").text
    for building in (1, 2, 3):
        street.say(RESIDENT, f"香樟花园{building}栋半夜装修太吵")
    street.drain()
    assert len(street.say(MEMBER, "待接单").choices) == 1
    assert "1 到 9" in street.say(MEMBER, "接单上限 很多").text


# ---------------------------------------------------------------- in twos, and the open pool


@both_platforms
def test_a_home_visit_is_made_by_two(street: Street, on: str) -> None:
    street.say(RESIDENT, ELDER)
    street.drain()
    assert street.ticket("0001").needs == 2
    first = answer(street, MEMBER, "接单 261123-0001", on)
    assert "两个人一起去" in first
    street.told(MEMBER)
    second = answer(street, OTHER, "接单 261123-0001", on)
    assert "您和李师傅一起去" in second
    assert any("王师傅和您一起去" in told for told in street.told(MEMBER))
    assert any("也一起来帮忙" in told for told in street.told(RESIDENT))
    assert "0001 点单：陪诊" in street.say(OTHER, "我的任务").text
    assert "另外请人搭伴" in street.say(OTHER, "退单 0001").text
    assert any("临时去不了" in told for told in street.told(MEMBER))


@both_platforms
def test_whoever_stayed_has_it_already_while_others_are_asked_anew(street: Street, on: str) -> None:
    street.change(lambda session, _: setattr(session.get_one(Category, "noise"), "needs", 3))
    street.say(RESIDENT, NOISE)
    street.drain()
    for who in (MEMBER, OTHER):
        street.say(who, "接单 0001")
    with_partner = answer(street, OTHER, "接单 261123-0001", on)
    assert "0001 您已经答应一起去了，不用再接。\n到了回复“到场 0001”；去不了回复“退单 0001”" in with_partner
    assert "办结" not in with_partner, "that is for whoever has it"
    street.say(MEMBER, "退单 0001")
    street.drain()
    assert street.ticket("0001").state is TicketState.OFFERED
    for said in ("接单 261123-0001", "接单"):
        read = answer(street, OTHER, said, on)
        assert "0001 您已经接下了，不用再接。社区在另外请人和您搭档" in read
        assert "已经办好了，回复“办结 0001 加一句话”；去不了回复“退单 0001”" in read
        if on == WECOM:
            assert "已接单" in read
    # Whom the desk asks by name to be the one who has it may.
    street.say(STAFF, "派单 0001 王秀兰")
    street.drain()
    assert "接单成功" in answer(street, OTHER, "接单 261123-0001", on)
    assert street.ticket("0001").assignee_id == street.person(OTHER).id


def test_what_is_free_is_told_in_one_message_and_taken_by_whoever_comes_first(street: Street) -> None:
    member, other = "demo-member-3", "demo-member-4"
    street.say(RESIDENT, GREEN)
    street.say(NEIGHBOUR, "滨江雅苑2栋门口的大树倒了，挡住路，请修剪")
    street.drain()
    assert street.told(member) == []
    street.advance(minutes=11)
    heard = street.told(member)
    assert heard and all("2 件事等人搭把手" in told for told in heard)
    listed = street.say(member, "待接单")
    assert "谁方便谁接" in listed.text
    assert [choice.command for choice in listed.choices] == ["接单 261123-0001", "接单 261123-0002"]
    assert "接单成功" in street.say(member, "接单 0001").text
    assert "已被接走" in street.say(other, "接单 0001").text
    assert [choice.command for choice in street.say(other, "待接单").choices] == ["接单 261123-0002"]
    assert any("有人接了" in told for told in street.told(RESIDENT))
    assert street.now < datetime(2026, 11, 23, 3, tzinfo=UTC)
