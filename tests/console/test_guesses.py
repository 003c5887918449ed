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
from models.person import Person, RoleKind
from models.ticket import Ticket, Urgency
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


def test_a_danger_is_no_second_category(place: Place) -> None:
    words = "9栋楼道着火了，有人乱停电动车，晚上还很吵"
    ticket = place.ticket(words, category="noise", area=None, urgency=Urgency.EMERGENCY, danger="fire")
    desk = place.sign_in("staff")
    assert guesses(desk, ticket.number, "category") == []
    assert guesses(desk, ticket.number, "area") != []
    assert guesses(desk, place.ticket(words, category="noise").number, "category") != []


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


# ---------------------------------------------------------------- a point that no outline and no name knows


def at_a_point(place: Place, lat: float, lng: float, *, by: str = "resident", words: str = "这里的井盖松了") -> str:
    """What a phone's position says, with words that name no place."""
    with place.database.transaction() as session:
        reporter = session.get_one(Person, place.people[by].id)
        ticket = factories.ticket(session, reporter, words=words, area=None, category="public_facility")
        ticket.lat, ticket.lng = lat, lng
        session.flush()
        return ticket.number


def test_a_point_in_no_outline_is_put_to_what_lies_near_by_one_press(place: Place) -> None:
    with place.database.transaction() as session:
        for node, lat in ((place.street.estate, 30.501), (place.street.other_estate, 30.51)):
            found = session.get_one(Area, node.id)
            found.lat, found.lng = lat, 114.3
        far = session.get_one(Area, place.street.other_community.id)
        far.lat, far.lng = 31.5, 114.3
    number = ""
    for words in ("这里的井盖松了", ""):  # a photo and a position say nothing in words
        number = at_a_point(place, 30.5, 114.3, words=words)
        for name in ("staff", "elsewhere", "street"):
            assert guesses(place.sign_in(name), number, "area") == [
                str(place.street.estate.id),
                str(place.street.other_estate.id),
            ]
    desk = place.sign_in("elsewhere")
    pressed = desk.post(f"/tickets/{number}/locate", {"version": version(desk, number), "area": place.street.estate.id})
    assert pressed.status_code == 303
    with place.database.reading() as session:
        located = session.scalars(select(Ticket).order_by(Ticket.id.desc()).limit(1)).one()
        assert (located.area_id, located.community_id) == (place.street.estate.id, place.street.community.id)
        assert located.place


def test_where_nothing_has_a_position_it_is_guessed_from_where_the_reporter_rides(place: Place) -> None:
    with place.database.transaction() as session:
        rider = factories.somebody(session, RoleKind.RIDER, session.get_one(Area, place.street.other_community.id))
        place.people["rider"] = rider
    number = at_a_point(place, 30.5, 114.3, by="rider")
    assert guesses(place.sign_in("staff"), number, "area") == [str(place.street.other_community.id)]
    nobody = at_a_point(place, 30.5, 114.3)
    assert guesses(place.sign_in("staff"), nobody, "area") == []
