"""The corp's directory: members, departments and tags, as an app made after June 2022 may read and change them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import request

from sandbox.api import Refused
from sandbox.envelope import clean
from sandbox.state import Full, Person
from sandbox.wecom.corp import ROOT, App, Department, Tag
from sandbox.wecom.reading import invalid, numbers_of, text_of, texts_of, whole_of

_MOST, _NAME_LIMIT = 3000, 32
_FORBIDDEN = frozenset(':*?"<>|\\')
_OK = {"errcode": 0, "errmsg": "ok"}


def _argument(name: str) -> str:
    return request.args.get(name) or ""


# Members


def _described(app: App, person: Person) -> dict[str, Any]:
    """Without mobile, mail, picture and address: those come by the member's own consent only."""
    homes = app.corp.homes_of(person.key)
    return {
        "userid": person.key,
        "name": person.name,
        "department": homes,
        "order": [0] * len(homes),
        "position": "",
        "is_leader_in_dept": [0] * len(homes),
        "direct_leader": [],
        "telephone": "",
        "alias": "",
        "extattr": {"attrs": []},
        "status": 1,
        "main_department": homes[0],
    }


def user_get(app: App) -> dict[str, Any]:
    """GET user/get."""
    if not _argument("userid"):
        raise Refused(41009)
    person = app.member(_argument("userid"))
    if person is None:
        raise Refused(60111)
    return {**_OK, **_described(app, person)}


def _of_department(app: App) -> list[Person]:
    department = whole_of(request.args, "department_id")
    if department not in app.corp.departments:
        raise Refused(60003)
    if _argument("fetch_child") == "1":
        return app.in_departments([department])
    return [person for person in app.members() if department in app.corp.homes_of(person.key)]


def user_list(app: App) -> dict[str, Any]:
    """GET user/list."""
    return {**_OK, "userlist": [_described(app, person) for person in _of_department(app)]}


def user_simplelist(app: App) -> dict[str, Any]:
    """GET user/simplelist."""
    listed = [
        {"userid": person.key, "name": person.name, "department": app.corp.homes_of(person.key)}
        for person in _of_department(app)
    ]
    return {**_OK, "userlist": listed}


def user_list_id(app: App) -> dict[str, Any]:
    """POST user/list_id: every member and department, a page at a time."""
    data = app.body()
    limit = min(whole_of(data, "limit", 10_000) or 10_000, 10_000)
    pairs = [(person.key, home) for person in app.members() for home in app.corp.homes_of(person.key)]
    cursor = text_of(data, "cursor", missing=None)
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise Refused(50100)
    start = int(cursor or 0)
    page = pairs[start : start + limit]
    more = str(start + limit) if start + limit < len(pairs) else ""
    return {**_OK, "next_cursor": more, "dept_user": [{"userid": user, "department": home} for user, home in page]}


def userid_by_mobile(app: App) -> dict[str, Any]:
    """POST user/getuserid: nobody's number is known here, as to an app that may not see it."""
    text_of(app.body(), "mobile", most=32)
    raise Refused(46004)


def userid_by_email(app: App) -> dict[str, Any]:
    """POST user/get_userid_by_email: nobody's address is known here."""
    text_of(app.body(), "email", most=64)
    raise Refused(46004)


def to_openid(app: App) -> dict[str, Any]:
    """POST user/convert_to_openid."""
    person = app.member(text_of(app.body(), "userid", most=64, missing=41009))
    if person is None:
        raise Refused(60111)
    return {**_OK, "openid": app.corp.openid(person.key)}


def to_userid(app: App) -> dict[str, Any]:
    """POST user/convert_to_userid."""
    wanted = text_of(app.body(), "openid", most=128)
    person = next((person for person in app.members() if app.corp.openid(person.key) == wanted), None)
    if person is None:
        raise Refused(40073)
    return {**_OK, "userid": person.key}


def _homes(app: App, data: Mapping[str, Any]) -> list[int]:
    homes = numbers_of(data, "department", most=20)
    if any(home not in app.corp.departments for home in homes):
        raise Refused(60123)
    return homes


def user_create(app: App) -> dict[str, Any]:
    """POST user/create."""
    data = app.body()
    key, name = text_of(data, "userid", most=64), clean(text_of(data, "name", most=64, missing=60112))
    if clean(key) != key or "|" in key or "/" in key:
        raise Refused(40003)
    if app.member(key) is not None:
        raise Refused(60102)
    homes = _homes(app, data) or [ROOT]
    try:
        person = app.world.meet(key, app.account.key, name)
    except Full as full:
        raise Refused(45024, "member count out of limit") from full
    with person.lock:
        person.seats[app.account.key].following = True
    with app.corp.lock:
        app.corp.homes[key] = homes
    return {"errcode": 0, "errmsg": "created"}


def user_update(app: App) -> dict[str, Any]:
    """POST user/update: the name and the departments."""
    data = app.body()
    person = app.member(text_of(data, "userid", most=64))
    if person is None:
        raise Refused(60111)
    homes, name = _homes(app, data), clean(text_of(data, "name", most=64, missing=None))
    if homes:
        with app.corp.lock:
            app.corp.homes[person.key] = homes
    if name:
        app.world.meet(person.key, app.account.key, name)
    return {"errcode": 0, "errmsg": "updated"}


def _leave(app: App, person: Person) -> None:
    with person.lock:
        person.seats[app.account.key].following = False
    with app.corp.lock:
        app.corp.homes.pop(person.key, None)


def user_delete(app: App) -> dict[str, Any]:
    """GET user/delete."""
    person = app.member(_argument("userid"))
    if person is None:
        raise Refused(60111)
    _leave(app, person)
    return {"errcode": 0, "errmsg": "deleted"}


def user_batchdelete(app: App) -> dict[str, Any]:
    """POST user/batchdelete: all of them, or none when one is unknown."""
    keys = texts_of(app.body(), "useridlist", most=200, code=40032)
    people = [app.member(key) for key in keys]
    if not people or None in people:
        raise Refused(40031)
    for person in people:
        if person is not None:
            _leave(app, person)
    return {"errcode": 0, "errmsg": "deleted"}


# Departments


def _department(app: App, data: Mapping[str, Any]) -> Department:
    found = app.corp.departments.get(whole_of(data, "id"))
    if found is None:
        raise Refused(60123)
    return found


def _listed(app: App, shape: Callable[[Department], dict[str, Any]]) -> list[dict[str, Any]]:
    top = whole_of(request.args, "id", ROOT)
    if top not in app.corp.departments:
        raise Refused(60123)
    with app.corp.lock:
        wanted = app.corp.below(top)
        return [shape(one) for one in app.corp.departments.values() if one.id in wanted]


def _shape(one: Department) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "name_en": one.name_en,
        "department_leader": [],
        "parentid": one.parent,
        "order": one.order,
    }


def department_list(app: App) -> dict[str, Any]:
    """GET department/list."""
    return {**_OK, "department": _listed(app, _shape)}


def department_simplelist(app: App) -> dict[str, Any]:
    """GET department/simplelist."""
    short = _listed(app, lambda one: {"id": one.id, "parentid": one.parent, "order": one.order})
    return {**_OK, "department_id": short}


def department_get(app: App) -> dict[str, Any]:
    """GET department/get."""
    return {**_OK, "department": _shape(_department(app, request.args))}


def _department_name(app: App, data: Mapping[str, Any], parent: int, own: int | None) -> str:
    name = clean(text_of(data, "name", most=256, missing=60001))
    if len(name) > 64:
        raise Refused(60001)
    if _FORBIDDEN & set(name):
        raise Refused(60009)
    siblings = (one for one in app.corp.departments.values() if one.parent == parent and one.id != own)
    if any(one.name == name for one in siblings):
        raise Refused(60008)
    return name


def department_create(app: App) -> dict[str, Any]:
    """POST department/create."""
    data = app.body()
    with app.corp.lock:
        there = app.corp.departments
        parent = whole_of(data, "parentid")
        if parent not in there:
            raise Refused(60004)
        if len(there) >= _MOST:
            raise invalid("too many departments")
        number = whole_of(data, "id", 0) or max(there) + 1
        if number in there:
            raise Refused(60008)
        name = _department_name(app, data, parent, None)
        english = text_of(data, "name_en", most=64, missing=None)
        there[number] = Department(number, name, parent, whole_of(data, "order", number), english)
    return {"errcode": 0, "errmsg": "created", "id": number}


def department_update(app: App) -> dict[str, Any]:
    """POST department/update."""
    data = app.body()
    with app.corp.lock:
        one = _department(app, data)
        parent = whole_of(data, "parentid", one.parent)
        if parent != one.parent and parent in app.corp.below(one.id):
            raise Refused(60010)
        if one.id != ROOT and parent not in app.corp.departments:
            raise Refused(60004)
        name = _department_name(app, data, parent, one.id) if data.get("name") else one.name
        english = text_of(data, "name_en", most=64, missing=None) or one.name_en
        one.name, one.name_en, one.order = name, english, whole_of(data, "order", one.order)
        one.parent = one.parent if one.id == ROOT else parent
    return {"errcode": 0, "errmsg": "updated"}


def department_delete(app: App) -> dict[str, Any]:
    """GET department/delete: an empty one."""
    with app.corp.lock:
        one = _department(app, request.args)
        if one.id == ROOT:
            raise Refused(60007)
        if len(app.corp.below(one.id)) > 1:
            raise Refused(60006)
        if any(one.id in homes for homes in app.corp.homes.values()):
            raise Refused(60005)
        del app.corp.departments[one.id]
    return {"errcode": 0, "errmsg": "deleted"}


# Tags


def _tag(app: App, data: Mapping[str, Any], *, own: bool) -> Tag:
    if data.get("tagid") in (None, ""):
        raise Refused(41017)
    tag = app.corp.tags.get(whole_of(data, "tagid"))
    if tag is None:
        raise Refused(40068)
    if own and tag.channel != app.account.key:
        raise Refused(60011, "no privilege to access/modify contact/party/agent")
    return tag


def _tag_name(app: App, data: Mapping[str, Any]) -> str:
    name = clean(text_of(data, "tagname", most=256, missing=41018))
    if len(name) > _NAME_LIMIT:
        raise Refused(40072)
    if any(tag.name == name for tag in app.corp.tags.values()):
        raise Refused(40071)
    return name


def tag_create(app: App) -> dict[str, Any]:
    """POST tag/create."""
    data = app.body()
    with app.corp.lock:
        name = _tag_name(app, data)
        number = whole_of(data, "tagid", 0) or max(app.corp.tags, default=0) + 1
        if number in app.corp.tags:
            raise Refused(40068)
        if len(app.corp.tags) >= _MOST:
            raise Refused(40126, "too many tags")
        app.corp.tags[number] = Tag(number, name, app.account.key)
    return {"errcode": 0, "errmsg": "created", "tagid": number}


def tag_update(app: App) -> dict[str, Any]:
    """POST tag/update."""
    data = app.body()
    with app.corp.lock:
        tag = _tag(app, data, own=True)
        if data.get("tagname") != tag.name:
            tag.name = _tag_name(app, data)
    return {"errcode": 0, "errmsg": "updated"}


def tag_delete(app: App) -> dict[str, Any]:
    """GET tag/delete."""
    with app.corp.lock:
        tag = _tag(app, request.args, own=True)
        del app.corp.tags[tag.id]
    return {"errcode": 0, "errmsg": "deleted"}


def tag_list(app: App) -> dict[str, Any]:
    """GET tag/list."""
    with app.corp.lock:
        listed = [{"tagid": tag.id, "tagname": tag.name} for tag in app.corp.tags.values()]
    return {**_OK, "taglist": listed}


def tag_get(app: App) -> dict[str, Any]:
    """GET tag/get: who is under it."""
    with app.corp.lock:
        tag = _tag(app, request.args, own=False)
        users, parties = sorted(tag.users), sorted(tag.parties)
    people = [person for person in map(app.member, users) if person is not None]
    listed = [{"userid": person.key, "name": person.name} for person in people]
    return {**_OK, "tagname": tag.name, "userlist": listed, "partylist": parties}


def tag_add_users(app: App) -> dict[str, Any]:
    """POST tag/addtagusers."""
    return _tagged(app, adding=True)


def tag_delete_users(app: App) -> dict[str, Any]:
    """POST tag/deltagusers."""
    return _tagged(app, adding=False)


def _tagged(app: App, *, adding: bool) -> dict[str, Any]:
    """Puts members and departments under a tag or takes them away; the unknown are named."""
    data = app.body()
    with app.corp.lock:
        tag = _tag(app, data, own=True)
        users, parties = texts_of(data, "userlist", most=1000, code=40035), numbers_of(data, "partylist", most=100)
        if not users and not parties:
            raise Refused(40035)
        people = {user: app.member(user) for user in users}
        good = {person.key for person in people.values() if person is not None}
        good_parties = {party for party in parties if party in app.corp.departments}
        if not good and not good_parties:
            raise Refused(40070 if adding else 40031)
        if adding:
            tag.users |= good
            tag.parties |= good_parties
        else:
            tag.users -= good
            tag.parties -= good_parties
    answer: dict[str, Any] = {"errcode": 0, "errmsg": "ok" if adding else "deleted"}
    bad_users = [user for user, person in people.items() if person is None]
    bad_parties = [party for party in parties if party not in good_parties]
    if bad_users:
        answer["invalidlist"] = "|".join(bad_users)
    if bad_parties:
        answer["invalidparty"] = bad_parties
    return answer
