"""A WeCom app of a corp's own (企业微信自建应用): its callbacks, its passive replies and its ways to reach people."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import redis

from bot.channels import Garbage, NotSent, Outgoing, Sent, Usage, Way, Why
from bot.channels.api import download, probe, wecom_client
from bot.channels.common import (
    cut,
    defused,
    digest,
    inside,
    key_of,
    many,
    moment_of,
    numbered,
    point_of,
    sender_of,
    text_of,
    with_lines,
)
from bot.channels.envelope import Envelope, Fields, check_size, check_time, read_xml, write_xml
from bot.channels.tokens import TokenBackup
from bot.logs import logger
from bot.settings import WeCom
from handlers.turn import Card, EventKind, Message, MessageKind, Reply

log = logger(__name__)

PLAIN_TEXT = "text/plain"
XML = "text/xml; charset=utf-8"

BUTTON_CHARS = 10
"""Characters of a card button (this and what follows: platform page 90236)."""
_TITLE_CHARS = 36
_CARD_CHARS = 160
_BUTTONS = 6
_BUTTON_KEY_BYTES = 1024
_TASK_ID = re.compile(r"[0-9A-Za-z_@-]{1,128}")
_ACCOUNTS = 1000

IGNORED_EVENTS: dict[str, str] = {
    "location": "positions are taken only when somebody sends one",
    "view": "opening a page asks nothing of us",
    "view_miniprogram": "opening a mini program asks nothing of us",
    "scancode_push": "the client opens what was scanned by itself",
    "scancode_waitmsg": "no menu of ours has this item",
    "pic_sysphoto": "the photos follow as messages",
    "pic_photo_or_album": "the photos follow as messages",
    "pic_weixin": "the photos follow as messages",
    "location_select": "the position follows as a message",
    "batch_job_result": "no bulk jobs are started",
    "change_contact": "of changes in the address book only a member's removal concerns us",
    "change_external_contact": "members of other corps use the Official Account",
    "change_external_chat": "group chats are not read",
    "change_external_tag": "customer tags are not used",
    "open_approval_change": "approvals are made elsewhere",
    "sys_approval_change": "approvals are made elsewhere",
    "taskcard_click": "the old task card is never sent",
    "kf_msg_or_event": "the separate customer-service product is not connected",
    "kf_account_auth_change": "the separate customer-service product is not connected",
    "share_agent_change": "the app is not shared between corps",
    "share_chain_change": "the app is not shared between corps",
    "inactive_alert": "staff see the account's state in the platform's own console",
    "low_active_alert": "staff see the account's state in the platform's own console",
    "close_inactive_agent": "staff see the account's state in the platform's own console",
    "reopen_inactive_agent": "staff see the account's state in the platform's own console",
    "low_active": "staff see the account's state in the platform's own console",
    "active_restored": "staff see the account's state in the platform's own console",
    "upload_media_job_finish": "media are uploaded directly",
    "msgaudit_notify": "chats are never archived",
    "living_status_change": "there are no live broadcasts",
}
"""Events in lower case that are acknowledged and left alone, and why. One that stands nowhere is left alone too."""


class WeComChannel:
    """One app; its callbacks are always sealed."""

    kind = "wecom"

    def __init__(
        self,
        key: str,
        settings: WeCom,
        *,
        redis: redis.Redis,
        clock: Callable[[], datetime],
        backup: TokenBackup | None = None,
    ) -> None:
        self.key = key
        self._settings = settings
        self._client = wecom_client(settings, redis=redis, clock=clock, backup=backup)
        self._envelope = Envelope(
            settings.token.get_secret_value(), settings.encoding_aes_key.get_secret_value(), settings.corp_id
        )

    def greet(self, query: Mapping[str, str], *, now: datetime) -> str:
        """The opened echostr. Raises CallbackRefused."""
        check_time(query, now=now)
        # A "+" that was not escaped on its way arrives as a space, and base64 has no spaces.
        sealed = query.get("echostr", "").replace(" ", "+")
        self._envelope.check(query, "msg_signature", sealed)
        return self._envelope.open(sealed).decode("utf-8", "replace")

    def read(self, query: Mapping[str, str], body: bytes, *, now: datetime) -> Message | None:
        """The message in a callback, or None for what is ignored. Raises CallbackRefused."""
        check_size(body)
        check_time(query, now=now)
        fields = self._unseal(query, body)
        message = self._message(fields)
        if message is None:
            return None
        return replace(message, detail={"to": text_of(fields, "ToUserName"), **message.detail})

    def write(self, reply: Reply, message: Message, *, now: datetime) -> tuple[bytes, str]:
        """A sealed text of at most 2,048 bytes with numbered choices, or the new caption of the pressed card.

        The platform takes one answer: with a caption on a press, the reply's text is not shown.
        """
        fields = _answer(reply, message)
        if not fields:
            return b"", PLAIN_TEXT
        stamp = int(now.timestamp())
        plain = write_xml(
            {
                "ToUserName": message.sender,
                "FromUserName": message.detail.get("to") or self._settings.corp_id,
                "CreateTime": stamp,
                **fields,
            }
        )
        return self._envelope.seal(plain, timestamp=str(stamp), nonce=secrets.token_hex(8)), XML

    def ways(self, kind: str) -> tuple[Way, ...]:
        """An app message, for every kind."""
        return (Way.APP,)

    def send(self, way: Way, outgoing: Outgoing, *, now: datetime) -> Sent:
        """Sends a text, or a card with buttons where one is asked for and everything fits on it. Raises NotSent."""
        if way is not Way.APP:
            raise NotSent(Why.NOT_ALLOWED, f"{self.key} has no {way}")
        account = outgoing.account
        if "|" in account or account.startswith("@"):
            # The platform would read several people, or everybody.
            raise NotSent(Why.GONE, "not one person's account")
        content = _card_message(outgoing) or _text_message(outgoing)
        data = {"touser": account, "agentid": self._settings.agent_id, **content}
        result = self._client.post("message/send", data=data)
        # Who cannot be reached stands in a successful answer, in lower case.
        if account.lower() in _names(result.get("invaliduser")):
            raise NotSent(Why.GONE, "invaliduser")
        if account.lower() in _names(result.get("unlicenseduser")):
            raise NotSent(Why.NOT_ALLOWED, "unlicenseduser")
        return Sent(message_id=str(result.get("msgid", "")), response_code=str(result.get("response_code", "")))

    def update_card(self, response_code: str, accounts: tuple[str, ...], caption: str, *, now: datetime) -> None:
        """Turns a card's buttons into `caption` for at most 1,000 accounts. Raises NotSent; CONTENT for a used code."""
        data = {
            "userids": list(accounts[:_ACCOUNTS]),
            "agentid": self._settings.agent_id,
            "response_code": response_code,
            "button": {"replace_name": cut(caption, BUTTON_CHARS)},
        }
        self._client.post("message/update_template_card", data=data)

    def media(self, media_id: str, url: str = "") -> tuple[bytes, str]:
        """The file, from the platform's picture host when it is one, else by its id. Raises NotSent."""
        return download(self._client, media_id, url)

    @property
    def has_sign_in(self) -> bool:
        """Whether staff may come into the console by this app."""
        return bool(self._settings.sign_in_url)

    def sign_in_address(self, back: str, state: str) -> str:
        """The page with the picture to scan (platform page 98152), which leads `back` with a code and the `state`."""
        asked = {
            "login_type": "CorpApp",
            "appid": self._settings.corp_id,
            "agentid": self._settings.agent_id,
            "redirect_uri": back,
            "state": state,
        }
        return f"{self._settings.sign_in_url}/wwlogin/sso/login?{urlencode(asked)}"

    def signed_in(self, code: str) -> str | None:
        """The member whose one-use code this is (platform page 98176); None for outsiders, for a code that is worth
        nothing, and while the platform does not answer.
        """
        try:
            result = self._client.get("auth/getuserinfo", params={"code": code})
        except NotSent as failure:
            log.info("sign-in refused by the platform", channel=self.key, reason=failure.detail)
            return None
        account = result.get("userid")
        return account if isinstance(account, str) and account else None

    def usage(self) -> Usage:
        """What is known of the account here, without a call."""
        return self._client.usage()

    def probe(self) -> dict[str, Any]:
        """Whether there is a token and the platform answers."""
        return {**probe(self._client), "agent_id": self._settings.agent_id}

    def _unseal(self, query: Mapping[str, str], body: bytes) -> Fields:
        try:
            encrypt = text_of(read_xml(body), "Encrypt")
        except Garbage:
            # Not readable, so there is nothing the signature could cover.
            self._envelope.check(query, "msg_signature")
            raise
        self._envelope.check(query, "msg_signature", encrypt)
        return read_xml(self._envelope.open(encrypt))

    def _message(self, fields: Fields) -> Message | None:
        kind = text_of(fields, "MsgType").strip().lower()
        if not kind:
            raise Garbage("no message type")
        if kind == "event":
            return self._event(fields)
        reader = _MESSAGES.get(kind)
        if reader is None:
            return None
        sender, sent_at = sender_of(fields), moment_of(fields)
        number = text_of(fields, "MsgId").strip() or digest(fields)
        stamp = str(int(sent_at.timestamp()))
        message = Message(
            channel=self.key,
            sender=sender,
            key=key_of(self.key, [sender, "m", number, stamp]),
            kind=MessageKind.TEXT,
            sent_at=sent_at,
        )
        return reader(message, fields)

    def _event(self, fields: Fields) -> Message | None:
        name = text_of(fields, "Event").strip().lower()
        if not name:
            raise Garbage("no event")
        reader = _EVENTS.get(name)
        if reader is None:
            return None
        sender, sent_at = sender_of(fields), moment_of(fields)
        message = reader(
            Message(channel=self.key, sender=sender, key="", kind=MessageKind.EVENT, sent_at=sent_at), fields
        )
        if message is None:
            return None
        parts = [sender, "e", str(int(sent_at.timestamp())), name]
        parts += [text_of(fields, part) for part in ("EventKey", "TaskId", "AgentID")]
        parts.append(digest(message.detail) if message.detail else "")
        return replace(message, key=key_of(self.key, parts))


def _text(message: Message, fields: Fields) -> Message:
    return replace(message, text=text_of(fields, "Content"))


def _image(message: Message, fields: Fields) -> Message:
    return replace(
        message, kind=MessageKind.IMAGE, media_id=text_of(fields, "MediaId"), media_url=text_of(fields, "PicUrl")
    )


def _voice(message: Message, fields: Fields) -> Message:
    detail = {"format": text_of(fields, "Format")}
    return replace(message, kind=MessageKind.VOICE, media_id=text_of(fields, "MediaId"), detail=detail)


def _video(message: Message, fields: Fields) -> Message:
    detail = {"thumb": text_of(fields, "ThumbMediaId")}
    return replace(message, kind=MessageKind.VIDEO, media_id=text_of(fields, "MediaId"), detail=detail)


def _location(message: Message, fields: Fields) -> Message:
    return replace(message, kind=MessageKind.LOCATION, point=point_of(fields, "Location_X", "Location_Y"))


def _link(message: Message, fields: Fields) -> Message:
    text = f"{text_of(fields, 'Title')} {text_of(fields, 'Url')}".strip()
    return replace(message, kind=MessageKind.LINK, text=text, detail={"description": text_of(fields, "Description")})


_MESSAGES: dict[str, Callable[[Message, Fields], Message]] = {
    "text": _text,
    "image": _image,
    "voice": _voice,
    "video": _video,
    "location": _location,
    "link": _link,
}


def _follow(message: Message, fields: Fields) -> Message:
    return replace(message, event=EventKind.FOLLOW)


def _unfollow(message: Message, fields: Fields) -> Message:
    return replace(message, event=EventKind.UNFOLLOW)


def _enter(message: Message, fields: Fields) -> Message:
    return replace(message, event=EventKind.ENTER)


def _click(message: Message, fields: Fields) -> Message:
    return replace(message, event=EventKind.TAP, tap=text_of(fields, "EventKey"))


def _press(message: Message, fields: Fields) -> Message:
    card = Card(text_of(fields, "TaskId"), text_of(fields, "ResponseCode"), text_of(fields, "CardType"))
    chosen = _chosen(fields)
    return replace(_click(message, fields), card=card, detail={"selected": chosen} if chosen else {})


def _chosen(fields: Fields) -> dict[str, list[str]]:
    """Question key → chosen option ids; one of either comes bare, several come as a list."""
    return {
        text_of(item, "QuestionKey"): [
            option for option in many(inside(item, "OptionIds").get("OptionId")) if isinstance(option, str)
        ]
        for item in many(inside(fields, "SelectedItems").get("SelectedItem"))
        if isinstance(item, dict)
    }


def _contact(message: Message, fields: Fields) -> Message | None:
    userid = text_of(fields, "UserID").strip()
    if text_of(fields, "ChangeType") != "delete_user" or not userid:
        return None
    return replace(message, event=EventKind.MEMBER_LEFT, detail={"userid": userid})


_EVENTS: dict[str, Callable[[Message, Fields], Message | None]] = {
    "subscribe": _follow,
    "unsubscribe": _unfollow,
    "enter_agent": _enter,
    "click": _click,
    "template_card_event": _press,
    "template_card_menu_event": _press,
    "change_contact": _contact,
}


def _answer(reply: Reply, message: Message) -> dict[str, object]:
    """What tells this answer from others; empty for a silent one."""
    if message.card is not None and reply.card_caption:
        return {"MsgType": "update_button", "Button": {"ReplaceName": cut(reply.card_caption, BUTTON_CHARS)}}
    content = with_lines(defused(reply.text), [defused(line) for line in numbered(reply.choices)])
    return {"MsgType": "text", "Content": content} if content else {}


def _text_message(outgoing: Outgoing) -> dict[str, Any]:
    content = with_lines(defused(outgoing.text), [defused(line) for line in numbered(outgoing.choices)])
    return {"msgtype": "text", "text": {"content": content}}


def _card_message(outgoing: Outgoing) -> dict[str, Any] | None:
    """A card with one button for each choice; None where a text is asked for or the words would be cut."""
    commands = {choice.command for choice in outgoing.choices}
    fits = (
        outgoing.as_card
        and len(outgoing.text) <= _CARD_CHARS
        and 0 < len(outgoing.choices) <= _BUTTONS
        and len(commands) == len(outgoing.choices)
        and all(0 < len(command.encode()) <= _BUTTON_KEY_BYTES for command in commands)
        and bool(outgoing.title or outgoing.text)
    )
    if not fits:
        return None
    if not _TASK_ID.fullmatch(outgoing.task_id):
        raise NotSent(Why.CONTENT, "a card needs a task id of letters, digits, _, - and @")
    card: dict[str, Any] = {
        "card_type": "button_interaction",
        "task_id": outgoing.task_id,
        "button_list": [
            {"text": cut(choice.label, BUTTON_CHARS), "style": 2 if number else 1, "key": choice.command}
            for number, choice in enumerate(outgoing.choices)
        ],
    }
    if outgoing.title:
        card["main_title"] = {"title": cut(outgoing.title, _TITLE_CHARS)}
    if outgoing.text:
        card["sub_title_text"] = outgoing.text
    return {"msgtype": "template_card", "template_card": card}


def _names(value: Any) -> set[str]:
    """The accounts of an answer: joined by "|" in one interface, a list in the other."""
    names = value if isinstance(value, list) else str(value or "").split("|")
    return {str(name).lower() for name in names if name}
