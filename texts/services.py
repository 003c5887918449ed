"""How a help in person that somebody asks for (点单) is named."""

from __future__ import annotations

from models.ticket import TicketKind

_OFFERED = {"借轮椅": "有轮椅可以借", "接送": "能帮着接送"}


THREATS = {
    "fire": "着火",
    "gas": "燃气泄漏",
    "trapped": "有人被困",
    "shock": "有人触电",
    "suicide": "有人想轻生",
    "assault": "有人打人伤人",
    "missing": "有人走失",
    "collapse": "房屋倒塌",
    "falling": "高空坠物",
    "medical": "有人急病受伤",
    "drowning": "有人落水",
    "unnamed": "有人呼救",
}
"""An emergency by its danger."""


OF_MEMBERS = {TicketKind.ACTIVITY: "创单", TicketKind.PAIRING: "认亲"}
"""What members bring of their own accord."""


def matter(category: str, service: str | None, threat: str = "", kind: TicketKind = TicketKind.REPORT) -> str:
    """What a ticket is about, in lists and headlines: the danger, what a member brings, the service that is asked for,
    or its category.
    """
    return THREATS.get(threat) or OF_MEMBERS.get(kind) or (f"点单：{service}" if service else category)


UNKNOWN = "其他"
"""The category of what nobody has understood yet; it is no name for anybody's matter."""


_YOURS = {TicketKind.ACTIVITY: "您张罗的事", TicketKind.PAIRING: "您想认的亲"}


def yours(category: str, service: str | None, threat: str = "", kind: TicketKind = TicketKind.REPORT) -> str:
    """The same in a sentence to whoever brought it."""
    if threat in THREATS:
        return f"您反映的{THREATS[threat]}"
    if kind in _YOURS:
        return _YOURS[kind]
    return f"您点的{service}" if service else f"您反映的{'事' if category == UNKNOWN else category}"


def offers(service: str) -> str:
    """Why somebody is asked: they offer it."""
    return _OFFERED.get(service, f"会{service}")
