"""Search finds what people said, where it is and who brought it, on both databases, and forgets what is erased."""

from __future__ import annotations

import pytest
from sqlalchemy import select, true
from sqlalchemy.orm import Session

from models import desk, people, search, tickets
from models.db import Database
from models.entry import SEARCH, Feed, SearchEntry
from models.person import Person
from models.search import Scope
from models.ticket import Ticket
from tests import factories
from tests.factories import NOW
from tests.models.conftest import World, build_world

PLACE = "香樟花园6栋"


@pytest.fixture
def town(both: Database) -> tuple[Database, World]:
    with both.transaction() as session:
        return both, build_world(session)


def find(session: Session, words: str, *, scope: Scope | None = None, before: int | None = None) -> list[int]:
    return search.find(session, words, numbered=None, seen=true(), scope=scope, before=before, most=25)


def read_on(database: Database) -> None:
    """Lets the job read everything."""
    while True:
        with database.transaction() as session:
            if not search.catch_up(session):
                return


def entry(session: Session, ticket: Ticket) -> SearchEntry:
    return session.get_one(SearchEntry, ticket.id)


def test_words_of_one_two_and_more_characters_are_found_before_and_after_they_are_read(
    town: tuple[Database, World],
) -> None:
    database, world = town
    with database.transaction() as session:
        parking = factories.ticket(session, world.resident, words="小区停车难，天天抢", area=world.street.building)
        parking.place = PLACE
        factories.ticket(session, world.resident, words="场地里停电，车子充不了")
        leak = factories.ticket(session, world.stranger, words="水管漏。WIFI 也没有，Ａ6 楼道黑")
    for _ in range(2):
        with database.reading() as session:
            for words, expected in (
                ("停车", [parking.id]),
                ("停车难", [parking.id]),
                ("抢", [parking.id]),
                ("漏", [leak.id]),
                ("香樟花园 停车", [parking.id]),
                ("停车 漏", []),
                ("车停", []),
                ("wifi", [leak.id]),
                ("a6", [leak.id]),
                ("张阿姨 停车", [parking.id]),
                ("张阿姨 漏", []),
                ("路人", [leak.id]),
                ("，wi", []),
                ("%", []),
                ('"', []),
                (" ", []),
            ):
                assert find(session, words) == expected, words
        read_on(database)


def test_what_is_added_and_corrected_later_is_found_too_and_what_was_wrong_is_not(town: tuple[Database, World]) -> None:
    database, world = town
    with database.transaction() as session:
        ticket = factories.ticket(session, world.resident, words="楼道里有东西", area=world.street.building)
        ticket.place = PLACE
    read_on(database)
    with database.transaction() as session:
        again, staff = session.get_one(Ticket, ticket.id), session.get_one(Person, world.staff.id)
        tickets.add_words(session, again, "是旧沙发", by=staff, now=NOW)
        tickets.locate(session, again, area_id=None, place="菜场后门", text="", by=staff, now=NOW)
    for _ in range(2):
        with database.reading() as session:
            assert find(session, "沙发") == find(session, "菜场 楼道") == [ticket.id]
            assert find(session, "香樟花园") == []
        read_on(database)
    with database.reading() as session:
        assert "香樟" not in entry(session, ticket).grams


def test_erased_words_leave_the_index_at_once(town: tuple[Database, World]) -> None:
    database, world = town
    with database.transaction() as session:
        ticket = factories.ticket(session, world.resident, words="我儿子叫小宝", area=world.street.building)
        ticket.place = PLACE
    read_on(database)
    with database.reading() as session:
        assert "小宝" in entry(session, ticket).grams
    with database.transaction() as session:
        people.erase(session, session.get_one(Person, world.resident.id), now=NOW)
    with database.reading() as session:
        assert "小宝" not in entry(session, ticket).grams
        assert find(session, "小宝") == find(session, "张阿姨") == []
        assert find(session, "香樟花园") == [ticket.id]


def test_nobody_finds_what_they_may_not_see_and_a_department_finds_its_own(town: tuple[Database, World]) -> None:
    database, world = town
    with database.transaction() as session:
        here = factories.ticket(session, world.resident, words="停车难", area=world.street.building)
        there = factories.ticket(session, world.resident, words="停车难", area=world.street.other_estate)
        nowhere = factories.ticket(session, world.resident, words="停车难")
        session.flush()
        desk.assign(session, there, "城管", "", by=session.get_one(Person, world.street_staff.id), now=NOW)
    read_on(database)
    staff = Scope([world.street.community.id], [], world.staff.id, is_desk=True)
    clerk = Scope([], ["城管"], world.clerk.id, is_desk=False)
    with database.reading() as session:
        assert find(session, "停车", scope=staff) == [nowhere.id, here.id]
        assert find(session, "停车", scope=clerk) == [there.id]
        only = search.find(session, "停车", numbered=None, seen=Ticket.id == here.id, scope=staff, before=None, most=25)
        assert only == [here.id]


def test_many_hits_come_newest_first_a_page_after_the_other(
    town: tuple[Database, World], monkeypatch: pytest.MonkeyPatch
) -> None:
    database, world = town
    monkeypatch.setattr(search, "NEWEST", 7)
    monkeypatch.setattr(search, "CHUNK", 5)
    with database.transaction() as session:
        made = [
            factories.ticket(session, world.resident, words="停车场满了" if number % 2 else "停车，车场").id
            for number in range(40)
        ]
    read_on(database)
    with database.reading() as session:
        first = find(session, "停车")
        assert first == made[:-26:-1]
        assert find(session, "停车", before=first[-1]) == made[14::-1]
        # Both pairs of 停车场 stand in every entry; only every second ticket says it.
        assert find(session, "停车场") == made[::-2]


def test_reading_goes_on_where_it_ended_and_only_one_reads_at_a_time(town: tuple[Database, World]) -> None:
    database, world = town
    with database.transaction() as session:
        factories.ticket(session, world.resident, words="停车难")
    if not database.is_sqlite:
        with database.transaction() as session:
            assert search.catch_up(session) > 0
            with database.transaction() as other:
                assert search.catch_up(other) == 0
    read_on(database)
    with database.transaction() as session:
        assert search.catch_up(session) == 0
        # A line that another writer had begun earlier and committed later is read all the same.
        session.delete(session.scalars(select(SearchEntry)).one())
        session.flush()
        search.catch_up(session)
        assert session.scalars(select(SearchEntry)).one().version == 1
        assert session.get_one(Feed, SEARCH).event_id > 0
