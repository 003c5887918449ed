"""Messages to many at once: to everybody, to a tag, to a list, and a preview to one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.api import Refused
from sandbox.config import Abilities
from sandbox.official.desk import Answer, Desk, done, inside, items, word
from sandbox.official.files import Files
from sandbox.official.messages import Messages
from sandbox.official.tags import Tags
from sandbox.state import Person
from sandbox.stores import Recent

_MOST_OPENIDS = 10_000


@dataclass(slots=True)
class Job:
    """One message to many."""

    number: int
    data_number: int
    status: str


class Mass:
    """Sends to many; each follower of a service account gets four a month, a subscription account sends one a day."""

    def __init__(self, desk: Desk, messages: Messages, files: Files, tags: Tags, mass_helper: Person) -> None:
        self.desk = desk
        self.messages = messages
        self.files = files
        self.tags = tags
        self._helper = mass_helper
        self._jobs: Recent[int, Job] = Recent(desk.world.config.bounds.ledger)
        self._own_ids: Recent[str, tuple[datetime, Job]] = Recent(desk.world.config.bounds.ledger)

    def send_all(self) -> Answer:
        """POST message/mass/sendall: to everybody, or to those with a tag."""
        data = self.desk.body()
        chosen = inside(data, "filter")
        if chosen.get("is_to_all") is True:
            people = [person for person, _ in self.desk.followers()]
        else:
            people = self.tags.tagged(self.tags.known(chosen.get("tag_id", chosen.get("group_id"))))
        return self._send(data, people)

    def send(self) -> Answer:
        """POST message/mass/send: to two or more openids; those that are wrong are left out."""
        data = self.desk.body()
        openids = items(data, "touser", 40032, most=_MOST_OPENIDS, kind=str)
        if len(openids) < 2:
            raise Refused(40032)
        key = self.desk.account.key
        found = [self.desk.world.on_channel(openid, key) for openid in dict.fromkeys(openids)]
        people = [person for person in found if person is not None and person.seats[key].following]
        if not people:
            raise Refused(40003)
        return self._send(data, people)

    def preview(self) -> Answer:
        """POST message/mass/preview: to one person, by openid or by the name in the sandbox."""
        data = self.desk.body()
        named = data.get("towxname") or data.get("touser")
        person, _ = self.desk.follower(named, gone=40003)
        values, kind = self._values(data), str(data["msgtype"])
        self.desk.show(person, data, type=kind, **values)
        return done(msg_id=self.desk.world.next_message_id() % 10**10)

    def delete(self) -> Answer:
        """POST message/mass/delete: what is on the phones stays there."""
        self._job().status = "DELETE"
        return done()

    def get(self) -> Answer:
        """POST message/mass/get."""
        job = self._job()
        return {"msg_id": job.number, "msg_status": job.status}

    def _job(self) -> Job:
        number = self.desk.body().get("msg_id")
        text = str(number) if isinstance(number, int | str) and not isinstance(number, bool) else ""
        job = self._jobs.get(int(text)) if text.isascii() and text.isdigit() and len(text) < 20 else None
        if job is None:
            raise Refused(40035)
        return job

    def _values(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The message; `mpvideo` and `images` are kinds of their own here, and links and menus are not allowed."""
        kind = data.get("msgtype")
        if kind == "mpvideo":
            medium = self.files.find(inside(data, "mpvideo").get("media_id"), "video")
            return {"text": "", "extra": {"media_id": medium.id}}
        if kind == "images" or kind == "image" and "images" in data:
            ids = inside(data, "images").get("media_ids")
            pictures = [self.files.find(one, "image").id for one in (ids if isinstance(ids, list) else [])[:20]]
            if not pictures:
                raise Refused(40007)
            return {"text": "", "extra": {"media_id": pictures[0], "media_ids": pictures}}
        if kind not in ("text", "image", "voice", "mpnews", "wxcard"):
            raise Refused(40008)
        return self.messages.read(data)

    def _send(self, data: Mapping[str, Any], people: Iterable[Person]) -> Answer:
        values, kind = self._values(data), str(data["msgtype"])
        own_id = word(data, "clientmsgid", 45067, least=0, most=64)
        now = self.desk.world.clock.now()
        number = self.desk.world.next_message_id()
        job = Job(number % 10**10, number % 10**9, "SEND_SUCCESS")
        if own_id:
            day = timedelta(days=1)
            there = self._own_ids.put_once(own_id, (now, job), fresh=lambda seen: now - seen[0] < day)
            if there is not None:
                text = self.desk.platform.refusal(Refused(45065))
                return {**text, "msg_id": there[1].number}
        if self.desk.account.abilities is Abilities.SUBSCRIPTION:
            self._use("mass", 1, monthly=False)
        self._jobs.put(job.number, job)
        sent = filtered = 0
        for person in people:
            if self._may_get(person):
                self.desk.show(person, data, type=kind, **values)
                sent += 1
            else:
                filtered += 1
        self.desk.report(
            self._helper,
            Event="MASSSENDJOBFINISH",
            MsgID=job.number,
            Status="send success",
            TotalCount=sent + filtered,
            FilterCount=sent,
            SentCount=sent,
            ErrorCount=0,
        )
        return {
            "errcode": 0,
            "errmsg": "send job submission success",
            "msg_id": job.number,
            "msg_data_id": job.data_number,
        }

    def _may_get(self, person: Person) -> bool:
        if person.seats[self.desk.account.key].blacklisted:
            return False
        if self.desk.account.abilities is Abilities.SUBSCRIPTION:
            return True
        try:
            self._use(f"mass {person.key}", self.desk.world.rules.mass_per_month, monthly=True)
        except Refused:
            return False
        return True

    def _use(self, name: str, limit: int, *, monthly: bool) -> None:
        quota = self.desk.platform.monthly if monthly else self.desk.platform.quota
        try:
            quota.use(name, limit)
        except Refused as error:
            raise Refused(45028) from error
