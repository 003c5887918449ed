"""Makes the pictures of the console in this folder anew: `python docs/pictures/make.py [folder]`, from the root.

Everything on them is made up and the clock stands still, so that the same code gives the same pictures.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from models.conversation import Conversation, State
from models.db import upgrade
from tests.bot.support import serving
from tests.console import lively

PAGES = {
    "desk": "/console/tickets?tab=all",
    "board": "/console/tickets?view=board",
    "ticket": "/console/tickets/261123-0006",
    "finished": "/console/tickets/261123-0011",
    "map": "/console/map",
    "chat": "/console/chats/{chat}",
    "figures": "/console/figures",
    "departments": "/console/departments",
    "riders": "/console/riders",
    "health": "/console/health",
    "sign-in": "/console/sign-in",
}
WIDTHS = {"": 1280, "-phone": 390}
EXTRA = (
    ("desk", 390, "dark", "-phone-night"),
    ("ticket", 390, "light", "-phone-large"),
    ("board", 2560, "dark", "-wide-night"),
)
"""The other modes and a large screen, of a few pages."""
COLOURS = 96
"""Screens have few: the files stay small."""


def take(
    browser: Browser, address: str, folder: Path, name: str, *, chat: int, width: int, scheme: str, ending: str
) -> None:
    """One picture of one page by day or by night; large type where the ending says so."""
    height = {390: 844, 1280: 900}.get(width, 1440)
    with browser.new_context(
        viewport={"width": width, "height": height},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    ) as context:
        page = context.new_page()
        if name != "sign-in":
            page.goto(f"{address}/console/sign-in")
            page.get_by_label("登录名").fill(lively.BOSS)
            page.get_by_label("密码").fill(lively.PASSWORD)
            page.get_by_role("button", name="登录").click()
            page.wait_for_url("**/tickets**")
            if ending.endswith("large"):
                page.get_by_role("button", name="大字").click()
        page.goto(address + PAGES[name].format(chat=chat))
        page.wait_for_load_state("networkidle")
        picture = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
        picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
            folder / f"console-{name}{ending}.png", optimize=True
        )


def main(folder: Path) -> None:
    """All of them."""
    folder.mkdir(parents=True, exist_ok=True)
    arguments = ["--no-proxy-server", "--lang=zh-CN", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with tempfile.TemporaryDirectory() as data, sync_playwright() as driver:
        url = f"sqlite:///{data}/huying.db"
        upgrade(url)
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        with lively.street(url, Path(data), lively.stairs(browser)) as street, serving(street.huying.web) as address:
            with street.huying.database.reading() as session:
                chat = session.query(Conversation).filter_by(state=State.HANDED_OVER).one().id
            for name in PAGES:
                for ending, width in WIDTHS.items():
                    take(browser, address, folder, name, chat=chat, width=width, scheme="light", ending=ending)
            for name, width, scheme, ending in EXTRA:
                take(browser, address, folder, name, chat=chat, width=width, scheme=scheme, ending=ending)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
