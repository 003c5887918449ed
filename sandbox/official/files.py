"""Files: temporary media for three days, pictures for articles, and permanent material."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from sandbox.api import Refused
from sandbox.media import sniff
from sandbox.official.articles import Articles
from sandbox.official.desk import Answer, Desk, done, whole, word
from sandbox.stores import Medium, Recent

_MB = 1024 * 1024
_KINDS = {
    "image": (10 * _MB, ("image/jpeg", "image/png", "image/gif")),
    "voice": (2 * _MB, ("audio/amr", "audio/mpeg")),
    "video": (10 * _MB, ("video/mp4",)),
    "thumb": (64 * 1024, ("image/jpeg",)),
}
_LISTED = ("image", "voice", "video")
_FILE_NAME = re.compile(r"[^\w.-]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Material:
    """What is known of a permanent file besides its bytes."""

    medium: Medium
    title: str
    introduction: str


class Files:
    """The account's files; `articles` stand in the same lists as permanent material."""

    def __init__(self, desk: Desk, articles: Articles) -> None:
        self.desk = desk
        self.articles = articles
        self._kept: Recent[str, Material] = Recent(desk.world.config.bounds.media_count)

    def find(self, media_id: object, *kinds: str) -> Medium:
        """The file of one of these kinds, temporary or permanent. Raises Refused with 40007."""
        medium = self.desk.world.medium(self.desk.account, media_id)
        if medium is None or medium.type not in kinds:
            raise Refused(40007)
        return medium

    # Temporary media

    def upload(self) -> Answer:
        """POST media/upload."""
        medium = self._received(_asked_kind())
        return {"type": medium.type, "media_id": medium.id, "created_at": int(medium.created_at.timestamp())}

    def get(self) -> Answer:
        """GET media/get: the bytes; a video comes as an address."""
        medium = self.find(request.args.get("media_id"), *_KINDS)
        if medium.type == "video":
            return {"video_url": self._address(medium)}
        return _bytes(medium)

    def get_voice(self) -> Answer:
        """GET media/get/jssdk: a voice recorded in a web page, which the platform gives as speex."""
        return _bytes(self.find(request.args.get("media_id"), "voice"), content_type="voice/speex")

    def upload_picture(self) -> Answer:
        """POST media/uploadimg: a picture for the text of an article, of at most 1 MB, which does not expire."""
        data, name = _file(_MB, too_large=40009)
        content_type = sniff(data)
        if content_type not in ("image/jpeg", "image/png"):
            raise Refused(40005)
        medium = self.desk.world.keep(
            self.desk.account, type="picture", content_type=content_type, data=data, name=name, permanent=True
        )
        return {"url": self._address(medium)}

    def upload_video(self) -> Answer:
        """POST media/uploadvideo: a temporary video with a title, for a message to many."""
        data = self.desk.body()
        medium = self.find(data.get("media_id"), "video")
        title = word(data, "title", 45003, least=0, most=64)
        word(data, "description", 45004, least=0, most=512)
        copy = self.desk.world.keep(
            self.desk.account, type="video", content_type=medium.content_type, data=medium.data, name=title
        )
        return {"type": "video", "media_id": copy.id, "created_at": int(copy.created_at.timestamp())}

    def _received(self, kind: str, *, permanent: bool = False) -> Medium:
        limit, types = _KINDS[kind]
        data, name = _file(limit, too_large=45001)
        content_type = sniff(data)
        if content_type not in types:
            raise Refused(40005)
        return self.desk.world.keep(
            self.desk.account, type=kind, content_type=content_type, data=data, name=name, permanent=permanent
        )

    def _address(self, medium: Medium) -> str:
        return f"{self.desk.address()}/media/{medium.id}"

    # Permanent material

    def add(self) -> Answer:
        """POST material/add_material; a video wants its title and introduction, in the form or in the query."""
        kind = _asked_kind()
        title, introduction = _described() if kind == "video" else ("", "")
        medium = self._received(kind, permanent=True)
        self._kept.put(medium.id, Material(medium, title, introduction))
        return {"media_id": medium.id, **({"url": self._address(medium)} if kind in ("image", "thumb") else {})}

    def material(self) -> Answer:
        """POST material/get_material: an article as JSON, a video as an address, anything else as bytes."""
        media_id = self.desk.body().get("media_id")
        found = self.articles.draft(media_id)
        if found is not None:
            return {"news_item": self.articles.shown(found)}
        kept = self._material(media_id)
        if kept.medium.type == "video":
            return {
                "title": kept.title,
                "description": kept.introduction,
                "down_url": self._address(kept.medium),
            }
        return _bytes(kept.medium)

    def delete(self) -> Answer:
        """POST material/del_material."""
        media_id = self.desk.body().get("media_id")
        if self.articles.draft(media_id) is None:
            kept = self._material(media_id)
            self._kept.take(kept.medium.id)
            self.desk.world.media.remove(kept.medium.id)
        else:
            self.articles.forget(str(media_id))
        return done()

    def count(self) -> Answer:
        """GET material/get_materialcount."""
        counts = {f"{kind}_count": len(self._of(kind)) for kind in _LISTED}
        return {**counts, "news_count": self.articles.number()}

    def batch(self) -> Answer:
        """POST material/batchget_material: newest first, at most twenty."""
        data = self.desk.body()
        kind = data.get("type")
        offset = whole(data.get("offset", 0), 40097, least=0, most=10**9)
        count = whole(data.get("count", 20), 40097, least=1, most=20)
        if kind == "news":
            return self.articles.listed(offset, count, content=True)
        if kind not in _LISTED:
            raise Refused(40004)
        found = self._of(kind)
        shown = [self._listed(material) for material in found[offset : offset + count]]
        return {"total_count": len(found), "item_count": len(shown), "item": shown}

    def _of(self, kind: str) -> list[Material]:
        return [kept for _, kept in reversed(self._kept.items()) if kept.medium.type == kind]

    def _listed(self, material: Material) -> dict[str, Any]:
        medium = material.medium
        return {
            "media_id": medium.id,
            "name": material.title or medium.name,
            "update_time": int(medium.created_at.timestamp()),
            "url": self._address(medium) if medium.type == "image" else "",
        }

    def _material(self, media_id: object) -> Material:
        kept = self._kept.get(media_id) if isinstance(media_id, str) else None
        if kept is None or self.desk.world.media.get(kept.medium.id) is None:
            raise Refused(40007)
        return kept


def _asked_kind() -> str:
    kind = request.args.get("type") or request.form.get("type") or ""
    if kind not in _KINDS:
        raise Refused(40004)
    return kind


def _file(limit: int, *, too_large: int) -> tuple[bytes, str]:
    file = request.files.get("media")
    if file is None:
        raise Refused(41005)
    data = file.read(limit + 1)
    if not data:
        raise Refused(44001)
    if len(data) > limit:
        raise Refused(too_large)
    return data, file.filename or ""


def _described() -> tuple[str, str]:
    try:
        given = json.loads(request.form.get("description") or request.args.get("description") or "")
    except (ValueError, RecursionError) as error:
        raise Refused(47001) from error
    if not isinstance(given, dict):
        raise Refused(47001)
    title, introduction = str(given.get("title") or ""), str(given.get("introduction") or "")
    if not title or len(title) > 64:
        raise Refused(45003)
    if len(introduction) > 512:
        raise Refused(45004)
    return title, introduction


def _bytes(medium: Medium, *, content_type: str = "") -> Response:
    response = Response(medium.data, content_type=content_type or medium.content_type)
    response.headers.set("Content-Disposition", "attachment", filename=_FILE_NAME.sub("_", medium.name))
    return response
