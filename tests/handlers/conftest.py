"""A whole demo street to talk in: the real application on a real database, a clock that is moved, and phones."""

from __future__ import annotations

import copy
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest
from sqlalchemy import select

from bot.app import Huying, create_app
from bot.channels import NotSent, Outgoing, Sent, Usage, Way, Why
from bot.settings import Settings
from handlers.turn import Card, EventKind, Message, MessageKind, Opens, Point, Reply
from models import dispatch, history, outboxes, transitions
from models.attachment import Attachment
from models.base import Base
from models.conversation import Conversation, Question
from models.db import upgrade
from models.inbox import InboxMessage
from models.person import Identity, Person
from models.ticket import Evaluation, Ticket, TicketEvent, TicketWords
from scheduler import jobs
from tests.bot.support import furnish

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""Ten in the morning in Shanghai, in office hours."""

OFFICIAL, WECOM = "official", "wecom"

both_platforms = pytest.mark.parametrize("on", [OFFICIAL, WECOM])

ROWS = (Ticket, TicketEvent, TicketWords, Evaluation, Attachment, Question)
"""What a message that changes nothing leaves alone."""


T = TypeVar("T")


@dataclass
class Phones:
    """The network side of an account: what it takes arrives on somebody's phone; unfollowed accounts refuse."""

    key: str
    kind: str
    reaches: tuple[Way, ...]
    inbox: list[tuple[str, Outgoing]] = field(default_factory=list)
    captions: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)

    def greet(self, query: Mapping[str, str], *, now: datetime) -> str:
        return query["echostr"]

    def read(self, query: Mapping[str, str], body: bytes, *, now: datetime) -> Message | None:
        return None

    def write(self, reply: Reply, message: Message, *, now: datetime) -> tuple[bytes, str]:
        return reply.text.encode(), "text/plain"

    def ways(self, kind: str) -> tuple[Way, ...]:
        return self.reaches

    def send(self, way: Way, outgoing: Outgoing, *, now: datetime) -> Sent:
        if outgoing.account in self.gone:
            raise NotSent(Why.GONE, "unfollowed")
        self.inbox.append((outgoing.account, outgoing))
        code = f"code-{len(self.inbox)}" if outgoing.as_card else ""
        return Sent(message_id=f"{self.key}-{len(self.inbox)}", response_code=code)

    def update_card(self, response_code: str, accounts: tuple[str, ...], caption: str, *, now: datetime) -> None:
        self.captions.append((accounts, caption))

    def media(self, media_id: str, url: str = "") -> tuple[bytes, str]:
        return b"\xff\xd8\xff" + media_id.encode(), "image/jpeg"

    def usage(self) -> Usage:
        return Usage(None, 0)

    def probe(self) -> dict[str, Any]:
        return {}


class Street:
    """Everybody's phones, and what stands in the database."""

    def __init__(self, huying: Huying, clock: Clock) -> None:
        self.huying = huying
        self.official = Phones(OFFICIAL, "official_account", (Way.CUSTOMER,))
        self.wecom = Phones(WECOM, "wecom", (Way.APP,))
        self.huying.channels.update({OFFICIAL: self.official, WECOM: self.wecom})
        self._clock = clock
        self.messages = 0
        self.read: dict[str, int] = {}
        self.rewinding: Rewinding | None = None

    # ------------------------------------------------------------ time

    @property
    def now(self) -> datetime:
        return self._clock.now

    def advance(self, **how_long: float) -> None:
        """Lets time pass; what is due meanwhile happens at the end of it, as the scheduler's jobs do it."""
        self._clock.now += timedelta(**how_long)
        for job in (jobs.watch_limits, jobs.remind, jobs.close_silent, jobs.resume_held, jobs.keep_photos):
            job(self.huying, self.now)
        for job in (jobs.end_handovers, jobs.ask_silent, jobs.remind_riders):
            job(self.huying, self.now)
        self.drain()

    def at(self, moment: datetime) -> None:
        """It is `moment` now, earlier or later: the jobs of limits, alarms and digests run, and the workers."""
        self._clock.now = moment
        self.drain()
        self._clock.now = moment
        for job in (jobs.warn, jobs.watch_limits, jobs.alarm_again, jobs.resume_held):
            job(self.huying, moment)
        jobs.weekly_digest(self.huying, moment)
        jobs.daily_digest(self.huying, moment)
        self.drain()
        self._clock.now = moment

    def drain(self) -> None:
        """Lets the workers do what is due, the gathered words for the desk included."""
        for _ in range(2):  # what the first round tells the desk is gathered before it is sent
            self._clock.now += transitions.DESK_GATHER
            while self._work():
                pass
        self.huying.tasks.update_cards()

    def _work(self) -> bool:
        with self.huying.database.reading() as session:
            waiting = dispatch.due_tickets(session, now=self.now)
            due = outboxes.due(session, now=self.now)
        for ticket_id in waiting:
            self.huying.tasks.dispatch([ticket_id])
        for notice_id in due:
            self.huying.tasks.deliver(notice_id)
        return bool(waiting or due)

    # ------------------------------------------------------------ speaking

    def say(self, who: str, text: str, *, on: str = OFFICIAL) -> Reply:
        """Somebody types words."""
        return self._send(who, MessageKind.TEXT, on=on, text=text)

    def tap(self, who: str, command: str, *, on: str = OFFICIAL) -> Reply:
        """Somebody taps a choice that carries a full command."""
        return self._send(who, MessageKind.TEXT, on=on, text=command, tap=command)

    def press(self, who: str, command: str, *, on: str = WECOM) -> Reply:
        """Somebody presses the button of a card."""
        card = Card("n1-1", "press-code")
        return self._send(who, MessageKind.EVENT, on=on, event=EventKind.TAP, tap=command, card=card)

    def choose(self, who: str, reply: Reply, number: int, *, on: str = OFFICIAL) -> Reply:
        """Somebody taps the choice of a reply with this number."""
        return self.tap(who, reply.choices[number - 1].command, on=on)

    def photo(self, who: str, *, on: str = OFFICIAL) -> Reply:
        """Somebody sends a photo."""
        return self._send(who, MessageKind.IMAGE, on=on, media_id=f"media-{self.messages}")

    def voice(self, who: str, text: str = "", *, on: str = OFFICIAL) -> Reply:
        """Somebody speaks; `text` is what the platform recognised, if anything."""
        return self._send(who, MessageKind.VOICE, on=on, text=text, media_id=f"media-{self.messages}")

    def locate(self, who: str, label: str, *, on: str = OFFICIAL, at: tuple[float, float] = (30.5, 114.0)) -> Reply:
        """Somebody sends a place."""
        return self._send(who, MessageKind.LOCATION, on=on, point=Point(*at, label))

    def event(self, who: str, event: EventKind, *, on: str = OFFICIAL, scene: str = "") -> Reply:
        """Something happens to an account."""
        return self._send(who, MessageKind.EVENT, on=on, event=event, scene=scene)

    def _send(self, who: str, kind: MessageKind, *, on: str, **what: Any) -> Reply:
        self.messages += 1
        opens = None if on == WECOM or kind is MessageKind.EVENT else Opens.MESSAGE
        message = Message(
            channel=on, sender=who, key=f"{on}:{self.messages}", kind=kind, sent_at=self.now, opens=opens, **what
        )
        reply = self.huying.answerer.answer(message)
        assert len(self.huying.spool) == 0, "the message could not be answered and went to the spool"
        return reply

    # ------------------------------------------------------------ hearing

    def told(self, who: str, *, on: str | None = None) -> list[str]:
        """Everything new that was pushed to somebody since this was asked last, the workers' part done first."""
        self.drain()
        return [
            _as_read(outgoing)
            for phones in (self.official, self.wecom)
            if on in (None, phones.key)
            for account, outgoing in self._new(phones, who)
        ]

    def _new(self, phones: Phones, who: str) -> list[tuple[str, Outgoing]]:
        mine = [each for each in phones.inbox if each[0] == who]
        mark = f"{phones.key}:{who}"
        seen = self.read.get(mark, 0)
        self.read[mark] = len(mine)
        return mine[seen:]

    # ------------------------------------------------------------ looking

    def tickets(self, who: str | None = None) -> list[Ticket]:
        """All tickets, or those of one reporter, oldest first."""
        with self.huying.database.reading() as session:
            query = select(Ticket).order_by(Ticket.id)
            if who is not None:
                query = query.where(Ticket.reporter_id == self._id(session, who))
            return list(session.scalars(query))

    def ticket(self, short: str) -> Ticket:
        """The newest ticket with this number."""
        with self.huying.database.reading() as session:
            return session.scalars(
                select(Ticket).where(Ticket.serial == int(short)).order_by(Ticket.day.desc())
            ).first() or pytest.fail(f"no ticket {short}")

    def words(self, short: str) -> list[str | None]:
        """What was said about a ticket, in order; None for erased words."""
        with self.huying.database.reading() as session:
            return list(
                session.scalars(
                    select(TicketWords.text)
                    .where(TicketWords.ticket_id == self.ticket(short).id)
                    .order_by(TicketWords.id)
                )
            )

    def history(self, short: str) -> list[str]:
        """What happened to a ticket, in order."""
        with self.huying.database.reading() as session:
            return list(
                session.scalars(
                    select(TicketEvent.action)
                    .where(TicketEvent.ticket_id == self.ticket(short).id)
                    .order_by(TicketEvent.id)
                )
            )

    def attachments(self, short: str | None = None) -> list[Attachment]:
        """What hangs on a ticket, or what still waits for words."""
        with self.huying.database.reading() as session:
            ticket_id = self.ticket(short).id if short else None
            return list(session.scalars(select(Attachment).where(Attachment.ticket_id == ticket_id)))

    def person(self, who: str, *, on: str = OFFICIAL) -> Person:
        """The person behind an account, with roles, skills and accounts."""
        with self.huying.database.reading() as session:
            person = session.get_one(Person, self._id(session, who, on))
            _ = person.roles, person.skills, person.identities
            return person

    def state(self, who: str, *, on: str = OFFICIAL) -> str:
        """What the bot waits for from somebody."""
        with self.huying.database.reading() as session:
            found = session.scalar(
                select(Conversation.state).where(
                    Conversation.person_id == self._id(session, who, on), Conversation.channel == on
                )
            )
            return found.value if found else "idle"

    def chat(self, who: str, *, on: str = OFFICIAL) -> str:
        """Somebody's chat, as staff name it."""
        with self.huying.database.reading() as session:
            found = session.scalar(
                select(Conversation.id).where(
                    Conversation.person_id == self._id(session, who, on), Conversation.channel == on
                )
            )
            return f"对话{found}"

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row that matters, for comparing before and after."""
        with self.huying.database.reading() as session:
            return {
                table.__tablename__: [tuple(row) for row in session.execute(select(*table.__table__.columns))]
                for table in ROWS
            }

    def everything_stored(self, *, but_read_by: str) -> str:
        """Every cell of the database in one string, but for what one other person was answered."""
        with self.huying.database.reading() as session:
            other = self._id(session, but_read_by)
            return "\n".join(
                str(tuple(row))
                for table in Base.metadata.tables.values()
                for row in session.execute(select(*table.columns))
                if table.name != InboxMessage.__tablename__ or row.person_id != other
            )

    def history_is_whole(self) -> bool:
        """Whether every line of history fits the one before it."""
        with self.huying.database.reading() as session:
            return history.verify_history(session) is None

    def _id(self, session: Any, who: str, on: str = OFFICIAL) -> int:
        found = session.scalar(select(Identity.person_id).where(Identity.account == who, Identity.channel == on))
        if found is None and on == OFFICIAL:
            found = session.scalar(select(Identity.person_id).where(Identity.account == who))
        assert found is not None, f"nobody has the account {who}"
        return int(found)

    def change(self, act: Callable[[Any, datetime], Any]) -> Any:
        """Changes something as the console or a job would, in a transaction of its own."""
        with self.huying.database.transaction() as session:
            return act(session, self.now)

    def once(self, name: tuple[str, ...], live: Callable[[], T]) -> T:
        """Lives through what has this name, and gives what comes of it. Whoever begins with it where a test of this
        worker has begun with it comes straight to its end.
        """
        return live() if self.rewinding is None else self.rewinding.once(self, name, live)

    def accepted(self, *, by: str = "demo-member-1", words: str = "香樟花园6栋2单元半夜装修太吵") -> str:
        """A report of 张阿姨 that a member has accepted; gives its short number."""
        return self.once(("accepted", by, words), lambda: self._accepted(by, words))

    def _accepted(self, by: str, words: str) -> str:
        self.say("demo-resident-1", words)
        short = self.tickets("demo-resident-1")[-1].short
        self.drain()
        self.say(by, f"接单 {short}")
        self.drain()
        return short

    def finished(self, *, by: str = "demo-member-1", words: str = "香樟花园6栋2单元半夜装修太吵") -> str:
        """A report of 张阿姨 that she is asked to judge; everything told so far counts as read."""
        return self.once(("finished", by, words), lambda: self._finished(by, words))

    def _finished(self, by: str, words: str) -> str:
        short = self._accepted(by, words)
        self.say(by, f"办结 {short} 和楼上说好了，十点以后不施工")
        self.drain()
        for who in ("demo-resident-1", by):
            self.told(who)
        return short


def _as_read(outgoing: Outgoing) -> str:
    lines = [f"{number} {choice.label}" for number, choice in enumerate(outgoing.choices, 1)]
    return "\n".join([outgoing.text, *lines])


@dataclass
class Clock:
    """A clock that tests move."""

    now: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.now


def _settings(url: str, folder: Path, **values: Any) -> Settings:
    return Settings.model_validate(
        {
            "data_dir": str(folder),
            "database": {"url": url},
            "media": {"url": f"file://{folder}/media", "blur": False},
            "channels": {
                OFFICIAL: {
                    "kind": "official_account",
                    "app_id": "wx0000000000000000",
                    "app_secret": "not-a-secret",
                    "token": "aToken",
                    "mode": "plain",
                    "abilities": "service",
                },
                WECOM: {
                    "kind": "wecom",
                    "corp_id": "ww0000000000000000",
                    "agent_id": 1000002,
                    "secret": "not-a-secret",
                    "token": "aToken",
                    "encoding_aes_key": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
                },
            },
            **values,
        }
    )


@dataclass(frozen=True)
class Moment:
    """Everything about a street at one moment, to come back to."""

    file: Path
    now: datetime
    messages: int
    phones: tuple[Phones, ...]
    read: dict[str, int]


class Rewinding:
    """One application of a worker on one SQLite file, brought back to a moment that was kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "huying.db"
        self._moments = 0
        self._untouched = 0
        """When the file of the street was written last, before anybody did anything in it."""
        self._lived: dict[tuple[str, ...], tuple[Any, Moment]] = {}
        self._clock = Clock()
        url = f"sqlite:///{self._path}"
        upgrade(url)
        furnish(url, now=MONDAY)
        self._huying = create_app(_settings(url, folder), clock=self._clock)
        self.beginning = self.keep(Street(self._huying, self._clock))

    def keep(self, street: Street) -> Moment:
        self._moments += 1
        file = self._folder / f"moment-{self._moments}.db"
        with closing(sqlite3.connect(self._path)) as old, closing(sqlite3.connect(file)) as new:
            old.backup(new)
        phones = copy.deepcopy((street.official, street.wecom))
        return Moment(file, street.now, street.messages, phones, dict(street.read))

    def back_to(self, moment: Moment) -> Street:
        street = Street(self._huying, self._clock)
        street.rewinding = self
        self._bring(street, moment)
        return street

    def once(self, street: Street, name: tuple[str, ...], live: Callable[[], T]) -> T:
        if not self._begins(street):
            return live()
        if name not in self._lived:
            self._lived[name] = live(), self.keep(street)
        found, moment = self._lived[name]
        self._bring(street, moment)
        return cast(T, found)

    def _begins(self, street: Street) -> bool:
        """Whether nothing has been said, nothing been written and nobody's phone been changed yet."""
        log = Path(f"{self._path}-wal")
        is_written = self._path.stat().st_mtime_ns != self._untouched or (log.exists() and log.stat().st_size > 0)
        is_still = street.messages == 0 and street.now == self.beginning.now
        return is_still and not is_written and (street.official, street.wecom) == self.beginning.phones

    def _bring(self, street: Street, moment: Moment) -> None:
        """Makes of `street` what it was at a moment."""
        self._huying.database.dispose()
        for ending in ("", "-wal", "-shm"):
            Path(f"{self._path}{ending}").unlink(missing_ok=True)
        shutil.rmtree(self._folder / "spool", ignore_errors=True)
        shutil.copyfile(moment.file, self._path)
        self._huying.tasks.broker.flush_all()
        self._huying.redis.flushall()
        self._clock.now = moment.now
        self._huying.current.looked_at = None
        self._untouched = self._path.stat().st_mtime_ns
        street.messages, street.read = moment.messages, dict(moment.read)
        for phones, kept in zip((street.official, street.wecom), moment.phones, strict=True):
            vars(phones).update(vars(copy.deepcopy(kept)))

    def close(self) -> None:
        self._huying.close()


@pytest.fixture(scope="session")
def rewinding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rewinding]:
    """The application of this worker, shared by the tests one after the other."""
    made = Rewinding(tmp_path_factory.mktemp("street"))
    yield made
    made.close()


@pytest.fixture
def street(rewinding: Rewinding) -> Street:
    """The street on SQLite as it is when everybody has just moved in."""
    return rewinding.back_to(rewinding.beginning)


@pytest.fixture
def street_on_both(database_url: str, tmp_path: Path) -> Iterator[Street]:
    """The street on SQLite, and once more on PostgreSQL, with an application of its own."""
    furnish(database_url, now=MONDAY)
    clock = Clock()
    huying = create_app(_settings(database_url, tmp_path), clock=clock)
    yield Street(huying, clock)
    huying.close()
