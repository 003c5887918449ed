"""The access token of one account: fetched by one thread of one process, shared by all through Redis."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Protocol

import redis

from bot.channels import NotSent, Why
from models.clock import local

_SPARE = 60
"""Seconds before its end at which a token is no longer handed out."""
_FORCE_EVERY = 4500
"""Seconds between two forced renewals; the platform allows 20 a day."""


class TokenBackup(Protocol):
    """Where a token is kept besides, for when Redis is gone. Neither method may raise."""

    def load(self, key: str) -> str | None:
        """The token, or None when there is none or it has expired."""

    def save(self, key: str, token: str, expires_at: datetime) -> None:
        """Keeps the token in place of the one before."""


class Fetch(Protocol):
    """Asks the platform for a token."""

    def __call__(self, *, force: bool) -> tuple[str, int]:
        """The token and the seconds it lives; `force` kills the one before, where that can be asked. Raises NotSent."""


class Tokens:
    """The token of one account.

    `name` tells accounts apart in Redis and in the backup: platform, app id and agent id. `wait` is how many seconds
    one fetch may take at most; others wait that long for it.
    """

    def __init__(
        self,
        name: str,
        fetch: Fetch,
        *,
        redis: redis.Redis,
        clock: Callable[[], datetime],
        backup: TokenBackup | None,
        wait: float,
    ) -> None:
        self._key = f"huying:token:{name}"
        self._fetch = fetch
        self._redis = redis
        self._clock = clock
        self._backup = backup
        self._wait = wait
        self._local = threading.Lock()
        self._held: tuple[str, datetime] | None = None
        self._tries = 0
        self._failure: NotSent | None = None
        self._forced_at: datetime | None = None

    def current(self) -> str:
        """A token that should work. Raises NotSent."""
        return self._stored() or self._renewed("")

    def left(self) -> int | None:
        """Seconds for which the shared token is still handed out; None when there is none, or Redis is away."""
        with suppress(redis.RedisError):
            seconds = int(self._redis.ttl(self._key))
            return seconds if seconds > 0 else None
        return None

    def count_call(self) -> None:
        """Counts a call to the platform, for the health page."""
        with suppress(redis.RedisError):
            key = self._calls_key()
            if self._redis.incr(key) == 1:
                self._redis.expire(key, 2 * 24 * 3600)

    def calls_today(self) -> int:
        """The calls of all processes since midnight, by the platform's clock."""
        with suppress(redis.RedisError):
            found = self._redis.get(self._calls_key())
            return int(found) if isinstance(found, bytes | str) else 0
        return 0

    def _calls_key(self) -> str:
        return f"{self._key}:calls:{local(self._clock()):%Y%m%d}"

    def renew(self, dead: str) -> str:
        """The token after `dead`, which the platform has refused; fetched only if nobody else has done so yet.

        Answers `dead` itself when the platform insists on it. Raises NotSent.
        """
        token = self._stored()
        return token if token and token != dead else self._renewed(dead)

    def _renewed(self, dead: str) -> str:
        before = self._tries
        with self._local:
            if self._tries != before and self._failure is not None:
                # The try we waited for failed: queueing up to fail one by one would take minutes.
                raise NotSent(self._failure.why, self._failure.detail, errcode=self._failure.errcode)
            self._tries += 1
            self._failure = None
            try:
                with self._shared():
                    token = self._stored()
                    return token if token and token != dead else self._fetched(dead)
            except NotSent as failure:
                self._failure = failure
                raise

    def _fetched(self, dead: str) -> str:
        token, seconds = self._fetch(force=False)
        if token == dead and self._may_force():
            token, seconds = self._fetch(force=True)
        self._keep(token, seconds)
        return token

    def _stored(self) -> str | None:
        try:
            value = self._redis.get(self._key)
        except redis.RedisError:
            return self._kept_here() or (self._backup.load(self._key) if self._backup else None)
        if isinstance(value, bytes):
            return value.decode()
        return value if isinstance(value, str) else None

    def _kept_here(self) -> str | None:
        held = self._held
        return held[0] if held is not None and self._clock() < held[1] else None

    def _keep(self, token: str, seconds: int) -> None:
        left = max(1, seconds - _SPARE if seconds > 2 * _SPARE else seconds // 2)
        expires_at = self._clock() + timedelta(seconds=left)
        self._held = (token, expires_at)
        with suppress(redis.RedisError):
            self._redis.set(self._key, token, ex=left)
        if self._backup is not None:
            self._backup.save(self._key, token, expires_at)

    def _may_force(self) -> bool:
        now = self._clock()
        if self._forced_at is not None and now - self._forced_at < timedelta(seconds=_FORCE_EVERY):
            return False
        try:
            free = bool(self._redis.set(f"{self._key}:forced", "1", nx=True, ex=_FORCE_EVERY))
        except redis.RedisError:
            free = True
        if free:
            self._forced_at = now
        return free

    @contextmanager
    def _shared(self) -> Iterator[None]:
        """The lock between processes; without Redis the one between threads has to do."""
        lock = self._redis.lock(f"{self._key}:lock", timeout=self._wait, blocking_timeout=self._wait, sleep=0.05)
        try:
            if not lock.acquire():
                raise NotSent(Why.TEMPORARY, "another process is fetching the token")
            locked = True
        except redis.RedisError:
            locked = False
        try:
            yield
        finally:
            if locked:
                # It may have run out by itself, or Redis may be gone by now.
                with suppress(redis.RedisError):
                    lock.release()
