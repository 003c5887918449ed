"""Limits and the working calendar: hours run on the wall clock, days are mainland China's working days."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import chinese_calendar
import yaml
from chinese_calendar.constants import holidays

from models.clock import CHINA, local

OPENS, CLOSES = time(8), time(18)
"""Between these the days of a limit run on a working day, so that no limit in days ends at night."""

A_DAY = timedelta(hours=10)
"""What one working day of a limit is worth: from OPENS to CLOSES."""

WARNED_BEFORE = timedelta(days=30)
"""So long before the end of the known calendar it is time to do something about it."""

_LIMIT = re.compile(r"(\d{1,4})(h|wd)")
_RANGE = re.compile(r"(\d{4}-\d{2}-\d{2})\s*\.\.\s*(\d{4}-\d{2}-\d{2})")
_MOST_DAYS = 400
"""The longest range that a holiday file may name; a longer one is a typing error."""


class LimitInvalid(ValueError):
    """A limit that is not like "2h" or "7wd"."""


class CalendarInvalid(ValueError):
    """A holiday file that cannot be used; `faults` names everything that is wrong with it."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


# ---------------------------------------------------------------- which days are worked


@dataclass(frozen=True, slots=True)
class OwnDays:
    """The days on which this deployment differs from the official calendar, or that are not published yet."""

    free: frozenset[date] = frozenset()
    working: frozenset[date] = frozenset()


_own = OwnDays()


def adopt(own: OwnDays) -> None:
    """Makes the deployment's own days part of the calendar of this process.

    A process serves one deployment; like the time zone, its calendar is the same for everything in it, which is why it
    is not handed through every operation (docs/decisions/0014).
    """
    global _own  # noqa: PLW0603  (set once, when the installation is put together)
    _own = own
    _working_day_after.cache_clear()
    reaches.cache_clear()


def read_own_days(path: Path) -> OwnDays:
    """The days in a holiday file. Raises CalendarInvalid with every fault."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CalendarInvalid([f"{path}: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise CalendarInvalid([f"{path}: must be written in UTF-8"]) from error
    except (yaml.YAMLError, ValueError) as error:
        # A day that does not exist is a ValueError of the reader's own.
        raise CalendarInvalid([f"{path}: {' '.join(str(error).split())}"]) from error
    if not isinstance(found, dict):
        raise CalendarInvalid([f"{path}: must have the keys free and working"])
    faults = [
        f"{path}: there is no key {key}, only free and working" for key in found if key not in ("free", "working")
    ]
    days: dict[str, set[date]] = {"free": set(), "working": set()}
    for key, into in days.items():
        listed = found.get(key) or []
        if not isinstance(listed, list):
            faults.append(f"{path}: {key} must be a list of days")
            continue
        for each in listed:
            try:
                into.update(_days(each))
            except ValueError:
                faults.append(f"{path}: {key}: {each} is neither a day like 2027-02-06 nor 2027-02-06..2027-02-12")
    both = sorted(days["free"] & days["working"])
    faults += [f"{path}: {day} is named both free and working" for day in both]
    if faults:
        raise CalendarInvalid(faults)
    return OwnDays(frozenset(days["free"]), frozenset(days["working"]))


def _days(written: Any) -> Iterator[date]:
    if isinstance(written, date) and not isinstance(written, datetime):
        yield written
        return
    found = _RANGE.fullmatch(str(written))
    if found is None:
        yield date.fromisoformat(str(written))
        return
    first, last = date.fromisoformat(found[1]), date.fromisoformat(found[2])
    if not 0 <= (last - first).days <= _MOST_DAYS:
        raise ValueError(written)
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def known_until() -> date:
    """The last day whose holidays are known; after it every Saturday and Sunday counts as free, and nothing else.

    A year counts as known when it is published officially or the deployment's own file names free days of it.
    """
    year = max(holidays).year
    while any(day.year == year + 1 for day in _own.free):
        year += 1
    return date(year, 12, 31)


def ends_soon(today: date) -> bool:
    """Whether it is time to name the holidays of another year."""
    return today >= known_until() - WARNED_BEFORE


def has_ended(today: date) -> bool:
    """Whether the holidays of tomorrow are not known, or not even those of today."""
    return today >= known_until()


def is_working_day(day: date) -> bool:
    """Whether offices work on `day`: the deployment's own days first, then the official calendar, then weekdays."""
    if day in _own.working:
        return True
    if day in _own.free:
        return False
    return _is_official_working_day(day)


def monday_of(day: date) -> date:
    """The first day of the week that `day` lies in."""
    return day - timedelta(days=day.weekday())


def holiday(day: date) -> str:
    """The Chinese name of the holiday that `day`, free or a make-up day, belongs to; empty where none is known."""
    try:
        _, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return ""
    return str(chinese_calendar.Holiday(name).chinese) if name else ""


@lru_cache(maxsize=512)  # asked for every ticket, about the same few weeks
def _is_official_working_day(day: date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def next_working_day(day: date) -> date:
    """The first working day after `day`."""
    day += timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


# ---------------------------------------------------------------- limits


def due(start: datetime, limit: str, *, closes: time = CLOSES) -> datetime:
    """When a limit that starts at `start` runs out: "2h" on the wall clock, "7wd" at closing time of the seventh
    working day after `start`. Raises LimitInvalid.
    """
    count, in_days = _read(limit)
    if not in_days:
        return start + timedelta(hours=count)
    return datetime.combine(_working_day_after(local(start).date(), count), closes, CHINA).astimezone(start.tzinfo)


@lru_cache(maxsize=512)  # every report of a day asks for the same
def _working_day_after(day: date, count: int) -> date:
    for _ in range(count):
        day = next_working_day(day)
    return day


def used(ends: datetime, limit: str, *, now: datetime) -> float:
    """How much of a limit that runs out at `ends` has been used at `now`: 0.0 at its start, 1.0 at its end, never
    outside. The inverse of `reaches`.

    It is told from the end, so that a limit that stood still meanwhile (on hold) needs no history. What is left of the
    day on which a limit in days starts comes before its first day, and counts as nothing used.
    """
    whole = _length(limit)
    if not whole:
        return float(now >= ends)
    return min(max(1 - passed(now, ends, limit) / whole, 0.0), 1.0)


@lru_cache(maxsize=512)  # limits in days end together
def reaches(ends: datetime, limit: str, share: float) -> datetime:
    """When `share` of a limit that runs out at `ends` has been used: `reaches(ends, limit, 0.8)` is its 80 %."""
    return later(ends, -_length(limit) * (1 - share), limit)


def passed(start: datetime, end: datetime, limit: str) -> timedelta:
    """How much of a limit's own time lies between two moments; below zero when `end` is earlier."""
    if end < start:
        return -passed(end, start, limit)
    if not _read(limit)[1]:
        return end - start
    first, last = local(start), local(end)
    if first.date() == last.date():
        return _worked(last) - _worked(first)
    whole = timedelta()
    day = next_working_day(first.date())
    while day < last.date():
        whole += A_DAY
        day = next_working_day(day)
    rest = A_DAY - _worked(first) if is_working_day(first.date()) else timedelta()
    return rest + whole + _worked(last)


def later(moment: datetime, by: timedelta, limit: str) -> datetime:
    """The moment after which `by` of a limit's own time has passed since `moment`; before it when `by` is below zero.

    Of several such moments (a night, a holiday) the one nearest to `moment`.
    """
    if not _read(limit)[1] or not by:
        return moment + by
    here = local(moment)
    day, at, left, forward = here.date(), _worked(here), abs(by), by > timedelta()
    # How much of the day lies ahead in the direction we go; nothing of a free one.
    ahead = (A_DAY - at if forward else at) if is_working_day(day) else timedelta()
    while left > ahead:
        left -= ahead
        day += timedelta(days=1 if forward else -1)
        at = timedelta() if forward else A_DAY
        ahead = A_DAY if is_working_day(day) else timedelta()
    opened = datetime.combine(day, OPENS, CHINA)
    return (opened + at + (left if forward else -left)).astimezone(moment.tzinfo)


def _worked(here: datetime) -> timedelta:
    """How much of its own working day has gone by at a local moment; nothing on a free day."""
    if not is_working_day(here.date()):
        return timedelta()
    opened = datetime.combine(here.date(), OPENS, CHINA)
    return min(max(here - opened, timedelta()), A_DAY)


def _length(limit: str) -> timedelta:
    count, in_days = _read(limit)
    return count * A_DAY if in_days else timedelta(hours=count)


@lru_cache(maxsize=256)
def _read(limit: str) -> tuple[int, bool]:
    match = _LIMIT.fullmatch(limit)
    if match is None:
        raise LimitInvalid(limit)
    return int(match[1]), match[2] == "wd"


# ---------------------------------------------------------------- the desk's hours


def in_office_hours(moment: datetime, opens: time, closes: time) -> bool:
    """Whether the desk is staffed at `moment`, any day of the week."""
    return opens <= local(moment).time() < closes


def next_opening(moment: datetime, opens: time) -> datetime:
    """The next time the desk opens after `moment`."""
    here = local(moment)
    day = here.date() if here.time() < opens else here.date() + timedelta(days=1)
    return datetime.combine(day, opens, CHINA).astimezone(moment.tzinfo)


def next_working_morning(moment: datetime, opens: time = time(9)) -> datetime:
    """When offices have opened on the first working day after the day of `moment`."""
    day = next_working_day(local(moment).date())
    return datetime.combine(day, opens, CHINA).astimezone(moment.tzinfo)
