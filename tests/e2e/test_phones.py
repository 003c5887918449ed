"""The demonstration in a real browser: a resident's words travel the whole loop, and staff see them in the console."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.bot.program import Running, demonstration

pytestmark = pytest.mark.browser

WORDS = "香樟花园6栋2单元楼上半夜还在放音响，吵得孩子睡不着"
PATIENCE_MS = 30_000


@pytest.fixture(scope="module")
def running(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`huying run --demo --sandbox`; only started where there is a browser to look at it."""
    with demonstration(tmp_path_factory.mktemp("demonstration")) as running:
        yield running


class Phone:
    """One person's phone on the page."""

    def __init__(self, page: Page, name: str) -> None:
        self.element = page.get_by_label(f"{name}的手机", exact=True)
        self.thread = self.element.get_by_role("log")

    def say(self, text: str) -> None:
        self.element.get_by_role("textbox").first.fill(text)
        self.element.get_by_role("button", name="发送", exact=True).click()

    def received(self, text: str | re.Pattern[str]) -> Locator:
        """The newest bubble with these words."""
        found = self.thread.locator(".row:not(.mine) .bubble").filter(has_text=text).last
        expect(found).to_be_visible(timeout=PATIENCE_MS)
        return found


def report(page: Page, running: Running) -> tuple[Phone, Phone, str]:
    """The page with a resident's report on it; both phones and the ticket's number."""
    page.goto(running.phones)
    resident, member = Phone(page, "居民 张阿姨"), Phone(page, "党员 李建国")
    resident.say(WORDS)
    number = re.search(r"\d{6}-\d{4,}", resident.received("已受理，编号").inner_text())
    assert number is not None
    return resident, member, number[0]


def test_a_residents_words_travel_the_whole_loop_by_taps(page: Page, running: Running, tmp_path: Path) -> None:
    resident, member, number = report(page, running)
    short = number[-4:]
    # The member's phone opens where the offer came.
    member.element.get_by_role("tab", name="企业微信").click()
    card = member.thread.locator(".card").last
    expect(card).to_be_visible(timeout=PATIENCE_MS)
    page.screenshot(path=tmp_path / "offer.png")
    card.get_by_role("button", name="接单").click()
    expect(card.get_by_role("button", name="已接单")).to_be_disabled(timeout=PATIENCE_MS)
    member.received("接单成功")
    resident.received("有人接了")
    member.say(f"到场 {short}")
    member.received("收到，您到了")
    member.say(f"办结 {short} 和楼上说好了，晚上十点以后不放音响")
    member.received("我去请居民评价")
    asked = resident.received("请评价")
    expect(asked).to_contain_text("和楼上说好了")
    page.screenshot(path=tmp_path / "question.png")
    asked.get_by_role("button", name="解决了，满意").click()
    expect(resident.received("谢谢您告诉我")).to_contain_text("已结")
    resident.say(f"进度 {short}")
    resident.received("您评价了")
    page.screenshot(path=tmp_path / "loop.png")


def test_staff_sign_in_with_the_printed_password_and_see_the_history(
    page: Page, running: Running, tmp_path: Path
) -> None:
    _, _, number = report(page, running)
    password = re.search(r"name admin +password (\S+)", running.printed())
    assert password is not None
    page.goto(running.console)
    page.get_by_label("登录名").fill("admin")
    page.get_by_label("密码").fill("not the password")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_label("登录名")).to_be_visible()
    page.get_by_label("登录名").fill("admin")
    page.get_by_label("密码").fill(password[1])
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_label("密码")).to_have_count(0)
    page.goto(f"{running.console}tickets?tab=all")
    page.screenshot(path=tmp_path / "list.png")
    page.get_by_text(number).first.click()
    expect(page.get_by_text(WORDS).first).to_be_visible()
    expect(page.locator("body")).to_contain_text(re.compile("派单：.*李建国"))
    page.screenshot(path=tmp_path / "ticket.png", full_page=True)
