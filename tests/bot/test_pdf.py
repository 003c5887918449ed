"""A certificate as a PDF: whole by the format's own rules, the same every time, and in the same words as the page."""

from __future__ import annotations

import re

import pytest

from models import pdf
from models.pdf import Paragraph

SAID = "兹证明李建国于2026 年 11 月 23 日参加志愿服务 1 次，服务时间共计 1 小时。"


def shown(file: bytes) -> list[str]:
    """The lines of the page, as a reader of PDF takes them from the drawing."""
    lines = []
    for drawn in re.split(rb"Tm\n", file)[1:]:
        runs = re.findall(rb"/([CL]) \d+ Tf <([0-9a-f]*)> Tj", drawn)
        lines.append("".join(bytes.fromhex(said.decode()).decode("gb18030") for _, said in runs))
    return lines


def whole(file: bytes) -> None:
    """Every object stands where the table says, and the file ends as it has to."""
    assert file.startswith(b"%PDF-1.4\n")
    assert file.endswith(b"%%EOF\n")
    table = int(re.findall(rb"startxref\n(\d+)\n", file)[0])
    assert file[table:].startswith(b"xref\n0 ")
    stands = [int(at) for at in re.findall(rb"(\d{10}) 00000 n \n", file[table:])]
    for number, at in enumerate(stands, 1):
        assert file[at:].startswith(b"%d 0 obj\n" % number)
    [length] = re.findall(rb"/Length (\d+) >>\nstream\n", file)
    start = file.index(b"stream\n") + len(b"stream\n")
    assert file[start + int(length) :].startswith(b"\nendstream")
    assert {int(each) for each in re.findall(rb"(\d+) 0 R", file)} <= set(range(1, len(stands) + 1))


def test_the_page_is_whole_and_says_what_it_was_given() -> None:
    file = pdf.page(
        "志愿服务时长证明", [Paragraph("志愿服务时长证明", size=26, align="centre"), Paragraph(SAID, indent=2)]
    )
    whole(file)
    title, *rest = shown(file)
    assert title == "志愿服务时长证明"
    assert "".join(rest).replace(" ", "") == "　　" + SAID.replace(" ", "")
    assert len(rest) == 2


def test_the_same_words_are_the_same_file_to_the_last_byte() -> None:
    assert pdf.page("证明", [Paragraph(SAID)]) == pdf.page("证明", [Paragraph(SAID)])
    assert pdf.page("证明", [Paragraph(SAID)]) != pdf.page("证明", [Paragraph(SAID + "。")])


@pytest.mark.parametrize(
    "name",
    ["", "O'Neil) Tj (", "\\", "<<>>", "䶮", "𠮷", "é", "\x00\x7f\x1b[0m", "\ud800", "%PDF", "王" * 5000, "x" * 5000, "🛵", "\u202e反"],
)  # fmt: skip
def test_whatever_somebody_is_called_the_file_stays_whole(name: str) -> None:
    whole(pdf.page(name.replace("\ud800", ""), [Paragraph(name), Paragraph(f"{name} {SAID}", align="right", indent=2)]))


def test_no_line_is_wider_than_the_page_or_begins_with_a_comma() -> None:
    words = "服务，" * 40 + "https://huying.example.org/certificate/ABCD-EFGH-JKMN-PQRS " + "时间" * 30
    lines = shown(pdf.page("", [Paragraph(words, size=11)]))
    assert "".join(lines).replace(" ", "") == words.replace(" ", "")
    assert "https://huying.example.org/certificate/ABCD-EFGH-JKMN-PQRS" in [
        line.split("时")[0].strip() for line in lines
    ]
    for line in lines:
        assert line[0] not in pdf.NOT_FIRST
        assert pdf._width(line.rstrip("，"), Paragraph("", size=11)) <= pdf.RIGHT - pdf.LEFT
