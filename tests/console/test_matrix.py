"""Who may open what: every address of the console for every role, near and far, against a table written by hand.

The table says what is right; nothing in it is read from the code. A new address without a row fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from console import login
from models import (
    accounts,
    alerts,
    announcements,
    appointments,
    areas,
    broadcasts,
    departments,
    desk,
    guides,
    honours,
    joints,
    merging,
    opening,
    outboxes,
    people,
    posts,
    pushing,
    redeeming,
    riders,
    stations,
    tickets,
    uploads,
)
from models.accounts import ISSUED, of_person
from models.announcement import Outcome
from models.area import Area, AreaKind
from models.attachment import Attachment, AttachmentKind
from models.audit import AuditKind
from models.broadcast import Broadcast
from models.calendar import monday_of
from models.category import Category
from models.clock import local
from models.conversation import Conversation, State
from models.db import Database
from models.desktop import ReadyAnswer, SavedFilter
from models.honour import Group, Nomination
from models.joint import Turn
from models.ledger import Unit, Why
from models.outbox import Notice, NoticeKind, NoticeState
from models.party import Party, PartyKind
from models.person import Login, Person, RoleKind, RoleStatus
from models.pushed import PushDown
from models.result import CallBack, Result
from models.rider import AlertKind, TitleKind
from models.station import Fault, Use
from models.upload import Upload, UploadKind
from nlp import lists
from nlp.area_list import AreaList
from nlp.category_list import CategoryList, LimitList, WordList
from nlp.day_list import DayList
from nlp.duty_list import DutyList
from nlp.guide_list import GuideList
from nlp.party_list import PartyList
from nlp.person_list import PersonList
from nlp.post_list import PostList
from nlp.ready_list import ReadyList
from nlp.skill_list import SkillList
from nlp.station_list import StationList
from nlp.team_list import TeamList
from nlp.template_list import TemplateList
from tests import factories
from tests.conftest import migrated_sqlite
from tests.console.conftest import PASSWORD, Place, build, try_to_sign_in
from tests.factories import NOW

# ---------------------------------------------------------------- the people

RESIDENT, MEMBER, RIDER, GRID, PROPERTY = "resident", "member", "rider", "grid", "property"
STAFF, STREET, DEPARTMENT, ADMIN = "staff", "street", "department", "admin"
NOISE_ONLY, ENDED, RUN_OUT = "noise_only", "ended", "run_out"
NOBODY, FIRST = "signed_out", "first_password"
EVERYBODY = (
    RESIDENT, MEMBER, RIDER, GRID, PROPERTY, STAFF, STREET, DEPARTMENT, ADMIN, NOISE_ONLY, ENDED, RUN_OUT, NOBODY, FIRST
)  # fmt: skip

WITH_A_ROLE = (STAFF, STREET, DEPARTMENT, ADMIN, NOISE_ONLY)
"""For whom anything opens at all: where nothing opens at home, nothing is tried further away."""

# ---------------------------------------------------------------- near and far

HERE, NEXT, FAR = "here", "next", "far"
"""The community of everybody above; the other one of the same street; one of another street. The administrator is of
this street, like everybody of the street.
"""

DESK = {STAFF, STREET, ADMIN}
OF_STREET = {STREET, ADMIN}
WITH_TICKETS = DESK | {DEPARTMENT, NOISE_ONLY}
WITH_ACCOUNT = set(EVERYBODY) - {NOBODY, FIRST}

NEAR: dict[str, set[str]] = {HERE: DESK, NEXT: OF_STREET, FAR: set()}
"""What belongs to a community's desk."""


@dataclass(frozen=True)
class Row:
    """One address: who gets `ok` as an answer where; everybody else is refused."""

    method: str
    path: str
    who: dict[str, set[str]] | set[str]
    ok: int = 200
    form: dict[str, str] = field(default_factory=dict)
    name: str = ""
    """Where the same address stands several times."""

    @property
    def where(self) -> dict[str, set[str]]:
        return self.who if isinstance(self.who, dict) else {HERE: self.who}


def get(path: str, who: dict[str, set[str]] | set[str], **more: Any) -> Row:
    return Row("GET", path, who, **more)


def post(path: str, who: dict[str, set[str]] | set[str], ok: int = 303, **form: str) -> Row:
    return Row("POST", path, who, ok, form)


TICKETS = {HERE: DESK | {NOISE_ONLY}, NEXT: OF_STREET, FAR: set[str]()}
ASSIGNED = {HERE: DESK | {NOISE_ONLY, DEPARTMENT}, NEXT: OF_STREET | {DEPARTMENT}, FAR: set[str]()}
LAMPS = NEAR
EVERYWHERE = {HERE: DESK, NEXT: DESK, FAR: DESK}
"""Whoever calls a counter is written down, wherever it lies: the desk there has it then."""
TAKEN = {HERE: DESK, NEXT: OF_STREET, FAR: set[str]()}
OWN_ACCOUNT = WITH_ACCOUNT
ONLY_STAFF = {HERE: {STAFF}, NEXT: set[str](), FAR: set[str]()}
"""What the community's own desk keeps for itself, or waits for the one who began it."""
ONLY_ADMIN = {HERE: {ADMIN}, NEXT: {ADMIN}, FAR: set[str]()}
OUTLINE = (
    '{{"type": "Feature", "properties": {{"name": "香樟社区"}}, "geometry": '
    '{{"type": "Polygon", "coordinates": [[[114, 30], [114.1, 30], [114.1, 30.1], [114, 30]]]}}}}'
)

NOBODY_HERE = set[str]()
STATION = {"kind": "驿站", "name": "江边驿站", "address": "江边路1号", "lat": "30.5", "lng": "114.3"}

TABLE = (
    # ---- the door
    get("/sign-in", {NOBODY}),
    get("/sign-in", set(EVERYBODY) - {NOBODY}, ok=302, name="signed in"),
    post("/sign-in", set(EVERYBODY), 422, name="x", password="wrong"),
    get("/second-step", set(EVERYBODY), ok=303),
    post("/second-step", set(EVERYBODY), 303, code="123456"),
    get("/sign-in/wecom/nowhere", set[str]()),
    get("/sign-in/wecom/nowhere/back", set[str]()),
    post("/sign-out", set(EVERYBODY) - {NOBODY}),
    post("/looks", WITH_ACCOUNT, look="dark"),
    # ---- one's own account
    get("/password", set(EVERYBODY) - {NOBODY}),
    post("/password", set(EVERYBODY) - {NOBODY}, 422, old=PASSWORD, new="short", again="short"),
    get("/account", OWN_ACCOUNT),
    post("/account/browsers/end", OWN_ACCOUNT, browser="others"),
    post("/account/second-step/start", OWN_ACCOUNT, 200, password=PASSWORD),
    post("/account/second-step/on", OWN_ACCOUNT, sealed="x", code="123456"),
    post("/account/second-step/off", OWN_ACCOUNT, password=PASSWORD),
    # ---- tickets
    get("/", set(EVERYBODY), ok=302),
    get("/tickets", WITH_TICKETS),
    get("/tickets/changes?since=0", WITH_TICKETS),
    get("/tickets/{ticket}", TICKETS),
    get("/tickets/{assigned}", ASSIGNED, name="assigned to a department"),
    get("/tickets/{lamp}", LAMPS, name="of another category"),
    post("/tickets/{ticket}/supervise", TICKETS, version="{version}", why="催一下"),
    post("/tickets/{assigned}/claim", {HERE: {DEPARTMENT}, NEXT: {DEPARTMENT}, FAR: set()}, version="{assigned_version}"),
    post("/tickets/{ticket}/proposals/{proposal}/different", NEAR),
    post("/tickets/{partner}/link", {HERE: DESK | {NOISE_ONLY}, NEXT: OF_STREET, FAR: set()}, 200, version="{partner_version}"),
    get("/attachments/{attachment}", TICKETS),
    post("/tickets/{ticket}/pulse", TICKETS, 200),
    post("/tickets/{assigned}/pulse", ASSIGNED, 200),
    post("/tickets/{lamp}/pulse", LAMPS, 200),
    post("/tickets/{ticket}/desk-notes", NEAR, note="上次也是这家"),
    post("/tickets/{assigned}/desk-notes", NEAR, note="上次也是这家"),
    post("/tickets/bulk", WITH_TICKETS, 200, action="correct", ticket="{ticket}:{version}", category="quarrel"),
    post("/tickets/filters?category=noise", DESK, name="吵的"),
    post("/tickets/filters/{filter}/forget", ONLY_STAFF),
    post("/tickets/filters/{street_filter}/forget", {HERE: OF_STREET, NEXT: OF_STREET, FAR: set()}),
    # ---- the counter
    get("/counter", DESK),
    post("/counter", DESK, 200, step="look", words="楼道灯不亮"),
    post("/counter", EVERYWHERE, step="take", words="楼道灯不亮{area}", name="王奶奶", area="{area}"),
    get("/counter/{taken}", TAKEN),
    get("/appointments", DESK),
    post("/appointments", NEAR, name="王奶奶", purpose="办证", area="{area}", desk="2号窗口", day="2026-11-25",
         begins="10:00", ends="10:30"),
    post("/appointments/{appointment}/move", NEAR, desk="2号窗口", day="2026-11-25", begins="15:00", ends="15:30"),
    post("/appointments/{appointment}/cancel", NEAR),
    get("/call-backs/news", DESK),
    post("/call-backs/news/{to_call}/told", NEAR),
    post("/call-backs/people", NEAR, phone="{calls_phone}"),
    post("/call-backs/people/{calls}/stop", NEAR),
    # ---- messages to an area, the account's menu
    get("/broadcasts", DESK),
    post("/broadcasts/preview", NEAR, 200, area="{area}", words="明天停水"),
    post("/broadcasts/preview", {HERE: OF_STREET, NEXT: OF_STREET, FAR: set()}, 200, area="{area}", words="马上转移",
         emergency="1"),
    post("/broadcasts", NEAR, area="{area}", words="明天停水", people="{everybody}"),
    post("/broadcasts", {HERE: OF_STREET, NEXT: OF_STREET, FAR: set()}, area="{area}", words="马上转移", emergency="1",
         people="{everybody}"),
    get("/broadcasts/{broadcast}", NEAR),
    post("/broadcasts/{broadcast}/stop", NEAR),
    get("/menus", {ADMIN}, ok=303),
    get("/menus/official", {ADMIN}),
    post("/menus/official", {ADMIN}, 303, **{"name-0": "进度", "type-0": "click", "value-0": "进度", "version": "0"}),
    post("/menus/official/fetch", {ADMIN}),
    post("/menus/official/publish", {ADMIN}, version="0"),
    # ---- people who wait
    get("/chats", DESK),
    get("/chats/{chat}", NEAR),
    get("/chats/{chat}/lines", NEAR),
    post("/chats/{chat}/reply", NEAR, text="好", seen="0"),
    post("/chats/{chat}/hand-back", NEAR),
    post("/chats/{chat}/bring", NEAR, text="好", seen="0"),
    get("/chats/ready", DESK),
    post("/chats/ready", NEAR, area="{area}", text="您好"),
    post("/chats/ready/{ready}", NEAR, text="您好，请讲"),
    get("/registrations", DESK),
    post("/registrations/{registration}/confirm", NEAR),
    post("/registrations/{registration}/decline", NEAR),
    get("/unreached", DESK),
    post("/unreached/{unreached}/told", NEAR),
    # ---- judgements
    get("/call-backs", DESK),
    get("/call-backs/{call_back}", NEAR),
    post("/call-backs/{call_back}", NEAR, answer="not_reached"),
    post("/call-backs/{call_back}/phone", NEAR),
    get("/figures", DESK),
    get("/figures?area={area}", NEAR, name="of one area"),
    get("/figures.csv", DESK),
    get("/figures.csv?area={area}", NEAR, name="of one area"),
    get("/figures.xlsx", DESK),
    get("/figures.xlsx?area={area}", NEAR, name="of one area"),
    get("/figures/hours.xlsx", DESK),
    get("/figures/hours.xlsx?area={area}", NEAR, name="of one area"),
    get("/figures/week.pdf", DESK),
    get("/figures/week.pdf?area={area}", NEAR, name="of one area"),
    get("/corrections", DESK),
    get("/set-aside", DESK),
    post("/set-aside", DESK, why="核实过"),
    # ---- announcements
    get("/announcements", DESK),
    get("/announcements/new", DESK),
    post("/announcements/new", NEAR, title="停水", words="抢修", area="{area}", category="noise", outcome="hold",
         since="2026-11-23T09:00", until="2026-11-23T20:00"),
    get("/announcements/{announcement}", NEAR),
    get("/announcements/{announcement}/change", NEAR),
    post("/announcements/{announcement}/change", NEAR, title="停水", words="抢修",
         since="2026-11-23T09:00", until="2026-11-23T20:00"),
    post("/announcements/{announcement}/answer", NEAR),
    post("/announcements/{announcement}/withdraw", NEAR),
    post("/announcements/{announcement}/finish", NEAR),
    # ---- departments and borders
    get("/departments", DESK),
    post("/departments/party", NEAR, name="某物业", kind="property", area="{area}"),
    post("/departments/{party}/change", NEAR, kind="property"),
    post("/departments/{party}/end", NEAR),
    post("/joint-areas", {HERE: OF_STREET, FAR: set()}, name="两侧", turn="week", begins="2026-11-23",
         node="{border}"),
    post("/joint-areas/{joint}/remove", {HERE: OF_STREET, FAR: set()}),
    post("/admitted", {HERE: OF_STREET, NEXT: OF_STREET, FAR: set()}, name="文明养犬二", category="noise", area="{area}"),
    post("/admitted/{entry}/remove", {HERE: OF_STREET, NEXT: OF_STREET, FAR: set()}),
    post("/wishes/{wish}/grant", {HERE: OF_STREET, NEXT: OF_STREET, FAR: set()}),
    post("/wishes/{wish}/deny", {HERE: OF_STREET, NEXT: OF_STREET, FAR: set()}),
    get("/push-down", {DEPARTMENT}),
    post("/push-down", {HERE: {DEPARTMENT}, NEXT: {DEPARTMENT}, FAR: set()}, community="{area}", words="统计商户", ask="1"),
    # ---- who saw and did what
    get("/audit", OF_STREET),
    # ---- accounts and roles
    get("/accounts", {ADMIN}),
    post("/accounts", ONLY_ADMIN, 200, name="新同事", login="fresh", kind="staff", area="{area}"),
    get("/accounts/{colleague}", ONLY_ADMIN),
    post("/accounts/{colleague}/password", ONLY_ADMIN, 200),
    post("/accounts/{colleague}/roles", ONLY_ADMIN, kind="grid", area="{area}"),
    post("/accounts/{colleague}/roles/{colleague_role}/end", ONLY_ADMIN),
    # ---- how things are
    get("/health", OF_STREET),
    get("/connect", {ADMIN}),
    get("/connect/live?channel=", set[str]()),
    # ---- the roster
    get("/roster", DESK),
    get("/roster?area={area}", NEAR, name="of one area"),
    post("/roster/add", NEAR, 409, area="{area}", day="2026-11-23", begins="x"),
    post("/roster/change", NEAR, 409, area="{area}", day="2026-11-23", begins="x"),
    post("/roster/remove", NEAR, 409, area="{area}", day="x"),
    post("/roster/weekly", NEAR, 409, area="{area}", day="x"),
    # ---- points
    get("/ledger", DESK),
    get("/ledger/redemptions.csv", DESK),
    get("/ledger/entries.xlsx?area={area}&since=2026-11-01&until=2026-11-30", NEAR),
    post("/ledger/goods", NEAR, name="油", price="10", stock="3", area="{area}"),
    post("/ledger/goods/{goods}/stock", NEAR, more="1"),
    post("/ledger/goods/{goods}/open", NEAR),
    post("/ledger/goods/{goods}/close", NEAR),
    post("/ledger/hand-over", NEAR, code="{code}"),
    get("/ledger/people/{credited}", NEAR),
    post("/ledger/people/{credited}/{posting}", NEAR, why="记错了"),
    # ---- stations
    get("/stations", DESK),
    get("/stations.xlsx", DESK),
    post("/stations/enter", NEAR, 303, **STATION, area="{area}"),
    post("/stations/{station}/change", NEAR, 303, **STATION, area="{area}"),
    post("/stations/{station}/change", NEAR, 303, **STATION, area="{home_area}"),
    post("/stations/{home_station}/change", NEAR, 303, **STATION, area="{area}"),
    post("/stations/{station}/close", NEAR),
    post("/stations/{station}/settle", NEAR),
    post("/stations/sheet", DESK, 409),
    post("/stations/sheet/{stations_upload}/take", {HERE: {ADMIN}}),
    # ---- the map
    get("/map", WITH_TICKETS),
    get("/map/data?box=30,114,31,115&zoom=15", WITH_TICKETS),
    get("/map/areas", OF_STREET),
    get("/map/areas/{area}", {HERE: OF_STREET, NEXT: OF_STREET, FAR: set()}),
    post("/map/areas/{area}", {HERE: OF_STREET, NEXT: OF_STREET, FAR: set()}, text=OUTLINE),
    post("/map/areas/{area}/remove", {HERE: OF_STREET, NEXT: OF_STREET, FAR: set()}),
    post("/map/areas/file", OF_STREET, 200, text=OUTLINE),
    post("/map/areas/take", OF_STREET, 200, text=OUTLINE),
    get("/map/areas.geojson", DESK),
    # ---- standing posts
    get("/posts", DESK),
    post("/posts", NEAR, name="文明岗", area="{area}", wanted="1", category="lamp"),
    post("/posts/{post}/change", NEAR, name="二岗", area="{area}", wanted="1", category="lamp"),
    post("/posts/{post}/change", NEAR, name="三岗", area="{home_area}", wanted="1", category="lamp"),
    post("/posts/{home_post}/change", NEAR, name="四岗", area="{area}", wanted="1", category="lamp"),
    post("/posts/{post}/close", NEAR),
    post("/posts/{post}/open", NEAR),
    post("/posts/held/{holding}/until", NEAR, until="2026-12-31"),
    post("/posts/held/{holding}/end", NEAR),
    get("/posts.xlsx", DESK),
    post("/posts/sheet", DESK, 409),
    post("/posts/sheet/{posts_upload}/take", {HERE: {ADMIN}}),
    # ---- riders
    get("/riders", DESK),
    post("/riders/team", NEAR, name="二队", area="{area}"),
    post("/riders/team/{team}/join", NEAR, person="{rider}"),
    post("/riders/team/{team}/leave", NEAR, person="{rider}"),
    post("/riders/team/{team}/rename", NEAR, name="三队"),
    post("/riders/team/{team}/end", NEAR),
    post("/riders/team/{home_team}/join", NEAR, person="{rider}"),
    post("/riders/title", NEAR, person="{rider}", kind="safety", area="{area}", until="2026-12-31"),
    post("/riders/title", NEAR, person="{rider}", kind="safety", area="{home_area}", until="2026-12-31"),
    post("/riders/title/{title}/end", NEAR),
    post("/riders/access", NEAR, area="{estate}", words="走北门"),
    post("/riders/alert", NEAR, 200, kind="storm", area="{area}", words="下午暴雨"),
    post("/riders/alert/send", NEAR, kind="storm", area="{area}", words="下午暴雨", people="{reached}"),
    # ---- honouring
    get("/honours", DESK),
    post("/honours", NEAR, title="最美骑手", area="{area}", nominees="riders", voters="everybody", places="1",
         votes_from="2026-11-25T09:00", ends_at="2026-11-28T20:00"),
    get("/honours/{honour}", NEAR),
    post("/honours/{honour}/ask", NEAR, person="{rider}", about="常帮老人"),
    post("/honours/{home_honour}/ask", {HERE: DESK, NEXT: set(), FAR: set()}, person="{rider}", about="常帮老人"),
    post("/honours/{honour}/aside/{nomination}", NEAR),
    post("/honours/{honour}/call-off", NEAR),
    # ---- what holds for every street: nobody here is administrator of them all (test_categories.py has one)
    get("/categories", NOBODY_HERE),
    get("/categories/noise", NOBODY_HERE),
    post("/categories/try", NOBODY_HERE, 200, words="太吵了"),
    post("/categories/noise/change", NOBODY_HERE, 303),
    post("/categories/noise/words", NOBODY_HERE, 303, strong="大喇叭叭"),
    get("/skills", NOBODY_HERE),
    get("/skills/调解", NOBODY_HERE),
    post("/skills/调解/rename", NOBODY_HERE, 303, new="劝和"),
    get("/channels", NOBODY_HERE),
    get("/channels/official", NOBODY_HERE),
    get("/channels/official/offer", NOBODY_HERE),
    post("/channels/official/offer/template", NOBODY_HERE, 303, button="none"),
    get("/calendar", NOBODY_HERE),
    post("/calendar", NOBODY_HERE, 303, first="2026-12-07", last="2026-12-07", working="0"),
    post("/calendar/2026-12-07/take-back", NOBODY_HERE, 303),
    get("/categories.xlsx", NOBODY_HERE),
    post("/categories/sheet", NOBODY_HERE, 409),
    post("/categories/sheet/{categories_upload}/take", NOBODY_HERE),
    get("/words.xlsx", NOBODY_HERE),
    post("/words/sheet", NOBODY_HERE, 409),
    post("/words/sheet/{words_upload}/take", NOBODY_HERE),
    get("/limits.xlsx", NOBODY_HERE),
    post("/limits/sheet", NOBODY_HERE, 409),
    post("/limits/sheet/{limits_upload}/take", NOBODY_HERE),
    get("/skills.xlsx", NOBODY_HERE),
    post("/skills/sheet", NOBODY_HERE, 409),
    post("/skills/sheet/{skills_upload}/take", NOBODY_HERE),
    get("/templates.xlsx", NOBODY_HERE),
    post("/templates/sheet", NOBODY_HERE, 409),
    post("/templates/sheet/{templates_upload}/take", NOBODY_HERE),
    get("/calendar.xlsx", NOBODY_HERE),
    post("/calendar/sheet", NOBODY_HERE, 409),
    post("/calendar/sheet/{calendar_upload}/take", NOBODY_HERE),
    # ---- lists of what a desk keeps
    get("/departments.xlsx", DESK),
    post("/departments/sheet", DESK, 409),
    post("/departments/sheet/{departments_upload}/take", {HERE: {ADMIN}}),
    get("/ready.xlsx", DESK),
    post("/ready/sheet", DESK, 409),
    post("/ready/sheet/{ready_upload}/take", {HERE: {ADMIN}}),
    get("/roster.xlsx", DESK),
    post("/roster/sheet", DESK, 409),
    post("/roster/sheet/{roster_upload}/take", {HERE: {ADMIN}}),
    get("/teams.xlsx", DESK),
    post("/teams/sheet", DESK, 409),
    post("/teams/sheet/{teams_upload}/take", {HERE: {ADMIN}}),
    # ---- guides
    get("/guides", DESK),
    post("/guides", NEAR, title="老年证", words="老年证", text="带身份证", area="{area}"),
    post("/guides/{guide}/change", NEAR, title="老年证", words="老年证", text="带身份证", area="{area}"),
    post("/guides/{guide}/change", NEAR, title="老年证", words="老年证", text="带身份证", area="{home_area}"),
    post("/guides/{home_guide}/change", NEAR, title="老年证", words="老年证", text="带身份证", area="{area}"),
    post("/guides/{guide}/close", NEAR),
    get("/guides.xlsx", DESK),
    post("/guides/sheet", DESK, 409),
    post("/guides/sheet/{guides_upload}/take", {HERE: {ADMIN}}),
    # ---- lists of people
    get("/people", {ADMIN}),
    get("/people.xlsx", {ADMIN}),
    post("/people/sheet", {ADMIN}, 409),
    post("/people/sheet/{people_upload}/take", {HERE: {ADMIN}}),
    post("/accounts/{colleague}/code", ONLY_ADMIN, 200),
    # ---- areas
    get("/areas", {ADMIN}),
    get("/areas.xlsx", {ADMIN}),
    get("/areas/{area}", ONLY_ADMIN),
    post("/areas/{area}/add", ONLY_ADMIN, kind="estate", name="新苑"),
    post("/areas/{estate}/change", ONLY_ADMIN, name="新名字"),
    post("/areas/{estate}/move", ONLY_ADMIN, parent="{area}"),
    post("/areas/{estate}/move", {HERE: {ADMIN}, NEXT: {ADMIN}, FAR: set()}, parent="{home_area}", name="of another community"),
    post("/areas/{home_estate}/move", {HERE: {ADMIN}, NEXT: {ADMIN}, FAR: set()}, parent="{area}"),
    post("/areas/{estate}/close", ONLY_ADMIN, 409),
    post("/areas/{estate}/open", ONLY_ADMIN),
    post("/areas/{area}/codes", ONLY_ADMIN, 200),
    post("/areas/sheet", {ADMIN}, 409),
    post("/areas/sheet/{areas_upload}/take", {HERE: {ADMIN}}),
)  # fmt: skip

OPEN_TO_ALL = {"/sign-in", "/sign-in/wecom/nowhere", "/sign-in/wecom/nowhere/back"}

NOT_BY_RIGHTS = {"static"}
"""Style and scripts, which are the same for everybody."""


# ---------------------------------------------------------------- the stage


class Rehearsal(Database):
    """A real database on which, once the curtain is up, every button works and nothing of it stays: all rows of the
    table see the same street.
    """

    curtain_up = False

    @contextmanager
    def transaction(self, *, first: bool = False) -> Iterator[Session]:
        with super().reading() if self.curtain_up else super().transaction(first=first) as session:
            yield session
            session.flush()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with super().reading() as session:
            yield session


@dataclass
class Stage:
    place: Place
    values: dict[str, dict[str, str]]
    tokens: dict[str, str] = field(default_factory=dict)
    csrf: dict[str, str] = field(default_factory=dict)

    def ask(self, row: Row, who: str, where: str) -> TestResponse:
        values = self.values[where]
        address = f"/console{row.path.format_map(values)}"
        client = self.place.app.test_client(use_cookies=False)
        headers = {"Cookie": f"huying_console={self.tokens[who]}; huying_before=before"}
        if row.method == "GET":
            return client.get(address, headers=headers)
        form: dict[str, Any] = {name: value.format_map(values) for name, value in row.form.items()}
        if "node" in form:
            form["node"] = form["node"].split(",")
        before = row.path in ("/sign-in", "/second-step")
        form["csrf"] = "before" if before else self.csrf[who]
        return client.post(address, data=form, headers=headers)


class Account:
    """An account whose platform takes every menu."""

    key = "official"

    def menu(self) -> list[dict[str, Any]]:
        return []

    def publish(self, buttons: Sequence[Mapping[str, Any]]) -> None:
        assert buttons


@pytest.fixture(scope="module")
def stage(servers: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    database = Rehearsal(migrated_sqlite(servers, tmp_path_factory.mktemp("matrix")))
    place = build(database)
    place.means = replace(place.means, menus=(Account(),))
    far = _areas(database)
    _people(place, far)
    values = {
        where: things(place, where, community, estate)
        for where, (community, estate) in {
            HERE: (place.street.community, place.street.estate),
            NEXT: (place.street.other_community, place.street.other_estate),
            FAR: far,
        }.items()
    }
    with database.transaction() as session:
        for each in values.values():
            area = session.get_one(Area, int(each["area"]))
            whom = broadcasts.audience(area, None, emergency=True)
            each["everybody"] = str(len(session.scalars(select(Person.id).where(whom)).all()))
    for each in values.values():
        each |= {
            f"home_{name}": values[HERE][name]
            for name in ("area", "station", "team", "post", "honour", "estate", "guide")
        }
    place.media["one.jpg"] = b"\xff\xd8\xff"
    made = Stage(place, values, {NOBODY: "nothing"}, {NOBODY: "nothing"})
    for who in set(EVERYBODY) - {NOBODY}:
        page = place.browser()
        assert try_to_sign_in(page, f"matrix-{who}", PASSWORD).status_code == 303, who
        cookie = page.client.get_cookie("huying_console", path="/console")
        assert cookie is not None
        made.tokens[who], made.csrf[who] = cookie.value, page.csrf()
    database.curtain_up = True
    yield made
    database.dispose()


def _areas(database: Database) -> tuple[Area, Area]:
    """Another street with a community and an estate."""
    with database.transaction() as session:
        street = areas.add_area(session, AreaKind.STREET, "远江街道")
        community = areas.add_area(session, AreaKind.COMMUNITY, "梧桐社区", parent=street)
        return community, areas.add_area(session, AreaKind.ESTATE, "梧桐里", parent=community)


def _people(place: Place, far: tuple[Area, Area]) -> None:
    here = place.street
    with place.database.transaction() as session:
        roles: dict[str, tuple[RoleKind, Area] | None] = {
            RESIDENT: None,
            MEMBER: (RoleKind.MEMBER, here.community),
            RIDER: (RoleKind.RIDER, here.street),
            GRID: (RoleKind.GRID, here.estate),
            PROPERTY: (RoleKind.PROPERTY, here.estate),
            STAFF: (RoleKind.STAFF, here.community),
            STREET: (RoleKind.STREET, here.street),
            DEPARTMENT: (RoleKind.DEPARTMENT, here.street),
            ADMIN: (RoleKind.ADMIN, here.street),
            NOISE_ONLY: (RoleKind.STAFF, here.community),
            ENDED: (RoleKind.STAFF, here.community),
            RUN_OUT: (RoleKind.STAFF, here.community),
            FIRST: (RoleKind.ADMIN, here.street),
        }
        for name, given in roles.items():
            person = factories.person(session, name)
            if given is not None:
                department = "城管" if name == DEPARTMENT else ""
                role = people.grant(session, person, given[0], given[1].id, now=NOW, department=department)
                role.categories = ["noise"] if name == NOISE_ONLY else []
                role.until = NOW - timedelta(minutes=1) if name == RUN_OUT else None
                role.status = RoleStatus.ENDED if name == ENDED else RoleStatus.ACTIVE
            login.create_login(session, f"matrix-{name}", PASSWORD, person, now=NOW, must_change=name == FIRST)
        # A department of the same name elsewhere, to which the far tickets are given.
        session.add(Party(name="城管", kind=PartyKind.DEPARTMENT, area_id=session.get_one(Area, far[0].parent_id).id))


def things(place: Place, where: str, community: Area, estate: Area) -> dict[str, str]:
    """One of everything in a community, as the table names it."""
    now, found = place.now, {"area": str(community.id)}
    with place.database.transaction() as session:
        resident = factories.person(session, f"居民{where}")
        boss = factories.somebody(session, RoleKind.STREET, session.get_one(Area, community.parent_id), name="主任")
        resident.phone, resident.home_area_id = "13800000000", estate.id
        matters = {
            name: factories.ticket(
                session,
                resident,
                words=f"{name}{where}，在 3 栋 1002 室，电话 13800000000",
                area=estate,
                category=category,
            )
            for name, category in [("ticket", "noise"), ("assigned", "noise"), ("lamp", "lamp"), ("partner", "noise")]
        }
        for matter in matters.values():
            matter.room = "1002"
        desk.assign(session, matters["assigned"], "城管", "打 13900000001 找他", by=boss, now=now)
        draft = departments.Draft(f"供电所{where}", PartyKind.UTILITY, community.id)
        found["party"] = str(departments.enter(session, draft).id)
        desk.assign(session, matters["partner"], f"供电所{where}", "", by=boss, now=now)
        neighbour = factories.person(session, "邻居")
        other = factories.ticket(session, neighbour, words="也是这件", area=estate, category="noise")
        merging.propose(session, matters["ticket"], other, score=0.9, reasons=["place"], now=now)
        session.flush()
        found["proposal"] = str(merging.proposals_of(session, matters["ticket"])[0].id)
        photo = Attachment(
            ticket_id=matters["ticket"].id,
            person_id=resident.id,
            channel="official",
            kind=AttachmentKind.IMAGE,
            media_id="m",
            stored="one.jpg",
            sent_at=now,
        )
        chat = Conversation(person_id=resident.id, channel="official", state=State.HANDED_OVER)
        session.add_all([photo, chat])
        colleague = factories.somebody(session, RoleKind.STAFF, session.get_one(Area, community.id), name="同事")
        login.create_login(session, f"colleague-{where}", PASSWORD, colleague, now=now)
        newcomer = factories.person(session, "新人")
        asked = people.grant(session, newcomer, RoleKind.MEMBER, community.id, now=now, status=RoleStatus.PENDING)
        lost = Notice(
            kind=NoticeKind.REGISTERED,
            person_id=resident.id,
            state=NoticeState.UNREACHABLE,
            data={},
            created_at=now,
            not_before=now,
        )
        session.add(lost)
        said = announcements.Draft(
            "停电", "检修", community.id, "noise", "", Outcome.HOLD, now, now + timedelta(hours=5)
        )
        found["announcement"] = str(announcements.announce(session, said, by=boss, now=now).id)
        beyond = areas.add_area(
            session, AreaKind.COMMUNITY, f"隔壁{where}", parent=session.get_one(Area, community.parent_id)
        )
        sides = [
            [areas.add_area(session, AreaKind.ESTATE, f"{name}{where}", parent=each) for name in ("路东", "路西")]
            for each in (session.get_one(Area, community.id), beyond)
        ]
        border, free = zip(*sides, strict=True)
        joint = joints.add(session, f"边{where}", border, turn=Turn.WEEK, begins=now.date())
        found |= {"joint": str(joint.id), "border": ",".join(str(each.id) for each in free)}
        found["entry"] = str(
            pushing.add_entry(
                session, session.get_one(Area, community.id), "文明养犬", session.get_one(Category, "noise")
            ).id
        )
        session.flush()
        party = session.query(Party).filter_by(name="城管", area_id=community.parent_id).one()
        wish = pushing.push_down(
            session, session.get_one(Area, community.id), party, "统计", by=boss, channel="console", now=now
        )
        assert isinstance(wish, PushDown)
        pushing.ask_street(session, wish.id, by=boss, now=now)
        found["wish"] = str(wish.id)
        goods = redeeming.offer(session, session.get_one(Area, community.id), "米", price=5, stock=5, now=now)
        accounts.switch_on(session, resident, now=now)
        posted = None
        for number in range(2):  # what is reserved below comes from the first
            moves = {of_person(resident.id): 20, ISSUED: -20}
            posted = accounts.post(session, Why.TASK, Unit.POINTS, moves, source=f"matrix:{where}:{number}", now=now)
        assert posted is not None
        found["code"] = redeeming.reserve(session, goods.id, by=resident, now=now, days=7)[1]
        finished = factories.ticket(session, neighbour, words="办完的", area=estate, category="lamp")
        tickets.finish(session, finished, "好了", by=boss, now=now)
        session.flush()
        result = session.query(Result).filter_by(ticket_id=finished.id).one()
        result.asked_at = now
        finished_call = CallBack(
            result_id=result.id, ticket_id=finished.id, week=monday_of(local(now).date()), drawn_at=now
        )
        session.add(finished_call)
        session.flush()
        found |= _beside_tickets(session, where, community, by=boss, now=now) | {"estate": str(estate.id)}
        ids = {
            "attachment": photo.id,
            "chat": chat.id,
            "registration": asked.id,
            "unreached": lost.id,
            "goods": goods.id,
            "credited": resident.id,
            "posting": posted.id,
            "call_back": finished_call.id,
            "colleague": colleague.id,
            "colleague_role": colleague.roles[0].id,
        }
        found |= {name: str(each) for name, each in ids.items()}
        for name, matter in matters.items():
            found[name] = matter.number
            found["version" if name == "ticket" else f"{name}_version"] = str(matter.version)
    return found


def _beside_tickets(session: Session, where: str, community: Area, *, by: Person, now: datetime) -> dict[str, str]:
    """Stations, riders, a round of honours, and what a desk keeps."""
    here = session.get_one(Area, community.id)
    station = stations.enter(session, stations.Draft(Use.REST, "驿站", "", 30.5, 114.3, "", "", here.id), now=now)
    rider = factories.somebody(session, RoleKind.RIDER, here, name="小马")
    stations.report_fault(session, station.id, Fault.CLOSED, by=rider, now=now)
    team = riders.make_team(session, "一队", here, now=now)
    riders.join_team(session, team, rider, now=now)
    today = local(now).date()
    title = riders.give_title(session, rider, TitleKind.FOOD, here, today, today, by=by, now=now)
    standing = posts.make(session, posts.Draft("灯岗", here.id, ["lamp"], 2), now=now)
    helper = factories.somebody(session, RoleKind.MEMBER, here, name="老周")
    holding = posts.claim(session, standing.id, by=helper, now=now)[1]
    honour = honours.open_round(
        session,
        here,
        "最美小哥",
        nominees=Group.RIDERS,
        voters=Group.EVERYBODY,
        places=1,
        votes_from=now + timedelta(days=2),
        ends_at=now + timedelta(days=5),
        by=by,
        now=now,
    )
    honours.nominate(session, honour.id, "小马", by=rider, now=now)
    caller = Person(
        name="王奶奶", phone=f"1390000000{here.id}"[:11], by_phone=True, created_at=now, home_area_id=here.id
    )
    session.add(caller)
    session.flush()
    told = outboxes.tell(session, NoticeKind.REGISTERED, caller.id, now=now)
    told.state = NoticeState.TO_CALL
    begins = now + timedelta(days=1)
    booked = appointments.make(
        session, caller, here, "1号窗口", "办证", begins, begins + timedelta(minutes=30), by=by, now=now
    )
    said = Broadcast(area_id=here.id, emergency=True, words="x", by_id=by.id, made_at=now, people=1)
    answer = ReadyAnswer(area_id=here.id, text="您好", by_id=by.id, changed_at=now)
    report = opening.Report("灯不亮", category="lamp", area_id=here.id)
    taken = opening.open_ticket(session, report, by=caller, channel="counter", now=now)
    session.add_all([said, answer])
    session.flush()
    kept = {
        name: SavedFilter(area_id=area_id, name=f"吵{where}", query="category=noise", by_id=by.id, created_at=now)
        for name, area_id in [("filter", here.id), ("street_filter", here.parent_id)]
    }
    admin = session.query(Login).filter_by(name=f"matrix-{ADMIN}").one().person_id
    waiting = {
        f"{kind.value}_upload": Upload(
            by_id=admin,
            kind=kind,
            made_at=now,
            rows={"list": [list(lists.heads(listed).values())]},
            digest=uploads.Outcome((), ()).digest,
        )
        for kind, listed in (
            (UploadKind.AREAS, AreaList),
            (UploadKind.PEOPLE, PersonList),
            (UploadKind.GUIDES, GuideList),
            (UploadKind.CATEGORIES, CategoryList),
            (UploadKind.WORDS, WordList),
            (UploadKind.LIMITS, LimitList),
            (UploadKind.DEPARTMENTS, PartyList),
            (UploadKind.CALENDAR, DayList),
            (UploadKind.POSTS, PostList),
            (UploadKind.READY, ReadyList),
            (UploadKind.ROSTER, DutyList),
            (UploadKind.SKILLS, SkillList),
            (UploadKind.STATIONS, StationList),
            (UploadKind.TEAMS, TeamList),
            (UploadKind.TEMPLATES, TemplateList),
        )
    }
    guide = guides.enter(session, guides.Draft("老年证", ["老年证"], "带身份证", [], here.id), now=now)
    session.add_all([*kept.values(), *waiting.values()])
    session.flush()
    ids = {
        "station": station.id,
        "guide": guide.id,
        "rider": rider.id,
        "reached": alerts.reached(session, AlertKind.STORM, here),
        "team": team.id,
        "title": title.id,
        "post": standing.id,
        "holding": holding.id,
        "honour": honour.id,
        "nomination": session.query(Nomination).filter_by(round_id=honour.id).one().id,
        "appointment": booked.id,
        "to_call": told.id,
        "calls": caller.id,
        "broadcast": said.id,
        "ready": answer.id,
        **{name: each.id for name, each in (kept | waiting).items()},
    }
    return {name: str(each) for name, each in ids.items()} | {"taken": taken.number, "calls_phone": caller.phone}


# ---------------------------------------------------------------- the tests


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method} {row.path} {row.name}".strip())
def test_exactly_those_in_the_table_are_answered(stage: Stage, row: Row) -> None:
    wrong = []
    for where, allowed in row.where.items():
        for who in EVERYBODY if where == HERE else WITH_A_ROLE:
            status = stage.ask(row, who, where).status_code
            if (status == row.ok) != (who in allowed) or status >= 500:
                wrong.append(f"{who} {where}: {status}")
            elif who not in allowed and row.path not in OPEN_TO_ALL and not refused(who, status):
                wrong.append(f"{who} {where}: {status} is no refusal")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("name", "allowed"), [("ticket", TICKETS), ("assigned", TICKETS), ("lamp", LAMPS)])
def test_one_button_for_several_tickets_does_only_what_each_button_may(
    stage: Stage, name: str, allowed: dict[str, set[str]]
) -> None:
    version = "version" if name == "ticket" else f"{name}_version"
    chosen = f"{{{name}}}:{{{version}}}"
    row = post("/tickets/bulk", WITH_TICKETS, 200, action="correct", ticket=chosen, category="quarrel")
    for where, who in allowed.items():
        did = {each for each in WITH_A_ROLE if "1 件办好了" in stage.ask(row, each, where).text}
        assert did == who, where


def refused(who: str, status: int) -> bool:
    """Sent to the door or to the new password; for everybody else it does not exist, or does not open."""
    return status in ((302, 303) if who in (NOBODY, FIRST) else (302, 303, 403, 404, 409))


DAYS_IN_FORMS = (
    post("/tickets/{ticket}/hold", {}, why="等配件", version="{version}", until="D"),
    post("/tickets/bulk", {}, action="hold", ticket="{ticket}:{version}", why="等配件", until="D"),
    *[
        post(
            "/appointments",
            {},
            name="王奶奶",
            purpose="办证",
            area="{area}",
            desk="2号窗口",
            day="D",
            begins=begins,
            ends=ends,
        )
        for begins, ends in (("00:00", "00:30"), ("23:00", "23:59"))
    ],
    post("/appointments/{appointment}/move", {}, desk="2号窗口", day="D", begins="00:00", ends="00:30"),
    post(
        "/announcements/new",
        {},
        title="停水",
        words="抢修",
        area="{area}",
        category="noise",
        outcome="hold",
        since="2026-11-23T09:00",
        until="DT23:59",
    ),
    post(
        "/announcements/new",
        {},
        title="停水",
        words="抢修",
        area="{area}",
        category="noise",
        outcome="hold",
        since="DT00:00",
        until="DT23:59",
    ),
    post(
        "/announcements/{announcement}/change",
        {},
        title="停水",
        words="抢修",
        since="DT00:00",
        until="2026-11-23T20:00",
    ),
    post("/joint-areas", {}, name="两侧", turn="week", begins="D", node="{border}"),
    post("/joint-areas", {}, name="两侧", turn="month", begins="D", node="{border}"),
    post("/accounts", {}, name="新同事", login="fresh", kind="staff", area="{area}", until="D"),
    post("/accounts/{colleague}/roles", {}, kind="grid", area="{area}", until="D"),
    post("/roster/add", {}, area="{area}", day="D", begins="08:00", ends="20:00", first="{rider}", how="daily"),
    post("/riders/title", {}, person="{rider}", kind="safety", area="{area}", since="D", until="9999-12-31"),
    post("/posts/held/{holding}/until", {}, until="D"),
    *[
        post(
            "/honours",
            {},
            title="最美骑手",
            area="{area}",
            nominees="riders",
            voters="everybody",
            places="1",
            votes_from=votes_from,
            ends_at="DT23:59",
        )
        for votes_from in ("2026-11-25T09:00", "DT00:00")
    ],
)
"""Forms that take a day (D), each with all the rest right."""

ENDS_OF_TIME = (
    "9999-12-31",
    "9999-12-30",
    "0001-01-01",
    "0001-01-02",
    "1970-01-01",
    "2999-01-01",
    "2026-02-30",
    "²026-12-01",
)


@pytest.mark.parametrize("row", DAYS_IN_FORMS, ids=lambda row: f"{row.path} {'|'.join(row.form)}")
def test_days_at_the_ends_of_time_are_refused_kindly(stage: Stage, row: Row) -> None:
    for day in ENDS_OF_TIME:
        form = {name: re.sub("^D", day, value) for name, value in row.form.items()}
        answer = stage.ask(replace(row, form=form), ADMIN, HERE)
        # A role may be for ever.
        fine = {200, 409, 422} | ({303} if row.path.startswith("/accounts") and day > "2026-12" else set())
        assert answer.status_code in fine, (day, answer.status_code)
        assert "件办好了" not in answer.text.replace("0 件办好了", ""), day


PAGES_OF_DAYS = (
    "/appointments?day=", "/audit?day=", "/roster?area={area}&day=", "/figures?period=days&from=2020-01-01&to=",
    "/figures?period=days&to=2020-01-01&from=", "/figures/week.pdf?area={area}&week=", "/figures.csv?from=2026-01-01&to=",
    "/ledger/entries.xlsx?area={area}&since=2026-11-01&until=", "/ledger/entries.xlsx?area={area}&until=2026-11-30&since=",
    "/tickets?tab=all&q=", "/map/data?box=30,114,31,115&zoom=15&days=",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES_OF_DAYS)
def test_pages_of_days_at_the_ends_of_time_are_pages_all_the_same(stage: Stage, path: str) -> None:
    for day in ENDS_OF_TIME:
        assert stage.ask(get(path + day, {}), ADMIN, HERE).status_code < 500, day


PERSONAL = {
    "/chats/{chat}": AuditKind.SAW_CHAT,
    "/chats/{chat}/lines": AuditKind.SAW_CHAT,
    "/registrations": AuditKind.SAW_REGISTRATION,
    "/unreached": AuditKind.SAW_PHONE,
    "/call-backs/news": AuditKind.SAW_PHONE,
    "/ledger/people/{credited}": AuditKind.SAW_LEDGER,
    "/accounts": AuditKind.SAW_PEOPLE,
    "/accounts/{colleague}": AuditKind.SAW_PEOPLE,
    "/riders": AuditKind.SAW_PEOPLE,
    "/posts": AuditKind.SAW_PEOPLE,
}
"""The pages whose task needs a name, a number or somebody's words in full, and how looking at them is written down."""


@pytest.mark.parametrize("who", [STAFF, ADMIN, DEPARTMENT])
def test_nobody_is_shown_in_full_without_need_and_whoever_looks_is_written_down(stage: Stage, who: str) -> None:
    private = re.compile(rf"居民(?:{HERE}|{NEXT}|{FAR})|王奶奶|新人|138\d{{8}}|139\d{{8}}|1002")
    wrong = []
    for row in TABLE:
        if row.method != "GET" or re.search(r"\.(xlsx|csv|pdf|geojson)", row.path):
            continue
        with written_down(stage.place.database) as kinds:
            answer = stage.ask(row, who, HERE)
        path = row.path.partition("?")[0]
        shown = {*private.findall(answer.text)} if answer.mimetype == "text/html" else set()
        if answer.status_code == 200 and path in PERSONAL and PERSONAL[path] not in kinds:
            wrong.append(f"{path}: not in the audit")
        if shown and path not in PERSONAL:
            wrong.append(f"{path}: {shown}")
    assert not wrong, "\n".join(wrong)


@contextmanager
def written_down(database: Database) -> Iterator[set[str]]:
    """The kinds of what the audit gets meanwhile."""
    kinds: set[str] = set()

    def note(_1: Any, _2: Any, statement: str, parameters: Any, *_3: Any) -> None:
        if statement.startswith("INSERT INTO audit "):
            kinds.update(each for each in parameters if isinstance(each, str))

    event.listen(database.engine, "before_cursor_execute", note)
    yield kinds
    event.remove(database.engine, "before_cursor_execute", note)


def test_every_address_has_a_row(stage: Stage) -> None:
    adapter = stage.place.app.url_map.bind("localhost")
    named = set()
    for row in TABLE:
        path = row.path.format_map(stage.values[HERE]).partition("?")[0]
        endpoint, _ = adapter.match(f"/console{path}", method=row.method)
        named.add((endpoint, row.method))
    there = {
        (rule.endpoint, method)
        for rule in stage.place.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint.startswith("console.") and rule.endpoint.partition(".")[2] not in NOT_BY_RIGHTS
    }
    assert there - named == set()
