"""Group chats that an app makes and writes into."""

from __future__ import annotations

import re
import secrets
from typing import Any

from flask import request

from sandbox.api import Refused
from sandbox.envelope import clean
from sandbox.wecom.bodies import CHAT_KINDS, body_of, read_message
from sandbox.wecom.corp import App, Chat
from sandbox.wecom.messages import show
from sandbox.wecom.reading import text_of, texts_of

_FEWEST, _MOST = 2, 2000
_ID = re.compile(r"[0-9A-Za-z]{1,32}")
_OK = {"errcode": 0, "errmsg": "ok"}


def _members(app: App, keys: list[str]) -> list[str]:
    people = [app.member(key) for key in keys]
    if None in people:
        raise Refused(86216)
    return list(dict.fromkeys(person.key for person in people if person is not None))


def _owner(app: App, key: str, members: list[str]) -> str:
    person = app.member(key)
    if person is None:
        raise Refused(86005)
    if person.key not in members:
        raise Refused(86207)
    return person.key


def _chat(app: App, chat_id: str) -> Chat:
    if not chat_id:
        raise Refused(86001)
    chat = app.corp.chats.get(chat_id)
    if chat is None:
        raise Refused(40050)
    if chat.channel != app.account.key:
        raise Refused(86008)
    return chat


def create(app: App) -> dict[str, Any]:
    """POST appchat/create."""
    data = app.body()
    name = clean(text_of(data, "name", most=512, missing=None))[:50]
    members = _members(app, texts_of(data, "userlist", most=_MOST, code=86006))
    if len(members) < _FEWEST:
        raise Refused(86006)
    owner = text_of(data, "owner", most=64, missing=None)
    owner = _owner(app, owner, members) if owner else members[0]
    chat_id = text_of(data, "chatid", missing=None) or secrets.token_hex(16)
    if not _ID.fullmatch(chat_id):
        raise Refused(86001)
    chat = Chat(chat_id, name, owner, members, app.account.key)
    if app.corp.chats.put_once(chat_id, chat, fresh=lambda there: True) is not None:
        raise Refused(86215)
    return {**_OK, "chatid": chat_id}


def update(app: App) -> dict[str, Any]:
    """POST appchat/update: the name, the owner, who comes and who goes."""
    data = app.body()
    chat = _chat(app, text_of(data, "chatid", missing=86001))
    coming = _members(app, texts_of(data, "add_user_list", most=_MOST, code=86006))
    going = texts_of(data, "del_user_list", most=_MOST, code=86006)
    name = clean(text_of(data, "name", most=512, missing=None))[:50]
    owner = text_of(data, "owner", most=64, missing=None)
    with app.corp.lock:
        if any(key not in chat.members for key in going):
            raise Refused(86216)
        members = [key for key in dict.fromkeys([*chat.members, *coming]) if key not in going]
        if not _FEWEST <= len(members) <= _MOST:
            raise Refused(86006)
        chosen = _owner(app, owner, members) if owner else chat.owner
        chat.members, chat.name = members, name or chat.name
        chat.owner = chosen if chosen in members else members[0]
    return _OK


def get(app: App) -> dict[str, Any]:
    """GET appchat/get."""
    chat = _chat(app, request.args.get("chatid") or "")
    info = {"chatid": chat.id, "name": chat.name, "owner": chat.owner, "userlist": chat.members}
    return {**_OK, "chat_info": info}


def send(app: App) -> dict[str, Any]:
    """POST appchat/send: to everybody in the chat."""
    data = app.body()
    chat = _chat(app, text_of(data, "chatid", missing=86001))
    kind, body = body_of(data, CHAT_KINDS)
    values = read_message(app.world, app.account, kind, body)
    values["extra"] = {**values.get("extra", {}), "chat": {"id": chat.id, "name": chat.name}}
    for person in map(app.member, chat.members):
        if person is not None:
            show(app, person, kind, data, values)
    return {**_OK, "msgid": secrets.token_urlsafe(32)}
