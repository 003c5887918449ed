"""Open lists ask every two seconds whether anything changed: colleagues who see the same are answered from one look.

A look is a request to the page itself with the cookie of whoever asks just then. What it says is for a view: the page
names it in a header, and the same name means the same answer for everybody. Who has which view is asked anew after
`SEAT_SECONDS`: whoever signed out or lost a role is shown nothing new for longer than that.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl, urlencode

from bot.pages import Door, Receive, Scope, Send

VIEW, VERSION = b"x-view", b"x-version"
"""The headers in which the page says for whom its answer is good, and as of which line of history."""

SEAT_SECONDS = (15.0, 25.0)
"""So long it is known who has which view; drawn by lot, so that all who came together do not come again together."""

LOOK_SECONDS = 0.5
"""So long one look is good for everybody, from when it began: with a page that asks every two seconds, a change is seen
within three even when a look has to wait.
"""

WHOLE_SECONDS = 20.0
"""So long a list is given to whoever asks for all of it: minutes pass on it, too."""

NEVER = 10**12 - 1
"""A line of history after all others; the page takes nothing longer for a number."""

MOST_SEATS, MOST_VIEWS = 5000, 300
"""That are remembered; a view is some 20 kB."""


@dataclass(slots=True)
class Answer:
    """What a page answered."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    asked_at: float = 0.0
    """When its turn came."""

    def header(self, name: bytes) -> bytes:
        """The value of a header, empty without it."""
        return next((value for key, value in self.headers if key == name), b"")


@dataclass(slots=True)
class _View:
    """How a list looks to everybody who sees the same; nothing is known before the first look."""

    whole: Answer = field(default_factory=Answer)
    """The last answer that had rows, as of `version`."""
    version: int = 0
    looked_at: float = float("-inf")
    """When the last look began: what came during it may be missing."""
    made_at: float = float("-inf")
    now_at: int = 0
    """As of which line of history it is known that nothing of it has changed."""
    looking: asyncio.Task[bool] | None = None


class Screens:
    """In front of the pages; everything but the one question goes through."""

    def __init__(self, rest: Door, path: str, *, clock: Callable[[], float] = monotonic) -> None:
        self._rest = rest
        self._path = path
        self._clock = clock
        self._seats: dict[tuple[bytes, bytes], tuple[bytes, float]] = {}
        self._views: dict[tuple[bytes, bytes], _View] = {}
        # One at a time: threads that make pages take the interpreter from those who answer messages.
        self._turn, self._behind = asyncio.Lock(), asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["path"] != self._path or scope["method"] != "GET":
            await self._rest(scope, receive, send)
            return
        cookie = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
        query, since = _question(scope["query_string"])
        answer = await self._answer(scope, cookie, query, since)
        headers = [(name, value) for name, value in answer.headers if name != VIEW]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, scope: Scope, cookie: bytes, query: bytes, since: int) -> Answer:
        name, until = self._seats.get((cookie, query), (b"", 0.0))
        if until <= self._clock():
            # Asked as of a line that is never written, the page has nothing to show, and only says whose view it is.
            answer = await self._ask_after_looks(scope, query, NEVER)
            name = answer.header(VIEW)
            if not name:
                return answer
            _make_room(self._seats, MOST_SEATS)
            self._seats[cookie, query] = (name, self._clock() + random.uniform(*SEAT_SECONDS))
        view = self._views.get((name, query))
        if view is None:
            _make_room(self._views, MOST_VIEWS)
            view = self._views[name, query] = _View()
        now = self._clock()
        if now - view.looked_at > LOOK_SECONDS or (not since and now - view.made_at > WHOLE_SECONDS):
            if view.looking is None:
                view.looking = asyncio.create_task(self._look(scope, name, query, view, whole=not since))
            if not await asyncio.shield(view.looking):
                # Whoever looked has not this view any more; whether that is so for this one, only the page can say.
                self._seats.pop((cookie, query), None)
                return await self._ask_after_looks(scope, query, since)
        return _told(view, since)

    async def _look(self, scope: Scope, name: bytes, query: bytes, view: _View, *, whole: bool) -> bool:
        try:
            answer = await self._ask(scope, query, 0 if whole else view.now_at)
        finally:
            view.looking = None
        if answer.header(VIEW) != name or answer.status not in (200, 204):
            return False
        view.looked_at, view.now_at = answer.asked_at, int(answer.header(VERSION))
        if answer.status == 200:
            view.whole, view.version, view.made_at = answer, view.now_at, answer.asked_at
        return True

    async def _ask_after_looks(self, scope: Scope, query: bytes, since: int) -> Answer:
        # One that waits for its turn stands for all: a look stands behind no more than that.
        async with self._behind:
            return await self._ask(scope, query, since)

    async def _ask(self, scope: Scope, query: bytes, since: int) -> Answer:
        """The page itself."""
        answer = Answer()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(event: Mapping[str, Any]) -> None:
            if event["type"] == "http.response.start":
                answer.status, answer.headers = event["status"], list(event["headers"])
            else:
                answer.body += event["body"]

        string = query + (b"&" if query else b"") + f"since={since}".encode()
        async with self._turn:
            answer.asked_at = self._clock()
            await self._rest({**scope, "query_string": string}, receive, send)
        return answer


def _told(view: _View, since: int) -> Answer:
    """The rows, or nothing for whoever has them."""
    version = (VERSION, str(view.now_at).encode())
    if since >= view.version:
        return Answer(204, [version])
    return Answer(200, [*(each for each in view.whole.headers if each[0] != VERSION), version], view.whole.body)


def _question(query: bytes) -> tuple[bytes, int]:
    """What is asked for without `since`, and that."""
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=None)
    since = next((value for name, value in pairs if name == "since"), "0")
    rest = urlencode([pair for pair in pairs if pair[0] != "since"])
    return rest.encode(), int(since) if since.isascii() and since.isdecimal() and len(since) < 19 else 0


def _make_room(known: dict[tuple[bytes, bytes], Any], most: int) -> None:
    """Forgets what was remembered first."""
    while len(known) >= most:
        known.pop(next(iter(known)))
