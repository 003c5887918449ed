"""What the person wants with a message: the closed sets, and the rules for messages that are nothing but manners."""

from __future__ import annotations

import re
from enum import StrEnum


class Kind(StrEnum):
    """What the person wants with the message."""

    REPORT = "report"
    INQUIRY = "inquiry"
    SUGGESTION = "suggestion"
    PRAISE = "praise"


class Chat(StrEnum):
    """A message without a matter: manners, or talk that asks for nothing."""

    GREETING = "greeting"
    THANKS = "thanks"
    TALK = "chat"


KINDS = tuple(kind.value for kind in Kind)


_PUNCTUATION = r"[\W_]*"
_ADDRESSED = (
    r"(?:大家|各位|领导|书记|主任|老师|客服|师傅|同志|社区|机器人|小助手|你们?|您们?|网格员|志愿者|大姐|大哥|美女|帅哥)"
)
_GREETING = re.compile(
    rf"{_PUNCTUATION}{_ADDRESSED}?(?:你好|您好|你们好|大家好|哈喽|哈罗|嗨|hi|hello|早上好|上午好|中午好|下午好|晚上好|早安|晚安|早|在吗|在不在|在么|有人吗)"
    rf"(?:呀|啊|哦|呢|的)?{_ADDRESSED}?(?:{_PUNCTUATION}(?:在吗|你好|您好|有人吗))?{_PUNCTUATION}"
)
# "我要投诉" alone says no more than "good day": what it is about is still to come.
_OPENING = re.compile(
    rf"{_PUNCTUATION}(?:报事|点单|问事|报修|投诉|咨询|(?:我们?)?(?:想|要)(?:要|来)?(?:报事|报修|投诉|咨询|反映(?:个|一个|一下)?(?:问题|情况|事情?)?)"
    rf"(?:一下|个事)?)(?:一下)?{_PUNCTUATION}"
)
_THANKS = re.compile(
    rf"{_PUNCTUATION}(?:好的?|嗯+|收到|知道了|明白了?|哦|行|可以|太好了|已解决|解决了|没事了)?{_PUNCTUATION}(?:太|非常|十分|真是|真的|多|特别)*"
    rf"(?:谢谢|感谢|多谢|谢了|谢啦|谢过|辛苦|麻烦|3q|thanks|thank you|thx)(?:啦|了|你们?|您|大家|呀|啊|哦|各位|领导|师傅|社区|一直以来|的|帮助|帮忙|关心|支持|回复|解答|志愿者|网格员|工作人员|客服|书记|主任|非常){{0,4}}"
    rf"{_PUNCTUATION}(?:辛苦|麻烦|谢谢|感谢)?(?:你们?|您|大家|各位|了|啦)*{_PUNCTUATION}"
    rf"|{_PUNCTUATION}(?:好的?|嗯+|收到|知道了|明白了|ok|okay|好滴|好嘞|哦+){_PUNCTUATION}"
)
_CHAT_MOST = 24


def manners(said: str) -> Chat | None:
    """Whether `said` is a greeting or thanks and nothing else."""
    if len(said) > _CHAT_MOST:
        return None
    said = said.lower()
    if _GREETING.fullmatch(said) or _OPENING.fullmatch(said):
        return Chat.GREETING
    return Chat.THANKS if _THANKS.fullmatch(said) else None
