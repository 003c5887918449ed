"""What staff read about how the installation is, and how an account is connected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from texts.console import ago

__all__ = ["ago"]  # templates find it here too

CHANNELS, WAITING, JOBS, SYSTEM = "公众号和企业微信", "在等的", "定时的活", "系统"
NOTICES, DISPATCH, SPOOL, UNREACHED = "要发的消息", "要派的事", "数据库停时存下的消息", "没联系上的人"
REDIS, QUEUE, CALENDAR, SCHEMA = "几个进程共用的 Redis", "排队的活", "节假日", "数据表"

NEVER_HEARD = "平台还没有连上来过，请到“接通”一步一步接好。"
REFUSED_ADVICE = "平台来过，但没对上，请到“接通”看哪里要改。"
SILENT_ADVICE = "三天没有收到消息，请在手机上发一句试试；不通就到“接通”再看一遍。"
QUEUE_ADVICE = "没有人在发，请看 huying worker 和 Redis 是不是在运行。"
SPOOL_ADVICE = "数据库刚停过，通了会自动补上；五分钟还在，请看数据库。"
UNREACHED_ADVICE = "请到“没联系上”打电话告诉他们。"
TELL_THE_ADMINISTRATOR = "请告诉管理员，管理员那里写着怎么办。"
JOB_FAILED = "这次没做成，会再做；一直这样，请把日志发给管理的人。"
NEVER_RAN = ("还没有", "定时的活一次都没有跑过", "请看 huying scheduler 是不是在运行。")
JOB_LATE = "该做没做，请看 huying scheduler 是不是在运行。"
JOB_NEVER = "启动到现在一次都没有做，别的活在做就重新启动 huying scheduler；还不行，请把日志发给管理的人。"
SCHEMA_ADVICE = "程序和数据表不是同一版，请运行 huying db upgrade，再重新启动。"
REDIS_ADVICE = "请看 Redis 是不是在运行，配置里的 redis.url 和 queue.url 对不对。"
CALENDAR_HINT = "后面的国务院公布了再添，现在不用管。"
CALENDAR_SOON = "快到头了：请更新小应，或者到“工作日历”把下一年的放假和调休添上。"
CALENDAR_OVER = "后面只认周六周日：请更新小应，或者马上到“工作日历”把放假和调休添上。"

KINDS = {"official_account": "公众号", "wecom": "企业微信"}
ABILITIES = {"unverified": "未认证", "subscription": "认证订阅号", "service": "认证服务号"}


@dataclass(frozen=True, slots=True)
class JobWords:
    """What a job is called and what it is for."""

    name: str
    purpose: str


JOB_WORDS = {
    "sweep": JobWords("补上漏掉的", "消息、派单和照片漏在半路的，再排一次队"),
    "ask_assistant": JobWords("问助手", "没听明白的话请助手提个建议，没配助手就没有要做的"),
    "watch_limits": JobWords("看期限", "过了期限的记下来，转给能帮上忙的人"),
    "warn": JobWords("快到期提醒", "期限快到了，提醒在办的人和负责的人"),
    "alarm_again": JobWords("紧急的再叫人", "紧急的事没人应，接着叫下一位值班的"),
    "weekly_digest": JobWords("每周汇总", "每周第一个工作日早上，把这周要办的发给负责的人"),
    "daily_digest": JobWords("每天汇总", "工作日早上，把在等的事发给值班的人"),
    "answer_announced": JobWords("按公告答复", "同一件事有了公告，一件一件告诉反映的人"),
    "remind": JobWords("提醒评价", "办好一天还没评价的，白天再问一次"),
    "remind_appointments": JobWords("提醒明天的预约", "头一天白天，提醒预约了柜台的人"),
    "send_broadcasts": JobWords("群发", "发给片区的消息分批送出去"),
    "close_silent": JobWords("评价到期结束", "一直没人评价的，到期结束，算没有评价"),
    "set_aside_bursts": JobWords("挑出扎堆的评价", "一下子来很多的评价先不算，等人核实"),
    "draw_call_backs": JobWords("抽取回访", "从办完的事里抽几件，打电话问问"),
    "resume_held": JobWords("恢复挂起的", "挂起到了日子，接着办"),
    "keep_photos": JobWords("照片变成事情", "只发了照片、没说话的，半小时后留给值班的人看"),
    "end_handovers": JobWords("收回转派", "同事没应的转派，事情还留在原来的人手里"),
    "ask_silent": JobWords("问一声进展", "接了没动静的，上班时间问一声，再没动静就换人"),
    "remind_riders": JobWords("提醒骑手", "避开饭点和夜里，一天最多提醒一次"),
    "credit": JobWords("记积分", "评价定了，把积分记给帮忙的人"),
    "expire_points": JobWords("到期的积分", "快到期的先提醒，到期的作废"),
    "warn_posts": JobWords("认岗快满期", "满期前两周，问照看的人要不要接着，也告诉社区"),
    "end_reservations": JobWords("到期的预留", "换了没来拿的，积分退回去"),
    "count_votes": JobWords("数选票", "评选到期就数票，数完忘掉谁投给了谁"),
    "forget_replies": JobWords("清掉旧回复", "平台不会再来要的回复，一小时后清空"),
    "forget": JobWords("到期的不再留", "办完很久的话、照片和消息，过了保存期就删，事情的经过留着"),
    "remove_files": JobWords("删掉没主的照片", "不再留的照片和录音，文件随后也删掉"),
    "forget_audit": JobWords("清掉旧记录", "看过做过的记录，过了保存期就删"),
    "forget_lists": JobWords("清掉没用上的名单", "传上来没有确认的名单，里面有姓名和电话，不留着"),
    "end_roles": JobWords("到期的身份", "有期限的身份，到期收回"),
    "keep_search": JobWords("让事情找得到", "新的话和变化放进搜索"),
    "sum_days": JobWords("算每天的数", "数据页的一年一月，从这里来"),
    "replay_spool": JobWords("补上存下的消息", "数据库停时收下的消息，通了以后按先后答复"),
}

PART_NAMES = {
    "huying": "呼应",
    "Python": "运行环境 Python",
    "SQLAlchemy": "连数据库的 SQLAlchemy",
    "Flask": "做网页的 Flask",
    "wechatpy": "连微信的 wechatpy",
}

FAULTS = {
    "OperationalError": "数据库没有回应",
    "InterfaceError": "数据库没有回应",
    "TimeoutError": "等得太久",
    "ConnectionError": "网络或 Redis 没有回应",
}
"""What a kind of error means, as far as somebody can do something about it."""


def channel_name(kind: str, key: str) -> str:
    """An account."""
    return f"{KINDS.get(kind, kind)}（{key}）"


def channel(abilities: str, token_left: int | None, heard: datetime | None, calls: int, *, now: datetime) -> str:
    """What is known of an account."""
    token = f"凭证还有 {token_left // 60} 分钟" if token_left else "还没有取过凭证"
    said = f"{ago(heard, now=now)}收到过消息" if heard else "还没有收到过消息"
    return "，".join([*([ABILITIES[abilities]] if abilities in ABILITIES else []), said, token, f"今天调用 {calls} 次"])


def waits(length: timedelta) -> str:
    """How long the oldest waits."""
    seconds = int(length.total_seconds())
    if seconds < 60:
        return "都及时"
    return f"最早的等了 {seconds // 60} 分钟" if seconds < 7200 else f"最早的等了 {seconds // 3600} 小时"


def count(number: int) -> str:
    """How many."""
    return f"{number} 条" if number else "没有"


def answers(good: bool) -> str:
    """Whether a part answers."""
    return "正常" if good else "没有回应"


def known(until: date) -> str:
    """The end of the calendar."""
    return f"放假和调休知道到 {until:%Y-%m-%d}"


def job(name: str) -> JobWords:
    """A job."""
    return JOB_WORDS.get(name, JobWords(name, ""))


def part(name: str) -> str:
    """Something whose version is told."""
    return PART_NAMES.get(name, name)


def ran(at: datetime, seconds: float, touched: int, fault: str, *, now: datetime) -> str:
    """The last run of a job."""
    because = f"没做成：{FAULTS.get(fault, '程序出了错')}（{fault}）" if fault else ""
    result = because or (f"做了 {touched} 件" if touched else "没有要做的")
    return f"{ago(at, now=now)}，{result}，用了 {seconds:.1f} 秒"


def never_ran(since: datetime, *, now: datetime) -> str:
    """A job that has not run yet."""
    return f"{ago(since, now=now)}启动，还没有轮到"


def schema(revision: str, versions: Sequence[str]) -> str:
    """Which of all `versions` of the tables this is, the oldest first."""
    if revision not in versions:
        return f"这一版（{revision}）程序不认识"
    at, newest = versions.index(revision) + 1, len(versions)
    return f"第 {at} 版，最新" if at == newest else f"第 {at} 版，最新的是第 {newest} 版"


def refused(status: str) -> str:
    """Why the platform was turned away, for whoever is connecting an account."""
    return {
        "403": "平台来过，签名没对上：两边的 Token 要一个字不差，EncodingAESKey 要是 43 位的那一串，服务器的时间要准。",
        "413": "平台来过，内容太大。",
    }.get(status, "平台来过，内容读不懂：看看 EncodingAESKey 和 AppID（企业 ID）是不是这一个号的，加密方式选安全模式。")


def steps(kind: str, callback: str) -> Sequence[tuple[str, str]]:
    """What to do at the platform, one thing a step; the second part is something to copy."""
    if kind == "wecom":
        return (
            ("打开企业微信管理后台，进“应用管理”，点开自建的应用。", ""),
            ("进“接收消息”，点“设置 API 接收”。网址填：", callback),
            ("Token 填配置里 token 的那一个；EncodingAESKey 填配置里 encoding_aes_key 的那一个。", ""),
            ("点保存。企业微信会马上来敲一次门，敲通了下面会变绿。", ""),
            ("在“企业可信 IP”里填上这台服务器出门的 IP，不填就发不出消息（60020）。", ""),
        )
    return (
        ("打开微信公众平台，进“设置与开发”里的“基本配置”（或开发接口管理）。", ""),
        ("在“服务器配置”点修改，服务器地址（URL）填：", callback),
        (
            "令牌（Token）填配置里 token 的那一个；消息加解密密钥填配置里 encoding_aes_key 的那一个；方式选安全模式。",
            "",
        ),
        ("点提交。微信会马上来敲一次门，敲通了下面会变绿。", ""),
        ("点“启用”，再把这台服务器出门的 IP 填进“IP 白名单”，不填就取不到凭证（40164）。", ""),
    )


NO_CHANNEL = (
    "还没有",
    "配置里还没有公众号或企业微信",
    "请照 config.example.yaml 末尾的样子写上 channels，再重新启动。",
)
"""Where no account is named in the configuration."""
