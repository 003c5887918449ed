"""Access tokens as both platforms hand them out, overlap and kill them."""

from __future__ import annotations

import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.config import Rules

_SHAPE = re.compile(r"[0-9A-Za-z_-]{100,512}")


@dataclass(slots=True)
class Token:
    """One token: valid until `until`; `replaced` says that a newer one ended it early."""

    text: str
    until: datetime
    replaced: bool = False


class Tokens:
    """The tokens of one account."""

    def __init__(self, rules: Rules, clock: Callable[[], datetime]) -> None:
        self._rules = rules
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Token] = OrderedDict()
        self._classic: Token | None = None
        self._stable: Token | None = None
        self._shared: Token | None = None
        self._forced: list[datetime] = []

    def classic(self) -> tuple[str, int]:
        """A new token of GET /token and its seconds; the one before lives on for the overlap only."""
        now = self._clock()
        with self._lock:
            self._end(self._classic, now + timedelta(seconds=self._rules.token_overlap_seconds))
            self._classic = self._new(now)
            return self._classic.text, self._rules.token_seconds

    def stable(self, *, force: bool) -> tuple[str, int] | None:
        """The stable token and its remaining seconds; forcing kills the old one at once. None: forced too often."""
        now = self._clock()
        with self._lock:
            if force:
                self._forced = [at for at in self._forced if now - at < timedelta(days=1)]
                too_soon = self._forced and (now - self._forced[-1]).total_seconds() < self._rules.force_refresh_seconds
                if too_soon or len(self._forced) >= self._rules.force_refresh_daily:
                    return None
                self._forced.append(now)
                self._end(self._stable, now)
                self._stable = self._new(now)
            elif self._stable is None or self._stable.until - now <= timedelta(
                seconds=self._rules.token_overlap_seconds
            ):
                self._stable = self._new(now)
            return self._stable.text, int((self._stable.until - now).total_seconds())

    def shared(self) -> tuple[str, int]:
        """WeCom's token: the same one as long as it is valid, and its remaining seconds."""
        now = self._clock()
        with self._lock:
            if self._shared is None or now >= self._shared.until:
                self._shared = self._new(now)
            return self._shared.text, int((self._shared.until - now).total_seconds())

    def refusal(self, text: str | None) -> int:
        """0 for a valid token, else the platform's code."""
        if not text:
            return 41001
        if not _SHAPE.fullmatch(text):
            return 40014
        with self._lock:
            token = self._known.get(text)
            if token is None:
                return 40001
            if self._clock() < token.until:
                return 0
            return 40001 if token.replaced else 42001

    def _new(self, now: datetime) -> Token:
        token = Token(secrets.token_urlsafe(96), now + timedelta(seconds=self._rules.token_seconds))
        self._known[token.text] = token
        while len(self._known) > 200:
            self._known.popitem(last=False)
        return token

    @staticmethod
    def _end(token: Token | None, until: datetime) -> None:
        if token is not None and until < token.until:
            token.until = until
            token.replaced = True
