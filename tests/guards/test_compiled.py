"""What is compiled says what its source says, and is of today's source."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import nlp.understand
from nlp.categories import load
from nlp.tables import rows
from nlp.train import CORPUS
from nlp.understand import AreaName, Understander

HERE = Path(__file__).parents[2]
ODD = (
    "",
    " ",
    "\n",
    "救命啊着火了",
    "喂",
    "😀" * 40,
    "a\x00b",
    "\ud83d",
    "<b>6栋</b>",
    "漏水" * 900,
    "１２３栋",
    "香樟花圆6栋二单元漏水",
)
AREAS = [
    AreaName(1, "community", "香樟社区"),
    AreaName(2, "estate", "香樟花园", (), 1),
    AreaName(3, "building", "6栋", (), 2),
]

# A program of its own, so that the same names can mean the other kind of file.
_TELL = """
import sys
from tests.guards.test_compiled import told
import nlp.understand
assert nlp.understand.__file__.endswith(".py"), nlp.understand.__file__
sys.stdout.buffer.write("\\n".join(told()).encode("utf-8", "backslashreplace"))
"""


def told() -> Iterator[str]:
    """What is understood of some of everything, a line each."""
    understander = Understander(load(), AREAS)
    corpus = [f"{row['title']}\n{row['text']}".strip() for part in sorted(CORPUS.glob("*.tsv")) for row in rows(part)]
    for said in (*ODD, *corpus[::17]):
        yield repr(understander.understand(said, near=2)).replace("\n", " ")


@pytest.mark.skipif(nlp.understand.__file__.endswith(".py"), reason="there is no C compiler here")
def test_compiled_or_not_the_same_is_understood(tmp_path: Path) -> None:
    shutil.copytree(HERE / "nlp", tmp_path / "nlp", ignore=shutil.ignore_patterns("*.so", "__pycache__", "danger"))
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{HERE}"}
    other = subprocess.run(
        [sys.executable, "-c", _TELL], env=environment, cwd=tmp_path, capture_output=True, check=True
    ).stdout.split(b"\n")
    ours = [line.encode("utf-8", "backslashreplace") for line in told()]
    assert len(ours) > 300
    assert other == ours


@pytest.mark.skipif(nlp.understand.__file__.endswith(".py"), reason="there is no C compiler here")
def test_what_is_compiled_is_of_todays_source() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    asked = subprocess.run(["make", "--question", "ourselves"], cwd=HERE, env=environment, capture_output=True)
    assert asked.returncode == 0, "a compiled module is older than its source: make setup"
