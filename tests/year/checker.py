"""The independent checker: which notices were due by docs/notices.md, and what the outbox and the wire have instead."""

from __future__ import annotations

import bisect
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import cast

from tests.year import working
from tests.year.clocks import LATE, OPEN, Clocks, Due, Line, Stand, Told
from tests.year.history import History, PersonAt, Row

HAZARDS = frozenset(
    {"public_facility", "fire_safety", "drainage", "falling_object", "sanitation", "traffic", "charging", "greening"}
)

AT_ANY_HOUR = frozenset({"alarm", "pressed", "staff_reply"})
"""What reaches even riders in their quiet hours: emergencies, and answers to what somebody has just done."""

ORDINARY = frozenset({"judged", "urged"})
"""What a resident brought about and nobody need hear at night, unless the matter is urgent."""

OF_THE_CLOCK = frozenset({"warned", "late", "reminder", "not_evaluated", "check_in", "day", "week", "not_handed_on"})
"""Notices that nobody's act brings about."""

BY_THE_CLOCK = frozenset({"escalated", "passed_on", "assigned", "resumed", "taken_back", "released"})
"""The same where their line in the history has no author."""

# Whom a line in the history is told to, by docs/notices.md: "reporter" (and everybody who reported the same), "assignee"
# (whoever had it), "able" (who has it, or the department, or who is asked, the desk and who was alarmed), "team" (and who goes along), "helpers", "department". Whoever did it is not told.
TOLD = {
    "accept": [("accepted", "reporter"), ("joined", "helpers")],
    "take_on": [("accepted", "reporter"), ("joined", "helpers"), ("handed_on", "assignee")],
    "claim": [("accepted", "reporter")],
    "join": [("joined", "reporter"), ("joined", "assignee")],
    "leave": [("helper_left", "assignee")],
    "release": [("taken_back", "assignee"), ("released", "reporter"), ("helper_alone", "helpers")],
    "arrive": [("arrived", "reporter")],
    "finish": [("taken_back", "assignee"), ("finished", "reporter"), ("help_over", "helpers")],
    "reopen": [("reopened", "assignee"), ("redone", "reporter")],
    "call_reopen": [("reopened", "assignee")],
    "not_mended": [("reopened", "assignee"), ("redone", "reporter")],
    "auto_close": [("not_evaluated", "reporter")],
    "withdraw": [("withdrawn", "team")],
    "urge": [("urged", "able")],
    "add": [("added", "team")],
    "locate": [("added", "team")],
    "escalate": [("taken_back", "team"), ("passed_on", "reporter")],
    "assign": [("taken_back", "team"), ("passed_on", "reporter"), ("assigned", "department")],
    "hold": [("taken_back", "team"), ("held", "reporter")],
    "resume": [("resumed", "reporter")],
    "reject": [("rejected", "reporter")],
    "merge": [("taken_back", "team"), ("merged", "reporter")],
    "unmerge": [("unmerged", "reporter")],
    "supervise": [("supervised", "assignee")],
    "check_in": [("check_in", "assignee")],
}

FIRSTS = {day for day in working.WORKED if day.isocalendar()[:2] != working.day_before(day).isocalendar()[:2]}
"""The first working day of every week."""

DESK_HEARS = frozenset({"release", "reopen", "call_reopen", "not_mended", "unmerge", "urge", "supervise", "miss_limit"})


@dataclass(frozen=True)
class Finding:
    """One notice that is missing, double, undue, late or disturbs somebody."""

    what: str
    kind: str
    ticket: str
    person: str
    at: datetime
    why: str

    def __str__(self) -> str:
        return (
            f"{self.what}: {self.kind} {self.ticket} {self.person} {working.local(self.at):%m-%d %H:%M:%S}: {self.why}"
        )


class Checker:
    """One year's history against the rules."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._areas = {row.id: row for row in history.of("areas")}
        self._persons = {row.id: row for row in history.of("people")}
        self._tickets = {row.id: row for row in history.of("tickets")}
        self._notices = history.of("outbox")
        self._roles = [row for row in history.of("roles") if row.status == "active"]
        self._clocks = Clocks({row.code: row for row in history.of("categories")}, history.runs)
        self._people: dict[int, list[PersonAt]] = defaultdict(list)
        for each in history.people:
            self._people[each.person_id].append(each)
        self._events: dict[int, list[Row]] = defaultdict(list)
        for row in history.of("ticket_events"):
            self._events[row.ticket_id].append(row)
        self._told = {key: self._clocks.tell(self._tickets[key], events) for key, events in self._events.items()}
        self._riders = {row.person_id for row in self._roles if row.kind == "rider"}
        self._by_ticket: dict[tuple[str, int], list[Row]] = defaultdict(list)
        for row in self._notices:
            if row.ticket_id is not None:
                self._by_ticket[row.kind, row.ticket_id].append(row)
        self.due: list[Due] = []
        """What was due; filled by `findings`."""

    def findings(self) -> list[Finding]:
        """Everything that is wrong, in the order of time."""
        self.due = []
        found = [
            *self._limits(),
            *self._lines_and_their_notices(),
            *self._silence(),
            *self._judging(),
            *self._on_hold(),
            *self._handed_on(),
            *self._digests(),
            *self._riders_reminders(),
            *self._offers(),
            *self._nobody_is_forgotten(),
            *self._desk(),
            *self._alarms(),
            *self._split(),
            *self._announced(),
        ]
        found += self._compare()
        found += [each for row in self._notices for each in self._delivery(row)]
        found += self._wire()
        return sorted(found, key=lambda each: (each.at, each.what, each.kind))

    # ------------------------------------------------------------ words for findings

    def _number(self, ticket_id: int | None) -> str:
        ticket = self._tickets.get(ticket_id or 0)
        return f"{ticket.day:%y%m%d}-{ticket.serial:04d}" if ticket is not None else "-"

    def _name(self, person_id: int) -> str:
        return self._persons[person_id].name or f"person {person_id}"

    def _finding(self, what: str, kind: str, ticket_id: int | None, person_id: int, at: datetime, why: str) -> Finding:
        return Finding(what, kind, self._number(ticket_id), self._name(person_id), at, why)

    # ------------------------------------------------------------ who is who

    def _person_at(self, person_id: int, moment: datetime) -> PersonAt:
        known = self._people[person_id]
        return known[max(0, bisect.bisect_right(known, moment, key=attrgetter("at")) - 1)]

    def _with_role(self, kind: str, area_id: int | None, *, department: str | None = None) -> list[int]:
        """Whose role of a kind covers an area; anywhere for None."""
        above = {int(step) for step in self._areas[area_id].path.strip("/").split("/")} if area_id else None
        return sorted(
            {
                row.person_id
                for row in self._roles
                if row.kind == kind
                and (above is None or row.area_id in above)
                and (department is None or row.department == department)
            }
        )

    def _desk_of(self, ticket: Row, level: str) -> list[int]:
        return self._desk_in(ticket.community_id or self._reporters_home(ticket), level)

    def _reporters_home(self, ticket: Row) -> int | None:
        """The community in which whoever reported it lives."""
        home = self._persons[ticket.reporter_id].home_area_id
        above = [int(step) for step in self._areas[home].path.strip("/").split("/")] if home else []
        return next((step for step in above if self._areas[step].kind == "community"), None)

    def _desk_in(self, community_id: int | None, level: str) -> list[int]:
        is_streets = community_id is None or level in ("street", "department")
        if is_streets and (found := self._with_role("street", community_id)):
            return found
        if found := self._with_role("staff", community_id):
            return found
        return sorted({one for kind in ("staff", "street", "admin") for one in self._with_role(kind, None)})

    def _responsible(self, ticket: Row, stand: Stand, level: str, moment: datetime) -> list[int]:
        """The chain of contact: whoever is entered at the node, the desk, the nearest above."""

        def present(found: Iterable[int | None]) -> list[int]:
            return [
                one
                for one in found
                if one is not None
                and one != stand.assignee
                and (known := self._person_at(one, moment)).reachable
                and (known.away_until is None or known.away_until <= moment)
            ]

        area = ticket.area_id or ticket.community_id
        if level == "department":
            found = (
                present(self._with_role("department", area, department=stand.department)) if stand.department else []
            )
            if found:
                return found
            level = "street"
        nodes = {"estate": ("building", "estate"), "community": ("community",), "street": ("street",)}
        chain = (
            [self._areas[int(step)] for step in reversed(self._areas[area].path.strip("/").split("/"))] if area else []
        )
        for each in ("estate", "community", "street")[("estate", "community", "street").index(level) :]:
            for node in chain:
                if node.kind in nodes[each] and (found := present([node.grid_worker_id, node.secretary_id])):
                    return found[:1]
            desk = {"community": "staff", "street": "street"}.get(each)
            if desk is not None and (found := present(self._with_role(desk, area))):
                return found
        return self._with_role("admin", None)

    def _reporters(self, ticket_id: int, moment: datetime) -> dict[int, int]:
        """Everybody whose matter it is, with the ticket by whose number they know it."""
        found: dict[int, int] = {}
        for other_id, events in self._events.items():
            if other_id == ticket_id:
                continue
            into = self._merged_into(events, moment)
            if into == ticket_id:
                found[self._tickets[other_id].reporter_id] = min(
                    other_id, found.get(self._tickets[other_id].reporter_id, other_id)
                )
        found[self._tickets[ticket_id].reporter_id] = ticket_id
        return found

    def _merged_into(self, events: Sequence[Row], moment: datetime) -> int | None:
        into: int | None = None
        for event in events:
            if event.at > moment:
                break
            if event.action == "merge":
                into = event.facts["into"]
            elif event.action in ("unmerge", "withdraw", "take_over"):
                into = None
        if into is not None:
            # What a head was merged into later takes its followers along.
            return self._merged_into(self._events[into], moment) or into
        return None

    # ------------------------------------------------------------ what was due

    def _expect(self, kind: str, ticket_id: int | None, person_id: int, at: datetime, why: str, ends: str = "") -> None:
        self.due.append(Due(kind, ticket_id, person_id, at, why, ends))

    def _limits(self) -> Iterator[Finding]:
        """80 %: whoever has it and who is responsible; the end: one level up, or the level above looks on."""
        for told in self._told.values():
            ticket = told.ticket
            for at, limit, ends, stand in told.warnings:
                if told.followed_until is not None and at > told.followed_until:
                    continue
                whom = [stand.assignee, *self._responsible(ticket, stand, stand.level, at)]
                for one in dict.fromkeys(each for each in whom if each is not None):
                    self._expect("warned", ticket.id, one, at, f"80 % of {limit}", ends.isoformat())
            lines = {event.at: event for event in self._events[ticket.id] if event.action == "miss_limit"}
            for line in told.lines:
                if told.followed_until is not None and line.at > told.followed_until:
                    continue
                event = lines.pop(line.at, None)
                if event is None:
                    yield self._finding("missing", "miss_limit", ticket.id, ticket.reporter_id, line.at, line.why)
                    continue
                assert line.ends is not None
                if (event.facts["limit"], datetime.fromisoformat(event.facts["due"])) != (line.limit, line.ends):
                    why = f"{line.limit} until {line.ends}, noted is {event.facts['limit']} until {event.facts['due']}"
                    yield self._finding("undue", "miss_limit", ticket.id, ticket.reporter_id, line.at, why)
                yield from self._after_the_end(ticket, line)
            for at, event in lines.items():
                if told.followed_until is None or at < told.followed_until:
                    why = f"{event.facts['limit']} until {event.facts['due']}"
                    yield self._finding("undue", "miss_limit", ticket.id, ticket.reporter_id, at, why)

    def _after_the_end(self, ticket: Row, line: Line) -> Iterator[Finding]:
        stand = line.stand
        assert stand is not None
        if line.goes_up:
            up = [e for e in self._events[ticket.id] if e.at == line.at and e.action == "escalate" and e.by_id is None]
            if len(up) != 1:
                yield self._finding("missing", "escalate", ticket.id, ticket.reporter_id, line.at, line.why)
            return
        assert line.ends is not None
        ends = line.ends.isoformat()
        whom = self._responsible(ticket, stand, line.looks_on, line.at)
        if line.limit == "finish" and stand.assignee is not None:
            whom = [stand.assignee, *whom]
            self._expect("late", ticket.id, stand.assignee, line.at, line.why, ends)
            whom = whom[1:]
        for one in dict.fromkeys(whom):
            self._expect("late", ticket.id, one, line.at, line.why, ends)

    def _lines_and_their_notices(self) -> Iterator[Finding]:
        for ticket_id, events in self._events.items():
            told = self._told[ticket_id]
            before: Stand | None = None
            stands = {(id(event)): stand for event, stand in zip(events, self._stands_of(told, events), strict=False)}
            for event in events:
                after = stands.get(id(event))
                if after is None:
                    break
                for kind, to in TOLD.get(event.action, []):
                    self._tell(kind, to, event, before, after)
                if event.action == "evaluate" and self._is_first_verdict(event, events):
                    self._tell("judged", "workers", event, before, after)
                if event.action == "escalate":
                    self._up(self._tickets[ticket_id], event, before, after)
                before = after
        yield from ()

    def _is_first_verdict(self, event: Row, events: Sequence[Row]) -> bool:
        """Whether nobody has judged this result before, and it was somebody's task."""
        finish = max((each for each in events if each.action == "finish" and each.id < event.id), key=attrgetter("id"))
        judged = [each for each in events if each.action == "evaluate" and finish.id < each.id < event.id]
        was_a_task = finish.before in ("accepted", "assigned") and "announcement" not in finish.facts
        return was_a_task and not judged

    def _able(self, ticket: Row, stand: Stand, moment: datetime) -> list[int]:
        """Who can do something about a matter now."""
        if stand.assignee is not None:
            return [stand.assignee]
        theirs = self._with_role("department", ticket.community_id, department=stand.department)
        if stand.state == "assigned" and theirs:
            return theirs
        asked = [
            row.person_id
            for row in self._history.of("offers")
            if row.ticket_id == ticket.id
            and row.offered_at <= moment
            and (row.answered_at is None or row.answered_at > moment)
        ]
        rung = [row.person_id for row in self._by_ticket["alarm", ticket.id] if row.created_at <= moment]
        if ticket.urgency != "emergency":
            rung = []
        return list(dict.fromkeys([*asked, *self._desk_of(ticket, stand.level), *rung]))

    def _stands_of(self, told: Told, events: Sequence[Row]) -> list[Stand]:
        """How a ticket stood right after each line; what time alone does in between is left out."""
        stand: Stand | None = None
        found: list[Stand] = []
        for event in events:
            if told.followed_until is not None and event.at >= told.followed_until:
                break
            stand = self._clocks.after(told.ticket, stand, event)
            found.append(stand)
        return found

    def _tell(self, kind: str, to: str, event: Row, before: Stand | None, after: Stand) -> None:
        ticket = self._tickets[event.ticket_id]
        assignee = before.assignee if before else None
        helpers = before.helpers if before else ()
        if to == "reporter":
            whom = self._reporters(ticket.id, event.at)
        elif to == "department":
            people = self._with_role("department", ticket.community_id, department=after.department)
            whom = dict.fromkeys(people, ticket.id)
        elif to == "able":
            whom = dict.fromkeys(self._able(ticket, before or after, event.at), ticket.id)
        elif to == "workers":
            had_it = [after.assignee] if after.assignee is not None else []
            whom = dict.fromkeys([*had_it, *after.helpers], ticket.id)
        else:
            had_it = [assignee] if assignee is not None else []
            if kind in ("joined", "help_over", "helper_alone") and to == "helpers":
                helpers = after.helpers if event.action == "finish" else helpers
            people = {"assignee": had_it, "team": [*had_it, *helpers], "helpers": [*helpers]}[to]
            whom = dict.fromkeys(people, ticket.id)
        workers = self._workers(ticket.id, event.at, after)
        if kind == "not_evaluated":
            judged = {
                row.person_id
                for row in self._history.of("evaluations")
                if row.ticket_id == ticket.id and row.round == after.reopened and row.at <= event.at
            }
            whom = {one: number_id for one, number_id in whom.items() if one not in judged}
        for one, number_id in whom.items():
            judges_others = kind == "finished" and one == ticket.reporter_id and one not in workers
            if one == event.by_id and not judges_others:
                continue
            self._expect(kind, number_id, one, event.at, f"{event.action} by {event.actor}")

    def _workers(self, ticket_id: int, moment: datetime, stand: Stand) -> set[int]:
        accepted = {
            row.person_id
            for row in self._history.of("offers")
            if row.ticket_id == ticket_id and row.state == "accepted" and row.answered_at <= moment
        }
        return accepted | ({stand.assignee} if stand.assignee else set())

    def _up(self, ticket: Row, event: Row, before: Stand | None, after: Stand) -> None:
        """One level up: the desk there; when the clock did it, who is responsible there too."""
        desk = [one for one in self._desk_of(ticket, after.level) if one != event.by_id]
        whom = [*desk]
        if event.by_id is None:
            # It may have gone on to a department in the same moment.
            later = [
                each
                for each, found in zip(
                    self._events[ticket.id],
                    self._stands_of(self._told[ticket.id], self._events[ticket.id]),
                    strict=False,
                )
                if each.at == event.at and found.state == "assigned"
            ]
            stand = self._clocks.after(ticket, after, later[0]) if later else after
            desk_then = self._desk_of(ticket, stand.level)
            whom += [one for one in self._responsible(ticket, stand, stand.level, event.at) if one not in desk_then]
        for one in whom:
            self._expect("escalated", ticket.id, one, event.at, f"to {after.level}")

    # ------------------------------------------------------------ silence

    def _silence(self) -> Iterator[Finding]:
        """Silent people are asked once in office hours, and relieved after as long again."""
        for told in self._told.values():
            ticket = told.ticket
            if ticket.urgency == "emergency":
                continue
            expected: dict[datetime, str] = {}
            for stand, following in zip(told.stands, [*told.stands[1:], None], strict=True):
                if stand.state != "accepted" or stand.heard_at is None:
                    continue
                until = following.at if following is not None else self._history.ends
                action, at = self._end_of_patience(ticket, stand)
                if at is None or at > until or at < stand.at:
                    continue
                expected[at] = action
                if not any(e.at == at and e.action == action and e.by_id is None for e in self._events[ticket.id]):
                    why = f"silent since {working.local(stand.heard_at):%m-%d %H:%M}"
                    yield self._finding("missing", action, ticket.id, stand.assignee or 0, at, why)
            for event in self._events[ticket.id]:
                by_clock = event.by_id is None and event.action in ("check_in", "release")
                if by_clock and expected.get(event.at) != event.action:
                    yield self._finding(
                        "undue", event.action, ticket.id, ticket.reporter_id, event.at, "heard of since"
                    )

    def _end_of_patience(self, ticket: Row, stand: Stand) -> tuple[str, datetime | None]:
        """What is done next about somebody's silence, and when; who was asked has as long again from when they have the
        question, or from when it was put where it could not be brought to them by then.
        """
        patience = "2h" if ticket.urgency == "urgent" else "2wd"
        assert stand.heard_at is not None
        if stand.asked_at is None:
            return "check_in", self._in_office("ask_silent", working.end(stand.heard_at, patience), ticket.urgency)
        at = self._in_office("ask_silent", working.end(stand.asked_at, patience), ticket.urgency)
        for row in self._by_ticket["check_in", ticket.id]:
            is_this = row.created_at == stand.asked_at and row.person_id == stand.assignee
            if is_this and row.sent_at is not None and at is not None and row.sent_at <= at:
                at = self._in_office("ask_silent", working.end(row.sent_at, patience), ticket.urgency)
        return "release", at

    def _in_office(self, job: str, moment: datetime, urgency: str) -> datetime | None:
        run = self._clocks.first_run(job, moment)
        while run is not None and (
            not working.within(run, 8, 20)
            or (urgency == "normal" and not working.is_working(working.local(run).date()))
        ):
            run = self._clocks.first_run(job, run + timedelta(microseconds=1))
        return run

    def _decent(self, job: str, moment: datetime, begins: float = 8, ends: float = 21) -> datetime | None:
        run = self._clocks.first_run(job, moment)
        while run is not None and not working.within(run, begins, ends):
            run = self._clocks.first_run(job, run + timedelta(microseconds=1))
        return run

    # ------------------------------------------------------------ judging

    def _judging(self) -> Iterator[Finding]:
        """Asked once, reminded once a day after the question came through, closed seven days after it."""
        for told in self._told.values():
            ticket, events = told.ticket, self._events[told.ticket.id]
            for number, event in enumerate(events):
                if event.action != "finish":
                    continue
                over = next((e.at for e in events[number + 1 :] if e.after != "resolved"), self._history.ends)
                asked = self._asked(ticket, event.at, over)
                stand = told.at(over)
                assert stand is not None
                workers = self._workers(ticket.id, event.at, stand)
                own_work = ticket.reporter_id in workers
                at = self._decent("remind", asked + timedelta(hours=24)) if asked and not own_work else None
                if at is not None and at < over:
                    judged = {
                        row.person_id
                        for row in self._history.of("evaluations")
                        if row.ticket_id == ticket.id and event.at <= row.at < at
                    }
                    for one, number_id in self._reporters(ticket.id, at).items():
                        if one not in judged | workers:
                            self._expect("reminder", number_id, one, at, "a day after the question")
                yield from self._closing(ticket, event, asked, over)

    def _asked(self, ticket: Row, finished: datetime, over: datetime) -> datetime | None:
        """When the question was in front of the reporter."""
        found = [
            row.sent_at
            for kind in ("finished", "reminder")
            for row in self._by_ticket[kind, ticket.id]
            if row.person_id == ticket.reporter_id
            and row.sent_at is not None
            and finished <= row.created_at < over
            and not row.data.get("own")
        ]
        return min(found, default=None)

    def _closing(self, ticket: Row, event: Row, asked: datetime | None, over: datetime) -> Iterator[Finding]:
        if ticket.urgency == "emergency":
            return
        at = self._decent("close_silent", event.at + timedelta(days=7))
        if asked is not None and at is not None and asked <= at:
            at = self._decent("close_silent", asked + timedelta(days=7))
        closed = [e for e in self._events[ticket.id] if e.action == "auto_close" and event.at < e.at <= over]
        if at is not None and at <= over and not closed and at < self._history.ends:
            yield self._finding("missing", "auto_close", ticket.id, ticket.reporter_id, at, "nobody judged for a week")
        for each in closed:
            if each.at != at:
                why = f"due at {at}, finished {event.at}, asked {asked}"
                yield self._finding("undue", "auto_close", ticket.id, ticket.reporter_id, each.at, why)

    # ------------------------------------------------------------ on hold, handed on

    def _on_hold(self) -> Iterator[Finding]:
        """What is on hold comes back on its day."""
        for told in self._told.values():
            ticket, stands = told.ticket, [*told.stands, None]
            for stand, following in zip(stands, stands[1:], strict=False):
                assert stand is not None
                if stand.state != "held" or stand.hold_until is None:
                    continue
                at = self._clocks.first_run("resume_held", stand.hold_until)
                until = following.at if following is not None else self._history.ends
                if at is None or at > until:
                    continue
                if not any(e.at == at and e.action == "resume" for e in self._events[ticket.id]):
                    yield self._finding("missing", "resume", ticket.id, ticket.reporter_id, at, "its day has come")
            for event in self._events[ticket.id]:
                if event.action == "resume" and event.by_id is None:
                    stand = told.at(event.at)
                    if stand is None or stand.hold_until is None or stand.hold_until > event.at:
                        yield self._finding(
                            "undue", "resume", ticket.id, ticket.reporter_id, event.at, "before its day"
                        )

    def _handed_on(self) -> Iterator[Finding]:
        """A colleague who does not answer: whoever has it is told once that it stays with them."""
        for row in self._history.of("offers"):
            if row.purpose != "handover":
                continue
            at = self._clocks.first_run("end_handovers", row.expires_at)
            told = self._told[row.ticket_id]
            if row.state == "open" and at is not None:
                yield self._finding(
                    "missing", "expire", row.ticket_id, row.person_id, at, "the colleague's time is over"
                )
            if row.state in ("expired", "declined"):
                moment = at if row.state == "expired" else row.answered_at
                stand = told.at(row.answered_at)
                if (
                    stand is not None
                    and stand.state == "accepted"
                    and stand.assignee is not None
                    and moment is not None
                ):
                    self._expect("not_handed_on", row.ticket_id, stand.assignee, moment, f"the colleague {row.state}")

    # ------------------------------------------------------------ digests

    def _digests(self) -> Iterator[Finding]:
        """Every working morning to the desks, every week to those named at an area; nothing due, nothing sent."""
        for job, kind in (("daily_digest", "day"), ("weekly_digest", "week")):
            told: set[tuple[int, date]] = set()
            for run in sorted(self._history.runs.get(job, ())):
                day = working.local(run).date()
                if working.is_working(day) and working.within(run, 8.5, 9.5) and (kind == "day" or day in FIRSTS):
                    due = self._due_by(kind, day, run)
                    for person_id in self._persons:
                        if (person_id, day) not in told and any(self._concerns(kind, person_id, one) for one in due):
                            told.add((person_id, day))
                            self._expect(kind, None, person_id, run, "due this morning")
        yield from ()

    def _due_by(self, kind: str, day: date, run: datetime) -> list[Row]:
        """The tickets that are late or due by tonight, or by Sunday night; for the desks also what nobody has."""
        until = working.at(day + timedelta(days=1 if kind == "day" else 7 - day.weekday()), 0)
        due = []
        for told in self._told.values():
            stand = told.at(run)
            if stand is None or (told.followed_until is not None and run >= told.followed_until):
                continue
            ahead = self._clocks.ahead(told.ticket, stand)
            nearest = min(ahead.values(), default=None)
            is_due = stand.state in OPEN and (
                LATE in ahead
                and nearest == ahead[LATE]
                or (nearest is not None and nearest < until)
                or (stand.state == "held" and stand.hold_until is not None and stand.hold_until < until)
            )
            if is_due or (kind == "day" and stand.state == "new"):
                due.append(told.ticket)
        return due

    def _concerns(self, kind: str, person_id: int, ticket: Row) -> bool:
        if kind == "day":
            roots = [
                r.area_id for r in self._roles if r.person_id == person_id and r.kind in ("staff", "street", "admin")
            ]
            return bool(roots) and (
                ticket.community_id is None or any(self._inside(ticket.community_id, root) for root in roots)
            )
        own = [area.id for area in self._areas.values() if person_id in (area.grid_worker_id, area.secretary_id)]
        return any(
            self._inside(place, root) for root in own for place in (ticket.area_id, ticket.community_id) if place
        )

    def _inside(self, area_id: int, root_id: int) -> bool:
        return str(self._areas[area_id].path).startswith(self._areas[root_id].path)

    # ------------------------------------------------------------ riders

    def _riders_reminders(self) -> Iterator[Finding]:
        """At most one a day, in no quiet hour, only when there is something, never after 不提醒."""
        rows = [row for row in self._notices if row.kind == "rider_reminder"]
        days = Counter((row.person_id, working.local(row.created_at).date()) for row in rows)
        for (person_id, day), count in days.items():
            if count > 1:
                yield self._finding("double", "rider_reminder", None, person_id, working.at(day, 12), f"{count} a day")
        for row in rows:
            why = self._why_not_remind(row)
            if why:
                yield self._finding("undue", "rider_reminder", None, row.person_id, row.created_at, why)
        for run in sorted(self._history.runs.get("remind_riders", ())):
            if working.rider_rests(run):
                continue
            for person_id in self._riders:
                today = any(
                    row.person_id == person_id
                    and working.local(row.created_at).date() == working.local(run).date()
                    and row.created_at <= run
                    for row in rows
                )
                if today or not self._person_at(person_id, run).reminders or self._reminder_waits(person_id, run, rows):
                    continue
                for what in self._something_for(person_id, run):
                    yield self._finding("missing", "rider_reminder", None, person_id, run, what)

    def _why_not_remind(self, row: Row) -> str:
        moment = row.created_at
        if working.rider_rests(moment):
            return "made in quiet hours"
        if not self._person_at(row.person_id, moment).reminders:
            return "wants none"
        if row.person_id not in self._riders:
            if not any(each.person_id == row.person_id and each.kind == "member" for each in self._roles):
                return "neither rides nor helps"
            if not row.data.get("recheck") or any(row.data.get(key) for key in ("unfinished", "outcome", "lookouts")):
                return "members are only asked whether something is mended"
        if not any(row.data.get(key) for key in ("unfinished", "outcome", "recheck", "lookouts")):
            return "nothing to say"
        for ticket_id, rule in (
            (row.data.get("unfinished"), self._is_unfinished),
            (row.data.get("recheck"), self._may_be_rechecked),
        ):
            if ticket_id and not rule(self._told[ticket_id], row.person_id, moment):
                return f"{self._number(ticket_id)} is nothing to remind of"
        for lookout_id in row.data.get("lookouts", ()):
            found = [each for each in self._history.of("lookouts") if each.id == lookout_id]
            if found and found[0].day != working.local(moment).date():
                return "not the look-out's day"
        return ""

    def _reminder_waits(self, person_id: int, run: datetime, rows: Sequence[Row]) -> bool:
        """An earlier one that could not be brought to them yet: there is no second beside it."""
        return any(
            row.person_id == person_id
            and row.created_at <= run
            and (row.state in ("waiting", "pending", "sending") or row.state != "sent" or row.sent_at > run)
            for row in rows
        )

    def _something_for(self, person_id: int, run: datetime) -> Iterator[str]:
        reminded = {(row.ticket_id, row.about) for row in self._history.of("reminders") if row.reminded_at <= run}
        for told in self._told.values():
            key = (told.ticket.id, "unfinished")
            if key not in reminded and self._is_unfinished(told, person_id, run):
                yield f"{self._number(told.ticket.id)} is unfinished"
        for each in self._history.of("lookouts"):
            roots = [row.area_id for row in self._roles if row.person_id == person_id and row.kind == "rider"]
            near = any(self._inside(each.area_id, root) or self._inside(root, each.area_id) for root in roots)
            if each.day == working.local(run).date() and each.made_at <= run and near:
                yield f"a look-out of the day: {each.topic}"

    def _is_unfinished(self, told: Told, person_id: int, moment: datetime) -> bool:
        ticket, stand = told.ticket, told.at(moment)
        if stand is None or stand.state not in ("new", "offered") or ticket.reporter_id != person_id:
            return False
        if not timedelta(hours=1) <= moment - ticket.opened_at <= timedelta(days=7):
            return False
        said = any(
            row.ticket_id == ticket.id and row.kind in ("report", "addition") and row.text and row.said_at < moment
            for row in self._history.of("ticket_words")
        )
        said |= any(r.ticket_id == ticket.id and r.kind == "voice" for r in self._history.of("attachments"))
        has_place = ticket.area_id is not None or ticket.lat is not None or ticket.place != ""
        later = [e.at for e in self._events[ticket.id] if e.action == "locate"]
        later += [r.sent_at for r in self._history.of("attachments") if r.ticket_id == ticket.id and r.lat is not None]
        located = has_place and not any(at > moment for at in later)
        return not said or not located

    def _may_be_rechecked(self, told: Told, person_id: int, moment: datetime) -> bool:
        ticket, stand = told.ticket, told.at(moment)
        if stand is None or stand.state != "resolved" or stand.category not in HAZARDS or ticket.room:
            return False
        if person_id in (ticket.reporter_id, stand.assignee):
            return False
        asked = [row for row in self._history.of("reminders") if row.ticket_id == ticket.id and row.about == "recheck"]
        finished = max(e.at for e in self._events[ticket.id] if e.action == "finish" and e.at <= moment)
        seen = [row.answer for row in asked if row.answered_at is not None and finished <= row.answered_at < moment]
        if "mended" in seen:
            return False
        # The one reminder kept for a person stands for their last answer: what it was before cannot be told any more.
        most = 6 if any(row.answered_at is not None for row in asked) else 3
        return len([row for row in asked if finished <= row.reminded_at < moment]) < most

    # ------------------------------------------------------------ offers

    def _offers(self) -> Iterator[Finding]:
        """Whoever is asked is told once; nobody at night, away, at an hour of rest or beyond what they want at a time."""
        for wave in self._history.of("waves"):
            for pick in wave.picks["list"]:
                self._expect("offer", wave.ticket_id, pick["person"], wave.at, f"wave {wave.number}, {wave.mode}")
        for row in self._history.of("offers"):
            if row.purpose == "handover":
                self._expect("offer", row.ticket_id, row.person_id, row.offered_at, "handed on")
        by_wave = {(wave.ticket_id, wave.number): wave for wave in self._history.of("waves")}
        for row in self._history.of("offers"):
            of_wave = by_wave.get((row.ticket_id, row.wave))
            if row.purpose == "task" and of_wave is not None and of_wave.mode in ("volunteers", "helper"):
                yield from self._fits(row)

    def _fits(self, row: Row) -> Iterator[Finding]:
        ticket, person = self._tickets[row.ticket_id], self._person_at(row.person_id, row.offered_at)

        def wrong(why: str) -> Finding:
            return self._finding("quiet", "offer", row.ticket_id, row.person_id, row.offered_at, why)

        if ticket.urgency == "emergency":
            yield wrong("an emergency is never offered")
        if ticket.urgency == "normal" and working.within(row.offered_at, 22, 7):
            yield wrong("at night")
        if person.away_until is not None and person.away_until > row.offered_at:
            yield wrong("away")
        begins, ends = person.free_from, person.free_until
        if begins is not None and ends is not None and not working.within(row.offered_at, begins, ends):
            yield wrong(f"wants to be asked from {begins} to {ends}")
        if row.person_id in self._riders and working.rider_rests(row.offered_at):
            yield wrong("rides")
        others = [
            each
            for each in self._history.of("offers")
            if each.person_id == row.person_id
            and each.id != row.id
            and each.offered_at <= row.offered_at
            and (each.answered_at is None or each.answered_at > row.offered_at)
        ]
        if len(others) >= person.most_offers:
            yield wrong(f"{len(others)} offers wait already")
        if any(e.person_id == row.person_id and e.ticket_id == row.ticket_id and e.id < row.id for e in others):
            yield self._finding("double", "offer", row.ticket_id, row.person_id, row.offered_at, "asked twice")

    def _nobody_is_forgotten(self) -> Iterator[Finding]:
        """What nobody has is brought to somebody: people are asked, a department has it, or the desk hears of it."""
        for told in self._told.values():
            ticket, stands = told.ticket, [*told.stands, None]
            for stand, following in zip(stands, stands[1:], strict=False):
                assert stand is not None
                if stand.state != "new":
                    continue
                until = following.at if following is not None else self._history.ends
                patient = stand.at + timedelta(minutes=10)
                if ticket.urgency == "normal" and working.within(stand.at, 22, 7):
                    patient = working.at(working.local(stand.at - timedelta(hours=7)).date() + timedelta(days=1), 7)
                by = self._clocks.first_run("sweep", patient)
                if by is None or by >= until:
                    continue
                by += timedelta(seconds=1)
                desk = self._desk_of(ticket, stand.level)
                heard = any(
                    row.kind in ("desk", "escalated", "returned", "alarm")
                    and row.person_id in desk
                    and row.created_at <= by
                    and self._left_the_outbox(row) >= stand.at
                    for row in self._notices
                )
                looked = any(
                    row.ticket_id == ticket.id and stand.at <= row.at <= by for row in self._history.of("waves")
                )
                before = [each for each in told.stands if each.at <= stand.at and each.state == "new"]
                if not heard and not looked and len(before) < 2:
                    yield self._finding(
                        "missing", "offer", ticket.id, ticket.reporter_id, stand.at, "nobody was asked or told"
                    )

    # ------------------------------------------------------------ the desk

    def _desk(self) -> Iterator[Finding]:
        """The desk hears of what came back or is late, gathered into one message."""
        rows: dict[int, list[Row]] = defaultdict(list)
        for row in self._notices:
            if row.kind == "desk":
                rows[row.person_id].append(row)
        for ticket_id, events in self._events.items():
            told = self._told[ticket_id]
            for event, stand in zip(events, self._stands_of(told, events), strict=False):
                if event.action not in DESK_HEARS:
                    continue
                for one in self._desk_of(told.ticket, stand.level):
                    gathered = any(row.created_at <= event.at <= self._left_the_outbox(row) for row in rows[one])
                    if not gathered:
                        yield self._finding("missing", "desk", ticket_id, one, event.at, event.action)

    def _left_the_outbox(self, row: Row) -> datetime:
        """Until when a message that gathers news took more in."""
        sweep = self._clocks.first_run("sweep", row.not_before + timedelta(hours=1))
        found: datetime = row.sent_at or sweep or self._history.ends
        return found

    # ------------------------------------------------------------ emergencies

    def _alarms(self) -> Iterator[Finding]:
        """Those on duty are alarmed at once and again until a human has answered, never afterwards."""
        for told in self._told.values():
            ticket = told.ticket
            if ticket.urgency != "emergency":
                continue
            rows = self._by_ticket["alarm", ticket.id]
            if not any(row.created_at == ticket.opened_at for row in rows):
                yield self._finding(
                    "missing", "alarm", ticket.id, ticket.reporter_id, ticket.opened_at, "nobody was alarmed"
                )
            answered = [
                event.at
                for event in self._events[ticket.id]
                if event.by_id is not None and event.actor in ("staff", "street", "department", "assignee", "offered")
            ]
            over = [event.at for event in self._events[ticket.id] if event.after not in OPEN]
            ends = min([*answered, *over], default=self._history.ends)
            rounds = sorted({row.created_at for row in rows})
            for at in rounds:
                if at > ends:
                    yield self._finding("undue", "alarm", ticket.id, ticket.reporter_id, at, "somebody has answered")
            for at, following in zip(rounds, [*rounds[1:], None], strict=True):
                again = self._clocks.first_run("alarm_again", at + timedelta(minutes=10))
                if following is None and again is not None and again < ends and len(rounds) < 4:
                    yield self._finding("missing", "alarm", ticket.id, ticket.reporter_id, again, "nobody has answered")
                if following is not None and following - at < timedelta(minutes=5):
                    yield self._finding("double", "alarm", ticket.id, ticket.reporter_id, following, "too soon")

            yield from self._on_duty(ticket, rows)

    def _on_duty(self, ticket: Row, rows: Sequence[Row]) -> Iterator[Finding]:
        """Where somebody is on duty, they alone are alarmed first, and their second five minutes later at the earliest."""
        shift = self._shift_at(ticket.opened_at, self._home_of(ticket))
        if shift is None:
            return
        for row in rows:
            too_soon = row.created_at < ticket.opened_at + timedelta(minutes=5)
            if too_soon and row.person_id != shift.first_id:
                yield self._finding("undue", "alarm", ticket.id, row.person_id, row.created_at, "is not on duty first")
        if not any(row.person_id == shift.first_id and row.created_at == ticket.opened_at for row in rows):
            yield self._finding("missing", "alarm", ticket.id, shift.first_id, ticket.opened_at, "is on duty")

    def _home_of(self, ticket: Row) -> int | None:
        """The community in which it was when it was opened; None where that is not known any more."""
        moved = any(event.action == "locate" for event in self._events[ticket.id])
        return None if moved else ticket.community_id

    def _shift_at(self, moment: datetime, area_id: int | None) -> Row | None:
        here = working.local(moment)
        for row in self._history.of("duties"):
            if row.area_id != area_id or row.day is not None:
                continue
            days = [here.date()] if row.begins < row.ends else [here.date(), here.date() - timedelta(days=1)]
            for day in days:
                begins = datetime.combine(day, row.begins, working.CHINA)
                ends = datetime.combine(day + timedelta(days=row.ends <= row.begins), row.ends, working.CHINA)
                if day.weekday() == row.weekday and begins <= moment < ends:
                    return row
        return None

    # ------------------------------------------------------------ tasks, announcements

    def _split(self) -> Iterator[Finding]:
        """What was split is offered to nobody any more, and is done by people when its tasks are."""
        tasks: dict[int, list[int]] = defaultdict(list)
        for ticket in self._tickets.values():
            if ticket.parent_id is not None:
                tasks[ticket.parent_id].append(ticket.id)
        for ticket_id, parts in tasks.items():
            events = self._events[ticket_id]
            since = self._split_at(ticket_id)
            if since is None:
                yield self._finding(
                    "missing", "split", ticket_id, self._tickets[ticket_id].reporter_id, events[0].at, ""
                )
                continue
            for wave in self._history.of("waves"):
                if wave.ticket_id == ticket_id and wave.at > since and wave.mode == "volunteers" and wave.picks["list"]:
                    person_id = wave.picks["list"][0]["person"]
                    yield self._finding("undue", "offer", ticket_id, person_id, wave.at, "it was split")
            for event in events:
                if event.action != "finish" or "announcement" in event.facts:
                    continue
                before = [[e.after for e in self._events[part] if e.at < event.at] for part in parts]
                if any(states and states[-1] in OPEN for states in before):
                    why = "finished before its tasks"
                    yield self._finding("undue", "finish", ticket_id, event.by_id or 0, event.at, why)

    def _split_at(self, ticket_id: int) -> datetime | None:
        """When a matter was split, or came with its tasks from a neighbour who took theirs back."""
        for event in self._events[ticket_id]:
            if event.action == "split" or (event.action == "take_over" and event.facts.get("tasks")):
                return cast(datetime, event.at)
        return None

    def _announced(self) -> Iterator[Finding]:
        """What an announcement answers is held once by it, while it holds, until it ends; nothing else is."""
        announcements = {row.id: row for row in self._history.of("announcements")}
        rows = {(row.ticket_id, row.announcement_id): row for row in self._history.of("announcement_tickets")}
        held: Counter[tuple[int, int]] = Counter()
        for ticket_id, events in self._events.items():
            for event in events:
                if event.action != "hold" or "announcement" not in event.facts:
                    continue
                key = ticket_id, event.facts["announcement"]
                held[key] += 1
                one, person_id = announcements[key[1]], self._tickets[ticket_id].reporter_id
                if key not in rows or not one.created_at <= event.at < one.until:
                    yield self._finding(
                        "undue", "held", ticket_id, person_id, event.at, "the announcement does not hold"
                    )
                if datetime.fromisoformat(event.facts["until"]) != one.until:
                    yield self._finding("undue", "held", ticket_id, person_id, event.at, "until another day")
        for (ticket_id, number), row in rows.items():
            count = held[ticket_id, number]
            if row.answered_at is not None and not row.apart and count != 1:
                what = "double" if count else "missing"
                person_id = self._tickets[ticket_id].reporter_id
                yield self._finding(
                    what, "held", ticket_id, person_id, row.answered_at, f"announced, held {count} times"
                )

    # ------------------------------------------------------------ what was due against what there is

    def _compare(self) -> Iterator[Finding]:
        told_kinds = {kind for tells in TOLD.values() for kind, _ in tells} | {"judged"}
        exact = told_kinds | {"warned", "late", "escalated", "reminder", "day", "week", "not_handed_on", "offer"}
        due: dict[tuple[str, int | None, int, datetime], list[Due]] = defaultdict(list)
        for each in self.due:
            due[each.kind, each.ticket_id, each.person_id, each.at].append(each)
        found: dict[tuple[str, int | None, int, datetime], list[Row]] = defaultdict(list)
        for row in self._notices:
            if row.kind in exact and not self._is_beyond(row):
                found[row.kind, row.ticket_id, row.person_id, row.created_at].append(row)
        for key, (first, *_) in due.items():
            kind, ticket_id, person_id, at = key
            if key not in found:
                yield self._finding("missing", kind, ticket_id, person_id, at, first.why)
                continue
            ends = found[key][0].data.get("ends", "")
            if first.ends and datetime.fromisoformat(ends) != datetime.fromisoformat(first.ends):
                why = f"ends {ends}, by the rules {first.ends}"
                yield self._finding("undue", kind, ticket_id, person_id, at, why)
        for key, rows in found.items():
            kind, ticket_id, person_id, at = key
            wanted = len(due.get(key, ()))
            if not wanted:
                yield self._finding("undue", kind, ticket_id, person_id, at, f"nothing was due ({rows[0].data})")
            elif len(rows) > wanted:
                yield self._finding("double", kind, ticket_id, person_id, at, f"{len(rows)} times")

    def _is_beyond(self, row: Row) -> bool:
        """Whether a notice belongs to a matter that went on under another number."""
        told = self._told.get(row.ticket_id or 0)
        return told is not None and told.followed_until is not None and row.created_at >= told.followed_until

    # ------------------------------------------------------------ how it was delivered

    def _delivery(self, row: Row) -> Iterator[Finding]:
        def wrong(what: str, why: str) -> Finding:
            return self._finding(what, row.kind, row.ticket_id, row.person_id, row.sent_at or row.created_at, why)

        if row.state in ("pending", "sending"):
            sweep = self._clocks.first_run("sweep", row.not_before)
            if sweep is not None and self._history.ends - row.not_before > timedelta(hours=12):
                yield wrong("missing", f"lies in the outbox since {row.not_before}")
        if row.state != "sent":
            yield from self._dropped(row, wrong)
            return
        pushed = not row.sent_by.endswith(":passive")
        if pushed and row.sent_at < row.not_before:
            yield wrong("quiet", f"sent before {row.not_before}")
        in_peace = row.person_id in self._riders or (pushed and row.kind == "rider_reminder")
        if in_peace and row.kind not in AT_ANY_HOUR and working.rider_rests(row.sent_at):
            yield wrong("quiet", "a rider's peak or night")
        if pushed and self._is_of_the_clock(row) and not working.within(row.sent_at, 8, 21):
            yield wrong("quiet", "the clock's own notice at night")
        if row.kind in ("warned", "late"):
            yield from self._still_true(row, wrong)
        if pushed:
            first = self._clocks.first_run("sweep", max(row.not_before, row.created_at))
            while first is not None and in_peace and working.rider_rests(first):
                first = self._clocks.first_run("sweep", first + timedelta(seconds=1))
            while first is not None and self._is_of_the_clock(row) and not working.within(first, 8, 21):
                first = self._clocks.first_run("sweep", first + timedelta(seconds=1))
            if first is not None and row.sent_at - first > timedelta(hours=2) and not row.attempts > 1:
                yield wrong("late", f"could have been sent on {working.local(first):%m-%d %H:%M}")

    def _is_of_the_clock(self, row: Row) -> bool:
        ticket = self._tickets.get(row.ticket_id or 0)
        if ticket is not None and ticket.urgency == "emergency":
            return False
        if row.kind == "not_handed_on":
            return not row.data.get("declined")
        if row.kind in ORDINARY:
            return ticket is not None and bool(ticket.urgency == "normal")
        if row.kind == "desk":
            return self._can_wait(row)
        if row.kind in BY_THE_CLOCK:
            return row.data.get("by") is None
        return row.kind in OF_THE_CLOCK

    def _can_wait(self, row: Row) -> bool:
        """Whether nothing urgent waits at the desk, or has just been heard of there."""
        for told in self._told.values():
            if told.ticket.urgency == "normal":
                continue
            stand = told.at(row.sent_at)
            waits = stand is not None and stand.nobody_has_it
            heard = any(
                row.created_at - timedelta(minutes=1) <= event.at <= row.sent_at
                for event in self._events[told.ticket.id]
            )
            desks = [self._desk_of(told.ticket, level) for level in ("community", "street")]
            if any(event.action == "locate" for event in self._events[told.ticket.id]):
                desks.append(self._desk_in(self._reporters_home(told.ticket), "community"))  # while it had no place
            if (waits or heard) and any(row.person_id in desk for desk in desks):
                return False
        return True

    def _still_true(self, row: Row, wrong: Callable[[str, str], Finding]) -> Iterator[Finding]:
        told = self._told[row.ticket_id]
        stand = told.at(row.sent_at)
        if stand is None or (told.followed_until is not None and row.sent_at > told.followed_until):
            return
        limit, ends = row.data["limit"], datetime.fromisoformat(row.data["ends"])
        running = self._clocks.running(told.ticket, stand)
        if limit == "late":
            if not running:
                yield wrong("undue", "nothing is late any more")
            return
        if running.get(limit) != ends:
            yield wrong("undue", f"{limit} until {ends} does not run any more when it is sent")
        elif row.kind == "warned" and ends <= row.sent_at:
            yield wrong("undue", f"{limit} is over already when the warning is sent")

    def _dropped(self, row: Row, wrong: Callable[[str, str], Finding]) -> Iterator[Finding]:
        is_tried_again = row.attempts > 1
        if row.state != "dropped" or row.kind not in ("warned", "late") or self._is_beyond(row) or is_tried_again:
            return
        sweep = self._clocks.first_run("sweep", row.not_before)
        told = self._told[row.ticket_id]
        if sweep is None:
            return
        limit, ends = row.data["limit"], datetime.fromisoformat(row.data["ends"])
        stands = [each for each in told.stands if each.at > row.not_before][:1]
        moments = [told.at(sweep), *stands]
        gone = any(
            stand is None
            or (limit == "late" and not self._clocks.running(told.ticket, stand))
            or (limit != "late" and self._clocks.running(told.ticket, stand).get(limit) != ends)
            for stand in moments
        )
        if not gone and not (row.kind == "warned" and ends <= sweep):
            yield wrong("missing", "thrown away although it was still true")

    def _wire(self) -> Iterator[Finding]:
        """Nothing reaches one phone twice."""
        rows = {row.id: row for row in self._notices}
        seen = Counter((each.notice_id, each.account, each.channel, each.card) for each in self._history.wire)
        for (notice_id, _, _, _), count in seen.items():
            if count > 1:
                row = rows[notice_id]
                yield self._finding(
                    "double", row.kind, row.ticket_id, row.person_id, row.created_at, f"{count} on the wire"
                )
        sent = {each.notice_id for each in self._history.wire}
        for row in self._notices:
            if row.state == "sent" and not row.sent_by.endswith(":passive") and row.id not in sent:
                yield self._finding(
                    "missing", row.kind, row.ticket_id, row.person_id, row.created_at, "never on the wire"
                )


def check(history: History) -> list[Finding]:
    """Everything that is wrong in a year."""
    return Checker(history).findings()
