"""The fixed words people can say: which message is a command, a numbered answer, a ticket number or a correction."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

from nlp import categories
from nlp.normal import fold, normal
from nlp.numbers import NUMERAL, count, in_digits
from nlp.riders import use_wanted


class Intent(StrEnum):
    """Every command of the chat."""

    PROGRESS = "progress"
    ADD = "add"
    WITHDRAW = "withdraw"
    MY_HOME = "my_home"
    MY_GRID = "my_grid"
    FOR_OTHERS = "for_others"
    EVALUATE = "evaluate"
    REEVALUATE = "reevaluate"
    URGE = "urge"
    HUMAN = "human"
    ERASE_ME = "erase_me"
    TOPICS = "topics"
    AGREE = "agree"
    DISAGREE = "disagree"
    REGISTER = "register"
    OFFERS = "offers"
    MY_TASKS = "my_tasks"
    ACCEPT = "accept"
    DECLINE = "decline"
    RELEASE = "release"
    ARRIVE = "arrive"
    FINISH = "finish"
    CALL_HELP = "call_help"
    HAND_ON = "hand_on"
    RELAY = "relay"
    POST = "post"
    MY_POSTS = "my_posts"
    GIVE_UP_POST = "give_up_post"
    PAIR = "pair"
    CREATE = "create"
    LEAVE = "leave"
    BACK = "back"
    FREE_TIMES = "free_times"
    MOST_OFFERS = "most_offers"
    SKILLS = "skills"
    RIDER_REGISTER = "rider_register"
    STATIONS = "stations"
    DISCOUNTS = "discounts"
    ACCESS = "access"
    RIGHTS = "rights"
    MY_ROLES = "my_roles"
    RIDE_TIMES = "ride_times"
    USUAL_AREA = "usual_area"
    PATROL = "patrol"
    THAT_IS_ALL = "that_is_all"
    LOOKOUT = "lookout"
    ALERT = "write_alert"
    NO_REMINDERS = "no_reminders"
    REMINDERS = "reminders"
    BIND = "bind"
    QUIT = "quit"
    POINTS = "points"
    HOURS = "hours"
    REDEEM = "redeem"
    CANCEL_REDEMPTION = "cancel_redemption"
    CODE_AGAIN = "code_again"
    HAND_OVER = "hand_over"
    LEDGER_ON = "ledger_on"
    LEDGER_OFF = "ledger_off"
    FAMILY = "family"
    FAMILY_INVITE = "family_invite"
    FAMILY_LEAVE = "family_leave"
    GIVE_HOURS = "give_hours"
    CERTIFICATE = "certificate"
    NOMINATE = "nominate"
    VOTE = "vote"
    OFF_BALLOT = "off_ballot"
    APPOINTMENTS = "appointments"
    CANCEL_APPOINTMENT = "cancel_appointment"
    NO_BROADCASTS = "no_broadcasts"
    BROADCASTS = "broadcasts"
    HELP = "help"
    CANCEL = "cancel"
    DESK = "desk"
    DISPATCH = "dispatch"
    ESCALATE = "escalate"
    TO_DEPARTMENT = "to_department"
    SUPERVISE = "supervise"
    REJECT = "reject"
    HOLD = "hold"
    MERGE = "merge"
    UNMERGE = "unmerge"
    HAND_BACK = "hand_back"
    REPLY = "reply"
    CLAIM = "claim"
    LINK = "link"
    KEEP = "stays_with"
    TAKE_IN = "take_in"
    PUSH_DOWN = "push_down"
    GRANT = "grant"
    DENY = "deny"
    RETURN = "return"
    ANSWER = "answer"
    DUTY = "duty"
    ANNOUNCE = "write_announcement"
    END_ANNOUNCEMENT = "end_announcement"


class Audience(StrEnum):
    """Whom a command is for, as the help groups them."""

    ANYONE = "anyone"
    RESIDENT = "resident"
    MEMBER = "member"
    RIDER = "rider"
    STAFF = "staff"
    DEPARTMENT = "department"


class Argument(StrEnum):
    """What may follow a command's word. A number of a ticket may always be followed by words."""

    SERIAL = "serial"
    """A ticket's number, joined or after a separator."""
    WORDS = "words"
    """Free words, only after a separator."""
    NUMBER = "number"
    """A number out of a list, joined or after a separator; words may follow after another separator."""
    CODE = "code"
    """An invitation or binding code and nothing else."""
    HOME = "home"
    """A building as printed on its door or as people write it, and nothing else."""
    UNTIL = "until"
    """A date or a number of days."""
    LOOKED_FOR = "looked_for"
    """What a station is for, or the name of a place, and nothing else: "驿站 快递丢了" is a report."""
    ROLE = "role"
    """The name of a role and nothing else."""
    CHAT = "chat"
    """A handed-over chat by its name (`对话16`); words may follow."""


_EVERYBODY: frozenset[str] = frozenset()
_WORKERS = frozenset({"member", "rider", "grid", "staff", "street", "department"})
_MEMBERS = frozenset({"member", "rider", "grid", "staff"})
_STAFF = frozenset({"grid", "staff", "street", "admin"})
_OFFICE = frozenset({"staff", "street", "admin"})
_STREET = frozenset({"street", "admin"})
_DEPARTMENT = frozenset({"department", "staff", "street", "admin"})


@dataclass(frozen=True, slots=True)
class _Rule:
    words: tuple[str, ...]
    audience: Audience
    needs: frozenset[str] = _EVERYBODY
    takes: frozenset[Argument] = frozenset()


def _rule(words: str, audience: Audience, needs: frozenset[str], *takes: Argument) -> _Rule:
    return _Rule(tuple(words.split()), audience, needs, frozenset(takes))


_S, _W, _N = Argument.SERIAL, Argument.WORDS, Argument.NUMBER
_A = Audience

# The first word of each rule is the one we print; the others are what people say instead.
_RULES: dict[Intent, _Rule] = {
    Intent.PROGRESS: _rule(
        "进度 查进度 查询进度 进度查询 查看进度 我的进度 我的工单 我的报事", _A.RESIDENT, _EVERYBODY, _S
    ),
    Intent.ADD: _rule("补充 补充说明 补充一下 追加", _A.RESIDENT, _EVERYBODY, _S, _W),
    Intent.WITHDRAW: _rule("撤单 撤销 撤回 撤销工单 取消工单", _A.RESIDENT, _EVERYBODY, _S, _W),
    Intent.MY_HOME: _rule("我家", _A.RESIDENT, _EVERYBODY, Argument.HOME),
    Intent.MY_GRID: _rule("我的网格员 网格员 我的网格 找网格员 谁是我的网格员 我的楼栋长", _A.RESIDENT, _EVERYBODY),
    Intent.FOR_OTHERS: _rule("代报 代为上报 帮人报", _A.RESIDENT, _EVERYBODY, _W),
    Intent.EVALUATE: _rule("评价 评单 打分", _A.RESIDENT, _EVERYBODY, _S, _N),
    Intent.REEVALUATE: _rule("改评 修改评价 改评价", _A.RESIDENT, _EVERYBODY, _S, _N),
    Intent.UNMERGE: _rule("拆开 拆单", _A.RESIDENT, _EVERYBODY, _S),
    Intent.URGE: _rule("催办 催单 催一下 催促", _A.RESIDENT, _EVERYBODY, _S, _W),
    Intent.HUMAN: _rule("人工 转人工 找人工 人工客服 人工服务 转人工服务 转人工客服 客服", _A.RESIDENT, _EVERYBODY, _W),
    Intent.ERASE_ME: _rule(
        "删除我的信息 删除我的资讯 删除我的资料 删除我的数据 删除个人信息 删除我的个人信息 注销我的信息",
        _A.RESIDENT,
        _EVERYBODY,
    ),
    Intent.TOPICS: _rule("议题 议事 看议题 议题列表", _A.RESIDENT, _EVERYBODY, _N),
    Intent.AGREE: _rule("同意 赞成", _A.RESIDENT, _EVERYBODY, _N),
    Intent.DISAGREE: _rule("反对 不同意 不赞成", _A.RESIDENT, _EVERYBODY, _N),
    Intent.REGISTER: _rule("报到 党员报到 志愿者报到 社区报到", _A.MEMBER, _EVERYBODY, Argument.CODE),
    Intent.OFFERS: _rule("待接单 待接 可接单 接单列表", _A.MEMBER, _WORKERS),
    Intent.MY_TASKS: _rule("我的任务 任务 我接的单 任务列表", _A.MEMBER, _WORKERS),
    Intent.ACCEPT: _rule("接单 抢单 我接 我来接", _A.MEMBER, _WORKERS, _S),
    Intent.DECLINE: _rule("婉拒 不接 拒单 不接单", _A.MEMBER, _WORKERS, _S, _W),
    Intent.RELEASE: _rule("退单 放弃接单", _A.MEMBER, _WORKERS, _S, _W),
    Intent.ARRIVE: _rule("到场 已到场 到达 已到达 我到了", _A.MEMBER, _WORKERS, _S, _W),
    Intent.FINISH: _rule("办结 已办结 完成 已完成 办完了", _A.MEMBER, _WORKERS, _S, _W),
    Intent.CALL_HELP: _rule("求助 找帮手", _A.MEMBER, _WORKERS, _S),
    Intent.HAND_ON: _rule("转派 转托", _A.MEMBER, _WORKERS, _S),
    Intent.RELAY: _rule("留言 捎话", _A.MEMBER, _EVERYBODY, Argument.CHAT, _S, _W),
    Intent.POST: _rule("认岗 认领岗位", _A.MEMBER, _MEMBERS, _W),
    Intent.MY_POSTS: _rule("我的岗位 我的岗 我认的岗", _A.MEMBER, _MEMBERS),
    Intent.GIVE_UP_POST: _rule("退岗 不认岗了", _A.MEMBER, _MEMBERS, _W),
    Intent.PAIR: _rule("认亲 结对", _A.MEMBER, _MEMBERS, _W),
    Intent.CREATE: _rule("创单 自主创单", _A.MEMBER, _MEMBERS, _W),
    Intent.LEAVE: _rule("请假 暂停接单", _A.MEMBER, _MEMBERS, Argument.UNTIL, _W),
    Intent.FREE_TIMES: _rule("接单时间", _A.MEMBER, _MEMBERS, _W),
    Intent.MOST_OFFERS: _rule("接单上限", _A.MEMBER, _MEMBERS, _W),
    Intent.SKILLS: _rule("技能 我的技能 特长 我的特长", _A.MEMBER, _MEMBERS, _W),
    Intent.BACK: _rule("上线 销假 恢复接单 结束请假", _A.MEMBER, _MEMBERS),
    Intent.RIDER_REGISTER: _rule("骑手报到 小哥报到 外卖员报到 快递员报到", _A.RIDER, _EVERYBODY, Argument.CODE),
    Intent.STATIONS: _rule("驿站 附近驿站 最近的驿站 骑手驿站 找驿站", _A.RIDER, _EVERYBODY, Argument.LOOKED_FOR),
    Intent.DISCOUNTS: _rule("优惠 骑手优惠 商户优惠 暖新商户", _A.RIDER, _EVERYBODY),
    Intent.ACCESS: _rule("进小区 怎么进小区 小区怎么进", _A.RIDER, _EVERYBODY, _W),
    Intent.RIGHTS: _rule("维权 骑手维权 骑手权益", _A.RIDER, _EVERYBODY),
    Intent.MY_ROLES: _rule("我的角色 我的队伍 我的身份", _A.RIDER, _WORKERS),
    Intent.RIDE_TIMES: _rule("跑单时间", _A.RIDER, frozenset({"rider"}), _W),
    Intent.USUAL_AREA: _rule("常跑 常跑的地方", _A.RIDER, frozenset({"rider"}), _W),
    Intent.THAT_IS_ALL: _rule("就这样 就这样吧 就这些", _A.RIDER, frozenset({"rider"})),
    Intent.PATROL: _rule("巡查 今日巡查", _A.RIDER, frozenset({"rider"}), _N),
    Intent.NO_REMINDERS: _rule(
        "不提醒 关闭提醒 别提醒 不要提醒 取消提醒", _A.RIDER, frozenset({"rider", "member", "grid"})
    ),
    Intent.REMINDERS: _rule("提醒 打开提醒 开启提醒 恢复提醒", _A.RIDER, frozenset({"rider", "member", "grid"})),
    Intent.BIND: _rule("绑定 绑定账号 绑定身份", _A.ANYONE, _EVERYBODY, Argument.CODE),
    Intent.QUIT: _rule("退出", _A.ANYONE, _EVERYBODY, Argument.ROLE),
    Intent.POINTS: _rule("积分 我的积分 查积分", _A.ANYONE, _EVERYBODY),
    Intent.HOURS: _rule("时长 我的时长 服务时长 志愿时长", _A.ANYONE, _EVERYBODY),
    Intent.REDEEM: _rule("兑换 积分兑换", _A.ANYONE, _EVERYBODY, _N),
    Intent.CANCEL_REDEMPTION: _rule("取消兑换 不兑换了", _A.ANYONE, _EVERYBODY),
    Intent.CODE_AGAIN: _rule("兑换码 我的兑换码", _A.ANYONE, _EVERYBODY),
    Intent.HAND_OVER: _rule("核销", _A.ANYONE, _EVERYBODY, Argument.CODE),
    Intent.LEDGER_ON: _rule("开通积分 参加积分 开通时长", _A.ANYONE, _EVERYBODY),
    Intent.LEDGER_OFF: _rule("关闭积分 退出积分 关闭时长", _A.ANYONE, _EVERYBODY),
    Intent.FAMILY: _rule("家庭积分 我的家庭积分", _A.ANYONE, _EVERYBODY, _N, Argument.CODE),
    Intent.FAMILY_INVITE: _rule("邀请家人", _A.ANYONE, _EVERYBODY),
    Intent.FAMILY_LEAVE: _rule("退出家庭积分", _A.ANYONE, _EVERYBODY),
    Intent.CERTIFICATE: _rule("服务证明 时长证明 志愿服务证明", _A.ANYONE, _EVERYBODY),
    Intent.NOMINATE: _rule("提名 我要提名", _A.ANYONE, _EVERYBODY, _N, _W),
    Intent.VOTE: _rule("投票 我要投票 评选结果", _A.ANYONE, _EVERYBODY, _N),
    Intent.OFF_BALLOT: _rule("不参加评选 退出评选", _A.ANYONE, _EVERYBODY),
    Intent.APPOINTMENTS: _rule("我的预约 预约 查预约", _A.ANYONE, _EVERYBODY),
    Intent.CANCEL_APPOINTMENT: _rule("取消预约", _A.ANYONE, _EVERYBODY),
    Intent.NO_BROADCASTS: _rule("不接收群发 不收群发 退订群发 拒收群发 不要群发", _A.ANYONE, _EVERYBODY),
    Intent.BROADCASTS: _rule("接收群发 恢复群发 订阅群发", _A.ANYONE, _EVERYBODY),
    Intent.GIVE_HOURS: _rule("送时长 赠送时长 转赠时长", _A.ANYONE, _EVERYBODY, _S),
    Intent.HELP: _rule("帮助 菜单 help 使用说明 使用帮助 怎么用 功能 指令", _A.ANYONE, _EVERYBODY),
    Intent.CANCEL: _rule("取消 cancel 取消操作 结束对话 结束会话", _A.ANYONE, _EVERYBODY, _S),
    Intent.LOOKOUT: _rule("巡查重点", _A.STAFF, _STAFF, _W),
    Intent.ALERT: _rule("预警 发预警 骑手预警", _A.STAFF, _OFFICE, _W),
    Intent.DESK: _rule("待派 待派单 派单台", _A.STAFF, _STAFF | _DEPARTMENT),
    Intent.DISPATCH: _rule("派单 派给 指派", _A.STAFF, _STAFF, _S),
    Intent.ESCALATE: _rule("上报", _A.STAFF, _STAFF, _S),
    Intent.TO_DEPARTMENT: _rule("转部门 转办 改派", _A.STAFF, _STAFF, _S),
    Intent.SUPERVISE: _rule("督办", _A.STAFF, _OFFICE, _S),
    Intent.REJECT: _rule("不予受理 不受理", _A.STAFF, _STAFF, _S),
    Intent.HOLD: _rule("挂起", _A.STAFF, _STAFF | _DEPARTMENT, _S),
    Intent.MERGE: _rule("合并 并单", _A.STAFF, _STAFF, _S),
    Intent.HAND_BACK: _rule("交回 交还 结束人工", _A.STAFF, _STAFF, Argument.CHAT, _S),
    Intent.REPLY: _rule("回复", _A.STAFF, _STAFF, Argument.CHAT, _S, _W),
    Intent.DUTY: _rule("值班 值班表 谁值班", _A.STAFF, _OFFICE, _W),
    Intent.LINK: _rule("链接 答复链接 一次性链接", _A.STAFF, _OFFICE, _S),
    Intent.KEEP: _rule("仍由他办 仍由你办 仍由他们办", _A.STAFF, _STREET, _S),
    Intent.TAKE_IN: _rule("社区收回", _A.STAFF, _STREET, _S),
    Intent.GRANT: _rule("准入 同意准入", _A.STAFF, _STREET, _S),
    Intent.DENY: _rule("不准入 不同意准入", _A.STAFF, _STREET, _S),
    Intent.PUSH_DOWN: _rule("下派", _A.DEPARTMENT, frozenset({"department"}), _W),
    Intent.ANNOUNCE: _rule("公告 发公告 写公告", _A.STAFF, _OFFICE, _W),
    Intent.END_ANNOUNCEMENT: _rule("结束公告 公告结束 撤公告 撤回公告", _A.STAFF, _OFFICE, _W),
    Intent.CLAIM: _rule("认领", _A.DEPARTMENT, _DEPARTMENT, _S),
    Intent.RETURN: _rule("退回", _A.DEPARTMENT, _DEPARTMENT, _S),
    Intent.ANSWER: _rule("答复", _A.DEPARTMENT, _DEPARTMENT, _S),
}


@dataclass(frozen=True, slots=True)
class Command:
    """One command as said.

    `serial` is four or more digits (`0007`) or a full number (`261121-0007`); `rest` is what else was said, as typed;
    `digit` is the evaluation of `评价`, or the position in a list for `同意 3`; `chat` the number of a handed-over chat
    that was named as one (`对话16`).
    """

    intent: Intent
    serial: str | None = None
    rest: str = ""
    digit: int | None = None
    chat: int | None = None


@dataclass(frozen=True, slots=True)
class Digit:
    """A numbered answer and the words after it."""

    number: int
    words: str = ""


class About(StrEnum):
    """What a correction corrects."""

    CATEGORY = "category"
    PLACE = "place"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Correction:
    """What was taken for something else; `wrong` is empty when only the right thing was said."""

    wrong: str
    right: str
    about: About


def needs(intent: Intent) -> frozenset[str]:
    """The roles of which one is needed; empty means anybody may."""
    return _RULES[intent].needs


def audience(intent: Intent) -> Audience:
    """Whom the help tells about this command."""
    return _RULES[intent].audience


def word(intent: Intent) -> str:
    """The word we print for a command."""
    return _RULES[intent].words[0]


# Only this much of a message can be a command's head, so a long message costs nothing.
_HEAD = 96
_BY_WORD = {spoken: intent for intent, rule in _RULES.items() for spoken in rule.words}
_WORD = re.compile(
    r"[\s\"'“”‘’「」『』【\[(<《#/·•*]*("
    + "|".join(r"\s?".join(map(re.escape, spoken)) for spoken in sorted(_BY_WORD, key=len, reverse=True))
    + r")[\"'“”‘’」』】\])>》]*"
)
_QUESTION_MARK = re.compile(r"\s*\?{1,3}\s*")
_NOTHING = re.compile(r"[\W_]*")
_SEPARATORS = r"[\s:,.;!?。、·|/+~=—–_-]"
_SEPARATED = re.compile(_SEPARATORS + r"+")
# A number followed by one of these counts or names something: "3楼", "1个月", "2022年", "5栋", "800元".
UNIT = (
    r"\s?(?:[个多几余]|来(?=[个天人件次年月户元块斤米只])|年|月|日|天|号|点|时|分|秒|周|小时|半|栋|幢|楼|单元|座|层|门|梯|室|房|户|家|期|区|路|街|巷|弄|组|村"
    r"|元|块|万|千|百|角|毛|米|公里|千米|平|亩|吨|斤|度|人|名|位|辆|台|部|只|条|棵|盏|根|张|次|遍|回|岁|倍|成|%|°|℃|㎡"
    r"|km|kg|cm|m)"
)
_SERIAL = re.compile(
    r"(?:编号|单号|工单号?|号码|no\.?|第)?[\s:.#]*"
    r"(?:(?P<day>\d{6})(?:\s?[-—–]\s?(?=\d)|(?=\d{4}(?!\d)))(?P<of_day>\d{4,6})|(?P<short>\d{1,6}))(?!\d)"
    r"(?P<mark>号(?:工?单)?(?![楼栋幢门线院]))?"
)
_FOLLOWS_NUMBER = re.compile(_SEPARATORS + r"*(?:" + UNIT[3:] + r")|[.:,/~—–-]\s?\d|到\s?\d|至\s?\d")
# "人工16" is how a message from before named it. "对话16栋" is a place.
_CHAT = re.compile(
    _SEPARATORS + r"*[【\[]?(?:人工\s?对话|人工|对话)[\s:.#]*0*([1-9]\d{0,8})(?!\d|\s?(?:栋|幢|号?楼|单元|室))[】\]]?"
)
_CODE = re.compile(r"(?:(?:邀请|绑定|验证|一次)码)?\s?:?\s?([a-z0-9]{4,20}|[a-z0-9]{1,8}(?:-[a-z0-9]{1,8}){1,3})\s*")
_DOOR = "[一二两三四五六七八九十]{1,3}"
_HOME = re.compile(
    rf"(?:[:,]|\s|在|是|住|住在|地址)*"
    rf"(?:[a-z]{{1,3}}\s?-?\s?\d{{1,4}}"
    rf"|[\w·]{{0,20}}?(?:\d{{1,4}}|{_DOOR}|[a-z]\d{{0,3}})\s?(?:栋|幢|号楼|座|单元|#|号(?![线])))"
    rf"(?:[\s,-]?(?:\d{{1,4}}|{_DOOR})(?:单元|门|楼|层|室|号|房)?){{0,3}}\s?[。.!]?\s*"
)
_UNTIL = re.compile(
    rf"[\s:,]*(?:到|至)?\s?(?:\d{{4}}[-/.年])?(?:\d{{1,2}}[-/.]\d{{1,2}}日?|(?:\d{{1,2}}|{NUMERAL})月(?:\d{{1,2}}|{NUMERAL})[日号]?)(?:日|号)?"
    rf"|[\s:,]*(?:到|至)?\s?(?:\d{{1,3}}|{NUMERAL})(?:天|日|周|个?星期|个?礼拜|个?月|号)"
    r"|[\s:,]*(?:到|至)?\s?(?:今天|明天|后天|大后天|(?:本|这|下)个?(?:周|星期|礼拜)[一二三四五六日天]?|(?:周|星期|礼拜)[一二三四五六日天]|月底|下个?月)"
)
_ROLE = re.compile(
    r"[\s:,]*(?:党员|下沉党员|志愿者|志愿队|骑手|小哥|网格员|身份|角色|队伍|全部|所有)(?:身份|角色)?[。.!]?\s*"
)
_LOOKED_FOR = re.compile(
    r"(?:能|可以)?(?:充电|换电|喝水|饮水|接水|热水|吃饭|食堂|小哥食堂|休息|歇脚|歇一?歇|优惠)(?:的(?:地方)?)?"
    r"|\w{0,12}(?:小区|花园|家园|公园|广场|社区|街道|街|路|路口|苑|里|园|城|村|站|学校|医院|\d{1,3}(?:栋|幢|号楼))(?:附近|旁边)?"
)
_TO = re.compile(r"\s*(?:到|至|入|进|并入|和|与|跟|及)\s*")


def _separated(text: str) -> str | None:
    """What follows the separator `text` begins with, or None when it begins with none."""
    found = _SEPARATED.match(text)
    return text[found.end() :] if found else None


@dataclass(frozen=True, slots=True)
class _Serial:
    value: str
    end: int


def _serial(tail: str) -> _Serial | None:
    """The ticket's number `tail` begins with; separators before it are passed over.

    A short number must stand apart from what follows, so that "接单7天没人来" and "补充 10:30 又停电" have none.
    """
    lead = _SEPARATED.match(tail)
    start = lead.end() if lead else 0
    found = _SERIAL.match(tail, start)
    if found is None:
        return None
    if found["day"]:
        return _Serial(f"{found['day']}-{int(found['of_day']):04d}", found.end())
    digits, after = found["short"], tail[found.end() :]
    padded = len(digits) >= 4 and digits.startswith("0")
    if padded:
        return _Serial(f"{int(digits):04d}", found.end())
    if found["mark"] or _FOLLOWS_NUMBER.match(after):
        return None
    if len(digits) < 4 and after and not _SEPARATED.match(after):
        return None
    return _Serial(f"{int(digits):04d}", found.end())


@dataclass(frozen=True, slots=True)
class _Tail:
    """What follows a command's word: folded for matching, raw for keeping."""

    folded: str
    origin: tuple[int, ...]
    raw: str

    def from_(self, index: int) -> _Tail:
        """The tail from a folded index on, without separators at its head."""
        lead = _SEPARATED.match(self.folded, index)
        index = lead.end() if lead else index
        start = self.origin[index] if index < len(self.origin) else self.origin[-1] + 1 if self.origin else 0
        return _Tail(
            self.folded[index:], tuple(place - start for place in self.origin[index:]), self.raw[start:].rstrip()
        )


def _number(tail: _Tail) -> tuple[int, str] | None:
    """A short number standing apart, and the words after it."""
    folded = tail.from_(0)
    found = digit(folded.raw)
    return (found.number, found.words) if found else None


def _evaluation(intent: Intent, tail: _Tail) -> Command | None:
    """`评价 0007 1 words`, `评价 1 words`, `评价 7 2`."""
    number = _number(tail)
    if number and number[0] <= 3 and digit(number[1]) is None:
        return Command(intent, rest=number[1], digit=number[0])
    serial = _serial(tail.folded)
    if serial is None:
        return None
    rest = tail.from_(serial.end)
    answer = digit(rest.raw)
    if answer:
        return Command(intent, serial.value, answer.words, answer.number)
    joined = re.match(rf"[1-9](?!\d|{UNIT})", rest.folded)
    if joined:
        return Command(intent, serial.value, rest.from_(1).raw, int(rest.folded[0]))
    return Command(intent, serial.value, rest.raw)


def _ends(text: str, index: int) -> bool:
    """Whether nothing, or a separator, stands at `index`."""
    return index == len(text) or _SEPARATED.match(text, index) is not None


def _argued(intent: Intent, takes: frozenset[Argument], tail: _Tail) -> Command | None:
    """The command with what follows its word, if that is one of the things it takes."""
    if intent in (Intent.EVALUATE, Intent.REEVALUATE):
        return _evaluation(intent, tail)
    if Argument.CHAT in takes and (chat := _CHAT.match(tail.folded)):
        return Command(intent, rest=tail.from_(chat.end()).raw, chat=int(chat[1]))
    if Argument.SERIAL in takes and (serial := _serial(tail.folded)):
        rest = tail.from_(serial.end)
        if intent is Intent.MERGE and (joint := _TO.match(rest.folded)):
            rest = rest.from_(joint.end())
        if intent is Intent.CANCEL and rest.raw:
            return None
        return Command(intent, serial.value, rest.raw)
    if Argument.NUMBER in takes and (number := _number(tail)):
        return Command(intent, rest=number[1], digit=number[0])
    whole = {Argument.CODE: _CODE, Argument.HOME: _HOME, Argument.ROLE: _ROLE, Argument.LOOKED_FOR: _LOOKED_FOR}
    bare = tail.from_(0)
    for argument, pattern in whole.items():
        if argument in takes and (found := pattern.fullmatch(bare.folded)):
            return Command(intent, rest=found[1].upper() if argument is Argument.CODE else bare.raw)
    if Argument.UNTIL in takes and (day := _UNTIL.match(bare.folded)) and _ends(bare.folded, day.end()):
        return Command(intent, rest=bare.raw)
    if Argument.WORDS in takes and _separated(tail.folded) is not None:
        return Command(intent, rest=bare.raw)
    return None


def parse(text: str, *, roles: Collection[str]) -> Command | None:
    """The command `text` is, for somebody with these roles, or None for free words.

    A command is the word alone, or the word, a separator or a number, and what the command takes; a word joined to
    other words ("人工湖水臭") never is one, nor is a word followed by something it cannot take ("进度 慢死了").
    """
    folded, origin = fold(text[:_HEAD])
    folded = folded.lower()
    if _QUESTION_MARK.fullmatch(folded) and len(text) <= 8:
        return Command(Intent.HELP)
    head = _WORD.match(folded)
    if head is None:
        return Command(Intent.STATIONS, rest=text) if use_wanted(text) else None
    intent = _BY_WORD[re.sub(r"\s", "", head[1])]
    rule = _RULES[intent]
    if rule.needs and not rule.needs.intersection(roles):
        return None
    start = origin[head.end()] if head.end() < len(origin) else min(len(text), _HEAD)
    raw = text[start:]
    if _NOTHING.fullmatch(raw):
        return Command(intent)
    return _argued(
        intent, rule.takes, _Tail(folded[head.end() :], tuple(place - start for place in origin[head.end() :]), raw)
    )


_DIGIT = re.compile(
    r"[\s\"'“”‘’(\[【<]*(?:我?(?:选择?|回复?|答|评)\s?:?\s?)?(第)?\s?([1-9]\d{0,2}|[二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九])"
    r"(?(1)(?:个|项|条)?)\s?[)\]】>\"'”’]*"
)
_DIGIT_SEPARATOR = re.compile(r"[\s:,.;!?。、·|~=—–_-]+")


def digit(text: str) -> Digit | None:
    """The numbered answer `text` is: a bare number under 1,000, or one set apart from the words after it.

    Never a number that counts or names something (`3楼`, `3 楼`, `1个月`, `12:30`, `3.5元`), nor a list `1、… 2、…`.
    """
    folded, origin = fold(text[:_HEAD])
    found = _DIGIT.match(folded)
    if found is None:
        return None
    number = count(found[2])
    end = origin[found.end()] if found.end() < len(origin) else min(len(text), _HEAD)
    if _NOTHING.fullmatch(text[end:]):
        return Digit(number)
    tail = folded[found.end(2) :]
    # The number may have swallowed a bracket and a blank that are the separator.
    after = re.match(r"[)\]】>\"'”’\s]*", tail)
    gap = after.end() if after else 0
    separator = _DIGIT_SEPARATOR.match(tail, gap)
    first = separator.end() if separator else gap
    if first == 0 or found[1] and not separator or _FOLLOWS_NUMBER.match(tail):
        return None
    if re.search(rf"(?<!\d){number + 1}\s?[、.)]", tail) and re.match(r"\s?[、.)]", tail):
        return None
    start = found.end(2) + first
    return Digit(number, text[origin[start] if start < len(origin) else len(text) :].strip())


_YES = frozenset({"是", "是的", "对", "对的", "是同一件", "是同一件事", "同一件事"})
_NO = frozenset({"不是", "不是的", "不对", "不是同一件", "不是同一件事", "另一件事"})


def yes_or_no(letters: str) -> int | None:
    """The numbered answer that `letters`, words without punctuation, give to a question of yes (1) or no (2)."""
    return 1 if letters in _YES else 2 if letters in _NO else None


_BARE_SERIAL = re.compile(
    r"[\W_]*(?:编号|单号|工单号?|no\.?)?[\W_]*(\d{6}\s?[-—–]\s?\d{4,6}|\d{10}|\d{3,6})\s?(?:号(?:工?单)?)?[\W_]*"
)


def serial_alone(text: str) -> str | None:
    """The ticket's number that is the whole message; a number under four digits counts only with a leading zero."""
    if len(text) > 40:
        return None
    folded, _ = fold(text)
    found = _BARE_SERIAL.fullmatch(folded.lower())
    if found is None or (len(found[1]) == 3 and not found[1].startswith("0")):
        return None
    serial = _serial(found[1])
    return serial.value if serial else None


_PLACE_WORD = re.compile(
    r"\d\s?(?:栋|幢|单元|号楼|楼|层|号|室|#|座)|[一二三四五六七八九十](?:栋|幢|单元|号楼|楼|层)|小区|花园|雅苑|家园|社区|街|路口|大道"
    r"|路(?!灯|面)|门口|广场|公园|^[a-z]\d{1,3}$|[里苑园]$"
)
_ERRED = r"(?:错了|不对|有误|写错了?|说错了?|搞错了?|弄错了?|填错了?|打错了?|错啦)"
_CORRECTIONS = (
    re.compile(r"(?:应该)?不是(?P<wrong>[^,。;!?]{1,12}?)[,。;\s]*(?:而是|应该是|应是|是)(?P<right>[^,。;!?]{1,20})"),
    re.compile(r"(?:应该)?是(?P<right>[^,。;!?]{1,16}?)[,。;\s]*(?:而)?不是(?P<wrong>[^,。;!?]{1,16})"),
    re.compile(
        rf"(?:我|刚才|刚刚|前面|上面)*(?P<topic>地址|地点|位置|楼号|楼栋|小区|分类|类别|类型|问题)?(?:我)?{_ERRED}[,。;!\s]*"
        r"(?:应该是|应该|应是|是|在|改成|改为)(?P<right>[^,。;!?]{1,20})"
    ),
    re.compile(r"(?:这)?(?:应该是|应是|应该属于|应属于|属于)(?P<right>[^,。;!?]{1,16}?)(?:才对|吧)?"),
)
_ABOUT_TAIL = re.compile(r"(?:方面)?(?:的)?(?:事情?|问题|类|类别|投诉)?(?:才对|吧|啊|呀|哦|了)?$")
# People and wishes are not categories or places: "不是我不想交，是服务太差" goes on reporting.
_SPEAKER = re.compile(r"[我你您他她们]|不想|不愿|没有|不给|不让|为什么|怎么")


@cache
def _category_words() -> tuple[str, ...]:
    return tuple(
        spoken
        for seed in categories.load()
        for spoken, weight in seed.words.items()
        if weight >= 1 and "+" not in spoken
    ) + tuple(part for seed in categories.load() for part in re.split("[、/]", seed.name))


def _about(said: str, topic: str | None) -> About:
    if topic in ("地址", "地点", "位置", "楼号", "楼栋", "小区") or _PLACE_WORD.search(said):
        return About.PLACE
    if topic in ("分类", "类别", "类型") or any(spoken in said for spoken in _category_words()):
        return About.CATEGORY
    return About.UNKNOWN


def correction(text: str) -> Correction | None:
    """The correction `text` is as a whole: "不是噪音，是漏水", "地址错了，是5栋", "应该是停车的事"."""
    if len(text) > 48:
        return None
    said = normal(text).lower().strip(" 。.!,;~")
    for pattern in _CORRECTIONS:
        found = pattern.fullmatch(said)
        if found is None:
            continue
        parts = found.groupdict()
        wrong, right = (parts.get("wrong") or "").strip(), parts["right"].strip()
        right = _ABOUT_TAIL.sub("", right) or right
        wrong = _ABOUT_TAIL.sub("", wrong) or wrong
        if _SPEAKER.search(wrong + right):
            return None
        about = _about(right, parts.get("topic"))
        if about is About.UNKNOWN and not wrong and not parts.get("topic"):
            return None
        return Correction(wrong, right, about)
    return None


def until(rest: str, *, today: date) -> date | None:
    """The last day named in the words of `请假` ("到 12-01", "3天", "到下周五"); a day gone by means next year's."""
    said = in_digits(normal(rest))
    if found := re.search(r"(?:(\d{4})[-/.年])?(\d{1,2})(?:[-/.]|月)(\d{1,2})", said):
        year = int(found[1]) if found[1] else today.year
        try:
            day = date(year, int(found[2]), int(found[3]))
            return day if found[1] or day >= today else day.replace(year=year + 1)
        except ValueError:
            return None
    if found := re.search(r"(\d{1,3})\s?(天|日|周|个?星期|个?礼拜|个?月)", said):
        each = 1 if found[2] in ("天", "日") else 30 if found[2].endswith("月") else 7
        return today + timedelta(days=max(int(found[1]) * each - 1, 0))
    if found := re.search(r"(?<!\d)(\d{1,2})号", said):
        return _next_date(today, int(found[1]))
    for name, days in (("今天", 0), ("大后天", 3), ("后天", 2), ("明天", 1)):
        if name in said:
            return today + timedelta(days=days)
    if found := re.search(r"(下?)(?:个)?(?:周|星期|礼拜)([一二三四五六日天])", said):
        weekday = "一二三四五六日".index(found[2].replace("天", "日"))
        monday = today - timedelta(days=today.weekday()) + timedelta(days=7 if found[1] else 0)
        day = monday + timedelta(days=weekday)
        return day if day >= today else day + timedelta(days=7)
    return None


def _next_date(today: date, number: int) -> date | None:
    """The next day with this number: of this month, or of the first after it that has one."""
    months = (
        date(today.year + (today.month - 1 + ahead) // 12, (today.month - 1 + ahead) % 12 + 1, 1) for ahead in range(3)
    )
    days = (first + timedelta(days=number - 1) for first in months)
    return next((day for day in days if day >= today and day.day == number), None)


_DAY_FIRST = re.compile(r"(今天|明天|后天|\d{1,2}[-/]\d{1,2}|\d{1,2}月\d{1,2}[日号]?)[\s:,。]+")


def day_first(rest: str, *, today: date) -> tuple[date, str]:
    """The day that words begin with ("明天 沿江路的井盖"), today when they begin with none, and the words after it."""
    folded, origin = fold(rest)
    found = _DAY_FIRST.match(folded)
    day = until(found[1], today=today) if found else None
    if found is None or day is None:
        return today, rest
    return day, rest[origin[found.end()] :] if found.end() < len(origin) else ""


_HOURS = re.compile(
    r"(下午|晚上|晚|夜里)?(\d{1,2})(?:[:点时](?:00|整)?)?(?:-|~|到|至)(下午|晚上|晚|夜里|次日|明早)?(\d{1,2})(?:[:点时](?:00|整)?)?"
)


def hours(rest: str) -> tuple[int, int] | None:
    """The full hours between which somebody likes to be asked ("18-21", "晚上6点到9点", "22到6点"), each under 24."""
    found = _HOURS.fullmatch(re.sub(r"[\s。.]", "", in_digits(normal(rest))))
    if found is None:
        return None
    start, end = int(found[2]), int(found[4])
    if found[1] and start < 12:
        start += 12
        # "晚上6点到9点" means nine in the evening.
        end += 12 if found[3] is None and end < 12 else 0
    if found[3] in ("下午", "晚上", "晚", "夜里") and end < 12:
        end += 12
    end %= 24
    return (start, end) if start < 24 and start != end else None


_LENGTH = re.compile(
    rf"(?:(?P<half>半)个?小?时|(?P<count>\d{{1,3}}|{NUMERAL})\s?(?P<unit>个?(?:小时|钟头|时)|分钟?)?)[。.!]?"
)


def minutes(rest: str) -> int | None:
    """The length in the words of `送时长` ("1", "2小时", "半小时", "30分钟"), in minutes; a bare number is hours."""
    found = _LENGTH.fullmatch(normal(rest).strip())
    if found is None:
        return None
    if found["half"]:
        return 30
    said = count(found["count"])
    return said if (found["unit"] or "").startswith("分") else said * 60


_TAKES_OVER = re.compile(r"(?:换成?|改成?|替换?|交给)[\s:,]*(?P<name>\S{1,40})")


def takes_over(rest: str) -> str | None:
    """The name in the words of `值班` ("换 王芳"), or None where nobody is named."""
    found = _TAKES_OVER.fullmatch(normal(rest).strip())
    return found["name"] if found else None


# --- typing errors -----------------------------------------------------------------------------------------------

_ALIKE = (
    "接按楼",
    "单但草旱",
    "撤澈辙",
    "补朴扑",
    "办为",
    "婉碗",
    "拒柜矩距",
    "绑帮邦",
    "积和",
    "催摧崔",
    "评坪",
    "驿译绎",
    "讠",
)
_TYPED = re.compile(r"([^\W\d_]{2,8})[\W_]*(\d{1,6}|\d{6}-\d{4})?(?:[\W_]+(.{1,40})|[\W_]*)")
_PARTICLES = "呢吧啊呀了吗嘛哦一下"
_PINYIN = {
    "jindu": Intent.PROGRESS,
    "buchong": Intent.ADD,
    "chedan": Intent.WITHDRAW,
    "cuiban": Intent.URGE,
    "rengong": Intent.HUMAN,
    "pingjia": Intent.EVALUATE,
    "jiedan": Intent.ACCEPT,
    "tuidan": Intent.RELEASE,
    "banjie": Intent.FINISH,
    "daochang": Intent.ARRIVE,
    "bangzhu": Intent.HELP,
    "quxiao": Intent.CANCEL,
    "baodao": Intent.REGISTER,
    "bangding": Intent.BIND,
    "jifen": Intent.POINTS,
    "hepl": Intent.HELP,
    "halp": Intent.HELP,
}


def _sound(character: str) -> int | None:
    """The place of a common character in GB 2312, whose first level is ordered by pinyin: neighbours sound alike."""
    try:
        code = character.encode("gb2312")
    except UnicodeEncodeError:
        return None
    if len(code) != 2 or not 0xB0 <= code[0] <= 0xD7:
        return None
    return (code[0] - 0xB0) * 94 + code[1] - 0xA1


@cache
def _near(left: str, right: str) -> bool:
    if any(left in group and right in group for group in _ALIKE):
        return True
    one, other = _sound(left), _sound(right)
    return one is not None and other is not None and abs(one - other) <= 12


def _slips(typed: str, spoken: str) -> int:
    """How far `typed` is from a command's word: 1 per character that sounds or looks alike, 3 for any other slip."""
    if len(typed) == len(spoken):
        if sorted(typed) == sorted(spoken):
            return 2
        return sum(1 if _near(a, b) else 3 for a, b in zip(typed, spoken, strict=True) if a != b)
    longer, shorter = (typed, spoken) if len(typed) > len(spoken) else (spoken, typed)
    if len(longer) - len(shorter) == 1 and any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer))):
        return 2 if longer is typed and longer[:-1] == shorter and longer[-1] in _PARTICLES else 3
    return 9


def suggest(text: str, *, roles: Collection[str]) -> str | None:
    """The command somebody with these roles probably meant to type, in full, or None for real sentences."""
    if len(text) > 40 or parse(text, roles=roles):
        return None
    found = _TYPED.fullmatch(normal(text).lower())
    if found is None:
        return None
    typed, serial, rest = found[1], found[2], found[3]
    numbered = serial is not None and (len(serial) >= 4)
    if rest and not numbered:
        return None
    best: list[tuple[int, int, Intent]] = []
    if typed in _PINYIN:
        best.append((0, 0, _PINYIN[typed]))
    for spoken, intent in _BY_WORD.items():
        rule = _RULES[intent]
        if abs(len(spoken) - len(typed)) > 1 or (rule.needs and not rule.needs.intersection(roles)):
            continue
        slips = _slips(typed, spoken)
        # Two characters leave little to recognise a word by: any slip is believed only before a ticket's number.
        allowed = 3 if min(len(spoken), len(typed)) >= 3 or numbered else 2
        if slips <= allowed:
            best.append((slips, rule.words.index(spoken), intent))
    if not best:
        return None
    best.sort(key=lambda one: one[0])
    if len({intent for slips, _, intent in best if slips == best[0][0]}) > 1:
        return None
    whole = " ".join(part for part in (word(best[0][2]), serial, rest) if part)
    return whole if parse(whole, roles=roles) else None
