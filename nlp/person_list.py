"""Lists of people (人员名单): who does what where, written out, and brought in row by row; one row a role."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from models import areas, people, rights
from models.area import Area, AreaKind
from models.category import Category
from models.person import Person, Role, RoleKind, RoleStatus
from models.slips import Slip, Slipped
from models.uploads import Change, Line, Outcome
from nlp import lists, phones
from nlp.lists import Column, several
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

COLUMNS = (
    Column("id", "编号", re.compile("^编号|^id$", re.IGNORECASE)),
    Column("name", "姓名", re.compile("姓名|名字"), needed=True),
    Column("phone", "手机", re.compile("手机|电话|号码")),
    Column("role", "岗位", re.compile("岗位|身份|角色"), needed=True),
    Column("area", "哪里", re.compile("哪里|地方|社区|小区|区域|负责"), needed=True),
    Column("department", "部门", re.compile("部门|单位")),
    Column("skills", "特长", re.compile("特长|技能|擅长")),
)
HEAD = tuple(column.head for column in COLUMNS)

_RIGHTS = people.STAFF_KINDS | {RoleKind.DEPARTMENT}

LONGEST_NAME = 20
_HIDDEN = "*"
"""A number that was hidden when the list was written out: it stays as it is."""


def table(session: Session, tops: Sequence[Area], hide: Mapping[int, str]) -> list[list[str | float | None]]:
    """The roles in force in areas; `hide` gives the number of each person as it may be shown."""
    everything = {each.id: each for each in areas.all_areas(session)}
    mine = lists.inside(everything.values(), tops)
    found = session.scalars(
        select(Role)
        .where(Role.status == RoleStatus.ACTIVE, Role.kind.in_(ROLES))
        .order_by(Role.person_id, Role.id)
        .options(selectinload(Role.person).selectinload(Person.skills))
    )
    return [
        [
            role.person_id,
            role.person.name,
            hide.get(role.person_id, ""),
            ROLES[role.kind],
            path_name(everything[role.area_id], everything),
            role.department,
            "、".join(each.skill for each in role.person.skills),
        ]
        for role in found
        if role.area_id in mine and role.person.erased_at is None
    ]


def path_name(area: Area, everything: Mapping[int, Area]) -> str:
    """An area with what it lies in, from the street down."""
    steps = [everything[each] for each in areas.ids_on(area.path)]
    return "/".join(each.name for each in steps if each.kind not in (AreaKind.CITY, AreaKind.DISTRICT)) or area.name


def bring(session: Session, given: Sequence[Sequence[str]], tops: Sequence[Area], *, now: datetime) -> Outcome:
    """Carries a list out, for areas in those of `tops`; what is wrong is collected, and then nothing may be kept. Roles
    are given, never ended: whoever does not stand in the list stays what they are.
    """
    return lists.bring(given, COLUMNS, lambda: _Bringing(session, tops, now=now).take)


class _Bringing:
    """Everybody of the areas while a list goes in: a row may mean somebody whom an earlier row has added."""

    def __init__(self, session: Session, tops: Sequence[Area], *, now: datetime) -> None:
        self._session = session
        self._now = now
        everything = {each.id: each for each in areas.all_areas(session)}
        self._mine = lists.inside(everything.values(), tops)
        self._areas = lists.by_path(everything, self._mine)
        known = session.scalars(
            select(Person)
            .join(Role, Role.person_id == Person.id)
            .where(Role.area_id.in_(self._mine), Person.erased_at.is_(None))
            .distinct()
            .options(selectinload(Person.roles), selectinload(Person.skills))
        ).all()
        self._people = {each.id: each for each in known}
        self._skills = {skill for category in session.scalars(select(Category)) for skill in category.skills}
        self._done: set[tuple[int, RoleKind, int]] = set()

    def take(self, number: int, row: Mapping[str, str]) -> Line:
        name, phone = row["name"], self._phone(row.get("phone", ""))
        if not name:
            raise Slipped(Slip.MISSING, "person")
        if len(name) > LONGEST_NAME:
            raise Slipped(Slip.LONG, "person", most=LONGEST_NAME)
        kind, area = self._role(row["role"]), lists.only(self._areas, row["area"])
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
        if (person.id, kind, area.id) in self._done:
            raise Slipped(Slip.TWICE)
        self._done.add((person.id, kind, area.id))
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

    def _person(self, row: Mapping[str, str], name: str, phone: str, area: Area) -> Person | None:
        """Whom a row means: by number, then by telephone, then by a name that only one has here; None: somebody new."""
        if row.get("id"):
            person = self._people.get(int(row["id"])) if row["id"].isascii() and row["id"].isdigit() else None
            if person is None:
                raise Slipped(Slip.NUMBER, "id")
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
