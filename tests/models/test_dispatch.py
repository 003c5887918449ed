"""Who is asked with a ticket: members, the grid worker, the property company, a department, or the desk."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import desk, dispatch, judging, people, tickets, transitions
from models.area import Area
from models.category import Category, Level
from models.errors import Refusal, Refused
from models.offer import Offer, OfferState, Wave
from models.outbox import Notice, NoticeKind, NoticeState
from models.person import Person, RoleKind, RoleStatus
from models.ticket import Ticket, TicketKind, TicketState, Urgency
from tests import factories
from tests.factories import NOW
from tests.models.conftest import World

HOUR = timedelta(hours=1)


def asked(session: Session, ticket: Ticket, state: OfferState | None = None) -> list[int]:
    query = select(Offer.person_id).where(Offer.ticket_id == ticket.id).order_by(Offer.id)
    return list(session.scalars(query if state is None else query.where(Offer.state == state)))


def dispatched(session: Session, by: Person, category: str | None, area: Area | None) -> Ticket:
    return factories.run_dispatch(session, factories.ticket(session, by, category=category, area=area))


# ---------------------------------------------------------------- volunteers


def test_members_of_the_community_with_a_fitting_skill_are_asked_together(session: Session, world: World) -> None:
    ticket = dispatched(session, world.resident, "noise", world.street.building)
    assert asked(session, ticket) == [world.member.id, world.second_member.id]
    assert (ticket.state, ticket.dispatch_at) == (TicketState.OFFERED, NOW + HOUR / 2)
    [notice] = factories.notices(session, world.member)
    assert (notice.kind, notice.ticket_id) == (NoticeKind.OFFER, ticket.id)
    [offer] = session.scalars(select(Offer).where(Offer.person_id == world.member.id))
    assert offer.reasons == {"list": ["skill", "here", "free"]}


def test_nobody_is_asked_who_does_not_fit(session: Session, world: World) -> None:
    here = world.street
    nobody = [
        factories.somebody(session, RoleKind.MEMBER, here.community, skills=["园艺"]),
        factories.somebody(session, RoleKind.MEMBER, here.community),
        factories.somebody(session, RoleKind.MEMBER, here.other_community, skills=["调解"]),
        factories.somebody(session, RoleKind.RIDER, here.community, skills=["调解"]),
    ]
    away = factories.somebody(session, RoleKind.MEMBER, here.community, skills=["调解"])
    away.away_until = NOW + HOUR
    pending = factories.somebody(session, RoleKind.MEMBER, here.community, skills=["调解"])
    pending.roles[0].status = RoleStatus.PENDING
    left = factories.somebody(session, RoleKind.MEMBER, here.community, skills=["调解"])
    left.roles[0].status = RoleStatus.ENDED
    erased = factories.somebody(session, RoleKind.MEMBER, here.community, skills=["调解"])
    erased.erased_at = NOW
    ticket = dispatched(session, world.resident, "noise", here.building)
    assert not set(asked(session, ticket)) & {each.id for each in [*nobody, away, pending, left, erased]}


def test_somebody_is_back_and_somebody_of_the_whole_street_helps_everywhere(session: Session, world: World) -> None:
    here = world.street
    back = factories.somebody(session, RoleKind.MEMBER, here.estate, skills=["noise"])
    back.away_until = NOW
    everywhere = factories.somebody(session, RoleKind.MEMBER, here.street, skills=["调解"])
    ticket = factories.ticket(session, world.resident, area=here.building)
    factories.run_dispatch(session, ticket, rules=dispatch.Rules(normal=dispatch.WavePlan((4,), 30)))
    assert {back.id, everywhere.id} < set(asked(session, ticket))


def test_nobody_gets_their_own_report(session: Session, world: World) -> None:
    ticket = dispatched(session, world.member, "noise", world.street.building)
    assert asked(session, ticket) == [world.second_member.id]


def test_nobody_in_time_brings_it_to_the_desk_and_nobody_is_asked_twice(session: Session, world: World) -> None:
    ticket = dispatched(session, world.resident, "noise", world.street.building)
    factories.run_dispatch(session, ticket, now=NOW + HOUR / 4)
    assert ticket.state is TicketState.OFFERED
    factories.run_dispatch(session, ticket, now=NOW + HOUR)
    assert (ticket.state, ticket.dispatch_at) == (TicketState.NEW, None)
    assert asked(session, ticket, OfferState.EXPIRED) == [world.member.id, world.second_member.id]
    assert len(factories.notices(session, world.staff, NoticeKind.DESK)) == 1
    assert [notice.state for notice in factories.notices(session, world.member)] == [NoticeState.DROPPED]


def test_somebody_new_is_asked_when_the_others_did_not_answer(session: Session, world: World) -> None:
    ticket = dispatched(session, world.resident, "noise", world.street.building)
    late = factories.somebody(session, RoleKind.MEMBER, world.street.community, skills=["调解"])
    factories.run_dispatch(session, ticket, now=NOW + HOUR)
    assert asked(session, ticket, OfferState.OPEN) == [late.id]
    assert session.scalar(select(Offer.wave).where(Offer.person_id == late.id)) == 2


def test_when_everybody_declines_it_goes_on_at_once(session: Session, world: World) -> None:
    ticket = dispatched(session, world.resident, "noise", world.street.building)
    later = NOW + timedelta(minutes=1)
    tickets.decline(session, ticket, "", by=world.member, now=later)
    assert ticket.dispatch_at == NOW + HOUR / 2
    tickets.decline(session, ticket, "", by=world.second_member, now=later)
    assert list(dispatch.due_tickets(session, now=later)) == [ticket.id]
    factories.run_dispatch(session, ticket, now=later)
    assert ticket.state is TicketState.NEW
    assert asked(session, ticket, OfferState.DECLINED) == [world.member.id, world.second_member.id]


# ---------------------------------------------------------------- those who look after a place


def test_the_nearest_grid_worker_is_asked(session: Session, world: World) -> None:
    near, far = (factories.somebody(session, RoleKind.GRID, world.street.estate) for _ in range(2))
    world.street.estate.grid_worker_id = near.id
    world.street.community.grid_worker_id = far.id
    ticket = dispatched(session, world.resident, "lamp", world.street.building)
    assert asked(session, ticket) == [near.id]
    assert ticket.dispatch_at == NOW + 2 * HOUR
    own = dispatched(session, near, "lamp", world.street.building)
    assert asked(session, own) == [far.id]


def test_a_silent_grid_worker_is_not_asked_again(session: Session, world: World) -> None:
    world.street.estate.grid_worker_id = world.member.id
    ticket = dispatched(session, world.resident, "lamp", world.street.building)
    factories.run_dispatch(session, ticket, now=NOW + 2 * HOUR)
    assert (ticket.state, ticket.dispatch_at) == (TicketState.NEW, None)
    assert len(factories.notices(session, world.staff, NoticeKind.DESK)) == 1


def test_the_property_company_comes_before_the_grid_worker(session: Session, world: World) -> None:
    keeper = factories.somebody(session, RoleKind.PROPERTY, world.street.estate)
    world.street.estate.grid_worker_id = world.member.id
    ticket = dispatched(session, world.resident, "leak", world.street.building)
    assert asked(session, ticket) == [keeper.id]
    factories.run_dispatch(session, ticket, now=NOW + 2 * HOUR)
    assert asked(session, ticket) == [keeper.id, world.member.id]
    factories.run_dispatch(session, ticket, now=NOW + 4 * HOUR)
    assert ticket.state is TicketState.NEW


def test_after_not_solved_the_grid_worker_sees_it_through_and_is_asked_once(session: Session, world: World) -> None:
    world.street.estate.grid_worker_id = world.member.id
    ticket = dispatched(session, world.resident, "lamp", world.street.building)
    tickets.accept(session, ticket, by=world.member, now=NOW)
    tickets.finish(session, ticket, "", by=world.member, now=NOW + HOUR)
    judging.evaluate(session, ticket, 3, "还是不亮", by=world.resident, now=NOW + 2 * HOUR)
    factories.run_dispatch(session, ticket, now=NOW + 2 * HOUR)
    assert asked(session, ticket) == [world.member.id, world.member.id]
    for hours in range(4, 12):
        factories.run_dispatch(session, ticket, now=NOW + hours * HOUR)
    assert asked(session, ticket) == [world.member.id, world.member.id]
    assert ticket.state is TicketState.NEW


# ---------------------------------------------------------------- departments


def test_a_department_gets_its_matters_straight(session: Session, world: World) -> None:
    ticket = dispatched(session, world.resident, "stall", world.street.building)
    assert (ticket.state, ticket.department, ticket.level) == (TicketState.ASSIGNED, "城管", Level.DEPARTMENT)
    assert len(factories.notices(session, world.clerk, NoticeKind.ASSIGNED)) == 1
    assert len(factories.notices(session, world.resident, NoticeKind.PASSED_ON)) == 1
    assert asked(session, ticket) == []


def test_a_department_without_people_here_leaves_it_to_the_desk(session: Session, world: World) -> None:
    ticket = dispatched(session, world.resident, "theft", world.street.building)
    assert (ticket.state, ticket.dispatch_at) == (TicketState.NEW, None)
    assert len(factories.notices(session, world.street_staff, NoticeKind.DESK)) == 1


def test_what_a_department_returned_is_not_handed_to_it_again_by_itself(session: Session, world: World) -> None:
    ticket = dispatched(session, world.resident, "stall", world.street.building)
    desk.send_back(session, ticket, "不归我们", by=world.clerk, now=NOW)
    tickets.locate(session, ticket, area_id=world.street.estate.id, place="门口", text="", by=world.resident, now=NOW)
    factories.run_dispatch(session, ticket)
    assert (ticket.state, ticket.department) == (TicketState.NEW, "")


def test_what_went_up_does_not_come_down_by_itself(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, area=world.street.building)
    desk.escalate(session, ticket, "管不了", by=world.staff, now=NOW)
    tickets.locate(session, ticket, area_id=world.street.estate.id, place="门口", text="", by=world.resident, now=NOW)
    factories.run_dispatch(session, ticket)
    assert ticket.state is TicketState.NEW
    assert asked(session, ticket) == []


# ---------------------------------------------------------------- the desk


@pytest.mark.parametrize(
    ("category", "urgency", "kind"),
    [
        ("noise", Urgency.EMERGENCY, TicketKind.REPORT),
        ("stall", Urgency.EMERGENCY, TicketKind.REPORT),
        ("lamp", Urgency.EMERGENCY, TicketKind.REPORT),
        (None, Urgency.NORMAL, TicketKind.REPORT),
        ("other", Urgency.NORMAL, TicketKind.REPORT),
        ("quarrel", Urgency.NORMAL, TicketKind.REPORT),
        ("noise", Urgency.NORMAL, TicketKind.INQUIRY),
    ],
)
def test_what_is_never_offered(
    session: Session, world: World, category: str | None, urgency: Urgency, kind: TicketKind
) -> None:
    world.street.estate.grid_worker_id = world.member.id
    area = world.street.building
    ticket = factories.ticket(session, world.resident, category=category, area=area, urgency=urgency, kind=kind)
    factories.run_dispatch(session, ticket)
    assert (ticket.state, ticket.dispatch_at) == (TicketState.NEW, None)
    assert asked(session, ticket) == []
    assert (
        len(
            factories.notices(session, world.staff if ticket.level != "street" else world.street_staff, NoticeKind.DESK)
        )
        == 1
    )


def test_what_may_not_be_offered_is_not_offered_after_not_solved_either(session: Session, world: World) -> None:
    world.street.estate.grid_worker_id = world.member.id
    ticket = factories.ticket(session, world.resident, category="theft", area=world.street.building)
    tickets.finish(session, ticket, "", by=world.staff, now=NOW)
    judging.evaluate(session, ticket, 3, "", by=world.resident, now=NOW)
    factories.run_dispatch(session, ticket)
    assert asked(session, ticket) == []


def test_without_a_place_nobody_is_guessed(session: Session, world: World) -> None:
    for category in ("noise", "lamp", "leak", "stall"):
        ticket = dispatched(session, world.resident, category, None)
        assert (ticket.state, asked(session, ticket)) == (TicketState.NEW, [])


@pytest.mark.parametrize("category", ["noise", "lamp", "other"])
def test_without_a_place_the_desk_at_home_asks_where_it_is_and_otherwise_the_street(
    session: Session, world: World, category: str
) -> None:
    def told() -> set[int]:
        people_told = {each.person_id for each in session.scalars(select(Notice).where(Notice.kind == NoticeKind.DESK))}
        session.execute(delete(Notice))
        return people_told

    def why(ticket: Ticket) -> list[str]:
        return [*session.scalars(select(Wave.shortfalls).where(Wave.ticket_id == ticket.id)).one()][-1:]

    nowhere = dispatched(session, world.stranger, category, None)
    assert (told(), why(nowhere)) == ({world.street_staff.id}, ["desk_of_street"])
    world.resident.home_area_id = world.street.building.id
    at_home = dispatched(session, world.resident, category, None)
    assert (told(), why(at_home)) == ({world.staff.id}, ["desk_of_home"])
    # Once the place is known it is whose it is.
    estate = world.street.other_estate
    tickets.locate(session, at_home, area_id=estate.id, place="银杏里", text="在银杏里", by=world.staff, now=NOW)
    assert {each.id for each in transitions.desk_of(session, at_home)} == {world.staff_elsewhere.id}
    # A street without anybody: those who are there.
    people.grant(session, world.street_staff, RoleKind.STREET, world.street.street.id, now=NOW, status=RoleStatus.ENDED)
    dispatched(session, world.stranger, category, None)
    assert told() == {world.staff.id, world.staff_elsewhere.id}


def test_ten_tickets_are_one_message_for_the_desk(session: Session, world: World) -> None:
    for _ in range(10):
        dispatched(session, world.resident, None, world.street.building)
    [notice] = factories.notices(session, world.staff)
    assert (notice.kind, notice.not_before) == (NoticeKind.DESK, NOW + transitions.DESK_GATHER)
    notice.state = NoticeState.SENT
    dispatched(session, world.resident, None, world.street.building)
    assert len(factories.notices(session, world.staff)) == 2


def test_dispatching_twice_is_dispatching_once(session: Session, world: World) -> None:
    ticket = dispatched(session, world.resident, "noise", world.street.building)
    version = ticket.version
    factories.run_dispatch(session, ticket)
    assert (ticket.version, len(asked(session, ticket))) == (version, 2)


# ---------------------------------------------------------------- by hand


def test_staff_ask_one_person_and_the_others_are_asked_no_more(session: Session, world: World) -> None:
    ticket = dispatched(session, world.resident, "noise", world.street.building)
    neighbour = factories.somebody(session, RoleKind.MEMBER, world.street.community)
    dispatch.offer_to(session, ticket, neighbour, by=world.staff, now=NOW)
    assert asked(session, ticket, OfferState.OPEN) == [neighbour.id]
    with pytest.raises(Refused) as caught:
        tickets.accept(session, ticket, by=world.member, now=NOW)
    assert caught.value.reason is Refusal.OFFER_OVER
    tickets.accept(session, ticket, by=neighbour, now=NOW)


def test_asking_the_same_person_again_is_one_question(session: Session, world: World) -> None:
    ticket = dispatched(session, world.resident, "noise", world.street.building)
    dispatch.offer_to(session, ticket, world.member, by=world.staff, now=NOW)
    assert asked(session, ticket, OfferState.OPEN) == [world.member.id]


def test_an_emergency_is_not_given_to_a_volunteer_by_hand(session: Session, world: World) -> None:
    area = world.street.building
    ticket = factories.ticket(session, world.resident, area=area, urgency=Urgency.EMERGENCY)
    worker = factories.somebody(session, RoleKind.GRID, world.street.estate)
    for person, reason in ((world.member, Refusal.NOT_OFFERABLE), (world.resident, Refusal.NOT_OFFERABLE)):
        with pytest.raises(Refused) as caught:
            dispatch.offer_to(session, ticket, person, by=world.staff, now=NOW)
        assert caught.value.reason is reason
    people.grant(session, worker, RoleKind.MEMBER, world.street.community.id, now=NOW)
    dispatch.offer_to(session, ticket, worker, by=world.staff, now=NOW)


def test_only_the_desk_asks_by_hand(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, area=world.street.building)
    for by in (world.member, world.resident, world.staff_elsewhere, world.former_staff, world.clerk):
        with pytest.raises(Refused) as caught:
            dispatch.offer_to(session, ticket, world.second_member, by=by, now=NOW)
        assert caught.value.reason is Refusal.NOT_YOURS
    assert session.get_one(Category, ticket.category).accept_limit == "2h"
