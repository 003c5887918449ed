"""Which words say, from end to end, that a matter is over or no longer needed."""

from __future__ import annotations

import pytest

from nlp.over import over

UNWANTED = [
    "热水来了，不用管了", "不用陪了，我女儿回来了", "算了不用了，电梯好了", "不用来了", "不麻烦了", "不用了", "不用了，谢谢", "来水了，不用修了", "电梯修好了，不用派人了",
    "邻居帮我修好了，不用麻烦你们了", "不需要了", "不用上门了", "师傅不用来了", "你们不用来了，我自己弄好了", "算了", "算了吧", "不用办了", "不办了", "不用买药了，我儿子买了",
    "热水来了不用管了", "好了不用来了谢谢", "麻烦你们了，不用来了", "不用理发了", "取消吧", "不用跑一趟了", "不用陪我去医院了", "不修了", "别来了，修好了", "不用管这事了",
]  # fmt: skip
SOLVED = [
    "好了", "好了，亮了", "已经好了，谢谢", "自己修好了", "狗找到了", "谢谢，已经好了", "来电了", "水来了", "路灯亮了", "楼道灯自己亮了", "门开了，谢谢师傅", "已经解决了",
    "问题解决了，辛苦了", "物业来修好了", "不漏了", "楼上不吵了", "现在安静了", "马桶通了", "下水道自己通了", "车已经开走了", "垃圾清走了", "垃圾已经清理干净了", "钥匙找到了，不好意思",
    "没事了，谢谢", "網好了", "能用了", "6栋的电梯好了", "猫自己回来了", "装修停了", "已经恢复正常了", "暖气热了", "不好意思，我已经找到了", "没味道了",
]  # fmt: skip


@pytest.mark.parametrize("said", UNWANTED)
def test_words_that_nobody_need_come(said: str) -> None:
    found = over(said)
    assert found is not None
    assert found.unwanted


@pytest.mark.parametrize("said", SOLVED)
def test_words_that_it_is_over(said: str) -> None:
    found = over(said)
    assert found is not None
    assert not found.unwanted


@pytest.mark.parametrize(
    "said",
    [
        "", "。", "谢谢", "好的", "好", "知道了", "不用谢", "好了，知道了", "好了好了别说了",
        # Asked.
        "好了吗", "好了没", "好了？", "修好了吗", "什么时候好", "快好了吗", "不来了吗", "怎么不来了", "是不是不用来了", "不用了吗", "谁修好了", "不用身份证可以办吗", "不用热水了怎么退费",
        # Not yet, not quite, or again.
        "还没好", "灯又坏了", "亮了一夜", "水来了但是黄的", "水来了，但是黄的", "水来了又停了", "修好了又坏了", "修好了，又坏了", "昨天好了今天又坏了", "好多了", "好一点了", "修好了一半",
        "电梯好了，但是门关不上", "狗还没找到", "垃圾没人清走", "修得不好", "物业说修好了，其实没有",
        # Wished.
        "就好了", "能快点修就好了", "要是修好了就好了", "明天上午好了",
        # Something is wrong, though it ends like the others.
        "不亮了", "没水了", "水停了", "电梯不动了", "门打不开了", "不能用了", "没人管了", "水管爆开了", "受不了了", "不好了", "车被开走了", "东西被拿走了", "楼上又吵了", "灯白天也亮了",
        "师傅来了", "女儿回来了", "人走了", "他不行了", "来人了", "通知来了",
        # Of others, or for a reason that is to be read.
        "不用管我了", "算了，不用再等我了", "别管我了", "不用你们管", "别修了", "别修了，太吵了", "别装了", "不要再装修了", "别吵了", "不用来了，来了也没用", "不用修了，直接换吧", "好了" * 20,
    ],
)  # fmt: skip
def test_words_that_say_nothing_of_the_kind(said: str) -> None:
    assert over(said) is None


@pytest.mark.parametrize(
    ("said", "serial"),
    [
        ("0001不用来了", "0001"),
        ("编号261123-0001已经好了", "261123-0001"),
        ("0001 那件事不用办了", "0001"),
        ("好了", None),
    ],
)
def test_the_number_that_is_named(said: str, serial: str | None) -> None:
    found = over(said)
    assert found is not None
    assert found.serial == serial
