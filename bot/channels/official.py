"""A WeChat Official Account (公众号): its callbacks, its passive replies and its ways to reach people."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote

import redis

from bot.channels import Garbage, NotSent, Outgoing, Sent, Usage, Way, Why
from bot.channels.api import download, official_client, probe
from bot.channels.common import (
    TEXT_BYTES,
    cut_bytes,
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
from bot.settings import Abilities, Mode, OfficialAccount
from handlers.turn import EventKind, Message, MessageKind, Opens, Reply
from models import templates
from models.template import TemplateWay
from models.templates import Offered, Part, together

PLAIN_TEXT = "text/plain"
XML = "text/xml; charset=utf-8"

_SCENE_PREFIX = "qrscene_"

SUBSCRIPTIONS = "https://api.weixin.qq.com/wxaapi/newtmpl/gettemplate"
"""Not under cgi-bin, like nothing else that is asked for; the client puts the configured address in its place."""

MOST_OFFERED = 50
"""More an account cannot have (wechat-facts: 25 templates, 50 of subscriptions)."""

NO_MENU = 46003
"""The platform's number for an account that has none."""

IGNORED_EVENTS: dict[str, str] = {
    "location": "positions are taken only when somebody sends one",
    "view": "opening a page asks nothing of us",
    "view_miniprogram": "opening a mini program asks nothing of us",
    "scancode_push": "the client opens what was scanned by itself",
    "scancode_waitmsg": "no menu of ours has this item; scenes are scanned with the camera",
    "pic_sysphoto": "the photos follow as messages",
    "pic_photo_or_album": "the photos follow as messages",
    "pic_weixin": "the photos follow as messages",
    "location_select": "the position follows as a message",
    "kf_create_session": "chats are handed over inside the bot, not to the platform's own desk",
    "kf_close_session": "chats are handed over inside the bot, not to the platform's own desk",
    "kf_switch_session": "chats are handed over inside the bot, not to the platform's own desk",
    "user_info_modified": "no profile is ever asked from the platform",
    "user_authorization_revoke": "no profile is ever asked from the platform, so there is none to erase",
    "user_authorization_cancellation": "no profile is ever asked from the platform, so there is none to erase",
    "masssendjobfinish": "nothing is sent to everybody",
}
"""Events in lower case that are acknowledged and left alone, and why. One that stands nowhere is left alone too."""


class OfficialChannel:
    """One Official Account in plain, compatible or safe mode."""

    kind = "official_account"

    def __init__(
        self,
        key: str,
        settings: OfficialAccount,
        *,
        redis: redis.Redis,
        clock: Callable[[], datetime],
        backup: TokenBackup | None = None,
    ) -> None:
        self.key = key
        self._settings = settings
        self._client = official_client(settings, redis=redis, clock=clock, backup=backup)
        self._envelope = Envelope(
            settings.token.get_secret_value(), settings.encoding_aes_key.get_secret_value() or None, settings.app_id
        )
        self.adopt_templates({}, {})

    def adopt_templates(self, templates: Mapping[str, str], subscriptions: Mapping[str, str]) -> None:
        """From now on notices go by these, entered by staff (kind → setting, empty for none), and else by the
        configuration's.
        """
        self._templates = {
            Way.TEMPLATE: together(self._settings.templates, templates),
            Way.SUBSCRIPTION: together(self._settings.subscriptions, subscriptions),
        }

    def greet(self, query: Mapping[str, str], *, now: datetime) -> str:
        """The echostr as it came: the verification is signed plainly in every mode. Raises Forged."""
        check_time(query, now=now)
        self._envelope.check(query, "signature")
        return query.get("echostr", "")

    def read(self, query: Mapping[str, str], body: bytes, *, now: datetime) -> Message | None:
        """The message in a callback, or None for what is ignored. Raises CallbackRefused."""
        check_size(body)
        check_time(query, now=now)
        fields, sealed = self._unseal(query, body)
        message = self._message(fields)
        if message is None:
            return None
        detail = {"to": text_of(fields, "ToUserName"), "sealed": sealed, **message.detail}
        return replace(message, detail=detail)

    def write(self, reply: Reply, message: Message, *, now: datetime) -> tuple[bytes, str]:
        """A text of at most 2,048 bytes, sealed when the message came sealed; "success" for a silent reply."""
        content = _content(reply)
        if not content:
            return b"success", PLAIN_TEXT
        stamp = int(now.timestamp())
        plain = write_xml(
            {
                "ToUserName": message.sender,
                "FromUserName": message.detail.get("to", ""),
                "CreateTime": stamp,
                "MsgType": "text",
                "Content": content,
            }
        )
        if not message.detail.get("sealed"):
            return plain, XML
        return self._envelope.seal(plain, timestamp=str(stamp), nonce=secrets.token_hex(8)), XML

    def ways(self, kind: str) -> tuple[Way, ...]:
        """What the account's abilities and templates allow for a notice of `kind`, best first (product.md)."""
        verified = self._settings.abilities is not Abilities.UNVERIFIED
        service = self._settings.abilities is Abilities.SERVICE
        open_ways = (
            (Way.CUSTOMER, verified),
            (Way.TEMPLATE, service and kind in self._templates[Way.TEMPLATE]),
            (Way.SUBSCRIPTION, verified and kind in self._templates[Way.SUBSCRIPTION]),
        )
        return tuple(way for way, is_open in open_ways if is_open)

    def send(self, way: Way, outgoing: Outgoing, *, now: datetime) -> Sent:
        """Sends one message. Raises NotSent."""
        if way is Way.CUSTOMER:
            self._client.post("message/custom/send", data=_customer_message(outgoing))
            return Sent()
        setting = self._templates.get(way, {}).get(outgoing.kind)
        if setting is not None:
            message = _template_message(outgoing, setting)
            if way is Way.TEMPLATE and outgoing.task_id:
                # The platform drops a second message with this id to the same person for ten minutes.
                message["client_msg_id"] = outgoing.task_id
            address = "message/template/send" if way is Way.TEMPLATE else "message/subscribe/bizsend"
            return Sent(message_id=str(self._client.post(address, data=message).get("msgid", "")))
        raise NotSent(Why.NOT_ALLOWED, f"{self.key} has no {way} for {outgoing.kind}")

    def update_card(self, response_code: str, accounts: tuple[str, ...], caption: str, *, now: datetime) -> None:
        """Nothing: an Official Account has no cards."""

    def media(self, media_id: str, url: str = "") -> tuple[bytes, str]:
        """The file, from the platform's picture host when it is one, else by its id. Raises NotSent."""
        return download(self._client, media_id, url)

    @property
    def has_scenes(self) -> bool:
        """Whether the account may have codes whose scan tells the place: verified service accounts only."""
        return self._settings.abilities is Abilities.SERVICE

    def scene_address(self, scene: str) -> str:
        """What the lasting code of a scene leads to (qrcode/create; an account has 100,000 of them). Raises NotSent."""
        asked = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": scene}}}
        address = self._client.post("qrcode/create", data=asked).get("url", "")
        if not isinstance(address, str) or not address.startswith(("http://", "https://")):
            raise NotSent(Why.REFUSED, "no address of a code in the answer")
        return address

    def usage(self) -> Usage:
        """What is known of the account here, without a call."""
        return self._client.usage()

    def probe(self) -> dict[str, Any]:
        """Whether there is a token and the platform answers; and what the settings say the account may do."""
        return {**probe(self._client), "abilities": self._settings.abilities.value, "mode": self._settings.mode.value}

    def menu(self) -> list[dict[str, Any]]:
        """The buttons under the chat as the platform has them; none without a menu. Raises NotSent."""
        try:
            found = self._client.get("menu/get")
        except NotSent as failure:
            if failure.errcode == NO_MENU:
                return []
            raise
        buttons = inside(found, "menu").get("button")
        return [each for each in many(buttons) if isinstance(each, dict)]

    def publish_menu(self, buttons: Sequence[Mapping[str, Any]]) -> None:
        """Gives the platform a menu in place of the one it has; phones show it within minutes. Raises NotSent."""
        self._client.post("menu/create", data={"button": [*buttons]})

    def offered(self, way: TemplateWay) -> list[Offered]:
        """The templates that were chosen for the account at the platform. Raises NotSent."""
        if way is TemplateWay.TEMPLATE:
            found, key = self._client.get("template/get_all_private_template").get("template_list"), "template_id"
        else:
            found, key = self._client.get(SUBSCRIPTIONS).get("data"), "priTmplId"
        rows = [each for each in many(found) if isinstance(each, dict)][:MOST_OFFERED]
        return [templates.offered(*(str(each.get(name, "")) for name in (key, "title", "content"))) for each in rows]

    def _unseal(self, query: Mapping[str, str], body: bytes) -> tuple[Fields, bool]:
        """The verified fields, and whether they came sealed."""
        try:
            outer = read_xml(body)
        except Garbage:
            # Not readable, so nothing in it can be verified; the plain signature tells whether the platform sent it.
            self._envelope.check(query, "signature")
            raise
        encrypt = text_of(outer, "Encrypt")
        mode = self._settings.mode
        if mode is Mode.SAFE or (mode is Mode.COMPATIBLE and encrypt and "msg_signature" in query):
            self._envelope.check(query, "msg_signature", encrypt)
            return read_xml(self._envelope.open(encrypt)), True
        self._envelope.check(query, "signature")
        return outer, False

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
            opens=Opens.MESSAGE,
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
        message = Message(
            channel=self.key,
            sender=sender,
            key="",
            kind=MessageKind.EVENT,
            sent_at=sent_at,
        )
        message = reader(message, fields)
        # Sender and second are the platform's own rule and not enough: two different events may share a second.
        parts = [sender, "e", str(int(sent_at.timestamp())), name]
        parts += [text_of(fields, part) for part in ("EventKey", "Ticket", "MsgID")]
        parts.append(digest(message.detail) if message.detail else "")
        return replace(message, key=key_of(self.key, parts))


def _text(message: Message, fields: Fields) -> Message:
    # An item of a msgmenu, or of a weixin://bizmsgmenu link, comes as a text with the item's id: our full command.
    # Unquoted in case a client hands the link's words back as they stand in it.
    tap = unquote(text_of(fields, "bizmsgmenuid")).strip() or None
    return replace(message, text=text_of(fields, "Content"), tap=tap)


def _image(message: Message, fields: Fields) -> Message:
    return replace(
        message,
        kind=MessageKind.IMAGE,
        media_id=text_of(fields, "MediaId"),
        media_url=text_of(fields, "PicUrl"),
    )


def _voice(message: Message, fields: Fields) -> Message:
    # Recognition is missing unless switched on, and empty for some recordings.
    return replace(
        message,
        kind=MessageKind.VOICE,
        media_id=text_of(fields, "MediaId"),
        text=text_of(fields, "Recognition").strip(),
        detail={"format": text_of(fields, "Format")},
    )


def _video(message: Message, fields: Fields) -> Message:
    return replace(
        message,
        kind=MessageKind.VIDEO,
        media_id=text_of(fields, "MediaId"),
        detail={"thumb": text_of(fields, "ThumbMediaId")},
    )


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
    "shortvideo": _video,
    "location": _location,
    "link": _link,
}


def _follow(message: Message, fields: Fields) -> Message:
    # A follow after a payment carries another prefix: only a scene's is ours.
    key = text_of(fields, "EventKey")
    scene = key.removeprefix(_SCENE_PREFIX) if key.startswith(_SCENE_PREFIX) else ""
    return replace(message, event=EventKind.FOLLOW, scene=scene, opens=Opens.CLICK)


def _unfollow(message: Message, fields: Fields) -> Message:
    return replace(message, event=EventKind.UNFOLLOW)


def _scan(message: Message, fields: Fields) -> Message:
    return replace(message, event=EventKind.SCAN, scene=text_of(fields, "EventKey"), opens=Opens.CLICK)


def _click(message: Message, fields: Fields) -> Message:
    return replace(message, event=EventKind.TAP, tap=text_of(fields, "EventKey"), opens=Opens.CLICK)


def _template_result(message: Message, fields: Fields) -> Message:
    # The platform writes both "failed:user block" and "failed: system failed".
    status = text_of(fields, "Status").replace(": ", ":").strip()
    return _results(message, [{"msgid": text_of(fields, "MsgID"), "status": status}])


def _subscription_result(message: Message, fields: Fields) -> Message:
    return _results(
        message,
        [
            {
                "msgid": text_of(item, "MsgID"),
                "status": "success" if text_of(item, "ErrorCode") == "0" else f"failed:{text_of(item, 'ErrorStatus')}",
                "template_id": text_of(item, "TemplateId"),
                "code": text_of(item, "ErrorCode"),
            }
            for item in _items(fields, "SubscribeMsgSentEvent")
        ],
    )


def _results(message: Message, results: list[dict[str, str]]) -> Message:
    first = results[0] if results else {"msgid": "", "status": ""}
    detail = {"msgid": first["msgid"], "status": first["status"], "results": results}
    return replace(message, event=EventKind.SEND_RESULT, detail=detail)


def _popup(message: Message, fields: Fields) -> Message:
    return _answers(message, _items(fields, "SubscribeMsgPopupEvent"))


def _change(message: Message, fields: Fields) -> Message:
    return _answers(message, _items(fields, "SubscribeMsgChangeEvent"))


def _answers(message: Message, items: list[Fields]) -> Message:
    answers = [
        {
            "template_id": text_of(item, "TemplateId"),
            "answer": text_of(item, "SubscribeStatusString"),
            "scene": text_of(item, "PopupScene"),
        }
        for item in items
    ]
    return replace(message, event=EventKind.SUBSCRIPTION, detail={"answers": answers})


def _items(fields: Fields, name: str) -> list[Fields]:
    return [item for item in many(inside(fields, name).get("List")) if isinstance(item, dict)]


_EVENTS: dict[str, Callable[[Message, Fields], Message]] = {
    "subscribe": _follow,
    "unsubscribe": _unfollow,
    "scan": _scan,
    "click": _click,
    "templatesendjobfinish": _template_result,
    "subscribe_msg_sent_event": _subscription_result,
    "subscribe_msg_popup_event": _popup,
    "subscribe_msg_change_event": _change,
}


def _content(reply: Reply) -> str:
    """The reply as one text: choices as links that send their command, or as plain lines where links do not fit."""
    text = defused(reply.text)
    plain = [defused(line) for line in numbered(reply.choices)]
    links = [_link_to(line, choice.command) for line, choice in zip(plain, reply.choices, strict=True)]
    links_need, text_needs = len("\n".join(links).encode()), len(text.encode("utf-8", "replace"))
    # A link takes about ten times its words: rather give up tapping than most of what is said.
    fits = links_need + 1 + text_needs <= TEXT_BYTES or links_need <= TEXT_BYTES // 2
    return with_lines(text, links if fits else plain)


def _link_to(line: str, command: str) -> str:
    return f'<a href="weixin://bizmsgmenu?msgmenucontent={_in_link(line)}&msgmenuid={_in_link(command)}">{line}</a>'


def _in_link(words: str) -> str:
    # Chinese stays as it is: that is how such links are written, and three times shorter than percent signs.
    return "".join(letter if ord(letter) > 127 else quote(letter, safe="") for letter in words)


def _customer_message(outgoing: Outgoing) -> dict[str, Any]:
    text, lines = defused(outgoing.text), [defused(line) for line in numbered(outgoing.choices)]
    room = TEXT_BYTES - sum(len(line.encode("utf-8", "replace")) for line in lines)
    if not lines or room < TEXT_BYTES // 2:
        return {"touser": outgoing.account, "msgtype": "text", "text": {"content": with_lines(text, lines)}}
    items = [{"id": choice.command, "content": line} for line, choice in zip(lines, outgoing.choices, strict=True)]
    return {
        "touser": outgoing.account,
        "msgtype": "msgmenu",
        # Head and items together are one text of 2,048 bytes.
        "msgmenu": {"head_content": cut_bytes(text, room), "list": items, "tail_content": ""},
    }


def _template_message(outgoing: Outgoing, setting: str) -> dict[str, Any]:
    """A template or subscription message, by a setting that models/templates.py reads."""
    layout = templates.read(setting)
    said = {**outgoing.parts, Part.TITLE: outgoing.title, Part.TEXT: outgoing.text}
    data = {name: {"value": value} for name, value in templates.filled(layout, said).items()}
    return {"touser": outgoing.account, "template_id": layout.template_id, "data": data}
