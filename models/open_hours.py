"""Opening hours: how they are stored, whether a place is open at a moment, and when it closes or opens next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from models.clock import CHINA, local

DAY = 24 * 60
EVERY_DAY = "1234567"


@dataclass(frozen=True, slots=True)
class Hours:
    """Some weekdays (1 is Monday) and the minutes of the day between which a place is open; an end that is not after
    the beginning is on the next day.
    """

    days: str
    begins: int
    ends: int

    @property
    def length(self) -> int:
        """Minutes."""
        return self.ends - self.begins if self.ends > self.begins else self.ends + DAY - self.begins


def write(spans: Sequence[Hours]) -> str:
    """As it is stored: `12345 08:00-18:00;67 09:00-24:00`."""
    return ";".join(f"{each.days} {clock(each.begins)}-{clock(each.ends)}" for each in spans)


def read(stored: str) -> tuple[Hours, ...]:
    """The inverse of `write`."""
    found = []
    for part in filter(None, stored.split(";")):
        days, _, times = part.partition(" ")
        begins, ends = ((int(each[:2]) * 60 + int(each[3:])) for each in times.split("-"))
        found.append(Hours(days, begins, ends))
    return tuple(found)


def clock(minutes: int) -> str:
    """A time of day such as 08:00; the end of the day is 24:00."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def closes(spans: Sequence[Hours], moment: datetime) -> datetime | None:
    """When a place that is open at `moment` closes; None when it is closed. For one that never closes within the next
    week, a moment a week away.
    """
    return _through(spans, moment)


def _through(spans: Sequence[Hours], moment: datetime) -> datetime | None:
    end = moment
    while end < moment + timedelta(days=7):
        later = max((over for each in spans if (over := _over(each, end))), default=None)
        if later is None:
            break
        end = later
    return end if end > moment else None


def opens(spans: Sequence[Hours], moment: datetime) -> datetime | None:
    """When a place that is closed at `moment` opens next."""
    here = local(moment)
    midnight = datetime.combine(here.date(), time(0), CHINA)
    starts = [
        midnight + timedelta(days=ahead, minutes=each.begins)
        for ahead in range(8)
        for each in spans
        if str((midnight + timedelta(days=ahead)).isoweekday()) in each.days
    ]
    return min((start for start in starts if start > here), default=None)


def _over(span: Hours, moment: datetime) -> datetime | None:
    """The end of `span` if `moment` lies in it, begun today or yesterday."""
    here = local(moment)
    for back in (0, 1):
        day = here.date() - timedelta(days=back)
        if str(day.isoweekday()) in span.days:
            start = datetime.combine(day, time(0), CHINA) + timedelta(minutes=span.begins)
            end = start + timedelta(minutes=span.length)
            if start <= here < end:
                return end
    return None
