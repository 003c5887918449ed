"""Signing in to a program by WeCom: the platform's page, and whose the code is that it hands out."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Response, make_response, redirect, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from sandbox.api import Refused
from sandbox.state import LoginCode
from sandbox.wecom.corp import App, Corp
from sandbox.wecom.reading import text_of

_OK = {"errcode": 0, "errmsg": "ok"}
_CODE_LIMIT, _SHOWN = 512, 200
_KEPT = ("appid", "agentid", "redirect_uri", "state", "scope", "login_type", "response_type")


def page(corp: Corp) -> BaseResponse:
    """The sign-in page; with `as` (a userid, or nothing for an outsider) or `refuse` it sends the browser back."""
    asked = request.args
    app, wrong = _asked_app(corp, asked)
    target = asked.get("redirect_uri") or ""
    wrong = wrong or _wrong_target(app, target)
    if wrong:
        return _shown(render_template("sso.html", wrong=wrong), 200)
    if "refuse" in asked:
        return redirect(_back(target, {"state": asked.get("state") or ""}))
    if "as" in asked:
        key = asked["as"]
        if key and app.member(key) is None:
            return _shown(render_template("sso.html", wrong="该成员不在应用可见范围内"), 200)
        code = secrets.token_urlsafe(32)
        until = corp.world.clock.now() + timedelta(seconds=corp.world.rules.login_code_seconds)
        private = asked.get("scope") == "snsapi_privateinfo"
        corp.world.login_codes.put(code, LoginCode(key, app.account.key, until, private))
        return redirect(_back(target, {"code": code, "state": asked.get("state") or ""}))
    kept = {name: asked[name] for name in _KEPT if name in asked}
    members = [
        {"name": person.name, "key": person.key, "link": "?" + urlencode({**kept, "as": person.key})}
        for person in app.members()[:_SHOWN]
    ]
    shown = render_template(
        "sso.html",
        app=app.account.name or app.account.key,
        members=members,
        outsider="?" + urlencode({**kept, "as": ""}),
        refuse="?" + urlencode({**kept, "refuse": "1"}),
        host=urlsplit(target).netloc,
    )
    return _shown(shown, 200)


def _shown(html: str, status: int) -> Response:
    response = make_response(html, status)
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; frame-ancestors 'none'"
    response.headers["Cache-Control"] = "no-store"
    return response


def _asked_app(corp: Corp, asked: MultiDict[str, str]) -> tuple[App, str]:
    """The app that is meant, and what is wrong with the question, in words for the page."""
    apps = [app for app in corp.apps if app.is_app]
    number = asked.get("agentid") or ""
    if not apps or asked.get("appid") != corp.corp_id:
        return corp.apps[0], "参数错误：appid 不正确（40013）"
    if not number and len(apps) == 1 and asked.get("response_type") == "code":
        return apps[0], ""
    found = next((app for app in apps if str(app.account.agent_id) == number), None)
    return (found, "") if found is not None else (apps[0], "参数错误：agentid 不正确（40056）")


def _wrong_target(app: App, target: str) -> str:
    try:
        parts = urlsplit(target)
        host = parts.netloc
    except ValueError:
        return "参数错误：redirect_uri 不是网址（50001）"
    if parts.scheme not in ("http", "https") or not host or len(target) > 2048 or not target.isprintable():
        return "参数错误：redirect_uri 不是网址（50001）"
    domains = app.account.redirect_domains
    if domains and host not in domains:
        return f"redirect_uri 的域名 {host} 不在可信域名之内（50001）"
    return ""


def _back(target: str, query: dict[str, str]) -> str:
    address, mark, fragment = target.partition("#")
    return address + ("&" if "?" in address else "?") + urlencode(query) + mark + fragment


def _taken(app: App) -> LoginCode:
    """The use of the code in the request. Raises Refused with 40029, 42003 or 50001."""
    code = request.args.get("code") or ""
    found = app.world.login_codes.get(code) if len(code) <= _CODE_LIMIT else None
    if found is None:
        raise Refused(40029)
    if found.channel != app.account.key:
        raise Refused(50001)
    if app.world.login_codes.take(code) is None:
        raise Refused(40029)
    if app.world.clock.now() >= found.until:
        raise Refused(42003)
    return found


def _user_ticket(app: App, found: LoginCode) -> dict[str, Any]:
    if not found.private:
        return {}
    ticket, seconds = secrets.token_urlsafe(48), app.world.rules.user_ticket_seconds
    app.corp.user_tickets.put(ticket, (found.person, app.world.clock.now() + timedelta(seconds=seconds)))
    return {"user_ticket": ticket, "expires_in": seconds}


def getuserinfo(app: App) -> dict[str, Any]:
    """GET auth/getuserinfo: whose one-use code this is."""
    found = _taken(app)
    if not found.person:
        return {**_OK, "openid": app.corp.openid("outsider")}
    return {**_OK, "userid": found.person, **_user_ticket(app, found)}


def old_getuserinfo(app: App) -> dict[str, Any]:
    """GET user/getuserinfo: the same under the old path, in other words."""
    found = _taken(app)
    if not found.person:
        return {**_OK, "OpenId": app.corp.openid("outsider"), "DeviceId": ""}
    return {**_OK, "UserId": found.person, "DeviceId": "", **_user_ticket(app, found)}


def getuserdetail(app: App) -> dict[str, Any]:
    """POST auth/getuserdetail: what the member agreed to show; here nobody has anything to show."""
    found = app.corp.user_tickets.get(text_of(app.body(), "user_ticket", most=_CODE_LIMIT))
    if found is None:
        raise Refused(40058, "invalid user_ticket")
    user, until = found
    if app.world.clock.now() >= until:
        raise Refused(42003, "user_ticket expired")
    private = dict.fromkeys(("avatar", "qr_code", "mobile", "email", "biz_mail", "address"), "")
    return {**_OK, "userid": user, "gender": "0", **private}
