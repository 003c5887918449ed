"""What staff read in the console: the names of buttons and piles, lines of history, and why something was not done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from models.attachment import AttachmentKind, Failure
from models.calendar import is_working_day
from models.category import Level
from models.clock import local
from models.errors import Refusal, Refused
from models.lifecycle import OPEN_STATES, Action, Actor
from models.matching import POST, SERVICE
from models.offer import OfferState
from models.outbox import NoticeKind, NoticeState
from models.ticket import (
    OF_MEMBERS,
    Ending,
    Limit,
    SetAside,
    Ticket,
    TicketEvent,
    TicketKind,
    TicketWords,
    Urgency,
    WordsKind,
)
from models.triage import ASSISTANT
from texts import refusals
from texts.common import LEVELS, ROLES, STATES, WEEKDAYS, chat, clock, window
from texts.riders import SEEN
from texts.services import matter, offers
from texts.waves import wave

__all__ = ["LEVELS", "ROLES", "STATES", "chat", "clock", "matter", "wave", "window"]  # templates find these here too

TABS = {
    "new": "待派",
    "offered": "已派",
    "accepted": "已接",
    "assigned": "已转",
    "resolved": "待评",
    "overdue": "超时",
    "held": "挂起",
    "same": "同一件？",
    "all": "全部",
}

EMPTY = {
    "new": "没有待派的事，都安排好了。",
    "offered": "没有等人接的事。",
    "accepted": "现在没有人手上有事。",
    "assigned": "没有转给部门的事。",
    "resolved": "没有等居民评价的事。",
    "overdue": "没有超时的事，辛苦了。",
    "held": "没有挂起的事。",
    "same": "没有要您看是不是同一件的事。",
    "all": "还没有人反映过事情。",
}

MOST_DAYS = 100

CHANGED_SINCE = "您选的时候，刚刚有人动过，这一件没有改。请点开看一眼。"
OUT_OF_SIGHT = "这一件现在不在您这里了。"

NOTHING_FOUND = "没有找到。少写几个字，或者换个编号、地点试试。"
NOTHING_NARROWED = "这样看，这里一件也没有。点“都看”能看到全部。"

DUES = {"late": "已超时", "today": "今天到期"}
"""What is asked of a limit."""

DAYS = {1: "今天", 7: "近 7 天", 30: "近 30 天", 90: "近 90 天", 365: "近一年"}
"""When it came."""

PARTS = ((6, 9), (9, 12), (12, 14), (14, 18), (18, 22), (22, 6))
"""The parts of a day: from which hour to before which other."""

PART_NAMES = dict(zip(PARTS, ("早上", "上午", "中午", "下午", "晚上", "夜里"), strict=True))

URGENCIES = {Urgency.EMERGENCY: "紧急", Urgency.URGENT: "急", Urgency.NORMAL: "一般"}

KINDS = {
    TicketKind.REPORT: "反映问题",
    TicketKind.INQUIRY: "咨询",
    TicketKind.SUGGESTION: "建议",
    TicketKind.PRAISE: "表扬",
    TicketKind.ACTIVITY: "自主创单",
    TicketKind.PAIRING: "结对认亲",
}

ACTIONS = {
    Action.ADD: "补充",
    Action.CORRECT: "更正分类",
    Action.LOCATE: "写明地点",
    Action.OFFER: "派单",
    Action.ACCEPT: "接单",
    Action.DECLINE: "婉拒",
    Action.RELEASE: "退单",
    Action.ARRIVE: "到场",
    Action.FINISH: "办结",
    Action.EVALUATE: "评价",
    Action.REOPEN: "没解决，重办",
    Action.REEVALUATE: "改评",
    Action.WITHDRAW: "撤单",
    Action.URGE: "催办",
    Action.RELAY: "留言",
    Action.ESCALATE: "上报",
    Action.ASSIGN: "转部门",
    Action.CLAIM: "认领",
    Action.RETURN: "退回街道",
    Action.KEEP: "仍由他办",
    Action.TAKE_IN: "社区收回",
    Action.HOLD: "挂起",
    Action.RESUME: "恢复办理",
    Action.REJECT: "不予受理",
    Action.MERGE: "合并",
    Action.UNMERGE: "拆开",
    Action.SPLIT: "分成子任务",
    Action.SUPERVISE: "督办",
    Action.ASK_HELP: "请人搭手",
    Action.JOIN: "一起去",
    Action.LEAVE: "去不了",
    Action.HAND_ON: "转派同事",
    Action.TAKE_ON: "接过来",
}
"""The buttons."""

HINTS = {
    Action.ADD: "会告诉手上有这件事的人。",
    Action.CORRECT: "改过以后按新的安排，也让小应下次认得更准。改成“紧急”会马上告诉所有值班的人。",
    Action.LOCATE: "选一处地方，或者写下大家怎么叫它。",
    Action.OFFER: "原来问过的人会收到“已另外安排”。",
    Action.RELEASE: "事情回到待派，不影响任何人。",
    Action.FINISH: "这句话会发给居民，并请居民评价。",
    Action.RELAY: "对方看不到您的号码。",
    Action.ESCALATE: "交到上一级。居民会知道转到了哪里。",
    Action.ASSIGN: "部门的人会收到，居民会知道转给了谁。",
    Action.RETURN: "请写清楚为什么不归本部门，由街道决定。",
    Action.KEEP: "街道定了仍由退回的单位办，原因会告诉他们，他们不能再退第二次。要改派，用“转部门”。",
    Action.TAKE_IN: "街道同意退回，由社区来办。退回的单位和居民都会知道。",
    Action.HOLD: "原因和日子会告诉居民，到那天自动恢复。",
    Action.REJECT: "请告诉居民为什么，以及可以找谁。",
    Action.MERGE: "同一件事合到一起，这位居民也会收到那件事的进展。",
    Action.SPLIT: "最多 5 件，各派各的人；这件事本身由人来办结。",
    Action.SUPERVISE: "提醒手上有这件事的人，并记下来。",
    Action.ASK_HELP: "请一位去给接单的人搭手，居民会知道来两位。",
    Action.HAND_ON: "对方答应以前，这件事还在您手上。",
}

WORDS_LABELS = {
    Action.ADD: "补充什么",
    Action.DECLINE: "原因（可以不写）",
    Action.RELEASE: "原因（可以不写）",
    Action.LEAVE: "原因（可以不写）",
    Action.ARRIVE: "说明（可以不写）",
    Action.FINISH: "怎么办好的",
    Action.EVALUATE: "想说的话（可以不写）",
    Action.REEVALUATE: "想说的话（可以不写）",
    Action.REOPEN: "哪里没解决（可以不写）",
    Action.RELAY: "想说的话",
    Action.ESCALATE: "原因",
    Action.RETURN: "原因",
    Action.KEEP: "为什么仍由他们办",
    Action.HOLD: "原因",
    Action.REJECT: "原因和去处",
}

EVENTS = {
    Action.OPEN: "反映了这件事",
    Action.ADD: "作了补充",
    Action.CORRECT: "更正了分类",
    Action.LOCATE: "更正了地点",
    Action.OFFER: "派单",
    Action.ACCEPT: "接了单",
    Action.DECLINE: "这次不方便",
    Action.EXPIRE: "到时没有人接，接着找人",
    Action.RELEASE: "退了单，回到待派",
    Action.ARRIVE: "到了现场",
    Action.FINISH: "办结，请居民评价",
    Action.EVALUATE: "作了评价",
    Action.REOPEN: "说没解决，退回重办",
    Action.REEVALUATE: "改了评价",
    Action.AUTO_CLOSE: "评价到期，结束",
    Action.WITHDRAW: "撤了单",
    Action.URGE: "催办",
    Action.RELAY: "留了言",
    Action.ESCALATE: "上报",
    Action.ASSIGN: "转给部门",
    Action.CLAIM: "认领了",
    Action.RETURN: "退回街道",
    Action.LINK: "给了一次性链接",
    Action.KEEP: "街道定了，仍由他们办",
    Action.TAKE_IN: "街道同意退回，社区收回来办",
    Action.PUSH_DOWN: "下派到社区",
    Action.LEAD: "在联合区域，由轮值的社区牵头",
    Action.HOLD: "挂起",
    Action.RESUME: "恢复办理",
    Action.REJECT: "不予受理",
    Action.MERGE: "合并到另一件事",
    Action.UNMERGE: "拆开，单独办",
    Action.GATHER: "另一件事并了进来",
    Action.PART: "并进来的事分开了",
    Action.TAKE_OVER: "先报的人撤了单，这件事接着办",
    Action.SPLIT: "分成子任务",
    Action.SUPERVISE: "督办",
    Action.MISS_LIMIT: "超过了期限",
    Action.ASK_HELP: "请人搭手",
    Action.SEEK: "请人一起去",
    Action.JOIN: "一起去",
    Action.LEAVE: "去不了，另外请人搭伴",
    Action.HAND_ON: "想托给同事",
    Action.UNDERTAKE: "自己张罗",
    Action.TAKE_ON: "接了过去",
    Action.CHECK_IN: "问了一声办得怎么样",
    Action.RECHECK: "路过看了",
    Action.NOT_MENDED: "也说没修好（两位互不相识的路人都这么说），退回重办",
    Action.CALL_BACK: "电话回访",
    Action.CALL_REOPEN: "电话回访：没解决，退回重办",
    Action.NOT_REACHED: "电话回访没打通",
    Action.COUNT_AFTER_ALL: "扎堆的评价核实过，算进三率",
    Action.LOSE_PHOTO: "没能取到发来的照片，已请再发一次",
    Action.SEE_PHONE: "看了居民的电话号码（回访）",
    Action.RENEW: "公告有更新",
}
"""Lines of history, after the name of whoever did it."""

FIRST_PLACE = "补充了地点"
"""The line for a place that was not known before; of one that was, it is corrected."""

ACTORS = {
    Actor.SYSTEM: "小应",
    Actor.REPORTER: "居民",
    Actor.FOLLOWER: "邻居",
    Actor.OFFERED: "被派的人",
    Actor.ASKED_TO_TAKE_OVER: "被托的同事",
    Actor.ASSIGNEE: "接单的人",
    Actor.STAFF: "社区",
    Actor.STREET: "街道",
    Actor.ARBITER: "街道",
    Actor.DEPARTMENT: "部门",
    Actor.HELPER: "搭手的人",
    Actor.PASSER_BY: "路过的人",
}

ANSWERS = {1: "解决了，满意", 2: "解决了，不满意", 3: "没解决"}

ENDINGS = {Ending.EVALUATED: "居民评过", Ending.CALLED_BACK: "电话回访问过", Ending.NOT_EVALUATED: "没有评价"}

WORDS_KINDS = {
    WordsKind.REPORT: "反映",
    WordsKind.ADDITION: "补充",
    WordsKind.VISIT: "方便的时间",
    WordsKind.CORRECTION: "更正",
    WordsKind.NOTE: "说明",
    WordsKind.RELAY: "留言",
    WordsKind.EVALUATION: "评价",
}

ATTACHMENTS = {
    AttachmentKind.IMAGE: "照片",
    AttachmentKind.VOICE: "语音",
    AttachmentKind.VIDEO: "视频",
    AttachmentKind.LOCATION: "位置",
}

FAILURES = {
    Failure.NOT_A_PHOTO: "不是照片，没有收",
    Failure.TOO_BIG: "太大，没有收",
    Failure.BROKEN: "打不开，没有收",
    Failure.HEIC: "HEIC 格式打不开，已请换一种发",
    Failure.LOST: "没能取到",
    Failure.OVER: "已不再保存",
}
"""Why something that was sent is not there."""

MESSAGES = {
    "image": "［照片］",
    "voice": "［语音］",
    "video": "［视频］",
    "location": "［位置］",
    "link": "［链接］",
    "event": "［点了菜单］",
}
"""What stands in a chat for a message without words."""

OFFER_STATES = {
    OfferState.OPEN: "等回话",
    OfferState.ACCEPTED: "接了",
    OfferState.DECLINED: "这次不方便",
    OfferState.EXPIRED: "到时没回",
    OfferState.WITHDRAWN: "已收回",
}

REASONS = {
    "skill": "会做这样的事",
    "here": "就在这里",
    "community": "在这个社区",
    "neighbours": "在邻近的社区",
    "near": "家离得近",
    "free": "手上没有别的单",
    "experience": "办过这样的事",
    "pool": "自己接的",
    "grid": "负责这一片",
    "property": "这里的物业",
    "staff": "值班人员选的",
    "help": "去搭手",
    "handover": "同事想托付",
    "estate": "小区",
    "building": "楼栋",
    "street": "街道",
}
"""Why somebody is asked."""

SET_ASIDE = {
    SetAside.MANY_AT_ONCE: "一小时里评了很多件",
    SetAside.MANY_OF_ONE: "一天里给同一个人评了很多件",
}
"""Why a judgement is left out of the figures."""


def reason(why: str) -> str:
    """One of them in words."""
    if why.startswith(POST):
        return f"认了{why.removeprefix(POST)}"
    return offers(why.removeprefix(SERVICE)) if why.startswith(SERVICE) else REASONS.get(why, why)


LIMITS = {Limit.ANSWER: "给居民回话", Limit.ACCEPT: "有人接", Limit.FINISH: "办好"}
"""What must have happened when a limit runs out; goes after a time."""

LIMITS_SHORT = {Limit.ANSWER: "回话", Limit.ACCEPT: "接单", Limit.FINISH: "办结"}
"""The same in front of what is left."""

NOTICES = {
    NoticeKind.OFFER: "请接单",
    NoticeKind.POOL: "有可以抢的单",
    NoticeKind.JOINED: "有人一起去",
    NoticeKind.ALONE: "还没人一起去",
    NoticeKind.TAKEN: "单子已被接走",
    NoticeKind.OFFER_WITHDRAWN: "单子已另外安排",
    NoticeKind.ACCEPTED: "有人接了",
    NoticeKind.ARRIVED: "人到场了",
    NoticeKind.RELEASED: "接单的人去不了，在另外安排",
    NoticeKind.TAKEN_BACK: "另外安排了，不用再跑",
    NoticeKind.FINISHED: "办结，请评价",
    NoticeKind.REMINDER: "再请评价一次",
    NoticeKind.NOT_EVALUATED: "没有评价，已结束",
    NoticeKind.REOPENED: "居民说没解决",
    NoticeKind.JUDGED: "居民评得怎么样",
    NoticeKind.ADDED: "居民作了补充",
    NoticeKind.URGED: "居民催办",
    NoticeKind.SUPERVISED: "督办",
    NoticeKind.RELAYED: "一句留言",
    NoticeKind.STAFF_REPLY: "人工答复",
    NoticeKind.ESCALATED: "有事上报",
    NoticeKind.PASSED_ON: "转到了别处办理",
    NoticeKind.ASSIGNED: "有事转给部门",
    NoticeKind.RETURNED: "部门退回",
    NoticeKind.KEPT: "街道定了仍由他们办",
    NoticeKind.RETURN_AGREED: "街道同意退回",
    NoticeKind.LINK_WANTED: "对方没有账号，要给链接",
    NoticeKind.WISH: "部门申请下派",
    NoticeKind.WISH_DECIDED: "下派申请的结果",
    NoticeKind.HELD: "挂起的原因和日子",
    NoticeKind.RESUMED: "恢复办理",
    NoticeKind.REJECTED: "不予受理的原因",
    NoticeKind.WITHDRAWN: "居民撤了单",
    NoticeKind.MERGED: "合并到另一件事",
    NoticeKind.UNMERGED: "拆开单独办",
    NoticeKind.SAME_EVENT: "问是不是同一件事",
    NoticeKind.REDONE: "邻居说没解决，重办",
    NoticeKind.TAKES_OVER: "换了编号接着办",
    NoticeKind.DESK: "有新的事待派",
    NoticeKind.ALARM: "紧急情况",
    NoticeKind.WARNED: "快到时间了",
    NoticeKind.LATE: "过了时间，问一问",
    NoticeKind.WEEK: "这一周的事",
    NoticeKind.DAY: "今天的事",
    NoticeKind.HANDED_OVER: "有人找人工",
    NoticeKind.HANDOVER_WORDS: "人工对话里的话",
    NoticeKind.HANDOVER_TAKEN: "人工对话有人回了",
    NoticeKind.HANDOVER_OVER: "人工对话不用回了",
    NoticeKind.HANDED_BACK: "人工对话结束",
    NoticeKind.REGISTRATION: "有人报到",
    NoticeKind.REGISTERED: "报到的结果",
    NoticeKind.PHOTO_KEPT: "照片收到了",
    NoticeKind.PHOTO_REFUSED: "发来的照片没能收下",
    NoticeKind.PHOTO_LOST: "有照片没能取到",
    NoticeKind.HELP_WANTED: "有人要帮手",
    NoticeKind.HELPER_LEFT: "搭手的人去不了",
    NoticeKind.HELPER_ALONE: "搭档去不了，先别一个人去",
    NoticeKind.HELP_OVER: "办完了，谢谢搭手",
    NoticeKind.HANDED_ON: "同事接过去了",
    NoticeKind.NOT_HANDED_ON: "同事没有接",
    NoticeKind.CHECK_IN: "办得怎么样了",
    NoticeKind.RIDER_REMINDER: "骑手的一天一次提醒",
    NoticeKind.STORM_ALERT: "恶劣天气提醒",
    NoticeKind.HEAT_ALERT: "高温关心",
    NoticeKind.TITLE_GIVEN: "请当什么",
    NoticeKind.POST_ENDS: "认岗快满期了",
    NoticeKind.POST_OVER: "岗位结束了",
    NoticeKind.NOT_MENDED: "路过的人说还没修好",
    NoticeKind.POINTS_EXPIRE: "积分快到期了",
    NoticeKind.HONOUR_ASKED: "问愿不愿意参加评选",
    NoticeKind.HONOUR_OVER: "评选结果",
    NoticeKind.HOURS_OFFERED: "有人送时长",
    NoticeKind.HOURS_ANSWERED: "送的时长收没收",
    NoticeKind.REDEMPTION_OVER: "没来领，积分退回了",
    NoticeKind.APPOINTMENT: "约好的时间",
    NoticeKind.BROADCAST: "群发的通知",
    NoticeKind.EMERGENCY_BROADCAST: "紧急通知",
    NoticeKind.PRESSED: "按钮的答复",
}
"""What somebody was to be told."""

DELIVERIES = {
    NoticeState.PENDING: "正在送",
    NoticeState.SENDING: "正在送",
    NoticeState.WAITING: "等下次说话时带到",
    NoticeState.SENT: "已送到",
    NoticeState.TO_CALL: "等打电话说",
    NoticeState.UNREACHABLE: "没送到",
    NoticeState.DROPPED: "没有送",
}

CHANNELS = {"official": "公众号", "wecom": "企业微信", "console": "网页", "counter": "柜台"}

LINK, LINK_HINT = "一次性链接", "对方没有账号时，用它答复这一件事，只能用一次。以前给的链接同时作废。"

SAME_ANSWERS = {"same": "合并", "different": "不是一件事"}

MAY_BE, MAY_BE_AT = "也可能是", "也可能在"
"""Before the buttons that correct a ticket at once."""

RATES_TITLE = "小应听得准不准"
RATES_HEADS = ("小应起初听成", "件数", "后来改过", "比例")
NOT_UNDERSTOOD = "没听明白（由人来定）"

CHAT_ENDED = "对话结束了，对方回到小应了。您写的还在，点“发送”可以改成留言。"


def chat_over(*, is_there: bool, written: bool) -> str:
    """A chat is over; with what somebody had `written` meanwhile."""
    kept = "您刚才写的没有发出去，留在下面。" if written else ""
    way = "还想告诉对方，可以留言，转给对方以后小应照常回话。" if is_there else "对方现在联系不上，要紧的请打电话。"
    return f"这个对话已经结束，对方回到小应了。{kept}{way}"


DONE = {
    "signed_out": "已退出。",
    "password": "密码已改好。",
    "handed_back": "已交回小应。",
    "brought": "留言转给对方了。对方想接着说，会再请人工。",
    "confirm": "已确认，会告诉本人。",
    "decline": "已婉拒，会告诉本人。",
    "told": "已记下：电话告知。",
    "same": "已合并，会告诉居民。",
    "different": "已记下：不是一件事，以后不再问。",
    "called": "回访已记下。",
    "outline": "边界画好了。",
    "outline_gone": "边界去掉了，按最近的社区中心算。",
    "party": "单位名单已改好。",
    "joint": "联合区域已改好。",
    "entry": "准入清单已改好。",
    "granted": "已同意下派，社区会收到，部门也会知道。",
    "denied": "已记下：不同意下派，会告诉部门。",
    "pushed": "已下派，社区会收到。",
    "noted": "记下了，只有值班的同事看得到。",
    "none_chosen": "还没有选。点每件事左边的方框，选好再点。",
    "filter_saved": "留好了，同一个社区的同事也看得到。",
    "filter_gone": "不再留着了。",
    "wish": "已报给街道，定了会告诉您。",
    "team": "队伍改好了。",
    "title": "请好了，本人会收到。",
    "title_ended": "结束了。",
    "access": "写好了，骑手回复“进小区”加小区名就看得到。",
    "alert": "发出去了，一人一条。",
    "post": "岗位改好了，大家回复“认岗”看到的就是现在这样。",
    "post_closed": "这个岗停了；认了的人手上没办完的还由他们办完。",
    "post_ended": "结束了，位子空出来了。",
    "station": "驿站名单改好了，骑手马上看到。",
    "station_settled": "记下了：看过，是好的。谢谢您跑这一趟。",
    "goods": "已改好，大家回复“兑换”看到的就是现在这样。",
    "goods_handed_over": "码对上了，请把东西交给对方。这个码用掉了。",
    "ledger_corrected": "这一笔退掉了，原因记在明细里，本人看得到。",
    "honour_opened": "开始提名了。大家回复“提名 姓名 加上为什么”就行。",
    "honour_asked": "正在问本人。愿意了就列进名单。",
    "honour_put_aside": "这条不采用，不会告诉任何人。",
    "honour_called_off": "这次评选不办了，投过的票都清掉了。",
    "counted": "已算进三率，原因记在每件事的经过里。",
    "announced": "公告已发出，正在逐件答复。",
    "announcement_changed": "公告已改好，正在告诉收到过的人。",
    "announcement_withdrawn": "公告已撤回，挂着的事正在恢复办理。",
    "roster_add": "这一班加上了。",
    "roster_change": "这一班改好了。",
    "roster_remove": "这一班删掉了。",
    "roster_weekly": "这一天回到每周的排班了。",
    "role_given": "身份给好了。",
    "role_ended": "身份结束了。",
    "browser_ended": "已经让它退出了。",
    "second_off": "两步登录关闭了。",
    "called_news": "记下了：打过电话说了。",
    "prefers_calls": "记下了，以后有消息打电话说。",
    "prefers_chat": "记下了，以后不用打了。",
    "booked": "约好了，会告诉本人。",
    "moved": "改好了，会告诉本人。",
    "called_off": "取消了，会告诉本人。",
    "broadcast": "正在发，一人一条。这一页能看到发到哪里了。",
    "broadcast_stopped": "停下了，还没发出去的都不发了。",
    "ready": "常用的话改好了。",
    "skill": "特长改好了，会的人和要它的分类都跟着改了。",
    "template": "改好了，下一条消息就照这样发。",
    "menu_saved": "存好了，还没有发布，居民看到的没有变。",
    "menu_published": "发布了。手机上五分钟左右换成新的。",
    "menu_fetched": "取来了，下面是微信上现在的样子。",
    "area_add": "添上了。一分钟内大家说到这里就能听懂。",
    "area_change": "改好了，一分钟内生效。",
    "area_move": "搬好了。正在办的还由原来的人办完，新来的归新的上级。",
    "area_close": "停用了。已经办的事和记录都还在。",
    "area_open": "又启用了。",
    "category_change": "改好了。新来的事按新的来，正在走的时限不变。",
    "category_words": "说法改好了，一分钟内生效。",
    "guide": "存好了，一分钟内居民问到就会这样答。",
    "guide_closed": "不再这样答了。",
    "day": "记下了，一分钟内生效。正在走的时限不变。",
    "day_back": "这一天照国家的日历了。",
    "list": "导入好了，一分钟内生效。",
    "announcement_finished": "正在逐件办结，居民会收到并请他们评价。",
}

# A page is not a chat: where a refusal in chat says what to reply, the console says what to press.
_REFUSALS = {
    Refusal.NOT_FOUND: "没有找到这个编号，请写全，例如 261122-0007。",
    Refusal.NOT_YOURS: "这件事不在您手上，这一步由别人来做。",
    Refusal.ALREADY_YOURS: "这件事已经在您手上了。",
    Refusal.ALREADY_URGED: "这一段时间里已经催过一次，对方收到了。",
    Refusal.EVALUATED: "已经评过了，可以改评。",
    Refusal.TOO_LATE: "已经过了可以改的时间。",
    Refusal.OWN_WORK: "自己办的、自己报的事，请同事来回访。",
    Refusal.REASON_MISSING: "请写一句话再提交。",
    Refusal.NOBODY_TO_TELL: "还没有人接，话带不到；可以用“补充”。",
    Refusal.NO_SUCH_DEPARTMENT: "请从名单里选一个部门。",
    Refusal.HAS_ACCOUNT: "这家单位有人在用小应，已经收到了，不用链接。",
    Refusal.NO_SUCH_COMMUNITY: "请从名单里选一个社区。",
    Refusal.SAME_OVER: "这一对已经有人定过，或者其中一件已经有了结果。",
    Refusal.NO_APPOINTMENT: "这次预约已经取消，或者时间已经过了。",
    Refusal.CHANGED: "您看的时候，这里刚刚有人动过。下面是最新的样子，您写的话还在，请看一眼再决定。",
}

_FAULTS = {
    "date": "请选一个今天以后、一年以内的日子。",
    "person": "请从名单里选一位。名单可能刚刚变过。",
    "category": "请选一个分类，或者改一下类型、缓急。",
    "place": "请选一处地方，或者写下地点。",
    "answer": "请选 1、2 或 3。",
    "password_wrong": "现在的密码不对。",
    "password_short": "新密码太短。",
    "password_long": "新密码太长。",
    "password_is_name": "新密码不能和登录名一样。",
    "password_same": "新密码和现在的一样，请换一个。",
    "password_differs": "两次写的新密码不一样。",
}


def refusal(refused: Refused) -> str:
    """Why a pressed button did nothing."""
    return _REFUSALS.get(refused.reason) or refusals.sentence(refused)


def fault(name: str) -> str:
    """What is wrong with a form."""
    return _FAULTS[name]


def done(name: str) -> str:
    """What a pressed button did; nothing for a word that nobody pressed."""
    if name in DONE:
        return DONE[name]
    return f"{ACTIONS[Action(name)]}：已办好。" if name in list(Action) and Action(name) in ACTIONS else ""


def rates_hint(days: int) -> str:
    """What the figures of corrections count."""
    return f"最近 {days} 天反映的事，按小应起初听成什么来数。居民或工作人员改过的，原话去掉号码后可以用来教小应。"


def rates_empty(days: int) -> str:
    """Where there is nothing to count."""
    return f"最近 {days} 天还没有人反映过事情。"


def share(part: int, whole: int) -> str:
    """A share in per cent."""
    return f"{100 * part / whole:.0f}%" if whole else "—"


def proposed(category: str) -> str:
    """What the assistant proposes for a ticket that was not understood."""
    return f"助手建议：{category}。只供参考，请看过原话再定。"


def alike(reasons: Sequence[str]) -> str:
    """Why two tickets may be one event."""
    known = {"place": "同一处", "category": "同一类", "photo": "同一张照片"}
    said = [known[each] for each in reasons if each in known]
    words = [f"“{each}”" for each in reasons if each not in known]
    return "、".join([*said, *([f"都说到{''.join(words)}"] if words else [])])


def ended(by: str, done: str, answer: int | None) -> str:
    """Who had a matter, what was done, and what was said of it."""
    told = [f"{by}办" if by else "", done, f"居民说：{ANSWERS[answer]}" if answer in ANSWERS else ""]
    return " · ".join(each for each in told if each)


def seen_before(number: str) -> str:
    """Beside a photo that was there before, in another matter or in this one."""
    return f"和 {number} 里的一张相同" if number else "以前发过同样的一张"


def remaining(moment: datetime, *, now: datetime) -> str:
    """How long a limit still runs, or for how long it is over."""
    left = moment - now
    if timedelta(0) < left < timedelta(minutes=10):
        return "还有不到 10 分钟"
    words = _about(abs(left))
    return f"还有 {words}" if left > timedelta(0) else f"已超 {words}"


def _about(length: timedelta) -> str:
    """As one says it, to five minutes or half an hour: nobody needs the odd ones."""
    minutes = int(length.total_seconds()) // 60
    if 10 <= minutes < 60:
        return f"{minutes // 5 * 5} 分钟"
    if 60 <= minutes < 10 * 60:
        return f"{minutes // 60} 小时{'半' if minutes % 60 >= 30 else ''}"
    return _length(length)


def kinds(now: TicketKind) -> list[tuple[TicketKind, str]]:
    """What a ticket may be taken for instead: what members bring is never what somebody reported."""
    return [(kind, name) for kind, name in KINDS.items() if kind is now or not {kind, now} & OF_MEMBERS]


def is_waiting_for_help(ticket: Ticket) -> bool:
    """Whether it is an emergency, and nobody has answered it yet."""
    return ticket.urgency is Urgency.EMERGENCY and ticket.answered_at is None and ticket.state in OPEN_STATES


def alarm(since: datetime, again: datetime | None, who: str, *, now: datetime) -> str:
    """How the alarm of an emergency stands: `who` has answered, or since when it waits and when people are called
    again.
    """
    if who:
        return f"{who}在跟"
    goes_on = "值班的都叫过了" if again is None else f"{clock(again)} 接着叫人" if again > now else "这就接着叫人"
    return f"{waited(since, now=now)}，还没有人应，{goes_on}"


def waited(since: datetime, *, now: datetime) -> str:
    """For how long somebody has been waiting for help."""
    return f"等了 {_length(now - since)}"


def limits(ticket: Ticket) -> list[tuple[datetime, str]]:
    """What must happen until when, the next one first. An emergency that nobody has answered has no hours: its alarm
    runs by minutes.
    """
    found: dict[str, datetime] = {}
    if is_waiting_for_help(ticket):
        return []
    if ticket.expected_at is not None and ticket.limit in LIMITS:
        found[LIMITS[ticket.limit]] = ticket.expected_at
    if ticket.answered_at is None and ticket.state in OPEN_STATES:
        found[LIMITS[Limit.ANSWER]] = ticket.promised_at
    return sorted((moment, what) for what, moment in found.items())


def today(now: datetime) -> str:
    """11 月 23 日 周一."""
    here = local(now)
    return f"{here.month} 月 {here.day} 日 周{WEEKDAYS[here.weekday()]}"


_NEAR_DAYS = {-1: "昨天", 0: "今天", 1: "明天"}


def at(moment: datetime, *, now: datetime) -> str:
    """今天 18:00, 明天 18:00, 11-26 周四 18:00, 10-02 18:00: within a week people think in weekdays."""
    here, today = local(moment), local(now).date()
    days = (here.date() - today).days
    if days in _NEAR_DAYS:
        return f"{_NEAR_DAYS[days]} {here:%H:%M}"
    if abs(days) <= 7:
        return f"{here:%m-%d} 周{WEEKDAYS[here.weekday()]} {here:%H:%M}"
    return f"{here:%m-%d %H:%M}" if here.year == today.year else f"{here:%Y-%m-%d %H:%M}"


def ago(moment: datetime, *, now: datetime) -> str:
    """How long something has been standing."""
    return f"{_length(now - moment)}前" if now - moment >= timedelta(minutes=1) else "刚刚"


def part_of_day(first: int, end: int) -> str:
    """A part of the day."""
    name = PART_NAMES.get((first, end), "")
    return f"{name} {first} 点到{'第二天 ' if end < first else ' '}{end} 点".strip()


def parts_of_day() -> Sequence[tuple[str, str]]:
    """What may be chosen of a day: its parts, then every hour."""
    chosen = (*PARTS, *((at, at + 1) for at in range(24)))
    return [(f"{first}-{end}", part_of_day(first, end)) for first, end in chosen]


def working_days(moment: datetime, *, now: datetime) -> str:
    """How many working days a limit still has, today not counted, where that says more than hours; otherwise nothing."""
    if moment - now < timedelta(hours=48):
        return ""
    day, last, count = local(now).date(), local(moment).date(), 0
    while day < last and count < MOST_DAYS:
        day += timedelta(days=1)
        count += is_working_day(day)
    return f"{count} 个工作日" if count < MOST_DAYS else ""


def also_here(names: Sequence[str]) -> str:
    """Who else has the page open."""
    return f"{'、'.join(name or '一位同事' for name in names)}也在看这件事。" if names else ""


def day_of(day: date) -> str:
    """A day as the head of a list."""
    return f"{day:%Y-%m-%d} 周{WEEKDAYS[day.weekday()]}"


def _length(length: timedelta) -> str:
    minutes = max(int(length.total_seconds()) // 60, 1)
    if minutes < 60:
        return f"{minutes} 分钟"
    if minutes < 48 * 60:
        hours, rest = divmod(minutes, 60)
        return f"{hours} 小时 {rest} 分" if rest and hours < 10 else f"{hours} 小时"
    return f"{minutes // (24 * 60)} 天"


NO_PLACE = "地方还不清楚"
A_POINT = "有定位，没写地名"
ONLY_SAID = "只是原话，还没对上地方"
"""What stands where a place would: nothing is known, a point without a name, words that no place is found by."""


def said_as(said: TicketWords, events: Sequence[TicketEvent]) -> str:
    """What words were said for; the answer to where it is corrects nothing."""
    told_where = any(each.words_id == said.id and _is_first_place(each) for each in events)
    return "地点" if told_where else WORDS_KINDS[said.kind]


def _is_first_place(line: TicketEvent) -> bool:
    return line.action == Action.LOCATE and bool(line.facts.get("first"))


def event(line: TicketEvent, names: dict[int, str], categories: dict[str, str]) -> str:
    """What happened, with the facts that belong to it."""
    words = FIRST_PLACE if _is_first_place(line) else EVENTS[Action(line.action)]
    more = _facts(Action(line.action), line.facts, names, categories)
    return f"{words}：{more}" if more else words


def _facts(action: Action, facts: dict[str, Any], names: dict[int, str], categories: dict[str, str]) -> str:
    match action:
        case Action.OPEN:
            if facts.get("service"):
                return f"小应听成点单“{facts['service']}”"
            if not facts.get("understood"):
                return "没听明白，等人看"
            return f"小应听成“{_category(facts.get('category'), categories)}”"
        case Action.CORRECT:
            return _corrected(facts, categories)
        case Action.OFFER if facts.get("pool"):
            return "放出来抢单"
        case Action.OFFER | Action.SEEK:
            asked = facts.get("asked") or []
            told = "、".join(names.get(each.get("person")) or "一位" for each in asked[:6])
            return told if len(asked) <= 6 else f"{told}等 {len(asked)} 位"
        case Action.ESCALATE:
            return f"到{LEVELS[Level(facts['level'])]}" if facts.get("level") in list(Level) else ""
        case Action.ASSIGN | Action.RETURN | Action.KEEP | Action.CLAIM:
            return str(facts.get("department") or "")
        case Action.LINK:
            until = clock(datetime.fromisoformat(facts["until"])) if facts.get("until") else ""
            return f"{facts.get('department', '')}，到 {until}"
        case Action.PUSH_DOWN:
            leave = f"，街道{facts['allowed_by']}同意" if facts.get("allowed_by") else "，在准入清单里"
            return f"来自{facts.get('department', '')}{leave}"
        case Action.LEAD:
            return f"{facts.get('name', '')}（{facts.get('joint', '')}）"
        case Action.HOLD | Action.RENEW:
            title = f"公告《{facts['title']}》，" if facts.get("title") else ""
            return f"{title}到 {clock(datetime.fromisoformat(facts['until']))}" if facts.get("until") else ""
        case Action.FINISH:
            if facts.get("link"):
                return f"{facts.get('department', '')}，用一次性链接"
            return f"公告《{facts['title']}》" if facts.get("title") else ""
        case Action.NOT_REACHED:
            return f"第 {facts.get('try', 1)} 次"
        case Action.EVALUATE | Action.REEVALUATE | Action.CALL_BACK | Action.COUNT_AFTER_ALL:
            return ANSWERS.get(facts.get("answer", 0), "该评的都评过了")
        case Action.AUTO_CLOSE:
            return f"{facts['judged']} 人评过" if facts.get("judged") else "没有评价（不算解决）"
        case Action.HAND_ON:
            return names.get(facts.get("person", 0), "")
        case Action.RECHECK:
            return SEEN.get(str(facts.get("seen")), "")
        case Action.MERGE | Action.UNMERGE | Action.GATHER | Action.PART | Action.TAKE_OVER:
            tasks = f"，连同子任务 {'、'.join(facts['tasks'])}" if facts.get("tasks") else ""
            return f"{facts.get('number') or ''}{tasks}"
        case Action.SPLIT:
            return "、".join(facts.get("numbers") or [])
        case Action.MISS_LIMIT:
            return f"应在 {clock(datetime.fromisoformat(facts['due']))} 前" if facts.get("due") else ""
        case _:
            return ""


def _corrected(facts: dict[str, Any], categories: dict[str, str]) -> str:
    no_service = f"不是点单“{facts['service'][0]}”" if facts.get("service") else ""
    if "from" in facts:
        source = "（助手建议）" if facts.get("source") == ASSISTANT else ""
        change = f"{_category(facts['from'], categories)} → {_category(facts.get('to'), categories)}{source}"
        return f"{change}，{no_service}" if no_service else change
    several = [" → ".join(KINDS[TicketKind(each)] for each in facts.get("kind", []))]
    several += [" → ".join(URGENCIES[Urgency(each)] for each in facts.get("urgency", []))]
    return "，".join(filter(None, [*several, no_service]))


def _category(code: str | None, categories: dict[str, str]) -> str:
    return categories.get(code or "", code or "")
