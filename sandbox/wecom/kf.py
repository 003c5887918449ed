"""微信客服's API: fetch what customers said, answer them, move conversations, keep accounts and servicers."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import request

from sandbox.api import Refused
from sandbox.envelope import clean
from sandbox.wecom.bodies import TEXT_LIMIT, medium_of
from sandbox.wecom.corp import App
from sandbox.wecom.customers import failed
from sandbox.wecom.kf_book import MOVES, KfAccount, Session, State
from sandbox.wecom.reading import invalid, part_of, parts_of, text_of, texts_of, whole_of

_OK = {"errcode": 0, "errmsg": "ok"}
_CURSOR = re.compile(r"([0-9]{1,15})-([0-9]{1,9})")
_MSGID = re.compile(r"[0-9A-Za-z_-]{1,32}")
_PAGE, _MENU_ITEMS, _CLICKS = 1000, 50, 10
_REFUSED_BY_CUSTOMER = 10


# What customers said


def sync_msg(app: App) -> dict[str, Any]:
    """POST kf/sync_msg: a page of messages and events from the cursor on; a page may be empty with has_more=1."""
    data = app.body()
    account = app.kf_account(text_of(data, "open_kfid"))
    cursor = text_of(data, "cursor", most=64, missing=None)
    place = _CURSOR.fullmatch(cursor or "0-0")
    if place is None:
        raise Refused(50100)
    token = text_of(data, "token", most=128, missing=None)
    if token and not app.world.kf.knows_token(account, token):
        raise Refused(95007)
    if not token:
        _count_without_token(app)
    limit = min(whole_of(data, "limit", _PAGE) or _PAGE, _PAGE)
    whole_of(data, "voice_format", 0, most=1)
    after, empty = int(place[1]), int(place[2])
    messages, last, more = app.world.kf.read(account, after=after, limit=limit)
    if messages and empty < app.world.rules.kf_empty_pages:
        return {**_OK, "next_cursor": f"{after}-{empty + 1}", "has_more": 1, "msg_list": []}
    following = f"{last}-0" if messages else cursor or "0-0"
    return {**_OK, "next_cursor": following, "has_more": int(more), "msg_list": messages}


def _count_without_token(app: App) -> None:
    """Raises Refused with 45009: without the doorbell's token the call is strictly limited."""
    now = app.world.clock.now()
    with app.corp.lock:
        recent = [at for at in app.without_token if now - at < timedelta(minutes=1)]
        if len(recent) >= app.world.rules.kf_without_token_per_minute:
            raise Refused(45009)
        app.without_token[:] = [*recent, now]


# Answers


def send_msg(app: App) -> dict[str, Any]:
    """POST kf/send_msg: so many within 48 hours of what the customer said last; the same msgid is sent once."""
    data = app.body()
    account = app.kf_account(text_of(data, "open_kfid"))
    customer = text_of(data, "touser", most=64)
    if app.world.kf.session(account.id, customer) is None:
        raise Refused(40096)
    msgid, given = _msgid(data)
    shown = _read(app, data, on_event=False)
    book = app.world.kf
    if given and book.sent_before(account.id, msgid):
        return {**_OK, "msgid": msgid}
    refusal = book.may_send(account.id, customer)
    if refusal:
        book.forget_sent(account.id, msgid)
        raise Refused(refusal)
    _show(app, account, customer, data, shown, msgid)
    return {**_OK, "msgid": msgid}


def send_msg_on_event(app: App) -> dict[str, Any]:
    """POST kf/send_msg_on_event: a welcome, once, within 20 seconds of the event that brought the code."""
    data = app.body()
    msgid, _ = _msgid(data)
    shown = _read(app, data, on_event=True)
    refusal, welcome = app.world.kf.use_welcome(text_of(data, "code", most=64))
    if refusal or welcome is None:
        raise Refused(refusal)
    _show(app, app.kf_account(welcome.open_kfid), welcome.customer, data, shown, msgid)
    return {**_OK, "msgid": msgid}


def _msgid(data: Mapping[str, Any]) -> tuple[str, bool]:
    """The id of the message, and whether the program chose it."""
    given = text_of(data, "msgid", most=32, missing=None)
    if given and not _MSGID.fullmatch(given):
        raise invalid("invalid param 'msgid'")
    return given or secrets.token_urlsafe(24), bool(given)


def _show(
    app: App, account: KfAccount, customer: str, data: Mapping[str, Any], shown: Mapping[str, Any], msgid: str
) -> None:
    """Puts the message on the customer's phone, or reports that the customer wants none."""
    person = app.world.on_channel(customer, account.channel)
    if person is None:
        return
    if not person.seats[account.channel].following:
        failed(app.world, app.corp.callbacks, person, account, msgid, _REFUSED_BY_CUSTOMER)
        return
    raw = json.dumps(data, ensure_ascii=False)[:8192]
    values = {**shown, "extra": {**shown.get("extra", {}), "kf_msgid": msgid}}
    app.world.show(person, channel=account.channel, type=str(data["msgtype"]), raw=raw, **values)


def _read(app: App, data: Mapping[str, Any], *, on_event: bool) -> dict[str, Any]:
    """What the customer sees of the message. Raises Refused."""
    kind = data.get("msgtype")
    if not isinstance(kind, str) or kind not in (("text", "msgmenu") if on_event else _KINDS):
        raise Refused(40008)
    body = part_of(data, kind)
    if kind == "text":
        return {"text": text_of(body, "content", most=TEXT_LIMIT, missing=44004)}
    if kind in ("image", "voice", "video", "file"):
        medium = medium_of(app.world, app.account, body, kind)
        return {"extra": {"media_id": medium.id, "file_name": medium.name}}
    if kind == "link":
        return _link(app, body)
    if kind == "miniprogram":
        text_of(body, "appid")
        text_of(body, "pagepath", most=1024)
        medium_of(app.world, app.account, body, "image", "thumb_media_id")
        return {"text": text_of(body, "title", most=256, missing=None)}
    if kind == "location":
        return _location(body)
    if kind == "msgmenu":
        return _menu(body)
    if kind == "business_card":
        person = app.world.person(text_of(body, "userid", most=64))
        if person is None:
            raise Refused(60111)
        return {"text": person.name}
    return {"text": text_of(body, "link_url", most=2048), "extra": {"url": body["link_url"]}}


_KINDS = (
    "text",
    "image",
    "voice",
    "video",
    "file",
    "link",
    "miniprogram",
    "msgmenu",
    "location",
    "business_card",
    "ca_link",
)


def _link(app: App, body: Mapping[str, Any]) -> dict[str, Any]:
    medium = medium_of(app.world, app.account, body, "image", "thumb_media_id")
    article = {
        "title": text_of(body, "title", most=128),
        "description": text_of(body, "desc", most=512, missing=None),
        "url": text_of(body, "url", most=2048),
        "picurl": f"/media/{medium.id}",
    }
    return {"text": article["title"], "extra": {"articles": [article]}}


def _location(body: Mapping[str, Any]) -> dict[str, Any]:
    degrees = {}
    for name, most in (("latitude", 90), ("longitude", 180)):
        value = body.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > most:
            raise invalid(f"field `{name}` unexpected value")
        degrees[name] = float(value)
    words = [text_of(body, name, most=1024, missing=None) for name in ("name", "address")]
    return {
        "text": "\n".join(word for word in words if word),
        "extra": {"lat": degrees["latitude"], "lng": degrees["longitude"]},
    }


def _menu(body: Mapping[str, Any]) -> dict[str, Any]:
    """A menu whose items send words back, open a page or a mini program, or are only words."""
    head = text_of(body, "head_content", most=1024, missing=None)
    tail = text_of(body, "tail_content", most=1024, missing=None)
    items = parts_of(body, "list", most=_MENU_ITEMS, code=95008) if body.get("list") else []
    buttons, lines = [], [head]
    for item in items:
        kind = item.get("type")
        if kind not in ("click", "view", "miniprogram", "text"):
            raise Refused(95009)
        inside = part_of(item, kind)
        content = text_of(inside, "content", most=1024)
        if kind == "click":
            key = text_of(inside, "id", most=128, missing=None)
            buttons.append({"key": key or content, "label": content})
        else:
            target = text_of(inside, "url", most=2048) if kind == "view" else ""
            if kind == "miniprogram":
                text_of(inside, "appid", most=32)
                text_of(inside, "pagepath", most=1024)
            lines.append(f"{content} {target}".strip())
    if len(buttons) > _CLICKS:
        raise Refused(95008)
    if not head and not tail and not items:
        raise Refused(44004)
    text = "\n".join(line for line in (*lines, tail) if line)
    return {"text": text, "buttons": buttons, "extra": {"head": head, "tail": tail}}


# Conversations


def _session(app: App, data: Mapping[str, Any]) -> tuple[KfAccount, Session]:
    account = app.kf_account(text_of(data, "open_kfid"))
    session = app.world.kf.session(account.id, text_of(data, "external_userid", most=64))
    if session is None:
        raise Refused(40096)
    return account, session


def state_get(app: App) -> dict[str, Any]:
    """POST kf/service_state/get."""
    _, session = _session(app, app.body())
    return {**_OK, "service_state": int(session.state), "servicer_userid": session.servicer}


def state_trans(app: App) -> dict[str, Any]:
    """POST kf/service_state/trans."""
    data = app.body()
    account, session = _session(app, data)
    wanted = State(whole_of(data, "service_state", most=max(State)))
    with app.world.kf.lock:
        if session.state is State.ENDED:
            raise Refused(95013)
        if wanted not in MOVES[session.state]:
            raise Refused(95016)
        servicer = ""
        if wanted is State.HUMAN:
            servicer = text_of(data, "servicer_userid", most=64)
            if account.servicers.get(servicer) != 0:
                raise Refused(95014)
        session.state, session.servicer = wanted, servicer
    return {**_OK, "msg_code": secrets.token_urlsafe(24)} if wanted > State.BOT else _OK


def customer_batchget(app: App) -> dict[str, Any]:
    """POST kf/customer/batchget: those who did something within 48 hours."""
    wanted = texts_of(app.body(), "external_userid_list", most=100)
    if not wanted:
        raise invalid("external_userid_list missing")
    own = [account for account in app.world.kf.accounts.copy().values() if account.secret == app.account.secret]
    since = app.world.clock.now() - timedelta(seconds=app.world.rules.kf_window_seconds)
    found = []
    for key in wanted:
        person = app.world.person(key)
        sessions = [app.world.kf.session(account.id, key) for account in own]
        if person is not None and any(one and one.acted_at and one.acted_at > since for one in sessions):
            described = {"external_userid": key, "nickname": person.name, "avatar": "", "gender": 0, "unionid": ""}
            found.append(described)
    known = {one["external_userid"] for one in found}
    unknown = [key for key in wanted if key not in known]
    return {**_OK, "customer_list": found, "invalid_external_userid": unknown}


# Accounts and servicers


def account_list(app: App) -> dict[str, Any]:
    """POST (or GET) kf/account/list."""
    data = app.body() if request.get_data(cache=True) else {}
    start, limit = whole_of(data, "offset", 0), min(whole_of(data, "limit", 100) or 100, 100)
    own = [account for account in app.world.kf.accounts.copy().values() if account.secret == app.account.secret]
    listed = [
        {"open_kfid": account.id, "name": account.name, "avatar": "", "manage_privilege": True}
        for account in own[start : start + limit]
    ]
    return {**_OK, "account_list": listed}


def _name(data: Mapping[str, Any], *, needed: bool) -> str:
    name = clean(text_of(data, "name", most=64, missing=95006 if needed else None))
    if len(name) > 16:
        raise Refused(95006)
    return name


def account_add(app: App) -> dict[str, Any]:
    """POST kf/account/add: an account that nobody has found yet."""
    data = app.body()
    name = _name(data, needed=True)
    medium = medium_of(app.world, app.account, data, "image")
    account = app.world.kf.open(name, medium.id, app.account.secret)
    if account is None:
        raise Refused(95005)
    return {**_OK, "open_kfid": account.id}


def account_update(app: App) -> dict[str, Any]:
    """POST kf/account/update."""
    data = app.body()
    account, name = app.kf_account(text_of(data, "open_kfid")), _name(data, needed=False)
    if data.get("media_id"):
        account.media_id = medium_of(app.world, app.account, data, "image").id
    account.name = name or account.name
    return _OK


def account_delete(app: App) -> dict[str, Any]:
    """POST kf/account/del."""
    account = app.kf_account(text_of(app.body(), "open_kfid"))
    app.world.kf.accounts.pop(account.id, None)
    return _OK


def add_contact_way(app: App) -> dict[str, Any]:
    """POST kf/add_contact_way: the address by which customers enter; scene_param may be appended to it."""
    data = app.body()
    account = app.kf_account(text_of(data, "open_kfid"))
    scene = text_of(data, "scene", most=32, missing=None)
    if scene and not _MSGID.fullmatch(scene):
        raise invalid("invalid param 'scene'")
    return {**_OK, "url": f"https://work.weixin.qq.com/kfid/{account.id}" + (f"?enc_scene={scene}" if scene else "")}


def servicer_list(app: App) -> dict[str, Any]:
    """GET kf/servicer/list."""
    account = app.kf_account(request.args.get("open_kfid"))
    listed = [{"userid": user, "status": status} for user, status in account.servicers.copy().items()]
    return {**_OK, "servicer_list": listed}


def servicer_add(app: App) -> dict[str, Any]:
    """POST kf/servicer/add: each userid with its own result."""
    return _servicers(app, adding=True)


def servicer_delete(app: App) -> dict[str, Any]:
    """POST kf/servicer/del."""
    return _servicers(app, adding=False)


def _servicers(app: App, *, adding: bool) -> dict[str, Any]:
    data = app.body()
    account = app.kf_account(text_of(data, "open_kfid"))
    users = texts_of(data, "userid_list", most=100)
    if not users:
        raise invalid("userid_list missing")
    results = []
    for user in users:
        if app.world.person(user) is None:
            results.append({"userid": user, "errcode": 60111, "errmsg": "userid not found"})
            continue
        if adding:
            account.servicers[user] = 0
        else:
            account.servicers.pop(user, None)
        results.append({"userid": user, "errcode": 0, "errmsg": "success"})
    return {**_OK, "result_list": results}
