"""Words of the rounds in which people honour somebody (最美小哥 …): naming, agreeing, voting, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from models.errors import Refusal
from models.honour import Group, NomineeState
from texts.common import date_of, hour

WANTS, RATHER_NOT = "我愿意", "这次不用了"

GROUPS = {
    Group.EVERYBODY: "这里的所有人",
    Group.RESIDENTS: "住在这里、或者报过这里的事的居民",
    Group.MEMBERS: "下沉党员、志愿者、网格员和物业",
    Group.RIDERS: "骑手",
}

STATES = {
    NomineeState.ASKED: "在问本人",
    NomineeState.AGREED: "本人愿意",
    NomineeState.DECLINED: "本人不参加",
    NomineeState.WITHDREW: "本人退出了",
}

NAMING, VOTING, COUNTING, OVER, CALLED_OFF = "正在提名", "正在投票", "正在计票", "已结束", "不办了"

FAULTS = {
    Refusal.NO_SUCH_PERSON: "没找到：要写登记的姓名，是这次评选的那类人，并且不能是您自己。",
    Refusal.REASON_MISSING: "名称，或者给大家看的那句话，还没有写。",
    Refusal.NO_AMOUNT: "评选几位，请写 1 到 9。",
    Refusal.ROUND_OVER: "这次评选已经到了下一步，这个改不了了。",
}
"""What staff read on the page where the chat's words would not fit."""


def until(moment: datetime) -> str:
    """11 月 30 日下午 6 点."""
    return f"{date_of(moment)}{hour(moment)}"


# ---------------------------------------------------------------- naming


def naming(title: str, ends: datetime) -> str:
    """How somebody is named."""
    return (
        f"【{title}】正在提名，到{until(ends)}为止。\n"
        "想提名谁，回复“提名 姓名 加上为什么”，比如“提名 小周 下雨天帮我把药送上楼”。\n"
        "社区先问过本人，愿意了大家才看得到。"
    )


def name_in_which() -> str:
    """Several rounds at once."""
    return "您想在哪一个里提名？"


def nobody_to_name() -> str:
    """No round is open."""
    return "现在没有正在提名的评选。有了社区会告诉大家；想夸一个人，直接把事情说给我听，我转给社区。"


def named(title: str) -> str:
    """It is with staff."""
    return f"记下了，谢谢您替人说句好话。社区会看，【{title}】要先问过本人，愿意了才列出来。"


def asked(title: str, about: str, ends: datetime) -> str:
    """Somebody was named and is asked."""
    return (
        f"有人提名您参加【{title}】。\n您愿意的话，大家会看到您的姓名和这句话：“{about}”\n"
        f"请在{until(ends)}前告诉我。不愿意也没关系，谁也不会知道。"
    )


def asked_choices(nominee_id: int) -> tuple[tuple[str, str], ...]:
    """Yes or no."""
    return ((WANTS, f"!honour {nominee_id} yes"), (RATHER_NOT, f"!honour {nominee_id} no"))


def agreed(title: str) -> str:
    """They are on the ballot."""
    return f"谢谢您，【{title}】里会列出您。改主意了回复“不参加评选”，随时都行。"


def left() -> str:
    """They are not, or not any more."""
    return "好的，不会列出您，谁也不会知道。谢谢您平时做的一切。"


def on_no_ballot() -> str:
    """There was nothing to leave."""
    return "您现在没有在任何评选里，不用退出。"


# ---------------------------------------------------------------- voting


def ballot(title: str, ends: datetime) -> str:
    """Before the list."""
    return (
        f"【{title}】投票，到{until(ends)}为止，一人一票，之前可以改。\n"
        "没有人看得到您投给了谁，社区也看不到。不分先后，您想投给谁？"
    )


def candidate(name: str, about: str) -> str:
    """One line of the ballot; whoever left keeps the number."""
    return f"{name}：{about}" if name else "（这位退出了）"


def vote_in_which() -> str:
    """Several rounds at once."""
    return "正在投票的有下面几个，先看哪一个？"


def no_ballot() -> str:
    """Nobody to vote for yet."""
    return "这次还没有人愿意列出来，所以没有可投的。谢谢您惦记。"


def voted(ends: datetime) -> str:
    """Says nothing of whom: this line is kept. Whom it was for follows as the last line, said once."""
    return f"您的一票投好了。{until(ends)}前想改，再投一次就行，算最后一次的。"


def voted_for(number: int, name: str) -> str:
    """The one line that is kept nowhere."""
    return f"投给了 {number} 号 {name}。"


def nothing_to_vote() -> str:
    """No round runs here, or none for whoever asks."""
    return "现在没有您可以投票的评选。开始了社区会告诉大家。\n想夸一个人，直接把事情说给我听。"


def result(title: str, names: Sequence[str]) -> str:
    """Who is honoured; the order is that of the names' sound."""
    if not names:
        return f"【{title}】结束了，这次没有评出来。谢谢参加的每一位。"
    return f"【{title}】评出来了：{'、'.join(names)}。\n按姓名读音排，不分先后。谢谢参加的每一位。"


def over(title: str, *, honoured: bool, called_off: bool) -> str:
    """To who was on the ballot."""
    if called_off:
        return f"【{title}】不办了，您的名字和那句话都收起来了。谢谢您愿意参加。"
    if honoured:
        return f"大家把【{title}】评给了您。谢谢您，大家都记在心里。"
    return f"【{title}】结束了。您被邻居提名，就是大家在谢谢您。"
