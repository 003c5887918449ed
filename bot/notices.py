"""From a row of the outbox to words, and what follows once a person has seen them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from handlers.turn import Choice, Reply
from models import desk, outboxes, results
from models.category import Category
from models.conversation import Conversation, Question, QuestionKind
from models.offer import Offer, OfferState
from models.outbox import Notice, NoticeKind, NoticeState
from models.person import Person, Role, RoleKind, RoleStatus
from models.ticket import Ticket, TicketState, TicketWords, Urgency, WordsKind
from nlp.extract import mask
from texts.notices import NoticeFacts, Words, words

PASSIVE = "passive"

EVALUATIONS = (NoticeKind.FINISHED, NoticeKind.REMINDER)

_RANK = [
    RoleKind.GRID,
    RoleKind.STAFF,
    RoleKind.STREET,
    RoleKind.PROPERTY,
    RoleKind.MEMBER,
    RoleKind.DEPARTMENT,
    RoleKind.RIDER,
    RoleKind.ADMIN,
]


def say(session: Session, person_id: int, reply: Reply, *, channel: str, now: datetime) -> Notice:
    """Enqueues a reply's words as a notice of their own."""
    return outboxes.tell(
        session,
        NoticeKind.PRESSED,
        person_id,
        now=now,
        data={"text": reply.text, "choices": [[choice.label, choice.command] for choice in reply.choices]},
        channel=channel,
    )


def choices_of(found: Words) -> tuple[Choice, ...]:
    """The numbered choices of a notice."""
    return tuple(Choice(label, command) for label, command in found.choices)


def in_words(session: Session, notice: Notice, *, now: datetime) -> Words | None:
    """The notice as it reads now, or None when it is overtaken and need not be sent."""
    ticket = session.get(Ticket, notice.ticket_id) if notice.ticket_id else None
    if _overtaken(session, notice, ticket):
        return None
    facts = _facts(session, notice, ticket, now=now)
    if notice.kind is NoticeKind.DESK and facts.count == 0:
        return None
    return words(notice.kind, facts)


def _overtaken(session: Session, notice: Notice, ticket: Ticket | None) -> bool:
    if ticket is None:
        return False
    if notice.kind is NoticeKind.OFFER:
        still_open = select(Offer.id).where(
            Offer.ticket_id == ticket.id, Offer.person_id == notice.person_id, Offer.state == OfferState.OPEN
        )
        return session.scalar(still_open) is None
    return notice.kind in EVALUATIONS and ticket.state is not TicketState.RESOLVED


def _facts(session: Session, notice: Notice, ticket: Ticket | None, *, now: datetime) -> NoticeFacts:
    by = session.get(Person, notice.data["by"]) if notice.data.get("by") else None
    said = session.get(TicketWords, notice.words_id) if notice.words_id else None
    if ticket is None:
        waiting = emergencies = late = 0
        if notice.kind is NoticeKind.DESK:
            waiting, emergencies, late = _desk(session, notice.person_id)
        return NoticeFacts(
            now=now,
            by_name=by.name if by else "",
            by_role=_role(session, by),
            count=waiting,
            emergencies=emergencies,
            late=late,
            data=notice.data,
        )
    report = session.scalar(
        select(TicketWords.text).where(TicketWords.ticket_id == ticket.id, TicketWords.kind == WordsKind.REPORT)
    )
    # Whoever takes a task, and everybody before that, reads the words without phone and room numbers.
    private = notice.person_id not in (ticket.reporter_id, ticket.assignee_id) and notice.kind is not NoticeKind.ALARM
    return NoticeFacts(
        now=now,
        number=ticket.number,
        short=ticket.short,
        category=session.get_one(Category, ticket.category).name,
        place=ticket.place,
        state=ticket.state,
        opened=ticket.opened_at,
        due=ticket.due_at,
        report=mask(report or "") if private else report or "",
        words=(said.text or "") if said else "",
        by_name=by.name if by else "",
        by_role=_role(session, by),
        reader_is_reporter=notice.person_id == ticket.reporter_id,
        danger=ticket.danger,
        data=notice.data,
    )


def _role(session: Session, person: Person | None) -> RoleKind | None:
    if person is None:
        return None
    kinds = session.scalars(
        select(Role.kind).where(Role.person_id == person.id, Role.status == RoleStatus.ACTIVE)
    ).all()
    return min(kinds, key=_RANK.index) if kinds else None


def _desk(session: Session, person_id: int) -> tuple[int, int, int]:
    person = session.get_one(Person, person_id)
    # The desk's first page tells how it stands; beyond that only the number matters.
    first = desk.in_sight(session, person, states=[TicketState.NEW], most=100)
    return (
        desk.count_in_sight(session, person, states=[TicketState.NEW]),
        sum(ticket.urgency is Urgency.EMERGENCY for ticket in first),
        sum(ticket.warned_at is not None for ticket in first),
    )


def shown(
    session: Session,
    notice: Notice,
    found: Words,
    *,
    channel: str,
    way: str,
    now: datetime,
    message_id: str = "",
    response_code: str = "",
) -> None:
    """Records that a person has the notice, and opens the question it asks on that channel."""
    notice.state = NoticeState.SENT
    notice.sent_at = now
    notice.sent_by = f"{channel}:{way}"
    notice.lease_until = None
    notice.error = ""
    notice.message_id = message_id[:200]
    notice.response_code = response_code[:200]
    notice.card_open = bool(response_code)
    if way != PASSIVE:
        session.execute(
            update(Conversation)
            .where(Conversation.person_id == notice.person_id, Conversation.channel == channel)
            .values(pushed_at=now)
            .execution_options(synchronize_session=False)
        )
    if not found.choices:
        return
    kind, expires = QuestionKind.MENU, now + timedelta(minutes=30)
    if notice.kind in EVALUATIONS and notice.ticket_id is not None:
        results.asked(session, notice.ticket_id, notice.person_id, now=now)
        kind, expires = QuestionKind.EVALUATION, now + timedelta(days=7)
    elif notice.kind is NoticeKind.OFFER:
        kind, expires = QuestionKind.OFFER, datetime.fromisoformat(notice.data["expires"])
    if notice.ticket_id is not None:
        session.execute(
            delete(Question).where(
                Question.person_id == notice.person_id,
                Question.channel == channel,
                Question.ticket_id == notice.ticket_id,
            )
        )
    session.add(
        Question(
            person_id=notice.person_id,
            channel=channel,
            kind=kind,
            choices={"list": [list(choice) for choice in found.choices]},
            ticket_id=notice.ticket_id,
            asked_at=now,
            expires_at=expires,
        )
    )
