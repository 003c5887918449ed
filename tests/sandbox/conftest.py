"""A running sandbox, a running program under test beside it, and the words to talk to both."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
import requests
from flask import Flask, Response, request
from wechatpy.crypto import WeChatCrypto as OfficialCrypto
from wechatpy.exceptions import WeChatException
from wechatpy.work.crypto import WeChatCrypto as WecomCrypto
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox.app import create_sandbox
from sandbox.config import SandboxConfig

APP_ID, CORP_ID, AGENT_ID, GH_ID = "wxsandbox00000001", "wwsandbox000001", 1000002, "gh_sandbox0001"
TOKEN, AES_KEY = "sandboxtoken", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
SECRET = "0123456789abcdef0123456789abcdef"


@dataclass
class Clock:
    """A clock that stands still unless it is moved."""

    time: datetime = field(default_factory=lambda: datetime(2026, 3, 2, 8, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.time

    def move(self, **parts: float) -> None:
        self.time += timedelta(**parts)


@dataclass
class Delivery:
    """One request that reached the program under test, opened by wechatpy."""

    query: dict[str, str]
    raw: str
    fields: dict[str, Any]


def _fields(element: ElementTree.Element) -> Any:
    """As xmltodict gives it to many bots: one item is bare, several are a list."""
    if not len(element):
        return element.text or ""
    found: dict[str, Any] = {}
    for child in element:
        value = _fields(child)
        if child.tag not in found:
            found[child.tag] = value
        elif isinstance(found[child.tag], list):
            found[child.tag].append(value)
        else:
            found[child.tag] = [found[child.tag], value]
    return found


class Program:
    """A small bot that answers as the test tells it to."""

    def __init__(self) -> None:
        self.mode = "safe"
        self.received: list[Delivery] = []
        self._came = threading.Condition()
        self.refused: list[str] = []
        self.answer: Callable[[Delivery], str | tuple[Any, ...]] = lambda delivery: "success"
        self.official = OfficialCrypto(TOKEN, AES_KEY, APP_ID)
        self.wecom = WecomCrypto(TOKEN, AES_KEY, CORP_ID)
        self.gate = threading.Event()
        self.together: threading.Barrier | None = None
        self.app = Flask("program")
        self.app.add_url_rule("/wechat/<channel>", "wechat", self._view, methods=["GET", "POST"])

    def heard(self, count: int) -> Delivery:
        """The `count`-th delivery, waited for: a page shows what somebody says before the program has heard it."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.received) >= count, 10)
            return self.received[count - 1]

    def _view(self, channel: str) -> Response:
        query = dict(request.args)
        crypto = self.official if channel == "official" else self.wecom
        if request.method == "GET":
            if channel == "wecom":
                args = (query["msg_signature"], query["timestamp"], query["nonce"], query["echostr"])
                return Response(crypto.check_signature(*args))
            expected = hashlib.sha1("".join(sorted([TOKEN, query["timestamp"], query["nonce"]])).encode()).hexdigest()
            return Response(query["echostr"] if query["signature"] == expected else "no")
        raw = request.get_data().decode()
        sealed = channel == "wecom" or self.mode != "plain"
        try:
            text = (
                crypto.decrypt_message(raw, query["msg_signature"], query["timestamp"], query["nonce"])
                if sealed
                else raw
            )
        except WeChatException as error:
            self.refused.append(type(error).__name__)
            return Response("no", status=403)
        delivery = Delivery(query, raw, _fields(ElementTree.fromstring(text)))
        with self._came:
            self.received.append(delivery)
            self._came.notify_all()
        if self.together is not None:
            self.together.wait(5)
        answer = self.answer(delivery)
        if not isinstance(answer, str):
            return Response(*answer)
        if answer.startswith("<xml>") and sealed:
            answer = crypto.encrypt_message(answer, query["nonce"], query["timestamp"])
        return Response(answer)


def reply(delivery: Delivery, inside: str) -> str:
    """A passive reply whose type and content are in `inside`."""
    to, me = delivery.fields["FromUserName"], delivery.fields["ToUserName"]
    return (
        f"<xml><ToUserName>{to}</ToUserName><FromUserName>{me}</FromUserName><CreateTime>1</CreateTime>{inside}</xml>"
    )


def words(text: str) -> Callable[[Delivery], str]:
    """An answer of plain words."""
    return lambda delivery: reply(delivery, f"<MsgType>text</MsgType><Content><![CDATA[{text}]]></Content>")


class Quiet(WSGIRequestHandler):
    """Serves without a line for every request."""

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        return None


class Served:
    """A Flask application on a loopback port."""

    def __init__(self, app: Any) -> None:
        self.server: BaseWSGIServer = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


@dataclass
class Street:
    """The sandbox as a test sees it."""

    url: str
    program: Program
    clock: Clock
    session: requests.Session
    app: Flask
    tokens: dict[str, str] = field(default_factory=dict)

    def control(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        response = self.session.request(method, f"{self.url}/api/{path}", json=body, timeout=20)
        assert response.status_code == status, response.text
        return response.json()

    def say(self, key: str, channel: str = "official", **said: Any) -> Any:
        return self.control("POST", f"people/{key}/say?channel={channel}", said)

    def press(self, key: str, message: str, button: str, status: int = 200) -> Any:
        return self.control("POST", f"people/{key}/press", {"message": message, "button": button}, status)

    def inbox(self, key: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control("GET", f"people/{key}/inbox")["inbox"]
        return found

    def fault(self, kind: str, **how: Any) -> None:
        self.control("POST", "faults", {"kind": kind, **how})

    def settle(self) -> None:
        assert self.control("POST", "settle", {"seconds": 10})["pending"] == 0

    def new_token(self, platform: str) -> str:
        if platform == "official":
            query = {"grant_type": "client_credential", "appid": APP_ID, "secret": SECRET}
            answer = self.session.get(f"{self.url}/official/cgi-bin/token", params=query, timeout=10).json()
        else:
            query = {"corpid": CORP_ID, "corpsecret": SECRET}
            answer = self.session.get(f"{self.url}/wecom/cgi-bin/gettoken", params=query, timeout=10).json()
        token: str = answer["access_token"]
        return token

    def call(self, platform: str, path: str, body: Any = None, **query: str) -> Any:
        """An API call with a valid token; its JSON answer."""
        if platform not in self.tokens:
            self.tokens[platform] = self.new_token(platform)
        query = {"access_token": self.tokens[platform], **query}
        url = f"{self.url}/{platform}/cgi-bin/{path}"
        if body is None:
            return self.session.get(url, params=query, timeout=10).json()
        return self.session.post(url, params=query, json=body, timeout=10).json()

    def as_app(self, secret: str, path: str, body: Any = None, **query: str) -> Any:
        """A WeCom call with the token of this secret; its JSON answer."""
        if secret not in self.tokens:
            asked = {"corpid": CORP_ID, "corpsecret": secret}
            answer = self.session.get(f"{self.url}/wecom/cgi-bin/gettoken", params=asked, timeout=10).json()
            self.tokens[secret] = answer["access_token"]
        query = {"access_token": self.tokens[secret], **query}
        url = f"{self.url}/wecom/cgi-bin/{path}"
        if body is None:
            return self.session.get(url, params=query, timeout=10).json()
        return self.session.post(url, params=query, json=body, timeout=10).json()

    def custom(self, openid: str, content: str = "您好") -> int:
        body = {"touser": openid, "msgtype": "text", "text": {"content": content}}
        code: int = self.call("official", "message/custom/send", body)["errcode"]
        return code

    def card(self, users: str, task_id: str = "task-1", **extra: Any) -> Any:
        card = {
            "card_type": "button_interaction",
            "task_id": task_id,
            "main_title": {"title": "新任务", "desc": "路灯坏了"},
            "button_list": [{"text": "接单", "key": "accept 7", "style": 1}, {"text": "不方便", "key": "decline 7"}],
            **extra,
        }
        body = {"touser": users, "agentid": AGENT_ID, "msgtype": "template_card", "template_card": card}
        return self.call("wecom", "message/send", body)


def config_for(callback_url: str, **changes: Any) -> SandboxConfig:
    """Both accounts, and more of the same corp in `also`; re-sends without waiting."""
    official = {
        "key": "official",
        "kind": "official_account",
        "app_id": APP_ID,
        "secret": SECRET,
        "token": TOKEN,
        "encoding_aes_key": AES_KEY,
        "callback_url": f"{callback_url}/wechat/official",
        "gh_id": GH_ID,
        **changes.pop("official", {}),
    }
    wecom = {
        "key": "wecom",
        "kind": "wecom",
        "corp_id": CORP_ID,
        "agent_id": AGENT_ID,
        "secret": SECRET,
        "token": TOKEN,
        "encoding_aes_key": AES_KEY,
        "callback_url": f"{callback_url}/wechat/wecom",
        **changes.pop("wecom", {}),
    }
    others = [
        {**wecom, "callback_url": f"{callback_url}/wechat/{more['key']}", **more} for more in changes.pop("also", ())
    ]
    rules = {"retry_seconds": 0, "timeout_seconds": 5, "wecom_verify_seconds": 5, **changes.pop("rules", {})}
    return SandboxConfig.from_dict({"accounts": [official, wecom, *others], "rules": rules, **changes})


@contextmanager
def opening() -> Iterator[Callable[..., Street]]:
    """Opens streets with changed settings; everything is stopped afterwards."""
    served: list[Served] = []

    def open_one(**changes: Any) -> Street:
        program = Program()
        program.mode = changes.get("official", {}).get("mode", "safe")
        bot = Served(program.app)
        clock = Clock()
        app = create_sandbox(config_for(bot.url, **changes), clock)
        sandbox = Served(app)
        served.extend((bot, sandbox))
        return Street(sandbox.url, program, clock, requests.Session(), app)

    try:
        yield open_one
    finally:
        for one in served:
            one.stop()


@pytest.fixture
def open_street() -> Iterator[Callable[..., Street]]:
    """Opens a street with changed settings; everything is stopped afterwards."""
    with opening() as open_one:
        yield open_one


@pytest.fixture(scope="module")
def refusing_street() -> Iterator[Street]:
    """One street for all of a module's calls that are refused, and so leave nothing behind."""
    with opening() as open_one:
        yield open_one()


@pytest.fixture
def street(open_street: Callable[..., Street]) -> Street:
    """A street with the default settings."""
    return open_street()
