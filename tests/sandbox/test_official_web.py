"""Signing in to a web page with WeChat, short addresses, tickets, and what the platform tells about itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.sandbox.conftest import APP_ID, SECRET, Street
from tests.sandbox.official_calls import ZHANG, call, code, send


def asked(**changes: Any) -> dict[str, Any]:
    return {
        "appid": APP_ID,
        "redirect_uri": "https://example.org/in?a=1#top",
        "response_type": "code",
        "scope": "snsapi_userinfo",
        "state": "s 1&2",
        **changes,
    }


def signed_in(street: Street, **changes: Any) -> str:
    back = send(street, "connect/oauth2/authorize", **asked(**changes), choose=ZHANG)
    return str(parse_qs(urlsplit(back.headers["Location"]).query)["code"][0])


def exchange(street: Street, code: str, **changes: Any) -> Any:
    query = {"appid": APP_ID, "secret": SECRET, "code": code, "grant_type": "authorization_code", **changes}
    return call(street, "sns/oauth2/access_token", **query)


def test_a_person_is_chosen_and_comes_back_with_a_code_and_the_state(street: Street) -> None:
    page = send(street, "connect/oauth2/authorize", **asked())
    assert "居民 张阿姨" in page.text and "<script" not in page.text
    back = send(street, "connect/oauth2/authorize", **asked(), choose=ZHANG)
    parts = urlsplit(back.headers["Location"])
    assert (back.status_code, parts.netloc, parts.path, parts.fragment) == (302, "example.org", "/in", "top")
    query = parse_qs(parts.query)
    assert (query["a"], query["state"]) == (["1"], ["s 1&2"])
    granted = exchange(street, query["code"][0])
    assert (granted["openid"], granted["scope"], granted["expires_in"]) == (ZHANG, "snsapi_userinfo", 7200)
    who = call(street, "sns/userinfo", access_token=granted["access_token"], openid=ZHANG, lang="zh_CN")
    assert (who["openid"], who["nickname"]) == (ZHANG, "居民 张阿姨")
    assert code(street, "sns/auth", access_token=granted["access_token"], openid=ZHANG) == 0
    assert code(street, "sns/auth", access_token=granted["access_token"], openid="other") == 40003
    assert code(street, "sns/auth", access_token="made up", openid=ZHANG) == 40001


def test_a_code_is_used_once_and_within_five_minutes(street: Street) -> None:
    first, second = signed_in(street), signed_in(street)
    assert "errcode" not in exchange(street, first)
    assert exchange(street, first)["errcode"] == 40163
    street.clock.move(seconds=300)
    assert exchange(street, second)["errcode"] == 40029
    assert exchange(street, "made up")["errcode"] == 40029
    assert exchange(street, "")["errcode"] == 41008
    assert exchange(street, signed_in(street), secret="no")["errcode"] == 40125


def test_a_refresh_token_lives_thirty_days(street: Street) -> None:
    granted = exchange(street, signed_in(street))
    query = {"appid": APP_ID, "grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
    street.clock.move(days=29)
    again = call(street, "sns/oauth2/refresh_token", **query)
    assert code(street, "sns/auth", access_token=granted["access_token"], openid=ZHANG) == 42001
    assert code(street, "sns/auth", access_token=again["access_token"], openid=ZHANG) == 0
    street.clock.move(days=1)
    assert code(street, "sns/oauth2/refresh_token", **query) == 42002
    assert code(street, "sns/oauth2/refresh_token", **{**query, "refresh_token": "made up"}) == 40030


def test_the_base_scope_tells_the_openid_only(street: Street) -> None:
    granted = exchange(street, signed_in(street, scope="snsapi_base"))
    assert code(street, "sns/userinfo", access_token=granted["access_token"], openid=ZHANG) == 48001


MISTAKES: list[Any] = [
    ({"appid": "wx0"}, "10013"),
    ({"scope": "snsapi_everything"}, "10005"),
    ({"response_type": "token"}, "10004"),
    *(
        ({"redirect_uri": uri}, "10003")
        for uri in (
            "",
            "javascript:alert(1)",
            "//a",
            "http://[::1",
            "http://a\r\nX: y",
            "http://a:x/",
            f"http://{'a' * 64}/",
            "http://a\\@b/",
        )
    ),
]


def test_a_wrong_request_is_a_page_with_the_mistake(street: Street) -> None:
    for change, mistake in MISTAKES:
        page = send(street, "connect/oauth2/authorize", **asked(**change), choose=ZHANG)
        assert (change, page.status_code, f"错误码:{mistake}" in page.text) == (change, 200, True)


def test_nobody_is_sent_to_a_domain_that_was_not_entered(open_street: Callable[..., Street]) -> None:
    street = open_street(official={"redirect_domains": ["example.org"]})
    assert signed_in(street)
    page = send(street, "connect/oauth2/authorize", **asked(redirect_uri="https://example.com/"), choose=ZHANG)
    assert "错误码:10003" in page.text


def test_only_a_service_account_signs_people_in(open_street: Callable[..., Street]) -> None:
    street = open_street(official={"abilities": "subscription"})
    assert "错误码:10005" in send(street, "connect/oauth2/authorize", **asked()).text
    assert exchange(street, "x")["errcode"] == 48001


def test_a_ticket_stays_the_same_until_it_ends(street: Street) -> None:
    first = call(street, "ticket/getticket", type="jsapi")
    street.clock.move(seconds=60)
    assert call(street, "ticket/getticket", type="jsapi") == {**first, "expires_in": 7140}
    assert call(street, "ticket/getticket", type="wx_card")["ticket"] != first["ticket"]
    street.clock.move(seconds=7140)
    street.tokens.clear()
    assert call(street, "ticket/getticket", type="jsapi")["ticket"] != first["ticket"]
    assert code(street, "ticket/getticket", type="poem") == 40097


def test_a_short_key_gives_the_long_text_back_until_it_ends(street: Street) -> None:
    key = call(street, "shorten/gen", {"long_data": "工单 7 的全部", "expire_seconds": 60})["short_key"]
    assert call(street, "shorten/fetch", {"short_key": key})["long_data"] == "工单 7 的全部"
    street.clock.move(seconds=60)
    assert code(street, "shorten/fetch", {"short_key": key}) == 40035
    assert code(street, "shorten/gen", {"long_data": "字" * 1366}) == 40035
    assert call(street, "shorturl", {"action": "long2short", "long_url": "http://a/b"})["short_url"].startswith("http")
    assert code(street, "shorturl", {"action": "long2short", "long_url": "a"}) == 40035


def test_the_callback_address_is_looked_at(street: Street) -> None:
    seen = call(street, "callback/check", {"action": "all", "check_operator": "DEFAULT"})
    assert (seen["dns"][0]["ip"], seen["ping"][0]["package_loss"]) == ("127.0.0.1", "0%")
    assert list(call(street, "callback/check", {"action": "dns"})) == ["dns"]
    assert code(street, "callback/check", {"action": "look"}) == 40202
    assert code(street, "callback/check", {"action": "dns", "check_operator": "x"}) == 40203


def test_automatic_replies_and_statistics_are_empty(street: Street) -> None:
    assert call(street, "get_current_autoreply_info") == {"is_add_friend_reply_open": 0, "is_autoreply_open": 0}
    days = {"begin_date": "2026-02-20", "end_date": "2026-02-26"}
    assert call(street, "datacube/getusersummary", days) == {"list": []}
    assert code(street, "datacube/getusersummary", {**days, "end_date": "2026-02-27"}) == 61501
    assert code(street, "datacube/getusersummary", {"begin_date": "2026-03-02", "end_date": "2026-03-02"}) == 61501
    assert code(street, "datacube/getusersummary", {**days, "end_date": "yesterday"}) == 61500
