"""The charts of the figures: one list of lines each, from which the picture, the table and the Excel sheet are made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from flask import url_for

from console.period import Asked, Below, scope
from console.sight import Sight
from models import outcomes, recurring, statistics
from models.clock import local, midnight
from models.figure import HOURS, Measure
from models.measures import Found
from models.outcomes import Colour, Company
from models.sheets import Table
from models.statistics import FIRST_LEFT_OUT, Rates, Share
from texts import charts as words
from texts import figures

Cell = str | float | date | Share | Colour | None

MOST_DRAWN = 12
"""Lines that become bars; the table has all of them."""

MOST_SAID = 5
"""Lines of a picture that its sentence names."""


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart. Of the cells of a line the one in column `drawn` is its bar; 0 for what is only a table."""

    key: str
    rows: Sequence[Sequence[Cell]]
    drawn: int = 1
    upright: bool = False
    bars: int = MOST_DRAWN
    """How many lines become bars: the first ones."""
    links: Sequence[str] = field(default=())
    """Where the name of each line leads."""

    @property
    def title(self) -> str:
        """What it shows."""
        return words.TITLES[self.key]

    @property
    def head(self) -> Sequence[str]:
        """Over the columns."""
        return words.HEADS[self.key]

    @property
    def note(self) -> str:
        """How it is counted."""
        return words.NOTES[self.key]

    @property
    def lines(self) -> list[tuple[str, Sequence[Cell]]]:
        """Every line with where its name leads, if anywhere."""
        return list(zip(self.links or [""] * len(self.rows), self.rows, strict=True))

    @property
    def is_drawn(self) -> bool:
        """Whether there is anything to draw."""
        return bool(self.drawn) and any(_number(row[self.drawn]) for row in self._bars)

    @property
    def _bars(self) -> Sequence[Sequence[Cell]]:
        return self.rows[: self.bars]

    @property
    def left_out(self) -> int:
        """How many lines are only in the table."""
        return len(self.rows) - len(self._bars) if self.is_drawn else 0

    @property
    def summary(self) -> str:
        """The picture in a sentence."""
        drawn = [(str(row[0]), row[self.drawn]) for row in self._bars if _number(row[self.drawn]) is not None]
        first = drawn if self.upright is False else sorted(drawn, key=lambda each: -(_number(each[1]) or 0))
        return words.largest(self.title, [(name, shown(value)) for name, value in first[:MOST_SAID]])

    def picture(self) -> dict[str, Any]:
        """What the page's script draws."""
        is_share = any(isinstance(row[self.drawn], Share) for row in self.rows)
        return {
            "names": [str(row[0]) for row in self._bars],
            "values": [_number(row[self.drawn]) for row in self._bars],
            "unit": "%" if is_share else "",
            "upright": self.upright,
            "says": self.summary,
        }

    def sheet(self) -> Table:
        """The table as a sheet of an Excel file: numbers stay numbers, and a share of few is empty."""
        return Table(self.title, self.head, [[_plain(cell) for cell in row] for row in self.rows])


def _number(cell: Cell) -> float | None:
    if isinstance(cell, Share):
        return cell.percent
    return cell if isinstance(cell, int | float) else None


def _plain(cell: Cell) -> str | float | None:
    if isinstance(cell, Share):
        return cell.percent
    return cell if isinstance(cell, int | float) or cell is None else shown(cell)


def shown(cell: Cell) -> str:
    """A cell as people read it."""
    match cell:
        case Share():
            return words.FEW if cell.percent is None else f"{cell.percent:g}%"
        case Colour():
            return words.COLOURS[cell]
        case date():
            return cell.isoformat()
        case None:
            return ""
        case float():
            return f"{cell:g}"
        case _:
            return str(cell)


def _shared(name: str, share: Share) -> list[Cell]:
    return [name, share, share.part, share.whole]


def charts(sight: Sight, asked: Asked, found: Found, below: Below) -> list[Chart]:
    """All charts of what was collected, in the order of the page; `below` are the places that have a line."""
    names = sight.categories()
    counts = outcomes.together(found)
    rates = statistics.total(statistics.of_residents(found))
    three = [(figures.ANSWERED, rates.answered), (figures.SOLVED, rates.solved), (figures.SATISFIED, rates.satisfied)]
    wave_rows = zip(words.WAVES, outcomes.waves(counts), strict=True)
    served: list[Cell] = [words.TOGETHER, words.hours_of(counts[Measure.MINUTES]), counts[Measure.SERVED]]
    return [
        Chart("rates", [_shared(name, share) for name, share in three]),
        *_told(asked, found, below, names),
        Chart("limits", [_shared(name, share) for name, share in _limits(found, rates, names)]),
        Chart("first", list(_first(sight, found))),
        _corrections(found, names),
        Chart("waves", [_shared(name, share) for name, share in wave_rows if share.whole]),
        _recurring(sight, asked, names),
        Chart(
            "companies",
            [_company(each) for each in outcomes.companies(sight.session, found)],
            drawn=0,
        ),
        Chart("minutes", [served] if counts[Measure.SERVED] else [], drawn=0),
    ]


def _corrections(found: Found, names: dict[str, str]) -> Chart:
    lines = sorted(outcomes.understood(found), key=lambda each: -each.share.part)
    rows = [_shared(names.get(each.category, each.category) or words.NOT_UNDERSTOOD, each.share) for each in lines]
    # Where nothing was ever corrected there is nothing to draw.
    return Chart("corrections", rows, bars=min(MOST_DRAWN, sum(each.share.part > 0 for each in lines)))


def _company(company: Company) -> list[Cell]:
    kept, back = company.in_time, company.returned
    return [company.name, company.colour, company.finished, kept, kept.part, kept.whole, back, back.part, back.whole]


def _told(asked: Asked, found: Found, below: Below, names: dict[str, str]) -> Iterator[Chart]:
    lines = outcomes.by_category(found)
    by_category = sorted(
        ((names.get(code, code), outcomes.told(counts), code) for code, counts in lines.items()),
        key=lambda each: -each[1],
    )
    by_category = [each for each in by_category if each[1]]
    rows: list[list[Cell]] = [
        [area.name, outcomes.told(outcomes.together(statistics.within(found, {area.id})))] for area, _ in below
    ]
    links = [_page(asked, area=area.id) for area, _ in below]
    nowhere = outcomes.told(outcomes.together(statistics.within(found, {None})))
    if nowhere:
        rows.append([figures.NOWHERE, nowhere])
        links.append("")
    everything = outcomes.together(found)
    yield Chart("places", rows, links=links)
    yield Chart(
        "categories",
        [[name, count] for name, count, _ in by_category],
        links=[_page(asked, category=code) for _, _, code in by_category],
    )
    hours: list[list[Cell]] = [[words.hour(at), everything[name]] for at, name in enumerate(HOURS)]
    yield Chart("hours", hours if any(everything[name] for name in HOURS) else [], upright=True, bars=24)


def _page(asked: Asked, **more: Any) -> str:
    return url_for(".figures_page", **{**asked.query, **more})


def _limits(found: Found, rates: Rates, names: dict[str, str]) -> Iterator[tuple[str, Share]]:
    yield words.ANSWERED, rates.answered
    yield words.FINISHED, outcomes.finished_in_time(outcomes.together(found))
    shares = [(code, outcomes.finished_in_time(each)) for code, each in outcomes.by_category(found).items()]
    for code, share in sorted(shares, key=lambda each: -each[1].whole):
        if share.whole:
            yield names.get(code, code), share


def _first(sight: Sight, found: Found) -> Iterator[list[Cell]]:
    given = statistics.of_first_given(sight.session, found)
    if len(given) > 1:
        given = {words.TOGETHER: sum(given.values(), statistics.FirstCounts()), **given}
    for name, counts in given.items():
        yield [*_shared(name, statistics.first_share(counts)), *(counts[each] for each in FIRST_LEFT_OUT)]


def _recurring(sight: Sight, asked: Asked, names: dict[str, str]) -> Chart:
    where = scope(sight, asked)
    tonight = midnight(local(sight.now).date() + timedelta(days=1))
    found = recurring.problems(
        sight.session,
        since=where["since"],
        # A period may go beyond today: its last days are those that have been.
        until=min(where["until"], tonight),
        communities=where["communities"],
        category=asked.category,
    )
    return Chart(
        "recurring",
        [
            [each.place, names.get(each.category, each.category), each.matters, each.reports, each.since]
            for each in found
        ],
        drawn=0,
        links=[url_for(".ticket_list", tab="all", category=each.category, area=each.area_id) for each in found],
    )
