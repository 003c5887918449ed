"""The entries of the ledger of an area and a period, to take along: every movement, and nobody's name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from console.house import argument
from console.sight import Sight
from models.errors import Refusal, Refused
from models.ledger import Account, AccountKind, Entry, FamilyMember, Posting, Unit, Why
from models.person import Person
from models.sheets import Table
from models.ticket import Ticket
from texts import ledger

LONGEST = timedelta(days=366)

MOST = 20_000


def tables(sight: Sight) -> tuple[Table, Table]:
    """What the address asks for by `area`, `since` and `until`: the entries, and their sums by what they were for.

    Sums are by rule and never by person: a list of people by points is not made. Raises Refused: WRONG_DATES.
    """
    since, until = _day("since"), _day("until")
    if since > until or until - since > LONGEST:
        raise Refused(Refusal.WRONG_DATES)
    people = select(Person.id).where(sight.ledger_people(sight.roster_area(argument("area", most=12))))
    families = select(FamilyMember.family_id).where(FamilyMember.person_id.in_(people))
    found = sight.session.execute(
        select(Entry.amount, Account.kind, Account.unit, Posting)
        .join(Posting, Posting.id == Entry.posting_id)
        .join(Account, Account.id == Entry.account_id)
        .where(
            Posting.day.between(since, until),
            or_(
                and_(Account.kind == AccountKind.PERSON, Account.owner_id.in_(people)),
                and_(Account.kind == AccountKind.FAMILY, Account.owner_id.in_(families)),
            ),
        )
        .order_by(Posting.day, Posting.id, Entry.id)
        .limit(MOST + 1)
    ).all()
    rows: list[list[str | int]] = []
    counts: Counter[tuple[Why, Unit]] = Counter()
    sums: Counter[tuple[Why, Unit]] = Counter()
    numbers = ticket_numbers(sight.session, [posting.ticket_id for *_, posting in found])
    for amount, kind, unit, posting in found[:MOST]:
        counts[posting.why, unit] += 1
        sums[posting.why, unit] += amount
        rows.append(
            [
                posting.id,
                posting.day.isoformat(),
                ledger.REASONS[posting.why],
                ledger.OWNERS[kind],
                amount,
                ledger.SMALL_UNITS[unit],
                numbers.get(posting.ticket_id, ""),
                posting.reason,
                posting.counters_id or "",
            ]
        )
    if len(found) > MOST:
        rows.append([ledger.TOO_MANY_ENTRIES])
    entries, totals = ledger.ENTRY_SHEETS
    summed: list[list[str | int]] = [
        [ledger.REASONS[why], ledger.SMALL_UNITS[unit], counts[why, unit], sums[why, unit]]
        for why in Why
        for unit in Unit
        if counts[why, unit]
    ]
    return Table(entries, ledger.ENTRY_HEAD, rows), Table(totals, ledger.ENTRY_SUMS_HEAD, summed)


def ticket_numbers(session: Session, ids: Sequence[int | None]) -> dict[int | None, str]:
    """The numbers of tickets by their ids, some hundreds at a time: no database takes any number of them at once."""
    wanted = sorted({each for each in ids if each is not None})
    found: dict[int | None, str] = {}
    for at in range(0, len(wanted), 500):
        query = select(Ticket).where(Ticket.id.in_(wanted[at : at + 500]))
        found |= {each.id: each.number for each in session.scalars(query)}
    return found


def _day(name: str) -> date:
    try:
        return date.fromisoformat(argument(name, most=10))
    except ValueError as error:
        raise Refused(Refusal.WRONG_DATES) from error
