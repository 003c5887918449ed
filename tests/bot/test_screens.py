"""Colleagues who see the same are answered from one look, and nobody is ever answered from another's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from bot.pages import Receive, Scope, Send
from bot.screens import LOOK_SECONDS, SEAT_SECONDS, Screens
from tests.bot.support import LOOP, PATIENCE

PATH = "/console/tickets/changes"


class Desk:
    """A page with a history, whose viewers see what their cookie says, and what an open list gets of it."""

    def __init__(self) -> None:
        self.views = {b"li": b"east", b"wang": b"east", b"zhao": b"west"}
        self.changed = {b"east": 1, b"west": 1}
        self.now = 0.0
        self.asked: list[bytes] = []
        self.takes = 0.0
        self.screens = Screens(self._page, PATH, clock=lambda: self.now)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0)
        cookie = next(value for name, value in scope["headers"] if name == b"cookie")
        self.asked.append(cookie)
        view = self.views.get(cookie)
        if view is None:
            await send({"type": "http.response.start", "status": 401, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        since = int(scope["query_string"].rpartition(b"since=")[2])
        headers = [(b"x-view", view), (b"x-version", b"%d" % max(self.changed.values()))]
        fresh = since < self.changed[view]
        self.now += self.takes
        await send({"type": "http.response.start", "status": 200 if fresh else 204, "headers": headers})
        await send({"type": "http.response.body", "body": b"%s as of %d" % (view, since) if fresh else b""})

    def touch(self, view: bytes) -> None:
        self.changed[view] = max(self.changed.values()) + 1

    async def ask(self, cookie: bytes, since: int, query: bytes = b"tab=new") -> tuple[int, bytes]:
        """The code and the rows' view."""
        told: list[Mapping[str, Any]] = []

        async def send(event: Mapping[str, Any]) -> None:
            told.append(event)

        async def receive() -> Mapping[str, Any]:
            raise AssertionError("nothing is sent with it")

        string = query + b"&since=%d" % since
        headers = [(b"cookie", cookie)]
        scope = {"type": "http", "path": PATH, "method": "GET", "query_string": string, "headers": headers}
        await self.screens(scope, receive, send)
        assert all(name != b"x-view" for name, _ in told[0]["headers"])
        return told[0]["status"], told[1]["body"].partition(b" ")[0]

    def all(self, *cookies: bytes, since: int) -> list[tuple[int, bytes]]:
        """Several ask at once."""

        async def together() -> list[tuple[int, bytes]]:
            return await asyncio.gather(*(self.ask(each, since) for each in cookies))

        return asyncio.run_coroutine_threadsafe(together(), LOOP).result(PATIENCE)


@pytest.fixture
def desk() -> Desk:
    found = Desk()
    found.all(b"li", b"wang", b"zhao", since=0)
    found.asked.clear()
    return found


def test_colleagues_are_answered_from_one_look_and_each_from_their_own_view(desk: Desk) -> None:
    desk.now += LOOK_SECONDS + 0.1
    assert desk.all(b"li", b"wang", b"zhao", since=1) == [(204, b"")] * 3
    desk.touch(b"east")
    desk.now += LOOK_SECONDS + 0.1
    desk.asked.clear()
    assert desk.all(b"li", b"wang", b"zhao", since=1) == [(200, b"east"), (200, b"east"), (204, b"")]
    assert sorted(desk.asked) == [b"li", b"zhao"]
    assert desk.all(b"zhao", b"li", since=0) == [(200, b"west"), (200, b"east")]


def test_whoever_signed_out_is_shown_nothing_once_their_seat_is_over(desk: Desk) -> None:
    del desk.views[b"li"]
    desk.now += SEAT_SECONDS[1] + 0.1
    assert desk.all(b"li", b"wang", since=0) == [(401, b""), (200, b"east")]


def test_whoever_looks_for_all_and_is_signed_out_takes_nothing_from_the_others(desk: Desk) -> None:
    del desk.views[b"li"]
    desk.touch(b"east")
    desk.now += LOOK_SECONDS + 0.1
    assert desk.all(b"li", b"wang", b"wang", since=1) == [(401, b""), (200, b"east"), (200, b"east")]


def test_whoever_looks_for_all_and_has_another_view_now_gives_the_others_none_of_it(desk: Desk) -> None:
    desk.views[b"wang"] = b"west"
    desk.touch(b"west")
    desk.now += LOOK_SECONDS + 0.1
    assert desk.all(b"wang", b"li", b"zhao", since=1) == [(200, b"west"), (204, b""), (200, b"west")]
    assert desk.all(b"wang", b"li", b"zhao", since=0) == [(200, b"west"), (200, b"east"), (200, b"west")]


def test_what_came_during_a_look_is_looked_for_again_before_long(desk: Desk) -> None:
    desk.takes = LOOK_SECONDS - 0.1
    desk.now += LOOK_SECONDS + 0.1
    assert desk.all(b"li", since=1) == [(204, b"")]
    desk.touch(b"east")
    desk.now += 0.2
    assert desk.all(b"wang", since=1) == [(200, b"east")]


def test_a_look_does_not_wait_for_everybody_who_comes_again(desk: Desk) -> None:
    names = [b"staff%d" % number for number in range(20)]
    desk.views.update(dict.fromkeys(names, b"west"))
    desk.now += LOOK_SECONDS + 0.1
    desk.all(*names, b"li", since=1)
    assert desk.asked.index(b"li") < 3


def test_a_history_without_a_line_has_nothing_to_show() -> None:
    desk = Desk()
    desk.changed = {b"east": 0}
    assert desk.all(b"li", b"wang", since=0) == [(204, b"")] * 2
