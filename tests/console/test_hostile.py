"""What somebody might try against the console: each is refused, or shown as the words it is."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from sqlalchemy import select

from console import blueprint, tables
from console.gate import HEADERS
from models.area import Area
from models.attachment import Attachment, AttachmentKind
from models.category import Category
from models.person import Person, Role
from models.ticket import Ticket
from tests.console.conftest import PASSWORD, Place
from tests.console.test_judgements import announce, to_call
from tests.console.test_ledger import credited, entered
from tests.console.test_people import hand_over

NASTY = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}"
"""Fits into the shortest field that people fill in by themselves (40 characters are cut)."""


class Markup(HTMLParser):
    """What of a page a browser would take for markup."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        addresses = [value or "" for name, value in attrs if name in ("href", "src", "action", "formaction")]
        handlers = [name for name in names if name.startswith("on")]
        # Figures for a chart are no program.
        inline = tag == "script" and "src" not in names and ("type", "application/json") not in attrs
        if handlers or inline or "style" in names or any(_is_program(each) for each in addresses):
            self.found.append(f"{tag} {attrs}")
        if tag == "img" and "x" in addresses:
            self.found.append(f"{tag} {attrs}")


def _is_program(address: str) -> bool:
    return address.strip().lower().startswith(("javascript:", "vbscript:", "data:text"))


def markup(page: str) -> list[str]:
    parser = Markup()
    parser.feed(page)
    return parser.found


def poisoned(place: Place) -> list[str]:
    """A street in which everything that people can name is called something nasty; gives the pages that show it."""
    [call_back] = to_call(place)
    chat_id = hand_over(place, words=NASTY)
    goods = entered(place, name=NASTY[:40])
    credited(place)
    ticket = place.ticket(words=NASTY)
    staff = place.sign_in("staff")
    made = announce(staff, place, title=NASTY[:60], words=NASTY)
    party = {"name": NASTY[:40], "kind": "property", "area": str(place.street.estate.id), "contact": NASTY[:40]}
    assert staff.post("/departments/party", party).status_code == 303
    with place.database.transaction() as session:
        for person in session.scalars(select(Person)):
            person.name, person.phone, person.unit, person.platform = NASTY[:40], NASTY[:20], NASTY[:80], NASTY[:40]
            person.home_room = NASTY[:40]
        for area in session.scalars(select(Area)):
            area.name = NASTY[:80]
        for category in session.scalars(select(Category)):
            category.name = NASTY[:40]
        for each in session.scalars(select(Ticket)):
            each.place, each.room = NASTY[:200], NASTY[:40]
        session.add(
            Attachment(
                ticket_id=ticket.id,
                person_id=place.people["resident"].id,
                channel="official",
                kind=AttachmentKind.LOCATION,
                label=NASTY,
                lat=30.6,
                lng=114.3,
                sent_at=place.now,
            )
        )
    assert goods
    member = place.people["member"].id
    return [
        "/tickets?tab=all",
        "/tickets/changes?tab=all&since=0",
        f"/tickets/{ticket.number}",
        "/chats",
        f"/chats/{chat_id}",
        f"/chats/{chat_id}/lines",
        "/registrations",
        "/unreached",
        "/call-backs",
        f"/call-backs/{call_back}",
        "/figures",
        "/announcements",
        "/announcements/new",
        made,
        f"{made}/change",
        "/departments",
        "/roster",
        "/ledger",
        f"/ledger/people/{member}",
        "/set-aside",
        "/corrections",
        "/audit",
        "/account",
    ]


def test_what_people_write_is_never_markup_on_any_page(place: Place) -> None:
    pages = poisoned(place)
    desk, shown = place.sign_in("street"), 0
    for path in pages:
        answer = desk.get(path)
        assert answer.status_code == 200, path
        assert markup(answer.text) == [], path
        assert "49" not in re.findall(r"onerror=alert\(1\)[^<]{0,60}49", answer.text), path
        shown += "&lt;img src=x" in answer.text
    # The words are there: a page that leaves them out proves nothing.
    assert shown >= 15


def test_the_looker_for_markup_finds_it() -> None:
    for hostile in (NASTY, "<a href=' JavaScript:x'>", "<p onclick=x>", "<script>x</script>", "<p style='x'>"):
        assert markup(hostile), hostile


@pytest.mark.parametrize(
    "where", ["/tickets?q={}", "/ledger?name={}", "/audit?about={}", "/sign-in?next={}", "/tickets?done={}"]
)
def test_what_stands_in_an_address_is_never_markup(place: Place, where: str) -> None:
    page = place.sign_in("street").client.get(f"/console{where.format(NASTY)}", follow_redirects=True)
    assert page.status_code == 200
    assert markup(page.text) == []


def test_every_form_of_every_page_carries_the_secret_word(place: Place) -> None:
    pages = poisoned(place)
    desk = place.sign_in("street")
    forms = 0
    for path in pages:
        for form in re.findall(r'<form[^>]*method="post".*?</form>', desk.get(path).text, re.S):
            assert 'name="csrf"' in form, path
            forms += 1
    assert forms > 30


def posting(place: Place) -> list[str]:
    """Every address that changes something, with numbers that may be there."""
    adapter = place.app.url_map.bind("localhost")
    found = []
    for rule in place.app.url_map.iter_rules():
        if rule.endpoint.startswith("console.") and "POST" in (rule.methods or ()):
            words = {
                "answer": "confirm",
                "what": "open",
                "number": "261123-0001",
                "action": "supervise",
                "key": "wecom",
            }
            arguments = {name: words.get(name, 1) for name in rule.arguments}
            found.append(adapter.build(rule.endpoint, arguments, method="POST"))
    return found


@pytest.mark.parametrize("csrf", ["", "guessed", "of somebody else"])
def test_a_form_from_elsewhere_changes_nothing_anywhere(place: Place, csrf: str) -> None:
    place.ticket()
    given = place.sign_in("elsewhere").csrf() if csrf == "of somebody else" else csrf
    desk = place.sign_in("street")
    for address in posting(place):
        answer = desk.client.post(address, data={"csrf": given, "why": "x", "version": "1"})
        assert answer.status_code == 400, address
    assert desk.get("/tickets").status_code == 200


def test_nothing_that_changes_something_can_be_opened_by_a_link(place: Place) -> None:
    """A picture in somebody's mail asks with GET, and brings the cookie along."""
    place.ticket()
    desk = place.sign_in("street")
    with place.database.reading() as session:
        before = session.scalars(select(Ticket.version)).all(), len(session.scalars(select(Role.id)).all())
    for address in posting(place):
        assert desk.client.get(address).status_code in (200, 302, 303, 404, 405), address
    with place.database.reading() as session:
        assert before == (session.scalars(select(Ticket.version)).all(), len(session.scalars(select(Role.id)).all()))


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_other_ways_of_asking_are_not_answered(place: Place, method: str) -> None:
    desk = place.sign_in("street")
    for address in posting(place)[:10]:
        assert desk.client.open(address, method=method).status_code in (400, 405), address


def test_a_planted_session_never_becomes_the_victims(place: Place) -> None:
    attacker, victim = place.sign_in("elsewhere"), place.browser()
    planted = attacker.client.get_cookie("huying_console", path="/console")
    csrf = re.search(r'name="csrf" value="([^"]+)"', victim.get("/sign-in").text)
    assert planted is not None
    assert csrf is not None
    victim.client.set_cookie("huying_console", planted.value, path="/console")
    form = {"name": "staff", "password": PASSWORD, "csrf": csrf[1]}
    assert victim.client.post("/console/sign-in", data=form).status_code == 303
    own = victim.client.get_cookie("huying_console", path="/console")
    assert own is not None
    assert own.value != planted.value
    assert "刘敏" in victim.get("/tickets").text
    # What was planted is over, and leads nowhere any more.
    assert attacker.get("/tickets").status_code == 302


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/console//evil.example",
        "/console/\\evil",
        "\t//evil.example",
        "/console/%0d%0aSet-Cookie:x=1",
        "/console/\r\nSet-Cookie: x=1",
        "javascript:alert(1)",
        "/consolezzz",
        "/console/../evil",
        "/console/%2e%2e/evil",
        "/console/.%2E/evil",
        "http:/console/",
    ],
)
def test_no_address_leads_out_of_the_console_or_into_the_headers(place: Place, elsewhere: str) -> None:
    desk = place.browser()
    page = desk.client.get("/console/sign-in", query_string={"next": elsewhere})
    csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert csrf is not None
    form = {"name": "staff", "password": PASSWORD, "next": elsewhere, "csrf": csrf[1]}
    answer = desk.client.post("/console/sign-in", data=form)
    # Signed in, and to the front page: none of these is a page of the console.
    assert answer.headers["Location"] == "/console/"
    assert not any("\n" in value or "\r" in value for _, value in answer.headers)
    assert all(
        each.startswith(("huying_console=", "huying_before=", "huying_second="))
        for each in answer.headers.getlist("Set-Cookie")
    )


@pytest.mark.parametrize(
    "start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1", "＝1", "|calc", "%0A=1"]
)
def test_no_cell_of_a_table_is_a_formula(start: str) -> None:
    """OWASP, CSV Injection: what begins with one of = + - @, tab or return, blanks before it or not."""
    answer = tables.csv_file("x.csv", ["a"], [[f'{start}", "=2']])
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert len(rows) == 2
    assert len(rows[1]) == 1
    assert rows[1][0].lstrip(" \t\r\n")[:1] not in tuple("=+-@＝＋－＠|")


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script>",
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%PDF-1.4 /JavaScript",
        b"GIF8<script>alert(1)</script>",
        b"\xff\xd8\xff<script>alert(1)</script>",
        b"",
    ],
)
def test_a_file_that_is_no_photo_never_runs(place: Place, content: bytes) -> None:
    ticket = place.ticket()
    with place.database.transaction() as session:
        photo = Attachment(
            ticket_id=ticket.id,
            person_id=place.people["resident"].id,
            channel="official",
            kind=AttachmentKind.IMAGE,
            stored="../../etc/passwd",
            sent_at=place.now,
        )
        session.add(photo)
        session.flush()
        number = photo.id
    place.media["../../etc/passwd"] = content
    answer = place.sign_in("staff").get(f"/attachments/{number}")
    assert answer.status_code == 200
    assert answer.mimetype in ("application/octet-stream", "image/jpeg", "image/gif")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    if answer.mimetype == "application/octet-stream":
        assert answer.headers["Content-Disposition"] == "attachment"


@pytest.mark.parametrize("form", [{"why": "x" * 70_000}, {f"field{number}": "x" for number in range(2000)}])
def test_a_form_that_is_too_large_is_refused(place: Place, form: dict[str, str]) -> None:
    ticket, desk = place.ticket(), place.sign_in("staff")
    csrf = desk.csrf()
    assert desk.post(f"/tickets/{ticket.number}/supervise", form, csrf=csrf).status_code in (400, 413, 409)
    assert place.again(ticket).version == ticket.version


def test_an_upload_where_none_is_expected_is_not_kept(place: Place) -> None:
    ticket, desk = place.ticket(), place.sign_in("staff")
    data: dict[str, Any] = {"csrf": desk.csrf(), "why": (io.BytesIO(b"<script>"), "../../evil.html"), "version": "1"}
    answer = desk.client.post(f"/console/tickets/{ticket.number}/add", data=data, content_type="multipart/form-data")
    assert answer.status_code in (400, 409)


@pytest.mark.parametrize(
    "number",
    ["1", "261123-0001%00", "261123-9999999999999", "../../etc", "261123-0001/../2", "-1", "999999999999999999999"],
)
def test_numbers_that_are_none_are_not_there(place: Place, number: str) -> None:
    place.ticket()
    desk = place.sign_in("staff")
    for room in ("tickets", "attachments", "chats", "call-backs", "announcements"):
        assert desk.get(f"/{room}/{number}").status_code in (302, 308, 404), (room, number)


def test_a_header_of_the_request_is_never_repeated_in_the_answer(place: Place) -> None:
    headers = {"X-Forwarded-Host": "evil.example", "Host": "evil.example", "Referer": "https://evil.example/"}
    answer = place.app.test_client().get("/console/tickets", headers=headers)
    assert answer.headers["Location"].startswith("/console/sign-in")
    assert "evil" not in str(answer.headers)


def test_behind_https_browsers_are_told_to_stay_there(own_place: Place) -> None:
    assert "Strict-Transport-Security" not in HEADERS
    pages = blueprint(own_place.database, lambda: own_place.now, site_name="演示街道", secure=True)
    own_place.app.register_blueprint(pages, url_prefix="/safe", name="safe")
    told = own_place.app.test_client().get("/safe/sign-in").headers["Strict-Transport-Security"]
    assert told == "max-age=31536000"
