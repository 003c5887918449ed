"""Who is responsible for a ticket at a level: the chain of contact (包联) of its place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models import areas, parties, people
from models.area import Area, AreaKind
from models.category import Level
from models.person import Person, RoleKind
from models.ticket import Ticket

_NODES = {
    Level.ESTATE: (AreaKind.BUILDING, AreaKind.ESTATE),
    Level.COMMUNITY: (AreaKind.COMMUNITY,),
    Level.STREET: (AreaKind.STREET,),
    Level.DEPARTMENT: (),
}
_DESKS = {Level.COMMUNITY: RoleKind.STAFF, Level.STREET: RoleKind.STREET}


def at(session: Session, ticket: Ticket, level: Level, *, now: datetime) -> Sequence[Person]:
    """Who answers for a ticket at a level: the grid worker of its node, its secretary, the desk; whoever is nearest
    above where nobody is there, has left, is away or cannot be reached. Never whoever has the ticket: they are asked
    themselves.
    """
    area = session.get(Area, ticket.area_id or ticket.community_id or 0)
    chain = areas.ancestors(session, area) if area is not None else []
    desk = area
    if ticket.lead_id is not None:
        # On a border the estate's people stay who they are; above them it is whoever leads.
        desk = session.get_one(Area, ticket.lead_id)
        chain = [*(each for each in chain if each.kind in _NODES[Level.ESTATE]), *areas.ancestors(session, desk)]
    if level is Level.DEPARTMENT:
        found = _present(
            parties.asked_about(session, ticket.department, ticket),
            ticket,
            now=now,
        )
        if found:
            return found
        # Nobody is above a department: the street sees to it.
        level = Level.STREET
    for each in list(Level)[list(Level).index(level) :]:
        for node in chain:
            if node.kind in _NODES[each]:
                named = [session.get(Person, one) for one in (node.grid_worker_id, node.secretary_id) if one]
                found = _present([one for one in named if one is not None], ticket, now=now)
                if found:
                    return found[:1]
        if each in _DESKS:
            found = _present(
                people.with_role(session, [_DESKS[each]], area=desk, category=ticket.category), ticket, now=now
            )
            if found:
                return found
    return people.with_role(session, [RoleKind.ADMIN], area=None)


def _present(found: Sequence[Person], ticket: Ticket, *, now: datetime) -> list[Person]:
    return [
        person
        for person in found
        if person.erased_at is None
        and person.id != ticket.assignee_id
        and (person.away_until is None or person.away_until <= now)
        and any(identity.reachable for identity in person.identities)
    ]
