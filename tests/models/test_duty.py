"""The duty roster: nights, holidays, exceptions, and a file that is read whole or not at all."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import alarms, duty
from models.clock import CHINA
from models.outbox import NoticeKind
from models.person import Person, RoleKind
from models.roster import Alarm, Duty
from models.ticket import Urgency
from tests import factories
from tests.models.conftest import World

DAYS = [1, 2, 3, 4, 5, 6, 7]


def china(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=CHINA)


@pytest.fixture
def crew(session: Session, world: World) -> dict[str, Person]:
    return {
        name: factories.somebody(session, kind, area, name=name)
        for name, kind, area in (
            ("甲", RoleKind.STAFF, world.street.community),
            ("乙", RoleKind.STAFF, world.street.community),
            ("丙", RoleKind.GRID, world.street.estate),
            ("丁", RoleKind.STREET, world.street.street),
        )
    }


def enter(session: Session, *weekly: Any, dates: Any = ()) -> int:
    return duty.enter(session, {"area": "香樟社区", "weekly": [*weekly], "dates": [*dates]})


def on_duty(session: Session, world: World, now: datetime) -> list[str]:
    shift = duty.shift_at(session, world.street.community, now=now)
    return [person.name for person in shift.people] if shift else []


def test_a_night_belongs_to_the_day_on_which_it_begins(session: Session, world: World, crew: dict[str, Person]) -> None:
    day = {"days": DAYS, "from": "08:00", "to": "18:00", "first": "甲", "second": "乙"}
    night = {"days": [5], "from": "18:00", "to": "08:00", "first": "丙", "second": "丁"}
    assert enter(session, day, night) == 8
    assert on_duty(session, world, china(11, 27, 17, 59)) == ["甲", "乙"]  # a Friday
    assert on_duty(session, world, china(11, 27, 18)) == ["丙", "丁"]
    assert on_duty(session, world, china(11, 28, 7, 59)) == ["丙", "丁"]
    assert on_duty(session, world, china(11, 28, 8)) == ["甲", "乙"]
    assert on_duty(session, world, china(11, 28, 18)) == []


def test_a_holiday_has_shifts_of_its_own(session: Session, world: World, crew: dict[str, Person]) -> None:
    weekly = {"days": DAYS, "from": "00:00", "to": "24:00", "first": "甲"}
    holiday = {"day": "2026-10-01", "from": "08:00", "to": "20:00", "first": "丁", "second": "丙"}
    enter(session, weekly, dates=[holiday])
    assert on_duty(session, world, china(9, 30, 23)) == ["甲"]
    assert on_duty(session, world, china(10, 1, 9)) == ["丁", "丙"]
    assert on_duty(session, world, china(10, 1, 21)) == []
    assert on_duty(session, world, china(10, 2, 0)) == ["甲"]


def test_who_has_left_is_not_on_duty_and_the_second_comes_first(
    session: Session, world: World, crew: dict[str, Person]
) -> None:
    enter(session, {"days": DAYS, "from": "00:00", "to": "00:00", "first": "甲", "second": "乙"})
    crew["甲"].roles[0].status = crew["甲"].roles[0].status.ENDED
    assert on_duty(session, world, china(11, 27, 12)) == ["乙"]
    crew["乙"].erased_at = china(11, 1, 0)
    assert on_duty(session, world, china(11, 27, 12)) == []


def test_changing_one_shift_leaves_the_week_and_the_other_shifts_alone(
    session: Session, world: World, crew: dict[str, Person]
) -> None:
    day = {"days": DAYS, "from": "08:00", "to": "18:00", "first": "甲", "second": "乙"}
    night = {"days": DAYS, "from": "18:00", "to": "08:00", "first": "丙", "second": "丁"}
    enter(session, day, night)
    small_hours = china(11, 28, 2)  # still Friday's night
    shift = duty.take_over(session, world.street.community, "乙", now=small_hours)
    assert shift is not None
    assert [person.name for person in shift.people] == ["乙", "丙"]
    assert on_duty(session, world, china(11, 27, 12)) == ["甲", "乙"]
    assert on_duty(session, world, china(11, 28, 12)) == ["甲", "乙"]
    assert on_duty(session, world, china(11, 28, 20)) == ["丙", "丁"]
    duty.take_over(session, world.street.community, "丁", now=small_hours)
    assert on_duty(session, world, small_hours) == ["丁", "乙"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"first": "戊"}, "戊 is the name of 0 people"),
        ({"second": "甲"}, "the second person is the first"),
        ({"from": "noon"}, "noon is not a time"),
        ({"days": [0]}, "days are 1 (Monday) to 7"),
        ({"days": None}, "NoneType"),
        ({"to": "25:61"}, "must be in 0..59"),
    ],
)
def test_a_fault_in_the_file_is_named_and_changes_nothing(
    session: Session, world: World, crew: dict[str, Person], change: dict[str, Any], fault: str
) -> None:
    line = {"days": [1], "from": "08:00", "to": "18:00", "first": "甲"}
    enter(session, line)
    with pytest.raises(duty.RosterInvalid) as refused:
        enter(session, line, {**line, **change})
    assert fault in str(refused.value)
    assert "line 2" in str(refused.value)
    assert session.scalar(select(func.count()).select_from(Duty)) == 1


def test_an_area_nobody_knows_is_named(session: Session, crew: dict[str, Person]) -> None:
    with pytest.raises(duty.RosterInvalid, match="无名社区"):
        duty.enter(session, {"area": "无名社区"})
    with pytest.raises(duty.RosterInvalid):
        duty.enter(session, ["area"])


def test_with_a_roster_the_alarm_wakes_one_and_without_it_everybody(
    session: Session, world: World, crew: dict[str, Person]
) -> None:
    night = china(11, 28, 2)

    def woken() -> set[str]:
        ticket = factories.ticket(
            session, world.resident, area=world.street.building, urgency=Urgency.EMERGENCY, now=night
        )
        session.flush()
        people = [*crew.values(), world.staff, world.street_staff]
        return {
            each.name
            for each in people
            if any(one.ticket_id == ticket.id for one in factories.notices(session, each, NoticeKind.ALARM))
        }

    assert woken() == {"甲", "乙", "丁", "staff", "street"}
    enter(session, {"days": DAYS, "from": "18:00", "to": "08:00", "first": "丙", "second": "甲"})
    assert woken() == {"丙"}


def test_a_reaction_of_the_resident_is_none_of_those_on_duty(
    session: Session, world: World, crew: dict[str, Person]
) -> None:
    night = china(11, 28, 2)
    enter(session, {"days": DAYS, "from": "18:00", "to": "08:00", "first": "丙", "second": "甲"})
    ticket = factories.ticket(session, world.resident, area=world.street.building, urgency=Urgency.EMERGENCY, now=night)
    alarms.alarm(session, ticket, now=china(11, 28, 2, 3))  # called again: those who know are told, nobody else
    assert factories.notices(session, crew["甲"], NoticeKind.ALARM) == []
    assert len(factories.notices(session, crew["丙"], NoticeKind.ALARM)) == 2
    assert not alarms.go_on(session, ticket.id, now=china(11, 28, 2, 4))
    assert alarms.go_on(session, ticket.id, now=china(11, 28, 2, 5))
    assert len(factories.notices(session, crew["甲"], NoticeKind.ALARM)) == 1
    ticket.state = ticket.state.WITHDRAWN
    assert not alarms.go_on(session, ticket.id, now=china(11, 28, 2, 10))
    assert session.get_one(Alarm, ticket.id).next_at is None
