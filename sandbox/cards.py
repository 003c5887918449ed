"""WeCom template cards: what the platform refuses in them, and what a member sees of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

CARD_TYPES = ("text_notice", "news_notice", "button_interaction", "vote_interaction", "multiple_interaction")
INTERACTIONS = CARD_TYPES[2:]
"""The kinds that can be answered, and so updated with the words of a button."""
_TASK_ID = re.compile(r"[0-9A-Za-z_\-@]{1,128}")
_LISTS = {
    "action_list",
    "button_list",
    "horizontal_content_list",
    "jump_list",
    "option_list",
    "select_list",
    "vertical_content_list",
}


class CardInvalid(ValueError):
    """The platform would refuse this card with `code`."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


def _part(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = data.get(name)
    if value in (None, ""):
        return {}
    if not isinstance(value, dict):
        raise CardInvalid(40058, f"{name} must be an object")
    return value


def _list(data: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    value = data.get(name)
    if value in (None, ""):
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise CardInvalid(40058, f"{name} must be a list of objects")
    return value


def _word(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return str(value)[:4096] if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _number(data: Mapping[str, Any], name: str) -> int:
    word = _word(data, name)
    return int(word) if word.isascii() and word.isdigit() and len(word) < 4 else 0


def _true(data: Mapping[str, Any], name: str) -> bool:
    """The platform takes true, 1 and, from XML, the words for them."""
    return str(data.get(name)).lower() in ("true", "1")


def _needed(data: Mapping[str, Any], name: str, code: int, *, most: int = 4096) -> str:
    """The word, which must be there and of at most so many bytes, or the card is refused with `code`."""
    word = _word(data, name)
    if not word or len(word.encode()) > most:
        raise CardInvalid(code, f"{name} is missing or too long")
    return word


def read_card(data: Mapping[str, Any], *, update: bool = False) -> dict[str, Any]:
    """What is shown of a `template_card`. Raises CardInvalid as message/send would refuse it.

    With `update`, what an update may leave out (task_id) is not asked for. Words that are longer than the platform
    advises are shown as they are: it refuses only wrong lists, keys and missing fields.
    """
    card_type = _word(data, "card_type")
    if card_type not in CARD_TYPES:
        raise CardInvalid(42031, "invalid card_type")
    task_id = _word(data, "task_id")
    asks = card_type in INTERACTIONS or bool(_part(data, "action_menu"))
    if task_id and not _TASK_ID.fullmatch(task_id) or asks and not task_id and not update:
        raise CardInvalid(42014, "invalid task_id")
    main, emphasis = _part(data, "main_title"), _part(data, "emphasis_content")
    title, sub_title = _word(main, "title"), _word(data, "sub_title_text")
    if not title and not sub_title:
        raise CardInvalid(40058, "main_title.title or sub_title_text is needed")
    action = _part(data, "card_action")
    if card_type in ("text_notice", "news_notice") and _number(action, "type") not in (1, 2):
        raise CardInvalid(42045, "card_action is needed")
    _check_target(action)
    quote = _part(data, "quote_area")
    _check_target(quote)
    card: dict[str, Any] = {
        "card_type": card_type,
        "task_id": task_id,
        "source": _word(_part(data, "source"), "desc"),
        "title": title,
        "desc": _word(main, "desc"),
        "sub_title": sub_title,
        "quote": "\n".join(part for part in (_word(quote, "title"), _word(quote, "quote_text")) if part),
        "emphasis": {"title": _word(emphasis, "title"), "desc": _word(emphasis, "desc")} if emphasis else None,
        "items": _items(data),
        "paragraphs": _paragraphs(data),
        "jumps": _jumps(data),
        "image": _image(data, card_type),
        "url": _word(action, "url"),
        "buttons": _buttons(data, card_type),
        "questions": _questions(data, card_type),
        "replace_text": _word(data, "replace_text"),
    }
    card["text"] = "\n".join(part for part in (title, card["desc"], sub_title) if part)
    return card


def _check_target(data: Mapping[str, Any]) -> None:
    """What a press on this part opens: 1 a web page, 2 a mini program."""
    kind = _number(data, "type")
    if kind == 1 and not _word(data, "url"):
        raise CardInvalid(42028, "url is needed")
    if kind == 2 and not _word(data, "appid"):
        raise CardInvalid(42030, "appid is needed")


def _items(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = _list(data, "horizontal_content_list")
    if len(rows) > 6:
        raise CardInvalid(42035, "too many horizontal_content_list")
    found = []
    for row in rows:
        name = _word(row, "keyname") or _word(row, "key_name")
        if not name:
            raise CardInvalid(42027, "horizontal_content_list.keyname is needed")
        kind = _number(row, "type")
        for number, field, code in ((1, "url", 42028), (2, "media_id", 42029), (3, "userid", 42050)):
            if kind == number and not _word(row, field):
                raise CardInvalid(code, f"horizontal_content_list.{field} is needed")
        found.append({"name": name, "value": _word(row, "value"), "url": _word(row, "url")})
    return found


def _paragraphs(data: Mapping[str, Any]) -> list[dict[str, str]]:
    rows = _list(data, "vertical_content_list")
    if len(rows) > 4:
        raise CardInvalid(42036, "too many vertical_content_list")
    return [{"title": _needed(row, "title", 42033), "desc": _word(row, "desc")} for row in rows]


def _jumps(data: Mapping[str, Any]) -> list[dict[str, str]]:
    rows = _list(data, "jump_list")
    if len(rows) > 3:
        raise CardInvalid(42042, "too many jump_list")
    for row in rows:
        _check_target(row)
    return [{"title": _needed(row, "title", 42033), "url": _word(row, "url")} for row in rows]


def _image(data: Mapping[str, Any], card_type: str) -> str:
    """The picture of a news_notice: a large one, or a small one beside words."""
    if card_type != "news_notice":
        return _word(_part(data, "card_image"), "url")
    area = _part(data, "image_text_area")
    if area and not _part(data, "card_image"):
        _check_target(area)
        return _needed(area, "image_url", 42044)
    return _needed(_part(data, "card_image"), "url", 42044)


def _buttons(data: Mapping[str, Any], card_type: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    keys: set[str] = set()
    if card_type == "button_interaction":
        listed = _list(data, "button_list")
        if not 1 <= len(listed) <= 6:
            raise CardInvalid(42038, "button_list must have 1 to 6 buttons")
        for button in listed:
            label, opens = _needed(button, "text", 42038), _number(button, "type") == 1
            if opens and not _word(button, "url"):
                raise CardInvalid(42028, "button_list.url is needed")
            key = _word(button, "key") if opens else _needed(button, "key", 42039, most=1024)
            if not opens and key in keys:
                raise CardInvalid(42039, "button_list.key is not unique")
            keys.add(key)
            style = _number(button, "style") or 1
            found.append({"key": key, "label": label, "style": style, "url": _word(button, "url") if opens else ""})
    elif card_type in ("vote_interaction", "multiple_interaction"):
        submit = _part(data, "submit_button")
        key, label = _needed(submit, "key", 42046, most=1024), _needed(submit, "text", 42049)
        found.append({"key": key, "label": label, "style": 1, "url": ""})
        keys.add(key)
    menu = _part(data, "action_menu")
    actions = _list(menu, "action_list")
    if menu and not 1 <= len(actions) <= 10:
        raise CardInvalid(40058, "action_menu.action_list must have 1 to 10 entries")
    for item in actions:
        key = _word(item, "key")
        if not key or key in keys or len(key.encode()) > 1024:
            raise CardInvalid(42051, "action_menu key is missing or clashes")
        keys.add(key)
        found.append({"key": key, "label": _needed(item, "text", 42020), "style": 3, "url": "", "menu": True})
    return found


def _questions(data: Mapping[str, Any], card_type: str) -> list[dict[str, Any]]:
    asked: list[tuple[dict[str, Any], int]] = []
    if card_type == "button_interaction" and _part(data, "button_selection"):
        asked = [(_part(data, "button_selection"), 10)]
    elif card_type == "vote_interaction":
        asked = [(_part(data, "checkbox"), 20)]
    elif card_type == "multiple_interaction":
        selects = _list(data, "select_list")
        if not 1 <= len(selects) <= 3:
            raise CardInvalid(42047, "select_list must have 1 to 3 entries")
        asked = [(select, 10) for select in selects]
    questions: list[dict[str, Any]] = []
    for question, most in asked:
        key = _needed(question, "question_key", 42043, most=1024)
        if key in [other["key"] for other in questions]:
            raise CardInvalid(42043, "question_key is not unique")
        listed = _list(question, "option_list")
        if not 1 <= len(listed) <= most:
            raise CardInvalid(42037, "option_list is empty or too long")
        options = [
            {"id": _needed(option, "id", 42040, most=128), "text": _needed(option, "text", 42041)} for option in listed
        ]
        if len({option["id"] for option in options}) != len(options):
            raise CardInvalid(42040, "option_list.id is not unique")
        selected = _word(question, "selected_id")
        questions.append(
            {
                "key": key,
                "title": _word(question, "title"),
                "many": card_type == "vote_interaction" and _number(question, "mode") == 1,
                "disabled": _true(question, "disable"),
                "options": options,
                "selected": selected,
                "checked": [selected]
                if selected
                else [_word(option, "id") for option in listed if _true(option, "is_checked")],
            }
        )
    return questions


def from_camel(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What is shown of the TemplateCard in a passive reply, whose names are CamelCase. Raises CardInvalid."""
    converted = _snake(fields, 0)
    if not isinstance(converted, dict):
        raise CardInvalid(40058, "TemplateCard is empty")
    return read_card(converted, update=True)


def _snake(value: Any, depth: int) -> Any:
    if depth > 8 or not isinstance(value, Mapping):
        return value
    found: dict[str, Any] = {}
    for name, inside in value.items():
        key = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", str(name)).lower()
        if isinstance(inside, list):
            found[key] = [_snake(item, depth + 1) for item in inside]
        else:
            found[key] = [_snake(inside, depth + 1)] if key in _LISTS else _snake(inside, depth + 1)
    return found
