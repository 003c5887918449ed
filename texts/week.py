"""The page of a week (周报), word by word."""

from __future__ import annotations

from datetime import date

NUMBERS = "这一周的数字"
COLUMNS = ("这一周", "上一周", "变化")
TOLD, FINISHED = "居民反映", "办结"
ANSWERED, SOLVED, SATISFIED, IN_TIME = "响应率", "解决率", "满意率", "按时办结"
CATEGORIES = "反映最多的事（深色是这一周，浅色是上一周）"
PROBLEMS = "高频问题（最近 30 天，同一个地方同一类事 3 件以上）"
NO_PROBLEMS = "没有反复出现的问题。"
NONE = "这一周没有人反映。"
THANKS = "谢谢"
NOWHERE = "地方不清楚"

MONDAY, SUNDAY = "周一", "周日"


def title(area: str) -> str:
    """Over everything."""
    return f"{area}周报"


def span(first: date, last: date, site: str) -> str:
    """Which week it is."""
    return f"{_day(first, year=True)}（{MONDAY}）到 {_day(last, year=last.year != first.year)}（{SUNDAY}） · {site}"


def _day(day: date, *, year: bool = False) -> str:
    return f"{f'{day.year} 年 ' if year else ''}{day.month} 月 {day.day} 日"


def count(number: int) -> str:
    """So many matters."""
    return f"{number} 件"


def share(part: int, whole: int, percent: float | None) -> str:
    """A rate with what it is made from; too few are no rate."""
    return f"{part}/{whole} 件，太少" if percent is None else f"{percent:g}%（{part}/{whole}）"


def change(this: int, before: int) -> str:
    """By how many more or fewer."""
    if this == before:
        return "一样"
    return f"多 {this - before} 件" if this > before else f"少 {before - this} 件"


def points(this: float | None, before: float | None) -> str:
    """By how many points of a hundred."""
    if this is None or before is None:
        return "—"
    by = round(this - before, 1)
    if not by:
        return "一样"
    return f"高 {by:g} 个点" if by > 0 else f"低 {-by:g} 个点"


def this_and_before(this: int, before: int) -> str:
    """Of one category."""
    return f"{this} 件，上一周 {before} 件"


def how_often(matters: int, since: date) -> str:
    """Of one problem."""
    return f"{matters} 件，从 {_day(since)}起"


def late(open_count: int, late_count: int) -> str:
    """Over what is late; only the first of it stands below."""
    if not late_count:
        return f"正在办的 {open_count} 件，都没有过时限"
    return f"正在办的 {open_count} 件里，{late_count} 件过了时限（最早的几件）"


def since(day: date) -> str:
    """When somebody told of it."""
    return f"{_day(day)}反映"


def thanks(hours: float, times: int, satisfied: int) -> list[str]:
    """To everybody, and nobody by name."""
    lines = []
    if times:
        lines.append(f"志愿者出力 {times} 次，一共 {hours:g} 小时，辛苦了。")
    if satisfied:
        lines.append(f"{satisfied} 件事，居民说解决了、满意。")
    return [*lines, "谢谢每一位开口说的邻居，也谢谢每一位上门去办的人。"]


def foot(today: date) -> list[str]:
    """How it is counted, in two lines."""
    return [
        "响应率看办结的事；解决率、满意率只看居民说了话的，没问到、没回话的不算“解决”，也不算“没解决”。不到 5 件不算百分比。",
        f"过了时限、正在办的是打印那天的。{_day(today, year=True)}打印。不含个人信息。",
    ]
