"""Lists of ready answers (常用的话): how they are written, and what a row makes of one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.desktop import ReadyAnswer
from models.person import Person
from models.slips import Slip, Slipped
from nlp import lists
from nlp.lists import Cell, Column, OneARow, Places, Row

MOST, LONGEST = 40, 600
"""Of one area, and of one of them in characters: as many as the pages show."""


class ReadyList(OneARow[ReadyAnswer]):
    """Those of areas; one without a number is the one there that says the same."""

    columns = (
        Column("id", "编号", re.compile("^编号|^id$", re.IGNORECASE), is_told=False),
        Column("said", "话", re.compile("话|内容|答复"), needed=True, in_lines=True),
        Column("area", "给哪里用", re.compile("哪里|地方|社区|街道"), needed=True),
    )
    named_by = ("said",)
    holds = (ReadyAnswer,)

    def __init__(self, session: Session, among: set[int], *, by: Person, now: datetime) -> None:
        super().__init__(session)
        self._among, self._by, self._now = among, by, now

    @cached_property
    def _places(self) -> Places:
        return Places(self._session, self._among)

    @cached_property
    def _answers(self) -> dict[int, ReadyAnswer]:
        found = select(ReadyAnswer).where(ReadyAnswer.area_id.in_(self._places.ids)).order_by(ReadyAnswer.id)
        return {each.id: each for each in self._session.scalars(found)}

    def everything(self) -> Iterable[ReadyAnswer]:
        return self._answers.values()

    def cells(self, thing: ReadyAnswer) -> dict[str, Cell]:
        return {"id": thing.id, "said": thing.text, "area": self._places.said(thing.area_id)}

    def find(self, row: Row) -> ReadyAnswer | None:
        if found := lists.numbered(self._answers, row):
            return found
        area = self._places.one(row["area"])
        same = (each for each in self._answers.values() if (each.text, each.area_id) == (row["said"], area.id))
        return next(same, None)

    def put(self, row: Row, thing: ReadyAnswer | None) -> ReadyAnswer:
        area = self._places.one(row["area"])
        if not row["said"]:
            raise Slipped(Slip.MISSING, "said")
        if len(row["said"]) > LONGEST:
            raise Slipped(Slip.LONG, "said", most=LONGEST)
        if thing is None:
            thing = ReadyAnswer()
            self._session.add(thing)
        thing.text, thing.area_id, thing.by_id, thing.changed_at = row["said"], area.id, self._by.id, self._now
        self._session.flush()
        self._answers[thing.id] = thing
        if sum(each.area_id == area.id for each in self._answers.values()) > MOST:
            raise Slipped(Slip.READY_MANY, "area", most=MOST)
        return thing
