"""Group robots: what they take, how often, and what came."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import Street
from tests.sandbox.test_wecom import PNG

KEY = "demo-robot"


def say(street: Street, kind: str, body: Any, key: str = KEY) -> Any:
    url = f"{street.url}/wecom/cgi-bin/webhook/send"
    return requests.post(url, params={"key": key}, json={"msgtype": kind, kind: body}, timeout=5).json()


def picture(data: bytes, md5: str = "") -> dict[str, str]:
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
    return {"base64": base64.b64encode(data).decode(), "md5": md5 or digest}


def test_a_robot_shows_what_it_was_told(street: Street) -> None:
    url = f"{street.url}/wecom/cgi-bin/webhook/upload_media"
    file = requests.post(url, params={"key": KEY, "type": "file"}, files={"media": ("会议.txt", b"minutes")}, timeout=5)
    card = {"card_type": "text_notice", "main_title": {"title": "停水"}, "card_action": {"type": 1, "url": "http://x/"}}
    for kind, body in (
        ("text", {"content": "停电", "mentioned_list": ["@all"]}),
        ("markdown", {"content": "**停电**"}),
        ("image", picture(PNG)),
        ("news", {"articles": [{"title": "简报", "url": "http://x/"}]}),
        ("file", {"media_id": file.json()["media_id"]}),
        ("template_card", card),
    ):
        assert say(street, kind, body) == {"errcode": 0, "errmsg": "ok"}, kind
    got = street.control("GET", f"robots/{KEY}")["messages"]
    assert [(one["msgtype"], one["text"]) for one in got] == [
        ("text", "停电"),
        ("markdown", "**停电**"),
        ("image", ""),
        ("news", "简报"),
        ("file", "会议.txt"),
        ("template_card", "停水"),
    ]


@pytest.mark.parametrize(
    ("kind", "body", "code", "words"),
    [
        ("text", {"content": "x" * 5121}, 40058, "text.content exceed max length 5120"),
        ("markdown", {"content": "字" * 1366}, 40058, "markdown.content exceed max length 4096"),
        ("text", {"content": ""}, 44004, "empty content"),
        ("image", picture(PNG, "0" * 32), 301019, "md5"),
        ("image", picture(b"no picture"), 40123, "image"),
        ("news", {"articles": []}, 45008, "article"),
        ("file", {"media_id": "made-up"}, 40007, "media_id"),
        ("template_card", {"card_type": "button_interaction"}, 42031, "card_type"),
        ("poem", {"content": "x"}, 40008, "message type"),
    ],
)
def test_a_robot_refuses_what_the_platform_refuses(
    refusing_street: Street, kind: str, body: Any, code: int, words: str
) -> None:
    answer = say(refusing_street, kind, body)
    assert answer["errcode"] == code and words in answer["errmsg"]
    assert refusing_street.control("GET", f"robots/{KEY}")["messages"] == []


def test_the_21st_message_of_a_minute_is_refused(street: Street) -> None:
    codes = [say(street, "text", {"content": str(number)})["errcode"] for number in range(21)]
    assert codes == [0] * 20 + [45009]
    street.clock.move(seconds=61)
    assert say(street, "text", {"content": "x"})["errcode"] == 0


def test_a_key_that_nobody_has_is_refused(refusing_street: Street) -> None:
    assert say(refusing_street, "text", {"content": "x"}, key="made-up")["errcode"] == 93000
    url = f"{refusing_street.url}/wecom/cgi-bin/webhook/upload_media"
    answer = requests.post(url, params={"key": "made-up", "type": "file"}, files={"media": ("a", b"123456")}, timeout=5)
    assert "invalid param 'key'" in answer.json()["errmsg"]
    refusing_street.control("GET", "robots/made-up", status=404)
