"""What the console's menu says."""

from __future__ import annotations

LABELS = {
    "tickets": "事情",
    "map": "地图",
    "counter": "柜台",
    "chats": "人工对话",
    "registrations": "报到",
    "unreached": "没联系上",
    "call_backs": "回访",
    "push_down": "下派",
    "announcements": "公告",
    "guides": "指南",
    "broadcasts": "群发",
    "departments": "部门和单位",
    "roster": "值班",
    "riders": "骑手",
    "posts": "认岗",
    "stations": "驿站",
    "ledger": "积分",
    "honours": "评选",
    "figures": "数字",
    "corrections": "听得准不准",
    "menus": "菜单",
    "accounts": "账号",
    "areas": "地方",
    "categories": "分类",
    "channels": "平台账号",
    "calendar": "日历",
    "audit": "记录",
    "health": "运行",
}
"""The entries of console/menu.py."""

GROUPS = {"neighbours": "街坊", "hands": "人手", "figures": "数字", "settings": "管理"}
