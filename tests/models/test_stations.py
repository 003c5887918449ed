"""Stations by distance, what is open, and what people say is wrong."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import open_hours, stations
from models.db import Database
from models.errors import Refusal, Refused
from models.open_hours import Hours
from models.station import Fault, StationFault, StationUse, Use
from models.stations import FARTHEST, METRES, STEP, Draft
from tests import factories
from tests.factories import NOW
from tests.models.conftest import World

LAT, LNG = 30.5, 114.3


def draft(name: str, lat: float, lng: float, area_id: int, **more: Any) -> Draft:
    what = {"kind": Use.REST, "address": "", "hours": "", "services": "", **more}
    return Draft(name=name, lat=lat, lng=lng, area_id=area_id, **what)


def names(session: Session, lat: float, lng: float, use: Use = Use.ANY, most: int = 3) -> list[str]:
    return [each.station.name for each in stations.nearest(session, lat, lng, use, now=NOW, most=most)]


# Around a corner of the largest squares, and of the smallest ones, on both sides of every border between them.
offsets = st.one_of(
    st.floats(-0.4, 0.4),
    st.sampled_from([each * STEP * 2**level for level in range(8) for each in (-1, 0, 1)]).flatmap(
        lambda edge: st.floats(edge - 1e-5, edge + 1e-5)
    ),
)
points = st.tuples(offsets, offsets)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(there=st.lists(points, max_size=40), here=points, most=st.integers(1, 5))
def test_the_nearest_are_those_that_measuring_each_one_finds(
    session: Session, world: World, there: list[tuple[float, float]], here: tuple[float, float], most: int
) -> None:
    corner = (round(LAT / (STEP * 64)) * STEP * 64, round(LNG / (STEP * 64)) * STEP * 64)
    lat, lng = corner[0] + here[0], corner[1] + here[1]
    narrow = math.cos(math.radians(lat))
    with session.begin_nested() as undo:
        made = [
            stations.enter(
                session, draft(str(number), corner[0] + up, corner[1] + right, world.street.community.id), now=NOW
            )
            for number, (up, right) in enumerate(there)
        ]
        measured = sorted(
            (((each.lat - lat) ** 2 + ((each.lng - lng) * narrow) ** 2), each.id, each.name) for each in made
        )
        wanted = [name for square, _, name in measured if math.sqrt(square) * METRES <= FARTHEST][:most]
        assert names(session, lat, lng, most=most) == wanted
        undo.rollback()


def test_the_nearest_are_the_same_on_every_database(both: Database) -> None:
    with both.transaction() as session:
        area = factories.street(session).community
        for number in range(30):
            stations.enter(
                session, draft(f"{number:02d}", LAT + 0.003 * number, LNG - 0.002 * number, area.id), now=NOW
            )
    with both.reading() as session:
        assert names(session, LAT + 0.0301, LNG - 0.0201, most=5) == ["10", "11", "09", "12", "08"]
        assert names(session, LAT - 0.2, LNG, most=2) == ["00", "01"]
        assert names(session, LAT - 1, LNG) == []


def test_only_what_serves_the_purpose_is_near(session: Session, world: World) -> None:
    area = world.street.community.id
    stations.enter(session, draft("驿站", LAT, LNG, area, uses=frozenset({Use.WATER})), now=NOW)
    stations.enter(session, draft("食堂", LAT, LNG + 0.001, area, kind=Use.MEAL), now=NOW)
    stations.enter(session, draft("面馆", LAT, LNG + 0.0001, area, kind=Use.OFFER), now=NOW)
    assert names(session, LAT, LNG) == ["驿站", "食堂"]
    assert names(session, LAT, LNG, Use.WATER) == ["驿站"]
    assert names(session, LAT, LNG, Use.OFFER) == ["面馆"]
    assert names(session, LAT, LNG, Use.CHARGING) == []


def test_what_is_over_or_taken_off_is_not_shown(session: Session, world: World) -> None:
    area, today = world.street.community.id, NOW.date()
    stations.enter(session, draft("过期", LAT, LNG, area, until=today - timedelta(days=1)), now=NOW)
    stations.enter(session, draft("今天还在", LAT, LNG, area, until=today), now=NOW)
    gone = stations.enter(session, draft("拿掉", LAT, LNG, area), now=NOW)
    stations.close(session, gone, now=NOW)
    assert names(session, LAT, LNG) == ["今天还在"]
    with pytest.raises(Refused) as refused:
        stations.report_fault(session, gone.id, Fault.CLOSED, by=world.resident, now=NOW)
    assert refused.value.reason is Refusal.NO_SUCH_STATION


def test_a_station_that_moves_leaves_no_square_behind_and_one_that_comes_back_is_found(
    session: Session, world: World
) -> None:
    area = world.street.community.id
    station = stations.enter(session, draft("东门", LAT, LNG, area), now=NOW)
    stations.enter(session, draft("东门", LAT + 0.5, LNG, area), now=NOW, station=station)
    assert names(session, LAT, LNG) == []
    assert len(session.scalars(select(StationUse)).all()) == 2
    stations.close(session, station, now=NOW)
    stations.enter(session, draft("东门", LAT, LNG, area), now=NOW, station=station)
    assert station.active
    assert names(session, LAT, LNG) == ["东门"]


def test_said_twice_it_is_one_and_looked_into_it_is_none(session: Session, world: World) -> None:
    station = stations.enter(session, draft("东门", LAT, LNG, world.street.community.id), now=NOW)
    for words in ("", "门锁着"):
        stations.report_fault(session, station.id, Fault.CLOSED, words, by=world.resident, now=NOW)
    stations.report_fault(session, station.id, Fault.MOVED, by=world.stranger, now=NOW)
    [near] = stations.nearest(session, LAT, LNG, Use.ANY, now=NOW)
    assert near.said == {Fault.CLOSED, Fault.MOVED}
    assert [each.words for each in session.scalars(select(StationFault).order_by(StationFault.id))] == ["门锁着", ""]
    assert stations.settle(session, station, by=world.staff, now=NOW) == 2
    [near] = stations.nearest(session, LAT, LNG, Use.ANY, now=NOW)
    assert near.said == frozenset()


# ---------------------------------------------------------------- opening hours

WEEKDAYS, NIGHT, ALWAYS = Hours("12345", 480, 1080), Hours("5", 1320, 360), Hours("1234567", 0, 1440)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of the week of 23 November 2026, a Monday, as clocks in China show it."""
    return datetime(2026, 11, 22, 16, tzinfo=UTC) + timedelta(days=day - 1, hours=hour, minutes=minute)


@pytest.fixture
def spans() -> Iterator[tuple[Hours, ...]]:
    yield (WEEKDAYS, NIGHT)


def test_a_place_is_open_from_its_first_minute_and_closed_from_its_last(spans: tuple[Hours, ...]) -> None:
    assert open_hours.closes(spans, at(1, 7, 59)) is None
    assert open_hours.closes(spans, at(1, 8)) == at(1, 18)
    assert open_hours.closes(spans, at(1, 18)) is None
    assert open_hours.opens(spans, at(1, 18)) == at(2, 8)


def test_a_night_reaches_into_the_next_morning(spans: tuple[Hours, ...]) -> None:
    assert open_hours.closes(spans, at(6, 5)) == at(6, 6)
    assert open_hours.closes(spans, at(5, 5)) is None
    assert open_hours.opens(spans, at(6, 6)) == at(8, 8)


def test_what_never_closes_says_so_and_hours_are_stored_as_they_are(spans: tuple[Hours, ...]) -> None:
    closes = open_hours.closes((ALWAYS,), at(1, 0))
    assert closes is not None
    assert closes - at(1, 0) >= timedelta(days=7)
    assert open_hours.read(open_hours.write((*spans, ALWAYS))) == (*spans, ALWAYS)
    assert open_hours.read("") == ()
    assert open_hours.closes((), at(1, 9)) is open_hours.opens((), at(1, 9)) is None
