"""Fetching what people sent before the platform forgets it (three days), and keeping it in the media store."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import fsspec
from sqlalchemy import select

from bot.channels import Channel, NotSent, Why
from bot.logs import logger
from models.attachment import Attachment, AttachmentKind
from models.clock import Clock
from models.db import Database

log = logger(__name__)

MOST_FAILURES = 8

TYPES = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "audio/amr": "amr",
    "audio/mpeg": "mp3",
    "video/mp4": "mp4",
}

MAGIC = {
    AttachmentKind.IMAGE: (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF"),
    AttachmentKind.VOICE: (b"#!AMR", b"ID3", b"\xff\xfb", b"\xff\xf3", b"#!SILK", b"\x02#!SILK"),
    AttachmentKind.VIDEO: (),
}


class MediaStore:
    """Files by their content's name, in a folder or an S3-compatible store."""

    def __init__(self, url: str) -> None:
        self._files, self._root = fsspec.core.url_to_fs(url)

    def put(self, data: bytes, ending: str) -> str:
        """Keeps the bytes; gives their name."""
        digest = hashlib.sha256(data).hexdigest()
        name = f"{digest[:2]}/{digest}.{ending}"
        self._files.makedirs(f"{self._root}/{digest[:2]}", exist_ok=True)
        with self._files.open(f"{self._root}/{name}", "wb") as file:
            file.write(data)
        return name

    def get(self, name: str) -> bytes:
        """The bytes of a name. Raises FileNotFoundError."""
        with self._files.open(f"{self._root}/{name}", "rb") as file:
            data: bytes = file.read()
        return data


class Fetcher:
    """The worker's side of attachments."""

    def __init__(self, database: Database, channels: Mapping[str, Channel], store: MediaStore, *, clock: Clock) -> None:
        self._database = database
        self._channels = channels
        self.store = store
        self._clock = clock

    def fetch(self, attachment_id: int) -> None:
        """Fetches one file and stores its name; a failure is counted and tried again by the sweep."""
        with self._database.reading() as session:
            row = session.get(Attachment, attachment_id)
            if row is None or row.stored or not row.media_id or row.channel not in self._channels:
                return
            channel, media_id, url, kind = self._channels[row.channel], row.media_id, row.media_url, row.kind
        stored: str | None = None
        gone = False
        try:
            data, content_type = channel.media(media_id, url)
            if _is(kind, data):
                ending = TYPES.get(content_type.partition(";")[0].strip(), kind.value)
                stored = self.store.put(data, ending)
            else:
                gone = True
        except NotSent as failure:
            gone = failure.why is not Why.TEMPORARY and failure.why is not Why.QUOTA
            log.info("media not fetched", attachment=attachment_id, why=failure.why.value)
        with self._database.transaction() as session:
            row = session.get_one(Attachment, attachment_id)
            row.stored = stored
            if stored is None:
                row.fetch_failures = MOST_FAILURES if gone else row.fetch_failures + 1

    def due(self, *, most: int = 50) -> list[int]:
        """The ids of attachments that still have to be fetched."""
        with self._database.reading() as session:
            return list(
                session.scalars(
                    select(Attachment.id)
                    .where(
                        Attachment.stored.is_(None),
                        Attachment.media_id != "",
                        Attachment.fetch_failures < MOST_FAILURES,
                    )
                    .order_by(Attachment.id)
                    .limit(most)
                )
            )


def _is(kind: AttachmentKind, data: bytes) -> bool:
    """Whether the bytes begin like what they are said to be; an error page is not a photo."""
    beginnings = MAGIC.get(kind, ())
    return not beginnings or data.startswith(beginnings)
