"""Messages that came while the database was away: appended to a file before they are acknowledged, replayed later."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from handlers.turn import Card, EventKind, Message, MessageKind, Opens, Point


class Spool:
    """One file of one process. While it holds anything of a person, everything new of theirs goes behind it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "spool.jsonl"
        self._lock = threading.Lock()
        self._senders: set[tuple[str, str]] = {
            (message.channel, message.sender) for message in map(_from_json, self._lines())
        }

    def __len__(self) -> int:
        """How many messages wait."""
        return len(self._lines())

    def holds(self, message: Message) -> bool:
        """Whether something of the same sender waits already."""
        return (message.channel, message.sender) in self._senders

    def keep(self, message: Message) -> None:
        """Appends a message; it is on the disk when this returns."""
        line = json.dumps(_to_json(message), ensure_ascii=False) + "\n"
        with self._lock:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            self._senders.add((message.channel, message.sender))

    def replay(self, answer: Callable[[Message], bool]) -> int:
        """Gives the messages to `answer` in their order until it says no; gives how many were taken.

        Killed in the middle, it begins again at the first: `answer` knows repeats by their key.
        """
        taken = 0
        for line in self._lines():
            if not answer(_from_json(line)):
                break
            taken += 1
        if taken:
            self._forget(taken)
        return taken

    def _forget(self, count: int) -> None:
        with self._lock:
            left = self._lines()[count:]
            fresh = self._path.with_suffix(".new")
            with fresh.open("w", encoding="utf-8") as file:
                file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in left)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
            self._senders = {(line["channel"], line["sender"]) for line in left}

    def _lines(self) -> list[dict[str, Any]]:
        if not self._path.exists():
            return []
        lines = []
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                lines.append(json.loads(line))
            except json.JSONDecodeError:
                # The last line of a process killed while writing was never acknowledged.
                continue
        return lines


def _to_json(message: Message) -> dict[str, Any]:
    return {
        "channel": message.channel,
        "sender": message.sender,
        "key": message.key,
        "kind": message.kind.value,
        "sent_at": message.sent_at.isoformat(),
        "text": message.text,
        "tap": message.tap,
        "media_id": message.media_id,
        "media_url": message.media_url,
        "point": [message.point.lat, message.point.lng, message.point.label] if message.point else None,
        "event": message.event.value if message.event else None,
        "scene": message.scene,
        "card": [message.card.task_id, message.card.response_code, message.card.card_type] if message.card else None,
        "opens": message.opens.value if message.opens else None,
        "detail": message.detail,
    }


def _from_json(line: dict[str, Any]) -> Message:
    return Message(
        **{
            **line,
            "kind": MessageKind(line["kind"]),
            "sent_at": datetime.fromisoformat(line["sent_at"]),
            "point": Point(*line["point"]) if line["point"] else None,
            "event": EventKind(line["event"]) if line["event"] else None,
            "card": Card(*line["card"]) if line["card"] else None,
            "opens": Opens(line["opens"]) if line["opens"] else None,
        }
    )
