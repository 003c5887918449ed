"""The phones: what people do (say, press), what they see, and the control interface for tests and demonstrations."""

from __future__ import annotations

import base64
import binascii
import json
import math
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request

from sandbox.callbacks import Callbacks, Outcome
from sandbox.config import Account, Kind
from sandbox.envelope import clean
from sandbox.faults import FaultInvalid
from sandbox.media import sniff
from sandbox.state import Entry, Full, Person, World
from sandbox.text import segments

_KEY_LIMIT, _TEXT_LIMIT, _IMAGE_LIMIT, _VOICE_LIMIT = 64, 20_000, 10 * 1024 * 1024, 2 * 1024 * 1024
_CLICKS = ("subscribe", "SCAN", "CLICK", "scancode_push", "scancode_waitmsg")
_OWN_FIELDS = ("ToUserName", "FromUserName", "CreateTime", "MsgType", "AgentID", "MsgId")


class Wrong(ValueError):
    """The control request cannot be done; becomes a JSON error with this status."""

    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.status = status


class Phones:
    """Everything people do with their phones."""

    def __init__(self, world: World, callbacks: Callbacks) -> None:
        self.world = world
        self.callbacks = callbacks

    def person(self, key: str) -> Person:
        """The person, or Wrong with 404."""
        person = self.world.person(key)
        if person is None:
            raise Wrong(f"nobody is called {key[:_KEY_LIMIT]}", 404)
        return person

    def account(self, person: Person, data: Mapping[str, Any]) -> Account:
        """The channel that is meant: the one named in the query or the body, else the person's first."""
        named = request.args.get("channel") or data.get("channel") or next(iter(person.seats))
        account = self.world.account(named) if isinstance(named, str) else None
        if account is None or account.key not in person.seats:
            raise Wrong(f"{person.key} is not on that channel", 404)
        return account

    def say(self, person: Person, account: Account, data: Mapping[str, Any]) -> Outcome:
        """Sends what the request describes and waits for the answer."""
        for name, act in (
            ("text", self._text),
            ("image", self._image),
            ("location", self._location),
            ("voice", self._voice),
            ("event", self._event),
            ("scan", self._scan),
        ):
            if name in data:
                return act(person, account, data[name])
        raise Wrong("one of text, image, location, voice, event, scan is needed")

    def send(
        self, person: Person, account: Account, fields: dict[str, Any], *, shown: Mapping[str, Any], opens: str | None
    ) -> Outcome:
        """Shows the person's own message, delivers it, and marks it when it did not arrive."""
        if not person.seats[account.key].following:
            raise Wrong(f"{person.key} does not follow {account.key}", 409)
        entry = self.world.show(person, channel=account.key, mine=True, **shown)
        self.world.act(person, account.key, opens=opens if account.kind is Kind.OFFICIAL else None)
        outcome = self.callbacks.message(account, person, fields)
        failed = outcome.attempts[-1].error if outcome.attempts else None
        if failed is not None and all(attempt.error is not None for attempt in outcome.attempts):
            self.world.change(person, entry, lambda entry: setattr(entry, "failed", failed))
        return outcome

    def _text(self, person: Person, account: Account, text: object, *, menu_id: str | None = None) -> Outcome:
        if not isinstance(text, str) or not text or len(text) > _TEXT_LIMIT:
            raise Wrong(f"text must be 1 to {_TEXT_LIMIT} characters")
        text = clean(text)
        fields = {"MsgType": "text", "Content": text}
        if menu_id is not None:
            fields["bizmsgmenuid"] = menu_id
        return self.send(person, account, fields, shown={"type": "text", "text": text}, opens="message")

    def _image(self, person: Person, account: Account, image: object) -> Outcome:
        data = _base64(image, _IMAGE_LIMIT, "image")
        content_type = sniff(data)
        if content_type not in ("image/jpeg", "image/png", "image/gif"):
            raise Wrong("image must be a JPEG, PNG or GIF")
        medium = self.world.keep(account, type="image", content_type=content_type, data=data, name="photo.jpg")
        base = self.world.config.public_url.rstrip("/") or request.host_url.rstrip("/")
        fields = {"MsgType": "image", "PicUrl": f"{base}/media/{medium.id}", "MediaId": medium.id}
        shown = {"type": "image", "extra": {"media_id": medium.id}}
        return self.send(person, account, fields, shown=shown, opens="message")

    def _location(self, person: Person, account: Account, place: object) -> Outcome:
        if not isinstance(place, dict):
            raise Wrong("location must be an object with lat, lng and label")
        lat, lng = (_degrees(place.get(name), most) for name, most in (("lat", 90.0), ("lng", 180.0)))
        label = clean(str(place.get("label") or ""))[:200]
        fields: dict[str, Any] = {
            "MsgType": "location",
            "Location_X": lat,
            "Location_Y": lng,
            "Scale": 16,
            "Label": label,
        }
        if account.kind is Kind.WECOM:
            fields["AppType"] = "wxwork"
        shown = {"type": "location", "text": label, "extra": {"lat": lat, "lng": lng}}
        return self.send(person, account, fields, shown=shown, opens="message")

    def _voice(self, person: Person, account: Account, voice: object) -> Outcome:
        """A string is what speech recognition heard; an object may add the sound itself as base64 `data`."""
        given: Mapping[str, Any] = voice if isinstance(voice, dict) else {"recognition": voice}
        heard = given.get("recognition")
        if heard is not None and not isinstance(heard, str):
            raise Wrong("voice must be text or an object with recognition and data")
        data = _base64(given["data"], _VOICE_LIMIT, "voice.data") if "data" in given else b"#!AMR\n" + b"\x00" * 32
        medium = self.world.keep(account, type="voice", content_type="audio/amr", data=data, name="voice.amr")
        fields = {"MsgType": "voice", "MediaId": medium.id, "Format": "amr"}
        if heard is not None and account.kind is Kind.OFFICIAL:
            fields["Recognition"] = clean(heard)[:_TEXT_LIMIT]
        shown = {"type": "voice", "text": clean(heard or "")[:_TEXT_LIMIT], "extra": {"media_id": medium.id}}
        return self.send(person, account, fields, shown=shown, opens="message")

    def _event(self, person: Person, account: Account, event: object) -> Outcome:
        """An event's name, or its own fields with `Event` among them."""
        fields: dict[str, Any] = (
            {"Event": event} if isinstance(event, str) else dict(event) if isinstance(event, dict) else {}
        )
        name = fields.pop("Event", None)
        if not isinstance(name, str) or not 1 <= len(name) <= 64:
            raise Wrong("event must be a name or an object with Event")
        own = [field for field in _OWN_FIELDS if field in fields]
        if own:
            raise Wrong(f"the platform sets {', '.join(own)}")
        with person.lock:
            seat = person.seats[account.key]
            if name == "subscribe":
                seat.following, seat.followed_at = True, self.world.clock.now()
                key = str(fields.get("EventKey", ""))
                seat.scene = key.removeprefix("qrscene_") if key.startswith("qrscene_") else ""
            elif name == "unsubscribe":
                seat.following = False
                seat.windows.clear()
            elif name == "subscribe_msg_popup_event":
                _agree(seat.accepted, fields.get("SubscribeMsgPopupEvent"))
        self.world.act(
            person, account.key, opens="click" if name in _CLICKS and account.kind is Kind.OFFICIAL else None
        )
        if name in ("subscribe", "CLICK", "click", "SCAN", "unsubscribe", "enter_agent"):
            shown = f"{name} {fields.get('EventKey', '')}".strip()
            self.world.show(person, channel=account.key, mine=True, type="event", text=shown)
        standard = {"MsgType": "event", "Event": name}
        if name in ("subscribe", "CLICK", "click", "view", "VIEW", "enter_agent", "unsubscribe"):
            standard["EventKey"] = ""
        return self.callbacks.message(account, person, {**standard, **fields})

    def _scan(self, person: Person, account: Account, ticket: object) -> Outcome:
        """Scans a scene QR code of this sandbox: a follower sends SCAN, anybody else follows by it."""
        scene = self.world.scenes.get(ticket) if isinstance(ticket, str) else None
        if scene is None:
            raise Wrong("no QR code has this ticket", 404)
        following = person.seats[account.key].following
        event = {
            "Event": "SCAN" if following else "subscribe",
            "EventKey": scene["scene"] if following else f"qrscene_{scene['scene']}",
            "Ticket": ticket,
        }
        return self._event(person, account, event)

    def press(self, person: Person, data: Mapping[str, Any]) -> Outcome:
        """Presses a card button, a msgmenu item or a menu link, by key or by label."""
        entry = person.entry(str(data.get("message")))
        wanted = data.get("button")
        if entry is None:
            raise Wrong("no such message on this phone", 404)
        if not isinstance(wanted, str) or not wanted:
            raise Wrong("button must be a key or a label")
        account = self.world.account(entry.channel)
        if account is None:
            raise Wrong("no such channel", 404)
        if "card" in entry.extra and entry.type == "template_card":
            return self._press_card(person, account, entry, wanted, data.get("selected"))
        for name in ("key", "label"):
            for button in entry.buttons:
                if button[name] == wanted:
                    return self._text(person, account, button["label"], menu_id=button["key"])
        for name in ("id", "content", "label"):
            for link in entry.links:
                if link[name] == wanted:
                    return self._text(person, account, link["content"], menu_id=link["id"])
        raise Wrong("no such button on this message", 404)

    def _press_card(self, person: Person, account: Account, entry: Entry, wanted: str, selected: object) -> Outcome:
        card = entry.extra["card"]
        button = next((button for name in ("key", "label") for button in entry.buttons if button[name] == wanted), None)
        if button is None:
            raise Wrong("this card has no such button now", 409 if entry.extra.get("replaced") else 404)
        if button["url"]:
            raise Wrong("this button opens a web page and sends nothing", 409)
        self.world.act(person, account.key, opens=None)
        fields: dict[str, Any] = {
            "MsgType": "event",
            "Event": "template_card_menu_event" if button.get("menu") else "template_card_event",
            "EventKey": button["key"],
            "TaskId": card["task_id"],
            "CardType": card["card_type"],
            "ResponseCode": self.world.new_code(str(entry.extra.get("message_id", ""))),
        }
        items = _selection(card, selected)
        if items and not button.get("menu"):
            fields["SelectedItems"] = {"SelectedItem": items}
        return self.callbacks.message(account, person, fields, pressed=entry)


def _base64(value: object, limit: int, name: str) -> bytes:
    if not isinstance(value, str):
        raise Wrong(f"{name} must be base64 text")
    if len(value) > limit * 4 // 3 + 64:
        raise Wrong(f"{name} is too large", 413)
    try:
        data = base64.b64decode(value.rpartition(",")[2] if value.startswith("data:") else value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Wrong(f"{name} is not base64") from error
    if not data:
        raise Wrong(f"{name} is empty")
    return data


def _degrees(value: object, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > most:
        raise Wrong("lat and lng must be degrees")
    return round(float(value), 6)


def _agree(accepted: dict[str, int], event: object) -> None:
    items = event.get("List") if isinstance(event, dict) else None
    for item in (items if isinstance(items, list) else [items])[:20]:
        if not isinstance(item, dict) or not isinstance(item.get("TemplateId"), str):
            continue
        template = item["TemplateId"][:128]
        if item.get("SubscribeStatusString") != "accept":
            accepted.pop(template, None)
        elif template in accepted or len(accepted) < 50:
            accepted[template] = accepted.get(template, 0) + 1


def _selection(card: Mapping[str, Any], selected: object) -> list[dict[str, Any]]:
    """The chosen options of the card's questions: `{question key: [option ids]}` or their defaults."""
    chosen = selected if isinstance(selected, dict) else {}
    items = []
    for question in card["questions"]:
        ids = chosen.get(question["key"], [question["selected"]] if question["selected"] else [])
        known = {option["id"] for option in question["options"]}
        picked = [str(one) for one in (ids if isinstance(ids, list) else [ids]) if str(one) in known]
        items.append({"QuestionKey": question["key"], "OptionIds": {"OptionId": picked}})
    return items


def blueprint(world: World, callbacks: Callbacks) -> Blueprint:
    """The control interface, the phones page, and the files behind PicUrl."""
    routes = Blueprint("phones", __name__)
    phones = Phones(world, callbacks)

    def body() -> dict[str, Any]:
        try:
            data = json.loads(request.get_data())
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            raise Wrong("the body must be a JSON object")
        return data

    @routes.errorhandler(Wrong)
    def wrong(error: Wrong) -> tuple[Response, int]:
        return jsonify(error=str(error)), error.status

    @routes.errorhandler(Full)
    def full(_error: Full) -> tuple[Response, int]:
        return jsonify(error="no more people fit"), 409

    @routes.get("/")
    def page() -> str:
        return render_template("phones.html")

    @routes.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @routes.get("/media/<media_id>")
    def media(media_id: str) -> Response:
        medium = world.media.get(media_id)
        if medium is None:
            return Response("", status=404)
        response = Response(medium.data, content_type=medium.content_type)
        response.headers["Cache-Control"] = "private, max-age=86400"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    @routes.get("/api/people")
    def people() -> Response:
        return jsonify(people=[describe(person) for person in world.people()])

    def describe(person: Person) -> dict[str, Any]:
        return {
            "key": person.key,
            "name": person.name,
            "channels": list(person.seats),
            "following": [seat.channel for seat in person.seats.values() if seat.following],
            "version": person.version,
        }

    @routes.post("/api/people")
    def meet() -> tuple[Response, int]:
        data = body()
        key, channel, name = data.get("key"), data.get("channel"), data.get("name") or ""
        if not isinstance(key, str) or not 1 <= len(key) <= _KEY_LIMIT or clean(key) != key or "|" in key or "/" in key:
            raise Wrong(f"key must be 1 to {_KEY_LIMIT} characters without | and /")
        if not isinstance(channel, str) or world.account(channel) is None:
            raise Wrong("channel must be one of the accounts")
        if not isinstance(name, str) or len(name) > _KEY_LIMIT:
            raise Wrong(f"name must be at most {_KEY_LIMIT} characters")
        there = world.on_channel(key, channel) is not None
        person = world.meet(key, channel, clean(name))
        return jsonify(describe(person)), 200 if there else 201

    @routes.post("/api/people/<key>/say")
    def say(key: str) -> Response:
        person, data = phones.person(key), body()
        return jsonify(phones.say(person, phones.account(person, data), data).to_json())

    @routes.post("/api/people/<key>/press")
    def press(key: str) -> Response:
        return jsonify(phones.press(phones.person(key), body()).to_json())

    @routes.get("/api/people/<key>/inbox")
    def inbox(key: str) -> Response:
        entries = phones.person(key).inbox()
        channel = request.args.get("channel")
        return jsonify(inbox=[entry for entry in entries if channel in (None, "", entry["channel"])])

    @routes.post("/api/people/<key>/login-code")
    def login_code(key: str) -> Response:
        person = phones.person(key)
        account = world.account_of(Kind.WECOM)
        if account is None or account.key not in person.seats:
            raise Wrong(f"{person.key} is not on WeCom", 404)
        code = secrets.token_urlsafe(32)
        world.login_codes.put(code, (person.key, world.clock.now() + timedelta(minutes=5)))
        return jsonify(code=code)

    @routes.get("/api/phones")
    def threads() -> Response:
        """What the page polls: for each of `keys`, what is new since version `since`."""
        version = world.version
        since = request.args.get("since", 0, type=int)
        shown = []
        for key in request.args.get("keys", "").split(",")[:24]:
            person = world.person(key)
            if person is not None and person.version > since:
                entries = person.since(since)
                for entry in entries:
                    entry.pop("raw")
                    entry["segments"] = [{"text": entry["text"]}] if entry["mine"] else segments(entry["text"])
                shown.append({**describe(person), "entries": entries})
        return jsonify(version=version, phones=shown, menus=world.menus, now=world.clock.now().isoformat())

    @routes.get("/api/accounts")
    def accounts() -> Response:
        return jsonify(
            accounts=[
                {"key": account.key, "kind": str(account.kind), "name": account.name or account.key}
                for account in world.accounts
            ]
        )

    @routes.post("/api/verify")
    def verify() -> Response:
        data = body()
        account = world.account(str(data.get("channel")))
        if account is None:
            raise Wrong("channel must be one of the accounts")
        good, why = callbacks.verify(account)
        return jsonify(ok=good, error=why or None)

    @routes.route("/api/faults", methods=["GET", "POST", "DELETE"])
    def faults() -> Response:
        if request.method == "DELETE":
            world.faults.clear()
        elif request.method == "POST":
            try:
                world.faults.switch_on(body())
            except FaultInvalid as invalid:
                raise Wrong(str(invalid)) from invalid
        return jsonify(faults=world.faults.listed())

    @routes.route("/api/log", methods=["GET", "DELETE"])
    def log() -> Response:
        if request.method == "DELETE":
            world.log.clear()
            return jsonify(log=[])
        limit = request.args.get("limit", type=int)
        after = request.args.get("after", 0, type=int)
        return jsonify(log=world.log.listed(after=after, limit=None if limit is None else max(1, limit)))

    @routes.route("/api/clock", methods=["GET", "POST"])
    def clock() -> Response:
        if request.method == "POST":
            data = body()
            for name, move in (("advance_seconds", world.clock.advance), ("skew_seconds", world.clock.skew)):
                seconds = data.get(name)
                if seconds is None:
                    continue
                fine = isinstance(seconds, int | float) and not isinstance(seconds, bool) and abs(seconds) <= 10**8
                if (
                    not fine
                    or name == "advance_seconds"
                    and (seconds < 0 or world.clock.ahead_seconds + seconds > 10**9)
                ):
                    raise Wrong(f"{name} must be a number of seconds")
                move(float(seconds))
        return jsonify(now=world.clock.now().isoformat(), advanced_seconds=world.clock.ahead_seconds)

    @routes.post("/api/settle")
    def settle() -> Response:
        """Waits, at most `seconds`, until every event the platform sends by itself has been delivered."""
        seconds = body().get("seconds", 10)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= 30:
            raise Wrong("seconds must be between 0 and 30")
        return jsonify(pending=world.background.settle(float(seconds)))

    return routes
