"""When each platform was last heard: noted in the shared state, at most once a minute, to cost a reply nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import redis

from models.clock import Clock

MESSAGE, GREETING, REFUSED = "message", "greeting", "refused"
"""A callback that was taken, the platform's test of the address, and one that was turned away."""

EVERY = {MESSAGE: timedelta(minutes=1), GREETING: timedelta(seconds=2), REFUSED: timedelta(seconds=10)}
"""So often one process notes the same again: whoever connects an account waits for the two below."""

KEPT_SECONDS = 40 * 24 * 3600


class Heard:
    """What the webhook hears, noted."""

    def __init__(self, store: redis.Redis, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._noted: dict[tuple[str, str], datetime] = {}

    def is_due(self, key: str, what: str) -> bool:
        """Whether it is to be noted (again) that `what` came for the channel `key`."""
        before = self._noted.get((key, what))
        return before is None or not before <= self._clock() < before + EVERY[what]

    def note(self, key: str, what: str, status: int) -> None:
        """Notes that `what` came and was answered with `status`; takes as long as the store."""
        now = self._clock()
        self._noted[key, what] = now
        try:
            self._store.set(f"huying:heard:{key}:{what}", f"{now.isoformat()} {status}", ex=KEPT_SECONDS)
        except redis.RedisError:
            # Nobody is answered later because a note could not be made.
            return


def last(store: redis.Redis, key: str) -> dict[str, tuple[datetime, str]]:
    """What was heard of a channel and when, with the status it was answered with. Raises redis.RedisError."""
    kinds: Sequence[str] = (MESSAGE, GREETING, REFUSED)
    found = store.mget([f"huying:heard:{key}:{what}" for what in kinds])
    notes = {}
    for what, value in zip(kinds, found, strict=True):
        if isinstance(value, bytes):
            moment, _, status = value.decode().partition(" ")
            notes[what] = (datetime.fromisoformat(moment).astimezone(UTC), status)
    return notes
