"""What riders say and lists write: opening hours, what is looked for, riders' own matters, rows of a list."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import open_hours
from models.rider import AlertKind, Matter, TitleKind
from models.slips import Slip, Slipped
from models.station import Use
from nlp import lists, riders, station_list
from nlp.station_list import StationList


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("8:00-20:00", "1234567 08:00-20:00"),
        ("８：００—２２：００", "1234567 08:00-22:00"),
        ("周一至周五 8:30-17:30；周末9点到17点", "12345 08:30-17:30;67 09:00-17:00"),
        ("每天早上8点到晚上9点半", "1234567 08:00-21:30"),
        ("工作日上午9点至下午6点，周六 10:00-16:00，周日休息", "12345 09:00-18:00;6 10:00-16:00"),
        ("晚上6点到9点", "1234567 18:00-21:00"),
        ("10:30-13:30，16:30-20:00", "1234567 10:30-13:30;1234567 16:30-20:00"),
        ("22:00-6:00", "1234567 22:00-06:00"),
        ("周一、三、五 9-12点", "135 09:00-12:00"),
        ("星期六到星期二 9:00-12:00", "1267 09:00-12:00"),
        ("24小时", "1234567 00:00-24:00"),
        ("全天開放", "1234567 00:00-24:00"),
        ("", ""),
    ],
)
def test_opening_hours_are_read_as_people_write_them(written: str, stored: str) -> None:
    spans = riders.hours(written)
    assert spans is not None
    assert open_hours.write(spans) == stored


@pytest.mark.parametrize(
    "written", ["随时", "看心情", "25:00-26:00", "8:75-9:00", "8点", "周一", "9:00-9:00", "8:00-18:00 请提前电话"]
)
def test_what_is_not_understood_is_not_guessed(written: str) -> None:
    assert riders.hours(written) is None


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="0123456789:点半至到-~周一五日末工作24小时全天每晚上午下休息，；、 \nx", max_size=40))
def test_whatever_is_written_is_read_or_refused_and_kept_as_it_was_read(written: str) -> None:
    spans = riders.hours(written)
    if spans is not None:
        assert open_hours.read(open_hours.write(spans)) == spans


@pytest.mark.parametrize(
    ("said", "use"),
    [
        ("附近哪里能充电", Use.CHARGING),
        ("请问这附近哪儿可以喝口水啊？", Use.WATER),
        ("附近有没有驿站", Use.ANY),
        ("周边有吃饭的地方吗", Use.MEAL),
        ("哪里能休息一下", Use.REST),
        ("附近哪裡能充電", Use.CHARGING),
    ],
)
def test_the_way_to_a_station_may_be_asked_in_words(said: str, use: Use) -> None:
    assert riders.use_wanted(said) is use


@pytest.mark.parametrize(
    "said",
    [
        "有吃饭的地方吗",
        "哪里漏水",
        "附近哪里能停车",
        "哪里能充电动车",
        "附近哪里能充电都没人管",
        "附近吃饭的地方太吵",
        "饭",
    ],
)
def test_what_tells_of_anything_else_asks_no_way(said: str) -> None:
    assert riders.use_wanted(said) is None


@pytest.mark.parametrize(
    ("said", "matter"),
    [
        ("翠湖苑保安不让外卖进", Matter.ACCESS),
        ("骑手进不去小区", Matter.ACCESS),
        ("站长扣着三个月工资不发", Matter.WAGES),
        ("平台拖欠我工资", Matter.WAGES),
        ("配送费少了一半", Matter.WAGES),
        ("送餐路上被撞了", Matter.INJURY),
        ("意外险不赔", Matter.INSURANCE),
        ("平台乱罚款", Matter.PENALTY),
        ("外卖被偷了", Matter.PARCEL),
        ("跑了一上午没地方休息", Matter.REST),
        ("东门的驿站老是锁着", Matter.REST),
        ("找不到能充电的地方", Matter.REST),
        ("充电桩坏了", None),
        ("楼上半夜太吵", None),
        ("路灯坏了", None),
    ],
)
def test_a_riders_own_matter_is_told_by_its_words(said: str, matter: Matter | None) -> None:
    assert riders.matter(said) is matter


def test_hours_of_riding_leave_room_for_news() -> None:
    assert riders.ride_times("11-14、17-21") == "11-14,17-21"
    assert riders.ride_times("晚上10点到2点") == "22-2"
    for said in ("0-24", "全天", "周一 9-12", "1-2 3-4 5-6 7-8", ""):
        assert riders.ride_times(said) is None


def test_storms_are_alarms_and_heat_is_care() -> None:
    assert riders.warned_of("雷暴大雨") is AlertKind.STORM
    assert riders.warned_of("高温后有雷雨") is AlertKind.STORM
    assert riders.warned_of("38℃，注意防暑") is AlertKind.HEAT
    assert riders.warned_of("明天检查") is None
    assert riders.title_for("奶茶店的后厨") is TitleKind.FOOD
    assert riders.title_for("井盖") is None


def test_the_columns_of_a_list_of_stations_are_known_by_their_heads_in_any_order() -> None:
    head = ["lng", "站点名称", "所属街道", "lat", "营业时间"]
    found = lists.rows([head, ["114.3", "东门驿站", "", "30.5", ""]], StationList.columns)
    assert found is not None
    [(_, row)] = found
    draft = station_list.draft(row, 7)
    assert (draft.name, draft.lat, draft.lng, draft.area_id, draft.kind) == ("东门驿站", 30.5, 114.3, 7, Use.REST)
    assert lists.rows([["名称"]], StationList.columns) is None


def test_a_point_that_is_no_number_or_not_here_is_refused() -> None:
    for lat, lng, slip in (
        ("nan", "114", Slip.POINT),
        ("inf", "114", Slip.POINT),
        ("", "", Slip.POINT),
        ("114", "30", Slip.POINT_TURNED),
    ):
        with pytest.raises(Slipped) as slipped:
            station_list.draft({"kind": "驿站", "name": "东门", "lat": lat, "lng": lng}, 7)
        assert slipped.value.slip is slip
