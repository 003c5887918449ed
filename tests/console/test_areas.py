"""The tree of areas: grown, renamed, moved and closed on pages, and as a list that is looked at first."""

from __future__ import annotations

import io
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from models import area_edits, areas, people, sheets
from models.area import Area, AreaKind
from models.audit import Audit, AuditKind
from models.person import RoleKind
from models.upload import Upload
from nlp.area_list import AreaList
from nlp.lists import heads
from tests import factories
from tests.console.conftest import PASSWORD, Desk, Place
from tests.factories import NOW

HEAD = tuple(heads(AreaList).values())


@pytest.fixture
def admin(place: Place) -> Desk:
    return administrator(place)


def administrator(place: Place) -> Desk:
    """The street's administrator, signed in."""
    with place.database.transaction() as session:
        boss = place.people["street"]
        people.grant(session, session.merge(boss), RoleKind.ADMIN, place.street.street.id, now=NOW)
    return place.sign_in("street", PASSWORD)


def upload(desk: Desk, rows: list[list[str]], head: tuple[str, ...] = HEAD, kind: str = "areas") -> TestResponse:
    form = {"csrf": desk.csrf(), "file": (io.BytesIO(sheets.write(head, rows)), "list.xlsx")}
    return desk.client.post(f"/console/{kind}/sheet", data=form, content_type="multipart/form-data")


def last_upload(place: Place) -> int:
    with place.database.reading() as session:
        return session.scalars(select(Upload.id).order_by(Upload.id.desc())).first() or 0


def found(place: Place, name: str) -> Area | None:
    with place.database.reading() as session:
        area = session.scalars(select(Area).where(Area.name == name)).first()
        if area is not None:
            assert area.aliases is not None
        return area


def row(**cells: str) -> list[str]:
    names = ("id", "kind", "parent", "name", "aliases", "code", "grid_worker", "secretary", "lat", "lng")
    return [cells.get(name, "") for name in names]


ESTATE = "江湾街道/香樟社区/香樟花园"


def test_a_building_is_added_where_it_stands(place: Place, admin: Desk) -> None:
    estate = place.street.estate
    form = {"kind": "building", "name": "7栋", "aliases": "七号楼、小白楼", "code": "a7"}
    assert admin.post(f"/areas/{estate.id}/add", form).status_code == 303
    made = found(place, "7栋")
    assert made is not None
    assert (made.path, made.code) == (f"{estate.path}{made.id}/", "A7")
    assert [each.name for each in made.aliases] == ["七号楼", "小白楼"]
    page = admin.get(f"/areas/{estate.id}").text
    assert "也叫 七号楼、小白楼" in page


WRONG: list[tuple[dict[str, str], str]] = [
    ({"name": ""}, "不能空着"),
    ({"name": "6栋"}, "已经有“6栋”了"),
    ({"name": "东/西"}, "不能有 /"),
    ({"name": "…"}, "要有字或数字"),
    ({"name": "楼" * 31}, "最多 30 个字"),
    ({"kind": "community"}, "层级不对"),
    ({"kind": "planet"}, "层级写"),
    ({"aliases": "楼下"}, "到处都有的说法"),
    ({"aliases": "、".join(f"甲{n}" for n in range(11))}, "最多 10 个"),
    ({"code": "A6"}, "香樟花园6栋已经在用"),
    ({"code": "门口"}, "门牌码只给"),
    ({"lat": "很远"}, "十进制的度数"),
    ({"lat": "30.5"}, "两个都写"),
    ({"lat": "114.3", "lng": "30.5"}, "十进制的度数"),
    ({"grid_worker_id": "999"}, "没找到这位"),
]


def test_what_cannot_be_is_said_beside_the_field_and_what_was_typed_stays(place: Place, admin: Desk) -> None:
    for form, sentence in WRONG:
        given = {"kind": "building", "name": "七号楼那栋", "aliases": "小白楼", **form}
        refused = admin.post(f"/areas/{place.street.estate.id}/add", given)
        assert refused.status_code == 409, form
        assert sentence in refused.text, form
        assert given["aliases"] in refused.text
    assert found(place, "七号楼那栋") is None


def test_a_name_is_changed_and_the_audit_says_from_what_to_what(place: Place, admin: Desk) -> None:
    building = place.street.building
    grid = place.people["grid"]
    form = {"name": "六栋", "aliases": "6栋", "code": "A6", "grid_worker_id": str(grid.id)}
    assert admin.post(f"/areas/{building.id}/change", form).status_code == 303
    changed = found(place, "六栋")
    assert changed is not None
    assert changed.grid_worker_id == grid.id
    assert "名称 6栋 → 六栋" in admin.get("/audit?kind=did").text
    with place.database.reading() as session:
        did = session.scalars(select(Audit).where(Audit.kind == AuditKind.DID).order_by(Audit.id.desc())).first()
        assert did is not None
        assert did.facts["changed"][0]["to"]["name"] == ["6栋", "六栋"]


def test_an_estate_moves_with_its_buildings_and_its_open_matters_stay(place: Place, admin: Desk) -> None:
    ticket, street = place.ticket(), place.street
    assert admin.post(f"/areas/{street.estate.id}/move", {"parent": street.other_community.id}).status_code == 303
    with place.database.reading() as session:
        building = session.get_one(Area, street.building.id)
        assert building.path == f"{street.other_community.path}{street.estate.id}/{building.id}/"
        assert areas.community_of(session, building.id) == street.other_community.id
    assert place.again(ticket).community_id == street.community.id
    # Not into itself, and not where one of the same name is.
    inside = admin.post(f"/areas/{street.other_community.id}/move", {"parent": street.estate.id})
    assert "不能搬到自己里面" in inside.text


def test_a_place_is_closed_only_when_all_is_done_there_and_can_come_back(place: Place, admin: Desk) -> None:
    street, ticket = place.street, place.ticket()
    assert "还有 1 处没停用" in admin.post(f"/areas/{street.estate.id}/close").text
    refused = admin.post(f"/areas/{street.building.id}/close")
    assert refused.status_code == 409
    assert "还有 1 件事没办完" in refused.text
    with place.database.transaction() as session:
        session.merge(ticket).area_id = None
    assert admin.post(f"/areas/{street.building.id}/close").status_code == 303
    with place.database.reading() as session:
        assert areas.by_code(session, "A6") is None
        assert session.get_one(Area, street.building.id).closed_at == NOW
    assert admin.post(f"/areas/{street.building.id}/open").status_code == 303
    with place.database.reading() as session:
        assert areas.by_code(session, "a6") is not None


def test_nobody_closes_or_moves_the_area_they_are_administrator_of(place: Place, admin: Desk) -> None:
    street = place.street
    refused = admin.post(f"/areas/{street.street.id}/close")
    assert "由上一级来停用或搬动" in refused.text
    assert admin.post(f"/areas/{street.street.id}/move", {"parent": street.community.id}).status_code == 409


def test_a_list_is_shown_first_and_then_done_exactly_so(both_places: Place) -> None:
    place = both_places
    admin = administrator(place)
    rows = [
        row(kind="小区", parent="江湾街道/香樟社区", name="滨江雅苑", aliases="雅苑"),
        row(kind="楼栋", parent="江湾街道/香樟社区/滨江雅苑", name="1栋", code="B1"),
        row(parent=ESTATE, name="6栋", aliases="六号楼", code="A6", grid_worker="王姐"),
    ]
    shown = upload(admin, rows)
    assert shown.status_code == 200
    assert "会新添 2 个，改 1 个" in shown.text
    assert "别名 没有 → 六号楼" in shown.text
    assert found(place, "滨江雅苑") is None
    upload_id = last_upload(place)
    assert admin.post(f"/areas/sheet/{upload_id}/take").status_code == 303
    made = found(place, "1栋")
    estate = found(place, "滨江雅苑")
    assert made is not None
    assert estate is not None
    assert made.parent_id == estate.id
    building = found(place, "6栋")
    assert building is not None
    assert [each.name for each in building.aliases] == ["六号楼"]
    again = admin.post(f"/areas/sheet/{upload_id}/take")
    assert again.status_code == 409
    assert "再上传一次" in again.text


def test_one_wrong_row_says_where_and_nothing_goes_in(place: Place, admin: Desk) -> None:
    rows = [
        row(kind="楼栋", parent=ESTATE, name="7栋"),
        row(kind="楼栋", parent="江湾街道/没有的社区", name="8栋"),
        row(kind="楼盘", parent=ESTATE, name="9栋"),
        row(parent=ESTATE, name="6栋", code="A6", grid_worker="不认识"),
        row(id="999", parent=ESTATE, name="6栋"),
        row(kind="楼栋", parent=ESTATE, name="7栋"),
    ]
    page = upload(admin, rows).text
    assert "有 5 行不对，一行都没有动" in page
    for said in (
        "第 3 行 8栋，上级：没找到这个上级",
        "第 4 行 9栋，层级：层级写",
        "第 5 行 6栋，网格员：没找到这位",
        "第 6 行 6栋，编号：没有这个编号",
        "第 7 行 7栋：这份名单里同一个出现了两次",
    ):
        assert said in page
    assert "就这样导入" not in page
    assert last_upload(place) == 0
    assert found(place, "7栋") is None
    assert "认不出来" in upload(admin, [["a", "b"]], head=("甲", "乙")).text


def test_a_list_that_would_no_longer_do_what_was_shown_does_nothing(place: Place, admin: Desk) -> None:
    upload(admin, [row(kind="楼栋", parent=ESTATE, name="7栋", aliases="白楼")])
    admin.post(f"/areas/{place.street.estate.id}/add", {"kind": "building", "name": "7栋"})
    refused = admin.post(f"/areas/sheet/{last_upload(place)}/take")
    assert refused.status_code == 409
    assert "您看的时候有人改过" in refused.text
    made = found(place, "7栋")
    assert made is not None
    assert made.aliases == []


def test_what_is_exported_is_no_change_and_a_renamed_estate_keeps_its_buildings(place: Place, admin: Desk) -> None:
    exported = sheets.read(admin.get("/areas.xlsx").data)
    assert "和现在的一样" in upload(admin, exported[1:]).text
    renamed = [[*each, *[""] * (len(HEAD) - len(each))] for each in exported[1:]]
    for each in renamed:
        if each[3] == "香樟花园":
            each[3] = "香樟家园"
        if each[3] == "6栋":
            each[4] = "=1+1楼"
    page = upload(admin, renamed).text
    assert "会改 2 个" in page
    assert admin.post(f"/areas/sheet/{last_upload(place)}/take").status_code == 303
    again = sheets.read(admin.get("/areas.xlsx").data)
    [building] = [each for each in again if each[3] == "6栋"]
    assert building[2] == "江湾街道/香樟社区/香樟家园"
    assert building[4] == "=1+1楼"


def test_another_streets_administrator_neither_sees_nor_brings_in_anything(place: Place, admin: Desk) -> None:
    with place.database.transaction() as session:
        far = areas.add_area(session, AreaKind.STREET, "远江街道")
        areas.add_area(session, AreaKind.COMMUNITY, "梧桐社区", parent=far)
        stranger = factories.somebody(session, RoleKind.GRID, session.get_one(Area, far.id), name="外人")
    assert admin.get(f"/areas/{far.id}").status_code == 404
    page = upload(admin, [row(kind="社区", parent="远江街道", name="新社区")]).text
    assert "没找到这个上级" in page
    assert "外人" not in admin.get(f"/areas/{place.street.estate.id}").text
    given: dict[str, Any] = {"name": "香樟花园", "grid_worker_id": stranger.id}
    assert "没找到这位" in admin.post(f"/areas/{place.street.estate.id}/change", given).text
    upload(admin, [row(kind="楼栋", parent=ESTATE, name="7栋")])
    staff = place.sign_in("staff")
    assert staff.post(f"/areas/sheet/{last_upload(place)}/take").status_code == 404
    assert found(place, "7栋") is None
    assert upload(staff, []).status_code == 404


def test_nonsense_after_which_areas_are_asked_for_is_no_fault(place: Place, admin: Desk) -> None:
    for after in ("²", "x", "9" * 12, "-1"):
        assert admin.get(f"/areas/{place.street.estate.id}?after={after}").status_code == 200


def test_whoever_stands_far_down_among_many_can_still_be_made_responsible(place: Place, admin: Desk) -> None:
    community = place.street.community
    with place.database.transaction() as session:
        for number in range(area_edits.MOST_RESPONSIBLE):
            factories.somebody(session, RoleKind.MEMBER, session.merge(community), name=f"丁{number:03}")
        last = factories.somebody(session, RoleKind.GRID, session.merge(community), name="魏网格").id
    given = row(kind="楼栋", parent=ESTATE, name="8栋", grid_worker="魏网格")
    assert "会新添 1 个" in upload(admin, [given]).text
    form = {"kind": "building", "name": "9栋", "grid_worker_id": str(last)}
    assert admin.post(f"/areas/{place.street.estate.id}/add", form).status_code == 303
