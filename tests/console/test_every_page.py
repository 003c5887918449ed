"""Every page in a real browser over the real application: each width, by day, by night and in large type.

The addresses are those of the application itself: a new page without a line here fails.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, expect

from bot.photos import PhotoPages
from console import login
from models import accounts, areas, certificates, links, people
from models.accounts import ISSUED, of_person
from models.area import Area, AreaKind
from models.conversation import Conversation
from models.ledger import Unit, Why
from models.person import RoleKind
from models.ticket import Ticket
from tests import factories
from tests.bot.support import Street, serving
from tests.conftest import migrated_sqlite
from tests.console import lively
from tests.console.conftest import Place
from tests.console.lively import BOSS, PASSWORD
from tests.console.test_matrix import ADMIN, HERE, STAFF, things

pytestmark = pytest.mark.browser

AXE = Path(sys.prefix) / "clients" / "node_modules" / "axe-core" / "axe.min.js"
"""Where `make test` puts what tests/clients/node/package-lock.json names."""
LOOK = (Path(__file__).parent / "look.js").read_text(encoding="utf-8")
WIDTHS = (1280, 360, 2560)
BAD = ("serious", "critical")

CONSOLE = {
    "console.home": ["/console/"],
    "console.sign_in": [],
    "console.second_step": [],
    "console.ticket_list": [
        "/console/tickets?tab=all",
        "/console/tickets?view=board",
        "/console/tickets?tab=all&category=noise",
        "/console/tickets?tab=all&q=没有这样的话",
        "/console/tickets?tab=overdue",
    ],
    "console.ticket_page": [
        "/console/tickets/{ticket}",
        "/console/tickets/{long}",
        "/console/tickets/{done}",
        "/console/tickets/{partner}",
        "/console/tickets/261123-9999",
    ],
    "console.chat_list": ["/console/chats"],
    "console.chat_page": ["/console/chats/{chat}", "/console/chats/{talk}"],
    "console.registrations": ["/console/registrations"],
    "console.unreached": ["/console/unreached"],
    "console.call_back_list": ["/console/call-backs"],
    "console.call_back_page": ["/console/call-backs/{call_back}"],
    "console.figures_page": ["/console/figures"],
    "console.correction_rates": ["/console/corrections"],
    "console.set_aside": ["/console/set-aside"],
    "console.announcement_list": ["/console/announcements"],
    "console.announcement_new": ["/console/announcements/new"],
    "console.announcement_page": ["/console/announcements/{announcement}"],
    "console.announcement_change": ["/console/announcements/{announcement}/change"],
    "console.departments": ["/console/departments"],
    "console.push_down": ["/console/push-down"],
    "console.audit_page": ["/console/audit"],
    "console.account_list": ["/console/accounts"],
    "console.account_of": ["/console/accounts/{colleague}"],
    "console.health_page": ["/console/health"],
    "console.connect_page": ["/console/connect", "/console/connect?channel=official"],
    "console.roster_page": ["/console/roster"],
    "console.ledger_page": ["/console/ledger"],
    "console.ledger_of": ["/console/ledger/people/{credited}"],
    "console.stations": ["/console/stations"],
    "console.riders": ["/console/riders"],
    "console.posts": ["/console/posts"],
    "console.honour_list": ["/console/honours"],
    "console.honour_page": ["/console/honours/{honour}"],
    "console.password": ["/console/password"],
    "console.account": ["/console/account"],
    "console.map_page": ["/console/map", "/console/map?layer=heat"],
    "console.outlines": ["/console/map/areas"],
    "console.outline_page": ["/console/map/areas/{area}"],
    "console.counter": ["/console/counter"],
    "console.counter_slip": ["/console/counter/{taken}"],
    "console.appointment_day": ["/console/appointments"],
    "console.news_list": ["/console/call-backs/news"],
    "console.ready_list": ["/console/chats/ready"],
    "console.broadcast_list": ["/console/broadcasts"],
    "console.broadcast_page": ["/console/broadcasts/{broadcast}"],
    "console.menu_list": ["/console/menus"],
    "console.menu_page": ["/console/menus/official"],
    "console.area_tops": ["/console/areas"],
    "console.area_page": ["/console/areas/{area}"],
    "console.category_list": ["/console/categories"],
    "console.category_page": ["/console/categories/noise"],
    "console.skill_list": ["/console/skills"],
    "console.skill_page": ["/console/skills/助老"],
    "console.channel_list": ["/console/channels"],
    "console.channel_page": ["/console/channels/official"],
    "console.channel_notice": ["/console/channels/official/finished"],
    "console.calendar_page": ["/console/calendar"],
    "console.people_page": ["/console/people"],
    "console.guides_page": ["/console/guides"],
}
"""Where each page of the console lies, with what is given in its address; `Sights.values` fills the names in."""

PUBLIC = {
    "front.home": ["/"],
    "links.page": ["/answer/{link}", "/answer/wrong"],
    "links.thanks": ["/answer/thanks"],
    "photos.page": ["/photos/{photos}"],
    "certificates.page": ["/certificate/{certificate}", "/certificate/wrong"],
    "places.place": ["/at/area-{area}", "/at/wrong"],
    "public_figures.streets": ["/public/figures"],
    "public_figures.street": ["/public/figures/{street}"],
}
"""What people without an account see."""

DOOR = ["/console/sign-in", "/console/sign-in?done=signed_out"]
"""What nobody who is signed in sees."""

NO_PAGES = {
    "console.static", "console.attachment", "photos.photo", "certificates.file",
    "console.ticket_changes", "console.chat_lines", "console.connect_live",
    "console.figures_file", "console.figures_sheet", "console.figures_book", "console.figures_week", "console.map_data", "console.outlines_file",
    "console.calendar_xlsx", "console.categories_xlsx", "console.departments_xlsx", "console.limits_xlsx", "console.posts_xlsx", "console.ready_xlsx",
    "console.roster_xlsx", "console.skills_xlsx", "console.teams_xlsx", "console.templates_xlsx", "console.words_xlsx",
    "console.areas_xlsx", "console.people_xlsx", "console.guides_xlsx", "console.redemptions_csv", "console.entries_xlsx", "console.stations_xlsx",
    "console.wecom_asked", "console.wecom_back", "alive", "ready", "metrics",
}  # fmt: skip
"""Files, parts of pages, and what machines ask for."""

POSTED = [
    ("/console/tickets/{partner}/link", {"version": "{partner_version}"}),
    ("/console/tickets/{ticket}/locate", {"version": "0"}),
    ("/console/tickets/bulk", {"action": "correct", "ticket": "{ticket}:{version}", "category": "pets"}),
    ("/console/announcements/new", {"title": "停水" * 40}),
    ("/console/riders/alert", {"kind": "storm", "area": "{area}", "words": "下午有暴雨"}),
    ("/console/account/second-step/start", {"password": PASSWORD}),
    ("/console/accounts/{colleague}/password", {}),
    ("/console/password", {"old": "wrong", "new": "short", "again": "shorter"}),
]
"""Pages that only a button shows."""


@dataclass
class Sights:
    """One browser that is signed in, and what is wrong with what it has seen."""

    street: Street
    page: Page
    address: str
    values: dict[str, str]
    complaints: list[tuple[str, str]] = field(default_factory=list)
    """What the browser said, and about which address."""

    def listen(self) -> None:
        def said(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                self.complaints.append((message.text, message.location["url"]))

        def came(response: Response) -> None:
            if response.status >= 400:
                self.complaints.append((f"{response.status}", response.url))

        self.page.on("console", said)
        self.page.on("response", came)

        def failed(request: Request) -> None:
            # What an open page asked for when the next one was opened came to nothing, as it should.
            if request.failure != "net::ERR_ABORTED":
                self.complaints.append((f"{request.failure}", request.url))

        self.page.on("requestfailed", failed)
        self.page.on("pageerror", lambda error: self.complaints.append((str(error), "a script")))

    def _complaints(self) -> list[str]:
        """Since the last time. That a page itself is refused is meant here; what it loads never is."""
        heard = [f"{what}: {url}" for what, url in self.complaints if url.split("#")[0] != self.page.url.split("#")[0]]
        self.complaints.clear()
        return heard

    def _as_wide_as(self, width: int) -> None:
        """Even the same width once more would be laid out and painted."""
        size = self.page.viewport_size
        if size is None or size["width"] != width:
            self.page.set_viewport_size({"width": width, "height": 800})

    def go(self, path: str) -> None:
        self._as_wide_as(WIDTHS[0])
        self.page.goto(self.address + path.format_map(self.values))

    def send(self, path: str, form: dict[str, str]) -> None:
        """As a button on any page of the console does."""
        filled = {name: value.format_map(self.values) for name, value in form.items()}
        self.go("/console/password")
        with self.page.expect_navigation():
            self.page.evaluate(
                """([action, form]) => {
                    const made = document.createElement("form");
                    [made.method, made.action] = ["post", action];
                    form.csrf = document.querySelector("[name=csrf]").value;
                    for (const [name, value] of Object.entries(form)) made.append(Object.assign(document.createElement("input"), { name, value }));
                    document.body.append(made);
                    made.submit();
                }""",
                [self.address + path.format_map(self.values), filled],
            )

    def faults_at_a_glance(self) -> list[str]:
        """The same as it is shown first, by day."""
        found = [each for width in WIDTHS for each in self._lies(width, "")]
        return list(dict.fromkeys(found + self._complaints()))

    def faults(self) -> list[str]:
        """What is wrong with the page that is open, at every width and in every mode."""
        found = self._complaints()
        for width in WIDTHS:
            found += self._lies(width, "")
        self.page.evaluate(OPEN)
        # Chromium lies a page out and paints it anew for each width: the way back says the rest.
        for width in reversed(WIDTHS):
            found += self._lies(width, "opened")
            self.page.evaluate("document.documentElement.dataset.size = 'large'")
            found += self._lies(width, "large")
            self.page.evaluate("delete document.documentElement.dataset.size")
            if width == max(WIDTHS):
                found += self._judged()
                self.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
                found += self._judged(runOnly=["color-contrast"])
                self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        return list(dict.fromkeys(found + self._complaints()))

    def _lies(self, width: int, how: str) -> list[str]:
        self._as_wide_as(width)
        return [f"{width} px {how}: {each}" for each in self.page.evaluate(LOOK)]

    def _judged(self, **options: Any) -> list[str]:
        judged = self.page.evaluate(
            "options => axe.run(document, { resultTypes: ['violations'], preload: false, iframes: false, ...options })",
            options,
        )
        return [
            f"{each['impact']} {each['id']}: {node['target']} {node['failureSummary']}"
            for each in judged["violations"]
            if each["impact"] in BAD
            for node in each["nodes"][:3]
        ]


OPEN = """() => {
  for (const each of document.querySelectorAll("details:not(.hy-group)")) { each.removeAttribute("name"); each.open = true; }
}"""
"""Everything that is folded away at once, but the menu, which opens above the page."""


INSIDE = """() => [...document.querySelectorAll(".hy-group[open] a")].map((each) => [each.textContent, each.getBoundingClientRect()])
  .filter(([, box]) => box.left < 0 || box.right > document.documentElement.clientWidth || box.height < 44 || box.width < 44)
  .map(([text, box]) => `${text} ${box.left} ${box.right} ${box.height}`)"""
"""The entries of the open group that are too small, or not on the screen."""


@pytest.fixture(scope="module")
def sights(browser: Browser, servers: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sights]:
    """The busy street with one of everything, long names and long words in it; one browser, one sign-in."""
    if not AXE.exists():
        pytest.skip("axe-core: not installed; `make test` installs it")
    folder = tmp_path_factory.mktemp("pages")
    with (
        lively.street(migrated_sqlite(servers, folder), folder, lively.stairs(browser)) as street,
        serving(street.huying.web) as address,
        browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce") as context,
    ):
        values = furnish(street)
        (folder / "media" / "one.jpg").write_bytes(lively.stairs(browser))
        context.add_init_script(path=AXE)
        made = Sights(street, context.new_page(), address, values)
        made.page.set_default_timeout(10_000)
        made.listen()
        yield made


def furnish(street: Street) -> dict[str, str]:
    """One of everything, and what is too long for any page; gives the words of the addresses."""
    database, now = street.huying.database, street.now
    with database.transaction() as session:
        place = {each.name: each for each in session.query(Area)}
        here, estate, top = place["香樟社区"], place["香樟花园"], place["江湾街道"]
        boss = lively.by_name(session, "沈主任")
        people.grant(session, boss, RoleKind.DEPARTMENT, top.id, now=now, department="城管")
        for root in session.query(Area).filter_by(parent_id=None):
            people.grant(session, boss, RoleKind.ADMIN, root.id, now=now)
        factories.category(session, "lamp")
        login.create_login(session, f"matrix-{STAFF}", PASSWORD, lively.by_name(session, "徐静"), now=now)
        login.create_login(session, f"matrix-{ADMIN}", PASSWORD, boss, now=now)
        nowhere = areas.add_area(session, AreaKind.COMMUNITY, "还没人的社区", parent=place["演示区"])
        alone = factories.somebody(session, RoleKind.ADMIN, nowhere, name="新来的", now=now)
        login.create_login(session, "alone", PASSWORD, alone, now=now, must_change=False)
        session.expunge_all()
    stage = Place(street.huying.web, database, None, {}, street.times)  # type: ignore[arg-type]
    values = things(stage, HERE, here, estate)
    secret = street.huying.web.config["SECRET_KEY"]
    photos = PhotoPages(database, street.huying.fetcher.store.get, public_url="", secret=secret, clock=lambda: now)
    with database.transaction() as session:
        boss, long = lively.by_name(session, "沈主任"), lively.by_name(session, "小林")
        long.name = "阿卜杜热合曼·买买提吐尔逊·" + "W" * 27
        long.phone = "13800000000"
        words = factories.ticket(session, long, words="长" * 300 + " https://example.org/" + "a" * 200, area=estate)
        words.place = "香樟花园" * 12
        certified = lively.by_name(session, "李建国")
        moves = {of_person(certified.id): 90, ISSUED: -90}
        accounts.post(session, Why.SERVICE, Unit.MINUTES, moves, source="pages", now=now)
        partner = session.query(Ticket).filter_by(serial=1).one()
        values |= {
            "street": str(top.id),
            "long": words.number,
            "done": lively.number(session, 11).number,
            "certificate": certificates.issue(session, certified, now=now)[1],
            "link": links.make(session, partner, by=boss, now=now, hours=72)[0],
            "photos": photos.address(session, lively.number(session, 11), now=now).rpartition("/")[2],
            "talk": str(session.query(Conversation).filter_by(person_id=lively.by_name(session, "陈伯").id).one().id),
        }
    return values


def enter(sights: Sights, name: str = BOSS) -> None:
    """Signs in, once."""
    sights.go("/console/account")
    if "sign-in" in sights.page.url:
        sights.page.get_by_label("登录名").fill(name)
        sights.page.get_by_label("密码").fill(PASSWORD)
        sights.page.get_by_role("button", name="登录").click()
        sights.page.wait_for_url("**/console/account")


def said(found: dict[str, list[str]]) -> str:
    return "\n".join(f"{path}\n  " + "\n  ".join(faults) for path, faults in found.items() if faults)


def look_at(sights: Sights, paths: list[str]) -> dict[str, list[str]]:
    found = {}
    for path in paths:
        sights.go(path)
        found[path] = sights.faults()
    return {path: faults for path, faults in found.items() if faults}


def test_a_new_page_is_looked_at_too(sights: Sights) -> None:
    there = {
        rule.endpoint
        for rule in sights.street.huying.web.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint not in NO_PAGES
    }
    assert there == {*CONSOLE, *PUBLIC}


def test_what_people_without_an_account_see_lies_well(sights: Sights) -> None:
    sights.page.context.clear_cookies()  # whoever is signed in is not shown the door
    paths = [path for listed in PUBLIC.values() for path in listed] + DOOR
    assert not (found := look_at(sights, paths)), said(found)


def test_every_page_lies_well_at_every_width_by_day_by_night_and_in_large_type(sights: Sights) -> None:
    enter(sights)
    paths = [path for listed in CONSOLE.values() for path in listed]
    assert not (found := look_at(sights, paths)), said(found)


def test_what_a_button_shows_lies_well_too(sights: Sights) -> None:
    enter(sights)
    found = {}
    for path, form in POSTED:
        sights.send(path, form)
        found[path] = sights.faults()
    assert not any(found.values()), said(found)


def test_the_menu_is_read_and_used_at_every_width(sights: Sights) -> None:
    enter(sights)
    sights.go("/console/riders")
    for width in WIDTHS:
        sights.page.set_viewport_size({"width": width, "height": 800})
        menu = sights.page.get_by_role("navigation", name="主菜单")
        expect(menu.get_by_role("link", name="骑手", exact=True)).to_be_hidden()
        for group in menu.locator("summary").all():
            group.focus()
            sights.page.keyboard.press("Enter")
            expect(menu.locator("details[open]")).to_have_count(1)
            assert sights.page.evaluate(LOOK) == []
            assert sights.page.evaluate(INSIDE) == []
        here = menu.locator("summary[aria-current]")
        expect(here).to_contain_text("人手")
        here.click()
        expect(menu.get_by_role("link", name="骑手", exact=True)).to_have_attribute("aria-current", "page")
        sights.page.keyboard.press("Escape")
        expect(menu.locator("details[open]")).to_have_count(0)
        expect(here).to_be_focused()


def test_whoever_is_signed_in_stands_beside_the_brand_and_the_menu_takes_one_row_of_a_desk(sights: Sights) -> None:
    enter(sights)
    sights.go("/console/riders")
    for width in (1440, 1280, 1024, 390):
        sights.page.set_viewport_size({"width": width, "height": 800})
        brand, me = (sights.page.locator(each).bounding_box() for each in (".hy-brand", ".hy-me"))
        assert brand is not None
        assert me is not None
        assert brand["y"] <= me["y"] + me["height"] / 2 <= brand["y"] + brand["height"], width
        if width > 1000:
            tops = {round(each.bounding_box()["y"]) for each in sights.page.locator(".hy-menu > *").all()}  # type: ignore[index]
            assert len(tops) == 1, width


def test_the_fields_of_one_menu_entry_stand_in_one_row(sights: Sights) -> None:
    enter(sights)
    sights.go("/console/menus/official")
    for width in (1440, 1024):
        sights.page.set_viewport_size({"width": width, "height": 800})
        for row in sights.page.locator(".hy-menu-row:visible").all():
            fields = row.locator("> label > :is(input, select)").all()
            assert len({round(each.bounding_box()["y"]) for each in fields}) == 1, width  # type: ignore[index]


def test_where_nothing_is_yet_the_pages_lie_well_too(sights: Sights, browser: Browser) -> None:
    with browser.new_context(locale="zh-CN", reduced_motion="reduce") as context:
        alone = Sights(sights.street, context.new_page(), sights.address, sights.values)
        enter(alone, "alone")
        alone.listen()
        found = {}
        for path in [path for listed in CONSOLE.values() for path in listed if "{" not in path]:
            alone.go(path)
            found[path] = alone.faults_at_a_glance()
        assert not any(found.values()), said(found)


def test_what_lies_badly_is_found(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    page.set_content(
        """<body style="margin:0"><h1>一</h1><h3>三</h3><button style="width:20px;height:20px;padding:0">小</button>
        <div style="width:500px">长</div><p style="margin:0">上面</p><p style="margin:-24px 0 0">下面</p>
        <label>写<input style="display:block;margin-top:-24px"></label>
        <div style="width:100px;overflow-x:auto"><p style="width:300px;margin:0">横着看</p></div>
        <div style="overflow-x:auto"><table style="width:600px"><tr><td>表可以横着看</table></div>
        <details><summary style="height:40px">收着</summary><p style="margin:-40px 0 0">看不见的不算</p></details>
        <div style="height:30px;overflow:hidden"><p style="margin:0;height:60px"></p>切掉的不算</div><p>后面</p>"""
    )
    found = "\n".join(page.evaluate(LOOK))
    for each in (
        "140 px wider",
        "<input> “” is 360 × 2",  # how high depends on the fonts
        "“上面” and “下面”",
        "“<input>” and “写”",
        "20 × 20 px",
        "<div> is moved sideways",
        "1,3: a level is left out",
    ):
        assert each in found
    assert len(found.splitlines()) == 7, found
