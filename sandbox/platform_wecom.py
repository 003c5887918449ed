"""WeCom's API for one self-built app, as far as a bot uses it (wechat-facts §6)."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, request

from sandbox.api import Platform, Refused
from sandbox.callbacks import Callbacks, replace_buttons, replace_card
from sandbox.cards import CardInvalid, read_card
from sandbox.config import Account
from sandbox.media import sniff
from sandbox.state import Entry, Person, SentMessage, World
from sandbox.text import cut_utf8

_UPLOADS = {
    "image": (10 * 1024 * 1024, ("image/jpeg", "image/png")),
    "voice": (2 * 1024 * 1024, ("audio/amr",)),
    "video": (10 * 1024 * 1024, ("video/mp4",)),
    "file": (20 * 1024 * 1024, ()),
}
_WITH_CODE = ("button_interaction", "vote_interaction", "multiple_interaction")


class WecomApi:
    """The calls of one app; each returns the body of a success or raises Refused."""

    def __init__(self, world: World, account: Account) -> None:
        self.world = world
        self.account = account
        self.platform = Platform(world, account)

    def gettoken(self) -> dict[str, Any]:
        """GET gettoken: the same token as long as it is valid."""
        if not request.args.get("corpid"):
            raise Refused(41002, "corpid missing")
        if request.args["corpid"] != self.account.corp_id:
            raise Refused(40013, "invalid corpid")
        if not request.args.get("corpsecret"):
            raise Refused(41004, "corpsecret missing")
        if request.args["corpsecret"] != self.account.secret:
            raise Refused(40001, "invalid credential")
        text, seconds = self.platform.tokens.shared()
        return {"errcode": 0, "errmsg": "ok", "access_token": text, "expires_in": seconds}

    # Messages

    def _agent(self, data: dict[str, Any]) -> None:
        if str(data.get("agentid", "")) != str(self.account.agent_id):
            raise Refused(40056 if "agentid" not in data else 301002)

    def _member(self, user_id: str) -> Person | None:
        person = self.world.on_channel(user_id, self.account.key) or self.world.on_channel(
            user_id.lower(), self.account.key
        )
        return person if person is not None and person.seats[self.account.key].following else None

    def _everybody(self) -> list[Person]:
        return [person for person in self.world.people() if self._member(person.key) is person]

    def _targets(self, data: dict[str, Any]) -> tuple[list[Person], list[str], str, str]:
        """Who gets it, and the unknown users, parties and tags. Raises Refused with 40032, 82001 or 81013."""
        lists = []
        for name, most in (("touser", 1000), ("toparty", 100), ("totag", 100)):
            value = data.get(name)
            if value is not None and not isinstance(value, str | int):
                raise Refused(40058)
            parts = [part for part in str(value if value is not None else "").split("|") if part]
            if len(parts) > most:
                raise Refused(40032)
            lists.append(parts)
        users, parties, tags = lists
        if not users and not parties and not tags:
            raise Refused(82001)
        if users == ["@all"] or "1" in parties:
            return self._everybody(), [], "", ""
        found: dict[str, Person] = {}
        unknown = []
        for user in users:
            person = self._member(user)
            if person is None:
                unknown.append(user.lower())
            else:
                found[person.key] = person
        if not found:
            raise Refused(81013)
        return list(found.values()), unknown, "|".join(parties), "|".join(tags)

    def send(self) -> dict[str, Any]:
        """POST message/send."""
        data = self.platform.body()
        self._agent(data)
        kind = data.get("msgtype")
        body = data.get(kind) if isinstance(kind, str) else None
        if not isinstance(kind, str) or not isinstance(body, dict):
            raise Refused(40008)
        people, unknown, parties, tags = self._targets(data)
        values = self._body(kind, body)
        message_id = secrets.token_urlsafe(32)
        answer = {
            "errcode": 0,
            "errmsg": "ok",
            "invaliduser": "|".join(unknown),
            "invalidparty": parties,
            "invalidtag": tags,
            "unlicenseduser": "",
            "msgid": message_id,
        }
        if self._said_before(data, message_id):
            return answer
        card = values.get("extra", {}).get("card")
        if card is not None:
            values["extra"]["message_id"] = message_id
        # Known before anybody sees it, so that an early press finds it.
        message = SentMessage(id=message_id, channel=self.account.key, at=self.world.clock.now(), copies={})
        self.world.sent.put(message_id, message)
        for person in people:
            if self.world.member_may_get_one(person, self.account.key):
                message.copies[person.key] = self._show(person, data, kind, values).id
        if card is not None and (
            card["card_type"] in _WITH_CODE or any(button.get("menu") for button in card["buttons"])
        ):
            answer["response_code"] = self.world.new_code(message_id)
        return answer

    def _show(self, person: Person, data: dict[str, Any], kind: str, values: dict[str, Any]) -> Entry:
        copied = {key: dict(value) if key == "extra" else value for key, value in values.items()}
        return self.world.show(
            person, channel=self.account.key, type=kind, raw=json.dumps(data, ensure_ascii=False)[:8192], **copied
        )

    def _said_before(self, data: dict[str, Any], message_id: str) -> bool:
        if data.get("enable_duplicate_check") not in (1, True):
            return False
        interval = data.get("duplicate_check_interval", 1800)
        seconds = min(int(interval), 4 * 3600) if isinstance(interval, int) and interval > 0 else 1800
        digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
        now = self.world.clock.now()
        seen = self.world.duplicates.put_once(
            digest, (now, message_id), fresh=lambda there: now - there[0] < timedelta(seconds=seconds)
        )
        return seen is not None

    def _body(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        if kind in ("text", "markdown"):
            content = body.get("content")
            if not isinstance(content, str) or not content:
                raise Refused(44004)
            return {"text": cut_utf8(content, 2048)}
        if kind in ("image", "voice", "video", "file"):
            medium = self.world.medium(self.account, body.get("media_id"))
            if medium is None:
                raise Refused(40007)
            extra = {"media_id": medium.id, "file_name": medium.name}
            return {"text": str(body.get("title") or ""), "extra": extra}
        if kind == "textcard":
            words = {name: str(body.get(name) or "") for name in ("title", "description", "url", "btntxt")}
            for name in ("title", "description", "url"):
                if not words[name]:
                    raise Refused(40035, f"missing textcard {name}")
            if len(words["url"].encode()) > 2048:
                raise Refused(45002)
            words["title"], words["description"] = cut_utf8(words["title"], 128), cut_utf8(words["description"], 512)
            return {"text": f"{words['title']}\n{words['description']}", "extra": {"textcard": words}}
        if kind in ("news", "mpnews"):
            articles = body.get("articles")
            if not isinstance(articles, list) or not all(isinstance(article, dict) for article in articles):
                raise Refused(40058)
            if not 1 <= len(articles) <= 8:
                raise Refused(45008)
            shown = [
                {name: str(article.get(name) or "") for name in ("title", "description", "url", "picurl")}
                for article in articles
            ]
            return {"text": "\n".join(article["title"] for article in shown), "extra": {"articles": shown}}
        if kind == "template_card":
            try:
                card = read_card(body)
            except CardInvalid as invalid:
                raise Refused(invalid.code, str(invalid)) from invalid
            return {
                "text": card["text"],
                "buttons": card["buttons"],
                "extra": {"card": card, "replaced": None},
            }
        if kind == "miniprogram_notice":
            return {"text": str(body.get("title") or "")}
        raise Refused(40008)

    def recall(self) -> dict[str, Any]:
        """POST message/recall."""
        data = self.platform.body()
        message = self.world.sent.get(data["msgid"]) if isinstance(data.get("msgid"), str) else None
        now = self.world.clock.now()
        if message is None or now - message.at >= timedelta(seconds=self.world.rules.recall_seconds):
            raise Refused(42052)
        for person, entry in self._copies(message):
            self.world.change(person, entry, _recall)
        return {"errcode": 0, "errmsg": "ok"}

    def _copies(self, message: SentMessage) -> list[tuple[Person, Entry]]:
        found = []
        for key, entry_id in list(message.copies.items()):
            person = self.world.person(key)
            entry = person.entry(entry_id) if person is not None else None
            if person is not None and entry is not None:
                found.append((person, entry))
        return found

    def update_template_card(self) -> dict[str, Any]:
        """POST message/update_template_card: the button's words or the whole card, for some or for everyone."""
        data = self.platform.body()
        self._agent(data)
        users = data.get("userids") or []
        if not isinstance(users, list) or not all(isinstance(user, str) for user in users):
            raise Refused(40058)
        if len(users) > 1000:
            raise Refused(40032)
        everyone = data.get("atall") in (1, True) or 1 in (data.get("partyids") or [])
        if not users and not everyone:
            raise Refused(82001)
        button, template = data.get("button"), data.get("template_card")
        card = None
        if isinstance(template, dict):
            try:
                card = read_card(template, update=True)
            except CardInvalid as invalid:
                raise Refused(invalid.code, str(invalid)) from invalid
        name = button.get("replace_name") if isinstance(button, dict) else None
        if card is None and (not isinstance(name, str) or not name):
            raise Refused(40058)
        code, message = self.world.use_code(data.get("response_code"))
        if code or message is None:
            raise Refused(code)
        got = {person.key: (person, entry) for person, entry in self._copies(message)}
        wanted = list(got) if everyone else users
        missing = [user for user in wanted if user not in got]
        for person, entry in (got[user] for user in dict.fromkeys(wanted) if user in got):
            if card is not None:
                self.world.change(person, entry, lambda entry: replace_card(entry, card))
            else:
                self.world.change(person, entry, lambda entry: replace_buttons(entry, str(name)))
            self.world.show(
                person,
                channel=self.account.key,
                type="update_template_card",
                text=card["text"] if card is not None else str(name),
                raw=json.dumps(data, ensure_ascii=False)[:8192],
                extra={"of": entry.id},
            )
        return {"errcode": 0, "errmsg": "ok", "invaliduser": missing}

    # Media and members

    def media_upload(self) -> dict[str, Any]:
        """POST media/upload."""
        medium_type = request.args.get("type") or ""
        file = request.files.get("media")
        if medium_type not in _UPLOADS:
            raise Refused(40004)
        if file is None:
            raise Refused(44001)
        limit, types = _UPLOADS[medium_type]
        data = file.read(limit + 1)
        if len(data) <= 5:
            raise Refused(40006)
        if len(data) > limit:
            raise Refused(45001)
        content_type = sniff(data)
        if types and content_type not in types:
            raise Refused(40005)
        medium = self.world.keep(
            self.account, type=medium_type, content_type=content_type, data=data, name=file.filename or ""
        )
        created = str(int(medium.created_at.timestamp()))
        return {"errcode": 0, "errmsg": "", "type": medium_type, "media_id": medium.id, "created_at": created}

    def media_get(self) -> Response:
        """GET media/get."""
        medium = self.world.medium(self.account, request.args.get("media_id"))
        if medium is None:
            raise Refused(40007)
        response = Response(medium.data, content_type=medium.content_type)
        response.headers.set(
            "Content-Disposition", "attachment", filename=re.sub(r"[^\w.-]", "_", medium.name, flags=re.ASCII)
        )
        return response

    def user_get(self) -> dict[str, Any]:
        """GET user/get: what an app made after June 2022 may read."""
        person = self._member(request.args.get("userid") or "")
        if person is None:
            raise Refused(60111)
        return {
            "errcode": 0,
            "errmsg": "ok",
            "userid": person.key,
            "name": person.name,
            "department": [1],
            "order": [0],
            "position": "",
            "is_leader_in_dept": [0],
            "direct_leader": [],
            "telephone": "",
            "alias": "",
            "status": 1,
            "main_department": 1,
        }

    def getuserinfo(self) -> dict[str, Any]:
        """GET auth/getuserinfo: whose one-use code this is."""
        found = self.world.login_codes.take(request.args.get("code") or "")
        if found is None:
            raise Refused(40029)
        user_id, until = found
        if self.world.clock.now() >= until:
            raise Refused(42003)
        return {"errcode": 0, "errmsg": "ok", "userid": user_id}

    def callback_ip(self) -> dict[str, Any]:
        """GET getcallbackip and get_api_domain_ip."""
        return {"ip_list": ["127.0.0.1"], "errcode": 0, "errmsg": "ok"}


def _recall(entry: Entry) -> None:
    entry.text = ""
    entry.buttons = []
    entry.extra = {"recalled": True}


def blueprint(world: World, account: Account, callbacks: Callbacks) -> Blueprint:
    """The routes of the app's API under its base path."""
    api = WecomApi(world, account)
    routes = Blueprint("wecom", __name__, url_prefix=account.base_path)

    def add(path: str, call: Callable[[], Any], methods: list[str], *, token: bool = True) -> None:
        def view() -> Response:
            return api.platform.answer(call, token=token)

        routes.add_url_rule(f"/cgi-bin/{path}", path.replace("/", "_"), view, methods=methods)

    add("gettoken", api.gettoken, ["GET"], token=False)
    add("message/send", api.send, ["POST"])
    add("message/recall", api.recall, ["POST"])
    add("message/update_template_card", api.update_template_card, ["POST"])
    add("media/upload", api.media_upload, ["POST"])
    add("media/get", api.media_get, ["GET"])
    add("user/get", api.user_get, ["GET"])
    add("auth/getuserinfo", api.getuserinfo, ["GET"])
    add("getcallbackip", api.callback_ip, ["GET"])
    add("get_api_domain_ip", api.callback_ip, ["GET"])

    def unknown(path: str) -> Response:
        def refuse() -> dict[str, Any]:
            raise Refused(40066)

        return api.platform.answer(refuse, token=False)

    routes.add_url_rule("/<path:path>", "unknown", unknown, methods=["GET", "POST"])
    return routes
