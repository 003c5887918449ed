"""A behaviour of the platforms as a row of a table: its check, and how to switch it off so that the check fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from sandbox.faults import Fault, FaultKind, Faults
from tests.sandbox.conftest import Street

AYI, LI, WANG = "demo-resident-1", "demo-member-1", "demo-member-2"
CLICK = {"Event": "CLICK", "EventKey": "help"}
DAY = 24 * 3600

Settings = dict[str, Any]
Patch = Callable[[pytest.MonkeyPatch], None]
Check = Callable[[Street], None]


@dataclass(frozen=True)
class Behaviour:
    """One row: the check, the settings it needs, and the settings or the patch that switch the behaviour off."""

    check: Check
    on: Settings
    off: Settings | Patch

    def holds(self, open_street: Callable[..., Street]) -> None:
        """The check passes on the sandbox as it is."""
        self.check(open_street(**both(self.on, {})))

    def is_missed(self, open_street: Callable[..., Street], monkeypatch: pytest.MonkeyPatch) -> None:
        """The same check fails on a sandbox without the behaviour; one that still passes there proves nothing."""
        off: Settings = {}
        if isinstance(self.off, dict):
            off = self.off
        else:
            self.off(monkeypatch)
        street = open_street(**both(self.on, off))
        with pytest.raises(AssertionError):
            self.check(street)


@dataclass(frozen=True)
class Table:
    """The rows of one file; as a decorator it puts the check below it into the table."""

    rows: list[Behaviour] = field(default_factory=list)

    def __call__(self, *, off: Settings | Patch, **on: Any) -> Callable[[Check], Check]:
        def add(check: Check) -> Check:
            self.rows.append(Behaviour(check, on, off))
            return check

        return add


def name_of(row: Behaviour) -> str:
    """The check's name, under which pytest shows the row."""
    return row.check.__name__


def both(one: Settings, other: Settings) -> Settings:
    """The settings of a row and those that switch it off."""
    merged = dict(one)
    for name, value in other.items():
        merged[name] = {**merged.get(name, {}), **value}
    return merged


# Ways to switch off


def rules(**numbers: float) -> Settings:
    """Other numbers among the rules."""
    return {"rules": numbers}


def patch(owner: object, name: str, value: Any) -> Patch:
    """Another function in place of the one that does it."""
    return lambda monkeypatch: monkeypatch.setattr(owner, name, value)


def deaf(*kinds: str) -> Patch:
    """Faults of these kinds are accepted and never bite."""
    bites = Faults.bites

    def deafened(self: Faults, kind: FaultKind, channel: str) -> Fault | None:
        return None if str(kind) in kinds else bites(self, kind, channel)

    return patch(Faults, "bites", deafened)


# Words of the checks


def later(street: Street, seconds: float) -> None:
    """Moves the clock by the control interface; a token would end too, so the next call fetches a new one."""
    street.control("POST", "clock", {"advance_seconds": seconds})
    street.tokens.clear()


def errors(said: Any) -> list[str | None]:
    """What was wrong with each delivery."""
    return [attempt["error"] for attempt in said["deliveries"]]


def api(street: Street, platform: str, path: str, **query: Any) -> requests.Response:
    """A GET of a platform's API with nothing added."""
    return requests.get(f"{street.url}/{platform}/cgi-bin/{path}", timeout=5, params=query)


class Patient(threading.Event):
    """Notes how long it was to wait, and does not."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        return False
