"""The figures (数字) on a page, and as tables to take along."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound

from console.charts import Chart, charts, shown
from console.house import VENDOR, House
from console.period import Asked, Below, asked_for, choices, communities, grouped, places, scope
from console.sight import Sight
from console.tables import csv_file, xlsx_file
from models import areas, outcomes, statistics
from models.measures import NOT_RESIDENTS, Found
from models.result import Figure
from models.sheets import Table
from models.statistics import LEFT_OUT, NEVER_FINISHED, Key, Rates
from texts import charts as chart_words
from texts import figures, parties


@dataclass(frozen=True, slots=True)
class Row:
    """One line: a place or a category with its rates."""

    name: str
    rates: Rates
    area_id: int | None = None


def add_figures(blueprint: Blueprint, house: House) -> None:
    """The page and the files."""

    @blueprint.get("/figures")
    def figures_page() -> str:
        with house.looking() as sight:
            asked = asked_for(sight)
            below = places(sight, asked)
            found = _found(sight, asked, below)
            rates = statistics.of_residents(found)
            drawn, names = charts(sight, asked, found, below), sight.categories()
            return house.page(
                "figures.html",
                sight,
                asked=asked,
                says=_says(asked, names),
                total=statistics.total(rates),
                places=_places(below, rates),
                categories=[Row(names.get(code, code), each) for code, each in statistics.by_category(rates).items()],
                names=names,
                charts=drawn,
                pictures={each.key: each.picture() for each in drawn if each.is_drawn},
                shown=shown,
                parties=parties,
                tree=choices(sight),
                left_out=LEFT_OUT,
                never_finished=NEVER_FINISHED,
                not_residents=NOT_RESIDENTS,
                figures=figures,
                chart_words=chart_words,
                has_charts=(VENDOR / "echarts.simple.min.js").exists(),
            )

    @blueprint.get("/figures.csv")
    def figures_file() -> Response:
        with house.looking() as sight:
            asked = asked_for(sight)
            found = outcomes.only(statistics.collect(sight.session, **scope(sight, asked)), asked.category)
            name = f"{figures.CSV_NAME}-{asked.first:%Y%m%d}-{asked.last:%Y%m%d}.csv"
            head = [*figures.CSV_HEAD, *(figures.FIGURES[each] for each in Figure)]
            return csv_file(name, head, _rows(sight, asked, statistics.of_residents(found)))

    @blueprint.get("/figures.xlsx")
    def figures_book() -> Response:
        with house.looking() as sight:
            asked = asked_for(sight)
            return _book(sight, asked, _charts(sight, asked), chart_words.EXCEL_NAME)

    @blueprint.get("/figures/<key>.xlsx")
    def figures_sheet(key: str) -> Response:
        with house.looking() as sight:
            asked = asked_for(sight)
            if key not in chart_words.TITLES:
                raise NotFound
            return _book(sight, asked, [each for each in _charts(sight, asked) if each.key == key], key)


def _charts(sight: Sight, asked: Asked) -> list[Chart]:
    below = places(sight, asked)
    return charts(sight, asked, _found(sight, asked, below), below)


def _found(sight: Sight, asked: Asked, below: Below) -> Found:
    return outcomes.only(statistics.collect(sight.session, **grouped(sight, asked, below)), asked.category)


def _says(asked: Asked, names: dict[str, str]) -> str:
    place = asked.area.name if asked.area else figures.ALL
    return chart_words.whole_period(place, names.get(asked.category, ""), asked.first, asked.last)


def _book(sight: Sight, asked: Asked, drawn: Sequence[Chart], name: str) -> Response:
    """The charts as sheets, and one that says what they are about and how each is counted."""
    about = [["", _says(asked, sight.categories())], *([each.title, each.note] for each in drawn)]
    tables = [*(each.sheet() for each in drawn), Table(chart_words.SCOPE_SHEET, chart_words.SCOPE_HEAD, about)]
    return xlsx_file(f"{name}-{asked.first:%Y%m%d}-{asked.last:%Y%m%d}.xlsx", tables, now=sight.now)


def _places(below: Below, found: dict[Key, Counter[Figure]]) -> list[Row]:
    """One line for each place below the chosen one."""
    rows = [Row(area.name, statistics.total(statistics.within(found, {area.id})), area.id) for area, _ in below]
    nowhere = statistics.within(found, {None})
    return [*rows, Row(figures.NOWHERE, statistics.total(nowhere))] if nowhere else rows


def _rows(sight: Sight, asked: Asked, found: dict[Key, Counter[Figure]]) -> Iterator[list[str | int]]:
    """One line for each community and category: numbers, and no percentages that would have to be hidden."""
    known = {each: (areas.ids_on(path), name) for each, (path, name) in communities(sight).items()}
    names = sight.categories()
    for (community_id, category), counts in sorted(
        found.items(), key=lambda item: (known.get(item[0][0] or 0, ([10**12], ""))[0], item[0][1])
    ):
        name = known[community_id][1] if community_id in known else figures.NOWHERE
        yield [
            asked.first.isoformat(),
            asked.last.isoformat(),
            name,
            names.get(category, category),
            Rates(counts).finished,
            *(counts[each] for each in Figure),
        ]
