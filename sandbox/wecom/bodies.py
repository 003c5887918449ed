"""What may stand in a message to members, chats and robots: read, refused as the platform does, or turned into what
a phone shows.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

from sandbox.api import Refused
from sandbox.cards import CardInvalid, read_card
from sandbox.config import Account
from sandbox.media import sniff
from sandbox.state import World
from sandbox.stores import Medium
from sandbox.text import cut_utf8
from sandbox.wecom.reading import invalid, parts_of, text_of

TEXT_LIMIT = 2048
_TITLE_LIMIT, _DESCRIPTION_LIMIT, _URL_LIMIT, _PAGE_LIMIT, _AUTHOR_LIMIT = 128, 512, 2048, 666 * 1024, 64
_PICTURE_LIMIT = 2 * 1024 * 1024
CHAT_KINDS = ("text", "image", "voice", "video", "file", "textcard", "news", "mpnews", "markdown")
APP_KINDS = (*CHAT_KINDS, "miniprogram_notice", "template_card")
_ROBOT_TEXT_LIMIT, _ROBOT_MARKDOWN_LIMIT = 5120, 4096


def body_of(data: Mapping[str, Any], kinds: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """The msgtype and the object under its name. Raises Refused with 40008."""
    kind = data.get("msgtype")
    body = data.get(kind) if isinstance(kind, str) else None
    if not isinstance(kind, str) or kind not in kinds or not isinstance(body, dict):
        raise Refused(40008)
    return kind, body


def medium_of(world: World, account: Account, body: Mapping[str, Any], kind: str, name: str = "media_id") -> Medium:
    """The file of this type. Raises Refused with 41006 or 40007."""
    if body.get(name) in (None, ""):
        raise Refused(41006)
    medium = world.medium(account, body[name])
    if medium is None or medium.type != kind:
        raise Refused(40007)
    return medium


def read_message(world: World, account: Account, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """What a phone shows of an app's message (text, buttons, extra)."""
    if kind == "text":
        return {"text": cut_utf8(text_of(body, "content", most=64 * 1024, missing=44004), TEXT_LIMIT)}
    if kind == "markdown":
        content = text_of(body, "content", most=64 * 1024, missing=44004)
        if len(content.encode()) > TEXT_LIMIT:
            raise Refused(45002)
        return {"text": content}
    if kind in ("image", "voice", "video", "file"):
        medium = medium_of(world, account, body, kind)
        extra = {"media_id": medium.id, "file_name": medium.name}
        if kind == "video":
            extra["description"] = _cut(body, "description", _DESCRIPTION_LIMIT)
        return {"text": _cut(body, "title", _TITLE_LIMIT), "extra": extra}
    if kind == "textcard":
        return _textcard(body)
    if kind == "news":
        return _news(body)
    if kind == "mpnews":
        return _mpnews(world, account, body)
    if kind == "miniprogram_notice":
        return _miniprogram_notice(account, body)
    return read_template_card(body)


def read_template_card(body: Mapping[str, Any], *, update: bool = False) -> dict[str, Any]:
    """What a phone shows of a template card. Raises Refused with the card's own code."""
    try:
        card = read_card(body, update=update)
    except CardInvalid as wrong:
        raise Refused(wrong.code, str(wrong)) from wrong
    return {"text": card["text"], "buttons": card["buttons"], "extra": {"card": card, "replaced": None}}


def _cut(body: Mapping[str, Any], name: str, limit: int, missing: int | None = None) -> str:
    return cut_utf8(text_of(body, name, most=64 * 1024, missing=missing), limit)


def _textcard(body: Mapping[str, Any]) -> dict[str, Any]:
    title = _cut(body, "title", _TITLE_LIMIT, 41016)
    description = _cut(body, "description", _DESCRIPTION_LIMIT, 41033)
    url = text_of(body, "url", most=_URL_LIMIT, missing=41010)
    button = text_of(body, "btntxt", missing=None)[:4] or "详情"
    card = {"title": title, "description": description, "url": url, "btntxt": button}
    return {"text": f"{title}\n{description}", "extra": {"textcard": card}}


def _news(body: Mapping[str, Any]) -> dict[str, Any]:
    articles = []
    for article in parts_of(body, "articles", most=8, code=45008):
        url = text_of(article, "url", most=_URL_LIMIT, missing=None)
        if not url and not text_of(article, "appid", missing=None):
            raise Refused(41010)
        articles.append(
            {
                "title": _cut(article, "title", _TITLE_LIMIT, 41016),
                "description": _cut(article, "description", _DESCRIPTION_LIMIT),
                "url": url,
                "picurl": text_of(article, "picurl", missing=None),
            }
        )
    return {"text": "\n".join(article["title"] for article in articles), "extra": {"articles": articles}}


def _mpnews(world: World, account: Account, body: Mapping[str, Any]) -> dict[str, Any]:
    articles = []
    for article in parts_of(body, "articles", most=8, code=45008):
        title = _cut(article, "title", _TITLE_LIMIT, 41016)
        medium = medium_of(world, account, article, "image", "thumb_media_id")
        content = article.get("content")
        if not isinstance(content, str) or not content:
            raise Refused(44004)
        if len(content.encode()) > _PAGE_LIMIT:
            raise Refused(45002)
        if len(text_of(article, "author", missing=None).encode()) > _AUTHOR_LIMIT:
            raise Refused(45032)
        digest = _cut(article, "digest", _DESCRIPTION_LIMIT)
        url = text_of(article, "content_source_url", most=_URL_LIMIT, missing=None)
        articles.append({"title": title, "description": digest, "url": url, "picurl": f"/media/{medium.id}"})
    return {"text": "\n".join(article["title"] for article in articles), "extra": {"articles": articles}}


def _miniprogram_notice(account: Account, body: Mapping[str, Any]) -> dict[str, Any]:
    appid = text_of(body, "appid")
    if account.app_id and appid != account.app_id:
        raise Refused(90207)
    title = text_of(body, "title")
    if not 4 <= len(title) <= 12:
        raise invalid("title exceed utf8 words 4 to 12")
    description = text_of(body, "description", missing=None)
    if description and not 4 <= len(description) <= 12:
        raise invalid("description exceed utf8 words 4 to 12")
    rows = parts_of(body, "content_item", most=10) if body.get("content_item") else []
    items = [{"key": text_of(row, "key", most=64), "value": text_of(row, "value", most=512)} for row in rows]
    if any(len(item["key"]) > 10 or len(item["value"]) > 30 for item in items):
        raise invalid("content_item exceed max utf8 words")
    page = text_of(body, "page", most=1024, missing=None)
    notice = {"appid": appid, "page": page, "title": title, "description": description, "items": items}
    words = [title, description, *(f"{item['key']}：{item['value']}" for item in items)]
    return {"text": "\n".join(word for word in words if word), "extra": {"notice": notice}}


# Group robots


def read_robot_message(world: World, account: Account, kind: str, body: Mapping[str, Any]) -> str:
    """The words of a group robot's message."""
    if kind == "text":
        return _robot_content(body, "text", _ROBOT_TEXT_LIMIT)
    if kind in ("markdown", "markdown_v2"):
        return _robot_content(body, kind, _ROBOT_MARKDOWN_LIMIT)
    if kind == "image":
        _robot_picture(body)
        return ""
    if kind in ("file", "voice"):
        return medium_of(world, account, body, kind).name
    if kind == "news":
        return str(_news(body)["text"])
    if body.get("card_type") not in ("text_notice", "news_notice"):
        raise Refused(42031, "invalid card_type")
    return str(read_template_card(body)["text"])


def _robot_content(body: Mapping[str, Any], kind: str, limit: int) -> str:
    content = text_of(body, "content", most=64 * 1024, missing=44004)
    if len(content.encode()) > limit:
        raise invalid(f"{kind}.content exceed max length {limit}")
    return content


def _robot_picture(body: Mapping[str, Any]) -> None:
    encoded = text_of(body, "base64", most=_PICTURE_LIMIT * 4 // 3 + 64)
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(301019) from error
    if len(data) > _PICTURE_LIMIT:
        raise Refused(40009, "invalid image size")
    if sniff(data) not in ("image/jpeg", "image/png"):
        raise Refused(40123, "invalid image format")
    if hashlib.md5(data, usedforsecurity=False).hexdigest() != str(body.get("md5")).lower():
        raise Refused(301019)
