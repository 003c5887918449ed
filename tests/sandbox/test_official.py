"""What the Official Account's API allows, counts and refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import APP_ID, SECRET, Street, words
from tests.sandbox.test_callbacks import PNG


def owner(**changes: Any) -> dict[str, Any]:
    return {"grant_type": "client_credential", "appid": APP_ID, "secret": SECRET, **changes}


def use(street: Street, token: str | None) -> int:
    query = {} if token is None else {"access_token": token}
    code: int = (
        requests.get(f"{street.url}/official/cgi-bin/getcallbackip", params=query, timeout=5).json().get("errcode", 0)
    )
    return code


def stable(street: Street, *, force: bool = False) -> Any:
    url = f"{street.url}/official/cgi-bin/stable_token"
    return requests.post(url, json=owner(force_refresh=force), timeout=5).json()


def test_a_wrong_owner_gets_no_token(street: Street) -> None:
    for wrong, code in (
        ({"appid": "wx0"}, 40013),
        ({"secret": "no"}, 40125),
        ({"grant_type": "x"}, 40002),
        ({"appid": ""}, 41002),
        ({"secret": ""}, 41004),
    ):
        answer = requests.get(f"{street.url}/official/cgi-bin/token", params=owner(**wrong), timeout=5).json()
        assert (wrong, answer["errcode"], " rid: " in answer["errmsg"]) == (wrong, code, True)


def test_a_new_token_leaves_the_old_one_five_minutes(street: Street) -> None:
    old, new = street.new_token("official"), street.new_token("official")
    assert (use(street, old), use(street, new)) == (0, 0)
    street.clock.move(seconds=301)
    assert (use(street, old), use(street, new)) == (40001, 0)


def test_a_token_ends_after_two_hours_also_by_the_moved_clock(street: Street) -> None:
    token = street.new_token("official")
    street.control("POST", "clock", {"advance_seconds": 7200})
    assert use(street, token) == 42001


def test_no_token_and_a_made_up_one_are_told_apart(street: Street) -> None:
    assert (use(street, None), use(street, "x"), use(street, "x" * 128)) == (41001, 40014, 40001)


def test_the_stable_token_stays_and_a_forced_one_kills_it_at_once(street: Street) -> None:
    first = stable(street)
    street.clock.move(seconds=60)
    again = stable(street)
    assert again == {"access_token": first["access_token"], "expires_in": 7140}
    forced = stable(street, force=True)
    assert use(street, first["access_token"]) == 40001
    assert use(street, forced["access_token"]) == 0
    assert stable(street, force=True)["errcode"] == 45011


def test_a_classic_token_and_the_stable_one_leave_each_other_alone(street: Street) -> None:
    token = stable(street)["access_token"]
    street.new_token("official")
    street.clock.move(seconds=400)
    assert use(street, token) == 0


def test_somebody_who_never_spoke_cannot_be_written_to(street: Street) -> None:
    assert street.custom("demo-resident-1") == 45015
    assert street.custom("nobody") == 40003


def test_a_word_opens_five_messages_for_48_hours(street: Street) -> None:
    street.say("demo-resident-1", text="路灯坏了")
    assert [street.custom("demo-resident-1") for _ in range(6)] == [0, 0, 0, 0, 0, 45047]
    street.say("demo-resident-1", text="在吗")
    assert street.custom("demo-resident-1") == 0
    street.control("POST", "clock", {"advance_seconds": 48 * 3600})
    street.tokens.clear()
    assert street.custom("demo-resident-1") == 45015


def test_a_menu_press_opens_three_messages_for_a_minute_and_adds_nothing_to_a_word(street: Street) -> None:
    street.say("demo-resident-1", event={"Event": "CLICK", "EventKey": "help"})
    assert [street.custom("demo-resident-1") for _ in range(4)] == [0, 0, 0, 45047]
    street.clock.move(seconds=61)
    assert street.custom("demo-resident-1") == 45015
    street.say("demo-resident-2", text="在吗")
    street.say("demo-resident-2", event={"Event": "CLICK", "EventKey": "help"})
    assert [street.custom("demo-resident-2") for _ in range(6)] == [0, 0, 0, 0, 0, 45047]


def test_somebody_who_unfollowed_cannot_be_written_to(street: Street) -> None:
    street.say("demo-resident-1", text="在吗")
    street.say("demo-resident-1", event="unsubscribe")
    assert street.custom("demo-resident-1") == 45015


@pytest.mark.parametrize(
    ("abilities", "custom", "template", "qrcode"),
    [("unverified", 48001, 48001, 48001), ("subscription", 0, 48001, 48001), ("service", 0, 0, 0)],
)
def test_an_account_may_do_what_it_was_verified_for(
    open_street: Callable[..., Street], abilities: str, custom: int, template: int, qrcode: int
) -> None:
    street = open_street(official={"abilities": abilities})
    street.say("demo-resident-1", text="在吗")
    assert street.custom("demo-resident-1") == custom
    body = {"touser": "demo-resident-1", "template_id": "t", "data": {"thing01": {"value": "路灯"}}}
    assert street.call("official", "message/template/send", body)["errcode"] == template
    scene = {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "lamp"}}}
    assert street.call("official", "qrcode/create", scene).get("errcode", 0) == qrcode


def test_a_pressed_menu_item_is_a_text_with_its_number(street: Street) -> None:
    street.say("demo-resident-1", text="在吗")
    menu = {
        "head_content": "满意吗？",
        "list": [{"id": "good 7", "content": "满意"}, {"id": "bad 7", "content": "不满意"}],
    }
    body = {"touser": "demo-resident-1", "msgtype": "msgmenu", "msgmenu": menu}
    assert street.call("official", "message/custom/send", body)["errcode"] == 0
    message = street.inbox("demo-resident-1")[-1]
    assert message["buttons"] == [{"key": "good 7", "label": "满意"}, {"key": "bad 7", "label": "不满意"}]
    street.press("demo-resident-1", message["id"], "good 7")
    street.press("demo-resident-1", message["id"], "不满意")
    said = [(one.fields["Content"], one.fields["bizmsgmenuid"]) for one in street.program.received[1:]]
    assert said == [("满意", "good 7"), ("不满意", "bad 7")]
    street.press("demo-resident-1", message["id"], "还行", status=404)


def test_a_pressed_link_in_a_reply_is_a_text_with_its_number(street: Street) -> None:
    link = '<a href="weixin://bizmsgmenu?msgmenucontent=查%20进度&amp;msgmenuid=progress%207">看进度</a>'
    street.program.answer = words(f'已登记。{link} <a href="javascript:x">不是</a>')
    message = street.say("demo-resident-1", text="路灯坏了")["reply"]
    assert message["links"] == [{"id": "progress 7", "content": "查 进度", "label": "看进度"}]
    for button in ("progress 7", "看进度"):
        street.press("demo-resident-1", message["id"], button)
    pressed = [(one.fields["Content"], one.fields["bizmsgmenuid"]) for one in street.program.received[1:]]
    assert pressed == [("查 进度", "progress 7")] * 2


def test_a_template_message_is_reported_back_and_not_sent_twice(street: Street) -> None:
    body = {
        "touser": "demo-member-1",
        "template_id": "t",
        "data": {"thing01": {"value": "路灯"}},
        "client_msg_id": "n-1",
    }
    first, second = (street.call("official", "message/template/send", body) for _ in range(2))
    assert first == second
    street.settle()
    (event,) = street.program.received
    assert (event.fields["Event"], event.fields["Status"]) == ("TEMPLATESENDJOBFINISH", "success")
    assert event.fields["MsgID"] == str(first["msgid"])
    assert len(street.inbox("demo-member-1")) == 1
    street.clock.move(seconds=601)
    assert street.call("official", "message/template/send", body)["msgid"] != first["msgid"]


def test_template_data_the_platform_would_refuse_is_47003(street: Street) -> None:
    wrong: tuple[dict[str, Any], ...] = (
        {},
        {"Thing!": {"value": "x"}},
        {"thing01": "x"},
        {"thing01": {}},
        {"thing01": {"value": ""}},
    )
    for data in wrong:
        body = {"touser": "demo-member-1", "template_id": "t", "data": data}
        assert (data, street.call("official", "message/template/send", body)["errcode"]) == (data, 47003)


def test_a_template_that_was_never_added_is_40037(open_street: Callable[..., Street]) -> None:
    street = open_street(official={"templates": {"offer": ["thing01"]}})
    body = {"touser": "demo-member-1", "template_id": "other", "data": {"thing01": {"value": "路灯"}}}
    assert street.call("official", "message/template/send", body)["errcode"] == 40037
    body = {"touser": "demo-member-1", "template_id": "offer", "data": {"time02": {"value": "18:00"}}}
    assert street.call("official", "message/template/send", body)["errcode"] == 47003


def test_each_consent_pays_for_one_subscription_message(street: Street) -> None:
    body = {"touser": "demo-resident-1", "template_id": "s", "data": {"thing1": {"value": "路灯"}}}
    assert street.call("official", "message/subscribe/bizsend", body)["errcode"] == 43101
    agreed = {"List": [{"TemplateId": "s", "SubscribeStatusString": "accept", "PopupScene": "1"}]}
    street.say("demo-resident-1", event={"Event": "subscribe_msg_popup_event", "SubscribeMsgPopupEvent": agreed})
    assert [street.call("official", "message/subscribe/bizsend", body)["errcode"] for _ in range(2)] == [0, 43101]
    street.settle()
    assert street.program.received[-1].fields["SubscribeMsgSentEvent"]["List"]["ErrorCode"] == "0"


def test_files_go_up_and_come_down_for_three_days(street: Street) -> None:
    token = street.new_token("official")
    url = f"{street.url}/official/cgi-bin/media"
    query = {"access_token": token, "type": "image"}
    up = requests.post(f"{url}/upload", params=query, files={"media": ("a.png", PNG)}, timeout=5).json()
    assert up["type"] == "image" and isinstance(up["created_at"], int)
    query = {"access_token": token, "media_id": up["media_id"]}
    assert requests.get(f"{url}/get", params=query, timeout=5).content == PNG
    street.control("POST", "clock", {"advance_seconds": 3 * 24 * 3600})
    query["access_token"] = street.new_token("official")
    assert requests.get(f"{url}/get", params=query, timeout=5).json()["errcode"] == 40007


def test_a_file_that_is_not_what_it_says_is_refused(street: Street) -> None:
    query = {"access_token": street.new_token("official"), "type": "image"}
    url = f"{street.url}/official/cgi-bin/media/upload"
    assert requests.post(url, params=query, files={"media": b"hello"}, timeout=5).json()["errcode"] == 40005
    assert requests.post(url, params=query, timeout=5).json()["errcode"] == 41005
    query["type"] = "poem"
    assert requests.post(url, params=query, files={"media": PNG}, timeout=5).json()["errcode"] == 40004


def test_a_scanned_code_tells_a_follower_from_a_newcomer(street: Street) -> None:
    body = {"expire_seconds": 600, "action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "lamp-12"}}}
    ticket = street.call("official", "qrcode/create", body)["ticket"]
    street.say("demo-resident-1", scan=ticket)
    street.say("demo-resident-2", event="unsubscribe")
    street.say("demo-resident-2", scan=ticket)
    scans = [
        (one.fields["Event"], one.fields.get("EventKey")) for one in street.program.received if "Ticket" in one.fields
    ]
    assert scans == [("SCAN", "lamp-12"), ("subscribe", "qrscene_lamp-12")]
    assert street.call("official", "user/info", openid="demo-resident-2")["qr_scene_str"] == "lamp-12"
    picture = requests.get(f"{street.url}/official/cgi-bin/showqrcode", params={"ticket": ticket}, timeout=5)
    assert picture.content.startswith(b"\x89PNG")
    assert requests.get(f"{street.url}/official/cgi-bin/showqrcode?ticket=x", timeout=5).status_code == 404


def test_the_menu_wants_plain_utf8(street: Street) -> None:
    menu = {"button": [{"name": "报事", "type": "click", "key": "report"}]}
    assert street.call("official", "menu/create", menu)["errcode"] == 40033
    url = f"{street.url}/official/cgi-bin/menu/create"
    raw = '{"button": [{"name": "报事", "type": "click", "key": "report"}]}'.encode()
    query = {"access_token": street.tokens["official"]}
    assert requests.post(url, params=query, data=raw, timeout=5).json()["errcode"] == 0
    shown = {"name": "报事", "type": "click", "key": "report", "sub_button": []}
    assert street.call("official", "menu/get")["menu"] == {"button": [shown]}
    assert street.call("official", "menu/delete")["errcode"] == 0
    assert street.call("official", "menu/get")["errcode"] == 46003


def test_typing_is_shown_only_soon_after_a_word(street: Street) -> None:
    body = {"touser": "demo-resident-1", "command": "Typing"}
    assert street.call("official", "message/custom/typing", body)["errcode"] == 45080
    street.say("demo-resident-1", text="在吗")
    assert [street.call("official", "message/custom/typing", body)["errcode"] for _ in range(2)] == [0, 45081]


def test_the_daily_quota_ends_and_can_be_cleared(open_street: Callable[..., Street]) -> None:
    street = open_street(rules={"daily_custom": 1})
    street.say("demo-resident-1", text="在吗")
    assert [street.custom("demo-resident-1") for _ in range(2)] == [0, 45009]
    assert street.call("official", "clear_quota", {"appid": APP_ID})["errcode"] == 0
    assert street.custom("demo-resident-1") == 0
