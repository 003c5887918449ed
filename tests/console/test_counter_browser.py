"""The pages of the counter in a real browser: they fit, complain of nothing, help while one types, and work bare."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from console import login
from console.means import Reach
from models import broadcasts
from models.area import Area
from models.person import Person, RoleKind
from tests import factories
from tests.console.conftest import PASSWORD, Place
from tests.console.test_browser import address, enter, fits
from tests.console.test_counter import booking, form, news, on_the_street
from tests.console.test_menus import Account
from tests.console.test_people import hand_over

__all__ = ["address"]

pytestmark = pytest.mark.browser

PICTURES = os.environ.get("PICTURES_TO", "")


@pytest.fixture
def place(own_place: Place) -> Place:
    """Everything of the counter has something to show."""
    on_the_street(own_place)
    own_place.means = replace(own_place.means, menus=(Account(),), reach=lambda _: {"official": Reach(("customer",))})
    with own_place.database.transaction() as session:
        admin = factories.somebody(session, RoleKind.ADMIN, own_place.street.street, name="方管")
        login.create_login(session, "admin", PASSWORD, admin, now=own_place.now, must_change=False)
    return own_place


def fill(place: Place) -> str:
    """One of each, by the desk; gives the number of the counter's ticket."""
    staff = place.sign_in("staff")
    answer = staff.post("/counter", form(words="香樟花园6栋着火了，好大的烟"))
    staff.post("/appointments", booking(place, day="2026-11-23", begins="15:00", ends="15:30", purpose="长" * 90))
    news(place, ticket=place.ticket("6栋2单元的路灯坏了，晚上还很吵"))
    staff.post("/chats/ready", {"area": place.street.community.id, "text": "您好，我是社区的，在看您前面的话。" * 3})
    with place.database.transaction() as session:
        area = session.get_one(Area, place.street.estate.id)
        people = broadcasts.count(session, area, None, emergency=False, ways={}, now=place.now)
        said = broadcasts.confirm(
            session, area, None, "明早八点到十点停水，请先接好水。", emergency=False, people=sum(people.values()),
            most_a_week=9, by=session.get_one(Person, place.people["staff"].id), now=place.now,
        )  # fmt: skip
        broadcasts.send_on(session, said.id, now=place.now)
    return answer.headers["Location"].removeprefix("/console")


@pytest.mark.parametrize("width", [360, 1280, 2560])
def test_every_page_of_the_counter_fits(place: Place, page: Page, address: str, width: int) -> None:
    slip, chat = fill(place), hand_over(place)
    ticket = place.ticket("小区里有人乱停车，把消防通道堵了，9栋2单元", area=place.street.community)
    complaints: list[str] = []
    page.on("console", lambda each: complaints.append(each.text) if each.type in ("error", "warning") else None)
    page.set_viewport_size({"width": width, "height": 900})
    enter(page, address, "admin")
    for number, path in enumerate(
        (
            "/counter", slip, "/appointments", "/call-backs/news", "/broadcasts", "/broadcasts/1", "/menus/official",
            "/chats/ready", f"/chats/{chat}", f"/tickets/{ticket.number}",
        )
    ):  # fmt: skip
        page.goto(f"{address}{path}")
        if path == "/counter":
            page.get_by_label("来的人说了什么").fill("香樟花园6栋楼道灯不亮")
            expect(page.locator("#look")).to_contain_text("听成")
        for opened in page.locator("main details").all():
            opened.evaluate("each => { each.open = true }")
        fits(page, width)
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{width}-{number}.png", full_page=True)
    page.goto(f"{address}/broadcasts")
    page.get_by_label("哪里").select_option(label="\u3000\u3000香樟花园")
    page.get_by_label("要说的话").fill("周日上午义诊，在社区广场。")
    page.get_by_role("button", name="先看一遍").click()
    expect(page.get_by_text("他们读到的是")).to_be_visible()
    fits(page, width)
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{width}-preview.png", full_page=True)
    assert complaints == []


def test_danger_is_shown_while_somebody_still_types(place: Place, page: Page, address: str) -> None:
    enter(page, address)
    page.get_by_role("link", name="柜台").click()
    page.wait_for_load_state()  # what listens to the typing has come
    page.get_by_label("来的人说了什么").fill("我家着火了")
    expect(page.get_by_role("alert")).to_contain_text("请马上拨打 119")
    page.get_by_label("来的人说了什么").fill("6栋楼道灯不亮")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_caller_is_taken_down_without_scripts(place: Place, page: Page, address: str) -> None:
    assert page.context.browser is not None
    with page.context.browser.new_context(java_script_enabled=False, locale="zh-CN") as plain:
        bare = plain.new_page()
        enter(bare, address)
        bare.goto(f"{address}/counter")
        bare.get_by_label("来的人说了什么").fill("香樟花园6栋楼道灯不亮")
        bare.get_by_role("button", name="先看小应听成什么").click()
        expect(bare.locator("#look")).to_contain_text("听成")
        bare.get_by_label("姓名").fill("王奶奶")
        bare.get_by_role("button", name="登记，给编号").click()
        expect(bare.get_by_text("已受理")).to_be_visible()
