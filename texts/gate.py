"""What staff read about their own account, about who may do what, and about who saw and did what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.audit import AuditKind

FAULTS = {
    "password_wrong": "密码不对。",
    "name": "请写姓名。",
    "kind": "请选一个身份。",
    "area": "请选一处您管的地方。",
    "date": "请选一个日子，或者空着。",
    "too_late": "日子已经过了，请选今天或以后，或者空着。",
    "no_such_department": "部门的身份要写部门的名字。",
    "elsewhere": "这位同志在别处也有身份，密码请上一级的管理员重设。",
    "own": "自己的管理员身份请另一位管理员来结束。",
    "name_invalid": "登录名要 1 到 40 个字。",
    "name_taken": "这个登录名有人用了，请换一个。",
    "code_wrong": "验证码不对。请看手机上最新的那 6 位数，再写一次。",
}

AUDIT = {
    AuditKind.SAW_CONTACT: "看了居民的门牌",
    AuditKind.SAW_PHONE: "看了电话号码",
    AuditKind.SAW_PHOTO: "看了照片",
    AuditKind.SAW_CHAT: "看了人工对话",
    AuditKind.SAW_LEDGER: "看了积分明细",
    AuditKind.SAW_REGISTRATION: "看了报到人的电话",
    AuditKind.SAW_FILE: "下载了表格",
    AuditKind.SAW_AUDIT: "看了操作记录",
    AuditKind.DID: "操作",
    AuditKind.SIGNED_IN: "登录",
    AuditKind.SIGNED_IN_WECOM: "扫码登录",
    AuditKind.SIGN_IN_FAILED: "登录没成功",
    AuditKind.LOCKED: "连着错，锁了 15 分钟",
    AuditKind.SIGNED_OUT: "退出",
    AuditKind.SESSION_ENDED: "让浏览器退出",
    AuditKind.PASSWORD_CHANGED: "改了密码",
    AuditKind.PASSWORD_RESET: "重设了密码",
    AuditKind.LOGIN_MADE: "开了账号",
    AuditKind.SECOND_STEP_ON: "打开了两步登录",
    AuditKind.SECOND_STEP_OFF: "关闭了两步登录",
    AuditKind.RECOVERY_USED: "用了一个备用码",
    AuditKind.ROLE_GRANTED: "给了身份",
    AuditKind.ROLE_ENDED: "结束了身份",
}

BROWSERS = (
    ("MicroMessenger", "微信"),
    ("wxwork", "企业微信"),
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)

SYSTEMS = (
    ("Android", "安卓手机"),
    ("iPhone", "苹果手机"),
    ("iPad", "平板"),
    ("Windows", "Windows 电脑"),
    ("Mac OS", "苹果电脑"),
    ("Linux", "Linux 电脑"),
)


def browser(name: str) -> str:
    """What a browser calls itself, in words that its owner recognises."""
    parts = [
        next((said for mark, said in known if mark in name), "")
        for known in (SYSTEMS, tuple(reversed(BROWSERS[:2])) + BROWSERS[2:])
    ]
    return " · ".join(part for part in parts if part) or "别的程序"


AUDIT_GROUPS = {"seen": "看了什么", "did": "做了什么", "came": "登录退出", "accounts": "账号和身份"}

_PLACES = {
    "tickets": "事情",
    "chats": "人工对话",
    "registrations": "报到",
    "unreached": "没联系上",
    "call-backs": "回访",
    "announcements": "公告",
    "departments": "部门",
    "joint-areas": "联合区域",
    "admitted": "准入清单",
    "wishes": "下派申请",
    "push-down": "下派",
    "roster": "值班表",
    "ledger": "积分",
    "set-aside": "扎堆的评价",
    "accounts": "人员",
    "connect": "接通",
    "areas": "地方",
    "audit": "操作记录",
    "calendar": "工作日历",
    "categories": "分类",
    "guides": "办事指南",
    "people": "人员名单",
    "words": "本地说法",
    "limits": "时限",
    "ready": "常用的话",
    "skills": "特长",
    "teams": "骑手队伍",
    "channels": "平台账号",
    "templates": "消息模板",
}
"""The rooms of the console, by the first word of their address."""

_TABLES = {
    "roles": "身份",
    "people": "人",
    "logins": "账号",
    "parties": "单位",
    "goods": "物品",
    "redemptions": "预留",
    "duties": "值班",
    "announcements": "公告",
    "announcement_tickets": "公告答复的事",
    "joint_areas": "联合区域",
    "joint_nodes": "联合区域的地方",
    "admitted": "准入清单",
    "push_downs": "下派申请",
    "conversations": "对话",
    "evaluations": "评价",
    "call_backs": "回访",
    "offers": "派单",
    "party_links": "一次性链接",
    "areas": "地方",
    "area_aliases": "别名",
    "guides": "办事指南",
    "own_days": "放假和上班",
    "uploads": "上传的名单",
    "skills": "特长",
    "codes": "绑定码",
    "categories": "分类",
    "ready_answers": "常用的话",
    "teams": "队伍",
    "team_members": "队员",
    "templates": "消息模板",
}

_COLUMNS = {
    "name": "名称",
    "code": "门牌码",
    "grid_worker_id": "网格员",
    "secretary_id": "书记",
    "parent_id": "上级",
    "closed_at": "停用",
    "lat": "纬度",
    "lng": "经度",
    "words": "说法",
    "first": "先找谁",
    "level": "从哪级办起",
    "first_answer_limit": "首次答复",
    "accept_limit": "接单",
    "finish_limit": "办结",
    "limits_by": "特别的时限",
    "department": "部门",
    "skills": "特长",
    "needs": "几个人去",
    "offerable": "可派志愿者",
    "title": "标题",
    "text": "正文",
    "links": "链接",
    "active": "在用",
    "working": "上班",
}

_HOW = {"new": "添了一行", "gone": "删了一行"}


def what(kind: AuditKind, about: str, names: Mapping[int, str]) -> str:
    """One line of the audit, after the name of whoever it was."""
    first, _, rest = about.partition("/")
    if first == "people" and rest.isdigit():
        return f"{AUDIT[kind]}：{names.get(int(rest)) or '没留姓名'}"
    if kind is AuditKind.DID:
        return f"{_PLACES.get(first, first)}：{rest or about}"
    return f"{AUDIT[kind]}：{rest or about}" if about and kind is not AuditKind.SAW_AUDIT else AUDIT[kind]


def differences(facts: Mapping[str, Any]) -> list[str]:
    """What a button changed, one line a row of the tables."""
    lines = []
    for each in facts.get("changed", []):
        name = _TABLES.get(each["table"], each["table"])
        number = each.get("name") or "、".join(str(part) for part in each.get("id") or [])
        told = _HOW.get(each.get("how", ""), "") or "，".join(
            f"{_COLUMNS.get(column, column)} {_value(before)} → {_value(after)}"
            for column, (before, after) in each.get("to", {}).items()
        )
        lines.append(f"{name} {number}：{told}".replace(" ：", "："))
    return lines


def _value(value: Any) -> str:
    if value is None:
        return "无"
    return ("否", "是")[value] if isinstance(value, bool) else str(value)
