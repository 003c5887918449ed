"""What people read about points, service hours, families, gifts of hours and what points buy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from models.clock import local
from models.errors import Refusal
from models.ledger import AccountKind, RedemptionState, Unit, Why
from texts.common import date_of, day_name

ON, NOT_NOW = "开通", "先不用"
TAKE, LEAVE = "收下，谢谢", "不用了，心意领了"

REASONS = {
    Why.TASK: "帮了一个忙",
    Why.REPORT: "报的事派上了用场",
    Why.SERVICE: "服务时间",
    Why.OPENING: "起步",
    Why.SHARED: "和家人合用",
    Why.GIVEN: "送的时长",
    Why.RESERVED: "兑换",
    Why.HANDED_OVER: "领走",
    Why.RETURNED: "兑换退回",
    Why.EXPIRED: "到期",
    Why.CORRECTED: "更正",
    Why.JOINED: "两个账号合成一个",
    Why.ERASED: "清除",
}

RESERVATIONS = {
    RedemptionState.RESERVED: "等着领",
    RedemptionState.HANDED_OVER: "已领走",
    RedemptionState.CANCELLED: "不要了",
    RedemptionState.EXPIRED: "没来领",
}


UNITS = {Unit.POINTS: "积分", Unit.MINUTES: "服务时间"}

CSV_HEAD = ("预留日期", "东西", "到哪里领", "积分", "现在", "结束日期")

ENTRY_HEAD = ("流水号", "日期", "为什么", "谁的", "增减", "单位", "哪件事", "说明", "更正的流水号")

ENTRY_SUMS_HEAD = ("为什么", "单位", "笔数", "增减合计")

ENTRY_SHEETS = ("明细", "合计")

OWNERS = {AccountKind.PERSON: "个人", AccountKind.FAMILY: "家庭"}

SMALL_UNITS = {Unit.POINTS: "分", Unit.MINUTES: "分钟"}

NO_WORKBOOK = "文件没有做出来，请过一会儿再试，或者选短一点的时间。"

TOO_MANY_ENTRIES = "这里只有前 20000 笔，其余的请缩短时间再导一次。"

FAULTS = {
    Refusal.WRONG_DATES: "请选从哪天到哪天，最长一年。",
    Refusal.NO_SUCH_PLACE: "请从名单里选一处地方。",
    Refusal.NO_AMOUNT: "名称、价格和数量都要写，价格至少 1 分，数量不能减到 0 以下。什么都没有动。",
    Refusal.NO_SUCH_CODE: "这个码不对、用过了、过期了，或者不归您这里核销。请对方回复“兑换码”换一个新的。",
    Refusal.NOT_ENOUGH: "本人已经用掉了一部分，退不回来，什么都没有动。",
    Refusal.REASON_MISSING: "请写一句为什么。",
    Refusal.NO_SUCH_PERSON: "核销的人请从名单里选，名单可能刚刚变过。",
}
"""What staff read on the pages where the chat's words would not fit."""


def length(minutes: int) -> str:
    """1 小时 20 分钟."""
    hours, rest = divmod(minutes, 60)
    return "".join(
        [f"{hours} 小时" if hours or not rest else "", " " if hours and rest else "", f"{rest} 分钟" if rest else ""]
    )


def amount(unit: Unit, number: int) -> str:
    """10 分 or 1 小时."""
    return f"{number} 分" if unit is Unit.POINTS else length(number)


def entry(unit: Unit, why: Why, number: int, at: datetime, short: str, reason: str) -> str:
    """One line of the ledger: 11-23 帮了一个忙（0007）+10 分."""
    about = f"（{reason}）" if reason else f"（{short}）" if short else ""
    sign = "+" if number > 0 else "−"
    return f"{local(at):%m-%d} {REASONS[why]}{about} {sign}{amount(unit, abs(number))}"


# ---------------------------------------------------------------- taking part


def off() -> str:
    """Somebody asks about points or hours and does not take part."""
    return (
        "积分和时长是自愿的，您还没有开通，所以什么都没记。\n"
        "开通以后，帮了忙、报的事派上了用场，就给您记上，能换东西，也能谢谢帮过您的人。不排名，不公开，随时可以关。"
    )


def switched_on() -> str:
    """From now on."""
    return "开通好了，从今天办成的事开始记，评价过后一天记上。\n看积分回复“积分”，看服务时间回复“时长”，不想要了回复“关闭积分”。"


def switched_off() -> str:
    """From now on not."""
    return "关好了，从现在起不再给您记。原来的还留着，想再开就回复“开通积分”。"


def points(have: int, family: int | None, lines: Sequence[str], buys: Sequence[str], soon: int, last: date) -> str:
    """What somebody has, whence, and what for."""
    told = [f"您有 {have} 分{'' if family is None else f'，家里合用的有 {family} 分'}。"]
    told += ["；".join(lines) + "。"] if lines else ["还没有记过。办成的事评价过后一天记上。"]
    if soon:
        told.append(f"其中 {soon} 分 {day_name(last)}到期。")
    told.append(f"能换：{'，'.join(buys)}。看全部回复“兑换”。" if buys else "现在还没有可以换的东西。")
    return "\n".join(told)


def buys(name: str, price: int) -> str:
    """One of the goods, short."""
    return f"{name} {price} 分"


def hours(minutes: int, lines: Sequence[str]) -> str:
    """What somebody has, whence, and what for."""
    first = f"您的服务时间一共 {length(minutes)}。" if minutes else "您的服务时间还没有记过。"
    how = "想谢谢帮过您的人，或者送给您帮过的人，回复“送时长 编号 1小时”，对方收下才算。"
    return "\n".join([first, *(["；".join(lines) + "。"] if lines else []), how])


def not_enough(unit: Unit, need: int, have: int) -> str:
    """Too few points or hours."""
    return f"还不够：要 {amount(unit, need)}，您有 {amount(unit, have)}。什么都没有动。"


def expiring(points: int, last: datetime, *, family: bool) -> str:
    """The one notice before points are over."""
    whose = "家里合用的积分" if family else "您的积分"
    return f"{whose}里有 {points} 分 {date_of(last)}到期，过了就没有了。\n看看能换什么，回复“兑换”。"


# ---------------------------------------------------------------- family


def family(have: int, people: int) -> str:
    """What a family has."""
    return (
        f"您家 {people} 个人合用，现在有 {have} 分，谁都可以用来兑换。\n"
        "把自己的放进去，回复“家庭积分 20”；请家人加入，回复“邀请家人”；不合用了，回复“退出家庭积分”。"
    )


def no_family() -> str:
    """There is none yet."""
    return "您还没有和家人合用积分。\n回复“邀请家人”，我给您一个码，家人发给我就合用了；家人给了您码，回复“家庭积分 加上码”。"


def family_code() -> str:
    """How the code is used."""
    return "把下面这句发给家人，请家人转发给我，24 小时内有效，只能用一次。"


def family_code_line(code: str) -> str:
    """What the family types."""
    return f"家庭积分 {code}"


def family_joined(people: int, have: int) -> str:
    """Somebody joined."""
    return f"好了，您家现在 {people} 个人合用，有 {have} 分。您的积分也开通了。\n看看能换什么，回复“兑换”。"


def put_in(number: int, have: int) -> str:
    """Own points became the family's."""
    return f"放进去了 {number} 分，家里现在有 {have} 分。"


def family_left() -> str:
    """Not in it any more."""
    return "好了，您不再和家人合用。家里的积分留给他们，您自己的没有动。"


# ---------------------------------------------------------------- hours given


def give_how() -> str:
    """What is needed."""
    return "送多少、为哪件事？比如回复“送时长 0007 1小时”，一次最多 8 小时。对方收下才算。"


def gift_sent(minutes: int) -> str:
    """The other is asked."""
    return f"心意已经带到，{length(minutes)}等对方收下。7 天没有收就还是您的。"


def hours_offered(number: str, minutes: int, *, to_helper: bool) -> str:
    """Somebody wants to give hours."""
    why = "谢谢您帮忙" if to_helper else "想让您以后也好开口请人帮忙"
    return f"{number} 那件事的对方送您 {length(minutes)}服务时间，{why}。收下就给您开通积分和时长，随时可以关。"


def gift_choices(gift_id: int) -> tuple[tuple[str, str], ...]:
    """Yes or no."""
    return ((TAKE, f"!gift {gift_id} yes"), (LEAVE, f"!gift {gift_id} no"))


def gift_taken(minutes: int) -> str:
    """They are theirs."""
    return f"收下了，{length(minutes)}记在您名下。看总数回复“时长”。"


def gift_left() -> str:
    """They stay where they were."""
    return "好的，时长还是对方的，心意我带到了。"


def hours_answered(number: str, minutes: int, *, taken: bool) -> str:
    """To whoever offered them."""
    if taken:
        return f"您为 {number} 送的 {length(minutes)}，对方收下了，说谢谢。"
    return f"您为 {number} 送的 {length(minutes)}，对方心领了没有收，还是您的。"


# ---------------------------------------------------------------- goods


def goods(have: int) -> str:
    """Before the list."""
    return f"您最多能用 {have} 分，想换哪一样？"


def goods_line(name: str, price: int, stock: int) -> str:
    """One of the goods."""
    return f"{name} {price} 分{'' if stock else '（换完了）'}"


def no_goods() -> str:
    """Nothing to choose from."""
    return "现在还没有可以换的东西，您的积分一直留着。社区添了，回复“兑换”就能看到。"


def reserved(name: str, price: int, place: str, until: datetime, *, family: bool) -> str:
    """The code follows as the last line, said once."""
    where = f"到{place}" if place else "到社区"
    return (
        f"{name}给您留好了，用了{'家里的 ' if family else ' '}{price} 分。\n"
        f"{date_of(until)}前{where}，把下面的码给对方看就能领。\n码丢了回复“兑换码”，不要了回复“取消兑换”，积分退回。"
    )


def code(given: str) -> str:
    """The one line that is kept nowhere."""
    return f"兑换码 {given}"


def new_code(name: str) -> str:
    """Another code; the old one is worth nothing."""
    return f"{name}的码换了一个，原来的不能用了。请把下面的码给对方看。"


def cancelled(name: str, price: int) -> str:
    """Points are back."""
    return f"{name}不留了，{price} 分退回来了。"


def redemption_over(name: str, points: int, *, family: bool) -> str:
    """Nobody fetched it."""
    return f"{name}过了时间没有来领，{points} 分退回{'家里' if family else '给您'}了。还想要，回复“兑换”。"


def hand_over_how() -> str:
    """A code is needed."""
    return "请把对方的兑换码带上，比如“核销 ABCDE-FGHJK”。"


def handed_over(name: str) -> str:
    """To the merchant: give it away."""
    return f"码对上了，请把{name}交给对方。这个码用掉了。"


# ---------------------------------------------------------------- certificates

CERTIFICATE_TITLE = "志愿服务时长证明"
CERTIFICATE_FILE = "存成 PDF 文件"
CERTIFICATE_HINT = (
    "可以直接打印。拿到纸质证明的人，打开这个地址或在地址后面输入核对码，看到的内容和纸上一样，就是真的。"
)
NO_CERTIFICATE_TITLE = "没有这份证明"
NO_CERTIFICATE = "核对码没有对上，或者本人已经把信息删除了。请和纸上的码再对一遍，或者请本人重新开一份。"


def on_day(day: date) -> str:
    """2026 年 11 月 23 日."""
    return f"{day.year} 年 {day_name(day)}"


def certified(name: str, tasks: int, minutes: int, first: date, last: date) -> str:
    """What is certified."""
    when = f"{on_day(first)}" if first == last else f"{on_day(first)}至 {on_day(last)}"
    return (
        f"兹证明{name}于{when}参加志愿服务 {tasks} 次，服务时间共计 {length(minutes)}，办结后由居民评价或由社区核实。"
    )


def check_lines(check_code: str, address: str) -> tuple[str, ...]:
    """How the paper is checked: the code, and where, if that is known."""
    return (f"核对码 {check_code}", *([f"核对真假请打开 {address}"] if address else []))


def certificate_made(minutes: int) -> str:
    """The address follows as the last line, said once."""
    return f"证明开好了，服务时间 {length(minutes)}。\n下面的地址能打开、打印，也能让别人核对真假，只发给要看的人。丢了再回复“服务证明”开一份。"


def certificate_line(address: str) -> str:
    """Where it is."""
    return f"服务时长证明：{address}"
