"""Who saw and did what: a page for the street and the administrator, narrowed by person, kind and day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint
from sqlalchemy import ColumnElement

from console.house import House, argument, as_id, page_number
from console.sight import Sight
from models import audits
from models.audit import Audit, AuditKind
from models.clock import CHINA
from nlp.category_list import weighed
from texts import audit as said
from texts import health

PAGE_SIZE = 100

EARLIEST = datetime(2000, 1, 1, tzinfo=CHINA)

SEEN = frozenset(kind for kind in AuditKind if kind.value.startswith("saw_"))
CAME_IN = frozenset(
    {
        AuditKind.SIGNED_IN,
        AuditKind.SIGNED_IN_WECOM,
        AuditKind.SIGN_IN_FAILED,
        AuditKind.LOCKED,
        AuditKind.SIGNED_OUT,
        AuditKind.SESSION_ENDED,
        AuditKind.RECOVERY_USED,
    }
)
GROUPS = {"seen": SEEN, "did": frozenset({AuditKind.DID}), "came": CAME_IN}
GROUPS["accounts"] = frozenset(AuditKind) - SEEN - CAME_IN - {AuditKind.DID}


def add_audit(blueprint: Blueprint, house: House) -> None:
    """The page."""

    @blueprint.get("/audit")
    def audit_page() -> str:
        with house.looking() as sight:
            accounts = {each.key: health.channel_name(each.kind, each.key) for each in house.state().channels}
            return house.page("audit.html", sight, **_page(sight, accounts))


def _page(sight: Sight, accounts: Mapping[str, str]) -> dict[str, Any]:
    people = sight.audited()
    chosen = next((each for each in people if each.id == as_id(argument("person"))), None)
    group, day, about = argument("kind", most=10), argument("day", most=10), argument("about", most=40)
    where: list[ColumnElement[bool]] = [Audit.by_id.in_([chosen.id] if chosen else [each.id for each in people])]
    if group in GROUPS:
        where.append(Audit.kind.in_(GROUPS[group]))
    if about:
        where.append(Audit.about.contains(about, autoescape=True))
    try:
        start = datetime.combine(date.fromisoformat(day), time(), CHINA)
    except ValueError:
        day = ""
    else:
        start = min(max(start, EARLIEST), sight.now + timedelta(days=1))
        where += [Audit.at >= start, Audit.at < start + timedelta(days=1)]
    page = page_number()
    rows = audits.found(sight.session, *where, skip=(page - 1) * PAGE_SIZE, most=PAGE_SIZE + 1)
    sight.note(AuditKind.SAW_AUDIT, "audit")
    shown = rows[:PAGE_SIZE]
    named = {as_id(row.about.removeprefix("people/")) for row in shown if row.about.startswith("people/")}
    names = sight.names(named.union(*(said.named_in(row.facts, said.COLLEAGUES) for row in shown)))
    places = set().union(*(said.named_in(row.facts, said.AREAS) for row in shown))
    called = said.Called(
        people=names,
        areas=sight.area_names(places),
        categories=sight.categories(),
        accounts=accounts,
        weigh=weighed,
    )
    return {
        "rows": [(row, said.what(row.kind, row.about, names), said.differences(row.facts, called)) for row in shown],
        "people": people,
        "names": {each.id: each.name for each in people},
        "chosen": chosen,
        "group": group,
        "groups": said.AUDIT_GROUPS,
        "day": day,
        "about": about,
        "said": said,
        "page": page,
        "more": len(rows) > PAGE_SIZE,
        "query": {
            "person": chosen.id if chosen else None,
            "kind": group or None,
            "day": day or None,
            "about": about or None,
        },
    }
