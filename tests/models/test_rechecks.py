"""Re-checks: who is asked whether something is mended, and what two who know nothing of each other bring about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import history, judging, people, reminders, tickets
from models.category import Category
from models.db import Database
from models.errors import Refused
from models.ledger import Family, FamilyMember
from models.lifecycle import Action
from models.outbox import Notice, NoticeKind
from models.person import Person, Role, RoleKind
from models.reminder import Seen
from models.ticket import Ticket, TicketEvent, TicketHelper, TicketState
from tests import factories
from tests.factories import NOW
from tests.models.conftest import World, build_world

LATER = NOW + timedelta(hours=3)


def rider(session: Session, world: World, name: str = "") -> Person:
    who = factories.somebody(session, RoleKind.RIDER, world.street.community)
    who.name = name
    session.flush()
    return who


def mended(session: Session, world: World) -> Ticket:
    """A manhole cover that a member says is mended."""
    if session.get(Category, "public_facility") is None:
        factories.category(session, "public_facility")
    ticket = factories.ticket(session, world.resident, area=world.street.building, category="public_facility")
    return tickets.finish(session, ticket, "换了新的", by=world.staff, now=NOW)


def asked(session: Session, ticket: Ticket, *who: Person) -> None:
    for each in who:
        reminders.ask_now(session, ticket, of=each, now=LATER)


def sees(session: Session, ticket: Ticket, who: Person, seen: Seen = Seen.NOT_YET, *, now: datetime = LATER) -> Ticket:
    return reminders.recheck(session, ticket.id, seen, by=who, now=now)


def told(session: Session, who: Person, kind: NoticeKind) -> list[Notice]:
    return list(session.scalars(select(Notice).where(Notice.person_id == who.id, Notice.kind == kind)))


# ---------------------------------------------------------------- what brings it back


def test_two_who_know_nothing_of_each_other_bring_it_back(both: Database) -> None:
    with both.transaction() as session:
        world = build_world(session)
        ticket = mended(session, world)
        one, two = rider(session, world), rider(session, world)
        asked(session, ticket, one, two)
        sees(session, ticket, one)
        assert ticket.state is TicketState.RESOLVED
        assert len(told(session, world.staff, NoticeKind.NOT_MENDED)) == 1
        sees(session, ticket, two)
        assert (ticket.state, ticket.reopened, ticket.assignee_id) == (TicketState.NEW, 1, None)
        assert ticket.finish_by is not None
        assert ticket.finish_by > LATER
        last = session.scalars(select(TicketEvent).order_by(TicketEvent.id.desc()).limit(1)).one()
        assert (last.action, last.actor, last.by_id) == (Action.NOT_MENDED, "passer_by", two.id)
        assert last.facts["passers_by"] == 2
        assert len(told(session, world.resident, NoticeKind.REDONE)) == 1
        assert len(told(session, world.staff, NoticeKind.REOPENED)) == 1
        assert history.verify_history(session) is None


def test_one_alone_changes_nothing_however_often_they_say_it(session: Session, world: World) -> None:
    ticket, one = mended(session, world), rider(session, world)
    asked(session, ticket, one)
    for seen in (Seen.NOT_YET, Seen.NOT_PASSED, Seen.NOT_YET, Seen.NOT_YET):
        sees(session, ticket, one, seen)
    assert ticket.state is TicketState.RESOLVED


def one_family(session: Session, one: Person, two: Person) -> None:
    family = Family(created_at=NOW)
    session.add(family)
    session.flush()
    session.add_all(FamilyMember(person_id=each.id, family_id=family.id, joined_at=NOW) for each in (one, two))


def one_phone(session: Session, one: Person, two: Person) -> None:
    one.phone = two.phone = "13800000000"


@pytest.mark.parametrize("are_near", [one_family, one_phone])
def test_a_family_or_two_names_of_one_person_count_once_and_a_third_brings_it_back(
    session: Session, world: World, are_near: Callable[[Session, Person, Person], None]
) -> None:
    ticket = mended(session, world)
    one, two, three = rider(session, world), rider(session, world), rider(session, world)
    are_near(session, one, two)
    asked(session, ticket, one, two, three)
    sees(session, ticket, one)
    sees(session, ticket, two)
    assert ticket.state is TicketState.RESOLVED
    assert sees(session, ticket, three).state is TicketState.NEW


def test_whoever_reported_or_did_it_counts_for_nothing(session: Session, world: World) -> None:
    ticket, one = mended(session, world), rider(session, world)
    session.add(TicketHelper(ticket_id=ticket.id, person_id=world.member.id, asked_at=NOW, joined_at=NOW))
    asked(session, ticket, one, world.resident, world.staff, world.member)
    for each in (one, world.resident, world.staff, world.member):
        sees(session, ticket, each)
    assert ticket.state is TicketState.RESOLVED


def test_who_saw_it_mended_in_between_settles_what_was_said_before(session: Session, world: World) -> None:
    ticket = mended(session, world)
    one, two, three = rider(session, world), rider(session, world), rider(session, world)
    asked(session, ticket, one, two, three)
    sees(session, ticket, one)
    sees(session, ticket, two, Seen.MENDED, now=LATER + timedelta(hours=1))
    sees(session, ticket, three, now=LATER + timedelta(hours=2))
    assert ticket.state is TicketState.RESOLVED


def test_what_was_said_of_the_last_result_says_nothing_of_the_next(session: Session, world: World) -> None:
    ticket = mended(session, world)
    one, two, three = rider(session, world), rider(session, world), rider(session, world)
    asked(session, ticket, one, two)
    sees(session, ticket, one)
    sees(session, ticket, two)
    tickets.finish(session, ticket, "重新换了", by=world.staff, now=LATER + timedelta(days=1))
    after = LATER + timedelta(days=1, hours=1)
    reminders.ask_now(session, ticket, of=three, now=after)
    sees(session, ticket, three, now=after)
    assert ticket.state is TicketState.RESOLVED


def test_a_matter_that_was_reopened_meanwhile_is_left_alone(session: Session, world: World) -> None:
    ticket = mended(session, world)
    one, two = rider(session, world), rider(session, world)
    asked(session, ticket, one, two)
    sees(session, ticket, one)
    judging.evaluate(session, ticket, 3, "还是坏的", by=world.resident, now=LATER)
    sees(session, ticket, two)
    assert (ticket.state, ticket.reopened) == (TicketState.NEW, 1)


# ---------------------------------------------------------------- who is asked


def to_remind(session: Session, *, now: datetime = LATER) -> list[int]:
    return list(reminders.to_remind(session, now=now, most=100))


def test_riders_are_asked_first_and_members_where_there_are_too_few(both: Database) -> None:
    with both.transaction() as session:
        world = build_world(session)
        mended(session, world)
        members = {
            row.person_id
            for row in session.scalars(select(Role).where(Role.kind == RoleKind.MEMBER))
            if people.has_role(session.get_one(Person, row.person_id), RoleKind.MEMBER)
        }
        one, two = rider(session, world), rider(session, world)
        found = to_remind(session)
        assert {one.id, two.id} < set(found)
        assert len(found) == 3
        assert set(found) - {one.id, two.id} <= members
        [member_id] = set(found) - {one.id, two.id}
        assert reminders.remind(session, member_id, now=LATER)
        notice = session.scalars(select(Notice).where(Notice.person_id == member_id)).one()
        assert set(notice.data) == {"recheck", "lookouts"}
        assert notice.data["lookouts"] == []


def test_a_member_who_is_away_under_age_or_wants_none_is_not_asked(session: Session, world: World) -> None:
    mended(session, world)
    session.execute(update(Person).values(away_until=LATER + timedelta(days=1)))
    assert to_remind(session) == []
    session.execute(update(Person).values(away_until=None, minor=True))
    assert to_remind(session) == []
    session.execute(update(Person).values(minor=False, reminders=False))
    assert to_remind(session) == []
    session.execute(update(Person).values(reminders=True))
    session.expire_all()
    assert to_remind(session) != []


def test_after_one_not_mended_others_are_asked_too(session: Session, world: World) -> None:
    ticket = mended(session, world)
    riders = [rider(session, world) for _ in range(7)]
    asked(session, ticket, *riders[:3])
    assert not set(to_remind(session)) & {each.id for each in riders[3:]}
    sees(session, ticket, riders[0])
    assert set(to_remind(session)) == {each.id for each in riders[3:6]}
    asked(session, ticket, *riders[3:6])
    assert to_remind(session) == []


def test_who_was_reminded_longest_ago_is_asked_first(session: Session, world: World) -> None:
    mended(session, world)
    riders = [rider(session, world) for _ in range(4)]
    for days, each in enumerate(riders, 1):
        each.reminded_at = NOW - timedelta(days=days)
    session.flush()
    assert riders[0].id not in to_remind(session)


def test_only_those_who_were_asked_answer(session: Session, world: World) -> None:
    ticket = mended(session, world)
    with pytest.raises(Refused):
        sees(session, ticket, rider(session, world))
