"""One press on a ticket's page corrects what it is and where it is."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from models import areas, tickets
from models.area import Area, AreaKind
from models.category import Category
from models.correction import Correction
from models.db import Database
from nlp import categories
from nlp.understand import AreaName, Understander
from tests import factories
from tests.console.conftest import Desk, Place


def understander(database: Database) -> Understander:
    """The shipped model on the areas of the street."""
    with database.reading() as session:
        tree = [
            AreaName(id=area.id, kind=area.kind.value, name=area.name, aliases=(), parent_id=area.parent_id)
            for area in areas.all_areas(session)
        ]
    return Understander([*categories.load()], tree)


@pytest.fixture
def place(place: Place) -> Place:
    """The console of the street, with the understanding that the bot has."""
    made: list[Understander] = []
    place.means = replace(place.means, understand=lambda text, near: made[0].understand(text, near=near))
    with place.database.transaction() as session:
        for each in categories.load():
            if session.get(Category, each.code) is None:
                factories.category(session, each.code)
        for parent in (place.street.estate, place.street.other_estate):
            areas.add_area(session, AreaKind.BUILDING, "9栋", parent=session.get_one(Area, parent.id))
    made.append(understander(place.database))
    return place


def guesses(desk: Desk, number: str, field: str) -> list[str]:
    page = desk.get(f"/tickets/{number}").text
    return re.findall(rf'<button class="btn" name="{field}" value="([^"]+)">', page)


def version(desk: Desk, number: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', desk.get(f"/tickets/{number}").text)
    return found[1] if found else ""


def test_the_likeliest_other_categories_correct_it_by_one_press_and_it_is_learned_from(place: Place) -> None:
    ticket = place.ticket("小区里有人乱停车，把消防通道堵了，晚上还很吵", category="noise")
    desk = place.sign_in("staff")
    found = guesses(desk, ticket.number, "category")
    assert len(found) == 3
    assert "noise" not in found
    pressed = desk.post(
        f"/tickets/{ticket.number}/correct", {"version": version(desk, ticket.number), "category": found[0]}
    )
    assert pressed.status_code == 303
    assert place.again(ticket).category == found[0]
    with place.database.reading() as session:
        [lesson] = session.scalars(select(Correction))
        assert (lesson.before_category, lesson.after_category) == ("noise", found[0])
    assert found[0] not in guesses(desk, ticket.number, "category")


def test_what_a_colleague_changed_meanwhile_is_not_lost_by_one_press(place: Place) -> None:
    ticket = place.ticket("小区里有人乱停车", category="noise")
    desk = place.sign_in("staff")
    seen, [choice, *_] = version(desk, ticket.number), guesses(desk, ticket.number, "category")
    place.do(tickets.add_words, ticket, "还在那里", by="resident")
    late = desk.post(f"/tickets/{ticket.number}/correct", {"version": seen, "category": choice})
    assert late.status_code == 409
    assert "刚刚有人动过" in late.text
    assert place.again(ticket).category == "noise"


def test_a_building_that_was_told_without_its_estate_is_one_press_away(place: Place) -> None:
    ticket = place.ticket("9栋2单元太吵", area=place.street.community)
    desk = place.sign_in("staff")
    page, offered = desk.get(f"/tickets/{ticket.number}").text, guesses(desk, ticket.number, "area")
    assert "也可能在" in page
    assert offered
    pressed = desk.post(
        f"/tickets/{ticket.number}/locate", {"version": version(desk, ticket.number), "area": offered[0]}
    )
    assert pressed.status_code == 303
    assert place.again(ticket).area_id == int(offered[0])


def test_nothing_is_guessed_for_erased_words_or_for_whoever_may_not_correct(place: Place) -> None:
    empty, theirs = place.ticket("  ", category="noise"), place.ticket("小区里有人乱停车")
    assert guesses(place.sign_in("staff"), empty.number, "category") == []
    with place.database.transaction() as session:
        found = session.get_one(type(theirs), theirs.id)
        found.assignee_id = place.people["elsewhere"].id
    assert guesses(place.sign_in("elsewhere"), theirs.number, "category") == []
