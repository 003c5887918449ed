"""Categories on pages: limits, who is asked first, and words of the deployment that the bot goes by."""

from __future__ import annotations

from typing import Any

import pytest

from models import areas, people
from models.area import AreaKind
from models.category import Category, First
from models.person import Person, RoleKind
from models.ticket import Ticket
from tests import factories
from tests.console.conftest import Desk, Place
from tests.console.test_areas import administrator


@pytest.fixture
def admin(place: Place) -> Desk:
    return administrator(place)


def form(**other: Any) -> dict[str, Any]:
    given = {
        "name": "噪音扰民",
        "first": "volunteer",
        "level": "estate",
        "offerable": "1",
        **{"answer": "1", "answer_unit": "wd", "accept": "2", "accept_unit": "h", "finish": "7", "finish_unit": "wd"},
        "department": "城管",
        "needs": "1",
        "skills": "调解、文明劝导",
    }
    return given | other


def category(place: Place, code: str = "noise") -> Category:
    with place.database.reading() as session:
        return session.get_one(Category, code)


def test_a_code_that_is_none_leads_nowhere(both_places: Place) -> None:
    desk = administrator(both_places)
    assert [desk.get(f"/categories/{each}").status_code for each in ("%00", "x", "noise")] == [404, 404, 200]


def test_new_limits_hold_for_new_matters_and_running_ones_keep_their_end(place: Place, admin: Desk) -> None:
    before = place.ticket()
    given = form(finish="48", finish_unit="h", urgent_finish="6", urgent_finish_unit="h", answer="4", answer_unit="h")
    assert admin.post("/categories/noise/change", given).status_code == 303
    changed = category(place)
    assert (changed.name, changed.first_answer_limit, changed.finish_limit) == ("噪音扰民", "4h", "48h")
    assert changed.limits_by == {"urgent": {"finish": "6h"}}
    assert changed.skills == ["调解", "文明劝导"]
    after = place.ticket()
    assert place.again(before).finish_by == before.finish_by
    assert (after.finish_by - after.opened_at).total_seconds() == 48 * 3600  # type: ignore[operator]
    page = admin.get("/categories").text
    assert "答复 4 小时 · 接单 2 小时 · 办结 48 小时" in page
    assert "办结 7 个工作日 → 48 小时" in admin.get("/audit?kind=did").text


WRONG: list[tuple[dict[str, str], str]] = [
    ({"name": ""}, "不能空着"),
    ({"name": "lamp"}, "已经有叫“lamp”的分类"),
    ({"accept": "0"}, "不能是 0"),
    ({"accept": "两"}, "写一个整数"),
    ({"accept": ""}, "写一个整数"),
    ({"accept_unit": "年"}, "写一个整数"),
    ({"finish": "999"}, "最长 720 小时"),
    ({"finish": "1", "finish_unit": "h"}, "不能比接单"),
    ({"urgent_finish": "1", "urgent_finish_unit": "h"}, "不能比接单"),
    ({"first": "aliens"}, "请选先找谁"),
    ({"level": "moon"}, "请选从哪一级"),
    ({"first": "department", "department": ""}, "没有叫这个名字的部门"),
    ({"department": "消防局"}, "没有叫这个名字的部门"),
    ({"offerable": ""}, "要勾上"),
    ({"needs": "0"}, "1 到 5"),
    ({"needs": "9"}, "1 到 5"),
    ({"skills": "特" * 11}, "特长每个"),
]


def test_nonsense_is_refused_beside_the_field_and_what_was_typed_stays(place: Place, admin: Desk) -> None:
    for wrong, sentence in WRONG:
        refused = admin.post("/categories/noise/change", form(**wrong))
        assert refused.status_code == 409, wrong
        assert sentence in refused.text, wrong
        assert "文明劝导" in refused.text or "skills" in wrong
    assert category(place).name == "noise"


def test_what_is_never_offered_cannot_be_made_so(place: Place, admin: Desk) -> None:
    with place.database.transaction() as session:
        factories.category(session, "public_security", first=First.STAFF, offerable=False)
    page = admin.get("/categories/public_security").text
    assert "从不派给志愿者" in page
    for first, offerable in (("volunteer", ""), ("pool", "1"), ("staff", "1")):
        refused = admin.post("/categories/public_security/change", form(name="治安", first=first, offerable=offerable))
        assert refused.status_code == 409
        assert "从不派给志愿者" in refused.text
    assert not category(place, "public_security").offerable


def test_words_of_the_deployment_are_kept_beside_the_shipped_ones(place: Place, admin: Desk) -> None:
    with place.database.transaction() as session:
        session.get_one(Category, "noise").words = {"噪音": 6.0, "老虎灶": 4.0}
    given = {"strong": "大喇叭叭、蹦迪房", "likely": "老虎灶\n坝坝舞+十点"}
    assert admin.post("/categories/noise/words", given).status_code == 303
    assert category(place).words == {
        "噪音": 6.0,
        "大喇叭叭": 7.0,
        "蹦迪房": 7.0,
        "老虎灶": 4.0,
        "坝坝舞+十点": 4.0,
    }
    assert "本地说法 4 个" in admin.get("/categories").text
    assert admin.post("/categories/noise/words", {"strong": "", "likely": ""}).status_code == 303
    assert category(place).words == {"噪音": 6.0}


def test_a_word_that_would_take_matters_from_others_is_refused(place: Place, admin: Desk) -> None:
    admin.post("/categories/lamp/words", {"strong": "路杆灯"})
    for word, sentence in (
        ("路杆灯", "已经在“lamp”里了"),
        ("噪音", "已经在“noise”里了"),
        ("小区", "太常见"),
        ("物业", "太常见"),
        ("吵", "2 到 12 个字"),
        ("什么什么什么什么什么什么什么", "2 到 12 个字"),
        ("<b>吵</b>", "2 到 12 个字"),
    ):
        refused = admin.post("/categories/noise/words", {"strong": word})
        assert refused.status_code == 409, word
        assert sentence in refused.text, word
    assert category(place).words == {}


def test_only_who_runs_every_community_changes_what_holds_for_all(place: Place, admin: Desk) -> None:
    assert admin.get("/categories").status_code == 200
    assert place.sign_in("staff").get("/categories").status_code == 404
    with place.database.transaction() as session:
        far = areas.add_area(session, AreaKind.STREET, "远江街道")
        areas.add_area(session, AreaKind.COMMUNITY, "梧桐社区", parent=far)
    assert admin.get("/categories").status_code == 404
    assert admin.post("/categories/noise/change", form()).status_code == 404
    with place.database.transaction() as session:
        boss = session.get_one(Person, place.people["street"].id)
        people.grant(session, boss, RoleKind.ADMIN, far.id, now=place.now)
    assert admin.get("/categories/nothing").status_code == 404
    assert admin.post("/categories/noise/change", form()).status_code == 303


def test_tickets_of_a_renamed_category_read_by_its_new_name(place: Place, admin: Desk) -> None:
    ticket: Ticket = place.ticket()
    admin.post("/categories/noise/change", form(name="吵闹"))
    assert "吵闹" in admin.get(f"/tickets/{ticket.number}").text
