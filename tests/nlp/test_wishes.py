"""When somebody is wished for, and how many, as people say it."""

from __future__ import annotations

from datetime import datetime

import pytest

from models.clock import CHINA
from nlp.wishes import people_wanted, wished

HERE = datetime(2026, 11, 23, 10, 0, tzinfo=CHINA)
"""A Monday."""


@pytest.mark.parametrize(
    ("said", "begins", "ends"),
    [
        ("香樟花园6栋，明天早上八点去医院，想请人陪诊", "11-24 08:00", "11-24 08:00"),
        ("周六上午给 3 栋老人量血压", "11-28 08:00", "11-28 12:00"),
        ("今晚6点前想请人帮我送药到6栋2单元", "", "11-23 18:00"),
        ("明天下午能不能来个人帮我修下灯", "11-24 13:00", "11-24 18:00"),
        ("下周三下午3点到5点", "12-02 15:00", "12-02 17:00"),
        ("两点到四点", "11-23 14:00", "11-23 16:00"),
        ("12月5号上午9点半", "12-05 09:30", "12-05 09:30"),
        ("6日下午", "12-06 13:00", "12-06 18:00"),
        ("明早8:30", "11-24 08:30", "11-24 08:30"),
        ("今天晚上七点半", "11-23 19:30", "11-23 19:30"),
        ("周末清理楼道", "11-28 08:00", "11-29 21:00"),
        ("周六上午或者周日下午", "11-28 08:00", "11-29 18:00"),
        ("明天上午9点去医院，大概中午回来", "11-24 09:00", "11-24 09:00"),
        ("周五前", "", "11-26 21:00"),
        ("晚上8点以后", "11-23 20:00", "11-23 22:00"),
        # What is past is no wish; a weekday that is over means the next one.
        ("昨天灯坏了，明天下午能来吗", "11-24 13:00", "11-24 18:00"),
        ("周一早上八点", "11-30 08:00", "11-30 08:00"),
        ("想请会修家电的师傅后天来看看", "11-25 08:00", "11-25 21:00"),
        ("周六上午前往医院", "11-28 08:00", "11-28 12:00"),
    ],
)
def test_a_wish_becomes_a_time(said: str, begins: str, ends: str) -> None:
    window = wished(said, here=HERE)
    assert window is not None
    assert (f"{window.begins:%m-%d %H:%M}" if window.begins else "", f"{window.ends:%m-%d %H:%M}") == (begins, ends)


@pytest.mark.parametrize(
    "said",
    [
        "6栋2单元3楼",
        "3号楼修灯",
        "香樟花园12-3",
        "每天半夜吵",
        "晚上看不见，想请人修灯",
        "今天上午9点",
        "25点",
        "2月30日",
        "周边没人",
    ],
)
def test_what_names_no_time_to_come_is_no_wish(said: str) -> None:
    assert wished(said, here=HERE) is None


def test_whoever_was_asked_when_may_name_a_part_of_the_day() -> None:
    window = wished("晚上都在家", here=HERE, was_asked=True)
    assert window is not None
    assert window.begins == HERE.replace(hour=18)


@pytest.mark.parametrize("said", ["٣点", "0月0日", "点" * 500, "1点" * 400, "\ud83d明天", "99号", "晚上十二点"])
def test_nonsense_breaks_nothing(said: str) -> None:
    wished(said, here=HERE)
    people_wanted(said)


@pytest.mark.parametrize(
    ("said", "others"),
    [
        ("周六上午给 3 栋老人量血压，要 2 个人", 2),
        ("清楼道，5个人就够", 5),
        ("缺两个帮手", 2),
        ("请三位志愿者", 3),
        ("一共3个人", 2),
        ("给3位老人理发", 0),
        ("教3个人用手机", 0),
        ("要99个人", 20),
    ],
)
def test_how_many_others_are_wanted(said: str, others: int) -> None:
    assert people_wanted(said) == others
