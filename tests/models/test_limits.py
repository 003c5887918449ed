"""The three clocks: which limits a ticket has, which runs, and that passing on never gives more time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import desk, escalation, judging, limits, responsible, tickets, transitions
from models.calendar import due
from models.category import Category, Level
from models.clock import CHINA
from models.lifecycle import Action
from models.outbox import NoticeKind
from models.person import RoleKind
from models.ticket import Limit, Ticket, TicketEvent, TicketState, Urgency
from nlp import categories
from tests import factories
from tests.factories import NOW
from tests.models.conftest import World

HOUR = timedelta(hours=1)


def taken(session: Session, world: World, ticket: Ticket, *, now: datetime = NOW) -> Ticket:
    """The ticket once a member has accepted it."""
    factories.run_dispatch(session, ticket, now=now)
    return tickets.accept(session, ticket, by=world.member, now=now)


@pytest.fixture
def ticket(session: Session, world: World) -> Ticket:
    return factories.ticket(session, world.resident, area=world.street.building)


# ---------------------------------------------------------------- which limits


def test_an_urgency_counts_before_a_level_and_a_level_before_the_category(session: Session) -> None:
    by = {"street": {"accept": "1wd", "finish": "15wd"}, "urgent": {"accept": "1h"}}
    category = factories.category(session, "tree", limits_by=by)

    def found(urgency: Urgency, level: Level) -> tuple[str, str, str]:
        these = limits.of(category, urgency, level)
        return these.answer, these.accept, these.finish

    assert found(Urgency.NORMAL, Level.ESTATE) == ("1wd", "2h", "7wd")
    assert found(Urgency.NORMAL, Level.STREET) == ("1wd", "1wd", "15wd")
    assert found(Urgency.URGENT, Level.STREET) == ("1wd", "1h", "15wd")
    assert found(Urgency.EMERGENCY, Level.ESTATE) == ("2h", "2h", "2h")


@pytest.mark.parametrize("seed", categories.load(), ids=lambda seed: seed.code)
def test_every_shipped_category_has_limits_that_can_be_read(seed: categories.CategorySeed) -> None:
    category = Category(
        first_answer_limit=seed.limits.first_answer,
        accept_limit=seed.limits.accept,
        finish_limit=seed.limits.finish,
        limits_by={name: dict(other) for name, other in seed.limits.by.items()},
    )
    for urgency in Urgency:
        for level in Level:
            found = limits.of(category, urgency, level)
            assert all(due(NOW, limit) > NOW for limit in (found.answer, found.accept, found.finish))


def test_the_nearest_limit_runs_and_says_which_it_is(session: Session, world: World, ticket: Ticket) -> None:
    assert (ticket.due_at, ticket.limit) == (NOW + 2 * HOUR, Limit.ACCEPT)
    assert ticket.warn_at == NOW + timedelta(minutes=96)
    taken(session, world, ticket)
    assert (ticket.due_at, ticket.limit) == (due(NOW, "7wd"), Limit.FINISH)
    tickets.finish(session, ticket, "好了", by=world.member, now=NOW + HOUR)
    assert ticket.due_at is None
    assert ticket.limit is None
    assert ticket.warn_at is None


# ---------------------------------------------------------------- passing on

PASSING_ON: dict[str, Callable[[Session, World, Ticket, datetime], object]] = {
    "released": lambda session, world, ticket, now: tickets.release(session, ticket, "", by=world.member, now=now),
    "escalated": lambda session, world, ticket, now: desk.escalate(session, ticket, "难", by=world.staff, now=now),
    "assigned": lambda session, world, ticket, now: desk.assign(session, ticket, "城管", "", by=world.staff, now=now),
}


@pytest.mark.parametrize("passed_on", PASSING_ON.values(), ids=PASSING_ON.keys())
def test_passing_on_gives_time_to_find_somebody_and_none_for_finishing(
    session: Session, world: World, ticket: Ticket, passed_on: Callable[[Session, World, Ticket, datetime], object]
) -> None:
    ends = taken(session, world, ticket).finish_by
    later = NOW + 30 * HOUR
    passed_on(session, world, ticket, later)
    assert ticket.finish_by == ends
    assert (ticket.accept_by, ticket.limit) == (later + 2 * HOUR, Limit.ACCEPT)


def test_a_wave_that_ran_out_gives_no_more_time(session: Session, world: World, ticket: Ticket) -> None:
    factories.run_dispatch(session, ticket)
    factories.run_dispatch(session, ticket, now=NOW + HOUR)
    assert ticket.state is TicketState.NEW
    assert ticket.accept_by == NOW + 2 * HOUR


def test_reopening_begins_anew(session: Session, world: World, ticket: Ticket) -> None:
    taken(session, world, ticket)
    tickets.finish(session, ticket, "好了", by=world.member, now=NOW + HOUR)
    later = NOW + timedelta(days=3)
    judging.evaluate(session, ticket, 3, "", by=world.resident, now=later)
    assert (ticket.accept_by, ticket.finish_by) == (due(later, "2h"), due(later, "7wd"))


# ---------------------------------------------------------------- on hold


def test_on_hold_an_hour_stays_an_hour(session: Session, world: World) -> None:
    factories.category(session, "pipe", finish="24h")
    ticket = factories.ticket(session, world.resident, category="pipe", area=world.street.building)
    taken_at = NOW + HOUR
    taken(session, world, ticket, now=taken_at)
    desk.hold(session, ticket, "等配件", until=NOW + 100 * HOUR, by=world.staff, now=NOW + 10 * HOUR)
    assert (ticket.due_at, ticket.warn_at) == (None, None)
    desk.resume(session, ticket, by=None, now=NOW + 100 * HOUR)
    assert ticket.due_at == NOW + 114 * HOUR  # fourteen were left


def test_on_hold_over_the_holiday_seven_days_lose_nothing(session: Session, world: World) -> None:
    start = datetime(2026, 9, 29, 15, tzinfo=CHINA)
    ticket = factories.ticket(session, world.resident, area=world.street.building, now=start)
    taken(session, world, ticket, now=start)
    assert ticket.due_at == datetime(2026, 10, 14, 18, tzinfo=CHINA)
    # Held on the last evening before the holiday, resumed on the first working morning: no working time has gone by.
    held, resumed = datetime(2026, 9, 30, 19, tzinfo=CHINA), datetime(2026, 10, 8, 7, tzinfo=CHINA)
    desk.hold(session, ticket, "放假", until=resumed, by=world.staff, now=held)
    desk.resume(session, ticket, by=None, now=resumed)
    assert ticket.due_at == datetime(2026, 10, 14, 18, tzinfo=CHINA)
    held, resumed = resumed + 3 * HOUR, resumed + timedelta(days=4, hours=3)  # Thursday ten to Monday ten
    desk.hold(session, ticket, "等配件", until=resumed, by=world.staff, now=held)
    desk.escalate(session, ticket, "管不了", by=world.staff, now=resumed)  # leaving it otherwise counts just so
    # Eight hours of Thursday, Friday, the worked Saturday and two of Monday: three days more.
    assert ticket.finish_by == datetime(2026, 10, 19, 18, tzinfo=CHINA)


def test_whoever_was_warned_before_the_hold_is_not_warned_again(session: Session, world: World) -> None:
    factories.category(session, "pipe", finish="24h")
    ticket = factories.ticket(session, world.resident, category="pipe", area=world.street.building)
    taken(session, world, ticket)
    assert escalation.warn(session, ticket, now=NOW + 20 * HOUR)
    desk.hold(session, ticket, "等配件", until=NOW + 50 * HOUR, by=world.staff, now=NOW + 21 * HOUR)
    desk.resume(session, ticket, by=None, now=NOW + 50 * HOUR)
    assert ticket.warn_at is None
    assert ticket.due_at == NOW + 53 * HOUR
    assert not escalation.warn(session, ticket, now=NOW + 52 * HOUR)
    assert len(factories.notices(session, world.member, NoticeKind.WARNED)) == 1


def test_a_hold_before_the_warning_moves_the_warning(session: Session, world: World) -> None:
    factories.category(session, "pipe", finish="24h")
    ticket = factories.ticket(session, world.resident, category="pipe", area=world.street.building)
    taken(session, world, ticket)
    desk.hold(session, ticket, "等配件", until=NOW + 50 * HOUR, by=world.staff, now=NOW + 10 * HOUR)
    desk.resume(session, ticket, by=None, now=NOW + 50 * HOUR)
    assert ticket.warn_at == NOW + timedelta(hours=59.2)


# ---------------------------------------------------------------- over


def test_nobody_is_warned_of_what_is_over_already(session: Session, world: World, ticket: Ticket) -> None:
    assert not escalation.warn(session, ticket, now=NOW + 2 * HOUR)
    assert factories.notices(session, world.staff, NoticeKind.WARNED) == []
    assert escalation.miss(session, ticket, now=NOW + 2 * HOUR)


def test_a_missed_first_answer_is_noted_once_and_moves_nothing(session: Session, world: World) -> None:
    factories.category(session, "slow", first_answer="1h", accept="1wd")
    ticket = factories.ticket(session, world.resident, category="slow", area=world.street.building)
    assert ticket.limit is Limit.ANSWER
    assert escalation.miss(session, ticket, now=NOW + HOUR)
    assert (ticket.level, ticket.limit) == (Level.ESTATE, Limit.ACCEPT)
    assert not escalation.miss(session, ticket, now=NOW + 2 * HOUR)


def test_everything_that_is_over_at_once_is_one_line_and_one_step(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, area=world.street.building)
    late = NOW + timedelta(days=30)  # nobody looked for a month
    assert escalation.miss(session, ticket, now=late)
    assert ticket.level is Level.COMMUNITY
    lines = session.scalars(
        select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id)
    ).all()
    assert [line.action for line in lines] == ["open", Action.MISS_LIMIT, Action.ESCALATE]
    assert lines[1].facts["limit"] == "finish"
    assert lines[2].facts == {"level": "community", "missed": "finish"}
    assert not escalation.miss(session, ticket, now=late)


def test_an_emergency_never_goes_up_by_hours(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, area=world.street.building, urgency=Urgency.EMERGENCY)
    assert ticket.limit in (Limit.ANSWER, Limit.FINISH)
    assert escalation.miss(session, ticket, now=NOW + 2 * HOUR)
    assert (ticket.level, ticket.state, ticket.limit) == (Level.ESTATE, TicketState.NEW, Limit.LATE)


def test_the_level_that_looks_on_climbs_one_step_a_working_day(session: Session, world: World, ticket: Ticket) -> None:
    taken(session, world, ticket)
    world.street.estate.grid_worker_id = world.second_member.id
    told: list[str] = []
    for _ in range(4):
        assert ticket.due_at is not None
        assert escalation.miss(session, ticket, now=ticket.due_at)
        facts = select(TicketEvent.facts).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id.desc())
        told.append(session.scalars(facts).all()[0]["told"])
    assert told == ["community", "street", "street", "street"]
    assert (ticket.state, ticket.assignee_id) == (TicketState.ACCEPTED, world.member.id)
    assert len(factories.notices(session, world.member, NoticeKind.LATE)) == 1
    assert len(factories.notices(session, world.street_staff, NoticeKind.LATE)) == 3


# ---------------------------------------------------------------- who is responsible


def test_the_chain_of_contact_skips_who_is_not_there(session: Session, world: World, ticket: Ticket) -> None:
    here = world.street

    def at(level: Level) -> list[str]:
        return [person.name for person in responsible.at(session, ticket, level, now=NOW)]

    assert at(Level.ESTATE) == ["staff"]  # nobody named below: the community's desk
    assert at(Level.DEPARTMENT) == at(Level.STREET) == ["street"]
    secretary = factories.somebody(session, RoleKind.GRID, here.estate, name="许大姐")
    worker = factories.somebody(session, RoleKind.GRID, here.estate, name="刘敏")
    here.estate.grid_worker_id, here.estate.secretary_id = worker.id, secretary.id
    assert at(Level.ESTATE) == ["刘敏"]
    worker.away_until = NOW + HOUR
    assert at(Level.ESTATE) == ["许大姐"]
    ticket.assignee_id = secretary.id  # who has it is asked as such
    assert at(Level.ESTATE) == ["staff"]
    for identity in world.staff.identities:
        identity.reachable = False
    assert at(Level.ESTATE) == at(Level.COMMUNITY) == ["street"]
    ticket.assignee_id, ticket.department = None, "城管"
    assert at(Level.DEPARTMENT) == ["department"]


def test_the_history_names_no_level_nobody_answers_for(session: Session, world: World, ticket: Ticket) -> None:
    for step in range(6):
        now = NOW + step * 2 * HOUR + timedelta(days=4 * (step > 3) * step)
        escalation.miss(session, transitions.lock(session, ticket.id), now=max(now, ticket.due_at or now))
    assert ticket.level is Level.DEPARTMENT
    assert transitions.desk_of(session, ticket)
    assert ticket.due_at is not None
