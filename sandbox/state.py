"""Everything the pretend platform remembers: people and their phones, media, messages sent, the log, and its clock."""

from __future__ import annotations

import itertools
import queue
import secrets
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from sandbox.config import Account, Kind, SandboxConfig
from sandbox.faults import Faults
from sandbox.text import links_in

Key = TypeVar("Key")
Value = TypeVar("Value")


class Full(Exception):
    """No more people fit."""


class Recent(Generic[Key, Value]):
    """A mapping that forgets its oldest entries; safe to use from many threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._items: OrderedDict[Key, Value] = OrderedDict()

    def put(self, key: Key, value: Value) -> None:
        """Remembers `value`, forgetting the oldest if there is no room."""
        with self._lock:
            self._items[key] = value
            self._items.move_to_end(key)
            while len(self._items) > self._limit:
                self._items.popitem(last=False)

    def get(self, key: Key) -> Value | None:
        """The value, if it is still remembered."""
        with self._lock:
            return self._items.get(key)

    def put_once(self, key: Key, value: Value, *, fresh: Callable[[Value], bool]) -> Value | None:
        """Remembers `value` and returns None, or keeps and returns what is there if `fresh` accepts it."""
        with self._lock:
            there = self._items.get(key)
            if there is not None and fresh(there):
                return there
            self._items[key] = value
            self._items.move_to_end(key)
            while len(self._items) > self._limit:
                self._items.popitem(last=False)
            return None

    def take(self, key: Key) -> Value | None:
        """Removes and returns the value."""
        with self._lock:
            return self._items.pop(key, None)


@dataclass(slots=True)
class Entry:
    """One thing on a phone's screen. `mine` is what the person sent; everything else was received."""

    id: str
    version: int
    at: datetime
    channel: str
    type: str
    mine: bool = False
    passive: bool = False
    text: str = ""
    buttons: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)
    raw: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    failed: str = ""
    """Why a message of the person's own did not arrive."""

    def to_json(self) -> dict[str, Any]:
        """What the control interface shows."""
        return {
            "id": self.id,
            "version": self.version,
            "at": self.at.isoformat(),
            "channel": self.channel,
            "type": self.type,
            "mine": self.mine,
            "passive": self.passive,
            "text": self.text,
            "buttons": self.buttons,
            "links": self.links,
            "raw": self.raw,
            "failed": self.failed,
            **self.extra,
        }


class Window:
    """One customer-service window: so many messages until a time."""

    __slots__ = ("left", "until")

    def __init__(self, left: int, until: datetime) -> None:
        self.left = left
        self.until = until


@dataclass(slots=True)
class Seat:
    """One person on one channel. Guarded by the person's lock."""

    channel: str
    following: bool = True
    followed_at: datetime | None = None
    windows: dict[str, Window] = field(default_factory=dict)
    acted_at: datetime | None = None
    typing: bool = False
    accepted: dict[str, int] = field(default_factory=dict)
    """Subscription template id → how many sends the person has agreed to."""
    sent_at: deque[datetime] = field(default_factory=lambda: deque(maxlen=1001))
    scene: str = ""


class Person:
    """One pretend person with a phone; `lock` guards everything that changes and is never held during HTTP."""

    def __init__(self, key: str, name: str, thread_limit: int) -> None:
        self.key = key
        self.name = name
        self.lock = threading.Lock()
        self.seats: dict[str, Seat] = {}
        self.thread: deque[Entry] = deque(maxlen=thread_limit)
        self.version = 0

    def entry(self, entry_id: str) -> Entry | None:
        """The entry with this id, if it has not been pushed out."""
        with self.lock:
            return next((entry for entry in self.thread if entry.id == entry_id), None)

    def since(self, version: int) -> list[dict[str, Any]]:
        """What is new or changed after `version`, oldest first."""
        with self.lock:
            return [entry.to_json() for entry in self.thread if entry.version > version]

    def inbox(self) -> list[dict[str, Any]]:
        """Everything received, oldest first."""
        with self.lock:
            return [entry.to_json() for entry in self.thread if not entry.mine]


@dataclass(frozen=True, slots=True)
class Medium:
    """A file the platform keeps for three days."""

    id: str
    channel: str
    type: str
    content_type: str
    data: bytes
    created_at: datetime
    name: str


class MediaStore:
    """The files, the oldest of which go when there are too many or they are too large together."""

    def __init__(self, *, max_bytes: int, max_count: int) -> None:
        self._max_bytes, self._max_count = max_bytes, max_count
        self._lock = threading.Lock()
        self._items: OrderedDict[str, Medium] = OrderedDict()
        self._bytes = 0

    def add(self, medium: Medium) -> None:
        """Keeps the file."""
        with self._lock:
            self._items[medium.id] = medium
            self._bytes += len(medium.data)
            while self._items and (self._bytes > self._max_bytes or len(self._items) > self._max_count):
                _, oldest = self._items.popitem(last=False)
                self._bytes -= len(oldest.data)

    def get(self, media_id: str) -> Medium | None:
        """The file, whatever its age."""
        with self._lock:
            return self._items.get(media_id)


@dataclass(slots=True)
class SentMessage:
    """A WeCom message and the copy each member got."""

    id: str
    channel: str
    at: datetime
    copies: dict[str, str]
    """Person key → entry id."""


@dataclass(slots=True)
class ResponseCode:
    """A one-use code with which a card can be changed."""

    message_id: str
    at: datetime
    used: bool = False


class Log:
    """The last calls in both directions."""

    def __init__(self, *, size: int, body: int) -> None:
        self._body = body
        self._lock = threading.Lock()
        self._ring: deque[dict[str, Any]] = deque(maxlen=size)
        self._numbers = itertools.count(1)

    def add(self, **call: Any) -> None:
        """Remembers one call; text longer than the bound is cut."""
        for name, value in call.items():
            if isinstance(value, bytes):
                value = value[: self._body].decode("utf-8", "replace")
            if isinstance(value, str) and len(value) > self._body:
                value = value[: self._body] + "…"
            call[name] = value
        with self._lock:
            self._ring.append({"id": next(self._numbers), **call})

    def listed(self, *, after: int = 0, limit: int | None = None) -> list[dict[str, Any]]:
        """The calls after number `after`, oldest first; with `limit` the newest of them."""
        with self._lock:
            calls = [call for call in self._ring if call["id"] > after]
        return calls if limit is None else calls[-limit:]

    def clear(self) -> None:
        """Forgets every call."""
        with self._lock:
            self._ring.clear()


class Background:
    """Events the platform sends by itself: a bounded queue and two threads, started when first needed."""

    def __init__(self, limit: int) -> None:
        self._queue: queue.Queue[Callable[[], None]] = queue.Queue(limit)
        self._state = threading.Condition()
        self._pending = 0
        self._started = False

    def add(self, work: Callable[[], None]) -> bool:
        """Queues the work; False when there is no room."""
        with self._state:
            try:
                self._queue.put_nowait(work)
            except queue.Full:
                return False
            self._pending += 1
            if not self._started:
                self._started = True
                for number in (1, 2):
                    threading.Thread(target=self._run, name=f"sandbox-events-{number}", daemon=True).start()
        return True

    def settle(self, seconds: float) -> int:
        """Waits until nothing is queued or running, at most so long; how much is left."""
        with self._state:
            self._state.wait_for(lambda: self._pending == 0, seconds)
            return self._pending

    def _run(self) -> None:
        while True:
            work = self._queue.get()
            try:
                work()
            finally:
                with self._state:
                    self._pending -= 1
                    self._state.notify_all()


class Clock:
    """The sandbox's time: the given clock, moved as the control interface asks.

    `now` ages tokens, windows, media and codes. `wire` stands in the callbacks themselves (timestamp, CreateTime) and
    is not moved by `advance`, because the program under test has a clock of its own and would rightly refuse them.
    """

    def __init__(self, base: Callable[[], datetime]) -> None:
        self._base = base
        self._ahead = timedelta()
        self._skew = timedelta()

    def now(self) -> datetime:
        """The platform's time."""
        return self._base() + self._ahead

    def wire(self) -> datetime:
        """The time that is sent."""
        return self._base() + self._skew

    def advance(self, seconds: float) -> None:
        """Lets so much time pass."""
        self._ahead += timedelta(seconds=seconds)

    def skew(self, seconds: float) -> None:
        """Makes what is sent wrong by so much; 0 mends it."""
        self._skew = timedelta(seconds=seconds)

    @property
    def ahead_seconds(self) -> float:
        """How far `now` has been moved."""
        return self._ahead.total_seconds()


class World:
    """The whole state of one sandbox."""

    def __init__(self, config: SandboxConfig, clock: Callable[[], datetime]) -> None:
        self.config = config
        self.rules = config.rules
        self.clock = Clock(clock)
        self.faults = Faults(self.clock.now)
        self.log = Log(size=config.bounds.log, body=config.bounds.log_body)
        self.media = MediaStore(max_bytes=config.bounds.media_bytes, max_count=config.bounds.media_count)
        self.sent: Recent[str, SentMessage] = Recent(config.bounds.ledger)
        self.codes: Recent[str, ResponseCode] = Recent(config.bounds.ledger)
        self.scenes: Recent[str, dict[str, Any]] = Recent(config.bounds.ledger)
        self.client_messages: Recent[tuple[str, str], tuple[datetime, int]] = Recent(config.bounds.ledger)
        self.duplicates: Recent[str, tuple[datetime, str]] = Recent(config.bounds.ledger)
        self.login_codes: Recent[str, tuple[str, datetime]] = Recent(config.bounds.ledger)
        self.background = Background(config.bounds.pending_events)
        self.menus: dict[str, dict[str, Any]] = {}
        self.closing = threading.Event()
        self.code_lock = threading.Lock()
        self._accounts = {account.key: account for account in config.accounts}
        self._people: dict[str, Person] = {}
        self._people_lock = threading.Lock()
        self._versions = itertools.count(1)
        self.version = 0
        # A program under test remembers message ids longer than a sandbox lives, so a new sandbox starts elsewhere.
        self._message_ids = itertools.count(20_000_000_000_000_000 + secrets.randbelow(10**16))
        self._entry_ids = itertools.count(1)
        for person in config.people:
            for channel in person.channels:
                self.meet(person.key, channel, person.name)

    def account(self, key: str) -> Account | None:
        """The account of this channel."""
        return self._accounts.get(key)

    def account_of(self, kind: Kind) -> Account | None:
        """The account on this platform."""
        return next((account for account in self._accounts.values() if account.kind is kind), None)

    @property
    def accounts(self) -> Iterable[Account]:
        """Every account."""
        return self._accounts.values()

    def next_message_id(self) -> int:
        """A 64-bit id that no other message of this sandbox has."""
        return next(self._message_ids)

    # People

    def meet(self, key: str, channel: str, name: str = "") -> Person:
        """The person, made and put on the channel if need be. Raises Full."""
        with self._people_lock:
            person = self._people.get(key)
            if person is None:
                if len(self._people) >= self.config.bounds.people:
                    raise Full
                person = self._people[key] = Person(key, name or key, self.config.bounds.thread)
        with person.lock:
            if channel not in person.seats:
                person.seats[channel] = Seat(channel=channel, followed_at=self.clock.now())
            if name:
                person.name = name
            person.version = self.next_version()
        return person

    def person(self, key: str) -> Person | None:
        """The person of this key."""
        return self._people.get(key)

    def on_channel(self, key: str, channel: str) -> Person | None:
        """The person, if they have ever been on this channel."""
        person = self._people.get(key)
        return person if person is not None and channel in person.seats else None

    def people(self) -> list[Person]:
        """Everybody, in the order in which they came."""
        with self._people_lock:
            return list(self._people.values())

    def next_version(self) -> int:
        """A number larger than every one before."""
        self.version = next(self._versions)
        return self.version

    # Phones

    def show(self, person: Person, **values: Any) -> Entry:
        """Puts something on the person's phone."""
        with person.lock:
            version = self.next_version()
            entry = Entry(id=f"m{next(self._entry_ids)}", version=version, at=self.clock.now(), **values)
            account = self._accounts.get(entry.channel)
            if not entry.mine and account is not None and account.kind is Kind.OFFICIAL:
                entry.links = links_in(entry.text)
            person.thread.append(entry)
            person.version = version
        return entry

    def change(self, person: Person, entry: Entry, change: Callable[[Entry], None]) -> None:
        """Changes something already on the phone."""
        with person.lock:
            change(entry)
            entry.version = person.version = self.next_version()

    # Customer-service windows

    def act(self, person: Person, channel: str, *, opens: str | None) -> None:
        """Notes that the person did something; `opens` is "message", "click" or None."""
        now = self.clock.now()
        with person.lock:
            seat = person.seats[channel]
            seat.acted_at = now
            seat.typing = False
            if opens == "message":
                until = now + timedelta(seconds=self.rules.message_window_seconds)
                seat.windows["message"] = Window(self.rules.message_window_count, until)
            elif opens == "click":
                until = now + timedelta(seconds=self.rules.click_window_seconds)
                seat.windows["click"] = Window(self.rules.click_window_count, until)

    def use_window(self, person: Person, channel: str) -> int:
        """Uses one customer-service message; 0, or the code with which the platform refuses.

        Windows do not add up: a message counts against every open one.
        """
        now = self.clock.now()
        with person.lock:
            seat = person.seats[channel]
            if not seat.following:
                return 45015
            open_now = [window for window in seat.windows.values() if now < window.until]
            if not open_now:
                return 45015
            if all(window.left <= 0 for window in open_now):
                return 45047
            for window in open_now:
                window.left -= 1
            return 0

    def member_may_get_one(self, person: Person, channel: str) -> bool:
        """Whether WeCom would still show this member one more message; counts it if so."""
        now = self.clock.now()
        with person.lock:
            sent = person.seats[channel].sent_at
            hour = [at for at in sent if now - at < timedelta(hours=1)]
            minute = [at for at in hour if now - at < timedelta(minutes=1)]
            if len(minute) >= self.rules.member_per_minute or len(hour) >= self.rules.member_per_hour:
                return False
            sent.append(now)
            return True

    # Media

    def keep(self, account: Account, *, type: str, content_type: str, data: bytes, name: str = "") -> Medium:
        """Keeps a file and gives it an id."""
        medium = Medium(
            id=secrets.token_urlsafe(32),
            channel=account.key,
            type=type,
            content_type=content_type,
            data=data,
            created_at=self.clock.now(),
            name=name[:120] or f"{type}.bin",
        )
        self.media.add(medium)
        return medium

    def medium(self, account: Account, media_id: object) -> Medium | None:
        """The file, if this account has it and it is not older than the platform keeps files."""
        medium = self.media.get(media_id) if isinstance(media_id, str) else None
        if medium is None or medium.channel != account.key:
            return None
        age = (self.clock.now() - medium.created_at).total_seconds()
        return medium if age < self.rules.media_seconds else None

    # Card codes

    def new_code(self, message_id: str) -> str:
        """A fresh one-use code for the card of this message."""
        code = secrets.token_urlsafe(32)
        self.codes.put(code, ResponseCode(message_id=message_id, at=self.clock.now()))
        return code

    def use_code(self, code: object) -> tuple[int, SentMessage | None]:
        """Uses a code: 0 and its message, or the code of the refusal."""
        found = self.codes.get(code) if isinstance(code, str) else None
        if found is None:
            return 40029, None
        with self.code_lock:
            if found.used:
                return 42022, None
            if (self.clock.now() - found.at).total_seconds() >= self.rules.response_code_seconds:
                return 42003, None
            message = self.sent.get(found.message_id)
            if message is None:
                return 42016, None
            found.used = True
            return 0, message
