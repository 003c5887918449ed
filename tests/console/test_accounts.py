"""Accounts and roles: made, limited, reset and ended by the administrator, within their own areas only."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from console import login
from models import areas, desk, dispatch, people, rights, tickets, transitions
from models.area import AreaKind
from models.audit import Audit, AuditKind
from models.outbox import NoticeKind
from models.person import Login, Person, Role, RoleKind, RoleStatus
from models.ticket import Ticket, TicketState
from tests import factories
from tests.console.conftest import PASSWORD, Desk, Place, try_to_sign_in


def admin(place: Place) -> Desk:
    """Signed in as the administrator of the street."""
    with place.database.transaction() as session:
        boss = factories.somebody(session, RoleKind.ADMIN, place.street.street, name="管理员")
        place.people["boss"] = boss
        login.create_login(session, "boss", PASSWORD, boss, now=place.now, must_change=False)
    return place.sign_in("boss")


def make(place: Place, desk: Desk, **form: str) -> tuple[int, str]:
    """A new account; gives the answer's status and the first password."""
    given = {"name": "新同事", "login": "xin", "kind": "staff", "area": str(place.street.community.id), **form}
    answer = desk.post("/accounts", given)
    found = re.search(r"第一次的密码 <code>([^<]+)</code>", answer.text)
    return answer.status_code, found[1] if found else ""


def role_of(place: Place, name: str) -> Role:
    with place.database.reading() as session:
        return session.scalars(select(Role).join(Person).where(Person.name == name).order_by(Role.id.desc())).first()  # type: ignore[return-value]


def test_a_colleague_gets_an_account_whose_password_is_shown_once(both_places: Place) -> None:
    place = both_places
    desk = admin(place)
    status, password = make(place, desk)
    assert status == 200
    newcomer = place.browser()
    assert try_to_sign_in(newcomer, "xin", password).status_code == 303
    assert newcomer.get("/tickets").headers["Location"] == "/console/password"
    page = desk.get(f"/accounts/{role_of(place, '新同事').person_id}").text
    assert "新同事" in page
    assert password not in page
    assert "xin" in desk.get("/accounts").text
    with place.database.reading() as session:
        rows = list(session.scalars(select(Audit).where(Audit.by_id == place.people["boss"].id)))
        assert {AuditKind.LOGIN_MADE, AuditKind.ROLE_GRANTED} <= {row.kind for row in rows}
        assert password not in str([(row.about, row.facts) for row in rows])


def test_somebody_for_some_categories_sees_those_and_nothing_else(place: Place) -> None:
    noise, lamp = place.ticket(category="noise"), place.ticket(words="路灯坏了", category="lamp")
    _, password = make(place, admin(place), category="noise")
    desk = place.sign_in("xin", password)
    fresh = {"old": password, "new": "my own long words", "again": "my own long words"}
    assert desk.post("/password", fresh).status_code == 303
    listed = desk.get("/tickets?tab=all").text
    assert noise.number in listed
    assert lamp.number not in listed
    assert desk.get(f"/tickets/{noise.number}").status_code == 200
    assert "supervise" in desk.buttons(noise)
    for path in (f"/tickets/{lamp.number}", "/chats", "/registrations", "/figures", "/roster"):
        assert desk.get(path).status_code == 404, path


def test_a_role_for_a_time_ends_with_its_last_day(place: Place) -> None:
    _, password = make(place, admin(place), until="2026-11-23")
    with place.database.transaction() as session:
        session.scalars(select(Login).where(Login.name == "xin")).one().must_change = False
    assert place.sign_in("xin", password).get("/tickets").status_code == 200
    place.later(hours=14)
    assert place.sign_in("xin", password).get("/tickets").status_code == 403
    with place.database.transaction() as session:
        assert rights.end_run_out(session, now=place.now, most=10) == 1
        assert rights.end_run_out(session, now=place.now, most=10) == 0
    assert role_of(place, "新同事").status is RoleStatus.ENDED


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"login": ""},
        {"login": "staff"},
        {"kind": "rider"},
        {"kind": "emperor"},
        {"area": "99999"},
        {"area": "x"},
        {"kind": "department"},
        {"until": "2026-11-22"},
        {"until": "9999-12-31x"},
        {"until": "9999-12-31"},
    ],
)
def test_a_form_that_does_not_fit_makes_nobody(place: Place, wrong: dict[str, str]) -> None:
    desk = admin(place)
    with place.database.reading() as session:
        before = len(session.scalars(select(Person.id)).all())
    status, password = make(place, desk, **wrong)
    assert (status, password) == (409, "")
    with place.database.reading() as session:
        assert len(session.scalars(select(Person.id)).all()) == before


def test_a_password_is_reset_and_everybody_is_out(place: Place) -> None:
    desk, old = admin(place), place.sign_in("staff")
    answer = desk.post(f"/accounts/{place.people['staff'].id}/password")
    found = re.search(r"第一次的密码 <code>([^<]+)</code>", answer.text)
    assert found is not None
    assert old.get("/tickets").status_code == 302
    assert try_to_sign_in(place.browser(), "staff", PASSWORD).status_code == 422
    assert try_to_sign_in(place.browser(), "staff", found[1]).status_code == 303


def test_nobody_takes_over_somebody_who_may_do_more_elsewhere(place: Place) -> None:
    desk = admin(place)
    with place.database.transaction() as session:
        city = areas.add_area(session, AreaKind.CITY, "江城")
        above = session.get_one(Person, place.people["street"].id)
        people.grant(session, above, RoleKind.ADMIN, city.id, now=place.now)
    refused = desk.post(f"/accounts/{place.people['street'].id}/password")
    assert refused.status_code == 409
    assert "第一次的密码" not in refused.text
    assert place.sign_in("street").get("/tickets").status_code == 200
    foreign = role_of(place, "周正")
    assert desk.post(f"/accounts/{place.people['street'].id}/roles/{foreign.id}/end").status_code == 404
    form = {"kind": "admin", "area": str(foreign.area_id)}
    assert desk.post(f"/accounts/{place.people['staff'].id}/roles", form).status_code == 409


def test_a_role_is_given_to_somebody_known_and_ended_again(place: Place) -> None:
    desk, member = admin(place), place.people["member"].id
    form = {"kind": "staff", "area": str(place.street.community.id)}
    assert desk.post(f"/accounts/{member}/roles", form).status_code == 303
    given = role_of(place, "李建国")
    assert (given.kind, given.status) == (RoleKind.STAFF, RoleStatus.ACTIVE)
    assert desk.post(f"/accounts/{member}/password", {"login": "lijianguo"}).status_code == 200
    assert desk.post(f"/accounts/{member}/roles/{given.id}/end").status_code == 303
    assert role_of(place, "李建国").status is RoleStatus.ENDED


def test_nobody_ends_their_own_administration(place: Place) -> None:
    desk = admin(place)
    own = role_of(place, "管理员")
    assert desk.post(f"/accounts/{own.person_id}/roles/{own.id}/end").status_code == 409
    assert desk.get("/accounts").status_code == 200


def test_a_role_that_was_ended_closes_open_browsers_at_once(place: Place) -> None:
    desk, staff = admin(place), place.sign_in("staff")
    assert staff.get("/tickets").status_code == 200
    role = role_of(place, "刘敏")
    place.later(minutes=1)
    assert desk.post(f"/accounts/{role.person_id}/roles/{role.id}/end").status_code == 303
    assert staff.get("/tickets").status_code == 403
    assert role_of(place, "刘敏").until == place.now


def test_what_somebody_has_in_hand_goes_back_when_the_role_for_it_ends(place: Place) -> None:
    here, there = place.ticket(), place.ticket(area=place.street.other_estate)
    with place.database.transaction() as session:
        member, staff = (session.get_one(Person, place.people[each].id) for each in ("member", "street"))
        people.grant(session, member, RoleKind.MEMBER, place.street.other_community.id, now=place.now)
        for each in (here, there):
            ticket = session.get_one(Ticket, each.id)
            dispatch.offer_to(session, ticket, member, by=staff, now=place.now)
            tickets.accept(session, ticket, by=member, now=place.now)
        role = next(each for each in member.roles if each.area_id == place.street.community.id)
        rights.end(session, role, now=place.now)
        told = [each.kind for each in factories.notices(session, member)]
    assert place.again(here).state is TicketState.NEW
    assert place.again(there).assignee_id == place.people["member"].id
    assert told.count(NoticeKind.TAKEN_BACK) == 1


def test_somebody_for_some_categories_hears_of_those_alone(both_places: Place) -> None:
    place = both_places
    with place.database.transaction() as session:
        for name, categories in (("只管噪音", ["noise"]), ("只管灯", ["lamp", "leak"])):
            limited = factories.somebody(session, RoleKind.STAFF, place.street.community, name=name)
            limited.roles[0].categories = categories
    noise, lamp = place.ticket(category="noise"), place.ticket(words="路灯坏了", category="lamp")
    with place.database.reading() as session:
        desks = [{each.name for each in transitions.desk_of(session, ticket)} for ticket in (noise, lamp)]
        whole = people.with_role(session, [RoleKind.STAFF], area=place.street.community, category="")
    assert desks == [{"刘敏", "只管噪音"}, {"刘敏", "只管灯"}]
    assert [each.name for each in whole] == ["刘敏"]


def test_what_a_desk_keeps_to_itself_is_no_departments_whose_people_have_a_desk_elsewhere(place: Place) -> None:
    ticket = place.ticket()
    place.do(desk.assign, ticket, "城管", "", by="staff")
    with place.database.transaction() as session:
        clerk = session.get_one(Person, place.people["clerk"].id)
        people.grant(session, clerk, RoleKind.STAFF, place.street.other_community.id, now=place.now)
    noted = place.sign_in("staff").post(f"/tickets/{ticket.number}/desk-notes", {"note": "上次也是他"})
    assert noted.status_code == 303
    theirs = place.sign_in("clerk")
    page = theirs.get(f"/tickets/{ticket.number}")
    assert page.status_code == 200
    assert "上次也是他" not in page.text
    assert "desk-notes" not in page.text
    assert theirs.post(f"/tickets/{ticket.number}/desk-notes", {"note": "我也写"}).status_code == 404
