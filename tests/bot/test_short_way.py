"""Plain words take the short way: it must say and store what the long way says and stores."""

from __future__ import annotations

import pytest

from bot.answer import Answerer
from bot.line import Line
from bot.pace import Pace
from handlers.turn import Message, MessageKind, Opens, Reply
from models import history
from models.ticket import Ticket
from tests.bot.support import Street, at_once

SAID = [
    "香樟花园6栋2单元楼上半夜还在放音响",
    "滨江雅苑3栋的路灯坏了",
    "车位总被占，烦死了",
    "老年证怎么办理",
    "建议小区门口加一个休息的长椅",
    "那个事情到底怎么说",
    "江湾大道路口井盖破了",
]


class NoLine(Line):
    """Takes nobody, so that everybody goes the long way."""

    def take(self, message: Message) -> Reply | None:
        return None


def long_way(street: Street) -> Answerer:
    huying, real = street.huying, street.huying.answerer
    made = Answerer(
        huying.database,
        real._world,
        real._router,
        clock=huying.clock,
        spool=huying.spool,
        wake=huying.tasks.wake,
        dispatch=print,
        pace=Pace(),
    )
    made._line = NoLine(huying.database, real._world, clock=huying.clock, dispatch=print, coming=int)
    return made


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
    long = long_way(both).answer(message(both, "long", text)).text
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
    replies = at_once(
        6,
        lambda index: (
            both.huying.answerer.answer(
                message(both, f"neighbour-{index}", "路灯坏了\x00" if index == 3 else "路灯坏了，一直没人修")
            ).text
        ),
    )
    assert sum(reply.startswith("已受理") for reply in replies) >= 5
    assert len([words for words in both.reports() if words == "路灯坏了，一直没人修"]) == 5
