"""The sealed envelope both platforms use, and the small strict XML reader and writer that go with it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from xml.parsers import expat

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.channels import Forged, Garbage, TooLarge

BODY_CAP = 1024 * 1024
"""Bytes of a callback's body; the platforms' own are a few kilobytes."""
TIME_WINDOW = 300
"""Seconds a callback's timestamp may lie away from our clock, either way."""

_BLOCK = 32
"""The platforms pad to 32 bytes although an AES block has 16, so pads of 17 to 32 are right."""
_RANDOM = 16
_HEAD = _RANDOM + 4
_DEPTH = 12
_ELEMENTS = 4000
_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters XML cannot hold."""
_CONTROL = bytes(code for code in range(0x20) if code not in b"\t\n\r")

Fields = dict[str, Any]
"""An XML element's children: text, a dict of children, or a list of these where a name is repeated."""


def signature(*parts: str) -> str:
    """SHA-1 over the sorted parts: the platforms' rule, lower-case hex."""
    joined = "".join(sorted(parts)).encode("utf-8", "replace")
    return hashlib.sha1(joined).hexdigest()  # noqa: S324 - the platforms' choice


class Envelope:
    """Signs, seals and opens for one account.

    `aes_key` is the 43 characters the platform shows, or None for an account in plain mode. `receive_id` is the app id
    of an Official Account and the corp id of a WeCom app.
    """

    def __init__(self, token: str, aes_key: str | None, receive_id: str) -> None:
        self._token = token
        self._receive_id = receive_id.encode()
        self._cipher: Cipher[modes.CBC] | None = None
        if aes_key:
            key = base64.b64decode(aes_key + "=")
            self._cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16]))

    def sign(self, *parts: str) -> str:
        """The signature over the account's token and `parts`."""
        return signature(self._token, *parts)

    def check(self, query: Mapping[str, str], name: str, *parts: str) -> None:
        """Compares the query's signature called `name` in constant time. Raises Forged."""
        expected = self.sign(query.get("timestamp", ""), query.get("nonce", ""), *parts)
        given = query.get(name, "")
        # As bytes: compare_digest raises on a str that is not ASCII.
        if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
            raise Forged(f"wrong {name}")

    def encrypt(self, plain: bytes, *, random: bytes | None = None) -> str:
        """`plain` in base64 ciphertext; `random` (16 bytes) is given only to reproduce a known figure."""
        if self._cipher is None:
            raise ValueError("an account in plain mode has no key")
        random = secrets.token_bytes(_RANDOM) if random is None else random
        buffer = random + len(plain).to_bytes(4, "big") + plain + self._receive_id
        pad = _BLOCK - len(buffer) % _BLOCK
        encryptor = self._cipher.encryptor()
        return base64.b64encode(encryptor.update(buffer + bytes([pad]) * pad) + encryptor.finalize()).decode()

    def seal(self, plain: bytes, *, timestamp: str, nonce: str, random: bytes | None = None) -> bytes:
        """The sealed XML of a passive reply."""
        encrypted = self.encrypt(plain, random=random)
        sealed: dict[str, str | int] = {
            "Encrypt": encrypted,
            "MsgSignature": self.sign(timestamp, nonce, encrypted),
            "TimeStamp": int(timestamp),
            "Nonce": nonce,
        }
        return write_xml(sealed)

    def open(self, encrypt: str) -> bytes:
        """What was sealed. Raises Garbage on bad padding or length, Forged on another account's receiveid."""
        if self._cipher is None:
            raise Garbage("sealed, but this account has no key")
        try:
            data = base64.b64decode(encrypt, validate=True)
        except (binascii.Error, ValueError) as error:
            raise Garbage("not base64") from error
        if not data or len(data) % 16:
            raise Garbage("not whole cipher blocks")
        decryptor = self._cipher.decryptor()
        buffer = decryptor.update(data) + decryptor.finalize()
        pad = buffer[-1]
        if not 1 <= pad <= _BLOCK or buffer[-pad:] != bytes([pad]) * pad:
            raise Garbage("wrong padding")
        buffer = buffer[:-pad]
        if len(buffer) < _HEAD:
            raise Garbage("too short")
        end = _HEAD + int.from_bytes(buffer[_RANDOM:_HEAD], "big")
        if end > len(buffer):
            raise Garbage("the length runs over the end")
        if not hmac.compare_digest(buffer[end:], self._receive_id):
            raise Forged("meant for another account")
        return buffer[_HEAD:end]


def check_size(body: bytes) -> None:
    """Raises TooLarge over BODY_CAP."""
    if len(body) > BODY_CAP:
        raise TooLarge(f"{len(body)} bytes")


def check_time(query: Mapping[str, str], *, now: datetime) -> None:
    """Raises Forged when the query's timestamp is missing or more than TIME_WINDOW away."""
    stamp = query.get("timestamp", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise Forged("no timestamp")
    if abs(now.timestamp() - int(stamp)) > TIME_WINDOW:
        raise Forged("timestamp outside the window")


class _Reader:
    """Collects one document for `read_xml`."""

    def __init__(self) -> None:
        self.root: Fields = {}
        self.name = ""
        self._stack: list[tuple[str, Fields, list[str]]] = []
        self._elements = 0

    def start(self, name: str, attributes: Sequence[str]) -> None:
        self._elements += 1
        if len(self._stack) >= _DEPTH or self._elements > _ELEMENTS:
            raise Garbage("XML too deep or too long")
        self._stack.append((name, {}, []))

    def text(self, data: str) -> None:
        self._stack[-1][2].append(data)

    def end(self, name: str) -> None:
        _, children, pieces = self._stack.pop()
        if not self._stack:
            self.name, self.root = name, children
            return
        value: Any = children or "".join(pieces)
        siblings = self._stack[-1][1]
        if name not in siblings:
            siblings[name] = value
        elif isinstance(siblings[name], list):
            siblings[name].append(value)
        else:
            siblings[name] = [siblings[name], value]

    def refuse(self, *_: object) -> None:
        raise Garbage("a document type is not allowed")


def read_xml(body: bytes) -> Fields:
    """The children of the document's <xml> element. Raises Garbage.

    No document type, so no entities; always UTF-8 whatever the document claims; depth and number of elements bounded.
    Control characters, which people's keyboards do produce and XML forbids, are dropped rather than the message.
    """
    reader = _Reader()
    parser = expat.ParserCreate(encoding="utf-8")
    parser.buffer_text = True
    parser.ordered_attributes = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.refuse
    try:
        parser.Parse(body.translate(None, _CONTROL), True)
    except expat.ExpatError as error:
        raise Garbage("not XML") from error
    if reader.name != "xml":
        raise Garbage("not a platform's XML")
    return reader.root


def write_xml(fields: Mapping[str, Any]) -> bytes:
    """<xml> with these children: text as CDATA, numbers bare, mappings nested. The inverse of `read_xml`."""
    return f"<xml>{_children(fields)}</xml>".encode("utf-8", "replace")


def _children(fields: Mapping[str, Any]) -> str:
    return "".join(f"<{name}>{_value(value)}</{name}>" for name, value in fields.items())


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return _children(value)
    if isinstance(value, int):
        return str(value)
    # A CDATA section ends at the first "]]>": what looks like one inside the text is spread over two sections.
    return "<![CDATA[" + _FORBIDDEN.sub("", str(value)).replace("]]>", "]]]]><![CDATA[>") + "]]>"
