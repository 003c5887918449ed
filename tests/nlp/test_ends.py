"""Until when an announcement holds, as people say it."""

from __future__ import annotations

from datetime import datetime

import pytest

from models.clock import CHINA
from nlp.announced import ends

HERE = datetime(2026, 11, 23, 10, 0, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("预计今天下午4点恢复", "2026-11-23 16:00"),
        ("明早八点半前恢复", "2026-11-24 08:30"),
        ("晚上10点", "2026-11-23 22:00"),
        ("今天上午9点开始，4点恢复", "2026-11-23 16:00"),
        ("到12月1日18:00", "2026-12-01 18:00"),
        ("11-22停水", "2027-11-22 23:30"),
        ("明天", "2026-11-24 23:30"),
        ("今晚十二点", "2026-11-24 00:00"),
        ("后天中午1点", "2026-11-25 13:00"),
        ("今天上午8点", None),
        ("主管破了，正在抢修", None),
        ("2月30日", None),
        ("25点", None),
    ],
)
def test_the_last_moment_that_is_named_and_still_to_come(said: str, expected: str | None) -> None:
    found = ends(said, here=HERE)
    assert (f"{found:%Y-%m-%d %H:%M}" if found else None) == expected


@pytest.mark.parametrize("said", ["٣点", "0月0日", "99-99", "点" * 500, "1点" * 400, "\ud83d明天"])
def test_nonsense_names_no_moment_and_breaks_nothing(said: str) -> None:
    ends(said, here=HERE)
