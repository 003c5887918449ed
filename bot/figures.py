"""The three rates and volumes of a street for everybody: whole months, no person, and nothing of which there is little.

Only calendar months that are over can be asked for, of whole streets, which lie in no other: no two answers differ by a
few people's days or by one community. Why these numbers: docs/decisions/0026.
"""

from __future__ import annotations

import math
from collections import Counter
from datetime import date, datetime, timedelta

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import public
from bot.limiter import Limiter
from models import outcomes, statistics
from models.area import Area, AreaKind
from models.category import Category
from models.clock import Clock, local, midnight
from models.db import Database
from models.statistics import LEFT_OUT, Share
from texts import figures
from texts import public as words

LEAST = 20
"""Fewer matters than this are not told to everybody: of as many one more or less moves a rate by five points, as much
as chance does from month to month, and nobody is known by it.
"""

FEW = 3
"""Where fewer than this said otherwise, only a bound is told: from "all" everybody would know what each said."""

RESTS = timedelta(days=15)
"""So long after its end a month is shown. While its last results are still being judged, two looks would differ by one
person's judgement.
"""

MONTHS = 12
"""So many months that are over can be looked at."""

KEPT_SECONDS = 3600
"""A page is made once in this time, and browsers and proxies may keep it as long."""

PAGE = Markup(
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    "<title>{title}</title><style>:root{{color-scheme:light dark;--ink:#1d2723;--soft:#55635d;--line:#d5ddd9;"
    "--ground:#fff;--green:#0b6b5d}}@media(prefers-color-scheme:dark){{:root{{--ink:#e5ebe7;--soft:#a0aea7;"
    "--line:#34403a;--ground:#141a17;--green:#5cc4ae}}}}body{{font:1.0625rem/1.7 system-ui,sans-serif;max-width:44rem;"
    "margin:0 auto;padding:1rem;color:var(--ink);background:var(--ground);overflow-wrap:anywhere}}"
    "h1{{font-size:1.5rem;line-height:1.3}}h2{{font-size:1.125rem;margin:1.75rem 0 .5rem}}a{{color:var(--green)}}"
    "table{{border-collapse:collapse;width:100%}}th,td{{text-align:left;font-weight:400;padding:.5rem .25rem;"
    "border-bottom:1px solid var(--line)}}td{{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}}"
    "td strong{{font-size:1.25rem}}i{{display:block;height:.375rem;border-radius:3px;background:var(--green)}}"
    "p,li{{margin:.375rem 0}}.soft{{color:var(--soft);font-size:.9375rem}}ul{{padding-left:1.25rem}}"
    "li a,p a{{display:inline-block;padding:.25rem 0}}"
    "li a,p a{{display:inline-block;padding:.375rem 0}}"
    "nav a,summary{{display:inline-block;padding:.5rem .75rem .5rem 0;min-height:1.75rem}}</style>"
    "<main><h1>{title}</h1>{parts}</main></html>"
)


class FigurePages:
    """Shows what happened in a street and month."""

    def __init__(self, database: Database, *, site_name: str, clock: Clock, limiter: Limiter) -> None:
        self._database = database
        self._site_name = site_name
        self._clock = clock
        self._limiter = limiter
        self._made: dict[tuple[int, date], tuple[datetime, Markup]] = {}
        """Bounded: streets times months."""

    def blueprint(self) -> Blueprint:
        """The pages, to be mounted at the root."""
        pages = Blueprint("public_figures", __name__)

        # What is registered first runs last, and decides.
        @pages.after_request
        def may_be_kept(response: Response) -> Response:
            if response.status_code == 200:
                response.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
                del response.headers["X-Robots-Tag"]
            return response

        public.guard(pages)
        public.limit(pages, self._limiter, show=_plain)

        @pages.get("/public/figures")
        def streets() -> ResponseReturnValue:
            with self._database.reading() as session:
                found = _streets(session)
            if not found:
                return _plain(words.NOT_FOUND_TITLE, words.NOT_FOUND), 404
            links = Markup("").join(
                Markup('<li><a href="{}">{}</a></li>').format(url_for(".street", area_id=each.id), each.name)
                for each in found
            )
            parts = Markup("<p class=soft>{}</p><h2>{}</h2><ul>{}</ul>").format(self._site_name, words.CHOOSE, links)
            return PAGE.format(title=words.TITLE, parts=parts)

        @pages.get("/public/figures/<int(max=999999999999):area_id>")
        def street(area_id: int) -> ResponseReturnValue:
            now = self._clock()
            choices = months(local(now - RESTS).date())
            known = {f"{each:%Y-%m}": each for each in choices}
            month = known.get(request.args.get("month", f"{choices[0]:%Y-%m}"))
            with self._database.reading() as session:
                area = session.get(Area, area_id)
                if month is None or area is None or area.kind is not AreaKind.STREET:
                    return _plain(words.NOT_FOUND_TITLE, words.NOT_FOUND), 404
                made = self._made.get((area_id, month))
                if made is None or made[0] <= now - timedelta(seconds=KEPT_SECONDS):
                    made = self._made[area_id, month] = (now, self._page(session, area, month, choices))
            return made[1]

        return pages

    def _page(self, session: Session, area: Area, month: date, choices: list[date]) -> Markup:
        inside = [
            *session.scalars(select(Area.id).where(Area.kind == AreaKind.COMMUNITY, Area.path.startswith(area.path)))
        ]
        found = statistics.collect(
            session,
            since=midnight(month),
            until=midnight(_next(month)),
            communities=inside,
            nowhere=False,
            places={area.id: inside},
        )
        names = dict(session.execute(select(Category.code, Category.name)).all())
        rates = statistics.total(statistics.of_residents(found))
        told = {code: outcomes.told(counts) for code, counts in outcomes.by_category(found).items()}
        unjudged = sum(rates.counts[each] for each in LEFT_OUT)
        three = [
            # What staff did is nobody's secret.
            (figures.ANSWERED, rates.answered, words.percent(whole_percent(rates.answered))),
            (figures.SOLVED, rates.solved, said_by_residents(rates.solved)),
            (figures.SATISFIED, rates.satisfied, said_by_residents(rates.satisfied)),
        ]
        several = [
            (words.TOLD, words.count(sum(told.values()), LEAST)),
            (words.FINISHED, words.count(rates.finished, LEAST)),
            # What lies between this and the finished is how many said something.
            (words.UNJUDGED, words.NOT_TOLD if 0 < rates.judged < LEAST <= unjudged else words.count(unjudged, LEAST)),
        ]
        parts = Markup("<p class=soft>{}</p>").format(self._site_name)
        parts += _table(words.RATES, [(name, said, _bar(share)) for name, share, said in three])
        parts += _table("", [(name, number, Markup()) for name, number in several])
        lines = by_category({names.get(code, code): number for code, number in told.items()})
        parts += (
            _table(words.CATEGORIES, [(name, words.count(number, LEAST), Markup()) for name, number in lines])
            if lines
            else Markup("<p>{}</p>").format(words.NOTHING)
        )
        parts += Markup("<p class=soft>{}</p><h2>{}</h2><ul>{}</ul>").format(
            words.hidden(LEAST),
            words.HOW,
            Markup("").join(Markup("<li>{}</li>").format(each) for each in words.DEFINITIONS),
        )
        links = Markup("").join(
            Markup('<a href="{}"{}>{}</a> ').format(
                url_for(".street", area_id=area.id, month=f"{each:%Y-%m}"),
                Markup(' aria-current="page"') if each == month else "",
                words.month(each),
            )
            for each in choices
        )
        parts += Markup('<h2>{}</h2><nav>{}</nav><p><a href="{}">{}</a></p>').format(
            words.WHICH, links, url_for(".streets"), words.OTHER_STREETS
        )
        return PAGE.format(title=words.title(area.name, month), parts=parts)


def months(today: date) -> list[date]:
    """The first days of the months that are over, the latest first."""
    at = today.year * 12 + today.month - 1
    return [date((at - back) // 12, (at - back) % 12 + 1, 1) for back in range(1, MONTHS + 1)]


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def whole_percent(share: Share) -> float | None:
    """A share without its parts; None for few."""
    return 100 * share.part / share.whole if share.whole >= LEAST else None


def said_by_residents(share: Share) -> str:
    """A share of those who said something, as everybody may read it."""
    if share.whole < LEAST or FEW <= share.part <= share.whole - FEW:
        return words.percent(whole_percent(share))
    edge = 100 * FEW / share.whole
    return words.at_most(math.ceil(edge)) if share.part < FEW else words.at_least(math.floor(100 - edge))


def by_category(told: dict[str, int]) -> list[tuple[str, int]]:
    """The most frequent first; what is little is put together, with so much more that it cannot be told apart."""
    shown = Counter({name: number for name, number in told.items() if number >= LEAST}).most_common()
    rest = sum(told.values()) - sum(number for _, number in shown)
    while shown and 0 < rest < LEAST:
        rest += shown.pop()[1]
    return [*shown, (words.REST, rest)] if rest >= LEAST else shown


def _bar(share: Share) -> Markup:
    """As long as what is said beside it, which may be less than is known."""
    if share.whole < LEAST:
        return Markup()
    part = min(max(share.part, FEW), share.whole - FEW)
    return Markup('<i style="width:{}%"></i>').format(round(100 * part / share.whole))


def _table(caption: str, rows: list[tuple[str, str, Markup]]) -> Markup:
    lines = Markup("").join(
        Markup('<tr><th scope="row">{}{}</th><td><strong>{}</strong></td></tr>').format(name, bar, said)
        for name, said, bar in rows
    )
    head = Markup("<h2>{}</h2>").format(caption) if caption else Markup()
    return head + Markup("<table>{}</table>").format(lines)


def _streets(session: Session) -> list[Area]:
    return [*session.scalars(select(Area).where(Area.kind == AreaKind.STREET).order_by(Area.path))]


def _plain(title: str, said: str) -> Markup:
    return PAGE.format(title=title, parts=Markup("<p>{}</p>").format(said))
