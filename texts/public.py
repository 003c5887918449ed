"""What the page of figures for everybody says."""

from __future__ import annotations

from datetime import date

TITLE = "公开的数字"
CHOOSE = "请选一个街道"
WHICH = "哪个月"
RATES = "三率"
TOLD = "居民反映"
FINISHED = "办结"
CATEGORIES = "反映的是什么事"
REST = "其他各类"
UNJUDGED = "办结了、还没有居民的话"
NOT_TOLD = "不公布"
HOW = "怎么算的"
NOTHING = "这个月的事很少，为了不让人猜出是谁，不公布。"
NOT_FOUND_TITLE = "没有这一页"
NOT_FOUND = "没有公开这里的数字，或者地址不对。"
OTHER_STREETS = "看别的街道"

DEFINITIONS = (
    "响应率：办结的事里，第一次有人回话没有超过答应时限的占多少。",
    "解决率、满意率：只看居民说了结果的；说“解决了，满意”的两样都算，说“解决了，不满意”的只算解决。",
    "没问到、没回话、还在等的，不当作“解决”，也不当作“没解决”。",
    "同一件事很多人报，按一件算；评价扎堆的先不算。",
)


def title(street: str, month: date) -> str:
    """Over the page."""
    return f"{street} {month.year} 年 {month.month} 月"


def month(day: date) -> str:
    """One of the months to choose from."""
    return f"{day.year} 年 {day.month} 月"


def count(number: int, least: int) -> str:
    """A number as everybody may read it."""
    return f"不到 {least} 件" if number < least else f"{number} 件"


def percent(share: float | None) -> str:
    """A rate; None for too few."""
    return "太少，不公布" if share is None else f"{share:.0f}%"


def at_least(percent: int) -> str:
    """A rate of which hardly anybody is not."""
    return f"{percent}% 以上"


def at_most(percent: int) -> str:
    """And of which hardly anybody is."""
    return f"不到 {percent}%"


def hidden(least: int) -> str:
    """What is not shown, and why."""
    return (
        f"少于 {least} 件的不列，也不算比率；很少的几类合在“其他各类”里；几乎人人说的一样时只写一个大概。"
        "免得猜出是谁。没有姓名、电话、门牌。"
    )
