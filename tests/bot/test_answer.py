"""One message, one effect, one answer: however often it is brought, and whatever breaks on the way."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, select, text
from sqlalchemy.engine import make_url

from bot.answer import Answerer
from handlers.router import Handler, Router
from handlers.turn import Message, MessageKind, Opens, Reply, Turn
from models.outbox import NoticeKind, NoticeState
from models.ticket import TicketWords, WordsKind
from tests.bot.support import AYI, CHEN, NOISE, PATIENCE, Street, at_once, fields_of, poll, words_of

STORED = "已收到，稍后回复您。"


def message(text: str = NOISE, *, who: str = AYI, number: int = 1, street: Street) -> Message:
    return Message(
        channel="official",
        sender=who,
        key=f"official:{who}:m:{number}",
        kind=MessageKind.TEXT,
        sent_at=street.now,
        text=text,
        opens=Opens.MESSAGE,
    )


class Stop(Exception):
    """Something that nobody foresaw."""


def inside_the_transaction(street: Street, act: Callable[[str], None]) -> None:
    """Calls `act` with the message's key once its row is in the inbox and before anything is committed."""

    def after(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if "INSERT INTO inbox" in statement:
            values = parameters.values() if isinstance(parameters, dict) else parameters
            act(next(str(value) for value in values if str(value).startswith(("official:", "wecom:"))))

    database = street.huying.database
    if not database.is_sqlite:
        event.listen(database.engine, "after_cursor_execute", after)
        return

    # There the short way's statements go past SQLAlchemy: the database itself tells.
    def teach(connection: Any, _: Any) -> None:
        connection.create_function("tell", 1, act)

    database.dispose()
    event.listen(database.engine, "connect", teach)
    with database.transaction() as session:
        session.execute(text("CREATE TRIGGER told AFTER INSERT ON inbox BEGIN SELECT tell(NEW.key); END"))


class Broken(Router):
    """The real routes, whose handlers fail while `broken`."""

    broken = True

    def handler(self, turn: Turn) -> Handler:
        real = super().handler(turn)

        def handle(turn: Turn) -> Reply:
            reply = real(turn)
            if self.broken:
                raise Stop
            return reply

        return handle


def answerer(street: Street, *, router: Router | None = None, wake: Callable[..., None] | None = None) -> Answerer:
    """The street's own answerer with another part."""
    huying, real = street.huying, street.huying.answerer
    return Answerer(
        huying.database,
        real._world,
        router or real._router,
        clock=huying.clock,
        spool=huying.spool,
        wake=wake or huying.tasks.wake,
        dispatch=wake or (lambda ids: huying.tasks.queue(tickets=ids)),
    )


@contextmanager
def another_thread() -> Iterator[Callable[..., Future[Reply]]]:
    with ThreadPoolExecutor(4) as pool:
        yield pool.submit


def someone_waits(street: Street) -> None:
    """Returns once a transaction waits for another one, where the database can tell."""
    if street.huying.database.is_sqlite:
        return  # It is a lock in the process: the repeat either waits for it or comes after it.
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )

    def seen() -> bool:
        with street.huying.database.reading() as session:
            return bool(session.scalar(waiting))

    poll(seen)


# ---------------------------------------------------------------- repeats


def test_a_message_delivered_three_times_at_once_is_one_ticket_and_three_identical_replies(both: Street) -> None:
    path, body = both.callback(AYI, Content=NOISE)
    replies = [words_of(each) for each in at_once(3, lambda _: both.post(path, body))]
    assert len(set(replies)) == 1
    assert replies[0].startswith("已受理，编号 ")
    assert both.reports() == [NOISE]
    [row] = both.inbox()
    assert row.deliveries == 3
    assert row.ticket_id == both.tickets()[0].id


def test_a_repeat_that_comes_before_the_first_is_committed_waits_for_its_answer(both: Street) -> None:
    inside, go = threading.Event(), threading.Event()

    def hold(_: str) -> None:
        if not inside.is_set():
            inside.set()
            assert go.wait(PATIENCE)

    inside_the_transaction(both, hold)
    bot = both.huying.answerer
    with another_thread() as run:
        first = run(bot.answer, message(street=both))
        assert inside.wait(PATIENCE)
        repeat = run(answerer(both).answer, message(street=both))  # as another process would
        someone_waits(both)
        assert not repeat.done()
        go.set()
        assert first.result(PATIENCE) == repeat.result(PATIENCE)
        assert first.result().text.startswith("已受理")
    assert both.reports() == [NOISE]
    assert [row.deliveries for row in both.inbox()] == [2]


def test_a_repeat_that_comes_just_after_the_commit_gets_the_stored_reply(both: Street) -> None:
    committed, go = threading.Event(), threading.Event()

    def wake(_: object) -> None:
        committed.set()
        assert go.wait(PATIENCE)

    with another_thread() as run:
        first = run(answerer(both, wake=wake).answer, message(street=both))
        assert committed.wait(PATIENCE)
        # The first has not been answered yet.
        repeat = both.huying.answerer.answer(message(street=both))
        go.set()
        assert repeat == first.result(PATIENCE)
        assert repeat.text.startswith("已受理")
    assert both.reports() == [NOISE]


def test_a_repeat_that_waited_for_one_that_is_rolled_back_is_answered_itself(both: Street) -> None:
    inside, go = threading.Event(), threading.Event()

    def fail_once(_: str) -> None:
        if not inside.is_set():
            inside.set()
            assert go.wait(PATIENCE)
            raise Stop

    inside_the_transaction(both, fail_once)
    bot = both.huying.answerer
    with another_thread() as run:
        first = run(bot.answer, message(street=both))
        assert inside.wait(PATIENCE)
        repeat = run(answerer(both).answer, message(street=both))  # as another process would
        someone_waits(both)
        go.set()
        assert first.result(PATIENCE).text.startswith(("已受理", STORED))
        assert repeat.result(PATIENCE).text.startswith(("已受理", STORED))
    bot.replay()
    assert both.reports() == [NOISE]
    assert len(both.huying.spool) == 0


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"Event": "CLICK", "EventKey": "进度"}, {"Event": "CLICK", "EventKey": "帮助"}),
        ({"Event": "subscribe", "EventKey": "进度"}, {"Event": "CLICK", "EventKey": "进度"}),
    ],
)
def test_two_events_of_one_person_in_one_second_both_count(
    both: Street, first: dict[str, str], second: dict[str, str]
) -> None:
    answers = [words_of(both.deliver(AYI, "event", **each)) for each in (first, second)]
    assert answers[0] != answers[1]
    assert all(answers)
    assert len(both.inbox()) == 2
    # The same event again is the same event.
    assert words_of(both.deliver(AYI, "event", **first)) == answers[0]
    assert len(both.inbox()) == 2


def test_two_first_messages_of_one_person_at_once_are_one_person_and_two_tickets(both: Street) -> None:
    before = both.people()
    said = ["香樟花园6栋楼下路灯不亮了", "滨江雅苑2栋门口垃圾没人清"]
    calls = [both.callback("somebody-new", Content=words) for words in said]
    replies = [words_of(each) for each in at_once(2, lambda index: both.post(*calls[index]))]
    assert all(reply.startswith("已受理，编号 ") for reply in replies)
    assert sorted(both.reports()) == sorted(said)
    assert both.people() == before + 1


# ---------------------------------------------------------------- something breaks


def test_a_message_that_breaks_a_handler_is_kept_answered_and_later_done(both: Street) -> None:
    both.say(AYI, NOISE)
    router = Broken(both.huying.answerer._router.routes)
    bot = answerer(both, router=router)
    assert bot.answer(message("补充 昨晚又闹到两点", street=both)).text == STORED
    assert len(both.inbox()) == 1
    assert bot.replay() == 0
    assert len(both.huying.spool) == 1
    router.broken = False
    assert bot.replay() == 1
    assert bot.replay() == 0
    with both.huying.database.reading() as session:
        added = session.scalars(select(TicketWords.text).where(TicketWords.kind == WordsKind.ADDITION)).all()
    assert added == ["昨晚又闹到两点"]
    [pushed] = both.notices(AYI, kind=NoticeKind.PRESSED)
    assert pushed.data["text"].startswith("好的，补在 ")
    assert (pushed.channel, pushed.state) == ("official", NoticeState.PENDING)


def test_a_report_that_fails_inside_its_transaction_is_kept_answered_and_later_done(both: Street) -> None:
    broken = [True]

    def fail(_: str) -> None:
        if broken:
            raise Stop

    inside_the_transaction(both, fail)
    assert both.say(AYI, NOISE) == STORED
    assert both.tickets() == []
    assert both.inbox() == []
    broken.clear()
    assert both.huying.answerer.replay() == 1
    assert both.huying.answerer.replay() == 0
    assert both.reports() == [NOISE]
    [pushed] = both.notices(AYI, kind=NoticeKind.PRESSED)
    assert pushed.data["text"].startswith("已受理，编号 ")


def test_a_bug_in_one_persons_matter_holds_up_nobody_else(street: Street) -> None:
    def fail(key: str) -> None:
        if AYI in key:
            raise Stop

    inside_the_transaction(street, fail)
    assert street.say(AYI, NOISE) == STORED
    assert street.say(CHEN, "香樟花园3栋楼下路灯不亮了").startswith("已受理")
    street.huying.spool.keep(message("楼道灯坏了", who="demo-resident-3", street=street))
    assert street.huying.answerer.replay() == 1
    assert len(street.reports()) == 2


class Outage:
    """A database that can go away and come back."""

    def __init__(self, street: Street, url: str, server: str) -> None:
        self._street, self._url, self._server = street, make_url(url), server

    def begins(self) -> None:
        self._street.huying.database.dispose()
        if self._street.huying.database.is_sqlite:
            file = Path(str(self._url.database))
            shutil.move(file, f"{file}.away")
            file.mkdir()
        else:
            self._ask(f"ALTER DATABASE {self._url.database} ALLOW_CONNECTIONS false")
            self._ask(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self._url.database}'")

    def ends(self) -> None:
        if self._street.huying.database.is_sqlite:
            file = Path(str(self._url.database))
            file.rmdir()
            shutil.move(f"{file}.away", file)
        else:
            self._ask(f"ALTER DATABASE {self._url.database} ALLOW_CONNECTIONS true")

    def _ask(self, statement: str) -> None:
        with psycopg.connect(self._server, dbname="postgres", autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture
def outage(both: Street, database_url: str, request: pytest.FixtureRequest) -> Iterator[Outage]:
    server = "" if both.huying.database.is_sqlite else request.getfixturevalue("postgres")
    outage = Outage(both, database_url, server)
    yield outage
    both.huying.database.dispose()


def test_while_the_database_is_away_everybody_is_answered_and_nothing_is_lost(both: Street, outage: Outage) -> None:
    outage.begins()
    assert both.say(AYI, "楼道的灯坏了") == STORED
    assert both.say(CHEN, NOISE) == STORED
    assert both.huying.answerer.replay() == 0
    assert both.huying.web.test_client().get("/readyz").status_code == 503
    assert both.huying.web.test_client().get("/healthz").status_code == 200
    outage.ends()
    assert both.tickets() == []
    assert both.huying.answerer.replay() == 2
    assert both.huying.answerer.replay() == 0
    assert both.reports() == ["楼道的灯坏了", NOISE]
    assert len(both.notices(AYI, kind=NoticeKind.PRESSED)) == 1
    assert len(both.notices(CHEN, kind=NoticeKind.PRESSED)) == 1


def test_in_danger_one_is_told_whom_to_call_with_the_database_away(both: Street, outage: Outage) -> None:
    outage.begins()
    assert both.say(AYI, "着火了！6栋楼道里全是烟").startswith("请马上拨打 119")
    assert "96777" in both.say(CHEN, "家里煤气泄漏了")
    outage.ends()
    assert both.huying.answerer.replay() == 2
    assert [ticket.danger for ticket in both.tickets()] == ["fire", "gas"]


def test_what_one_person_says_stays_in_order_while_the_spool_holds_something(both: Street, outage: Outage) -> None:
    outage.begins()
    assert both.say(AYI, "楼道里的灯坏了") == STORED
    outage.ends()
    # It is back, but what was said first is still to be answered.
    assert both.say(AYI, "银杏里2栋") == STORED
    assert both.say(CHEN, NOISE).startswith("已受理")
    assert both.huying.answerer.replay() == 2
    assert both.reports() == [NOISE, "楼道里的灯坏了"]
    assert [ticket.place for ticket in both.tickets()][1] == "银杏里2栋"
    assert both.say(AYI, "进度") != STORED


def test_the_platforms_repeats_during_an_outage_are_one_message_and_one_answer(both: Street, outage: Outage) -> None:
    path, body = both.callback(AYI, Content=NOISE)
    outage.begins()
    assert {words_of(each) for each in at_once(3, lambda _: both.post(path, body))} == {STORED}
    outage.ends()
    both.huying.answerer.replay()
    assert words_of(both.post(path, body)).startswith("已受理，编号 ")
    assert both.reports() == [NOISE]
    assert len(both.notices(AYI, kind=NoticeKind.PRESSED)) == 1


def test_an_event_that_says_nothing_is_kept_without_a_word(both: Street, outage: Outage) -> None:
    outage.begins()
    assert fields_of(both.deliver(AYI, "event", Event="unsubscribe", EventKey="")) == {}
    outage.ends()
    assert both.huying.answerer.replay() == 1
    assert not both.identity(AYI).reachable
    assert both.notices(AYI) == []


def test_a_press_on_a_card_is_kept_and_done_later(both: Street, outage: Outage) -> None:
    both.say(AYI, NOISE)
    both.dispatch()
    press = {"Event": "template_card_event", "TaskId": "n1-1", "CardType": "button_interaction", "ResponseCode": "c"}
    [ticket] = both.tickets()
    outage.begins()
    both.deliver("demo-member-1", "event", channel="wecom", EventKey=f"接单 {ticket.number}", **press)
    outage.ends()
    assert both.huying.answerer.replay() == 1
    assert both.tickets()[0].assignee_id == both.person("demo-member-1")
    [told] = both.notices("demo-member-1", kind=NoticeKind.PRESSED)
    assert told.data["text"].startswith("接单成功")
