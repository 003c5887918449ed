"""The control interface: faults, the log, the clock, bounds, hostile requests, and the page's own calls."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

import sandbox
from sandbox.app import create_sandbox
from sandbox.config import ConfigInvalid, SandboxConfig
from sandbox.text import segments
from tests.sandbox.conftest import AGENT_ID, Clock, Street, config_for, words

HERE = Path(sandbox.__file__).parent


def test_the_demo_street_lives_here(street: Street) -> None:
    people = {person["key"]: person["channels"] for person in street.control("GET", "people")["people"]}
    assert len(people) == 18
    assert people["demo-resident-5"] == people["demo-rider-2"] == ["official"]
    assert people["demo-member-6"] == people["demo-grid-1"] == people["demo-dept-1"] == ["official", "wecom"]


def test_a_new_person_can_speak(street: Street) -> None:
    street.control("POST", "people", {"key": "visitor", "channel": "official", "name": "居民 小周"}, status=201)
    street.control("POST", "people", {"key": "visitor", "channel": "wecom"}, status=201)
    street.control("POST", "people", {"key": "visitor", "channel": "wecom"})
    street.say("visitor", text="您好")
    assert street.program.received[0].fields["FromUserName"] == "visitor"


def test_the_log_has_both_directions_before_and_after_the_seal(street: Street) -> None:
    street.program.answer = words("好的")
    street.say("demo-resident-1", text="路灯坏了")
    street.custom("demo-resident-1", "on the way")
    log = street.control("GET", "log")["log"]
    assert [call["direction"] for call in log] == ["callback", "api", "api"]
    callback = log[0]
    assert "路灯坏了" in callback["request_plain"] and "路灯坏了" not in callback["request_raw"]
    assert "好的" in callback["response_plain"] and "好的" not in callback["response_raw"]
    assert "Encrypt" in callback["request_raw"] and "Encrypt" in callback["response_raw"]
    assert "on the way" in log[2]["request_raw"] and '"errcode": 0' in log[2]["response_raw"]
    assert street.control("GET", f"log?after={log[1]['id']}")["log"] == log[2:]
    street.control("DELETE", "log")
    assert street.control("GET", "log")["log"] == []


def test_memory_is_bounded(open_street: Callable[..., Street]) -> None:
    street = open_street(bounds={"thread": 5, "log": 4, "log_body": 50, "media_count": 2, "people": 20})
    street.program.answer = words("好")
    for number in range(8):
        street.say("demo-resident-1", text=f"第{number}句" * 50)
    assert len(street.inbox("demo-resident-1")) <= 5
    log = street.control("GET", "log")["log"]
    assert len(log) == 4 and all(len(call["request_plain"]) <= 51 for call in log)
    for number in range(2):
        street.control("POST", "people", {"key": f"v{number}", "channel": "official"}, status=201)
    street.control("POST", "people", {"key": "one-too-many", "channel": "official"}, status=409)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": 5},
        {"text": "x" * 20_001},
        {"image": "not base64!"},
        {"image": base64.b64encode(b"hello").decode()},
        {"location": {"lat": 91, "lng": 0}},
        {"location": {"lat": "a", "lng": 0}},
        {"location": 1},
        {"voice": 5},
        {"event": {}},
        {"event": {"Event": "CLICK", "FromUserName": "other"}},
        {"text": "x", "channel": "wecom"},
        {"scan": "made-up"},
    ],
)
def test_what_cannot_be_said_is_refused_with_words(street: Street, body: dict[str, object]) -> None:
    answer = requests.post(f"{street.url}/api/people/demo-resident-1/say", json=body, timeout=5)
    assert answer.status_code in (400, 404) and answer.json()["error"]
    assert street.program.received == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 5000, b'{"text": "\\ud800"}'])
def test_a_hostile_body_is_never_a_500(street: Street, body: bytes) -> None:
    for path in (
        "people",
        "people/demo-resident-1/say",
        "people/demo-resident-1/press",
        "faults",
        "clock",
        "settle",
        "verify",
    ):
        answer = requests.post(f"{street.url}/api/{path}", data=body, timeout=5)
        assert answer.status_code < 500, path


def test_words_that_xml_cannot_carry_are_left_out(street: Street) -> None:
    street.say("demo-resident-1", text="灯\x00坏\x0b了\ud800")
    assert street.program.received[0].fields["Content"] == "灯坏了"


def test_nobody_and_nothing_are_404(street: Street) -> None:
    street.control("POST", "people/ghost/say", {"text": "x"}, status=404)
    street.control("GET", "people/ghost/inbox", status=404)
    street.press("demo-resident-1", "m99", "x", status=404)
    street.control("GET", "nothing", status=404)


def test_the_clock_moves_rules_and_not_what_is_sent(street: Street) -> None:
    street.control("POST", "clock", {"advance_seconds": 3600})
    street.say("demo-resident-1", text="一")
    street.control("POST", "clock", {"skew_seconds": -600})
    street.say("demo-resident-1", text="二")
    sent = [int(one.query["timestamp"]) for one in street.program.received]
    assert sent == [int(street.clock().timestamp()), int(street.clock().timestamp()) - 600]
    street.control("POST", "clock", {"advance_seconds": -1}, status=400)
    street.control("POST", "clock", {"advance_seconds": 1e300}, status=400)


def test_the_page_asks_only_for_what_is_new(street: Street) -> None:
    street.program.answer = words('好 <a href="weixin://bizmsgmenu?msgmenucontent=a&msgmenuid=b">点</a><b>')
    street.say("demo-resident-1", text="<i>")
    first = street.control("GET", "phones?since=0&keys=demo-resident-1,demo-rider-1,ghost")
    (phone,) = (phone for phone in first["phones"] if phone["entries"])
    assert [entry["mine"] for entry in phone["entries"]] == [True, False]
    assert phone["entries"][0]["segments"] == [{"text": "<i>"}]
    assert phone["entries"][1]["segments"][1] == {"text": "点", "link": {"id": "b", "content": "a"}}
    again = street.control("GET", f"phones?since={first['version']}&keys=demo-resident-1")
    assert again["phones"] == []


def test_a_changed_card_is_new_to_the_page(street: Street) -> None:
    code = street.card("demo-member-1")["response_code"]
    seen = street.control("GET", "phones?since=0&keys=demo-member-1")["version"]
    body = {"atall": 1, "agentid": AGENT_ID, "response_code": code, "button": {"replace_name": "已接单"}}
    street.call("wecom", "message/update_template_card", body)
    entries = street.control("GET", f"phones?since={seen}&keys=demo-member-1")["phones"][0]["entries"]
    assert entries[0]["replaced"] == "已接单"


def test_only_known_links_are_links() -> None:
    for text in (
        '<a href="javascript:alert(1)">x</a>',
        '<a href="http://[">x</a>',
        "<script>x</script>",
        '<a href="weixin://x">y</a>',
    ):
        assert segments(text) == [{"text": text}]
    assert segments('<a href="https://e/">x</a>') == [{"text": "x", "url": "https://e/"}]


def test_the_page_has_no_inline_script_and_builds_no_html_from_text(street: Street) -> None:
    page = requests.get(street.url, timeout=5)
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert "onclick" not in page.text and "<style" not in page.text
    assert re.findall(r"<script(?![^>]* src=)", page.text) == []
    files = [path for path in (HERE / "static").rglob("*") if path.is_file()]
    assert any(path.suffix == ".js" for path in files)
    for path in files:
        name = path.relative_to(HERE).as_posix()
        assert requests.get(f"{street.url}/{name}", timeout=5).status_code == 200, name
        if path.suffix == ".js":
            script = path.read_text(encoding="utf-8")
            assert not any(word in script for word in ("innerHTML", "insertAdjacentHTML", "document.write", "eval("))


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"official": {"mode": "loud"}}, "mode"),
        ({"official": {"encoding_aes_key": "short"}}, "encoding_aes_key"),
        ({"official": {"colour": "red"}}, "colour"),
        ({"official": {"secret": ""}}, "secret"),
        ({"rules": {"deliveries": -1}}, "deliveries"),
        ({"rules": {"deliveries": 2.5}}, "deliveries"),
        ({"rules": {"rain": 1}}, "rain"),
        ({"people": [{"key": "a", "channels": ["telegram"]}]}, "people.a.channels"),
    ],
)
def test_a_bad_configuration_names_its_key(change: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigInvalid, match=key):
        config_for("http://127.0.0.1:1", **change)


def test_a_sandbox_can_have_one_account_only() -> None:
    data = {"key": "wecom", "kind": "wecom", "corp_id": "ww", "agent_id": 1, "secret": "s", "token": "t"}
    key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
    config = SandboxConfig.from_dict(
        {"accounts": [{**data, "encoding_aes_key": key, "callback_url": "http://127.0.0.1:1"}]}
    )
    client = create_sandbox(config, Clock()).test_client()
    assert client.get("/official/cgi-bin/token").status_code == 404
    assert {channel for person in client.get("/api/people").get_json()["people"] for channel in person["channels"]} == {
        "wecom"
    }
