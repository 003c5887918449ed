"""Tables to take along."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Response

PROGRAM = Path(__file__).with_name("workbook.py")

SECONDS = 60
"""How long one workbook may take."""

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

IN_A_CELL = "=+-@|＝＋－＠"
"""A spreadsheet would carry out what begins with one of these, blanks before it or not."""


def csv_file(name: str, head: Sequence[str], rows: Iterable[Sequence[str | int]]) -> Response:
    """A file that spreadsheets open, and of which they carry nothing out."""
    content = io.StringIO()
    writer = csv.writer(content)
    writer.writerow(head)
    writer.writerows([_cell(each) if isinstance(each, str) else each for each in row] for row in rows)
    # The mark at the head tells spreadsheets that it is UTF-8.
    response = Response("\ufeff" + content.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _cell(text: str) -> str:
    return f"'{text}" if text.lstrip()[:1] in tuple(IN_A_CELL) or text[:1] in tuple("\t\r\n") else text


class NoWorkbook(Exception):
    """The program that writes a workbook did not, or not in time."""


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet of a workbook; its name has 31 letters at most, and no punctuation."""

    name: str
    head: Sequence[str]
    rows: Sequence[Sequence[str | int]]


def xlsx_file(name: str, tables: Sequence[Table], *, now: datetime) -> Response:
    """An Excel workbook, written by a process of its own; texts stay texts. Raises NoWorkbook."""
    asked: dict[str, Any] = {
        "made_at": now.isoformat(),
        "tables": [{"name": each.name, "head": each.head, "rows": each.rows} for each in tables],
    }
    # Nothing of our environment, which may hold secrets.
    environment = {each: os.environ[each] for each in ("PATH", "LD_LIBRARY_PATH") if each in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(PROGRAM)],
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=SECONDS,
            env=environment,
            check=True,
        )
    except subprocess.SubprocessError as error:
        raise NoWorkbook(name) from error
    response = Response(done.stdout, mimetype=XLSX)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
