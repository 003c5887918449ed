"""One whole story on a running demonstration, told through the pretend platform: report, dispatch, accept, judge."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import requests

from nlp.commands import Intent, word
from texts import story as lines

PATIENCE_SECONDS = 60


class StoryStuck(Exception):
    """Something did not happen in time; the words say what."""


class Phones:
    """The pretend platform's control interface."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._http = requests.Session()

    def say(self, who: str, **what: Any) -> str:
        """Says something; gives the words of the passive reply."""
        answer = self._post(f"/api/people/{who}/say", what)
        return str((answer.get("reply") or {}).get("text") or "")

    def press(self, who: str, message: str, button: str) -> str:
        """Presses a button or link; gives the words of the passive reply."""
        answer = self._post(f"/api/people/{who}/press", {"message": message, "button": button})
        return str((answer.get("reply") or {}).get("text") or "")

    def inbox(self, who: str) -> list[dict[str, Any]]:
        """Everything a person received."""
        answer = self._ask("GET", f"/api/people/{who}/inbox")
        found: list[dict[str, Any]] = answer["inbox"]
        return found

    def wait(self, who: str, having: str, *, seen: int) -> dict[str, Any]:
        """The first message after the `seen` first ones that has these words. Raises StoryStuck."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            for message in self.inbox(who)[seen:]:
                if having in str(message):
                    return message
            time.sleep(0.2)
        raise StoryStuck(f"{who} was never told {having!r}")

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._ask("POST", path, body)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        try:
            response = self._http.request(method, f"{self._address}{path}", json=body, timeout=30)
        except requests.RequestException as error:
            raise StoryStuck(f"no pretend platform at {self._address}: start one with `make run`") from error
        if response.status_code >= 400:
            raise StoryStuck(f"{path}: {response.status_code} {response.text[:200]}")
        found: dict[str, Any] = response.json()
        return found


def play(address: str) -> Iterator[tuple[str, str]]:
    """(who, words) of a report that a member accepts and finishes and the resident judges."""
    phones = Phones(address)
    resident, member = "demo-resident-1", "demo-member-1"
    before = {who: len(phones.inbox(who)) for who in (resident, member)}
    yield lines.RESIDENT, lines.REPORT
    received = phones.say(resident, text=lines.REPORT)
    yield lines.BOT, received
    number = re.search(r"\d{6}-\d{4,}", received)
    if number is None:
        raise StoryStuck(f"no number in the reply: {received!r}")
    offer = phones.wait(member, lines.OFFER, seen=before[member])
    yield lines.TO_MEMBER, str(offer.get("text", ""))
    accept = f"{word(Intent.ACCEPT)} {number[0][-4:]}"
    yield lines.MEMBER, accept
    yield lines.BOT, phones.say(member, text=accept)
    yield lines.TO_RESIDENT, str(phones.wait(resident, lines.TAKEN_ON, seen=before[resident]).get("text", ""))
    done = f"{word(Intent.FINISH)} {number[0][-4:]} {lines.DONE}"
    yield lines.MEMBER, done
    yield lines.BOT, phones.say(member, text=done)
    asked = phones.wait(resident, lines.ASKED, seen=before[resident])
    yield lines.TO_RESIDENT, str(asked.get("text", ""))
    judgement = f"{word(Intent.EVALUATE)} {number[0][-4:]} 1"
    yield lines.RESIDENT, judgement
    yield lines.BOT, phones.say(resident, text=judgement)
