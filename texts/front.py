"""What stands at the bare address."""

from __future__ import annotations

STAFF = "社区、街道和部门的同志从这里登录管理台"


def what(site_name: str) -> str:
    """What this is, and where residents turn."""
    return (
        f"您好，小应在微信里帮{site_name}的居民把事情办好，这里没有别的。\n"
        f"有事请在微信里找到“{site_name}”公众号，点关注，发一句话就行。\n有危险请先打 110、119 或 120。"
    )
