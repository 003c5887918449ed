"""The page of stations: entering, lists from Excel with what is wrong in them, and what people say is wrong."""

from __future__ import annotations

import io
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from models import sheets, stations
from models.person import Person
from models.station import Fault, Station, StationFault, Use
from models.upload import Upload
from tests.console.conftest import Desk, Place

HEAD = ["类型", "名称", "地址", "纬度", "经度", "开放时间", "服务", "社区", "到期"]
GOOD = ["驿站", "东门驿站", "江湾路 1 号", "30.5", "114.3", "周一至周五 8:00-18:00", "饮水", "香樟社区", ""]


def row(**other: str) -> list[str]:
    names = ("kind", "name", "address", "lat", "lng", "hours", "services", "area", "until")
    return [other.get(name, cell) for name, cell in zip(names, GOOD, strict=True)]


def upload(desk: Desk, data: bytes) -> TestResponse:
    form = {"csrf": desk.csrf(), "file": (io.BytesIO(data), "list.xlsx")}
    return desk.client.post("/console/stations/sheet", data=form, content_type="multipart/form-data")


def take(place: Place, desk: Desk) -> TestResponse:
    """Says yes to the list that waits."""
    with place.database.reading() as session:
        upload_id = session.scalars(select(Upload.id)).one()
    return desk.post(f"/stations/sheet/{upload_id}/take")


def form(place: Place, **other: Any) -> dict[str, Any]:
    return {
        "kind": "驿站",
        "name": "东门驿站",
        "address": "江湾路 1 号",
        "lat": "30.5",
        "lng": "114.3",
        "hours": "8:00-20:00",
        "services": "饮水、充电",
        "area": place.street.community.id,
        **other,
    }


def stored(place: Place) -> list[Station]:
    with place.database.reading() as session:
        return list(session.scalars(select(Station).order_by(Station.id)))


def test_a_list_is_looked_at_first_and_goes_in_once(both_places: Place) -> None:
    place = both_places
    staff = place.sign_in("staff")
    rows = [GOOD, row(name="换电柜", kind="充电", hours="24小时")]
    wrong = upload(staff, sheets.write(HEAD, [*rows, row(name="坏的", lat="114.3", lng="30.5")]))
    assert "有 1 行不对，一行都没有动" in wrong.text
    assert "第 4 行 坏的，纬度：经度和纬度写反了" in wrong.text
    assert "就这样导入" not in wrong.text
    assert stored(place) == []
    assert "会新添 2 处" in upload(staff, sheets.write(HEAD, rows)).text
    assert stored(place) == []
    assert take(place, staff).status_code == 303
    assert [(each.name, each.kind, each.hours) for each in stored(place)] == [
        ("东门驿站", Use.REST, "12345 08:00-18:00"),
        ("换电柜", Use.CHARGING, "1234567 00:00-24:00"),
    ]
    # A row is what it says: the same once more does nothing, and what is different is shown.
    assert "和现在的一样，没有要改的" in upload(staff, sheets.write(HEAD, rows)).text
    shown = upload(staff, sheets.write(HEAD, [row(services="饮水、充电"), rows[1]])).text
    assert "会改 1 处" in shown
    assert "服务 饮水 → 饮水、充电" in shown


def test_what_a_desk_of_one_place_leaves_out_is_its_own(place: Place) -> None:
    upload(place.sign_in("staff"), sheets.write(HEAD, [row(area="")]))
    assert take(place, place.sign_in("staff")).status_code == 303
    assert [each.area_id for each in stored(place)] == [place.street.community.id]
    assert "哪里：没找到这个地方" in upload(place.sign_in("street"), sheets.write(HEAD, [row(area="")])).text


def test_one_that_was_taken_off_comes_back_by_its_row(place: Place) -> None:
    staff = place.sign_in("staff")
    staff.post("/stations/enter", form(place))
    [made] = stored(place)
    staff.post(f"/stations/{made.id}/close")
    assert len(sheets.read(staff.get("/stations.xlsx").data)) == 1
    upload(staff, sheets.write(HEAD, [GOOD]))
    take(place, staff)
    [back] = stored(place)
    assert (back.id, back.active, back.hours) == (made.id, True, "12345 08:00-18:00")


def test_what_is_no_list_is_refused_in_words(place: Place) -> None:
    staff = place.sign_in("staff")
    for data in (b"", b"PK\x03\x04nonsense", "名称,纬度".encode()):
        refused = upload(staff, data)
        assert refused.status_code == 409
        assert "这个文件打不开" in refused.text
    assert "第一行要有列名" in upload(staff, sheets.write(["a", "b"], [["c", "d"]])).text
    # As bytes: the test client would leave its own file of so large a form open.
    too_large = staff.client.post(
        "/console/stations/sheet",
        data=b"x" * (sheets.LARGEST + 200_000),
        content_type="multipart/form-data; boundary=y",
    )
    assert too_large.status_code == 413


def test_nobody_takes_in_what_somebody_else_uploaded_or_for_another_desk(place: Place) -> None:
    staff, elsewhere = place.sign_in("staff"), place.sign_in("elsewhere")
    upload(staff, sheets.write(HEAD, [GOOD]))
    assert take(place, elsewhere).status_code == 409
    assert stored(place) == []
    assert place.sign_in("clerk").get("/stations").status_code == 404
    assert upload(place.sign_in("clerk"), sheets.write(HEAD, [GOOD])).status_code == 404


def test_one_is_entered_changed_and_taken_off(place: Place) -> None:
    staff = place.sign_in("staff")
    assert staff.post("/stations/enter", form(place)).status_code == 303
    [made] = stored(place)
    assert staff.post(f"/stations/{made.id}/change", form(place, hours="全天", until="2026-12-31")).status_code == 303
    [changed] = stored(place)
    assert (changed.hours, str(changed.until)) == ("1234567 00:00-24:00", "2026-12-31")
    page = staff.get("/stations?name=东门").text
    assert "每天 全天" in page
    assert staff.post(f"/stations/{made.id}/close").status_code == 303
    assert "拿掉了" in staff.get("/stations").text
    wrong = staff.post("/stations/enter", form(place, hours="看心情"))
    assert wrong.status_code == 409
    assert "开放时间没看懂" in wrong.text


def test_only_the_desk_it_lies_in_may_change_a_station(place: Place) -> None:
    place.sign_in("staff").post("/stations/enter", form(place))
    [made] = stored(place)
    elsewhere = place.sign_in("elsewhere")
    assert "东门驿站" not in elsewhere.get("/stations").text
    for what in ("change", "close", "settle"):
        assert elsewhere.post(f"/stations/{made.id}/{what}", form(place)).status_code == 404
    assert elsewhere.post("/stations/enter", form(place)).status_code == 409
    assert stored(place)[0].active


def test_what_people_say_is_wrong_is_seen_and_settled(place: Place) -> None:
    staff = place.sign_in("staff")
    staff.post("/stations/enter", form(place))
    [made] = stored(place)
    with place.database.transaction() as session:
        rider = session.get_one(Person, place.people["resident"].id)
        stations.report_fault(session, made.id, Fault.WRONG, "<b>只开到六点</b>", by=rider, now=place.now)
    page = staff.get("/stations").text
    assert "&lt;b&gt;只开到六点" in page
    assert "张小芳" not in page
    assert staff.post(f"/stations/{made.id}/settle").status_code == 303
    assert "有人说不对的" not in staff.get("/stations").text
    with place.database.reading() as session:
        assert session.scalars(select(StationFault)).one().settled_by_id == place.people["staff"].id


def test_what_is_exported_is_known_again_by_its_number(place: Place) -> None:
    staff = place.sign_in("staff")
    staff.post("/stations/enter", form(place, name="=1+1", hours="周一至周五 8:00-18:00，周末 9:00-17:00"))
    file = staff.get("/stations.xlsx").data
    head, written = sheets.read(file)
    assert written[2] == "=1+1"
    assert "和现在的一样" in upload(staff, file).text
    upload(staff, sheets.write(head, [[*written[:2], "东门驿站", *written[3:]]]))
    take(place, staff)
    [made] = stored(place)
    assert (made.name, made.hours) == ("东门驿站", "12345 08:00-18:00;67 09:00-17:00")
