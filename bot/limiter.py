"""How often one address may come: counted in the shared state, by the minute."""

from __future__ import annotations

import hashlib

import redis

from models.clock import Clock

A_MINUTE = 60


class Limiter:
    """Says when somebody comes too often; whoever cannot be counted may pass, because people wait for an answer."""

    def __init__(self, store: redis.Redis, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def passes(self, name: str, who: str, *, most: int) -> bool:
        """Counts one visit of `who`; False beyond `most` in this minute."""
        minute = int(self._clock().timestamp()) // A_MINUTE
        # Addresses are personal: what is kept for a minute does not show them.
        key = f"limit:{name}:{hashlib.sha256(who.encode()).hexdigest()[:16]}:{minute}"
        try:
            count = int(self._store.incr(key))
            if count == 1:
                self._store.expire(key, 2 * A_MINUTE)
        except redis.RedisError:
            return True
        return count <= most
