"""Lists of riders' teams (队伍), one row a member: how they are written, and what a row makes of one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import riders
from models.person import Person
from models.rider import Team
from models.slips import Slip, Slipped
from nlp.lists import Cell, Column, Names, OneARow, Places, Row

LONGEST = 40


@dataclass(eq=False, slots=True)
class Membership:
    """Somebody in a team; nobody in one that has no member yet."""

    team: Team
    person_id: int | None


class TeamList(OneARow[Membership]):
    """Teams of areas and who belongs to them: made and joined. `around` are the riders who may belong to one."""

    columns = (
        Column("team", "队伍", re.compile("队伍|队名|名称"), needed=True),
        Column("area", "哪里", re.compile("哪里|地方|社区|街道"), needed=True),
        Column("person", "队员", re.compile("队员|姓名|骑手")),
    )
    named_by = ("team", "person")
    holds = (Team,)

    def __init__(self, session: Session, among: set[int], *, around: Collection[Person], now: datetime) -> None:
        super().__init__(session)
        self._among, self._around, self._now = among, around, now

    @cached_property
    def _places(self) -> Places:
        return Places(self._session, self._among)

    @cached_property
    def _teams(self) -> dict[tuple[str, int], Team]:
        found = select(Team).where(Team.area_id.in_(self._places.ids), Team.active.is_(True)).order_by(Team.name)
        return {(each.name, each.area_id): each for each in self._session.scalars(found)}

    @cached_property
    def _members(self) -> dict[int, list[Person]]:
        return riders.members_of(self._session, self._teams.values())

    @cached_property
    def _names(self) -> Names:
        return Names([*self._around, *(person for members in self._members.values() for person in members)])

    @cached_property
    def _all(self) -> dict[tuple[int, int | None], Membership]:
        nobody: Sequence[None] = (None,)
        return {
            (team.id, person.id if person else None): Membership(team, person.id if person else None)
            for team in self._teams.values()
            for person in self._members.get(team.id) or nobody
        }

    def everything(self) -> Iterable[Membership]:
        return self._all.values()

    def cells(self, thing: Membership) -> dict[str, Cell]:
        return {
            "team": thing.team.name,
            "area": self._places.said(thing.team.area_id),
            "person": self._names.said(thing.person_id),
        }

    def find(self, row: Row) -> Membership | None:
        team = self._teams.get((row["team"], self._places.one(row["area"]).id))
        return self._all.get((team.id, self._person_id(row))) if team is not None else None

    def put(self, row: Row, thing: Membership | None) -> Membership:
        name, area, person_id = row["team"], self._places.one(row["area"]), self._person_id(row)
        if not name:
            raise Slipped(Slip.MISSING, "team")
        if len(name) > LONGEST:
            raise Slipped(Slip.LONG, "team", most=LONGEST)
        team = self._teams.get((name, area.id))
        if team is None:
            team = self._teams[name, area.id] = riders.make_team(self._session, name, area, now=self._now)
        if person_id is not None:
            riders.join_team(self._session, team, self._session.get_one(Person, person_id), now=self._now)
        made = thing or Membership(team, person_id)
        self._all[team.id, person_id] = made
        return made

    def _person_id(self, row: Row) -> int | None:
        said = row.get("person", "")
        return self._names.one(said, "person", Slip.RIDER).id if said else None
