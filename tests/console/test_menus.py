"""The account's menu: written with what is wrong beside the field, compared with the platform's, published through it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from console import login
from console.means import PlatformRefused
from models.desktop import Menu
from models.person import RoleKind
from nlp import commands
from tests import factories
from tests.console.conftest import PASSWORD, Desk, Place
from texts import counter


class Account:
    """One account with a menu of its own, as the platform keeps it."""

    key = "official"

    def __init__(self) -> None:
        self.buttons: list[dict[str, Any]] = []
        self.says: int | None = 0

    def menu(self) -> list[dict[str, Any]]:
        if self.says != 0:
            raise PlatformRefused(self.says)
        return [{**each, "sub_button": each.get("sub_button", [])} for each in self.buttons]

    def publish(self, buttons: Sequence[Mapping[str, Any]]) -> None:
        if self.says != 0:
            raise PlatformRefused(self.says)
        self.buttons = [dict(each) for each in buttons]


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def place(place: Place, account: Account) -> Place:
    place.means = replace(place.means, menus=(account,))
    with place.database.transaction() as session:
        admin = factories.somebody(session, RoleKind.ADMIN, place.street.street, name="方管")
        login.create_login(session, "admin", PASSWORD, admin, now=place.now, must_change=False)
    return place


def version(desk: Desk) -> str:
    found = re.search(r'name="version" value="(\d+)"', desk.get("/menus/official").text)
    assert found is not None
    return found[1]


def save(desk: Desk, *, seen: str | None = None, **fields: str) -> Any:
    form = {name.replace("_", "-"): value for name, value in fields.items()}
    return desk.post("/menus/official", {"version": version(desk) if seen is None else seen, **form})


MINE = {"name_0": "我的事", "name_0_0": "进度", "type_0_0": "click", "value_0_0": "进度",
        "name_1": "官网", "type_1": "view", "value_1": "https://example.com/"}  # fmt: skip


def test_a_menu_is_written_compared_and_published(place: Place, account: Account) -> None:
    account.buttons = [{"name": "旧的", "type": "click", "key": "帮助"}]
    admin = place.sign_in("admin")
    assert admin.get("/menus").headers["Location"].endswith("/menus/official")
    assert save(admin, **MINE).status_code == 303
    assert admin.post("/menus/official/fetch").status_code == 303
    page = admin.get("/menus/official").text
    assert "我的事 / 进度：回一句（小应来答）“进度”" in page
    assert "要去掉</span> 旧的：" in page
    assert account.buttons[0]["name"] == "旧的"  # nothing is published yet
    assert admin.post("/menus/official/publish", {"version": version(admin)}).status_code == 303
    assert account.buttons == [
        {"name": "我的事", "sub_button": [{"name": "进度", "type": "click", "key": "进度"}]},
        {"name": "官网", "type": "view", "url": "https://example.com/"},
    ]
    admin.post("/menus/official/fetch")
    assert "一样，不用发布" in admin.get("/menus/official").text


def test_what_is_wrong_stands_beside_the_field_and_what_was_typed_stays(place: Place) -> None:
    admin = place.sign_in("admin")
    for fields, why in [
        ({"name_0": "一二三四五六", "type_0": "click", "value_0": "进度"}, "最多 16 个字节"),
        ({"name_0": "组", "name_0_0": "字" * 21, "type_0_0": "click", "value_0_0": "进度"}, "最多 60 个字节"),
        ({"name_0": "", "name_0_0": "进度", "type_0_0": "click", "value_0_0": "进度"}, "请起个名字"),
        ({"name_0": "听不懂", "type_0": "click", "value_0": "随便说说"}, "小应听不懂这句话"),
        ({"name_0": "太长", "type_0": "click", "value_0": "进" * 43}, "最多 128 个字节"),
        ({"name_0": "网页", "type_0": "view", "value_0": "javascript:alert(1)"}, "网址要以"),
        (
            {"name_0": "小程序", "type_0": "miniprogram", "value_0": "https://a.cn", "appid_0": "x", "page_0": ""},
            "以 wx 开头",
        ),
        ({"name_0": "怪", "type_0": "scancode_waitmsg", "value_0": "x"}, "请选按了以后做什么"),
        ({"name_0": ""}, "至少要有一个按钮"),
    ]:
        answer = save(admin, **fields)
        assert answer.status_code == 409, fields
        assert why in answer.text, fields
        if fields["name_0"]:
            assert f'value="{fields["name_0"]}"' in answer.text
    with place.database.reading() as session:
        assert session.get(Menu, "official") is None


def test_two_administrators_do_not_overwrite_each_other(place: Place, account: Account) -> None:
    admin = place.sign_in("admin")
    seen = version(admin)
    assert save(admin, seen=seen, **MINE).status_code == 303
    late = save(admin, seen=seen, name_0="另一稿", type_0="click", value_0="帮助")
    assert late.status_code == 409
    assert "同事刚刚也改了" in late.text
    assert 'value="另一稿"' in late.text
    assert admin.post("/menus/official/publish", {"version": seen}).status_code == 409
    assert account.buttons == []


@pytest.mark.parametrize(
    ("code", "why"), [(48001, "要先完成微信认证"), (None, "没有回应"), (40164, "白名单"), (12345, "12345")]
)
def test_what_the_platform_objects_to_is_said_in_plain_words(
    place: Place, account: Account, code: int | None, why: str
) -> None:
    account.says = code
    admin = place.sign_in("admin")
    save(admin, **MINE)
    for press in ("fetch", "publish"):
        answer = admin.post(f"/menus/official/{press}", {"version": version(admin)})
        assert answer.status_code == 409
        assert why in answer.text
    with place.database.reading() as session:
        row = session.get_one(Menu, "official")
        assert (row.published_at, row.looked_at) == (None, None)


def test_the_phone_cuts_names_as_phones_do(place: Place) -> None:
    admin = place.sign_in("admin")
    save(admin, name_0="一二三四五", name_0_0="一二三四五六七八九", type_0_0="click", value_0_0="进度")
    page = admin.get("/menus/official").text
    assert "≡ 一二三四…" in page
    assert "<li>一二三四五六七八…</li>" in page


def test_every_key_of_the_first_menu_is_answered_by_the_bot() -> None:
    everything = frozenset(kind.value for kind in RoleKind)
    for group in counter.first_menu():
        assert len(group["name"].encode()) <= 16
        for each in group["sub_button"]:
            assert commands.parse(each["key"], roles=everything) is not None
            assert len(each["name"].encode()) <= 60


def test_only_administrators_see_it_and_only_of_accounts_that_are_there(place: Place) -> None:
    assert place.sign_in("street").get("/menus/official").status_code == 404
    admin = place.sign_in("admin")
    for path in ("/menus/wecom", "/menus/..%2Fetc"):
        assert admin.get(path).status_code == 404
