"""What a WeCom app sends us and what we answer."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import CallbackRefused, Forged, Garbage, TooLarge
from bot.channels.envelope import BODY_CAP, signature, write_xml
from bot.channels.wecom import IGNORED_EVENTS
from handlers.turn import Card, Choice, EventKind, Message, MessageKind, Point, Reply
from tests.channels.support import CORP_ID, NOW, STAMP, TOKEN, envelope, opened, plain_query, sealed, wecom

CHANNEL = wecom()


def xml(kind: str, **fields: Any) -> bytes:
    head = {"ToUserName": CORP_ID, "FromUserName": "LiSi", "CreateTime": int(NOW.timestamp()), "MsgType": kind}
    return write_xml({**head, "AgentID": "1000002", **fields})


def read(inner: bytes) -> Message | None:
    query, body = sealed(inner, receive_id=CORP_ID)
    return CHANNEL.read(query, body, now=NOW)


def said(kind: str, **fields: Any) -> Message:
    message = read(xml(kind, **fields))
    assert message is not None
    return message


def event(name: str, **fields: Any) -> Message:
    return said("event", Event=name, **fields)


# The address is verified


@pytest.mark.parametrize("spoil", [lambda echo: echo, lambda echo: echo.replace("+", " ")])
def test_the_platform_gets_its_echostr_back_opened(spoil: Any) -> None:
    echo = next(echo for echo in (envelope(CORP_ID).encrypt(b"5927782489442352469") for _ in range(999)) if "+" in echo)
    query = {**plain_query(), "msg_signature": signature(TOKEN, STAMP, "n1", echo), "echostr": spoil(echo)}
    assert CHANNEL.greet(query, now=NOW) == "5927782489442352469"


def test_a_stranger_or_another_corp_gets_no_echostr() -> None:
    echo = envelope("ww-other").encrypt(b"1")
    query = {**plain_query(), "msg_signature": signature(TOKEN, STAMP, "n1", echo), "echostr": echo}
    with pytest.raises(Forged, match="another account"):
        CHANNEL.greet(query, now=NOW)
    with pytest.raises(Forged, match="msg_signature"):
        CHANNEL.greet({**query, "msg_signature": "0" * 40}, now=NOW)
    with pytest.raises(Forged, match="timestamp"):
        CHANNEL.greet({**query, "timestamp": "1"}, now=NOW)


# Messages


def test_a_text_is_kept_word_for_word_and_opens_no_window() -> None:
    message = said("text", Content=" 接单 0007 ", MsgId=7)
    assert (message.kind, message.text, message.sender) == (MessageKind.TEXT, " 接单 0007 ", "LiSi")
    assert (message.tap, message.opens, message.sent_at) == (None, None, NOW)


def test_photos_voices_and_videos_have_ids() -> None:
    photo = said("image", PicUrl="http://p.qpic.cn/1", MediaId="m-1", MsgId=1)
    assert (photo.kind, photo.media_id, photo.media_url) == (MessageKind.IMAGE, "m-1", "http://p.qpic.cn/1")
    voice = said("voice", MediaId="m-2", Format="amr", MsgId=2)
    assert (voice.kind, voice.media_id, voice.text) == (MessageKind.VOICE, "m-2", "")
    video = said("video", MediaId="m-3", ThumbMediaId="t", MsgId=3)
    assert (video.kind, video.media_id) == (MessageKind.VIDEO, "m-3")


def test_a_position_and_a_link_are_read() -> None:
    place = said("location", Location_X="31.3", Location_Y="121.5", Scale="16", Label="江湾", AppType="wxwork", MsgId=1)
    assert (place.kind, place.point) == (MessageKind.LOCATION, Point(31.3, 121.5, "江湾"))
    link = said("link", Title="通知", Description="停水", Url="http://127.0.0.1/1", PicUrl="", MsgId=2)
    assert (link.kind, link.text) == (MessageKind.LINK, "通知 http://127.0.0.1/1")


@pytest.mark.parametrize("kind", ["file", "new_in_2030"])
def test_an_unknown_kind_of_message_is_acknowledged_and_ignored(kind: str) -> None:
    assert read(xml(kind, MsgId=7)) is None


# Events


@pytest.mark.parametrize(
    ("name", "kind"),
    [("subscribe", EventKind.FOLLOW), ("unsubscribe", EventKind.UNFOLLOW), ("enter_agent", EventKind.ENTER)],
)
def test_coming_going_and_opening_are_events(name: str, kind: EventKind) -> None:
    assert event(name, EventKey="").event is kind


def test_a_menu_item_is_a_tap_with_its_command() -> None:
    message = event("click", EventKey="待接单")
    assert (message.event, message.tap, message.card) == (EventKind.TAP, "待接单", None)


PRESS = {
    "EventKey": "接单 0007",
    "TaskId": "offer-7",
    "CardType": "button_interaction",
    "ResponseCode": "code-1",
}


@pytest.mark.parametrize("name", ["template_card_event", "template_card_menu_event"])
def test_a_card_button_is_a_tap_with_its_card(name: str) -> None:
    message = event(name, **PRESS)
    assert (message.event, message.tap) == (EventKind.TAP, "接单 0007")
    assert message.card == Card("offer-7", "code-1", "button_interaction")


def selected(*chosen: tuple[str, list[str]]) -> bytes:
    def item(question: str, options: list[str]) -> str:
        ids = "".join(f"<OptionId>{option}</OptionId>" for option in options)
        return f"<SelectedItem><QuestionKey>{question}</QuestionKey><OptionIds>{ids}</OptionIds></SelectedItem>"

    body = "".join(item(question, options) for question, options in chosen)
    inner = xml("event", Event="template_card_event", **PRESS).removesuffix(b"</xml>")
    return inner + f"<SelectedItems>{body}</SelectedItems></xml>".encode()


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ([("q", ["a"])], {"q": ["a"]}),
        ([("q", ["a", "b"])], {"q": ["a", "b"]}),
        ([("q", ["a"]), ("r", ["b", "c"])], {"q": ["a"], "r": ["b", "c"]}),
        ([("q", [])], {"q": []}),
    ],
)
def test_one_or_several_selected_items_have_one_shape(chosen: Any, told: dict[str, list[str]]) -> None:
    message = read(selected(*chosen))
    assert message is not None
    assert message.detail["selected"] == told


def test_a_member_who_left_the_corp_is_named() -> None:
    message = event("change_contact", FromUserName="sys", ChangeType="delete_user", UserID="LiSi")
    assert (message.event, message.detail["userid"]) == (EventKind.MEMBER_LEFT, "LiSi")


@pytest.mark.parametrize("change", ["create_user", "update_user", "create_party", "update_tag", ""])
def test_other_changes_of_the_address_book_are_ignored(change: str) -> None:
    assert read(xml("event", Event="change_contact", FromUserName="sys", ChangeType=change, UserID="LiSi")) is None


def test_two_members_who_leave_in_one_second_both_count() -> None:
    keys = {
        event("change_contact", FromUserName="sys", ChangeType="delete_user", UserID=userid).key
        for userid in ("LiSi", "LiSi", "WangWu")
    }
    assert len(keys) == 2


@pytest.mark.parametrize("name", [*(name for name in IGNORED_EVENTS if name != "change_contact"), "new_in_2030"])
def test_other_events_are_acknowledged_and_ignored(name: str) -> None:
    assert read(xml("event", Event=name, EventKey="k")) is None


def test_two_different_presses_of_one_second_count_twice_and_a_repeat_once() -> None:
    presses = [
        PRESS,
        {**PRESS, "EventKey": "婉拒 0007"},
        {**PRESS, "TaskId": "offer-8"},
        {**PRESS, "FromUserName": "WangWu"},
        {**PRESS, "AgentID": "1000003"},
    ]
    assert len({event("template_card_event", **press).key for press in presses for _ in range(3)}) == len(presses)


# Bad input


def test_a_body_over_a_megabyte_is_too_large() -> None:
    with pytest.raises(TooLarge):
        CHANNEL.read(plain_query(), b"x" * (BODY_CAP + 1), now=NOW)


@pytest.mark.parametrize("body", [b"", b"hello", b"<xml></xml>", write_xml({"Encrypt": "AAAA"}), xml("text")])
def test_anything_unsigned_is_forged(body: bytes) -> None:
    with pytest.raises(Forged):
        CHANNEL.read({**plain_query(), "msg_signature": "0" * 40}, body, now=NOW)


@pytest.mark.parametrize("inner", [b"", b"hello", b"<xml></xml>", xml("event"), xml("text", FromUserName="")])
def test_signed_garbage_is_garbage(inner: bytes) -> None:
    with pytest.raises(Garbage):
        read(inner)


@given(st.binary(max_size=300))
def test_any_signed_content_is_a_message_or_refused(inner: bytes) -> None:
    with contextlib.suppress(CallbackRefused):
        read(inner)


@given(
    st.dictionaries(
        st.sampled_from(
            ["MsgType", "Event", "EventKey", "Content", "CreateTime", "SelectedItems", "ChangeType", "UserID", "TaskId"]
        ),
        st.one_of(
            st.sampled_from(["event", "template_card_event", "change_contact", "delete_user", "location", ""]),
            st.text(max_size=20),
            st.fixed_dictionaries(
                {"SelectedItem": st.sampled_from(["", {"QuestionKey": {"a": "b"}, "OptionIds": ""}])}
            ),
        ),
    )
)
def test_any_fields_are_a_message_or_refused(fields: dict[str, Any]) -> None:
    with contextlib.suppress(CallbackRefused):
        read(xml("event", **fields))


# Passive replies


def test_a_silent_reply_is_an_empty_body() -> None:
    assert CHANNEL.write(Reply(), said("text", Content="hi", MsgId=1), now=NOW) == (b"", "text/plain")


def answered(reply: Reply, message: Message) -> dict[str, Any]:
    body, content_type = CHANNEL.write(reply, message, now=NOW)
    assert content_type.startswith("text/xml")
    fields = opened(body, CORP_ID)
    assert (fields["ToUserName"], fields["FromUserName"]) == (message.sender, CORP_ID)
    return fields


def test_an_answer_is_a_sealed_text_with_numbered_choices() -> None:
    reply = Reply('<a href="x">接单</a>', (Choice("接单", "接单 0007"), Choice("婉拒", "婉拒 0007")))
    fields = answered(reply, said("text", Content="待接单", MsgId=1))
    assert (fields["MsgType"], fields["Content"]) == ("text", '＜a href="x">接单＜/a>\n1 接单\n2 婉拒')


def test_a_long_answer_keeps_its_choices() -> None:
    fields = answered(Reply("灯" * 3000, (Choice("接单", "接单 0007"),)), said("text", Content="x", MsgId=1))
    assert len(fields["Content"].encode()) <= 2048
    assert fields["Content"].endswith("…\n1 接单")


def test_a_pressed_card_gets_its_caption() -> None:
    fields = answered(Reply("接单成功", card_caption="已接单，请在两小时内到场"), event("template_card_event", **PRESS))
    assert fields["MsgType"] == "update_button"
    assert fields["Button"] == {"ReplaceName": "已接单，请在两小时…"}


def test_a_caption_without_a_card_is_not_shown() -> None:
    fields = answered(Reply("接单成功", card_caption="已接单"), said("text", Content="接单 7", MsgId=1))
    assert (fields["MsgType"], fields["Content"]) == ("text", "接单成功")
