"""The duty roster of an area: who is on duty now, with a second person; changing it, and reading it from a file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session

from models import areas, people
from models.area import Area, AreaKind
from models.clock import CHINA, local
from models.errors import Refusal, Refused
from models.person import Person, Role, RoleKind, RoleStatus
from models.roster import Duty

ON_DUTY = (RoleKind.STAFF, RoleKind.STREET, RoleKind.GRID, RoleKind.ADMIN)
"""Who may stand in a roster."""

_TIME = re.compile(r"(\d{1,2}):(\d{2})")
_KEYS = {"area", "weekly", "dates"}


class RosterInvalid(ValueError):
    """A roster file that cannot be used; `faults` names everything that is wrong with it."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Shift:
    """One shift as it falls on a day; `people` are the first and the second, as far as they are there."""

    begins: datetime
    ends: datetime
    people: tuple[Person, ...]
    duty: Duty


def shifts(session: Session, area: Area, day: date) -> Sequence[Shift]:
    """The shifts of an area that begin on a day, in their order."""
    rows = session.scalars(
        select(Duty)
        .where(Duty.area_id == area.id, or_(Duty.day == day, and_(Duty.day.is_(None), Duty.weekday == day.weekday())))
        .order_by(Duty.begins, Duty.id)
    ).all()
    dated = [row for row in rows if row.day is not None]
    return [_shift(session, row, day) for row in dated or rows]


def _shift(session: Session, row: Duty, day: date) -> Shift:
    last = day if row.ends > row.begins else day + timedelta(days=1)
    found = [session.get(Person, person_id) for person_id in (row.first_id, row.second_id) if person_id is not None]
    return Shift(
        begins=datetime.combine(day, row.begins, CHINA),
        ends=datetime.combine(last, row.ends, CHINA),
        people=tuple(each for each in found if each is not None and each.erased_at is None and _serves(each)),
        duty=row,
    )


def _serves(person: Person) -> bool:
    return people.has_role(person, *ON_DUTY)


def shift_at(session: Session, area: Area, *, now: datetime) -> Shift | None:
    """The shift that runs at `now`; the one that began later where two overlap, None where nobody is entered."""
    today = local(now).date()
    running = [
        shift
        for day in (today - timedelta(days=1), today)
        for shift in shifts(session, area, day)
        if shift.begins <= now < shift.ends and shift.people
    ]
    return running[-1] if running else None


def area_of(session: Session, person: Person) -> Area | None:
    """The area whose roster somebody at a desk reads: their own community's or street's."""
    mine = [
        session.get_one(Area, role.area_id)
        for role in person.roles
        if role.kind in people.STAFF_KINDS and role.status == "active"
    ]
    order = [AreaKind.COMMUNITY, AreaKind.STREET, AreaKind.DISTRICT, AreaKind.CITY, AreaKind.ESTATE, AreaKind.BUILDING]
    return min(mine, key=lambda area: (order.index(area.kind), area.id), default=None)


def candidates(session: Session, area: Area) -> Sequence[Person]:
    """Who may stand in an area's roster: its desk and those above it, and the grid workers inside."""
    return session.scalars(
        select(Person)
        .join(Role, Role.person_id == Person.id)
        .join(Area, Area.id == Role.area_id)
        .where(
            Role.kind.in_(ON_DUTY),
            Role.status == RoleStatus.ACTIVE,
            or_(Area.id.in_(areas.ids_on(area.path)), Area.path.startswith(area.path)),
            Person.erased_at.is_(None),
        )
        .distinct()
        .order_by(Person.id)
    ).all()


def take_over(session: Session, area: Area, name: str, *, now: datetime) -> Shift | None:
    """Somebody else is first in the shift that runs now, None where none runs; the weekly pattern stays as it is.

    Raises Refused(NO_SUCH_PERSON) for a name that is not exactly one person of the area's desk.
    """
    could = [each for each in candidates(session, area) if each.name == name.strip()]
    if len(could) != 1:
        raise Refused(Refusal.NO_SUCH_PERSON, name=name.strip())
    shift = shift_at(session, area, now=now)
    if shift is None:
        return None
    day = local(shift.begins).date()
    # The other shifts of that day are written down with it: a day with rows of its own is not read from the pattern.
    for each in shifts(session, area, day):
        row = each.duty
        if row.day is None:
            row = Duty(
                area_id=area.id,
                day=day,
                begins=row.begins,
                ends=row.ends,
                first_id=row.first_id,
                second_id=row.second_id,
            )
            session.add(row)
        if (each.begins, each.ends) == (shift.begins, shift.ends):
            second = next((one.id for one in shift.people if one.id != could[0].id), None)
            row.first_id, row.second_id = could[0].id, second
    session.flush()
    return shift_at(session, area, now=now)


# ---------------------------------------------------------------- from a file


def enter(session: Session, written: Any) -> int:
    """Replaces the roster of an area by what a file says; gives how many shifts it has now.

    The file: `area` (a name), `weekly` (days 1 to 7, Monday first) and `dates` (a day), each with `from`, `to`, `first`
    and perhaps `second`. Raises RosterInvalid with every fault.
    """
    if not isinstance(written, dict) or not isinstance(written.get("area"), str):
        raise RosterInvalid(["must have the keys area, weekly and dates"])
    faults = [f"there is no key {key}, only area, weekly and dates" for key in written if key not in _KEYS]
    found = session.scalars(select(Area).where(Area.name == written["area"])).all()
    if len(found) != 1:
        raise RosterInvalid([*faults, f"area: {written['area']} is the name of {len(found)} areas, not of one"])
    area = found[0]
    names: dict[str, list[Person]] = {}
    for person in candidates(session, area):
        names.setdefault(person.name, []).append(person)
    rows: list[Duty] = []
    for part, key in (("weekly", "days"), ("dates", "day")):
        for number, line in enumerate(written.get(part) or [], 1):
            try:
                rows += _rows(area, line, key, names)
            except (ValueError, TypeError, KeyError) as fault:
                faults.append(f"{part}, line {number}: {fault}")
    if faults:
        raise RosterInvalid(faults)
    session.execute(delete(Duty).where(Duty.area_id == area.id))
    session.add_all(rows)
    session.flush()
    return len(rows)


def _rows(area: Area, line: dict[str, Any], key: str, names: dict[str, list[Person]]) -> list[Duty]:
    begins, ends = _time(line["from"]), _time(line["to"])
    first = _named(names, line["first"])
    second = _named(names, line["second"]) if line.get("second") else None
    if second == first:
        raise ValueError("the second person is the first")
    days: list[tuple[int | None, date | None]]
    if key == "day":
        given = line["day"]
        days = [(None, given if isinstance(given, date) else date.fromisoformat(str(given)))]
    else:
        days = [(int(each) - 1, None) for each in line["days"]]
        if any(not 0 <= weekday <= 6 for weekday, _ in days if weekday is not None):
            raise ValueError("days are 1 (Monday) to 7 (Sunday)")
    return [
        Duty(area_id=area.id, weekday=weekday, day=day, begins=begins, ends=ends, first_id=first, second_id=second)
        for weekday, day in days
    ]


def _time(written: Any) -> time:
    # YAML reads an unquoted 20:00 as a number to the base of sixty.
    text = f"{written // 60}:{written % 60:02d}" if isinstance(written, int) else str(written)
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"{written} is not a time like 08:00")
    return time(int(found[1]) % 24, int(found[2]))


def _named(names: dict[str, list[Person]], name: Any) -> int:
    found = names.get(str(name), [])
    if len(found) != 1:
        raise ValueError(f"{name} is the name of {len(found)} people of the desk, not of one")
    return found[0].id


def community_and_street(session: Session, area_id: int | None) -> tuple[Area | None, Area | None]:
    """The community an area lies in and the street above it."""
    area = session.get(Area, area_id) if area_id else None
    if area is None:
        return None, None
    above = {each.kind: each for each in areas.ancestors(session, area)}
    return above.get(AreaKind.COMMUNITY), above.get(AreaKind.STREET)
