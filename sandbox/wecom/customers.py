"""What customers do at an account of 微信客服: talk, enter, take a message back; each rings the program's doorbell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.callbacks import Callbacks, Outcome
from sandbox.config import Account
from sandbox.envelope import clean
from sandbox.state import Person, World
from sandbox.wecom.kf_book import KfAccount

_WORD_LIMIT = 128
_EVENTS = (
    "servicer_status_change",
    "session_status_change",
    "servicer_recall_msg",
    "reject_customer_msg_switch_change",
)
"""What may happen besides; the fields are as they are given."""


class CustomerInvalid(ValueError):
    """No customer could do this; the text says why."""


def _account(world: World, account: Account) -> KfAccount:
    found = world.kf.accounts.get(account.open_kfid)
    if found is None:
        raise CustomerInvalid(f"{account.key} was deleted")
    return found


def _ring(world: World, callbacks: Callbacks, person: Person, account: KfAccount, channel: Account) -> Outcome:
    """The doorbell says only that there is something; sync_msg tells what."""
    fields = {"Event": "kf_msg_or_event", "Token": world.kf.ring(account), "OpenKfId": account.id}
    return callbacks.message(channel, person, {"MsgType": "event", **fields})


def said(
    world: World,
    callbacks: Callbacks,
    person: Person,
    channel: Account,
    *,
    fields: Mapping[str, Any],
    shown: Mapping[str, Any],
) -> Outcome:
    """A customer's message, given as the fields a callback would have. Raises CustomerInvalid."""
    account = _account(world, channel)
    msgid = world.kf.said(account, person.key, _message(fields))
    extra = {**shown.get("extra", {}), "kf_msgid": msgid}
    world.show(person, channel=channel.key, mine=True, **{**shown, "extra": extra})
    return _ring(world, callbacks, person, account, channel)


def _message(fields: Mapping[str, Any]) -> dict[str, Any]:
    kind = fields["MsgType"]
    if kind == "text":
        body = {"content": fields["Content"]}
        if "bizmsgmenuid" in fields:
            body["menu_id"] = fields["bizmsgmenuid"]
    elif kind in ("image", "voice", "video"):
        body = {"media_id": fields["MediaId"]}
    elif kind == "location":
        place = {"latitude": fields["Location_X"], "longitude": fields["Location_Y"]}
        body = {**place, "name": fields["Label"], "address": fields["Label"]}
    elif kind == "link":
        body = {"title": fields["Title"], "desc": fields["Description"], "url": fields["Url"], "pic_url": ""}
    else:
        raise CustomerInvalid(f"a customer cannot send {kind}")
    return {"msgtype": kind, kind: body}


def did(world: World, callbacks: Callbacks, person: Person, channel: Account, event: Mapping[str, Any]) -> Outcome:
    """An event: `enter_session` with scene and scene_param, `user_recall_msg` (the last message, or recall_msgid),
    `reject` and `accept` of the account's messages, or another event of sync_msg. Raises CustomerInvalid.
    """
    account = _account(world, channel)
    name = event.get("Event")
    own = {"open_kfid": account.id, "external_userid": person.key}
    if name in ("reject", "accept"):
        with person.lock:
            person.seats[channel.key].following = name == "accept"
        return Outcome()
    if name == "enter_session":
        world.kf.entered(account, person.key, _word(event, "scene"), _word(event, "scene_param"))
    elif name == "user_recall_msg":
        msgid = _word(event, "recall_msgid") or _last(person, channel)
        world.kf.event(account, {"event_type": name, **own, "recall_msgid": msgid})
    elif name in _EVENTS:
        given = {field: _word(event, field) for field in list(event)[:16] if field != "Event"}
        world.kf.event(account, {"event_type": name, **given, **own})
    else:
        raise CustomerInvalid(f"event must be enter_session, user_recall_msg, reject, accept or {', '.join(_EVENTS)}")
    return _ring(world, callbacks, person, account, channel)


def _last(person: Person, channel: Account) -> str:
    with person.lock:
        mine = [entry for entry in person.thread if entry.mine and entry.channel == channel.key]
    if not mine:
        raise CustomerInvalid("there is nothing to take back")
    return str(mine[-1].extra.get("kf_msgid", ""))


def _word(event: Mapping[str, Any], name: str) -> str:
    value = event.get(name, "")
    if isinstance(value, bool) or not isinstance(value, str | int) or len(str(value)) > _WORD_LIMIT:
        raise CustomerInvalid(f"{name} must be at most {_WORD_LIMIT} characters")
    return clean(str(value))


def failed(world: World, callbacks: Callbacks, person: Person, account: KfAccount, msgid: str, reason: int) -> None:
    """Reports by sync_msg that a message which was accepted did not arrive."""
    own = {"open_kfid": account.id, "external_userid": person.key}
    world.kf.event(account, {"event_type": "msg_send_fail", **own, "fail_msgid": msgid, "fail_type": reason})
    channel = world.account(account.channel)
    if channel is not None:
        fields = {"Event": "kf_msg_or_event", "Token": world.kf.ring(account), "OpenKfId": account.id}
        callbacks.event(channel, person, fields)
