"""What people are told when something is not done, and what they can do instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from models.errors import Refusal, Refused
from models.ledger import Unit
from models.ticket import TicketState
from texts import counter, ledger
from texts.common import STATES


def sentence(refused: Refused) -> str:
    """The sentence for a refusal."""
    return SENTENCES[refused.reason](refused.facts)


def _state(facts: dict[str, Any]) -> str:
    state = facts.get("state")
    return STATES[TicketState(state)] if state else "别的状态"


def _yours(number: str, partner: str) -> str:
    """They have it, or go along with a partner: one who is `there`, or one who is `wanted` since the last gave it back."""
    leave = f"去不了回复“退单 {number}”，不要紧。"
    if partner == "there":
        return f"{number} 您已经答应一起去了，不用再接。\n到了回复“到场 {number}”；{leave}"
    if partner == "wanted":
        return (
            f"{number} 您已经接下了，不用再接。社区在另外请人和您搭档，请到了告诉您，请先别一个人去。\n"
            f"已经办好了，回复“办结 {number} 加一句话”；{leave}"
        )
    return f"{number or '这件事'} 已经在您手上了。办好回复“办结 {number} 加一句话”。"


SENTENCES: dict[Refusal, Callable[[dict[str, Any]], str]] = {
    Refusal.NOT_FOUND: lambda facts: (
        f"您这里没有编号 {facts['number']} 的事。\n看自己的事回复“进度”，接的单回复“我的任务”。"
        if facts.get("number")
        else "现在没有对得上的事。要报事，直接把情况发给我；想说哪一件，在后面加上编号。"
    ),
    Refusal.NOT_YOURS: lambda facts: f"{facts.get('number', '这件事')} 不在您手上，动不了。\n有疑问回复“人工”。",
    Refusal.NO_ROLE: lambda facts: (
        "这一步由社区、街道的值班同志来做。您这里能做的，回复“帮助”看看。"
        if facts.get("department")
        else "这个要登记以后才能用。党员、志愿者回复“报到”，骑手回复“骑手报到”。"
    ),
    Refusal.WRONG_STATE: lambda facts: f"{facts.get('number', '这件事')} 现在是{_state(facts)}，这一步用不上了。",
    Refusal.TAKEN: lambda facts: "谢谢您，这件事已被接走了。下次再麻烦您。",
    Refusal.OFFER_OVER: lambda facts: (
        f"{facts.get('number', '这件事')} 居民自己撤回了，不用跑了。谢谢您。"
        if facts.get("state") == TicketState.WITHDRAWN
        else f"{facts.get('number', '这件事')} 的邀请已经过了，社区另外安排了。谢谢您。"
    ),
    Refusal.ALREADY_YOURS: lambda facts: _yours(facts.get("number", ""), facts.get("partner", "")),
    Refusal.ALREADY_URGED: lambda facts: (
        f"{facts.get('number', '')} 已经催过一次了。还是没动静的话，回复“人工”我请人跟。"
    ),
    Refusal.EVALUATED: lambda facts: (
        f"{facts.get('number', '')} 您已经评过了。想改，回复“改评 {facts.get('number', '')}”。"
    ),
    Refusal.TOO_LATE: lambda facts: (
        f"{facts.get('number', '')} 已经过了可以评价的时间。还有问题，直接再说一次，我重新登记。"
    ),
    Refusal.NO_SUCH_PERSON: lambda facts: f"没找到“{facts.get('name', '')}”。请写登记的姓名。",
    Refusal.NO_SUCH_DEPARTMENT: lambda facts: (
        "是哪个部门？" + ("、".join(facts.get("names") or []) or f"没找到“{facts.get('name', '')}”") + "。请写全名。"
    ),
    Refusal.NO_SUCH_PLACE: lambda facts: f"“{facts.get('name', '')}”没找到，请说小区名和几栋。",
    Refusal.NO_SUCH_CODE: lambda facts: "这个码不对，或者过期了。请要一个新的再试。",
    Refusal.TOP_LEVEL: lambda facts: f"{facts.get('number', '')} 已经在最上一级了，请转部门或督办。",
    Refusal.REASON_MISSING: lambda facts: f"请带一句原因，写在编号 {facts.get('number', '')} 后面。",
    Refusal.NOT_OFFERABLE: lambda facts: f"{facts.get('number', '')} 不能派给这位，请换一位或由社区直接办。",
    Refusal.NOBODY_TO_TELL: lambda facts: (
        f"{facts.get('number', '')} 还没有人接，话带不到。要补充情况，回复“补充 {facts.get('number', '')} 加上您的话”。"
    ),
    Refusal.ACCEPT_FIRST: lambda facts: (
        f"{facts.get('number', '')} 还没接下来。愿意办，先回复“接单 {facts.get('number', '')}”。"
    ),
    Refusal.HELPERS_TASK: lambda facts: (
        f"{facts.get('number', '这件事')} 是您搭档接的，这一步由搭档来。\n"
        f"您可以回复“到场 {facts.get('number', '')}”，或者“留言 {facts.get('number', '')} 加上您的话”。"
    ),
    Refusal.HELP_IS_COMING: lambda facts: f"{facts.get('number', '')} 已经在请人搭手了，有人来马上告诉您。",
    Refusal.NOT_A_COLLEAGUE: lambda facts: (
        f"没找到可以托的“{facts.get('name', '')}”。请写同单位或同社区同事的登记姓名。"
    ),
    Refusal.SAME_OVER: lambda facts: (
        f"那件事已经有了结果，{facts.get('number', '您的事')} 照样单独办，有进展我马上告诉您。"
    ),
    Refusal.MORE_URGENT: lambda facts: f"{facts.get('number', '这件事')} 是紧急的事，请把另一件并到它里面。",
    Refusal.HAS_TASKS: lambda facts: (
        f"{facts.get('number', '这件事')} 有子任务，或者本身就是子任务，这一步用不上；子任务最多 5 件。"
    ),
    Refusal.TASKS_OPEN: lambda facts: (
        f"{facts.get('number', '这件事')} 拆出来的 {'、'.join(facts.get('tasks') or []) or '子任务'} 还没办完。\n"
        "等它们办好再办结；用不着办的，请先撤单。"
    ),
    Refusal.OWN_WORK: lambda facts: f"{facts.get('number', '这件事')} 是您自己出力办的，评价由社区回访来做，谢谢您。",
    Refusal.STREET_DECIDES: lambda facts: (
        f"{facts.get('number', '这件事')} 被{facts.get('name') or '部门'}退回，正等街道定，这一步由街道来做。"
    ),
    Refusal.STREET_DECIDED: lambda facts: (
        f"{facts.get('number', '这件事')} 退回过一次，街道已经定了由您这里办。\n"
        f"确实有难处，请直接和街道说；办好了回复“答复 {facts.get('number', '')} 加上结果”。"
    ),
    Refusal.NOT_THEIR_KIND: lambda facts: (
        f"{facts.get('name', '这家单位')}不管这一类事，{facts.get('number', '这件事')} 请换一家，或者先更正分类。"
    ),
    Refusal.HAS_ACCOUNT: lambda facts: (
        f"{facts.get('name', '对方')}有人在用小应，{facts.get('number', '这件事')} 他们已经收到了，不用链接。"
    ),
    Refusal.NAME_TAKEN: lambda facts: f"“{facts.get('name', '')}”已经有了，请换一个名字，或者改原来的那一条。",
    Refusal.NO_SUCH_COMMUNITY: lambda facts: (
        "是哪个社区？" + ("、".join(facts.get("names") or []) or f"没找到“{facts.get('name', '')}”") + "。请写全名。"
    ),
    Refusal.WISH_OVER: lambda facts: (
        "这一件已经报给街道了，定了我告诉您。" if facts.get("state") == "asked" else "这一件街道已经定过了，不用再定。"
    ),
    Refusal.LEDGER_OFF: lambda facts: "您还没有开通积分，所以什么都没记。想开通，回复“开通积分”，随时可以关。",
    Refusal.NOT_ENOUGH: lambda facts: ledger.not_enough(
        Unit(facts.get("unit", Unit.POINTS)), facts.get("need", 0), facts.get("have", 0)
    ),
    Refusal.NO_SUCH_POST: lambda facts: "这个岗现在不用认，或者不在您这一带。看看附近缺人的岗，回复“认岗”。",
    Refusal.POST_FULL: lambda facts: (
        f"{facts.get('name', '这个岗')}刚好有人认满了，谢谢您有心。看看别的岗，回复“认岗”。"
    ),
    Refusal.NO_SUCH_GOODS: lambda facts: "没有这一样，或者已经不换了。看看现在有什么，回复“兑换”。",
    Refusal.SOLD_OUT: lambda facts: f"{facts.get('name', '这一样')}刚刚换完了，您的积分没有动。看看别的，回复“兑换”。",
    Refusal.RESERVED_ALREADY: lambda facts: (
        "您已经留了一样，领了再换下一样。\n码找不到了回复“兑换码”，不要了回复“取消兑换”，积分马上退回。"
    ),
    Refusal.NOTHING_RESERVED: lambda facts: "您现在没有留着的东西。看看能换什么，回复“兑换”。",
    Refusal.NO_FAMILY: lambda facts: "您还没有家庭积分。回复“邀请家人”，我给您一个码，家人发给我就一起用了。",
    Refusal.IN_A_FAMILY: lambda facts: "您已经在一个家里了。要换，先回复“退出家庭积分”，再发新的码。",
    Refusal.NOBODY_TO_GIVE: lambda facts: (
        f"时长只能送给因为{facts.get('number') or '一件事'}帮过忙的两个人里的对方，这件现在找不到对方。\n有疑问回复“人工”。"
    ),
    Refusal.GIFT_WAITS: lambda facts: (
        f"为{facts.get('number') or '这件事'}您已经送过一份了：对方还没有回话，或者心领了。时长还是您的。"
    ),
    Refusal.GIFT_OVER: lambda facts: "这份时长已经收过、退过，或者过了时间，什么都没有变。看自己的回复“时长”。",
    Refusal.NO_AMOUNT: lambda facts: "数没对上，什么都没有动。积分写整数，比如“家庭积分 20”；时长一次最多 8 小时。",
    Refusal.NO_NAME: lambda facts: "证明上要写姓名，我还不知道您怎么称呼。先回复“报到”登记一下，就能开了。",
    Refusal.NO_SERVICE: lambda facts: "您的服务时间还没有记过，暂时开不了证明。想知道怎么记，回复“时长”。",
    Refusal.NO_SUCH_STATION: lambda facts: "这一处已经不在名单上了，谢谢您。找别的，回复“驿站”。",
    Refusal.COUNT_DIFFERS: lambda facts: f"人数变了，现在是 {facts.get('count', 0)} 位，还没有发。请再确认一次。",
    Refusal.ALERT_SENT: lambda facts: "同样的话刚刚已经发过了，没有再发，免得打扰大家。",
    Refusal.ROUND_OVER: lambda facts: (
        "这次评选的这一步已经过了，或者还没开始，什么都没有变。看看现在到哪一步，回复“投票”。"
    ),
    Refusal.MAY_NOT_VOTE: lambda facts: (
        "这次评选请的是开始前就在这里的人：住在这里（回复“我家”记下）、报过这里的事，或者在这里登记过。\n有疑问回复“人工”。"
    ),
    Refusal.NO_SUCH_NOMINEE: lambda facts: "没有这个号，或者这位退出了，您的票没有变。看名单回复“投票”。",
    Refusal.VOTED_OFTEN: lambda facts: "一次评选一个人最多投 5 回，算您最后投的那一回。有疑问回复“人工”。",
    Refusal.VOTE_STOPPED: lambda facts: "投票这会儿用不了，您原来的票没有变。请回复“人工”，让社区看一看。",
    Refusal.NOMINATED_OFTEN: lambda facts: "一次评选一个人最多提名 3 回，前面的都记着。投票开始了回复“投票”。",
    Refusal.NAMED_ALREADY: lambda facts: f"{facts.get('name') or '这位'}这次已经问过了，不再问第二回。",
    Refusal.BALLOT_FULL: lambda facts: "名单最多 9 位，现在满了。等有人不参加再添。",
    Refusal.WRONG_DATES: lambda facts: "时间没对上：先提名，再投票，最后截止，都要在今天以后、一年以内。",
    Refusal.DESK_TAKEN: lambda facts: counter.busy(
        facts.get("desk", "这个窗口"), facts.get("begins"), facts.get("ends")
    ),
    Refusal.WRONG_TIME: lambda facts: counter.FAULTS["time"],
    Refusal.NO_APPOINTMENT: lambda facts: "您现在没有约好的时间，或者已经取消了。\n想约时间，回复“人工”。",
    Refusal.BROADCAST_OFTEN: lambda facts: (
        f"这一带七天里最多群发 {facts.get('most', 0)} 次，已经够了，免得打扰大家。紧急的事由街道来发。"
    ),
    Refusal.QUOTA_SHORT: lambda facts: (
        f"今天还能发 {facts.get('left', 0)} 条，要发 {facts.get('need', 0)} 条，不够。明天再发，或者只发一个社区。"
    ),
    Refusal.CORRECTED: lambda facts: "这一笔已经更正过了，或者不是能更正的一笔。",
    Refusal.CHANGED: lambda facts: f"{facts.get('number', '这件事')} 刚刚被别人改过，请看一眼再决定。",
}
