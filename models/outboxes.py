"""Putting notices into the outbox, claiming them, and recording what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, text, update
from sqlalchemy.orm import Session

from models import batch
from models.base import insert
from models.inbox import InboxMessage
from models.outbox import DESK_TOLD, Notice, NoticeKind, NoticeState
from models.person import Person, Role, RoleKind, RoleStatus
from models.quiet import Quiet, by_day
from models.rider import RiderProfile

NOT_FOR_LATER = frozenset(
    {
        NoticeKind.ALARM,
        NoticeKind.STORM_ALERT,
        NoticeKind.PRESSED,
        NoticeKind.STAFF_REPLY,
        NoticeKind.EMERGENCY_BROADCAST,
    }
)
"""Alarms, and answers to what somebody has just pressed or asked; all else can wait for a rider's peace."""

BY_DAY = frozenset(
    {
        NoticeKind.REMINDER,
        NoticeKind.DAY,
        NoticeKind.WEEK,
        NoticeKind.PHOTO_KEPT,
        NoticeKind.POINTS_EXPIRE,
        NoticeKind.REDEMPTION_OVER,
        NoticeKind.HOURS_OFFERED,
        NoticeKind.HOURS_ANSWERED,
        NoticeKind.HONOUR_ASKED,
        NoticeKind.HONOUR_OVER,
        NoticeKind.REGISTRATION,
        NoticeKind.REGISTERED,
        NoticeKind.WISH,
        NoticeKind.WISH_DECIDED,
        NoticeKind.BROADCAST,
        NoticeKind.POST_ENDS,
        NoticeKind.POST_OVER,
    }
)
"""What always can wait for the morning: nobody has anything to do at night because of it. docs/notices.md has a table
of all kinds; of those that are not here, whoever tells them says whether this one can.
"""

IN_CHAT = frozenset({NoticeKind.PRESSED, NoticeKind.STAFF_REPLY, NoticeKind.HANDED_BACK})
"""What is said there and then, also to somebody who wants to be called."""

DESK_APART = {True: timedelta(minutes=30), False: timedelta(minutes=5)}
"""So long after the last gathered message the next one comes to somebody at a desk, by whether it can wait; emergencies
never do.
"""

REPLIES_BACK = timedelta(days=7)

_AT_ONCE = {"at_once": True}

FRESH = "fresh_notices"
CARDS = "cards_are_over"
TICKETS = "tickets_to_dispatch"
GATHERED = "gathered_notices"


def tell(
    session: Session,
    kind: NoticeKind,
    person_id: int,
    *,
    now: datetime,
    ticket_id: int | None = None,
    data: dict[str, Any] | None = None,
    words_id: int | None = None,
    about_id: int | None = None,
    channel: str = "",
    can_wait: bool = False,
) -> Notice:
    """Enqueues one notice in the caller's transaction; its id is handed to the queue after the commit.

    What `can_wait`, and every kind in `BY_DAY`, is sent by day only.
    """
    can_wait = can_wait or kind in BY_DAY
    notice = Notice(
        person_id=person_id,
        ticket_id=ticket_id,
        kind=kind,
        data=data or {},
        words_id=words_id,
        about_id=about_id,
        channel=channel,
        not_before=by_day(now) if can_wait else now,
        can_wait=can_wait,
        created_at=now,
    )
    session.add(notice)
    together = batch.memo(session)
    if together is not None:
        together.setdefault(FRESH, []).append(notice)
        return notice
    session.flush()
    session.info.setdefault(FRESH, []).append(notice.id)
    return notice


def tell_each(
    session: Session,
    kind: NoticeKind,
    data: Mapping[int, dict[str, Any]],
    *,
    now: datetime,
    ticket_id: int | None,
    words_id: int | None = None,
    broadcast_id: int | None = None,
    can_wait: bool = False,
) -> None:
    """The same kind of notice for several people, each with data of their own, in one statement."""
    can_wait = can_wait or kind in BY_DAY
    made = [
        Notice(
            person_id=person_id,
            ticket_id=ticket_id,
            kind=kind,
            data=facts,
            words_id=words_id,
            broadcast_id=broadcast_id,
            not_before=by_day(now) if can_wait else now,
            can_wait=can_wait,
            created_at=now,
        )
        for person_id, facts in data.items()
    ]
    session.add_all(made)
    together = batch.memo(session)
    if together is not None:
        together.setdefault(FRESH, []).extend(made)
        return
    session.flush()
    session.info.setdefault(FRESH, []).extend(notice.id for notice in made)


def gather(
    session: Session,
    kind: NoticeKind,
    person_ids: Iterable[int],
    *,
    now: datetime,
    not_before: datetime,
    can_wait: bool = False,
    at_once: bool = False,
) -> None:
    """One message of a kind for each; a waiting one takes the news in, and waits for nothing that cannot wait. What has
    to be said `at_once` goes out however short a time ago the last one went.

    Its words are made at the moment of sending, from what is open then.
    """
    told = batch.memo(session)
    gathered = {} if told is None else told.setdefault(GATHERED, {})
    for person_id in person_ids:
        earliest, all_can, one_must = gathered.get((kind.value, person_id), (not_before, True, False))
        gathered[kind.value, person_id] = min(earliest, not_before), all_can and can_wait, one_must or at_once
    if told is None:
        _write(session, gathered, now=now)


def write_gathered(session: Session, *, now: datetime) -> None:
    """The gathered messages of a transaction that works on many rows, at its end."""
    _write(session, (batch.memo(session) or {}).pop(GATHERED, {}), now=now)


def _write(session: Session, gathered: Mapping[tuple[str, int], tuple[datetime, bool, bool]], *, now: datetime) -> None:
    """Always in one order, so that two transactions that tell the same people never wait for each other in a circle."""
    if not gathered:
        return
    rows = [
        {
            "person_id": person_id,
            "kind": NoticeKind(kind),
            "data": _AT_ONCE if at_once else {},
            "channel": "",
            "state": NoticeState.PENDING,
            "not_before": by_day(not_before) if can_wait else not_before,
            "can_wait": can_wait,
            "created_at": now,
            "attempts": 0,
            "sent_by": "",
            "message_id": "",
            "response_code": "",
            "card_open": False,
            "card_caption": "",
            "error": "",
        }
        for (kind, person_id), (not_before, can_wait, at_once) in sorted(gathered.items())
    ]
    # Past the unit of work: a street has hundreds at its desks, and everybody who writes waits for this transaction.
    session.connection().execute(insert(session, Notice).on_conflict_do_nothing(), rows)
    hurried = {person_id: soon for (_, person_id), (soon, can_wait, _) in gathered.items() if not can_wait}
    must = [person_id for (_, person_id), (_, _, at_once) in gathered.items() if at_once]
    # The message that is there may wait for the morning; one that does not is left alone, but for what never waits.
    waiting = (
        select(Notice.id, Notice.person_id)
        .where(
            Notice.person_id.in_(hurried),
            Notice.kind == NoticeKind.DESK,
            Notice.state == NoticeState.PENDING,
            or_(Notice.can_wait, Notice.person_id.in_(must)),
        )
        .order_by(Notice.person_id)
        .with_for_update()
    )
    rows_there = session.execute(waiting).all() if hurried else ()
    for ids, more in (
        ([row.id for row in rows_there if row.person_id not in must], {}),
        ([row.id for row in rows_there if row.person_id in must], {"data": _AT_ONCE}),
    ):
        if ids:
            soon = literal(min(hurried.values()), Notice.not_before.type)
            earlier = case((Notice.not_before < soon, Notice.not_before), else_=soon)
            session.execute(
                update(Notice)
                .where(Notice.id.in_(ids))
                .values(not_before=earlier, can_wait=False, **more)
                .execution_options(synchronize_session=False)
            )


def fresh(session: Session) -> Sequence[int]:
    """The ids of notices enqueued in this session, for the queue, once it is committed."""
    together = (batch.memo(session) or {}).get(FRESH, ())
    return (*session.info.get(FRESH, ()), *(notice.id for notice in together))


def to_dispatch(session: Session, ticket_id: int) -> None:
    """Has dispatch look at a ticket soon after the commit."""
    session.info.setdefault(TICKETS, set()).add(ticket_id)


def drop(session: Session, *, ticket_id: int, kind: NoticeKind, person_id: int | None = None) -> None:
    """Takes back notices of a kind that nobody has been sent yet."""
    query = update(Notice).where(
        Notice.ticket_id == ticket_id,
        Notice.kind == kind,
        Notice.state.in_([NoticeState.PENDING, NoticeState.WAITING]),
    )
    if person_id is not None:
        query = query.where(Notice.person_id == person_id)
    session.execute(query.values(state=NoticeState.DROPPED), execution_options={"synchronize_session": False})


def retire_cards(
    session: Session, *, ticket_id: int, caption: str, except_person: int | None = None, only_person: int | None = None
) -> None:
    """Marks the open cards of a ticket, so that a worker changes their buttons to what `caption` names."""
    query = update(Notice).where(Notice.ticket_id == ticket_id, Notice.card_open.is_(True))
    if except_person is not None:
        query = query.where(Notice.person_id != except_person)
    if only_person is not None:
        query = query.where(Notice.person_id == only_person)
    session.execute(query.values(card_caption=caption, card_open=False))
    session.info[CARDS] = True


def due(session: Session, *, now: datetime, most: int = 2000) -> Sequence[int]:
    """The ids of notices that may be sent now, oldest first, those whose worker died included."""
    return session.scalars(
        select(Notice.id).where(_claimable(now)).order_by(Notice.not_before, Notice.id).limit(most)
    ).all()


def claim(
    session: Session, notice_id: int, *, now: datetime, lease: timedelta, quiet: Quiet | None = None
) -> Notice | None:
    """Takes one notice under a lease; None when it is not due, already sent, somebody else's, or when the person is to
    be left in peace now: then it is due afterwards.
    """
    row = session.execute(
        select(Notice, RiderProfile.busy)
        .outerjoin(RiderProfile, RiderProfile.person_id == Notice.person_id)
        .where(Notice.id == notice_id, _claimable(now))
        .with_for_update(of=Notice, skip_locked=True)
    ).first()
    if row is None:
        return None
    notice, busy = row
    peace = quiet.beside(busy or "").until(now) if quiet is not None else None
    if peace is not None and disturbs(session, notice):
        postpone(notice, peace)
        return None
    if notice.can_wait and by_day(now) > now:
        # It was due by day, and is late: the worker stood still, the platform was busy, there are very many.
        postpone(notice, by_day(now))
        return None
    again = _told_again_from(session, notice)
    if again is not None and again > now:
        postpone(notice, again)
        return None
    notice.state = NoticeState.SENDING
    notice.lease_until = now + lease
    notice.attempts += 1
    session.flush()
    return notice


def _told_again_from(session: Session, notice: Notice) -> datetime | None:
    """From when on somebody at a desk may be told again what waits there; None for whatever is not held up so."""
    if notice.kind is not NoticeKind.DESK or notice.data.get("at_once"):
        return None
    last = select(func.max(Notice.sent_at)).where(Notice.person_id == notice.person_id, text(DESK_TOLD))
    told = session.scalar(last)
    return told + DESK_APART[notice.can_wait] if told is not None else None


def disturbs(session: Session, notice: Notice) -> bool:
    """Whether a notice is unasked news for somebody who rides, in whatever role they get it; a reminder like riders' is
    as quiet for members.
    """
    if notice.kind in NOT_FOR_LATER:
        return False
    if notice.kind is NoticeKind.RIDER_REMINDER:
        return True
    rides = select(Role.id).where(
        Role.person_id == notice.person_id, Role.kind == RoleKind.RIDER, Role.status == RoleStatus.ACTIVE
    )
    return session.scalar(rides.limit(1)) is not None


def wants_calls() -> ColumnElement[bool]:
    """The condition for people who are told by a call: they said so, and do nothing here for which a chat is needed."""
    serves = select(Role.id).where(Role.person_id == Person.id, Role.status == RoleStatus.ACTIVE).exists()
    return and_(Person.by_phone.is_(True), Person.phone != "", ~serves)


def goes_to_a_call(session: Session, notice: Notice) -> bool:
    """Whether somebody at the counter tells this by telephone."""
    if notice.kind in IN_CHAT or notice.channel:
        return False
    return session.scalar(select(Person.id).where(Person.id == notice.person_id, wants_calls())) is not None


def postpone(notice: Notice, until: datetime) -> None:
    """Nobody sends it before; it is not lost and does not count as tried."""
    notice.not_before = until
    if notice.state is NoticeState.SENDING:
        # It stays claimed: as a waiting one it might stand beside another gathered message for the same desk.
        notice.lease_until = until


def waiting(session: Session, person_id: int, *, most: int) -> Sequence[Notice]:
    """The notices that ride on the person's next passive reply, oldest first."""
    return session.scalars(
        select(Notice)
        .where(Notice.person_id == person_id, Notice.state == NoticeState.WAITING)
        .order_by(Notice.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()


def _claimable(now: datetime) -> ColumnElement[bool]:
    return or_(
        and_(Notice.state == NoticeState.PENDING, Notice.not_before <= now),
        and_(Notice.state == NoticeState.SENDING, Notice.lease_until <= now),
    )


def was_sent(session: Session, *, ticket_id: int, kind: NoticeKind, person_id: int) -> bool:
    """Whether a person was told, or is being told right now."""
    return (
        session.scalar(
            select(Notice.id)
            .where(
                Notice.ticket_id == ticket_id,
                Notice.kind == kind,
                Notice.person_id == person_id,
                Notice.state.in_([NoticeState.SENDING, NoticeState.SENT]),
            )
            .limit(1)
        )
        is not None
    )


def forget_replies(session: Session, *, before: datetime) -> int:
    """Empties the stored replies of messages taken before a moment; gives how many. A few days back only, so that it
    costs the same whatever was kept; what a longer standstill left goes with the messages.
    """
    lately = InboxMessage.received_at.between(before - REPLIES_BACK, before)
    done = session.execute(
        update(InboxMessage)
        .where(lately, InboxMessage.reply.is_not(None))
        .values(reply=None)
        .execution_options(synchronize_session=False)
    )
    count: int = done.rowcount  # type: ignore[attr-defined]  # an UPDATE gives a CursorResult
    return count
