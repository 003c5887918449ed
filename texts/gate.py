"""What staff read about their own account, and about who may do what."""

from __future__ import annotations

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
