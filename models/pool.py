"""The open pool (抢单): tickets that any fitting member of the community may take of their own accord."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session, aliased

from models import areas, matching, outboxes
from models.area import Area, AreaKind
from models.category import Category
from models.errors import Refusal
from models.lifecycle import OPEN_STATES
from models.offer import Offer, Wave, WaveMode
from models.outbox import NoticeKind
from models.person import Person, Role, RoleKind, RoleStatus
from models.ticket import Ticket, TicketState

GATHER = timedelta(minutes=10)
"""What becomes free within this time is one message."""


def in_pool() -> ColumnElement[bool]:
    """The condition for tickets that are free to take: the pool is the last thing that was tried with them."""
    later = aliased(Wave)
    return (Ticket.state == TicketState.OFFERED) & exists().where(
        Wave.ticket_id == Ticket.id,
        Wave.mode == WaveMode.POOL,
        ~exists().where(later.ticket_id == Wave.ticket_id, later.number > Wave.number),
    )


def in_or_out_of_pool() -> ColumnElement[bool]:
    """The same, and those that were free before and are not finished: who comes too late is told so."""
    return Ticket.state.in_(OPEN_STATES) & exists().where(Wave.ticket_id == Ticket.id, Wave.mode == WaveMode.POOL)


def near(session: Session, person: Person) -> ColumnElement[bool]:
    """The condition for tickets of the communities in which somebody is a member."""
    places = session.scalars(
        select(Area)
        .join(Role, Role.area_id == Area.id)
        .where(Role.person_id == person.id, Role.kind == RoleKind.MEMBER, Role.status == RoleStatus.ACTIVE)
    ).all()
    wider = [place.path for place in places if place.kind not in (AreaKind.ESTATE, AreaKind.BUILDING)]
    inside = select(Area.id).where(
        Area.kind == AreaKind.COMMUNITY,
        or_(
            Area.id.in_([each for place in places for each in areas.ids_on(place.path)]),
            *(Area.path.startswith(path) for path in wider),
        ),
    )
    return Ticket.community_id.in_(inside)


def open_to(session: Session, person: Person, *, now: datetime, most: int = 9) -> Sequence[Ticket]:
    """What somebody may take now, oldest first."""
    if not any(role.kind is RoleKind.MEMBER and role.status is RoleStatus.ACTIVE for role in person.roles):
        return []
    found = session.scalars(
        select(Ticket)
        .where(near(session, person), in_pool(), Ticket.dispatch_at > now)
        .order_by(Ticket.id)
        .limit(most * 5)
    ).all()
    return [each for each in found if may_take(session, each, person, now=now)][:most]


def may_take(session: Session, ticket: Ticket, person: Person, *, now: datetime) -> bool:
    """Whether this ticket is free to take for this person now; a ticket they declined is not pressed on them again."""
    if session.scalar(select(Ticket.id).where(Ticket.id == ticket.id, in_pool(), Ticket.dispatch_at > now)) is None:
        return False
    if session.scalar(select(Offer.id).where(Offer.ticket_id == ticket.id, Offer.person_id == person.id).limit(1)):
        return False
    return matching.fits(session, ticket, session.get_one(Category, ticket.category), person, now=now)


def why_not(session: Session, ticket: Ticket, *, now: datetime) -> Refusal:
    """Why somebody who was not asked cannot take a ticket: it is not theirs, or it was free and they come too late."""
    query = select(Wave.id).where(Wave.ticket_id == ticket.id, Wave.mode == WaveMode.POOL)
    if session.scalar(query.limit(1)) is None:
        return Refusal.NOT_YOURS
    if ticket.assignee_id is not None:
        return Refusal.TAKEN
    still_free = ticket.state is TicketState.OFFERED and ticket.dispatch_at is not None and ticket.dispatch_at > now
    return Refusal.NOT_YOURS if still_free else Refusal.OFFER_OVER


def taken_by(session: Session, ticket: Ticket, person: Person, *, now: datetime) -> Offer:
    """The offer that somebody has made to themselves by taking a free ticket."""
    wave = session.scalar(select(Wave.number).where(Wave.ticket_id == ticket.id).order_by(Wave.number.desc()).limit(1))
    offer = Offer(
        ticket_id=ticket.id,
        person_id=person.id,
        wave=wave or 1,
        reasons={"list": ["pool"]},
        offered_at=now,
        expires_at=ticket.dispatch_at or now,
    )
    session.add(offer)
    session.flush()
    return offer


def tell(session: Session, person_ids: Sequence[int], *, now: datetime) -> None:
    """One gathered message for each."""
    outboxes.gather(session, NoticeKind.POOL, person_ids, now=now, not_before=now + GATHER)
