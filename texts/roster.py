"""What staff read on the page of the duty roster."""

from __future__ import annotations

from datetime import datetime

from models.clock import local
from models.rosters import Day, Trouble
from texts.common import WEEKDAYS

TROUBLES = {
    Trouble.PERSON: "请从名单里选人，第一位和第二位不能是同一个人。名单可能刚刚变过。",
    Trouble.TIMES: "请写清楚哪一天、几点到几点，比如 08:00 到 18:00。",
    Trouble.GONE: "这一班刚刚有人动过。下面是最新的样子，请看一眼再改。",
    Trouble.LAST: "这一天只排了这一班，删了就没人值班了。可以换个人，或者选“每周这一天都这样”。",
}


def day_name(day: Day) -> str:
    """11-23 周一."""
    return f"{day.day:%m-%d} 周{WEEKDAYS[day.day.weekday()]}"


def day_kind(day: Day) -> str:
    """Whether it is a holiday or a make-up day; nothing for an ordinary working day."""
    weekend = day.day.weekday() >= 5
    if day.works:
        return f"{day.holiday}调休上班" if weekend else ""
    if day.holiday:
        return f"{day.holiday}放假"
    return "周末" if weekend else "放假"


def span(begins: datetime, ends: datetime) -> str:
    """08:00 到 18:00, 18:00 到第二天 08:00."""
    first, last = local(begins), local(ends)
    if last.date() == first.date():
        return f"{first:%H:%M} 到 {last:%H:%M}"
    return f"{first:%H:%M} 到{f'第二天 {last:%H:%M}' if last.hour or last.minute else ' 24:00'}"


def gaps(day: Day) -> str:
    """When nobody is on duty."""
    if not day.gaps:
        return ""
    if len(day.gaps) == 1 and not day.shifts and (day.gaps[0][1] - day.gaps[0][0]).days == 1:
        return "全天没有人"
    return f"{'，'.join(span(begins, ends) for begins, ends in day.gaps)} 没有人"
