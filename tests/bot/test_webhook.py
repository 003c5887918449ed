"""The platform's address in the real application: what is wrong is refused, nothing wrong is stored, nothing is a 500."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from bot.channels.envelope import BODY_CAP, signature, write_xml
from models.db import upgrade
from tests.bot.support import AYI, LI, NOISE, Street, build, fields_of, seal
from tests.channels.support import TOKEN, envelope


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, servers: Path) -> Iterator[Street]:
    """One street for everything that must leave no trace in it."""
    folder = tmp_path_factory.mktemp("webhook")
    url = f"sqlite:///{folder / 'huying.db'}"
    upgrade(url)
    with build(url, folder) as street:
        yield street


def trace(street: Street) -> tuple[int, int, int, int]:
    """What a message leaves behind."""
    return len(street.inbox()), len(street.tickets()), street.people(), len(street.huying.spool)


@pytest.fixture
def untouched(shared: Street) -> Iterator[Street]:
    before = trace(shared)
    yield shared
    assert trace(shared) == before


CHANNELS = pytest.mark.parametrize("channel", ["official", "wecom"])


@CHANNELS
def test_a_sealed_message_is_answered_with_a_sealed_reply(street: Street, channel: str) -> None:
    who = AYI if channel == "official" else LI
    reply = fields_of(street.deliver(who, channel=channel, Content=NOISE), channel)
    assert reply["ToUserName"] == who
    assert reply["MsgType"] == "text"
    assert reply["Content"].startswith("已受理，编号 ")
    assert street.reports() == [NOISE]


@CHANNELS
@pytest.mark.parametrize("wrong", ["", "0" * 40, "ü" * 40, "A" * 10_000])
def test_a_wrong_signature_is_403(untouched: Street, channel: str, wrong: str) -> None:
    path, body = untouched.callback(AYI, channel=channel, Content=NOISE)
    forged = f"{path.partition('&msg_signature=')[0]}&msg_signature={quote(wrong)}"
    assert untouched.post(forged, body).status_code == 403


@CHANNELS
def test_no_signature_at_all_is_403(untouched: Street, channel: str) -> None:
    _, body = untouched.callback(AYI, channel=channel, Content=NOISE)
    assert untouched.post(f"/wechat/{channel}", body).status_code == 403
    assert untouched.post(f"/wechat/{channel}", b"").status_code == 403


@CHANNELS
def test_a_body_over_the_cap_is_413(untouched: Street, channel: str) -> None:
    path, _ = untouched.callback(AYI, channel=channel, Content=NOISE)
    assert untouched.post(path, b"x" * (BODY_CAP + 1)).status_code == 413


@CHANNELS
@pytest.mark.parametrize("seconds", [-301, 301, -(10**9), 10**12])
def test_a_time_outside_the_window_is_403(untouched: Street, channel: str, seconds: int) -> None:
    stamp = int(untouched.now.timestamp()) + seconds
    assert untouched.post(*untouched.callback(AYI, channel=channel, stamp=stamp, Content=NOISE)).status_code == 403


@CHANNELS
@pytest.mark.parametrize("seconds", [-299, 299])
def test_a_clock_a_few_minutes_off_is_forgiven(street: Street, channel: str, seconds: int) -> None:
    stamp = int(street.now.timestamp()) + seconds
    assert street.post(*street.callback(AYI, channel=channel, stamp=stamp, Content=NOISE)).status_code == 200


@CHANNELS
@pytest.mark.parametrize("receive_id", ["wx-somebody-else", "w"])
def test_a_message_for_another_account_is_403(untouched: Street, channel: str, receive_id: str) -> None:
    stamp = int(untouched.now.timestamp())
    inner = write_xml({"FromUserName": AYI, "CreateTime": stamp, "MsgType": "text", "MsgId": 1, "Content": NOISE})
    path, body = seal(inner, channel=channel, stamp=stamp, receive_id=receive_id)
    assert untouched.post(path, body).status_code == 403


GARBAGE = [
    b"",
    b"no xml at all",
    b"<xml>",
    b"<html></html>",
    b"<xml></xml>",
    b'<!DOCTYPE xml [<!ENTITY a "b">]><xml><MsgType>&a;</MsgType></xml>',
    b"<xml>" * 50 + b"</xml>" * 50,
    b"<xml>" + b"<a/>" * 5000 + b"</xml>",
    write_xml({"MsgType": "text", "Content": "nobody"}),
    write_xml({"FromUserName": AYI, "CreateTime": "soon", "MsgType": "text"}),
    write_xml({"FromUserName": AYI, "CreateTime": 10**13, "MsgType": "text"}),
    write_xml({"FromUserName": "x" * 129, "CreateTime": 1, "MsgType": "text"}),
    write_xml({"FromUserName": AYI, "CreateTime": 1, "MsgType": "location", "Location_X": "nan", "Location_Y": 0}),
    write_xml({"FromUserName": AYI, "CreateTime": 1, "MsgType": "location", "Location_X": 91, "Location_Y": 0}),
    write_xml({"FromUserName": AYI, "CreateTime": 1, "MsgType": "event"}),
    b"\xff\xfe\x00<",
]


@CHANNELS
@pytest.mark.parametrize("inner", GARBAGE)
def test_signed_garbage_is_400(untouched: Street, channel: str, inner: bytes) -> None:
    path, body = seal(inner, channel=channel, stamp=int(untouched.now.timestamp()))
    assert untouched.post(path, body).status_code == 400


@CHANNELS
@pytest.mark.parametrize("encrypt", ["", "!", "AAAA", "A" * 64, "A" * 65, "汉字"])
def test_signed_but_not_sealed_is_400(untouched: Street, channel: str, encrypt: str) -> None:
    stamp = str(int(untouched.now.timestamp()))
    query = f"timestamp={stamp}&nonce=n&msg_signature={signature(TOKEN, stamp, 'n', encrypt)}"
    body = write_xml({"ToUserName": "gh_1", "Encrypt": encrypt})
    assert untouched.post(f"/wechat/{channel}?{query}", body).status_code == 400


@CHANNELS
@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "hologram"},
        {"kind": "event", "Event": "LOCATION", "Latitude": 1, "Longitude": 2},
        {"kind": "event", "Event": "view", "EventKey": "http://127.0.0.1/"},
        {"kind": "event", "Event": "something_new_in_2031"},
        {"kind": "event", "Event": "MASSSENDJOBFINISH"},
    ],
)
def test_what_we_do_not_know_is_acknowledged_and_leaves_no_trace(
    untouched: Street, channel: str, fields: dict[str, str]
) -> None:
    response = untouched.deliver(AYI, channel=channel, **fields)
    assert (response.status_code, response.data) == (200, b"success")


def test_an_account_that_is_not_ours_is_404(untouched: Street) -> None:
    path, body = untouched.callback(AYI, Content=NOISE)
    assert untouched.post(path.replace("official", "unofficial"), body).status_code == 404
    assert untouched.door.get("/wechat/nobody").status_code == 404
    assert untouched.door.put(path, data=body).status_code == 405


def test_the_official_account_is_verified_by_its_echo(untouched: Street) -> None:
    stamp = str(int(untouched.now.timestamp()))
    query = {"timestamp": stamp, "nonce": "n", "signature": signature(TOKEN, stamp, "n"), "echostr": "5837219"}
    client = untouched.door
    response = client.get("/wechat/official", query_string=query)
    assert (response.status_code, response.data, response.mimetype) == (200, b"5837219", "text/plain")
    assert client.get("/wechat/official", query_string={**query, "signature": "0" * 40}).status_code == 403
    assert client.get("/wechat/official", query_string={**query, "timestamp": "1"}).status_code == 403
    assert client.get("/wechat/official").status_code == 403
    # What is echoed is never a page.
    evil = client.get("/wechat/official", query_string={**query, "echostr": "<script>alert(1)</script>"})
    assert evil.mimetype == "text/plain"


def test_wecom_is_verified_by_the_opened_echo(untouched: Street) -> None:
    stamp = str(int(untouched.now.timestamp()))
    sealed = envelope("ww0000000000000001").encrypt(b"1616140317555161061")
    query = {
        "timestamp": stamp,
        "nonce": "n",
        "msg_signature": signature(TOKEN, stamp, "n", sealed),
        "echostr": sealed,
    }
    client = untouched.door
    assert client.get("/wechat/wecom", query_string=query).data == b"1616140317555161061"
    assert client.get("/wechat/wecom", query_string={**query, "msg_signature": "0" * 40}).status_code == 403
    assert client.get("/wechat/wecom", query_string={**query, "echostr": "AAAA"}).status_code == 403
    assert client.get("/wechat/wecom").status_code == 403


# ---------------------------------------------------------------- anything at all

ANYTHING = effort(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@CHANNELS
@ANYTHING
@given(body=st.binary(max_size=2000), query=st.dictionaries(st.text(max_size=20), st.text(max_size=50), max_size=6))
@example(body=b"<xml><Encrypt></Encrypt></xml>", query={"timestamp": "１２３", "nonce": "\x00", "msg_signature": "é"})
def test_nothing_random_is_a_fault_or_leaves_a_trace(
    untouched: Street, channel: str, body: bytes, query: dict[str, str]
) -> None:
    stamped = {"timestamp": str(int(untouched.now.timestamp())), "nonce": "n", **query}
    client = untouched.door
    assert client.post(f"/wechat/{channel}", query_string=stamped, data=body).status_code in (400, 403)
    assert client.get(f"/wechat/{channel}", query_string=stamped).status_code in (400, 403)


@CHANNELS
@ANYTHING
@given(bit=st.integers(min_value=0))
def test_a_message_with_one_bit_turned_is_refused(untouched: Street, channel: str, bit: int) -> None:
    path, body = untouched.callback(AYI, channel=channel, number=1, Content=NOISE)
    # A turned bit outside of what is sealed changes nothing that counts.
    begin, end = body.index(b"<Encrypt><![CDATA[") + 18, body.index(b"]]></Encrypt>")
    place = begin + bit // 8 % (end - begin)
    turned = bytearray(body)
    turned[place] ^= 1 << bit % 8
    assert untouched.post(path, bytes(turned)).status_code in (400, 403)


@CHANNELS
@ANYTHING
@given(data=st.binary(max_size=600))
def test_whatever_is_sealed_by_the_platform_itself_is_no_fault(untouched: Street, channel: str, data: bytes) -> None:
    path, body = seal(data, channel=channel, stamp=int(untouched.now.timestamp()))
    assert untouched.post(path, body).status_code == 400


NAMES = ("MsgType", "Event", "Content", "MediaId", "PicUrl", "EventKey", "Recognition", "Label", "Ticket", "TaskId",
         "ResponseCode", "bizmsgmenuid", "Status", "UserID", "ChangeType", "Location_X", "Location_Y")  # fmt: skip
VALUES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["text", "image", "voice", "video", "location", "link", "event", "subscribe", "unsubscribe", "SCAN",
                     "CLICK", "template_card_event", "TEMPLATESENDJOBFINISH", "change_contact", "delete_user", "30.5",
                     "接单", "!skill x", "!split 1", "1", "评价 0001 3", "绑定", "删除我的信息"]),
)  # fmt: skip


@CHANNELS
@effort(max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["text", "image", "voice", "video", "location", "link", "event"]),
    fields=st.dictionaries(st.sampled_from(NAMES[1:]), VALUES, max_size=8),
)
def test_whatever_stands_in_the_fields_of_a_message_is_no_fault(
    shared: Street, channel: str, kind: str, fields: dict[str, Any]
) -> None:
    response = shared.post(*shared.callback(f"guest-{random.randrange(5)}", kind, channel=channel, **fields))
    assert response.status_code in (200, 400)
    # A fault inside would have been answered all the same, from the spool.
    assert len(shared.huying.spool) == 0


def test_a_thousand_strangers_words_never_break_the_street(shared: Street) -> None:
    assert shared.say(AYI, "\u202e\u0000路灯\ufffe坏了\u200b" * 40).startswith(("已受理", "您"))
    assert len(shared.huying.spool) == 0
