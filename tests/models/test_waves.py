"""Wave after wave: how many, how long, at which hour, in twos, and the open pool."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import dispatch, finding, helpers, pool, tickets, transitions
from models.area import Area
from models.category import Category, First
from models.errors import Refusal, Refused
from models.offer import Offer, OfferState, Wave
from models.outbox import NoticeKind, NoticeState
from models.person import Person, RoleKind
from models.ticket import Ticket, TicketState, Urgency
from tests import factories
from tests.factories import NOW
from tests.models.conftest import World

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NIGHT = NOW + 13 * HOUR
"""Eleven in the evening."""
MORNING = NOW + 21 * HOUR
"""Seven of the next day."""


def asked(session: Session, ticket: Ticket, state: OfferState | None = None) -> list[int]:
    query = select(Offer.person_id).where(Offer.ticket_id == ticket.id).order_by(Offer.id)
    return list(session.scalars(query if state is None else query.where(Offer.state == state)))


def waves(session: Session, ticket: Ticket) -> Sequence[Wave]:
    return session.scalars(select(Wave).where(Wave.ticket_id == ticket.id).order_by(Wave.number)).all()


def neighbours(session: Session, area: Area, count: int) -> list[Person]:
    return [
        factories.somebody(session, RoleKind.MEMBER, area, skills=["调解"], name=f"邻居{number}")
        for number in range(count)
    ]


# ---------------------------------------------------------------- wave after wave


def test_waves_grow_then_the_desk_reads_how_many_were_asked(session: Session, world: World) -> None:
    neighbours(session, world.street.community, 40)
    ticket = factories.ticket(session, world.resident, area=world.street.building)
    for minutes, so_far in ((0, 3), (30, 8), (60, 16)):
        factories.run_dispatch(session, ticket, now=NOW + minutes * MINUTE)
        assert len(asked(session, ticket)) == so_far
        assert len(asked(session, ticket, OfferState.OPEN)) == so_far - len(asked(session, ticket, OfferState.EXPIRED))
    assert len(set(asked(session, ticket))) == 16, "somebody was asked twice"
    assert factories.notices(session, world.staff, NoticeKind.DESK) == []
    factories.run_dispatch(session, ticket, now=NOW + 90 * MINUTE)
    assert (ticket.state, ticket.dispatch_at) == (TicketState.NEW, None)
    assert len(factories.notices(session, world.staff, NoticeKind.DESK)) == 1
    searched = dispatch.last_search(session, ticket)
    assert searched is not None
    assert searched.shortfalls == {"asked": 16}


def test_what_is_urgent_asks_more_people_for_a_shorter_time(session: Session, world: World) -> None:
    neighbours(session, world.street.community, 10)
    ticket = factories.ticket(session, world.resident, area=world.street.building, urgency=Urgency.URGENT)
    factories.run_dispatch(session, ticket)
    assert (len(asked(session, ticket)), ticket.dispatch_at) == (5, NOW + 10 * MINUTE)


def test_a_category_may_have_waves_of_its_own(session: Session, world: World) -> None:
    neighbours(session, world.street.community, 10)
    session.get_one(Category, "noise").waves = {"normal": {"sizes": [1, 2], "minutes": 5}}
    ticket = factories.ticket(session, world.resident, area=world.street.building)
    for minutes, so_far in ((0, 1), (5, 3), (10, 3)):
        factories.run_dispatch(session, ticket, now=NOW + minutes * MINUTE)
        assert len(asked(session, ticket)) == so_far
    assert ticket.state is TicketState.NEW


def test_after_it_was_given_back_the_asking_begins_anew_with_other_people(session: Session, world: World) -> None:
    neighbours(session, world.street.community, 10)
    ticket = factories.run_dispatch(session, factories.ticket(session, world.resident, area=world.street.building))
    tickets.accept(session, ticket, by=world.member, now=NOW)
    tickets.release(session, ticket, "", by=world.member, now=NOW + MINUTE)
    factories.run_dispatch(session, ticket, now=NOW + MINUTE)
    everybody = asked(session, ticket)
    assert len(everybody) == len(set(everybody)) == 6


def test_without_a_place_the_desk_reads_that(session: Session, world: World) -> None:
    ticket = factories.run_dispatch(session, factories.ticket(session, world.resident, area=None))
    assert [wave.shortfalls for wave in waves(session, ticket)] == [{"no_place": 1, "desk_of_street": 1}]


def test_without_a_grid_worker_the_desk_reads_that(session: Session, world: World) -> None:
    area = world.street.building
    ticket = factories.run_dispatch(session, factories.ticket(session, world.resident, category="lamp", area=area))
    assert [(wave.mode, wave.shortfalls) for wave in waves(session, ticket)] == [("standing", {"no_worker": 1})]


# ---------------------------------------------------------------- the hour


@pytest.mark.parametrize("category", ["noise", "lamp", "shared"])
def test_at_night_nobody_is_asked_and_staff_sleep_too(session: Session, world: World, category: str) -> None:
    factories.category(session, "shared", first=First.POOL, skills=["调解"])
    world.street.estate.grid_worker_id = world.member.id
    area = world.street.building
    ticket = factories.ticket(session, world.resident, category=category, area=area, now=NIGHT)
    factories.run_dispatch(session, ticket, now=NIGHT)
    assert (ticket.state, ticket.dispatch_at) == (TicketState.NEW, MORNING)
    assert factories.notices(session, world.staff) == factories.notices(session, world.member) == []
    factories.run_dispatch(session, ticket, now=MORNING)
    assert ticket.state is TicketState.OFFERED


def test_what_is_urgent_goes_on_at_night_in_twos(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, area=world.street.building, urgency=Urgency.URGENT, now=NIGHT)
    factories.run_dispatch(session, ticket, now=NIGHT)
    assert (ticket.state, ticket.needs) == (TicketState.OFFERED, 2)


def test_when_everybody_is_free_soon_it_waits_for_them(session: Session, world: World) -> None:
    for person in (world.member, world.second_member):
        person.free_from, person.free_until = 11, 21
    ticket = factories.run_dispatch(session, factories.ticket(session, world.resident, area=world.street.building))
    assert (ticket.state, ticket.dispatch_at) == (TicketState.NEW, NOW + HOUR)
    assert factories.notices(session, world.staff) == []
    factories.run_dispatch(session, ticket, now=NOW + HOUR)
    assert len(asked(session, ticket)) == 2


def test_when_everybody_is_only_free_in_the_evening_the_desk_is_told(session: Session, world: World) -> None:
    for person in (world.member, world.second_member):
        person.free_from, person.free_until = 18, 21
    ticket = factories.run_dispatch(session, factories.ticket(session, world.resident, area=world.street.building))
    assert ticket.dispatch_at is None
    assert [wave.shortfalls for wave in waves(session, ticket)] == [{"hours": 2}]
    assert len(factories.notices(session, world.staff, NoticeKind.DESK)) == 1


# ---------------------------------------------------------------- in twos


@pytest.fixture
def visit(session: Session, world: World) -> Ticket:
    """A ticket for which two go to somebody's home, offered to three."""
    factories.category(session, "care", skills=["调解"]).needs = 2
    neighbours(session, world.street.community, 1)
    ticket = factories.ticket(session, world.resident, category="care", area=world.street.building)
    return factories.run_dispatch(session, ticket)


def test_the_second_to_accept_goes_along_and_the_third_comes_too_late(
    session: Session, world: World, visit: Ticket
) -> None:
    first, second, third = (session.get_one(Person, each) for each in asked(session, visit))
    tickets.accept(session, visit, by=first, now=NOW)
    assert (visit.state, visit.assignee_id) == (TicketState.ACCEPTED, first.id)
    assert asked(session, visit, OfferState.OPEN) == [second.id, third.id]
    tickets.accept(session, visit, by=second, now=NOW)
    assert transitions.helpers_of(session, visit) == [second.id]
    assert (visit.assignee_id, visit.dispatch_at) == (first.id, None)
    assert finding.tasks_of(session, second) == [visit]
    for by, reason in ((third, Refusal.TAKEN), (second, Refusal.ALREADY_YOURS), (first, Refusal.ALREADY_YOURS)):
        with pytest.raises(Refused) as refused:
            tickets.accept(session, visit, by=by, now=NOW)
        assert refused.value.reason is reason
    assert len(factories.notices(session, first, NoticeKind.JOINED)) == 1
    assert len(factories.notices(session, world.resident, NoticeKind.JOINED)) == 1


def test_nobody_goes_along_in_time_and_the_next_wave_is_asked_then_the_first_is_warned(
    session: Session, world: World, visit: Ticket
) -> None:
    first = session.get_one(Person, asked(session, visit)[0])
    tickets.accept(session, visit, by=first, now=NOW)
    [late] = neighbours(session, session.get_one(Area, visit.community_id), 1)
    factories.run_dispatch(session, visit, now=NOW + HOUR)
    assert asked(session, visit, OfferState.OPEN) == [late.id]
    assert visit.state is TicketState.ACCEPTED
    factories.run_dispatch(session, visit, now=NOW + 2 * HOUR)
    assert asked(session, visit, OfferState.OPEN) == []
    assert len(factories.notices(session, first, NoticeKind.ALONE)) == 1
    assert len(factories.notices(session, world.staff, NoticeKind.HELP_WANTED)) == 1
    assert (visit.state, visit.dispatch_at) == (TicketState.ACCEPTED, None)


def test_when_the_others_decline_somebody_to_go_along_is_looked_for_at_once(session: Session, visit: Ticket) -> None:
    first, second, third = (session.get_one(Person, each) for each in asked(session, visit))
    tickets.accept(session, visit, by=first, now=NOW)
    for each in (second, third):
        tickets.decline(session, visit, "", by=each, now=NOW + MINUTE)
    assert visit.dispatch_at == NOW + MINUTE
    assert visit.assignee_id == first.id


def test_a_helper_leaves_and_another_is_looked_for(session: Session, visit: Ticket) -> None:
    first, second, _ = (session.get_one(Person, each) for each in asked(session, visit))
    tickets.accept(session, visit, by=first, now=NOW)
    tickets.accept(session, visit, by=second, now=NOW)
    [late] = neighbours(session, session.get_one(Area, visit.community_id), 1)
    tickets.release(session, visit, "发烧了", by=second, now=NOW + MINUTE)
    assert (visit.state, visit.assignee_id) == (TicketState.ACCEPTED, first.id)
    assert len(factories.notices(session, first, NoticeKind.HELPER_LEFT)) == 1
    factories.run_dispatch(session, visit, now=NOW + MINUTE)
    tickets.accept(session, visit, by=late, now=NOW + 2 * MINUTE)
    assert transitions.helpers_of(session, visit) == [late.id]


def test_when_the_assignee_gives_it_back_the_helper_stays_for_the_next(session: Session, visit: Ticket) -> None:
    first, second, _ = (session.get_one(Person, each) for each in asked(session, visit))
    tickets.accept(session, visit, by=first, now=NOW)
    tickets.accept(session, visit, by=second, now=NOW)
    tickets.release(session, visit, "", by=first, now=NOW + MINUTE)
    assert visit.state is TicketState.NEW
    assert transitions.helpers_of(session, visit) == [second.id]
    assert finding.tasks_of(session, second) == [visit]
    assert len(factories.notices(session, second, NoticeKind.HELPER_ALONE)) == 1
    [late] = neighbours(session, session.get_one(Area, visit.community_id), 1)
    factories.run_dispatch(session, visit, now=NOW + MINUTE)
    tickets.accept(session, visit, by=late, now=NOW + 2 * MINUTE)
    assert (visit.assignee_id, visit.dispatch_at) == (late.id, None)
    assert asked(session, visit, OfferState.OPEN) == []


def test_whoever_goes_along_may_take_what_was_given_back(session: Session, world: World, visit: Ticket) -> None:
    first, second, third = (session.get_one(Person, each) for each in asked(session, visit))
    tickets.accept(session, visit, by=first, now=NOW)
    tickets.accept(session, visit, by=second, now=NOW)
    tickets.release(session, visit, "", by=first, now=NOW + MINUTE)
    dispatch.offer_to(session, visit, second, by=world.staff, now=NOW + MINUTE)
    tickets.accept(session, visit, by=second, now=NOW + MINUTE)
    assert (visit.assignee_id, transitions.helpers_of(session, visit)) == (second.id, [])
    assert helpers.lacking(session, visit) == 1


def test_whoever_goes_there_for_their_work_needs_nobody_along(session: Session, world: World, visit: Ticket) -> None:
    worker = factories.somebody(session, RoleKind.GRID, world.street.estate)
    dispatch.offer_to(session, visit, worker, by=world.staff, now=NOW)
    tickets.accept(session, visit, by=worker, now=NOW)
    assert (visit.needs, visit.dispatch_at) == (1, None)


# ---------------------------------------------------------------- the open pool


@pytest.fixture
def shared(session: Session, world: World) -> Ticket:
    """A ticket that is free for every fitting member of the community."""
    factories.category(session, "shared", first=First.POOL, skills=["调解"])
    ticket = factories.ticket(session, world.resident, category="shared", area=world.street.building)
    return factories.run_dispatch(session, ticket)


def test_a_free_ticket_is_offered_to_nobody_and_told_once_in_one_message(
    session: Session, world: World, shared: Ticket
) -> None:
    assert (shared.state, asked(session, shared)) == (TicketState.OFFERED, [])
    for _ in range(3):
        factories.run_dispatch(
            session, factories.ticket(session, world.resident, category="shared", area=world.street.building)
        )
    [notice] = factories.notices(session, world.member)
    assert (notice.kind, notice.ticket_id, notice.state) == (NoticeKind.POOL, None, NoticeState.PENDING)
    assert len(pool.open_to(session, world.member, now=NOW)) == 4


def test_whoever_fits_sees_it_and_takes_it(session: Session, world: World, shared: Ticket) -> None:
    here = world.street
    unskilled = factories.somebody(session, RoleKind.MEMBER, here.community, skills=["园艺"])
    elsewhere = factories.somebody(session, RoleKind.MEMBER, here.other_community, skills=["调解"])
    for person, sees in ((world.member, True), (unskilled, False), (elsewhere, False), (world.resident, False)):
        assert bool(pool.open_to(session, person, now=NOW)) is sees
    for person in (unskilled, elsewhere, world.resident, world.staff):
        with pytest.raises(Refused) as refused:
            tickets.accept(session, shared, by=person, now=NOW)
        assert refused.value.reason is Refusal.NOT_YOURS
    assert finding.find(session, shared.short, by=world.member) is shared
    tickets.accept(session, shared, by=world.member, now=NOW)
    assert (shared.state, shared.assignee_id) == (TicketState.ACCEPTED, world.member.id)
    with pytest.raises(Refused) as refused:
        tickets.accept(session, shared, by=world.second_member, now=NOW)
    assert refused.value.reason is Refusal.TAKEN
    assert pool.open_to(session, world.second_member, now=NOW) == []


def test_the_reporter_does_not_take_their_own_report_out_of_the_pool(session: Session, world: World) -> None:
    factories.category(session, "shared", first=First.POOL, skills=["调解"])
    ticket = factories.ticket(session, world.member, category="shared", area=world.street.building)
    factories.run_dispatch(session, ticket)
    with pytest.raises(Refused):
        tickets.accept(session, ticket, by=world.member, now=NOW)


def test_what_nobody_takes_goes_to_the_desk_and_is_free_no_more(session: Session, world: World, shared: Ticket) -> None:
    factories.run_dispatch(session, shared, now=NOW + HOUR)
    assert (shared.state, shared.dispatch_at) == (TicketState.NEW, None)
    assert len(factories.notices(session, world.staff, NoticeKind.DESK)) == 1
    assert pool.open_to(session, world.member, now=NOW + HOUR) == []
    late = finding.find(session, shared.short, by=world.member)
    with pytest.raises(Refused) as refused:
        tickets.accept(session, late, by=world.member, now=NOW + HOUR)
    assert refused.value.reason is Refusal.OFFER_OVER
    dispatch.offer_to(session, shared, world.second_member, by=world.staff, now=NOW + HOUR)
    assert pool.open_to(session, world.member, now=NOW + HOUR) == []
    with pytest.raises(Refused):
        tickets.accept(session, shared, by=world.member, now=NOW + HOUR)
