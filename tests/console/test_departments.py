"""The console's pages of departments and partners, border areas and the admitted list, and who may use them."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from models import departments, desk, joints, parties, pushing, statistics
from models.attachment import Attachment, AttachmentKind
from models.category import Category
from models.joint import JointArea
from models.party import Link, Party, PartyKind
from models.pushed import Admitted, PushDown
from models.ticket import Ticket, TicketState
from tests.console.conftest import Desk, Place
from tests.factories import NOW


def enter_partner(place: Place, name: str = "供电所") -> int:
    """A partner of the street without an account."""
    with place.database.transaction() as session:
        draft = departments.Draft(
            name, PartyKind.UTILITY, place.street.street.id, contact="抢修班", phone="13800009999"
        )
        return departments.enter(session, draft).id


def links(place: Place) -> int:
    with place.database.reading() as session:
        return len(session.scalars(select(Link.id)).all())


def make_link(page: Desk, ticket: Ticket) -> str:
    shown = page.get(f"/tickets/{ticket.number}").text
    version = re.search(r'name="version" value="(\d+)"', shown)
    return page.post(f"/tickets/{ticket.number}/link", {"version": version[1] if version else "0"}).text


def test_a_party_is_entered_changed_and_ended(place: Place) -> None:
    page = place.sign_in("staff")
    form = {"name": "香樟 物业", "kind": "property", "area": str(place.street.estate.id), "category": "leak"}
    assert page.post("/departments/party", form).status_code == 303
    with place.database.reading() as session:
        party = session.scalars(select(Party).where(Party.kind == PartyKind.PROPERTY)).one()
    assert (party.name, party.categories, party.area_id) == ("香樟物业", ["leak"], place.street.estate.id)
    assert page.post("/departments/party", form).status_code == 409
    changed = {"kind": "property", "contact": "尹经理", "phone": "13800008888"}
    assert page.post(f"/departments/{party.id}/change", changed).status_code == 303
    shown = page.get("/departments").text
    assert "尹经理" in shown
    assert page.post(f"/departments/{party.id}/end").status_code == 303
    assert "香樟物业" not in page.get("/departments").text
    assert page.post("/departments/party", form).status_code == 303
    assert "香樟物业" in page.get("/departments").text


@pytest.mark.parametrize(
    "form",
    [
        {"name": "", "kind": "property"},
        {"name": "某某", "kind": "nonsense"},
        {"name": "某某", "kind": "property", "area": "99999"},
        {"name": "某某", "kind": "property", "area": "x"},
    ],
)
def test_a_party_that_does_not_fit_is_explained(place: Place, form: dict[str, str]) -> None:
    given = {"area": str(place.street.estate.id), **form}
    refused = place.sign_in("staff").post("/departments/party", given)
    assert refused.status_code == 409
    assert 'role="alert"' in refused.text


def test_nobody_enters_or_changes_what_lies_beyond_their_desk(place: Place) -> None:
    party = enter_partner(place)
    staff, clerk = place.sign_in("staff"), place.sign_in("clerk")
    other = {"name": "银杏物业", "kind": "property", "area": str(place.street.other_estate.id)}
    assert staff.post("/departments/party", other).status_code == 409
    assert staff.post(f"/departments/{party}/change", {"kind": "other"}).status_code == 409
    assert staff.post(f"/departments/{party}/end").status_code == 409
    with place.database.reading() as session:
        assert session.get_one(Party, party).active
    assert clerk.get("/departments").status_code == 404
    assert "13800009999" not in staff.get("/departments").text


def test_only_the_street_changes_the_list_and_the_borders(place: Place) -> None:
    staff, street = place.sign_in("staff"), place.sign_in("street")
    entry = {"name": "文明养犬宣传", "area": str(place.street.street.id), "category": "other"}
    joint = {
        "name": "江湾路两侧",
        "turn": "week",
        "begins": "2026-11-23",
        "node": [str(place.street.estate.id), str(place.street.other_estate.id)],
    }
    assert staff.post("/admitted", entry).status_code == 409
    assert staff.post("/joint-areas", joint).status_code == 409
    assert street.post("/admitted", entry).status_code == 303
    assert street.post("/joint-areas", joint).status_code == 303
    shown = staff.get("/departments").text
    assert "文明养犬宣传" in shown
    assert "今天 香樟社区" in shown
    with place.database.reading() as session:
        listed, border = session.scalars(select(Admitted)).one().id, session.scalars(select(JointArea)).one().id
    assert staff.post(f"/admitted/{listed}/remove").status_code == 409
    assert staff.post(f"/joint-areas/{border}/remove").status_code == 409
    assert street.post("/joint-areas", joint).status_code == 409
    assert (
        street.post("/joint-areas", joint | {"name": "一处", "node": str(place.street.building.id)}).status_code == 409
    )
    assert street.post(f"/admitted/{listed}/remove").status_code == 303
    assert street.post(f"/joint-areas/{border}/remove").status_code == 303
    with place.database.reading() as session:
        assert joints.every(session) == []


def test_a_link_is_shown_once_and_a_reload_makes_no_other(place: Place) -> None:
    ticket, page = place.ticket(), place.sign_in("staff")
    enter_partner(place)
    assert page.press(ticket, "assign", department="供电所", why="").status_code == 303
    shown = page.get(f"/tickets/{ticket.number}").text
    version = re.search(r'name="version" value="(\d+)"', shown)
    assert version is not None
    made = page.post(f"/tickets/{ticket.number}/link", {"version": version[1]})
    assert re.search(r"http://localhost/answer/[\w-]{32}", made.text)
    assert "no-store" in made.headers["Cache-Control"]
    assert page.post(f"/tickets/{ticket.number}/link", {"version": version[1]}).status_code == 409
    assert links(place) == 1


def test_there_is_no_link_for_those_who_have_an_account_or_for_whoever_is_not_the_desk(place: Place) -> None:
    ticket, staff = place.ticket(), place.sign_in("staff")
    staff.press(ticket, "assign", department="城管", why="")
    assert "/link" not in staff.get(f"/tickets/{ticket.number}").text
    assert "不用链接" in make_link(staff, ticket)
    assert "/answer/" not in make_link(place.sign_in("clerk"), ticket)
    assert place.sign_in("elsewhere").post(f"/tickets/{ticket.number}/link", {"version": "1"}).status_code == 404
    assert links(place) == 0


def test_the_street_decides_about_a_return_with_three_buttons(place: Place) -> None:
    ticket, street, staff = place.ticket(), place.sign_in("street"), place.sign_in("staff")
    enter_partner(place)
    place.do(desk.assign, ticket, "城管", "", by="staff")
    place.do(desk.send_back, ticket, "属于交警", by="clerk")
    assert {"keep", "take_in", "assign"} <= set(street.buttons(ticket))
    assert not {"keep", "take_in", "assign", "offer", "finish"} & set(staff.buttons(ticket))
    assert "等街道定" in staff.get(f"/tickets/{ticket.number}").text
    assert street.press(ticket, "keep", why=" ").status_code == 409
    assert street.press(ticket, "keep", why="归你们").status_code == 303
    again = place.again(ticket)
    assert (again.state, again.department, again.returned_by) == (TicketState.ASSIGNED, "城管", "")
    clerk = place.sign_in("clerk")
    assert "街道已经定了" in clerk.press(ticket, "return", why="真的不归我们").text
    assert "街道定了，仍由他们办：城管" in clerk.get(f"/tickets/{ticket.number}").text


def test_a_department_sees_photos_without_faces_and_the_desk_as_they_are(place: Place) -> None:
    ticket = place.ticket(category="stall")
    place.do(desk.assign, ticket, "城管", "", by="staff")
    place.media |= {"whole": b"\xff\xd8\xff whole", "small": b"\xff\xd8\xff small", "hidden": b"\xff\xd8\xff hidden"}
    who = place.people["resident"].id
    with place.database.transaction() as session:
        sent = [
            Attachment(
                ticket_id=ticket.id,
                person_id=who,
                channel="official",
                kind=AttachmentKind.IMAGE,
                stored="whole",
                small="small",
                blurred=blurred,
                sent_at=place.now,
            )
            for blurred in ("hidden", "", None)
        ]
        session.add_all(sent)
        session.flush()
        hidden, failed, as_it_is = [each.id for each in sent]
    staff, clerk = place.sign_in("staff"), place.sign_in("clerk")
    for each in (hidden, failed, as_it_is):
        assert staff.get(f"/attachments/{each}").data == place.media["whole"]
        assert staff.get(f"/attachments/{each}?small=1").data == place.media["small"]
    for size in ("", "?small=1"):
        assert clerk.get(f"/attachments/{hidden}{size}").data == place.media["hidden"]
        assert clerk.get(f"/attachments/{failed}{size}").status_code == 404
    assert clerk.get(f"/attachments/{as_it_is}").data == place.media["whole"]


def test_a_department_pushes_down_on_a_page_of_its_own_and_the_street_decides_about_the_rest(place: Place) -> None:
    with place.database.transaction() as session:
        other = session.get_one(Category, "other")
        pushing.add_entry(session, place.street.street, "文明养犬宣传", other)
    clerk, street = place.sign_in("clerk"), place.sign_in("street")
    form = {"community": str(place.street.community.id), "words": "文明养犬宣传，周末在广场"}
    assert clerk.post("/push-down", form).status_code == 303
    off = form | {"words": "统计商户面积"}
    assert "不在准入清单里" in clerk.post("/push-down", off).text
    assert clerk.post("/push-down", off | {"ask": "yes"}).status_code == 303
    assert clerk.post("/push-down", form | {"community": "99999"}).status_code == 409
    assert place.sign_in("staff").get("/push-down").status_code == 404
    with place.database.reading() as session:
        assert [each.origin for each in session.scalars(select(Ticket))] == ["城管"]
        wish = session.scalars(select(PushDown)).one().id
    assert "统计商户面积" in street.get("/departments").text
    assert place.sign_in("staff").post(f"/wishes/{wish}/grant").status_code == 409
    assert street.post(f"/wishes/{wish}/grant").status_code == 303
    assert street.post(f"/wishes/{wish}/deny").status_code == 409
    with place.database.reading() as session:
        assert [each.origin for each in session.scalars(select(Ticket))] == ["城管", "城管"]


def test_the_figures_say_how_often_the_first_one_asked_was_right(place: Place) -> None:
    enter_partner(place)
    for number in range(6):
        ticket = place.ticket()
        place.do(desk.assign, ticket, "城管", "", by="staff")
        if number:
            place.do(desk.assign, ticket, "供电所", "", by="street") if number == 1 else None
        if number in (2, 3):
            place.do(desk.send_back, ticket, "不归我们", by="clerk")
    page = place.sign_in("street").get("/figures").text
    assert "首派准确率" in page
    assert "退回了，街道还没定" in page
    with place.database.reading() as session:
        found = statistics.first_given(
            session, since=NOW, until=place.later(days=1), communities=[place.street.community.id], nowhere=False
        )
    assert {name: dict(counts) for name, counts in found.items()} == {"城管": {"wrong": 1, "disputed": 2, "still": 3}}


def test_an_ended_party_is_not_given_anything_more(place: Place) -> None:
    ticket, party = place.ticket(), enter_partner(place)
    assert place.sign_in("street").post(f"/departments/{party}/end").status_code == 303
    with place.database.reading() as session:
        assert [each.name for each in parties.serving(session, None)] == ["城管"]
    assert place.sign_in("staff").press(ticket, "assign", department="供电所", why="").status_code == 409
