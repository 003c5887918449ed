"""What an Official Account sends us and what we answer."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import CallbackRefused, Forged, Garbage, TooLarge
from bot.channels.envelope import BODY_CAP, read_xml, write_xml
from bot.channels.official import IGNORED_EVENTS
from handlers.turn import Choice, EventKind, Message, MessageKind, Opens, Point, Reply
from tests.channels.support import NOW, OPENID, official, opened, plain_query, sealed, xml

SAFE = official()
PLAIN = official("plain")
COMPATIBLE = official("compatible")


def said(kind: str, **fields: Any) -> Message:
    message = PLAIN.read(plain_query(), xml(kind, **fields), now=NOW)
    assert message is not None
    return message


def event(name: str, **fields: Any) -> Message:
    return said("event", Event=name, **fields)


# The address is verified


@pytest.mark.parametrize("channel", [SAFE, PLAIN, COMPATIBLE])
def test_the_platform_gets_its_echostr_back_in_every_mode(channel: Any) -> None:
    assert channel.greet({**plain_query(), "echostr": "59277+82/4"}, now=NOW) == "59277+82/4"


def test_a_stranger_gets_no_echostr() -> None:
    with pytest.raises(Forged):
        SAFE.greet({**plain_query(), "signature": "0" * 40, "echostr": "1"}, now=NOW)
    with pytest.raises(Forged):
        SAFE.greet({**plain_query(), "echostr": "1"}, now=NOW + timedelta(seconds=301))


# The three modes


def test_safe_mode_reads_only_what_is_sealed() -> None:
    query, body = sealed(xml("text", Content="inside", MsgId=1), beside={"MsgType": "text", "Content": "outside"})
    message = SAFE.read(query, body, now=NOW)
    assert message is not None
    assert (message.text, message.detail["sealed"]) == ("inside", True)


def test_safe_mode_refuses_a_plain_body_although_its_plain_signature_is_right() -> None:
    with pytest.raises(Forged):
        SAFE.read(plain_query(), xml("text", Content="hello", MsgId=1), now=NOW)


def test_plain_mode_reads_a_plain_body() -> None:
    message = PLAIN.read(plain_query(), xml("text", Content="hello", MsgId=1), now=NOW)
    assert message is not None
    assert (message.text, message.detail["sealed"]) == ("hello", False)


def test_compatible_mode_believes_the_sealed_part() -> None:
    query, body = sealed(xml("text", Content="inside", MsgId=1), beside={"MsgType": "text", "Content": "outside"})
    message = COMPATIBLE.read(query, body, now=NOW)
    assert message is not None
    assert message.text == "inside"
    with pytest.raises(Forged):
        COMPATIBLE.read({**query, "msg_signature": "0" * 40}, body, now=NOW)


def test_compatible_mode_takes_the_plain_fields_where_nothing_is_sealed() -> None:
    message = COMPATIBLE.read(plain_query(), xml("text", Content="hello", MsgId=1), now=NOW)
    assert message is not None
    assert (message.text, message.detail["sealed"]) == ("hello", False)


def test_plain_mode_cannot_read_a_sealed_body() -> None:
    query, body = sealed(xml("text", Content="hello", MsgId=1))
    with pytest.raises(Garbage):
        PLAIN.read(query, body, now=NOW)


# Messages


def test_a_text_is_kept_word_for_word() -> None:
    words = "  楼下路灯坏了 ]]> <b> 3栋\n" + "灯" * 5000
    message = said("text", Content=words, MsgId=7)
    assert (message.kind, message.text, message.tap) == (MessageKind.TEXT, words, None)
    assert (message.sender, message.sent_at, message.opens) == (OPENID, NOW, Opens.MESSAGE)
    assert message.detail["to"] == "gh_1"


def test_a_tap_on_a_menu_item_carries_the_whole_command() -> None:
    message = said("text", Content="1 解决了，满意", bizmsgmenuid="评价 0007 1", MsgId=7)
    assert (message.text, message.tap) == ("1 解决了，满意", "评价 0007 1")


def test_a_photo_has_an_id_and_an_address() -> None:
    message = said("image", PicUrl="http://mmbiz.qpic.cn/1", MediaId="m-1", MsgId=7)
    assert (message.kind, message.media_id, message.media_url) == (MessageKind.IMAGE, "m-1", "http://mmbiz.qpic.cn/1")


@pytest.mark.parametrize(
    ("fields", "text"),
    [({}, ""), ({"Recognition": ""}, ""), ({"Recognition": "路灯坏了。"}, "路灯坏了。")],
)
def test_a_voice_has_words_only_where_the_platform_understood_some(fields: dict[str, str], text: str) -> None:
    message = said("voice", MediaId="m-1", Format="amr", MsgId=7, **fields)
    assert (message.kind, message.media_id, message.text) == (MessageKind.VOICE, "m-1", text)


@pytest.mark.parametrize("kind", ["video", "shortvideo"])
def test_a_video_has_an_id(kind: str) -> None:
    message = said(kind, MediaId="m-1", ThumbMediaId="t-1", MsgId=7)
    assert (message.kind, message.media_id) == (MessageKind.VIDEO, "m-1")


def test_a_position_has_latitude_longitude_and_a_label() -> None:
    message = said("location", Location_X="31.31", Location_Y="121.52", Scale="16", Label="演示区江湾街道", MsgId=7)
    assert (message.kind, message.point) == (MessageKind.LOCATION, Point(31.31, 121.52, "演示区江湾街道"))


@pytest.mark.parametrize(("lat", "lng"), [("x", "1"), ("nan", "1"), ("91", "1"), ("1", "inf"), ("", "")])
def test_a_position_that_is_none_is_garbage(lat: str, lng: str) -> None:
    with pytest.raises(Garbage):
        said("location", Location_X=lat, Location_Y=lng, MsgId=7)


def test_a_link_has_its_title_and_address_as_text() -> None:
    message = said("link", Title="通知", Description="停水", Url="http://127.0.0.1/1", MsgId=7)
    assert (message.kind, message.text) == (MessageKind.LINK, "通知 http://127.0.0.1/1")


@pytest.mark.parametrize("kind", ["file", "miniprogrampage", "new_in_2030"])
def test_an_unknown_kind_of_message_is_acknowledged_and_ignored(kind: str) -> None:
    assert PLAIN.read(plain_query(), xml(kind, MsgId=7), now=NOW) is None


# Events


@pytest.mark.parametrize(
    ("key", "scene"),
    [("", ""), ("qrscene_building-A6", "building-A6"), ("qrscene_qrscene_x", "qrscene_x"), ("last_trade_no_4", "")],
)
def test_a_follow_tells_which_code_was_scanned(key: str, scene: str) -> None:
    message = event("subscribe", EventKey=key, Ticket="t")
    assert (message.event, message.scene, message.opens) == (EventKind.FOLLOW, scene, Opens.CLICK)


def test_a_scan_by_a_follower_keeps_its_scene_as_it_is() -> None:
    message = event("SCAN", EventKey="qrscene_7", Ticket="t")
    assert (message.event, message.scene, message.opens) == (EventKind.SCAN, "qrscene_7", Opens.CLICK)


def test_somebody_who_leaves_opens_no_window() -> None:
    message = event("unsubscribe", EventKey="")
    assert (message.event, message.opens) == (EventKind.UNFOLLOW, None)


def test_a_menu_item_is_a_tap_with_its_command() -> None:
    message = event("CLICK", EventKey="进度")
    assert (message.event, message.tap, message.opens) == (EventKind.TAP, "进度", Opens.CLICK)


@pytest.mark.parametrize("name", ["TEMPLATESENDJOBFINISH", "templatesendjobfinish"])
@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("success", "success"),
        ("failed:user block", "failed:user block"),
        ("failed: system failed", "failed:system failed"),
    ],
)
def test_the_end_of_a_template_message_is_told(name: str, status: str, told: str) -> None:
    message = event(name, MsgID=200228332, Status=status)
    assert message.event is EventKind.SEND_RESULT
    assert (message.detail["msgid"], message.detail["status"]) == ("200228332", told)


def items(*values: dict[str, str]) -> bytes:
    return b"".join(write_xml({"List": value})[5:-6] for value in values)


def subscription(name: str, wrapper: str, *values: dict[str, str]) -> Message:
    body = xml("event", Event=name)
    inner = f"<{wrapper}>".encode() + items(*values) + f"</{wrapper}></xml>".encode()
    message = PLAIN.read(plain_query(), body.removesuffix(b"</xml>") + inner, now=NOW)
    assert message is not None
    return message


def test_one_or_several_answers_to_subscriptions_have_one_shape() -> None:
    first = {"TemplateId": "t1", "SubscribeStatusString": "accept", "PopupScene": "2"}
    second = {"TemplateId": "t2", "SubscribeStatusString": "reject", "PopupScene": "2"}
    one = subscription("subscribe_msg_popup_event", "SubscribeMsgPopupEvent", first)
    two = subscription("subscribe_msg_popup_event", "SubscribeMsgPopupEvent", first, second)
    assert one.event is EventKind.SUBSCRIPTION
    assert one.detail["answers"] == [{"template_id": "t1", "answer": "accept", "scene": "2"}]
    assert [each["answer"] for each in two.detail["answers"]] == ["accept", "reject"]
    assert one.key != two.key


def test_a_withdrawn_subscription_is_an_answer_too() -> None:
    value = {"TemplateId": "t1", "SubscribeStatusString": "reject"}
    message = subscription("subscribe_msg_change_event", "SubscribeMsgChangeEvent", value)
    assert message.detail["answers"] == [{"template_id": "t1", "answer": "reject", "scene": ""}]


def test_the_end_of_a_subscription_message_is_told() -> None:
    good = {"TemplateId": "t1", "MsgID": "5", "ErrorCode": "0", "ErrorStatus": "success"}
    bad = {"TemplateId": "t1", "MsgID": "6", "ErrorCode": "20001", "ErrorStatus": "user refuse"}
    message = subscription("subscribe_msg_sent_event", "SubscribeMsgSentEvent", good, bad)
    assert message.event is EventKind.SEND_RESULT
    assert (message.detail["msgid"], message.detail["status"]) == ("5", "success")
    assert message.detail["results"][1]["status"] == "failed:user refuse"


@pytest.mark.parametrize("name", [*IGNORED_EVENTS, "LOCATION", "VIEW", "new_in_2030"])
def test_other_events_are_acknowledged_and_ignored(name: str) -> None:
    assert PLAIN.read(plain_query(), xml("event", Event=name, EventKey="k"), now=NOW) is None


def test_every_ignored_event_says_why() -> None:
    assert all(reason and name == name.lower() for name, reason in IGNORED_EVENTS.items())


# Keys


def test_a_repeat_sealed_anew_has_the_same_key() -> None:
    inner = xml("text", Content="hello", MsgId=4561255354251345929)
    keys = set()
    for nonce, later in (("n1", 0), ("n2", 5), ("n3", 10)):
        query, body = sealed(inner, nonce=nonce, stamp=str(int(NOW.timestamp()) + later))
        message = SAFE.read(query, body, now=NOW)
        assert message is not None
        keys.add(message.key)
    assert len(keys) == 1


def test_messages_that_differ_in_any_part_have_different_keys() -> None:
    keys = {
        said("text", Content="a", MsgId=1).key,
        said("text", Content="a", MsgId=2).key,
        said("text", Content="a", MsgId=1, FromUserName="o-other").key,
        said("text", Content="a", MsgId=1, CreateTime=int(NOW.timestamp()) + 1).key,
        said("text", Content="a").key,
        said("text", Content="b").key,
    }
    assert len(keys) == 6


def test_two_different_events_of_one_second_count_twice_and_a_repeat_once() -> None:
    events = [
        ("CLICK", {"EventKey": "进度"}),
        ("CLICK", {"EventKey": "帮助"}),
        ("SCAN", {"EventKey": "1", "Ticket": "t"}),
        ("SCAN", {"EventKey": "1", "Ticket": "u"}),
        ("subscribe", {"EventKey": ""}),
        ("unsubscribe", {"EventKey": ""}),
        ("TEMPLATESENDJOBFINISH", {"MsgID": "1", "Status": "success"}),
        ("TEMPLATESENDJOBFINISH", {"MsgID": "2", "Status": "success"}),
    ]
    keys = [event(name, **fields).key for name, fields in events for _ in range(3)]
    assert len(set(keys)) == len(events)


def test_no_part_of_a_key_can_imitate_another() -> None:
    assert event("SCAN", EventKey="a:b", Ticket="c").key != event("SCAN", EventKey="a", Ticket="b:c").key


def test_a_key_is_short_however_long_its_parts_are() -> None:
    one, two = event("CLICK", EventKey="灯" * 5000), event("CLICK", EventKey="灯" * 5001)
    assert len(one.key) <= 200
    assert one.key != two.key


# Bad input


def test_a_body_over_a_megabyte_is_too_large() -> None:
    with pytest.raises(TooLarge) as refused:
        SAFE.read(plain_query(), b"x" * (BODY_CAP + 1), now=NOW)
    assert refused.value.status == 413


@pytest.mark.parametrize(
    "inner",
    [
        b"",
        b"hello",
        b"\x00\xff",
        b"<xml></xml>",
        b"<xml><MsgType>text</MsgType></xml>",
        xml("event"),
        xml(""),
        xml("text", FromUserName=""),
        xml("text", FromUserName="x" * 129),
        xml("text", CreateTime=""),
        xml("text", CreateTime="soon"),
        xml("text", CreateTime="9" * 12),
        xml("text", CreateTime="9" * 500),
        xml("text", CreateTime="\N{SUPERSCRIPT TWO}"),
        write_xml({"MsgType": {"a": "text"}}),
    ],
)
def test_signed_garbage_is_garbage_in_every_mode(inner: bytes) -> None:
    query, body = sealed(inner)
    for channel, given_body in ((SAFE, body), (COMPATIBLE, body), (PLAIN, inner)):
        with pytest.raises(Garbage) as refused:
            channel.read(query, given_body, now=NOW)
        assert refused.value.status == 400


@pytest.mark.parametrize("channel", [SAFE, COMPATIBLE, PLAIN])
def test_unreadable_bytes_from_a_stranger_are_forged(channel: Any) -> None:
    query = {**plain_query(), "signature": "0" * 40, "msg_signature": "0" * 40}
    with pytest.raises(Forged) as refused:
        channel.read(query, b"hello", now=NOW)
    assert refused.value.status == 403


@given(st.binary(max_size=300), st.sampled_from([SAFE, COMPATIBLE, PLAIN]))
def test_any_signed_content_is_a_message_or_refused(inner: bytes, channel: Any) -> None:
    query, body = sealed(inner)
    with contextlib.suppress(CallbackRefused):
        channel.read(query, inner if channel is PLAIN else body, now=NOW)


@given(st.data())
def test_flipped_bits_never_get_past_the_signature(data: st.DataObject) -> None:
    query, body = sealed(xml("text", Content="hello", MsgId=1))
    place = data.draw(st.integers(0, len(body) - 1))
    flipped = body[:place] + bytes([body[place] ^ 1 << data.draw(st.integers(0, 7))]) + body[place + 1 :]
    try:
        message = SAFE.read(query, flipped, now=NOW)
    except CallbackRefused:
        return
    assert message is not None
    assert message.text == "hello"


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "MsgType",
                "Event",
                "EventKey",
                "Content",
                "FromUserName",
                "CreateTime",
                "MsgId",
                "Location_X",
                "Location_Y",
                "List",
                "Status",
                "SubscribeMsgPopupEvent",
                "SubscribeMsgSentEvent",
                "bizmsgmenuid",
                "Recognition",
                "Ticket",
            ]
        ),
        st.one_of(
            st.sampled_from(["text", "event", "location", "subscribe", "subscribe_msg_sent_event", "1795320000", ""]),
            st.text(max_size=20),
            st.fixed_dictionaries({"List": st.sampled_from(["", "x", {"MsgID": "1"}])}),
        ),
    )
)
def test_any_fields_are_a_message_or_refused(fields: dict[str, Any]) -> None:
    with contextlib.suppress(CallbackRefused):
        PLAIN.read(plain_query(), write_xml(fields), now=NOW)


# Passive replies


def answered(reply: Reply, message: Message | None = None) -> str:
    body, content_type = PLAIN.write(reply, message or said("text", Content="hi", MsgId=1), now=NOW)
    assert content_type.startswith("text/xml")
    fields = read_xml(body)
    assert (fields["ToUserName"], fields["FromUserName"], fields["MsgType"]) == (OPENID, "gh_1", "text")
    return str(fields["Content"])


def test_a_silent_reply_is_success() -> None:
    assert PLAIN.write(Reply(), said("text", MsgId=1), now=NOW) == (b"success", "text/plain")


def test_what_came_sealed_is_answered_sealed() -> None:
    for channel in (SAFE, COMPATIBLE):
        query, body = sealed(xml("text", Content="hi", MsgId=1))
        message = channel.read(query, body, now=NOW)
        assert message is not None
        first, _ = channel.write(Reply("已受理 ]]>"), message, now=NOW)
        second, _ = channel.write(Reply("已受理 ]]>"), message, now=NOW)
        assert opened(first) == opened(second)
        assert opened(first)["Content"] == "已受理 ]]>"
        assert first != second


@pytest.mark.parametrize("text", ["灯" * 682, "灯" * 683, "a" + "灯" * 3000, "\U0001f4a1" * 600, "x" * 2048])
def test_a_reply_has_at_most_2048_bytes_cut_at_a_character(text: str) -> None:
    content = answered(Reply(text))
    assert len(content.encode()) <= 2048
    if len(text.encode()) > 2048:
        assert content.endswith("…")
        assert text.startswith(content[:-1])
        assert len(content.encode()) > 2048 - 8
    else:
        assert content == text


def links(content: str) -> list[tuple[str, str, str]]:
    """What is shown, what is said and what is meant by each tappable line."""
    found = []
    for line in content.split("\n"):
        if line.startswith("<a "):
            query = parse_qs(line.split("?", 1)[1].split('"', 1)[0])
            shown = line.split(">", 1)[1].removesuffix("</a>")
            found.append((shown, query["msgmenucontent"][0], query["msgmenuid"][0]))
    return found


def test_choices_are_numbered_lines_that_can_be_tapped() -> None:
    choices = (Choice("解决了，满意", "评价 0007 1"), Choice("没解决", "评价 0007 3"))
    content = answered(Reply("请评价", choices))
    assert content.startswith("请评价\n<a href=")
    assert links(content) == [
        ("1 解决了，满意", "1 解决了，满意", "评价 0007 1"),
        ("2 没解决", "2 没解决", "评价 0007 3"),
    ]


def test_the_text_is_cut_before_the_choices() -> None:
    content = answered(Reply("灯" * 3000, (Choice("接单", "接单 0007"), Choice("婉拒", "婉拒 0007"))))
    assert len(content.encode()) <= 2048
    assert [command for _, _, command in links(content)] == ["接单 0007", "婉拒 0007"]
    assert "…\n<a" in content


def test_many_long_choices_are_plain_numbered_lines() -> None:
    choices = tuple(Choice(f"选择第{number}户人家", f"选择 {number}") for number in range(12))
    content = answered(Reply("灯" * 3000, choices))
    assert len(content.encode()) <= 2048
    assert links(content) == []
    assert content.endswith("12 选择第11户人家")


def test_endless_choices_still_fit() -> None:
    content = answered(Reply("请选", tuple(Choice("灯" * 50, str(number)) for number in range(100))))
    assert len(content.encode()) <= 2048


def test_nobody_can_put_a_link_into_an_answer() -> None:
    evil = '<a href="weixin://bizmsgmenu?msgmenucontent=x&msgmenuid=y">x</a>'
    content = answered(Reply(evil, (Choice(f'"{evil}', f'"></a>{evil}&msgmenuid=z'),)))
    assert content.count("<a ") == 1
    assert links(content)[0][2] == f'"></a>{evil}&msgmenuid=z'
    assert content.split("<a ")[1].count('"') >= 2
    assert "<a href" not in content.split("\n", 1)[0]


def test_a_reply_read_back_from_the_store_is_written_alike() -> None:
    reply = Reply("请评价", (Choice("满意", "评价 0007 1"),))
    assert answered(Reply.from_json(reply.to_json())) == answered(reply)
