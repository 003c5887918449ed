"""Chats that people hand over to staff (人工): who reads along, who answers, and how one ends."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from models import outboxes, people
from models.area import Area
from models.conversation import Conversation, State
from models.outbox import Notice, NoticeKind
from models.person import Identity, Person, RoleKind

LATELY = timedelta(days=1)
"""So long after a chat whoever was told of it may still write to the person."""

_COMPLAINED_OF = "complained_of"

_TELL_STAFF = (
    NoticeKind.HANDED_OVER,
    NoticeKind.HANDOVER_WORDS,
    NoticeKind.HANDOVER_TAKEN,
    NoticeKind.HANDOVER_OVER,
)


_DESKS = ([RoleKind.STAFF], [RoleKind.STREET], [RoleKind.ADMIN])
"""Who answers, and who does where nobody of those may."""


def on_duty(session: Session, person: Person, *, but: Collection[int] = ()) -> Sequence[Person]:
    """Whom somebody who wants a human reaches: the staff of where they live, everybody's where that is not known; `but`
    for those they complain of, in whose place it is the level above, at last anybody.
    """
    area = session.get(Area, person.home_area_id) if person.home_area_id else None
    nearest = people.with_role(session, [RoleKind.STAFF], area=area, category="")
    if not nearest or not but:
        anybody = people.with_role(session, [RoleKind.STAFF, RoleKind.STREET], area=None, category="")
        return nearest or [each for each in anybody if each.id not in but] or anybody
    for kinds in _DESKS:
        found = people.with_role(session, kinds, area=area, category="")
        if others := [each for each in found if each.id not in but]:
            return others
    return nearest


def complained_of(chat: Conversation) -> Collection[int]:
    """The ids of those whom a chat complains of: it is not theirs to answer."""
    return frozenset(chat.data.get(_COMPLAINED_OF, ()))


def but_for(whom: Collection[int]) -> dict[str, Any]:
    """What a chat knows from its beginning that complains of somebody."""
    return {_COMPLAINED_OF: sorted(whom)} if whom else {}


def keep_from(session: Session, chat: Conversation, whom: Collection[int], *, now: datetime) -> None:
    """Whoever is complained of need not answer any more; who answers in their place hears of the chat."""
    if not {*whom} - {*complained_of(chat)}:
        return
    before = readers(session, chat)
    chat.data = {**chat.data, **but_for({*complained_of(chat), *whom})}
    after = readers(session, chat)
    tell(session, NoticeKind.HANDOVER_TAKEN, chat, [each for each in before if each not in after], now=now)
    tell(session, NoticeKind.HANDED_OVER, chat, [each for each in after if each not in before], now=now)


def readers(session: Session, chat: Conversation) -> Sequence[int]:
    """Who is sent what is said: everybody on duty until one of them has answered, from then on that one."""
    answers, but = chat.data.get("staff"), complained_of(chat)
    if answers and answers not in but:
        return [answers]
    person = session.get_one(Person, chat.person_id)
    return [each.id for each in on_duty(session, person, but=but) if each.id != person.id]


def tell(
    session: Session,
    kind: NoticeKind,
    chat: Conversation,
    whom: Iterable[int],
    *,
    now: datetime,
    ticket_id: int | None = None,
    **facts: Any,
) -> None:
    """News of a chat for staff."""
    person = session.get_one(Person, chat.person_id)
    for person_id in whom:
        outboxes.tell(
            session,
            kind,
            person_id,
            now=now,
            ticket_id=ticket_id,
            data={"code": str(chat.id), "name": person.name, **facts},
            about_id=person.id,
        )


def named(session: Session, number: int, *, by: Person, now: datetime) -> Conversation | None:
    """The chat that somebody on duty names by its number: one that is handed over, or was lately and they were told of;
    None for every other.
    """
    chat = session.get(Conversation, number)
    return chat if chat is not None and _may_answer(session, chat, by, now=now) else None


def _may_answer(session: Session, chat: Conversation, by: Person, *, now: datetime) -> bool:
    person = session.get_one(Person, chat.person_id)
    if chat.is_handed_over(now):
        but = complained_of(chat)
        may = [each.id for each in on_duty(session, person, but=but)]
        return by.id in may or (chat.data.get("staff") == by.id and by.id not in but)
    heard = select(Notice.id).where(
        Notice.person_id == by.id,
        Notice.about_id == person.id,
        Notice.kind.in_([NoticeKind.HANDED_OVER, NoticeKind.HANDOVER_WORDS]),
        Notice.created_at > now - LATELY,
    )
    return session.scalar(heard.limit(1)) is not None


def was_handed_over(session: Session, chat: Conversation, *, now: datetime) -> bool:
    """Whether staff were told of a chat lately, or said something in it."""
    known = select(Notice).where(
        Notice.created_at > now - LATELY,
        or_(
            and_(Notice.about_id == chat.person_id, Notice.kind.in_(_TELL_STAFF)),
            and_(
                Notice.person_id == chat.person_id,
                Notice.channel == chat.channel,
                Notice.kind.in_([NoticeKind.STAFF_REPLY, NoticeKind.HANDED_BACK]),
            ),
        ),
    )
    return any(notice.data.get("code", str(chat.id)) == str(chat.id) for notice in session.scalars(known))


def is_reachable(session: Session, chat: Conversation) -> bool:
    """Whether the account that the chat is with is still there."""
    account = select(Identity.id).where(
        Identity.person_id == chat.person_id, Identity.channel == chat.channel, Identity.reachable.is_(True)
    )
    return session.scalar(account.limit(1)) is not None


def answer(
    session: Session, chat: Conversation, text: str, *, by: Person, now: datetime, minutes: int
) -> Person | None:
    """Staff answer, and go on for at least `minutes`; whoever else would have answered is told once. Gives the
    colleague who had answered before.
    """
    before = chat.data.get("staff")
    others = [each for each in readers(session, chat) if each != by.id] if before != by.id else []
    chat.data = {**chat.data, "staff": by.id}
    chat.expires_at = now + timedelta(minutes=minutes)
    _say(session, chat, text, by=by, now=now)
    tell(session, NoticeKind.HANDOVER_TAKEN, chat, others, now=now, by=by.id)
    return session.get(Person, before) if before and before != by.id else None


def bring(session: Session, chat: Conversation, text: str, *, by: Person, now: datetime) -> None:
    """Words for whoever has gone back to the bot, which goes on answering them."""
    _say(session, chat, text, by=by, now=now, over=True)


def _say(session: Session, chat: Conversation, text: str, *, by: Person, now: datetime, **facts: Any) -> None:
    data = {"by": by.id, "text": text, **facts}
    outboxes.tell(session, NoticeKind.STAFF_REPLY, chat.person_id, now=now, data=data, channel=chat.channel)


def hand_back(session: Session, chat: Conversation, *, by: Person, now: datetime) -> None:
    """Staff are done, and the bot speaks again; whoever else might answer need not."""
    others = [each for each in readers(session, chat) if each != by.id]
    tell(session, NoticeKind.HANDOVER_OVER, chat, others, now=now, by=by.id)
    chat.state, chat.data, chat.expires_at = State.IDLE, {}, None
    outboxes.tell(session, NoticeKind.HANDED_BACK, chat.person_id, now=now, channel=chat.channel)


def tell_left(session: Session, chat: Conversation, *, now: datetime) -> None:
    """The person goes back to the bot of their own accord: nobody need answer any more."""
    tell(session, NoticeKind.HANDOVER_OVER, chat, readers(session, chat), now=now)
