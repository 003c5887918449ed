"""The app itself: its token, its page, its menu, its tickets and the platform's addresses."""

from __future__ import annotations

from typing import Any

from flask import request

from sandbox.api import Refused
from sandbox.envelope import clean
from sandbox.wecom.corp import ROOT, App, Corp
from sandbox.wecom.reading import text_of, whole_of

_OK = {"errcode": 0, "errmsg": "ok"}
_MENU_TYPES = (
    "click",
    "view",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
    "view_miniprogram",
)


def secret_of(corp: Corp) -> App:
    """The app that asks for its token, else the first one, which will refuse it."""
    secret = request.args.get("corpsecret")
    return next((app for app in corp.apps if app.account.secret == secret), corp.apps[0])


def gettoken(app: App) -> dict[str, Any]:
    """GET gettoken: the same token as long as it is valid."""
    for name, missing, own, wrong in (
        ("corpid", 41002, app.account.corp_id, 40013),
        ("corpsecret", 41004, app.account.secret, 40001),
    ):
        given = request.args.get(name)
        if not given:
            raise Refused(missing)
        if given != own:
            raise Refused(wrong)
    text, seconds = app.platform.tokens.shared()
    return {**_OK, "access_token": text, "expires_in": seconds}


def addresses(app: App) -> dict[str, Any]:
    """GET getcallbackip and get_api_domain_ip."""
    return {"ip_list": ["127.0.0.1"], **_OK}


def jsapi_ticket(app: App) -> dict[str, Any]:
    """GET get_jsapi_ticket: the corp's ticket."""
    ticket, seconds = app.ticket("jsapi")
    return {**_OK, "ticket": ticket, "expires_in": seconds}


def agent_ticket(app: App) -> dict[str, Any]:
    """GET ticket/get: the app's own ticket."""
    if request.args.get("type") != "agent_config":
        raise Refused(40058, "invalid type")
    ticket, seconds = app.ticket("agent_config")
    return {**_OK, "ticket": ticket, "expires_in": seconds}


# The page of the app


def _settings(app: App) -> dict[str, Any]:
    return app.corp.settings.setdefault(app.account.key, {})


def agent_get(app: App) -> dict[str, Any]:
    """GET agent/get."""
    app.check_agent(request.args.get("agentid"))
    return {
        **_OK,
        "agentid": app.account.agent_id,
        "name": app.account.name or app.account.key,
        "square_logo_url": "",
        "description": "",
        "allow_userinfos": {"user": [{"userid": person.key} for person in app.members()]},
        "allow_partys": {"partyid": [ROOT]},
        "allow_tags": {"tagid": []},
        "close": 0,
        "redirect_domain": (app.account.redirect_domains or ("",))[0],
        "report_location_flag": 0,
        "isreportenter": 0,
        "home_url": "",
        "customized_publish_status": 1,
        **{name: value for name, value in _settings(app).items() if name != "workbench"},
    }


def agent_list(app: App) -> dict[str, Any]:
    """GET agent/list: only the app of the token."""
    name = _settings(app).get("name") or app.account.name or app.account.key
    return {**_OK, "agentlist": [{"agentid": app.account.agent_id, "name": name, "square_logo_url": ""}]}


def agent_set(app: App) -> dict[str, Any]:
    """POST agent/set: the name, the description and the flags."""
    data = app.body()
    app.check_agent(data.get("agentid"))
    changed: dict[str, Any] = {}
    if "name" in data:
        changed["name"] = clean(text_of(data, "name", most=128, missing=45022))
        if len(changed["name"]) > 32:
            raise Refused(45022, "name size out of limit")
    if "description" in data:
        changed["description"] = clean(text_of(data, "description", missing=45004))
        if not 4 <= len(changed["description"]) <= 120:
            raise Refused(45004, "description size out of limit")
    for name in ("report_location_flag", "isreportenter"):
        if name in data:
            changed[name] = whole_of(data, name, most=2)
    for name in ("redirect_domain", "home_url"):
        if name in data:
            changed[name] = clean(text_of(data, name, most=1024, missing=None))
    _settings(app).update(changed)
    return _OK


def set_workbench_template(app: App) -> dict[str, Any]:
    """POST agent/set_workbench_template."""
    data = app.body()
    app.check_agent(data.get("agentid"))
    kind = text_of(data, "type", most=32)
    if kind not in ("normal", "keydata", "image", "list", "webview"):
        raise Refused(40058, "invalid type")
    _settings(app)["workbench"] = {"type": kind, **({kind: data[kind]} if isinstance(data.get(kind), dict) else {})}
    return _OK


def get_workbench_template(app: App) -> dict[str, Any]:
    """POST agent/get_workbench_template."""
    app.check_agent(app.body().get("agentid"))
    return {**_OK, **_settings(app).get("workbench", {"type": "normal"})}


# The menu


def menu_create(app: App) -> dict[str, Any]:
    """POST menu/create."""
    app.check_agent(request.args.get("agentid"))
    buttons = app.body().get("button")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise Refused(40016, "invalid button size")
    app.world.menus[app.account.key] = {"button": [_button(button, top=True) for button in buttons]}
    app.world.next_version()
    return _OK


def _button(button: object, *, top: bool) -> dict[str, Any]:
    """What is kept of a button. Codes of a main one and of one below differ: 40016 to 40020, and 40023 to 40027."""
    size, kind_code, name_code, key_code, url_code = (
        (40016, 40017, 40018, 40019, 40020) if top else (40023, 40024, 40025, 40026, 40027)
    )
    where = "button" if top else "sub button"
    if not isinstance(button, dict):
        raise Refused(size, f"invalid {where} size")
    name = button.get("name")
    if not isinstance(name, str) or not 1 <= len(name.encode()) <= (16 if top else 40):
        raise Refused(name_code, f"invalid {where} name size")
    below = button.get("sub_button")
    if below:
        if not top:
            raise Refused(40022, "invalid sub button level")
        if not isinstance(below, list) or len(below) > 5:
            raise Refused(40023, "invalid sub button size")
        return {"name": name, "sub_button": [_button(inner, top=False) for inner in below]}
    kind = button.get("type")
    if kind not in _MENU_TYPES:
        raise Refused(kind_code, f"invalid {where} type")
    if kind == "view":
        url = button.get("url")
        if not isinstance(url, str) or not 1 <= len(url.encode()) <= 1024:
            raise Refused(url_code, f"invalid {where} url size")
        return {"type": kind, "name": name, "url": url}
    if kind == "view_miniprogram":
        page = text_of(button, "pagepath", most=1024)
        return {"type": kind, "name": name, "appid": text_of(button, "appid", most=128), "pagepath": page}
    key = button.get("key")
    if not isinstance(key, str) or not 1 <= len(key.encode()) <= 128:
        raise Refused(key_code, f"invalid {where} key size")
    return {"type": kind, "name": name, "key": key}


def menu_get(app: App) -> dict[str, Any]:
    """GET menu/get."""
    app.check_agent(request.args.get("agentid"))
    menu = app.world.menus.get(app.account.key)
    if menu is None:
        raise Refused(46003)
    return {**_OK, **menu}


def menu_delete(app: App) -> dict[str, Any]:
    """GET menu/delete."""
    app.check_agent(request.args.get("agentid"))
    app.world.menus.pop(app.account.key, None)
    app.world.next_version()
    return _OK
