"""The line before the short way: whoever is first takes everybody who waits along, in one transaction."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from bot import inbox
from bot.logs import logger
from handlers.intake import Plain, quiet, take
from handlers.meaning import plain
from handlers.turn import Message, MessageKind, Reply, World
from models.clock import Clock
from models.db import Database, is_contention
from models.intake import Known

log = logger(__name__)

GROUP = 16
"""How many messages share one transaction at most, so that the first of them does not wait long."""

GATHER_SECONDS = 0.002
"""How long the first waits for others whose requests have come in: a transaction costs more than what it carries."""


def _closed() -> threading.Lock:
    """A gate: whoever acquires it waits until it is released."""
    gate = threading.Lock()
    gate.acquire()
    return gate


@dataclass(slots=True)
class _Waiting:
    """Somebody in line, woken once: to lead the next group, or because the answer is there."""

    message: Message
    woken: threading.Lock = field(default_factory=_closed)
    leads: bool = False
    reply: Reply | None = None
    ticket_id: int | None = None
    """Of the ticket that the words opened."""
    fault: Exception | None = None


class Line:
    """Answers plain words, many at a time; safe to use from many threads.

    One leads at a time; the others only wait, so that threads do not take the interpreter from each other.
    """

    def __init__(
        self,
        database: Database,
        world: Callable[[], World],
        *,
        clock: Clock,
        dispatch: Callable[[Sequence[int]], object],
        coming: Callable[[], int],
    ) -> None:
        """`dispatch` is given the ids of new tickets once they are stored. `coming` tells how many messages are being
        answered at this moment, those in line included.
        """
        self._database = database
        self._world = world
        self._clock = clock
        self._dispatch = dispatch
        self._coming = coming
        self._line: deque[_Waiting] = deque()
        self._leading = False
        self._opened: list[int] = []
        self._guard = threading.Lock()

    def take(self, message: Message) -> Reply | None:
        """The reply, stored on the disk; None for whom the long way is needed.

        Raises OperationalError when the database is away.
        """
        if message.kind is not MessageKind.TEXT or message.tap:
            return None
        mine = _Waiting(message)
        with self._guard:
            self._line.append(mine)
            mine.leads, self._leading = not self._leading, True
        if not mine.leads:
            mine.woken.acquire()
        if mine.leads:
            self._lead()
        if isinstance(mine.fault, OperationalError) and not is_contention(mine.fault):
            raise mine.fault
        return mine.reply if mine.fault is None else None

    def _lead(self) -> None:
        """Answers the first in line, whose thread this is, and those who can go along."""
        if self._coming() > len(self._line):
            time.sleep(GATHER_SECONDS)
        group = self._next()
        fault: Exception | None = None
        try:
            try:
                commit = self._answer(group)
            finally:
                self._hand_over()  # the next group is written while this one waits for the disk
            self._database.keep(commit)
        except Exception as error:
            # One of them is at fault, and all were rolled back: everybody goes the long way by themselves, unless it is
            # the database that is away.
            log.exception("short way failed", messages=len(group))
            fault = error
        for each in group:
            each.fault = fault
            each.woken.release()
        self._pass_on([each.ticket_id for each in group if each.ticket_id is not None] if fault is None else [])

    def _pass_on(self, opened: Sequence[int]) -> None:
        """Has tickets dispatched: many at once cost less, so those of a small group wait for the next one's."""
        with self._guard:
            self._opened += opened
            if self._leading and len(self._opened) < GROUP:
                return  # whoever leads now comes here too
            opened, self._opened = self._opened, []
        if opened:
            self._dispatch(opened)

    def _hand_over(self) -> None:
        with self._guard:
            self._leading = bool(self._line)
            if self._leading:
                self._line[0].leads = True
                self._line[0].woken.release()

    def _next(self) -> list[_Waiting]:
        """The first in line and those behind who can go with them: messages of one channel, each of another account."""
        members: list[_Waiting] = []
        left: list[_Waiting] = []
        accounts = set()
        with self._guard:
            while self._line and len(members) < GROUP:
                each = self._line.popleft()
                fits = not members or members[0].message.channel == each.message.channel
                if fits and each.message.sender not in accounts:
                    accounts.add(each.message.sender)
                    members.append(each)
                else:
                    left.append(each)
            self._line.extendleft(reversed(left))
        return members

    def _answer(self, members: Sequence[_Waiting]) -> int:
        """Fills in the replies of those who can go the short way; the commit that wrote them, 0 for none."""
        now, world = self._clock(), self._world()
        found = [(each, plain(each.message, world)) for each in members]
        could = [(each, Plain(each.message, meant)) for each, meant in found if meant is not None]

        def write(connection: Connection) -> None:
            known = quiet(connection, [said for _, said in could], now=now)
            free = [(each, said) for each, said in could if each.message.sender in known]
            if free:
                _take(connection, free, known, world, now=now)

        return self._database.write(write) if could else 0


def _take(
    connection: Connection,
    free: Sequence[tuple[_Waiting, Plain]],
    known: Mapping[str, Known],
    world: World,
    *,
    now: datetime,
) -> None:
    replies = inbox.repeats(connection, [said.message for _, said in free])
    fresh = []
    for each, said in free:
        each.reply = replies.get(said.message.key)
        if each.reply is None:
            fresh.append((each, said))
    if not fresh:
        return
    taken = take(connection, [said for _, said in fresh], known, world, now=now)
    answered = [(said.message, one) for (_, said), one in zip(fresh, taken, strict=True)]
    inbox.keep(connection, answered, now=now)
    for (each, _), one in zip(fresh, taken, strict=True):
        each.reply, each.ticket_id = one.reply, one.ticket_id
