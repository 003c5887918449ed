"""The demonstration in a real browser: a resident's words travel the whole loop, and staff see them in the console."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.bot.program import Running, demonstration

pytestmark = pytest.mark.browser

WORDS = "香樟花园6栋2单元楼上半夜还在放音响，吵得孩子睡不着"
PATIENCE_MS = 30_000
PICTURES = os.environ.get("PHONES_PICTURES", "")
"""A folder for the pictures of the README; `PHONES_PICTURES=docs/pictures` makes them anew."""
PAINT = """() => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [640, 480];
  const draw = canvas.getContext("2d");
  const box = (colour, ...where) => { draw.fillStyle = colour; draw.fillRect(...where); };
  const round = (colour, ...where) => { draw.fillStyle = colour; draw.beginPath(); draw.ellipse(...where, 0, 0, 7); draw.fill(); };
  SCENE
  return canvas.toDataURL("image/jpeg", 0.9);
}"""
"""Photos are drawn by the browser itself."""
STAIRS = """
  box("#4b4f55", 0, 0, 640, 480);
  box("#2a2c30", 0, 380, 640, 100);
  for (let step = 0; step < 5; step += 1) box(step % 2 ? "#5a5e64" : "#666a70", 90 + step * 60, 380 - step * 34, 400, 34);
  box("#8a6f4a", 480, 140, 100, 240);
  box("#1c1d20", 296, 0, 8, 30);
  round("#1c1d20", 300, 58, 34, 34);
  box("#b9bec6", 120, 170, 90, 60);
"""
ROAD = """
  box("#9fc3dd", 0, 0, 640, 150);
  box("#7d9a6b", 0, 120, 640, 60);
  box("#6c6f73", 0, 180, 640, 300);
  for (let mark = 0; mark < 4; mark += 1) box("#e8e6da", 40 + mark * 170, 215, 90, 12);
  round("#8d9094", 310, 350, 120, 58);
  round("#141516", 310, 352, 98, 44);
  round("#77797d", 500, 420, 90, 30);
"""


@pytest.fixture(scope="module")
def running(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`huying run --demo --sandbox`; only started where there is a browser to look at it."""
    with demonstration(tmp_path_factory.mktemp("demonstration")) as running:
        yield running


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    """A page whose complaints fail the test; that the console refuses a wrong password is none."""
    complaints: list[str] = []

    def listen(said: ConsoleMessage) -> None:
        if said.type in ("error", "warning") and "/console/" not in said.location["url"]:
            complaints.append(said.text)

    page.on("console", listen)
    yield page
    assert complaints == []


@pytest.fixture
def shot(page: Page, tmp_path: Path) -> Callable[[str], None]:
    """Keeps a picture of the page: for the README if that is asked for, else where pytest keeps its files."""
    folder = Path(PICTURES or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)

    def take(name: str) -> None:
        page.screenshot(path=folder / f"{name}.png", animations="disabled")

    return take


class Phone:
    """One person's phone on the page."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.element = page.get_by_label(f"{name}的手机", exact=True)
        self.thread = self.element.get_by_role("log")

    def say(self, text: str) -> None:
        self.element.get_by_role("textbox").first.fill(text)
        self.press("发送")

    def press(self, name: str) -> None:
        self.element.get_by_role("button", name=name, exact=True).click()

    def send_photo(self, scene: str) -> None:
        """From the album, as the picture on the disk of whoever shows it."""
        painted = base64.b64decode(self.page.evaluate(PAINT.replace("SCENE", scene)).partition(",")[2])
        before = self.thread.locator(".mine img").count()
        self.press("更多")
        with self.page.expect_file_chooser() as chooser:
            self.press("相册")
        chooser.value.set_files({"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": painted})
        expect(self.thread.locator(".mine img")).to_have_count(before + 1, timeout=PATIENCE_MS)

    def send_location(self, label: str) -> None:
        self.press("更多")
        self.press("位置")
        sheet = self.element.get_by_role("dialog", name="位置")
        sheet.get_by_role("button", name=re.compile(f"^{label}")).click()
        expect(sheet.get_by_role("status")).to_contain_text(label)
        sheet.get_by_role("button", name="发送", exact=True).click()
        expect(self.thread.locator(".mine .place").last).to_contain_text(label)

    def received(self, text: str | re.Pattern[str], about: str = "") -> Locator:
        """The newest bubble with these words, `about` one ticket: those of other tests stand there too."""
        found = self.thread.locator(".row:not(.mine) .bubble").filter(has_text=text).filter(has_text=about).last
        expect(found).to_be_visible(timeout=PATIENCE_MS)
        return found

    def reported(self, words: str) -> str:
        """Says it; the number that the bubble below these words gives."""
        self.say(words)
        said = self.thread.locator(".row.mine").filter(has_text=words).last
        answer = said.locator("xpath=following::*[contains(@class, 'bubble')][1]")
        expect(answer).to_contain_text("已受理，编号", timeout=PATIENCE_MS)
        number = re.search(r"\d{6}-\d{4,}", answer.inner_text())
        assert number is not None
        return number[0]

    def offered(self, matter: str) -> Locator:
        """The card that offers what is told in only one of the tests."""
        card = self.thread.locator(".card").filter(has_text=matter)
        expect(card.get_by_role("button", name="接单", exact=True)).to_be_visible(timeout=PATIENCE_MS)
        return card

    def accept(self, matter: str, number: str) -> None:
        card = self.offered(matter)
        card.get_by_role("button", name="接单", exact=True).click()
        expect(card.get_by_role("button", name="已接单")).to_be_disabled(timeout=PATIENCE_MS)
        self.received("接单成功", number)


def report(page: Page, running: Running, words: str = WORDS) -> tuple[Phone, Phone, str]:
    """The page with a resident's report on it; both phones and the ticket's number."""
    page.goto(running.phones)
    resident, member = Phone(page, "居民 张阿姨"), Phone(page, "党员 李建国")
    return resident, member, resident.reported(words)


def enter(page: Page, running: Running) -> None:
    """Staff at the console, with the password that the demonstration printed."""
    password = re.search(r"name admin +password (\S+)", running.printed())
    assert password is not None
    page.goto(running.console)
    page.get_by_label("登录名").fill("admin")
    page.get_by_label("密码").fill(password[1])
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_label("密码")).to_have_count(0)


def test_the_desk_dispatches_the_member_finishes_with_a_photo_and_the_resident_judges(
    page: Page, running: Running
) -> None:
    page.goto(running.phones)
    resident, member = Phone(page, "居民 张阿姨"), Phone(page, "党员 李建国")
    # Words that nobody understands are for the desk to dispatch.
    number = resident.reported("香樟花园5栋门口的情况请来人看看，轮椅出不去")
    short = number.partition("-")[2]

    desk = page.context.new_page()
    enter(desk, running)
    desk.goto(f"{running.console}tickets/{number}")
    desk.get_by_label("李建国").check()
    desk.get_by_role("button", name="派单").click()
    expect(desk.get_by_role("status").first).to_contain_text("派单：已办好")

    member.accept("其他 · 香樟花园5栋", short)
    resident.received("有人接了", short)
    # The open page of the desk follows by itself.
    expect(desk.locator(".hy-head h1")).to_contain_text("已接", timeout=PATIENCE_MS)

    member.send_photo(STAIRS)
    member.received("照片")
    member.say(f"办结 {short} 车都挪开了，轮椅能过了")
    member.received("我去请居民评价", short)
    expect(desk.locator(".hy-photos img")).to_have_count(1, timeout=PATIENCE_MS)
    expect(desk.locator(".hy-head h1")).to_contain_text("待评", timeout=PATIENCE_MS)
    asked = resident.received("请评价", short)
    expect(asked).to_contain_text("轮椅能过了")
    asked.get_by_role("button", name="解决了，满意").click()
    resident.received("谢谢您告诉我", short)

    expect(desk.locator(".hy-head h1")).to_contain_text("已结", timeout=PATIENCE_MS)
    expect(desk.locator(".hy-head")).to_contain_text("满意")
    desk.goto(f"{running.console}tickets?tab=all&q={number}")
    expect(desk.locator(f'[data-key="{number}"]')).to_contain_text("已结")


def test_a_residents_words_photo_and_place_travel_the_whole_loop(
    page: Page, running: Running, shot: Callable[[str], None]
) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(running.phones)
    resident, member = Phone(page, "居民 张阿姨"), Phone(page, "党员 李建国")
    rider, staff = Phone(page, "骑手 小马"), Phone(page, "香樟社区 徐静")
    number = resident.reported("楼道灯坏了，晚上黑得看不见台阶").partition("-")[2]
    resident.send_location("香樟花园 6栋")
    resident.received("记在香樟花园")
    resident.send_photo(STAIRS)
    resident.received(re.compile("照片"))
    # The member's phone turns to WeCom by itself, because that is where the news is.
    member.offered("公共设施")
    expect(member.element.get_by_role("tab", name="企业微信")).to_have_attribute("aria-selected", "true")
    rider.send_photo(ROAD)
    rider.received("照片收到了")
    staff.say("待派")
    staff.received(re.compile("."))
    member.accept("公共设施", number)
    resident.received("有人接了", number)
    shot("phones")
    member.say(f"到场 {number}")
    member.received("收到，您到了", number)
    member.say(f"办结 {number} 换了新的声控灯，试过会亮")
    member.received("我去请居民评价", number)
    asked = resident.received("请评价", number)
    expect(asked).to_contain_text("换了新的声控灯")
    asked.get_by_role("button", name="解决了，满意").click()
    expect(resident.received("谢谢您告诉我", number)).to_contain_text("已结")
    resident.say(f"进度 {number}")
    resident.received("您评价了", number)
    shot("loop")
    page.get_by_role("button", name="党员 李建国的往来记录").click()
    log = page.get_by_role("complementary", name="往来记录")
    expect(log.get_by_label("人", exact=True)).to_have_value("demo-member-1")
    pressed = log.locator("details").filter(has_text="template_card_event").first
    pressed.locator("summary").click()
    expect(pressed.locator("pre").nth(1)).to_contain_text("<Event>")
    page.set_viewport_size({"width": 1280, "height": 800})
    shot("log")


def test_the_loop_works_on_the_width_of_a_phone(page: Page, running: Running, shot: Callable[[str], None]) -> None:
    page.set_viewport_size({"width": 390, "height": 780})
    resident, member, number = report(page, running)
    expect(member.element).to_be_hidden()
    switcher = page.get_by_role("navigation", name="打开的手机")
    theirs = switcher.get_by_role("button", name=re.compile("李建国"))
    # The tab of a phone that is not on the screen counts what has come to it.
    expect(theirs.locator(".badge")).to_be_visible(timeout=PATIENCE_MS)
    theirs.click()
    short = number.partition("-")[2]
    member.offered("香樟花园6栋2单元")
    shot("phones-mobile")
    member.accept("香樟花园6栋2单元", short)
    expect(theirs.locator(".badge")).to_have_count(0)
    switcher.get_by_role("button", name=re.compile("张阿姨")).click()
    resident.received("有人接了", short)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_words_can_be_sent_without_a_mouse(page: Page, running: Running) -> None:
    page.goto(running.phones)
    resident = Phone(page, "居民 张阿姨")
    field = resident.element.get_by_role("textbox")
    expect(field).to_be_focused()
    page.keyboard.type("帮助")
    page.keyboard.press("Enter")
    expect(resident.thread.locator(".mine .bubble").last).to_have_text("帮助")
    expect(resident.thread.locator(".row").last).not_to_have_class(re.compile("mine"), timeout=PATIENCE_MS)
    expect(field).to_be_focused()
    page.keyboard.press("Tab")
    expect(resident.element.get_by_role("button", name="更多", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(resident.element.get_by_role("button", name="位置", exact=True)).to_be_hidden()
    expect(resident.element.get_by_role("button", name="更多", exact=True)).to_be_focused()


def test_staff_sign_in_with_the_printed_password_and_see_the_history(
    page: Page, running: Running, tmp_path: Path
) -> None:
    # Not what an earlier test has told of this street: whoever tells the same is asked first whether it is.
    words = "滨江雅苑2栋有人通宵打麻将，整栋楼都睡不好"
    _, _, number = report(page, running, words)
    page.goto(running.console)
    page.get_by_label("登录名").fill("admin")
    page.get_by_label("密码").fill("not the password")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_label("登录名")).to_be_visible()
    enter(page, running)
    page.goto(f"{running.console}tickets?tab=all")
    page.screenshot(path=tmp_path / "list.png")
    page.get_by_text(number).first.click()
    expect(page.get_by_text(words).first).to_be_visible()
    expect(page.locator("body")).to_contain_text(re.compile("派单：.*(李建国|王秀兰|赵明|孙丽)"), timeout=PATIENCE_MS)
    page.screenshot(path=tmp_path / "ticket.png", full_page=True)
