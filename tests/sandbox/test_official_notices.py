"""Template messages, subscription messages and where their templates come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.sandbox.conftest import APP_ID, Street
from tests.sandbox.official_calls import CHEN, LI, ZHANG, call, code, send


def template(street: Street, key: str, value: Any, **more: Any) -> int:
    body = {"touser": LI, "template_id": "t", "data": {key: {"value": value}}, **more}
    return code(street, "message/template/send", body)


FIELDS: list[Any] = [
    ("thing1", "香樟花园3栋", "字" * 21),
    ("number01", "3.5", "三"),
    ("letter2", "ABC", "AB1"),
    ("symbol3", "→", "a"),
    ("character_string4", "260302-0007", "编号7"),
    ("time5", "2026年3月2日 16:00", "明天下午"),
    ("time5", "16:00~18:00", "25点"),
    ("date6", "2026-03-02", "3月2日"),
    ("amount7", "¥12.50", "十二元"),
    ("phone_number8", "021-5555 0000", "五五五"),
    ("car_number9", "沪A12345", "沪A1234567"),
    ("name10", "李建国", "李建国" * 4),
    ("phrase11", "处理中", "已经处理完了"),
    ("phrase11", "待接单", "-"),
    ("first", "您好" * 60, "字" * 201),
]


def test_a_field_holds_what_its_name_says(street: Street) -> None:
    for key, good, bad in FIELDS:
        assert (key, template(street, key, good), template(street, key, bad)) == (key, 0, 47003)


def test_a_field_is_named_in_the_refusal(street: Street) -> None:
    body = {"touser": LI, "template_id": "t", "data": {"thing01": {"value": ""}}}
    assert "data.thing01.value invalid" in call(street, "message/template/send", body)["errmsg"]


def test_a_template_message_leads_to_a_page_or_to_a_mini_program(street: Street) -> None:
    assert template(street, "thing1", "路灯", url="https://example.org/7") == 0
    program = {"appid": "wx1", "pagepath": "pages/7"}
    assert template(street, "thing1", "路灯", url="https://example.org/7", miniprogram=program) == 0
    first, second = street.inbox(LI)
    assert (first["url"], "miniprogram" in first) == ("https://example.org/7", False)
    assert second["miniprogram"] == program
    assert template(street, "thing1", "路灯", url="x" * 2049) == 40039
    assert template(street, "thing1", "路灯", miniprogram="wx1") == 40013


def test_somebody_who_left_gets_no_template_message(street: Street) -> None:
    street.say(LI, event="unsubscribe")
    assert template(street, "thing1", "路灯") == 43004
    assert code(street, "message/template/send", {"touser": "nobody"}) == 40003


def test_a_template_is_added_listed_used_and_deleted(open_street: Callable[..., Street]) -> None:
    street = open_street(official={"templates": {"offer": ["thing01"]}})
    added = call(street, "template/api_add_template", {"template_id_short": "TM00015"})["template_id"]
    listed = call(street, "template/get_all_private_template")["template_list"]
    assert [one["template_id"] for one in listed] == ["offer", added]
    assert listed[0]["content"] == "{{thing01.DATA}}"
    body = {"touser": LI, "template_id": added, "data": {"thing01": {"value": "路灯"}}}
    assert code(street, "message/template/send", body) == 47003
    body["data"] = {"thing01": {"value": "路灯"}, "time02": {"value": "16:00"}}
    assert code(street, "message/template/send", body) == 0
    assert [code(street, "template/del_private_template", {"template_id": added}) for _ in range(2)] == [0, 40037]
    assert code(street, "message/template/send", body) == 40037
    assert code(street, "template/api_add_template", {"template_id_short": "路灯"}) == 40036


def test_an_account_has_twenty_five_templates(street: Street) -> None:
    added = [code(street, "template/api_add_template", {"template_id_short": "TM1"}) for _ in range(26)]
    assert added == [0] * 25 + [45026]


def test_the_industry_changes_once_a_month_and_takes_the_added_templates_along(street: Street) -> None:
    added = call(street, "template/api_add_template", {"template_id_short": "TM1"})["template_id"]
    assert code(street, "template/api_set_industry", {"industry_id1": "18", "industry_id2": "42"}) == 40102
    assert code(street, "template/api_set_industry", {"industry_id1": "18", "industry_id2": "21"}) == 0
    assert call(street, "template/get_industry")["primary_industry"]["first_class"] == "政府与公共事业"
    body = {"touser": LI, "template_id": added, "data": {"thing01": {"value": "x"}, "time02": {"value": "16:00"}}}
    assert code(street, "message/template/send", body) == 40037
    assert code(street, "template/api_set_industry", {"industry_id1": "1", "industry_id2": "2"}) == 43100
    street.clock.move(days=31)
    street.tokens.clear()
    assert code(street, "template/api_set_industry", {"industry_id1": 1, "industry_id2": 2}) == 0


def test_a_subscription_template_is_chosen_from_the_public_ones(street: Street) -> None:
    (category,) = call(street, "wxaapi/newtmpl/getcategory")["data"]
    titles = call(street, "wxaapi/newtmpl/getpubtemplatetitles", ids=category["id"], start=0, limit=30)
    tid = titles["data"][0]["tid"]
    keywords = call(street, "wxaapi/newtmpl/getpubtemplatekeywords", tid=tid)["data"]
    kids = [keyword["kid"] for keyword in keywords[:2]]
    body = {"tid": tid, "kidList": kids, "sceneDesc": "报修"}
    template_id = call(street, "wxaapi/newtmpl/addtemplate", body)["priTmplId"]
    (listed,) = call(street, "wxaapi/newtmpl/gettemplate")["data"]
    assert (listed["priTmplId"], listed["content"]) == (
        template_id,
        "报修内容:{{thing1.DATA}}\n更新时间:{{time2.DATA}}",
    )
    message = {"touser": ZHANG, "template_id": template_id, "data": {"thing1": {"value": "路灯"}}}
    assert code(street, "message/subscribe/bizsend", message) == 47003
    message["data"]["time2"] = {"value": "16:00"}
    assert code(street, "message/subscribe/bizsend", message) == 43101
    assert code(street, "wxaapi/newtmpl/deltemplate", {"priTmplId": template_id}) == 0
    assert code(street, "message/subscribe/bizsend", message) == 40037


WRONG_CHOICES: list[Any] = [
    ({"tid": 1}, 200014),
    ({"kidList": [1]}, 200020),
    ({"kidList": [1, 1]}, 200020),
    ({"kidList": [1, 99]}, 200020),
    ({"kidList": "12"}, 200020),
    ({"sceneDesc": "字" * 16}, 200021),
]


def test_a_choice_of_keywords_that_is_not_one(street: Street) -> None:
    for change, refused in WRONG_CHOICES:
        body = {"tid": "5101", "kidList": [1, 2], "sceneDesc": "报修", **change}
        assert (change, code(street, "wxaapi/newtmpl/addtemplate", body)) == (change, refused)


def test_a_refusal_takes_the_consents_back(street: Street) -> None:
    body = {"touser": ZHANG, "template_id": "s", "data": {"thing1": {"value": "路灯"}}}
    for answer, expected in (("accept", 0), ("accept", 0)):
        event = {"List": [{"TemplateId": "s", "SubscribeStatusString": answer, "PopupScene": "1"}]}
        street.say(ZHANG, event={"Event": "subscribe_msg_popup_event", "SubscribeMsgPopupEvent": event})
        assert code(street, "message/subscribe/bizsend", body) == expected
    street.fault("43101", times=1)
    assert code(street, "message/subscribe/bizsend", body) == 43101
    street.say(ZHANG, event="unsubscribe")
    assert code(street, "message/subscribe/bizsend", body) == 43101


def test_one_message_for_one_yes_on_a_web_page_also_without_following(street: Street) -> None:
    street.say(CHEN, event="unsubscribe")
    query = {
        "action": "get_confirm",
        "appid": APP_ID,
        "scene": "7",
        "template_id": "once",
        "redirect_url": "https://example.org/back?x=1",
        "reserved": "r",
    }
    page = send(street, "mp/subscribemsg", **query)
    assert "居民 陈伯" in page.text and "text/html" in page.headers["Content-Type"]
    back = send(street, "mp/subscribemsg", **query, choose=CHEN)
    assert back.status_code == 302
    assert back.headers["Location"] == (
        f"https://example.org/back?x=1&openid={CHEN}&template_id=once&action=confirm&scene=7&reserved=r"
    )
    body = {
        "touser": CHEN,
        "template_id": "once",
        "scene": "7",
        "title": "报修进度",
        "data": {"content": {"value": "师傅已出发", "color": "#000000"}},
    }
    assert code(street, "message/template/subscribe", {**body, "scene": "8"}) == 43101
    assert [code(street, "message/template/subscribe", body) for _ in range(2)] == [0, 43101]
    assert street.inbox(CHEN)[-1]["rows"] == [{"key": "报修进度", "value": "师傅已出发"}]
    assert code(street, "message/template/subscribe", {**body, "title": "字" * 16}) == 45003
    assert code(street, "message/template/subscribe", {**body, "data": {}}) == 47003
