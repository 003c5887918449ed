"""What is said after a report: how an alarm goes on, and when it suits that somebody comes."""

from __future__ import annotations

import pytest

from nlp.aftermath import news
from nlp.dates import only_a_time, says_when
from nlp.normal import normal


@pytest.mark.parametrize(
    "said",
    [
        "已经送医院了，谢谢", "人已经送到协和医院了", "我爸被救护车拉走了，谢谢社区关心", "人在医院抢救", "火灭了", "明火扑灭了，没有人受伤", "没事了，人出来了",
        "电梯门开了，人出来了", "找到了，孩子回来了", "煤气关掉了，没味道了", "虚惊一场", "搞错了，没有着火", "救护车来了", "消防员到了，谢谢你们", "救护车还没来", "火灭了谢谢",
        "不急", "这不是急事", "电梯里没人", "没人在里面", "没有人被困", "谢谢，人没事", "人醒過來了", "好了，关了阀门", "我把总阀关上了", "关了电闸", "师傅来了，正在修", "已经修好了，不漏了", "来电了，谢谢",
    ],
)  # fmt: skip
def test_how_an_alarm_goes_on(said: str) -> None:
    assert news(said) == (True, "")


@pytest.mark.parametrize(
    "said",
    [
        "没人", "没人来", "还没人管", "着急", "急得很", "谢谢", "人没出来", "人还没醒", "火没灭", "火还没灭", "还没送医院", "送不到医院", "人没了", "他已经没有呼吸了", "老人又晕过去了", "又着起来了", "火越烧越大了",
        "着火了", "路灯好了", "好的", "好吧", "好，谢谢", "没关阀门", "阀门关不上", "还没来电", "没修好", "来人修", "漏水了", "谢" * 50, "刚" * 50, "已刚都也被给又正" * 7,
    ],
)  # fmt: skip
def test_what_is_no_such_news(said: str) -> None:
    assert not news(said)[0]


@pytest.mark.parametrize(
    ("said", "rest"),
    [
        ("火已经灭了，但是楼上又冒烟了", "但是楼上又冒烟了"),
        ("人出来了，还有一个老人被困在里面", "还有一个老人被困在里面"),
        ("谢谢你们，火灭了，另外路灯坏了", "另外路灯坏了"),
    ],
)
def test_what_is_said_beside_it(said: str, rest: str) -> None:
    assert news(said) == (True, rest)


@pytest.mark.parametrize(
    "said",
    [
        "明天上午", "下午三点以后", "3 点以后都行", "周末都在家", "我都在家", "随时可以", "今天晚上7点以后都行", "白天没人，晚上在家", "明天上午9点到11点", "每天晚上都在家", "周六上午吧",
        "最好是明天上午10点之前来，谢谢", "除了周三都行", "明天下午兩點以後",
    ],
)  # fmt: skip
def test_a_time_to_come(said: str) -> None:
    assert only_a_time(normal(said))


@pytest.mark.parametrize(
    "said",
    [
        "昨天晚上", "每天半夜", "最近三天", "最近", "什么时候来", "几点来", "明天下午，楼道灯也坏了", "中午停水", "今天停电吗", "还没人来", "可以", "好的", "有人在吗", "有空吗", "3", "是的",
        "6栋", "香樟花园6栋", "晚上吵",
    ],
)  # fmt: skip
def test_no_time_to_come(said: str) -> None:
    assert not only_a_time(normal(said))


def test_whether_a_day_or_an_hour_to_come_is_named_at_all() -> None:
    assert says_when("奶奶下不了床，香樟花园6栋，明天想请人理发")
    assert not says_when("最近头发长了，每天都痒，想请人理发")
