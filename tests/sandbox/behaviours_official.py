"""What the Official Account allows, counts and refuses, and the faults of its API, each with a check that can fail."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest
import requests
from flask import request

from sandbox import acts, events, tokens
from sandbox.api import Platform
from sandbox.config import Kind
from sandbox.official.files import Files, _bytes
from sandbox.official.menu import Menus
from sandbox.official.templates import Templates
from sandbox.state import Seat
from tests.sandbox.behaviour import AYI, CLICK, DAY, Patient, Table, api, deaf, later, patch, rules
from tests.sandbox.conftest import APP_ID, SECRET, Street
from tests.sandbox.test_callbacks import PNG

behaviour = Table()


def use(street: Street, token: str) -> int:
    """How the platform likes this token."""
    code: int = api(street, "official", "getcallbackip", access_token=token).json().get("errcode", 0)
    return code


def stable(street: Street, *, force: bool = False) -> Any:
    body = {"grant_type": "client_credential", "appid": APP_ID, "secret": SECRET, "force_refresh": force}
    return requests.post(f"{street.url}/official/cgi-bin/stable_token", json=body, timeout=5).json()


# Tokens


@behaviour(off=rules(token_overlap_seconds=7200))
def an_old_token_lives_five_minutes_beside_the_new_one(street: Street) -> None:
    old, new = street.new_token("official"), street.new_token("official")
    assert (use(street, old), use(street, new)) == (0, 0)
    street.control("POST", "clock", {"advance_seconds": 301})
    assert (use(street, old), use(street, new)) == (40001, 0)


@behaviour(off=patch(tokens.Tokens, "_end", staticmethod(lambda token, until: None)))
def a_forced_token_kills_the_old_one_at_once(street: Street) -> None:
    old = stable(street)["access_token"]
    assert use(street, old) == 0
    new = stable(street, force=True)["access_token"]
    assert (use(street, old), use(street, new)) == (40001, 0)


@behaviour(off=rules(force_refresh_seconds=0))
def a_token_is_forced_once_in_thirty_seconds(street: Street) -> None:
    stable(street, force=True)
    assert stable(street, force=True).get("errcode") == 45011


@behaviour(off=rules(token_seconds=10**6))
def a_token_ends_after_two_hours(street: Street) -> None:
    token = street.new_token("official")
    street.control("POST", "clock", {"advance_seconds": 7200})
    assert use(street, token) == 42001


@behaviour(off=patch(tokens.Tokens, "shared", tokens.Tokens.classic))
def wecom_gives_the_same_token_again(street: Street) -> None:
    assert street.new_token("wecom") == street.new_token("wecom")


@behaviour(off=deaf("token_dead"))
def no_token_may_ever_be_good(street: Street) -> None:
    street.fault("token_dead")
    for _ in range(3):
        assert use(street, street.new_token("official")) == 40001


# Windows, consents and quotas


@behaviour(off=rules(message_window_seconds=10**8))
def the_window_of_a_word_closes_after_48_hours(street: Street) -> None:
    street.say(AYI, text="在吗")
    later(street, 48 * 3600 - 1)
    assert street.custom(AYI) == 0
    later(street, 1)
    assert street.custom(AYI) == 45015


@behaviour(off=rules(message_window_count=10**6))
def a_word_pays_for_five_messages(street: Street) -> None:
    street.say(AYI, text="在吗")
    assert [street.custom(AYI) for _ in range(6)] == [0] * 5 + [45047]


@behaviour(off=rules(message_window_count=5), rules={"message_window_count": 20})
def the_old_window_of_twenty_is_a_setting(street: Street) -> None:
    street.say(AYI, text="在吗")
    assert [street.custom(AYI) for _ in range(21)] == [0] * 20 + [45047]


@behaviour(off=rules(click_window_seconds=10**8))
def the_window_of_a_menu_press_closes_after_a_minute(street: Street) -> None:
    street.say(AYI, event=CLICK)
    later(street, 60)
    assert street.custom(AYI) == 45015


@behaviour(off=rules(click_window_count=10**6))
def a_menu_press_pays_for_three_messages(street: Street) -> None:
    for event in (CLICK, {"Event": "SCAN", "EventKey": "1"}, "subscribe"):
        street.say(AYI, event=event)
        assert [street.custom(AYI) for _ in range(4)] == [0] * 3 + [45047]


def opening_views(monkeypatch: pytest.MonkeyPatch) -> None:
    known = events._EVENTS[Kind.OFFICIAL]
    monkeypatch.setitem(known, "VIEW", replace(known["VIEW"], opens=True))


@behaviour(off=opening_views)
def opening_a_page_pays_for_nothing(street: Street) -> None:
    street.say(AYI, event={"Event": "VIEW", "EventKey": "http://u/"})
    assert street.custom(AYI) == 45015


@behaviour(off=patch(acts, "leave", lambda seat: setattr(seat, "following", False)))
def leaving_closes_the_windows(street: Street) -> None:
    street.say(AYI, text="在吗")
    street.say(AYI, event="unsubscribe")
    assert street.custom(AYI) == 45015
    street.say(AYI, event="subscribe")
    later(street, 61)
    assert street.custom(AYI) == 45015


@behaviour(off=deaf("45015", "45047", "45009"))
def the_windows_and_the_quota_can_be_closed_by_a_fault(street: Street) -> None:
    street.say(AYI, text="在吗")
    for code in (45015, 45047, 45009):
        street.fault(str(code), times=1)
        assert street.custom(AYI) == code


def never_used_up(seat: Seat, template: str, *, accepted: bool) -> None:
    seat.accepted[template] = 10**9


@behaviour(off=patch(acts, "agree", never_used_up))
def each_yes_pays_for_one_subscription_message(street: Street) -> None:
    body = {"touser": AYI, "template_id": "s", "data": {"thing1": {"value": "路灯"}}}
    yes = {"List": [{"TemplateId": "s", "SubscribeStatusString": "accept"}]}
    street.say(AYI, event={"Event": "subscribe_msg_popup_event", "SubscribeMsgPopupEvent": yes})
    codes = [street.call("official", "message/subscribe/bizsend", body)["errcode"] for _ in range(2)]
    assert codes == [0, 43101]


@behaviour(off=rules(daily_custom=100), rules={"daily_custom": 1})
def the_quota_of_the_day_is_used_up_and_comes_back_the_next_day(street: Street) -> None:
    street.say(AYI, text="在吗")
    assert [street.custom(AYI) for _ in range(2)] == [0, 45009]
    later(street, DAY)
    assert street.custom(AYI) == 0


@behaviour(off=rules(clear_quota_monthly=1000))
def the_quota_is_cleared_ten_times_a_month(street: Street) -> None:
    codes = [street.call("official", "clear_quota", {"appid": APP_ID})["errcode"] for _ in range(11)]
    assert codes == [0] * 10 + [48006]
    later(street, 31 * DAY)
    assert street.call("official", "clear_quota", {"appid": APP_ID})["errcode"] == 0


@behaviour(off={"official": {"abilities": "service"}}, official={"abilities": "subscription"})
def an_account_may_do_only_what_it_was_verified_for(street: Street) -> None:
    body = {"touser": AYI, "template_id": "t", "data": {"thing01": {"value": "路灯"}}}
    assert street.call("official", "message/template/send", body)["errcode"] == 48001


@behaviour(off=rules(typing_seconds=10**6))
def typing_is_shown_within_thirty_seconds_of_a_word(street: Street) -> None:
    street.say(AYI, text="在吗")
    later(street, 31)
    body = {"touser": AYI, "command": "Typing"}
    assert street.call("official", "message/custom/typing", body)["errcode"] == 45080


@behaviour(off=rules(client_msg_id_seconds=0))
def a_template_message_with_the_same_number_is_sent_once(street: Street) -> None:
    body = {"touser": AYI, "template_id": "t", "data": {"thing01": {"value": "路灯"}}, "client_msg_id": "n-1"}
    first, second = (street.call("official", "message/template/send", body) for _ in range(2))
    assert first["msgid"] == second["msgid"] and len(street.inbox(AYI)) == 1


# Faults of the API


@behaviour(off=deaf("40164", "60020"))
def an_address_can_be_untrusted(street: Street) -> None:
    street.fault("40164")
    street.fault("60020")
    owner = {"grant_type": "client_credential", "appid": APP_ID, "secret": SECRET}
    assert api(street, "official", "token", **owner).json().get("errcode") == 40164
    assert api(street, "wecom", "gettoken", corpid="x").json().get("errcode") == 60020


@behaviour(off=deaf("slow"))
def the_api_can_be_slow(street: Street) -> None:
    street.app.extensions["sandbox"].closing = patient = Patient()
    street.fault("slow", times=1, delay_seconds=20)
    api(street, "official", "token")
    assert patient.waits == [20]


@behaviour(off=deaf("html502"))
def the_api_can_answer_with_a_web_page(street: Street) -> None:
    street.fault("html502", times=1)
    answer = api(street, "official", "token")
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (502, "text/html")


@behaviour(off=deaf("reset"))
def the_api_can_cut_the_connection(street: Street) -> None:
    street.fault("reset", times=1)
    try:
        answered = api(street, "official", "token").status_code
    except requests.ConnectionError:
        answered = None
    assert answered is None


# Files


@behaviour(off=rules(media_seconds=10**8))
def a_file_is_kept_for_three_days(street: Street) -> None:
    street.say(AYI, image=base64.b64encode(PNG).decode())
    media_id = street.program.received[0].fields["MediaId"]
    later(street, 3 * DAY - 1)
    token = street.new_token("official")
    assert api(street, "official", "media/get", access_token=token, media_id=media_id).content == PNG
    later(street, 1)
    token = street.new_token("official")
    assert b"40007" in api(street, "official", "media/get", access_token=token, media_id=media_id).content


def honest_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Platform.answer

    def honest(self: Platform, call: Any, *, token: bool = True, plain_errors: bool = False) -> Any:
        return answer(self, call, token=token)

    monkeypatch.setattr(Platform, "answer", honest)


@behaviour(off=honest_errors)
def a_file_that_is_not_there_is_json_that_says_it_is_text(street: Street) -> None:
    for platform in ("official", "wecom"):
        token = street.new_token(platform)
        answer = api(street, platform, "media/get", access_token=token, media_id="made-up")
        assert answer.headers["Content-Type"].split(";")[0] == "text/plain"
        assert answer.json()["errcode"] == 40007


def films_as_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Files, "get", lambda self: _bytes(self.find(request.args.get("media_id"), "video")))


@behaviour(off=films_as_bytes)
def a_film_comes_as_an_address(street: Street) -> None:
    street.say(AYI, video={})
    media_id = street.program.received[0].fields["MediaId"]
    token = street.new_token("official")
    answer = api(street, "official", "media/get", access_token=token, media_id=media_id)
    assert answer.headers["Content-Type"].startswith("application/json")
    assert requests.get(answer.json()["video_url"], timeout=5).content[4:8] == b"ftyp"


# What a call may say


@behaviour(off=patch(Templates, "rows", lambda self, data: []))
def template_data_under_a_wrong_key_is_refused(street: Street) -> None:
    body = {"touser": AYI, "template_id": "t", "data": {"Thing!": {"value": "路灯"}}}
    assert street.call("official", "message/template/send", body)["errcode"] == 47003


@behaviour(off=patch(Menus, "_raw_body", lambda self: self.desk.body()))
def a_menu_with_escaped_letters_is_refused(street: Street) -> None:
    # `call` sends what json.dumps makes: \uXXXX for every Chinese letter.
    menu = {"button": [{"name": "报事", "type": "click", "key": "report"}]}
    assert street.call("official", "menu/create", menu)["errcode"] == 40033


@behaviour(off=deaf("47003", "43101"))
def a_notice_can_be_refused_by_a_fault(street: Street) -> None:
    body = {"touser": AYI, "template_id": "t", "data": {"thing01": {"value": "路灯"}}}
    street.fault("47003", times=1)
    assert street.call("official", "message/template/send", body)["errcode"] == 47003
    yes = {"List": [{"TemplateId": "t", "SubscribeStatusString": "accept"}]}
    street.say(AYI, event={"Event": "subscribe_msg_popup_event", "SubscribeMsgPopupEvent": yes})
    street.fault("43101", times=1)
    assert street.call("official", "message/subscribe/bizsend", body)["errcode"] == 43101
