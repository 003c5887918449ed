"""What may happen to a ticket: every operation checks its rule, changes the state, and appends to the history."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models import areas, outboxes, people
from models.area import Area
from models.attachment import Attachment, AttachmentUse
from models.base import new_key, table
from models.calendar import due
from models.category import Category, Level
from models.clock import local
from models.conversation import Question, QuestionKind
from models.errors import Refusal, Refused
from models.lifecycle import LIVE_STATES, OPEN_STATES, RULES, Action, Actor, Audience
from models.offer import Offer, OfferState
from models.outbox import NoticeKind
from models.person import Person, RoleKind
from models.ticket import (
    Ending,
    Evaluation,
    Serial,
    Ticket,
    TicketEvent,
    TicketKind,
    TicketState,
    TicketWords,
    Urgency,
    WordsKind,
    number_of,
)

OTHER = "other"

DESK_GATHER = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Report:
    """What a new ticket is made from; everything but the words may be unknown."""

    words: str
    category: str | None = None
    kind: TicketKind = TicketKind.REPORT
    urgency: Urgency = Urgency.NORMAL
    danger: str = ""
    area_id: int | None = None
    place: str = ""
    room: str = ""
    lat: float | None = None
    lng: float | None = None
    for_other: str = ""


# ---------------------------------------------------------------- opening and finding


def open_ticket(session: Session, report: Report, *, by: Person, channel: str, now: datetime) -> Ticket:
    """A new ticket with the reporter's words verbatim; whom to ask is decided afterwards by dispatch."""
    session.flush()
    made = insert_ticket(
        session.connection(),
        report,
        category=session.get(Category, report.category or OTHER) or session.get_one(Category, OTHER),
        community_id=areas.community_of(session, report.area_id),
        reporter_id=by.id,
        channel=channel,
        now=now,
    )
    ticket = session.get_one(Ticket, made.id)
    outboxes.to_dispatch(session, ticket.id)
    if ticket.urgency is Urgency.EMERGENCY:
        alarm(session, ticket, now=now)
    return ticket


@dataclass(frozen=True, slots=True)
class Opened:
    """A ticket just written, as far as its first sentence needs it."""

    id: int
    number: str
    category: str
    kind: TicketKind
    area_id: int | None
    place: str
    lat: float | None
    promised_at: datetime


_OPEN, _SAY, _NOTE = insert(table(Ticket)), insert(table(TicketWords)), insert(table(TicketEvent))


def insert_ticket(
    connection: Connection,
    report: Report,
    *,
    category: Category,
    community_id: int | None,
    reporter_id: int,
    channel: str,
    now: datetime,
) -> Opened:
    """Writes a new ticket, its words and the first line of its history, past the unit of work."""
    today, promised = local(now).date(), due(now, category.first_answer_limit)
    serial = connection.execute(_SERIAL[connection.dialect.name], {"day": today, "last": 1}).scalar_one()
    row = {
        "day": today,
        "serial": serial,
        "state": TicketState.NEW,
        "version": 1,
        "kind": report.kind,
        "category": category.code,
        "understood": report.category is not None,
        "urgency": report.urgency,
        "danger": report.danger,
        "level": category.level,
        "reporter_id": reporter_id,
        "channel": channel,
        "for_other": report.for_other[:40],
        "area_id": report.area_id,
        "community_id": community_id,
        "place": report.place[:200],
        "room": report.room[:40],
        "lat": report.lat,
        "lng": report.lng,
        "opened_at": now,
        "promised_at": promised,
        "due_at": due(now, category.accept_limit),
        "dispatch_at": now,
    }
    ticket_id = new_key(connection.execute(_OPEN, row))
    salt = secrets.token_hex(16)
    said = {
        "ticket_id": ticket_id,
        "person_id": reporter_id,
        "kind": WordsKind.REPORT,
        "text": report.words,
        "salt": salt,
        "said_at": now,
    }
    event: dict[str, Any] = {
        "ticket_id": ticket_id,
        "version": 1,
        "at": now,
        "action": Action.OPEN.value,
        "actor": Actor.REPORTER.value,
        "by_id": reporter_id,
        "before": "",
        "after": TicketState.NEW.value,
        "facts": {"category": category.code, "kind": report.kind.value, "understood": report.category is not None},
        "words_id": new_key(connection.execute(_SAY, said)),
        "words_digest": digest_of(salt, report.words),
        "previous": "",
    }
    connection.execute(_NOTE, {**event, "hash": _fingerprint(**event)})
    return Opened(
        id=ticket_id,
        number=number_of(today, serial),
        category=category.code,
        kind=report.kind,
        area_id=report.area_id,
        place=report.place[:200],
        lat=report.lat,
        promised_at=promised,
    )


def _count_up(dialect: Any) -> Any:
    statement = dialect.insert(table(Serial))
    statement = statement.on_conflict_do_update(index_elements=["day"], set_={"last": table(Serial).c.last + 1})
    return statement.returning(table(Serial).c.last)


_SERIAL = {"sqlite": _count_up(sqlite), "postgresql": _count_up(postgresql)}


def alarm(session: Session, ticket: Ticket, *, now: datetime) -> None:
    """Tells everybody on duty of an emergency, on every channel they are known on, at once."""
    area = session.get(Area, ticket.community_id) if ticket.community_id else None
    for person in people.with_role(session, [RoleKind.STAFF, RoleKind.STREET], area=area):
        for identity in person.identities:
            if identity.reachable:
                outboxes.tell(
                    session, NoticeKind.ALARM, person.id, now=now, ticket_id=ticket.id, channel=identity.channel
                )


def desk_of(session: Session, ticket: Ticket) -> Sequence[Person]:
    """The people at the dispatch desk for a ticket: the street's from its level up, otherwise the community's."""
    area = session.get(Area, ticket.community_id) if ticket.community_id else None
    if ticket.level in (Level.STREET, Level.DEPARTMENT):
        found = people.with_role(session, [RoleKind.STREET], area=area)
        if found:
            return found
    found = people.with_role(session, [RoleKind.STAFF], area=area)
    return found or people.with_role(session, [RoleKind.STAFF, RoleKind.STREET, RoleKind.ADMIN], area=None)


def lock(session: Session, ticket_id: int) -> Ticket:
    """The ticket as it is now, held until the end of the transaction."""
    return session.get_one(Ticket, ticket_id, with_for_update=True, populate_existing=True)


def parse_number(text: str) -> tuple[str | None, int]:
    """("261122", 7) of "261122-0007", (None, 7) of "0007" or "7"; raises ValueError for anything else."""
    day, dash, serial = text.strip().rpartition("-")
    number = int(serial)
    if number < 1 or number > 10**9 or (dash and (len(day) != 6 or not day.isdigit())):
        raise ValueError(text)
    return (day or None, number)


def find(
    session: Session,
    number: str,
    *,
    by: Person,
    states: Collection[TicketState] | None = None,
) -> Ticket:
    """The ticket a person means by a number in chat: among their own reports, tasks and offers, and for staff their
    area's open ones; the newest day first. Raises Refused(NOT_FOUND).
    """
    try:
        day, serial = parse_number(number)
        on = date(2000 + int(day[:2]), int(day[2:4]), int(day[4:])) if day else None
    except ValueError as error:
        raise Refused(Refusal.NOT_FOUND, number=number) from error
    offered = select(Offer.ticket_id).where(Offer.person_id == by.id)
    mine = [Ticket.reporter_id == by.id, Ticket.assignee_id == by.id, Ticket.id.in_(offered)]
    departments = [
        role.department
        for role in by.roles
        if role.kind is RoleKind.DEPARTMENT and role.status == "active" and role.department
    ]
    if departments:
        mine.append(Ticket.department.in_(departments))
    if people.has_role(by, *people.STAFF_KINDS):
        # A short number means something on the desk; what is over is named in full.
        desk = _in_sight(session, by)
        mine.append(desk if on is not None else and_(desk, Ticket.state.in_(LIVE_STATES)))
    query = select(Ticket).where(Ticket.serial == serial, or_(*mine)).order_by(Ticket.day.desc()).limit(1)
    if on is not None:
        query = query.where(Ticket.day == on)
    if states is not None:
        query = query.where(Ticket.state.in_(states))
    ticket = session.scalar(query)
    if ticket is None:
        raise Refused(Refusal.NOT_FOUND, number=number)
    return ticket


def _in_sight(session: Session, person: Person) -> ColumnElement[bool]:
    """The condition for tickets that a person at a desk may see: their communities', and those without a place."""
    roots = [role.area_id for role in person.roles if role.kind in people.STAFF_KINDS and role.status == "active"]
    paths = session.scalars(select(Area.path).where(Area.id.in_(roots))).all()
    inside = select(Area.id).where(or_(*(Area.path.startswith(path) for path in paths)))
    return or_(Ticket.community_id.in_(inside), Ticket.community_id.is_(None))


def in_sight(session: Session, person: Person, *, states: Collection[TicketState], most: int = 20) -> Sequence[Ticket]:
    """What lies on a person's desk, emergencies first, then the oldest."""
    if not people.has_role(person, *people.STAFF_KINDS):
        return []
    return session.scalars(
        select(Ticket)
        .where(Ticket.state.in_(states), _in_sight(session, person))
        .order_by((Ticket.urgency != Urgency.EMERGENCY), Ticket.opened_at, Ticket.id)
        .limit(most)
    ).all()


def count_in_sight(session: Session, person: Person, *, states: Collection[TicketState]) -> int:
    """How many tickets in `states` lie on a person's desk."""
    return (
        session.scalar(
            select(func.count()).select_from(Ticket).where(Ticket.state.in_(states), _in_sight(session, person))
        )
        or 0
    )


def own_live(session: Session, person: Person, *, most: int = 9) -> Sequence[Ticket]:
    """What a person reported and is not finished, newest first."""
    return session.scalars(
        select(Ticket)
        .where(Ticket.reporter_id == person.id, Ticket.state.in_(LIVE_STATES))
        .order_by(Ticket.id.desc())
        .limit(most)
    ).all()


def tasks_of(session: Session, person: Person, *, most: int = 20) -> Sequence[Ticket]:
    """What a person has accepted and not finished, oldest first."""
    return session.scalars(
        select(Ticket)
        .where(Ticket.assignee_id == person.id, Ticket.state.in_([TicketState.ACCEPTED, TicketState.ASSIGNED]))
        .order_by(Ticket.id)
        .limit(most)
    ).all()


def open_offers(session: Session, person: Person, *, most: int = 9) -> Sequence[Ticket]:
    """The tickets a person is being asked to take."""
    return session.scalars(
        select(Ticket)
        .join(Offer, Offer.ticket_id == Ticket.id)
        .where(Offer.person_id == person.id, Offer.state == OfferState.OPEN)
        .order_by(Offer.id)
        .limit(most)
    ).all()


# ---------------------------------------------------------------- who may do what


def actors(session: Session, ticket: Ticket, person: Person) -> frozenset[Actor]:
    """What a person is to a ticket."""
    found: set[Actor] = set()
    if ticket.reporter_id == person.id:
        found.add(Actor.REPORTER)
    if ticket.assignee_id == person.id and ticket.state in (
        TicketState.ACCEPTED,
        TicketState.ASSIGNED,
        TicketState.HELD,
        TicketState.RESOLVED,
    ):
        found.add(Actor.ASSIGNEE)
    if session.scalar(
        select(Offer.id).where(
            Offer.ticket_id == ticket.id, Offer.person_id == person.id, Offer.state == OfferState.OPEN
        )
    ):
        found.add(Actor.OFFERED)
    community = session.get(Area, ticket.community_id) if ticket.community_id else None
    for role in person.roles:
        if role.status != "active":
            continue
        if role.kind is RoleKind.DEPARTMENT:
            here = Actor.DEPARTMENT if role.department and role.department == ticket.department else None
        elif role.kind in people.STAFF_KINDS:
            here = Actor.STAFF if role.kind is RoleKind.STAFF else Actor.STREET
        else:
            here = None
        if here is not None:
            where = session.get_one(Area, role.area_id)
            if community is None or areas.covers(where.path, community.path):
                found.add(here)
    return frozenset(found)


def allowed_actions(session: Session, ticket: Ticket, person: Person) -> list[Action]:
    """The actions a person may take on a ticket now, in the order of the table: the buttons to show."""
    mine = actors(session, ticket, person)
    return [action for action, rule in RULES.items() if ticket.state in rule.sources and rule.by & mine]


def check(session: Session, ticket: Ticket, action: Action, *, by: Person | None, why: str = "") -> Actor:
    """What `by` is to the ticket that allows the action. Raises Refused."""
    rule = RULES[action]
    if by is None:
        allowed = {Actor.SYSTEM} & rule.by
    else:
        allowed = set(actors(session, ticket, by) & rule.by)
    if not allowed:
        raise Refused(Refusal.NOT_YOURS, number=ticket.short)
    if ticket.state not in rule.sources:
        raise Refused(Refusal.WRONG_STATE, number=ticket.short, state=ticket.state)
    if rule.needs_reason and not why.strip():
        raise Refused(Refusal.REASON_MISSING, number=ticket.short)
    return min(allowed, key=list(Actor).index)


# ---------------------------------------------------------------- the one way a ticket changes


def perform(
    session: Session,
    ticket: Ticket,
    action: Action,
    *,
    by: Person | None,
    now: datetime,
    why: str = "",
    words_kind: WordsKind = WordsKind.NOTE,
    facts: dict[str, Any] | None = None,
    target: Person | None = None,
    changes: dict[str, Any] | None = None,
    checked: Actor | None = None,
) -> TicketEvent:
    """Checks the rule, applies `changes` and the new state, appends the event, tells whom the rule names.

    `ticket` must be locked. `why` are somebody's own words: they are kept apart from the history.
    """
    rule = RULES[action]
    actor = checked or check(session, ticket, action, by=by, why=why)
    words = _keep_words(session, ticket, why, words_kind, by=by, now=now) if why.strip() else None
    before, former_assignee = ticket.state, ticket.assignee_id
    if rule.target is not None:
        ticket.state = rule.target
    for name, value in (changes or {}).items():
        setattr(ticket, name, value)
    event = _record(
        session, ticket, action, actor=actor, by=by, now=now, before=before.value, words=words, facts=facts or {}
    )
    for tell in rule.tells:
        for person_id in _audience(session, ticket, tell.to, former_assignee, target, by):
            if tell.kind is NoticeKind.DESK:
                outboxes.tell_desk(session, person_id, now=now, gather=DESK_GATHER)
                continue
            if tell.to is Audience.OTHERS_OFFERED:
                if not _was_shown(session, ticket, person_id):
                    continue
            elif by is not None and person_id == by.id and tell.kind is not NoticeKind.FINISHED:
                continue
            outboxes.tell(
                session,
                tell.kind,
                person_id,
                now=now,
                ticket_id=ticket.id,
                data={"by": by.id if by else None, "actor": actor.value, **(facts or {})},
                words_id=words.id if words else None,
            )
    if any(tell.to is Audience.OTHERS_OFFERED for tell in rule.tells):
        close_offers(session, ticket, OfferState.WITHDRAWN, now=now, except_person=by.id if by else 0)
    return event


def _audience(
    session: Session,
    ticket: Ticket,
    audience: Audience,
    former_assignee: int | None,
    target: Person | None,
    by: Person | None,
) -> Iterable[int]:
    match audience:
        case Audience.REPORTER:
            return [ticket.reporter_id]
        case Audience.ASSIGNEE:
            return [former_assignee] if former_assignee else []
        case Audience.OTHERS_OFFERED:
            return session.scalars(
                select(Offer.person_id).where(
                    Offer.ticket_id == ticket.id,
                    Offer.state == OfferState.OPEN,
                    Offer.person_id != (by.id if by else 0),
                )
            ).all()
        case Audience.DESK:
            return [person.id for person in desk_of(session, ticket)]
        case Audience.DEPARTMENT:
            area = session.get(Area, ticket.community_id) if ticket.community_id else None
            found = people.with_role(session, [RoleKind.DEPARTMENT], area=area, department=ticket.department)
            return [person.id for person in found]
        case Audience.ABOVE:
            return [person.id for person in desk_of(session, ticket)]
        case Audience.STREET:
            area = session.get(Area, ticket.community_id) if ticket.community_id else None
            return [person.id for person in people.with_role(session, [RoleKind.STREET], area=area)]
        case Audience.TARGET:
            return [target.id] if target else []


def tell_withdrawn(session: Session, ticket: Ticket, *, except_person: int, now: datetime) -> None:
    """Tells everybody who has seen their offer, and not answered it, that they need not come."""
    open_offers_of = select(Offer.person_id).where(
        Offer.ticket_id == ticket.id, Offer.state == OfferState.OPEN, Offer.person_id != except_person
    )
    for person_id in session.scalars(open_offers_of).all():
        if _was_shown(session, ticket, person_id):
            outboxes.tell(session, NoticeKind.OFFER_WITHDRAWN, person_id, now=now, ticket_id=ticket.id)


def _was_shown(session: Session, ticket: Ticket, person_id: int) -> bool:
    """Takes an offer's notice back if it was not sent yet; somebody who never saw the offer need not hear its end."""
    outboxes.drop(session, ticket_id=ticket.id, kind=NoticeKind.OFFER, person_id=person_id)
    return outboxes.was_sent(session, ticket_id=ticket.id, kind=NoticeKind.OFFER, person_id=person_id)


def close_offers(session: Session, ticket: Ticket, state: OfferState, *, now: datetime, except_person: int = 0) -> None:
    """Ends every open offer of a ticket; people who never saw theirs are not told, cards become their ending."""
    session.execute(
        update(Offer)
        .where(Offer.ticket_id == ticket.id, Offer.state == OfferState.OPEN, Offer.person_id != except_person)
        .values(state=state, answered_at=now)
    )
    session.execute(
        delete(Question).where(
            Question.ticket_id == ticket.id,
            Question.kind == QuestionKind.OFFER,
            Question.person_id != except_person,
        )
    )
    outboxes.drop(session, ticket_id=ticket.id, kind=NoticeKind.OFFER)
    outboxes.retire_cards(session, ticket_id=ticket.id, caption=state.value, except_person=except_person)


def _keep_words(
    session: Session, ticket: Ticket, text: str, kind: WordsKind, *, by: Person | None, now: datetime
) -> TicketWords:
    words = TicketWords(
        ticket_id=ticket.id,
        person_id=by.id if by else None,
        kind=kind,
        text=text,
        salt=secrets.token_hex(16),
        said_at=now,
    )
    session.add(words)
    session.flush()
    return words


def _record(
    session: Session,
    ticket: Ticket,
    action: Action,
    *,
    actor: Actor,
    by: Person | None,
    now: datetime,
    before: str,
    words: TicketWords | None,
    facts: dict[str, Any],
) -> TicketEvent:
    previous = session.scalar(
        select(TicketEvent.hash).where(TicketEvent.ticket_id == ticket.id, TicketEvent.version == ticket.version)
    )
    ticket.version += 1
    event = TicketEvent(
        ticket_id=ticket.id,
        version=ticket.version,
        at=now,
        action=action.value,
        actor=actor.value,
        by_id=by.id if by else None,
        before=before,
        after=ticket.state.value,
        facts=facts,
        words_id=words.id if words else None,
        words_digest=digest_of(words.salt or "", words.text or "") if words else "",
        previous=previous or "",
        hash="",
    )
    event.hash = hash_of(event)
    session.add(event)
    session.flush()
    if ticket.dispatch_at is not None and ticket.dispatch_at <= now:
        outboxes.to_dispatch(session, ticket.id)
    return event


def digest_of(salt: str, text: str) -> str:
    """What the history keeps of somebody's words: it shows whether they were changed, and nothing once erased."""
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def hash_of(event: TicketEvent) -> str:
    """The fingerprint of a line of history, which covers the line before it."""
    return _fingerprint(
        ticket_id=event.ticket_id,
        version=event.version,
        at=event.at,
        action=event.action,
        actor=event.actor,
        by_id=event.by_id,
        before=event.before,
        after=event.after,
        facts=event.facts,
        words_digest=event.words_digest,
        previous=event.previous,
    )


def _fingerprint(
    *,
    ticket_id: int,
    version: int,
    at: datetime,
    action: str,
    actor: str,
    by_id: int | None,
    before: str,
    after: str,
    facts: dict[str, Any],
    words_digest: str,
    previous: str,
    words_id: int | None = None,
) -> str:
    """`words_id` is left out on purpose: the digest stands for the words, whatever row they are kept in."""
    line = [
        ticket_id,
        version,
        at.astimezone(UTC).isoformat(timespec="microseconds"),
        action,
        actor,
        by_id,
        before,
        after,
        facts,
        words_digest,
        previous,
    ]
    return hashlib.sha256(json.dumps(line, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


# ---------------------------------------------------------------- the resident


def add_words(
    session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime, kind: WordsKind = WordsKind.ADDITION
) -> None:
    """More words for the ticket; whoever has it is told."""
    perform(session, lock(session, ticket.id), Action.ADD, by=by, now=now, why=text, words_kind=kind)


def attach(
    session: Session,
    ticket: Ticket,
    attachment: Attachment,
    *,
    now: datetime,
    use: AttachmentUse = AttachmentUse.BEFORE,
) -> None:
    """Puts something that was sent to the ticket; a location without a place gives the ticket its position."""
    attachment.ticket_id = ticket.id
    attachment.use = use
    if attachment.lat is not None and ticket.lat is None:
        ticket.lat, ticket.lng = attachment.lat, attachment.lng
        ticket.place = ticket.place or attachment.label
    if ticket.state is TicketState.NEW:
        ticket.dispatch_at = now
        outboxes.to_dispatch(session, ticket.id)
    session.flush()


def correct_category(
    session: Session, ticket: Ticket, category: Category, text: str, *, by: Person, now: datetime
) -> None:
    """Another category, by the resident's or staff's word; the correction stays in the history for learning."""
    ticket = lock(session, ticket.id)
    facts = {"from": ticket.category, "to": category.code, "guess": ticket.understood}
    perform(
        session,
        ticket,
        Action.CORRECT,
        by=by,
        now=now,
        why=text,
        words_kind=WordsKind.CORRECTION,
        facts=facts,
        changes={
            "category": category.code,
            "understood": True,
            "level": category.level if ticket.state in (TicketState.NEW, TicketState.OFFERED) else ticket.level,
            "due_at": due(ticket.opened_at, category.accept_limit)
            if ticket.state is TicketState.NEW
            else ticket.due_at,
            "dispatch_at": now if ticket.state is TicketState.NEW else ticket.dispatch_at,
        },
    )


def locate(
    session: Session,
    ticket: Ticket,
    *,
    area_id: int | None,
    place: str,
    room: str = "",
    text: str,
    by: Person,
    now: datetime,
) -> None:
    """The place of a ticket, told later or corrected; dispatch looks at it again."""
    ticket = lock(session, ticket.id)
    perform(
        session,
        ticket,
        Action.LOCATE,
        by=by,
        now=now,
        why=text,
        words_kind=WordsKind.CORRECTION,
        facts={"area": area_id},
        changes={
            "area_id": area_id,
            "community_id": areas.community_of(session, area_id),
            "place": place[:200],
            "room": room[:40] or ticket.room,
            "dispatch_at": now if ticket.state is TicketState.NEW else ticket.dispatch_at,
        },
    )


def withdraw(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """The resident takes the matter back."""
    perform(
        session,
        lock(session, ticket.id),
        Action.WITHDRAW,
        by=by,
        now=now,
        why=text,
        changes={"due_at": None, "dispatch_at": None, "closed_at": now},
    )
    forget_questions(session, ticket)


def urge(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """The resident asks to hurry, once in a limit's time. Raises Refused(ALREADY_URGED)."""
    ticket = lock(session, ticket.id)
    actor = check(session, ticket, Action.URGE, by=by)
    category = session.get_one(Category, ticket.category)
    if ticket.urged_at is not None and due(ticket.urged_at, category.accept_limit) > now:
        raise Refused(Refusal.ALREADY_URGED, number=ticket.short)
    perform(session, ticket, Action.URGE, by=by, now=now, why=text, changes={"urged_at": now}, checked=actor)


def evaluate(
    session: Session, ticket: Ticket, answer: int, text: str, *, by: Person, now: datetime, days: int = 7
) -> Ticket:
    """The resident's judgement: 1 solved and satisfied, 2 solved, 3 not solved, which reopens the ticket.

    Raises Refused(EVALUATED) for a second answer to the same result.
    """
    ticket = lock(session, ticket.id)
    if ticket.state is TicketState.CLOSED and ticket.reporter_id == by.id and ticket.ending is Ending.EVALUATED:
        raise Refused(Refusal.EVALUATED, number=ticket.short)
    if ticket.state is TicketState.CLOSED and ticket.reporter_id == by.id:
        raise Refused(Refusal.TOO_LATE, number=ticket.short, days=days)
    check(session, ticket, Action.EVALUATE, by=by)
    session.add(Evaluation(ticket_id=ticket.id, person_id=by.id, round=ticket.reopened, answer=answer, at=now))
    session.flush()
    if answer == 3:
        _reopen(session, ticket, text, by=by, now=now)
    else:
        perform(
            session,
            ticket,
            Action.EVALUATE,
            by=by,
            now=now,
            why=text,
            words_kind=WordsKind.EVALUATION,
            facts={"answer": answer},
            changes={"closed_at": now, "ending": Ending.EVALUATED, "due_at": None},
        )
    forget_questions(session, ticket)
    return ticket


def _reopen(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """Back to the desk; the second time one level up."""
    category = session.get_one(Category, ticket.category)
    above = ticket.level.above if ticket.reopened else None
    perform(
        session,
        ticket,
        Action.REOPEN,
        by=by,
        now=now,
        why=text,
        words_kind=WordsKind.EVALUATION,
        facts={
            "answer": 3,
            "level": (above or ticket.level).value,
            # What taking the answer back restores.
            "was": {
                "level": ticket.level.value,
                "assignee": ticket.assignee_id,
                "resolved": ticket.resolved_at.isoformat() if ticket.resolved_at else None,
            },
        },
        changes={
            "reopened": ticket.reopened + 1,
            "level": above or ticket.level,
            "assignee_id": None,
            "closed_at": None,
            "ending": None,
            "resolved_at": None,
            "reminded_at": None,
            "due_at": due(now, category.accept_limit),
            "dispatch_at": now,
        },
    )


def reevaluate(
    session: Session, ticket: Ticket, answer: int, text: str, *, by: Person, now: datetime, hours: int
) -> Ticket:
    """Another answer to the same result, within `hours` of the first. Raises Refused(TOO_LATE)."""
    ticket = lock(session, ticket.id)
    last = session.scalar(
        select(Evaluation)
        .where(Evaluation.ticket_id == ticket.id, Evaluation.person_id == by.id)
        .order_by(Evaluation.round.desc())
    )
    if last is None:
        raise Refused(Refusal.NOT_YOURS, number=ticket.short)
    if now - last.at > timedelta(hours=hours):
        raise Refused(Refusal.TOO_LATE, number=ticket.short, hours=hours)
    if last.answer == 3:
        return _take_back_reopening(session, ticket, last, answer, text, by=by, now=now)
    check(session, ticket, Action.REEVALUATE, by=by)
    last.answer, last.changed_at = answer, now
    if answer == 3:
        _reopen(session, ticket, text, by=by, now=now)
    else:
        perform(
            session,
            ticket,
            Action.REEVALUATE,
            by=by,
            now=now,
            why=text,
            words_kind=WordsKind.EVALUATION,
            facts={"answer": answer},
        )
    return ticket


def _take_back_reopening(
    session: Session, ticket: Ticket, last: Evaluation, answer: int, text: str, *, by: Person, now: datetime
) -> Ticket:
    """A slip: as long as nobody took the reopened ticket it is closed again, as it was before the answer."""
    if answer == 3:
        return ticket
    if ticket.state not in (TicketState.NEW, TicketState.OFFERED) or ticket.reporter_id != by.id:
        raise Refused(Refusal.WRONG_STATE, number=ticket.short, state=ticket.state)
    last.answer, last.changed_at = answer, now
    before = ticket.state
    close_offers(session, ticket, OfferState.WITHDRAWN, now=now)
    was = session.scalars(
        select(TicketEvent.facts)
        .where(TicketEvent.ticket_id == ticket.id, TicketEvent.action == Action.REOPEN.value)
        .order_by(TicketEvent.version.desc())
    ).first()
    if was is not None:
        ticket.level = Level(was["was"]["level"])
        ticket.assignee_id = was["was"]["assignee"]
        ticket.resolved_at = datetime.fromisoformat(was["was"]["resolved"]) if was["was"]["resolved"] else None
    outboxes.drop(session, ticket_id=ticket.id, kind=NoticeKind.REOPENED)
    ticket.state = TicketState.CLOSED
    ticket.reopened -= 1
    ticket.closed_at, ticket.ending = now, Ending.EVALUATED
    ticket.due_at = ticket.dispatch_at = None
    _record(
        session,
        ticket,
        Action.REEVALUATE,
        actor=Actor.REPORTER,
        by=by,
        now=now,
        before=before.value,
        words=_keep_words(session, ticket, text, WordsKind.EVALUATION, by=by, now=now) if text.strip() else None,
        facts={"answer": answer},
    )
    return ticket


def forget_questions(session: Session, ticket: Ticket) -> None:
    """Closes every open question about a ticket, so that a late digit changes nothing."""
    session.execute(delete(Question).where(Question.ticket_id == ticket.id))


# ---------------------------------------------------------------- the member


def accept(session: Session, ticket: Ticket, *, by: Person, now: datetime) -> Ticket:
    """Exactly one person gets an offered ticket.

    Raises Refused: TAKEN when somebody else has it, ALREADY_YOURS, OFFER_OVER when the offer ran out or was withdrawn.
    """
    ticket = lock(session, ticket.id)
    if ticket.assignee_id == by.id and ticket.state is TicketState.ACCEPTED:
        raise Refused(Refusal.ALREADY_YOURS, number=ticket.short)
    mine = session.scalar(
        select(Offer)
        .where(Offer.ticket_id == ticket.id, Offer.person_id == by.id)
        .order_by(Offer.state != OfferState.OPEN, Offer.id.desc())
    )
    if mine is None:
        raise Refused(Refusal.NOT_YOURS, number=ticket.short)
    if mine.state is not OfferState.OPEN or ticket.state is not TicketState.OFFERED:
        if ticket.assignee_id is not None and ticket.assignee_id != by.id:
            # Their reply says it already.
            outboxes.drop(session, ticket_id=ticket.id, kind=NoticeKind.TAKEN, person_id=by.id)
            raise Refused(Refusal.TAKEN, number=ticket.short)
        raise Refused(Refusal.OFFER_OVER, number=ticket.short)
    mine.state, mine.answered_at = OfferState.ACCEPTED, now
    category = session.get_one(Category, ticket.category)
    perform(
        session,
        ticket,
        Action.ACCEPT,
        by=by,
        now=now,
        changes={
            "assignee_id": by.id,
            "answered_at": ticket.answered_at or now,
            "due_at": due(now, category.finish_limit),
            "warned_at": None,
            "dispatch_at": None,
        },
        checked=Actor.OFFERED,
    )
    session.execute(delete(Question).where(Question.ticket_id == ticket.id, Question.kind == QuestionKind.OFFER))
    outboxes.retire_cards(session, ticket_id=ticket.id, caption=OfferState.ACCEPTED.value)
    return ticket


def decline(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """Somebody cannot this time; when nobody is left to ask, dispatch goes on at once."""
    ticket = lock(session, ticket.id)
    mine = session.scalar(
        select(Offer).where(Offer.ticket_id == ticket.id, Offer.person_id == by.id, Offer.state == OfferState.OPEN)
    )
    if mine is None:
        raise Refused(Refusal.OFFER_OVER, number=ticket.short)
    actor = check(session, ticket, Action.DECLINE, by=by)
    mine.state, mine.answered_at = OfferState.DECLINED, now
    session.flush()
    left = session.scalar(
        select(func.count()).select_from(Offer).where(Offer.ticket_id == ticket.id, Offer.state == OfferState.OPEN)
    )
    perform(
        session,
        ticket,
        Action.DECLINE,
        by=by,
        now=now,
        why=text,
        changes={} if left else {"dispatch_at": now},
        checked=actor,
    )
    session.execute(delete(Question).where(Question.ticket_id == ticket.id, Question.person_id == by.id))
    outboxes.retire_cards(session, ticket_id=ticket.id, caption=OfferState.DECLINED.value, only_person=by.id)


def release(session: Session, ticket: Ticket, text: str, *, by: Person | None, now: datetime) -> None:
    """The task comes back to the desk; nobody's standing changes."""
    ticket = lock(session, ticket.id)
    category = session.get_one(Category, ticket.category)
    perform(
        session,
        ticket,
        Action.RELEASE,
        by=by,
        now=now,
        why=text,
        changes={
            "assignee_id": None,
            "due_at": due(now, category.accept_limit),
            "warned_at": None,
            "dispatch_at": now,
        },
    )


def arrive(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """The member is there."""
    perform(session, lock(session, ticket.id), Action.ARRIVE, by=by, now=now, why=text)


def finish(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> Ticket:
    """Done, in somebody's eyes: the resident is asked to judge. Photos sent with it show what it looks like now."""
    ticket = lock(session, ticket.id)
    if not text.strip():
        check(session, ticket, Action.FINISH, by=by)
    perform(
        session,
        ticket,
        Action.FINISH,
        by=by,
        now=now,
        why=text,
        changes={
            "resolved_at": now,
            "answered_at": ticket.answered_at or now,
            "due_at": None,
            "dispatch_at": None,
            "assignee_id": ticket.assignee_id or by.id,
        },
    )
    return ticket


def relay(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """Words between the resident and whoever has the ticket, without showing either's account.

    Raises Refused(NOBODY_TO_TELL) when nobody has it yet.
    """
    ticket = lock(session, ticket.id)
    actor = check(session, ticket, Action.RELAY, by=by)
    to = ticket.reporter_id if actor is not Actor.REPORTER else ticket.assignee_id
    if to is None:
        raise Refused(Refusal.NOBODY_TO_TELL, number=ticket.short)
    perform(
        session,
        ticket,
        Action.RELAY,
        by=by,
        now=now,
        why=text,
        words_kind=WordsKind.RELAY,
        target=session.get_one(Person, to),
        checked=actor,
    )


# ---------------------------------------------------------------- the desk


def escalate(session: Session, ticket: Ticket, text: str, *, by: Person | None, now: datetime) -> None:
    """One level up, by decision. Raises Refused(TOP_LEVEL)."""
    ticket = lock(session, ticket.id)
    actor = check(session, ticket, Action.ESCALATE, by=by, why=text)
    above = ticket.level.above
    if actor is Actor.STAFF and ticket.level is Level.ESTATE:
        # The community itself passes it on: its own level is no step up.
        above = Level.STREET
    if above is None:
        raise Refused(Refusal.TOP_LEVEL, number=ticket.short)
    category = session.get_one(Category, ticket.category)
    perform(
        session,
        ticket,
        Action.ESCALATE,
        by=by,
        now=now,
        why=text,
        facts={"level": above.value},
        changes={
            "level": above,
            "assignee_id": None,
            "held_from": None,
            "hold_until": None,
            "due_at": due(now, category.accept_limit),
            "warned_at": None,
            "dispatch_at": None,
        },
        checked=actor,
    )


def assign(session: Session, ticket: Ticket, department: str, text: str, *, by: Person | None, now: datetime) -> str:
    """Hands the ticket to a department; gives its full name. Raises Refused(NO_SUCH_DEPARTMENT)."""
    ticket = lock(session, ticket.id)
    actor = check(session, ticket, Action.ASSIGN, by=by)
    names = people.people_of_department(session, department.strip()) if department.strip() else []
    if len(names) != 1:
        raise Refused(Refusal.NO_SUCH_DEPARTMENT, name=department, names=list(names))
    category = session.get_one(Category, ticket.category)
    perform(
        session,
        ticket,
        Action.ASSIGN,
        by=by,
        now=now,
        why=text,
        facts={"department": names[0]},
        changes={
            "department": names[0],
            "level": Level.DEPARTMENT,
            "assignee_id": None,
            "due_at": due(now, category.finish_limit),
            "warned_at": None,
            "dispatch_at": None,
        },
        checked=actor,
    )
    return names[0]


def claim(session: Session, ticket: Ticket, *, by: Person, now: datetime) -> None:
    """Somebody of the department takes it on; one of them at a time. Raises Refused(TAKEN or ALREADY_YOURS)."""
    ticket = lock(session, ticket.id)
    check(session, ticket, Action.CLAIM, by=by)
    if ticket.assignee_id is not None:
        reason = Refusal.ALREADY_YOURS if ticket.assignee_id == by.id else Refusal.TAKEN
        raise Refused(reason, number=ticket.short)
    perform(
        session,
        ticket,
        Action.CLAIM,
        by=by,
        now=now,
        changes={"assignee_id": by.id, "answered_at": ticket.answered_at or now},
    )


def send_back(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """The department says it is not theirs; the street decides."""
    ticket = lock(session, ticket.id)
    category = session.get_one(Category, ticket.category)
    perform(
        session,
        ticket,
        Action.RETURN,
        by=by,
        now=now,
        why=text,
        facts={"department": ticket.department},
        changes={
            "level": Level.STREET,
            "assignee_id": None,
            "department": "",
            "due_at": due(now, category.accept_limit),
            "dispatch_at": None,
        },
    )


def hold(session: Session, ticket: Ticket, text: str, *, until: datetime, by: Person, now: datetime) -> None:
    """Nothing can be done before `until`; the reason is told."""
    ticket = lock(session, ticket.id)
    perform(
        session,
        ticket,
        Action.HOLD,
        by=by,
        now=now,
        why=text,
        facts={"until": until.isoformat()},
        changes={
            "held_from": TicketState.NEW if ticket.state is TicketState.OFFERED else ticket.state,
            "hold_until": until,
            "due_at": None,
            "dispatch_at": None,
        },
    )


def resume(session: Session, ticket: Ticket, *, by: Person | None, now: datetime) -> None:
    """Back to where it was held from."""
    ticket = lock(session, ticket.id)
    category = session.get_one(Category, ticket.category)
    back = ticket.held_from or TicketState.NEW
    limit = category.accept_limit if back is TicketState.NEW else category.finish_limit
    perform(
        session,
        ticket,
        Action.RESUME,
        by=by,
        now=now,
        changes={
            "state": back,
            "held_from": None,
            "hold_until": None,
            "due_at": due(now, limit),
            "dispatch_at": now if back is TicketState.NEW else None,
        },
    )


def reject(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """Not ours; the reason says where to turn instead."""
    perform(
        session,
        lock(session, ticket.id),
        Action.REJECT,
        by=by,
        now=now,
        why=text,
        changes={"due_at": None, "dispatch_at": None, "closed_at": now, "answered_at": ticket.answered_at or now},
    )
    forget_questions(session, ticket)


def merge(session: Session, ticket: Ticket, into: Ticket, *, by: Person, now: datetime) -> None:
    """One matter told twice: this ticket goes into another, whose progress its reporter hears of."""
    # In the order of their ids, so that two people who merge the two into each other do not wait for ever.
    first, second = (lock(session, each) for each in sorted((ticket.id, into.id)))
    ticket, into = (first, second) if first.id == ticket.id else (second, first)
    if ticket.id == into.id or into.state not in LIVE_STATES:
        raise Refused(Refusal.WRONG_STATE, number=into.short, state=into.state)
    check(session, into, Action.MERGE if into.state in OPEN_STATES else Action.ADD, by=by)
    perform(
        session,
        ticket,
        Action.MERGE,
        by=by,
        now=now,
        facts={"into": into.id, "number": into.number},
        changes={"due_at": None, "dispatch_at": None, "closed_at": now},
    )
    forget_questions(session, ticket)


def supervise(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """The desk asks what keeps a ticket."""
    perform(session, lock(session, ticket.id), Action.SUPERVISE, by=by, now=now, why=text)


# ---------------------------------------------------------------- the clock


def auto_close(session: Session, ticket_id: int, *, now: datetime, days: int) -> bool:
    """Closes a result nobody judged within `days`; it counts as not evaluated, never as solved."""
    ticket = lock(session, ticket_id)
    if ticket.state is not TicketState.RESOLVED or ticket.resolved_at is None:
        return False
    if ticket.urgency is Urgency.EMERGENCY or now - ticket.resolved_at < timedelta(days=days):
        return False
    perform(
        session,
        ticket,
        Action.AUTO_CLOSE,
        by=None,
        now=now,
        changes={"closed_at": now, "ending": Ending.NOT_EVALUATED, "due_at": None},
    )
    forget_questions(session, ticket)
    return True


def remind(session: Session, ticket_id: int, *, now: datetime, after: timedelta) -> bool:
    """Asks once more for a judgement, `after` the first time, and never again for this result."""
    ticket = lock(session, ticket_id)
    if ticket.state is not TicketState.RESOLVED or ticket.resolved_at is None or ticket.reminded_at is not None:
        return False
    if now - ticket.resolved_at < after:
        return False
    ticket.reminded_at = now
    outboxes.tell(session, NoticeKind.REMINDER, ticket.reporter_id, now=now, ticket_id=ticket.id)
    return True


def miss_limit(session: Session, ticket_id: int, *, now: datetime) -> bool:
    """Notes a limit that ran out and tells the desk; the limit is noted once."""
    ticket = lock(session, ticket_id)
    if ticket.state not in OPEN_STATES or ticket.due_at is None or ticket.due_at > now:
        return False
    perform(
        session,
        ticket,
        Action.MISS_LIMIT,
        by=None,
        now=now,
        facts={"due": ticket.due_at.isoformat()},
        changes={"due_at": None, "warned_at": now},
    )
    return True


def verify_history(session: Session) -> TicketEvent | None:
    """The first line of history whose fingerprint, order or words do not fit, or None when all do."""
    previous: dict[int, tuple[int, str]] = {}
    for event in session.scalars(select(TicketEvent).order_by(TicketEvent.id).execution_options(yield_per=500)):
        version, last = previous.get(event.ticket_id, (0, ""))
        if event.version != version + 1 or event.previous != last or event.hash != hash_of(event):
            return event
        if event.words_digest or event.words_id is not None:
            words = session.get(TicketWords, event.words_id) if event.words_id is not None else None
            if words is None:
                return event
            if words.text is not None and digest_of(words.salt or "", words.text) != event.words_digest:
                return event
        previous[event.ticket_id] = (event.version, event.hash)
    # A ticket's version counts its lines: the newest cannot be taken away unseen.
    ends = (
        select(
            TicketEvent.ticket_id,
            func.max(TicketEvent.id).label("newest"),
            func.max(TicketEvent.version).label("lines"),
        )
        .group_by(TicketEvent.ticket_id)
        .subquery()
    )
    return session.scalar(
        select(TicketEvent)
        .join(ends, ends.c.newest == TicketEvent.id)
        .join(Ticket, Ticket.id == ends.c.ticket_id)
        .where(Ticket.version != ends.c.lines)
        .limit(1)
    )
