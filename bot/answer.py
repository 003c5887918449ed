"""Answering one message: one transaction from "seen before?" to the stored reply, with no network in it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from bot import notices
from bot.logs import logger
from bot.spool import Spool
from handlers.intake import Taken, is_quiet, take
from handlers.meaning import plain
from handlers.respond import respond
from handlers.router import Router
from handlers.turn import EventKind, Meaning, Message, MessageKind, Opens, Reply, Turn, WindowNumbers, World
from models import outboxes, people, tickets
from models.base import table
from models.clock import Clock
from models.conversation import Conversation, State
from models.db import Database
from models.inbox import InboxMessage
from models.outbox import NoticeState
from models.person import Identity
from nlp.danger import danger
from nlp.understand import Understanding
from texts import residents

log = logger(__name__)

PATIENCE = timedelta(minutes=10)
"""How long a message that we fail to answer waits in the spool before staff get it as it is."""

GROUP = 16
"""How many messages share one transaction at most, so that the first of them does not wait long."""

RIDES = 3
"""How many waiting notices ride on one reply: more would not be read."""

Wake = Callable[[Session], None]
"""Called after the commit with the session, to hand what it enqueued to the queue."""


@dataclass(slots=True)
class _Waiting:
    """Plain words in line for the short way."""

    message: Message
    found: Understanding
    reply: Reply | None = None
    fault: Exception | None = None
    is_done: bool = False


class Answerer:
    """Turns messages into replies, each exactly once."""

    def __init__(
        self, database: Database, world: Callable[[], World], router: Router, *, clock: Clock, spool: Spool, wake: Wake
    ) -> None:
        self._database = database
        self._world = world
        self._router = router
        self._clock = clock
        self._spool = spool
        self._wake = wake
        self._line: deque[_Waiting] = deque()
        self._turnstile = threading.Lock()

    def answer(self, message: Message) -> Reply:
        """The reply to a message, the same for every delivery of it.

        When the database does not take it, it is kept in the spool, danger is still answered, and the rest comes later.
        """
        if self._spool.holds(message):
            return self._keep(message)
        try:
            return self._answer(message)
        except Exception:
            # The one broad except: whatever went wrong, somebody's trouble is not lost and they are answered.
            log.exception("message not answered, spooled", channel=message.channel, kind=message.kind.value)
            return self._keep(message)

    def replay(self) -> int:
        """Answers what the spool holds; the replies are pushed, their callbacks are long over."""
        return self._spool.replay(self._replay_one)

    def _replay_one(self, message: Message) -> bool:
        try:
            self._answer(message, push=True)
        except Exception:
            log.exception("spooled message not answered yet", channel=message.channel)
            return self._clock() - message.sent_at > PATIENCE and self._give_to_staff(message)
        return True

    def _give_to_staff(self, message: Message) -> bool:
        """What we fail to answer again and again becomes a ticket for triage with its words; False while even that
        fails.
        """
        now = self._clock()
        try:
            with self._database.transaction() as session:
                if _seen(session, message, now=now) is None:
                    identity = people.meet(session, message.channel, message.sender, now=now)
                    ticket = tickets.open_ticket(
                        session,
                        tickets.Report(words=message.text),
                        by=identity.person,
                        channel=message.channel,
                        now=now,
                    )
                    reply = Reply(residents.received_not_understood(ticket.number))
                    notices.say(session, identity.person_id, reply, channel=message.channel, now=now)
        except SQLAlchemyError:
            return False
        self._wake(session)
        return True

    def _keep(self, message: Message) -> Reply:
        self._spool.keep(message)
        if message.kind is MessageKind.EVENT and message.tap is None:
            return Reply()
        found = danger(message.text)
        if found is not None:
            return Reply(residents.danger(found.value, "", 0, gas_phone=self._world().gas_phone))
        return Reply(residents.stored_for_later())

    def _answer(self, message: Message, *, push: bool = False) -> Reply:
        """`push` also sends the reply as a message of its own: its callback is long over."""
        try:
            return self._once(message, push=push)
        except IntegrityError:
            # Two first messages of one person at once: one of them has added the person now.
            return self._once(message, push=push)

    def _once(self, message: Message, *, push: bool) -> Reply:
        found = plain(message, self._world())
        reply = None if found is None or push else self._shortly(_Waiting(message, found))
        if reply is not None:
            return reply
        now = self._clock()
        with self._database.transaction() as session:
            reply = _seen(session, message, now=now)
            if reply is None:
                taken = self._respond(session, message, self._world(), now=now)
                _remember(session, message, taken)
                reply = taken.reply
                if push and reply.text:
                    notices.say(session, taken.person_id, reply, channel=message.channel, now=now)
        self._wake(session)
        return reply

    def _shortly(self, mine: _Waiting) -> Reply | None:
        """The short way of plain words; None for whom the long way is needed.

        On SQLite only one can write at a time: whoever is first through takes everybody who stands in line along, in
        one transaction.
        """
        if self._database.is_sqlite:
            self._line.append(mine)
            with self._turnstile:
                while not mine.is_done:
                    self._try([self._line.popleft() for _ in range(min(len(self._line), GROUP))])
        else:
            self._try([mine])
        if isinstance(mine.fault, OperationalError):
            raise mine.fault
        return None if mine.fault else mine.reply

    def _try(self, group: Sequence[_Waiting]) -> None:
        fault: Exception | None = None
        try:
            self._take(group)
        except Exception as error:
            # One of them is at fault, and all were rolled back: everybody goes the long way by themselves, unless it is
            # the database that is away.
            log.exception("short way failed", messages=len(group))
            fault = error
        for each in group:
            each.is_done, each.fault = True, fault

    def _take(self, group: Sequence[_Waiting]) -> None:
        now, world = self._clock(), self._world()
        with self._database.transaction() as session:
            for each in group:
                known = is_quiet(session, each.message, now=now)
                if known is None:
                    continue
                each.reply = _seen(session, each.message, now=now)
                if each.reply is None:
                    taken = take(session, each.message, each.found, known, world, now=now)
                    _remember(session, each.message, taken)
                    each.reply = taken.reply
        self._wake(session)

    def _respond(self, session: Session, message: Message, world: World, *, now: datetime) -> Taken:
        """The long way, for everything but a plain report."""
        turn = self._turn(session, message, world, now=now)
        reply = _carry(turn, respond(turn, self._router))
        person_id = turn.person.id
        if message.card is not None and reply.text:
            # A pressed card's callback can only change the card: the words go by themselves.
            notices.say(session, person_id, reply, channel=message.channel, now=now)
            reply = Reply(card_caption=reply.card_caption)
        session.flush()
        return Taken(reply, person_id, turn.ticket_id)

    def _turn(self, session: Session, message: Message, world: World, *, now: datetime) -> Turn:
        account = message.detail.get("userid", "") if message.event is EventKind.MEMBER_LEFT else message.sender
        identity = people.meet(session, message.channel, account, now=now)
        window = world.windows.get(message.channel)
        if window is not None and message.opens is not None:
            _open_window(identity, message.opens, window, now=now)
        if message.event is not EventKind.UNFOLLOW:
            identity.reachable = True
        if message.card is not None:
            identity.cards = True
        identity.seen_at = now
        return Turn(
            message=message,
            session=session,
            now=now,
            identity=identity,
            conversation=_conversation(session, identity, now=now),
            world=world,
            roles=people.role_names(identity.person),
        )


_INBOX = table(InboxMessage)


def _count_deliveries(dialect: Any) -> Any:
    statement = dialect.insert(_INBOX)
    statement = statement.on_conflict_do_update(index_elements=["key"], set_={"deliveries": _INBOX.c.deliveries + 1})
    return statement.returning(_INBOX.c.reply, _INBOX.c.deliveries)


_SEEN = {"sqlite": _count_deliveries(sqlite), "postgresql": _count_deliveries(postgresql)}
_ANSWERED = (
    update(_INBOX)
    .where(_INBOX.c.key == bindparam("of"))
    .values(person_id=bindparam("person"), ticket_id=bindparam("ticket"), reply=bindparam("said"))
)


def _remember(session: Session, message: Message, taken: Taken) -> None:
    """Keeps the reply beside the message, for its repeats."""
    session.connection().execute(
        _ANSWERED,
        {
            "of": message.key,
            "person": taken.person_id,
            "ticket": taken.ticket_id,
            "said": taken.reply.to_json(),
        },
    )


def _seen(session: Session, message: Message, *, now: datetime) -> Reply | None:
    """The stored reply of a repeat, or None for a new message.

    DO UPDATE and not DO NOTHING: only an update sees the row that a concurrent delivery has just committed.
    """
    row = {
        "key": message.key,
        "channel": message.channel,
        "kind": message.kind.value,
        "text": message.tap or message.text,
        "deliveries": 1,
        "received_at": now,
    }
    reply, deliveries = session.connection().execute(_SEEN[session.get_bind().dialect.name], row).one()
    if deliveries == 1:
        return None
    return Reply.from_json(reply) if reply else Reply()


def _open_window(identity: Identity, opens: Opens, window: WindowNumbers, *, now: datetime) -> None:
    if opens is Opens.MESSAGE:
        people.open_window(identity, count=window.message_count, seconds=window.message_seconds, now=now)
    else:
        people.open_window(identity, count=window.click_count, seconds=window.click_seconds, now=now)


def _conversation(session: Session, identity: Identity, *, now: datetime) -> Conversation:
    """Where the conversation stands."""
    conversation = session.scalar(
        select(Conversation).where(
            Conversation.person_id == identity.person_id, Conversation.channel == identity.channel
        )
    )
    if conversation is None:
        conversation = Conversation(person_id=identity.person_id, channel=identity.channel, state=State.IDLE, data={})
        session.add(conversation)
        session.flush()
    elif conversation.expires_at is not None and conversation.expires_at <= now:
        conversation.state, conversation.data, conversation.expires_at = State.IDLE, {}, None
    return conversation


def _carry(turn: Turn, reply: Reply) -> Reply:
    """Puts news that could not be pushed under the reply, and the privacy notice under the first one."""
    text = reply.text
    if turn.message.card is not None or turn.message.event is EventKind.UNFOLLOW:
        return reply
    person = turn.person
    calm = turn.meant is not Meaning.DANGER
    if turn.ticket_id is not None and text and calm and turn.conversation.informed_at is None:
        turn.conversation.informed_at = turn.now
        text = f"{text}\n{residents.PRIVACY}"
    parts, choices = [], list(reply.choices)
    for notice in outboxes.waiting(turn.session, person.id, most=RIDES):
        if notice.channel not in ("", turn.message.channel):
            continue
        words = notices.in_words(turn.session, notice, now=turn.now)
        notice.lease_until = None
        if words is None:
            notice.state = NoticeState.DROPPED
            continue
        if choices and words.choices:
            break  # one question at a time: the other waits for the next reply
        parts.append(words.text)
        choices = choices or [*notices.choices_of(words)]
        notices.shown(turn.session, notice, words, channel=turn.message.channel, way=notices.PASSIVE, now=turn.now)
    if parts:
        news = "\n".join([residents.waiting_head(len(parts)), *parts])
        text = f"{text}\n\n{news}" if text else news
    return replace(reply, text=text, choices=tuple(choices))
