"""The smallest files that are what their names say, as far as a platform looks at them."""

from __future__ import annotations

from io import BytesIO

from PIL import Image


def _picture(kind: str) -> bytes:
    with BytesIO() as file:
        Image.new("RGB", (8, 8), "green").save(file, kind)
        return file.getvalue()


JPEG, PNG = _picture("JPEG"), _picture("PNG")
MP3 = b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"\x00" * 32
AMR = b"#!AMR\n" + b"\x00" * 32
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00" * 32
