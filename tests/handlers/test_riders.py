"""Riders are reminded of little, once a day and in peace: reports, re-checks, look-outs; and what they answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from bot.channels import NotSent, Outgoing, Sent, Way, Why
from models import outboxes, people, tickets
from models.appointment import Appointment
from models.attachment import Attachment, AttachmentKind, AttachmentUse
from models.clock import CHINA
from models.outbox import Notice, NoticeKind, NoticeState
from models.person import Identity, Person, RoleKind
from models.quiet import Quiet
from models.reminder import Lookout, Reminder, Seen
from models.ticket import Limit, Ticket, TicketEvent, TicketState
from scheduler import jobs
from tests.handlers.conftest import MONDAY, OFFICIAL, WECOM, Phones, Rewinding, Street
from texts import riders

RIDER, OTHER, RESIDENT, STAFF, GRID = "demo-rider-1", "demo-rider-2", "demo-resident-1", "demo-staff-1", "demo-grid-1"
COVER = "香樟花园3栋门口的井盖坏了"


def told(street: Street, who: str = RIDER) -> list[str]:
    return street.told(who, on=OFFICIAL)


def mended(street: Street) -> str:
    """张阿姨's manhole cover is said to be mended; the grid worker did it."""
    street.say(RESIDENT, COVER)
    short = street.tickets(RESIDENT)[-1].short
    street.drain()
    street.change(
        lambda session, now: tickets.finish(
            session,
            session.get_one(Ticket, street.ticket(short).id),
            "换了新的",
            by=session.get_one(Person, street.person(STAFF).id),
            now=now,
        )
    )
    street.drain()
    return short


def at(street: Street, hours: int, minutes: int = 0) -> None:
    """The next time the clock on the wall shows this, with nothing done on the way."""
    here = street.now.astimezone(CHINA)
    wanted = here.replace(hour=hours, minute=minutes, second=0, microsecond=0)
    while wanted <= here:
        wanted += timedelta(days=1)
    street.advance(seconds=(wanted - here).total_seconds())


def reminded(street: Street) -> list[str]:
    """The reminders among what a rider was told; how their own reports go is told besides."""
    return [each for each in told(street) if riders.STOP in each]


def awake(street: Street, *who: str) -> None:
    """They have just written, so that they can be written to."""
    for each in who or (RIDER, OTHER):
        street.say(each, "谢谢")


# ---------------------------------------------------------------- what there is


def test_with_nothing_to_say_nothing_is_said(street: Street) -> None:
    awake(street)
    for _ in range(48):
        street.advance(hours=1)
    assert told(street) == []


def test_an_unfinished_report_is_asked_about_later_and_once(street: Street) -> None:
    street.say(RIDER, "井盖坏了没人管")
    [ticket] = street.tickets(RIDER)
    street.advance(minutes=10)
    assert not any("还差" in each for each in told(street))
    at(street, 14)
    [asked] = reminded(street)
    assert f"编号 {ticket.short}" in asked
    assert "还差在哪里" in asked
    assert "不提醒" in asked
    awake(street)
    at(street, 15)
    at(street, 15)
    assert reminded(street) == []


def test_a_finished_report_is_not_asked_about(street: Street) -> None:
    street.say(RIDER, "井盖坏了没人管")
    street.say(RIDER, "香樟花园3栋门口")
    at(street, 14)
    assert reminded(street) == []


def test_a_photo_that_stayed_without_words_is_asked_about(street: Street) -> None:
    street.photo(RIDER)
    street.advance(minutes=31)
    told(street)
    at(street, 14)
    assert any("还差是什么事" in each for each in told(street))


@pytest.mark.parametrize(
    ("number", "seen", "desk_hears"),
    [("1", Seen.MENDED, False), ("2", Seen.NOT_YET, True), ("3", Seen.NOT_PASSED, False)],
)
def test_a_passer_by_says_whether_it_is_mended(street: Street, number: str, seen: Seen, desk_hears: bool) -> None:
    short = mended(street)
    awake(street, RIDER)
    street.told(STAFF)
    at(street, 14)
    [asked] = told(street)
    assert "香樟花园3栋" in asked
    assert all(choice in asked for choice in ("1 已修好", "2 还没有", "3 没路过"))
    street.say(RIDER, number)
    with street.huying.database.reading() as session:
        answers = session.scalars(select(Reminder.answer).where(Reminder.answer.is_not(None))).all()
        event = session.scalars(select(TicketEvent).order_by(TicketEvent.id.desc())).first()
    assert answers == [seen]
    assert event is not None
    assert (event.action, event.actor, event.facts) == ("recheck", "passer_by", {"seen": seen.value})
    assert street.ticket(short).state is TicketState.RESOLVED
    assert any("还没修好" in each for each in street.told(STAFF)) == desk_hears
    assert street.history_is_whole()


def test_a_mended_matter_is_asked_about_until_somebody_has_confirmed_it(street: Street) -> None:
    short = mended(street)
    awake(street)
    at(street, 14)
    assert told(street, RIDER)
    assert told(street, OTHER)
    street.say(RIDER, "1")
    assert "没有要留意的" in street.say(OTHER, "巡查").text
    street.say(RESIDENT, f"评价 {short} 1")
    assert street.ticket(short).state is TicketState.CLOSED
    assert "谢谢" in street.say(OTHER, "2").text  # late, and still heard
    assert street.history(short)[-1] == "recheck"


def test_whoever_reported_or_judged_is_not_asked_whether_it_is_mended(street: Street) -> None:
    street.say(RIDER, COVER)
    street.drain()
    staff = street.person(STAFF).id
    [ticket] = street.tickets(RIDER)
    street.change(
        lambda session, now: tickets.finish(
            session, session.get_one(Ticket, ticket.id), "好了", by=session.get_one(Person, staff), now=now
        )
    )
    awake(street)
    street.told(RIDER)
    at(street, 14)
    assert not any("已修好" in each for each in told(street))
    assert any("已修好" in each for each in told(street, OTHER))


def test_only_those_who_were_asked_answer(street: Street) -> None:
    short = mended(street)
    assert "不在您手上" in street.tap("demo-resident-2", f"!recheck {street.ticket(short).id} not_yet").text
    assert "recheck" not in street.history(short)


def test_a_look_out_of_the_day_is_told_there_and_nowhere_else(street: Street) -> None:
    street.change(
        lambda session, now: people.grant(
            session,
            session.get_one(Person, street.person("demo-resident-5").id),
            RoleKind.RIDER,
            session.get_one(Person, street.person("demo-staff-2").id).roles[0].area_id,
            now=now,
        )
    )
    street.say("demo-resident-5", "谢谢")
    awake(street)
    assert "记下了" in street.say(STAFF, "巡查重点 今天 看看沿江路的井盖").text
    street.say(STAFF, "巡查重点 明天 消防通道")
    at(street, 14)
    [asked] = told(street)
    assert "香樟社区 · 看看沿江路的井盖" in asked
    assert "消防通道" not in asked
    assert told(street, "demo-resident-5") == []  # rides in the other community
    assert "沿江路的井盖" in street.say(RIDER, "巡查").text


def test_staff_see_and_take_back_what_they_asked_for(street: Street) -> None:
    street.say(STAFF, "巡查重点 看看井盖")
    shown = street.say(STAFF, "巡查重点")
    assert "看看井盖" in shown.text
    street.choose(STAFF, shown, 1)
    with street.huying.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Lookout)) == 0
    assert "登记" in street.say(RIDER, "巡查重点").text


def test_the_outcome_that_could_not_be_told_is_in_the_reminder(street: Street) -> None:
    street.say(RIDER, COVER)
    street.drain()
    [ticket] = street.tickets(RIDER)
    for _ in range(3):
        street.advance(days=1)  # nobody may write to them any more
    staff = street.person(STAFF).id
    street.change(
        lambda session, now: tickets.finish(
            session, session.get_one(Ticket, ticket.id), "好了", by=session.get_one(Person, staff), now=now
        )
    )
    told(street)
    street.change(
        lambda session, now: session.add(
            Attachment(
                person_id=staff,
                ticket_id=ticket.id,
                channel=OFFICIAL,
                kind=AttachmentKind.IMAGE,
                use=AttachmentUse.AFTER,
                sent_at=now,
            )
        )
    )
    street.official.reaches = (Way.CUSTOMER, Way.TEMPLATE)
    at(street, 14)
    [asked] = [each for each in told(street) if f"编号 {ticket.short}" in each and "有结果了" in each]
    assert "/photos/" in asked


def test_everything_of_a_day_is_one_message(street: Street) -> None:
    mended(street)
    awake(street)
    street.say(RIDER, "路灯坏了没人管")
    street.say(STAFF, "巡查重点 消防通道")
    told(street)
    at(street, 14)
    for _ in range(9):
        street.advance(minutes=10)
    [only] = reminded(street)
    assert all(part in only for part in ("还差在哪里", "消防通道", "已修好"))


# ---------------------------------------------------------------- peace


def test_one_word_stops_them_from_the_next_second(street: Street) -> None:
    street.say(STAFF, "巡查重点 消防通道")
    awake(street)
    at(street, 13, 30)
    assert told(street)
    at(street, 8)
    street.say(STAFF, "巡查重点 消防通道")
    jobs.remind_riders(street.huying, street.now)
    assert "不提醒您" in street.say(RIDER, "不提醒").text
    street.say(RIDER, "谢谢")
    assert not any("消防通道" in each for each in told(street))
    street.say(RIDER, "提醒")
    street.advance(days=1)
    street.say(STAFF, "巡查重点 消防通道")
    street.advance(minutes=10)
    assert any("消防通道" in each for each in told(street))


def test_somebody_who_cannot_be_reached_is_told_with_their_next_word(street: Street) -> None:
    street.say(STAFF, "巡查重点 消防通道")
    at(street, 14)
    assert told(street) == []
    assert "消防通道" in street.say(RIDER, "谢谢").text


def test_in_a_peak_their_own_word_is_answered_without_news(street: Street) -> None:
    street.say(STAFF, "巡查重点 消防通道")
    at(street, 14)
    at(street, 17)
    assert "消防通道" not in street.say(RIDER, "谢谢").text
    at(street, 20, 40)
    assert "消防通道" in street.say(RIDER, "谢谢").text


def test_a_rider_who_is_also_a_member_gets_no_offer_in_a_peak_and_nothing_is_lost(street: Street) -> None:
    member = street.person("demo-member-1")

    def ride(session: Any, now: datetime) -> None:
        people.grant(session, session.get_one(Person, member.id), RoleKind.RIDER, member.roles[0].area_id, now=now)

    street.change(ride)
    short = street.accepted()
    street.told("demo-member-1")
    at(street, 10, 30)
    street.say(RESIDENT, f"留言 {short} 请带梯子")
    street.say(RESIDENT, "滨江雅苑3栋楼上每天打麻将太吵")
    assert street.told("demo-member-1") == []
    at(street, 13, 25)
    assert street.told("demo-member-1") == []
    at(street, 13, 31)
    assert any("请带梯子" in each for each in street.told("demo-member-1"))


def test_an_alarm_comes_in_every_peak(street: Street) -> None:
    staff = street.person(STAFF)

    def ride(session: Any, now: datetime) -> None:
        people.grant(session, session.get_one(Person, staff.id), RoleKind.RIDER, staff.roles[0].area_id, now=now)

    street.change(ride)
    at(street, 11)
    street.say(RESIDENT, "香樟花园6栋着火了")
    assert any("【紧急】" in each for each in street.told(STAFF))


def test_a_silent_rider_is_relieved_only_after_the_question_has_reached_them(street: Street) -> None:
    member = street.person("demo-member-1")

    def ride(session: Any, now: datetime) -> None:
        people.grant(session, session.get_one(Person, member.id), RoleKind.RIDER, member.roles[0].area_id, now=now)

    street.change(ride)
    at(street, 8, 30)
    short = street.accepted()
    street.change(lambda session, now: session.execute(update(Ticket).values(urgency="urgent")))
    street.told("demo-member-1")
    at(street, 10, 35)
    assert "check_in" in street.history(short)
    at(street, 13)
    assert street.told("demo-member-1") == []
    assert "release" not in street.history(short)
    at(street, 13, 31)
    assert any("办得怎么样了" in each for each in street.told("demo-member-1"))
    at(street, 15)
    assert "release" not in street.history(short)
    at(street, 16)
    assert "release" in street.history(short)


class Slow(Phones):
    """An account whose calls take a minute and fail."""

    clock: Any = None

    def send(self, way: Way, outgoing: Outgoing, *, now: datetime) -> Sent:
        self.clock.now += timedelta(minutes=1)
        raise NotSent(Why.TEMPORARY, "slow")


def test_a_peak_that_begins_while_ways_are_tried_is_a_peak(street: Street) -> None:
    slow = Slow(WECOM, "wecom", (Way.APP,))
    slow.clock = street._clock
    street.huying.channels[WECOM] = slow
    street.official.reaches = (Way.TEMPLATE,)
    member = street.person("demo-member-1")

    def ride(session: Any, now: datetime) -> int:
        people.grant(session, session.get_one(Person, member.id), RoleKind.RIDER, member.roles[0].area_id, now=now)
        return outboxes.tell(session, NoticeKind.HANDED_BACK, member.id, now=now).id

    at(street, 10, 29)
    street._clock.now = datetime(2026, 11, 23, 2, 29, 30, tzinfo=UTC)
    notice_id = street.change(ride)
    street.huying.delivery.deliver(notice_id)
    assert street.official.inbox == []
    with street.huying.database.reading() as session:
        notice = session.get_one(Notice, notice_id)
    assert (notice.attempts, notice.lease_until) == (0, datetime(2026, 11, 23, 5, 30, tzinfo=UTC))
    street._clock.now = datetime(2026, 11, 23, 5, 30, tzinfo=UTC)
    street.huying.delivery.deliver(notice_id)
    assert [account for account, _ in street.official.inbox] == ["demo-member-1"]


QUIET = Quiet()
MOMENTS = st.integers(0, 30 * 24 * 3600).map(lambda seconds: MONDAY.astimezone(CHINA) + timedelta(seconds=seconds))


@given(MOMENTS)
def test_the_end_of_a_quiet_time_is_the_first_moment_after_it(moment: datetime) -> None:
    end = QUIET.until(moment)
    here = moment.time()
    inside = any(begins <= here < ends for begins, ends in QUIET.peaks) or not (8 <= here.hour < 22)
    assert (end is not None) == inside
    if end is not None:
        assert end > moment
        assert QUIET.until(end) is None
        assert QUIET.until(end - timedelta(microseconds=1)) is not None


MADE_OF_WHAT_IS_OPEN = {
    NoticeKind.DESK,
    NoticeKind.POOL,
    NoticeKind.SAME_EVENT,
    NoticeKind.RIDER_REMINDER,
    NoticeKind.POST_ENDS,
}
"""Their words come from other rows at the moment of sending; without any there is nothing to say."""
KINDS = sorted(set(NoticeKind) - MADE_OF_WHAT_IS_OPEN)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moment=MOMENTS,
    also=st.sets(st.sampled_from([RoleKind.MEMBER, RoleKind.GRID, RoleKind.STAFF, RoleKind.STREET])),
    kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=6),
    steps=st.lists(st.integers(1, 300), min_size=1, max_size=4),
)
@example(moment=MONDAY.astimezone(CHINA), also=set(), kinds=KINDS, steps=[1])  # every kind, whatever is drawn
def test_nothing_but_alarms_reaches_a_rider_in_a_peak_or_at_night(
    rewinding: Rewinding, moment: datetime, also: set[RoleKind], kinds: list[NoticeKind], steps: list[int]
) -> None:
    street = rewinding.back_to(rewinding.beginning)
    street._clock.now = moment.astimezone(UTC)
    rider = street.person(RIDER)
    heard: list[tuple[datetime, str]] = []
    take = street.official.send

    def send(way: Way, outgoing: Outgoing, *, now: datetime) -> Sent:
        if outgoing.account == RIDER:
            heard.append((now, outgoing.kind))
        return take(way, outgoing, now=now)

    street.official.send = send  # type: ignore[method-assign]
    street.official.reaches = (Way.TEMPLATE,)

    def act(session: Any, now: datetime) -> None:
        person = session.get_one(Person, rider.id)
        for role in also:
            people.grant(session, person, role, rider.roles[0].area_id, now=now)
        data: dict[str, Any] = {
            "expires": (now + timedelta(days=9)).isoformat(),
            "until": now.isoformat(),
            "text": "好",
        }
        data |= {"limit": Limit.FINISH.value, "ends": now.isoformat()}
        data |= {"points": 1, "minutes": 60, "gift": 1, "number": "0001", "name": "食用油"}
        data |= {"title": "最美小哥", "about": "爱帮忙", "nominee": 1}
        begins, ends = now + timedelta(days=9), now + timedelta(days=9, hours=1)
        visit = Appointment(
            person_id=person.id, area_id=rider.roles[0].area_id, desk="二号窗口", purpose="办居住证", begins=begins,
            ends=ends, by_id=person.id, told_at=now,
        )  # fmt: skip
        session.add(visit)
        session.flush()
        data |= {"news": "made", "appointment": visit.id, "begins": begins.isoformat(), "ends": ends.isoformat()}
        data |= {"where": "香樟社区", "desk": visit.desk, "purpose": visit.purpose}
        for kind in kinds:
            outboxes.tell(session, kind, person.id, now=now, data=data)
        session.add(Lookout(area_id=rider.roles[0].area_id, day=now.date(), topic="井盖", made_at=now))

    street.change(act)
    street.drain()
    for minutes in steps:
        street.advance(minutes=minutes)
    answers = {kind.value for kind in outboxes.NOT_FOR_LATER}
    assert [kind for when, kind in heard if QUIET.until(when) is not None and kind not in answers] == []
    reminders = [when.astimezone(CHINA).date() for when, kind in heard if kind == NoticeKind.RIDER_REMINDER]
    assert len(reminders) == len(set(reminders))
    at(street, 8, 30)
    at(street, 9)
    sent = [kind for _, kind in heard if kind != NoticeKind.RIDER_REMINDER]
    assert sorted(sent) == sorted(kinds), "postponed, never dropped"


def test_not_one_message_to_riders_in_peaks_in_a_month(street: Street) -> None:
    """A busy month: reports, results and look-outs every day, and a rider who also takes tasks."""
    street.official.reaches = (Way.TEMPLATE,)
    heard: list[tuple[datetime, str, str]] = []
    take = street.official.send

    def send(way: Way, outgoing: Outgoing, *, now: datetime) -> Sent:
        heard.append((now, outgoing.account, outgoing.kind))
        return take(way, outgoing, now=now)

    street.official.send = send  # type: ignore[method-assign]
    member = street.person("demo-member-1")

    def ride(session: Any, now: datetime) -> None:
        session.execute(update(Identity).where(Identity.channel == WECOM).values(reachable=False))
        people.grant(session, session.get_one(Person, member.id), RoleKind.RIDER, member.roles[0].area_id, now=now)

    street.change(ride)
    staff = street.person(STAFF).id
    for day in range(30):
        street.say(STAFF, "巡查重点 消防通道")
        street.say(RIDER, COVER)
        street.say(RESIDENT, "香樟花园6栋2单元半夜装修太吵")
        mine = street.tickets(RIDER)[-1].id
        if day % 5 == 0:
            # Somebody sends a photo and forgets about it, at another time of the day each time.
            street.photo(OTHER)
            street.advance(minutes=40)
        for hour in range(0, 24, 3):
            street.advance(hours=3)
            if hour == 3:
                street.change(
                    lambda session, now, mine=mine: tickets.finish(  # type: ignore[misc]
                        session, session.get_one(Ticket, mine), "好了", by=session.get_one(Person, staff), now=now
                    )
                )
        assert street.now < MONDAY + timedelta(days=2 * day + 2)
    riders = {RIDER, OTHER, "demo-member-1"}
    theirs = [(when, who, kind) for when, who, kind in heard if who in riders]
    assert len(theirs) > 60
    assert {"photo_kept", "rider_reminder", "finished"} <= {kind for _, _, kind in theirs}
    assert [each for each in theirs if QUIET.until(each[0]) is not None] == []
    for who in riders:
        days = [when.astimezone(CHINA).date() for when, each, kind in theirs if (each, kind) == (who, "rider_reminder")]
        assert len(days) == len(set(days)) > 20


def test_the_last_half_minute_of_a_peak_is_peak(street: Street) -> None:
    rider = street.person(RIDER)
    notice_id = street.change(lambda session, now: outboxes.tell(session, NoticeKind.HANDED_BACK, rider.id, now=now).id)
    street.official.reaches = (Way.TEMPLATE,)
    for hour, minute, second, heard in ((5, 29, 30, 0), (5, 30, 0, 1)):
        street._clock.now = datetime(2026, 11, 23, hour, minute, second, tzinfo=UTC)
        street.huying.delivery.deliver(notice_id)
        assert len(street.official.inbox) == heard


def test_a_postponed_notice_waits_and_is_not_tried(street: Street) -> None:
    rider = street.person(RIDER)
    at(street, 11)
    notice_id = street.change(lambda session, now: outboxes.tell(session, NoticeKind.HANDED_BACK, rider.id, now=now).id)
    street.drain()
    with street.huying.database.reading() as session:
        notice = session.get_one(Notice, notice_id)
    assert (notice.state, notice.attempts) == (NoticeState.PENDING, 0)
    assert notice.not_before.astimezone(CHINA).strftime("%H:%M") == "13:30"
