"""Signing in to a program with WeCom: the page, the way back, and what the code is worth."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.sandbox.conftest import AGENT_ID, CORP_ID, Street

BACK = "http://127.0.0.1:9/console/login?next=%2F"
PATHS = ("wwlogin/sso/login", "wwopen/sso/qrConnect", "connect/oauth2/authorize")


def page(street: Street, path: str = PATHS[0], **changes: str) -> str:
    query = {"appid": CORP_ID, "agentid": str(AGENT_ID), "redirect_uri": BACK, "state": "s&1", **changes}
    answer = requests.get(f"{street.url}/wecom/{path}", params=query, timeout=5)
    assert answer.status_code == 200 and "default-src 'none'" in answer.headers["Content-Security-Policy"]
    return answer.text


def follow(street: Street, shown: str, label: str, path: str = PATHS[0]) -> dict[str, list[str]]:
    """Presses the link with these words and returns the query it leads back with."""
    link = next(link for link in re.findall(r'<a[^>]*href="([^"]+)"[^>]*>(.*?)</a>', shown) if label in link[1])[0]
    url = f"{street.url}/wecom/{path}{html.unescape(link)}"
    answer = requests.get(url, allow_redirects=False, timeout=5)
    assert answer.status_code == 302 and answer.headers["Location"].startswith("http://127.0.0.1:9/console/login?next=")
    return parse_qs(urlsplit(answer.headers["Location"]).query)


def code_of(street: Street, label: str = "徐静", **changes: str) -> str:
    return follow(street, page(street, **changes), label)["code"][0]


@pytest.mark.parametrize("path", PATHS)
def test_a_member_signs_in_by_each_address(street: Street, path: str) -> None:
    shown = page(street, path)
    assert "党员 李建国" in shown and "居民 张阿姨" not in shown
    back = follow(street, shown, "香樟社区 徐静", path)
    assert back["state"] == ["s&1"] and back["next"] == ["/"]
    answer = street.call("wecom", "auth/getuserinfo", code=back["code"][0])
    assert answer["userid"] == "demo-staff-1" and "user_ticket" not in answer


def test_who_refuses_comes_back_without_a_code(street: Street) -> None:
    back = follow(street, page(street), "拒绝")
    assert "code" not in back and back["state"] == ["s&1"]


def test_a_code_is_good_once_and_for_five_minutes(street: Street) -> None:
    code = code_of(street)
    assert [street.call("wecom", "auth/getuserinfo", code=code)["errcode"] for _ in range(2)] == [0, 40029]
    late = code_of(street)
    street.clock.move(minutes=5)
    assert street.call("wecom", "auth/getuserinfo", code=late)["errcode"] == 42003
    assert street.call("wecom", "auth/getuserinfo", code="x" * 600)["errcode"] == 40029


def test_the_old_call_says_the_same_in_other_words(street: Street) -> None:
    assert street.call("wecom", "user/getuserinfo", code=code_of(street))["UserId"] == "demo-staff-1"


def test_somebody_from_outside_has_an_openid_only(street: Street) -> None:
    answer = street.call("wecom", "auth/getuserinfo", code=code_of(street, "非企业成员"))
    assert answer["openid"] and "userid" not in answer
    assert street.call("wecom", "user/getuserinfo", code=code_of(street, "非企业成员"))["OpenId"]


def test_what_is_private_needs_a_ticket(street: Street) -> None:
    code = code_of(street, scope="snsapi_privateinfo")
    ticket = street.call("wecom", "auth/getuserinfo", code=code)["user_ticket"]
    detail = street.call("wecom", "auth/getuserdetail", {"user_ticket": ticket})
    assert detail["userid"] == "demo-staff-1" and detail["mobile"] == ""
    assert street.call("wecom", "auth/getuserdetail", {"user_ticket": "made-up"})["errcode"] == 40058
    street.clock.move(minutes=30)
    assert street.call("wecom", "auth/getuserdetail", {"user_ticket": ticket})["errcode"] == 42003


def test_a_code_is_good_for_its_own_app_only(open_street: Callable[..., Street]) -> None:
    street = open_street(also=[{"key": "other", "agent_id": 5, "secret": "other-secret"}])
    code = code_of(street)
    assert street.as_app("other-secret", "auth/getuserinfo", code=code)["errcode"] == 50001
    assert street.call("wecom", "auth/getuserinfo", code=code)["errcode"] == 0


def test_the_way_back_must_lead_to_a_trusted_domain(open_street: Callable[..., Street]) -> None:
    street = open_street(wecom={"redirect_domains": ["console.example.org:8443"]})
    assert "50001" in page(street, redirect_uri="https://console.example.org/")
    assert "徐静" in page(street, redirect_uri="https://console.example.org:8443/login")


@pytest.mark.parametrize(
    "change",
    [
        {"appid": "ww0"},
        {"agentid": "7"},
        {"agentid": ""},
        {"redirect_uri": ""},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "//example.org/"},
        {"redirect_uri": "http://["},
        {"redirect_uri": "http://x/\r\nSet-Cookie: a=b"},
        {"as": "ghost"},
    ],
)
def test_a_wrong_question_gets_a_page_that_says_so(refusing_street: Street, change: dict[str, str]) -> None:
    assert 'role="alert"' in page(refusing_street, **change)


def test_what_stands_in_the_address_is_not_html(refusing_street: Street) -> None:
    shown = page(refusing_street, state="<script>x</script>", redirect_uri="http://x/<script>")
    assert "<script" not in shown
