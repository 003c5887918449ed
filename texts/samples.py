"""One made-up matter, in which every notice can be read before anybody gets it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from models.clock import local
from models.outbox import NoticeKind
from models.person import RoleKind
from models.ticket import TicketState
from texts import common, riders
from texts.notices import NoticeFacts, Words, words

NUMBER, CATEGORY, PLACE, SHORT = "261123-0007", "公共设施", "香樟花园3栋", "0007"

READERS: dict[str, tuple[NoticeKind, ...]] = {
    "居民": (
        NoticeKind.ACCEPTED,
        NoticeKind.ARRIVED,
        NoticeKind.FINISHED,
        NoticeKind.REMINDER,
        NoticeKind.NOT_EVALUATED,
        NoticeKind.RELEASED,
        NoticeKind.PASSED_ON,
        NoticeKind.HELD,
        NoticeKind.RESUMED,
        NoticeKind.REJECTED,
        NoticeKind.RELAYED,
        NoticeKind.STAFF_REPLY,
        NoticeKind.HANDED_BACK,
        NoticeKind.SAME_EVENT,
        NoticeKind.MERGED,
        NoticeKind.UNMERGED,
        NoticeKind.REDONE,
        NoticeKind.PHOTO_KEPT,
        NoticeKind.PHOTO_REFUSED,
        NoticeKind.APPOINTMENT,
        NoticeKind.BROADCAST,
        NoticeKind.EMERGENCY_BROADCAST,
    ),
    "来帮忙的人": (
        NoticeKind.OFFER,
        NoticeKind.POOL,
        NoticeKind.TAKEN,
        NoticeKind.OFFER_WITHDRAWN,
        NoticeKind.JOINED,
        NoticeKind.ALONE,
        NoticeKind.TAKEN_BACK,
        NoticeKind.JUDGED,
        NoticeKind.REOPENED,
        NoticeKind.ADDED,
        NoticeKind.URGED,
        NoticeKind.SUPERVISED,
        NoticeKind.WITHDRAWN,
        NoticeKind.TAKES_OVER,
        NoticeKind.HELPER_LEFT,
        NoticeKind.HELPER_ALONE,
        NoticeKind.HELP_OVER,
        NoticeKind.HANDED_ON,
        NoticeKind.NOT_HANDED_ON,
        NoticeKind.CHECK_IN,
        NoticeKind.REGISTERED,
        NoticeKind.POST_ENDS,
        NoticeKind.POST_OVER,
        NoticeKind.POINTS_EXPIRE,
        NoticeKind.HOURS_OFFERED,
        NoticeKind.HOURS_ANSWERED,
        NoticeKind.REDEMPTION_OVER,
        NoticeKind.HONOUR_ASKED,
        NoticeKind.HONOUR_OVER,
    ),
    "骑手": (
        NoticeKind.RIDER_REMINDER,
        NoticeKind.STORM_ALERT,
        NoticeKind.HEAT_ALERT,
        NoticeKind.TITLE_GIVEN,
    ),
    "值班、街道和部门": (
        NoticeKind.ALARM,
        NoticeKind.DESK,
        NoticeKind.HANDED_OVER,
        NoticeKind.HANDOVER_WORDS,
        NoticeKind.HANDOVER_TAKEN,
        NoticeKind.HANDOVER_OVER,
        NoticeKind.REGISTRATION,
        NoticeKind.WARNED,
        NoticeKind.LATE,
        NoticeKind.ESCALATED,
        NoticeKind.DAY,
        NoticeKind.WEEK,
        NoticeKind.HELP_WANTED,
        NoticeKind.NOT_MENDED,
        NoticeKind.PHOTO_LOST,
        NoticeKind.LINK_WANTED,
        NoticeKind.ASSIGNED,
        NoticeKind.RETURNED,
        NoticeKind.KEPT,
        NoticeKind.RETURN_AGREED,
        NoticeKind.WISH,
        NoticeKind.WISH_DECIDED,
    ),
}
"""Who mostly reads which notice; what answers a button (PRESSED) has no words of its own."""

_TO_THE_REPORTER = (NoticeKind.JOINED,)


def sample(kind: NoticeKind, *, now: datetime) -> Words:
    """The notice as somebody would read it."""
    soon, later = now + timedelta(minutes=30), now + timedelta(hours=6)
    line = {"short": SHORT, "category": CATEGORY, "place": PLACE, "due": later.isoformat()}
    yesterday = common.day(now - timedelta(days=1), now=now)
    data: dict[str, Any] = {
        "expires": soon.isoformat(),
        "ends": later.isoformat(),
        "until": (now + timedelta(days=2)).isoformat(),
        "since": now.isoformat(),
        "opened": (now - timedelta(days=1)).isoformat(),
        "begins": (now + timedelta(days=1)).isoformat(),
        "limit": "finish",
        "state": TicketState.ACCEPTED.value,
        "category": CATEGORY,
        "people": 2,
        "proposal": 0,
        "code": "16",
        "text": _TEXTS.get(kind, "您好，我是社区的，马上帮您问。"),
        "name": _NAMES.get(kind, "张阿姨"),
        "area": "香樟社区",
        "community": "香樟社区",
        "department": "城管",
        "contact": "抢修班",
        "task": "统计沿街商户",
        "words": _ALERTS.get(kind, "明天上午八点到十点停水，请提前接一点水。"),
        "first": [line, {**line, "short": "0005", "due": None}],
        "due": 3,
        "late": 1,
        "wish": 12,
        "number": SHORT if kind in _HOURS else "0008",
        "minutes": 80,
        "points": 12,
        "gift": 0,
        "answer": 1,
        "nominee": 0,
        "title": "" if kind in (NoticeKind.FINISHED, NoticeKind.HELD) else "最美志愿者",
        "about": "雨天送药上楼",
        "honoured": True,
        "taken": True,
        "news": "made",
        "appointment": 0,
        "where": "香樟花园" if kind is NoticeKind.POST_ENDS else "香樟社区服务大厅",
        "last": local(later).date().isoformat(),
        "post": 0,
        "desk": "1号窗口",
        "purpose": "办老年证" if kind is NoticeKind.APPOINTMENT else "",
        "round": riders.Round(
            riders.Own(SHORT, yesterday, CATEGORY, lacks="place"), topics=[("香樟社区", "沿江路的井盖")]
        ),
    }
    facts = NoticeFacts(
        now=now,
        number=f"{local(now):%y%m%d}-{SHORT}",
        short=SHORT,
        category=CATEGORY,
        place=PLACE,
        state=TicketState.ACCEPTED,
        opened=now - timedelta(hours=2),
        due=later,
        report="3栋门口的路灯坏了，晚上老人看不见台阶。",
        words=_SAID.get(kind, "灯泡和线都换好了，亮了。"),
        by_name="李建国",
        by_role=RoleKind.MEMBER,
        count=3,
        emergencies=0,
        late=1,
        reader_is_reporter=kind in _TO_THE_REPORTER,
        data=data,
    )
    return words(kind, facts)


_HOURS = (NoticeKind.HOURS_OFFERED, NoticeKind.HOURS_ANSWERED)
_TEXTS = {NoticeKind.HANDOVER_WORDS: "老年卡怎么补办呀？"}
_NAMES = {
    NoticeKind.REDEMPTION_OVER: "食用油",
    NoticeKind.POST_ENDS: "楼道灯巡查岗",
    NoticeKind.POST_OVER: "楼道灯巡查岗",
}
_ALERTS = {
    NoticeKind.STORM_ALERT: "下午三点到六点有雷暴大雨，高架和涵洞先别走。",
    NoticeKind.HEAT_ALERT: "今天最高 39 度，驿站有水有空调，歇一歇再走。",
}
_SAID = {
    NoticeKind.ADDED: "是最靠近大门的那一盏。",
    NoticeKind.RELAYED: "我下午四点到，您在家吗？",
    NoticeKind.HELD: "要等配件，配件周三到。",
    NoticeKind.REJECTED: "这段路归公路处，可以打他们的值班电话。",
    NoticeKind.SUPERVISED: "下班前给个话。",
    NoticeKind.RETURNED: "灯杆是物业的，不归我们。",
    NoticeKind.KEPT: "灯杆图纸上是城管的。",
    NoticeKind.ESCALATED: "要动主电缆，社区办不了。",
    NoticeKind.REOPENED: "还是不亮。",
    NoticeKind.HELP_WANTED: "要人扶一下梯子。",
    NoticeKind.ALARM: "",
}
