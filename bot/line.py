"""The line before the short way: whoever is first through takes everybody who waits along, in one transaction."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot import inbox
from bot.logs import logger
from handlers.intake import Plain, quiet, take
from handlers.turn import Reply, World
from models.clock import Clock
from models.db import Database, is_contention

log = logger(__name__)

GROUP = 16
"""How many messages share one transaction at most, so that the first of them does not wait long."""

GATHER_SECONDS = 0.002
"""How long the first waits for others whose requests have come in: a transaction costs more than what it carries."""


@dataclass(slots=True)
class _Waiting:
    """Somebody in line; `group` is None until they were taken along."""

    plain: Plain
    reply: Reply | None = None
    group: _Group | None = None


@dataclass(slots=True)
class _Group:
    """Those who share a transaction: messages of one channel, each of another account."""

    members: list[_Waiting] = field(default_factory=list)
    session: Session | None = None
    fault: Exception | None = None


class Line:
    """Answers plain words, many at a time; safe to use from many threads."""

    def __init__(
        self,
        database: Database,
        world: Callable[[], World],
        *,
        clock: Clock,
        wake: Callable[[Session], None],
        coming: Callable[[], int],
    ) -> None:
        """`coming` tells how many messages are being answered at this moment, those in line included."""
        self._database = database
        self._coming = coming
        self._world = world
        self._clock = clock
        self._wake = wake
        self._line: deque[_Waiting] = deque()
        self._turnstile = threading.Lock()

    def take(self, plain: Plain) -> Reply | None:
        """The reply, stored on the disk; None for whom the long way is needed. Raises OperationalError when the
        database is away.
        """
        mine, led = _Waiting(plain), []
        self._line.append(mine)
        with self._turnstile:
            if mine.group is None and self._coming() > len(self._line):
                time.sleep(GATHER_SECONDS)
            while mine.group is None:
                led.append(self._lead())
        if mine.group.fault is None and mine.group.session is not None:
            self._database.keep(mine.group.session)
        for group in led:
            if group.session is not None and group.fault is None:
                self._wake(group.session)
        if isinstance(mine.group.fault, OperationalError) and not is_contention(mine.group.fault):
            raise mine.group.fault
        return mine.reply if mine.group.fault is None else None

    def _lead(self) -> _Group:
        group = _Group(self._next())
        try:
            group.session = self._answer(group.members)
        except Exception as fault:
            # One of them is at fault, and all were rolled back: everybody goes the long way by themselves, unless it is
            # the database that is away.
            log.exception("short way failed", messages=len(group.members))
            group.fault = fault
        for member in group.members:
            member.group = group
        return group

    def _next(self) -> list[_Waiting]:
        """The first in line and those behind who can go with them; the others keep their places."""
        members: list[_Waiting] = []
        left: list[_Waiting] = []
        accounts = set()
        while self._line and len(members) < GROUP:
            each = self._line.popleft()
            message = each.plain.message
            fits = not members or members[0].plain.message.channel == message.channel
            if fits and message.sender not in accounts:
                accounts.add(message.sender)
                members.append(each)
            else:
                left.append(each)
        self._line.extendleft(reversed(left))
        return members

    def _answer(self, members: Sequence[_Waiting]) -> Session:
        now, world = self._clock(), self._world()
        with self._database.unkept() as session:
            known = quiet(session, [each.plain for each in members], now=now)
            free = [each for each in members if each.plain.message.sender in known]
            replies = inbox.repeats(session, [each.plain.message for each in free]) if free else {}
            fresh = []
            for each in free:
                each.reply = replies.get(each.plain.message.key)
                if each.reply is None:
                    fresh.append(each)
            if fresh:
                taken = take(session, [each.plain for each in fresh], known, world, now=now)
                answered = [(each.plain.message, one) for each, one in zip(fresh, taken, strict=True)]
                inbox.keep(session, answered, now=now)
                for each, one in zip(fresh, taken, strict=True):
                    each.reply = one.reply
        return session
