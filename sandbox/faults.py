"""The faults that can be switched on, and for how long each one bites."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class FaultKind(StrEnum):
    """Everything that can be made to go wrong."""

    TOKEN_DEAD = "token_dead"
    """Every token is refused with 40001, also a fresh one."""
    DAILY_LIMIT = "45009"
    WINDOW_CLOSED = "45015"
    WINDOW_USED_UP = "45047"
    WECOM_ADDRESS = "60020"
    OFFICIAL_ADDRESS = "40164"
    BAD_DATA = "47003"
    REFUSED = "43101"
    BUSY = "busy"
    SLOW = "slow"
    HTML_502 = "html502"
    RESET = "reset"
    DUPLICATE = "duplicate"
    """Every message is delivered twice at the same instant."""
    RESEND_ALWAYS = "resend_always"
    """Every message is delivered as often as the platform would try, whatever was answered."""


class FaultInvalid(ValueError):
    """The request does not describe a fault."""


@dataclass(slots=True)
class Fault:
    """One switched-on fault; without `times` and `until` it stays until it is switched off."""

    kind: FaultKind
    times: int | None
    until: datetime | None
    channel: str
    delay_seconds: float


class Faults:
    """The faults now switched on; safe to ask from many threads."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._on: dict[tuple[FaultKind, str], Fault] = {}

    def switch_on(self, data: dict[str, Any]) -> Fault:
        """Switches on what the control interface describes. Raises FaultInvalid."""
        try:
            kind = FaultKind(str(data.get("kind")))
        except ValueError as error:
            raise FaultInvalid(f"kind must be one of {', '.join(FaultKind)}") from error
        times, seconds = data.get("times"), data.get("seconds")
        if times is not None and (isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= 10**9):
            raise FaultInvalid("times must be a whole number from 1")
        if seconds is not None and (
            isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= 10**9
        ):
            raise FaultInvalid("seconds must be a positive number")
        delay = data.get("delay_seconds", 6)
        if isinstance(delay, bool) or not isinstance(delay, int | float) or not 0 <= delay <= 30:
            raise FaultInvalid("delay_seconds must be between 0 and 30")
        fault = Fault(
            kind=kind,
            times=times,
            until=None if seconds is None else self._clock() + timedelta(seconds=seconds),
            channel=str(data.get("channel") or "")[:64],
            delay_seconds=float(delay),
        )
        with self._lock:
            if len(self._on) >= 100 and (kind, fault.channel) not in self._on:
                raise FaultInvalid("too many faults are on")
            self._on[kind, fault.channel] = fault
        return fault

    def bites(self, kind: FaultKind, channel: str) -> Fault | None:
        """The fault if it is on for this channel; one of its times is used up by asking."""
        if not self._on:
            return None
        now = self._clock()
        with self._lock:
            for where in ((kind, channel), (kind, "")):
                fault = self._on.get(where)
                if fault is None:
                    continue
                if fault.until is not None and now >= fault.until:
                    del self._on[where]
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times == 0:
                        del self._on[where]
                return fault
        return None

    def clear(self) -> None:
        """Switches everything off."""
        with self._lock:
            self._on.clear()

    def listed(self) -> list[dict[str, Any]]:
        """The faults that are on, as JSON."""
        now = self._clock()
        with self._lock:
            return [
                {
                    "kind": str(fault.kind),
                    "times": fault.times,
                    "seconds": None if fault.until is None else (fault.until - now).total_seconds(),
                    "channel": fault.channel or None,
                }
                for fault in self._on.values()
                if fault.until is None or fault.until > now
            ]
