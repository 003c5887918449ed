"""What the figures are counted from: rows of tickets, results, waves, minutes and parties, each by its own moment.

Every statement gives community, category, party, and then the numbers that `COUNTED` names for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, false, func, literal, or_, select, text
from sqlalchemy.orm import Session, aliased

from models import results
from models.clock import local
from models.correction import Correction
from models.figure import COLUMNS, HOURS, Measure
from models.ledger import MINUTES, Account, AccountKind, Entry, Posting, Why
from models.offer import Offer, OfferState, Wave, WaveMode
from models.party import Assignment, End
from models.result import Figure, Result
from models.ticket import ENDED, Evaluation, EvaluationSource, Ticket, TicketState

Key = tuple[int | None, str, int | None]
"""The community, None where the place is not known; the category; the party, None for what is nobody's."""

Found = dict[Key, Counter[str]]

Where = ColumnElement[bool]

NOT_RESIDENTS = (Figure.PART, Figure.PUSHED_DOWN)
"""Finished in the period, but no resident's matter: in none of the three rates."""

ENDINGS = {
    TicketState.MERGED: Figure.MERGED,
    TicketState.WITHDRAWN: Figure.WITHDRAWN,
    TicketState.REJECTED: Figure.REJECTED,
}

WAVES = (
    (Measure.WAVE_1_ASKED, Measure.WAVE_1_TAKEN),
    (Measure.WAVE_2_ASKED, Measure.WAVE_2_TAKEN),
    (Measure.WAVE_3_ASKED, Measure.WAVE_3_TAKEN),
)

A_DAY = timedelta(days=1)


def add(found: Found, key: Key, **numbers: int) -> None:
    """Adds to one line; nothing is written for zero."""
    counts = found.setdefault(key, Counter())
    for name, number in numbers.items():
        if number:
            counts[name] += number


# ---------------------------------------------------------------- results


def of_results(session: Session, found: Found, since: datetime, until: datetime, where: Where) -> None:
    """How the results from `since` until before `until` came out, as far as `where` (of results) lets them through."""
    gone = and_(Ticket.state == TicketState.WITHDRAWN, Ticket.reopened == Result.round)
    outcome = case(
        (Ticket.parent_id.is_not(None), Figure.PART),
        (Ticket.origin != "", Figure.PUSHED_DOWN),
        (results.is_left_out(), Figure.SET_ASIDE),
        (Evaluation.answer == 1, Figure.SATISFIED),
        (Evaluation.answer == 2, Figure.SOLVED_ONLY),
        (Evaluation.answer == 3, Figure.UNSOLVED),
        (gone, Figure.WITHDRAWN_AFTER),
        (Result.own_work, Figure.OWN_WORK),
        (Result.announced, Figure.ANNOUNCED),
        (and_(Result.lapsed_at.is_not(None), Result.asked_at.is_not(None)), Figure.SILENT),
        (Result.lapsed_at.is_not(None), Figure.UNREACHABLE),
        (Result.asked_at.is_not(None), Figure.WAITING),
        else_=Figure.NOT_ASKED,
    )
    by_call = func.coalesce(Evaluation.source == EvaluationSource.CALL_BACK, false())
    how = (Result.in_time, Result.finish_in_time, by_call)
    rows = session.execute(
        select(Result.community_id, Result.category, outcome, *how, func.count())
        .join(Ticket, Ticket.id == Result.ticket_id)
        .outerjoin(Evaluation, results.judgement())
        .where(Result.finished_at >= since, Result.finished_at < until, where)
        .group_by(Result.community_id, Result.category, outcome, *how)
    )
    for community_id, category, name, in_time, kept, called, count in rows:
        key = (community_id, category, None)
        add(found, key, **{Figure(name).value: count})
        if name not in NOT_RESIDENTS:
            add(
                found,
                key,
                in_time=count if in_time else 0,
                by_call=count if called else 0,
                finish_kept=count if kept else 0,
                finish_late=count if kept is False else 0,
            )


def is_one_of_several() -> ColumnElement[bool]:
    """The results of tickets that were finished more than once: nearly every ticket is finished once, and an index
    holds all others.
    """
    other = aliased(Result)
    return Result.ticket_id.in_(select(other.ticket_id).where(other.round > 0))


# ---------------------------------------------------------------- everything else


def of_the_rest(session: Session, found: Found, since: datetime, until: datetime, where: Where | None) -> None:
    """What else happened; `where` is a condition of tickets, None for all of them."""
    here = where if where is not None else literal(value=True)
    _ended(session, found, since, until, here)
    _told(session, found, since, until, here)
    _corrected(session, found, since, until, here)
    _waves(session, found, since, until, here)
    _minutes(session, found, since, until, where)
    _first_given(session, found, since, until, here)
    _of_parties(session, found, since, until, here)


def _ended(session: Session, found: Found, since: datetime, until: datetime, here: Where) -> None:
    rows = session.execute(
        select(Ticket.community_id, Ticket.category, Ticket.state, func.count())
        .where(
            text(ENDED),
            Ticket.closed_at >= since,
            Ticket.closed_at < until,
            Ticket.resolved_at.is_(None),
            results.is_residents(),
            here,
        )
        .group_by(Ticket.community_id, Ticket.category, Ticket.state)
    )
    for community_id, category, state, count in rows:
        add(found, (community_id, category, None), **{ENDINGS[state].value: count})


def opened(since: datetime, until: datetime) -> ColumnElement[bool]:
    """The residents' reports of a period; the day of their numbers leads to them by an index."""
    return and_(
        Ticket.day >= local(since).date() - A_DAY,
        Ticket.day <= local(until).date() + A_DAY,
        Ticket.opened_at >= since,
        Ticket.opened_at < until,
        results.is_residents(),
    )


def _hour(session: Session) -> ColumnElement[Any]:
    """Of a report, by the clock of China, which has had no summer time for long."""
    if session.get_bind().dialect.name == "sqlite":
        return func.strftime("%H", Ticket.opened_at, "+8 hours")
    return func.to_char(func.timezone("Asia/Shanghai", Ticket.opened_at), "HH24")


def _told(session: Session, found: Found, since: datetime, until: datetime, here: Where) -> None:
    hour = _hour(session).label("hour")
    rows = session.execute(
        select(Ticket.community_id, Ticket.category, hour, Ticket.understood, func.count())
        .where(opened(since, until), here)
        .group_by(Ticket.community_id, Ticket.category, hour, Ticket.understood)
    )
    for community_id, category, at, understood, count in rows:
        add(
            found,
            (community_id, category, None),
            **{HOURS[int(at)]: count, Measure.UNCLEAR: 0 if understood else count},
        )


def _corrected(session: Session, found: Found, since: datetime, until: datetime, here: Where) -> None:
    """By the first correction of a ticket that says another category; later ones correct people."""

    def says_another(correction: Any) -> ColumnElement[bool]:
        return or_(correction.understood.is_(False), correction.before_category != correction.after_category)

    earlier = aliased(Correction)
    before = case((Correction.understood, Correction.before_category), else_="").label("before")
    rows = session.execute(
        select(Ticket.community_id, before, Ticket.category, func.count())
        .join(Correction, Correction.ticket_id == Ticket.id)
        .where(
            opened(since, until),
            here,
            Ticket.understood,
            says_another(Correction),
            ~exists().where(earlier.ticket_id == Ticket.id, earlier.id < Correction.id, says_another(earlier)),
        )
        .group_by(Ticket.community_id, before, Ticket.category)
    )
    for community_id, wrong, now_is, count in rows:
        add(found, (community_id, wrong, None), corrected=count)
        add(found, (community_id, now_is, None), arrived=count)


def _waves(session: Session, found: Found, since: datetime, until: datetime, here: Where) -> None:
    """The waves in which volunteers were asked; taken: one of those who were asked in it accepted."""
    number = case((Wave.number < 3, Wave.number), else_=3).label("number")
    accepted = exists().where(
        Offer.ticket_id == Wave.ticket_id, Offer.state == OfferState.ACCEPTED, Offer.wave == Wave.number
    )
    taken = case((accepted, 1), else_=0).label("taken")
    rows = session.execute(
        select(Ticket.community_id, Ticket.category, number, taken, func.count())
        .select_from(Wave)
        .join(Ticket, Ticket.id == Wave.ticket_id)
        .where(Wave.at >= since, Wave.at < until, Wave.mode == WaveMode.VOLUNTEERS, Wave.picks != {}, here)
        .group_by(Ticket.community_id, Ticket.category, number, taken)
    )
    for community_id, category, wave, is_taken, count in rows:
        asked, took = WAVES[wave - 1]
        add(found, (community_id, category, None), **{asked: count, took: count * is_taken})


def _minutes(session: Session, found: Found, since: datetime, until: datetime, where: Where | None) -> None:
    """What was written for volunteers, and taken back as a mistake, in the period; the ticket says where it was."""
    category = func.coalesce(Ticket.category, "")
    rows = session.execute(
        select(
            Ticket.community_id,
            category,
            func.sum(Entry.amount),
            func.sum(case((Posting.why == Why.SERVICE, 1), else_=-1)),
        )
        .select_from(Posting)
        .join(Entry, Entry.posting_id == Posting.id)
        .join(Account, and_(Account.id == Entry.account_id, Account.kind == AccountKind.PERSON))
        .outerjoin(Ticket, Ticket.id == Posting.ticket_id)
        .where(
            text(f"ledger_postings.{MINUTES}"),
            Posting.at >= since,
            Posting.at < until,
            Posting.why.in_([Why.SERVICE, Why.CORRECTED]),
            where if where is not None else literal(value=True),
        )
        .group_by(Ticket.community_id, category)
    )
    for community_id, code, minutes, served in rows:
        add(found, (community_id, code, None), minutes=int(minutes), served=int(served))


# ---------------------------------------------------------------- parties


def _first_given(session: Session, found: Found, since: datetime, until: datetime, here: Where) -> None:
    is_disputed = and_(Assignment.returned_at.is_not(None), Assignment.kept_at.is_(None))
    outcome = case(
        (Assignment.end == End.FINISHED, Measure.FIRST_RIGHT.value),
        (Assignment.end == End.MOVED, Measure.FIRST_WRONG.value),
        (Assignment.end == End.OVER, Measure.FIRST_OVER.value),
        (is_disputed, Measure.FIRST_DISPUTED.value),
        else_=Measure.FIRST_STILL.value,
    ).label("outcome")
    rows = session.execute(
        select(Ticket.community_id, Ticket.category, Assignment.party_id, outcome, func.count())
        .select_from(Assignment)
        .join(Ticket, Ticket.id == Assignment.ticket_id)
        .where(Assignment.first.is_(True), Assignment.given_at >= since, Assignment.given_at < until, here)
        .group_by(Ticket.community_id, Ticket.category, Assignment.party_id, outcome)
    )
    for community_id, category, party_id, name, count in rows:
        add(found, (community_id, category, party_id), **{name: count})


def _of_parties(session: Session, found: Found, since: datetime, until: datetime, here: Where) -> None:
    """What parties finished, each finish by its own result: whatever a resident gave back counts as given back, and
    counts again when it is finished again.
    """
    counts = and_(Evaluation.id.is_not(None), ~results.is_left_out())
    rows = session.execute(
        select(
            Ticket.community_id,
            Ticket.category,
            Assignment.party_id,
            func.count(),
            func.sum(case((Result.finish_in_time.is_(True), 1), else_=0)),
            func.sum(case((Result.finish_in_time.is_(False), 1), else_=0)),
            func.sum(case((counts, 1), else_=0)),
            func.sum(case((and_(counts, Evaluation.answer == 3), 1), else_=0)),
        )
        .select_from(Assignment)
        .join(Ticket, Ticket.id == Assignment.ticket_id)
        .join(Result, and_(Result.ticket_id == Ticket.id, Result.finished_at == Assignment.ended_at))
        .outerjoin(Evaluation, results.judgement())
        .where(
            Assignment.end == End.FINISHED,
            Assignment.ended_at >= since,
            Assignment.ended_at < until,
            results.is_residents(),
            here,
        )
        .group_by(Ticket.community_id, Ticket.category, Assignment.party_id)
    )
    for community_id, category, party_id, finished, kept, late, judged, returned in rows:
        add(
            found,
            (community_id, category, party_id),
            party_finished=finished,
            party_kept=int(kept),
            party_late=int(late),
            party_judged=int(judged),
            party_returned=int(returned),
        )


def of_day(session: Session, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    """Everything of one day as the lines of its sums."""
    found: Found = {}
    other = aliased(Result)
    of_results(session, found, since, until, ~exists().where(other.ticket_id == Result.ticket_id, other.round > 0))
    of_the_rest(session, found, since, until, None)
    nothing = dict.fromkeys(COLUMNS, 0)
    for (community_id, category, party_id), counts in found.items():
        yield {"community_id": community_id, "category": category, "party_id": party_id, **nothing, **counts}
