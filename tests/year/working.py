"""Working time, computed in its own way: one line of working hours over all days, on which moments are points."""

from __future__ import annotations

import bisect
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar

CHINA = ZoneInfo("Asia/Shanghai")
OPENS, CLOSES = 8, 18
HOURS = CLOSES - OPENS

FIRST, LAST = date(2025, 1, 1), date(2028, 12, 31)


def is_working(day: date) -> bool:
    """By the published calendar; beyond it by the day of the week."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


WORKED = [day for number in range((LAST - FIRST).days) if is_working(day := FIRST + timedelta(days=number))]


def day_before(day: date) -> date:
    """The last working day before one that is worked."""
    return WORKED[max(0, bisect.bisect_left(WORKED, day) - 1)]


def local(moment: datetime) -> datetime:
    return moment.astimezone(CHINA)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), CHINA).astimezone(UTC)


def _point(moment: datetime) -> timedelta:
    """How much working time there was before a moment."""
    here = local(moment)
    whole = bisect.bisect_left(WORKED, here.date()) * timedelta(hours=HOURS)
    if not is_working(here.date()):
        return whole
    return whole + min(max(moment - at(here.date(), OPENS), timedelta()), timedelta(hours=HOURS))


def _moment(point: timedelta, *, late: bool) -> datetime:
    """The moment of a point; where a night lies between, the morning after it if `late`, else the evening before."""
    days, rest = divmod(point, timedelta(hours=HOURS))
    if not rest and not late:
        return at(WORKED[days - 1], CLOSES)
    return at(WORKED[days], OPENS) + rest


def end(start: datetime, limit: str) -> datetime:
    """When "2h" or "7wd" that begin at `start` are over."""
    if limit.endswith("h"):
        return start + timedelta(hours=int(limit[:-1]))
    return at(WORKED[bisect.bisect_right(WORKED, local(start).date()) + int(limit[:-2]) - 1], CLOSES)


def four_fifths(ends: datetime, limit: str) -> datetime:
    """When 80 % of a limit that is over at `ends` are used."""
    if limit.endswith("h"):
        return ends - timedelta(hours=int(limit[:-1])) * 0.2
    return _moment(_point(ends) - timedelta(hours=HOURS * int(limit[:-2])) * 0.2, late=True)


def put_off(ends: datetime, limit: str, *, held: datetime, until: datetime) -> datetime:
    """The end of a limit that stood still between two moments."""
    if limit.endswith("h"):
        return ends + (until - held)
    still = _point(until) - _point(held)
    return _moment(_point(ends) + still, late=False) if still else ends


def next_morning(moment: datetime, hour: int = 9) -> datetime:
    """The morning of the next working day after that of `moment`."""
    return at(WORKED[bisect.bisect_right(WORKED, local(moment).date())], hour)


def within(moment: datetime, begins: float, ends: float) -> bool:
    """Whether the clock on the wall shows a time in [begins, ends), which may reach over midnight."""
    here = local(moment)
    hour = here.hour + here.minute / 60 + here.second / 3600 + here.microsecond / 3.6e9
    return begins <= hour < ends if begins < ends else hour >= begins or hour < ends


def rider_rests(moment: datetime) -> bool:
    """Whether riders are left in peace: 10:30–13:30, 16:30–20:30, 22:00–8:00."""
    return any(within(moment, *span) for span in ((10.5, 13.5), (16.5, 20.5), (22, 8)))
