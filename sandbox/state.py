"""Everything the pretend platform remembers: people and their phones, windows, files, messages sent and card codes."""

from __future__ import annotations

import itertools
import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.config import Account, Kind, SandboxConfig
from sandbox.faults import Faults
from sandbox.stores import Background, Clock, Log, MediaStore, Medium, Recent
from sandbox.text import links_in
from sandbox.wecom.kf_book import KfBook


class Full(Exception):
    """No more people fit."""


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
    remark: str = ""
    tags: list[int] = field(default_factory=list)
    blacklisted: bool = False
    received: int = 0
    """How many messages have come; a page that knows how many it has shown knows what is unread."""


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


@dataclass(frozen=True, slots=True)
class LoginCode:
    """A one-use code of a WeCom sign-in; `person` is empty for somebody from outside."""

    person: str
    channel: str
    until: datetime
    private: bool = False
    """Whether the member agreed to show what is private (snsapi_privateinfo)."""


class World:
    """The whole state of one sandbox."""

    def __init__(self, config: SandboxConfig, clock: Callable[[], datetime]) -> None:
        self.config = config
        self.rules = config.rules
        self.clock = Clock(clock)
        self.faults = Faults(self.clock.now, [account.key for account in config.accounts])
        self.log = Log(size=config.bounds.log, body=config.bounds.log_body)
        self.media = MediaStore(max_bytes=config.bounds.media_bytes, max_count=config.bounds.media_count)
        self.sent: Recent[str, SentMessage] = Recent(config.bounds.ledger)
        self.codes: Recent[str, ResponseCode] = Recent(config.bounds.ledger)
        self.scenes: Recent[str, dict[str, Any]] = Recent(config.bounds.ledger)
        self.client_messages: Recent[tuple[str, str], tuple[datetime, int]] = Recent(config.bounds.ledger)
        self.duplicates: Recent[str, tuple[datetime, str]] = Recent(config.bounds.ledger)
        self.login_codes: Recent[str, LoginCode] = Recent(config.bounds.ledger)
        self.kf = KfBook(config.rules, self.clock.now, config.accounts)
        self.background = Background(config.bounds.pending_events)
        self.menus: dict[str, dict[str, Any]] = {}
        self.closing = threading.Event()
        self.code_lock = threading.Lock()
        self._accounts = {account.key: account for account in config.accounts}
        self._people: dict[str, Person] = {}
        self._people_lock = threading.Lock()
        self._version_lock = threading.Lock()
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
            with self._news() as person.version:
                pass
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
        with self._news() as version:
            return version

    @contextmanager
    def _news(self) -> Iterator[int]:
        """The next version, published only when the block ends: whoever reads `version` and then asks for what came
        after it misses nothing that was still being written down.
        """
        with self._version_lock:
            yield self.version + 1
            self.version += 1

    # Phones

    def show(self, person: Person, **values: Any) -> Entry:
        """Puts something on the person's phone."""
        account = self._accounts.get(values["channel"])
        tappable = not values.get("mine") and account is not None and account.kind is Kind.OFFICIAL
        links = links_in(values.get("text", "")) if tappable else []
        with person.lock, self._news() as version:
            now = self.clock.now()
            entry = Entry(id=f"m{next(self._entry_ids)}", version=version, at=now, links=links, **values)
            seat = person.seats.get(entry.channel)
            if seat is not None and not entry.mine and "of" not in entry.extra:
                seat.received += 1
            person.thread.append(entry)
            person.version = version
        return entry

    def change(self, person: Person, entry: Entry, change: Callable[[Entry], None]) -> None:
        """Changes something already on the phone."""
        with person.lock, self._news() as version:
            change(entry)
            entry.version = person.version = version

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

    def keep(
        self, account: Account, *, type: str, content_type: str, data: bytes, name: str = "", permanent: bool = False
    ) -> Medium:
        """Keeps a file and gives it an id."""
        medium = Medium(
            id=secrets.token_urlsafe(32),
            channel=account.key,
            type=type,
            content_type=content_type,
            data=data,
            created_at=self.clock.now(),
            name=name[:120] or f"{type}.bin",
            permanent=permanent,
        )
        self.media.add(medium)
        return medium

    def medium(self, account: Account, media_id: object) -> Medium | None:
        """The file, if it is not older than the platform keeps files; all of one WeCom corp share theirs."""
        medium = self.media.get(media_id) if isinstance(media_id, str) else None
        owner = self._accounts.get(medium.channel) if medium is not None else None
        if medium is None or owner is None or owner.receive_id != account.receive_id:
            return None
        age = (self.clock.now() - medium.created_at).total_seconds()
        return medium if medium.permanent or age < self.rules.media_seconds else None

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
