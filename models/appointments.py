"""Making, moving and cancelling appointments, and reminding of them the day before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from models import outboxes
from models.appointment import Appointment
from models.area import Area
from models.clock import CHINA, local
from models.errors import Refusal, Refused
from models.outbox import NoticeKind
from models.person import Person

LONGEST = timedelta(hours=8)
FARTHEST = timedelta(days=92)
"""Nobody remembers what lies further away."""


def make(
    session: Session,
    person: Person,
    area: Area,
    desk: str,
    purpose: str,
    begins: datetime,
    ends: datetime,
    *,
    by: Person,
    now: datetime,
) -> Appointment:
    """A time for somebody, who is told. Raises Refused: WRONG_TIME, DESK_TAKEN."""
    _check(session, area.id, desk, begins, ends, now=now)
    made = Appointment(
        person_id=person.id,
        area_id=area.id,
        desk=desk,
        purpose=purpose,
        begins=begins,
        ends=ends,
        by_id=by.id,
        told_at=now,
    )
    session.add(made)
    session.flush()
    _tell(session, made, "made", now=now)
    return made


def move(
    session: Session, appointment: Appointment, desk: str, begins: datetime, ends: datetime, *, now: datetime
) -> None:
    """Another time or desk; the person is told. Raises Refused: NO_APPOINTMENT, WRONG_TIME, DESK_TAKEN."""
    if appointment.cancelled_at is not None:
        raise Refused(Refusal.NO_APPOINTMENT)
    _check(session, appointment.area_id, desk, begins, ends, now=now, but=appointment.id)
    appointment.desk, appointment.begins, appointment.ends = desk, begins, ends
    session.flush()
    _tell(session, appointment, "moved", now=now)


def cancel(session: Session, appointment: Appointment, *, by: Person, now: datetime) -> None:
    """Calls it off; the person is told unless it was they. Raises Refused(NO_APPOINTMENT) for one that is over."""
    session.refresh(appointment, with_for_update=True)
    if appointment.cancelled_at is not None or appointment.begins <= now:
        raise Refused(Refusal.NO_APPOINTMENT)
    appointment.cancelled_at, appointment.cancelled_by_id = now, by.id
    session.flush()
    if by.id != appointment.person_id:
        _tell(session, appointment, "cancelled", now=now)


def _check(
    session: Session, area_id: int, desk: str, begins: datetime, ends: datetime, *, now: datetime, but: int = 0
) -> None:
    # In this order: at the calendar's end nothing can be added to the day.
    if not (now < begins < now + FARTHEST and begins < ends <= begins + LONGEST):
        raise Refused(Refusal.WRONG_TIME)
    session.get_one(Area, area_id, with_for_update=True)  # two who book one desk at once: one of them sees the other
    taken = session.scalar(
        select(Appointment)
        .where(
            Appointment.area_id == area_id,
            Appointment.desk == desk,
            Appointment.begins < ends,
            Appointment.ends > begins,
            Appointment.cancelled_at.is_(None),
            Appointment.id != but,
        )
        .order_by(Appointment.begins)
        .limit(1)
    )
    if taken is not None:
        raise Refused(Refusal.DESK_TAKEN, desk=desk, begins=taken.begins, ends=taken.ends)


def _tell(session: Session, appointment: Appointment, news: str, *, now: datetime) -> None:
    appointment.told_at = now
    outboxes.tell(
        session,
        NoticeKind.APPOINTMENT,
        appointment.person_id,
        now=now,
        about_id=appointment.person_id,
        data={
            "news": news,
            "appointment": appointment.id,
            "begins": appointment.begins.isoformat(),
            "ends": appointment.ends.isoformat(),
            "where": session.get_one(Area, appointment.area_id).name,
            "desk": appointment.desk,
            "purpose": appointment.purpose,
        },
        # Of what was just arranged they hear at once; the clock's own reminder may be late, and waits then.
        can_wait=news == "tomorrow",
    )


# ---------------------------------------------------------------- looking


def of_day(session: Session, day: date, where: ColumnElement[bool]) -> Sequence[Appointment]:
    """Everything of a day in some areas, cancelled or not, in order; `where` narrows the appointments."""
    start = datetime.combine(day, time(), CHINA)
    query = select(Appointment).where(
        Appointment.begins >= start, Appointment.begins < start + timedelta(days=1), where
    )
    return session.scalars(query.order_by(Appointment.begins, Appointment.desk, Appointment.id).limit(300)).all()


def coming(session: Session, person: Person, *, now: datetime) -> Sequence[Appointment]:
    """What somebody still has before them, the next first."""
    query = select(Appointment).where(
        Appointment.person_id == person.id, Appointment.begins > now, Appointment.cancelled_at.is_(None)
    )
    return session.scalars(query.order_by(Appointment.begins, Appointment.id).limit(9)).all()


def still(session: Session, facts: dict[str, Any], *, now: datetime) -> bool:
    """Whether what a notice tells is still so: a later one tells what came after it, and of what is over nobody is told
    any more.
    """
    found = session.get(Appointment, facts["appointment"])
    if found is None or found.begins <= now:
        return False
    if facts["news"] == "cancelled":
        return True
    same_time = found.begins == datetime.fromisoformat(facts["begins"])
    return found.cancelled_at is None and same_time and found.desk == facts["desk"]


# ---------------------------------------------------------------- the day before


def to_remind(now: datetime) -> Select[int]:
    """The keys of tomorrow's appointments of which nobody was told today."""
    today = datetime.combine(local(now).date(), time(), CHINA)
    tomorrow = today + timedelta(days=1)
    return (
        select(Appointment.id)
        .where(
            Appointment.begins >= tomorrow,
            Appointment.begins < tomorrow + timedelta(days=1),
            Appointment.cancelled_at.is_(None),
            Appointment.told_at < today,
        )
        .order_by(Appointment.begins, Appointment.id)
    )


def remind(session: Session, appointment_id: int, *, now: datetime) -> bool:
    """Reminds of one, once. Safe to run twice."""
    found = session.scalar(
        select(Appointment)
        .where(Appointment.id == appointment_id, Appointment.id.in_(to_remind(now)))
        .with_for_update(skip_locked=True)
    )
    if found is None:
        return False
    _tell(session, found, "tomorrow", now=now)
    return True
