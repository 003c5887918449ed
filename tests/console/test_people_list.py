"""People from a list: looked at first, given what they do, hidden numbers left alone, and found again in the chat."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from models import areas, people, sheets
from models.area import AreaKind
from models.person import CodeKind, Person, Role, RoleKind, RoleStatus
from nlp.lists import heads
from nlp.person_list import PersonList
from tests import factories
from tests.console.conftest import Desk, Place
from tests.console.test_areas import administrator, last_upload
from tests.console.test_areas import upload as upload_any

HEAD = tuple(heads(PersonList).values())


@pytest.fixture
def admin(place: Place) -> Desk:
    return administrator(place)


def row(**cells: str) -> list[str]:
    names = ("id", "name", "phone", "role", "area", "department", "skills")
    given = {"name": "何秀", "role": "志愿者", "area": "香樟社区"} | cells
    return [given.get(name, "") for name in names]


def upload(desk: Desk, rows: list[list[str]]) -> str:
    return upload_any(desk, rows, HEAD, "people").text


def named(place: Place, name: str) -> list[Person]:
    with place.database.reading() as session:
        found = session.scalars(select(Person).where(Person.name == name).order_by(Person.id)).all()
        assert all([each.roles, each.skills] for each in found)
        return list(found)


def roles(person: Person) -> set[tuple[RoleKind, int]]:
    return {(role.kind, role.area_id) for role in person.roles if role.status is RoleStatus.ACTIVE}


def test_a_list_makes_people_and_gives_them_what_they_do(place: Place, admin: Desk) -> None:
    rows = [
        row(phone="138 0000 5555", skills="调解、理发"),
        row(phone="13800005555", role="网格员", area="香樟社区/香樟花园"),
        row(name="孙工", role="部门", area="江湾街道", department="住建"),
        row(name="王姐", role="网格员", area="香樟花园", phone="13900001111"),
    ]
    shown = upload(admin, rows)
    assert "会新添 2 个，改 2 个" in shown
    assert "岗位 没有 → 网格员 · 香樟花园" in shown
    assert named(place, "何秀") == []
    assert admin.post(f"/people/sheet/{last_upload(place)}/take").status_code == 303
    [made] = named(place, "何秀")
    street = place.street
    assert roles(made) == {(RoleKind.MEMBER, street.community.id), (RoleKind.GRID, street.estate.id)}
    assert {each.skill for each in made.skills} == {"调解", "理发"}
    # A number in a list is nobody's word that it may be given on.
    assert (made.phone, made.consented_at) == ("13800005555", None)
    [grid] = named(place, "王姐")
    assert (grid.id, grid.phone) == (place.people["grid"].id, "13900001111")


def test_what_nobody_sees_in_a_cell_is_not_taken(place: Place, admin: Desk) -> None:
    upload(admin, [row(name="何\u202e秀\u200b")])
    admin.post(f"/people/sheet/{last_upload(place)}/take")
    assert len(named(place, "何秀")) == 1


def test_every_wrong_row_is_named_with_its_column_and_nobody_is_made(place: Place, admin: Desk) -> None:
    with place.database.transaction() as session:
        factories.somebody(session, RoleKind.MEMBER, place.street.community, name="李建国")
        place.people["grid"].phone = "13900001111"
        session.merge(place.people["grid"])
    wrong = [
        (row(name=""), "第 2 行，姓名：这里不能空着"),
        (row(phone="123"), "第 3 行 何秀，手机：手机号是 11 位"),
        (row(role="管理员"), "第 4 行 何秀，岗位：岗位写"),
        (row(area="火星"), "第 5 行 何秀，哪里：没找到这个地方"),
        (row(area="6栋"), "第 6 行 何秀，哪里：楼栋只给"),
        (row(role="部门", area="江湾街道"), "第 7 行 何秀，部门：这里不能空着"),
        (row(skills="飞檐走壁"), "第 8 行 何秀，特长：没有“飞檐走壁”"),
        (row(id="999999"), "第 9 行 何秀，编号：没有这个编号"),
        (row(name="别人", phone="13900001111"), "第 10 行 别人，手机：这个号码是另一位的"),
        (row(name="李建国"), "第 11 行 李建国，姓名：有几位同名"),
        (row(id=str(place.people["resident"].id)), "第 12 行 何秀，编号：没有这个编号"),
    ]
    page = upload(admin, [each for each, _ in wrong])
    assert f"有 {len(wrong)} 行不对" in page
    for _, sentence in wrong:
        assert sentence in page
    assert named(place, "何秀") == []


def test_what_is_exported_hides_numbers_and_comes_back_without_a_change(place: Place, admin: Desk) -> None:
    with place.database.transaction() as session:
        session.get_one(Person, place.people["grid"].id).phone = "13900001111"
    exported = sheets.read(admin.get("/people.xlsx").data)
    [grid] = [each for each in exported if each[1] == "王姐"]
    assert grid[2] == "139****11"
    assert not any("13900001111" in cell for each in exported for cell in each)
    assert "和现在的一样" in upload(admin, [[*each, *[""] * (len(HEAD) - len(each))] for each in exported[1:]])
    grid = [*grid, *[""] * (len(HEAD) - len(grid))]
    grid[1] = "王大姐"
    assert "姓名 王姐 → 王大姐" in upload(admin, [grid])
    with place.database.transaction() as session:
        session.get_one(Person, place.people["grid"].id).consented_at = place.now
    admin.post(f"/people/sheet/{last_upload(place)}/take")
    [renamed] = named(place, "王大姐")
    assert (renamed.phone, renamed.consented_at) == ("13900001111", place.now)
    assert "人员名单" in admin.get("/audit").text
    # Another number: what was agreed to was said of the one before.
    grid[2] = "13900002222"
    upload(admin, [grid])
    admin.post(f"/people/sheet/{last_upload(place)}/take")
    [moved] = named(place, "王大姐")
    assert (moved.phone, moved.consented_at) == ("13900002222", None)


def test_somebody_of_a_list_becomes_themselves_in_the_chat_by_a_code(place: Place, admin: Desk) -> None:
    upload(admin, [row()])
    admin.post(f"/people/sheet/{last_upload(place)}/take")
    [made] = named(place, "何秀")
    page = admin.post(f"/accounts/{made.id}/code").text
    code = re.search(r"绑定 ([A-Z0-9]{6})", page)
    assert code is not None
    with place.database.transaction() as session:
        found = people.use_code(session, code[1], CodeKind.BIND, now=place.now)
        assert found.person_id == made.id


@pytest.mark.parametrize("cells", [{"name": "刘大敏"}, {"name": "刘敏", "phone": "13900002222"}])
def test_who_has_rights_elsewhere_keeps_their_name_and_number(place: Place, admin: Desk, cells: dict[str, str]) -> None:
    staff = place.people["staff"]
    given = [row(id=str(staff.id), role="社区工作者", **cells)]
    assert "改 1 个" in upload(admin, given)
    with place.database.transaction() as session:
        far = areas.add_area(session, AreaKind.STREET, "远江街道")
        people.grant(session, session.merge(staff), RoleKind.STAFF, far.id, now=place.now)
    assert "姓名和手机请上一级的管理员改" in upload(admin, given)
    assert "和现在的一样" in upload(admin, [row(id=str(staff.id), name="刘敏", role="社区工作者")])


def test_who_has_rights_elsewhere_gets_no_code_here(place: Place, admin: Desk) -> None:
    with place.database.transaction() as session:
        far = areas.add_area(session, AreaKind.STREET, "远江街道")
        role = people.grant(session, session.merge(place.people["staff"]), RoleKind.STAFF, far.id, now=place.now)
        assert isinstance(role, Role)
    assert admin.post(f"/accounts/{place.people['staff'].id}/code").status_code == 409
