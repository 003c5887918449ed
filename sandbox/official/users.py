"""Followers: who they are, in pages and one by one, remarks, and the blacklist."""

from __future__ import annotations

from typing import Any

from flask import request

from sandbox.official.desk import Answer, Desk, done, items, page, word
from sandbox.state import Person, Seat

_MOST_AT_ONCE, _MOST_BLOCKED_AT_ONCE = 100, 20


class Users:
    """What the account may know of people."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def info(self) -> Answer:
        """GET user/info."""
        return self._described(request.args.get("openid"))

    def batch(self) -> Answer:
        """POST user/info/batchget."""
        wanted = items(self.desk.body(), "user_list", 40032, most=_MOST_AT_ONCE)
        return {"user_info_list": [self._described(one.get("openid")) for one in wanted]}

    def followers(self) -> Answer:
        """GET user/get: 10,000 at a time, after `next_openid`."""
        openids = [person.key for person, _ in self.desk.followers()]
        return {"total": len(openids), **page(openids, request.args.get("next_openid"))}

    def remark(self) -> Answer:
        """POST user/info/updateremark: at most thirty characters."""
        data = self.desk.body()
        person, seat = self.desk.follower(data.get("openid"), gone=40003)
        remark = word(data, "remark", 40035, least=0, most=30)
        with person.lock:
            seat.remark = remark
        return done()

    def blacklist(self) -> Answer:
        """POST tags/members/getblacklist."""
        blocked = [person.key for person, seat in self.desk.followers() if seat.blacklisted]
        return {"total": len(blocked), **page(blocked, self.desk.body().get("begin_openid"))}

    def block(self) -> Answer:
        """POST tags/members/batchblacklist."""
        return self._block(blacklisted=True)

    def unblock(self) -> Answer:
        """POST tags/members/batchunblacklist."""
        return self._block(blacklisted=False)

    def _block(self, *, blacklisted: bool) -> Answer:
        openids = items(self.desk.body(), "openid_list", 40032, most=_MOST_BLOCKED_AT_ONCE, kind=str)
        for person, seat in [self.desk.seat(openid) for openid in openids]:
            with person.lock:
                seat.blacklisted = blacklisted
        return done()

    def _described(self, openid: object) -> dict[str, Any]:
        """No names or pictures since the end of 2021; nothing at all of somebody who has left."""
        person, seat = self.desk.seat(openid)
        with person.lock:
            return _following(person, seat) if seat.following else {"subscribe": 0, "openid": person.key}


def _following(person: Person, seat: Seat) -> dict[str, Any]:
    number = int(seat.scene) if seat.scene.isascii() and seat.scene.isdigit() and len(seat.scene) <= 10 else 0
    return {
        "subscribe": 1,
        "openid": person.key,
        "language": "zh_CN",
        "subscribe_time": int(seat.followed_at.timestamp()) if seat.followed_at else 0,
        "remark": seat.remark,
        "groupid": seat.tags[0] if seat.tags else 0,
        "tagid_list": list(seat.tags),
        "subscribe_scene": "ADD_SCENE_QR_CODE" if seat.scene else "ADD_SCENE_SEARCH",
        "qr_scene": number,
        "qr_scene_str": "" if number else seat.scene,
    }
