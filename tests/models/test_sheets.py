"""Lists from Excel: what is read, and what is refused because it is none or made to hurt."""

from __future__ import annotations

import io
import re
import zipfile

import pytest

from models import sheets


def packed(**parts: bytes) -> bytes:
    """A file of an Excel file's shape with these parts instead of its own."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(sheets.write(["a"], [["b"]]))) as good,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bad,
    ):
        for each in good.infolist():
            bad.writestr(each.filename, parts.pop(each.filename.rpartition("/")[2].partition(".")[0], good.read(each)))
        for name, data in parts.items():
            bad.writestr(name, data)
    return file.getvalue()


def test_what_is_written_is_read_again() -> None:
    rows: list[list[str | float | None]] = [["江湾路驿站", 30.5045, None], ["换电柜", 114.0, "24小时"]]
    assert sheets.read(sheets.write(["名称", "纬度", "时间"], rows)) == [
        ["名称", "纬度", "时间"],
        ["江湾路驿站", "30.5045"],
        ["换电柜", "114", "24小时"],
    ]


def test_an_empty_row_does_not_shift_the_numbers_of_the_others() -> None:
    given: list[list[str | float | None]] = [[], ["甲"], [None], ["乙"], []]
    assert sheets.read(sheets.write(["名称"], given)) == [["名称"], [], ["甲"], [], ["乙"]]


def test_no_cell_of_ours_is_ever_carried_out() -> None:
    cells = ["=1+1", "+1", "-1+2", "@SUM(A1)", '=HYPERLINK("http://x","y")', "http://x", "\t=1"]
    data = sheets.write(["名称"], [[each] for each in cells])
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        sheet = file.read("xl/worksheets/sheet1.xml").decode()
        styles = file.read("xl/styles.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert [row[0] for row in sheets.read(data)[1:]] == [each.strip() for each in cells]
    assert 'quotePrefix="1"' in styles
    marked = [" s=" in cell for cell in re.findall(r"<c [^>]*>", sheet)[1:]]
    assert marked == [each != "http://x" for each in cells]


BOMB = b"<sst><si><t>" + b"a" * (80 * 1024 * 1024) + b"</t></si></sst>"
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "'
    + b"ha" * 5000
    + b'">'
    + b"".join(b'<!ENTITY %c "%b">' % (98 + n, b"&%c;" % (97 + n) * 20) for n in range(8))
    + b"]><sst><si><t>&i;</t></si></sst>"
)
ENTITY = b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><sst><si><t>&x;</t></si></sst>'


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param("名称,纬度\n".encode(), id="a CSV"),
        pytest.param(b"\xd0\xcf\x11\xe0" + b"\0" * 600, id="an old .xls"),
        pytest.param(b"PK\x03\x04" + b"\xff" * 400, id="a zip in name only"),
        pytest.param(b"\0" * (sheets.LARGEST + 1), id="too large"),
        pytest.param(packed(sharedStrings=BOMB), id="a zip bomb"),
        pytest.param(packed(sharedStrings=LAUGHS), id="a billion laughs"),
        pytest.param(packed(sheet1=b"<worksheet><sheetData><row>"), id="broken XML"),
        pytest.param(packed(workbook=b"<workbook/>"), id="a book without sheets"),
    ],
)
def test_what_is_no_list_or_made_to_hurt_is_refused(data: bytes) -> None:
    with pytest.raises(sheets.Unreadable):
        sheets.read(data)


def test_no_file_of_this_machine_is_read_into_a_list() -> None:
    try:
        found = sheets.read(packed(sharedStrings=ENTITY))
    except sheets.Unreadable:
        return
    assert "root" not in str(found)


def test_a_list_of_more_rows_than_a_street_has_is_refused() -> None:
    with pytest.raises(sheets.Unreadable):
        sheets.read(sheets.write(["a"], [["b"]] * (sheets.MOST_ROWS + 1)))
