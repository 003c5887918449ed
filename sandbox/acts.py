"""What people do with their phones: say, press, scan and follow, as the callbacks the platform makes of it."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import request

from sandbox.callbacks import Callbacks, Outcome
from sandbox.config import Account, Kind
from sandbox.envelope import clean
from sandbox.events import EventInvalid, read_event
from sandbox.media import code_picture, sniff
from sandbox.state import Entry, Person, Seat, World
from sandbox.wecom import customers

KEY_LIMIT = 64
_MB = 1024 * 1024
_TEXT_LIMIT, _IMAGE_LIMIT, _VOICE_LIMIT, _VIDEO_LIMIT = 20_000, 10 * _MB, 2 * _MB, 10 * _MB
_OWN_FIELDS = ("ToUserName", "FromUserName", "CreateTime", "MsgType", "AgentID", "MsgId")
_TEMPLATES_LIMIT = 50
_SILENT_AMR = b"#!AMR\n" + b"\x00" * 32
_EMPTY_MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom\x00\x00\x00\x08mdat"


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
            raise Wrong(f"nobody is called {key[:KEY_LIMIT]}", 404)
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
        if "unchecked" in data and data["unchecked"] not in (True, False):
            raise Wrong("unchecked must be true or false")
        acts: dict[str, Callable[[Person, Account, Any], Outcome]] = {
            "text": self._text,
            "image": self._image,
            "voice": self._voice,
            "video": self._video,
            "shortvideo": self._shortvideo,
            "location": self._location,
            "link": self._link,
            "event": self._unchecked_event if data.get("unchecked") else self._event,
            "scan": self._scan,
        }
        named = [name for name in acts if name in data]
        if len(named) != 1:
            raise Wrong(f"exactly one of {', '.join(acts)} is needed")
        return acts[named[0]](person, account, data[named[0]])

    def send(
        self, person: Person, account: Account, fields: dict[str, Any], *, shown: Mapping[str, Any], opens: str | None
    ) -> Outcome:
        """Shows the person's own message, delivers it, and marks it when it did not arrive."""
        if account.kind is Kind.CUSTOMER_SERVICE:
            with _customers():
                return customers.said(self.world, self.callbacks, person, account, fields=fields, shown=shown)
        self._must_follow(person, account)
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
        """A string is what speech recognition heard; an object may add the sound itself as base64 `data`.

        Without `recognition` the account has speech recognition off, and WeCom has none at all.
        """
        given = {"recognition": voice} if isinstance(voice, str) else voice
        if not isinstance(given, dict):
            raise Wrong("voice must be text or an object with recognition, data and format")
        heard, form = given.get("recognition"), given.get("format", "amr")
        if heard is not None and not isinstance(heard, str):
            raise Wrong("voice.recognition must be text")
        if form not in ("amr", "speex"):
            raise Wrong("voice.format must be amr or speex")
        data = _base64(given["data"], _VOICE_LIMIT, "voice.data") if given.get("data") else _SILENT_AMR
        medium = self.world.keep(account, type="voice", content_type=_sound(data), data=data, name=f"voice.{form}")
        fields = {"MsgType": "voice", "MediaId": medium.id, "Format": form}
        if heard is not None and account.kind is Kind.OFFICIAL:
            # Speech in speex is never recognised: the field is there and empty.
            fields["Recognition"] = clean(heard)[:_TEXT_LIMIT] if form == "amr" else ""
        shown = {"type": "voice", "text": clean(heard or "")[:_TEXT_LIMIT], "extra": {"media_id": medium.id}}
        return self.send(person, account, fields, shown=shown, opens="message")

    def _video(self, person: Person, account: Account, video: object, *, kind: str = "video") -> Outcome:
        """Base64 of an MP4, or an object with it as `data`; without it, an empty film."""
        given = {"data": video} if isinstance(video, str) else video
        if not isinstance(given, dict):
            raise Wrong(f"{kind} must be base64 text or an object with data")
        data = _base64(given["data"], _VIDEO_LIMIT, f"{kind}.data") if given.get("data") else _EMPTY_MP4
        if sniff(data) != "video/mp4":
            raise Wrong(f"{kind} must be an MP4")
        film = self.world.keep(account, type="video", content_type="video/mp4", data=data, name="video.mp4")
        still = self.world.keep(
            account, type="thumb", content_type="image/png", data=code_picture(film.id), name="thumb.png"
        )
        fields = {"MsgType": kind, "MediaId": film.id, "ThumbMediaId": still.id}
        shown = {"type": kind, "extra": {"media_id": film.id, "thumb_media_id": still.id}}
        return self.send(person, account, fields, shown=shown, opens="message")

    def _shortvideo(self, person: Person, account: Account, video: object) -> Outcome:
        if account.kind is Kind.WECOM:
            raise Wrong("WeCom has no shortvideo")
        return self._video(person, account, video, kind="shortvideo")

    def _link(self, person: Person, account: Account, link: object) -> Outcome:
        """A shared web page: url, title, description, and on WeCom the picture's address."""
        if not isinstance(link, dict):
            raise Wrong("link must be an object with url, title and description")
        words = {}
        for name, most in (("title", 512), ("description", 2048), ("url", 2048), ("picurl", 2048)):
            value = link.get(name, "")
            if not isinstance(value, str) or len(value) > most:
                raise Wrong(f"link.{name} must be at most {most} characters")
            words[name] = clean(value)
        if not words["url"].startswith(("http://", "https://")):
            raise Wrong("link.url must begin with http:// or https://")
        fields = {
            "MsgType": "link",
            "Title": words["title"],
            "Description": words["description"],
            "Url": words["url"],
        }
        if account.kind is Kind.WECOM:
            fields["PicUrl"] = words["picurl"]
        shown = {"type": "link", "text": words["title"], "extra": {"link": words}}
        return self.send(person, account, fields, shown=shown, opens="message")

    def _event(self, person: Person, account: Account, event: object) -> Outcome:
        """An event's name, or its own fields with `Event` among them."""
        given = _event_fields(event)
        if account.kind is Kind.CUSTOMER_SERVICE:
            with _customers():
                return customers.did(self.world, self.callbacks, person, account, given)
        try:
            kind, fields = read_event(account, person.key, given)
        except EventInvalid as invalid:
            raise Wrong(str(invalid)) from invalid
        if kind.follower:
            self._must_follow(person, account)
        self._note(person, account, fields)
        if kind.follower or kind.answered:
            self.world.act(person, account.key, opens="click" if kind.opens else None)
        if kind.shown:
            shown = f"{fields['Event']} {fields.get('EventKey', '')}".strip()
            self.world.show(person, channel=account.key, mine=True, type="event", text=shown)
        return self.callbacks.message(account, person, {"MsgType": "event", **fields})

    def _unchecked_event(self, person: Person, account: Account, event: object) -> Outcome:
        """An event this sandbox does not know, with whatever fields it is given."""
        fields = _event_fields(event)
        if not isinstance(fields.get("Event"), str) or not 1 <= len(fields["Event"]) <= KEY_LIMIT:
            raise Wrong(f"event.Event must be 1 to {KEY_LIMIT} characters")
        return self.callbacks.message(account, person, {"MsgType": "event", **fields})

    def _must_follow(self, person: Person, account: Account) -> None:
        seat = person.seats[account.key]
        if not seat.following:
            raise Wrong(f"{person.key} does not follow {account.key}", 409)
        if seat.blacklisted:
            raise Wrong(f"{person.key} is on the blacklist of {account.key}: nothing arrives", 409)

    def _note(self, person: Person, account: Account, fields: Mapping[str, Any]) -> None:
        """What the platform remembers of an event."""
        with person.lock:
            seat = person.seats[account.key]
            if fields["Event"] == "subscribe":
                seat.following, seat.followed_at = True, self.world.clock.now()
                seat.scene = fields.get("EventKey", "").removeprefix("qrscene_")
            elif fields["Event"] == "unsubscribe":
                leave(seat)
            elif fields["Event"] in ("subscribe_msg_popup_event", "subscribe_msg_change_event"):
                for item in (fields.get("SubscribeMsgPopupEvent") or fields["SubscribeMsgChangeEvent"])["List"]:
                    agree(seat, item["TemplateId"], accepted=item["SubscribeStatusString"] == "accept")

    def _scan(self, person: Person, account: Account, ticket: object) -> Outcome:
        """Scans a scene QR code of this sandbox: a follower sends SCAN, anybody else follows by it."""
        scene = self.world.scenes.get(ticket) if isinstance(ticket, str) else None
        if scene is None or account.kind is not Kind.OFFICIAL:
            raise Wrong("no QR code has this ticket", 404)
        if scene["until"] is not None and self.world.clock.now() >= scene["until"]:
            raise Wrong("this QR code has expired", 410)
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


@contextmanager
def _customers() -> Iterator[None]:
    try:
        yield
    except customers.CustomerInvalid as invalid:
        raise Wrong(str(invalid), 409) from invalid


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


def _sound(data: bytes) -> str:
    """The content type of a recording; browsers record WebM or Ogg, the platform's own is AMR."""
    if data.startswith(b"\x1aE\xdf\xa3"):
        return "audio/webm"
    kind = {b"OggS": "audio/ogg", b"RIFF": "audio/wav"}.get(data[:4]) or sniff(data)
    return kind if kind.startswith("audio/") else "audio/mp4" if kind == "video/mp4" else "audio/amr"


def _event_fields(event: object) -> dict[str, Any]:
    fields = {"Event": event} if isinstance(event, str) else event
    if not isinstance(fields, dict):
        raise Wrong("event must be a name or an object with Event")
    own = [field for field in _OWN_FIELDS if field in fields]
    if own:
        raise Wrong(f"the platform sets {', '.join(own)}")
    return fields


def leave(seat: Seat) -> None:
    """Unfollowing closes every customer-service window."""
    seat.following = False
    seat.windows.clear()


def agree(seat: Seat, template: str, *, accepted: bool) -> None:
    """Each yes pays for one subscription message; a no takes every yes back."""
    if not accepted:
        seat.accepted.pop(template, None)
    elif template in seat.accepted or len(seat.accepted) < _TEMPLATES_LIMIT:
        seat.accepted[template] = seat.accepted.get(template, 0) + 1


def _selection(card: Mapping[str, Any], selected: object) -> list[dict[str, Any]]:
    """The chosen options of the card's questions: `{question key: [option ids]}` or their defaults.

    A disabled question keeps its default, and one with a single choice takes the first.
    """
    chosen = selected if isinstance(selected, dict) else {}
    items = []
    for question in card["questions"]:
        ids = question["checked"] if question["disabled"] else chosen.get(question["key"], question["checked"])
        known = {option["id"] for option in question["options"]}
        picked = [str(one) for one in (ids if isinstance(ids, list) else [ids]) if str(one) in known]
        picked = list(dict.fromkeys(picked))[: None if question["many"] else 1]
        items.append({"QuestionKey": question["key"], "OptionIds": {"OptionId": picked}})
    return items
