"""Customer-service accounts, their sessions with people, and the record of what was said."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import Any

from flask import request

from sandbox.api import Refused
from sandbox.media import sniff
from sandbox.official.desk import Answer, Desk, done, whole, word

_MOST_ACCOUNTS, _MOST_RECORDS = 100, 10_000
_PREFIX = re.compile(r"[A-Za-z0-9_]+")
_HEAD_BYTES = 5 * 1024 * 1024
_SENT, _RECEIVED = 2002, 2003


@dataclass(slots=True)
class KfAccount:
    """One customer-service account; in the sandbox everyone is always online."""

    number: str
    account: str
    nickname: str
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """Who looks after a person, and since when."""

    account: str
    since: int


class Service:
    """The customer-service side of the account."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._lock = threading.Lock()
        self._accounts: dict[str, KfAccount] = {}
        self._numbers = 1000
        self._sessions: dict[str, Session] = {}
        """By openid; only people who exist are here, so that it is bounded by their number."""

    def has(self, account: str) -> bool:
        """Whether there is such an account."""
        with self._lock:
            return account in self._accounts

    # Accounts

    def add(self) -> Answer:
        """POST kfaccount/add."""
        data = self.desk.body()
        name = _account_name(data.get("kf_account"))
        nickname = word(data, "nickname", 61451, most=16)
        with self._lock:
            if name in self._accounts:
                raise Refused(61453)
            if len(self._accounts) >= _MOST_ACCOUNTS:
                raise Refused(61456)
            self._numbers += 1
            self._accounts[name] = KfAccount(str(self._numbers), name, nickname)
        return done()

    def update(self) -> Answer:
        """POST kfaccount/update."""
        data = self.desk.body()
        nickname = word(data, "nickname", 61451, most=16)
        with self._lock:
            self._known(data.get("kf_account")).nickname = nickname
        return done()

    def delete(self) -> Answer:
        """GET or POST kfaccount/del; its sessions end with it."""
        wanted = request.args.get("kf_account")
        with self._lock:
            account = self._known(wanted)
            del self._accounts[account.account]
            self._sessions = {key: one for key, one in self._sessions.items() if one.account != account.account}
        return done()

    def invite(self) -> Answer:
        """POST kfaccount/inviteworker: bound at once, because everyone in the sandbox says yes."""
        data = self.desk.body()
        word(data, "invite_wx", 65409, most=64)
        with self._lock:
            self._known(data.get("kf_account"))
        return done()

    def picture(self) -> Answer:
        """POST kfaccount/uploadheadimg."""
        file = request.files.get("media")
        data = file.read(_HEAD_BYTES + 1) if file is not None else b""
        if not data:
            raise Refused(41005)
        if len(data) > _HEAD_BYTES or sniff(data) not in ("image/jpeg", "image/png"):
            raise Refused(61457)
        with self._lock:
            account = self._known(request.args.get("kf_account"))
            medium = self.desk.world.keep(
                self.desk.account, type="picture", content_type=sniff(data), data=data, permanent=True
            )
            account.picture = f"{self.desk.address()}/media/{medium.id}"
        return done()

    def accounts(self) -> Answer:
        """GET getkflist."""
        with self._lock:
            return {
                "kf_list": [
                    {
                        "kf_account": one.account,
                        "kf_headimgurl": one.picture,
                        "kf_id": one.number,
                        "kf_nick": one.nickname,
                    }
                    for one in self._accounts.values()
                ]
            }

    def online(self) -> Answer:
        """GET getonlinekflist."""
        with self._lock:
            busy = [session.account for session in self._sessions.values()]
            return {
                "kf_online_list": [
                    {
                        "kf_account": one.account,
                        "status": 1,
                        "kf_id": one.number,
                        "accepted_case": busy.count(one.account),
                        "auto_accept": 0,
                    }
                    for one in self._accounts.values()
                ]
            }

    def _known(self, account: object) -> KfAccount:
        found = self._accounts.get(account) if isinstance(account, str) else None
        if found is None:
            raise Refused(61452)
        return found

    # Sessions

    def open_session(self) -> Answer:
        """POST kfsession/create, reported by an event."""
        data = self.desk.body()
        person, _ = self.desk.follower(data.get("openid"), gone=65414)
        with self._lock:
            account = self._known(data.get("kf_account")).account
            there = self._sessions.get(person.key)
            if there is not None and there.account != account:
                raise Refused(65413)
            if there is None:
                self._sessions[person.key] = Session(account, self.desk.seconds())
        if there is None:
            self.desk.report(person, Event="kf_create_session", KfAccount=account)
        return done()

    def close_session(self) -> Answer:
        """POST kfsession/close, reported by an event."""
        data = self.desk.body()
        person, _ = self.desk.seat(data.get("openid"))
        with self._lock:
            account = self._known(data.get("kf_account")).account
            there = self._sessions.get(person.key)
            if there is None or there.account != account:
                raise Refused(65414)
            del self._sessions[person.key]
        self.desk.report(person, Event="kf_close_session", KfAccount=account, CloseType="KF")
        return done()

    def session(self) -> Answer:
        """GET kfsession/getsession."""
        person, _ = self.desk.seat(request.args.get("openid"))
        with self._lock:
            session = self._sessions.get(person.key, Session("", 0))
        return {"createtime": session.since, "kf_account": session.account}

    def sessions(self) -> Answer:
        """GET kfsession/getsessionlist."""
        with self._lock:
            account = self._known(request.args.get("kf_account")).account
            found = [
                {"createtime": session.since, "openid": openid}
                for openid, session in self._sessions.items()
                if session.account == account
            ]
        return {"sessionlist": found}

    def waiting(self) -> Answer:
        """GET kfsession/getwaitcase: nobody waits, because everyone is answered or taken over at once."""
        return {"count": 0, "waitcaselist": []}

    # Records

    def records(self) -> Answer:
        """POST msgrecord/getmsglist: texts of at most one day, `number` of them from number `msgid` on."""
        data = self.desk.body()
        start, end = (whole(data.get(name), 65416, least=0, most=10**11) for name in ("starttime", "endtime"))
        if not start < end <= start + 24 * 3600:
            raise Refused(65416)
        first = whole(data.get("msgid", 1), 65416, least=1, most=10**18)
        number = whole(data.get("number", data.get("pagesize", 50)), 65416, least=1, most=_MOST_RECORDS)
        said = sorted(self._said(start, end), key=lambda record: int(record["time"]))
        shown = said[first - 1 : first - 1 + number]
        return {"recordlist": shown, "number": len(shown), "msgid": first + len(shown)}

    def _said(self, start: int, end: int) -> list[dict[str, Any]]:
        found = []
        for person, _ in self.desk.followers():
            with person.lock:
                entries = [
                    entry for entry in person.thread if entry.channel == self.desk.account.key and entry.type == "text"
                ]
            for entry in entries:
                at = int(entry.at.timestamp())
                if start <= at < end and not entry.passive:
                    found.append(
                        {
                            "openid": person.key,
                            "opercode": _RECEIVED if entry.mine else _SENT,
                            "text": entry.text,
                            "time": at,
                            "worker": entry.extra.get("kf_account", ""),
                        }
                    )
        return found


def _account_name(value: object) -> str:
    """`prefix@account`, the prefix of at most ten letters, digits and underscores."""
    prefix, at, suffix = value.partition("@") if isinstance(value, str) else ("", "", "")
    if not at or not prefix or not 1 <= len(suffix) <= 64:
        raise Refused(61452)
    if len(prefix) > 10:
        raise Refused(61454)
    if not _PREFIX.fullmatch(prefix):
        raise Refused(61455)
    return str(value)
