"""One's own account: which browsers are signed in, and the second step."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from sqlalchemy import select

from console import login, second, sessions
from console.second import STEP_SECONDS, Seal
from models.audit import Audit, AuditKind
from models.person import Login, LoginSession
from tests.console.conftest import PASSWORD, Desk, Place, try_to_sign_in
from tests.factories import NOW


def code_at(secret: str, moment: datetime) -> str:
    """What the person's app shows."""
    return pyotp.TOTP(secret).generate_otp(int(moment.timestamp()) // STEP_SECONDS)


def turn_on(place: Place, desk: Desk) -> tuple[str, list[str]]:
    """Switches the second step on; gives the secret and the recovery codes."""
    shown = desk.post("/account/second-step/start", {"password": PASSWORD}).text
    typed = re.search(r"<code>([A-Z2-7-]+)</code>", shown)
    sealed = re.search(r'name="sealed" value="([^"]+)"', shown)
    assert typed is not None and sealed is not None
    assert "data:image/svg+xml" in shown
    secret = typed[1].replace("-", "")
    done = desk.post("/account/second-step/on", {"sealed": sealed[1], "code": code_at(secret, place.now)})
    return secret, re.findall(r"<li><code>([A-Z0-9-]+)</code>", done.text)


def second_step(desk: Desk, code: str) -> int:
    page = desk.get("/second-step").text
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)
    return desk.post("/second-step", {"code": code}, csrf=csrf[1] if csrf else "").status_code


def kinds(place: Place) -> list[AuditKind]:
    with place.database.reading() as session:
        return list(session.scalars(select(Audit.kind).order_by(Audit.id)))


def test_staff_see_their_browsers_and_sign_one_out(both_places: Place) -> None:
    place = both_places
    office = place.sign_in("staff")
    place.later(minutes=10)
    phone = place.browser()
    phone.client.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Linux; Android 14) Chrome/125.0 MicroMessenger/8.0"
    place.sign_in("staff", desk=phone)
    page = office.get("/account").text
    assert "安卓手机 · 微信" in page
    assert "127.0.0.1" in page
    assert page.count("就是这里") == 1
    handle = re.search(r'name="browser" value="([0-9a-f]{16})"', page)
    assert handle is not None
    assert office.post("/account/browsers/end", {"browser": handle[1]}).status_code == 303
    assert phone.get("/tickets").status_code == 302
    assert office.get("/tickets").status_code == 200
    assert AuditKind.SESSION_ENDED in kinds(place)


def test_everything_elsewhere_is_signed_out_at_once(place: Place) -> None:
    here, there, other = place.sign_in("staff"), place.sign_in("staff"), place.sign_in("street")
    here.post("/account/browsers/end", {"browser": "others"})
    assert [each.get("/tickets").status_code for each in (here, there, other)] == [200, 302, 200]


def test_nobody_ends_the_browsers_of_somebody_else(place: Place) -> None:
    staff, street = place.sign_in("staff"), place.sign_in("street")
    with place.database.reading() as session:
        hashes = session.scalars(select(LoginSession.token_hash)).all()
    csrf, own = street.csrf(), street.client.get_cookie("huying_console", path="/console")
    assert own is not None
    theirs = [each[:16] for each in hashes if each != sessions.digest(own.value)]
    assert len(theirs) == 1
    for handle in [*theirs, "%", "", "_" * 16]:
        street.post("/account/browsers/end", {"browser": handle}, csrf=csrf)
    assert staff.get("/tickets").status_code == 200


def test_whoever_goes_away_is_signed_out_and_a_page_that_freshens_keeps_nobody_in(place: Place) -> None:
    desk = place.sign_in("staff")
    for _ in range(8):
        place.later(minutes=15)
        freshened = desk.client.get("/console/tickets/changes", headers={"HX-Request": "true"}).status_code
        assert freshened == (204 if place.now < NOW + timedelta(hours=2) else 401)
    assert desk.get("/tickets").status_code == 302


def test_a_new_password_gives_this_browser_a_new_token(place: Place) -> None:
    desk = place.sign_in("staff")
    old = desk.client.get_cookie("huying_console", path="/console")
    assert old is not None
    desk.post("/password", {"old": PASSWORD, "new": "my own long words", "again": "my own long words"})
    assert desk.get("/tickets").status_code == 200
    desk.client.set_cookie("huying_console", old.value, path="/console")
    assert desk.get("/tickets").status_code == 302


def test_with_the_second_step_a_password_alone_opens_nothing(both_places: Place) -> None:
    place = both_places
    secret, recovery = turn_on(place, place.sign_in("staff"))
    assert len(recovery) == 8
    place.later(minutes=1)
    desk = place.browser()
    assert try_to_sign_in(desk, "staff", PASSWORD).headers["Location"] == "/console/second-step"
    assert desk.get("/tickets").status_code == 302
    assert desk.client.get_cookie("huying_console", path="/console") is None
    assert second_step(desk, "000000" if code_at(secret, place.now) != "000000" else "111111") == 422
    assert desk.get("/tickets").status_code == 302
    assert second_step(desk, code_at(secret, place.now)) == 303
    assert desk.get("/tickets").status_code == 200
    assert "备用码还剩 8 个" in desk.get("/account").text


def test_a_code_that_was_used_is_worth_nothing(place: Place) -> None:
    secret, _ = turn_on(place, place.sign_in("staff"))
    # The code that switched it on is used up as well.
    desk = place.sign_in("staff")
    assert second_step(desk, code_at(secret, place.now)) == 422
    place.later(seconds=STEP_SECONDS)
    code = code_at(secret, place.now)
    assert second_step(desk, code) == 303
    assert second_step(place.sign_in("staff"), code) == 422


def test_a_recovery_code_lets_in_once_however_it_is_typed(place: Place) -> None:
    _, recovery = turn_on(place, place.sign_in("staff"))
    desk = place.sign_in("staff")
    assert second_step(desk, recovery[0].lower().replace("-", " ")) == 303
    assert "备用码还剩 7 个" in desk.get("/account").text
    assert second_step(place.sign_in("staff"), recovery[0]) == 422
    assert AuditKind.RECOVERY_USED in kinds(place)


def test_a_known_password_does_not_buy_more_guesses_of_the_code(place: Place) -> None:
    secret, _ = turn_on(place, place.sign_in("staff"))
    place.later(minutes=1)
    desk = place.browser()
    for _ in range(5):
        place.sign_in("staff", desk=desk)
        assert second_step(desk, "123456") == 422
    # Locked by now: not even the right code lets in.
    assert try_to_sign_in(place.browser(), "staff", PASSWORD).status_code == 422
    assert second_step(desk, code_at(secret, place.now)) == 422
    assert AuditKind.LOCKED in kinds(place)


def test_a_right_password_waits_five_minutes_for_its_code(place: Place) -> None:
    secret, _ = turn_on(place, place.sign_in("staff"))
    desk = place.sign_in("staff")
    place.later(minutes=5)
    assert desk.get("/second-step").status_code == 303
    assert second_step(desk, code_at(secret, place.now)) != 200
    assert desk.get("/tickets").status_code == 302


def test_an_open_browser_alone_neither_adds_nor_takes_away_the_second_step(place: Place) -> None:
    desk = place.sign_in("staff")
    refused = desk.post("/account/second-step/start", {"password": "a guess"})
    assert refused.status_code == 422
    assert "data:image" not in refused.text
    turn_on(place, desk)
    assert desk.post("/account/second-step/off", {"password": "a guess"}).status_code == 422
    assert "已经打开" in desk.get("/account").text
    assert desk.post("/account/second-step/off", {"password": PASSWORD}).status_code == 303
    assert place.sign_in("staff").get("/tickets").status_code == 200


def test_the_secret_is_unreadable_in_the_database_and_opens_for_its_own_account_only(place: Place) -> None:
    secret, recovery = turn_on(place, place.sign_in("staff"))
    with place.database.reading() as session:
        found = session.scalars(select(Login).where(Login.name == "staff")).one()
    stored = f"{found.totp_secret} {found.recovery}"
    assert secret not in stored
    assert not any(each.replace("-", "") in stored for each in recovery)
    seal = Seal("one key")
    assert seal.open(7, seal.close(7, secret)) == secret
    assert seal.open(8, seal.close(7, secret)) == ""
    assert Seal("another key").open(7, seal.close(7, secret)) == ""


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "94287082"), (1111111109, "07081804"), (1234567890, "89005924"), (2000000000, "69279037")],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """RFC 6238, appendix B; eight digits there, the last six of them here."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    moment = datetime.fromtimestamp(seconds, tz=UTC)
    assert second.step_of(secret, code[2:], now=moment) == seconds // STEP_SECONDS
    assert second.step_of(secret, "x" + code[3:], now=moment) is None


def test_a_password_that_was_reset_starts_without_a_second_step(place: Place) -> None:
    turn_on(place, place.sign_in("staff"))
    with place.database.transaction() as session:
        login.reset_password(session, "staff", "given by the boss")
    assert try_to_sign_in(place.browser(), "staff", "given by the boss").headers["Location"] == "/console/"
