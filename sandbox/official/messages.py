"""Customer-service messages and the typing sign."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sandbox.api import Refused
from sandbox.faults import FaultKind
from sandbox.official.articles import Articles
from sandbox.official.desk import Answer, Desk, done, inside, items, word
from sandbox.official.files import Files
from sandbox.official.service import Service

Shown = dict[str, Any]
"""What a phone shows of a message: `text`, `buttons` and `extra` of an Entry."""

_TEXT_BYTES = 2048


class Messages:
    """What the account sends to one person within the customer-service window."""

    def __init__(self, desk: Desk, files: Files, articles: Articles, service: Service) -> None:
        self.desk = desk
        self.files = files
        self.articles = articles
        self.service = service
        self._readers: dict[str, Callable[[Mapping[str, Any]], Shown]] = {
            "text": self._text,
            "image": self._medium("image"),
            "voice": self._medium("voice"),
            "video": self._video,
            "music": self._music,
            "news": self._news,
            "mpnews": self._mpnews,
            "mpnewsarticle": self._mpnewsarticle,
            "msgmenu": self._msgmenu,
            "wxcard": self._card,
            "miniprogrampage": self._miniprogram,
        }

    def custom_send(self) -> Answer:
        """POST message/custom/send."""
        desk = self.desk
        data = desk.body()
        person, _ = desk.follower(data.get("touser"), gone=45015)
        values = self.read(data, self._readers)
        account = self._by_account(data)
        for fault, code in ((FaultKind.WINDOW_CLOSED, 45015), (FaultKind.WINDOW_USED_UP, 45047)):
            if desk.platform.bites(fault):
                raise Refused(code)
        refused = desk.world.use_window(person, desk.account.key)
        if refused:
            raise Refused(refused)
        extra = values.setdefault("extra", {})
        context = data.get("aimsgcontext")
        if isinstance(context, dict) and context.get("is_ai_msg") == 1:
            extra["by_ai"] = True
        if account:
            extra["kf_account"] = account
        desk.show(person, data, type=str(data["msgtype"]), **values)
        return done()

    def typing(self) -> Answer:
        """POST message/custom/typing."""
        world = self.desk.world
        data = self.desk.body()
        person, seat = self.desk.follower(data.get("touser"), gone=45080)
        command = data.get("command")
        if command not in ("Typing", "CancelTyping"):
            raise Refused(45072)
        with person.lock:
            recent = timedelta(seconds=world.rules.typing_seconds)
            if seat.acted_at is None or world.clock.now() - seat.acted_at > recent:
                raise Refused(45080)
            if command == "Typing" and seat.typing:
                raise Refused(45081)
            seat.typing = command == "Typing"
        return done()

    def read(
        self, data: Mapping[str, Any], readers: Mapping[str, Callable[[Mapping[str, Any]], Shown]] | None = None
    ) -> Shown:
        """What the phone shows of the message in the body. Raises Refused as the platform would for a bad one."""
        kind = data.get("msgtype")
        reader = (readers or self._readers).get(kind) if isinstance(kind, str) else None
        if reader is None:
            raise Refused(40008)
        return reader(inside(data, str(kind)))

    def _by_account(self, data: Mapping[str, Any]) -> str:
        """The customer-service account in whose name the message is sent, if one is given."""
        given = data.get("customservice")
        if given is None:
            return ""
        account = inside(data, "customservice").get("kf_account")
        if not isinstance(account, str) or not self.service.has(account):
            raise Refused(65401)
        return account

    def _text(self, body: Mapping[str, Any]) -> Shown:
        return {"text": _content(body.get("content"))}

    def _medium(self, kind: str) -> Callable[[Mapping[str, Any]], Shown]:
        def read(body: Mapping[str, Any]) -> Shown:
            return {"text": "", "extra": {"media_id": self.files.find(body.get("media_id"), kind).id}}

        return read

    def _thumb(self, body: Mapping[str, Any]) -> str:
        return self.files.find(body.get("thumb_media_id"), "thumb", "image").id

    def _video(self, body: Mapping[str, Any]) -> Shown:
        medium = self.files.find(body.get("media_id"), "video")
        thumb = self._thumb(body) if body.get("thumb_media_id") else ""
        title, description = _title(body)
        return {
            "text": title,
            "extra": {"media_id": medium.id, "thumb_media_id": thumb, "title": title, "description": description},
        }

    def _music(self, body: Mapping[str, Any]) -> Shown:
        title, description = _title(body)
        music = {
            "title": title,
            "description": description,
            "url": _url(body.get("musicurl")),
            "hq_url": _url(body.get("hqmusicurl") or body.get("musicurl")),
            "thumb_media_id": self._thumb(body),
        }
        return {"text": title, "extra": {"music": music}}

    @staticmethod
    def _news(body: Mapping[str, Any]) -> Shown:
        if body.get("articles") == []:
            raise Refused(44003)
        articles = []
        for article in items(body, "articles", 45008, most=1):
            title, description = _title(article)
            url, picture = (word(article, name, 45005, least=0, most=2048) for name in ("url", "picurl"))
            articles.append({"title": title, "description": description, "url": url, "picurl": picture})
        return {"text": articles[0]["title"], "extra": {"articles": articles}}

    def _mpnews(self, body: Mapping[str, Any]) -> Shown:
        draft = self.articles.draft(body.get("media_id"))
        if draft is None:
            raise Refused(40007)
        return self.articles.on_phone(draft)

    def _mpnewsarticle(self, body: Mapping[str, Any]) -> Shown:
        publication = self.articles.publication(body.get("article_id"))
        if publication is None or publication.article_id != body.get("article_id"):
            raise Refused(53600)
        return self.articles.on_phone(publication.draft)

    @staticmethod
    def _msgmenu(body: Mapping[str, Any]) -> Shown:
        listed = items(body, "list", 47001, most=100)
        # Both parts come as numbers from some programs, and the platform takes them.
        buttons = [{"key": _part(item, "id"), "label": _part(item, "content")} for item in listed]
        if any(not button["key"] or not button["label"] for button in buttons):
            raise Refused(44004)
        head, tail = (word(body, name, 45002, least=0, most=_TEXT_BYTES) for name in ("head_content", "tail_content"))
        _content(head + tail + "".join(button["label"] for button in buttons))
        return {
            "text": "\n".join(part for part in (head, tail) if part),
            "buttons": buttons,
            "extra": {"head": head, "tail": tail},
        }

    @staticmethod
    def _card(body: Mapping[str, Any]) -> Shown:
        return {"text": "", "extra": {"card_id": word(body, "card_id", 40073, most=64)}}

    def _miniprogram(self, body: Mapping[str, Any]) -> Shown:
        app_id = word(body, "appid", 40013, most=32)
        if not app_id.startswith("wx"):
            raise Refused(40013)
        title, _ = _title(body)
        program = {
            "title": title,
            "appid": app_id,
            "pagepath": word(body, "pagepath", 40165, most=1024),
            "thumb_media_id": self._thumb(body),
        }
        return {"text": title, "extra": {"miniprogram": program}}


def _content(content: object) -> str:
    if not isinstance(content, str) or not content:
        raise Refused(44004)
    if len(content.encode()) > _TEXT_BYTES:
        raise Refused(45002)
    return content


def _part(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _title(body: Mapping[str, Any]) -> tuple[str, str]:
    title = word(body, "title", 45003, least=0, most=512)
    return title, word(body, "description", 45004, least=0, most=1024)


def _url(value: object) -> str:
    if not isinstance(value, str) or not value.startswith(("http://", "https://")):
        raise Refused(40035)
    if len(value) > 2048:
        raise Refused(45005)
    return value
