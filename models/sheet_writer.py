"""A program of its own that writes an Excel workbook: tables come in as JSON, the file goes out.

It is started for each file (models/sheets.py), so that what XlsxWriter holds (12 MB, and the whole file) ends with it.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from io import BytesIO
from typing import Any

import xlsxwriter

CARRIED_OUT = ("=", "+", "-", "@", "|", "＝", "＋", "－", "＠")
"""What begins with one of these, after blanks too, a spreadsheet may carry out once somebody has touched the cell."""

MOST_WIDE = 50
"""Of a column, in letters."""

OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
}


def main() -> None:
    """Reads the tables from standard input and writes the file to standard output."""
    asked = json.load(sys.stdin)
    made = BytesIO()
    with xlsxwriter.Workbook(made, OPTIONS) as book:
        if asked["made_at"]:
            book.set_properties({"created": datetime.fromisoformat(asked["made_at"])})
        formats = {
            "head": book.add_format({"bold": True, "bottom": 1}),
            "quoted": book.add_format({"quote_prefix": True}),
        }
        for table in asked["tables"]:
            _write(book.add_worksheet(table["name"] or None), formats, table["head"], table["rows"])
    sys.stdout.buffer.write(made.getvalue())


def _write(sheet: Any, formats: dict[str, Any], head: list[str], rows: list[list[str | float | None]]) -> None:
    sheet.freeze_panes(1, 0)
    wide = [_width(each) for each in head]
    sheet.write_row(0, 0, head, formats["head"])
    for row, cells in enumerate(rows, 1):
        for column, each in enumerate(cells):
            if isinstance(each, int | float):
                sheet.write_number(row, column, each)
            elif each:
                # The mark before a text that looks like a formula keeps it a text, whatever is done with it later.
                quoted = each.lstrip().startswith(CARRIED_OUT)
                sheet.write_string(row, column, each, formats["quoted"] if quoted else None)
            wide[column] = max(wide[column], _width(each))
    for column, width in enumerate(wide):
        sheet.set_column(column, column, min(width + 2, MOST_WIDE))
    if rows:
        sheet.autofilter(0, 0, len(rows), len(head) - 1)


def _width(cell: str | float | None) -> int:
    """In letters; Chinese ones are twice as wide."""
    return sum(1 if each.isascii() else 2 for each in str("" if cell is None else cell))


if __name__ == "__main__":
    main()
