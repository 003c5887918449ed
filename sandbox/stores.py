"""What remembers within bounds: recent things, files, the log, waiting work, and the clock that can be moved."""

from __future__ import annotations

import itertools
import queue
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """A mapping that forgets its oldest entries; safe to use from many threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._items: OrderedDict[Key, Value] = OrderedDict()

    def put(self, key: Key, value: Value) -> None:
        """Remembers `value`, forgetting the oldest if there is no room."""
        with self._lock:
            self._items[key] = value
            self._items.move_to_end(key)
            while len(self._items) > self._limit:
                self._items.popitem(last=False)

    def get(self, key: Key) -> Value | None:
        """The value, if it is still remembered."""
        with self._lock:
            return self._items.get(key)

    def items(self) -> list[tuple[Key, Value]]:
        """Everything that is still remembered, oldest first."""
        with self._lock:
            return list(self._items.items())

    def put_once(self, key: Key, value: Value, *, fresh: Callable[[Value], bool]) -> Value | None:
        """Remembers `value` and returns None, or keeps and returns what is there if `fresh` accepts it."""
        with self._lock:
            there = self._items.get(key)
            if there is not None and fresh(there):
                return there
            self._items[key] = value
            self._items.move_to_end(key)
            while len(self._items) > self._limit:
                self._items.popitem(last=False)
            return None

    def take(self, key: Key) -> Value | None:
        """Removes and returns the value."""
        with self._lock:
            return self._items.pop(key, None)


@dataclass(frozen=True, slots=True)
class Medium:
    """A file the platform keeps for three days, or until it is deleted when it is `permanent`."""

    id: str
    channel: str
    type: str
    content_type: str
    data: bytes
    created_at: datetime
    name: str
    permanent: bool = False


class MediaStore:
    """The files, the oldest of which go when there are too many or they are too large together."""

    def __init__(self, *, max_bytes: int, max_count: int) -> None:
        self._max_bytes, self._max_count = max_bytes, max_count
        self._lock = threading.Lock()
        self._items: OrderedDict[str, Medium] = OrderedDict()
        self._bytes = 0

    def add(self, medium: Medium) -> None:
        """Keeps the file."""
        with self._lock:
            self._items[medium.id] = medium
            self._bytes += len(medium.data)
            while self._items and (self._bytes > self._max_bytes or len(self._items) > self._max_count):
                _, oldest = self._items.popitem(last=False)
                self._bytes -= len(oldest.data)

    def get(self, media_id: str) -> Medium | None:
        """The file, whatever its age."""
        with self._lock:
            return self._items.get(media_id)

    def remove(self, media_id: str) -> None:
        """Forgets the file."""
        with self._lock:
            medium = self._items.pop(media_id, None)
            if medium is not None:
                self._bytes -= len(medium.data)


class Log:
    """The last calls in both directions."""

    def __init__(self, *, size: int, body: int) -> None:
        self._body = body
        self._lock = threading.Lock()
        self._ring: deque[dict[str, Any]] = deque(maxlen=size)
        self._numbers = itertools.count(1)

    def add(self, **call: Any) -> None:
        """Remembers one call; text longer than the bound is cut."""
        for name, value in call.items():
            if isinstance(value, bytes):
                value = value[: self._body].decode("utf-8", "replace")
            if isinstance(value, str) and len(value) > self._body:
                value = value[: self._body] + "…"
            call[name] = value
        with self._lock:
            self._ring.append({"id": next(self._numbers), **call})

    def listed(self, *, after: int = 0, limit: int | None = None) -> list[dict[str, Any]]:
        """The calls after number `after`, oldest first; with `limit` the newest of them."""
        with self._lock:
            calls = [call for call in self._ring if call["id"] > after]
        return calls if limit is None else calls[-limit:]

    def clear(self) -> None:
        """Forgets every call."""
        with self._lock:
            self._ring.clear()


class Background:
    """Events the platform sends by itself: a bounded queue and two threads, started when first needed."""

    def __init__(self, limit: int) -> None:
        self._queue: queue.Queue[Callable[[], None]] = queue.Queue(limit)
        self._state = threading.Condition()
        self._pending = 0
        self._started = False

    def add(self, work: Callable[[], None]) -> bool:
        """Queues the work; False when there is no room."""
        with self._state:
            try:
                self._queue.put_nowait(work)
            except queue.Full:
                return False
            self._pending += 1
            if not self._started:
                self._started = True
                for number in (1, 2):
                    threading.Thread(target=self._run, name=f"sandbox-events-{number}", daemon=True).start()
        return True

    def settle(self, seconds: float) -> int:
        """Waits until nothing is queued or running, at most so long; how much is left."""
        with self._state:
            self._state.wait_for(lambda: self._pending == 0, seconds)
            return self._pending

    def _run(self) -> None:
        while True:
            work = self._queue.get()
            try:
                work()
            finally:
                with self._state:
                    self._pending -= 1
                    self._state.notify_all()


class Clock:
    """The sandbox's time: the given clock, moved as the control interface asks.

    `now` ages tokens, windows, media and codes. `wire` stands in the callbacks themselves (timestamp, CreateTime) and
    is not moved by `advance`, because the program under test has a clock of its own and would rightly refuse them.
    """

    def __init__(self, base: Callable[[], datetime]) -> None:
        self._base = base
        self._ahead = timedelta()
        self._skew = timedelta()

    def now(self) -> datetime:
        """The platform's time."""
        return self._base() + self._ahead

    def wire(self) -> datetime:
        """The time that is sent."""
        return self._base() + self._skew

    def advance(self, seconds: float) -> None:
        """Lets so much time pass."""
        self._ahead += timedelta(seconds=seconds)

    def skew(self, seconds: float) -> None:
        """Makes what is sent wrong by so much; 0 mends it."""
        self._skew = timedelta(seconds=seconds)

    @property
    def ahead_seconds(self) -> float:
        """How far `now` has been moved."""
        return self._ahead.total_seconds()
