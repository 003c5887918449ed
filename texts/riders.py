"""What delivery riders read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from texts.common import clip


@dataclass(frozen=True, slots=True)
class Own:
    """A report of theirs: when it was told, and what it lacks or how it ended."""

    number: str
    day: str
    category: str
    lacks: str = ""
    is_judged: bool = True
    id: int = 0
    photos: str = ""
    """Where the photos before and after can be seen."""


@dataclass(frozen=True, slots=True)
class Mended:
    """A matter somebody might pass by."""

    id: int
    category: str
    place: str


@dataclass(frozen=True, slots=True)
class Round:
    """All there is on a day; topics are (area, what to look at)."""

    unfinished: Own | None = None
    outcome: Own | None = None
    recheck: Mended | None = None
    topics: Sequence[tuple[str, str]] = ()
    rides: bool = True
    """Whoever reads it is on the road."""
    hazards: Sequence[str] = ()
    """What an unfinished report may be of, by number; empty where another question is asked."""


NONE = ("不用", "不要了", "没有了", "取消")

STOP = "不想收提醒，回复“不提醒”。"

_LACKS = {"words": "是什么事", "place": "在哪里"}


def reminder(found: Round) -> str:
    """Everything in one message."""
    lines = ["路上方便的话看一眼，不方便没关系；停好车再回。" if found.rides else "路过方便的话看一眼，不方便没关系。"]
    if found.unfinished is not None:
        own = found.unfinished
        how = f"{'打个数字，或者' if found.hazards else ''}回复“补充 {own.number} 加上您的话”"
        lines.append(f"{_yours(own)}发来的（编号 {own.number}）还差{_LACKS[own.lacks]}，{how}。")
    if found.outcome is not None:
        own = found.outcome
        judge = "" if own.is_judged else f"请评价，回复“评价 {own.number} 1”满意、2 不满意、3 没解决。"
        see = f"，办好前后的照片：{own.photos} 。" if own.photos else f"，回复“进度 {own.number}”看。"
        lines.append(f"{_yours(own)}反映的{own.category}（编号 {own.number}）有结果了{see}谢谢您。{judge}")
    lines += [f"今天可以留意：{area} · {clip(topic, 40)}。" for area, topic in found.topics]
    if found.recheck is not None:
        lines.append(f"有人报过的{found.recheck.category} · {found.recheck.place}，说是修好了。您路过时看是不是：")
    return "\n".join(lines)


def _yours(own: Own) -> str:
    """您今天, 您 11 月 20 日."""
    return f"您{' ' if own.day[:1].isdigit() else ''}{own.day}"


SEEN = {"mended": "已修好", "not_yet": "还没有", "not_passed": "没路过"}


def recheck_choices(ticket_id: int) -> tuple[tuple[str, str], ...]:
    """The three answers and what is behind them."""
    return tuple((label, f"!recheck {ticket_id} {seen}") for seen, label in SEEN.items())


def rechecked(seen: str, *, comes_back: bool = False) -> str:
    """What they saw is kept; whether that brings the matter back."""
    if comes_back:
        return "知道了。另一位路过的也这么说，社区重新安排人去看。谢谢您看这一眼。"
    if seen == "not_yet":
        return "记下了，我告诉社区，再请一位路过的看看。谢谢您看这一眼。"
    return "好的，谢谢您。" if seen == "not_passed" else "太好了，谢谢您看这一眼。"


def nothing_to_look_at() -> str:
    """No look-outs today."""
    return "今天没有要留意的，您安心跑单。路上看到什么，停好车拍一张发给我就行。"


def lookout_how(lines: Sequence[str]) -> str:
    """How staff ask for a look-out, and what stands already."""
    listed = "\n".join(["已经写好的：", *lines]) if lines else "现在还没有写。"
    return f"想请骑手留意什么？回复“巡查重点 今天 沿江路的井盖”，日子也可以写“明天”或“12-01”。\n{listed}"


def lookout_line(day: str, area: str, topic: str) -> str:
    """One look-out."""
    return f"{day} {area} · {clip(topic, 40)}"


def lookout_kept(line: str) -> str:
    """A look-out is kept."""
    return f"记下了：{line}。\n骑手一天最多收一条提醒，去不去自己定。"


def lookout_for(line: str, title: str, count: int) -> str:
    """A look-out that only those with a title get."""
    whom = (
        f"只请{title}看，这一带有 {count} 位"
        if count
        else f"这样的事只请{title}看，这一带现在没有，可以在网页“骑手”里请几位"
    )
    return f"记下了：{line}。\n{whom}；看不看自己定。"


def lookout_gone() -> str:
    """A look-out is taken back."""
    return "好的，这一条拿掉了。"


def lookout_remove(topic: str) -> str:
    """Takes one back."""
    return f"拿掉：{clip(topic, 16)}"


def register_platform() -> str:
    """Which platform."""
    return "您跑哪个平台？发名字就行；不想说，回复“跳过”。"


def register_area() -> str:
    """Where they usually ride."""
    return "您平时主要在哪一带跑？发个位置、说社区名都行；不想说，回复“跳过”。"


def register_rhythm() -> str:
    """When they ride, so that nothing reaches them then."""
    return "午高峰、晚高峰和夜里我都不打扰您。别的时候还有固定跑单的吗？比如“14-16、21-22”；没有就回复“跳过”。"


def ride_times_unclear() -> str:
    """No hours were understood."""
    return "几点到几点我没对上。写成“14-16”这样，最多三段；按平常的高峰来，回复“跳过”。"


def registered(name: str, area: str) -> str:
    """A rider from now on, and welcome."""
    return (
        f"{name}，欢迎您，{area}多了一双眼睛，也多了一个歇脚的家。\n"
        "路上看到井盖坏了、垃圾成堆，停好车再拍一张、发个位置给我就行，看不看都随您。\n"
        "喝水、充电、歇脚回复“驿站”；进小区难、跑单遇到难处回复“进小区”“维权”。\n不想收提醒，回复“不提醒”。"
    )


def already_registered(area: str) -> str:
    """Once is enough; what can be changed."""
    return f"您已经登记过了，在{area}跑。\n换地方回复“常跑 社区名”，改时间回复“跑单时间 14-16”，歇脚回复“驿站”。"


def ride_times_how(now: str) -> str:
    """What they said, and how to say it."""
    known = f"您说过 {now}跑单，那时我不打扰您。" if now else "您没有说过，我按午高峰、晚高峰和夜里不打扰您。"
    return f"{known}\n要改，回复“跑单时间 14-16、21-22”；不要了，回复“跑单时间 不用”。"


def ride_times_kept(now: str) -> str:
    """Kept."""
    return f"记好了，{now}我不打扰您，高峰和夜里照样不打扰。" if now else "好的，只按午高峰、晚高峰和夜里不打扰您。"


def usual_area_how() -> str:
    """Where they usually ride."""
    return "您常在哪里跑？回复“常跑”加社区名或小区名，比如“常跑 香樟社区”。"


def usual_area_kept(area: str) -> str:
    """Kept."""
    return f"记好了，您常在{area}跑。想请您留意的，只说那一带的。"


def usual_area_unknown(said: str) -> str:
    """Not recognised."""
    return f"“{clip(said, 20)}”我没对上。换个小区名或社区名再试，或者回复“人工”。"


def reminders_off() -> str:
    """No reminders."""
    return "好的，以后不提醒您。想要了回复“提醒”。"


def reminders_on() -> str:
    """Reminders again."""
    return "好的，一天最多提醒一次，忙的时候不打扰您。"
