"""What may happen to a ticket: every operation checks its rule, changes the state, and appends to the history."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from models import (
    alarms,
    areas,
    corrections,
    followers,
    handing_on,
    helpers,
    history,
    joints,
    limits,
    merging,
    outboxes,
    parties,
    people,
    photos,
    pool,
    results,
    transitions,
)
from models.attachment import Attachment, AttachmentUse
from models.base import table
from models.bulk import BulkInsert, Prepared
from models.calendar import due
from models.category import Category, Level
from models.clock import local
from models.conversation import Question, QuestionKind
from models.errors import Refusal, Refused
from models.lifecycle import EVERY_REPORTER, LIVE_STATES, Action, Actor
from models.offer import Offer, OfferState, Purpose
from models.outbox import NoticeKind
from models.person import Person, RoleKind
from models.result import Result
from models.ticket import (
    Ending,
    Evaluation,
    EvaluationSource,
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
    service: str | None = None
    confidence: float | None = None
    """How sure the model was of the best category; None where no model was asked."""
    model: str = ""
    """Its version."""


# ---------------------------------------------------------------- opening and finding


def open_ticket(session: Session, report: Report, *, by: Person, channel: str, now: datetime) -> Ticket:
    """A new ticket with the reporter's words verbatim; whom to ask is decided afterwards by dispatch."""
    session.flush()
    new = New(
        report,
        category=session.get(Category, report.category or OTHER) or session.get_one(Category, OTHER),
        community_id=areas.community_of(session, report.area_id),
        reporter_id=by.id,
        channel=channel,
    )
    made = insert_tickets(session.connection(), [new], now=now)[0]
    ticket = session.get_one(Ticket, made.id)
    outboxes.to_dispatch(session, ticket.id)
    if ticket.urgency is Urgency.EMERGENCY:
        alarms.alarm(session, ticket, now=now)
    return ticket


@dataclass(frozen=True, slots=True)
class New:
    """A ticket to be written: the report and where it belongs."""

    report: Report
    category: Category
    community_id: int | None
    reporter_id: int
    channel: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A ticket just written, as far as its first sentence needs it."""

    id: int
    number: str
    category: str
    kind: TicketKind
    service: str | None
    area_id: int | None
    place: str
    lat: float | None
    promised_at: datetime


_OPEN = BulkInsert(
    table(Ticket),
    "day",
    "serial",
    "state",
    "version",
    "kind",
    "category",
    "understood",
    "service",
    "urgency",
    "danger",
    "level",
    "reporter_id",
    "channel",
    "for_other",
    "area_id",
    "community_id",
    "place",
    "room",
    "lat",
    "lng",
    "opened_at",
    "promised_at",
    "accept_by",
    "finish_by",
    "due_at",
    "limit",
    "warn_at",
    "dispatch_at",
)
_SAY = BulkInsert(table(TicketWords), "ticket_id", "person_id", "kind", "text", "salt", "said_at")
_NOTE = BulkInsert(
    table(TicketEvent),
    "ticket_id",
    "version",
    "at",
    "action",
    "actor",
    "by_id",
    "before",
    "after",
    "facts",
    "words_id",
    "words_digest",
    "previous",
    "hash",
)


def insert_tickets(connection: Connection, news: Sequence[New], *, now: datetime) -> list[Opened]:
    """Writes new tickets, their words and the first lines of their histories, past the unit of work."""
    today = local(now).date()
    count = {"day": today, "last": len(news), "more": len(news)}
    ((last,),) = _SERIAL[connection.dialect.name].all(connection, **count)
    serials = range(last - len(news) + 1, last + 1)
    rows = [_row(new, today, serial, now=now) for new, serial in zip(news, serials, strict=True)]
    by_serial = _OPEN.keys(connection, rows, by="serial")
    ids = [by_serial[serial] for serial in serials]
    said = [
        {
            "ticket_id": ticket_id,
            "person_id": new.reporter_id,
            "kind": WordsKind.REPORT,
            "text": new.report.words,
            "salt": secrets.token_hex(16),
            "said_at": now,
        }
        for new, ticket_id in zip(news, ids, strict=True)
    ]
    words = _SAY.keys(connection, said, by="ticket_id")
    _NOTE.execute(
        connection,
        [_first_line(new, each, words[each["ticket_id"]], now=now) for new, each in zip(news, said, strict=True)],
    )
    return [
        Opened(
            id=ticket_id,
            number=number_of(today, serial),
            category=new.category.code,
            kind=new.report.kind,
            service=new.report.service,
            area_id=new.report.area_id,
            place=row["place"],
            lat=new.report.lat,
            promised_at=row["promised_at"],
        )
        for new, ticket_id, serial, row in zip(news, ids, serials, rows, strict=True)
    ]


def _row(new: New, today: date, serial: int, *, now: datetime) -> dict[str, Any]:
    report, category = new.report, new.category
    return {
        "day": today,
        "serial": serial,
        "state": TicketState.NEW,
        "version": 1,
        "kind": report.kind,
        "category": category.code,
        "understood": report.category is not None or report.service is not None,
        "service": report.service,
        "urgency": report.urgency,
        "danger": report.danger,
        "level": category.level,
        "reporter_id": new.reporter_id,
        "channel": new.channel,
        "for_other": report.for_other[:40],
        "area_id": report.area_id,
        "community_id": new.community_id,
        "place": report.place[:200],
        "room": report.room[:40],
        "lat": report.lat,
        "lng": report.lng,
        "opened_at": now,
        "dispatch_at": now,
        **limits.at_opening(category, report.urgency, now=now),
    }


def _first_line(new: New, said: dict[str, Any], words_id: int, *, now: datetime) -> dict[str, Any]:
    report, category = new.report, new.category
    event: dict[str, Any] = {
        "ticket_id": said["ticket_id"],
        "version": 1,
        "at": now,
        "action": Action.OPEN.value,
        "actor": Actor.REPORTER.value,
        "by_id": new.reporter_id,
        "before": "",
        "after": TicketState.NEW.value,
        "facts": {
            "category": category.code,
            "kind": report.kind.value,
            "understood": report.category is not None,
            "confidence": report.confidence,
            "model": report.model,
            **({"service": report.service} if report.service else {}),
        },
        "words_id": words_id,
        "words_digest": history.digest_of(said["salt"], report.words),
        "previous": "",
    }
    return {**event, "hash": history.fingerprint(**event)}


def _count_up(dialect: Any) -> Any:
    statement = dialect.insert(table(Serial)).values(day=bindparam("day"), last=bindparam("last"))
    statement = statement.on_conflict_do_update(
        index_elements=["day"], set_={"last": table(Serial).c.last + bindparam("more")}
    )
    return statement.returning(table(Serial).c.last)


_SERIAL = {"sqlite": Prepared(_count_up(sqlite)), "postgresql": Prepared(_count_up(postgresql))}


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
    if people.has_role(by, RoleKind.MEMBER):
        mine.append(and_(pool.near(session, by), pool.in_or_out_of_pool()))
    departments = [
        role.department
        for role in by.roles
        if role.kind is RoleKind.DEPARTMENT and role.status == "active" and role.department
    ]
    if departments:
        mine.append(Ticket.department.in_(departments))
    if people.has_role(by, *people.STAFF_KINDS):
        # A short number means something on the desk; what is over is named in full.
        desk = transitions.sight(session, by)
        mine.append(desk if on is not None else and_(desk, Ticket.state.in_(LIVE_STATES | {TicketState.MERGED})))
    query = select(Ticket).where(Ticket.serial == serial, or_(*mine)).order_by(Ticket.day.desc()).limit(1)
    if on is not None:
        query = query.where(Ticket.day == on)
    if states is not None:
        query = query.where(Ticket.state.in_(states))
    ticket = session.scalar(query)
    if ticket is None:
        raise Refused(Refusal.NOT_FOUND, number=number)
    return ticket


def own_live(session: Session, person: Person, *, most: int = 9) -> Sequence[Ticket]:
    """What a person reported and is not finished, newest first; what was merged lives as long as its head.

    What somebody told twice is named once.
    """
    head = aliased(Ticket)
    lives_on = (
        select(head.id)
        .where(head.id == Ticket.merged_into_id, head.state.in_(LIVE_STATES), head.reporter_id != person.id)
        .exists()
    )
    return session.scalars(
        select(Ticket)
        .where(Ticket.reporter_id == person.id, or_(Ticket.state.in_(LIVE_STATES), lives_on))
        .order_by(Ticket.id.desc())
        .limit(most)
    ).all()


def tasks_of(session: Session, person: Person, *, most: int = 20) -> Sequence[Ticket]:
    """What a person has accepted and not finished, oldest first; where they go along comes after it."""
    own = session.scalars(
        select(Ticket)
        .where(Ticket.assignee_id == person.id, Ticket.state.in_([TicketState.ACCEPTED, TicketState.ASSIGNED]))
        .order_by(Ticket.id)
        .limit(most)
    ).all()
    return [*own, *helpers.tasks(session, person, most=most)]


def open_offers(session: Session, person: Person, *, most: int = 9) -> Sequence[Ticket]:
    """The tickets a person is being asked to take."""
    return session.scalars(
        select(Ticket)
        .join(Offer, Offer.ticket_id == Ticket.id)
        .where(Offer.person_id == person.id, Offer.state == OfferState.OPEN)
        .order_by(Offer.id)
        .limit(most)
    ).all()


# ---------------------------------------------------------------- the resident


@followers.on_head
def add_words(
    session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime, kind: WordsKind = WordsKind.ADDITION
) -> int | None:
    """More words for the ticket; whoever has it is told. Gives the key of the words, None for blanks."""
    event = transitions.perform(session, ticket, Action.ADD, by=by, now=now, why=text, words_kind=kind)
    return event.words_id


def attach(
    session: Session,
    ticket: Ticket,
    attachment: Attachment,
    *,
    now: datetime,
    use: AttachmentUse = AttachmentUse.BEFORE,
) -> None:
    """Puts something that was sent to the ticket; a location without a place gives the ticket its position."""
    ticket = followers.head_of(session, ticket)
    attachment.ticket_id = ticket.id
    attachment.use = use
    if attachment.lat is not None and ticket.lat is None:
        ticket.lat, ticket.lng = attachment.lat, attachment.lng
        ticket.place = ticket.place or attachment.label
    if ticket.state is TicketState.NEW:
        ticket.dispatch_at = now
        outboxes.to_dispatch(session, ticket.id)
    session.flush()
    # Only of what came before its words has anything become known by now.
    if attachment.stored:
        photos.hint(session, attachment, now=now)
    elif attachment.failure is not None:
        photos.say_lost(session, ticket, attachment, now=now)


def correct_category(
    session: Session,
    ticket: Ticket,
    category: Category,
    text: str,
    *,
    by: Person | None,
    now: datetime,
    source: str = "",
    keeps_service: bool = False,
) -> None:
    """Another category, by the resident's or staff's word, which is kept for learning; or by a `source` of its own.

    Whoever says what it is instead no longer asks for a service, unless it is kept.
    """
    ticket = transitions.lock(session, ticket.id)
    facts = {"from": ticket.category, "to": category.code, "guess": ticket.understood}
    keeps_service = keeps_service or ticket.service is None
    if not keeps_service:
        facts["service"] = [ticket.service, None]
    corrections.perform(
        session,
        ticket,
        text,
        facts=facts | ({"source": source} if source else {}),
        changes={
            "category": category.code,
            "understood": True,
            "service": ticket.service if keeps_service else None,
            "level": category.level if ticket.state in (TicketState.NEW, TicketState.OFFERED) else ticket.level,
            "dispatch_at": now if ticket.state is TicketState.NEW else ticket.dispatch_at,
        },
        by=by,
        now=now,
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
    ticket = transitions.lock(session, ticket.id)
    transitions.perform(
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
            "lead_id": joints.lead_of(session, area_id, ticket.opened_at),
            "place": place[:200],
            "room": room[:40] or ticket.room,
            "dispatch_at": now if ticket.state is TicketState.NEW else ticket.dispatch_at,
        },
    )


def withdraw(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """The resident takes the matter back; it goes on as the next one's whose ticket was merged into it."""
    found = followers.lock_all(session, ticket.id, ticket.merged_into_id or ticket.id)
    ticket = found[ticket.id]
    actor = transitions.check(session, ticket, Action.WITHDRAW, by=by)
    head = found.get(ticket.merged_into_id or 0)
    heir = merging.take_over(session, ticket, now=now)
    transitions.perform(
        session,
        ticket,
        Action.WITHDRAW,
        by=by,
        now=now,
        why=text,
        changes={"dispatch_at": None, "closed_at": now, "merged_into_id": None},
        checked=actor,
        # Whoever has the task hears that it goes on, not that it is over.
        untold=[ticket.assignee_id] if heir is not None and ticket.assignee_id else (),
    )
    transitions.forget_questions(session, ticket)
    if head is not None:
        merging.leave(session, ticket, head, by=by, now=now)


@followers.on_head
def urge(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """The resident asks to hurry, once in a limit's time. Raises Refused(ALREADY_URGED)."""
    actor = transitions.check(session, ticket, Action.URGE, by=by)
    category = session.get_one(Category, ticket.category)
    if ticket.urged_at is not None and due(ticket.urged_at, limits.of_ticket(ticket, category).accept) > now:
        raise Refused(Refusal.ALREADY_URGED, number=ticket.short)
    transitions.perform(
        session, ticket, Action.URGE, by=by, now=now, why=text, changes={"urged_at": now}, checked=actor
    )


@followers.on_head
def evaluate(
    session: Session, ticket: Ticket, answer: int, text: str, *, by: Person, now: datetime, days: int = 7
) -> Ticket:
    """One resident's judgement: 1 solved and satisfied, 2 solved, 3 not solved, which reopens the ticket at once.

    The ticket ends when everybody whose matter it is has judged. Raises Refused: EVALUATED for a second answer to the
    same result, OWN_WORK for whoever did it themselves.
    """
    called = ticket.state is TicketState.CLOSED and ticket.ending is Ending.CALLED_BACK
    if ticket.state in (TicketState.RESOLVED, TicketState.CLOSED) and (
        by.id in followers.judged(session, ticket) or (called and by.id == ticket.reporter_id)
    ):
        raise Refused(Refusal.EVALUATED, number=ticket.short)
    if ticket.state is TicketState.CLOSED and by.id in followers.numbers(session, ticket):
        raise Refused(Refusal.TOO_LATE, number=ticket.short, days=days)
    transitions.check(session, ticket, Action.EVALUATE, by=by)
    if by.id in results.workers(session, ticket):
        raise Refused(Refusal.OWN_WORK, number=ticket.short)
    waiting = followers.to_judge(session, ticket)
    if by.id not in waiting:
        raise Refused(Refusal.NOT_YOURS, number=ticket.short)
    session.add(Evaluation(ticket_id=ticket.id, person_id=by.id, round=ticket.reopened, answer=answer, at=now))
    session.flush()
    is_last = len(waiting) == 1
    if answer == 3:
        reopen(session, ticket, text, by=by, now=now)
    else:
        transitions.perform(
            session,
            ticket,
            Action.EVALUATE,
            by=by,
            now=now,
            why=text,
            words_kind=WordsKind.EVALUATION,
            facts={"answer": answer},
            changes={"closed_at": now, "ending": Ending.EVALUATED} if is_last else {"state": TicketState.RESOLVED},
        )
    transitions.forget_questions(session, ticket, of=None if answer == 3 or is_last else by.id)
    return ticket


def reopen(
    session: Session,
    ticket: Ticket,
    text: str,
    *,
    by: Person,
    now: datetime,
    action: Action = Action.REOPEN,
    checked: Actor | None = None,
    facts: dict[str, Any] | None = None,
) -> TicketEvent:
    """Back to the desk with the reason; the second time one level up. `action` says who told that it is not solved;
    `facts` what they said, where it was not the answer 3.
    """
    above = ticket.level.above if ticket.reopened else None
    return transitions.perform(
        session,
        ticket,
        action,
        by=by,
        now=now,
        why=text,
        words_kind=WordsKind.EVALUATION,
        checked=checked,
        facts={
            **(facts or {"answer": 3}),
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
            "dispatch_at": now,
        },
    )


@followers.on_head
def reevaluate(
    session: Session, ticket: Ticket, answer: int, text: str, *, by: Person, now: datetime, hours: int
) -> Ticket:
    """Another answer to the same result, within `hours` of the first. Raises Refused(TOO_LATE)."""
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
    transitions.check(session, ticket, Action.REEVALUATE, by=by)
    if last.round != ticket.reopened:
        # A neighbour found that result not solved: the next one is judged anew.
        raise Refused(Refusal.WRONG_STATE, number=ticket.short, state=ticket.state)
    last.answer, last.changed_at, last.source = answer, now, EvaluationSource.CHAT
    if answer == 3:
        reopen(session, ticket, text, by=by, now=now)
        transitions.forget_questions(session, ticket)
    else:
        transitions.perform(
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
    """A slip: as long as nobody took the reopened ticket it is as it was before the answer, or closed again when
    nobody else is still to judge.
    """
    if answer == 3:
        return ticket
    if ticket.state not in (TicketState.NEW, TicketState.OFFERED) or last.round != ticket.reopened - 1:
        raise Refused(Refusal.WRONG_STATE, number=ticket.short, state=ticket.state)
    last.answer, last.changed_at, last.source = answer, now, EvaluationSource.CHAT
    before = ticket.state
    transitions.close_offers(session, ticket, OfferState.WITHDRAWN, now=now)
    was = session.scalars(
        select(TicketEvent.facts)
        .where(
            TicketEvent.ticket_id == ticket.id,
            TicketEvent.action.in_([Action.REOPEN.value, Action.CALL_REOPEN.value]),
        )
        .order_by(TicketEvent.version.desc())
    ).first()
    if was is not None:
        ticket.level = Level(was["was"]["level"])
        ticket.assignee_id = was["was"]["assignee"]
        ticket.resolved_at = datetime.fromisoformat(was["was"]["resolved"]) if was["was"]["resolved"] else None
    outboxes.drop(session, ticket_id=ticket.id, kind=NoticeKind.REOPENED)
    for own_id in followers.numbers(session, ticket).values():
        outboxes.drop(session, ticket_id=own_id, kind=NoticeKind.REDONE)
    ticket.reopened -= 1
    session.flush()
    if followers.to_judge(session, ticket):
        ticket.state = TicketState.RESOLVED
    else:
        ticket.state = TicketState.CLOSED
        ticket.closed_at, ticket.ending = now, Ending.EVALUATED
    ticket.dispatch_at = None
    if ticket.returned_by:
        # Given away and given back since: with the slip the street has nothing left to decide.
        ticket.returned_by = ""
        parties.follow(session, ticket, Action.REEVALUATE, was_theirs=True, announced=False, now=now)
    limits.run(ticket, session.get_one(Category, ticket.category))
    history.record(
        session,
        ticket,
        Action.REEVALUATE,
        actor=Actor.REPORTER if ticket.reporter_id == by.id else Actor.FOLLOWER,
        by=by,
        now=now,
        before=before.value,
        words=history.keep_words(session, ticket, text, WordsKind.EVALUATION, by=by, now=now) if text.strip() else None,
        facts={"answer": answer},
    )
    return ticket


# ---------------------------------------------------------------- the member


def accept(session: Session, ticket: Ticket, *, by: Person, now: datetime) -> Ticket:
    """Exactly one person gets an offered ticket, or one that is free to take. Where two go together, the next to accept
    goes along.

    Raises Refused: TAKEN when somebody else has it, ALREADY_YOURS, OFFER_OVER when the offer ran out or was withdrawn.
    """
    ticket = transitions.lock(session, ticket.id)
    mine = session.scalar(
        select(Offer)
        .where(Offer.ticket_id == ticket.id, Offer.person_id == by.id)
        .order_by(Offer.state != OfferState.OPEN, Offer.id.desc())
    )
    asked_to_take_over = mine is not None and mine.purpose is Purpose.HANDOVER and mine.state is OfferState.OPEN
    in_hand = ticket.state is TicketState.ACCEPTED and not asked_to_take_over
    if in_hand and by.id in (ticket.assignee_id, *transitions.helpers_of(session, ticket)):
        raise Refused(Refusal.ALREADY_YOURS, number=ticket.short)
    if mine is None and pool.may_take(session, ticket, by, now=now):
        mine = pool.taken_by(session, ticket, by, now=now)
    if mine is None:
        raise Refused(pool.why_not(session, ticket, now=now), number=ticket.short)
    if mine.purpose is Purpose.HANDOVER:
        handing_on.accept(session, ticket, mine, by=by, now=now)
        return ticket
    if mine.state is OfferState.OPEN and ticket.state is TicketState.ACCEPTED:
        helpers.join(session, ticket, mine, by=by, now=now)
        return ticket
    if mine.state is not OfferState.OPEN or ticket.state is not TicketState.OFFERED:
        if ticket.assignee_id is not None and ticket.assignee_id != by.id:
            # Their reply says it already.
            outboxes.drop(session, ticket_id=ticket.id, kind=NoticeKind.TAKEN, person_id=by.id)
            raise Refused(Refusal.TAKEN, number=ticket.short)
        raise Refused(Refusal.OFFER_OVER, number=ticket.short)
    mine.state, mine.answered_at = OfferState.ACCEPTED, now
    # Somebody who went along with whoever gave it back has it now.
    transitions.end_help(session, ticket, now=now, only_person=by.id)
    session.flush()
    alone = helpers.lacking(session, ticket) > 0
    transitions.perform(
        session,
        ticket,
        Action.ACCEPT,
        by=by,
        now=now,
        changes={
            "assignee_id": by.id,
            "answered_at": ticket.answered_at or now,
            # The others who were asked may still go along; without any, somebody is looked for at once.
            "dispatch_at": None if not alone else ticket.dispatch_at if helpers.open_offers(session, ticket) else now,
        },
        checked=Actor.OFFERED,
        others_stay=alone,
    )
    answered = delete(Question).where(Question.ticket_id == ticket.id, Question.kind == QuestionKind.OFFER)
    session.execute(answered.where(Question.person_id == by.id) if alone else answered)
    outboxes.retire_cards(
        session, ticket_id=ticket.id, caption=OfferState.ACCEPTED.value, only_person=by.id if alone else None
    )
    return ticket


def decline(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """Somebody cannot this time; when nobody is left to ask, dispatch goes on at once."""
    ticket = transitions.lock(session, ticket.id)
    mine = session.scalar(
        select(Offer).where(Offer.ticket_id == ticket.id, Offer.person_id == by.id, Offer.state == OfferState.OPEN)
    )
    if mine is None:
        raise Refused(Refusal.OFFER_OVER, number=ticket.short)
    if mine.purpose is Purpose.HANDOVER:
        handing_on.decline(session, ticket, mine, text, by=by, now=now)
        return
    actor = transitions.check(session, ticket, Action.DECLINE, by=by)
    mine.state, mine.answered_at = OfferState.DECLINED, now
    session.flush()
    left = helpers.open_offers(session, ticket)
    transitions.perform(
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
    """The task comes back to be given to somebody else, or a helper leaves; nobody's standing changes."""
    ticket = transitions.lock(session, ticket.id)
    if by is not None and ticket.assignee_id != by.id and by.id in transitions.helpers_of(session, ticket):
        helpers.leave(session, ticket, text, by=by, now=now)
        return
    transitions.perform(
        session,
        ticket,
        Action.RELEASE,
        by=by,
        now=now,
        why=text,
        changes={
            "assignee_id": None,
            "dispatch_at": now,
        },
    )


def arrive(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """The member is there."""
    transitions.perform(session, transitions.lock(session, ticket.id), Action.ARRIVE, by=by, now=now, why=text)


def finish(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> Ticket:
    """Done, in somebody's eyes: the resident is asked to judge. Photos sent with it show what it looks like now.

    Raises Refused(TASKS_OPEN) for a matter that was split, until its tasks are done.
    """
    ticket = transitions.lock(session, ticket.id)
    if not text.strip():
        transitions.check(session, ticket, Action.FINISH, by=by)
    merging.check_tasks_done(session, ticket)
    transitions.perform(
        session,
        ticket,
        Action.FINISH,
        by=by,
        now=now,
        why=text,
        changes={
            "resolved_at": now,
            "answered_at": ticket.answered_at or now,
            "dispatch_at": None,
            "assignee_id": ticket.assignee_id or by.id,
        },
    )
    return ticket


@followers.on_head
def relay(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """Words between a resident and whoever has the ticket or goes along, without showing anybody's account.

    Of several residents the one who spoke last is answered. Raises Refused(NOBODY_TO_TELL) when nobody has it yet.
    """
    actor = transitions.check(session, ticket, Action.RELAY, by=by)
    to_resident = actor not in EVERY_REPORTER
    if not to_resident and ticket.assignee_id is None and not transitions.helpers_of(session, ticket):
        raise Refused(Refusal.NOBODY_TO_TELL, number=ticket.short)
    transitions.perform(
        session,
        ticket,
        Action.RELAY,
        by=by,
        now=now,
        why=text,
        words_kind=WordsKind.RELAY,
        target=session.get_one(Person, _spoke_last(session, ticket)) if to_resident else None,
        # Words for the resident are an answer.
        changes={"answered_at": ticket.answered_at or now} if to_resident else {},
        checked=actor,
    )


def _spoke_last(session: Session, ticket: Ticket) -> int:
    last = session.scalar(
        select(TicketEvent.by_id)
        .where(
            TicketEvent.ticket_id == ticket.id,
            TicketEvent.action == Action.RELAY.value,
            TicketEvent.by_id.in_(followers.numbers(session, ticket)),
        )
        .order_by(TicketEvent.version.desc())
        .limit(1)
    )
    return last or ticket.reporter_id


# ---------------------------------------------------------------- the clock


def auto_close(session: Session, ticket_id: int, *, now: datetime, days: int) -> bool:
    """Closes a result whose judgement was waited for `days`, counted from the moment the question came through where it
    came late; what nobody judged counts as not evaluated, never as solved, and of several people each who did not
    answer counts so.
    """
    ticket = transitions.lock(session, ticket_id)
    if ticket.state is not TicketState.RESOLVED or ticket.resolved_at is None:
        return False
    if ticket.urgency is Urgency.EMERGENCY or results.may_still_be_judged(session, ticket, now=now, days=days):
        return False
    judged = followers.judged(session, ticket)
    results.lapse(session, ticket, now=now)
    transitions.perform(
        session,
        ticket,
        Action.AUTO_CLOSE,
        by=None,
        now=now,
        facts={"judged": len(judged)} if judged else {},
        changes={"closed_at": now, "ending": Ending.EVALUATED if judged else Ending.NOT_EVALUATED},
        untold=judged,
    )
    transitions.forget_questions(session, ticket)
    return True


def remind(session: Session, ticket_id: int, *, now: datetime, after: timedelta) -> bool:
    """Asks everybody who has not judged once more, `after` the first question came through, and never again for this
    result.
    """
    ticket = transitions.lock(session, ticket_id)
    if (
        session.scalar(
            select(Ticket.id)
            .join(Result, results.of_round())
            .where(Ticket.id == ticket.id, results.to_remind(now, after))
        )
        is None
    ):
        return False
    ticket.reminded_at = now
    for person_id, own_id in followers.to_judge(session, ticket).items():
        outboxes.tell(session, NoticeKind.REMINDER, person_id, now=now, ticket_id=own_id)
    return True
