"""Lists of the deployment's own days off and make-up days (工作日历): how they are written, and what a row makes of one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import days
from models.own_day import OwnDay
from models.slips import Slip, Slipped
from nlp import lists
from nlp.lists import Cell, Column, OneARow, Row

WORKING, FREE, OFFICIAL = "上班", "放假", "照国家的"


class DayList(OneARow[OwnDay]):
    """The days from today on; what is past stays as it was."""

    columns = (
        Column("day", "日期", re.compile("日期|日子|哪天"), needed=True),
        Column("working", "上班还是放假", re.compile("上班|放假|安排"), needed=True),
        Column("name", "为什么", re.compile("为什么|名称|说明|备注")),
    )
    named_by = ("day",)
    holds = (OwnDay,)

    def __init__(self, session: Session, *, today: date) -> None:
        super().__init__(session)
        self._today = today

    @cached_property
    def _days(self) -> dict[date, OwnDay]:
        return {each.day: each for each in self._session.scalars(select(OwnDay).order_by(OwnDay.day))}

    def everything(self) -> Iterable[OwnDay]:
        return (each for each in self._days.values() if each.day >= self._today)

    def called(self, row: Row) -> str:
        try:
            return lists.day(row["day"], "day").isoformat()
        except Slipped:
            return super().called(row)

    def cells(self, thing: OwnDay) -> dict[str, Cell]:
        return {
            "day": thing.day.isoformat(),
            "working": WORKING if thing.working else FREE,
            "name": thing.name,
        }

    def find(self, row: Row) -> OwnDay | None:
        return self._days.get(lists.day(row["day"], "day"))

    def put(self, row: Row, thing: OwnDay | None) -> OwnDay | None:
        day = lists.day(row["day"], "day")
        name = row.get("name", thing.name if thing is not None else "")
        working = lists.chosen({True: WORKING, False: FREE, None: OFFICIAL}, row["working"], Slip.WORKING, "working")
        if working is None:
            if thing is not None:
                days.take_back(self._session, day, today=self._today)
                del self._days[day]
            return None
        try:
            days.enter(self._session, day, day, working=working, name=name, today=self._today)
        except Slipped as slipped:
            raise Slipped(slipped.slip, "name" if slipped.column == "name" else "day", **slipped.facts) from None
        made = self._days[day] = self._session.get_one(OwnDay, day)
        return made
