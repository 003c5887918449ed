"""How a help in person that somebody asks for (点单) is named."""

from __future__ import annotations

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
}
"""An emergency by its danger."""


def matter(category: str, service: str | None, threat: str = "") -> str:
    """What a ticket is about, in lists and headlines: the danger, the service that is asked for, or its category."""
    return THREATS.get(threat) or (f"点单：{service}" if service else category)


UNKNOWN = "其他"
"""The category of what nobody has understood yet; it is no name for anybody's matter."""


def yours(category: str, service: str | None, threat: str = "") -> str:
    """The same in a sentence to whoever brought it."""
    if threat in THREATS:
        return f"您反映的{THREATS[threat]}"
    return f"您点的{service}" if service else f"您反映的{'事' if category == UNKNOWN else category}"


def offers(service: str) -> str:
    """Why somebody is asked: they offer it."""
    return _OFFERED.get(service, f"会{service}")
