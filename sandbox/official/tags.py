"""Tags on followers, and the groups that older programs still ask for: a group is the first tag of a follower."""

from __future__ import annotations

import itertools
import threading
from typing import Any

from sandbox.api import Refused
from sandbox.official.desk import Answer, Desk, done, inside, items, page, written
from sandbox.state import Person, Seat

_MOST_TAGS, _NAME_BYTES, _MOST_ON_ONE, _MOST_PEOPLE = 100, 30, 20, 50
_SYSTEM = {0: "默认组", 1: "黑名单", 2: "星标组"}


class Tags:
    """The account's tags by their numbers; who has which stands with the people."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._lock = threading.Lock()
        self._numbers = itertools.count(100)
        self._names: dict[int, str] = {}

    def known(self, number: object) -> int:
        """The tag's number; digits will do. Raises Refused with 45159 for one that does not exist."""
        found = written(number, 45159, least=0, most=10**9)
        with self._lock:
            if found not in self._names and found not in _SYSTEM:
                raise Refused(45159)
        return found

    def tagged(self, tag: int) -> list[Person]:
        """The followers who have this tag."""
        return [person for person, seat in self.desk.followers() if tag in seat.tags]

    def create(self) -> Answer:
        """POST tags/create."""
        number, name = self._create(inside(self.desk.body(), "tag").get("name"), 45158)
        return {"tag": {"id": number, "name": name}}

    def _create(self, name: object, code: int) -> tuple[int, str]:
        name = _name(name, code)
        with self._lock:
            if name in self._names.values() or name in _SYSTEM.values():
                raise Refused(45157)
            if len(self._names) >= _MOST_TAGS:
                raise Refused(45056)
            number = next(self._numbers)
            self._names[number] = name
        return number, name

    def get(self) -> Answer:
        """GET tags/get."""
        return {"tags": self._listed((2,))}

    def _listed(self, system: tuple[int, ...]) -> list[dict[str, Any]]:
        counts: dict[int, int] = {}
        for _, seat in self.desk.followers():
            for tag in seat.tags or [0]:
                counts[tag] = counts.get(tag, 0) + 1
        with self._lock:
            names = {**{number: _SYSTEM[number] for number in system}, **self._names}
        return [{"id": number, "name": name, "count": counts.get(number, 0)} for number, name in names.items()]

    def update(self) -> Answer:
        """POST tags/update."""
        tag = inside(self.desk.body(), "tag")
        self._rename(tag.get("id"), tag.get("name"), 45158)
        return done()

    def _rename(self, wanted: object, name: object, code: int) -> None:
        number, name = self._own(wanted), _name(name, code)
        with self._lock:
            if any(one == name for other, one in self._names.items() if other != number):
                raise Refused(45157)
            self._names[number] = name

    def delete(self) -> Answer:
        """POST tags/delete: it goes from everybody who has it."""
        self._delete(inside(self.desk.body(), "tag").get("id"))
        return done()

    def _delete(self, wanted: object) -> None:
        number = self._own(wanted)
        with self._lock:
            self._names.pop(number, None)
        for person in self.tagged(number):
            with person.lock:
                seat = person.seats[self.desk.account.key]
                seat.tags = [tag for tag in seat.tags if tag != number]

    def _own(self, wanted: object) -> int:
        number = self.known(wanted)
        if number in _SYSTEM:
            raise Refused(45058)
        return number

    def members(self) -> Answer:
        """POST user/tag/get."""
        data = self.desk.body()
        openids = [person.key for person in self.tagged(self.known(data.get("tagid")))]
        return page(openids, data.get("next_openid"))

    def tag(self) -> Answer:
        """POST tags/members/batchtagging: fifty people at most, twenty tags on each; all of them or nobody."""
        tag, people = self._wanted()
        for _, seat in people:
            if tag not in seat.tags and len(seat.tags) >= _MOST_ON_ONE:
                raise Refused(45059)
        for person, seat in people:
            with person.lock:
                seat.tags = [*seat.tags, tag] if tag not in seat.tags else seat.tags
        return done()

    def untag(self) -> Answer:
        """POST tags/members/batchuntagging."""
        tag, people = self._wanted()
        for person, seat in people:
            with person.lock:
                seat.tags = [one for one in seat.tags if one != tag]
        return done()

    def _wanted(self) -> tuple[int, list[tuple[Person, Seat]]]:
        data = self.desk.body()
        tag = self.known(data.get("tagid"))
        openids = items(data, "openid_list", 40032, most=_MOST_PEOPLE, kind=str)
        return tag, [self.desk.follower(openid, gone=40003) for openid in openids]

    def of_person(self) -> Answer:
        """POST tags/getidlist."""
        _, seat = self.desk.seat(self.desk.body().get("openid"))
        return {"tagid_list": list(seat.tags)}

    # Groups

    def groups(self) -> Answer:
        """GET groups/get."""
        return {"groups": self._listed((0, 1, 2))}

    def create_group(self) -> Answer:
        """POST groups/create."""
        number, name = self._create(inside(self.desk.body(), "group").get("name"), 40051)
        return {"group": {"id": number, "name": name}}

    def rename_group(self) -> Answer:
        """POST groups/update."""
        group = inside(self.desk.body(), "group")
        self._rename(group.get("id"), group.get("name"), 40051)
        return done()

    def delete_group(self) -> Answer:
        """POST groups/delete."""
        self._delete(inside(self.desk.body(), "group").get("id"))
        return done()

    def group_of(self) -> Answer:
        """POST groups/getid."""
        _, seat = self.desk.seat(self.desk.body().get("openid"))
        return {"groupid": seat.tags[0] if seat.tags else 0}

    def move(self) -> Answer:
        """POST groups/members/update and groups/members/batchupdate."""
        data = self.desk.body()
        number = written(data.get("to_groupid"), 40050, least=0, most=10**9)
        with self._lock:
            if number not in self._names and number not in _SYSTEM:
                raise Refused(40050)
        if "openid_list" in data:
            openids = items(data, "openid_list", 40032, most=_MOST_PEOPLE, kind=str)
        else:
            openids = [data.get("openid")]
        for person, seat in [self.desk.follower(openid, gone=40003) for openid in openids]:
            with person.lock:
                seat.tags = [number, *seat.tags[1:]] if number else []
        return done()


def _name(name: object, code: int) -> str:
    if not isinstance(name, str) or not 1 <= len(name.encode()) <= _NAME_BYTES:
        raise Refused(code)
    return name
