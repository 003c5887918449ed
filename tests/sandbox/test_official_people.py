"""Followers, their tags, and the customer-service accounts that look after them."""

from __future__ import annotations

from typing import Any

from tests.sandbox.conftest import Street
from tests.sandbox.official_calls import CHEN, LI, PNG, ZHANG, call, code, send


def test_a_follower_is_described_without_name_or_picture(street: Street) -> None:
    assert code(street, "user/info/updateremark", {"openid": ZHANG, "remark": "三栋张阿姨"}) == 0
    shown = call(street, "user/info", openid=ZHANG, lang="zh_CN")
    assert (shown["subscribe"], shown["remark"], shown["tagid_list"]) == (1, "三栋张阿姨", [])
    assert not {"nickname", "headimgurl", "sex"} & set(shown)
    street.say(CHEN, event="unsubscribe")
    both = call(street, "user/info/batchget", {"user_list": [{"openid": ZHANG}, {"openid": CHEN, "lang": "en"}]})
    assert both["user_info_list"] == [shown, {"subscribe": 0, "openid": CHEN}]


def test_a_description_of_nobody_or_of_too_many(street: Street) -> None:
    assert code(street, "user/info", openid="nobody") == 40003
    assert code(street, "user/info/batchget", {"user_list": [{"openid": ZHANG}] * 101}) == 40032
    assert code(street, "user/info/batchget", {"user_list": [ZHANG]}) == 47001
    assert code(street, "user/info/updateremark", {"openid": ZHANG, "remark": "字" * 31}) == 40035


def test_followers_come_in_pages(street: Street) -> None:
    first = call(street, "user/get")
    assert (first["total"], first["count"]) == (18, 18)
    rest = call(street, "user/get", next_openid=first["data"]["openid"][15])
    assert rest["data"]["openid"] == first["data"]["openid"][16:]
    assert call(street, "user/get", next_openid=first["next_openid"]) == {"total": 18, "count": 0, "next_openid": ""}
    assert code(street, "user/get", next_openid="nobody") == 40003
    street.say(CHEN, event="unsubscribe")
    assert CHEN not in call(street, "user/get")["data"]["openid"]


def test_a_tag_lives_and_ends(street: Street) -> None:
    tag = call(street, "tags/create", {"tag": {"name": "骨干"}})["tag"]["id"]
    assert code(street, "tags/members/batchtagging", {"tagid": tag, "openid_list": [ZHANG, LI]}) == 0
    assert code(street, "tags/update", {"tag": {"id": tag, "name": "积极分子"}}) == 0
    assert call(street, "tags/get")["tags"][-1] == {"id": tag, "name": "积极分子", "count": 2}
    assert call(street, "tags/getidlist", {"openid": ZHANG}) == {"tagid_list": [tag]}
    assert call(street, "user/tag/get", {"tagid": tag, "next_openid": ""})["data"]["openid"] == [ZHANG, LI]
    assert code(street, "tags/members/batchuntagging", {"tagid": tag, "openid_list": [LI]}) == 0
    assert call(street, "user/info", openid=ZHANG)["groupid"] == tag
    assert code(street, "tags/delete", {"tag": {"id": tag}}) == 0
    assert call(street, "tags/getidlist", {"openid": ZHANG}) == {"tagid_list": []}
    assert code(street, "user/tag/get", {"tagid": tag}) == 45159


def test_a_tag_the_platform_would_not_take(street: Street) -> None:
    tag = call(street, "tags/create", {"tag": {"name": "骨干"}})["tag"]["id"]
    assert code(street, "tags/create", {"tag": {"name": "骨干"}}) == 45157
    assert code(street, "tags/create", {"tag": {"name": "字" * 11}}) == 45158
    assert code(street, "tags/create", {"tag": "骨干"}) == 47001
    assert code(street, "tags/update", {"tag": {"id": 2, "name": "星"}}) == 45058
    assert code(street, "tags/delete", {"tag": {"id": 999}}) == 45159
    assert code(street, "tags/members/batchtagging", {"tagid": tag, "openid_list": [ZHANG] * 51}) == 40032
    assert code(street, "tags/members/batchtagging", {"tagid": tag, "openid_list": [ZHANG, "nobody"]}) == 40003
    assert call(street, "tags/getidlist", {"openid": ZHANG}) == {"tagid_list": []}
    tags = [call(street, "tags/create", {"tag": {"name": f"t{number}"}})["tag"]["id"] for number in range(21)]
    tagged = [code(street, "tags/members/batchtagging", {"tagid": tag, "openid_list": [ZHANG]}) for tag in tags]
    assert tagged == [0] * 20 + [45059]


def test_groups_are_an_older_name_for_tags(street: Street) -> None:
    group = call(street, "groups/create", {"group": {"name": "三栋"}})["group"]["id"]
    assert code(street, "groups/members/update", {"openid": ZHANG, "to_groupid": group}) == 0
    assert code(street, "groups/members/batchupdate", {"openid_list": [CHEN], "to_groupid": group}) == 0
    assert call(street, "groups/getid", {"openid": ZHANG}) == {"groupid": group}
    assert code(street, "groups/update", {"group": {"id": group, "name": "四栋"}}) == 0
    assert call(street, "groups/get")["groups"][-1] == {"id": group, "name": "四栋", "count": 2}
    assert code(street, "groups/members/update", {"openid": ZHANG, "to_groupid": 999}) == 40050
    assert code(street, "groups/delete", {"group": {"id": group}}) == 0
    assert call(street, "groups/getid", {"openid": ZHANG}) == {"groupid": 0}


def kf(street: Street, name: str = "liu@street") -> None:
    assert code(street, "customservice/kfaccount/add", {"kf_account": name, "nickname": "小刘"}) == 0


def test_a_customer_service_account_is_added_changed_and_deleted(street: Street) -> None:
    kf(street)
    assert code(street, "customservice/kfaccount/update", {"kf_account": "liu@street", "nickname": "刘敏"}) == 0
    where = "customservice/kfaccount/uploadheadimg"
    assert send(street, where, files={"media": PNG}, kf_account="liu@street").json()["errcode"] == 0
    (listed,) = call(street, "customservice/getkflist")["kf_list"]
    assert (listed["kf_nick"], call(street, "cgi-bin/customservice/getkflist")["kf_list"]) == ("刘敏", [listed])
    assert street.session.get(listed["kf_headimgurl"], timeout=5).content == PNG
    deleted = [code(street, "customservice/kfaccount/del", kf_account="liu@street") for _ in range(2)]
    assert deleted == [0, 61452]


WRONG_ACCOUNTS: list[Any] = [
    ({"kf_account": "liu@street"}, 61451),
    ({"kf_account": "liu", "nickname": "x"}, 61452),
    ({"kf_account": "liuminliumin@street", "nickname": "x"}, 61454),
    ({"kf_account": "刘敏@street", "nickname": "x"}, 61455),
    ({"kf_account": "wang@street", "nickname": "x"}, 61453),
    ({"kf_account": ["liu"], "nickname": "x"}, 61452),
]


def test_an_account_the_platform_would_not_take(street: Street) -> None:
    kf(street, "wang@street")
    for body, refused in WRONG_ACCOUNTS:
        assert (body, code(street, "customservice/kfaccount/add", body)) == (body, refused)


def test_a_session_is_opened_seen_and_closed_and_both_are_reported(street: Street) -> None:
    kf(street)
    kf(street, "wang@street")
    body = {"kf_account": "liu@street", "openid": ZHANG}
    assert code(street, "customservice/kfsession/create", body) == 0
    assert code(street, "customservice/kfsession/create", {**body, "kf_account": "wang@street"}) == 65413
    assert call(street, "customservice/kfsession/getsession", openid=ZHANG)["kf_account"] == "liu@street"
    (session,) = call(street, "customservice/kfsession/getsessionlist", kf_account="liu@street")["sessionlist"]
    assert session["openid"] == ZHANG
    online = call(street, "customservice/getonlinekflist")["kf_online_list"]
    assert [one["accepted_case"] for one in online] == [1, 0]
    assert call(street, "customservice/kfsession/getwaitcase") == {"count": 0, "waitcaselist": []}
    assert [code(street, "customservice/kfsession/close", body) for _ in range(2)] == [0, 65414]
    assert call(street, "customservice/kfsession/getsession", openid=ZHANG)["kf_account"] == ""
    street.settle()
    reported = {(one.fields["Event"], one.fields["KfAccount"]) for one in street.program.received}
    assert reported == {("kf_create_session", "liu@street"), ("kf_close_session", "liu@street")}


def test_what_was_said_can_be_read_for_a_day(street: Street) -> None:
    kf(street)
    street.say(ZHANG, text="路灯坏了")
    body = {
        "touser": ZHANG,
        "msgtype": "text",
        "text": {"content": "收到"},
        "customservice": {"kf_account": "liu@street"},
    }
    assert code(street, "message/custom/send", body) == 0
    now = int(street.clock().timestamp())
    span = {"starttime": now - 60, "endtime": now + 60, "msgid": 1, "number": 1}
    first = call(street, "customservice/msgrecord/getmsglist", span)
    second = call(street, "customservice/msgrecord/getmsglist", {**span, "msgid": first["msgid"]})
    said = [(one["opercode"], one["text"], one["worker"]) for one in first["recordlist"] + second["recordlist"]]
    assert said == [(2003, "路灯坏了", ""), (2002, "收到", "liu@street")]
    assert code(street, "customservice/msgrecord/getmsglist", {**span, "starttime": now - 2 * 86400}) == 65416
