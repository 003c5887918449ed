"""Finding departments and partners for a place, and keeping book of what was given to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, update
from sqlalchemy.orm import Session

from models import areas, batch, people
from models.area import Area
from models.lifecycle import Action
from models.party import Assignment, End, Link, Party, PartyKind
from models.person import Person, Role, RoleKind, RoleStatus
from models.ticket import Ticket, TicketState, Urgency


def is_with_party(ticket: Ticket) -> bool:
    """Whether a department or partner has a ticket now, on hold or not."""
    return ticket.state is TicketState.ASSIGNED or (
        ticket.state is TicketState.HELD and ticket.held_from is TicketState.ASSIGNED
    )


def place_of(session: Session, ticket: Ticket) -> Area | None:
    """The nearest known area of a ticket."""
    found = ticket.area_id or ticket.community_id
    return session.get(Area, found) if found else None


def serving(session: Session, place: Area | None, *, kind: PartyKind | None = None) -> Sequence[Party]:
    """The parties whose area covers a place, each name once with the nearest first; all of them for no place."""
    query = select(Party).where(Party.active.is_(True)).order_by(Party.name, Party.id)
    if kind is not None:
        query = query.where(Party.kind == kind)
    ids = areas.ids_on(place.path) if place is not None else []
    if ids:
        query = query.where(Party.area_id.in_(ids))
    found: dict[str, Party] = {}
    for party in batch.once(session, (serving, kind, tuple(ids)), lambda: session.scalars(query).all()):
        known = found.get(party.name)
        if known is None or (ids and ids.index(party.area_id) > ids.index(known.area_id)):
            found[party.name] = party
    return list(found.values())


def named(session: Session, name: str, *, place: Area | None) -> Sequence[Party]:
    """The parties serving a place that are called so, or whose names contain it where none is."""
    name = name.strip()
    here = serving(session, place) if name else []
    return [each for each in here if each.name == name] or [each for each in here if name in each.name]


def takes(party: Party, category: str) -> bool:
    """Whether a party may be given tickets of a category."""
    return not party.categories or category in party.categories


def people_of(session: Session, party: Party | str, *, place: Area | None) -> Sequence[Person]:
    """The people with an account who answer for a party at a place."""
    name = party if isinstance(party, str) else party.name
    return people.with_role(session, [RoleKind.DEPARTMENT], area=place, department=name) if name else []


def asked_about(session: Session, name: str, ticket: Ticket) -> Sequence[Person]:
    """Those of them who are told about a ticket: not who only has other categories."""
    if not name:
        return []
    place = place_of(session, ticket)
    return people.with_role(session, [RoleKind.DEPARTMENT], area=place, department=name, category=ticket.category)


def names_of(session: Session, listed: Sequence[Party], places: Sequence[Area]) -> dict[int, list[str]]:
    """The names of those who answer for each of some parties at its place, by the parties' ids."""
    rows = session.execute(
        select(Role.department, Role.area_id, Person.name)
        .join(Person, Person.id == Role.person_id)
        .where(
            Role.kind == RoleKind.DEPARTMENT,
            Role.status == RoleStatus.ACTIVE,
            Role.department.in_({each.name for each in listed}),
            Person.erased_at.is_(None),
        )
        .order_by(Person.id)
    ).all()
    return {
        party.id: list(
            dict.fromkeys(name for said, area, name in rows if said == party.name and area in areas.ids_on(place.path))
        )
        for party, place in zip(listed, places, strict=True)
    }


def is_reachable(session: Session, party: Party, *, place: Area | None) -> bool:
    """Whether anybody can bring a matter to them: their own people, or staff who know whom to send a link."""
    return bool(party.contact or people_of(session, party, place=place))


def decided_by_street(session: Session, ticket: Ticket) -> bool:
    """Whether somebody of the street, or the administrator, is there to decide about a return."""
    community = session.get(Area, ticket.community_id) if ticket.community_id else None
    return bool(people.with_role(session, [RoleKind.STREET, RoleKind.ADMIN], area=community, category=ticket.category))


# ---------------------------------------------------------------- what was given to them


def given_to(role: Role, path: str) -> ColumnElement[bool]:
    """The condition for tickets that a role for a party opens, which it has at the area of this path."""
    inside = select(Area.id).where(Area.path.startswith(path))
    where = or_(Ticket.community_id.in_(inside), Ticket.area_id.in_(inside), Ticket.community_id.is_(None))
    theirs = and_(Ticket.department == role.department, where)
    return and_(theirs, Ticket.category.in_(role.categories)) if role.categories else theirs


def waiting_with(session: Session, person: Person) -> Select[Ticket]:
    """What lies with the parties that a person speaks for and is not answered: emergencies first, then what nobody has
    claimed, then the oldest.
    """
    theirs = [
        given_to(role, session.get_one(Area, role.area_id).path)
        for role in person.roles
        if role.kind is RoleKind.DEPARTMENT and role.status is RoleStatus.ACTIVE and role.department
    ]
    return (
        select(Ticket)
        .where(Ticket.state == TicketState.ASSIGNED, or_(false(), *theirs))
        .order_by(Ticket.urgency != Urgency.EMERGENCY, Ticket.assignee_id.is_not(None), Ticket.opened_at, Ticket.id)
    )


def current(session: Session, ticket: Ticket) -> Assignment | None:
    """The giving that is not over: the party has the ticket, or its return waits for the street."""
    return session.scalar(select(Assignment).where(Assignment.ticket_id == ticket.id, Assignment.ended_at.is_(None)))


def has_returned(session: Session, ticket: Ticket) -> bool:
    """Whether the party that has a ticket has given it back before: the street's decision stands."""
    now = current(session, ticket)
    if now is None:
        return False
    return (
        session.scalar(
            select(Assignment.id)
            .where(
                Assignment.ticket_id == ticket.id,
                Assignment.party_id == now.party_id,
                Assignment.returned_at.is_not(None),
            )
            .limit(1)
        )
        is not None
    )


def ever_given(session: Session, ticket: Ticket) -> bool:
    """Whether a ticket was with any party before."""
    return session.scalar(select(Assignment.id).where(Assignment.ticket_id == ticket.id).limit(1)) is not None


def follow(
    session: Session, ticket: Ticket, action: Action, *, was_theirs: bool, announced: bool, now: datetime
) -> None:
    """Brings the book after an action that a ticket has had; `was_theirs`: a party had it, or its return was open.

    Links of a ticket that leaves the party, or is returned, answer nothing any more.
    """
    given = current(session, ticket) if was_theirs or action is Action.ASSIGN else None
    if given is not None:
        if action is Action.RETURN:
            given.returned_at = now
            revoke(session, given, now=now)
        elif action is Action.KEEP:
            given.kept_at = now
        if action is Action.ASSIGN or not (is_with_party(ticket) or ticket.returned_by):
            given.ended_at, given.end = now, _end(action, was_returned=_is_open_return(given), announced=announced)
            revoke(session, given, now=now)
            # Only one may be open: the old one ends before the new one begins.
            session.flush()
    if action is Action.ASSIGN:
        [party] = named(session, ticket.department, place=place_of(session, ticket))[:1]
        first = given is None and not ever_given(session, ticket)
        session.add(Assignment(ticket_id=ticket.id, party_id=party.id, first=first, given_at=now))
        session.flush()


def move(session: Session, ticket: Ticket, heir: Ticket) -> None:
    """The matter goes on under another number: so does what was given, with its links."""
    begins = not ever_given(session, heir)
    rows = session.scalars(select(Assignment).where(Assignment.ticket_id == ticket.id)).all()
    for row in rows:
        row.ticket_id, row.first = heir.id, row.first and begins
    session.flush()


def _is_open_return(given: Assignment) -> bool:
    return given.returned_at is not None and given.kept_at is None


def _end(action: Action, *, was_returned: bool, announced: bool) -> End:
    if action is Action.FINISH and not was_returned:
        return End.OVER if announced else End.FINISHED
    over = (Action.WITHDRAW, Action.MERGE, Action.REJECT, Action.REEVALUATE)
    return End.OVER if action in over else End.MOVED


def revoke(session: Session, given: Assignment, *, now: datetime) -> None:
    """The links of a giving that nobody used stop working."""
    session.execute(
        update(Link)
        .where(Link.assignment_id == given.id, Link.used_at.is_(None), Link.revoked_at.is_(None))
        .values(revoked_at=now)
    )
