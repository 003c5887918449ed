"""Who is asked first, who is not asked and why, and that nobody is asked all the time."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import dispatch, matching, opening, people, tickets
from models.area import Area, AreaKind
from models.areas import add_area
from models.category import Category
from models.errors import Refused
from models.matching import Candidate
from models.offer import Offer, Wave
from models.person import NEVER, Person, Role, RoleKind
from models.ticket import Ticket
from tests import factories
from tests.factories import NOW
from tests.models.conftest import World

HOUR = timedelta(hours=1)


def searched(session: Session, ticket: Ticket, *, size: int = 3, now: datetime = NOW) -> matching.Found:
    return matching.search(session, ticket, session.get_one(Category, ticket.category), size=size, now=now)


def picked(found: matching.Found) -> list[int]:
    return [each.person_id for each in found.choices]


def gini(counts: list[int]) -> float:
    """0 when all have the same, towards 1 when one has everything."""
    ordered = sorted(counts)
    weighted = sum((2 * index - len(ordered) + 1) * count for index, count in enumerate(ordered))
    return weighted / (len(ordered) * sum(ordered))


# ---------------------------------------------------------------- the order


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    takes=st.floats(0.02, 1),
    hours=st.floats(0.1, 48),
    minutes=st.integers(1, 240),
)
def test_twenty_equals_are_asked_equally_often_over_a_thousand_tickets(
    seed: int, takes: float, hours: float, minutes: int
) -> None:
    chance, now = random.Random(seed), NOW
    asked, done, offers = [NEVER] * 20, [0] * 20, [0] * 20
    tasks: list[list[datetime]] = [[] for _ in range(20)]
    for _ in range(1000):
        now += timedelta(minutes=minutes)
        for each in range(20):
            done[each] += sum(end <= now for end in tasks[each])
            tasks[each] = [end for end in tasks[each] if end > now]
        equals = [Candidate(each, asked[each], 300.0, len(tasks[each]), 0, done[each]) for each in range(20)]
        wave = [each.person_id for each in matching.rank(equals)[:3]]
        for each in wave:
            asked[each], offers[each] = now, offers[each] + 1
        willing = [each for each in wave if chance.random() < takes]
        if willing:
            tasks[chance.choice(willing)].append(now + timedelta(hours=hours * chance.random()))
    assert sum(offers) == 3000
    assert gini(offers) <= 0.10


def test_twenty_neighbours_are_asked_equally_often_by_the_real_search(session: Session, world: World) -> None:
    here = add_area(session, AreaKind.ESTATE, "新苑", parent=world.street.other_community)
    equals = [
        factories.somebody(session, RoleKind.MEMBER, here, skills=["调解"], name=f"邻居{number}")
        for number in range(20)
    ]
    now = NOW
    for _ in range(60):
        now += timedelta(minutes=7)
        ticket = factories.run_dispatch(session, factories.ticket(session, world.resident, area=here, now=now), now=now)
        for person_id in session.scalars(select(Offer.person_id).where(Offer.ticket_id == ticket.id)).all():
            tickets.decline(session, ticket, "", by=session.get_one(Person, person_id), now=now)
    counts = [len(session.scalars(select(Offer.id).where(Offer.person_id == each.id)).all()) for each in equals]
    assert sum(counts) == 180
    assert gini(counts) <= 0.10


def test_rest_comes_first_and_the_others_move_by_a_few_places_only() -> None:
    def first(*candidates: Candidate) -> int:
        return matching.rank(candidates)[0].person_id

    rested, tired = NOW - 9 * HOUR, NOW - HOUR
    assert first(Candidate(1, tired), Candidate(2, rested)) == 2
    assert first(Candidate(1, rested, metres=2900), Candidate(2, tired, metres=100)) == 2
    assert first(Candidate(1, rested, in_hand=1), Candidate(2, tired)) == 2
    assert first(Candidate(1, rested, open_offers=1), Candidate(2, tired)) == 2
    assert first(Candidate(1, rested), Candidate(2, tired, completed=3)) == 1
    assert first(Candidate(1, rested), Candidate(2, tired, completed=7)) == 2
    veteran = Candidate(9, NOW, completed=10_000)
    queue = [Candidate(each, NOW - (9 - each) * HOUR) for each in range(9)]
    assert matching.rank([*queue, veteran]).index(veteran) >= 6


@given(completed=st.integers(0, 500), more=st.integers(0, 500))
def test_completing_never_lowers_anybody(completed: int, more: int) -> None:
    others = [Candidate(each, NOW - each * HOUR, 300) for each in range(1, 8)]
    place = [
        [each.person_id for each in matching.rank([*others, Candidate(0, NOW, 300, completed=count)])].index(0)
        for count in (completed, completed + more)
    ]
    assert place[1] <= place[0]


def test_declining_and_giving_back_change_nothing_about_the_order(session: Session, world: World) -> None:
    ticket = factories.run_dispatch(session, factories.ticket(session, world.resident, area=world.street.building))
    later = NOW + HOUR / 4
    tickets.decline(session, ticket, "今天加班", by=world.member, now=later)
    tickets.accept(session, ticket, by=world.second_member, now=later)
    tickets.release(session, ticket, "孩子病了", by=world.second_member, now=later)
    another = factories.ticket(session, world.resident, area=world.street.building, now=later)
    assert picked(searched(session, another, now=later)) == [world.member.id, world.second_member.id]


# ---------------------------------------------------------------- who


def test_the_nearer_home_is_asked_first(session: Session, world: World) -> None:
    here = world.street
    here.building.lat, here.building.lng = 30.505, 114.001
    far, near = (
        add_area(session, AreaKind.BUILDING, name, parent=here.estate, lat=lat, lng=114.001)
        for name, lat in (("1栋", 30.52), ("2栋", 30.507))
    )
    world.member.home_area_id, world.second_member.home_area_id = far.id, near.id
    found = searched(session, factories.ticket(session, world.resident, area=here.building))
    assert picked(found) == [world.second_member.id, world.member.id]
    assert [each.metres for each in found.choices] == [222, 1668]
    assert [("near" in each.reasons) for each in found.choices] == [True, False]


def test_the_next_estate_then_the_nearest_community_then_the_street_are_looked_at(
    session: Session, world: World
) -> None:
    here = world.street
    here.community.lat, here.community.lng = 30.504, 114.002
    here.other_community.lat, here.other_community.lng = 30.55, 114.002
    for name, lat in (("近邻社区", 30.506), ("近旁社区", 30.51)):
        add_area(session, AreaKind.COMMUNITY, name, parent=here.street, lat=lat, lng=114.002)
    sibling = add_area(session, AreaKind.ESTATE, "滨江雅苑", parent=here.community)
    close = session.scalars(select(Area).where(Area.name == "近邻社区")).one()
    for person in (world.member, world.second_member):
        person.away_until = NOW + HOUR
    homes = [(sibling, "community"), (close, "neighbours"), (here.other_community, "street")]
    people_there = [factories.somebody(session, RoleKind.MEMBER, area, skills=["调解"]) for area, _ in homes]
    ticket = factories.ticket(session, world.resident, area=here.building)
    for person, (_, ring) in zip(people_there, homes, strict=True):
        [choice] = searched(session, ticket).choices
        assert (choice.person_id, choice.reasons[1]) == (person.id, ring)
        person.away_until = NOW + HOUR
    assert searched(session, ticket).shortfalls == {"away": 5}


def test_everybody_who_is_not_asked_is_counted_by_reason_and_never_named(session: Session, world: World) -> None:
    here = world.street.community

    def neighbour(skill: str = "调解") -> Person:
        return factories.somebody(session, RoleKind.MEMBER, here, skills=[skill], name="老邻居")

    neighbour("园艺")
    neighbour().away_until = NOW + HOUR
    neighbour().minor = True
    not_now, busy = neighbour(), neighbour()
    not_now.free_from, not_now.free_until = 18, 21
    busy.most_offers = 0
    ticket = factories.ticket(session, world.member, area=world.street.building)
    found = searched(session, ticket)
    assert picked(found) == [world.second_member.id]
    assert found.shortfalls == {"skill": 1, "away": 1, "minor": 1, "hours": 1, "busy": 1, "conflict": 1}


@pytest.mark.parametrize(
    ("free_from", "free_until", "hour", "asked"),
    [
        (18, 21, 10, False),
        (18, 21, 18, True),
        (18, 21, 21, False),
        (22, 6, 23, True),
        (22, 6, 5, True),
        (22, 6, 6, False),
    ],
)
def test_people_are_asked_at_their_own_times_of_day(
    session: Session, world: World, free_from: int, free_until: int, hour: int, asked: bool
) -> None:
    world.second_member.away_until = NOW + 99 * HOUR
    world.member.free_from, world.member.free_until = free_from, free_until
    now = NOW + (hour - 10) * HOUR
    found = searched(session, factories.ticket(session, world.resident, area=world.street.building), now=now)
    assert bool(found.choices) is asked


def test_nobody_gets_more_open_offers_than_they_want(session: Session, world: World) -> None:
    world.member.most_offers = 1
    for _ in range(5):
        factories.run_dispatch(session, factories.ticket(session, world.resident, area=world.street.building))
    counts = [
        len(session.scalars(select(Offer.id).where(Offer.person_id == each.id)).all())
        for each in (world.member, world.second_member)
    ]
    assert counts == [1, 3]


def test_household_and_whoever_is_named_are_not_asked(session: Session, world: World) -> None:
    here = world.street
    for person in (world.resident, world.member):
        person.home_area_id, person.home_room = here.building.id, "301"
    world.second_member.name = "赵明远"
    ticket = factories.ticket(session, world.resident, words="赵明远家天天打麻将", area=here.building)
    found = searched(session, ticket)
    assert not found.choices
    assert found.shortfalls == {"conflict": 2}


def test_in_a_dispute_nobody_of_the_same_building_is_asked(session: Session, world: World) -> None:
    factories.category(session, "neighbor_dispute", skills=["调解"])
    world.member.home_area_id = world.street.building.id
    for category, expected in (
        ("neighbor_dispute", [world.second_member.id]),
        ("noise", [world.member.id, world.second_member.id]),
    ):
        ticket = factories.ticket(session, world.resident, category=category, area=world.street.building)
        assert picked(searched(session, ticket)) == expected


def test_a_minor_is_not_asked_by_staff_either(session: Session, world: World) -> None:
    world.member.minor = True
    ticket = factories.ticket(session, world.resident, area=world.street.building)
    with pytest.raises(Refused):
        dispatch.offer_to(session, ticket, world.member, by=world.staff, now=NOW)


def test_whoever_was_asked_goes_to_the_end_of_the_queue_everywhere(session: Session, world: World) -> None:
    people.grant(session, world.member, RoleKind.MEMBER, world.street.other_community.id, now=NOW)
    factories.run_dispatch(session, factories.ticket(session, world.resident, area=world.street.building))
    assert set(session.scalars(select(Role.asked_at).where(Role.person_id == world.member.id))) == {NOW}


# ---------------------------------------------------------------- what is kept


def test_the_whole_result_is_stored_with_the_wave(session: Session, world: World) -> None:
    factories.somebody(session, RoleKind.MEMBER, world.street.community, skills=["园艺"])
    ticket = factories.run_dispatch(session, factories.ticket(session, world.resident, area=world.street.building))
    [wave] = session.scalars(select(Wave).where(Wave.ticket_id == ticket.id))
    assert (wave.number, wave.mode, wave.at, wave.expires_at) == (1, "volunteers", NOW, NOW + HOUR / 2)
    assert [each["person"] for each in wave.picks["list"]] == [world.member.id, world.second_member.id]
    assert all(each["why"] for each in wave.picks["list"])
    assert wave.shortfalls == {"skill": 1}
    assert wave.area_id == world.street.building.id


# ---------------------------------------------------------------- services


def _asks_for(session: Session, world: World, service: str, *, category: str = "other") -> Ticket:
    report = opening.Report("…", service=service, area_id=world.street.building.id, category=category)
    return opening.open_ticket(session, report, by=world.resident, channel="official", now=NOW)


def test_whoever_offers_a_service_is_asked_first_and_nobody_is_left_out(session: Session, world: World) -> None:
    barber = factories.somebody(session, RoleKind.MEMBER, world.street.community, skills=["理发"])
    handy = factories.somebody(session, RoleKind.MEMBER, world.street.community, skills=["水电维修"])
    for each in (barber, handy):
        each.roles[0].asked_at = NOW - HOUR
    session.flush()
    found = searched(session, _asks_for(session, world, "理发"), size=9)
    assert picked(found) == [barber.id, world.member.id, world.second_member.id, handy.id]
    assert [any(why == "service:理发" for why in each.reasons) for each in found.choices] == [True, False, False, False]
    ticket = _asks_for(session, world, "修灯")
    found = matching.search(
        session,
        ticket,
        session.get_one(Category, ticket.category),
        size=1,
        now=NOW,
        kindred=frozenset({"水电维修"}),
    )
    assert picked(found) == [handy.id]


def test_a_service_goes_to_neighbours_whatever_it_is_filed_under_and_in_twos_into_a_home(
    session: Session, world: World
) -> None:
    rules = dispatch.Rules(in_a_home=frozenset({"理发"}))
    for category, state in (("other", "offered"), ("stall", "offered"), ("theft", "new"), ("quarrel", "new")):
        ticket = _asks_for(session, world, "理发", category=category)
        factories.run_dispatch(session, ticket, rules=rules)
        assert ticket.state == state, category
        assert state == "new" or ticket.needs == 2
    plain = factories.run_dispatch(session, _asks_for(session, world, "取药"), rules=rules)
    assert plain.needs == 1
