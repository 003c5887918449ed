"""Accounts, the audit and how things are, in a real browser; and the way from the door without scripts."""

from __future__ import annotations

import os
import re

import pytest
from playwright.sync_api import Page, expect

from console.health import ChannelState
from models.health import Ran, note_runs
from tests.console.conftest import PASSWORD, Place
from tests.console.test_account import code_at
from tests.console.test_accounts import admin
from tests.console.test_browser import address, enter, fits
from tests.console.test_health import show

__all__ = ["address"]  # the fixture

pytestmark = pytest.mark.browser

PICTURES = os.environ.get("PICTURES_TO", "")


@pytest.fixture
def place(own_place: Place) -> Place:
    """A street with an administrator, an account that was never heard, and a job that failed."""
    admin(own_place)
    show(
        own_place, ChannelState("official", "official_account", "service", None, "https://bot.example/wechat/official")
    )
    with own_place.database.transaction() as session:
        note_runs(
            session, {"sweep": Ran(own_place.now, 0.1, 2, 15), "warn": Ran(own_place.now, 0.1, 0, 60, fault="OSError")}
        )
    return own_place


@pytest.mark.parametrize("width", [360, 1280, 2560])
def test_the_pages_of_the_administrator_fit(place: Place, page: Page, address: str, width: int) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.set_viewport_size({"width": width, "height": 900})
    enter(page, address, "boss")
    for number, path in enumerate(
        (
            "/account",
            "/accounts",
            f"/accounts/{place.people['staff'].id}",
            "/audit",
            "/health",
            "/connect?channel=official",
        )
    ):
        page.goto(f"{address}{path}")
        for opened in page.locator("details").all():
            opened.evaluate("each => { each.open = true }")
        fits(page, width)
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{width}-{number}.png", full_page=True)
    assert complaints == []


def test_the_second_step_is_switched_on_and_used_without_scripts(place: Place, page: Page, address: str) -> None:
    assert page.context.browser is not None
    with page.context.browser.new_context(java_script_enabled=False, locale="zh-CN") as plain:
        bare = plain.new_page()
        enter(bare, address)
        bare.goto(f"{address}/account")
        bare.get_by_label("现在的密码").fill(PASSWORD)
        bare.get_by_role("button", name="打开两步登录").click()
        typed = re.sub("[^A-Z2-7]", "", bare.locator("code").first.inner_text())
        if PICTURES:
            bare.screenshot(path=f"{PICTURES}/second.png", full_page=True)
        bare.get_by_label("6 位数").fill(code_at(typed, place.now))
        bare.get_by_role("button", name="打开两步登录").click()
        expect(bare.get_by_label("备用码").get_by_role("listitem")).to_have_count(8)
        recovery = bare.get_by_label("备用码").locator("code").first.inner_text()
        bare.goto(f"{address}/tickets")
        bare.get_by_role("button", name="退出").click()
        bare.get_by_label("登录名").fill("staff")
        bare.get_by_label("密码").fill(PASSWORD)
        bare.get_by_role("button", name="登录", exact=True).click()
        bare.get_by_label("手机上的 6 位数").fill(recovery)
        bare.get_by_role("button", name="登录").click()
        expect(bare.get_by_role("link", name="人工对话")).to_be_visible()


def test_from_the_door_to_a_ticket_and_its_button_without_scripts(place: Place, page: Page, address: str) -> None:
    ticket = place.ticket()
    assert page.context.browser is not None
    with page.context.browser.new_context(java_script_enabled=False, locale="zh-CN") as plain:
        bare = plain.new_page()
        enter(bare, address)
        bare.get_by_text(ticket.number).first.click()
        bare.locator("summary", has_text="督办").click()
        bare.get_by_role("button", name="督办").click()
        expect(bare.get_by_role("status")).to_contain_text("督办：已办好")
