"""Chats that staff take over: how they are named, who hears what of them, and what is told once they are over."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from handlers.turn import EventKind
from models.person import Role, RoleKind
from models.ticket import TicketState
from tests.handlers.conftest import WECOM, Street

RESIDENT, NEIGHBOUR, STAFF, ELSEWHERE = "demo-resident-1", "demo-resident-2", "demo-staff-1", "demo-staff-2"
NOISE, GAS = "香樟花园6栋2单元半夜装修太吵", "香樟花园6栋煤气味很大"


def asks_for_somebody(street: Street, who: str = NEIGHBOUR) -> str:
    """A chat that everybody at a desk was told of; its name."""
    street.say(who, "人工")
    for each in (STAFF, ELSEWHERE):
        street.told(each)
    return street.chat(who)


# ---------------------------------------------------------------- what a chat is called


def test_staff_are_told_a_name_that_no_matter_has(street: Street) -> None:
    street.say(NEIGHBOUR, "人工")
    chat = street.chat(NEIGHBOUR)
    assert street.told(STAFF) == [f"【人工{chat}】陈伯想找人说话。\n回话：回复 {chat} 加上您的话；办完：交回 {chat}"]


@pytest.mark.parametrize(
    "named",
    [
        "{}",
        "人工{}",
        "【人工{}】",
        "对话 {number}",
        "人工 {number:04d}",
        "人工{number:04d}",
        "{number:04d}",
        "{number}",
    ],
)
def test_a_chat_may_be_named_as_it_was_before_and_as_it_is_copied(street: Street, named: str) -> None:
    chat = asks_for_somebody(street)
    said = named.format(chat, number=int(chat.removeprefix("对话")))
    assert street.say(STAFF, f"回复 {said} 请带身份证", on=WECOM).text == "已转给陈伯。"
    assert street.told(NEIGHBOUR) == ["社区的徐静：请带身份证"]
    assert "已交回" in street.say(STAFF, f"交回 {said}", on=WECOM).text


def test_four_digits_that_a_matter_has_too_are_asked_about_and_go_to_nobody(street: Street) -> None:
    chat = asks_for_somebody(street)
    street.say(RESIDENT, NOISE)
    street.told(RESIDENT)
    number = f"{int(chat.removeprefix('对话')):04d}"
    assert street.ticket(number).short == number, "the two have one number"
    asked = street.say(STAFF, f"回复 {number} 您好")
    assert f"{number} 是哪一个" in asked.text
    assert [choice.label for choice in asked.choices][0] == f"{chat}：陈伯"
    assert (street.told(NEIGHBOUR), street.told(RESIDENT)) == ([], [])
    street.choose(STAFF, asked, 2)
    assert street.told(NEIGHBOUR) == []
    assert any("您好" in told for told in street.told(RESIDENT))
    street.choose(STAFF, asked, 1)
    assert street.told(NEIGHBOUR) == ["社区的徐静：您好"]


def test_who_names_a_matter_learns_how_to_write_about_it(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.told(RESIDENT)
    told = street.say(STAFF, "回复 0001 明天来看")
    assert "留言 0001" in told.text
    street.choose(STAFF, told, 1)
    assert any("明天来看" in each for each in street.told(RESIDENT))


def test_a_resident_who_leaves_word_about_a_building_names_no_chat(street: Street) -> None:
    short = street.accepted()
    assert "留言" not in street.say(RESIDENT, "留言 对话3栋那边").text
    assert street.words(short)[-1] == "对话3栋那边"


# ---------------------------------------------------------------- who hears what


def test_the_first_answer_tells_the_colleagues_once(street: Street) -> None:
    chat = asks_for_somebody(street)
    street.say(STAFF, f"回复 {chat} 您说", on=WECOM)
    street.say(STAFF, f"回复 {chat} 在吗", on=WECOM)
    assert street.told(ELSEWHERE) == [f"【人工{chat}】徐静在回陈伯了，您不用再回。谢谢您。"]
    assert street.told(STAFF) == []


def test_whoever_answered_learns_that_a_colleague_goes_on_and_the_colleague_too(street: Street) -> None:
    chat = asks_for_somebody(street)
    street.say(ELSEWHERE, f"回复 {chat} 您说", on=WECOM)
    street.told(STAFF)
    name = street.person(ELSEWHERE, on=WECOM).name
    assert f"{name}前面也在回" in street.say(STAFF, f"回复 {chat} 我来说", on=WECOM).text
    assert street.told(ELSEWHERE) == [f"【人工{chat}】徐静在回陈伯了，您不用再回。谢谢您。"]


def test_staff_learn_that_somebody_went_back_to_the_bot(street: Street) -> None:
    chat = asks_for_somebody(street)
    street.say(NEIGHBOUR, "取消")
    for who in (STAFF, ELSEWHERE):
        assert street.told(who) == [f"【人工{chat}】陈伯自己回到小应了，不用再回话。谢谢您。"]
    street.say(NEIGHBOUR, "取消")
    assert street.told(STAFF) == []


def test_only_whoever_answered_hears_that_they_left(street: Street) -> None:
    chat = asks_for_somebody(street)
    street.say(STAFF, f"回复 {chat} 您说", on=WECOM)
    street.told(ELSEWHERE)
    street.say(NEIGHBOUR, "取消")
    assert len(street.told(STAFF)) == 1
    assert street.told(ELSEWHERE) == []


def test_who_ends_a_chat_that_nobody_answered_tells_the_colleagues(street: Street) -> None:
    chat = asks_for_somebody(street)
    street.say(STAFF, f"交回 {chat}", on=WECOM)
    assert street.told(ELSEWHERE) == [f"【人工{chat}】徐静已经把陈伯交回小应，不用再回话。谢谢您。"]
    assert street.told(STAFF) == []


def test_an_answer_keeps_the_chat_open_for_the_reply_to_it(street: Street) -> None:
    chat = asks_for_somebody(street)
    street.advance(minutes=25)
    street.say(STAFF, f"回复 {chat} 您住哪里", on=WECOM)
    street.advance(minutes=20)
    assert street.say(NEIGHBOUR, "香樟花园2栋").text == ""
    assert any("香樟花园2栋" in told for told in street.told(STAFF))


# ---------------------------------------------------------------- what is tapped meanwhile


def menu_before(street: Street) -> list[str]:
    """The choices of a list that was shown before somebody was asked for; the commands behind them."""
    for words in (NOISE, "滨江雅苑1栋楼上漏水"):
        street.say(NEIGHBOUR, words)
    street.advance(minutes=1)
    listed = street.say(NEIGHBOUR, "进度")
    return [choice.command for choice in listed.choices]


def test_an_old_choice_that_is_tapped_is_answered_and_the_chat_goes_on(street: Street) -> None:
    first, _ = menu_before(street)
    asks_for_somebody(street)
    assert "编号 261123-000" in street.tap(NEIGHBOUR, first).text
    assert street.state(NEIGHBOUR) == "handed_over"
    assert street.say(NEIGHBOUR, "低保怎么申请").text == ""
    assert any("低保怎么申请" in told for told in street.told(STAFF))


def test_a_judgement_that_is_tapped_in_a_chat_counts_and_ends_no_chat(street: Street) -> None:
    short = street.finished()
    street.say(RESIDENT, "人工")
    assert street.tap(RESIDENT, f"评价 {short} 1").text
    assert street.ticket(short).state is TicketState.CLOSED
    assert street.state(RESIDENT) == "handed_over"


@pytest.mark.parametrize(
    "tapped", ["补充 0001", "我家", "报到", "代报", "驿站", "删除我的信息", "进度 0003", "评价 0001 3"]
)
def test_where_the_bot_waits_for_words_both_sides_learn_that_the_chat_is_over(street: Street, tapped: str) -> None:
    menu_before(street)
    street.say(NEIGHBOUR, "想找人帮忙修下灯")
    street.say(NEIGHBOUR, "取消")
    chat = asks_for_somebody(street)
    reply = street.tap(NEIGHBOUR, tapped).text
    assert reply
    if street.state(NEIGHBOUR) == "handed_over":
        assert "对话先到这里" not in reply
        assert street.told(STAFF) == []
    else:
        assert reply.endswith("您和社区同志的对话先到这里；想接着说，回复“人工”。")
        assert f"【人工{chat}】陈伯自己回到小应了，不用再回话。谢谢您。" in street.told(STAFF)


def test_asking_for_somebody_again_by_a_tap_changes_nothing(street: Street) -> None:
    chat = asks_for_somebody(street)
    street.say(STAFF, f"回复 {chat} 您说", on=WECOM)
    street.told(ELSEWHERE)
    assert "直接说就好" in street.tap(NEIGHBOUR, "人工").text
    street.say(NEIGHBOUR, "想问低保")
    assert street.told(ELSEWHERE) == [], "it stays with whoever answered"
    assert any("想问低保" in told for told in street.told(STAFF))


def test_who_types_the_number_of_an_old_choice_is_told_once_that_it_went_to_staff(street: Street) -> None:
    menu_before(street)
    asks_for_somebody(street)
    assert "“1”我转给社区的同志了，没有当作小应的选项" in street.say(NEIGHBOUR, "1").text
    assert any("陈伯：1" in told for told in street.told(STAFF))
    assert street.say(NEIGHBOUR, "2").text == "", "once"
    assert street.say(NEIGHBOUR, "9").text == ""
    assert street.state(NEIGHBOUR) == "handed_over"


# ---------------------------------------------------------------- when it is over


@pytest.mark.parametrize("ends", ["取消", "交回", "silence"])
def test_an_answer_after_the_end_says_so_and_may_be_brought_all_the_same(street: Street, ends: str) -> None:
    chat = asks_for_somebody(street)
    if ends == "取消":
        street.say(NEIGHBOUR, "取消")
    elif ends == "交回":
        street.say(STAFF, f"交回 {chat}", on=WECOM)
    else:
        street.advance(minutes=31)
    street.told(NEIGHBOUR)
    told = street.say(STAFF, f"回复 {chat} 低保要带户口本", on=WECOM)
    assert f"{chat} 已经结束，陈伯回到小应了，话没有转" in told.text
    assert f"留言 {chat}" in told.text
    assert street.told(NEIGHBOUR) == []
    assert "已带给陈伯" in street.choose(STAFF, told, 1, on=WECOM).text
    assert street.told(NEIGHBOUR) == ["社区的徐静：低保要带户口本\n想接着说，回复“人工”。"]
    assert "已受理" in street.say(NEIGHBOUR, NOISE).text, "the bot goes on answering"
    assert "不用再交回" in street.say(STAFF, f"交回 {chat}", on=WECOM).text


def test_whoever_cannot_be_reached_any_more_is_said_to_be_so(street: Street) -> None:
    chat = asks_for_somebody(street)
    street.say(NEIGHBOUR, "取消")
    street.event(NEIGHBOUR, EventKind.UNFOLLOW)
    told = street.say(STAFF, f"回复 {chat} 您好", on=WECOM)
    assert "联系不上" in told.text
    assert not told.choices


def test_nobody_is_written_to_who_asked_for_nobody_lately(street: Street) -> None:
    chat = asks_for_somebody(street)
    street.say(NEIGHBOUR, "取消")
    street.say(RESIDENT, NOISE)
    street.told(RESIDENT)
    other = street.chat(RESIDENT)
    assert "您这里没有" in street.say(STAFF, f"留言 {other} 您好", on=WECOM).text
    assert "您这里没有" in street.say("demo-grid-1", f"留言 {chat} 您好", on=WECOM).text
    street.advance(days=2)
    street.told(NEIGHBOUR)
    assert "您这里没有" in street.say(STAFF, f"留言 {chat} 您好", on=WECOM).text
    assert street.told(NEIGHBOUR) == []


# ---------------------------------------------------------------- what belongs to a matter


def test_how_an_alarm_goes_on_stands_with_it_although_it_was_told_to_staff(street: Street) -> None:
    street.say(RESIDENT, GAS)
    short = street.tickets()[-1].short
    street.say(RESIDENT, "人工")
    street.told(STAFF)
    assert street.say(RESIDENT, "好了，关了阀门").text == ""
    assert street.words(short)[-1] == "好了，关了阀门"
    heard = street.told(STAFF)
    assert [told.splitlines()[0] for told in heard] == [
        f"【人工{street.chat(RESIDENT)}】张阿姨：好了，关了阀门（这句也记在编号 {short} 里了）"
    ], "once"


def test_the_news_of_any_open_matter_stands_with_it_and_reaches_whoever_has_it(street: Street) -> None:
    short = street.accepted()
    street.say(RESIDENT, "人工")
    street.told("demo-member-1")
    street.say(RESIDENT, "没事了，谢谢")
    assert street.words(short)[-1] == "没事了，谢谢"
    assert any("没事了" in told for told in street.told("demo-member-1"))


@pytest.mark.parametrize("said", ["好的", "好的，谢谢", "低保怎么申请", "好了，另外想问低保怎么申请", "1"])
def test_what_is_no_news_of_it_goes_to_staff_alone(street: Street, said: str) -> None:
    short = street.accepted()
    before = street.words(short)
    street.say(RESIDENT, "人工")
    street.say(RESIDENT, said)
    assert street.words(short) == before


def test_of_two_open_matters_nobody_guesses(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.say(RESIDENT, "香樟花园2栋路灯坏了好几天了")
    street.advance(minutes=40)
    street.say(RESIDENT, "人工")
    before = street.words("0001"), street.words("0002")
    street.say(RESIDENT, "好了，关了阀门")
    assert (street.words("0001"), street.words("0002")) == before


# ---------------------------------------------------------------- complaints


STREET_STAFF = "demo-street-1"


def desk_of(street: Street, *said: str) -> tuple[str, str, str]:
    """What the community's desk, another one's and the street's were told of a resident who lives in the first."""
    for each in said:
        street.say(RESIDENT, each)
    told = ["\n".join(street.told(who)) for who in (STAFF, ELSEWHERE, STREET_STAFF)]
    return told[0], told[1], told[2]


@pytest.mark.parametrize(
    "said", ["我要投诉徐静", "我要投诉社区的徐主任，态度太差", "徐静说话不算数，我有意见", "举报你们那个老徐收好处"]
)
def test_who_is_complained_of_by_name_is_not_who_answers(street: Street, said: str) -> None:
    theirs, elsewhere, above = desk_of(street, f"人工 {said}")
    assert theirs == elsewhere == ""
    assert "张阿姨想找人说话" in above
    assert said in above
    chat = street.chat(RESIDENT)
    assert "已转给" not in street.say(STAFF, f"回复 {chat} 您别乱说").text
    assert street.say(STREET_STAFF, f"回复 {chat} 我来了解一下").text == "已转给张阿姨。"


def test_once_the_words_complain_of_them_somebody_else_goes_on(street: Street) -> None:
    theirs, _, above = desk_of(street, "人工")
    assert "想找人说话" in theirs
    assert above == ""
    street.say(STAFF, f"回复 {street.chat(RESIDENT)} 您说")
    theirs, _, above = desk_of(street, "我要投诉徐静，态度恶劣")
    assert "投诉" not in theirs
    assert "您不用再回" in theirs
    assert "想找人说话" in above
    assert "我要投诉徐静，态度恶劣" in above
    theirs, _, above = desk_of(street, "她上周就这样")
    assert theirs == ""
    assert "她上周就这样" in above


@pytest.mark.parametrize("said", ["我找徐静", "徐静人很好，谢谢她", "我要投诉物业乱收费", "我要投诉罗芳"])
def test_who_is_not_complained_of_answers(street: Street, said: str) -> None:
    theirs, _, above = desk_of(street, f"人工 {said}")
    assert said in theirs
    assert above == ""


def test_a_complaint_about_whoever_did_it_goes_by_the_matter_just_spoken_of(street: Street) -> None:
    street.say(RESIDENT, NOISE)
    street.say(STAFF, "办结 0001 楼上说没有装修")
    for who in (STAFF, STREET_STAFF):
        street.told(who)
    theirs, _, above = desk_of(street, "人工 办事的人态度太差，我要投诉他")
    assert theirs == ""
    assert "办事的人态度太差" in above


def test_a_colleague_answers_before_the_level_above(street: Street) -> None:
    staff, member = street.person(STAFF), street.person("demo-member-1")

    def join(session: Session, now: datetime) -> None:
        role = next(each for each in staff.roles if each.kind is RoleKind.STAFF)
        session.add(
            Role(person_id=member.id, kind=role.kind, area_id=role.area_id, status=role.status, since=role.since)
        )

    street.change(join)
    theirs, _, above = desk_of(street, "人工 我要投诉徐静")
    assert theirs == above == ""
    assert "我要投诉徐静" in "\n".join(street.told("demo-member-1"))
