"""One announcement answers everybody: those who have told already, and those who tell afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.announced import fits
from models import announcements
from models.announcement import Announcement, Outcome
from models.announcements import Draft
from models.area import Area
from models.person import Identity, Person
from models.ticket import TicketState
from nlp.similar import compatible
from tests.handlers.conftest import OFFICIAL, WECOM, Street

RESIDENT, NEIGHBOUR, THIRD, STAFF = "demo-resident-1", "demo-resident-2", "demo-resident-3", "demo-staff-1"
NO_WATER = "香樟花园6栋家里停水了"
WORDS = "主管破了，自来水公司正在抢修，预计今天下午 4 点恢复。"


def announce(street: Street, *, outcome: Outcome = Outcome.HOLD, hours: int = 6, place: str = "") -> int:
    def make(session: Session, now: Any) -> int:
        area = session.scalars(select(Area).where(Area.name == "香樟花园")).one()
        staff = session.scalars(
            select(Person).join(Identity, Identity.person_id == Person.id).where(Identity.account == STAFF)
        ).first()
        assert staff is not None
        until = now + timedelta(hours=hours)
        draft = Draft("香樟花园停水抢修", WORDS, area.id, "utilities", place, outcome, now, until)
        return announcements.announce(session, draft, by=staff, now=now).id

    made: int = street.change(make)
    return made


def answer_all(street: Street, announcement_id: int) -> int:
    """Staff tick everything that is shown."""

    def tick(session: Session, now: Any) -> int:
        announcement = session.get_one(Announcement, announcement_id)
        found = announcements.candidates(session, announcement, compatible(announcement.category))
        return announcements.choose(session, announcement, [ticket.id for ticket, _ in found])

    count: int = street.change(tick)
    work(street)
    return count


def work(street: Street) -> None:
    """The workers do what is marked."""
    with street.huying.database.reading() as session:
        waiting = announcements.due(session, most=100)
    street.huying.tasks.dispatch(list(waiting))
    street.drain()


def test_everybody_who_told_is_answered_at_once_and_waits_with_it(street_on_both: Street) -> None:
    street = street_on_both
    for who in (RESIDENT, NEIGHBOUR):
        street.say(who, NO_WATER)
        street.told(who)
    assert answer_all(street, announce(street)) == 2
    for who in (RESIDENT, NEIGHBOUR):
        [told] = street.told(who)
        assert "【香樟花园停水抢修】主管破了" in told
        assert "还有别的情况" not in told
    assert [ticket.state for ticket in street.tickets()] == [TicketState.HELD, TicketState.HELD]
    assert street.history("0001")[-1] == "hold"
    # When its time is over they go on by themselves.
    street.advance(hours=7)
    assert TicketState.HELD not in [ticket.state for ticket in street.tickets()]
    assert street.history_is_whole()


@pytest.mark.parametrize("platform", [OFFICIAL, WECOM])
def test_whoever_tells_later_hears_it_and_is_asked_whether_there_is_more(street: Street, platform: str) -> None:
    announce(street)
    who = RESIDENT if platform == OFFICIAL else "demo-member-2"
    reply = street.say(who, NO_WATER, on=platform)
    assert reply.text.startswith("已受理")
    [told] = street.told(who, on=platform)
    assert "【香樟花园停水抢修】" in told
    assert told.endswith("还有别的情况吗？\n1 没有，就是这件事\n2 还有别的情况")
    assert street.ticket("0001").state is TicketState.HELD
    assert "一起办" in street.say(who, "1", on=platform).text
    assert street.ticket("0001").state is TicketState.HELD
    assert street.tickets()[0].assignee_id is None


def test_a_different_trouble_is_not_swallowed(street_on_both: Street) -> None:
    street = street_on_both
    announce(street)
    street.say(RESIDENT, NO_WATER)
    street.told(RESIDENT)
    assert "单独安排" in street.say(RESIDENT, "2").text
    street.say(RESIDENT, "我家水表也在漏")
    assert street.words("0001")[-1] == "我家水表也在漏"
    assert street.ticket("0001").state is not TicketState.HELD
    street.drain()
    assert street.history("0001").count("hold") == 1
    assert not any("接着办" in told for told in street.told(RESIDENT))


@pytest.mark.parametrize(
    "words",
    [
        "香樟花园6栋停电了",  # of the same category, but another thing
        "滨江雅苑1栋停水了",  # elsewhere
        "香樟花园2栋路灯坏了",
        "香樟花园6栋楼上漏水",
    ],
)
def test_what_is_not_surely_the_event_goes_its_own_way(street: Street, words: str) -> None:
    announce(street)
    street.say(RESIDENT, words)
    assert not any("公告" in told or "统一答复" in told for told in street.told(RESIDENT))
    assert "hold" not in street.history("0001")


def test_an_emergency_is_never_answered_by_an_announcement(street: Street) -> None:
    announcement_id = announce(street)
    street.say(RESIDENT, "香樟花园6栋停水，有人被困在电梯里")
    street.drain()
    assert "hold" not in street.history("0001")
    assert answer_all(street, announcement_id) == 0


def test_an_announcement_of_one_building_is_for_that_building(street: Street) -> None:
    announce(street, place="6栋")
    street.say(RESIDENT, "香樟花园6栋停水了")
    street.say(NEIGHBOUR, "香樟花园2栋停水了")
    street.drain()
    assert [ticket.state is TicketState.HELD for ticket in street.tickets()] == [True, False]


def test_after_its_time_and_after_it_was_withdrawn_nobody_gets_it(street: Street) -> None:
    announcement_id = announce(street)
    street.say(RESIDENT, NO_WATER)
    street.drain()
    assert street.ticket("0001").state is TicketState.HELD
    street.change(
        lambda session, now: announcements.withdraw(session, session.get_one(Announcement, announcement_id), now=now)
    )
    work(street)
    assert street.ticket("0001").state is not TicketState.HELD
    assert any("接着办" in told for told in street.told(RESIDENT))
    street.say(NEIGHBOUR, NO_WATER)
    announce(street, hours=1)
    street.advance(hours=2)
    street.say(THIRD, NO_WATER)
    street.drain()
    assert [each.state is TicketState.HELD for each in street.tickets()] == [False, False, False]


def test_new_words_and_a_new_time_reach_those_who_wait_and_only_them(street: Street) -> None:
    announcement_id = announce(street)
    for who in (RESIDENT, NEIGHBOUR):
        street.say(who, NO_WATER)
        street.told(who)
    street.say(NEIGHBOUR, "2")
    street.told(NEIGHBOUR)

    def change(session: Session, now: Any) -> None:
        old = session.get_one(Announcement, announcement_id)
        draft = Draft(
            old.title,
            "还要晚一点，晚上 8 点。",
            old.area_id,
            old.category,
            "",
            old.outcome,
            old.since,
            now + timedelta(hours=10),
        )
        announcements.change(session, old, draft)

    street.change(change)
    work(street)
    [told] = street.told(RESIDENT)
    assert "还要晚一点" in told
    assert street.told(NEIGHBOUR) == []
    assert street.history("0001")[-1] == "renew"
    street.advance(hours=7)
    assert street.ticket("0001").state is TicketState.HELD
    street.advance(hours=3)
    assert street.ticket("0001").state is not TicketState.HELD


def test_when_the_event_is_over_everything_under_it_is_finished_and_judged(street_on_both: Street) -> None:
    street = street_on_both
    street.say(RESIDENT, NO_WATER)
    street.drain()
    announcement_id = announce(street)
    answer_all(street, announcement_id)
    street.say(NEIGHBOUR, NO_WATER)
    for who in (RESIDENT, NEIGHBOUR):
        street.told(who)
    street.change(lambda session, _: announcements.finish_all(session, session.get_one(Announcement, announcement_id)))
    for _ in range(2):
        work(street)
    for who in (RESIDENT, NEIGHBOUR):
        [told] = street.told(who)
        assert "请评价" in told
        assert "接着办" not in told
    assert [each.state for each in street.tickets()] == [TicketState.RESOLVED, TicketState.RESOLVED]
    assert "重办" in street.say(NEIGHBOUR, "3").text


def test_an_answer_that_settles_it_asks_for_a_judgement_at_once(street: Street) -> None:
    street.say(RESIDENT, NO_WATER)
    street.told(RESIDENT)
    answer_all(street, announce(street, outcome=Outcome.RESOLVE))
    [told] = street.told(RESIDENT)
    assert "社区统一答复" in told
    assert "请评价" in told
    # Later ones wait until their reporter says that this is all.
    street.say(NEIGHBOUR, NO_WATER)
    street.told(NEIGHBOUR)
    assert street.ticket("0002").state is TicketState.HELD
    street.say(NEIGHBOUR, "1")
    work(street)
    assert street.ticket("0002").state is TicketState.RESOLVED


def test_what_a_queue_lost_is_still_done(street: Street) -> None:
    street.say(RESIDENT, NO_WATER)
    street.drain()
    announcement_id = announce(street)

    def tick(session: Session, now: Any) -> None:
        announcement = session.get_one(Announcement, announcement_id)
        found = announcements.candidates(session, announcement, compatible("utilities"))
        announcements.choose(session, announcement, [ticket.id for ticket, _ in found])

    street.change(tick)
    street.change(lambda session, now: [announcements.work(session, 1, now=now, fits=fits) for _ in range(2)])
    assert street.history("0001").count("hold") == 1


# ---------------------------------------------------------------- from the chat

LIFTED = "公告 香樟花园停水抢修，主管破了，自来水公司正在抢修，预计今天下午4点恢复"


@pytest.mark.parametrize("platform", [OFFICIAL, WECOM])
def test_staff_announce_from_the_chat_after_a_look_and_end_it_again(street: Street, platform: str) -> None:
    street.say(RESIDENT, NO_WATER)
    street.say(NEIGHBOUR, "香樟花园2栋停水了")
    street.say(THIRD, "滨江雅苑1栋停水了")
    street.drain()
    for who in (RESIDENT, NEIGHBOUR, THIRD):
        street.told(who)
    preview = street.say(STAFF, LIFTED, on=platform)
    assert preview.text.splitlines()[:2] == [
        "【香樟花园停水抢修】",
        "主管破了，自来水公司正在抢修，预计今天下午4点恢复",
    ]
    assert "香樟花园 · 水电气" in preview.text
    assert "到今天下午 4 点" in preview.text
    assert "2 位邻居马上收到" in preview.text
    street.drain()
    assert street.told(RESIDENT) == []
    sent = street.say(STAFF, "是", on=platform).text
    assert sent.startswith("公告《香樟花园停水抢修》发出去了，2 位邻居马上收到")
    work(street)
    for who in (RESIDENT, NEIGHBOUR):
        assert any("主管破了" in told for told in street.told(who))
    assert street.told(THIRD) == []
    assert "已经发过" in street.choose(STAFF, preview, 1, on=platform).text
    how = street.say(STAFF, "结束公告 停水", on=platform)
    assert "2 位邻居在等。事情办好了吗？" in how.text
    assert "2 位邻居的事一起办结" in street.choose(STAFF, how, 1, on=platform).text
    work(street)
    assert any("请评价" in told for told in street.told(RESIDENT))
    assert "没有公告" in street.say(STAFF, "结束公告", on=platform).text
    street.say("demo-resident-4", NO_WATER)
    street.drain()
    assert street.tickets("demo-resident-4")[0].state is not TicketState.HELD


@pytest.mark.parametrize("platform", [OFFICIAL, WECOM])
@pytest.mark.parametrize("no", ["2", "不发", "不是"])
def test_without_a_yes_nothing_goes_out(street: Street, platform: str, no: str) -> None:
    street.say(STAFF, LIFTED, on=platform)
    assert "没有发" in street.say(STAFF, no, on=platform).text
    assert announced(street) == []


def test_a_yes_that_comes_too_late_sends_nothing(street: Street) -> None:
    preview = street.say(STAFF, LIFTED)
    street.advance(hours=1)
    assert "没有等着发的公告" in street.choose(STAFF, preview, 1).text
    assert announced(street) == []


def test_another_end_is_said_in_a_few_words(street: Street) -> None:
    street.say(STAFF, "公告 香樟花园停水抢修，主管破了")
    assert "到明天下午 6 点" in street.say(STAFF, "到明天下午6点").text
    street.say(STAFF, "1")
    [made] = announced(street)
    assert made.until == street.now.replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=1)


def test_a_report_instead_of_a_yes_is_taken_and_the_announcement_is_not_sent(street: Street) -> None:
    street.say(STAFF, LIFTED)
    reply = street.say(STAFF, "银杏里3栋的路灯坏了").text
    assert "已受理" in reply
    assert "公告没有发" in reply
    assert announced(street) == []


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("公告", "写在后面就行"),
        ("公告 银杏里停水抢修，预计今天下午4点恢复", "不在您负责的地方"),
        ("公告 香樟花园明天见", "没对上是哪一类事"),
        ("公告 香樟花园停水抢修，" + "很长" * 400, "太长了"),
    ],
)
def test_what_cannot_go_out_is_explained_kindly(street: Street, words: str, answer: str) -> None:
    assert answer in street.say(STAFF, words).text
    assert street.tickets() == []
    assert announced(street) == []


@pytest.mark.parametrize("who", [RESIDENT, "demo-member-1", "demo-grid-1", "demo-dept-1"])
def test_only_whoever_sits_at_a_desk_announces(street: Street, who: str) -> None:
    assert "发出去吗" not in street.say(who, LIFTED).text
    street.say(who, "是")
    assert announced(street) == []


def test_the_street_announces_for_every_community_and_a_neighbour_desk_cannot_end_it(street: Street) -> None:
    street.say("demo-street-1", "公告 银杏里停水抢修，预计今天下午4点恢复")
    street.say("demo-street-1", "是")
    assert len(announced(street)) == 1
    assert "没有公告" in street.say(STAFF, "结束公告").text
    assert "事情办好了吗" in street.say("demo-staff-2", "结束公告").text


def test_what_was_announced_by_mistake_lets_everything_go_on(street: Street) -> None:
    street.say(STAFF, LIFTED)
    street.say(STAFF, "是")
    street.say(STAFF, "公告 滨江雅苑停电抢修，预计今天下午5点恢复")
    street.say(STAFF, "是")
    street.say(RESIDENT, NO_WATER)
    street.drain()
    assert street.ticket("0001").state is TicketState.HELD
    which = street.say(STAFF, "结束公告")
    assert [each.label for each in which.choices] == ["滨江雅苑停电抢修", "香樟花园停水抢修"]
    how = street.choose(STAFF, which, 2)
    assert "1 位邻居的事各自接着办" in street.choose(STAFF, how, 2).text
    work(street)
    assert street.ticket("0001").state is not TicketState.HELD
    assert "已经结束" in street.choose(STAFF, how, 2).text


def test_words_of_danger_in_an_announcement_raise_no_alarm(street: Street) -> None:
    reply = street.say(STAFF, "公告 香樟花园燃气泄漏已经修好，下午3点恢复供气").text
    assert "发出去吗" in reply
    assert street.tickets() == []


def announced(street: Street) -> list[Announcement]:
    with street.huying.database.reading() as session:
        return list(session.scalars(select(Announcement)))
