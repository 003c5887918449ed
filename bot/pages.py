"""Flask behind the event loop: a thread gets a whole request and gives a whole answer, so that no slow line holds one.

The ready-made adapters (asgiref, a2wsgi) keep a thread while a client takes its time; decision 7.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Door = Callable[[Scope, Receive, Send], Awaitable[None]]
"""An ASGI application (asgi.readthedocs.io, 3.0)."""

Headers = Iterable[tuple[bytes, bytes]]

THREADS = 8

REQUEST_BYTES = 32 * 1024 * 1024
"""The largest request that is read, the three photos of a link's answer; what a form may have is each page's own."""

LARGE_BYTES = 256 * 1024
"""A request of more than this needs room beside the others: hardly any form has as much."""

ROOM_BYTES = 128 * 1024 * 1024
"""So much is held of requests that are there or on their way. Nobody has signed in yet when a body is read, and 900
connections with a large one each would be more than any machine has.
"""


class Gone(Exception):
    """Whoever asked has hung up."""


class _Full(Exception):
    """There is no room for a large request now."""


async def body_of(receive: Receive, *, most: int) -> bytes:
    """The body of a request, cut off behind `most` bytes. Raises Gone."""
    chunks, length, is_more = [], 0, True
    while is_more and length < most:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise Gone
        chunks.append(event.get("body", b""))
        length += len(chunks[-1])
        is_more = event.get("more_body", False)
    return b"".join(chunks)[:most]


async def answer(send: Send, status: int, headers: Headers = (), body: bytes = b"") -> None:
    """Sends a whole answer."""
    sized = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": sized})
    await send({"type": "http.response.body", "body": body})


class Pages:
    """A WSGI application as an ASGI one."""

    def __init__(self, app: WSGIApplication, *, each_thread: Callable[[], None] = lambda: None) -> None:
        """`each_thread` is called once in every thread that will make pages."""
        self._app = app
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="pages", initializer=each_thread)
        self._held = 0
        """Bytes of all requests; the event loop alone counts them."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            raise ValueError(f"{scope['type']} is not spoken here")
        held = 0

        async def counted() -> Mapping[str, Any]:
            nonlocal held
            event = await receive()
            size = len(event.get("body", b""))
            held, self._held = held + size, self._held + size
            if held > LARGE_BYTES and self._held > ROOM_BYTES:
                raise _Full
            return event

        try:
            await self._answer(scope, counted, send)
        except _Full:
            await answer(send, HTTPStatus.SERVICE_UNAVAILABLE, [(b"connection", b"close"), (b"retry-after", b"60")])
        finally:
            self._held -= held

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await body_of(receive, most=REQUEST_BYTES + 1)
        except Gone:
            return
        if len(body) > REQUEST_BYTES:
            await answer(send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, [(b"connection", b"close")])
            return
        status, headers, said = await asyncio.get_running_loop().run_in_executor(
            self._threads, self._run, _environ(scope, body)
        )
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": said})

    def _run(self, environ: WSGIEnvironment) -> tuple[int, Sequence[tuple[bytes, bytes]], bytes]:
        begun: list[tuple[str, Sequence[tuple[str, str]]]] = []
        chunks: list[bytes] = []

        def start(status: str, headers: Sequence[tuple[str, str]], _: object = None) -> Callable[[bytes], object]:
            begun.append((status, headers))
            return chunks.append

        said = self._app(environ, start)
        try:
            chunks.extend(said)
        finally:
            if hasattr(said, "close"):
                said.close()
        (told, named), body = begun[-1], b"".join(chunks)
        status = int(told.split(" ", 1)[0])
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in named]
        if body and all(name != b"content-length" for name, _ in headers):
            headers.append((b"content-length", str(len(body)).encode()))
        return status, headers, body


def _environ(scope: Scope, body: bytes) -> WSGIEnvironment:
    """The request as PEP 3333 wants it."""
    server, client = scope.get("server") or ("localhost", 80), scope.get("client") or ("", 0)
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 0),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "CONTENT_LENGTH": str(len(body)),
    }
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1")
        # An underscore would read like the hyphen of a header that the proxy in front has checked; the length is known.
        if "_" in name or name in ("content-length", "transfer-encoding"):
            continue
        key = "CONTENT_TYPE" if name == "content-type" else f"HTTP_{name.upper().replace('-', '_')}"
        before = environ.get(key)
        said = value.decode("latin-1")
        environ[key] = said if before is None else f"{before}{'; ' if name == 'cookie' else ','}{said}"
    return environ
