"""Signs, grumbles and noises: what holds no matter is answered, answers no question, and is heard by people if it goes on."""

from __future__ import annotations

import pytest

from models.ticket import TicketState
from tests.handlers.conftest import Street, both_platforms

RESIDENT, MEMBER = "demo-resident-1", "demo-member-1"
NOISE = "香樟花园6栋2单元半夜装修太吵"


@both_platforms
@pytest.mark.parametrize("said", ["👍", "🙏🙏", "👍🏻", "❤️", "[强]", "[玫瑰][抱拳]"])
def test_a_friendly_sign_is_manners(street: Street, on: str, said: str) -> None:
    assert street.say(RESIDENT, said, on=on).text == "好的，有事随时叫我。"
    assert not street.tickets()


def test_a_thumb_answers_no_question(street: Street) -> None:
    short = street.finished()
    assert "刚才问您的" in street.say(RESIDENT, "👍").text
    assert street.ticket(short).state is TicketState.RESOLVED
    assert "已结" in street.say(RESIDENT, "1").text, "the question is still open"


def test_a_thumb_is_not_how_a_task_was_done(street: Street) -> None:
    short = street.accepted()
    street.say(MEMBER, f"办结 {short}")
    assert "刚才问您的" in street.say(MEMBER, "👍").text
    assert street.ticket(short).state is TicketState.ACCEPTED
    street.say(MEMBER, "和楼上说好了")
    assert street.ticket(short).state is TicketState.RESOLVED


def test_a_thumb_is_no_place(street: Street) -> None:
    street.say("demo-resident-2", "停车太乱了没人管")
    assert "哪个小区" in street.say("demo-resident-2", "👍").text
    assert street.words("0001") == ["停车太乱了没人管"]


@both_platforms
@pytest.mark.parametrize(
    "said", ["你们就是糊弄人", "什么破机器人", "小应真没用！", "你们到底管不管", "我要投诉你们", "你们不作为，一群饭桶"]
)
def test_a_grumble_without_a_matter_is_answered_warmly(street: Street, on: str, said: str) -> None:
    reply = street.say(RESIDENT, said, on=on)
    assert reply.text.startswith("对不起")
    assert [choice.command for choice in reply.choices] == ["人工", "进度"]
    assert not street.tickets()
    assert "已请社区值班的同志接手" in street.say(RESIDENT, "1", on=on).text


@both_platforms
@pytest.mark.parametrize("said", ["咕噜咕噜哐", "。。。", "😡", "[捂脸]"])
def test_noise_is_asked_about(street: Street, on: str, said: str) -> None:
    reply = street.say(RESIDENT, said, on=on)
    assert reply.text.startswith("您想说什么事")
    assert [choice.command for choice in reply.choices] == ["帮助", "人工"]
    assert not street.tickets()


@pytest.mark.parametrize("said", ["咕噜咕噜哐", "你们就是糊弄人"])
def test_who_goes_on_so_is_heard_by_people(street: Street, said: str) -> None:
    street.say(RESIDENT, said)
    assert "已受理" in street.say(RESIDENT, said).text
    assert street.words("0001") == [said]


@pytest.mark.parametrize("said", ["咕噜咕噜哐", "你们就是糊弄人"])
def test_after_a_photo_it_is_about_the_photo(street: Street, said: str) -> None:
    street.photo(RESIDENT)
    assert "已受理" in street.say(RESIDENT, said).text
    assert len(street.attachments("0001")) == 1


def test_a_voice_is_listened_to_whatever_was_written_down_of_it(street: Street) -> None:
    assert "已受理" in street.voice(RESIDENT, "咕噜咕噜哐").text


@pytest.mark.parametrize("said", ["咕噜咕噜哐", "你们就是糊弄人"])
def test_where_words_are_waited_for_they_are_kept(street: Street, said: str) -> None:
    street.say("demo-resident-2", "停车太乱了没人管")
    street.say("demo-resident-2", said)
    assert street.words("0001") == ["停车太乱了没人管", said]


@pytest.mark.parametrize(
    "said",
    [
        "物业就是糊弄人",
        "你们楼上太吵",
        "你们社区垃圾没人管",
        "网格员态度太差了",
        "没用的东西",
        "垃圾",
        "砰砰砰",
        "🔥🔥",
        "骗子",
        "啊啊啊",
    ],
)
def test_what_may_be_a_report_stays_one(street: Street, said: str) -> None:
    assert "已受理" in street.say(RESIDENT, said).text
    assert len(street.tickets()) == 1
