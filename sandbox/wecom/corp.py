"""One corp on WeCom: what its apps share, and one app as its token opens it."""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import request

from sandbox.api import Platform, Refused
from sandbox.callbacks import Callbacks
from sandbox.config import Account, Kind
from sandbox.state import Person, World
from sandbox.stores import Recent
from sandbox.wecom.errors import MESSAGES
from sandbox.wecom.kf_book import KfAccount

ROOT = 1
"""The department of everybody."""


@dataclass(slots=True)
class Department:
    """One department; the root is its own company."""

    id: int
    name: str
    parent: int
    order: int
    name_en: str = ""


@dataclass(slots=True)
class Tag:
    """Members and departments under one name; only the app that made it may change it."""

    id: int
    name: str
    channel: str
    users: set[str] = field(default_factory=set)
    parties: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Chat:
    """A group chat that an app made."""

    id: str
    name: str
    owner: str
    members: list[str]
    channel: str


@dataclass(slots=True)
class Robot:
    """A group robot: what it was sent, and when."""

    got: deque[dict[str, Any]]
    at: deque[datetime]


@dataclass(slots=True)
class Upload:
    """A file that is being fetched from an address; `media_id` once it is there, `code` when it failed."""

    channel: str
    media_id: str = ""
    created_at: str = ""
    code: int | None = None


class Corp:
    """What the apps of one corp share. `lock` guards departments, tags, chats and the ledgers."""

    def __init__(self, world: World, accounts: Iterable[Account], callbacks: Callbacks) -> None:
        self.world = world
        self.callbacks = callbacks
        self.lock = threading.RLock()
        self.accounts = tuple(accounts)
        self.departments: dict[int, Department] = {}
        self.homes: dict[str, list[int]] = {}
        """Member → departments, where they are not the root's."""
        self.tags: dict[int, Tag] = {}
        ledger = world.config.bounds.ledger
        self.chats: Recent[str, Chat] = Recent(ledger)
        self.tasks: Recent[tuple[str, str], bool] = Recent(ledger)
        self.tickets: Recent[tuple[str, str], tuple[str, datetime]] = Recent(ledger)
        self.user_tickets: Recent[str, tuple[str, datetime]] = Recent(ledger)
        self.uploads: Recent[str, Upload] = Recent(ledger)
        self.settings: dict[str, dict[str, Any]] = {}
        thread = world.config.bounds.thread
        self.robots = {
            key: Robot(deque(maxlen=thread), deque(maxlen=world.rules.robot_per_minute or 1))
            for key in world.config.robots
        }
        first = self.accounts[0]
        self.departments[ROOT] = Department(ROOT, first.name or first.corp_id, 0, 100_000_000)
        self.apps = [
            App(self, [account for account in self.accounts if account.secret == secret])
            for secret in dict.fromkeys(account.secret for account in self.accounts)
        ]

    @property
    def corp_id(self) -> str:
        """The id of the corp."""
        return self.accounts[0].corp_id

    def calling(self) -> App:
        """The app whose token stands in the request, else the first one, which will refuse it."""
        token = request.args.get("access_token")
        known = (app for app in self.apps if app.platform.tokens.refusal(token) in (0, 42001))
        return next(known, self.apps[0])

    # The directory

    def below(self, department: int) -> set[int]:
        """The department and everything under it."""
        with self.lock:
            found, wave = {department}, {department}
            while wave:
                wave = {one.id for one in self.departments.values() if one.parent in wave} - found
                found |= wave
            return found

    def homes_of(self, user: str) -> list[int]:
        """The departments of a member."""
        with self.lock:
            return list(self.homes.get(user, (ROOT,)))

    def openid(self, user: str) -> str:
        """The openid of a member, as WeCom makes it up for payments; the same every time."""
        return f"o{self.corp_id[-6:]}-{user}"


class App:
    """One app of a corp as its secret opens it, with the 微信客服 accounts that are granted to it.

    `account` is the channel; a secret of 微信客服 alone has no app (`is_app` is false).
    """

    def __init__(self, corp: Corp, accounts: list[Account]) -> None:
        self.corp = corp
        self.world = corp.world
        self.account = next((account for account in accounts if account.kind is Kind.WECOM), accounts[0])
        self.is_app = self.account.kind is Kind.WECOM
        self.serves_customers = any(account.kind is Kind.CUSTOMER_SERVICE for account in accounts)
        self.without_token: list[datetime] = []
        """When sync_msg was called without the doorbell's token, within the last minute."""
        self.platform = Platform(corp.world, self.account, MESSAGES)

    def body(self) -> dict[str, Any]:
        """The JSON object that was posted."""
        try:
            return self.platform.body()
        except Refused as refused:
            raise Refused(40058) if refused.code == 44002 else refused from refused

    def check_agent(self, value: object) -> None:
        """That the call names this app. Raises Refused with 41011, 40056 or 301002."""
        if value in (None, ""):
            raise Refused(41011)
        if str(value) == str(self.account.agent_id):
            return
        others = {str(account.agent_id) for account in self.corp.accounts if account.kind is Kind.WECOM}
        raise Refused(301002 if str(value) in others else 40056)

    def member(self, user_id: str) -> Person | None:
        """The member of this userid, if the app may see them; upper and lower case are the same."""
        for key in (user_id, user_id.lower()):
            person = self.world.on_channel(key, self.account.key)
            if person is not None:
                return person if person.seats[self.account.key].following else None
        return None

    def members(self) -> list[Person]:
        """Everybody the app may see."""
        key = self.account.key
        return [person for person in self.world.people() if key in person.seats and person.seats[key].following]

    def in_departments(self, departments: Iterable[int]) -> list[Person]:
        """The visible members of these departments and those below."""
        wanted = {below for one in departments for below in self.corp.below(one)}
        return [person for person in self.members() if wanted & set(self.corp.homes_of(person.key))]

    def kf_account(self, open_kfid: object) -> KfAccount:
        """The 微信客服 account. Raises Refused with 95000, 95004 or 48007."""
        if not isinstance(open_kfid, str) or not open_kfid:
            raise Refused(95000)
        found = self.world.kf.accounts.get(open_kfid)
        if found is None:
            raise Refused(95004 if open_kfid.startswith("wk") else 95000)
        if found.secret != self.account.secret:
            raise Refused(48007)
        return found

    def ticket(self, kind: str) -> tuple[str, int]:
        """The ticket of this kind, the same one while it is valid, and its remaining seconds."""
        now = self.world.clock.now()
        fresh = (secrets.token_urlsafe(64), now + timedelta(seconds=self.world.rules.token_seconds))
        there = self.corp.tickets.put_once((self.account.key, kind), fresh, fresh=lambda seen: now < seen[1])
        text, until = there or fresh
        return text, int((until - now).total_seconds())
