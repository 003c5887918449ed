"""What becomes of a photo that was sent: fetched in time, kept, refused or lost; and seen again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import combinations

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import areas, duplicates, files, followers, merging, outboxes, transitions
from models.area import Area
from models.attachment import Attachment, AttachmentKind, AttachmentUse, Failure, Fingerprint
from models.lifecycle import LIVE_STATES, OPEN_STATES, Action
from models.outbox import NoticeKind
from models.ticket import Ticket, TicketState

BACKOFF = (15, 60, 300, 900, 3600)
"""Seconds before the next try, by the number of tries there were; after the last the file is given up."""

LEASE = timedelta(minutes=3)
"""How long one worker may be at a file before another takes it over."""

DISTANCE = 6
"""Of 64 bits so many may differ between two photos that show the same."""

WINDOW = timedelta(days=180)
"""How far back the same photo is looked for."""

PARTS = ((22, 2), (21, 1), (21, 1))
"""Bits of each part, and how many of them may differ: more than that in all three would be 3 + 2 + 2, one too many."""

MOST = 2000
"""So many photos with a part in common are compared."""

SAME_PHOTO, PERHAPS = 0.9, 0.5
"""How sure it is that one photo tells of one event: in one place, and where a place is not known."""

PHOTO = "photo"
"""The reason that a proposal gives."""

ONE_AT_A_TIME = 7_253_012
"""The key of an advisory lock: of two photos that are stored in the same moment one sees the other."""


Keep = Callable[[Session, int, datetime], None]
"""Notes, for an attachment, that what came with it is stored."""


# ---------------------------------------------------------------- fetching


def due(session: Session, *, now: datetime, most: int) -> Sequence[int]:
    """The ids of what has to be fetched, the longest waiting first."""
    query = select(Attachment.id).where(Attachment.fetch_at <= now).order_by(Attachment.fetch_at).limit(most)
    return session.scalars(query).all()


def claim(session: Session, attachment_id: int, *, now: datetime) -> Attachment | None:
    """The attachment for whoever fetches it now; None when there is nothing to do or somebody else is at it."""
    row = session.get(Attachment, attachment_id, with_for_update=True)
    if row is None or row.fetch_at is None or row.fetch_at > now:
        return None
    row.fetch_at = now + LEASE
    return row


def _waiting(session: Session, attachment_id: int) -> Attachment | None:
    """The attachment, locked, unless another worker has finished with it meanwhile."""
    row = session.get_one(Attachment, attachment_id, with_for_update=True, populate_existing=True)
    return row if row.fetch_at is not None else None


def keep(
    session: Session,
    attachment_id: int,
    *,
    stored: str,
    small: str = "",
    blurred: str | None = None,
    digest: str = "",
    fingerprint: int | None = None,
    taken_at: datetime | None = None,
    taken_at_place: tuple[float, float] | None = None,
    now: datetime,
) -> None:
    """It is stored under these names; what it is said to show, and when and where, is noted."""
    row = _waiting(session, attachment_id)
    if row is None:
        return
    files.take(session, {stored, small, blurred or ""})
    row.fetch_at, row.stored, row.small, row.digest, row.taken_at = None, stored, small, digest, taken_at
    row.blurred = blurred
    if taken_at_place is not None:
        row.taken_lat, row.taken_lng = taken_at_place
    if fingerprint is not None:
        _recognise(session, row, fingerprint, now=now)
        hint(session, row, now=now)


def fail(session: Session, attachment_id: int, *, now: datetime) -> None:
    """The platform did not give it: it is tried again a little later, and given up in the end."""
    row = _waiting(session, attachment_id)
    if row is None:
        return
    row.fetch_failures += 1
    if row.fetch_failures > len(BACKOFF):
        _give_up(session, row, Failure.LOST, now=now)
    else:
        row.fetch_at = now + timedelta(seconds=BACKOFF[row.fetch_failures - 1])


def refuse(session: Session, attachment_id: int, why: Failure, *, now: datetime) -> None:
    """It cannot be had, or cannot be kept: its sender is told, once; what is lost is said at the desk too."""
    row = _waiting(session, attachment_id)
    if row is not None:
        _give_up(session, row, why, now=now)


def _give_up(session: Session, row: Attachment, why: Failure, *, now: datetime) -> None:
    row.fetch_at, row.failure = None, why
    ticket = followers.lock_head(session, session.get_one(Ticket, row.ticket_id)) if row.ticket_id else None
    outboxes.tell(
        session,
        NoticeKind.PHOTO_REFUSED,
        row.person_id,
        now=now,
        ticket_id=ticket.id if ticket is not None and ticket.reporter_id == row.person_id else None,
        data={"why": why.value, "kind": row.kind.value},
        # Of what came in a moment ago; what was tried for an hour can wait for the morning.
        can_wait=why is Failure.LOST,
    )
    if ticket is not None:
        say_lost(session, ticket, row, now=now)


def say_lost(session: Session, ticket: Ticket, row: Attachment, *, now: datetime) -> None:
    """Says in the history of a locked ticket, and at its desk, that something could not be fetched."""
    if row.failure is Failure.LOST and ticket.state in LIVE_STATES:
        facts = {"kind": row.kind.value, "attachment": row.id}
        transitions.perform(session, ticket, Action.LOSE_PHOTO, by=None, now=now, facts=facts)


# ---------------------------------------------------------------- the same photo again


def near(session: Session, bits: int, *, since: datetime) -> Sequence[int]:
    """The ids of photos since then that differ from a fingerprint in `DISTANCE` bits at most, the first stored first.

    What is near has one of the three `PARTS` nearly in common. All that the parts may be is 298 numbers, which are
    looked up by indexes: they are as many for every number of photos, and of a million photos some eighty have one.
    """
    wanted = {f"parts{at}": [part ^ mask for mask in _masks(*PARTS[at])] for at, part in enumerate(split(bits))}
    rows = session.execute(_CANDIDATES, {**wanted, "most": MOST}).all()
    close = {row[0] for row in rows if ((row[1] ^ bits) & _ALL).bit_count() <= DISTANCE}
    if not close:
        return []
    return session.scalars(
        select(Fingerprint.attachment_id)
        .where(Fingerprint.attachment_id.in_(close), Fingerprint.at >= since)
        .order_by(Fingerprint.at, Fingerprint.attachment_id)
    ).all()


def only_copies(ticket_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """The condition that a ticket came with photos, each of which (or one that nearly looks the same) was sent before.

    A ticket without a photo, or with one that looks like nothing (a black one), came with no copy.
    """
    shown = (
        exists()
        .where(
            Attachment.ticket_id == ticket_id,
            Attachment.kind == AttachmentKind.IMAGE,
            Attachment.use == AttachmentUse.BEFORE,
            Attachment.stored.is_not(None),
        )
        .correlate_except(Attachment)
    )
    # Of what is stored a photo without a fingerprint, or with one of its own, is new.
    copied = exists().where(Fingerprint.attachment_id == Attachment.id, Fingerprint.copy_of_id.is_not(None))
    return and_(shown, ~shown.where(~copied.correlate_except(Fingerprint)))


def hint(session: Session, attachment: Attachment, *, now: datetime) -> None:
    """Proposes the ticket that came with the same photo before, if one is open for the same place; the later reporter
    is asked, as for any two tickets that tell of one event. Where a place is not known only the desk sees the pair.
    """
    original_id = session.scalar(select(Fingerprint.copy_of_id).where(Fingerprint.attachment_id == attachment.id))
    if original_id is None or attachment.ticket_id is None or attachment.use is not AttachmentUse.BEFORE:
        return
    original = session.get_one(Attachment, original_id)
    if original.ticket_id in (None, attachment.ticket_id) or original.use is not AttachmentUse.BEFORE:
        return
    earlier, later = sorted((original.ticket_id, attachment.ticket_id))
    found = followers.lock_all(session, earlier, later)
    ticket, into = found[later], found[earlier]
    score = _one_place(session, ticket, into)
    open_ones = ticket.state in (TicketState.NEW, TicketState.OFFERED) and into.state in OPEN_STATES
    tasks_or_services = ticket.parent_id or into.parent_id or ticket.service or into.service
    if score and open_ones and not tasks_or_services and not ticket.reopened:
        merging.propose(session, ticket, into, score=score, reasons=[PHOTO], now=now)


def _one_place(session: Session, ticket: Ticket, into: Ticket) -> float:
    """How surely two tickets with one photo are about one event: 0 where they are in different places."""
    here, there = (session.get(Area, each.area_id) if each.area_id else None for each in (ticket, into))
    if here is None or there is None:
        return PERHAPS
    if duplicates.estate_of(here) == duplicates.estate_of(there):
        return SAME_PHOTO
    # One is placed no nearer than what the other lies in.
    return PERHAPS if areas.covers(here.path, there.path) or areas.covers(there.path, here.path) else 0.0


def _recognise(session: Session, row: Attachment, fingerprint: int, *, now: datetime) -> None:
    bits = fingerprint - (1 << 64) if fingerprint >> 63 else fingerprint
    if session.get_bind().dialect.name == "postgresql":
        # SQLite writes one transaction at a time anyway.
        session.execute(select(func.pg_advisory_xact_lock(ONE_AT_A_TIME)))
    before = near(session, bits, since=now - WINDOW)
    first, second, third = split(bits)
    session.add(
        Fingerprint(
            attachment_id=row.id,
            bits=bits,
            first=first,
            second=second,
            third=third,
            at=now,
            copy_of_id=before[0] if before else None,
        )
    )
    session.flush()


_ALL = (1 << 64) - 1


def split(bits: int) -> Iterator[int]:
    """The parts of a fingerprint by which it is found."""
    rest = bits & _ALL
    for width, _ in PARTS:
        yield rest & ((1 << width) - 1)
        rest >>= width


@cache
def _masks(width: int, most: int) -> tuple[int, ...]:
    """Every way in which at most so many bits of a part can differ."""
    ones = [1 << at for at in range(width)]
    return tuple(sum(some) for count in range(most + 1) for some in combinations(ones, count))


def _candidates() -> Select[int, int]:
    """Every photo that has a part in common, from the indexes alone; nothing of the rows themselves is read."""

    def by(column: InstrumentedAttribute[int], name: str) -> Select[int, int]:
        same = column.in_(bindparam(name, expanding=True))
        return select(Fingerprint.attachment_id, Fingerprint.bits).where(same).limit(bindparam("most"))

    columns = (Fingerprint.first, Fingerprint.second, Fingerprint.third)
    every = union_all(*(select(by(each, f"parts{at}").subquery()) for at, each in enumerate(columns))).subquery()
    return select(every.c.attachment_id, every.c.bits)


_CANDIDATES = _candidates()
"""Made once: making it costs as much as what it finds."""
