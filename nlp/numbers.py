"""Numbers as people say them: 十二, 二十, 两, 一百二, or plain digits."""

from __future__ import annotations

import re

_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_ONES = "[一二三四五六七八九]"
_TENS = rf"(?:{_ONES}?十{_ONES}?)"

NUMERAL = rf"(?:[一二两三四五六七八九]百(?:零{_ONES}|{_TENS}|{_ONES})?|{_TENS}|[一二两三四五六七八九])"
"""The pattern of a number from 1 to 999 in words."""

# 周三, 星期五 and 礼拜六 name a day and count nothing.
_COUNTS = re.compile(
    rf"(?<![周期拜百十零一二两三四五六七八九])({NUMERAL})"
    r"(?=\s?(?:天|日|号|周|个?星期|个?礼拜|个?月|个?小时|个?钟头|点|时|分|到|至|[-~]|$))"
)


def count(spoken: str) -> int:
    """The number under 1,000 that is said, or any in digits: 12, 两, 十二, 二十, 一百零五, 一百二."""
    if spoken.isdecimal():
        return int(spoken)
    hundreds, hundred, rest = spoken.rpartition("百")
    if hundred and len(rest) == 1 and rest in _DIGITS:
        rest += "十"  # 一百二 is said for 一百二十
    tens, ten, ones = rest.removeprefix("零").rpartition("十")
    below = (_DIGITS.get(tens, 1) * 10 if ten else 0) + _DIGITS.get(ones, 0)
    return (_DIGITS.get(hundreds, 1) * 100 if hundred else 0) + below


def in_digits(said: str) -> str:
    """Words in which what counts days, weeks, months or hours stands in digits: 十二月五号 → 12月5号."""
    return _COUNTS.sub(lambda found: str(count(found[1])), said)
