"""What staff read about departments and partners, joint areas and the admitted list."""

from __future__ import annotations

from models.joint import Turn
from models.party import PartyKind
from models.statistics import FirstGiven

KINDS = {
    PartyKind.DEPARTMENT: "职能部门",
    PartyKind.PROPERTY: "物业公司",
    PartyKind.OWNERS: "业委会",
    PartyKind.UTILITY: "水电气单位",
    PartyKind.OTHER: "其他单位",
}

TURNS = {Turn.DAY: "按天轮", Turn.WEEK: "按周轮"}

FAULTS = {
    "area": "请选一处您这里管的地方。",
    "kind": "请选这是什么单位。",
    "name": "请写名字。",
    "category": "请选一个分类。",
    "date": "请选从哪一天开始轮。",
    "turn": "请选按天还是按周。",
    "joint": "联合区域要有两个以上社区的地方，名字和地方都不能和别的联合区域重复。",
    "words": "请写要社区做什么。",
    "off_list": "这件事不在准入清单里，先不下派。确实需要社区来做，可以请街道定。",
}

FIRST = {
    FirstGiven.RIGHT: "第一家就办好",
    FirstGiven.WRONG: "换了别家办",
    FirstGiven.STILL: "还在第一家办",
    FirstGiven.DISPUTED: "退回了，街道还没定",
    FirstGiven.OVER: "没办完就撤回、合并、不予受理，或由公告统一答复",
}


FIRST_DEFINITIONS = (
    "这段时间里第一次转给部门或单位的事，由这第一家办好的占多少。",
    "退回后街道同意、或者改派给别家、社区收回的，算没派准；退回后街道定了仍由他办的，不算没派准。",
    "还在办的、街道还没定的、没办完就结束的，都不算进去，在旁边列出来。",
    "办好以后居民说没解决，是办得好不好的事，看三率，不影响这里。",
)


def hours(count: int) -> str:
    """How long a link holds."""
    return f"{count // 24} 天" if count % 24 == 0 else f"{count} 小时"
