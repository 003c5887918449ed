"""A second person on a task (求助), and handing a task on (转派); each is asked by an offer of their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.orm import Session

from models import areas, dispatch, outboxes, transitions
from models.area import Area
from models.calendar import due
from models.category import Category
from models.conversation import Question, QuestionKind
from models.errors import Refusal, Refused
from models.lifecycle import Action, Actor
from models.offer import Offer, OfferState, Purpose
from models.outbox import NoticeKind
from models.person import Person, Role, RoleKind, RoleStatus
from models.ticket import Ticket, TicketHelper, TicketState, Urgency

COLLEAGUES = (RoleKind.MEMBER, RoleKind.GRID, RoleKind.PROPERTY, RoleKind.STAFF)


def call(session: Session, ticket: Ticket, why: str, *, by: Person, now: datetime, minutes: int) -> bool:
    """The assignee wants a second person: fitting members are asked one after the other, each for so many minutes.

    Gives whether somebody was left to ask; otherwise the desk was told. Raises Refused(REASON_MISSING, HELP_IS_COMING).
    """
    ticket = transitions.lock(session, ticket.id)
    actor = transitions.check(session, ticket, Action.ASK_HELP, by=by)
    if not why.strip():
        raise Refused(Refusal.REASON_MISSING, number=ticket.short)
    _refuse_more(session, ticket)
    event = transitions.perform(session, ticket, Action.ASK_HELP, by=by, now=now, why=why, checked=actor)
    return _ask_next(session, ticket, event.words_id, wait=timedelta(minutes=minutes), now=now)


def call_for(session: Session, ticket: Ticket, person: Person, *, by: Person, now: datetime) -> None:
    """The desk asks somebody by name to come along. Raises Refused."""
    ticket = transitions.lock(session, ticket.id)
    actor = transitions.check(session, ticket, Action.ASK_HELP, by=by)
    if person.id in (ticket.reporter_id, ticket.assignee_id):
        raise Refused(Refusal.NOT_OFFERABLE, number=ticket.short)
    _refuse_more(session, ticket)
    transitions.perform(session, ticket, Action.ASK_HELP, by=by, now=now, facts={"person": person.id}, checked=actor)
    category = session.get_one(Category, ticket.category)
    _ask(session, ticket, person, Purpose.HELP, expires=due(now, category.accept_limit), words_id=None, now=now)


def _refuse_more(session: Session, ticket: Ticket) -> None:
    asked = select(Offer.id).where(
        Offer.ticket_id == ticket.id, Offer.state == OfferState.OPEN, Offer.purpose == Purpose.HELP
    )
    if transitions.helpers_of(session, ticket) or session.scalar(asked.limit(1)) is not None:
        raise Refused(Refusal.HELP_IS_COMING, number=ticket.short)


def _ask_next(session: Session, ticket: Ticket, words_id: int | None, *, wait: timedelta, now: datetime) -> bool:
    person = _fitting(session, ticket, now=now)
    if person is not None:
        _ask(session, ticket, person, Purpose.HELP, expires=now + wait, words_id=words_id, now=now)
        return True
    for each in transitions.desk_of(session, ticket):
        data = {"by": ticket.assignee_id}
        outboxes.tell(
            session, NoticeKind.HELP_WANTED, each.id, now=now, ticket_id=ticket.id, data=data, words_id=words_id
        )
    return False


def _fitting(session: Session, ticket: Ticket, *, now: datetime) -> Person | None:
    """Whoever could help and was not asked for the longest time."""
    category = session.get_one(Category, ticket.category)
    if ticket.urgency is Urgency.EMERGENCY or not category.offerable:
        return None
    could = {
        pick.person.id: pick.person
        for pick in dispatch.volunteers(session, ticket, category, now=now)
        if pick.person.id != ticket.assignee_id
    }
    last = dict(
        session.execute(
            select(Offer.person_id, func.max(Offer.offered_at))
            .where(Offer.person_id.in_(could))
            .group_by(Offer.person_id)
        ).all()
    )
    # Whoever was never asked comes first.
    return min(could.values(), key=lambda each: (each.id in last, last.get(each.id), each.id), default=None)


def _ask(
    session: Session,
    ticket: Ticket,
    person: Person,
    purpose: Purpose,
    *,
    expires: datetime,
    words_id: int | None,
    now: datetime,
) -> None:
    wave = session.scalar(select(func.max(Offer.wave)).where(Offer.ticket_id == ticket.id)) or 1
    session.add(
        Offer(
            ticket_id=ticket.id,
            person_id=person.id,
            purpose=purpose,
            wave=wave,
            reasons={"list": [purpose.value], "words": words_id},
            offered_at=now,
            expires_at=expires,
        )
    )
    outboxes.tell(
        session,
        NoticeKind.OFFER,
        person.id,
        now=now,
        ticket_id=ticket.id,
        data={"expires": expires.isoformat(), "purpose": purpose.value, "by": ticket.assignee_id},
        words_id=words_id,
    )
    session.flush()


# ---------------------------------------------------------------- the answers


def accept(session: Session, ticket: Ticket, offer: Offer, *, by: Person, now: datetime) -> None:
    """Whoever was asked comes along, or takes the task over. Raises Refused(OFFER_OVER)."""
    if offer.state is not OfferState.OPEN or ticket.state is not TicketState.ACCEPTED:
        raise Refused(Refusal.OFFER_OVER, number=ticket.short)
    _close(session, ticket, offer, OfferState.ACCEPTED, now=now)
    if offer.purpose is Purpose.HELP:
        _join(session, ticket, offer, by=by, now=now)
        transitions.perform(session, ticket, Action.JOIN, by=by, now=now, checked=Actor.ASKED_ALONG)
        return
    transitions.end_help(session, ticket, now=now, only_person=by.id)
    transitions.perform(
        session,
        ticket,
        Action.TAKE_OVER,
        by=by,
        now=now,
        facts={"from": ticket.assignee_id},
        changes={"assignee_id": by.id},
        checked=Actor.ASKED_TO_TAKE_OVER,
    )


def _join(session: Session, ticket: Ticket, offer: Offer, *, by: Person, now: datetime) -> None:
    helper = session.scalar(
        select(TicketHelper).where(TicketHelper.ticket_id == ticket.id, TicketHelper.person_id == by.id)
    )
    if helper is None:
        helper = TicketHelper(ticket_id=ticket.id, person_id=by.id, asked_at=offer.offered_at)
        session.add(helper)
    helper.joined_at, helper.left_at = now, None
    session.flush()


def decline(session: Session, ticket: Ticket, offer: Offer, text: str, *, by: Person, now: datetime) -> None:
    """Not this time: the next one is asked to help, or the colleague hears that the task stays with them."""
    transitions.perform(session, ticket, Action.DECLINE, by=by, now=now, why=text)
    _close(session, ticket, offer, OfferState.DECLINED, now=now)
    _go_on(session, ticket, offer, now=now)


def expire(session: Session, ticket_id: int, *, now: datetime) -> bool:
    """Ends the questions to helpers and colleagues that nobody answered in time, and goes on from there."""
    ticket = transitions.lock(session, ticket_id)
    over = session.scalars(select(Offer).where(_unanswered(now), Offer.ticket_id == ticket.id)).all()
    for offer in over:
        _close(session, ticket, offer, OfferState.EXPIRED, now=now)
        if ticket.state is TicketState.ACCEPTED:
            _go_on(session, ticket, offer, now=now)
    return bool(over)


def unanswered(session: Session, *, now: datetime, most: int) -> Sequence[int]:
    """The ids of tickets with such questions."""
    return session.scalars(select(Offer.ticket_id).where(_unanswered(now)).distinct().limit(most)).all()


def _unanswered(now: datetime) -> ColumnElement[bool]:
    return and_(Offer.state == OfferState.OPEN, Offer.expires_at <= now, Offer.purpose != Purpose.TASK)


def _go_on(session: Session, ticket: Ticket, offer: Offer, *, now: datetime) -> None:
    if offer.purpose is Purpose.HELP:
        wait = offer.expires_at - offer.offered_at
        _ask_next(session, ticket, offer.reasons.get("words"), wait=wait, now=now)
    elif ticket.assignee_id is not None:
        data = {"by": offer.person_id, "declined": offer.state is OfferState.DECLINED}
        outboxes.tell(session, NoticeKind.NOT_HANDED_ON, ticket.assignee_id, now=now, ticket_id=ticket.id, data=data)


def _close(session: Session, ticket: Ticket, offer: Offer, state: OfferState, *, now: datetime) -> None:
    """One person's question ends; others' stay open."""
    offer.state, offer.answered_at = state, now
    session.execute(
        delete(Question).where(
            Question.ticket_id == ticket.id,
            Question.kind == QuestionKind.OFFER,
            Question.person_id == offer.person_id,
        )
    )
    outboxes.drop(session, ticket_id=ticket.id, kind=NoticeKind.OFFER, person_id=offer.person_id)
    outboxes.retire_cards(session, ticket_id=ticket.id, caption=state.value, only_person=offer.person_id)
    session.flush()


def leave(session: Session, ticket: Ticket, text: str, *, by: Person, now: datetime) -> None:
    """A helper cannot any more; whoever has the task is told."""
    transitions.perform(session, ticket, Action.LEAVE, by=by, now=now, why=text)
    transitions.end_help(session, ticket, now=now, only_person=by.id)


# ---------------------------------------------------------------- handing on


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
        _close(session, ticket, offer, OfferState.WITHDRAWN, now=now)
        if shown and offer.person_id != person.id:
            outboxes.tell(session, NoticeKind.OFFER_WITHDRAWN, offer.person_id, now=now, ticket_id=ticket.id)
    transitions.perform(session, ticket, Action.HAND_ON, by=by, now=now, facts={"person": person.id}, checked=actor)
    category = session.get_one(Category, ticket.category)
    _ask(session, ticket, person, Purpose.HANDOVER, expires=due(now, category.accept_limit), words_id=None, now=now)
