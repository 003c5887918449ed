"""What the figures say beside the three rates, against small histories counted by hand."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from models import (
    accounts,
    areas,
    desk,
    dispatch,
    judging,
    merging,
    outcomes,
    recurring,
    statistics,
    summaries,
    tickets,
    weekly,
)
from models.accounts import ISSUED, of_person
from models.area import Area
from models.category import Category
from models.clock import local
from models.db import Database
from models.departments import Draft, enter
from models.figure import HOURS, Measure
from models.ledger import Posting, Unit, Why
from models.measures import Found
from models.outcomes import Colour, Company
from models.party import PartyKind
from models.person import Person
from models.result import Figure
from models.statistics import Share
from models.ticket import Ticket
from tests import factories
from tests.factories import NOW
from tests.models.conftest import World, build_world
from tests.models.test_statistics import forget_sums

DAY = timedelta(days=1)


def collected(session: Session, world: World, days: int = 60) -> Found:
    here = [world.street.community.id]
    return statistics.collect(session, since=NOW - DAY, until=NOW + days * DAY, communities=here, nowhere=False)


def test_reports_are_counted_by_the_hour_people_lived_in(both: Database) -> None:
    with both.transaction() as session:
        world = build_world(session)
        for hour in (0, 0, 1, 14):
            factories.ticket(session, world.resident, area=world.street.building, now=NOW + timedelta(hours=hour))
    with both.reading() as session:
        counts = outcomes.together(collected(session, world))
        first = local(NOW).hour
        expected = Counter({HOURS[(first + hour) % 24]: times for hour, times in ((0, 2), (1, 1), (14, 1))})
        assert {hour: counts[hour] for hour in HOURS if counts[hour]} == dict(expected)
        assert outcomes.told(counts) == 4


def test_what_was_finished_late_breaks_its_limit_and_a_hold_does_not(session: Session, world: World) -> None:
    kept, late = (factories.ticket(session, world.resident, area=world.street.building) for _ in range(2))
    tickets.finish(session, kept, "好了", by=world.staff, now=NOW + timedelta(hours=1))
    tickets.finish(session, late, "好了", by=world.staff, now=NOW + 40 * DAY)
    assert outcomes.finished_in_time(outcomes.together(collected(session, world))) == Share(1, 2)


def test_a_category_is_blamed_for_what_was_taken_for_it(session: Session, world: World) -> None:
    noises = [factories.ticket(session, world.resident, area=world.street.building) for _ in range(4)]
    factories.ticket(session, world.resident, category="lamp", area=world.street.building)
    lost = factories.ticket(session, world.resident, category=None, area=world.street.building)
    factories.ticket(session, world.resident, category=None, area=world.street.building)
    lamp = session.get_one(Category, "lamp")
    for ticket in (noises[0], lost):
        tickets.correct_category(session, ticket, lamp, "", by=world.staff, now=NOW)
    # Changing it back later does not make the first understanding right.
    tickets.correct_category(session, noises[0], session.get_one(Category, "noise"), "", by=world.staff, now=NOW + DAY)
    found = {each.category: each.share for each in outcomes.understood(collected(session, world))}
    assert found == {"noise": Share(1, 4), "lamp": Share(0, 1), "": Share(1, 2)}


def test_a_wave_succeeds_when_somebody_of_it_says_yes(session: Session, world: World) -> None:
    taken, alone = (factories.ticket(session, world.resident, area=world.street.building) for _ in range(2))
    for ticket in (taken, alone):
        factories.run_dispatch(session, ticket, rules=dispatch.DEFAULT)
    tickets.accept(session, taken, by=world.member, now=NOW + timedelta(minutes=1))
    first, second, _ = outcomes.waves(outcomes.together(collected(session, world)))
    assert (first, second) == (Share(1, 2), Share(0, 0))


def test_hours_of_volunteers_are_a_sum_and_what_was_a_mistake_is_taken_out(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, area=world.street.building)

    def served(who: Person, minutes: int) -> Posting:
        accounts.switch_on(session, who, now=NOW)
        moves = {of_person(who.id): minutes, ISSUED: -minutes}
        source = f"test:{who.id}"
        made = accounts.post(session, Why.SERVICE, Unit.MINUTES, moves, source=source, now=NOW, ticket_id=ticket.id)
        assert made is not None
        return made

    served(world.member, 60)
    posted = served(world.second_member, 45)
    accounts.correct(session, posted, "记错了", by=world.staff, now=NOW + DAY)
    counts = outcomes.together(collected(session, world))
    assert (counts[Measure.MINUTES], counts[Measure.SERVED]) == (60, 1)


def test_a_property_company_is_counted_by_what_it_finished_and_residents_gave_back(
    session: Session, world: World
) -> None:
    draft = Draft("香樟物业", PartyKind.PROPERTY, world.street.street.id)
    enter(session, draft)
    for number in range(4):
        ticket = factories.ticket(session, world.resident, area=world.street.building)
        desk.assign(session, ticket, "香樟物业" if number else "城管", "", by=world.staff, now=NOW)
        now = NOW + (40 * DAY if number == 3 else timedelta(hours=2))
        tickets.finish(session, ticket, "好了", by=world.staff, now=now)
        if number < 3:
            judging.evaluate(session, ticket, 3 if number == 2 else 1, "", by=world.resident, now=now)
    [company] = outcomes.companies(session, collected(session, world))
    assert (company.name, company.finished, company.in_time, company.returned) == (
        "香樟物业", 3, Share(2, 3), Share(1, 2),
    )  # fmt: skip
    assert company.colour is Colour.FEW


@pytest.mark.parametrize(
    ("finished", "kept", "returned", "colour"),
    [
        (9, Share(9, 9), Share(0, 9), Colour.FEW),
        (10, Share(9, 10), Share(1, 10), Colour.RED),
        (10, Share(8, 10), Share(0, 10), Colour.NEITHER),
        (10, Share(10, 10), Share(2, 10), Colour.NEITHER),
        (10, Share(5, 10), Share(0, 10), Colour.BLACK),
        (10, Share(10, 10), Share(4, 10), Colour.BLACK),
        (10, Share(10, 10), Share(0, 4), Colour.FEW),
        (10, Share(5, 10), Share(0, 0), Colour.BLACK),
        (10, Share(4, 4), Share(0, 10), Colour.FEW),
    ],
)
def test_a_colour_needs_enough_and_follows_the_stated_bounds(
    finished: int, kept: Share, returned: Share, colour: Colour
) -> None:
    assert Company("香樟物业", finished, kept, returned).colour is colour


def test_a_problem_that_comes_again_says_since_when_and_neighbours_of_one_event_are_one_matter(
    session: Session, world: World
) -> None:
    for days in (-70, -20, -5, -1):
        factories.ticket(session, world.resident, area=world.street.building, now=NOW + days * DAY)
    same, first = (
        factories.ticket(session, each, area=world.street.estate) for each in (world.stranger, world.resident)
    )
    merging.merge(session, same, first, by=world.street_staff, now=NOW)
    factories.ticket(session, world.resident, category="lamp", area=world.street.building)
    [problem] = recurring.problems(
        session, since=NOW - 90 * DAY, until=NOW + DAY, communities=[world.street.community.id]
    )
    assert (problem.area_id, problem.category) == (world.street.estate.id, "noise")
    assert (problem.matters, problem.reports) == (4, 5)
    assert problem.since == local(NOW - 20 * DAY).date(), "before that a whole month was quiet"
    elsewhere = [world.street.other_community.id]
    assert recurring.problems(session, since=NOW - 90 * DAY, until=NOW + DAY, communities=elsewhere) == []


def test_a_week_stands_beside_the_week_before(session: Session, world: World) -> None:
    monday = date(2026, 11, 23)
    begin = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
    for days in (-5, 1, 2, 9):
        factories.ticket(session, world.resident, area=world.street.building, now=begin + days * DAY)
    week = weekly.week(session, world.street.community, [world.street.community.id], monday, now=begin + 10 * DAY)
    assert (week.this.told, week.before.told, week.by_category) == (2, 1, {"noise": (2, 1)})
    assert (week.last, week.open_count) == (date(2026, 11, 29), 4)
    assert [each.opened_at for each in week.late] == sorted(each.opened_at for each in week.late)
    assert week.late_count == len(week.late) > 0


def test_sums_of_months_say_the_same_as_the_rows_and_a_touched_day_takes_its_month_away(both: Database) -> None:
    with both.transaction() as session:
        world = build_world(session)
        made = [
            factories.ticket(session, world.resident, area=world.street.building, now=NOW + number * 3 * DAY)
            for number in range(12)
        ]
        for number, ticket in enumerate(made):
            tickets.finish(session, ticket, "好了", by=world.staff, now=NOW + (number * 3 + 1) * DAY)
        later = NOW + 75 * DAY
        summaries.follow(session, now=later + DAY, most=5000)
    street, inside = world.street.street.id, [world.street.community.id, world.street.other_community.id]
    since = datetime.fromisoformat("2026-11-01T00:00:00+08:00")
    until = datetime.fromisoformat("2027-02-01T00:00:00+08:00")

    def whole(session: Session) -> Found:
        return statistics.collect(
            session, since=since, until=until, communities=inside, nowhere=True, places={street: inside}
        )

    with both.transaction() as session:
        counted = whole(session)
        assert {key[0] for key in counted} == {street}
        for day in summaries.to_sum(session, now=later, most=100):
            summaries.sum_up(session, day)
        months = summaries.months_to_sum(session)
        assert [f"{each:%Y-%m}" for each in months][-2:] == ["2026-12", "2026-11"]
        for month in months:
            summaries.sum_up_month(session, month)
    with both.transaction() as session:
        settled = summaries.settled(session, since=since, until=until)
        assert len(settled.months) == len(months) >= 2
        assert {key: +counts for key, counts in whole(session).items()} == counted
        judging.evaluate(session, session.get_one(Ticket, made[0].id), 1, "", by=world.resident, now=later)
        assert counted != whole(session), "what was judged long after counts at once"
        assert date(2026, 12, 1) in summaries.settled(session, since=since, until=until).months
        summaries.follow(session, now=later + DAY, most=5000)
        left = summaries.settled(session, since=since, until=until).months
        assert [f"{each:%Y-%m}" for each in months if each not in left] == ["2026-11"]
        by_sums = whole(session)
        for day in summaries.to_sum(session, now=later, most=100):
            summaries.sum_up(session, day)
        assert {key: +counts for key, counts in whole(session).items()} == by_sums, "no month is older than its days"
        forget_sums(session)
        assert whole(session) == by_sums
        assert outcomes.together(by_sums)[Figure.SATISFIED] == 1


def test_a_street_beside_a_community_holds_what_its_communities_hold_one_by_one(both: Database) -> None:
    with both.transaction() as session:
        world = build_world(session)
        here, there = world.street.community.id, world.street.other_community.id
        told: list[Area | None] = [world.street.building, world.street.other_community, world.street.building, None]
        for number, place in enumerate(told):
            ticket = factories.ticket(session, world.resident, area=place, now=NOW + number * DAY / 3)
            tickets.finish(session, ticket, "好了", by=world.street_staff, now=NOW + DAY)
            judging.evaluate(session, ticket, 1 + number % 3, "", by=world.resident, now=NOW + 40 * DAY)
        since = datetime.fromisoformat("2026-11-01T00:00:00+08:00")
        street, until = world.street.street.id, since + 40 * DAY
        apart = statistics.collect(session, since=since, until=until, communities=[here, there], nowhere=True)
        assert {key[0] for key in apart} == {here, there, None}
        expected: Found = {}
        for (community, category, party), counts in apart.items():
            shown_as = street if community == here else community
            expected.setdefault((shown_as, category, party), Counter()).update(counts)
        together = statistics.collect(
            session, since=since, until=until, communities=[here, there], nowhere=True, places={street: [here]}
        )
    assert together == expected
    assert outcomes.together(together)[Figure.SATISFIED] == 2, "judged long after, and counted all the same"


def test_a_community_that_moves_to_another_street_takes_no_sum_along(both: Database) -> None:
    with both.transaction() as session:
        world = build_world(session)
        factories.ticket(session, world.resident, area=world.street.building)
        summaries.follow(session, now=NOW + 100 * DAY, most=5000)
        summaries.sum_up(session, local(NOW).date())
        begin = datetime.combine(local(NOW).date(), datetime.min.time(), local(NOW).tzinfo)
        assert summaries.settled(session, since=begin, until=begin + DAY).days
        other = areas.add_area(session, world.street.street.kind, "别的街道")
        session.merge(world.street.community).path = f"{other.path}{world.street.community.id}/"
        session.flush()
        assert not summaries.settled(session, since=begin, until=begin + DAY).days
        summaries.sum_up(session, local(NOW).date())
        found = statistics.collect(
            session,
            since=begin,
            until=begin + DAY,
            communities=[world.street.community.id],
            nowhere=False,
            places={other.id: [world.street.community.id]},
        )
        assert {key[0]: outcomes.told(counts) for key, counts in found.items()} == {other.id: 1}
