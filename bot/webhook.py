"""The platform's address: verify, answer, seal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter

from flask import Blueprint, Response, abort, request

from bot.answer import Answerer
from bot.channels import CallbackRefused, Channel
from bot.channels.envelope import BODY_CAP
from bot.logs import logger
from bot.metrics import ANSWERED, MESSAGES, REFUSED
from bot.pace import Pace
from models.clock import Clock

log = logger(__name__)


def webhook(channels: Mapping[str, Channel], answerer: Answerer, *, pace: Pace, clock: Clock) -> Blueprint:
    """The routes /wechat/<channel>."""
    pages = Blueprint("webhook", __name__)

    @pages.get("/wechat/<key>")
    def greet(key: str) -> Response:
        channel = channels.get(key) or abort(404)
        return _guarded(key, lambda: Response(channel.greet(request.args, now=clock()), mimetype="text/plain"))

    @pages.post("/wechat/<key>")
    def receive(key: str) -> Response:
        channel = channels.get(key) or abort(404)
        with pace:
            return _guarded(key, lambda: _answer(channel, answerer, clock=clock))

    return pages


def _answer(channel: Channel, answerer: Answerer, *, clock: Clock) -> Response:
    begun = perf_counter()
    # One byte more than allowed is enough to see that it is too much.
    body = request.stream.read(BODY_CAP + 1)
    message = channel.read(request.args, body, now=clock())
    if message is None:
        return Response(b"success", mimetype="text/plain")
    MESSAGES.labels(channel.key, message.kind.value).inc()
    reply = answerer.answer(message)
    sealed, content_type = channel.write(reply, message, now=clock())
    ANSWERED.labels(channel.key).observe(perf_counter() - begun)
    return Response(sealed, content_type=content_type)


def _guarded(key: str, act: Callable[[], Response]) -> Response:
    try:
        return act()
    except CallbackRefused as refused:
        REFUSED.labels(key, str(refused.status)).inc()
        log.info("callback refused", channel=key, status=refused.status, reason=str(refused))
        return Response(status=refused.status)
