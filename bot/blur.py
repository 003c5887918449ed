"""A program of its own that hides faces and number plates in a photo we have redrawn: JPEG comes in, JPEG goes out.

It needs the extra `blur` (OpenCV 4 with its own cascades) and is started for each picture (bot/pictures.py). It would
rather hide too much than too little, and misses some all the same: faces from behind a helmet, plates at an angle.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageOps

if sys.platform != "win32":
    import resource

CASCADES = Path(cv2.__file__).with_name("data")
FACES = ("haarcascade_frontalface_alt2", "haarcascade_profileface")
PLATES = "haarcascade_russian_plate_number"
"""Plates of a line of dark letters on light or light on dark, whatever the letters are."""

LOOKED_AT = 1280
"""The longer side of what is searched: four times the pixels would take four times as long."""

SMALLEST_FACE, SMALLEST_PLATE = (24, 24), (48, 16)
"""In pixels of what is searched; what is smaller nobody recognises."""

AROUND = 0.15
"""Of what was found so much more on every side."""

BLOCKS = 6
"""So many blocks wide and high is what is left: nothing that anybody could sharpen again."""

MEMORY, SECONDS, OUTPUT = 1024 * 1024 * 1024, 15, 16 * 1024 * 1024
"""Address space (OpenCV's libraries alone take 450 MB of it), processor time, and bytes written."""

Box = tuple[int, int, int, int]


def main() -> None:
    """One picture from standard input; whether anything was hidden goes out, and then the picture."""
    _limit()
    image = Image.open(BytesIO(sys.stdin.buffer.read()), formats=["JPEG"]).convert("RGB")
    found = places(image)
    for box in found:
        hide(image, box)
    sys.stdout.buffer.write(b"hidden\n" if found else b"none\n")
    if found:
        image.save(sys.stdout.buffer, "JPEG", quality=85)


def places(image: Image.Image) -> list[Box]:
    """Where faces and plates may be: left, upper, right and lower edges."""
    cv2.setNumThreads(1)
    scale = min(LOOKED_AT / max(image.size), 1.0)
    grey = image.convert("L").resize((max(int(image.width * scale), 1), max(int(image.height * scale), 1)))
    straight, mirrored = np.asarray(grey), np.asarray(ImageOps.mirror(grey))
    found = [box for name in FACES for box in _look(name, straight, SMALLEST_FACE)]
    # The cascade of profiles knows one side only.
    found += [
        (grey.width - right, top, grey.width - left, low)
        for left, top, right, low in _look(FACES[1], mirrored, SMALLEST_FACE)
    ]
    found += _look(PLATES, straight, SMALLEST_PLATE)
    return [
        (int(left / scale), int(top / scale), int(right / scale), int(low / scale)) for left, top, right, low in found
    ]


def _look(name: str, grey: Any, smallest: tuple[int, int]) -> list[Box]:
    cascade = cv2.CascadeClassifier(str(CASCADES / f"{name}.xml"))
    found = cascade.detectMultiScale(grey, scaleFactor=1.1, minNeighbors=3, minSize=smallest)
    return [(int(x), int(y), int(x + wide), int(y + high)) for x, y, wide, high in found]


def hide(image: Image.Image, box: Box) -> None:
    """Leaves a few blocks of colour of a place and what is around it."""
    left, top, right, low = box
    aside, above = int((right - left) * AROUND), int((low - top) * AROUND)
    left, top = max(left - aside, 0), max(top - above, 0)
    right, low = min(right + aside, image.width), min(low + above, image.height)
    blocks = image.crop((left, top, right, low)).resize((BLOCKS, BLOCKS), Image.Resampling.BOX)
    image.paste(blocks.resize((right - left, low - top), Image.Resampling.NEAREST), (left, top))


def _limit() -> None:
    """What this process may use."""
    if sys.platform == "win32":
        return
    os.nice(10)
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, OUTPUT),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main()
