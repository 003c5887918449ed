"""Whatever is sent to the control interface or to a platform's API, the answer is one, and never a stack trace."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.app import create_sandbox
from sandbox.events import _EVENTS
from tests.sandbox.conftest import AGENT_ID, APP_ID, CORP_ID, SECRET, Clock, config_for
from tests.sandbox.test_kf import ACCOUNT

LI = "demo-member-1"
PEOPLE = ("demo-resident-1", LI, "ghost", "a/b", "％")
EVENTS = sorted({name for known in _EVENTS.values() for name in known})
NAMES = st.sampled_from(
    [
        *("text", "image", "voice", "video", "location", "link", "event", "scan", "unchecked", "channel"),
        *("message", "button", "selected", "kind", "times", "seconds", "delay_seconds", "skew_seconds", "key", "name"),
        *("advance_seconds", "lat", "lng", "label", "data", "recognition", "format", "url", "title", "description"),
        *("Event", "EventKey", "Ticket", "ScanCodeInfo", "ScanResult", "SendPicsInfo", "PicList", "item", "List"),
        *("touser", "toparty", "totag", "msgtype", "agentid", "content", "media_id", "articles", "msgmenu", "list"),
        *("template_card", "card_type", "task_id", "main_title", "button_list", "response_code", "userids", "atall"),
        *("template_id", "value", "appid", "secret", "grant_type", "force_refresh", "openid", "action_name", "scene"),
        *("enter_session", "user_recall_msg", "recall_msgid", "welcome_code", "text_notice", "buttons"),
        *("action_info", "scene_id", "expire_seconds", "cursor", "open_kfid", "msgid", "limit", "token", "id", "tag"),
    ]
)
WORDS = st.sampled_from(
    [
        *EVENTS,
        *("demo-resident-1", "demo-member-1|ghost", "@all", "official", "wecom", "text", "template_card", "msgmenu"),
        *("button_interaction", "QR_STR_SCENE", "client_credential", "busy", "reset", "duplicate", "a", "1", "", "-1"),
        *("m1", "\ud800", "\x00", "]]>", "<xml>", "%00", "9" * 400, "x" * 3000, APP_ID, CORP_ID, SECRET, "data:,"),
    ]
)
NUMBERS = st.sampled_from([0, 1, -1, AGENT_ID, 2**31, 2**63, 10**400, 1.5, -0.0, 1e308, float("nan"), float("inf")])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=4), inner, max_size=5),
    max_leaves=12,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=6)
BODIES = OBJECTS.map(lambda body: json.dumps(body).encode()) | VALUES.map(lambda body: json.dumps(body).encode())
ACTS = st.sampled_from(["text", "image", "voice", "video", "shortvideo", "location", "link", "event", "scan"])
SAID = st.tuples(ACTS, VALUES, VALUES).map(lambda drawn: {drawn[0]: drawn[1], "unchecked": drawn[2] is True})
PRESSED = st.fixed_dictionaries(
    {"message": st.sampled_from(["m1", "m2", "m3", "m4", "m99"]), "button": st.just("accept 7") | VALUES},
    optional={"selected": st.dictionaries(st.sampled_from(["when", "made-up"]), VALUES) | VALUES},
)
RAW = st.binary(max_size=200) | st.sampled_from(
    [b"[" * 9000, b'{"a":' * 9000, b"\xff\xfe", b"null", b'{"text": "\\ud800"}']
)
EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


CARD = {
    "touser": LI,
    "agentid": AGENT_ID,
    "msgtype": "template_card",
    "template_card": {
        "card_type": "button_interaction",
        "task_id": "task-1",
        "main_title": {"title": "新任务"},
        "button_list": [{"text": "接单", "key": "accept 7"}],
        "button_selection": {"question_key": "when", "option_list": [{"id": "today", "text": "今天"}]},
    },
}


def token_of(client: FlaskClient, path: str) -> str:
    """A valid token for the API of this path, where no fault is in the way."""
    official = {"grant_type": "client_credential", "appid": APP_ID, "secret": SECRET}
    wecom = {"corpid": CORP_ID, "corpsecret": SECRET}
    if path.startswith("/official"):
        answer = client.get("/official/cgi-bin/token", query_string=official)
    else:
        answer = client.get("/wecom/cgi-bin/gettoken", query_string=wecom)
    return str(answer.get_json().get("access_token", ""))


@pytest.fixture(scope="module")
def app() -> Iterator[Flask]:
    """A sandbox nobody answers; an exception of its own fails the test."""
    config = config_for("http://127.0.0.1:9", also=[ACCOUNT], rules={"deliveries": 1, "timeout_seconds": 1})
    app = create_sandbox(config, Clock())
    app.testing = True
    client = app.test_client()
    client.post("/api/people", data=json.dumps({"key": LI, "channel": "desk"}))
    client.post(f"/api/people/{LI}/say", data='{"text": "a message and the sentence that the service failed"}')
    token = token_of(client, "/wecom/")
    client.post("/wecom/cgi-bin/message/send", query_string={"access_token": token}, data=json.dumps(CARD))
    # So that the slow fault and the pauses between deliveries last no time.
    app.extensions["sandbox"].closing.set()
    yield app


def fits(status: int, body: bytes) -> None:
    assert status < 500 or status == 502, body[:500]
    assert b"Traceback" not in body


def quiet(client: FlaskClient) -> None:
    client.delete("/api/faults")


@EXAMPLES
@given(
    person=st.sampled_from(PEOPLE),
    act=st.sampled_from(["say", "press", "login-code"]),
    channel=st.sampled_from(["official", "wecom", "desk", "", "telegram"]),
    body=BODIES | RAW,
)
def test_nothing_a_person_does_breaks_the_sandbox(app: Flask, person: str, act: str, channel: str, body: bytes) -> None:
    client = app.test_client()
    answer = client.post(f"/api/people/{person}/{act}", query_string={"channel": channel}, data=body)
    fits(answer.status_code, answer.data)
    if answer.status_code >= 400:
        assert answer.get_json()["error"]


@settings(EXAMPLES, max_examples=200)
@given(channel=st.sampled_from(["official", "wecom", "desk"]), said=SAID)
def test_nothing_a_person_says_breaks_the_sandbox(app: Flask, channel: str, said: dict[str, Any]) -> None:
    client = app.test_client()
    for body in (said, {"event": "subscribe"}):
        answer = client.post(f"/api/people/{LI}/say", query_string={"channel": channel}, data=json.dumps(body))
        fits(answer.status_code, answer.data)


@EXAMPLES
@given(pressed=PRESSED)
def test_nothing_a_person_presses_breaks_the_sandbox(app: Flask, pressed: dict[str, Any]) -> None:
    answer = app.test_client().post(f"/api/people/{LI}/press", data=json.dumps(pressed))
    fits(answer.status_code, answer.data)


@EXAMPLES
@given(channel=st.sampled_from(["official", "wecom", "desk"]), name=st.sampled_from(EVENTS), fields=OBJECTS)
def test_no_event_that_somebody_made_up_breaks_the_sandbox(
    app: Flask, channel: str, name: str, fields: dict[str, Any]
) -> None:
    client = app.test_client()
    for unchecked in (False, True):
        body = json.dumps({"event": {**fields, "Event": name}, "unchecked": unchecked})
        answer = client.post(f"/api/people/{LI}/say", query_string={"channel": channel}, data=body)
        fits(answer.status_code, answer.data)
    client.post(f"/api/people/{LI}/say", query_string={"channel": channel}, data='{"event": "subscribe"}')


@EXAMPLES
@given(
    path=st.sampled_from(["people", "faults", "clock", "settle", "verify", "log", "phones", "accounts", "scenes"]),
    method=st.sampled_from(["GET", "POST", "DELETE", "PUT"]),
    query=st.dictionaries(st.sampled_from(["since", "key", "keys", "after", "limit", "kind", "channel"]), WORDS),
    body=BODIES | RAW,
)
def test_nothing_asked_of_the_control_interface_breaks_it(
    app: Flask, path: str, method: str, query: dict[str, str], body: bytes
) -> None:
    client = app.test_client()
    query = {name: value.encode("utf-8", "replace").decode() for name, value in query.items()}
    answer = client.open(f"/api/{path}", method=method, query_string=query, data=body)
    fits(answer.status_code, answer.data)
    quiet(client)


def calls(app: Flask) -> list[tuple[str, str]]:
    """Every call of both platforms' APIs: method and path."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(("/official", "/wecom")):
            path = re.sub(r"<[^>]*>", "made-up", rule.rule)
            found += [(method, path) for method in ("GET", "POST") if method in (rule.methods or ())]
    return sorted(found)


@settings(EXAMPLES, max_examples=300)
@given(data=st.data())
def test_nothing_asked_of_a_platform_breaks_it(app: Flask, data: st.DataObject) -> None:
    client = app.test_client()
    method, path = data.draw(st.sampled_from(calls(app)))
    token = token_of(client, path)
    more = data.draw(st.dictionaries(st.sampled_from(["type", "media_id", "openid", "userid", "code", "id"]), WORDS))
    query = {"access_token": token, **{name: value.encode("utf-8", "replace").decode() for name, value in more.items()}}
    answer = client.open(path, method=method, query_string=query, data=data.draw(BODIES | RAW))
    fits(answer.status_code, answer.data)
