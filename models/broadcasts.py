"""Sending a message to everybody of an area: whom it reaches and how, confirming, sending on, stopping."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, case, exists, func, literal, or_, select, update
from sqlalchemy.orm import Session

from models import areas, outboxes
from models.area import Area
from models.broadcast import Broadcast, By
from models.errors import Refusal, Refused
from models.outbox import Notice, NoticeKind, NoticeState
from models.person import Identity, Person, Role, RoleKind, RoleStatus
from models.quiet import by_day
from models.ticket import Ticket

LONGEST = 400
AGAIN = timedelta(hours=1)
"""The same words for the same people within this time are one message, however often they are pressed."""

WEEK = timedelta(days=7)
CHUNK = 200
"""So many people are put into the outbox in one transaction."""

UNSENT = (NoticeState.PENDING, NoticeState.WAITING, NoticeState.TO_CALL)


def kind_of(*, emergency: bool) -> NoticeKind:
    """What each person's copy is."""
    return NoticeKind.EMERGENCY_BROADCAST if emergency else NoticeKind.BROADCAST


# ---------------------------------------------------------------- whom it reaches


def audience(area: Area, role: RoleKind | None, *, emergency: bool) -> ColumnElement[bool]:
    """The condition for the people it goes to: those who can be reached, and want it unless it is an emergency."""
    inside = select(Area.id).where(Area.path.startswith(area.path))
    serves = select(Role.id).where(Role.person_id == Person.id, Role.status == RoleStatus.ACTIVE)
    if role is None:
        reported = select(Ticket.id).where(
            Ticket.reporter_id == Person.id, or_(Ticket.community_id.in_(inside), Ticket.area_id.in_(inside))
        )
        here = or_(Person.home_area_id.in_(inside), exists(serves.where(Role.area_id.in_(inside))), exists(reported))
    else:
        # Whoever rides or serves in the whole street does so in each community too.
        near = or_(Role.area_id.in_(inside), Role.area_id.in_(areas.ids_on(area.path)))
        here = exists(serves.where(Role.kind == role, near))
    wanted = here & Person.erased_at.is_(None) & or_(outboxes.wants_calls(), _has(Identity.reachable.is_(True)))
    return wanted if emergency else wanted & Person.no_broadcasts.is_(False)


def _has(*condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(select(Identity.id).where(Identity.person_id == Person.id, *condition))


def count(
    session: Session,
    area: Area,
    role: RoleKind | None,
    *,
    emergency: bool,
    ways: Mapping[str, Collection[str]],
    now: datetime,
) -> dict[By, int]:
    """How many it reaches by which way, at this moment; `ways` are those of each channel (bot/channels)."""

    def on(way: str) -> ColumnElement[bool]:
        return Identity.channel.in_([key for key, each in ways.items() if way in each]) & Identity.reachable.is_(True)

    open_now = (Identity.window_left > 0) & (Identity.window_until > now)
    by = case(
        (outboxes.wants_calls(), literal(By.CALL.value)),
        (_has(on("customer"), open_now), literal(By.WINDOW.value)),
        (_has(on("app")), literal(By.APP.value)),
        (_has(or_(on("template"), on("subscription"))), literal(By.TEMPLATE.value)),
        else_=literal(By.WAITS.value),
    )
    rows = session.execute(
        select(by, func.count()).select_from(Person).where(audience(area, role, emergency=emergency)).group_by(by)
    )
    found = {By(name): number for name, number in rows}
    return {each: found.get(each, 0) for each in By}


# ---------------------------------------------------------------- confirming


def lately(session: Session, area: Area, *, now: datetime) -> int:
    """How many messages of the last seven days reach this area, from above and from below too; no emergencies."""
    near = or_(Area.id.in_(areas.ids_on(area.path)), Area.path.startswith(area.path))
    reached = or_(Broadcast.told > 0, Broadcast.stopped_at.is_(None))
    query = (
        select(func.count())
        .select_from(Broadcast)
        .join(Area, Area.id == Broadcast.area_id)
        .where(Broadcast.made_at > now - WEEK, Broadcast.emergency.is_(False), reached, near)
    )
    return session.scalar(query) or 0


def confirm(
    session: Session,
    area: Area,
    role: RoleKind | None,
    words: str,
    *,
    emergency: bool,
    people: int,
    most_a_week: int,
    by: Person,
    now: datetime,
) -> Broadcast:
    """Keeps a message to be sent; a job does the rest.

    Raises Refused: COUNT_DIFFERS when `people`, the number that was typed, is not how many there are now; ALERT_SENT
    when the same has just been confirmed; BROADCAST_OFTEN when the area had its messages of the week.
    """
    # Two who confirm at once, for whatever part of the tree: one after the other.
    session.get_one(Area, areas.ids_on(area.path)[0], with_for_update=True)
    same = select(Broadcast.id).where(
        Broadcast.area_id == area.id, Broadcast.words == words, Broadcast.made_at > now - AGAIN
    )
    if session.scalar(same.limit(1)) is not None:
        raise Refused(Refusal.ALERT_SENT)
    if not emergency and lately(session, area, now=now) >= most_a_week:
        raise Refused(Refusal.BROADCAST_OFTEN, most=most_a_week)
    whom = audience(area, role, emergency=emergency)
    there = session.scalar(select(func.count()).select_from(Person).where(whom)) or 0
    if there != people or not there:
        raise Refused(Refusal.COUNT_DIFFERS, count=there)
    made = Broadcast(
        area_id=area.id, role=role, emergency=emergency, words=words, by_id=by.id, made_at=now, people=people
    )
    session.add(made)
    session.flush()
    return made


# ---------------------------------------------------------------- sending


def to_send() -> Select[int]:
    """The keys of messages that are not in the outbox for everybody, emergencies first."""
    return (
        select(Broadcast.id)
        .where(Broadcast.done_at.is_(None), Broadcast.stopped_at.is_(None))
        .order_by(Broadcast.emergency.desc(), Broadcast.id)
    )


def send_on(session: Session, broadcast_id: int, *, now: datetime) -> bool:
    """The next people get their copies; gives whether there may be more. May run twice, on many machines, and be ended
    anywhere: who has one is known by the row itself, in the same transaction. At night only emergencies go on.
    """
    row = session.scalar(
        select(Broadcast)
        .where(Broadcast.id == broadcast_id, Broadcast.done_at.is_(None), Broadcast.stopped_at.is_(None))
        .with_for_update(skip_locked=True)
    )
    if row is None or (not row.emergency and by_day(now) > now):
        return False
    area = session.get_one(Area, row.area_id)
    # Two accounts that were joined meanwhile are one person, who may have it already.
    had = exists(select(Notice.id).where(Notice.broadcast_id == row.id, Notice.person_id == Person.id))
    ids = session.scalars(
        select(Person.id)
        .where(audience(area, row.role, emergency=row.emergency), Person.id > row.after_id, ~had)
        .order_by(Person.id)
        .limit(CHUNK)
    ).all()
    facts = {"area": area.name, "words": row.words}
    kind = kind_of(emergency=row.emergency)
    outboxes.tell_each(
        session,
        kind,
        dict.fromkeys(ids, facts),
        now=now,
        ticket_id=None,
        broadcast_id=row.id,
    )
    row.told += len(ids)
    row.after_id = max(ids, default=row.after_id)
    if len(ids) < CHUNK:
        row.done_at = now
    session.flush()
    return row.done_at is None


def stop(session: Session, broadcast: Broadcast, *, by: Person, now: datetime) -> None:
    """Nobody more gets it; what is on its way at this moment still arrives. Stopping twice is stopping once."""
    session.refresh(broadcast, with_for_update=True)
    if broadcast.stopped_at is not None:
        return
    broadcast.stopped_at, broadcast.stopped_by_id = now, by.id
    session.execute(
        update(Notice)
        .where(Notice.broadcast_id == broadcast.id, Notice.state.in_(UNSENT))
        .values(state=NoticeState.DROPPED)
        .execution_options(synchronize_session=False)
    )
    session.flush()


def is_stopped(session: Session, broadcast_id: int) -> bool:
    """Whether copies that are still to be sent are not any more."""
    return session.scalar(select(Broadcast.stopped_at).where(Broadcast.id == broadcast_id)) is not None


def progress(session: Session, broadcast: Broadcast) -> dict[NoticeState, int]:
    """How many copies stand where."""
    rows = session.execute(
        select(Notice.state, func.count()).where(Notice.broadcast_id == broadcast.id).group_by(Notice.state)
    )
    return dict(rows.all())
