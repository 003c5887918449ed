"""Who asks for a hand (点单) finds a neighbour who offers it: from the first word to the judgement, on both platforms."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from models.offer import Offer
from models.person import Person, Role
from models.ticket import TicketState
from tests.handlers.conftest import OFFICIAL, Street, both_platforms
from texts import console

RESIDENT = "demo-resident-1"
WANG, ZHAO, SUN, STAFF = "demo-member-2", "demo-member-3", "demo-member-4", "demo-staff-1"


def asked(street: Street) -> dict[str, list[str]]:
    """Whom the first wave of the first ticket went to, and why, as the desk reads it."""
    street.drain()
    with street.huying.database.reading() as session:
        rows = session.execute(
            select(Person.name, Offer.reasons)
            .join(Offer, Offer.person_id == Person.id)
            .where(Offer.wave == 1)
            .order_by(Offer.id)
        )
        return {name: [console.reason(each) for each in reasons["list"]] for name, reasons in rows}


@both_platforms
@pytest.mark.parametrize(
    ("words", "service", "helper", "name", "together"),
    [
        ("香樟花园6栋想找人帮忙修下灯", "修灯", ZHAO, "赵明", True),
        ("香樟花园6栋的老人明天要去医院，想请人陪诊", "陪诊", WANG, "王秀兰", True),
        ("香樟花园6栋，奶奶下不了床，有没有人能上门理发", "理发", SUN, "孙丽", True),
        ("香樟花园6栋，腿脚不方便，谁能帮我买点药", "取药", SUN, "孙丽", False),
    ],
)
def test_a_hand_is_asked_for_lent_and_judged(
    street: Street, on: str, words: str, service: str, helper: str, name: str, together: bool
) -> None:
    street.say(SUN, "技能 理发、买药", on=on)
    reply = street.say(RESIDENT, words).text
    assert "已受理，编号 261123-0001" in reply
    assert f"点单：{service} · 香樟花园6栋" in reply
    ticket = street.ticket("0001")
    assert ticket.service == service
    assert f"会{service}" in asked(street)[name]
    assert any(f"点单：{service}" in told for told in street.told(helper))
    if on == OFFICIAL:
        assert "接单成功" in street.tap(helper, "接单 261123-0001").text
    else:
        street.press(helper, "接单 261123-0001")
        assert any("接单成功" in told for told in street.told(helper))
    assert street.ticket("0001").needs == (2 if together else 1)
    assert any(f"您点的{service}（编号 0001）有人接了" in told for told in street.told(RESIDENT))
    street.say(helper, "办结 0001 都弄好了", on=on)
    assert any(f"您点的{service}" in told and "请评价" in told for told in street.told(RESIDENT))
    street.say(RESIDENT, "1")
    assert street.ticket("0001").state is TicketState.CLOSED


def test_whoever_offers_the_service_is_asked_before_those_who_rested_longer(street: Street) -> None:
    street.say("demo-member-1", "技能 理发")
    street.change(
        lambda session, now: session.execute(
            update(Role).where(Role.person_id == street.person("demo-member-1").id).values(asked_at=now)
        )
    )
    street.say(RESIDENT, "滨江雅苑1栋想请人上门理发")
    found = asked(street)
    assert next(iter(found)) == "李建国"
    assert "会理发" in found["李建国"]
    # Who can do other things lends a hand too, and is not said to cut hair.
    assert len(found) > 1
    assert not any("会理发" in why for who, why in found.items() if who != "李建国")


@both_platforms
@pytest.mark.parametrize(
    "words",
    [
        "香樟花园6栋电梯维修太慢了",
        "香樟花园门口的理发店油烟扰民",
        "香樟花园路灯坏了没人修",
        "香樟花园路灯坏了请派人来修",
    ],
)
def test_a_complaint_that_has_such_a_word_in_it_is_no_service(street: Street, on: str, words: str) -> None:
    assert "点单" not in street.say(RESIDENT, words, on=on).text
    assert street.ticket("0001").service is None


def test_where_to_go_is_asked_and_then_neighbours_are(street: Street) -> None:
    reply = street.say("demo-resident-2", "想找人帮忙修下灯").text
    assert reply.startswith("已受理，编号 261123-0001。\n点单：修灯。请问在哪个小区、几栋附近？\n")
    assert "香樟花园3栋" in street.say("demo-resident-2", "香樟花园3栋").text
    assert "赵明" in asked(street)
    assert street.ticket("0001").state is TicketState.OFFERED


def test_two_neighbours_who_want_their_hair_cut_are_not_asked_whether_it_is_the_same(street: Street) -> None:
    street.say(RESIDENT, "香樟花园6栋想请人上门理发")
    street.say("demo-resident-2", "香樟花园6栋想请人上门理发")
    assert not any("同一件事" in told for told in street.told("demo-resident-2"))


def test_whoever_meant_something_else_is_not_sent_a_hairdresser(street: Street) -> None:
    street.say(RESIDENT, "香樟花园6栋想找人帮忙修下灯")
    street.say(RESIDENT, "不是修灯，是漏水")
    ticket = street.ticket("0001")
    assert (ticket.service, ticket.category) == (None, "water_leak")


def test_a_danger_is_never_a_service(street: Street) -> None:
    street.say(RESIDENT, "香樟花园6栋插座着火了，快来人帮忙修水电")
    assert street.ticket("0001").service is None


@both_platforms
def test_a_member_says_what_they_can_do(street: Street, on: str) -> None:
    assert "陪诊" in street.say(WANG, "技能", on=on).text
    assert "理发" in street.say(WANG, "技能 我会理发，也能修灯", on=on).text
    assert {each.skill for each in street.person(WANG).skills} >= {"理发", "修灯", "陪诊"}
    assert "理发" not in street.say(WANG, "技能 去掉理发", on=on).text
    assert "没对上" in street.say(WANG, "技能 一二三", on=on).text
    assert {each.skill for each in street.person(WANG).skills} >= {"修灯", "陪诊"}


def test_who_registers_may_name_a_service(street: Street) -> None:
    who = "demo-resident-3"
    for words in ("报到", "林小", "跳过", "跳过", "香樟社区"):
        street.say(who, words)
    street.say(who, "我会理发和修灯")
    assert {each.skill for each in street.person(who).skills} == {"理发", "修灯"}


def test_what_a_card_says_names_the_service(street: Street) -> None:
    street.say(RESIDENT, "香樟花园6栋想找人帮忙修下灯")
    street.drain()
    titles = [outgoing.title for account, outgoing in street.wecom.inbox if account == ZHAO]
    assert titles[0] == "想请您帮忙 · 点单：修灯 · 香樟花园6栋"
