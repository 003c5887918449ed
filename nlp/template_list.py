"""Lists of the platforms' templates (消息模板): which notice goes by which, and what stands in its fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy.orm import Session

from models import templates
from models.outbox import NoticeKind
from models.person import Person
from models.slips import Slip, Slipped
from models.template import Template, TemplateWay
from models.templates import MOST_FIELDS, Part
from nlp import lists
from nlp.lists import Cell, Column, OneARow, Row

NONE = "不用模板"

Way = tuple[str, TemplateWay]
"""An account, and one of its ways that go by templates."""


@dataclass(eq=False, slots=True)
class Slot:
    """What was entered for a notice on one way; None: what the configuration says holds."""

    way: Way
    kind: NoticeKind
    setting: str | None


@dataclass(frozen=True, slots=True)
class Called:
    """What accounts, notices, ways and parts are called on the pages."""

    accounts: Mapping[str, str]
    notices: Mapping[NoticeKind, str]
    ways: Mapping[TemplateWay, str]
    parts: Mapping[Part, str]


class TemplateList(OneARow[Slot]):
    """Every notice on every way that an account has; `filed` is the configuration's template. An empty one leaves the
    matter to the configuration.
    """

    columns = (
        Column("account", "账号", re.compile("账号"), needed=True),
        Column("notice", "消息", re.compile("消息|通知$"), needed=True),
        Column("way", "怎么发", re.compile("怎么发|途径"), needed=True),
        Column("template", "模板 ID", re.compile("模板"), needed=True, empty="照配置文件的"),
        Column("fields", "字段", re.compile("字段"), in_lines=True),
        Column("filed", "配置文件里的（只看）", is_told=False),
    )
    named_by = ("notice", "way")
    holds = (Template,)

    def __init__(
        self,
        session: Session,
        ways: Mapping[Way, Mapping[str, str]],
        called: Called,
        *,
        by: Person,
        now: datetime,
    ) -> None:
        super().__init__(session)
        self._ways, self._called, self._by, self._now = ways, called, by, now
        # What a page explains in brackets nobody types.
        self._parts = {part: name.partition("（")[0] for part, name in called.parts.items()}

    @cached_property
    def _slots(self) -> dict[tuple[Way, NoticeKind], Slot]:
        entered = templates.in_force(self._session)
        return {
            (way, kind): Slot(way, kind, entered.get(way, {}).get(kind.value))
            for way in self._ways
            for kind in self._called.notices
        }

    def everything(self) -> Iterable[Slot]:
        return self._slots.values()

    def cells(self, thing: Slot) -> dict[str, Cell]:
        account, way = thing.way
        layout = templates.read(thing.setting) if thing.setting else None
        fields = [f"{name} {self._parts[part]}" for name, part in layout.fields] if layout else []
        return {
            "account": self._called.accounts[account],
            "notice": self._called.notices[thing.kind],
            "way": self._called.ways[way],
            "template": layout.template_id if layout else "" if thing.setting is None else NONE,
            "fields": "\n".join(fields),
            "filed": self._ways[thing.way].get(thing.kind.value, "").partition(":")[0],
        }

    def find(self, row: Row) -> Slot:
        account = lists.chosen(self._called.accounts, row["account"], Slip.ACCOUNT, "account")
        kind = lists.chosen(self._called.notices, row["notice"], Slip.NOTICE, "notice")
        way = lists.chosen(self._called.ways, row["way"], Slip.WAY, "way")
        found = self._slots.get(((account, way), kind))
        if found is None:
            raise Slipped(Slip.WAY, "way")
        return found

    def put(self, row: Row, thing: Slot | None) -> Slot | None:
        if thing is None:
            return None
        (account, way), template, fields = thing.way, row["template"], self._fields(row, thing)
        if not template and fields and row.get("fields"):
            raise Slipped(Slip.TEMPLATE_ID, "template")
        if not template:
            templates.forget(self._session, account, way, thing.kind)
            thing.setting = None
            return thing
        layout = None if template == NONE else self._layout(template, fields)
        templates.keep(self._session, account, way, thing.kind, layout, by=self._by, now=self._now)
        thing.setting = layout.setting if layout else ""
        return thing

    def _fields(self, row: Row, thing: Slot) -> list[tuple[str, str]]:
        if "fields" not in row:
            layout = templates.read(thing.setting) if thing.setting else None
            return [(name, part.value) for name, part in layout.fields] if layout else []
        found = []
        for line in filter(None, row["fields"].split("\n")):
            name, _, said = line.partition(" ")
            found.append((name, lists.chosen(self._parts, said, Slip.TEMPLATE_PART, "fields").value))
        if len(found) > MOST_FIELDS:
            raise Slipped(Slip.TEMPLATE_FIELD, "fields")
        return found

    @staticmethod
    def _layout(template: str, fields: list[tuple[str, str]]) -> templates.Layout:
        try:
            return templates.layout_of(template, fields)
        except Slipped as slipped:
            raise Slipped(slipped.slip, "template" if slipped.column == "template" else "fields") from None
