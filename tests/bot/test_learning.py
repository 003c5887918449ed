"""An installation that learns: corrections written out and learned from, its own model used, its rates counted."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.learning import COLUMNS, own_weights, write_corrections
from models import people, tickets
from models.category import Category
from models.person import Identity, Person
from models.ticket import Ticket
from nlp import train, weights
from tests.bot.program import quickly
from tests.bot.support import AYI, CHEN, NOISE, XU, Street, build
from tests.bot.test_cli import put_back  # noqa: F401  (a fixture: commands run in this process configure its log)

SHIPPED = Path(train.__file__).parent / weights.FILE


def _person(session: Session, who: str) -> Person:
    return session.scalars(select(Identity).where(Identity.account == who).limit(1)).one().person


def _correct(street: Street, code: str) -> None:
    """Staff correct the newest ticket."""
    with street.huying.database.transaction() as session:
        ticket = session.scalars(select(Ticket).order_by(Ticket.id.desc())).first()
        assert ticket is not None
        category = session.get_one(Category, code)
        tickets.correct_category(session, ticket, category, "", by=_person(session, XU), now=street.now)


@pytest.fixture
def corrected(street: Street) -> Street:
    """Two reports that staff took for something else."""
    street.say(AYI, "香樟花园6栋2单元301室楼上\t半夜放音响\n孩子睡不着\n我的电话13800001234")
    _correct(street, "neighbor_dispute")
    street.say(CHEN, f"{NOISE}，真的")
    _correct(street, "fire_safety")
    return street


def _export(street: Street, path: Path) -> list[dict[str, str]]:
    with street.huying.database.reading() as session:
        count = write_corrections(session, path)
    head, *lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    assert head.split("\t") == [*COLUMNS]
    assert len(lines) == count
    return [dict(zip(COLUMNS, line.split("\t"), strict=True)) for line in lines]


# ---------------------------------------------------------------- written out


def test_corrections_are_written_out_without_numbers_of_people(corrected: Street, tmp_path: Path) -> None:
    path = tmp_path / "corrections.tsv"
    first, second = _export(corrected, path)
    assert first["title"] == "***楼上 半夜放音响"
    assert first["text"] == "孩子睡不着 我的电话***"
    assert (first["before"], first["after"], first["role"]) == ("noise", "neighbor_dispute", "staff")
    assert first["model"] == weights.shipped().version
    assert float(second["confidence"]) > 0.5
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    # What is written is what training reads.
    rows = train.read([path])
    assert [row.category for row in rows] == ["neighbor_dispute", "fire_safety"]
    assert rows[0].said == train.said(first["title"], first["text"])


def test_erased_words_are_not_written_out(corrected: Street, tmp_path: Path) -> None:
    with corrected.huying.database.transaction() as session:
        people.erase(session, _person(session, AYI), now=corrected.now)
    assert [row["after"] for row in _export(corrected, tmp_path / "corrections.tsv")] == ["fire_safety"]


def test_the_command_writes_the_same_file(corrected: Street, sqlite_url: str, tmp_path: Path) -> None:
    ended = quickly("export", "corrections", "out.tsv", folder=tmp_path, url=sqlite_url)
    assert (ended.code, ended.out) == (0, "2 corrected reports\n")
    _export(corrected, tmp_path / "again.tsv")
    assert (tmp_path / "out.tsv").read_bytes() == (tmp_path / "again.tsv").read_bytes()


def test_without_tables_or_corrections_the_commands_say_so(tmp_path: Path, sqlite_url: str) -> None:
    for arguments in (("export", "corrections", "out.tsv"), ("train", "--corrections")):
        nowhere = quickly(*arguments, folder=tmp_path)
        assert nowhere.code == 1
        assert "huying db check" in nowhere.err
        assert "Traceback" not in nowhere.err
    empty = quickly("train", "--corrections", "--output", "own", folder=tmp_path, url=sqlite_url)
    assert empty.code == 1
    assert "nobody has corrected anything yet" in empty.err
    assert not (tmp_path / "own").exists()


# ---------------------------------------------------------------- learned from


def test_what_staff_correct_is_learned_and_used_from_the_next_start_on(
    corrected: Street, sqlite_url: str, tmp_path: Path
) -> None:
    for number in range(4):
        corrected.say(f"stranger-{number}", f"香樟花园{number + 1}栋的鼎湖机又响个不停")
        _correct(corrected, "elevator_fault")
    ended = quickly("train", "--corrections", "--output", "own", folder=tmp_path, url=sqlite_url)
    assert ended.code == 0, ended.err
    learned = weights.read(tmp_path / "own" / weights.FILE)
    with build(sqlite_url, tmp_path / "own") as again:
        again.say(AYI, "香樟花园6栋的鼎湖机响个不停")
        ticket = again.tickets()[-1]
        assert ticket.category == "elevator_fault"
        with again.huying.database.reading() as session:
            opening = session.get_one(Ticket, ticket.id).events[0]
            assert opening.facts["model"] == learned.version != weights.shipped().version


def test_a_file_that_cannot_be_learned_from_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    own = tmp_path / "var" / weights.FILE
    own.write_bytes(SHIPPED.read_bytes())
    (tmp_path / "wrong.tsv").write_text("text\tbefore\tafter\n路灯坏了\tnoise\t\n", encoding="utf-8")
    (tmp_path / "none.tsv").write_text("text\tbefore\tafter\n", encoding="utf-8")
    (tmp_path / "bytes.tsv").write_bytes(b"text\tafter\n\xff\xfe\tnoise\n")
    for name in ("wrong.tsv", "none.tsv", "bytes.tsv"):
        ended = quickly("train", "--corrections", name, folder=tmp_path)
        assert ended.code == 1, name
    assert own.read_bytes() == SHIPPED.read_bytes()


# ---------------------------------------------------------------- used


@pytest.mark.parametrize("content", [b"", b"PK\3\4", SHIPPED.read_bytes()[:200_000]])
def test_a_broken_model_is_reported_and_the_shipped_one_answers(
    sqlite_url: str, tmp_path: Path, content: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / weights.FILE).write_bytes(content)
    with build(sqlite_url, tmp_path) as street:
        assert "编号" in street.say(AYI, NOISE)
        assert street.tickets()[0].category == "noise"
    assert "the trained model cannot be read, the shipped one is used" in "".join(capfd.readouterr())
    assert own_weights(tmp_path).version == weights.shipped().version


def test_a_folder_where_a_file_should_be_is_reported_too(tmp_path: Path) -> None:
    (tmp_path / weights.FILE).mkdir()
    assert own_weights(tmp_path).version == weights.shipped().version


def test_the_doctor_names_a_broken_model(tmp_path: Path) -> None:
    assert quickly("db", "upgrade", folder=tmp_path).code == 0
    assert re.search(r"model +ok, as shipped", quickly("doctor", folder=tmp_path).out)
    (tmp_path / "var" / weights.FILE).write_bytes(b"half")
    sick = quickly("doctor", folder=tmp_path)
    assert sick.code == 1
    assert re.search(r"model +train it again", sick.out)


# ---------------------------------------------------------------- counted


def _figures(street: Street) -> dict[str, float]:
    lines = street.huying.web.test_client().get("/metrics").text.splitlines()
    return {
        line.split(" ")[0].removeprefix("huying_tickets_of_30_days"): float(line.split(" ")[1])
        for line in lines
        if line.startswith("huying_tickets_of_30_days")
    }


def test_metrics_tell_how_often_each_category_was_corrected(corrected: Street) -> None:
    corrected.say(AYI, "香樟花园6栋 有事情要和你们讲")
    assert _figures(corrected) == {
        '{category="noise"}': 2,
        '{category="not_understood"}': 1,
        '_corrected{category="noise"}': 2,
        '_corrected{category="not_understood"}': 0,
    }
    # A month of tickets is not counted at every look.
    _correct(corrected, "water_leak")
    assert _figures(corrected)['_corrected{category="not_understood"}'] == 0
    corrected.later(minutes=6)
    assert _figures(corrected)['_corrected{category="not_understood"}'] == 1
