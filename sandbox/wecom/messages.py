"""An app's messages to members: sent to people, parties and tags, recalled, and their cards updated."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from sandbox.api import Refused
from sandbox.cards import INTERACTIONS
from sandbox.replies import replace_buttons, replace_card
from sandbox.state import Entry, Person, SentMessage
from sandbox.wecom.bodies import APP_KINDS, body_of, read_message, read_template_card
from sandbox.wecom.corp import ROOT, App
from sandbox.wecom.reading import invalid, numbers_of, text_of, texts_of, whole_of

_USERS, _PARTIES, _TAGS = 1000, 100, 100
_CHECK_SECONDS, _CHECK_MOST = 1800, 4 * 3600


def send(app: App) -> dict[str, Any]:
    """POST message/send."""
    data = app.body()
    app.check_agent(data.get("agentid"))
    kind, body = body_of(data, APP_KINDS)
    people, missing = _targets(app, data)
    values = read_message(app.world, app.account, kind, body)
    card = values.get("extra", {}).get("card")
    message_id = secrets.token_urlsafe(32)
    answer = {"errcode": 0, "errmsg": "ok", **missing, "unlicenseduser": "", "msgid": message_id}
    if _said_before(app, data, message_id):
        return answer
    if card is not None:
        _claim_task(app, card["task_id"])
        values["extra"]["message_id"] = message_id
    # Known before anybody sees it, so that an early press finds it.
    message = SentMessage(id=message_id, channel=app.account.key, at=app.world.clock.now(), copies={})
    app.world.sent.put(message_id, message)
    for person in people:
        if app.world.member_may_get_one(person, app.account.key):
            message.copies[person.key] = show(app, person, kind, data, values).id
    if card is not None and (card["card_type"] in INTERACTIONS or _has_menu(card)):
        answer["response_code"] = app.world.new_code(message_id)
    return answer


def show(app: App, person: Person, kind: str, data: Mapping[str, Any], values: Mapping[str, Any]) -> Entry:
    """Puts a copy of the message on one phone."""
    copied = {key: dict(value) if key == "extra" else value for key, value in values.items()}
    raw = json.dumps(data, ensure_ascii=False)[:8192]
    return app.world.show(person, channel=app.account.key, type=kind, raw=raw, **copied)


def _has_menu(card: Mapping[str, Any]) -> bool:
    return any(button.get("menu") for button in card["buttons"])


def _claim_task(app: App, task_id: str) -> None:
    """A task_id stands for one card of an app, for ever."""
    if task_id and app.corp.tasks.put_once((app.account.key, task_id), True, fresh=bool) is not None:
        raise Refused(42014, "task_id is not unique")


def _targets(app: App, data: Mapping[str, Any]) -> tuple[list[Person], dict[str, str]]:
    """Who gets it, and the unknown users, parties and tags. Raises Refused with 40032, 82001 or 81013."""
    users = _split(data, "touser", _USERS, 40032)
    parties = _split(data, "toparty", _PARTIES, 40066)
    tags = _split(data, "totag", _TAGS, 40068)
    if not users and not parties and not tags:
        raise Refused(82001)
    if users == ["@all"]:
        return app.members(), {"invaliduser": "", "invalidparty": "", "invalidtag": ""}
    found: dict[str, Person] = {}
    bad_users = _collect(app, users, found)
    bad_parties = [party for party in parties if _party(app, party) is None]
    bad_tags = [tag for tag in tags if _tag(app, tag) is None]
    if [*bad_users, *bad_parties, *bad_tags] == [*users, *parties, *tags]:
        raise Refused(81013)
    known = [number for number in (_party(app, party) for party in parties) if number is not None]
    found.update({person.key: person for person in app.in_departments(known)})
    for tag in tags:
        found.update({person.key: person for person in _tag(app, tag) or ()})
    missing = {
        "invaliduser": "|".join(user.lower() for user in bad_users),
        "invalidparty": "|".join(bad_parties),
        "invalidtag": "|".join(bad_tags),
    }
    return list(found.values()), missing


def _split(data: Mapping[str, Any], name: str, most: int, code: int) -> list[str]:
    value = text_of(data, name, most=most * 128, missing=None, numbers=True)
    parts = list(dict.fromkeys(part.strip() for part in value.split("|") if part.strip()))
    if len(parts) > most:
        raise Refused(code)
    return parts


def _collect(app: App, users: Iterable[str], found: dict[str, Person]) -> list[str]:
    """Adds the members to `found` and returns those who are none."""
    unknown = []
    for user in users:
        person = app.member(user)
        if person is None:
            unknown.append(user)
        else:
            found[person.key] = person
    return unknown


def _party(app: App, text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 11 else -1
    return number if number in app.corp.departments else None


def _tag(app: App, text: str) -> list[Person] | None:
    """The members of a tag; None when there is no such tag."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 11 else -1
    with app.corp.lock:
        tag = app.corp.tags.get(number)
        if tag is None:
            return None
        users, parties = list(tag.users), list(tag.parties)
    named = [person for person in map(app.member, users) if person is not None]
    return [*named, *app.in_departments(parties)]


def _said_before(app: App, data: Mapping[str, Any], message_id: str) -> bool:
    """Whether the same message was sent a short time ago, where the program asks for that check."""
    if data.get("enable_duplicate_check") not in (1, True):
        return False
    seconds = min(whole_of(data, "duplicate_check_interval", _CHECK_SECONDS) or _CHECK_SECONDS, _CHECK_MOST)
    text = app.account.key + json.dumps(data, sort_keys=True)
    now = app.world.clock.now()
    seen = app.world.duplicates.put_once(
        hashlib.sha256(text.encode()).hexdigest(),
        (now, message_id),
        fresh=lambda there: now - there[0] < timedelta(seconds=seconds),
    )
    return seen is not None


def recall(app: App) -> dict[str, Any]:
    """POST message/recall: within a day, and only what this app sent."""
    message = app.world.sent.get(text_of(app.body(), "msgid"))
    if message is None or message.channel != app.account.key:
        raise invalid("invalid msgid")
    if app.world.clock.now() - message.at >= timedelta(seconds=app.world.rules.recall_seconds):
        raise Refused(42052)
    for person, entry in _copies(app, message):
        app.world.change(person, entry, _recall)
    return {"errcode": 0, "errmsg": "ok"}


def _recall(entry: Entry) -> None:
    entry.text = ""
    entry.buttons = []
    entry.extra = {"recalled": True}


def _copies(app: App, message: SentMessage) -> list[tuple[Person, Entry]]:
    found = []
    for key, entry_id in list(message.copies.items()):
        person = app.world.person(key)
        entry = person.entry(entry_id) if person is not None else None
        if person is not None and entry is not None:
            found.append((person, entry))
    return found


def update_template_card(app: App) -> dict[str, Any]:
    """POST message/update_template_card: the words of the button or the whole card, for some or for everyone."""
    data = app.body()
    app.check_agent(data.get("agentid"))
    users = texts_of(data, "userids", most=_USERS, code=40032)
    parties = numbers_of(data, "partyids", most=_PARTIES)
    tags = numbers_of(data, "tagids", most=_TAGS)
    everyone = data.get("atall") in (1, True) or ROOT in parties
    if not users and not parties and not tags and not everyone:
        raise Refused(82001)
    change, words = _card_change(data)
    message = _message_of_code(app, data.get("response_code"), button=not isinstance(data.get("template_card"), dict))
    got = {person.key: (person, entry) for person, entry in _copies(app, message)}
    if everyone:
        wanted, missing = list(got), []
    else:
        found: dict[str, Person] = {}
        missing = _collect(app, users, found)
        missing += [key for key in found if key not in got]
        found.update({person.key: person for person in app.in_departments(parties)})
        for tag in tags:
            found.update({person.key: person for person in _tag(app, str(tag)) or ()})
        wanted = list(found)
    raw = json.dumps(data, ensure_ascii=False)[:8192]
    for person, entry in (got[key] for key in wanted if key in got):
        app.world.change(person, entry, change)
        app.world.show(
            person,
            channel=app.account.key,
            type="update_template_card",
            text=words,
            raw=raw,
            extra={"of": entry.id},
        )
    return {"errcode": 0, "errmsg": "ok", "invaliduser": missing}


def _card_change(data: Mapping[str, Any]) -> tuple[Callable[[Entry], None], str]:
    """What an update does to a copy, and its words."""
    if isinstance(data.get("template_card"), dict):
        card = read_template_card(data["template_card"], update=True)["extra"]["card"]
        return lambda entry: replace_card(entry, card), card["text"]
    button = data.get("button")
    name = text_of(button if isinstance(button, dict) else {}, "replace_name", most=512)
    return lambda entry: replace_buttons(entry, name), name


def _message_of_code(app: App, code: object, *, button: bool) -> SentMessage:
    """The message of a response_code, which is used up. Raises Refused when it is not of this app, or when the words
    of a button are to change where there is none.
    """
    there = app.world.codes.get(code) if isinstance(code, str) else None
    message = app.world.sent.get(there.message_id) if there is not None else None
    if message is not None:
        if message.channel != app.account.key:
            raise Refused(42015)
        kinds = {entry.extra.get("card", {}).get("card_type") for _, entry in _copies(app, message)}
        if button and kinds and not kinds & set(INTERACTIONS):
            raise invalid("button needs a card with buttons")
    refusal, used = app.world.use_code(code)
    if refusal or used is None:
        raise Refused(refusal)
    return used
