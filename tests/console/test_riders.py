"""The page of riders: teams, titles, how one gets into an estate, and warnings that are confirmed twice."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from models import people, riders
from models.outbox import NoticeKind
from models.person import Person, RoleKind
from models.rider import AccessNote, Alert, Matter, TeamMember, Title
from models.ticket import Ticket
from tests import factories
from tests.console.conftest import Desk, Place


@pytest.fixture
def rider(place: Place) -> Person:
    with place.database.transaction() as session:
        return factories.somebody(session, RoleKind.RIDER, place.street.community, name="小马")


def alert(place: Place, **other: Any) -> dict[str, Any]:
    return {"kind": "storm", "area": place.street.community.id, "words": "下午暴雨，涵洞别走", **other}


def test_a_team_is_made_joined_left_and_ended(place: Place, rider: Person) -> None:
    staff = place.sign_in("staff")
    made = {"name": "骑士小巷管家团", "area": place.street.community.id}
    assert staff.post("/riders/team", made).status_code == 303
    assert staff.post("/riders/team", made).status_code == 409
    for _ in range(2):
        assert staff.post("/riders/team/1/join", {"person": rider.id}).status_code == 303
    page = staff.get("/riders").text
    assert "骑士小巷管家团" in page
    assert "1 人" in page
    assert staff.post("/riders/team/1/join", {"person": place.people["resident"].id}).status_code == 409
    staff.post("/riders/team/1/leave", {"person": rider.id})
    with place.database.reading() as session:
        assert session.scalars(select(TeamMember)).all() == []
    staff.post("/riders/team", {**made, "name": "二队"})
    assert staff.post("/riders/team/1/rename", {"name": "二队"}).status_code == 409
    assert staff.post("/riders/team/1/rename", {"name": ""}).status_code == 409
    assert staff.post("/riders/team/1/rename", {"name": "香樟一队"}).status_code == 303
    assert "香樟一队" in staff.get("/riders").text
    staff.post("/riders/team/1/end")
    assert "骑士小巷管家团</strong>" not in staff.get("/riders").text


def test_a_title_is_given_for_a_time_and_the_rider_is_told(place: Place, rider: Person) -> None:
    staff = place.sign_in("staff")
    given = {"person": rider.id, "kind": "food", "area": place.street.community.id, "until": "2026-12-31"}
    assert staff.post("/riders/title", given).status_code == 303
    page = staff.get("/riders").text
    assert "食品安全监督员" in page
    assert "到 2026-12-31" in page
    with place.database.reading() as session:
        [told] = factories.notices(session, rider, NoticeKind.TITLE_GIVEN)
        assert told.id in place.woken
        title = session.scalars(select(Title)).one()
    for wrong in (
        {"until": "2026-11-22"},
        {"until": "2028-01-01"},
        {"until": "x"},
        {"kind": "boss"},
        {"since": "2027-01-01"},
    ):
        assert staff.post("/riders/title", given | wrong).status_code == 409
    assert staff.post(f"/riders/title/{title.id}/end").status_code == 303
    with place.database.reading() as session:
        assert riders.titles_of(session, session.get_one(Person, rider.id), now=place.now) == []


def test_how_one_gets_in_is_written_and_taken_away(place: Place) -> None:
    staff = place.sign_in("staff")
    note = {"area": place.street.estate.id, "words": "走北门", "contact": "门岗", "phone": "027-00000000"}
    assert staff.post("/riders/access", note).status_code == 303
    assert "走北门" in staff.get("/riders").text
    assert staff.post("/riders/access", note | {"area": place.street.community.id}).status_code == 409
    staff.post("/riders/access", note | {"words": ""})
    with place.database.reading() as session:
        assert session.scalars(select(AccessNote)).all() == []


def test_an_alert_goes_out_with_the_right_number_once(place: Place, rider: Person) -> None:
    staff = place.sign_in("staff")
    shown = staff.post("/riders/alert", alert(place))
    assert "香樟社区，1 位骑手会收到" in shown.text
    assert "单子可以晚" in shown.text
    wrong = staff.post("/riders/alert/send", alert(place, people="2"))
    assert wrong.status_code == 409
    assert "现在是 1 位" in wrong.text
    assert staff.post("/riders/alert/send", alert(place, people="1")).status_code == 303
    again = staff.post("/riders/alert/send", alert(place, people="1"))
    assert again.status_code == 409
    assert "刚刚已经发过" in again.text
    with place.database.reading() as session:
        assert len(factories.notices(session, rider, NoticeKind.STORM_ALERT)) == 1
        assert session.scalars(select(Alert)).one().people == 1
    assert "下午暴雨" in staff.get("/riders").text


def test_an_alert_that_is_none_is_said_on_the_page(place: Place) -> None:
    staff = place.sign_in("staff")
    for wrong in ({"words": ""}, {"kind": "party"}, {"area": place.street.other_community.id}, {"words": "雨" * 201}):
        assert staff.post("/riders/alert", alert(place, **wrong)).status_code == 409
        assert staff.post("/riders/alert/send", alert(place, people="0", **wrong)).status_code == 409
    assert "没有登记的骑手" in staff.post("/riders/alert", alert(place)).text


def test_what_riders_bring_for_themselves_is_seen_together(place: Place) -> None:
    mine, other = place.ticket("保安不让外卖进"), place.ticket("银杏里也进不去", area=place.street.other_estate)
    with place.database.transaction() as session:
        for each in (mine, other):
            session.get_one(Ticket, each.id).matter = Matter.ACCESS
    page = place.sign_in("staff").get("/riders").text
    assert "进小区难，1 件" in page
    assert mine.number in page
    assert other.number not in page


def others(place: Place) -> list[Desk]:
    return [place.sign_in("elsewhere"), place.sign_in("clerk")]


def test_another_desk_and_a_department_change_nothing(place: Place, rider: Person) -> None:
    staff = place.sign_in("staff")
    staff.post("/riders/team", {"name": "一队", "area": place.street.community.id})
    given = {"person": rider.id, "kind": "food", "area": place.street.community.id, "until": "2026-12-31"}
    staff.post("/riders/title", given)
    for desk in others(place):
        assert desk.post("/riders/team/1/end").status_code == 404
        assert desk.post("/riders/title/1/end").status_code == 404
        assert desk.post("/riders/title", given).status_code in (404, 409)
        assert desk.post("/riders/alert/send", alert(place, people="1")).status_code in (404, 409)
    assert place.sign_in("clerk").get("/riders").status_code == 404
    assert "小马" not in place.sign_in("elsewhere").get("/riders").text
    with place.database.reading() as session:
        assert session.scalars(select(Alert)).all() == []


def test_whoever_rides_in_the_whole_street_rides_in_each_community(place: Place) -> None:
    with place.database.transaction() as session:
        anywhere = factories.somebody(session, RoleKind.RIDER, place.street.street, name="阿强")
        people.grant(session, anywhere, RoleKind.RIDER, place.street.community.id, now=place.now)
    assert (
        "1 位骑手会收到"
        in place.sign_in("elsewhere").post("/riders/alert", alert(place, area=place.street.other_community.id)).text
    )
