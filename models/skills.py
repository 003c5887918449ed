"""What people offer to help with, as a whole: who has which, what asks for it, another name, two that become one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, literal, select
from sqlalchemy.orm import Session, selectinload

from models import editions
from models.base import insert
from models.category import Category
from models.category_edits import LONGEST_SKILL
from models.person import Person, Skill
from models.slips import Slip, Slipped

MOST = 300


@dataclass(frozen=True, slots=True)
class Known:
    """One skill; `categories` are the names of those that ask for it."""

    name: str
    people: int
    categories: Sequence[str]


def known(session: Session) -> Sequence[Known]:
    """Every skill that somebody has or a category asks for, by name; a category's own code, which old lists hold
    as a skill, is none that anybody chose.
    """
    asks: dict[str, list[str]] = {}
    codes = set()
    for category in session.scalars(select(Category).order_by(Category.code)):
        codes.add(category.code)
        for skill in category.skills:
            asks.setdefault(skill, []).append(category.name)
    counted = select(Skill.skill, func.count()).group_by(Skill.skill).order_by(Skill.skill).limit(MOST)
    have = {skill: count for skill, count in session.execute(counted) if skill not in codes}
    return [Known(name, have.get(name, 0), asks.get(name, ())) for name in sorted({*asks, *have})]


def people_with(session: Session, skill: str, *, after: int, most: int) -> Sequence[Person]:
    """Whoever offers it, with their roles, from behind the person `after`."""
    return session.scalars(
        select(Person)
        .join(Skill, Skill.person_id == Person.id)
        .where(Skill.skill == skill, Person.id > after, Person.erased_at.is_(None))
        .order_by(Person.id)
        .limit(most)
        .options(selectinload(Person.roles))
    ).all()


def rename(session: Session, old: str, new: str, *, services: Collection[str], may_join: bool) -> None:
    """People and categories have `new` instead of `old`; where there is `new` already the two are one from now on, if
    they `may_join`. The `services` among the names are what residents ask for by name, and stay. Raises Slipped.
    """
    if not new:
        raise Slipped(Slip.MISSING, "new")
    if len(new) > LONGEST_SKILL:
        raise Slipped(Slip.LONG, "new", most=LONGEST_SKILL)
    if old in services:
        raise Slipped(Slip.SKILL_SERVICE, "new", name=old)
    if new == old:
        return
    there = {each.name for each in known(session)}
    if (new in there or new in services) and not may_join:
        raise Slipped(Slip.SKILL_TAKEN, "new", name=new)
    moved = select(Skill.person_id, literal(new)).where(Skill.skill == old)
    # Somebody may take up the new one this very moment.
    session.execute(insert(session, Skill).from_select(["person_id", "skill"], moved).on_conflict_do_nothing())
    session.execute(delete(Skill).where(Skill.skill == old))
    for category in session.scalars(select(Category).order_by(Category.code).with_for_update()):
        if old in category.skills:
            category.skills = list(dict.fromkeys(new if each == old else each for each in category.skills))
    session.flush()
    editions.bump(session)
