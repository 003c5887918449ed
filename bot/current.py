"""What is kept in memory of the settings in the database, read again soon after somebody changed them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from time import perf_counter

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.logs import logger
from handlers.turn import World
from models import editions
from models.clock import Clock
from models.db import Database

log = logger(__name__)

LOOKED_EVERY = timedelta(seconds=10)
"""So old may what a process knows be; a look is one short statement."""


class Current:
    """The world as the database has it, the same object until it changes; used by many threads."""

    def __init__(self, database: Database, load: Callable[[Session], World], *, clock: Clock) -> None:
        """Raises what the database raises: without the first look nothing can be answered."""
        self._database = database
        self._load = load
        self._clock = clock
        self._looking = threading.Lock()
        self._world, self._edition = self._read()
        self.looked_at: datetime | None = clock()
        """None: the next one who asks looks at once."""

    def __call__(self) -> World:
        """The world; at most once in a while this looks whether it changed."""
        self.look()
        return self._world

    def look(self) -> None:
        """Reads everything again if something was changed. One thread does, the others go on with what they have; with
        the database away everybody does.
        """
        now = self._clock()
        if self.looked_at is not None and self.looked_at <= now < self.looked_at + LOOKED_EVERY:
            return
        if not self._looking.acquire(blocking=False):
            return
        try:
            self.looked_at = now
            with self._database.reading() as session:
                changed = editions.number(session) != self._edition
            if changed:
                begun = perf_counter()
                self._world, self._edition = self._read()
                log.info("settings read again", edition=self._edition, seconds=round(perf_counter() - begun, 2))
        except SQLAlchemyError as failure:
            log.warning("settings not looked at", error=type(failure).__name__)
        finally:
            self._looking.release()

    def _read(self) -> tuple[World, int]:
        with self._database.reading() as session:
            # The number first: what is committed meanwhile is read once more, and never missed.
            edition = editions.number(session)
            return self._load(session), edition
