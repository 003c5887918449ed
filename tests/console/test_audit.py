"""Who saw and did what: written in the same moment, never changed, kept six months, and shown to the street."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DatabaseError

from models import audits, people, tickets
from models.audit import Audit, AuditKind
from models.base import Base, Word
from models.party import Party
from models.person import Person, Role, RoleKind, RoleStatus
from models.ticket import Urgency
from nlp.category_list import weighed
from tests import factories
from tests.console.conftest import Place, try_to_sign_in
from tests.console.test_ledger import credited
from tests.console.test_people import hand_over
from texts import audit


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


# ---------------------------------------------------------------- how it is said


def told(place: Place, path: str, by: str = "street") -> str:
    """The newest line of what somebody did, as the street reads it."""
    page = place.sign_in(by).get("/audit?kind=did").text
    return " ".join(re.sub("<[^>]+>", " ", page.split("<tbody>")[1].split("</tr>")[0]).split()).partition(path)[2]


def test_what_was_changed_is_said_in_the_words_of_the_pages(place: Place) -> None:
    staff, street = place.sign_in("staff"), place.sign_in("street")
    role_id, here = pending(place), place.street
    staff.post(f"/registrations/{role_id}/confirm")
    assert "怎样了 等核对 → 在任" in told(place, f"报到：{role_id} 核对好了")
    form = {"name": "物业公司", "kind": "property", "area": str(here.estate.id), "phone": "13812345678"}
    street.post("/departments/party", form)
    with place.database.reading() as session:
        party_id = session.scalars(select(Party.id).where(Party.name == "物业公司")).one()
    street.post(f"/departments/{party_id}/change", form | {"kind": "utility", "phone": ""})
    line = told(place, "部门：")
    assert f"单位 {party_id} 号：哪一种 物业公司 → 水电气单位" in line
    assert "电话清空了" in line
    spot = {"kind": "驿站", "name": "东门", "lat": "30.5", "lng": "114.3", "area": str(here.community.id)}
    street.post("/stations/enter", spot)
    street.post(
        "/stations/1/change",
        spot | {"kind": "充电", "area": str(here.other_community.id), "until": "2027-01-31", "hours": "24小时"},
    )
    line = told(place, "驿站：1 改")
    assert line.startswith(" 驿站 东门：")
    assert "能做什么" not in line
    for each in ("开放时间 无 → 每天 全天", "哪一种 驿站 → 充电", "哪里 香樟社区 → 银杏社区", "到哪天 无 → 2027-01-31"):
        assert each in line


def test_settings_are_said_with_their_limits_words_and_who_is_asked_first() -> None:
    called = audit.Called(areas={3: "香樟社区"}, people={7: "王姐"}, categories={"noise": "噪音扰民"}, weigh=weighed)
    changes = {
        "first": ["volunteer", "post"],
        "finish_limit": ["2h", "7wd"],
        "limits_by": ["", "urgent finish 30h, street accept 1wd"],
        "words": ["老虎灶 3.5", "大喇叭叭 7.0, 坝坝舞+十点 4.0"],
        "offerable": [False, True],
    }
    facts = {
        "changed": [
            {"table": "categories", "id": ["noise"], "to": changes},
            {"table": "areas", "id": [3], "name": "香樟社区", "to": {"grid_worker_id": [None, 7], "closed_at": [None, "2026-11-23T02:00:00+00:00"]}},
            {"table": "own_days", "id": ["2026-12-08"], "how": "new"},
            {"table": "templates", "id": ["official", "template", "offer"], "to": {"setting": ["…", "…"], "by_id": [1, 2]}},
            {"table": "nobody_knows", "id": [1], "to": {"odd": ["x", "y"]}},
            {"table": "areas", "id": [4], "to": {"path": ["/1/", "/2/"]}},
        ]
    }  # fmt: skip
    assert audit.differences(facts, called) == [
        "分类 噪音扰民：先找谁 志愿者（自动派单） → 认岗的人（没人认就请志愿者），办结 2 小时 → 7 个工作日，"
        "特别的时限 无 → 急的办结 30 小时，到了街道以后接单 1 个工作日，"
        "说法 老虎灶（多半是） → 大喇叭叭（一说就是）、坝坝舞+十点（多半是），可派志愿者 否 → 是",
        "地方 香樟社区：网格员 无 → 王姐，停用 无 → 2026-11-23 10:00",
        "放假和上班 2026-12-08：添了",
        "消息模板 official、模板消息、请接单：模板改了",
        "nobody_knows 1 号：odd x → y",
    ]


EDITED = (
    "admitted_tasks", "announcements", "appointments", "area_aliases", "areas", "categories", "duties", "evaluations",
    "goods", "guides", "honour_nominees", "honour_rounds", "joint_areas", "logins", "own_days", "parties", "people",
    "posts", "proposals", "push_downs", "ready_answers", "redemptions", "roles", "saved_filters", "station_faults",
    "stations", "teams", "templates", "titles",
)  # fmt: skip
"""What buttons of the console change."""

NEVER = {
    "areas.kind", "categories.waves", "evaluations.at", "evaluations.source", "guides.created_at", "honour_rounds.key_check",
    "honour_rounds.opened_at", "proposals.score", "proposals.reasons", "proposals.proposed_at", "redemptions.code_hash",
    "redemptions.reserved_at", "redemptions.family_id", "redemptions.goods_id", "titles.given_at",
}  # fmt: skip
"""What stands as it was written once, or is nobody's to edit."""


def test_whatever_a_button_changes_has_a_name_and_every_value_of_a_closed_set() -> None:
    raw = []
    for table in (Base.metadata.tables[each] for each in EDITED):
        for column in table.columns:
            words = [each.value for each in column.type.words] if isinstance(column.type, Word) else []
            for value in ("…", *words) if f"{table.name}.{column.name}" not in NEVER and not column.primary_key else ():
                facts = {"changed": [{"table": table.name, "id": [1], "to": {column.name: [None, value]}}]}
                raw += [each for each in audit.differences(facts, audit.Called()) if re.search("[a-z]{3}", each)]
    assert raw == []
