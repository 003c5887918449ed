"""Two accounts, callbacks as the platforms send them, and a small platform to call, which can be told to misbehave."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import fakeredis

from bot.channels.envelope import Envelope, Fields, read_xml, signature, write_xml
from bot.channels.official import OfficialChannel
from bot.channels.wecom import WeComChannel
from bot.settings import OfficialAccount, WeCom

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
TOKEN = "pretendtoken"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
APP_ID = "wx0000000000000001"
CORP_ID = "ww0000000000000001"
OPENID = "o-li-ayi"


def official(mode: str = "safe", **values: Any) -> OfficialChannel:
    server = values.pop("server", None)
    backup = values.pop("backup", None)
    settings = OfficialAccount(
        kind="official_account",
        app_id=APP_ID,
        app_secret="pretend-secret",
        token=TOKEN,
        encoding_aes_key=AES_KEY if mode != "plain" else "",
        mode=mode,
        **values,
    )
    return OfficialChannel("official", settings, redis=a_redis(server), clock=lambda: NOW, backup=backup)


def wecom(**values: Any) -> WeComChannel:
    server = values.pop("server", None)
    backup = values.pop("backup", None)
    values = {"agent_id": 1000002, **values}
    settings = WeCom(
        kind="wecom", corp_id=CORP_ID, secret="pretend-secret", token=TOKEN, encoding_aes_key=AES_KEY, **values
    )
    return WeComChannel("wecom", settings, redis=a_redis(server), clock=lambda: NOW, backup=backup)


def a_redis(server: fakeredis.FakeServer | None = None) -> fakeredis.FakeRedis:
    return fakeredis.FakeRedis(server=server or fakeredis.FakeServer())


def envelope(receive_id: str = APP_ID) -> Envelope:
    return Envelope(TOKEN, AES_KEY, receive_id)


def plain_query(stamp: str = STAMP, nonce: str = "n1") -> dict[str, str]:
    return {"timestamp": stamp, "nonce": nonce, "signature": signature(TOKEN, stamp, nonce)}


def sealed(
    inner: bytes, *, receive_id: str = APP_ID, stamp: str = STAMP, nonce: str = "n1", beside: Fields | None = None
) -> tuple[dict[str, str], bytes]:
    """The query and body of a sealed callback; `beside` stands in plain next to it (compatible mode)."""
    encrypt = envelope(receive_id).encrypt(inner)
    query = {
        **plain_query(stamp, nonce),
        "encrypt_type": "aes",
        "msg_signature": signature(TOKEN, stamp, nonce, encrypt),
    }
    return query, write_xml({"ToUserName": "gh_1", "Encrypt": encrypt, **(beside or {})})


def opened(reply: bytes, receive_id: str = APP_ID) -> Fields:
    """What stands inside a sealed reply whose signature is right."""
    outer = read_xml(reply)
    expected = signature(TOKEN, outer["TimeStamp"], outer["Nonce"], outer["Encrypt"])
    assert outer["MsgSignature"] == expected
    return read_xml(envelope(receive_id).open(outer["Encrypt"]))


def xml(kind: str, **fields: Any) -> bytes:
    """A callback of the official account's resident."""
    head = {"ToUserName": "gh_1", "FromUserName": OPENID, "CreateTime": int(NOW.timestamp()), "MsgType": kind}
    return write_xml({**head, **fields})


Answer = tuple[int, str, bytes]
Call = dict[str, Any]


def answer(value: dict[str, Any], *, status: int = 200, content_type: str = "application/json") -> Answer:
    return status, content_type, json.dumps(value).encode()


class Platform:
    """Answers from a table path → function of the call; every call is kept in `calls`."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answers: dict[str, Callable[[Call], Answer | None]] = {}
        self.tokens = 0
        self.connections = 0
        self.missing = 0  # bytes that are announced and never sent
        self.url = ""
        self._lock = threading.Lock()
        self.answers["stable_token"] = self.answers["gettoken"] = self._token

    def paths(self) -> list[str]:
        return [call["path"] for call in self.calls]

    def answer(self, call: Call) -> Answer | None:
        with self._lock:
            self.calls.append(call)
        return self.answers[call["path"]](call)

    def _token(self, call: Call) -> Answer:
        self.tokens += 1
        return answer({"access_token": f"token-{self.tokens}", "expires_in": 7200})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one packet: two would wait 40 ms for each other.
    wbufsize = -1
    platform: Platform

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = urlsplit(self.path)
        path = parts.path.removeprefix("/base/").removeprefix("cgi-bin/")
        call = {"path": path, "query": dict(parse_qsl(parts.query)), "body": body, "headers": dict(self.headers)}
        reply = self.platform.answer(call)
        if reply is None:
            self.close_connection = True
            return
        status, content_type, content = reply
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        if 300 <= status < 400:
            self.send_header("Location", content.decode())
        self.send_header("Content-Length", str(len(content) + self.platform.missing))
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = self.platform.missing > 0

    do_POST = do_GET  # noqa: N815 - the base class looks for these names

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    platform: Platform

    def process_request(self, request: Any, client_address: Any) -> None:
        self.platform.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # Clients that give up are what is tested.


@contextmanager
def running() -> Iterator[Platform]:
    platform = Platform()
    handler = type("Handler", (_Handler,), {"platform": platform})
    server = _Server(("127.0.0.1", 0), handler)
    server.platform = platform
    platform.url = f"http://127.0.0.1:{server.server_address[1]}/base"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
