"""How a help in person that somebody asks for (点单) is named."""

from __future__ import annotations

_OFFERED = {"借轮椅": "有轮椅可以借", "接送": "能帮着接送"}


def matter(category: str, service: str | None) -> str:
    """What a ticket is about, in lists and headlines: the service that is asked for, otherwise its category."""
    return f"点单：{service}" if service else category


UNKNOWN = "其他"
"""The category of what nobody has understood yet; it is no name for anybody's matter."""


def yours(category: str, service: str | None) -> str:
    """The same in a sentence to whoever brought it."""
    return f"您点的{service}" if service else f"您反映的{'事' if category == UNKNOWN else category}"


def offers(service: str) -> str:
    """Why somebody is asked: they offer it."""
    return _OFFERED.get(service, f"会{service}")
