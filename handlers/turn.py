"""The shapes a conversation is made of: what somebody sent, what we answer, and the turn between the two."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class MessageKind(StrEnum):
    """What a message is made of, the same for every channel."""

    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    LOCATION = "location"
    LINK = "link"
    EVENT = "event"


class EventKind(StrEnum):
    """The platform events we act on; every other event is acknowledged and ignored by the channel."""

    FOLLOW = "follow"
    UNFOLLOW = "unfollow"
    SCAN = "scan"
    """A scene QR code was scanned by a follower; `scene` carries its text."""
    TAP = "tap"
    """A custom-menu item or a card button was pressed; `tap` carries the full command."""
    ENTER = "enter"
    """The WeCom app was opened."""
    SEND_RESULT = "send_result"
    """The platform reports how a template or subscription message ended; `detail` carries msgid and status."""
    SUBSCRIPTION = "subscription"
    """The person accepted or refused subscription messages; `detail` carries template ids and answers."""
    MEMBER_LEFT = "member_left"
    """A WeCom member was removed from the address book."""


class Opens(StrEnum):
    """Which customer-service window a message opens (wechat-facts §2, §3)."""

    MESSAGE = "message"
    CLICK = "click"


@dataclass(frozen=True, slots=True)
class Point:
    """A position as the platform gave it: WeChat sends GCJ-02 degrees, kept as sent."""

    lat: float
    lng: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """The template card a press came from."""

    task_id: str
    response_code: str
    card_type: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody sent.

    `key` is the same for every delivery of one message and differs between any two messages; `tap` is the full
    command a tap carries and is None for typed words; `text` is what was typed, or a voice's recognition, or a link's
    title and address.
    """

    channel: str
    sender: str
    key: str
    kind: MessageKind
    sent_at: datetime
    text: str = ""
    tap: str | None = None
    media_id: str = ""
    media_url: str = ""
    point: Point | None = None
    event: EventKind | None = None
    scene: str = ""
    card: Card | None = None
    opens: Opens | None = None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """One numbered answer: what is shown and the full command it stands for."""

    label: str
    command: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What we answer, before a channel formats it.

    An empty text is a silent acknowledgement. `card_caption` replaces the buttons of the card that was pressed.
    """

    text: str = ""
    choices: tuple[Choice, ...] = ()
    card_caption: str = ""

    def to_json(self) -> dict[str, Any]:
        """The stored form, kept beside the message so that a repeat gets the same answer."""
        return {
            "text": self.text,
            "choices": [[choice.label, choice.command] for choice in self.choices],
            "card_caption": self.card_caption,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Reply:
        """The inverse of `to_json`."""
        return cls(
            text=data["text"],
            choices=tuple(Choice(label, command) for label, command in data["choices"]),
            card_caption=data["card_caption"],
        )
