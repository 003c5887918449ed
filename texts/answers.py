"""What whoever opens a one-time link reads."""

from __future__ import annotations

from datetime import datetime

from models.attachment import Failure
from models.errors import Refusal
from texts.common import clock

TITLE = "请您答复一件事"
TO, NUMBER, MATTER, PLACE, UNTIL, SAID = "转给", "编号", "什么事", "在哪里", "请在这以前答复", "居民说的"
NO_PLACE = "地方还不清楚"
LEGEND = "怎么样了"
FINISH, RETURN = "办好了", "不归我们办，退回街道"
HOW = "怎么办好的，或者为什么退回（办好的话会发给居民）"
SEND = "答复"
HINT = "只能答复一次。号码和门牌已经隐去；要和居民联系，请找把链接发给您的人。"

PHOTOS = "照片（最多 3 张，可以不传；每张 10 MB 以内）"

PHOTO_FAULTS = {
    Failure.NOT_A_PHOTO: "有一个文件不是照片。请重新选 JPG 或 PNG 的照片，或者不传照片直接答复。",
    Failure.TOO_BIG: "照片太大或太多了，最多 3 张、每张 10 MB 以内。请重新选，或者不传照片直接答复。",
    Failure.HEIC: "有一张照片是手机的 HEIC 格式，这里打不开。请给它截个屏，选截屏的那张；或者不传照片直接答复。",
    Failure.BROKEN: "有一张照片打不开。请重新选，或者不传照片直接答复。",
}
TOO_LARGE_TITLE = "照片太大了"
TOO_LARGE = "最多 3 张、每张 10 MB 以内。请退回上一页，少选几张再答复；不传照片也可以。"

SAY_SOMETHING = "请选一项，并写一句话。"
FAULTS = {
    Refusal.STREET_DECIDED: "街道已经定了由您这里办，不能再退回。确实有难处，请直接和街道说。",
    Refusal.TASKS_OPEN: "这件事还有一部分是别人在办，等那部分办好了您再答复，链接照样能用。急的话，请找把链接发给您的人。",
}

THANKS_TITLE = "收到了，谢谢您"
THANKS = "您的答复已经转到。这个页面可以关掉了。"

NOTHING_TITLE = "这个链接用不了"
NOTHING = (
    "可能已经答复过，过了时间，或者这件事另外安排了。已经答复过就不用再做什么；没有的话，请找把链接发给您的人再要一个。"
)

TOO_OFTEN_TITLE = "请等一下"
TOO_OFTEN = "打开得有点频繁，请一分钟后再试。"


def until(moment: datetime) -> str:
    """By when."""
    return clock(moment)
