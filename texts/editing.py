"""What staff read where they edit areas, categories, people, guides and days: faults of what was entered, and changes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from models.category import First
from models.slips import Slip, Slipped
from models.upload import UploadKind
from models.uploads import Line, Outcome, Wrong
from texts.common import LEVELS
from texts.parties import KINDS

FIRST = {
    First.VOLUNTEER: "志愿者（自动派单）",
    First.POOL: "志愿者（大家抢单）",
    First.POST: "认岗的人（没人认就请志愿者）",
    First.GRID: "网格员",
    First.PROPERTY: "物业",
    First.STAFF: "社区工作者",
    First.DEPARTMENT: "职能部门",
}
SLIPS = {
    Slip.HEAD: "第一行要有列名，认不出来。先导出一份，照着填最稳。",
    Slip.MANY: "一次最多 1000 行，请分几份传。",
    Slip.MISSING: "这里不能空着。",
    Slip.LONG: "太长了，最多 {most} 个字。",
    Slip.NUMBER: "没有这个编号，或者不归您管。新添的一行，编号空着就行。",
    Slip.TWICE: "这份名单里同一个出现了两次。",
    Slip.KIND: "层级写：区、街道、社区、小区、楼栋。",
    Slip.PARENT: "没找到这个上级，或者不归您管。写成“江湾街道/香樟社区/香樟花园”这样，从上到下用 / 隔开。",
    Slip.ABOVE: "层级不对：社区在街道下面，小区在社区下面，楼栋在小区下面。",
    Slip.NAME: "名称里要有字或数字，不能有 /。",
    Slip.TAKEN: "同一个上级下面已经有“{name}”了（停用的也算，可以重新启用）。",
    Slip.ALIAS: "别名每个 2 到 20 个字（楼栋 1 个字也行），最多 10 个，不能重复；“小区”“楼下”这样到处都有的说法不行。",
    Slip.CODE: "门牌码只给小区和楼栋：字母、数字和短横线，最多 12 位，比如 A6。",
    Slip.CODE_TAKEN: "这个门牌码{name}已经在用。",
    Slip.PERSON: "没找到这位：要先在这一片有岗位（网格员、党员、社区工作者……），名字一字不差。",
    Slip.NAMESAKES: "有同名的人，请到这个地方的页面上选。",
    Slip.POINT: "经纬度要是十进制的度数，比如纬度 30.5045、经度 114.0025，两个都写。",
    Slip.KIND_STAYS: "层级不能改。要换层级，请添一个新的，再停用这个。",
    Slip.PARENT_STAYS: "上级和现在的不一样。要搬到别的上级下面，请到它的页面上点“搬”。",
    Slip.INSIDE_ITSELF: "不能搬到自己里面。",
    Slip.CLOSED: "上级已经停用了，先启用上级。",
    Slip.HAS_OPEN: "下面还有 {count} 处没停用，先停用它们。",
    Slip.HAS_TICKETS: "这里还有 {count} 件事没办完，办完再停用。",
    Slip.OWN_AREA: "这是您管的最上面一级，要由上一级来停用或搬动。",
    Slip.LIMIT: "时限写一个整数，再选小时还是工作日。",
    Slip.LIMIT_ZERO: "时限不能是 0。",
    Slip.LIMIT_LONG: "时限太长：最长 720 小时或 120 个工作日。",
    Slip.LIMIT_ORDER: "办结的时限不能比接单、首次答复的还短。",
    Slip.WORD: "说法每个 2 到 12 个字；要几个词一起出现，用 + 连起来，比如 车位+出租。",
    Slip.WORD_GENERAL: "“{word}”太常见，放在这里会把别的事也认成这一类。",
    Slip.WORD_TAKEN: "“{word}”已经在“{name}”里了，先从那边拿掉。",
    Slip.WORDS_MANY: "本地说法每一类最多 {most} 个。",
    Slip.FIRST: f"请选先找谁：{'、'.join(FIRST.values())}。",
    Slip.LEVEL: f"请选从哪一级办起：{'、'.join(LEVELS.values())}。",
    Slip.NEVER_OFFERED: "这一类从不派给志愿者（治安、劳动、住房、消费、违建这些要由人来办）。",
    Slip.NOT_OFFERED: "先找志愿者的，要勾上“可以请志愿者”。",
    Slip.CATEGORY_TAKEN: "已经有叫“{name}”的分类了。",
    Slip.DEPARTMENT: "没有叫这个名字的部门，先到“部门”里添上；先找部门的，一定要写是哪个部门。",
    Slip.NEEDS: "一次去 1 到 5 个人。",
    Slip.SKILL: "特长每个 1 到 10 个字，最多 8 个。",
    Slip.PHONE: "手机号是 11 位数字，或者带区号的座机。",
    Slip.PHONE_TAKEN: "这个号码是另一位的，名字对不上。",
    Slip.ROLE: "岗位写：志愿者（党员）、网格员、物业、社区工作者、街道、部门。管理员请在“账号”里一个一个给。",
    Slip.ROLE_AREA: "楼栋只给网格员（楼栋长）和物业，别的岗位写小区、社区或街道。",
    Slip.SKILL_TAKEN: "已经有“{name}”了。要并到一起，请把下面的勾打上再点一次。",
    Slip.SKILL_SERVICE: "“{name}”是居民点单时说的服务，名字不能改。",
    Slip.SKILL_UNKNOWN: "没有“{word}”这个特长；能写的是分类里要的特长和点单的服务，比如 调解、理发。",
    Slip.AREA: "请选一处归您管的地方。",
    Slip.AREA_AMBIGUOUS: "有几处都叫这个名字，写上它的上级，用 / 隔开。",
    Slip.ELSEWHERE: "这位在别处也有身份，姓名和手机请上一级的管理员改。",
    Slip.ALIKE: "有几位同名，填上编号（导出的名单里有）或手机号。",
    Slip.SKILL_GONE: "没有“{word}”这个特长。新的特长写在分类里，或者人员名单里。",
    Slip.SAME_NAME: "有几位都叫“{name}”：照导出的名单写，名字后面跟 # 和编号。",
    Slip.CATEGORY: "没有叫“{name}”的分类，照“分类和时限”里的名称写。",
    Slip.WEIGHT: "有多准写：一说就是、多半是；不要了就写：不用了。",
    Slip.YES_OR_NO: "这里写“是”或者“否”。",
    Slip.PARTY_KIND: f"什么单位写：{'、'.join(KINDS.values())}。",
    Slip.READY_MANY: "一个地方最多 {most} 句，多了找起来慢。先在页面上去掉几句。",
    Slip.ON_DUTY: "没找到这位：值班的要是这里的社区工作者、街道的同志或网格员，名字一字不差。",
    Slip.SAME_PERSON: "第一位和第二位不能是同一个人。",
    Slip.WHEN: "哪天写成 周一，或者 2026-12-31 这样。",
    Slip.TIME: "时间写成 08:00 这样，24 小时制。",
    Slip.WORKING: "写：上班、放假；不再自己定的写：照国家的。",
    Slip.RIDER: "没找到这位骑手：要先在这一片报到，名字一字不差。",
    Slip.USE: "没看出是哪一种（驿站、小哥食堂、充电、饮水、商户优惠）。",
    Slip.POINT_TURNED: "经度和纬度写反了。",
    Slip.HOURS: "开放时间没看懂，写成“周一至周五 8:00-18:00，周末 9:00-17:00”或“24小时”。",
    Slip.POST_NAME: "岗位叫什么写 {least} 到 {most} 个字，比如 楼道灯巡查岗。",
    Slip.POST_TAKEN: "这个地方已经有叫“{name}”的岗了（停了的也算）。",
    Slip.POST_CATEGORY: "“{name}”不派给志愿者，不能放进岗位。",
    Slip.WANTED: "要几个人写一个数，1 到 {most}。",
    Slip.ACCOUNT: "没有这个账号，照导出的名单写。",
    Slip.NOTICE: "没有这种消息，照导出的名单写。",
    Slip.WAY: "这个账号不能这样发。怎么发写：模板消息、订阅通知，要看账号有没有这个权限。",
    Slip.TEMPLATE_ID: "模板 ID 是平台给的那一长串字母和数字，整串抄过来，不带空格。",
    Slip.TEMPLATE_FIELD: "字段照平台“详细内容”里的写，比如 thing1、phrase2、time3；认得的有 thing、short_thing、phrase、name、time、date、character_string。",
    Slip.TEMPLATE_PART: "请选这一格里写什么。",
    Slip.TEMPLATE_TIME: "time、date 的格子里只能写时间，写别的平台会退回来。",
    Slip.TEMPLATE_NUMBER: "character_string 的格子里不能有汉字，只能写编号。",
    Slip.TEXT: "正文最多 {most} 个字：手机上一屏看得完。",
    Slip.LINK: "链接写成“办什么 https://…”一行一个，最多 3 个。",
    Slip.DATE: "日子写成 2026-12-31 这样。",
    Slip.DAY: "日子要从今天起、两年以内，结束不早于开始。",
    Slip.DAYS_MANY: "一次最多 {most} 天。",
}

SLIPS_OF_LISTS = SLIPS | {
    Slip.LIMIT: "时限写成 2小时、7工作日 这样。",
    Slip.NOT_OFFERED: "先找志愿者的，“可以请志愿者”要写“是”。",
    Slip.SKILL_TAKEN: "已经有“{name}”了。要并到一起，请在“并到一起”写“是”。",
    Slip.AREA: "没找到这个地方，或者不归您管。写名称，或者“香樟社区/香樟花园”这样。",
    Slip.DAY: "日子要从今天起、两年以内。",
}
"""In a list it is a cell that is written otherwise, where a form has something to choose."""

FIELDS = {"grid_worker_id": "网格员", "secretary_id": "书记"}
"""What rules shared with a form name otherwise than the list's column."""


def slip(slipped: Slipped) -> str:
    """What is wrong with a field."""
    return SLIPS[slipped.slip].format(**slipped.facts)


def wrong(each: Wrong, heads: Mapping[str, str]) -> str:
    """What is wrong with a row: where it stands, and what to write instead; `heads` are the list's columns."""
    where = f"第 {each.row} 行{' ' + each.name if each.name else ''}"
    column = heads.get(each.column) or FIELDS.get(each.column, "")
    return f"{where}{'，' + column if column else ''}：{SLIPS_OF_LISTS[each.slip].format(**each.facts)}"


def changes(line: Line, heads: Mapping[str, str], empty: Mapping[str, str]) -> list[str]:
    """What a row does, one cell after the other; `empty` says what an empty cell means where it means something."""
    if line.is_gone:
        return [_flat(each.before) for each in line.changes]
    if line.is_new:
        return [f"{heads[each.column]} {_flat(each.after)}" for each in line.changes if each.after != line.name]
    return [
        f"{heads[each.column]} {_flat(each.before) or empty.get(each.column, '没有')}"
        f" → {_flat(each.after) or empty.get(each.column, '清空')}"
        for each in line.changes
    ]


def _flat(cell: str) -> str:
    return cell.replace("\n", "、")


_UNITS = {
    UploadKind.CALENDAR: "天",
    UploadKind.CATEGORIES: "类",
    UploadKind.DEPARTMENTS: "家",
    UploadKind.GUIDES: "条",
    UploadKind.LIMITS: "类",
    UploadKind.READY: "句",
    UploadKind.ROSTER: "班",
    UploadKind.STATIONS: "处",
    UploadKind.TEMPLATES: "种",
}
_GONE = {UploadKind.CALENDAR: "改回照国家的", UploadKind.WORDS: "不用了"}


def in_all(kind: UploadKind, outcome: Outcome) -> str:
    """What a list does as a whole."""
    unit, gone = _UNITS.get(kind, "个"), _GONE.get(kind, "去掉")
    parts = [("新添", outcome.new), ("改", outcome.changed), (gone, outcome.gone)]
    return "会" + "，".join(f"{what} {len(lines)} {unit}" for what, lines in parts if lines)


def parts(kind: UploadKind, outcome: Outcome) -> list[tuple[str, Sequence[Line]]]:
    """The same one by one, what is gone first."""
    found = [(f"会{_GONE.get(kind, '去掉')}的", outcome.gone), ("会改的", outcome.changed), ("新添的", outcome.new)]
    return [(head, lines) for head, lines in found if lines]


UNREADABLE = "这个文件打不开：要 .xlsx 文件，4 MB 以内。"
NOT_THE_SAME = "没有导入：您看的时候有人改过，或者这份名单放得太久了。请再上传一次，看过再导入。"


STEPS = {"answer": "首次答复", "accept": "接单", "finish": "办结"}
OTHERWISE = {
    "urgent": "急的",
    "emergency": "紧急的（不写就都是 2 小时）",
    "street": "到了街道以后",
    "department": "到了部门以后",
}
UNITS = {"h": "小时", "wd": "工作日"}


def limit(written: str) -> str:
    """2h, 7wd as people read it."""
    found = re.fullmatch(r"(\d+)(h|wd)", written)
    return f"{found[1]} {'个' if found[2] == 'wd' else ''}{UNITS[found[2]]}" if found else written
