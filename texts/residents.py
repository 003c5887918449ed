"""What a resident reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from models.category import Level
from models.person import RoleKind
from models.ticket import TicketKind, TicketState
from models.windows import Window
from texts import initiatives
from texts.common import LEVELS, STATES, clip, clock, date_of, helper, when, window

PRIVACY = "您的话只给处理这件事的人看；想删除，回复“删除我的信息”。"


def received(
    number: str,
    category: str,
    place: str,
    promised: datetime,
    *,
    night_until: datetime | None,
    now: datetime,
    wished: Window | None = None,
    asks_time: bool = False,
) -> str:
    """A report is taken, and its place is known; `asks_time` where somebody is to come in and no time was said."""
    if wished is not None:
        head = f"已受理，编号 {number}。\n{category} · {place}，{window(wished, now=now)}"
        later = "现在是夜里，天亮我就" if night_until else "我这就"
        return f"{head}\n{later}去请人，{_answered_by(promised, now=now)}\n时间、地方说得不对，回一句就改。"
    later = (
        f"现在是夜里，值班的人{when(night_until, now=now)}开始处理；如果有危险请打 110 或 119。"
        if night_until
        else f"{when(promised, now=now)}前会有人联系处理，有进展我马上告诉您。"
    )
    after = ASKS_TIME if asks_time else "说得不对请直接告诉我，有照片也可以发来。"
    return f"已受理，编号 {number}。\n{category} · {place}\n{later}\n{after}"


def _answered_by(promised: datetime, *, now: datetime) -> str:
    """By when they hear whether somebody comes."""
    return f"有没有人来，{when(promised, now=now)}前给您准信。"


ASKS_TIME = "什么时候上门方便？回一句就行，比如“周六上午”。"


def visit_kept(number: str, said: str, wished: Window | None, *, now: datetime) -> str:
    """When it suits them that somebody comes, as it was understood, or in their own words."""
    time = window(wished, now=now) if wished is not None else clip(said, 40)
    return f"好的，方便的时间记下了：{time}（编号 {number}），去的人看得到。"


def about(category: str, *, is_service: bool = False) -> str:
    """What is understood when only the category, or the service, is."""
    return category if is_service else f"{category}的事"


def about_at(about: str, wished: Window, *, now: datetime) -> str:
    """The same with when somebody is wished for."""
    return f"{about}，{window(wished, now=now)}"


def received_without_place(number: str, understood: str, *, night_until: datetime | None, now: datetime) -> str:
    """A report is taken; where it is, is asked next."""
    later = (
        f"现在是夜里，值班的人{when(night_until, now=now)}开始处理；有危险请打 110 或 119。\n" if night_until else ""
    )
    return f"已受理，编号 {number}。\n{understood}。{later}{WHERE}"


WHERE = "请问在哪个小区、几栋附近？\n发文字或点“＋”发位置都行。"


def received_not_understood(number: str, *, asks_place: bool = False) -> str:
    """The words are kept for triage."""
    where = WHERE if asks_place else ""
    return (
        f"已受理，编号 {number}。\n您的话我记下了，值班人员今天会看。{where}\n"
        "如果着急，回复“人工”；想换个说法，直接再发一条就好。"
    )


def received_question(number: str, category: str, promised: datetime, *, now: datetime) -> str:
    """A question without a guide is passed to somebody who knows; `category` is empty where nobody knows yet."""
    about = f"您问的是{category}方面的事，" if category else "您问的我记下了，"
    return (
        f"已受理，编号 {number}。\n{about}我请社区的同志来答，{when(promised, now=now)}前回您。\n着急的话回复“人工”。"
    )


def received_suggestion(number: str, category: str) -> str:
    """A suggestion or a word of praise is kept and read."""
    kept = f"{category}的事，谢谢您说的这些。" if category else "谢谢您说的这些。"
    return (
        f"已受理，编号 {number}。\n{kept}社区的同志会看，有结果我告诉您。\n还想补充，回复“补充 {number} 加上您的话”。"
    )


def received_photo(number: str) -> str:
    """Photos came without words for half an hour."""
    return f"您先前发来的照片我交给社区的同志看了。已受理，编号 {number}。\n是什么事、在哪里，回复“补充 {number} 加上您的话”。"


def received_voice(number: str) -> str:
    """A voice message that nobody wrote down: staff listen to it."""
    return f"已受理，编号 {number}。\n您的语音收到了，社区的同志会听。\n方便的话打几个字说说在哪里，会更快。"


def received_voice_at(number: str, place: str) -> str:
    """The same where the place is known: its code was scanned before."""
    return f"已受理，编号 {number}。\n{place}，您的语音收到了，社区的同志会听。\n方便的话再打几个字，会更快。"


def danger(
    kind: str, number: str, on_duty: int, *, gas_phone: str, asks_place: bool = False, asks_what: bool = False
) -> str:
    """Whom to call comes first, in the first words; everything else after, and one question at most."""
    told = {0: "我同时在找社区值班的人。", 1: "我已经通知社区值班的同志。"}.get(
        on_duty, f"我已经通知社区值班的 {on_duty} 位同志，现在就联系您。"
    )
    after = f"\n编号 {number}。" if number else ""
    asks = f"\n{DANGER_WHERE}" if asks_place else f"\n{DANGER_WHAT}" if asks_what else ""
    return f"{call_first(kind, gas_phone)}\n{told}{after}{asks}"


def call_first(kind: str, gas_phone: str) -> str:
    """Whom to call, and what to do until they are there."""
    return DANGERS[kind].format(gas=f"119 和燃气抢修 {gas_phone}" if gas_phone else "119 和燃气公司（号码在缴费单上）")


def danger_place_kept(number: str, place: str) -> str:
    """The place of an emergency came."""
    return f"知道了，{place}。已经告诉社区值班的同志（编号 {number}）。"


def danger_place_unknown(number: str) -> str:
    """Words after an emergency that name no place we know; they were passed on. It may have been no emergency."""
    return f"这句话已经转给社区值班的同志（编号 {number}）。\n{DANGER_WHERE}\n要是没有危险，回复“弄错了”。"


def danger_news(number: str) -> str:
    """How an emergency goes on, in the words of whoever raised it."""
    return (
        f"谢谢您告诉我，这句话已经转给值班的同志（编号 {number}），他们再跟您核实一下。\n"
        "要是又有危险，请先打 119、120 或 110，再告诉我。"
    )


DANGER_WHAT = "出了什么事？说一句就行，好让来的人有准备。"
DANGER_WHERE = "您在哪个小区、几栋？发给我，或者点“＋”发位置，好让人赶过去。"

DANGERS = {
    "fire": "请马上拨打 119，先离开、关门、不坐电梯；楼道烟大就退回屋里，堵住门缝，到窗边呼救。",
    "gas": "请先离开屋子，不开灯不关灯、不点火、不在屋里打电话，出门时敞开门窗，到楼下再打 {gas}。",
    "trapped": "请马上拨打 119。电梯里的人按红色警铃，靠边站好，别扒门。",
    "shock": "请马上拨打 120 和 119，先拉电闸，别用手碰触电的人；电线掉在地上，离开十步以外。",
    "suicide": "请马上拨打 110 和 120，身边要有人陪着，别一个人待着。想说说话，心理援助热线 12356 一直有人。",
    "assault": "请马上拨打 110，先躲到安全、有人的地方。",
    "missing": "请马上拨打 110，不用等 24 小时。家里没动静的，敲敲门、喊一喊；走丢的，想一想穿什么衣服、最后在哪里。",
    "collapse": "请马上拨打 119，离开房子和墙边，叫邻居一起走。",
    "falling": "请马上拨打 110，离楼远一点，别从楼下走。",
    "medical": "请马上拨打 120，看着病人的呼吸，别挪动。",
    "drowning": "请马上拨打 119 和 120，别下水，扔绳子、竹竿、救生圈。",
    "unnamed": "请马上拨打 110；着火、有人被困打 119，有人急病、受伤打 120。",
}


def stored_for_later() -> str:
    """The database is away; the message is kept in a file."""
    return "已收到，稍后回复您。"


def added(number: str) -> str:
    """More words or a photo for a ticket."""
    return f"好的，补在 {number} 里了，处理的人看得到。"


def photo_added(number: str) -> str:
    """A photo for the ticket just opened."""
    return f"照片收到了，放在 {number} 里，处理的人看得到。"


def photo_held() -> str:
    """A photo before any words."""
    return "照片收到了。是什么事、在哪里？发一句话给我就行。"


THINGS = {"image": "照片", "voice": "语音", "video": "视频"}
"""What somebody sent, by its kind."""


def photo_refused(why: str, kind: str, number: str) -> str:
    """What was sent could not be kept, and why; `number` is that of the speaker's own matter, if it belongs to one."""
    what = THINGS.get(kind, "照片")
    said = {
        "not_a_photo": f"您刚发来的这份不是{what}，我打不开。\n换一张手机拍的照片再发一次就好。",
        "too_big": f"您刚发来的{what}太大，我没能收下。\n截个图，或者拍小一点再发一次就好。",
        "heic": "您刚发来的照片是手机的 HEIC 格式，我打不开。\n给照片截个屏，把截屏发来就行；或者直接在聊天里点“拍摄”。",
        "broken": f"您刚发来的{what}打不开，可能没传完整。\n方便的话请再发一次。",
        "lost": f"您先前发来的{what}没能传到我这里，不是您的问题。\n方便的话请再发一次。",
    }[why]
    return f"{said}{f'您反映的事（编号 {number}）照常在办。' if number else '打几个字说给我听也行。'}"


def place_held() -> str:
    """A location before any words."""
    return "位置收到了。那里是什么情况？发一句话或一张照片给我。"


POINT = "您发的位置"


def location_added(number: str, place: str) -> str:
    """A location for the ticket just opened."""
    return f"位置收到了，记在 {number} 里：{place}。"


def place_kept(
    number: str,
    place: str,
    promised: datetime,
    *,
    wished: Window | None = None,
    now: datetime,
    asks_time: bool = False,
) -> str:
    """The missing place came, in words or by a point on the map."""
    if wished is not None:
        return (
            f"好的，{number} 记在{place}，{window(wished, now=now)}。\n我这就去请人，{_answered_by(promised, now=now)}"
        )
    after = f"\n{ASKS_TIME}" if asks_time else ""
    return f"好的，{number} 记在{place}。\n{when(promised, now=now)}前会有人联系处理，有进展我马上告诉您。{after}"


def place_unknown(number: str, said: str) -> str:
    """Words about the place that match nothing in the tree."""
    return (
        f"好的，记在 {number} 里了：{clip(said, 40)}。\n社区的同志会核对地方；知道小区名和几栋的话，再发我一次会更快。"
    )


PLACE_BY_SIGNS = "不知道叫什么也没关系：说说旁边有什么店、什么路，或者点“＋”发位置、拍张照片，都行。"
"""Whoever was asked for the place does not know what it is called."""


def addition_or_new(number: str, stands: TicketState | None = None) -> str:
    """Words came that may be another matter; they are kept with the ticket meanwhile, and how it `stands` is told."""
    now = f"这件事还没办完：{AFTER[stands]}。" if stands in AFTER and stands is not TicketState.RESOLVED else ""
    return f"这句话我先记在 {number} 里了。{now}\n是补充，还是新的一件事？"


ADDITION = "是补充"


def as_addition(said: str) -> str:
    """A number as words for the matter that is just being told."""
    return f"补充“{clip(said, 12)}”"


NEW_MATTER = "新的一件事"


def one_matter(category: str, words: str) -> str:
    """One of the two matters of a report."""
    return f"{category}：{clip(words, 24)}"


def two_matters(number: str, first: str, second: str) -> str:
    """A report brings two matters; all of it is kept, and the second may get a number of its own."""
    return f"已受理，编号 {number}。\n您说了两件事：\n① {first}\n② {second}\n分别受理吗？"


APART = "分别受理"
TOGETHER = "一起受理"


def kept_as_addition(number: str) -> str:
    """It was an addition after all."""
    return f"好的，就记在 {number} 里。"


def corrected_category(number: str, category: str) -> str:
    """The resident said what it really is."""
    return f"改好了，{number} 是{category}的事。谢谢您告诉我。"


def corrected_place(number: str, place: str) -> str:
    """The resident said where it really is."""
    return f"改好了，{number} 在{place}。谢谢您告诉我。"


def correction_kept(number: str) -> str:
    """A correction that could not be matched is kept for staff."""
    return f"好的，我记在 {number} 里了，社区的同志会改过来。"


def nothing_open() -> str:
    """Progress was asked, and nothing is open."""
    return "您现在没有正在办的事。\n要报事，直接把情况发给我就行。"


def open_list() -> str:
    """The head of the list of one's own open tickets."""
    return "您正在办的事：\n想看哪一件？"


def open_line(number: str, category: str, place: str, state: TicketState) -> str:
    """One of one's own tickets."""
    return f"{number} {category}{' · ' + place if place else ''}（{STATES[state]}）"


def progress(
    number: str,
    category: str,
    place: str,
    state: TicketState,
    history: Sequence[str],
    due: datetime | None,
    *,
    suits: str = "",
    lacks_place: bool = False,
    kind: TicketKind = TicketKind.REPORT,
    now: datetime,
    is_theirs: bool = True,
    doing: str = "",
) -> str:
    """One ticket's history in plain words, with when somebody is wished for, and what is missing to look for them, for
    whoever told it or, not `is_theirs`, has to do with it; `doing` where more than its state is known of what is being
    done.
    """
    lines = [f"编号 {number}：{category}{' · ' + place if place else ''}"]
    lines += [f"约的时间：{suits}"] if suits else []
    lines += history[-6:]
    if lacks_place:
        return "\n".join([*lines, f"现在：{STATES[state]}，{PLACE_MISSING}"])
    own = initiatives.NOW.get(kind, {}).get(state)
    after = own or doing or (AFTER if is_theirs else AFTER | {TicketState.RESOLVED: "等居民评价"}).get(state, "")
    waits = state in (TicketState.NEW, TicketState.OFFERED, TicketState.ACCEPTED, TicketState.ASSIGNED)
    if own is None and waits and due:
        soon, late = ("给您消息", "比说好的晚了，社区已经在催") if is_theirs else ("要有进展", "已经过了时间")
        after = f"{after}，{when(due, now=now)}前{soon}" if due > now else f"{after}，{late}"
    lines.append(f"现在：{STATES[state]}{'，' + after if after else ''}。")
    return "\n".join(lines)


def is_done(number: str, at: datetime, *, may_be_judged_anew: bool) -> str:
    """A matter is over: since when, and what to do if it is not."""
    otherwise = f"回复“改评 {number} 3”，我退回重办" if may_be_judged_anew else "直接再说一次，我重新登记"
    return f"{clock(at)} 办好的。要是没好，{otherwise}"


PLACE_MISSING = "还不知道在哪里，没法请人去。\n请回一句小区名和几栋，或者点“＋”发位置，我马上去请人。"

AFTER = {
    TicketState.NEW: "正在找人处理",
    TicketState.OFFERED: "正在等人接单",
    TicketState.ACCEPTED: "有人在办",
    TicketState.ASSIGNED: "职能部门在办",
    TicketState.RESOLVED: "等您评价，回复“评价 编号 1”满意、2 不满意、3 没解决",
    TicketState.HELD: "要等一等",
}

_HISTORY = {
    "open": "您说了这件事",
    "add": "您补充了情况",
    "correct": "更正了是什么事",
    "locate": "更正了地方",
    "offer": "请人接单",
    "accept": "有人接单",
    "expire": "还没有人接，接着请别人",
    "join": "又有一位一起来",
    "release": "接的人去不了，社区重新安排",
    "arrive": "人到了现场",
    "finish": "办完了，请您评价",
    "evaluate": "您评价了",
    "reopen": "您说没解决，退回重办",
    "reevaluate": "您改了评价，或补了一句",
    "auto_close": "评价的日子过了，先收起来了",
    "withdraw": "您撤回了",
    "urge": "您催了一次",
    "escalate": "交到上一级",
    "assign": "转给职能部门",
    "claim": "职能部门接了",
    "return": "职能部门退回，街道重新安排",
    "keep": "街道定了，仍由职能部门办",
    "take_in": "社区收回来办",
    "hold": "暂时办不了，先挂着",
    "resume": "接着办",
    "reject": "这次没能办，已说明原因",
    "merge": "和邻居说的同一件事合在一起办",
    "unmerge": "分开单独办",
    "gather": "有邻居说了同一件事，合在一起办",
    "take_over": "先说的邻居撤回了，按您的编号接着办",
    "split": "分成几步，分头去办",
    "miss_limit": "没按时办好，社区在催",
    "take_on": "换了一位同志来办",
    "call_back": "社区打电话问过您",
    "call_reopen": "您在电话里说没解决，退回重办",
    "relay": "您带了话",
}

_HISTORY_OF_ONE_REPORTER = {"merge": "和您说的另一件合在一起办", "gather": "您又说了一次，合在一起办"}
"""Where both matters are of whoever reads it."""

_HISTORY_BY = {"arrive": "{who}到了现场", "relay": "{who}带了话"}
"""Where it is said who did it."""


_HISTORY_OF_OTHERS = {
    "open": "有人说了这件事",
    "add": None,
    "evaluate": None,
    "reopen": "有邻居说没解决，退回重办",
    "reevaluate": None,
    "withdraw": "撤回了",
    "urge": None,
    "relay": None,
}
"""What somebody else did, where the words above say 您."""


_HISTORY_OF_RESIDENTS = {
    "open": "居民说了这件事",
    "add": "居民补充了情况",
    "finish": "办完了，请居民评价",
    "evaluate": "居民评价了",
    "reopen": "居民说没解决，退回重办",
    "reevaluate": "居民改了评价，或补了一句",
    "withdraw": "居民撤回了",
    "urge": "居民催了一次",
    "take_over": "先说的居民撤回了，按这个编号接着办",
    "call_back": "社区打电话问过居民",
    "call_reopen": "居民在电话里说没解决，退回重办",
    "relay": "居民带了话",
}
_HISTORY_OF_ONES_OWN = {
    "add": "您补充了情况",
    "accept": "您接了单",
    "join": "您说一起去",
    "arrive": "您到了现场",
    "relay": "您带了话",
}
"""The same for whoever has to do with it and did not tell it."""


def history_line(
    at: datetime,
    action: str,
    *,
    kind: TicketKind = TicketKind.REPORT,
    is_own: bool = True,
    who: str = "",
    is_theirs: bool = True,
    is_of_one: bool = False,
) -> str | None:
    """One line of history, or None for what does not concern the reader; `is_own` for what they did, `who` where
    somebody did it for them, `is_theirs` where they told the matter themselves, `is_of_one` where they told the other
    one, too.
    """
    if is_of_one and is_theirs and action in _HISTORY_OF_ONE_REPORTER:
        return f"{clock(at)} {_HISTORY_OF_ONE_REPORTER[action]}"
    words = initiatives.HISTORY.get(kind, {}).get(action) or _HISTORY.get(action)
    if not is_theirs:
        words = _HISTORY_OF_RESIDENTS.get(action, words)
        if is_own and action in _HISTORY_OF_ONES_OWN:
            return f"{clock(at)} {_HISTORY_OF_ONES_OWN[action]}"
    elif not is_own:
        words = _HISTORY_OF_OTHERS.get(action, words)
    if who and action in _HISTORY_BY:
        words = _HISTORY_BY[action].format(who=who)
    return f"{clock(at)} {words}" if words else None


def alarmed(at: datetime, whom: Sequence[str]) -> str:
    """A line of history: who was alarmed of an emergency."""
    more = f"等 {len(whom)} 位" if len(whom) > 3 else ""
    return f"{clock(at)} 通知了{'、'.join(whom[:3])}{more}"


def alarm_stands(who: str) -> str:
    """What is being done about an emergency: `who` has answered, or nobody yet."""
    return f"{who}在跟" if who else "正在叫值班的同志"


def urged_emergency(kind: str, number: str, who: str, told: Sequence[str], *, gas_phone: str) -> str:
    """Whom to call comes first here too; then `who` has answered, or else who was `told`."""
    first = call_first(kind, gas_phone) if kind else "有危险请先打 119、120 或 110。"
    whom = f"{'、'.join(told[:3])}{f'等 {len(told)} 位' if len(told) > 3 else ''}"
    stands = f"{who}已经在跟" if who else f"已经通知了{whom}，还没有人回话" if told else "正在叫值班的同志"
    return f"{first}\n编号 {number}：{stands}。您催的这一声，我马上转过去了。"


SAME = "是，有消息一起告诉我"
DIFFERENT = "不是，是另一件事"


def joined(number: str, own_other: str = "") -> str:
    """The matter goes on in a neighbour's, or in an earlier one of their own."""
    if own_other:
        return (
            f"好的，合在一起办，两件都记在编号 {own_other} 里。\n"
            f"有消息我告诉您，办好了请您评。弄错了，回复“拆开 {number}”。"
        )
    return (
        f"好的，合在一起办，您的编号还是 {number}。\n有消息我一起告诉您，办好了也请您评。弄错了，回复“拆开 {number}”。"
    )


def stays_apart(number: str) -> str:
    """Two matters."""
    return f"好的，{number} 单独办，有进展我马上告诉您。"


def taken_apart(number: str) -> str:
    """A merged matter goes its own way again."""
    return f"好的，{number} 分开单独办了（待派），有进展我马上告诉您。"


ANNOUNCEMENT_CHOICES = ("没有，就是这件事", "还有别的情况")


def announcement_covers(number: str) -> str:
    """The announcement is all there is to it."""
    return f"好的，编号 {number} 跟着这件事一起办，有新消息我马上告诉您。"


def announcement_is_not_all(number: str) -> str:
    """There is more to it than was announced."""
    return f"好的，编号 {number} 单独安排人处理。\n还有什么情况？直接说给我听，照片也可以。"


VERB_ADD, VERB_WITHDRAW, VERB_URGE, VERB_EVALUATE = "补充", "撤回", "去催", "记下评价"
VERB_ACCEPT, VERB_DECLINE, VERB_RELEASE = "记您接单", "记您婉拒", "退回"
VERB_ARRIVE, VERB_FINISH, VERB_RELAY = "记您到场", "记为办完", "带话"
VERB_UNMERGE, VERB_SHOW = "分开办", "说给您听"


def which_ticket(verb: str) -> str:
    """A command without a number, and several tickets it could mean."""
    return f"您说的是哪一件？选一个，我就{verb}。"


def withdrawn(number: str) -> str:
    """The resident took it back."""
    return f"好的，{number} 撤回了。以后再有事，直接告诉我。"


def is_it_over(number: str, category: str, place: str, *, again: bool = False) -> str:
    """The resident says that a matter is over or no longer needed; their words are kept with it. `again` while they are
    being asked already.
    """
    if again:
        return f"也记在 {number} 里了。还办不办，选一个就行："
    about = f"{category} · {place}" if place else category
    return f"好的，这句话记在 {number}（{about}）里了。\n这件事不用再办了，还是接着办？"


NO_LONGER_WANTED, STILL_WANTED = "不用办了", "还要办"


def which_is_over(*, again: bool = False) -> str:
    """The same, and several matters it could be; without an answer all of them go on."""
    if again:
        return "回一个数字，我就撤回那一件："
    return "您说的是哪一件？选一个，我就撤回，办的人会知道。\n都还要办，就不用回。"


def urged(number: str, who: str, *, later: datetime | None, now: datetime) -> str:
    """Whoever has it is reminded, `later` where nobody is disturbed now."""
    if later is not None:
        return f"好的，{number} 在{who}手上。夜里先不打扰，{when(later, now=now)}我去催，有消息马上告诉您。"
    return f"好的，我催过了：{number} 在{who}手上，有消息马上告诉您。"


def urged_unaccepted(number: str, asked: int, *, later: datetime | None, now: datetime) -> str:
    """Nobody has it yet: who was `asked`, and the desk, are told."""
    whom = f"请过的 {asked} 位和社区值班的同志" if asked else "社区值班的同志"
    if later is not None:
        return f"好的，{number} 还在找人接。夜里先不打扰，{when(later, now=now)}我告诉{whom}，有人接了马上告诉您。"
    return f"好的，我催过了：{number} 还在找人接，您的话已经转给{whom}，有人接了马上告诉您。"


def urged_without_place(number: str) -> str:
    """Nobody can be asked to go: what is missing, and how to tell it."""
    return f"{number} {PLACE_MISSING}"


def urged_on_hold(number: str, until: datetime | None) -> str:
    """It waits for a day."""
    goes_on = f"要等到{date_of(until)}接着办" if until else "要等一等"
    return f"好的，{number} {goes_on}。您的话我转给社区了，有消息马上告诉您。"


def evaluated(number: str, answer: int, hours: int, *, is_over: bool = True, asks_why: bool = False) -> str:
    """The judgement is kept; a matter that others told too is over when they have judged."""
    thanks = "谢谢您告诉我，" + ("很高兴解决了。" if answer == 1 else "解决了就好，没办到位的地方我转给社区。")
    why = "\n哪里没办到位，您愿意说一句吗？" if asks_why else ""
    return (
        f"{thanks}编号 {number} {'已结' if is_over else '记下了'}。{why}\n"
        f"选错了，{hours} 小时内回复“改评 {number}”可以改。"
    )


def explained(number: str, *, or_new: bool) -> str:
    """Why a result that stands was not good; words that name a matter may be one of their own."""
    ask = "\n要是另一件事，选一下：" if or_new else ""
    return f"好的，记在 {number} 的评价里了，社区的同志看得到。{ask}"


def judged_before(number: str, answer: int) -> str:
    """Words about a result that was judged already: nothing changes before one of the answers is chosen."""
    return (
        f"编号 {number} 您评的是“{EVALUATION_CHOICES[answer - 1]}”。\n"
        "说的是别的事，直接把情况告诉我；要改评价，选一个："
    )


def what_matter() -> str:
    """Words about a result from somebody who has no matter here."""
    return "您说的是哪件事？在哪里、怎么回事，说一句给我听，我马上登记。"


def reopened(number: str, level: Level, promised: datetime, *, now: datetime) -> str:
    """Not solved: it goes back."""
    return (
        f"对不起，没办好。编号 {number} 已经退回{LEVELS[level]}重办（待派），{when(promised, now=now)}前给您回话。\n"
        "哪里没解决，您愿意说一句吗？"
    )


def reopened_with_words(number: str, level: Level, promised: datetime, *, now: datetime) -> str:
    """Not solved, and the resident already said why."""
    return (
        f"对不起，没办好。您说的我记下了，编号 {number} 已经退回{LEVELS[level]}重办（待派），"
        f"{when(promised, now=now)}前给您回话。"
    )


def ask_evaluation(number: str) -> str:
    """The choices were asked for again."""
    return f"编号 {number} 办得怎么样？请评价："


PHOTOS, PHOTOS_AFTER, PHOTOS_BEFORE = "办好前后的照片", "办好以后", "反映的时候"


def judgement_kept(number: str) -> str:
    """Words about a result that leave open which answer they are."""
    return f"您说的我记在编号 {number} 里了。为了不弄错您的意思，请选一个："


EVALUATION_CHOICES = ("解决了，满意", "解决了，不满意", "没解决")


def relayed(number: str) -> str:
    """Words were passed on."""
    return f"话带到了（{number}）。对方回了我马上告诉您，双方都看不到号码。"


def relay_what(number: str) -> str:
    """A message without words."""
    return f"您想对接单的人说什么？回复“留言 {number} 加上您的话”。"


def addition_what(number: str) -> str:
    """An addition without words."""
    return f"您要给 {number} 补充什么？直接发给我，照片也行。"


def help_resident(name: str) -> str:
    """What one can do here."""
    return (
        f"我是小应，{name}的帮手。\n有事直接说，照片、语音都行：\n“6栋2单元楼上很吵”\n“周六上午想请人理发”\n"
        "“居住证怎么办”\n也可以回复这些词：\n进度　催办　补充　撤单\n我家　我的网格员　代报\n留言　我的预约　积分　绑定\n"
        "想帮忙：报到、骑手报到\n人工　找人说话\n取消　不继续了"
    )


def greeting() -> str:
    """A good day."""
    return "您好，我是小应。小区里有什么事，直接说给我听就行，照片、位置也可以。\n想找人，回复“人工”。"


def welcome(name: str) -> str:
    """Somebody follows the account or opens the app."""
    return (
        f"您好，我是小应，{name}的帮手。\n小区里有什么事，直接说给我听，我请人来办，办得好不好由您说了算。\n"
        "怎么用，回复“帮助”；找人，回复“人工”。"
    )


def thanks() -> str:
    """You are welcome."""
    return "不客气，有事随时叫我。"


def nodded(*, is_waiting: bool) -> str:
    """A thumb or another friendly sign; where something `is_waiting` for an answer, it stays open."""
    return "好的。刚才问您的，回一句话或者一个数字就行。" if is_waiting else "好的，有事随时叫我。"


def scolded() -> str:
    """Somebody is cross with whoever answers here, and says no matter."""
    return "对不起，让您生气了。\n是哪件事没办好？在哪里、怎么回事，说一句给我听，我马上登记。也可以："


def what_is_it() -> str:
    """No word came that could be about anything."""
    return (
        "您想说什么事？在哪里、怎么回事，说一句就行，照片、语音也可以。\n有危险请马上打 110、119 或 120。也可以看看："
    )


WAYS_ON = {"human": "找社区的人说", "progress": "看我的事办到哪了", "help": "怎么用"}
"""What whoever said no matter may do, by command."""


def cancelled() -> str:
    """Left what was going on."""
    return "好的，不继续了。有事直接说，或者回复“帮助”。"


LEFT_STAFF = "您和社区同志的对话先到这里；想接着说，回复“人工”。"
"""A last line: what was tapped in a handed-over chat needs words, so the bot listens again."""


def handed_over_already() -> str:
    """A human is asked for in a chat that one reads already."""
    return "社区的同志在看您的话，直接说就好。回复“取消”可以回到小应。"


def number_to_staff(said: str) -> str:
    """A number in a handed-over chat, while choices of the bot are open: it is no answer to them."""
    return f"“{clip(said, 8)}”我转给社区的同志了，没有当作小应的选项。想用小应，先回复“取消”。"


def back_from_staff() -> str:
    """Left a handed-over chat."""
    return "好的，小应回来了。前面的话社区的同志都看得到。有事直接说给我听。"


def nothing_to_cancel() -> str:
    """Cancel, with nothing going on."""
    return "现在没有要取消的。要撤回报过的事，回复“撤单 加编号”。"


def no_question(number: int) -> str:
    """A bare number with nothing open."""
    return f"您发的“{number}”，我没对上是哪件事。\n想看进度回复“进度”；要报事，直接把情况发给我。"


def choose_within(most: int) -> str:
    """A number beyond the choices."""
    return f"刚才只有 1 到 {most} 可以选，您看选哪个？"


def which_question() -> str:
    """A number that could answer several questions."""
    return "我怕弄错，您这是在答哪一件？"


def typo(said: str) -> str:
    """Probably a command with a slip."""
    return f"您是想说“{said}”吗？\n回复 1 就按这个办；是要报事的话，把情况多说一句。"


YES = "是"


def not_yet(what: str) -> str:
    """A command whose part is still being built."""
    return f"“{what}”尚未开通，开通了我告诉您。\n现在能做什么，回复“帮助”。"


def home_ask() -> str:
    """Where do you live."""
    return "您住哪个小区、几栋？直接发给我，或者发楼门口贴的编号（比如 A6）。\n不想说，回复“取消”。"


LIVES_HERE = "我住这里，记下来"


def stands_at(place: str) -> str:
    """The code of a place was scanned."""
    return f"这里是{place}。\n有什么事直接说，一句话就行，照片也可以发来，不用再写地址。"


def scanned_meanwhile(place: str) -> str:
    """The same while something else is waited for, which stays open."""
    return f"这里是{place}。\n刚才问您的还等着您回；不办了回复“取消”，再扫一次就行。"


def scanned_with_staff(place: str) -> str:
    """The same while staff answer."""
    return f"这里是{place}。\n现在是社区的同志在回您，把地方和事情打出来就行。"


def home_kept(place: str, grid: str) -> str:
    """The home is kept."""
    who = f"\n您这栋的网格员是{grid}。" if grid else ""
    return f"记住了，您住{place}。以后说“6栋”这样的话我就知道是哪里。{who}"


def home_room_consent(place: str) -> str:
    """A room number came along; whether it may be kept is asked by itself."""
    return f"记住了，您住{place}。门牌号要不要也记下？只给上门办事的人看，随时可以删。"


CONSENT_CHOICES = ("记下", "不用，只记到楼栋")


def room_kept() -> str:
    """The room number is kept."""
    return "好的，门牌号也记下了，只给上门办事的人看。"


def room_not_kept() -> str:
    """Only the building is kept."""
    return "好的，只记到楼栋。"


def home_unknown(said: str) -> str:
    """No such building here."""
    return f"“{clip(said, 20)}”我没找到。请说小区名和几栋，比如“香樟花园6栋”，或者发楼门口的编号。"


def my_grid(place: str, chain: Sequence[tuple[str, str, str]]) -> str:
    """Who looks after the building, from near to far."""
    lines = [f"{place}，有事可以找："]
    lines += [f"{area}{role}：{name}" for area, role, name in chain[:4]]
    lines.append("直接把事情说给我听也行，我去找他们。")
    return "\n".join(lines)


def my_grid_none(place: str) -> str:
    """Nobody is named for the building."""
    return f"{place}还没有登记网格员，您的事由社区的同志直接管。\n直接说给我听就行。"


def for_others_ask() -> str:
    """Reporting for somebody else."""
    return "好的，帮谁报？请说一句：谁、在哪里、什么事。比如“3栋的刘奶奶家厨房漏水”。\n不报了，回复“取消”。"


def for_others_received(text: str) -> str:
    """The report for somebody else is taken."""
    return f"{text}\n（您代邻居报的，有消息我告诉您。）"


def handed_over(name: str, *, open_now: bool, opens: datetime, now: datetime) -> str:
    """Staff take over."""
    if open_now:
        who = f"社区的{name}" if name else "社区值班的同志"
        return f"已请{who}接手，看得到您前面的话。上班时间一般 10 分钟内回您；回复“取消”可以回到小应。"
    return f"现在没到上班时间，{when(opens, now=now)}有人。\n您先把事情说给我听，我给您登记；有危险请打 110 或 119。"


def handed_over_off_hours(number: str, *, opens: datetime, now: datetime) -> str:
    """Nobody is at the desk: a ticket waits for them."""
    return (
        f"现在没到上班时间，{when(opens, now=now)}有人回您。\n已受理，编号 {number}。\n"
        "想先说说情况，直接发给我；有危险请打 110 或 119。"
    )


def erase_ask() -> str:
    """What erasing means."""
    return (
        "删除后，您的姓名、电话、住址、说过的话和发来的照片都会清掉，找不回来；事情办没办的记录会留着，但不再写是谁。\n"
        "正在办的事会撤回。确定要删除吗？"
    )


ERASE_CHOICES = ("确定删除", "先不删")


def erased() -> str:
    """Erased."""
    return "已经删除了。以后再有事，直接说给我听就行。"


def not_erased() -> str:
    """Not erased."""
    return "好的，什么都没有动。"


def bind_code(code: str, minutes: int) -> str:
    """A one-time code to join two identities."""
    return f"您的绑定码是 {code}，{minutes} 分钟内有效。\n到另一边（公众号或企业微信）给我发“绑定 {code}”，两边就连成一个人。"


def bound() -> str:
    """Two identities are one now."""
    return "绑定好了，两边是同一个您。消息会发到您方便的那一边。"


def bound_to_self() -> str:
    """The code was typed where it was made."""
    return "这个绑定码要发到另一边（公众号或企业微信）才有用。"


def quit_done(roles: Sequence[RoleKind]) -> str:
    """Left a role."""
    names = "、".join(sorted({helper(role, "").split(" ")[0] for role in roles})) or "身份"
    return f"好的，您的{names}身份已经退出，没办完的事社区会接着安排。谢谢您帮过的忙。"


def quit_nothing() -> str:
    """No role to leave."""
    return "您没有登记过党员、志愿者或骑手的身份，不用退出。\n想删除自己的信息，回复“删除我的信息”。"


def waiting_head(count: int) -> str:
    """News that could not be pushed rides along."""
    return f"您有{count}条新消息："


def again() -> str:
    """Something went wrong on our side, and nothing was lost."""
    return "刚才没记上，麻烦您再发一次。着急的话回复“人工”。"


def stale() -> str:
    """A tap on something that is over."""
    return "这个选项已经过了，没有改动什么。想看现在的情况，回复“进度”。"


GRID_WORKER, SECRETARY = "网格员", "党组织书记"
GRID_TITLE = "老师"

NEIGHBOUR = "一位居民"

SENT = {
    "image": "（发来一张照片）",
    "video": "（发来一段视频）",
    "voice": "（发来一段语音）",
    "location": "（发来一个位置）",
}
