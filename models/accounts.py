"""The double-entry ledger: who takes part, postings that sum to zero, counter-postings, and points that expire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select
from sqlalchemy.orm import Session, selectinload

from models import outboxes
from models.base import insert
from models.clock import CHINA, local
from models.errors import Refusal, Refused
from models.ledger import (
    EARNED,
    OWNED,
    Account,
    AccountKind,
    Entry,
    FamilyMember,
    LedgerMember,
    Posting,
    Unit,
    Why,
)
from models.outbox import NoticeKind
from models.person import Person

Whose = tuple[AccountKind, int]
"""An account without its unit: its kind, and the id of the person or family, 0 where it is nobody's."""

ISSUED: Whose = (AccountKind.ISSUED, 0)
HELD: Whose = (AccountKind.HELD, 0)
SPENT: Whose = (AccountKind.SPENT, 0)
EXPIRED: Whose = (AccountKind.EXPIRED, 0)


class Unbalanced(ValueError):
    """A posting whose entries do not sum to zero: a mistake in the program."""


def of_person(person_id: int) -> Whose:
    """A person's own account."""
    return AccountKind.PERSON, person_id


def of_family(family_id: int) -> Whose:
    """A family's account."""
    return AccountKind.FAMILY, family_id


# ---------------------------------------------------------------- taking part


def switch_on(session: Session, person: Person, *, now: datetime) -> None:
    """From now on what they do is credited; twice is once."""
    session.execute(insert(session, LedgerMember).values(person_id=person.id, since=now).on_conflict_do_nothing())


def switch_off(session: Session, person: Person) -> None:
    """From now on nothing is written about them. What they had is still there should they come back."""
    session.execute(delete(LedgerMember).where(LedgerMember.person_id == person.id))


def is_on(session: Session, person_id: int) -> bool:
    """Whether somebody takes part."""
    return session.get(LedgerMember, person_id, populate_existing=True) is not None


def need_on(session: Session, person: Person) -> None:
    """Raises Refused(LEDGER_OFF) for somebody who does not take part."""
    if not is_on(session, person.id):
        raise Refused(Refusal.LEDGER_OFF)


# ---------------------------------------------------------------- posting


def post(
    session: Session,
    why: Why,
    unit: Unit,
    moves: Mapping[Whose, int],
    *,
    source: str,
    now: datetime,
    day: date | None = None,
    by: Person | None = None,
    ticket_id: int | None = None,
    reason: str = "",
    counters: Posting | None = None,
) -> Posting | None:
    """Writes one posting, or nothing and gives None where `source` was posted before.

    Raises Unbalanced, and Refused(NOT_ENOUGH) before anything is written where an account would fall below zero.
    """
    if len(moves) < 2 or sum(moves.values()) != 0 or 0 in moves.values():
        raise Unbalanced(source)
    found = hold(session, unit, *moves)
    if session.scalar(select(Posting.id).where(Posting.source == source)) is not None:
        return None
    for whose, amount in moves.items():
        if whose[0] in OWNED and found[whose].balance + amount < 0:
            raise Refused(Refusal.NOT_ENOUGH, unit=unit.value, need=-amount, have=found[whose].balance)
    values = {
        "source": source,
        "why": why,
        "unit": unit,
        "day": day or local(now).date(),
        "at": now,
        "by_id": by.id if by else None,
        "ticket_id": ticket_id,
        "reason": reason[:200],
        "counters_id": counters.id if counters else None,
    }
    # Two that come with one source at the same moment both get here; the second finds the first one's row.
    made = session.scalar(insert(session, Posting).values(**values).on_conflict_do_nothing().returning(Posting.id))
    if made is None:
        return None
    for whose, amount in moves.items():
        session.add(Entry(posting_id=made, account_id=found[whose].id, amount=amount))
        if whose[0] in OWNED:
            found[whose].balance += amount
    session.flush()
    return session.get_one(Posting, made)


def hold(session: Session, unit: Unit, *whose: Whose) -> dict[Whose, Account]:
    """The accounts, made where they are missing; those of people are held until the end of the transaction, always in
    the order of their ids.
    """
    for kind, owner_id in sorted(whose):
        new = insert(session, Account).values(kind=kind, owner_id=owner_id, unit=unit, balance=0)
        session.execute(new.on_conflict_do_nothing())
    these = and_(Account.unit == unit, or_(*(_is(each) for each in whose)))
    found = session.scalars(select(Account).where(these).order_by(Account.id)).all()
    # The common accounts are never held: their balance is only ever read from the entries.
    owned = [each.id for each in found if each.kind in OWNED]
    session.scalars(
        select(Account)
        .where(Account.id.in_(owned))
        .order_by(Account.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    return {(each.kind, each.owner_id): each for each in found}


def _is(whose: Whose) -> ColumnElement[bool]:
    return and_(Account.kind == whose[0], Account.owner_id == whose[1])


def balance(session: Session, whose: Whose, unit: Unit) -> int:
    """What an account of a person or family has."""
    return session.scalar(select(Account.balance).where(_is(whose), Account.unit == unit)) or 0


def lines(session: Session, whose: Whose, unit: Unit, *, most: int) -> Sequence[Entry]:
    """The last entries of an account with their postings, newest first."""
    return session.scalars(
        select(Entry)
        .join(Account, Account.id == Entry.account_id)
        .where(_is(whose), Account.unit == unit)
        .order_by(Entry.id.desc())
        .limit(most)
        .options(selectinload(Entry.posting))
    ).all()


def counter(
    session: Session, posting: Posting, why: Why, *, source: str, now: datetime, by: Person | None, reason: str = ""
) -> Posting | None:
    """Takes a posting back by its opposite, once. Raises Refused(NOT_ENOUGH) where it is spent already."""
    accounts = {
        entry.account_id: entry.amount
        for entry in session.scalars(select(Entry).where(Entry.posting_id == posting.id)).all()
    }
    rows = session.scalars(select(Account).where(Account.id.in_(accounts))).all()
    moves = {(each.kind, each.owner_id): -accounts[each.id] for each in rows}
    return post(
        session,
        why,
        posting.unit,
        moves,
        source=source,
        now=now,
        by=by,
        ticket_id=posting.ticket_id,
        reason=reason,
        counters=posting,
    )


def correct(session: Session, posting: Posting, reason: str, *, by: Person, now: datetime) -> None:
    """Staff take back what was earned by mistake. Raises Refused: REASON_MISSING, NOT_ENOUGH, or CORRECTED for what is
    taken back already or was not earned.
    """
    if not reason.strip():
        raise Refused(Refusal.REASON_MISSING, number="")
    source = f"correct:{posting.id}"
    if posting.why not in EARNED:
        raise Refused(Refusal.CORRECTED)
    if counter(session, posting, Why.CORRECTED, source=source, now=now, by=by, reason=reason) is None:
        raise Refused(Refusal.CORRECTED)


# ---------------------------------------------------------------- expiry


def expiry(now: datetime, months: int, *, ahead: int = 0) -> datetime:
    """Points credited before this moment are over now, or `ahead` months later: a month's points live until the end of
    the month that lies `months` later.
    """
    here = local(now)
    at = here.year * 12 + here.month - 1 + ahead - months
    return datetime.combine(date(at // 12, at % 12 + 1, 1), time(), CHINA)


def next_expiry(now: datetime) -> date:
    """The first day of the next month, on which points are over."""
    here = local(now)
    return date(here.year + here.month // 12, here.month % 12 + 1, 1)


def expiring(session: Session, before: datetime, *, only: Whose | None = None) -> dict[int, int]:
    """How many points of which account, by its id, were credited before a moment and are not spent.

    What was credited first is spent first. Of people who do not take part nothing is written, so theirs wait.
    """
    old = func.sum(case((and_(Entry.amount > 0, Posting.at < before), Entry.amount), else_=0))
    gone = func.sum(case((Entry.amount < 0, -Entry.amount), else_=0))
    takes_part = or_(
        and_(Account.kind == AccountKind.PERSON, Account.owner_id.in_(select(LedgerMember.person_id))),
        and_(Account.kind == AccountKind.FAMILY, Account.owner_id.in_(select(FamilyMember.family_id))),
    )
    query = (
        select(Account.id, old - gone)
        .join(Entry, Entry.account_id == Account.id)
        .join(Posting, Posting.id == Entry.posting_id)
        .where(Account.unit == Unit.POINTS, Account.balance > 0, takes_part)
        .group_by(Account.id)
        .having(old - gone > 0)
    )
    rows = session.execute(query if only is None else query.where(_is(only))).all()
    return {account_id: int(points) for account_id, points in rows}


def expire(session: Session, account_id: int, *, now: datetime, months: int) -> bool:
    """The old points of an account are over; gives whether there were any."""
    account = session.get_one(Account, account_id)
    whose = (account.kind, account.owner_id)
    hold(session, account.unit, whose)
    before = expiry(now, months)
    points = sum(expiring(session, before, only=whose).values())
    if not points:
        return False
    source = f"expire:{account_id}:{local(before).date():%Y%m}"
    return (
        post(session, Why.EXPIRED, Unit.POINTS, {whose: -points, EXPIRED: points}, source=source, now=now) is not None
    )


def to_warn(session: Session, *, now: datetime, months: int, days: int) -> Sequence[int]:
    """The ids of accounts whose owners are to be told that points are over on the first of the next month."""
    first = next_expiry(now)
    if (first - local(now).date()).days > days:
        return []
    soon = expiring(session, expiry(now, months, ahead=1))
    told = select(Account.id).where(Account.id.in_(soon), Account.warned_for == first)
    known = frozenset(session.scalars(told))
    return [each for each in soon if each not in known]


def warn(session: Session, account_id: int, *, now: datetime, months: int) -> bool:
    """Tells whose points they are, once for each first of a month; gives whether this was the time."""
    account = session.get_one(Account, account_id)
    whose = (account.kind, account.owner_id)
    hold(session, account.unit, whose)
    first = next_expiry(now)
    points = sum(expiring(session, expiry(now, months, ahead=1), only=whose).values())
    if not points or account.warned_for == first:
        return False
    account.warned_for = first
    is_family = account.kind is AccountKind.FAMILY
    family = select(FamilyMember.person_id).where(FamilyMember.family_id == account.owner_id)
    readers = session.scalars(family).all() if is_family else [account.owner_id]
    last = datetime.combine(first, time(), CHINA) - timedelta(days=1)
    data = {"points": points, "until": last.isoformat(), "family": is_family}
    for person_id in readers:
        outboxes.tell(session, NoticeKind.POINTS_EXPIRE, person_id, now=now, data=data)
    return True


# ---------------------------------------------------------------- people who leave


def erase(session: Session, person: Person, *, now: datetime) -> None:
    """Before somebody is erased: what they have is over, and nothing more is written about them."""
    for unit in Unit:
        have = balance(session, of_person(person.id), unit)
        if have:
            moves = {of_person(person.id): -have, EXPIRED: have}
            post(session, Why.ERASED, unit, moves, source=f"erase:{person.id}:{unit}", now=now)
    switch_off(session, person)
