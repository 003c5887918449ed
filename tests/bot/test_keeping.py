"""What people told is let go of once it was kept long enough, and never what belongs to an open matter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.engine import Connection

from bot.media import MediaStore
from models import history, noting, people, retention, transitions
from models.appointment import Appointment
from models.area import Area
from models.attachment import Attachment, AttachmentKind, Failure, LooseFile
from models.base import Base
from models.conversation import Question
from models.desktop import DeskNote, Presence
from models.entry import SearchEntry
from models.inbox import InboxMessage
from models.outbox import Notice, NoticeState
from models.person import Code, CodeKind, Login, LoginSession, Person
from models.ticket import Ticket, TicketEvent, TicketState, TicketWords
from scheduler.jobs import forget, keep_search, remove_files
from tests.bot.pictures import Desk, open_desk, photo
from tests.bot.support import AYI, CHEN, LI, NOISE, XU
from tests.bot.test_media import fetch

LASTS = "滨江雅苑3栋路灯坏了，晚上很黑"


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """The test runs twice, on SQLite and on PostgreSQL."""
    with open_desk(database_url, tmp_path) as here:
        lived(here)
        yield here


def lived(here: Desk) -> None:
    """One matter with a photo is told, done and judged; another with a photo stays open; some things run out."""
    street = here.street
    street.say(AYI, NOISE)
    here.send("before", photo(1))
    street.say(CHEN, LASTS)
    here.send("open", photo(2), who=CHEN)
    fetch(here)
    street.dispatch()
    [ended, _] = street.tickets()
    street.say(LI, f"接单 {ended.number}")
    here.send("after", photo(3), who=LI)
    street.say(LI, f"办结 {ended.number} 劝好了，十点以后不放")
    fetch(here)
    street.work()
    street.say(AYI, f"评价 {ended.number} 1")
    street.say(AYI, "帮助")
    with street.huying.database.transaction() as session:
        session.query(Notice).update({"state": NoticeState.SENT})  # no platform is there to take them
        ticket = transitions.lock(session, ended.id)
        assert ticket.state is TicketState.CLOSED
        ticket.room, ticket.for_other, ticket.lat, ticket.lng = "301", "邻居王奶奶", 30.5, 114.3
        clerk = session.get_one(Person, street.person(XU))
        noting.note(session, ticket, "上个月也是这家", by=clerk, now=street.now)
        session.add(Presence(ticket_id=ended.id, person_id=clerk.id, seen_at=street.now))
        here_is = session.scalars(select(Area)).first()
        assert here_is is not None
        when = {"begins": street.now, "ends": street.now + timedelta(hours=1), "told_at": street.now}
        session.add(
            Appointment(
                person_id=ticket.reporter_id, area_id=here_is.id, desk="1", purpose="看病", by_id=clerk.id, **when
            )
        )
        people.new_code(session, CodeKind.BIND, now=street.now, minutes=10, person=clerk)
        login = Login(name="xujing", password_hash="x", person_id=clerk.id, created_at=street.now)
        session.add(login)
        session.flush()
        session.add(
            LoginSession(
                token_hash="t",
                login_id=login.id,
                half=False,
                csrf="c",
                created_at=street.now,
                seen_at=street.now,
                expires_at=street.now,
                address="::1",
                browser="",
            )
        )
    keep_search(street.huying, street.now)


def run(here: Desk) -> int:
    """Both jobs, twice: the second time there is nothing left to do."""
    huying, now = here.street.huying, here.street.now
    done = forget(huying, now) + remove_files(huying, now)
    assert forget(huying, now) + remove_files(huying, now) == 0
    return done


def count(here: Desk, table: type[Base], *where: Any) -> int:
    with here.street.huying.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table).where(*where)) or 0


def stored(here: Desk) -> set[str]:
    """What really lies in the store."""
    root = Path(here.street.huying.settings.media.url.removeprefix("file://"))
    return {str(each.relative_to(root)) for each in root.rglob("*") if each.is_file()}


def named(here: Desk) -> set[str]:
    """What attachments say is there."""
    with here.street.huying.database.reading() as session:
        rows = session.scalars(select(Attachment)).all()
        return {name for row in rows for name in (row.stored, row.small, row.blurred) if name}


def said(here: Desk, ticket: Ticket) -> list[str | None]:
    with here.street.huying.database.reading() as session:
        return [*session.scalars(select(TicketWords.text).where(TicketWords.ticket_id == ticket.id))]


def test_everything_goes_after_its_time_and_an_open_matter_keeps_all(desk: Desk) -> None:
    street, keep = desk.street, desk.street.huying.settings.keep
    [ended, lasts] = street.tickets()
    assert run(desk) == 0
    assert stored(desk) == named(desk)
    assert len(named(desk)) == 6
    begun = street.now

    def after(**length: float) -> None:
        street.times[0] = begun + timedelta(**length) + timedelta(days=2)
        assert run(desk)
        assert stored(desk) == named(desk)
        assert said(desk, lasts) == [LASTS]

    after(days=keep.run_out_days)
    assert [count(desk, each) for each in (Code, LoginSession, Presence, Question)] == [0, 0, 0, 0]
    assert count(desk, InboxMessage) > 2
    after(days=keep.messages_days)
    assert {each.ticket_id for each in street.inbox()} == {lasts.id}
    assert count(desk, Notice, Notice.ticket_id == ended.id)
    after(days=keep.notices_days)
    assert not count(desk, Notice, Notice.ticket_id == ended.id)
    assert count(desk, Notice, Notice.ticket_id == lasts.id)
    assert len(named(desk)) == 6
    after(days=31 * keep.photos_months)
    assert named(desk) == {desk.attachment("open").stored, desk.attachment("open").small}
    assert desk.attachment("before").failure is Failure.OVER
    assert None not in said(desk, ended)
    after(days=31 * keep.words_months)
    assert said(desk, ended) == [None] * 2
    assert (count(desk, DeskNote), count(desk, Appointment)) == (0, 0)
    with street.huying.database.reading() as session:
        ticket = session.get_one(Ticket, ended.id)
        assert (ticket.room, ticket.for_other, ticket.lat, ticket.lng) == ("", "", None, None)
        assert (ticket.state, ticket.ending, ticket.category) == (ended.state, ended.ending, ended.category)
        # Facts stay, and the chain of the history holds without the words.
        assert count(desk, TicketEvent, TicketEvent.ticket_id == ended.id) == ended.version
        assert history.verify_history(session) is None
        grams = session.get_one(SearchEntry, ended.id).grams
        assert not {"音响", "劝好"} & set(grams)


def test_voices_go_before_photos(desk: Desk) -> None:
    street = desk.street
    with street.huying.database.transaction() as session:
        session.query(Attachment).filter_by(media_id="before").update({"kind": AttachmentKind.VOICE})
    street.later(days=31 * street.huying.settings.keep.voices_months + 1)
    run(desk)
    assert desk.attachment("before").stored is None
    assert desk.attachment("after").stored


def test_what_is_merged_into_an_open_matter_is_kept_with_it(desk: Desk) -> None:
    street = desk.street
    [ended, lasts] = street.tickets()
    with street.huying.database.transaction() as session:
        session.get_one(Ticket, ended.id).merged_into_id = lasts.id
    street.later(days=4000)
    run(desk)
    assert None not in said(desk, ended)
    assert len(named(desk)) == 6
    assert count(desk, Notice, Notice.ticket_id == ended.id)


def test_who_dies_in_between_leaves_nothing_behind(desk: Desk) -> None:
    street, store = desk.street, desk.street.huying.fetcher.store
    # Stored, and never given to an attachment: a worker died, a form was refused.
    street.huying.fetcher.photo(photo(4), "image/jpeg")
    assert len(stored(desk) - named(desk)) == 2
    assert remove_files(street.huying, street.now) == 0
    street.later(days=1)
    assert remove_files(street.huying, street.now) == 2
    assert stored(desk) == named(desk)

    street.later(days=4000)
    with pytest.raises(KeyboardInterrupt), street.huying.database.transaction() as session:
        for step in retention.steps(street.huying.settings.keep.periods, now=street.now):
            step(session)
        raise KeyboardInterrupt
    assert len(named(desk)) == 6
    assert None not in said(desk, street.tickets()[0])

    forget(street.huying, street.now)  # and then it dies, before a file was removed
    assert len(stored(desk) - named(desk)) == 4
    first, second = sorted(stored(desk) - named(desk))[:2]
    store.remove(first)  # and once more, between a file and its row

    class Stuck(MediaStore):
        def remove(self, name: str) -> None:
            """One that the store does not let go of."""
            if name == second:
                raise OSError("busy")
            super().remove(name)

    street.huying.fetcher.store = Stuck(street.huying.settings.media.url)
    assert remove_files(street.huying, street.now) == 3
    assert stored(desk) - named(desk) == {second}
    assert count(desk, LooseFile) == 1
    street.huying.fetcher.store = store
    assert remove_files(street.huying, street.now) == 1
    assert stored(desk) == named(desk)
    assert (run(desk), count(desk, LooseFile)) == (0, 0)


def test_two_machines_share_the_work_and_the_oldest_are_found_by_an_index(desk: Desk) -> None:
    street = desk.street
    database = street.huying.database
    street.later(days=4000)
    periods = street.huying.settings.keep.periods
    asked: list[tuple[str, Any]] = []

    def note(_: Connection, __: Any, statement: str, values: Any, *___: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            asked.append((statement, values))

    event.listen(database.engine, "before_cursor_execute", note)
    with database.transaction() as session:
        steps = retention.steps(periods, now=street.now)
        done = [step(session) for step in steps]
        assert all(done[:3])
        if not database.is_sqlite:
            # What one has in hand the other passes over, and waits for nobody.
            with database.transaction() as other:
                other.execute(text("SET LOCAL lock_timeout = '1ms'"))
                assert [step(other) for step in retention.steps(periods, now=street.now)[:5]] == [0] * 5
    event.remove(database.engine, "before_cursor_execute", note)
    if database.is_sqlite:
        with database.reading() as session:
            explain = partial(session.connection().exec_driver_sql)
            plans = "\n".join(str(row[3]) for each, how in asked for row in explain(f"EXPLAIN QUERY PLAN {each}", how))
        for index in ("tickets_worded", "attachments_stored", "inbox_received_at", "outbox_created_at"):
            assert f"ix_{index}" in plans, plans
        assert not [
            line for line in plans.split("\n") if line.startswith(("SCAN tickets", "SCAN inbox", "SCAN outbox"))
        ]
