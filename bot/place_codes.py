"""Codes at doors: where each leads to, the sheets they are printed on, and the page where none leads into the chat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from flask import Blueprint
from flask.typing import ResponseReturnValue

from bot import public
from bot.channels import Channel, NotSent
from bot.channels.official import OfficialChannel
from bot.limiter import Limiter
from bot.logs import logger
from console.means import CodeNotMade, Printed
from models import areas, pdf
from models.db import Database
from texts import codes as said

log = logger(__name__)

COLUMNS, ROWS = 2, 3
MARGIN = 28
"""Of the sheet, in points; 10 millimetres, which every printer leaves white."""
CELL_WIDTH, CELL_HEIGHT = (pdf.WIDTH - 2 * MARGIN) / COLUMNS, (pdf.HEIGHT - 2 * MARGIN) / ROWS
CODE = 160
"""The side of a code: 56 millimetres, read from an arm's length and more."""
QUIET = 22
"""White around it: four squares of the codes we make, as the standard asks."""
MARK = 8
"""The length of a cut mark."""
LARGEST, SMALLEST = 20, 10
"""Letters of a place's name: as large as its cell allows."""


class PlaceCodes:
    """Makes codes on the first Official Account that may have them, otherwise as addresses of a page of ours."""

    def __init__(self, channels: Mapping[str, Channel], public_url: str) -> None:
        found = (each for each in channels.values() if isinstance(each, OfficialChannel) and each.has_scenes)
        self._account = next(found, None)
        self._public_url = public_url.rstrip("/")

    @property
    def channel(self) -> str:
        """Where a scan leads: the account's key, or nothing for the page."""
        return self._account.key if self._account is not None else ""

    def address(self, scene: str) -> str:
        """What a code of a scene leads to; asks the platform. Raises CodeNotMade."""
        if self._account is None:
            return f"{self._public_url}/at/{scene}"
        try:
            return self._account.scene_address(scene)
        except NotSent as refused:
            log.warning("code not made", channel=self.channel, why=refused.why, detail=refused.detail)
            raise CodeNotMade from refused

    def sheet(self, title: str, codes: Sequence[Printed]) -> bytes:
        """A PDF of A4 sheets with the codes, six on each, with marks to cut along."""
        each_page = COLUMNS * ROWS
        pages = [codes[begin : begin + each_page] for begin in range(0, len(codes), each_page)]
        return pdf.book(title, ["\n".join(_page(page)) for page in pages])


def _page(codes: Sequence[Printed]) -> Iterator[str]:
    yield "0 g"
    for number, code in enumerate(codes):
        column, row = number % COLUMNS, number // COLUMNS
        left, top = MARGIN + column * CELL_WIDTH, pdf.HEIGHT - MARGIN - row * CELL_HEIGHT
        yield from _cell(code, left, top)
    yield "0.5 w 0.6 G"
    for column in range(COLUMNS + 1):
        for row in range(ROWS + 1):
            x, y = MARGIN + column * CELL_WIDTH, pdf.HEIGHT - MARGIN - row * CELL_HEIGHT
            yield f"{x - MARK:.2f} {y:.2f} m {x + MARK:.2f} {y:.2f} l S"
            yield f"{x:.2f} {y - MARK:.2f} m {x:.2f} {y + MARK:.2f} l S"


def _cell(code: Printed, left: float, top: float) -> Iterator[str]:
    middle = left + CELL_WIDTH / 2
    yield from _squares(code.address, middle - CODE / 2, top - QUIET - CODE)
    most = CELL_WIDTH - 24
    name = code.name
    while pdf.width(name, SMALLEST) > most:
        name = f"…{name[2:]}"  # the building stands at the end
    fits = next(size for size in range(LARGEST, SMALLEST - 1, -1) if pdf.width(name, size) <= most)
    yield pdf.centred(name, fits, middle=middle, at=top - QUIET - CODE - 36)
    yield pdf.centred(said.SCAN, 11, middle=middle, at=top - QUIET - CODE - 53)
    if code.door:
        yield pdf.centred(said.door(code.door), 9, middle=middle, at=top - QUIET - CODE - 67)


def _squares(address: str, left: float, bottom: float) -> Iterator[str]:
    """The dark squares of the code, a run of them in a row as one."""
    # Here and not above: memory that only whoever prints codes has a use for.
    import segno  # noqa: PLC0415

    rows = [bytes(row) for row in segno.make_qr(address, error="q").matrix]
    side = CODE / len(rows)
    for number, row in enumerate(rows):
        at, bottom_of = 0, bottom + CODE - (number + 1) * side
        while at < len(row):
            dark = row[at]
            begin = at
            while at < len(row) and row[at] == dark:
                at += 1
            if dark:
                # A hair higher than a square, so that no white line shows between two rows.
                yield f"{left + begin * side:.3f} {bottom_of:.3f} {(at - begin) * side:.3f} {side + 0.02:.3f} re"
    yield "f"


class PlacePages:
    """What a scan shows where no code may lead into the chat itself: the place, and how to say something about it."""

    def __init__(self, database: Database, *, site_name: str, limiter: Limiter) -> None:
        self._database = database
        self._site_name = site_name
        self._limiter = limiter

    def blueprint(self) -> Blueprint:
        """The page, to be mounted at the root."""
        pages = Blueprint("places", __name__)
        public.guard(pages)
        public.limit(pages, self._limiter, show=public.plain)

        @pages.get("/at/<scene>")
        def place(scene: str) -> ResponseReturnValue:
            with self._database.reading() as session:
                area = areas.by_scene(session, scene)
                name = areas.full_name(session, area) if area is not None else ""
                door = area.code or "" if area is not None else ""
            if not name:
                return public.plain(said.NOTHING_TITLE, said.NOTHING), 404
            return public.plain(name, said.how(self._site_name, door or name))

        return pages
