"""The phones page in a real browser: what a person in front of it can see, press and type."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Playwright, expect

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
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
HOUR = 3600
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")]


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """A browser with a pretend camera and microphone."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
    yield browser
    browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page of its own whose complaints fail the test."""
    complaints: list[str] = []
    with chromium.new_context(viewport={"width": 1560, "height": 900}, locale="zh-CN") as context:
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
    assert complaints == []


@pytest.fixture
def phone(street: Street, page: Page) -> Callable[[str], Locator]:
    """The page, and somebody's phone on it."""
    page.goto(street.url)
    expect(page.locator(".phone").first).to_be_visible()  # the accounts and people are known now
    return lambda name: page.get_by_label(f"{name}的手机", exact=True)


RESIDENT, MEMBER, RIDER = "居民 张阿姨", "党员 李建国", "骑手 小马"


def press(where: Locator, name: str) -> None:
    where.get_by_role("button", name=name, exact=True).click()


def say(phone: Locator, text: str) -> None:
    phone.locator(".say input").fill(text)
    phone.locator(".say input").press("Enter")


def bubbles(phone: Locator) -> Locator:
    return phone.locator(".bubble")


def answer_of(street: Street, count: int) -> Any:
    """What the `count`-th press on a card chose, by question."""
    items = street.program.heard(count).fields["SelectedItems"]["SelectedItem"]
    return {
        item["QuestionKey"]: item["OptionIds"]["OptionId"] for item in (items if isinstance(items, list) else [items])
    }


# What is in a thread


def test_a_resident_types_taps_and_a_member_presses_a_card(street: Street, phone: Callable[[str], Locator]) -> None:
    link = '<a href="weixin://bizmsgmenu?msgmenucontent=进度&msgmenuid=p7">看进度</a>'
    street.program.answer = words(f"已登记。{link}<img src=x onerror=alert(1)>")
    resident, member = phone(RESIDENT), phone(MEMBER)
    say(resident, "路灯坏了")
    expect(bubbles(resident).last).to_contain_text("已登记。看进度<img src=x onerror=alert(1)>")
    press(resident, "看进度")
    expect(resident.locator(".mine .bubble").last).to_have_text("进度")
    assert street.program.heard(2).fields["bizmsgmenuid"] == "p7"

    street.card("demo-member-1")
    # The member's phone turns to where the news is.
    expect(member.get_by_role("tab", name="企业微信")).to_have_attribute("aria-selected", "true")
    street.program.answer = lambda delivery: reply(
        delivery, "<MsgType>update_button</MsgType><Button><ReplaceName>已接单</ReplaceName></Button>"
    )
    press(member, "接单")
    expect(member.get_by_role("button", name="已接单")).to_be_disabled()


def test_a_card_with_a_vote_and_one_with_choices_can_be_answered(
    street: Street, phone: Callable[[str], Locator]
) -> None:
    member = phone(MEMBER)
    options = [{"id": "1", "text": "米白"}, {"id": "2", "text": "浅绿"}, {"id": "3", "text": "浅蓝"}]
    submit = {"text": "提交", "key": "submit"}
    street.card(
        "demo-member-1",
        card_type="vote_interaction",
        checkbox={"question_key": "colour", "mode": 1, "option_list": options},
        submit_button=submit,
    )
    member.get_by_label("浅绿").check()
    member.get_by_label("浅蓝").check()
    press(member, "提交")
    expect(member).to_have_attribute("aria-busy", "false")
    assert answer_of(street, 1) == {"colour": ["2", "3"]}

    asked = [{"question_key": key, "title": key, "option_list": options} for key in ("楼道", "大厅")]
    street.card(
        "demo-member-1",
        task_id="task-2",
        card_type="multiple_interaction",
        select_list=asked,
        submit_button={**submit, "text": "就这样"},
    )
    member.get_by_label("大厅").select_option(label="浅蓝")
    press(member, "就这样")
    expect(member).to_have_attribute("aria-busy", "false")
    assert answer_of(street, 2) == {"楼道": "1", "大厅": "3"}


def test_cards_that_only_tell_open_their_page_in_another_tab(street: Street, phone: Callable[[str], Locator]) -> None:
    action = {"type": 1, "url": "https://example.com/week"}
    for card_type, more in (
        ("text_notice", {"emphasis_content": {"title": "96%", "desc": "按时答复"}}),
        ("news_notice", {"card_image": {"url": "https://example.com/picture.png"}}),
    ):
        sent = street.card(
            "demo-member-1", card_type, card_type=card_type, card_action=action, button_list=None, **more
        )
        assert sent["errcode"] == 0
    cards = phone(MEMBER).locator(".card")
    expect(cards).to_have_count(2)
    for card in cards.all():
        link = card.get_by_role("link", name="详情")
        expect(link).to_have_attribute("target", "_blank")
        expect(link).to_have_attribute("rel", "noopener noreferrer")


def test_an_address_that_is_no_web_address_is_no_link(street: Street, phone: Callable[[str], Locator]) -> None:
    article = {"title": "按这里", "description": "", "url": "javascript:alert(1)", "picurl": ""}
    street.say("demo-resident-1", text="您好")
    body = {"touser": "demo-resident-1", "msgtype": "news", "news": {"articles": [article]}}
    assert street.call("official", "message/custom/send", body)["errcode"] == 0
    expect(phone(RESIDENT).get_by_text("按这里")).to_be_visible()
    expect(phone(RESIDENT).get_by_role("link")).to_have_count(0)


def test_what_is_written_and_read_stays_where_it_is_when_news_comes(
    street: Street, phone: Callable[[str], Locator]
) -> None:
    resident = phone(RESIDENT)
    for number in range(30):
        street.say("demo-resident-1", text=f"第 {number} 句")
    expect(bubbles(resident).last).to_have_text("第 29 句")
    thread = resident.get_by_role("log")
    thread.evaluate("thread => { thread.scrollTop = 0; }")
    expect(bubbles(resident).first).to_be_in_viewport()
    resident.locator(".say input").fill("还没写完")
    street.custom("demo-resident-1", "新消息")
    expect(resident.get_by_role("button", name="有新消息")).to_be_visible()
    assert thread.evaluate("thread => thread.scrollTop") == 0
    expect(resident.locator(".say input")).to_have_value("还没写完")
    expect(resident.locator(".say input")).to_be_focused()
    press(resident, "↓ 有新消息")
    expect(bubbles(resident).last).to_be_in_viewport()


def test_a_phone_in_use_does_not_turn_away_to_the_news(street: Street, phone: Callable[[str], Locator]) -> None:
    member = phone(MEMBER)
    member.locator(".say input").fill("我想问")
    street.card("demo-member-1")
    expect(member.get_by_role("tab", name="企业微信")).to_contain_text("1")
    expect(member.get_by_role("tab", name="公众号")).to_have_attribute("aria-selected", "true")


# What is sent


def test_a_place_is_chosen_on_the_map_by_keys(street: Street, phone: Callable[[str], Locator]) -> None:
    resident = phone(RESIDENT)
    press(resident, "更多")
    press(resident, "位置")
    sheet = resident.get_by_role("dialog", name="位置")
    sheet.get_by_role("application").press("ArrowDown")
    press(sheet, "发送")
    expect(resident.locator(".mine .place")).to_be_visible()
    assert street.program.heard(1).fields["Location_X"] == "30.5049"
    expect(sheet).to_be_hidden()


def test_a_place_is_chosen_by_a_press_on_the_map(street: Street, phone: Callable[[str], Locator]) -> None:
    resident = phone(RESIDENT)
    press(resident, "更多")
    press(resident, "位置")
    sheet = resident.get_by_role("dialog", name="位置")
    sheet.get_by_role("application").click(position={"x": 150, "y": 150})
    expect(sheet.get_by_role("status")).to_contain_text("附近")
    press(sheet, "发送")
    expect(resident.locator(".mine .place")).to_contain_text("附近")
    assert 30.4965 < float(street.program.heard(1).fields["Location_X"]) < 30.5066


def test_words_can_be_said_as_voice_and_a_voice_can_be_recorded(
    street: Street, phone: Callable[[str], Locator], page: Page
) -> None:
    resident = phone(RESIDENT)
    press(resident, "语音")
    resident.get_by_label("语音里说的话").fill("楼道灯不亮")
    press(resident, "发语音")
    expect(resident.locator(".heard")).to_have_text("楼道灯不亮")
    assert street.program.heard(1).fields["Recognition"] == "楼道灯不亮"
    press(resident, "点一下，开始说话")
    press(resident, "正在录音，再点一下发送")
    expect(resident.locator(".bubble.voice")).to_have_count(2)
    assert "Recognition" not in street.program.heard(2).fields


def test_a_camera_of_the_browser_takes_a_photo(street: Street, phone: Callable[[str], Locator]) -> None:
    resident = phone(RESIDENT)
    press(resident, "更多")
    press(resident, "拍摄")
    press(resident.get_by_role("dialog", name="拍摄"), "拍照")
    expect(resident.locator(".mine img")).to_be_visible()
    assert street.program.heard(1).fields["MsgType"] == "image"


def test_a_code_of_the_account_is_scanned_from_the_list(street: Street, phone: Callable[[str], Locator]) -> None:
    scene = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "A6"}}}
    street.call("official", "qrcode/create", scene)
    resident = phone(RESIDENT)
    press(resident, "更多")
    press(resident, "扫一扫")
    press(resident.get_by_role("dialog", name="扫一扫"), "A6")
    expect(resident.get_by_text("扫了二维码 A6")).to_be_visible()
    assert street.program.heard(1).fields["Event"] == "SCAN"


def test_the_menu_of_the_account_is_behind_the_keyboard(street: Street, phone: Callable[[str], Locator]) -> None:
    below = [
        {"type": "view", "name": "办事指南", "url": "https://example.com/guide"},
        {"type": "click", "name": "我的进度", "key": "progress"},
    ]
    menu = json.dumps({"button": [{"name": "查一查", "sub_button": below}]}, ensure_ascii=False)
    created = street.session.post(
        f"{street.url}/official/cgi-bin/menu/create",
        params={"access_token": street.new_token("official")},
        data=menu.encode(),
        timeout=10,
    )
    assert created.json()["errcode"] == 0
    resident = phone(RESIDENT)
    press(resident, "菜单")
    resident.get_by_role("button", name="查一查").click()
    guide = resident.get_by_role("link", name="办事指南")
    expect(guide).to_have_attribute("target", "_blank")
    expect(guide).to_have_attribute("rel", "noopener noreferrer")
    press(resident, "我的进度")
    expect(resident.get_by_text("点了菜单 progress")).to_be_visible()
    press(resident, "键盘")
    expect(resident.locator(".say input")).to_be_focused()


def test_somebody_who_has_left_can_follow_again(street: Street, phone: Callable[[str], Locator]) -> None:
    resident = phone(RESIDENT)
    resident.get_by_label("更多操作").click()
    press(resident, "取消关注")
    press(resident, "关注公众号")
    expect(resident.locator(".say input")).to_be_visible()
    assert [delivery.fields["Event"] for delivery in street.program.received] == ["unsubscribe", "subscribe"]


# Around the phones


def test_the_list_of_people_counts_what_nobody_has_read_yet(
    street: Street, phone: Callable[[str], Locator], page: Page
) -> None:
    street.card("demo-member-2")
    street.card("demo-member-2", task_id="task-2")
    opener = page.get_by_role("button", name="打开手机")
    expect(opener).to_contain_text("2")
    opener.click()
    listed = page.get_by_role("complementary", name="打开手机").get_by_role("button", name=re.compile("王秀兰"))
    expect(listed.get_by_label("2条未读")).to_be_visible()
    listed.click()
    expect(phone("党员 王秀兰").locator(".card")).to_have_count(2)
    expect(opener).not_to_contain_text("2")
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary")).to_have_count(0)
    expect(opener).to_be_focused()
    page.reload()
    expect(phone("党员 王秀兰").locator(".card")).to_have_count(2)
    expect(page.get_by_role("button", name="打开手机")).to_have_text("打开手机")


def test_the_log_shows_both_sides_of_an_exchange_and_can_be_narrowed(
    street: Street, phone: Callable[[str], Locator], page: Page
) -> None:
    street.program.answer = words("收到")
    say(phone(RESIDENT), "路灯坏了")
    expect(bubbles(phone(RESIDENT)).last).to_have_text("收到")
    street.card("demo-member-1")
    page.get_by_role("button", name="往来记录", exact=True).click()
    log = page.get_by_role("complementary", name="往来记录")
    said = log.locator("details").filter(has_text="demo-resident-1 · 文字 · 路灯坏了")
    said.locator("summary").click()
    opened = said.locator("pre")
    expect(opened.nth(1)).to_contain_text("\n  <Content><![CDATA[路灯坏了]]></Content>\n")
    expect(opened.nth(2)).to_contain_text("<Encrypt>")
    expect(opened.nth(3)).to_contain_text("收到")
    log.get_by_label("渠道").select_option(label="企业微信")
    expect(said).to_have_count(0)
    expect(log.locator("details").filter(has_text="message/send · template_card → demo-member-1")).to_have_count(1)
    log.get_by_label("渠道").select_option(label="所有渠道")
    log.get_by_label("人", exact=True).select_option(label=RESIDENT)
    expect(log.locator("details")).to_have_count(1)


def test_a_fault_is_switched_on_and_off_on_the_page(street: Street, page: Page) -> None:
    assert street.custom("demo-resident-1") == 45015
    page.goto(street.url)
    page.get_by_role("button", name="时间与故障").click()
    drawer = page.get_by_role("complementary", name="时间与故障")
    kinds = {kind["kind"]: kind["zh"] for kind in street.control("GET", "faults")["kinds"]}
    expect(drawer.get_by_label("什么故障").locator("option")).to_have_count(len(kinds))
    drawer.get_by_label("什么故障").select_option(label=kinds["45009"])
    drawer.get_by_label("多久").select_option(label="若干次")
    drawer.get_by_label("次数或秒数").fill("3")
    press(drawer, "打开这个故障")
    expect(drawer.locator(".faults li")).to_contain_text("还有 3 次")
    assert street.custom("demo-resident-1") == 45009
    press(drawer, "关掉：45009")
    expect(drawer.get_by_text("没有故障")).to_be_visible()
    assert street.control("GET", "faults")["faults"] == []


def test_the_platforms_clock_is_moved_on_the_page(street: Street, page: Page) -> None:
    page.goto(street.url)
    page.get_by_role("button", name="时间与故障").click()
    drawer = page.get_by_role("complementary", name="时间与故障")
    press(drawer, "过 48 小时")
    press(drawer, "过 1 小时")
    expect(drawer.get_by_text("比真实时间快 2 天 1 小时")).to_be_visible()
    assert street.control("GET", "clock")["advanced_seconds"] == 49 * HOUR
    expect(page.locator("#sandbox-time")).to_have_text("3月4日 17:00")


def test_somebody_new_gets_a_phone(street: Street, phone: Callable[[str], Locator], page: Page) -> None:
    page.get_by_role("button", name="打开手机").click()
    page.get_by_role("button", name="添加人物").click()
    dialog = page.get_by_role("dialog", name="添加人物")
    dialog.get_by_label("称呼").fill("居民 小周")
    dialog.get_by_label("编号").fill("visitor-1")
    press(dialog, "添加")
    say(phone("居民 小周"), "您好")
    expect(bubbles(phone("居民 小周")).last).to_have_text("您好")
    assert street.program.heard(1).fields["FromUserName"] == "visitor-1"


def test_the_page_fits_a_phone_and_shows_one_at_a_time(street: Street, page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    page.goto(street.url)
    expect(page.locator(".phone:visible")).to_have_count(1)
    street.card("demo-member-1")
    theirs = page.get_by_role("navigation", name="打开的手机").get_by_role("button", name=re.compile("李建国"))
    expect(theirs.get_by_label("1条未读")).to_be_visible()
    theirs.click()
    expect(page.locator(".phone:visible .card")).to_be_visible()
    expect(theirs.locator(".badge")).to_have_count(0)
    for name in ("打开手机", "往来记录", "时间与故障"):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("complementary", name=name)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("Escape")
    expect(page.locator(".phone:visible")).to_have_count(1)
