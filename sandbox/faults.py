"""The faults that can be switched on, and for how long each one bites."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sandbox.config import Kind


class Side(StrEnum):
    """Where a fault bites: in the platform's API, or in what the platform sends to the callback address."""

    API = "api"
    CALLBACK = "callback"


class FaultKind(StrEnum):
    """Everything that can be made to go wrong; TOLD says it in words."""

    TOKEN_DEAD = "token_dead"
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
    RESEND_ALWAYS = "resend_always"
    OUT_OF_ORDER = "out_of_order"
    WRONG_SIGNATURE = "wrong_signature"
    WRONG_RECEIVE_ID = "wrong_receiveid"
    LONG_PAD = "long_pad"
    CLOCK_SKEW = "clock_skew"


@dataclass(frozen=True, slots=True)
class Told:
    """One fault in words: one line of Chinese and of English, where it bites, and the number it takes, if any."""

    side: Side
    zh: str
    en: str
    takes: str = ""
    platforms: tuple[Kind, ...] = tuple(Kind)


_OFFICIAL_ONLY, _WECOM_ONLY = (Kind.OFFICIAL,), (Kind.WECOM, Kind.CUSTOMER_SERVICE)

TOLD: dict[FaultKind, Told] = {
    FaultKind.TOKEN_DEAD: Told(
        Side.API, "40001：凭证始终无效，重新获取也没用", "40001: no token is ever valid, not even a fresh one"
    ),
    FaultKind.DAILY_LIMIT: Told(
        Side.API, "45009：接口当日调用次数已用完", "45009: the daily quota of the call is used up"
    ),
    FaultKind.WINDOW_CLOSED: Told(
        Side.API,
        "45015：超出可回复时间，客服消息发不出去",
        "45015: the customer-service window has closed",
        platforms=_OFFICIAL_ONLY,
    ),
    FaultKind.WINDOW_USED_UP: Told(
        Side.API,
        "45047：客服消息条数已用完",
        "45047: every message of the customer-service window is used up",
        platforms=_OFFICIAL_ONLY,
    ),
    FaultKind.OFFICIAL_ADDRESS: Told(
        Side.API,
        "40164：服务器地址不在白名单，取不到凭证",
        "40164: the caller's address is not on the whitelist, so there is no token",
        platforms=_OFFICIAL_ONLY,
    ),
    FaultKind.WECOM_ADDRESS: Told(
        Side.API,
        "60020：服务器地址不在可信 IP 之内，接口全部拒绝",
        "60020: the caller's address is not trusted, every call is refused",
        platforms=_WECOM_ONLY,
    ),
    FaultKind.BAD_DATA: Told(
        Side.API,
        "47003：模板参数不合要求",
        "47003: the template's data is not accepted",
        platforms=_OFFICIAL_ONLY,
    ),
    FaultKind.REFUSED: Told(
        Side.API,
        "43101：用户拒绝接收订阅通知",
        "43101: the person refuses subscription messages",
        platforms=_OFFICIAL_ONLY,
    ),
    FaultKind.BUSY: Told(Side.API, "-1：系统繁忙", "-1: the platform is busy"),
    FaultKind.SLOW: Told(Side.API, "接口很慢才回答", "the API answers late", takes="delay_seconds"),
    FaultKind.HTML_502: Told(
        Side.API, "接口返回 502 网页，不是 JSON", "the API answers 502 with a web page instead of JSON"
    ),
    FaultKind.RESET: Told(Side.API, "接口的连接被突然断开", "the API cuts the connection without an answer"),
    FaultKind.DUPLICATE: Told(
        Side.CALLBACK,
        "消息和事件在同一瞬间各送两次",
        "every message and event is delivered twice at the same instant",
    ),
    FaultKind.RESEND_ALWAYS: Told(
        Side.CALLBACK,
        "不管怎么回答，每条都送满三次",
        "every message and event is delivered three times, whatever was answered",
    ),
    FaultKind.OUT_OF_ORDER: Told(
        Side.CALLBACK,
        "消息和事件次序颠倒：先扣下，等下一条送到之后再送",
        "messages and events change places: one is held back and delivered after the next",
    ),
    FaultKind.WRONG_SIGNATURE: Told(
        Side.CALLBACK, "签名是错的（像有人冒充平台）", "the signature is wrong, as a forger's would be"
    ),
    FaultKind.WRONG_RECEIVE_ID: Told(
        Side.CALLBACK,
        "密文是发给别的账号的（receiveid 不符；明文模式没有密文）",
        "what is sealed is for another account (wrong receiveid; plain mode seals nothing)",
    ),
    FaultKind.LONG_PAD: Told(
        Side.CALLBACK,
        "密文的填充总是 17 到 32 字节",
        "the padding of what is sealed is always 17 to 32 bytes",
    ),
    FaultKind.CLOCK_SKEW: Told(
        Side.CALLBACK,
        "平台的时钟不准：时间戳和 CreateTime 偏差若干秒",
        "the platform's clock is wrong: timestamp and CreateTime are off by some seconds",
        takes="skew_seconds",
    ),
}


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
    skew_seconds: float

    def number(self) -> dict[str, float]:
        """The number this kind of fault takes, by its name; empty for most."""
        takes = TOLD[self.kind].takes
        return {takes: getattr(self, takes)} if takes else {}


class Faults:
    """The faults now switched on; safe to ask from many threads."""

    def __init__(self, clock: Callable[[], datetime], channels: Collection[str]) -> None:
        self._clock = clock
        self._channels = channels
        self._lock = threading.Lock()
        self._on: dict[tuple[FaultKind, str], Fault] = {}

    def switch_on(self, data: dict[str, Any]) -> Fault:
        """Switches on what the control interface describes. Raises FaultInvalid."""
        kind = _kind(data.get("kind"))
        times, seconds = data.get("times"), data.get("seconds")
        if times is not None and (isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= 10**9):
            raise FaultInvalid("times must be a whole number from 1")
        if seconds is not None and (
            isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= 10**9
        ):
            raise FaultInvalid("seconds must be a positive number")
        delay = _between(data, "delay_seconds", 6, least=0, most=30)
        skew = _between(data, "skew_seconds", -600, least=-(10**8), most=10**8)
        fault = Fault(
            kind=kind,
            times=times,
            until=None if seconds is None else self._clock() + timedelta(seconds=seconds),
            channel=_channel(data.get("channel"), self._channels),
            delay_seconds=delay,
            skew_seconds=skew,
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

    def clear(self, kind: str = "", channel: str = "") -> None:
        """Switches everything off, or what is on of this kind and channel. Raises FaultInvalid."""
        only = _kind(kind) if kind else None
        with self._lock:
            for there, where in list(self._on):
                if only in (None, there) and channel in ("", where):
                    del self._on[there, where]

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
                    **fault.number(),
                }
                for fault in self._on.values()
                if fault.until is None or fault.until > now
            ]


def kinds() -> list[dict[str, Any]]:
    """Every fault there is, as JSON: its key, where it bites, its two lines of words, the number it takes."""
    return [
        {
            "kind": str(kind),
            "side": str(told.side),
            "platforms": [str(platform) for platform in told.platforms],
            "zh": told.zh,
            "en": told.en,
            "takes": told.takes or None,
        }
        for kind, told in TOLD.items()
    ]


def _kind(value: object) -> FaultKind:
    try:
        return FaultKind(str(value))
    except ValueError as error:
        raise FaultInvalid(f"kind must be one of {', '.join(FaultKind)}") from error


def _channel(value: object, known: Collection[str]) -> str:
    if value in (None, ""):
        return ""
    if not isinstance(value, str) or value not in known:
        raise FaultInvalid(f"channel must be one of {', '.join(known)}, or be left out")
    return value


def _between(data: Mapping[str, Any], name: str, usual: float, *, least: float, most: float) -> float:
    value = data.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise FaultInvalid(f"{name} must be between {least} and {most}")
    return float(value)
