"""The map in a real browser: drawn without asking anybody, worked by keyboard, and there as a table without scripts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from models import geojson
from models.outline import Outline
from models.ticket import Ticket
from tests.console.conftest import PASSWORD, Place
from tests.console.test_browser import address, enter, fits, place
from tests.console.test_map import at, box, draw

pytestmark = pytest.mark.browser

__all__ = ["address", "place"]


@pytest.fixture
def told(place: Place) -> Ticket:
    draw(place, place.street.community, box(30.49, 113.99, 30.51, 114.01))
    return at(place, place.ticket(), 30.5, 114.0)


@pytest.fixture
def complaints(page: Page) -> Iterator[list[str]]:
    """What the browser complains of, and every host that it asks but ours."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type in ("error", "warning") else None)
    page.on("request", lambda asked: found.append(asked.url) if "://127.0.0.1:" not in asked.url else None)
    yield found
    assert found == []


@pytest.mark.parametrize("width", [360, 1280, 2560])
def test_a_ticket_is_found_on_the_map_and_opened_by_keyboard(
    place: Place, page: Page, address: str, told: Ticket, complaints: list[str], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    enter(page, address)
    page.goto(f"{address}/map")
    spot = page.get_by_role("button", name="1 件事")
    expect(spot).to_be_visible()
    expect(page.get_by_role("link", name="香樟社区 1 件")).to_be_visible()
    fits(page, width)
    page.get_by_label("事情", exact=True).uncheck()
    expect(spot).to_have_count(0)
    page.get_by_label("事情", exact=True).check()
    spot.focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name=told.number).click()
    expect(page.locator("[data-spot] .hy-dot-here")).to_be_visible()
    fits(page, width)


def test_an_outline_is_drawn_with_the_keyboard_alone_and_mended_with_the_mouse(
    place: Place, page: Page, address: str, told: Ticket, complaints: list[str]
) -> None:
    enter(page, address, "street")
    page.goto(f"{address}/map/areas/{place.street.estate.id}")
    area = page.locator("#outline")
    area.focus()
    page.keyboard.press("Enter")
    for key in ("ArrowRight", "ArrowDown"):
        before = page.locator(".leaflet-map-pane").get_attribute("style")
        page.keyboard.press(key)
        expect(page.locator(".leaflet-map-pane")).not_to_have_attribute("style", before or "")
        expect(page.locator(".leaflet-pan-anim")).to_have_count(0)
        page.keyboard.press("Enter")
    expect(page.get_by_text("3 个角", exact=True)).to_be_visible()
    area.click(position={"x": 80, "y": 300})
    expect(page.get_by_text("4 个角", exact=True)).to_be_visible()
    page.get_by_role("button", name="存下来").click()
    expect(page.get_by_text("边界画好了")).to_be_visible()
    with place.database.reading() as session:
        kept = session.get_one(Outline, place.street.estate.id)
        assert geojson.count(geojson.restored(kept.geometry)) == 5


def test_without_scripts_the_same_stands_in_a_table(place: Place, browser: Browser, address: str, told: Ticket) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/")
    page.get_by_label("登录名").fill("staff")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.get_by_role("link", name="地图").click()
    expect(page.get_by_role("row", name="香樟社区 1")).to_be_visible()
    expect(page.locator("#map")).to_be_hidden()
    page.get_by_role("link", name="看列表：香樟社区").click()
    expect(page.get_by_text(told.number)).to_be_visible()
    context.close()
