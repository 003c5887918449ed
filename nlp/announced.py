"""Whether a report tells of what was announced: surely enough to answer it with the announcement at once."""

from __future__ import annotations

import re

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
