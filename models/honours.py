"""Rounds in which people honour somebody (最美小哥 …): who may name and vote, who is named, and who agrees to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from models import areas, outboxes
from models.area import Area
from models.errors import Refusal, Refused
from models.honour import Group, HonourRound, Nomination, Nominee, NomineeState
from models.outbox import NoticeKind
from models.person import Person, Role, RoleKind, RoleStatus
from models.ticket import Ticket, TicketState

MOST_NOMINEES = 9
"""On one ballot: they are chosen by a digit."""

MOST_NOMINATIONS = 3
"""By one person in one round."""

LONGEST = timedelta(days=366)
"""A round lasts no longer."""

_GROUPS = {
    RoleKind.RIDER: Group.RIDERS,
    RoleKind.MEMBER: Group.MEMBERS,
    RoleKind.GRID: Group.MEMBERS,
    RoleKind.PROPERTY: Group.MEMBERS,
}


# ---------------------------------------------------------------- who belongs where


@dataclass(frozen=True, slots=True)
class _Tie:
    """What binds somebody to an area; `since` is None where nobody knows."""

    group: Group
    path: str
    since: datetime | None

    def reaches(self, area: Area) -> bool:
        """Whether it counts in an area: what lies inside, and riders also where they ride in what lies around."""
        return areas.covers(area.path, self.path) or (self.group is Group.RIDERS and areas.covers(self.path, area.path))


def _ties(session: Session, person: Person) -> list[_Tie]:
    """Home, active roles, and what they have reported and not taken back."""
    found = []
    if person.home_area_id is not None:
        found.append(_Tie(Group.RESIDENTS, session.get_one(Area, person.home_area_id).path, None))
    active = (Role.person_id == person.id) & (Role.status == RoleStatus.ACTIVE)
    roles = select(Role.kind, Area.path, Role.since).join(Area, Area.id == Role.area_id).where(active)
    found += [_Tie(_GROUPS.get(kind, Group.EVERYBODY), path, since) for kind, path, since in session.execute(roles)]
    told = (
        select(Area.path, func.min(Ticket.opened_at))
        .join(Area, Area.id == Ticket.area_id)
        .where(Ticket.reporter_id == person.id, Ticket.state.not_in([TicketState.WITHDRAWN, TicketState.REJECTED]))
        .group_by(Area.path)
    )
    return found + [_Tie(Group.RESIDENTS, path, since) for path, since in session.execute(told)]


def _belongs(ties: Sequence[_Tie], group: Group, area: Area, *, by: datetime) -> bool:
    """Whether somebody belonged to a group of an area at a moment."""
    return any(
        group in (Group.EVERYBODY, tie.group) and tie.reaches(area) and (tie.since is None or tie.since <= by)
        for tie in ties
    )


def _here(ties: Sequence[_Tie]) -> ColumnElement[bool]:
    """The condition for areas that ties may reach."""
    around = frozenset[int]().union(*(areas.ids_on(tie.path) for tie in ties))
    below = [Area.path.startswith(tie.path) for tie in ties if tie.group is Group.RIDERS]
    return or_(Area.id.in_(around), *below)


def may_vote(session: Session, chosen: HonourRound, person: Person) -> bool:
    """Whether somebody was known before a round was opened, and belonged to those who vote in it then."""
    area = session.get_one(Area, chosen.area_id)
    return _may_vote(chosen, area, _known_since(session, person), _ties(session, person))


def _known_since(session: Session, person: Person) -> datetime | None:
    # Known as whichever of the accounts that are one now.
    theirs = or_(Person.id == person.id, Person.joined_to_id == person.id)
    return session.scalar(select(func.min(Person.created_at)).where(theirs))


def _may_vote(chosen: HonourRound, area: Area, since: datetime | None, ties: Sequence[_Tie]) -> bool:
    known = since is not None and since < chosen.opened_at
    return known and _belongs(ties, chosen.voters, area, by=chosen.opened_at)


def running(session: Session, person: Person, *, now: datetime) -> tuple[list[HonourRound], list[HonourRound]]:
    """The rounds somebody may name people in now, and those they may vote in, in the order they were opened."""
    ties = _ties(session, person)
    found = session.execute(
        select(HonourRound, Area)
        .join(Area, Area.id == HonourRound.area_id)
        .where(
            _here(ties),
            HonourRound.counted_at.is_(None),
            HonourRound.called_off_at.is_(None),
            HonourRound.ends_at > now,
        )
        .order_by(HonourRound.id)
    ).all()
    names = [each for each, area in found if now < each.votes_from and _belongs(ties, Group.EVERYBODY, area, by=now)]
    since = _known_since(session, person) if found else None
    votes = [each for each, area in found if each.votes_from <= now and _may_vote(each, area, since, ties)]
    return names, votes


def last_counted(session: Session, person: Person, *, since: datetime, most: int) -> Sequence[HonourRound]:
    """The rounds of somebody's areas that were counted since then, the last first."""
    return session.scalars(
        select(HonourRound)
        .join(Area, Area.id == HonourRound.area_id)
        .where(_here(_ties(session, person)), HonourRound.counted_at >= since)
        .order_by(HonourRound.counted_at.desc(), HonourRound.id.desc())
        .limit(most)
    ).all()


# ---------------------------------------------------------------- opening and naming


def open_round(
    session: Session,
    area: Area,
    title: str,
    *,
    nominees: Group,
    voters: Group,
    places: int,
    votes_from: datetime,
    ends_at: datetime,
    by: Person,
    now: datetime,
) -> HonourRound:
    """People may be named from now on. Raises Refused: REASON_MISSING without a title, WRONG_DATES, NO_AMOUNT."""
    if not title.strip():
        raise Refused(Refusal.REASON_MISSING)
    if not now < votes_from < ends_at or ends_at - now > LONGEST:
        raise Refused(Refusal.WRONG_DATES)
    if not 0 < places <= MOST_NOMINEES:
        raise Refused(Refusal.NO_AMOUNT)
    made = HonourRound(
        area_id=area.id,
        title=title.strip()[:30],
        nominees=nominees,
        voters=voters,
        places=places,
        opened_at=now,
        votes_from=votes_from,
        ends_at=ends_at,
        by_id=by.id,
    )
    session.add(made)
    session.flush()
    return made


def lock(session: Session, round_id: int) -> HonourRound:
    """The round, held: naming, voting, joining and counting are one after the other. Raises Refused(ROUND_OVER)."""
    found = session.get(HonourRound, round_id, with_for_update=True, populate_existing=True)
    if found is None or found.counted_at is not None or found.called_off_at is not None:
        raise Refused(Refusal.ROUND_OVER)
    return found


def nominate(session: Session, round_id: int, words: str, *, by: Person, now: datetime) -> HonourRound:
    """Keeps whom somebody names and why, for staff. Raises Refused: ROUND_OVER, MAY_NOT_VOTE, NOMINATED_OFTEN."""
    found = lock(session, round_id)
    if now >= found.votes_from:
        raise Refused(Refusal.ROUND_OVER)
    if not _belongs(_ties(session, by), Group.EVERYBODY, session.get_one(Area, found.area_id), by=now):
        raise Refused(Refusal.MAY_NOT_VOTE)
    said = select(func.count()).where(Nomination.round_id == found.id, Nomination.by_id == by.id)
    if (session.scalar(said) or 0) >= MOST_NOMINATIONS:
        raise Refused(Refusal.NOMINATED_OFTEN)
    session.add(Nomination(round_id=found.id, by_id=by.id, words=words.strip()[:500], said_at=now))
    session.flush()
    return found


def may_be_named(session: Session, chosen: HonourRound, name: str, *, by: Person, now: datetime) -> Sequence[Person]:
    """The people of a name who belong to whom the round is for; never whoever looks."""
    area = session.get_one(Area, chosen.area_id)
    named = session.scalars(
        select(Person)
        .where(Person.name == name, Person.name != "", Person.erased_at.is_(None), Person.id != by.id)
        .order_by(Person.id)
        .limit(20)
    ).all()
    return [each for each in named if _belongs(_ties(session, each), chosen.nominees, area, by=now)]


def ask(
    session: Session,
    round_id: int,
    person: Person,
    about: str,
    *,
    nominations: Sequence[int] = (),
    by: Person,
    now: datetime,
) -> Nominee:
    """Staff would put somebody on the ballot, with a sentence beside the name; they are asked whether they want it.

    Nobody is asked twice in a round. Raises Refused: ROUND_OVER, NO_SUCH_PERSON, REASON_MISSING, NAMED_ALREADY, and
    BALLOT_FULL.
    """
    found = lock(session, round_id)
    if now >= found.votes_from:
        raise Refused(Refusal.ROUND_OVER)
    if person not in may_be_named(session, found, person.name, by=by, now=now):
        raise Refused(Refusal.NO_SUCH_PERSON, name=person.name)
    if not about.strip():
        raise Refused(Refusal.REASON_MISSING)
    there = session.scalars(select(Nominee).where(Nominee.round_id == found.id)).all()
    if any(each.person_id == person.id for each in there):
        raise Refused(Refusal.NAMED_ALREADY, name=person.name)
    if sum(each.state in (NomineeState.ASKED, NomineeState.AGREED) for each in there) >= MOST_NOMINEES:
        raise Refused(Refusal.BALLOT_FULL)
    made = Nominee(round_id=found.id, person_id=person.id, about=about.strip()[:120], asked_at=now)
    session.add(made)
    session.flush()
    session.execute(
        update(Nomination)
        .where(Nomination.id.in_(nominations), Nomination.round_id == found.id)
        .values(nominee_id=made.id, put_aside_at=None)
    )
    data = {"nominee": made.id, "title": found.title, "about": made.about, "until": found.votes_from.isoformat()}
    outboxes.tell(session, NoticeKind.HONOUR_ASKED, person.id, now=now, data=data)
    return made


def put_aside(session: Session, round_id: int, nomination_id: int, *, now: datetime) -> None:
    """Staff do not follow a nomination; nobody is told. Raises Refused(ROUND_OVER)."""
    found = lock(session, round_id)
    session.execute(
        update(Nomination)
        .where(Nomination.id == nomination_id, Nomination.round_id == found.id)
        .values(put_aside_at=now)
    )


def answer(session: Session, nominee_id: int, *, agrees: bool, by: Person, now: datetime) -> HonourRound:
    """Whoever was named agrees, or would rather not, as long as it can still be changed: to agree until the voting
    begins, to leave until the end. Raises Refused(ROUND_OVER).
    """
    nominee = session.get(Nominee, nominee_id)
    if nominee is None or nominee.person_id != by.id:
        raise Refused(Refusal.ROUND_OVER)
    found = lock(session, nominee.round_id)
    session.refresh(nominee)
    if not agrees:
        was = nominee.agreed_at is not None
        nominee.state = NomineeState.WITHDREW if was else NomineeState.DECLINED
    elif now < found.votes_from:
        nominee.state, nominee.agreed_at = NomineeState.AGREED, nominee.agreed_at or now
    elif nominee.state is not NomineeState.AGREED:
        raise Refused(Refusal.ROUND_OVER)
    session.flush()
    return found


def leave(session: Session, *, by: Person, now: datetime) -> int:
    """Off every ballot that is not counted, and asked no more; gives off how many."""
    theirs = (
        select(Nominee.id)
        .join(HonourRound, HonourRound.id == Nominee.round_id)
        .where(
            Nominee.person_id == by.id,
            Nominee.state.in_([NomineeState.ASKED, NomineeState.AGREED]),
            HonourRound.counted_at.is_(None),
            HonourRound.called_off_at.is_(None),
        )
        .order_by(Nominee.round_id)
    )
    found = session.scalars(theirs).all()
    for nominee_id in found:
        answer(session, nominee_id, agrees=False, by=by, now=now)
    return len(found)
