"""Signing in by WeCom's picture, with the pretend platform on the other side."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from werkzeug.serving import make_server

from console import blueprint
from models.audit import Audit, AuditKind
from models.person import Login, Person
from sandbox.app import create_sandbox
from sandbox.config import SandboxConfig
from tests import factories
from tests.channels.support import AES_KEY, CORP_ID, NOW, TOKEN, wecom
from tests.console.conftest import Desk, Place


@dataclass
class Corp:
    """The console of one street, and the page of its corp."""

    place: Place
    url: str

    def leave_for_the_picture(self, desk: Desk) -> str:
        """Presses the button; gives the address of the platform's page."""
        address = desk.get("/sign-in/wecom/wecom").headers["Location"]
        assert address.startswith(f"{self.url}/wecom/wwlogin/sso/login?")
        return address

    def scan(self, address: str, name: str) -> str:
        """Somebody scans it; gives the way back as a path of the console."""
        page = requests.get(address, timeout=5).text
        link = next(each for each in re.findall(r'<a[^>]*href="([^"]+)"[^>]*>(.*?)</a>', page) if name in each[1])[0]
        answer = requests.get(f"{address.partition('?')[0]}{html.unescape(link)}", allow_redirects=False, timeout=5)
        parts = urlsplit(answer.headers["Location"])
        return f"{parts.path.removeprefix('/console')}?{parts.query}"

    def come_by(self, name: str, desk: Desk) -> str:
        """The whole way; gives where it ends."""
        back = self.scan(self.leave_for_the_picture(desk), name)
        return desk.get(back).headers["Location"]


@pytest.fixture
def corp(place: Place) -> Iterator[Corp]:
    account = {
        "key": "wecom",
        "kind": "wecom",
        "corp_id": CORP_ID,
        "agent_id": 1000002,
        "secret": "pretend-secret",
        "token": TOKEN,
        "encoding_aes_key": AES_KEY,
        "callback_url": "http://127.0.0.1:9/wechat/wecom",
    }
    config = SandboxConfig.from_dict({"accounts": [account]})
    server = make_server("127.0.0.1", 0, create_sandbox(config, lambda: NOW), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    channel = wecom(api_base_url=f"{url}/wecom", sign_in_url=f"{url}/wecom")
    app = Flask("console-with-wecom")
    pages = blueprint(place.database, lambda: place.now, site_name="演示街道", secure=False, doors=[channel])
    app.register_blueprint(pages, url_prefix="/console")
    place.app = app
    with place.database.transaction() as session:
        for name, number in (("staff", "demo-staff-1"), ("member", "demo-member-1"), ("elsewhere", "demo-staff-2")):
            factories.identity(session, session.get_one(Person, place.people[name].id), account=number)
    yield Corp(place, url)
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_colleague_scans_and_is_in(corp: Corp) -> None:
    desk = corp.place.browser()
    assert "企业微信扫码登录" in desk.get("/sign-in").text
    assert corp.come_by("徐静", desk) == "/console/"
    assert "刘敏" in desk.get("/tickets").text
    with corp.place.database.reading() as session:
        kinds = [row.kind for row in session.query(Audit)]
        assert kinds == [AuditKind.SIGNED_IN_WECOM]


@pytest.mark.parametrize("name", ["李建国", "非企业成员", "拒绝"])
def test_nobody_without_a_role_here_gets_in(corp: Corp, name: str) -> None:
    desk = corp.place.browser()
    assert corp.come_by(name, desk) == "/console/sign-in?done=wecom_refused"
    assert desk.get("/tickets").status_code == 302
    assert "扫码没能登录" in desk.get("/sign-in?done=wecom_refused").text


def test_the_way_back_belongs_to_the_browser_that_left(corp: Corp) -> None:
    attacker, victim = corp.place.browser(), corp.place.browser()
    back = corp.scan(corp.leave_for_the_picture(attacker), "徐静")
    assert "wecom_refused" in victim.get(back).headers["Location"]
    corp.leave_for_the_picture(victim)
    assert "wecom_refused" in victim.get(back).headers["Location"]
    assert victim.get("/tickets").status_code == 302


def test_a_way_back_works_once(corp: Corp) -> None:
    desk = corp.place.browser()
    back = corp.scan(corp.leave_for_the_picture(desk), "徐静")
    assert desk.get(back).headers["Location"] == "/console/"
    state = parse_qs(urlsplit(back).query)["state"][0]
    again = corp.place.browser()
    again.client.set_cookie("huying_state", state, path="/console")
    assert "wecom_refused" in again.get(back).headers["Location"]


def test_whoever_has_no_account_gets_one_without_a_password(corp: Corp) -> None:
    with corp.place.database.transaction() as session:
        session.query(Login).filter_by(name="elsewhere").delete()
    desk = corp.place.browser()
    assert corp.come_by("高峰", desk) == "/console/"
    with corp.place.database.reading() as session:
        made = session.query(Login).filter_by(person_id=corp.place.people["elsewhere"].id).one()
        assert made.password_hash == ""


def test_an_address_of_another_app_is_not_there(corp: Corp) -> None:
    for path in ("/sign-in/wecom/official", "/sign-in/wecom/official/back?code=x&state=y"):
        assert corp.place.browser().get(path).status_code == 404
