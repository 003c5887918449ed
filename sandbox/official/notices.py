"""Template messages, subscription messages, and the one-off subscription of a web page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sandbox.api import Refused
from sandbox.faults import FaultKind
from sandbox.official.desk import Answer, Desk, done, inside, word, written
from sandbox.official.templates import Templates
from sandbox.state import Person, Seat

MOST_SCENE = 10_000


class Notices:
    """What the account sends outside the customer-service window."""

    def __init__(self, desk: Desk, templates: Templates) -> None:
        self.desk = desk
        self.templates = templates

    def template_send(self) -> Answer:
        """POST message/template/send: accepted now, reported by an event; client_msg_id makes it idempotent."""
        world = self.desk.world
        data = self.desk.body()
        person, _ = self.desk.follower(data.get("touser"), gone=43004)
        rows = self.templates.rows(data)
        link = _link(data)
        number = world.next_message_id() % 10**18
        own_id = data.get("client_msg_id")
        if isinstance(own_id, str) and own_id:
            now = world.clock.now()
            fresh = timedelta(seconds=world.rules.client_msg_id_seconds)
            there = world.client_messages.put_once(
                (person.key, own_id[:64]), (now, number), fresh=lambda seen: now - seen[0] < fresh
            )
            if there is not None:
                return done(msgid=there[1])
        self._show(person, data, "template", rows, link)
        self.desk.report(person, Event="TEMPLATESENDJOBFINISH", MsgID=number, Status="success")
        return done(msgid=number)

    def bizsend(self) -> Answer:
        """POST message/subscribe/bizsend: one send for each time the person agreed."""
        data = self.desk.body()
        person, seat = self.desk.follower(data.get("touser"), gone=43101)
        rows = self.templates.rows(data)
        link = _link(data)
        template = str(data["template_id"])
        self._use_consent(person, seat, template)
        self._show(person, data, "subscribe", rows, link)
        sent = {
            "TemplateId": template,
            "MsgID": str(self.desk.world.next_message_id()),
            "ErrorCode": "0",
            "ErrorStatus": "success",
        }
        self.desk.report(person, Event="subscribe_msg_sent_event", SubscribeMsgSentEvent={"List": sent})
        return done()

    def one_off(self) -> Answer:
        """POST message/template/subscribe: to anybody who agreed on the web page of this scene, follower or not."""
        data = self.desk.body()
        person, seat = self.desk.seat(data.get("touser"))
        template = word(data, "template_id", 40037, most=128)
        scene = written(data.get("scene"), 40035, least=0, most=MOST_SCENE)
        title = word(data, "title", 45003, most=15)
        content = inside(inside(data, "data", 47003), "content", 47003).get("value")
        if not isinstance(content, str) or not 1 <= len(content) <= 200:
            raise Refused(47003, "argument invalid! content.DATA is invalid")
        link = _link(data)
        self._use_consent(person, seat, one_off_key(template, scene))
        self._show(person, data, "subscribe", [{"key": title, "value": content}], link)
        return done()

    def _use_consent(self, person: Person, seat: Seat, key: str) -> None:
        if self.desk.platform.bites(FaultKind.REFUSED):
            raise Refused(43101)
        with person.lock:
            if seat.accepted.get(key, 0) <= 0:
                raise Refused(43101)
            seat.accepted[key] -= 1

    def _show(
        self, person: Person, data: dict[str, Any], kind: str, rows: list[dict[str, str]], link: dict[str, Any]
    ) -> None:
        text = "\n".join(row["value"] for row in rows)
        extra = {"template_id": data["template_id"], "rows": rows, **link}
        self.desk.show(person, data, type=kind, text=text, extra=extra)


def one_off_key(template: str, scene: int) -> str:
    """Under which name a one-off consent stands among the consents of a person."""
    return f"{template}#{scene}"


def _link(data: dict[str, Any]) -> dict[str, Any]:
    """Where a tap leads: `url` or `page` in the browser, or a mini program where both are given."""
    url = word(data, "url", 40039, least=0, most=2048) or word(data, "page", 41030, least=0, most=2048)
    program = data.get("miniprogram")
    if program in (None, {}):
        return {"url": url}
    app_id = word(inside(data, "miniprogram", 40013), "appid", 40013, most=32)
    return {"url": url, "miniprogram": {"appid": app_id, "pagepath": str(program.get("pagepath") or "")[:1024]}}
