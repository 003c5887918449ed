"""The short way: plain words of many people, understood and stored together in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot import inbox
from handlers.intake import Plain, quiet, take
from handlers.meaning import plain
from handlers.turn import Message, MessageKind, Reply, World
from models.clock import Clock
from models.db import Database
from models.intake import Known


@dataclass(slots=True)
class _Said:
    """A message of plain words, and what came of it."""

    plain: Plain
    reply: Reply | None = None
    ticket_id: int | None = None

    @property
    def message(self) -> Message:
        return self.plain.message


class Together:
    """Answers plain words, those of many people at once; safe to use from many threads."""

    def __init__(
        self,
        database: Database,
        world: Callable[[], World],
        *,
        clock: Clock,
        dispatch: Callable[[Sequence[int]], object],
    ) -> None:
        """`dispatch` is given the ids of new tickets once they are stored."""
        self._database = database
        self._world = world
        self._clock = clock
        self._dispatch = dispatch

    def take(self, messages: Sequence[Message]) -> list[Reply | None]:
        """The replies, None for whom the long way is needed; what they tell of is on the disk.

        Raises what the database raises; nothing of this group is stored then.
        """
        world = self._world()
        found = [_plain(message, world) for message in messages]
        if any(found):
            self._write(_by_channel(found), world)
        opened = [each.ticket_id for each in found if each is not None and each.ticket_id is not None]
        if opened:
            self._dispatch(opened)
        return [None if each is None else each.reply for each in found]

    def _write(self, channels: Sequence[Sequence[_Said]], world: World) -> None:
        now = self._clock()

        def write(connection: Connection) -> None:
            for group in channels:
                known = quiet(connection, [each.plain for each in group], now=now)
                free = [each for each in group if each.message.sender in known]
                replies = inbox.repeats(connection, [each.message for each in free]) if free else {}
                for each in free:
                    each.reply = replies.get(each.message.key)
                fresh = [each for each in free if each.reply is None]
                if fresh:
                    _take(connection, fresh, known, world, now=now)

        self._database.write(write)


def _plain(message: Message, world: World) -> _Said | None:
    if message.kind is not MessageKind.TEXT or message.tap:
        return None
    meant = plain(message, world)
    return None if meant is None else _Said(Plain(message, meant))


def _by_channel(found: Sequence[_Said | None]) -> list[list[_Said]]:
    """Messages of one channel together, each of another account; who speaks twice is answered alone the second time.

    In the order of the channels, so that two processes lock accounts in one order.
    """
    channels: dict[str, dict[str, _Said]] = {}
    for each in found:
        if each is not None:
            channels.setdefault(each.message.channel, {}).setdefault(each.message.sender, each)
    return [list(channels[key].values()) for key in sorted(channels)]


def _take(
    connection: Connection, fresh: Sequence[_Said], known: Mapping[str, Known], world: World, *, now: datetime
) -> None:
    taken = take(connection, [each.plain for each in fresh], known, world, now=now)
    inbox.keep(connection, [(each.message, one) for each, one in zip(fresh, taken, strict=True)], now=now)
    for each, one in zip(fresh, taken, strict=True):
        each.reply, each.ticket_id = one.reply, one.ticket_id
