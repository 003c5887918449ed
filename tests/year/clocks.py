"""One ticket's history told again by the rules of docs/notices.md: how it stood at every moment, and what was due.

Nothing here comes from the code that is checked; only the words of the tables are the same.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from tests.year import working
from tests.year.history import Row

ACCEPT, ANSWER, FINISH, LATE = "accept", "answer", "finish", "late"
OPEN = frozenset({"new", "offered", "accepted", "assigned", "held"})
LEVELS = ["estate", "community", "street", "department"]
NEAREST_FIRST = [ACCEPT, ANSWER, FINISH, LATE]
WEIGHTIEST_FIRST = [FINISH, ACCEPT, LATE, ANSWER]

NOBODY_YET = {
    "release": ACCEPT,
    "reopen": ACCEPT,
    "call_reopen": ACCEPT,
    "not_mended": ACCEPT,
    "escalate": ACCEPT,
    "assign": ACCEPT,
    "keep": ACCEPT,
    "take_in": ACCEPT,
    "return": ACCEPT,
    "resume": ACCEPT,
    "unmerge": ACCEPT,
}
ANSWERS = frozenset({"accept", "claim", "finish", "hold", "reject"})
TAKES = frozenset({"accept", "take_on", "claim"})
LETS_GO = frozenset({"release", "escalate", "assign", "reopen", "call_reopen", "not_mended", "return", "merge"})
LOOKED_AT_AGAIN = frozenset(
    {
        "open",
        "release",
        "reopen",
        "call_reopen",
        "not_mended",
        "correct",
        "locate",
        "resume",
        "unmerge",
        "expire",
        "escalate",
    }
)
"""After these dispatch looks at a ticket that nobody has."""


def above(level: str) -> str | None:
    number = LEVELS.index(level) + 1
    return LEVELS[number] if number < len(LEVELS) else None


@dataclass(frozen=True)
class Stand:
    """How a ticket stood from a moment on."""

    at: datetime
    state: str
    level: str
    category: str
    understood: bool
    assignee: int | None = None
    helpers: tuple[int, ...] = ()
    department: str = ""
    answered: bool = False
    reopened: int = 0
    returns: int = 0
    answer_by: datetime | None = None
    accept_by: datetime | None = None
    finish_by: datetime | None = None
    hold_until: datetime | None = None
    held_at: datetime | None = None
    missed_at: datetime | None = None
    told: str = ""
    """Up to which level the last line about a missed limit was told."""
    heard_at: datetime | None = None
    """When whoever has it was last heard of."""
    asked_at: datetime | None = None

    @property
    def nobody_has_it(self) -> bool:
        return self.state in ("new", "offered") or (self.state == "assigned" and self.assignee is None)


@dataclass(frozen=True)
class Due:
    """A notice somebody has to get, made by the run of a job at `at`."""

    kind: str
    ticket_id: int | None
    person_id: int
    at: datetime
    why: str
    ends: str = ""


@dataclass(frozen=True)
class Line:
    """A line that the clock has to write into the history."""

    action: str
    ticket_id: int
    at: datetime
    why: str
    limit: str = ""
    ends: datetime | None = None
    goes_up: bool = False
    looks_on: str = ""
    stand: Stand | None = None


@dataclass
class Told:
    """A ticket told again."""

    ticket: Row
    stands: list[Stand] = field(default_factory=list)
    warnings: list[tuple[datetime, str, datetime, Stand]] = field(default_factory=list)
    """When, of which limit, when it is over, and how the ticket stood."""
    lines: list[Line] = field(default_factory=list)
    followed_until: datetime | None = None
    """Where the rules here say nothing of what comes after: the matter goes on under another number."""

    def at(self, moment: datetime) -> Stand | None:
        """How it stood just before a moment."""
        number = bisect.bisect_left(self.stands, moment, key=attrgetter("at"))
        return self.stands[number - 1] if number else None


class Clocks:
    """Tells tickets again, given the categories and the moments at which the jobs ran."""

    def __init__(self, categories: Mapping[str, Row], runs: Mapping[str, Sequence[datetime]]) -> None:
        self._categories = categories
        self._runs = {name: sorted(moments) for name, moments in runs.items()}

    def first_run(self, job: str, moment: datetime) -> datetime | None:
        """The first run of a job at `moment` or after it."""
        runs = self._runs.get(job, [])
        number = bisect.bisect_left(runs, moment)
        return runs[number] if number < len(runs) else None

    def limits(self, ticket: Row, stand: Stand) -> dict[str, str]:
        """Its limits by its category, and its level's and urgency's own."""
        category = self._categories[stand.category]
        found = {ANSWER: category.first_answer_limit, ACCEPT: category.accept_limit, FINISH: category.finish_limit}
        if ticket.urgency == "emergency":
            found = dict.fromkeys(found, "2h")
        for name in (stand.level, ticket.urgency):
            found |= category.limits_by.get(name, {})
        return found

    def tell(self, ticket: Row, events: Sequence[Row]) -> Told:
        """The whole story of one ticket."""
        told = Told(ticket)
        stand: Stand | None = None
        settled: set[tuple[str, datetime]] = set()
        ends = [*events[1:], None]
        for event, following in zip(events, ends, strict=True):
            if event.action == "take_over" or "was" in event.facts and event.action == "reevaluate":
                told.followed_until = event.at
                break
            stand = self._after(ticket, stand, event, settled)
            told.stands.append(stand)
            until = following.at if following is not None else None
            for stand in self._pass_time(ticket, stand, until, settled, told, following):  # noqa: B020
                told.stands.append(stand)
        return told

    # ------------------------------------------------------------ what somebody does

    def after(self, ticket: Row, before: Stand | None, event: Row) -> Stand:
        """How a ticket stands after a line of its history."""
        return self._after(ticket, before, event, set())

    def _after(self, ticket: Row, before: Stand | None, event: Row, settled: set[tuple[str, datetime]]) -> Stand:
        if before is None:
            facts = event.facts
            category = facts["category"]
            stand = Stand(event.at, event.after, self._categories[category].level, category, facts["understood"])
            limits = self.limits(ticket, stand)
            stand = replace(
                stand,
                answer_by=working.end(event.at, limits[ANSWER]),
                accept_by=working.end(event.at, limits[ACCEPT]),
                finish_by=working.end(event.at, limits[FINISH]),
            )
            return self._wait_for_the_morning(ticket, stand, event)
        changes: dict[str, Any] = {"at": event.at, "state": event.after}
        action, facts = event.action, event.facts
        by_hand = event.by_id is not None
        if action in TAKES:
            changes["assignee"] = event.by_id
            changes["helpers"] = tuple(each for each in before.helpers if each != event.by_id)
        elif action in LETS_GO:
            changes["assignee"] = None
        elif action == "finish":
            changes["assignee"] = before.assignee or event.by_id
        if action in ("escalate", "assign", "reopen", "call_reopen", "not_mended", "merge"):
            changes["helpers"] = ()
        if action == "join":
            changes["helpers"] = (*before.helpers, event.by_id)
        if action == "leave":
            changes["helpers"] = tuple(each for each in before.helpers if each != event.by_id)
        if action in ("escalate", "reopen", "call_reopen", "not_mended") and "level" in facts:
            changes["level"] = facts["level"]
        if action in ("assign", "keep"):
            changes |= {"level": "department", "department": facts["department"]}
        if action == "return":
            changes |= {"level": "street", "department": ""}
        if action in ("reopen", "call_reopen", "not_mended"):
            changes["reopened"] = before.reopened + 1
        if action == "release":
            changes["returns"] = before.returns + 1
        if action in ANSWERS or (action == "relay" and event.actor not in ("reporter", "follower")):
            changes["answered"] = True
        if action == "correct":
            changes |= {"category": facts["to"], "understood": True}
            if before.state in ("new", "offered"):
                changes["level"] = self._categories[facts["to"]].level
        if action == "miss_limit":
            changes |= {"missed_at": event.at, "told": facts.get("told", "")}
        if action == "hold":
            changes |= {"hold_until": datetime.fromisoformat(facts["until"]), "held_at": event.at}
        stand = replace(before, **changes)
        stand = self._heard(before, stand, event)
        limits = self.limits(ticket, stand)
        if before.state == "held" and stand.state != "held":
            stand = self._go_on(stand, limits, settled)
        if action == "correct":
            stand = self._other_limits(ticket, before, stand, limits)
        if action in ("reopen", "call_reopen", "not_mended"):
            stand = replace(stand, finish_by=working.end(event.at, limits[FINISH]))
        if stand.nobody_has_it and (action in NOBODY_YET or (action == "offer" and by_hand)):
            stand = replace(stand, accept_by=working.end(event.at, limits[ACCEPT]))
        return self._wait_for_the_morning(ticket, stand, event)

    def _heard(self, before: Stand, stand: Stand, event: Row) -> Stand:
        if stand.state != "accepted":
            return replace(stand, heard_at=None, asked_at=None)
        if event.action == "check_in":
            return replace(stand, asked_at=event.at)
        is_theirs = event.actor in ("assignee", "helper")
        if before.state != "accepted" or is_theirs or before.assignee != stand.assignee:
            return replace(stand, heard_at=event.at, asked_at=None)
        return stand

    def _go_on(self, stand: Stand, limits: Mapping[str, str], settled: set[tuple[str, datetime]]) -> Stand:
        """On hold the time for finishing stood still."""
        held, ends = stand.held_at, stand.finish_by
        stand = replace(stand, held_at=None, hold_until=None)
        if held is None or ends is None:
            return stand
        if stand.missed_at is not None and ends <= stand.missed_at:
            return replace(stand, missed_at=stand.at)
        moved = working.put_off(ends, limits[FINISH], held=held, until=stand.at)
        if (FINISH, ends) in settled:
            settled.add((FINISH, moved))
        return replace(stand, finish_by=moved)

    def _other_limits(self, ticket: Row, before: Stand, stand: Stand, limits: Mapping[str, str]) -> Stand:
        """Another category: counted from the report, but nobody is late at once."""

        def from_the_report(limit: str) -> datetime:
            ends = working.end(ticket.opened_at, limit)
            return ends if ends > stand.at else working.end(stand.at, limit)

        noted = stand.missed_at is not None and stand.finish_by is not None and stand.finish_by <= stand.missed_at
        if not stand.reopened and not noted:
            stand = replace(stand, finish_by=from_the_report(limits[FINISH]))
        if stand.state == "new":
            stand = replace(stand, accept_by=from_the_report(limits[ACCEPT]))
        return stand

    def _wait_for_the_morning(self, ticket: Row, stand: Stand, event: Row) -> Stand:
        """At night nobody is asked for what can wait: the time for taking it begins at seven."""
        if stand.state != "new" or event.action not in LOOKED_AT_AGAIN or ticket.urgency != "normal":
            return stand
        if event.action == "escalate" and event.by_id is not None:
            return stand
        if not working.within(event.at, 22, 7) or self.first(ticket, stand) in ("staff", "department"):
            return stand
        day = working.local(event.at - timedelta(hours=7)).date() + timedelta(days=1)
        morning = working.at(day, 7)
        return replace(stand, accept_by=working.end(morning, self.limits(ticket, stand)[ACCEPT]))

    def first(self, ticket: Row, stand: Stand) -> str:
        """Who is tried first with a ticket as it stands."""
        category = self._categories[stand.category]
        if ticket.urgency == "emergency" or not stand.understood or ticket.kind != "report":
            return "staff"
        if stand.level != category.level or (stand.answered and stand.returns >= 3):
            return "staff"
        if not category.offerable and (stand.reopened or category.first != "department"):
            return "staff"
        if stand.reopened:
            return "grid" if stand.reopened == 1 else "staff"
        return str(category.first)

    # ------------------------------------------------------------ what time does

    def running(self, ticket: Row, stand: Stand) -> dict[str, datetime]:
        """The limits that run, and when each is over."""
        if stand.state not in OPEN or stand.state == "held":
            return {}
        found: dict[str, datetime] = {}
        if not stand.answered and stand.answer_by is not None:
            found[ANSWER] = stand.answer_by
        if stand.nobody_has_it and stand.accept_by is not None and ticket.urgency != "emergency":
            found[ACCEPT] = stand.accept_by
        if stand.finish_by is not None:
            found[FINISH] = stand.finish_by
        return found

    def ahead(self, ticket: Row, stand: Stand) -> dict[str, datetime]:
        """What is not noted yet; what is late is asked about every working day."""
        running = self.running(ticket, stand)
        noted = {limit for limit, ends in running.items() if stand.missed_at is not None and ends <= stand.missed_at}
        ahead = {limit: ends for limit, ends in running.items() if limit not in noted}
        if stand.missed_at is not None and noted - {ANSWER}:
            ahead[LATE] = working.next_morning(stand.missed_at)
        return ahead

    def _pass_time(
        self,
        ticket: Row,
        stand: Stand,
        until: datetime | None,
        settled: set[tuple[str, datetime]],
        told: Told,
        following: Row | None,
    ) -> Iterator[Stand]:
        self._warn(ticket, stand, until, settled, told)
        while ahead := self.ahead(ticket, stand):
            run = self.first_run("watch_limits", max(min(ahead.values()), stand.at))
            if run is None:
                break
            if until is not None and run > until:
                break
            over = {limit: ends for limit, ends in ahead.items() if ends <= run}
            limit = min(over, key=WEIGHTIEST_FIRST.index)
            goes_up = (
                limit != ANSWER
                and stand.nobody_has_it
                and ticket.urgency != "emergency"
                and above(stand.level) is not None
            )
            looks_on = stand.level if limit == ANSWER else _looks_on(stand, limit)
            told.lines.append(
                Line("miss_limit", ticket.id, run, f"{limit} over", limit, over[limit], goes_up, looks_on, stand)
            )
            if run == until and following is not None and following.action == "miss_limit":
                break
            stand = replace(stand, at=run, missed_at=run, told="" if goes_up else looks_on)
            yield stand

    def _warn(
        self, ticket: Row, stand: Stand, until: datetime | None, settled: set[tuple[str, datetime]], told: Told
    ) -> None:
        limits = self.limits(ticket, stand)
        waiting = {
            limit: (max(working.four_fifths(ends, limits[limit]), stand.at), ends)
            for limit, ends in self.running(ticket, stand).items()
            if (limit, ends) not in settled
        }
        while waiting:
            run = self.first_run("warn", min(moment for moment, _ in waiting.values()))
            if run is None or (until is not None and run > until):
                return
            now = {limit: ends for limit, (moment, ends) in waiting.items() if moment <= run}
            for limit, ends in now.items():
                settled.add((limit, ends))
                del waiting[limit]
            alive = {limit: ends for limit, ends in now.items() if run < ends}
            if alive:
                nearest = min(alive, key=lambda limit: (alive[limit], NEAREST_FIRST.index(limit)))
                told.warnings.append((run, nearest, alive[nearest], stand))


def _looks_on(stand: Stand, limit: str) -> str:
    """The level above, and for each further reminder one more, up to the street."""
    last = stand.told or stand.level if limit == LATE else stand.level
    return "street" if last in ("street", "department") else above(last) or "street"
