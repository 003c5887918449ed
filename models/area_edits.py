"""Growing and changing the tree of areas: every rule of what may be entered, for forms and for lists alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, selectinload

from models import areas, editions
from models.area import Area, AreaAlias, AreaKind
from models.lifecycle import LIVE_STATES
from models.person import Person, Role, RoleKind, RoleStatus
from models.slips import Slip, Slipped
from models.ticket import Ticket

LONGEST_NAME = 30
LONGEST_ALIAS, MOST_ALIASES = 20, 10
MOST_RESPONSIBLE = 300
"""Whom a form offers as responsible at most."""

LOOKS_AFTER = frozenset(RoleKind) - {RoleKind.RIDER, RoleKind.DEPARTMENT}
"""Who may be responsible for an area."""

_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,11}")
_CHINA = ((3.0, 54.0), (73.0, 136.0))


@dataclass(frozen=True, slots=True)
class Draft:
    """An area as it is entered, apart from where it lies."""

    name: str
    aliases: Sequence[str] = ()
    code: str = ""
    grid_worker_id: int | None = None
    secretary_id: int | None = None
    lat: float | None = None
    lng: float | None = None


def kinds_below(kind: AreaKind) -> list[AreaKind]:
    """What may lie in an area of a kind."""
    levels = list(AreaKind)
    return levels[levels.index(kind) + 1 :]


def hold(session: Session) -> None:
    """Nobody else changes the tree until the end of the transaction; before anything of it is read or locked. A path
    that somebody writes meanwhile would lead to where an area has been.
    """
    editions.bump(session)


def add(session: Session, parent: Area, kind: AreaKind, draft: Draft) -> Area:
    """A new area under another. Raises Slipped."""
    if kind not in kinds_below(parent.kind):
        raise Slipped(Slip.ABOVE, "kind")
    if parent.closed_at is not None:
        raise Slipped(Slip.CLOSED, "parent")
    _check(session, draft, kind, parent_id=parent.id)
    area = areas.add_area(
        session,
        kind,
        draft.name,
        parent=parent,
        aliases=draft.aliases,
        code=draft.code or None,
        lat=draft.lat,
        lng=draft.lng,
    )
    if draft.grid_worker_id or draft.secretary_id:
        _put(area, draft)
        session.flush()
    editions.bump(session)
    return area


def change(session: Session, area: Area, draft: Draft) -> None:
    """Another name, other aliases, somebody else responsible. Raises Slipped."""
    _check(session, draft, area.kind, parent_id=area.parent_id, area=area)
    area.name = draft.name
    kept = {each.name: each for each in area.aliases}
    wanted = [kept.get(name) or AreaAlias(name=name) for name in draft.aliases]
    if wanted != area.aliases:
        area.aliases = wanted
    _put(area, draft)
    session.flush()
    editions.bump(session)


def move(session: Session, area: Area, parent: Area) -> None:
    """The area with everything in it, under another one. What is being done there stays with whoever has it, and
    what was done counts where it was done; only what is reported from now on belongs to the new place. Raises Slipped.
    """
    if areas.covers(area.path, parent.path):
        raise Slipped(Slip.INSIDE_ITSELF, "parent")
    if area.kind not in kinds_below(parent.kind):
        raise Slipped(Slip.ABOVE, "parent")
    if parent.closed_at is not None:
        raise Slipped(Slip.CLOSED, "parent")
    if _namesake(session, area.name, parent.id, but=area.id):
        raise Slipped(Slip.TAKEN, "parent", name=area.name)
    before, after = area.path, f"{parent.path}{area.id}/"
    area.parent_id = parent.id
    session.flush()
    session.execute(
        update(Area)
        .where(Area.path.startswith(before, autoescape=True))
        .values(path=after + func.substr(Area.path, len(before) + 1))
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    editions.bump(session)


def close(session: Session, area: Area, *, now: datetime) -> None:
    """Nobody is understood to mean it any more, and nothing new is begun there; nothing is deleted. Raises Slipped
    while something in it is open, or something that was reported there is not done.
    """
    below = select(func.count()).where(
        Area.path.startswith(area.path, autoescape=True), Area.id != area.id, Area.closed_at.is_(None)
    )
    if count := session.scalar(below):
        raise Slipped(Slip.HAS_OPEN, count=count)
    live = select(func.count()).where(Ticket.area_id == area.id, Ticket.state.in_(LIVE_STATES))
    if count := session.scalar(live):
        raise Slipped(Slip.HAS_TICKETS, count=count)
    area.closed_at = now
    session.flush()
    editions.bump(session)


def reopen(session: Session, area: Area) -> None:
    """It is there again. Raises Slipped where what it lies in is closed."""
    parent = session.get(Area, area.parent_id) if area.parent_id else None
    if parent is not None and parent.closed_at is not None:
        raise Slipped(Slip.CLOSED)
    area.closed_at = None
    session.flush()
    editions.bump(session)


def below(session: Session, area: Area, *, most: int, after: int = 0) -> Sequence[Area]:
    """What lies directly in an area, by kind and then as they were entered; `after` is the id of the last one seen."""
    query = select(Area).where(Area.parent_id == area.id).options(selectinload(Area.aliases))
    if after:
        query = query.where(Area.id > after)
    return session.scalars(query.order_by(Area.id).limit(most)).all()


def counts_below(session: Session, ids: Sequence[int]) -> dict[int, int]:
    """How many open areas lie directly in each of some."""
    query = select(Area.parent_id, func.count()).where(Area.parent_id.in_(ids), Area.closed_at.is_(None))
    return {parent: count for parent, count in session.execute(query.group_by(Area.parent_id)) if parent is not None}


def responsible(session: Session, area: Area, *, name: str = "", person_id: int | None = None) -> Sequence[Person]:
    """Who could look after an area: whoever has a role in it, in what it lies in, or in what lies in it; only
    those of a name, or one by their id.
    """
    path = areas.ids_on(area.path)
    within = select(Area.id).where(Area.path.startswith(area.path, autoescape=True))
    query = (
        select(Person)
        .join(Role, Role.person_id == Person.id)
        .where(
            Role.kind.in_(LOOKS_AFTER),
            Role.status == RoleStatus.ACTIVE,
            Person.erased_at.is_(None),
            Person.name != "",
            Role.area_id.in_(path) | Role.area_id.in_(within),
        )
    )
    if name:
        query = query.where(Person.name == name)
    if person_id is not None:
        query = query.where(Person.id == person_id)
    return session.scalars(query.distinct().order_by(Person.name, Person.id).limit(MOST_RESPONSIBLE)).all()


def draft_of(area: Area) -> Draft:
    """The area as it is."""
    return Draft(
        area.name,
        tuple(each.name for each in area.aliases),
        area.code or "",
        area.grid_worker_id,
        area.secretary_id,
        area.lat,
        area.lng,
    )


def _put(area: Area, draft: Draft) -> None:
    area.code, area.lat, area.lng = draft.code or None, draft.lat, draft.lng
    area.grid_worker_id, area.secretary_id = draft.grid_worker_id, draft.secretary_id


def _check(session: Session, draft: Draft, kind: AreaKind, *, parent_id: int | None, area: Area | None = None) -> None:
    me = area.id if area is not None else None
    if not draft.name:
        raise Slipped(Slip.MISSING, "name")
    if len(draft.name) > LONGEST_NAME:
        raise Slipped(Slip.LONG, "name", most=LONGEST_NAME)
    if not any(each.isalnum() for each in draft.name) or "/" in draft.name:
        raise Slipped(Slip.NAME, "name")
    if (area is None or area.name != draft.name) and _namesake(session, draft.name, parent_id, but=me):
        raise Slipped(Slip.TAKEN, "name", name=draft.name)
    if len(draft.aliases) > MOST_ALIASES or len(set(draft.aliases)) < len(draft.aliases):
        raise Slipped(Slip.ALIAS, "aliases")
    shortest = 1 if kind is AreaKind.BUILDING else 2
    if any(not shortest <= len(each) <= LONGEST_ALIAS or each == draft.name for each in draft.aliases):
        raise Slipped(Slip.ALIAS, "aliases")
    _check_code(session, draft.code, kind, me)
    if (draft.lat is None) != (draft.lng is None):
        raise Slipped(Slip.POINT, "lat")
    if draft.lat is not None and draft.lng is not None:
        (south, north), (west, east) = _CHINA
        if not (south <= draft.lat <= north and west <= draft.lng <= east):
            raise Slipped(Slip.POINT, "lat")
    for column in ("grid_worker_id", "secretary_id"):
        person_id = getattr(draft, column)
        if person_id is None or (area is not None and person_id == getattr(area, column)):
            continue
        near = area if area is not None else session.get(Area, parent_id or 0)
        if near is None or not responsible(session, near, person_id=person_id):
            raise Slipped(Slip.PERSON, column)


def _check_code(session: Session, code: str, kind: AreaKind, me: int | None) -> None:
    if not code:
        return
    if kind not in (AreaKind.ESTATE, AreaKind.BUILDING) or not _CODE.fullmatch(code):
        raise Slipped(Slip.CODE, "code")
    holder = session.scalar(select(Area).where(func.upper(Area.code) == code))
    if holder is not None and holder.id != me:
        raise Slipped(Slip.CODE_TAKEN, "code", name=areas.full_name(session, holder))


def _namesake(session: Session, name: str, parent_id: int | None, *, but: int | None) -> bool:
    found = session.scalars(select(Area.id).where(Area.parent_id == parent_id, Area.name == name)).all()
    return any(each != but for each in found)
