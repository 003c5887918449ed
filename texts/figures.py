"""What staff read about judgements: call-backs, the three rates, and announcements."""

from __future__ import annotations

from models.announcement import Outcome
from models.result import Figure

FIGURES = {
    Figure.SATISFIED: "解决了，满意",
    Figure.SOLVED_ONLY: "解决了，不满意",
    Figure.UNSOLVED: "没解决",
    Figure.SET_ASIDE: "评价扎堆，先不算",
    Figure.WITHDRAWN_AFTER: "办完后本人撤回",
    Figure.OWN_WORK: "自己办自己报的，等回访",
    Figure.ANNOUNCED: "公告统一答复，没人评",
    Figure.SILENT: "问了没回",
    Figure.UNREACHABLE: "没问到（联系不上）",
    Figure.WAITING: "还在等评价",
    Figure.NOT_ASKED: "还没问到",
    Figure.IN_TIME: "按时响应",
    Figure.BY_CALL: "电话回访",
    Figure.MERGED: "并到别的事里",
    Figure.WITHDRAWN: "没办完就撤回",
    Figure.REJECTED: "不予受理",
    Figure.PART: "拆出来的子任务",
    Figure.PUSHED_DOWN: "部门下派的任务",
}

ANSWERED, SOLVED, SATISFIED = "响应率", "解决率", "满意率"

DEFINITIONS = (
    "响应：办结的事里，第一次有人回话没有超过答应的时限。",
    "解决：说了结果的居民里，说“解决了”的（满意不满意都算），电话回访说的也算。",
    "满意：同样这些居民里，说“解决了，满意”的。",
    "没问到、没回话、还在等的，都不当作“解决”，也不当作“没解决”，在下面逐项列出来。",
    "很多人报的同一件事按一件算，听第一位反映人怎么说；别的邻居说没解决，一样退回重办。",
    "拆成几步办的事，子任务都办完、居民评了，按一件算；子任务和部门下派的任务由工作人员自己评，不算在三率里，另外列出来。",
    "一件事在这段时间里办结几次，只按最后一次算。",
)

PERIODS = {
    "this_week": "本周",
    "last_week": "上周",
    "this_month": "本月",
    "last_month": "上月",
    "this_quarter": "本季度",
    "year": "最近一年",
    "days": "自选",
}

NOWHERE = "地方不清楚"
TOO_FEW = "太少，不算"
ALL = "全部"

CSV_HEAD = ("从", "到（含）", "地方", "分类", "办结")
CSV_NAME = "san-lv"

CALLS = {1: "解决了，满意", 2: "解决了，不满意", 3: "没解决，退回重办"}
NOT_REACHED = "没打通"

OUTCOMES = {
    Outcome.HOLD: "先挂着，到公告结束那天自动恢复",
    Outcome.RESOLVE: "就按公告答复办结，请居民评价",
}

FAULTS = {
    "title": "请写一个标题。",
    "words": "请写告诉居民的话。",
    "area": "请选一个地方。",
    "category": "请选一个分类。",
    "time": "结束时间要在开始之后、一年以内，而且还没到。",
    "outcome": "请选一种处理办法。",
    "answer": "请选一个结果。",
}
