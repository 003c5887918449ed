"""Template cards: what the platform refuses, what a press sends, and how copies change."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import AGENT_ID, Street, reply


def update(street: Street, code: str, users: list[str], name: str = "已接单") -> Any:
    body = {"userids": users, "agentid": AGENT_ID, "response_code": code, "button": {"replace_name": name}}
    return street.call("wecom", "message/update_template_card", body)


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
        ({"card_type": "vote_interaction", "submit_button": {"key": "k"}}, 42049),
        ({"card_type": "vote_interaction", "submit_button": {"key": "k", "text": "t"}}, 42043),
        ({"card_type": "multiple_interaction", "submit_button": {"key": "k", "text": "t"}}, 42047),
        ({"card_type": "news_notice", "card_action": {"type": 1, "url": "http://x/"}}, 42044),
        ({"card_type": "text_notice", "card_action": {"type": 2}}, 42030),
        ({"button_list": [{"text": "一", "key": "k" * 1025}]}, 42039),
        ({"button_list": [{"text": "一", "key": str(number)} for number in range(7)]}, 42038),
        ({"horizontal_content_list": [{"value": "b"}]}, 42027),
        ({"horizontal_content_list": [{"keyname": "a", "type": 2}]}, 42029),
        ({"horizontal_content_list": [{"keyname": "a", "type": 3}]}, 42050),
        ({"vertical_content_list": [{"title": "a"}] * 5}, 42036),
        ({"jump_list": [{"title": "a"}] * 4}, 42042),
        ({"jump_list": [{"url": "http://x/"}]}, 42033),
        ({"action_menu": {"action_list": [{"text": "甲", "key": "accept 7"}]}}, 42051),
        ({"button_selection": {"question_key": "q", "option_list": [{"id": "", "text": "甲"}]}}, 42040),
        ({"button_selection": {"question_key": "q", "option_list": [{"id": "a"}]}}, 42041),
        ({"button_selection": {"question_key": "q", "option_list": []}}, 42037),
    ],
)
def test_a_bad_card_gets_its_own_code(refusing_street: Street, change: dict[str, Any], code: int) -> None:
    assert refusing_street.card("demo-member-1", **change)["errcode"] == code


def test_a_notice_card_has_no_code_and_a_chosen_option_is_sent(street: Street) -> None:
    notice = street.card("demo-member-1", card_type="text_notice", card_action={"type": 1, "url": "http://x/"})
    assert notice["errcode"] == 0 and "response_code" not in notice
    options = [{"id": "today", "text": "今天"}, {"id": "later", "text": "改天"}]
    street.card(
        "demo-member-1",
        "task-2",
        button_selection={"question_key": "when", "option_list": options, "selected_id": "today"},
    )
    card = street.inbox("demo-member-1")[-1]["id"]
    body = {"message": card, "button": "accept 7", "selected": {"when": ["later", "made-up"]}}
    street.control("POST", "people/demo-member-1/press", body)
    chosen = street.program.received[0].fields["SelectedItems"]["SelectedItem"]
    assert chosen == {"QuestionKey": "when", "OptionIds": {"OptionId": "later"}}


def vote(street: Street, task_id: str, checkbox: dict[str, Any], **extra: Any) -> dict[str, Any]:
    """Sends a vote and returns its copy on the phone."""
    card = {"card_type": "vote_interaction", "checkbox": checkbox, "submit_button": {"text": "提交", "key": "go"}}
    assert street.card("demo-member-1", task_id, **card, **extra)["errcode"] == 0
    return street.inbox("demo-member-1")[-1]


def chosen(street: Street, card: dict[str, Any], selected: dict[str, Any] | None = None) -> Any:
    """What a press on the submit button says was selected."""
    body = {"message": card["id"], "button": "提交", **({"selected": selected} if selected is not None else {})}
    street.control("POST", "people/demo-member-1/press", body)
    return street.program.received[-1].fields["SelectedItems"]["SelectedItem"]


OPTIONS = [{"id": "a", "text": "甲", "is_checked": True}, {"id": "b", "text": "乙"}, {"id": "c", "text": "丙"}]


def test_a_vote_for_several_sends_several_and_a_vote_for_one_sends_one(street: Street) -> None:
    many = vote(street, "t1", {"question_key": "q", "mode": 1, "option_list": OPTIONS})
    assert chosen(street, many, {"q": ["b", "c"]})["OptionIds"]["OptionId"] == ["b", "c"]
    one = vote(street, "t2", {"question_key": "q", "mode": 0, "option_list": OPTIONS})
    assert chosen(street, one, {"q": ["b", "c"]})["OptionIds"]["OptionId"] == "b"


def test_what_was_ticked_beforehand_is_sent_where_nothing_else_is_chosen(street: Street) -> None:
    card = vote(street, "t1", {"question_key": "q", "mode": 1, "option_list": OPTIONS})
    assert chosen(street, card)["OptionIds"]["OptionId"] == "a"


def test_a_disabled_question_cannot_be_answered_otherwise(street: Street) -> None:
    card = vote(street, "t1", {"question_key": "q", "mode": 1, "disable": True, "option_list": OPTIONS})
    assert chosen(street, card, {"q": ["b"]})["OptionIds"]["OptionId"] == "a"


def test_three_questions_on_one_card_are_all_sent(street: Street) -> None:
    selects = [
        {"question_key": f"q{number}", "option_list": [{"id": "x", "text": "x"}, {"id": "y", "text": "y"}]}
        for number in range(3)
    ]
    submit = {"text": "提交", "key": "go"}
    card_type = "multiple_interaction"
    street.card("demo-member-1", card_type=card_type, select_list=selects, submit_button=submit)
    items = chosen(street, street.inbox("demo-member-1")[-1], {"q0": ["y"], "q2": ["x"]})
    assert [(item["QuestionKey"], item["OptionIds"]) for item in items] == [
        ("q0", {"OptionId": "y"}),
        ("q1", ""),
        ("q2", {"OptionId": "x"}),
    ]


def test_a_menu_on_a_notice_brings_a_code_and_its_press_is_a_menu_event(street: Street) -> None:
    menu = {"desc": "更多", "action_list": [{"text": "不再接收", "key": "mute"}]}
    action = {"type": 1, "url": "http://x/"}
    sent = street.card("demo-member-1", card_type="text_notice", card_action=action, action_menu=menu)
    assert sent["response_code"]
    street.press("demo-member-1", street.inbox("demo-member-1")[-1]["id"], "mute")
    fields = street.program.received[-1].fields
    assert (fields["Event"], fields["EventKey"]) == ("template_card_menu_event", "mute")
    assert "SelectedItems" not in fields


def test_a_task_id_stands_for_one_card_of_an_app(open_street: Callable[..., Street]) -> None:
    street = open_street(also=[{"key": "other", "agent_id": 5, "secret": "other-secret"}])
    street.control("POST", "people", {"key": "demo-member-1", "channel": "other"}, status=201)
    assert street.card("demo-member-1", "once")["errcode"] == 0
    assert street.card("demo-member-2", "once")["errcode"] == 42014
    card = {
        "card_type": "button_interaction",
        "task_id": "once",
        "main_title": {"title": "新任务"},
        "button_list": [{"text": "好", "key": "k"}],
    }
    body = {"touser": "demo-member-1", "agentid": 5, "msgtype": "template_card", "template_card": card}
    sent = street.as_app("other-secret", "message/send", body)
    assert sent["errcode"] == 0
    assert update(street, sent["response_code"], ["demo-member-1"])["errcode"] == 42015


def test_only_a_card_with_buttons_takes_the_words_of_a_button(street: Street) -> None:
    menu = {"action_list": [{"text": "不再接收", "key": "mute"}]}
    action = {"type": 1, "url": "http://x/"}
    code = street.card("demo-member-1", card_type="text_notice", card_action=action, action_menu=menu)["response_code"]
    assert update(street, code, ["demo-member-1"])["errcode"] == 40058
    whole = {"card_type": "text_notice", "main_title": {"title": "已结束"}, "card_action": action}
    body = {"userids": ["demo-member-1"], "agentid": AGENT_ID, "response_code": code, "template_card": whole}
    assert street.call("wecom", "message/update_template_card", body)["errcode"] == 0
    assert street.inbox("demo-member-1")[0]["card"]["title"] == "已结束"


def test_a_card_is_updated_for_departments_and_tags(street: Street) -> None:
    grid = street.call("wecom", "department/create", {"name": "网格", "parentid": 1})["id"]
    street.call("wecom", "user/update", {"userid": "demo-grid-1", "department": [grid]})
    tag = street.call("wecom", "tag/create", {"tagname": "骨干"})["tagid"]
    street.call("wecom", "tag/addtagusers", {"tagid": tag, "userlist": ["demo-member-2"]})
    code = street.card("demo-grid-1|demo-member-1|demo-member-2")["response_code"]
    body = {"partyids": [grid], "tagids": [tag], "agentid": AGENT_ID, "response_code": code}
    street.call("wecom", "message/update_template_card", {**body, "button": {"replace_name": "已接单"}})
    states = [street.inbox(key)[0]["replaced"] for key in ("demo-grid-1", "demo-member-1", "demo-member-2")]
    assert states == ["已接单", None, "已接单"]
