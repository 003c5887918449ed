"""微信客服: the doorbell, fetching what customers said, answering them within the platform's limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.config import ConfigInvalid
from tests.sandbox.conftest import SECRET, Street, config_for
from tests.sandbox.test_wecom import PNG, upload

DESK, WHO, KF_SECRET = "wkShequ0001", "wmResident0001", "kf-secret"
ACCOUNT = {"key": "desk", "kind": "wecom_kf", "open_kfid": DESK, "secret": KF_SECRET, "name": "社区客服", "agent_id": 0}


@pytest.fixture
def desk(open_street: Callable[..., Street]) -> Street:
    """A street with an account of 微信客服 and one customer who has not spoken yet."""
    return open_desk(open_street)


def open_desk(open_street: Callable[..., Street], **rules: Any) -> Street:
    street = open_street(also=[ACCOUNT], rules=rules)
    street.control("POST", "people", {"key": WHO, "channel": "desk", "name": "小林"}, status=201)
    return street


def say(street: Street, text: str = "在吗") -> Any:
    return street.say(WHO, "desk", text=text)


def kf(street: Street, path: str, body: Any = None, **query: str) -> Any:
    return street.as_app(KF_SECRET, f"kf/{path}", body, **query)


def bell(street: Street) -> dict[str, str]:
    """What the newest doorbell brought."""
    fields: dict[str, str] = street.program.received[-1].fields
    return fields


def sync(street: Street, cursor: str = "", **how: Any) -> Any:
    return kf(street, "sync_msg", {"open_kfid": DESK, "cursor": cursor, "token": bell(street)["Token"], **how})


def answer(street: Street, content: str = "您好", **more: Any) -> Any:
    body = {"touser": WHO, "open_kfid": DESK, "msgtype": "text", "text": {"content": content}, **more}
    return kf(street, "send_msg", body)


def state(street: Street) -> int:
    number: int = kf(street, "service_state/get", {"open_kfid": DESK, "external_userid": WHO})["service_state"]
    return number


def trans(street: Street, wanted: int, **more: str) -> int:
    body = {"open_kfid": DESK, "external_userid": WHO, "service_state": wanted, **more}
    code: int = kf(street, "service_state/trans", body)["errcode"]
    return code


def enter(street: Street) -> dict[str, Any]:
    street.say(WHO, "desk", event={"Event": "enter_session", "scene": "poster", "scene_param": "gate"})
    event: dict[str, Any] = sync(street)["msg_list"][-1]["event"]
    return event


def welcome(street: Street, code: str) -> int:
    body = {"code": code, "msgtype": "text", "text": {"content": "欢迎"}}
    number: int = kf(street, "send_msg_on_event", body)["errcode"]
    return number


# Hearing


def test_the_doorbell_says_only_that_there_is_something(desk: Street) -> None:
    say(desk, "路灯坏了")
    assert (bell(desk)["Event"], bell(desk)["OpenKfId"]) == ("kf_msg_or_event", DESK)
    assert "AgentID" not in bell(desk) and "路灯" not in str(bell(desk))
    (message,) = sync(desk)["msg_list"]
    assert (message["text"], message["origin"], message["external_userid"]) == ({"content": "路灯坏了"}, 3, WHO)
    assert message["send_time"] == int(desk.clock().timestamp())


def test_every_kind_of_a_customers_message_is_fetched(desk: Street) -> None:
    desk.say(WHO, "desk", location={"lat": 31.2, "lng": 121.5, "label": "滨江雅苑"})
    desk.say(WHO, "desk", voice={})
    desk.say(WHO, "desk", link={"url": "http://x/", "title": "新闻"})
    messages = sync(desk)["msg_list"]
    assert [one["msgtype"] for one in messages] == ["location", "voice", "link"]
    assert messages[0]["location"]["latitude"] == 31.2
    medium = messages[1]["voice"]["media_id"]
    got = desk.session.get(
        f"{desk.url}/wecom/cgi-bin/media/get",
        params={"access_token": desk.tokens[KF_SECRET], "media_id": medium},
        timeout=5,
    )
    assert got.content.startswith(b"#!AMR")


def test_the_cursor_goes_on_where_it_stopped(desk: Street) -> None:
    for number in range(5):
        say(desk, str(number))
    first = sync(desk, limit=3)
    assert [one["text"]["content"] for one in first["msg_list"]] == ["0", "1", "2"] and first["has_more"] == 1
    second = sync(desk, first["next_cursor"])
    assert [one["text"]["content"] for one in second["msg_list"]] == ["3", "4"] and second["has_more"] == 0
    assert sync(desk, second["next_cursor"])["msg_list"] == []
    assert sync(desk, "made-up")["errcode"] == 50100


def test_a_page_can_be_empty_and_still_not_be_the_last(open_street: Callable[..., Street]) -> None:
    desk = open_desk(open_street, kf_empty_pages=2)
    say(desk, "路灯坏了")
    pages, cursor, more = [], "", 1
    while more:
        page = sync(desk, cursor)
        pages.append(len(page["msg_list"]))
        cursor, more = page["next_cursor"], page["has_more"]
    assert pages == [0, 0, 1]
    assert sync(desk, cursor)["has_more"] == 0


def test_the_token_of_the_doorbell_lives_ten_minutes(desk: Street) -> None:
    say(desk)
    desk.clock.move(minutes=10)
    assert sync(desk)["errcode"] == 95007
    assert sync(desk, token="made-up")["errcode"] == 95007


def test_without_a_token_fetching_is_strictly_limited(open_street: Callable[..., Street]) -> None:
    desk = open_desk(open_street, kf_without_token_per_minute=2)
    say(desk)
    assert [sync(desk, token="")["errcode"] for _ in range(3)] == [0, 0, 45009]
    desk.clock.move(seconds=61)
    assert sync(desk, token="")["errcode"] == 0


def test_what_is_older_than_three_days_is_gone(desk: Street) -> None:
    say(desk, "旧")
    desk.clock.move(days=3)
    desk.tokens.clear()
    say(desk, "新")
    assert [one["text"]["content"] for one in sync(desk)["msg_list"]] == ["新"]


def test_a_message_taken_back_is_reported_by_its_id(desk: Street) -> None:
    say(desk)
    desk.say(WHO, "desk", event="user_recall_msg")
    message, event = sync(desk)["msg_list"]
    assert (event["msgtype"], event["origin"]) == ("event", 4)
    assert event["event"]["event_type"] == "user_recall_msg"
    assert event["event"]["recall_msgid"] == message["msgid"]


# Answering


def test_what_the_program_sends_is_shown_and_not_fetched_again(desk: Street) -> None:
    say(desk)
    assert answer(desk)["msgid"]
    assert [entry["text"] for entry in desk.inbox(WHO)] == ["您好"]
    assert len(sync(desk)["msg_list"]) == 1


def test_five_messages_are_allowed_until_the_customer_speaks_again(desk: Street) -> None:
    say(desk)
    assert [answer(desk)["errcode"] for _ in range(6)] == [0] * 5 + [95001]
    say(desk)
    assert answer(desk)["errcode"] == 0


def test_after_48_hours_nothing_may_be_sent(desk: Street) -> None:
    say(desk)
    desk.clock.move(hours=48)
    desk.tokens.clear()
    assert answer(desk)["errcode"] == 95002


def test_the_same_msgid_is_sent_once(desk: Street) -> None:
    say(desk)
    assert [answer(desk, msgid="n-7") for _ in range(3)] == [{"errcode": 0, "errmsg": "ok", "msgid": "n-7"}] * 3
    assert len(desk.inbox(WHO)) == 1
    assert answer(desk, msgid="no spaces")["errcode"] == 40058


def test_a_refused_msgid_may_be_sent_later(desk: Street) -> None:
    say(desk)
    for _ in range(5):
        answer(desk)
    assert answer(desk, msgid="n-8")["errcode"] == 95001
    say(desk)
    answer(desk, "终于", msgid="n-8")
    assert desk.inbox(WHO)[-1]["text"] == "终于"


def test_a_customer_who_wants_no_messages_makes_one_fail_afterwards(desk: Street) -> None:
    say(desk)
    desk.say(WHO, "desk", event="reject")
    sent = answer(desk)
    assert sent["errcode"] == 0 and desk.inbox(WHO) == []
    desk.settle()
    event = sync(desk)["msg_list"][-1]["event"]
    assert (event["event_type"], event["fail_msgid"], event["fail_type"]) == ("msg_send_fail", sent["msgid"], 10)


def test_every_kind_of_answer_is_shown(desk: Street) -> None:
    say(desk)
    medium = {"media_id": upload(desk, "image", PNG)["media_id"]}
    thumb = {"thumb_media_id": medium["media_id"]}
    for kind, body in (
        ("image", medium),
        ("link", {"title": "指南", "desc": "x", "url": "http://x/", **thumb}),
        ("miniprogram", {"appid": "wx1", "title": "报修", "pagepath": "a", **thumb}),
        ("location", {"name": "社区", "address": "一号", "latitude": 31.2, "longitude": 121.5}),
    ):
        message: dict[str, Any] = {"msgtype": kind, kind: body}
        sent = answer(desk, **message)
        assert sent["errcode"] == 0, kind
    assert [entry["type"] for entry in desk.inbox(WHO)] == ["image", "link", "miniprogram", "location"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"touser": "nobody"}, 40096),
        ({"open_kfid": "wkGone"}, 95004),
        ({"open_kfid": "x"}, 95000),
        ({"msgtype": "poem"}, 40008),
        ({"text": {"content": ""}}, 44004),
        ({"text": {"content": "字" * 683}}, 40058),
        ({"msgtype": "image", "image": {"media_id": "made-up"}}, 40007),
        ({"msgtype": "location", "msgmenu": {"latitude": 1}}, 40058),
        ({"msgtype": "location", "location": {"latitude": 91, "longitude": 0}}, 40058),
        ({"msgtype": "msgmenu", "msgmenu": {"list": [{"type": "sing"}]}}, 95009),
        ({"msgtype": "msgmenu", "msgmenu": {"list": [{"type": "click", "click": {"content": "x"}}] * 11}}, 95008),
    ],
)
def test_a_bad_answer_is_refused_and_not_counted(desk: Street, change: dict[str, Any], code: int) -> None:
    say(desk)
    assert answer(desk, **change)["errcode"] == code
    assert [answer(desk)["errcode"] for _ in range(5)] == [0] * 5


def test_a_chosen_menu_item_comes_with_its_id(desk: Street) -> None:
    say(desk)
    items = [
        {"type": "click", "click": {"id": "yes", "content": "满意"}},
        {"type": "view", "view": {"url": "http://x/", "content": "指南"}},
    ]
    answer(desk, msgtype="msgmenu", msgmenu={"head_content": "您满意吗", "list": items, "tail_content": "谢谢"})
    menu = desk.inbox(WHO)[-1]
    assert menu["text"] == "您满意吗\n指南 http://x/\n谢谢"
    desk.press(WHO, menu["id"], "满意")
    assert sync(desk)["msg_list"][-1]["text"] == {"content": "满意", "menu_id": "yes"}


# Welcomes and conversations


def test_who_enters_is_welcomed_once_within_twenty_seconds(desk: Street) -> None:
    event = enter(desk)
    assert (event["event_type"], event["scene"], event["scene_param"]) == ("enter_session", "poster", "gate")
    assert [welcome(desk, event["welcome_code"]) for _ in range(2)] == [0, 42022]
    assert desk.inbox(WHO)[0]["text"] == "欢迎"
    assert "welcome_code" not in enter(desk)


def test_a_welcome_that_comes_late_is_refused(desk: Street) -> None:
    code = enter(desk)["welcome_code"]
    desk.clock.move(seconds=20)
    assert welcome(desk, code) == 42003
    assert welcome(desk, "made-up") == 40029


def test_who_has_spoken_needs_no_welcome(desk: Street) -> None:
    code = enter(desk)["welcome_code"]
    say(desk)
    assert welcome(desk, code) == 41051
    assert "welcome_code" not in enter(desk)
    desk.clock.move(hours=48)
    desk.tokens.clear()
    assert "welcome_code" in enter(desk)


def test_a_conversation_goes_from_hand_to_hand_and_ends(desk: Street) -> None:
    say(desk)
    assert state(desk) == 0 and trans(desk, 1) == 0 and answer(desk)["errcode"] == 0
    assert trans(desk, 2) == 0 and answer(desk)["errcode"] == 95018
    assert trans(desk, 1) == 95016
    assert trans(desk, 3, servicer_userid="demo-staff-1") == 95014
    added = kf(desk, "servicer/add", {"open_kfid": DESK, "userid_list": ["demo-staff-1", "ghost"]})["result_list"]
    assert [one["errcode"] for one in added] == [0, 60111]
    assert kf(desk, "servicer/list", open_kfid=DESK)["servicer_list"] == [{"userid": "demo-staff-1", "status": 0}]
    assert trans(desk, 3, servicer_userid="demo-staff-1") == 0 and answer(desk)["errcode"] == 95018
    assert trans(desk, 4) == 0 and answer(desk)["errcode"] == 95013 and trans(desk, 1) == 95013
    say(desk)
    assert state(desk) == 0 and answer(desk)["errcode"] == 0


# Accounts and rights


def test_accounts_are_listed_added_renamed_and_deleted(desk: Street) -> None:
    picture = upload(desk, "image", PNG)["media_id"]
    new = kf(desk, "account/add", {"name": "夜间客服", "media_id": picture})["open_kfid"]
    assert kf(desk, "account/update", {"open_kfid": new, "name": "值班"})["errcode"] == 0
    listed = {one["open_kfid"]: one["name"] for one in kf(desk, "account/list")["account_list"]}
    assert listed == {DESK: "社区客服", new: "值班"}
    assert kf(desk, "add_contact_way", {"open_kfid": new, "scene": "poster"})["url"].endswith("enc_scene=poster")
    assert kf(desk, "account/del", {"open_kfid": new})["errcode"] == 0
    assert kf(desk, "account/update", {"open_kfid": new})["errcode"] == 95004
    assert kf(desk, "account/add", {"name": "x" * 17, "media_id": picture})["errcode"] == 95006


def test_only_customers_of_the_last_48_hours_are_described(desk: Street) -> None:
    asked = {"external_userid_list": [WHO, "demo-resident-1"]}
    assert kf(desk, "customer/batchget", asked)["customer_list"] == []
    say(desk)
    got = kf(desk, "customer/batchget", asked)
    assert got["customer_list"][0]["nickname"] == "小林" and got["invalid_external_userid"] == ["demo-resident-1"]


def test_an_app_without_the_right_is_refused_and_one_with_it_is_not(open_street: Callable[..., Street]) -> None:
    assert open_street().call("wecom", "kf/account/list")["errcode"] == 95012
    street = open_street(also=[ACCOUNT])
    assert street.call("wecom", "kf/account/list")["errcode"] == 48007
    assert street.as_app(KF_SECRET, "agent/list")["errcode"] == 48002
    granted = open_street(also=[{**ACCOUNT, "secret": SECRET}])
    assert granted.call("wecom", "kf/account/list")["account_list"][0]["open_kfid"] == DESK
    assert granted.call("wecom", "agent/list")["errcode"] == 0


def test_an_account_must_be_named_when_fetching(desk: Street) -> None:
    say(desk)
    assert sync(desk, open_kfid="")["errcode"] == 40058


@pytest.mark.parametrize("event", ["dance", {"Event": "enter_session", "scene": "x" * 200}, "user_recall_msg"])
def test_what_a_customer_cannot_do_is_refused(desk: Street, event: Any) -> None:
    desk.control("POST", f"people/{WHO}/say?channel=desk", {"event": event}, status=409)
    assert desk.program.received == []


@pytest.mark.parametrize(
    ("change", "words"),
    [({"open_kfid": ""}, "open_kfid"), ({"corp_id": "ww0"}, "corp_id"), ({"kind": "wecom"}, "agent_id|secret")],
)
def test_a_bad_account_names_its_key(change: dict[str, Any], words: str) -> None:
    account = {**ACCOUNT, **change}
    if "kind" in change:
        account["agent_id"] = 1000002
    with pytest.raises(ConfigInvalid, match=words):
        config_for("http://127.0.0.1:1", also=[account])
