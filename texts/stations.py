"""What people read about stations: the nearest, their hours, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from models import open_hours
from models.open_hours import Hours
from models.station import Fault, Use
from texts.common import day, day_name, hour

KINDS = {
    Use.ANY: "驿站",
    Use.REST: "驿站",
    Use.MEAL: "小哥食堂",
    Use.CHARGING: "充电",
    Use.WATER: "饮水",
    Use.OFFER: "商户优惠",
}

_WANTED = {
    Use.ANY: "驿站",
    Use.REST: "能歇脚的地方",
    Use.MEAL: "能吃饭的地方",
    Use.CHARGING: "能充电的地方",
    Use.WATER: "能喝水的地方",
    Use.OFFER: "给骑手优惠的商户",
}

FAULTS = {Fault.CLOSED: "没开门", Fault.MOVED: "搬走了", Fault.WRONG: "别的不对"}

_SAID = {Fault.CLOSED: "有人说没开门", Fault.MOVED: "有人说搬走了", Fault.WRONG: "有人说信息不对"}


def far(metres: float) -> str:
    """约 300 米, 约 1.2 公里."""
    return f"约 {max(round(metres, -1), 10):.0f} 米" if metres < 950 else f"约 {metres / 1000:.1f} 公里"


def now_open(spans: Sequence[Hours], *, now: datetime) -> str:
    """Whether it is open at this moment, and until or from when."""
    if not spans:
        return "开门时间没写，去前问一声"
    closes = open_hours.closes(spans, now)
    if closes is not None:
        return "全天开" if closes - now > timedelta(days=2) else f"现在开着，到{_at(closes, now=now)}"
    opens = open_hours.opens(spans, now)
    return f"现在没开，{_at(opens, now=now)}开" if opens else "现在没开"


def _at(moment: datetime, *, now: datetime) -> str:
    named = day(moment, now=now)
    return f"{'' if named == '今天' else named}{hour(moment)}"


_DAYS = {"1234567": "每天", "12345": "周一到周五", "67": "周末", "123456": "周一到周六"}


def hours(spans: Sequence[Hours]) -> str:
    """All the opening hours in words."""
    said = []
    for each in spans:
        days = _DAYS.get(each.days) or "周" + "、".join("一二三四五六日"[int(one) - 1] for one in each.days)
        whole = each.begins == 0 and each.ends == open_hours.DAY
        said.append(
            f"{days} 全天" if whole else f"{days} {open_hours.clock(each.begins)}-{open_hours.clock(each.ends)}"
        )
    return "，".join(said)


def line(
    name: str,
    metres: float,
    spans: Sequence[Hours],
    address: str,
    services: str,
    said: Collection[Fault],
    *,
    until: date | None,
    now: datetime,
) -> str:
    """One station: how far, open or not, where, what is there, and what others say of it."""
    doubt = "".join(f"（{_SAID[each]}，社区在核实）" for each in sorted(said)[:1])
    last = f"到 {day_name(until)}" if until else ""
    more = " · ".join(part for part in (address, services, last) if part)
    return f"{name}，{far(metres)}，{now_open(spans, now=now)}{doubt}" + (f"\n　{more}" if more else "")


def found(lines: Sequence[str], use: Use, around: str) -> str:
    """The nearest; `around` names the place that was looked from when nobody sent a point."""
    head = f"离您最近的{_WANTED[use]}：" if not around else f"离{around}最近的{_WANTED[use]}（发个位置会更准）："
    return "\n".join([head, *lines])


def wrong_choice(name: str) -> str:
    """Says that a station is not as it is written."""
    return f"{name}不对"


def none_near(use: Use, around: str) -> str:
    """Nothing within reach."""
    where = f"{around}附近" if around else "这附近"
    return f"{where} 30 公里里还没有登记{_WANTED[use]}。\n想歇歇可以到社区服务站坐坐；别的回复“驿站”“优惠”，或者回复“人工”问一声。"


def where(use: Use) -> str:
    """A point is needed."""
    return f"您在哪里？点“＋”发个位置，我找最近的{_WANTED[use]}；也可以打小区名。\n不找了，回复“取消”。"


def what_is_wrong(name: str) -> str:
    """What somebody saw."""
    return f"{name}怎么不对？点一下就行，谢谢您告诉我。"


def tell_more(name: str) -> str:
    """Something else: in a sentence."""
    return f"{name}哪里写得不对？说一句就行，比如“只开到下午六点”“没有充电”。"


def fault_kept(name: str) -> str:
    """Staff will look."""
    return f"记下了，社区会去核实{name}。谢谢您，别的小哥不用白跑了。"
