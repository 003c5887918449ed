"""The menu under the chat: what it may hold, and who sees which."""

from __future__ import annotations

from typing import Any

from tests.sandbox.conftest import Street
from tests.sandbox.official_calls import CHEN, ZHANG, article, call, code, upload

REPORT = {"name": "报事", "type": "click", "key": "report"}
SITE = {"name": "网站", "type": "view", "url": "https://example.org/"}


def below(*buttons: dict[str, Any]) -> dict[str, Any]:
    return {"name": "更多", "sub_button": list(buttons)}


def named(length: int, **button: str) -> dict[str, str]:
    return {"name": "x" * length, "type": "click", "key": "k", **button}


LIMITS: list[Any] = [
    ("报事", 40016),
    ([], 40016),
    ([REPORT] * 4, 40016),
    (["报事"], 40016),
    ([named(17)], 40018),
    ([named(0)], 40018),
    ([named(16)], 0),
    ([named(4, key="k" * 129)], 40019),
    ([named(4, type="poem")], 40017),
    ([{"name": "报事"}], 65308),
    ([{**SITE, "url": "https://a/" + "x" * 1015}], 40020),
    ([{**SITE, "url": "weixin://a"}], 40055),
    ([below(*[REPORT] * 6)], 40023),
    ([below(*[REPORT] * 5)], 0),
    ([below(named(60))], 0),
    ([below(named(61))], 40025),
    ([below(named(4, key=""))], 40026),
    ([below(named(4, type="poem"))], 40024),
    ([below({**SITE, "url": ""})], 40027),
    ([below({**SITE, "url": "javascript:x"})], 40054),
    ([below(below(REPORT))], 40022),
    ([{"name": "图", "type": "media_id", "media_id": "no"}], 40007),
    ([{"name": "文", "type": "article_id", "article_id": "no"}], 53600),
    ([{"name": "办事", "type": "miniprogram", "url": "http://a/", "pagepath": "a"}], 45064),
    ([{"name": "办事", "type": "miniprogram", "url": "http://a/", "pagepath": "a", "appid": "wx1"}], 0),
    ([{"name": kind[:16], "type": kind, "key": "k"} for kind in ("scancode_waitmsg", "location_select")], 0),
    ([{"name": kind[:16], "type": kind, "key": "k"} for kind in ("pic_weixin", "pic_sysphoto")], 0),
]


def test_a_menu_has_its_limits_each_with_its_code(street: Street) -> None:
    for buttons, refused in LIMITS:
        assert (buttons, code(street, "menu/create", {"button": buttons})) == (buttons, refused)
        assert code(street, "menu/get") == (46003 if refused else 0)
        assert code(street, "menu/delete") == 0


def test_a_menu_may_lead_to_material_and_articles(street: Street) -> None:
    picture = upload(street, "image", "material/add_material")
    draft = call(street, "draft/add", article(upload(street, "thumb")))["media_id"]
    publish_id = call(street, "freepublish/submit", {"media_id": draft})["publish_id"]
    article_id = call(street, "freepublish/get", {"publish_id": publish_id})["article_id"]
    buttons = [
        {"name": "图", "type": "media_id", "media_id": picture},
        {"name": "文", "type": "article_view_limited", "article_id": article_id},
    ]
    assert code(street, "menu/create", {"button": buttons}) == 0


def test_the_menu_is_given_back_with_empty_sub_menus(street: Street) -> None:
    assert code(street, "menu/create", {"button": [REPORT, below(SITE)]}) == 0
    shown = [{**REPORT, "sub_button": []}, {"name": "更多", "sub_button": [{**SITE, "sub_button": []}]}]
    assert call(street, "menu/get") == {"menu": {"button": shown}}
    described = call(street, "get_current_selfmenu_info")
    assert described["is_menu_open"] == 1
    assert described["selfmenu_info"]["button"] == [REPORT, {"name": "更多", "sub_button": {"list": [SITE]}}]
    assert code(street, "menu/delete") == 0
    assert call(street, "get_current_selfmenu_info") == {"is_menu_open": 0}


def test_a_conditional_menu_is_seen_by_those_with_the_tag(street: Street) -> None:
    tag = call(street, "tags/create", {"tag": {"name": "骨干"}})["tag"]["id"]
    assert code(street, "tags/members/batchtagging", {"tagid": tag, "openid_list": [ZHANG]}) == 0
    rule = {"button": [SITE], "matchrule": {"tag_id": str(tag)}}
    assert code(street, "menu/addconditional", rule) == 65303
    assert code(street, "menu/create", {"button": [REPORT]}) == 0
    number = call(street, "menu/addconditional", rule)["menuid"]
    seen = {key: call(street, "menu/trymatch", {"user_id": key})["button"][0]["name"] for key in (ZHANG, CHEN)}
    assert seen == {ZHANG: "网站", CHEN: "报事"}
    whole = call(street, "menu/get")
    assert (whole["conditionalmenu"][0]["menuid"], whole["menu"]["button"][0]["name"]) == (int(number), "报事")
    assert [code(street, "menu/delconditional", {"menuid": number}) for _ in range(2)] == [0, 65301]
    assert call(street, "menu/trymatch", {"user_id": ZHANG})["button"][0]["name"] == "报事"


def test_a_conditional_menu_that_is_not_one(street: Street) -> None:
    assert code(street, "menu/create", {"button": [REPORT]}) == 0
    assert code(street, "menu/addconditional", {"button": [SITE]}) == 65304
    assert code(street, "menu/addconditional", {"button": [SITE], "matchrule": {"tag_id": ""}}) == 65304
    assert code(street, "menu/addconditional", {"matchrule": {"tag_id": "2"}}) == 65307
    assert code(street, "menu/addconditional", b'{"button": [{"name": "\\u62a5"}], "matchrule": {}}') == 40033
    assert code(street, "menu/trymatch", {"user_id": "nobody"}) == 65302


def test_deleting_the_menu_deletes_the_conditional_ones_too(street: Street) -> None:
    assert code(street, "menu/create", {"button": [REPORT]}) == 0
    assert code(street, "menu/addconditional", {"button": [SITE], "matchrule": {"client_platform_type": "2"}}) == 0
    assert code(street, "menu/delete") == 0
    assert code(street, "menu/create", {"button": [REPORT]}) == 0
    assert "conditionalmenu" not in call(street, "menu/get")
