"""Answering one message: one transaction from "seen before?" to the stored reply, with no network in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from bot import inbox, notices
from bot.logs import logger
from bot.photos import PhotoPages
from bot.spool import Spool
from bot.together import Together
from handlers import honours
from handlers.intake import Taken
from handlers.respond import respond
from handlers.router import Router
from handlers.turn import EventKind, Meaning, Message, MessageKind, Opens, Reply, Turn, WindowNumbers, World
from models import opening, outboxes, people
from models.clock import Clock
from models.conversation import Conversation, State
from models.db import Database, is_contention
from models.outbox import NoticeState
from models.person import Identity, RoleKind
from nlp.danger import danger
from texts import members, residents

log = logger(__name__)

PATIENCE = timedelta(minutes=10)
"""How long a message that we fail to answer waits in the spool before staff get it as it is."""

RIDES = 3
"""How many waiting notices ride on one reply: more would not be read."""

Wake = Callable[[Session], None]
"""Called after the commit with the session, to hand what it enqueued to the queue."""


class Answerer:
    """Turns messages into replies, each exactly once."""

    def __init__(
        self,
        database: Database,
        world: Callable[[], World],
        router: Router,
        *,
        clock: Clock,
        spool: Spool,
        wake: Wake,
        dispatch: Callable[[Sequence[int]], object],
        photos: PhotoPages | None = None,
    ) -> None:
        self._database = database
        self._world = world
        self._router = router
        self._clock = clock
        self._spool = spool
        self._wake = wake
        self._photos = photos
        self._together = Together(database, world, clock=clock, dispatch=dispatch)

    def answer(self, message: Message) -> Reply:
        """The reply to a message, the same for every delivery of it.

        When the database does not take it, it is kept in the spool, danger is still answered, and the rest comes later.
        """
        (reply,) = self.answer_together([message])
        return reply or self.answer_alone(message)

    def answer_together(self, messages: Sequence[Message]) -> list[Reply | None]:
        """The replies to plain words, None for every other message, which `answer_alone` answers."""
        try:
            if any(self._spool.holds(message) for message in messages):
                return [None] * len(messages)
            return self._together.take(messages)
        except Exception as error:
            # One of them is at fault, and all were rolled back (or the disk, and nobody is told yet): everybody goes
            # alone, unless it is the database that is away, which nobody has the time to find out twice.
            log.exception("messages not answered together", messages=len(messages))
            if isinstance(error, OperationalError) and not is_contention(error):
                return [self._keep(message) for message in messages]
            return [None] * len(messages)

    def answer_alone(self, message: Message) -> Reply:
        """`answer` of a message that was not answered with others."""
        if self._spool.holds(message):
            return self._keep(message)
        try:
            return self._answer(message)
        except Exception:
            # The broad except: whatever went wrong, somebody's trouble is not lost and they are answered.
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
            with self._database.transaction(first=True) as session:
                identity = people.meet(session, message.channel, message.sender, now=now)
                if inbox.seen(session, message, now=now) is None:
                    ticket = opening.open_ticket(
                        session,
                        opening.Report(words=message.text),
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
        now = self._clock()
        with self._database.transaction(first=True) as session:
            # First who speaks, then what: as on the short way, or two deliveries could wait for each other.
            identity = people.meet(session, message.channel, _account(message), now=now)
            reply = inbox.seen(session, message, now=now)
            if reply is None:
                taken = self._respond(session, message, identity, now=now)
                inbox.remember(session, message, taken)
                reply = taken.reply
                if reply.once and not push:
                    # A repeat of the message is answered without it: it is in nobody's database.
                    reply = replace(reply, text=f"{reply.text}\n{reply.once}", once="")
                if push and reply.text:
                    notices.say(session, taken.person_id, reply, channel=message.channel, now=now)
        self._wake(session)
        return reply

    def _respond(self, session: Session, message: Message, identity: Identity, *, now: datetime) -> Taken:
        """The long way, for everything but a plain report."""
        turn = self._turn(session, message, identity, now=now)
        reply = _carry(turn, self._with_photos(turn, respond(turn, self._router)), self._photos)
        person_id = turn.person.id
        if message.card is not None and reply.text:
            # A pressed card's callback can only change the card: the words go by themselves.
            notices.say(session, person_id, reply, channel=message.channel, now=now)
            reply = Reply(card_caption=reply.card_caption)
        session.flush()
        return Taken(reply, person_id, turn.ticket_id, forget=honours.is_secret(turn))

    def _with_photos(self, turn: Turn, reply: Reply) -> Reply:
        """A reply that hands somebody a task says where its photos are, if there are any."""
        if reply.photos_of is None or self._photos is None:
            return reply
        address = self._photos.address_for(turn.session, reply.photos_of, turn.person.id, now=turn.now)
        return replace(reply, text=f"{reply.text}\n{members.see_photos(address)}") if address else reply

    def _turn(self, session: Session, message: Message, identity: Identity, *, now: datetime) -> Turn:
        world = self._world()
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


def _account(message: Message) -> str:
    """Whose message it is: of a member who left the platform tells by itself."""
    account: str = message.detail.get("userid", "") if message.event is EventKind.MEMBER_LEFT else message.sender
    return account


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


def _carry(turn: Turn, reply: Reply, photos: PhotoPages | None) -> Reply:
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
    in_peace = turn.world.quiet.until(turn.now) is not None and RoleKind.RIDER.value in turn.roles
    for notice in outboxes.waiting(turn.session, person.id, most=RIDES):
        if notice.channel not in ("", turn.message.channel):
            continue
        if in_peace and notice.kind not in outboxes.NOT_FOR_LATER:
            continue  # their own word is answered, and the news waits for a calmer one
        words = notices.in_words(turn.session, notice, now=turn.now, photos=photos)
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
