"""Excel files: read and written by a process of its own, so that a hostile one ends with it and nobody else pays for
the libraries.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

READER = Path(__file__).with_name("sheet_reader.py")
WRITER = Path(__file__).with_name("sheet_writer.py")

LARGEST = 4 * 1024 * 1024
"""Bytes of a file that is read at all."""
MOST_ROWS = 20_000
MOST_COLUMNS = 20
SECONDS = 60

_KEPT = ("PATH", "LD_LIBRARY_PATH")
"""What the process needs of the environment; the rest may hold secrets."""


class Unreadable(Exception):
    """What was given is no list: no Excel file, too large, broken, or made to hurt."""


class Unwritten(Exception):
    """The program that writes a file did not, or not in time."""


def read(data: bytes) -> list[list[str]]:
    """The first sheet, its cells as text, without the empty rows behind the last. Raises Unreadable."""
    if not data or len(data) > LARGEST:
        raise Unreadable("nothing, or larger than a list")
    rows = json.loads(_run(data, READER, str(MOST_ROWS), str(MOST_COLUMNS)))
    if not isinstance(rows, list):
        raise Unreadable(str(rows))
    return rows


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet of a book; its name has 31 letters at most, and no punctuation."""

    name: str
    head: Sequence[str]
    rows: Sequence[Sequence[str | float | None]]


def book(tables: Sequence[Table], *, now: datetime | None = None) -> bytes:
    """An Excel file; text stays text, whatever a cell begins with. Raises Unwritten."""
    asked: dict[str, Any] = {"made_at": now and now.isoformat(), "tables": [asdict(each) for each in tables]}
    try:
        return _run(json.dumps(asked).encode(), WRITER)
    except Unreadable as why:
        raise Unwritten(str(why)) from None


def write(head: Sequence[str], rows: Sequence[Sequence[str | float | None]]) -> bytes:
    """`book` of one sheet."""
    return book([Table("", head, rows)])


def _run(data: bytes, program: Path, *arguments: str) -> bytes:
    # -I keeps this folder and everybody's settings out.
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    command = [sys.executable, "-I", str(program), *arguments]
    with TemporaryFile() as given, TemporaryFile() as made:
        given.write(data)
        given.seek(0)
        try:
            done = subprocess.run(
                command,
                stdin=given,
                stdout=made,
                stderr=subprocess.DEVNULL,
                timeout=SECONDS,
                env=environment,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Unreadable("took too long") from None
        made.seek(0)
        said = made.read()
    if done.returncode != 0:
        raise Unreadable("broken")
    return said
