"""Running the jobs: one leader among many, chosen by a lock in Redis; every job is safe to run twice all the same."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta

import redis
from apscheduler.schedulers.background import BackgroundScheduler

from bot.app import Huying
from bot.logs import logger
from models.calendar import known_until
from models.clock import local
from scheduler.jobs import JOBS, Job

log = logger(__name__)

LEADER = "huying:scheduler"
WARNING = timedelta(days=60)
"""So long before the end of the known calendar its end is written to the log at every start."""

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
        for each in JOBS:
            self._scheduler.add_job(self._guarded(each), each.trigger, id=each.name, **each.fields)

    def start(self) -> None:
        """Starts the clock, with one sweep at once for what an earlier process left."""
        until = known_until()
        if local(self._huying.clock()).date() > until - WARNING:
            log.warning("the working calendar ends; name holidays in calendar.file", known_until=until.isoformat())
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
            touched = each.run(self._huying, self._huying.clock())
            if touched:
                log.info("job done", job=each.name, rows=touched)

        return run
