"""A human takes over (人工): the bot is silent until staff hand back, the person leaves, or half an hour passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from handlers import dialogue, report
from handlers.meaning import shows
from handlers.router import Routes
from handlers.turn import Choice, Meaning, MessageKind, Reply, Turn, as_row
from models import chats, finding, opening, people, transitions
from models.calendar import in_office_hours, next_opening
from models.conversation import Conversation, State
from models.errors import Refusal, Refused
from models.lifecycle import Action
from models.outbox import NoticeKind
from models.person import Person, RoleKind
from models.ticket import Ticket, TicketKind
from nlp import commands
from nlp.commands import Intent, word
from nlp.complaints import complained_of, is_about_who_did_it
from texts import common, residents, staff

routes = Routes()


@routes(Intent.HUMAN)
def human(turn: Turn) -> Reply:
    """In office hours staff take over at once; otherwise a ticket waits for them."""
    limits = turn.world.limits
    if turn.conversation.is_handed_over(turn.now):
        # Tapped again: it goes on with whoever answers.
        return Reply(residents.handed_over_already())
    opens = next_opening(turn.now, limits.opens)
    if not in_office_hours(turn.now, limits.opens, limits.closes):
        ticket = opening.open_ticket(
            turn.session,
            opening.Report(words=turn.rest or turn.text, kind=TicketKind.INQUIRY, area_id=turn.person.home_area_id),
            by=turn.person,
            channel=turn.message.channel,
            now=turn.now,
        )
        dialogue.remember(turn, ticket)
        dialogue.wait(turn, State.ADDITION, ticket=ticket.id)
        return Reply(residents.handed_over_off_hours(ticket.number, opens=opens, now=turn.now))
    but = chats.but_for(_complained_of(turn, turn.rest))
    dialogue.wait(turn, State.HANDED_OVER, minutes=limits.handover_minutes, **but)
    chat, whom = turn.conversation, chats.readers(turn.session, turn.conversation)
    chats.tell(turn.session, NoticeKind.HANDED_OVER, chat, whom, now=turn.now)
    if turn.rest:
        chats.tell(turn.session, NoticeKind.HANDOVER_WORDS, chat, whom, now=turn.now, text=turn.rest)
    return Reply(residents.handed_over("", open_now=True, opens=opens, now=turn.now))


@routes(Meaning.TO_STAFF)
def to_staff(turn: Turn) -> Reply:
    """Everything said goes to staff; the bot is silent. What tells how an open matter goes on also stands there."""
    dialogue.wait(turn, State.HANDED_OVER, minutes=turn.world.limits.handover_minutes, **turn.conversation.data)
    if turn.message.kind in report.MEDIA:
        report.keep(turn)
    text = turn.text or residents.SENT[turn.message.kind.value]
    about_whom = _complained_of(turn, turn.text)
    chats.keep_from(turn.session, turn.conversation, about_whom, now=turn.now)
    whom = chats.readers(turn.session, turn.conversation)
    about = turn.row() or None
    if about is not None:
        report.add_more(turn, turn.session.get_one(Ticket, about), turn.text, but=whom)
    chats.tell(
        turn.session,
        NoticeKind.HANDOVER_WORDS,
        turn.conversation,
        whom,
        now=turn.now,
        ticket_id=about,
        text=text,
    )
    return Reply(_no_choice(turn))


def _complained_of(turn: Turn, said: str) -> frozenset[int]:
    """The ids of those at a desk whom words complain of: who is named in them or, where nobody is, who has the matter
    just spoken of or did something for it last.
    """
    desks = people.with_role(turn.session, [RoleKind.STAFF, RoleKind.STREET, RoleKind.ADMIN], area=None)
    named = complained_of(said, {each.id: each.name for each in desks})
    if named or not is_about_who_did_it(said):
        return named
    ticket = dialogue.recent(turn) or finding.own_last(turn.session, turn.person)
    did = finding.did_last(turn.session, ticket) if ticket is not None else None
    return frozenset({each.id for each in desks} & {did})


def _no_choice(turn: Turn) -> str:
    """Once in a chat, to whoever types the number of a choice the bot has shown: it went to staff and chose nothing."""
    digit = commands.digit(turn.text)
    if digit is None or digit.words or turn.conversation.data.get("told") or not shows(turn, digit):
        return ""
    turn.conversation.data = {**turn.conversation.data, "told": True}
    return residents.number_to_staff(turn.text.strip())


@dataclass(frozen=True, slots=True)
class Chat:
    """A handed-over chat beside which something is tapped."""

    data: dict[str, Any]
    expires_at: datetime | None
    readers: Sequence[int]


def beside(turn: Turn) -> Chat | None:
    """The chat in which something is tapped, unless that is about the chat itself."""
    chat, is_about_it = turn.conversation, turn.meant in (Intent.CANCEL, Intent.HUMAN, Meaning.TO_STAFF)
    came_by_itself = turn.message.kind is MessageKind.EVENT and turn.message.tap is None
    if is_about_it or came_by_itself or not chat.is_handed_over(turn.now):
        return None
    return Chat(chat.data, chat.expires_at, chats.readers(turn.session, chat))


def goes_on(turn: Turn, chat: Chat, reply: Reply) -> Reply:
    """What was tapped is done and the chat goes on; where the bot now waits for words it is over, and both sides are
    told.
    """
    now = turn.conversation
    if now.state is State.HANDED_OVER:
        return reply
    if now.state is State.IDLE:
        now.state, now.data, now.expires_at = State.HANDED_OVER, chat.data, chat.expires_at
        return reply
    chats.tell(turn.session, NoticeKind.HANDOVER_OVER, now, chat.readers, now=turn.now)
    return replace(reply, text=f"{reply.text}\n{residents.LEFT_STAFF}")


def _name(turn: Turn, chat: Conversation) -> str:
    return turn.session.get_one(Person, chat.person_id).name or residents.NEIGHBOUR


def _number(turn: Turn) -> int:
    """The number a command names a chat by, 0 for none; four digits alone are how it was written before."""
    command = turn.command
    return 0 if command is None else command.chat or as_row(command.serial or "")


def _chat(turn: Turn) -> Conversation | None:
    """The chat a staff member names, if there is one they may answer."""
    return chats.named(turn.session, _number(turn), by=turn.person, now=turn.now)


def _no_chat(turn: Turn) -> Reply:
    assert turn.command is not None
    if turn.command.chat is None:
        raise Refused(Refusal.NOT_FOUND, number=turn.command.serial or "")
    return Reply(staff.no_chat(str(turn.command.chat)))


def _matter(turn: Turn) -> Ticket | None:
    """The matter of a resident that four digits mean, if they may mean one: what is named as a chat never is."""
    command = turn.command
    if command is None or command.serial is None:
        return None
    try:
        ticket = finding.find(turn.session, command.serial, by=turn.person)
        transitions.check(turn.session, ticket, Action.RELAY, by=turn.person)
    except Refused:
        return None
    return None if ticket.reporter_id == turn.person.id else ticket


@routes(Intent.REPLY)
def reply(turn: Turn) -> Reply:
    """Staff answer from their own chat. Nobody's words go to somebody else: where the number is another's too, or the
    chat is over, it is asked first.
    """
    chat, matter = _chat(turn), _matter(turn)
    names_something = _number(turn) or matter is not None
    if not turn.rest or not names_something:
        return Reply(staff.reply_how())
    if chat is not None and matter is None and chat.is_handed_over(turn.now):
        return _answer(turn, chat)
    choices = []
    if chat is not None and chat.is_handed_over(turn.now):
        label = staff.chat_choice(str(chat.id), _name(turn, chat))
        choices.append(Choice(label, f"{word(Intent.REPLY)} {common.chat(str(chat.id))} {turn.rest}"))
    elif chat is not None and chats.is_reachable(turn.session, chat):
        label = staff.bring_choice(_name(turn, chat))
        choices.append(Choice(label, f"{word(Intent.RELAY)} {common.chat(str(chat.id))} {turn.rest}"))
    if matter is not None:
        label = staff.matter_choice(matter.short, dialogue.category_name(turn, matter), matter.place)
        choices.append(Choice(label, f"{word(Intent.RELAY)} {matter.number} {turn.rest}"))
    if chat is not None and matter is not None:
        return Reply(staff.chat_or_matter(matter.short), tuple(choices))
    if chat is not None:
        return Reply(_over(turn, chat), tuple(choices))
    if matter is not None:
        return Reply(staff.number_of_a_matter(matter.short), tuple(choices))
    return _no_chat(turn)


def _over(turn: Turn, chat: Conversation) -> str:
    is_there = chats.is_reachable(turn.session, chat)
    return staff.chat_over(str(chat.id), _name(turn, chat), is_there=is_there)


def _answer(turn: Turn, chat: Conversation) -> Reply:
    minutes = turn.world.limits.handover_minutes
    colleague = chats.answer(turn.session, chat, turn.rest, by=turn.person, now=turn.now, minutes=minutes)
    return Reply(staff.replied(_name(turn, chat), colleague.name if colleague is not None else ""))


def bring(turn: Turn) -> Reply:
    """Words of staff for somebody whose chat is over; to one that is not they are an answer."""
    chat = _chat(turn)
    if chat is None:
        return _no_chat(turn)
    if not turn.rest:
        return Reply(staff.reply_how())
    if chat.is_handed_over(turn.now):
        return _answer(turn, chat)
    if not chats.is_reachable(turn.session, chat):
        return Reply(_over(turn, chat))
    chats.bring(turn.session, chat, turn.rest, by=turn.person, now=turn.now)
    return Reply(staff.brought(_name(turn, chat)))


@routes(Intent.HAND_BACK)
def hand_back(turn: Turn) -> Reply:
    """Staff are done; the bot speaks again."""
    chat = _chat(turn)
    if chat is None:
        return _no_chat(turn)
    if not chat.is_handed_over(turn.now):
        return Reply(staff.chat_ended(str(chat.id)))
    chats.hand_back(turn.session, chat, by=turn.person, now=turn.now)
    return Reply(staff.handed_back(_name(turn, chat)))
