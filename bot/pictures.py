"""Making what somebody sent into a photo that can be shown: checked and redrawn by a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile

from models import coordinates
from models.attachment import Failure
from models.clock import CHINA

PROGRAM = Path(__file__).with_name("redraw.py")

BLUR = Path(__file__).with_name("blur.py")

SECONDS, BLUR_SECONDS = 20, 60
"""How long one picture may take before its process is ended."""

LARGEST = 24 * 1024 * 1024
"""Bytes that are read of what the process says; it cannot write that many."""

CLAIMS = {
    "image/jpeg": "JPEG",
    "image/jpg": "JPEG",
    "image/pjpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/heic": "HEIC",
    "image/heif": "HEIC",
}
"""Content type → the kind of file it promises. Other types of image are not taken, everything else promises nothing."""

_KEPT = ("PATH", "LD_LIBRARY_PATH")
"""What a process needs of the environment; the rest may hold secrets."""


class Unfit(Exception):
    """What was sent cannot be kept as a photo."""

    def __init__(self, why: Failure) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo as it is kept, and what the file said of itself: nobody has checked its time and place."""

    data: bytes
    small: bytes
    digest: str
    """SHA-256 of what was sent."""
    fingerprint: int | None
    """Its 64-bit difference hash; None where it is too plain to be told from others."""
    taken_at: datetime | None
    place: tuple[float, float] | None
    """Degrees north and east."""
    peak_kb: int
    """The most memory its process held."""


class Redrawer:
    """Redraws pictures, one at a time in this process, so that only one's memory is needed."""

    def __init__(self) -> None:
        self._turn = threading.Lock()

    def redraw(self, data: bytes, content_type: str) -> Picture:
        """The clean photo of what was sent as `content_type`. Raises Unfit."""
        promised = content_type.partition(";")[0].strip().lower()
        if promised.startswith("image/") and promised not in CLAIMS:
            raise Unfit(Failure.NOT_A_PHOTO)
        return _picture(_run([str(PROGRAM), CLAIMS.get(promised, "")], data, self._turn, SECONDS))


class Blurrer:
    """Hides faces and number plates in redrawn photos, one at a time in this process."""

    def __init__(self, program: Path = BLUR) -> None:
        self._program = program
        self._turn = threading.Lock()

    def hide(self, data: bytes) -> bytes | None:
        """The photo without them; None where there are none. Raises Unfit where that cannot be told."""
        head, _, hidden = _run([str(self._program)], data, self._turn, BLUR_SECONDS).partition(b"\n")
        if head == b"none":
            return None
        if head != b"hidden" or not hidden:
            raise Unfit(Failure.BROKEN)
        return hidden


def can_blur() -> bool:
    """Whether the extra `blur` is installed; nothing of it is loaded here."""
    return find_spec("cv2") is not None


def _run(program: list[str], data: bytes, turn: threading.Lock, seconds: float) -> bytes:
    """What one of our programs says of some bytes, in its turn. Raises Unfit where it ends badly, or does not end."""
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    # Files, not pipes: nothing blocks, and what it writes is limited by the system.
    with turn, TemporaryFile() as given, TemporaryFile() as made:
        given.write(data)
        given.seek(0)
        try:
            done = subprocess.run(
                [sys.executable, "-I", *program],
                stdin=given,
                stdout=made,
                stderr=subprocess.DEVNULL,
                timeout=seconds,
                env=environment,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Unfit(Failure.BROKEN) from None
        made.seek(0)
        said = made.read(LARGEST)
    if done.returncode != 0:
        raise Unfit(Failure.BROKEN)
    return said


def _picture(said: bytes) -> Picture:
    head, _, files = said.partition(b"\n")
    facts = json.loads(head)
    if "unfit" in facts:
        raise Unfit(Failure(facts["unfit"]))
    size, small = facts["sizes"]
    taken = datetime.fromisoformat(facts["taken"]) if "taken" in facts else None
    return Picture(
        data=files[:size],
        small=files[size : size + small],
        digest=facts["digest"],
        fingerprint=facts["print"],
        # Cameras without a zone show the time of where they are.
        taken_at=taken.replace(tzinfo=CHINA) if taken is not None and taken.tzinfo is None else taken,
        place=coordinates.gcj_of(facts["lat"], facts["lng"]) if "lat" in facts else None,
        peak_kb=facts["peak_kb"],
    )
