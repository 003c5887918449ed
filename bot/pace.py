"""Replies come first: background work in the same process waits a moment while messages are being answered."""

from __future__ import annotations

import threading
from types import TracebackType

MOMENT_SECONDS = 1.0
"""The longest one piece of work waits. No notice stands behind it (bot.tasks), so no alarm is held up."""


class Pace:
    """A block entered by every reply; `give_way` returns when none is being made, or after a moment."""

    def __init__(self) -> None:
        self._answering = 0
        self._free = threading.Condition()

    def __enter__(self) -> None:
        """A reply begins."""
        with self._free:
            self._answering += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """A reply is made."""
        with self._free:
            self._answering -= 1
            if not self._answering:
                self._free.notify_all()

    @property
    def answering(self) -> int:
        """How many replies are being made."""
        return self._answering

    def give_way(self) -> None:
        """Waits for a pause between messages, but not longer than a moment."""
        with self._free:
            self._free.wait_for(lambda: not self._answering, MOMENT_SECONDS)
