"""What else a ticket may be, and where else: a few buttons that correct it at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from console.means import Means
from console.sight import Sight
from models import areas, triage
from models.area import Area, AreaKind
from models.person import Person, Role, RoleStatus
from models.ticket import Ticket, TicketWords, WordsKind

MOST = 3

TOLD = (WordsKind.REPORT, WordsKind.ADDITION, WordsKind.CORRECTION)
MOST_TOLD = 4
MOST_NEAR = 8
"""A building that several estates have, told without its estate, is looked for in so many of them."""


@dataclass(frozen=True, slots=True)
class Guesses:
    """Categories by code, and areas by id, each the likeliest first; never what the ticket is taken for already."""

    categories: Sequence[tuple[str, str]] = ()
    places: Sequence[tuple[int, str]] = ()


NONE = Guesses()


NEAR_BY = 0.03
"""Degrees: some three kilometres around a point."""


def of(sight: Sight, ticket: Ticket, means: Means) -> Guesses:
    """From the reporter's words as they stand, where anything understands them; of what has no area also from its point
    or, where nothing lies near, from where the reporter rides or helps. A danger is no second category.
    """
    said = _from_words(sight, ticket, means)
    if ticket.area_id is not None or len(said.places) == MOST:
        return said
    ids = _around(sight, ticket) or _usual(sight, ticket)
    places = {**dict(said.places), **dict(_named(sight, set(ids), ticket, order=ids))}
    return Guesses(said.categories, [*places.items()][:MOST])


def _from_words(sight: Sight, ticket: Ticket, means: Means) -> Guesses:
    if means.understand is None:
        return NONE
    told = sight.session.scalars(
        select(TicketWords.text)
        .where(TicketWords.ticket_id == ticket.id, TicketWords.kind.in_(TOLD), TicketWords.text.is_not(None))
        .order_by(TicketWords.id)
        .limit(MOST_TOLD)
    ).all()
    words = [each for each in told if each]
    if not words:
        return NONE
    likely = [code for code, _ in means.understand(words[0], None).candidates]
    proposed = triage.proposal(sight.session, ticket)
    ranked = dict.fromkeys(([proposed] if proposed else []) + likely)
    taken_for = ticket.category if ticket.understood else ""
    known = sight.categories()
    home = sight.session.get_one(Person, ticket.reporter_id).home_area_id
    near = [home, ticket.area_id, None, *_estates(sight, ticket)]
    # Not the home itself: it is looked at only to tell two places of one name apart.
    found = {
        place.area_id
        for text in words
        for each in dict.fromkeys(near)
        if (place := means.understand(text, each).place) is not None and place.area_id
    } - {ticket.area_id}
    others = [] if ticket.threat else [code for code in ranked if code != taken_for and code in known]
    categories = [(code, known[code]) for code in others]
    return Guesses(categories[:MOST], _named(sight, found, ticket)[:MOST])


def _around(sight: Sight, ticket: Ticket) -> Sequence[int]:
    """The estates and communities whose middle is nearest to the ticket's point."""
    if ticket.lat is None or ticket.lng is None:
        return []
    north, east = Area.lat - ticket.lat, (Area.lng - ticket.lng) * math.cos(math.radians(ticket.lat))
    query = select(Area.id).where(
        Area.kind.in_((AreaKind.COMMUNITY, AreaKind.ESTATE)),
        Area.closed_at.is_(None),
        Area.lat.between(ticket.lat - NEAR_BY, ticket.lat + NEAR_BY),
        Area.lng.between(ticket.lng - NEAR_BY, ticket.lng + NEAR_BY),
    )
    return sight.session.scalars(query.order_by(north * north + east * east, Area.id).limit(MOST)).all()


def _usual(sight: Sight, ticket: Ticket) -> Sequence[int]:
    """The communities in which the reporter rides or helps."""
    query = (
        select(Area.id)
        .join(Role, Role.area_id == Area.id)
        .where(
            Role.person_id == ticket.reporter_id,
            Role.status == RoleStatus.ACTIVE,
            Area.kind == AreaKind.COMMUNITY,
            Area.closed_at.is_(None),
        )
    )
    return sight.session.scalars(query.distinct().order_by(Area.id).limit(MOST)).all()


def _estates(sight: Sight, ticket: Ticket) -> Sequence[int]:
    """Those of the ticket's community, or of the desk's where none is known."""
    community = sight.session.get(Area, ticket.community_id) if ticket.community_id else None
    where = Area.path.startswith(community.path) if community is not None else sight.desk_areas
    estates = select(Area.id).where(Area.kind == AreaKind.ESTATE, where).order_by(Area.id)
    return sight.session.scalars(estates.limit(MOST_NEAR)).all()


def _named(sight: Sight, ids: set[int], ticket: Ticket, *, order: Sequence[int] = ()) -> list[tuple[int, str]]:
    """In an order or the deepest first, each with its community where the name alone does not tell them apart."""
    found = sight.session.scalars(select(Area).where(Area.id.in_(ids)).order_by(Area.id)).all()
    names = areas.full_names(sight.session, ids)
    here = sight.session.get(Area, ticket.area_id) if ticket.area_id else None
    # What contains the place that is known would only say less.
    nodes = [each for each in found if here is None or not areas.covers(each.path, here.path)]
    nodes.sort(key=lambda each: (order.index(each.id) if order else -len(areas.ids_on(each.path)), each.id))
    twice = {name for name in names.values() if list(names.values()).count(name) > 1}
    return [
        (each.id, f"{_community(sight, each)}{names[each.id]}" if names[each.id] in twice else names[each.id])
        for each in nodes
    ]


def _community(sight: Sight, area: Area) -> str:
    found = areas.community_of(sight.session, area.id)
    return sight.session.get_one(Area, found).name if found else ""
