"""The counter (柜台): appointments and messages to an area as people read them, and what staff read beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from models.broadcast import By
from models.clock import local
from texts import residents
from texts.common import when

STOP_BROADCASTS = "不想收这类消息，回复“不接收群发”。"


# ---------------------------------------------------------------- appointments


def appointment(facts: dict[str, Any], *, now: datetime) -> str:
    """What somebody reads of their appointment."""
    begins = datetime.fromisoformat(facts["begins"])
    at = f"{when(begins, now=now)}，{facts['where']} {facts['desk']}"
    what = f"\n办的事：{facts['purpose']}" if facts.get("purpose") else ""
    if facts["news"] == "cancelled":
        return f"您约的{at}，社区那边取消了，您不用跑这一趟了。{what}\n想另约时间，回复“人工”。"
    head = {
        "made": f"给您约好了：{at}。",
        "moved": f"您约的时间改了：{at}。",
        "tomorrow": f"提醒您，约好的是{at}。",
    }[facts["news"]]
    return f"{head}{what}"


COMES, DOES_NOT = "到时来", "来不了，取消"


def appointment_choices(facts: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Coming, or not."""
    if facts["news"] == "cancelled":
        return ()
    return ((COMES, f"!comes {facts['appointment']}"), (DOES_NOT, f"!does_not_come {facts['appointment']}"))


def appointment_kept() -> str:
    """They come."""
    return "好的，到时见。来不了了回复“取消预约”就行。"


def appointment_off(begins: datetime, *, now: datetime) -> str:
    """They do not."""
    return f"好的，{when(begins, now=now)}的预约取消了，谢谢您告诉一声。\n想另约时间，回复“人工”。"


def appointment_line(begins: datetime, place: str, desk: str, purpose: str, *, now: datetime) -> str:
    """One of several."""
    return f"{when(begins, now=now)} {place} {desk}{'，' + purpose if purpose else ''}"


def appointments(lines: Sequence[str]) -> str:
    """What somebody has before them."""
    if not lines:
        return "您现在没有约好的时间。\n想约时间，回复“人工”，或者到社区柜台说一声。"
    return "\n".join(["您约好的：", *lines, "来不了回复“取消预约”。"])


def appointment_which() -> str:
    """Several, one of which is to be called off."""
    return "您约了不止一次，取消哪一个？"


# ---------------------------------------------------------------- messages to an area


def broadcast(area: str, words: str) -> str:
    """As everybody reads it."""
    return f"【{area}】{words}\n{STOP_BROADCASTS}"


def emergency_broadcast(area: str, words: str) -> str:
    """The same in an emergency, which also comes to those who want no others."""
    return f"【{area} 紧急通知】{words}"


def broadcasts_off() -> str:
    """They want none any more."""
    return "好的，社区群发的消息以后不发给您。\n您自己反映的事、有危险的紧急通知还会告诉您。想收了回复“接收群发”。"


def broadcasts_on() -> str:
    """They want them again."""
    return "好的，社区有通知再发给您。不想收了回复“不接收群发”。"


# ---------------------------------------------------------------- what staff read

WAYS = {
    By.WINDOW: "最近说过话，马上收到",
    By.APP: "企业微信",
    By.TEMPLATE: "模板消息",
    By.CALL: "爱接电话，要打电话说",
    By.WAITS: "推不过去，等下次说话时带到",
}

EVERYBODY = "所有人"


def first_sentence(kind: str, gas_phone: str) -> str:
    """What is said to somebody in danger before anything is written down."""
    return residents.call_first(kind, gas_phone)


TAKEN_DOWN = "柜台代报，本人来的或者打的电话。"

FAULTS = {
    "phone": "电话号码没写对：手机 11 位，座机带区号。",
    "consent": "留电话要先问过本人，同意了请勾上；不同意就空着，请对方记下编号来问。",
    "caller": "电话和姓名至少写一样。要打电话说，就要留电话。",
    "nobody": "没有人登记过这个电话。先在“代报”里记下这一位。",
    "person": "名单里没有这一位了，请再选一次。",
    "words": "请写下是什么事。",
    "broadcast_words": "请写要说的话，最多 400 字。",
    "area": "请从名单里选一处。",
    "role": "请从名单里选发给谁。",
    "street_only": "紧急群发由街道来发。请打电话给街道值班，或者改成平常的群发。",
    "category": "请从名单里选一类。",
    "same": "那件事刚刚有了变化，不能并过去了。请再看一眼。",
    "photo": "有一张照片收不下：要 JPEG、PNG 或 WebP，不超过 10 MB，最多 6 张。手机的 HEIC 照片请先截个屏，选截屏的那张。",
    "desk": "请写在哪个窗口或房间。",
    "time": "时间没写对：要在今天以后、三个月以内，结束晚于开始，一次最多 8 小时。",
    "ready": "请写一句话再留。",
    "ready_many": "一个地方最多 40 句，多了找起来慢。先去掉几句再添。",
}

BUTTON_TYPES = {
    "click": "回一句（小应来答）",
    "view": "打开网页",
    "miniprogram": "打开小程序",
    "location_select": "发位置",
    "pic_sysphoto": "拍照",
    "pic_photo_or_album": "拍照或相册",
    "scancode_push": "扫一扫",
}

MENU_WRONG = "有几处要改，写在每一格下面。您写的都还在，还没有存。"
MENU_CHANGED = "同事刚刚改了这一稿，还没有发布。下面是最新的，请看一眼再发。"


def first_menu() -> list[dict[str, Any]]:
    """A menu to begin with, as the platform takes it; every key is a command."""

    def keyed(name: str, key: str = "") -> dict[str, Any]:
        return {"name": name, "type": "click", "key": key or name}

    return [
        {"name": "我的事", "sub_button": [keyed("进度"), keyed("我家"), keyed("我的网格员"), keyed("我的预约")]},
        {"name": "帮一把", "sub_button": [keyed("报到"), keyed("待接单"), keyed("驿站"), keyed("积分")]},
        {"name": "找人", "sub_button": [keyed("找人工", "人工"), keyed("怎么用", "帮助")]},
    ]


def menu_line(group: str, button: Mapping[str, Any]) -> str:
    """One button of a menu in one line."""
    kind = str(button.get("type", ""))
    does = str(button.get("key" if kind == "click" else "url", "")) if kind in ("click", "view") else ""
    name = f"{group} / {button.get('name', '')}" if group else str(button.get("name", ""))
    return f"{name}：{BUTTON_TYPES.get(kind, kind or '打开下一级')}{f'“{does}”' if does else ''}"


MENU_FAULTS = {
    "name": "请起个名字。",
    "name_long_top": "太长：一级菜单最多 16 个字节，约 5 个汉字（手机上显示 4 个）。",
    "name_long_sub": "太长：二级菜单最多 60 个字节，约 20 个汉字（手机上显示 8 个）。",
    "type": "请选按了以后做什么。",
    "key": "小应听不懂这句话，按了没有回答。请写一句口令，例如 进度、我家、人工、驿站。",
    "key_long": "太长：最多 128 个字节，约 42 个汉字。",
    "url": "网址要以 https:// 或 http:// 开头，最多 1024 个字节。",
    "appid": "小程序的 AppID 以 wx 开头。",
    "pagepath": "请写小程序里的页面，例如 pages/index。",
    "empty": "至少要有一个按钮。",
    "changed": "您改的时候，同事刚刚也改了。下面是您写的，还没有存；打开旁边的最新稿看一眼，再存一次就以您的为准。",
}

PLATFORM_SAYS = {
    None: "微信那边这会儿没有回应，菜单没有变。过几分钟再试。",
    40016: "微信说按钮的个数不对：一级 1 到 3 个。",
    40017: "微信不认识一级菜单里的一种按钮。",
    40018: "微信说一级菜单有个名字长短不对。",
    40019: "微信说一级菜单里有句口令长短不对。",
    40020: "微信说一级菜单里有个网址长短不对。",
    40022: "微信说二级菜单下面不能再有菜单。",
    40023: "微信说二级菜单的个数不对：每组 1 到 5 个。",
    40024: "微信不认识二级菜单里的一种按钮。",
    40025: "微信说二级菜单有个名字长短不对。",
    40026: "微信说二级菜单里有句口令长短不对。",
    40027: "微信说二级菜单里有个网址长短不对。",
    40033: "微信说菜单里有不认识的字符，请去掉表情和特殊符号。",
    40054: "微信说二级菜单里有个网址不对。",
    40055: "微信说一级菜单里有个网址不对。",
    40165: "微信说小程序的页面不对。",
    45064: "微信说这个小程序没有和公众号关联，请先在公众平台关联。",
    45009: "今天改菜单的次数用完了，明天再发。",
    48001: "这个公众号没有自定义菜单的权限：要先完成微信认证。",
    40001: "公众号的密钥不对，微信不让进。请管理员到“运行”页看一看。",
    40164: "微信不认这台服务器的地址。请管理员把它加进公众平台的 IP 白名单。",
}


def platform_says(code: int | None) -> str:
    """What the platform objected to."""
    return PLATFORM_SAYS.get(code) or f"微信没有收下（{code}），菜单没有变。请记下这个数字告诉管理员。"


def busy(desk: str, begins: datetime | None, ends: datetime | None) -> str:
    """Somebody else is at that desk then."""
    if begins is None or ends is None:
        return f"{desk}这个时间已经约了别人，请换个时间或者窗口。"
    return f"{desk} {local(begins):%H:%M} 到 {local(ends):%H:%M} 已经约了别人，请换个时间或者窗口。"


def spoken(number: str) -> str:
    """A ticket's number as one says it on the telephone."""
    digits = "零一二三四五六七八九"
    day, _, serial = number.partition("-")
    said = "，".join("".join(digits[int(each)] for each in part) for part in (day, serial))
    return f"{said}。只说后面 {len(serial)} 位也行。"
