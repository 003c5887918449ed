"""What was changed in the settings is known to every process soon, without a new start."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import select, text

from bot.app import create_app
from bot.channels import Way
from bot.channels.official import OfficialChannel
from models import area_edits, calendar, category_edits, days, editions, templates
from models.area import Area, AreaKind
from models.area_edits import Draft
from models.category import Category
from models.db import Database
from models.outbox import NoticeKind
from models.person import Person
from models.template import TemplateWay
from nlp import category_words
from tests.bot import support
from tests.channels.support import NOW


def test_a_new_estate_is_understood_by_two_processes_within_a_minute(
    migrated_postgres_url: str, tmp_path: Path
) -> None:
    with support.build(migrated_postgres_url, tmp_path) as first:
        other = create_app(support.settings(migrated_postgres_url, tmp_path), clock=lambda: first.times[0])
        with first.huying.database.transaction() as session:
            community = session.scalars(select(Area).where(Area.name == "银杏社区")).one()
            made = area_edits.add(session, community, AreaKind.ESTATE, Draft("望江名邸", ("老船厂",)))
        for huying in (first.huying, other):
            before = huying.current().understander.understand("老船厂3楼漏水").place
            assert before is None or before.area_id is None
        first.times[0] = NOW + timedelta(minutes=1)
        for huying in (first.huying, other):
            place = huying.current().understander.understand("老船厂3楼漏水").place
            assert place is not None
            assert place.area_id == made.id
            assert made.id in huying.current().areas
        other.close()


def test_a_closed_building_is_understood_no_more(sqlite_url: str, tmp_path: Path) -> None:
    with support.build(sqlite_url, tmp_path) as street:
        with street.huying.database.transaction() as session:
            estate = session.scalars(select(Area).where(Area.name == "银杏里")).one()
            for each in [*area_edits.below(session, estate, most=50), estate]:
                area_edits.close(session, each, now=NOW)
        street.times[0] = NOW + timedelta(seconds=30)
        world = street.huying.current()
        place = world.understander.understand("银杏里2栋漏水").place
        assert place is None or place.area_id is None
        # What was reported there is still called what it was.
        assert [each.name for each in world.path(estate.id)][0] == "银杏里"


def test_nothing_is_read_again_while_nothing_was_changed_and_the_database_may_be_away(
    sqlite_url: str, tmp_path: Path
) -> None:
    with support.build(sqlite_url, tmp_path) as street:
        world = street.huying.current()
        street.times[0] = NOW + timedelta(minutes=5)
        assert street.huying.current() is world
        street.times[0] = NOW + timedelta(minutes=10)
        with street.huying.database.engine.begin() as connection:
            connection.execute(text("ALTER TABLE editions RENAME TO away"))
        assert street.huying.current() is world


def test_a_day_off_entered_in_the_console_counts_in_every_process(
    sqlite_url: str, tmp_path: Path, own_calendar: None
) -> None:
    day = date(2026, 11, 25)
    with support.build(sqlite_url, tmp_path) as street:
        with street.huying.database.transaction() as session:
            days.enter(session, day, day, working=False, name="停电检修", today=NOW.date())
        assert calendar.is_working_day(day)
        street.times[0] = NOW + timedelta(seconds=30)
        street.huying.current.look()
        assert not calendar.is_working_day(day)
        with street.huying.database.transaction() as session:
            days.take_back(session, day, today=NOW.date())
        street.times[0] = NOW + timedelta(minutes=1)
        street.huying.current.look()
        assert calendar.is_working_day(day)


def test_the_number_is_another_after_every_transaction_that_changed_something(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    numbers = []
    for _ in range(3):
        with database.reading() as session:
            numbers.append(editions.number(session))
        with database.transaction() as session:
            editions.bump(session)
            once = editions.number(session)
            editions.bump(session)
            assert editions.number(session) == once
    assert len(set(numbers)) == 3
    database.dispose()


def test_a_word_of_the_deployment_is_gone_by_soon_and_points_to_its_category_only(
    sqlite_url: str, tmp_path: Path
) -> None:
    said = "楼下那个老虎灶又开起来了"
    with support.build(sqlite_url, tmp_path) as street:
        before = street.huying.current().understander.understand(said)
        with street.huying.database.transaction() as session:
            fumes = session.get_one(Category, "fumes")
            others = [each for each in session.scalars(select(Category)) if each is not fumes]
            words = category_words.read(fumes, others, "老虎灶", "")
            category_edits.set_words(session, fumes, category_words.with_own(fumes, words))
        street.times[0] = NOW + timedelta(seconds=30)
        after = street.huying.current().understander.understand(said)
        assert before.category != "fumes"
        assert (after.category, after.abstained) == ("fumes", False)
        assert "老虎灶" in after.reasons
        # What others are called is understood as before.
        for words_of_others in ("路灯坏了三天", "电梯又坏了", "车位被占"):
            again = street.huying.current().understander.understand(words_of_others)
            assert again.category not in (None, "fumes")


def test_a_template_entered_in_the_console_carries_the_next_notice(sqlite_url: str, tmp_path: Path) -> None:
    with support.build(sqlite_url, tmp_path) as street:
        channel = street.huying.channels["official"]
        assert isinstance(channel, OfficialChannel)
        before = channel.ways("arrived")
        with street.huying.database.transaction() as session:
            by = session.scalars(select(Person)).first()
            assert by is not None
            layout = templates.layout_of("entered-by-staff", [("thing1", "place"), ("time2", "time")])
            templates.keep(session, "official", TemplateWay.TEMPLATE, NoticeKind.ARRIVED, layout, by=by, now=NOW)
        assert channel.ways("arrived") == before
        street.times[0] += timedelta(seconds=11)
        street.huying.tasks.deliver.fn(0)
        assert channel.ways("arrived") == (*before, Way.TEMPLATE)
        with street.huying.database.transaction() as session:
            templates.forget(session, "official", TemplateWay.TEMPLATE, NoticeKind.ARRIVED)
        street.times[0] += timedelta(seconds=11)
        street.huying.current.look()
        assert channel.ways("arrived") == before
