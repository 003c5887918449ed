"""Filling an empty table of categories from the shipped ones, which reach us as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.base import insert
from models.category import Category, First, Level
from models.opening import OTHER


class LimitsSeed(Protocol):
    """How long each step of a category may take, such as "2h" and "7wd"."""

    @property
    def first_answer(self) -> str: ...
    @property
    def accept(self) -> str: ...
    @property
    def finish(self) -> str: ...
    @property
    def by(self) -> Mapping[str, Mapping[str, str]]: ...


class CategorySeed(Protocol):
    """One shipped category; `first` and `level` are the values of the words in models.category."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def words(self) -> Mapping[str, float]: ...
    @property
    def first(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def limits(self) -> LimitsSeed: ...
    @property
    def department(self) -> str: ...
    @property
    def skills(self) -> Sequence[str]: ...
    @property
    def offerable(self) -> bool: ...
    @property
    def needs(self) -> int: ...
    @property
    def waves(self) -> Mapping[str, Any]: ...


class CategoryMissing(Exception):
    """Without the category `other` a report that nobody understands could not be taken."""


def seed_categories(session: Session, seeds: Sequence[CategorySeed]) -> int:
    """Adds the categories that are not there yet, leaves the others as staff made them, gives how many were added.

    Raises CategoryMissing when there is no `other` afterwards.
    """
    before = _count(session)
    for seed in seeds:
        # Two processes that start together may both come here.
        session.execute(
            insert(session, Category)
            .values(
                code=seed.code,
                name=seed.name,
                words=dict(seed.words),
                first=First(seed.first),
                level=Level(seed.level),
                first_answer_limit=seed.limits.first_answer,
                accept_limit=seed.limits.accept,
                finish_limit=seed.limits.finish,
                limits_by={name: dict(other) for name, other in seed.limits.by.items()},
                department=seed.department,
                skills=list(seed.skills),
                offerable=seed.offerable,
                needs=seed.needs,
                waves=dict(seed.waves),
            )
            .on_conflict_do_nothing()
        )
    if session.get(Category, OTHER) is None:
        raise CategoryMissing(OTHER)
    return _count(session) - before


def _count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Category)) or 0
