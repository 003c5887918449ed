"""Limits and the working calendar: hours run on the wall clock, days are mainland China's working days."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from functools import lru_cache

import chinese_calendar

from models.clock import CHINA, local

_LIMIT = re.compile(r"(\d{1,4})(h|wd)")


class LimitInvalid(ValueError):
    """A limit that is not like "2h" or "7wd"."""


def is_working_day(day: date, *, extra_free: Collection[date] = (), extra_working: Collection[date] = ()) -> bool:
    """Whether offices work on `day`: the deployment's own days first, then the official calendar, then weekdays.

    The official calendar ends with the last published year; after it weekends count as free.
    """
    if day in extra_working:
        return True
    if day in extra_free:
        return False
    return _is_official_working_day(day)


@lru_cache(maxsize=512)  # asked for every ticket, about the same few weeks
def _is_official_working_day(day: date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def due(start: datetime, limit: str, *, closes: time = time(18, 0)) -> datetime:
    """When a limit that starts at `start` runs out: "2h" on the wall clock, "7wd" at closing time of the seventh
    working day after `start`. Raises LimitInvalid.
    """
    match = _LIMIT.fullmatch(limit)
    if match is None:
        raise LimitInvalid(limit)
    count = int(match[1])
    if match[2] == "h":
        return start + timedelta(hours=count)
    day = local(start).date()
    while count:
        day += timedelta(days=1)
        if is_working_day(day):
            count -= 1
    return datetime.combine(day, closes, CHINA).astimezone(start.tzinfo)


def in_office_hours(moment: datetime, opens: time, closes: time) -> bool:
    """Whether the desk is staffed at `moment`, any day of the week."""
    return opens <= local(moment).time() < closes


def next_opening(moment: datetime, opens: time) -> datetime:
    """The next time the desk opens after `moment`."""
    here = local(moment)
    day = here.date() if here.time() < opens else here.date() + timedelta(days=1)
    return datetime.combine(day, opens, CHINA).astimezone(moment.tzinfo)
