"""Open lists: colleagues who see the same are answered from one look, and nobody gets another's rows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import permutations

import pytest
from flask import Response, request
from werkzeug.test import Client, TestResponse

from bot.pages import Pages
from bot.screens import LOOK_SECONDS, SEAT_SECONDS, Screens
from console import login
from console.gate import COOKIE
from models import tickets
from models.person import RoleKind
from models.ticket import TicketState
from tests import factories
from tests.bot.support import as_wsgi
from tests.console.conftest import PASSWORD, Desk, Place

CHANGES = "/console/tickets/changes"
EVERYBODY = ("staff", "elsewhere", "street", "clerk")


@dataclass
class Screen:
    """Everybody's open lists, and what of it reaches the pages."""

    place: Place
    seconds: float = 0.0
    asked: list[str] = field(default_factory=list)
    pages: int = 0
    """That were made for it."""
    cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.place.app.before_request(self._note)
        self.place.app.after_request(self._weigh)
        self.door = as_wsgi(Screens(Pages(self.place.app), CHANGES, clock=lambda: self.seconds))

    def _note(self) -> None:
        if request.path == CHANGES:
            self.asked.append(request.args["since"])

    def _weigh(self, response: Response) -> Response:
        self.pages += request.path == CHANGES and response.status_code == 200
        return response

    def sit(self, name: str, seat: str = "") -> Desk:
        desk = self.place.sign_in(name)
        cookie = desk.client.get_cookie(COOKIE, path="/console")
        assert cookie is not None
        self.cookies[seat or name] = cookie.value
        return desk

    def ask(self, seat: str, since: int = 0, query: str = "") -> TestResponse:
        client = Client(self.door)
        client.set_cookie(COOKIE, self.cookies[seat])
        return client.get(f"{CHANGES}?{query}&since={since}", headers={"HX-Request": "true"})

    def numbers(self, seat: str, query: str = "") -> set[str]:
        """The tickets on a screen."""
        return set(re.findall(r"\d{6}-\d{4}", self.ask(seat, query=query).text))


@pytest.fixture
def screen(own_place: Place) -> Screen:
    return Screen(own_place)


def version(answer: TestResponse) -> int:
    return int(answer.headers["X-Version"])


def test_colleagues_are_answered_from_one_look(screen: Screen) -> None:
    ticket = screen.place.ticket()
    for seat in ("one", "two"):
        screen.sit("staff", seat)
        assert ticket.number in screen.ask(seat).text
    screen.asked.clear()
    answers = [screen.ask(seat) for seat in ("one", "two", "one")]
    assert screen.asked == []
    assert {answer.text for answer in answers} == {screen.ask("two").text}
    assert "X-View" not in answers[0].headers
    assert [screen.ask(seat, version(answers[0])).status_code for seat in ("one", "two")] == [204, 204]
    screen.seconds += LOOK_SECONDS + 0.1
    assert [screen.ask(seat, version(answers[0])).status_code for seat in ("one", "two")] == [204, 204]
    assert len(screen.asked) == 1


def test_a_change_is_on_every_screen_after_the_next_look(screen: Screen) -> None:
    screen.place.ticket()
    for seat in ("one", "two"):
        screen.sit("staff", seat)
        screen.ask(seat)
    at = version(screen.ask("one"))
    fresh = screen.place.ticket("楼道灯坏了")
    assert screen.ask("one", at).status_code == 204
    screen.seconds += LOOK_SECONDS + 0.1
    for seat in ("one", "two"):
        answer = screen.ask(seat, at)
        assert fresh.number in answer.text
        assert version(answer) > at
        assert screen.ask(seat, version(answer)).status_code == 204


def test_whoever_comes_again_sees_what_is_new_and_the_page_is_made_once(screen: Screen) -> None:
    screen.place.ticket()
    for seat in ("one", "two", "three"):
        screen.sit("staff", seat)
        screen.ask(seat)
    assert screen.pages == 1
    at = version(screen.ask("one"))
    fresh = screen.place.ticket("楼道灯坏了")
    screen.seconds += SEAT_SECONDS[1] + 0.1
    assert all(fresh.number in screen.ask(seat, at).text for seat in ("one", "two", "three"))
    assert screen.pages == 2


@pytest.mark.parametrize("query", ["", "tab=all", "view=board", "tab=all&mine=1"])
def test_nobody_gets_anothers_rows(screen: Screen, query: str) -> None:
    place = screen.place
    with place.database.transaction() as session:
        alike = factories.somebody(session, RoleKind.STAFF, place.street.community, name="刘敏的同事")
        login.create_login(session, "alike", PASSWORD, alike, now=place.now, must_change=False)
    here, there = place.ticket(), place.ticket(area=place.street.other_community)
    with place.database.transaction() as session:
        # A colleague has taken over something outside of their own community.
        found = session.get_one(type(there), there.id)
        found.state, found.assignee_id = TicketState.ACCEPTED, alike.id
    for name in (*EVERYBODY, "alike"):
        screen.sit(name)
    wanted = {}
    for name in screen.cookies:
        shown = place.sign_in(name).get(f"/tickets/changes?{query}&since=0").text
        wanted[name] = set(re.findall(r"\d{6}-\d{4}", shown))
    assert (there.number in wanted["alike"]) is (query != "")
    assert there.number not in wanted["staff"]
    for order in permutations(screen.cookies, 2):
        assert {name: screen.numbers(name, query) for name in order} == {name: wanted[name] for name in order}
    assert here.number in screen.numbers("street", "tab=all")


def test_whoever_signed_out_is_shown_nothing_before_long(screen: Screen) -> None:
    screen.place.ticket()
    desk = screen.sit("staff", "gone")
    screen.sit("staff")
    assert [screen.ask(seat).status_code for seat in ("gone", "staff")] == [200, 200]
    desk.post("/sign-out")
    screen.seconds += SEAT_SECONDS[1] + 0.1
    assert screen.ask("gone").status_code == 401
    assert screen.ask("staff").status_code == 200


def test_a_look_by_somebody_who_is_gone_is_nobody_elses(screen: Screen) -> None:
    ticket = screen.place.ticket()
    desk = screen.sit("staff", "gone")
    screen.sit("staff")
    for seat in ("gone", "staff"):
        screen.ask(seat)
    desk.post("/sign-out")
    screen.seconds += LOOK_SECONDS + 0.1
    assert screen.ask("gone").status_code == 401
    assert ticket.number in screen.ask("staff").text


def test_a_stranger_is_asked_to_sign_in(screen: Screen) -> None:
    screen.cookies["nobody"] = "guessed"
    assert screen.ask("nobody").status_code == 401
    assert screen.ask("nobody", 10**30).status_code == 401
    place = screen.place
    place.do(tickets.add_words, place.ticket(), "还是吵", by="resident")
    screen.sit("staff")
    assert screen.ask("staff", 10**30).status_code == 200
