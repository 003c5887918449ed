"""The platform's address: verify, answer, seal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from werkzeug.wsgi import get_input_stream

from bot.answer import Answerer
from bot.channels import CallbackRefused, Channel, Garbage
from bot.channels.envelope import BODY_CAP
from bot.line import Finish, Line
from bot.logs import logger
from bot.metrics import ANSWERED, MESSAGES, REFUSED
from bot.pace import Pace
from handlers.turn import Message, Reply
from models.clock import Clock

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logger(__name__)

PREFIX = "/wechat/"
PLAIN_TEXT = "text/plain; charset=utf-8"
_MOST_PARAMETERS = 32


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
    """/wechat/<channel>, in front of a WSGI application that answers everything else.

    In front and not a view of it: Flask's own work around a view is a good part of what a message costs (decision 10).
    """

    def __init__(
        self,
        rest: WSGIApplication,
        channels: Mapping[str, Channel],
        answerer: Answerer,
        *,
        pace: Pace,
        clock: Clock,
    ) -> None:
        self._rest = rest
        self._channels = channels
        self._answerer = answerer
        self._pace = pace
        self._clock = clock
        self._line = Line(self._answer_together, coming=lambda: pace.answering)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """One request."""
        path = environ.get("PATH_INFO", "")
        if not path.startswith(PREFIX):
            return self._rest(environ, start_response)
        status, content_type, body = self._handle(path.removeprefix(PREFIX), environ)
        headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            headers.append(("Allow", "GET, POST"))
        start_response(f"{status.value} {status.phrase}", headers)
        return [body]

    def _handle(self, key: str, environ: WSGIEnvironment) -> tuple[HTTPStatus, str, bytes]:
        channel, method = self._channels.get(key), environ["REQUEST_METHOD"]
        if channel is None:
            return HTTPStatus.NOT_FOUND, PLAIN_TEXT, b""
        if method not in ("GET", "POST"):
            return HTTPStatus.METHOD_NOT_ALLOWED, PLAIN_TEXT, b""
        try:
            query = _query(environ)
            if method == "GET":
                return HTTPStatus.OK, PLAIN_TEXT, channel.greet(query, now=self._clock()).encode()
            with self._pace:
                # One byte more than allowed is enough to see that it is too much.
                body = get_input_stream(environ).read(BODY_CAP + 1)
                content_type, answer = self._answer(_Call(channel, query, body))
            return HTTPStatus.OK, content_type, answer
        except CallbackRefused as refused:
            REFUSED.labels(key, str(refused.status)).inc()
            log.info("callback refused", channel=key, status=refused.status, reason=str(refused))
            return HTTPStatus(refused.status), PLAIN_TEXT, b""

    def _answer(self, call: _Call) -> tuple[str, bytes]:
        begun, channel = perf_counter(), call.channel
        self._line.take(call)
        if not call.is_open:
            self._open(call)
        if call.refused is not None:
            raise call.refused
        if call.message is None:
            return PLAIN_TEXT, b"success"
        MESSAGES.labels(channel.key, call.message.kind.value).inc()
        sealed = call.sealed or self._seal(call, call.message, self._answerer.answer_alone(call.message))
        ANSWERED.labels(channel.key).observe(perf_counter() - begun)
        return sealed

    def _answer_together(self, calls: Sequence[_Call]) -> Finish:
        """Opens the envelopes of many, and answers and seals what can be answered together."""
        for call in calls:
            self._open(call)
        said = [(call, call.message) for call in calls if call.message is not None]
        replies, finish = self._answerer.answer_together([message for _, message in said])
        sealed = []
        for (call, message), reply in zip(said, replies, strict=True):
            if reply is not None:
                sealed.append((call, self._seal(call, message, reply)))

        def finish_all(is_more: Callable[[], bool]) -> None:
            finish(is_more)
            for call, envelope in sealed:
                call.sealed = envelope

        return finish_all

    def _open(self, call: _Call) -> None:
        try:
            call.message = call.channel.read(call.query, call.body, now=self._clock())
        except CallbackRefused as refused:
            call.refused = refused
        call.is_open = True

    def _seal(self, call: _Call, message: Message, reply: Reply) -> tuple[str, bytes]:
        sealed, content_type = call.channel.write(reply, message, now=self._clock())
        return content_type, sealed


def _query(environ: WSGIEnvironment) -> dict[str, str]:
    """The first value of each parameter. Raises Garbage."""
    try:
        pairs = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError as error:
        raise Garbage("too many parameters") from error
    return dict(reversed(pairs))
