"""The platforms' envelope: signatures, AES sealing, and the XML inside (wechat-facts §1)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class BadEnvelope(ValueError):
    """What came back cannot be opened; the text says at which step."""


def signature(*parts: str) -> str:
    """The platforms' SHA-1 over the sorted, joined parts, in lower-case hex."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


class Envelope:
    """Seals and opens what goes between one account and its callback address."""

    def __init__(self, token: str, encoding_aes_key: str, receive_id: str) -> None:
        self._token = token
        self._receive_id = receive_id
        self._key = base64.b64decode(encoding_aes_key + "=") if encoding_aes_key else b""

    def sign(self, timestamp: str, nonce: str, encrypted: str | None = None) -> str:
        """The plain signature, or msg_signature when `encrypted` is given."""
        return signature(self._token, timestamp, nonce, *(() if encrypted is None else (encrypted,)))

    def encrypt(self, text: str, *, receive_id: str | None = None, long_pad: bool = False) -> str:
        """Base64 of 16 random bytes, the length, the text and the receiveid, under AES-256-CBC.

        `long_pad` adds spaces after the text until the padding is 17 to 32 bytes, which a library that thinks in
        blocks of 16 refuses.
        """
        message, owner = text.encode(), (self._receive_id if receive_id is None else receive_id).encode()
        short = _BLOCK - (20 + len(message) + len(owner)) % _BLOCK
        if long_pad and short <= _BLOCK // 2:
            message += b" " * short
        buffer = secrets.token_bytes(16) + struct.pack(">I", len(message)) + message + owner
        pad = _BLOCK - len(buffer) % _BLOCK
        encryptor = Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16])).encryptor()
        return base64.b64encode(encryptor.update(buffer + bytes([pad]) * pad) + encryptor.finalize()).decode()

    def decrypt(self, encrypted: str) -> str:
        """The text inside. Raises BadEnvelope on anything that the platform would not open."""
        try:
            sealed = base64.b64decode(encrypted, validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadEnvelope("the ciphertext is not base64") from error
        if not self._key:
            raise BadEnvelope("this account has no key")
        if len(sealed) < 32 or len(sealed) % 16:
            raise BadEnvelope("the ciphertext is not whole blocks")
        decryptor = Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16])).decryptor()
        buffer = decryptor.update(sealed) + decryptor.finalize()
        pad = buffer[-1]
        if not 1 <= pad <= _BLOCK or len(buffer) < pad + 20 or buffer[-pad:] != bytes([pad]) * pad:
            raise BadEnvelope("the padding is wrong")
        buffer = buffer[16:-pad]
        (length,) = struct.unpack(">I", buffer[:4])
        if length > len(buffer) - 4:
            raise BadEnvelope("the length inside is too large")
        if buffer[4 + length :] != self._receive_id.encode():
            raise BadEnvelope("the receiveid is wrong")
        try:
            return buffer[4 : 4 + length].decode()
        except UnicodeDecodeError as error:
            raise BadEnvelope("the text inside is not UTF-8") from error

    def open_reply(self, fields: Mapping[str, Any]) -> str:
        """The XML inside a sealed passive reply whose outer fields are given. Raises BadEnvelope."""
        parts = {name: fields.get(name) for name in ("Encrypt", "MsgSignature", "TimeStamp", "Nonce")}
        missing = [name for name, value in parts.items() if not isinstance(value, str) or not value]
        if missing:
            raise BadEnvelope(f"the sealed reply lacks {', '.join(missing)}")
        expected = self.sign(str(parts["TimeStamp"]), str(parts["Nonce"]), str(parts["Encrypt"]))
        if not hmac.compare_digest(expected.encode(), str(parts["MsgSignature"]).encode()):
            raise BadEnvelope("the reply's signature is wrong")
        return self.decrypt(str(parts["Encrypt"]))


@dataclass(frozen=True, slots=True)
class Sealed:
    """One delivery on the wire."""

    query: dict[str, str]
    body: bytes


def clean(text: str) -> str:
    """`text` without what XML and UTF-8 cannot carry."""
    return _NOT_XML.sub("", text)


def _cdata(text: str) -> str:
    return "<![CDATA[" + clean(text).replace("]]>", "]]]]><![CDATA[>") + "]]>"


_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def to_xml(fields: Mapping[str, Any], root: str = "xml") -> str:
    """XML the way the platforms write it: strings in CDATA, numbers bare, lists as repeated elements.

    Keys that are not element names are left out.
    """
    return f"<{root}>{_children(fields, 0)}</{root}>"


def _children(fields: Mapping[str, Any], depth: int) -> str:
    if depth > 8:
        return ""
    parts = []
    for name, value in fields.items():
        if not _NAME.fullmatch(str(name)):
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, Mapping):
                inside = _children(item, depth + 1)
            elif isinstance(item, bool) or item is None:
                inside = ""
            elif isinstance(item, float):
                inside = f"{item:.6f}".rstrip("0").rstrip(".")
            elif isinstance(item, int):
                inside = str(item)
            else:
                inside = _cdata(str(item))
            parts.append(f"<{name}>{inside}</{name}>")
    return "".join(parts)


def from_xml(text: str) -> dict[str, Any]:
    """The fields of an `<xml>` document: text, or nested dicts, with lists for repeated elements.

    Raises BadEnvelope; a document type (and so any entity) is refused.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise BadEnvelope("a document type is not allowed")
    try:
        # Entities, the only danger of this parser, were refused above.
        root = ElementTree.fromstring(text)  # noqa: S314
    except (ElementTree.ParseError, ValueError) as error:
        raise BadEnvelope(f"not XML: {error}") from error
    if root.tag != "xml":
        raise BadEnvelope("the root element is not <xml>")
    fields = _fields(root, 0)
    if not isinstance(fields, dict):
        raise BadEnvelope("the document has no elements")
    return fields


def _fields(element: ElementTree.Element, depth: int) -> Any:
    if depth > 16:
        raise BadEnvelope("nested too deeply")
    if not len(element):
        return element.text or ""
    fields: dict[str, Any] = {}
    for child in element:
        value = _fields(child, depth + 1)
        if child.tag not in fields:
            fields[child.tag] = value
        elif isinstance(fields[child.tag], list):
            fields[child.tag].append(value)
        else:
            fields[child.tag] = [fields[child.tag], value]
    return fields
