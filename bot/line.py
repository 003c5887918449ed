"""A line of those who want the same kind of work: one thread does it, for everybody who waits by then."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from bot.logs import logger

T = TypeVar("T")

log = logger(__name__)

GROUP = 16
"""For how many one works at a time, so that the first of them does not wait long."""

GATHER_SECONDS = 0.001
"""So long the first waits for others: a transaction costs more than what it carries."""


class Line(Generic[T]):
    """Threads that work side by side take the interpreter from each other, and what was just done for one is done for
    the next in half the time: so one thread works, and the event loop stays free to listen meanwhile.
    """

    def __init__(self, work: Callable[[Sequence[T]], object]) -> None:
        """`work` notes in the items what came of them; an item in which nothing is noted is on its own."""
        self._work = work
        self._waiting: deque[tuple[T, asyncio.Future[None]]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="line")
        self._working: asyncio.Task[None] | None = None

    async def take(self, item: T) -> None:
        """Returns when `item` has been worked on."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        self._waiting.append((item, done))
        if self._working is None:
            self._working = loop.create_task(self._work_on(loop))
        await done

    async def _work_on(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._waiting:
            await asyncio.sleep(GATHER_SECONDS)
            group = [self._waiting.popleft() for _ in range(min(GROUP, len(self._waiting)))]
            job = loop.run_in_executor(self._thread, self._work, [item for item, _ in group])
            await asyncio.wait([job])
            if (fault := job.exception()) is not None:
                # Whatever one of them did to the work for all, the line goes on.
                log.error("work for many failed", many=len(group), exc_info=fault)
            for _, done in group:
                if not done.done():  # nobody waits any more
                    done.set_result(None)
        self._working = None
