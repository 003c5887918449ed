"""Group robots: an address with a key that writes into one group, and a list of what came."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from flask import request

from sandbox.api import Refused
from sandbox.wecom.bodies import body_of, read_robot_message
from sandbox.wecom.corp import App, Robot
from sandbox.wecom.media import keep_upload

_KINDS = ("text", "markdown", "markdown_v2", "image", "news", "file", "voice", "template_card")
_MEGABYTE = 1024 * 1024
_UPLOADS: dict[str, tuple[int, tuple[str, ...]]] = {
    "file": (20 * _MEGABYTE, ()),
    "voice": (2 * _MEGABYTE, ("audio/amr",)),
}


def send(app: App) -> dict[str, Any]:
    """POST webhook/send?key=…; the key is all it needs."""
    robot = app.corp.robots.get(request.args.get("key") or "")
    if robot is None:
        raise Refused(93000)
    data = app.body()
    kind, body = body_of(data, _KINDS)
    words = read_robot_message(app.world, app.account, kind, body)
    _count(app, robot)
    raw = "" if kind == "image" else json.dumps(data, ensure_ascii=False)[:8192]
    robot.got.append({"at": app.world.clock.now().isoformat(), "msgtype": kind, "text": words, "raw": raw})
    return {"errcode": 0, "errmsg": "ok"}


def _count(app: App, robot: Robot) -> None:
    """Raises Refused with 45009 when there were too many within a minute."""
    now = app.world.clock.now()
    with app.corp.lock:
        recent = [at for at in robot.at if now - at < timedelta(minutes=1)]
        if len(recent) >= app.world.rules.robot_per_minute:
            raise Refused(45009)
        robot.at.append(now)


def upload(app: App) -> dict[str, Any]:
    """POST webhook/upload_media?key=…&type=file."""
    if (request.args.get("key") or "") not in app.corp.robots:
        raise Refused(40058, "invalid param 'key'")
    kind = request.args.get("type") or ""
    if kind not in _UPLOADS:
        raise Refused(40004)
    medium = keep_upload(app, kind, *_UPLOADS[kind])
    created = str(int(medium.created_at.timestamp()))
    return {"errcode": 0, "errmsg": "ok", "type": kind, "media_id": medium.id, "created_at": created}
