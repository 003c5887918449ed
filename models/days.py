"""The deployment's own days off and make-up days: entered, taken back, and made part of the calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import editions
from models.calendar import OwnDays
from models.own_day import OwnDay
from models.slips import Slip, Slipped

MOST_AT_ONCE = 31
"""Days that one form names; more is a typing error."""
AHEAD = timedelta(days=800)
LONGEST_NAME = 20


def with_own(session: Session, of_file: OwnDays) -> OwnDays:
    """The days of the configured file and those entered in the console, which count where both name one."""
    free, working = set(of_file.free), set(of_file.working)
    for each in session.scalars(select(OwnDay)):
        (working if each.working else free).add(each.day)
        (free if each.working else working).discard(each.day)
    return OwnDays(frozenset(free), frozenset(working))


def enter(session: Session, first: date, last: date, *, working: bool, name: str, today: date) -> int:
    """Days from the first to the last are worked, or are not; gives how many. What is past stays as it was, limits that
    run keep their end. Raises Slipped.
    """
    if last < first or first < today or last > today + AHEAD:
        raise Slipped(Slip.DAY, "first")
    if (last - first).days >= MOST_AT_ONCE:
        raise Slipped(Slip.DAYS_MANY, "last", most=MOST_AT_ONCE)
    if len(name) > LONGEST_NAME:
        raise Slipped(Slip.LONG, "name", most=LONGEST_NAME)
    named = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    known = {each.day: each for each in session.scalars(select(OwnDay).where(OwnDay.day.in_(named)))}
    for day in named:
        row = known.get(day)
        if row is None:
            session.add(OwnDay(day=day, working=working, name=name))
        else:
            row.working, row.name = working, name
    session.flush()
    editions.bump(session)
    return len(named)


def take_back(session: Session, day: date, *, today: date) -> None:
    """The day is again what the official calendar says. Raises Slipped for a day that is past."""
    if day < today:
        raise Slipped(Slip.DAY)
    session.execute(delete(OwnDay).where(OwnDay.day == day))
    editions.bump(session)


def listed(session: Session, *, since: date) -> Sequence[OwnDay]:
    """The days entered, from `since` on."""
    return session.scalars(select(OwnDay).where(OwnDay.day >= since).order_by(OwnDay.day).limit(500)).all()
