"""Giving roles that open the console, for an area, for some categories and for some time, and ending them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import leaving, people
from models.area import Area
from models.category import Category
from models.errors import Refusal, Refused
from models.person import Person, Role, RoleKind, RoleStatus

GIVEN = (
    RoleKind.STAFF,
    RoleKind.STREET,
    RoleKind.DEPARTMENT,
    RoleKind.ADMIN,
    RoleKind.GRID,
    RoleKind.PROPERTY,
    RoleKind.MEMBER,
)
"""What an administrator gives by hand; riders register themselves."""

LIMITABLE = frozenset({RoleKind.STAFF, RoleKind.STREET, RoleKind.DEPARTMENT})
"""What can be given for some categories only."""


def give(
    session: Session,
    person: Person,
    kind: RoleKind,
    area: Area,
    *,
    now: datetime,
    department: str = "",
    categories: Collection[str] = (),
    until: datetime | None = None,
) -> Role:
    """Gives a role, or changes the one of that kind and area.

    Raises Refused: NO_SUCH_DEPARTMENT for a department without a name, TOO_LATE for a time that is over.
    """
    if kind is RoleKind.DEPARTMENT and not department:
        raise Refused(Refusal.NO_SUCH_DEPARTMENT, name="", names=[])
    if until is not None and until <= now:
        raise Refused(Refusal.TOO_LATE, number="")
    known = set(session.scalars(select(Category.code).where(Category.code.in_(categories)))) if categories else set()
    role = people.grant(
        session, person, kind, area.id, now=now, department=department if kind is RoleKind.DEPARTMENT else ""
    )
    role.categories = sorted(known) if kind in LIMITABLE else []
    role.until = until
    session.flush()
    return role


def end(session: Session, role: Role, *, now: datetime) -> None:
    """Ends a role; what the person has in hand because of it goes back to the desk."""
    role.status = RoleStatus.ENDED
    role.until = min(role.until, now) if role.until else now
    session.flush()
    leaving.after_role(session, role, now=now)


def end_run_out(session: Session, *, now: datetime, most: int) -> int:
    """Ends the roles whose time is over; gives how many."""
    over = session.scalars(
        select(Role)
        .where(Role.until <= now, Role.status == RoleStatus.ACTIVE)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    for role in over:
        end(session, role, now=now)
    return len(over)
