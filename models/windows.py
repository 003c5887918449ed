"""When somebody wishes that somebody comes: a moment, a part of a day, "before six", a weekend."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType

from models.clock import CHINA, local


class Part(StrEnum):
    """A part of a day, as people name it."""

    EARLY = "early"
    MORNING = "morning"
    NOON = "noon"
    AFTERNOON = "afternoon"
    DUSK = "dusk"
    EVENING = "evening"
    DAYLIGHT = "daylight"
    DAY = "day"
    """All its waking hours: a day that is named alone."""


PARTS = MappingProxyType(
    {
        Part.EARLY: (time(7), time(9)),
        Part.MORNING: (time(8), time(12)),
        Part.NOON: (time(11), time(13)),
        Part.AFTERNOON: (time(13), time(18)),
        Part.DUSK: (time(17), time(19)),
        Part.EVENING: (time(18), time(21)),
        Part.DAYLIGHT: (time(8), time(18)),
        Part.DAY: (time(8), time(21)),
    }
)
"""From when until when people mean by a part of a day."""

_EVENING_BEFORE = time(18)
_AHEAD = timedelta(minutes=30)
_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Any time from `begins` to `ends`; both are the same for a moment, and `begins` is None for "before six"."""

    begins: datetime | None
    ends: datetime

    @property
    def done_by(self) -> datetime:
        """When what was wished for is over, however long it took: the evening of its last day."""
        evening = datetime.combine(local(self.ends).date(), PARTS[Part.DAY][1], CHINA).astimezone(self.ends.tzinfo)
        return evening if self.ends <= evening else self.ends + _AFTER

    def settled_by(self, now: datetime) -> datetime:
        """By when whoever comes must be found: the evening before it begins, or half an hour ahead; where that is too
        soon, when it begins. Once it has begun its end counts.
        """
        awaited = self.begins if self.begins is not None and self.begins > now else self.ends
        eve = local(awaited).date() - timedelta(days=1)
        evening = datetime.combine(eve, _EVENING_BEFORE, CHINA).astimezone(awaited.tzinfo)
        return next((each for each in (evening, awaited - _AHEAD) if each >= now + _AHEAD), awaited)
