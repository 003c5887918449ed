"""Why nobody is asked any more, in the words of the people at the desk: how many and why, never who."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from models.offer import Shortfall, WaveMode
from texts.common import clock

_WHY = {
    Shortfall.ASKED: "{} 位问过了，没接上",
    Shortfall.SKILL: "{} 位没登记会做这样的事",
    Shortfall.AWAY: "{} 位请假",
    Shortfall.HOURS: "{} 位这个钟点不方便",
    Shortfall.BUSY: "{} 位手上等回话的单满了",
    Shortfall.RIDING: "{} 位骑手这会儿在送单或者休息",
    Shortfall.CONFLICT: "{} 位和这件事有关系，要回避",
    Shortfall.MINOR: "{} 位未满十八岁",
}

_NOBODY = {
    Shortfall.NO_PLACE: "地方还没说清，找不了附近的人",
    Shortfall.DESK_OF_HOME: "先请居民住的社区问清楚在哪里",
    Shortfall.DESK_OF_STREET: "也不知道居民住哪里，先请街道问清楚",
    Shortfall.NO_MEMBERS: "这一带还没有人报到",
    Shortfall.NO_POST: "这里没有人认这一类的岗",
    Shortfall.NO_WORKER: "这里没登记网格员和物业，或者都请假了",
}

MODES = {
    WaveMode.VOLUNTEERS: "请人帮忙",
    WaveMode.HELPER: "请人一起去",
    WaveMode.POOL: "放出来抢单",
    WaveMode.STANDING: "找负责这一片的人",
    WaveMode.POST: "找认岗的人",
    WaveMode.BY_HAND: "值班人员派单",
}


def why_nobody(shortfalls: Mapping[str, int]) -> str:
    """Everybody who was looked at and could not be asked, by reason; empty when there is nothing to say."""
    parts = [words for reason, words in _NOBODY.items() if shortfalls.get(reason)]
    parts += [words.format(shortfalls[reason]) for reason, words in _WHY.items() if shortfalls.get(reason)]
    return "，".join(parts)


def wave(mode: WaveMode, asked: int, shortfalls: Mapping[str, int], again: datetime | None) -> str:
    """One search in a line of its own."""
    told = shortfalls.get("told", 0)
    if asked or told:
        head = f"{MODES[mode]}：问了 {asked} 位" if asked else f"{MODES[mode]}：告诉了 {told} 位"
    else:
        later = f"，{clock(again)} 再问" if again else ""
        head = f"{MODES[mode]}：没有找到人{later}"
    others = why_nobody(shortfalls)
    return f"{head}。其余：{others}。" if others and (asked or told) else f"{head}。{others}{'。' if others else ''}"
