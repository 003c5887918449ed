"""What both platforms' APIs share: the request, the refusal, the faults that bite before anything else, the log."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from flask import Response, request

from sandbox.config import Account, Kind
from sandbox.faults import FaultKind
from sandbox.state import World
from sandbox.tokens import Tokens

_JSON_LIMIT, _JSON_DEPTH = 2 * 1024 * 1024, 32
"""Bytes and levels of a JSON body; what is longer or deeper is no call of a bot."""
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")

RESET = "sandbox.reset"
"""Set in the WSGI environment by an answer that is to be a dropped connection."""

ERRMSG = {
    -1: "system error",
    0: "ok",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40005: "invalid file type",
    40006: "invalid media size",
    40007: "invalid media_id",
    40008: "invalid message type",
    40013: "invalid appid",
    40014: "invalid access_token",
    40029: "invalid code",
    40032: "invalid userid list size",
    40033: "invalid charset. please check your request, if include \\uxxxx will create fail!",
    40035: "invalid parameter",
    40037: "invalid template_id",
    40052: "invalid action name",
    40053: "invalid action info",
    40056: "invalid agentid",
    40058: "Warning: wrong json format.",
    40066: "invalid url",
    40125: "invalid appsecret",
    41001: "access_token missing",
    41004: "appsecret missing",
    41002: "appid missing",
    42001: "access_token expired",
    42003: "code expired",
    42014: "invalid task_id",
    42016: "task_id not exist",
    42022: "code已经被使用过",
    42052: "message can not be recalled",
    43002: "require POST method",
    43004: "require subscribe",
    43101: "user refuse to accept the msg",
    44001: "empty media data",
    44002: "empty post data",
    44004: "empty content",
    45001: "media size out of limit",
    45002: "content size out of limit",
    45008: "article size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45047: "out of response count limit",
    45072: "invalid command",
    45080: "no interaction in the last 30 seconds",
    45081: "already typing",
    46003: "menu no exist",
    46004: "user no exist",
    47001: "data format error",
    47003: "argument invalid!",
    48001: "api unauthorized",
    48006: "forbid to clear quota because of reaching the limit",
    60111: "userid not found",
    81013: "user & party & tag all invalid",
    82001: "invalid user & party & tag",
    301002: "not allow operate another agent with this accesstoken",
}
_SHANGHAI = timedelta(hours=8)


class Refused(Exception):
    """The platform answers with an error code."""

    def __init__(self, code: int, errmsg: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.errmsg = errmsg


class Quota:
    """Calls of one kind in a period, a day or a month; `period` tells which one it is now."""

    def __init__(self, period: Callable[[], str]) -> None:
        self._period = period
        self._lock = threading.Lock()
        self._now = ""
        self._used: dict[str, int] = {}

    def use(self, name: str, limit: int) -> None:
        """Counts one call. Raises Refused with 45009 over the limit."""
        with self._lock:
            period = self._period()
            if period != self._now:
                self._now, self._used = period, {}
            self._used[name] = self._used.get(name, 0) + 1
            if self._used[name] > limit:
                raise Refused(45009)

    def used(self, name: str) -> int:
        """How often this was called in the period."""
        with self._lock:
            return self._used.get(name, 0) if self._period() == self._now else 0

    def clear(self) -> None:
        """Starts the period afresh."""
        with self._lock:
            self._used = {}


class Platform:
    """One account's API: checks the token, lets the faults bite, runs the call, and logs both directions.

    `messages` holds the errmsg of codes that only this platform has, or words differently.
    """

    def __init__(self, world: World, account: Account, messages: Mapping[int, str] | None = None) -> None:
        self.world = world
        self.account = account
        self._messages = {**ERRMSG, **(messages or {})}
        self.tokens = Tokens(world.rules, world.clock.now)
        self.quota = Quota(lambda: (world.clock.now() + _SHANGHAI).strftime("%Y-%m-%d"))
        self.monthly = Quota(lambda: (world.clock.now() + _SHANGHAI).strftime("%Y-%m"))

    def answer(
        self, call: Callable[[], Response | dict[str, Any]], *, token: bool = True, plain_errors: bool = False
    ) -> Response:
        """Runs one API call as the platform would; with `plain_errors` a refusal is JSON that says it is text/plain."""
        began = time.monotonic()
        body = request.get_data(cache=True)
        try:
            dropped = self._before()
            if dropped is not None:
                response = dropped
            else:
                if token:
                    self._check_token()
                result = call()
                response = result if isinstance(result, Response) else _json(result)
        except Refused as refused:
            response = _json(self.refusal(refused))
            if plain_errors:
                response.content_type = "text/plain"
        self._log(body, response, time.monotonic() - began)
        return response

    def refusal(self, refused: Refused) -> dict[str, Any]:
        """The error body, with the id or hint the platform adds."""
        text = refused.errmsg or self._messages.get(refused.code, "error")
        if self.account.kind is Kind.OFFICIAL:
            text = f"{text} rid: {secrets.token_hex(4)}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
        else:
            text = (
                f"{text}, hint: [{1_600_000_000_000_000_000 + secrets.randbelow(10**17)}], from ip: "
                f"{request.remote_addr}, more info at https://open.work.weixin.qq.com/devtool/query?e={refused.code}"
            )
        return {"errcode": refused.code, "errmsg": text}

    def bites(self, kind: FaultKind) -> bool:
        """Whether this fault is on for this account."""
        return self.world.faults.bites(kind, self.account.key) is not None

    def body(self) -> dict[str, Any]:
        """The JSON object that was posted. Raises Refused with 44002, 45002 or 47001."""
        raw = request.get_data(cache=True)
        if not raw:
            raise Refused(44002)
        if len(raw) > _JSON_LIMIT:
            raise Refused(45002)
        try:
            data = _object(raw)
        except (ValueError, RecursionError) as error:
            raise Refused(47001 if self.account.kind is Kind.OFFICIAL else 40058) from error
        return data

    def _before(self) -> Response | None:
        slow = self.world.faults.bites(FaultKind.SLOW, self.account.key)
        if slow is not None:
            self.world.closing.wait(slow.delay_seconds)
        if self.bites(FaultKind.HTML_502):
            page = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>502 Bad Gateway</body>\r\n</html>"
            return Response(page, status=502, mimetype="text/html")
        if self.bites(FaultKind.RESET):
            request.environ[RESET] = True
            return Response(b"", status=200)
        if self.bites(FaultKind.BUSY):
            raise Refused(-1)
        if self.bites(FaultKind.DAILY_LIMIT):
            raise Refused(45009)
        if self.account.kind is not Kind.OFFICIAL and self.bites(FaultKind.WECOM_ADDRESS):
            raise Refused(60020, "not allow to access from your ip")
        return None

    def _check_token(self) -> None:
        if self.bites(FaultKind.TOKEN_DEAD):
            raise Refused(40001)
        code = self.tokens.refusal(request.args.get("access_token"))
        if code == 40001 and self.account.kind is not Kind.OFFICIAL:
            code = 40014  # there 40001 is a wrong secret
        if code:
            raise Refused(code)

    def _log(self, body: bytes, response: Response, seconds: float) -> None:
        multipart = (request.content_type or "").startswith("multipart/")
        shown = (
            response.get_data() if response.mimetype in ("application/json", "text/html", "text/plain") else b"(file)"
        )
        self.world.log.add(
            at=self.world.clock.now().isoformat(),
            direction="api",
            channel=self.account.key,
            method=request.method,
            path=request.full_path.rstrip("?"),
            status=None if request.environ.get(RESET) else response.status_code,
            seconds=round(seconds, 4),
            error=None,
            request_raw=f"(multipart, {len(body)} bytes)" if multipart else body,
            request_plain="",
            response_raw=shown,
            response_plain="",
        )


def _object(raw: bytes) -> dict[str, Any]:
    """The JSON object in `raw`. Raises ValueError for anything else, for half a character, and for too many levels."""
    data = json.loads(raw.decode("utf-8"), parse_constant=_no_number)
    if not isinstance(data, dict):
        raise ValueError("not an object")
    level: list[Any] = [data]
    for _ in range(_JSON_DEPTH):
        level = [
            part
            for whole in level
            for part in (whole.values() if isinstance(whole, dict) else whole)
            if isinstance(part, dict | list)
        ]
    if level:
        raise ValueError("too deep")
    if _SURROGATE.search(raw):
        json.dumps(data, ensure_ascii=False).encode("utf-8")  # half a surrogate pair is a UnicodeEncodeError
    return data


def _no_number(word: str) -> None:
    raise ValueError(word)


def _json(data: dict[str, Any]) -> Response:
    return Response(
        json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"), content_type="application/json; encoding=utf-8"
    )


def resettable(app: Callable[..., Any]) -> Callable[..., Any]:
    """WSGI middleware that cuts the connection instead of answering where the fault asks for it."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        held: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], Any]:
            if not environ.get(RESET):
                write: Callable[[bytes], Any] = start_response(status, headers, exc_info)
                return write
            # A length that never comes makes any server close the connection, should its socket be out of reach.
            held.append(start_response(status, [("Content-Length", "1000000")], exc_info))
            return lambda _data: None

        result = app(environ, start)
        if not environ.get(RESET):
            return result
        if hasattr(result, "close"):
            result.close()
        return _cut(environ, held[0] if held else None)

    return wrapped


def _cut(environ: dict[str, Any], write: Any) -> Iterator[bytes]:
    # waitress hands out its task's method, werkzeug its socket.
    task = getattr(write, "__self__", None)
    connection = environ.get("werkzeug.socket") or getattr(getattr(task, "channel", None), "socket", None)
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    yield b""
