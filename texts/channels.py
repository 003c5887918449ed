"""What staff read of the platforms' accounts: what each may do, and which notice goes by which template."""

from __future__ import annotations

from datetime import datetime

from models.clock import local
from models.template import TemplateWay
from models.templates import Part

MODES = {"plain": "明文", "compatible": "兼容", "safe": "安全"}

ABLE = {
    "unverified": (
        "只能回话：居民说一句，小应答一句。别的消息等居民下次说话时一起带到。",
        "菜单、模板消息、订阅通知都没有；认证以后在配置里改 abilities。",
    ),
    "subscription": (
        "回话；居民说话后 48 小时内还能主动发 5 条。",
        "居民点过同意的订阅通知，点一次发一条。",
        "没有模板消息和带地方的二维码，这要认证服务号。",
    ),
    "service": (
        "回话；居民说话后 48 小时内还能主动发 5 条。",
        "过了 48 小时发模板消息，每天 10 万条。",
        "居民点过同意的订阅通知，点一次发一条。",
        "菜单、楼栋二维码都有。",
    ),
    "": ("通讯录里的同事随时收得到，没有 48 小时的限制。", "接单、评价用卡片上的按钮；看不到卡片的先发文字。"),
}
"""What an account may do, by its abilities; empty for a corp's app."""

WAYS = {TemplateWay.TEMPLATE: "模板消息", TemplateWay.SUBSCRIPTION: "订阅通知"}

WHY_NOT = {
    TemplateWay.TEMPLATE: "这个号发不了模板消息，要认证服务号。",
    TemplateWay.SUBSCRIPTION: "这个号发不了订阅通知，要先认证。",
}

NONE_OFFERED = {
    TemplateWay.TEMPLATE: "平台上还没有选过模板。请到公众平台的“模板消息”里选一个，再取一次。",
    TemplateWay.SUBSCRIPTION: "平台上还没有选过模板。请到公众平台的“订阅通知”里选一个，再取一次。",
}

NOT_FOR_US = "里面有这里填不了的字段，请另选一个。"


def platform_says(code: int | None) -> str:
    """Why the platform gave no list."""
    if code is None:
        return "微信没有回应，过一会儿再取；也可以照平台上的 ID 自己填。"
    return f"微信没有给（{code}）。请记下这个数字告诉管理员；也可以照平台上的 ID 自己填。"


PARTS = {
    Part.TITLE: "标题",
    Part.TEXT: "全文（放不下就截断）",
    Part.NUMBER: "编号",
    Part.CATEGORY: "什么事",
    Part.PLACE: "地方",
    Part.TIME: "发的时间",
    Part.NOTHING: "空着（写 -）",
}
"""What a field may hold."""

TOLD = {
    (False, True): "配置文件里定的模板",
    (False, False): "没有模板",
    (True, True): "在这里定的模板",
    (True, False): "在这里定了不用模板",
}
"""Whether it was entered in the console, and whether there is a template."""


def left(number: int) -> str:
    """How many messages an account may still send today."""
    return f"{number:,} 条"


def time_of(now: datetime) -> str:
    """A moment as the platform's fields of time take it."""
    here = local(now)
    return f"{here.year}年{here.month}月{here.day}日 {here:%H:%M}"
