"""What community, street and department staff read in chat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from models.category import Level
from models.ticket import TicketState
from texts import parties
from texts.common import LEVELS, STATES, ask_where, chat, clip, clock


def desk_empty() -> str:
    """Nothing waits."""
    return "没有待派的事，都安排好了。"


def desk(lines: Sequence[str], more: int) -> str:
    """What waits at the desk."""
    listed = "\n".join(lines)
    rest = f"\n另外还有 {more} 件，在网页上看全部。" if more > 0 else ""
    return f"待派的事：\n{listed}{rest}\n派给谁，回复“派单 编号 姓名”；上报、转部门、督办同样加编号。"


def desk_line(number: str, category: str, place: str, words: str, why: str, todo: str = "", *, emergency: bool) -> str:
    """One ticket at the desk, and why nobody was found for it, if anybody was looked for; or what is to be done."""
    nobody = f"\n　没找到人：{why}" if why else ""
    nobody += f"\n　{todo}" if todo else ""
    return f"{_waits(number, category, place, emergency=emergency)} {clip(words, 30)}{nobody}"


def _waits(number: str, category: str, place: str, *, emergency: bool) -> str:
    """Something that waits to be dispatched, at the beginning of its line."""
    return f"{'【紧急】' if emergency else ''}{number} {category}{' · ' + place if place else '（地方不清）'}"


def around(lines: Sequence[str], more: int) -> str:
    """What waits where a grid worker looks after things."""
    if not lines:
        return "您这一片现在没有待派的事。派单由社区和街道来做，要请您接的我马上告诉您。"
    listed = "\n".join(lines)
    rest = f"\n另外还有 {more} 件。" if more > 0 else ""
    return f"您这一片待派的事：\n{listed}{rest}\n请您接的，回复“接单 编号”；别的由社区来派，想去哪一件，和值班的同志说一声。"


def around_line(number: str, category: str, place: str, *, is_asked: bool, emergency: bool) -> str:
    """One of them, which they are asked to take or not."""
    asked = "，等您回话" if is_asked else ""
    return f"{_waits(number, category, place, emergency=emergency)}{asked}"


def with_department(lines: Sequence[str], more: int) -> str:
    """What waits with a department."""
    if not lines:
        return "现在没有转给您这里、等着答复的事。派单由社区和街道来做，有转来的我马上告诉您。"
    listed = "\n".join(lines)
    rest = f"\n另外还有 {more} 件，在网页上看全部。" if more > 0 else ""
    return f"转给您这里的事：\n{listed}{rest}\n认领回复“认领 编号”，办好回复“答复 编号 加上结果”。"


def with_department_line(number: str, category: str, place: str, words: str, who: str, *, emergency: bool) -> str:
    """One of them, and who has claimed it."""
    stands = f"（{who}认领了）" if who else "（没人认领）"
    return f"{desk_line(number, category, place, words, '', emergency=emergency)}{stands}"


def offered_to(number: str, name: str, *, has_place: bool) -> str:
    """One person is asked."""
    return f"{number} 已派给{name}，等着接单。" + ("" if has_place else f"\n{ask_where(number, after='您也可以')}")


def help_asked(number: str, name: str) -> str:
    """One person is asked to come along."""
    return f"{number} 已经有人接了，我请{name}去搭把手。"


def dispatch_whom(number: str, names: Sequence[str]) -> str:
    """A name is needed, and these could do it."""
    could = f"可以派给：{'、'.join(names)}。" if names else ""
    return f"派给谁？回复“派单 {number} 姓名”。{could}"


def which_person(names: Sequence[str]) -> str:
    """Several people have that name."""
    return f"叫这个名字的有好几位：{'、'.join(names)}。请写全名或手机尾号。"


def escalated(number: str, level: Level) -> str:
    """One level up."""
    return f"{number} 已上报到{LEVELS[level]}。"


def assigned(number: str, department: str, *, has_account: bool, contact: str) -> str:
    """To a department or partner."""
    if has_account:
        return f"{number} 已转给{department}（已转）。"
    return (
        f"{number} 已转给{department}（已转），对方没有账号，还不知道。\n"
        f"回复“链接 {number}”，我给您一个答复链接，请转给{contact or '他们'}。"
    )


def assign_whom(number: str, names: Sequence[str]) -> str:
    """Which department."""
    could = f"现在有：{'、'.join(names)}。" if names else ""
    return f"转给哪个部门？回复“转部门 {number} 名称”。{could}"


def link_for_whom(number: str, names: Sequence[str]) -> str:
    """A link is for whoever it was passed to, and it was passed to nobody yet."""
    return f"{number} 还没有转给哪家，链接是转了以后给没有账号的一方答复用的。\n{assign_whom(number, names)}"


def supervised(number: str) -> str:
    """Asked what keeps it."""
    return f"{number} 已督办，经办人和值班台都收到了。"


def rejected(number: str) -> str:
    """Not ours."""
    return f"{number} 已记为不予受理，原因告诉了居民。"


def held(number: str, until: str) -> str:
    """On hold."""
    return f"{number} 已挂起到{until}，到时自动接着办。"


def hold_how(number: str) -> str:
    """A date and a reason."""
    return f"挂到哪天、为什么？回复“挂起 {number} 到 12-01 等物业画线”。"


def merged(number: str, into: str) -> str:
    """Two are one."""
    return f"{number} 已并入 {into}，报的人会一起收到消息。\n弄错了，回复“拆开 {number}”。"


def merge_how(number: str) -> str:
    """Into which."""
    return f"并到哪一件？回复“合并 {number} 0008”。"


def claimed(number: str) -> str:
    """Taken on."""
    return f"{number} 已认领，居民会收到消息。办好回复“答复 {number} 加上结果”。"


def returned(number: str) -> str:
    """Not theirs."""
    return f"{number} 已退回，由街道定。"


def kept(number: str, department: str) -> str:
    """The street has decided that it stays with them."""
    return f"{number} 定了：仍由{department}办（已转），原因告诉了他们。"


def taken_in(number: str) -> str:
    """The community takes it in."""
    return f"{number} 定了：社区收回来办（待派），社区和居民都会知道。"


def link(number: str, party: str, hours: int) -> str:
    """A link to pass on; the address itself follows on a line of its own, this once."""
    return (
        f"{number} 的答复链接，请您转给{party}：{parties.hours(hours)}内有效，只能答复一次，打开能看到事情和地点。\n"
        f"没看到链接，再回复“链接 {number}”，以前的就作废了。"
    )


def push_down_how(communities: Sequence[str], entries: Sequence[str]) -> str:
    """Where to, and what may be pushed down."""
    where = f"可以下派到：{'、'.join(communities)}。" if communities else ""
    what = f"\n清单里有：{'、'.join(entries)}。" if entries else "\n准入清单还是空的，要下派请先问街道。"
    return f"下派什么事？回复“下派 社区 事项”。{where}{what}"


def pushed_down(number: str, community: str) -> str:
    """On the list."""
    return f"已下派到{community}，编号 {number}（待派）。办好了请您评价。"


def off_list(community: str) -> str:
    """Not on the list; the street may be asked."""
    return f"这件事不在{community}的准入清单里，先不下派，您的话我记下了。\n确实需要社区来做，可以请街道定："


ASK_STREET = "请街道定"
LEAVE_IT = "不下派了"


def street_asked() -> str:
    """The street is asked."""
    return "已经报给街道，定了我告诉您。"


def granted(number: str) -> str:
    """The street lets it through."""
    return f"已同意，编号 {number} 下派到社区了（待派），部门会收到消息。"


def denied() -> str:
    """The street does not."""
    return "已记下，不下派，部门会收到消息。"


def wishes(lines: Sequence[str]) -> str:
    """What waits for the street's word."""
    if not lines:
        return "没有等您定的下派申请。"
    listed = "\n".join(lines)
    return f"等您定的下派申请：\n{listed}\n同意回复“准入 序号”，不同意回复“不准入 序号”。"


def wish_line(wish: int, department: str, community: str, words: str) -> str:
    """One of them."""
    return f"{wish} {department} → {community}：{clip(words, 60)}"


def answered(number: str) -> str:
    """Answered."""
    return f"{number} 的答复已发给居民（待评）。"


def resolved(number: str) -> str:
    """Finished at the desk."""
    return f"{number} 记为办完（待评），已请居民评价。"


def duty_line(begins: datetime, names: Sequence[str]) -> str:
    """A shift that is to come."""
    return f"{clock(begins)} 起：{'、'.join(names) or '没有排人'}"


def duty(area: str, now: Sequence[str], until: datetime | None, coming: Sequence[str]) -> str:
    """Who is on duty now, and the shifts that begin within a day."""
    if not now and not coming:
        return f"{area}还没有排值班，有紧急情况我会通知所有同志。\n排好后在这里回复“值班”就能看到。"
    first, second = [*now, "", ""][:2]
    who = f"{first}{f'，{second}备勤' if second else ''}" if first else "没有排人，有紧急情况我会通知所有同志"
    here = f"{area}现在值班：{who}{f'，到 {clock(until)}' if until else ''}。"
    return "\n".join([here, *coming, "要换人，回复“值班 换 姓名”。"])


def duty_changed(area: str, first: str, second: str, until: datetime) -> str:
    """Somebody else is on duty until the end of the shift."""
    return f"好，{area}值班换成{first}{f'，{second}备勤' if second else ''}，到 {clock(until)}。只换这一班。"


def duty_nobody(area: str) -> str:
    """There is no shift now in which anybody could be changed."""
    return f"{area}现在没有排值班，有紧急情况我会通知所有同志。先请管理员把值班表排上。"


def handed_back(name: str) -> str:
    """The bot takes over again."""
    return f"已交回小应，{name}会收到消息。"


def reply_how() -> str:
    """How to answer in a handed-over chat."""
    return f"回复谁？写“回复 {chat('16')} 加上您的话”，是哪个对话，转来的消息里写着。"


def replied(name: str, colleague: str) -> str:
    """Passed on; perhaps a colleague was answering."""
    return f"已转给{name}。" + (f"\n{colleague}前面也在回，接下来的话转给您。" if colleague else "")


def brought(name: str) -> str:
    """Passed on to somebody whose chat is over."""
    return f"已带给{name}，说了是您的话；对方回复“人工”再找您。"


def chat_over(number: str, name: str, *, is_there: bool) -> str:
    """A chat that is named is over, and nothing was passed on."""
    over = f"{chat(number)} 已经结束，{name}回到小应了，话没有转。"
    if not is_there:
        return f"{over}\n对方现在联系不上，要紧的请打电话。"
    return f"{over}\n还想告诉对方，回复“留言 {chat(number)} 加上您的话”。"


def no_chat(number: str) -> str:
    """No chat of that number that they could answer."""
    return f"您这里没有{chat(number)}。是哪个对话，转来的消息里写着。"


def chat_ended(number: str) -> str:
    """Handed back already."""
    return f"{chat(number)} 已经结束了，不用再交回。"


def number_of_a_matter(number: str) -> str:
    """Words for a chat that name a matter instead."""
    return f"{number} 是居民反映的事，不是人工对话，话还没有转。\n给反映的居民带话，回复“留言 {number} 加上您的话”。"


def chat_or_matter(number: str) -> str:
    """A number that a chat and a matter have."""
    return f"{number} 是哪一个？话还没有转。"


def chat_choice(number: str, name: str) -> str:
    """The chat, to choose."""
    return f"{chat(number)}：{name}"


def matter_choice(number: str, category: str, place: str) -> str:
    """The matter, to choose."""
    return f"编号 {number}：{category}{' · ' + place if place else ''}"


def bring_choice(name: str) -> str:
    """Words that were written for a chat that is over, to bring all the same."""
    return f"把话带给{name}"


def summary(
    number: str,
    category: str,
    place: str,
    state: TicketState,
    words: str,
    opened: datetime,
    names: Sequence[str],
) -> str:
    """One ticket as the desk sees it in chat."""
    could = f"\n可以派给：{'、'.join(names)}" if names else ""
    return (
        f"{number} {category} · {place or '地方不清'}（{STATES[state]}，{clock(opened)}）\n“{clip(words, 120)}”{could}"
    )


# Short lines, for narrow phones: a line of a chat holds some sixteen characters.
HELP = (
    "值班的同志还可以：\n待派　看待派的事\n派单 编号 姓名\n转部门 编号 名称\n上报 编号 原因\n挂起 编号 到哪天 原因\n"
    "不予受理 编号 原因\n督办 编号　催一催\n链接 编号　给对方答复\n合并 编号 编号\n拆开 编号\n办结 编号 结果\n人工对话：\n回复 对话16 您的话\n交回 对话16　说完了\n"
    "值班　看谁值班\n值班 换 姓名\n公告 要说的话\n结束公告\n巡查重点 今天 什么事\n预警 什么天气"
)

HELP_STREET = "街道还可以：\n部门退回的事：\n仍由他办 编号 原因\n改派 编号 名称\n社区收回 编号\n部门想下派的事：\n准入 序号　不准入 序号"

HELP_DEPARTMENT = "部门还可以：\n待派　看转来的事\n认领 编号\n答复 编号 结果\n退回 编号 原因\n下派 社区 事项"

HELP_MEMBER = (
    "来帮忙的您还可以：\n待接单　我的任务\n接单　婉拒　到场　退单\n办结 编号 怎么办好的\n留言 编号 您的话\n"
    "求助 编号 原因　转派 编号 姓名\n请假 到哪天　上线\n接单时间 18-21　接单上限 3\n"
    "技能 修灯　认岗　我的岗位　退岗\n认亲　陪伴一户人家\n创单　自己张罗一件事"
)

HELP_RIDER = (
    "骑手还可以：\n停好车，拍照、发位置、\n打个数字，就报好一件。\n就这样　先报上去\n驿站　歇脚充电喝水\n"
    "优惠　维权　巡查\n进小区 小区名\n我的角色　常跑 社区名\n跑单时间 14-16\n不提醒　提醒"
)
