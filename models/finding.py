"""Which ticket somebody means by a number, and which ones are theirs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from models import (
    followers,
    helpers,
    people,
    pool,
    transitions,
)
from models.errors import Refusal, Refused
from models.lifecycle import LIVE_STATES, OPEN_STATES
from models.offer import Offer, OfferState
from models.person import Person, RoleKind
from models.ticket import (
    Evaluation,
    Ticket,
    TicketState,
    TicketWords,
    Urgency,
    WordsKind,
)

EMERGENCY_GOES_ON = timedelta(days=1)
"""So long after an alarm "the fire is out" speaks of it."""


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


def own_closed(session: Session, person: Person, *, since: datetime, most: int = 9) -> Sequence[Ticket]:
    """What a person reported and was closed after its result since a moment, newest first, under their own numbers."""
    head = aliased(Ticket)
    lived_on = (
        select(head.id)
        .where(
            head.id == Ticket.merged_into_id,
            head.state == TicketState.CLOSED,
            head.closed_at > since,
            head.reporter_id != person.id,
        )
        .exists()
    )
    is_closed = and_(Ticket.state == TicketState.CLOSED, Ticket.closed_at > since)
    return session.scalars(
        select(Ticket)
        .where(Ticket.reporter_id == person.id, or_(is_closed, lived_on))
        .order_by(Ticket.id.desc())
        .limit(most)
    ).all()


def own_open(session: Session, person: Person) -> Sequence[Ticket]:
    """What a person reported and somebody is still to do, newest first."""
    mine = own_live(session, person)
    return [each for each in mine if followers.head_of(session, each).state in OPEN_STATES]


def own_emergency(session: Session, person: Person, *, now: datetime) -> Ticket | None:
    """The emergency of which a person may still tell how it goes on."""
    for each in own_open(session, person):
        if each.urgency is Urgency.EMERGENCY and now - each.opened_at < EMERGENCY_GOES_ON:
            return each
    return None


def last_judgement(session: Session, person: Person, *, of: Ticket | None = None) -> Evaluation | None:
    """What a person said last of a result, or `of` the results of one ticket."""
    said = select(Evaluation).where(Evaluation.person_id == person.id)
    if of is not None:
        said = said.where(Evaluation.ticket_id == of.id)
    return session.scalar(said.order_by(Evaluation.at.desc(), Evaluation.id.desc()).limit(1))


def own_last(session: Session, person: Person) -> Ticket | None:
    """What a person reported that was opened or closed last; nothing that was taken back or rejected."""
    states = LIVE_STATES | {TicketState.CLOSED, TicketState.MERGED}
    mine = select(Ticket).where(Ticket.reporter_id == person.id, Ticket.state.in_(states))
    latest = func.coalesce(Ticket.closed_at, Ticket.opened_at).desc()
    return session.scalar(mine.order_by(latest, Ticket.id.desc()).limit(1))


def did_last(session: Session, ticket: Ticket) -> int | None:
    """Who has a matter, or of those who worked on it did something last."""
    head = followers.head_of(session, ticket)
    if head.assignee_id is not None:
        return head.assignee_id
    told_it = {*followers.numbers(session, head), None}
    return next((event.by_id for event in reversed(head.events) if event.by_id not in told_it), None)


def visit_times(session: Session, ticket: Ticket) -> Sequence[str]:
    """When it suits the resident that somebody comes, in their own words, the last two of them."""
    said = select(TicketWords.text).where(
        TicketWords.ticket_id == ticket.id, TicketWords.kind == WordsKind.VISIT, TicketWords.text.is_not(None)
    )
    return [each or "" for each in reversed(session.scalars(said.order_by(TicketWords.id.desc()).limit(2)).all())]


def why_again(session: Session, ticket: Ticket) -> str:
    """Why the last result did not settle a matter that is done again, in the resident's words; empty if nobody said."""
    if not ticket.reopened:
        return ""
    said = select(TicketWords.text).where(
        TicketWords.ticket_id == ticket.id, TicketWords.kind == WordsKind.EVALUATION, TicketWords.text.is_not(None)
    )
    return session.scalar(said.order_by(TicketWords.id.desc()).limit(1)) or ""


def tasks_of(session: Session, person: Person, *, most: int = 20) -> Sequence[Ticket]:
    """What a person has accepted and not finished, oldest first; where they go along comes after it."""
    own = session.scalars(
        select(Ticket)
        .where(Ticket.assignee_id == person.id, Ticket.state.in_([TicketState.ACCEPTED, TicketState.ASSIGNED]))
        .order_by(Ticket.id)
        .limit(most)
    ).all()
    return [*own, *helpers.tasks(session, person, most=most)]


def tasks_in_hand(session: Session, person: Person, *, most: int = 9) -> Sequence[Ticket]:
    """What a person has accepted and may give back, as `tasks_of` orders it."""
    return [each for each in tasks_of(session, person, most=most) if each.state is TicketState.ACCEPTED]


def open_offer(session: Session, ticket: Ticket, person: Person) -> Offer | None:
    """The question to a person whether they take a ticket, while it is open."""
    mine = (Offer.ticket_id == ticket.id, Offer.person_id == person.id, Offer.state == OfferState.OPEN)
    return session.scalar(select(Offer).where(*mine).order_by(Offer.id.desc()).limit(1))


def open_offers(session: Session, person: Person, *, now: datetime | None = None, most: int = 9) -> Sequence[Ticket]:
    """The tickets a person is being asked to take; with `now` only those whose time to answer is not over."""
    mine = [Offer.person_id == person.id, Offer.state == OfferState.OPEN]
    if now is not None:
        mine.append(Offer.expires_at > now)
    return session.scalars(
        select(Ticket).join(Offer, Offer.ticket_id == Ticket.id).where(*mine).order_by(Offer.id).limit(most)
    ).all()
