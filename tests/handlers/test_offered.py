"""An offer answered in plain words, and a task given up in them: no ticket of its own comes of either."""

from __future__ import annotations

import pytest

from handlers.turn import Reply
from models.ticket import TicketState
from tests.handlers.conftest import OFFICIAL, Street, both_platforms

RESIDENT, MEMBER, OTHER = "demo-resident-1", "demo-member-1", "demo-member-2"
NOISE, MAHJONG = "香樟花园6栋2单元半夜装修太吵", "滨江雅苑3栋楼上每天打麻将太吵"


def asked(street: Street, on: str, *reports: str) -> None:
    """The member is asked to take each of these, on the platform the next words come from."""
    if on == OFFICIAL:
        street.say(MEMBER, "待接单")
    for words in reports:
        street.say(RESIDENT, words)
        street.drain()
    assert len([told for told in street.told(MEMBER, on=on) if "想请您帮忙" in told]) == len(reports)


def labels(reply: Reply) -> list[str]:
    return [choice.label for choice in reply.choices]


@both_platforms
@pytest.mark.parametrize("said", ["我去", "我来吧", "好的我去"])
def test_an_offer_is_taken_in_plain_words(street: Street, on: str, said: str) -> None:
    asked(street, on, NOISE)
    assert "接单成功，编号 0001" in street.say(MEMBER, said, on=on).text
    assert street.ticket("0001").assignee_id == street.person(MEMBER).id
    assert len(street.tickets()) == 1


@both_platforms
@pytest.mark.parametrize("said", ["明天没空，去不了", "今天不行", "这次不方便", "在外地", "来不了"])
def test_an_offer_is_declined_in_plain_words(street: Street, on: str, said: str) -> None:
    asked(street, on, NOISE)
    assert "0001 我请别人" in street.say(MEMBER, said, on=on).text
    assert "decline" in street.history("0001")
    assert len(street.tickets()) == 1
    assert "现在没有等您接的单" in street.say(MEMBER, "待接单", on=on).text


@both_platforms
def test_of_several_offers_it_is_asked_which_and_one_digit_answers(street: Street, on: str) -> None:
    asked(street, on, NOISE, MAHJONG)
    reply = street.say(MEMBER, "我去", on=on)
    assert "哪一件" in reply.text
    assert labels(reply) == ["0001 噪音扰民 · 香樟花园6栋2单元", "0002 噪音扰民 · 滨江雅苑3栋"]
    assert street.ticket("0002").state is TicketState.OFFERED
    assert "接单成功，编号 0002" in street.say(MEMBER, "2", on=on).text
    assert len(street.tickets()) == 2


@both_platforms
def test_which_of_several_offers_is_declined_is_asked_too(street: Street, on: str) -> None:
    asked(street, on, NOISE, MAHJONG)
    reply = street.say(MEMBER, "今晚有事，去不了", on=on)
    assert labels(reply)[0] == "0001 噪音扰民 · 香樟花园6栋2单元：这次不方便"
    assert "0001 我请别人" in street.say(MEMBER, "1", on=on).text
    assert "decline" not in street.history("0002")


@both_platforms
def test_a_number_that_may_mean_two_offers_is_asked_about_with_what_they_are(street: Street, on: str) -> None:
    asked(street, on, NOISE, MAHJONG)
    assert sorted(labels(street.say(MEMBER, "1", on=on))) == [
        "0001 噪音扰民 · 香樟花园6栋2单元：接单",
        "0002 噪音扰民 · 滨江雅苑3栋：接单",
    ]


def test_a_list_that_says_what_offers_are_says_it_once(street: Street) -> None:
    asked(street, OFFICIAL, NOISE, MAHJONG)
    street.say(MEMBER, "待接单")
    assert "0001 噪音扰民 · 香樟花园6栋2单元" in labels(street.say(MEMBER, "1"))


@pytest.mark.parametrize("said", ["我去年就说过了", "我去！", "我来反映个事", "不行啊楼上又漏了", "没空调"])
def test_what_only_sounds_like_an_answer_leaves_the_offer_alone(street: Street, said: str) -> None:
    asked(street, OFFICIAL, NOISE)
    street.say(MEMBER, said)
    assert street.history("0001")[-1] == "offer"


@pytest.mark.parametrize("said", ["我去", "在外地"])
def test_without_an_offer_the_same_words_are_words_like_any_other(street: Street, said: str) -> None:
    assert "接单" not in street.say(OTHER, said).text
    assert len(street.tickets()) == 1


def test_an_offer_whose_time_is_over_is_not_answered(street: Street) -> None:
    asked(street, OFFICIAL, NOISE)
    street._clock.now = street.now.replace(hour=23)  # before the job that ends it
    street.say(MEMBER, "我去")
    assert street.ticket("0001").assignee_id is None
    assert len(street.tickets()) == 2


def test_what_was_told_since_the_offer_makes_it_a_question(street: Street) -> None:
    street.accepted()
    street.advance(minutes=31)
    asked(street, OFFICIAL, MAHJONG)
    street.advance(seconds=5)
    street.say(RESIDENT, "留言 0001 您今晚来吗")
    street.drain()
    reply = street.say(MEMBER, "我来")
    assert reply.text.startswith("您说的是这件事吗")
    assert labels(reply) == ["0002 噪音扰民 · 滨江雅苑3栋"]
    assert street.ticket("0002").state is TicketState.OFFERED
    assert "接单成功，编号 0002" in street.say(MEMBER, "1").text


def test_right_after_taking_one_task_the_words_take_no_other(street: Street) -> None:
    asked(street, OFFICIAL, NOISE, MAHJONG)
    street.say(MEMBER, "接单 0001")
    assert "转给居民" in street.say(MEMBER, "好的我去").text
    assert street.ticket("0002").state is TicketState.OFFERED


@both_platforms
@pytest.mark.parametrize("said", ["我不想干了", "干不了了", "我去不了了"])
@pytest.mark.parametrize("minutes", [1, 45])
def test_whoever_gives_a_task_up_is_led_to_giving_it_back(street: Street, on: str, said: str, minutes: int) -> None:
    short = street.accepted()
    street.advance(minutes=minutes)
    reply = street.say(MEMBER, said, on=on)
    assert reply.text == (
        f"去不了没关系，回复 1，{short} 就退回社区另外安排；只是想换个时间，回复“留言 {short} 加上您的话”。"
    )
    assert len(street.tickets()) == 1
    assert street.ticket(short).state is TicketState.ACCEPTED
    assert "退回社区重新安排" in street.say(MEMBER, "1", on=on).text
    assert "release" in street.history(short)


def test_with_a_task_and_an_offer_it_is_asked_which_cannot_be_done(street: Street) -> None:
    street.accepted()
    asked(street, OFFICIAL, MAHJONG)
    reply = street.say(MEMBER, "明天没空，去不了")
    assert "哪一件" in reply.text
    assert labels(reply) == ["0001 噪音扰民 · 香樟花园6栋2单元：退回", "0002 噪音扰民 · 滨江雅苑3栋：这次不方便"]
    assert "0002 我请别人" in street.say(MEMBER, "2").text
    assert street.ticket("0001").state is TicketState.ACCEPTED


def test_whoever_has_nothing_in_hand_gives_nothing_up(street: Street) -> None:
    street.accepted()
    street.say(OTHER, "干不了了")
    assert len(street.tickets()) == 2


def test_words_after_a_photo_speak_of_the_photo(street: Street) -> None:
    asked(street, OFFICIAL, NOISE)
    street.photo(MEMBER)
    street.say(MEMBER, "我去看看")
    assert street.history("0001")[-1] == "offer"


def test_a_time_that_may_be_meant_for_the_speakers_own_matter_is_kept_there(street: Street) -> None:
    street.say(MEMBER, "香樟花园2栋楼道垃圾没人清")
    street.drain()
    asked(street, OFFICIAL, NOISE)
    street.say("demo-staff-1", "留言 0001 今天下午上门看看行吗")
    street.drain()
    street.say(MEMBER, "今天不行")
    assert "今天不行" in street.words("0001")
    assert "decline" not in street.history("0002")


@both_platforms
@pytest.mark.parametrize("said", ["接单", "不接"])
def test_the_bare_command_asks_which_of_several_offers_and_one_digit_answers(
    street: Street, on: str, said: str
) -> None:
    asked(street, on, NOISE, MAHJONG)
    reply = street.say(MEMBER, said, on=on)
    assert reply.text.startswith("您说的是哪一件")
    assert labels(reply) == ["0001 噪音扰民 · 香樟花园6栋2单元", "0002 噪音扰民 · 滨江雅苑3栋"]
    assert street.ticket("0002").state is TicketState.OFFERED
    answer = street.say(MEMBER, "2", on=on).text
    assert "接单成功，编号 0002" in answer if said == "接单" else "0002 我请别人" in answer
    assert street.ticket("0001").state is TicketState.OFFERED


def test_once_something_else_was_shown_a_digit_after_the_bare_command_is_asked_about(street: Street) -> None:
    asked(street, OFFICIAL, NOISE, MAHJONG)
    street.say(MEMBER, "接单")
    street.advance(seconds=5)
    street.say(RESIDENT, "香樟花园3栋路灯不亮")
    assert "想请您帮忙" in "\n".join(street.told(MEMBER, on=OFFICIAL))
    assert "我怕弄错" in street.say(MEMBER, "1").text
    assert {street.ticket(short).state for short in ("0001", "0002", "0003")} == {TicketState.OFFERED}
