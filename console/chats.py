"""The chats that people handed over to staff: what was said, an answer, handing back to the bot, and words for somebody
whose chat is over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from werkzeug.exceptions import NotFound

from console.house import House, as_id, field
from console.means import Reach
from console.ready import in_chat
from console.sight import Sight
from models import chats, people
from models.conversation import Conversation
from models.errors import Refusal, Refused
from models.inbox import InboxMessage
from models.outbox import Notice, NoticeKind, NoticeState
from models.person import Identity, Person
from models.ticket import Ticket

MOST_CHATS = 100
MOST_LINES = 40
LONGEST_ANSWER = 600
"""The platform cuts a text at 2,048 bytes; three bytes a character."""
STOP_ASKING = 286
"""With this status htmx does not ask again."""


@dataclass(frozen=True, slots=True)
class Line:
    """One bubble: whose (person, bot or staff), what, when, and for an answer of ours where it stands."""

    who: str
    text: str
    at: datetime
    kind: str = "text"
    state: NoticeState | None = None
    by: int | None = None


def add_chats(blueprint: Blueprint, house: House) -> None:
    """The pages of handed-over chats."""

    @blueprint.get("/chats")
    def chat_list() -> str:
        with house.looking() as sight:
            sight.at_desk()
            found = sight.session.execute(
                select(Conversation, Person)
                .join(Person, Person.id == Conversation.person_id)
                .where(sight.conversations())
                .order_by(Conversation.id)
                .limit(MOST_CHATS)
            ).all()
            accounts = _accounts(sight, [chat for chat, _ in found])
            rows = [
                (chat, person, _last_words(sight, chat), accounts.get((chat.person_id, chat.channel)))
                for chat, person in found
            ]
            rows.sort(key=lambda row: (row[2] is None, row[2].received_at if row[2] else sight.now))
            reach = house.means.reach(NoticeKind.STAFF_REPLY) if rows else {}
            shown = [(*row, _carried_by(reach, row[3], now=sight.now)) for row in rows]
            return house.page("chats.html", sight, rows=shown)

    @blueprint.get("/chats/<int(max=999999999999):chat_id>")
    def chat_page(chat_id: int) -> str:
        with house.looking() as sight:
            former = sight.former_conversation(chat_id)
            if former is not None:
                return _over(house, sight, former)
            return house.page("chat.html", sight, **_chat(house, sight, sight.conversation(chat_id)))

    @blueprint.get("/chats/<int(max=999999999999):chat_id>/lines")
    def chat_lines(chat_id: int) -> ResponseReturnValue:
        with house.looking() as sight:
            if sight.former_conversation(chat_id) is not None:
                # Put below what was said: whoever is writing still sees it, and keeps what they wrote.
                note = render_template("_chat_ended.html", **house.frame())
                return note, STOP_ASKING, {"HX-Reswap": "beforeend"}
            return render_template(
                "_chat_lines.html", **house.frame(), **_chat(house, sight, sight.conversation(chat_id))
            )

    @blueprint.post("/chats/<int(max=999999999999):chat_id>/reply")
    def chat_reply(chat_id: int) -> ResponseReturnValue:
        text = field("text", most=LONGEST_ANSWER)
        ready = as_id(field("ready", most=12))
        if ready:
            # Put into the draft, not sent: it may need a word more.
            with house.looking() as sight:
                former, found = sight.former_conversation(chat_id), sight.ready_answer(ready)
                draft = f"{text}\n{found.text}".strip()[:LONGEST_ANSWER]
                if former is not None:
                    return _over(house, sight, former, draft=draft)
                chat = sight.conversation(chat_id)
                return house.page("chat.html", sight, **_chat(house, sight, chat), draft=draft)
        try:
            with house.doing() as sight:
                chat = sight.conversation(chat_id, lock=True)
                if not text:
                    raise Refused(Refusal.REASON_MISSING)
                if str(_last_answer(sight, chat)) != field("seen", most=12):
                    # A colleague answered in between, or the button was pressed twice.
                    raise Refused(Refusal.CHANGED)
                chats.answer(sight.session, chat, text, by=sight.person, now=sight.now, minutes=house.handover_minutes)
        except (NotFound, Refused) as fault:
            with house.looking() as sight:
                former = sight.former_conversation(chat_id)
                if former is not None:
                    return _over(house, sight, former, draft=text), 409
                refused = fault if isinstance(fault, Refused) else None
                values = _chat(house, sight, sight.conversation(chat_id))
                return house.page("chat.html", sight, **values, refused=refused, draft=text), 409
        return redirect(url_for(".chat_page", chat_id=chat_id), 303)

    @blueprint.post("/chats/<int(max=999999999999):chat_id>/hand-back")
    def chat_hand_back(chat_id: int) -> ResponseReturnValue:
        try:
            with house.doing() as sight:
                chat = sight.conversation(chat_id, lock=True)
                chats.hand_back(sight.session, chat, by=sight.person, now=sight.now)
        except NotFound:
            with house.looking() as sight:
                if sight.former_conversation(chat_id) is None:
                    raise
            return redirect(url_for(".chat_page", chat_id=chat_id), 303)
        return redirect(url_for(".chat_list", done="handed_back"), 303)

    @blueprint.post("/chats/<int(max=999999999999):chat_id>/bring")
    def chat_bring(chat_id: int) -> ResponseReturnValue:
        text = field("text", most=LONGEST_ANSWER)
        try:
            with house.doing() as sight:
                _bring(house, sight, chat_id, text, seen=field("seen", most=12))
        except Refused as refused:
            with house.looking() as sight:
                former = sight.former_conversation(chat_id)
                if former is not None:
                    return _over(house, sight, former, draft=text, refused=refused), 409
                values = _chat(house, sight, sight.conversation(chat_id))
                return house.page("chat.html", sight, **values, refused=refused, draft=text), 409
        return redirect(url_for(".chat_list", done="brought"), 303)


def _bring(house: House, sight: Sight, chat_id: int, text: str, *, seen: str) -> None:
    """Words for somebody whose chat is over (留言); where they have asked for somebody again they are an answer."""
    former = sight.former_conversation(chat_id)
    chat = former if former is not None else sight.conversation(chat_id, lock=True)
    if not text:
        raise Refused(Refusal.REASON_MISSING)
    if str(_last_answer(sight, chat)) != seen:
        raise Refused(Refusal.CHANGED)
    if former is None:
        chats.answer(sight.session, chat, text, by=sight.person, now=sight.now, minutes=house.handover_minutes)
    elif not chats.is_reachable(sight.session, chat):
        raise Refused(Refusal.NOBODY_TO_TELL)
    else:
        chats.bring(sight.session, chat, text, by=sight.person, now=sight.now)


def _over(house: House, sight: Sight, chat: Conversation, *, draft: str = "", refused: Refused | None = None) -> str:
    """The page of a chat that is over: nothing of what is said to the bot since, and what was written is kept."""
    return house.page(
        "chat_over.html",
        sight,
        chat=chat,
        someone=sight.session.get_one(Person, chat.person_id),
        is_there=chats.is_reachable(sight.session, chat),
        seen=_last_answer(sight, chat),
        draft=draft,
        refused=refused,
    )


def _accounts(sight: Sight, shown: Sequence[Conversation]) -> dict[tuple[int, str], Identity]:
    """Through which account each of them talks; the newest where there are several."""
    ids = {chat.person_id for chat in shown}
    found = sight.session.scalars(select(Identity).where(Identity.person_id.in_(ids)).order_by(Identity.id))
    return {(each.person_id, each.channel): each for each in found}


def _carried_by(reach: Mapping[str, Reach], identity: Identity | None, *, now: datetime) -> str:
    """How an answer written now goes out: at once (`app`), inside the window (`window`), by a template that cuts it
    (`template`), with the person's next words (`later`), or not at all (`gone`).
    """
    if identity is None:
        return "later"
    if not identity.reachable:
        return "gone"
    known = reach.get(identity.channel)
    ways = known.ways if known is not None else ("customer",)
    if "app" in ways:
        return "app"
    if "customer" in ways and people.can_still_reply(identity, now=now):
        return "window"
    return "template" if {"template", "subscription"} & {*ways} else "later"


def _last_words(sight: Sight, chat: Conversation) -> InboxMessage | None:
    return sight.session.scalar(
        select(InboxMessage)
        .where(InboxMessage.person_id == chat.person_id, InboxMessage.channel == chat.channel)
        .order_by(InboxMessage.received_at.desc())
        .limit(1)
    )


def _last_answer(sight: Sight, chat: Conversation) -> int:
    """The newest answer of staff, so that two of them never talk across each other."""
    newest = sight.session.scalar(
        select(func.max(Notice.id)).where(
            Notice.person_id == chat.person_id, Notice.kind == NoticeKind.STAFF_REPLY, Notice.channel == chat.channel
        )
    )
    return newest or 0


def _chat(house: House, sight: Sight, chat: Conversation) -> dict[str, Any]:
    session = sight.session
    identity = _accounts(sight, [chat]).get((chat.person_id, chat.channel))
    lines: list[Line] = []
    for message in session.scalars(
        select(InboxMessage)
        .where(InboxMessage.person_id == chat.person_id, InboxMessage.channel == chat.channel)
        .order_by(InboxMessage.received_at.desc())
        .limit(MOST_LINES)
    ):
        answered = str((message.reply or {}).get("text", ""))
        if answered:
            lines.append(Line("bot", answered, message.received_at))
        lines.append(Line("person", message.text, message.received_at, kind=message.kind))
    answers = session.scalars(
        select(Notice)
        .where(
            Notice.person_id == chat.person_id, Notice.kind == NoticeKind.STAFF_REPLY, Notice.channel == chat.channel
        )
        .order_by(Notice.id.desc())
        .limit(MOST_LINES)
    ).all()
    for answer in answers:
        text, by = str(answer.data.get("text", "")), answer.data.get("by")
        lines.append(Line("staff", text, answer.created_at, state=answer.state, by=by if isinstance(by, int) else None))
    # From the newest to the oldest until here: turned over, an answer still follows what it answers.
    lines.reverse()
    lines.sort(key=lambda line: line.at)
    ready, more_ready = in_chat(sight)
    spoke = {line.by for line in lines if line.by is not None}
    return {
        "chat": chat,
        "someone": session.get_one(Person, chat.person_id),
        "identity": identity,
        "carried_by": _carried_by(house.means.reach(NoticeKind.STAFF_REPLY), identity, now=sight.now),
        "lines": lines,
        "seen": _last_answer(sight, chat),
        "ready": ready,
        "more_ready": more_ready,
        "colleagues": sight.names(spoke),
        "their_tickets": session.scalars(
            select(Ticket)
            .where(Ticket.reporter_id == chat.person_id, sight.tickets())
            .order_by(Ticket.id.desc())
            .limit(5)
        ).all(),
    }
