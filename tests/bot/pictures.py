"""Photos for tests, a platform that answers what it is told to, and two hundred files that somebody hostile may send."""

from __future__ import annotations

import io
import json
import random
import struct
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from PIL import Image, ImageDraw

from models.attachment import Attachment
from tests.bot.support import AYI, PATIENCE, Street, build, serving, words_of

JPEG, PNG, GIF, WEBP = "image/jpeg", "image/png", "image/gif", "image/webp"


def scene(number: int = 1, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """A made-up street view; each number is another one."""
    chance = random.Random(number)
    image = Image.new("RGB", size, tuple(chance.randrange(256) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    for _ in range(40):
        x, y = chance.randrange(size[0]), chance.randrange(size[1])
        box = (x, y, x + chance.randrange(20, 200), y + chance.randrange(20, 200))
        draw.rectangle(box, fill=tuple(chance.randrange(256) for _ in range(3)))
    return image


def file(image: Image.Image, kind: str = "JPEG", **how: Any) -> bytes:
    """The image as a file."""
    made = io.BytesIO()
    image.save(made, kind, **how)
    return made.getvalue()


def photo(number: int = 1, **how: Any) -> bytes:
    return file(scene(number), **how)


@dataclass
class Desk:
    """A street whose platform gives the files it is told to; `answers` are by media id: status, type, bytes."""

    street: Street
    answers: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    slow: set[str] = field(default_factory=set)
    never: threading.Event = field(default_factory=threading.Event)

    def send(self, media_id: str, data: bytes, content_type: str = JPEG, *, who: str = AYI, status: int = 200) -> str:
        """Somebody sends a file; gives what they are answered."""
        self.answers[media_id] = (status, content_type, data)
        return words_of(self.street.deliver(who, "image", MediaId=media_id, PicUrl=""))

    def attachment(self, media_id: str) -> Attachment:
        with self.street.huying.database.reading() as session:
            return session.query(Attachment).filter_by(media_id=media_id).one()

    def stored(self, media_id: str) -> bytes:
        return self.street.huying.fetcher.store.get(self.attachment(media_id).stored or "")


@contextmanager
def open_desk(url: str, folder: Path, **values: Any) -> Iterator[Desk]:
    app = Flask(__name__)
    made: list[Desk] = []

    @app.post("/official/cgi-bin/stable_token")
    def token() -> dict[str, Any]:
        return {"access_token": "t", "expires_in": 7200}

    @app.get("/official/cgi-bin/media/get")
    def get() -> Response:
        media_id = request.args["media_id"]
        made[0].asked.append(media_id)
        if media_id in made[0].slow:
            made[0].never.wait(PATIENCE)
        status, content_type, data = made[0].answers[media_id]
        return Response(data, status=status, content_type=content_type)

    with serving(app) as address, build(url, folder, api=address, **values) as street:
        made.append(Desk(street))
        yield made[0]
        made[0].never.set()


# ---------------------------------------------------------------- what somebody hostile sends


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *, bits: int = 8, colour: int = 2, more: bytes = b"", data: bytes = b"") -> bytes:
    """A PNG whose header says what it likes."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    body = chunk(b"IDAT", data or zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + head + more + body + chunk(b"IEND", b"")


def zeros(length: int) -> bytes:
    """So many zeros, packed: the same megabyte again and again, and their checksum."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    mega = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    rest = packer.compress(bytes(length & 0xFFFFF)) + packer.flush()
    return b"\x78\xda" + mega * (length >> 20) + rest + struct.pack(">HH", length % 65_521, 1)


def resized(jpeg: bytes, width: int, height: int) -> bytes:
    """A JPEG whose header says that it is larger than it is."""
    at = next(at for at in range(len(jpeg)) if jpeg[at : at + 2] in (b"\xff\xc0", b"\xff\xc2"))
    return jpeg[: at + 5] + struct.pack(">HH", height, width) + jpeg[at + 9 :]


def gif(width: int, height: int, frames: int = 1) -> bytes:
    frame = b"\x21\xf9\x04\x00\x01\x00\x00\x00\x2c" + struct.pack("<HHHH", 0, 0, 1, 1) + b"\x00\x02\x02D\x01\x00"
    return (
        b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\x00\x00\x00\x00\x00\xff\xff\xff" + frame * frames + b";"
    )


def webp(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    inside = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + size + b"ANIM" + struct.pack("<I", 6) + bytes(6)
    return b"RIFF" + struct.pack("<I", len(inside)) + inside


def exif(**tags: Any) -> bytes:
    """EXIF with a time and a place of its own."""
    made = Image.Exif()
    made[0x0112] = tags.get("turn", 1)
    made.get_ifd(0x8769).update({0x9003: tags.get("taken", "2026:11:22 10:15:00")})
    made.get_ifd(0x8825).update(tags.get("place", {1: "N", 2: (30.0, 35.0, 24.0), 3: "E", 4: (114.0, 18.0, 0.0)}))
    return made.tobytes()


def packed() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("run.sh", "rm -rf /")
    return made.getvalue()


SCRIPT = b"<script>alert(document.cookie)</script>"


def bombs() -> Iterator[tuple[bytes, str]]:
    """Small files that want to be large pictures."""
    side = 50_000
    yield png(side, side, bits=1, colour=0, data=zeros((side // 8 + 1) * side)), PNG
    for bits, colour in ((8, 2), (8, 6), (8, 3), (16, 0), (16, 6), (8, 4), (1, 0)):
        yield png(side, side, bits=bits, colour=colour), PNG
    for width, height in ((2**31 - 1, 1), (1, 2**31 - 1), (2**31 - 1, 2**31 - 1), (0, 0), (13_000_001, 1)):
        yield png(width, height), PNG
    base = photo(2)
    for size in ((side, side), (65_500, 65_500), (65_500, 1000), (1, 65_500)):
        yield resized(base, *size), JPEG
        yield resized(photo(2, progressive=True), *size), JPEG
    for size in ((side, side), (65_535, 65_535), (0, 0)):
        yield gif(*size), GIF
    for size in ((side, side), (16_384, 16_384), (2**24, 2**24)):
        yield webp(*size), WEBP
    bomb = zeros(200 << 20)
    yield png(8, 8, more=chunk(b"zTXt", b"Comment\0\0" + bomb)), PNG
    yield png(8, 8, more=chunk(b"iTXt", b"Comment\0\1\0\0\0" + bomb)), PNG
    yield png(8, 8, more=chunk(b"iCCP", b"icc\0\0" + bomb)), PNG
    yield png(8, 8, data=bomb), PNG
    yield png(3600, 3600, colour=6, data=zeros((3600 * 4 + 1) * 3600)), PNG


def impostors() -> Iterator[tuple[bytes, str]]:
    """Files that are something else than they are said to be."""
    svg = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>"
    others = [svg, b"", packed(), b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript>>>>", b"<html>" + SCRIPT, b"x"]
    others += [b"\x7fELF" + bytes(500), b"MZ" + bytes(500), b"\x1f\x8b\x08" + bytes(100), b"BM" + bytes(200)]
    others += [b"II*\0" + bytes(200), b"MM\0*" + bytes(200), b"\0\0\1\0" + bytes(50), b"#!/bin/sh\nrm -rf /\n"]
    others += [
        b"\0\0\0\x18ftypheic" + bytes(200),
        b"\0\0\0\x18ftypavif" + bytes(200),
        b"%!PS\n" + SCRIPT,
        b"8BPS" + bytes(90),
    ]
    others += [
        json.dumps({"video_url": "http://127.0.0.1:1/"}).encode(),
        b"\xff\xd8",
        b"GIF",
        b"P6 9 9 255 " + bytes(300),
    ]
    for each in others:
        yield each, JPEG
        yield each, PNG if each[:1] != b"<" else "image/svg+xml"
    made = {JPEG: photo(3), PNG: photo(3, kind="PNG"), GIF: photo(3, kind="GIF"), WEBP: photo(3, kind="WEBP")}
    for kind, data in made.items():
        for claimed in (*made, "image/svg+xml", "image/tiff"):
            if claimed != kind:
                yield data, claimed


def chimeras() -> Iterator[tuple[bytes, str]]:
    """Files that are two things at once, or carry more than a picture."""
    base, flat = photo(4), photo(4, kind="PNG")
    for more in (packed(), SCRIPT, b"%PDF-1.7 " + bytes(99), svg_like()):
        yield base + more, JPEG
        yield flat + more, PNG
    yield b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)", GIF
    yield b"%PDF-1.7\n" + base, JPEG
    yield photo(4, comment=SCRIPT), JPEG
    yield photo(4, exif=exif() + bytes(60_000)), JPEG
    yield photo(4, exif=exif(turn=99, taken="0000:99:99 99:99:99", place={2: (1.0, 0.0)})), JPEG
    yield photo(4, exif=b"Exif\0\0II*\0" + b"\xff" * 500), JPEG
    yield photo(4, icc_profile=b"\0" * 50_000 + SCRIPT), JPEG
    yield photo(4, kind="PNG", exif=exif(), icc_profile=b"x" * 9000), PNG
    yield png(8, 8, more=chunk(b"eXIf", b"MM\0*" + b"\xff" * 3_000_000), data=zlib.compress(bytes(25 * 8))), PNG
    yield gif(8, 8, frames=10_000), GIF
    frames = [scene(each, (60, 40)) for each in range(200)]
    for kind, claimed in (("PNG", PNG), ("WEBP", WEBP), ("GIF", GIF)):
        yield file(frames[0], kind, save_all=True, append_images=frames[1:]), claimed
    yield file(scene(5).convert("CMYK")), JPEG
    yield file(scene(5).convert("I;16"), "PNG"), PNG
    yield file(scene(5).convert("LA"), "PNG"), PNG
    yield file(scene(5).convert("1"), "PNG"), PNG
    yield file(scene(5).convert("P"), "PNG", transparency=0), PNG
    for size in ((20_000, 1), (1, 20_000), (1, 1)):
        yield file(scene(6, size)), JPEG


def svg_like() -> bytes:
    return b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def damaged(count: int) -> Iterator[tuple[bytes, str]]:
    """Photos cut off somewhere, or with bytes changed."""
    chance = random.Random(26)
    made = [(photo(7), JPEG), (photo(7, kind="PNG"), PNG), (photo(7, kind="GIF"), GIF), (photo(7, kind="WEBP"), WEBP)]
    for number in range(count):
        data, claimed = made[number % 4]
        if number % 8 < 4:
            yield data[: chance.randrange(13, len(data) - 20)], claimed
        else:
            bad = bytearray(data)
            for _ in range(chance.randrange(1, 60)):
                bad[chance.randrange(len(bad))] = chance.randrange(256)
            yield bytes(bad), claimed


def hostile() -> list[tuple[bytes, str]]:
    """Two hundred of them: bytes and content type."""
    made = [*bombs(), *impostors(), *chimeras()]
    return [*made, *damaged(200 - len(made))]
