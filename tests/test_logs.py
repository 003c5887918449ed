"""What an operator reads in the log, and what never stands there."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot.logs import bound, configure, logger
from bot.settings import Log, LogFormat, LogLevel


@pytest.fixture(autouse=True)
def put_back() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_key_and_value_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    configure(Log())
    logger("bot.delivery").info("notice sent", notice=7, way="customer")
    line = capsys.readouterr().err
    assert line.startswith("timestamp=")
    assert 'level=info logger=bot.delivery event="notice sent"' in line
    assert "notice=7" in line


def test_everything_inside_a_request_carries_its_channel(capsys: pytest.CaptureFixture[str]) -> None:
    configure(Log(format=LogFormat.JSON))
    with bound(channel="official"):
        logger("bot.answer").info("answered", ticket=3)
        logging.getLogger("some.library").warning("slow")
    logger("bot.answer").info("idle")
    first, second, third = lines(capsys)
    assert (first["channel"], first["ticket"]) == ("official", 3)
    assert (second["channel"], second["event"]) == ("official", "slow")
    assert "channel" not in third


def test_what_somebody_wrote_never_stands_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    configure(Log())
    logger("bot.answer").warning(
        "not understood", text="路灯坏了", sender="o-123", detail={"Content": "路灯坏了", "items": [{"phone": "138"}]}
    )
    written = capsys.readouterr().err
    assert "not understood" in written
    assert "路灯" not in written
    assert "o-123" not in written
    assert "138" not in written


def test_a_failed_call_does_not_betray_the_token_in_its_address(capsys: pytest.CaptureFixture[str]) -> None:
    configure(Log(format=LogFormat.JSON))
    try:
        raise ConnectionError("GET /cgi-bin/gettoken?corpid=ww1&corpsecret=hush failed for redis://:hush@cache/0")
    except ConnectionError:
        logger("bot.channels.api").exception("platform unreachable", url="/cgi-bin/x?access_token=hush&a=1")
    (line,) = lines(capsys)
    assert "hush" not in json.dumps(line)
    assert "Traceback" in str(line["exception"])
    assert "a=1" in str(line["url"])


def test_a_quieter_log_leaves_out_what_matters_less(capsys: pytest.CaptureFixture[str]) -> None:
    configure(Log(level=LogLevel.WARNING))
    logger("bot").info("started")
    assert capsys.readouterr().err == ""
