"""When somebody wishes that somebody comes ("明天早上八点", "周六上午", "今晚6点前"), as moments; and how many people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from models.windows import PARTS, Part, Window
from nlp.commands import until
from nlp.normal import normal
from nlp.numbers import NUMERAL, count, in_digits

_MOST = 400
_PART_WORDS = {
    Part.EARLY: "早 早上 清早 大清早 一大早 清晨 早晨",
    Part.MORNING: "上午",
    Part.NOON: "中午",
    Part.AFTERNOON: "下午 午后",
    Part.DUSK: "傍晚",
    Part.EVENING: "晚 晚上 晚间 夜里",
    Part.DAYLIGHT: "白天",
    Part.DAY: "全天 整天",
}
_PARTS = {word: part for part, words in _PART_WORDS.items() for word in words.split()}
_PART = "|".join(sorted(_PARTS, key=len, reverse=True))
_DAYS = {"今": "今天", "今日": "今天", "明": "明天", "明日": "明天"}
_DAY = (
    r"大后天|今天|今日|明天|明日|后天|[今明](?=[早晚])"
    r"|(?:下个?|这个?|本)?(?:周|星期|礼拜)(?:末|[一二三四五六日天])(?![边围])"
    rf"|(?<!\d)\d{{1,2}}月\d{{1,2}}[日号]?|(?<![\d-])\d{{1,2}}[-/]\d{{1,2}}(?=[日号]|\s?(?:{_PART}))"
    r"|(?<![\d栋幢楼])\d{1,2}[日号](?![楼院线门店])"
)
_CLOCK = r"(?P<hour>\d{1,2})(?:[点时](?:(?P<half>半)|(?P<quarter>[13一三])刻|(?P<past>\d{1,2})分?)?|:(?P<minute>\d{2}))"
_WISHED = re.compile(
    rf"(?:(?P<day>{_DAY})的?)?\s?(?P<part>{_PART})?\s?"
    rf"(?:(?<!\d)(?:(?P<early>\d{{1,2}})点?(?:到|至|-|~)(?:{_PART})?(?=\d))?{_CLOCK})?(?:钟|左右)?"
    # 明天前往, 后天后面 and 前天 are no edges.
    r"(?P<edge>以?之?[前后](?![天门面年排栋往来台]))?"
)
_WEEKDAY = re.compile("周|星期|礼拜")
_GONE = re.compile(r"昨|前[天晚夜]|刚|上个?(?:周|星期|礼拜)|每|天天|一直")
"""What stands right before or in a time of the past, or of every day."""


def wished(said: str, *, here: datetime, was_asked: bool = False) -> Window | None:
    """When somebody is wished for, as it is `here`: the first time to come that is named, to the end of the last day
    where several days are. None where no day and no hour to come is named; who was asked when may name a part of the
    day alone, which otherwise tells how things are ("晚上看不见").
    """
    found = list(_windows(in_digits(normal(said[:_MOST])), here, was_asked=was_asked))
    if not found:
        return None
    first, last = found[0], found[-1]
    return Window(first.begins, last.ends) if last.ends.date() > first.ends.date() else first


def _windows(said: str, here: datetime, *, was_asked: bool) -> Iterator[Window]:
    """Every time to come, in order; an hour alone is one of the day that was named before it."""
    day: date | None = None
    for match in _WISHED.finditer(said):
        parts = {name: value or "" for name, value in match.groupdict().items()}
        is_time = parts["day"] or parts["hour"] or (parts["part"] and (was_asked or day is not None))
        if not is_time or _GONE.search(said[max(0, match.start() - 3) : match.end()]):
            continue
        named = _day(parts["day"], here.date())
        if parts["day"] and named is None:
            continue
        try:
            window = _window(parts, named or day or here.date(), here)
            if window.ends <= here and _WEEKDAY.search(parts["day"]) and named is not None:
                window = _window(parts, named + timedelta(days=7), here)
        except ValueError:
            continue
        if window.ends > here:
            day = named or day
            yield window


def _day(said: str, today: date) -> date | None:
    """The day of such words; a weekend is known by its Saturday."""
    said = _DAYS.get(said, said).replace("末", "六")
    return until(re.sub(r"(?<=\d)日$", "号", said), today=today) if said else None


def _window(parts: dict[str, str], day: date, here: datetime) -> Window:
    """The window of one time; raises ValueError for a clock that shows no such hour."""
    part, edge = _PARTS.get(parts["part"]), parts["edge"][-1:]
    if not parts["hour"]:
        last = day + timedelta(days=1) if parts["day"].endswith("末") else day
        begins, ends = PARTS[part or Part.DAY]
        if edge != "前":
            return Window(_at(day, begins, here), _at(last, ends, here))
        evening_before = _at(day - timedelta(days=1), PARTS[Part.DAY][1], here)
        return Window(None, _at(day, begins, here) if part else evening_before)
    moment = _at(day, time(_hour(parts["hour"], part), _minute(parts)), here)
    if moment <= here and part is None and moment.hour < 12 and day == here.date():
        moment += timedelta(hours=12)
    if edge == "前":
        return Window(None, moment)
    if edge == "后":
        return Window(moment, max(_at(day, PARTS[Part.DAY][1], here), moment + timedelta(hours=2)))
    if not parts["early"]:
        return Window(moment, moment)
    early = _at(day, time(_hour(parts["early"], part)), here)
    return Window(early, moment if moment > early else moment + timedelta(hours=12))


def _hour(said: str, part: Part | None) -> int:
    """The hour of the day; without a part small numbers are of the afternoon, when people are awake."""
    hour = int(said)
    later = {Part.AFTERNOON: 12, Part.DUSK: 12, Part.EVENING: 13, Part.NOON: 11, None: 7}.get(part, 0)
    return hour + 12 if hour < later else hour


def _minute(parts: dict[str, str]) -> int:
    if parts["half"]:
        return 30
    if parts["quarter"]:
        return 15 if parts["quarter"] in "1一" else 45
    return int(parts["past"] or parts["minute"] or 0)


def _at(day: date, clock: time, here: datetime) -> datetime:
    return datetime.combine(day, clock, here.tzinfo)


MOST_PEOPLE = 20
"""More than these are not asked at a time."""

_COUNT = rf"(\d{{1,2}}|{NUMERAL})"
_HELPERS = r"(?:个|位|名)?(?:人(?![家次份])|志愿者|党员|邻居|同志|帮手|搭手|人手)"
_WANTED = re.compile(
    rf"(?:要|需|缺|差|请|找|招|募|来|约|凑)(?:再|够|上|到|大概|最多|至少)?\s?{_COUNT}\s?{_HELPERS}"
    rf"|{_COUNT}\s?{_HELPERS}(?:一起|来|帮|搭|参加|报名|就?够)"
)
_IN_ALL = re.compile(rf"(?:一共|总共|连我|加我|包括我)(?:要|需要)?\s?{_COUNT}\s?{_HELPERS}")


def people_wanted(said: str) -> int:
    """How many others somebody wants to come along: 要2个人 2, 一共3个人 2, 给3位老人 0."""
    said = normal(said[:_MOST])
    if found := _IN_ALL.search(said):
        return min(max(count(found[1]) - 1, 0), MOST_PEOPLE)
    found = _WANTED.search(said)
    return min(count(found[1] or found[2]), MOST_PEOPLE) if found else 0
