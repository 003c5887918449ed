"""What riders say and lists write: what a place is for, its opening hours, and the matters riders bring for themselves."""

from __future__ import annotations

import re

from models.open_hours import DAY, EVERY_DAY, Hours
from models.rider import AlertKind, Matter, TitleKind
from models.station import Use
from nlp.normal import normal

# ---------------------------------------------------------------- what a place is for

# Nearest first: a merchant's 爱心驿站 is a merchant's offer only when it says so.
_KINDS = (
    (Use.OFFER, re.compile("优惠|商户|暖新|商家|店铺")),
    (Use.MEAL, re.compile("食堂|餐|吃饭|饭")),
    (Use.CHARGING, re.compile("充电|换电")),
    (Use.WATER, re.compile("饮水|喝口?水|接水|打水|热水|水站")),
    (Use.REST, re.compile("驿站|休息|歇|港湾|暖心|爱心|之家|服务站|司机")),
)
_SERVICES = (
    (Use.CHARGING, re.compile("充电|换电")),
    (Use.WATER, re.compile("饮水|热水|开水|喝水|茶")),
    (Use.MEAL, re.compile("就餐|用餐|套餐|盒饭|食堂")),
    (Use.REST, re.compile("休息|歇脚|空调|座椅|纳凉|取暖")),
)


def use_named(said: str) -> Use | None:
    """The use that words name: 小哥食堂, 充电, 歇一歇."""
    folded = normal(said)
    return next((use for use, pattern in _KINDS if pattern.search(folded)), None)


def uses_of(services: str) -> frozenset[Use]:
    """What a place does for besides what it is, from the words for its services."""
    folded = normal(services)
    return frozenset(use for use, pattern in _SERVICES if pattern.search(folded))


_NEARBY = re.compile(
    r"(?:请问|你好|您好|小应|,|\s)*(?:我?(?:的|这)?(?:附近|最近|周边|旁边|边上)(?:的)?)?(?P<where>哪里|哪儿|哪有|哪|有没有|有|什么地方|找个?)"
    r"(?:有|能|可以|地方|方便|,|\s)*(?P<what>充电|换电|喝水|喝口水|接水|接热水|打水|吃饭|吃个饭|吃口饭|就餐|歇脚|歇一?歇|歇会儿?|休息|休息一下|坐坐|坐一会儿?|驿站|骑手驿站|小哥食堂|饮水点|充电点|充电站)"
    r"(?:的)?(?:地方|地儿|点|处)?(?:吗|呢|啊|呀|没有?|\?|!|。|\s)*"
)
_ROUND_HERE = re.compile("附近|最近|周边|旁边|边上")


def use_wanted(said: str) -> Use | None:
    """What the whole message asks the way to (附近哪里能充电); None for everything that tells of anything else."""
    if len(said) > 24:
        return None
    folded = normal(said)
    found = _NEARBY.fullmatch(folded)
    if found is None or (found["where"] in ("有", "哪", "找", "找个") and not _ROUND_HERE.search(folded)):
        return None
    return Use.ANY if "驿站" in found["what"] else use_named(found["what"]) or Use.REST


# ---------------------------------------------------------------- opening hours

_NUMBER = r"(?P<{0}>\d{{1,2}})(?:[:点时](?P<{0}m>\d{{2}}|半)?分?)?"
_PART = r"(?P<{0}>凌晨|早上?|上午|中午|下午|傍晚|晚上?|夜里|次日|第二天|翌日)?"
_TIMES = re.compile(
    _PART.format("bp") + _NUMBER.format("b") + r"\s?(?:-|~|—|–|至|到)+\s?" + _PART.format("ep") + _NUMBER.format("e")
)
_ALL_DAY = re.compile(r"24\s?小时|二十四小时|全天|全日|昼夜|00:00-24:00")
_WEEK = "一二三四五六日"
_DAYS = re.compile(
    r"(?P<every>每天|每日|天天|全年|周一(?:至|到|-|~)周?日|周一(?:至|到|-|~)周?天)"
    r"|(?P<work>工作日)|(?P<end>周末|双休日?|节假日)"
    r"|(?:周|星期|礼拜)(?P<first>[一二三四五六日天])\s?(?:(?:至|到|-|~|—)+\s?(?:周|星期|礼拜)?(?P<last>[一二三四五六日天])"
    r"|(?P<more>(?:、?(?:周|星期|礼拜)?[一二三四五六日天])*))"
)
_SHUT = re.compile(r"休息|不开|关门|不营业|闭馆|休")
_BETWEEN = re.compile(r"[\s;,、:。()和及开放营业时间为/|]+|\n")


def hours(written: str) -> tuple[Hours, ...] | None:
    """Opening hours as people write them (`周一至周五 8:00-18:00，周末9点到17点`); empty for none, None for what is not
    understood.
    """
    text = normal(written)
    found: list[Hours] = []
    days, at = EVERY_DAY, 0
    while at < len(text):
        if gap := _BETWEEN.match(text, at):
            at = gap.end()
        elif named := _DAYS.match(text, at):
            days, at = _days(named), named.end()
        elif shut := _SHUT.match(text, at):
            days, at = EVERY_DAY, shut.end()
        elif whole := _ALL_DAY.match(text, at):
            found.append(Hours(days, 0, DAY))
            at = whole.end()
        elif times := _TIMES.match(text, at):
            span = _span(days, times)
            if span is None:
                return None
            found.append(span)
            at = times.end()
        else:
            return None
    return tuple(found) if found or not text else None


def _days(named: re.Match[str]) -> str:
    if named["every"]:
        return EVERY_DAY
    if named["work"]:
        return "12345"
    if named["end"]:
        return "67"
    first = _day(named["first"])
    if named["last"]:
        last = _day(named["last"])
        return "".join(
            str(day) for day in range(1, 8) if first <= day <= last or last < first <= day or day <= last < first
        )
    more = [_day(each) for each in re.findall(f"[{_WEEK}天]", named["more"] or "")]
    return "".join(str(day) for day in sorted({first, *more}))


def _day(character: str) -> int:
    return _WEEK.index(character.replace("天", "日")) + 1


_LATER = ("下午", "傍晚", "晚", "晚上", "夜里")


def _span(days: str, times: re.Match[str]) -> Hours | None:
    begins, ends = _minutes(times["b"], times["bm"]), _minutes(times["e"], times["em"])
    if begins is None or ends is None:
        return None
    if times["bp"] in _LATER and begins < DAY // 2:
        begins += DAY // 2
    # "晚上6点到9点" means nine in the evening, "晚上10点到2点" two at night.
    same_part = times["ep"] is None and times["bp"] in _LATER and ends + DAY // 2 > begins
    if (times["ep"] in _LATER or same_part) and ends < DAY // 2:
        ends += DAY // 2
    return None if begins in (ends, DAY) else Hours(days, begins, ends or DAY)


def _minutes(hour: str, minute: str | None) -> int | None:
    made = int(hour) * 60 + (30 if minute == "半" else int(minute or 0))
    return made if made <= DAY and (minute in (None, "半") or int(minute or 0) < 60) else None


def ride_times(said: str) -> str | None:
    """The hours at which somebody rides (`11-14、17-21`), as they are stored; None for what is not understood."""
    spans = hours(said)
    if not spans or len(spans) > 3 or any(each.days != EVERY_DAY for each in spans):
        return None
    found = [(each.begins // 60, -(-each.ends // 60)) for each in spans]
    # Whoever rides all day would never be told anything.
    if sum((ends - begins) % 24 or 24 for begins, ends in found) > 18:
        return None
    return ",".join(f"{begins}-{ends % 24}" for begins, ends in found)


# ---------------------------------------------------------------- riders' own matters


_ENTRY = re.compile(
    r"进(?:小区|门|院)(?:很|太|真)?难|(?:不让|不给|不准|不许|禁止).{0,8}(?:外卖|骑手|快递|送餐|小哥|电动车|电瓶车|进(?:门|小区|去|院)?)"
    r"|(?:外卖|骑手|快递|送餐|小哥).{0,8}(?:不让进|进不去|进不来|拦)"
)
_MATTERS = (
    (Matter.ACCESS, _ENTRY),
    (Matter.INJURY, re.compile(r"工伤|(?:送餐|送单|送货|跑单|骑车).{0,10}(?:撞|摔|受伤|出事|车祸)")),
    (
        Matter.WAGES,
        re.compile(
            r"(?:拖欠|欠|不发|没发|少发|克扣).{0,6}(?:工资|薪|报酬|提成|配送费|跑单费)|(?:工资|报酬|提成|配送费).{0,6}(?:没发|不发|拖|少了|被扣)"
        ),
    ),
    (Matter.INSURANCE, re.compile(r"(?:意外险|保险|工伤险).{0,8}(?:不赔|理赔|赔不|没交|没买|怎么赔)|职业伤害保障")),
    (
        Matter.PENALTY,
        re.compile(r"(?:平台|站长|站点|骑手).{0,8}(?:封号|罚款|扣款|乱扣|乱罚)|(?:封了?我的?号|账号.{0,4}被封)"),
    ),
    (Matter.PARCEL, re.compile(r"(?:外卖|餐|快递|包裹|我的?单).{0,8}(?:丢了|不见了|被偷|被人?拿)")),
    (
        Matter.REST,
        re.compile(
            r"(?:没有?|缺少?|找不到|找不着)(?:个|一个|什么)?(?:地方|地儿|地|处|位置|条件)?(?:可以|能)?(?:歇脚?|休息|坐坐|充电|换电|喝水|上厕所|热饭|吃饭|躲雨|乘凉|取暖)"
            r"|(?:驿站|休息点|休息室|歇脚点|换电柜|充电柜|公厕).{0,6}(?:太少|太远|关了?门|锁着|不让|不给|没开|坏了)"
        ),
    ),
)


# Without one of these none of the patterns fits: most messages cost a microsecond.
_HINTS = (
    *("不让", "不给", "不准", "不许", "禁止", "进不", "拦", "难"),
    *("工伤", "撞", "摔", "受伤", "出事", "车祸"),
    *("工资", "薪", "报酬", "提成", "配送费", "跑单费"),
    *("意外险", "保险", "职业伤害", "封", "罚", "扣"),
    *("丢了", "不见了", "被偷", "拿"),
    *("歇", "休息", "坐坐", "充电", "换电", "喝水", "厕", "饭", "躲雨", "乘凉", "取暖", "驿站"),
)


def matter(said: str) -> Matter | None:
    """The matter of a rider's own that words tell of."""
    said = said[:200]
    if not any(hint in said for hint in _HINTS):
        return None
    return next((found for found, pattern in _MATTERS if pattern.search(said)), None)


# ---------------------------------------------------------------- what staff write

_FOOD = re.compile("食品|后厨|餐馆|封签|餐盒|过期|变质|食材")
_STORM = re.compile("暴雨|大雨|雷|大风|台风|冰雹|暴雪|大雪|结冰|路滑|积水|洪|山洪|沙尘|大雾|寒潮")
_HEAT = re.compile("高温|中暑|酷暑|炎热|暑|℃|热")


_CALLED = {
    "平安骑士": TitleKind.SAFETY,
    "流动网格员": TitleKind.MOBILE_GRID,
    "食品安全监督员": TitleKind.FOOD,
}


def title_for(topic: str) -> TitleKind | None:
    """The title whose holders alone are asked to look at something, by its name or by what only they look at; None for
    what everybody may.
    """
    for name, kind in _CALLED.items():
        if name in topic:
            return kind
    return TitleKind.FOOD if _FOOD.search(topic) else None


def warned_of(words: str) -> AlertKind | None:
    """What an alert warns of."""
    if _STORM.search(words):
        return AlertKind.STORM
    return AlertKind.HEAT if _HEAT.search(words) else None
