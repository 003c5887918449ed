"""When people are left in peace: riders in delivery peaks and nights, everybody at night from what the clock does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from models.calendar import in_office_hours, next_opening
from models.clock import CHINA, local

Span = tuple[time, time]
"""From the first time of day up to the second, which may be on the next day."""


MORNING, EVENING = time(8), time(21)
"""Between these people are told of what no human act has just brought about; of emergencies at any hour."""


def by_day(moment: datetime) -> datetime:
    """The moment itself by day, the next morning at night."""
    return moment if in_office_hours(moment, MORNING, EVENING) else next_opening(moment, MORNING)


@dataclass(frozen=True, slots=True)
class Quiet:
    """The spans of a day, as clocks in China show it."""

    peaks: tuple[Span, ...] = ((time(10, 30), time(13, 30)), (time(16, 30), time(20, 30)))
    night: Span = (time(22), time(8))

    def beside(self, busy: str) -> Quiet:
        """The same for somebody who also rides at these hours, stored as `11-14,17-21`."""
        own = tuple(
            (time(int(begins) % 24), time(int(ends) % 24))
            for begins, _, ends in (part.partition("-") for part in busy.split(",") if part)
        )
        return replace(self, peaks=(*self.peaks, *own)) if own else self

    def until(self, moment: datetime) -> datetime | None:
        """When the quiet that holds at `moment` is over; None when nothing holds."""
        end = moment
        # One span may end inside another: from the last peak straight into the night.
        for _ in range(2 * len(self.peaks) + 2):
            later = max((over for span in (*self.peaks, self.night) if (over := _over(span, end))), default=None)
            if later is None:
                break
            end = later
        return end if end > moment else None


def _over(span: Span, moment: datetime) -> datetime | None:
    """The end of `span` if `moment` lies in it."""
    here, (begins, ends) = local(moment), span
    across = begins > ends
    inside = here.time() >= begins or here.time() < ends if across else begins <= here.time() < ends
    if not inside:
        return None
    day = here.date() + timedelta(days=1) if across and here.time() >= begins else here.date()
    return datetime.combine(day, ends, CHINA).astimezone(moment.tzinfo)
