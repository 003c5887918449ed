"""The duty roster as a desk writes it: a week day by day, where nobody is, and one turn more, changed or less."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import duty
from models.area import Area
from models.calendar import holiday, is_working_day
from models.clock import CHINA
from models.duty import Shift
from models.person import Person
from models.roster import Duty


class Trouble(StrEnum):
    """Why a turn is not written."""

    PERSON = "person"
    """The first or second is not one of the desk's people, or they are the same."""
    TIMES = "times"
    GONE = "gone"
    """Somebody else has changed it meanwhile."""
    LAST = "last"
    """A day of its own without any turn would be read from the weekly pattern again."""


class TurnRefused(Exception):
    """A turn that is not written."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn as it is written down; an end that is not later than the begin is on the next day."""

    begins: time
    ends: time
    first_id: int
    second_id: int | None


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a roster: its turns, and from when to when nobody is on duty."""

    day: date
    works: bool
    """Whether offices work on this day."""
    holiday: str
    """The name of the holiday it belongs to; a make-up day belongs to one too."""
    is_own: bool
    """Whether it is written for this very day, and not read from the weekly pattern."""
    shifts: Sequence[Shift]
    gaps: Sequence[tuple[datetime, datetime]]


def week(session: Session, area: Area, monday: date) -> Sequence[Day]:
    """The seven days from `monday` on."""
    found = {each: duty.shifts(session, area, each) for each in (monday + timedelta(days=n) for n in range(-1, 7))}
    return [
        Day(
            day=day,
            works=is_working_day(day),
            holiday=holiday(day),
            is_own=any(each.duty.day is not None for each in shifts),
            shifts=shifts,
            gaps=_gaps(day, [*found[day - timedelta(days=1)], *shifts]),
        )
        for day, shifts in found.items()
        if day >= monday
    ]


def _gaps(day: date, shifts: Sequence[Shift]) -> list[tuple[datetime, datetime]]:
    """From when to when of a day nobody is on duty; a turn whose people have all left counts as nobody."""
    reached = datetime.combine(day, time(), CHINA)
    over = reached + timedelta(days=1)
    found = []
    for each in sorted((each for each in shifts if each.people), key=lambda each: each.begins):
        if each.begins > reached:
            found.append((reached, min(each.begins, over)))
        reached = max(reached, each.ends)
        if reached >= over:
            return found
    return [*found, (reached, over)]


# ---------------------------------------------------------------- writing


def add(session: Session, area: Area, day: date, turn: Turn, *, every_week: bool) -> None:
    """One turn more, on a day or on its weekday every week; the same turn twice is one. Raises TurnRefused."""
    _hold(session, area)
    _check(session, area, turn)
    if every_week:
        rows = _pattern(session, area, day)
    else:
        rows = _own(session, area, day)
    if turn not in [_turn(row) for row in rows]:
        row = Duty(area_id=area.id, weekday=day.weekday()) if every_week else Duty(area_id=area.id, day=day)
        session.add(_put(row, turn))
    session.flush()


def change(session: Session, area: Area, day: date, duty_id: int, turn: Turn, *, every_week: bool) -> None:
    """Another time or other people for one turn, on a day or every week. Raises TurnRefused."""
    _hold(session, area)
    _check(session, area, turn)
    _put(_meant(session, area, day, duty_id, every_week=every_week), turn)
    session.flush()


def remove(session: Session, area: Area, day: date, duty_id: int, *, every_week: bool) -> None:
    """One turn less, on a day or every week; a day whose last own turn goes is read from the pattern again. Raises
    TurnRefused.
    """
    _hold(session, area)
    row = _row(session, area, day, duty_id)
    if row.day is None and not every_week and len(_pattern(session, area, day)) == 1:
        raise TurnRefused(Trouble.LAST)
    session.delete(_meant(session, area, day, duty_id, every_week=every_week))
    session.flush()


def as_every_week(session: Session, area: Area, day: date) -> None:
    """What was written for this very day goes: it is read from the weekly pattern again."""
    _hold(session, area)
    for row in _of_day(session, area, day):
        session.delete(row)
    session.flush()


def _hold(session: Session, area: Area) -> None:
    """Whoever writes one roster does so one after the other."""
    session.execute(select(Area.id).where(Area.id == area.id).with_for_update())


def _check(session: Session, area: Area, turn: Turn) -> None:
    could = {each.id for each in duty.candidates(session, area)}
    if turn.first_id not in could or (turn.second_id is not None and turn.second_id not in could):
        raise TurnRefused(Trouble.PERSON)
    if turn.second_id == turn.first_id:
        raise TurnRefused(Trouble.PERSON)


def _row(session: Session, area: Area, day: date, duty_id: int) -> Duty:
    row = session.get(Duty, duty_id, populate_existing=True)
    if row is None or row.area_id != area.id or (row.day or day) != day:
        raise TurnRefused(Trouble.GONE)
    if row.day is None and (row.weekday != day.weekday() or _of_day(session, area, day)):
        raise TurnRefused(Trouble.GONE)
    return row


def _meant(session: Session, area: Area, day: date, duty_id: int, *, every_week: bool) -> Duty:
    """The row that is written to: the turn's own, or its copy for this very day."""
    row = _row(session, area, day, duty_id)
    if row.day is not None or every_week:
        return row
    place = [each.id for each in _pattern(session, area, day)].index(row.id)
    return _own(session, area, day)[place]


def _own(session: Session, area: Area, day: date) -> Sequence[Duty]:
    """The rows of this very day; those of the pattern are written down for it first, or they would no longer count."""
    rows = _of_day(session, area, day)
    if rows:
        return rows
    made = [_put(Duty(area_id=area.id, day=day), _turn(row)) for row in _pattern(session, area, day)]
    session.add_all(made)
    session.flush()
    return made


def _of_day(session: Session, area: Area, day: date) -> Sequence[Duty]:
    return session.scalars(select(Duty).where(Duty.area_id == area.id, Duty.day == day).order_by(Duty.id)).all()


def _pattern(session: Session, area: Area, day: date) -> Sequence[Duty]:
    return session.scalars(
        select(Duty).where(Duty.area_id == area.id, Duty.day.is_(None), Duty.weekday == day.weekday()).order_by(Duty.id)
    ).all()


def _turn(row: Duty) -> Turn:
    return Turn(row.begins, row.ends, row.first_id, row.second_id)


def _put(row: Duty, turn: Turn) -> Duty:
    row.begins, row.ends, row.first_id, row.second_id = turn.begins, turn.ends, turn.first_id, turn.second_id
    return row


def is_away(person: Person, shift: Shift) -> bool:
    """Whether somebody is on leave when their turn begins."""
    return person.away_until is not None and person.away_until > shift.begins
