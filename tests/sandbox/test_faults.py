"""Every fault that can be switched on bites as it says, as often as it is told, and is told in words."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests
import waitress
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from sandbox.envelope import from_xml
from sandbox.faults import TOLD, FaultKind
from tests.sandbox.conftest import AES_KEY, Street, words

AYI, LI = "demo-resident-1", "demo-member-1"


@pytest.mark.parametrize(
    ("kind", "path", "code"),
    [
        ("token_dead", "message/custom/send", 40001),
        ("45009", "message/custom/send", 45009),
        ("45015", "message/custom/send", 45015),
        ("45047", "message/custom/send", 45047),
        ("busy", "message/custom/send", -1),
        ("47003", "message/template/send", 47003),
        ("43101", "message/subscribe/bizsend", 43101),
    ],
)
def test_a_fault_bites_so_often_and_then_no_more(street: Street, kind: str, path: str, code: int) -> None:
    street.say("demo-resident-1", text="在吗")
    agreed = {"List": {"TemplateId": "t", "SubscribeStatusString": "accept"}}
    street.say("demo-resident-1", event={"Event": "subscribe_msg_popup_event", "SubscribeMsgPopupEvent": agreed})
    body = {
        "touser": "demo-resident-1",
        "msgtype": "text",
        "text": {"content": "x"},
        "template_id": "t",
        "data": {"thing01": {"value": "x"}},
    }
    street.new_token("official")
    street.call("official", "getcallbackip")
    street.fault(kind, times=2)
    assert [street.call("official", path, body)["errcode"] for _ in range(3)] == [code, code, 0]


def test_a_dead_token_stays_dead_however_often_it_is_fetched(street: Street) -> None:
    street.fault("token_dead")
    for _ in range(3):
        street.tokens.clear()
        assert street.call("official", "getcallbackip")["errcode"] == 40001
    street.control("DELETE", "faults")
    assert "ip_list" in street.call("official", "getcallbackip")


def test_a_fault_can_last_some_time_and_hit_one_channel_only(street: Street) -> None:
    street.fault("busy", seconds=60, channel="wecom")
    street.call("official", "getcallbackip")
    answer = requests.get(f"{street.url}/wecom/cgi-bin/gettoken", timeout=5).json()
    assert answer["errcode"] == -1
    street.clock.move(seconds=61)
    assert street.control("GET", "faults")["faults"] == []
    assert "ip_list" in street.call("wecom", "getcallbackip")


def test_an_address_that_is_not_trusted_is_refused_by_each_platform_in_its_words(street: Street) -> None:
    street.fault("40164")
    street.fault("60020")
    official = requests.get(
        f"{street.url}/official/cgi-bin/token", params={"grant_type": "client_credential"}, timeout=5
    ).json()
    assert official["errcode"] == 40164 and "not in whitelist" in official["errmsg"]
    wecom = requests.get(f"{street.url}/wecom/cgi-bin/gettoken", timeout=5).json()
    assert wecom["errcode"] == 60020 and "from ip: 127.0.0.1" in wecom["errmsg"]


def test_a_gateway_page_is_html(street: Street) -> None:
    street.fault("html502", times=1)
    answer = requests.get(f"{street.url}/official/cgi-bin/token", timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (502, "text/html")


def cut_once(street: Street, url: str) -> None:
    street.fault("reset", times=1)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/official/cgi-bin/token", timeout=5)
    assert requests.get(f"{url}/official/cgi-bin/token", timeout=5).json()["errcode"] == 40002


def test_a_reset_cuts_the_connection(street: Street) -> None:
    cut_once(street, street.url)


def test_a_reset_cuts_the_connection_of_the_server_it_is_shipped_with(street: Street) -> None:
    served = waitress.create_server(street.app, host="127.0.0.1", port=0, threads=2)
    serving = threading.Thread(target=served.run, daemon=True)
    serving.start()
    cut_once(street, f"http://127.0.0.1:{served.effective_port}")
    # By itself: closed from here, its sockets might be gone in the moment in which it waits for them.
    served.trigger.pull_trigger(served.close)
    serving.join()


def test_a_slow_platform_outlasts_a_client_that_will_not_wait(street: Street) -> None:
    street.fault("slow", times=1, delay_seconds=20)
    with pytest.raises(requests.Timeout):
        requests.get(f"{street.url}/official/cgi-bin/token", timeout=0.1)
    street.app.extensions["sandbox"].closing.set()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "rain"},
        {"kind": "busy", "times": 0},
        {"kind": "busy", "seconds": "x"},
        {"kind": "busy", "channel": "telegram"},
        {"kind": "slow", "delay_seconds": 31},
        {"kind": "clock_skew", "skew_seconds": "late"},
    ],
)
def test_a_fault_nobody_knows_is_refused(street: Street, body: dict[str, object]) -> None:
    street.control("POST", "faults", body, status=400)


def test_the_duplicate_fault_delivers_the_same_message_twice_at_the_same_instant(street: Street) -> None:
    street.fault("duplicate", times=1)
    street.program.together = threading.Barrier(2)
    said = street.say("demo-resident-1", text="路灯坏了")
    assert [attempt["error"] for attempt in said["deliveries"]] == [None, None]
    assert len({delivery.fields["MsgId"] for delivery in street.program.received}) == 1
    street.program.together = None
    assert len(street.say("demo-resident-1", text="路灯坏了")["deliveries"]) == 1


def test_the_resend_fault_delivers_three_times_whatever_is_answered(street: Street) -> None:
    street.fault("resend_always")
    street.program.answer = words("好")
    said = street.say("demo-resident-1", text="路灯坏了")
    assert [attempt["error"] for attempt in said["deliveries"]] == [None] * 3
    assert [entry["text"] for entry in street.inbox("demo-resident-1")] == ["好"]
    street.control("DELETE", "faults")
    assert len(street.say("demo-resident-1", text="路灯坏了")["deliveries"]) == 1


def test_every_fault_is_told_in_both_languages_for_the_page(street: Street) -> None:
    assert set(TOLD) == set(FaultKind)
    kinds = street.control("GET", "faults")["kinds"]
    assert {kind["kind"] for kind in kinds} == {str(kind) for kind in FaultKind}
    for kind in kinds:
        assert kind["side"] in ("api", "callback") and kind["platforms"]
        assert any("\u4e00" <= letter <= "\u9fff" for letter in kind["zh"]) and kind["en"].isascii()
    assert {kind["kind"]: kind["takes"] for kind in kinds if kind["takes"]} == {
        "slow": "delay_seconds",
        "clock_skew": "skew_seconds",
    }


def test_one_fault_can_be_switched_off_and_the_others_stay(street: Street) -> None:
    for kind, channel in (("busy", "official"), ("busy", "wecom"), ("slow", "")):
        street.fault(kind, channel=channel, delay_seconds=3)
    street.control("DELETE", "faults?kind=busy&channel=wecom")
    listed = street.control("GET", "faults")["faults"]
    assert [(fault["kind"], fault["channel"]) for fault in listed] == [("busy", "official"), ("slow", None)]
    assert listed[1]["delay_seconds"] == 3
    assert [fault["kind"] for fault in street.control("DELETE", "faults?kind=busy")["faults"]] == ["slow"]
    street.control("DELETE", "faults?kind=rain", status=400)
    assert street.control("DELETE", "faults")["faults"] == []


def test_a_held_message_arrives_after_the_next_one_and_is_answered_then(street: Street) -> None:
    street.program.answer = lambda delivery: words(f"收到：{delivery.fields['Content']}")(delivery)
    street.fault("out_of_order", times=1)
    held = street.say(AYI, text="一")
    assert held == {"reply": None, "deliveries": [], "held": True}
    street.say(AYI, text="二")
    street.say(AYI, text="三")
    assert [each.fields["Content"] for each in street.program.received] == ["二", "一", "三"]
    numbers = [int(each.fields["MsgId"]) for each in street.program.received]
    assert numbers[1] < numbers[0] < numbers[2]
    assert [entry["text"] for entry in street.inbox(AYI)] == ["收到：二", "收到：一", "收到：三"]


def test_without_a_count_every_second_one_overtakes_the_one_before(street: Street) -> None:
    street.fault("out_of_order", channel="official")
    street.say(AYI, text="一")
    street.say(LI, "wecom", text="企业微信")
    for text in ("二", "三", "四"):
        street.say(AYI, text=text)
    assert [each.fields["Content"] for each in street.program.received] == ["企业微信", "二", "一", "四", "三"]


@pytest.mark.parametrize("way", ["settle", "faults"])
def test_what_is_held_is_not_lost_when_nothing_follows(street: Street, way: str) -> None:
    street.fault("out_of_order", times=1)
    street.say(AYI, event="unsubscribe")
    assert street.program.received == []
    if way == "settle":
        street.settle()
    else:
        street.control("DELETE", "faults")
    assert [each.fields["Event"] for each in street.program.received] == ["unsubscribe"]


def test_what_the_platform_reports_can_be_held_too(street: Street) -> None:
    street.fault("out_of_order", times=1)
    body = {"touser": AYI, "template_id": "t", "data": {"thing01": {"value": "路灯"}}}
    street.call("official", "message/template/send", body)
    assert street.app.extensions["sandbox"].background.settle(5) == 0
    assert street.program.received == []
    street.say(AYI, text="在吗")
    assert [each.fields.get("Event") for each in street.program.received] == [None, "TEMPLATESENDJOBFINISH"]


@pytest.mark.parametrize("channel", ["official", "wecom"])
@pytest.mark.parametrize(
    ("kind", "error"), [("wrong_signature", "InvalidSignatureException"), ("wrong_receiveid", "Invalid")]
)
def test_a_forged_delivery_is_refused_and_the_next_one_is_genuine(
    street: Street, channel: str, kind: str, error: str
) -> None:
    street.fault(kind, times=1)
    said = street.say(LI, channel, text="在吗")
    assert len(street.program.refused) == 1 and street.program.refused[0].startswith(error)
    assert said["deliveries"][0]["error"] == "HTTP 403"
    street.say(LI, channel, text="在吗")
    assert street.program.received[-1].fields["Content"] == "在吗"


def test_a_forged_plain_delivery_has_a_wrong_signature(open_street: Callable[..., Street]) -> None:
    street = open_street(official={"mode": "plain"})
    street.fault("wrong_signature", times=1)
    street.fault("wrong_receiveid")
    for _ in range(2):
        street.say(AYI, text="在吗")
    forged, genuine = (each.query["signature"] for each in street.program.received)
    assert forged != genuine and len(forged) == len(genuine) == 40
    assert street.control("GET", "faults")["faults"][0]["kind"] == "wrong_receiveid"


def padding(raw: str) -> int:
    """The last byte of what is inside the seal."""
    sealed = base64.b64decode(from_xml(raw)["Encrypt"])
    key = base64.b64decode(AES_KEY + "=")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    return (decryptor.update(sealed) + decryptor.finalize())[-1]


def test_long_padding_is_17_to_32_bytes_and_opens_all_the_same(street: Street) -> None:
    street.fault("long_pad")
    for number in range(32):
        street.say(AYI, text="x" * (number + 1))
    assert [each.fields["Content"] for each in street.program.received] == ["x" * (number + 1) for number in range(32)]
    assert all(17 <= padding(each.raw) <= 32 for each in street.program.received)


def test_a_wrong_clock_shows_in_the_query_and_in_the_message(street: Street) -> None:
    street.fault("clock_skew", times=1, skew_seconds=-900)
    for _ in range(2):
        street.say(AYI, text="在吗")
    wrong, right = street.program.received
    now = street.clock()
    late = str(int((now - timedelta(seconds=900)).timestamp()))
    assert (wrong.query["timestamp"], wrong.fields["CreateTime"]) == (late, late)
    assert right.fields["CreateTime"] == str(int(now.timestamp()))


def test_an_event_arrives_twice_in_the_same_second_at_once(street: Street) -> None:
    street.fault("duplicate", times=1)
    street.program.together = threading.Barrier(2)
    street.say(AYI, event={"Event": "CLICK", "EventKey": "help"})
    one, two = (each.fields for each in street.program.received)
    assert one == two and "MsgId" not in one
