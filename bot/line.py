"""A line of threads that want the same kind of work: whoever is first does it for everybody who waits."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

Finish = Callable[[Callable[[], bool]], None]
"""What is left to do for a group once the next one may begin; it is told how to ask whether there is a next one."""

GROUP = 16
"""For how many one works at a time, so that the first of them does not wait long."""

GATHER_SECONDS, GATHER_TIMES = 0.0005, 4
"""So long, and so often at most, the first waits for others whose requests have come in: a transaction costs more than
what it carries.
"""


class _Waiting(Generic[T]):
    """Somebody in line, woken once: to lead the next group, or because the work is done."""

    __slots__ = ("item", "leads", "woken")

    def __init__(self, item: T) -> None:
        self.item = item
        self.leads = False
        self.woken = threading.Lock()
        self.woken.acquire()


class Line(Generic[T]):
    """One works at a time, the others only wait: threads that work side by side take the interpreter from each other,
    and what was just done for one is done for the next in half the time.
    """

    def __init__(self, work: Callable[[Sequence[T]], Finish], *, coming: Callable[[], int]) -> None:
        """`work` notes in the items what came of them. `coming` tells how many are on their way, with those in line."""
        self._work = work
        self._coming = coming
        self._line: deque[_Waiting[T]] = deque()
        self._leading = False
        self._guard = threading.Lock()

    def take(self, item: T) -> None:
        """Returns when `item` has been worked on."""
        mine = _Waiting(item)
        with self._guard:
            self._line.append(mine)
            mine.leads, self._leading = not self._leading, True
        if not mine.leads:
            mine.woken.acquire()
        if mine.leads:
            self._lead()

    def _lead(self) -> None:
        """Works for the first in line, whose thread this is, and for those behind."""
        for _ in range(GATHER_TIMES):
            if self._coming() <= len(self._line):
                break
            time.sleep(GATHER_SECONDS)
        with self._guard:
            group = [self._line.popleft() for _ in range(min(GROUP, len(self._line)))]
        try:
            try:
                finish = self._work([each.item for each in group])
            finally:
                self._hand_over()
            finish(lambda: self._leading)
        finally:
            for each in group:
                each.woken.release()

    def _hand_over(self) -> None:
        with self._guard:
            self._leading = bool(self._line)
            if self._leading:
                self._line[0].leads = True
                self._line[0].woken.release()
