"""Which open tickets are looked at when a new one may tell of the same event."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from models import tickets
from models.duplicates import candidates, estate_of
from tests import factories
from tests.factories import NOW
from tests.models.conftest import World

NOISE = frozenset({"noise"})


def test_the_neighbours_open_ticket_is_looked_at_with_its_words(session: Session, world: World) -> None:
    told = factories.ticket(session, world.resident, words="楼上太吵", category="noise", area=world.street.building)
    found = candidates(session, estate_of(world.street.building), NOISE, now=NOW)
    assert [(each.ticket_id, each.words) for each in found] == [(told.id, "楼上太吵")]


def test_whoever_looks_leaves_out_their_own(session: Session, world: World) -> None:
    told = factories.ticket(session, world.resident, category="noise", area=world.street.building)
    assert candidates(session, estate_of(world.street.building), NOISE, now=NOW, before=told.id) == []


def test_another_category_what_is_over_and_what_is_long_ago_are_not_looked_at(session: Session, world: World) -> None:
    building = world.street.building
    factories.ticket(session, world.resident, category="parking", area=building)
    withdrawn = factories.ticket(session, world.resident, category="noise", area=building)
    tickets.withdraw(session, withdrawn, "", by=world.resident, now=NOW)
    factories.ticket(session, world.resident, category="noise", area=building, now=NOW - timedelta(days=15))
    assert candidates(session, estate_of(building), NOISE, now=NOW) == []
    assert len(candidates(session, estate_of(building), NOISE, now=NOW, window=timedelta(days=30))) == 1


def test_only_the_newest_are_looked_at_however_many_there_are(session: Session, world: World) -> None:
    told = [factories.ticket(session, world.resident, category="noise", area=world.street.building) for _ in range(5)]
    found = candidates(session, estate_of(world.street.building), NOISE, now=NOW, most=3)
    assert [each.ticket_id for each in found] == [each.id for each in reversed(told[-3:])]


def test_the_tickets_are_found_by_an_index(session: Session, world: World) -> None:
    plan = session.execute(
        text(
            "explain query plan select id from tickets where area_id in (1, 2) and category in ('noise', 'fumes')"
            " and opened_at >= '2026-11-09' and state not in ('closed', 'merged') order by opened_at desc limit 50"
        )
    )
    assert any("ix_tickets_place (area_id=? AND category=? AND opened_at>?)" in row[-1] for row in plan)


def test_tasks_and_later_tickets_are_not_looked_at(session: Session, world: World) -> None:
    building = world.street.building
    first = factories.ticket(session, world.resident, category="noise", area=building)
    task = factories.ticket(session, world.staff, category="noise", area=building)
    task.parent_id = first.id
    now = factories.ticket(session, world.resident, category="noise", area=building)
    factories.ticket(session, world.resident, category="noise", area=building)
    assert [each.ticket_id for each in candidates(session, estate_of(building), NOISE, now=NOW, before=now.id)] == [
        first.id
    ]
