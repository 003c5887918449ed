"""Places are found on the area tree as people name them; what is private stays out of logs."""

from __future__ import annotations

import pytest

from nlp.extract import AreaName, Place, Places, in_the_open, is_place_alone, knows_no_name, mask, times

AREAS = [
    AreaName(1, "district", "演示区"),
    AreaName(2, "street", "江湾街道", (), 1),
    AreaName(3, "community", "香樟社区", (), 2),
    AreaName(4, "estate", "香樟花园", ("香樟小区",), 3),
    AreaName(5, "estate", "滨江雅苑", (), 3),
    AreaName(6, "community", "银杏社区", (), 2),
    AreaName(7, "estate", "银杏里", (), 6),
    *(
        AreaName(100 * estate + number, "building", f"{number}栋", (f"{letter}{number}",), estate)
        for estate, letter in ((4, "A"), (5, "B"), (7, "C"))
        for number in range(1, 7)
    ),
]
PLACES = Places(AREAS)


@pytest.mark.parametrize(
    ("said", "alone"),
    [
        *(
            (said, True)
            for said in ("香樟花园6栋", "我在香樟花园6栋2单元501室", "就在滨江雅苑3栋楼下，快来", "六栋二单元")
        ),
        *((said, False) for said in ("香樟花园6栋有蛇", "香樟花园6栋的人还没救出来", "6栋停水了", "在6栋，他没气了")),
    ],
)
def test_a_place_may_be_all_that_is_said(said: str, alone: bool) -> None:
    place = PLACES.find(said, near=4)
    assert place is not None
    assert is_place_alone(said, place) is alone


@pytest.mark.parametrize(
    "text",
    ["6栋电梯坏了", "六栋电梯坏了", "6#电梯坏了", "６號樓电梯坏了", "6幢电梯坏了", "06栋电梯坏了", "6 栋电梯坏了"],
)
def test_a_bare_building_is_the_one_at_home(text: str) -> None:
    found = PLACES.find(text, near=501)
    assert found is not None
    assert (found.area_id, found.estate, found.building) == (506, "滨江雅苑", "6栋")


@pytest.mark.parametrize(
    ("text", "area_id"),
    [("香樟花园6栋漏水", 406), ("香樟小區六棟漏水", 406), ("A6 灯坏了", 406), ("香章花园6栋漏水", 406), ("香樟园6栋漏水", 406), ("银杏里2号楼没电", 702),
     ("香樟花园9栋漏水", 4), ("滨江雅苑门口堵", 5), ("香樟社区门口堵", 3), ("江湾街道太吵", 2), ("江湾街道香樟社区香樟花园3栋吵", 403)],
)  # fmt: skip
def test_a_name_is_found_on_the_tree_however_it_is_spelt(text: str, area_id: int) -> None:
    found = PLACES.find(text)
    assert found is not None
    assert found.area_id == area_id


def test_building_unit_floor_and_room_are_told_apart() -> None:
    assert PLACES.find("我住银杏里三栋二单元五楼502室，楼上漏水") == Place(
        "银杏里三栋二单元五楼502室", 703, "银杏里", "3栋", "2单元", "5楼", "502"
    )
    assert PLACES.find("滨江雅苑 6-2-301 漏水") == Place(
        "滨江雅苑 6-2-301", 506, "滨江雅苑", "6栋", "2单元", None, "301"
    )


def test_a_floor_alone_is_at_home_and_a_building_nobody_can_place_is_kept_as_said() -> None:
    assert PLACES.find("3楼漏水", near=406) == Place("3楼", 406, "香樟花园", floor="3楼")
    assert PLACES.find("6栋漏水") == Place("6栋", building="6栋")


def test_a_named_estate_beats_home() -> None:
    found = PLACES.find("银杏里2栋太吵", near=406)
    assert found is not None
    assert found.area_id == 702


def test_a_road_outside_the_tree_is_kept_as_text() -> None:
    assert PLACES.find("解放路18号前面路灯坏了") == Place("解放路18号")


@pytest.mark.parametrize(
    "text",
    ["太吵了", "路灯坏了", "小区太脏", "没人在里面", "他在上面", "1个月没人管", "2022年到现在", "", "停车费太贵"],
)
def test_no_place_is_invented(text: str) -> None:
    assert PLACES.find(text) is None


def test_of_two_estates_with_one_name_the_one_near_home_is_meant() -> None:
    twins = Places([*AREAS, AreaName(8, "estate", "江景苑", (), 3), AreaName(9, "estate", "江景苑", (), 6)])
    found = twins.find("江景苑停水", near=7)
    assert found is not None
    assert found.area_id == 9


def test_a_tree_that_loops_back_on_itself_is_survived() -> None:
    loop = Places([AreaName(1, "estate", "环形花园", (), 2), AreaName(2, "community", "环形社区", (), 1)])
    found = loop.find("环形花园漏水", near=2)
    assert found is not None
    assert found.area_id == 1


def test_times_are_kept_as_said() -> None:
    assert times("每天晚上10点到凌晨2点施工，昨天下午3:30停电") == ("每天晚上10点到凌晨2点", "昨天下午3:30")


def test_logs_show_no_phone_no_identity_no_room_but_the_ticket() -> None:
    hidden = mask(
        "261121-0007 的电话13812345678，座机027-88886666，身份证11010119900101123X，住6栋2单元301室和5-1-1204"
    )
    assert hidden == "261121-0007 的电话***，座机***，身份证***，住6栋2单元***和5-1-***"


@pytest.mark.parametrize("said", ["江湾大道路口井盖破了", "江湾路的路灯不亮", "江湾公园门口有积水"])
def test_a_road_called_like_an_area_is_not_the_area(said: str) -> None:
    found = Places([AreaName(1, "street", "江湾街道", ("江湾",), None)]).find(said)
    assert found is None or found.area_id is None


def test_the_crossing_in_front_of_an_estate_is_at_the_estate() -> None:
    found = Places([AreaName(1, "estate", "香樟花园", ("香樟",), None)]).find("香樟花园路口的红绿灯坏了")
    assert found is not None
    assert found.area_id == 1


@pytest.mark.parametrize(
    ("place", "found"), [("解放路18号", True), ("南湖街", True), ("南湖街道", False), ("街道", False)]
)
def test_a_road_is_found_without_an_estate_and_a_whole_street_of_communities_is_not(place: str, found: bool) -> None:
    assert in_the_open(place) is found


@pytest.mark.parametrize("said", ["不知道", "我也不知道这是哪里", "不清楚是几栋", "说不清", "不晓得叫什么名字"])
def test_somebody_does_not_know_what_the_place_is_called(said: str) -> None:
    assert knows_no_name(said)


@pytest.mark.parametrize("said", ["不知道谁扔的", "6栋", "不知道，好像是6栋", "不清楚，物业知道"])
def test_somebody_says_more_than_that(said: str) -> None:
    assert not knows_no_name(said)


@pytest.mark.parametrize(
    "said",
    ["江湾小区", "江湾小区3栋", "江湾花园6栋", "江湾公寓", "江湾苑", "江湾里3栋", "江湾新村", "江湾街小区", "演示公寓"],
)
@pytest.mark.parametrize("what", ["着火了", "停水了"])
def test_an_estate_nobody_knows_is_not_the_street_or_district_it_is_called_like(said: str, what: str) -> None:
    places = Places(
        [AreaName(1, "district", "演示区", ("演示",)), AreaName(2, "street", "江湾街道", ("江湾", "江湾街"), 1)]
    )
    found = places.find(said + what)
    assert found is not None
    assert (found.text, found.area_id) == (said, None)


@pytest.mark.parametrize("said", ["江湾里面有人打架", "江湾街道花园小区着火了", "江湾城管不管", "江湾村委会门口太吵"])
def test_what_only_lies_in_a_street_is_still_told_to_it(said: str) -> None:
    found = Places([AreaName(2, "street", "江湾街道", ("江湾",))]).find(said)
    assert found is not None
    assert found.area_id == 2


def test_a_short_name_is_not_the_beginning_of_another_estates() -> None:
    places = Places([AreaName(1, "estate", "银杏里", ("银杏",))])
    found = places.find("银杏3栋")
    assert found is not None and found.area_id == 1
    for name in ("银杏苑", "银杏公寓", "银杏花园"):
        other = places.find(f"{name}3栋")
        assert other is None or other.area_id is None
    for name in ("银杏小区", "银杏里面"):
        same = places.find(f"{name}3栋")
        assert same is not None and same.area_id == 1
