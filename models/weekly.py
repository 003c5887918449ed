"""What one week was in an area: its figures beside those of the week before, what comes again, what is late."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from models import outcomes, recurring, statistics
from models.area import Area
from models.clock import midnight
from models.figure import Measure
from models.lifecycle import OPEN_STATES
from models.recurring import Problem
from models.statistics import Rates, Share
from models.ticket import Limit, Ticket, TicketState, Urgency

DAYS = 7
MOST_LATE, MOST_PROBLEMS = 6, 6

RUNNING = OPEN_STATES - {TicketState.HELD}


@dataclass(frozen=True, slots=True)
class Numbers:
    """One week."""

    told: int
    rates: Rates
    in_time: Share
    """Finished within the limit."""
    minutes: int
    served: int
    """How often volunteers were credited something."""


@dataclass(frozen=True, slots=True)
class Week:
    """A week beside the one before; `late` are only the first of `late_count`."""

    first: date
    this: Numbers
    before: Numbers
    by_category: dict[str, tuple[int, int]]
    """Reports, and those of the week before, of every category that had any, most frequent first."""
    problems: Sequence[Problem]
    late: Sequence[Ticket]
    late_count: int
    open_count: int

    @property
    def last(self) -> date:
        """Its Sunday."""
        return self.first + timedelta(days=DAYS - 1)


def week(session: Session, area: Area, communities: Collection[int], first: date, *, now: datetime) -> Week:
    """The week of an area with all of its communities that begins on the Monday `first`; what is open and late is so
    now.
    """
    here: dict[int, Collection[int]] = {area.id: communities}
    begins = [midnight(first + timedelta(days=days)) for days in (-DAYS, 0, DAYS)]
    numbers, told = [], []
    for since, until in zip(begins, begins[1:], strict=False):
        found = statistics.collect(
            session, since=since, until=until, communities=communities, nowhere=False, places=here
        )
        counts = outcomes.together(found)
        numbers.append(
            Numbers(
                outcomes.told(counts),
                statistics.total(statistics.of_residents(found)),
                outcomes.finished_in_time(counts),
                counts[Measure.MINUTES],
                counts[Measure.SERVED],
            )
        )
        told.append({code: outcomes.told(each) for code, each in outcomes.by_category(found).items()})
    before, this = told
    codes = sorted({code for each in told for code, count in each.items() if count})
    codes.sort(key=lambda code: -this.get(code, 0))
    is_open = and_(Ticket.community_id.in_(communities), Ticket.state.in_(OPEN_STATES))
    is_late = and_(is_open, Ticket.state.in_(RUNNING), or_(Ticket.limit == Limit.LATE, Ticket.due_at <= now))
    oldest = select(Ticket).where(is_late).order_by(Ticket.urgency != Urgency.EMERGENCY, Ticket.day, Ticket.id)
    return Week(
        first,
        numbers[1],
        numbers[0],
        {code: (this.get(code, 0), before.get(code, 0)) for code in codes},
        recurring.problems(
            session,
            since=begins[0] - recurring.WINDOW,
            until=begins[2],
            communities=communities,
            most=MOST_PROBLEMS,
        ),
        session.scalars(oldest.limit(MOST_LATE)).all(),
        session.scalar(select(func.count()).select_from(Ticket).where(is_late)) or 0,
        session.scalar(select(func.count()).select_from(Ticket).where(is_open)) or 0,
    )
