"""What WeCom and 微信客服 send, drop, count and forget, each with a check that can fail."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox import callbacks
from sandbox.state import SentMessage, World
from sandbox.wecom import messages
from sandbox.wecom.kf_book import KfBook
from tests.sandbox.behaviour import DAY, LI, WANG, Table, later, patch, rules
from tests.sandbox.conftest import AGENT_ID, Street, reply
from tests.sandbox.test_kf import ACCOUNT, KF_SECRET, WHO

behaviour = Table()

# WeCom messages and cards


def tell(street: Street, users: str, content: str = "您好", **more: Any) -> Any:
    body = {"touser": users, "agentid": AGENT_ID, "msgtype": "text", "text": {"content": content}, **more}
    return street.call("wecom", "message/send", body)


def update(street: Street, code: str, **whom: Any) -> Any:
    body = {"agentid": AGENT_ID, "response_code": code, "button": {"replace_name": "已接单"}, **whom}
    return street.call("wecom", "message/update_template_card", body)


def replaced(street: Street, *members: str) -> list[str | None]:
    """What the button of each member's copy says now."""
    return [street.inbox(member)[0].get("replaced") for member in members]


@behaviour(off=patch(messages, "_collect", lambda app, users, found: []))
def unknown_members_are_named_and_the_others_get_it(street: Street) -> None:
    answer = tell(street, f"{LI}|Ghost")
    assert (answer["errcode"], answer["invaliduser"]) == (0, "ghost")
    assert len(street.inbox(LI)) == 1
    assert tell(street, "ghost")["errcode"] == 81013


@behaviour(off=rules(member_per_minute=1000))
def the_31st_message_of_a_minute_is_dropped_in_silence(street: Street) -> None:
    assert {tell(street, LI, str(number))["errcode"] for number in range(31)} == {0}
    assert len(street.inbox(LI)) == 30
    later(street, 60)
    tell(street, LI)
    assert len(street.inbox(LI)) == 31


@behaviour(off=patch(messages, "_said_before", lambda app, data, message_id: False))
def the_same_words_are_dropped_where_the_check_is_asked_for(street: Street) -> None:
    for _ in range(2):
        assert tell(street, LI, enable_duplicate_check=1)["errcode"] == 0
    assert len(street.inbox(LI)) == 1
    later(street, 1800)
    tell(street, LI, enable_duplicate_check=1)
    assert len(street.inbox(LI)) == 2


def codes_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    use_code = World.use_code

    def again(self: World, code: object) -> tuple[int, SentMessage | None]:
        refusal, message = use_code(self, code)
        found = self.codes.get(code) if isinstance(code, str) else None
        if found is not None:
            found.used = False
        return refusal, message

    monkeypatch.setattr(World, "use_code", again)


@behaviour(off=codes_for_ever)
def a_response_code_is_used_once(street: Street) -> None:
    code = street.card(LI)["response_code"]
    assert [update(street, code, userids=[LI])["errcode"] for _ in range(2)] == [0, 42022]


@behaviour(off=rules(response_code_seconds=10**8))
def a_response_code_lives_72_hours(street: Street) -> None:
    code = street.card(LI)["response_code"]
    later(street, 72 * 3600)
    assert update(street, code, userids=[LI])["errcode"] == 42003


@behaviour(off=patch(World, "new_code", lambda self, message_id: "the-same"))
def two_volunteers_who_press_one_card_bring_two_codes(street: Street) -> None:
    street.card(f"{LI}|{WANG}")
    for member in (LI, WANG):
        street.press(member, street.inbox(member)[0]["id"], "accept 7")
    pressed = [each.fields for each in street.program.received]
    assert [one["FromUserName"] for one in pressed] == [LI, WANG]
    assert len({one["ResponseCode"] for one in pressed}) == 2


def one_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    copies = messages._copies
    monkeypatch.setattr(messages, "_copies", lambda app, message: copies(app, message)[:1])


@behaviour(off=one_copy)
def a_card_is_a_copy_for_each_member(street: Street) -> None:
    code = street.card(f"{LI}|{WANG}")["response_code"]
    update(street, code, userids=[LI])
    assert replaced(street, LI, WANG) == ["已接单", None]
    street.press(WANG, street.inbox(WANG)[0]["id"], "accept 7")
    update(street, street.program.received[0].fields["ResponseCode"], atall=1)
    assert replaced(street, LI, WANG) == ["已接单", "已接单"]


@behaviour(off=patch(callbacks, "replace_buttons", lambda entry, name: None))
def an_answer_to_a_press_changes_only_the_pressers_copy(street: Street) -> None:
    street.card(f"{LI}|{WANG}")
    inside = "<MsgType>update_button</MsgType><Button><ReplaceName>已接单</ReplaceName></Button>"
    street.program.answer = lambda delivery: reply(delivery, inside)
    street.press(LI, street.inbox(LI)[0]["id"], "accept 7")
    assert replaced(street, LI, WANG) == ["已接单", None]


@behaviour(off=patch(messages, "_claim_task", lambda app, task_id: None))
def a_task_number_stands_for_one_card(street: Street) -> None:
    assert [street.card(LI)["errcode"] for _ in range(2)] == [0, 42014]


@behaviour(off=rules(recall_seconds=10**8))
def a_message_is_recalled_within_a_day(street: Street) -> None:
    first, second = tell(street, LI, "错了")["msgid"], tell(street, LI, "对了")["msgid"]
    assert street.call("wecom", "message/recall", {"msgid": first})["errcode"] == 0
    later(street, DAY)
    assert street.call("wecom", "message/recall", {"msgid": second})["errcode"] == 42052


@behaviour(off=rules(login_code_seconds=10**8))
def a_login_code_lives_five_minutes(street: Street) -> None:
    code = street.control("POST", f"people/{LI}/login-code")["code"]
    later(street, 300)
    assert street.call("wecom", "auth/getuserinfo", code=code)["errcode"] == 42003


@behaviour(off=rules(robot_per_minute=1000))
def a_group_robot_speaks_twenty_times_a_minute(street: Street) -> None:
    body = {"msgtype": "text", "text": {"content": "您好"}}
    url = f"{street.url}/wecom/cgi-bin/webhook/send?key=demo-robot"
    codes = [requests.post(url, json=body, timeout=5).json()["errcode"] for _ in range(21)]
    assert codes == [0] * 20 + [45009]


# 微信客服

DESK = {"also": [ACCOUNT]}


def spoken(street: Street, *texts: str) -> str:
    """A customer says this; returns the token of the last doorbell."""
    street.control("POST", "people", {"key": WHO, "channel": "desk"}, status=201)
    for text in texts:
        street.say(WHO, "desk", text=text)
    token: str = street.program.received[-1].fields["Token"]
    return token


def fetch(street: Street, **how: Any) -> Any:
    return street.as_app(KF_SECRET, "kf/sync_msg", {"open_kfid": ACCOUNT["open_kfid"], **how})


def answer_customer(street: Street, content: str = "您好", **more: Any) -> Any:
    body = {"touser": WHO, "open_kfid": ACCOUNT["open_kfid"], "msgtype": "text", "text": {"content": content}, **more}
    return street.as_app(KF_SECRET, "kf/send_msg", body)


@behaviour(off=rules(kf_empty_pages=0), rules={"kf_empty_pages": 2}, **DESK)
def a_page_can_be_empty_although_there_is_more(street: Street) -> None:
    token, cursor, pages = spoken(street, "在吗"), "", []
    for _ in range(3):
        page = fetch(street, token=token, cursor=cursor)
        pages.append((len(page["msg_list"]), page["has_more"]))
        cursor = page["next_cursor"]
    assert pages == [(0, 1), (0, 1), (1, 0)]


@behaviour(off=rules(kf_token_seconds=10**8), **DESK)
def the_token_of_the_doorbell_lives_ten_minutes(street: Street) -> None:
    token = spoken(street, "在吗")
    assert fetch(street, token=token)["errcode"] == 0
    later(street, 600)
    assert fetch(street, token=token)["errcode"] == 95007


@behaviour(off=rules(kf_history_seconds=10**8), **DESK)
def what_customers_said_is_kept_for_three_days(street: Street) -> None:
    spoken(street, "在吗")
    later(street, 3 * DAY - 1)
    assert len(fetch(street)["msg_list"]) == 1
    later(street, 1)
    assert fetch(street)["msg_list"] == []


@behaviour(off=rules(kf_window_count=100), **DESK)
def a_customers_word_pays_for_five_answers(street: Street) -> None:
    spoken(street, "在吗")
    assert [answer_customer(street)["errcode"] for _ in range(6)] == [0] * 5 + [95001]


@behaviour(off=rules(kf_window_seconds=10**8), **DESK)
def a_customer_is_answered_within_48_hours(street: Street) -> None:
    spoken(street, "在吗")
    later(street, 48 * 3600)
    assert answer_customer(street)["errcode"] == 95002


@behaviour(off=patch(KfBook, "sent_before", lambda self, open_kfid, msgid: False), **DESK)
def an_answer_with_the_same_number_is_sent_once(street: Street) -> None:
    spoken(street, "在吗")
    for _ in range(2):
        assert answer_customer(street, msgid="n-1") == {"errcode": 0, "errmsg": "ok", "msgid": "n-1"}
    assert len(street.inbox(WHO)) == 1


@behaviour(off=patch(KfBook, "event", lambda self, account, event: ""), **DESK)
def a_customer_can_take_a_word_back(street: Street) -> None:
    spoken(street, "说错了")
    street.say(WHO, "desk", event="user_recall_msg")
    said, taken = (fetch(street)["msg_list"] + [{}, {}])[:2]
    assert taken.get("event", {}).get("recall_msgid") == said["msgid"]
