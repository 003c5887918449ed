"""The menu of the console: whoever looks finds what is theirs, and its numbers cost one question."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import url_for
from sqlalchemy import event

from console import menu
from models import joints, pushing
from models.area import AreaKind
from models.areas import add_area
from models.joint import Turn
from models.party import Party, PartyKind
from models.person import Person
from tests.console.conftest import Place
from tests.console.test_accounts import admin
from tests.console.test_judgements import to_call
from tests.console.test_people import hand_over
from texts import menu as words


@contextmanager
def asked(place: Place) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    heard: list[str] = []

    def hear(_: object, __: object, statement: str, *___: object) -> None:
        heard.append(statement)

    event.listen(place.database.engine, "before_cursor_execute", hear)
    yield heard
    event.remove(place.database.engine, "before_cursor_execute", hear)


def test_every_entry_has_a_word_and_a_page(place: Place) -> None:
    assert set(words.LABELS) == {each.key for each in menu.TABLE}
    assert {*words.GROUPS, menu.Group.DAILY} == set(menu.Group)
    with place.app.test_request_context():
        assert all(url_for(f"console.{each.endpoint}").startswith("/console/") for each in menu.TABLE)


@pytest.mark.parametrize(
    ("who", "daily", "groups"),
    [
        ("staff", ["事情", "地图", "柜台", "人工对话", "报到", "没联系上", "回访"], ["街坊", "人手", "数字"]),
        ("street", ["事情", "地图", "柜台", "人工对话", "报到", "没联系上", "回访"], ["街坊", "人手", "数字", "管理"]),
        ("clerk", ["事情", "地图", "下派"], []),
    ],
)
def test_whoever_looks_finds_what_is_theirs(place: Place, who: str, daily: list[str], groups: list[str]) -> None:
    page = place.sign_in(who).get("/tickets").text
    shown = page[page.index("<nav") : page.index("</nav>")]
    bar = shown[: shown.find("<details")] if groups else shown
    assert [each for each in words.LABELS.values() if f">{each}" in bar] == [
        each for each in words.LABELS.values() if each in daily
    ]
    assert [each for each in words.GROUPS.values() if f">{each}" in shown] == groups
    assert ("账号" in shown) is False
    assert "账号" in admin(place).get("/tickets").text


def test_all_numbers_of_the_menu_come_from_one_question(both_places: Place) -> None:
    place = both_places
    to_call(place)
    hand_over(place)
    staff = place.sign_in("staff")
    staff.get("/corrections")
    with asked(place) as heard:
        page = staff.get("/corrections").text
    assert sum("count(" in each.lower() and "conversations" in each for each in heard) == 1
    assert sum("count(" in each.lower() and "call_backs" in each for each in heard) == 1
    for label in ("人工对话", "报到", "回访"):
        assert f'{label} <span class="hy-count">1</span>' in page


def test_the_page_of_departments_asks_no_more_where_there_are_more_of_them(place: Place) -> None:
    street = place.sign_in("street")
    with asked(place) as few:
        street.get("/departments")
    with place.database.transaction() as session:
        here, clerk = place.street, session.get_one(Person, place.people["clerk"].id)
        for number in range(5):
            sides = [
                add_area(session, AreaKind.ESTATE, f"{number}号{side.name}", parent=side)
                for side in (session.merge(here.community), session.merge(here.other_community))
            ]
            joints.add(session, f"边{number}", sides, turn=Turn.WEEK, begins=place.now.date())
            session.add(Party(name=f"单位{number}", kind=PartyKind.OTHER, area_id=here.street.id))
            party = session.query(Party).filter_by(name="城管").one()
            wish = pushing.push_down(
                session,
                session.merge(here.community),
                party,
                f"统计{number}",
                by=clerk,
                channel="console",
                now=place.now,
            )
            pushing.ask_street(session, wish.id, by=clerk, now=place.now)
    with asked(place) as many:
        page = street.get("/departments").text
    for told in ("单位4", "边4", "统计4", "用小应的人：孙城", "今天 香樟社区"):
        assert told in page
    assert len(many) <= len(few) + 2  # the names behind what is there at all
