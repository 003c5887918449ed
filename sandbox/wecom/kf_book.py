"""What 微信客服 remembers: its accounts, what customers said to them, and the conversations with their windows."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from sandbox.config import Account, Kind, Rules

_MESSAGES, _SESSIONS, _ACCOUNTS, _SENT = 5000, 20_000, 5000, 20_000


class State(IntEnum):
    """Who is talking to the customer now."""

    NEW = 0
    BOT = 1
    QUEUE = 2
    HUMAN = 3
    ENDED = 4
    """Also before the first message."""


class Origin(IntEnum):
    """Where a message in sync_msg comes from."""

    CUSTOMER = 3
    SYSTEM = 4


MOVES: Mapping[State, tuple[State, ...]] = {
    State.NEW: (State.BOT, State.QUEUE, State.HUMAN, State.ENDED),
    State.BOT: (State.QUEUE, State.HUMAN, State.ENDED),
    State.QUEUE: (State.HUMAN, State.ENDED),
    State.HUMAN: (State.QUEUE, State.HUMAN, State.ENDED),
    State.ENDED: (),
}


@dataclass(slots=True)
class KfAccount:
    """One account of 微信客服; `channel` is the configured account behind it, empty when the API made it."""

    id: str
    name: str
    channel: str
    secret: str
    media_id: str = ""
    messages: deque[tuple[int, datetime, dict[str, Any]]] = field(default_factory=lambda: deque(maxlen=_MESSAGES))
    last: int = 0
    """The number of the newest message."""
    tokens: OrderedDict[str, datetime] = field(default_factory=OrderedDict)
    servicers: dict[str, int] = field(default_factory=dict)
    """Member → 0 serving, 1 not serving."""


@dataclass(slots=True)
class Session:
    """One customer at one account: how many messages may still be sent to them, and until when."""

    state: State = State.ENDED
    servicer: str = ""
    left: int = 0
    until: datetime | None = None
    acted_at: datetime | None = None
    spoke_at: datetime | None = None
    welcomed_at: datetime | None = None


@dataclass(slots=True)
class Welcome:
    """A code with which one welcome may be said."""

    open_kfid: str
    customer: str
    at: datetime
    used: bool = False


class KfBook:
    """All of 微信客服; safe to use from many threads."""

    def __init__(self, rules: Rules, now: Callable[[], datetime], accounts: Iterable[Account]) -> None:
        self._rules = rules
        self._now = now
        self.lock = threading.RLock()
        self._sessions: OrderedDict[tuple[str, str], Session] = OrderedDict()
        self._sent: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._welcomes: OrderedDict[str, Welcome] = OrderedDict()
        self.accounts: dict[str, KfAccount] = {
            account.open_kfid: KfAccount(account.open_kfid, account.name or account.key, account.key, account.secret)
            for account in accounts
            if account.kind is Kind.CUSTOMER_SERVICE
        }

    # Accounts

    def open(self, name: str, media_id: str, secret: str) -> KfAccount | None:
        """A new account for whoever has this secret; None when there are too many."""
        with self.lock:
            if len(self.accounts) >= _ACCOUNTS:
                return None
            account = KfAccount("wk" + secrets.token_urlsafe(24), name, "", secret, media_id)
            self.accounts[account.id] = account
            return account

    # What customers do

    def session(self, open_kfid: str, customer: str) -> Session | None:
        """The conversation, if the customer has ever been here."""
        with self.lock:
            return self._sessions.get((open_kfid, customer))

    def said(self, account: KfAccount, customer: str, body: dict[str, Any]) -> str:
        """A customer's message: opens the window, starts a new conversation if need be. Returns the msgid."""
        with self.lock:
            now = self._now()
            session = self._meet(account.id, customer)
            session.left = self._rules.kf_window_count
            session.until = now + timedelta(seconds=self._rules.kf_window_seconds)
            session.acted_at = session.spoke_at = now
            if session.state is State.ENDED:
                session.state, session.servicer = State.NEW, ""
            common = {"open_kfid": account.id, "external_userid": customer, "origin": int(Origin.CUSTOMER)}
            return self._add(account, {**common, **body})

    def event(self, account: KfAccount, event: dict[str, Any]) -> str:
        """Something that happened, as an entry of sync_msg. Returns its msgid."""
        with self.lock:
            return self._add(account, {"origin": int(Origin.SYSTEM), "msgtype": "event", "event": event})

    def entered(self, account: KfAccount, customer: str, scene: str, scene_param: str) -> str:
        """A customer opened the conversation; a welcome_code comes with it to those who are new or long away."""
        with self.lock:
            now = self._now()
            session = self._meet(account.id, customer)
            session.acted_at = now
            event: dict[str, Any] = {
                "event_type": "enter_session",
                "open_kfid": account.id,
                "external_userid": customer,
                "scene": scene,
                "scene_param": scene_param,
            }
            if not any(self._recent(at, now) for at in (session.spoke_at, session.welcomed_at)):
                event["welcome_code"] = secrets.token_urlsafe(32)
                self._welcomes[event["welcome_code"]] = Welcome(account.id, customer, now)
                _shorten(self._welcomes, _SESSIONS)
            return self.event(account, event)

    def ring(self, account: KfAccount) -> str:
        """A token for the doorbell; with it sync_msg is not limited."""
        with self.lock:
            token = "ENC" + secrets.token_urlsafe(36)
            account.tokens[token] = self._now() + timedelta(seconds=self._rules.kf_token_seconds)
            _shorten(account.tokens, 1000)
            return token

    # What the program does

    def knows_token(self, account: KfAccount, token: str) -> bool:
        """Whether the doorbell brought this token, not too long ago."""
        with self.lock:
            until = account.tokens.get(token)
            return until is not None and self._now() < until

    def read(self, account: KfAccount, *, after: int, limit: int) -> tuple[list[dict[str, Any]], int, bool]:
        """At most `limit` messages after this number, the number to go on from, and whether there are more."""
        with self.lock:
            oldest = self._now() - timedelta(seconds=self._rules.kf_history_seconds)
            found = [(number, body) for number, at, body in account.messages if number > after and at > oldest]
            page = found[:limit]
            return [body for _, body in page], page[-1][0] if page else after, len(found) > limit

    def may_send(self, open_kfid: str, customer: str) -> int:
        """Counts one message to the customer: 0, or the code with which it is refused."""
        with self.lock:
            session = self.session(open_kfid, customer)
            if session is None or session.until is None or self._now() >= session.until:
                return 95002
            if session.state is State.ENDED:
                return 95013
            if session.state not in (State.NEW, State.BOT):
                return 95018
            if session.left <= 0:
                return 95001
            session.left -= 1
            return 0

    def sent_before(self, open_kfid: str, msgid: str) -> bool:
        """Whether a message of this id was sent already; remembers it."""
        with self.lock:
            key = (open_kfid, msgid)
            if key in self._sent:
                return True
            self._sent[key] = None
            _shorten(self._sent, _SENT)
            return False

    def forget_sent(self, open_kfid: str, msgid: str) -> None:
        """The message of this id was refused after all."""
        with self.lock:
            self._sent.pop((open_kfid, msgid), None)

    def use_welcome(self, code: str) -> tuple[int, Welcome | None]:
        """Uses a welcome code: 0 and whom it is for, or the code of the refusal."""
        with self.lock:
            welcome = self._welcomes.get(code)
            if welcome is None:
                return 40029, None
            if welcome.used:
                return 42022, None
            now = self._now()
            if (now - welcome.at).total_seconds() >= self._rules.kf_welcome_seconds:
                return 42003, None
            session = self._meet(welcome.open_kfid, welcome.customer)
            if self._recent(session.spoke_at, now):
                return 41051, None
            welcome.used = True
            session.welcomed_at = now
            return 0, welcome

    def _recent(self, at: datetime | None, now: datetime) -> bool:
        return at is not None and (now - at).total_seconds() < self._rules.kf_window_seconds

    def _meet(self, open_kfid: str, customer: str) -> Session:
        session = self._sessions.setdefault((open_kfid, customer), Session())
        self._sessions.move_to_end((open_kfid, customer))
        _shorten(self._sessions, _SESSIONS)
        return session

    def _add(self, account: KfAccount, body: dict[str, Any]) -> str:
        now = self._now()
        msgid = secrets.token_urlsafe(24)
        account.last += 1
        account.messages.append((account.last, now, {"msgid": msgid, "send_time": int(now.timestamp()), **body}))
        return msgid


def _shorten(items: OrderedDict[Any, Any], most: int) -> None:
    while len(items) > most:
        items.popitem(last=False)
