"""How we call the platforms: against a real server on loopback that can be told to misbehave."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any

import fakeredis
import pytest
import redis

from bot.channels import Channel, NotSent, Outgoing, Way, Why
from bot.channels.api import JSON_CAP, MEDIA_CAP, official_client
from bot.channels.build import build_channels
from bot.channels.official import OfficialChannel
from bot.channels.wecom import WeComChannel
from bot.settings import OfficialAccount, WeCom
from handlers.turn import Choice
from tests.channels.support import (
    APP_ID,
    CORP_ID,
    NOW,
    OPENID,
    Answer,
    Call,
    Platform,
    a_redis,
    answer,
    official,
    wecom,
)

OK = answer({"errcode": 0, "errmsg": "ok", "msgid": 200228332})
CUSTOM = "message/custom/send"
SEND = "message/send"


def always(reply: Answer | None) -> Callable[[Call], Answer | None]:
    return lambda call: reply


def only(*good: str) -> Callable[[Call], Answer]:
    """Takes these tokens and refuses every other."""
    return lambda call: OK if call["query"]["access_token"] in good else answer({"errcode": 40001, "errmsg": "invalid"})


def resident(platform: Platform, **values: Any) -> OfficialChannel:
    values = {"abilities": "service", "timeout_seconds": 2, **values}
    return official(api_base_url=platform.url, **values)


def member(platform: Platform, **values: Any) -> WeComChannel:
    return wecom(api_base_url=platform.url, **{"timeout_seconds": 2, **values})


def tell(channel: Channel, text: str = "已受理", *, way: Way = Way.CUSTOMER, **values: Any) -> Any:
    return channel.send(way, Outgoing(account=OPENID, kind="offer", text=text, **values), now=NOW)


def why(failing: Callable[[], Any]) -> Why:
    with pytest.raises(NotSent) as failure:
        failing()
    assert "access_token" not in str(failure.value)
    assert "token-" not in str(failure.value)
    return failure.value.why


# Tokens


@pytest.fixture(params=["official", "wecom"])
def speaker(request: pytest.FixtureRequest, platform: Platform) -> Callable[..., Callable[[], Any]]:
    """Makes something that sends one message, on either platform."""
    platform.answers[CUSTOM] = platform.answers[SEND] = always(OK)

    def make(server: fakeredis.FakeServer | None = None, **values: Any) -> Callable[[], Any]:
        if request.param == "official":
            channel: Channel = resident(platform, server=server, **values)
            return lambda: tell(channel)
        work: Channel = member(platform, server=server, **values)
        return lambda: tell(work, way=Way.APP)

    return make


def fetches(platform: Platform) -> int:
    return sum(path in ("stable_token", "gettoken", "token") for path in platform.paths())


def sends(platform: Platform) -> int:
    return sum(path in (CUSTOM, SEND) for path in platform.paths())


def at_once(*doing: Callable[[], Any]) -> list[Any]:
    barrier = threading.Barrier(len(doing))

    def start(do: Callable[[], Any]) -> Any:
        barrier.wait()
        return do()

    with ThreadPoolExecutor(len(doing)) as pool:
        return list(pool.map(start, doing))


def test_eight_threads_that_start_cold_fetch_one_token(
    platform: Platform, speaker: Callable[..., Callable[[], Any]]
) -> None:
    speak = speaker()
    at_once(*[speak] * 8)
    assert (fetches(platform), sends(platform)) == (1, 8)


def test_two_processes_that_start_cold_fetch_one_token(
    platform: Platform, speaker: Callable[..., Callable[[], Any]]
) -> None:
    server = fakeredis.FakeServer()
    at_once(speaker(server), speaker(server), speaker(server), speaker(server))
    assert (fetches(platform), sends(platform)) == (1, 4)


def test_processes_on_a_real_valkey_fetch_one_token(platform: Platform, valkey_url: str) -> None:
    platform.answers[CUSTOM] = only("token-1")
    settings = OfficialAccount(
        kind="official_account",
        app_id=APP_ID,
        app_secret="pretend-secret",
        token="pretendtoken",
        mode="plain",
        abilities="service",
        api_base_url=platform.url,
    )
    connections = [redis.Redis.from_url(valkey_url) for _ in range(4)]
    clients = [official_client(settings, redis=each, clock=lambda: NOW, backup=None) for each in connections]
    at_once(*[partial(client.post, CUSTOM, data={}) for client in clients for _ in range(3)])
    assert (fetches(platform), sends(platform)) == (1, 12)
    for connection in connections:
        connection.close()


def test_the_official_account_asks_for_a_stable_token(platform: Platform) -> None:
    platform.answers[CUSTOM] = always(OK)
    tell(resident(platform))
    assert platform.paths() == ["stable_token", CUSTOM]
    assert json.loads(platform.calls[0]["body"]) == {
        "grant_type": "client_credential",
        "appid": APP_ID,
        "secret": "pretend-secret",
        "force_refresh": False,
    }


def test_a_token_that_died_is_renewed_and_the_message_sent_once_more(
    platform: Platform, speaker: Callable[..., Callable[[], Any]]
) -> None:
    speak = speaker()
    speak()
    platform.answers[CUSTOM] = platform.answers[SEND] = only("token-2")
    speak()
    assert (fetches(platform), sends(platform)) == (2, 3)


def test_a_token_another_process_has_renewed_is_taken_over(
    platform: Platform, speaker: Callable[..., Callable[[], Any]]
) -> None:
    server = fakeredis.FakeServer()
    first, second = speaker(server), speaker(server)
    first()
    platform.answers[CUSTOM] = platform.answers[SEND] = only("token-2")
    at_once(*[first, second] * 4)
    assert fetches(platform) == 2


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_token_dead_for_ever_costs_at_most_four_calls(
    platform: Platform, speaker: Callable[..., Callable[[], Any]], code: int
) -> None:
    dead = always(answer({"errcode": code, "errmsg": "invalid credential"}))
    same = always(answer({"access_token": "token-0", "expires_in": 7200}))
    for fetch in ("stable_token", "gettoken"):
        platform.answers[fetch] = same
    platform.answers[CUSTOM] = platform.answers[SEND] = dead
    speak = speaker()
    assert why(speak) is Why.NOT_ALLOWED
    assert len(platform.calls) <= 4
    platform.calls.clear()
    for _ in range(10):
        assert why(speak) is Why.NOT_ALLOWED
    assert len(platform.calls) <= 20


def test_new_tokens_that_are_all_dead_cost_at_most_four_calls(
    platform: Platform, speaker: Callable[..., Callable[[], Any]]
) -> None:
    platform.answers[CUSTOM] = platform.answers[SEND] = only()
    assert why(speaker()) is Why.NOT_ALLOWED
    assert len(platform.calls) == 4


def test_a_stable_token_the_platform_insists_on_is_forced_out_once(platform: Platform) -> None:
    forced: list[bool] = []

    def stable(call: Call) -> Answer:
        forced.append(json.loads(call["body"])["force_refresh"])
        return answer({"access_token": f"token-{'new' if any(forced) else 'old'}", "expires_in": 7200})

    platform.answers["stable_token"] = stable
    platform.answers[CUSTOM] = only("token-new")
    tell(resident(platform))
    assert forced == [False, False, True]


def test_eight_threads_wait_for_one_failing_fetch_and_not_for_eight(
    platform: Platform, speaker: Callable[..., Callable[[], Any]]
) -> None:
    arrived = threading.Event()

    def failing(call: Call) -> Answer:
        arrived.wait(0.3)
        return answer({"errcode": 40013, "errmsg": "invalid appid"})

    platform.answers["stable_token"] = platform.answers["gettoken"] = failing
    speak = speaker()
    assert set(at_once(*[lambda: why(speak)] * 8)) == {Why.NOT_ALLOWED}
    assert fetches(platform) < 8


def test_two_apps_of_one_corp_keep_two_tokens(platform: Platform) -> None:
    platform.answers[SEND] = always(OK)
    server = fakeredis.FakeServer()
    for agent in (1000002, 1000003):
        tell(member(platform, server=server, agent_id=agent), way=Way.APP)
    assert fetches(platform) == 2
    keys = [f"huying:token:wecom:{CORP_ID}:{agent}" for agent in (1000002, 1000003)]
    assert len(set(a_redis(server).mget(keys)) - {None}) == 2


def test_a_token_expires_in_the_store_before_it_does_on_the_platform(platform: Platform) -> None:
    platform.answers[CUSTOM] = always(OK)
    server = fakeredis.FakeServer()
    tell(resident(platform, server=server))
    assert 7000 < a_redis(server).ttl(f"huying:token:official:{APP_ID}:") <= 7140


class Notebook:
    """A backup of tokens."""

    def __init__(self) -> None:
        self.tokens: dict[str, str] = {}

    def load(self, key: str) -> str | None:
        return self.tokens.get(key)

    def save(self, key: str, token: str, expires_at: datetime) -> None:
        assert expires_at > NOW
        self.tokens[key] = token


@pytest.mark.parametrize("backup", [None, Notebook()])
def test_without_redis_messages_still_go_out(
    platform: Platform, speaker: Callable[..., Callable[[], Any]], backup: Notebook | None
) -> None:
    server = fakeredis.FakeServer()
    server.connected = False
    speak = speaker(server, backup=backup)
    at_once(*[speak] * 4)
    assert (fetches(platform), sends(platform)) == (1, 4)
    platform.answers[CUSTOM] = platform.answers[SEND] = only("token-2")
    speak()
    assert fetches(platform) == 2


def test_without_redis_a_new_process_takes_the_token_from_the_backup(
    platform: Platform, speaker: Callable[..., Callable[[], Any]]
) -> None:
    server, backup = fakeredis.FakeServer(), Notebook()
    speaker(server, backup=backup)()
    server.connected = False
    speaker(server, backup=backup)()
    assert fetches(platform) == 1


# Answers that are none


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ((502, "text/html", b"<html>Bad Gateway</html>"), Why.TEMPORARY),
        ((200, "text/html", b"<html>maintenance</html>"), Why.TEMPORARY),
        ((200, "application/json", b"{"), Why.TEMPORARY),
        ((200, "application/json", b"[]"), Why.TEMPORARY),
        ((200, "application/json", b"{" * 100_000), Why.TEMPORARY),
        ((200, "application/json", b'{"a":' * 100_000), Why.TEMPORARY),
        ((200, "text/plain", b""), Why.TEMPORARY),
        ((500, "application/json", b'{"errcode":0}'), Why.TEMPORARY),
        ((200, "application/json", b'{"errcode":"x"}'), Why.TEMPORARY),
        ((200, "application/json", b'{"errcode":null}'), Why.TEMPORARY),
        ((200, "application/json", b" " * (JSON_CAP + 1)), Why.CONTENT),
        (None, Why.TEMPORARY),
    ],
)
def test_an_answer_that_is_none_is_a_reason_to_try_again(
    platform: Platform, speaker: Callable[..., Callable[[], Any]], reply: Answer | None, reason: Why
) -> None:
    speak = speaker()
    platform.answers[CUSTOM] = platform.answers[SEND] = always(reply)
    assert why(speak) is reason
    platform.answers["stable_token"] = platform.answers["gettoken"] = always(reply)
    assert why(speaker()) is reason


def test_a_redirect_is_not_followed_with_our_token(platform: Platform) -> None:
    platform.answers["elsewhere"] = always(OK)
    platform.answers[CUSTOM] = always((302, "text/html", f"{platform.url}/elsewhere".encode()))
    assert why(lambda: tell(resident(platform))) is Why.TEMPORARY
    assert "elsewhere" not in platform.paths()


def test_a_slow_platform_is_given_up(platform: Platform, speaker: Callable[..., Callable[[], Any]]) -> None:
    done = threading.Event()

    ended: list[bool] = []

    def slow(call: Call) -> Answer:
        done.wait(5)
        ended.append(True)
        return OK

    speak = speaker(timeout_seconds=0.1)
    speak()
    platform.answers[CUSTOM] = platform.answers[SEND] = slow
    assert why(speak) is Why.TEMPORARY
    assert ended == []
    done.set()


def test_a_platform_that_is_not_there_is_a_reason_to_try_again() -> None:
    channel = official(api_base_url="http://127.0.0.1:1", abilities="service", timeout_seconds=1)
    assert why(lambda: tell(channel)) is Why.TEMPORARY
    assert channel.probe()["token"].startswith("no answer")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (-1, Why.TEMPORARY),
        (45015, Why.WINDOW),
        (45047, Why.WINDOW),
        (40003, Why.GONE),
        (43004, Why.GONE),
        (43101, Why.REFUSED),
        (48002, Why.REFUSED),
        (48001, Why.NOT_ALLOWED),
        (40164, Why.NOT_ALLOWED),
        (45009, Why.QUOTA),
        (45011, Why.QUOTA),
        (47003, Why.CONTENT),
        (40037, Why.CONTENT),
        (45002, Why.CONTENT),
        (99999, Why.TEMPORARY),
        ("45015", Why.WINDOW),
    ],
)
def test_the_official_account_says_why(platform: Platform, code: int | str, reason: Why) -> None:
    platform.answers[CUSTOM] = always(answer({"errcode": code, "errmsg": "x rid: 1"}))
    with pytest.raises(NotSent) as failure:
        tell(resident(platform))
    assert (failure.value.why, failure.value.errcode) == (reason, int(code))


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (-1, Why.TEMPORARY),
        (81013, Why.GONE),
        (60111, Why.GONE),
        (60020, Why.NOT_ALLOWED),
        (301002, Why.NOT_ALLOWED),
        (48002, Why.NOT_ALLOWED),
        (45009, Why.QUOTA),
        (45033, Why.QUOTA),
        (42014, Why.CONTENT),
        (44004, Why.CONTENT),
    ],
)
def test_wecom_says_why(platform: Platform, code: int, reason: Why) -> None:
    platform.answers[SEND] = always(answer({"errcode": code, "errmsg": "x"}))
    assert why(lambda: tell(member(platform), way=Way.APP)) is reason


def test_one_connection_serves_many_calls(platform: Platform, speaker: Callable[..., Callable[[], Any]]) -> None:
    speak = speaker()
    for _ in range(5):
        speak()
    assert platform.connections == 1


# What is sent


def sent(platform: Platform) -> dict[str, Any]:
    value = json.loads(platform.calls[-1]["body"])
    assert isinstance(value, dict)
    return value


CHOICES = (Choice("解决了，满意", "评价 0007 1"), Choice("没解决", "评价 0007 3"))


def test_chinese_travels_as_utf8_and_not_as_escapes(platform: Platform) -> None:
    platform.answers[CUSTOM] = always(OK)
    tell(resident(platform), "已受理 \U0001f4a1")
    assert "已受理 \U0001f4a1".encode() in platform.calls[-1]["body"]


def test_a_customer_message_is_a_text_or_a_menu(platform: Platform) -> None:
    platform.answers[CUSTOM] = always(OK)
    tell(resident(platform), '<a href="x">灯</a>' + "灯" * 3000)
    text = sent(platform)["text"]["content"]
    assert "<" not in text
    assert len(text.encode()) <= 2048
    tell(resident(platform), "请评价", choices=CHOICES)
    assert sent(platform)["msgmenu"] == {
        "head_content": "请评价",
        "list": [
            {"id": "评价 0007 1", "content": "1 解决了，满意"},
            {"id": "评价 0007 3", "content": "2 没解决"},
        ],
        "tail_content": "",
    }


def test_a_menu_with_a_long_head_or_many_items_still_fits(platform: Platform) -> None:
    platform.answers[CUSTOM] = always(OK)
    tell(resident(platform), "灯" * 3000, choices=CHOICES)
    menu = sent(platform)["msgmenu"]
    assert len((menu["head_content"] + "".join(item["content"] for item in menu["list"])).encode()) <= 2048
    tell(resident(platform), "请选", choices=tuple(Choice("灯" * 20, str(number)) for number in range(20)))
    assert sent(platform)["text"]["content"].startswith("请选\n1 灯")
    assert len(sent(platform)["text"]["content"].encode()) <= 2048


@pytest.mark.parametrize(
    ("abilities", "kind", "ways"),
    [
        ("unverified", "offer", ()),
        ("subscription", "offer", (Way.CUSTOMER,)),
        ("subscription", "result", (Way.CUSTOMER, Way.SUBSCRIPTION)),
        ("service", "offer", (Way.CUSTOMER, Way.TEMPLATE)),
        ("service", "result", (Way.CUSTOMER, Way.SUBSCRIPTION)),
        ("service", "other", (Way.CUSTOMER,)),
    ],
)
def test_the_accounts_abilities_decide_the_ways(abilities: str, kind: str, ways: tuple[Way, ...]) -> None:
    channel = official(abilities=abilities, templates={"offer": "t1"}, subscriptions={"result": "s1"})
    assert channel.ways(kind) == ways


def test_a_way_the_account_does_not_have_is_refused_without_a_call(platform: Platform) -> None:
    channel = resident(platform, templates={"result": "t1"})
    for way in (Way.TEMPLATE, Way.SUBSCRIPTION, Way.APP):
        assert why(partial(tell, channel, way=way)) is Why.NOT_ALLOWED
    assert why(lambda: tell(member(platform))) is Why.NOT_ALLOWED
    assert platform.calls == []


def test_a_template_message_is_cut_to_its_fields(platform: Platform) -> None:
    platform.answers["message/template/send"] = always(OK)
    channel = resident(platform, templates={"offer": "t1", "result": "t2:thing01,time02,phrase3"})
    done = tell(channel, "灯\n" * 30, way=Way.TEMPLATE, title="新任务", task_id="offer-7")
    assert done.message_id == "200228332"
    assert sent(platform) == {
        "touser": OPENID,
        "template_id": "t1",
        "data": {"thing1": {"value": "新任务"}, "thing2": {"value": "灯 灯 灯 灯 灯 灯 灯 灯 灯 灯…"}},
        "client_msg_id": "offer-7",
    }
    channel.send(Way.TEMPLATE, Outgoing(OPENID, "result", "已经修好了路灯", title="结果"), now=NOW)
    assert sent(platform)["template_id"] == "t2"
    assert {name: field["value"] for name, field in sent(platform)["data"].items()} == {
        "thing01": "结果",
        "time02": "-",
        "phrase3": "已经修好…",
    }


def test_a_subscription_message_uses_its_own_templates(platform: Platform) -> None:
    platform.answers["message/subscribe/bizsend"] = always(OK)
    channel = resident(platform, subscriptions={"offer": "s1"})
    tell(channel, "新任务", way=Way.SUBSCRIPTION)
    assert (sent(platform)["template_id"], sent(platform)["touser"]) == ("s1", OPENID)


CARD: dict[str, Any] = {"as_card": True, "task_id": "offer-7_a@1", "title": "新任务", "choices": CHOICES}


def test_an_offer_is_a_card_with_buttons(platform: Platform) -> None:
    platform.answers[SEND] = always(answer({"errcode": 0, "msgid": "m1", "response_code": "code-1", "invaliduser": ""}))
    done = tell(member(platform), "3栋楼下路灯不亮", way=Way.APP, **CARD)
    assert (done.message_id, done.response_code) == ("m1", "code-1")
    assert sent(platform) == {
        "touser": OPENID,
        "agentid": 1000002,
        "msgtype": "template_card",
        "template_card": {
            "card_type": "button_interaction",
            "task_id": "offer-7_a@1",
            "main_title": {"title": "新任务"},
            "sub_title_text": "3栋楼下路灯不亮",
            "button_list": [
                {"text": "解决了，满意", "style": 1, "key": "评价 0007 1"},
                {"text": "没解决", "style": 2, "key": "评价 0007 3"},
            ],
        },
    }


@pytest.mark.parametrize(
    "change",
    [
        {"as_card": False},
        {"text": "灯" * 161},
        {"choices": ()},
        {"choices": tuple(Choice(str(number), str(number)) for number in range(7))},
        {"choices": (Choice("一", "同"), Choice("二", "同"))},
        {"choices": (Choice("一", "x" * 1025),)},
    ],
)
def test_what_does_not_fit_on_a_card_is_a_text_with_numbers(platform: Platform, change: dict[str, Any]) -> None:
    platform.answers[SEND] = always(OK)
    values = {"text": "路灯不亮", **CARD, **change}
    tell(member(platform), values.pop("text"), way=Way.APP, **values)
    message = sent(platform)
    assert message["msgtype"] == "text"
    for number, choice in enumerate(values["choices"], 1):
        assert f"\n{number} {choice.label}" in message["text"]["content"]


@pytest.mark.parametrize("task_id", ["", "灯", "a b", "x" * 129, "a\n"])
def test_a_card_needs_a_task_id_the_platform_takes(platform: Platform, task_id: str) -> None:
    channel = member(platform)
    assert why(lambda: tell(channel, way=Way.APP, **{**CARD, "task_id": task_id})) is Why.CONTENT


@pytest.mark.parametrize(
    ("fields", "reason"),
    [({"invaliduser": f"wangwu|{OPENID.lower()}"}, Why.GONE), ({"unlicenseduser": OPENID.upper()}, Why.NOT_ALLOWED)],
)
def test_somebody_the_app_cannot_reach_is_told_apart(platform: Platform, fields: dict[str, str], reason: Why) -> None:
    platform.answers[SEND] = always(answer({"errcode": 0, "errmsg": "ok", **fields}))
    assert why(lambda: tell(member(platform), way=Way.APP)) is reason


@pytest.mark.parametrize("account", ["@all", "LiSi|WangWu"])
def test_a_message_for_one_person_never_goes_to_everybody(platform: Platform, account: str) -> None:
    channel = member(platform)
    assert why(lambda: channel.send(Way.APP, Outgoing(account, "offer", "x"), now=NOW)) is Why.GONE
    assert platform.calls == []


def test_a_card_is_updated_for_everyone_who_got_it(platform: Platform) -> None:
    path = "message/update_template_card"
    platform.answers[path] = always(answer({"errcode": 0, "errmsg": "ok", "invaliduser": ["u1"]}))
    member(platform).update_card("code-1", ("LiSi", "WangWu"), "已被接走", now=NOW)
    assert sent(platform) == {
        "userids": ["LiSi", "WangWu"],
        "agentid": 1000002,
        "response_code": "code-1",
        "button": {"replace_name": "已被接走"},
    }
    for code in (42003, 42022):
        platform.answers[path] = always(answer({"errcode": code, "errmsg": "used"}))
        assert why(lambda: member(platform).update_card("code-1", ("LiSi",), "x", now=NOW)) is Why.CONTENT


def test_an_official_account_has_no_cards_to_update(platform: Platform) -> None:
    resident(platform).update_card("code-1", ("LiSi",), "x", now=NOW)
    assert platform.calls == []


# Files


JPEG = b"\xff\xd8\xff\xe0 pretend"


@pytest.mark.parametrize("make", [resident, member])
def test_a_photo_is_fetched_by_its_id(platform: Platform, make: Callable[[Platform], Channel]) -> None:
    platform.answers["media/get"] = always((200, "image/jpeg", JPEG))
    assert make(platform).media("m-1") == (JPEG, "image/jpeg")
    assert platform.calls[-1]["query"] == {"media_id": "m-1", "access_token": "token-1"}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (answer({"errcode": 40007, "errmsg": "invalid media_id"}, content_type="text/plain"), Why.CONTENT),
        (answer({"errcode": 40007, "errmsg": "invalid media_id"}, content_type="image/jpeg"), Why.CONTENT),
        (answer({"errcode": 45009, "errmsg": "quota"}), Why.QUOTA),
        ((502, "text/html", b"<html>"), Why.TEMPORARY),
        ((200, "text/html", b"<html>"), Why.TEMPORARY),
        ((200, "image/jpeg", b""), Why.TEMPORARY),
        ((200, "image/jpeg", b"x" * (MEDIA_CAP + 1)), Why.CONTENT),
        (None, Why.TEMPORARY),
    ],
)
@pytest.mark.parametrize("make", [resident, member])
def test_an_error_is_never_kept_as_a_file(
    platform: Platform, make: Callable[[Platform], Channel], reply: Answer | None, reason: Why
) -> None:
    platform.answers["media/get"] = always(reply)
    assert why(lambda: make(platform).media("m-1")) is reason


@pytest.mark.parametrize("make", [resident, member])
def test_half_a_photo_is_not_a_photo(platform: Platform, make: Callable[[Platform], Channel]) -> None:
    platform.answers["media/get"] = always((200, "image/jpeg", JPEG))
    channel = make(platform)
    channel.media("m-1")
    platform.missing = 5
    assert why(lambda: channel.media("m-1")) is Why.TEMPORARY


@pytest.mark.parametrize("make", [resident, member])
def test_a_dead_token_is_renewed_for_files_too(platform: Platform, make: Callable[[Platform], Channel]) -> None:
    def get(call: Call) -> Answer:
        return (200, "image/jpeg", JPEG) if call["query"]["access_token"] == "token-2" else dead

    dead = answer({"errcode": 42001, "errmsg": "expired"}, content_type="text/plain")
    platform.answers["media/get"] = get
    assert make(platform).media("m-1")[0] == JPEG


def test_a_picture_address_on_the_platform_is_fetched_without_the_token(platform: Platform) -> None:
    platform.answers["pictures/1"] = always((200, "image/jpeg", JPEG))
    assert resident(platform).media("m-1", f"{platform.url}/pictures/1") == (JPEG, "image/jpeg")
    assert [(call["path"], call["query"]) for call in platform.calls] == [("pictures/1", {})]


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1/x",
        "http://127.0.0.1/x",
        "http://169.254.169.254/latest",
        "http://mmbiz.qpic.cn.evil.example/x",
        "http://evil@mmbiz.qpic.cn/x",
        "http://mmbiz.qpic.cn:22/x",
        "file:///etc/passwd",
        "ftp://mmbiz.qpic.cn/x",
        "http://[::1",
        "http://mmbiz.qpic.cn:99999/x",
        "x",
    ],
)
def test_a_picture_address_anywhere_else_is_skipped(platform: Platform, address: str) -> None:
    platform.answers["media/get"] = always((200, "image/jpeg", JPEG))
    assert resident(platform).media("m-1", address) == (JPEG, "image/jpeg")
    assert why(lambda: resident(platform)._client.fetch(address)) is Why.CONTENT


def test_a_picture_that_is_gone_is_fetched_by_its_id(platform: Platform) -> None:
    platform.answers["pictures/1"] = always((404, "text/html", b"gone"))
    platform.answers["media/get"] = always((200, "image/jpeg", JPEG))
    assert resident(platform).media("m-1", f"{platform.url}/pictures/1")[0] == JPEG


def test_a_video_comes_from_the_address_in_the_answer(platform: Platform) -> None:
    platform.answers["media/get"] = always(answer({"video_url": f"{platform.url}/videos/1"}))
    platform.answers["videos/1"] = always((200, "video/mp4", b"pretend film"))
    assert resident(platform).media("m-1") == (b"pretend film", "video/mp4")
    platform.answers["media/get"] = always(answer({"video_url": "http://127.0.0.1:1/x"}))
    assert why(lambda: resident(platform).media("m-1")) is Why.CONTENT


# What wechatpy would do by itself


def test_every_host_wechatpy_knows_becomes_the_configured_one(platform: Platform) -> None:
    client = resident(platform)._client
    for path in ("customservice/kfaccount/add", "semantic/semproxy/search", "showqrcode", "media/upload"):
        platform.answers[path] = always((200, "image/jpeg", JPEG) if path == "showqrcode" else OK)
    client.customservice.add_account("a", "b", "c")
    client.semantic.search("query", "flight")
    assert client.qrcode.show("ticket").body == JPEG
    before = len(platform.calls)
    assert why(lambda: client.get("http://evil.example/cgi-bin/media/upload")) is Why.NOT_ALLOWED
    assert len(platform.calls) == before


def test_a_file_is_sent_whole_again_after_a_renewal(platform: Platform) -> None:
    uploads: list[bytes] = []

    def upload(call: Call) -> Answer:
        uploads.append(call["body"])
        return only("token-2")(call)

    platform.answers["media/upload"] = upload
    photo = io.BytesIO(b"skipped" + JPEG)
    photo.seek(7)
    resident(platform)._client.media.upload("image", photo)
    assert [JPEG in each and b"skipped" not in each for each in uploads] == [True, True]


def test_the_doctor_sees_token_and_platform(platform: Platform) -> None:
    platform.answers["get_api_domain_ip"] = always(answer({"ip_list": []}))
    assert resident(platform).probe() == {"token": "ok", "platform": "ok", "abilities": "service", "mode": "safe"}
    assert member(platform).probe() == {"token": "ok", "platform": "ok", "agent_id": 1000002}
    platform.answers["gettoken"] = always(answer({"errcode": 60020, "errmsg": "not allow"}))
    assert member(platform).probe()["token"] == "60020 not allow"


def test_the_settings_become_channels() -> None:
    accounts: dict[str, OfficialAccount | WeCom] = {"a": official()._settings, "b": wecom()._settings}
    channels = build_channels(accounts, redis=a_redis(), clock=lambda: NOW)
    assert {key: (channel.key, channel.kind) for key, channel in channels.items()} == {
        "a": ("a", "official_account"),
        "b": ("b", "wecom"),
    }
