"""Handing a task on (转派): a colleague is asked, and the assignee keeps it until they accept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from models import areas, outboxes, transitions
from models.area import Area
from models.calendar import due
from models.category import Category
from models.errors import Refusal, Refused
from models.lifecycle import Action, Actor
from models.offer import Offer, OfferState, Purpose
from models.outbox import NoticeKind
from models.person import Person, Role, RoleKind, RoleStatus
from models.ticket import Ticket, TicketState, Urgency

COLLEAGUES = (RoleKind.MEMBER, RoleKind.GRID, RoleKind.PROPERTY, RoleKind.STAFF)


def colleagues(session: Session, ticket: Ticket, person: Person, *, now: datetime, most: int = 100) -> Sequence[Person]:
    """Whom somebody may propose to hand their task on to: people of their own unit first, then of the community.

    Nobody who is away, or has already said no to this ticket; no volunteers for what volunteers are never asked.
    """
    community = session.get(Area, ticket.community_id) if ticket.community_id else None
    category = session.get_one(Category, ticket.category)
    volunteers_may = category.offerable and ticket.urgency is not Urgency.EMERGENCY
    kinds = [kind for kind in COLLEAGUES if volunteers_may or kind is not RoleKind.MEMBER]
    same_unit = and_(Person.unit != "", Person.unit == person.unit)
    near = [same_unit]
    if community is not None:
        near += [Area.id.in_(areas.ids_on(community.path)), Area.path.startswith(community.path)]
    declined = select(Offer.person_id).where(Offer.ticket_id == ticket.id, Offer.state == OfferState.DECLINED)
    found = session.scalars(
        select(Person)
        .join(Role, Role.person_id == Person.id)
        .join(Area, Area.id == Role.area_id)
        .where(
            Role.kind.in_(kinds),
            Role.status == RoleStatus.ACTIVE,
            or_(*near),
            Person.id.not_in([person.id, ticket.reporter_id]),
            Person.id.not_in(declined),
            Person.name != "",
            Person.minor.is_(False),
            Person.erased_at.is_(None),
            or_(Person.away_until.is_(None), Person.away_until <= now),
        )
        .distinct()
        .order_by(Person.id)
        .limit(most)
    ).all()
    return sorted(found, key=lambda each: not (person.unit and each.unit == person.unit))


def propose(session: Session, ticket: Ticket, person: Person, *, by: Person, now: datetime) -> None:
    """The assignee asks a colleague to take the task over, and keeps it until then. A later proposal takes the place of
    an earlier one. Raises Refused(NOT_A_COLLEAGUE).
    """
    ticket = transitions.lock(session, ticket.id)
    actor = transitions.check(session, ticket, Action.HAND_ON, by=by)
    if person.id not in {each.id for each in colleagues(session, ticket, by, now=now)}:
        raise Refused(Refusal.NOT_A_COLLEAGUE, name=person.name)
    earlier = select(Offer).where(
        Offer.ticket_id == ticket.id,
        Offer.state == OfferState.OPEN,
        or_(Offer.purpose == Purpose.HANDOVER, Offer.person_id == person.id),
    )
    for offer in session.scalars(earlier).all():
        shown = outboxes.was_sent(session, ticket_id=ticket.id, kind=NoticeKind.OFFER, person_id=offer.person_id)
        transitions.close_offer(session, ticket, offer, OfferState.WITHDRAWN, now=now)
        if shown and offer.person_id != person.id:
            outboxes.tell(session, NoticeKind.OFFER_WITHDRAWN, offer.person_id, now=now, ticket_id=ticket.id)
    transitions.perform(session, ticket, Action.HAND_ON, by=by, now=now, facts={"person": person.id}, checked=actor)
    expires = due(now, session.get_one(Category, ticket.category).accept_limit)
    wave = session.scalar(select(func.max(Offer.wave)).where(Offer.ticket_id == ticket.id))
    session.add(
        Offer(
            ticket_id=ticket.id,
            person_id=person.id,
            purpose=Purpose.HANDOVER,
            wave=wave or 1,
            reasons={"list": [Purpose.HANDOVER.value]},
            offered_at=now,
            expires_at=expires,
        )
    )
    data = {"expires": expires.isoformat(), "purpose": Purpose.HANDOVER.value, "by": ticket.assignee_id}
    outboxes.tell(session, NoticeKind.OFFER, person.id, now=now, ticket_id=ticket.id, data=data)
    session.flush()


# ---------------------------------------------------------------- the answers


def accept(session: Session, ticket: Ticket, offer: Offer, *, by: Person, now: datetime) -> None:
    """The colleague has it now. `ticket` must be locked. Raises Refused(OFFER_OVER)."""
    if offer.state is not OfferState.OPEN or ticket.state is not TicketState.ACCEPTED:
        raise Refused(Refusal.OFFER_OVER, number=ticket.short)
    transitions.close_offer(session, ticket, offer, OfferState.ACCEPTED, now=now)
    is_helper = by.id in transitions.helpers_of(session, ticket)
    transitions.end_help(session, ticket, now=now, only_person=by.id)
    transitions.perform(
        session,
        ticket,
        Action.TAKE_ON,
        by=by,
        now=now,
        facts={"from": ticket.assignee_id},
        # A helper who takes it over is missing as a helper.
        changes={"assignee_id": by.id, **({"dispatch_at": now} if is_helper else {})},
        checked=Actor.ASKED_TO_TAKE_OVER,
    )


def decline(session: Session, ticket: Ticket, offer: Offer, text: str, *, by: Person, now: datetime) -> None:
    """Not this time: the task stays where it is, and whoever has it is told. `ticket` must be locked."""
    transitions.perform(session, ticket, Action.DECLINE, by=by, now=now, why=text)
    transitions.close_offer(session, ticket, offer, OfferState.DECLINED, now=now)
    _tell_not(session, ticket, offer, now=now)


def unanswered(session: Session, *, now: datetime, most: int) -> Sequence[int]:
    """The ids of tickets whose colleague has not answered in time."""
    return session.scalars(select(Offer.ticket_id).where(_unanswered(now)).distinct().limit(most)).all()


def expire(session: Session, ticket_id: int, *, now: datetime) -> bool:
    """Ends the questions to colleagues that nobody answered in time. Safe to run twice."""
    ticket = transitions.lock(session, ticket_id)
    over = session.scalars(select(Offer).where(_unanswered(now), Offer.ticket_id == ticket.id)).all()
    for offer in over:
        transitions.close_offer(session, ticket, offer, OfferState.EXPIRED, now=now)
        _tell_not(session, ticket, offer, now=now)
    return bool(over)


def _unanswered(now: datetime) -> ColumnElement[bool]:
    return and_(Offer.state == OfferState.OPEN, Offer.expires_at <= now, Offer.purpose == Purpose.HANDOVER)


def _tell_not(session: Session, ticket: Ticket, offer: Offer, *, now: datetime) -> None:
    if ticket.state is TicketState.ACCEPTED and ticket.assignee_id is not None:
        data = {"by": offer.person_id, "declined": offer.state is OfferState.DECLINED}
        outboxes.tell(
            session,
            NoticeKind.NOT_HANDED_ON,
            ticket.assignee_id,
            now=now,
            ticket_id=ticket.id,
            data=data,
            # That nobody answered is news of the clock's, which can wait for the morning.
            can_wait=offer.state is OfferState.EXPIRED,
        )
