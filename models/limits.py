"""The three clocks of a ticket: which limits it has, which one runs now, and what each action does to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from models.calendar import due, later, next_working_morning, passed, reaches
from models.category import Category, Level
from models.lifecycle import OPEN_STATES, Action
from models.ticket import OF_MEMBERS, Limit, Ticket, TicketKind, TicketState, Urgency
from models.windows import Window

WARNING = 0.8
"""The share of a limit after which whoever has the ticket is warned."""

AN_EVENING = "5h"
"""For what was wished for at a time: an hour before its day is over whoever has it is asked."""

LIFE_AND_PROPERTY = "2h"
"""Within this an emergency is answered and dealt with, whatever its category says."""

_NOBODY_HAS_IT = frozenset({TicketState.NEW, TicketState.OFFERED})
_BEGINS_AGAIN = frozenset(
    {
        Action.RELEASE,
        Action.REOPEN,
        Action.CALL_REOPEN,
        Action.NOT_MENDED,
        Action.ESCALATE,
        Action.ASSIGN,
        Action.RETURN,
        Action.KEEP,
        Action.TAKE_IN,
        Action.RESUME,
        Action.UNMERGE,
    }
)
"""After these nobody has it, and there is a whole acceptance limit to find somebody. A wave that ran out is not one:
that time is for all waves together."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long each step of one ticket may take: "2h" on the wall clock, "7wd" in working days."""

    answer: str
    accept: str
    finish: str


IN_PEACE = Limits("3wd", "7wd", "20wd")
"""What members bring of their own accord hurries nobody."""


def of(category: Category, urgency: Urgency, level: Level, kind: TicketKind = TicketKind.REPORT) -> Limits:
    """The limits of a category, at this urgency and level; the urgency's word counts before the level's."""
    if kind in OF_MEMBERS and urgency is Urgency.NORMAL:
        return IN_PEACE
    found = Limits(category.first_answer_limit, category.accept_limit, category.finish_limit)
    if urgency is Urgency.EMERGENCY:
        found = Limits(LIFE_AND_PROPERTY, LIFE_AND_PROPERTY, LIFE_AND_PROPERTY)
    for name in (level.value, urgency.value):
        if name in category.limits_by:
            found = replace(found, **category.limits_by[name])
    return found


def of_ticket(ticket: Ticket, category: Category) -> Limits:
    """The limits of a ticket as it stands now."""
    return of(category, ticket.urgency, ticket.level, ticket.kind)


def at_opening(
    category: Category,
    urgency: Urgency,
    *,
    kind: TicketKind = TicketKind.REPORT,
    wished: Window | None = None,
    lacks_place: bool = False,
    now: datetime,
) -> dict[str, Any]:
    """The columns of a new ticket's clocks, for the short way: no row is there yet. `lacks_place`: it is waited for, as
    `waits_for_place` says.
    """
    limits = of(category, urgency, category.level, kind)
    answers = _before(wished, due(now, limits.answer), now=now)
    accepts = _before(wished, due(now, limits.accept), now=now)
    finishes = wished.done_by if wished else due(now, limits.finish)
    limits = _shortened(limits, wished, finishes)
    answer = Running(Limit.ANSWER, answers, limits.answer)
    accept = Running(Limit.ACCEPT, accepts, limits.accept)
    finish = Running(Limit.FINISH, finishes, limits.finish)
    running = [answer, finish] if urgency is Urgency.EMERGENCY else [answer, accept, finish]
    if lacks_place:
        running = [answer]
    nearest = min(running, key=_nearness)
    return {
        "promised_at": answer.ends,
        "accept_by": accept.ends,
        "finish_by": finish.ends,
        "due_at": nearest.ends,
        "limit": nearest.limit,
        "warn_at": min(each.warns for each in running),
        "held_at": now if lacks_place else None,
    }


def _before(wished: Window | None, ends: datetime, *, now: datetime) -> datetime:
    """The end of a limit that leaves whoever is wished for at a time enough of it to come."""
    return ends if wished is None or wished.ends <= now else min(ends, wished.settled_by(now))


def _shortened(limits: Limits, wished: Window | None, finish_by: datetime | None) -> Limits:
    """How long the limits are that a wished time has shortened: nobody is warned of them as soon as they begin."""
    if wished is None or finish_by != wished.done_by:
        return limits
    return Limits(limits.accept, limits.accept, AN_EVENING)


# ---------------------------------------------------------------- which clock runs


@dataclass(frozen=True, slots=True)
class Running:
    """A limit that runs: when it ends, and how long it is as its category says it."""

    limit: Limit
    ends: datetime
    length: str

    @property
    def warns(self) -> datetime:
        return reaches(self.ends, self.length, WARNING)


_ORDER = [Limit.ACCEPT, Limit.ANSWER, Limit.FINISH, Limit.LATE]


def _nearness(clock: Running) -> tuple[datetime, int]:
    return clock.ends, _ORDER.index(clock.limit)


def _clocks(ticket: Ticket, category: Category) -> Iterator[Running]:
    """The limits that run now, noted as missed or not; none on hold and none once it is done. While its place is waited
    for only that for the first answer.
    """
    if ticket.state not in OPEN_STATES or ticket.state is TicketState.HELD:
        return
    limits = _shortened(of_ticket(ticket, category), ticket.wished, ticket.finish_by)
    if ticket.answered_at is None:
        yield Running(Limit.ANSWER, ticket.promised_at, limits.answer)
    if waits_for_place(ticket, category):
        return
    if waits_for_somebody(ticket) and ticket.accept_by is not None and ticket.urgency is not Urgency.EMERGENCY:
        # In an emergency those on duty are alarmed again and again instead (models/alarms.py).
        yield Running(Limit.ACCEPT, ticket.accept_by, limits.accept)
    if ticket.finish_by is not None:
        yield Running(Limit.FINISH, ticket.finish_by, limits.finish)


def waits_for_somebody(ticket: Ticket) -> bool:
    """Whether nobody has the ticket, a department's people included."""
    return ticket.state in _NOBODY_HAS_IT or (ticket.state is TicketState.ASSIGNED and ticket.assignee_id is None)


def waits_for_place(ticket: Ticket, category: Category) -> bool:
    """Whether a help in person waits for its reporter, who was asked where: nobody can be asked to come before that.

    The desk still has to answer in time. If it does not, or passes it up, or it is done and was not good, it is for
    people to find out where, and the other limits run.
    """
    is_nowhere = ticket.area_id is None and ticket.lat is None and not ticket.place
    is_as_told = ticket.state is TicketState.NEW and ticket.level is category.level and not ticket.reopened
    is_late = ticket.answered_at is None and not _after(ticket.promised_at, ticket.missed_at)
    return asks_for_somebody(ticket.kind, ticket.urgency, ticket.service) and is_nowhere and is_as_told and not is_late


def asks_for_somebody(kind: TicketKind, urgency: Urgency, service: str | None) -> bool:
    """Whether somebody asks for a help in person that is no emergency."""
    return service is not None and kind is TicketKind.REPORT and urgency is not Urgency.EMERGENCY


def _after(moment: datetime, mark: datetime | None) -> bool:
    return mark is None or moment > mark


def _ahead(ticket: Ticket, category: Category) -> list[Running]:
    """What is not noted as missed yet; once taking it or finishing it is late, a reminder every working day too."""
    clocks = list(_clocks(ticket, category))
    ahead = [each for each in clocks if _after(each.ends, ticket.missed_at)]
    if ticket.missed_at is not None and any(each.limit is not Limit.ANSWER for each in clocks if each not in ahead):
        ahead.append(Running(Limit.LATE, next_working_morning(ticket.missed_at), "1wd"))
    return ahead


def run(ticket: Ticket, category: Category) -> None:
    """Sets `due_at`, `limit` and `warn_at` from the clocks that run now."""
    ahead = _ahead(ticket, category)
    nearest = min(ahead, key=_nearness, default=None)
    ticket.due_at, ticket.limit = (nearest.ends, nearest.limit) if nearest else (None, None)
    warnings = [each.warns for each in ahead if each.limit is not Limit.LATE and _after(each.warns, ticket.warned_at)]
    ticket.warn_at = min(warnings, default=None)


def wait_until(ticket: Ticket, category: Category, *, begins: datetime) -> None:
    """Nobody may be asked before `begins`: the time for taking the ticket begins then, and nobody is late for it."""
    ticket.accept_by = _before(ticket.wished, due(begins, of_ticket(ticket, category).accept), now=begins)
    run(ticket, category)


def missed(ticket: Ticket, category: Category, *, now: datetime) -> list[Running]:
    """The limits that ran out by `now` and are not noted yet, the earliest first."""
    over = [each for each in _ahead(ticket, category) if each.ends <= now]
    return sorted(over, key=_nearness)


def to_warn(ticket: Ticket, category: Category, *, now: datetime) -> list[Running]:
    """The limits of which 80 % are used by `now`, that nobody was warned of, and that are not over yet."""
    return [
        each
        for each in sorted(_clocks(ticket, category), key=_nearness)
        if each.warns <= now < each.ends and _after(each.warns, ticket.warned_at)
    ]


def still_runs(ticket: Ticket, category: Category, limit: Limit, ends: datetime) -> bool:
    """Whether a limit that was spoken of is still what the ticket waits for."""
    if limit is Limit.LATE:
        return any(True for _ in _clocks(ticket, category))
    return any((each.limit, each.ends) == (limit, ends) for each in _clocks(ticket, category))


# ---------------------------------------------------------------- what an action does to them


def follow(ticket: Ticket, category: Category, action: Action, *, by_hand: bool, now: datetime) -> None:
    """Brings the clocks after an action, whose changes the ticket has already; `by_hand`: a person did it.

    Passing a ticket on never gives more time for finishing it; only being on hold, or without the place that was asked
    for, does, by just as long.
    """
    limits = of_ticket(ticket, category)
    goes_on = False
    if ticket.state is TicketState.HELD or waits_for_place(ticket, category):
        ticket.held_at = ticket.held_at or now
    elif ticket.held_at is not None:
        goes_on = True
        _go_on(ticket, limits, now=now)
    if action is Action.CORRECT:
        _correct(ticket, limits, now=now)
    if action in (Action.REOPEN, Action.CALL_REOPEN, Action.NOT_MENDED) or ticket.finish_by is None:
        # A row from before there were three clocks has none until something happens to it.
        ticket.finish_by = due(now, limits.finish)
    begins_again = goes_on or action in _BEGINS_AGAIN or (action is Action.OFFER and by_hand)
    if waits_for_somebody(ticket) and begins_again:
        ticket.accept_by = _before(ticket.wished, due(now, limits.accept), now=now)
    _keep_to_wish(ticket, now=now)
    run(ticket, category)


def _keep_to_wish(ticket: Ticket, *, now: datetime) -> None:
    """While the wished time is to come, that is when it must be done; whoever comes is found before it."""
    wished = ticket.wished
    if wished is None or wished.ends <= now:
        return
    ticket.finish_by = wished.done_by
    if waits_for_somebody(ticket) and ticket.accept_by is not None:
        ticket.accept_by = _before(wished, ticket.accept_by, now=now)
    if ticket.answered_at is None:
        ticket.promised_at = _before(wished, ticket.promised_at, now=now)


def _go_on(ticket: Ticket, limits: Limits, *, now: datetime) -> None:
    """What was left of the time for finishing when the ticket was put on hold is left now."""
    held, ticket.held_at = ticket.held_at, None
    if held is None or ticket.finish_by is None:
        return
    if not _after(ticket.finish_by, ticket.missed_at):
        # It was late before: it is asked about again from the next working day on, not for every day on hold at once.
        ticket.missed_at = now
        return
    warned = not _after(reaches(ticket.finish_by, limits.finish, WARNING), ticket.warned_at)
    ticket.finish_by = later(ticket.finish_by, passed(held, now, limits.finish), limits.finish)
    if warned:
        # The moment of the warning moves too, not beyond this one: it is not given again.
        ticket.warned_at = now


def _correct(ticket: Ticket, limits: Limits, *, now: datetime) -> None:
    """Another category has other limits. They count from the report, but nobody is late at once for a wrong guess."""
    if not ticket.reopened and ticket.finish_by is not None and _after(ticket.finish_by, ticket.missed_at):
        ticket.finish_by = _not_over(due(ticket.opened_at, limits.finish), limits.finish, now=now)
    if ticket.state is TicketState.NEW:
        ticket.accept_by = _not_over(due(ticket.opened_at, limits.accept), limits.accept, now=now)


def _not_over(ends: datetime, limit: str, *, now: datetime) -> datetime:
    return ends if ends > now else due(now, limit)
