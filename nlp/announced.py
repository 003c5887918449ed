"""Whether a report tells of what was announced: surely enough to answer it with the announcement at once."""

from __future__ import annotations

import re

from nlp.normal import normal
from nlp.similar import SAME, Told, score, sketch

# What an announcement is about, in the one character that stays the same however people say it (停水, 没水, 水停了).
_THINGS = re.compile(
    r"水|电|燃气|煤气|天然气|暖|网|宽带|信号|灯|梯|车|路|垃圾|噪|施工|装修|门禁|大门|树|井盖|虫|蚊|狗|烟|味"
)
_SAME_THING = {"煤气": "燃气", "天然气": "燃气", "宽带": "网", "信号": "网", "装修": "施工", "大门": "门禁", "蚊": "虫"}
_VAGUE = re.compile(r"附近|旁边?|门口|周边|一带|小区|内|里|的")


def tells_of(announced: Told, reported: Told) -> bool:
    """Whether `reported` is the event of `announced`; where it lies in the area tree was looked at before.

    Of one category and the same thing (no water, not no light), in the place where one is named; or as alike as two
    reports of one event. In doubt it is not: a report that is missed is dealt with like every other.
    """
    if not _place_fits(announced.place, reported):
        return False
    if announced.categories.keys() & reported.categories.keys():
        things, told = _things(announced.text), _things(_without(reported.text, reported.place))
        if things & told:
            return True
        if things and told:
            return False
    return score(sketch(announced), sketch(reported)) >= SAME


def _things(text: str) -> set[str]:
    return {_SAME_THING.get(each, each) for each in _THINGS.findall(normal(text))}


def _without(text: str, place: str) -> str:
    """The words without the place's name: a street may be called after water."""
    return normal(text).replace(normal(place), " ") if place else text


def _place_fits(place: str, reported: Told) -> bool:
    wanted = _VAGUE.sub("", normal(place))
    return not wanted or wanted in _VAGUE.sub("", normal(f"{reported.place} {reported.text}"))
