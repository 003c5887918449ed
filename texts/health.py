"""What staff read about how the installation is, and how an account is connected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from texts.console import ago

__all__ = ["ago"]  # templates find it here too

CHANNELS, WAITING, JOBS, SYSTEM = "公众号和企业微信", "在等的", "定时的活", "系统"
NOTICES, DISPATCH, SPOOL, UNREACHED = "要发的消息", "要派的事", "数据库停时存下的消息", "没联系上的人"
QUEUE, CALENDAR, SCHEMA = "队列", "节假日", "数据表版本"

NEVER_HEARD = "平台还没有连上来过，请到“接通”一步一步接好。"
REFUSED_ADVICE = "平台来过，但没对上，请到“接通”看哪里要改。"
SILENT_ADVICE = "三天没有收到消息，请在手机上发一句试试；不通就到“接通”再看一遍。"
QUEUE_ADVICE = "没有人在发，请看 huying worker 和 Redis 是不是在运行。"
SPOOL_ADVICE = "数据库刚停过，通了会自动补上；五分钟还在，请看数据库。"
UNREACHED_ADVICE = "请到“没联系上”打电话告诉他们。"
TELL_THE_ADMINISTRATOR = "请告诉管理员，他那里写着怎么办。"
JOB_FAILED = "这次没做成，会再做；一直这样，请把日志发给管理的人。"
NEVER_RAN = ("还没有", "定时的活一次都没有跑过", "请看 huying scheduler 是不是在运行。")
JOB_LATE = "该做没做，请看 huying scheduler 是不是在运行。"
REDIS_ADVICE = "请看 Redis 是不是在运行，配置里的 redis.url 和 queue.url 对不对。"
CALENDAR_ADVICE = "请把下一年的放假安排写进 calendar.file，不然只认周六周日。"

KINDS = {"official_account": "公众号", "wecom": "企业微信"}
ABILITIES = {"unverified": "未认证", "subscription": "认证订阅号", "service": "认证服务号"}

JOB_NAMES = {
    "sweep": "补发漏掉的",
    "ask_assistant": "问助手",
    "watch_limits": "看期限",
    "warn": "到期前提醒",
    "alarm_again": "紧急的再叫人",
    "weekly_digest": "每周汇总",
    "daily_digest": "每天汇总",
    "answer_announced": "按公告答复",
    "remind": "提醒评价",
    "remind_appointments": "提醒明天的预约",
    "send_broadcasts": "群发",
    "close_silent": "评价到期结束",
    "set_aside_bursts": "挑出扎堆的评价",
    "draw_call_backs": "抽取回访",
    "resume_held": "恢复挂起的",
    "keep_photos": "照片变成事情",
    "end_handovers": "收回转派",
    "ask_silent": "问一声进展",
    "remind_riders": "提醒骑手",
    "credit": "记积分",
    "expire_points": "到期的积分",
    "end_reservations": "到期的预留",
    "forget_replies": "清掉旧回复",
    "forget_audit": "清掉旧记录",
    "forget_lists": "清掉没用上的名单",
    "end_roles": "到期的身份",
    "replay_spool": "补上存下的消息",
}


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
    return f"知道到 {until:%Y-%m-%d}"


def job(name: str) -> str:
    """A job."""
    return JOB_NAMES.get(name, name)


def ran(at: datetime, seconds: float, touched: int, fault: str, *, now: datetime) -> str:
    """The last run of a job."""
    result = f"没做成（{fault}）" if fault else f"做了 {touched} 件" if touched else "没有要做的"
    return f"{ago(at, now=now)}，{result}，用了 {seconds:.1f} 秒"


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
