"""The jobs of limits, alarms and digests: one bad row stops no other, many machines share the work, nothing is double."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from bot.notices import in_words, is_loopback
from console import login
from models import desk, history, transitions
from models.area import Area
from models.category import Category
from models.outbox import Notice, NoticeKind
from models.person import Person
from models.ticket import Limit, Ticket, TicketEvent, TicketHelper, TicketState
from scheduler import jobs
from scheduler.jobs import JOBS, alarm_again, daily_digest, resume_held, warn, watch_limits, weekly_digest
from tests.bot.support import AYI, CHEN, LI, NOISE, XU, Street, at_once, build

FIRE = "香樟花园6栋2单元着火了"


def opened(street: Street, count: int) -> list[Ticket]:
    for number in range(count):
        street.say(f"neighbour-{number}", NOISE)
    return street.tickets()


def noted(street: Street) -> Counter[int]:
    with street.huying.database.reading() as session:
        query = select(TicketEvent.ticket_id).where(TicketEvent.action == "miss_limit")
        return Counter(session.scalars(query))


def test_a_row_that_fails_stops_no_other_and_is_tried_again(both: Street) -> None:
    tickets = opened(both, 5)
    with both.huying.database.transaction() as session:
        # A limit that somebody has written wrongly in the console.
        session.get_one(Category, "other").limits_by = {"estate": {"accept": "soon"}, "community": {"accept": "soon"}}
        session.execute(update(Ticket).where(Ticket.id == tickets[1].id).values(category="other"))
    both.later(hours=2)
    assert [watch_limits(both.huying, both.now) for _ in range(2)] == [4, 0]
    assert set(noted(both)) == {each.id for each in tickets} - {tickets[1].id}
    with both.huying.database.transaction() as session:
        session.get_one(Category, "other").limits_by = {}
    assert watch_limits(both.huying, both.now) == 1
    assert set(noted(both).values()) == {1}


def test_four_machines_share_the_limits_and_note_each_once(both: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "TOGETHER", 3)
    tickets = opened(both, 20)
    both.later(hours=2)
    done = at_once(4, lambda _: watch_limits(both.huying, both.now))
    assert sum(done) == 20
    assert noted(both) == Counter({each.id: 1 for each in tickets})
    with both.huying.database.reading() as session:
        query = select(func.count()).where(TicketEvent.action == "escalate").group_by(TicketEvent.ticket_id)
        assert set(session.scalars(query)) == {1}
        assert history.verify_history(session) is None


def test_those_who_follow_hear_that_it_went_up_and_those_who_help_are_free(both: Street) -> None:
    helped, followed, alone, own = opened(both, 4)
    with both.huying.database.transaction() as session:
        member = both.person(LI)
        for ticket, joined_at in ((helped, both.now), (alone, None)):
            session.add(TicketHelper(ticket_id=ticket.id, person_id=member, asked_at=both.now, joined_at=joined_at))
        merged = {"state": TicketState.CLOSED, "merged_into_id": followed.id, "due_at": None}
        session.execute(update(Ticket).where(Ticket.id == own.id).values(merged))
    both.later(hours=2)
    assert watch_limits(both.huying, both.now) == 3
    with both.huying.database.reading() as session:
        assert session.scalars(select(TicketHelper.left_at)).all() == [both.now, both.now]
    told = both.notices(kind=NoticeKind.PASSED_ON)
    own_numbers = {(ticket.reporter_id, ticket.id) for ticket in (helped, followed, alone, own)}
    assert {(each.person_id, each.ticket_id) for each in told} == own_numbers


def test_everybody_is_warned_once_however_many_machines_look(both: Street) -> None:
    opened(both, 3)
    both.dispatch()
    both.later(minutes=96)
    assert warn(both.huying, both.now - timedelta(minutes=1)) == 0
    assert sum(at_once(4, lambda _: warn(both.huying, both.now))) == 3
    both.later(minutes=10)
    assert warn(both.huying, both.now) == 0
    told = Counter(each.ticket_id for each in both.notices(kind=NoticeKind.WARNED))
    assert set(told.values()) == {1}


def test_what_is_on_hold_for_longer_than_its_limit_is_neither_late_nor_warned_of(both: Street) -> None:
    both.say(AYI, NOISE)
    [ticket] = both.tickets()
    day = both.now + timedelta(days=30)

    def hold(session: Any) -> None:
        staff = session.get_one(Person, both.person(XU))
        desk.hold(session, transitions.lock(session, ticket.id), "等配件", until=day, by=staff, now=both.now)

    with both.huying.database.transaction() as session:
        hold(session)
    both.later(days=29)
    assert watch_limits(both.huying, both.now) == warn(both.huying, both.now) == 0
    both.later(days=1)
    assert sum(at_once(4, lambda _: resume_held(both.huying, both.now))) == 1
    [after] = both.tickets()
    assert (after.state, after.limit, after.due_at) == (TicketState.NEW, Limit.ACCEPT, both.now + timedelta(hours=2))
    assert after.finish_by is not None
    assert after.finish_by > both.now


def test_an_emergency_is_alarmed_again_once_by_many_machines_and_not_for_ever(both: Street) -> None:
    both.say(AYI, FIRE)
    first = len(both.notices(kind=NoticeKind.ALARM))
    assert first > 0
    both.later(minutes=10)
    assert sum(at_once(4, lambda _: alarm_again(both.huying, both.now))) == 1
    assert len(both.notices(kind=NoticeKind.ALARM)) == 2 * first
    rounds = 0
    for _ in range(40):
        both.later(minutes=10)
        rounds += alarm_again(both.huying, both.now)
    assert rounds == 1 + 3 + 1  # the third of the community, three of the street, and everybody once
    assert watch_limits(both.huying, both.now) == 1
    assert both.tickets()[0].level.value == "community"


def test_a_digest_comes_once_however_often_and_wherever_the_job_runs(both: Street) -> None:
    both.say(AYI, NOISE)
    both.say(CHEN, NOISE)
    both.dispatch()
    both.say(LI, f"接单 {both.tickets()[0].number}")
    morning = both.now.replace(hour=0, minute=30)  # half past eight in Shanghai, a Tuesday and later Mondays
    while morning <= both.now or morning.weekday() != 0:
        morning += timedelta(days=1)
    both.times[0] = morning
    for job in (weekly_digest, daily_digest):
        assert sum(at_once(4, partial(_run, job, both))) >= 1
        assert job(both.huying, morning + timedelta(minutes=10)) == 0
    for kind in (NoticeKind.WEEK, NoticeKind.DAY):
        told = Counter(each.person_id for each in both.notices(kind=kind))
        assert set(told.values()) == {1}, kind


def test_the_weekly_digest_leads_whoever_may_see_it_to_the_page_of_the_week(sqlite_url: str, tmp_path: Path) -> None:
    with build(sqlite_url, tmp_path, site={"public_url": "https://bot.example"}) as street:
        street.say(AYI, NOISE)
        database, monday = street.huying.database, datetime(2026, 11, 30, 0, 30, tzinfo=UTC)
        with database.transaction() as session:
            place = session.scalars(select(Area).where(Area.name == "香樟社区")).one()
            clerk, helper = (
                session.scalars(select(Person).where(Person.name == each)).one() for each in ("徐静", "李建国")
            )
            place.secretary_id, place.grid_worker_id = clerk.id, helper.id
            address, names = f"?area={place.id}&week=2026-11-23", {clerk.id: "clerk", helper.id: "helper"}
        street.times[0] = monday
        weekly_digest(street.huying, monday)

        def told() -> dict[str, str]:
            with database.reading() as session:
                found = session.scalars(select(Notice).where(Notice.kind == NoticeKind.WEEK)).all()
                read = {
                    each.person_id: in_words(session, each, now=monday, photos=street.huying.delivery.photos)
                    for each in found
                }
                return {names[each]: words.text for each, words in read.items() if words and each in names}

        # Whoever has no account of the console cannot come in.
        assert "bot.example" not in told()["clerk"]
        with database.transaction() as session:
            login.create_login(
                session,
                "xujing",
                "correct horse battery",
                session.get_one(Person, clerk.id),
                now=monday,
                must_change=False,
            )
        found = told()
        assert f"https://bot.example/console/figures/week.pdf{address}" in found["clerk"]
        assert "bot.example" not in found["helper"]
        page = street.huying.web.test_client().get(f"/console/figures/week.pdf{address}")
        assert page.status_code == 302
        assert "week.pdf" in page.headers["Location"]
        assert is_loopback("http://127.0.0.1:8080")


def _run(job: Callable[[Any, Any], int], street: Street, _: int) -> int:
    return job(street.huying, street.now)


def test_every_new_job_is_on_the_clock() -> None:
    assert {"watch_limits", "warn", "alarm_again", "resume_held", "weekly_digest", "daily_digest"} <= {
        each.name for each in JOBS
    }
