"""What somebody means who judges in words of their own, and which reports an announcement speaks of."""

from __future__ import annotations

import pytest

from nlp.announced import tells_of
from nlp.judgement import judgement
from nlp.similar import Told


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        *((said, 1) for said in ("满意", "很满意！", "滿意", "1满意", "１、满意", "满意，谢谢", "五星好评", "处理得不错", "挺好的")),
        *((said, 2) for said in ("解决了，不满意", "修好了但是不满意", "2不满意", "2 不满意")),
        *((said, 3) for said in ("没解决", "沒有解決", "还是没修好", "問題沒解決", "根本没用", "3没修好", "没变化", "没解决，晚上还吵")),
    ],
)  # fmt: skip
def test_words_that_mean_one_thing(said: str, answer: int) -> None:
    found = judgement(said)
    assert found is not None
    assert found.sure == answer


@pytest.mark.parametrize(
    ("said", "alone"),
    [
        *((said, True) for said in ("没解决", "没解决。", "还是没修好", "不满意", "3没解决", "满意，谢谢")),
        *((said, False) for said in ("没解决，晚上还吵", "灯还没修好", "还在漏水", "又停水了", "很满意，就是慢了点")),
    ],
)
def test_some_words_are_a_judgement_from_end_to_end(said: str, alone: bool) -> None:
    found = judgement(said)
    assert found is not None
    assert found.alone is alone


@pytest.mark.parametrize(
    ("said", "answers"),
    [
        ("解决了", (1, 2)),
        ("修好了，谢谢", (1, 2)),
        ("已解决", (1, 2)),
        ("很满意，就是慢了点", (1, 2)),
        ("不满意", (2, 3)),
        ("差评", (2, 3)),
        ("一般", (1, 2, 3)),
        ("还在漏水", (1, 2, 3)),
        ("灯还没修好", (1, 2, 3)),
        ("1没解决", (1, 3)),
        ("没解决，另外3栋路灯坏了", (1, 2, 3)),
    ],
)
def test_words_that_leave_it_open(said: str, answers: tuple[int, ...]) -> None:
    found = judgement(said)
    assert found is not None
    assert (found.answers, found.sure) == (answers, None)


@pytest.mark.parametrize(
    "said",
    ["", "。", "好的", "谢谢", "3楼漏水", "1个月没人管", "路灯坏了", "没水了", "满意度调查在哪里", "还有一件事", "楼上又漏水了", "2栋楼下的垃圾一直没有人收拾，已经堆了一个多星期了，味道很大，请你们派人来看一下好吗"],
)  # fmt: skip
def test_words_about_something_else(said: str) -> None:
    assert judgement(said) is None


def test_a_long_message_costs_nothing_and_is_nothing() -> None:
    assert judgement("还是" * 50_000) is None
    assert judgement("不" * 40) is None


WATER = Told("香樟花园停水抢修\n主管破了，正在施工抢修，下午恢复", categories={"utilities": 1.0})


@pytest.mark.parametrize("said", ["家里没水了", "停水了什么时候来", "水停了", "6栋断水", "怎么又没有水", "停自来水了"])
def test_an_announcement_speaks_of_its_event_however_it_is_told(said: str) -> None:
    assert tells_of(WATER, Told(said, categories={"utilities": 1.0}))


@pytest.mark.parametrize(
    "said", ["家里停电了", "水管漏水", "水龙头出黄水", "天花板渗水", "没气了", "施工太吵", "水费怎么交"]
)
def test_and_of_nothing_else(said: str) -> None:
    assert not tells_of(WATER, Told(said, categories={"utilities": 1.0}))


def test_a_place_narrows_it() -> None:
    here = Told(WATER.text, place="6栋附近", categories=WATER.categories)
    assert tells_of(here, Told("6栋没水了", categories={"utilities": 1.0}))
    assert tells_of(here, Told("没水了", place="香樟花园6栋", categories={"utilities": 1.0}))
    assert not tells_of(here, Told("2栋没水了", place="香樟花园2栋", categories={"utilities": 1.0}))
    assert not tells_of(here, Told("没水了", categories={"utilities": 1.0}))
