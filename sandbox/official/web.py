"""Pages in the browser of WeChat: signing in to a web page, and agreeing to one message of it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from flask import Response, render_template, request

from sandbox.api import Refused
from sandbox.config import Abilities
from sandbox.official.desk import Answer, Desk, done
from sandbox.official.notices import MOST_SCENE, one_off_key
from sandbox.state import Person
from sandbox.stores import Recent

_SCOPES = ("snsapi_base", "snsapi_userinfo")
_MOST_PEOPLE = 200
_SAFE = "%/:=&?~#+!$,;'@()*[]"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person allowed a web page."""

    openid: str
    scope: str
    until: datetime


class Web:
    """Codes, their tokens, and the pages on which a person is chosen (a real phone knows who holds it)."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        ledger = desk.world.config.bounds.ledger
        self._codes: Recent[str, Grant] = Recent(ledger)
        self._used: Recent[str, bool] = Recent(ledger)
        self._tokens: Recent[str, Grant] = Recent(ledger)
        self._refresh: Recent[str, Grant] = Recent(ledger)

    # Signing in

    def authorize(self) -> Answer:
        """GET connect/oauth2/authorize: choose a person, then back with a code and the state."""
        scope, target = request.args.get("scope") or "", request.args.get("redirect_uri") or ""
        if request.args.get("appid") != self.desk.account.app_id:
            return _mistake("appid 参数错误", 10013)
        if self.desk.account.abilities is not Abilities.SERVICE or scope not in _SCOPES:
            return _mistake("Scope 参数错误或没有 Scope 权限", 10005)
        if request.args.get("response_type") != "code":
            return _mistake("response_type 参数错误", 10004)
        if not _web_address(target, self.desk.account.redirect_domains):
            return _mistake("redirect_uri 参数错误", 10003)
        person = self._chosen()
        if person is None:
            return self._choose("用谁的微信打开？", request.args.get("appid", ""))
        code = secrets.token_urlsafe(24)
        self._codes.put(code, Grant(person.key, scope, self._in(self.desk.world.rules.oauth_code_seconds)))
        return _redirect(target, code=code, state=request.args.get("state") or "")

    def access_token(self) -> Answer:
        """GET sns/oauth2/access_token: a code is used once and lives five minutes."""
        self._owner()
        if request.args.get("grant_type") != "authorization_code":
            raise Refused(40002)
        code = request.args.get("code")
        if not code:
            raise Refused(41008)
        grant = self._codes.take(code)
        if grant is None:
            raise Refused(40163 if self._used.get(code) else 40029)
        self._used.put(code, True)
        if self.desk.world.clock.now() >= grant.until:
            raise Refused(40029)
        return self._granted(grant, secrets.token_urlsafe(48))

    def refresh(self) -> Answer:
        """GET sns/oauth2/refresh_token: for thirty days, without the secret."""
        if request.args.get("appid") != self.desk.account.app_id:
            raise Refused(40013)
        if request.args.get("grant_type") != "refresh_token":
            raise Refused(40002)
        text = request.args.get("refresh_token") or ""
        return self._granted(self._alive(self._refresh, text, missing=41003, unknown=40030, over=42002), text)

    def user_info(self) -> Answer:
        """GET sns/userinfo, for the scope snsapi_userinfo only."""
        grant = self._token()
        if grant.scope != "snsapi_userinfo":
            raise Refused(48001)
        person, _ = self.desk.seat(grant.openid)
        return {
            "openid": person.key,
            "nickname": person.name,
            "sex": 0,
            "language": "",
            "city": "",
            "province": "",
            "country": "",
            "headimgurl": "",
            "privilege": [],
        }

    def check(self) -> Answer:
        """GET sns/auth."""
        self._token()
        return done()

    def _owner(self) -> None:
        if request.args.get("appid") != self.desk.account.app_id:
            raise Refused(40013)
        if request.args.get("secret") != self.desk.account.secret:
            raise Refused(40125)

    def _granted(self, grant: Grant, refresh_token: str) -> dict[str, Any]:
        rules = self.desk.world.rules
        token = secrets.token_urlsafe(48)
        self._tokens.put(token, Grant(grant.openid, grant.scope, self._in(rules.token_seconds)))
        if self._refresh.get(refresh_token) is None:
            self._refresh.put(refresh_token, Grant(grant.openid, grant.scope, self._in(rules.refresh_token_seconds)))
        return {
            "access_token": token,
            "expires_in": rules.token_seconds,
            "refresh_token": refresh_token,
            "openid": grant.openid,
            "scope": grant.scope,
        }

    def _alive(self, grants: Recent[str, Grant], text: str, *, missing: int, unknown: int, over: int) -> Grant:
        """What a token stands for; the codes are those of one that is missing, unknown or over."""
        if not text:
            raise Refused(missing)
        grant = grants.get(text)
        if grant is None:
            raise Refused(unknown)
        if self.desk.world.clock.now() >= grant.until:
            raise Refused(over)
        return grant

    def _token(self) -> Grant:
        text = request.args.get("access_token") or ""
        grant = self._alive(self._tokens, text, missing=41001, unknown=40001, over=42001)
        if request.args.get("openid") != grant.openid:
            raise Refused(40003)
        return grant

    # Agreeing to one message

    def confirm(self) -> Answer:
        """GET mp/subscribemsg: choose who agrees to one message of this template in this scene."""
        args = request.args
        template, scene, target = args.get("template_id") or "", args.get("scene") or "", args.get("redirect_url") or ""
        if args.get("action") != "get_confirm" or args.get("appid") != self.desk.account.app_id:
            return _mistake("appid 参数错误", 10013)
        fine = scene.isascii() and scene.isdigit() and len(scene) <= 5 and int(scene) <= MOST_SCENE
        fine = fine and 1 <= len(template) <= 128
        if not fine or not _web_address(target, self.desk.account.redirect_domains):
            return _mistake("redirect_url 参数错误", 10003)
        person = self._chosen()
        if person is None:
            return self._choose("谁同意接收一次通知？", template)
        key = one_off_key(template, int(scene))
        seat = person.seats[self.desk.account.key]
        with person.lock:
            if key in seat.accepted or len(seat.accepted) < 50:
                seat.accepted[key] = seat.accepted.get(key, 0) + 1
        return _redirect(
            target,
            openid=person.key,
            template_id=template,
            action="confirm",
            scene=scene,
            reserved=args.get("reserved") or "",
        )

    # The pages

    def _in(self, seconds: float) -> datetime:
        return self.desk.world.clock.now() + timedelta(seconds=seconds)

    def _chosen(self) -> Person | None:
        openid = request.args.get("choose") or ""
        return self.desk.world.on_channel(openid, self.desk.account.key)

    def _choose(self, title: str, detail: str) -> Response:
        key = self.desk.account.key
        query = [(name, value) for name, value in request.args.items() if name != "choose"]
        people = [person for person in self.desk.world.people() if key in person.seats][:_MOST_PEOPLE]
        links = [(person.name, "?" + urlencode([*query, ("choose", person.key)])) for person in people]
        return _html(render_template("choose.html", title=title, detail=detail, links=links))


def _web_address(text: str, domains: tuple[str, ...]) -> bool:
    """Whether this is a whole address on one of the domains; without any named, every domain will do."""
    if not 1 <= len(text) <= 2048 or any(ord(letter) <= 32 or letter in "\\\x7f" for letter in text):
        return False
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").encode("idna").decode()
        named = parts.scheme in ("http", "https") and bool(host) and parts.port != 0
    except ValueError:  # a name that cannot be one, or a port that is no number
        return False
    return named and (not domains or host in domains)


def _redirect(target: str, **query: str) -> Response:
    parts = urlsplit(target)
    pairs = [*parse_qsl(parts.query, keep_blank_values=True), *query.items()]
    address = urlunsplit(parts._replace(query=urlencode(pairs)))
    return Response("", status=302, headers={"Location": quote(address, safe=_SAFE)})


def _mistake(words: str, code: int) -> Response:
    return _html(render_template("choose.html", title=words, detail=f"错误码:{code}", links=[]))


def _html(page: str) -> Response:
    response = Response(page, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cache-Control"] = "no-store"
    return response
