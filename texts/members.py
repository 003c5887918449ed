"""What members, grid workers and everybody who takes tasks read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from models.ticket import TicketKind, TicketState
from texts.common import STATES, ask_where, clip, day, when, within

ACCEPT, DECLINE, COME_ALONG, DETAILS = "接单", "这次不方便", "一起去", "看详情"
THERE, DONE, WANT_HELP, CANNOT = "我到现场了", "办好了", "想要个帮手", "这次去不了"
GIVE_BACK = "退回"
VERB_HELP, VERB_HAND_ON = "请人搭手", "去问同事"
TO_RESIDENT, OTHER_MATTER = "转给居民", "是另一件事"


def accepted(
    number: str, place: str, room: str, contact: str, words: str, phone: str = "", *, to_know: str = ""
) -> str:
    """The offer is theirs; only now they see what the task needs."""
    call = f"（电话 {phone}）" if phone else ""
    where = f"{place}{' ' + room if room else ''}{call}"
    first = f"要上门的话，先叫上网格员{contact}。" if contact else "要上门的话，先给社区打个招呼。"
    return (
        f"接单成功，编号 {number}。\n{where}，{first}\n{_told(words, to_know)}"
        f"到了回复“到场 {number}”，办好回复“办结 {number} 加一句话”，可以发照片。\n"
        f"想问一句回复“留言 {number} 加上您的话”；去不了回复“退单 {number}”，不要紧。"
    )


def _told(words: str, to_know: str) -> str:
    """What was said of a task, and what else is to be known, each on lines of their own."""
    said = f"“{clip(words, 60)}”\n" if words.strip() else ""
    return f"{said}{to_know}\n" if to_know else said


def see_photos(address: str) -> str:
    """Whoever has a task may see what was sent with it."""
    return f"反映时的照片：{address}"


def to_know(kind: TicketKind, suits: str, again: str) -> str:
    """When it suits the resident, or when it takes place, and what was not settled the last time in their words; empty
    for neither.
    """
    when = f"{'时间' if kind is TicketKind.ACTIVITY else '居民方便的时间'}：{suits}。" if suits else ""
    left = f"上次没解决的是：“{clip(again, 60)}”" if again else ""
    return "\n".join(filter(None, (when, left)))


def going_in_twos(place: str) -> str:
    """The first of two has accepted."""
    return f"这件事两个人一起去{'更稳妥' if place else '才好'}，我正在请第二位，找到就告诉您。"


def free_times(start: int, end: int) -> str:
    """When they like to be asked."""
    return (
        f"记好了，只在 {start} 点到{'次日 ' if end < start else ' '}{end} 点之间请您。随时都行就回复“接单时间 全天”。"
    )


def free_any_time() -> str:
    """At any hour."""
    return "记好了，白天晚上有合适的单都来问您，夜里 10 点到早上 7 点除非急事不打扰。"


def free_times_when() -> str:
    """Which hours."""
    return "您几点到几点方便？比如回复“接单时间 18-21”；随时都行就回复“接单时间 全天”。"


def most_offers(most: int) -> str:
    """How many at a time."""
    return f"记好了，等您回话的单最多 {most} 件，多了先请别人。"


def most_offers_how() -> str:
    """How many at a time: a number is needed."""
    return "同时最多请您看几件？回复“接单上限 3”这样就行，1 到 9 都可以。"


ALL_DAY = ("全天", "随时", "都行", "都可以", "不限")


def accepted_without_place(number: str, words: str, *, to_know: str = "") -> str:
    """The task has no place yet."""
    return (
        f"接单成功，编号 {number}。\n{_told(words, to_know)}{ask_where(number)}\n"
        f"办好回复“办结 {number} 加一句话”；去不了回复“退单 {number}”，不要紧。"
    )


def joined(number: str, place: str, room: str, partner: str, words: str, phone: str, *, to_know: str = "") -> str:
    """They go along."""
    call = f"（电话 {phone}）" if phone else ""
    where = f"{place}{' ' + room if room else ''}{call}，先在门口会合。" if place else "地方还没说清。"
    return (
        f"接单成功，编号 {number}，您和{partner}一起去。\n{where}\n{_told(words, to_know)}"
        f"约时间回复“留言 {number} 加上您的话”，到了回复“到场 {number}”；办结由{partner}来说。\n"
        f"去不了回复“退单 {number}”，不要紧。"
    )


def goes_along(partner: str) -> str:
    """Somebody is on the task already; a last line."""
    return f"\n{partner}会和您一起去。"


def left(number: str) -> str:
    """They do not go along any more."""
    return f"好的，{number} 我告诉搭档，另外请人搭伴，不要紧。谢谢您愿意来。"


def help_what(number: str) -> str:
    """Help is wanted, and nothing said yet."""
    return f"{number} 想要什么样的帮手？说一句给对方听，比如“要抬柜子，两个人才行”。\n不用了，回复“取消”。"


def help_called(number: str) -> str:
    """Somebody is looked for."""
    return f"好的，{number} 我请附近的人来搭把手，有人来、没人来都马上告诉您。这期间还由您办。"


def hand_on_whom(number: str, names: Sequence[str]) -> str:
    """A colleague is to be named."""
    if not names:
        return f"{number} 现在没找到可以托的同事。去不了回复“退单 {number}”，不要紧；找人商量回复“人工”。"
    return f"{number} 想托给谁？选一个，或者回复“转派 {number} 姓名”。对方答应以前还由您办。"


def hand_on_which(names: Sequence[str]) -> str:
    """Several people have that name."""
    return f"叫这个名字的有好几位：{'、'.join(names)}。请写全名。"


def hand_on_asked(number: str, name: str) -> str:
    """The colleague is asked."""
    return f"好的，{number} 我去问{name}，答应了马上告诉您；在这以前还由您办。"


def to_resident_or_new(number: str) -> str:
    """Words right after a task was taken: they are kept, and whom they are for is asked."""
    return f"这句话我先记在 {number} 里。是要转给居民吗？"


CARD_ACCEPTED, CARD_DECLINED, CARD_TAKEN, CARD_OVER = "已接单", "已婉拒", "已被接走", "已失效"
IN_HAND = "在您手上"
CARD_ELSEWHERE = "已另外安排"

CARDS = {
    "accepted": CARD_ACCEPTED,
    "declined": CARD_DECLINED,
    "taken": CARD_TAKEN,
    "withdrawn": CARD_ELSEWHERE,
    "called_off": "居民撤回了",
    "expired": CARD_OVER,
    "evaluated": "已评价",
}


def declined(number: str) -> str:
    """This time not."""
    return f"好的，{number} 我请别人，谢谢您回我一声。"


def released(number: str) -> str:
    """Given back."""
    return f"好的，{number} 退回社区重新安排，不要紧。谢谢您接过。"


def arrived(number: str) -> str:
    """There."""
    return f"收到，您到了。办好回复“办结 {number} 加一句话”，可以先发照片。"


def finished(number: str) -> str:
    """Done, and the resident is asked."""
    return f"辛苦了，{number} 记为办完（待评），我去请居民评价。谢谢您。"


def finish_what(number: str) -> str:
    """Done, but nothing said."""
    return f"{number} 怎么办好的？直接说一句给居民听，也可以先发照片。\n还没办好，回复“取消”。"


def reason_what(word: str, number: str) -> str:
    """A reason is needed."""
    return f"请带一句原因：回复“{word} {number} 加上原因”。"


def no_offers() -> str:
    """Nothing to take."""
    return "现在没有等您接的单。有合适的我会来问您。"


def offers_head(asked: int, free: int) -> str:
    """What is offered, and what is free for whoever comes first."""
    if not free:
        return "等您接的单："
    return f"等您接的单，后 {free} 件谁方便谁接：" if asked else "附近谁方便谁接的单："


def offered(
    number: str,
    category: str,
    place: str,
    said: str,
    told_at: datetime,
    expires: datetime,
    *,
    host: str = "",
    now: datetime,
) -> str:
    """All that somebody may know of a task before they take it; `host` for what a member would like to do."""
    if host:
        return (
            f"{number} {category}{' · ' + place if place else ''}\n{host}想张罗：“{said}”\n"
            f"{within(expires, now=now)}回我就行，不方便没关系。"
        )
    words = f"居民说：“{said}”\n" if said.strip() else "居民没有写字，接单后可以看照片、听语音。\n"
    return (
        f"{number} {category}{' · ' + place if place else ''}\n{words}{day(told_at, now=now)}反映的。"
        f"{'门牌和电话，接单后告诉您。' if place else ask_where(number, after=ACCEPT + '后')}\n{within(expires, now=now)}回我就行，不方便没关系。"
    )


def no_tasks() -> str:
    """Nothing in hand."""
    return "您手上没有在办的单。想看有什么可接，回复“待接单”。"


def tasks(lines: Sequence[str]) -> str:
    """What is in hand."""
    listed = "\n".join(lines)
    return f"您手上的单：\n{listed}\n办好回复“办结 编号 加一句话”，去不了回复“退单 编号”。\n要个帮手回复“求助 编号 原因”，托给同事回复“转派 编号 姓名”。"


def task_line(
    number: str, category: str, place: str, state: TicketState, due: datetime | None, *, suits: str = "", now: datetime
) -> str:
    """One task in hand, with when it suits the resident, or by when it must be done."""
    until = f"，{suits}" if suits else f"，{when(due, now=now)}前" if due and due > now else ""
    return f"{number} {category}{' · ' + place if place else ''}（{STATES[state]}{until}）"


def offer_line(number: str, category: str, place: str, suits: str) -> str:
    """One offer in a list, with when it suits the resident."""
    return f"{number} {category}{' · ' + place if place else ''}{'，' + suits if suits else ''}"


def offer_choice(line: str, answer: str) -> str:
    """One answer to one of several offers."""
    return f"{line}：{answer}"


def which_offer(verb: str, *, how_many: int) -> str:
    """Plain words that take or decline an offer, where it is not sure which one they speak of."""
    return f"您说的是这件事吗？是的话回复 1，我就{verb}。" if how_many == 1 else f"您说的是哪一件？选一个，我就{verb}。"


def gives_up(number: str) -> str:
    """Whoever has a task says that they cannot; the choices give it back. Without a number it is asked which."""
    if not number:
        return "去不了没关系，您说的是哪一件？选一个，我请别人。"
    return f"去不了没关系，回复 1，{number} 就退回社区另外安排；只是想换个时间，回复“留言 {number} 加上您的话”。"


def away(until: str) -> str:
    """No offers for a while."""
    return f"好的，{until}之前不请您接单，您安心忙。提前回来就回复“上线”。"


def away_until_when() -> str:
    """Until which day."""
    return "请假到哪天？比如回复“请假 到 12-01”。"


def back() -> str:
    """Back again."""
    return "欢迎回来，有合适的单我会来问您。"


def register_name() -> str:
    """Registration begins."""
    return "谢谢您愿意出一份力。怎么称呼您？发姓名就行；不想继续，回复“取消”。"


def register_phone() -> str:
    """The phone, with the consent asked by itself."""
    return "请发手机号。发来就是同意社区保存它，只在派单和急事时联系您，随时可以删。\n不想留，回复“跳过”。"


def phone_wrong() -> str:
    """Not a phone number."""
    return "这个号码好像不对，手机号是 11 位。再发一次，或者回复“跳过”。"


def register_unit() -> str:
    """Where they work."""
    return "您是哪个单位的？没有单位就回复“跳过”。"


def register_community() -> str:
    """Which community."""
    return "您想在哪个社区出力？"


def register_skills() -> str:
    """What they can help with."""
    return "您能帮哪些忙？可以选好几样，中间空一格，比如“1 3”；都可以就回复“都行”。\n会别的也行，直接说，比如“理发、修灯”。"


NO_LONGER = ("去掉", "不会", "不做", "不再", "不能", "删掉", "删除", "取消")


def skills(names: Sequence[str]) -> str:
    """What they offer, and how to change it."""
    if not names:
        return "您还没说能帮哪些忙。回复“技能 理发、修灯”这样就行，有人点单时先问您。"
    return f"您能帮的忙：{'、'.join(names)}。\n添一样，回复“技能 修灯”；不做了，回复“技能 去掉 修灯”。"


def skills_kept(names: Sequence[str]) -> str:
    """It is noted."""
    if not names:
        return "好的，都去掉了。附近有事还是会来问您，不方便随时婉拒。"
    return f"记好了，您能帮的忙：{'、'.join(names)}。\n有人点单时先问您，不方便没关系。"


def skills_unknown() -> str:
    """No skill or service is named."""
    return "我没对上是哪样忙。说短一点试试，比如“技能 陪诊、理发、修灯、买药”；要人帮着填，回复“人工”。"


def registered_pending(community: str) -> str:
    """Staff will confirm."""
    return f"都记好了。{community}的同志核对后我告诉您，一般一个工作日。"


def registered_now(community: str) -> str:
    """An invitation code makes it at once."""
    return f"报到成功，您现在是{community}的志愿者。有合适的单我会来问您，不方便随时可以婉拒。"


def already_registered(community: str) -> str:
    """Once is enough."""
    return f"您已经在{community}报到过了。回复“待接单”看看有什么可以帮的。"


def other_matter_taken(reply: str) -> str:
    """A report in the middle of a registration."""
    return f"{reply}\n（刚才的登记还在，接着发给我就行；不登记了回复“取消”。）"


UNIT = re.compile(
    r"(?!.*[没不坏脏吵漏无])[\w（）()]{1,38}(?:局|所|馆|公司|校|学|院|站|店|厂|行|队|处|部|中心|委|会|社|办|室|科|集团)"
)
"""A workplace's name, which may sound like a matter: a library, a fire station."""

SKIP = ("跳过", "没有", "无", "不填", "不留")
ALL = ("都行", "都可以", "全部", "都能")


def name_wrong() -> str:
    """Not a name."""
    return "姓名两到二十个字就行，再发一次；不想继续，回复“取消”。"
