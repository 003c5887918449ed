"""The console in a real browser: what departments see fits, nothing it loads is refused, and lists freshen by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from models import desk, tickets
from models.inbox import InboxMessage
from tests.bot.support import serving
from tests.console.conftest import PASSWORD, Place
from tests.console.test_departments import enter_partner
from tests.console.test_people import hand_over

pytestmark = pytest.mark.browser


@pytest.fixture
def place(own_place: Place) -> Place:
    """Not the worker's: what a browser asked for last may still be on its way when the next test begins."""
    return own_place


@pytest.fixture
def address(place: Place) -> Iterator[str]:
    with serving(place.app) as address:
        yield f"{address}/console"


def enter(page: Page, address: str, name: str = "staff") -> None:
    page.goto(f"{address}/")
    page.get_by_label("登录名").fill(name)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("link", name="人工对话")).to_be_visible()


def fits(page: Page, width: int) -> None:
    """Nothing of the page lies beside it once all its style has come."""
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url


@pytest.mark.parametrize("width", [360, 1280])
def test_what_departments_and_those_without_an_account_see_fits_too(
    place: Place, page: Page, address: str, width: int
) -> None:
    ticket = place.ticket()
    enter_partner(place)
    place.do(desk.assign, ticket, "供电所", "", by="staff")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.set_viewport_size({"width": width, "height": 800})
    enter(page, address)
    page.goto(f"{address}/tickets/{ticket.number}")
    page.get_by_role("button", name="一次性链接").click()
    expect(page.get_by_label("链接")).to_contain_text("/answer/")
    fits(page, width)
    page.goto(f"{address}/departments")
    page.locator("summary", has_text="添一家").click()
    fits(page, width)
    page.get_by_role("button", name="退出").click()
    page.get_by_label("登录名").fill("clerk")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.get_by_role("link", name="下派").click()
    expect(page.get_by_label("哪个社区")).to_be_visible()
    fits(page, width)
    assert complaints == []


def test_a_newcomers_first_ticket_is_dispatched_within_three_clicks(place: Place, page: Page, address: str) -> None:
    ticket = place.ticket()
    enter(page, address)
    page.get_by_text(ticket.number).click()
    page.get_by_label("李建国").check()
    page.get_by_role("button", name="派单").click()
    expect(page.get_by_role("status").first).to_contain_text("派单：已办好")
    assert place.again(ticket).state.value == "offered"
    # Said once: not any more with the next press, nor after a reload.
    said = page.get_by_text("派单：已办好")
    expect(said).to_be_visible()
    page.wait_for_load_state()  # what listens to the next press comes last
    page.locator("summary", has_text="补充").click()
    expect(said).to_be_hidden()
    page.reload()
    expect(said).to_have_count(0)


def test_a_long_chat_opens_at_its_newest_words_by_its_style_alone(place: Place, browser: Browser, address: str) -> None:
    chat_id = hand_over(place)
    with place.database.transaction() as session:
        about = {"person_id": place.people["resident"].id, "channel": "official", "kind": "text"}
        for each in range(30):
            at = place.now + timedelta(minutes=each)
            session.add(InboxMessage(key=f"said-{each}", text=f"第 {each} 句", received_at=at, **about))
    with browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False) as context:
        page = context.new_page()
        enter(page, address)
        page.goto(f"{address}/chats/{chat_id}")
        lines = page.get_by_role("region", name="说过的话")
        inside = lines.bounding_box()
        newest, oldest = (lines.get_by_text(f"第 {each} 句", exact=True).bounding_box() for each in (29, 0))
        assert inside is not None and newest is not None and oldest is not None
        assert inside["y"] < newest["y"] < inside["y"] + inside["height"] < 740
        assert oldest["y"] < inside["y"]


SETTLED = """async () => {
    await document.fonts.ready;
    for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
}"""
"""The page as it stays: fonts are there, and what the last press changed is drawn."""


def test_an_open_board_takes_over_what_changed_and_leaves_the_rest_alone(
    place: Place, page: Page, address: str
) -> None:
    held, chosen = place.ticket(), place.ticket()
    for _ in range(5):
        place.ticket()
    page.set_viewport_size({"width": 1280, "height": 500})
    enter(page, address)
    page.goto(f"{address}/tickets?view=board")
    card = page.locator(f'[data-key="{chosen.number}"]')
    card.get_by_role("checkbox").check()
    link = page.locator(f'[data-key="{held.number}"] > a')
    link.focus()
    link.scroll_into_view_if_needed()
    link.evaluate(SETTLED)
    link.evaluate("link => { link.known = true; window.top_of_it = link.getBoundingClientRect().top }")
    # The newest comes last: whatever the page asks for in between, once it is there everything is.
    place.do(tickets.add_words, chosen, "水更大了", by="resident")
    fresh = place.ticket()
    expect(page.locator(f'[data-key="{fresh.number}"]')).to_have_count(1, timeout=10_000)
    assert card.get_by_role("checkbox").is_checked()
    assert card.get_by_role("checkbox").get_attribute("value") == f"{chosen.number}:1"
    assert link.evaluate("link => link.known && document.activeElement === link")
    assert abs(link.evaluate("link => link.getBoundingClientRect().top - window.top_of_it")) < 2


def test_the_desk_is_worked_with_the_keyboard(place: Place, page: Page, address: str) -> None:
    older, newer = place.ticket(), place.ticket()
    enter(page, address)
    page.goto(f"{address}/tickets?tab=new")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("#bulk [data-count]")).to_have_text("1")
    expect(page.locator(f'[data-key="{older.number}"]').get_by_role("checkbox")).to_be_checked()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{address}/tickets/{newer.number}")
    page.wait_for_load_state()  # what listens to the keyboard comes last
    page.keyboard.press("1")
    expect(page.get_by_label("补充什么")).to_be_focused()
    page.keyboard.type("j1?")
    expect(page.get_by_label("补充什么")).to_have_value("j1?")
    page.goto(f"{address}/tickets")
    page.keyboard.press("/")
    page.keyboard.type("0002")
    page.keyboard.press("Enter")
    expect(page.locator("[data-key]")).to_have_count(1)
    expect(page.locator(f'[data-key="{newer.number}"]')).to_be_visible()


def test_two_people_on_one_ticket_see_each_other_and_what_the_other_did(place: Place, page: Page, address: str) -> None:
    ticket = place.ticket()
    enter(page, address)
    page.goto(f"{address}/tickets/{ticket.number}")
    page.locator("summary", has_text="上报").click()
    page.locator("details[open]").get_by_label("原因").fill("楼上楼下都在吵")
    place.sign_in("street").post(f"/tickets/{ticket.number}/pulse")
    expect(page.get_by_text("周正也在看这件事")).to_be_visible(timeout=10_000)
    place.do(tickets.add_words, ticket, "水更大了", by="resident")
    expect(page.locator(".hy-said")).to_contain_text("水更大了", timeout=10_000)
    expect(page.get_by_text("刚刚有人动过")).to_be_visible()
    page.locator("details[open]").get_by_role("button", name="上报").click()
    expect(page.get_by_role("alert").first).to_contain_text("刚刚有人动过")
    expect(page.get_by_label("原因").first).to_have_value("楼上楼下都在吵")
    assert place.again(ticket).level.value == "estate"


def test_everything_works_without_scripts(place: Place, page: Page, address: str) -> None:
    ticket = place.ticket()
    assert page.context.browser is not None
    with page.context.browser.new_context(java_script_enabled=False, locale="zh-CN") as plain:
        bare = plain.new_page()
        enter(bare, address)
        bare.goto(f"{address}/tickets/{ticket.number}")
        bare.locator("summary", has_text="办结").click()
        bare.get_by_label("怎么办好的").fill("已经劝过了")
        bare.get_by_role("button", name="办结").click()
        expect(bare.get_by_role("status")).to_contain_text("办结：已办好")
    assert place.again(ticket).state.value == "resolved"


def test_an_open_list_freshens_by_itself(place: Place, page: Page, address: str) -> None:
    ticket = place.ticket()
    page.clock.install()
    enter(page, address)
    page.wait_for_load_state()  # what looks for news comes last
    place.do(tickets.add_words, ticket, "水更大了", by="resident")
    fresh = place.ticket()
    expect(page.get_by_text(fresh.number)).to_have_count(0)
    page.clock.run_for(3_000)
    expect(page.get_by_text(fresh.number)).to_be_visible()


@pytest.mark.parametrize("width", [360, 1280])
def test_a_turn_is_put_into_the_roster_and_changed_for_one_day(
    place: Place, page: Page, address: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    enter(page, address)
    page.goto(f"{address}/roster?day=2026-11-23")
    monday = page.locator(".hy-roster > li").first
    expect(monday).to_contain_text("全天没有人")
    monday.locator("summary", has_text="加一班").click()
    monday.get_by_label("第一位").select_option(label="刘敏")
    monday.get_by_label("第二位").select_option(label="王姐")
    monday.get_by_label("管多久").select_option(label="每周这一天都这样")
    monday.get_by_role("button", name="加上").click()
    expect(page.get_by_role("status")).to_contain_text("加上了")
    expect(monday).to_contain_text("08:00 到 18:00")
    monday.locator("summary", has_text="改这一班").click()
    monday.get_by_label("第一位").first.select_option(label="王姐")
    monday.get_by_label("第二位").first.select_option(label="没有")
    fits(page, width)
    monday.get_by_role("button", name="改好").click()
    expect(monday).to_contain_text("这天单排")
    expect(monday).to_contain_text("没有第二位")
    fits(page, width)


def test_a_chart_becomes_its_table_and_a_picture_again(place: Place, page: Page, address: str) -> None:
    for _ in range(3):
        place.ticket()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.set_viewport_size({"width": 360, "height": 800})
    enter(page, address, "street")
    page.goto(f"{address}/figures")
    chart = page.locator("#categories")
    picture = chart.get_by_role("img", name="反映了多少，按分类：noise 3")
    expect(picture.locator("canvas")).to_be_visible()
    expect(chart.get_by_role("table")).to_be_hidden()
    chart.get_by_role("button", name="看表格").click()
    expect(chart.get_by_role("table")).to_contain_text("noise")
    expect(picture).to_be_hidden()
    chart.get_by_role("button", name="看图").click()
    expect(picture.locator("canvas")).to_be_visible()
    fits(page, 360)
    assert complaints == []


def test_without_scripts_the_figures_are_tables(place: Place, browser: Browser, address: str) -> None:
    place.ticket()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    enter(page, address, "street")
    page.goto(f"{address}/figures")
    expect(page.locator("#categories").get_by_role("table")).to_contain_text("noise")
    expect(page.get_by_role("button", name="看表格")).to_have_count(0)
    context.close()
