"""Every migration, up and down, with rows in it, on both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from models import (
    alerts,
    appointments,
    area_edits,
    audits,
    broadcasts,
    days,
    departments,
    desk,
    dispatch,
    earning,
    honours,
    joints,
    links,
    opening,
    parties,
    people,
    posts,
    pushing,
    redeeming,
    reminders,
    riders,
    sharing,
    stations,
    templates,
    tickets,
    uploads,
)
from models.area import Area, AreaKind
from models.audit import AuditKind
from models.base import Base
from models.category import Category
from models.db import Database, downgrade, upgrade
from models.departments import Draft
from models.desktop import Menu, ReadyAnswer
from models.guide import Guide
from models.honour import Group, Vote
from models.joint import Turn
from models.ledger import Unit
from models.offer import Offer, Purpose
from models.outbox import NoticeKind
from models.party import Assignment, Party, PartyKind
from models.person import Code, CodeKind, Login, LoginSession, Person, RoleKind
from models.place_code import PlaceCode
from models.reminder import About, Reminder
from models.rider import AlertKind, TitleKind
from models.station import Fault, Use
from models.template import TemplateWay
from models.ticket import Ticket, TicketState
from models.upload import UploadKind
from tests import factories
from tests.factories import NOW
from tests.models.conftest import build_world


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a single table, in a folder that does not exist yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'not' / 'yet' / 'huying.db'}"
    else:
        yield request.getfixturevalue("postgres_url")


def test_the_migrations_make_exactly_the_tables_of_the_models(both: Database) -> None:
    with both.engine.connect() as connection:
        found = MigrationContext.configure(connection, opts={"include_object": _is_plain})
        assert compare_metadata(found, Base.metadata) == []


def _is_plain(_: object, name: str | None, *__: object) -> bool:
    """Not what search has on one database only: FTS5's own tables, and the index of the pairs."""
    return not (name or "").startswith(("ticket_grams", "ix_search_entries_grams"))


def test_what_the_comparison_cannot_see_is_there_too(both: Database) -> None:
    inspector = inspect(both.engine)
    [desk] = [index for index in inspector.get_indexes("outbox") if index["name"] == "uq_outbox_desk"]
    assert desk["unique"]
    where = desk["dialect_options"][f"{both.engine.dialect.name}_where"]
    assert "desk" in str(where)
    assert "pending" in str(where)
    assert {key["name"] for key in inspector.get_foreign_keys("areas")} == {
        "fk_areas_grid_worker_id",
        "fk_areas_parent_id",
        "fk_areas_secretary_id",
    }
    cascades = {
        key["name"]: key["options"].get("ondelete")
        for table in ("area_aliases", "login_sessions")
        for key in inspector.get_foreign_keys(table)
    }
    assert cascades == {"fk_area_aliases_area_id": "CASCADE", "fk_login_sessions_login_id": "CASCADE"}


def test_up_with_rows_down_and_up_again(empty_url: str) -> None:
    for _ in range(2):
        upgrade(empty_url)
        database = Database(empty_url)
        with database.transaction() as session:
            world = build_world(session)
            # The circle: an area names a person who lives in it.
            world.street.estate.grid_worker_id = world.member.id
            world.member.home_area_id = world.street.building.id
            ticket = factories.ticket(session, world.resident, area=world.street.building)
            dispatch.dispatch(session, ticket.id, now=NOW)
            tickets.accept(session, ticket, by=world.member, now=NOW)
            tickets.arrive(session, ticket, "", by=world.member, now=NOW)
            dispatch.ask_along(session, ticket, world.second_member, by=world.staff, now=NOW)
            tickets.accept(session, ticket, by=world.second_member, now=NOW)
            reminders.add_lookout(session, world.street.street.id, NOW.date(), "井盖", by=world.staff, now=NOW)
            session.add(
                Reminder(ticket_id=ticket.id, person_id=world.stranger.id, about=About.RECHECK, reminded_at=NOW)
            )
            given = factories.ticket(session, world.resident, category="stall", area=world.street.building)
            departments.enter(session, Draft("供电所", PartyKind.UTILITY, world.street.street.id, ["stall"], "抢修班"))
            desk.assign(session, given, "供电所", "", by=world.staff, now=NOW)
            links.make(session, given, by=world.staff, now=NOW, hours=72)
            border = [world.street.estate, world.street.other_estate]
            joints.add(session, "江湾路两侧", border, turn=Turn.WEEK, begins=NOW.date())
            pushing.add_entry(session, world.street.street, "文明养犬", session.get_one(Category, "other"))
            party = session.scalars(select(Party).where(Party.name == "城管")).one()
            here = world.street.community
            pushing.push_down(session, here, party, "统计商户", by=world.clerk, channel="official", now=NOW)
            earning.open_account(session, world.member, {Unit.POINTS: 20, Unit.MINUTES: 60}, now=NOW)
            sharing.accept(session, sharing.invite(session, world.member, now=NOW), by=world.resident, now=NOW)
            oil = redeeming.offer(session, here, "食用油", price=10, stock=1, merchant=world.stranger, now=NOW)
            redeeming.reserve(session, oil.id, by=world.member, now=NOW, days=7)
            sharing.offer_hours(session, ticket, 60, by=world.member, now=NOW)
            spot = stations.Draft(Use.REST, "东门", "", 30.5, 114.3, "", "", here.id, uses=frozenset({Use.WATER}))
            station = stations.enter(session, spot, now=NOW)
            stations.report_fault(session, station.id, Fault.CLOSED, by=world.resident, now=NOW)
            people.grant(session, world.stranger, RoleKind.RIDER, here.id, now=NOW)
            riders.profile(session, world.stranger).busy = "14-16"
            riders.join_team(session, riders.make_team(session, "一队", here, now=NOW), world.stranger, now=NOW)
            day = NOW.date()
            at = posts.make(session, posts.Draft("灯岗", here.id, ["lamp"], 2), now=NOW)
            posts.claim(session, at.id, by=world.member, now=NOW)
            riders.give_title(session, world.stranger, TitleKind.FOOD, here, day, day, by=world.staff, now=NOW)
            reminders.add_lookout(session, here.id, day, "后厨", by=world.staff, now=NOW, title=TitleKind.FOOD)
            riders.write_note(session, world.street.estate, "走北门", "", "", by=world.staff, now=NOW)
            alerts.send(session, AlertKind.STORM, here, "暴雨", people=1, by=world.staff, now=NOW)
            week = {"votes_from": NOW + timedelta(days=1), "ends_at": NOW + timedelta(days=7)}
            chosen = honours.open_round(
                session, here, "最美志愿者", nominees=Group.MEMBERS, voters=Group.EVERYBODY, places=1, by=world.staff, now=NOW, **week
            )  # fmt: skip
            honours.nominate(session, chosen.id, "小李 修灯", by=world.member, now=NOW)
            nominee = honours.ask(session, chosen.id, world.member, "修灯", by=world.staff, now=NOW)
            session.add(Vote(round_id=chosen.id, voter="x", nominee_id=nominee.id, times=1))
            booked = (NOW + timedelta(days=1), NOW + timedelta(days=1, hours=1))
            appointments.make(session, world.stranger, here, "1号窗口", "办证", *booked, by=world.staff, now=NOW)
            said = broadcasts.confirm(
                session, here, None, "停水", emergency=False, people=broadcasts_to(session, here), most_a_week=2, by=world.staff, now=NOW
            )  # fmt: skip
            broadcasts.send_on(session, said.id, now=NOW)
            kept = {"by_id": world.staff.id, "changed_at": NOW}
            session.add(ReadyAnswer(area_id=here.id, text="您好", **kept))
            session.add(Menu(channel="official", draft={"button": []}, version=1, **kept))
            world.stranger.by_phone = world.stranger.no_broadcasts = True
            login = Login(name="staff", password_hash="x", person_id=world.staff.id, created_at=NOW)
            session.add_all([login, Code(code="AAAAAA", kind=CodeKind.BIND, expires_at=NOW)])
            session.flush()
            seen = {"created_at": NOW, "seen_at": NOW, "expires_at": NOW, "half": False, "address": "::1"}
            session.add(LoginSession(token_hash="x", login_id=login.id, csrf="x", browser="", **seen))
            audits.write(session, AuditKind.SIGNED_IN, about="staff", by_id=world.staff.id, address="::1", now=NOW)
            world.staff.roles[0].categories = ["noise"]
            area_edits.add(session, here, AreaKind.ESTATE, area_edits.Draft("新苑", ("新城",))).closed_at = NOW
            uploads.keep(session, UploadKind.AREAS, [["a"]], uploads.Outcome((), ()), by=world.staff, now=NOW)
            days.enter(session, day, day, working=False, name="停电", today=day)
            asked = {"words": ["老年证"], "text": "带身份证", "links": [], "changed_at": NOW}
            session.add(Guide(area_id=here.id, title="老年证", **asked))
            templates.keep(session, "official", TemplateWay.TEMPLATE, NoticeKind.OFFER, None, by=world.staff, now=NOW)
            session.add(PlaceCode(area_id=here.id, channel="official", address="x", made_at=NOW))
        with database.reading() as session:
            assert session.scalar(select(func.count()).select_from(Ticket)) == 2
            assert session.get_one(Area, world.street.estate.id).grid_worker_id == world.member.id
        database.dispose()
        downgrade(empty_url, "base")
        database = Database(empty_url)
        assert inspect(database.engine).get_table_names() == ["alembic_version"]
        database.dispose()


def broadcasts_to(session: Session, area: Area) -> int:
    """How many people a message to an area reaches."""
    whom = broadcasts.audience(area, None, emergency=False)
    return session.scalar(select(func.count()).select_from(Person).where(whom)) or 0


def test_upgrading_twice_changes_nothing(empty_url: str) -> None:
    upgrade(empty_url)
    upgrade(empty_url)
    database = Database(empty_url)
    made = {name for name in inspect(database.engine).get_table_names() if _is_plain(None, name)}
    assert made == {"alembic_version", *Base.metadata.tables}
    database.dispose()


def test_tasks_from_before_the_first_silence_count_from_the_day_of_the_upgrade(empty_url: str) -> None:
    upgrade(empty_url)
    database = Database(empty_url)
    with database.transaction() as session:
        world = build_world(session)
        ticket = factories.ticket(session, world.resident, area=world.street.building)
        dispatch.dispatch(session, ticket.id, now=NOW)
        tickets.accept(session, ticket, by=world.member, now=NOW)
    database.dispose()
    downgrade(empty_url, "evaluation")
    upgrade(empty_url)
    database = Database(empty_url)
    with database.reading() as session:
        [again] = session.scalars(select(Ticket))
        assert again.touched_at is not None
        assert again.asked_at is None
        assert {offer.purpose for offer in session.scalars(select(Offer))} == {Purpose.TASK}
    database.dispose()


def test_what_lay_with_a_department_before_there_was_a_book_is_in_it_afterwards(empty_url: str) -> None:
    upgrade(empty_url)
    database = Database(empty_url)
    with database.transaction() as session:
        world = build_world(session)
        given, held, done = (
            factories.ticket(session, world.resident, category="stall", area=world.street.building) for _ in range(3)
        )
        for ticket in (given, held, done):
            desk.assign(session, ticket, "城管", "", by=world.staff, now=NOW)
        desk.hold(session, held, "等", until=NOW + timedelta(days=3), by=world.clerk, now=NOW)
        tickets.finish(session, done, "好了", by=world.clerk, now=NOW)
    database.dispose()
    downgrade(empty_url, "after")
    upgrade(empty_url)
    database = Database(empty_url)
    with database.transaction() as session:
        book = session.scalars(select(Assignment).order_by(Assignment.ticket_id)).all()
        assert [(row.ticket_id, row.party.name, row.first) for row in book] == [
            (given.id, "城管", True),
            (held.id, "城管", True),
        ]
        again = session.get_one(Ticket, given.id)
        desk.send_back(session, again, "不归我们", by=session.get_one(Person, world.clerk.id), now=NOW)
        assert (again.state, again.returned_by) == (TicketState.NEW, "城管")
        assert parties.has_returned(session, again)
    database.dispose()


def test_who_asked_for_a_service_is_not_forgotten_by_a_downgrade(empty_url: str) -> None:
    upgrade(empty_url)
    database = Database(empty_url)
    with database.transaction() as session:
        world = build_world(session)
        report = opening.Report("想请人上门理发", service="理发", area_id=world.street.building.id)
        ticket_id = opening.open_ticket(session, report, by=world.resident, channel="official", now=NOW).id
    database.dispose()
    downgrade(empty_url, "depts")
    upgrade(empty_url)
    database = Database(empty_url)
    with database.reading() as session:
        ticket = session.get_one(Ticket, ticket_id)
        assert (ticket.service, ticket.understood) == (None, False)
    database.dispose()


def test_the_migrations_know_every_module_that_has_tables() -> None:
    root = Path(__file__).parents[2]
    known = re.findall(r"^    (\w+),$", (root / "migrations" / "env.py").read_text(encoding="utf-8"), re.MULTILINE)
    modules = root.joinpath("models").glob("*.py")
    have = {each.stem for each in modules if re.search(r"^class \w+\(Base\)", each.read_text(encoding="utf-8"), re.M)}
    assert have == set(known)
