"""The platforms we talk through: one protocol, one file a platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from handlers.turn import Choice, Message, Reply
from models.templates import Part


class CallbackRefused(Exception):
    """A callback that is answered with an HTTP error and leaves no trace in the database."""

    status = 400


class TooLarge(CallbackRefused):
    """The body is over the cap."""

    status = 413


class Forged(CallbackRefused):
    """The signature, the time or the receiveid is wrong."""

    status = 403


class Garbage(CallbackRefused):
    """Correctly signed, but not a message."""

    status = 400


class Why(StrEnum):
    """Why something could not be sent; delivery decides by it what is tried next."""

    WINDOW = "window"
    """The customer-service window is closed or used up (45015, 45047)."""
    GONE = "gone"
    """This account can no longer be reached (unfollowed, left the corp, unknown id)."""
    REFUSED = "refused"
    """The person refused this kind of message (43101, 48002)."""
    NOT_ALLOWED = "not_allowed"
    """The account or address may not do this (48001, 60020, 40164, a bad secret): staff must mend it."""
    QUOTA = "quota"
    """A daily or minute quota is used up (45009, 45011, 45033)."""
    CONTENT = "content"
    """The platform refuses this content (47003, 40037, 45002 …): trying again will not help."""
    TEMPORARY = "temporary"
    """Busy, slow, unreachable, HTML instead of JSON: try again later."""


class NotSent(Exception):
    """The platform did not take a message."""

    def __init__(self, why: Why, detail: str, *, errcode: int | None = None) -> None:
        super().__init__(f"{why}: {detail}")
        self.why = why
        self.detail = detail
        self.errcode = errcode


class TooMuch(NotSent):
    """What a person sent is larger than what is read."""


class Way(StrEnum):
    """An active way to reach an account on a channel."""

    CUSTOMER = "customer"
    """A customer-service message inside its window (Official Account)."""
    APP = "app"
    """An app message (WeCom)."""
    TEMPLATE = "template"
    """A template message (verified service account)."""
    SUBSCRIPTION = "subscription"
    """A subscription message the person tapped for."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to one account, before a platform formats it.

    `choices` become a msgmenu, card buttons or numbered lines. `title` and `task_id` are for a card; `as_card` asks for
    one where the platform has them. `kind` chooses the template.
    """

    account: str
    kind: str
    text: str
    choices: tuple[Choice, ...] = ()
    title: str = ""
    task_id: str = ""
    as_card: bool = False
    parts: Mapping[Part, str] = field(default_factory=dict)
    """What a template's fields may hold besides."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What the platform said of a message it took."""

    message_id: str = ""
    response_code: str = ""
    """One-use code with which the card can be updated (WeCom, 72 hours)."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The seconds a stored token still lives (None for none), and how many calls were made today."""

    token_left: int | None
    calls_today: int


class Channel(Protocol):
    """One account on one platform. Everything that reads or writes a callback is pure; only the last four talk."""

    key: str
    kind: str

    def greet(self, query: Mapping[str, str], *, now: datetime) -> str:
        """The answer to the platform's GET that verifies the address. Raises CallbackRefused."""

    def read(self, query: Mapping[str, str], body: bytes, *, now: datetime) -> Message | None:
        """The message in a callback, or None for what is acknowledged and ignored. Raises CallbackRefused."""

    def write(self, reply: Reply, message: Message, *, now: datetime) -> tuple[bytes, str]:
        """The passive reply's body and content type, sealed as the account's mode asks."""

    def ways(self, kind: str) -> tuple[Way, ...]:
        """The active ways this account has for a notice of `kind`, best first."""

    def usage(self) -> Usage:
        """What is known of the account here, without asking the platform."""

    def send(self, way: Way, outgoing: Outgoing, *, now: datetime) -> Sent:
        """Sends one message. Raises NotSent."""

    def update_card(self, response_code: str, accounts: tuple[str, ...], caption: str, *, now: datetime) -> None:
        """Turns a card's buttons into `caption` for everyone who got it; does nothing without cards. Raises NotSent."""

    def media(self, media_id: str, url: str = "") -> tuple[bytes, str]:
        """The bytes and content type of something a person sent. Raises NotSent."""

    def probe(self) -> dict[str, Any]:
        """What `huying doctor` shows of this account: token, platform reachability."""
