"""Danger to life is heard in plain words; anger, drills, bills and yesterday's fires are not danger."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp import danger_learn
from nlp.danger import CATEGORIES, LONGEST, Danger, danger, only_calls, passages
from nlp.normal import normal

_DATA = Path(__file__).parents[1] / "data"


def _rows(name: str) -> list[dict[str, str]]:
    with (_DATA / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))


DANGERS = _rows("danger.tsv")
LOOKALIKES = _rows("lookalikes.tsv")


def test_every_written_danger_raises_an_alarm() -> None:
    assert [row["text"] for row in DANGERS if danger(row["text"]) is None] == []


@pytest.mark.parametrize("said", ["在6栋2单元", "我在6号楼", "在6栋楼下", "在6栋2单元501室", "在18幢"])
def test_where_somebody_is_is_no_danger(said: str) -> None:
    assert danger(said) is None
    assert danger(f"{said}着火了") is Danger.FIRE


@pytest.mark.parametrize("said", ["王嫂子", "吴大妈", "梁伯。", "孔女士", "張爺爺", "3栋刘嫂子", "找陈大妈"])
def test_how_somebody_is_called_is_no_danger(said: str) -> None:
    assert danger(said) is None
    assert danger(f"{said}掉水里了，快救人") is not None


def test_at_most_one_lookalike_in_a_hundred_raises_an_alarm() -> None:
    false = [row["text"] for row in LOOKALIKES if danger(row["text"]) is not None]
    assert len(false) <= len(LOOKALIKES) / 100, false


def test_the_kind_of_danger_decides_whom_to_call_and_is_told_apart() -> None:
    wrong = [(row["kind"], row["text"]) for row in DANGERS if danger(row["text"]) != Danger(row["kind"])]
    assert len(wrong) <= len(DANGERS) / 50, wrong


def test_the_examples_are_many_of_every_kind_and_none_is_on_both_sides() -> None:
    assert {row["kind"] for row in DANGERS} == {*CATEGORIES} == {*Danger} - {Danger.UNNAMED}
    assert min(sum(row["kind"] == kind for row in DANGERS) for kind in CATEGORIES) >= 30
    told, alike = ({normal(row["text"]) for row in rows} for rows in (DANGERS, LOOKALIKES))
    assert (len(told), len(alike)) == (len(DANGERS), len(LOOKALIKES))
    assert not told & alike


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Danger.FIRE, "3楼着火了快来人"),
        (Danger.FIRE, "對面樓著火了"),
        (Danger.GAS, "屋里好大的煤气味"),
        (Danger.SHOCK, "有人触电了"),
        (Danger.SUICIDE, "再不解决我就从楼上跳下去"),
        (Danger.ASSAULT, "老公正在打我"),
        (Danger.DROWNING, "小孩掉进湖里了"),
        (Danger.TRAPPED, "我被关在电梯里了"),
        (Danger.COLLAPSE, "房子塌了"),
        (Danger.MEDICAL, "老人晕倒了叫不醒"),
        (Danger.FALLING, "外墙瓷砖一直往下掉"),
        (Danger.MISSING, "我妈走丢了"),
    ],
)
def test_each_kind_of_danger_is_heard(kind: Danger, text: str) -> None:
    assert danger(text) is kind


@pytest.mark.parametrize("cry", ["救命", "快来", "快来人啊！", "来人啊，救命", "出大事了快来"])
def test_a_cry_that_names_no_danger_is_heard_and_taken_for_none_of_them(cry: str) -> None:
    assert danger(cry) is Danger.UNNAMED
    assert only_calls(normal(cry))


@pytest.mark.parametrize("told", ["3楼着火了快来人", "救命，他在打我", "快来人，我妈晕倒了", "求你们快点，人在水里"])
def test_what_is_named_beside_a_cry_is_heard(told: str) -> None:
    assert danger(told) not in (None, Danger.UNNAMED)


@pytest.mark.parametrize(
    "told",
    [
        "没着火",
        "不是着火了，是晚霞",
        "去年三楼着过火，墙到现在没刷",
        "万一着火了怎么跑",
        "今天演练，三楼着火了是假的",
        "电视剧里三楼着火了",
        "三楼着火了保险赔吗",
        "三楼的火已经扑灭了，谢谢消防员",
        "灭火毯厂家直销，油锅着火了一盖就灭",
        "这价格着火了一样，笑死",
    ],
)  # fmt: skip
def test_a_fire_that_is_denied_over_feared_played_asked_about_or_sold_is_none(told: str) -> None:
    assert danger("三楼着火了") is Danger.FIRE
    assert danger(told) is None


@pytest.mark.parametrize(
    "told",
    ["不是演习，三楼真的着火了", "去年着过火，今天三楼又着火了", "谢谢你们快来，三楼着火了", "火扑灭了又着了，三楼"],
)
def test_a_fire_there_is_now_is_one_whatever_else_is_said(told: str) -> None:
    assert danger(told) is Danger.FIRE


def test_a_long_story_of_the_past_raises_no_alarm_but_what_happens_now_does() -> None:
    story = (
        "我们小区的消防设施一直没有人维护，灭火器都是过期的，三年里物业换了两家，业主反映了很多回都没有结果，"
        "旁边那个小区起火的时候消防车就开不进去，大家看了都很害怕，希望有关部门重视起来。"
    )
    assert danger(story) is None
    assert danger(story + "刚刚我们楼下也着火了，快来人！") is Danger.FIRE


def test_manners_are_no_danger() -> None:
    assert [
        said for said in ("", "在？", "你好", "辛苦了！！", "好的谢谢", "👌", "?", "人工", "1") if danger(said)
    ] == []


@given(st.text(max_size=3000))
def test_passages_are_short_and_leave_nothing_out(said: str) -> None:
    pieces = list(passages(said))
    assert max(map(len, pieces), default=0) <= 2 * LONGEST
    letters = [character for character in said[:2000] if character not in "。!?;\n"]
    assert [character for piece in pieces for character in piece if character not in "。!?;\n"] == letters


@pytest.mark.parametrize(
    "said",
    ["火", "没着火", "电梯", "孩", "着火了吗", "被打", "如果", "(", "□", "刀人", "水人水", "楼上扔", "a", "\n", "已经"],
)
def test_a_phrase_said_two_thousand_times_gets_an_answer(said: str) -> None:
    danger(said * 2000)


@given(st.text(max_size=3000))
def test_no_text_is_an_error(said: str) -> None:
    assert danger(said) in (None, *Danger)


def test_learning_twice_from_the_same_examples_gives_the_same_weights() -> None:
    several = danger_learn.written(_DATA)[::12]
    assert danger_learn.learn(several) == danger_learn.learn(several)
