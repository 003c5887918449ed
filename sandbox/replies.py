"""What the platforms make of a passive reply: judged as they would, and turned into what a phone shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.cards import from_camel
from sandbox.config import Account, Kind
from sandbox.events import event_kind
from sandbox.state import Entry, World
from sandbox.text import cut_utf8

TEXT_LIMIT = 2048
"""Bytes of UTF-8 in a text: more is a fault on the Official Account, and is cut on WeCom."""

_ARTICLES = 8
_ONE_ARTICLE_FOR = ("text", "image", "voice", "video", "shortvideo", "link", "location")
_MEDIA = {"image": "Image", "voice": "Voice", "video": "Video"}
_CARD_EVENTS = ("template_card_event", "template_card_menu_event")


class WrongAnswer(ValueError):
    """An answer that the platform does not understand; the text says why."""


def judge(world: World, account: Account, document: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    """Whether the platform would show this reply to what it sent in `document`. Raises WrongAnswer."""
    if fields.get("ToUserName") != document["FromUserName"] or fields.get("FromUserName") != account.own_name:
        raise WrongAnswer("ToUserName and FromUserName are not swapped")
    created = fields.get("CreateTime")
    if not isinstance(created, str) or not (created.isascii() and created.isdigit()):
        raise WrongAnswer("CreateTime is not a number")
    kind = fields.get("MsgType")
    reader = _READERS.get(account.kind, {}).get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise WrongAnswer("an unknown MsgType")
    if kind in ("update_button", "update_template_card") and document.get("Event") not in _CARD_EVENTS:
        raise WrongAnswer(f"{kind} answers a card event only")
    values = reader(fields)
    if kind == "text" and account.kind is Kind.OFFICIAL and len(values["text"].encode()) > TEXT_LIMIT:
        raise WrongAnswer(f"Content is over {TEXT_LIMIT} bytes")
    if kind == "news":
        _judge_articles(account, document, fields, len(values["extra"]["articles"]))
    if kind in _MEDIA:
        medium = world.medium(account, values["extra"]["media_id"])
        if medium is None:
            raise WrongAnswer("an unknown MediaId")
        if medium.type != kind:
            raise WrongAnswer(f"the MediaId is of a {medium.type}, not of a {kind}")


def _judge_articles(account: Account, document: Mapping[str, Any], fields: Mapping[str, Any], there: int) -> None:
    if str(fields.get("ArticleCount", "")).strip() != str(there):
        raise WrongAnswer(f"ArticleCount is not {there}")
    one = account.kind is Kind.OFFICIAL and document["MsgType"] in _ONE_ARTICLE_FOR
    most = 1 if one else _ARTICLES
    if there > most:
        raise WrongAnswer(f"at most {most} article here")


def shown(account: Account, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What a phone shows of a reply that was judged fine: the values of its Entry."""
    values = _READERS[account.kind][str(fields["MsgType"])](fields)
    if account.kind is Kind.WECOM and "text" in values:
        values["text"] = cut_utf8(values["text"], TEXT_LIMIT)
    return values


def answered(account: Account, document: Mapping[str, Any]) -> bool:
    """Whether the platform shows a reply to this; most of what it reports by itself is only acknowledged."""
    if document["MsgType"] != "event":
        return True
    kind = event_kind(account.kind, document.get("Event"))
    return kind is None or kind.answered


def replace_buttons(entry: Entry, name: str) -> None:
    """Greys the buttons out under the words `name`."""
    entry.extra = {**entry.extra, "replaced": name}
    entry.buttons = []


def replace_card(entry: Entry, card: dict[str, Any]) -> None:
    """A whole new card in place of the old one; `replace_text` greys its buttons out."""
    entry.extra = {**entry.extra, "card": card, "replaced": card.get("replace_text") or None}
    entry.buttons = [] if card.get("replace_text") else card["buttons"]
    entry.text = card["text"]


def _word(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise WrongAnswer(f"{name} is missing")
    return value


def _inside(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = fields.get(name)
    if not isinstance(value, dict):
        raise WrongAnswer(f"{name} is missing")
    return value


def _articles(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    items = _inside(fields, "Articles").get("item")
    found = [item for item in (items if isinstance(items, list) else [items]) if isinstance(item, dict)]
    if not found:
        raise WrongAnswer("Articles is empty")
    return found


def _text(fields: Mapping[str, Any]) -> dict[str, Any]:
    content = _word(fields, "Content")
    if not content:
        raise WrongAnswer("Content is empty")
    return {"text": content}


def _medium(name: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    def read(fields: Mapping[str, Any]) -> dict[str, Any]:
        inside = _inside(fields, name)
        title = inside.get("Title")
        return {"text": title if isinstance(title, str) else "", "extra": {"media_id": _word(inside, "MediaId")}}

    return read


def _music(fields: Mapping[str, Any]) -> dict[str, Any]:
    music = _inside(fields, "Music")
    _word(music, "ThumbMediaId")
    names = {"title": "Title", "description": "Description", "url": "MusicUrl", "hq_url": "HQMusicUrl"}
    words = {name: str(music.get(tag, "")) for name, tag in names.items()}
    return {"text": words["title"], "extra": {"music": words}}


def _news(fields: Mapping[str, Any]) -> dict[str, Any]:
    articles = [
        {
            "title": str(item.get("Title", "")),
            "description": str(item.get("Description", "")),
            "url": str(item.get("Url", "")),
            "picurl": str(item.get("PicUrl", "")),
        }
        for item in _articles(fields)
    ]
    return {"text": "\n".join(article["title"] for article in articles), "extra": {"articles": articles}}


def _transfer(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": ""}


def _button(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": _word(_inside(fields, "Button"), "ReplaceName")}


def _template_card(fields: Mapping[str, Any]) -> dict[str, Any]:
    try:
        card = from_camel(_inside(fields, "TemplateCard"))
    except ValueError as error:
        raise WrongAnswer(f"TemplateCard: {error}") from error
    return {"text": card["text"], "extra": {"card": card}}


_BOTH: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "text": _text,
    "image": _medium("Image"),
    "voice": _medium("Voice"),
    "video": _medium("Video"),
    "news": _news,
}
_READERS: dict[Kind, dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    Kind.OFFICIAL: {**_BOTH, "music": _music, "transfer_customer_service": _transfer},
    Kind.WECOM: {**_BOTH, "update_button": _button, "update_template_card": _template_card},
    Kind.CUSTOMER_SERVICE: {},
}
