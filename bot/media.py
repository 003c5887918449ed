"""Fetching what people sent before the platform forgets it (three days), and keeping it in the media store."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime

import fsspec
from sqlalchemy.orm import Session

from bot.channels import Channel, NotSent, TooMuch, Why
from bot.logs import logger
from bot.pictures import Blurrer, Redrawer, Unfit
from models import files, photos, tickets
from models.attachment import AttachmentKind, Failure
from models.clock import Clock
from models.db import Database

log = logger(__name__)

LARGEST_PHOTO = 10 * 1024 * 1024
"""Bytes: no platform takes a larger one."""

PASSING = frozenset({Why.TEMPORARY, Why.QUOTA, Why.NOT_ALLOWED})
"""What time, or staff, will mend: the file is still there."""

BEGINNINGS = (
    (0, b"#!AMR", AttachmentKind.VOICE, "amr"),
    (0, b"#!SILK", AttachmentKind.VOICE, "silk"),
    (0, b"\x02#!SILK", AttachmentKind.VOICE, "silk"),
    (0, b"ID3", AttachmentKind.VOICE, "mp3"),
    (0, b"\xff\xfb", AttachmentKind.VOICE, "mp3"),
    (0, b"\xff\xf3", AttachmentKind.VOICE, "mp3"),
    (4, b"ftyp", AttachmentKind.VIDEO, "mp4"),
)
"""Where which bytes stand, of what they tell, and the ending of its name."""


class MediaStore:
    """Files in a folder or an S3-compatible store. Each belongs to one attachment, so that it can go with it."""

    def __init__(self, url: str) -> None:
        self._files, self._root = fsspec.core.url_to_fs(url)

    def put(self, name: str, data: bytes) -> None:
        """Keeps the bytes under a name (`new_name`)."""
        self._files.makedirs(f"{self._root}/{name.partition('/')[0]}", exist_ok=True)
        with self._files.open(f"{self._root}/{name}", "wb") as file:
            file.write(data)

    def get(self, name: str) -> bytes:
        """The bytes of a name. Raises FileNotFoundError."""
        with self._files.open(f"{self._root}/{name}", "rb") as file:
            data: bytes = file.read()
        return data

    def remove(self, name: str) -> None:
        """Removes what is there; what is not there is removed already."""
        with suppress(FileNotFoundError):
            self._files.rm_file(f"{self._root}/{name}")


def new_name(ending: str) -> str:
    """A name that no file has, and nobody guesses."""
    name = secrets.token_hex(16)
    return f"{name[:2]}/{name}.{ending}"


class Fetcher:
    """The worker's side of attachments."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        store: MediaStore,
        *,
        clock: Clock,
        wake: Callable[[Session], None],
        blurrer: Blurrer | None = None,
    ) -> None:
        """`wake` is given the session after a commit that may have left notices; without a `blurrer` nothing is hidden
        in photos.
        """
        self._database = database
        self._channels = channels
        self.store = store
        self._clock = clock
        self._wake = wake
        self._redrawer = Redrawer()
        self.blurrer = blurrer

    def fetch(self, attachment_id: int) -> None:
        """Fetches one file, checks it and keeps it; may run twice, and be ended anywhere.

        No transaction is open while it works. What fails is tried later; its sender and the desk are told in the end.
        """
        with self._database.transaction() as session:
            row = photos.claim(session, attachment_id, now=self._clock())
            if row is None or row.channel not in self._channels:
                return
            channel, media_id, url, kind = self._channels[row.channel], row.media_id, row.media_url, row.kind
        try:
            data, content_type = channel.media(media_id, url)
            keep = self.photo(data, content_type) if kind is AttachmentKind.IMAGE else self._other(kind, data)
        except NotSent as failure:
            log.info("media not fetched", attachment=attachment_id, why=failure.why.value)
            outcome = _outcome(failure)
        except Unfit as unfit:
            log.info("media refused", attachment=attachment_id, why=unfit.why.value)
            outcome = unfit.why
        else:
            with self._database.transaction() as session:
                keep(session, attachment_id, self._clock())
            self._wake(session)
            return
        with self._database.transaction() as session:
            if outcome is None:
                photos.fail(session, attachment_id, now=self._clock())
            else:
                photos.refuse(session, attachment_id, outcome, now=self._clock())
        self._wake(session)

    def photo(self, data: bytes, content_type: str) -> photos.Keep:
        """Stores a photo redrawn; gives what notes it. Raises Unfit."""
        if len(data) > LARGEST_PHOTO:
            raise Unfit(Failure.TOO_BIG)
        picture = self._redrawer.redraw(data, content_type)
        stored, small = self._store(picture.data, picture.small, ending="jpg")
        blurred = self._hidden(picture.data, stored)

        def keep(session: Session, attachment_id: int, now: datetime) -> None:
            photos.keep(
                session,
                attachment_id,
                stored=stored,
                small=small,
                blurred=blurred,
                digest=picture.digest,
                fingerprint=picture.fingerprint,
                taken_at=picture.taken_at,
                taken_at_place=picture.place,
                now=now,
            )
            tickets.place_by_photo(session, attachment_id, now=now)

        return keep

    def _hidden(self, data: bytes, stored: str) -> str | None:
        """Stores the photo without faces and plates; gives its name, as `Attachment.blurred` has it."""
        if self.blurrer is None:
            return None
        try:
            hidden = self.blurrer.hide(data)
        except Unfit:
            log.warning("not blurred, shown to staff only", photo=stored)
            return ""
        return stored if hidden is None else self._store(hidden, ending="jpg")[0]

    def _store(self, *contents: bytes, ending: str) -> list[str]:
        """Stores files that nobody has yet; gives their names."""
        names = [new_name(ending) for _ in contents]
        with self._database.transaction() as session:
            files.write_down(session, names, now=self._clock())
        for name, data in zip(names, contents, strict=True):
            self.store.put(name, data)
        return names

    def _other(self, kind: AttachmentKind, data: bytes) -> photos.Keep:
        """Stores a voice or a video as it is, if it begins like one; gives what notes it. Raises Unfit."""
        ending = next((end for at, start, of, end in BEGINNINGS if of is kind and data.startswith(start, at)), None)
        if ending is None:
            raise Unfit(Failure.BROKEN)
        [stored], digest = self._store(data, ending=ending), hashlib.sha256(data).hexdigest()

        def keep(session: Session, attachment_id: int, now: datetime) -> None:
            photos.keep(session, attachment_id, stored=stored, digest=digest, now=now)

        return keep

    def due(self, *, most: int = 50) -> list[int]:
        """The ids of attachments that have to be fetched now."""
        with self._database.reading() as session:
            return list(photos.due(session, now=self._clock(), most=most))


def _outcome(failure: NotSent) -> Failure | None:
    """Why it is given up; None where it is tried again."""
    if isinstance(failure, TooMuch):
        return Failure.TOO_BIG
    return None if failure.why in PASSING else Failure.LOST
