"""wechat-crypto and @wecom/crypto from npm, the latter Tencent's own, open callbacks and seal the answers to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from sandbox.app import create_sandbox
from tests.clients.conftest import Node
from tests.sandbox.conftest import AES_KEY, APP_ID, CORP_ID, TOKEN, Clock, Program, Served, Street, config_for

VERIFICATIONS = 20
"""Ciphertext in base64 has a '+' and a '/' more often than not; twenty have both but for one time in ten million."""


class Place:
    """A sandbox whose callbacks go to a program in Node.js."""

    def __init__(self, node: Node, street: Street) -> None:
        self.node = node
        self.street = street

    def delivered(self) -> Any:
        """What the program says of the next callback."""
        return self.node.next()


@pytest.fixture
def open_place(start_node: Callable[..., Node]) -> Iterator[Callable[..., Place]]:
    served: list[Served] = []

    def open_one(**changes: Any) -> Place:
        known = {"token": TOKEN, "aesKey": AES_KEY, "appId": APP_ID, "corpId": CORP_ID}
        node = start_node("callbacks.js", json.dumps(known))
        clock = Clock()
        app = create_sandbox(config_for(f"http://127.0.0.1:{node.next()['port']}", **changes), clock)
        served.append(Served(app))
        return Place(node, Street(served[-1].url, Program(), clock, requests.Session(), app))

    yield open_one
    for one in served:
        one.stop()


def test_wechat_crypto_opens_a_message_in_the_safe_mode_and_its_reply_appears(open_place: Callable[..., Place]) -> None:
    place = open_place()
    said = place.street.say("demo-resident-1", text="路灯坏了 <&> 😀")
    came = place.delivered()
    assert came["genuine"]
    assert came["id"] == APP_ID
    assert "路灯坏了 <&> 😀" in came["message"]
    assert "路灯" not in came["body"]
    assert [attempt["error"] for attempt in said["deliveries"]] == [None]
    assert place.street.inbox("demo-resident-1")[-1]["text"] == "收到：路灯坏了 <&> 😀"


def test_wechat_crypto_opens_a_message_in_the_compatible_mode_beside_the_plain_one(
    open_place: Callable[..., Place],
) -> None:
    place = open_place(official={"mode": "compatible"})
    place.street.say("demo-resident-1", text="路灯坏了")
    came = place.delivered()
    assert came["genuine"]
    assert came["id"] == APP_ID
    assert "路灯坏了" in came["message"]
    assert "路灯坏了" in came["body"]
    assert place.street.inbox("demo-resident-1")[-1]["text"] == "收到：路灯坏了"


def test_wecom_crypto_opens_a_message_and_its_reply_appears(open_place: Callable[..., Place]) -> None:
    place = open_place()
    said = place.street.say("demo-member-1", "wecom", text="我在路上了 <&> 😀")
    came = place.delivered()
    assert came["genuine"]
    assert came["id"] == CORP_ID
    assert "我在路上了 <&> 😀" in came["message"]
    assert [attempt["error"] for attempt in said["deliveries"]] == [None]
    assert place.street.inbox("demo-member-1")[-1]["text"] == "收到：我在路上了 <&> 😀"


def test_every_length_of_a_message_is_padded_as_both_libraries_expect(open_place: Callable[..., Place]) -> None:
    place = open_place()
    for length in range(1, 34):
        for person, channel in (("demo-resident-1", "official"), ("demo-member-1", "wecom")):
            place.street.say(person, channel, text="a" * length)
            assert place.delivered()["genuine"]
            assert place.street.inbox(person)[-1]["text"] == f"收到：{'a' * length}"


def test_the_address_of_a_wecom_app_is_verified_whatever_characters_the_ciphertext_has(
    open_place: Callable[..., Place],
) -> None:
    place = open_place()
    met = []
    for _ in range(VERIFICATIONS):
        assert place.street.control("POST", "verify", {"channel": "wecom"}) == {"ok": True, "error": None}
        came = place.delivered()
        assert came["verified"]
        assert came["id"] == CORP_ID
        assert ("+" in came["echostr"]) == ("%2B" in came["raw"])
        met.append(came["echostr"])
    assert any("+" in echostr and "/" in echostr for echostr in met)


def test_the_address_of_an_official_account_is_verified(open_place: Callable[..., Place]) -> None:
    place = open_place()
    assert place.street.control("POST", "verify", {"channel": "official"}) == {"ok": True, "error": None}
    assert place.delivered()["verified"]


def test_a_program_with_another_key_is_not_understood(open_place: Callable[..., Place]) -> None:
    place = open_place(official={"app_id": "wxsomebodyelse001"})
    said = place.street.say("demo-resident-1", text="你好")
    # wechat-crypto leaves it to its user to compare the id; what it seals carries the one it was given.
    assert place.delivered()["id"] == "wxsomebodyelse001"
    assert len(said["deliveries"]) == 3
    assert all(attempt["error"] for attempt in said["deliveries"])
