"""The menu under the chat, and the conditional menus for some followers."""

from __future__ import annotations

import itertools
import threading
from typing import Any

from flask import request

from sandbox.api import Refused
from sandbox.official.articles import Articles
from sandbox.official.desk import Answer, Desk, done
from sandbox.official.files import Files
from sandbox.state import Seat

_KEYED = (
    "click",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
)
_TOP_NAME, _SUB_NAME, _KEY, _URL = 16, 60, 128, 1024
"""Bytes."""
_FIELDS = ("name", "type", "key", "url", "media_id", "appid", "pagepath", "article_id")
_MOST_CONDITIONAL = 1000
_ANDROID = "2"
"""Every pretend phone is one, where a rule asks for the platform."""


class Menus:
    """The account's menus. The default one stands in the world, where the phones page finds it."""

    def __init__(self, desk: Desk, files: Files, articles: Articles) -> None:
        self.desk = desk
        self.files = files
        self.articles = articles
        self._lock = threading.Lock()
        self._numbers = itertools.count(208_379_500)
        self._default_number = next(self._numbers)
        self._conditional: dict[int, dict[str, Any]] = {}

    def create(self) -> Answer:
        """POST menu/create."""
        data = self._raw_body()
        menu = {"button": self._buttons(data.get("button"))}
        self._keep(menu)
        return done()

    def get(self) -> Answer:
        """GET menu/get."""
        menu = self._default(46003)
        with self._lock:
            conditional = [
                {"button": _complete(one["button"]), "matchrule": one["matchrule"], "menuid": number}
                for number, one in self._conditional.items()
            ]
        shown = {"button": _complete(menu["button"])}
        if not conditional:
            return {"menu": shown}
        return {"menu": {**shown, "menuid": self._default_number}, "conditionalmenu": conditional}

    def delete(self) -> Answer:
        """GET menu/delete: the conditional menus go too."""
        with self._lock:
            self._conditional.clear()
        self._keep(None)
        return done()

    def describe(self) -> Answer:
        """GET get_current_selfmenu_info."""
        menu = self.desk.world.menus.get(self.desk.account.key)
        if menu is None:
            return {"is_menu_open": 0}
        buttons = [
            {"name": button["name"], "sub_button": {"list": button["sub_button"]}}
            if button.get("sub_button")
            else button
            for button in menu["button"]
        ]
        return {"is_menu_open": 1, "selfmenu_info": {"button": buttons}}

    def add_conditional(self) -> Answer:
        """POST menu/addconditional."""
        data = self._raw_body()
        self._default(65303)
        if not data.get("button"):
            raise Refused(65307)
        rule = data.get("matchrule")
        if not isinstance(rule, dict) or not any(str(value or "") for value in rule.values()):
            raise Refused(65304)
        kept = {str(name)[:32]: str(value)[:64] for name, value in list(rule.items())[:20] if value not in (None, "")}
        buttons = self._buttons(data["button"])
        with self._lock:
            if len(self._conditional) >= _MOST_CONDITIONAL:
                raise Refused(65305)
            number = next(self._numbers)
            self._conditional[number] = {"button": buttons, "matchrule": kept}
        return {"menuid": str(number)}

    def delete_conditional(self) -> Answer:
        """POST menu/delconditional."""
        number = str(self.desk.body().get("menuid"))
        known = number.isascii() and number.isdigit() and len(number) < 20
        with self._lock:
            if not known or self._conditional.pop(int(number), None) is None:
                raise Refused(65301)
        return done()

    def match(self) -> Answer:
        """POST menu/trymatch: the menu this person sees, which is the newest that fits."""
        user = self.desk.body().get("user_id")
        person = self.desk.world.on_channel(user, self.desk.account.key) if isinstance(user, str) else None
        if person is None:
            raise Refused(65302)
        seat = person.seats[self.desk.account.key]
        with self._lock:
            fitting = [one for one in self._conditional.values() if _fits(one["matchrule"], seat)]
        return {"button": _complete(fitting[-1]["button"] if fitting else self._default(46003)["button"])}

    def _default(self, code: int) -> dict[str, Any]:
        menu = self.desk.world.menus.get(self.desk.account.key)
        if menu is None:
            raise Refused(code)
        return menu

    def _keep(self, menu: dict[str, Any] | None) -> None:
        if menu is None:
            self.desk.world.menus.pop(self.desk.account.key, None)
        else:
            self.desk.world.menus[self.desk.account.key] = menu
        self.desk.world.next_version()

    def _raw_body(self) -> dict[str, Any]:
        """The body, which must be UTF-8 itself: a program that escapes Chinese letters is refused with 40033."""
        if b"\\u" in request.get_data(cache=True):
            raise Refused(40033)
        return self.desk.body()

    # What a button may be

    def _buttons(self, buttons: object) -> list[dict[str, Any]]:
        if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
            raise Refused(40016)
        for button in buttons:
            self._check(button, top=True)
        return [_kept(button) for button in buttons]

    def _check(self, button: object, *, top: bool) -> None:
        if not isinstance(button, dict):
            raise Refused(40016 if top else 40023)
        name = button.get("name")
        if not isinstance(name, str) or not 1 <= len(name.encode()) <= (_TOP_NAME if top else _SUB_NAME):
            raise Refused(40018 if top else 40025)
        below = button.get("sub_button")
        if below:
            if not top:
                raise Refused(40022)
            if not isinstance(below, list) or len(below) > 5:
                raise Refused(40023)
            for inner in below:
                self._check(inner, top=False)
            return
        self._check_action(button, top=top)

    def _check_action(self, button: dict[str, Any], *, top: bool) -> None:
        kind = button.get("type")
        if kind in _KEYED:
            key = button.get("key")
            if not isinstance(key, str) or not 1 <= len(key.encode()) <= _KEY:
                raise Refused(40019 if top else 40026)
        elif kind == "view":
            _check_url(button.get("url"), top=top)
        elif kind == "miniprogram":
            _check_url(button.get("url"), top=top)
            if not str(button.get("appid") or "").startswith("wx"):
                raise Refused(45064)
            if not isinstance(button.get("pagepath"), str) or not button["pagepath"]:
                raise Refused(40165)
        elif kind in ("media_id", "view_limited"):
            if self.articles.draft(button.get("media_id")) is None:
                self.files.find(button.get("media_id"), "image", "voice", "video", "thumb")
        elif kind in ("article_id", "article_view_limited"):
            if self.articles.publication(button.get("article_id")) is None:
                raise Refused(53600)
        elif kind is None or kind == "":
            raise Refused(65308)
        else:
            raise Refused(40017 if top else 40024)


def _kept(button: dict[str, Any]) -> dict[str, Any]:
    """The fields of a button that the platform knows."""
    kept = {name: button[name] for name in _FIELDS if isinstance(button.get(name), str) and len(button[name]) <= _URL}
    below = button.get("sub_button")
    return {**kept, "sub_button": [_kept(inner) for inner in below]} if below else kept


def _complete(buttons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Buttons as they are given back: also those without a sub-menu have an empty one."""
    return [{**button, "sub_button": _complete(button.get("sub_button", []))} for button in buttons]


def _check_url(url: object, *, top: bool) -> None:
    if not isinstance(url, str) or not 1 <= len(url.encode()) <= _URL:
        raise Refused(40020 if top else 40027)
    if not url.startswith(("http://", "https://")):
        raise Refused(40055 if top else 40054)


def _fits(rule: dict[str, str], seat: Seat) -> bool:
    """Whether a rule fits: by tag and by platform; the platform no longer looks at sex, place and language."""
    tag = rule.get("tag_id") or rule.get("group_id")
    if tag is not None and tag not in [str(one) for one in seat.tags]:
        return False
    return rule.get("client_platform_type", _ANDROID) == _ANDROID
