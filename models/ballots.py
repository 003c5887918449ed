"""Votes in a round: one person one, secret, changed until the end, counted once and then forgotten; never a ranking."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from models import honours, outboxes
from models.errors import Refusal, Refused
from models.honour import HonourRound, Nomination, Nominee, NomineeState, Vote
from models.outbox import NoticeKind
from models.person import Person

MOST_VOTES = 5
"""How often one person may cast their vote in one round: once, and changes."""

FEWEST_TOLD = 5
"""Of fewer votes no numbers are told: they would tell who voted for whom."""

# ---------------------------------------------------------------- voting


@dataclass(frozen=True, slots=True)
class Candidate:
    """One line of a ballot. Whoever left it, or was erased, keeps the number and has no name."""

    nominee_id: int
    name: str
    about: str


def ballot(session: Session, chosen: HonourRound) -> list[Candidate]:
    """Whom one can vote for, in the order of their numbers."""
    rows = session.execute(
        select(Nominee, Person.name)
        .join(Person, Person.id == Nominee.person_id)
        .where(Nominee.round_id == chosen.id, Nominee.agreed_at.is_not(None))
        .order_by(Nominee.id)
    )
    return [
        Candidate(nominee.id, name, nominee.about)
        if nominee.state is NomineeState.AGREED
        else Candidate(nominee.id, "", "")
        for nominee, name in rows
    ]


def vote(session: Session, nominee_id: int, *, by: Person, key: bytes, now: datetime) -> tuple[HonourRound, Candidate]:
    """Somebody's one vote in a round, in place of the one they cast before; gives whom it is for.

    Raises Refused before anything is written: ROUND_OVER, MAY_NOT_VOTE, NO_SUCH_NOMINEE, VOTED_OFTEN, and VOTE_STOPPED
    where the installation's key is another than at the first vote.
    """
    nominee = session.get(Nominee, nominee_id)
    if nominee is None:
        raise Refused(Refusal.NO_SUCH_NOMINEE)
    found = honours.lock(session, nominee.round_id)
    if not found.votes_from <= now < found.ends_at:
        raise Refused(Refusal.ROUND_OVER)
    if not honours.may_vote(session, found, by):
        raise Refused(Refusal.MAY_NOT_VOTE)
    candidate = next((each for each in ballot(session, found) if each.nominee_id == nominee_id and each.name), None)
    if candidate is None:
        raise Refused(Refusal.NO_SUCH_NOMINEE)
    check = _keyed(key, f"round {found.id}")
    if found.key_check not in ("", check):
        raise Refused(Refusal.VOTE_STOPPED)
    before = session.get(Vote, (found.id, _voter(key, found.id, by.id)), populate_existing=True)
    if before is not None and before.times >= MOST_VOTES:
        raise Refused(Refusal.VOTED_OFTEN)
    found.key_check = check
    if before is None:
        voter = _voter(key, found.id, by.id)
        session.add(Vote(round_id=found.id, voter=voter, nominee_id=nominee_id, times=1))
    else:
        before.nominee_id, before.times = nominee_id, before.times + 1
    session.flush()
    return found, candidate


def _keyed(key: bytes, what: str) -> str:
    return hmac.new(key, f"huying honour {what}".encode(), hashlib.sha256).hexdigest()


def _voter(key: bytes, round_id: int, person_id: int) -> str:
    """What stands for a person in one round, different in each."""
    return _keyed(key, f"vote {round_id} {person_id}")


# ---------------------------------------------------------------- counting


def due(session: Session, *, now: datetime, most: int) -> Sequence[int]:
    """The ids of rounds that are over and not counted."""
    return session.scalars(
        select(HonourRound.id)
        .where(HonourRound.counted_at.is_(None), HonourRound.called_off_at.is_(None), HonourRound.ends_at <= now)
        .order_by(HonourRound.id)
        .limit(most)
    ).all()


def count(session: Session, round_id: int, *, now: datetime) -> bool:
    """Counts the votes of a round that is over, honours those with the most, and forgets whose they were.

    Who was on the ballot hears of it by day. Gives whether this was the time.
    """
    found = session.get(HonourRound, round_id, with_for_update=True, populate_existing=True)
    if found is None or found.counted_at is not None or found.called_off_at is not None or found.ends_at > now:
        return False
    tally = _tally(session, found)
    _forget_votes(session, found)
    stayed = session.scalars(
        select(Nominee).where(Nominee.round_id == found.id, Nominee.state == NomineeState.AGREED).order_by(Nominee.id)
    ).all()
    numbers = sorted((tally.get(each.id, 0) for each in stayed), reverse=True)
    # Whoever has as many as the last is honoured too: no lot decides between neighbours.
    least = max(1, *numbers[: found.places][-1:])
    found.counted_at, found.votes = now, sum(tally.values())
    for each in stayed:
        each.honoured = tally.get(each.id, 0) >= least
        each.votes = tally.get(each.id, 0) if found.votes >= FEWEST_TOLD else None
        data = {"title": found.title, "honoured": each.honoured}
        outboxes.tell(session, NoticeKind.HONOUR_OVER, each.person_id, now=now, data=data)
    session.flush()
    return True


def _tally(session: Session, chosen: HonourRound) -> dict[int, int]:
    """Votes by nominee; there is none for whoever left the ballot after it was cast."""
    rows = session.execute(
        select(Vote.nominee_id, func.count()).where(Vote.round_id == chosen.id).group_by(Vote.nominee_id)
    )
    return dict(rows.all())


def _forget_votes(session: Session, chosen: HonourRound) -> None:
    session.execute(delete(Vote).where(Vote.round_id == chosen.id))


def honoured(session: Session, chosen: HonourRound) -> list[str]:
    """The names of those honoured, in the order of their sound: no first and no last."""
    names = session.scalars(
        select(Person.name)
        .join(Nominee, Nominee.person_id == Person.id)
        .where(Nominee.round_id == chosen.id, Nominee.honoured.is_(True), Person.name != "")
    )
    return sorted(names, key=by_sound)


def by_sound(name: str) -> bytes:
    """Sorts names by pinyin: so GB 2312 orders common characters; rarer ones come after them, by their radicals."""
    return name.encode("gb18030")


def call_off(session: Session, round_id: int, *, now: datetime) -> None:
    """Ends a round without a result; votes are forgotten, and who was asked is told. Raises Refused(ROUND_OVER)."""
    found = honours.lock(session, round_id)
    found.called_off_at = now
    _forget_votes(session, found)
    asked = select(Nominee.person_id).where(
        Nominee.round_id == found.id, Nominee.state.in_([NomineeState.ASKED, NomineeState.AGREED])
    )
    for person_id in session.scalars(asked).all():
        data = {"title": found.title, "called_off": True}
        outboxes.tell(session, NoticeKind.HONOUR_OVER, person_id, now=now, data=data)
    session.flush()


# ---------------------------------------------------------------- one person, joined or erased


def join(session: Session, keep: Person, other: Person, *, key: bytes) -> None:
    """Before two people become one: of two votes in a round that of `keep` stays, and of two places on a ballot one."""
    for found in _open_rounds(session):
        mine, theirs = (
            session.get(Vote, (found.id, _voter(key, found.id, each.id)), populate_existing=True)
            for each in (keep, other)
        )
        if theirs is not None and mine is None:
            voter = _voter(key, found.id, keep.id)
            session.add(Vote(round_id=found.id, voter=voter, nominee_id=theirs.nominee_id, times=theirs.times))
        if theirs is not None:
            session.delete(theirs)
    session.flush()
    kept = {each.round_id: each for each in session.scalars(select(Nominee).where(Nominee.person_id == keep.id)).all()}
    for theirs_named in session.scalars(select(Nominee).where(Nominee.person_id == other.id)).all():
        mine_named = kept.get(theirs_named.round_id)
        if mine_named is not None:
            _join_nominees(session, mine_named, theirs_named)
    session.flush()


def _join_nominees(session: Session, mine: Nominee, theirs: Nominee) -> None:
    for table in (Vote, Nomination):
        session.execute(update(table).where(table.nominee_id == theirs.id).values(nominee_id=mine.id))
    if mine.state is NomineeState.ASKED:
        mine.state, mine.about = theirs.state, theirs.about
    mine.agreed_at = mine.agreed_at or theirs.agreed_at
    mine.honoured = mine.honoured or theirs.honoured
    if theirs.votes is not None:
        mine.votes = (mine.votes or 0) + theirs.votes
    session.delete(theirs)
    session.flush()


def erase(session: Session, person: Person, *, key: bytes, now: datetime) -> None:
    """Before somebody is erased: their votes that are not counted yet, their words, and what was said about them."""
    for found in _open_rounds(session):
        session.execute(delete(Vote).where(Vote.round_id == found.id, Vote.voter == _voter(key, found.id, person.id)))
    honours.leave(session, by=person, now=now)
    named = select(Nominee.id).where(Nominee.person_id == person.id)
    session.execute(
        update(Nomination)
        .where(or_(Nomination.by_id == person.id, Nomination.nominee_id.in_(named)))
        .values(words="")
        .execution_options(synchronize_session=False)
    )
    session.execute(update(Nominee).where(Nominee.person_id == person.id).values(about=""))


def _open_rounds(session: Session) -> Sequence[HonourRound]:
    """Every round with votes in it, held in one order."""
    return session.scalars(
        select(HonourRound)
        .where(HonourRound.key_check != "", HonourRound.counted_at.is_(None), HonourRound.called_off_at.is_(None))
        .order_by(HonourRound.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
