"""What messages mean as a whole, that nothing anybody types breaks it, and how well it does on a labelled file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp import commands
from nlp.categories import First, Level, load
from nlp.danger import Danger, danger
from nlp.evaluate import classify_line, evaluate
from nlp.extract import AreaName, mask
from nlp.normal import normal
from nlp.segment import add_word, words
from nlp.understand import Chat, Kind, Understander, Urgency

UNDERSTANDER = Understander(load(), [AreaName(1, "estate", "香樟花园"), AreaName(2, "building", "6栋", (), 1)])

CODES = [
    "parking",
    "elevator_installation",
    "elevator_fault",
    "noise",
    "fumes",
    "sanitation",
    "property_service",
    "water_leak",
    "utilities",
    "fire_safety",
    "illegal_construction",
    "public_facility",
    "drainage",
    "falling_object",
    "pets",
    "greening",
    "charging",
    "street_vendor",
    "neighbor_dispute",
    "public_security",
    "eldercare",
    "education",
    "medical",
    "labour",
    "civil_affairs",
    "traffic",
    "housing",
    "consumer",
    "other",
]


def test_the_29_categories_are_complete() -> None:
    assert sorted(seed.code for seed in load()) == sorted(CODES)
    for seed in load():
        assert seed.name and seed.department and seed.words
        assert seed.first in First
        assert seed.level in Level
        for limit in (seed.limits.first_answer, seed.limits.accept, seed.limits.finish):
            number, unit = limit.rstrip("hwd"), limit.lstrip("0123456789")
            assert int(number) > 0 and unit in ("h", "wd")
    assert len({seed.name for seed in load()}) == 29


def test_five_categories_are_never_offered_to_volunteers() -> None:
    never = {seed.code for seed in load() if not seed.offerable}
    assert never == {"public_security", "labour", "housing", "consumer", "illegal_construction"}
    assert all(seed.offerable and seed.skills for seed in load() if seed.first is First.VOLUNTEER)


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("楼上半夜装修，太吵了", "noise"), ("楼下饭店油烟直往家里灌", "fumes"), ("垃圾三天没人收", "sanitation"), ("楼上漏水把我家天花板泡了", "water_leak"),
        ("电梯又坏了", "elevator_fault"), ("我们楼想加装电梯", "elevator_installation"), ("路灯坏了", "public_facility"), ("井盖没了", "public_facility"),
        ("下水道堵了，污水漫出来", "drainage"), ("有人从楼上往下扔酒瓶，高空抛物", "falling_object"), ("遛狗不牵绳", "pets"), ("树枝挡住窗户，希望修剪", "greening"),
        ("小区能不能装充电桩", "charging"), ("门口摆摊把路占了，占道经营", "street_vendor"), ("邻居纠纷想请人调解", "neighbor_dispute"), ("电瓶车被偷了", "public_security"),
        ("老年证怎么办", "eldercare"), ("孩子入学学区怎么划", "education"), ("医保报销比例是多少", "medical"), ("老板拖欠工资", "labour"),
        ("低保怎么申请", "civil_affairs"), ("公交车等半小时不来", "traffic"), ("开发商延期交房", "housing"), ("健身房跑路不退款", "consumer"),
        ("物业费涨价不公示，物业不作为", "property_service"), ("停水一天了", "utilities"), ("消防通道堵死了", "fire_safety"), ("楼顶私搭乱建", "illegal_construction"),
        ("小区里没地方停车，车位全被占", "parking"), ("狗叫一整晚", "pets"), ("电动车飞线充电", "fire_safety"), ("取消路边车位", "parking"), ("3楼漏水", "water_leak"),
        ("樓上漏水", "water_leak"), ("学校门口堵车", "traffic"), ("停车场对面有人赌博", "public_security"),
    ],
)  # fmt: skip
def test_a_short_complaint_finds_its_category(text: str, category: str) -> None:
    assert UNDERSTANDER.understand(text).category == category


def test_words_that_say_nothing_are_left_to_people() -> None:
    found = UNDERSTANDER.understand("有件事想说")
    assert (found.category, found.abstained) == (None, True)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("老年证怎么办", Kind.INQUIRY), ("请问社区几点上班", Kind.INQUIRY), ("办准生证需要什么材料？", Kind.INQUIRY), ("建议在广场增设座椅", Kind.SUGGESTION),
        ("希望能增设一个快递柜", Kind.SUGGESTION), ("表扬网格员小李", Kind.PRAISE), ("特别感谢志愿者帮我家修灯", Kind.PRAISE), ("楼上漏水", Kind.REPORT),
        ("垃圾没人管，你们到底管不管？", Kind.REPORT), ("投诉物业，建议换掉", Kind.REPORT),
    ],
)  # fmt: skip
def test_asking_suggesting_praising_and_reporting_are_told_apart(text: str, kind: Kind) -> None:
    assert UNDERSTANDER.understand(text).kind is kind


@pytest.mark.parametrize("text", ["你好", "您好！", "早上好呀", "在吗？", "hello", "你好，在吗"])
def test_a_greeting_alone_is_a_greeting(text: str) -> None:
    assert UNDERSTANDER.understand(text).chat is Chat.GREETING


@pytest.mark.parametrize(
    "text", ["谢谢", "谢谢你们！", "好的，谢谢", "辛苦了", "太感谢了", "謝謝", "非常感谢社区的帮助"]
)
def test_thanks_alone_are_thanks(text: str) -> None:
    assert UNDERSTANDER.understand(text).chat is Chat.THANKS


@pytest.mark.parametrize(
    "text",
    [
        "你好，楼上漏水",
        "谢谢，但是还在吵",
        "感谢信怎么寄",
        "早餐摊占道",
        "好的物业在哪里",
        "在吗，电梯坏了",
        "谢谢小李帮我修好了灯",
    ],
)
def test_manners_before_a_matter_are_no_chat(text: str) -> None:
    assert UNDERSTANDER.understand(text).chat is None


def test_danger_is_an_emergency_and_a_missing_cover_is_urgent() -> None:
    assert UNDERSTANDER.understand("着火了").urgency is Urgency.EMERGENCY
    assert UNDERSTANDER.understand("路口井盖丢了").urgency is Urgency.URGENT
    assert UNDERSTANDER.understand("垃圾没人收").urgency is Urgency.NORMAL


def test_place_time_and_reasons_come_with_the_meaning() -> None:
    found = UNDERSTANDER.understand("香樟花园6栋昨晚漏水")
    assert found.place is not None
    assert found.place.area_id == 2
    assert found.when == ("昨晚",)
    assert "漏水" in found.reasons


@pytest.mark.parametrize("text", ["香樟花园", "香樟花园6栋", "香樟花园门口", "我在香樟花园6栋"])
def test_what_an_estate_is_called_is_no_matter(text: str) -> None:
    found = UNDERSTANDER.understand(text)
    assert found.place is not None and found.place.area_id is not None
    assert found.category is None and "greening" not in dict(found.candidates)


def test_beside_its_name_the_matter_counts() -> None:
    assert UNDERSTANDER.understand("香樟花园的樟树倒了").category == "greening"
    assert UNDERSTANDER.understand("香樟花园楼上半夜放音响").category == "noise"


def test_normalising_keeps_names_that_look_traditional() -> None:
    assert normal("　著名景點　着火  ６＃") == "著名景点 着火 6#"


def test_a_new_estate_name_stays_in_one_piece() -> None:
    add_word("栖霞云邸")
    assert "栖霞云邸" in words("栖霞云邸的路灯坏了")


def test_one_line_of_classification_can_be_printed_as_json() -> None:
    line = classify_line(UNDERSTANDER, "香樟花园6栋漏水")
    assert (line["category"], line["name"], line["kind"], line["urgency"], line["place"]) == (
        "water_leak",
        "房屋漏水渗水",
        "report",
        "normal",
        "香樟花园6栋",
    )
    assert "abstained" not in line
    assert classify_line(UNDERSTANDER, "嗯嗯啊啊")["abstained"] is True


def test_a_labelled_file_is_measured(tmp_path: Path) -> None:
    rows = [
        "title\ttext\tcategory\tkind\tlocation\temergency",
        "楼上漏水\t香樟花园6栋天花板湿了\twater_leak\treport\t香樟花园6栋\t0",
        "厨房着火了\t快来\tfire_safety\treport\t-\t1",
        "太吵\t半夜唱歌\tparking\treport\t-\t0",
    ]
    path = tmp_path / "labelled.tsv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    figures = evaluate(UNDERSTANDER, path, confusions=True)
    assert (figures["n"], figures["accuracy"], figures["kind_accuracy"]) == (3, 0.6667, 1.0)
    assert (figures["emergency_recall"], figures["emergency_false"]) == (1.0, 0)
    assert (figures["place_overlap"], figures["place_invented"]) == (1.0, 0.0)
    assert figures["confusions"] == [{"truth": "parking", "answer": "noise", "count": 1}]


def test_a_file_without_labels_is_only_timed(tmp_path: Path) -> None:
    path = tmp_path / "plain.tsv"
    path.write_text("title\n路灯坏了\n", encoding="utf-8")
    assert set(evaluate(UNDERSTANDER, path)) == {"n", "seconds_per_1000"}


SPOKEN = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            ["进度", "评价", "补充", "0007", "7", "261121-", "①", "1️⃣", " ", "，", "：", "\n", "着火", "电梯困", "了", "没有", "香樟花园", "6栋", "A6", "-", "著",
             "①", "½", "㎡", "ﷺ", "\u200b", "請假", "到", "12-01", "十", "不是", "是", "吗", "?", "谢谢", "𠮷", "(", "[", "\\"]
        ),
        max_size=14,
    ).map("".join),
)  # fmt: skip


@pytest.mark.parametrize("said", ["香樟花园想跳楼", "香樟花园6栋垃圾桶着火", "香樟花园救命", "香樟花园小偷在我家里"])
def test_an_address_hides_no_danger(said: str) -> None:
    assert UNDERSTANDER.understand(said).danger is not None


@pytest.mark.parametrize("said", ["在香樟花园", "我在香樟花园6栋了", "住香樟花园", "香樟花园见"])
def test_what_is_left_of_words_without_their_address_is_no_danger(said: str) -> None:
    assert UNDERSTANDER.understand(said).danger is None


@settings(max_examples=300, deadline=None)
@given(text=SPOKEN, near=st.sampled_from([None, 1, 2, 99]))
def test_nothing_anybody_types_breaks_the_understanding(text: str, near: int | None) -> None:
    found = UNDERSTANDER.understand(text, near=near)
    assert found.text == text
    assert 0 <= found.confidence <= 1
    assert len(found.candidates) <= 5 and len(found.when) <= 5
    # Where it is, is left out of what threatens.
    is_addressed = found.place is not None and bool(found.place.address)
    assert found.danger in (danger(text), Danger.UNNAMED) or "\n" in text or is_addressed
    for roles in ([], ["member", "rider", "grid", "staff", "street", "department", "admin"]):
        command = commands.parse(text, roles=roles)
        if command is not None:
            assert len(command.rest) <= len(text)
            assert command.serial is None or commands.serial_alone(command.serial) == command.serial
        commands.suggest(text, roles=roles)
    number = commands.digit(text)
    assert number is None or 0 < number.number < 1000
    commands.serial_alone(text)
    commands.correction(text)
    mask(text)
    words(text)


@pytest.mark.parametrize(
    "piece", ["进度", "0", "一", "着火", "香樟花园", " ", "(", "不是", "6栋", "谢谢", "1、", "-", "\n", "ﷺ", "煤气"]
)
def test_a_very_long_message_is_read_only_at_its_beginning(piece: str) -> None:
    text = piece * 20_000
    found = UNDERSTANDER.understand(text)
    assert found.place is None or len(found.place.text) <= 400
    for ask in (commands.digit, commands.serial_alone, commands.correction, danger, mask):
        ask(text)
    commands.parse(text, roles=[])
    commands.suggest(text, roles=[])


@pytest.mark.parametrize("text", ["报事", "点单", "我要投诉", "想咨询一下", "我要反映个问题"])
def test_who_only_says_that_something_is_to_come_is_greeted(text: str) -> None:
    assert UNDERSTANDER.understand(text).chat is Chat.GREETING


@pytest.mark.parametrize("text", ["我要投诉楼上装修", "报修水管漏了", "投诉物业不扫地", "咨询居住证怎么办"])
def test_with_its_matter_it_is_a_matter(text: str) -> None:
    assert UNDERSTANDER.understand(text).chat is None


@pytest.mark.parametrize(
    "text",
    ["我要办低保", "我妈的养老金上个月没发", "社保卡丢了要补办", "申请公租房", "户口迁移", "我要开个居住证明，谢谢"],
)
def test_what_an_office_is_to_do_is_a_question_for_its_desk(text: str) -> None:
    assert UNDERSTANDER.understand(text).kind is Kind.INQUIRY


@pytest.mark.parametrize(
    "text", ["公租房漏水", "廉租房电梯坏了", "社保局门口乱停车", "居委会不给开证明，态度恶劣", "身份证掉下水道了"]
)
def test_what_is_wrong_beside_an_office_is_a_report(text: str) -> None:
    assert UNDERSTANDER.understand(text).kind is Kind.REPORT
