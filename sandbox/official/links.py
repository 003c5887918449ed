"""QR codes with a scene, and short addresses and keys."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Response, request

from sandbox.api import Refused
from sandbox.media import code_picture
from sandbox.official.desk import Answer, Desk, done, whole, word
from sandbox.stores import Recent

_TEMPORARY, _LASTING = ("QR_SCENE", "QR_STR_SCENE"), ("QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE")
_MOST_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Short:
    """What a short key stands for."""

    long: str
    created: datetime
    until: datetime


class Links:
    """What can be scanned or shortened."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._short: Recent[str, Short] = Recent(desk.world.config.bounds.ledger)

    def create_code(self) -> Answer:
        """POST qrcode/create."""
        data = self.desk.body()
        action = data.get("action_name")
        if action not in (*_TEMPORARY, *_LASTING):
            raise Refused(40052)
        lasting = action in _LASTING
        scene = _scene(data.get("action_info"), text="STR" in action, lasting=lasting)
        seconds = whole(data.get("expire_seconds", 60), 40053, least=1, most=_MOST_SECONDS)
        ticket = "gQ" + secrets.token_urlsafe(64)
        until = None if lasting else self.desk.world.clock.now() + timedelta(seconds=seconds)
        url = f"http://weixin.qq.com/q/{secrets.token_urlsafe(16)}"
        self.desk.world.scenes.put(ticket, {"scene": scene, "until": until, "url": url})
        answer: dict[str, Any] = {"ticket": ticket, "url": url}
        return answer if lasting else {**answer, "expire_seconds": seconds}

    def show_code(self) -> Answer:
        """GET showqrcode, which wants no token."""
        ticket = request.args.get("ticket") or ""
        scene = self.desk.world.scenes.get(ticket)
        if scene is None or scene["until"] is not None and self.desk.world.clock.now() >= scene["until"]:
            return Response("", status=404)
        return Response(code_picture(ticket), content_type="image/png")

    def shorten_address(self) -> Answer:
        """POST shorturl; the address it gives leads nowhere in the sandbox."""
        data = self.desk.body()
        if data.get("action") != "long2short":
            raise Refused(40035)
        long = word(data, "long_url", 40039, most=2048)
        if not long.startswith(("http://", "https://", "weixin://")):
            raise Refused(40035)
        return done(short_url=f"https://w.url.cn/s/{secrets.token_urlsafe(6)}")

    def shorten(self) -> Answer:
        """POST shorten/gen: any text of at most 4 KB, for at most thirty days."""
        data = self.desk.body()
        long = word(data, "long_data", 40035, most=4096)
        if len(long.encode()) > 4096:
            raise Refused(40035)
        seconds = whole(data.get("expire_seconds", _MOST_SECONDS), 40035, least=1, most=_MOST_SECONDS)
        now = self.desk.world.clock.now()
        key = secrets.token_urlsafe(11)
        self._short.put(key, Short(long, now, now + timedelta(seconds=seconds)))
        return done(short_key=key)

    def lengthen(self) -> Answer:
        """POST shorten/fetch."""
        short = self._short.get(word(self.desk.body(), "short_key", 40035, most=64))
        now = self.desk.world.clock.now()
        if short is None or now >= short.until:
            raise Refused(40035)
        left = int((short.until - now).total_seconds())
        return done(long_data=short.long, create_time=int(short.created.timestamp()), expire_seconds=left)


def _scene(info: object, *, text: bool, lasting: bool) -> str:
    scene = info.get("scene") if isinstance(info, dict) else None
    if not isinstance(scene, dict):
        raise Refused(40053)
    if text:
        return word(scene, "scene_str", 40053, most=64)
    return str(whole(scene.get("scene_id"), 40053, least=1, most=100_000 if lasting else 2**32 - 1))
