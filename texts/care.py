"""What riders read of what is done for them: guides on their own matters, getting into an estate, titles, warnings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from models.rider import AlertKind, Matter, TitleKind
from texts.common import clip, day_name

# ---------------------------------------------------------------- guides

MATTERS = {
    Matter.WAGES: "跑单的钱没给够",
    Matter.INJURY: "路上受伤、出事故",
    Matter.INSURANCE: "保险怎么赔",
    Matter.PENALTY: "被扣钱、封号",
    Matter.PARCEL: "餐或件丢了",
    Matter.ACCESS: "进小区难",
    Matter.REST: "没地方歇脚、充电",
}

_GUIDES = {
    Matter.WAGES: (
        "先把接单记录、账单和聊天截图存好，和站长、平台客服说清楚，要一句答复。\n"
        "还不给，打 12333（人社热线，管拖欠报酬）；想问法律怎么说，打 12348，免费。"
    ),
    Matter.INJURY: (
        "先管人：伤着了打 120，有碰撞打 122，等交警来再挪车。\n"
        "拍下现场、留好病历和票据，当天就告诉站长和平台客服。\n"
        "算不算工伤、职业伤害，打 12333 问；对方不认账，打 12348，免费。"
    ),
    Matter.INSURANCE: (
        "在骑手端里找“保险”或“保障”，看自己当天有没有保、报案电话是多少。\n"
        "出事先报案，再留好病历、票据和事故认定书。\n"
        "没交、不赔、说不清，打 12333；想问法律怎么说，打 12348，免费。"
    ),
    Matter.PENALTY: (
        "先在骑手端里申诉，把送达照片、通话和聊天截图都附上。\n"
        "申诉没用又觉得不公道，打 12333 反映；想问法律怎么说，打 12348，免费。"
    ),
    Matter.PARCEL: (
        "先跟顾客和商家说一声，再到骑手端报备，别自己先赔。\n"
        "在小区里丢的，可以请物业看监控；告诉我是哪个小区、几点，我请社区帮着问。\n"
        "像是被偷了，打 110 报警。"
    ),
    Matter.ACCESS: (
        "回复“进小区”加小区名，比如“进小区 香樟花园”，我告诉您从哪进、找谁。\n"
        "还是进不去，直接说哪个小区、怎么个难法，我请社区去和物业商量。"
    ),
    Matter.REST: (
        "回复“驿站”，再发个位置，我告诉您最近能歇脚、充电、喝水的地方。\n"
        "哪一带缺、什么时候最需要，直接说，我转给社区；哪个驿站锁着、坏了，也可以直接说。"
    ),
}

_SHORT = {
    Matter.WAGES: "账单截图先存好；等不及可以打 12333，管拖欠报酬的。",
    Matter.INJURY: "伤着了先打 120；病历、票据、现场照片都留好，打 12333 问怎么算。",
    Matter.INSURANCE: "先按骑手端里的电话报案；说不清打 12333。",
    Matter.PENALTY: "先在骑手端申诉，截图都附上；不公道打 12333。",
    Matter.PARCEL: "先到骑手端报备，别自己先赔；像是被偷了打 110。",
    Matter.REST: "最近能歇的地方，回复“驿站”，再发个位置。",
}


def rights() -> str:
    """Which matter."""
    return "跑单遇到难处，我告诉您先做什么、找谁。是哪一样？\n都不是，直接说，或者回复“人工”。"


def guide(matter: Matter) -> str:
    """What to do first, whom to call, and a person to talk to."""
    return f"{_GUIDES[matter]}\n要人帮，回复“人工”。"


def beside(matter: Matter) -> str:
    """A line under the answer to a report: it is on its way, and this can be done at once. Empty for none."""
    return f"{_SHORT[matter]}详细的回复“维权”。" if matter in _SHORT else ""


# ---------------------------------------------------------------- into an estate


def access_where() -> str:
    """Which estate."""
    return "进哪个小区？在后面写上名字，比如“进小区 香樟花园”。"


def access_unknown(said: str) -> str:
    """No estate of ours."""
    return f"“{clip(said, 20)}”我没对上是哪个小区。写全名再试一次，或者回复“人工”。"


def access(estate: str, words: str, contact: str, phone: str) -> str:
    """How one gets in."""
    return f"{_note(estate, words, contact, phone)}\n还是进不去，直接告诉我怎么个难法，我请社区去和物业商量。"


def access_beside(estate: str, words: str, contact: str, phone: str) -> str:
    """The same under the answer to a report."""
    return _note(estate, words, contact, phone)


def _note(estate: str, words: str, contact: str, phone: str) -> str:
    whom = f"\n到了找{contact or '门岗'}{'，电话 ' + phone if phone else ''}。" if contact or phone else ""
    return f"进{estate}：{words.rstrip('。')}。{whom}"


def access_none(estate: str) -> str:
    """Nobody has written it down."""
    return f"{estate}怎么进还没有人写下来，我没有准话给您。\n进不去的话，直接说“{estate}进小区难”，再加一句怎么难，我请社区去和物业商量。"


# ---------------------------------------------------------------- titles and teams

TITLES = {
    TitleKind.MOBILE_GRID: "流动网格员",
    TitleKind.SAFETY: "平安骑士",
    TitleKind.FOOD: "食品安全监督员",
}

_LOOKS = {
    TitleKind.MOBILE_GRID: "路上看到井盖、垃圾、线缆这些，停好车拍一张发来",
    TitleKind.SAFETY: "路上看到消防通道被堵、飞线充电这些，停好车拍一张发来",
    TitleKind.FOOD: "取餐时看到后厨不干净、封签破了这些，方便时告诉我",
}


def title_given(kind: TitleKind, area: str, since: date, until: date, *, now: date) -> str:
    """Asked, never made to."""
    begins = f"从 {day_name(since)} 起，" if since > now else ""
    return (
        f"社区想请您当{TITLES[kind]}{'，' + area if area else ''}，{begins}到 {day_name(until)}自己结束。\n"
        f"{_LOOKS[kind]}就行，不看也没关系，不打分、不考核。\n不想当，回复“我的角色”里点一下。"
    )


def title_line(kind: TitleKind, area: str, since: date, until: date, *, now: date) -> str:
    """One title."""
    begins = f"{day_name(since)} 起，" if since > now else ""
    return f"{TITLES[kind]}，{area}，{begins}到 {day_name(until)}"


def rides(busy: str) -> str:
    """The hours somebody rides: 11 点到 14 点、17 点到 21 点."""
    return "、".join(f"{part.replace('-', ' 点到 ')} 点" for part in busy.split(","))


def my_roles(roles: Sequence[str], titles: Sequence[str], teams: Sequence[str], busy: str) -> str:
    """Everything somebody is here."""
    lines = [f"您现在是：{'；'.join(roles)}。"] if roles else ["您现在没有登记身份。"]
    lines += [f"{each}。" for each in titles]
    if teams:
        lines.append(f"队伍：{'、'.join(teams)}。")
    if busy:
        lines.append(f"您跑单的时间（{rides(busy)}）我不打扰您。")
    return "\n".join(lines)


def title_off_choice(kind: TitleKind) -> str:
    """Gives a title back."""
    return f"不当{TITLES[kind]}了"


def title_off(kind: TitleKind | None) -> str:
    """Given back, and thanked for."""
    return f"好的，不再当{TITLES[kind]}。谢谢您这一阵子。" if kind else "好的，这个已经结束了。谢谢您。"


# ---------------------------------------------------------------- warnings

KINDS = {
    AlertKind.STORM: "恶劣天气，是急事，马上发，午晚高峰也发",
    AlertKind.HEAT: "高温关心，不是急事，避开高峰和夜里发，不想收提醒的不发",
}
SHORT_KINDS = {AlertKind.STORM: "恶劣天气", AlertKind.HEAT: "高温"}
SEND = ("是，发", "不发")

FAULTS = {
    "area": "请选一处您这里管的地方。",
    "estate": "请选一个小区。",
    "person": "请选一位在这里登记的骑手。",
    "name": "请写名字。",
    "title": "请选当什么。",
    "days": "请写到哪天为止，今天以后、一年以内，开始不晚于结束。",
    "alert": "请选恶劣天气还是高温。",
    "words": "请写要说什么，200 字以内。",
}


def storm(area: str, words: str) -> str:
    """To a rider, in peaks too."""
    return f"【天气提醒 · {area}】{words}\n单子可以晚，人要平安。先找地方躲一躲，停好车再看手机；最近的驿站回复“驿站”。"


def heat(area: str, words: str) -> str:
    """To a rider, after the peak."""
    return f"【{area}的同志惦记您】{words}\n多喝水，头晕就停下歇会儿，撑不住打 120；喝水歇脚的地方回复“驿站”。"


def alert_how(most: int) -> str:
    """What to write."""
    return (
        "要提醒骑手什么？写在后面，比如：预警 今天下午3点到6点雷暴大雨，高架和涵洞先别走\n"
        f"写明地方就只发那里的骑手，{most} 字以内。我先给您看一遍，问两次再发。"
    )


def alert_too_long(most: int) -> str:
    """It is read on the road."""
    return f"太长了，路上看不完，请收到 {most} 字以内再发一次。"


def alert_what() -> str:
    """Neither storm nor heat."""
    return "我没对上是恶劣天气还是高温，这条没有发。\n写明“暴雨”“雷电”“大风”“结冰”或“高温”再发一次；别的事请用“公告”。"


def alert_nobody(area: str) -> str:
    """No rider would get it."""
    return f"{area}现在没有登记的骑手，这条没有发。"


def alert_preview(kind: AlertKind, area: str, message: str, people: int) -> str:
    """What goes out, to how many, and when."""
    return f"{message}\n——\n{area}，{people} 位骑手会收到（{KINDS[kind]}）。发吗？"


def alert_again(people: int) -> str:
    """The second confirmation."""
    return f"再确认一次：回复人数 {people} 就发出去，别的都不发。"


def alert_differs(people: int) -> str:
    """Another number."""
    return f"数没对上，还没有发。要发，回复 {people}；不发，回复“取消”。"


def alert_sent(kind: AlertKind, people: int) -> str:
    """It is on its way."""
    when = "马上收到" if kind is AlertKind.STORM else "避开高峰就能收到"
    return f"发出去了，{people} 位骑手{when}，一人一条。"


def alert_dropped() -> str:
    """Nothing went out."""
    return "好的，没有发。想重新写，回复“预警”加上您的话。"


def alert_not_sent(reply: str) -> str:
    """Other words came instead."""
    return f"{reply}\n（刚才的预警没有发，要发请再说一遍。）"
