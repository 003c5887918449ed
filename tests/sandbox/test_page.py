"""The phones page in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.sandbox.conftest import Street, reply, words

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")]


@pytest.fixture
def page() -> Iterator[Page]:
    """A page whose complaints fail the test."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        page = browser.new_page(viewport={"width": 1560, "height": 900})
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        browser.close()
    assert complaints == []


def test_a_resident_types_taps_and_a_member_presses_a_card(street: Street, page: Page) -> None:
    link = '<a href="weixin://bizmsgmenu?msgmenucontent=进度&msgmenuid=p7">看进度</a>'
    street.program.answer = words(f"已登记。{link}<img src=x onerror=alert(1)>")
    page.goto(street.url)
    resident, member = page.locator(".phone").nth(0), page.locator(".phone").nth(1)
    resident.locator(".say input").fill("路灯坏了")
    resident.locator(".say input").press("Enter")
    expect(resident.locator(".bubble").last).to_contain_text("已登记。看进度<img src=x onerror=alert(1)>")
    resident.get_by_role("button", name="看进度").click()
    expect(resident.locator(".mine .bubble").last).to_have_text("进度")
    assert street.program.received[-1].fields["bizmsgmenuid"] == "p7"

    street.card("demo-member-1")
    member.get_by_role("tab", name="企业微信").click()
    street.program.answer = lambda delivery: reply(
        delivery, "<MsgType>update_button</MsgType><Button><ReplaceName>已接单</ReplaceName></Button>"
    )
    member.get_by_role("button", name="接单").click()
    expect(member.get_by_role("button", name="已接单")).to_be_disabled()


def test_the_page_fits_a_phone(street: Street, page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    page.goto(street.url)
    expect(page.locator(".phone").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
