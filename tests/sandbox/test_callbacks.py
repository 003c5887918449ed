"""What the pretend platform sends, how often, and what it makes of the answers."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable

import pytest
import requests
from flask import Flask

from sandbox.callbacks import SERVICE_FAILED
from sandbox.envelope import BadEnvelope, from_xml
from tests.sandbox.conftest import AGENT_ID, APP_ID, CORP_ID, GH_ID, Served, Street, reply, words

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_a_resident_speaks_and_is_answered_in_every_mode(open_street: Callable[..., Street], mode: str) -> None:
    street = open_street(official={"mode": mode})
    street.program.answer = words("收到：路灯 ]] & <坏了>")
    said = street.say("demo-resident-1", text="路灯坏了 ]]> <b>&")
    assert said["reply"]["text"] == "收到：路灯 ]] & <坏了>"
    assert said["reply"]["passive"] is True
    assert [attempt["status"] for attempt in said["deliveries"]] == [200]
    (delivery,) = street.program.received
    assert delivery.fields["Content"] == "路灯坏了 ]]> <b>&"
    assert delivery.fields["FromUserName"] == "demo-resident-1"
    assert delivery.fields["ToUserName"] == GH_ID
    assert ("Encrypt" in delivery.raw) == (mode != "plain")
    assert ("<Content>" in delivery.raw) == (mode != "safe")
    assert street.inbox("demo-resident-1")[-1]["text"] == "收到：路灯 ]] & <坏了>"


def test_a_member_speaks_on_wecom_with_the_apps_number(street: Street) -> None:
    street.program.answer = words("好")
    assert street.say("demo-member-1", "wecom", text="我的任务")["reply"]["text"] == "好"
    fields = street.program.received[0].fields
    assert (fields["ToUserName"], fields["AgentID"]) == (CORP_ID, str(AGENT_ID))


def test_a_key_on_both_channels_speaks_on_the_first_unless_told(street: Street) -> None:
    street.control("POST", "people/demo-member-1/say", {"text": "一"})
    street.control("POST", "people/demo-member-1/say", {"text": "二", "channel": "wecom"})
    assert [delivery.fields["ToUserName"] for delivery in street.program.received] == [GH_ID, CORP_ID]


@pytest.mark.parametrize("channel", ["official", "wecom"])
def test_the_address_is_verified_on_both_platforms(street: Street, channel: str) -> None:
    assert street.control("POST", "verify", {"channel": channel}) == {"ok": True, "error": None}


def test_every_message_has_its_own_number(street: Street) -> None:
    for _ in range(3):
        street.say("demo-resident-1", text="在吗")
    assert len({delivery.fields["MsgId"] for delivery in street.program.received}) == 3


def test_a_broken_program_is_asked_three_times_with_the_same_number_and_new_seals(street: Street) -> None:
    street.program.answer = lambda delivery: ("oops", 500)
    said = street.say("demo-resident-1", text="路灯坏了")
    assert [attempt["error"] for attempt in said["deliveries"]] == ["HTTP 500"] * 3
    received = street.program.received
    assert len({delivery.fields["MsgId"] for delivery in received}) == 1
    assert len({delivery.query["nonce"] for delivery in received}) == 3
    assert len({delivery.query["msg_signature"] for delivery in received}) == 3
    assert len({delivery.raw for delivery in received}) == 3
    assert said["reply"] is None
    assert street.inbox("demo-resident-1")[-1]["text"] == SERVICE_FAILED


def test_a_program_that_recovers_is_not_asked_again(street: Street) -> None:
    answers = iter([("", 502), ("", 500)])
    street.program.answer = lambda delivery: next(answers, None) or words("好了")(delivery)
    said = street.say("demo-resident-1", text="路灯坏了")
    assert [attempt["status"] for attempt in said["deliveries"]] == [502, 500, 200]
    assert said["reply"]["text"] == "好了"
    assert SERVICE_FAILED not in [entry["text"] for entry in street.inbox("demo-resident-1")]


def test_a_program_that_takes_too_long_is_cut_off_and_asked_again(open_street: Callable[..., Street]) -> None:
    street = open_street(rules={"timeout_seconds": 0.2})
    first = threading.Event()

    def slow_once(delivery: object) -> str:
        if not first.is_set():
            first.set()
            street.program.gate.wait(5)
        return "success"

    street.program.answer = slow_once
    said = street.say("demo-resident-1", text="在吗")
    street.program.gate.set()
    assert [attempt["error"] for attempt in said["deliveries"]] == ["timeout", None]


def test_nobody_at_the_address_is_a_failed_delivery(open_street: Callable[..., Street]) -> None:
    street = open_street(official={"callback_url": "http://127.0.0.1:9/nobody"})
    said = street.say("demo-resident-1", text="在吗")
    assert len(said["deliveries"]) == 3
    assert all(attempt["error"].startswith("connection") for attempt in said["deliveries"])


@pytest.mark.parametrize(
    "answer",
    [
        '{"json": true}',
        "<xml><MsgType>text</MsgType></xml>",
        "<xml><ToUserName>demo-resident-1</ToUserName>",
        '<!DOCTYPE x [<!ENTITY a "b">]><xml><ToUserName>&a;</ToUserName></xml>',
    ],
)
def test_an_answer_the_platform_cannot_read_shows_the_fault_sentence(
    open_street: Callable[..., Street], answer: str
) -> None:
    street = open_street(official={"mode": "plain"})
    street.program.answer = lambda delivery: (answer, 200)
    said = street.say("demo-resident-1", text="在吗")
    assert said["reply"] is None and said["deliveries"][0]["error"]
    assert street.inbox("demo-resident-1")[-1]["text"] == SERVICE_FAILED


def test_an_unsealed_answer_in_safe_mode_is_wrong(street: Street) -> None:
    street.program.answer = lambda delivery: (words("明文")(delivery), 200)
    assert street.say("demo-resident-1", text="在吗")["deliveries"][0]["error"] == "an answer that is not sealed"


@pytest.mark.parametrize(("damage", "error"), [("MsgSignature", "signature"), ("Encrypt", "signature")])
def test_a_damaged_seal_is_wrong(street: Street, damage: str, error: str) -> None:
    def damaged(delivery: object) -> tuple[str, int]:
        crypto = street.program.official
        sealed = crypto.encrypt_message(words("好")(street.program.received[-1]), "n", "1")
        return sealed.replace(f"<{damage}><![CDATA[", f"<{damage}><![CDATA[A"), 200

    street.program.answer = damaged
    assert error in street.say("demo-resident-1", text="在吗")["deliveries"][0]["error"]


def test_a_seal_for_another_account_is_wrong(street: Street) -> None:
    street.program.official = type(street.program.official)(
        "sandboxtoken", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", APP_ID
    )
    other = type(street.program.official)("sandboxtoken", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wxother")
    street.program.answer = lambda delivery: (other.encrypt_message(words("好")(delivery), "n", "1"), 200)
    assert street.say("demo-resident-1", text="在吗")["deliveries"][0]["error"] == "the receiveid is wrong"


def test_a_reply_over_2048_bytes_is_wrong_on_the_official_account_and_cut_on_wecom(street: Street) -> None:
    street.program.answer = words("字" * 700)
    assert "2048" in street.say("demo-member-1", text="在吗")["deliveries"][0]["error"]
    assert street.say("demo-member-1", "wecom", text="在吗")["reply"]["text"] == "字" * 682


def test_an_empty_answer_and_success_are_silence(street: Street) -> None:
    for answer in ("", "success"):
        street.program.answer = lambda delivery, answer=answer: answer  # type: ignore[misc]
        said = street.say("demo-resident-1", text="在吗")
        assert said["reply"] is None and said["deliveries"][0]["error"] is None
    assert street.inbox("demo-resident-1") == []


@pytest.mark.parametrize(("setting", "status", "times"), [(0, 500, 1), (1, 500, 3), (0, 200, 1), (1, 200, 1)])
def test_wecom_asks_again_after_a_bad_status_only_where_the_old_page_is_believed(
    open_street: Callable[..., Street], setting: int, status: int, times: int
) -> None:
    street = open_street(rules={"wecom_retry_any_status": setting})
    street.program.answer = lambda delivery: ("nonsense", status)
    assert len(street.say("demo-member-1", "wecom", text="在吗")["deliveries"]) == times
    assert street.inbox("demo-member-1") == []


def test_wecom_asks_three_times_when_nobody_answers(open_street: Callable[..., Street]) -> None:
    street = open_street(wecom={"callback_url": "http://127.0.0.1:9/nobody"})
    assert len(street.say("demo-member-1", "wecom", text="在吗")["deliveries"]) == 3
    assert street.inbox("demo-member-1") == []


def test_a_redirect_is_a_bad_answer_and_is_not_followed(street: Street) -> None:
    street.program.answer = lambda delivery: ("", 301, {"Location": f"{street.url}/healthz"})
    said = street.say("demo-resident-1", text="在吗")
    assert [attempt["error"] for attempt in said["deliveries"]] == ["HTTP 301"] * 3


@pytest.mark.parametrize(
    ("event", "sentences"),
    [
        ({"Event": "CLICK", "EventKey": "help"}, 1),
        ({"Event": "VIEW", "EventKey": "http://u/"}, 0),
        ("unsubscribe", 0),
        ({"Event": "TEMPLATESENDJOBFINISH", "MsgID": 7, "Status": "failed:user block"}, 0),
    ],
)
def test_the_fault_sentence_is_shown_only_where_an_answer_would_be(
    street: Street, event: object, sentences: int
) -> None:
    street.program.answer = lambda delivery: ("", 500)
    assert len(street.say("demo-resident-1", event=event)["deliveries"]) == 3
    assert [entry["text"] for entry in street.inbox("demo-resident-1")] == [SERVICE_FAILED] * sentences


def test_an_answer_to_what_the_platform_only_reports_is_not_shown(street: Street) -> None:
    street.program.answer = words("再见")
    assert street.say("demo-resident-1", event="unsubscribe")["reply"] is None
    assert street.inbox("demo-resident-1") == []


@pytest.mark.parametrize(
    ("channel", "inside", "error"),
    [
        ("official", "<MsgType>poem</MsgType>", "MsgType"),
        ("official", "<MsgType>text</MsgType><Content></Content>", "empty"),
        ("official", "<MsgType>image</MsgType><Image><MediaId>made-up</MediaId></Image>", "MediaId"),
        ("official", "<MsgType>image</MsgType>", "Image is missing"),
        ("official", "<MsgType>music</MsgType><Music><Title>歌</Title></Music>", "ThumbMediaId"),
        ("official", "<MsgType>news</MsgType><ArticleCount>0</ArticleCount><Articles></Articles>", "Articles"),
        ("official", "<MsgType>update_button</MsgType><Button><ReplaceName>x</ReplaceName></Button>", "MsgType"),
        ("wecom", "<MsgType>music</MsgType><Music><ThumbMediaId>x</ThumbMediaId></Music>", "MsgType"),
        ("wecom", "<MsgType>transfer_customer_service</MsgType>", "MsgType"),
        ("wecom", "<MsgType>update_button</MsgType><Button><ReplaceName>x</ReplaceName></Button>", "card event only"),
    ],
)
def test_a_reply_the_platform_would_not_show_is_named_wrong(
    street: Street, channel: str, inside: str, error: str
) -> None:
    street.program.answer = lambda delivery: reply(delivery, inside)
    said = street.say("demo-member-1", channel, text="在吗")
    assert error in said["deliveries"][0]["error"] and said["reply"] is None


def test_a_picture_is_answered_with_a_picture_and_not_with_a_voice(street: Street) -> None:
    street.say("demo-resident-1", image=base64.b64encode(PNG).decode())
    media_id = street.program.received[0].fields["MediaId"]
    for kind, tag, error in (("image", "Image", None), ("voice", "Voice", "the MediaId is of a image, not of a voice")):
        inside = f"<MsgType>{kind}</MsgType><{tag}><MediaId>{media_id}</MediaId></{tag}>"
        street.program.answer = lambda delivery, inside=inside: reply(delivery, inside)  # type: ignore[misc]
        assert street.say("demo-resident-1", text="在吗")["deliveries"][0]["error"] == error


def test_eight_articles_answer_a_menu_press_and_their_number_must_be_right(street: Street) -> None:
    item = "<item><Title>t</Title><Description>d</Description><PicUrl>p</PicUrl><Url>http://u</Url></item>"
    press = {"Event": "CLICK", "EventKey": "guide"}
    for said, there, error in ((8, 8, None), (9, 9, "at most 8"), (2, 3, "ArticleCount is not 3")):
        news = f"<MsgType>news</MsgType><ArticleCount>{said}</ArticleCount><Articles>{item * there}</Articles>"
        street.program.answer = lambda delivery, news=news: reply(delivery, news)  # type: ignore[misc]
        found = street.say("demo-resident-1", event=press)["deliveries"][0]["error"]
        assert found is None if error is None else error in found


def test_the_echo_of_wecom_needs_its_query_decoded(street: Street) -> None:
    for _ in range(5):
        assert street.control("POST", "verify", {"channel": "wecom"})["ok"] is True
    calls = street.control("GET", "log")["log"]
    assert all("%2B" in call["path"] and "%2F" in call["path"] for call in calls)


def test_a_wecom_address_that_takes_too_long_is_not_verified(open_street: Callable[..., Street]) -> None:
    gate, late = threading.Event(), Flask("late")
    late.add_url_rule("/", "late", lambda: str(gate.wait(5)))
    served = Served(late)
    street = open_street(rules={"wecom_verify_seconds": 0.1}, wecom={"callback_url": served.url})
    assert street.control("POST", "verify", {"channel": "wecom"}) == {"ok": False, "error": "timeout"}
    gate.set()
    served.stop()


def test_news_is_one_article_after_words(street: Street) -> None:
    item = "<item><Title>办事指南</Title><Description>d</Description><PicUrl>p</PicUrl><Url>http://u</Url></item>"

    def news(count: int) -> str:
        return f"<MsgType>news</MsgType><ArticleCount>{count}</ArticleCount><Articles>{item * count}</Articles>"

    street.program.answer = lambda delivery: reply(delivery, news(1))
    assert street.say("demo-resident-1", text="指南")["reply"]["articles"][0]["title"] == "办事指南"
    street.program.answer = lambda delivery: reply(delivery, news(2))
    assert "at most 1 article" in street.say("demo-resident-1", text="指南")["deliveries"][0]["error"]


def test_a_photo_can_be_fetched_at_its_address_and_by_its_number(street: Street) -> None:
    street.say("demo-resident-1", image=base64.b64encode(PNG).decode())
    fields = street.program.received[0].fields
    assert fields["MsgType"] == "image"
    assert fields["PicUrl"].startswith(street.url)
    assert requests.get(fields["PicUrl"], timeout=5).content == PNG
    token = street.new_token("official")
    query = {"access_token": token, "media_id": fields["MediaId"]}
    got = requests.get(f"{street.url}/official/cgi-bin/media/get", params=query, timeout=5)
    assert (got.content, got.headers["Content-Type"]) == (PNG, "image/png")
    assert "attachment" in got.headers["Content-Disposition"]


def test_a_place_and_a_voice_arrive_with_their_fields(street: Street) -> None:
    street.say("demo-resident-1", location={"lat": 31.23, "lng": 121.47, "label": "香樟花园3号楼"})
    street.say("demo-resident-1", voice="路灯坏了")
    place, voice = (delivery.fields for delivery in street.program.received)
    assert (place["Location_X"], place["Location_Y"], place["Label"]) == ("31.23", "121.47", "香樟花园3号楼")
    assert (voice["MsgType"], voice["Recognition"], voice["Format"]) == ("voice", "路灯坏了", "amr")


def test_an_event_has_no_message_number(street: Street) -> None:
    street.say("demo-resident-1", event={"Event": "CLICK", "EventKey": "V1_HELP"})
    fields = street.program.received[0].fields
    assert (fields["MsgType"], fields["Event"], fields["EventKey"]) == ("event", "CLICK", "V1_HELP")
    assert "MsgId" not in fields


def test_somebody_who_left_cannot_speak_until_they_follow_again(street: Street) -> None:
    street.say("demo-resident-1", event="unsubscribe")
    street.control("POST", "people/demo-resident-1/say", {"text": "在吗"}, status=409)
    street.say("demo-resident-1", event="subscribe")
    street.say("demo-resident-1", text="在吗")
    assert [delivery.fields.get("Event") for delivery in street.program.received] == ["unsubscribe", "subscribe", None]


@pytest.mark.parametrize(
    "text", ["<!DOCTYPE xml><xml><a>1</a></xml>", '<!DOCTYPE x [<!ENTITY a "b">]><xml><a>&a;</a></xml>']
)
def test_a_document_type_is_never_read(text: str) -> None:
    with pytest.raises(BadEnvelope, match="document type"):
        from_xml(text)
