"""The one way a ticket changes: who may, what follows, who is told, as the table in models/lifecycle.py says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, false, or_, select, update
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session, selectinload

from models import areas, batch, followers, history, limits, outboxes, parties, people, results
from models.area import Area
from models.category import Category, Level
from models.conversation import Question, QuestionKind
from models.errors import Refusal, Refused
from models.lifecycle import BY_THE_CLOCK, RULES, WAITS_FOR_THE_STREET, Action, Actor, Audience
from models.offer import Offer, OfferState, Purpose
from models.outbox import NoticeKind
from models.person import Identity, Person, Role, RoleKind
from models.ticket import (
    Ticket,
    TicketEvent,
    TicketHelper,
    TicketState,
    Urgency,
    WordsKind,
)

DESK_GATHER = timedelta(seconds=20)

TAKEN = "taken"
"""What the card of an offer becomes when somebody else was quicker."""

CALLED_OFF = "called_off"
"""And when the resident took the matter back."""

UNLESS_URGENT = frozenset({NoticeKind.JUDGED, NoticeKind.URGED})
"""What somebody has just brought about and can wait for the morning, unless the matter is urgent."""

ASKED = {Purpose.TASK: Actor.OFFERED, Purpose.HANDOVER: Actor.ASKED_TO_TAKE_OVER}

LEAVES_NOBODY = frozenset(
    {Action.ESCALATE, Action.ASSIGN, Action.REOPEN, Action.CALL_REOPEN, Action.NOT_MENDED, Action.MERGE}
)
"""After these other people do it; after a return the helpers stay, and somebody else joins them."""


def lock(session: Session, ticket_id: int) -> Ticket:
    """The ticket as it is now, held until the end of the transaction."""
    if (lock, ticket_id) in (batch.memo(session) or ()):
        return session.get_one(Ticket, ticket_id)
    return session.get_one(Ticket, ticket_id, with_for_update=True, populate_existing=True)


def lock_all(session: Session, ticket_ids: Collection[int]) -> Sequence[Ticket]:
    """The tickets as they are now, held until the end of the transaction, always in the order of their ids; with their
    words. Raises NoResultFound for one that is not there.
    """
    query = select(Ticket).where(Ticket.id.in_(ticket_ids)).order_by(Ticket.id).options(selectinload(Ticket.words))
    found = session.scalars(query.with_for_update().execution_options(populate_existing=True)).all()
    if len(found) < len(set(ticket_ids)):
        raise NoResultFound
    known = batch.memo(session)
    if known is not None:
        known |= {(lock, each.id): True for each in found}
    return found


def look_up(session: Session, ticket_ids: Collection[int]) -> None:
    """What `perform` asks of every ticket, for a transaction that changes many locked ones by the clock."""
    known = batch.memo(session)
    if known is None or not ticket_ids:
        return
    history.look_up(session, ticket_ids)
    followers.look_up(session, ticket_ids)
    known |= {(TicketHelper, ticket_id): [] for ticket_id in ticket_ids}
    helping = select(TicketHelper.ticket_id, TicketHelper.person_id, TicketHelper.joined_at.is_not(None))
    helping = helping.where(TicketHelper.ticket_id.in_(ticket_ids), TicketHelper.left_at.is_(None))
    for ticket_id, person_id, has_joined in session.execute(helping.order_by(TicketHelper.id)):
        known[TicketHelper, ticket_id].append((person_id, has_joined))


def desk_of(session: Session, ticket: Ticket) -> Sequence[Person]:
    """The people at the dispatch desk for a ticket: the street's from its level up, otherwise the community's. Without
    a place it is that of the reporter's home, and where that is not known the street's.
    """
    looked_after = ticket.lead_id or ticket.community_id or home_of(session, ticket)
    area = session.get(Area, looked_after) if looked_after else None
    if area is None or ticket.level in (Level.STREET, Level.DEPARTMENT):
        # Nobody knows where it is: the street finds out, and not every community at once.
        found = people.with_role(session, [RoleKind.STREET], area=area, category=ticket.category)
        if found:
            return found
    found = people.with_role(session, [RoleKind.STAFF], area=area, category=ticket.category)
    return found or people.with_role(
        session, [RoleKind.STAFF, RoleKind.STREET, RoleKind.ADMIN], area=None, category=ticket.category
    )


def home_of(session: Session, ticket: Ticket) -> int | None:
    """The community in which whoever reported a ticket without a place lives, as far as they have said; its desk asks
    where it is.
    """
    if ticket.community_id is not None:
        return None
    return areas.community_of(session, session.get_one(Person, ticket.reporter_id).home_area_id)


def tell_desk(session: Session, ticket: Ticket, *, now: datetime, but: Collection[int] = ()) -> None:
    """News of a ticket for everybody at its desk `but` some, gathered into one message each; by day, unless it is
    urgent.
    """
    soon, can_wait = now + DESK_GATHER, ticket.urgency is Urgency.NORMAL
    whom = [person.id for person in desk_of(session, ticket) if person.id not in but]
    outboxes.gather(session, NoticeKind.DESK, whom, now=now, not_before=soon, can_wait=can_wait)


def actors(session: Session, ticket: Ticket, person: Person) -> frozenset[Actor]:
    """What a person is to a ticket."""
    found: set[Actor] = set()
    if ticket.reporter_id == person.id:
        found.add(Actor.REPORTER)
    elif followers.follows(session, ticket, person.id):
        found.add(Actor.FOLLOWER)
    if ticket.assignee_id == person.id and ticket.state in (
        TicketState.ACCEPTED,
        TicketState.ASSIGNED,
        TicketState.HELD,
        TicketState.RESOLVED,
    ):
        found.add(Actor.ASSIGNEE)
    if person.id in helpers_of(session, ticket):
        found.add(Actor.HELPER)
        if _is_gone(session, ticket.assignee_id):
            found.add(Actor.ASSIGNEE)
    asked = session.scalars(
        select(Offer.purpose).where(
            Offer.ticket_id == ticket.id, Offer.person_id == person.id, Offer.state == OfferState.OPEN
        )
    )
    found |= {ASKED[purpose] for purpose in asked}
    community = session.get(Area, ticket.community_id) if ticket.community_id else None
    for role in person.roles:
        if role.status != "active" or (role.categories and ticket.category not in role.categories):
            continue
        places = [community]
        if role.kind is RoleKind.DEPARTMENT:
            here = Actor.DEPARTMENT if role.department and role.department == ticket.department else None
            # A property company may serve one estate only.
            places = [parties.place_of(session, ticket)] if here else []
        elif role.kind in people.STAFF_KINDS:
            here = Actor.STAFF if role.kind is RoleKind.STAFF else Actor.STREET
            if ticket.lead_id is not None:
                places.append(session.get_one(Area, ticket.lead_id))
        else:
            here = None
        if here is not None:
            where = session.get_one(Area, role.area_id)
            if any(place is None or areas.covers(where.path, place.path) for place in places):
                found.add(here)
    if ticket.returned_by and Actor.STREET in found:
        found.add(Actor.ARBITER)
    return frozenset(found)


def _allowed(ticket: Ticket, action: Action, mine: frozenset[Actor]) -> frozenset[Actor]:
    """Which of what somebody is to a ticket allows an action. While a return is open, deciding is the street's; an
    emergency waits for nobody.
    """
    allowed = RULES[action].by & mine
    waits = ticket.returned_by and action in WAITS_FOR_THE_STREET and ticket.urgency is not Urgency.EMERGENCY
    return allowed - {Actor.STAFF} if waits else allowed


def helpers_of(session: Session, ticket: Ticket) -> Sequence[int]:
    """The ids of the people who go along with the assignee, in the order in which they joined."""
    known = (batch.memo(session) or {}).get((TicketHelper, ticket.id))
    if known is not None:
        return [person_id for person_id, has_joined in known if has_joined]
    return session.scalars(
        select(TicketHelper.person_id)
        .where(
            TicketHelper.ticket_id == ticket.id,
            TicketHelper.joined_at.is_not(None),
            TicketHelper.left_at.is_(None),
        )
        .order_by(TicketHelper.id)
    ).all()


def _is_gone(session: Session, assignee_id: int | None) -> bool:
    """Whether nobody has the task, or somebody no message reaches: a helper then stands in for them."""
    return (
        assignee_id is None
        or session.scalar(
            select(Identity.id).where(Identity.person_id == assignee_id, Identity.reachable.is_(True)).limit(1)
        )
        is None
    )


def allowed_actions(session: Session, ticket: Ticket, person: Person) -> list[Action]:
    """The actions a person may take on a ticket now, in the order of the table: the buttons to show."""
    mine = actors(session, ticket, person)
    return [action for action, rule in RULES.items() if ticket.state in rule.sources and _allowed(ticket, action, mine)]


def check(session: Session, ticket: Ticket, action: Action, *, by: Person | None, why: str = "") -> Actor:
    """What `by` is to the ticket that allows the action. Raises Refused."""
    rule = RULES[action]
    if by is None:
        allowed = {Actor.SYSTEM} & rule.by
    else:
        mine = actors(session, ticket, by)
        allowed = set(_allowed(ticket, action, mine))
        if not allowed and Actor.OFFERED in mine and Actor.ASSIGNEE in rule.by:
            raise Refused(Refusal.ACCEPT_FIRST, number=ticket.short)
        if not allowed and mine & rule.by:
            raise Refused(Refusal.STREET_DECIDES, number=ticket.short, name=ticket.returned_by)
    if not allowed:
        with_another = by is not None and Actor.ASSIGNEE in rule.by and by.id in helpers_of(session, ticket)
        raise Refused(Refusal.HELPERS_TASK if with_another else Refusal.NOT_YOURS, number=ticket.short)
    if ticket.state not in rule.sources:
        raise Refused(Refusal.WRONG_STATE, number=ticket.short, state=ticket.state)
    # What the clock does has its reason in the facts.
    if rule.needs_reason and by is not None and not why.strip():
        raise Refused(Refusal.REASON_MISSING, number=ticket.short)
    return min(allowed, key=list(Actor).index)


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
    others_stay: bool = False,
    untold: Collection[int] = (),
) -> TicketEvent:
    """Checks the rule, applies `changes` and the new state, brings the limits after, appends the event, tells whom the
    rule names but `untold`.

    `ticket` must be locked. `why` are somebody's own words: they are kept apart from the history. With `others_stay`
    the offers to others go on, because a second person is wanted.
    """
    rule = RULES[action]
    actor = checked or check(session, ticket, action, by=by, why=why)
    words = history.keep_words(session, ticket, why, words_kind, by=by, now=now) if why.strip() else None
    before, former_assignee, returner = ticket.state, ticket.assignee_id, ticket.returned_by
    was_theirs = parties.is_with_party(ticket) or bool(returner)
    if rule.target is not None:
        ticket.state = rule.target
    for name, value in (changes or {}).items():
        setattr(ticket, name, value)
    if returner and ticket.returned_by == returner and ticket.state not in (TicketState.NEW, TicketState.HELD):
        # Whatever was done with it instead: nothing is left to decide.
        ticket.returned_by = ""
    is_heard_of = before is not TicketState.ACCEPTED or actor in (Actor.ASSIGNEE, Actor.HELPER)
    if ticket.state is not TicketState.ACCEPTED:
        ticket.touched_at = ticket.asked_at = None
    elif is_heard_of or ticket.assignee_id != former_assignee:
        ticket.touched_at, ticket.asked_at = now, None
    limits.follow(ticket, session.get_one(Category, ticket.category), action, by_hand=by is not None, now=now)
    if was_theirs or action is Action.ASSIGN:
        parties.follow(
            session, ticket, action, was_theirs=was_theirs, announced="announcement" in (facts or {}), now=now
        )
    own_work: frozenset[int] = frozenset()
    if ticket.state is TicketState.RESOLVED and before is not TicketState.RESOLVED:
        own_work = results.note(session, ticket, now=now, announced="announcement" in (facts or {}))
    event = history.record(
        session, ticket, action, actor=actor, by=by, now=now, before=before.value, words=words, facts=facts or {}
    )
    # An offer is open only while the ticket is offered, or while a second person is wanted.
    tells = [tell for tell in rule.tells if before is not TicketState.NEW or tell.to is not Audience.OTHERS_OFFERED]
    # Whoever is asked by a colleague to take it over may still do so when somebody has joined.
    only = Purpose.TASK if action is Action.JOIN else None
    told_of: set[tuple[NoticeKind, int]] = set()
    is_of_the_clock = by is None and action in BY_THE_CLOCK and ticket.urgency is not Urgency.EMERGENCY
    for tell in tells:
        if tell.kind is NoticeKind.DESK:
            tell_desk(session, ticket, now=now, but=untold)
            continue
        if tell.to is Audience.REPORTER:
            # A follower reads the number of their own ticket.
            audience = followers.numbers(session, ticket)
        else:
            told = _audience(session, ticket, tell.to, former_assignee, target, by, returner, only=only)
            audience = dict.fromkeys(told, ticket.id)
            if tell.to is Audience.TARGET:
                audience |= {
                    each: number for each, number in followers.numbers(session, ticket).items() if each in told
                }
        asks = tell.kind is NoticeKind.FINISHED
        for person_id, number_id in audience.items():
            # Whoever does what they brought themselves is two audiences, and hears it once.
            if person_id in untold or (tell.kind, person_id) in told_of:
                continue
            if tell.to is Audience.OTHERS_OFFERED:
                if others_stay or not _was_shown(session, ticket, person_id):
                    continue
            # Nobody is asked about their own work; whoever only said that it is done, as its reporter, is.
            elif (
                by is not None
                and person_id == by.id
                and (not asks or person_id != ticket.reporter_id or person_id in own_work)
            ):
                continue
            told_of.add((tell.kind, person_id))
            outboxes.tell(
                session,
                tell.kind,
                person_id,
                now=now,
                ticket_id=number_id,
                data={
                    "by": by.id if by else None,
                    "actor": actor.value,
                    "action": action.value,
                    **({"own": True} if person_id in own_work else {}),
                    **(facts or {}),
                },
                words_id=words.id if words else None,
                can_wait=is_of_the_clock or waits_for_day(ticket, tell.kind),
            )
    if action in LEAVES_NOBODY:
        end_help(session, ticket, now=now)
    for tell in tells:
        if tell.to is Audience.OTHERS_OFFERED and not others_stay:
            endings = {Action.WITHDRAW: CALLED_OFF, Action.ACCEPT: TAKEN, Action.JOIN: TAKEN}
            caption = endings.get(action, OfferState.WITHDRAWN.value)
            but = by.id if by else 0
            close_offers(session, ticket, OfferState.WITHDRAWN, now=now, except_person=but, caption=caption, only=only)
    return event


def _audience(
    session: Session,
    ticket: Ticket,
    audience: Audience,
    former_assignee: int | None,
    target: Person | None,
    by: Person | None,
    returner: str,
    *,
    only: Purpose | None,
) -> Collection[int]:
    match audience:
        case Audience.REPORTER:
            return followers.numbers(session, ticket)
        case Audience.ASSIGNEE:
            return [former_assignee] if former_assignee else []
        case Audience.HELPERS:
            return helpers_of(session, ticket)
        case Audience.TEAM:
            team = [former_assignee] if former_assignee else []
            return [*team, *(each for each in helpers_of(session, ticket) if each != former_assignee)]
        case Audience.OTHERS_OFFERED:
            return session.scalars(
                select(Offer.person_id).where(_open_offers(ticket, except_person=by.id if by else 0, only=only))
            ).all()
        case Audience.DEPARTMENT:
            theirs = parties.asked_about(session, ticket.department, ticket)
            return [person.id for person in theirs]
        case Audience.RETURNER:
            theirs = parties.asked_about(session, returner, ticket)
            return [person.id for person in theirs]
        case Audience.ABOVE | Audience.DESK:
            return [person.id for person in desk_of(session, ticket)]
        case Audience.STREET:
            area = session.get(Area, ticket.community_id) if ticket.community_id else None
            street = people.with_role(session, [RoleKind.STREET], area=area, category=ticket.category)
            return [person.id for person in street or desk_of(session, ticket)]
        case Audience.ABLE:
            return able(session, ticket)
        case Audience.TARGET:
            return [target.id] if target else []


def waits_for_day(ticket: Ticket, kind: NoticeKind) -> bool:
    """Whether news of a kind is told by day only."""
    return kind in UNLESS_URGENT and ticket.urgency is Urgency.NORMAL


def able(session: Session, ticket: Ticket) -> Collection[int]:
    """Whoever can do something about a ticket now: who has it, or the department it is with; otherwise who was asked
    and has not answered, and everybody at the desk.
    """
    if ticket.assignee_id is not None:
        return [ticket.assignee_id]
    is_with_party = ticket.state is TicketState.ASSIGNED
    theirs = parties.asked_about(session, ticket.department, ticket) if is_with_party else ()
    if theirs:
        return [person.id for person in theirs]
    asked = session.scalars(select(Offer.person_id).where(_open_offers(ticket, except_person=0, only=None)))
    return list(dict.fromkeys([*asked, *(person.id for person in desk_of(session, ticket))]))


def end_help(session: Session, ticket: Ticket, *, now: datetime, only_person: int | None = None) -> None:
    """Nobody helps with the ticket any more, or one person does not."""
    known = batch.memo(session) or {}
    if known.get((TicketHelper, ticket.id)) == []:
        return
    known.pop((TicketHelper, ticket.id), None)
    query = update(TicketHelper).where(TicketHelper.ticket_id == ticket.id, TicketHelper.left_at.is_(None))
    if only_person is not None:
        query = query.where(TicketHelper.person_id == only_person)
    session.execute(query.values(left_at=now))


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


def _open_offers(ticket: Ticket, *, except_person: int, only: Purpose | None) -> ColumnElement[bool]:
    found = and_(Offer.ticket_id == ticket.id, Offer.state == OfferState.OPEN, Offer.person_id != except_person)
    return found if only is None else and_(found, Offer.purpose == only)


def close_offers(
    session: Session,
    ticket: Ticket,
    state: OfferState,
    *,
    now: datetime,
    except_person: int = 0,
    caption: str = "",
    only: Purpose | None = None,
) -> None:
    """Ends every open offer of a ticket, or those of `only` one purpose; people who never saw theirs are not told,
    cards become their ending.
    """
    these = _open_offers(ticket, except_person=except_person, only=only)
    if only is not None:
        for offer in session.scalars(select(Offer).where(these).order_by(Offer.id)).all():
            close_offer(session, ticket, offer, state, now=now, caption=caption)
        return
    closed = session.execute(update(Offer).where(these).values(state=state, answered_at=now))
    if closed.rowcount or except_person:  # type: ignore[attr-defined]  # an UPDATE gives a CursorResult
        session.execute(
            delete(Question).where(
                Question.ticket_id == ticket.id,
                Question.kind == QuestionKind.OFFER,
                Question.person_id != except_person,
            )
        )
        outboxes.drop(session, ticket_id=ticket.id, kind=NoticeKind.OFFER)
    outboxes.retire_cards(session, ticket_id=ticket.id, caption=caption or state.value, except_person=except_person)


def close_offer(
    session: Session, ticket: Ticket, offer: Offer, state: OfferState, *, now: datetime, caption: str = ""
) -> None:
    """Ends one person's offer; others' stay open."""
    offer.state, offer.answered_at = state, now
    session.execute(
        delete(Question).where(
            Question.ticket_id == ticket.id,
            Question.kind == QuestionKind.OFFER,
            Question.person_id == offer.person_id,
        )
    )
    outboxes.drop(session, ticket_id=ticket.id, kind=NoticeKind.OFFER, person_id=offer.person_id)
    outboxes.retire_cards(session, ticket_id=ticket.id, caption=caption or state.value, only_person=offer.person_id)
    session.flush()


def forget_questions(session: Session, ticket: Ticket, *, of: int | None = None) -> None:
    """Closes every open question about a ticket and those merged into it, or one person's, so that a late digit
    changes nothing.
    """
    merged = select(Ticket.id).where(Ticket.merged_into_id == ticket.id)
    query = delete(Question).where(or_(Question.ticket_id == ticket.id, Question.ticket_id.in_(merged)))
    session.execute(query if of is None else query.where(Question.person_id == of))


def desk_paths(session: Session, person: Person) -> Sequence[str]:
    """The areas whose desk somebody sits at; a role for some categories has tickets, and no desk."""
    roots = [role.area_id for role in _desk_roles(person) if not role.categories]
    return session.scalars(select(Area.path).where(Area.id.in_(roots))).all()


def _desk_roles(person: Person) -> list[Role]:
    return [role for role in person.roles if role.kind in people.STAFF_KINDS and role.status == "active"]


def sight(session: Session, person: Person) -> ColumnElement[bool]:
    """The condition for tickets that a person at a desk may see: their communities', and those without a place, as far
    as their roles go.
    """
    seen = []
    for categories in {tuple(role.categories) for role in _desk_roles(person)}:
        roots = [role.area_id for role in _desk_roles(person) if tuple(role.categories) == categories]
        paths = session.scalars(select(Area.path).where(Area.id.in_(roots))).all()
        inside = select(Area.id).where(or_(*(Area.path.startswith(path) for path in paths)))
        here = or_(Ticket.community_id.in_(inside), Ticket.community_id.is_(None), Ticket.lead_id.in_(inside))
        seen.append(and_(here, Ticket.category.in_(categories)) if categories else here)
    return or_(false(), *seen)
