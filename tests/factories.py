"""People, places and tickets for tests: plain functions with a session first and everything else by name."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import areas, dispatch, opening, people
from models.area import Area, AreaKind
from models.category import Category, First, Level
from models.outbox import Notice, NoticeKind
from models.person import Identity, Person, RoleKind
from models.ticket import Ticket, TicketKind, Urgency

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""A Monday, ten in the morning in Shanghai."""

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Street:
    """A small street: two communities, an estate in each, one building in the first."""

    street: Area
    community: Area
    estate: Area
    building: Area
    other_community: Area
    other_estate: Area


def category(
    session: Session,
    code: str,
    *,
    first: First = First.VOLUNTEER,
    level: Level = Level.ESTATE,
    first_answer: str = "1wd",
    accept: str = "2h",
    finish: str = "7wd",
    department: str = "",
    skills: Sequence[str] = (),
    offerable: bool = True,
    limits_by: dict[str, Any] | None = None,
) -> Category:
    """One category; its name is its code."""
    made = Category(
        code=code,
        name=code,
        words={},
        first=first,
        level=level,
        first_answer_limit=first_answer,
        accept_limit=accept,
        finish_limit=finish,
        limits_by=limits_by or {},
        department=department,
        skills=list(skills),
        offerable=offerable,
    )
    session.add(made)
    session.flush()
    return made


def categories(session: Session) -> None:
    """One category for each way of dispatching, and `other`."""
    category(session, "other", first=First.STAFF, level=Level.COMMUNITY)
    category(session, "noise", skills=["调解"], department="城管")
    category(session, "lamp", first=First.GRID)
    category(session, "leak", first=First.PROPERTY)
    category(session, "stall", first=First.DEPARTMENT, level=Level.STREET, department="城管")
    category(session, "theft", first=First.DEPARTMENT, level=Level.DEPARTMENT, department="公安", offerable=False)
    category(session, "quarrel", offerable=False)


def street(session: Session) -> Street:
    """The areas that most tests need."""
    top = areas.add_area(session, AreaKind.STREET, "江湾街道")
    community = areas.add_area(session, AreaKind.COMMUNITY, "香樟社区", parent=top)
    estate = areas.add_area(session, AreaKind.ESTATE, "香樟花园", parent=community)
    building = areas.add_area(session, AreaKind.BUILDING, "6栋", parent=estate, code="A6")
    other = areas.add_area(session, AreaKind.COMMUNITY, "银杏社区", parent=top)
    return Street(
        top, community, estate, building, other, areas.add_area(session, AreaKind.ESTATE, "银杏里", parent=other)
    )


def person(session: Session, name: str = "", *, now: datetime = NOW, channel: str = "official") -> Person:
    """Somebody who has written on `channel`."""
    found = people.meet(session, channel, f"account-{next(_numbers)}", now=now).person
    found.name = name
    session.flush()
    return found


def somebody(
    session: Session,
    kind: RoleKind,
    area: Area,
    *,
    name: str = "",
    skills: Sequence[str] = (),
    department: str = "",
    now: datetime = NOW,
) -> Person:
    """Somebody with a role in an area."""
    found = person(session, name or kind.value, now=now)
    people.grant(session, found, kind, area.id, now=now, department=department)
    people.set_skills(session, found, skills)
    return found


def identity(session: Session, who: Person, *, channel: str = "wecom", account: str | None = None) -> Identity:
    """One more account of a person."""
    made = Identity(person_id=who.id, channel=channel, account=account or f"account-{next(_numbers)}")
    session.add(made)
    session.flush()
    session.expire(who, ["identities"])
    return made


def ticket(
    session: Session,
    by: Person,
    *,
    words: str = "楼下太吵了",
    category: str | None = "noise",
    area: Area | None = None,
    urgency: Urgency = Urgency.NORMAL,
    kind: TicketKind = TicketKind.REPORT,
    danger: str = "",
    now: datetime = NOW,
) -> Ticket:
    """A report as it is just after it was taken; nothing is dispatched yet."""
    where = area.id if area else None
    report = opening.Report(words, category=category, kind=kind, urgency=urgency, danger=danger, area_id=where)
    return opening.open_ticket(session, report, by=by, channel="official", now=now)


def run_dispatch(
    session: Session, which: Ticket, *, now: datetime = NOW, rules: dispatch.Rules = dispatch.DEFAULT
) -> Ticket:
    """Lets dispatch look at a ticket once, as the worker does."""
    dispatch.dispatch(session, which.id, now=now, rules=rules)
    return which


def notices(session: Session, who: Person, kind: NoticeKind | None = None) -> list[Notice]:
    """What somebody was told or will be told, in order."""
    session.flush()
    found = session.scalars(select(Notice).where(Notice.person_id == who.id).order_by(Notice.id))
    return [each for each in found if kind is None or each.kind is kind]
