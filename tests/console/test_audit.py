"""Who saw and did what: written in the same moment, never changed, kept six months, and shown to the street."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DatabaseError

from models import audits, people, tickets
from models.audit import Audit, AuditKind
from models.person import Person, Role, RoleKind, RoleStatus
from models.ticket import Urgency
from tests import factories
from tests.console.conftest import Place, try_to_sign_in
from tests.console.test_ledger import credited
from tests.console.test_people import hand_over


def rows(place: Place, *kinds: AuditKind) -> list[Audit]:
    with place.database.reading() as session:
        found = session.scalars(select(Audit).order_by(Audit.id))
        return [row for row in found if row.kind in kinds]


def pending(place: Place) -> int:
    with place.database.reading() as session:
        return session.scalars(select(Role.id).where(Role.person_id == place.people["newcomer"].id)).one()


def test_a_pressed_button_is_written_down_with_its_difference_and_address(both_places: Place) -> None:
    place = both_places
    staff, role_id = place.sign_in("staff"), pending(place)
    assert staff.post(f"/registrations/{role_id}/confirm").status_code == 303
    [row] = rows(place, AuditKind.DID)
    assert row.about == f"registrations/{role_id}/confirm"
    assert (row.by_id, row.address) == (place.people["staff"].id, "127.0.0.1")
    changed = {"table": "roles", "id": [role_id], "to": {"status": ["pending", "active"]}}
    assert changed in row.facts["changed"]


def test_names_numbers_and_words_never_stand_in_the_audit(place: Place) -> None:
    staff = place.sign_in("staff")
    form = {"name": "秘密物业", "kind": "property", "area": str(place.street.estate.id), "phone": "13812345678"}
    assert staff.post("/departments/party", form).status_code == 303
    with place.database.reading() as session:
        party = session.scalars(select(Audit.facts).where(Audit.kind == AuditKind.DID)).one()
    shown = str(party)
    assert "parties" in shown
    assert "秘密物业" not in shown
    assert "13812345678" not in shown


def test_what_was_refused_changes_nothing_and_is_not_said_to_have_been_done(place: Place) -> None:
    elsewhere, role_id = place.sign_in("elsewhere"), pending(place)
    assert elsewhere.post(f"/registrations/{role_id}/confirm").status_code == 404
    assert rows(place, AuditKind.DID) == []


def test_looking_at_somebodys_door_number_is_written_down_once_an_hour(place: Place) -> None:
    ticket, desk = place.ticket(urgency=Urgency.EMERGENCY), place.sign_in("staff")
    for _ in range(3):
        assert desk.get(f"/tickets/{ticket.number}").status_code == 200
    [row] = rows(place, AuditKind.SAW_CONTACT)
    assert row.about == f"tickets/{ticket.number}"
    place.later(hours=1)
    desk.get(f"/tickets/{ticket.number}")
    assert len(rows(place, AuditKind.SAW_CONTACT)) == 2


def test_a_page_that_shows_nobody_is_not_a_look(place: Place) -> None:
    ticket, desk = place.ticket(), place.sign_in("staff")
    for path in ("/tickets", f"/tickets/{ticket.number}", "/figures", "/departments"):
        assert desk.get(path).status_code == 200
    assert [row.kind for row in rows(place, *AuditKind)] == [AuditKind.SIGNED_IN]


def test_each_page_with_somebodys_data_leaves_a_line(place: Place) -> None:
    chat_id, desk = hand_over(place), place.sign_in("staff")
    credited(place)
    with place.database.transaction() as session:
        session.get_one(Person, place.people["newcomer"].id).phone = "13700001111"
    for path in (f"/chats/{chat_id}", "/registrations", f"/ledger/people/{place.people['member'].id}"):
        assert desk.get(path).status_code == 200
    seen = rows(place, AuditKind.SAW_CHAT, AuditKind.SAW_REGISTRATION, AuditKind.SAW_LEDGER)
    assert [(row.kind, row.about) for row in seen] == [
        (AuditKind.SAW_CHAT, f"people/{place.people['resident'].id}"),
        (AuditKind.SAW_REGISTRATION, f"people/{place.people['newcomer'].id}"),
        (AuditKind.SAW_LEDGER, f"people/{place.people['member'].id}"),
    ]


def test_coming_and_going_is_written_down(place: Place) -> None:
    try_to_sign_in(place.browser(), "staff", "a wrong guess")
    place.sign_in("staff").post("/sign-out")
    assert [row.kind for row in rows(place, *AuditKind)] == [
        AuditKind.SIGN_IN_FAILED,
        AuditKind.SIGNED_IN,
        AuditKind.SIGNED_OUT,
    ]


def write(place: Place) -> Audit:
    with place.database.transaction() as session:
        who = place.people["staff"].id
        return audits.write(session, AuditKind.SIGNED_IN, about="staff", by_id=who, address="::1", now=place.now)


def test_the_database_itself_refuses_to_change_or_forget_the_audit(both_places: Place) -> None:
    place = both_places
    row = write(place)
    with pytest.raises(DatabaseError), place.database.transaction() as session:
        session.execute(update(Audit).where(Audit.id == row.id).values(about="somebody else"))
    with pytest.raises(DatabaseError), place.database.transaction() as session:
        session.execute(delete(Audit).where(Audit.id == row.id))
    assert [each.about for each in rows(place, *AuditKind)] == ["staff"]


def test_what_is_older_than_it_is_kept_goes_and_six_months_stay_whatever_is_asked(both_places: Place) -> None:
    place = both_places
    old = write(place)
    place.later(days=400)
    fresh = write(place)
    with place.database.transaction() as session:
        assert audits.forget(session, before=place.now - timedelta(days=372), most=100) == 1
    assert [row.id for row in rows(place, *AuditKind)] == [fresh.id] != [old.id]
    place.later(days=60)
    write(place)
    with pytest.raises(DatabaseError), place.database.transaction() as session:
        audits.forget(session, before=place.now, most=100)
    assert len(rows(place, *AuditKind)) == 2


def test_the_street_reads_the_audit_and_nobody_below_it(place: Place) -> None:
    ticket = place.ticket()
    staff, street = place.sign_in("staff"), place.sign_in("street")
    staff.press(ticket, "supervise", why="催一下")
    page = street.get("/audit").text
    assert "刘敏" in page
    pressed = f"{ticket.number} 督办"
    assert pressed in page
    assert "操作记录" in page
    for name in ("staff", "clerk", "grid"):
        assert place.sign_in(name).get("/audit").status_code in (403, 404)
    only = street.get(f"/audit?person={place.people['elsewhere'].id}").text
    assert pressed not in only
    assert pressed not in street.get("/audit?kind=came").text
    assert pressed in street.get(f"/audit?about={ticket.number}&kind=did&day=2026-11-23").text
    assert pressed not in street.get("/audit?day=2026-11-22").text
    assert AuditKind.SAW_AUDIT in {row.kind for row in rows(place, *AuditKind)}


@pytest.mark.parametrize("query", ["person=x&day=9999-99-99", "day=0001-01-01", "kind=%00&about=%25_", "page=-1"])
def test_a_hostile_question_to_the_audit_is_harmless(place: Place, query: str) -> None:
    assert place.sign_in("street").get(f"/audit?{query}").status_code == 200


def test_of_an_erased_person_the_audit_keeps_no_name(place: Place) -> None:
    """Rows hold numbers of people only, so that what is erased is erased here too."""
    ticket = place.ticket(urgency=Urgency.EMERGENCY)
    place.do(tickets.add_words, ticket, "水更大了", by="resident")
    place.sign_in("staff").get(f"/tickets/{ticket.number}")
    assert all("张小芳" not in f"{row.about} {row.facts}" for row in rows(place, *AuditKind))


def test_joining_two_accounts_rewrites_no_line_and_hides_none(both_places: Place) -> None:
    place = both_places
    ticket, staff = place.ticket(), place.people["staff"].id
    place.sign_in("staff").press(ticket, "supervise", why="催一下")
    with place.database.transaction() as session:
        other = factories.person(session, "刘敏")
        people.join(session, other, session.get_one(Person, staff))
    assert {row.by_id for row in rows(place, *AuditKind)} == {staff}
    assert f"{ticket.number} 督办" in place.sign_in("street").get("/audit").text


def test_joining_a_limited_role_makes_no_whole_one(place: Place) -> None:
    with place.database.transaction() as session:
        keep, other = (session.get_one(Person, place.people[name].id) for name in ("elsewhere", "staff"))
        for person in (keep, other):
            people.grant(session, person, RoleKind.STREET, place.street.street.id, now=place.now)
        for role in keep.roles:
            role.status = RoleStatus.ENDED if role.kind is RoleKind.STREET else role.status
        for role in other.roles:
            role.categories = ["noise"] if role.kind is RoleKind.STREET else []
        session.flush()
        people.join(session, keep, other)
        [street] = [role for role in keep.roles if role.kind is RoleKind.STREET]
        assert (street.status, street.categories) == (RoleStatus.ACTIVE, ["noise"])
