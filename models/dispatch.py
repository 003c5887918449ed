"""Deciding whom to ask for a ticket: the category's `first`, then the people at the desk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from models import areas, desk, outboxes, people, transitions
from models.area import Area
from models.calendar import due
from models.category import Category, First
from models.errors import Refusal, Refused
from models.lifecycle import Action
from models.offer import Offer, OfferState
from models.outbox import NoticeKind
from models.person import Person, Role, RoleKind, RoleStatus, Skill
from models.ticket import Ticket, TicketEvent, TicketKind, TicketState, Urgency


@dataclass(frozen=True, slots=True)
class Pick:
    """Somebody who is asked, and why."""

    person: Person
    reasons: tuple[str, ...]


def dispatch(session: Session, ticket_id: int, *, now: datetime, offer_minutes: int) -> None:
    """Brings one ticket a step further: an offer, the next one, or the desk. Safe to run twice."""
    ticket = transitions.lock(session, ticket_id)
    if ticket.dispatch_at is None or ticket.dispatch_at > now:
        return
    ticket.dispatch_at = None
    if ticket.state is TicketState.OFFERED:
        _take_back(session, ticket, now=now)
    if ticket.state is not TicketState.NEW:
        return
    category = session.get_one(Category, ticket.category)
    first = _first(ticket, category)
    if first is First.DEPARTMENT and _assign(session, ticket, category, now=now):
        return
    if first is First.VOLUNTEER:
        expires, picks = now + timedelta(minutes=offer_minutes), _volunteers(session, ticket, category, now=now)
    elif first in (First.GRID, First.PROPERTY):
        expires, picks = due(now, category.accept_limit), _standing(session, ticket, first, now=now)
    else:
        expires, picks = now, []
    if picks:
        offer(session, ticket, picks, expires=expires, by=None, now=now)
    else:
        for person in transitions.desk_of(session, ticket):
            outboxes.tell_desk(session, person.id, now=now, gather=transitions.DESK_GATHER)


def _first(ticket: Ticket, category: Category) -> First:
    """Who is tried first with this very ticket: an emergency, one nobody understood, one that came back after "not
    solved" and one that went up a level go to people who can see the whole of it.
    """
    if ticket.urgency is Urgency.EMERGENCY or not ticket.understood or ticket.kind is not TicketKind.REPORT:
        return First.STAFF
    if ticket.level is not category.level:
        return First.STAFF
    if not category.offerable and (ticket.reopened or category.first is not First.DEPARTMENT):
        return First.STAFF
    if ticket.reopened:
        return First.GRID if ticket.reopened == 1 else First.STAFF
    return category.first


def _volunteers(session: Session, ticket: Ticket, category: Category, *, now: datetime) -> Sequence[Pick]:
    """Members of the ticket's community with a fitting skill who are not away and were not asked before."""
    community = session.get(Area, ticket.community_id) if ticket.community_id else None
    if community is None:
        return []
    above = [int(step) for step in community.path.strip("/").split("/")]
    asked = select(Offer.person_id).where(Offer.ticket_id == ticket.id)
    query = (
        select(Person)
        .join(Role, Role.person_id == Person.id)
        .join(Area, Area.id == Role.area_id)
        .where(
            Role.kind == RoleKind.MEMBER,
            Role.status == RoleStatus.ACTIVE,
            or_(Area.id.in_(above), Area.path.startswith(community.path)),
            Person.id != ticket.reporter_id,
            Person.id.not_in(asked),
            Person.erased_at.is_(None),
            or_(Person.away_until.is_(None), Person.away_until <= now),
        )
        .distinct()
        .order_by(Person.id)
        .limit(200)
    )
    if category.skills:
        query = query.where(
            Person.id.in_(select(Skill.person_id).where(Skill.skill.in_([*category.skills, category.code])))
        )
    reasons = ("skill", "community") if category.skills else ("community",)
    return [Pick(person, reasons) for person in session.scalars(query)]


def _away(person: Person, now: datetime) -> bool:
    return person.away_until is not None and person.away_until > now


def _standing(session: Session, ticket: Ticket, first: First, *, now: datetime) -> Sequence[Pick]:
    """Whoever looks after the place: the property company's person if asked for, otherwise the nearest grid worker."""
    area = session.get(Area, ticket.area_id) if ticket.area_id else None
    if area is None:
        return []
    # Asked again after "not solved", so that the same neighbour sees it through; not again after a silence.
    since = session.scalar(
        select(func.max(TicketEvent.at)).where(
            TicketEvent.ticket_id == ticket.id, TicketEvent.action == Action.REOPEN.value
        )
    )
    asked = set(
        session.scalars(
            select(Offer.person_id).where(Offer.ticket_id == ticket.id, Offer.offered_at >= (since or ticket.opened_at))
        )
    )
    if first is First.PROPERTY:
        for person in people.with_role(session, [RoleKind.PROPERTY], area=area):
            if person.id not in asked and person.id != ticket.reporter_id and not _away(person, now):
                return [Pick(person, ("property",))]
    for node in areas.ancestors(session, area):
        worker = session.get(Person, node.grid_worker_id) if node.grid_worker_id else None
        if worker is None or worker.erased_at is not None or _away(worker, now):
            continue
        if worker.id != ticket.reporter_id:
            return [] if worker.id in asked else [Pick(worker, ("grid", node.kind.value))]
    return []


def offer(
    session: Session,
    ticket: Ticket,
    picks: Sequence[Pick],
    *,
    expires: datetime,
    by: Person | None,
    now: datetime,
) -> None:
    """Asks several people at once; the first to accept has it."""
    wave = 1 + (session.scalar(select(Offer.wave).where(Offer.ticket_id == ticket.id).order_by(Offer.wave.desc())) or 0)
    transitions.perform(
        session,
        ticket,
        Action.OFFER,
        by=by,
        now=now,
        facts={"wave": wave, "asked": [{"person": pick.person.id, "why": list(pick.reasons)} for pick in picks]},
        changes={"dispatch_at": expires},
    )
    for pick in picks:
        session.add(
            Offer(
                ticket_id=ticket.id,
                person_id=pick.person.id,
                wave=wave,
                reasons={"list": list(pick.reasons)},
                offered_at=now,
                expires_at=expires,
            )
        )
        outboxes.tell(
            session,
            NoticeKind.OFFER,
            pick.person.id,
            now=now,
            ticket_id=ticket.id,
            data={"expires": expires.isoformat(), "direct": by is not None},
        )
    session.flush()


def offer_to(
    session: Session, ticket: Ticket, person: Person, *, by: Person, now: datetime, limit: str | None = None
) -> None:
    """Staff ask one person (派单); offers to others are withdrawn. Raises Refused."""
    ticket = transitions.lock(session, ticket.id)
    if ticket.reporter_id == person.id:
        raise Refused(Refusal.NOT_OFFERABLE, number=ticket.short)
    is_volunteer = people.has_role(person, RoleKind.MEMBER) and not people.has_role(
        person, RoleKind.GRID, RoleKind.STAFF, RoleKind.STREET, RoleKind.PROPERTY
    )
    if is_volunteer and ticket.urgency is Urgency.EMERGENCY:
        raise Refused(Refusal.NOT_OFFERABLE, number=ticket.short)
    category = session.get_one(Category, ticket.category)
    transitions.check(session, ticket, Action.OFFER, by=by)
    transitions.tell_withdrawn(session, ticket, except_person=person.id, now=now)
    transitions.close_offers(session, ticket, OfferState.WITHDRAWN, now=now, except_person=person.id)
    session.execute(
        update(Offer)
        .where(Offer.ticket_id == ticket.id, Offer.person_id == person.id, Offer.state == OfferState.OPEN)
        .values(state=OfferState.WITHDRAWN, answered_at=now)
    )
    expires = due(now, limit or category.accept_limit)
    offer(session, ticket, [Pick(person, ("staff",))], expires=expires, by=by, now=now)


def _take_back(session: Session, ticket: Ticket, *, now: datetime) -> None:
    """Nobody in time: the offers end and the desk is told."""
    transitions.close_offers(session, ticket, OfferState.EXPIRED, now=now)
    transitions.perform(session, ticket, Action.EXPIRE, by=None, now=now, changes={"dispatch_at": None})


def department_for(session: Session, ticket: Ticket, category: Category) -> str | None:
    """The department a ticket goes to without anybody deciding: the category's, if it has people here and none has said
    that the matter is not theirs.
    """
    community = session.get(Area, ticket.community_id) if ticket.community_id else None
    if community is None or not category.department:
        return None
    if session.scalar(
        select(TicketEvent.id)
        .where(TicketEvent.ticket_id == ticket.id, TicketEvent.action == Action.RETURN.value)
        .limit(1)
    ):
        # A department said that it is not theirs: people decide.
        return None
    if not people.with_role(session, [RoleKind.DEPARTMENT], area=community, department=category.department):
        return None
    return category.department


def _assign(session: Session, ticket: Ticket, category: Category, *, now: datetime) -> bool:
    """Straight to the department (一单直达) when exactly one of that name has people here."""
    department = department_for(session, ticket, category)
    if department is not None:
        desk.assign(session, ticket, department, "", by=None, now=now)
    return department is not None


def due_tickets(session: Session, *, now: datetime, most: int = 2000) -> Sequence[int]:
    """The ids of tickets that dispatch has to look at now."""
    return session.scalars(
        select(Ticket.id).where(Ticket.dispatch_at <= now).order_by(Ticket.dispatch_at).limit(most)
    ).all()
