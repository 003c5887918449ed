"""Whom to ask for a ticket: who lies near, fits, is free and has rested; and for everybody else how many and why not.

Everybody stands in a queue by rest. Nearness, little in hand and experience move somebody by a bounded number of
places; declining and giving back move nobody. The places serve this one choice and are never stored or shown.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, String, cast, exists, func, literal, or_, select, true, union_all
from sqlalchemy.orm import Session, aliased

from models import areas, batch, rest, rings
from models.area import Area, AreaKind
from models.category import Category
from models.clock import CHINA, local
from models.lifecycle import OPEN_STATES
from models.offer import Offer, OfferState, Shortfall
from models.person import NEVER, Person, Role, RoleKind, RoleStatus, Skill
from models.post import Post
from models.quiet import Quiet
from models.rider import Title
from models.riders import in_force
from models.ticket import Ticket, TicketHelper, TicketKind, TicketState, WordsKind

LOOKED_AT = 24
"""How many of those who rested longest are weighed in each area: enough for any wave, in a city of any size."""
COUNTED = 60
"""Among how many members the shortfalls are counted."""

FAR_METRES = 3000
METRES_A_PLACE = 400
UNKNOWN_METRES = 800
PLACES_IN_HAND = 3.0
MOST_IN_HAND = 2
"""Each task and each open offer counts so many places, up to so many of them: who has much in hand is spared, not
forgotten.
"""
MOST_EXPERIENCE = 2.0

NEAR_METRES = 1000
"""So near that it is a reason."""

DISPUTES = frozenset({"neighbor_dispute"})
"""Categories in which whoever lives in the same building may be a party."""


SERVICE = "service:"
"""The reason that somebody offers a service begins with this; the service follows."""

POST = "post:"
"""The reason that somebody holds a standing post begins with this; its name follows."""

_Row = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be asked, as far as the choice needs it. `metres` is None where a position is missing."""

    person_id: int
    asked_at: datetime
    metres: float | None = None
    in_hand: int = 0
    open_offers: int = 0
    completed: int = 0
    offers_it: bool = False
    """Offers the very service that is asked for, and so is asked before the others."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody who is asked, why, and how far from their home it is, if that is known."""

    person_id: int
    reasons: tuple[str, ...]
    metres: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The result of one search. `free_again` is when the first of those comes who are only not asked at this hour."""

    choices: Sequence[Choice]
    shortfalls: Mapping[str, int]
    area_id: int | None
    free_again: datetime | None = None


def rank(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The order in which people are asked, first first."""
    queue = sorted(candidates, key=lambda each: (each.asked_at, each.person_id))
    places = {each.person_id: place + _moved(each) for place, each in enumerate(queue)}
    return sorted(queue, key=lambda each: (not each.offers_it, places[each.person_id]))


def _moved(each: Candidate) -> float:
    metres = UNKNOWN_METRES if each.metres is None else min(each.metres, FAR_METRES)
    back = metres / METRES_A_PLACE + PLACES_IN_HAND * min(each.in_hand + each.open_offers, MOST_IN_HAND)
    # The tenth completion counts less than the first, and no number of them outweighs rest.
    return back - min(math.log2(1 + each.completed) / 2, MOST_EXPERIENCE)


def search(
    session: Session,
    ticket: Ticket,
    category: Category,
    *,
    size: int,
    now: datetime,
    quiet: Quiet | None = None,
    hold: bool = True,
    kindred: frozenset[str] = frozenset(),
) -> Found:
    """The next people to ask for a ticket: the nearest ring in which anybody can be asked, and of it the first `size`.

    Riders are not asked while it is `quiet` for them. Skills that are `kindred` to the service asked for do for it too.
    With `hold` the rows of those found are locked, so that two searches at once never go beyond somebody's own limit.
    """
    area = session.get(Area, ticket.area_id) if ticket.area_id else None
    if area is None:
        return Found((), {Shortfall.NO_PLACE: 1}, None)
    rest.write(session)
    parties = _Parties.of(session, ticket, area)
    shortfalls: Counter[str] = Counter()
    again: list[datetime] = []
    looked_at: set[int] = set()
    widest = area.id
    above = areas.ancestors(session, area)
    there = rings.place_of(ticket, above)
    wanted = Wanted.of(ticket, category, kindred)
    peace = quiet.until(now) if quiet is not None else None
    for ring, root, ids in rings.around(session, above):
        members = [each for each in rings.with_members(session, ids) if each not in looked_at]
        looked_at.update(members)
        widest = root.id
        if not members:
            continue
        free = [row for row in _rested(session, ticket, wanted, members, now=now) if not parties.includes(row)]
        riding = _riders(session, free) if peace is not None else frozenset()
        if peace is not None and riding:
            again.append(peace)
            free = [row for row in free if row.id not in riding]
        asleep = [row for row in free if not _likes(row, now)]
        again += [_likes_next(row, now) for row in asleep]
        awake = [row for row in free if _likes(row, now)]
        chosen, busy = _choose(session, ticket, wanted, there, awake, size=size, ring=ring, hold=hold)
        shortfalls += _short(session, ticket, wanted, members, parties, now=now)
        shortfalls += Counter({Shortfall.HOURS: len(asleep), Shortfall.BUSY: busy, Shortfall.RIDING: len(riding)})
        if chosen:
            return Found(chosen, dict(+shortfalls), widest)
    if not looked_at:
        shortfalls[Shortfall.NO_MEMBERS] = 1
    return Found((), dict(+shortfalls), widest, min(again, default=None))


def holder(session: Session, ticket: Ticket, *, now: datetime, quiet: Quiet | None = None) -> Found:
    """Whoever holds the nearest standing post for a ticket's category and can be asked now; of several the one with
    least in hand, and of those whoever was asked the longest ago.
    """
    area = session.get(Area, ticket.area_id) if ticket.area_id else None
    if area is None:
        return Found((), {Shortfall.NO_PLACE: 1}, None)
    above = areas.ancestors(session, area)
    held = posts_held(session, ticket, above, now=now)
    if not held:
        return Found((), {Shortfall.NO_POST: 1}, area.id)
    ids = list({row.id for row in held})
    counts, last = _counts(session, ticket, ids), _last_offered(session, ids)
    why_not = _why_not_now(session, ticket, held, _Parties.of(session, ticket, area), counts, now=now, quiet=quiet)
    shortfalls = Counter[str](why for why in why_not.values() if why is not None)
    for node in above:
        free = {row.id: row for row in held if row.post_area_id == node.id and why_not[row.id] is None}
        loads = {each: counts.in_hand.get(each, 0) + counts.offers.get(each, 0) for each in free}
        order = sorted(free, key=lambda each: (loads[each], last.get(each, NEVER), each))
        able = _hold(session, order, free)
        if chosen := next((free[each] for each in order if each in able), None):
            return Found(
                [Choice(chosen.id, (f"{POST}{chosen.post_name}", node.kind.value))], dict(+shortfalls), node.id
            )
        shortfalls[Shortfall.BUSY] += len(free)
    return Found((), dict(+shortfalls), area.id)


def posts_held(session: Session, ticket: Ticket, around: Sequence[Area], *, now: datetime) -> Sequence[_Row]:
    """Who holds a post for the category of a ticket in one of some areas, with its area and name."""
    has_role = exists().where(Role.person_id == Person.id, Role.status == RoleStatus.ACTIVE)
    return session.execute(
        select(*_PERSON, Post.area_id.label("post_area_id"), Post.name.label("post_name"))
        .join(Title, Title.person_id == Person.id)
        .join(Post, Post.id == Title.post_id)
        .where(
            Post.area_id.in_([each.id for each in around]),
            Post.active.is_(True),
            # Codes are words of plain letters: in quotes they are found in the list as it is written.
            cast(Post.categories, String).contains(f'"{ticket.category}"', autoescape=True),
            in_force(local(now).date()),
            Person.erased_at.is_(None),
            has_role,
        )
        .order_by(Post.id, Title.id)
    ).all()


def _why_not_now(
    session: Session,
    ticket: Ticket,
    rows: Sequence[_Row],
    parties: _Parties,
    counts: _Counts,
    *,
    now: datetime,
    quiet: Quiet | None,
) -> dict[int, Shortfall | None]:
    """Of each of some people why they cannot be asked, None if they can."""
    asked = frozenset(session.scalars(select(Offer.person_id).where(Offer.ticket_id == ticket.id)))
    riding = _riders(session, rows) if quiet is not None and quiet.until(now) is not None else frozenset()

    def why(row: _Row) -> Shortfall | None:
        known = (
            (Shortfall.ASKED, row.id in asked),
            (Shortfall.MINOR, row.minor),
            (Shortfall.CONFLICT, parties.includes(row)),
            (Shortfall.AWAY, row.away_until is not None and row.away_until > now),
            (Shortfall.RIDING, row.id in riding),
            (Shortfall.HOURS, not _likes(row, now)),
            (Shortfall.BUSY, counts.offers.get(row.id, 0) >= row.most_offers),
        )
        return next((reason for reason, holds in known if holds), None)

    return {row.id: why(row) for row in rows}


def _last_offered(session: Session, ids: Sequence[int]) -> dict[int, datetime]:
    query = select(Offer.person_id, func.max(Offer.offered_at)).where(Offer.person_id.in_(ids))
    return dict(session.execute(query.group_by(Offer.person_id)).all())


def fits(session: Session, ticket: Ticket, category: Category, person: Person, *, now: datetime) -> bool:
    """Whether a member of the ticket's community may take it of their own accord."""
    area = session.get(Area, ticket.area_id) if ticket.area_id else None
    community = session.get(Area, ticket.community_id) if ticket.community_id else None
    if area is None or community is None or person.minor or person.erased_at is not None:
        return False
    roots = session.scalars(
        select(Area.path)
        .join(Role, Role.area_id == Area.id)
        .where(Role.person_id == person.id, Role.kind == RoleKind.MEMBER, Role.status == RoleStatus.ACTIVE)
    ).all()
    if not any(areas.covers(path, area.path) or areas.covers(community.path, path) for path in roots):
        return False
    wanted = Wanted.of(ticket, category)
    if wanted.needed and not wanted.skills & {skill.skill for skill in person.skills}:
        return False
    row = session.execute(select(*_PERSON).where(Person.id == person.id)).one()
    return not _Parties.of(session, ticket, area).includes(row)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The skills of which any one is enough. Without them nobody can help if they are `needed`; otherwise whoever has
    one is asked first.
    """

    skills: frozenset[str]
    needed: bool
    service: str | None = None

    @classmethod
    def of(cls, ticket: Ticket, category: Category, kindred: frozenset[str] = frozenset()) -> Wanted:
        """What a category takes, or the service that is asked for: anybody may lend a hand with that."""
        if ticket.service is not None:
            return cls(frozenset([ticket.service]) | kindred, needed=False, service=ticket.service)
        skills = frozenset([*category.skills, category.code]) if category.skills else frozenset[str]()
        # To an activity anybody may come.
        return cls(skills, needed=bool(skills) and ticket.kind is not TicketKind.ACTIVITY)


# ---------------------------------------------------------------- who

_PERSON = (
    Person.id,
    Person.name,
    Person.home_area_id,
    Person.home_room,
    Person.free_from,
    Person.free_until,
    Person.away_until,
    Person.minor,
    Person.most_offers,
)


def _rested(session: Session, ticket: Ticket, wanted: Wanted, ids: Sequence[int], *, now: datetime) -> list[_Row]:
    """Those who fit and were not asked for the longest time, from each area only as many as matter; for a service both
    of those who offer it and of the others.

    Each part follows the index by rest and stops early, so that it costs the same in a small and in a large city.
    """
    asked = exists().where(Offer.ticket_id == ticket.id, Offer.person_id == Role.person_id)
    able = exists().where(Skill.person_id == Role.person_id, Skill.skill.in_(wanted.skills))
    whom = [able, ~able] if wanted.service else [able] if wanted.needed else [true()]
    parts = []
    for area_id, fits_it in itertools.product(ids, whom):
        part = (
            select(
                *_PERSON,
                Role.asked_at.label("asked_at"),
                Role.area_id.label("role_area_id"),
                literal(fits_it is able and wanted.service is not None).label("offers_it"),
            )
            .join(Role, Role.person_id == Person.id)
            .where(
                Role.area_id == area_id,
                Role.kind == RoleKind.MEMBER,
                Role.status == RoleStatus.ACTIVE,
                Person.erased_at.is_(None),
                Person.minor.is_(False),
                or_(Person.away_until.is_(None), Person.away_until <= now),
                ~asked,
                fits_it,
            )
            .order_by(Role.asked_at)
            .limit(LOOKED_AT)
        )
        parts.append(select(part.subquery()))
    # Somebody with two roles here is one person.
    return list({row.id: row for row in session.execute(union_all(*parts))}.values())


def _riders(session: Session, rows: Sequence[_Row]) -> frozenset[int]:
    return frozenset(
        session.scalars(
            select(Role.person_id).where(
                Role.person_id.in_([row.id for row in rows]),
                Role.kind == RoleKind.RIDER,
                Role.status == RoleStatus.ACTIVE,
            )
        )
    )


def _likes(row: _Row, now: datetime) -> bool:
    return row.free_from is None or row.free_until is None or within(local(now).hour, row.free_from, row.free_until)


def within(hour: int, start: int, end: int) -> bool:
    """Whether an hour of the day lies in [start, end), which may reach over midnight."""
    return start <= hour < end if start < end else hour >= start or hour < end


def _likes_next(row: _Row, now: datetime) -> datetime:
    here = local(now)
    start = datetime.combine(here.date(), time(row.free_from), CHINA)
    return (start if start > here else start + timedelta(days=1)).astimezone(now.tzinfo)


@dataclass(frozen=True, slots=True)
class _Parties:
    """Who has an interest in a ticket of their own, and is not asked to settle it."""

    reporters: frozenset[int]
    """Whose matter it is: the reporter's, the followers', and that of the ticket it is a task of."""
    homes: frozenset[tuple[int, str]]
    """Households: area and room."""
    buildings: frozenset[int]
    """Whole buildings, in a dispute."""
    words: str

    @classmethod
    def of(cls, session: Session, ticket: Ticket, area: Area) -> _Parties:
        reporter = session.get_one(Person, ticket.reporter_id)
        said = next((each.text for each in ticket.words if each.kind is WordsKind.REPORT), None)
        homes = {(ticket.area_id, ticket.room), (reporter.home_area_id, reporter.home_room)}
        buildings = {area.id if area.kind is AreaKind.BUILDING else None, reporter.home_area_id}
        return cls(
            reporters=cls._reporters(session, ticket),
            homes=frozenset((area_id, room) for area_id, room in homes if area_id is not None and room),
            buildings=frozenset(each for each in buildings if each is not None)
            if ticket.category in DISPUTES
            else frozenset(),
            words=said or "",
        )

    @staticmethod
    def _reporters(session: Session, ticket: Ticket) -> frozenset[int]:
        if ticket.is_untouched and ticket.parent_id is None:
            return frozenset({ticket.reporter_id})
        # A task is the matter of everybody who told the whole.
        whole = [each for each in (ticket.id, ticket.parent_id) if each is not None]
        these = or_(Ticket.id.in_(whole), Ticket.merged_into_id.in_(whole))
        return frozenset(session.scalars(select(Ticket.reporter_id).where(these)))

    def includes(self, row: _Row) -> bool:
        """Whether somebody reported it, lives in that household, is named in the words, or may be a party."""
        return (
            row.id in self.reporters
            or (row.home_area_id, row.home_room) in self.homes
            or row.home_area_id in self.buildings
            or (len(row.name) > 1 and row.name in self.words)
        )


def _choose(
    session: Session,
    ticket: Ticket,
    wanted: Wanted,
    there: tuple[float, float] | None,
    rows: Sequence[_Row],
    *,
    size: int,
    ring: rings.Ring,
    hold: bool,
) -> tuple[list[Choice], int]:
    """The first `size` in order, and how many have as many offers as they want."""
    ids = [row.id for row in rows]
    if not ids:
        return [], 0
    counts = _counts(session, ticket, ids)
    places = _places(session, [each for row in rows for each in (row.home_area_id, row.role_area_id)])
    by_id, candidates, busy = {row.id: row for row in rows}, [], 0
    for row in rows:
        if counts.offers.get(row.id, 0) >= row.most_offers:
            busy += 1
            continue
        position = places.get(row.home_area_id) or places.get(row.role_area_id)
        candidates.append(
            Candidate(
                row.id,
                row.asked_at,
                rings.metres_between(there, position),
                counts.in_hand.get(row.id, 0),
                counts.offers.get(row.id, 0),
                counts.completed.get(row.id, 0),
                row.offers_it,
            )
        )
    ranked = rank(candidates)
    if hold:
        held = _hold(session, [each.person_id for each in ranked[: size * 2]], by_id)
        ranked = [each for each in ranked if each.person_id in held]
    choices = []
    for each in ranked[:size]:
        row = by_id[each.person_id]
        home = places.get(row.home_area_id)
        metres = rings.metres_between(there, home)
        choices.append(
            Choice(each.person_id, _reasons(each, wanted, ring, metres), None if metres is None else round(metres))
        )
    return choices, busy


def _reasons(each: Candidate, wanted: Wanted, ring: rings.Ring, metres: float | None) -> tuple[str, ...]:
    reasons = ["skill"] if wanted.needed else [f"{SERVICE}{wanted.service}"] if each.offers_it else []
    reasons.append(ring.value)
    if metres is not None and metres <= NEAR_METRES:
        reasons.append("near")
    if not each.in_hand and not each.open_offers:
        reasons.append("free")
    if each.completed:
        reasons.append("experience")
    return tuple(reasons)


def _hold(session: Session, ids: Sequence[int], by_id: Mapping[int, _Row]) -> set[int]:
    """Locks people until the end of the transaction; whoever is being asked by another search at this moment, or has
    just been, is passed over.
    """
    locked = session.scalars(
        select(Person.id)
        .where(Person.id.in_(ids))
        .order_by(Person.id)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    offers = _open_offers(session, locked)
    return {each for each in locked if offers.get(each, 0) < by_id[each].most_offers}


@dataclass(frozen=True, slots=True)
class _Counts:
    """Of each person: open offers, tasks in hand, and tasks of the kind that they completed."""

    offers: Mapping[int, int]
    in_hand: Mapping[int | None, int]
    completed: Mapping[int | None, int]


def _counts(session: Session, ticket: Ticket, ids: Sequence[int]) -> _Counts:
    tasks = select(literal("in_hand"), Ticket.assignee_id, func.count()).where(
        Ticket.assignee_id.in_(ids), Ticket.state.in_(OPEN_STATES)
    )
    helping = (
        select(literal("in_hand"), TicketHelper.person_id, func.count())
        .join(Ticket, Ticket.id == TicketHelper.ticket_id)
        .where(
            TicketHelper.person_id.in_(ids),
            TicketHelper.joined_at.is_not(None),
            TicketHelper.left_at.is_(None),
            Ticket.state.in_(OPEN_STATES),
        )
    )
    completed = select(literal("completed"), Ticket.assignee_id, func.count()).where(
        Ticket.assignee_id.in_(ids),
        Ticket.state.in_([TicketState.RESOLVED, TicketState.CLOSED]),
        Ticket.service == ticket.service if ticket.service else Ticket.category == ticket.category,
    )
    found: dict[str, Counter[int | None]] = {"in_hand": Counter(), "completed": Counter()}
    parts = [tasks.group_by(Ticket.assignee_id), helping.group_by(TicketHelper.person_id)]
    for what, person_id, count in session.execute(union_all(*parts, completed.group_by(Ticket.assignee_id))):
        found[what][person_id] += count
    return _Counts(_open_offers(session, ids), found["in_hand"], found["completed"])


def _open_offers(session: Session, ids: Sequence[int]) -> dict[int, int]:
    query = select(Offer.person_id, func.count()).where(Offer.person_id.in_(ids), Offer.state == OfferState.OPEN)
    return dict(session.execute(query.group_by(Offer.person_id)).all())


def _places(session: Session, ids: Iterable[int | None]) -> dict[int, tuple[float, float]]:
    """Where areas lie; a building without a position of its own lies where its estate does."""
    wanted = frozenset(each for each in ids if each is not None)
    return batch.once(session, (_places, wanted), lambda: _read_places(session, wanted))


def _read_places(session: Session, wanted: Collection[int]) -> dict[int, tuple[float, float]]:
    above = aliased(Area)
    lat, lng = func.coalesce(Area.lat, above.lat), func.coalesce(Area.lng, above.lng)
    rows = session.execute(
        select(Area.id, lat, lng)
        .outerjoin(above, above.id == Area.parent_id)
        .where(Area.id.in_(wanted), lat.is_not(None), lng.is_not(None))
    )
    return {area_id: (north, east) for area_id, north, east in rows}


def _short(
    session: Session,
    ticket: Ticket,
    wanted: Wanted,
    ids: Sequence[int],
    parties: _Parties,
    *,
    now: datetime,
) -> Counter[str]:
    """Why the others cannot be asked: one reason each, counted among at most COUNTED members and never by name."""
    members, able = batch.once(session, (_short, tuple(ids), wanted), lambda: _members_and_able(session, wanted, ids))
    offered = select(Offer.person_id).where(Offer.ticket_id == ticket.id)
    asked = frozenset[int]() if ticket.is_untouched else frozenset(session.scalars(offered))
    counts: Counter[str] = Counter()
    for row in members.values():
        if row.id in asked:
            counts[Shortfall.ASKED] += 1
        elif row.id not in able:
            counts[Shortfall.SKILL] += 1
        elif row.minor:
            counts[Shortfall.MINOR] += 1
        elif parties.includes(row):
            counts[Shortfall.CONFLICT] += 1
        elif row.away_until is not None and row.away_until > now:
            counts[Shortfall.AWAY] += 1
    return counts


def _members_and_able(
    session: Session, wanted: Wanted, ids: Sequence[int]
) -> tuple[Mapping[int, _Row], Collection[int]]:
    rows = session.execute(
        select(*_PERSON)
        .join(Role, Role.person_id == Person.id)
        .where(
            Role.area_id.in_(ids),
            Role.kind == RoleKind.MEMBER,
            Role.status == RoleStatus.ACTIVE,
            Person.erased_at.is_(None),
        )
        .limit(COUNTED)
    )
    members = {row.id: row for row in rows}
    # Asked by itself: PostgreSQL would read the skills of the whole city for an EXISTS in the columns.
    skilled = select(Skill.person_id).where(Skill.person_id.in_(members), Skill.skill.in_(wanted.skills))
    return members, set(session.scalars(skilled)) if wanted.needed else members.keys()
