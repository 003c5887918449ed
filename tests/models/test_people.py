"""People: their window, their one-time codes, and two accounts that turn out to be one human."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import history, outboxes, parties, people, tickets, transitions
from models.conversation import Conversation, State
from models.db import Database
from models.errors import Refusal, Refused
from models.offer import Offer, OfferState
from models.outbox import Notice, NoticeKind, NoticeState
from models.person import CodeKind, Identity, Person, Role, RoleKind, RoleStatus, Skill
from models.reminder import About, Reminder
from models.ticket import TicketHelper, TicketState
from tests import factories
from tests.factories import NOW
from tests.models.conftest import World, build_world

MESSAGE, CLICK = {"count": 5, "seconds": 48 * 3600}, {"count": 3, "seconds": 60}
SECOND = timedelta(seconds=1)


@pytest.fixture
def identity(session: Session) -> Identity:
    return people.meet(session, "official", "somebody", now=NOW)


def left(session: Session, identity: Identity) -> int:
    session.flush()
    session.expire(identity)
    return identity.window_left


def test_somebody_never_seen_before_is_met_once(session: Session) -> None:
    first = people.meet(session, "official", "somebody", now=NOW)
    assert people.meet(session, "official", "somebody", now=NOW) is first
    assert people.meet(session, "wecom", "somebody", now=NOW).person is not first.person
    assert people.role_names(first.person) == frozenset()


# ---------------------------------------------------------------- the window


def test_a_message_allows_five_answers_for_two_days(session: Session, identity: Identity) -> None:
    assert not people.can_still_reply(identity, now=NOW)
    people.open_window(identity, now=NOW, **MESSAGE)
    session.flush()
    used = [people.use_window(session, identity, now=NOW) for _ in range(6)]
    assert used == [True] * 5 + [False]
    assert left(session, identity) == 0
    assert not people.can_still_reply(identity, now=NOW)


def test_a_window_ends_to_the_second(session: Session, identity: Identity) -> None:
    people.open_window(identity, now=NOW, **CLICK)
    session.flush()
    end = NOW + timedelta(seconds=60)
    assert people.can_still_reply(identity, now=end - SECOND)
    assert not people.can_still_reply(identity, now=end)
    assert not people.use_window(session, identity, now=end)
    assert left(session, identity) == 3


def test_a_tap_does_not_shorten_what_a_message_opened(session: Session, identity: Identity) -> None:
    people.open_window(identity, now=NOW, **MESSAGE)
    session.flush()
    people.use_window(session, identity, now=NOW)
    assert left(session, identity) == 4
    people.open_window(identity, now=NOW + SECOND, **CLICK)
    assert left(session, identity) == 4
    assert people.can_still_reply(identity, now=NOW + timedelta(hours=47))


def test_a_tap_opens_a_new_window_where_the_message_is_used_up_or_nearly_over(
    session: Session, identity: Identity
) -> None:
    people.open_window(identity, now=NOW, **MESSAGE)
    identity.window_left = 0
    people.open_window(identity, now=NOW + SECOND, **CLICK)
    assert left(session, identity) == 3
    people.open_window(identity, now=NOW + SECOND, **MESSAGE)
    late = NOW + timedelta(hours=48)
    people.open_window(identity, now=late, **CLICK)
    assert people.can_still_reply(identity, now=late + 59 * SECOND)


def test_the_next_message_begins_anew_and_does_not_add_up(session: Session, identity: Identity) -> None:
    people.open_window(identity, now=NOW, **MESSAGE)
    people.open_window(identity, now=NOW + SECOND, **MESSAGE)
    assert left(session, identity) == 5


def test_the_platforms_word_goes_before_the_ledger(session: Session, identity: Identity) -> None:
    people.open_window(identity, now=NOW, **MESSAGE)
    session.flush()
    people.close_window(session, identity.id)
    assert left(session, identity) == 0
    people.mark_unreachable(session, identity.id)
    session.expire(identity)
    assert not identity.reachable


# ---------------------------------------------------------------- codes


def test_a_code_works_once_in_any_case_and_only_for_its_purpose(session: Session) -> None:
    code = people.new_code(session, CodeKind.INVITE, now=NOW, minutes=10, role=RoleKind.MEMBER)
    refused(session, code, CodeKind.BIND)
    assert people.use_code(session, f" {code.lower()} ", CodeKind.INVITE, now=NOW).role is RoleKind.MEMBER
    refused(session, code, CodeKind.INVITE)
    refused(session, "NOSUCH", CodeKind.INVITE)


def test_a_code_ends_with_its_time_or_its_uses(session: Session) -> None:
    code = people.new_code(session, CodeKind.BIND, now=NOW - timedelta(minutes=10), minutes=10)
    refused(session, code, CodeKind.BIND)
    code = people.new_code(session, CodeKind.INVITE, now=NOW, minutes=10, uses=2)
    for _ in range(2):
        people.use_code(session, code, CodeKind.INVITE, now=NOW)
    refused(session, code, CodeKind.INVITE)


def refused(session: Session, code: str, kind: CodeKind) -> None:
    with pytest.raises(Refused) as caught:
        people.use_code(session, code, kind, now=NOW)
    assert caught.value.reason is Refusal.NO_SUCH_CODE


# ---------------------------------------------------------------- roles and skills


def test_a_role_is_given_once_and_changed_afterwards(session: Session, world: World) -> None:
    area = world.street.community.id
    people.grant(session, world.stranger, RoleKind.MEMBER, area, now=NOW, status=RoleStatus.PENDING)
    assert not people.has_role(world.stranger, RoleKind.MEMBER)
    people.grant(session, world.stranger, RoleKind.MEMBER, area, now=NOW)
    assert people.role_names(world.stranger) == {"member"}
    assert len(world.stranger.roles) == 1


def test_skills_are_replaced(session: Session, world: World) -> None:
    assert [skill.skill for skill in world.member.skills] == ["调解"]
    people.set_skills(session, world.member, ["园艺", "调解", "园艺"])
    assert sorted(skill.skill for skill in world.member.skills) == ["园艺", "调解"]


def test_departments_are_found_by_a_part_of_their_name(session: Session, world: World) -> None:
    factories.somebody(session, RoleKind.DEPARTMENT, world.street.street, department="城管二队")
    assert [each.name for each in parties.named(session, "城管", place=None)] == ["城管"]
    assert [each.name for each in parties.named(session, "城", place=None)] == ["城管", "城管二队"]
    assert parties.named(session, "%", place=None) == []
    assert parties.named(session, " ", place=None) == []


# ---------------------------------------------------------------- two accounts, one human


def test_two_accounts_become_one_human_with_everything_either_had(both: Database) -> None:
    with both.transaction() as session:
        world = build_world(session)
        here = world.street
        keep, other = world.member, world.second_member
        other.name, other.phone, other.home_room, other.unit = "李建国", "13800000000", "2单元301", "图书馆"
        keep.name = ""
        other.home_area_id = here.building.id
        people.set_skills(session, other, ["调解", "园艺"])
        people.grant(session, other, RoleKind.GRID, here.estate.id, now=NOW)
        keep.roles[0].status = RoleStatus.ENDED
        here.estate.grid_worker_id = other.id
        for person, channel in ((keep, "official"), (other, "official"), (other, "wecom")):
            session.add(Conversation(person_id=person.id, channel=channel, state=State.IDLE))
        factories.identity(session, other, account="wecom-other")
        reported = factories.ticket(session, other, area=here.building, category="lamp")
        offered = factories.ticket(session, world.resident, area=here.building)
        keep.roles[0].status = RoleStatus.ACTIVE
        factories.run_dispatch(session, offered)
        for person in (keep, other):
            outboxes.gather(session, NoticeKind.DESK, [person.id], now=NOW, not_before=NOW + transitions.DESK_GATHER)
        keep.roles[0].status = RoleStatus.ENDED
        session.flush()

        people.join(session, keep, other)

        assert (keep.name, keep.phone, keep.home_room, keep.unit) == ("李建国", "13800000000", "2单元301", "图书馆")
        assert keep.home_area_id == here.building.id
        assert other.phone == other.home_room == other.unit == ""
        assert session.scalar(select(Person.home_area_id).where(Person.id == other.id)) is None
        assert other.identities == []
        assert len(keep.identities) == 3
        assert sorted(skill.skill for skill in keep.skills) == ["园艺", "调解"]
        assert people.role_names(keep) == {"member", "grid"}
        assert [role for role in keep.roles if role.kind is RoleKind.MEMBER][1:] == []
        found = session.execute(select(Conversation.person_id, Conversation.channel).order_by(Conversation.channel))
        assert [tuple(row) for row in found] == [(keep.id, "official"), (keep.id, "wecom")]
        assert here.estate.grid_worker_id == keep.id
        assert reported.reporter_id == keep.id
        waiting = select(Notice).where(Notice.kind == NoticeKind.DESK, Notice.state == NoticeState.PENDING)
        assert [notice.person_id for notice in session.scalars(waiting)] == [keep.id]
        # The two offers are one, and the task can be done to its end.
        assert len(session.scalars(select(Offer).where(Offer.state == OfferState.OPEN)).all()) == 1
        tickets.accept(session, offered, by=keep, now=NOW)
        assert session.scalar(select(Offer.id).where(Offer.state == OfferState.OPEN)) is None
        tickets.finish(session, offered, "", by=keep, now=NOW)
        assert offered.state is TicketState.RESOLVED
        assert people.meet(session, "wecom", "wecom-other", now=NOW).person is keep
    with both.reading() as session:
        assert history.verify_history(session) is None
        assert session.scalar(select(Role.id).where(Role.person_id == other.id)) is None
        assert session.scalar(select(Skill.skill).where(Skill.person_id == other.id)) is None


def test_joining_somebody_with_themselves_changes_nothing(session: Session, world: World) -> None:
    people.join(session, world.member, world.member)
    assert world.member.erased_at is None


@pytest.mark.parametrize(
    ("mine", "theirs", "kept"),
    [
        (("13800000001", None), ("13800000002", NOW), ("13800000002", NOW)),
        (("13800000001", NOW), ("13800000002", None), ("13800000001", NOW)),
        (("13800000001", None), ("", NOW), ("13800000001", None)),
        (("", NOW), ("13800000002", None), ("13800000002", None)),
        (("", None), ("", NOW), ("", NOW)),
    ],
)
def test_a_yes_goes_with_the_number_it_was_said_of(
    session: Session,
    world: World,
    mine: tuple[str, datetime | None],
    theirs: tuple[str, datetime | None],
    kept: tuple[str, datetime | None],
) -> None:
    keep, other = world.resident, world.stranger
    keep.phone, keep.consented_at = mine
    other.phone, other.consented_at = theirs
    people.join(session, keep, other)
    assert (keep.phone, keep.consented_at) == kept


def test_who_has_accepted_through_one_account_has_it_through_the_other(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, area=world.street.building)
    factories.run_dispatch(session, ticket)
    tickets.accept(session, ticket, by=world.second_member, now=NOW)
    people.join(session, world.member, world.second_member)
    with pytest.raises(Refused) as caught:
        tickets.accept(session, ticket, by=world.member, now=NOW)
    assert caught.value.reason is Refusal.ALREADY_YOURS


def test_who_helps_through_both_accounts_helps_once(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, area=world.street.building)
    for each in (world.member, world.second_member):
        session.add(TicketHelper(ticket_id=ticket.id, person_id=each.id, asked_at=NOW, joined_at=NOW))
        session.add(Reminder(ticket_id=ticket.id, person_id=each.id, about=About.RECHECK, reminded_at=NOW))
    session.flush()
    people.join(session, world.member, world.second_member)
    assert session.scalars(select(TicketHelper.person_id)).all() == [world.member.id]
    assert session.scalars(select(Reminder.person_id)).all() == [world.member.id]
