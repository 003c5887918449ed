"""What delivery riders read."""

from __future__ import annotations


def register_platform() -> str:
    """Which platform."""
    return "您跑哪个平台？发名字就行；不想说，回复“跳过”。"


def register_area() -> str:
    """Where they usually ride."""
    return "您平时主要在哪个社区跑？"


def registered() -> str:
    """A rider from now on."""
    return "登记好了，您现在是流动网格员。路上看到井盖坏了、垃圾成堆，停好车再拍一张、发个位置给我就行。\n不想收提醒，回复“不提醒”。"


def reminders_off() -> str:
    """No reminders."""
    return "好的，以后不提醒您。想要了回复“提醒”。"


def reminders_on() -> str:
    """Reminders again."""
    return "好的，一天最多提醒一次，忙的时候不打扰您。"
