"""The HTTP server: uvicorn, and what it leaves to a proxy that may not be there."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot.pages import Door
from bot.settings import Settings

REQUEST_SECONDS = 60
"""So long a request may take to arrive, from the first byte, or from the connection, to the last."""

KEEP_ALIVE_SECONDS = 75
"""Longer than proxies keep a connection that nobody uses, so that none sends on one that is just being closed."""

MOST_CONNECTIONS = 900
"""Below the 1,024 files that a process may open by default; further ones are answered 503."""

STOP_SECONDS = 5
"""For what is being answered when a stop is asked for."""

TURN_SECONDS = 0.0001
"""After this a thread hands the interpreter on to another that waits for it."""

COLLECT = 5_000, 20, 200
"""Python looks for circles of things nobody needs after so many new ones; for the oldest hardly ever, in 0.2 s."""


class Patient(HttpToolsProtocol):
    """A connection that is closed when a request does not arrive in time."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Somebody has called."""
        super().connection_made(transport)
        # asyncio does it itself, but not for a socket that several processes share (its protocol is not named): an
        # answer of two pieces then waits 40 ms for the other side's leave to send the second.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._wait_for_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """They have hung up."""
        self._forget_deadline()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._wait_for_request()
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """The last one."""
        self._forget_deadline()
        super().on_message_complete()

    def _wait_for_request(self) -> None:
        self._forget_deadline()
        self._deadline = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class Serving(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config, when_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._when_ready = when_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listens from here on."""
        await super().startup(sockets)
        self._when_ready()


def server(
    door: Door, settings: Settings, *, host: str, port: int, when_ready: Callable[[], None] = lambda: None
) -> uvicorn.Server:
    """The server for an application."""
    return Serving(uvicorn.Config(door, host=host, port=port, **_options(settings)), when_ready)


def answer_in_time() -> None:
    """Takes two things away that stop everybody for a moment, once a process has made what it keeps.

    Python looks through everything there is for what nobody needs any more: 200 ms each time, for a million things of
    which none is ever given up. And a thread that works keeps the interpreter for 5 ms from one who is to answer.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT)
    sys.setswitchinterval(TURN_SECONDS)


def serve(door: Door, settings: Settings, *, host: str, port: int, when_ready: Callable[[], None]) -> None:
    """Serves from this process until a signal comes; `when_ready` is called once it answers."""
    answer_in_time()
    server(door, settings, host=host, port=port, when_ready=when_ready).run()


def serve_from_many(make: str, settings: Settings, *, host: str, port: int, processes: int) -> None:
    """Serves from processes of their own, each of which calls `make` ("module:function"), until a signal comes."""
    uvicorn.run(make, factory=True, host=host, port=port, workers=processes, **_options(settings))


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "http": Patient,
        "loop": "asyncio",
        "ws": "none",
        "lifespan": "off",
        "interface": "asgi3",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": bool(settings.site.trusted_proxies),
        "forwarded_allow_ips": settings.site.trusted_proxies,
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": STOP_SECONDS,
        "limit_concurrency": MOST_CONNECTIONS,
    }
