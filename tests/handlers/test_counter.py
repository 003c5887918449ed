"""What was arranged at the counter, from the phone of whoever it concerns."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from models import appointments, broadcasts
from models.area import Area
from models.broadcast import Broadcast
from models.clock import CHINA, local
from models.outbox import Notice, NoticeKind, NoticeState
from models.person import Person
from scheduler import jobs
from tests.handlers.conftest import Street

RESIDENT, STAFF = "demo-resident-1", "demo-staff-1"


def book(street: Street, days: int, hour: int, desk: str = "1号窗口") -> int:
    """The desk gives 张阿姨 a time."""
    street.say(RESIDENT, "你好")

    def make(session: Any, now: datetime) -> int:
        begins = (local(now) + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)
        made = appointments.make(
            session,
            session.get_one(Person, street.person(RESIDENT).id),
            session.scalars(select(Area).where(Area.name == "香樟社区")).one(),
            desk,
            "办老年证",
            begins,
            begins + timedelta(minutes=30),
            by=session.get_one(Person, street.person(STAFF).id),
            now=now,
        )
        return made.id

    found: int = street.change(make)
    return found


def test_an_appointment_is_told_at_once_and_the_day_before_and_called_off_by_a_number(street: Street) -> None:
    book(street, 3, 10)
    [made] = street.told(RESIDENT)
    assert "给您约好了" in made
    assert "1号窗口" in made
    assert "2 来不了，取消" in made
    street.at((local(street.now) + timedelta(days=2)).replace(hour=7, tzinfo=CHINA))
    assert jobs.remind_appointments(street.huying, street.now) == 0  # before eight nobody is disturbed
    street.at(local(street.now).replace(hour=9, tzinfo=CHINA))
    assert jobs.remind_appointments(street.huying, street.now) == 1
    assert jobs.remind_appointments(street.huying, street.now) == 0
    [reminder] = street.told(RESIDENT)
    assert reminder.startswith("提醒您，约好的是明天")
    assert "取消了" in street.say(RESIDENT, "2").text
    assert "没有约好的时间" in street.say(RESIDENT, "我的预约").text


def test_an_appointment_is_called_off_by_a_word_and_of_several_the_bot_asks_which(street: Street) -> None:
    book(street, 2, 10)
    book(street, 3, 15, desk="2号窗口")
    street.told(RESIDENT)
    assert "2号窗口" in street.say(RESIDENT, "我的预约").text
    asked = street.say(RESIDENT, "取消预约")
    assert "哪一个" in asked.text
    assert "取消了" in street.choose(RESIDENT, asked, 2).text
    assert "取消了" in street.say(RESIDENT, "取消预约").text
    assert "没有约好的时间" in street.say(RESIDENT, "取消预约").text


def test_a_time_that_is_over_is_told_to_nobody(street: Street) -> None:
    book(street, 1, 10)
    street.advance(days=2)
    assert street.told(RESIDENT) == []
    assert "给您约好了" not in street.say(RESIDENT, "你好").text


def test_nobody_calls_off_anothers_appointment(street: Street) -> None:
    booked = book(street, 2, 10)
    for guess in (f"!does_not_come {booked}", f"!comes {booked}", "!does_not_come 999"):
        assert "没有约好的时间" in street.tap("demo-resident-2", guess).text
    assert "到时见" in street.tap(RESIDENT, f"!comes {booked}").text


def test_whoever_wants_calls_is_on_the_list_instead_of_being_written_to(street: Street) -> None:
    street.say(RESIDENT, "香樟花园6栋2单元半夜装修太吵")
    street.told(RESIDENT)

    def wants_calls(session: Any, now: datetime) -> None:
        person = session.get_one(Person, street.person(RESIDENT).id)
        person.phone, person.by_phone = "13800001234", True

    street.change(wants_calls)
    short = street.tickets(RESIDENT)[-1].short
    street.say("demo-member-1", f"接单 {short}")
    assert street.told(RESIDENT) == []
    with street.huying.database.reading() as session:
        [news] = session.scalars(select(Notice).where(Notice.state == NoticeState.TO_CALL))
        assert news.kind is NoticeKind.ACCEPTED
    assert "有人接了" not in street.say(RESIDENT, "你好").text  # it is told once, by the call


def send(street: Street, words: str, *, emergency: bool = False) -> None:
    def confirm(session: Any, now: datetime) -> None:
        area = session.scalars(select(Area).where(Area.name == "香樟社区")).one()
        people = broadcasts.count(session, area, None, emergency=emergency, ways={}, now=now)
        broadcasts.confirm(
            session,
            area,
            None,
            words,
            emergency=emergency,
            people=sum(people.values()),
            most_a_week=9,
            by=session.get_one(Person, street.person(STAFF).id),
            now=now,
        )

    street.change(confirm)
    jobs.send_broadcasts(street.huying, street.now)


def test_one_word_ends_messages_to_everybody_but_not_emergencies(street: Street) -> None:
    street.say(RESIDENT, "我家 A6")
    send(street, "明早八点到十点停水。")
    [told] = street.told(RESIDENT)
    assert told.startswith("【香樟社区】明早八点到十点停水。")
    assert "不接收群发" in told
    assert "以后不发给您" in street.say(RESIDENT, "不接收群发").text
    send(street, "周日义诊。")
    assert street.told(RESIDENT) == []
    send(street, "涨水了，马上到高处去。", emergency=True)
    assert "紧急通知" in street.told(RESIDENT)[0]
    street.say(RESIDENT, "接收群发")
    send(street, "周六集市。")
    assert "周六集市" in street.told(RESIDENT)[0]


def test_what_was_stopped_rides_on_no_reply(street: Street) -> None:
    street.say(RESIDENT, "我家 A6")
    street.advance(days=3)  # the window is shut
    send(street, "明早八点到十点停水。")
    street.drain()

    def stop(session: Any, now: datetime) -> None:
        by = session.get_one(Person, street.person(STAFF).id)
        made = session.scalars(select(Broadcast)).one()
        broadcasts.stop(session, made, by=by, now=now)

    street.change(stop)
    assert "停水" not in street.say(RESIDENT, "你好").text


def test_whoever_wants_none_does_not_get_with_that_reply_what_waits(street: Street) -> None:
    street.say(RESIDENT, "我家 A6")
    street.advance(days=3)  # the window is shut
    send(street, "明早八点到十点停水。")
    street.drain()
    said = street.say(RESIDENT, "不接收群发").text
    assert "以后不发给您" in said
    assert "停水" not in said
