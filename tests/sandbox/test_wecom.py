"""What WeCom's API sends, drops, updates and refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from sandbox.platform_wecom import CALLS
from tests.sandbox.conftest import AGENT_ID, CORP_ID, Street

NAMES = [
    "touser",
    "toparty",
    "totag",
    "msgtype",
    "text",
    "content",
    "userid",
    "userids",
    "useridlist",
    "userlist",
    "partylist",
    "department",
    "id",
    "parentid",
    "name",
    "tagid",
    "tagname",
    "chatid",
    "owner",
    "add_user_list",
    "button",
    "template_card",
    "response_code",
    "atall",
    "partyids",
    "tagids",
    "open_kfid",
    "cursor",
    "token",
    "limit",
    "msgid",
    "external_userid",
    "service_state",
    "userid_list",
    "external_userid_list",
    "media_id",
    "url",
    "md5",
    "scene",
    "type",
    "jobid",
    "filename",
    "code",
    "user_ticket",
    "openid",
    "mobile",
    "email",
    "key",
    "corpid",
    "corpsecret",
    "department_id",
    "description",
    "order",
    "name_en",
]
"""Names of parameters, all of which get the same strange value at once."""


def text(street: Street, users: str, content: str = "您好", **extra: Any) -> Any:
    body = {"touser": users, "agentid": AGENT_ID, "msgtype": "text", "text": {"content": content}, **extra}
    return street.call("wecom", "message/send", body)


def test_the_token_stays_the_same_while_it_is_valid(street: Street) -> None:
    first = street.new_token("wecom")
    assert street.new_token("wecom") == first
    street.clock.move(seconds=7200)
    assert street.new_token("wecom") != first
    street.tokens["wecom"] = first
    assert text(street, "demo-member-1")["errcode"] == 42001


@pytest.mark.parametrize(("wrong", "code"), [({"corpid": "ww0"}, 40013), ({"corpsecret": "no"}, 40001)])
def test_a_wrong_corp_gets_no_token(refusing_street: Street, wrong: dict[str, str], code: int) -> None:
    query = {"corpid": CORP_ID, "corpsecret": "x", **wrong}
    answer = requests.get(f"{refusing_street.url}/wecom/cgi-bin/gettoken", params=query, timeout=5).json()
    assert answer["errcode"] == code and "hint: [" in answer["errmsg"]


def test_an_unknown_member_is_named_and_the_others_get_it(street: Street) -> None:
    answer = text(street, "demo-member-1|Ghost")
    assert (answer["errcode"], answer["invaliduser"]) == (0, "ghost")
    assert street.inbox("demo-member-1")[-1]["text"] == "您好"


def test_only_unknown_members_is_81013_and_nobody_is_82001(street: Street) -> None:
    assert text(street, "ghost|demo-resident-1")["errcode"] == 81013
    assert text(street, "")["errcode"] == 82001


def test_everybody_gets_what_is_sent_to_all(street: Street) -> None:
    text(street, "@all")
    assert len(street.inbox("demo-member-6")) == len(street.inbox("demo-dept-1")) == 1
    assert street.inbox("demo-rider-1") == []


def test_a_token_is_good_for_its_own_app_only(open_street: Callable[..., Street]) -> None:
    street = open_street(also=[{"key": "other", "agent_id": 5, "secret": "other-secret"}])
    body = {"touser": "demo-member-1", "msgtype": "text", "text": {"content": "x"}}
    assert street.call("wecom", "message/send", body)["errcode"] == 41011
    assert street.call("wecom", "message/send", {**body, "agentid": 5})["errcode"] == 301002
    assert street.call("wecom", "message/send", {**body, "agentid": 6})["errcode"] == 40056
    assert street.as_app("other-secret", "message/send", {**body, "agentid": 5})["errcode"] == 81013
    assert street.call("wecom", "message/send", {**body, "agentid": AGENT_ID})["errcode"] == 0


def test_the_31st_message_of_a_minute_is_dropped_without_a_word(street: Street) -> None:
    assert {text(street, "demo-member-1", str(number))["errcode"] for number in range(31)} == {0}
    assert len(street.inbox("demo-member-1")) == 30
    street.clock.move(seconds=61)
    text(street, "demo-member-1")
    assert len(street.inbox("demo-member-1")) == 31


def test_the_same_words_within_half_an_hour_are_dropped_where_asked(street: Street) -> None:
    for _ in range(2):
        assert text(street, "demo-member-1", enable_duplicate_check=1)["errcode"] == 0
    assert len(street.inbox("demo-member-1")) == 1
    street.clock.move(seconds=1801)
    text(street, "demo-member-1", enable_duplicate_check=1)
    assert len(street.inbox("demo-member-1")) == 2


def test_long_words_are_cut_at_2048_bytes(street: Street) -> None:
    text(street, "demo-member-1", "字" * 1000)
    assert street.inbox("demo-member-1")[-1]["text"] == "字" * 682


def test_a_recalled_message_disappears_within_a_day(street: Street) -> None:
    first, second = text(street, "demo-member-1", "错了")["msgid"], text(street, "demo-member-1", "对了")["msgid"]
    assert street.call("wecom", "message/recall", {"msgid": first})["errcode"] == 0
    assert [entry["text"] for entry in street.inbox("demo-member-1")] == ["", "对了"]
    street.control("POST", "clock", {"advance_seconds": 24 * 3600})
    street.tokens.clear()
    assert street.call("wecom", "message/recall", {"msgid": second})["errcode"] == 42052


def test_a_login_code_names_its_member_once(street: Street) -> None:
    code = street.control("POST", "people/demo-staff-1/login-code")["code"]
    assert street.call("wecom", "auth/getuserinfo", code=code)["userid"] == "demo-staff-1"
    assert street.call("wecom", "auth/getuserinfo", code=code)["errcode"] == 40029


def test_a_member_is_found_and_a_resident_is_not(street: Street) -> None:
    assert street.call("wecom", "user/get", userid="demo-staff-1")["name"] == "香樟社区 徐静"
    assert street.call("wecom", "user/get", userid="demo-resident-1")["errcode"] == 60111


VALUES: tuple[Any, ...] = (None, -1, 1, 2**70, 1e300, "", "x", "字" * 3000, [], [[]], {}, [{}])
STRANGE: tuple[dict[str, Any], ...] = ({}, *(dict.fromkeys(NAMES, value) for value in VALUES))


def test_no_call_breaks_on_rubbish(refusing_street: Street) -> None:
    token, client = refusing_street.new_token("wecom"), refusing_street.app.test_client()
    for call in CALLS:
        url = f"/wecom/cgi-bin/{call.path}"
        for body in (b"", b"{", b"[]", b"\xff", *(json.dumps({"agentid": AGENT_ID} | one).encode() for one in STRANGE)):
            answer = client.post(url, query_string={"access_token": token, "agentid": AGENT_ID}, data=body)
            assert answer.status_code == 200 and "errcode" in answer.get_json(force=True), (call.path, body[:80])
        for value in ("", "x", "-1", "99999999999999999999", "字"):
            query = {**dict.fromkeys(NAMES, value), "access_token": token}
            answer = client.get(url, query_string=query)
            assert answer.status_code == 200 and "errcode" in answer.get_json(force=True), (call.path, value)


PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64
AMR = b"#!AMR\n" + b"0" * 64
MP4 = b"\x00\x00\x00\x18ftypmp42" + b"0" * 64


def upload(street: Street, kind: str, data: bytes, name: str = "x.bin", path: str = "media/upload") -> Any:
    query = {"access_token": street.new_token("wecom"), "type": kind}
    url = f"{street.url}/wecom/cgi-bin/{path}"
    return requests.post(url, params=query, files={"media": (name, data)}, timeout=5).json()


def send(street: Street, kind: str, body: Any) -> Any:
    data = {"touser": "demo-member-1", "agentid": AGENT_ID, "msgtype": kind, kind: body}
    return street.call("wecom", "message/send", data)


def test_every_kind_of_message_reaches_the_phone(street: Street) -> None:
    ids = {
        kind: upload(street, kind, data)["media_id"]
        for kind, data in (("image", PNG), ("voice", AMR), ("video", MP4), ("file", b"a file"))
    }
    bodies: dict[str, dict[str, Any]] = {
        "image": {"media_id": ids["image"]},
        "voice": {"media_id": ids["voice"]},
        "video": {"media_id": ids["video"], "title": "现场", "description": "路口"},
        "file": {"media_id": ids["file"]},
        "textcard": {"title": "通知", "description": "停水", "url": "http://x/"},
        "news": {"articles": [{"title": "简报", "url": "http://x/"}]},
        "mpnews": {"articles": [{"title": "长文", "thumb_media_id": ids["image"], "content": "<p>x</p>"}]},
        "markdown": {"content": "**好**"},
        "miniprogram_notice": {
            "appid": "wx1",
            "title": "会议室预定",
            "content_item": [{"key": "地点", "value": "一楼"}],
        },
    }
    for kind, body in bodies.items():
        answer = send(street, kind, body)
        assert (answer["errcode"], "response_code" in answer) == (0, False), kind
    assert [entry["type"] for entry in street.inbox("demo-member-1")] == list(bodies)


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("text", {"content": ""}, 44004),
        ("text", {"content": 5}, 40058),
        ("image", {}, 41006),
        ("image", {"media_id": "made-up"}, 40007),
        ("textcard", {"description": "x", "url": "http://x/"}, 41016),
        ("textcard", {"title": "x", "url": "http://x/"}, 41033),
        ("textcard", {"title": "x", "description": "x"}, 41010),
        ("news", {"articles": []}, 45008),
        ("news", {"articles": [{"title": "x", "url": "http://x/"}] * 9}, 45008),
        ("news", {"articles": [{"title": "x"}]}, 41010),
        ("mpnews", {"articles": [{"title": "x", "content": "x"}]}, 41006),
        ("markdown", {"content": "x" * 2049}, 45002),
        ("miniprogram_notice", {"appid": "wx1", "title": "短"}, 40058),
        ("poem", {"content": "x"}, 40008),
    ],
)
def test_a_bad_message_gets_its_own_code(refusing_street: Street, kind: str, body: Any, code: int) -> None:
    answer = send(refusing_street, kind, body)
    assert answer["errcode"] == code and f"more info at https://open.work.weixin.qq.com/devtool/query?e={code}" in str(
        answer["errmsg"]
    )


def test_a_voice_is_not_sent_as_a_picture(street: Street) -> None:
    assert send(street, "image", {"media_id": upload(street, "voice", AMR)["media_id"]})["errcode"] == 40007


def test_departments_with_those_below_and_tags_are_targets(street: Street) -> None:
    top = street.call("wecom", "department/create", {"name": "街道", "parentid": 1})["id"]
    below = street.call("wecom", "department/create", {"name": "网格", "parentid": top})["id"]
    street.call("wecom", "user/update", {"userid": "demo-grid-1", "department": [below]})
    tag = street.call("wecom", "tag/create", {"tagname": "骨干"})["tagid"]
    street.call("wecom", "tag/addtagusers", {"tagid": tag, "userlist": ["demo-member-2"], "partylist": [below]})
    answer = text(street, "ghost", toparty=f"{top}|77", totag=f"{tag}|88")
    assert [answer[name] for name in ("invaliduser", "invalidparty", "invalidtag")] == ["ghost", "77", "88"]
    got = [person["key"] for person in street.control("GET", "people")["people"] if street.inbox(person["key"])]
    assert got == ["demo-member-2", "demo-grid-1"]
    assert text(street, "ghost", toparty="77", totag="88")["errcode"] == 81013


def test_more_than_a_thousand_users_are_refused(street: Street) -> None:
    assert text(street, "|".join(f"u{number}" for number in range(1001)))["errcode"] == 40032


def test_a_thousand_messages_an_hour_are_the_most_a_member_gets(open_street: Callable[..., Street]) -> None:
    street = open_street(rules={"member_per_hour": 3})
    for number in range(4):
        street.clock.move(minutes=2)
        assert text(street, "demo-member-1", str(number))["errcode"] == 0
    assert len(street.inbox("demo-member-1")) == 3


def test_an_app_recalls_its_own_messages_only(open_street: Callable[..., Street]) -> None:
    street = open_street(also=[{"key": "other", "agent_id": 5, "secret": "other-secret"}])
    msgid = text(street, "demo-member-1")["msgid"]
    assert street.as_app("other-secret", "message/recall", {"msgid": msgid})["errcode"] == 40058
    assert street.call("wecom", "message/recall", {"msgid": "made-up"})["errcode"] == 40058


def test_unknown_paths_wrong_methods_and_missing_tokens_get_an_answer(refusing_street: Street) -> None:
    base = f"{refusing_street.url}/wecom/cgi-bin"
    for method, path, code in (
        ("GET", "no/such/call", 40066),
        ("GET", "message/send", 41001),
        ("PUT", "message/send", 41001),
        ("POST", "user/get", 41001),
        ("DELETE", "webhook/send", 40058),
    ):
        answer = requests.request(method, f"{base}/{path}", timeout=5)
        assert (answer.status_code, answer.json()["errcode"]) == (200, code), path
    query = {"access_token": refusing_street.new_token("wecom")}
    assert requests.get(f"{base}/message/send", params=query, timeout=5).json()["errcode"] == 40058
    deep = b'{"a":' * 200 + b"1" + b"}" * 200
    for body in (deep, b'{"agentid": NaN}', b'{"touser": "\\ud800"}', b"x" * 3_000_000):
        answer = requests.post(f"{base}/message/send", params=query, data=body, timeout=5)
        assert (answer.status_code, answer.json()["errcode"] in (40058, 45002)) == (200, True)
    wrong = {"access_token": "x" * 120}
    assert requests.get(f"{base}/agent/list", params=wrong, timeout=5).json()["errcode"] == 40014
