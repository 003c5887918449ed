"""One printed page as a PDF 1.4 file: Chinese text by a font that every reader of PDF replaces, none of our own.

The font is one of Adobe's for Simplified Chinese (STSong-Light), which readers replace by one of theirs, with the
predefined encoding of GB 18030 (GBK2K-H): ISO 32000-1, 9.7.5.2. The same words give the same bytes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 595, 842
"""A4 in points."""

EDGE = 57
"""Of the frame, and again as much inside it."""

LEFT, RIGHT = 2 * EDGE, WIDTH - 2 * EDGE

LINE = 1.8
"""From one line to the next, in sizes of the letters."""

COLOUR = "0.043 0.42 0.357"
"""Of the frame, as on the page."""

NOT_FIRST = "，。、；：！？）》”’"
"""No line begins with these: they stay with the word before, a little beyond the edge."""

FONTS = (
    "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light-GBK2K-H /Encoding /GBK2K-H /DescendantFonts [5 0 R] >>",
    "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /FontDescriptor 6 0 R /DW 1000"
    " /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> >>",
    "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0"
    " /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
)
"""Objects 4 to 7: the Chinese font, its characters, what it looks like where it is missing; and that of Latin words."""

LATIN = (
    *(278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, *[556] * 10, 278, 278, 584, 584),
    *(584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667),
    *(611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222),
    *(222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584),
)
"""How wide Helvetica's letters are from the blank on, in thousandths of their size (Adobe's metrics of core fonts)."""

_RUNS = re.compile(r"[ -~]+|[^ -~]+")
_WORDS = re.compile(r"[!-~]+|.")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words set alike; `indent` is in letters, `spread` the points between letters, `above` those before it."""

    text: str
    size: int = 14
    indent: int = 0
    align: str = "left"
    spread: int = 0
    above: int = 10


@dataclass(frozen=True, slots=True)
class Mark:
    """Words at a place of their own: `left` and `top` are in points from the edges of the page, `top` to the foot of
    the letters; with `right` they end there instead, and what is wider than `most` is cut.
    """

    text: str
    left: float
    top: float
    size: int = 11
    right: float | None = None
    most: float = WIDTH
    colour: str = "0 0 0"


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle: lines and bars."""

    left: float
    top: float
    width: float
    height: float
    colour: str = COLOUR


def page(title: str, paragraphs: Sequence[Paragraph]) -> bytes:
    """The file: one page in a double frame. What would not fit below its edge is not shown."""
    return book(title, ["\n".join(["q", *_frame(), "Q", "BT", *_set(paragraphs), "ET"])])


def sheet(title: str, pieces: Sequence[Mark | Box]) -> bytes:
    """The same with every piece at its own place, and no frame."""
    boxes = (each for each in pieces if isinstance(each, Box))
    marks = (each for each in pieces if isinstance(each, Mark))
    drawing = ["q", *map(_filled, boxes), "Q", "BT", *(part for each in marks for part in _put(each)), "ET"]
    return book(title, ["\n".join(drawing)])


def _filled(box: Box) -> str:
    below = HEIGHT - box.top - box.height
    return f"{box.colour} rg {box.left:.2f} {below:.2f} {box.width:.2f} {box.height:.2f} re f"


def _put(mark: Mark) -> Iterator[str]:
    said = _printable(mark.text)
    if width(said, mark.size) > mark.most:
        while said and width(said + "…", mark.size) > mark.most:
            said = said[:-1]
        said += "…"
    start = mark.left if mark.right is None else mark.right - width(said, mark.size)
    yield f"{mark.colour} rg 0 Tc 1 0 0 1 {start:.2f} {HEIGHT - mark.top:.2f} Tm"
    yield from _runs(said, mark.size)


def book(title: str, drawings: Sequence[str]) -> bytes:
    """The file of several pages, one for each drawing in the language of PDF (ISO 32000-1, 8 and 9); text is set with
    `centred`. There is at least one.
    """
    # The fonts name each other by the numbers 4 to 7; a page stands before its drawing, the first before the fonts.
    numbers = [3, *(9 + 2 * number for number in range(len(drawings) - 1))]
    contents = [8, *(number + 1 for number in numbers[1:])]
    pages = [_page_object(number) for number in contents]
    streams = [_stream(drawing) for drawing in drawings]
    rest = [part for pair in zip(pages[1:], streams[1:], strict=True) for part in pair]
    kids = " ".join(f"{number} 0 R" for number in numbers)
    return _file(
        [
            b"<< /Type /Catalog /Pages 2 0 R /Lang (zh-CN) /ViewerPreferences << /DisplayDocTitle true >> >>",
            f"<< /Type /Pages /Kids [{kids}] /Count {len(drawings)} >>".encode(),
            pages[0],
            *(each.encode("ascii") for each in FONTS),
            streams[0],
            *rest,
            f"<< /Title <feff{title.encode('utf-16-be').hex()}> >>".encode(),
        ]
    )


def centred(text: str, size: int, *, middle: float, at: float) -> str:
    """One line of text around `middle`, on the line `at` points above the page's lower edge."""
    said = _printable(text)
    start = middle - width(said, size) / 2
    return "\n".join(["BT", "0 Tc", f"1 0 0 1 {start:.2f} {at:.2f} Tm", *_runs(said, size), "ET"])


def width(text: str, size: int) -> float:
    """How wide a line of text is, in points."""
    return _width(text, Paragraph(text, size=size))


def _printable(text: str) -> str:
    """The words in one line, without what no page shows."""
    return "".join(each for each in " ".join(text.split()) if each.isprintable())


def _page_object(content: int) -> bytes:
    return (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents {content} 0 R"
        " /Resources << /Font << /C 4 0 R /L 7 0 R >> >> >>"
    ).encode()


def _stream(drawing: str) -> bytes:
    drawn = drawing.encode("ascii")
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn)


def _runs(line: str, size: int) -> Iterator[str]:
    for run in _RUNS.findall(line):
        font, said = ("L", run.encode("ascii")) if run.isascii() else ("C", run.encode("gb18030"))
        yield f"/{font} {size} Tf <{said.hex()}> Tj"


def _file(objects: Sequence[bytes]) -> bytes:
    """The objects, where each of them stands, and which are the first and the last."""
    made = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    stands = []
    for number, each in enumerate(objects, 1):
        stands.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % at for at in stands)
    name = hashlib.sha256(made).hexdigest()[:32].encode()
    count = len(objects) + 1
    return (
        made
        + b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table)
        + b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R /ID [<%s> <%s>] >>\n" % (count, count - 1, name, name)
        + b"startxref\n%d\n%%%%EOF\n" % len(made)
    )


def _frame() -> Iterator[str]:
    yield f"{COLOUR} RG 1 w"
    for edge in (EDGE, EDGE + 4):
        yield f"{edge} {edge} {WIDTH - 2 * edge} {HEIGHT - 2 * edge} re S"


def _set(paragraphs: Sequence[Paragraph]) -> Iterator[str]:
    """The lines from above down, each at its own place."""
    at = float(HEIGHT - 2 * EDGE)
    for paragraph in paragraphs:
        at -= paragraph.above
        for line in _lines(paragraph):
            at -= paragraph.size * LINE
            if at < EDGE + 2 * paragraph.size:
                return
            wide = _width(line, paragraph)
            start = {"left": LEFT, "centre": (WIDTH - wide) / 2, "right": RIGHT - wide}[paragraph.align]
            yield f"{paragraph.spread} Tc 1 0 0 1 {start:.2f} {at:.2f} Tm"
            yield from _runs(line, paragraph.size)


def _width(text: str, paragraph: Paragraph) -> float:
    """In points, without the space after the last letter."""
    return sum(_letter(each) * paragraph.size + paragraph.spread for each in text) - paragraph.spread


def _letter(letter: str) -> float:
    return LATIN[ord(letter) - 32] / 1000 if letter.isascii() else 1.0


def _lines(paragraph: Paragraph) -> list[str]:
    """The words cut to the width of the page: between any two Chinese letters, and within no Latin word that fits."""
    most = RIGHT - LEFT
    parts: list[str] = _WORDS.findall("　" * paragraph.indent + _printable(paragraph.text))
    lines = [""]
    for part in (letter for each in parts for letter in ([each] if _width(each, paragraph) <= most else each)):
        if _width(lines[-1] + part, paragraph) > most and part not in NOT_FIRST:
            lines[-1] = lines[-1].rstrip(" ")
            lines.append("")
        lines[-1] += part if lines[-1] else part.lstrip(" ")
    return lines
