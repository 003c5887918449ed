"""A program of its own that reads one hostile Excel file: bytes come in, the text of its cells goes out as JSON.

It is started for each file (models/sheets.py) and knows nothing of the rest. Anything unforeseen ends it, which means
"broken".
"""

from __future__ import annotations

import importlib
import json
import math
import sys
import warnings
import zipfile
from io import BytesIO
from typing import Any

if sys.platform != "win32":
    import resource

# Where numpy happens to be installed openpyxl would load it, for cells that nobody has here.
sys.modules["numpy"] = None  # type: ignore[assignment]  # this is how Python is told that there is none
openpyxl = importlib.import_module("openpyxl")

MEMORY, SECONDS, OUTPUT = 400 * 1024 * 1024, 20, 32 * 1024 * 1024
"""Address space (of which the libraries take the most), processor time, and bytes written."""

UNPACKED = 64 * 1024 * 1024
"""Bytes that all the parts of a file may have together: a real list of 20,000 rows has five million."""
PARTS = 200

MOST_EMPTY = 1000
LONGEST = 800
"""Characters that are read of a cell."""


class Unfit(Exception):
    """Not taken, for a reason that can be named."""


def main() -> None:
    """Reads, within limits that the system enforces."""
    most_rows, most_columns = int(sys.argv[1]), int(sys.argv[2])
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT, OUTPUT))
    try:
        found: Any = rows(sys.stdin.buffer.read(), most_rows, most_columns)
    except Unfit as unfit:
        found = str(unfit)
    sys.stdout.write(json.dumps(found))


def rows(data: bytes, most_rows: int, most_columns: int) -> list[list[str]]:
    """The first sheet's cells as text; an empty row stands there too, so that the others keep their numbers."""
    check(data)
    warnings.simplefilter("ignore")  # styles and extensions that do not matter here
    book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # what a file says of its size is not believed
    found: list[list[str]] = []
    empty = gap = 0
    for row in sheet.iter_rows(max_col=most_columns, values_only=True):
        cells = [as_text(cell) for cell in row]
        if not any(cells):
            empty, gap = empty + 1, gap + 1
            if empty > MOST_EMPTY:
                break
            continue
        if len(found) - empty + gap > most_rows:  # beside the head
            raise Unfit("too many rows")
        while not cells[-1]:
            cells.pop()
        found += [*([] for _ in range(gap)), cells]
        gap = 0
    return found


def check(data: bytes) -> None:
    """Refuses what unpacks to more than a list can be, before anything is unpacked: the sizes are those the reader is
    held to as well, because a part that goes on beyond its own size is broken.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, ValueError) as error:
        raise Unfit("no Excel file") from error
    if len(parts) > PARTS or sum(part.file_size for part in parts) > UNPACKED:
        raise Unfit("unpacks to too much")


def as_text(cell: object) -> str:
    """A cell as somebody reads it: 30.5, 2026-11-30, 08:00."""
    if cell is None:
        return ""
    if isinstance(cell, float) and math.isfinite(cell) and cell == int(cell) and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell).strip()[:LONGEST]


if __name__ == "__main__":
    main()
