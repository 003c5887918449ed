"""Replies come first: work that can wait is put off while messages are being answered, but not for ever."""

from __future__ import annotations

import threading
import time
from types import TracebackType

PAUSE_SECONDS = 0.05
"""So long nobody is answered in a pause; the gap between two messages of one rush is none."""

PATIENCE_SECONDS = 10.0
"""After a rush of this length work goes on beside it. Nobody waits for that work: a wave lasts for minutes, what
the desk is told is gathered for longer, and no notice stands behind it (bot.tasks). Alarms are written with the answer.
"""

ASIDE_SECONDS = 0.05
"""So long a page waits before one of its statements; a reply takes a tenth of that."""


class Pace:
    """A block entered by every reply; `give_way` returns in a pause, or when the rush has lasted too long.

    A page cannot wait for a pause, since somebody waits for it; a thread marked by `courteous` lets the reply that is
    being made go first instead, whenever it calls `step_aside`.
    """

    def __init__(self, *, patience: float = PATIENCE_SECONDS, aside: float = ASIDE_SECONDS) -> None:
        self._patience, self._aside = patience, aside
        self._guard = threading.Lock()
        self._answered = threading.Condition(self._guard)
        self._answering = 0
        self._begun = self._last = float("-inf")
        self._thread = threading.local()

    def __enter__(self) -> None:
        """A reply begins."""
        now = time.monotonic()
        with self._guard:
            if not self._answering and now - self._last >= PAUSE_SECONDS:
                self._begun = now
            self._answering += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """A reply is made."""
        now = time.monotonic()
        with self._guard:
            self._last = now
            self._answering -= 1
            if not self._answering:
                self._answered.notify_all()

    @property
    def answering(self) -> int:
        """How many replies are being made."""
        return self._answering

    def give_way(self) -> None:
        """Waits for a pause, but not longer than the rush may last."""
        # Looks now and then: being woken after every reply would take the interpreter from the next one.
        while self._in_a_rush():
            time.sleep(PAUSE_SECONDS)

    def courteous(self) -> None:
        """Marks the thread that calls."""
        self._thread.is_courteous = True

    def step_aside(self) -> None:
        """Waits in a marked thread until nobody is being answered, but not long."""
        if self._answering and getattr(self._thread, "is_courteous", False):
            with self._answered:
                self._answered.wait_for(lambda: not self._answering, timeout=self._aside)

    def _in_a_rush(self) -> bool:
        now = time.monotonic()
        with self._guard:
            answers = self._answering > 0 or now - self._last < PAUSE_SECONDS
            return answers and now - self._begun < self._patience
