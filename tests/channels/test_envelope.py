"""The envelope against public figures, the order of its checks, and hostile XML."""

from __future__ import annotations

import base64
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import CallbackRefused, Forged, Garbage, TooLarge
from bot.channels.envelope import BODY_CAP, Envelope, read_xml, signature, write_xml
from tests.channels.support import AES_KEY, APP_ID, NOW, STAMP, TOKEN, envelope, official, plain_query, sealed, xml

VECTORS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("vectors.json").read_text())


def test_there_are_fifteen_public_vectors() -> None:
    assert len(VECTORS) == 15


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_public_vector(vector: dict[str, Any]) -> None:
    if vector["kind"] == "signature":
        assert signature(*vector["parts"]) == vector["expect"]
        return
    ours = Envelope(vector.get("token", ""), vector["aes"], vector["receiveid"])
    assert ours.open(vector["encrypt"]).decode() == vector["plain"]
    assert ours.encrypt(vector["plain"].encode(), random=vector["random"].encode("latin-1")) == vector["encrypt"]
    if "msg_signature" in vector:
        assert ours.sign(vector["timestamp"], vector["nonce"], vector["encrypt"]) == vector["msg_signature"]


def test_a_sealed_reply_has_the_public_figures() -> None:
    vector = next(vector for vector in VECTORS if vector["name"] == "wechatpy-encrypt-reply")
    ours = Envelope(vector["token"], vector["aes"], vector["receiveid"])
    reply = ours.seal(
        vector["plain"].encode(),
        timestamp=vector["timestamp"],
        nonce=vector["nonce"],
        random=vector["random"].encode(),
    )
    assert read_xml(reply) == {
        "Encrypt": vector["encrypt"],
        "MsgSignature": vector["msg_signature"],
        "TimeStamp": vector["timestamp"],
        "Nonce": vector["nonce"],
    }


@given(st.binary(max_size=300))
def test_whatever_is_sealed_can_be_opened(plain: bytes) -> None:
    assert envelope().open(envelope().encrypt(plain)) == plain


def raw(buffer: bytes) -> str:
    """Ciphertext of a buffer that need not be well made."""
    key = base64.b64decode(AES_KEY + "=")
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(buffer) + encryptor.finalize()).decode()


def padded(buffer: bytes, pad: int) -> str:
    return raw(buffer + bytes([pad]) * pad)


HEAD = b"r" * 16


@pytest.mark.parametrize("pad", range(1, 33))
def test_every_pad_from_1_to_32_is_right(pad: int) -> None:
    for blocks in range(4):
        length = 16 * blocks + 96 - pad - 20 - len(APP_ID)
        buffer = HEAD + length.to_bytes(4, "big") + b"x" * length + APP_ID.encode()
        assert envelope().open(padded(buffer, pad)) == b"x" * length


@pytest.mark.parametrize(
    "encrypt",
    [
        raw(HEAD + b"\0\0\0\0" + APP_ID.encode() + b"\x00" * 10),
        raw(HEAD + b"\0\0\0\0" + APP_ID.encode() + b"\x21" * 10),
        raw(HEAD + b"\0\0\0\0" + APP_ID.encode() + b"\x0a" * 8 + b"\x0b\x0a"),
        raw(b"\x20" * 32),
        raw(b"\x10" * 16),
        padded(HEAD + b"\xff\xff\xff\xff" + b"x" * 10, 2),
        padded(HEAD + b"\0\0\0\x0c" + b"x" * 11, 1),
        "",
        "====",
        "AAAA",
        "\N{FULLWIDTH LATIN CAPITAL LETTER A}" * 8,
        base64.b64encode(b"x" * 17).decode(),
    ],
)
def test_a_signed_but_broken_seal_is_garbage(encrypt: str) -> None:
    with pytest.raises(Garbage):
        envelope().open(encrypt)


@pytest.mark.parametrize("other", ["", "wx0000000000000002", APP_ID + "x", APP_ID[:-1]])
def test_a_message_for_another_account_is_forged(other: str) -> None:
    query, body = sealed(xml("text", Content="hello", MsgId=1), receive_id=other)
    with pytest.raises(Forged, match="another account"):
        official().read(query, body, now=NOW)


# The order of the checks: each callback has every later fault too.


def test_size_is_checked_before_time() -> None:
    with pytest.raises(TooLarge):
        official().read({"timestamp": "1"}, b"x" * (BODY_CAP + 1), now=NOW)


def test_time_is_checked_before_the_signature() -> None:
    with pytest.raises(Forged, match="timestamp"):
        official().read({"timestamp": "1", "msg_signature": "no"}, xml("text"), now=NOW)


def test_the_signature_is_checked_before_the_padding() -> None:
    query = {**plain_query(), "msg_signature": "no"}
    with pytest.raises(Forged, match="msg_signature"):
        official().read(query, write_xml({"Encrypt": "AAAA"}), now=NOW)


def test_the_padding_is_checked_before_the_receiveid() -> None:
    encrypt = raw(HEAD + b"\0\0\0\0" + b"another" + b"\x00" * 5)
    query = {**plain_query(), "msg_signature": signature(TOKEN, STAMP, "n1", encrypt)}
    with pytest.raises(Garbage, match="padding"):
        official().read(query, write_xml({"Encrypt": encrypt}), now=NOW)


@pytest.mark.parametrize("shift", [-301, 301, 10**9])
def test_a_callback_outside_five_minutes_is_refused(shift: int) -> None:
    query, body = sealed(xml("text", Content="hello", MsgId=1), stamp=str(int(STAMP) + shift))
    with pytest.raises(Forged, match="timestamp"):
        official().read(query, body, now=NOW)


@pytest.mark.parametrize("shift", [-300, 0, 300])
def test_a_callback_inside_five_minutes_is_read(shift: int) -> None:
    query, body = sealed(xml("text", Content="hello", MsgId=1), stamp=str(int(STAMP) + shift))
    assert official().read(query, body, now=NOW) is not None


@pytest.mark.parametrize("stamp", ["", "x", "-1", "1e9", "\N{FULLWIDTH DIGIT ONE}", "9" * 400, " 1", "\udc80"])
def test_a_timestamp_that_is_no_number_is_refused(stamp: str) -> None:
    with pytest.raises(Forged):
        official("plain").read({"timestamp": stamp, "signature": "x"}, xml("text"), now=NOW)


@pytest.mark.parametrize("given_signature", ["", "\N{PILE OF POO}", "\udc80", "A" * 5000])
def test_a_signature_that_is_not_ascii_is_refused_like_any_other(given_signature: str) -> None:
    with pytest.raises(Forged):
        official("plain").read({**plain_query(), "signature": given_signature}, xml("text"), now=NOW)


# XML


BOMB = (
    b'<!DOCTYPE xml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b"<xml><MsgType>text</MsgType><Content>&b;</Content></xml>"
)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<xml>",
        b"<other></other>",
        b"<xml></xml><xml></xml>",
        BOMB,
        b'<!DOCTYPE xml SYSTEM "http://127.0.0.1/x.dtd"><xml></xml>',
        b'<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]><xml>&x;</xml>',
        b"<xml>" + b"<a>" * 100_000,
        b"<xml>" + b"<a>" * 20 + b"</a>" * 20 + b"</xml>",
        b"<xml>" + b"<a/>" * 10_000 + b"</xml>",
        b"<xml>\xff\xfe</xml>",
        b"<xml>&undefined;</xml>",
        '<?xml version="1.0" encoding="utf-16"?><xml></xml>'.encode("utf-16"),
    ],
)
def test_hostile_xml_is_garbage(body: bytes) -> None:
    with pytest.raises(Garbage):
        read_xml(body)


def test_a_document_cannot_choose_its_encoding() -> None:
    body = '<?xml version="1.0" encoding="latin-1"?><xml><a>灯</a></xml>'.encode()
    assert read_xml(body) == {"a": "灯"}


def test_repeated_children_become_a_list_and_one_stays_alone() -> None:
    assert read_xml(b"<xml><i>1</i><j><k>2</k></j><i>3</i><i><k>4</k></i></xml>") == {
        "i": ["1", "3", {"k": "4"}],
        "j": {"k": "2"},
    }


def test_control_characters_cost_a_message_nothing_but_themselves() -> None:
    assert read_xml(b"<xml><Content><![CDATA[a\x08b\x00c]]></Content></xml>") == {"Content": "abc"}


@pytest.mark.parametrize("text", ["]]>", "]]]]>>", "a]]>b]]>c", "<![CDATA[x]]>", "]]", "&lt;", "灯\U0001f4a1"])
def test_text_that_looks_like_markup_survives_writing(text: str) -> None:
    assert read_xml(write_xml({"Content": text})) == {"Content": text}


@given(st.text().map(lambda text: "".join(filter(str.isprintable, text))))
def test_any_text_survives_writing(text: str) -> None:
    assert read_xml(write_xml({"Content": text})) == {"Content": text}


@given(st.binary(max_size=400))
def test_random_bytes_are_garbage_or_fields(body: bytes) -> None:
    with contextlib.suppress(CallbackRefused):
        assert isinstance(read_xml(body), dict)
