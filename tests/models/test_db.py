"""What the database promises: nothing lost, nothing half done, nothing kept by looking."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from models.area import Area, AreaAlias, AreaKind
from models.base import Moment
from models.db import Database
from models.ticket import Serial
from tests.factories import NOW

DAY = date(2026, 11, 23)


def test_nine_hundred_increments_by_six_people_at_once_are_all_kept(both: Database) -> None:
    # The second one is as good as another process: on SQLite it does not share the first one's lock.
    second = Database(both.url.render_as_string(hide_password=False))
    with both.transaction() as session:
        session.add(Serial(day=DAY, last=0))

    def count_up(database: Database) -> None:
        for _ in range(150):
            with database.transaction() as session:
                row = session.get_one(Serial, DAY, with_for_update=True)
                row.last += 1

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(count_up, [both, both, both, both, both, second]))
    second.dispose()
    with both.reading() as session:
        assert session.get_one(Serial, DAY).last == 900


def test_what_a_savepoint_rolled_back_is_gone_and_the_rest_stays(both: Database) -> None:
    with both.transaction() as session:
        session.add(Area(kind=AreaKind.STREET, name="before", path="/"))
        session.flush()
        with pytest.raises(ZeroDivisionError), session.begin_nested():
            session.add(Area(kind=AreaKind.STREET, name="inside", path="/"))
            session.flush()
            _ = 1 / 0
        session.add(Area(kind=AreaKind.STREET, name="after", path="/"))
    with both.reading() as session:
        assert session.scalars(select(Area.name).order_by(Area.id)).all() == ["before", "after"]


def test_a_transaction_that_fails_leaves_nothing(both: Database) -> None:
    with pytest.raises(ZeroDivisionError), both.transaction() as session:
        session.add(Serial(day=DAY, last=1))
        session.flush()
        _ = 1 / 0
    with both.reading() as session:
        assert session.get(Serial, DAY) is None


def test_looking_keeps_nothing(both: Database) -> None:
    with both.reading() as session:
        session.add(Serial(day=DAY, last=1))
        session.flush()
    with both.reading() as session:
        assert session.get(Serial, DAY) is None


def test_nobody_waits_for_a_reader(database: Database) -> None:
    with database.reading() as reader:
        assert reader.get(Serial, DAY) is None
        with database.transaction() as session:
            session.add(Serial(day=DAY, last=1))
        assert reader.scalar(select(Serial.last)) is None  # its own moment, from beginning to end


def test_a_row_that_points_nowhere_is_refused(both: Database) -> None:
    with pytest.raises(IntegrityError), both.transaction() as session:
        session.add(AreaAlias(area_id=4711, name="nowhere"))


def test_a_moment_without_a_zone_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Moment().process_bind_param(NOW.replace(tzinfo=None), None)  # type: ignore[arg-type]


def test_whoever_answers_somebody_writes_before_all_others_who_wait(database: Database) -> None:
    order: list[str] = []

    def write(name: str, *, first: bool) -> None:
        with database.transaction(first=first):
            order.append(name)

    with ThreadPoolExecutor(3) as pool, database.transaction():
        for many, (name, first) in enumerate((("a notice", False), ("another", False), ("a reply", True)), 1):
            pool.submit(write, name, first=first)
            assert any(len(database._turns._waiting) == many for _ in range(10_000_000)), f"{name} does not wait"
    assert order == ["a reply", "a notice", "another"]
