"""The duty roster of a week on the console: who is on duty, where nobody is, and writing it."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import select

from models import duty
from models.area import Area
from models.person import Person, RoleStatus
from models.roster import Duty
from tests.console.conftest import Desk, Place

MONDAY = "2026-11-23"


def rows(place: Place) -> list[tuple[Any, ...]]:
    """The roster as it is stored: weekday, day, from, to, first, second."""
    with place.database.reading() as session:
        names = dict(session.execute(select(Person.id, Person.name)).all())
        return [
            (each.weekday, each.day, each.begins, each.ends, names[each.first_id], names.get(each.second_id or 0))
            for each in session.scalars(select(Duty).order_by(Duty.id))
        ]


def form(place: Place, **other: Any) -> dict[str, Any]:
    return {
        "area": place.street.community.id,
        "day": MONDAY,
        "begins": "08:00",
        "ends": "18:00",
        "first": place.people["staff"].id,
        "second": place.people["grid"].id,
        "how": "weekly",
        **other,
    }


def a_turn(place: Place, **other: Any) -> Desk:
    staff = place.sign_in("staff")
    assert staff.post("/roster/add", form(place, **other)).status_code == 303
    return staff


def a_row(place: Place) -> int:
    with place.database.reading() as session:
        return session.scalars(select(Duty.id).order_by(Duty.id)).all()[-1]


def of_day(page: str, day: str) -> str:
    """The part of the page that is about one day, such as 11-23."""
    found = re.search(rf'<h2>{day} 周.*?(?=<li class="card|<footer|</main>)', page, re.S)
    assert found is not None
    return found[0]


def test_a_week_shows_who_is_on_duty_and_where_nobody_is(both_places: Place) -> None:
    place = both_places
    staff = a_turn(place)
    page = staff.get(f"/roster?area={place.street.community.id}&day={MONDAY}").text
    monday, tuesday = of_day(page, "11-23"), of_day(page, "11-24")
    assert "08:00 到 18:00" in monday
    assert "刘敏" in monday
    assert "00:00 到 08:00，18:00 到 24:00 没有人" in monday
    assert "正在值班" in monday
    assert "全天没有人" in tuesday
    assert rows(place) == [(0, None, time(8), time(18), "刘敏", "王姐")]


def test_a_night_covers_the_morning_of_the_next_day(place: Place) -> None:
    staff = a_turn(place, begins="18:00", ends="08:00")
    page = staff.get(f"/roster?area={place.street.community.id}&day=2026-11-30").text
    assert "00:00 到 18:00 没有人" in of_day(page, "11-30")
    assert "18:00 到第二天 08:00" in of_day(page, "11-30")
    assert "08:00 到 24:00 没有人" in of_day(page, "12-01")


def test_holidays_and_make_up_days_are_named(place: Place) -> None:
    staff = place.sign_in("staff")
    page = staff.get(f"/roster?area={place.street.community.id}&day=2026-10-05").text
    assert "国庆节放假" in of_day(page, "10-05")
    assert "国庆节调休上班" in of_day(page, "10-10")
    assert "周末" in of_day(page, "10-11")
    assert "放假" not in of_day(page, "10-08")


def test_one_day_is_changed_and_every_other_week_stays(both_places: Place) -> None:
    place = both_places
    a_turn(place, begins="18:00", ends="08:00")
    staff = a_turn(place)
    other = form(place, duty=a_row(place), how="day", first=place.people["grid"].id, second="")
    assert staff.post("/roster/change", other).status_code == 303
    assert rows(place) == [
        (0, None, time(18), time(8), "刘敏", "王姐"),
        (0, None, time(8), time(18), "刘敏", "王姐"),
        (None, date(2026, 11, 23), time(18), time(8), "刘敏", "王姐"),
        (None, date(2026, 11, 23), time(8), time(18), "王姐", None),
    ]
    with place.database.reading() as session:
        area = session.get_one(Area, place.street.community.id)
        shift = duty.shift_at(session, area, now=place.now)
        assert shift is not None
        assert [each.name for each in shift.people] == ["王姐"]
    page = staff.get(f"/roster?area={area.id}&day={MONDAY}").text
    assert "这天单排" in of_day(page, "11-23")
    assert "没有第二位" in of_day(page, "11-23")
    assert staff.post("/roster/weekly", form(place)).status_code == 303
    assert len(rows(place)) == 2


def test_the_same_turn_pressed_twice_is_one(place: Place) -> None:
    a_turn(place)
    a_turn(place)
    assert len(rows(place)) == 1
    a_turn(place, how="day")
    assert len(rows(place)) == 2  # the day's own copy, and nothing more


def test_a_turn_of_every_day_is_entered_once(place: Place) -> None:
    a_turn(place, begins="00:00", ends="00:00", how="daily")
    assert [row[0] for row in rows(place)] == [0, 1, 2, 3, 4, 5, 6]
    page = place.sign_in("staff").get(f"/roster?area={place.street.community.id}&day={MONDAY}").text
    assert "没有人" not in page


def test_a_turn_is_taken_away_but_no_day_is_emptied_by_mistake(place: Place) -> None:
    staff = a_turn(place)
    answer = staff.post("/roster/remove", form(place, duty=a_row(place), how="day"))
    assert answer.status_code == 409
    assert "删了就没人值班了" in answer.text
    a_turn(place, begins="18:00", ends="08:00")
    assert staff.post("/roster/remove", form(place, duty=a_row(place), how="day")).status_code == 303
    assert rows(place)[2:] == [(None, date(2026, 11, 23), time(8), time(18), "刘敏", "王姐")]
    assert staff.post("/roster/remove", form(place, duty=a_row(place), how="day")).status_code == 303
    assert staff.post("/roster/remove", form(place, duty=a_row(place))).status_code == 303
    assert len(rows(place)) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"second": "same"}, "不能是同一个人"),
        ({"first": ""}, "请从名单里选人"),
        ({"first": "resident"}, "请从名单里选人"),
        ({"first": "elsewhere"}, "请从名单里选人"),
        ({"begins": "八点"}, "几点到几点"),
        ({"begins": "25:00"}, "几点到几点"),
        ({"day": "2026-02-30"}, "几点到几点"),
        ({"day": "9999-12-31"}, "几点到几点"),
    ],
)
def test_a_turn_that_cannot_be_is_explained_and_nothing_is_typed_twice(
    place: Place, wrong: dict[str, str], said: str
) -> None:
    names = {"same": "staff"}
    filled = {
        key: place.people[names.get(value, value)].id if names.get(value, value) in place.people else value
        for key, value in wrong.items()
    }
    answer = place.sign_in("staff").post("/roster/add", form(place, **{"begins": "09:30", **filled}))
    assert answer.status_code == 409
    assert said in answer.text
    assert rows(place) == []
    if "day" not in wrong and "begins" not in wrong:
        assert 'value="09:30"' in of_day(answer.text, "11-23")


def test_what_somebody_else_has_changed_is_not_changed_again(place: Place) -> None:
    staff = a_turn(place)
    row = a_row(place)
    staff.post("/roster/remove", form(place, duty=row))
    answer = staff.post("/roster/change", form(place, duty=row))
    assert answer.status_code == 409
    assert "刚刚有人动过" in answer.text
    assert staff.post("/roster/remove", form(place, duty="x")).status_code == 409


def test_only_the_desk_of_a_place_reads_and_writes_its_roster(both_places: Place) -> None:
    place = both_places
    a_turn(place)
    for name in ("elsewhere", "clerk"):
        other = place.sign_in(name)
        assert other.get(f"/roster?area={place.street.community.id}").status_code == 404
        for action in ("add", "change", "remove", "weekly"):
            assert other.post(f"/roster/{action}", form(place, duty=a_row(place))).status_code == 404
    mine, street = place.sign_in("staff"), place.sign_in("street")
    assert mine.get(f"/roster?area={place.street.street.id}").status_code == 404
    for area in (place.street.street, place.street.community, place.street.other_community):
        assert street.get(f"/roster?area={area.id}").status_code == 200
    for nonsense in ("x", "0", "-1", "9" * 30, str(place.street.estate.id)):
        assert mine.get(f"/roster?area={nonsense}").status_code == 404
    # A row of another roster is not reached through one's own.
    theirs = form(place, area=place.street.other_community.id, duty=a_row(place))
    assert place.sign_in("elsewhere").post("/roster/remove", theirs).status_code == 409
    assert len(rows(place)) == 1


def test_who_is_on_leave_or_gone_is_marked(place: Place) -> None:
    staff = a_turn(place)
    with place.database.transaction() as session:
        session.get_one(Person, place.people["grid"].id).away_until = place.now.replace(day=30)
    page = staff.get(f"/roster?area={place.street.community.id}&day={MONDAY}").text
    assert re.search(r"王姐 <span[^>]*>请假", of_day(page, "11-23"))
    with place.database.transaction() as session:
        for name in ("grid", "staff"):
            for role in session.get_one(Person, place.people[name].id).roles:
                role.status = RoleStatus.ENDED
    page = place.sign_in("street").get(f"/roster?area={place.street.community.id}&day={MONDAY}").text
    assert "已经不在岗" in of_day(page, "11-23")
    assert "全天没有人" not in of_day(page, "11-23")
    assert "00:00 到 24:00 没有人" in of_day(page, "11-23")


def test_a_name_never_becomes_markup(place: Place) -> None:
    with place.database.transaction() as session:
        session.get_one(Person, place.people["grid"].id).name = "<script>alert(1)</script>"
    staff = a_turn(place)
    page = staff.get(f"/roster?area={place.street.community.id}&day={MONDAY}").text
    assert "<script>alert" not in page
