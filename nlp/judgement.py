"""What somebody says of a result in their own words while they are asked to judge it: 满意, 没解决, 还是没修好."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nlp.normal import normal

_MOST = 40
"""More than this is a story, and a story is read by people."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """`answers` are those it may be (1 solved and satisfied, 2 solved, 3 not solved); one of them: it surely is.

    `bare` when nothing is told besides the judgement, so that a reason may still be asked for; `alone` when the words
    are a judgement from end to end, and make no sense but of a result.
    """

    answers: tuple[int, ...]
    bare: bool = False
    alone: bool = False

    @property
    def sure(self) -> int | None:
        """The answer, when there is only one it can be."""
        return self.answers[0] if len(self.answers) == 1 else None


_GAP = r"[\W_]*"
_VERY = r"(?:很|非常|挺|十分|特别|太|真|都|超|相当|还是|还|我|比较|基本|总体|对此|表示|结果|这次)*"
_DONE = r"(?:解决|修|办|弄|处理|搞|清理|整改|换|通|疏通|安装|装|恢复|收拾|打扫|落实|改善|完成)"
_THANKS = rf"(?:{_GAP}(?:谢谢|多谢|感谢|辛苦|谢了|谢啦)(?:你们?|您们?|大家|了|啦|师傅|社区)*)"
_LAST = r"(?:了|啦|的|呢|呀|啊|吧|哦|嘛)*"

_SATISFIED = (
    rf"(?:{_DONE}(?:好|完|掉|妥|决)?(?:了|啦)?{_GAP})?(?:结果|态度|速度)?{_VERY}满意{_LAST}"
    r"|(?:五星|5星)?好评|满分|点赞|(?:办|修|弄|处理|解决)得不错|(?:很|挺|非常|特别|真的?)好|(?:很|挺|真)?不错|(?:办|修|处理|解决)得(?:很|非常|真|特别|挺)?(?:好|快|棒|及时|漂亮)"
)
_SOLVED = rf"(?:已经?|都|终于|总算|现在|问题|事情|这事|这回|可以说)*{_DONE}(?:好|完|掉|妥|通|定)?(?:了|啦|好啦|好了)|已经?(?:解决|修好|办好|处理好?|恢复|弄好)|没问题了|好了"
_UNSATISFIED = r"(?:我|结果|态度|速度)?(?:很|非常|十分|太|特别|还是|极其|极)?(?:不满意|不太满意|不怎么满意|不是很满意|不够满意|差评|失望)"
_HALF = r"(?:还行|一般|一般般|还可以|凑合|马马虎虎|差不多|就那样|还好)"
_BOTH = rf"(?:{_SOLVED}){_GAP}(?:但|但是|不过|可是|就是)?{_GAP}{_UNSATISFIED}"
_NEGATED = r"(?:还是|还|仍然|仍旧|仍|依然|依旧|根本|压根|完全|并|都|一直|到现在|问题|事情|又|也|其实|等于)*(?:没有?|未)(?:有|被|得到|人|给)?(?:真正|彻底|完全|及时)?"
_UNSOLVED = rf"{_NEGATED}(?:{_DONE}(?:好|完|掉|妥|通|定)?|好|用|变化|动静|效果|改变)"
# What is still or again so is most likely the same matter, but it may be news of another one: it is asked.
_LIKELY = re.compile(
    rf"(?:还是|还在|又|仍然|仍旧|仍在|依然|依旧|照样|照旧).{{1,20}}|(?:跟|和)(?:以前|之前|原来|原先).{{0,3}}(?:一样|没区别)|老样子"
    rf"|没(?:有)?(?:人来|来人|人管|人理)(?:过|了)?|[^\d\W]{{1,8}}{_UNSOLVED}{_LAST}"
)
_MORE = re.compile(r"另外|还有|再就是|以及|顺便")
_BARE = {"没解决", "没有解决", "未解决", "还没解决", "没修好", "没办好", "没处理", "没弄好", "没好", "没用"}

_PATTERNS: tuple[tuple[tuple[int, ...], re.Pattern[str]], ...] = tuple(
    (answers, re.compile(rf"{_GAP}(?:{pattern}){'' if 3 in answers else f'{_THANKS}?'}{_LAST}{_GAP}"))
    for answers, pattern in (
        ((1,), _SATISFIED),
        ((2,), _BOTH),
        ((1, 2), _SOLVED),
        ((2, 3), _UNSATISFIED),
        ((1, 2, 3), _HALF),
        ((3,), _UNSOLVED),
    )
)
_DIGIT = re.compile(r"[\s(（]*([123])[\s)）、.,，:：]*(?=\D)")


def judgement(text: str) -> Judgement | None:
    """The judgement that `text` is, or None for words about something else.

    Only for words of somebody who is asked to judge: "还在漏" is an answer there and a report everywhere else; what is
    `alone` is none anywhere. A digit before the words (`1满意`) must agree with them, or neither is believed.
    """
    said = normal(text).strip()
    if not said or len(said) > _MOST:
        return None
    digit = _DIGIT.match(said)
    if digit is None:
        return _of(said)
    number = int(digit[1])
    found = _of(said[digit.end() :])
    if found is None:
        return None
    if number in found.answers:
        return Judgement((number,), found.bare, found.alone)
    return Judgement(tuple(sorted({number, *found.answers})), alone=found.alone)


def _of(said: str) -> Judgement | None:
    for answers, pattern in _PATTERNS:
        if pattern.fullmatch(said):
            return Judgement(answers, bare=answers != (3,) or re.sub(r"\W", "", said) in _BARE, alone=True)
    first, *more = [part for part in re.split(r"[,.;!?、\s]+", said) if part]
    for answers, pattern in _PATTERNS if more else ():
        if pattern.fullmatch(first):
            if _MORE.search(said):
                return Judgement((1, 2, 3))
            # "没解决，晚上还是很吵" is the judgement and why; "满意，就是慢了点" is not quite what its first word says.
            return Judgement(answers if answers in ((3,), (2, 3)) else (1, 2))
    return Judgement((1, 2, 3)) if _LIKELY.fullmatch(said) else None
