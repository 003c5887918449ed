"""Excel files: read and written by a process of its own, so that a hostile one ends with it and nobody else pays for
the libraries.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryFile

READER = Path(__file__).with_name("sheet_reader.py")
WRITER = Path(__file__).with_name("sheet_writer.py")

LARGEST = 4 * 1024 * 1024
"""Bytes of a file that is read at all."""
MOST_ROWS = 20_000
MOST_COLUMNS = 20
SECONDS = 30

_KEPT = ("PATH", "LD_LIBRARY_PATH")
"""What the process needs of the environment; the rest may hold secrets."""


class Unreadable(Exception):
    """What was given is no list: no Excel file, too large, broken, or made to hurt."""


def read(data: bytes) -> list[list[str]]:
    """The first sheet, its cells as text, without empty rows. Raises Unreadable."""
    if len(data) > LARGEST:
        raise Unreadable("larger than a list")
    rows = json.loads(_run(data, READER, str(MOST_ROWS), str(MOST_COLUMNS)))
    if not isinstance(rows, list):
        raise Unreadable(str(rows))
    return rows


def write(head: Sequence[str], rows: Sequence[Sequence[str | float | None]]) -> bytes:
    """An Excel file of one sheet; text stays text, whatever a cell begins with."""
    return _run(json.dumps([list(head), *map(list, rows)]).encode(), WRITER)


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
