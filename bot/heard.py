"""When each platform was last heard: noted in the shared state, at most once a minute, to cost a reply nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import redis

from bot.webhook import PREFIX
from models.clock import Clock

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MESSAGE, GREETING, REFUSED = "message", "greeting", "refused"
"""A callback that was taken, the platform's test of the address, and one that was turned away."""

EVERY = {MESSAGE: timedelta(minutes=1), GREETING: timedelta(seconds=2), REFUSED: timedelta(seconds=10)}
"""So often one process notes the same again: whoever connects an account waits for the two below."""

KEPT_SECONDS = 40 * 24 * 3600


class Heard:
    """In front of the webhook; looks at the status of what goes by."""

    def __init__(self, rest: WSGIApplication, channels: Iterable[str], store: redis.Redis, *, clock: Clock) -> None:
        self._rest = rest
        self._store = store
        self._clock = clock
        self._noted: dict[tuple[str, str], datetime] = {}
        self._keys = frozenset(channels)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """One request."""
        key = environ.get("PATH_INFO", "")[len(PREFIX) :]
        if key not in self._keys:
            return self._rest(environ, start_response)

        def started(status: str, headers: list[tuple[str, str]], *rest: Any) -> Callable[[bytes], object]:
            method, good = environ["REQUEST_METHOD"], status.startswith("200")
            self._note(key, (GREETING if method == "GET" else MESSAGE) if good else REFUSED, status[:3])
            return start_response(status, headers, *rest)

        return self._rest(environ, started)

    def _note(self, key: str, what: str, status: str) -> None:
        now, before = self._clock(), self._noted.get((key, what))
        if before is not None and before <= now < before + EVERY[what]:
            return
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
