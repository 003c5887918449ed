"""Whoever is at the counter or on the telephone: found by their exact number, or noted down without an account."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from console.house import FormMisfit, as_id, field
from console.sight import Sight
from models.audit import AuditKind
from models.person import Identity, Person
from nlp import phones

MOST = 5
SOMEBODY_ELSE = "new"


def phone() -> str:
    """The number of the form in digits, empty without one. Raises FormMisfit("phone")."""
    given = phones.number(field("phone", most=30), of_this_town=True)
    if given is None:
        raise FormMisfit("phone")
    return given


def known(sight: Sight, number: str) -> Sequence[Person]:
    """The people in sight who have left exactly this number."""
    if not number:
        return []
    query = select(Person).where(Person.phone == number, Person.erased_at.is_(None), sight.people())
    found = sight.session.scalars(query.order_by(Person.id).limit(MOST)).all()
    for each in found:
        sight.note(AuditKind.SAW_PHONE, f"people/{each.id}")
    return found


def caller(sight: Sight) -> Person:
    """The person of the form: one who is known, if one was chosen or only they can be meant; otherwise a new one.

    A number is kept only where its owner agreed; whoever has no account hears their news by it. Raises FormMisfit.
    """
    number, name, chosen = phone(), field("name", most=40), field("person", most=12)
    if not number and not name:
        raise FormMisfit("caller")
    calls = bool(field("by_phone", most=1))
    there = known(sight, number)
    if chosen not in ("", SOMEBODY_ELSE):
        meant = next((each for each in there if each.id == as_id(chosen)), None)
        if meant is None:
            raise FormMisfit("person")
    else:
        fitting = [each for each in there if not name or each.name in ("", name)]
        meant = fitting[0] if len(fitting) == 1 and chosen != SOMEBODY_ELSE else None
    if meant is None:
        if number and not field("consent", most=1):
            raise FormMisfit("consent")
        if calls and not number:
            raise FormMisfit("caller")
        meant = Person(created_at=sight.now, roles=[], name=name, phone=number)
        meant.consented_at = sight.now if number else None
        sight.session.add(meant)
    meant.name = meant.name or name
    sight.session.flush()
    has_account = sight.session.scalar(select(Identity.id).where(Identity.person_id == meant.id).limit(1)) is not None
    if meant.phone and (calls or not has_account):
        meant.by_phone = True
    sight.session.flush()
    return meant
