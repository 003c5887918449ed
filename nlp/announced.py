"""Whether a report tells of what was announced, surely enough to answer it at once; and until when one holds."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from nlp.normal import normal
from nlp.similar import SAME, Told, score, sketch

_SUPPLY = {
    "水": "水", "自来水": "水", "热水": "热水", "电": "电", "气": "气", "燃气": "气", "煤气": "气", "天然气": "气",
    "暖": "暖", "暖气": "暖", "网": "网", "网络": "网", "宽带": "网", "信号": "信号",
}  # fmt: skip
_WHAT = "|".join(sorted(_SUPPLY, key=len, reverse=True))
# No water and a leak are two events, though both are about water; 停水, 没水, 水停了 are one.
_OUT = re.compile(
    rf"(?:停|断|没有?|无|缺)(?:了|过|供)?(?P<first>{_WHAT})(?!平|位|工|动)|(?P<second>{_WHAT})(?:都|又|也|还|全|突然|一直)*(?:停|断|没)(?:了|供)?"
)
_THINGS = re.compile(
    r"漏水|渗水|积水|爆管|污水|黄水|浑水|水压|跳闸|路灯|楼道灯|电梯|车位|停车|充电|垃圾|噪音|噪声|施工|装修|门禁|大门|树|井盖|虫|蚊|流浪狗|油烟|异味|臭味|路面"
)

_VAGUE = re.compile(r"附近|旁边?|门口|周边|一带|小区|内|里|的")


def tells_of(announced: Told, reported: Told) -> bool:
    """Whether `reported` is the event of `announced`; where it lies in the area tree was looked at before.

    Of one category and the same thing (no water, not no light), in the place where one is named; or as alike as two
    reports of one event. In doubt it is not: a report that is missed is dealt with like every other.
    """
    if not _place_fits(announced.place, reported):
        return False
    if announced.categories.keys() & reported.categories.keys():
        headline, _, story = announced.text.partition("\n")
        things = _things(headline) or _things(story)
        told = _things(_without(reported.text, reported.place))
        if things & told:
            return True
        if things:
            return False
    return score(sketch(announced), sketch(reported)) >= SAME


def _things(text: str) -> set[str]:
    said = normal(text)
    out = {f"no {_SUPPLY[found['first'] or found['second']]}" for found in _OUT.finditer(said)}
    return out | set(_THINGS.findall(said))


def _without(text: str, place: str) -> str:
    """The words without the place's name: a street may be called after water."""
    return normal(text).replace(normal(place), " ") if place else text


def _place_fits(place: str, reported: Told) -> bool:
    wanted = _VAGUE.sub("", normal(place))
    return not wanted or wanted in _VAGUE.sub("", normal(f"{reported.place} {reported.text}"))


_DAYS = {"今天": 0, "今晚": 0, "明天": 1, "明早": 1, "明晚": 1, "后天": 2, "大后天": 3}
_NUMERALS = {word: number for number, word in enumerate("零一二三四五六七八九十")} | {
    "两": 2,
    "十一": 11,
    "十二": 12,
}
_END = re.compile(
    r"(?:(?P<day>大后天|今天|今晚|明天|明早|明晚|后天)|(?P<month>\d{1,2})(?:月|[-/])(?P<date>\d{1,2})[日号]?)?\s?"
    r"(?P<part>凌晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜里)?\s?"
    r"(?:(?<!\d)(?P<hour>\d{1,2}|十[一二]?|[一二两三四五六七八九])\s?(?:点(?P<half>半)?(?:(?P<past>\d{1,2})分)?|[:时](?P<minute>\d{2})?))?"
)


def ends(said: str, *, here: datetime) -> datetime | None:
    """The last moment that is named and still to come ("今天下午4点", "12月1日18:00", "明天"), as it is `here`; a day
    alone means late that evening.
    """
    moments = [_moment(found, here) for found in _END.finditer(normal(said)) if found[0].strip()]
    return max((each for each in moments if each is not None and each > here), default=None)


def _moment(found: re.Match[str], here: datetime) -> datetime | None:
    parts = found.groupdict()
    day = here.date()
    try:
        if parts["month"]:
            day = day.replace(month=int(parts["month"]), day=int(parts["date"]))
            if day < here.date():
                day = day.replace(year=day.year + 1)
        elif parts["day"]:
            day += timedelta(days=_DAYS[parts["day"]])
        elif not parts["hour"]:
            return None
        if not parts["hour"]:
            return datetime.combine(day, time(23, 30), here.tzinfo) if not parts["part"] else None
        hour = int(parts["hour"]) if parts["hour"].isdecimal() else _NUMERALS[parts["hour"]]
        late = parts["part"] in ("下午", "傍晚", "晚上", "夜里") or parts["day"] in ("今晚", "明晚")
        if hour == 12 and late and parts["part"] not in ("下午", "傍晚"):
            hour = 24  # twelve at night
        if hour < 12 and (late or (parts["part"] == "中午" and hour < 11)):
            hour += 12
        minute = 30 if parts["half"] else int(parts["past"] or parts["minute"] or 0)
        moment = datetime.combine(day, time(hour % 24, minute), here.tzinfo)
    except ValueError:
        return None
    if hour == 24:
        moment += timedelta(days=1)
    if moment <= here and not parts["part"] and hour < 12 and day == here.date():
        moment += timedelta(hours=12)
    return moment
