"""WeCom template cards: what the platform refuses in them, and what a member sees of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

CARD_TYPES = ("text_notice", "news_notice", "button_interaction", "vote_interaction", "multiple_interaction")
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
    return int(word) if word.isdigit() and len(word) < 4 else 0


def read_card(data: Mapping[str, Any], *, update: bool = False) -> dict[str, Any]:
    """What is shown of a `template_card`. Raises CardInvalid as message/send would refuse it.

    With `update`, what an update may leave out (task_id) is not asked for.
    """
    card_type = _word(data, "card_type")
    if card_type not in CARD_TYPES:
        raise CardInvalid(42031, "invalid card_type")
    task_id = _word(data, "task_id")
    asks = card_type in ("button_interaction", "vote_interaction", "multiple_interaction")
    if task_id and not _TASK_ID.fullmatch(task_id) or asks and not task_id and not update:
        raise CardInvalid(42014, "invalid task_id")
    main, emphasis = _part(data, "main_title"), _part(data, "emphasis_content")
    title, sub_title = _word(main, "title"), _word(data, "sub_title_text")
    if not title and not sub_title:
        raise CardInvalid(40058, "main_title.title or sub_title_text is needed")
    rows = _list(data, "horizontal_content_list")
    if len(rows) > 6:
        raise CardInvalid(42035, "too many horizontal_content_list")
    action = _part(data, "card_action")
    if card_type in ("text_notice", "news_notice") and _number(action, "type") not in (1, 2):
        raise CardInvalid(42045, "card_action is needed")
    if _number(action, "type") == 1 and not _word(action, "url"):
        raise CardInvalid(42028, "card_action.url is needed")
    quote = _part(data, "quote_area")
    card: dict[str, Any] = {
        "card_type": card_type,
        "task_id": task_id,
        "source": _word(_part(data, "source"), "desc"),
        "title": title,
        "desc": _word(main, "desc"),
        "sub_title": sub_title,
        "quote": "\n".join(part for part in (_word(quote, "title"), _word(quote, "quote_text")) if part),
        "emphasis": {"title": _word(emphasis, "title"), "desc": _word(emphasis, "desc")} if emphasis else None,
        "items": [
            {
                "name": _word(row, "keyname") or _word(row, "key_name"),
                "value": _word(row, "value"),
                "url": _word(row, "url"),
            }
            for row in rows
        ],
        "paragraphs": [
            {"title": _word(row, "title"), "desc": _word(row, "desc")}
            for row in _list(data, "vertical_content_list")[:4]
        ],
        "jumps": [{"title": _word(row, "title"), "url": _word(row, "url")} for row in _list(data, "jump_list")[:3]],
        "image": _word(_part(data, "card_image"), "url"),
        "url": _word(action, "url"),
        "buttons": _buttons(data, card_type),
        "questions": _questions(data, card_type),
        "replace_text": _word(data, "replace_text"),
    }
    card["text"] = "\n".join(part for part in (title, card["desc"], sub_title) if part)
    return card


def _buttons(data: Mapping[str, Any], card_type: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    keys: set[str] = set()
    if card_type == "button_interaction":
        listed = _list(data, "button_list")
        if not 1 <= len(listed) <= 6:
            raise CardInvalid(42038, "button_list must have 1 to 6 buttons")
        for button in listed:
            key, label, opens = _word(button, "key"), _word(button, "text"), _number(button, "type") == 1
            if not label:
                raise CardInvalid(42038, "button_list.text is needed")
            if opens and not _word(button, "url"):
                raise CardInvalid(42028, "button_list.url is needed")
            if not opens and (not key or len(key.encode()) > 1024 or key in keys):
                raise CardInvalid(42039, "button_list.key is missing, too long or not unique")
            keys.add(key)
            style = _number(button, "style") or 1
            found.append({"key": key, "label": label, "style": style, "url": _word(button, "url") if opens else ""})
    elif card_type in ("vote_interaction", "multiple_interaction"):
        submit = _part(data, "submit_button")
        if not _word(submit, "key") or not _word(submit, "text"):
            raise CardInvalid(42046, "submit_button is needed")
        found.append({"key": _word(submit, "key"), "label": _word(submit, "text"), "style": 1, "url": ""})
        keys.add(found[-1]["key"])
    for item in _list(_part(data, "action_menu"), "action_list")[:10]:
        key = _word(item, "key")
        if not key or key in keys:
            raise CardInvalid(42051, "action_menu key is missing or clashes")
        keys.add(key)
        found.append({"key": key, "label": _word(item, "text"), "style": 3, "url": "", "menu": True})
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
    questions = []
    for question, most in asked:
        if not _word(question, "question_key"):
            raise CardInvalid(42043, "question_key is needed")
        options = _list(question, "option_list")
        if not 1 <= len(options) <= most:
            raise CardInvalid(42037, "option_list is empty or too long")
        questions.append(
            {
                "key": _word(question, "question_key"),
                "title": _word(question, "title"),
                "many": card_type == "vote_interaction" and _number(question, "mode") == 1,
                "options": [{"id": _word(option, "id"), "text": _word(option, "text")} for option in options],
                "selected": _word(question, "selected_id"),
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
