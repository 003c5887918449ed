"""Taking a report, finding it again by its number, and who is told what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from models import desk, escalation, finding, judging, results, tickets
from models.attachment import Attachment, AttachmentKind
from models.category import Category
from models.errors import Refusal, Refused
from models.outbox import NoticeKind
from models.person import RoleKind, RoleStatus
from models.ticket import TicketState, Urgency, WordsKind
from tests import factories
from tests.factories import NOW
from tests.models.conftest import World

DAY = timedelta(days=1)


def test_a_report_keeps_the_residents_words_and_promises_an_answer(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, words=" 楼下，太吵了！", area=world.street.building)
    assert ticket.number == "261123-0001"
    assert ticket.short == "0001"
    assert [(words.text, words.kind) for words in ticket.words] == [(" 楼下，太吵了！", WordsKind.REPORT)]
    assert ticket.community_id == world.street.community.id
    assert ticket.promised_at == datetime(2026, 11, 24, 10, tzinfo=UTC)  # six in the evening of the next working day
    assert ticket.due_at == NOW + timedelta(hours=2)


def test_numbers_begin_anew_with_the_day_in_shanghai(session: Session, world: World) -> None:
    evening = datetime(2026, 11, 23, 15, 59, tzinfo=UTC)
    numbers = [
        factories.ticket(session, world.resident, now=moment).number
        for moment in (NOW, evening, evening + timedelta(minutes=1))
    ]
    assert numbers == ["261123-0001", "261123-0002", "261124-0001"]


def test_what_nobody_understood_is_other_and_waits_for_triage(session: Session, world: World) -> None:
    for category in (None, "no such category"):
        ticket = factories.ticket(session, world.resident, category=category)
        assert ticket.category == "other"
    assert not factories.ticket(session, world.resident, category=None).understood


def test_an_emergency_alarms_the_desk_on_every_channel_at_once(session: Session, world: World) -> None:
    factories.identity(session, world.staff)
    factories.identity(session, world.staff).reachable = False
    factories.ticket(session, world.resident, area=world.street.building, urgency=Urgency.EMERGENCY)
    alarms = factories.notices(session, world.staff, NoticeKind.ALARM)
    assert sorted(notice.channel for notice in alarms) == ["official", "wecom"]
    assert {notice.not_before for notice in alarms} == {NOW}
    assert factories.notices(session, world.staff_elsewhere) == []


def test_an_emergency_is_never_closed_by_the_clock(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, area=world.street.building, urgency=Urgency.EMERGENCY)
    tickets.finish(session, ticket, "", by=world.staff, now=NOW)
    assert not judging.auto_close(session, ticket.id, now=NOW + 365 * DAY, days=7)


def test_the_resident_is_reminded_once(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, area=world.street.building)
    tickets.finish(session, ticket, "", by=world.staff, now=NOW)
    assert not judging.remind(session, ticket.id, now=NOW + DAY, after=DAY), "the first question has not come through"
    results.asked(session, ticket.id, world.resident.id, now=NOW)
    assert not judging.remind(session, ticket.id, now=NOW + timedelta(hours=23), after=DAY)
    assert judging.remind(session, ticket.id, now=NOW + DAY, after=DAY)
    assert not judging.remind(session, ticket.id, now=NOW + 2 * DAY, after=DAY)
    assert len(factories.notices(session, world.resident, NoticeKind.REMINDER)) == 1


def test_a_missed_limit_is_noted_once(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, area=world.street.building)
    assert not escalation.miss(session, ticket, now=NOW + timedelta(hours=1))
    assert escalation.miss(session, ticket, now=NOW + timedelta(hours=2))
    assert not escalation.miss(session, ticket, now=NOW + timedelta(hours=3))
    assert len(factories.notices(session, world.staff, NoticeKind.DESK)) == 1


def test_a_correction_changes_what_was_understood_and_not_what_was_decided(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, category=None, area=world.street.building)
    theft = session.get_one(Category, "theft")
    tickets.correct_category(session, ticket, theft, "是小偷", by=world.resident, now=NOW)
    assert (ticket.understood, ticket.level) == (True, theft.level)
    desk.assign(session, ticket, "城管", "", by=world.staff, now=NOW)
    tickets.correct_category(session, ticket, session.get_one(Category, "noise"), "", by=world.staff, now=NOW)
    assert ticket.level == "department"


def test_a_place_sent_later_gives_the_ticket_its_position(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident)
    for label, lat in (("江湾路口", 30.5), ("别处", 31.0)):
        sent = Attachment(
            person_id=world.resident.id,
            channel="official",
            kind=AttachmentKind.LOCATION,
            lat=lat,
            lng=114.0,
            label=label,
            sent_at=NOW,
        )
        session.add(sent)
        tickets.attach(session, ticket, sent, now=NOW)
    assert (ticket.lat, ticket.place) == (30.5, "江湾路口")


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("261122-0007", ("261122", 7)), ("0007", (None, 7)), (" 7 ", (None, 7)), ("261122-12345", ("261122", 12345))],
)
def test_a_number_as_people_type_it(typed: str, meant: tuple[str | None, int]) -> None:
    assert finding.parse_number(typed) == meant


@pytest.mark.parametrize(
    "typed", ["", "0", "-7", "26112-0007", "261122-", "abcdef-0007", "99999999999", "七", "9" * 5000, "1-2-3"]
)
def test_what_is_no_number_is_not_found(session: Session, world: World, typed: str) -> None:
    with pytest.raises(ValueError):
        finding.parse_number(typed)
    with pytest.raises(Refused) as caught:
        finding.find(session, typed, by=world.resident)
    assert caught.value.reason is Refusal.NOT_FOUND


def test_a_day_that_does_not_exist_is_not_found(session: Session, world: World) -> None:
    factories.ticket(session, world.resident)
    with pytest.raises(Refused):
        finding.find(session, "261332-0001", by=world.resident)


def test_a_short_number_means_the_newest_day(session: Session, world: World) -> None:
    old, new = (factories.ticket(session, world.resident, now=NOW + days * DAY) for days in (0, 3))
    assert old.short == new.short == "0001"
    assert finding.find(session, "1", by=world.resident) is new
    assert finding.find(session, "261123-0001", by=world.resident) is old
    new.state = TicketState.CLOSED
    assert finding.find(session, "1", by=world.resident, states=[TicketState.NEW]) is old


def test_an_old_number_is_found_however_many_came_after_it(session: Session, world: World) -> None:
    old = factories.ticket(session, world.resident)
    for days in range(1, 25):
        factories.ticket(session, world.resident, now=NOW + days * DAY)
    assert finding.find(session, old.number, by=world.resident) is old


def test_everybody_finds_what_is_theirs_and_nothing_else(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, area=world.street.building)
    factories.run_dispatch(session, ticket)
    sees = [world.resident, world.member, world.second_member, world.staff, world.street_staff]
    blind = [world.stranger, world.staff_elsewhere, world.former_staff, world.clerk]
    for by in sees:
        assert finding.find(session, "0001", by=by) is ticket
    for by in blind:
        with pytest.raises(Refused) as caught:
            finding.find(session, "0001", by=by)
        assert caught.value.reason is Refusal.NOT_FOUND
    desk.assign(session, ticket, "城管", "", by=world.staff, now=NOW)
    assert finding.find(session, "0001", by=world.clerk) is ticket
    world.clerk.roles[0].status = RoleStatus.ENDED
    with pytest.raises(Refused):
        finding.find(session, "0001", by=world.clerk)


def test_a_short_number_on_the_desk_means_an_open_ticket(session: Session, world: World) -> None:
    old, new = (
        factories.ticket(session, world.resident, area=world.street.building, now=NOW + days * DAY) for days in (0, 1)
    )
    desk.reject(session, new, "重复", by=world.staff, now=NOW + DAY)
    assert finding.find(session, "1", by=world.staff) is old
    assert finding.find(session, new.number, by=world.staff) is new


def test_the_desk_shows_emergencies_first_then_the_oldest(session: Session, world: World) -> None:
    here = world.street.building
    made = [
        factories.ticket(session, world.resident, area=here, now=NOW + timedelta(hours=hours), urgency=urgency)
        for hours, urgency in ((2, Urgency.NORMAL), (1, Urgency.NORMAL), (3, Urgency.EMERGENCY))
    ]
    elsewhere = factories.ticket(session, world.resident, area=world.street.other_estate)
    lying = desk.in_sight(session, world.staff, states=[TicketState.NEW])
    assert list(lying) == [made[2], made[1], made[0]]
    assert desk.count_in_sight(session, world.staff, states=[TicketState.NEW]) == 3
    assert elsewhere in desk.in_sight(session, world.street_staff, states=[TicketState.NEW])
    assert desk.in_sight(session, world.member, states=[TicketState.NEW]) == []
    assert desk.in_sight(session, world.former_staff, states=[TicketState.NEW]) == []


def test_the_lists_of_one_person(session: Session, world: World) -> None:
    ticket = factories.ticket(session, world.resident, area=world.street.building)
    factories.run_dispatch(session, ticket)
    assert list(finding.own_live(session, world.resident)) == [ticket]
    assert list(finding.open_offers(session, world.member)) == [ticket]
    tickets.accept(session, ticket, by=world.member, now=NOW)
    assert list(finding.tasks_of(session, world.member)) == [ticket]
    assert list(finding.open_offers(session, world.member)) == []
    assert list(finding.open_offers(session, world.second_member)) == []
    tickets.withdraw(session, ticket, "", by=world.resident, now=NOW)
    assert list(finding.own_live(session, world.resident)) == []
    assert list(finding.tasks_of(session, world.member)) == []


def test_whoever_does_something_is_not_told_of_it(session: Session, world: World) -> None:
    own = factories.somebody(session, RoleKind.STAFF, world.street.community)
    ticket = factories.ticket(session, own, area=world.street.building)
    desk.hold(session, ticket, "等", until=NOW + DAY, by=own, now=NOW)
    assert factories.notices(session, own, NoticeKind.HELD) == []
    desk.resume(session, ticket, by=world.staff, now=NOW)
    assert len(factories.notices(session, own, NoticeKind.RESUMED)) == 1
    # Their own work is not theirs to judge, a colleague's is.
    tickets.finish(session, ticket, "", by=own, now=NOW)
    assert factories.notices(session, own, NoticeKind.FINISHED) == []
    other = factories.ticket(session, own, area=world.street.building)
    tickets.finish(session, other, "", by=world.staff, now=NOW)
    assert len(factories.notices(session, own, NoticeKind.FINISHED)) == 1
