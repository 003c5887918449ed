"""A message is taken apart only where its writer clearly brings two matters."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp import categories
from nlp.several import several
from nlp.understand import Understander

UNDERSTANDER = Understander(categories.load(), [])


@pytest.mark.parametrize(
    ("said", "first", "second"),
    [
        ("路灯坏了好几天，另外广场舞太吵了", "public_facility", "noise"),
        ("1. 6栋楼道灯不亮 2. 地下车库总有人占我车位", "public_facility", "parking"),
        ("一是电梯经常坏没人修，二是小区门口流动摊贩占道经营", "elevator_fault", "street_vendor"),
        ("楼上装修噪音扰民。还有就是停车位被人占了", "noise", "parking"),
    ],
)
def test_two_matters_that_are_marked_are_told_apart(said: str, first: str, second: str) -> None:
    assert [part.category for part in several(said, UNDERSTANDER)] == [first, second]


def test_each_matter_keeps_its_own_words() -> None:
    assert [part.words for part in several("路灯坏了好几天，另外广场舞太吵了", UNDERSTANDER)] == [
        "路灯坏了好几天",
        "广场舞太吵了",
    ]


@pytest.mark.parametrize(
    "said",
    [
        "楼上漏水，另外天花板也湿了",
        "广场舞太吵了，还有音响开得特别大",
        "路灯坏了",
        "我们小区物业不作为的几个问题反映如下：1、电梯经常坏 2、垃圾没人清 3、门岗睡觉",
        "路灯坏了，另外谢谢你们上次帮忙",
        "6栋着火了，另外路灯也坏了",
        "",
    ],
)
def test_what_is_one_matter_or_may_be_is_left_whole(said: str) -> None:
    assert several(said, UNDERSTANDER) == ()


@settings(max_examples=60, deadline=None)
@given(
    st.text(alphabet="1234.、一二是另外还有路灯坏了噪音扰民，。\n<>🔥\x00", max_size=300)
    | st.just("另外" * 5_000)
    | st.just("1." * 5_000)
)
def test_whatever_is_sent_is_two_matters_or_none(said: str) -> None:
    assert len(several(said, UNDERSTANDER)) in (0, 2)
