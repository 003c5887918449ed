"""Limits: hours run on the wall clock, working days follow mainland China's holidays and make-up days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from models.calendar import LimitInvalid, due, in_office_hours, is_working_day, next_opening
from models.clock import CHINA


def shanghai(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=CHINA)


def test_two_hours_run_through_the_night_before_national_day() -> None:
    assert due(shanghai(2025, 9, 30, 23), "2h") == shanghai(2025, 10, 1, 1)


@pytest.mark.parametrize(
    ("start", "limit", "end"),
    [
        # In 2025 National Day is free from 1 to 8 October; Sunday 28 September and Saturday 11 October are worked.
        (shanghai(2025, 9, 30, 10), "1wd", shanghai(2025, 10, 9, 18)),
        (shanghai(2025, 9, 26, 10), "1wd", shanghai(2025, 9, 28, 18)),
        (shanghai(2025, 9, 30, 10), "3wd", shanghai(2025, 10, 11, 18)),
        (shanghai(2025, 9, 30, 10), "4wd", shanghai(2025, 10, 13, 18)),
        (shanghai(2025, 10, 3, 10), "7wd", shanghai(2025, 10, 16, 18)),
        # An ordinary weekend.
        (shanghai(2025, 11, 21, 17, 59), "1wd", shanghai(2025, 11, 24, 18)),
    ],
)
def test_working_days_skip_holidays_and_count_make_up_days(start: datetime, limit: str, end: datetime) -> None:
    assert due(start, limit) == end
    assert due(start.astimezone(UTC), limit) == end


def test_the_day_is_the_one_in_shanghai() -> None:
    # 23:30 in London on Thursday is already Friday in Shanghai: the next working day is Monday.
    assert due(datetime(2025, 11, 20, 23, 30, tzinfo=UTC), "1wd") == shanghai(2025, 11, 24, 18)


def test_after_the_last_published_year_weekends_are_free() -> None:
    assert is_working_day(date(2027, 10, 1))  # a Friday nobody has published anything about
    assert not is_working_day(date(2027, 10, 2))
    assert due(shanghai(2026, 12, 31, 10), "2wd") == shanghai(2027, 1, 4, 18)


def test_the_deployments_own_days_come_first() -> None:
    assert is_working_day(date(2025, 10, 1), extra_working=[date(2025, 10, 1)])
    assert not is_working_day(date(2025, 11, 24), extra_free=[date(2025, 11, 24)])


@pytest.mark.parametrize("limit", ["", "2", "2d", "-2h", "2 h", "h", "99999h", "2h\n"])
def test_a_limit_that_is_not_one_is_refused(limit: str) -> None:
    with pytest.raises(LimitInvalid):
        due(shanghai(2025, 11, 24, 10), limit)


def test_the_desk_opens_in_the_morning() -> None:
    opens, closes = time(9), time(18)
    assert in_office_hours(shanghai(2025, 11, 24, 9), opens, closes)
    assert not in_office_hours(shanghai(2025, 11, 24, 18), opens, closes)
    assert next_opening(shanghai(2025, 11, 24, 8), opens) == shanghai(2025, 11, 24, 9)
    assert next_opening(shanghai(2025, 11, 24, 9), opens) == shanghai(2025, 11, 25, 9)
