"""Certificates of service hours: what somebody has served up to a day, behind a check code of which a hash is kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from models import codes
from models.errors import Refusal, Refused
from models.ledger import Account, AccountKind, Certificate, Entry, Posting, Unit, Why
from models.person import Person

CODE_LENGTH = 16
"""Some 79 bits; printed as four groups of four."""


def issue(session: Session, person: Person, *, now: datetime) -> tuple[Certificate, str]:
    """A certificate of everything up to now; gives the code, which is kept nowhere.

    Hours that were given away were served all the same. Raises Refused: NO_NAME, NO_SERVICE.
    """
    if not person.name.strip():
        raise Refused(Refusal.NO_NAME)
    row = session.execute(
        select(func.count(), func.sum(Entry.amount), func.min(Posting.day), func.max(Posting.day))
        .select_from(Entry)
        .join(Posting, Posting.id == Entry.posting_id)
        .join(Account, Account.id == Entry.account_id)
        .where(_served(person))
    ).one()
    tasks, minutes, first, last = row
    if not tasks:
        raise Refused(Refusal.NO_SERVICE)
    code = codes.fresh(CODE_LENGTH)
    made = Certificate(
        person_id=person.id,
        code_hash=_hash(code),
        tasks=tasks,
        minutes=int(minutes),
        first_day=first,
        last_day=last,
        issued_at=now,
    )
    session.add(made)
    session.flush()
    return made, as_printed(code)


def _served(person: Person) -> ColumnElement[bool]:
    """The condition for a person's minutes that nobody took back, those of an account joined with theirs included."""
    correction = aliased(Posting)
    theirs = select(Person.id).where((Person.id == person.id) | (Person.joined_to_id == person.id))
    return (
        (Account.kind == AccountKind.PERSON)
        & (Account.unit == Unit.MINUTES)
        & Account.owner_id.in_(theirs)
        & (Posting.why == Why.SERVICE)
        & ~exists().where(correction.counters_id == Posting.id)
    )


def find(session: Session, code: str) -> tuple[Certificate, str] | None:
    """What a code stands for, with the name of whose it is; None for a wrong code, and once they were erased."""
    row = session.execute(
        select(Certificate, Person.name)
        .join(Person, Person.id == Certificate.person_id)
        .where(Certificate.code_hash == _hash(code), Person.name != "")
    ).one_or_none()
    return (row[0], row[1]) if row else None


def as_printed(code: str) -> str:
    """A code as it is printed, whatever else was typed with it."""
    return codes.grouped(codes.plain(code), 4)


def _hash(code: str) -> str:
    return codes.digest("certificate", code)
