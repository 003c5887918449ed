"""A corp on WeCom: its directory, its files, its group chats, the app's page and menu."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import AGENT_ID, Street
from tests.sandbox.test_wecom import AMR, MP4, PNG, upload


def call(street: Street, path: str, body: Any = None, **query: str) -> Any:
    return street.call("wecom", path, body, **query)


# Members, departments, tags


def test_an_app_of_today_sees_names_and_departments_but_no_numbers(street: Street) -> None:
    member = call(street, "user/get", userid="DEMO-Staff-1")
    assert (member["userid"], member["department"]) == ("demo-staff-1", [1])
    assert not {"mobile", "email", "avatar", "gender", "qr_code"} & set(member)
    assert call(street, "user/getuserid", {"mobile": "13800000000"})["errcode"] == 46004
    assert call(street, "user/get_userid_by_email", {"email": "a@example.com"})["errcode"] == 46004
    assert call(street, "user/get")["errcode"] == 41009


def test_the_members_of_a_department_are_listed_with_or_without_those_below(street: Street) -> None:
    top = call(street, "department/create", {"name": "街道", "parentid": 1})["id"]
    below = call(street, "department/create", {"name": "网格", "parentid": top})["id"]
    call(street, "user/update", {"userid": "demo-grid-1", "department": [below]})

    def listed(path: str, **query: str) -> list[str]:
        return [user["userid"] for user in call(street, path, department_id=str(top), **query)["userlist"]]

    assert listed("user/simplelist") == [] and listed("user/simplelist", fetch_child="1") == ["demo-grid-1"]
    assert listed("user/list", fetch_child="1") == ["demo-grid-1"]
    assert call(street, "user/list", department_id="99")["errcode"] == 60003


def test_every_member_is_listed_a_page_at_a_time(street: Street) -> None:
    seen, cursor = [], ""
    while True:
        page = call(street, "user/list_id", {"cursor": cursor, "limit": 4})
        seen += [user["userid"] for user in page["dept_user"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 11 and "demo-dept-1" in seen
    assert call(street, "user/list_id", {"cursor": "x"})["errcode"] == 50100


def test_a_member_comes_changes_and_goes(street: Street) -> None:
    new = {"userid": "xiaozhou", "name": "小周", "department": [1]}
    assert call(street, "user/create", new)["errcode"] == 0
    assert call(street, "user/create", new)["errcode"] == 60102
    call(street, "user/update", {"userid": "xiaozhou", "name": "周老师"})
    assert call(street, "user/get", userid="xiaozhou")["name"] == "周老师"
    assert call(street, "user/delete", userid="xiaozhou")["errcode"] == 0
    assert call(street, "user/get", userid="xiaozhou")["errcode"] == 60111
    assert call(street, "user/batchdelete", {"useridlist": ["xiaozhou", "demo-member-1"]})["errcode"] == 40031
    assert call(street, "user/create", {"userid": "a|b", "name": "x"})["errcode"] == 40003


def test_an_openid_leads_back_to_its_member(street: Street) -> None:
    openid = call(street, "user/convert_to_openid", {"userid": "demo-member-1"})["openid"]
    assert call(street, "user/convert_to_userid", {"openid": openid})["userid"] == "demo-member-1"
    assert call(street, "user/convert_to_userid", {"openid": "made-up"})["errcode"] == 40073


def test_departments_form_a_tree(street: Street) -> None:
    top = call(street, "department/create", {"name": "街道", "parentid": 1, "id": 20})["id"]
    below = call(street, "department/create", {"name": "网格", "parentid": top})["id"]
    assert (top, below) == (20, 21)
    assert call(street, "department/create", {"name": "网格", "parentid": top})["errcode"] == 60008
    assert call(street, "department/create", {"name": "x", "parentid": 99})["errcode"] == 60004
    assert call(street, "department/create", {"name": "a|b", "parentid": 1})["errcode"] == 60009
    assert call(street, "department/update", {"id": top, "parentid": below})["errcode"] == 60010
    assert call(street, "department/update", {"id": below, "name": "第二网格"})["errcode"] == 0
    assert call(street, "department/get", id=str(below))["department"]["name"] == "第二网格"
    assert [one["id"] for one in call(street, "department/list", id="20")["department"]] == [20, 21]
    assert [one["id"] for one in call(street, "department/simplelist")["department_id"]] == [1, 20, 21]
    assert [call(street, "department/delete", id=number)["errcode"] for number in ("1", "20", "21", "21")] == [
        60007,
        60006,
        0,
        60123,
    ]


def test_a_department_with_members_stays(street: Street) -> None:
    grid = call(street, "department/create", {"name": "网格", "parentid": 1})["id"]
    call(street, "user/update", {"userid": "demo-grid-1", "department": [grid]})
    assert call(street, "department/delete", id=str(grid))["errcode"] == 60005


def test_a_tag_is_changed_by_the_app_that_made_it(open_street: Callable[..., Street]) -> None:
    street = open_street(also=[{"key": "other", "agent_id": 5, "secret": "other-secret"}])
    tag = call(street, "tag/create", {"tagname": "骨干"})["tagid"]
    assert call(street, "tag/create", {"tagname": "骨干"})["errcode"] == 40071
    body = {"tagid": tag, "userlist": ["demo-member-1", "ghost"], "partylist": [1, 9]}
    added = call(street, "tag/addtagusers", body)
    assert (added["errcode"], added["invalidlist"], added["invalidparty"]) == (0, "ghost", [9])
    assert call(street, "tag/addtagusers", {"tagid": tag, "userlist": ["ghost"]})["errcode"] == 40070
    got = call(street, "tag/get", tagid=str(tag))
    assert ([user["userid"] for user in got["userlist"]], got["partylist"]) == (["demo-member-1"], [1])
    assert call(street, "tag/deltagusers", {"tagid": tag, "userlist": ["demo-member-1"]})["errmsg"] == "deleted"
    assert call(street, "tag/get", tagid=str(tag))["userlist"] == []
    assert street.as_app("other-secret", "tag/delete", tagid=str(tag))["errcode"] == 60011
    assert call(street, "tag/update", {"tagid": tag, "tagname": "先锋"})["errcode"] == 0
    assert call(street, "tag/list")["taglist"] == [{"tagid": tag, "tagname": "先锋"}]
    assert call(street, "tag/delete", tagid=str(tag))["errcode"] == 0
    assert call(street, "tag/get", tagid=str(tag))["errcode"] == 40068


# Files


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("poem", PNG, 40004),
        ("image", b"12345", 40006),
        ("image", b"not a picture", 40005),
        ("voice", AMR + b"0" * (2 * 1024 * 1024), 45001),
    ],
)
def test_a_bad_file_is_refused(refusing_street: Street, kind: str, data: bytes, code: int) -> None:
    assert upload(refusing_street, kind, data)["errcode"] == code


def test_a_file_is_kept_three_days_and_its_refusal_is_plain_text(street: Street) -> None:
    sent = upload(street, "file", b"minutes of the meeting", "会议.txt")
    assert isinstance(sent["created_at"], str)
    url = f"{street.url}/wecom/cgi-bin/media/get"
    query = {"access_token": street.new_token("wecom"), "media_id": sent["media_id"]}
    assert requests.get(url, params=query, timeout=5).content == b"minutes of the meeting"
    street.clock.move(days=3)
    query["access_token"] = street.new_token("wecom")
    gone = requests.get(url, params=query, timeout=5)
    assert gone.headers["Content-Type"].startswith("text/plain") and gone.json()["errcode"] == 40007


def test_the_apps_of_a_corp_share_their_files(open_street: Callable[..., Street]) -> None:
    street = open_street(also=[{"key": "other", "agent_id": 5, "secret": "other-secret"}])
    street.control("POST", "people", {"key": "demo-member-1", "channel": "other"}, status=201)
    medium = upload(street, "image", PNG)["media_id"]
    body = {"touser": "demo-member-1", "agentid": 5, "msgtype": "image", "image": {"media_id": medium}}
    assert street.as_app("other-secret", "message/send", body)["errcode"] == 0


def test_a_picture_for_a_page_has_an_address(street: Street) -> None:
    url = upload(street, "", PNG, path="media/uploadimg")["url"]
    assert requests.get(url, timeout=5).content == PNG


def test_a_voice_in_full_quality_is_a_voice(street: Street) -> None:
    url = f"{street.url}/wecom/cgi-bin/media/get/jssdk"
    query = {"access_token": street.new_token("wecom"), "media_id": upload(street, "voice", AMR)["media_id"]}
    assert requests.get(url, params=query, timeout=5).content == AMR
    query["media_id"] = upload(street, "image", PNG)["media_id"]
    assert requests.get(url, params=query, timeout=5).json()["errcode"] == 40007


def test_a_file_is_fetched_from_an_address_in_the_background(street: Street) -> None:
    film = f"{street.url}/media/{upload(street, 'video', MP4)['media_id']}"
    asked = {"scene": 1, "type": "video", "filename": "a.mp4", "url": film, "md5": hashlib.md5(MP4).hexdigest()}
    job = call(street, "media/upload_by_url", asked)["jobid"]
    wrong = call(street, "media/upload_by_url", {**asked, "md5": "0" * 32})["jobid"]
    outside = call(street, "media/upload_by_url", {**asked, "url": "http://192.0.2.1/a.mp4"})["jobid"]
    street.settle()
    done = call(street, "media/get_upload_by_url_result", {"jobid": job})
    assert done["status"] == 2 and done["detail"]["media_id"]
    results = [call(street, "media/get_upload_by_url_result", {"jobid": one}) for one in (wrong, outside)]
    assert [(one["status"], one["detail"]["errcode"]) for one in results] == [(3, 301019), (3, 830001)]
    events = [one.fields for one in street.program.received]
    assert {one["JobId"] for one in events} == {job, wrong, outside}
    assert {(one["Event"], one["FromUserName"]) for one in events} == {("upload_media_job_finish", "sys")}


# Group chats


def test_a_group_chat_is_made_changed_and_written_into(street: Street) -> None:
    made = {
        "name": "应急群",
        "owner": "demo-staff-1",
        "userlist": ["demo-staff-1", "demo-member-1"],
        "chatid": "urgent",
    }
    assert call(street, "appchat/create", made)["chatid"] == "urgent"
    assert call(street, "appchat/create", made)["errcode"] == 86215
    changed = {
        "chatid": "urgent",
        "name": "值班群",
        "add_user_list": ["demo-member-2"],
        "del_user_list": ["demo-member-1"],
    }
    assert call(street, "appchat/update", changed)["errcode"] == 0
    info = call(street, "appchat/get", chatid="urgent")["chat_info"]
    assert (info["name"], info["userlist"]) == ("值班群", ["demo-staff-1", "demo-member-2"])
    body = {"chatid": "urgent", "msgtype": "text", "text": {"content": "集合"}}
    assert call(street, "appchat/send", body)["errcode"] == 0
    assert street.inbox("demo-member-1") == []
    assert street.inbox("demo-member-2")[0]["chat"] == {"id": "urgent", "name": "值班群"}
    card = {"chatid": "urgent", "msgtype": "template_card", "template_card": {}}
    assert call(street, "appchat/send", card)["errcode"] == 40008


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"userlist": ["demo-staff-1"]}, 86006),
        ({"userlist": ["demo-staff-1", "ghost"]}, 86216),
        ({"owner": "demo-member-2"}, 86207),
        ({"owner": "ghost"}, 86005),
        ({"chatid": "not an id"}, 86001),
    ],
)
def test_a_bad_group_chat_is_refused(refusing_street: Street, change: dict[str, Any], code: int) -> None:
    made = {"owner": "demo-staff-1", "userlist": ["demo-staff-1", "demo-member-1"], **change}
    assert call(refusing_street, "appchat/create", made)["errcode"] == code


def test_a_chat_belongs_to_its_app(open_street: Callable[..., Street]) -> None:
    street = open_street(also=[{"key": "other", "agent_id": 5, "secret": "other-secret"}])
    call(street, "appchat/create", {"userlist": ["demo-staff-1", "demo-member-1"], "chatid": "urgent"})
    body = {"chatid": "urgent", "msgtype": "text", "text": {"content": "集合"}}
    refused = street.as_app("other-secret", "appchat/send", body)
    assert refused["errcode"] == 86008 and "created by other agent" in refused["errmsg"]
    assert call(street, "appchat/send", {**body, "chatid": "nowhere"})["errcode"] == 40050


# The app


def test_the_page_of_the_app_can_be_read_and_changed(street: Street) -> None:
    agent = str(AGENT_ID)
    assert call(street, "agent/list")["agentlist"][0]["agentid"] == AGENT_ID
    assert call(street, "agent/set", {"agentid": AGENT_ID, "name": "呼应", "description": "街道应急"})["errcode"] == 0
    app = call(street, "agent/get", agentid=agent)
    assert (app["name"], app["close"]) == ("呼应", 0)
    assert {"userid": "demo-member-1"} in app["allow_userinfos"]["user"]
    assert call(street, "agent/get", agentid="77")["errcode"] == 40056
    panel = {"agentid": AGENT_ID, "type": "keydata", "keydata": {"items": [{"key": "待办", "data": "2"}]}}
    assert call(street, "agent/set_workbench_template", panel)["errcode"] == 0
    assert call(street, "agent/get_workbench_template", {"agentid": AGENT_ID})["keydata"] == panel["keydata"]


def test_a_press_on_the_menu_is_heard(street: Street) -> None:
    agent = str(AGENT_ID)
    assert call(street, "menu/get", agentid=agent)["errcode"] == 46003
    menu = [{"name": "任务", "sub_button": [{"type": "click", "name": "我的", "key": "mine"}]}]
    assert call(street, "menu/create", {"button": menu}, agentid=agent)["errcode"] == 0
    assert call(street, "menu/get", agentid=agent)["button"] == menu
    street.say("demo-member-1", "wecom", event={"Event": "click", "EventKey": "mine"})
    fields = street.program.received[0].fields
    assert (fields["Event"], fields["EventKey"], fields["AgentID"]) == ("click", "mine", agent)
    assert call(street, "menu/delete", agentid=agent)["errcode"] == 0
    assert call(street, "menu/get", agentid=agent)["errcode"] == 46003


@pytest.mark.parametrize(
    ("buttons", "code"),
    [
        ([], 40016),
        ([{"type": "click", "name": "x", "key": "k"}] * 4, 40016),
        ([{"type": "sing", "name": "x", "key": "k"}], 40017),
        ([{"type": "click", "name": "六个汉字长了", "key": "k"}], 40018),
        ([{"type": "click", "name": "x"}], 40019),
        ([{"type": "view", "name": "x"}], 40020),
        ([{"name": "x", "sub_button": [{"type": "click", "name": "y", "key": "k"}] * 6}], 40023),
        ([{"name": "x", "sub_button": [{"name": "y", "sub_button": [{}]}]}], 40022),
    ],
)
def test_a_bad_menu_is_refused(refusing_street: Street, buttons: Any, code: int) -> None:
    assert call(refusing_street, "menu/create", {"button": buttons}, agentid=str(AGENT_ID))["errcode"] == code


def test_tickets_stay_the_same_while_they_are_valid(street: Street) -> None:
    corp, own = call(street, "get_jsapi_ticket"), call(street, "ticket/get", type="agent_config")
    assert corp["ticket"] != own["ticket"] and corp["expires_in"] == 7200
    assert call(street, "get_jsapi_ticket")["ticket"] == corp["ticket"]
    street.clock.move(seconds=7200)
    street.tokens.clear()
    assert call(street, "get_jsapi_ticket")["ticket"] != corp["ticket"]
    assert call(street, "ticket/get", type="other")["errcode"] == 40058
