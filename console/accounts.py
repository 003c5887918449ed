"""Accounts and roles, for the administrator: who may sign in, what they may do, where, for what and until when."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload
from werkzeug.exceptions import NotFound

from console import login
from console.house import FormMisfit, House, argument, as_id, browser, clean, field, page_number
from console.login import LoginFault, LoginRefused
from console.places import tree
from console.sight import Sight
from models import audits, people, rights
from models.area import Area
from models.audit import AuditKind
from models.clock import CHINA
from models.errors import Refused
from models.person import CodeKind, Login, Person, Role, RoleKind, RoleStatus
from texts import gate as said

PAGE_SIZE = 50

BIND_MINUTES = 24 * 60
"""How long somebody has to say their code in the chat."""


def add_accounts(blueprint: Blueprint, house: House) -> None:
    """The pages."""

    def refused(fault: str, person_id: int | None) -> ResponseReturnValue:
        with house.looking() as sight:
            if person_id is None:
                return house.page("accounts.html", sight, **_list(sight), fault=said.FAULTS[fault]), 409
            return house.page("account_of.html", sight, **_one(sight, person_id), fault=said.FAULTS[fault]), 409

    @blueprint.get("/accounts")
    def account_list() -> str:
        with house.looking() as sight:
            return house.page("accounts.html", sight, **_list(sight))

    @blueprint.post("/accounts")
    def account_made() -> ResponseReturnValue:
        try:
            with house.doing() as sight:
                sight.accounts()
                name = field("name", most=40)
                if not name:
                    raise FormMisfit("name")
                person = Person(name=name, created_at=sight.now, roles=[])
                sight.session.add(person)
                sight.session.flush()
                _give(sight, person)
                password = _new_login(sight, person)
                sight.session.flush()
                return house.page("account_of.html", sight, **_one(sight, person.id), password=password)
        except (FormMisfit, LoginRefused) as fault:
            return refused(_word(fault), None)

    @blueprint.get("/accounts/<int(max=999999999999):person_id>")
    def account_of(person_id: int) -> str:
        with house.looking() as sight:
            return house.page("account_of.html", sight, **_one(sight, person_id))

    @blueprint.post("/accounts/<int(max=999999999999):person_id>/password")
    def account_password(person_id: int) -> ResponseReturnValue:
        try:
            with house.doing() as sight:
                person = sight.account(person_id)
                if not sight.may_reset(person):
                    raise FormMisfit("elsewhere")
                known = _login_of(sight, person)
                if known is None:
                    password = _new_login(sight, person)
                else:
                    password = login.new_password()
                    login.reset_password(sight.session, known.name, password)
                    _note(sight, AuditKind.PASSWORD_RESET, f"people/{person.id}")
                return house.page("account_of.html", sight, **_one(sight, person_id), password=password)
        except (FormMisfit, LoginRefused) as fault:
            return refused(_word(fault), person_id)

    @blueprint.post("/accounts/<int(max=999999999999):person_id>/code")
    def account_code(person_id: int) -> ResponseReturnValue:
        """A code with which the person, in the chat, becomes who they are in the list: as much as a password opens."""
        try:
            with house.doing() as sight:
                person = sight.account(person_id)
                if not sight.may_reset(person):
                    raise FormMisfit("elsewhere")
                code = people.new_code(sight.session, CodeKind.BIND, now=sight.now, minutes=BIND_MINUTES, person=person)
                return house.page("account_of.html", sight, **_one(sight, person_id), code=code)
        except FormMisfit as fault:
            return refused(_word(fault), person_id)

    @blueprint.post("/accounts/<int(max=999999999999):person_id>/roles")
    def role_given(person_id: int) -> ResponseReturnValue:
        try:
            with house.doing() as sight:
                _give(sight, sight.account(person_id))
        except FormMisfit as fault:
            return refused(_word(fault), person_id)
        return redirect(url_for(".account_of", person_id=person_id, done="role_given"), 303)

    @blueprint.post("/accounts/<int(max=999999999999):person_id>/roles/<int(max=999999999999):role_id>/end")
    def role_ended(person_id: int, role_id: int) -> ResponseReturnValue:
        try:
            with house.doing() as sight:
                person = sight.account(person_id)
                role = sight.session.get(Role, role_id, with_for_update=True)
                here = {area.id for area in sight.account_areas()}
                if role is None or role.person_id != person.id or role.area_id not in here:
                    raise NotFound
                if role.kind is RoleKind.ADMIN and person.id == sight.person.id:
                    # Otherwise nobody might be left to give it back.
                    raise FormMisfit("own")
                rights.end(sight.session, role, now=sight.now)
                _note(sight, AuditKind.ROLE_ENDED, f"people/{person.id}", role)
        except FormMisfit as fault:
            return refused(_word(fault), person_id)
        return redirect(url_for(".account_of", person_id=person_id, done="role_ended"), 303)


def _word(fault: FormMisfit | LoginRefused) -> str:
    return fault.fault.value if isinstance(fault, LoginRefused) else str(fault)


def _note(sight: Sight, kind: AuditKind, about: str, role: Role | None = None) -> None:
    facts: dict[str, Any] = {}
    if role is not None:
        until = role.until.isoformat() if role.until else None
        facts = {"role": role.kind.value, "area": role.area_id, "categories": role.categories, "until": until}
    audits.write(
        sight.session,
        kind,
        about=about,
        by_id=sight.person.id,
        address=browser().address,
        now=sight.now,
        facts=facts,
    )


def _login_of(sight: Sight, person: Person) -> Login | None:
    return sight.session.scalar(select(Login).where(Login.person_id == person.id).order_by(Login.id).limit(1))


def _new_login(sight: Sight, person: Person) -> str:
    """An account for somebody who has none; gives its first password. Raises LoginRefused."""
    name, password = field("login", most=40), login.new_password()
    if login.find(sight.session, name) is not None:
        raise LoginRefused(LoginFault.NAME_TAKEN)
    login.create_login(sight.session, name, password, person, now=sight.now)
    _note(sight, AuditKind.LOGIN_MADE, f"people/{person.id}")
    return password


def _give(sight: Sight, person: Person) -> None:
    """The role of the form. Raises FormMisfit."""
    kind, chosen = field("kind", most=20), as_id(field("area"))
    if kind not in list(rights.GIVEN):
        raise FormMisfit("kind")
    area = next((each for each in sight.account_areas() if each.id == chosen), None)
    if area is None:
        raise FormMisfit("area")
    categories = [clean(each, most=40) for each in request.form.getlist("category")]
    try:
        role = rights.give(
            sight.session,
            person,
            RoleKind(kind),
            area,
            now=sight.now,
            department="".join(field("department", most=40).split()),
            categories=categories,
            until=_until(),
        )
    except Refused as fault:
        raise FormMisfit(fault.reason.value) from fault
    _note(sight, AuditKind.ROLE_GRANTED, f"people/{person.id}", role)


def _until() -> datetime | None:
    """The end of the last day of the form; None for no end. Raises FormMisfit."""
    given = field("until", most=10)
    if not given:
        return None
    try:
        return datetime.combine(date.fromisoformat(given), time(), CHINA) + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise FormMisfit("date") from error


def _choices(sight: Sight) -> dict[str, Any]:
    return {
        "kinds": rights.GIVEN,
        "tree": tree(sight.account_areas()),
        "categories": sight.categories(),
        "draft": {name: field(name) for name in request.form},
        "said": said,
    }


def _list(sight: Sight) -> dict[str, Any]:
    sight.note(AuditKind.SAW_PEOPLE, "accounts")
    wanted, page = argument("name", most=40), page_number()
    query = select(Person).where(sight.accounts())
    if wanted:
        by_login = select(Login.person_id).where(Login.name == wanted)
        query = query.where(or_(Person.name.contains(wanted, autoescape=True), Person.id.in_(by_login)))
    else:
        staff = [RoleKind.STAFF, RoleKind.STREET, RoleKind.DEPARTMENT, RoleKind.ADMIN]
        working = select(Role.person_id).where(Role.kind.in_(staff), Role.status == RoleStatus.ACTIVE)
        query = query.where(or_(Person.id.in_(working), Person.id.in_(select(Login.person_id))))
    found = sight.session.scalars(
        query.order_by(Person.name, Person.id)
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE + 1)
        .options(selectinload(Person.roles))
    ).all()
    shown = found[:PAGE_SIZE]
    logins = sight.session.execute(
        select(Login.person_id, Login.name).where(Login.person_id.in_([each.id for each in shown])).order_by(Login.id)
    ).all()
    return {
        "people": shown,
        "logins": dict(reversed([(person_id, name) for person_id, name in logins])),
        "areas": _areas(sight, shown),
        "wanted": wanted,
        "page": page,
        "more": len(found) > PAGE_SIZE,
        **_choices(sight),
    }


def _one(sight: Sight, person_id: int) -> dict[str, Any]:
    person = sight.account(person_id)
    sight.note(AuditKind.SAW_PEOPLE, f"people/{person.id}")
    sight.session.expire(person, ["roles"])
    here = {area.id for area in sight.account_areas()}
    return {
        "whose": person,
        "login": _login_of(sight, person),
        "roles": [(role, role.area_id in here) for role in person.roles if role.status is RoleStatus.ACTIVE],
        "areas": _areas(sight, [person]),
        "may_reset": sight.may_reset(person),
        **_choices(sight),
    }


def _areas(sight: Sight, people: Any) -> dict[int, str]:
    ids = {role.area_id for person in people for role in person.roles}
    return dict(sight.session.execute(select(Area.id, Area.name).where(Area.id.in_(ids))).all())
