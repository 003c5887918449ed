"""What staff read about their own account, about who may do what, and about who saw and did what."""

from __future__ import annotations

from models.audit import AuditKind

FAULTS = {
    "password_wrong": "密码不对。",
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
