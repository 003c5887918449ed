"""What riders see on the road, as they name it by number (随手拍): each with its category and whether it is urgent."""

from __future__ import annotations

from dataclasses import dataclass

from nlp.normal import normal


@dataclass(frozen=True, slots=True)
class Hazard:
    """One line of the list; a category of None is for people to find."""

    name: str
    category: str | None
    urgent: bool = False


HAZARDS = (
    Hazard("井盖破损", "public_facility", urgent=True),
    Hazard("卫生死角", "sanitation"),
    # Whose cable it is nobody sees from below; it is nothing for volunteers.
    Hazard("缆线掉落", "utilities", urgent=True),
    Hazard("消防通道堵塞", "fire_safety"),
    Hazard("飞线充电", "fire_safety"),
    Hazard("路面塌陷", "public_facility", urgent=True),
    Hazard("路灯不亮", "public_facility"),
    Hazard("高空隐患", "falling_object", urgent=True),
    Hazard("食品安全", "consumer"),
    Hazard("其他", None),
)
"""In the order of their numbers, from 1."""


def named(text: str) -> Hazard | None:
    """The hazard that words name in full and say nothing else."""
    said = normal(text).strip(" 。.!！,，")
    return next((each for each in HAZARDS if each.name == said and each.category is not None), None)
