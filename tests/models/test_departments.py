"""Parties, their book, links under the hand of many, the turns of a border, and the admitted list."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    departments,
    desk,
    finding,
    joints,
    judging,
    links,
    merging,
    parties,
    pushing,
    responsible,
    statistics,
    tickets,
    transitions,
)
from models.category import Category, Level
from models.db import Database
from models.departments import Draft
from models.errors import Refusal, Refused
from models.joint import JointArea, JointNode, Turn
from models.party import Assignment, End, PartyKind
from models.person import Person, RoleKind
from models.statistics import FirstGiven
from models.ticket import Ticket, TicketEvent, TicketState, Urgency
from tests import factories
from tests.factories import NOW
from tests.models.conftest import World, build_world
from tests.models.test_races import at_once


def partner(session: Session, world: World, name: str = "供电所", **how: object) -> None:
    draft = Draft(name, PartyKind.UTILITY, world.street.street.id, contact="抢修班", **how)  # type: ignore[arg-type]
    departments.enter(session, draft)


def assigned(session: Session, world: World, to: str = "供电所") -> Ticket:
    ticket = factories.ticket(session, world.resident, area=world.street.building)
    desk.assign(session, ticket, to, "", by=world.staff, now=NOW)
    return ticket


# ---------------------------------------------------------------- many at once


def test_of_ten_answers_by_one_link_at_once_one_counts(both: Database) -> None:
    with both.transaction() as session:
        world = build_world(session)
        partner(session, world)
        ticket_id = assigned(session, world).id
        token, _ = links.make(session, session.get_one(Ticket, ticket_id), by=world.staff, now=NOW, hours=72)

    def answer(index: int) -> bool:
        with both.transaction() as session:
            return links.answer(session, token, "已修好", finished=index % 2 == 0, now=NOW)

    assert Counter(at_once(10, answer)) == {True: 1, False: 9}
    with both.reading() as session:
        actions = session.scalars(select(TicketEvent.action).where(TicketEvent.ticket_id == ticket_id)).all()
        assert Counter(actions)["finish"] + Counter(actions)["return"] == 1


def test_of_ten_decisions_at_once_about_one_return_one_counts(both: Database) -> None:
    with both.transaction() as session:
        world = build_world(session)
        partner(session, world)
        ticket = assigned(session, world, "城管")
        desk.send_back(session, ticket, "不归我们", by=world.clerk, now=NOW)
        ticket_id, street_id = ticket.id, world.street_staff.id

    def decide(index: int) -> str:
        with both.transaction() as session:
            ticket, by = session.get_one(Ticket, ticket_id), session.get_one(Person, street_id)
            if index % 2:
                departments.keep(session, ticket, "归你们", by=by, now=NOW)
            else:
                departments.take_in(session, ticket, "", by=by, now=NOW)
            return "decided"

    got = Counter(at_once(10, decide))
    assert got["decided"] == 1
    with both.reading() as session:
        ticket = session.get_one(Ticket, ticket_id)
        book = session.scalars(select(Assignment).where(Assignment.ticket_id == ticket_id)).all()
        assert sum(row.ended_at is None for row in book) == int(ticket.state is TicketState.ASSIGNED)


@pytest.mark.parametrize("urgency", [Urgency.NORMAL, Urgency.EMERGENCY])
def test_an_emergency_does_not_wait_for_the_streets_decision(session: Session, world: World, urgency: Urgency) -> None:
    ticket = assigned(session, world, "城管")
    desk.send_back(session, ticket, "不归我们", by=world.clerk, now=NOW)
    ticket.urgency = urgency
    if urgency is Urgency.EMERGENCY:
        tickets.finish(session, ticket, "人已分开", by=world.staff, now=NOW)
        assert ticket.returned_by == ""
    else:
        with pytest.raises(Refused) as caught:
            tickets.finish(session, ticket, "好了", by=world.staff, now=NOW)
        assert caught.value.reason is Refusal.STREET_DECIDES


# ---------------------------------------------------------------- whom a place has


def test_of_two_parties_of_one_name_the_nearest_serves(session: Session, world: World) -> None:
    draft = Draft("物业", PartyKind.PROPERTY, world.street.street.id)
    far = departments.enter(session, draft)
    near = departments.enter(session, Draft("物业", PartyKind.PROPERTY, world.street.estate.id))
    assert parties.named(session, "物业", place=world.street.building) == [near]
    assert parties.named(session, "物业", place=world.street.other_estate) == [far]


def test_a_party_of_one_estate_answers_there_and_nowhere_else(session: Session, world: World) -> None:
    manager = factories.somebody(session, RoleKind.DEPARTMENT, world.street.estate, department="香樟物业")
    ticket = assigned(session, world, "香樟物业")
    desk.claim(session, ticket, by=manager, now=NOW)
    assert ticket.assignee_id == manager.id
    elsewhere = factories.ticket(session, world.resident, area=world.street.other_estate)
    with pytest.raises(Refused) as caught:
        desk.assign(session, elsewhere, "香樟物业", "", by=world.street_staff, now=NOW)
    assert caught.value.reason is Refusal.NO_SUCH_DEPARTMENT


def test_the_heir_of_a_ticket_that_was_taken_back_keeps_what_was_given_and_its_link(
    session: Session, world: World
) -> None:
    partner(session, world)
    ticket = assigned(session, world)
    follower = factories.ticket(session, world.stranger, area=world.street.building)
    merging.merge(session, follower, ticket, by=world.staff, now=NOW)
    token, _ = links.make(session, ticket, by=world.staff, now=NOW, hours=72)
    tickets.withdraw(session, ticket, "", by=world.resident, now=NOW)
    assert (follower.state, follower.department) == (TicketState.ASSIGNED, "供电所")
    assert links.answer(session, token, "修好了", finished=True, now=NOW)
    assert follower.state is TicketState.RESOLVED


def test_a_slip_that_is_taken_back_leaves_the_street_nothing_to_decide(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, area=world.street.building)
    tickets.finish(session, ticket, "好了", by=world.staff, now=NOW)
    judging.evaluate(session, ticket, 3, "按错了", by=world.resident, now=NOW)
    desk.assign(session, ticket, "城管", "", by=world.staff, now=NOW)
    desk.send_back(session, ticket, "不归我们", by=world.clerk, now=NOW)
    judging.reevaluate(session, ticket, 1, "", by=world.resident, now=NOW, hours=24)
    assert (ticket.state, ticket.returned_by) == (TicketState.CLOSED, "")
    [given] = session.scalars(select(Assignment))
    assert given.end is End.OVER


# ---------------------------------------------------------------- first dispatch


def test_the_first_dispatch_counts_only_what_is_known(session: Session, world: World) -> None:
    partner(session, world)

    def count() -> dict[FirstGiven, int]:
        found = statistics.first_given(
            session, since=NOW, until=NOW + timedelta(days=1), communities=[world.street.community.id], nowhere=False
        )
        return dict(sum(found.values(), Counter()))

    finished, kept, moved, back, over = (assigned(session, world, "城管") for _ in range(5))
    assert count() == {FirstGiven.STILL: 5}
    tickets.finish(session, finished, "好了", by=world.clerk, now=NOW)
    for ticket in (kept, back):
        desk.send_back(session, ticket, "不归我们", by=world.clerk, now=NOW)
    assert count() == {FirstGiven.RIGHT: 1, FirstGiven.DISPUTED: 2, FirstGiven.STILL: 2}
    departments.keep(session, kept, "归你们", by=world.street_staff, now=NOW)
    tickets.finish(session, kept, "好了", by=world.clerk, now=NOW)
    departments.take_in(session, back, "", by=world.street_staff, now=NOW)
    desk.assign(session, moved, "供电所", "", by=world.staff, now=NOW)
    tickets.finish(session, moved, "好了", by=world.staff, now=NOW)
    tickets.withdraw(session, over, "", by=world.resident, now=NOW)
    assert count() == {FirstGiven.RIGHT: 2, FirstGiven.WRONG: 2, FirstGiven.OVER: 1}
    # Found not solved afterwards: a matter of how well, not of who.
    judging.evaluate(session, finished, 3, "", by=world.resident, now=NOW)
    assert count() == {FirstGiven.RIGHT: 2, FirstGiven.WRONG: 2, FirstGiven.OVER: 1}
    assert statistics.first_share(Counter(count())) == statistics.Share(2, 4)


# ---------------------------------------------------------------- borders


@given(days=st.integers(-4000, 4000), turn=st.sampled_from(Turn), count=st.integers(2, 4))
def test_turns_follow_one_another_by_the_calendar_alone(days: int, turn: Turn, count: int) -> None:
    begins, order = date(2026, 11, 23), list(range(count))
    joint = JointArea(name="x", turn=turn, begins=begins)
    length = {Turn.DAY: 1, Turn.WEEK: 7}[turn]
    day = begins + timedelta(days=days)
    today = joints.turn_of(joint, day, order)
    assert joints.turn_of(joint, day + timedelta(days=length), order) == (today + 1) % count
    assert joints.turn_of(joint, day + timedelta(days=length * count), order) == today
    assert joints.turn_of(joint, begins, order) == 0


def border(session: Session, world: World) -> JointArea:
    nodes = [world.street.estate, world.street.other_estate]
    return joints.add(session, "江湾路两侧", nodes, turn=Turn.WEEK, begins=NOW.date() - timedelta(days=7))


def test_whoever_leads_has_the_matter_and_answers_for_it_and_the_neighbours_still_see_it(
    session: Session, world: World
) -> None:
    border(session, world)
    ticket = factories.ticket(session, world.resident, category="other", area=world.street.building)
    factories.run_dispatch(session, ticket)
    assert ticket.lead_id == world.street.other_community.id
    assert transitions.desk_of(session, ticket) == [world.staff_elsewhere]
    assert responsible.at(session, ticket, Level.COMMUNITY, now=NOW) == [world.staff_elsewhere]
    for by in (world.staff, world.staff_elsewhere):
        assert finding.find(session, ticket.number, by=by) is ticket
    desk.escalate(session, ticket, "要街道协调", by=world.staff_elsewhere, now=NOW)


def test_a_turn_that_passes_or_a_rota_that_is_given_up_changes_nothing_for_what_was_told_before(
    session: Session, world: World
) -> None:
    joint = border(session, world)
    ticket = factories.ticket(session, world.resident, category="other", area=world.street.building)
    # The turn is that of the day on which it was told, however late dispatch comes to it.
    factories.run_dispatch(session, ticket, now=NOW + timedelta(days=8))
    assert ticket.lead_id == world.street.other_community.id
    joint.begins += timedelta(days=7)
    ticket.dispatch_at = NOW
    factories.run_dispatch(session, ticket, now=NOW + timedelta(days=9))
    assert ticket.lead_id == world.street.other_community.id
    joints.remove(session, joint)
    ticket.dispatch_at = NOW
    factories.run_dispatch(session, ticket, now=NOW + timedelta(days=30))
    assert ticket.lead_id == world.street.other_community.id
    assert session.scalars(select(JointNode)).all() == []


def test_one_community_alone_is_no_border(session: Session, world: World) -> None:
    with pytest.raises(Refused):
        joints.add(session, "x", [world.street.estate, world.street.building], turn=Turn.DAY, begins=NOW.date())


# ---------------------------------------------------------------- the admitted list


@pytest.mark.parametrize(
    ("words", "is_on_it"),
    [
        ("文明养犬宣传", True),
        ("文明养犬 宣传，周末在广场", True),
        ("请做文明养犬宣传", True),
        ("文明养犬", False),
        ("宣传", False),
        ("统计商户", False),
    ],
)
def test_a_task_is_on_the_list_when_it_names_an_entry(
    session: Session, world: World, words: str, is_on_it: bool
) -> None:
    pushing.add_entry(session, world.street.street, "文明养犬宣传", session.get_one(Category, "other"))
    assert (pushing.on_list(session, world.street.community, words) is not None) == is_on_it


def test_a_department_speaks_for_the_nearest_party_of_its_name(session: Session, world: World) -> None:
    departments.enter(session, Draft("城管", PartyKind.DEPARTMENT, world.street.other_community.id))
    found = {area.id: party.area_id for area, party in pushing.communities_of(session, world.clerk)}
    of_street, own = world.street.street.id, world.street.other_community.id
    assert found == {world.street.community.id: of_street, own: own}


def test_the_street_sees_what_it_was_asked_and_nobody_else_does(session: Session, world: World) -> None:
    [(community, party), *_] = pushing.communities_of(session, world.clerk)
    wish = pushing.push_down(session, community, party, "统计商户", by=world.clerk, channel="wecom", now=NOW)
    assert pushing.waiting(session, world.street_staff) == []
    pushing.ask_street(session, wish.id, by=world.clerk, now=NOW)
    assert [each.id for each in pushing.waiting(session, world.street_staff)] == [wish.id]
    assert not any(pushing.waiting(session, who) for who in (world.staff, world.clerk, world.resident))
