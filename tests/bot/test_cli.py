"""The command line as people call it."""

from __future__ import annotations

import json
import logging
import re
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import structlog
import yaml

from models import sheets
from tests.bot.program import Ended, alive, demonstration, demonstration_at, huying, quickly
from tests.bot.support import NOISE, build
from tests.channels.support import AES_KEY

SECRETS = (
    "app-secret-never-shown",
    "tokennevershown",
    AES_KEY,
    "database-password",
    "site-secret-key-never-shown-anywhere",
)


@pytest.fixture(autouse=True)
def put_back() -> Iterator[None]:
    """A command run in this process configures its log."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A whole configuration with secrets in it."""
    values = {
        "site": {"secret_key": SECRETS[4]},
        "database": {"url": f"postgresql+psycopg://huying:{SECRETS[3]}@127.0.0.1:9/huying"},
        "redis": {"url": f"redis://:{SECRETS[3]}@127.0.0.1:9/0"},
        "queue": {"url": "redis://127.0.0.1:9/0"},
        "channels": {
            "official": {
                "kind": "official_account",
                "app_id": "wx1",
                "app_secret": SECRETS[0],
                "token": SECRETS[1],
                "encoding_aes_key": AES_KEY,
            }
        },
    }
    path = tmp_path / "huying.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def test_the_configuration_is_checked_and_shown_without_its_secrets(tmp_path: Path, config: Path) -> None:
    checked = huying("config", "check", "--config", config, folder=tmp_path)
    assert (checked.code, checked.err) == (0, "")
    shown = quickly("config", "show", "--config", config, folder=tmp_path)
    assert shown.code == 0
    assert yaml.safe_load(shown.out)["channels"]["official"]["app_id"] == "wx1"
    for secret in SECRETS:
        assert secret not in checked.out + shown.out + shown.err


def test_every_fault_of_the_configuration_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("databse: {}\nlimits: {menu_minutes: -1}\nchannels: {official: {kind: wecom, secret: hush-hush}}\n")
    ended = quickly("config", "check", "--config", path, folder=tmp_path, env={"HUYING_LOG__LEVEL": "loud"})
    assert (ended.code, ended.out) == (2, "")
    for key in ("databse", "limits.menu_minutes", "channels.official.corp_id", "channels.official.token", "log.level"):
        assert key in ended.err
    assert "hush-hush" not in ended.err
    assert "Traceback" not in ended.err
    missing = quickly("run", "--config", tmp_path / "nowhere.yaml", folder=tmp_path)
    assert missing.code == 2
    assert "no such file" in missing.err


@pytest.mark.parametrize("part", ["web", "worker", "scheduler"])
def test_one_part_alone_refuses_what_only_one_process_can_have(tmp_path: Path, part: str) -> None:
    ended = quickly(part, folder=tmp_path)
    assert ended.code == 2
    assert "database.url" in ended.err
    assert "huying run" in ended.err
    assert "Traceback" not in ended.err


def test_a_database_is_made_checked_and_filled_twice(tmp_path: Path) -> None:
    before = quickly("db", "check", folder=tmp_path)
    assert before.code == 1
    assert "empty" in before.out
    made = quickly("db", "upgrade", folder=tmp_path)
    assert made.code == 0
    assert "29 categories added" in made.out
    assert quickly("db", "check", folder=tmp_path).code == 0
    assert quickly("demo", "load", folder=tmp_path).code == 0
    before_again = contents(tmp_path / "var" / "huying.db")
    assert quickly("demo", "load", folder=tmp_path).code == 0
    assert contents(tmp_path / "var" / "huying.db") == before_again
    assert before_again["people"] > 20


def contents(file: Path) -> dict[str, int]:
    """How many rows each table has."""
    with sqlite3.connect(file) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}
    connection.close()
    return found


def test_words_are_classified_from_arguments_and_from_lines(tmp_path: Path) -> None:
    ended = quickly("classify", NOISE, "着火了", folder=tmp_path)
    noise, fire = (json.loads(line) for line in ended.out.splitlines())
    assert (noise["text"], noise["category"], noise["urgency"]) == (NOISE, "noise", "normal")
    assert fire["urgency"] == "emergency"
    assert set(noise) >= {"text", "category", "name", "confidence", "candidates", "kind", "urgency", "place", "reasons"}
    lines = huying("classify", folder=tmp_path, stdin=f"{NOISE}\n\n嗯\n")
    rows = [json.loads(line) for line in lines.out.splitlines()]
    assert [row["text"] for row in rows] == [NOISE, "", "嗯"]
    assert rows[0]["category"] == "noise"
    assert [row["category"] for row in rows[1:]] == [None, None]
    assert (ended.code, lines.code) == (0, 0)


def test_every_handler_is_listed_nearest_first(tmp_path: Path) -> None:
    ended = quickly("routes", folder=tmp_path)
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert any("handlers.member.accept" in line for line in lines)
    assert lines.index(next(line for line in lines if "interrupts" in line)) == 0


def test_accounts_of_the_console_are_added_reset_and_listed(tmp_path: Path) -> None:
    assert quickly("db", "upgrade", folder=tmp_path).code == 0
    added = quickly("user", "add", "xujing", "--account", "xujing-1", folder=tmp_path)
    again = quickly("user", "reset", "xujing", folder=tmp_path)
    assert (added.code, again.code) == (0, 0)
    assert len(added.out.strip()) >= 8
    assert added.out != again.out
    assert quickly("user", "list", folder=tmp_path).out == "xujing\n"
    nobody = quickly("user", "reset", "nobody", folder=tmp_path)
    assert (nobody.code, nobody.out) == (1, "")
    assert "nobody" in nobody.err
    # What is printed is stored nowhere.
    assert added.out.strip().encode() not in (tmp_path / "var" / "huying.db").read_bytes()


def test_a_history_that_was_changed_by_hand_is_found(sqlite_url: str, tmp_path: Path) -> None:
    with build(sqlite_url, tmp_path) as street:
        street.say("demo-resident-1", NOISE)
        street.say("demo-resident-2", NOISE)
    good = quickly("audit", "verify", folder=tmp_path, url=sqlite_url)
    assert (good.code, good.err) == (0, "")
    connection = sqlite3.connect(tmp_path / "huying.db")
    with connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        [event_id] = connection.execute("SELECT max(id) FROM ticket_events").fetchone()
        connection.execute("UPDATE ticket_events SET at = '2020-01-01 00:00:00.000000' WHERE id = ?", [event_id])
    connection.close()
    broken = quickly("audit", "verify", folder=tmp_path, url=sqlite_url)
    assert broken.code == 1
    assert f"event {event_id} " in broken.err


def test_the_doctor_names_what_is_missing(tmp_path: Path, own_calendar: None) -> None:
    # The doctor looks at today: its holidays are named, whenever the tests are run.
    days = tmp_path / "days.yaml"
    days.write_text(f"free: [{', '.join(f'{year}-10-01' for year in range(2027, 2100))}]\n", encoding="utf-8")
    known = {"HUYING_CALENDAR__FILE": str(days)}
    sick = quickly("doctor", folder=tmp_path)
    assert sick.code == 1
    assert "huying db upgrade" in sick.out
    assert "Traceback" not in sick.err
    assert quickly("db", "upgrade", folder=tmp_path).code == 0
    well = quickly("doctor", folder=tmp_path, env=known)
    assert well.code == 0, well.out
    assert re.search(r"database +ok", well.out)
    assert re.search(r"redis +ok", well.out)
    assert re.search(r"calendar +ok.*2099-12-31", well.out)


def test_a_roster_is_read_from_a_file_or_its_faults_are_named(tmp_path: Path) -> None:
    assert quickly("demo", "load", folder=tmp_path).code == 0
    file = tmp_path / "roster.yaml"
    line = "{days: [1, 2, 3, 4, 5], from: 18:00, to: 08:00, first: 徐静, second: 刘敏}"
    file.write_text(f"area: 香樟社区\nweekly:\n  - {line}\n", encoding="utf-8")
    done = quickly("roster", "import", str(file), folder=tmp_path)
    assert (done.code, done.out.strip()) == (0, "5 shifts"), done.err
    file.write_text(f"area: 香樟社区\nweekly:\n  - {line.replace('刘敏', '无名')}\n", encoding="utf-8")
    refused = quickly("roster", "import", str(file), folder=tmp_path)
    assert refused.code == 1
    assert "line 1: 无名" in refused.err
    assert "Traceback" not in refused.err


def test_stations_go_out_and_in_and_a_wrong_row_stops_the_list_unless_it_is_skipped(tmp_path: Path) -> None:
    def stations(*arguments: str) -> Ended:
        return quickly("stations", *arguments, folder=tmp_path)

    quickly("demo", "load", folder=tmp_path)
    assert stations("export", "list.xlsx").code == 0
    table = sheets.read((tmp_path / "list.xlsx").read_bytes())
    assert {row[2] for row in table[1:]} >= {"江湾路驿站", "老周面馆"}
    assert stations("import", "list.xlsx").out.strip() == "0 added, 0 changed, 0 left out"
    rows = [["", "驿站", "新驿站", "", "30.5", "114.0"], ["", "驿站", "坏的", "", "x", "y"]]
    (tmp_path / "wrong.xlsx").write_bytes(sheets.write(table[0], rows))
    wrong = stations("import", "wrong.xlsx")
    assert (wrong.code, wrong.out.strip()) == (1, "0 added, 0 changed, 1 left out")
    assert "第 3 行 坏的，纬度：经纬度要是" in wrong.err
    assert stations("import", "wrong.xlsx", "--skip").out.strip() == "1 added, 0 changed, 1 left out"
    (tmp_path / "none.xlsx").write_bytes(b"PK nothing")
    none = stations("import", "none.xlsx")
    assert none.code == 1
    assert "这个文件打不开" in none.err
    assert "Traceback" not in none.err


def test_the_demonstration_plays_its_story_and_stops_and_starts_again(tmp_path: Path) -> None:
    with demonstration(tmp_path) as running:
        printed = running.printed()
        assert f"http://127.0.0.1:{running.sandbox_port}/" in printed
        assert re.search(r"name admin +password \S{8,} +\(沈主任 on the phones\)", printed)
        # It is printed when both answer.
        for address in (f"{running.phones}/", running.console):
            assert requests.get(address, timeout=5).status_code == 200
        told = huying("demo", "story", "--sandbox", running.phones, folder=tmp_path)
        assert told.code == 0, told.err
        for words in ("已受理，编号 ", "接单成功", "办完", "谢谢您告诉我"):
            assert words in told.out
        children = running.children()
        assert len(children) == 1
        assert running.stop() == 0
        assert not [child for child in children if alive(child)]
        assert "Traceback" not in (tmp_path / "err").read_text()
        with demonstration_at(running.port, running.sandbox_port, tmp_path) as second:
            told = quickly("demo", "story", "--sandbox", second.phones, folder=tmp_path)
            assert told.code == 0, told.err
            assert quickly("audit", "verify", folder=tmp_path).code == 0
            assert second.stop() == 0


def test_a_phones_page_that_cannot_be_there_ends_the_demonstration(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        ended = huying("run", "--sandbox", "--port", "0", "--sandbox-port", str(port), folder=tmp_path)
    assert ended.code == 1
    assert f"127.0.0.1:{port}" in ended.err
    assert "phones" not in ended.out


def test_the_story_says_when_there_is_nobody_to_tell_it(tmp_path: Path) -> None:
    ended = quickly("demo", "story", "--sandbox", "http://127.0.0.1:9", folder=tmp_path)
    assert ended.code == 1
    assert "make run" in ended.err
