"""Goods on the console, codes handed over there, and the ledger of a person: who may see it and who may correct it."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from console.tables import XLSX
from models import accounts, redeeming
from models.accounts import ISSUED, of_person
from models.ledger import Goods, Posting, Unit, Why
from models.person import Person
from tests.console.conftest import Place

OIL: dict[str, Any] = {"name": "一桶食用油", "price": "10", "stock": "3", "place": "社区服务站"}


def entered(place: Place, **other: Any) -> int:
    """Goods of the first community, by its staff."""
    form = {**OIL, "area": str(place.street.community.id), **other}
    assert place.sign_in("staff").post("/ledger/goods", form).status_code == 303
    with place.database.reading() as session:
        return session.scalars(select(Goods.id).order_by(Goods.id.desc())).first() or 0


def credited(place: Place, who: str = "member", points: int = 25) -> int:
    """Points somebody earned; gives the posting's id."""
    with place.database.transaction() as session:
        person = session.get_one(Person, place.people[who].id)
        accounts.switch_on(session, person, now=place.now)
        moves = {of_person(person.id): points, ISSUED: -points}
        made = accounts.post(session, Why.TASK, Unit.POINTS, moves, source=f"test:{who}:{points}", now=place.now)
        assert made is not None
        return made.id


def points(place: Place, who: str = "member") -> int:
    with place.database.reading() as session:
        return accounts.balance(session, of_person(place.people[who].id), Unit.POINTS)


def stock(place: Place, goods_id: int) -> tuple[int, bool]:
    with place.database.reading() as session:
        goods = session.get_one(Goods, goods_id)
        return goods.stock, goods.is_open


def code_of(place: Place, goods_id: int, who: str = "member") -> str:
    with place.database.transaction() as session:
        by = session.get_one(Person, place.people[who].id)
        return redeeming.reserve(session, goods_id, by=by, now=place.now, days=7)[1]


def test_goods_are_entered_restocked_and_closed_by_their_desk(both_places: Place) -> None:
    place = both_places
    goods_id = entered(place, merchant=str(place.people["member"].id))
    staff = place.sign_in("staff")
    page = staff.get("/ledger").text
    assert "一桶食用油" in page
    assert "李建国核销" in page
    assert staff.post(f"/ledger/goods/{goods_id}/stock", {"more": "-2"}).status_code == 303
    assert staff.post(f"/ledger/goods/{goods_id}/stock", {"more": "-2"}).status_code == 409
    assert staff.post(f"/ledger/goods/{goods_id}/close").status_code == 303
    assert stock(place, goods_id) == (1, False)
    assert staff.post(f"/ledger/goods/{goods_id}/open").status_code == 303
    assert stock(place, goods_id) == (1, True)


@pytest.mark.parametrize(
    "wrong",
    [{"price": "0"}, {"price": "-3"}, {"price": "1.5"}, {"stock": "x"}, {"stock": "9999999"}, {"name": " "}, {"merchant": "999"}],
)  # fmt: skip
def test_a_price_that_is_none_is_not_taken(place: Place, wrong: dict[str, str]) -> None:
    form = {**OIL, "area": str(place.street.community.id), **wrong}
    answer = place.sign_in("staff").post("/ledger/goods", form)
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    with place.database.reading() as session:
        assert session.scalars(select(Goods)).all() == []


@pytest.mark.parametrize("name", ["elsewhere", "clerk"])
def test_nobody_touches_the_goods_of_another_community(place: Place, name: str) -> None:
    goods_id = entered(place)
    desk = place.sign_in(name)
    for what in ("stock", "close"):
        assert desk.post(f"/ledger/goods/{goods_id}/{what}", {"more": "5"}).status_code == 404
    assert "一桶食用油" not in desk.get("/ledger").text
    form = {**OIL, "area": str(place.street.community.id)}
    assert desk.post("/ledger/goods", form).status_code == 404
    assert stock(place, goods_id) == (3, True)


def test_a_code_is_handed_over_on_the_page_once_and_only_by_its_desk(place: Place) -> None:
    credited(place)
    code = code_of(place, entered(place))
    assert place.sign_in("elsewhere").post("/ledger/hand-over", {"code": code}).status_code == 409
    staff = place.sign_in("staff")
    assert staff.post("/ledger/hand-over", {"code": code.lower()}).status_code == 303
    assert "换一个新的" in staff.post("/ledger/hand-over", {"code": code}).text
    table = staff.get("/ledger/redemptions.csv").text
    assert "一桶食用油,社区服务站,10,已领走,2026-11-23" in table
    assert "李建国" not in table
    assert "一桶食用油" not in place.sign_in("elsewhere").get("/ledger/redemptions.csv").text


def test_goods_never_become_a_formula(place: Place) -> None:
    credited(place)
    code_of(place, entered(place, name="=1+1"))
    assert "'=1+1" in place.sign_in("staff").get("/ledger/redemptions.csv").text


def test_staff_find_a_ledger_by_name_and_take_a_mistake_back_with_a_reason(both_places: Place) -> None:
    place = both_places
    posting = credited(place)
    staff = place.sign_in("staff")
    person_id = place.people["member"].id
    assert f"/ledger/people/{person_id}" in staff.get("/ledger?name=李建国").text
    page = staff.get(f"/ledger/people/{person_id}").text
    assert "积分：25 分" in page
    where = f"/ledger/people/{person_id}/{posting}"
    assert staff.post(where, {"why": " "}).status_code == 409
    assert staff.post(where, {"why": "记到了别人名下"}).status_code == 303
    assert staff.post(where, {"why": "再退一次"}).status_code == 409
    page = staff.get(f"/ledger/people/{person_id}").text
    assert "更正（记到了别人名下） −25 分" in page
    assert where not in page
    assert points(place) == 0


def test_whoever_may_not_see_a_ledger_does_not_even_learn_that_it_is_there(place: Place) -> None:
    posting = credited(place)
    person_id = place.people["member"].id
    for name in ("elsewhere", "clerk"):
        desk = place.sign_in(name)
        assert desk.get(f"/ledger/people/{person_id}").status_code == 404
        assert desk.post(f"/ledger/people/{person_id}/{posting}", {"why": "x"}).status_code == 404
    assert points(place) == 25


def test_of_somebody_who_does_not_take_part_nothing_is_shown(place: Place) -> None:
    staff = place.sign_in("staff")
    assert "没有找到" in staff.get("/ledger?name=李建国").text
    assert staff.get(f"/ledger/people/{place.people['member'].id}").status_code == 404


def test_nobody_corrects_their_own_ledger_or_through_another_person(place: Place) -> None:
    own, other = credited(place, "staff"), credited(place, "member", points=7)
    staff = place.sign_in("staff")
    mine = place.people["staff"].id
    for posting in (own, other):
        assert staff.post(f"/ledger/people/{mine}/{posting}", {"why": "x"}).status_code == 404
    assert "更正" not in staff.get(f"/ledger/people/{mine}").text.partition("<h2>")[2]
    with place.database.reading() as session:
        assert len(session.scalars(select(Posting)).all()) == 2


def test_whoever_is_not_signed_in_sees_nothing(place: Place) -> None:
    for path in ("/ledger", "/ledger/redemptions.csv", f"/ledger/people/{place.people['member'].id}"):
        assert place.browser().get(path).status_code in (302, 303)


# ---------------------------------------------------------------- the ledger to take along


PARTS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sheets(data: bytes) -> list[list[list[str]]]:
    """The cells of a workbook as a spreadsheet reads them; a formula would come as itself."""
    with ZipFile(BytesIO(data)) as book:
        words = ["".join(part.text or "" for part in each.iter(f"{PARTS}t")) for each in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))]  # fmt: skip
        found = []
        for name in sorted(name for name in book.namelist() if name.startswith("xl/worksheets/sheet")):
            root = ElementTree.fromstring(book.read(name))
            assert next(root.iter(f"{PARTS}f"), None) is None, "a formula"
            found.append([[_cell(each, words) for each in row] for row in root.iter(f"{PARTS}row")])
    return found


def _cell(cell: ElementTree.Element, words: list[str]) -> str:
    value = cell.findtext(f"{PARTS}v") or ""
    return words[int(value)] if cell.get("t") == "s" else value


def exported(place: Place, who: str = "staff", **asked: str) -> TestResponse:
    what = {"area": str(place.street.community.id), "since": "2026-11-01", "until": "2026-11-30", **asked}
    return place.sign_in(who).get(f"/ledger/entries.xlsx?{urlencode(what)}")


def test_the_entries_of_an_area_and_a_period_go_along_without_a_name(both_places: Place) -> None:
    place = both_places
    posting_id = credited(place)
    credited(place, who="elsewhere", points=7)
    reason = '=HYPERLINK("http://example.org","看")'
    staff = place.sign_in("staff")
    person = place.people["member"].id
    assert staff.post(f"/ledger/people/{person}/{posting_id}", {"why": reason}).status_code == 303
    answer = exported(place)
    assert answer.mimetype == XLSX
    assert "attachment" in answer.headers["Content-Disposition"]
    entries, sums = sheets(answer.data)
    assert [row[1:6] for row in entries[1:]] == [
        ["2026-11-23", "帮了一个忙", "个人", "25", "分"],
        ["2026-11-23", "更正", "个人", "-25", "分"],
    ]
    assert entries[2][-2:] == [reason, str(posting_id)]
    assert sums[1:] == [["帮了一个忙", "分", "1", "25"], ["更正", "分", "1", "-25"]]
    told = str(entries) + str(sums)
    assert not any(each.name in told for each in place.people.values() if each.name)
    # Touched, or saved as CSV and opened again, it still is a text.
    with ZipFile(BytesIO(answer.data)) as book:
        assert b'quotePrefix="1"' in book.read("xl/styles.xml")
    nothing = exported(place, since="2026-10-01", until="2026-10-31")
    assert sheets(nothing.data)[0][1:] == []


@pytest.mark.parametrize(("who", "status"), [("elsewhere", 404), ("clerk", 404), ("grid", 403)])
def test_the_entries_of_an_area_are_its_own_desks(place: Place, who: str, status: int) -> None:
    credited(place)
    assert exported(place, who=who).status_code == status


@pytest.mark.parametrize(
    "wrong",
    [{"since": ""}, {"until": "soon"}, {"since": "2026-12-01"}, {"since": "2020-01-01"}, {"since": "2026-02-30"}],
)
def test_a_period_that_is_none_is_not_exported(place: Place, wrong: dict[str, str]) -> None:
    answer = exported(place, **wrong)
    assert answer.status_code == 409
    assert "从哪天到哪天" in answer.text


def test_the_end_of_the_calendar_is_a_period_without_entries(place: Place) -> None:
    assert exported(place, since="9999-12-01", until="9999-12-31").status_code == 200


def test_the_street_may_take_the_whole_street_along(place: Place) -> None:
    credited(place)
    credited(place, who="elsewhere", points=7)
    rows = sheets(exported(place, who="street", area=str(place.street.street.id)).data)[0]
    assert sorted(row[4] for row in rows[1:]) == ["25", "7"]
