"""The phones page and the control interface: what people see and do, faults, the clock and the log, over HTTP."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request

from sandbox.acts import KEY_LIMIT, Phones, Wrong
from sandbox.callbacks import Callbacks
from sandbox.config import Kind
from sandbox.envelope import clean
from sandbox.faults import FaultInvalid, kinds
from sandbox.media import code_picture
from sandbox.state import Full, LoginCode, Person, World
from sandbox.text import segments

_OPEN_PHONES, _SCENES = 24, 100


def blueprint(world: World, callbacks: Callbacks) -> Blueprint:
    """The control interface, the phones page, and the files behind PicUrl."""
    routes = Blueprint("phones", __name__)
    phones = Phones(world, callbacks)
    # A page that sees another one starts anew: versions begin again with every sandbox.
    identity = secrets.token_hex(4)

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

    @routes.get("/codes/<ticket>")
    def code(ticket: str) -> Response:
        """The picture of a QR code, for the page; the program asks for its own at showqrcode."""
        known = world.scenes.get(ticket) is not None
        return Response(code_picture(ticket), content_type="image/png") if known else Response("", status=404)

    @routes.get("/api/people")
    def people() -> Response:
        version = world.version
        return jsonify(people=[describe(person) for person in world.people()], version=version, world=identity)

    def describe(person: Person) -> dict[str, Any]:
        return {
            "key": person.key,
            "name": person.name,
            "channels": list(person.seats),
            "following": [seat.channel for seat in person.seats.values() if seat.following],
            "received": {seat.channel: seat.received for seat in person.seats.values()},
            "version": person.version,
        }

    @routes.post("/api/people")
    def meet() -> tuple[Response, int]:
        data = body()
        key, channel, name = data.get("key"), data.get("channel"), data.get("name") or ""
        if not isinstance(key, str) or not 1 <= len(key) <= KEY_LIMIT or clean(key) != key or "|" in key or "/" in key:
            raise Wrong(f"key must be 1 to {KEY_LIMIT} characters without | and /")
        if not isinstance(channel, str) or world.account(channel) is None:
            raise Wrong("channel must be one of the accounts")
        if not isinstance(name, str) or len(name) > KEY_LIMIT:
            raise Wrong(f"name must be at most {KEY_LIMIT} characters")
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
        until = world.clock.now() + timedelta(seconds=world.rules.login_code_seconds)
        world.login_codes.put(code, LoginCode(person.key, account.key, until))
        return jsonify(code=code)

    @routes.get("/api/phones")
    def threads() -> Response:
        """What the page polls: the news since version `since` on the phones named by `key` or `keys`, and, once it
        has begun (`since` is not 0), whose phone has changed besides.
        """
        version = world.version
        since = request.args.get("since", 0, type=int)
        named = [*request.args.getlist("key"), *request.args.get("keys", "").split(",")]
        keys = dict.fromkeys(named[:_OPEN_PHONES])
        shown = []
        for person in map(world.person, keys):
            if person is not None and person.version > since:
                entries = person.since(since)
                for entry in entries:
                    entry.pop("raw")
                    entry["segments"] = [{"text": entry["text"]}] if entry["mine"] else segments(entry["text"])
                shown.append({**describe(person), "entries": entries})
        others = world.people() if since else []
        return jsonify(
            version=version,
            world=identity,
            phones=shown,
            others=[describe(person) for person in others if person.version > since and person.key not in keys],
            menus=world.menus,
            now=world.clock.now().isoformat(),
        )

    @routes.get("/api/scenes")
    def scenes() -> Response:
        """The QR codes that can be scanned now, the newest first."""
        now = world.clock.now()
        listed = [
            {"ticket": ticket, "scene": scene["scene"], "url": scene["url"]}
            for ticket, scene in reversed(world.scenes.items())
            if scene["until"] is None or now < scene["until"]
        ]
        return jsonify(scenes=listed[:_SCENES])

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
        """What is on, and every kind there is. DELETE switches off what the query names as kind and channel, or all."""
        try:
            if request.method == "DELETE":
                world.faults.clear(request.args.get("kind", ""), request.args.get("channel", ""))
                callbacks.release()
            elif request.method == "POST":
                world.faults.switch_on(body())
        except FaultInvalid as invalid:
            raise Wrong(str(invalid)) from invalid
        return jsonify(faults=world.faults.listed(), kinds=kinds())

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
        """Waits, at most `seconds`, until every event the platform sends by itself has been delivered; what the
        out-of-order fault holds back is delivered too.
        """
        seconds = body().get("seconds", 10)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= 30:
            raise Wrong("seconds must be between 0 and 30")
        if world.background.settle(float(seconds)) == 0:
            callbacks.release()
        return jsonify(pending=world.background.settle(float(seconds)))

    return routes
