"""What may be sent to one person within the window, and to many at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.conftest import Street
from tests.sandbox.official_calls import CHEN, LI, ZHANG, article, call, code, upload


def custom(street: Street, kind: str, body: Any, **more: Any) -> int:
    return code(street, "message/custom/send", {"touser": ZHANG, "msgtype": kind, kind: body, **more})


def draft(street: Street) -> str:
    media_id: str = call(street, "draft/add", article(upload(street, "thumb")))["media_id"]
    return media_id


def test_a_message_of_every_kind_reaches_the_phone(open_street: Callable[..., Street]) -> None:
    street = open_street(rules={"message_window_count": 20})
    street.say(ZHANG, text="在吗")
    image, voice, video, thumb = (upload(street, kind) for kind in ("image", "voice", "video", "thumb"))
    media_id = draft(street)
    published = call(street, "freepublish/submit", {"media_id": draft(street)})["publish_id"]
    article_id = call(street, "freepublish/get", {"publish_id": published})["article_id"]
    sent: list[tuple[str, dict[str, Any]]] = [
        ("text", {"content": "您好"}),
        ("image", {"media_id": image}),
        ("voice", {"media_id": voice}),
        ("video", {"media_id": video, "thumb_media_id": thumb, "title": "演示"}),
        ("music", {"title": "歌", "musicurl": "http://a/b", "hqmusicurl": "http://a/c", "thumb_media_id": thumb}),
        ("news", {"articles": [{"title": "公告", "description": "停水", "url": "http://a/b", "picurl": ""}]}),
        ("mpnews", {"media_id": media_id}),
        ("mpnewsarticle", {"article_id": article_id}),
        ("msgmenu", {"head_content": "满意吗", "list": [{"id": 1, "content": "满意"}], "tail_content": ""}),
        ("wxcard", {"card_id": "pFS7Fjg8kV1IdDz01r4SQwMkuCKc"}),
        ("miniprogrampage", {"title": "办事", "appid": "wx1", "pagepath": "pages/a", "thumb_media_id": thumb}),
    ]
    assert [custom(street, kind, body) for kind, body in sent] == [0] * len(sent)
    inbox = street.inbox(ZHANG)
    assert [entry["type"] for entry in inbox] == [kind for kind, _ in sent]
    by_kind = {entry["type"]: entry for entry in inbox}
    assert by_kind["image"]["media_id"] == image
    assert by_kind["music"]["music"]["url"] == "http://a/b"
    assert by_kind["mpnews"]["articles"][0]["title"] == by_kind["mpnewsarticle"]["text"] == "楼道清洁"
    assert by_kind["msgmenu"]["buttons"] == [{"key": "1", "label": "满意"}]
    assert by_kind["miniprogrampage"]["miniprogram"]["pagepath"] == "pages/a"


NOT_TAKEN: list[Any] = [
    ("text", None, 47001),
    ("text", {"content": ["x"]}, 44004),
    ("text", {"content": ""}, 44004),
    ("text", {"content": "字" * 683}, 45002),
    ("poem", {}, 40008),
    ("image", {}, 40007),
    ("video", {"media_id": "{image}"}, 40007),
    ("voice", {"media_id": "{image}"}, 40007),
    ("music", {"musicurl": "ftp://a", "thumb_media_id": "{image}"}, 40035),
    ("music", {"musicurl": "http://a", "thumb_media_id": "no"}, 40007),
    ("news", {"articles": []}, 44003),
    ("news", {"articles": ["x"]}, 47001),
    ("news", {"articles": [{"title": "1"}, {"title": "2"}]}, 45008),
    ("news", {"articles": [{"title": "x" * 513}]}, 45003),
    ("news", {"articles": [{"title": "x", "url": "http://a/" + "x" * 2048}]}, 45005),
    ("mpnews", {"media_id": "{image}"}, 40007),
    ("mpnewsarticle", {"article_id": "no"}, 53600),
    ("msgmenu", {"list": []}, 47001),
    ("msgmenu", {"list": [{"id": "", "content": "好"}]}, 44004),
    ("msgmenu", {"head_content": "字" * 700, "list": [{"id": "1", "content": "好"}]}, 45002),
    ("wxcard", {}, 40073),
    ("miniprogrampage", {"appid": "gh_1", "pagepath": "a", "thumb_media_id": "{image}"}, 40013),
    ("miniprogrampage", {"appid": "wx1", "pagepath": "", "thumb_media_id": "{image}"}, 40165),
]


def test_a_message_the_platform_would_not_take_costs_nothing(street: Street) -> None:
    street.say(ZHANG, text="在吗")
    image = upload(street, "image")
    for kind, body, refused in NOT_TAKEN:
        if isinstance(body, dict):
            body = {name: image if value == "{image}" else value for name, value in body.items()}
        assert (kind, body, custom(street, kind, body)) == (kind, body, refused)
    assert street.inbox(ZHANG) == []
    assert [street.custom(ZHANG) for _ in range(6)] == [0, 0, 0, 0, 0, 45047]


def test_a_photo_somebody_sent_can_be_sent_on(street: Street) -> None:
    street.say(ZHANG, image="iVBORw0KGgo=")
    assert custom(street, "image", {"media_id": street.program.received[-1].fields["MediaId"]}) == 0


def test_words_of_a_machine_carry_the_grey_line(street: Street) -> None:
    street.say(ZHANG, text="在吗")
    assert custom(street, "text", {"content": "您好"}, aimsgcontext={"is_ai_msg": 1}) == 0
    assert street.inbox(ZHANG)[-1]["by_ai"] is True


def test_a_message_in_the_name_of_an_account_that_does_not_exist(street: Street) -> None:
    street.say(ZHANG, text="在吗")
    named = {"customservice": {"kf_account": "liu@street"}}
    assert custom(street, "text", {"content": "您好"}, **named) == 65401
    assert code(street, "customservice/kfaccount/add", {"kf_account": "liu@street", "nickname": "小刘"}) == 0
    assert custom(street, "text", {"content": "您好"}, **named) == 0
    assert street.inbox(ZHANG)[-1]["kf_account"] == "liu@street"


@pytest.mark.parametrize("fault", ["45015", "45047"])
def test_a_closed_window_can_be_had_on_demand(street: Street, fault: str) -> None:
    street.say(ZHANG, text="在吗")
    street.fault(fault, times=1)
    assert [street.custom(ZHANG) for _ in range(2)] == [int(fault), 0]


def test_typing_wants_a_known_command_and_a_verified_account(open_street: Callable[..., Street]) -> None:
    street = open_street()
    street.say(ZHANG, text="在吗")
    commands = ("typing", "Typing", "CancelTyping", "Typing")
    sent = [code(street, "message/custom/typing", {"touser": ZHANG, "command": command}) for command in commands]
    assert sent == [45072, 0, 0, 0]
    street.clock.move(seconds=31)
    assert code(street, "message/custom/typing", {"touser": ZHANG, "command": "Typing"}) == 45080
    street = open_street(official={"abilities": "unverified"})
    assert code(street, "message/custom/typing", {"touser": ZHANG, "command": "Typing"}) == 40200


def test_somebody_on_the_blacklist_is_not_written_to(street: Street) -> None:
    street.say(ZHANG, text="在吗")
    assert code(street, "tags/members/batchblacklist", {"openid_list": [ZHANG]}) == 0
    assert street.custom(ZHANG) == 43019
    assert call(street, "tags/members/getblacklist", {"begin_openid": ""})["data"] == {"openid": [ZHANG]}
    assert code(street, "tags/members/batchunblacklist", {"openid_list": [ZHANG]}) == 0
    assert street.custom(ZHANG) == 0
    assert code(street, "tags/members/batchblacklist", {"openid_list": [ZHANG] * 21}) == 40032


def test_a_message_to_everybody_is_reported_and_each_follower_gets_four_a_month(street: Street) -> None:
    body = {"filter": {"is_to_all": True}, "msgtype": "text", "text": {"content": "明天停水"}}
    answers = [call(street, "message/mass/sendall", body) for _ in range(5)]
    assert {answer["errmsg"] for answer in answers} == {"send job submission success"}
    assert len(street.inbox(CHEN)) == 4
    street.settle()
    reports = [one.fields for one in street.program.received]
    assert {report["FromUserName"] for report in reports} == {"mphelper"}
    assert sorted(int(report["SentCount"]) for report in reports) == [0, 18, 18, 18, 18]
    number = answers[0]["msg_id"]
    assert call(street, "message/mass/get", {"msg_id": number})["msg_status"] == "SEND_SUCCESS"
    assert code(street, "message/mass/delete", {"msg_id": number}) == 0
    assert call(street, "message/mass/get", {"msg_id": str(number)})["msg_status"] == "DELETE"
    assert code(street, "message/mass/get", {"msg_id": 7}) == 40035


def test_a_message_to_many_goes_to_a_tag_to_a_list_or_to_one_for_a_look(street: Street) -> None:
    tag = call(street, "tags/create", {"tag": {"name": "骨干"}})["tag"]["id"]
    assert code(street, "tags/members/batchtagging", {"tagid": tag, "openid_list": [LI]}) == 0
    text = {"msgtype": "text", "text": {"content": "集合"}}
    assert code(street, "message/mass/sendall", {"filter": {"is_to_all": False, "tag_id": tag}, **text}) == 0
    assert code(street, "message/mass/send", {"touser": [LI, ZHANG, "nobody"], **text}) == 0
    assert code(street, "message/mass/preview", {"touser": LI, **text}) == 0
    assert (len(street.inbox(LI)), len(street.inbox(ZHANG)), street.inbox(CHEN)) == (3, 1, [])
    assert code(street, "message/mass/send", {"touser": [LI], **text}) == 40032
    assert code(street, "message/mass/send", {"touser": ["nobody", "x"], **text}) == 40003
    assert code(street, "message/mass/sendall", {"filter": {"tag_id": 9999}, **text}) == 45159
    assert code(street, "message/mass/sendall", {"filter": {"is_to_all": True}, "msgtype": "msgmenu"}) == 40008


def test_a_message_to_many_is_not_sent_twice_under_one_id(street: Street) -> None:
    body = {
        "filter": {"is_to_all": True},
        "msgtype": "text",
        "text": {"content": "明天停水"},
        "clientmsgid": "water-1",
    }
    first, second = (call(street, "message/mass/sendall", body) for _ in range(2))
    assert (second["errcode"], second["msg_id"]) == (45065, first["msg_id"])
    assert len(street.inbox(CHEN)) == 1


def test_a_subscription_account_writes_to_everybody_once_a_day(open_street: Callable[..., Street]) -> None:
    street = open_street(official={"abilities": "subscription"})
    body = {"filter": {"is_to_all": True}, "msgtype": "text", "text": {"content": "早安"}}
    assert [code(street, "message/mass/sendall", body) for _ in range(2)] == [0, 45028]
    street.clock.move(days=1)
    street.tokens.clear()
    assert code(street, "message/mass/sendall", body) == 0
