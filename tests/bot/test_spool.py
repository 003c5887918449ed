"""The spool: what came while the database was away is on the disk before it is acknowledged, and comes back in order."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.spool import ROUND, STUCK, Spool
from handlers.turn import Card, EventKind, Message, MessageKind, Opens, Point
from tests.channels.support import NOW


def message(number: int = 1, sender: str = "ayi", text: str = "路灯坏了", **more: Any) -> Message:
    return Message("official", sender, f"official:{sender}:m:{number}", MessageKind.TEXT, NOW, text=text, **more)


def taken(spool: Spool) -> list[Message]:
    """Everything the spool gives back, in its order."""
    found: list[Message] = []

    def answer(each: Message) -> bool:
        found.append(each)
        return True

    spool.replay(answer)
    return found


@pytest.mark.parametrize(
    "kept",
    [
        message(text="楼下太吵了\n“真的” \\ \u2028 \u0085 \x1c \r\n尾"),
        message(text="😀" * 500),
        Message(
            "wecom",
            "li",
            "wecom:li:e:1",
            MessageKind.EVENT,
            NOW,
            tap="接单 0007",
            event=EventKind.TAP,
            card=Card("n1-1", "code", "button_interaction"),
            detail={"to": "ww1", "selected": {"q": ["1"]}},
        ),
        Message(
            "official",
            "ayi",
            "official:ayi:m:9",
            MessageKind.LOCATION,
            NOW,
            point=Point(30.505, 114.001, "香樟花园3栋"),
            opens=Opens.MESSAGE,
        ),
        message(media_id="m1", media_url="http://127.0.0.1/m1"),
    ],
)
def test_a_message_comes_back_as_it_was_said(tmp_path: Path, kept: Message) -> None:
    Spool(tmp_path).keep(kept)
    assert taken(Spool(tmp_path)) == [kept]
    assert len(Spool(tmp_path)) == 0


def test_messages_come_back_in_the_order_they_were_said(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    said = [message(number, sender=f"person-{number % 3}") for number in range(30)]
    for each in said:
        spool.keep(each)
    assert taken(spool) == said


def test_a_message_is_on_the_disk_when_the_platform_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forced: list[bytes] = []

    def fsync(file: Any, really: Any = os.fsync) -> None:
        really(file)
        path = Path(f"/proc/self/fd/{file if isinstance(file, int) else file.fileno()}").readlink()
        if path.is_file():
            forced.append(path.read_bytes())

    monkeypatch.setattr(os, "fsync", fsync)
    spool = Spool(tmp_path)
    spool.keep(message(1))
    spool.keep(message(2))
    whole = (tmp_path / "spool.jsonl").read_bytes()
    assert whole.count(b"\n") == 2
    assert forced == [whole[: whole.index(b"\n") + 1], whole]


@pytest.mark.parametrize("missing", [1, 2, 3, 40, 200])
def test_half_a_line_of_a_killed_process_takes_no_other_message_with_it(tmp_path: Path, missing: int) -> None:
    spool = Spool(tmp_path)
    spool.keep(message(1))
    spool.keep(message(2, sender="chen", text="漏水漏水漏水"))
    file = tmp_path / "spool.jsonl"
    # Killed while writing, at any byte, inside a Chinese character too.
    file.write_bytes(file.read_bytes()[:-missing])
    again = Spool(tmp_path)
    again.keep(message(3, sender="lin"))
    senders = [each.sender for each in taken(again)]
    # Only the line end was missing: then the message is whole.
    assert senders == (["ayi", "chen", "lin"] if missing == 1 else ["ayi", "lin"])


def test_every_cut_of_the_last_line_is_survived(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.keep(message(1))
    spool.keep(message(2, sender="chen", text="漏水"))
    whole = (tmp_path / "spool.jsonl").read_bytes()
    first = whole.index(b"\n") + 1
    for end in range(first, len(whole)):
        (tmp_path / "spool.jsonl").write_bytes(whole[:end])
        assert Spool(tmp_path).holds(message(9))
        assert len(Spool(tmp_path)) == (2 if end == len(whole) - 1 else 1)


def test_the_platforms_second_delivery_is_not_kept_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(spool.keep, [message(1)] * 3))
    Spool(tmp_path).keep(message(1))
    assert len(spool) == 1


def test_what_is_said_behind_a_kept_message_waits_until_it_is_answered(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    assert not spool.holds(message(1))
    spool.keep(message(1))
    assert spool.holds(message(2))
    assert not spool.holds(message(2, sender="chen"))
    assert not spool.holds(replace(message(2), channel="wecom"))
    assert taken(spool) == [message(1)]
    assert not spool.holds(message(2))


def test_processes_of_one_machine_see_what_the_others_hold_and_have_answered(tmp_path: Path) -> None:
    web, other_web, worker = Spool(tmp_path), Spool(tmp_path), Spool(tmp_path)
    web.keep(message(1))
    assert other_web.holds(message(2))
    assert taken(worker) == [message(1)]
    assert not web.holds(message(2))
    assert not other_web.holds(message(2))


def test_replayed_twice_nothing_is_left_to_say(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.keep(message(1))
    assert spool.replay(lambda each: True) == 1
    assert spool.replay(lambda each: pytest.fail("again")) == 0


def test_a_message_kept_during_a_replay_is_not_lost(tmp_path: Path) -> None:
    spool, other = Spool(tmp_path), Spool(tmp_path)
    spool.keep(message(1))

    def answer(each: Message) -> bool:
        other.keep(message(2))
        return True

    assert spool.replay(answer) == 1
    assert taken(spool) == [message(2)]


def test_only_one_process_replays_at_a_time(tmp_path: Path) -> None:
    spool, other = Spool(tmp_path), Spool(tmp_path)
    spool.keep(message(1))
    assert spool.replay(lambda each: other.replay(lambda same: pytest.fail("twice")) == 0) == 1


def test_one_persons_message_that_fails_holds_up_that_person_only(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    said = [message(1, "ayi"), message(2, "chen"), message(3, "ayi"), message(4, "chen")]
    for each in said:
        spool.keep(each)
    tried: list[Message] = []

    def answer(each: Message) -> bool:
        tried.append(each)
        return each.sender != "ayi"

    assert spool.replay(answer) == 2
    assert tried == [said[0], said[1], said[3]]
    assert taken(Spool(tmp_path)) == [said[0], said[2]]


def test_a_database_that_is_still_away_is_not_asked_for_every_message(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for number in range(3 * STUCK):
        spool.keep(message(number, sender=f"person-{number}"))
    tried: list[str] = []

    def fail(each: Message) -> bool:
        tried.append(each.sender)
        return False

    assert spool.replay(fail) == 0
    assert tried == [f"person-{number}" for number in range(STUCK)]
    assert len(spool) == 3 * STUCK


def test_a_long_outage_is_answered_in_rounds_and_in_order(tmp_path: Path) -> None:
    said = [message(number, sender=f"person-{number % 7}") for number in range(ROUND + 3)]
    spool = Spool(tmp_path)
    spool.keep(said[0])
    file = tmp_path / "spool.jsonl"
    line = file.read_text(encoding="utf-8")
    lines = [line.replace(said[0].key, each.key).replace(said[0].sender, each.sender) for each in said]
    file.write_text("".join(lines), encoding="utf-8")
    assert [each.key for each in taken(spool)] == [each.key for each in said[:ROUND]]
    assert spool.holds(said[ROUND])
    assert [each.key for each in taken(spool)] == [each.key for each in said[ROUND:]]
