"""Running the jobs: one leader among many, chosen by a lock in Redis; every job is safe to run twice all the same."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from time import perf_counter

import redis
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.app import Huying
from bot.logs import logger
from models import health
from models.calendar import ends_soon, known_until
from models.clock import local
from models.health import Ran
from scheduler.jobs import JOBS, Job

log = logger(__name__)

LEADER = "huying:scheduler"
NOTED_EVERY = timedelta(minutes=1)
"""So often a process writes down which jobs ran."""

TERM_SECONDS = 45
"""How long the leader leads without a word; after that another process takes over."""


class Leadership:
    """Whether this process runs the jobs."""

    def __init__(self, store: redis.Redis) -> None:
        self._store = store
        self._me = secrets.token_hex(8)

    def held(self) -> bool:
        """Takes or keeps the lead. With Redis gone everybody leads: the rows are locked where it matters."""
        try:
            if self._store.set(LEADER, self._me, nx=True, ex=TERM_SECONDS):
                return True
            if self._store.get(LEADER) != self._me.encode():
                return False
            self._store.expire(LEADER, TERM_SECONDS)
        except redis.RedisError:
            return True
        return True

    def resign(self) -> None:
        """Lets another process lead at once."""
        try:
            if self._store.get(LEADER) == self._me.encode():
                self._store.delete(LEADER)
        except redis.RedisError:
            return


class Clockwork:
    """The jobs of one process, started and stopped."""

    def __init__(self, huying: Huying) -> None:
        self._huying = huying
        self._leadership = Leadership(huying.redis)
        self._scheduler = BackgroundScheduler(
            timezone=huying.settings.site.timezone,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 60},
        )
        self._every = {each.name: int(timedelta(**each.fields).total_seconds()) for each in JOBS}
        self._runs: dict[str, Ran] = {}
        self._noting = threading.Lock()
        self._noted_at: datetime | None = None
        for each in JOBS:
            self._scheduler.add_job(self._guarded(each), each.trigger, id=each.name, **each.fields)
        self._scheduler.add_listener(self._note_fault, EVENT_JOB_ERROR)

    def start(self) -> None:
        """Starts the clock, with one sweep at once for what an earlier process left."""
        if ends_soon(local(self._huying.clock()).date()):
            until = known_until().isoformat()
            log.warning("the working calendar ends; name holidays in calendar.file", known_until=until)
        self._keep(partial(health.expect, every=self._every, now=self._huying.clock()))
        self._guarded(next(each for each in JOBS if each.name == "sweep"))()
        self._scheduler.start()

    def stop(self) -> None:
        """Waits for the job that runs and stops."""
        self._scheduler.shutdown(wait=True)
        self._leadership.resign()

    def _guarded(self, each: Job) -> Callable[[], None]:
        def run() -> None:
            if not self._leadership.held():
                return
            self._huying.current.look()
            self._huying.pace.give_way()  # where messages are answered in this process, they come first
            now, begun = self._huying.clock(), perf_counter()
            touched = each.run(self._huying, now)
            if touched:
                log.info("job done", job=each.name, rows=touched)
            self._note(each.name, Ran(now, perf_counter() - begun, touched, self._every[each.name]))

        return run

    def _note_fault(self, event: JobExecutionEvent) -> None:
        kind = type(event.exception).__name__
        self._note(event.job_id, Ran(self._huying.clock(), 0.0, 0, self._every[event.job_id], fault=kind))

    def _note(self, name: str, ran: Ran) -> None:
        """Keeps the run for the health page: a minute's in one transaction, none while the database is away."""
        with self._noting:
            self._runs[name] = ran
            if self._noted_at is not None and self._noted_at <= ran.at < self._noted_at + NOTED_EVERY:
                return
            runs, self._runs, self._noted_at = self._runs, {}, ran.at
        self._keep(partial(health.note_runs, runs=runs))

    def _keep(self, write: Callable[[Session], None]) -> None:
        try:
            with self._huying.database.transaction() as session:
                write(session)
        except SQLAlchemyError as fault:
            log.warning("runs of jobs not noted", fault=type(fault).__name__)
