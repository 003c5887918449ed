"""The platforms' accounts on pages: what each may do, what people read, and which template a notice goes by."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from console.health import ChannelState
from console.means import PlatformRefused
from models import templates
from models.outbox import NoticeKind
from models.template import TemplateWay
from models.templates import Part
from tests.console.conftest import Desk, Place
from tests.console.test_areas import administrator
from tests.console.test_health import show
from tests.factories import NOW
from texts import samples

ID = "demoTemplate_0000000000000000000000000000001"
FILED = {TemplateWay.TEMPLATE: {"finished": "filed-template-01"}}
SERVICE = ChannelState("official", "official_account", "service", 3600, mode="safe", filed=FILED)
PLAIN = ChannelState("small", "official_account", "unverified", mode="plain")
WECOM = ChannelState("wecom", "wecom")
AT = "/channels/official/finished/template"


@pytest.fixture
def admin(place: Place) -> Desk:
    show(place, SERVICE, PLAIN, WECOM)
    return administrator(place)


def form(*fields: tuple[str, str], button: str = "keep", template: str = ID) -> dict[str, Any]:
    made: dict[str, Any] = {"template": template, "button": button}
    for at, (name, part) in enumerate(fields):
        made |= {f"name-{at}": name, f"part-{at}": part}
    return made


GOOD = (("thing1", "category"), ("character_string2", "number"), ("time3", "time"), ("phrase4", "title"))


def in_force(place: Place) -> dict[str, str]:
    with place.database.reading() as session:
        return templates.in_force(session).get(("official", TemplateWay.TEMPLATE), {})


def test_every_account_says_what_it_may_do_and_none_shows_a_secret(place: Place, admin: Desk) -> None:
    page = admin.get("/channels").text
    for told in ("公众号（official）", "认证服务号", "安全模式", "未认证", "企业微信（wecom）", "还没有收到过消息"):
        assert told in page
    assert admin.get("/channels/nobody").status_code == 404
    assert "请评价" in admin.get("/channels/wecom/finished").text
    assert "<form" not in admin.get("/channels/wecom/finished").text.partition("<main")[2].partition("</main>")[0]
    shown = admin.get("/channels/small/finished").text
    assert "要认证服务号" in shown
    assert 'name="template"' not in shown


def test_a_template_is_looked_at_first_and_then_kept(place: Place, admin: Desk) -> None:
    looked = admin.post(AT, form(*GOOD, button="look"))
    assert looked.status_code == 200
    assert "还没有存" in looked.text
    assert "公共设施" in looked.text
    assert "261123-0007" in looked.text
    assert "请评价：…" in looked.text  # a phrase holds five characters
    assert in_force(place) == {}
    assert admin.post(AT, form(*GOOD)).status_code == 303
    written = f"{ID}:thing1=category,character_string2=number,time3=time,phrase4=title"
    assert in_force(place) == {"finished": written}
    page = admin.get("/channels/official/finished").text
    assert "在这里定的模板" in page
    assert ID in page
    assert "模板消息" in admin.get("/channels/official").text
    assert "消息模板" in admin.get("/audit?kind=did").text


def test_none_is_another_answer_than_what_the_configuration_says(place: Place, admin: Desk) -> None:
    assert "filed-template-01" in admin.get("/channels/official/finished").text
    admin.post(AT, {"button": "none"})
    assert in_force(place) == {"finished": ""}
    assert "在这里定了不用模板" in admin.get("/channels/official/finished").text
    admin.post(AT, {"button": "back"})
    assert in_force(place) == {}
    assert "filed-template-01" in admin.get("/channels/official/finished").text


@dataclass
class Account:
    """An account of which the platform tells its templates, or why not."""

    said: Any
    key: str = "official"

    def offered(self, way: TemplateWay) -> list[templates.Offered]:
        if isinstance(self.said, Exception):
            raise self.said
        return list(self.said) if way is TemplateWay.TEMPLATE else []


def listing(place: Place, said: Any) -> None:
    """A console whose account says this of its templates."""
    show(place, SERVICE, PLAIN, WECOM, means=replace(place.means, templates=(Account(said),)))


def test_a_template_is_chosen_from_what_the_platform_has(place: Place) -> None:
    content = "工单编号:{{character_string1.DATA}}\n事项:{{thing2.DATA}}\n进展:{{thing3.DATA}}\n时间:{{time4.DATA}}"
    listing(
        place,
        [
            templates.offered(ID, "<b>进度提醒</b>", content),
            templates.offered("otherTemplate_01", "付款通知", "金额:{{amount1.DATA}}"),
            templates.offered("bad id", "没有字段", "x" * 5000),
        ],
    )
    admin = administrator(place)
    assert "从平台取来选" in admin.get("/channels/official/finished").text
    assert "从平台取来选" not in admin.get("/channels/small/finished").text
    page = admin.post(AT, {"button": "fetch"}).text
    assert "&lt;b&gt;进度提醒" in page
    assert "工单编号、事项、进展、时间" in page
    assert page.count("选它，先看一眼") == 1
    assert page.count("请另选一个") == 2
    chosen = dict(re.findall(r'<input type="hidden" name="((?:template|name|part)[^"]*)" value="([^"]*)"', page))
    assert chosen["part-0"] == "number"
    looked = admin.post(AT, {**chosen, "button": "look"})
    assert "还没有存" in looked.text
    assert in_force(place) == {}
    assert admin.post(AT, {**chosen, "button": "keep"}).status_code == 303
    assert in_force(place)["finished"].startswith(f"{ID}:character_string1=number,thing2=category,thing3=text")
    none = admin.post("/channels/official/finished/subscription", {"button": "fetch"})
    assert "还没有选过模板" in none.text
    assert admin.post("/channels/small/finished/template", {"button": "fetch"}).status_code == 404
    assert place.sign_in("staff").post(AT, {"button": "fetch"}).status_code == 404
    for code, sentence in ((45009, "45009"), (None, "没有回应")):
        listing(place, PlatformRefused(code))
        refused = place.sign_in("street").post(AT, {"button": "fetch"})
        assert refused.status_code == 409
        assert sentence in refused.text


WRONG = [
    (form(*GOOD, template="有汉字"), "模板 ID 是"),
    (form(("keyword1", "text")), "字段照平台"),
    (form(("thing1.DATA", "text")), "字段照平台"),
    (form(("thing1", "secret")), "请选这一格"),
    (form(("thing1", "text"), ("thing1", "title")), "出现了两次"),
    (form(("time1", "text")), "只能写时间"),
    (form(("character_string1", "place")), "不能有汉字"),
    (form(("thing1", "nothing")), "不能空着"),
    (form(), "不能空着"),
]


def test_what_the_platform_would_refuse_is_refused_beside_the_field(place: Place, admin: Desk) -> None:
    for wrong, sentence in WRONG:
        for button in ("look", "keep"):
            refused = admin.post(AT, {**wrong, "button": button})
            assert refused.status_code == 409, wrong
            assert re.search(rf'role="alert">[^<]*{sentence}', refused.text), wrong
    assert in_force(place) == {}
    for path in (
        "/channels/official/pressed/template",
        "/channels/official/finished/pigeon",
        "/channels/x/offer/template",
    ):
        assert admin.post(path, form(*GOOD)).status_code == 404


def test_a_made_up_matter_reads_well_in_every_notice() -> None:
    kinds = [kind for listed in samples.READERS.values() for kind in listed]
    assert sorted(kinds) == sorted(set(NoticeKind) - {NoticeKind.PRESSED})
    for kind in kinds:
        found = samples.sample(kind, now=NOW + timedelta(hours=2))
        assert len(found.text) > 8, kind
        assert "None" not in found.text, kind


def test_a_setting_is_read_as_it_always_was_and_with_parts() -> None:
    told = {Part.TITLE: "请评价", Part.TEXT: "您反映的\n路灯修好了", Part.NUMBER: "261123-0007", Part.PLACE: "长" * 30}
    for setting, filled in (
        ("t1", {"thing1": "请评价", "thing2": "您反映的 路灯修好了"}),
        ("t1:thing01,time02,phrase3", {"thing01": "请评价", "time02": "-", "phrase3": "您反映的…"}),
        ("t1:thing9", {"thing9": "您反映的 路灯修好了"}),
        ("t1:character_string2=number, thing3=place", {"character_string2": "261123-0007", "thing3": "长" * 19 + "…"}),
        ("t1:thing1=nonsense,thing2=category", {"thing1": "-", "thing2": "-"}),
    ):
        assert templates.filled(templates.read(setting), told) == filled
        assert templates.read(setting).template_id == "t1"
