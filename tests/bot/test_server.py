"""The server as sockets meet it: whole requests, slow ones, endless ones, and what proxies say."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email.message import Message
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from bot import pages, server
from bot.channels.envelope import BODY_CAP
from bot.pages import Door, Pages
from bot.settings import Settings
from models.db import Database
from tests.bot.support import AYI, NOISE, PATIENCE, Street, poll, words_of

REFLECTED = ("REMOTE_ADDR", "CONTENT_LENGTH", "wsgi.url_scheme", "REQUEST_METHOD", "PATH_INFO", "QUERY_STRING")


def reflect(environ: Mapping[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """A WSGI application that tells what it was told; /fault fails."""
    if environ["PATH_INFO"] == "/fault":
        raise RuntimeError("a fault of ours")
    body = environ["wsgi.input"].read()
    told = {key: value for key, value in environ.items() if key in REFLECTED or key.startswith("HTTP_")}
    said = json.dumps({**told, "body": body.decode("latin-1")}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("X-One", "1"), ("X-One", "2")])
    return [said[:5], said[5:]]


@contextmanager
def served(door: Door, **site: Any) -> Iterator[int]:
    """The port at which `door` is reached."""
    made = server.server(door, Settings.model_validate({"site": site}), host="127.0.0.1", port=0)
    thread = threading.Thread(target=made.run)
    thread.start()
    try:
        poll(lambda: made.started)
        yield made.servers[0].sockets[0].getsockname()[1]
    finally:
        made.should_exit = True
        thread.join(PATIENCE)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with served(Pages(reflect)) as found:
        yield found


@dataclass
class Answer:
    status: int
    headers: Message
    body: bytes


def ask(port: int, method: str = "GET", path: str = "/", body: Any = None, **headers: str) -> Answer:
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        return ask_on(connection, method, path, body, **headers)


def ask_on(
    connection: HTTPConnection, method: str = "GET", path: str = "/", body: Any = None, **headers: str
) -> Answer:
    connection.request(method, path, body, {name.replace("__", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    return Answer(answer.status, answer.headers, answer.read())


def told(port: int, *args: Any, **headers: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ask(port, *args, **headers).body)
    return found


def raw(port: int, data: bytes) -> bytes:
    """What comes back on a connection of one's own until it is closed."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as line:
        line.sendall(data)
        return b"".join(iter(partial(line.recv, 65_536), b""))


def until(line: socket.socket, end: bytes) -> bytes:
    """What comes back up to `end`."""
    found = b""
    while not found.endswith(end):
        found += line.recv(65_536)
    return found


def test_a_page_gets_the_whole_request(port: int) -> None:
    found = told(port, "POST", "/%E5%8F%B7/a?b=%20c", b"1234", Cookie="a=1")
    assert found["PATH_INFO"].encode("latin-1").decode() == "/号/a"
    assert (found["QUERY_STRING"], found["CONTENT_LENGTH"], found["body"]) == ("b=%20c", "4", "1234")
    assert (found["HTTP_COOKIE"], found["REMOTE_ADDR"], found["wsgi.url_scheme"]) == ("a=1", "127.0.0.1", "http")


def test_pieces_are_put_together_and_their_length_is_known(port: int) -> None:
    found = told(port, "POST", "/", iter([b"12", b"345"]))
    assert (found["body"], found["CONTENT_LENGTH"]) == ("12345", "5")
    assert "HTTP_TRANSFER_ENCODING" not in found


def test_answers_have_each_of_their_headers_and_no_name_of_a_server(port: int) -> None:
    answer = ask(port)
    assert answer.headers.get_all("X-One") == ["1", "2"]
    assert "Server" not in answer.headers
    assert ask(port, "HEAD").body == b""


def test_a_connection_serves_again_even_after_a_fault(port: int) -> None:
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        assert [ask_on(connection, "GET", path).status for path in ("/", "/fault", "/")] == [200, 500, 200]


def test_a_header_with_an_underscore_is_not_taken_for_another(port: int) -> None:
    data = b"GET / HTTP/1.1\r\nHost: a\r\nX_Forwarded_Host: evil\r\nCookie: a=1\r\nCookie: b=2\r\nConnection: close\r\n\r\n"
    found = json.loads(raw(port, data).partition(b"\r\n\r\n")[2])
    assert "HTTP_X_FORWARDED_HOST" not in found
    assert found["HTTP_COOKIE"] == "a=1; b=2"


@pytest.mark.parametrize(
    "head",
    [
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n12345",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
def test_what_two_servers_could_read_differently_is_refused(port: int, head: bytes) -> None:
    assert raw(port, head).startswith(b"HTTP/1.1 400")


def test_only_a_known_proxy_is_believed() -> None:
    said = {"X__Forwarded__For": "203.0.113.9, 198.51.100.7", "X__Forwarded__Proto": "https"}
    with served(Pages(reflect)) as port:
        found = told(port, **said)
        # The last one, which the proxy itself has seen; what came before anybody can write.
        assert (found["REMOTE_ADDR"], found["wsgi.url_scheme"]) == ("198.51.100.7", "https")
    with served(Pages(reflect), trusted_proxies=["10.0.0.0/8"]) as port:
        found = told(port, **said)
        assert (found["REMOTE_ADDR"], found["wsgi.url_scheme"]) == ("127.0.0.1", "http")


def test_more_than_is_read_is_refused(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "REQUEST_BYTES", 10_000)
    assert ask(port, "POST", "/", b"x" * 10_000).status == 200
    assert ask(port, "POST", "/", b"x" * 10_001).status == 413
    assert ask(port, "POST", "/", iter([b"x" * 5_000] * 3)).status == 413


def test_large_requests_have_room_beside_each_other_and_small_ones_always(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "LARGE_BYTES", 1_000)
    monkeypatch.setattr(pages, "ROOM_BYTES", 10_000)
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9001\r\n\r\n" + b"x" * 9_000)
        poll(lambda: ask(port, "POST", "/", b"x" * 2_000).status == 503)
        assert ask(port, "POST", "/", b"x" * 900).status == 200
        slow.sendall(b"x")
        assert until(slow, b"}").startswith(b"HTTP/1.1 200")
    assert ask(port, "POST", "/", b"x" * 9_000).status == 200


def test_whoever_takes_too_long_with_a_request_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "REQUEST_SECONDS", 0.2)
    with served(Pages(reflect)) as port:
        assert raw(port, b"") == b""
        assert raw(port, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n123") == b""
        # An answer does not count, nor does the pause after it.
        line = socket.create_connection(("127.0.0.1", port), PATIENCE)
        with line:
            line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert until(line, b"}").startswith(b"HTTP/1.1 200")
            assert raw(port, b"GET / HTTP/1.1\r\n") == b""
            line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert until(line, b"}").startswith(b"HTTP/1.1 200")


def test_a_callback_without_end_is_answered_and_hung_up_on(street: Street) -> None:
    path, _ = street.callback(AYI, Content=NOISE)
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    piece = f"{BODY_CAP:x}\r\n".encode() + b"x" * BODY_CAP + b"\r\n"
    with served(street.huying.door) as port, socket.create_connection(("127.0.0.1", port), PATIENCE) as line:
        line.sendall(head + piece + piece)
        assert line.recv(65_536).startswith(b"HTTP/1.1 413")
        with pytest.raises(OSError):  # closed by them: a reset, or a broken pipe
            for _ in range(64):
                line.sendall(piece)


def test_somebody_who_hangs_up_in_the_middle_disturbs_nobody(street: Street) -> None:
    path, body = street.callback(AYI, Content=NOISE)
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with served(street.huying.door) as port:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as line:
            line.sendall(head + body[:100])
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as line:
            line.sendall(head + body)
        # The second was whole: it is taken up although nobody waits for the answer, and told when it comes again.
        poll(street.reports)
        answer = ask(port, "POST", path, body)
        assert answer.status == 200
    assert street.reports() == [NOISE]


def test_pages_are_answered_while_the_database_lets_messages_wait(street: Street, tmp_path: Path) -> None:
    other = Database(street.huying.settings.database.url)
    with served(street.huying.door) as port:
        with other.transaction() as session:
            session.connection()  # from here on nobody else writes
            waits = threading.Thread(target=lambda: words_of(street.deliver(AYI, Content=NOISE)))
            waits.start()
            poll(lambda: street.huying.pace.answering)
            assert ask(port, path="/healthz").status == 200
            assert ask(port, path="/wechat/official").status == 403
        waits.join(PATIENCE)
    other.dispose()
    assert street.reports() == [NOISE]


def test_the_bare_address_says_what_this_is_and_leads_staff_in(street: Street) -> None:
    with served(street.huying.door) as port, closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as line:
        line.request("GET", "/")
        answer = line.getresponse()
        page = answer.read().decode()
        assert answer.status == 200
        assert f"找到“{street.huying.settings.site.name}”公众号" in page
        way_in = page.partition('href="')[2].partition('"')[0]
        line.request("GET", way_in)
        assert line.getresponse().headers["Location"].startswith("/console/sign-in")
