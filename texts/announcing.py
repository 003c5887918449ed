"""What staff read when they write, send and end an announcement in the chat."""

from __future__ import annotations

import re
from datetime import datetime

from texts.common import clip, when

MOST = 600
SHORT = 24
"""So long may words be that only say another end."""

SEND = ("是，发出去", "不发")
ENDINGS = ("好了，办结并请大家评价", "没好，各件事接着办")

_TITLE = 24
_BREAK = re.compile(r"[。！!；;：:，,\n]")


def parts(words: str) -> tuple[str, str]:
    """The headline and the words of an announcement: what stands before the first stop is the headline."""
    head, _, body = (_BREAK.sub("\n", words, count=1)).partition("\n")
    head, body = head.strip(), body.strip()
    return clip(head, _TITLE), body if body and len(head) <= _TITLE else words


def how() -> str:
    """What to write."""
    return (
        "公告写在后面就行：什么地方、出了什么事、谁在办、什么时候好。比如：\n"
        "公告 香樟花园6栋停水抢修，主管破了，自来水公司正在抢修，预计今天下午4点恢复\n"
        "我先给您看一遍，您说“是”才发。"
    )


def too_long() -> str:
    """It is to be read on a phone."""
    return f"公告太长了，请收到 {MOST} 字以内再发一次，居民在手机上好读。"


def where(named: str) -> str:
    """No area, or not one of theirs."""
    if named:
        return f"“{named}”不在您负责的地方，或者我没对上，这条没有发。\n换个地名再发一次；要发给别的社区，请那边或街道的同志来发。"
    return "请写明发给哪个小区或社区，比如“公告 香樟花园6栋停水抢修，预计今天下午4点恢复”。"


def what() -> str:
    """No matter was recognised."""
    return "我没对上是哪一类事，这条没有发。\n开头写明出了什么事再发一次，比如“公告 香樟花园停水抢修，…”；也可以到网页后台发。"


def over() -> str:
    """Its end has passed, or is too far."""
    return "结束的时间已经过了，或者在一年以后，这条没有发。\n写明到什么时候再发一次，比如“到明天下午6点”。"


def preview(title: str, words: str, area: str, category: str, until: datetime, people: int, *, now: datetime) -> str:
    """What would go out, to whom, and until when."""
    told = f"已经说过这件事的 {people} 位邻居马上收到" if people else "眼下没有邻居在等这件事"
    return (
        f"【{title}】\n{words}\n"
        f"{area} · {category} · 到{when(until, now=now)}。{told}，之后再说的也会收到。\n"
        "发出去吗？要改时间，直接说“到…点”。"
    )


def sent(title: str, people: int, until: datetime, *, now: datetime) -> str:
    """It is out."""
    told = f"{people} 位邻居马上收到" if people else "眼下没有邻居在等这件事"
    return (
        f"公告《{title}》发出去了，{told}，之后再说这件事的也会收到。\n"
        f"到{when(until, now=now)}自动结束；提前好了，回复“结束公告 {title}”。"
    )


def dropped() -> str:
    """Nothing went out."""
    return "好的，没有发。想重新写，回复“公告”加上您的话。"


def not_yet() -> str:
    """Still waiting for the yes."""
    return "公告还没有发。发出去回复“是”，不发回复“不发”。"


def not_sent(reply: str) -> str:
    """Other words came instead of a yes."""
    return f"{reply}\n（刚才的公告没有发，要发请再说一遍。）"


def nothing_to_send() -> str:
    """The yes came too late, or twice."""
    return "没有等着发的公告了，可能已经发过，或者放得太久。要发，回复“公告”加上您的话。"


def none_holds() -> str:
    """There is nothing to end."""
    return "您负责的地方现在没有公告。要发一条，回复“公告”加上您的话。"


def none_like(said: str) -> str:
    """None has this name."""
    return f"没找到叫“{clip(said, 20)}”的公告。现在有这些，要结束哪一条？"


def which() -> str:
    """Several hold."""
    return "要结束哪一条？"


def end_how(title: str, people: int) -> str:
    """Is it over, or was it wrong?"""
    told = f"{people} 位邻居在等" if people else "没有邻居在等"
    return f"公告《{title}》，{told}。事情办好了吗？"


def ended(title: str, people: int, *, solved: bool) -> str:
    """It holds no more."""
    if not people:
        return f"公告《{title}》结束了。"
    if solved:
        return f"公告《{title}》结束了，{people} 位邻居的事一起办结，我请他们评价。"
    return f"公告《{title}》结束了，{people} 位邻居的事各自接着办，我告诉他们。"


def ended_already() -> str:
    """Somebody was quicker."""
    return "这条公告已经结束了。"
