"""Skills on pages: who has which, another name for one, and two that become one."""

from __future__ import annotations

from sqlalchemy import select

from models import people
from models.category import Category
from models.person import Person, Skill
from tests import factories
from tests.console.conftest import Desk, Place
from tests.console.test_areas import administrator


def admin(place: Place) -> Desk:
    """The mediator knows how to mend lamps too, a neighbour how to make peace, and noise asks for the first."""
    with place.database.transaction() as session:
        people.set_skills(session, session.get_one(Person, place.people["member"].id), ["调解", "劝和", "修灯"])
        people.set_skills(session, session.get_one(Person, place.people["newcomer"].id), ["劝和"])
        session.get_one(Category, "noise").skills = ["调解"]
        factories.category(session, "pets").skills = ["劝和", "养狗"]
    return administrator(place)


def have(place: Place, who: str) -> list[str]:
    with place.database.reading() as session:
        return sorted(session.scalars(select(Skill.skill).where(Skill.person_id == place.people[who].id)))


def wanted(place: Place, code: str) -> list[str]:
    with place.database.reading() as session:
        return session.get_one(Category, code).skills


def test_who_has_which_is_seen_and_another_name_reaches_people_and_categories(both_places: Place) -> None:
    place = both_places
    desk = admin(place)
    page = desk.get("/skills").text
    assert "2 人会" in page
    assert "点单的服务" in page
    assert "李建国" in desk.get("/skills/调解").text
    assert "看了谁是什么身份、会什么：调解" in desk.get("/audit").text
    assert desk.get("/skills/没有这个").status_code == 404
    assert desk.post("/skills/调解/rename", {"new": "邻里调解"}).status_code == 303
    assert have(place, "member") == sorted(["修灯", "劝和", "邻里调解"])
    assert wanted(place, "noise") == ["邻里调解"]
    assert desk.get("/skills/调解").status_code == 404


def test_two_become_one_only_when_that_is_meant(both_places: Place) -> None:
    place = both_places
    desk = admin(place)
    refused = desk.post("/skills/劝和/rename", {"new": "调解"})
    assert refused.status_code == 409
    assert "已经有“调解”了" in refused.text
    assert have(place, "newcomer") == ["劝和"]
    assert desk.post("/skills/劝和/rename", {"new": "调解", "join": "1"}).status_code == 303
    assert have(place, "newcomer") == ["调解"]
    assert have(place, "member") == sorted(["修灯", "调解"])
    assert wanted(place, "pets") == ["调解", "养狗"]


def test_what_residents_ask_for_by_name_keeps_it(place: Place) -> None:
    desk = admin(place)
    assert "名字不改" in desk.get("/skills/修灯").text
    for new, sentence in (("", "不能空着"), ("长" * 11, "最多 10 个字"), ("一、二", "特长每个")):
        refused = desk.post("/skills/调解/rename", {"new": new})
        assert (refused.status_code, sentence in refused.text) == (409, True), new
    assert desk.post("/skills/修灯/rename", {"new": "换灯泡"}).status_code == 409
    assert desk.post("/skills/养狗/rename", {"new": "修灯"}).status_code == 409
    assert have(place, "member") == sorted(["修灯", "劝和", "调解"])
