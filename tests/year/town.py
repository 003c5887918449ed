"""The demo street for a year: the real application on a real database, a clock that is moved, and phones that answer.

People act on what arrives on their phones, each by chance from one seed; the scheduler's jobs run as in production, in any
order, sometimes twice, and sometimes not for hours.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import dramatiq
from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import Session

from bot.app import Huying, create_app
from bot.channels import NotSent, Outgoing, Sent, Way, Why
from handlers.turn import EventKind, Message, MessageKind, Opens, Point, Reply
from models import demo, duty, people, seed
from models.area import Area
from models.category import Category
from models.clock import CHINA
from models.db import Database
from models.outbox import Notice, NoticeState
from models.person import Identity, Person, RoleKind
from models.roster import Alarm
from models.ticket import Ticket
from nlp import categories
from scheduler.jobs import JOBS, Job
from tests.handlers.conftest import OFFICIAL, WECOM, Clock, Phones, _settings
from tests.year.history import PersonAt, Wire

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)

REGULAR = (time(8, 35), time(14, 0), time(18, 1), time(21, 10))
"""When the jobs run on a day on which nothing else is due."""

SWEEP = next(job for job in JOBS if job.name == "sweep")

EAGER = frozenset({"sweep", "watch_limits", "warn", "alarm_again", "resume_held", "keep_photos", "end_handovers"})
"""Jobs that are tried at every moment at which anything is due; the others run often enough at some of them."""


def _soonest(column: Any, *conditions: Any) -> Any:
    return select(func.min(column)).where(column > bindparam("now"), *conditions).scalar_subquery()


NEXT = select(
    *(_soonest(each) for each in (Ticket.due_at, Ticket.warn_at, Ticket.dispatch_at, Ticket.hold_until, Alarm.next_at)),
    _soonest(Notice.not_before, Notice.state == NoticeState.PENDING),
    exists().where(Notice.state == NoticeState.PENDING, Notice.not_before <= bindparam("now")),
)
PEOPLE = select(
    Person.id,
    Person.away_until,
    Person.reminders,
    Person.free_from,
    Person.free_until,
    Person.most_offers,
    select(func.count())
    .where(Identity.person_id == Person.id, Identity.reachable.is_(True))
    .correlate(Person)
    .scalar_subquery(),
)


@dataclass(frozen=True)
class Odds:
    """How often something goes another way than usual."""

    twice: float = 0.05
    lost: float = 0.03
    """A queue that forgets what it was given: the sweep finds it."""
    fault: float = 0.03
    """The platform is busy for a moment."""
    idle: float = 0.75
    """A job whose rows can wait a little is not run at this moment."""


class Recording(Phones):
    """Phones whose wire is written down, with a platform that is busy now and then."""

    town: Town

    def send(self, way: Way, outgoing: Outgoing, *, now: datetime) -> Sent:
        if self.town.rng.random() < self.town.odds.fault:
            raise NotSent(Why.TEMPORARY, "busy")
        sent = super().send(way, outgoing, now=now)
        notice_id = int(outgoing.task_id.removeprefix("n").partition("-")[0])
        self.town.wire.append(Wire(now, self.key, outgoing.account, notice_id, outgoing.as_card))
        self.town.arrived(notice_id, outgoing, on=self.key)
        return sent


@dataclass(order=True)
class _Planned:
    at: datetime
    number: int
    act: Callable[[], object] = field(compare=False)


class Town:
    """Everybody's phones, the scheduler, and what both leave behind."""

    def __init__(self, url: str, folder: Path, *, seed: int, begins: datetime, odds: Odds | None = None) -> None:
        self.rng = random.Random(seed)
        self.odds = odds or Odds()
        self.clock = Clock(begins)
        _settle(url, begins)
        # Notices outlive the year, so that it can be looked at when it is over; everything else goes in its time.
        settings = _settings(url, folder, keep={"notices_days": 800})
        self.huying: Huying = create_app(settings, clock=self.clock)
        self.official = Recording(OFFICIAL, "official_account", (Way.CUSTOMER,))
        self.wecom = Recording(WECOM, "wecom", (Way.APP,))
        for phones in (self.official, self.wecom):
            phones.town = self
            self.huying.channels[phones.key] = phones
        self.wire: list[Wire] = []
        self.runs: dict[str, list[datetime]] = defaultdict(list)
        """When each job began."""
        self.people: list[PersonAt] = []
        self.moves: list[Callable[[int, Outgoing, str], None]] = []
        """What hears of everything that arrives."""
        self.replies: list[Callable[[str, Reply, str], None]] = []
        """What hears of every answer."""
        self.messages = 0
        self.down: list[tuple[datetime, datetime]] = []
        """When the scheduler stands still."""
        self._only_sweeps = False
        """Whether the next moment matters to the sweep alone."""
        self._is_due = False
        """Whether something is due then by the columns of the database."""
        self._known: dict[int, tuple[Any, ...]] = {}
        self._plans: list[_Planned] = []
        self._numbers = itertools.count()
        self._last_slow = begins
        self.note_people()

    # ------------------------------------------------------------ time

    @property
    def now(self) -> datetime:
        return self.clock.now

    def plan(self, at: datetime, act: Callable[[], object]) -> None:
        """Somebody will do something."""
        heapq.heappush(self._plans, _Planned(at, next(self._numbers), act))

    def live(self, until: datetime) -> None:
        """Time passes: whatever comes next happens, people first, and the scheduler at every moment that matters."""
        while True:
            tick = self._next_tick()
            if self._plans and self._plans[0].at <= tick:
                planned = heapq.heappop(self._plans)
                if planned.at > until:
                    heapq.heappush(self._plans, planned)
                    break
                self.clock.now = max(planned.at, self.now + SECOND)
                planned.act()
                self.work()
                self.note_people()
                continue
            if tick > until:
                break
            self.clock.now = max(tick, self.now + SECOND)
            if self._only_sweeps:
                self._run(SWEEP)
            else:
                self.tick()
        self.clock.now = max(until, self.now)

    def tick(self) -> None:
        """Every job once, in any order, some of them twice; a second apart, so that each has a moment of its own."""
        # What runs every few hours finds something once a day at most.
        slow = self.now - self._last_slow >= timedelta(days=1)
        if slow:
            self._last_slow = self.now
        due = [
            job
            for job in JOBS
            if (job.name in EAGER and self._is_due)
            or (self.rng.random() >= self.odds.idle and (slow or "hours" not in job.fields))
        ]
        self.rng.shuffle(due)
        due += [job for job in due if self.rng.random() < self.odds.twice]
        for job in due:
            self._run(job)
        self.note_people()

    def _run(self, job: Job) -> None:
        self.clock.now += SECOND
        self.runs[job.name].append(self.now)
        job.run(self.huying, self.now)
        self.work()

    def _next_tick(self) -> datetime:
        """The next moment at which something is due by the columns of the database, or the next regular one, unless the
        scheduler stands still; a little late, as a job is that runs once a minute.
        """
        here = self.now.astimezone(CHINA)
        regular = next(
            moment
            for day in (here.date(), here.date() + timedelta(days=1))
            for each in REGULAR
            if (moment := datetime.combine(day, each, CHINA)) > self.now
        )
        late = timedelta(seconds=self.rng.randrange(50))
        with self.huying.database.reading() as session:
            *found, notice, lost = session.connection().execute(NEXT, {"now": self.now}).one()
        tick: datetime = min([regular, *(each + late for each in found if each is not None)]).astimezone(
            self.now.tzinfo
        )
        sweep = self.now + timedelta(seconds=15) if lost else notice
        self._is_due = tick < regular
        self._only_sweeps = sweep is not None and sweep < tick
        if self._only_sweeps:
            tick = sweep + timedelta(seconds=self.rng.randrange(15))
        for begins, ends in self.down:
            if begins <= tick < ends:
                tick = ends
        return tick

    def work(self) -> None:
        """The workers do what is queued, here and now."""
        broker: Any = self.huying.tasks.broker
        while waiting := [queue for queue in broker.queues.values() if not queue.empty()]:
            for queue in waiting:
                message = dramatiq.Message.decode(queue.get_nowait())
                queue.task_done()
                is_lost = message.actor_name == "deliver" and self.rng.random() < self.odds.lost
                if not is_lost:
                    broker.get_actor(message.actor_name).fn(*message.args)

    # ------------------------------------------------------------ people

    def note_people(self) -> None:
        """Writes down what has changed about people: the database keeps only how they are now."""
        with self.huying.database.reading() as session:
            rows = session.connection().execute(PEOPLE).all()
        for row in rows:
            if self._known.get(row[0]) != tuple(row):
                self._known[row[0]] = tuple(row)
                self.people.append(PersonAt(self.now, *row))

    def arrived(self, notice_id: int, outgoing: Outgoing, *, on: str) -> None:
        """Something is on somebody's phone."""
        for move in self.moves:
            move(notice_id, outgoing, on)

    def say(self, who: str, text: str, *, on: str = OFFICIAL) -> Reply:
        """Somebody types or taps."""
        return self._send(who, MessageKind.TEXT, on=on, text=text)

    def tap(self, who: str, command: str, *, on: str) -> Reply:
        """Somebody taps a choice that carries a full command."""
        return self._send(who, MessageKind.TEXT, on=on, text=command, tap=command)

    def photo(self, who: str) -> Reply:
        return self._send(who, MessageKind.IMAGE, on=OFFICIAL, media_id=f"media-{self.messages}")

    def locate(self, who: str, label: str) -> Reply:
        return self._send(who, MessageKind.LOCATION, on=OFFICIAL, point=Point(30.505, 114.001, label))

    def event(self, who: str, event: EventKind) -> Reply:
        return self._send(who, MessageKind.EVENT, on=OFFICIAL, event=event)

    def _send(self, who: str, kind: MessageKind, *, on: str, **what: Any) -> Reply:
        self.messages += 1
        opens = None if on == WECOM or kind is MessageKind.EVENT else Opens.MESSAGE
        message = Message(
            channel=on, sender=who, key=f"{on}:{self.messages}", kind=kind, sent_at=self.now, opens=opens, **what
        )
        reply = self.huying.answerer.answer(message)
        assert len(self.huying.spool) == 0, f"{what} could not be answered and went to the spool"
        for hear in self.replies:
            hear(message.sender, reply, on)
        return reply


def _settle(url: str, now: datetime) -> None:
    """The demo street, with a property manager, a rider who is a member too, and offices that take a working day."""
    database = Database(url)
    with database.transaction() as session:
        seed.seed_categories(session, categories.load())
        demo.load(session, now=now)
        areas = {area.name: area for area in session.scalars(select(Area))}
        manager = people.meet(session, WECOM, "property-1", now=now).person
        manager.name = "冯经理"
        people.grant(session, manager, RoleKind.PROPERTY, areas["滨江雅苑"].id, now=now)
        rider = session.scalars(select(Person).where(Person.name == "小马")).one()
        people.grant(session, rider, RoleKind.MEMBER, areas["香樟社区"].id, now=now)
        _roster(session, areas["香樟社区"])
        for code in ("noise", "sanitation", "pets"):
            session.get_one(Category, code).limits_by = {
                level: {"accept": "1wd"} for level in ("community", "street", "department")
            }
    database.dispose()


def _roster(session: Session, community: Area) -> None:
    """By day one of the desk is on duty and another is the second; at night the other way round."""
    one, other = (each.name for each in duty.candidates(session, community)[:2])
    shifts = [
        {"days": range(1, 8), "from": "08:00", "to": "20:00", "first": one, "second": other},
        {"days": range(1, 8), "from": "20:00", "to": "08:00", "first": other, "second": one},
    ]
    duty.enter(session, {"area": community.name, "weekly": shifts, "dates": []})
