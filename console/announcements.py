"""Announcements (公告): writing one, ticking what it answers, changing it, taking it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from werkzeug.exceptions import NotFound

from console.house import House, as_id, field, page_number, ticked
from console.places import MOST_AREAS, lie_in, tree
from console.sight import Sight
from models import announcements, areas
from models.announcement import Announcement, Answered, Outcome
from models.announcements import Draft
from models.area import Area, AreaKind
from models.category import Category
from models.clock import CHINA, local
from models.person import Person
from models.ticket import Ticket
from nlp.announced import tells_of
from nlp.similar import Told, compatible
from texts import figures

PAGE_SIZE = 50
LONGEST = timedelta(days=366)

PLACES = (AreaKind.STREET, AreaKind.COMMUNITY, AreaKind.ESTATE, AreaKind.BUILDING)


class DraftMisfit(Exception):
    """A form that is no announcement; texts/figures.py has the sentence."""


def add_announcements(blueprint: Blueprint, house: House) -> None:
    """The pages of announcements."""

    @blueprint.get("/announcements")
    def announcement_list() -> str:
        page = page_number()
        with house.looking() as sight:
            found = sight.session.scalars(
                select(Announcement)
                .where(_mine(sight))
                .order_by(Announcement.id.desc())
                .offset((page - 1) * PAGE_SIZE)
                .limit(PAGE_SIZE + 1)
            ).all()
            counts = _counts(sight, found)
            names = areas.full_names(sight.session, {each.area_id for each in found})
            rows = [(each, names[each.area_id], counts.get(each.id, 0)) for each in found[:PAGE_SIZE]]
            return house.page("announcements.html", sight, rows=rows, page=page, more=len(found) > PAGE_SIZE)

    @blueprint.get("/announcements/new")
    def announcement_new() -> str:
        with house.looking() as sight:
            return house.page("announcement_form.html", sight, **_form(sight, None))

    @blueprint.post("/announcements/new")
    def announcement_made() -> ResponseReturnValue:
        try:
            with house.doing() as sight:
                made = announcements.announce(sight.session, _draft(sight, None), by=sight.person, now=sight.now)
                made_id = made.id
        except DraftMisfit as misfit:
            with house.looking() as sight:
                return house.page("announcement_form.html", sight, **_form(sight, None, fault=str(misfit))), 409
        return redirect(url_for(".announcement_page", announcement_id=made_id), 303)

    @blueprint.get("/announcements/<int(max=999999999999):announcement_id>")
    def announcement_page(announcement_id: int) -> str:
        with house.looking() as sight:
            return house.page("announcement.html", sight, **_page(sight, _found(sight, announcement_id)))

    @blueprint.get("/announcements/<int(max=999999999999):announcement_id>/change")
    def announcement_change(announcement_id: int) -> str:
        with house.looking() as sight:
            return house.page("announcement_form.html", sight, **_form(sight, _live(sight, announcement_id)))

    @blueprint.post("/announcements/<int(max=999999999999):announcement_id>/change")
    def announcement_changed(announcement_id: int) -> ResponseReturnValue:
        try:
            with house.doing() as sight:
                announcement = _live(sight, announcement_id)
                announcements.change(sight.session, announcement, _draft(sight, announcement))
        except DraftMisfit as misfit:
            with house.looking() as sight:
                values = _form(sight, _live(sight, announcement_id), fault=str(misfit))
                return house.page("announcement_form.html", sight, **values), 409
        return redirect(
            url_for(".announcement_page", announcement_id=announcement_id, done="announcement_changed"), 303
        )

    @blueprint.post("/announcements/<int(max=999999999999):announcement_id>/answer")
    def announcement_answer(announcement_id: int) -> ResponseReturnValue:
        with house.doing() as sight:
            announcement = _live(sight, announcement_id)
            chosen = ticked("ticket")
            could = announcements.candidates(sight.session, announcement, compatible(announcement.category))
            announcements.choose(sight.session, announcement, [ticket.id for ticket, _ in could if ticket.id in chosen])
        return redirect(url_for(".announcement_page", announcement_id=announcement_id, done="announced"), 303)

    def act(name: str, do: Callable[[Sight, Announcement], None], done: str) -> None:
        def pressed(announcement_id: int) -> ResponseReturnValue:
            with house.doing() as sight:
                do(sight, _live(sight, announcement_id))
            return redirect(url_for(".announcement_page", announcement_id=announcement_id, done=done), 303)

        blueprint.post(
            f"/announcements/<int(max=999999999999):announcement_id>/{name}", endpoint=f"announcement_{name}"
        )(pressed)

    act(
        "withdraw",
        lambda sight, each: announcements.withdraw(sight.session, each, now=sight.now),
        "announcement_withdrawn",
    )
    act("finish", lambda sight, each: announcements.finish_all(sight.session, each), "announcement_finished")


def _mine(sight: Sight) -> Any:
    """The announcements of the viewer's areas."""
    if not sight.is_desk:
        raise NotFound
    inside = select(Area.id).where(sight.desk_areas)
    return Announcement.area_id.in_(inside)


def _found(sight: Sight, announcement_id: int, *, lock: bool = False) -> Announcement:
    query = select(Announcement).where(Announcement.id == announcement_id, _mine(sight))
    found = sight.session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound
    return found


def _live(sight: Sight, announcement_id: int) -> Announcement:
    """One that was not withdrawn; what was is history."""
    found = _found(sight, announcement_id, lock=True)
    if found.withdrawn_at is not None:
        raise NotFound
    return found


def _area_name(sight: Sight, announcement: Announcement) -> str:
    return areas.full_name(sight.session, sight.session.get_one(Area, announcement.area_id))


def _counts(sight: Sight, found: Sequence[Announcement]) -> dict[int, int]:
    """How many tickets each of them answers."""
    rows = sight.session.execute(
        select(Answered.announcement_id, func.count())
        .where(Answered.announcement_id.in_([each.id for each in found]), Answered.apart.is_(False))
        .group_by(Answered.announcement_id)
    )
    return dict(rows.all())


def _moment(name: str) -> datetime:
    try:
        found = datetime.fromisoformat(field(name, most=16))
    except ValueError as error:
        raise DraftMisfit("time") from error
    return found.replace(tzinfo=CHINA)


def _draft(sight: Sight, old: Announcement | None) -> Draft:
    """The form as an announcement. Raises DraftMisfit."""
    title, words = field("title", most=60), field("words", most=600)
    if not title:
        raise DraftMisfit("title")
    if not words:
        raise DraftMisfit("words")
    since, until = _moment("since"), _moment("until")
    is_near = until - since <= LONGEST and since - sight.now <= LONGEST
    if not (since < until and until > sight.now and is_near):
        raise DraftMisfit("time")
    area_id, category, outcome = (old.area_id, old.category, old.outcome) if old else _what(sight)
    return Draft(title, words, area_id, category, field("place", most=80), outcome, since, until)


def _what(sight: Sight) -> tuple[int, str, Outcome]:
    area = sight.session.get(Area, as_id(field("area")))
    if area is None or not lie_in([area], sight.desk_paths):
        raise DraftMisfit("area")
    category = field("category", most=40)
    if sight.session.get(Category, category) is None:
        raise DraftMisfit("category")
    if field("outcome", most=20) not in list(Outcome):
        raise DraftMisfit("outcome")
    return area.id, category, Outcome(field("outcome", most=20))


def _form(sight: Sight, announcement: Announcement | None, *, fault: str = "") -> dict[str, Any]:
    if not sight.is_desk:
        raise NotFound
    nodes = [each for each in areas.all_areas(sight.session) if each.kind in PLACES]
    draft = {name: field(name) for name in request.form}
    if announcement is not None and not draft:
        draft = {
            "title": announcement.title,
            "words": announcement.words,
            "place": announcement.place,
            "since": f"{local(announcement.since):%Y-%m-%dT%H:%M}",
            "until": f"{local(announcement.until):%Y-%m-%dT%H:%M}",
        }
    draft.setdefault("since", f"{local(sight.now):%Y-%m-%dT%H:%M}")
    return {
        "announcement": announcement,
        "area_name": _area_name(sight, announcement) if announcement else "",
        "tree": tree(lie_in(nodes, sight.desk_paths))[:MOST_AREAS],
        "categories": sight.categories(),
        "outcomes": figures.OUTCOMES,
        "draft": draft,
        "fault": figures.FAULTS[fault] if fault else "",
    }


def _page(sight: Sight, announcement: Announcement) -> dict[str, Any]:
    session = sight.session
    live = announcement.withdrawn_at is None and announcement.until > sight.now
    could = announcements.candidates(session, announcement, compatible(announcement.category)) if live else []
    announced = Told(
        f"{announcement.title}\n{announcement.words}",
        place=announcement.place,
        categories={announcement.category: 1.0},
    )
    answered = session.execute(
        select(Answered, Ticket)
        .join(Ticket, Ticket.id == Answered.ticket_id)
        .where(Answered.announcement_id == announcement.id)
        .order_by(Answered.id.desc())
        .limit(announcements.MOST)
    ).all()
    return {
        "announcement": announcement,
        "area_name": _area_name(sight, announcement),
        "categories": sight.categories(),
        "by": session.get_one(Person, announcement.by_id),
        "live": live,
        "outcomes": figures.OUTCOMES,
        "candidates": [
            (
                ticket,
                words,
                tells_of(announced, Told(words, place=ticket.place, categories={ticket.category: 1.0})),
            )
            for ticket, words in could
        ],
        "answered": answered,
        "count": _counts(sight, [announcement]).get(announcement.id, 0),
    }
