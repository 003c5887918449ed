"""One desk sees one person at a time, and everybody gets a message to their area once, whatever happens meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from models import appointments, broadcasts, callbacks, outboxes, people, tickets
from models.appointment import Appointment
from models.area import Area
from models.broadcast import Broadcast, By
from models.db import Database
from models.errors import Refusal, Refused
from models.outbox import Notice, NoticeKind, NoticeState
from models.person import Identity, Person, RoleKind
from models.result import CallBack, CallState
from tests import factories
from tests.conftest import Rewound
from tests.factories import NOW
from tests.models.conftest import World, build_world

HOUR = timedelta(hours=1)
TOMORROW = NOW + timedelta(days=1)


@pytest.fixture
def world(database: Database) -> World:
    with database.transaction() as session:
        return build_world(session)


def book(session: Session, world: World, begins: datetime = TOMORROW, *, desk: str = "1号窗口") -> Appointment:
    return appointments.make(
        session,
        session.get_one(Person, world.resident.id),
        session.get_one(Area, world.street.community.id),
        desk,
        "办老年证",
        begins,
        begins + HOUR,
        by=world.staff,
        now=NOW,
    )


def refusal(act: object, *arguments: object, **more: object) -> Refusal:
    with pytest.raises(Refused) as caught:
        act(*arguments, **more)  # type: ignore[operator]
    return caught.value.reason


# ---------------------------------------------------------------- appointments


def test_one_desk_is_not_booked_twice_but_next_to_each_other_and_again_when_called_off(
    database: Database, world: World
) -> None:
    with database.transaction() as session:
        first = book(session, world)
        assert refusal(book, session, world, TOMORROW + HOUR / 2) is Refusal.DESK_TAKEN
        book(session, world, TOMORROW + HOUR)
        book(session, world, desk="2号窗口")
        appointments.cancel(session, first, by=world.staff, now=NOW)
        book(session, world, TOMORROW + HOUR / 2 - HOUR / 2)
        assert refusal(appointments.cancel, session, first, by=world.staff, now=NOW) is Refusal.NO_APPOINTMENT
        assert refusal(book, session, world, NOW - HOUR) is Refusal.WRONG_TIME
        assert refusal(book, session, world, NOW + timedelta(days=200)) is Refusal.WRONG_TIME


def test_only_one_of_two_who_book_one_desk_at_once_gets_it(both: Database) -> None:
    with both.transaction() as session:
        world = build_world(session)
    outcomes: list[str] = []
    together = threading.Barrier(2)

    def press() -> None:
        together.wait()
        try:
            with both.transaction() as session:
                book(session, world)
            outcomes.append("booked")
        except Refused as refused:
            outcomes.append(refused.reason.value)

    threads = [threading.Thread(target=press) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(outcomes) == ["booked", "desk_taken"]


def test_the_day_before_they_are_reminded_once_unless_they_have_just_heard(database: Database, world: World) -> None:
    with database.transaction() as session:
        far, near = book(session, world, NOW + timedelta(days=3)), book(session, world)
        assert session.scalars(appointments.to_remind(NOW)).all() == []  # made today
        day_before = NOW + timedelta(days=2)
        assert session.scalars(appointments.to_remind(day_before)).all() == [far.id]
        assert appointments.remind(session, far.id, now=day_before)
        waits = select(Notice.can_wait).where(Notice.kind == NoticeKind.APPOINTMENT).order_by(Notice.id)
        assert [*session.scalars(waits)] == [False, False, True]  # only the clock's own
        assert not appointments.remind(session, far.id, now=day_before)
        assert not appointments.remind(session, near.id, now=day_before)
        told = factories.notices(session, session.get_one(Person, world.resident.id), NoticeKind.APPOINTMENT)
        assert [each.data["news"] for each in told] == ["made", "made", "tomorrow"]


def test_what_was_moved_or_called_off_is_not_told_as_it_was(database: Database, world: World) -> None:
    with database.transaction() as session:
        booked = book(session, world)
        [made] = factories.notices(session, session.get_one(Person, world.resident.id), NoticeKind.APPOINTMENT)
        assert appointments.still(session, made.data, now=NOW)
        appointments.move(session, booked, "1号窗口", TOMORROW + 2 * HOUR, TOMORROW + 3 * HOUR, now=NOW)
        assert not appointments.still(session, made.data, now=NOW)
        _, moved = factories.notices(session, session.get_one(Person, world.resident.id), NoticeKind.APPOINTMENT)
        assert appointments.still(session, moved.data, now=NOW)
        appointments.cancel(session, booked, by=session.get_one(Person, world.resident.id), now=NOW)
        assert not appointments.still(session, moved.data, now=NOW)
        # Whoever called it off themselves is not told.
        assert len(factories.notices(session, session.get_one(Person, world.resident.id))) == 2


def test_erasing_somebody_erases_what_they_came_for(database: Database, world: World) -> None:
    with database.transaction() as session:
        booked = book(session, world)
        people.erase(session, session.get_one(Person, world.resident.id), now=NOW)
        again = session.get_one(Appointment, booked.id)
        assert (again.purpose, again.cancelled_at) == ("", NOW)


# ---------------------------------------------------------------- being called


def test_a_result_told_by_a_call_is_asked_about_in_the_same_call_and_draws_nobody_else_less(
    database: Database, world: World
) -> None:
    with database.transaction() as session:
        resident = session.get_one(Person, world.resident.id)
        resident.phone, resident.by_phone = "13800001234", True
        ticket = factories.ticket(session, resident, area=world.street.building)
        tickets.finish(session, ticket, "换好了", by=session.get_one(Person, world.staff.id), now=NOW)
        [notice] = factories.notices(session, resident, NoticeKind.FINISHED)
        assert outboxes.goes_to_a_call(session, notice)
        notice.state = NoticeState.TO_CALL
        caller = session.get_one(Person, world.street_staff.id)
        asked = callbacks.told_by_call(session, notice, by=caller, now=NOW)
        assert asked is not None
        assert asked.on_wish
        assert (notice.state, notice.sent_by) == (NoticeState.SENT, f"phone:{caller.id}")
        again = refusal(callbacks.told_by_call, session, notice, by=caller, now=NOW)
        assert again is Refusal.CHANGED
        callbacks.record(session, asked, 1, "", by=caller, now=NOW)
        assert session.scalars(select(CallBack)).one().state is CallState.ANSWERED


def test_whoever_serves_here_hears_in_the_chat_and_so_does_everybody_what_they_just_asked(
    database: Database, world: World
) -> None:
    with database.transaction() as session:
        for who, expected in ((world.member, False), (world.resident, True)):
            person = session.get_one(Person, who.id)
            person.phone, person.by_phone = "13800001234", True
            session.flush()
            news = outboxes.tell(session, NoticeKind.HELD, person.id, now=NOW)
            answer = outboxes.tell(session, NoticeKind.STAFF_REPLY, person.id, now=NOW)
            assert outboxes.goes_to_a_call(session, news) is expected
            assert not outboxes.goes_to_a_call(session, answer)


# ---------------------------------------------------------------- messages to an area


@pytest.fixture
def crowd(database: Database, world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Seven neighbours of the estate; three are put into the outbox at a time."""
    monkeypatch.setattr(broadcasts, "CHUNK", 3)
    with database.transaction() as session:
        found = [factories.person(session, f"邻居{number}") for number in range(7)]
        for each in found:
            each.home_area_id = world.street.estate.id
        ids = [each.id for each in found]
    yield ids


def confirm(
    session: Session, world: World, words: str = "停水", *, area_id: int | None = None, **other: object
) -> Broadcast:
    area = session.get_one(Area, area_id or world.street.community.id)
    role, emergency = other.pop("role", None), bool(other.pop("emergency", False))
    assert role is None or isinstance(role, RoleKind)
    there = broadcasts.count(session, area, role, emergency=emergency, ways={}, now=NOW)
    how = {"people": sum(there.values()), "most_a_week": 2, "now": NOW} | other
    return broadcasts.confirm(session, area, role, words, emergency=emergency, by=world.staff, **how)  # type: ignore[arg-type]


def copies(session: Session, made: Broadcast) -> list[int]:
    return list(session.scalars(select(Notice.person_id).where(Notice.broadcast_id == made.id)))


def test_of_two_who_confirm_the_last_message_of_the_week_at_once_the_second_waits_and_is_refused(
    empty_postgres: Rewound,
) -> None:
    database = empty_postgres.back()
    with database.transaction() as session:
        world = build_world(session)
        session.merge(world.resident).home_area_id = world.street.building.id
    with database.transaction() as first:
        confirm(first, world, words="停水", most_a_week=1)
        # Another part of the tree: the quota is one for what lies above and below, and nobody looks before the lock.
        with pytest.raises(OperationalError, match="lock timeout"), database.transaction() as second:
            second.execute(text("SET LOCAL lock_timeout = '20ms'"))
            confirm(second, world, "停电", area_id=world.street.street.id, most_a_week=1)
    with pytest.raises(Refused) as refused, database.transaction() as second:
        confirm(second, world, "停电", area_id=world.street.street.id, most_a_week=1)
    assert refused.value.reason is Refusal.BROADCAST_OFTEN


def test_everybody_gets_one_copy_though_the_job_dies_and_runs_twice(
    database: Database, world: World, crowd: list[int]
) -> None:
    with database.transaction() as session:
        made = confirm(session, world)
    with pytest.raises(RuntimeError), database.transaction() as session:
        assert broadcasts.send_on(session, made.id, now=NOW)
        raise RuntimeError("the machine is gone")
    while True:
        with database.transaction() as session:
            if not broadcasts.send_on(session, made.id, now=NOW):
                break
    with database.transaction() as session:
        assert not broadcasts.send_on(session, made.id, now=NOW)
        told = copies(session, made)
        assert len(told) == len(set(told)) == made.people
        assert set(crowd) <= set(told)
        again = session.get_one(Broadcast, made.id)
        assert (again.told, again.done_at) == (made.people, NOW)


def test_two_accounts_that_are_joined_meanwhile_get_one_copy(
    database: Database, world: World, crowd: list[int]
) -> None:
    with database.transaction() as session:
        made = confirm(session, world)
        broadcasts.send_on(session, made.id, now=NOW)
        had = min(copies(session, made))
        later = session.get_one(Person, crowd[-1])
        assert later.id not in copies(session, made)
        people.join(session, later, session.get_one(Person, had))
        while broadcasts.send_on(session, made.id, now=NOW):
            pass
        assert copies(session, made).count(crowd[-1]) == 1


def test_nobody_more_gets_it_once_it_is_stopped(database: Database, world: World, crowd: list[int]) -> None:
    with database.transaction() as session:
        made = confirm(session, world)
        broadcasts.send_on(session, made.id, now=NOW)
        session.execute(update(Notice).where(Notice.person_id == copies(session, made)[0]).values(state="sent"))
        broadcasts.stop(session, made, by=world.staff, now=NOW)
        broadcasts.stop(session, made, by=world.staff, now=NOW + HOUR)
        assert not broadcasts.send_on(session, made.id, now=NOW)
        assert broadcasts.progress(session, made) == {NoticeState.SENT: 1, NoticeState.DROPPED: 2}
        assert made.stopped_at == NOW
        assert broadcasts.is_stopped(session, made.id)


def test_at_night_only_an_emergency_goes_on_and_reaches_those_too_who_want_none(
    database: Database, world: World, crowd: list[int]
) -> None:
    night = NOW.replace(hour=15)  # eleven in the evening
    with database.transaction() as session:
        quiet = session.get_one(Person, crowd[0])
        quiet.no_broadcasts = True
        session.flush()
        usual, urgent = confirm(session, world), confirm(session, world, "马上转移", emergency=True)
        assert urgent.people == usual.people + 1
        assert session.scalars(broadcasts.to_send()).all() == [urgent.id, usual.id]
        assert not broadcasts.send_on(session, usual.id, now=night)
        while broadcasts.send_on(session, urgent.id, now=night):
            pass
        assert copies(session, usual) == []
        assert quiet.id in copies(session, urgent)
        while broadcasts.send_on(session, usual.id, now=NOW):
            pass
        assert quiet.id not in copies(session, usual)


def test_a_copy_that_was_not_sent_by_evening_waits_for_the_morning_but_not_in_an_emergency(
    database: Database, world: World, crowd: list[int]
) -> None:
    night, lease = NOW.replace(hour=15), timedelta(seconds=30)
    with database.transaction() as session:
        for made in (confirm(session, world), confirm(session, world, "马上转移", emergency=True)):
            broadcasts.send_on(session, made.id, now=NOW)
        usual, urgent = (
            session.scalars(select(Notice).where(Notice.kind == broadcasts.kind_of(emergency=each))).first()
            for each in (False, True)
        )
        assert usual is not None
        assert urgent is not None
        assert outboxes.claim(session, urgent.id, now=night, lease=lease) is urgent
        assert outboxes.claim(session, usual.id, now=night, lease=lease) is None
        assert (usual.state, usual.attempts) == (NoticeState.PENDING, 0)
        assert outboxes.claim(session, usual.id, now=night + 8 * HOUR, lease=lease) is None
        assert outboxes.claim(session, usual.id, now=night + 9 * HOUR, lease=lease) is usual


def test_the_number_must_be_right_the_same_goes_once_and_an_area_is_not_written_to_all_the_time(
    database: Database, world: World, crowd: list[int]
) -> None:
    with database.transaction() as session:
        assert refusal(confirm, session, world, people=3) is Refusal.COUNT_DIFFERS
        confirm(session, world)
        assert refusal(confirm, session, world) is Refusal.ALERT_SENT
        stopped = confirm(session, world, "改到明天")
        assert refusal(confirm, session, world, "再改") is Refusal.BROADCAST_OFTEN
        confirm(session, world, "着火了", emergency=True)
        # What reached nobody does not count; what went to the whole street does.
        broadcasts.stop(session, stopped, by=world.staff, now=NOW)
        assert broadcasts.lately(session, session.get_one(Area, world.street.estate.id), now=NOW) == 1
        assert broadcasts.lately(session, session.get_one(Area, world.street.street.id), now=NOW) == 1
        assert broadcasts.lately(session, session.get_one(Area, world.street.other_estate.id), now=NOW) == 0
        confirm(session, world, "再改")
        later = NOW + broadcasts.WEEK
        assert broadcasts.lately(session, session.get_one(Area, world.street.community.id), now=later) == 0


def test_who_is_counted_by_which_way_is_how_they_would_be_reached(
    database: Database, world: World, crowd: list[int]
) -> None:
    with database.transaction() as session:
        window, app, call, gone, rides = (session.get_one(Person, each) for each in crowd[:5])
        window.identities[0].window_left, window.identities[0].window_until = 2, NOW + HOUR
        factories.identity(session, app)
        call.phone, call.by_phone = "13800001234", True
        session.execute(update(Identity).where(Identity.person_id == gone.id).values(reachable=False))
        people.grant(session, rides, RoleKind.RIDER, world.street.street.id, now=NOW)
        session.flush()
        area = session.get_one(Area, world.street.estate.id)
        ways = {"official": ("customer",), "wecom": ("app",)}
        found = broadcasts.count(session, area, None, emergency=False, ways=ways, now=NOW)
        others = found[By.WAITS]
        assert (found[By.WINDOW], found[By.APP], found[By.CALL], found[By.TEMPLATE]) == (1, 1, 1, 0)
        with_template = ways | {"official": ("customer", "template")}
        found = broadcasts.count(session, area, None, emergency=False, ways=with_template, now=NOW)
        assert (found[By.TEMPLATE], found[By.WAITS]) == (others, 0)
        riders = broadcasts.count(session, area, RoleKind.RIDER, emergency=False, ways=ways, now=NOW)
        assert sum(riders.values()) == 1  # whoever rides in the whole street rides here too
        everybody = session.scalar(select(func.count()).select_from(Person)) or 0
        assert sum(found.values()) < everybody
