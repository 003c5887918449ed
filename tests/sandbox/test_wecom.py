"""What WeCom's API sends, drops, updates and refuses."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import AGENT_ID, CORP_ID, Street, reply


def text(street: Street, users: str, content: str = "您好", **extra: Any) -> Any:
    body = {"touser": users, "agentid": AGENT_ID, "msgtype": "text", "text": {"content": content}, **extra}
    return street.call("wecom", "message/send", body)


def update(street: Street, code: str, users: list[str], name: str = "已接单") -> Any:
    body = {"userids": users, "agentid": AGENT_ID, "response_code": code, "button": {"replace_name": name}}
    return street.call("wecom", "message/update_template_card", body)


def test_the_token_stays_the_same_while_it_is_valid(street: Street) -> None:
    first = street.new_token("wecom")
    assert street.new_token("wecom") == first
    street.clock.move(seconds=7200)
    assert street.new_token("wecom") != first
    street.tokens["wecom"] = first
    assert text(street, "demo-member-1")["errcode"] == 42001


@pytest.mark.parametrize(("wrong", "code"), [({"corpid": "ww0"}, 40013), ({"corpsecret": "no"}, 40001)])
def test_a_wrong_corp_gets_no_token(street: Street, wrong: dict[str, str], code: int) -> None:
    query = {"corpid": CORP_ID, "corpsecret": "x", **wrong}
    answer = requests.get(f"{street.url}/wecom/cgi-bin/gettoken", params=query, timeout=5).json()
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


def test_another_app_and_a_missing_one_are_refused(street: Street) -> None:
    body = {"touser": "demo-member-1", "msgtype": "text", "text": {"content": "x"}}
    assert street.call("wecom", "message/send", body)["errcode"] == 40056
    assert street.call("wecom", "message/send", {**body, "agentid": 5})["errcode"] == 301002


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


def test_a_pressed_button_sends_its_key_with_a_new_code_and_takes_the_answer(street: Street) -> None:
    sent = street.card("demo-member-1|demo-member-2")
    street.program.answer = lambda delivery: reply(
        delivery, "<MsgType>update_button</MsgType><Button><ReplaceName>已接单</ReplaceName></Button>"
    )
    card = street.inbox("demo-member-1")[-1]
    answer = street.press("demo-member-1", card["id"], "接单")
    assert answer["reply"]["type"] == "update_button"
    fields = street.program.received[0].fields
    assert (fields["Event"], fields["EventKey"], fields["TaskId"]) == ("template_card_event", "accept 7", "task-1")
    assert (fields["CardType"], fields["AgentID"]) == ("button_interaction", str(AGENT_ID))
    assert fields["ResponseCode"] != sent["response_code"]
    assert street.inbox("demo-member-1")[0]["replaced"] == "已接单"
    assert street.inbox("demo-member-2")[0]["replaced"] is None
    street.press("demo-member-1", card["id"], "接单", status=409)


def test_two_volunteers_press_the_same_card_at_once_and_both_are_heard(street: Street) -> None:
    street.card("demo-member-1|demo-member-2")
    street.program.together = threading.Barrier(2)
    cards = {key: street.inbox(key)[-1]["id"] for key in ("demo-member-1", "demo-member-2")}
    url = f"{street.url}/api/people"
    threads = [
        threading.Thread(
            target=requests.post,
            args=(f"{url}/{key}/press",),
            kwargs={"json": {"message": card, "button": "accept 7"}, "timeout": 9},
        )
        for key, card in cards.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.fields["ResponseCode"] for one in street.program.received}) == 2
    assert {one.fields["FromUserName"] for one in street.program.received} == set(cards)


def test_a_whole_new_card_can_answer_a_press(street: Street) -> None:
    street.card("demo-member-1")
    inside = (
        "<MsgType>update_template_card</MsgType><TemplateCard><CardType>button_interaction</CardType>"
        "<MainTitle><Title>已由您承接</Title></MainTitle>"
        "<ButtonList><Text>办好了</Text><Style>1</Style><Key>done 7</Key></ButtonList></TemplateCard>"
    )
    street.program.answer = lambda delivery: reply(delivery, inside)
    street.press("demo-member-1", street.inbox("demo-member-1")[0]["id"], "accept 7")
    card = street.inbox("demo-member-1")[0]
    assert card["card"]["title"] == "已由您承接"
    assert [button["key"] for button in card["buttons"]] == ["done 7"]


def test_a_code_updates_everybodys_card_once(street: Street) -> None:
    code = street.card("demo-member-1|demo-member-2|demo-member-3")["response_code"]
    assert update(street, code, ["demo-member-1", "demo-member-2", "ghost"])["invaliduser"] == ["ghost"]
    states = [street.inbox(f"demo-member-{number}")[0]["replaced"] for number in (1, 2, 3)]
    assert states == ["已接单", "已接单", None]
    assert update(street, code, ["demo-member-3"])["errcode"] == 42022


def test_the_code_of_a_press_updates_the_card_again(street: Street) -> None:
    street.card("demo-member-1|demo-member-2")
    street.press("demo-member-1", street.inbox("demo-member-1")[0]["id"], "accept 7")
    code = street.program.received[0].fields["ResponseCode"]
    body = {"atall": 1, "agentid": AGENT_ID, "response_code": code, "button": {"replace_name": "已有人承接"}}
    assert street.call("wecom", "message/update_template_card", body)["errcode"] == 0
    assert street.inbox("demo-member-2")[0]["replaced"] == "已有人承接"


def test_a_code_lives_72_hours(street: Street) -> None:
    code = street.card("demo-member-1")["response_code"]
    street.control("POST", "clock", {"advance_seconds": 72 * 3600})
    street.tokens.clear()
    assert update(street, code, ["demo-member-1"])["errcode"] == 42003
    assert update(street, "made-up", ["demo-member-1"])["errcode"] == 40029


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"card_type": "poem"}, 42031),
        ({"task_id": "a b"}, 42014),
        ({"task_id": ""}, 42014),
        ({"button_list": []}, 42038),
        ({"button_list": [{"text": "", "key": "a"}]}, 42038),
        ({"button_list": [{"text": "一", "key": "a"}, {"text": "二", "key": "a"}]}, 42039),
        ({"button_list": [{"text": "一", "type": 1}]}, 42028),
        ({"horizontal_content_list": [{"keyname": "a", "value": "b"}] * 7}, 42035),
        ({"card_type": "text_notice"}, 42045),
        ({"main_title": "x"}, 40058),
        ({"card_type": "vote_interaction"}, 42046),
    ],
)
def test_a_bad_card_gets_its_own_code(street: Street, change: dict[str, Any], code: int) -> None:
    assert street.card("demo-member-1", **change)["errcode"] == code


def test_a_notice_card_has_no_code_and_a_chosen_option_is_sent(street: Street) -> None:
    notice = street.card("demo-member-1", card_type="text_notice", card_action={"type": 1, "url": "http://x/"})
    assert notice["errcode"] == 0 and "response_code" not in notice
    options = [{"id": "today", "text": "今天"}, {"id": "later", "text": "改天"}]
    street.card(
        "demo-member-1", button_selection={"question_key": "when", "option_list": options, "selected_id": "today"}
    )
    card = street.inbox("demo-member-1")[-1]["id"]
    body = {"message": card, "button": "accept 7", "selected": {"when": ["later", "made-up"]}}
    street.control("POST", "people/demo-member-1/press", body)
    chosen = street.program.received[0].fields["SelectedItems"]["SelectedItem"]
    assert chosen == {"QuestionKey": "when", "OptionIds": {"OptionId": "later"}}


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


def test_rubbish_gets_an_error_code(street: Street, open_street: Callable[..., Street]) -> None:
    query = {"access_token": street.new_token("wecom")}
    for path in ("message/send", "message/recall", "message/update_template_card"):
        for body in (b"", b"{", b"[]", b"\xff"):
            answer = requests.post(f"{street.url}/wecom/cgi-bin/{path}", params=query, data=body, timeout=5)
            assert answer.status_code == 200 and answer.json()["errcode"] in (40058, 44002)
        for strange in (
            {"touser": {}, "userids": "x", "agentid": AGENT_ID, "msgtype": "text", "text": {"content": "x"}},
        ):
            assert street.call("wecom", path, strange)["errcode"] != 0
