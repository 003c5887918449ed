"""co-wechat-api from npm, its sources untouched: the sandbox is named by the attributes that it has for that."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Node
from tests.clients.files import JPEG, MP3, MP4, PNG
from tests.sandbox.conftest import APP_ID, SECRET, Street, words

RESIDENT, OTHER = "demo-resident-1", "demo-resident-2"
OK = {"errcode": 0, "errmsg": "ok"}


class Refused(Exception):
    """What co-wechat-api threw."""

    def __init__(self, name: str, code: int, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.code = code


class Desk:
    """A program that calls the platform with co-wechat-api, and the street it serves."""

    def __init__(self, node: Node, street: Street) -> None:
        self.node = node
        self.street = street

    def call(self, method: str, *arguments: Any) -> Any:
        """What one of its methods gives; its Buffers become bytes. Raises Refused."""
        answer = self.node.ask(call=method, args=arguments)
        if "error" in answer:
            raise Refused(**answer["error"])
        result = answer.get("result")
        if isinstance(result, dict) and set(result) == {"base64"}:
            return base64.b64decode(result["base64"])
        return result

    def last(self, person: str) -> dict[str, Any]:
        """The newest message on somebody's phone."""
        return self.street.inbox(person)[-1]

    def token_calls(self) -> int:
        """How many tokens were fetched so far."""
        return sum("/cgi-bin/token?" in call["path"] for call in self.street.control("GET", "log")["log"])


OpenDesk = Callable[..., Desk]


@pytest.fixture(scope="module")
def node(start_node: Callable[..., Node]) -> Node:
    """One process for all tests of the module; each opens a client of its own in it."""
    return start_node("official.js")


@pytest.fixture
def open_desk(open_street: Callable[..., Street], node: Node) -> OpenDesk:
    def open_one(**changes: Any) -> Desk:
        street = open_street(**changes)
        node.ask(call="open", args=(f"{street.url}/official", APP_ID, SECRET))
        return Desk(node, street)

    return open_one


@pytest.fixture
def desk(open_desk: OpenDesk) -> Desk:
    return open_desk()


# --- Tokens and what goes wrong -----------------------------------------------------------------------------------


def test_one_token_serves_many_calls(desk: Desk) -> None:
    assert desk.call("getIp")["ip_list"] == ["127.0.0.1"]
    assert desk.call("getUser", RESIDENT)["subscribe"] == 1
    assert desk.token_calls() == 1
    token = desk.call("getAccessToken")
    assert len(token["accessToken"]) > 100
    assert desk.call("getIp")["ip_list"] == ["127.0.0.1"]
    assert desk.token_calls() == 2


def test_a_token_that_died_is_replaced_and_the_message_still_arrives(desk: Desk) -> None:
    desk.street.say(RESIDENT, text="路灯坏了")
    desk.call("getIp")
    desk.street.fault("token_dead", times=1)
    assert desk.call("sendText", RESIDENT, "已受理") == OK
    assert desk.last(RESIDENT)["text"] == "已受理"
    assert desk.token_calls() == 2


def test_a_token_that_ran_out_is_replaced(desk: Desk) -> None:
    desk.call("getIp")
    desk.street.clock.move(hours=2)
    assert desk.call("getIp")["ip_list"] == ["127.0.0.1"]
    assert desk.token_calls() == 2


def test_it_gives_up_when_every_token_is_dead(desk: Desk) -> None:
    desk.street.fault("token_dead")
    with pytest.raises(Refused, match="invalid credential") as refused:
        desk.call("getIp")
    assert refused.value.code == 40001
    assert desk.token_calls() == 4


@pytest.mark.parametrize(("fault", "code"), [("45009", 45009), ("45015", 45015), ("45047", 45047), ("busy", -1)])
def test_a_fault_arrives_as_the_error_it_knows(desk: Desk, fault: str, code: int) -> None:
    desk.street.say(RESIDENT, text="路灯坏了")
    desk.call("getIp")
    desk.street.fault(fault, times=1)
    with pytest.raises(Refused) as refused:
        desk.call("sendText", RESIDENT, "已受理")
    assert (refused.value.name, refused.value.code) == ("WeChatAPIError", code)
    assert desk.call("sendText", RESIDENT, "已受理") == OK


def test_a_page_of_the_gateway_is_an_error_of_its_own(desk: Desk) -> None:
    desk.call("getIp")
    desk.street.fault("html502", times=1)
    with pytest.raises(Refused, match="status code: 502"):
        desk.call("getIp")


@pytest.mark.parametrize(
    ("method", "arguments", "code"),
    [
        ("sendText", ("nobody", "您好"), 40003),
        ("sendText", (RESIDENT, ""), 44004),
        ("sendImage", (RESIDENT, "unknown"), 40007),
        ("getMedia", ("unknown",), 40007),
        ("getMenu", (), 46003),
        ("createTmpQRCode", (0, 60), 40053),
        ("sendTemplate", (RESIDENT, "tpl", "", "", {"thing01": {"value": ""}}), 47003),
    ],
)
def test_wrong_use_is_refused_with_the_platforms_code(
    desk: Desk, method: str, arguments: tuple[Any, ...], code: int
) -> None:
    desk.street.say(RESIDENT, text="路灯坏了")
    with pytest.raises(Refused) as refused:
        desk.call(method, *arguments)
    assert (refused.value.name, refused.value.code) == ("WeChatAPIError", code)


def test_a_subscription_account_may_not_send_templates(open_desk: OpenDesk) -> None:
    desk = open_desk(official={"abilities": "subscription"})
    with pytest.raises(Refused) as refused:
        desk.call("sendTemplate", RESIDENT, "tpl", "", "", {"thing01": {"value": "已受理"}})
    assert refused.value.code == 48001


# --- Messages -----------------------------------------------------------------------------------------------------


def test_custom_messages_of_every_type_appear_on_the_phone(open_desk: OpenDesk, tmp_path: Path) -> None:
    desk = open_desk(rules={"message_window_count": 20})
    desk.street.say(RESIDENT, text="路灯坏了")
    media = {}
    for kind, method, data in (
        ("image.png", "uploadImageMedia", PNG),
        ("voice.mp3", "uploadVoiceMedia", MP3),
        ("video.mp4", "uploadVideoMedia", MP4),
        ("thumb.jpg", "uploadThumbMedia", JPEG),
    ):
        (tmp_path / kind).write_bytes(data)
        uploaded = desk.call(method, str(tmp_path / kind))
        media[uploaded["type"]] = uploaded.get("media_id") or uploaded["thumb_media_id"]
    article = {"title": "停水通知", "description": "明天", "url": "https://example.org/1", "picurl": ""}
    paper = {"title": "停电通知", "thumb_media_id": media["thumb"], "content": "后天停电", "show_cover_pic": 1}
    pages = desk.call("uploadNewsMaterial", {"articles": [paper]})["media_id"]
    music = {
        "title": "社区之歌",
        "musicurl": "https://example.org/a.mp3",
        "hqmusicurl": "",
        "thumb_media_id": media["thumb"],
    }
    page = {"title": "报名", "appid": APP_ID, "pagepath": "pages/a", "thumb_media_id": media["thumb"]}
    sent = [
        ("sendText", "已受理", "text"),
        ("sendImage", media["image"], "image"),
        ("sendVoice", media["voice"], "voice"),
        ("sendVideo", media["video"], "video"),
        ("sendMusic", music, "music"),
        ("sendNews", [article], "news"),
        ("sendMpNews", pages, "mpnews"),
        ("sendMiniProgram", page, "miniprogrampage"),
        ("sendCard", "card-1", "wxcard"),
    ]
    for method, what, kind in sent:
        assert desk.call(method, RESIDENT, what) == OK, method
        assert desk.last(RESIDENT)["type"] == kind
    shown = {entry["type"]: entry for entry in desk.street.inbox(RESIDENT)}
    assert shown["text"]["text"] == "已受理"
    assert shown["image"]["media_id"] == media["image"]
    assert shown["news"]["articles"][0]["title"] == "停水通知"
    assert shown["music"]["text"] == "社区之歌"


def test_the_sixth_message_after_the_persons_last_one_is_refused(desk: Desk) -> None:
    desk.street.say(RESIDENT, text="路灯坏了")
    for number in range(5):
        assert desk.call("sendText", RESIDENT, str(number)) == OK
    with pytest.raises(Refused) as refused:
        desk.call("sendText", RESIDENT, "5")
    assert refused.value.code == 45047
    desk.street.say(RESIDENT, text="还没好吗")
    desk.street.clock.move(hours=48, seconds=1)
    with pytest.raises(Refused) as late:
        desk.call("sendText", RESIDENT, "好了")
    assert late.value.code == 45015


def test_a_template_arrives_and_its_end_is_reported(desk: Desk) -> None:
    data = {"thing01": {"value": "路灯坏了", "color": "#173177"}, "time02": {"value": "2026年3月2日"}}
    answer = desk.call("sendTemplate", RESIDENT, "finished", "https://example.org/7", "#FF0000", data)
    assert answer["errcode"] == 0
    assert desk.last(RESIDENT)["rows"][0] == {"key": "thing01", "value": "路灯坏了"}
    desk.street.settle()
    reported = desk.street.program.received[-1].fields
    assert (reported["Event"], reported["Status"]) == ("TEMPLATESENDJOBFINISH", "success")
    assert reported["MsgID"] == str(answer["msgid"])


# --- Media --------------------------------------------------------------------------------------------------------


def test_a_photo_that_somebody_sent_is_fetched(desk: Desk) -> None:
    desk.street.say(RESIDENT, image=base64.b64encode(JPEG).decode())
    assert desk.call("getMedia", desk.street.program.received[-1].fields["MediaId"]) == JPEG


def test_a_file_that_was_uploaded_comes_back_and_is_gone_after_three_days(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "照片.png").write_bytes(PNG)
    uploaded = desk.call("uploadMedia", str(tmp_path / "照片.png"), "image")
    assert uploaded["type"] == "image"
    assert desk.call("getMedia", uploaded["media_id"]) == PNG
    desk.street.clock.move(days=3)
    with pytest.raises(Refused) as refused:
        desk.call("getMedia", uploaded["media_id"])
    assert refused.value.code == 40007


def test_a_video_is_answered_by_its_address(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "video.mp4").write_bytes(MP4)
    uploaded = desk.call("uploadMedia", str(tmp_path / "video.mp4"), "video")
    address = desk.call("getMedia", uploaded["media_id"])["video_url"]
    assert desk.street.session.get(address, timeout=10).content == MP4


def test_a_picture_for_an_article_gets_an_address(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "picture.jpg").write_bytes(JPEG)
    address = desk.call("uploadImage", str(tmp_path / "picture.jpg"))["url"]
    assert desk.street.session.get(address, timeout=10).content == JPEG


def test_material_is_kept_listed_and_removed(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "picture.jpg").write_bytes(JPEG)
    kept = desk.call("uploadMaterial", str(tmp_path / "picture.jpg"), "image")["media_id"]
    desk.street.clock.move(days=30)
    assert desk.call("getMaterial", kept) == JPEG
    assert desk.call("getMaterialCount")["image_count"] == 1
    assert [item["media_id"] for item in desk.call("getMaterials", "image", 0, 20)["item"]] == [kept]
    assert desk.call("removeMaterial", kept) == OK
    with pytest.raises(Refused) as refused:
        desk.call("getMaterial", kept)
    assert refused.value.code == 40007


# --- The menu and QR codes ----------------------------------------------------------------------------------------


def test_a_menu_is_made_read_and_removed(desk: Desk) -> None:
    menu = {
        "button": [
            {"name": "报事", "type": "click", "key": "report"},
            {"name": "更多", "sub_button": [{"name": "网站", "type": "view", "url": "https://example.org/"}]},
        ]
    }
    assert desk.call("createMenu", menu) == OK
    read = desk.call("getMenu")["menu"]["button"]
    assert [button["name"] for button in read] == ["报事", "更多"]
    desk.street.program.answer = words("请说")
    desk.street.say(RESIDENT, event={"Event": "CLICK", "EventKey": read[0]["key"]})
    assert desk.last(RESIDENT)["text"] == "请说"
    assert desk.call("sendText", RESIDENT, "一分钟内可以说三句") == OK
    assert desk.call("removeMenu") == OK
    with pytest.raises(Refused) as refused:
        desk.call("getMenu")
    assert refused.value.code == 46003


def test_some_people_have_a_menu_of_their_own(desk: Desk) -> None:
    def menu(name: str) -> dict[str, Any]:
        return {"button": [{"name": name, "type": "click", "key": "report"}]}

    desk.call("createMenu", menu("报事"))
    tag = desk.call("createTags", "骑手")["tag"]["id"]
    desk.call("batchTagging", [OTHER], tag)
    number = desk.call("addConditionalMenu", {**menu("随手报"), "matchrule": {"tag_id": str(tag)}})["menuid"]
    shown = {person: desk.call("tryConditionalMenu", person)["button"][0]["name"] for person in (RESIDENT, OTHER)}
    assert shown == {RESIDENT: "报事", OTHER: "随手报"}
    assert desk.call("delConditionalMenu", number) == OK
    assert desk.call("tryConditionalMenu", OTHER)["button"][0]["name"] == "报事"
    assert desk.call("getMenuConfig")["is_menu_open"] == 1


@pytest.mark.parametrize("scene", [7, "building-6"])
@pytest.mark.parametrize(("method", "more"), [("createTmpQRCode", (3600,)), ("createLimitQRCode", ())])
def test_a_code_is_shown_and_scanned(desk: Desk, scene: int | str, method: str, more: tuple[int, ...]) -> None:
    ticket = desk.call(method, scene, *more)["ticket"]
    picture = desk.street.session.get(desk.call("showQRCodeURL", ticket), timeout=10)
    assert picture.headers["Content-Type"].startswith("image/")
    desk.street.say(RESIDENT, scan=ticket)
    scanned = desk.street.program.received[-1].fields
    assert (scanned["Event"], scanned["EventKey"], scanned["Ticket"]) == ("SCAN", str(scene), ticket)


# --- People -------------------------------------------------------------------------------------------------------


def test_followers_are_listed_and_described(desk: Desk) -> None:
    followers = desk.call("getFollowers")
    assert followers["total"] == followers["count"] == len(followers["data"]["openid"])
    assert RESIDENT in followers["data"]["openid"]
    desk.street.say(OTHER, event="unsubscribe")
    assert OTHER not in desk.call("getFollowers")["data"]["openid"]
    described = desk.call("batchGetUsers", [RESIDENT, OTHER])["user_info_list"]
    assert [(user["openid"], user["subscribe"]) for user in described] == [(RESIDENT, 1), (OTHER, 0)]


def test_a_remark_about_somebody_is_kept(desk: Desk) -> None:
    assert desk.call("updateRemark", RESIDENT, "6栋张阿姨") == OK
    assert desk.call("getUser", {"openid": RESIDENT, "lang": "zh_CN"})["remark"] == "6栋张阿姨"


def test_people_are_tagged_and_found_by_their_tag(desk: Desk) -> None:
    tag = desk.call("createTags", "志愿者")["tag"]["id"]
    assert desk.call("batchTagging", [RESIDENT, OTHER], tag) == OK
    assert desk.call("getIdList", RESIDENT)["tagid_list"] == [tag]
    assert desk.call("getUser", RESIDENT)["tagid_list"] == [tag]
    assert desk.call("getUsersFromTag", tag)["data"]["openid"] == [RESIDENT, OTHER]
    assert desk.call("batchUnTagging", [OTHER], tag) == OK
    assert desk.call("getUsersFromTag", tag)["data"]["openid"] == [RESIDENT]
    assert desk.call("updateTag", tag, "骑手") == OK
    assert {"id": tag, "name": "骑手", "count": 1} in desk.call("getTags")["tags"]
    assert desk.call("deleteTag", tag) == OK
    assert tag not in [each["id"] for each in desk.call("getTags")["tags"]]
    assert desk.call("getIdList", RESIDENT)["tagid_list"] == []


def test_people_are_moved_between_groups(desk: Desk) -> None:
    group = desk.call("createGroup", "6栋")["group"]["id"]
    assert desk.call("moveUserToGroup", RESIDENT, group) == OK
    assert desk.call("moveUsersToGroup", [OTHER], group) == OK
    assert desk.call("getWhichGroup", RESIDENT)["groupid"] == group
    assert desk.call("updateGroup", group, "7栋") == OK
    assert {"id": group, "name": "7栋", "count": 2} in desk.call("getGroups")["groups"]
    assert not desk.call("removeGroup", group).get("errcode")
    assert desk.call("getWhichGroup", RESIDENT)["groupid"] == 0


# --- What is sent to many, and the rest ---------------------------------------------------------------------------


def test_a_notice_reaches_those_with_a_tag_and_not_the_others(desk: Desk) -> None:
    tag = desk.call("createTags", "6栋")["tag"]["id"]
    desk.call("batchTagging", [RESIDENT], tag)
    sent = desk.call("massSendText", "明天停水", tag)
    assert desk.last(RESIDENT)["text"] == "明天停水"
    assert desk.street.inbox(OTHER) == []
    assert desk.call("getMassMessageStatus", sent["msg_id"])["msg_status"] == "SEND_SUCCESS"
    assert desk.call("previewText", OTHER, "后天停电")["errcode"] == 0
    assert desk.last(OTHER)["text"] == "后天停电"


def test_templates_are_chosen_and_given_up(desk: Desk) -> None:
    desk.call("setIndustry", {"industry_id1": "1", "industry_id2": "4"})
    assert desk.call("getIndustry")["primary_industry"]
    template = desk.call("addTemplate", "TM00015")["template_id"]
    listed = [each["template_id"] for each in desk.call("getAllPrivateTemplate")["template_list"]]
    assert template in listed
    assert desk.call("delPrivateTemplate", template) == OK
    assert len(desk.call("getAllPrivateTemplate")["template_list"]) == len(listed) - 1


def test_what_web_pages_need_is_there(desk: Desk) -> None:
    ticket = desk.call("getTicket")["ticket"]
    assert desk.call("getLatestTicket")["ticket"] == ticket
    signed = desk.call("getJsConfig", {"url": "https://example.org/", "jsApiList": ["scanQRCode"]})
    text = (
        f"jsapi_ticket={ticket}&noncestr={signed['nonceStr']}&timestamp={signed['timestamp']}&url=https://example.org/"
    )
    assert signed["signature"] == hashlib.sha1(text.encode()).hexdigest()
    assert desk.call("shorturl", "https://example.org/long")["short_url"].startswith("https://")
