"""What every call of the Official Account's API stands on: the account, its people, and how a body is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from sandbox.api import Platform, Refused
from sandbox.callbacks import Callbacks
from sandbox.config import Abilities, Account
from sandbox.official.codes import MESSAGES
from sandbox.state import Person, Seat, World

Answer = dict[str, Any] | Response

EVERYONE = frozenset(Abilities)
VERIFIED = frozenset({Abilities.SUBSCRIPTION, Abilities.SERVICE})
SERVICE = frozenset({Abilities.SERVICE})


@dataclass(frozen=True, slots=True)
class Call:
    """One API call: what it does, who may make it, and how often."""

    run: Callable[[], Answer]
    method: str = "POST"
    """GET, POST, or empty where the platform takes both."""
    needs: frozenset[Abilities] = VERIFIED
    refusal: int = 48001
    """The code for an account that has not what it needs."""
    daily: int | None = None
    """Calls a day; None where the platform names no number."""
    token: bool = True
    plain_errors: bool = False


class Desk:
    """One Official Account as its calls see it."""

    def __init__(self, world: World, account: Account, callbacks: Callbacks) -> None:
        self.world = world
        self.account = account
        self.callbacks = callbacks
        self.platform = Platform(world, account, MESSAGES)

    def body(self) -> dict[str, Any]:
        """The JSON object that was posted."""
        return self.platform.body()

    def seat(self, openid: object) -> tuple[Person, Seat]:
        """The person of this openid, following or not. Raises Refused with 40003 for nobody."""
        person = self.world.on_channel(openid, self.account.key) if isinstance(openid, str) else None
        if person is None:
            raise Refused(40003)
        return person, person.seats[self.account.key]

    def follower(self, openid: object, *, gone: int) -> tuple[Person, Seat]:
        """The person of this openid: 40003 for nobody, `gone` for somebody who has left, 43019 for a blocked one."""
        person, seat = self.seat(openid)
        if not seat.following:
            raise Refused(gone)
        if seat.blacklisted:
            raise Refused(43019)
        return person, seat

    def followers(self) -> list[tuple[Person, Seat]]:
        """Everybody who follows now, in the order in which they came."""
        key = self.account.key
        found = [(person, person.seats[key]) for person in self.world.people() if key in person.seats]
        return [(person, seat) for person, seat in found if seat.following]

    def show(self, person: Person, data: Mapping[str, Any], **values: Any) -> None:
        """Puts a message on the person's phone, with the body that asked for it."""
        raw = json.dumps(data, ensure_ascii=False)[:8192]
        self.world.show(person, channel=self.account.key, raw=raw, **values)

    def report(self, person: Person, **fields: Any) -> None:
        """Queues an event that the platform reports by itself."""
        self.callbacks.event(self.account, person, fields)

    def seconds(self) -> int:
        """The platform's time as it stands in answers."""
        return int(self.world.clock.now().timestamp())

    def address(self) -> str:
        """Where clients reach the sandbox, without a slash at the end."""
        return self.world.config.public_url.rstrip("/") or request.host_url.rstrip("/")


def done(**more: Any) -> dict[str, Any]:
    """A success."""
    return {"errcode": 0, "errmsg": "ok", **more}


def word(data: Mapping[str, Any], name: str, code: int, *, most: int, least: int = 1) -> str:
    """A text of so many characters. Raises Refused with `code`; without the field it is empty, if that is allowed."""
    value = data.get(name)
    if value is None and least == 0:
        return ""
    if not isinstance(value, str) or not least <= len(value) <= most:
        raise Refused(code)
    return value


def whole(value: object, code: int, *, least: int, most: int) -> int:
    """A whole number between two others. Raises Refused with `code`."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Refused(code)
    return value


def written(value: object, code: int, *, least: int, most: int) -> int:
    """A whole number that may also come as digits, as it does in a query or from older clients."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    return whole(value, code, least=least, most=most)


def items(data: Mapping[str, Any], name: str, code: int, *, most: int, kind: type[Any] = dict) -> list[Any]:
    """A list of 1 to `most` things of one kind. Raises Refused with 47001 for another shape, `code` for the number."""
    value = data.get(name)
    if not isinstance(value, list) or not all(isinstance(item, kind) for item in value):
        raise Refused(47001)
    if not 1 <= len(value) <= most:
        raise Refused(code)
    return value


def inside(data: Mapping[str, Any], name: str, code: int = 47001) -> dict[str, Any]:
    """An object within the body. Raises Refused with `code`."""
    value = data.get(name)
    if not isinstance(value, dict):
        raise Refused(code)
    return value


def page(openids: list[str], after: object, *, size: int = 10_000) -> dict[str, Any]:
    """One page of openids after the one named, as the platform's lists of people come. Raises Refused with 40003."""
    start = 0
    if after not in (None, ""):
        try:
            start = openids.index(after) + 1  # type: ignore[arg-type]
        except ValueError as error:
            raise Refused(40003) from error
    shown = openids[start : start + size]
    answer: dict[str, Any] = {"count": len(shown)}
    if shown:
        answer["data"] = {"openid": shown}
    return {**answer, "next_openid": shown[-1] if shown else ""}
