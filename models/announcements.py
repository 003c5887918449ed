"""Announcements (公告): one answer for the tickets of an event that staff tick, and for those reported afterwards.

Whoever announces only marks the tickets; a worker answers them one by one, so that 300 of them hold up nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, false, func, or_, select, update
from sqlalchemy.orm import Session

from models import areas, desk, outboxes, transitions
from models.announcement import Announcement, Answered, Outcome, Todo
from models.area import Area, AreaKind
from models.base import insert
from models.errors import Refused
from models.lifecycle import OPEN_STATES, Action
from models.outbox import NoticeKind
from models.person import Person
from models.ticket import Ticket, TicketEvent, TicketKind, TicketState, TicketWords, Urgency, WordsKind

MOST = 500
"""So many tickets are shown to be ticked at once, the newest."""

TO_ANSWER = OPEN_STATES - {TicketState.HELD}
"""What is on hold already is so for a reason of its own."""

Fits = Callable[[Announcement, Ticket, str], bool]
"""Whether a ticket with these words surely tells of what was announced; area and time fit already."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An announcement as it is written down."""

    title: str
    words: str
    area_id: int
    category: str
    place: str
    outcome: Outcome
    since: datetime
    until: datetime


def drawn_up(draft: Draft, *, by: Person, now: datetime) -> Announcement:
    """The announcement as it would be; nothing is stored."""
    return Announcement(**asdict(draft), by_id=by.id, created_at=now)


def announce(session: Session, draft: Draft, *, by: Person, now: datetime) -> Announcement:
    """A new announcement; whoever reports the event from now on gets it."""
    made = drawn_up(draft, by=by, now=now)
    session.add(made)
    session.flush()
    return made


def change(session: Session, announcement: Announcement, draft: Draft) -> None:
    """Other words or another time; whoever still waits under it is told. Area and category stay as they are."""
    new = (draft.title, draft.words, draft.until)
    told_again = new != (announcement.title, announcement.words, announcement.until)
    announcement.title, announcement.words, announcement.until = new
    announcement.place, announcement.since = draft.place, draft.since
    if told_again and announcement.outcome is Outcome.HOLD:
        _mark(session, announcement, Todo.RENEW, answered=True)


def withdraw(session: Session, announcement: Announcement, *, now: datetime) -> None:
    """It does not hold any more: what waits under it goes on, and nobody gets it from now on."""
    announcement.withdrawn_at = now
    session.execute(
        update(Answered)
        .where(Answered.announcement_id == announcement.id, Answered.answered_at.is_(None))
        .values(todo=None, apart=True)
    )
    _mark(session, announcement, Todo.RELEASE, answered=True)


def finish_all(session: Session, announcement: Announcement) -> None:
    """The event is over: everything that waits under it is finished, and the residents are asked."""
    _mark(session, announcement, Todo.FINISH, answered=False)


def _mark(session: Session, announcement: Announcement, todo: Todo, *, answered: bool) -> None:
    rows = session.scalars(
        select(Answered)
        .join(Ticket, Ticket.id == Answered.ticket_id)
        .where(
            Answered.announcement_id == announcement.id,
            Answered.apart.is_(False),
            Ticket.state.in_(OPEN_STATES),
            *([Answered.answered_at.is_not(None)] if answered else []),
        )
        .with_for_update(of=Answered)
    )
    for row in rows:
        row.todo = todo
        outboxes.to_dispatch(session, row.ticket_id)


def live(session: Session, *, now: datetime) -> Sequence[tuple[Announcement, Area]]:
    """The announcements that hold now, the newest first."""
    rows = session.execute(
        select(Announcement, Area)
        .join(Area, Area.id == Announcement.area_id)
        .where(Announcement.until > now, Announcement.since <= now, Announcement.withdrawn_at.is_(None))
        .order_by(Announcement.id.desc())
    )
    return [(announcement, area) for announcement, area in rows]


def candidates(
    session: Session, announcement: Announcement, categories: Collection[str], *, most: int = MOST
) -> Sequence[tuple[Ticket, str]]:
    """Open tickets of the announcement's area and of one of `categories`, with their words, that it has not answered.

    Emergencies are answered by people, one by one.
    """
    area = session.get_one(Area, announcement.area_id)
    community = areas.community_of(session, area.id)
    # The index stands on the community and the state.
    if community is not None:
        around = Ticket.community_id == community
    else:
        around = Ticket.community_id.in_(
            select(Area.id).where(Area.path.startswith(area.path), Area.kind == AreaKind.COMMUNITY)
        )
    known = select(Answered.ticket_id).where(Answered.announcement_id == announcement.id)
    rows = session.execute(
        select(Ticket, TicketWords.text)
        .outerjoin(TicketWords, and_(TicketWords.ticket_id == Ticket.id, TicketWords.kind == WordsKind.REPORT))
        .where(
            around,
            Ticket.state.in_(TO_ANSWER),
            Ticket.category.in_(categories),
            Ticket.urgency != Urgency.EMERGENCY,
            or_(
                Ticket.area_id.in_(select(Area.id).where(Area.path.startswith(area.path))),
                # Not placed nearer than the community: staff see it and decide.
                Ticket.area_id == community,
            ),
            Ticket.id.not_in(known),
        )
        .order_by(Ticket.id.desc())
        .limit(most)
    )
    return [(ticket, text or "") for ticket, text in rows]


def choose(session: Session, announcement: Announcement, ticket_ids: Collection[int]) -> int:
    """Marks the ticked tickets to be answered; gives how many. `ticket_ids` must be among the candidates."""
    marks = {"announcement_id": announcement.id, "todo": Todo.ANSWER, "later": False, "apart": False}
    if ticket_ids:
        session.execute(
            insert(session, Answered).on_conflict_do_nothing(), [{**marks, "ticket_id": each} for each in ticket_ids]
        )
    for ticket_id in ticket_ids:
        outboxes.to_dispatch(session, ticket_id)
    return len(ticket_ids)


# ---------------------------------------------------------------- the desk in the chat


def on_desk(session: Session, person: Person, *, now: datetime) -> Sequence[Announcement]:
    """The announcements of somebody's desk that hold or will hold, the newest first; locked, so that one person ends
    them.
    """
    paths = transitions.desk_paths(session, person)
    return session.scalars(
        select(Announcement)
        .join(Area, Area.id == Announcement.area_id)
        .where(
            or_(false(), *(Area.path.startswith(path) for path in paths)),
            Announcement.until > now,
            Announcement.withdrawn_at.is_(None),
        )
        .order_by(Announcement.id.desc())
        .with_for_update(of=Announcement)
    ).all()


def under(session: Session, announcement: Announcement) -> Sequence[int]:
    """The open tickets that wait under an announcement."""
    return session.scalars(
        select(Answered.ticket_id)
        .join(Ticket, Ticket.id == Answered.ticket_id)
        .where(Answered.announcement_id == announcement.id, Answered.apart.is_(False), Ticket.state.in_(OPEN_STATES))
    ).all()


def people_of(session: Session, ticket_ids: Collection[int]) -> int:
    """How many people reported these tickets, or others that were merged into them."""
    reported = or_(Ticket.id.in_(ticket_ids), Ticket.merged_into_id.in_(ticket_ids))
    return session.scalar(select(func.count(Ticket.reporter_id.distinct())).where(reported)) or 0


def end(session: Session, announcement: Announcement, *, now: datetime) -> None:
    """The event is over before its time: what waits under it is finished, and nobody gets it from now on."""
    finish_all(session, announcement)
    announcement.until = now


# ---------------------------------------------------------------- the worker's side


def due(session: Session, *, most: int) -> Sequence[int]:
    """The tickets that wait for what an announcement still has to do to them."""
    return session.scalars(
        select(Answered.ticket_id).where(Answered.todo.is_not(None)).order_by(Answered.id).limit(most)
    ).all()


def marked(session: Session, ticket_ids: Collection[int]) -> Sequence[int]:
    """Those of the tickets that wait for what an announcement still has to do to them."""
    return session.scalars(
        select(Answered.ticket_id).where(Answered.ticket_id.in_(ticket_ids), Answered.todo.is_not(None)).distinct()
    ).all()


def work(session: Session, ticket_id: int, *, now: datetime, fits: Fits) -> bool:
    """Does to one ticket what an announcement asks for, or answers it because it was reported after one. Safe to run
    twice; gives whether anything was done.
    """
    todo = session.scalar(
        select(Answered.id).where(Answered.ticket_id == ticket_id, Answered.todo.is_not(None)).limit(1)
    )
    if todo is not None:
        return _do(session, ticket_id, todo, now=now)
    return answer_reported(session, [transitions.lock(session, ticket_id)], now=now, fits=fits) > 0


def answer_reported(session: Session, tickets: Collection[Ticket], *, now: datetime, fits: Fits) -> int:
    """Answers those of the locked tickets that were reported after an announcement of it; gives how many."""
    holding = live(session, now=now) if tickets else ()
    return sum(_answer_later(session, each, holding, now=now, fits=fits) for each in tickets) if holding else 0


def _do(session: Session, ticket_id: int, marked: int, *, now: datetime) -> bool:
    ticket = transitions.lock(session, ticket_id)
    row = session.get_one(Answered, marked, with_for_update=True, populate_existing=True)
    todo, row.todo = row.todo, None
    announcement = session.get_one(Announcement, row.announcement_id)
    by = session.get_one(Person, announcement.by_id)
    try:
        match todo:
            case Todo.ANSWER:
                if ticket.state in TO_ANSWER:
                    _answer(session, announcement, ticket, by=by, now=now)
                    row.answered_at = now
            case Todo.RENEW:
                if _is_held_by(session, announcement, ticket):
                    _renew(session, announcement, ticket, by=by, now=now)
            case Todo.FINISH:
                if _is_held_by(session, announcement, ticket):
                    _resume(session, ticket, now=now)
                if ticket.state in TO_ANSWER:
                    _finish(session, announcement, ticket, by=by, now=now)
                    row.answered_at = row.answered_at or now
            case Todo.RELEASE:
                if _is_held_by(session, announcement, ticket):
                    desk.resume(session, ticket, by=None, now=now)
            case None:
                return False
    except Refused:
        # Whoever announced it has no say here any more: the ticket goes its own way.
        row.apart = True
    return True


def _answer_later(
    session: Session, ticket: Ticket, holding: Sequence[tuple[Announcement, Area]], *, now: datetime, fits: Fits
) -> bool:
    if (
        ticket.state is not TicketState.NEW
        or ticket.dispatch_at is None
        or ticket.area_id is None
        or not ticket.understood
        or ticket.urgency is Urgency.EMERGENCY
        or ticket.danger
        or ticket.kind not in (TicketKind.REPORT, TicketKind.INQUIRY)
        or ticket.reopened
    ):
        return False
    path = session.get_one(Area, ticket.area_id).path
    near = [each for each, area in holding if each.since <= ticket.opened_at and areas.covers(area.path, path)]
    if not near or session.scalar(select(Answered.id).where(Answered.ticket_id == ticket.id).limit(1)) is not None:
        return False
    words = next((each.text for each in ticket.words if each.kind is WordsKind.REPORT), None)
    announcement = next((each for each in near if fits(each, ticket, words or "")), None)
    if announcement is None:
        return False
    session.add(Answered(announcement_id=announcement.id, ticket_id=ticket.id, later=True, answered_at=now))
    # Whatever becomes of the others: nobody has looked at this one, so it comes back by itself.
    _hold(session, announcement, ticket, by=None, now=now, asks=True)
    return True


def _facts(announcement: Announcement) -> dict[str, Any]:
    return {"announcement": announcement.id, "title": announcement.title, "until": announcement.until.isoformat()}


def _answer(session: Session, announcement: Announcement, ticket: Ticket, *, by: Person, now: datetime) -> None:
    if announcement.outcome is Outcome.RESOLVE:
        _finish(session, announcement, ticket, by=by, now=now)
    elif announcement.until > now:
        _hold(session, announcement, ticket, by=by, now=now)


def _hold(
    session: Session,
    announcement: Announcement,
    ticket: Ticket,
    *,
    by: Person | None,
    now: datetime,
    asks: bool = False,
) -> None:
    facts = {**_facts(announcement), **({"asks": True} if asks else {})}
    desk.hold(session, ticket, announcement.words, until=announcement.until, by=by, now=now, facts=facts)


def _renew(session: Session, announcement: Announcement, ticket: Ticket, *, by: Person, now: datetime) -> None:
    transitions.perform(
        session,
        ticket,
        Action.RENEW,
        by=by,
        now=now,
        why=announcement.words,
        facts=_facts(announcement),
        changes={"hold_until": announcement.until},
    )


def _finish(session: Session, announcement: Announcement, ticket: Ticket, *, by: Person, now: datetime) -> None:
    transitions.perform(
        session,
        ticket,
        Action.FINISH,
        by=by,
        now=now,
        why=announcement.words,
        facts=_facts(announcement),
        changes={
            "resolved_at": now,
            "answered_at": ticket.answered_at or now,
            "dispatch_at": None,
        },
    )


def _resume(session: Session, ticket: Ticket, *, now: datetime) -> None:
    """On again, without a word of its own: what is told next says it."""
    desk.resume(session, ticket, by=None, now=now)
    outboxes.drop(session, ticket_id=ticket.id, kind=NoticeKind.RESUMED)


def _is_held_by(session: Session, announcement: Announcement, ticket: Ticket) -> bool:
    """Whether a ticket is on hold for this announcement and for nothing else."""
    if ticket.state is not TicketState.HELD:
        return False
    facts = session.scalar(
        select(TicketEvent.facts)
        .where(
            TicketEvent.ticket_id == ticket.id,
            TicketEvent.action.in_([Action.HOLD.value, Action.RENEW.value]),
        )
        .order_by(TicketEvent.version.desc())
        .limit(1)
    )
    return facts is not None and facts.get("announcement") == announcement.id


# ---------------------------------------------------------------- the resident's side


def covered(session: Session, ticket: Ticket) -> bool:
    """The resident says that the announcement is all there is to it; False when there is none."""
    row = _row(session, ticket)
    if row is None:
        return False
    if session.get_one(Announcement, row.announcement_id).outcome is Outcome.RESOLVE:
        row.todo = Todo.FINISH
        outboxes.to_dispatch(session, ticket.id)
    return True


def uncovered(session: Session, ticket: Ticket, *, now: datetime) -> bool:
    """There is more to it: the ticket goes on at once, by itself. False when no announcement has to do with it."""
    row = _row(session, ticket)
    if row is None:
        return False
    row.apart, row.todo = True, None
    ticket = transitions.lock(session, ticket.id)
    if _is_held_by(session, session.get_one(Announcement, row.announcement_id), ticket):
        _resume(session, ticket, now=now)
    return True


def _row(session: Session, ticket: Ticket) -> Answered | None:
    return session.scalar(
        select(Answered).where(Answered.ticket_id == ticket.id, Answered.apart.is_(False)).with_for_update()
    )
