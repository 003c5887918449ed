"""Whoever has an open matter says that it is over or no longer needed: they are asked, and who has it hears of it."""

from __future__ import annotations

import pytest

from models.ticket import TicketState
from tests.handlers.conftest import OFFICIAL, Street, both_platforms

RESIDENT, NEIGHBOUR, MEMBER, STAFF = "demo-resident-1", "demo-resident-2", "demo-member-1", "demo-staff-1"
NOISE = "香樟花园6栋2单元半夜装修太吵"
LAMP = "香樟花园6栋楼道灯不亮了"
LABELS = ["不用办了", "还要办"]


def states(street: Street) -> list[TicketState]:
    return [ticket.state for ticket in street.tickets()]


def accepted(street: Street, on: str) -> None:
    street.say(RESIDENT, NOISE, on=on)
    street.drain()
    street.say(MEMBER, "接单 0001")
    street.drain()


@both_platforms
@pytest.mark.parametrize(
    "said",
    [
        "热水来了，不用管了",
        "不用陪了，我女儿回来了",
        "好了，亮了",
        "算了不用了，电梯好了",
        "已经好了，谢谢",
        "不用来了",
        "自己修好了",
        "狗找到了",
        "不麻烦了",
    ],
)
def test_it_is_asked_whether_the_matter_goes_on(street: Street, on: str, said: str) -> None:
    street.say(RESIDENT, NOISE, on=on)
    reply = street.say(RESIDENT, said, on=on)
    assert "记在 0001（噪音扰民 · 香樟花园6栋2单元）里了" in reply.text
    assert [choice.label for choice in reply.choices] == LABELS
    assert states(street) == [TicketState.NEW]
    assert street.words("0001") == [NOISE, said]


@both_platforms
@pytest.mark.parametrize("answer", ["1", "不用办了"])
def test_with_yes_it_is_taken_back_and_who_has_it_hears_so(street: Street, on: str, answer: str) -> None:
    accepted(street, on)
    street.told(MEMBER)
    street.say(RESIDENT, "不用来了，楼上安静了", on=on)
    assert "不用来了，楼上安静了" in "\n".join(street.told(MEMBER)), "whoever has it reads it without an answer"
    assert "0001 撤回了" in street.say(RESIDENT, answer, on=on).text
    assert states(street) == [TicketState.WITHDRAWN]
    assert "居民撤回了，不用再办" in "\n".join(street.told(MEMBER))


@both_platforms
@pytest.mark.parametrize("answer", ["2", "还要办"])
def test_with_no_it_goes_on_and_who_has_it_hears_so_too(street: Street, on: str, answer: str) -> None:
    accepted(street, on)
    street.say(RESIDENT, "楼上安静了", on=on)
    street.told(MEMBER)
    street.say(RESIDENT, answer, on=on)
    assert states(street) == [TicketState.ACCEPTED]
    assert "还要办" in "\n".join(street.told(MEMBER))


@both_platforms
def test_of_several_it_is_asked_which(street: Street, on: str) -> None:
    street.say(RESIDENT, NOISE, on=on)
    street.say(RESIDENT, LAMP, on=on)
    reply = street.say(RESIDENT, "不用了，谢谢", on=on)
    assert [choice.label[:4] for choice in reply.choices] == ["0002", "0001"]
    assert states(street) == [TicketState.NEW] * 2
    street.choose(RESIDENT, reply, 2, on=on)
    assert [street.ticket(short).state for short in ("0001", "0002")] == [TicketState.WITHDRAWN, TicketState.NEW]


@pytest.mark.parametrize(("said", "short"), [("楼道灯亮了", "0002"), ("0001不用来了", "0001")])
def test_of_several_the_one_that_is_named_is_meant(street: Street, said: str, short: str) -> None:
    street.say(RESIDENT, NOISE)
    street.say(RESIDENT, LAMP)
    assert street.say(RESIDENT, said).choices[0].command == f"撤单 261123-{short}"


def test_a_number_that_is_none_of_theirs_names_nothing(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    assert "已受理" in street.say(RESIDENT, "0007不用来了").text


def test_while_the_place_is_waited_for_it_is_asked_too(street: Street) -> None:
    street.say(NEIGHBOUR, "停车太乱了没人管")
    assert street.state(NEIGHBOUR) == "place"
    assert [choice.label for choice in street.say(NEIGHBOUR, "车开走了，不用来了").choices] == LABELS
    street.say(NEIGHBOUR, "1")
    assert states(street) == [TicketState.WITHDRAWN]
    assert street.state(NEIGHBOUR) == "idle"


@both_platforms
def test_without_an_open_matter_the_words_stay_what_they_were(street: Street, on: str) -> None:
    assert "已受理" in street.say(NEIGHBOUR, "狗找到了", on=on).text
    assert "哪件事" in street.say(RESIDENT, "修好了", on=on).text
    assert street.say(RESIDENT, "谢谢", on=on).text == "不客气，有事随时叫我。"


def test_thanks_stay_thanks(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    assert street.say(RESIDENT, "谢谢").text == "不客气，有事随时叫我。"
    assert street.words("0001") == [NOISE]


@both_platforms
@pytest.mark.parametrize("said", ["没事了，不用来了", "好了，谢谢", "狗找到了"])
def test_an_emergency_is_never_closed_by_words(street: Street, on: str, said: str) -> None:
    street.say(RESIDENT, NOISE, on=on)
    street.say(RESIDENT, "香樟花园6栋着火了", on=on)
    reply = street.say(RESIDENT, said, on=on)
    assert not set(LABELS) & {choice.label for choice in reply.choices}
    assert set(states(street)) == {TicketState.NEW}


def test_nor_is_one_of_yesterday(street: Street) -> None:
    street.say(RESIDENT, "香樟花园6栋着火了")
    street.advance(hours=25)
    assert not street.say(RESIDENT, "不用来了").choices


def test_words_about_a_result_judge_it(street: Street) -> None:
    short = street.finished()
    street.say(RESIDENT, LAMP)
    reply = street.say(RESIDENT, "修好了")
    assert any(choice.command.startswith(f"评价 261123-{short}") for choice in reply.choices)
    assert [choice.label for choice in street.say(RESIDENT, "不用来了").choices] == LABELS
    assert not set(LABELS) & {choice.label for choice in street.say(RESIDENT, "灯亮了").choices}
    assert street.ticket(short).state is TicketState.RESOLVED


def test_what_is_to_be_judged_is_no_open_matter(street: Street) -> None:
    street.finished()
    assert not set(LABELS) & {choice.label for choice in street.say(RESIDENT, "不用来了").choices}


def test_right_after_taking_a_task_words_are_for_its_resident(street: Street) -> None:
    street.say(MEMBER, LAMP)
    street.say(RESIDENT, NOISE)
    street.drain()
    street.say(MEMBER, "接单 0002")
    assert [choice.label for choice in street.say(MEMBER, "楼上安静了").choices] == ["转给居民", "是另一件事"]


def test_what_somebody_organises_is_not_called_off_because_it_is_done(street: Street) -> None:
    street.say(MEMBER, "创单 周六上午在香樟花园给老人量血压，要 2 个人")
    street.advance(hours=1)
    assert not set(LABELS) & {choice.label for choice in street.say(MEMBER, "办好了").choices}
    assert [choice.label for choice in street.say(MEMBER, "不办了").choices] == LABELS


def test_with_a_photo_before_it_they_speak_of_the_photo(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.advance(hours=1)
    street.photo(RESIDENT)
    assert not street.say(RESIDENT, "好了").choices


def test_in_a_chat_with_staff_the_words_are_theirs(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.say(RESIDENT, "人工")
    street.drain()
    assert not street.say(RESIDENT, "不用来了").choices
    assert street.state(RESIDENT) == "handed_over"


@both_platforms
def test_who_says_once_more_that_nobody_is_to_come_has_answered_the_question(street: Street, on: str) -> None:
    accepted(street, on)
    street.say(RESIDENT, "不用来了", on=on)
    assert "0001 撤回了" in street.say(RESIDENT, "别来了，不用了", on=on).text
    assert states(street) == [TicketState.WITHDRAWN]
    assert "居民撤回了，不用再办" in "\n".join(street.told(MEMBER))
    assert "没对上" in street.say(RESIDENT, "1", on=on).text, "the question is over"


@both_platforms
def test_what_does_not_answer_the_question_shortens_it(street: Street, on: str) -> None:
    street.say(RESIDENT, NOISE, on=on)
    street.say(RESIDENT, "楼上安静了", on=on)
    reply = street.say(RESIDENT, "好了，没声音了", on=on)
    assert reply.text == "也记在 0001 里了。还办不办，选一个就行："
    assert [choice.label for choice in reply.choices] == LABELS
    assert street.words("0001") == [NOISE, "楼上安静了", "好了，没声音了"]
    assert states(street) == [TicketState.NEW]


def test_of_several_the_question_which_is_shortened_and_nothing_is_taken_back(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.say(RESIDENT, LAMP)
    first = street.say(RESIDENT, "不用来了")
    again = street.say(RESIDENT, "不用来了，谢谢")
    assert again.text == "回一个数字，我就撤回那一件："
    assert [choice.label for choice in again.choices] == [choice.label for choice in first.choices]
    assert states(street) == [TicketState.NEW] * 2


def test_the_same_words_answer_no_question_about_another_matter(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.say(RESIDENT, LAMP)
    street.say(RESIDENT, "楼道灯亮了")
    assert street.say(RESIDENT, "0001不用来了").choices[0].command == "撤单 261123-0001"
    assert states(street) == [TicketState.NEW] * 2


def test_nor_do_they_answer_once_something_else_was_shown(street: Street) -> None:
    accepted(street, OFFICIAL)
    street.say(RESIDENT, "不用来了")
    street.advance(seconds=5)
    street.say(MEMBER, "留言 0001 我已经到楼下了")
    assert "到楼下" in "\n".join(street.told(RESIDENT))
    assert "接着办" in street.say(RESIDENT, "不用来了").text
    assert states(street) == [TicketState.ACCEPTED]
