"""The platform's address: verify, answer, seal."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from time import perf_counter
from urllib.parse import parse_qsl

from bot.answer import Answerer
from bot.channels import CallbackRefused, Channel, Garbage
from bot.channels.envelope import BODY_CAP
from bot.heard import GREETING, MESSAGE, REFUSED, Heard
from bot.line import Line
from bot.logs import logger
from bot.metrics import ANSWERED, MESSAGES
from bot.metrics import REFUSED as REFUSALS
from bot.pace import Pace
from bot.pages import Door, Gone, Receive, Scope, Send, answer, body_of
from handlers.turn import Message, Reply
from models.clock import Clock

log = logger(__name__)

PREFIX = "/wechat/"
PLAIN_TEXT = "text/plain; charset=utf-8"
_MOST_PARAMETERS = 32

THREADS = 4
"""For messages that are answered each by itself."""


@dataclass(slots=True)
class _Call:
    """One callback, and what came of it."""

    channel: Channel
    query: Mapping[str, str]
    body: bytes
    is_open: bool = False
    """False still when somebody else's envelope broke the work for all."""
    message: Message | None = None
    """None too for what is acknowledged and ignored."""
    sealed: tuple[str, bytes] | None = None
    """The content type and the reply, if it was answered with others."""
    refused: CallbackRefused | None = None


class Webhook:
    """/wechat/<channel>, in front of an ASGI application that answers everything else.

    In front and not a view of it: Flask's own work around a view is a good part of what a message costs (decision 10).
    """

    def __init__(
        self,
        rest: Door,
        channels: Mapping[str, Channel],
        answerer: Answerer,
        *,
        heard: Heard,
        pace: Pace,
        clock: Clock,
    ) -> None:
        self._rest = rest
        self._channels = channels
        self._answerer = answerer
        self._heard = heard
        self._pace = pace
        self._clock = clock
        self._line = Line(self._answer_together)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="alone")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._rest(scope, receive, send)
            return
        key = scope["path"].removeprefix(PREFIX)
        channel, method = self._channels.get(key), scope["method"]
        if channel is None:
            await answer(send, HTTPStatus.NOT_FOUND)
        elif method not in ("GET", "POST"):
            await answer(send, HTTPStatus.METHOD_NOT_ALLOWED, [(b"allow", b"GET, POST")])
        else:
            await self._handle(channel, scope, receive, send)

    async def _handle(self, channel: Channel, scope: Scope, receive: Receive, send: Send) -> None:
        is_greeting = scope["method"] == "GET"
        status, content_type, said = HTTPStatus.OK, PLAIN_TEXT, b""
        try:
            query = _query(scope)
            if is_greeting:
                said = channel.greet(query, now=self._clock()).encode()
            else:
                # One byte more than allowed is enough to see that it is too much.
                body = await body_of(receive, most=BODY_CAP + 1)
                with self._pace:
                    content_type, said = await self._answer(_Call(channel, query, body))
        except Gone:
            return
        except CallbackRefused as refused:
            status = HTTPStatus(refused.status)
            REFUSALS.labels(channel.key, str(refused.status)).inc()
            log.info("callback refused", channel=channel.key, status=refused.status, reason=str(refused))
        what = REFUSED if status is not HTTPStatus.OK else GREETING if is_greeting else MESSAGE
        if self._heard.is_due(channel.key, what):
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._threads, self._heard.note, channel.key, what, status.value)
        headers = [(b"content-type", content_type.encode())]
        if what == REFUSED:
            headers.append((b"connection", b"close"))  # whatever else comes of it is not read
        await answer(send, status, headers, said)

    async def _answer(self, call: _Call) -> tuple[str, bytes]:
        begun, channel = perf_counter(), call.channel
        await self._line.take(call)
        if not call.is_open:
            self._open(call)
        if call.refused is not None:
            raise call.refused
        if call.message is None:
            return PLAIN_TEXT, b"success"
        MESSAGES.labels(channel.key, call.message.kind.value).inc()
        sealed = call.sealed
        if sealed is None:
            loop = asyncio.get_running_loop()
            sealed = await loop.run_in_executor(self._threads, self._answer_alone, call, call.message)
        ANSWERED.labels(channel.key).observe(perf_counter() - begun)
        return sealed

    def _answer_together(self, calls: Sequence[_Call]) -> None:
        """Opens the envelopes of many, and answers and seals what can be answered together."""
        for call in calls:
            self._open(call)
        said = [(call, call.message) for call in calls if call.message is not None]
        replies = self._answerer.answer_together([message for _, message in said])
        for (call, message), reply in zip(said, replies, strict=True):
            if reply is not None:
                call.sealed = self._seal(call, message, reply)

    def _answer_alone(self, call: _Call, message: Message) -> tuple[str, bytes]:
        return self._seal(call, message, self._answerer.answer_alone(message))

    def _open(self, call: _Call) -> None:
        try:
            call.message = call.channel.read(call.query, call.body, now=self._clock())
        except CallbackRefused as refused:
            call.refused = refused
        call.is_open = True

    def _seal(self, call: _Call, message: Message, reply: Reply) -> tuple[str, bytes]:
        sealed, content_type = call.channel.write(reply, message, now=self._clock())
        return content_type, sealed


def _query(scope: Scope) -> dict[str, str]:
    """The first value of each parameter. Raises Garbage."""
    try:
        pairs = parse_qsl(scope["query_string"].decode(), keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError as error:
        raise Garbage("too many parameters") from error
    return dict(reversed(pairs))
