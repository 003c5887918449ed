"""How a guide (办事指南) reads in the chat."""

from __future__ import annotations

from collections.abc import Sequence


def guide(title: str, text: str, links: Sequence[tuple[str, str]]) -> str:
    """What to do, where to go on, and how to reach somebody."""
    lines = [f"{title}：", text, *(f"{says}：{address}" for says, address in links), "没解决？回复“人工”，请人来答您。"]
    return "\n".join(lines)
