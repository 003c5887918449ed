"""What the console is given by the parts above it: what words mean, the platforms' ways, photos and codes of places."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from models.outbox import Notice, NoticeKind
from models.photos import Keep
from models.template import TemplateWay
from models.templates import Offered
from nlp.understand import Understanding


@dataclass(frozen=True, slots=True)
class Reach:
    """The active ways of one account for a kind of notice, and how many messages each may still carry today."""

    ways: tuple[str, ...]
    left_today: Mapping[str, int] = field(default_factory=dict)
    """Only for ways whose quota the platform publishes."""


class PlatformRefused(Exception):
    """The platform did not do what it was asked: its number, None where it did not answer."""

    def __init__(self, code: int | None) -> None:
        super().__init__(code)
        self.code = code


class PhotoUnfit(Exception):
    """Something that is no photo, or too large."""


class MenuAccount(Protocol):
    """An account whose menu under the chat can be seen and published."""

    @property
    def key(self) -> str:
        """The channel's."""

    def menu(self) -> list[dict[str, Any]]:
        """The buttons as the platform has them, none without a menu. Raises PlatformRefused."""

    def publish(self, buttons: Sequence[Mapping[str, Any]]) -> None:
        """Gives the platform new ones. Raises PlatformRefused."""


class TemplateAccount(Protocol):
    """An account whose templates can be looked up at its platform."""

    @property
    def key(self) -> str:
        """The channel's."""

    def offered(self, way: TemplateWay) -> Sequence[Offered]:
        """The templates that were chosen there. Raises PlatformRefused."""


class CodeNotMade(Exception):
    """The platform did not give a code for a place."""


@dataclass(frozen=True, slots=True)
class Printed:
    """One code on a sheet: what it leads to, the name under it, and the code on the door where there is one."""

    address: str
    name: str
    door: str = ""


class Codes(Protocol):
    """Codes (二维码) of places."""

    @property
    def channel(self) -> str:
        """On which account they are made; empty where they lead to a page of ours."""

    def address(self, scene: str) -> str:
        """What a scan leads to; may ask the platform. Raises CodeNotMade."""

    def sheet(self, title: str, codes: Sequence[Printed]) -> bytes:
        """The codes as a PDF to print."""


def _without_words(_: Session, __: Notice, ___: datetime) -> str | None:
    return ""


def _no_accounts(_: NoticeKind) -> Mapping[str, Reach]:
    return {}


@dataclass(frozen=True, slots=True)
class Means:
    """All of it; a console without any shows its pages all the same."""

    understand: Callable[[str, int | None], Understanding] | None = None
    """What words mean; the second is the area that is nearest to whoever says them."""
    notice_words: Callable[[Session, Notice, datetime], str | None] = _without_words
    """What somebody would read; None for what is overtaken."""
    reach: Callable[[NoticeKind], Mapping[str, Reach]] = _no_accounts
    """By the channel's key."""
    keep_photo: Callable[[bytes, str], Keep] | None = None
    """Stores a photo of a type. Raises PhotoUnfit."""
    menus: tuple[MenuAccount, ...] = ()
    templates: tuple[TemplateAccount, ...] = ()
    codes: Codes | None = None
    gas_phone: str = ""
    broadcasts_a_week: int = 2
