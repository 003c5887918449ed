"""Warnings to the riders of an area: who is reached, and sending once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models import areas, outboxes
from models.area import Area
from models.errors import Refusal, Refused
from models.outbox import NoticeKind
from models.person import Person, Role, RoleKind, RoleStatus
from models.rider import Alert, AlertKind

LONGEST = 200
AGAIN = timedelta(hours=1)
"""The same words for the same area within this time are one alert, however often they are pressed."""

NOTICES = {AlertKind.STORM: NoticeKind.STORM_ALERT, AlertKind.HEAT: NoticeKind.HEAT_ALERT}


def _riders(kind: AlertKind, area: Area) -> Select[int]:
    """The riders in an area, below it or above it: whoever rides in the whole street rides in each community too."""
    near = Role.area_id.in_(areas.ids_on(area.path)) | Area.path.startswith(area.path)
    query = (
        select(Person.id)
        .join(Role, Role.person_id == Person.id)
        .join(Area, Area.id == Role.area_id)
        .where(Role.kind == RoleKind.RIDER, Role.status == RoleStatus.ACTIVE, Person.erased_at.is_(None), near)
        .distinct()
        .order_by(Person.id)
    )
    # Care is for those who want to be reminded, a storm for everybody.
    return query.where(Person.reminders.is_(True)) if kind is AlertKind.HEAT else query


def reached(session: Session, kind: AlertKind, area: Area) -> int:
    """How many people get it."""
    return len(session.scalars(_riders(kind, area)).all())


def send(session: Session, kind: AlertKind, area: Area, words: str, *, people: int, by: Person, now: datetime) -> Alert:
    """Tells every rider of an area once, everything in one transaction.

    Raises Refused(COUNT_DIFFERS) when `people`, the number that was confirmed, is not how many there are now, and
    Refused(ALERT_SENT) when the same has just gone out.
    """
    session.get_one(Area, area.id, with_for_update=True)  # two who press at once send once
    just = select(Alert.id).where(
        Alert.area_id == area.id, Alert.kind == kind, Alert.words == words, Alert.sent_at > now - AGAIN
    )
    if session.scalar(just.limit(1)) is not None:
        raise Refused(Refusal.ALERT_SENT)
    ids: Collection[int] = session.scalars(_riders(kind, area)).all()
    if len(ids) != people:
        raise Refused(Refusal.COUNT_DIFFERS, count=len(ids))
    alert = Alert(kind=kind, area_id=area.id, words=words, by_id=by.id, sent_at=now, people=len(ids))
    session.add(alert)
    session.flush()
    data = {"area": area.name, "words": words, "alert": alert.id}
    outboxes.tell_each(session, NOTICES[kind], dict.fromkeys(ids, data), now=now, ticket_id=None)
    return alert
