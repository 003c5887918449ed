"""One week of an area on exactly one page of paper (周报)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from flask import Blueprint, Response
from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from console.house import MOUNTED, House, argument
from console.period import SHOWN_KINDS, asked_for, scope
from console.sight import Sight
from models import pdf, weekly
from models.area import Area
from models.calendar import monday_of
from models.clock import local
from models.pdf import COLOUR, HEIGHT, WIDTH, Box, Mark
from models.person import Login, Person
from models.result import Figure
from models.statistics import Share
from models.weekly import Week
from texts import charts as chart_words
from texts import week as words

LEFT, RIGHT = 56, WIDTH - 56
GREY = "0.40 0.40 0.40"
PALE = "0.85 0.88 0.87"

MOST_CATEGORIES = 6
FOOT = HEIGHT - 52


def add_weeks(blueprint: Blueprint, house: House) -> None:
    """The file."""

    @blueprint.get("/figures/week.pdf")
    def figures_week() -> Response:
        with house.looking() as sight:
            asked = asked_for(sight)
            area = asked.area or sight.session.get_one(Area, sight.desk_area_ids[0])
            first = _monday(sight)
            # The whole of the area lies in the desk, or asked_for had refused it.
            inside = scope(sight, replace(asked, area=area))["communities"]
            made = printed(
                weekly.week(sight.session, area, inside, first, now=sight.now),
                area.name,
                sight.categories(),
                site=house.site_name,
                today=local(sight.now).date(),
            )
        response = Response(made, mimetype="application/pdf")
        response.headers["Content-Disposition"] = f'inline; filename="week-{first:%Y%m%d}.pdf"'
        return response


def path_for(session: Session, person: Person, week: str, *, now: datetime) -> str:
    """Where the page of a week lies for somebody who looks after an area; empty for who may not see it, or cannot come
    in.
    """
    sight = Sight(session, person, now)
    can_enter = session.scalar(select(Login.id).where(Login.person_id == person.id).limit(1)) is not None
    if not sight.is_desk or not can_enter:
        return ""
    theirs = or_(Area.grid_worker_id == person.id, Area.secretary_id == person.id)
    own = select(Area.id).where(theirs, Area.kind.in_(SHOWN_KINDS), sight.desk_areas).order_by(Area.path).limit(1)
    return f"{MOUNTED}/figures/week.pdf?area={session.scalar(own) or sight.desk_area_ids[0]}&week={week}"


def _monday(sight: Sight) -> date:
    """Of the week that is asked for by any of its days; of the last whole one otherwise. Raises NotFound for a week
    that has not begun, and for nonsense.
    """
    this = monday_of(local(sight.now).date())
    given = argument("week", most=10)
    if not given:
        return this - timedelta(days=7)
    try:
        monday = monday_of(date.fromisoformat(given))
    except (ValueError, OverflowError):
        raise NotFound from None
    if not date(2000, 1, 1) < monday <= this:
        raise NotFound
    return monday


def printed(week: Week, area: str, names: dict[str, str], *, site: str, today: date) -> bytes:
    """The file: one page, whatever happened; what is long is cut, and what is left out is said to be."""
    title = words.title(area)
    pieces: list[Mark | Box] = [
        Mark(title, LEFT, 78, size=22, most=RIGHT - LEFT),
        Mark(words.span(week.first, week.last, site), LEFT, 100, size=11, colour=GREY, most=RIGHT - LEFT),
        Box(LEFT, 110, RIGHT - LEFT, 2),
    ]
    top = 134.0
    for part in (_numbers(week), _categories(week, names), _problems(week, names), _late(week, names), _thanks(week)):
        for piece, height in part:
            pieces.extend(_moved(each, top) for each in piece)
            top += height
        top += 14
    pieces.append(Box(LEFT, FOOT - 14, RIGHT - LEFT, 0.5, colour=PALE))
    pieces += [
        Mark(line, LEFT, FOOT + 12 * at, size=8, colour=GREY, most=RIGHT - LEFT)
        for at, line in enumerate(words.foot(today))
    ]
    return pdf.sheet(title, pieces)


Line = tuple[Sequence[Mark | Box], float]
"""What stands on one line, measured from its foot, and how high it is."""


def _moved(piece: Mark | Box, top: float) -> Mark | Box:
    return replace(piece, top=piece.top + top)


def _headed(said: str) -> Line:
    return [Mark(said, LEFT, 0, size=13, colour=COLOUR, most=RIGHT - LEFT)], 19


def _numbers(week: Week) -> Iterator[Line]:
    columns = (330.0, 430.0, RIGHT)
    yield (
        [Mark(words.NUMBERS, LEFT, 0, size=13, colour=COLOUR)]
        + [Mark(said, 0, 0, size=9, right=at, colour=GREY) for said, at in zip(words.COLUMNS, columns, strict=True)],
        7,
    )
    this, before = week.this, week.before
    shares: list[tuple[str, Share, Share]] = [
        (words.ANSWERED, this.rates.answered, before.rates.answered),
        (words.SOLVED, this.rates.solved, before.rates.solved),
        (words.SATISFIED, this.rates.satisfied, before.rates.satisfied),
        (words.IN_TIME, this.in_time, before.in_time),
    ]
    rows = [
        (words.TOLD, words.count(this.told), words.count(before.told), words.change(this.told, before.told)),
        (
            words.FINISHED,
            words.count(this.rates.finished),
            words.count(before.rates.finished),
            words.change(this.rates.finished, before.rates.finished),
        ),
        *(
            (
                name,
                words.share(a.part, a.whole, a.percent),
                words.share(b.part, b.whole, b.percent),
                words.points(a.percent, b.percent),
            )
            for name, a, b in shares
        ),
    ]
    for name, *cells in rows:
        marks = [Mark(cell, 0, 12, size=11, right=at) for cell, at in zip(cells, columns, strict=True)]
        yield [Mark(name, LEFT, 12, size=11, most=170), *marks, Box(LEFT, 17, RIGHT - LEFT, 0.5, colour=PALE)], 18
    yield [], 10


def _categories(week: Week, names: dict[str, str]) -> Iterator[Line]:
    yield _headed(words.CATEGORIES)
    shown = list(week.by_category.items())[:MOST_CATEGORIES]
    if not shown:
        yield [Mark(words.NONE, LEFT, 0, colour=GREY)], 15
    most = max((max(pair) for _, pair in shown), default=1) or 1
    for code, (this, before) in shown:
        yield (
            [
                Mark(names.get(code, code), LEFT, 0, most=110),
                Box(LEFT + 120, -9, 230 * this / most, 6),
                Box(LEFT + 120, -3, 230 * before / most, 3, colour=PALE),
                Mark(words.this_and_before(this, before), 0, 0, size=10, right=RIGHT),
            ],
            16,
        )


def _problems(week: Week, names: dict[str, str]) -> Iterator[Line]:
    yield _headed(words.PROBLEMS)
    if not week.problems:
        yield [Mark(words.NO_PROBLEMS, LEFT, 0, colour=GREY)], 15
    for each in week.problems:
        yield (
            [
                Mark(f"{each.place} · {names.get(each.category, each.category)}", LEFT, 0, most=300),
                Mark(words.how_often(each.matters, each.since), 0, 0, size=10, right=RIGHT),
            ],
            16,
        )


def _late(week: Week, names: dict[str, str]) -> Iterator[Line]:
    yield _headed(words.late(week.open_count, week.late_count))
    for each in week.late:
        said = f"{each.number} {each.service or names.get(each.category, each.category)}"
        yield (
            [
                Mark(said, LEFT, 0, most=190),
                Mark(each.place or words.NOWHERE, LEFT + 200, 0, most=170),
                Mark(words.since(local(each.opened_at).date()), 0, 0, size=10, right=RIGHT),
            ],
            16,
        )


def _thanks(week: Week) -> Iterator[Line]:
    yield _headed(words.THANKS)
    for line in words.thanks(
        chart_words.hours_of(week.this.minutes), week.this.served, week.this.rates.counts[Figure.SATISFIED]
    ):
        yield [Mark(line, LEFT, 0, most=RIGHT - LEFT)], 16
