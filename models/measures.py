"""What the figures are counted from: rows of tickets, results, waves, minutes and parties, each by its own moment.

Every statement gives community, category, party, and then the numbers that `COUNTED` names for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    any_,
    bindparam,
    case,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from models import results
from models.clock import local
from models.correction import Correction
from models.figure import HOURS, Measure
from models.ledger import MINUTES, Account, AccountKind, Entry, Posting, Why
from models.offer import Offer, OfferState, Wave, WaveMode
from models.party import Assignment, End
from models.result import Figure, Result
from models.ticket import ENDED, Evaluation, EvaluationSource, Ticket, TicketState

Key = tuple[int | None, str, int | None]
"""The place, None where it is not known; the category; the party, None for what is nobody's."""

Found = dict[Key, Counter[str]]

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


class Ground:
    """The communities that are counted, each as the place it is shown as; `nowhere` takes in what has no place."""

    def __init__(self, places: Mapping[int, int] | None, *, nowhere: bool) -> None:
        """`places` gives the place of each community; None for all communities, each as itself."""
        self._places = places
        self._nowhere = nowhere
        self._inside: dict[int, list[int]] = {}
        for community, place in (places or {}).items():
            self._inside.setdefault(place, []).append(community)

    def place(self, community: Community) -> ColumnElement[Any]:
        """What a statement shows in the place of the community.

        It is said of each row by itself: joined to a list of the places, PostgreSQL took the few hundred rows that it
        expected for one, and went through the whole list for each of ten thousand.
        """
        if self._places is None or all(inside == [place] for place, inside in self._inside.items()):
            return community  # type: ignore[return-value]
        return case(*((_one_of(community, inside), _fixed(place)) for place, inside in self._inside.items()))

    def on(self, query: Select[Any], community: Community) -> Select[Any]:
        """The statement, as far as it is about these communities."""
        if self._places is None:
            return query
        here = _one_of(community, self._places) if self._places else false()
        return query.where(or_(here, community.is_(None) if self._nowhere else false()))

    def covers(self, area: ColumnElement[Any] | Community) -> ColumnElement[bool]:
        """The condition for one of the places, in the sums too."""
        places = {*(self._places or {}).values()}
        return or_(area.in_(places) if places else false(), area.is_(None) if self._nowhere else false())


def _one_of(community: Community, communities: Collection[int]) -> ColumnElement[bool]:
    return community.in_(bindparam(None, list(communities), expanding=True, literal_execute=True))


def _fixed(place: int) -> ColumnElement[Any]:
    """Written out, so that what is shown and what is grouped by are the same words."""
    return literal(place, literal_execute=True)


Community = InstrumentedAttribute[int | None]


def add(found: Found, key: Key, **numbers: int) -> None:
    """Adds to one line; nothing is written for zero."""
    counts = found.setdefault(key, Counter())
    for name, number in numbers.items():
        if number:
            counts[name] += number


# ---------------------------------------------------------------- results


def of_results(
    session: Session, found: Found, since: datetime, until: datetime, ground: Ground, where: ColumnElement[bool]
) -> None:
    """How the results from `since` until before `until` came out, as far as `where` (of results) lets them through."""
    place = ground.place(Result.community_id).label("place")
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
        ground.on(
            select(place, Result.category, outcome, *how, func.count())
            .select_from(Result)
            .join(Ticket, its_ticket(session, Result.ticket_id))
            .outerjoin(Evaluation, _judged(since)),
            Result.community_id,
        )
        .where(Result.finished_at >= since, Result.finished_at < until, where)
        .group_by(place, Result.category, outcome, *how)
    )
    for place_id, category, name, in_time, kept, called, count in rows:
        key = (place_id, category, None)
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


def _judged(since: datetime) -> ColumnElement[bool]:
    """The condition that joins results from `since` on to their judgements. Nothing is judged before it is finished, so
    that the judgements of all other years are not looked at; a day is for clocks that differ.
    """
    return and_(results.judgement(), Evaluation.at >= since - A_DAY)


def its_ticket(session: Session, ticket_id: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """The condition that joins something to its ticket, which is always looked up by its key: as one of a list of one
    PostgreSQL cannot do it in any other way. Left to guess it went through a million tickets for the newest few.
    """
    return Ticket.id == (ticket_id if session.get_bind().dialect.name == "sqlite" else any_(array([ticket_id])))


def is_one_of_several() -> ColumnElement[bool]:
    """The results of tickets that were finished more than once: nearly every ticket is finished once, and an index
    holds all others.
    """
    other = aliased(Result)
    return Result.ticket_id.in_(select(other.ticket_id).where(other.round > 0))


# ---------------------------------------------------------------- everything else


def of_the_rest(session: Session, found: Found, since: datetime, until: datetime, ground: Ground) -> None:
    """What else happened."""
    _ended(session, found, since, until, ground)
    _told(session, found, since, until, ground)
    _corrected(session, found, since, until, ground)
    _waves(session, found, since, until, ground)
    _minutes(session, found, since, until, ground)
    _first_given(session, found, since, until, ground)
    _of_parties(session, found, since, until, ground)


def _ended(session: Session, found: Found, since: datetime, until: datetime, ground: Ground) -> None:
    place = ground.place(Ticket.community_id).label("place")
    query = (
        select(place, Ticket.category, Ticket.state, func.count())
        .select_from(Ticket)
        .where(
            text(f"tickets.{ENDED}"),
            Ticket.closed_at >= since,
            Ticket.closed_at < until,
            Ticket.resolved_at.is_(None),
            results.is_residents(),
        )
        .group_by(place, Ticket.category, Ticket.state)
    )
    rows = session.execute(ground.on(query, Ticket.community_id))
    for place_id, category, state, count in rows:
        add(found, (place_id, category, None), **{ENDINGS[state].value: count})


def opened(since: datetime, until: datetime) -> ColumnElement[bool]:
    """The residents' reports of a period. The day of a ticket's number is the day it was opened, and an index leads
    there; only a period that begins or ends within a day asks for the moment too.
    """
    first, last = local(since), local(until)
    days = and_(Ticket.day >= first.date(), Ticket.day < last.date() + A_DAY, results.is_residents())
    if first.time() == last.time() == time():
        return and_(days, Ticket.day < last.date())
    return and_(days, Ticket.opened_at >= since, Ticket.opened_at < until)


def hour(session: Session) -> ColumnElement[Any]:
    """Of a report, by the clock of China, which has had no summer time for long."""
    if session.get_bind().dialect.name == "sqlite":
        return func.strftime("%H", Ticket.opened_at, "+8 hours")
    # By the distance and not by the name: a name is looked up for each row, and whole hours need no calendar.
    return func.date_part("hour", func.timezone(text("INTERVAL '8 hours'"), Ticket.opened_at))


def _told(session: Session, found: Found, since: datetime, until: datetime, ground: Ground) -> None:
    at = hour(session).label("hour")
    place = ground.place(Ticket.community_id).label("place")
    query = (
        select(place, Ticket.category, at, Ticket.understood, func.count())
        .select_from(Ticket)
        .where(opened(since, until))
        .group_by(place, Ticket.category, at, Ticket.understood)
    )
    rows = session.execute(ground.on(query, Ticket.community_id))
    for place_id, category, told_at, understood, count in rows:
        add(
            found,
            (place_id, category, None),
            **{HOURS[int(told_at)]: count, Measure.UNCLEAR: 0 if understood else count},
        )


def _corrected(session: Session, found: Found, since: datetime, until: datetime, ground: Ground) -> None:
    """By the first correction of a ticket that says another category; later ones correct people."""

    def says_another(correction: Any) -> ColumnElement[bool]:
        return or_(correction.understood.is_(False), correction.before_category != correction.after_category)

    earlier = aliased(Correction)
    before = case((Correction.understood, Correction.before_category), else_="").label("before")
    place = ground.place(Ticket.community_id).label("place")
    query = (
        select(place, before, Ticket.category, func.count())
        .select_from(Ticket)
        .join(Correction, Correction.ticket_id == Ticket.id)
        .where(
            opened(since, until),
            # Nothing is corrected before it was told: the newest few are found by this alone.
            Correction.at >= since,
            Ticket.understood,
            says_another(Correction),
            ~exists().where(earlier.ticket_id == Ticket.id, earlier.id < Correction.id, says_another(earlier)),
        )
        .group_by(place, before, Ticket.category)
    )
    rows = session.execute(ground.on(query, Ticket.community_id))
    for place_id, wrong, now_is, count in rows:
        add(found, (place_id, wrong, None), corrected=count)
        add(found, (place_id, now_is, None), arrived=count)


def _waves(session: Session, found: Found, since: datetime, until: datetime, ground: Ground) -> None:
    """The waves in which volunteers were asked; taken: one of those who were asked in it accepted."""
    number = case((Wave.number < 3, Wave.number), else_=3).label("number")
    accepted = exists().where(
        Offer.ticket_id == Wave.ticket_id, Offer.state == OfferState.ACCEPTED, Offer.wave == Wave.number
    )
    taken = case((accepted, 1), else_=0).label("taken")
    place = ground.place(Ticket.community_id).label("place")
    query = (
        select(place, Ticket.category, number, taken, func.count())
        .select_from(Wave)
        .join(Ticket, its_ticket(session, Wave.ticket_id))
        .where(Wave.at >= since, Wave.at < until, Wave.mode == WaveMode.VOLUNTEERS, Wave.picks != {})
        .group_by(place, Ticket.category, number, taken)
    )
    rows = session.execute(ground.on(query, Ticket.community_id))
    for place_id, category, wave, is_taken, count in rows:
        asked, took = WAVES[wave - 1]
        add(found, (place_id, category, None), **{asked: count, took: count * is_taken})


def _minutes(session: Session, found: Found, since: datetime, until: datetime, ground: Ground) -> None:
    """What was written for volunteers, and taken back as a mistake, in the period; the ticket says where it was."""
    category = func.coalesce(Ticket.category, "")
    place = ground.place(Ticket.community_id).label("place")
    query = (
        select(
            place,
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
        )
        .group_by(place, category)
    )
    rows = session.execute(ground.on(query, Ticket.community_id))
    for place_id, code, minutes, served in rows:
        add(found, (place_id, code, None), minutes=int(minutes), served=int(served))


# ---------------------------------------------------------------- parties


def _first_given(session: Session, found: Found, since: datetime, until: datetime, ground: Ground) -> None:
    is_disputed = and_(Assignment.returned_at.is_not(None), Assignment.kept_at.is_(None))
    outcome = case(
        (Assignment.end == End.FINISHED, Measure.FIRST_RIGHT.value),
        (Assignment.end == End.MOVED, Measure.FIRST_WRONG.value),
        (Assignment.end == End.OVER, Measure.FIRST_OVER.value),
        (is_disputed, Measure.FIRST_DISPUTED.value),
        else_=Measure.FIRST_STILL.value,
    ).label("outcome")
    place = ground.place(Ticket.community_id).label("place")
    query = (
        select(place, Ticket.category, Assignment.party_id, outcome, func.count())
        .select_from(Assignment)
        .join(Ticket, Ticket.id == Assignment.ticket_id)
        .where(Assignment.first.is_(True), Assignment.given_at >= since, Assignment.given_at < until)
        .group_by(place, Ticket.category, Assignment.party_id, outcome)
    )
    rows = session.execute(ground.on(query, Ticket.community_id))
    for place_id, category, party_id, name, count in rows:
        add(found, (place_id, category, party_id), **{name: count})


def _of_parties(session: Session, found: Found, since: datetime, until: datetime, ground: Ground) -> None:
    """What parties finished, each finish by its own result: whatever a resident gave back counts as given back, and
    counts again when it is finished again.
    """
    counts = and_(Evaluation.id.is_not(None), ~results.is_left_out())
    place = ground.place(Ticket.community_id).label("place")
    query = (
        select(
            place,
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
        .outerjoin(Evaluation, _judged(since))
        .where(
            Assignment.end == End.FINISHED,
            Assignment.ended_at >= since,
            Assignment.ended_at < until,
            # The same once more, for whoever makes the plan.
            Result.finished_at >= since,
            Result.finished_at < until,
            results.is_residents(),
        )
        .group_by(place, Ticket.category, Assignment.party_id)
    )
    rows = session.execute(ground.on(query, Ticket.community_id))
    for place_id, category, party_id, finished, kept, late, judged, returned in rows:
        add(
            found,
            (place_id, category, party_id),
            party_finished=finished,
            party_kept=int(kept),
            party_late=int(late),
            party_judged=int(judged),
            party_returned=int(returned),
        )


def of_day(session: Session, since: datetime, until: datetime, above: Mapping[int, Sequence[int]]) -> Found:
    """Everything of one day: of each community, of the areas `above` it, and of nowhere."""
    found: Found = {}
    everywhere = Ground(None, nowhere=True)
    other = aliased(Result)
    once = ~exists().where(other.ticket_id == Result.ticket_id, other.round > 0)
    of_results(session, found, since, until, everywhere, once)
    of_the_rest(session, found, since, until, everywhere)
    for (community_id, category, party_id), counts in list(found.items()):
        for area_id in above.get(community_id, ()) if community_id is not None else ():
            found.setdefault((area_id, category, party_id), Counter()).update(counts)
    return found
