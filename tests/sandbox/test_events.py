"""Every message and event a person or a platform can send arrives with its fields, and made-up ones are refused."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import AGENT_ID, APP_ID, Street, words

AYI, LI = "demo-resident-1", "demo-member-1"
SCANNED = {"ScanCodeInfo": {"ScanType": "qrcode", "ScanResult": "http://u/"}}
PICTURES = {"SendPicsInfo": {"Count": 1, "PicList": {"item": {"PicMd5Sum": "5a75aaca956d97be686719218f275c6b"}}}}
PLACE = {"SendLocationInfo": {"Location_X": 31.3, "Location_Y": 121.5, "Scale": 15, "Label": "路口", "Poiname": ""}}
NODE = {"NodeStatus": 1, "Items": {"Item": {"ItemName": "徐静", "ItemUserId": "demo-staff-1", "ItemStatus": 1}}}
POSITION = {"Latitude": 31.3, "Longitude": 121.5, "Precision": 65.0}
CARD = {"EventKey": "accept 7", "TaskId": "task-1", "CardType": "button_interaction", "ResponseCode": "code"}

OFFICIAL: list[dict[str, Any]] = [
    {"Event": "subscribe", "EventKey": "qrscene_lamp-12", "Ticket": "t"},
    {"Event": "unsubscribe", "EventKey": ""},
    {"Event": "SCAN", "EventKey": "lamp-12", "Ticket": "t"},
    {"Event": "LOCATION", **POSITION},
    {"Event": "CLICK", "EventKey": "help"},
    {"Event": "VIEW", "EventKey": "http://u/", "MenuId": "1"},
    {"Event": "view_miniprogram", "EventKey": "pages/index", "MenuId": "1"},
    {"Event": "scancode_push", "EventKey": "k", **SCANNED},
    {"Event": "scancode_waitmsg", "EventKey": "k", **SCANNED},
    {"Event": "pic_sysphoto", "EventKey": "k", **PICTURES},
    {"Event": "pic_photo_or_album", "EventKey": "k", **PICTURES},
    {"Event": "pic_weixin", "EventKey": "k", **PICTURES},
    {"Event": "location_select", "EventKey": "k", **PLACE},
    {"Event": "TEMPLATESENDJOBFINISH", "MsgID": 200163836, "Status": "success"},
    {"Event": "TEMPLATESENDJOBFINISH", "MsgID": 200163836, "Status": "failed:user block"},
    {"Event": "TEMPLATESENDJOBFINISH", "MsgID": 200163836, "Status": "failed: system failed"},
    {"Event": "MASSSENDJOBFINISH", "MsgID": 5, "Status": "send success", "TotalCount": 9, "SentCount": 9},
    {"Event": "PUBLISHJOBFINISH", "PublishEventInfo": {"publish_id": "7", "publish_status": "0", "article_id": "a"}},
    {
        "Event": "subscribe_msg_popup_event",
        "SubscribeMsgPopupEvent": {
            "List": [
                {"TemplateId": "a", "SubscribeStatusString": "accept", "PopupScene": "0"},
                {"TemplateId": "b", "SubscribeStatusString": "reject", "PopupScene": "0"},
            ]
        },
    },
    {
        "Event": "subscribe_msg_change_event",
        "SubscribeMsgChangeEvent": {"List": {"TemplateId": "a", "SubscribeStatusString": "reject"}},
    },
    {
        "Event": "subscribe_msg_sent_event",
        "SubscribeMsgSentEvent": {
            "List": {"TemplateId": "a", "MsgID": "1700", "ErrorCode": "0", "ErrorStatus": "success"}
        },
    },
    {"Event": "kf_create_session", "KfAccount": "a@b"},
    {"Event": "kf_close_session", "KfAccount": "a@b"},
    {"Event": "kf_switch_session", "FromKfAccount": "a@b", "ToKfAccount": "c@b"},
    {"Event": "user_info_modified", "OpenID": AYI, "AppID": APP_ID},
    {"Event": "user_authorization_revoke", "OpenID": AYI, "AppID": APP_ID, "RevokeInfo": "301"},
    {"Event": "user_authorization_cancellation", "OpenID": AYI, "AppID": APP_ID},
]
BY_MEMBER: list[dict[str, Any]] = [
    {"Event": "subscribe"},
    {"Event": "unsubscribe"},
    {"Event": "enter_agent", "EventKey": ""},
    {"Event": "LOCATION", **POSITION, "AppType": "wxwork"},
    {"Event": "click", "EventKey": "help"},
    {"Event": "view", "EventKey": "http://u/"},
    {"Event": "view_miniprogram", "EventKey": "pages/index"},
    {"Event": "scancode_push", "EventKey": "k", **SCANNED},
    {"Event": "scancode_waitmsg", "EventKey": "k", **SCANNED},
    {"Event": "pic_sysphoto", "EventKey": "k", **PICTURES},
    {"Event": "pic_photo_or_album", "EventKey": "k", **PICTURES},
    {"Event": "pic_weixin", "EventKey": "k", **PICTURES},
    {"Event": "location_select", "EventKey": "k", **PLACE, "AppType": "wxwork"},
    {"Event": "template_card_menu_event", **CARD},
    {
        "Event": "template_card_event",
        **CARD,
        "SelectedItems": {"SelectedItem": {"QuestionKey": "when", "OptionIds": {"OptionId": ["today", "later"]}}},
    },
    {"Event": "taskcard_click", "EventKey": "k", "TaskId": "task-1"},
    {"Event": "living_status_change", "LivingId": "l", "Status": 1},
]
BY_APP: list[dict[str, Any]] = [
    {
        "Event": "open_approval_change",
        "ApprovalInfo": {"ThirdNo": "1", "OpenSpStatus": 1, "ApprovalNodes": {"ApprovalNode": NODE}, "approverstep": 0},
    },
    {"Event": "sys_approval_change", "ApprovalInfo": {"SpNo": "1", "SpStatus": 2, "Applyer": {"UserId": LI}}},
    {"Event": "share_agent_change"},
    {"Event": "share_chain_change"},
    {"Event": "inactive_alert", "EffectTime": 1764518400},
    {"Event": "low_active_alert", "EffectTime": 1764518400},
    {"Event": "close_inactive_agent"},
    {"Event": "reopen_inactive_agent"},
    {"Event": "low_active"},
    {"Event": "active_restored"},
    {"Event": "msgaudit_notify"},
]
BY_CORP: list[dict[str, Any]] = [
    {"Event": "batch_job_result", "BatchJob": {"JobId": "j", "JobType": "sync_user", "ErrCode": 0, "ErrMsg": "ok"}},
    {"Event": "change_contact", "ChangeType": "delete_user", "UserID": "zhangsan"},
    {"Event": "change_contact", "ChangeType": "create_user", "UserID": "zhangsan", "Department": "1,2", "Status": 1},
    {"Event": "change_contact", "ChangeType": "update_tag", "TagId": 7, "AddUserItems": "zhangsan,lisi"},
    {
        "Event": "change_external_contact",
        "ChangeType": "add_external_contact",
        "UserID": LI,
        "ExternalUserID": "wo1",
        "WelcomeCode": "w",
    },
    {
        "Event": "change_external_chat",
        "ChatId": "c",
        "ChangeType": "update",
        "MemChangeList": {"Item": ["Jack", "Rose"]},
    },
    {"Event": "change_external_tag", "Id": "t", "TagType": "tag", "ChangeType": "create"},
    {"Event": "kf_msg_or_event", "Token": "t", "OpenKfId": "wk1"},
    {"Event": "kf_account_auth_change", "AuthAddOpenKfId": ["wk1", "wk2"]},
    {"Event": "upload_media_job_finish", "JobId": "j"},
]


def written(value: Any) -> Any:
    """A value as it reads in XML: words."""
    if isinstance(value, dict):
        return {name: written(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [written(inner) for inner in value]
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def arrived(street: Street, who: str, channel: str, event: dict[str, Any]) -> dict[str, Any]:
    assert street.say(who, channel, event=event)["deliveries"][0]["error"] is None
    fields = dict(street.program.received[-1].fields)
    for name, value in written(event).items():
        if name not in ("SendLocationInfo", "ApprovalInfo"):
            assert fields[name] == value, name
    assert fields["MsgType"] == "event" and "MsgId" not in fields
    return fields


def name_of(event: dict[str, Any]) -> str:
    return str(event["Event"])


@pytest.mark.parametrize("event", OFFICIAL, ids=name_of)
def test_an_event_of_the_official_account_arrives_as_it_is_written(street: Street, event: dict[str, Any]) -> None:
    fields = arrived(street, AYI, "official", event)
    assert fields["FromUserName"] == AYI and "AgentID" not in fields


@pytest.mark.parametrize("event", BY_MEMBER, ids=name_of)
def test_an_event_by_a_member_arrives_with_the_apps_number(street: Street, event: dict[str, Any]) -> None:
    fields = arrived(street, LI, "wecom", event)
    assert (fields["FromUserName"], fields["AgentID"]) == (LI, str(AGENT_ID))


@pytest.mark.parametrize("event", BY_APP, ids=name_of)
def test_an_event_about_the_app_comes_from_sys(street: Street, event: dict[str, Any]) -> None:
    fields = arrived(street, LI, "wecom", event)
    assert (fields["FromUserName"], fields["AgentID"]) == ("sys", str(AGENT_ID))


@pytest.mark.parametrize("event", BY_CORP, ids=name_of)
def test_an_event_about_the_corporation_has_no_apps_number(street: Street, event: dict[str, Any]) -> None:
    fields = arrived(street, LI, "wecom", event)
    assert fields["FromUserName"] == "sys" and "AgentID" not in fields


def test_one_picture_is_bare_and_two_are_a_list(street: Street) -> None:
    for sums in (["a"], ["a", "b"]):
        pictures = {"SendPicsInfo": {"PicList": {"item": [{"PicMd5Sum": one} for one in sums]}}}
        street.say(AYI, event={"Event": "pic_weixin", "EventKey": "k", **pictures})
    one, two = (each.fields["SendPicsInfo"] for each in street.program.received)
    assert one == {"Count": "1", "PicList": {"item": {"PicMd5Sum": "a"}}}
    assert two == {"Count": "2", "PicList": {"item": [{"PicMd5Sum": "a"}, {"PicMd5Sum": "b"}]}}


def test_the_platform_adds_what_a_person_cannot_know(street: Street) -> None:
    street.say(AYI, event={"Event": "SCAN", "EventKey": "lamp-12"})
    street.say(AYI, event="user_info_modified")
    street.say(AYI, event={"Event": "VIEW", "EventKey": "http://u/"})
    scan, changed, view = (each.fields for each in street.program.received)
    assert scan["Ticket"] and view["MenuId"]
    assert (changed["OpenID"], changed["AppID"]) == (AYI, APP_ID)


@pytest.mark.parametrize(
    ("channel", "event", "why"),
    [
        ("official", "CLICK", "CLICK.EventKey is missing"),
        ("official", "click", "writes CLICK"),
        ("wecom", {"Event": "CLICK", "EventKey": "k"}, "writes click"),
        ("official", "enter_agent", "unknown event enter_agent"),
        ("wecom", "SCAN", "unknown event SCAN"),
        ("official", {"Event": "CLICK", "EventKey": "k", "eventkey": "k"}, "no field eventkey"),
        ("official", {"Event": "CLICK", "EventKey": 7}, "CLICK.EventKey must be"),
        ("official", {"Event": "CLICK", "EventKey": "k", "FromUserName": "other"}, "the platform sets FromUserName"),
        ("official", {"Event": "subscribe", "EventKey": "lamp-12"}, "qrscene_"),
        ("official", {"Event": "LOCATION", "Latitude": 91, "Longitude": 0}, "LOCATION.Latitude"),
        ("official", {"Event": "LOCATION", "Latitude": "x", "Longitude": 0}, "LOCATION.Latitude"),
        ("official", {"Event": "scancode_push", "EventKey": "k"}, "scancode_push.ScanCodeInfo is missing"),
        (
            "official",
            {"Event": "scancode_push", "EventKey": "k", "ScanCodeInfo": "x"},
            "must be an object with ScanType",
        ),
        (
            "official",
            {"Event": "pic_weixin", "EventKey": "k", "SendPicsInfo": {"PicList": {"item": []}}},
            "1 to 20 items",
        ),
        (
            "official",
            {
                "Event": "pic_weixin",
                "EventKey": "k",
                "SendPicsInfo": {"Count": 2, "PicList": {"item": {"PicMd5Sum": "a"}}},
            },
            "Count must be 1",
        ),
        (
            "official",
            {"Event": "TEMPLATESENDJOBFINISH", "MsgID": 1, "Status": "failed:system failed"},
            "Status must be",
        ),
        ("official", {"Event": "TEMPLATESENDJOBFINISH", "MsgID": "x", "Status": "success"}, "MsgID must be"),
        ("official", {"Event": "subscribe_msg_popup_event"}, "SubscribeMsgPopupEvent is missing"),
        (
            "official",
            {
                "Event": "subscribe_msg_change_event",
                "SubscribeMsgChangeEvent": {"List": {"TemplateId": "a", "SubscribeStatusString": "accept"}},
            },
            "must be one of reject",
        ),
        ("wecom", {"Event": "change_contact", "UserID": "x"}, "ChangeType is missing"),
        ("wecom", {"Event": "template_card_event", "EventKey": "k"}, "TaskId is missing"),
        ("official", {"Event": ""}, "event must be a name"),
        ("official", {"Event": "x" * 5000}, "unknown event"),
    ],
)
def test_an_event_the_platform_would_never_send_is_refused_with_the_reason(
    street: Street, channel: str, event: object, why: str
) -> None:
    answer = requests.post(f"{street.url}/api/people/{LI}/say?channel={channel}", json={"event": event}, timeout=5)
    assert answer.status_code == 400 and why in answer.json()["error"]
    assert len(answer.json()["error"]) < 1500
    assert street.program.received == []


def test_an_event_the_sandbox_does_not_know_can_be_sent_unchecked(street: Street) -> None:
    street.say(AYI, event={"Event": "weapp_audit_success", "Info": {"id": 7}}, unchecked=True)
    fields = street.program.received[0].fields
    assert (fields["Event"], fields["Info"]) == ("weapp_audit_success", {"id": "7"})


def test_only_a_follower_presses_a_menu_and_the_platform_reports_also_about_others(street: Street) -> None:
    street.say(AYI, event="unsubscribe")
    for event in ({"Event": "CLICK", "EventKey": "k"}, "unsubscribe"):
        street.control("POST", f"people/{AYI}/say", {"event": event}, status=409)
    street.say(AYI, event="user_authorization_cancellation")
    street.say(AYI, event="subscribe")
    street.say(AYI, event={"Event": "CLICK", "EventKey": "k"})
    assert len(street.program.received) == 4


# Messages


def test_a_film_and_its_picture_can_be_fetched(street: Street) -> None:
    films: list[dict[str, Any]] = [{"video": {}}, {"shortvideo": {}}]
    for film in films:
        street.say(AYI, **film)
        fields = street.program.received[-1].fields
        assert fields["MsgType"] in film
        assert "video_url" in street.call("official", "media/get", media_id=fields["MediaId"])
        query = {"access_token": street.tokens["official"], "media_id": fields["ThumbMediaId"]}
        thumb = requests.get(f"{street.url}/official/cgi-bin/media/get", params=query, timeout=5)
        assert thumb.headers["Content-Type"].startswith("image/")
    street.control("POST", f"people/{LI}/say?channel=wecom", {"shortvideo": {}}, status=400)
    street.say(LI, "wecom", video={})
    assert street.program.received[-1].fields["MsgType"] == "video"


def test_a_shared_page_arrives_with_its_address(street: Street) -> None:
    link = {"title": "停水通知", "description": "今晚", "url": "http://u/", "picurl": "http://p/"}
    street.say(LI, link=link)
    street.say(LI, "wecom", link=link)
    official, wecom = (each.fields for each in street.program.received)
    assert (official["MsgType"], official["Title"], official["Url"]) == ("link", "停水通知", "http://u/")
    assert "PicUrl" not in official and wecom["PicUrl"] == "http://p/"


@pytest.mark.parametrize(
    ("voice", "form", "recognition"),
    [
        ("路灯坏了", "amr", "路灯坏了"),
        ({}, "amr", None),
        ({"recognition": ""}, "amr", ""),
        ({"recognition": "路灯坏了", "format": "speex"}, "speex", ""),
        ({"recognition": "路灯坏了", "data": base64.b64encode(b"#!AMR\nx").decode()}, "amr", "路灯坏了"),
    ],
)
def test_a_voice_has_words_only_where_they_were_recognised(
    street: Street, voice: object, form: str, recognition: str | None
) -> None:
    street.say(AYI, voice=voice)
    fields = street.program.received[0].fields
    assert (fields["Format"], fields.get("Recognition")) == (form, recognition)
    street.say(LI, "wecom", voice=voice)
    assert "Recognition" not in street.program.received[1].fields


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_every_kind_of_message_and_an_event_arrive_in_every_mode(open_street: Callable[..., Street], mode: str) -> None:
    street = open_street(official={"mode": mode})
    street.program.answer = words("好")
    place, link = {"lat": 31.3, "lng": 121.5, "label": "路口"}, {"title": "t", "url": "http://u/"}
    said: list[dict[str, Any]] = [
        {"text": "在"},
        {"voice": "在"},
        {"video": {}},
        {"location": place},
        {"link": link},
    ]
    for what in said:
        assert street.say(AYI, **what)["reply"]["text"] == "好"
    assert street.say(AYI, event={"Event": "CLICK", "EventKey": "k"})["reply"]["text"] == "好"
    kinds = [each.fields["MsgType"] for each in street.program.received]
    assert kinds == ["text", "voice", "video", "location", "link", "event"]


@pytest.mark.parametrize(
    "body",
    [
        {"link": {"title": "x"}},
        {"link": {"url": "javascript:x"}},
        {"link": {"url": "http://u/", "title": 5}},
        {"link": 5},
        {"video": "bm90IGEgZmlsbQ=="},
        {"video": 5},
        {"voice": {"recognition": 5}},
        {"voice": {"format": "mp3"}},
        {"text": "x", "image": "x"},
        {"event": "subscribe", "unchecked": "yes"},
    ],
)
def test_a_message_nobody_can_send_is_refused(street: Street, body: dict[str, object]) -> None:
    assert street.control("POST", f"people/{AYI}/say", body, status=400)["error"]
    assert street.program.received == []
