"""Lists of people (人员名单): who does what where, one row a role; how they are written, and what a row makes of one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from models import areas, people, rights
from models.area import Area, AreaKind
from models.category import Category
from models.person import Person, Role, RoleKind, RoleStatus
from models.slips import Slip, Slipped
from models.uploads import Change, Line
from nlp import lists, phones
from nlp.lists import Cell, Column, Listed, Places, Row, several
from nlp.services import services_named

ROLES = {
    RoleKind.MEMBER: "志愿者",
    RoleKind.GRID: "网格员",
    RoleKind.PROPERTY: "物业",
    RoleKind.STAFF: "社区工作者",
    RoleKind.STREET: "街道",
    RoleKind.DEPARTMENT: "部门",
}
"""What a list gives; an administrator is made one by one, and riders register themselves."""

_CALLED = {name: kind for kind, name in ROLES.items()} | {
    "党员": RoleKind.MEMBER,
    "下沉党员": RoleKind.MEMBER,
    "楼栋长": RoleKind.GRID,
    "物业楼管员": RoleKind.PROPERTY,
    "社区": RoleKind.STAFF,
    "社工": RoleKind.STAFF,
    "街道工作者": RoleKind.STREET,
    "职能部门": RoleKind.DEPARTMENT,
}

_RIGHTS = people.STAFF_KINDS | {RoleKind.DEPARTMENT}

LONGEST_NAME = 20
_HIDDEN = "*"
"""A number that was hidden when the list was written out: it stays as it is."""


class PersonList(Listed[Role]):
    """The roles in force in areas, for those of `tops`: a row may mean somebody whom an earlier row has added. Roles are
    given, never ended: whoever does not stand in the list stays what they are. `hide` gives the number of each person as
    it may be shown.
    """

    columns = (
        Column("id", "编号", re.compile("^编号|^id$", re.IGNORECASE), is_told=False),
        Column("person", "姓名", re.compile("姓名|名字"), needed=True),
        Column("phone", "手机", re.compile("手机|电话|号码")),
        Column("role", "岗位", re.compile("岗位|身份|角色"), needed=True),
        Column("area", "哪里", re.compile("哪里|地方|社区|小区|区域|负责"), needed=True),
        Column("department", "部门", re.compile("部门|单位")),
        Column("skills", "特长", re.compile("特长|技能|擅长")),
    )
    named_by = ("person",)

    def __init__(self, session: Session, tops: Sequence[Area], *, now: datetime, hide: Callable[[str], str]) -> None:
        super().__init__(session)
        self._tops, self._now, self._hide = tops, now, hide
        self._given: set[tuple[int, RoleKind, int]] = set()

    @cached_property
    def _places(self) -> Places:
        return Places(self._session, self._mine)

    @cached_property
    def _mine(self) -> set[int]:
        return lists.inside(areas.all_areas(self._session), self._tops)

    @cached_property
    def _people(self) -> dict[int, Person]:
        known = self._session.scalars(
            select(Person)
            .join(Role, Role.person_id == Person.id)
            .where(Role.area_id.in_(self._mine), Person.erased_at.is_(None))
            .distinct()
            .options(selectinload(Person.roles), selectinload(Person.skills))
        )
        return {each.id: each for each in known}

    @cached_property
    def _skills(self) -> set[str]:
        return {skill for category in self._session.scalars(select(Category)) for skill in category.skills}

    def everything(self) -> Iterable[Role]:
        found = self._session.scalars(
            select(Role)
            .where(Role.status == RoleStatus.ACTIVE, Role.kind.in_(ROLES))
            .order_by(Role.person_id, Role.id)
            .options(selectinload(Role.person).selectinload(Person.skills))
        )
        return (each for each in found if each.area_id in self._places.ids and each.person.erased_at is None)

    def cells(self, thing: Role) -> dict[str, Cell]:
        return {
            "id": thing.person_id,
            "person": thing.person.name,
            "phone": self._hide(thing.person.phone) if thing.person.phone else "",
            "role": ROLES[thing.kind],
            "area": self._places.said(thing.area_id),
            "department": thing.department,
            "skills": "、".join(each.skill for each in thing.person.skills),
        }

    def take(self, number: int, row: Row) -> Line:
        """Who they are, what they do and what they can: three things in one row."""
        name, phone = row["person"], self._phone(row.get("phone", ""))
        if not name:
            raise Slipped(Slip.MISSING, "person")
        if len(name) > LONGEST_NAME:
            raise Slipped(Slip.LONG, "person", most=LONGEST_NAME)
        kind, area = self._role(row["role"]), self._places.one(row["area"])
        if area.kind is AreaKind.BUILDING and kind not in (RoleKind.GRID, RoleKind.PROPERTY):
            raise Slipped(Slip.ROLE_AREA, "area")
        department = "".join(row.get("department", "").split())[:40] if kind is RoleKind.DEPARTMENT else ""
        if kind is RoleKind.DEPARTMENT and not department:
            raise Slipped(Slip.MISSING, "department")
        skills = self._wanted(row.get("skills", ""))
        person = self._person(row, name, phone, area)
        is_new = person is None
        changes: list[Change] = []
        if person is None:
            person = Person(name=name, phone=phone, created_at=self._now, roles=[], skills=[])
            self._session.add(person)
            self._session.flush()
            self._people[person.id] = person
            if phone:
                changes.append(Change("phone", "", phone))
        else:
            changes += self._own(person, name, phone)
        if (person.id, kind, area.id) in self._given:
            raise Slipped(Slip.TWICE)
        self._given.add((person.id, kind, area.id))
        changes += self._give(person, kind, area, department)
        have = sorted(each.skill for each in person.skills)
        if skills and skills != have:
            people.set_skills(self._session, person, skills)
            changes.append(Change("skills", "、".join(have), "、".join(skills)))
        return Line(number, name, is_new=is_new, changes=changes)

    def _phone(self, said: str) -> str:
        if _HIDDEN in said:
            return ""
        phone = phones.number(said)
        if phone is None:
            raise Slipped(Slip.PHONE, "phone")
        return phone

    def _role(self, said: str) -> RoleKind:
        kind = _CALLED.get(said)
        if kind is None:
            raise Slipped(Slip.ROLE, "role")
        return kind

    def _wanted(self, said: str) -> list[str]:
        found = sorted(several(said))
        strange = [each for each in found if each not in self._skills and each not in services_named(each)]
        if strange:
            raise Slipped(Slip.SKILL_UNKNOWN, "skills", word=strange[0])
        return found

    def _person(self, row: Row, name: str, phone: str, area: Area) -> Person | None:
        """Whom a row means: by number, then by telephone, then by a name that only one has here; None: somebody new."""
        if person := lists.numbered(self._people, row):
            return person
        if phone:
            same = [each for each in self._people.values() if each.phone == phone]
            if any(each.name != name for each in same):
                raise Slipped(Slip.PHONE_TAKEN, "phone")
            if same:
                return same[0]
        namesakes = [each for each in self._people.values() if each.name == name and (not phone or not each.phone)]
        here = [each for each in namesakes if any(role.area_id == area.id for role in each.roles)]
        if len(here) == 1:
            return here[0]
        if namesakes and not phone:
            raise Slipped(Slip.ALIKE, "person")
        return None

    def _own(self, person: Person, name: str, phone: str) -> list[Change]:
        changes = []
        is_changed = person.name != name or bool(phone) and person.phone != phone
        if is_changed and self._has_rights_elsewhere(person):
            raise Slipped(Slip.ELSEWHERE, "person")
        if person.name != name:
            changes.append(Change("person", person.name, name))
            person.name = name
        if phone and person.phone != phone:
            if any(each.phone == phone and each is not person for each in self._people.values()):
                raise Slipped(Slip.PHONE_TAKEN, "phone")
            changes.append(Change("phone", _HIDDEN if person.phone else "", phone))
            # What they agreed to was said of the number before; of this one nobody has asked them.
            person.phone, person.consented_at = phone, None
        return changes

    def _has_rights_elsewhere(self, person: Person) -> bool:
        """As for a password: who they are is changed by whoever looks after all of what they may do."""
        return any(
            role.kind in _RIGHTS and role.status is RoleStatus.ACTIVE and role.area_id not in self._mine
            for role in person.roles
        )

    def _give(self, person: Person, kind: RoleKind, area: Area, department: str) -> list[Change]:
        for role in person.roles:
            same = role.kind is kind and role.area_id == area.id and role.status is RoleStatus.ACTIVE
            if same and role.department == department:
                return []
        rights.give(self._session, person, kind, area, now=self._now, department=department)
        return [Change("role", "", f"{ROLES[kind]} · {area.name}{' · ' + department if department else ''}")]
