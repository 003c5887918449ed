"""What members read about what they bring of their own accord: an activity (创单), being there for a household (认亲)."""

from __future__ import annotations

from datetime import datetime

from models.ticket import TicketKind, TicketState
from models.windows import Window
from texts.common import when, window

CREATE_EXAMPLE, PAIR_EXAMPLE = "周六上午给 3 栋老人量血压，要 2 个人", "一位独居老人，周末去坐坐"


def create_ask() -> str:
    """What somebody would like to do with others."""
    return f"您想张罗什么事？一句话说清做什么、哪天、要几个人，比如“{CREATE_EXAMPLE}”。\n不做了，回复“取消”。"


def created(number: str, short: str, place: str, wished: Window | None, others: int, *, now: datetime) -> str:
    """It is theirs: where, when and with how many, as it was understood."""
    about = "，".join(filter(None, (place, window(wished, now=now) if wished else "")))
    company = (
        f"我去请 {others} 位邻居搭手，连您 {others + 1} 位，有人来马上告诉您。"
        if others
        else f"记在您手上了。想要人搭手，回复“求助 {short} 加一句话”。"
    )
    asks_time = "" if wished else "是哪天、几点？回一句就行，比如“周六上午”。\n"
    return (
        f"已受理，编号 {number}，谢谢您张罗。\n{about}{'。' if about else ''}{company}\n{asks_time}"
        f"办好回复“办结 {short} 加一句话”，不办了回复“撤单 {short}”，不要紧。"
    )


def finished_own(number: str) -> str:
    """An activity is over; who took part does not judge it."""
    return f"辛苦了，{number} 记为办完（待评），谢谢您张罗。\n办得好不好，社区会去问问大家。"


def pair_ask() -> str:
    """What household somebody would like to be there for."""
    return (
        f"想和哪样的人家结对？说一句就行，比如“{PAIR_EXAMPLE}”。\n"
        "社区的同志先问人家愿不愿意，两边都愿意才算。不想了，回复“取消”。"
    )


def pair_asked(number: str, promised: datetime, *, now: datetime) -> str:
    """The desk asks the household."""
    return (
        f"已受理，编号 {number}，谢谢您有心。\n社区的同志先去问人家愿不愿意，两边都愿意才结对，"
        f"{when(promised, now=now)}前给您回话。\n改主意了回复“撤单 {number}”，不要紧。"
    )


TO_PAIR = "先问人家愿不愿意；两边说定了就办结，写上哪一家、哪天去"
"""What the desk does with it."""

PAIR_CHOICES = ("结上了，合得来", "结上了，还要商量", "没结成")
"""The three answers to what the desk has found, in the place of a judgement."""

ASKED = "结上了吗？不急，去过一次再回我也行："


def paired(number: str, answer: int, hours: int) -> str:
    """They are there for each other."""
    more = "常走动就好，谢谢您有心。" if answer == 1 else "谢谢您告诉我，要商量的我转给社区。"
    return f"{more}编号 {number} 已结。\n选错了，{hours} 小时内回复“改评 {number}”可以改。"


def not_paired(number: str) -> str:
    """Another household is asked."""
    return f"没关系，编号 {number} 社区再去问问别的人家（待派）。\n是哪里不合适，您愿意说一句吗？"


def not_paired_because(number: str) -> str:
    """The same where they have said why."""
    return f"没关系，您说的我记下了，编号 {number} 社区再去问问别的人家（待派）。"


def pair_found(number: str) -> str:
    """The desk has found a household."""
    return f"辛苦了，{number} 记为办完（待评）。想结对的那位我已经告诉了，见过面以后会回一句。谢谢您牵线。"


FINISHED = {TicketKind.ACTIVITY: finished_own, TicketKind.PAIRING: pair_found}
"""What whoever finishes it reads."""

NOW = {
    TicketKind.ACTIVITY: {TicketState.ACCEPTED: "在您手上", TicketState.RESOLVED: "社区会去问问大家办得怎么样"},
    TicketKind.PAIRING: {
        TicketState.NEW: "社区在问人家愿不愿意",
        TicketState.RESOLVED: "有回音了，等您回一句结上了没有",
    },
}
"""How it stands."""

HISTORY = {
    TicketKind.ACTIVITY: {
        "open": "您想张罗这件事",
        "undertake": "记在您手上",
        "seek": "请邻居搭手",
        "finish": "办完了",
    },
    TicketKind.PAIRING: {
        "open": "您说想认亲",
        "finish": "社区有回音了",
        "evaluate": "您说结上了",
        "reopen": "您说没结成，社区再去问",
    },
}
"""Lines of history that are told otherwise than a resident's."""
