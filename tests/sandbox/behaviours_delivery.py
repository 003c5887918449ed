"""How the platforms deliver: each behaviour has a check that fails where the behaviour is switched off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import urllib3

from sandbox import callbacks, envelope, replies
from sandbox.envelope import Sealed
from tests.sandbox.behaviour import AYI, CLICK, LI, Patient, Table, deaf, errors, patch, rules
from tests.sandbox.conftest import GH_ID, Street, reply, words
from tests.sandbox.test_faults import padding

behaviour = Table()

FAULT_SENTENCE = "该公众号提供的服务出现故障，请稍后再试"


def passes(street: Street) -> list[str]:
    """The words that reached the program, in their order."""
    return [str(each.fields.get("Content")) for each in street.program.received]


# Delivery


@behaviour(off=rules(deliveries=1))
def a_broken_program_gets_the_same_message_three_times(street: Street) -> None:
    street.program.answer = lambda delivery: ("oops", 500)
    assert errors(street.say(AYI, text="路灯坏了")) == ["HTTP 500"] * 3
    assert len(street.program.received) == 3
    assert len({each.fields["MsgId"] for each in street.program.received}) == 1


@behaviour(off=rules(retry_seconds=0), rules={"retry_seconds": 5})
def the_deliveries_are_five_seconds_apart(street: Street) -> None:
    street.app.extensions["sandbox"].closing = patient = Patient()
    street.program.answer = lambda delivery: ("oops", 500)
    street.say(AYI, text="路灯坏了")
    assert [round(wait / 5) for wait in patient.waits] == [1, 2]


def sealed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seal, known = callbacks.Callbacks._seal, dict[int, Sealed]()

    def again(self: callbacks.Callbacks, callback: callbacks.Callback) -> Sealed:
        return known.setdefault(id(callback), seal(self, callback))

    monkeypatch.setattr(callbacks.Callbacks, "_seal", again)


@behaviour(off=sealed_once)
def every_delivery_has_its_own_nonce_and_ciphertext(street: Street) -> None:
    street.program.answer = lambda delivery: ("oops", 500)
    street.say(AYI, text="路灯坏了")
    assert len({each.query["nonce"] for each in street.program.received}) == 3
    assert len({each.raw for each in street.program.received}) == 3


@behaviour(off=patch(callbacks, "answered", lambda account, document: False))
def the_phone_shows_that_the_service_failed(street: Street) -> None:
    street.program.answer = lambda delivery: ('{"json": true}', 200)
    street.say(AYI, text="路灯坏了")
    assert [entry["text"] for entry in street.inbox(AYI)] == [FAULT_SENTENCE]


@behaviour(off=patch(callbacks, "answered", lambda account, document: True))
def the_phone_of_somebody_who_left_shows_nothing(street: Street) -> None:
    street.program.answer = lambda delivery: ("oops", 500)
    street.say(AYI, event="unsubscribe")
    assert street.inbox(AYI) == []


@behaviour(off=rules(wecom_retry_any_status=1))
def wecom_does_not_come_again_after_a_bad_status(street: Street) -> None:
    street.program.answer = lambda delivery: ("oops", 500)
    assert errors(street.say(LI, "wecom", text="在吗")) == ["HTTP 500"]


def following_redirects(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = urllib3.PoolManager.request

    def followed(self: urllib3.PoolManager, *args: Any, **how: Any) -> Any:
        return ask(self, *args, **{**how, "redirect": True, "retries": 3})

    monkeypatch.setattr(urllib3.PoolManager, "request", followed)


@behaviour(off=following_redirects)
def a_redirect_is_not_followed(street: Street) -> None:
    street.program.answer = lambda delivery: ("", 301, {"Location": f"{street.url}/healthz"})
    assert errors(street.say(AYI, text="在吗")) == ["HTTP 301"] * 3


@behaviour(off=patch(callbacks, "judge", lambda *args: None))
def a_reply_whose_names_are_not_swapped_is_wrong(street: Street) -> None:
    inside = "<MsgType>text</MsgType><Content>好</Content><CreateTime>1</CreateTime>"
    wrong = f"<xml><ToUserName>{GH_ID}</ToUserName><FromUserName>{AYI}</FromUserName>{inside}</xml>"
    street.program.answer = lambda delivery: wrong
    assert "not swapped" in str(errors(street.say(AYI, text="在吗"))[0])


@behaviour(off={"official": {"mode": "compatible"}})
def in_safe_mode_a_reply_must_be_sealed(street: Street) -> None:
    street.program.answer = lambda delivery: (words("好")(delivery), 200)
    assert errors(street.say(AYI, text="在吗"))[0] == "an answer that is not sealed"


@behaviour(off=patch(replies, "TEXT_LIMIT", 10**6))
def a_reply_over_2048_bytes_is_wrong(street: Street) -> None:
    street.program.answer = words("字" * 683)
    assert "2048" in str(errors(street.say(AYI, text="在吗"))[0])


@behaviour(off=patch(replies, "_ONE_ARTICLE_FOR", ()))
def words_are_answered_with_one_article_at_most(street: Street) -> None:
    item = "<item><Title>t</Title><Description>d</Description><PicUrl>p</PicUrl><Url>http://u</Url></item>" * 2
    news = f"<MsgType>news</MsgType><ArticleCount>2</ArticleCount><Articles>{item}</Articles>"
    street.program.answer = lambda delivery: reply(delivery, news)
    assert "at most 1" in str(errors(street.say(AYI, text="在吗"))[0])


def tame(seal: Callable[[], str]) -> str:
    text = seal()
    while "+" in text:
        text = seal()
    return text


@behaviour(off=patch(callbacks, "awkward", tame))
def the_echo_of_wecom_has_a_plus_in_it(street: Street) -> None:
    assert street.control("POST", "verify", {"channel": "wecom"})["ok"] is True
    assert "%2B" in street.control("GET", "log")["log"][-1]["path"]


# Faults of the callback side


@behaviour(off=deaf("out_of_order"))
def messages_can_change_places(street: Street) -> None:
    street.fault("out_of_order", times=1)
    street.say(AYI, text="一")
    street.say(AYI, text="二")
    assert passes(street) == ["二", "一"]


@behaviour(off=deaf("duplicate"))
def an_event_can_come_twice_in_the_same_second(street: Street) -> None:
    street.fault("duplicate", times=1)
    street.say(AYI, event=CLICK)
    assert len(street.program.received) == 2
    assert street.program.received[0].fields == street.program.received[1].fields


@behaviour(off=deaf("resend_always"))
def a_message_can_come_again_although_it_was_answered(street: Street) -> None:
    street.fault("resend_always", times=1)
    assert errors(street.say(AYI, text="一")) == [None] * 3


@behaviour(off=deaf("wrong_receiveid"))
def a_message_for_another_account_can_come(street: Street) -> None:
    street.fault("wrong_receiveid", times=1)
    street.say(AYI, text="一")
    assert street.program.refused == ["InvalidAppIdException"]


@behaviour(off=deaf("wrong_signature"))
def a_forged_message_can_come(street: Street) -> None:
    street.fault("wrong_signature", times=1)
    street.say(AYI, text="一")
    assert street.program.refused == ["InvalidSignatureException"]


@behaviour(off=deaf("long_pad"))
def the_padding_can_always_be_over_16_bytes(street: Street) -> None:
    street.fault("long_pad")
    for number in range(1, 33):
        street.say(AYI, text="x" * number)
    assert all(padding(each.raw) > 16 for each in street.program.received)


@behaviour(off=deaf("clock_skew"))
def the_platforms_clock_can_be_wrong(street: Street) -> None:
    street.fault("clock_skew", skew_seconds=-600)
    street.say(AYI, text="一")
    assert int(street.program.received[0].query["timestamp"]) == int(street.clock().timestamp()) - 600


def thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    write = envelope.to_xml

    def thin(value: Any) -> Any:
        if isinstance(value, list):
            return thin(value[0])
        return {name: thin(inner) for name, inner in value.items()} if isinstance(value, dict) else value

    monkeypatch.setattr(callbacks, "to_xml", lambda fields: write(thin(fields)))


@behaviour(off=thinned)
def one_item_stands_alone_and_several_are_a_list(street: Street) -> None:
    for sums in (["a"], ["a", "b"]):
        pictures = {"PicList": {"item": [{"PicMd5Sum": one} for one in sums]}}
        street.say(AYI, event={"Event": "pic_weixin", "EventKey": "k", "SendPicsInfo": pictures})
    one, two = (each.fields["SendPicsInfo"]["PicList"]["item"] for each in street.program.received)
    assert isinstance(one, dict) and isinstance(two, list)
