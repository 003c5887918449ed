"""A program of its own that redraws one hostile picture: bytes come in, a clean JPEG with what it was comes out.

It is started for each picture (bot/pictures.py), so that whatever a decoder does ends with this process. It knows
nothing of the rest: no settings, no database, no network. Anything unforeseen ends it, which means "broken".
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import struct
import sys
import warnings
from contextlib import suppress
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

if sys.platform != "win32":
    import resource

MEGA = 1_000_000
MOST_PIXELS = {"JPEG": 64 * MEGA, "WHOLE": 13 * MEGA, "WEBP": 9 * MEGA}
"""Each costs at most about 160 MB: a plain JPEG is decoded at a fraction of its size, the others whole, and WebP's
decoder holds the picture several times.
"""

SIDE, SMALL = 2048, 320
"""The longer side of what is stored, and of what is shown in lists."""

MEMORY, SECONDS, OUTPUT = 300 * 1024 * 1024, 10, 16 * 1024 * 1024
"""Address space (of which the libraries take the most), processor time, and bytes written."""

PLAIN = 4
"""A hash with so few ones, or so few zeros, says nothing: a black picture is like every other."""

EXIF, GPS = 0x8769, 0x8825
TAKEN, ZONE = 0x9003, 0x9011

BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
"""How telephones call their HEIC files. They are known, so that the sender hears what to do, and never decoded."""

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Unfit(Exception):
    """Not taken, for a reason that the sender is told: not_a_photo, heic, too_big or broken."""


def main() -> None:
    """One picture from standard input; the kind it is claimed to be is the only argument."""
    _limit()
    try:
        facts, stored, small = redraw(sys.stdin.buffer.read(), sys.argv[1])
    except Unfit as unfit:
        facts, stored, small = {"unfit": str(unfit)}, b"", b""
    except (MemoryError, Image.DecompressionBombWarning, Image.DecompressionBombError):
        facts, stored, small = {"unfit": "too_big"}, b"", b""
    facts |= {"sizes": [len(stored), len(small)], "peak_kb": _peak()}
    sys.stdout.buffer.write(json.dumps(facts).encode() + b"\n" + stored + small)


def redraw(data: bytes, claimed: str) -> tuple[dict[str, Any], bytes, bytes]:
    """What the picture was, the picture and its thumbnail. Raises Unfit, and whatever a decoder raises."""
    kind = kind_of(data)
    if kind == "HEIC":
        raise Unfit("heic")
    if kind is None or claimed not in ("", kind):
        raise Unfit("not_a_photo")
    if kind == "WEBP" and math.prod(_webp_size(data)) > MOST_PIXELS["WEBP"]:
        # Its decoder makes room for the whole picture as soon as the file is opened.
        raise Unfit("too_big")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = max(MOST_PIXELS.values())
    image: Image.Image = Image.open(BytesIO(data), formats=[kind])
    whole = kind in ("PNG", "GIF") or image.info.get("progressive") or image.mode == "CMYK"
    if math.prod(image.size) > MOST_PIXELS["WHOLE" if whole else kind]:
        raise Unfit("too_big")
    image.draft(image.mode, (SIDE, SIDE))
    image.load()
    turn, claims = _claims(image)
    image = _clean(image)
    if turn is not None:
        image = image.transpose(turn)
    stored = _jpeg(image)
    digest = hashlib.sha256(data).hexdigest()
    facts = {"digest": digest, "print": fingerprint(image), **claims}
    image.thumbnail((SMALL, SMALL))
    return facts, stored, _jpeg(image)


def kind_of(data: bytes) -> str | None:
    """What the first bytes say that it is; None for anything that is no photo."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data[4:8] == b"ftyp" and data[8:12] in BRANDS:
        return "HEIC"
    return "WEBP" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def fingerprint(image: Image.Image) -> int | None:
    """The 64-bit difference hash: whether each of 8 × 8 places is brighter than the one to its right.

    None for what is too plain to be told from other pictures.
    """
    grey = image.convert("L").resize((9, 8), Image.Resampling.LANCZOS).tobytes()
    bits = "".join("1" if grey[at] > grey[at + 1] else "0" for row in range(0, 72, 9) for at in range(row, row + 8))
    return int(bits, 2) if PLAIN <= bits.count("1") <= 64 - PLAIN else None


def _clean(image: Image.Image) -> Image.Image:
    """The picture itself and nothing else of the file, at most SIDE wide and high, on white where it is transparent."""
    if image.mode.startswith("I"):
        # 16 bits a pixel, which "convert" would cut off instead of scaling.
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    elif image.mode in ("1", "P", "PA", "LA", "CMYK"):
        image = image.convert("RGB" if image.mode in ("1", "CMYK") else "RGBA")
    clean = Image.new("RGB", image.size, "white")
    clean.paste(image, mask=image if image.mode == "RGBA" else None)
    clean.thumbnail((SIDE, SIDE), reducing_gap=2.0)
    return clean


def _jpeg(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "JPEG", quality=85)
    return file.getvalue()


def _webp_size(data: bytes) -> tuple[int, int]:
    chunk, body = data[12:16], data[20:30]
    if len(body) < 10:
        raise Unfit("broken")
    if chunk == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if chunk == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack("<HH", body[6:10])
    return width & 0x3FFF, height & 0x3FFF


def _claims(image: Image.Image) -> tuple[Image.Transpose | None, dict[str, Any]]:
    """How it has to be turned, and what the file says of its time and place; what cannot be read is left out."""
    claims: dict[str, Any] = {}
    turn = None
    # Written by anybody with any tool: there is no end to the ways in which it can be wrong.
    with suppress(
        ValueError, TypeError, LookupError, ArithmeticError, AttributeError, OSError, SyntaxError, struct.error
    ):
        exif = image.getexif()
        turn = TURNS.get(exif.get(0x0112, 1))
        claims |= _time(exif.get_ifd(EXIF))
        claims |= _place(exif.get_ifd(GPS))
    return turn, claims


def _time(tags: dict[int, Any]) -> dict[str, Any]:
    said, zone = str(tags.get(TAKEN, ""))[:19], str(tags.get(ZONE, ""))[:6]
    taken = datetime.strptime(said, "%Y:%m:%d %H:%M:%S").isoformat() if said else ""  # noqa: DTZ007  (local to the camera)
    return {"taken": f"{taken}{zone if zone[:1] in '+-' else ''}"} if taken else {}


def _place(tags: dict[int, Any]) -> dict[str, Any]:
    if not tags:
        return {}
    lat, lng = (sum(float(part) / 60**at for at, part in enumerate(tags[tag][:3])) for tag in (2, 4))
    lat, lng = (-lat if tags.get(1) == "S" else lat), (-lng if tags.get(3) == "W" else lng)
    is_place = math.isfinite(lat) and math.isfinite(lng) and abs(lat) <= 90 and abs(lng) <= 180
    # Cameras that do not know where they are write zeros.
    return {"lat": lat, "lng": lng} if is_place and (lat or lng) else {}


def _limit() -> None:
    """What this process may use; where a system does not know a limit, the pixel caps hold all the same."""
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


def _peak() -> int:
    """The most memory this process has held, in kB; 0 where the system does not tell."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0


if __name__ == "__main__":
    main()
