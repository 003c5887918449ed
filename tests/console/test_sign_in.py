"""Who comes into the console, and who does not."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from console import blueprint, login, sessions
from console.login import LoginFault, LoginRefused
from models.person import Login, LoginSession
from tests.console.conftest import PASSWORD, Place, try_to_sign_in

OPEN_TO_ALL = {f"console.{each}" for each in ("sign_in", "second_step", "wecom_asked", "wecom_back", "static")}


def test_staff_sign_in_see_their_list_and_sign_out(both_places: Place) -> None:
    place = both_places
    desk = place.sign_in("staff")
    assert "刘敏" in desk.get("/tickets").text
    assert desk.post("/sign-out").status_code == 303
    assert desk.get("/tickets").status_code == 302
    with place.database.reading() as session:
        assert session.scalars(select(LoginSession)).all() == []


def test_no_page_of_the_console_opens_without_signing_in(place: Place) -> None:
    adapter = place.app.url_map.bind("localhost")
    checked = 0
    for rule in place.app.url_map.iter_rules():
        if not rule.endpoint.startswith("console.") or rule.endpoint in OPEN_TO_ALL:
            continue
        arguments = {name: {"answer": "confirm", "what": "open"}.get(name, 1) for name in rule.arguments}
        address = adapter.build(rule.endpoint, arguments, method=sorted(rule.methods or ())[0])
        for method in (rule.methods or set()) - {"OPTIONS"}:
            answer = place.app.test_client().open(address, method=method)
            assert answer.status_code == 302, (method, address)
            assert answer.headers["Location"].startswith("/console/sign-in"), (method, address)
            checked += 1
    assert checked > 20


def test_a_fragment_sends_a_signed_out_browser_to_the_door_instead_of_filling_the_list_with_it(place: Place) -> None:
    answer = place.app.test_client().get("/console/tickets/changes", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/console/sign-in")


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(place: Place) -> None:
    wrong = try_to_sign_in(place.browser(), "staff", "not my password")
    unknown = try_to_sign_in(place.browser(), "nobody", "not my password")
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.text.partition("<form")[0] == unknown.text.partition("<form")[0]


def test_five_wrong_passwords_lock_for_a_quarter_of_an_hour(both_places: Place) -> None:
    place = both_places
    for _ in range(5):
        assert try_to_sign_in(place.browser(), "staff", "not my password").status_code == 422
    assert try_to_sign_in(place.browser(), "staff", PASSWORD).status_code == 422
    place.later(minutes=14)
    assert try_to_sign_in(place.browser(), "staff", PASSWORD).status_code == 422
    place.later(minutes=1)
    assert try_to_sign_in(place.browser(), "staff", PASSWORD).status_code == 303


def test_four_mistakes_are_forgotten_by_the_right_password(place: Place) -> None:
    for _ in range(3):
        for _ in range(4):
            try_to_sign_in(place.browser(), "staff", "not my password")
        assert try_to_sign_in(place.browser(), "staff", PASSWORD).status_code == 303


def test_a_session_ends_after_twelve_hours_however_busy_it_was(place: Place) -> None:
    desk = place.sign_in("staff")
    for _ in range(11):
        place.later(hours=1)
        assert desk.get("/tickets").status_code == 200
    place.later(minutes=59)
    assert desk.get("/tickets").status_code == 200
    place.later(minutes=1)
    assert desk.get("/tickets").status_code == 302


def test_the_first_password_must_be_changed_before_anything_else(place: Place) -> None:
    with place.database.transaction() as session:
        login.reset_password(session, "staff", "given by the boss")
    desk = place.sign_in("staff", "given by the boss")
    assert desk.get("/tickets").headers["Location"] == "/console/password"
    form = {"old": "given by the boss", "new": "my own long words", "again": "my own long words"}
    assert "不一样" in desk.post("/password", {**form, "again": "something else"}).text
    assert "不对" in desk.post("/password", {**form, "old": "a wrong guess"}).text
    assert "太短" in desk.post("/password", {**form, "new": "short", "again": "short"}).text
    assert desk.post("/password", form).status_code == 303
    assert desk.get("/tickets").status_code == 200
    assert place.sign_in("staff", "my own long words").get("/tickets").status_code == 200


def test_a_new_password_signs_the_other_browsers_out(place: Place) -> None:
    home, office = place.sign_in("staff"), place.sign_in("staff")
    office.post("/password", {"old": PASSWORD, "new": "my own long words", "again": "my own long words"})
    assert office.get("/tickets").status_code == 200
    assert home.get("/tickets").status_code == 302


def test_whoever_finds_an_open_browser_cannot_guess_the_password_there(place: Place) -> None:
    desk = place.sign_in("staff")
    csrf = desk.csrf()
    for _ in range(5):
        desk.post("/password", {"old": "a guess", "new": "my own long words", "again": "my own long words"}, csrf=csrf)
    assert desk.get("/tickets").status_code == 302


def test_a_form_without_its_secret_word_changes_nothing(place: Place) -> None:
    ticket, desk = place.ticket(), place.sign_in("staff")
    other = place.sign_in("street").csrf()
    for csrf in ("", "guessed", other):
        form = {"version": str(ticket.version), "why": "催一下"}
        assert desk.post(f"/tickets/{ticket.number}/supervise", form, csrf=csrf).status_code == 400
    assert place.again(ticket).version == ticket.version


def test_the_sign_in_form_itself_has_a_secret_word(place: Place) -> None:
    desk = place.browser()
    assert desk.post("/sign-in", {"name": "staff", "password": PASSWORD}, csrf="guessed").status_code == 400


def test_signing_in_gives_a_new_session_whatever_cookie_was_brought(place: Place) -> None:
    desk = place.browser()
    desk.client.set_cookie("huying_console", "planted", path="/console")
    place.sign_in("staff", desk=desk)
    with place.database.reading() as session:
        kept = session.scalars(select(LoginSession.token_hash)).all()
    assert kept != [sessions.digest("planted")]
    assert desk.get("/tickets").status_code == 200


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil", "/console/../x//y", "/other"]
)
def test_signing_in_never_leads_out_of_the_console(place: Place, elsewhere: str) -> None:
    desk = place.browser()
    csrf = desk.get("/sign-in").text.split('name="csrf" value="')[1].split('"')[0]
    answer = desk.post("/sign-in", {"name": "staff", "password": PASSWORD, "next": elsewhere}, csrf=csrf)
    assert answer.headers["Location"] == "/console/"


def test_cookies_and_headers_are_strict(place: Place) -> None:
    page = try_to_sign_in(place.browser(), "staff", PASSWORD)
    cookie = next(each for each in page.headers.getlist("Set-Cookie") if each.startswith("huying_console="))
    assert {"HttpOnly", "SameSite=Lax", "Path=/console"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    headers = place.sign_in("staff").get("/tickets").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_behind_https_the_cookie_never_travels_without_it(own_place: Place) -> None:
    pages = blueprint(own_place.database, lambda: own_place.now, site_name="演示街道", secure=True)
    own_place.app.register_blueprint(pages, url_prefix="/safe", name="safe")
    client = own_place.app.test_client()
    assert "; Secure" in client.get("/safe/sign-in").headers["Set-Cookie"]


def test_somebody_without_a_desk_is_told_so(place: Place) -> None:
    answer = place.sign_in("grid").get("/tickets")
    assert answer.status_code == 403
    assert "还没有给您开通" in answer.text


def test_accounts_are_made_renewed_and_listed_for_the_command_line(place: Place) -> None:
    with place.database.transaction() as session:
        boss = place.people["street"]
        first = login.renew_login(session, "admin", boss, now=place.now)
        second = login.renew_login(session, "admin", boss, now=place.now)
        assert first != second
        assert [each.name for each in login.list_logins(session)] == [
            "admin",
            "clerk",
            "elsewhere",
            "grid",
            "staff",
            "street",
        ]
        with pytest.raises(LoginRefused) as taken:
            login.create_login(session, "admin", PASSWORD, boss, now=place.now)
        assert taken.value.fault is LoginFault.NAME_TAKEN
        with pytest.raises(LoginRefused) as unknown:
            login.reset_password(session, "nobody", PASSWORD)
        assert unknown.value.fault is LoginFault.NO_SUCH_LOGIN
        stored = session.scalars(select(Login.password_hash)).all()
        assert all(each.startswith("$argon2id$") for each in stored)
    assert try_to_sign_in(place.browser(), "admin", first).status_code == 422
    assert try_to_sign_in(place.browser(), "admin", second).status_code == 303
