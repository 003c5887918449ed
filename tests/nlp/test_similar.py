"""The same event is recognised however it is told; the estate's name alone never makes two reports one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.similar import SAME, Told, alike, compatible, score, sketch

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def told(
    text: str, place: str = "翠屏华府", category: str = "noise", areas: tuple[int, ...] = (), at: datetime = NOON
) -> Told:
    """A report as it is compared."""
    return Told(text, place, areas, {category: 0.9}, at)


PLANT = told("翠屏华府旁边的水泥厂昼夜生产，噪音粉尘扰民")


@pytest.mark.parametrize(
    "text",
    [
        "翠屏华府对面水泥厂半夜还在生产，噪音太大",
        "水泥厂的粉尘和噪音让翠屏华府没法住人",
        "翠屏华府居民求搬走水泥厂，粉尘大噪音大",
    ],
)
def test_neighbours_who_tell_of_one_plant_are_gathered(text: str) -> None:
    assert [found.index for found in alike(told(text), [PLANT])] == [0]


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("翠屏华府门口的公交车等半个小时都不来", "traffic"),
        ("翠屏华府二期的道路坑坑洼洼", "public_facility"),
        ("翠屏华府物业费涨价没有公示", "property_service"),
    ],
)
def test_another_trouble_of_the_same_estate_is_another_matter(text: str, category: str) -> None:
    assert alike(told(text, category=category), [PLANT]) == []


def test_the_same_words_about_another_estate_are_another_matter() -> None:
    assert alike(told("滨河名都旁边的水泥厂昼夜生产，噪音粉尘扰民", "滨河名都"), [PLANT]) == []
    far, near = told("半夜装修太吵", "", areas=(7,)), told("半夜装修太吵", "", areas=(8,))
    assert alike(far, [near]) == []


@pytest.mark.parametrize(
    ("text", "category"),
    [("香樟花园6栋充电桩被油车占了", "parking"), ("香樟花园6栋2单元门口有车乱停", "parking")],
)
def test_the_same_building_is_not_the_same_matter(text: str, category: str) -> None:
    told_before = told("香樟花园6栋2单元的楼道堆满旧家具", "香樟花园6栋", category, (4, 406))
    assert alike(told(text, "香樟花园6栋", category, (4, 406)), [told_before]) == []


def test_the_tree_tells_that_two_names_are_one_estate() -> None:
    one = told("6栋停水了，一早就没水", "香樟花园6栋", "utilities", (4, 406))
    other = told("我们这栋停水，早上到现在没水", "樟园6栋", "utilities", (4, 406))
    assert alike(one, [other])[0].reasons[:2] == ("place", "category")


def test_the_next_building_counts_less_than_the_same() -> None:
    mine = sketch(told("香樟花园6栋半夜装修噪音", "香樟花园6栋"))
    same, next_door = (sketch(told(f"香樟花园{number}栋半夜装修噪音", f"香樟花园{number}栋")) for number in (6, 3))
    assert score(mine, same) > score(mine, next_door)


def test_what_was_told_before_the_window_is_another_event() -> None:
    late = told("翠屏华府对面水泥厂半夜还在生产，噪音太大", at=NOON + timedelta(days=15))
    assert alike(late, [PLANT]) == []
    assert alike(late, [PLANT], window=None)


def test_the_surest_comes_first() -> None:
    again = told("翠屏华府旁边的水泥厂昼夜生产，噪音粉尘扰民")
    looser = told("水泥厂的粉尘和噪音让翠屏华府没法住人")
    found = alike(again, [looser, PLANT])
    assert found[0].index == 1
    assert found[0].score >= found[-1].score >= SAME


def test_a_fault_and_its_harm_may_be_one_event_and_a_bus_never_is() -> None:
    assert "fumes" in compatible("noise")
    assert "traffic" not in compatible("noise")
    assert all(one in compatible(other) for one, other in permutations(compatible("elevator_fault"), 2))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=20), st.text(max_size=20))
def test_whatever_is_compared_gets_a_score_that_is_the_same_both_ways(
    one: str, other: str, here: str, there: str
) -> None:
    first, second = sketch(told(one, here)), sketch(told(other, there))
    assert 0.0 <= score(first, second) <= 1.0
    assert score(first, second) == pytest.approx(score(second, first))
