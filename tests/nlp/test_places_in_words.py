"""Places the area tree does not know are found in people's own words, whatever their names end in."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.extract import AreaName, Places, mask, private_spans, times
from nlp.named import free_place
from nlp.normal import normal
from nlp.spans import load
from nlp.spans_learn import learn, write

PLACES = Places([AreaName(1, "street", "江湾街道"), AreaName(2, "estate", "香樟花园", (), 1)])


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("请问南湖名都3号楼的电梯什么时候修", "南湖名都3号楼"),
        ("反映东安市云岭区翠屏华府业主的车被砸", "翠屏华府"),
        ("举报B3区文昌街道书香雅苑小区物业乱收费\n收了钱不开票。", "书香雅苑小区"),
        ("家住永丰路28号，楼下烧烤摊吵到半夜", "永丰路28号"),
        ("解放东路与民生街交叉口红绿灯坏了", "解放东路与民生街交叉口"),
        ("请求修路灯\n我们在柳树屯村，进村那条路一到晚上漆黑。", "柳树屯村"),
        ("人民公园南门的厕所没水", "人民公园南门"),
    ],
)
def test_a_place_is_told_by_its_name(said: str, place: str) -> None:
    assert free_place(normal(said) if "\n" not in said else "\n".join(map(normal, said.split("\n")))) == place


def test_the_building_told_further_down_belongs_to_the_place_in_the_headline() -> None:
    assert free_place("投诉锦华苑违建\n楼上锦华苑7栋602的住户在露台上盖了房子。") == "锦华苑7栋602"


@pytest.mark.parametrize(
    "said",
    [
        "建议出台养犬条例",
        "咨询独居老人的购房资格",
        "广场舞太吵了",
        "请问退休金今年涨不涨",
        "58团购网不退款",
        "你们公司电话多少",
    ],
)
def test_who_names_no_place_is_given_none(said: str) -> None:
    assert free_place(said) is None


def test_a_road_in_a_street_of_ours_is_kept_with_the_street_it_lies_in() -> None:
    found = PLACES.find("江湾街道永丰路18号门口的井盖没了")
    assert found is not None
    assert (found.area_id, "永丰路18号" in found.text) == (1, True)


def test_numbers_that_find_people_are_marked_wherever_they_stand() -> None:
    said = "我住6#501，电话13812345678，隔壁12-3-402，还有三栋五零二室"
    assert [said[start:end] for start, end in private_spans(said)] == ["501", "13812345678", "402", "五零二室"]
    assert "13812345678" not in mask(said)


HOSTILE = st.one_of(
    st.text(max_size=300),
    st.text(alphabet="一二三四五六七八九十0123456789栋单元号楼室-#·、,。的在路小区花园苑A<>&\x00\x1f\n ", max_size=400),
    st.sampled_from(
        [
            "",
            "🔥" * 500,
            "路" * 10_000,
            "1" * 10_000,
            "苑小区" * 3_400,
            "<b>香樟花园</b>" * 600,
            "สวัสดี",
            "١٢٣",
            "第一" * 5_000,
        ]
    ),
)


@settings(max_examples=300, deadline=None)
@given(HOSTILE)
def test_whatever_is_sent_gets_an_answer(said: str) -> None:
    found = PLACES.find(said, near=2)
    assert found is None or found.text
    times(said)
    assert len(private_spans(said)) <= len(said)


def test_what_is_learned_is_the_same_every_time(tmp_path: Path) -> None:
    rows = [
        {"title": "", "text": f"{name}的路灯坏了", "location": name}
        for name in ("青松里", "白鹭湾", "槐荫小区", "春江路")
    ] * 3
    write(learn(rows), tmp_path / "one")
    write(learn(rows), tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes() != b""


def test_the_shipped_weights_tell_words_apart() -> None:
    assert load().weights("小区") != load().weights("路灯")
