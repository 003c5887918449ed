"""Changing a category: what it is called, its limits, who is asked first, and what speaks for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import editions
from models.category import Category, First, Level
from models.party import Party, PartyKind
from models.slips import Slip, Slipped

LONGEST_NAME, LONGEST_SKILL = 12, 10
MOST_SKILLS, MOST_TOGETHER = 8, 5
MOST_HOURS, MOST_DAYS = 720, 120

STEPS = ("answer", "accept", "finish")
"""The three clocks, in the order in which they are shown."""
OTHERWISE = ("urgent", "emergency", Level.STREET.value, Level.DEPARTMENT.value)
"""For which a category may have other limits."""

ASKS_VOLUNTEERS = frozenset({First.VOLUNTEER, First.POOL, First.POST})

_LIMIT = re.compile(r"(\d{1,4})(h|wd)")


@dataclass(frozen=True, slots=True)
class Draft:
    """A category as it is entered: limits like "2h" and "7wd" by step; `otherwise` those of an urgency or a level."""

    name: str
    first: First
    level: Level
    limits: Mapping[str, str]
    otherwise: Mapping[str, Mapping[str, str]]
    department: str
    skills: Sequence[str]
    offerable: bool
    needs: int


def change(session: Session, category: Category, draft: Draft, *, may_be_offered: bool) -> None:
    """The category is as the draft says from now on; limits that run keep their end. `may_be_offered`: whether it is
    one of those that volunteers are ever asked for. Raises Slipped.
    """
    _check(session, category, draft, may_be_offered=may_be_offered)
    category.name, category.first, category.level = draft.name, draft.first, draft.level
    category.first_answer_limit = draft.limits["answer"]
    category.accept_limit = draft.limits["accept"]
    category.finish_limit = draft.limits["finish"]
    # What the forms do not know of stays: limits of another level, for instance.
    kept = {key: value for key, value in category.limits_by.items() if key not in OTHERWISE}
    wanted = kept | {key: dict(value) for key, value in draft.otherwise.items() if value}
    if wanted != category.limits_by:
        category.limits_by = wanted
    category.department, category.needs = draft.department, draft.needs
    category.offerable = draft.offerable
    if list(draft.skills) != category.skills:
        category.skills = list(draft.skills)
    session.flush()
    editions.bump(session)


def draft_of(category: Category) -> Draft:
    """The category as it is."""
    return Draft(
        name=category.name,
        first=category.first,
        level=category.level,
        limits={
            "answer": category.first_answer_limit,
            "accept": category.accept_limit,
            "finish": category.finish_limit,
        },
        otherwise={key: dict(category.limits_by[key]) for key in OTHERWISE if category.limits_by.get(key)},
        department=category.department,
        skills=list(category.skills),
        offerable=category.offerable,
        needs=category.needs,
    )


def set_words(session: Session, category: Category, words: Mapping[str, float]) -> None:
    """What speaks for the category; nlp/category_words.py has looked at it."""
    if dict(words) != category.words:
        category.words = dict(words)
        session.flush()
        editions.bump(session)


def hours(limit: str) -> int:
    """How long a limit is, roughly, for comparing; a working day is a day. Raises Slipped for what is none."""
    found = _LIMIT.fullmatch(limit)
    if found is None:
        raise Slipped(Slip.LIMIT)
    count = int(found[1])
    if count == 0:
        raise Slipped(Slip.LIMIT_ZERO)
    if count > (MOST_HOURS if found[2] == "h" else MOST_DAYS):
        raise Slipped(Slip.LIMIT_LONG)
    return count if found[2] == "h" else count * 24


def departments(session: Session) -> Sequence[str]:
    """The names of the departments there are."""
    return session.scalars(
        select(Party.name)
        .where(Party.kind == PartyKind.DEPARTMENT, Party.active.is_(True))
        .distinct()
        .order_by(Party.name)
        .limit(300)
    ).all()


def _check(session: Session, category: Category, draft: Draft, *, may_be_offered: bool) -> None:
    if not draft.name:
        raise Slipped(Slip.MISSING, "name")
    if len(draft.name) > LONGEST_NAME:
        raise Slipped(Slip.LONG, "name", most=LONGEST_NAME)
    twin = session.scalar(select(Category.code).where(Category.name == draft.name, Category.code != category.code))
    if twin is not None:
        raise Slipped(Slip.CATEGORY_TAKEN, "name", name=draft.name)
    _check_limits(draft.limits, "")
    for key, limits in draft.otherwise.items():
        _check_limits({**draft.limits, **limits}, f"{key}_")
    if not may_be_offered and (draft.offerable or draft.first in ASKS_VOLUNTEERS):
        raise Slipped(Slip.NEVER_OFFERED, "first")
    if draft.first in ASKS_VOLUNTEERS and not draft.offerable:
        raise Slipped(Slip.NOT_OFFERED, "first")
    if draft.first is First.DEPARTMENT and not draft.department:
        raise Slipped(Slip.DEPARTMENT, "department")
    changed = draft.department != category.department
    if changed and draft.department and draft.department not in departments(session):
        raise Slipped(Slip.DEPARTMENT, "department")
    if not 1 <= draft.needs <= MOST_TOGETHER:
        raise Slipped(Slip.NEEDS, "needs")
    if len(draft.skills) > MOST_SKILLS or any(not 1 <= len(each) <= LONGEST_SKILL for each in draft.skills):
        raise Slipped(Slip.SKILL, "skills")


def _check_limits(limits: Mapping[str, str], prefix: str) -> None:
    lengths = {}
    for step in STEPS:
        try:
            lengths[step] = hours(limits[step])
        except Slipped as slipped:
            raise Slipped(slipped.slip, f"{prefix}{step}") from None
    for step in ("answer", "accept"):
        if lengths[step] > lengths["finish"]:
            raise Slipped(Slip.LIMIT_ORDER, f"{prefix}finish")
