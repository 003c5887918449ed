"""Limits: hours run on the wall clock, working days follow mainland China's holidays and make-up days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.calendar import (
    A_DAY,
    CalendarInvalid,
    LimitInvalid,
    OwnDays,
    adopt,
    due,
    in_office_hours,
    is_working_day,
    known_until,
    later,
    next_opening,
    passed,
    reaches,
    read_own_days,
    used,
)
from models.clock import CHINA


@pytest.fixture(autouse=True)
def official_days_alone() -> Iterator[None]:
    """No test leaves days of its own behind."""
    yield
    adopt(OwnDays())


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
    adopt(OwnDays(free=frozenset({date(2025, 11, 24)}), working=frozenset({date(2025, 10, 1)})))
    assert is_working_day(date(2025, 10, 1))
    assert not is_working_day(date(2025, 11, 24))


# ---------------------------------------------------------------- a file of one's own


def written(folder: Path, text: str) -> Path:
    file = folder / "days.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_of_ones_own_moves_every_limit(tmp_path: Path) -> None:
    assert due(shanghai(2027, 2, 5, 10), "1wd") == shanghai(2027, 2, 8, 18)
    assert known_until() == date(2026, 12, 31)
    adopt(read_own_days(written(tmp_path, "free: [2027-01-01, 2027-02-06..2027-02-12]\nworking: ['2027-02-13']\n")))
    assert due(shanghai(2027, 2, 5, 10), "1wd") == shanghai(2027, 2, 13, 18)
    assert due(shanghai(2027, 2, 5, 10), "2wd") == shanghai(2027, 2, 15, 18)
    assert known_until() == date(2027, 12, 31)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("- 2027-01-01", "keys free and working"),
        ("holidays: [2027-01-01]", "no key holidays"),
        ("free: 2027-01-01", "free must be a list"),
        ("free: [soon]", "free: soon is neither"),
        ("free: [2027-02-30]", "day is out of range"),
        ("free: ['2027-02-30']", "free: 2027-02-30 is neither"),
        ("free: [2027-02-06..2027-02-01]", "is neither a day"),
        ("free: [2027-01-01..2029-01-01]", "is neither a day"),
        ("free: [2027-01-01]\nworking: [2027-01-01]", "2027-01-01 is named both"),
        ("free: [2027-01-01", "expected ',' or ']'"),
    ],
)
def test_a_fault_in_the_file_is_named(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(CalendarInvalid) as refused:
        read_own_days(written(tmp_path, text))
    assert fault in str(refused.value)


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(CalendarInvalid) as refused:
        read_own_days(written(tmp_path, "frei: []\nfree: [soon, later]\nworking: {}\nother: 1"))
    assert len(refused.value.faults) == 4
    with pytest.raises(CalendarInvalid):
        read_own_days(tmp_path / "missing.yaml")


# ---------------------------------------------------------------- how much of a limit is used

MOMENTS = st.timedeltas(timedelta(), timedelta(days=1250)).map(lambda gone: shanghai(2024, 1, 1) + gone)
LIMITS = st.one_of(st.integers(1, 72).map("{}h".format), st.integers(1, 20).map("{}wd".format))


@settings(deadline=None)
@given(MOMENTS, LIMITS)
def test_a_limit_ends_later_than_it_begins_and_in_days_at_closing_time(start: datetime, limit: str) -> None:
    end = due(start, limit)
    assert end > start
    if limit.endswith("wd"):
        assert end.time() == time(18)
        assert is_working_day(end.date())
        between = (start.date() + timedelta(days=number) for number in range(1, (end.date() - start.date()).days + 1))
        assert sum(is_working_day(day) for day in between) == int(limit[:-2])


@settings(deadline=None)
@given(MOMENTS, LIMITS)
def test_nothing_is_used_at_the_start_and_all_at_the_end(start: datetime, limit: str) -> None:
    end = due(start, limit)
    assert used(end, limit, now=start) == pytest.approx(0, abs=1e-9)
    assert used(end, limit, now=end) == 1
    assert used(end, limit, now=end + timedelta(days=30)) == 1
    assert reaches(end, limit, 1) == end


@settings(deadline=None)
@given(MOMENTS, LIMITS, st.floats(0.01, 1))
def test_the_moment_at_which_a_share_is_used_is_the_inverse(start: datetime, limit: str, share: float) -> None:
    end = due(start, limit)
    moment = reaches(end, limit, share)
    assert start <= moment <= end
    assert used(end, limit, now=moment) == pytest.approx(share, abs=1e-6)


@settings(deadline=None)
@given(MOMENTS, LIMITS, st.lists(st.floats(0, 1.2), min_size=2, max_size=2).map(sorted))
def test_a_limit_is_never_used_less_as_time_goes_by(start: datetime, limit: str, shares: list[float]) -> None:
    end = due(start, limit)
    earlier, after = (used(end, limit, now=start + (end - start) * share) for share in shares)
    assert 0 <= earlier <= after <= 1


@settings(deadline=None)
@given(MOMENTS, st.timedeltas(timedelta(-90), timedelta(90)), LIMITS)
def test_going_on_for_a_while_takes_just_that_while(moment: datetime, by: timedelta, limit: str) -> None:
    by = by / 5 if limit.endswith("wd") else by
    there = later(moment, by, limit)
    assert passed(moment, there, limit) == by
    assert passed(there, moment, limit) == -by


def test_eighty_percent_of_seven_days_is_a_day_and_four_hours_before_the_end() -> None:
    # 14 of 70 working hours before Wednesday 14 October 2026, 18:00.
    start = shanghai(2026, 9, 29, 15)
    end = due(start, "7wd")
    assert end == shanghai(2026, 10, 14, 18)
    assert reaches(end, "7wd", 0.8) == shanghai(2026, 10, 13, 14)
    assert used(end, "7wd", now=shanghai(2026, 10, 3, 12)) == pytest.approx(1 / 7)
    assert passed(shanghai(2026, 9, 30, 18), shanghai(2026, 10, 8, 8), "7wd") == timedelta()
    assert passed(shanghai(2026, 10, 8, 8), shanghai(2026, 10, 8, 23), "7wd") == A_DAY


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
