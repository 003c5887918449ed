"""Whom the desk may ask for a ticket by hand, best first, and why each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import selectinload

from console.sight import Sight
from models import areas
from models.area import Area
from models.category import Category
from models.matching import POST, SERVICE, Wanted, posts_held
from models.offer import Offer
from models.person import Person, Role, RoleKind, RoleStatus
from models.ticket import Ticket, TicketState, Urgency
from nlp.services import KINDRED

MOST = 30

STANDING = (RoleKind.GRID, RoleKind.PROPERTY)
"""Those whose work it is; everybody else helps of their own will."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could be asked; `asked` when this ticket was offered to them before, `busy` counts their tasks."""

    person: Person
    kinds: tuple[RoleKind, ...]
    reasons: tuple[str, ...]
    fits: bool
    asked: bool
    busy: int


def candidates(sight: Sight, ticket: Ticket) -> Sequence[Candidate]:
    """The people of the ticket's place, without its reporter and who is away: whoever looks after the building, whoever
    holds a post for it, then fitting skills, then who is least busy. Volunteers are never asked in an emergency
    (product.md, the loop).
    """
    session = sight.session
    kinds = STANDING if ticket.urgency is Urgency.EMERGENCY else (RoleKind.MEMBER, *STANDING, RoleKind.RIDER)
    area = session.get(Area, ticket.area_id) if ticket.area_id else None
    community = session.get(Area, ticket.community_id) if ticket.community_id else None
    paths = [community.path] if community is not None else sight.desk_paths
    above = {each for path in paths for each in areas.ids_on(path)}
    found = session.scalars(
        select(Person)
        .join(Role, Role.person_id == Person.id)
        .join(Area, Area.id == Role.area_id)
        .where(
            Role.kind.in_(kinds),
            Role.status == RoleStatus.ACTIVE,
            or_(Area.id.in_(above), *(Area.path.startswith(path) for path in paths)),
            Person.id != ticket.reporter_id,
            Person.erased_at.is_(None),
            Person.minor.is_(False),
            or_(Person.away_until.is_(None), Person.away_until <= sight.now),
        )
        .distinct()
        .order_by(Person.id)
        .limit(300)
        .options(selectinload(Person.roles), selectinload(Person.skills))
    ).all()
    asked = set(session.scalars(select(Offer.person_id).where(Offer.ticket_id == ticket.id)))
    busy = dict(
        session.execute(
            select(Ticket.assignee_id, func.count())
            .where(Ticket.assignee_id.in_([person.id for person in found]), Ticket.state == TicketState.ACCEPTED)
            .group_by(Ticket.assignee_id)
        ).all()
    )
    around = areas.ancestors(session, area) if area is not None else []
    looks_after = [node.grid_worker_id for node in around]
    posts = {row.id: row.post_name for row in posts_held(session, ticket, around, now=sight.now)}
    category = session.get_one(Category, ticket.category)
    wanted = Wanted.of(ticket, category, KINDRED.get(ticket.service or "", frozenset()))
    chosen = []
    for person in found:
        mine = tuple(
            kind
            for kind in kinds
            if any(role.kind is kind and role.status is RoleStatus.ACTIVE for role in person.roles)
        )
        reasons = []
        if person.id in looks_after:
            reasons.append("grid")
        if person.id in posts:
            reasons.append(f"{POST}{posts[person.id]}")
        fits = any(skill.skill in wanted.skills for skill in person.skills)
        if fits:
            reasons.append(f"{SERVICE}{wanted.service}" if wanted.service else "skill")
        if community is not None:
            reasons.append("community")
        chosen.append(Candidate(person, mine, tuple(reasons), fits, person.id in asked, busy.get(person.id, 0)))
    chosen.sort(
        key=lambda each: (
            each.asked,
            looks_after.index(each.person.id) if each.person.id in looks_after else len(looks_after),
            each.person.id not in posts,
            not each.fits,
            each.busy,
            each.person.id,
        )
    )
    return chosen[:MOST]
