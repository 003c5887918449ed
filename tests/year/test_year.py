"""A year of a made-up street: every notice that was due came, once, while it was true, and in nobody's quiet hours."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from models.db import upgrade
from tests.year import checker, working
from tests.year.history import History, Row
from tests.year.living import Life, live

YEAR = Life(seed=2026, reports=24)

TABLES_AND_TIME = {
    "models.announcement",
    "models.area",
    "models.attachment",
    "models.category",
    "models.offer",
    "models.outbox",
    "models.person",
}
TABLES_AND_TIME |= {"models.reminder", "models.roster", "models.ticket"}


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> History:
    folder = tmp_path_factory.mktemp("year")
    url = f"sqlite:///{folder / 'huying.db'}"
    upgrade(url)
    return live(url, folder, YEAR)


def test_every_notice_of_a_year_was_due_and_came_once_and_in_peace(year: History) -> None:
    assert [str(each) for each in checker.check(year)] == []
    kinds = {row.kind for row in year.of("outbox")}
    assert kinds >= {
        "offer", "warned", "late", "escalated", "finished", "reminder", "not_evaluated", "check_in", "day", "week",
        "held", "resumed", "rider_reminder", "alarm", "assigned", "passed_on",
    }  # fmt: skip
    assert any(row.later for row in year.of("announcement_tickets")), "nobody reported what had been announced"
    assert any(row.parent_id is not None for row in year.of("tickets")), "nothing was split"


def test_over_national_day_postgresql_tells_the_same(migrated_postgres_url: str, tmp_path: Path) -> None:
    golden_week = Life(
        seed=7, reports=5, days=25, begins=working.at(working.WORKED[0].replace(2026, 9, 20), 0), stops=1
    )
    assert [str(each) for each in checker.check(live(migrated_postgres_url, tmp_path, golden_week))] == []


# ---------------------------------------------------------------- the checker can fail


def _without(kind: str) -> Callable[[list[Row]], None]:
    def spoil(rows: list[Row]) -> None:
        rows.remove(_first(rows, kind))

    return spoil


def _twice(kind: str) -> Callable[[list[Row]], None]:
    def spoil(rows: list[Row]) -> None:
        again = copy.copy(_first(rows, kind))
        again.id = 10**6
        rows.append(again)

    return spoil


def _at_night(kind: str) -> Callable[[list[Row]], None]:
    def spoil(rows: list[Row]) -> None:
        sent = [row for row in rows if row.kind == kind and row.state == "sent" and "passive" not in row.sent_by]
        # Of an emergency the same may be said at night.
        row = max(sent, key=lambda row: row.can_wait)
        night = working.at(working.local(row.sent_at).date() + timedelta(days=1), 3)
        row.sent_at = row.not_before = night

    return spoil


def _a_minute_early(kind: str) -> Callable[[list[Row]], None]:
    def spoil(rows: list[Row]) -> None:
        _first(rows, kind).created_at -= timedelta(minutes=1)

    return spoil


def _first(rows: list[Row], kind: str) -> Row:
    return next(row for row in rows if row.kind == kind)


EXACT = (["warned", "late", "finished", "offer", "day"], ["escalated", "reminder", "check_in", "week", "resumed"])
"""Whoever was never told that it is finished is never reminded: the two are spoilt apart."""


@pytest.mark.parametrize(
    ("spoil", "what", "kinds"),
    [
        *((_without, "missing", kinds) for kinds in EXACT),
        *((_twice, "double", kinds) for kinds in EXACT),
        *((_a_minute_early, "undue", kinds) for kinds in EXACT),
        (_at_night, "quiet", ["warned", "late", "day", "rider_reminder", "reminder"]),
    ],
)
def test_the_checker_finds(
    spoil: Callable[[str], Callable[[list[Row]], None]], what: str, kinds: list[str], year: History
) -> None:
    rows = {name: [copy.copy(row) for row in found] for name, found in year.rows.items()}
    for kind in kinds:
        spoil(kind)(rows["outbox"])
    spoilt = History(year.begins, year.ends, rows, year.runs, year.people, year.wire)
    found = {(each.what, str(each.kind)) for each in checker.check(spoilt)}
    assert {(what, kind) for kind in kinds} <= found


def _somebody_else_on_duty(rows: dict[str, list[Row]]) -> None:
    for row in rows["duties"]:
        row.first_id, row.second_id = row.second_id, row.first_id


def _nothing_announced(rows: dict[str, list[Row]]) -> None:
    rows["announcement_tickets"] = []


def _never_split(rows: dict[str, list[Row]]) -> None:
    rows["ticket_events"] = [row for row in rows["ticket_events"] if row.action != "split"]


@pytest.mark.parametrize(
    ("spoil", "finding"),
    [
        (_somebody_else_on_duty, ("missing", "alarm")),
        (_nothing_announced, ("undue", "held")),
        (_never_split, ("missing", "split")),
    ],
)
def test_the_checker_finds_what_is_wrong_with_duty_announcements_and_tasks(
    spoil: Callable[[dict[str, list[Row]]], None], finding: tuple[str, str], year: History
) -> None:
    rows = {name: [copy.copy(row) for row in found] for name, found in year.rows.items()}
    spoil(rows)
    spoilt = History(year.begins, year.ends, rows, year.runs, year.people, year.wire)
    assert finding in {(each.what, str(each.kind)) for each in checker.check(spoilt)}


def test_the_checker_knows_none_of_the_code_it_checks() -> None:
    ours = {"bot", "console", "handlers", "models", "nlp", "scheduler", "texts"}
    known: set[str] = set()
    for name in ("checker", "clocks", "history", "working"):
        tree = ast.parse(Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            known |= {each for each in names if each.partition(".")[0] in ours}
    assert known <= TABLES_AND_TIME


# ---------------------------------------------------------------- its own calendar


@pytest.mark.parametrize(
    ("start", "limit", "ends"),
    [
        ((9, 30, 10), "2h", (9, 30, 12)),
        ((9, 30, 10), "1wd", (10, 8, 18)),
        ((10, 9, 12), "1wd", (10, 10, 18)),  # a Saturday that is worked
        ((10, 10, 12), "1wd", (10, 12, 18)),
    ],
)
def test_the_checkers_calendar_knows_holidays(
    start: tuple[int, int, int], limit: str, ends: tuple[int, int, int]
) -> None:
    def at(month: int, day: int, hour: int) -> object:
        return working.at(working.WORKED[0].replace(2026, month, day), hour)

    assert working.end(working.at(working.WORKED[0].replace(2026, *start[:2]), start[2]), limit) == at(*ends)
