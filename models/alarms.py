"""Emergencies: those on duty are alarmed, again and again until a human answered, then the level above them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from models import duty, followers, outboxes, people, transitions
from models.area import Area
from models.lifecycle import OPEN_STATES, Actor
from models.outbox import Notice, NoticeKind
from models.person import Person, RoleKind
from models.roster import Alarm
from models.ticket import Ticket, TicketEvent, TicketWords, Urgency, WordsKind

SECOND_AFTER = timedelta(minutes=5)
"""When the second person on duty is told, if the first did nothing."""

AGAIN_AFTER = timedelta(minutes=10)
ROUNDS = 3
"""How often the people of one stage are alarmed before the next one's."""

_COMMUNITY, _STREET, _EVERYBODY = range(3)

_ANSWERS = (Actor.STAFF, Actor.STREET, Actor.DEPARTMENT, Actor.ASSIGNEE, Actor.OFFERED)


def alarm(session: Session, ticket: Ticket, *, now: datetime, words_id: int | None = None) -> None:
    """Tells whoever is on duty of an emergency, on every channel they are known on, at once; `words_id` are the words
    that have come since. Everybody at the desk where nobody is entered in the roster.
    """
    row = session.get(Alarm, ticket.id, with_for_update=True)
    if row is None:
        row = Alarm(ticket_id=ticket.id, began_at=now, stage=_COMMUNITY, rounds=0, second_told=False)
        session.add(row)
        _next_round(session, ticket, row, now=now, words_id=words_id)
        return
    first, second = _shift(session, ticket, row.stage, now=now)
    _tell(session, ticket, [*first, *second] if row.second_told else first, now=now, words_id=words_id)


def placed(session: Session, ticket: Ticket, *, now: datetime) -> None:
    """An emergency has a place now: whoever is on duty there is alarmed, whoever was alarmed before reads it."""
    before = _alarmed(session, ticket)
    words_id = session.scalar(select(func.max(TicketWords.id)).where(TicketWords.ticket_id == ticket.id))
    alarm(session, ticket, now=now, words_id=words_id)
    again = Notice.ticket_id == ticket.id, Notice.kind == NoticeKind.ALARM, Notice.created_at == now
    there = set(session.scalars(select(Notice.person_id).where(*again)))
    for person_id in before:
        if person_id not in there:
            data = {"place": True}
            outboxes.tell(
                session, NoticeKind.ADDED, person_id, now=now, ticket_id=ticket.id, words_id=words_id, data=data
            )


def pass_on(
    session: Session, ticket: Ticket, *, now: datetime, words_id: int | None, but: Collection[int] = ()
) -> None:
    """Tells everybody who was alarmed, `but` who reads it elsewhere, what has come since; whoever has the ticket hears
    of every addition anyway.
    """
    for person_id in _alarmed(session, ticket):
        if person_id in but:
            continue
        outboxes.tell(session, NoticeKind.ADDED, person_id, now=now, ticket_id=ticket.id, words_id=words_id)


def _alarmed(session: Session, ticket: Ticket) -> Sequence[int]:
    """Who was alarmed, but for whoever has the ticket now."""
    head = followers.head_of(session, ticket)
    has_it = {head.assignee_id, *transitions.helpers_of(session, head)}
    alarmed = select(Notice.person_id).where(
        Notice.ticket_id.in_({ticket.id, head.id}), Notice.kind == NoticeKind.ALARM
    )
    return [each for each in session.scalars(alarmed.distinct().order_by(Notice.person_id)) if each not in has_it]


def first_told(session: Session, ticket: Ticket, *, now: datetime) -> Sequence[Person]:
    """Whom the first alarm of a ticket reaches."""
    return _shift(session, ticket, _COMMUNITY, now=now)[0]


def told(session: Session, ticket: Ticket) -> Sequence[tuple[datetime, Sequence[int]]]:
    """Who was alarmed of a ticket, and when first: each person once, those of one moment together."""
    rows = session.execute(
        select(Notice.person_id, func.min(Notice.created_at))
        .where(Notice.ticket_id == ticket.id, Notice.kind == NoticeKind.ALARM)
        .group_by(Notice.person_id)
        .order_by(func.min(Notice.created_at), Notice.person_id)
    ).all()
    found: dict[datetime, list[int]] = {}
    for person_id, at in rows:
        found.setdefault(at, []).append(person_id)
    return list(found.items())


def ringing(session: Session, ticket: Ticket) -> Alarm | None:
    """How far the alarm of an emergency that is not over has got."""
    is_open = ticket.urgency is Urgency.EMERGENCY and ticket.state in OPEN_STATES
    return session.get(Alarm, ticket.id) if is_open else None


def waiting(now: datetime) -> Select[int]:
    """The keys of alarms that have to be looked at."""
    return select(Alarm.ticket_id).where(Alarm.next_at <= now).order_by(Alarm.next_at)


def go_on(session: Session, ticket_id: int, *, now: datetime) -> bool:
    """The second person, the next round, or the next stage, unless a human answered. Safe to run twice."""
    row = session.scalar(
        select(Alarm).where(Alarm.ticket_id == ticket_id, Alarm.next_at <= now).with_for_update(skip_locked=True)
    )
    if row is None:
        return False
    ticket = session.get_one(Ticket, ticket_id)
    if ticket.state not in OPEN_STATES or answered_by(session, ticket) is not None:
        row.next_at = None
        return False
    second = _shift(session, ticket, row.stage, now=now)[1]
    words_id = _said_last(session, ticket)
    if second and not row.second_told:
        row.second_told = True
        row.next_at = now + AGAIN_AFTER - SECOND_AFTER
        _tell(session, ticket, second, now=now, words_id=words_id)
        return True
    if row.stage == _EVERYBODY:
        row.next_at = None
        return False
    if row.rounds >= ROUNDS:
        row.stage, row.rounds, row.second_told = row.stage + 1, 0, False
    _next_round(session, ticket, row, now=now, words_id=words_id)
    return True


def _said_last(session: Session, ticket: Ticket) -> int | None:
    """The key of what the resident added last: whoever is alarmed later reads it too."""
    said = select(TicketWords.id).where(TicketWords.ticket_id == ticket.id, TicketWords.kind == WordsKind.ADDITION)
    return session.scalar(said.order_by(TicketWords.id.desc()).limit(1))


def _next_round(session: Session, ticket: Ticket, row: Alarm, *, now: datetime, words_id: int | None = None) -> None:
    first, second = _shift(session, ticket, row.stage, now=now)
    _tell(session, ticket, [*first, *second] if row.second_told else first, now=now, words_id=words_id)
    row.rounds += 1
    row.next_at = now + (SECOND_AFTER if second and not row.second_told else AGAIN_AFTER)
    session.flush()


def _shift(session: Session, ticket: Ticket, stage: int, *, now: datetime) -> tuple[Sequence[Person], Sequence[Person]]:
    """The first and the second on duty at a stage; where nobody is entered everybody at that desk is the first.

    The second is alarmed once it has been their turn.
    """
    community, street = duty.community_and_street(session, ticket.community_id)
    area = {_COMMUNITY: community, _STREET: street}.get(stage)
    found = duty.shift_at(session, area, now=now) if area is not None else None
    if found is not None:
        return found.people[:1], found.people[1:]
    return _desk(session, area if stage == _STREET else community, stage, ticket.category), ()


def _desk(session: Session, area: Area | None, stage: int, category: str) -> Sequence[Person]:
    if stage == _STREET:
        return people.with_role(session, [RoleKind.STREET], area=area, category=category)
    return people.with_role(session, [RoleKind.STAFF, RoleKind.STREET], area=area, category=category)


def answered_by(session: Session, ticket: Ticket) -> int | None:
    """Who but the resident has done anything since the alarm, the last of them."""
    return session.scalar(
        select(TicketEvent.by_id)
        .join(Alarm, Alarm.ticket_id == TicketEvent.ticket_id)
        .where(
            TicketEvent.ticket_id == ticket.id,
            TicketEvent.actor.in_([each.value for each in _ANSWERS]),
            TicketEvent.by_id.is_not(None),
            TicketEvent.at >= Alarm.began_at,
        )
        .order_by(TicketEvent.version.desc())
        .limit(1)
    )


def _tell(
    session: Session, ticket: Ticket, whom: Iterable[Person], *, now: datetime, words_id: int | None = None
) -> None:
    for person in whom:
        for identity in person.identities:
            if identity.reachable:
                outboxes.tell(
                    session,
                    NoticeKind.ALARM,
                    person.id,
                    now=now,
                    ticket_id=ticket.id,
                    words_id=words_id,
                    channel=identity.channel,
                )
