"""Riders: where and when they ride, teams, titles for a time, and how they get into an estate."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from models import areas, outboxes, outlines, people, rings
from models.area import Area, AreaKind
from models.clock import local
from models.errors import Refusal, Refused
from models.outbox import NoticeKind
from models.person import Person, Role, RoleKind, RoleStatus
from models.rider import AccessNote, RiderProfile, Team, TeamMember, Title, TitleKind
from models.station import StationFault

MOST_ANSWERED = 200
"""So many riders a page lists."""

# ---------------------------------------------------------------- where and when


def profile(session: Session, person: Person) -> RiderProfile:
    """What is known of somebody's riding; an empty one where nothing is."""
    found = session.get(RiderProfile, person.id)
    if found is None:
        found = RiderProfile(person_id=person.id, busy="")
        session.add(found)
        session.flush()
    return found


def usual_point(session: Session, person: Person) -> tuple[float, float] | None:
    """Where somebody usually is: the point they sent, otherwise the middle of the area they ride in or live in."""
    known = session.get(RiderProfile, person.id)
    if known is not None and (point := rings.position_of(known)) is not None:
        return point
    rides = [role.area_id for role in person.roles if role.kind is RoleKind.RIDER and role.status is RoleStatus.ACTIVE]
    for area_id in (*rides, person.home_area_id):
        area = session.get(Area, area_id) if area_id else None
        if area is not None and (point := rings.position_of(area)) is not None:
            return point
    return None


def community_at(session: Session, lat: float, lng: float) -> Area | None:
    """The community in whose outline a point lies; where none is drawn around it the one whose middle is nearest, of
    those within some five kilometres.
    """
    drawn = outlines.community_at(session, lat, lng)
    if drawn is not None:
        return drawn
    north, east = Area.lat - lat, Area.lng - lng
    return session.scalar(
        select(Area)
        .where(
            Area.kind == AreaKind.COMMUNITY,
            Area.lat.between(lat - 0.05, lat + 0.05),
            Area.lng.between(lng - 0.05, lng + 0.05),
        )
        .order_by(north * north + east * east, Area.id)
        .limit(1)
    )


def everywhere(session: Session) -> Area | None:
    """The area of whoever does not say where they ride: the whole of what there is."""
    return session.scalar(select(Area).order_by(func.length(Area.path), Area.id).limit(1))


def ride_in(session: Session, person: Person, area: Area, *, now: datetime) -> None:
    """A rider's usual area from now on, in place of the one before."""
    session.execute(
        update(Role)
        .where(
            Role.person_id == person.id,
            Role.kind == RoleKind.RIDER,
            Role.status == RoleStatus.ACTIVE,
            Role.area_id != area.id,
        )
        .values(status=RoleStatus.ENDED)
        .execution_options(synchronize_session=False)
    )
    people.grant(session, person, RoleKind.RIDER, area.id, now=now)


def of_areas(
    session: Session, condition: ColumnElement[bool], *, most: int = MOST_ANSWERED
) -> Sequence[tuple[Person, Area]]:
    """The riders of areas with the area each rides in, by name."""
    rows = session.execute(
        select(Person, Area)
        .join(Role, Role.person_id == Person.id)
        .join(Area, Area.id == Role.area_id)
        .where(Role.kind == RoleKind.RIDER, Role.status == RoleStatus.ACTIVE, Person.erased_at.is_(None), condition)
        .order_by(Person.name, Person.id)
        .limit(most)
    )
    return [(person, area) for person, area in rows]


# ---------------------------------------------------------------- teams


def make_team(session: Session, name: str, area: Area, *, now: datetime) -> Team:
    """A team of an area. Raises Refused(NAME_TAKEN); one that was ended goes on."""
    team = session.scalar(select(Team).where(Team.area_id == area.id, Team.name == name).with_for_update())
    if team is not None and team.active:
        raise Refused(Refusal.NAME_TAKEN, name=name)
    if team is None:
        team = Team(name=name, area_id=area.id, made_at=now)
        session.add(team)
    team.active = True
    session.flush()
    return team


def rename_team(session: Session, team: Team, name: str) -> None:
    """Another name. Raises Refused(NAME_TAKEN), for what an ended team was called too."""
    other = select(Team.id).where(Team.area_id == team.area_id, Team.name == name, Team.id != team.id)
    if session.scalar(other) is not None:
        raise Refused(Refusal.NAME_TAKEN, name=name)
    team.name = name
    session.flush()


def join_team(session: Session, team: Team, person: Person, *, now: datetime) -> None:
    """Somebody belongs to a team, once."""
    if session.get(TeamMember, (team.id, person.id)) is None:
        session.add(TeamMember(team_id=team.id, person_id=person.id, since=now))
        session.flush()


def leave_team(session: Session, team: Team, person_id: int) -> None:
    """Not any more."""
    session.execute(delete(TeamMember).where(TeamMember.team_id == team.id, TeamMember.person_id == person_id))


def teams_of(session: Session, person: Person) -> Sequence[Team]:
    """The teams somebody belongs to."""
    return session.scalars(
        select(Team)
        .join(TeamMember, TeamMember.team_id == Team.id)
        .where(TeamMember.person_id == person.id, Team.active.is_(True))
        .order_by(Team.id)
    ).all()


def members_of(session: Session, teams: Collection[Team]) -> dict[int, list[Person]]:
    """The people of each team, by name."""
    rows = session.execute(
        select(TeamMember.team_id, Person)
        .join(Person, Person.id == TeamMember.person_id)
        .where(TeamMember.team_id.in_([each.id for each in teams]))
        .order_by(Person.name, Person.id)
    )
    found: dict[int, list[Person]] = {}
    for team_id, person in rows:
        found.setdefault(team_id, []).append(person)
    return found


# ---------------------------------------------------------------- titles


def in_force(day: date) -> ColumnElement[bool]:
    """The condition for titles that hold on a day; nobody has to end them."""
    return and_(Title.since <= day, Title.until >= day, Title.ended_at.is_(None))


def give_title(
    session: Session,
    person: Person,
    kind: TitleKind,
    area: Area,
    since: date,
    until: date,
    *,
    by: Person,
    now: datetime,
) -> Title:
    """A title for an area and some days; whoever has it now is told. The same title and area again takes the place of
    the one before.
    """
    before = session.scalars(
        select(Title)
        .where(
            Title.person_id == person.id,
            Title.kind == kind,
            Title.area_id == area.id,
            Title.ended_at.is_(None),
            Title.until >= local(now).date(),
        )
        .with_for_update()
    ).all()
    for each in before:
        each.ended_at = now
    title = Title(person_id=person.id, kind=kind, area_id=area.id, since=since, until=until, by_id=by.id, given_at=now)
    session.add(title)
    session.flush()
    data = {"rider_title": kind.value, "area": area.name, "since": since.isoformat(), "until": until.isoformat()}
    outboxes.tell(session, NoticeKind.TITLE_GIVEN, person.id, now=now, data=data)
    return title


def end_title(session: Session, title: Title, *, now: datetime) -> None:
    """Before its time."""
    title.ended_at = title.ended_at or now
    session.flush()


def titles_of(session: Session, person: Person, *, now: datetime) -> Sequence[tuple[Title, Area]]:
    """The titles somebody has today or will have, the next to end first, apart from standing posts."""
    rows = session.execute(
        select(Title, Area)
        .join(Area, Area.id == Title.area_id)
        .where(
            Title.person_id == person.id,
            Title.kind != TitleKind.POST,
            Title.until >= local(now).date(),
            Title.ended_at.is_(None),
        )
        .order_by(Title.until, Title.id)
    )
    return [(title, area) for title, area in rows]


def titles_in(
    session: Session, condition: ColumnElement[bool], *, now: datetime
) -> Sequence[tuple[Title, Person, Area]]:
    """The titles of areas that hold today or later, apart from standing posts."""
    rows = session.execute(
        select(Title, Person, Area)
        .join(Person, Person.id == Title.person_id)
        .join(Area, Area.id == Title.area_id)
        .where(Title.kind != TitleKind.POST, Title.until >= local(now).date(), Title.ended_at.is_(None), condition)
        .order_by(Title.until, Title.id)
        .limit(MOST_ANSWERED)
    )
    return [(title, person, area) for title, person, area in rows]


def holders(session: Session, kind: TitleKind, area: Area, *, day: date) -> int:
    """How many people a look-out for a title reaches in an area."""
    near = or_(Title.area_id.in_(areas.ids_on(area.path)), Area.path.startswith(area.path))
    return (
        session.scalar(
            select(func.count(Title.person_id.distinct()))
            .join(Area, Area.id == Title.area_id)
            .where(Title.kind == kind, in_force(day), near)
        )
        or 0
    )


# ---------------------------------------------------------------- into an estate


def write_note(
    session: Session, area: Area, words: str, contact: str, phone: str, *, by: Person, now: datetime
) -> None:
    """How one gets into an estate; empty words take the note away."""
    note = session.get(AccessNote, area.id, with_for_update=True)
    if not words:
        if note is not None:
            session.delete(note)
        session.flush()
        return
    if note is None:
        note = AccessNote(area_id=area.id)
        session.add(note)
    note.words, note.contact, note.phone = words[:300], contact[:40], phone[:20]
    note.by_id, note.changed_at = by.id, now
    session.flush()


def note_for(session: Session, area: Area) -> tuple[AccessNote, Area] | None:
    """The note of an estate, asked for by it or by a building in it."""
    row = session.execute(
        select(AccessNote, Area)
        .join(Area, Area.id == AccessNote.area_id)
        .where(Area.id.in_(areas.ids_on(area.path)))
        .order_by(func.length(Area.path).desc())
        .limit(1)
    ).first()
    return (row[0], row[1]) if row else None


# ---------------------------------------------------------------- one person's rows


def join(session: Session, keep: Person, other: Person) -> None:
    """Before two people become one: of what one can have once, one stays."""
    mine = select(TeamMember.team_id).where(TeamMember.person_id == keep.id)
    session.execute(delete(TeamMember).where(TeamMember.person_id == other.id, TeamMember.team_id.in_(mine)))
    if session.scalar(select(RiderProfile.person_id).where(RiderProfile.person_id == keep.id)) is not None:
        session.execute(delete(RiderProfile).where(RiderProfile.person_id == other.id))


def erase(session: Session, person: Person, *, now: datetime) -> None:
    """Takes away where and when somebody rides, their teams and titles, and what they wrote of stations."""
    session.execute(delete(RiderProfile).where(RiderProfile.person_id == person.id))
    session.execute(delete(TeamMember).where(TeamMember.person_id == person.id))
    session.execute(update(Title).where(Title.person_id == person.id, Title.ended_at.is_(None)).values(ended_at=now))
    session.execute(update(StationFault).where(StationFault.person_id == person.id).values(words=""))
