"""When a platform was last heard, for the health page and for whoever connects an account."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

import pytest

from bot import heard
from bot.channels.envelope import signature
from bot.state import state_of
from tests.bot.support import AYI, NOISE, Street
from tests.channels.support import TOKEN


def greet(street: Street, *, token: str = TOKEN) -> int:
    stamp = str(int(street.now.timestamp()))
    query = {"timestamp": stamp, "nonce": "n", "echostr": "hello", "signature": signature(token, stamp, "n")}
    return street.door.get(f"/wechat/official?{urlencode(query)}").status_code


def test_a_message_a_greeting_and_one_turned_away_are_told_apart(street: Street) -> None:
    assert heard.last(street.huying.redis, "official") == {}
    assert greet(street, token="another") == 403
    assert heard.last(street.huying.redis, "official") == {heard.REFUSED: (street.now, "403")}
    assert greet(street) == 200
    street.deliver(AYI, Content=NOISE)
    [official] = [each for each in state_of(street.huying).channels if each.key == "official"]
    assert official.message_at == official.greeting_at == official.refused_at == street.now
    assert official.refused_status == "403"
    assert official.callback.endswith("/wechat/official")


def test_messages_are_noted_once_a_minute(street: Street) -> None:
    begun = street.now
    street.deliver(AYI, Content=NOISE)
    street.later(seconds=59)
    street.deliver(AYI, Content="还有，楼道灯也坏了")
    assert heard.last(street.huying.redis, "official")[heard.MESSAGE][0] == begun
    street.later(seconds=1)
    street.deliver(AYI, Content="谢谢")
    assert heard.last(street.huying.redis, "official")[heard.MESSAGE][0] == begun + timedelta(minutes=1)


@pytest.mark.parametrize("path", ["/wechat/nobody", "/wechat/", "/healthz", "/wechat/official/x"])
def test_what_is_no_account_is_not_noted(street: Street, path: str) -> None:
    street.door.get(path)
    assert list(street.huying.redis.keys("huying:heard:*")) == []


def test_the_state_has_what_only_the_bot_knows(street: Street) -> None:
    state = state_of(street.huying)
    assert (state.redis, state.queue, state.spooled) == (True, True, 0)
    assert {"huying", "Python"} <= set(state.versions)
