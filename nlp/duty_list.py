"""Lists of duty rosters (值班表): how turns are written, and what a row makes of one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import date, time, timedelta
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import duty
from models.area import Area
from models.person import Person
from models.roster import Duty
from models.slips import Slip, Slipped
from models.uploads import Change, Line
from nlp import lists
from nlp.lists import Cell, Column, Names, OneARow, Places, Row

WEEKDAYS = "一二三四五六日"
AHEAD = timedelta(days=400)

_WEEKDAY = re.compile(rf"(?:每?周|星期|礼拜)([{WEEKDAYS}天])")
_TIME = re.compile(r"(\d{1,2})[:：](\d{2})(?::00)?", re.ASCII)

When = tuple[int, int | None, date | None]
"""An area's weekday, or one day of it."""


class DutyList(OneARow[Duty]):
    """The turns of every week and of single days from today on. A weekday or a day that stands in the list is as the list
    says: its other turns are gone; what the list does not name stays.
    """

    columns = (
        Column("area", "哪里", re.compile("哪里|地方|社区|街道"), needed=True),
        Column("when", "哪天", re.compile("哪天|日期|星期|周几"), needed=True),
        Column("begins", "从", re.compile("^从|开始|上班"), needed=True),
        Column("ends", "到", re.compile("^到|结束|下班"), needed=True),
        Column("first", "第一位", re.compile("第一|值班"), needed=True),
        Column("second", "第二位", re.compile("第二|备班")),
    )
    named_by = ("area", "when", "begins")

    def __init__(self, session: Session, among: Collection[int], *, today: date) -> None:
        super().__init__(session)
        self._among, self._today = among, today
        self._people: dict[int, tuple[Names, set[int]]] = {}
        self._named: set[When] = set()

    def begin(self) -> None:
        """Whoever writes one of these rosters does so afterwards, as on their page."""
        held = select(Area.id).where(Area.id.in_(self._among)).order_by(Area.id).with_for_update()
        self._session.execute(held)

    @cached_property
    def _places(self) -> Places:
        return Places(self._session, set(self._among))

    @cached_property
    def _duties(self) -> list[Duty]:
        found = select(Duty).where(Duty.area_id.in_(self._places.ids))
        everyone = self._session.scalars(found.order_by(Duty.area_id, Duty.day, Duty.weekday, Duty.begins, Duty.id))
        return sorted(everyone, key=lambda each: (each.area_id, each.day or date.min))

    def everything(self) -> Iterable[Duty]:
        return (each for each in self._duties if each.day is None or each.day >= self._today)

    def cells(self, thing: Duty) -> dict[str, Cell]:
        names, _ = self._of(thing.area_id)
        return {
            "area": self._places.said(thing.area_id),
            "when": thing.day.isoformat() if thing.day is not None else f"周{WEEKDAYS[thing.weekday or 0]}",
            "begins": f"{thing.begins:%H:%M}",
            "ends": f"{thing.ends:%H:%M}",
            "first": names.said(thing.first_id),
            "second": names.said(thing.second_id),
        }

    def find(self, row: Row) -> Duty | None:
        when = self._when(row)
        self._named.add(when)
        times = (_time(row, "begins"), _time(row, "ends"))
        same = [each for each in self._duties if _of_when(each) == when and (each.begins, each.ends) == times]
        told = [each for each in same if self._says(row, each)]
        free = [each for each in (*told, *same) if id(each) not in self._done]
        return next(iter((*free, *told)), None)

    def put(self, row: Row, thing: Duty | None) -> Duty:
        when = self._when(row)
        area_id, weekday, day = when
        if day is not None and not self._today <= day <= self._today + AHEAD:
            raise Slipped(Slip.DAY, "when")
        first = self._person(row, "first", area_id, thing.first_id if thing else None)
        second = thing.second_id if thing is not None else None
        if "second" in row:
            was = thing.second_id if thing is not None else None
            second = self._person(row, "second", area_id, was).id if row["second"] else None
        if second == first.id:
            raise Slipped(Slip.SAME_PERSON, "second")
        if thing is None:
            thing = Duty(area_id=area_id, weekday=weekday, day=day)
            thing.begins, thing.ends = _time(row, "begins"), _time(row, "ends")
            self._session.add(thing)
            self._duties.append(thing)
        thing.first_id, thing.second_id = first.id, second
        self._session.flush()
        return thing

    def rest(self) -> Iterable[Line]:
        """The other turns of the days that stand in the list."""
        lines = []
        for each in self._duties:
            if (
                id(each) not in self._done
                and _of_when(each) in self._named
                and (each.day or self._today) >= self._today
            ):
                cells = {key: str(cell) for key, cell in self.cells(each).items()}
                changes = [Change(key, cells[key], "") for key in ("ends", "first", "second") if cells[key]]
                lines.append(Line(0, self.called(cells), is_new=False, changes=changes, is_gone=True))
                self._session.delete(each)
        self._session.flush()
        return lines

    def _when(self, row: Row) -> When:
        area, said = self._places.one(row["area"]), row["when"]
        found = _WEEKDAY.fullmatch(said)
        if found is not None:
            return area.id, WEEKDAYS.index(found[1].replace("天", "日")), None
        try:
            return area.id, None, lists.day(said, "when")
        except Slipped:
            raise Slipped(Slip.WHEN, "when") from None

    def _says(self, row: Row, each: Duty) -> bool:
        cells = self.cells(each)
        return all(cells[key] == row[key] for key in ("first", "second") if key in row)

    def _of(self, area_id: int) -> tuple[Names, set[int]]:
        """Those who stand in an area's roster or may, by name, and the ids of those who may."""
        if area_id not in self._people:
            may = duty.candidates(self._session, self._session.get_one(Area, area_id))
            mine = [each for each in self._duties if each.area_id == area_id]
            ids = {each.first_id for each in mine} | {each.second_id for each in mine}
            there = self._session.scalars(select(Person).where(Person.id.in_(ids)))
            self._people[area_id] = Names([*may, *there]), {each.id for each in may}
        return self._people[area_id]

    def _person(self, row: Row, column: str, area_id: int, was: int | None) -> Person:
        names, may = self._of(area_id)
        if not row[column]:
            raise Slipped(Slip.MISSING, column)
        found = names.one(row[column], column, Slip.ON_DUTY)
        if found.id not in may and found.id != was:
            raise Slipped(Slip.ON_DUTY, column)
        return found


def _of_when(each: Duty) -> When:
    return each.area_id, each.weekday if each.day is None else None, each.day


def _time(row: Row, column: str) -> time:
    found = _TIME.fullmatch(row[column])
    hour, minute = (int(found[1]), int(found[2])) if found else (99, 0)
    if (hour, minute) == (24, 0):
        return time()
    if hour > 23 or minute > 59:
        raise Slipped(Slip.TIME, column)
    return time(hour, minute)
