"""Times are kept as people say them."""

from __future__ import annotations

import pytest

from nlp.dates import times


@pytest.mark.parametrize(
    "said",
    [
        "昨晚10点", "每天早上", "上个月", "这两天", "从3月起", "上周三下午", "凌晨两点半", "晚上十点多", "周末早上六点多", "2024年5月3日下午3点",
        "近半年", "最近三个月", "今年上半年", "8:30到11:30", "从去年年底到现在", "11月2日", "五一",
    ],
)  # fmt: skip
def test_a_time_is_kept_in_the_words_it_was_told_in(said: str) -> None:
    assert times(f"隔壁{said}敲墙") == (said,)


def test_several_times_are_kept_in_their_order() -> None:
    assert times("昨天停了一次，今天上午又停，从9点到现在") == ("昨天", "今天上午", "9点")


@pytest.mark.parametrize(
    "said", ["3号楼2单元漏水", "这周边太乱", "五一大道堵车", "电话12345没人接", "几点开门", "周围很吵", ""]
)
def test_what_is_no_time_is_not_taken_for_one(said: str) -> None:
    assert times(said) == ()


def test_at_most_five_times_are_kept() -> None:
    assert len(times("1月2月3月4月5月6月7月8月")) == 5
