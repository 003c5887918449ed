"""A page with the photos of one matter, for whoever judges it or has it in hand: a signed address that expires."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, abort
from markupsafe import Markup
from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from bot import public
from bot.logs import logger
from models import transitions
from models.attachment import Attachment, AttachmentKind, AttachmentUse
from models.clock import Clock
from models.db import Database
from models.ticket import Ticket
from texts import residents

log = logger(__name__)

SHOWN = timedelta(days=8)
"""A day longer than a result may be judged."""

MOST = 9

KINDS = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF8", "image/gif"))
"""What is shown, told by its first bytes."""

PAGE = Markup(
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">'
    "<title>{title}</title><style>body{{font:18px/1.6 sans-serif;max-width:60em;margin:0 auto;padding:1em}}"
    "img{{max-width:100%;border-radius:8px}}</style><main><h1>{title}</h1>{parts}</main>"
)


class PhotoPages:
    """Makes the addresses and answers them; whoever has one sees the photos of that one ticket."""

    def __init__(
        self, database: Database, read: Callable[[str], bytes], *, public_url: str, secret: str, clock: Clock
    ) -> None:
        """`read` gives what is stored under a name, or raises FileNotFoundError."""
        self._database = database
        self._read = read
        self.public_url = public_url
        self._key = hashlib.sha256(f"photos {secret}".encode()).digest()
        self._clock = clock

    def address(self, session: Session, ticket: Ticket, *, now: datetime) -> str:
        """Where the resident sees how it looks now; empty when nobody has sent a photo of that."""
        after = _sent(ticket.id).where(Attachment.use == AttachmentUse.AFTER)
        return self._signed(ticket.id, now=now) if session.scalar(after.limit(1)) is not None else ""

    def address_for(self, session: Session, ticket_id: int, person_id: int, *, now: datetime) -> str:
        """Where somebody sees what was sent with a ticket, for as long as it is theirs; empty where nothing was."""
        is_there = session.scalar(_sent(ticket_id).limit(1)) is not None
        return self._signed(ticket_id, person_id, now=now) if is_there else ""

    def _signed(self, *who: int, now: datetime) -> str:
        parts = "-".join(str(each) for each in (*who, int((now + SHOWN).timestamp())))
        return f"{self.public_url}/photos/{parts}-{self._sign(parts)}"

    def _sign(self, parts: str) -> str:
        return hmac.new(self._key, parts.encode(), hashlib.sha256).hexdigest()[:32]

    def _ticket_of(self, token: str) -> int:
        """The ticket a token opens for whoever holds it; a wrong or expired one leads nowhere, as does one of somebody
        who does not have the ticket any more.
        """
        parts, _, signature = token.rpartition("-")
        numbers = parts.split("-")
        if len(numbers) not in (2, 3) or not all(re.fullmatch("[0-9]{1,18}", each) for each in numbers):
            abort(404)
        if not hmac.compare_digest(self._sign(parts).encode(), signature.encode()):
            abort(404)
        ticket_id, *person_id, until = (int(each) for each in numbers)
        if datetime.fromtimestamp(until, UTC) <= self._clock():
            abort(404)
        if person_id and not self._has_it(ticket_id, person_id[0]):
            abort(404)
        return ticket_id

    def _has_it(self, ticket_id: int, person_id: int) -> bool:
        with self._database.reading() as session:
            ticket = session.get_one(Ticket, ticket_id)
            return person_id == ticket.assignee_id or person_id in transitions.helpers_of(session, ticket)

    def blueprint(self) -> Blueprint:
        """The pages, to be mounted at the root."""
        pages = Blueprint("photos", __name__)
        public.guard(pages, loads="img-src 'self' data:; ")

        @pages.get("/photos/<token>")
        def page(token: str) -> str:
            ticket_id = self._ticket_of(token)
            with self._database.reading() as session:
                rows = session.scalars(self._photos(ticket_id)).all()
            log.info("photos shown", ticket=ticket_id, photos=len(rows))
            parts = Markup("")
            for use, heading in (
                (AttachmentUse.AFTER, residents.PHOTOS_AFTER),
                (AttachmentUse.BEFORE, residents.PHOTOS_BEFORE),
            ):
                images = Markup("").join(
                    Markup('<p><img src="{0}/{1}" alt="{2}">').format(token, row.id, heading)
                    for row in rows
                    if row.use is use
                )
                parts += Markup("<h2>{0}</h2>{1}").format(heading, images) if images else ""
            return PAGE.format(title=residents.PHOTOS, parts=parts)

        @pages.get("/photos/<token>/<int(max=999999999999):photo_id>")
        def photo(token: str, photo_id: int) -> Response:
            ticket_id = self._ticket_of(token)
            with self._database.reading() as session:
                row = session.scalar(self._photos(ticket_id).where(Attachment.id == photo_id))
            name = row.for_others if row is not None else None
            if name is None:
                abort(404)
            try:
                content = self._read(name)
            except FileNotFoundError:
                abort(404)
            kind = next((kind for start, kind in KINDS if content.startswith(start)), None)
            if kind is None:
                abort(404)
            return Response(content, mimetype=kind)

        return pages

    def _photos(self, ticket_id: int) -> Select[Attachment]:
        return (
            select(Attachment)
            .where(
                _to_be_seen(ticket_id),
                Attachment.kind == AttachmentKind.IMAGE,
                Attachment.stored.is_not(None),
                or_(Attachment.blurred.is_(None), Attachment.blurred != ""),
            )
            .order_by(Attachment.use, Attachment.id.desc())
            .limit(MOST)
        )


def _sent(ticket_id: int) -> Select[int]:
    """The photos of a ticket that are there or on their way."""
    return select(Attachment.id).where(
        _to_be_seen(ticket_id), Attachment.kind == AttachmentKind.IMAGE, Attachment.failure.is_(None)
    )


def _to_be_seen(ticket_id: int) -> ColumnElement[bool]:
    """What belongs to a ticket; to one that was merged also how it looks now, but nothing that neighbours sent."""
    head = select(Ticket.merged_into_id).where(Ticket.id == ticket_id).scalar_subquery()
    return or_(
        Attachment.ticket_id == ticket_id,
        and_(Attachment.ticket_id == head, Attachment.use == AttachmentUse.AFTER),
    )
