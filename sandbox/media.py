"""Files: what kind they are by their first bytes, uploads, downloads, and a small picture for QR codes."""

from __future__ import annotations

import hashlib
import struct
import zlib

_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
)


def sniff(data: bytes) -> str:
    """The content type by the first bytes; application/octet-stream when unknown."""
    if data[4:8] == b"ftyp":
        return "video/mp4"
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), "application/octet-stream")


def code_picture(text: str) -> bytes:
    """A PNG that looks like a QR code and differs for every text; it cannot be scanned."""
    size, scale, border = 25, 8, 3
    bits = int.from_bytes(hashlib.shake_256(text.encode("utf-8", "replace")).digest(size * size // 8 + 1), "big")

    def dark(row: int, column: int) -> bool:
        for top, left in ((0, 0), (0, size - 7), (size - 7, 0)):
            y, x = row - top, column - left
            if -1 <= y <= 7 and -1 <= x <= 7:
                edge = max(abs(y - 3), abs(x - 3))
                return edge in (0, 1, 3)
        return bool(bits >> (row * size + column) & 1)

    lines = []
    whole = size + 2 * border
    for row in range(whole):
        inside = border <= row < border + size
        cells = [
            inside and border <= column < border + size and dark(row - border, column - border)
            for column in range(whole)
        ]
        line = b"\x00" + b"".join((b"\x00" if cell else b"\xff") * scale for cell in cells)
        lines.append(line * scale)
    header = struct.pack(">IIBBBBB", whole * scale, whole * scale, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(lines))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
