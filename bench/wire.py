"""The platform's side of the wire as the measurements use it: sealing ahead, a lean HTTP client, opening."""

from __future__ import annotations

import base64
import itertools
import secrets
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from sandbox.envelope import Envelope, from_xml, to_xml

OWN_NAME = "gh_5a4db0x00001"
_IDS = itertools.count(30_000_000_000_000_000 + secrets.randbelow(10**15))


def letters_and_digits() -> str:
    """A key of 43 letters and digits, as both platforms make them."""
    while not (key := base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")).isalnum():
        continue
    return key


@dataclass(frozen=True)
class Account:
    """The secrets of one Official Account, made up for one run."""

    app_id: str = field(default_factory=lambda: f"wx{secrets.token_hex(8)}")
    secret: str = field(default_factory=lambda: secrets.token_hex(16))
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    aes_key: str = field(default_factory=letters_and_digits)

    @property
    def envelope(self) -> Envelope:
        """Seals and opens for this account."""
        return Envelope(self.token, self.aes_key, self.app_id)


@dataclass(frozen=True)
class Said:
    """One message of one person, and the HTTP request that brings it."""

    sender: str
    text: str
    request: bytes


@dataclass(frozen=True)
class Stamp:
    """What stays the same when the platform brings a message again."""

    number: int = field(default_factory=lambda: next(_IDS))
    created: int = field(default_factory=lambda: int(time.time()))


def say(account: Account, sender: str, text: str, *, path: str, stamp: Stamp | None = None) -> Said:
    """Seals one text message in safe mode, now; with the `stamp` of an earlier one it is the same message again."""
    envelope, now, stamp = account.envelope, int(time.time()), stamp or Stamp()
    fields = {
        "ToUserName": OWN_NAME,
        "FromUserName": sender,
        "CreateTime": stamp.created,
        "MsgType": "text",
        "Content": text,
        "MsgId": stamp.number,
    }
    encrypted = envelope.encrypt(to_xml(fields))
    timestamp, nonce = str(now), str(secrets.randbelow(10**10))
    query = {
        "signature": envelope.sign(timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "openid": sender,
        "encrypt_type": "aes",
        "msg_signature": envelope.sign(timestamp, nonce, encrypted),
    }
    body = to_xml({"ToUserName": OWN_NAME, "Encrypt": encrypted}).encode()
    head = (
        f"POST {path}?{urlencode(query)} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return Said(sender, text, head.encode() + body)


def opened(account: Account, said: Said, body: bytes) -> str:
    """The words of a sealed reply to `said`. Raises ValueError for one the platform would not show."""
    fields = from_xml(account.envelope.open_reply(from_xml(body.decode().strip())).strip())
    if fields.get("ToUserName") != said.sender or fields.get("FromUserName") != OWN_NAME:
        raise ValueError("ToUserName and FromUserName are not swapped")
    return str(fields.get("Content", ""))


@dataclass(slots=True)
class Answer:
    """What came back for one message; status 0 when nothing did."""

    said: Said
    status: int
    body: bytes
    seconds: float


class Line:
    """One keep-alive connection."""

    def __init__(self, port: int, *, timeout: float = 10.0) -> None:
        self._port = port
        self._timeout = timeout
        self._socket: socket.socket | None = None
        self._left = b""

    def exchange(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer. Raises OSError when there is none."""
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=self._timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._socket.sendall(request)
            head = self._until(b"\r\n\r\n").lower()
            length = head.find(b"content-length:")
            if length < 0:
                raise OSError("an answer without a length")
            size = int(head[length + 15 : head.find(b"\r\n", length)])
            while len(self._left) < size:
                self._more()
            body, self._left = self._left[:size], self._left[size:]
            if b"connection: close" in head:
                self.close()
            return int(head[9:12]), body
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Hangs up."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self._left = None, b""

    def _until(self, end: bytes) -> bytes:
        while (at := self._left.find(end)) < 0:
            self._more()
        head, self._left = self._left[: at + len(end)], self._left[at + len(end) :]
        return head

    def _more(self) -> None:
        assert self._socket is not None
        piece = self._socket.recv(65536)
        if not piece:
            raise OSError("the connection ended")
        self._left += piece


def storm(port: int, messages: Sequence[Said], *, connections: int) -> tuple[float, list[Answer]]:
    """Sends everything over so many connections at once; the seconds it took, and every answer."""
    lanes = [messages[lane::connections] for lane in range(connections)]
    answers: list[list[Answer]] = [[] for _ in lanes]
    ready = threading.Barrier(connections + 1)

    def drive(lane: Sequence[Said], into: list[Answer]) -> None:
        line = Line(port)
        ready.wait()
        for said in lane:
            begun = time.perf_counter()
            try:
                status, body = line.exchange(said.request)
            except OSError:
                status, body = 0, b""
            into.append(Answer(said, status, body, time.perf_counter() - begun))
        line.close()

    threads = [threading.Thread(target=drive, args=pair) for pair in zip(lanes, answers, strict=True)]
    for thread in threads:
        thread.start()
    ready.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begun, [answer for lane_answers in answers for answer in lane_answers]


def percentile(seconds: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, max(0, int(len(ordered) * share + 0.999999) - 1))]
