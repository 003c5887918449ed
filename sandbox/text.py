"""What a WeChat client makes of a text message: plain words, tappable menu links, and web links."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_ANCHOR = re.compile(
    r"""<a\s+href\s*=\s*(?:"([^"<>]{1,2048})"|'([^'<>]{1,2048})')[^<>]{0,200}>([^<]{0,1024})</a>""", re.IGNORECASE
)


def segments(text: str) -> list[dict[str, Any]]:
    """The text cut into `{"text"}`, `{"text", "link": {"id", "content"}}` and `{"text", "url"}`, in order.

    Everything that is not one of the two known links is plain text, tags included.
    """
    found: list[dict[str, Any]] = []
    end = 0
    for match in _ANCHOR.finditer(text):
        target = html.unescape(match[1] or match[2])
        part = _link(target)
        if part is None:
            continue
        if match.start() > end:
            found.append({"text": text[end : match.start()]})
        found.append({"text": html.unescape(match[3]), **part})
        end = match.end()
    if end < len(text):
        found.append({"text": text[end:]})
    return found


def _link(target: str) -> dict[str, Any] | None:
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    if parts.scheme == "weixin" and parts.netloc == "bizmsgmenu":
        try:
            query = dict(parse_qsl(parts.query, keep_blank_values=True, max_num_fields=8))
        except ValueError:
            return None
        content = query.get("msgmenucontent", "")
        return {"link": {"id": query.get("msgmenuid", ""), "content": content}} if content else None
    return {"url": target} if parts.scheme in ("http", "https") and parts.netloc else None


def links_in(text: str) -> list[dict[str, Any]]:
    """The tappable menu links: `{"id", "content", "label"}`."""
    if "weixin://" not in text:
        return []
    return [{**part["link"], "label": part["text"]} for part in segments(text) if "link" in part]


def cut_utf8(text: str, limit: int) -> str:
    """The longest beginning of `text` that is at most `limit` bytes of UTF-8."""
    return text.encode("utf-8", "ignore")[:limit].decode("utf-8", "ignore")
