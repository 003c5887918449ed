"""Silent assignees: asked kindly how it goes, once; silent for as long again, relieved of the task without blame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from models import tickets, transitions
from models.calendar import due, is_working_day
from models.clock import CHINA, local
from models.lifecycle import Action
from models.outbox import Notice, NoticeKind, NoticeState
from models.ticket import Ticket, TicketState, Urgency


@dataclass(frozen=True, slots=True)
class Patience:
    """After how much silence somebody is asked, by urgency; texts such as "2h" and "2wd"."""

    urgent: str = "2h"
    normal: str = "2wd"

    def of(self, urgency: Urgency) -> str:
        """The limit for one ticket."""
        return self.urgent if urgency is Urgency.URGENT else self.normal


def _long_ago(now: datetime, limit: str) -> datetime:
    """The last moment whose `limit` is over at `now`."""
    if limit.endswith("h"):
        return now - (due(now, limit) - now)
    day = local(now).date()
    while due(end := datetime.combine(day, time.max, CHINA).astimezone(now.tzinfo), limit) > now:
        day -= timedelta(days=1)
    return end


def silent(session: Session, *, now: datetime, patience: Patience, most: int) -> Sequence[int]:
    """The ids of accepted tickets that nothing was heard of for too long, longest first.

    On days when offices are closed only what is urgent; emergencies are followed by people.
    """
    urgent, normal = _long_ago(now, patience.urgent), _long_ago(now, patience.normal)
    long_ago: list[ColumnElement[bool]] = [and_(Ticket.urgency == Urgency.URGENT, Ticket.touched_at <= urgent)]
    if is_working_day(local(now).date()):
        long_ago.append(and_(Ticket.urgency == Urgency.NORMAL, Ticket.touched_at <= normal))
    return session.scalars(
        select(Ticket.id)
        # The second condition says nothing new, but an index has it.
        .where(Ticket.state == TicketState.ACCEPTED, Ticket.touched_at <= max(urgent, normal), or_(*long_ago))
        # Before the time that was agreed nobody has anything to tell.
        .where(or_(Ticket.wished_until.is_(None), Ticket.wished_until <= now))
        .order_by(Ticket.touched_at)
        .limit(most)
    ).all()


def look(session: Session, ticket_id: int, *, now: datetime, patience: Patience) -> bool:
    """Asks how it goes, or takes the task back from somebody who was asked and stayed silent. Safe to run twice."""
    ticket = transitions.lock(session, ticket_id)
    long_ago = _long_ago(now, patience.of(ticket.urgency))
    if ticket.state is not TicketState.ACCEPTED or ticket.touched_at is None or ticket.touched_at > long_ago:
        return False
    if ticket.wished_until is not None and ticket.wished_until > now:
        return False
    if ticket.asked_at is None:
        transitions.perform(
            session, ticket, Action.CHECK_IN, by=None, now=now, changes={"touched_at": now, "asked_at": now}
        )
        return True
    heard = _asked(session, ticket, now=now)
    if heard > long_ago:
        # The question was held up, in a rider's peak for example: the silence begins when they have it.
        ticket.touched_at = heard
        return False
    tickets.release(session, ticket, "", by=None, now=now)
    return True


def _asked(session: Session, ticket: Ticket, *, now: datetime) -> datetime:
    """When the question reached the assignee: now while it is on its way, when it was put if it cannot reach them."""
    notice = session.scalars(
        select(Notice)
        .where(
            Notice.ticket_id == ticket.id,
            Notice.kind == NoticeKind.CHECK_IN,
            Notice.person_id == ticket.assignee_id,
        )
        .order_by(Notice.id.desc())
        .limit(1)
    ).first()
    asked_at = ticket.asked_at or now
    if notice is None:
        return asked_at
    if notice.state in (NoticeState.PENDING, NoticeState.SENDING):
        return now
    return notice.sent_at or asked_at
