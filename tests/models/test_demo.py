"""The demo street and the shipped categories: loaded once, however often, and staff's changes stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import areas, demo, dispatch, opening, parties, people
from models.area import Area
from models.base import Base
from models.category import Category
from models.db import Database
from models.offer import Offer
from models.person import Identity, Person, RoleKind
from models.seed import CategoryMissing, seed_categories
from nlp import categories
from tests.factories import NOW


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A database with nothing in it."""
    with database.transaction() as session:
        yield session


def counts(session: Session) -> dict[str, int | None]:
    return {
        table.name: session.scalar(select(func.count()).select_from(table)) for table in Base.metadata.sorted_tables
    }


def accounts(session: Session, channel: str) -> dict[str, Person]:
    return {each.account: each.person for each in session.scalars(select(Identity).where(Identity.channel == channel))}


def known_as(session: Session, account: str) -> Person:
    return accounts(session, "official")[account]


def test_loading_the_street_twice_changes_nothing(session: Session) -> None:
    demo.load(session, now=NOW)
    once = counts(session)
    demo.load(session, now=NOW)
    assert counts(session) == once


def test_everybody_is_known_where_the_street_says(session: Session) -> None:
    demo.load(session, now=NOW)
    one = [f"demo-resident-{number}" for number in range(1, 6)] + ["demo-rider-1", "demo-rider-2"]
    two = [f"demo-member-{number}" for number in range(1, 7)]
    two += ["demo-grid-1", "demo-staff-1", "demo-staff-2", "demo-street-1", "demo-dept-1"]
    official, wecom = accounts(session, "official"), accounts(session, "wecom")
    assert set(one) | set(two) <= set(official)
    assert not set(one) & set(wecom)
    assert [official[account] for account in two] == [wecom[account] for account in two]


def test_the_first_resident_lives_in_building_six(session: Session) -> None:
    demo.load(session, now=NOW)
    resident = known_as(session, "demo-resident-1")
    assert resident.home_area_id is not None
    home = session.get_one(Area, resident.home_area_id)
    assert areas.full_name(session, home) == "香樟花园6栋"
    assert areas.by_code(session, " a6 ") is home
    assert [each.name for each in areas.ancestors(session, home)] == [
        "6栋",
        "香樟花园",
        "香樟社区",
        "江湾街道",
        "演示区",
    ]


def test_every_estate_and_community_has_somebody_who_looks_after_it(session: Session) -> None:
    demo.load(session, now=NOW)
    for area in areas.all_areas(session):
        if area.kind in ("estate", "community"):
            assert area.grid_worker_id is not None
        if area.kind in ("estate", "community", "street"):
            assert area.secretary_id is not None
    worker = known_as(session, "demo-grid-1")
    estate = session.scalar(select(Area).where(Area.name == "香樟花园"))
    assert estate is not None
    assert estate.grid_worker_id == worker.id


def test_every_kind_of_help_has_two_members_in_the_first_community(session: Session) -> None:
    seed_categories(session, categories.load())
    demo.load(session, now=NOW)
    resident = known_as(session, "demo-resident-1")
    session.execute(update(Person).values(most_offers=99))
    for seed in categories.load():
        if seed.first is not categories.First.VOLUNTEER:
            continue
        report = opening.Report("…", category=seed.code, area_id=resident.home_area_id)
        ticket = opening.open_ticket(session, report, by=resident, channel="official", now=NOW)
        dispatch.dispatch(session, ticket.id, now=NOW)
        asked = session.scalars(select(Offer.person_id).where(Offer.ticket_id == ticket.id)).all()
        assert len(asked) >= 2, seed.code


def test_the_departments_of_the_street_are_those_of_the_categories(session: Session) -> None:
    demo.load(session, now=NOW)
    assert [each.name for each in parties.named(session, "城管", place=None)] == ["城管"]
    assert "城管" in {seed.department for seed in categories.load()}


def test_somebody_who_wrote_before_the_street_was_loaded_becomes_who_they_are(session: Session) -> None:
    early = people.meet(session, "wecom", "demo-member-1", now=NOW).person
    demo.load(session, now=NOW)
    assert known_as(session, "demo-member-1") is early
    assert people.has_role(early, RoleKind.MEMBER)


def test_what_people_changed_since_stays(session: Session) -> None:
    demo.load(session, now=NOW)
    member = known_as(session, "demo-member-1")
    member.name = "老李"
    member.roles[0].status = member.roles[0].status.ENDED
    people.set_skills(session, member, ["园艺"])
    demo.load(session, now=NOW)
    assert member.name == "老李"
    assert not people.has_role(member, RoleKind.MEMBER)
    assert [skill.skill for skill in member.skills] == ["园艺"]


def test_a_street_with_one_channel_has_nobody_on_the_other(session: Session) -> None:
    demo.load(session, now=NOW, channels=("official",))
    assert accounts(session, "wecom") == {}
    demo.load(session, now=NOW)
    assert accounts(session, "wecom")["demo-member-1"] is known_as(session, "demo-member-1")


def test_the_shipped_categories_are_added_once_and_staffs_changes_stay(session: Session) -> None:
    shipped = categories.load()
    assert seed_categories(session, shipped) == len(shipped) == 29
    noise = session.get_one(Category, "noise")
    noise.accept_limit = "4h"
    session.flush()
    assert seed_categories(session, [*shipped, replace(shipped[0], code="new")]) == 1
    session.expire_all()
    assert noise.accept_limit == "4h"
    assert session.get_one(Category, "new").words == shipped[0].words


def test_without_the_category_other_nothing_could_be_taken(session: Session) -> None:
    with pytest.raises(CategoryMissing):
        seed_categories(session, [seed for seed in categories.load() if seed.code != "other"])
