"""What riders read while they report what they see on the road (随手拍)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from texts.common import when

THINGS = {"image": "照片", "video": "视频", "location": "位置"}
"""What somebody sent, by its kind."""

RIDING = "在骑车就先别回，停好再说。"


def _came(kind: str, place: str) -> str:
    return f"位置收到了：{place}" if kind == "location" and place else f"{THINGS[kind]}收到了"


def first(kind: str, place: str) -> str:
    """The first part; the list of what it may be follows."""
    rest = "再拍一张" if kind == "location" else "点“＋”发个位置"
    asks = "那里是什么情况" if kind == "location" else "是什么情况、在哪里"
    return f"{_came(kind, place)}，谢谢您。\n{asks}？打个数字，{rest}就行；打字、说话也可以。\n{RIDING}"


def hazard_choices(names: Sequence[str], ticket_id: int | None = None) -> tuple[tuple[str, str], ...]:
    """The hazards by number and what is behind them: of what is held, or of a ticket that is there already."""
    of = f" {ticket_id}" if ticket_id is not None else ""
    return tuple((name, f"!hazard {number}{of}") for number, name in enumerate(names, 1))


def more(kind: str, place: str, *, needs: tuple[str, ...]) -> str:
    """Another part before any words."""
    if "place" in needs:
        return f"{_came(kind, place)}，和前面的放在一起。\n还差是什么情况、在哪里：打上面的数字，点“＋”发个位置。"
    photo = "，方便的话再拍一张" if "photo" in needs else ""
    return (
        f"{_came(kind, place)}。\n就差是什么情况：打上面的数字，打字、说话也行{photo}。\n想先这样报上去，回复“就这样”。"
    )


def before(number: str, text: str) -> str:
    """What was sent before, of another place, went in by itself."""
    return f"前面那处已受理，编号 {number}，社区的同志会看。\n{text}"


def taken(
    number: str,
    matter: str,
    place: str,
    promised: datetime,
    *,
    night_until: datetime | None,
    needs: tuple[str, ...],
    now: datetime,
) -> str:
    """A report is taken."""
    later = (
        f"现在是夜里，值班的人{when(night_until, now=now)}开始处理；如果有危险请打 110 或 119。"
        if night_until
        else f"{when(promised, now=now)}前会有人接着处理，办好了我告诉您。"
    )
    what = f"{matter} · {place}" if place else matter
    return f"已受理，编号 {number}。谢谢您停下来说一声。\n{what}\n{later}\n{_rest(needs)}"


def _rest(needs: tuple[str, ...]) -> str:
    if "place" in needs:
        return "就差在哪里：点“＋”发个位置，打几个字也行。"
    return "有照片也可以补一张。" if "photo" in needs else "再看到别的，接着发就行。"


def not_understood(number: str) -> str:
    """The words are kept as they are; the list follows, in case one of it is meant."""
    return (
        f"已受理，编号 {number}。谢谢您停下来说一声。\n"
        "您说的我原样交给社区的同志看。\n要是下面哪一种，打个数字，安排得更快；都不像就不用管。"
    )


def something_else(number: str, *, needs: tuple[str, ...]) -> str:
    """None of the list: people look at it."""
    where = "" if "place" not in needs else "，在哪里"
    return f"已受理，编号 {number}。谢谢您停下来说一声。\n社区的同志会看。方便的话说一句是什么情况{where}，不说也行。"


def voice(number: str, *, needs: tuple[str, ...]) -> str:
    """A voice that nobody wrote down: people listen to it."""
    return f"已受理，编号 {number}。\n您的语音收到了，社区的同志会听。谢谢您。\n{_rest(needs)}"


def named(number: str, matter: str, *, needs: tuple[str, ...]) -> str:
    """What it is came afterwards."""
    return f"记下了，{number} 是{matter}，这就去安排。谢谢您。\n{_rest(needs)}"


def joined(kind: str, place: str, number: str, *, needs: tuple[str, ...]) -> str:
    """A part for a report that was taken already."""
    if not needs:
        return f"{_came(kind, place)}，放进 {number} 里，这件就齐了。\n谢谢您，慢点骑。再看到别的，接着发就行。"
    if needs == ("words",):
        return f"{_came(kind, place)}，放进 {number} 里了。谢谢您，慢点骑。"
    return f"{_came(kind, place)}，放进 {number} 里了。\n{_rest(needs)}"


def one_more(kind: str, number: str) -> str:
    """Another photo right after a report had everything."""
    return f"这{'段' if kind == 'video' else '张'}也放进 {number} 里了，谢谢您。"


def all_there_is(number: str) -> str:
    """They said that this is all; it was held until now."""
    return f"已受理，编号 {number}。\n先交给社区的同志看，看明白了就安排，有结果我告诉您。\n谢谢您，慢点骑。"


def enough(number: str) -> str:
    """They said that this is all of a report that was taken already."""
    return f"好的，{number} 就这样，社区会接着处理。\n谢谢您，慢点骑。"


def nothing_held() -> str:
    """There is nothing to finish or to name."""
    return "这会儿没有等着报的事。\n看到什么，停好车拍一张发给我就行。"


def kept(number: str) -> str:
    """Nothing came after a first part for half an hour: it went in as it is, and is asked about once, later."""
    return f"您先前发来的我先报上去了。已受理，编号 {number}，社区的同志会看。\n谢谢您，慢点骑。"
