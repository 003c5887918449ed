"""Both platforms as the sandbox plays them: what people do reaches us, and what we send reaches them."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from flask import Flask, Response, request
from werkzeug.serving import WSGIRequestHandler, make_server

from bot.channels import Channel, NotSent, Outgoing, Way, Why
from bot.channels.official import OfficialChannel
from bot.means import Platform
from console.means import PlatformRefused
from handlers.turn import Choice, EventKind, Message, MessageKind, Opens, Reply
from models.template import TemplateWay
from models.templates import Part
from sandbox.app import create_sandbox
from sandbox.config import SandboxConfig
from tests.channels.support import AES_KEY, APP_ID, CORP_ID, NOW, TOKEN, official, wecom
from texts.counter import first_menu, platform_says

AYI, LI = "demo-resident-1", "demo-member-1"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Quiet(WSGIRequestHandler):
    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        return None


@dataclass
class Street:
    """The sandbox, and a bot that answers `reply` to everything."""

    url: str
    session: requests.Session
    channels: dict[str, Channel]
    received: list[Message]
    reply: Reply = Reply()

    def control(self, path: str, body: dict[str, Any] | None = None) -> Any:
        method = "GET" if body is None else "POST"
        response = self.session.request(method, f"{self.url}/api/{path}", json=body, timeout=10)
        assert response.status_code == 200, response.text
        return response.json()

    def say(self, key: str, channel: str, **said: Any) -> Message:
        before = len(self.received)
        self.control(f"people/{key}/say?channel={channel}", said)
        assert len(self.received) == before + 1
        return self.received[-1]

    def inbox(self, key: str) -> list[dict[str, Any]]:
        return [entry for entry in self.control(f"people/{key}/inbox")["inbox"] if not entry.get("mine")]

    def press(self, key: str, message: str, button: str) -> None:
        self.control(f"people/{key}/press", {"message": message, "button": button})


def bot(street: Street) -> Flask:
    app = Flask("bot")

    @app.route("/wechat/<key>", methods=["GET", "POST"])
    def wechat(key: str) -> Response:
        channel = street.channels[key]
        if request.method == "GET":
            return Response(channel.greet(request.args, now=NOW), content_type="text/plain")
        message = channel.read(request.args, request.get_data(), now=NOW)
        if message is None:
            return Response(b"success", content_type="text/plain")
        street.received.append(message)
        body, content_type = channel.write(street.reply, message, now=NOW)
        return Response(body, content_type=content_type)

    return app


@pytest.fixture
def open_street() -> Iterator[Callable[..., Street]]:
    stops: list[Callable[[], None]] = []

    def serve(app: Flask) -> str:
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()

        def stop() -> None:
            server.shutdown()
            thread.join()
            server.server_close()

        stops.append(stop)
        return f"http://127.0.0.1:{server.server_port}"

    def open_one(mode: str = "safe") -> Street:
        street = Street("", requests.Session(), {}, [])
        stops.append(street.session.close)
        callbacks = serve(bot(street))
        common: dict[str, Any] = {"secret": "pretend-secret", "token": TOKEN, "encoding_aes_key": AES_KEY}
        accounts: list[dict[str, Any]] = [
            {"key": "official", "kind": "official_account", "app_id": APP_ID, "mode": mode, **common},
            {"key": "wecom", "kind": "wecom", "corp_id": CORP_ID, "agent_id": 1000002, **common},
        ]
        for account in accounts:
            account["callback_url"] = f"{callbacks}/wechat/{account['key']}"
        config = SandboxConfig.from_dict({"accounts": accounts})
        street.url = serve(create_sandbox(config, lambda: NOW))
        street.channels = {
            "official": official(mode, api_base_url=f"{street.url}/official", abilities="service"),
            "wecom": wecom(api_base_url=f"{street.url}/wecom"),
        }
        return street

    yield open_one
    for stop in stops:
        stop()


@pytest.fixture
def street(open_street: Callable[..., Street]) -> Street:
    return open_street()


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_a_resident_is_heard_and_answered_in_every_mode(open_street: Callable[..., Street], mode: str) -> None:
    street = open_street(mode)
    street.reply = Reply("已受理 ]]> 261122-0007")
    message = street.say(AYI, "official", text="楼下路灯坏了 ]]>")
    assert (message.sender, message.text, message.opens) == (AYI, "楼下路灯坏了 ]]>", Opens.MESSAGE)
    assert message.detail["sealed"] is (mode != "plain")
    assert street.inbox(AYI)[-1]["text"] == "已受理 ]]> 261122-0007"


def test_a_member_is_heard_and_answered(street: Street) -> None:
    street.reply = Reply("您的任务")
    message = street.say(LI, "wecom", text="待接单")
    assert (message.sender, message.text) == (LI, "待接单")
    assert street.inbox(LI)[-1]["text"] == "您的任务"


def test_a_line_that_is_tapped_comes_back_with_its_command(street: Street) -> None:
    street.reply = Reply("请评价", (Choice("解决了，满意 100%&", "评价 0007 1"), Choice("没解决", "评价 0007 3")))
    street.say(AYI, "official", text="在吗")
    street.press(AYI, street.inbox(AYI)[-1]["id"], "评价 0007 1")
    assert (street.received[-1].text, street.received[-1].tap) == ("1 解决了，满意 100%&", "评价 0007 1")


def test_a_menu_sent_later_comes_back_with_its_command(street: Street) -> None:
    street.say(AYI, "official", text="在吗")
    choices = (Choice("解决了，满意", "评价 0007 1"),)
    street.channels["official"].send(Way.CUSTOMER, Outgoing(AYI, "ask", "请评价", choices), now=NOW)
    street.press(AYI, street.inbox(AYI)[-1]["id"], "评价 0007 1")
    assert (street.received[-1].text, street.received[-1].tap) == ("1 解决了，满意", "评价 0007 1")


def test_nobody_is_written_to_before_they_spoke(street: Street) -> None:
    with pytest.raises(NotSent) as failure:
        street.channels["official"].send(Way.CUSTOMER, Outgoing(AYI, "ask", "请评价"), now=NOW)
    assert failure.value.why is Why.WINDOW


@pytest.mark.parametrize(("key", "channel"), [(AYI, "official"), (LI, "wecom")])
def test_a_photo_can_be_fetched_by_its_address_and_by_its_id(street: Street, key: str, channel: str) -> None:
    message = street.say(key, channel, image=base64.b64encode(PNG).decode())
    assert message.kind is MessageKind.IMAGE
    assert street.channels[channel].media(message.media_id, message.media_url) == (PNG, "image/png")
    assert street.channels[channel].media(message.media_id) == (PNG, "image/png")


def test_places_voices_and_scans_are_understood(street: Street) -> None:
    place = street.say(AYI, "official", location={"lat": 31.31, "lng": 121.52, "label": "香樟花园3栋"})
    assert place.point is not None
    assert (place.point.lat, place.point.label) == (31.31, "香樟花园3栋")
    assert street.say(AYI, "official", voice="路灯坏了").text == "路灯坏了"
    assert street.say(AYI, "official", event={"Event": "CLICK", "EventKey": "进度"}).tap == "进度"


def test_a_card_is_pressed_captioned_and_updated_for_everyone(street: Street) -> None:
    channel = street.channels["wecom"]
    offer = Outgoing(LI, "offer", "3栋路灯", (Choice("接单", "接单 0007"),), "新任务", "offer-7", as_card=True)
    sent = channel.send(Way.APP, offer, now=NOW)
    assert sent.response_code
    street.reply = Reply("接单成功", card_caption="已接单")
    street.press(LI, street.inbox(LI)[-1]["id"], "接单 0007")
    press = street.received[-1]
    assert (press.event, press.tap) == (EventKind.TAP, "接单 0007")
    assert press.card is not None
    assert press.card.task_id == "offer-7"
    channel.update_card(press.card.response_code, (LI,), "已到场", now=NOW)
    with pytest.raises(NotSent) as failure:
        channel.update_card(press.card.response_code, (LI,), "已到场", now=NOW)
    assert failure.value.why is Why.CONTENT


def test_somebody_who_is_not_in_the_corp_is_gone(street: Street) -> None:
    with pytest.raises(NotSent) as failure:
        street.channels["wecom"].send(Way.APP, Outgoing("nobody", "offer", "x"), now=NOW)
    assert failure.value.why is Why.GONE


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("token_dead", Why.NOT_ALLOWED),
        ("45009", Why.QUOTA),
        ("busy", Why.TEMPORARY),
        ("html502", Why.TEMPORARY),
        ("reset", Why.TEMPORARY),
        ("60020", Why.NOT_ALLOWED),
    ],
)
def test_a_platform_in_trouble_says_why(street: Street, fault: str, reason: Why) -> None:
    street.control("faults", {"kind": fault})
    with pytest.raises(NotSent) as failure:
        street.channels["wecom"].send(Way.APP, Outgoing(LI, "offer", "x"), now=NOW)
    assert failure.value.why is reason


def test_the_doctor_finds_both_platforms_well(street: Street) -> None:
    for channel in street.channels.values():
        assert channel.probe().items() >= {"token": "ok", "platform": "ok"}.items()


def test_the_templates_that_were_chosen_at_the_platform_are_seen(street: Street) -> None:
    channel = street.channels["official"]
    assert isinstance(channel, OfficialChannel)
    account = Platform(channel)
    added = channel._client.post("template/api_add_template", data={"template_id_short": "TM00015"})["template_id"]
    (offered,) = [each for each in account.offered(TemplateWay.TEMPLATE) if each.template_id == added]
    assert [name for name, _ in offered.fields] == ["thing01", "time02"]
    assert offered.layout is not None
    assert offered.layout.fields == (("thing01", Part.TEXT), ("time02", Part.TIME))
    assert account.offered(TemplateWay.SUBSCRIPTION) == []
    chosen = {"tid": "5101", "kidList": [1, 2, 4], "sceneDesc": "办事进展"}
    channel._client.post("https://api.weixin.qq.com/wxaapi/newtmpl/addtemplate", data=chosen)
    (subscription,) = account.offered(TemplateWay.SUBSCRIPTION)
    assert [label for _, label in subscription.fields] == ["报修内容", "更新时间", "工单编号"]
    street.control("faults", {"kind": "45009"})
    with pytest.raises(PlatformRefused):
        account.offered(TemplateWay.TEMPLATE)


def test_a_menu_is_published_and_seen_and_a_refusal_is_told_in_words(street: Street) -> None:
    channel = street.channels["official"]
    assert isinstance(channel, OfficialChannel)
    menu = Platform(channel)
    assert menu.menu() == []
    menu.publish(first_menu())
    assert [each["name"] for each in menu.menu()] == ["我的事", "帮一把", "找人"]
    assert menu.menu()[0]["sub_button"][0]["key"] == "进度"
    with pytest.raises(PlatformRefused) as failure:
        menu.publish([{"name": "没有用处"}])
    assert failure.value.code == 65308
    street.control("faults", {"kind": "45009"})
    with pytest.raises(PlatformRefused) as failure:
        menu.publish(first_menu())
    assert "次数用完" in platform_says(failure.value.code)
