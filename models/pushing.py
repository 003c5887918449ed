"""Tasks that a department pushes down to a community: checked against the admitted list, or asked of the street."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session

from models import areas, opening, outboxes, people, transitions
from models.area import Area, AreaKind
from models.category import Category, Level
from models.errors import Refusal, Refused
from models.lifecycle import Action
from models.outbox import NoticeKind
from models.party import Party
from models.person import Person, RoleKind, RoleStatus
from models.pushed import Admitted, PushDown, Wish
from models.ticket import Ticket, TicketKind

LONGEST = 500


def communities_of(session: Session, person: Person) -> Sequence[tuple[Area, Party]]:
    """The communities to which somebody of a department may push down, each with the party they speak for."""
    found: dict[int, tuple[Area, Party]] = {}
    for role in person.roles:
        if role.kind is not RoleKind.DEPARTMENT or role.status is not RoleStatus.ACTIVE or not role.department:
            continue
        called_so = select(Party).where(Party.active.is_(True), Party.name == role.department)
        by_area = {party.area_id: party for party in session.scalars(called_so)}
        where = session.get_one(Area, role.area_id)
        inside = select(Area).where(Area.kind == AreaKind.COMMUNITY, Area.path.startswith(where.path)).order_by(Area.id)
        for community in session.scalars(inside):
            # Of several around it the nearest one.
            serving = [by_area[each] for each in areas.ids_on(community.path) if each in by_area]
            if serving:
                found.setdefault(community.id, (community, serving[-1]))
    return list(found.values())


def community_named(session: Session, name: str, *, by: Person) -> tuple[Area, Party]:
    """The community that somebody means. Raises Refused(NO_SUCH_COMMUNITY) with those there are."""
    mine = communities_of(session, by)
    if not mine:
        raise Refused(Refusal.NO_ROLE)
    found = [each for each in mine if each[0].name == name.strip()]
    if len(found) != 1:
        raise Refused(Refusal.NO_SUCH_COMMUNITY, name=name, names=[area.name for area, _ in mine[:9]])
    return found[0]


def admitted(session: Session, communities: Iterable[Area]) -> Sequence[Admitted]:
    """The list as it holds for a community, or for any of several."""
    around = {each for community in communities for each in areas.ids_on(community.path)}
    return session.scalars(select(Admitted).where(Admitted.area_id.in_(around)).order_by(Admitted.id)).all()


def on_list(session: Session, community: Area, words: str) -> Admitted | None:
    """The entry that a task begins with or names; the longest name where several do."""
    plain = _plain(words)
    found = [each for each in admitted(session, [community]) if _plain(each.name) in plain]
    return max(found, key=lambda each: len(each.name), default=None)


def _plain(words: str) -> str:
    return "".join(words.split()).casefold()


def push_down(
    session: Session, community: Area, party: Party, words: str, *, by: Person, channel: str, now: datetime
) -> Ticket | PushDown:
    """A ticket of the community where the task is on the list; otherwise what the street may be asked to allow."""
    words = words.strip()[:LONGEST]
    if not words:
        raise Refused(Refusal.REASON_MISSING, number="")
    entry = on_list(session, community, words)
    if entry is not None:
        return _open(session, community, party, words, entry.category, by=by, channel=channel, now=now)
    wish = PushDown(
        party_id=party.id, community_id=community.id, words=words, by_id=by.id, channel=channel, asked_at=now
    )
    session.add(wish)
    session.flush()
    return wish


def _open(
    session: Session,
    community: Area,
    party: Party,
    words: str,
    category: str,
    *,
    by: Person,
    channel: str,
    now: datetime,
    allowed_by: Person | None = None,
) -> Ticket:
    """It comes to the community's desk, whoever its category tries first: how it is done is for the community."""
    report = opening.Report(
        words, category=category, kind=TicketKind.REPORT, area_id=community.id, place=community.name
    )
    ticket = opening.open_ticket(session, report, by=by, channel=channel, now=now)
    transitions.perform(
        session,
        transitions.lock(session, ticket.id),
        Action.PUSH_DOWN,
        by=None,
        now=now,
        facts={"department": party.name} | ({"allowed_by": allowed_by.name} if allowed_by is not None else {}),
        changes={"origin": party.name, "level": Level.COMMUNITY},
    )
    return ticket


def _locked(session: Session, wish_id: int) -> PushDown | None:
    return session.get(PushDown, wish_id, with_for_update=True, populate_existing=True)


def ask_street(session: Session, wish_id: int, *, by: Person, now: datetime) -> PushDown:
    """The department asks the street to let its task through, once. Raises Refused: NOT_FOUND, WISH_OVER."""
    wish = _locked(session, wish_id)
    if wish is None or wish.by_id != by.id:
        raise Refused(Refusal.NOT_FOUND, number="")
    if wish.state is not Wish.REFUSED:
        raise Refused(Refusal.WISH_OVER, state=wish.state.value)
    wish.state, wish.asked_at = Wish.ASKED, now
    for person in _street(session, wish):
        _tell(session, NoticeKind.WISH, person.id, wish, now=now)
    session.flush()
    return wish


def _street(session: Session, wish: PushDown) -> Sequence[Person]:
    community = session.get_one(Area, wish.community_id)
    return people.with_role(session, [RoleKind.STREET], area=community, category="") or people.with_role(
        session, [RoleKind.ADMIN], area=None
    )


def _tell(session: Session, kind: NoticeKind, person_id: int, wish: PushDown, *, now: datetime) -> None:
    data = {
        "wish": wish.id,
        "department": session.get_one(Party, wish.party_id).name,
        "community": session.get_one(Area, wish.community_id).name,
        "task": wish.words,
        "state": wish.state.value,
    }
    outboxes.tell(session, kind, person_id, now=now, data=data).about_id = wish.by_id


def may_decide(session: Session, wish: PushDown, person: Person) -> bool:
    """Whether somebody is of the street that the community belongs to."""
    community = session.get_one(Area, wish.community_id)
    return not _streets_of(person).isdisjoint(areas.ids_on(community.path))


def _streets_of(person: Person) -> frozenset[int]:
    """The ids of the areas for which somebody decides."""
    return frozenset(
        role.area_id
        for role in person.roles
        if role.kind in (RoleKind.STREET, RoleKind.ADMIN) and role.status is RoleStatus.ACTIVE and not role.categories
    )


def decide(session: Session, wish_id: int, *, yes: bool, by: Person, now: datetime) -> Ticket | None:
    """The street lets a task through, this once, or does not; the department is told.

    Raises Refused: NOT_FOUND, WISH_OVER.
    """
    wish = _locked(session, wish_id)
    if wish is None or not may_decide(session, wish, by):
        raise Refused(Refusal.NOT_FOUND, number="")
    if wish.state is not Wish.ASKED:
        raise Refused(Refusal.WISH_OVER, state=wish.state.value)
    wish.state, wish.decided_by_id, wish.decided_at = (Wish.GRANTED if yes else Wish.DENIED), by.id, now
    ticket = None
    if yes:
        ticket = _open(
            session,
            session.get_one(Area, wish.community_id),
            session.get_one(Party, wish.party_id),
            wish.words,
            opening.OTHER,
            by=session.get_one(Person, wish.by_id),
            channel=wish.channel,
            now=now,
            allowed_by=by,
        )
        wish.ticket_id = ticket.id
    _tell(session, NoticeKind.WISH_DECIDED, wish.by_id, wish, now=now)
    session.flush()
    return ticket


def waiting(session: Session, person: Person) -> Sequence[PushDown]:
    """What the street is asked to decide, the oldest first, as far as it is this person's to decide."""
    streets = _streets_of(person)
    if not streets:
        return []
    paths = session.scalars(select(Area.path).where(Area.id.in_(streets))).all()
    query = select(PushDown).join(Area, Area.id == PushDown.community_id).where(_asked(paths))
    return session.scalars(query.order_by(PushDown.id).limit(200)).all()


def counting(paths: Sequence[str]) -> Select[int]:
    """The question how many there are in the areas with these paths."""
    return select(func.count(PushDown.id)).join(Area, Area.id == PushDown.community_id).where(_asked(paths))


def _asked(paths: Sequence[str]) -> ColumnElement[bool]:
    inside = (Area.path.startswith(path) for path in paths)
    return and_(PushDown.state == Wish.ASKED, or_(false(), *inside))


def add_entry(session: Session, area: Area, name: str, category: Category) -> Admitted:
    """One more line of the list. Raises Refused(NAME_TAKEN)."""
    known = select(Admitted.id).where(Admitted.area_id == area.id, Admitted.name == name)
    if session.scalar(known) is not None:
        raise Refused(Refusal.NAME_TAKEN, name=name)
    entry = Admitted(area_id=area.id, name=name, category=category.code)
    session.add(entry)
    session.flush()
    return entry
