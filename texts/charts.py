"""What the charts of the figures say, and the page of a week."""

from __future__ import annotations

from datetime import date

from models.outcomes import BLACK_KEPT, BLACK_RETURNED, LEAST_FINISHED, LEAST_JUDGED, RED_KEPT, RED_RETURNED, Colour

TITLES = {
    "rates": "三率",
    "places": "反映了多少，按地方",
    "categories": "反映了多少，按分类",
    "hours": "反映了多少，按钟点",
    "limits": "时限守住了多少",
    "first": "首派准确率",
    "corrections": "分类改正了多少",
    "waves": "问志愿者，问到了没有",
    "recurring": "高频问题",
    "companies": "物业红黑榜",
    "minutes": "志愿服务时长",
}

NOTES = {
    "rates": "响应看办结的事；解决和满意只看居民说了话的。没有算进去的，在下面一项一项列着。",
    "places": "居民报来的事，按报来那天算；几个人报同一件事，算几次。拆出来的子任务、部门下派的任务不算。",
    "categories": "按现在的分类。",
    "hours": "几点报来的，北京时间。",
    "limits": "第一次回话看答应居民的时限，办结看办结时限（暂挂的时间不算）。以前的事有的没有记下时限，不算进办结。",
    "first": "第一家就办好的占多少。还在办的、街道还没定的、没办完就结束的，不算进去。",
    "corrections": "报来时听成这一类、后来有人改成别的一类的占多少。没听懂的单独列，看有多少后来定了分类。",
    "waves": "一批一批地问志愿者，看每批里有没有人答应。",
    "recurring": "这段时间最后 30 天里，同一个地方、同一类的事有 3 件以上。被合并、撤回、不予受理的不算件。“从哪天起”往回看，"
    "中间没有断过 30 天。",
    "companies": f"只看真实结果：交给物业办的事，按时办结多少，办完居民说没解决、退回多少（居民没说话的不算）。"
    f"办结满 {LEAST_FINISHED} 件才上榜。红榜：按时不少于 {RED_KEPT // 10} 成，退回不超过 {RED_RETURNED // 10} 成，"
    f"至少 {LEAST_JUDGED} 件有居民的话。黑榜：按时不到 {BLACK_KEPT // 10} 成，或者退回超过 {BLACK_RETURNED // 10} 成。"
    "退回重办的，每次办结各算一次。",
    "minutes": "只算开通了积分、记在账上的，按记账那天算。不给个人排名。",
}

HEADS = {
    "rates": ("", "占比", "有几件", "看几件"),
    "places": ("地方", "反映"),
    "categories": ("分类", "反映"),
    "hours": ("钟点", "反映"),
    "limits": ("", "守住占比", "守住", "看几件"),
    "first": ("第一家", "首派准确率", "第一家就办好", "看几件", "还在第一家办", "退回了，街道还没定", "没办完就结束"),
    "corrections": ("听成", "改正占比", "改正", "听成这一类"),
    "waves": ("", "有人答应占比", "有人答应", "问了几批"),
    "recurring": ("地方", "什么事", "几件", "反映几次", "从哪天起"),
    "companies": ("物业", "红黑榜", "办结", "按时占比", "按时", "看时限几件", "退回占比", "退回", "有居民的话几件"),
    "minutes": ("", "小时", "几次"),
}

COLOURS = {Colour.RED: "★ 红榜", Colour.BLACK: "▲ 黑榜", Colour.NEITHER: "不上榜", Colour.FEW: "太少，不上榜"}

ANSWERED, FINISHED = "第一次回话", "办结（全部）"
NOT_UNDERSTOOD = "没听懂的"
WAVES = ("第一批", "第二批", "第三批和以后")
TOGETHER = "一共"
NOTHING = "这段时间没有。"
FEW = "太少"

AS_TABLE, AS_CHART, LINK, EXCEL, ALL_EXCEL = "看表格", "看图", "这张图的链接", "Excel", "全部下载（Excel）"
CSV, WEEK_PDF = "明细（CSV）", "上周周报（PDF，一页）"

EXCEL_NAME = "figures"
SCOPE_SHEET, SCOPE_HEAD = "范围", ("项目", "内容")


def hour(number: int) -> str:
    """One hour of the day, such as 8点."""
    return f"{number}点"


def only_in_table(number: int) -> str:
    """Under a picture that does not show every line."""
    return f"图里只画前面的，另外 {number} 行在表格里。"


def hours_of(minutes: int) -> float:
    """Minutes as hours with one decimal place."""
    return round(minutes / 60, 1)


def largest(title: str, names: list[tuple[str, str]]) -> str:
    """What a picture shows, in a sentence for whoever does not see it: the first few."""
    if not names:
        return f"{title}：这段时间没有。"
    return f"{title}：" + "，".join(f"{name} {value}" for name, value in names) + "。"


def whole_period(place: str, category: str, first: date, last: date) -> str:
    """What a page or a file is about."""
    return f"{place}{' · ' + category if category else ''} · {first.isoformat()} 到 {last.isoformat()}"
