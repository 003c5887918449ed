"""Judging a result: in other words than the choices, never one's own work, and asked no more than twice."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels import Way
from models import judging, people, transitions
from models.clock import CHINA
from models.lifecycle import Action
from models.outbox import Notice, NoticeKind, NoticeState
from models.person import Person
from models.result import Result
from models.ticket import Ending, Ticket, TicketState
from scheduler import jobs
from tests.handlers.conftest import OFFICIAL, WECOM, Street, both_platforms

RESIDENT, MEMBER, OTHER_MEMBER, STAFF = "demo-resident-1", "demo-member-1", "demo-member-2", "demo-staff-1"


def finished_on(street: Street, platform: str) -> tuple[str, str]:
    """Who is asked to judge on a platform, and the number of their matter."""
    return street.once(("finished_on", platform), lambda: _finished_on(street, platform))


def _finished_on(street: Street, platform: str) -> tuple[str, str]:
    if platform == OFFICIAL:
        return RESIDENT, street.finished()
    who = OTHER_MEMBER
    street.say(who, "香樟花园6栋2单元半夜装修太吵", on=WECOM)
    short = street.tickets(who)[-1].short
    street.drain()
    street.say(MEMBER, f"接单 {short}", on=WECOM)
    street.say(MEMBER, f"办结 {short} 劝好了", on=WECOM)
    assert "请评价" in street.told(who, on=WECOM)[-1]
    return who, short


@pytest.mark.parametrize("platform", [OFFICIAL, WECOM])
@pytest.mark.parametrize(
    ("words", "state", "answer", "kept"),
    [
        ("满意", TicketState.CLOSED, 1, None),
        ("很满意，谢谢", TicketState.CLOSED, 1, None),
        ("1满意", TicketState.CLOSED, 1, None),
        ("解决了，但是不满意", TicketState.CLOSED, 2, None),
        ("2不满意", TicketState.CLOSED, 2, None),
        ("没解决", TicketState.NEW, 3, None),
        ("沒解決", TicketState.NEW, 3, None),
        ("还是没修好", TicketState.NEW, 3, "还是没修好"),
        ("没解决，晚上还是吵", TicketState.NEW, 3, "没解决，晚上还是吵"),
    ],
)
def test_words_that_say_it_surely_are_the_answer(
    street: Street, platform: str, words: str, state: TicketState, answer: int, kept: str | None
) -> None:
    who, short = finished_on(street, platform)
    before = street.words(short)
    reply = street.say(who, words, on=platform).text
    assert street.ticket(short).state is state
    assert [row[4] for row in street.rows()["evaluations"]] == [answer]
    assert street.words(short)[len(before) :] == ([kept] if kept else [])
    assert ("哪里没解决" in reply) == (answer == 3 and kept is None)
    assert len(street.tickets()) == 1


@pytest.mark.parametrize("platform", [OFFICIAL, WECOM])
@pytest.mark.parametrize("words", ["解决了", "不满意", "还行", "1没解决", "很满意，就是慢了点", "还是吵"])
def test_words_that_leave_it_open_are_kept_and_asked_about(street: Street, platform: str, words: str) -> None:
    who, short = finished_on(street, platform)
    reply = street.say(who, words, on=platform)
    assert [choice.label for choice in reply.choices][:3] == ["解决了，满意", "解决了，不满意", "没解决"]
    assert street.words(short)[-1] == words
    assert street.rows()["evaluations"] == []
    assert street.ticket(short).state is TicketState.RESOLVED
    assert "已结" in street.say(who, "2", on=platform).text
    assert [row[4] for row in street.rows()["evaluations"]] == [2]


def test_what_is_still_so_may_be_another_matter(street: Street) -> None:
    short = street.finished()
    reply = street.say(RESIDENT, "又停水了")
    assert [choice.label for choice in reply.choices] == ["解决了，满意", "解决了，不满意", "没解决", "新的一件事"]
    assert "已受理" in street.say(RESIDENT, "4").text
    assert street.words(street.tickets()[-1].short) == ["又停水了"]
    assert street.ticket(short).state is TicketState.RESOLVED


@pytest.mark.parametrize("words", ["香樟花园2栋路灯坏了", "楼上漏水没人管", "满意度调查在哪里填"])
def test_words_about_something_else_are_a_matter_of_their_own(street: Street, words: str) -> None:
    street.finished()
    assert "已受理" in street.say(RESIDENT, words).text
    assert street.rows()["evaluations"] == []


def test_without_a_question_the_same_words_judge_nothing(street: Street) -> None:
    street.accepted()
    street.say(RESIDENT, "满意")
    street.say(RESIDENT, "还是没修好")
    assert street.rows()["evaluations"] == []


# ---------------------------------------------------------------- while no judgement is waited for


@both_platforms
def test_not_solved_after_the_judgement_is_about_the_matter_that_was_judged(street: Street, on: str) -> None:
    who, short = finished_on(street, on)
    street.say(who, "1", on=on)
    reply = street.say(who, "没解决", on=on)
    assert f"编号 {short} 您评的是“解决了，满意”" in reply.text
    assert len(street.tickets()) == 1
    assert street.ticket(short).state is TicketState.CLOSED
    assert "哪里没解决" in street.say(who, "3", on=on).text
    assert street.ticket(short).state is TicketState.NEW
    assert [row[4] for row in street.rows()["evaluations"]] == [3]


def test_not_solved_while_it_is_being_done_is_kept_with_it_or_is_another_matter(street: Street) -> None:
    short = street.accepted()
    street.told(MEMBER)
    reply = street.say(RESIDENT, "没解决")
    assert f"记在 {short} 里了。这件事还没办完：有人在办。" in reply.text
    assert street.words(short)[-1] == "没解决"
    assert any("居民补充：没解决" in told for told in street.told(MEMBER))
    assert len(street.tickets()) == 1
    assert "已受理" in street.choose(RESIDENT, reply, 2).text
    assert len(street.tickets()) == 2


def test_words_about_an_emergency_reach_whoever_was_alarmed(street: Street) -> None:
    street.say(RESIDENT, "香樟花园6栋着火了")
    street.told(STAFF)
    assert "转给值班的同志（编号 0001）" in street.say(RESIDENT, "还是没处理").text
    assert any("还是没处理" in told for told in street.told(STAFF))
    assert len(street.tickets()) == 1


def test_not_solved_where_the_question_was_put_elsewhere_is_asked_about_here(street: Street) -> None:
    who, short = finished_on(street, WECOM)
    reply = street.say(who, "没解决", on=OFFICIAL)
    assert [choice.label for choice in reply.choices] == ["解决了，满意", "解决了，不满意", "没解决"]
    assert street.ticket(short).state is TicketState.RESOLVED
    assert len(street.tickets()) == 1


@pytest.mark.parametrize(("judges", "days"), [("1", 2), (None, 8)])
def test_not_solved_when_the_time_is_over_is_answered_honestly(street: Street, judges: str | None, days: int) -> None:
    short = street.finished()
    if judges is not None:
        street.say(RESIDENT, judges)
    street.advance(days=days)
    assert street.ticket(short).state is TicketState.CLOSED
    assert f"{short} 已经过了可以评价的时间" in street.say(RESIDENT, "没解决").text
    assert len(street.tickets()) == 1


@pytest.mark.parametrize("words", ["没解决", "不满意", "还是没修好"])
def test_words_about_a_result_from_somebody_without_a_matter_are_asked_about(street: Street, words: str) -> None:
    assert "您说的是哪件事" in street.say(RESIDENT, words).text
    assert street.tickets() == []


def test_words_for_a_photo_or_that_name_a_matter_are_a_report(street: Street) -> None:
    street.photo(RESIDENT)
    assert "已受理" in street.say(RESIDENT, "还没修好").text
    assert "已受理" in street.say(OTHER_MEMBER, "香樟花园6栋楼道灯还没修好").text


def test_whoever_has_just_taken_a_task_speaks_of_the_task(street: Street) -> None:
    street.accepted()
    assert "转给居民吗" in street.say(MEMBER, "解决了").text
    street.advance(hours=1)
    reply = street.say(MEMBER, "办好了").text
    assert "0001 噪音扰民" in reply
    assert "回复“办结 编号 加一句话”" in reply
    assert street.tickets(MEMBER) == []


# ---------------------------------------------------------------- why it was not good


@both_platforms
@pytest.mark.parametrize("first", [("2",), ("1", "改评", "2"), ("3", "晚上还是吵", "改评", "2")])
def test_why_somebody_is_not_satisfied_belongs_to_the_judgement(
    street: Street, on: str, first: tuple[str, ...]
) -> None:
    who, short = finished_on(street, on)
    for said in first[:-1]:
        street.say(who, said, on=on)
    assert "哪里没办到位，您愿意说一句吗" in street.say(who, first[-1], on=on).text
    street.told(MEMBER)
    assert f"记在 {short} 的评价里了" in street.say(who, "态度不好，来晚了", on=on).text
    assert street.words(short)[-1] == "态度不好，来晚了"
    assert street.ticket(short).state is TicketState.CLOSED
    assert len(street.tickets()) == 1
    assert street.told(MEMBER) == []
    assert street.history_is_whole()


def test_who_has_said_why_at_once_is_not_asked(street: Street) -> None:
    street.finished()
    assert "哪里没办到位" not in street.say(RESIDENT, "2 来晚了").text
    assert street.state(RESIDENT) == "idle"
    assert len(street.tickets()) == 1


@pytest.mark.parametrize("answer", ["2", "3"])
def test_manners_are_no_reason(street: Street, answer: str) -> None:
    short = street.finished()
    street.say(RESIDENT, answer)
    before = street.words(short)
    assert "不客气" in street.say(RESIDENT, "谢谢").text
    assert street.words(short) == before
    assert street.state(RESIDENT) == "idle"


def test_what_names_a_matter_after_a_judgement_may_be_one_of_its_own(street: Street) -> None:
    short = street.finished()
    street.say(RESIDENT, "2")
    assert "已受理" in street.say(RESIDENT, "滨江雅苑1栋楼上漏水漏得厉害").text
    assert len(street.tickets()) == 2
    street.say(RESIDENT, f"改评 {short} 2")
    reply = street.say(RESIDENT, "装修的声音还是太吵了")
    assert [choice.label for choice in reply.choices] == ["新的一件事"]
    assert "已受理" in street.choose(RESIDENT, reply, 1).text
    assert len(street.tickets()) == 3


def test_words_that_could_judge_two_results_are_asked_about(street: Street) -> None:
    first = street.finished()
    second = street.finished(words="香樟花园6栋2单元楼上放音响太吵")
    reply = street.say(RESIDENT, "还是没修好")
    assert "哪一件" in reply.text
    assert street.rows()["evaluations"] == []
    chosen = next(each for each in reply.choices if second in each.label)
    street.tap(RESIDENT, chosen.command)
    assert (street.ticket(first).state, street.ticket(second).state) == (TicketState.RESOLVED, TicketState.NEW)
    assert street.words(second)[-1] == "还是没修好"


def test_the_reason_of_not_solved_is_not_taken_for_another_judgement(street: Street) -> None:
    short = street.finished()
    assert "哪里没解决" in street.say(RESIDENT, "3").text
    street.say(RESIDENT, "还是没修好")
    assert street.words(short)[-1] == "还是没修好"
    assert len(street.rows()["evaluations"]) == 1


# ---------------------------------------------------------------- one's own work


def test_nobody_judges_their_own_work(street_on_both: Street) -> None:
    street = street_on_both
    street.say(STAFF, "香樟花园6栋2单元半夜装修太吵")
    short = street.tickets(STAFF)[-1].short
    street.drain()
    street.say(STAFF, f"办结 {short} 我去说好了")
    assert not any("请评价" in told for told in street.told(STAFF))
    assert "社区回访" in street.say(STAFF, f"评价 {short} 1").text
    assert street.rows()["evaluations"] == []
    street.advance(days=2)
    assert not any("请评价" in told for told in street.told(STAFF))
    with street.huying.database.reading() as session:
        assert session.scalars(select(Result.own_work)).all() == [True]


# ---------------------------------------------------------------- asked once, reminded once


def test_the_question_and_one_reminder_and_then_no_more(street: Street) -> None:
    street.accepted()
    street.say(MEMBER, "办结 0001 说好了")
    assert len([told for told in street.told(RESIDENT) if "请评价" in told]) == 1
    street.advance(hours=25)
    assert len([told for told in street.told(RESIDENT) if "请评价" in told]) == 1
    street.advance(days=3)
    assert street.told(RESIDENT) == []
    street.advance(days=4)
    assert street.ticket("0001").ending is Ending.NOT_EVALUATED


def test_a_question_that_cannot_be_pushed_rides_on_the_next_words_and_is_not_asked_twice_at_once(
    street: Street,
) -> None:
    street.accepted()
    street.told(RESIDENT)
    street.official.reaches = ()
    street.say(MEMBER, "办结 0001 说好了")
    assert street.told(RESIDENT) == []
    street.advance(days=2)
    street.advance(days=1)
    with street.huying.database.reading() as session:
        waiting = session.scalars(
            select(Notice.kind)
            .join(Ticket, Ticket.id == Notice.ticket_id)
            .where(Notice.person_id == Ticket.reporter_id, Notice.state == NoticeState.WAITING)
        ).all()
    assert NoticeKind.REMINDER not in waiting
    for _ in range(3):
        reply = street.say(RESIDENT, "你好")
        if "请评价" in reply.text:
            break
    else:
        pytest.fail("the question never rode on a reply")
    assert reply.text.count("请评价，") == 1
    # From here the whole week runs, and one reminder after a day.
    street.official.reaches = (Way.CUSTOMER,)
    street.advance(hours=25)
    assert len([told for told in street.told(RESIDENT) if "请评价" in told]) == 1
    street.advance(days=5)
    assert street.ticket("0001").state is TicketState.RESOLVED


def test_a_reminder_of_a_result_that_did_not_hold_is_not_shown_with_the_next_one(street: Street) -> None:
    short = street.finished()
    street.change(lambda session, _: people.close_window(session, street.person(RESIDENT).identities[0].id))
    street.advance(hours=25)
    staff = street.person(STAFF)

    def not_solved(session: Session, now: datetime) -> None:
        ticket = transitions.lock(session, street.ticket(short).id)
        by = session.get_one(Person, staff.id)
        judging.reopen(session, ticket, "电话里说的", by=by, now=now, action=Action.CALL_REOPEN)

    street.change(not_solved)
    street.say(STAFF, f"办结 {short} 又去说了一次", on=WECOM)
    street.drain()
    assert notices(street, NoticeKind.REMINDER) == [NoticeState.WAITING]
    assert "又去说了一次" in street.say(RESIDENT, "谢谢").text
    assert notices(street, NoticeKind.REMINDER) == [NoticeState.DROPPED]


@pytest.mark.parametrize("hour", [22, 3, 7])
def test_nobody_is_reminded_or_told_of_a_closing_at_night(street: Street, hour: int) -> None:
    short = street.finished()
    here = street.now.astimezone(CHINA)
    night = here.replace(hour=hour, minute=30) + timedelta(days=2)
    jobs.remind(street.huying, night)
    jobs.close_silent(street.huying, night + timedelta(days=6))
    assert notices(street, NoticeKind.REMINDER) == []
    assert street.ticket(short).state is TicketState.RESOLVED


def notices(street: Street, kind: NoticeKind) -> list[NoticeState]:
    with street.huying.database.reading() as session:
        return list(session.scalars(select(Notice.state).where(Notice.kind == kind).order_by(Notice.id)))
