"""What both platforms' files need: times, keys, positions, and texts that fit."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from bot.channels import Garbage
from bot.channels.envelope import Fields
from handlers.turn import Choice, Point

TEXT_BYTES = 2048
"""UTF-8 bytes of a text message on both platforms."""
_KEY_LENGTH = 200
_SENDER_LENGTH = 128
_LATEST = 253402300799
"""The last second a datetime can hold."""
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def text_of(fields: Fields, name: str) -> str:
    """A child's text; empty when it is missing or has children of its own."""
    value = fields.get(name, "")
    return value if isinstance(value, str) else ""


def many(value: Any) -> list[Any]:
    """A repeated child as a list, also when it stands once or not at all."""
    if isinstance(value, list):
        return value
    return [] if value in (None, "") else [value]


def inside(fields: Fields, name: str) -> Fields:
    """A child's children; empty when it has none."""
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def sender_of(fields: Fields) -> str:
    """FromUserName. Raises Garbage."""
    sender = text_of(fields, "FromUserName").strip()
    if not 0 < len(sender) <= _SENDER_LENGTH:
        raise Garbage("no sender")
    return sender


def moment_of(fields: Fields) -> datetime:
    """CreateTime as an aware UTC datetime. Raises Garbage."""
    stamp = text_of(fields, "CreateTime").strip()
    if not (stamp.isascii() and stamp.isdigit()) or len(stamp) > 12 or int(stamp) > _LATEST:
        raise Garbage("no time")
    return datetime.fromtimestamp(int(stamp), UTC)


def point_of(fields: Fields, lat: str, lng: str) -> Point:
    """A position from the children called `lat` and `lng`, in degrees. Raises Garbage."""
    try:
        point = Point(float(text_of(fields, lat)), float(text_of(fields, lng)), text_of(fields, "Label").strip())
    except ValueError as error:
        raise Garbage("no position") from error
    if not (math.isfinite(point.lat) and math.isfinite(point.lng) and abs(point.lat) <= 90 and abs(point.lng) <= 180):
        raise Garbage("no position")
    return point


def key_of(channel: str, parts: Iterable[str]) -> str:
    """A message's key: its parts, escaped so that none can imitate a separator; hashed when they are long."""
    key = ":".join([channel, *(quote(part, safe="") for part in parts)])
    if len(key) <= _KEY_LENGTH:
        return key
    return f"{channel[:64]}:{hashlib.sha256(key.encode()).hexdigest()}"


def digest(value: Mapping[str, Any]) -> str:
    """A short figure that is the same for the same fields."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def cut_bytes(text: str, limit: int = TEXT_BYTES) -> str:
    """`text` in at most `limit` bytes of UTF-8, cut between two characters and ended by an ellipsis."""
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return data.decode()
    room = limit - len(_ELLIPSIS.encode())
    return data[:room].decode("utf-8", "ignore") + _ELLIPSIS if room >= 0 else ""


def cut(text: str, limit: int) -> str:
    """`text` in at most `limit` characters, ended by an ellipsis when something was left out."""
    return text if len(text) <= limit else text[: limit - 1] + _ELLIPSIS


def defused(text: str) -> str:
    """`text` that no client reads as markup: both platforms turn <a …> in a text message into a link."""
    return text.replace("<", "\N{FULLWIDTH LESS-THAN SIGN}")


def numbered(choices: Sequence[Choice]) -> list[str]:
    """The choices as people see them, counted from 1."""
    return [f"{number} {_one_line(choice.label)}" for number, choice in enumerate(choices, 1)]


def with_lines(text: str, lines: Sequence[str]) -> str:
    """`text` and one line for each choice in TEXT_BYTES; the text is cut first, so that the choices survive."""
    block = "\n".join(lines)
    if not block:
        return cut_bytes(text)
    room = TEXT_BYTES - len(block.encode("utf-8", "replace")) - 1
    if room < len(_ELLIPSIS.encode()) or not text:
        return cut_bytes(block)
    return f"{cut_bytes(text, room)}\n{block}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
