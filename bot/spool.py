"""Messages that came while the database was away: appended to a file before they are acknowledged, replayed later."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from handlers.turn import Card, EventKind, Message, MessageKind, Opens, Point

STUCK = 20
"""How many people's messages may fail in one replay before it is given up: then it is the database, not a message."""

ROUND = 500
"""How many messages one replay takes, so that a stop is not kept waiting; the next one follows in seconds."""

Sender = tuple[str, str]
Stamp = tuple[int, int, int]


class Spool:
    """One file, shared by the processes of one machine.

    While it holds anything of a person, everything new of theirs goes behind it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "spool.jsonl"
        self._lock = threading.Lock()
        self._read: Stamp | None = None
        self._held: dict[str, Sender] = {}
        self._senders: set[Sender] = set()

    def __len__(self) -> int:
        """How many messages wait."""
        return len(self._lines())

    def holds(self, message: Message) -> bool:
        """Whether something of the same sender waits already."""
        # A look at the folder is all this costs while nothing is held: another process may have kept or taken some.
        if self._stamp() != self._read:
            with self._lock:
                self._look()
        return (message.channel, message.sender) in self._senders

    def keep(self, message: Message) -> None:
        """Appends a message unless an earlier delivery of it is there; it is on the disk when this returns."""
        line = json.dumps(_to_json(message)).encode() + b"\n"
        with self._alone():
            self._look()
            if message.key in self._held:
                return
            is_new = not self._path.exists()
            with self._path.open("a+b") as file:
                if file.tell() and not self._ends_well():
                    # Behind the half line of a killed process, this one would be lost with it.
                    line = b"\n" + line
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            if is_new:
                self._fsync_folder()
            # Known without reading it all again: an outage may bring tens of thousands.
            self._held[message.key] = (message.channel, message.sender)
            self._senders.add((message.channel, message.sender))
            self._read = self._stamp()

    def replay(self, answer: Callable[[Message], bool]) -> int:
        """Gives up to ROUND messages to `answer`, everybody's in their order, and takes those it says yes to; how many.

        One person's message that fails holds up that person only. Killed in the middle, it begins again at the first:
        `answer` knows repeats by their key.
        """
        if self._stamp() is None:
            return 0
        with self._locked("replay.lock", wait=False) as is_mine:
            if not is_mine:
                return 0
            taken: set[str] = set()
            failed: set[Sender] = set()
            for line in self._lines():
                if len(taken) == ROUND:
                    break
                if _sender(line) in failed:
                    continue
                if answer(_from_json(line)):
                    taken.add(line["key"])
                    continue
                failed.add(_sender(line))
                if len(failed) == STUCK:
                    break
            if taken:
                self._forget(taken)
            return len(taken)

    def _forget(self, keys: set[str]) -> None:
        with self._alone():
            left = [line for line in self._lines() if line["key"] not in keys]
            fresh = self._path.with_suffix(".new")
            with fresh.open("wb") as file:
                file.writelines(json.dumps(line).encode() + b"\n" for line in left)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
            self._fsync_folder()
            self._look()

    def _lines(self) -> list[dict[str, Any]]:
        if not self._path.exists():
            return []
        lines = []
        # Bytes, and this one line end only: a half line may end inside a character, and what people write may hold
        # the other line ends of Unicode.
        for line in self._path.read_bytes().split(b"\n"):
            try:
                lines.append(json.loads(line))
            except ValueError:
                # The half line of a process killed while writing was never acknowledged.
                continue
        return lines

    def _look(self) -> None:
        stamp = self._stamp()
        if stamp != self._read:
            self._held = {line["key"]: _sender(line) for line in self._lines()}
            self._senders = set(self._held.values())
            self._read = stamp

    def _stamp(self) -> Stamp | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns

    def _ends_well(self) -> bool:
        with self._path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"

    def _fsync_folder(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other thread and no other process writes meanwhile."""
        with self._lock, self._locked("spool.lock", wait=True):
            yield

    @contextmanager
    def _locked(self, name: str, *, wait: bool) -> Iterator[bool]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / name).open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
                return
            yield True


def _sender(line: dict[str, Any]) -> Sender:
    return line["channel"], line["sender"]


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
