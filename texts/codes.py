"""What stands under the codes at doors, and on the page that some of them lead to."""

from __future__ import annotations

SCAN = "微信扫一扫，有事找小应"


def door(code: str) -> str:
    """The door code, for who types it instead."""
    return f"门牌码 {code}"


def how(site_name: str, place: str) -> str:
    """How to say something about a place without a code that leads into the chat."""
    return (
        f"这里有什么事，请告诉小应：\n1. 在微信里找到“{site_name}”公众号，点关注\n"
        f"2. 先打“{place}”，接着说是什么事，比如“{place}路灯不亮”\n照片、语音都可以。有危险请先打 110 或 119。"
    )


NOTHING_TITLE = "没有这个地方"
NOTHING = "这个码已经不用了。请看看旁边有没有新的，或者在公众号里直接说是哪个小区、几栋。"


def sheet_title(place: str) -> str:
    """What the file is called."""
    return f"{place}的二维码"


NOT_MADE = "平台现在没有给码，已经做好的都存下来了，请过一会儿再按一次。"


def more(done: int, left: int) -> str:
    """A part of many is made."""
    return f"做好了 {done} 个，还有 {left} 个。请再按一次，都好了就会下载。"


TOO_MANY = "一次最多 300 个码，请到下面的社区或小区里分开打印。"
