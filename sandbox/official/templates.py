"""Templates: those of template messages with the account's industry, those of subscription messages, and their data."""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request

from sandbox.api import Refused
from sandbox.faults import FaultKind
from sandbox.official.desk import Answer, Desk, done, whole, word, written
from sandbox.stores import Recent

_MOST_TEMPLATES, _MOST_SUBSCRIPTIONS = 25, 50
_SHORT_ID = re.compile(r"(?:TM|OPENTM)?[0-9]{1,20}")
_ADDED_KEYS = ("thing01", "time02")
_FIELD = re.compile(r"(?P<kind>[a-z_]{1,24})[0-9]{0,3}")
_CLOCK = r"(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d)?"
_DAY = r"\d{4}(?:年\d{1,2}月\d{1,2}日|[-/.]\d{1,2}[-/.]\d{1,2})"
_MOMENT = rf"(?:{_DAY}(?: ?{_CLOCK})?|{_CLOCK})"
_VALUES = {
    "thing": r".{1,20}",
    "number": r"-?[0-9.]{1,32}",
    "letter": r"[A-Za-z]{1,32}",
    "symbol": r"[^\w\s]{1,5}",
    "character_string": r"[\x20-\x7e]{1,32}",
    "time": rf"{_MOMENT}(?: ?~ ?{_MOMENT})?",
    "date": rf"{_MOMENT}(?: ?~ ?{_MOMENT})?",
    "amount": r"[^\d\s]{0,3}[0-9]{1,10}(?:\.[0-9]+)?元?",
    "phone_number": r"[0-9+() -]{1,17}",
    "car_number": r"[一-鿿]?[A-Za-z0-9一-鿿]{1,7}",
    "name": r"[一-鿿·]{1,10}|[A-Za-z .'·-]{1,20}",
    "phrase": r"[一-鿿]{1,5}",
    "const": r".{1,20}",
}
"""What a field may hold, by the letters of its name; others, such as `first`, hold at most 200 characters."""

_INDUSTRIES = tuple(
    (first, second)
    for first, seconds in (
        ("IT科技", "互联网|电子商务 IT软件与服务 IT硬件与设备 电子技术 通信与运营商 网络游戏"),
        ("金融业", "银行 基金|理财|信托 保险"),
        ("餐饮", "餐饮"),
        ("酒店旅游", "酒店 旅游"),
        ("运输与仓储", "快递 物流 仓储"),
        ("教育", "培训 院校"),
        ("政府与公共事业", "学术科研 交警 博物馆 公共事业|非盈利机构"),
        ("医药护理", "医药医疗 护理美容 保健与卫生"),
        ("交通工具", "汽车相关 摩托车相关 火车相关 飞机相关"),
        ("房地产", "建筑 物业"),
        ("消费品", "消费品"),
        ("商业服务", "法律 会展 中介服务 认证 审计"),
        ("文体娱乐", "传媒 体育 娱乐休闲"),
        ("印刷", "印刷"),
        ("其它", "其它"),
    )
    for second in seconds.split()
)
"""The platform's industries; their numbers are 1 to 41 in this order."""

_CATEGORY = {"id": 1621, "name": "社区服务"}
_LIBRARY: dict[str, tuple[str, tuple[tuple[str, str, str], ...]]] = {
    "5101": (
        "报修进度提醒",
        (
            ("报修内容", "3号楼路灯不亮", "thing"),
            ("更新时间", "2026年3月2日 16:00", "time"),
            ("当前状态", "处理中", "phrase"),
            ("工单编号", "260302-0007", "character_string"),
            ("备注", "师傅已出发", "thing"),
        ),
    ),
    "5102": (
        "志愿活动通知",
        (
            ("活动名称", "楼道清洁", "thing"),
            ("集合时间", "2026年3月8日 9:00", "time"),
            ("集合地点", "活动室", "thing"),
            ("联系人", "徐静", "name"),
        ),
    ),
}
"""The public templates that can be chosen: title, and the keywords with an example and their kind."""


@dataclass(frozen=True, slots=True)
class Template:
    """One chosen template and the fields its data must have."""

    id: str
    title: str
    keys: tuple[str, ...]
    example: str = ""
    labels: tuple[str, ...] = ()

    @property
    def content(self) -> str:
        """The text with its fields, each after its label where it has one."""
        labels = [f"{label}:" for label in self.labels] or [""] * len(self.keys)
        return "\n".join(f"{label}{{{{{key}.DATA}}}}" for label, key in zip(labels, self.keys, strict=True))


class Templates:
    """The chosen templates. Those of the configuration serve template and subscription messages alike."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._lock = threading.Lock()
        self._known = {
            template: Template(template, f"模板 {template}", tuple(keys))
            for template, keys in desk.account.templates.items()
        }
        self._subscriptions: dict[str, Template] = {}
        self._deleted: Recent[str, bool] = Recent(desk.world.config.bounds.ledger)
        self._industries = (1, 41)

    def rows(self, data: Mapping[str, Any]) -> list[dict[str, str]]:
        """The fields of the message in the body. Raises Refused with 40037 or 47003."""
        template_id = word(data, "template_id", 40037, most=128)
        with self._lock:
            template = self._known.get(template_id) or self._subscriptions.get(template_id)
        if template is None and (self.desk.account.templates or self._deleted.get(template_id)):
            raise Refused(40037)
        if self.desk.platform.bites(FaultKind.BAD_DATA):
            raise Refused(47003, "argument invalid! data.thing01.value invalid")
        given = data.get("data")
        if not isinstance(given, dict) or not 1 <= len(given) <= 50:
            raise Refused(47003, "argument invalid! data is empty")
        missing = [key for key in (template.keys if template else ()) if key not in given]
        if missing:
            raise Refused(47003, f"argument invalid! {missing[0]}.DATA is invalid")
        return [{"key": name, "value": _value(name, part)} for name, part in given.items()]

    # Template messages

    def private(self) -> Answer:
        """GET template/get_all_private_template."""
        with self._lock:
            primary, deputy = _INDUSTRIES[self._industries[0] - 1]
            known = list(self._known.values())
        return {
            "template_list": [
                {
                    "template_id": template.id,
                    "title": template.title,
                    "primary_industry": primary,
                    "deputy_industry": deputy,
                    "content": template.content,
                    "example": template.example,
                }
                for template in known
            ]
        }

    def add(self) -> Answer:
        """POST template/api_add_template."""
        short = word(self.desk.body(), "template_id_short", 40036, most=32)
        if not _SHORT_ID.fullmatch(short):
            raise Refused(40036)
        with self._lock:
            if len(self._known) >= _MOST_TEMPLATES:
                raise Refused(45026)
            template = Template(secrets.token_urlsafe(32), f"模板 {short}", _ADDED_KEYS)
            self._known[template.id] = template
        return done(template_id=template.id)

    def delete(self) -> Answer:
        """POST template/del_private_template."""
        self._delete(self._known, self.desk.body().get("template_id"))
        return done()

    def _delete(self, templates: dict[str, Template], template_id: object) -> None:
        with self._lock:
            if not isinstance(template_id, str) or templates.pop(template_id, None) is None:
                raise Refused(40037)
        self._deleted.put(template_id, True)

    def industry(self) -> Answer:
        """GET template/get_industry."""
        primary, secondary = (
            dict(zip(("first_class", "second_class"), _INDUSTRIES[number - 1], strict=True))
            for number in self._industries
        )
        return {"primary_industry": primary, "secondary_industry": secondary}

    def set_industry(self) -> Answer:
        """POST template/api_set_industry: once a month, and it deletes every template that was added."""
        data = self.desk.body()
        first, second = (
            written(data.get(name), 40102, least=1, most=len(_INDUSTRIES)) for name in ("industry_id1", "industry_id2")
        )
        try:
            self.desk.platform.monthly.use("industry", 1)
        except Refused as error:
            raise Refused(43100) from error
        with self._lock:
            self._industries = (first, second)
            added = [key for key in self._known if key not in self.desk.account.templates]
        for template_id in added:
            self._delete(self._known, template_id)
        return done()

    # Subscription messages

    def subscriptions(self) -> Answer:
        """GET wxaapi/newtmpl/gettemplate."""
        with self._lock:
            added = list(self._subscriptions.values())
        data = [
            {"priTmplId": one.id, "title": one.title, "content": one.content, "example": one.example, "type": 2}
            for one in added
        ]
        return done(data=data)

    def add_subscription(self) -> Answer:
        """POST wxaapi/newtmpl/addtemplate: two to five keywords of a public template."""
        data = self.desk.body()
        tid = data.get("tid")
        title, keywords = _LIBRARY.get(str(tid), ("", ())) if isinstance(tid, str | int) else ("", ())
        if not keywords:
            raise Refused(200014)
        kids = data.get("kidList")
        if not isinstance(kids, list) or not 2 <= len(kids) <= 5:
            raise Refused(200020)
        kids = [whole(kid, 200020, least=1, most=len(keywords)) for kid in kids]
        if len(set(kids)) != len(kids):
            raise Refused(200020)
        word(data, "sceneDesc", 200021, least=0, most=15)
        chosen = [(kid, *keywords[kid - 1]) for kid in kids]
        template = Template(
            id=secrets.token_urlsafe(32),
            title=title,
            keys=tuple(f"{kind}{kid}" for kid, _, _, kind in chosen),
            example="\n".join(f"{name}:{example}" for _, name, example, _ in chosen),
            labels=tuple(name for _, name, _, _ in chosen),
        )
        with self._lock:
            if len(self._subscriptions) >= _MOST_SUBSCRIPTIONS:
                raise Refused(200012)
            self._subscriptions[template.id] = template
        return done(priTmplId=template.id)

    def delete_subscription(self) -> Answer:
        """POST wxaapi/newtmpl/deltemplate."""
        self._delete(self._subscriptions, self.desk.body().get("priTmplId"))
        return done()

    def categories(self) -> Answer:
        """GET wxaapi/newtmpl/getcategory."""
        return done(data=[_CATEGORY])

    def public_titles(self) -> Answer:
        """GET wxaapi/newtmpl/getpubtemplatetitles."""
        start = written(request.args.get("start", "0"), 200016, least=0, most=10**6)
        limit = written(request.args.get("limit", "30"), 200017, least=1, most=30)
        every = [
            {"tid": int(tid), "title": title, "type": 2, "categoryId": str(_CATEGORY["id"])}
            for tid, (title, _) in _LIBRARY.items()
        ]
        return done(count=len(every), data=every[start : start + limit])

    def public_keywords(self) -> Answer:
        """GET wxaapi/newtmpl/getpubtemplatekeywords."""
        _, keywords = _LIBRARY.get(request.args.get("tid") or "", ("", ()))
        if not keywords:
            raise Refused(200014)
        data = [
            {"kid": kid, "name": name, "example": example, "rule": kind}
            for kid, (name, example, kind) in enumerate(keywords, 1)
        ]
        return done(count=len(data), data=data)


def _value(name: str, part: object) -> str:
    """One field's value, by the rules of its kind. Raises Refused with 47003."""
    value = part.get("value") if isinstance(part, dict) else None
    field = _FIELD.fullmatch(name)
    if field is None or isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refused(47003, f"argument invalid! {name[:32]}.DATA is invalid")
    text = str(value)
    if not re.fullmatch(_VALUES.get(field["kind"], r"(?s:.{1,200})"), text):
        raise Refused(47003, f"argument invalid! data.{name}.value invalid")
    return text
