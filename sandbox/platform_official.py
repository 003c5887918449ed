"""The Official Account platform's API, as far as a bot uses it (wechat-facts §3 and §4)."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, request

from sandbox.api import Platform, Refused
from sandbox.callbacks import Callbacks
from sandbox.config import Abilities, Account
from sandbox.faults import FaultKind
from sandbox.media import code_picture, sniff
from sandbox.state import Person, Seat, World

_UPLOADS = {
    "image": (10 * 1024 * 1024, ("image/jpeg", "image/png", "image/gif")),
    "voice": (2 * 1024 * 1024, ("audio/amr", "audio/mpeg")),
    "video": (10 * 1024 * 1024, ("video/mp4",)),
    "thumb": (64 * 1024, ("image/jpeg",)),
}
_DATA_KEY = re.compile(r"[a-z_]{1,24}[0-9]{0,3}|first|remark")
_MENU_TYPES = {
    "click",
    "view",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
    "media_id",
    "view_limited",
    "article_id",
    "article_view_limited",
    "miniprogram",
}


class OfficialApi:
    """The calls of one Official Account; each returns the body of a success or raises Refused."""

    def __init__(self, world: World, account: Account, callbacks: Callbacks) -> None:
        self.world = world
        self.account = account
        self.callbacks = callbacks
        self.platform = Platform(world, account)

    # Tokens

    def _owner(self, app_id: object, secret: object, grant: object) -> None:
        if self.platform.bites(FaultKind.OFFICIAL_ADDRESS):
            address = request.remote_addr
            raise Refused(40164, f"invalid ip {address} ipv6 ::ffff:{address}, not in whitelist")
        if grant != "client_credential":
            raise Refused(40002)
        if not app_id:
            raise Refused(41002)
        if app_id != self.account.app_id:
            raise Refused(40013)
        if not secret:
            raise Refused(41004)
        if secret != self.account.secret:
            raise Refused(40125)

    def token(self) -> dict[str, Any]:
        """GET token."""
        self._owner(request.args.get("appid"), request.args.get("secret"), request.args.get("grant_type"))
        self.platform.quota.use("token", self.world.rules.daily_token)
        text, seconds = self.platform.tokens.classic()
        return {"access_token": text, "expires_in": seconds}

    def stable_token(self) -> dict[str, Any]:
        """POST stable_token."""
        data = self.platform.body()
        self._owner(data.get("appid"), data.get("secret"), data.get("grant_type"))
        given = self.platform.tokens.stable(force=data.get("force_refresh") is True)
        if given is None:
            raise Refused(45011)
        return {"access_token": given[0], "expires_in": given[1]}

    # Messages

    def _may(self, *abilities: Abilities) -> None:
        if self.account.abilities not in abilities:
            raise Refused(48001)

    def _follower(self, openid: object, *, gone: int) -> tuple[Person, Seat]:
        """The person of this openid: 40003 for nobody, `gone` for somebody who has left."""
        person = self.world.on_channel(openid, self.account.key) if isinstance(openid, str) else None
        if person is None:
            raise Refused(40003)
        seat = person.seats[self.account.key]
        if not seat.following:
            raise Refused(gone)
        return person, seat

    def custom_send(self) -> dict[str, Any]:
        """POST message/custom/send."""
        self._may(Abilities.SUBSCRIPTION, Abilities.SERVICE)
        data = self.platform.body()
        person, _ = self._follower(data.get("touser"), gone=45015)
        values = self._custom_body(data)
        for fault, code in ((FaultKind.WINDOW_CLOSED, 45015), (FaultKind.WINDOW_USED_UP, 45047)):
            if self.platform.bites(fault):
                raise Refused(code)
        self.platform.quota.use("custom", self.world.rules.daily_custom)
        refused = self.world.use_window(person, self.account.key)
        if refused:
            raise Refused(refused)
        context = data.get("aimsgcontext")
        if isinstance(context, dict) and context.get("is_ai_msg") == 1:
            values.setdefault("extra", {})["by_ai"] = True
        self._show(person, data, type=str(data["msgtype"]), **values)
        return {"errcode": 0, "errmsg": "ok"}

    def _show(self, person: Person, data: dict[str, Any], **values: Any) -> None:
        self.world.show(person, channel=self.account.key, raw=json.dumps(data, ensure_ascii=False)[:8192], **values)

    def _custom_body(self, data: dict[str, Any]) -> dict[str, Any]:
        kind = data.get("msgtype")
        body = data.get(kind) if isinstance(kind, str) else None
        if not isinstance(kind, str) or not isinstance(body, dict):
            raise Refused(40008)
        if kind == "text":
            return {"text": _content(body.get("content"))}
        if kind in ("image", "voice", "video", "mpnews"):
            if kind != "mpnews" and self.world.medium(self.account, body.get("media_id")) is None:
                raise Refused(40007)
            return {"text": str(body.get("title") or ""), "extra": {"media_id": str(body.get("media_id"))}}
        if kind == "news":
            articles = body.get("articles")
            if not isinstance(articles, list) or not all(isinstance(article, dict) for article in articles):
                raise Refused(47001)
            if len(articles) != 1:
                raise Refused(45008)
            shown = [
                {key: str(article.get(key) or "") for key in ("title", "description", "url", "picurl")}
                for article in articles
            ]
            return {"text": shown[0]["title"], "extra": {"articles": shown}}
        if kind == "msgmenu":
            return self._menu_message(body)
        if kind in ("music", "mpnewsarticle", "wxcard", "miniprogrampage"):
            return {"text": str(body.get("title") or "")}
        raise Refused(40008)

    @staticmethod
    def _menu_message(body: dict[str, Any]) -> dict[str, Any]:
        items = body.get("list")
        if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
            raise Refused(47001)
        buttons = [{"key": str(item.get("id") or ""), "label": str(item.get("content") or "")} for item in items]
        if any(not button["key"] or not button["label"] for button in buttons):
            raise Refused(44004)
        head, tail = str(body.get("head_content") or ""), str(body.get("tail_content") or "")
        whole = head + tail + "".join(button["label"] for button in buttons)
        _content(whole)
        return {
            "text": "\n".join(part for part in (head, tail) if part),
            "buttons": buttons,
            "extra": {"head": head, "tail": tail},
        }

    def typing(self) -> dict[str, Any]:
        """POST message/custom/typing."""
        self._may(Abilities.SUBSCRIPTION, Abilities.SERVICE)
        data = self.platform.body()
        person, seat = self._follower(data.get("touser"), gone=45080)
        command = data.get("command")
        if command not in ("Typing", "CancelTyping"):
            raise Refused(45072)
        with person.lock:
            recent = timedelta(seconds=self.world.rules.typing_seconds)
            if seat.acted_at is None or self.world.clock.now() - seat.acted_at > recent:
                raise Refused(45080)
            if command == "Typing" and seat.typing:
                raise Refused(45081)
            seat.typing = command == "Typing"
        return {"errcode": 0, "errmsg": "ok"}

    def _template_data(self, data: dict[str, Any]) -> list[dict[str, str]]:
        template = data.get("template_id")
        names = self.account.templates.get(template) if isinstance(template, str) else None
        if not isinstance(template, str) or not template or self.account.templates and names is None:
            raise Refused(40037)
        if self.platform.bites(FaultKind.BAD_DATA):
            raise Refused(47003, "argument invalid! data.thing01.value invalid")
        given = data.get("data")
        if not isinstance(given, dict) or not given:
            raise Refused(47003, "argument invalid! data is empty")
        rows = []
        for name, part in given.items():
            value = part.get("value") if isinstance(part, dict) else None
            if not _DATA_KEY.fullmatch(name) or isinstance(value, bool) or not isinstance(value, str | int | float):
                raise Refused(47003, f"argument invalid! {name[:32]}.DATA is invalid")
            if str(value) == "" or name.startswith("thing") and len(str(value)) > 20:
                raise Refused(47003, f"argument invalid! data.{name}.value invalid")
            rows.append({"key": name, "value": str(value)})
        missing = [name for name in names or () if name not in given]
        if missing:
            raise Refused(47003, f"argument invalid! {missing[0]}.DATA is invalid")
        return rows

    def template_send(self) -> dict[str, Any]:
        """POST message/template/send."""
        self._may(Abilities.SERVICE)
        data = self.platform.body()
        person, _ = self._follower(data.get("touser"), gone=43004)
        rows = self._template_data(data)
        message_id = self.world.next_message_id() % 10**18
        own_id = data.get("client_msg_id")
        if isinstance(own_id, str) and own_id:
            now = self.world.clock.now()
            fresh = timedelta(seconds=self.world.rules.client_msg_id_seconds)
            there = self.world.client_messages.put_once(
                (person.key, own_id[:64]), (now, message_id), fresh=lambda seen: now - seen[0] < fresh
            )
            if there is not None:
                return {"errcode": 0, "errmsg": "ok", "msgid": there[1]}
        self.platform.quota.use("template", self.world.rules.daily_template)
        self._show(
            person,
            data,
            type="template",
            text="\n".join(row["value"] for row in rows),
            extra={"template_id": data["template_id"], "rows": rows, "url": str(data.get("url") or "")},
        )
        fields = {"Event": "TEMPLATESENDJOBFINISH", "MsgID": message_id, "Status": "success"}
        self.callbacks.event(self.account, person, fields)
        return {"errcode": 0, "errmsg": "ok", "msgid": message_id}

    def bizsend(self) -> dict[str, Any]:
        """POST message/subscribe/bizsend: one send for each time the person agreed."""
        self._may(Abilities.SUBSCRIPTION, Abilities.SERVICE)
        data = self.platform.body()
        person, seat = self._follower(data.get("touser"), gone=43101)
        rows = self._template_data(data)
        if self.platform.bites(FaultKind.REFUSED):
            raise Refused(43101)
        template = str(data["template_id"])
        with person.lock:
            if seat.accepted.get(template, 0) <= 0:
                raise Refused(43101)
            seat.accepted[template] -= 1
        extra = {"template_id": template, "rows": rows}
        self._show(person, data, type="subscribe", text="\n".join(row["value"] for row in rows), extra=extra)
        sent = {
            "TemplateId": template,
            "MsgID": str(self.world.next_message_id()),
            "ErrorCode": "0",
            "ErrorStatus": "success",
        }
        fields = {"Event": "subscribe_msg_sent_event", "SubscribeMsgSentEvent": {"List": sent}}
        self.callbacks.event(self.account, person, fields)
        return {"errcode": 0, "errmsg": "ok"}

    # Media

    def media_upload(self) -> dict[str, Any]:
        """POST media/upload."""
        medium_type = request.args.get("type") or request.form.get("type") or ""
        file = request.files.get("media")
        if medium_type not in _UPLOADS:
            raise Refused(40004)
        if file is None:
            raise Refused(41005, "media data missing")
        limit, types = _UPLOADS[medium_type]
        data = file.read(limit + 1)
        if not data:
            raise Refused(44001)
        if len(data) > limit:
            raise Refused(45001)
        content_type = sniff(data)
        if content_type not in types:
            raise Refused(40005)
        self.platform.quota.use("media", self.world.rules.daily_media)
        medium = self.world.keep(
            self.account, type=medium_type, content_type=content_type, data=data, name=file.filename or ""
        )
        return {"type": medium_type, "media_id": medium.id, "created_at": int(medium.created_at.timestamp())}

    def media_get(self) -> Response | dict[str, Any]:
        """GET media/get: the bytes; a video comes as an address."""
        medium = self.world.medium(self.account, request.args.get("media_id"))
        if medium is None:
            raise Refused(40007)
        if medium.type == "video":
            return {"video_url": f"{request.host_url}media/{medium.id}"}
        response = Response(medium.data, content_type=medium.content_type)
        response.headers.set(
            "Content-Disposition", "attachment", filename=re.sub(r"[^\w.-]", "_", medium.name, flags=re.ASCII)
        )
        return response

    # QR codes and the menu

    def qrcode_create(self) -> dict[str, Any]:
        """POST qrcode/create."""
        self._may(Abilities.SERVICE)
        data = self.platform.body()
        action, info = data.get("action_name"), data.get("action_info")
        scene = info.get("scene") if isinstance(info, dict) else None
        if action not in ("QR_SCENE", "QR_STR_SCENE", "QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE"):
            raise Refused(40052)
        if not isinstance(scene, dict):
            raise Refused(40053)
        text, number = scene.get("scene_str"), scene.get("scene_id")
        if action.endswith("STR_SCENE"):
            if not isinstance(text, str) or not 1 <= len(text) <= 64:
                raise Refused(40053)
            value = text
        else:
            most = 100_000 if "LIMIT" in action else 2**32 - 1
            if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= most:
                raise Refused(40053)
            value = str(number)
        seconds = data.get("expire_seconds", 60)
        if isinstance(seconds, bool) or not isinstance(seconds, int) or not 1 <= seconds <= 2_592_000:
            raise Refused(40053)
        self.platform.quota.use("qrcode", self.world.rules.daily_qrcode)
        limited = "LIMIT" in action
        ticket = "gQ" + secrets.token_urlsafe(64)
        until = None if limited else self.world.clock.now() + timedelta(seconds=seconds)
        self.world.scenes.put(ticket, {"scene": value, "until": until})
        answer: dict[str, Any] = {"ticket": ticket, "url": f"http://weixin.qq.com/q/{secrets.token_urlsafe(16)}"}
        return answer if limited else {**answer, "expire_seconds": seconds}

    def menu_create(self) -> dict[str, Any]:
        """POST menu/create."""
        self._may(Abilities.SUBSCRIPTION, Abilities.SERVICE)
        if b"\\u" in request.get_data(cache=True):
            raise Refused(40033)
        data = self.platform.body()
        buttons = data.get("button")
        if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
            raise Refused(40016, "invalid button size")
        for button in buttons:
            _check_button(button, top=True)
        self.platform.quota.use("menu", self.world.rules.daily_menu)
        self.world.menus[self.account.key] = {"button": buttons}
        self.world.next_version()
        return {"errcode": 0, "errmsg": "ok"}

    def menu_get(self) -> dict[str, Any]:
        """GET menu/get."""
        self._may(Abilities.SUBSCRIPTION, Abilities.SERVICE)
        menu = self.world.menus.get(self.account.key)
        if menu is None:
            raise Refused(46003)
        return {"menu": menu}

    def menu_delete(self) -> dict[str, Any]:
        """GET menu/delete."""
        self._may(Abilities.SUBSCRIPTION, Abilities.SERVICE)
        self.world.menus.pop(self.account.key, None)
        self.world.next_version()
        return {"errcode": 0, "errmsg": "ok"}

    # Users and the rest

    def user_info(self) -> dict[str, Any]:
        """GET user/info: no names or pictures since the end of 2021."""
        self._may(Abilities.SUBSCRIPTION, Abilities.SERVICE)
        openid = request.args.get("openid") or ""
        person = self.world.on_channel(openid, self.account.key)
        if person is None:
            raise Refused(40003)
        self.platform.quota.use("user", self.world.rules.daily_user)
        seat = person.seats[self.account.key]
        if not seat.following:
            return {"subscribe": 0, "openid": openid}
        number = int(seat.scene) if seat.scene.isdigit() else 0
        return {
            "subscribe": 1,
            "openid": openid,
            "language": "zh_CN",
            "subscribe_time": int(seat.followed_at.timestamp()) if seat.followed_at else 0,
            "remark": "",
            "groupid": 0,
            "tagid_list": [],
            "subscribe_scene": "ADD_SCENE_QR_CODE" if seat.scene else "ADD_SCENE_SEARCH",
            "qr_scene": number,
            "qr_scene_str": "" if number else seat.scene,
        }

    def clear_quota(self) -> dict[str, Any]:
        """POST clear_quota."""
        data = self.platform.body()
        if data.get("appid") != self.account.app_id:
            raise Refused(40013)
        try:
            self.platform.monthly.use("clear_quota", self.world.rules.clear_quota_monthly)
        except Refused as error:
            raise Refused(48006) from error
        self.platform.quota.clear()
        return {"errcode": 0, "errmsg": "ok"}

    def callback_ip(self) -> dict[str, Any]:
        """GET getcallbackip and get_api_domain_ip."""
        return {"ip_list": ["127.0.0.1"]}


def _content(content: object) -> str:
    if not isinstance(content, str) or not content:
        raise Refused(44004)
    if len(content.encode("utf-8", "replace")) > 2048:
        raise Refused(45002)
    return content


def _check_button(button: object, *, top: bool) -> None:
    if not isinstance(button, dict):
        raise Refused(40016, "invalid button size")
    name = button.get("name")
    if not isinstance(name, str) or not name or len(name.encode("utf-8", "replace")) > (16 if top else 60):
        raise Refused(40018, "invalid button name size")
    below = button.get("sub_button")
    if top and isinstance(below, list) and below:
        if len(below) > 5:
            raise Refused(40023, "invalid sub button size")
        for inner in below:
            _check_button(inner, top=False)
        return
    kind = button.get("type")
    if kind not in _MENU_TYPES:
        raise Refused(40017, "invalid button type")
    if kind in ("view", "miniprogram"):
        url = button.get("url")
        if not isinstance(url, str) or not 1 <= len(url) <= 1024:
            raise Refused(40054, "invalid sub button url domain")
    elif kind == "click" or kind.startswith(("scancode", "pic_", "location")):
        key = button.get("key")
        if not isinstance(key, str) or not 1 <= len(key.encode("utf-8", "replace")) <= 128:
            raise Refused(40019, "invalid button key size")


def blueprint(world: World, account: Account, callbacks: Callbacks) -> Blueprint:
    """The routes of the account's API under its base path."""
    api = OfficialApi(world, account, callbacks)
    routes = Blueprint("official", __name__, url_prefix=account.base_path)

    def add(path: str, call: Callable[[], Any], methods: list[str], *, token: bool = True) -> None:
        def view() -> Response:
            return api.platform.answer(call, token=token)

        routes.add_url_rule(f"/cgi-bin/{path}", path.replace("/", "_"), view, methods=methods)

    add("token", api.token, ["GET"], token=False)
    add("stable_token", api.stable_token, ["POST"], token=False)
    add("message/custom/send", api.custom_send, ["POST"])
    add("message/custom/typing", api.typing, ["POST"])
    add("message/template/send", api.template_send, ["POST"])
    add("message/subscribe/bizsend", api.bizsend, ["POST"])
    add("media/upload", api.media_upload, ["POST"])
    add("media/get", api.media_get, ["GET"])
    add("qrcode/create", api.qrcode_create, ["POST"])
    add("menu/create", api.menu_create, ["POST"])
    add("menu/get", api.menu_get, ["GET"])
    add("menu/delete", api.menu_delete, ["GET"])
    add("user/info", api.user_info, ["GET"])
    add("clear_quota", api.clear_quota, ["POST"])
    add("getcallbackip", api.callback_ip, ["GET"])
    add("get_api_domain_ip", api.callback_ip, ["GET"])

    def unknown(path: str) -> Response:
        def refuse() -> dict[str, Any]:
            raise Refused(40066)

        return api.platform.answer(refuse, token=False)

    routes.add_url_rule("/<path:path>", "unknown", unknown, methods=["GET", "POST"])

    def showqrcode() -> Response:
        scene = world.scenes.get(request.args.get("ticket") or "")
        if scene is None or scene["until"] is not None and world.clock.now() >= scene["until"]:
            return Response("", status=404)
        return Response(code_picture(request.args["ticket"]), content_type="image/png")

    routes.add_url_rule("/cgi-bin/showqrcode", "showqrcode", showqrcode, methods=["GET"])
    return routes
