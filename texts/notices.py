"""What the bot says unasked: one function a kind of notice, from facts to words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from models.category import Level
from models.clock import local
from models.outbox import NoticeKind
from models.person import RoleKind
from models.rider import TitleKind
from models.ticket import Limit, TicketKind, TicketState
from texts import care, counter, honours, initiatives, ledger, members, posts, residents, riders, services, snap
from texts.common import LEVELS, ask_where, chat, clip, date_of, day, helper, part_of_day, when, within

WAITED_FOR = {
    Limit.ANSWER: "要给居民回话",
    Limit.ACCEPT: "要有人接",
    Limit.FINISH: "要办好",
    Limit.LATE: "要有个结果",
}

STATES_IN_WORDS: dict[TicketState | None, str] = {
    None: "还没有办好",
    **dict.fromkeys(TicketState, "还没有办好"),
    TicketState.NEW: "还没有人接",
    TicketState.OFFERED: "还在等人接",
    TicketState.ACCEPTED: "有人接了，还没办好",
    TicketState.ASSIGNED: "部门还没办好",
}


BESIDE_WORDS = "点下面的按钮，和回复数字一样。"
"""What a card says whose words have just gone as a text."""

TAKE_ON = "认领"

WAITS_FOR_SOMEBODY = (TicketState.NEW, TicketState.OFFERED)


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """What a notice is made from. `words` are somebody's own, empty once erased; `masked` hides numbers in them."""

    now: datetime
    number: str = ""
    short: str = ""
    category: str = ""
    service: str | None = None
    kind: TicketKind = TicketKind.REPORT
    place: str = ""
    state: TicketState | None = None
    opened: datetime | None = None
    due: datetime | None = None
    report: str = ""
    words: str = ""
    by_name: str = ""
    by_role: RoleKind | None = None
    count: int = 0
    emergencies: int = 0
    late: int = 0
    reader_is_reporter: bool = False
    reader_has_it: bool = False
    reader_is_asked: bool = False
    """Whether they would take it; they have not answered."""
    threat: str = ""
    """What an emergency is about."""
    news: str = ""
    """How an emergency goes on, in the words of whoever raised it, if nothing worse was said since."""
    has_phone: bool = False
    """Whether whoever reported it can be called."""
    suits: str = ""
    """When it suits the resident that somebody comes."""
    again: str = ""
    """What was not settled the last time, for whoever is asked."""
    reader_rides: bool = False
    photos: str = ""
    """Where the photos before and after can be seen."""
    sheet: str = ""
    """Where the page of the last week can be seen."""
    own_other: str = ""
    """The reader's own other number of what is one matter now, or was."""
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Words:
    """A notice in words: choices are (label, command); a title makes it fit a card, with `card` under it where the
    text would repeat the title.
    """

    text: str
    choices: tuple[tuple[str, str], ...] = ()
    title: str = ""
    card: str = ""


def words(kind: NoticeKind, facts: NoticeFacts) -> Words:
    """The notice in words."""
    return WORDS[kind](facts)


def evaluation_choices(number: str, kind: TicketKind = TicketKind.REPORT) -> tuple[tuple[str, str], ...]:
    """The three answers and the commands behind them."""
    labels = initiatives.PAIR_CHOICES if kind is TicketKind.PAIRING else residents.EVALUATION_CHOICES
    return tuple((label, f"评价 {number} {answer}") for answer, label in enumerate(labels, start=1))


def _about(facts: NoticeFacts) -> str:
    return f"{services.yours(facts.category, facts.service, facts.threat, facts.kind)}（编号 {facts.short}）"


def _matter(facts: NoticeFacts) -> str:
    return services.matter(facts.category, facts.service, facts.threat, facts.kind)


def _where(facts: NoticeFacts) -> str:
    return f"{_matter(facts)}{' · ' + facts.place if facts.place else ''}"


def _because(facts: NoticeFacts) -> str:
    """Why somebody did it, to the end of the sentence."""
    return f"：{clip(facts.words, 100)}" if facts.words else "。"


def _quoted(said: str, length: int) -> str:
    """Somebody's words on a line of their own; nothing for a photo, a voice or words that were erased."""
    return f"“{clip(said, length)}”\n" if said.strip() else ""


def _nowhere(facts: NoticeFacts, step: str) -> str:
    """That the place is not known, and how to ask for it after the `step` that takes it on; nothing where it is."""
    return "" if facts.place else f"{ask_where(facts.short, after=f'{step}后')}\n"


def _photos(facts: NoticeFacts) -> str:
    return f"{residents.PHOTOS}：{facts.photos}\n" if facts.photos else ""


def _who(facts: NoticeFacts) -> str:
    return helper(facts.by_role, facts.by_name)


def _offer(facts: NoticeFacts) -> Words:
    expires = datetime.fromisoformat(facts.data["expires"])
    if facts.data.get("purpose") == "handover":
        return _handover(facts, expires)
    along = facts.data.get("along")
    asked = "想请您搭个伴" if along else "社区想请您来办" if facts.data.get("direct") else "想请您帮忙"
    if facts.data.get("post"):
        asked = f"您的{facts.data['post']}有一件"
    said = _quoted(facts.report, 60)
    if along and facts.words.strip():
        said = f"{_who(facts)}接了这件事，想要个伴。\n{_quoted(facts.words, 60)}"
    far = _far(facts.data.get("metres"))
    if facts.kind is TicketKind.ACTIVITY:
        asked, said = "想请您一起来", f"{_who(facts)}想张罗：\n{_quoted(facts.report, 60)}"
    to_know = members.to_know(facts.kind, facts.suits, facts.again)
    said += f"{to_know}\n" if to_know else ""
    said += _nowhere(facts, members.ACCEPT)
    rest = f"{said}{within(expires, now=facts.now)}回我就行，不方便没关系。"
    return Words(
        f"【{asked}】{_where(facts)}{'，' if far else ''}{far}\n{rest}",
        (
            (members.COME_ALONG if along else members.ACCEPT, f"接单 {facts.number}"),
            (members.DECLINE, f"婉拒 {facts.number}"),
            (members.DETAILS, f"进度 {facts.number}"),
        ),
        title=f"{asked} · {_where(facts)}" if facts.service else f"{asked}：{_where(facts)}",
        card=f"{far}\n{rest}".lstrip(),
    )


def _handover(facts: NoticeFacts, expires: datetime) -> Words:
    rest = (
        f"{_quoted(facts.report, 60)}{_nowhere(facts, members.ACCEPT)}{within(expires, now=facts.now)}回我就行，"
        f"不方便没关系，还由{_who(facts)}办。"
    )
    return Words(
        f"【{_who(facts)}想托给您】{_where(facts)}\n{rest}",
        (
            (members.ACCEPT, f"接单 {facts.number}"),
            (members.DECLINE, f"婉拒 {facts.number}"),
            (members.DETAILS, f"进度 {facts.number}"),
        ),
        title=f"{_who(facts)}想托给您：{_where(facts)}",
        card=rest,
    )


def _not_handed_on(facts: NoticeFacts) -> Words:
    why = "这次不方便" if facts.data.get("declined") else "没顾上回"
    return Words(
        f"{facts.short}（{_where(facts)}）{_who(facts)}{why}，还在您手上。\n"
        f"换个人回复“转派 {facts.short} 姓名”；实在去不了回复“退单 {facts.short}”，不要紧。"
    )


def _check_in(facts: NoticeFacts) -> Words:
    return Words(
        f"{facts.short}（{_where(facts)}）办得怎么样了？不着急，方便时回个数字就行：",
        (
            (members.THERE, f"到场 {facts.number}"),
            (members.DONE, f"办结 {facts.number}"),
            (members.WANT_HELP, f"求助 {facts.number}"),
            (members.CANNOT, f"退单 {facts.number}"),
        ),
        title=f"办得怎么样了：{_where(facts)}",
    )


def _taken_back(facts: NoticeFacts) -> Words:
    if facts.data.get("actor") == "system":
        return Words(
            f"{facts.short}（{_where(facts)}）想您这阵子忙，社区先另外安排了，您不用再惦记。谢谢您接过，下次再麻烦您。"
        )
    return Words(f"{facts.short}（{_where(facts)}）社区另外安排了，您不用再跑。谢谢您。")


def _rider_reminder(facts: NoticeFacts) -> Words:
    found = facts.data.get("round") or riders.Round()
    choices = riders.recheck_choices(found.recheck.id) if found.recheck else ()
    if not choices and found.unfinished is not None:
        choices = snap.hazard_choices(found.hazards, found.unfinished.id)
    return Words(f"{riders.reminder(found)}\n{riders.STOP}", choices, title="今天顺路看看")


def _post_ends(facts: NoticeFacts) -> Words:
    ending = facts.data.get("ending")
    if ending is None:
        last = date.fromisoformat(facts.data["last"])
        return Words(posts.ends(facts.data["name"], facts.data["where"], last), posts.ends_choices(facts.data["post"]))
    lines = [posts.ending_line(each["name"], each["where"], date.fromisoformat(each["last"])) for each in ending]
    return Words(posts.ending(lines, facts.data["count"]))


def _title_given(facts: NoticeFacts) -> Words:
    today = local(facts.now).date()
    since, until = (
        datetime.fromisoformat(facts.data[each]).date() if each in facts.data else today for each in ("since", "until")
    )
    kind = TitleKind(facts.data.get("rider_title", TitleKind.MOBILE_GRID))
    return Words(care.title_given(kind, facts.data.get("area", ""), since, until, now=today))


def _far(metres: int | None) -> str:
    """How far it is, when that is known and not far enough to put anybody off."""
    if metres is None or metres > 3000:
        return ""
    near = f"{max(round(metres, -2), 100)} 米" if metres < 950 else f"{metres / 1000:.1f} 公里"
    return f"离您约 {near}"


def _alone(facts: NoticeFacts) -> Words:
    if facts.kind is TicketKind.ACTIVITY:
        return Words(
            f"{facts.short}（{_where(facts)}）搭手的邻居还没凑齐，我也告诉了社区，请他们帮着再请。\n"
            f"人少也能办；想改天回一句时间，不办了回复“撤单 {facts.short}”，不要紧。"
        )
    return Words(
        f"{facts.short}（{_where(facts)}）一起去的人还没找到，我也告诉了社区。要进门，先叫上网格员或者社区的同志，别一个人去；"
        f"等不了就回复“退单 {facts.short}”，不要紧。"
    )


def _joined(facts: NoticeFacts) -> Words:
    if facts.kind is TicketKind.ACTIVITY:
        return Words(
            f"{facts.short}（{_where(facts)}）{_who(facts)}也来，现在连您 {facts.data.get('together', 2)} 位。\n"
            f"约怎么碰头，回复“留言 {facts.short} 加上您的话”，来的人都看得到。"
        )
    if facts.reader_is_reporter:
        return Words(f"{_about(facts)}：{_who(facts)}也一起来帮忙，会有{_people(facts.data.get('together', 2))}到。")
    return Words(
        f"{facts.short}（{_where(facts)}）{_who(facts)}和您一起去，出发前在门口会合就好。\n"
        f"约时间回复“留言 {facts.short} 加上您的话”，居民和搭档都看得到。"
    )


def _people(count: int) -> str:
    return {2: "两位", 3: "三位"}.get(count, f" {count} 位")


def _finished(facts: NoticeFacts) -> Words:
    how = f"：{clip(facts.words, 200)}" if facts.words else "。"
    if facts.data.get("title"):
        how = f"，社区统一答复：【{facts.data['title']}】{clip(facts.words, 300)}"
    if facts.data.get("own"):
        return Words(f"{_about(facts)}办完了{how}\n您自己也出了力，办得好不好由社区回访来问。谢谢您。")
    if facts.kind is TicketKind.PAIRING:
        return Words(
            f"{_about(facts)}有回音了{how}\n{initiatives.ASKED}",
            evaluation_choices(facts.number, facts.kind),
            title=f"有回音了：{_where(facts)}",
        )
    done = "" if facts.data.get("title") else "办完了"
    thanks = "谢谢您当时停下来说一声。\n" if facts.reader_rides else ""
    return Words(
        f"{_about(facts)}{done}{how}\n{thanks}{_photos(facts)}请评价，选错了 24 小时内可以改：",
        evaluation_choices(facts.number),
        title=f"请评价：{_where(facts)}",
    )


def _reminder(facts: NoticeFacts) -> Words:
    if facts.kind is TicketKind.PAIRING:
        return Words(
            f"{_about(facts)}，{initiatives.ASKED}",
            evaluation_choices(facts.number, facts.kind),
            title=f"结上了吗：{_where(facts)}",
        )
    return Words(
        f"{_about(facts)}办完一天了，您看办得怎么样？\n{_photos(facts)}请评价，不评也没关系，我不再问了：",
        evaluation_choices(facts.number),
        title=f"请评价：{_where(facts)}",
    )


def _not_evaluated(facts: NoticeFacts) -> Words:
    after = {
        TicketKind.ACTIVITY: "收起来了（已结）。谢谢您张罗，下次想做什么，再回复“创单”。",
        TicketKind.PAIRING: "先收起来了（已结）。没结成、还想结的话，再回复“认亲”就行。",
    }.get(facts.kind, "先收起来了（已结，没有评价）。还没解决的话，直接再说一次，我重新登记。")
    return Words(f"{_about(facts)}{after}")


def _desk(facts: NoticeFacts) -> Words:
    urgent = f"，其中 {facts.emergencies} 件紧急" if facts.emergencies else ""
    late = f"，{facts.late} 件超时" if facts.late else ""
    return Words(f"值班台有 {facts.count} 件待派{urgent}{late}。\n回复“待派”查看，或者打开网页。")


def _alarm(facts: NoticeFacts) -> Words:
    head = f"【紧急】{_where(facts)}，编号 {facts.short}"
    taking = f"接手了回复“留言 {facts.short} 马上到”，居民就知道有人来，我也不再叫您"
    words_to = f"回复“留言 {facts.short} 加上您的话”"
    if facts.news:
        # People end an alarm: it goes on until one of them has, and says what the resident says.
        first = f"起先说{_quoted(facts.report, 80)}" if facts.report.strip() else ""
        how = "请给居民打电话核实，还是去看一眼。" if facts.has_phone else f"请{words_to}核实，还是去看一眼。"
        over = f"；真的没事了，回复“办结 {facts.short} 加一句话”。"
        return Words(f"{head}，居民后来说：\n{_quoted(facts.news, 120)}{first}{how}\n{taking}{over}")
    more = f"又说{_quoted(facts.words, 120)}" if facts.words.strip() else ""
    if facts.has_phone:
        how = f"请现在就给居民打电话，{'到现场看' if facts.place else '问清在哪里'}。"
    elif facts.place:
        how = f"居民没留电话，请现在就到现场看；要问什么，{words_to}。"
    else:
        how = f"居民没留电话，请现在就回复“留言 {facts.short} 请问在哪里”。"
    return Words(f"{head}\n{_quoted(facts.report, 120)}{more}已请居民先打报警、急救电话。{how}\n{taking}。")


def _accepted(facts: NoticeFacts) -> Words:
    department = facts.data.get("department")
    who = f"{department}的{facts.by_name or '值班同志'}" if department else _who(facts)
    suits = f"约的时间：{facts.suits}。\n" if facts.suits else ""
    return Words(
        f"{_about(facts)}有人接了：{who}。\n{suits}想补充什么，回复“留言 {facts.short} 加上您的话”，对方看不到您的号码。"
    )


def _reopened(facts: NoticeFacts) -> Words:
    if facts.data.get("passers_by"):
        return Words(
            f"{facts.short}（{_matter(facts)}）有{_people(facts.data['passers_by'])}路过的人看了，说还没修好，也许是又坏了。\n"
            "社区重新安排了，不用您再跑。谢谢您出的力。"
        )
    if facts.kind is TicketKind.PAIRING:
        because = f"对方说：“{clip(facts.words, 100)}”\n" if facts.words else ""
        return Words(f"{facts.short}（{_where(facts)}）没结成，还请您再问问别的人家。\n{because}谢谢您牵线。")
    why = f"居民说：“{clip(facts.words, 100)}”" if facts.words else ""
    return Words(f"{facts.short}（{_matter(facts)}）居民说没解决，社区重新安排了。{why}\n谢谢您出的力。")


def _added(facts: NoticeFacts) -> Words:
    if facts.data.get("visit"):
        label = "时间定了" if facts.kind is TicketKind.ACTIVITY else "居民方便的时间"
        return Words(f"{facts.short}（{_where(facts)}）{label}：{facts.suits or clip(facts.words, 100)}。")
    if facts.data.get("unsolved"):
        return Words(f"{facts.short}（{_where(facts)}）居民说了哪里没解决：\n“{clip(facts.words, 200)}”")
    if facts.data.get("action") == "locate":
        return Words(f"{facts.short}（{_matter(facts)}）地方说清了：{facts.place or '还要再问'}。")
    if facts.data.get("place"):
        # As it was said, with the room: somebody has to find the door.
        said = f"居民的话：“{clip(facts.words, 80)}”\n" if facts.words.strip() else ""
        return Words(f"【紧急】编号 {facts.short}，地方知道了：{_where(facts)}。\n{said}已经通知那边值班的同志。")
    if facts.threat:
        return Words(
            f"【紧急】{_where(facts)}，编号 {facts.short}，居民又说：\n“{clip(facts.words, 200)}”\n"
            f"请跟居民核实、去看一眼；真的没事了，回复“办结 {facts.short} 加一句话”。"
        )
    return Words(f"{facts.short} 居民补充：{clip(facts.words, 200)}")


def _judged(facts: NoticeFacts) -> Words:
    if facts.kind is TicketKind.PAIRING:
        return Words(f"您牵线的{_where(facts)}（编号 {facts.short}）结上了。谢谢您。")
    about = f"您办的{facts.service or _matter(facts)}{f' · {facts.place}' if facts.place else ''}（编号 {facts.short}）"
    if facts.data.get("answer") == 1:
        return Words(f"{about}，居民说解决了，很满意。谢谢您。")
    return Words(f"{about}，居民说解决了。还有不够满意的地方，社区去听，不用您再跑。谢谢您出的力。")


def _urged(facts: NoticeFacts) -> Words:
    about = f"{facts.short}（{_where(facts)}）"
    asks = f"居民又问了一声{'：' + _quoted(facts.words, 60) if facts.words.strip() else '，'}"
    if facts.reader_has_it:
        wants = f"居民问{_quoted(facts.words, 60)}" if facts.words.strip() else "居民想知道办得怎么样了。"
        return Words(f"{about}{wants}方便时回复“留言 {facts.short} 加一句话”。")
    if facts.reader_is_asked:
        return Words(
            f"{about}{asks}还没有人接。\n方便的话回复“接单 {facts.short}”；不方便回复“婉拒 {facts.short}”，没关系。"
        )
    if facts.state is TicketState.ASSIGNED:
        return Words(f"{about}{asks}还没有人认领。\n认领回复“认领 {facts.short}”。")
    todo = f"\n请谁去，回复“派单 {facts.short} 姓名”。" if facts.state in WAITS_FOR_SOMEBODY else "请您看一眼。"
    return Words(f"{about}{asks}{STATES_IN_WORDS[facts.state]}。{todo}")


def _called_off(facts: NoticeFacts) -> Words:
    withdrawn = "张罗的人说这次不办了" if facts.kind is TicketKind.ACTIVITY else "居民自己撤回了"
    why = {"withdraw": withdrawn, "finish": "已经办好了"}.get(facts.data.get("action", ""), "已经另外安排")
    return Words(f"{facts.short}（{_matter(facts)}）不用跑了，{why}。谢谢您。")


def _redone(facts: NoticeFacts) -> Words:
    said = "路过的人看了，说还没修好" if facts.data.get("passers_by") else "有邻居说还没解决"
    return Words(f"{_about(facts)}，{said}，已经退回重办，{_by(facts)}办好了再请您评。")


def _escalated(facts: NoticeFacts) -> Words:
    if facts.data.get("missed"):
        return Words(
            f"{facts.short} {_where(facts)} 到时间还没人接，转到{LEVELS[Level(facts.data['level'])]}这一级了。\n"
            "请您安排一下，回复“待派”查看。"
        )
    return Words(f"{facts.short} {_where(facts)} 上报到您这里了{_because(facts)}\n回复“待派”查看。")


def _ends(facts: NoticeFacts) -> str:
    return when(datetime.fromisoformat(facts.data["ends"]), now=facts.now)


def _warned(facts: NoticeFacts) -> Words:
    what = WAITED_FOR[Limit(facts.data["limit"])]
    if facts.reader_has_it:
        return Words(
            f"{facts.short}（{_where(facts)}）{_ends(facts)}前{what}，辛苦您记着。\n"
            f"办好回复“办结 {facts.short} 加一句话”；来不及也没关系，回复“退单 {facts.short}”，社区另外安排。"
        )
    return Words(
        f"{facts.short}（{_where(facts)}）{_ends(facts)}前{what}，现在{STATES_IN_WORDS[facts.state]}。\n请您看一眼。"
    )


def _late(facts: NoticeFacts) -> Words:
    if facts.reader_has_it:
        return Words(
            f"{facts.short}（{_where(facts)}）说好的时间到了，您辛苦了。卡在哪里？\n"
            f"回复“留言 {facts.short} 加一句话”告诉居民；要人搭把手，回复“退单 {facts.short}”，社区另外安排。"
        )
    return Words(
        f"{facts.short}（{_where(facts)}）过了时间，{STATES_IN_WORDS[facts.state]}。\n"
        "请您帮着问一问、推一把，别让居民白等。"
    )


def _kind(line: dict[str, Any]) -> str:
    """What members bring is told by that, not by its category."""
    return services.OF_MEMBERS.get(TicketKind(line.get("kind", TicketKind.REPORT)), "")


def _summary(facts: NoticeFacts, head: str) -> Words:
    """What is due, in one message: how much, how much of it is late, and the first few."""
    due, late = facts.data.get("due", 0), facts.data.get("late", 0)
    lines = [
        f"{line['short']} {_kind(line) or line['category']}{' · ' + line['place'] if line['place'] else ''}，"
        + (f"{when(datetime.fromisoformat(line['due']), now=facts.now)}前。" if line.get("due") else "已经过了时间。")
        for line in facts.data.get("first", [])
    ]
    more = due - len(lines)
    rest = [f"另外还有 {more} 件。"] if lines and more > 0 else []
    sheet = [f"上一周的周报（登录后看）：{facts.sheet}"] if facts.sheet else []
    return Words(
        "\n".join(
            [f"{head} {due} 件{f'，{late} 件过了时间' if late else ''}{'：' if lines else '。'}", *lines, *rest, *sheet]
        )
    )


def _passed_on(facts: NoticeFacts) -> Words:
    to = facts.data.get("department") or LEVELS[Level(facts.data.get("level", Level.STREET))]
    return Words(f"{_about(facts)}转给{to}办了，{_by(facts)}有进展我马上告诉您。")


def _by(facts: NoticeFacts) -> str:
    return f"{when(facts.due, now=facts.now)}前给您消息，" if facts.due and facts.due > facts.now else ""


def _held(facts: NoticeFacts) -> Words:
    until = datetime.fromisoformat(facts.data["until"])
    if facts.data.get("title"):
        return _announced(facts, until)
    return Words(f"{_about(facts)}要等一等：{clip(facts.words, 100)}\n{date_of(until)}接着办，到时我告诉您。")


def _announced(facts: NoticeFacts, until: datetime) -> Words:
    text = (
        f"{_about(facts)}，社区有统一答复。\n【{facts.data['title']}】{clip(facts.words, 300)}\n"
        f"预计{when(until, now=facts.now)}前后有结果，有新消息我马上告诉您。"
    )
    if not facts.data.get("asks"):
        return Words(text)
    covered, uncovered = residents.ANNOUNCEMENT_CHOICES
    return Words(
        f"{text}\n还有别的情况吗？",
        ((covered, f"!covered {facts.number}"), (uncovered, f"!uncovered {facts.number}")),
    )


def _relayed(facts: NoticeFacts) -> Words:
    who = "居民" if facts.data.get("actor") == "reporter" else _who(facts)
    return Words(f"{who}带话（{facts.short}）：{facts.words}\n回话请回复“留言 {facts.short} 加上您的话”。")


def _same_event(facts: NoticeFacts) -> Words:
    told = facts.data
    place = f" · {told['place']}" if told.get("place") else ""
    what = f"{told.get('category', '')}{place}"
    opened = datetime.fromisoformat(told["opened"])
    about = f"{day(opened, now=facts.now)}{part_of_day(opened)}"
    stands = residents.AFTER.get(TicketState(told["state"]), "")
    if told.get("own"):
        head = f"您{about}也反映过：{what}{'，' + stands if stands else ''}。"
    else:
        head = f"{about}有 {told['people']} 位邻居说到：{what}{'，' + stands if stands else ''}。"
    return Words(
        f"{head}\n和您反映的{facts.category}（编号 {facts.short}）是同一件事吗？",
        ((residents.SAME, f"!same {told['proposal']}"), (residents.DIFFERENT, f"!different {told['proposal']}")),
    )


def _merged(facts: NoticeFacts) -> Words:
    stands = residents.AFTER.get(facts.state, "") if facts.state else ""
    other, number = "邻居说的", "编号不变"
    if facts.own_other:
        other, number = f"您说的 {facts.own_other} ", f"两件都记在编号 {facts.own_other} 里"
    return Words(
        f"{_about(facts)}和{other}是同一件事，合在一起办了{'，' + stands if stands else ''}。\n"
        f"{number}，有进展我马上告诉您。不是同一件，回复“拆开 {facts.short}”。"
    )


def _unmerged(facts: NoticeFacts) -> Words:
    other = f"您说的 {facts.own_other} " if facts.own_other else "邻居说的"
    return Words(f"{_about(facts)}和{other}不是同一件事，分开单独办，{_by(facts)}有进展我马上告诉您。")


def _chat(facts: NoticeFacts) -> str:
    return chat(facts.data.get("code", ""))


def _person(facts: NoticeFacts) -> str:
    return facts.data.get("name") or residents.NEIGHBOUR


def _how_to_answer(facts: NoticeFacts) -> str:
    return f"回话：回复 {_chat(facts)} 加上您的话；办完：交回 {_chat(facts)}"


def _handover_words(facts: NoticeFacts) -> Words:
    kept = f"（这句也记在编号 {facts.short} 里了）" if facts.short else ""
    return Words(f"【人工{_chat(facts)}】{_person(facts)}：{facts.data.get('text', '')}{kept}\n{_how_to_answer(facts)}")


def _handover_over(facts: NoticeFacts) -> Words:
    if facts.by_name:
        return Words(f"【人工{_chat(facts)}】{facts.by_name}已经把{_person(facts)}交回小应，不用再回话。谢谢您。")
    return Words(f"【人工{_chat(facts)}】{_person(facts)}自己回到小应了，不用再回话。谢谢您。")


def _staff_reply(facts: NoticeFacts) -> Words:
    more = "\n想接着说，回复“人工”。" if facts.data.get("over") else ""
    return Words(f"{_who(facts)}：{facts.data.get('text', '')}{more}")


def _wish(facts: NoticeFacts) -> Words:
    number = facts.data.get("wish") or "序号"
    return Words(
        f"{facts.data.get('department', '部门')}想把一件事下派到{facts.data.get('community', '社区')}，准入清单里没有。\n"
        f"{_quoted(facts.data.get('task', ''), 120)}同意回复“准入 {number}”，不同意回复“不准入 {number}”。"
    )


def _wish_decided(facts: NoticeFacts) -> Words:
    task = f"“{clip(facts.data['task'], 60)}”" if facts.data.get("task") else "那件事"
    community = facts.data.get("community", "社区")
    if facts.data.get("state") == "granted":
        return Words(f"街道同意了：{task}已下派到{community}，办好了请您评价。")
    return Words(f"街道看过了：{task}不下派到{community}，请您这里自己办。有疑问请和街道说。")


WORDS: dict[NoticeKind, Callable[[NoticeFacts], Words]] = {
    NoticeKind.OFFER: _offer,
    NoticeKind.POOL: lambda facts: Words(
        f"您附近有 {facts.count} 件事等人搭把手，谁方便谁来。\n回复“待接单”看看，不方便不用回。"
    ),
    NoticeKind.JOINED: _joined,
    NoticeKind.ALONE: _alone,
    NoticeKind.TAKEN: lambda facts: Words(
        f"{facts.short}（{_matter(facts)}）{'人凑齐了' if facts.kind is TicketKind.ACTIVITY else '已被接走了'}，谢谢您。下次再麻烦您。"
    ),
    NoticeKind.OFFER_WITHDRAWN: _called_off,
    NoticeKind.ACCEPTED: _accepted,
    NoticeKind.ARRIVED: lambda facts: Words(f"{_about(facts)}：{_who(facts)}到现场了。"),
    NoticeKind.RELEASED: lambda facts: Words(
        f"{_about(facts)}：接的人临时去不了，社区正在另外安排，{_by(facts)}有进展我马上告诉您。"
    ),
    NoticeKind.TAKEN_BACK: _taken_back,
    NoticeKind.FINISHED: _finished,
    NoticeKind.REMINDER: _reminder,
    NoticeKind.NOT_EVALUATED: _not_evaluated,
    NoticeKind.REOPENED: _reopened,
    NoticeKind.JUDGED: _judged,
    NoticeKind.ADDED: _added,
    NoticeKind.URGED: _urged,
    NoticeKind.SUPERVISED: lambda facts: Words(
        f"{facts.short}（{_where(facts)}）{_who(facts)}想知道卡在哪里{'：' + clip(facts.words, 100) if facts.words else ''}。"
    ),
    NoticeKind.RELAYED: _relayed,
    NoticeKind.STAFF_REPLY: _staff_reply,
    NoticeKind.ESCALATED: _escalated,
    NoticeKind.PASSED_ON: _passed_on,
    NoticeKind.ASSIGNED: lambda facts: Words(
        f"{facts.short} {_where(facts)} 转给您这里了。\n{_quoted(facts.report, 100)}{_nowhere(facts, TAKE_ON)}"
        f"认领回复“认领 {facts.short}”，不归您管回复“退回 {facts.short} 原因”。"
    ),
    NoticeKind.RETURNED: lambda facts: Words(
        f"{facts.short} {_where(facts)} 被{facts.data.get('department', '部门')}退回{_because(facts)}\n"
        f"请街道定，回复“仍由他办 {facts.short} 原因”、“改派 {facts.short} 名称”或“社区收回 {facts.short}”。"
    ),
    NoticeKind.KEPT: lambda facts: Words(
        f"{facts.short}（{_where(facts)}）街道看过了，还是请您这里办{_because(facts)}\n"
        f"认领回复“认领 {facts.short}”，办好回复“答复 {facts.short} 加上结果”。辛苦您。"
    ),
    NoticeKind.RETURN_AGREED: lambda facts: Words(
        f"{facts.short}（{_where(facts)}）街道同意退回，另外安排了，您不用再办。谢谢您说清楚。"
    ),
    NoticeKind.LINK_WANTED: lambda facts: Words(
        f"{facts.short} {_where(facts)} 转给了{facts.data.get('department', '对方')}，对方没有账号，还没收到。\n"
        f"回复“链接 {facts.short}”，我给您一个答复链接，请转给{facts.data.get('contact') or '他们'}。"
    ),
    NoticeKind.WISH: _wish,
    NoticeKind.WISH_DECIDED: _wish_decided,
    NoticeKind.HELD: _held,
    NoticeKind.RESUMED: lambda facts: Words(f"{_about(facts)}接着办了，{_by(facts)}有进展我马上告诉您。"),
    NoticeKind.REJECTED: lambda facts: Words(
        f"{_about(facts)}这次没能办，原因是：{clip(facts.words, 200)}\n还有疑问，回复“人工”。"
    ),
    NoticeKind.WITHDRAWN: lambda facts: Words(
        f"{facts.short}（{_where(facts)}）{'张罗的人这次不办了，不用跑' if facts.kind is TicketKind.ACTIVITY else '居民撤回了，不用再办'}。谢谢您。"
    ),
    NoticeKind.MERGED: _merged,
    NoticeKind.UNMERGED: _unmerged,
    NoticeKind.SAME_EVENT: _same_event,
    NoticeKind.REDONE: _redone,
    NoticeKind.TAKES_OVER: lambda facts: Words(
        f"{facts.data.get('number', '')} 的居民撤回了，邻居也说了同一件事（{_where(facts)}），改用编号 {facts.short}，请接着办。谢谢您。"
    ),
    NoticeKind.DESK: _desk,
    NoticeKind.ALARM: _alarm,
    NoticeKind.WARNED: _warned,
    NoticeKind.LATE: _late,
    NoticeKind.WEEK: lambda facts: _summary(facts, "您负责的地方，这一周到时间的事有"),
    NoticeKind.DAY: lambda facts: _summary(facts, "早上好，今天要办的事有"),
    NoticeKind.HANDED_OVER: lambda facts: Words(
        f"【人工{_chat(facts)}】{_person(facts)}想找人说话。\n{_how_to_answer(facts)}"
    ),
    NoticeKind.HANDOVER_WORDS: _handover_words,
    NoticeKind.HANDOVER_TAKEN: lambda facts: Words(
        f"【人工{_chat(facts)}】{facts.by_name or '同事'}在回{_person(facts)}了，您不用再回。谢谢您。"
    ),
    NoticeKind.HANDOVER_OVER: _handover_over,
    NoticeKind.HANDED_BACK: lambda facts: Words("社区的同志说完了，小应回来了。还有事直接说给我听。"),
    NoticeKind.REGISTRATION: lambda facts: Words(
        f"{facts.data.get('name', '有人')}想在{facts.data.get('community', '社区')}报到，请在网页上核对。"
    ),
    NoticeKind.REGISTERED: lambda facts: Words(
        "报到成功，社区核对好了。有合适的单我会来问您，不方便随时可以婉拒。"
        if facts.data.get("confirmed", True)
        else "社区核对时没对上您的登记。想问问是怎么回事，回复“人工”。"
    ),
    NoticeKind.PHOTO_KEPT: lambda facts: Words(
        snap.kept(facts.number) if facts.data.get("rider") else residents.received_photo(facts.number)
    ),
    NoticeKind.PHOTO_REFUSED: lambda facts: Words(
        residents.photo_refused(facts.data.get("why", "broken"), facts.data.get("kind", ""), facts.short)
    ),
    NoticeKind.PHOTO_LOST: lambda facts: Words(
        f"{facts.short} {_where(facts)}：居民发来的{residents.THINGS.get(facts.data.get('kind', ''), '照片')}没能取到，"
        f"试了几次都不行。事情照常在办。\n我已经请居民再发一次，急的话请直接问一声。"
    ),
    NoticeKind.HELP_WANTED: lambda facts: Words(
        f"{facts.short} {_where(facts)}：{_who(facts)}想要个帮手，附近能问的都问过了。\n{_quoted(facts.words, 100)}"
        f"请谁去，回复“派单 {facts.short} 姓名”。"
    ),
    NoticeKind.HELPER_LEFT: lambda facts: Words(
        f"{facts.short}（{_where(facts)}）{_who(facts)}临时去不了，我另外请人，有人来、没人来都告诉您。"
    ),
    NoticeKind.HELPER_ALONE: lambda facts: Words(
        f"{facts.short}（{_where(facts)}）和您搭档的人去不了，社区在另外请人，请您先别一个人去。\n"
        f"已经办好了，回复“办结 {facts.short} 加一句话”。"
    ),
    NoticeKind.HELP_OVER: lambda facts: Words(f"{facts.short}（{_where(facts)}）办完了，谢谢您搭这把手。"),
    NoticeKind.HANDED_ON: lambda facts: Words(f"{facts.short}（{_where(facts)}）{_who(facts)}接过去了。谢谢您。"),
    NoticeKind.NOT_HANDED_ON: _not_handed_on,
    NoticeKind.CHECK_IN: _check_in,
    NoticeKind.RIDER_REMINDER: _rider_reminder,
    NoticeKind.STORM_ALERT: lambda facts: Words(care.storm(facts.data.get("area", ""), facts.data.get("words", ""))),
    NoticeKind.HEAT_ALERT: lambda facts: Words(care.heat(facts.data.get("area", ""), facts.data.get("words", ""))),
    NoticeKind.TITLE_GIVEN: _title_given,
    NoticeKind.POST_ENDS: _post_ends,
    NoticeKind.POST_OVER: lambda facts: Words(
        posts.over(facts.data["name"], facts.data.get("days", posts.LONG_ENOUGH))
    ),
    NoticeKind.NOT_MENDED: lambda facts: Words(
        f"{facts.short} {_where(facts)} 有一位路过的人说还没修好，我再请一位看看。\n方便时也请您看一眼，网页上有经过。"
    ),
    NoticeKind.POINTS_EXPIRE: lambda facts: Words(
        ledger.expiring(
            facts.data["points"], datetime.fromisoformat(facts.data["until"]), family=facts.data.get("family", False)
        )
    ),
    NoticeKind.HOURS_OFFERED: lambda facts: Words(
        ledger.hours_offered(facts.data["number"], facts.data["minutes"], to_helper=facts.data.get("to_helper", False)),
        ledger.gift_choices(facts.data["gift"]),
    ),
    NoticeKind.HOURS_ANSWERED: lambda facts: Words(
        ledger.hours_answered(facts.data["number"], facts.data["minutes"], taken=facts.data.get("taken", False))
    ),
    NoticeKind.REDEMPTION_OVER: lambda facts: Words(
        ledger.redemption_over(facts.data["name"], facts.data["points"], family=facts.data.get("family", False))
    ),
    NoticeKind.HONOUR_ASKED: lambda facts: Words(
        honours.asked(facts.data["title"], facts.data["about"], datetime.fromisoformat(facts.data["until"])),
        honours.asked_choices(facts.data["nominee"]),
    ),
    NoticeKind.HONOUR_OVER: lambda facts: Words(
        honours.over(
            facts.data["title"],
            honoured=facts.data.get("honoured", False),
            called_off=facts.data.get("called_off", False),
        )
    ),
    NoticeKind.APPOINTMENT: lambda facts: Words(
        counter.appointment(facts.data, now=facts.now), counter.appointment_choices(facts.data), title="您约的时间"
    ),
    NoticeKind.BROADCAST: lambda facts: Words(
        counter.broadcast(facts.data.get("area", ""), facts.data.get("words", "")), title="社区通知"
    ),
    NoticeKind.EMERGENCY_BROADCAST: lambda facts: Words(
        counter.emergency_broadcast(facts.data.get("area", ""), facts.data.get("words", "")), title="紧急通知"
    ),
    NoticeKind.PRESSED: lambda facts: Words(
        facts.data.get("text", ""), tuple((label, command) for label, command in facts.data.get("choices", []))
    ),
}
