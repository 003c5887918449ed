"""How the bot speaks: read by machine what docs can only ask for, over every sentence a conversation can bring."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from types import ModuleType
from typing import Any, get_args, get_type_hints

import pytest

from handlers.meaning import EVERY_ROLE
from models.errors import Refusal, Refused
from models.outbox import NoticeKind
from models.person import RoleKind
from models.ticket import OF_MEMBERS, TicketState
from models.windows import Window
from nlp import commands
from texts import (
    announcing,
    common,
    console,
    counter,
    honours,
    initiatives,
    ledger,
    members,
    notices,
    refusals,
    residents,
    riders,
    staff,
)

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

OFFICIALESE = ("系统", "工单", "受理平台", "请知悉", "敬请谅解", "尽快", "有关部门", "听不懂", "None")
PATTERNS = {
    "shouts or paints": re.compile("[!！\U0001f300-\U0001faff\u2600-\u27bf]"),
    "says 你": re.compile("你"),
    "something is missing": re.compile("  |，[，。\n]|。。|（）|“”|[，、]$"),
}
LISTS = {
    "help_resident",
    "HELP",
    "HELP_MEMBER",
    "HELP_RIDER",
    "HELP_STREET",
    "HELP_DEPARTMENT",
    "week",
    "week to whoever has it",
    "day",
    "day to whoever has it",
    "accepted",
    "joined",
    "my_grid",
    "progress",
    "tasks",
    "desk",
    "rider_reminder",
    "rider_reminder to whoever has it",
}
"""What lists things may have more than five lines."""
EXAMPLES = {"home_ask", "for_others_ask", "open_list"}


ROUND = riders.Round(
    riders.Own("0007", "昨天", "公共设施", lacks="place"),
    riders.Own("0008", "昨天", "公共设施", is_judged=False),
    riders.Mended(1, "公共设施", "香樟花园3栋"),
    [("香樟社区", "沿江路的井盖")],
)


def _value(name: str, kind: Any) -> Any:
    if kind is datetime:
        return NOW
    if kind is riders.Round:
        return ROUND
    if kind is date:
        return NOW.date()
    if Window in (kind, *get_args(kind)):
        return Window(NOW, NOW)
    if kind is int:
        return 3 if name != "answer" else 2
    if kind is bool:
        return True
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return next(iter(kind))
    if type(None) in get_args(kind):
        return _value(name, get_args(kind)[0])
    text = str(kind)
    if "dict" in text or "Mapping" in text:
        return DATA
    if "tuple" in text:
        return [("香樟花园", "网格员", "刘敏")]
    if "RoleKind" in text:
        return [RoleKind.MEMBER]
    if "Sequence" in text or "list" in text:
        return ["香樟花园", "滨江雅苑"]
    return {"kind": "fire", "number": "0007", "short": "0007", "text": "好的。", "why": "too_big"}.get(name, "香樟花园")


def _spoken(module: ModuleType) -> list[tuple[str, str]]:
    """(name, words) of every sentence function and every constant string of a module of texts."""
    found = []
    for name, thing in vars(module).items():
        if inspect.isfunction(thing) and thing.__module__ == module.__name__ and not name.startswith("_"):
            hints = get_type_hints(thing)
            if hints.pop("return") is not str:
                continue
            found.append((name, thing(**{each: _value(each, kind) for each, kind in hints.items()})))
        elif isinstance(thing, str) and not name.startswith("__"):
            found.append((name, thing))
        elif name.isupper() and isinstance(thing, dict | tuple):
            values = thing.values() if isinstance(thing, dict) else thing
            found += [(name, value) for value in values if isinstance(value, str)]
    return found


FACTS: dict[str, Any] = {"number": "0007", "name": "李建国", "state": TicketState.OFFERED, "names": ["城管", "城建"]}
FACTS |= {"desk": "1号窗口", "begins": NOW, "ends": NOW.replace(hour=4)}
DATA: dict[str, Any] = {
    "expires": NOW.replace(minute=30).isoformat(),
    "until": NOW.isoformat(),
    "code": "0001",
    "text": "您说",
    "limit": "finish",
    "ends": NOW.replace(hour=8).isoformat(),
    "due": 2,
}
DATA |= {"proposal": 1, "opened": NOW.isoformat(), "state": "accepted", "people": 2, "category": "噪音扰民"}
DATA |= {"wish": 12, "task": "统计商户", "community": "香樟社区", "contact": "抢修班"}
DATA |= {"gift": 1, "minutes": 80, "points": 12, "name": "一桶食用油"}
DATA |= {"nominee": 1, "title": "最美小哥", "about": "下雨天送药上楼", "honoured": True}
DATA |= {"news": "made", "appointment": 1, "begins": NOW.isoformat(), "where": "香樟社区", "desk": "1号窗口"}
DATA |= {"purpose": "办老年证", "area": "香樟社区", "words": "明早八点到十点停水。"}
DATA |= {"last": NOW.date().isoformat(), "post": 1}
LINE = {"short": "0007", "category": "噪音扰民", "place": "香樟花园6栋", "due": NOW.replace(hour=8).isoformat()}
NOTICE = notices.NoticeFacts(
    now=NOW,
    number="261123-0007",
    short="0007",
    category="噪音扰民",
    place="香樟花园6栋",
    due=NOW.replace(hour=8),
    report="半夜装修",
    words="说好了",
    by_name="李建国",
    by_role=RoleKind.MEMBER,
    count=3,
    emergencies=1,
    late=1,
    reader_is_reporter=True,
    data={
        **DATA,
        "number": "0008",
        "department": "城管",
        "late": 1,
        "first": [LINE, {**LINE, "due": None}],
        "due": 3,
        "round": ROUND,
    },
)
BARE = notices.NoticeFacts(
    now=NOW, number="261123-0007", short="0007", category="其他", data={**DATA, "number": "0008", "department": "城管"}
)
"""No place, no limit, nobody's name, and the words erased."""

THEIRS = replace(NOTICE, reader_has_it=True, data={**NOTICE.data, "missed": "accept", "level": "street"})
"""The reader has it, and it went up by itself."""

NEWS = ("made", "moved", "tomorrow", "cancelled")

SENTENCES = [
    *(
        each
        for module in (common, residents, members, riders, staff, announcing, ledger, honours, initiatives)
        for each in _spoken(module)
    ),
    *((reason.value, refusals.sentence(Refused(reason, **FACTS))) for reason in Refusal),
    ("not_found without a number", refusals.sentence(Refused(Refusal.NOT_FOUND, number=""))),
    *((kind.value, notices.words(kind, NOTICE).text) for kind in NoticeKind),
    *(
        (f"{kind.value} of {own.value}", notices.words(kind, replace(facts, kind=own)).text)
        for kind in NoticeKind
        if kind.value not in LISTS
        for own in OF_MEMBERS
        for facts in (NOTICE, BARE)
    ),
    *((f"{kind.value} to whoever has it", notices.words(kind, THEIRS).text) for kind in NoticeKind),
    *((f"appointment {news}", counter.appointment({**DATA, "news": news}, now=NOW)) for news in NEWS),
    ("appointments", counter.appointments([])),
    ("spoken", counter.spoken("261123-0007")),
    *((name, words) for name, words in _spoken(counter) if name.startswith(("appointment_", "broadcast"))),
    *((f"{kind.value} without facts", notices.words(kind, BARE).text) for kind in NoticeKind),
]


def test_there_are_sentences_to_read() -> None:
    assert len(SENTENCES) > 250


def _faults(name: str, words: str) -> list[str]:
    found = [word for word in OFFICIALESE if word in words]
    found += [fault for fault, pattern in PATTERNS.items() if pattern.search(words)]
    if words.count("\n") >= 5 and name not in LISTS:
        found.append("more than five lines")
    if words.count("？") > 1 and name not in EXAMPLES:
        found.append("more than one question")
    return [f"{name}: {fault}: {words}" for fault in found]


def test_every_sentence_is_said_as_a_neighbour_would() -> None:
    assert [fault for name, words in SENTENCES for fault in _faults(name, words)] == []


def test_notices_end_as_sentences_do() -> None:
    for kind in NoticeKind:
        said = notices.words(kind, NOTICE)
        if not said.choices and kind is not NoticeKind.RELAYED:
            assert re.search("[。”？）]$|说好了$|您说$|000[17]$|交回 $", said.text), (kind, said.text)


def test_help_fits_a_narrow_chat() -> None:
    lines = [
        line for name, words in SENTENCES if name.lower().startswith("help_resident") for line in words.splitlines()
    ]
    lines += [
        line for name, words in SENTENCES if name in LISTS and name.startswith("HELP") for line in words.splitlines()
    ]
    wide = {line: sum(1 if ord(each) > 0x2000 else 0.5 for each in line) for line in lines}
    assert [line for line, width in wide.items() if width > 16] == []


def test_a_gas_alarm_names_the_gas_company() -> None:
    assert "到楼下再打 119 和燃气抢修 96777。" in residents.call_first("gas", "96777")
    assert "到楼下再打 119 和燃气公司（号码在缴费单上）。" in residents.call_first("gas", "")


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (9, "还有不到 10 分钟"),
        (58, "还有 55 分钟"),
        (118, "还有 1 小时半"),
        (120, "还有 2 小时"),
        (-90, "已超 1 小时半"),
    ],
)
def test_what_is_left_is_told_as_one_says_it(minutes: int, said: str) -> None:
    assert console.remaining(NOW + timedelta(minutes=minutes), now=NOW) == said


def test_room_and_phone_are_never_repeated_in_full() -> None:
    for consent in (residents.home_room_consent("香樟花园6栋"), residents.room_kept(), members.register_unit()):
        assert not re.search(r"\d{3}", consent)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("李建国", "李师傅"),
        ("张阿姨", "张阿姨"),
        ("陈伯", "陈伯"),
        ("小林", "小林"),
        ("老丁", "老丁"),
        ("沈主任", "沈主任"),
        ("", "一位邻居"),
    ],
)
def test_how_neighbours_are_told_of_somebody(name: str, said: str) -> None:
    assert common.called(name) == said


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (10, "10 分钟内"),
        (30, "半小时内"),
        (124, "今天中午 12 点前"),
        (9, "10 分钟内"),
        (7, "5 分钟内"),
        (29, "半小时内"),
        (0, "几分钟内"),
    ],
)
def test_no_more_time_is_promised_than_there_is(minutes: int, said: str) -> None:
    until = datetime.fromtimestamp(NOW.timestamp() + minutes * 60, tz=UTC)
    assert common.within(until, now=NOW) == said


@pytest.mark.parametrize(("said", "words"), [(residents.help_resident("演示街道"), 15), (staff.HELP_MEMBER, 20)])
def test_every_word_of_the_help_is_understood_as_it_is_printed(said: str, words: int) -> None:
    printed = [part.split(" ")[0] for line in said.splitlines() for part in re.split("[　：、]", line)]
    assert len([word for word in printed if commands.parse(word, roles=EVERY_ROLE) is not None]) == words


@pytest.mark.parametrize(
    "word", ["进度", "催办", "补充", "撤单", "我家", "代报", "留言", "绑定", "积分", "报到", "人工", "取消"]
)
def test_the_help_for_everybody_names_the_word(word: str) -> None:
    assert word in residents.help_resident("演示街道")


def test_the_help_is_short_and_says_that_help_can_be_asked_for() -> None:
    said = residents.help_resident("演示街道")
    assert "“周六上午想请人理发”" in said
    assert len(said.splitlines()) <= 12
    assert len(staff.HELP_MEMBER.splitlines()) <= 12
