"""The menu under the chat of an Official Account: written, seen as a phone shows it, compared, published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from console.house import House, as_id, field
from console.means import MenuAccount, PlatformRefused
from console.sight import Sight
from models.desktop import Menu
from models.person import RoleKind
from nlp import commands
from texts import counter as said

MOST_TOP, MOST_SUB = 3, 5
TOP_BYTES, SUB_BYTES, KEY_BYTES, URL_BYTES = 16, 60, 128, 1024
"""What the platform counts, in bytes (wechat-facts, menu/create)."""

SHOWN_TOP, SHOWN_SUB = 4, 8
"""So many Chinese characters of a name a phone shows."""

KEYED = ("location_select", "pic_sysphoto", "pic_photo_or_album", "scancode_push")
"""What the phone does by itself: the place or the photos follow as messages, and nothing asks for the key."""

EVERY_ROLE = frozenset(kind.value for kind in RoleKind)


@dataclass(frozen=True, slots=True)
class Written:
    """The form: every field as it was typed, the buttons it makes, and what is wrong by the field's name."""

    typed: Mapping[str, str]
    buttons: Sequence[dict[str, Any]]
    faults: Mapping[str, str]


def add_menus(blueprint: Blueprint, house: House) -> None:
    """The pages."""

    def account(sight: Sight, key: str) -> MenuAccount:
        found = next((each for each in house.means.menus if each.key == key), None)
        if found is None or not sight.admin_paths:
            raise NotFound
        return found

    def page(sight: Sight, key: str, written: Written | None = None, *, fault: str = "") -> str:
        account(sight, key)
        return house.page("menu.html", sight, **_page(sight, key, written), fault=fault, accounts=_keys(house))

    @blueprint.get("/menus")
    def menu_list() -> ResponseReturnValue:
        with house.looking() as sight:
            if not sight.admin_paths:
                raise NotFound
            if not house.means.menus:
                return house.page("menu_none.html", sight)
        return redirect(url_for(".menu_page", key=house.means.menus[0].key), 303)

    @blueprint.get("/menus/<key>")
    def menu_page(key: str) -> str:
        with house.looking() as sight:
            return page(sight, key)

    @blueprint.post("/menus/<key>")
    def menu_saved(key: str) -> ResponseReturnValue:
        with house.looking() as sight:
            account(sight, key)
        written = _read()
        if written.faults:
            with house.looking() as sight:
                return page(sight, key, written, fault=said.MENU_WRONG), 409
        try:
            with house.doing() as sight:
                row = _held(sight, key, as_id(field("version", most=12)))
                row.draft, row.by_id, row.changed_at = {"button": [*written.buttons]}, sight.person.id, sight.now
                row.version += 1
        except _Changed:
            with house.looking() as sight:
                return page(sight, key, written, fault=said.MENU_FAULTS["changed"]), 409
        return redirect(url_for(".menu_page", key=key, done="menu_saved"), 303)

    @blueprint.post("/menus/<key>/fetch")
    def menu_fetched(key: str) -> ResponseReturnValue:
        with house.looking() as sight:
            there = account(sight, key)
        try:
            buttons = [_kept(each) for each in there.menu()]
        except PlatformRefused as refused:
            with house.looking() as sight:
                return page(sight, key, fault=said.platform_says(refused.code)), 409
        with house.doing() as sight:
            row = _row(sight, key)
            row.there, row.looked_at = {"button": buttons}, sight.now
            sight.session.add(row)
        return redirect(url_for(".menu_page", key=key, done="menu_fetched"), 303)

    @blueprint.post("/menus/<key>/publish")
    def menu_published(key: str) -> ResponseReturnValue:
        with house.looking() as sight:
            there, row = account(sight, key), _row(sight, key)
            if row.version != as_id(field("version", most=12)):
                return page(sight, key, fault=said.MENU_CHANGED), 409
            buttons = row.draft["button"]
        try:
            # No transaction is open while the platform answers; publishing the same twice changes nothing.
            there.publish(buttons)
        except PlatformRefused as refused:
            with house.looking() as sight:
                return page(sight, key, fault=said.platform_says(refused.code)), 409
        with house.doing() as sight:
            row = _row(sight, key)
            row.there, row.looked_at, row.published_at = {"button": buttons}, sight.now, sight.now
            sight.session.add(row)
        return redirect(url_for(".menu_page", key=key, done="menu_published"), 303)


class _Changed(Exception):
    """A colleague has changed it since the form was shown."""


def _keys(house: House) -> list[str]:
    return [each.key for each in house.means.menus]


def _row(sight: Sight, key: str, *, lock: bool = False) -> Menu:
    """The account's menu; the one we propose where nobody has written any."""
    found = sight.session.get(Menu, key, with_for_update=lock)
    if found is not None:
        return found
    return Menu(
        channel=key, draft={"button": said.first_menu()}, version=0, by_id=sight.person.id, changed_at=sight.now
    )


def _held(sight: Sight, key: str, version: int) -> Menu:
    """The same, to be changed by whoever saw this version. Raises _Changed."""
    row = _row(sight, key, lock=True)
    if row.version != version:
        raise _Changed
    sight.session.add(row)
    return row


# ---------------------------------------------------------------- the form


def _read() -> Written:
    """Every field, and the buttons that have a name or anything else written beside it."""
    typed: dict[str, str] = {}
    faults: dict[str, str] = {}
    buttons = []
    for top in range(MOST_TOP):
        subs = [
            button
            for sub in range(MOST_SUB)
            if (button := _button(f"{top}-{sub}", typed, faults, most=SUB_BYTES, long="name_long_sub")) is not None
        ]
        button = _button(str(top), typed, faults, most=TOP_BYTES, long="name_long_top", opens=bool(subs))
        if button is not None:
            buttons.append({"name": button["name"], "sub_button": subs} if subs else button)
    if not buttons:
        faults.setdefault("name-0", said.MENU_FAULTS["empty"])
    return Written(typed, buttons, faults)


def _button(
    at: str, typed: dict[str, str], faults: dict[str, str], *, most: int, long: str, opens: bool = False
) -> dict[str, Any] | None:
    """One button of the form; None for an empty row. One that `opens` others does nothing else."""
    values = {part: field(f"{part}-{at}", most=1200) for part in ("name", "type", "value", "appid", "page")}
    typed.update({f"{part}-{at}": value for part, value in values.items()})
    if not opens and not any(values[part] for part in ("name", "value", "appid", "page")):
        return None

    def wrong(part: str, which: str) -> None:
        faults[f"{part}-{at}"] = said.MENU_FAULTS[which]

    name, kind, value = values["name"], values["type"], values["value"]
    if not name:
        wrong("name", "name")
    elif len(name.encode()) > most:
        wrong("name", long)
    button: dict[str, Any] = {"name": name}
    if opens:
        return button
    button["type"] = kind
    if kind not in said.BUTTON_TYPES:
        wrong("type", "type")
    elif kind == "click":
        button["key"] = value
        if len(value.encode()) > KEY_BYTES:
            wrong("value", "key_long")
        elif commands.parse(value, roles=EVERY_ROLE) is None:
            wrong("value", "key")
    elif kind in KEYED:
        button["key"] = kind
    else:
        button["url"] = value
        if not value.startswith(("https://", "http://")) or len(value.encode()) > URL_BYTES or not value.isprintable():
            wrong("value", "url")
    if kind == "miniprogram":
        button["appid"], button["pagepath"] = values["appid"], values["page"]
        if not values["appid"].startswith("wx"):
            wrong("appid", "appid")
        if not values["page"]:
            wrong("page", "pagepath")
    return button


def _typed(buttons: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """A menu as the fields of the form."""
    typed: dict[str, str] = {}
    for top, button in enumerate(buttons[:MOST_TOP]):
        rows = [(str(top), button)]
        rows += [(f"{top}-{sub}", each) for sub, each in enumerate(button.get("sub_button", [])[:MOST_SUB])]
        for at, each in rows:
            typed |= {
                f"name-{at}": str(each.get("name", "")),
                f"type-{at}": str(each.get("type", "")),
                f"value-{at}": str((each.get("key") if each.get("type") == "click" else each.get("url")) or ""),
                f"appid-{at}": str(each.get("appid", "")),
                f"page-{at}": str(each.get("pagepath", "")),
            }
    return typed


# ---------------------------------------------------------------- what the page shows


def _kept(button: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a platform's button that are compared; one without a sub-menu has an empty one there."""
    kept = {part: str(button[part]) for part in ("name", "type", "key", "url", "appid", "pagepath") if button.get(part)}
    subs = [_kept(each) for each in button.get("sub_button") or [] if isinstance(each, Mapping)]
    return {**kept, "sub_button": subs} if subs else kept


def _lines(buttons: Sequence[Mapping[str, Any]]) -> list[str]:
    """Each button in one line."""
    lines = []
    for button in buttons:
        subs = button.get("sub_button", [])
        lines += [said.menu_line(button.get("name", ""), each) for each in subs] or [said.menu_line("", button)]
    return lines


def _shown(name: str, most: int) -> str:
    """A name as a phone cuts it; two Latin letters take the room of one Chinese character."""
    room = 2 * most
    for index, letter in enumerate(name):
        room -= 1 if letter.isascii() else 2
        if room < 0:
            return f"{name[:index]}…"
    return name


def _page(sight: Sight, key: str, written: Written | None) -> dict[str, Any]:
    row = _row(sight, key)
    buttons = written.buttons if written is not None else row.draft["button"]
    there = row.there["button"] if row.there is not None else None
    mine, theirs = _lines(row.draft["button"]), _lines(there or [])
    return {
        "key": key,
        "row": row,
        "typed": written.typed if written is not None else _typed(buttons),
        "faults": written.faults if written is not None else {},
        "phone": [
            (_shown(each["name"], SHOWN_TOP), [_shown(sub["name"], SHOWN_SUB) for sub in each.get("sub_button", [])])
            for each in buttons
        ],
        "is_known": there is not None,
        "added": [line for line in mine if line not in theirs],
        "gone": [line for line in theirs if line not in mine],
        "moved": sorted(mine) == sorted(theirs) and mine != theirs,
        "said": said,
        "tops": range(MOST_TOP),
        "subs": range(MOST_SUB),
        "by": sight.names({row.by_id}).get(row.by_id, "") if row.version else "",
    }
