"""Bringing a ticket to people: the category's `first`, then waves that widen, then the people at the desk."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import (
    areas,
    batch,
    desk,
    helpers,
    joints,
    limits,
    matching,
    outboxes,
    parties,
    people,
    pool,
    rest,
    transitions,
)
from models.area import Area
from models.calendar import due, next_opening
from models.category import Category, First
from models.clock import local
from models.errors import Refusal, Refused
from models.lifecycle import Action
from models.matching import Choice, Found
from models.offer import Offer, OfferState, Purpose, Shortfall, Wave, WaveMode
from models.outbox import NoticeKind
from models.party import PartyKind
from models.person import Person, RoleKind
from models.quiet import Quiet
from models.ticket import Ticket, TicketEvent, TicketKind, TicketState, Urgency

MOST_RETURNS = 3
"""After so many returns of one ticket the desk decides, and no new round begins by itself."""

TOLD_OF_POOL = 20
"""How many members hear of what is free to take: those who rested longest. The others find it under 待接单."""


@dataclass(frozen=True, slots=True)
class WavePlan:
    """How many are asked at a time, wave by wave, and how long each wave may answer."""

    sizes: tuple[int, ...]
    minutes: int


@dataclass(frozen=True, slots=True)
class Rules:
    """How people are asked, from the settings."""

    normal: WavePlan = WavePlan((3, 5, 8), 30)
    urgent: WavePlan = WavePlan((5, 8), 10)
    quiet_from: time = time(22)
    quiet_until: time = time(7)
    pool_minutes: int = 60
    riders: Quiet = Quiet()
    """When riders are left in peace, and so not asked."""
    in_a_home: frozenset[str] = frozenset()
    """Services for which somebody's door opens."""
    kindred: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Skills that do for a service, beside the service itself."""

    def waves(self, urgency: Urgency, category: Category) -> WavePlan:
        """The plan for an urgency; the category's own comes first."""
        own = category.waves.get(urgency.value)
        if own:
            return WavePlan(tuple(own["sizes"]), own["minutes"])
        return self.normal if urgency is Urgency.NORMAL else self.urgent

    def is_quiet(self, moment: datetime) -> bool:
        """Whether people sleep; the same time twice is no night at all."""
        here = local(moment).time()
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= here < self.quiet_until
        return here >= self.quiet_from or here < self.quiet_until


DEFAULT = Rules()


def dispatch(session: Session, ticket_id: int, *, now: datetime, rules: Rules = DEFAULT) -> None:
    """Brings one ticket a step further: an offer, the next wave, or the desk. Safe to run twice."""
    ticket = transitions.lock(session, ticket_id)
    if ticket.dispatch_at is None or ticket.dispatch_at > now:
        return
    ticket.dispatch_at = None
    category = session.get_one(Category, ticket.category)
    if ticket.state is TicketState.ACCEPTED:
        _seek(session, ticket, category, now=now, rules=rules)
    if ticket.state is TicketState.OFFERED:
        _take_back(session, ticket, now=now)
    if ticket.state is not TicketState.NEW:
        return
    joints.give_lead(session, ticket, now=now)
    often = _has_tasks(session, ticket) or _comes_back_often(session, ticket)
    first = First.STAFF if often else _first(ticket, category)
    if first is First.DEPARTMENT and _assign(session, ticket, category, now=now):
        return
    night = rules.is_quiet(now)
    if night and ticket.urgency is Urgency.NORMAL and first not in (First.STAFF, First.DEPARTMENT):
        ticket.dispatch_at = next_opening(now, rules.quiet_until)
        limits.wait_until(ticket, category, begins=ticket.dispatch_at)
        return
    if first is First.VOLUNTEER:
        _volunteers(session, ticket, category, night=night, now=now, rules=rules)
    elif first is First.POST:
        _to_holder(session, ticket, category, night=night, now=now, rules=rules)
    elif first is First.POOL:
        _open_pool(session, ticket, category, now=now, rules=rules)
    elif first is First.PROPERTY and _to_partner(session, ticket, now=now):
        return
    elif first in (First.GRID, First.PROPERTY):
        found = _standing(session, ticket, first, now=now)
        ticket.needs = 1
        if found.choices:
            offer(session, ticket, found, mode=WaveMode.STANDING, expires=due(now, category.accept_limit), now=now)
        else:
            _to_desk(session, ticket, WaveMode.STANDING, found, now=now)
    elif ticket.community_id is None:
        _to_desk(session, ticket, WaveMode.STANDING, Found((), {}, None), now=now)
    else:
        transitions.tell_desk(session, ticket, now=now)


def _has_tasks(session: Session, ticket: Ticket) -> bool:
    """Whether a ticket was split: its tasks are dispatched, itself is for people to resolve."""
    if ticket.is_untouched:
        return False
    return session.scalar(select(Ticket.id).where(Ticket.parent_id == ticket.id).limit(1)) is not None


def _first(ticket: Ticket, category: Category) -> First:
    """Who is tried first with this very ticket: an emergency, one nobody understood, one that came back after "not
    solved" and one that went up a level go to people who can see the whole of it.
    """
    if ticket.urgency is Urgency.EMERGENCY or not ticket.understood or ticket.kind is not TicketKind.REPORT:
        return First.STAFF
    if ticket.level is not category.level or ticket.origin or ticket.returned_by:
        return First.STAFF
    if not category.offerable and (ticket.reopened or category.first is not First.DEPARTMENT):
        return First.STAFF
    if ticket.reopened:
        return First.GRID if ticket.reopened == 1 else First.STAFF
    if ticket.service and category.offerable and category.first in (First.STAFF, First.DEPARTMENT):
        # Neighbours lend this hand, whatever the matter is filed under.
        return First.VOLUNTEER
    return category.first


def _comes_back_often(session: Session, ticket: Ticket) -> bool:
    """Whether so many people gave it back that somebody has to look at it before another round."""
    if ticket.answered_at is None:
        return False  # nobody has ever taken it
    returns = select(func.count()).where(TicketEvent.ticket_id == ticket.id, TicketEvent.action == Action.RELEASE.value)
    return (session.scalar(returns) or 0) >= MOST_RETURNS


# ---------------------------------------------------------------- waves


def _volunteers(
    session: Session, ticket: Ticket, category: Category, *, night: bool, now: datetime, rules: Rules
) -> None:
    """The next wave, from where the last ones have left off."""
    ticket.needs = _together(ticket, category, night=night, rules=rules)
    plan = rules.waves(ticket.urgency, category)
    found = _next_wave(session, ticket, category, plan, at_least=ticket.needs, now=now, rules=rules)
    if found.choices:
        expires = now + timedelta(minutes=plan.minutes)
        offer(session, ticket, found, mode=WaveMode.VOLUNTEERS, expires=expires, now=now)
    elif found.free_again is not None and ticket.due_at is not None and found.free_again < ticket.due_at:
        # Somebody can be asked later, and that is soon enough.
        ticket.dispatch_at = found.free_again
        _keep(session, ticket, WaveMode.VOLUNTEERS, found, expires=found.free_again, now=now)
    else:
        _to_desk(session, ticket, WaveMode.VOLUNTEERS, found, now=now)


def _together(ticket: Ticket, category: Category, *, night: bool, rules: Rules) -> int:
    """How many volunteers go: nobody alone at night, or into a home."""
    return max(category.needs, 2 if night or ticket.service in rules.in_a_home else 1)


def _next_wave(
    session: Session, ticket: Ticket, category: Category, plan: WavePlan, *, at_least: int, now: datetime, rules: Rules
) -> Found:
    made = _waves_so_far(session, ticket)
    if made >= len(plan.sizes):
        asked = session.scalar(select(func.count()).select_from(Offer).where(Offer.ticket_id == ticket.id)) or 0
        return Found((), {Shortfall.ASKED: asked}, ticket.community_id)
    size = max(plan.sizes[made], at_least)
    kindred = rules.kindred.get(ticket.service or "", frozenset())
    return matching.search(session, ticket, category, size=size, now=now, quiet=rules.riders, kindred=kindred)


def _waves_so_far(session: Session, ticket: Ticket) -> int:
    """Waves since it was last given back or became another matter: then the asking begins anew, with other people."""
    if ticket.is_untouched:
        return 0
    anew = session.scalar(
        select(func.max(TicketEvent.at)).where(
            TicketEvent.ticket_id == ticket.id,
            TicketEvent.action.in_([Action.RELEASE, Action.LEAVE, Action.CORRECT, Action.LOCATE, Action.RESUME]),
        )
    )
    waves = session.execute(
        select(Wave.picks).where(
            Wave.ticket_id == ticket.id,
            Wave.mode.in_([WaveMode.VOLUNTEERS, WaveMode.HELPER]),
            Wave.at >= (anew or ticket.opened_at),
        )
    ).all()
    return sum(bool(picks["list"]) for (picks,) in waves)


def _seek(session: Session, ticket: Ticket, category: Category, *, now: datetime, rules: Rules) -> None:
    """Somebody has accepted, and somebody to go along is missing."""
    transitions.close_offers(session, ticket, OfferState.EXPIRED, now=now, only=Purpose.TASK)
    missing = helpers.lacking(session, ticket)
    if not missing:
        return
    if ticket.urgency is Urgency.EMERGENCY or not category.offerable:
        # Volunteers are never asked: people find somebody.
        _tell_alone(session, ticket, now=now)
        return
    if rules.is_quiet(now) and ticket.urgency is Urgency.NORMAL:
        ticket.dispatch_at = next_opening(now, rules.quiet_until)
        limits.wait_until(ticket, category, begins=ticket.dispatch_at)
        return
    plan = rules.waves(ticket.urgency, category)
    found = _next_wave(session, ticket, category, plan, at_least=missing, now=now, rules=rules)
    if found.choices:
        expires = now + timedelta(minutes=plan.minutes)
        offer(session, ticket, found, mode=WaveMode.HELPER, expires=expires, now=now, action=Action.SEEK)
        return
    _keep(session, ticket, WaveMode.HELPER, found, expires=None, now=now)
    _tell_alone(session, ticket, now=now)


def _tell_alone(session: Session, ticket: Ticket, *, now: datetime) -> None:
    """Nobody goes along: whoever has it should not go alone, and the desk may ask somebody by name."""
    if ticket.assignee_id is not None:
        outboxes.tell(session, NoticeKind.ALONE, ticket.assignee_id, now=now, ticket_id=ticket.id)
    outboxes.tell_each(
        session,
        NoticeKind.HELP_WANTED,
        {each.id: {"by": ticket.assignee_id} for each in transitions.desk_of(session, ticket)},
        now=now,
        ticket_id=ticket.id,
        words_id=helpers.asked_for(session, ticket),
    )


def _open_pool(session: Session, ticket: Ticket, category: Category, *, now: datetime, rules: Rules) -> None:
    """Free for every fitting member of the community; when nobody has taken it in time it goes to the desk."""
    was_open = session.scalar(select(Wave.id).where(Wave.ticket_id == ticket.id, Wave.mode == WaveMode.POOL).limit(1))
    ticket.needs = category.needs
    found = matching.search(session, ticket, category, size=TOLD_OF_POOL, now=now, quiet=rules.riders, hold=False)
    if was_open is not None or not found.choices:
        _to_desk(session, ticket, WaveMode.POOL, found, now=now)
        return
    expires = now + timedelta(minutes=rules.pool_minutes)
    told = [each.person_id for each in found.choices]
    unasked = Found((), {**found.shortfalls, "told": len(told)}, found.area_id)
    number = _keep(session, ticket, WaveMode.POOL, unasked, expires=expires, now=now)
    transitions.perform(
        session,
        ticket,
        Action.OFFER,
        by=None,
        now=now,
        facts={"wave": number, "pool": True},
        changes={"dispatch_at": expires},
    )
    pool.tell(session, told, now=now)


# ---------------------------------------------------------------- those who look after a place


def _away(person: Person, now: datetime) -> bool:
    return person.away_until is not None and person.away_until > now


def _standing(session: Session, ticket: Ticket, first: First, *, now: datetime) -> Found:
    """Whoever looks after the place: the property company's person if asked for, otherwise the nearest grid worker."""
    area = session.get(Area, ticket.area_id) if ticket.area_id else None
    if area is None:
        return Found((), {Shortfall.NO_PLACE: 1}, None)
    asked = _asked_since_reopened(session, ticket)
    if first is First.PROPERTY:
        for person in people.with_role(session, [RoleKind.PROPERTY], area=area):
            if person.id not in asked and person.id != ticket.reporter_id and not _away(person, now):
                return Found([Choice(person.id, ("property",))], {}, area.id)
    for node in areas.ancestors(session, area):
        worker = session.get(Person, node.grid_worker_id) if node.grid_worker_id else None
        if worker is None or worker.erased_at is not None or _away(worker, now):
            continue
        if worker.id != ticket.reporter_id:
            if worker.id in asked:
                break
            return Found([Choice(worker.id, ("grid", node.kind.value))], {}, node.id)
    why, count = (Shortfall.ASKED, len(asked)) if asked else (Shortfall.NO_WORKER, 1)
    return Found((), {why: count}, area.id)


def _to_holder(
    session: Session, ticket: Ticket, category: Category, *, night: bool, now: datetime, rules: Rules
) -> None:
    """Whoever holds a standing post for it; where nobody can be asked, volunteers, and why is kept for the desk."""
    found = matching.holder(session, ticket, now=now, quiet=rules.riders)
    if found.choices:
        ticket.needs = _together(ticket, category, night=night, rules=rules)
        offer(session, ticket, found, mode=WaveMode.POST, expires=due(now, category.accept_limit), now=now)
        return
    so_far = select(Wave).where(Wave.ticket_id == ticket.id, Wave.mode == WaveMode.POST)
    last = session.scalar(so_far.order_by(Wave.number.desc()).limit(1))
    was_asked = last is not None and bool(last.picks["list"])
    if was_asked and ticket.accept_by is not None and ticket.accept_by <= now:
        # All the time for taking it went to a holder who did not answer: what is late is for people.
        _to_desk(session, ticket, WaveMode.POST, found, now=now)
        return
    if ticket.area_id is not None and (last is None or was_asked):
        # Said once: it is looked for a holder before every wave that follows.
        _keep(session, ticket, WaveMode.POST, found, expires=None, now=now)
    _volunteers(session, ticket, category, night=night, now=now, rules=rules)


def _asked_since_reopened(session: Session, ticket: Ticket) -> frozenset[int]:
    """Asked again after "not solved", so that the same neighbour sees it through; not again after a silence."""
    if ticket.is_untouched:
        return frozenset()
    since = session.scalar(
        select(func.max(TicketEvent.at)).where(
            TicketEvent.ticket_id == ticket.id,
            TicketEvent.action.in_([Action.REOPEN.value, Action.NOT_MENDED.value]),
        )
    )
    return frozenset(
        session.scalars(
            select(Offer.person_id).where(Offer.ticket_id == ticket.id, Offer.offered_at >= (since or ticket.opened_at))
        )
    )


# ---------------------------------------------------------------- asking


def offer(
    session: Session,
    ticket: Ticket,
    found: Found,
    *,
    mode: WaveMode,
    expires: datetime,
    now: datetime,
    by: Person | None = None,
    action: Action = Action.OFFER,
) -> None:
    """Asks several people at once; the first to accept has it."""
    wave = _keep(session, ticket, mode, found, expires=expires, now=now)
    transitions.perform(
        session,
        ticket,
        action,
        by=by,
        now=now,
        facts={
            "wave": wave,
            "asked": [{"person": each.person_id, "why": list(each.reasons)} for each in found.choices],
        },
        changes={"dispatch_at": expires},
    )
    rest.note(session, [each.person_id for each in found.choices], now=now)
    session.add_all(
        Offer(
            ticket_id=ticket.id,
            person_id=each.person_id,
            wave=wave,
            reasons={"list": list(each.reasons)},
            offered_at=now,
            expires_at=expires,
        )
        for each in found.choices
    )
    along = ticket.state is TicketState.ACCEPTED
    told = {"expires": expires.isoformat(), "direct": by is not None, "along": along, "by": ticket.assignee_id}
    outboxes.tell_each(
        session,
        NoticeKind.OFFER,
        {each.person_id: {**told, "metres": each.metres, **_by_post(each)} for each in found.choices},
        now=now,
        ticket_id=ticket.id,
        words_id=helpers.asked_for(session, ticket) if along else None,
    )


def _by_post(choice: Choice) -> dict[str, str]:
    """The post because of which somebody is asked."""
    named = [why.removeprefix(matching.POST) for why in choice.reasons if why.startswith(matching.POST)]
    return {"post": named[0]} if named else {}


def _keep(
    session: Session, ticket: Ticket, mode: WaveMode, found: Found, *, expires: datetime | None, now: datetime
) -> int:
    """Stores the whole result of a search; gives the number of the wave."""
    wave = Wave(
        ticket_id=ticket.id,
        number=_last_wave(session, ticket) + 1,
        mode=mode,
        area_id=found.area_id,
        picks={"list": [{"person": each.person_id, "why": list(each.reasons)} for each in found.choices]},
        shortfalls=_plain(found.shortfalls),
        at=now,
        expires_at=expires,
    )
    session.add(wave)
    known = batch.memo(session)
    if known is not None:
        known[Wave, ticket.id] = wave.number
    return wave.number


def look_up(session: Session, tickets: Collection[Ticket]) -> None:
    """How many waves tickets had so far, asked once for a transaction that dispatches all of them."""
    ids = [each.id for each in tickets]
    known = batch.memo(session)
    if known is not None and ids:
        query = select(Wave.ticket_id, func.max(Wave.number)).where(Wave.ticket_id.in_(ids)).group_by(Wave.ticket_id)
        known |= {(Wave, each): None for each in ids} | {(Wave, each): last for each, last in session.execute(query)}


def _last_wave(session: Session, ticket: Ticket) -> int:
    # Even an untouched ticket may have had a wave, in which nobody could be asked.
    last = batch.once(
        session,
        (Wave, ticket.id),
        lambda: session.scalar(select(func.max(Wave.number)).where(Wave.ticket_id == ticket.id)),
    )
    if last is None and not ticket.is_untouched:
        # Offers from before there were waves.
        last = session.scalar(select(func.max(Offer.wave)).where(Offer.ticket_id == ticket.id))
    return last or 0


def _plain(shortfalls: Mapping[str, int]) -> dict[str, int]:
    return {str(reason): count for reason, count in shortfalls.items()}


def offer_to(
    session: Session, ticket: Ticket, person: Person, *, by: Person, now: datetime, limit: str | None = None
) -> None:
    """Staff ask one person (派单); offers to others are withdrawn. Raises Refused."""
    ticket = transitions.lock(session, ticket.id)
    if ticket.reporter_id == person.id or person.minor:
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
    # Whoever goes there for their work decides themselves whom to take along.
    together = max(category.needs, ticket.needs) if ticket.service else category.needs
    ticket.needs = together if is_volunteer else 1
    found = Found([Choice(person.id, ("staff",))], {}, ticket.community_id)
    offer(session, ticket, found, mode=WaveMode.BY_HAND, expires=expires, by=by, now=now)


def ask_along(session: Session, ticket: Ticket, person: Person, *, by: Person, now: datetime) -> None:
    """Staff ask one person to go along with whoever has it (派单 on a task in hand). Raises Refused."""
    ticket = transitions.lock(session, ticket.id)
    transitions.check(session, ticket, Action.ASK_HELP, by=by)
    if person.id in (ticket.reporter_id, ticket.assignee_id) or person.minor:
        raise Refused(Refusal.NOT_OFFERABLE, number=ticket.short)
    helpers.refuse_more(session, ticket)
    ticket.needs = max(ticket.needs, 2)
    found = Found([Choice(person.id, ("staff",))], {}, ticket.community_id)
    expires = due(now, session.get_one(Category, ticket.category).accept_limit)
    offer(session, ticket, found, mode=WaveMode.BY_HAND, expires=expires, by=by, now=now, action=Action.ASK_HELP)


def _take_back(session: Session, ticket: Ticket, *, now: datetime) -> None:
    """Nobody in time: the offers end."""
    transitions.close_offers(session, ticket, OfferState.EXPIRED, now=now)
    transitions.perform(session, ticket, Action.EXPIRE, by=None, now=now, changes={"dispatch_at": None})


def _to_desk(session: Session, ticket: Ticket, mode: WaveMode, found: Found, *, now: datetime) -> None:
    """Nobody can be asked (any more): the desk is told, and why is kept for it."""
    shortfalls = {**found.shortfalls}
    if ticket.community_id is None:
        home = transitions.home_of(session, ticket)
        shortfalls[Shortfall.DESK_OF_HOME if home is not None else Shortfall.DESK_OF_STREET] = 1
    _keep(session, ticket, mode, Found((), shortfalls, found.area_id), expires=None, now=now)
    transitions.tell_desk(session, ticket, now=now)


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
    place = parties.place_of(session, ticket)
    found = [each for each in parties.serving(session, place) if each.name == category.department]
    if not found or not parties.takes(found[0], category.code):
        return None
    return found[0].name if parties.is_reachable(session, found[0], place=place) else None


def _to_partner(session: Session, ticket: Ticket, *, now: datetime) -> bool:
    """To the property company of the place, where it is one and none of its people is asked by name."""
    place = parties.place_of(session, ticket)
    if place is None or parties.ever_given(session, ticket):
        return False
    if people.with_role(session, [RoleKind.PROPERTY], area=place):
        return False
    found = [
        each
        for each in parties.serving(session, place, kind=PartyKind.PROPERTY)
        if parties.takes(each, ticket.category) and parties.is_reachable(session, each, place=place)
    ]
    if len(found) != 1:
        return False
    desk.assign(session, ticket, found[0].name, "", by=None, now=now)
    return True


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


def last_search(session: Session, ticket: Ticket) -> Wave | None:
    """The wave that says why a ticket waits at the desk, if it was the last thing that was tried."""
    wave = session.scalar(select(Wave).where(Wave.ticket_id == ticket.id).order_by(Wave.number.desc()).limit(1))
    if wave is None or wave.picks["list"]:
        return None
    lacked_place = not {Shortfall.DESK_OF_HOME, Shortfall.DESK_OF_STREET}.isdisjoint(wave.shortfalls)
    return None if lacked_place and ticket.community_id is not None else wave
