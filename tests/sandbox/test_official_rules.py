"""What holds for every call: who may make it, how often, and that anything wrong gets the platform's own error."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox.callbacks import Callbacks
from sandbox.config import Abilities
from sandbox.official.desk import Call, Desk
from sandbox.official.table import table
from tests.sandbox.conftest import APP_ID, SECRET, Street
from tests.sandbox.official_calls import ZHANG, call, code, send, upload

TEXT = {"touser": ZHANG, "msgtype": "text", "text": {"content": "您好"}}
ARTICLE = {"title": "a", "author": "b", "content": "c", "digest": "d", "thumb_media_id": "m", "content_source_url": "e"}
BUTTON = {"name": "报事", "type": "click", "key": "k", "url": "u", "media_id": "m", "appid": "wx1", "pagepath": "p"}
LINK = {"url": "u", "page": "p", "miniprogram": {"appid": "wx1", "pagepath": "p"}}
BODIES: dict[str, Any] = {
    "stable_token": {"grant_type": "client_credential", "appid": APP_ID, "secret": SECRET, "force_refresh": False},
    "callback/check": {"action": "all", "check_operator": "DEFAULT"},
    "clear_quota": {"appid": APP_ID},
    "clear_quota/v2": {"appid": APP_ID, "appsecret": SECRET},
    "openapi/quota/get": {"cgi_path": "/cgi-bin/menu/create"},
    "openapi/rid/get": {"rid": "00000000-00000000-00000000"},
    "message/custom/send": {**TEXT, "customservice": {"kf_account": "a@b"}, "aimsgcontext": {"is_ai_msg": 1}},
    "message/custom/typing": {"touser": ZHANG, "command": "Typing"},
    "message/template/send": {
        "touser": ZHANG, "template_id": "t", "client_msg_id": "c", "data": {"thing01": {"value": "x"}}, **LINK,
    },
    "message/template/subscribe": {
        "touser": ZHANG, "template_id": "t", "scene": "1", "title": "t", "data": {"content": {"value": "x"}}, **LINK,
    },
    "message/subscribe/bizsend": {"touser": ZHANG, "template_id": "t", "data": {"thing01": {"value": "x"}}, **LINK},
    "message/mass/sendall": {**TEXT, "filter": {"is_to_all": False, "tag_id": 2}, "clientmsgid": "c"},
    "message/mass/send": {**TEXT, "touser": [ZHANG, "x"], "images": {"media_ids": ["m"]}},
    "message/mass/preview": {**TEXT, "towxname": ZHANG},
    "message/mass/delete": {"msg_id": 1},
    "message/mass/get": {"msg_id": "1"},
    "template/api_add_template": {"template_id_short": "TM1"},
    "template/del_private_template": {"template_id": "t"},
    "template/api_set_industry": {"industry_id1": "1", "industry_id2": "2"},
    "media/uploadvideo": {"media_id": "{video}", "title": "t", "description": "d"},
    "media/uploadnews": {"articles": [ARTICLE]},
    "material/get_material": {"media_id": "m"},
    "material/del_material": {"media_id": "m"},
    "material/batchget_material": {"type": "news", "offset": 0, "count": 1},
    "draft/add": {"articles": [ARTICLE]},
    "draft/update": {"media_id": "m", "index": 0, "articles": ARTICLE},
    "draft/batchget": {"offset": 0, "count": 1, "no_content": 0},
    "freepublish/submit": {"media_id": "m"},
    "freepublish/get": {"publish_id": "p"},
    "freepublish/getarticle": {"article_id": "a"},
    "freepublish/batchget": {"offset": 0, "count": 1, "no_content": 0},
    "menu/create": {"button": [BUTTON, {"name": "b", "sub_button": [BUTTON]}]},
    "menu/addconditional": {"button": [BUTTON], "matchrule": {"tag_id": "2", "client_platform_type": "2"}},
    "menu/delconditional": {"menuid": "1"},
    "menu/trymatch": {"user_id": ZHANG},
    "user/info/batchget": {"user_list": [{"openid": ZHANG, "lang": "zh_CN"}]},
    "user/info/updateremark": {"openid": ZHANG, "remark": "r"},
    "user/tag/get": {"tagid": 2, "next_openid": ""},
    "tags/create": {"tag": {"name": "n"}},
    "tags/update": {"tag": {"id": 100, "name": "n"}},
    "tags/delete": {"tag": {"id": 100}},
    "tags/getidlist": {"openid": ZHANG},
    "tags/members/batchtagging": {"tagid": 2, "openid_list": [ZHANG]},
    "tags/members/getblacklist": {"begin_openid": ""},
    "tags/members/batchunblacklist": {"openid_list": [ZHANG]},
    "groups/create": {"group": {"name": "n"}},
    "groups/update": {"group": {"id": 100, "name": "n"}},
    "groups/getid": {"openid": ZHANG},
    "groups/members/update": {"openid": ZHANG, "to_groupid": 2},
    "qrcode/create": {
        "expire_seconds": 60, "action_name": "QR_SCENE", "action_info": {"scene": {"scene_id": 1, "scene_str": "s"}},
    },
    "shorturl": {"action": "long2short", "long_url": "http://a/"},
    "shorten/gen": {"long_data": "x", "expire_seconds": 60},
    "shorten/fetch": {"short_key": "k"},
    "customservice/kfaccount/add": {"kf_account": "a@b", "nickname": "n"},
    "customservice/kfaccount/inviteworker": {"kf_account": "a@b", "invite_wx": "w"},
    "customservice/kfsession/create": {"kf_account": "a@b", "openid": ZHANG},
    "customservice/kfsession/close": {"kf_account": "a@b", "openid": ZHANG},
    "customservice/msgrecord/getmsglist": {"starttime": 1, "endtime": 2, "msgid": 1, "number": 1},
    "wxaapi/newtmpl/addtemplate": {"tid": "5101", "kidList": [1, 2], "sceneDesc": "s"},
    "wxaapi/newtmpl/deltemplate": {"priTmplId": "t"},
    "datacube/getusersummary": {"begin_date": "2026-02-20", "end_date": "2026-02-21"},
}  # fmt: skip
"""A body for every call that takes one of its own shape; each value in it is made wrong in turn."""
WRONG: tuple[Any, ...] = (None, True, -1, 10**30, 1.5, "", "x" * 3000, "²", "9" * 5000, "\x00", [], [[]], {}, {"a": {}})


def wrongs(body: Any, whole: Any, path: tuple[Any, ...] = ()) -> Iterator[Any]:
    """The whole body once for every value in it and every wrong thing in its place."""
    for key, value in body.items() if isinstance(body, dict) else enumerate(body):
        for wrong in WRONG:
            changed = copy.deepcopy(whole)
            place = changed
            for step in path:
                place = place[step]
            place[key] = wrong
            yield changed
        if isinstance(value, dict | list):
            yield from wrongs(value, whole, (*path, key))


def every_call(street: Street) -> dict[str, Call]:
    world = street.app.extensions["sandbox"]
    account = world.account("official")
    return table(Desk(world, account, Callbacks(world)))


def test_anything_in_the_place_of_anything_gets_the_platforms_own_answer(street: Street) -> None:
    client, token = street.app.test_client(), street.new_token("official")
    video = upload(street, "video")
    tried = 0
    for path, body in BODIES.items():
        body = json.loads(json.dumps(body).replace("{video}", video))
        where = f"/official/{path if path.startswith(('customservice', 'wxaapi', 'datacube')) else 'cgi-bin/' + path}"
        for wrong in wrongs(body, body):
            data = json.dumps(wrong, ensure_ascii=False).encode()
            response = client.post(where, query_string={"access_token": token}, data=data)
            answer = response.get_json(silent=True)
            assert response.status_code == 200 and isinstance(answer, dict), (where, wrong, response.data)
            assert isinstance(answer.get("errcode", 0), int) and not answer.get("errmsg", "").startswith("error")
            tried += 1
    assert tried > 2000
    for page in (f"people/{ZHANG}/inbox", "log"):
        assert isinstance(street.control("GET", page), dict)


def test_a_body_that_is_no_body_is_refused_by_every_call_that_reads_one(street: Street) -> None:
    client, token = street.app.test_client(), street.new_token("official")
    bodies = (
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"null",
        b'{"a": NaN}',
        b'{"a": "\\ud800"}',
        b'{"a":' * 40 + b"1" + b"}" * 40,
    )
    files = ("media/upload", "media/uploadimg", "material/add_material", "uploadheadimg")
    for path, one in every_call(street).items():
        if one.method != "POST" or path.endswith(files) or path.startswith("cgi-bin/clear_quota"):
            continue
        for body in bodies:
            response = client.post(f"/official/{path}", query_string={"access_token": token}, data=body)
            assert (path, body, response.get_json()["errcode"] in (44002, 47001, 40033)) == (path, body, True)


def test_a_body_of_ten_megabytes_is_refused(street: Street) -> None:
    street.say(ZHANG, text="在吗")
    assert code(street, "message/custom/send", {**TEXT, "more": "x" * 10**7}) == 45002
    assert street.inbox(ZHANG) == []


def test_every_call_knows_its_method_and_wants_a_token(street: Street) -> None:
    client, token = street.app.test_client(), street.new_token("official")
    for path, one in every_call(street).items():
        where, query = f"/official/{path}", {"access_token": token}
        if one.token:
            asked = client.open(where, method=one.method or "GET").get_json(force=True)
            assert (path, asked["errcode"]) == (path, 41001)
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
            if method in ((one.method,) if one.method else ("GET", "POST")):
                continue
            refused = client.open(where, method=method, query_string=query)
            expected = 43001 if one.method == "GET" else 43002
            assert (path, method, json.loads(refused.data)["errcode"]) == (path, method, expected)


def test_an_unknown_path_is_refused_whatever_is_asked_of_it(street: Street) -> None:
    for path in ("cgi-bin/no/such/thing", "sns/none", "cgi-bin/", "cgi-bin/menu/create/"):
        for refused in (call(street, path), call(street, path, {})):
            assert refused["errcode"] == 40066 and " rid: " in refused["errmsg"]
    assert street.session.get(f"{street.url}/official/", timeout=5).json()["errcode"] == 40066


@pytest.mark.parametrize("abilities", list(Abilities))
def test_an_account_is_refused_exactly_what_it_was_not_verified_for(
    open_street: Callable[..., Street], abilities: Abilities
) -> None:
    street = open_street(official={"abilities": str(abilities)})
    client, token = street.app.test_client(), street.new_token("official")
    service_only, verified = (
        ("qrcode/create", "message/template/send", "sns/userinfo"),
        ("menu/create", "user/get", "media/get"),
    )
    for path, one in every_call(street).items():
        method = one.method or "POST"
        answer = client.open(f"/official/{path}", method=method, query_string={"access_token": token})
        shown = answer.get_json(force=True, silent=True) or {}
        refused = shown.get("errcode") in (48001, 40200)
        assert (path, refused) == (path, abilities not in one.needs)
        if path.endswith(service_only):
            assert refused is (abilities is not Abilities.SERVICE)
        if path.endswith(verified):
            assert refused is (abilities is Abilities.UNVERIFIED)


def test_each_call_has_a_quota_of_its_own_which_can_be_read(open_street: Callable[..., Street]) -> None:
    street = open_street(rules={"daily_menu_get": 2, "daily_followers": 1})

    def quota(path: str) -> Any:
        return call(street, "openapi/quota/get", {"cgi_path": path})["quota"]

    assert [code(street, "menu/get") for _ in range(3)] == [46003, 46003, 45009]
    assert code(street, "user/get") == 0
    assert quota("/cgi-bin/menu/get") == {"daily_limit": 2, "used": 2, "remain": 0}
    assert quota("cgi-bin/user/get") == {"daily_limit": 1, "used": 1, "remain": 0}
    assert code(street, "openapi/quota/get", {"cgi_path": "/no/such"}) == 76021
    street.clock.move(days=1)
    street.tokens.clear()
    assert quota("/cgi-bin/menu/get")["remain"] == 2
    assert code(street, "menu/get") == 46003


def test_quotas_are_cleared_ten_times_a_month_by_either_way(open_street: Callable[..., Street]) -> None:
    street = open_street(rules={"daily_followers": 1})
    assert [code(street, "user/get") for _ in range(2)] == [0, 45009]
    assert code(street, "clear_quota", {"appid": "wx0"}) == 40013
    assert code(street, "clear_quota/v2", {"appid": APP_ID, "appsecret": "no"}) == 40125
    owner = {"appid": APP_ID, "appsecret": SECRET}
    assert (
        street.session.post(f"{street.url}/official/cgi-bin/clear_quota/v2", json=owner, timeout=5).json()["errcode"]
        == 0
    )
    assert [code(street, "user/get") for _ in range(2)] == [0, 45009]
    assert [code(street, "clear_quota", owner) for _ in range(10)] == [0] * 9 + [48006]
    assert code(street, "clear_quota/v2", owner) == 48006
    street.clock.move(days=31)
    street.tokens.clear()
    assert code(street, "clear_quota", owner) == 0


def test_a_refusal_can_be_looked_up_by_its_rid(street: Street) -> None:
    refused = call(street, "user/info", openid="nobody")
    rid = refused["errmsg"].partition("rid: ")[2]
    for _ in range(2):
        found = call(street, "openapi/rid/get", {"rid": rid})["request"]
        assert json.loads(found["response_body"]) == refused
        assert "openid=nobody" in found["request_url"] and street.tokens["official"] not in found["request_url"]
    assert code(street, "openapi/rid/get", {"rid": "0" * 8 + "-" + "0" * 8 + "-" + "0" * 8}) == 76001
    assert code(street, "openapi/rid/get", {"rid": "x"}) == 76002


def test_the_code_picture_is_shown_until_it_ends(street: Street) -> None:
    scene = {"action_info": {"scene": {"scene_str": "lamp"}}}
    short = call(street, "qrcode/create", {"action_name": "QR_STR_SCENE", "expire_seconds": 60, **scene})
    lasting = call(street, "qrcode/create", {"action_name": "QR_LIMIT_STR_SCENE", **scene})
    assert (short["expire_seconds"], "expire_seconds" in lasting) == (60, False)
    street.clock.move(seconds=60)
    shown = [send(street, "showqrcode", ticket=one["ticket"]).status_code for one in (short, lasting)]
    assert shown == [404, 200]


WRONG_CODES: list[Any] = [
    ({"action_name": "QR"}, 40052),
    ({"action_name": "QR_SCENE", "action_info": "x"}, 40053),
    ({"action_name": "QR_SCENE", "action_info": {"scene": {"scene_id": 0}}}, 40053),
    ({"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 100_001}}}, 40053),
    ({"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "x" * 65}}}, 40053),
    (
        {"action_name": "QR_SCENE", "action_info": {"scene": {"scene_id": 1}}, "expire_seconds": 2_592_001},
        40053,
    ),
]


def test_a_code_has_its_limits(street: Street) -> None:
    for body, refused in WRONG_CODES:
        assert (body, code(street, "qrcode/create", body)) == (body, refused)
