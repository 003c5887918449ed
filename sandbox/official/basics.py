"""Tokens, tickets, quotas and the platform's own addresses."""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import request

from sandbox.api import Refused
from sandbox.faults import FaultKind
from sandbox.official.desk import Answer, Call, Desk, done

_RID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}")
_TICKETS = ("jsapi", "wx_card")


class Basics:
    """What every program asks first."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.table: Mapping[str, Call] = {}
        """Every call by its path, for quota/get; set once the table is complete."""
        self._lock = threading.Lock()
        self._tickets: dict[str, tuple[str, datetime]] = {}

    def _owner(self, app_id: object, secret: object, grant: object) -> None:
        if self.desk.platform.bites(FaultKind.OFFICIAL_ADDRESS):
            address = request.remote_addr
            raise Refused(40164, f"invalid ip {address} ipv6 ::ffff:{address}, not in whitelist")
        if grant != "client_credential":
            raise Refused(40002)
        if not app_id:
            raise Refused(41002)
        if app_id != self.desk.account.app_id:
            raise Refused(40013)
        if not secret:
            raise Refused(41004)
        if secret != self.desk.account.secret:
            raise Refused(40125)

    def token(self) -> Answer:
        """GET token."""
        self._owner(request.args.get("appid"), request.args.get("secret"), request.args.get("grant_type"))
        text, seconds = self.desk.platform.tokens.classic()
        return {"access_token": text, "expires_in": seconds}

    def stable_token(self) -> Answer:
        """POST stable_token."""
        data = self.desk.body()
        self._owner(data.get("appid"), data.get("secret"), data.get("grant_type"))
        given = self.desk.platform.tokens.stable(force=data.get("force_refresh") is True)
        if given is None:
            raise Refused(45011)
        return {"access_token": given[0], "expires_in": given[1]}

    def ticket(self) -> Answer:
        """GET ticket/getticket: the same one until it ends."""
        kind = request.args.get("type")
        if kind not in _TICKETS:
            raise Refused(40097)
        now = self.desk.world.clock.now()
        with self._lock:
            text, until = self._tickets.get(kind, ("", now))
            if now >= until:
                until = now + timedelta(seconds=self.desk.world.rules.token_seconds)
                text = secrets.token_urlsafe(64)
                self._tickets[kind] = (text, until)
        return done(ticket=text, expires_in=int((until - now).total_seconds()))

    def addresses(self) -> Answer:
        """GET getcallbackip and get_api_domain_ip."""
        return {"ip_list": ["127.0.0.1"]}

    def callback_check(self) -> Answer:
        """POST callback/check: what the platform sees of the callback address; nothing is asked of the network."""
        data = self.desk.body()
        action, operator = data.get("action"), data.get("check_operator", "DEFAULT")
        if action not in ("dns", "ping", "all"):
            raise Refused(40202)
        if operator not in ("CHINANET", "UNICOM", "CAP", "DEFAULT"):
            raise Refused(40203)
        host = urlsplit(self.desk.account.callback_url).hostname
        if not host:
            raise Refused(40201)
        address = host if re.fullmatch(r"[0-9.]+|[0-9a-f:]+", host) else "127.0.0.1"
        dns = [{"ip": address, "real_operator": operator}]
        ping = [{"ip": address, "from_operator": operator, "package_loss": "0%", "time": "0.100ms"}]
        return {
            **({"dns": dns} if action != "ping" else {}),
            **({"ping": ping} if action != "dns" else {}),
        }

    # Quotas

    def clear_quota(self) -> Answer:
        """POST clear_quota."""
        if self.desk.body().get("appid") != self.desk.account.app_id:
            raise Refused(40013)
        return self._clear()

    def clear_quota_by_secret(self) -> Answer:
        """POST clear_quota/v2, which wants the secret instead of a token; it counts among the same ten a month."""
        data = self.desk.body()
        if data.get("appid") != self.desk.account.app_id:
            raise Refused(40013)
        if data.get("appsecret") != self.desk.account.secret:
            raise Refused(40125)
        return self._clear()

    def _clear(self) -> Answer:
        try:
            self.desk.platform.monthly.use("clear_quota", self.desk.world.rules.clear_quota_monthly)
        except Refused as error:
            raise Refused(48006) from error
        self.desk.platform.quota.clear()
        return done()

    def quota_get(self) -> Answer:
        """POST openapi/quota/get."""
        path = str(self.desk.body().get("cgi_path") or "").strip("/")
        call = self.table.get(path)
        if call is None:
            raise Refused(76021)
        used = self.desk.platform.quota.used(path)
        quota = {"daily_limit": 0, "used": 0, "remain": 0}
        if call.daily is not None:
            used = min(used, call.daily)
            quota = {"daily_limit": call.daily, "used": used, "remain": call.daily - used}
        return done(quota=quota)

    def rid_get(self) -> Answer:
        """POST openapi/rid/get: the call that was refused with this rid."""
        rid = self.desk.body().get("rid")
        if not isinstance(rid, str) or not _RID.fullmatch(rid):
            raise Refused(76002)
        for call in self.desk.world.log.listed():
            if call["direction"] == "api" and f"rid: {rid}" in call["response_raw"]:
                return done(request=self._described(call))
        raise Refused(76001)

    def _described(self, call: dict[str, Any]) -> dict[str, Any]:
        return {
            "invoke_time": int(datetime.fromisoformat(call["at"]).timestamp()),
            "cost_in_ms": int(call["seconds"] * 1000),
            "request_url": re.sub(r"(access_token|secret)=[^&]*", r"\1=*", call["path"]),
            "request_body": call["request_raw"],
            "response_body": call["response_raw"],
            "client_ip": request.remote_addr,
        }
