"""Words that several topics share: states, levels, roles, times of day and how people are named."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from models.category import Level
from models.clock import local
from models.person import RoleKind
from models.ticket import TicketState
from models.windows import PARTS, Part, Window

STATES = {
    TicketState.NEW: "待派",
    TicketState.OFFERED: "已派",
    TicketState.ACCEPTED: "已接",
    TicketState.RESOLVED: "待评",
    TicketState.CLOSED: "已结",
    TicketState.MERGED: "已并",
    TicketState.ASSIGNED: "已转",
    TicketState.HELD: "已挂",
    TicketState.WITHDRAWN: "已撤",
    TicketState.REJECTED: "不予受理",
}

LEVELS = {Level.ESTATE: "小区", Level.COMMUNITY: "社区", Level.STREET: "街道", Level.DEPARTMENT: "职能部门"}

ROLES = {
    RoleKind.MEMBER: "下沉党员",
    RoleKind.RIDER: "骑手",
    RoleKind.GRID: "网格员",
    RoleKind.PROPERTY: "物业",
    RoleKind.STAFF: "社区",
    RoleKind.STREET: "街道",
    RoleKind.DEPARTMENT: "职能部门",
    RoleKind.ADMIN: "管理员",
}

WEEKDAYS = "一二三四五六日"

TITLES = ("师傅", "阿姨", "大姐", "大哥", "大爷", "大妈", "老师", "爷爷", "奶奶", "叔叔", "姐", "哥", "伯", "婶", "嫂")
OFFICES = ("主任", "书记", "医生", "警官", "律师", "经理", "同志")


def part_of_day(moment: datetime) -> str:
    """凌晨, 早上, 上午, 中午, 下午 or 晚上."""
    here = local(moment)
    return (
        "凌晨"
        if here.hour < 6
        else "早上"
        if here.hour < 9
        else "上午"
        if here.hour < 12
        else "中午"
        if here.hour < 13
        else "下午"
        if here.hour < 19
        else "晚上"
    )


def hour(moment: datetime) -> str:
    """A time of day as people say it: 早上 8 点, 下午 4 点半, 晚上 10 点."""
    here = local(moment)
    on_the_clock = here.hour if here.hour <= 12 else here.hour - 12
    minutes = "" if here.minute == 0 else "半" if here.minute == 30 else f" {here.minute:02d} 分"
    return f"{part_of_day(moment)} {on_the_clock} 点{minutes}"


def day(moment: datetime, *, now: datetime) -> str:
    """A day as people say it: 今天, 明天, 后天, 周四, 11 月 30 日."""
    here, today = local(moment).date(), local(now).date()
    days = (here - today).days
    if days in (0, 1, 2):
        return ("今天", "明天", "后天")[days]
    if 2 < days < 7 and here.isocalendar()[:2] == today.isocalendar()[:2]:
        return f"周{WEEKDAYS[here.weekday()]}"
    if days < 0 or days >= 7:
        return f"{here.month} 月 {here.day} 日"
    return f"下周{WEEKDAYS[here.weekday()]}"


def when(moment: datetime, *, now: datetime) -> str:
    """A moment rounded up to the next half hour, as one would promise it: 今天下午 4 点半."""
    here = local(moment)
    rest = (here.minute * 60 + here.second) % 1800
    rounded = moment if rest == 0 else moment + timedelta(seconds=1800 - rest)
    rounded = rounded.replace(microsecond=0)
    return f"{day(rounded, now=now)}{hour(rounded)}"


_PARTS = {
    Part.EARLY: "早上",
    Part.MORNING: "上午",
    Part.NOON: "中午",
    Part.AFTERNOON: "下午",
    Part.DUSK: "傍晚",
    Part.EVENING: "晚上",
    Part.DAYLIGHT: "白天",
    Part.DAY: "",
}


def window(wished: Window, *, now: datetime) -> str:
    """A wished time: 明天早上 8 点, 周六上午, 今天下午 6 点前, 周六到周日, 明天下午 3 点到 5 点."""
    begins, ends = wished.begins, wished.ends
    if begins is None:
        return f"{day(ends, now=now)}{hour(ends)}前"
    first = day(begins, now=now)
    if local(begins).date() != local(ends).date():
        return f"{first}到{day(ends, now=now)}"
    if begins == ends:
        return f"{first}{hour(begins)}"
    span = (local(begins).time(), local(ends).time())
    for part, whole in PARTS.items():
        if span == whole:
            return f"{first}{_PARTS[part]}"
    if span[1] == PARTS[Part.DAY][1]:
        return f"{first}{hour(begins)}以后"
    return f"{first}{hour(begins)}到{hour(ends).removeprefix(part_of_day(begins))}"


def suits(wished: Window | None, said: Sequence[str], *, now: datetime) -> str:
    """When it suits somebody: the time that was understood, with their own words where they named several days, or
    these alone.
    """
    words = clip("；".join(said), 60)
    if wished is None:
        return words
    several = wished.begins is not None and local(wished.begins).date() != local(wished.ends).date()
    return f"{window(wished, now=now)}（{words}）" if several and words else window(wished, now=now)


def within(moment: datetime, *, now: datetime) -> str:
    """Until when somebody may answer, as one says it and at most two minutes later than it is: 半小时内, 10 分钟内,
    今天下午 4 点前.
    """
    minutes = int((moment - now).total_seconds() + 30) // 60
    if minutes < 45:
        said = [each for each in (5, 10, 15, 20, 30) if each <= minutes + (2 if each > 10 else 1)]
        return "几分钟内" if not said else "半小时内" if said[-1] == 30 else f"{said[-1]} 分钟内"
    rounded = moment - timedelta(seconds=(local(moment).minute * 60 + local(moment).second) % 1800)
    return f"{day(rounded, now=now)}{hour(rounded)}前"


def date_of(moment: datetime) -> str:
    """11 月 22 日."""
    return day_name(local(moment).date())


def day_name(when: date) -> str:
    """11 月 22 日, of a day without a time."""
    return f"{when.month} 月 {when.day} 日"


def clock(moment: datetime) -> str:
    """11-22 08:05, for lines of history."""
    return f"{local(moment):%m-%d %H:%M}"


def called(name: str, *, title: str = "师傅") -> str:
    """How neighbours are told of somebody: the surname and a title, or the name as it is when it has one."""
    if not name:
        return "一位邻居"
    if name.endswith(TITLES + OFFICES) or (len(name) < 4 and name.startswith(("小", "老", "阿"))):
        return name
    return f"{name[0]}{title}"


def helper(kind: RoleKind | None, name: str) -> str:
    """Who takes care of something: 下沉党员 李师傅, 网格员 王姐, 社区的刘敏."""
    if kind is RoleKind.MEMBER:
        return f"下沉党员 {called(name)}"
    if kind is RoleKind.GRID:
        return f"网格员 {called(name, title='老师')}"
    if kind is RoleKind.STAFF:
        return f"社区的{name or '值班同志'}"
    if kind in (RoleKind.STREET, RoleKind.ADMIN):
        return f"街道的{name or '值班同志'}"
    if kind is RoleKind.DEPARTMENT:
        return f"职能部门的{name or '值班同志'}"
    if kind is RoleKind.PROPERTY:
        return f"物业的{called(name)}"
    return called(name)


def numbered(lines: list[str]) -> str:
    """Lines with their numbers, for lists that are read and not answered."""
    return "\n".join(f"{index}. {line}" for index, line in enumerate(lines, 1))


def clip(text: str, length: int) -> str:
    """At most `length` characters of somebody's words, on one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[: length - 1] + "…"
