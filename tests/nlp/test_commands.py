"""Which words are commands, numbered answers, ticket numbers and corrections, and which are people's own words."""

from __future__ import annotations

from datetime import date

import pytest

from nlp import numbers
from nlp.commands import (
    About,
    Audience,
    Command,
    Correction,
    Digit,
    Intent,
    audience,
    correction,
    digit,
    hours,
    minutes,
    needs,
    parse,
    serial_alone,
    suggest,
    until,
    word,
)

EVERYBODY = ["member", "rider", "grid", "staff", "street", "department", "admin"]
RESIDENT: list[str] = []


def said(text: str) -> Command | None:
    return parse(text, roles=EVERYBODY)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("进度", Command(Intent.PROGRESS)),
        ("進度", Command(Intent.PROGRESS)),
        ("进度。", Command(Intent.PROGRESS)),
        ("【进度】", Command(Intent.PROGRESS)),
        ("“进度”", Command(Intent.PROGRESS)),
        (" 进 度 ", Command(Intent.PROGRESS)),
        ("查进度！", Command(Intent.PROGRESS)),
        ("进度 0007", Command(Intent.PROGRESS, "0007")),
        ("进度0007", Command(Intent.PROGRESS, "0007")),
        ("进度：0007", Command(Intent.PROGRESS, "0007")),
        ("进度７", Command(Intent.PROGRESS, "0007")),
        ("进度 261121-0007", Command(Intent.PROGRESS, "261121-0007")),
        ("进度２６１１２１－０００７", Command(Intent.PROGRESS, "261121-0007")),
        ("进度 编号0007", Command(Intent.PROGRESS, "0007")),
        ("进度 10234", Command(Intent.PROGRESS, "10234")),
        ("进度 0007 怎么样了", Command(Intent.PROGRESS, "0007", "怎么样了")),
        ("补充 0007 还在吵", Command(Intent.ADD, "0007", "还在吵")),
        ("补充0007还在吵", Command(Intent.ADD, "0007", "还在吵")),
        ("补充：还在吵", Command(Intent.ADD, rest="还在吵")),
        ("补充 还在吵", Command(Intent.ADD, rest="还在吵")),
        ("补充\n还在吵", Command(Intent.ADD, rest="还在吵")),
        ("補充：還在吵", Command(Intent.ADD, rest="還在吵")),
        ("补充 1203室漏水", Command(Intent.ADD, rest="1203室漏水")),
        ("补充 3楼也漏", Command(Intent.ADD, rest="3楼也漏")),
        ("补充 10:30 又停电了", Command(Intent.ADD, rest="10:30 又停电了")),
        ("补充 2022年就这样", Command(Intent.ADD, rest="2022年就这样")),
        ("补充 7 还在吵", Command(Intent.ADD, "0007", "还在吵")),
        ("撤单 0007", Command(Intent.WITHDRAW, "0007")),
        ("撤单", Command(Intent.WITHDRAW)),
        ("我家", Command(Intent.MY_HOME)),
        ("我家 A6", Command(Intent.MY_HOME, rest="A6")),
        ("我家 香樟花园6栋2单元", Command(Intent.MY_HOME, rest="香樟花园6栋2单元")),
        ("我的网格员", Command(Intent.MY_GRID)),
        ("我的網格員？", Command(Intent.MY_GRID)),
        ("代报", Command(Intent.FOR_OTHERS)),
        ("代报：隔壁王奶奶家没水", Command(Intent.FOR_OTHERS, rest="隔壁王奶奶家没水")),
        ("评价 0007 1", Command(Intent.EVALUATE, "0007", "", 1)),
        ("评价 0007 3 还是吵", Command(Intent.EVALUATE, "0007", "还是吵", 3)),
        ("评价0007 3，还是吵", Command(Intent.EVALUATE, "0007", "还是吵", 3)),
        ("评价 1", Command(Intent.EVALUATE, digit=1)),
        ("评价 7 2", Command(Intent.EVALUATE, "0007", "", 2)),
        ("评价 0007 ①", Command(Intent.EVALUATE, "0007", "", 1)),
        ("改评 0007", Command(Intent.REEVALUATE, "0007")),
        ("改评 0007 2", Command(Intent.REEVALUATE, "0007", "", 2)),
        ("催办 0007", Command(Intent.URGE, "0007")),
        ("人工", Command(Intent.HUMAN)),
        ("转人工！", Command(Intent.HUMAN)),
        ("删除我的信息", Command(Intent.ERASE_ME)),
        ("刪除我的資訊", Command(Intent.ERASE_ME)),
        ("议题", Command(Intent.TOPICS)),
        ("同意 3", Command(Intent.AGREE, digit=3)),
        ("反对3", Command(Intent.DISAGREE, digit=3)),
        ("反对 3 太贵", Command(Intent.DISAGREE, rest="太贵", digit=3)),
        ("报到", Command(Intent.REGISTER)),
        ("报到 hy88a2", Command(Intent.REGISTER, rest="HY88A2")),
        ("报到 邀请码 HY-88A2", Command(Intent.REGISTER, rest="HY-88A2")),
        ("待接单", Command(Intent.OFFERS)),
        ("我的任务", Command(Intent.MY_TASKS)),
        ("接单 0007", Command(Intent.ACCEPT, "0007")),
        ("接單0007", Command(Intent.ACCEPT, "0007")),
        ("接单７", Command(Intent.ACCEPT, "0007")),
        ("抢单 #0007", Command(Intent.ACCEPT, "0007")),
        ("婉拒 0007 今天不在家", Command(Intent.DECLINE, "0007", "今天不在家")),
        ("退单 0007 家里有事", Command(Intent.RELEASE, "0007", "家里有事")),
        ("到场 0007", Command(Intent.ARRIVE, "0007")),
        ("办结0007已处理", Command(Intent.FINISH, "0007", "已处理")),
        ("辦結 0007 已換燈", Command(Intent.FINISH, "0007", "已換燈")),
        ("留言 0007 我六点到家", Command(Intent.RELAY, "0007", "我六点到家")),
        ("创单 周末清理楼道", Command(Intent.CREATE, rest="周末清理楼道")),
        ("請假 到 12-01", Command(Intent.LEAVE, rest="到 12-01")),
        ("请假到12月1日", Command(Intent.LEAVE, rest="到12月1日")),
        ("上线", Command(Intent.BACK)),
        ("骑手报到", Command(Intent.RIDER_REGISTER)),
        ("驿站", Command(Intent.STATIONS)),
        ("巡查", Command(Intent.PATROL)),
        ("不提醒", Command(Intent.NO_REMINDERS)),
        ("提醒", Command(Intent.REMINDERS)),
        ("绑定 123456", Command(Intent.BIND, rest="123456")),
        ("退出", Command(Intent.QUIT)),
        ("退出志愿者", Command(Intent.QUIT, rest="志愿者")),
        ("积分", Command(Intent.POINTS)),
        ("时长", Command(Intent.HOURS)),
        ("兑换 2", Command(Intent.REDEEM, digit=2)),
        ("核销 abcde-fghjk", Command(Intent.HAND_OVER, rest="ABCDE-FGHJK")),
        ("家庭积分 20", Command(Intent.FAMILY, digit=20)),
        ("家庭积分 7KQ3MX", Command(Intent.FAMILY, rest="7KQ3MX")),
        ("送时长 0007 半小时", Command(Intent.GIVE_HOURS, "0007", "半小时")),
        ("退出积分", Command(Intent.LEDGER_OFF)),
        ("取消兑换", Command(Intent.CANCEL_REDEMPTION)),
        ("兑换码", Command(Intent.CODE_AGAIN)),
        ("帮助", Command(Intent.HELP)),
        ("？", Command(Intent.HELP)),
        ("HELP", Command(Intent.HELP)),
        ("取消", Command(Intent.CANCEL)),
        ("待派", Command(Intent.DESK)),
        ("派单 0007 李建国", Command(Intent.DISPATCH, "0007", "李建国")),
        ("上报 0007 需要街道协调", Command(Intent.ESCALATE, "0007", "需要街道协调")),
        ("转部门 0007 城管", Command(Intent.TO_DEPARTMENT, "0007", "城管")),
        ("督办 0007", Command(Intent.SUPERVISE, "0007")),
        ("不予受理 0007 不属于本社区", Command(Intent.REJECT, "0007", "不属于本社区")),
        ("挂起 0007 等配件", Command(Intent.HOLD, "0007", "等配件")),
        ("合并 0008 到 0007", Command(Intent.MERGE, "0008", "0007")),
        ("交回", Command(Intent.HAND_BACK)),
        ("回复 0007 明天上门", Command(Intent.REPLY, "0007", "明天上门")),
        ("回复 对话16 明天上门", Command(Intent.REPLY, rest="明天上门", chat=16)),
        ("回复对话16，明天上门", Command(Intent.REPLY, rest="明天上门", chat=16)),
        ("回复 【人工 0016】明天上门", Command(Intent.REPLY, rest="明天上门", chat=16)),
        ("交回 對話16", Command(Intent.HAND_BACK, chat=16)),
        ("留言 对话16 明天上门", Command(Intent.RELAY, rest="明天上门", chat=16)),
        ("留言 对话16栋的人", Command(Intent.RELAY, rest="对话16栋的人")),
        ("认领 0007", Command(Intent.CLAIM, "0007")),
        ("退回 0007 不归我们管", Command(Intent.RETURN, "0007", "不归我们管")),
        ("答复 0007 已修好", Command(Intent.ANSWER, "0007", "已修好")),
    ],
)
def test_people_say_a_command_in_their_own_spelling(text: str, meant: Command) -> None:
    assert said(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "人工湖水臭", "进度慢死了", "进度 慢死了", "补充医疗保险怎么交", "取消路边车位", "取消 路边车位", "提醒物业修灯",
        "帮助老人买药", "帮助 老人买药", "报到证丢了", "报到 证丢了", "撤单元楼的灯坏了", "议题太多", "退出小区的路口堵", "上线下线老掉线",
        "积分兑换的商店骗人", "我家漏水了", "我家 漏水了", "我家3楼漏水", "我家6栋漏水", "接单7天没人来", "办结2年了还没修",
        "进度2022年的", "评价物业", "评价 物业太差", "同意加装电梯", "同意 加装电梯", "反对建垃圾站", "请假条丢了", "任务太重",
        "到场的人太少", "完成度低", "驿站快递丢了", "驿站 快递丢了", "巡查太少", "时长不对", "绑定不了手机", "回复太慢", "认领失物",
        "合并小区", "上报了没人管", "督办几次了都没用", "我的网格员电话打不通", "3楼漏水", "1个月没人管", "", "。。。", "评价 1栋的物业",
    ],
)  # fmt: skip
def test_a_report_that_begins_like_a_command_stays_a_report(text: str) -> None:
    assert said(text) is None


@pytest.mark.parametrize(
    "text", ["接单 0007", "派单 0007 李建国", "待派", "巡查", "认领 0007", "请假 到 12-01", "督办 0007"]
)
def test_a_roles_command_needs_the_role(text: str) -> None:
    assert parse(text, roles=RESIDENT) is None
    assert said(text) is not None


def test_every_command_is_understood_by_the_word_we_print_and_belongs_to_somebody() -> None:
    for intent in Intent:
        assert said(word(intent)) == Command(intent)
        assert isinstance(audience(intent), Audience)
        assert needs(intent) <= set(EVERYBODY)


@pytest.mark.parametrize(
    "text", ["1", "1.", "①", "一", "选1", "１", "1、", "1️⃣", " 1 ", "（1）", "第1个", "第一个", "1!", "回复1"]
)
def test_a_bare_number_is_an_answer_however_it_is_typed(text: str) -> None:
    assert digit(text) == Digit(1)


@pytest.mark.parametrize(
    "text",
    [
        "3 还是吵",
        "3，还是吵",
        "3、还是吵",
        "3.还是吵",
        "３　还是吵",
        "三，还是吵",
        "3：还是吵",
        "③ 还是吵",
        "3\n还是吵",
    ],
)
def test_words_may_follow_a_number_that_stands_apart(text: str) -> None:
    assert digit(text) == Digit(3, "还是吵")


@pytest.mark.parametrize(
    "text",
    ["3楼漏水", "3 楼漏水", "1个月没人管", "1 个月没人管", "2022年", "12:30停水", "3.5元一度", "2-3栋停水", "0007", "1234", "13800138000",
     "一直吵", "一楼漏水", "三天没水了", "1号楼没电", "1、路灯不亮 2、井盖丢了", "3还是吵", "", "6#漏水", "第三次报了"],
)  # fmt: skip
def test_a_number_joined_to_words_or_counting_something_is_no_answer(text: str) -> None:
    assert digit(text) is None


def test_an_emergency_number_alone_is_just_a_large_number() -> None:
    assert digit("120") == Digit(120)


@pytest.mark.parametrize(
    ("text", "serial"),
    [("0007", "0007"), ("００0７", "0007"), ("0007。", "0007"), ("编号0007", "0007"), ("#0007", "0007"), ("261121-0007", "261121-0007"),
     ("261121－0007", "261121-0007"), ("007", "0007"), ("1234", "1234"), ("7", None), ("120", None), ("13800138000", None), ("0007号楼", None),
     ("0007怎么样了", None)],
)  # fmt: skip
def test_a_ticket_number_alone_is_recognised(text: str, serial: str | None) -> None:
    assert serial_alone(text) == serial


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("不是噪音，是漏水", Correction("噪音", "漏水", About.CATEGORY)),
        ("不是停车是充电桩的问题", Correction("停车", "充电桩", About.CATEGORY)),
        ("应该是停车的事", Correction("", "停车", About.CATEGORY)),
        ("地址错了，是5栋", Correction("", "5栋", About.PLACE)),
        ("位置不对，应该是银杏里3栋", Correction("", "银杏里3栋", About.PLACE)),
        ("是3栋不是5栋", Correction("5栋", "3栋", About.PLACE)),
        ("不是香樟花园，是滨江雅苑", Correction("香樟花园", "滨江雅苑", About.PLACE)),
        ("說錯了，是5棟", Correction("", "5栋", About.PLACE)),
    ],
)
def test_a_correction_says_what_was_wrong_and_what_is_right(text: str, meant: Correction) -> None:
    assert correction(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "不是我不想交物业费，是物业太差",
        "漏水了",
        "路灯不亮",
        "应该是他们的错",
        "楼上漏水，不是一次两次了，一直没人管，请尽快处理",
    ],
)
def test_complaining_is_not_correcting(text: str) -> None:
    assert correction(text) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [("进渡 0007", "进度 0007"), ("接但0007", "接单 0007"), ("帮住", "帮助"), ("bangzhu", "帮助"), ("我的人物", "我的任务"), ("补冲 0007 还在吵", "补充 0007 还在吵"),
     ("人公", "人工"), ("带接单", "待接单"), ("取宵", "取消")],
)  # fmt: skip
def test_a_slip_in_a_command_is_answered_with_the_whole_command(text: str, meant: str) -> None:
    assert suggest(text, roles=["member"]) == meant


@pytest.mark.parametrize(
    "text",
    ["停水", "停电", "漏水", "好的", "收到", "谢谢", "在吗", "补贴", "帮忙", "物业", "垃圾", "路灯坏了", "请问", "电梯坏了", "噪音太大", "车位被占", "进度慢死了", "没水了"],
)  # fmt: skip
def test_real_words_are_not_taken_for_slips(text: str) -> None:
    assert suggest(text, roles=EVERYBODY) is None


def test_a_resident_is_not_pointed_at_a_members_command() -> None:
    assert suggest("接但0007", roles=RESIDENT) is None


@pytest.mark.parametrize(
    ("rest", "day"),
    [("到 12-01", date(2026, 12, 1)), ("到1月5日", date(2027, 1, 5)), ("3天", date(2026, 11, 24)), ("到后天", date(2026, 11, 24)),
     ("到下周五", date(2026, 11, 27)), ("2027-02-03", date(2027, 2, 3)), ("到 13-45", None), ("有事", None),
     ("十二天", date(2026, 12, 3)), ("二十天", date(2026, 12, 11)), ("三十一天", date(2026, 12, 22)), ("十天", date(2026, 12, 1)),
     ("一百零五天", date(2027, 3, 6)), ("两周", date(2026, 12, 5)), ("十一个月", date(2027, 10, 17)), ("两个礼拜", date(2026, 12, 5)),
     ("到十二月五号", date(2026, 12, 5)), ("到十二月二十五日", date(2026, 12, 25)), ("到三月八号", date(2027, 3, 8)),
     ("到十五号", date(2026, 12, 15)), ("到30号", date(2026, 11, 30)), ("到三十一号", date(2026, 12, 31)), ("到40号", None),
     ("到星期三", date(2026, 11, 25)), ("到下周二", date(2026, 11, 24)), ("到星期日", date(2026, 11, 22))],
)  # fmt: skip
def test_leave_ends_on_the_day_that_was_said(rest: str, day: date | None) -> None:
    assert until(rest, today=date(2026, 11, 22)) == day


@pytest.mark.parametrize(
    ("said", "length"),
    [("1", 60), ("2小时", 120), ("两个小时", 120), ("半小时", 30), ("半个小时。", 30), ("30分钟", 30), ("十分钟", 10),
     ("二十分钟", 20), ("四十五分钟", 45), ("十二小时", 720), ("一百二十分钟", 120), ("一百二十", 7200), ("九十分", 90),
     ("0", 0), ("很多", None), ("-1", None), ("1天", None), ("", None)],
)  # fmt: skip
def test_a_length_of_time_is_read_as_people_say_it(said: str, length: int | None) -> None:
    assert minutes(said) == length


@pytest.mark.parametrize(
    ("said", "number"),
    [("7", 7), ("一", 1), ("两", 2), ("十", 10), ("十二", 12), ("二十", 20), ("二十三", 23), ("九十九", 99), ("一百", 100),
     ("一百零五", 105), ("一百二", 120), ("两百一十", 210), ("三百四十五", 345)],
)  # fmt: skip
def test_a_number_is_read_as_people_say_it(said: str, number: int) -> None:
    assert numbers.count(said) == number


@pytest.mark.parametrize(
    ("said", "between"),
    [("18-21", (18, 21)), ("晚上六点到九点", (18, 21)), ("二十二点到六点", (22, 6)), ("十点至十二点", (10, 12)), ("下午两点到晚上十点", (14, 22)),
     ("八点", None), ("三十点到五点", None)],
)  # fmt: skip
def test_hours_are_read_as_people_say_them(said: str, between: tuple[int, int] | None) -> None:
    assert hours(said) == between


@pytest.mark.parametrize(
    "said",
    ["请假十二天", "请假 二十天", "请假到十二月五号", "请假到十五号", "请假三周", "请假两个礼拜", "请假到礼拜五"],
)
def test_leave_is_asked_for_in_words_too(said: str) -> None:
    command = parse(said, roles=EVERYBODY)
    assert command is not None
    assert command.intent is Intent.LEAVE


@pytest.mark.parametrize(
    ("said", "number"), [("十", 10), ("十二", 12), ("第十二", 12), ("二十", 20), ("二十三 还是吵", 23), ("二十三楼漏水", None)]
)  # fmt: skip
def test_a_choice_above_ten_is_read_in_words(said: str, number: int | None) -> None:
    found = digit(said)
    assert (found.number if found else None) == number
