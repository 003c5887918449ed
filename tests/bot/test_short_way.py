"""Plain words take the short way: it must say and store what the long way says and stores."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import pytest

from bot.line import Line
from bot.together import Together
from handlers.turn import Message, MessageKind, Opens
from models import history
from models.ticket import Ticket
from tests.bot.support import LOOP, PATIENCE, Street, at_once, words_of

SAID = [
    "香樟花园6栋2单元楼上半夜还在放音响",
    "滨江雅苑3栋的路灯坏了",
    "车位总被占，烦死了",
    "老年证怎么办理",
    "建议小区门口加一个休息的长椅",
    "那个事情到底怎么说",
    "江湾大道路口井盖破了",
    "银杏里5栋路面坑坑洼洼，骑车的人晚上看不见，已经摔过一个了",
]


def message(street: Street, who: str, text: str) -> Message:
    return Message(
        channel="official",
        sender=who,
        key=f"official:{who}:{text}",
        kind=MessageKind.TEXT,
        sent_at=street.now,
        text=text,
        opens=Opens.MESSAGE,
    )


def stored(ticket: Ticket) -> dict[str, object]:
    own = {"id", "serial", "reporter_id"}
    return {column.key: getattr(ticket, column.key) for column in Ticket.__table__.columns if column.key not in own}


@pytest.mark.parametrize("text", SAID)
def test_both_ways_say_and_store_the_same(both: Street, text: str) -> None:
    short = both.huying.answerer.answer(message(both, "short", text)).text
    long = both.huying.answerer.answer_alone(message(both, "long", text)).text
    first, second = both.tickets()
    assert short.replace(first.number, "N") == long.replace(second.number, "N")
    assert stored(first) == stored(second)
    with both.huying.database.reading() as session:
        assert history.verify_history(session) is None


def test_thirty_neighbours_at_once_each_have_their_own_ticket(both: Street) -> None:
    texts = [f"香樟花园{number}栋的路灯坏了" for number in range(1, 31)]
    replies = at_once(
        30, lambda index: both.huying.answerer.answer(message(both, f"neighbour-{index}", texts[index])).text
    )
    assert all(reply.startswith("已受理") for reply in replies)
    assert sorted(both.reports()) == sorted(texts)
    assert len({ticket.number for ticket in both.tickets()}) == 30


def test_words_that_break_the_short_way_hold_nobody_else_up(both: Street) -> None:
    # PostgreSQL refuses a NUL, which the envelope would have dropped; SQLite keeps it.
    said = ["路灯坏了\x00" if index == 3 else "路灯坏了，一直没人修" for index in range(6)]
    group = [message(both, f"neighbour-{index}", text) for index, text in enumerate(said)]
    answerer = both.huying.answerer
    together = answerer.answer_together(group)
    replies = [reply or answerer.answer_alone(each) for each, reply in zip(group, together, strict=True)]
    assert sum(reply.text.startswith("已受理") for reply in replies) >= 5
    assert len([words for words in both.reports() if words == "路灯坏了，一直没人修"]) == 5


def test_only_plain_words_of_different_people_are_answered_together(both: Street) -> None:
    group = [
        message(both, "zhang", "香樟花园6栋的路灯坏了"),
        message(both, "li", "进度"),
        replace(message(both, "zhang", "滨江雅苑3栋的路灯坏了"), channel="wecom"),
        message(both, "zhang", "楼下垃圾桶满了，没人收"),
        message(both, "wang", "着火了，快来人"),
        message(both, "demo-rider-1", "上个月送单摔了，平台说不算工伤"),
    ]
    replies = both.huying.answerer.answer_together(group)
    assert [reply is not None for reply in replies] == [True, False, True, False, False, False]
    assert len(both.tickets()) == 2
    again = both.huying.answerer.answer_together(group)
    assert again == replies
    assert len(both.tickets()) == 2


def test_every_ticket_of_a_rush_is_passed_on_to_dispatch_once(both: Street) -> None:
    passed: list[int] = []
    real = both.huying.answerer
    together = Together(both.huying.database, real._world, clock=both.huying.clock, dispatch=passed.extend)

    async def rush() -> None:
        line: Line[Message] = Line(together.take)
        await asyncio.gather(*[line.take(rusher(number)) for number in range(30)])

    def rusher(number: int) -> Message:
        text, channel = f"香樟花园{number + 1}栋的路灯坏了", ("official", "wecom")[number % 2]
        return Message(channel, f"rusher-{number}", f"rush-{number}", MessageKind.TEXT, both.now, text=text)

    asyncio.run_coroutine_threadsafe(rush(), LOOP).result(PATIENCE)
    assert sorted(passed) == [each.id for each in both.tickets()]
    assert len(passed) == 30


def test_a_rush_through_the_door_answers_everybody_by_their_own_words(both: Street) -> None:
    """Reports, commands, forged and unreadable calls in one line: each gets what it alone would get."""

    def call(index: int) -> tuple[int, str]:
        who = f"neighbour-{index}"
        if index % 5 == 3:
            path, body = both.callback(who, Content="路灯坏了")
            response = both.post(path.replace("msg_signature=", "msg_signature=0"), body)
            return response.status_code, ""
        response = both.deliver(who, Content="帮助" if index % 5 == 4 else f"香樟花园{index}栋的路灯坏了")
        return response.status_code, words_of(response)

    answers = at_once(30, call)
    for index, (status, words) in enumerate(answers):
        if index % 5 == 3:
            assert status == 403
        elif index % 5 == 4:
            assert (status, "已受理" in words) == (200, False)
        else:
            assert (status, words.startswith("已受理")) == (200, True)
    wanted = [f"香樟花园{index}栋的路灯坏了" for index in range(30) if index % 5 < 3]
    assert sorted(both.reports()) == sorted(wanted)


def test_an_envelope_that_breaks_the_reading_fails_alone(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    official = street.huying.channels["official"]
    read = type(official).read

    def breaks(self: object, query: Mapping[str, str], body: bytes, *, now: datetime) -> Message | None:
        found: Message | None = read(self, query, body, now=now)  # type: ignore[arg-type]
        if found is not None and found.text == "破":
            raise RuntimeError("a fault of ours")
        return found

    monkeypatch.setattr(type(official), "read", breaks)

    def call(index: int) -> bool:
        try:
            response = street.deliver(
                f"neighbour-{index}", Content="破" if index == 2 else f"{index}栋的路灯坏了，没人修"
            )
        except RuntimeError:
            return False
        return response.status_code == 200 and words_of(response).startswith("已受理")

    assert at_once(8, call) == [index != 2 for index in range(8)]
    assert len(street.reports()) == 7
