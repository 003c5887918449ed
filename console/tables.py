"""Tables to take along."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from flask import Response

from models import sheets

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


def xlsx_file(name: str, tables: Sequence[sheets.Table], *, now: datetime) -> Response:
    """An Excel file to take along. Raises sheets.Unwritten."""
    response = Response(sheets.book(tables, now=now), mimetype=XLSX)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
