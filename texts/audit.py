"""What the street reads of who saw and did what: the kinds of lines, rooms and buttons, and what a button changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models import open_hours
from models.audit import AuditKind
from models.clock import local
from models.ledger import GiftState
from models.offer import Purpose
from models.party import End
from models.person import RoleStatus
from models.proposal import ProposalState
from models.pushed import Wish
from models.result import CallState
from models.rider import TitleKind
from texts import care, console, honours, ledger, parties, stations
from texts.channels import WAYS
from texts.common import LEVELS, ROLES, WEEKDAYS
from texts.console import ACTIONS, SAME_ANSWERS
from texts.editing import FIRST, OTHERWISE, STEPS, limit
from texts.figures import OUTCOMES

AUDIT = {
    AuditKind.SAW_CONTACT: "看了居民的门牌",
    AuditKind.SAW_PHONE: "看了电话号码",
    AuditKind.SAW_PHOTO: "看了照片",
    AuditKind.SAW_CHAT: "看了人工对话",
    AuditKind.SAW_LEDGER: "看了积分明细",
    AuditKind.SAW_REGISTRATION: "看了报到的人",
    AuditKind.SAW_PEOPLE: "看了谁是什么身份、会什么",
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
    "skills": "特长",
    "riders": "骑手",
    "posts": "岗位",
    "stations": "驿站",
    "honours": "评选",
    "counter": "柜台",
    "appointments": "预约",
    "broadcasts": "群发",
    "menus": "菜单",
    "channels": "平台账号",
    "map": "地图",
    "password": "密码",
    "account": "我的账号",
    "words": "本地说法",
    "limits": "时限",
    "ready": "常用的话",
    "teams": "骑手队伍",
    "templates": "消息模板",
}
"""The rooms of the console, by the first word of their address."""

_PRESSED = {action.value: word for action, word in ACTIONS.items()} | {
    "add": "添",
    "answer": "答复",
    "ask": "问本人",
    "bulk": "一次办几件",
    "call-off": "不办了",
    "cancel": "取消",
    "change": "改",
    "close": "停用",
    "code": "绑定码",
    "codes": "门牌二维码",
    "confirm": "核对好了",
    "decline": "没通过",
    "deny": "不准入",
    "desk-notes": "记一笔",
    "different": SAME_ANSWERS["different"],
    "end": "结束",
    "enter": "添",
    "fetch": "取回",
    "file": "上传",
    "filters": "常用的筛选",
    "forget": "去掉",
    "goods": "东西",
    "grant": "准入",
    "hand-back": "交回小应",
    "hand-over": "核销",
    "held": "谁认了",
    "join": "入队",
    "leave": "离队",
    "link": "链接",
    "move": "改时间或搬",
    "new": "新的",
    "open": "启用",
    "party": "单位",
    "password": "重设密码",
    "phone": "看号码",
    "preview": "先看一遍",
    "proposals": "同一件事",
    "publish": "发布",
    "remove": "去掉",
    "rename": "改名",
    "reply": "回话",
    "roles": "身份",
    "same": SAME_ANSWERS["same"],
    "settle": "看过，是好的",
    "sheet": "Excel 名单",
    "stock": "库存",
    "stop": "停下",
    "take": "导入",
    "take-back": "照国家的",
    "team": "队伍",
    "template": "模板",
    "title": "称号",
    "told": "已告知",
    "until": "改日子",
    "words": "说法",
}
"""The buttons, by the words of their address."""

_TABLES = {
    "access_notes": "进小区的办法",
    "admitted_tasks": "准入清单",
    "alarms": "紧急叫人",
    "alerts": "给骑手的提醒",
    "announcement_tickets": "公告答复的事",
    "announcements": "公告",
    "appointments": "预约",
    "area_aliases": "别名",
    "areas": "地方",
    "assignments": "转给单位的事",
    "attachments": "照片",
    "broadcasts": "群发",
    "call_backs": "回访",
    "categories": "分类",
    "codes": "绑定码",
    "conversations": "对话",
    "desk_notes": "值班笔记",
    "duties": "值班",
    "evaluations": "评价",
    "goods": "物品",
    "guides": "办事指南",
    "honour_nominations": "提名",
    "honour_nominees": "候选人",
    "honour_rounds": "评选",
    "hour_gifts": "送的时长",
    "identities": "微信账号",
    "joint_areas": "联合区域",
    "joint_nodes": "联合区域的地方",
    "links": "一次性链接",
    "logins": "账号",
    "lookouts": "巡查重点",
    "menus": "菜单",
    "offers": "派单",
    "outlines": "边界",
    "own_days": "放假和上班",
    "parties": "单位",
    "party_links": "一次性链接",
    "people": "人",
    "place_codes": "门牌二维码",
    "posts": "岗位",
    "proposals": "同一件事",
    "push_downs": "下派申请",
    "ready_answers": "常用的话",
    "redemptions": "预留",
    "rider_profiles": "骑手资料",
    "roles": "身份",
    "saved_filters": "常用的筛选",
    "skills": "特长",
    "station_faults": "驿站不对的地方",
    "station_uses": "驿站能做什么",
    "stations": "驿站",
    "team_members": "队员",
    "teams": "队伍",
    "templates": "消息模板",
    "titles": "称号和认岗",
    "uploads": "上传的名单",
    "waves": "派单批次",
}

_BESIDE = frozenset({"by_id", "changed_at", "created_at", "made_at", "path", "grams", "digest"})
"""Who and when stand in the line already; the rest follows from what is told."""

_COLUMNS = {
    "about": "为什么",
    "accept_limit": "接单",
    "active": "在用",
    "address": "地址",
    "agreed_at": "本人答应",
    "answer": "回答",
    "answered_at": "答复",
    "answered_by_id": "谁定的",
    "area_id": "哪里",
    "asked_at": "问过",
    "away_until": "请假到",
    "begins": "从",
    "blurred": "遮过的照片",
    "busy": "跑单时间",
    "by_phone": "打电话告知",
    "called_off_at": "不办了",
    "cancelled_at": "取消",
    "cancelled_by_id": "谁取消的",
    "categories": "哪几类事",
    "category": "分类",
    "channel": "账号",
    "closed_at": "停用",
    "code": "门牌码",
    "community_id": "社区",
    "consented_at": "同意留号码",
    "contact": "联系人",
    "counted_at": "计入",
    "day": "哪天",
    "decided_at": "定了",
    "decided_by_id": "谁定的",
    "department": "部门",
    "desk": "窗口",
    "done_at": "发完",
    "draft": "菜单草稿",
    "end": "怎么结束的",
    "ended_at": "结束",
    "ends": "到",
    "ends_at": "投票到",
    "erased_at": "删除信息",
    "expires_at": "有效到",
    "failures": "输错几次",
    "fault": "哪里不对",
    "finish_limit": "办结",
    "first": "先找谁",
    "first_answer_limit": "首次答复",
    "first_id": "第一位",
    "free_from": "几点起能接单",
    "free_until": "接单到几点",
    "geometry": "形状",
    "grid_worker_id": "网格员",
    "home_area_id": "住处",
    "home_room": "门牌",
    "honoured": "选上了",
    "hours": "开放时间",
    "into_id": "并到哪件",
    "is_open": "能兑换",
    "joined_to_id": "并到哪个人",
    "kept_at": "仍由他办",
    "kind": "哪一种",
    "lat": "纬度",
    "level": "从哪级办起",
    "limits_by": "特别的时限",
    "links": "链接",
    "lng": "经度",
    "locked_until": "锁到",
    "merchant_id": "商户",
    "minor": "未成年",
    "most_offers": "接单上限",
    "must_change": "要改密码",
    "name": "名称",
    "needs": "几个人去",
    "no_broadcasts": "不收群发",
    "nominee_id": "提名的是谁",
    "nominees": "评谁",
    "offerable": "可派志愿者",
    "outcome": "怎么办",
    "parent_id": "上级",
    "party_id": "单位",
    "password_hash": "密码",
    "person_id": "谁",
    "phone": "电话",
    "place": "地方",
    "places": "评几位",
    "platform": "平台",
    "post_id": "岗位",
    "price": "要几分",
    "published_at": "发布",
    "purpose": "办什么",
    "put_aside_at": "放在一边",
    "query": "筛选",
    "reachable": "联系得上",
    "recovery": "备用码",
    "reminded_at": "提醒过",
    "reminders": "接受提醒",
    "returned_at": "退回",
    "revoked_at": "作废",
    "round": "第几轮",
    "round_id": "哪次评选",
    "second_id": "第二位",
    "secretary_id": "书记",
    "seen_at": "最近来过",
    "services": "服务",
    "set_aside": "不算的评价",
    "setting": "模板",
    "settled_at": "看过",
    "settled_by_id": "谁看的",
    "since": "从",
    "skills": "特长",
    "source": "从哪里来",
    "stage": "叫到第几步",
    "state": "怎样了",
    "station_id": "哪处驿站",
    "status": "怎样了",
    "stock": "库存",
    "stopped_at": "停下",
    "stopped_by_id": "谁停的",
    "text": "正文",
    "ticket_id": "哪件事",
    "title": "标题",
    "told": "发到第几位",
    "told_at": "已告知",
    "topic": "看什么",
    "totp_secret": "两步登录",
    "totp_step": "两步登录用过的码",
    "tried_at": "打过",
    "tries": "打过几次",
    "turn": "怎么轮",
    "unit": "单位",
    "until": "到哪天",
    "used_at": "用过",
    "uses_left": "还能用几次",
    "version": "第几版",
    "voters": "谁能投",
    "votes": "几票",
    "votes_from": "投票从",
    "wanted": "要几个人",
    "warned_for": "问过的满期日",
    "weekday": "星期",
    "withdrawn_at": "撤回",
    "words": "说法",
    "working": "上班",
}

_COLUMNS_OF = {
    ("access_notes", "words"): "怎么进",
    ("alerts", "words"): "提醒的话",
    ("announcements", "words"): "说明",
    ("broadcasts", "words"): "群发的话",
    ("codes", "code"): "绑定码",
    ("people", "name"): "姓名",
    ("logins", "name"): "登录名",
    ("goods", "place"): "到哪里领",
    ("posts", "words"): "做什么",
    ("push_downs", "words"): "下派的话",
    ("evaluations", "answer"): "评价",
}

AREAS = ("area_id", "parent_id", "community_id")
COLLEAGUES = ("grid_worker_id", "secretary_id", "first_id", "second_id")
"""Columns in which a place stands, and those in which a colleague does: these are called by name."""

_VALUES: dict[tuple[str, str], Mapping[Any, str]] = {
    ("alerts", "kind"): care.SHORT_KINDS,
    ("announcements", "outcome"): OUTCOMES,
    ("assignments", "end"): {End.FINISHED: "办结了", End.MOVED: "改派了", End.OVER: "不办了"},
    ("broadcasts", "role"): ROLES,
    ("call_backs", "state"): {CallState.OPEN: "等着打", CallState.ANSWERED: "问到了", CallState.NOT_REACHED: "没打通"},
    ("categories", "first"): FIRST,
    ("categories", "level"): LEVELS,
    ("codes", "role"): ROLES,
    ("duties", "weekday"): {number: f"周{name}" for number, name in enumerate(WEEKDAYS)},
    ("evaluations", "answer"): console.ANSWERS,
    ("evaluations", "set_aside"): console.SET_ASIDE,
    ("honour_nominees", "state"): honours.STATES,
    ("honour_rounds", "nominees"): honours.GROUPS,
    ("honour_rounds", "voters"): honours.GROUPS,
    ("hour_gifts", "state"): {GiftState.OPEN: "等回答", GiftState.ACCEPTED: "收下了", GiftState.DECLINED: "没收"},
    ("joint_areas", "turn"): parties.TURNS,
    ("offers", "purpose"): {Purpose.TASK: "请去办", Purpose.HANDOVER: "请接手"},
    ("offers", "state"): console.OFFER_STATES,
    ("parties", "kind"): parties.KINDS,
    ("proposals", "state"): {
        ProposalState.OPEN: "在问",
        ProposalState.SAME: "是一件",
        ProposalState.DIFFERENT: SAME_ANSWERS["different"],
    },
    ("push_downs", "state"): {
        Wish.REFUSED: "不在清单上",
        Wish.ASKED: "等街道定",
        Wish.GRANTED: "准入",
        Wish.DENIED: "不准入",
    },
    ("redemptions", "state"): ledger.RESERVATIONS,
    ("roles", "kind"): ROLES,
    ("roles", "status"): {RoleStatus.PENDING: "等核对", RoleStatus.ACTIVE: "在任", RoleStatus.ENDED: "结束了"},
    ("station_faults", "fault"): stations.FAULTS,
    ("stations", "kind"): stations.KINDS,
    ("templates", "kind"): console.NOTICES,
    ("templates", "way"): WAYS,
    ("titles", "kind"): care.TITLES | {TitleKind.POST: "认岗"},
}
"""What closed sets of words are called, as the pages call them."""

_HOW = {"new": "添了", "gone": "去掉了"}
_HIDDEN = "…"
_LIMIT = re.compile(r"(\d+)(h|wd)")
_LIMITS_BY = re.compile(r"(\w+) (\w+) (\d+(?:h|wd))")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_WEIGHED = re.compile(r"(\S+) (\d+(?:\.\d+)?)(?=,|$)")


@dataclass(frozen=True, slots=True)
class Called:
    """What things that lines name by their numbers are called now; `weigh` says how sure a word of a category is."""

    people: Mapping[int, str] = field(default_factory=dict)
    areas: Mapping[int, str] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    weigh: Callable[[float], str] = str


def what(kind: AuditKind, about: str, names: Mapping[int, str]) -> str:
    """One line of the audit, after the name of whoever it was."""
    first, _, rest = about.partition("/")
    if first == "people" and rest.isdigit():
        return f"{AUDIT[kind]}：{names.get(int(rest)) or '没留姓名'}"
    if kind is AuditKind.DID:
        # What is pressed on a ticket has its word; everything else stands as its address has it.
        pressed = " ".join(_PRESSED.get(part, part) for part in rest.split("/"))
        return f"{_PLACES.get(first, first)}：{pressed or _PRESSED['add']}"
    return (
        f"{AUDIT[kind]}：{rest or _PLACES.get(first, about)}"
        if about and kind is not AuditKind.SAW_AUDIT
        else AUDIT[kind]
    )


def named_in(facts: Mapping[str, Any], columns: Collection[str]) -> set[int]:
    """What the lines of a button name by numbers in some columns."""
    changes = [each.get("to", {}) for each in facts.get("changed", [])]
    values = (value for each in changes for column in columns for value in each.get(column, ()))
    return {value for value in values if isinstance(value, int)}


def differences(facts: Mapping[str, Any], called: Called) -> list[str]:
    """What a button changed, one line a row of the tables; what has no name here stands as it is."""
    lines = []
    for each in facts.get("changed", []):
        table = each["table"]
        told = _HOW.get(each.get("how", ""), "") or "，".join(
            _change(table, column, before, after, called)
            for column, (before, after) in each.get("to", {}).items()
            if column not in _BESIDE
        )
        thing = each.get("name") or "、".join(_key(table, part, called) for part in each.get("id") or [])
        if told:
            lines.append(f"{_TABLES.get(table, table)} {thing}：{told}".replace(" ：", "："))
    return lines


def _key(table: str, part: Any, called: Called) -> str:
    if table == "templates":
        return called.accounts.get(part) or WAYS.get(part) or console.NOTICES.get(part, str(part))
    return called.categories.get(part, part) if isinstance(part, str) else f"{part} 号"


def _change(table: str, column: str, before: Any, after: Any, called: Called) -> str:
    name = _COLUMNS_OF.get((table, column)) or _COLUMNS.get(column, column)
    if _HIDDEN in (before, after):
        # That it changed, and not into what.
        return f"{name}{'填上了' if not before else '清空了' if not after else '改了'}"
    return f"{name} {_value(table, column, before, called)} → {_value(table, column, after, called)}"


def _value(table: str, column: str, value: Any, called: Called) -> str:
    if value is None or value == "":
        return "无"
    if isinstance(value, bool):
        return ("否", "是")[value]
    known: Mapping[Any, str] = _VALUES.get((table, column), {})
    if column in AREAS:
        known = called.areas
    elif column in COLLEAGUES:
        known = called.people
    elif column == "category":
        known = called.categories
    return known.get(value) or (_said(table, column, value, called) if isinstance(value, str) else str(value))


def _said(table: str, column: str, value: str, called: Called) -> str:
    if _MOMENT.match(value):
        return f"{local(datetime.fromisoformat(value)):%Y-%m-%d %H:%M}"
    if table == "categories" and _LIMIT.fullmatch(value):
        return limit(value)
    if column == "limits_by":
        return _LIMITS_BY.sub(
            lambda found: f"{_WHEN.get(found[1], found[1])}{STEPS.get(found[2], found[2])} {limit(found[3])}", value
        ).replace(", ", "，")
    if (table, column) == ("stations", "hours"):
        return stations.hours(open_hours.read(value))
    if (table, column) == ("posts", "categories"):
        return "、".join(called.categories.get(each, each) for each in value.split(", "))
    if (table, column) == ("categories", "words"):
        return _WEIGHED.sub(lambda found: f"{found[1]}（{called.weigh(float(found[2]))}）", value).replace(", ", "、")
    return value.replace(", ", "、")


_WHEN = {key: name.partition("（")[0] for key, name in OTHERWISE.items()}
