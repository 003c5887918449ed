"""A program of its own that writes one Excel file: JSON comes in, bytes go out (models/sheets.py starts it)."""

from __future__ import annotations

import json
import sys
from io import BytesIO
from typing import Any

import xlsxwriter


def main() -> None:
    """One table, its head in the first row."""
    sys.stdout.buffer.write(written(json.loads(sys.stdin.buffer.read())))


def written(table: list[list[Any]]) -> bytes:
    """An Excel file; no cell of ours is ever a formula or a link."""
    file = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(file, options)
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    for number, row in enumerate(table):
        for column, cell in enumerate(row):
            if isinstance(cell, int | float) and not isinstance(cell, bool):
                sheet.write_number(number, column, cell)
            elif cell:
                sheet.write_string(number, column, harmless(str(cell)), bold if number == 0 else None)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(map(len, table)) - 1, 16)
    book.close()
    return file.getvalue()


def harmless(text: str) -> str:
    """Text that no program takes for a formula, also after it was saved in another form."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


if __name__ == "__main__":
    main()
