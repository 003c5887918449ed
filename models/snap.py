"""A rider's report by parts (随手拍): what is held until its words come, and what belongs to which report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models import followers, rings
from models.attachment import Attachment, AttachmentKind
from models.ticket import Ticket, TicketWords, WordsKind

JOINS = timedelta(minutes=2)
"""So long after a report has all its parts, or its end was said, another photo still belongs to it."""

APART = timedelta(minutes=10)
"""A photo so long after everything before it shows something else."""

ANOTHER_PLACE = 200
"""Metres: two positions of one place differ by less."""

PICTURES = frozenset({AttachmentKind.IMAGE, AttachmentKind.VIDEO})


@dataclass(frozen=True, slots=True)
class Parts:
    """Since when a report has each of its parts, and when the last thing came."""

    picture: datetime | None
    position: datetime | None
    words: datetime | None
    last: datetime
    has_place: bool
    """It says where it is, by a position or in words."""

    @property
    def complete_since(self) -> datetime | None:
        """Since when nothing is missing."""
        found = (self.picture, self.words, self.position)
        return max(each for each in found if each) if self.picture and self.words and self.has_place else None


def held(session: Session, person_id: int, *, now: datetime, minutes: int) -> Sequence[Attachment]:
    """What somebody sent without words, the oldest first, locked: all of it with no more than `minutes` in between.

    What is older has missed its words and becomes a ticket by itself.
    """
    rows = session.scalars(
        select(Attachment)
        .where(Attachment.person_id == person_id, Attachment.ticket_id.is_(None))
        .order_by(Attachment.sent_at, Attachment.id)
        # The clock may be making a ticket of them at this moment.
        .with_for_update()
    ).all()
    kept: list[Attachment] = []
    after = now
    for row in reversed(rows):
        if row.sent_at < after - timedelta(minutes=minutes):
            break
        kept.append(row)
        after = row.sent_at
    return kept[::-1]


def parts_of(session: Session, ticket: Ticket) -> Parts:
    """What of their own report somebody has sent; a photo that could not be kept is none."""
    head = followers.head_of(session, ticket)
    sent = session.execute(
        select(Attachment.kind, Attachment.sent_at)
        .where(
            Attachment.person_id == ticket.reporter_id,
            or_(Attachment.ticket_id == ticket.id, Attachment.ticket_id == head.id),
            Attachment.failure.is_(None),
        )
        .order_by(Attachment.sent_at)
    ).all()
    said = session.scalars(
        select(TicketWords.said_at)
        .where(
            TicketWords.ticket_id == ticket.id,
            TicketWords.kind.in_([WordsKind.REPORT, WordsKind.ADDITION]),
            TicketWords.text != "",
        )
        .order_by(TicketWords.said_at)
        .limit(1)
    ).all()
    pictures = [at for kind, at in sent if kind in PICTURES]
    positions = [at for kind, at in sent if kind is AttachmentKind.LOCATION]
    voices = [at for kind, at in sent if kind is AttachmentKind.VOICE]
    return Parts(
        picture=min(pictures, default=None),
        position=min(positions, default=None),
        words=min([*said, *voices], default=None),
        last=max([ticket.opened_at, *(at for _, at in sent)]),
        has_place=bool(positions) or ticket.area_id is not None,
    )


def takes(session: Session, ticket: Ticket, part: Attachment) -> bool:
    """Whether something that was sent now belongs to somebody's last report, or begins another."""
    found = parts_of(session, ticket)
    if part.kind is AttachmentKind.LOCATION:
        # Words that name a place are no position: it may still come.
        return found.position is None or (found.complete_since is None and not _is_far(part, ticket))
    done = found.complete_since
    if done is not None:
        return part.sent_at - done <= JOINS
    return found.picture is None or part.sent_at - found.last <= APART


def earlier_report(before: Sequence[Attachment], part: Attachment) -> Sequence[Attachment]:
    """Those of the held parts that belong to another, earlier report than the one that `part` belongs to.

    Of what was sent between two places each belongs to the one that was nearer in time.
    """
    if part.kind is AttachmentKind.LOCATION:
        old = next((each for each in reversed(before) if each.kind is AttachmentKind.LOCATION), None)
        if old is None or not _is_far(part, old):
            return ()
        return [
            each for each in before if each.id <= old.id or each.sent_at - old.sent_at < part.sent_at - each.sent_at
        ]
    has_picture = any(each.kind in PICTURES for each in before)
    return before if has_picture and part.sent_at - before[-1].sent_at > APART else ()


def _is_far(part: Attachment, other: Attachment | Ticket) -> bool:
    metres = rings.metres_between(rings.position_of(part), rings.position_of(other))
    return metres is not None and metres > ANOTHER_PLACE
